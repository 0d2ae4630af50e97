/*
 * record.c: the canonical encoding of a row, aido1, and its hash.
 *
 * A row is the set of its non-NULL columns in the order of their names, each tagged with a hash of
 * its name and family (docs/fingerprint.md). An encoder is compiled once for a row descriptor:
 * the columns sorted, their tags computed, their layouts chosen.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "core/hash.h"
#include "core/record.h"
#include "core/value.h"
#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

typedef struct ColumnEncoder
{
	int attindex; /* position in the row, from 0 */
	const char *name;
	int namelen; /* in UTF-8 */
	const char *utf8name;
	char tag[8];
	ValueEncoder value;
} ColumnEncoder;

/* What taking a tuple apart needs of an attribute: a descriptor's own entries span two cache lines. */
typedef struct AttributeShape
{
	int16 len;
	bool byval;
	uint8 align; /* less one: a mask */
} AttributeShape;

struct RowEncoder
{
	MemoryContext context;
	StringInfoData buf;
	int ncolumns;
	ColumnEncoder *columns; /* sorted by name */

	/* to take tuples apart */
	TupleDesc tupdesc;
	AttributeShape *shapes;
	Datum *values;
	bool *nulls;
};

/* An encoder for the records of an expression, which mostly have one type. */
struct RecordEncoder
{
	RowEncoder *row;
	Oid typid;
	int32 typmod;
	uint64 generation;
};

/* Grows whenever the definition of some relation, and so of its row type, may have changed. */
static uint64 definition_generation = 0;

static void
definition_changed(Datum arg, Oid relid)
{
	definition_generation++;
}

void
record_encoder_init(void)
{
	CacheRegisterRelcacheCallback(definition_changed, (Datum) 0);
}

/* ----------------------------------------------------------------- row encoder ---- */

static int
compare_columns(const void *a, const void *b)
{
	const ColumnEncoder *x = a;
	const ColumnEncoder *y = b;
	int order = memcmp(x->utf8name, y->utf8name, Min(x->namelen, y->namelen));

	if (order != 0)
		return order;
	if (x->namelen != y->namelen)
		return x->namelen < y->namelen ? -1 : 1;
	return x->attindex < y->attindex ? -1 : 1;
}

static void
column_encoder_init(ColumnEncoder *column, Form_pg_attribute attribute, int attindex,
					ColumnTags tags)
{
	StringInfoData tagged;
	XXH64_canonical_t canonical;

	column->attindex = attindex;
	column->name = pstrdup(NameStr(attribute->attname));
	column->namelen = strlen(column->name);
	column->utf8name = text_to_utf8(column->name, &column->namelen);
	value_encoder_init(&column->value, attribute->atttypid, column->name, tags);

	initStringInfo(&tagged);
	bytes_put(&tagged, column->utf8name, column->namelen);
	bytes_put_u8(&tagged, 0);
	bytes_put(&tagged, column->value.family, strlen(column->value.family));
	XXH64_canonicalFromHash(&canonical, XXH3_64bits(tagged.data, tagged.len));
	memcpy(column->tag, canonical.digest, sizeof(column->tag));
	pfree(tagged.data);
}

static uint8
alignment_mask(char align)
{
	switch (align)
	{
		case TYPALIGN_CHAR:
			return 0;
		case TYPALIGN_SHORT:
			return ALIGNOF_SHORT - 1;
		case TYPALIGN_INT:
			return ALIGNOF_INT - 1;
		default:
			return ALIGNOF_DOUBLE - 1;
	}
}

static void
prepare_deforming(RowEncoder *encoder, TupleDesc tupdesc)
{
	int natts = Max(tupdesc->natts, 1);

	encoder->tupdesc = CreateTupleDescCopyConstr(tupdesc);
	encoder->shapes = palloc(natts * sizeof(AttributeShape));
	encoder->values = palloc(natts * sizeof(Datum));
	encoder->nulls = palloc(natts * sizeof(bool));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		encoder->shapes[i].len = attribute->attlen;
		encoder->shapes[i].byval = attribute->attbyval;
		encoder->shapes[i].align = alignment_mask(attribute->attalign);
	}
}

static RowEncoder *
row_encoder_make(TupleDesc tupdesc, MemoryContext parent, ColumnTags tags)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "aidataops row encoder", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RowEncoder *encoder = palloc0(sizeof(RowEncoder));

	encoder->context = context;
	initStringInfo(&encoder->buf);
	encoder->columns = palloc0(Max(tupdesc->natts, 1) * sizeof(ColumnEncoder));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped)
			column_encoder_init(&encoder->columns[encoder->ncolumns++], attribute, i, tags);
	}
	qsort(encoder->columns, encoder->ncolumns, sizeof(ColumnEncoder), compare_columns);
	prepare_deforming(encoder, tupdesc);
	MemoryContextSwitchTo(old);
	return encoder;
}

RowEncoder *
row_encoder_create(TupleDesc tupdesc, MemoryContext parent)
{
	return row_encoder_make(tupdesc, parent, TAGS_HASHED);
}

void
row_encoder_free(RowEncoder *encoder)
{
	MemoryContextDelete(encoder->context);
}

/* Bytes before a payload: tag and length. */
#define COLUMN_PREFIX (8 + sizeof(uint32))

static inline void
store_prefix(char *at, const ColumnEncoder *column, uint32 size)
{
	memcpy(at, column->tag, sizeof(column->tag));
	bytes_set_u32(at + sizeof(column->tag), size);
}

/* Out of line: gcc would make it "rep movsq", which starts up slowly, and the library's is faster. */
static pg_noinline void
copy_bytes(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
}

/* As it lies in the row, neither compressed nor stored elsewhere. */
static inline bool
is_plain(const struct varlena *datum)
{
	return VARATT_IS_4B_U(datum) || (VARATT_IS_1B(datum) && !VARATT_IS_1B_E(datum));
}

/* The commonest of the longer layouts, if there is room; -1 for all else. */
static inline int
store_longer(ValueLayout layout, char *at, int room, Datum value)
{
	const struct varlena *datum = (const struct varlena *) DatumGetPointer(value);
	int size;

	if (layout == LAYOUT_BYTES && is_plain(datum))
	{
		size = VARSIZE_ANY_EXHDR(datum);
		if (size >= room)
			return -1;
		copy_bytes(at, VARDATA_ANY(datum), size);
		return size;
	}
	if (layout == LAYOUT_NUMERIC && is_plain(datum))
	{
		NumericView view = numeric_view(datum);

		if (NUMERIC_PAYLOAD(view.ndigits) < room)
			return value_store_numeric(at, &view);
	}
	return -1;
}

/*
 * The write position is kept in a variable of its own: written through buf it would be loaded and
 * stored again for every byte, since a char may alias anything.
 */
static StringInfo
row_encode(RowEncoder *encoder, const Datum *values, const bool *nulls)
{
	StringInfo buf = &encoder->buf;
	const ColumnEncoder *end = encoder->columns + encoder->ncolumns;
	char *at = buf->data;
	char *limit = buf->data + buf->maxlen - (COLUMN_PREFIX + SMALL_PAYLOAD);

	for (ColumnEncoder *column = encoder->columns; column < end; column++)
	{
		Datum value = values[column->attindex];
		int size;

		if (nulls && nulls[column->attindex])
			continue;
		if (likely(at < limit))
		{
			size = value_store_small(column->value.layout, at + COLUMN_PREFIX, value);
			if (size < 0)
				size = store_longer(column->value.layout, at + COLUMN_PREFIX, limit - at, value);
			if (size >= 0)
			{
				store_prefix(at, column, size);
				at += COLUMN_PREFIX + size;
				continue;
			}
		}
		/* the general way, which also makes room */
		buf->len = at - buf->data;
		bytes_put(buf, column->tag, sizeof(column->tag));
		value_encode(&column->value, buf, value);
		at = buf->data + buf->len;
		limit = buf->data + buf->maxlen - (COLUMN_PREFIX + SMALL_PAYLOAD);
	}
	buf->len = at - buf->data;
	return buf;
}

/* The tag hashes these same bytes in the place of spelling them, and needs no length. */
static void
put_spelled_tag(StringInfo buf, const ColumnEncoder *column)
{
	int familylen = strlen(column->value.family);

	bytes_put_u32(buf, column->namelen + 1 + familylen);
	bytes_put(buf, column->utf8name, column->namelen);
	bytes_put_u8(buf, 0);
	bytes_put(buf, column->value.family, familylen);
}

/* For cryptographic hashes, beside which the speed of encoding is of no account. */
static pg_noinline StringInfo
row_encode_spelled(RowEncoder *encoder, const Datum *values, const bool *nulls)
{
	StringInfo buf = &encoder->buf;

	buf->len = 0;
	for (int i = 0; i < encoder->ncolumns; i++)
	{
		ColumnEncoder *column = &encoder->columns[i];

		if (nulls && nulls[column->attindex])
			continue;
		put_spelled_tag(buf, column);
		value_encode(&column->value, buf, values[column->attindex]);
	}
	return buf;
}

static RowHash
hash_encoding(StringInfo encoding)
{
	XXH128_hash_t hash = XXH3_128bits(encoding->data, encoding->len);

	return (RowHash){.high = hash.high64, .low = hash.low64};
}

RowHash
row_encoder_hash(RowEncoder *encoder, const Datum *values, const bool *nulls)
{
	return hash_encoding(row_encode(encoder, values, nulls));
}

/* ----------------------------------------------------------------------- tuples ---- */

/* The value at or, if it must be aligned, shortly behind *at, which moves to its end. */
static inline Datum
next_value(AttributeShape shape, const char **at)
{
	const char *start = *at;

	/* tuple data is aligned, so pointers may be aligned in the place of offsets */
	if (shape.len != -1 || !VARATT_NOT_PAD_BYTE(start))
		start = (const char *) (((uintptr_t) start + shape.align) & ~(uintptr_t) shape.align);
	if (shape.len > 0)
		*at = start + shape.len;
	else if (shape.len == -1)
		*at = start + VARSIZE_ANY(start);
	else
		*at = start + strlen(start) + 1;
	return fetch_att(start, shape.byval, shape.len);
}

/*
 * heap_deform_tuple(), but from packed shapes, which is faster; a tuple that was
 * stored before a column was added is left to the original, which knows the defaults. Returns the
 * null flags, or NULL if no value is NULL.
 */
static const bool *
deform_tuple(RowEncoder *encoder, HeapTupleHeader header, uint32 len)
{
	int natts = encoder->tupdesc->natts;
	bool has_nulls = (header->t_infomask & HEAP_HASNULL) != 0;
	const char *at = (const char *) header + header->t_hoff;

	if (unlikely(HeapTupleHeaderGetNatts(header) < natts))
	{
		HeapTupleData tuple = {.t_len = len, .t_data = header};

		ItemPointerSetInvalid(&tuple.t_self);
		heap_deform_tuple(&tuple, encoder->tupdesc, encoder->values, encoder->nulls);
		return encoder->nulls;
	}
	check_made_as_defined(header, encoder->tupdesc);
	if (!has_nulls)
	{
		for (int i = 0; i < natts; i++)
			encoder->values[i] = next_value(encoder->shapes[i], &at);
		return NULL;
	}
	for (int i = 0; i < natts; i++)
	{
		encoder->nulls[i] = att_isnull(i, header->t_bits);
		if (!encoder->nulls[i])
			encoder->values[i] = next_value(encoder->shapes[i], &at);
	}
	return encoder->nulls;
}

RowHash
row_encoder_hash_tuple(RowEncoder *encoder, HeapTuple tuple)
{
	const bool *nulls = deform_tuple(encoder, tuple->t_data, tuple->t_len);

	return row_encoder_hash(encoder, encoder->values, nulls);
}

/* -------------------------------------------------------------- record encoder ---- */

static RecordEncoder *
record_encoder_make(MemoryContext context, Oid typid, int32 typmod, uint64 generation,
					ColumnTags tags)
{
	TupleDesc tupdesc = lookup_rowtype_tupdesc_copy(typid, typmod);
	RowEncoder *row = row_encoder_make(tupdesc, context, tags);
	RecordEncoder *encoder = MemoryContextAlloc(row->context, sizeof(RecordEncoder));

	FreeTupleDesc(tupdesc);
	encoder->row = row;
	encoder->typid = typid;
	encoder->typmod = typmod;
	encoder->generation = generation;
	return encoder;
}

static RecordEncoder *
record_encoder_for(RecordEncoder **slot, MemoryContext context, HeapTupleHeader record,
				   ColumnTags tags)
{
	RecordEncoder *encoder = *slot;
	Oid typid = HeapTupleHeaderGetTypeId(record);
	int32 typmod = HeapTupleHeaderGetTypMod(record);
	uint64 generation = definition_generation; /* what is built below is at least this new */

	if (encoder && encoder->typid == typid && encoder->typmod == typmod &&
		encoder->generation == generation)
		return encoder;

	*slot = NULL;
	if (encoder)
		row_encoder_free(encoder->row); /* which holds the rest of it too */
	*slot = record_encoder_make(context, typid, typmod, generation, tags);
	return *slot;
}

static const bool *
deform_record(RecordEncoder *encoder, HeapTupleHeader record)
{
	return deform_tuple(encoder->row, record, HeapTupleHeaderGetDatumLength(record));
}

StringInfo
record_encoding(RecordEncoder **slot, MemoryContext context, HeapTupleHeader record,
				ColumnTags tags)
{
	RecordEncoder *encoder = record_encoder_for(slot, context, record, tags);
	const bool *nulls = deform_record(encoder, record);

	if (tags == TAGS_SPELLED)
		return row_encode_spelled(encoder->row, encoder->row->values, nulls);
	return row_encode(encoder->row, encoder->row->values, nulls);
}

RowHash
record_hash(RecordEncoder **slot, MemoryContext context, HeapTupleHeader record)
{
	return hash_encoding(record_encoding(slot, context, record, TAGS_HASHED));
}

/* ------------------------------------------------------------ changed columns ---- */

static int
compare_names(const ColumnEncoder *a, const ColumnEncoder *b)
{
	int order = memcmp(a->utf8name, b->utf8name, Min(a->namelen, b->namelen));

	return order != 0 ? order : a->namelen - b->namelen;
}

/* Does this column of the two records encode differently? A NULL and an absent column are alike. */
static bool
column_differs(RecordEncoder *before, const bool *before_nulls, ColumnEncoder *a,
			   RecordEncoder *after, const bool *after_nulls, ColumnEncoder *b)
{
	bool a_null = !a || (before_nulls && before_nulls[a->attindex]);
	bool b_null = !b || (after_nulls && after_nulls[b->attindex]);
	StringInfo x;
	StringInfo y;

	if (a_null || b_null)
		return a_null != b_null;
	if (memcmp(a->tag, b->tag, sizeof(a->tag)) != 0)
		return true;
	x = &before->row->buf;
	y = &after->row->buf;
	x->len = y->len = 0;
	value_encode(&a->value, x, before->row->values[a->attindex]);
	value_encode(&b->value, y, after->row->values[b->attindex]);
	return x->len != y->len || memcmp(x->data, y->data, x->len) != 0;
}

List *
record_changed_columns(RecordEncoder **before_slot, RecordEncoder **after_slot,
					   MemoryContext context, HeapTupleHeader before, HeapTupleHeader after)
{
	RecordEncoder *x = record_encoder_for(before_slot, context, before, TAGS_HASHED);
	RecordEncoder *y = record_encoder_for(after_slot, context, after, TAGS_HASHED);
	const bool *x_nulls;
	const bool *y_nulls;
	List *changed = NIL;
	int i = 0;
	int j = 0;

	x_nulls = deform_record(x, before);
	y_nulls = deform_record(y, after);
	while (i < x->row->ncolumns || j < y->row->ncolumns)
	{
		ColumnEncoder *a = i < x->row->ncolumns ? &x->row->columns[i] : NULL;
		ColumnEncoder *b = j < y->row->ncolumns ? &y->row->columns[j] : NULL;
		int order = !a ? 1 : !b ? -1 : compare_names(a, b);

		if (order < 0)
			b = NULL;
		else if (order > 0)
			a = NULL;
		if (column_differs(x, x_nulls, a, y, y_nulls, b))
			changed = lappend(changed, unconstify(char *, a ? a->name : b->name));
		i += a != NULL;
		j += b != NULL;
	}
	return changed;
}
