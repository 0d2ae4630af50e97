/*
 * label_counts.c: the type label_counts and its aggregates.
 *
 * There is one state for each unit, and units are many, so a state is as small as its labels allow
 * and is changed in place. A unit has few labels; they are found by looking at each. What has many,
 * because a whole table is counted or rolled up, becomes a hash table: a tally.
 */
#include "postgres.h"

#include "agreement/label_counts.h"
#include "agreement/tally.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#define STATE_START_NUMBERS 32
#define STATE_START_TEXT    64

typedef struct LabelCounts
{
	int32 vl_len_;
	LabelCountsHeader header;
	char entries[FLEXIBLE_ARRAY_MEMBER];
} LabelCounts;

#define HEADER_SIZE offsetof(LabelCounts, entries)

/* ------------------------------------------------------------------------- entries ---- */

static inline const char *
state_end(const LabelCounts *state)
{
	return (const char *) state + VARSIZE(state);
}

static int
entries_count(const char *at, const char *end)
{
	int n = 0;
	LabelEntry entry;

	for (; at < end && *at != 0; n++)
		at = label_entry_load(at, &entry);
	return n;
}

static LabelEntry *
entries_array(const char *at, const char *end, int *n)
{
	LabelEntry *array;

	*n = entries_count(at, end);
	array = palloc(Max(*n, 1) * sizeof(LabelEntry));
	for (int i = 0; i < *n; i++)
		at = label_entry_load(at, &array[i]);
	return array;
}

static int
compare_entries(const void *a, const void *b, void *kind)
{
	return label_compare(*(LabelKind *) kind, ((const LabelEntry *) a)->label,
						 ((const LabelEntry *) b)->label);
}

bool
label_entries_sort(LabelKind kind, LabelEntry *entries, int *n)
{
	int kept = 0;

	qsort_arg(entries, *n, sizeof(LabelEntry), compare_entries, &kind);
	for (int i = 0; i < *n; i++)
	{
		int64 sum;

		if (kept == 0 || !label_equal(entries[kept - 1].label, entries[i].label))
		{
			entries[kept++] = entries[i];
			continue;
		}
		if (pg_add_s64_overflow(entries[kept - 1].count, entries[i].count, &sum))
			return false;
		entries[kept - 1].count = sum;
	}
	*n = kept;
	return true;
}

void
label_entries_put(StringInfo buf, const LabelEntry *entries, int n)
{
	for (int i = 0; i < n; i++)
	{
		label_put_varint(buf, entries[i].count);
		label_put_varint(buf, entries[i].label.size);
		appendBinaryStringInfo(buf, entries[i].label.bytes, entries[i].label.size);
	}
}

static LabelCounts *
state_create(LabelKind kind, Size size)
{
	LabelCounts *state = palloc0(size);

	SET_VARSIZE(state, size);
	state->header.version = LABEL_COUNTS_VERSION;
	state->header.kind = kind;
	state->header.flags = LABEL_COUNTS_STATE;
	return state;
}

Datum
label_counts_make(LabelKind kind, const char *entries, uint32 size)
{
	LabelCounts *value = state_create(size > 0 ? kind : LABEL_NONE, HEADER_SIZE + size);

	value->header.flags = 0;
	memcpy(value->entries, entries, size);
	return PointerGetDatum(value);
}

static void
check_total(int64 total, int64 more)
{
	if (pg_add_s64_overflow(total, more, &total))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("count of labels out of range")));
}

/* Does it say what a stored value says, in as many bytes? */
static bool
is_sorted(LabelKind kind, const char *at, const char *end)
{
	LabelEntry previous;
	LabelEntry entry;

	if (at == end)
		return true;
	at = label_entry_load(at, &previous);
	while (at < end && *at != 0)
	{
		at = label_entry_load(at, &entry);
		if (label_compare(kind, previous.label, entry.label) >= 0)
			return false;
		previous = entry;
	}
	return true;
}

static const char *
used_end(const char *at, const char *end)
{
	LabelEntry entry;

	while (at < end && *at != 0)
		at = label_entry_load(at, &entry);
	return at;
}

/* An entry as it lies. */
typedef struct RawEntry
{
	const char *at;
	uint32 size;
	Label label;
} RawEntry;

#define FEW_ENTRIES 16

/* Units have few labels, and there are many units: sort without allocating, copy each entry as it is. */
static Datum
finish_few(const LabelCounts *state, const char *end)
{
	LabelKind kind = state->header.kind;
	RawEntry entries[FEW_ENTRIES];
	int n = 0;
	LabelCounts *result = state_create(kind, end - (const char *) state);
	char *to = result->entries;

	for (const char *at = state->entries; at < end; n++)
	{
		LabelEntry entry;
		const char *next = label_entry_load(at, &entry);
		int place = n;

		for (; place > 0 && label_compare(kind, entries[place - 1].label, entry.label) > 0; place--)
			entries[place] = entries[place - 1];
		entries[place] = (RawEntry){.at = at, .size = (uint32) (next - at), .label = entry.label};
		at = next;
	}
	for (int i = 0; i < n; i++)
	{
		memcpy(to, entries[i].at, entries[i].size);
		to += entries[i].size;
	}
	result->header.flags = 0;
	return PointerGetDatum(result);
}

/* The stored form of a state. */
static Datum
state_finish(const LabelCounts *state)
{
	const char *end = used_end(state->entries, state_end(state));
	LabelEntry *entries;
	StringInfoData buf;
	int n;

	if (is_sorted(state->header.kind, state->entries, end))
		return label_counts_make(state->header.kind, state->entries, end - state->entries);
	if (entries_count(state->entries, end) <= FEW_ENTRIES)
		return finish_few(state, end);
	entries = entries_array(state->entries, end, &n);
	label_entries_sort(state->header.kind, entries, &n);
	initStringInfo(&buf);
	label_entries_put(&buf, entries, n);
	return label_counts_make(state->header.kind, buf.data, buf.len);
}

LabelCountsView
label_counts_view(Datum value)
{
	struct varlena *varlena = PG_DETOAST_DATUM_PACKED(value);
	const LabelCountsHeader *header = (const LabelCountsHeader *) VARDATA_ANY(varlena);

	if (unlikely(header->flags & LABEL_COUNTS_STATE))
		return label_counts_view(state_finish((LabelCounts *) PG_DETOAST_DATUM(value)));
	return (LabelCountsView){.kind = header->kind,
							 .entries = (const char *) (header + 1),
							 .size = VARSIZE_ANY_EXHDR(varlena) - sizeof(LabelCountsHeader)};
}

/* ------------------------------------------------------------------- input, output ---- */

void
label_counts_out_entries(StringInfo buf, LabelKind kind, const char *entries, uint32 size)
{
	const char *end = entries + size;

	appendStringInfoChar(buf, '{');
	for (const char *at = entries; at < end;)
	{
		LabelEntry entry;

		if (at > entries)
			appendStringInfoString(buf, ", ");
		at = label_entry_load(at, &entry);
		label_out(buf, kind, entry.label);
		appendStringInfo(buf, ": " UINT64_FORMAT, entry.count);
	}
	appendStringInfoChar(buf, '}');
}

static bool
parse_entries(LabelParser *parser, StringInfo unsorted)
{
	if (!parse_expected(parser, '{'))
		return false;
	if (parse_symbol(parser, '}'))
		return true;
	do
	{
		StringInfoData key;
		int64 count;

		CHECK_FOR_INTERRUPTS();
		initStringInfo(&key);
		if (!parse_label(parser, &key) || !parse_expected(parser, ':') ||
			!parse_count(parser, &count))
			return false;
		label_put_varint(unsorted, count);
		appendBinaryStringInfo(unsorted, key.data, key.len);
		pfree(key.data);
	} while (parse_symbol(parser, ','));
	return parse_expected(parser, '}');
}

/* Append the entries of a label_counts, as they are stored; false with a fault. */
bool
label_counts_parse(LabelParser *parser, StringInfo entries)
{
	StringInfoData unsorted;
	LabelEntry *array;
	int n;
	int64 total = 0;

	initStringInfo(&unsorted);
	if (!parse_entries(parser, &unsorted))
		return false;
	array = entries_array(unsorted.data, unsorted.data + unsorted.len, &n);
	for (int i = 0; i < n; i++)
		if (pg_add_s64_overflow(total, array[i].count, &total))
		{
			parser->fault = "The sum of counts is out of the range of bigint.";
			return false;
		}
	label_entries_sort(parser->kind, array, &n);
	label_entries_put(entries, array, n);
	pfree(array);
	pfree(unsorted.data);
	if (entries->len > LABEL_COUNTS_MAX_BYTES)
	{
		parser->fault = "There are too many labels for one unit.";
		return false;
	}
	return true;
}

PG_FUNCTION_INFO_V1(label_counts_in);
Datum
label_counts_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);
	LabelParser parser = {.at = text};
	StringInfoData entries;

	initStringInfo(&entries);
	if (!label_counts_parse(&parser, &entries) || !parse_end(&parser))
		ereturn(SOFT_ERROR_CONTEXT(fcinfo), (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "label_counts", text),
				 errdetail("%s", parser.fault),
				 errhint("Labels are written with their counts: {\"spam\": 2, \"ham\": 1}.")));
	PG_RETURN_DATUM(label_counts_make(parser.kind, entries.data, entries.len));
}

static char *
label_counts_cstring(Datum value)
{
	LabelCountsView view = label_counts_view(value);
	StringInfoData buf;

	initStringInfo(&buf);
	label_counts_out_entries(&buf, view.kind, view.entries, view.size);
	return buf.data;
}

PG_FUNCTION_INFO_V1(label_counts_out);
Datum
label_counts_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(label_counts_cstring(PG_GETARG_DATUM(0)));
}

/* Like jsonb: a version byte and the text, which is exact, converts its encoding and is checked. */
PG_FUNCTION_INFO_V1(label_counts_send);
Datum
label_counts_send(PG_FUNCTION_ARGS)
{
	char *text = label_counts_cstring(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint8(&buf, LABEL_COUNTS_VERSION);
	pq_sendtext(&buf, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(label_counts_recv);
Datum
label_counts_recv(PG_FUNCTION_ARGS)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int version = pq_getmsgbyte(buf);
	int size;
	char *text;

	if (version != LABEL_COUNTS_VERSION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("unknown version %d of binary %s", version, "label_counts"),
						errdetail("This release reads version %d.", LABEL_COUNTS_VERSION)));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &size);
	PG_RETURN_DATUM(DirectFunctionCall1(label_counts_in, CStringGetDatum(text)));
}

/* ----------------------------------------------------------------------- the state ---- */

typedef struct Place
{
	char *entry; /* where it begins, or where it would be appended */
	char *key;   /* NULL if there is none */
	uint64 count;
	uint32 before; /* entries that were looked at */
} Place;

static inline Place
find_key(LabelCounts *state, const char *key, uint32 size)
{
	char *at = state->entries;
	const char *end = state_end(state);
	uint32 before = 0;

	for (; at < end && *at != 0; before++)
	{
		Place place = {.entry = at};
		Label label;

		at = (char *) varint_load(at, &place.count);
		/* no key is the beginning of another, and zeroes behind the last are no label's bytes */
		if (at + size <= end && *at == *key && memcmp(at, key, size) == 0)
		{
			place.key = at;
			return place;
		}
		at = (char *) label_load(at, &label);
	}
	return (Place){.entry = at, .before = before};
}

static void
check_size(Size size)
{
	if (unlikely(size > LABEL_COUNTS_MAX_BYTES))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many different labels in one label_counts"),
						errdetail("It holds at most %d bytes of them.", LABEL_COUNTS_MAX_BYTES),
						errhint("label_counts is for the labels of one unit: GROUP BY the unit.")));
}

/* Room for so many bytes at this place, which moves with the state. */
static LabelCounts *
state_make_room(LabelCounts *state, char **at, uint32 bytes)
{
	Size used = used_end(state->entries, state_end(state)) - (char *) state;
	Size offset = *at - (char *) state;
	Size size = VARSIZE(state);

	/* by what is used, which does not depend on the order of labels */
	check_size(used + bytes);
	if (used + bytes > size)
	{
		LabelCounts *larger;

		while (size < used + bytes)
			size *= 2;
		larger = state_create(state->header.kind, size);
		memcpy(larger->entries, state->entries, used - HEADER_SIZE);
		state = larger;
	}
	*at = (char *) state + offset;
	memmove(*at + bytes, *at, used - offset);
	return state;
}

static LabelCounts *
append_entry(LabelCounts *state, char *at, const char *key, uint32 size, uint64 count)
{
	char number[VARINT_MAX];
	uint32 number_size = (uint32) (varint_store(number, count) - number);

	state = state_make_room(state, &at, number_size + size);
	memcpy(at, number, number_size);
	memcpy(at + number_size, key, size);
	return state;
}

/* The count of an entry, whose varint may become longer or shorter. */
static LabelCounts *
replace_count(LabelCounts *state, Place place, uint64 count)
{
	char number[VARINT_MAX];
	int old_size = (int) (place.key - place.entry);
	int new_size = (int) (varint_store(number, count) - number);
	char *at = place.entry;

	if (new_size > old_size)
		state = state_make_room(state, &at, new_size - old_size);
	else if (new_size < old_size)
	{
		char *end = (char *) state_end(state);
		int less = old_size - new_size;

		memmove(at, at + less, end - at - less);
		memset(end - less, 0, less);
	}
	memcpy(at, number, new_size);
	return state;
}

static LabelCounts *
few_add(LabelCounts *state, Place place, const char *key, uint32 size, uint64 count)
{
	if (place.key == NULL)
		return append_entry(state, place.entry, key, size, count);
	if (likely(count == 1 && (uint8) *place.entry < 0x7f))
	{
		(*place.entry)++;
		return state;
	}
	check_total(place.count, count);
	return replace_count(state, place, place.count + count);
}

static void
few_remove(LabelCounts *state, const char *key, uint32 size, uint64 count)
{
	Place place = find_key(state, key, size);
	char *end = (char *) state_end(state);
	Size entry_size;

	if (place.key == NULL || place.count < count)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("cannot remove a label that was not counted")));
	if (place.count > count)
	{
		replace_count(state, place, place.count - count);
		return;
	}
	entry_size = place.key + size - place.entry;
	memmove(place.entry, place.entry + entry_size, end - place.entry - entry_size);
	memset(end - entry_size, 0, entry_size);
}

/* -------------------------------------------------------------- the state of many ---- */

/* Beyond so many labels, looking at each would cost more than a hash table. */
#define FEW_LABELS 64

static Size
many_flat_size(ExpandedObjectHeader *expanded)
{
	return HEADER_SIZE + ((Tally *) expanded)->label_bytes;
}

static void
many_flatten_into(ExpandedObjectHeader *expanded, void *result, Size size)
{
	const Tally *many = (const Tally *) expanded;
	LabelKind kind = many->header.kind;
	LabelCounts *value = result;
	LabelEntry *entries = palloc((Size) Max(many->nkeys, 1) * sizeof(LabelEntry));
	char *at = value->entries;
	TallyEntry entry;
	int n = 0;

	for (uint64 place = 0; tally_walk(many, &place, &entry); n++)
	{
		entries[n].count = entry.count;
		label_load(entry.key, &entries[n].label);
	}
	label_entries_sort(kind, entries, &n);
	SET_VARSIZE(value, size);
	value->header =
		(LabelCountsHeader){.version = LABEL_COUNTS_VERSION, .kind = n > 0 ? kind : LABEL_NONE};
	for (int i = 0; i < n; i++)
	{
		at = varint_store(at, entries[i].count);
		at = varint_store(at, entries[i].label.size);
		memcpy(at, entries[i].label.bytes, entries[i].label.size);
		at += entries[i].label.size;
	}
	pfree(entries);
}

static const ExpandedObjectMethods many_methods = {many_flat_size, many_flatten_into};

static inline uint32
entry_bytes(uint64 count, uint32 size)
{
	return count == 0 ? 0 : varint_size(count) + size;
}

static void
many_add(Tally *many, LabelKind kind, const char *key, uint32 size, uint64 count)
{
	uint64 sum = tally_add(many, kind, key, size, count);

	many->label_bytes += entry_bytes(sum, size) - entry_bytes(sum - count, size);
	check_size(HEADER_SIZE + many->label_bytes);
}

static void
many_remove(Tally *many, const char *key, uint32 size, uint64 count)
{
	uint64 left = tally_remove(many, key, size, count);

	many->label_bytes -= entry_bytes(left + count, size) - entry_bytes(left, size);
}

static Tally *
many_from_few(const LabelCounts *few, MemoryContext context)
{
	TallyHeader header = {.type = TALLY_LABELS, .kind = few->header.kind};
	Tally *many = tally_create(&header, context, &many_methods);
	const char *end = state_end(few);
	LabelEntry entry;

	for (const char *at = few->entries; at < end && *at != 0;)
	{
		const char *key = varint_load(at, &entry.count);

		at = label_load(key, &entry.label);
		many_add(many, header.kind, key, (uint32) (at - key), entry.count);
	}
	return many;
}

/* ----------------------------------------------------------------- either of both ---- */

/* One of the two, and where the executor looks for states that it need not copy. */
typedef struct State
{
	LabelCounts *few;
	Tally *many;
	MemoryContext context;
} State;

static inline void
state_add(State *state, LabelKind kind, const char *key, uint32 size, uint64 count)
{
	Place place;

	if (unlikely(state->many != NULL))
	{
		many_add(state->many, kind, key, size, count);
		return;
	}
	if (unlikely(state->few->header.kind != kind))
		state->few->header.kind = label_common_kind(state->few->header.kind, kind);
	place = find_key(state->few, key, size);
	if (likely(place.key != NULL || place.before < FEW_LABELS))
	{
		state->few = few_add(state->few, place, key, size, count);
		return;
	}
	state->many = many_from_few(state->few, state->context);
	many_add(state->many, kind, key, size, count);
}

static inline void
state_remove(State *state, LabelKind kind, const char *key, uint32 size, uint64 count)
{
	if (state->many != NULL)
		many_remove(state->many, key, size, count);
	else
		few_remove(state->few, key, size, count);
}

static inline Datum
state_datum(const State *state)
{
	return unlikely(state->many != NULL) ? EOHPGetRWDatum(&state->many->expanded)
										 : PointerGetDatum(state->few);
}

/* ---------------------------------------------------------------------- aggregates ---- */

static bool
is_state(const struct varlena *value)
{
	return !VARATT_IS_EXTENDED(value) &&
		   (((const LabelCounts *) value)->header.flags & LABEL_COUNTS_STATE);
}

/* Argument 0 as a state that may be changed: the aggregate's own, or a copy. */
static inline State
writable_state(FunctionCallInfo fcinfo)
{
	Datum value = PG_GETARG_DATUM(0);
	State state = {0};
	bool is_aggregate = AggCheckCallContext(fcinfo, &state.context) != 0;
	LabelCountsView view;

	if (!is_aggregate)
		state.context = CurrentMemoryContext;
	if (likely(is_aggregate && is_state((struct varlena *) DatumGetPointer(value))))
	{
		state.few = (LabelCounts *) DatumGetPointer(value);
		return state;
	}
	state.many = is_aggregate ? tally_of_state(value, &many_methods) : NULL;
	if (state.many != NULL)
		return state;
	view = label_counts_view(value);
	state.few = state_create(view.kind, HEADER_SIZE + Max(view.size, 8));
	memcpy(state.few->entries, view.entries, view.size);
	return state;
}

static inline Datum
accumulate(FunctionCallInfo fcinfo, LabelKind kind, const char *key, uint32 size)
{
	State state;

	if (PG_ARGISNULL(0))
	{
		Size bytes = HEADER_SIZE + 1 + size;
		Size start = kind == LABEL_TEXT ? STATE_START_TEXT : STATE_START_NUMBERS;
		LabelCounts *few = state_create(kind, Max(bytes, start));

		few->entries[0] = 1;
		memcpy(few->entries + 1, key, size);
		return PointerGetDatum(few);
	}
	state = writable_state(fcinfo);
	state_add(&state, kind, key, size, 1);
	return state_datum(&state);
}

/* A NULL is a missing label; a unit of nothing else has counted none. */
static Datum
accumulate_missing(FunctionCallInfo fcinfo)
{
	if (!PG_ARGISNULL(0))
		return PG_GETARG_DATUM(0);
	return PointerGetDatum(state_create(LABEL_NONE, STATE_START_NUMBERS));
}

static Datum
discount(FunctionCallInfo fcinfo, const char *key, uint32 size)
{
	State state = writable_state(fcinfo);

	state_remove(&state, LABEL_NONE, key, size, 1);
	return state_datum(&state);
}

#define LABEL_COUNTS_TRANSITION(name, label_kind, key_size, store)                                 \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		char key[key_size];                                                                        \
                                                                                                   \
		if (PG_ARGISNULL(1))                                                                       \
			PG_RETURN_DATUM(accumulate_missing(fcinfo));                                           \
		PG_RETURN_DATUM(accumulate(fcinfo, label_kind, key, store));                               \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(name##_inv);                                                               \
	Datum name##_inv(PG_FUNCTION_ARGS)                                                             \
	{                                                                                              \
		char key[key_size];                                                                        \
                                                                                                   \
		if (PG_ARGISNULL(0)) /* not by our aggregates */                                           \
			PG_RETURN_NULL();                                                                      \
		if (PG_ARGISNULL(1))                                                                       \
			PG_RETURN_DATUM(PG_GETARG_DATUM(0));                                                   \
		PG_RETURN_DATUM(discount(fcinfo, key, store));                                             \
	}                                                                                              \
	extern int no_such_variable

static inline int
store_text_datum(char *key, text *label)
{
	return label_store_text(key, VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label));
}

LABEL_COUNTS_TRANSITION(label_counts_accum_text, LABEL_TEXT, LABEL_KEY_MAX,
						store_text_datum(key, PG_GETARG_TEXT_PP(1)));
LABEL_COUNTS_TRANSITION(label_counts_accum_int2, LABEL_BIGINT, 16,
						label_store_bigint(key, PG_GETARG_INT16(1)));
LABEL_COUNTS_TRANSITION(label_counts_accum_int4, LABEL_BIGINT, 16,
						label_store_bigint(key, PG_GETARG_INT32(1)));
LABEL_COUNTS_TRANSITION(label_counts_accum_int8, LABEL_BIGINT, 16,
						label_store_bigint(key, PG_GETARG_INT64(1)));
LABEL_COUNTS_TRANSITION(label_counts_accum_float8, LABEL_FLOAT8, 16,
						label_store_float8(key, PG_GETARG_FLOAT8(1)));
LABEL_COUNTS_TRANSITION(label_counts_accum_bool, LABEL_BOOLEAN, 16,
						label_store_boolean(key, PG_GETARG_BOOL(1)));

/* For types whose labels nobody has said how to count: _any(state, anyelement) of every aggregate. */
PG_FUNCTION_INFO_V1(agreement_unknown_type);
Datum
agreement_unknown_type(PG_FUNCTION_ARGS)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("labels of type %s cannot be counted as they are",
					OidIsValid(type) ? format_type_be(type) : "this"),
			 errhint("Cast them to text: label_counts_agg(label::text), confusion_agg(a::text, "
					 "b::text). The order of an enum is given to what reads the result: "
					 "categories => enum_range(NULL::your_enum).")));
	PG_RETURN_NULL();
}

typedef void (*StateChange)(State *, LabelKind, const char *, uint32, uint64);

static void
state_merge(State *state, Datum other, StateChange change)
{
	LabelCountsView view = label_counts_view(other);
	uint8 *kind = state->many != NULL ? &state->many->header.kind : &state->few->header.kind;
	const char *end = view.entries + view.size;
	LabelEntry entry;

	*kind = label_common_kind(*kind, view.kind);
	for (const char *at = view.entries; at < end;)
	{
		const char *key = varint_load(at, &entry.count);

		at = label_load(key, &entry.label);
		change(state, view.kind, key, (uint32) (at - key), entry.count);
	}
}

/* As aggregate support: combine function, and transition of rollup(). NULLs are skipped. */
PG_FUNCTION_INFO_V1(label_counts_combine);
Datum
label_counts_combine(PG_FUNCTION_ARGS)
{
	State state;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (PG_ARGISNULL(0))
	{
		state = (State){0};
		if (!AggCheckCallContext(fcinfo, &state.context))
			state.context = CurrentMemoryContext;
		state.few = state_create(LABEL_NONE, STATE_START_TEXT);
	}
	else
		state = writable_state(fcinfo);
	state_merge(&state, PG_GETARG_DATUM(1), state_add);
	PG_RETURN_DATUM(state_datum(&state));
}

PG_FUNCTION_INFO_V1(label_counts_combine_inv);
Datum
label_counts_combine_inv(PG_FUNCTION_ARGS)
{
	State state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	state = writable_state(fcinfo);
	state_merge(&state, PG_GETARG_DATUM(1), state_remove);
	PG_RETURN_DATUM(state_datum(&state));
}

PG_FUNCTION_INFO_V1(label_counts_add);
Datum
label_counts_add(PG_FUNCTION_ARGS)
{
	State state = writable_state(fcinfo);

	state_merge(&state, PG_GETARG_DATUM(1), state_add);
	if (state.many == NULL)
		PG_RETURN_DATUM(state_finish(state.few));
	PG_RETURN_DATUM(PointerGetDatum(PG_DETOAST_DATUM(state_datum(&state))));
}

PG_FUNCTION_INFO_V1(label_counts_final);
Datum
label_counts_final(PG_FUNCTION_ARGS)
{
	struct varlena *value;

	if (PG_ARGISNULL(0))
		PG_RETURN_DATUM(label_counts_make(LABEL_NONE, "", 0));
	value = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	if (!is_state(value))
		PG_RETURN_POINTER(value);
	PG_RETURN_DATUM(state_finish((LabelCounts *) value));
}

/* ----------------------------------------------------------------------- accessors ---- */

PG_FUNCTION_INFO_V1(label_counts_total);
Datum
label_counts_total(PG_FUNCTION_ARGS)
{
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(0));
	const char *end = view.entries + view.size;
	int64 total = 0;
	LabelEntry entry;

	for (const char *at = view.entries; at < end; total += entry.count)
		at = label_entry_load(at, &entry);
	PG_RETURN_INT64(total);
}

/*
 * Of the ordered pairs of labels of the unit, how many agree: the chance that two of its raters,
 * drawn at random, gave one label (Fleiss 1971, equation 2).
 */
PG_FUNCTION_INFO_V1(unit_agreement);
Datum
unit_agreement(PG_FUNCTION_ARGS)
{
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(0));
	const char *end = view.entries + view.size;
	double total = 0;
	double agreeing = 0;
	LabelEntry entry;

	for (const char *at = view.entries; at < end;)
	{
		at = label_entry_load(at, &entry);
		total += entry.count;
		agreeing += (double) entry.count * (entry.count - 1);
	}
	if (total < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(agreeing / (total * (total - 1)));
}

/* The label given most often; of several the first in their order, or NULL. */
PG_FUNCTION_INFO_V1(majority_label);
Datum
majority_label(PG_FUNCTION_ARGS)
{
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(0));
	char *ties = text_to_cstring(PG_GETARG_TEXT_PP(1));
	bool first = strcmp(ties, "first") == 0;
	const char *end = view.entries + view.size;
	LabelEntry best = {0};
	bool tied = false;

	if (!first && strcmp(ties, "null") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown rule for ties \"%s\"", ties),
						errhint("ties must be 'null' or 'first'.")));
	for (const char *at = view.entries; at < end;)
	{
		LabelEntry entry;

		at = label_entry_load(at, &entry);
		if (entry.count == best.count)
			tied = true;
		if (entry.count <= best.count)
			continue;
		best = entry;
		tied = false;
	}
	if (best.count == 0 || (tied && !first))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(label_cstring(view.kind, best.label)));
}

PG_FUNCTION_INFO_V1(label_frequencies);
Datum
label_frequencies(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(0));
	const char *end = view.entries + view.size;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (const char *at = view.entries; at < end;)
	{
		LabelEntry entry;
		Datum values[2];
		bool nulls[2] = {false, false};

		at = label_entry_load(at, &entry);
		values[0] = CStringGetTextDatum(label_cstring(view.kind, entry.label));
		values[1] = Int64GetDatum(entry.count);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
