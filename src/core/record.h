/*
 * record.h: the canonical encoding of a row, aido1 (docs/fingerprint.md).
 */
#ifndef AIDATAOPS_CORE_RECORD_H
#define AIDATAOPS_CORE_RECORD_H

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "lib/stringinfo.h"

/* 128 bits as two words; arithmetic modulo 2^128. */
typedef struct RowHash
{
	uint64 high;
	uint64 low;
} RowHash;

/*
 * Raises if the type of a composite value was altered since the value was made: what was an integer then would be
 * read as the length of a text now. To be asked by whoever takes one apart without heap_deform_tuple() or
 * heap_getattr(), which ask in those servers that note in a value how its type was defined.
 */
static inline void
check_made_as_defined(HeapTupleHeader value, TupleDesc tupdesc)
{
#ifdef VersionedDatumOffsetNumber
	if (HeapTupleHeaderIsVersionedDatum(value))
		heap_datum_check(value, tupdesc);
#endif
}

typedef struct RowEncoder RowEncoder;

extern void record_encoder_init(void);

/* An encoder of rows of one descriptor; lives in its own context below parent. */
extern RowEncoder *row_encoder_create(TupleDesc tupdesc, MemoryContext parent);
extern void row_encoder_free(RowEncoder *encoder);

/* values and nulls: one per attribute, as from heap_deform_tuple(); nulls may be NULL for none. May allocate in the current context. */
extern RowHash row_encoder_hash(RowEncoder *encoder, const Datum *values, const bool *nulls);

/* The same for a tuple of the encoder's descriptor. */
extern RowHash row_encoder_hash_tuple(RowEncoder *encoder, HeapTuple tuple);

/* The encoder for a record, cached in *slot (which starts as NULL) below the context. */
typedef struct RecordEncoder RecordEncoder;
extern RowHash record_hash(RecordEncoder **slot, MemoryContext context, HeapTupleHeader record);

/* The names of the columns whose encoding differs between two records. */
extern List *record_changed_columns(RecordEncoder **before_slot, RecordEncoder **after_slot,
									MemoryContext context, HeapTupleHeader before,
									HeapTupleHeader after);

/*
 * How the encoding names its columns: by a 64-bit hash of name and family, which is aido1, or by name and
 * family themselves, so that nobody can look for names that collide. Also within composite values.
 */
typedef enum ColumnTags
{
	TAGS_HASHED,
	TAGS_SPELLED
} ColumnTags;

/* The encoded row itself, valid until the encoder in *slot is used again. A slot is for one kind of tags. */
extern StringInfo record_encoding(RecordEncoder **slot, MemoryContext context,
								  HeapTupleHeader record, ColumnTags tags);

#endif
