/*
 * rows.c: the readers of a profile that are for people: rows, bars, JSON.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "profile/profile.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#define MAX_BINS 1000

static void
put_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* ------------------------------------------------------------------------- top values ---- */

typedef struct TopValue
{
	int64 count;
	int bucket; /* or one of the below */
} TopValue;

#define TOP_NAN               (-1)
#define TOP_NEGATIVE_INFINITY (-2)
#define TOP_POSITIVE_INFINITY (-3)

/* Most frequent first; equals by label, or in the order of the profile: one order for one profile. */
static int
compare_top(const void *a, const void *b, void *arg)
{
	const TopValue *x = a;
	const TopValue *y = b;
	const ProfileLabel *labels = ((const Profile *) arg)->labels;
	int order = 0;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (labels != NULL)
	{
		const ProfileLabel *one = &labels[x->bucket];
		const ProfileLabel *other = &labels[y->bucket];

		order = memcmp(one->text, other->text, Min(one->size, other->size));
		if (order == 0)
			order = one->size - other->size;
	}
	return order ? order : (x->bucket > y->bucket) - (x->bucket < y->bucket);
}

static TopValue *
top_values_of(const Profile *profile, int *n)
{
	TopValue *top = palloc((profile->nbuckets + 3) * sizeof(TopValue));

	*n = 0;
	for (int i = 0; i < profile->nbuckets; i++)
		top[(*n)++] = (TopValue){profile->buckets[i].count, i};
	if (profile->nans > 0)
		top[(*n)++] = (TopValue){profile->nans, TOP_NAN};
	if (profile->negative_infinities > 0)
		top[(*n)++] = (TopValue){profile->negative_infinities, TOP_NEGATIVE_INFINITY};
	if (profile->positive_infinities > 0)
		top[(*n)++] = (TopValue){profile->positive_infinities, TOP_POSITIVE_INFINITY};
	qsort_arg(top, *n, sizeof(TopValue), compare_top, unconstify(Profile *, profile));
	return top;
}

/* NULL for a bucket of which only hashes are known. */
static char *
top_value_text(const Profile *profile, const TopValue *top)
{
	double lower;
	double upper;

	if (top->bucket == TOP_NAN)
		return "NaN";
	if (top->bucket < 0)
		return profile_number_text(profile, top->bucket == TOP_NEGATIVE_INFINITY
												? -get_float8_infinity()
												: get_float8_infinity());
	if (profile->labels)
		return profile_label_text(&profile->labels[top->bucket]);
	if (profile_is_category(profile))
		return NULL;
	lower = profile_bucket_lower(profile, top->bucket);
	upper = profile_bucket_upper(profile, top->bucket);
	if (lower == upper)
		return profile_number_text(profile, lower);
	return psprintf("%s .. %s", profile_short_text(profile, lower),
					profile_short_text(profile, upper));
}

static bool
is_one_value(const Profile *profile, const TopValue *top)
{
	if (top->bucket < 0)
		return true;
	if (profile_is_category(profile))
		return profile->shift == 0;
	return profile_bucket_lower(profile, top->bucket) == profile_bucket_upper(profile, top->bucket);
}

/* Categories of a column are few; the values of an embedding are norms, which nobody wants listed. */
PG_FUNCTION_INFO_V1(profile_top_values);
Datum
profile_top_values(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	int wanted = PG_GETARG_INT32(1);
	TopValue *top;
	int n;

	if (wanted < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of values %d of top_values() is negative", wanted)));
	InitMaterializedSRF(fcinfo, 0);
	top = top_values_of(profile, &n);
	for (int i = 0; i < Min(n, wanted) && profile->kind != PROFILE_EMBEDDING; i++)
	{
		char *text = top_value_text(profile, &top[i]);
		Datum values[4] = {
			text ? CStringGetTextDatum(text) : (Datum) 0, Int64GetDatum(top[i].count),
			Float8GetDatum((double) top[i].count / (double) profile_num_values(profile)),
			BoolGetDatum(is_one_value(profile, &top[i]))};
		bool nulls[4] = {text == NULL};

		put_row(fcinfo, values, nulls);
	}
	return (Datum) 0;
}

/* -------------------------------------------------------------------------- histogram ---- */

typedef struct Bin
{
	double lower;
	double upper;
	int64 count;
	bool exact;
} Bin;

/* The number of finite values below x, by rank, so that counts of bins add up. */
static int64
rank_below(const Profile *profile, double x, bool *exact)
{
	int64 below = 0;

	*exact = true;
	for (int i = 0; i < profile->nbuckets; i++)
	{
		double lower = profile_bucket_lower(profile, i);
		double upper = profile_bucket_upper(profile, i);
		int64 count = profile->buckets[i].count;

		if (x <= lower)
			break;
		if (x <= upper)
		{
			*exact = false;
			return below + (int64) rint((double) count * ((x - lower) / (upper - lower)));
		}
		below += count;
	}
	return below;
}

/* Bins of equal width between two values; the last one holds its upper end. */
static Bin *
equal_bins(const Profile *profile, double from, double to, int n)
{
	Bin *bins = palloc(n * sizeof(Bin));
	bool exact_lower;
	int64 before = rank_below(profile, from, &exact_lower);

	for (int i = 0; i < n; i++)
	{
		Bin *bin = &bins[i];
		bool exact_upper;
		int64 after;

		/* from + (to - from) i / n without an overflow */
		bin->lower = from * ((double) (n - i) / n) + to * ((double) i / n);
		bin->upper = from * ((double) (n - i - 1) / n) + to * ((double) (i + 1) / n);
		after = i == n - 1 ? rank_below(profile, nextafter(to, INFINITY), &exact_upper)
						   : rank_below(profile, bin->upper, &exact_upper);
		bin->count = after - before;
		bin->exact = exact_lower && exact_upper;
		before = after;
		exact_lower = exact_upper;
	}
	return bins;
}

static void
check_bins(int n, const char *function)
{
	if (n < 1 || n > MAX_BINS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of bins %d of %s() is not between 1 and %d", n, function,
							   MAX_BINS)));
}

PG_FUNCTION_INFO_V1(profile_histogram);
Datum
profile_histogram(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	int n = PG_GETARG_INT32(1);
	Bin *bins;

	check_bins(n, "histogram");
	InitMaterializedSRF(fcinfo, 0);
	if (profile_is_category(profile) || profile->counted == 0)
		return (Datum) 0;
	if (profile->min.number == profile->max.number)
		n = 1;
	bins = equal_bins(profile, profile->min.number, profile->max.number, n);
	for (int i = 0; i < n; i++)
	{
		char *band = psprintf("%s .. %s", profile_short_text(profile, bins[i].lower),
							  profile_short_text(profile, bins[i].upper));
		Datum values[7] = {
			Int32GetDatum(i + 1),
			Float8GetDatum(profile_to_sql(profile, bins[i].lower)),
			Float8GetDatum(profile_to_sql(profile, bins[i].upper)),
			CStringGetTextDatum(band),
			Int64GetDatum(bins[i].count),
			Float8GetDatum((double) bins[i].count / (double) profile_num_values(profile)),
			BoolGetDatum(bins[i].exact)};
		bool nulls[7] = {false};

		put_row(fcinfo, values, nulls);
	}
	return (Datum) 0;
}

/* ------------------------------------------------------------------------------- bars ---- */

/* Nine heights; in encodings without block elements, as much ink. */
static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ink[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};

static char *
bars(const int64 *counts, int n)
{
	const char *const *heights = GetDatabaseEncoding() == PG_UTF8 ? blocks : ink;
	int64 highest = 1;
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		highest = Max(highest, counts[i]);
	/* what is not empty shows */
	for (int i = 0; i < n; i++)
		appendStringInfoString(&text, heights[(int) ceil(8 * ((double) counts[i] / highest))]);
	return text.data;
}

/*
 * Numbers: equal bins between the 1st and the 99th percentile, so that an outlier does not flatten
 * all else. Categories: the most frequent ones. NULL without values.
 */
static char *
sparkline_of(const Profile *profile, int width)
{
	int64 *counts = palloc0(width * sizeof(int64));
	int n = 0;

	if (profile->counted == 0)
		return NULL;
	if (profile_is_category(profile))
	{
		TopValue *top = top_values_of(profile, &n);

		n = Min(n, width);
		for (int i = 0; i < n; i++)
			counts[i] = top[i].count;
	}
	else
	{
		/* of finite values */
		double infinite = (double) profile->negative_infinities;
		double all = (double) profile_num_ordered(profile);
		double from = profile_quantile(profile, (infinite + 0.01 * profile->counted) / all);
		double to = profile_quantile(profile, (infinite + 0.99 * profile->counted) / all);
		Bin *bins;

		from = isfinite(from) ? from : profile->min.number;
		to = isfinite(to) ? to : profile->max.number;
		n = from < to ? width : 1;
		bins = equal_bins(profile, from, to, n);
		for (int i = 0; i < n; i++)
			counts[i] = bins[i].count;
	}
	return bars(counts, n);
}

PG_FUNCTION_INFO_V1(profile_sparkline);
Datum
profile_sparkline(PG_FUNCTION_ARGS)
{
	int width = PG_GETARG_INT32(1);
	char *text;

	check_bins(width, "sparkline");
	text = sparkline_of(PG_GETARG_PROFILE_P(0), width);
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* --------------------------------------------------------------------------- describe ---- */

#define TOP_SHOWN 3

/* "ham 60%, spam 40%", and how many values more */
static char *
top_summary(const Profile *profile)
{
	StringInfoData text;
	int n;
	TopValue *top = top_values_of(profile, &n);
	double all = (double) profile_num_values(profile);

	/* values that occur once, or are a few of thousands, say nothing about the column */
	if (n == 0 || profile->kind == PROFILE_EMBEDDING || profile->shift > 0 ||
		(n > TOP_SHOWN && top[0].count == 1) ||
		(!profile_is_category(profile) && top[0].count / all < 0.05))
		return NULL;
	initStringInfo(&text);
	for (int i = 0; i < Min(n, TOP_SHOWN); i++)
		appendStringInfo(&text, "%s%s %.3g%%", i ? ", " : "", top_value_text(profile, &top[i]),
						 100 * top[i].count / all);
	if (n > TOP_SHOWN)
		appendStringInfo(&text, ", %d more", n - TOP_SHOWN);
	return text.data;
}

static void
set_text(Datum *value, bool *null, const char *text)
{
	*null = text == NULL;
	*value = text ? CStringGetTextDatum(text) : (Datum) 0;
}

static char *
quantile_text(const Profile *profile, double p)
{
	double number;

	if (profile_is_category(profile) || profile_num_ordered(profile) == 0)
		return NULL;
	number = profile_quantile(profile, p);
	return profile->shift == 0 ? profile_number_text(profile, number)
							   : profile_short_text(profile, number);
}

PG_FUNCTION_INFO_V1(profile_describe);
Datum
profile_describe(PG_FUNCTION_ARGS)
{
	enum
	{
		KIND,
		ROWS,
		NULLS,
		DISTINCT,
		MIN,
		P25,
		MEDIAN,
		P75,
		MAX,
		MEAN,
		STDDEV,
		TOP,
		SHAPE,
		NCOLUMNS
	};
	Profile *profile = PG_GETARG_PROFILE_P(0);
	bool numbers = !profile_is_category(profile) && profile->counted > 0;
	int64 rows = profile_num_rows(profile);
	Datum values[NCOLUMNS];
	bool nulls[NCOLUMNS] = {false};
	double number;

	InitMaterializedSRF(fcinfo, 0);
	values[KIND] = CStringGetTextDatum(profile_kind_name(profile->kind));
	values[ROWS] = Int64GetDatum(rows);
	values[NULLS] = Float8GetDatum((double) profile->nulls / (double) Max(rows, 1));
	nulls[NULLS] = rows == 0;
	values[DISTINCT] = Int64GetDatum(profile_num_distinct(profile));
	nulls[DISTINCT] = profile->kind == PROFILE_EMBEDDING;
	set_text(&values[MIN], &nulls[MIN],
			 numbers ? profile_extreme_text(profile, &profile->min) : NULL);
	set_text(&values[P25], &nulls[P25], quantile_text(profile, 0.25));
	set_text(&values[MEDIAN], &nulls[MEDIAN], quantile_text(profile, 0.5));
	set_text(&values[P75], &nulls[P75], quantile_text(profile, 0.75));
	set_text(&values[MAX], &nulls[MAX],
			 numbers ? profile_extreme_text(profile, &profile->max) : NULL);
	set_text(&values[MEAN], &nulls[MEAN],
			 profile_mean(profile, &number) ? profile_short_text(profile, number) : NULL);
	nulls[STDDEV] = !profile_stddev(profile, &number);
	values[STDDEV] = Float8GetDatum(nulls[STDDEV] ? 0 : number * profile_scale(profile));
	set_text(&values[TOP], &nulls[TOP], top_summary(profile));
	set_text(&values[SHAPE], &nulls[SHAPE], sparkline_of(profile, 16));
	put_row(fcinfo, values, nulls);
	return (Datum) 0;
}

/* ------------------------------------------------------------------------------- JSON ---- */

static void
put_key(StringInfo json, const char *key)
{
	if (json->data[json->len - 1] != '{')
		appendStringInfoString(json, ", ");
	appendStringInfo(json, "\"%s\": ", key);
}

static void
put_integer(StringInfo json, const char *key, int64 value)
{
	put_key(json, key);
	appendStringInfo(json, INT64_FORMAT, value);
}

/* JSON has no infinities. */
static void
put_number(StringInfo json, const char *key, double value)
{
	put_key(json, key);
	appendStringInfoString(json, isfinite(value) ? float8out_internal(value) : "null");
}

static void
put_string(StringInfo json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		escape_json(json, value);
	else
		appendStringInfoString(json, "null");
}

static void
put_numbers(StringInfo json, const Profile *profile)
{
	static const struct
	{
		const char *name;
		double p;
	} shown[] = {{"0.01", 0.01}, {"0.05", 0.05}, {"0.25", 0.25}, {"0.5", 0.5},
				 {"0.75", 0.75}, {"0.95", 0.95}, {"0.99", 0.99}};
	double number;

	put_integer(json, "num_zeroes", profile->zeroes);
	put_integer(json, "num_nans", profile->nans);
	put_integer(json, "num_negative_infinities", profile->negative_infinities);
	put_integer(json, "num_positive_infinities", profile->positive_infinities);
	if (profile->counted == 0)
		return;
	put_string(json, "min_value", profile_extreme_text(profile, &profile->min));
	put_string(json, "max_value", profile_extreme_text(profile, &profile->max));
	if (profile_mean(profile, &number))
		put_number(json, "mean", profile_to_sql(profile, number));
	if (profile_stddev(profile, &number))
		put_number(json, "stddev", number * profile_scale(profile));
	put_key(json, "quantiles");
	appendStringInfoChar(json, '{');
	for (int i = 0; i < lengthof(shown); i++)
		put_number(json, shown[i].name,
				   profile_to_sql(profile, profile_quantile(profile, shown[i].p)));
	appendStringInfoChar(json, '}');
}

static void
put_top_values(StringInfo json, const Profile *profile)
{
	int n;
	TopValue *top = top_values_of(profile, &n);

	put_key(json, "top_values");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < Min(n, 10); i++)
	{
		appendStringInfoString(json, i ? ", {" : "{");
		put_string(json, "value", top_value_text(profile, &top[i]));
		put_integer(json, "count", top[i].count);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

static void
put_dimension(StringInfo json, const Profile *embeddings)
{
	if (profile_has_components(embeddings))
		put_integer(json, "dimension", embeddings->dimension);
	else
	{
		put_key(json, "dimension");
		appendStringInfoString(json, "null");
	}
}

PG_FUNCTION_INFO_V1(profile_to_jsonb);
Datum
profile_to_jsonb(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_string(&json, "kind", profile_kind_name(profile->kind));
	put_integer(&json, "num_rows", profile_num_rows(profile));
	put_integer(&json, "num_nulls", profile->nulls);
	put_key(&json, "exact");
	appendStringInfoString(&json, profile->shift == 0 ? "true" : "false");
	if (profile->kind != PROFILE_EMBEDDING)
		put_integer(&json, "approx_distinct", profile_num_distinct(profile));
	else
		put_dimension(&json, profile);
	if (!profile_is_category(profile))
		put_numbers(&json, profile);
	if (profile->shift == 0 && profile->kind != PROFILE_EMBEDDING)
		put_top_values(&json, profile);
	appendStringInfoChar(&json, '}');
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}
