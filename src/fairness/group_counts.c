/*
 * group_counts.c: predictions and outcomes counted by group, and rates of groups compared.
 *
 * The type group_counts is the transition state itself: an array sorted by name, searched by halves,
 * its counts changed in place. It is made anew when a group comes that was not there.
 *
 * Stored, after the varlena header, big-endian and unaligned:
 *
 *	u8 layout, u32 groups, each: u32 place of its name, u32 length of it, six i64 counts, then the names
 *
 * in the order of the groups. One multiset of rows has one representation.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "common/int.h"
#include "core/arguments.h"
#include "core/dictionary.h"
#include "core/hex_text.h"
#include "core/rows.h"
#include "math/distribution.h"
#include "math/proportion.h"
#include "utils/builtins.h"

#define GROUP_COUNTS_LAYOUT 1
#define HEADER_SIZE         5
#define ENTRY_SIZE          56
#define MAX_GROUPS          10000

/* What a row can be; the outcome may be unknown. */
typedef enum RowKind
{
	TRUE_POSITIVE,
	FALSE_POSITIVE,
	TRUE_NEGATIVE,
	FALSE_NEGATIVE,
	SELECTED_UNKNOWN,
	REJECTED_UNKNOWN,
	NKINDS
} RowKind;

/* ------------------------------------------------------------------------- layout ---- */

static inline uint32
get_u32(const char *at)
{
	uint32 value;

	memcpy(&value, at, sizeof(value));
	return pg_ntoh32(value);
}

static inline uint32
group_count(const struct varlena *counts)
{
	return get_u32(VARDATA_ANY(counts) + 1);
}

static inline char *
group_entry(const struct varlena *counts, uint32 i)
{
	return VARDATA_ANY(counts) + HEADER_SIZE + (Size) i * ENTRY_SIZE;
}

static inline Utf8
group_name(const struct varlena *counts, uint32 i)
{
	const char *entry = group_entry(counts, i);
	Utf8 name = {.data = VARDATA_ANY(counts) + get_u32(entry), .len = get_u32(entry + 4)};

	return name;
}

static inline int64
group_number(const struct varlena *counts, uint32 i, RowKind kind)
{
	return (int64) bytes_get_u64(group_entry(counts, i) + 8 + 8 * kind);
}

static void
add_number(struct varlena *counts, uint32 i, RowKind kind, int64 more)
{
	int64 sum;

	if (pg_add_s64_overflow(group_number(counts, i, kind), more, &sum))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("count of group out of range")));
	bytes_set_u64(group_entry(counts, i) + 8 + 8 * kind, (uint64) sum);
}

/* Where a name is, or would be. */
static bool
find_group(const struct varlena *counts, Utf8 name, uint32 *place)
{
	uint32 low = 0;
	uint32 high = group_count(counts);

	while (low < high)
	{
		uint32 middle = low + (high - low) / 2;
		int order = utf8_compare(name, group_name(counts, middle));

		if (order == 0)
		{
			*place = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*place = low;
	return false;
}

/* Names follow each other in the order of the groups. */
static void
place_names(struct varlena *counts)
{
	uint32 n = group_count(counts);
	uint32 at = HEADER_SIZE + n * ENTRY_SIZE;

	for (uint32 i = 0; i < n; i++)
	{
		bytes_set_u32(group_entry(counts, i), at);
		at += get_u32(group_entry(counts, i) + 4);
	}
}

static void
check_group_number(uint32 n)
{
	if (n > MAX_GROUPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %d groups", MAX_GROUPS),
				 errhint("Is the group something else by mistake, as an identifier?")));
}

/* A value with one group more at a place, with counts of zero. */
static struct varlena *
insert_group(const struct varlena *counts, Utf8 name, uint32 place)
{
	uint32 n = group_count(counts);
	Size size = VARSIZE_ANY_EXHDR(counts);
	struct varlena *result = palloc0(VARHDRSZ + size + ENTRY_SIZE + name.len);
	const char *names = group_entry(counts, n);
	const char *split =
		place < n ? group_name(counts, place).data : (char *) VARDATA_ANY(counts) + size;
	char *to;

	check_group_number(n + 1);
	SET_VARSIZE(result, VARHDRSZ + size + ENTRY_SIZE + name.len);
	*VARDATA(result) = GROUP_COUNTS_LAYOUT;
	bytes_set_u32(VARDATA(result) + 1, n + 1);
	memcpy(group_entry(result, 0), group_entry(counts, 0), (Size) place * ENTRY_SIZE);
	bytes_set_u32(group_entry(result, place) + 4, name.len);
	memcpy(group_entry(result, place + 1), group_entry(counts, place),
		   (Size) (n - place) * ENTRY_SIZE);

	to = group_entry(result, n + 1);
	memcpy(to, names, split - names);
	to += split - names;
	memcpy(to, name.data, name.len);
	memcpy(to + name.len, split, VARDATA_ANY(counts) + size - split);
	place_names(result);
	return result;
}

static void
check_group_counts(const struct varlena *counts)
{
	ByteReader reader = {.at = VARDATA_ANY(counts),
						 .end = VARDATA_ANY(counts) + VARSIZE_ANY_EXHDR(counts),
						 .type = "group_counts"};
	uint32 n;
	uint32 expected;

	if (reader_u8(&reader) != GROUP_COUNTS_LAYOUT)
		reader_fail(&reader, "Its layout is none that this release reads.");
	n = reader_count(&reader, ENTRY_SIZE);
	if (n > MAX_GROUPS)
		reader_fail(&reader, "It has too many groups.");
	expected = HEADER_SIZE + n * ENTRY_SIZE;
	for (uint32 i = 0; i < n; i++)
	{
		uint32 place = reader_u32(&reader);
		uint32 len = reader_u32(&reader);

		if (place != expected || len > VARSIZE_ANY_EXHDR(counts) - expected)
			reader_fail(&reader, "A name in it is out of place.");
		expected += len;
		for (int kind = 0; kind < NKINDS; kind++)
		{
			if (reader_u64(&reader) > PG_INT64_MAX / 8)
				reader_fail(&reader, "A count in it is out of range.");
		}
	}
	if (expected != VARSIZE_ANY_EXHDR(counts))
		reader_fail(&reader, "Bytes follow its end.");
	for (uint32 i = 0; i < n; i++)
	{
		Utf8 name = group_name(counts, i);

		if (!pg_verify_mbstr(PG_UTF8, name.data, name.len, true))
			reader_fail(&reader, "A text in it is not valid UTF-8.");
		if (i > 0 && utf8_compare(group_name(counts, i - 1), name) >= 0)
			reader_fail(&reader, "Names in it are not in order.");
	}
}

HEX_TEXT_TYPE(group_counts, "group_counts1:", check_group_counts);

/* --------------------------------------------------------------------- aggregates ---- */

/* Argument 0, to be changed: in place when it is an aggregate's own state, else a copy. */
static struct varlena *
writable_state(FunctionCallInfo fcinfo)
{
	if (AggCheckCallContext(fcinfo, NULL))
		return PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
}

static RowKind
row_kind(FunctionCallInfo fcinfo)
{
	bool predicted = PG_GETARG_BOOL(2);

	if (PG_NARGS() < 4 || PG_ARGISNULL(3))
		return predicted ? SELECTED_UNKNOWN : REJECTED_UNKNOWN;
	if (PG_GETARG_BOOL(3))
		return predicted ? TRUE_POSITIVE : FALSE_NEGATIVE;
	return predicted ? FALSE_POSITIVE : TRUE_NEGATIVE;
}

PG_FUNCTION_INFO_V1(group_counts_accum);
Datum
group_counts_accum(PG_FUNCTION_ARGS)
{
	struct varlena *counts;
	uint32 place;
	Utf8 name;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	counts = writable_state(fcinfo);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(counts);
	name = utf8_from_text(PG_GETARG_DATUM(1));
	if (!find_group(counts, name, &place))
		counts = insert_group(counts, name, place);
	add_number(counts, place, row_kind(fcinfo), 1);
	PG_RETURN_POINTER(counts);
}

PG_FUNCTION_INFO_V1(group_counts_combine);
Datum
group_counts_combine(PG_FUNCTION_ARGS)
{
	struct varlena *counts = writable_state(fcinfo);
	struct varlena *other = PG_GETARG_VARLENA_PP(1);

	for (uint32 i = 0; i < group_count(other); i++)
	{
		Utf8 name = group_name(other, i);
		uint32 place;

		if (!find_group(counts, name, &place))
			counts = insert_group(counts, name, place);
		for (int kind = 0; kind < NKINDS; kind++)
			add_number(counts, place, kind, group_number(other, i, kind));
	}
	PG_RETURN_POINTER(counts);
}

/* -------------------------------------------------------------------------- rates ---- */

typedef enum RateKind
{
	SELECTION_RATE,
	TRUE_POSITIVE_RATE,
	FALSE_POSITIVE_RATE,
	FALSE_NEGATIVE_RATE,
	PRECISION,
	BASE_RATE,
	NRATES
} RateKind;

static const char *const rate_names[NRATES] = {"selection_rate",      "true_positive_rate",
											   "false_positive_rate", "false_negative_rate",
											   "precision",           "base_rate"};

typedef struct Rate
{
	int64 count;
	int64 total;
} Rate;

static Rate
group_rate(const struct varlena *counts, uint32 i, RateKind kind)
{
	int64 tp = group_number(counts, i, TRUE_POSITIVE);
	int64 fp = group_number(counts, i, FALSE_POSITIVE);
	int64 tn = group_number(counts, i, TRUE_NEGATIVE);
	int64 fn = group_number(counts, i, FALSE_NEGATIVE);
	int64 selected = tp + fp + group_number(counts, i, SELECTED_UNKNOWN);

	switch (kind)
	{
		case SELECTION_RATE:
			return (Rate){selected, selected + tn + fn + group_number(counts, i, REJECTED_UNKNOWN)};
		case TRUE_POSITIVE_RATE:
			return (Rate){tp, tp + fn};
		case FALSE_POSITIVE_RATE:
			return (Rate){fp, fp + tn};
		case FALSE_NEGATIVE_RATE:
			return (Rate){fn, tp + fn};
		case PRECISION:
			return (Rate){tp, tp + fp};
		default:
			return (Rate){tp + fn, tp + fn + fp + tn};
	}
}

static int64
min_size_argument(FunctionCallInfo fcinfo, int n)
{
	int64 least = PG_GETARG_INT64(n);

	if (least < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_group_size must be at least 1, not %lld", (long long) least)));
	return least;
}

/* A rate of fewer units than the least size is not shown: it would be noise, and might be a person. */
static void
add_rate(RowBuilder *row, Rate rate, int64 least, double z)
{
	Bounds bounds = wilson_interval(rate.count, rate.total, z);

	row_add(row, Int64GetDatum(rate.total));
	if (rate.total < least)
	{
		for (int i = 0; i < 4; i++)
			row_add_null(row);
		row_add(row, CStringGetTextDatum(rate.total == 0 ? "no_rows" : "too_small"));
		return;
	}
	row_add(row, Int64GetDatum(rate.count));
	row_add(row, Float8GetDatum((double) rate.count / rate.total));
	row_add(row, Float8GetDatum(bounds.lower));
	row_add(row, Float8GetDatum(bounds.upper));
	row_add(row, CStringGetTextDatum("ok"));
}

static Datum
emit_rates(FunctionCallInfo fcinfo, int first, int last, bool named)
{
	struct varlena *counts = PG_GETARG_VARLENA_PP(0);
	int64 least = min_size_argument(fcinfo, 1);
	double z = normal_upper_quantile((1 - confidence_argument(fcinfo, 2)) / 2);

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < group_count(counts); i++)
	{
		for (int kind = first; kind <= last; kind++)
		{
			RowBuilder row = {0};

			row_add(&row, utf8_to_text(group_name(counts, i)));
			if (named)
				row_add(&row, CStringGetTextDatum(rate_names[kind]));
			add_rate(&row, group_rate(counts, i, kind), least, z);
			row_emit(&row, fcinfo);
		}
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(group_rates);
Datum
group_rates(PG_FUNCTION_ARGS)
{
	return emit_rates(fcinfo, 0, NRATES - 1, true);
}

PG_FUNCTION_INFO_V1(selection_rates);
Datum
selection_rates(PG_FUNCTION_ARGS)
{
	return emit_rates(fcinfo, SELECTION_RATE, SELECTION_RATE, false);
}

/* --------------------------------------------------------------------- comparisons ---- */

/* The least and the greatest rate of groups that are large enough; false for fewer than two. */
static bool
rate_extremes(const struct varlena *counts, RateKind kind, int64 size, Bounds *extremes)
{
	int groups = 0;

	extremes->lower = 1;
	extremes->upper = 0;
	for (uint32 i = 0; i < group_count(counts); i++)
	{
		Rate rate = group_rate(counts, i, kind);
		double value = (double) rate.count / rate.total;

		if (rate.total < size)
			continue;
		groups++;
		extremes->lower = Min(extremes->lower, value);
		extremes->upper = Max(extremes->upper, value);
	}
	return groups >= 2;
}

static Datum
rate_difference(FunctionCallInfo fcinfo, RateKind kind)
{
	Bounds extremes;

	if (!rate_extremes(PG_GETARG_VARLENA_PP(0), kind, min_size_argument(fcinfo, 1), &extremes))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(extremes.upper - extremes.lower);
}

PG_FUNCTION_INFO_V1(demographic_parity_difference);
Datum
demographic_parity_difference(PG_FUNCTION_ARGS)
{
	return rate_difference(fcinfo, SELECTION_RATE);
}

PG_FUNCTION_INFO_V1(demographic_parity_ratio);
Datum
demographic_parity_ratio(PG_FUNCTION_ARGS)
{
	Bounds extremes;

	if (!rate_extremes(PG_GETARG_VARLENA_PP(0), SELECTION_RATE, min_size_argument(fcinfo, 1),
					   &extremes) ||
		extremes.upper == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(extremes.lower / extremes.upper);
}

PG_FUNCTION_INFO_V1(equal_opportunity_difference);
Datum
equal_opportunity_difference(PG_FUNCTION_ARGS)
{
	return rate_difference(fcinfo, TRUE_POSITIVE_RATE);
}

PG_FUNCTION_INFO_V1(false_positive_rate_difference);
Datum
false_positive_rate_difference(PG_FUNCTION_ARGS)
{
	return rate_difference(fcinfo, FALSE_POSITIVE_RATE);
}

PG_FUNCTION_INFO_V1(equalized_odds_difference);
Datum
equalized_odds_difference(PG_FUNCTION_ARGS)
{
	struct varlena *counts = PG_GETARG_VARLENA_PP(0);
	int64 size = min_size_argument(fcinfo, 1);
	Bounds right;
	Bounds wrong;

	if (!rate_extremes(counts, TRUE_POSITIVE_RATE, size, &right) ||
		!rate_extremes(counts, FALSE_POSITIVE_RATE, size, &wrong))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(Max(right.upper - right.lower, wrong.upper - wrong.lower));
}
