/*
 * measure.c: all that drift() says about one column, from two profiles.
 *
 * A distance between samples is never zero, and the smaller they are, the larger it is: of two
 * samples of one distribution, of n and m rows over k bins of many rows, PSI is about
 * (k - 1)(1/n + 1/m), since it is nearly a chi-square divided by the sizes. So each threshold is a
 * practical one, plus or together with what chance alone gives (chance.c); terms written here are to
 * first order in s = 1/n + 1/m.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "drift/chance.h"
#include "drift/profile_test.h"
#include "funcapi.h"
#include "utils/builtins.h"

/* What a method is computed from, and what it says. */
typedef struct Comparison
{
	const Pair *pair;
	const PairBins *bins;
	int used; /* bins with rows */
	double s; /* 1/n + 1/m */
	double statistic;
	double threshold;
	double p_value;
} Comparison;

typedef void (*Measure)(Comparison *c);

/* Distances of shares, whose squares are about chi-square / sizes: by what factor. */
static double
with_chance(double practical, double chance)
{
	return sqrt(practical * practical + chance);
}

static void
p_of_bins(Comparison *c)
{
	c->p_value = p_value_of_bins(c->pair, c->bins);
}

static void
measure_psi(Comparison *c)
{
	c->statistic = psi_of(c->bins, BINNING_QUANTILE);
	c->threshold = 0.1 + psi_by_chance(c->bins);
	p_of_bins(c);
}

static void
measure_kl(Comparison *c)
{
	c->statistic = kl_of(c->bins, BINNING_QUANTILE);
	c->threshold = 0.1 + kl_by_chance(c->bins);
	p_of_bins(c);
}

static void
measure_js(Comparison *c)
{
	c->statistic = js_of(c->bins, BINNING_QUANTILE);
	c->threshold = with_chance(0.1, jensen_shannon_by_chance(c->bins));
	p_of_bins(c);
}

static void
measure_hellinger(Comparison *c)
{
	c->statistic = hellinger_of(c->bins, BINNING_QUANTILE);
	c->threshold = with_chance(0.1, hellinger_square_by_chance(c->bins));
	p_of_bins(c);
}

static void
measure_total_variation(Comparison *c)
{
	c->statistic = total_variation_of(c->bins, BINNING_QUANTILE);
	c->threshold = 0.1 + total_variation_by_chance(c->bins);
	p_of_bins(c);
}

/* The greatest of k normal deviates, none of more than the variance s / 4. */
static void
measure_linf(Comparison *c)
{
	c->statistic = linf_of(c->bins, BINNING_QUANTILE);
	c->threshold = 0.1 + sqrt(c->s / 2 * log(2.0 * Max(c->used, 1)));
	p_of_bins(c);
}

/* Its bias is corrected. */
static void
measure_cramers_v(Comparison *c)
{
	c->statistic = cramers_v_of(c->bins, BINNING_QUANTILE);
	c->threshold = 0.1;
	p_of_bins(c);
}

/* The mean of Kolmogorov's law is sqrt(pi / 2) ln 2. */
static void
measure_ks(Comparison *c)
{
	TestResult test = kolmogorov_test(c->pair);

	c->statistic = test.statistic;
	c->threshold = 0.1 + 0.8687 * sqrt(c->s);
	c->p_value = test.p_value;
}

/* In standard deviations; for a normal distribution chance gives 1.28 sqrt(s). */
static void
measure_wasserstein(Comparison *c)
{
	c->statistic = wasserstein_of(c->pair, true);
	c->threshold = 0.1 + 1.28 * sqrt(c->s);
	c->p_value = kolmogorov_test(c->pair).p_value;
}

static void
measure_cohens_d(Comparison *c)
{
	c->statistic = fabs(cohens_d_of(c->pair));
	c->threshold = 0.2 + sqrt(2 * c->s / M_PI);
	c->p_value = two_means_test(c->pair, false).p_value;
}

static void
measure_chi2(Comparison *c)
{
	c->statistic = homogeneity_test(c->bins, false).statistic;
	p_of_bins(c);
}

static void
measure_g(Comparison *c)
{
	TestResult test = homogeneity_test(c->bins, true);
	bool sparse = strcmp(test.status, "small_expected") == 0;

	c->statistic = test.statistic;
	c->p_value = sparse ? p_value_of_bins(c->pair, c->bins) : test.p_value;
}

static void
measure_t(Comparison *c)
{
	TestResult test = two_means_test(c->pair, false);

	c->statistic = test.statistic;
	c->p_value = test.p_value;
}

/* The sum of the variances of all dimensions. */
static double
spread_of(const Profile *embeddings)
{
	double spread = 0;

	for (int i = 0; i < embeddings->dimension && embeddings->counted > 1; i++)
		spread += embedding_variance(embeddings, i);
	return spread;
}

/*
 * In units of the spread of the reference over all dimensions. The squares of the differences of means of
 * samples come to s, those of standard deviations of normal values to s / 2.
 */
static void
measure_frechet(Comparison *c)
{
	c->statistic = sqrt(frechet_of(c->pair) / spread_of(c->pair->reference));
	c->threshold = with_chance(0.1, 1.5 * c->s);
	c->p_value = p_value_of_embeddings(c->pair);
}

/* The means of samples differ by the spread times sqrt(s), which is seen from the origin as an angle. */
static void
measure_cosine(Comparison *c)
{
	double square = 0;

	for (int i = 0; i < c->pair->reference->dimension && c->pair->reference->counted > 0; i++)
	{
		double mean = embedding_mean(c->pair->reference, i);

		square += mean * mean;
	}
	c->statistic = cosine_of(c->pair);
	c->threshold = Min(0.1 + c->s / 2 * spread_of(c->pair->reference) / square, 1);
	c->p_value = p_value_of_embeddings(c->pair);
}

static const struct
{
	const char *name;
	Measure measure;
	bool for_numbers;
	bool for_categories;
	bool for_embeddings;
} methods[] = {
	{"psi", measure_psi, true, true, false},
	{"js_distance", measure_js, true, true, false},
	{"hellinger_distance", measure_hellinger, true, true, false},
	{"total_variation_distance", measure_total_variation, true, true, false},
	{"linf_distance", measure_linf, true, true, false},
	{"kl_divergence", measure_kl, true, true, false},
	{"cramers_v", measure_cramers_v, true, true, false},
	{"chi2_test", measure_chi2, true, true, false},
	{"g_test", measure_g, true, true, false},
	{"ks_distance", measure_ks, true, false, false},
	{"wasserstein_distance", measure_wasserstein, true, false, false},
	{"cohens_d", measure_cohens_d, true, false, false},
	{"t_test", measure_t, true, false, false},
	{"frechet_distance", measure_frechet, false, false, true},
	{"cosine_distance", measure_cosine, false, false, true},
};

/* Of embeddings of several dimensions the norms are compared, as numbers. */
static bool
compares_components(const Pair *pair)
{
	return pair->reference->counted > 0 ? profile_has_components(pair->reference)
										: profile_has_components(pair->current);
}

static bool
method_fits(int i, const Pair *pair)
{
	if (compares_components(pair))
		return methods[i].for_embeddings;
	return profile_is_category(pair->reference) ? methods[i].for_categories
												: methods[i].for_numbers;
}

/* The method asked for; -1 if it does not fit this kind; with auto the first that does. */
static int
find_method(const char *name, const Pair *pair)
{
	bool known = false;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(methods); i++)
	{
		bool asked = strcmp(name, methods[i].name) == 0;

		if ((asked || strcmp(name, "auto") == 0) && method_fits(i, pair))
			return i;
		known = known || asked;
		appendStringInfo(&names, ", %s", methods[i].name);
	}
	if (!known)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown drift method \"%s\"", name),
						errhint("There are auto%s.", names.data)));
	return -1;
}

/* ------------------------------------------------------------------ what else changed ---- */

/* Categories that one sample has and the other not; -1 unless both are known one by one. */
static int64
categories_only_in(const Pair *pair, bool current)
{
	int64 found = 0;

	if (!profile_is_category(pair->reference) || pair->shift > 0)
		return -1;
	for (int i = 0; i < pair->n; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];

		found += current ? bucket->reference == 0 && bucket->current > 0
						 : bucket->current == 0 && bucket->reference > 0;
	}
	return found;
}

/* Share of the current values outside the range of the reference; at least, where buckets overlap. */
static double
out_of_range(const Pair *pair)
{
	double outside = 0;
	double n = (double) profile_num_ordered(pair->current);

	if (!pair_has_order(pair) || profile_has_components(pair->reference) || !has_ordered(pair))
		return NAN;
	if (pair->reference->positive_infinities == 0)
		outside += (double) pair->current->positive_infinities;
	if (pair->reference->negative_infinities == 0)
		outside += (double) pair->current->negative_infinities;
	for (int i = 0; i < pair->n && pair->reference->counted > 0; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];

		if (bucket->upper < pair->reference->min.number ||
			bucket->lower > pair->reference->max.number)
			outside += bucket->current;
	}
	return outside / n;
}

/* How large the change is, in a measure that does not depend on sample size. */
static double
effect_of(const Pair *pair, const PairBins *bins)
{
	if (compares_components(pair))
		return cosine_of(pair);
	return profile_is_category(pair->reference) ? cramers_v_of(bins, BINNING_QUANTILE)
												: cohens_d_of(pair);
}

/* ------------------------------------------------------------------------------- SQL ---- */

/* The columns of _drift_measure(), in order. */
typedef enum Column
{
	KIND,
	METHOD,
	STATISTIC,
	THRESHOLD,
	P_VALUE,
	EFFECT,
	NULL_CHANGE,
	NEW_CATEGORIES,
	VANISHED_CATEGORIES,
	OUT_OF_RANGE,
	N_REFERENCE,
	N_CURRENT,
	STATUS,
	NUM_COLUMNS
} Column;

/* Everything is NULL until it is put. */
typedef struct Row
{
	Datum values[NUM_COLUMNS];
	bool nulls[NUM_COLUMNS];
} Row;

static void
put(Row *row, Column column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
put_text(Row *row, Column column, const char *text)
{
	put(row, column, CStringGetTextDatum(text));
}

static void
put_number(Row *row, Column column, double number)
{
	if (isfinite(number))
		put(row, column, Float8GetDatum(number));
}

static void
put_count(Row *row, Column column, int64 count)
{
	if (count >= 0)
		put(row, column, Int64GetDatum(count));
}

static const char *
compare(const Pair *pair, const PairBins *bins, int method, Comparison *c)
{
	double n = (double) profile_num_rows(pair->reference);
	double m = (double) profile_num_rows(pair->current);

	*c = (Comparison){.pair = pair,
					  .bins = bins,
					  .used = used_bins(bins),
					  .s = 1 / n + 1 / m,
					  .statistic = NAN,
					  .threshold = NAN,
					  .p_value = NAN};
	if (method < 0)
		return "not_applicable";
	if (n == 0 || m == 0)
		return "insufficient_data";
	methods[method].measure(c);
	if (!isfinite(c->statistic))
		return "degenerate";
	return pair->shift > 0 && profile_is_category(pair->reference) ? "lower_bound" : "ok";
}

static void
put_comparison(Row *row, const Profile *reference, const Profile *current, const char *name,
			   int wanted_bins)
{
	Pair pair = pair_make(reference, current);
	BinningChoice choice = {.binning = BINNING_QUANTILE, .bins = checked_bins(wanted_bins)};
	PairBins bins = pair_bins(&pair, &choice);
	int method = find_method(name, &pair);
	Comparison c;

	put_text(row, STATUS, compare(&pair, &bins, method, &c));
	put_text(row, METHOD, method < 0 ? name : methods[method].name);
	put_number(row, STATISTIC, c.statistic);
	put_number(row, THRESHOLD, isfinite(c.statistic) ? c.threshold : NAN);
	put_number(row, P_VALUE, c.p_value);
	put_number(row, EFFECT, effect_of(&pair, &bins));
	put_count(row, NEW_CATEGORIES, categories_only_in(&pair, true));
	put_count(row, VANISHED_CATEGORIES, categories_only_in(&pair, false));
	put_number(row, OUT_OF_RANGE, out_of_range(&pair));
}

static double
null_fraction(const Profile *profile)
{
	return (double) profile->nulls / (double) profile_num_rows(profile);
}

static void
check_not_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
}

/* Arguments: reference, current, method, bins. One of the profiles may be NULL. */
static void
put_row(FunctionCallInfo fcinfo, Row *row)
{
	const Profile *reference = PG_ARGISNULL(0) ? NULL : PG_GETARG_PROFILE_P(0);
	const Profile *current = PG_ARGISNULL(1) ? NULL : PG_GETARG_PROFILE_P(1);
	const char *method = text_to_cstring(PG_GETARG_TEXT_PP(2));

	if (reference)
		put_count(row, N_REFERENCE, profile_num_rows(reference));
	if (current)
		put_count(row, N_CURRENT, profile_num_rows(current));
	if (reference || current)
		put_text(row, KIND, profile_kind_name((current ? current : reference)->kind));
	if (!reference || !current)
	{
		put_text(row, STATUS, reference ? "column_gone" : "new_column");
		return;
	}
	put_number(row, NULL_CHANGE, null_fraction(current) - null_fraction(reference));
	if (profiles_match(reference, current))
		put_comparison(row, reference, current, method, PG_GETARG_INT32(3));
	else
		put_text(row, STATUS, "kind_changed");
}

PG_FUNCTION_INFO_V1(drift_measure);
Datum
drift_measure(PG_FUNCTION_ARGS)
{
	TupleDesc tupdesc;
	Row row;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_not_null(fcinfo, 2, "method");
	check_not_null(fcinfo, 3, "bins");
	memset(row.nulls, true, sizeof(row.nulls));
	put_row(fcinfo, &row);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), row.values, row.nulls)));
}
