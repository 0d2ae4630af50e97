/*
 * profile_test.c: tests of whether two samples are of one distribution, from their profiles.
 *
 * A p-value says how surprising a difference is between samples of one distribution that share no
 * rows; it says nothing of how large it is, which the effect size does. Counts of bins and moments are
 * exact in a profile, so these tests are those of the raw values.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "drift/profile_test.h"
#include "funcapi.h"
#include "math/distribution.h"
#include "math/kolmogorov.h"
#include "utils/builtins.h"

/* Below this, the chi-square approximation of a cell is held to be poor (Cochran 1954). */
#define LEAST_EXPECTED 5

static TestResult
no_result(const char *method, const char *status, double n, double m)
{
	return (TestResult){NAN, NAN, NAN, NAN, n, m, method, status};
}

/* -------------------------------------------------------------------------- by bins ---- */

int
used_bins(const PairBins *bins)
{
	int used = 0;

	for (int i = 0; i < bins->n; i++)
		used += bins->bins[i].reference + bins->bins[i].current > 0;
	return used;
}

static double
cell_term(double observed, double expected, bool likelihood_ratio)
{
	if (likelihood_ratio)
		return observed > 0 ? 2 * observed * log(observed / expected) : 0;
	return (observed - expected) * (observed - expected) / expected;
}

/*
 * Of the table of two samples by bins: Pearson's chi-square, or G. Without Yates' correction, also for
 * two bins: the square root is then the statistic of the two-proportion test.
 */
TestResult
homogeneity_test(const PairBins *bins, bool likelihood_ratio)
{
	const char *method = likelihood_ratio ? "g_test" : "chi2_test";
	double n = bins->reference_total;
	double m = bins->current_total;
	TestResult result = no_result(method, "ok", n, m);
	int used = used_bins(bins);
	int small = 0;
	double sum = 0;

	if (!has_samples(bins))
		return no_result(method, "insufficient_data", n, m);
	if (used < 2)
		return no_result(method, "single_bin", n, m);
	for (int i = 0; i < bins->n; i++)
	{
		const PairBin *bin = &bins->bins[i];
		double share = (bin->reference + bin->current) / (n + m);

		if (share == 0)
			continue;
		sum += cell_term(bin->reference, share * n, likelihood_ratio) +
			   cell_term(bin->current, share * m, likelihood_ratio);
		small += (share * n < LEAST_EXPECTED) + (share * m < LEAST_EXPECTED);
	}
	result.statistic = Max(sum, 0);
	result.df = used - 1;
	result.p_value = chi2_sf(result.statistic, result.df);
	result.effect = cramers_v_of(bins, BINNING_QUANTILE);
	if (small > used * 2 / 5) /* more than a fifth of the cells */
		result.status = "small_expected";
	return result;
}

/* -------------------------------------------------------------------- by moments ---- */

/*
 * Satterthwaite 1946, of the shares that the samples have in the variance of the difference: squares of
 * the variances themselves may be beyond a double.
 */
static double
welch_df(double share_r, double share_c, double n, double m)
{
	return 1 / (share_r * share_r / (n - 1) + share_c * share_c / (m - 1));
}

/*
 * Welch 1947; or Student's, with one variance. The difference of the means is of the exact sums, because
 * means that were rounded may differ by nothing else than that.
 */
TestResult
two_means_test(const Pair *pair, bool equal_variances)
{
	const char *method = equal_variances ? "student_t_test" : "welch_t_test";
	double n = (double) pair->reference->counted;
	double m = (double) pair->current->counted;
	TestResult result = no_result(method, "ok", n, m);
	double difference;
	double sd_r;
	double sd_c;
	double error_r;
	double error_c;
	double error;

	if (!pair_has_order(pair) || profile_has_components(pair->reference))
		return no_result(method, "not_numeric", n, m);
	if (n < 2 || m < 2 || !profile_mean_difference(pair->reference, pair->current, &difference))
		return no_result(method, "insufficient_data", n, m);
	if (!profile_stddev(pair->reference, &sd_r) || !profile_stddev(pair->current, &sd_c) ||
		!isfinite(difference))
		return no_result(method, "overflow", n, m);
	if (equal_variances)
		sd_r = sd_c = hypot(sd_r * sqrt((n - 1) / (n + m - 2)), sd_c * sqrt((m - 1) / (n + m - 2)));
	error_r = sd_r / sqrt(n);
	error_c = sd_c / sqrt(m);
	error = hypot(error_r, error_c);
	if (error == 0)
		return no_result(method, "no_spread", n, m);
	error_r /= error;
	error_c /= error;
	result.df = equal_variances ? n + m - 2 : welch_df(error_r * error_r, error_c * error_c, n, m);
	result.statistic = difference / error;
	result.p_value = 2 * student_t_sf(fabs(result.statistic), result.df);
	result.effect = cohens_d_of(pair);
	return result;
}

/*
 * The asymptotic law, of the least distance that the profiles allow: where buckets hide the rest, the
 * p-value is too large and not too small.
 */
double
kolmogorov_p_value(const Pair *pair)
{
	double n = (double) profile_num_ordered(pair->reference);
	double m = (double) profile_num_ordered(pair->current);

	return kolmogorov_sf(ks_interval(pair).lower * sqrt(n * m / (n + m)));
}

/* The effect is the distance itself. */
TestResult
kolmogorov_test(const Pair *pair)
{
	TestResult result = no_result("ks_test", "not_numeric", 0, 0);

	if (!pair_has_order(pair) || profile_has_components(pair->reference))
		return result;
	result.n = (double) profile_num_ordered(pair->reference);
	result.m = (double) profile_num_ordered(pair->current);
	result.status = "insufficient_data";
	if (!has_ordered(pair))
		return result;
	result.statistic = result.effect = ks_interval(pair).lower;
	result.p_value = kolmogorov_p_value(pair);
	result.status = pair->shift == 0 ? "ok" : "bounded";
	return result;
}

/* ---------------------------------------------------------------- by one category ---- */

static bool
label_is(const ProfileLabel *label, const char *value)
{
	return label && strcmp(profile_label_text(label), value) == 0;
}

static double
count_of(const Pair *pair, const char *value, bool reference)
{
	for (int i = 0; i < pair->n; i++)
	{
		if (label_is(pair->buckets[i].label, value))
			return reference ? pair->buckets[i].reference : pair->buckets[i].current;
	}
	return 0;
}

/* Pooled, without continuity correction; the effect is Cohen's h (1988). */
static TestResult
two_proportion_result(const Pair *pair, const char *value)
{
	const char *method = "two_proportion_test";
	double n = (double) pair->reference->counted;
	double m = (double) pair->current->counted;
	TestResult result = no_result(method, "ok", n, m);
	double p;
	double q;
	double pooled;

	if (!profile_is_category(pair->reference))
		return no_result(method, "not_categorical", n, m);
	if (pair->shift > 0)
		return no_result(method, "too_many_categories", n, m);
	if (n == 0 || m == 0)
		return no_result(method, "insufficient_data", n, m);
	p = count_of(pair, value, true) / n;
	q = count_of(pair, value, false) / m;
	pooled = (p * n + q * m) / (n + m);
	if (pooled == 0 || pooled == 1)
		return no_result(method, "no_spread", n, m);
	result.statistic = (q - p) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
	result.p_value = 2 * normal_sf(fabs(result.statistic));
	result.effect = 2 * asin(sqrt(q)) - 2 * asin(sqrt(p));
	return result;
}

/* ----------------------------------------------------------------------------- SQL ---- */

static void
put_number(Datum *value, bool *isnull, double number)
{
	*isnull = !isfinite(number);
	*value = Float8GetDatum(number);
}

static Datum
result_row(FunctionCallInfo fcinfo, const TestResult *result)
{
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[8];
	bool nulls[8] = {0};

	InitMaterializedSRF(fcinfo, 0);
	put_number(&values[0], &nulls[0], result->statistic);
	put_number(&values[1], &nulls[1], result->p_value);
	put_number(&values[2], &nulls[2], result->df);
	put_number(&values[3], &nulls[3], result->effect);
	values[4] = Int64GetDatum((int64) result->n);
	values[5] = Int64GetDatum((int64) result->m);
	values[6] = CStringGetTextDatum(result->method);
	values[7] = CStringGetTextDatum(result->status);
	tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	return (Datum) 0;
}

static Datum
p_value_or_null(FunctionCallInfo fcinfo, double p_value)
{
	if (!isfinite(p_value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(p_value);
}

static TestResult
homogeneity_of_arguments(FunctionCallInfo fcinfo, bool likelihood_ratio)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));
	BinningChoice choice = choice_of_arguments(fcinfo);
	PairBins bins = pair_bins(&pair, &choice);

	return homogeneity_test(&bins, likelihood_ratio);
}

static TestResult
chi2_of_arguments(FunctionCallInfo fcinfo)
{
	return homogeneity_of_arguments(fcinfo, false);
}

static TestResult
g_of_arguments(FunctionCallInfo fcinfo)
{
	return homogeneity_of_arguments(fcinfo, true);
}

static TestResult
two_means_of_arguments(FunctionCallInfo fcinfo)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));

	return two_means_test(&pair, PG_GETARG_BOOL(2));
}

static TestResult
two_proportion_of_arguments(FunctionCallInfo fcinfo)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));

	return two_proportion_result(&pair, text_to_cstring(PG_GETARG_TEXT_PP(2)));
}

#define PROFILE_TEST(name, p_name, function)                                                       \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		TestResult result = function(fcinfo);                                                      \
                                                                                                   \
		return result_row(fcinfo, &result);                                                        \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(p_name);                                                                   \
	Datum p_name(PG_FUNCTION_ARGS)                                                                 \
	{                                                                                              \
		return p_value_or_null(fcinfo, function(fcinfo).p_value);                                  \
	}                                                                                              \
	extern int no_such_variable

PROFILE_TEST(chi2_test, chi2_p_value, chi2_of_arguments);
PROFILE_TEST(g_test, g_p_value, g_of_arguments);
PROFILE_TEST(t_test, t_p_value, two_means_of_arguments);
PROFILE_TEST(two_proportion_test, two_proportion_p_value, two_proportion_of_arguments);
