/*
 * tally.c: counts of byte strings, and what SQL needs of the types made of them.
 */
#include "postgres.h"

#include "agreement/label_counts.h"
#include "agreement/tally.h"
#include "aidataops.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "core/bytes.h"
#include "core/hash.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define START_SLOT_BITS 3
#define START_HEAP      128
#define DOUBLE_UNTIL    (1 << 20) /* larger heaps grow by half, since old and new exist at once */

/* In the heap, at a multiple of 8. */
typedef struct HeapEntry
{
	int64 count; /* 0 after it was removed */
	uint32 size;
	char key[FLEXIBLE_ARRAY_MEMBER];
} HeapEntry;

#define HEAP_ENTRY_SIZE(key_size) MAXALIGN(offsetof(HeapEntry, key) + (key_size))

static const char *
type_name(TallyType type)
{
	switch (type)
	{
		case TALLY_AGREEMENT:
			return "agreement";
		case TALLY_CONFUSION:
			return "confusion";
		case TALLY_RATERS:
			return "rater_agreement";
		case TALLY_LABELS:
			return "label_counts";
	}
	return "unknown";
}

static pg_noinline void
report_too_large(TallyType type)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s is too large", type_name(type)),
		 errdetail("Its entries take more than %d MB.", TALLY_MAX_BYTES >> 20),
		 type == TALLY_AGREEMENT ? errhint("Units have too many different sets of labels. Round "
										   "continuous labels, or GROUP BY parts of the data.")
		 : type == TALLY_CONFUSION
			 ? errhint("There are too many different pairs of labels. Are these labels?")
			 : errhint("Use agreement_agg(), which does not tell raters apart, take a sample of "
					   "units, or GROUP BY parts of the data.")));
}

/* ----------------------------------------------------------------------- the state ---- */

static inline uint32
slot_mask(const Tally *tally)
{
	return ((uint32) 1 << tally->slot_bits) - 1;
}

/* A slot is half of the hash and where the entry is, in units of 8 bytes from 1; or 0. */
static inline HeapEntry *
slot_entry(const Tally *tally, uint64 slot)
{
	return (HeapEntry *) (tally->heap + ((slot & PG_UINT32_MAX) - 1) * 8);
}

static uint64 *
slots_create(const Tally *tally, uint32 slot_bits)
{
	return MemoryContextAllocExtended(tally->expanded.eoh_context,
									  ((Size) 1 << slot_bits) * sizeof(uint64),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static const ExpandedObjectMethods tally_methods;
#define SHARED_CONTEXT "aidataops tallies"

/*
 * The states of all groups share a context below that of the aggregate: with one for each, PostgreSQL
 * would look at all of them for each new group, to know what hashing takes. States are never deleted
 * one by one, because a transition always returns the one that it was given.
 */
static MemoryContext
shared_context(MemoryContext parent)
{
	for (MemoryContext child = parent->firstchild; child != NULL; child = child->nextchild)
		if (strcmp(child->name, SHARED_CONTEXT) == 0)
			return child;
	return AllocSetContextCreate(parent, SHARED_CONTEXT, ALLOCSET_DEFAULT_SIZES);
}

static Tally *
tally_create_in(MemoryContext context, const TallyHeader *header,
				const ExpandedObjectMethods *methods)
{
	Tally *tally = MemoryContextAllocZero(context, sizeof(Tally));

	EOH_init_header(&tally->expanded, methods, context);
	tally->header = *header;
	tally->header.version = TALLY_VERSION;
	tally->slot_bits = START_SLOT_BITS;
	tally->slots = slots_create(tally, START_SLOT_BITS);
	tally->heap_size = START_HEAP;
	tally->heap = MemoryContextAlloc(context, START_HEAP);
	return tally;
}

Tally *
tally_create(const TallyHeader *header, MemoryContext parent, const ExpandedObjectMethods *methods)
{
	return tally_create_in(shared_context(parent), header, methods);
}

/* For one to be deleted by itself. */
static Tally *
tally_create_alone(const TallyHeader *header)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops tally", ALLOCSET_SMALL_SIZES);

	return tally_create_in(context, header, &tally_methods);
}

static void
tally_delete(Tally *tally)
{
	MemoryContextDelete(tally->expanded.eoh_context);
}

/* The state that a datum is and that may be changed, or NULL. */
Tally *
tally_of_state(Datum datum, const ExpandedObjectMethods *methods)
{
	ExpandedObjectHeader *header;

	if (!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)))
		return NULL;
	header = DatumGetEOHP(datum);
	return header->eoh_methods == methods ? (Tally *) header : NULL;
}

/* The slot of a key: its own, or the empty one where it belongs. */
static inline uint64 *
find_slot(Tally *tally, uint64 hash, const char *key, uint32 size)
{
	uint32 mask = slot_mask(tally);

	for (uint32 i = (uint32) (hash >> 32) & mask;; i = (i + 1) & mask)
	{
		uint64 *slot = &tally->slots[i];
		HeapEntry *entry;

		if (*slot == 0)
			return slot;
		if ((*slot ^ hash) >> 32 != 0)
			continue;
		entry = slot_entry(tally, *slot);
		if (entry->size == size && memcmp(entry->key, key, size) == 0)
			return slot;
	}
}

/* The key is new, and there is room. */
static void
put_entry(Tally *tally, uint64 *slot, uint64 hash, const char *key, uint32 size, int64 count)
{
	HeapEntry *entry = (HeapEntry *) (tally->heap + tally->heap_used);

	*slot = (hash & ~(uint64) PG_UINT32_MAX) | (tally->heap_used / 8 + 1);
	entry->count = count;
	entry->size = size;
	memmove(entry->key, key, size); /* compact() moves it down by less than its size */
	tally->heap_used += HEAP_ENTRY_SIZE(size);
	tally->nkeys++;
}

static inline bool
has_room(const Tally *tally, uint32 size)
{
	uint64 slots = (uint64) 1 << tally->slot_bits;

	return (tally->nkeys + 1) * UINT64CONST(4) <= slots * 3 &&
		   tally->heap_used + HEAP_ENTRY_SIZE(size) <= tally->heap_size;
}

/* A slot says where it belongs, so no key is looked at. */
static void
double_slots(Tally *tally)
{
	uint64 *from = tally->slots;
	uint32 count = slot_mask(tally) + 1;
	uint32 mask;

	tally->slots = slots_create(tally, tally->slot_bits + 1);
	tally->slot_bits++;
	mask = slot_mask(tally);
	for (uint32 i = 0; i < count; i++)
	{
		uint32 place = (uint32) (from[i] >> 32) & mask;

		if (from[i] == 0)
			continue;
		while (tally->slots[place] != 0)
			place = (place + 1) & mask;
		tally->slots[place] = from[i];
	}
	pfree(from);
}

/* Without the entries that were removed. Those that stay move down, never beyond the next one. */
static void
compact(Tally *tally)
{
	uint64 used = tally->heap_used;

	memset(tally->slots, 0, ((Size) slot_mask(tally) + 1) * sizeof(uint64));
	tally->heap_used = 0;
	tally->nkeys = 0;
	tally->nremoved = 0;
	for (uint64 at = 0; at < used;)
	{
		HeapEntry *entry = (HeapEntry *) (tally->heap + at);
		uint32 size = entry->size;
		int64 count = entry->count;
		uint64 hash = XXH3_64bits(entry->key, size);

		at += HEAP_ENTRY_SIZE(size);
		if (count != 0)
			put_entry(tally, find_slot(tally, hash, entry->key, size), hash, entry->key, size,
					  count);
	}
}

static void
grow_heap(Tally *tally, uint64 wanted)
{
	uint64 size = tally->heap_size;

	if (wanted > TALLY_MAX_BYTES)
		report_too_large(tally->header.type);
	while (size < wanted)
		size += size < DOUBLE_UNTIL ? size : MAXALIGN(size / 2);
	tally->heap = repalloc_huge(tally->heap, size);
	tally->heap_size = size;
}

/* Room for one more key. */
static pg_noinline void
make_room(Tally *tally, uint32 size)
{
	uint64 wanted;

	if (tally->nremoved > tally->nkeys / 2)
		compact(tally);
	if ((tally->nkeys + 1) * UINT64CONST(4) > (UINT64CONST(1) << tally->slot_bits) * 3)
		double_slots(tally);
	wanted = tally->heap_used + HEAP_ENTRY_SIZE(size);
	if (wanted > tally->heap_size)
		grow_heap(tally, wanted);
}

static void
add_count(int64 *count, int64 more)
{
	if (pg_add_s64_overflow(*count, more, count))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("count out of the range of bigint")));
}

int64
tally_add(Tally *tally, LabelKind kind, const char *key, uint32 size, int64 count)
{
	uint64 hash = XXH3_64bits(key, size);
	uint64 *slot = find_slot(tally, hash, key, size);

	if (unlikely(tally->header.kind != kind))
		tally->header.kind = label_common_kind(tally->header.kind, kind);
	if (likely(*slot != 0))
	{
		HeapEntry *entry = slot_entry(tally, *slot);

		tally->nremoved -= entry->count == 0;
		add_count(&entry->count, count);
		return entry->count;
	}
	if (unlikely(!has_room(tally, size)))
	{
		make_room(tally, size);
		slot = find_slot(tally, hash, key, size);
	}
	put_entry(tally, slot, hash, key, size, count);
	return count;
}

int64
tally_remove(Tally *tally, const char *key, uint32 size, int64 count)
{
	uint64 *slot = find_slot(tally, XXH3_64bits(key, size), key, size);
	HeapEntry *entry = *slot != 0 ? slot_entry(tally, *slot) : NULL;

	if (entry == NULL || entry->count < count)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("cannot remove from %s what was not counted",
							   type_name(tally->header.type))));
	entry->count -= count;
	tally->nremoved += entry->count == 0;
	return entry->count;
}

/* ------------------------------------------------------------------------- reading ---- */

bool
tally_walk(const Tally *tally, uint64 *at, TallyEntry *entry)
{
	while (*at < tally->heap_used)
	{
		const HeapEntry *here = (const HeapEntry *) (tally->heap + *at);

		*at += HEAP_ENTRY_SIZE(here->size);
		if (here->count == 0)
			continue;
		*entry = (TallyEntry){.key = here->key, .size = here->size, .count = here->count};
		return true;
	}
	return false;
}

/* An entry with the beginning of its key, which mostly decides and is not far away in memory. */
typedef struct SortedEntry
{
	uint64 prefix;
	HeapEntry *entry;
} SortedEntry;

static inline int
compare_entries(const SortedEntry *a, const SortedEntry *b)
{
	uint32 m = a->entry->size;
	uint32 n = b->entry->size;
	int difference;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	difference = memcmp(a->entry->key, b->entry->key, Min(m, n));
	if (difference != 0)
		return difference;
	return m < n ? -1 : m > n;
}

#define ST_SORT          sort_entries
#define ST_ELEMENT_TYPE  SortedEntry
#define ST_COMPARE(a, b) compare_entries(a, b)
#define ST_SCOPE         static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static uint64
prefix_of(const HeapEntry *entry)
{
	char bytes[8] = {0};

	memcpy(bytes, entry->key, Min(entry->size, 8));
	return bytes_get_u64(bytes);
}

/* The entries of a state by key; how many there are is what the state's counts say. */
static SortedEntry *
sorted_entries(const Tally *tally)
{
	Size n = 0;
	SortedEntry *sorted =
		palloc_extended(Max(tally->nkeys, 1) * sizeof(SortedEntry), MCXT_ALLOC_HUGE);

	for (uint64 at = 0; at < tally->heap_used;)
	{
		HeapEntry *entry = (HeapEntry *) (tally->heap + at);

		if (entry->count != 0)
			sorted[n++] = (SortedEntry){.prefix = prefix_of(entry), .entry = entry};
		at += HEAP_ENTRY_SIZE(entry->size);
	}
	sort_entries(sorted, n);
	return sorted;
}

static Size
tally_flat_size(ExpandedObjectHeader *expanded)
{
	const Tally *tally = (const Tally *) expanded;
	Size size = VARHDRSZ + sizeof(TallyHeader);
	TallyEntry entry;

	for (uint64 at = 0; tally_walk(tally, &at, &entry);)
		size += varint_size(entry.count) + varint_size(entry.size) + entry.size;
	return size;
}

static void
tally_flatten_into(ExpandedObjectHeader *expanded, void *result, Size size)
{
	const Tally *tally = (const Tally *) expanded;
	TallyHeader header = tally->header;
	SortedEntry *sorted = sorted_entries(tally);
	uint32 n = tally->nkeys - tally->nremoved;
	char *at = VARDATA(result);

	/* without labels there is no kind of them; the only key without is the pattern of no labels */
	if (n == 0 || (n == 1 && sorted[0].entry->size == 0))
		header.kind = LABEL_NONE;
	SET_VARSIZE(result, size);
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	for (uint32 i = 0; i < n; i++)
	{
		const HeapEntry *entry = sorted[i].entry;

		at = varint_store(at, entry->count);
		at = varint_store(at, entry->size);
		memcpy(at, entry->key, entry->size);
		at += entry->size;
	}
	pfree(sorted);
}

static const ExpandedObjectMethods tally_methods = {tally_flat_size, tally_flatten_into};

/* The stored form of a value in either form. */
static struct varlena *
stored(Datum datum)
{
	return PG_DETOAST_DATUM(datum);
}

static struct varlena *
stored_and_delete(Tally *tally)
{
	struct varlena *value = stored(EOHPGetRODatum(&tally->expanded));

	tally_delete(tally);
	return value;
}

static const char *
load_entry(const char *at, TallyEntry *entry)
{
	uint64 number;

	at = varint_load(at, &number);
	entry->count = number;
	at = varint_load(at, &number);
	entry->size = (uint32) number;
	entry->key = at;
	return at + number;
}

static TallyView
view_of_stored(struct varlena *value)
{
	const TallyHeader *header = (const TallyHeader *) VARDATA_ANY(value);
	const char *start = (const char *) (header + 1);
	const char *end = (const char *) header + VARSIZE_ANY_EXHDR(value);
	TallyView view = {.type = header->type, .kind = header->kind};
	TallyEntry entry;

	for (const char *at = start; at < end; view.n++)
		at = load_entry(at, &entry);
	view.entries = palloc_extended(Max(view.n, 1) * sizeof(TallyEntry), MCXT_ALLOC_HUGE);
	for (int i = 0; i < view.n; i++)
		start = load_entry(start, &view.entries[i]);
	return view;
}

static TallyView
view_of(Datum datum)
{
	return view_of_stored(stored(datum));
}

TallyView
tally_view(Datum value, TallyType type)
{
	TallyView view = view_of(value);

	if (view.type != type)
		elog(ERROR, "expected %s, found %s", type_name(type), type_name(view.type));
	return view;
}

static TallyScan
scan_of(Datum datum)
{
	struct varlena *value = stored(datum);
	const TallyHeader *header = (const TallyHeader *) VARDATA(value);

	return (TallyScan){.type = header->type,
					   .kind = header->kind,
					   .at = (const char *) (header + 1),
					   .end = (const char *) value + VARSIZE(value)};
}

TallyScan
tally_scan(Datum value, TallyType type)
{
	TallyScan scan = scan_of(value);

	if (scan.type != type)
		elog(ERROR, "expected %s, found %s", type_name(type), type_name(scan.type));
	return scan;
}

bool
tally_next(TallyScan *scan, TallyEntry *entry)
{
	if (scan->at >= scan->end)
		return false;
	scan->at = load_entry(scan->at, entry);
	return true;
}

/* ---------------------------------------------------------------------- aggregates ---- */

static void
merge(Tally *tally, Datum other)
{
	TallyScan scan = scan_of(other);
	TallyEntry entry;

	tally->header.kind = label_common_kind(tally->header.kind, scan.kind);
	while (tally_next(&scan, &entry))
		tally_add(tally, scan.kind, entry.key, entry.size, entry.count);
}

/* A copy is made where the executor looks for states that it need not copy. */
Tally *
tally_writable(FunctionCallInfo fcinfo)
{
	Datum value = PG_GETARG_DATUM(0);
	MemoryContext context;
	bool is_aggregate = AggCheckCallContext(fcinfo, &context) != 0;
	Tally *tally = tally_of_state(value, &tally_methods);
	struct varlena *flat;
	TallyHeader header;

	if (likely(is_aggregate && tally != NULL))
		return tally;
	flat = stored(value);
	memcpy(&header, VARDATA(flat), sizeof(header));
	tally =
		is_aggregate ? tally_create(&header, context, &tally_methods) : tally_create_alone(&header);
	merge(tally, PointerGetDatum(flat));
	return tally;
}

/* Combine function, and transition of rollup(). */
PG_FUNCTION_INFO_V1(tally_merge);
Datum
tally_merge(PG_FUNCTION_ARGS)
{
	Tally *tally = tally_writable(fcinfo);

	merge(tally, PG_GETARG_DATUM(1));
	PG_RETURN_TALLY_STATE(tally);
}

PG_FUNCTION_INFO_V1(tally_merge_inv);
Datum
tally_merge_inv(PG_FUNCTION_ARGS)
{
	Tally *tally = tally_writable(fcinfo);
	TallyScan scan = scan_of(PG_GETARG_DATUM(1));
	TallyEntry entry;

	while (tally_next(&scan, &entry))
		tally_remove(tally, entry.key, entry.size, entry.count);
	PG_RETURN_TALLY_STATE(tally);
}

/* Operator +. */
PG_FUNCTION_INFO_V1(tally_plus);
Datum
tally_plus(PG_FUNCTION_ARGS)
{
	Tally *tally = tally_writable(fcinfo);

	merge(tally, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(stored_and_delete(tally));
}

PG_FUNCTION_INFO_V1(tally_final);
Datum
tally_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(stored(PG_GETARG_DATUM(0)));
}

/* ---------------------------------------------------------------------- comparison ---- */

/* Equal multisets are equal bytes. Also of label_counts, which are stored as they are made. */
static bool
same_bytes(Datum a, Datum b)
{
	struct varlena *x = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *y = PG_DETOAST_DATUM_PACKED(b);

	return VARSIZE_ANY_EXHDR(x) == VARSIZE_ANY_EXHDR(y) &&
		   memcmp(VARDATA_ANY(x), VARDATA_ANY(y), VARSIZE_ANY_EXHDR(x)) == 0;
}

PG_FUNCTION_INFO_V1(tally_eq);
Datum
tally_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

PG_FUNCTION_INFO_V1(tally_ne);
Datum
tally_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

PG_FUNCTION_INFO_V1(tally_hash);
Datum
tally_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	return hash_any((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

PG_FUNCTION_INFO_V1(tally_hash_extended);
Datum
tally_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	return hash_any_extended((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
							 PG_GETARG_INT64(1));
}

/* ------------------------------------------------------------------- input, output ---- */

/* The unit and the rater of a rater_agreement are text whatever its labels are. */
static LabelKind
part_kind(const TallyView *view, int part)
{
	return view->type == TALLY_RATERS && part < 2 ? LABEL_TEXT : view->kind;
}

static int
part_count(TallyType type)
{
	return type == TALLY_RATERS ? 3 : 2;
}

static void
out_parts(StringInfo buf, const TallyView *view, const TallyEntry *entry)
{
	const char *at = entry->key;

	appendStringInfoChar(buf, '(');
	for (int i = 0; i < part_count(view->type); i++)
	{
		Label label;

		at = label_load(at, &label);
		if (i > 0)
			appendStringInfoString(buf, ", ");
		label_out(buf, part_kind(view, i), label);
	}
	if (at < entry->key + entry->size)
	{
		Label time;

		label_load(at, &time);
		appendStringInfoString(buf, ", ");
		label_out(buf, LABEL_BIGINT, time);
	}
	appendStringInfoChar(buf, ')');
}

static char *
tally_cstring(Datum datum)
{
	TallyView view = view_of(datum);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '[');
	for (int i = 0; i < view.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		if (view.type == TALLY_AGREEMENT)
			label_counts_out_entries(&buf, view.kind, view.entries[i].key, view.entries[i].size);
		else
			out_parts(&buf, &view, &view.entries[i]);
		appendStringInfo(&buf, " * " INT64_FORMAT, view.entries[i].count);
	}
	appendStringInfoChar(&buf, ']');
	return buf.data;
}

static bool
parse_part(LabelParser *parser, const TallyView *view, int part, StringInfo key)
{
	LabelParser inner = {.at = parser->at, .kind = LABEL_TEXT};
	bool plain = part_kind(view, part) == view->kind && !(view->type == TALLY_RATERS && part < 2);

	if (plain)
		return parse_label(parser, key);
	if (!parse_label(&inner, key))
	{
		parser->fault = inner.fault;
		return false;
	}
	parser->at = inner.at;
	return true;
}

static bool
parse_parts(LabelParser *parser, TallyType type, StringInfo key)
{
	TallyView view = {.type = type};
	char time_key[16];
	int64 time;

	if (!parse_expected(parser, '('))
		return false;
	for (int i = 0; i < part_count(type); i++)
		if ((i > 0 && !parse_expected(parser, ',')) || !parse_part(parser, &view, i, key))
			return false;
	if (type == TALLY_RATERS && parse_symbol(parser, ','))
	{
		if (!parse_integer(parser, &time))
			return false;
		appendBinaryStringInfo(key, time_key, label_store_bigint(time_key, time));
	}
	return parse_expected(parser, ')');
}

static bool
parse_tally(LabelParser *parser, Tally *tally)
{
	TallyType type = tally->header.type;

	if (!parse_expected(parser, '['))
		return false;
	if (parse_symbol(parser, ']'))
		return parse_end(parser);
	do
	{
		StringInfoData key;
		int64 count;

		CHECK_FOR_INTERRUPTS();
		initStringInfo(&key);
		if (!(type == TALLY_AGREEMENT ? label_counts_parse(parser, &key)
									  : parse_parts(parser, type, &key)) ||
			!parse_expected(parser, '*') || !parse_count(parser, &count))
			return false;
		tally_add(tally, parser->kind, key.data, key.len, count);
		pfree(key.data);
	} while (parse_symbol(parser, ','));
	return parse_expected(parser, ']') && parse_end(parser);
}

static const char *
example_of(TallyType type)
{
	switch (type)
	{
		case TALLY_AGREEMENT:
			return "[{\"ham\": 2, \"spam\": 1} * 17]";
		case TALLY_CONFUSION:
			return "[(\"ham\", \"spam\") * 17]";
		default:
			return "[(\"unit\", \"rater\", \"spam\") * 1]";
	}
}

static Datum
tally_in(FunctionCallInfo fcinfo, TallyType type)
{
	char *text = PG_GETARG_CSTRING(0);
	LabelParser parser = {.at = text};
	TallyHeader header = {.type = type};
	Tally *tally = tally_create_alone(&header);

	if (!parse_tally(&parser, tally))
		ereturn(SOFT_ERROR_CONTEXT(fcinfo), (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", type_name(type),
						strlen(text) > 1000 ? pnstrdup(text, pg_mbcliplen(text, strlen(text), 1000))
											: text),
				 errdetail("%s", parser.fault),
				 errhint("It is written with counts: %s.", example_of(type))));
	PG_RETURN_POINTER(stored_and_delete(tally));
}

static Datum
tally_recv(FunctionCallInfo fcinfo, TallyType type, PGFunction input)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int version = pq_getmsgbyte(buf);
	int size;
	char *text;

	if (version != TALLY_VERSION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("unknown version %d of binary %s", version, type_name(type)),
						errdetail("This release reads version %d.", TALLY_VERSION)));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &size);
	return DirectFunctionCall1(input, CStringGetDatum(text));
}

#define TALLY_INPUT(in, recv, type)                                                                \
	PG_FUNCTION_INFO_V1(in);                                                                       \
	Datum in(PG_FUNCTION_ARGS)                                                                     \
	{                                                                                              \
		return tally_in(fcinfo, type);                                                             \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(recv);                                                                     \
	Datum recv(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		return tally_recv(fcinfo, type, in);                                                       \
	}                                                                                              \
	extern int no_such_variable

TALLY_INPUT(agreement_in, agreement_recv, TALLY_AGREEMENT);
TALLY_INPUT(confusion_in, confusion_recv, TALLY_CONFUSION);
TALLY_INPUT(rater_agreement_in, rater_agreement_recv, TALLY_RATERS);

PG_FUNCTION_INFO_V1(tally_out);
Datum
tally_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(tally_cstring(PG_GETARG_DATUM(0)));
}

/* Like jsonb: a version byte and the text, which is exact, converts its encoding and is checked. */
PG_FUNCTION_INFO_V1(tally_send);
Datum
tally_send(PG_FUNCTION_ARGS)
{
	char *text = tally_cstring(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint8(&buf, TALLY_VERSION);
	pq_sendtext(&buf, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}
