/*
 * tally.h: how often each byte string occurred, in one flat value.
 *
 * The types agreement, confusion and rater_agreement are tallies: of the label patterns of units, of
 * pairs of labels, and of (unit, rater, label). So they are built, merged, compared, stored and
 * written by one code, and are sufficient statistics that do not depend on the order of rows.
 *
 * Stored, entries are sorted by key: a count as a varint, the key's size as a varint, the key. An
 * aggregate's state is an expanded object, a hash table over a heap of entries, which grows in
 * place; flattened, which is how it leaves a parallel worker, it is what is stored.
 */
#ifndef AIDATAOPS_AGREEMENT_TALLY_H
#define AIDATAOPS_AGREEMENT_TALLY_H

#include "agreement/label.h"
#include "fmgr.h"
#include "utils/expandeddatum.h"

#define TALLY_VERSION 1

/* What the keys are; stored, so never renumbered. */
typedef enum TallyType
{
	TALLY_AGREEMENT = 1, /* the entries of a label_counts */
	TALLY_CONFUSION = 2, /* two labels */
	TALLY_RATERS = 3,    /* unit, rater, label, and perhaps a time */
	TALLY_LABELS = 4     /* a label: the state of a label_counts with many; flat it is none */
} TallyType;

/* The most bytes that entries may take, so that a state is far from the limit of one value. */
#define TALLY_MAX_BYTES (256 << 20)

typedef struct TallyHeader
{
	uint8 version;
	uint8 type;
	uint8 kind; /* LabelKind */
	uint8 flags;
} TallyHeader;

typedef struct Tally
{
	ExpandedObjectHeader expanded;
	TallyHeader header;
	uint32 nkeys;
	uint32 nremoved; /* of these, with a count of 0 */
	uint32 slot_bits;
	uint64 heap_used;
	uint64 heap_size;
	uint64 *slots; /* half of a hash, and where the entry is */
	char *heap;
	uint64 label_bytes; /* for label_counts, whose size is limited */
} Tally;

typedef struct TallyEntry
{
	const char *key;
	uint32 size;
	int64 count;
} TallyEntry;

typedef struct TallyView
{
	TallyType type;
	LabelKind kind;
	int n;
	TallyEntry *entries; /* sorted by key */
} TallyView;

/* The state in argument 0 of an aggregate's function, or a copy of the value there. */
extern Tally *tally_writable(FunctionCallInfo fcinfo);

/* Each returns the count of the key after it. */
extern int64 tally_add(Tally *tally, LabelKind kind, const char *key, uint32 size, int64 count);
extern int64 tally_remove(Tally *tally, const char *key, uint32 size, int64 count);

/* A state that flattens as these methods say, and lives as long as the parent. */
extern Tally *tally_create(const TallyHeader *header, MemoryContext parent,
						   const ExpandedObjectMethods *methods);
extern Tally *tally_of_state(Datum datum, const ExpandedObjectMethods *methods);

/* The entry at *at, which begins at 0 and is moved on; false at the end. In no order. */
extern bool tally_walk(const Tally *tally, uint64 *at, TallyEntry *entry);

#define PG_RETURN_TALLY_STATE(tally) PG_RETURN_DATUM(EOHPGetRWDatum(&(tally)->expanded))

extern TallyView tally_view(Datum value, TallyType type);

/* The same entries one after the other, without an array of them. */
typedef struct TallyScan
{
	TallyType type;
	LabelKind kind;
	const char *at;
	const char *end;
} TallyScan;

extern TallyScan tally_scan(Datum value, TallyType type);
extern bool tally_next(TallyScan *scan, TallyEntry *entry);

#endif
