/*
 * distance.c: how far one distribution is from another, from their profiles.
 *
 * Every function takes (reference, current) and returns NULL where there is no such number: a sample
 * without values, no spread to divide by, a statistic that profiles of this kind do not have.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "drift/distance.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

#define MAX_BINS 1000

/* -------------------------------------------------------------------------- arguments ---- */

static Binning
binning_of_text(const char *text)
{
	if (strcmp(text, "quantile") == 0)
		return BINNING_QUANTILE;
	if (strcmp(text, "equal_width") == 0)
		return BINNING_EQUAL_WIDTH;
	if (strcmp(text, "evidently") == 0)
		return BINNING_EVIDENTLY;
	if (strcmp(text, "nannyml") == 0)
		return BINNING_NANNYML;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown binning \"%s\"", text),
			 errhint("Use quantile, equal_width, evidently or nannyml.")));
}

int
checked_bins(int bins)
{
	if (bins < 2 || bins > MAX_BINS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of bins %d is not between 2 and %d", bins, MAX_BINS)));
	return bins;
}

BinningChoice
choice_of_arguments(FunctionCallInfo fcinfo)
{
	BinningChoice choice = {.bins = checked_bins(PG_GETARG_INT32(2)),
							.binning = binning_of_text(text_to_cstring(PG_GETARG_TEXT_PP(3)))};

	return choice;
}

/* Argument 2: edges. */
static BinningChoice
choice_of_edges(FunctionCallInfo fcinfo)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(2);
	BinningChoice choice = {.binning = BINNING_EDGES};
	Datum *datums;
	bool *nulls;
	double *edges;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &datums,
					  &nulls, &choice.nedges);
	if (choice.nedges >= MAX_BINS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d edges are too many", choice.nedges),
						errdetail("There may be at most %d.", MAX_BINS - 1)));
	edges = palloc(Max(choice.nedges, 1) * sizeof(double));
	for (int i = 0; i < choice.nedges; i++)
	{
		edges[i] = nulls[i] ? NAN : DatumGetFloat8(datums[i]);
		if (!isfinite(edges[i]) || (i > 0 && !(edges[i] > edges[i - 1])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("edges of bins must be finite and ascending"),
					 errdetail("Edge %d is %s.", i + 1,
							   nulls[i] ? "NULL" : float8out_internal(edges[i])),
					 errhint("Bins reach from one edge to the next, and beyond the first and the "
							 "last: ARRAY[300, 500, 580, 650] makes five.")));
	}
	choice.edges = edges;
	return choice;
}

/* NaN and infinities are how the arithmetic below says that there is no such number. */
static Datum
number_or_null(FunctionCallInfo fcinfo, double value)
{
	if (!isfinite(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/* ---------------------------------------------------------------- sums over bins ---- */

/* What to put for the share of a bin that is empty: in one sample only, or in whichever is. */
typedef struct EmptyRule
{
	double reference;
	double current;
	bool in_both;
} EmptyRule;

static double
least_share(const PairBins *bins, bool reference)
{
	double least = 1;

	for (int i = 0; i < bins->n; i++)
	{
		double share = reference ? bins->bins[i].reference / bins->reference_total
								 : bins->bins[i].current / bins->current_total;

		if (share > 0 && share < least)
			least = share;
	}
	return least;
}

/*
 * Half an observation. Evidently: 0.0001, or a millionth of the least share if that is no more, also
 * where both are empty, so that bins without any data may add to its index.
 */
static EmptyRule
empty_rule(const PairBins *bins, Binning binning)
{
	double r;
	double c;

	if (binning != BINNING_EVIDENTLY)
		return (EmptyRule){0.5 / bins->reference_total, 0.5 / bins->current_total, false};
	r = least_share(bins, true);
	c = least_share(bins, false);
	return (EmptyRule){r <= 1e-4 ? r / 1e6 : 1e-4, c <= 1e-4 ? c / 1e6 : 1e-4, true};
}

typedef struct Shares
{
	double p; /* reference */
	double q; /* current */
} Shares;

static inline Shares
shares_of(const PairBins *bins, int i)
{
	return (Shares){bins->bins[i].reference / bins->reference_total,
					bins->bins[i].current / bins->current_total};
}

static inline Shares
filled_shares(const PairBins *bins, int i, EmptyRule rule)
{
	Shares s = shares_of(bins, i);
	bool both = s.p == 0 && s.q == 0;

	if (both && !rule.in_both)
		return s;
	return (Shares){s.p > 0 ? s.p : rule.reference, s.q > 0 ? s.q : rule.current};
}

/* The two samples have rows; else all that is computed of shares is NULL. */
bool
has_samples(const PairBins *bins)
{
	return bins->reference_total > 0 && bins->current_total > 0;
}

static double
psi_term(Shares s)
{
	return s.p > 0 && s.q > 0 ? (s.q - s.p) * log(s.q / s.p) : 0;
}

double
psi_of(const PairBins *bins, Binning binning)
{
	EmptyRule rule = empty_rule(bins, binning);
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
		sum += psi_term(filled_shares(bins, i, rule));
	return sum;
}

/* Sum p ln(p / q); shares are normalised again once empty bins have got something. */
double
kl_of(const PairBins *bins, Binning binning)
{
	EmptyRule rule = empty_rule(bins, binning);
	double all_p = 0;
	double all_q = 0;
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
	{
		Shares s = filled_shares(bins, i, rule);

		all_p += s.p;
		all_q += s.q;
	}
	for (int i = 0; i < bins->n; i++)
	{
		Shares s = filled_shares(bins, i, rule);

		if (s.p > 0)
			sum += s.p / all_p * log(s.p / all_p / (s.q / all_q));
	}
	return Max(sum, 0);
}

/* Lin 1991; to base 2, but with Evidently's bins as Evidently has it, to base e. */
double
js_of(const PairBins *bins, Binning binning)
{
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
	{
		Shares s = shares_of(bins, i);
		double m = (s.p + s.q) / 2;

		sum += (s.p > 0 ? s.p * log(s.p / m) : 0) + (s.q > 0 ? s.q * log(s.q / m) : 0);
	}
	return sqrt(Max(sum, 0) / 2 / (binning == BINNING_EVIDENTLY ? 1 : M_LN2));
}

/* 1 - sum sqrt(p q), as a sum of squares, which does not cancel. */
double
hellinger_of(const PairBins *bins, Binning binning)
{
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
	{
		Shares s = shares_of(bins, i);
		double d = sqrt(s.p) - sqrt(s.q);

		sum += d * d;
	}
	return sqrt(Min(sum / 2, 1));
}

double
total_variation_of(const PairBins *bins, Binning binning)
{
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
		sum += fabs(shares_of(bins, i).p - shares_of(bins, i).q);
	return sum / 2;
}

double
linf_of(const PairBins *bins, Binning binning)
{
	double greatest = 0;

	for (int i = 0; i < bins->n; i++)
		greatest = Max(greatest, fabs(shares_of(bins, i).p - shares_of(bins, i).q));
	return greatest;
}

/*
 * Of the table of two samples by bins, with the bias correction of Bergsma 2013, "A bias-correction
 * for Cramer's V and Tschuprow's T", equations (4) to (6). The larger sample counts as many as the
 * smaller, because the measure would shrink with any other proportion of the two.
 */
double
cramers_v_of(const PairBins *bins, Binning binning)
{
	double n = 2 * Min(bins->reference_total, bins->current_total);
	double phi2 = 0;
	int k = 0;
	double corrected;
	double rows;
	double columns;

	for (int i = 0; i < bins->n; i++)
	{
		Shares s = shares_of(bins, i);

		if (s.p + s.q == 0)
			continue;
		/* of equal samples chi^2 / n is the sum of (p - q)^2 / (p + q), halved */
		phi2 += (s.p - s.q) * (s.p - s.q) / (s.p + s.q) / 2;
		k++;
	}
	if (k < 2 || n < 3)
		return NAN;
	corrected = Max(0, phi2 - (k - 1) / (n - 1));
	rows = 2 - 1 / (n - 1);
	columns = k - (k - 1.0) * (k - 1.0) / (n - 1);
	if (columns <= 1)
		return NAN;
	return Min(sqrt(corrected / (Min(rows, columns) - 1)), 1);
}

static Datum
distance_over_bins(FunctionCallInfo fcinfo, BinsFunction function, const BinningChoice *choice)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));
	PairBins bins = pair_bins(&pair, choice);

	if (!has_samples(&bins))
		PG_RETURN_NULL();
	return number_or_null(fcinfo, function(&bins, choice->binning));
}

#define DISTANCE_OVER_BINS(name, function)                                                         \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		BinningChoice choice = choice_of_arguments(fcinfo);                                        \
                                                                                                   \
		return distance_over_bins(fcinfo, function, &choice);                                      \
	}                                                                                              \
	extern int no_such_variable

DISTANCE_OVER_BINS(psi, psi_of);
DISTANCE_OVER_BINS(kl_divergence, kl_of);
DISTANCE_OVER_BINS(js_distance, js_of);
DISTANCE_OVER_BINS(hellinger_distance, hellinger_of);
DISTANCE_OVER_BINS(total_variation_distance, total_variation_of);
DISTANCE_OVER_BINS(linf_distance, linf_of);
DISTANCE_OVER_BINS(cramers_v, cramers_v_of);

PG_FUNCTION_INFO_V1(psi_edges);
Datum
psi_edges(PG_FUNCTION_ARGS)
{
	BinningChoice choice = choice_of_edges(fcinfo);

	return distance_over_bins(fcinfo, psi_of, &choice);
}

/* -- the bins of psi(), as rows -- */

static Datum
psi_bin_rows(FunctionCallInfo fcinfo, const BinningChoice *choice)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));
	PairBins bins = pair_bins(&pair, choice);
	EmptyRule rule = empty_rule(&bins, choice->binning);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < bins.n && has_samples(&bins); i++)
	{
		PairBin *bin = &bins.bins[i];
		Shares s = shares_of(&bins, i);
		bool range = bin->kind == BIN_RANGE;
		Datum values[8] = {Int32GetDatum(i + 1),
						   CStringGetTextDatum(pair_bin_text(&pair, bin)),
						   Float8GetDatum(profile_to_sql(pair.reference, bin->lower)),
						   Float8GetDatum(profile_to_sql(pair.reference, bin->upper)),
						   Float8GetDatum(s.p),
						   Float8GetDatum(s.q),
						   Float8GetDatum(psi_term(filled_shares(&bins, i, rule))),
						   BoolGetDatum(bin->exact)};
		bool nulls[8] = {false, false, !range || isinf(bin->lower), !range || isinf(bin->upper)};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(psi_bins);
Datum
psi_bins(PG_FUNCTION_ARGS)
{
	BinningChoice choice = choice_of_arguments(fcinfo);

	return psi_bin_rows(fcinfo, &choice);
}

PG_FUNCTION_INFO_V1(psi_bins_edges);
Datum
psi_bins_edges(PG_FUNCTION_ARGS)
{
	BinningChoice choice = choice_of_edges(fcinfo);

	return psi_bin_rows(fcinfo, &choice);
}

/* ----------------------------------------------------- distances between distributions ---- */

/* Both are numbers, and both samples have some. */
static bool
has_numbers(const Pair *pair)
{
	return pair_has_order(pair) && pair->reference->counted > 0 && pair->current->counted > 0;
}

/*
 * The greatest difference of the two distribution functions. At the boundaries of buckets they are
 * exact, which bounds it from below. Inside a bucket the values of one sample may all come before those
 * of the other, and no order can be worse, which bounds it from above. Infinities are values.
 */
KsBounds
ks_interval(const Pair *pair)
{
	double n = (double) profile_num_ordered(pair->reference);
	double m = (double) profile_num_ordered(pair->current);
	double f = (double) pair->reference->negative_infinities;
	double g = (double) pair->current->negative_infinities;
	/* f / n - g / m in units of 1 / (n m): whole numbers, so rounded once */
	double lower = fabs(f * m - g * n);
	double upper = lower;

	for (int i = 0; i < pair->n; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];

		if (bucket->lower < bucket->upper)
		{
			upper = Max(upper, fabs((f + bucket->reference) * m - g * n));
			upper = Max(upper, fabs(f * m - (g + bucket->current) * n));
		}
		f += bucket->reference;
		g += bucket->current;
		lower = Max(lower, fabs(f * m - g * n));
	}
	return (KsBounds){lower / (n * m), Max(lower, upper) / (n * m)};
}

bool
has_ordered(const Pair *pair)
{
	return pair_has_order(pair) && profile_num_ordered(pair->reference) > 0 &&
		   profile_num_ordered(pair->current) > 0;
}

PG_FUNCTION_INFO_V1(ks_distance);
Datum
ks_distance(PG_FUNCTION_ARGS)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));

	if (!has_ordered(&pair))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ks_interval(&pair).lower);
}

PG_FUNCTION_INFO_V1(ks_bounds);
Datum
ks_bounds(PG_FUNCTION_ARGS)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));
	KsBounds bounds = {0};
	TupleDesc tupdesc;
	Datum values[2];
	bool nulls[2] = {!has_ordered(&pair), !has_ordered(&pair)};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!nulls[0])
		bounds = ks_interval(&pair);
	values[0] = Float8GetDatum(bounds.lower);
	values[1] = Float8GetDatum(bounds.upper);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/* Integrals of |d| and d^2 over a stretch on which d goes evenly from one value to another. */
static double
absolute_integral(double from, double to, double width)
{
	if (from * to >= 0)
		return width * (fabs(from) + fabs(to)) / 2;
	return width * (from * from + to * to) / 2 / fabs(to - from);
}

static double
square_integral(double from, double to, double width)
{
	return width * (from * from + from * to + to * to) / 3;
}

/*
 * The integral of |F - G| or its square over the finite values. Between buckets the difference is constant
 * and exact; within one, values are taken to be spread evenly over what it can hold.
 */
static double
difference_integral(const Pair *pair, double (*integral)(double from, double to, double width))
{
	double n = (double) pair->reference->counted;
	double m = (double) pair->current->counted;
	double f = 0;
	double g = 0;
	double sum = 0;

	for (int i = 0; i < pair->n; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];
		double before = f / n - g / m;
		double after;

		if (i > 0)
			sum += integral(before, before, bucket->lower - pair->buckets[i - 1].upper);
		f += bucket->reference;
		g += bucket->current;
		after = f / n - g / m;
		sum += integral(before, after, bucket->upper - bucket->lower);
	}
	return sum;
}

double
wasserstein_of(const Pair *pair, bool normalized)
{
	double distance;
	double stddev;

	if (!has_numbers(pair))
		return NAN;
	distance = difference_integral(pair, absolute_integral);
	if (!normalized)
		return distance * profile_scale(pair->reference);
	if (!profile_stddev(pair->reference, &stddev) || stddev == 0)
		return NAN;
	/* of the population, which is what other tools divide by */
	return distance / (stddev * sqrt(1 - 1 / (double) pair->reference->counted));
}

PG_FUNCTION_INFO_V1(wasserstein_distance);
Datum
wasserstein_distance(PG_FUNCTION_ARGS)
{
	Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));

	return number_or_null(fcinfo, wasserstein_of(&pair, PG_GETARG_BOOL(2)));
}

double
energy_of(const Pair *pair)
{
	if (!has_numbers(pair))
		return NAN;
	return sqrt(2 * difference_integral(pair, square_integral) * profile_scale(pair->reference));
}

/* (mean of current - mean of reference) / pooled standard deviation */
double
cohens_d_of(const Pair *pair)
{
	double n = (double) pair->reference->counted;
	double m = (double) pair->current->counted;
	double difference;
	double sd_r = 0;
	double sd_c = 0;
	double pooled;

	if (!profile_mean_difference(pair->reference, pair->current, &difference) || n + m < 3)
		return NAN;
	/* a sample of one has no spread of its own, and no weight in the pooled one */
	if ((n > 1 && !profile_stddev(pair->reference, &sd_r)) ||
		(m > 1 && !profile_stddev(pair->current, &sd_c)))
		return NAN;
	/* sqrt(a sd_r^2 + b sd_c^2) without squares that overflow */
	pooled = hypot(sd_r * sqrt((n - 1) / (n + m - 2)), sd_c * sqrt((m - 1) / (n + m - 2)));
	return difference / pooled;
}

/* ------------------------------------------------------------------------- embeddings ---- */

static bool
has_embeddings(const Pair *pair)
{
	return profile_has_components(pair->reference) && pair->reference->counted > 0 &&
		   pair->current->counted > 0;
}

double
cosine_of(const Pair *pair)
{
	double dot = 0;
	double norm_r = 0;
	double norm_c = 0;

	if (!has_embeddings(pair))
		return NAN;
	for (int i = 0; i < pair->reference->dimension; i++)
	{
		double r = embedding_mean(pair->reference, i);
		double c = embedding_mean(pair->current, i);

		dot += r * c;
		norm_r += r * r;
		norm_c += c * c;
	}
	/* a mean of zero has no direction */
	if (norm_r == 0 || norm_c == 0)
		return NAN;
	return Min(Max(1 - dot / sqrt(norm_r) / sqrt(norm_c), 0), 2);
}

/*
 * |m1 - m2|^2 + sum (s1 - s2)^2 over dimensions: the squared distance of Frechet between normal
 * distributions (Dowson and Landau 1982) of which only the diagonals of the covariances are known.
 */
double
frechet_of(const Pair *pair)
{
	double sum = 0;

	if (!has_embeddings(pair) || pair->reference->counted < 2 || pair->current->counted < 2)
		return NAN;
	for (int i = 0; i < pair->reference->dimension; i++)
	{
		double mean = embedding_mean(pair->reference, i) - embedding_mean(pair->current, i);
		double spread = sqrt(embedding_variance(pair->reference, i)) -
						sqrt(embedding_variance(pair->current, i));

		sum += mean * mean + spread * spread;
	}
	return sum;
}

#define DISTANCE_OF_PAIR(name, function)                                                           \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		Pair pair = pair_make(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1));                     \
                                                                                                   \
		return number_or_null(fcinfo, function(&pair));                                            \
	}                                                                                              \
	extern int no_such_variable

DISTANCE_OF_PAIR(energy_distance, energy_of);
DISTANCE_OF_PAIR(cohens_d, cohens_d_of);
DISTANCE_OF_PAIR(cosine_distance, cosine_of);
DISTANCE_OF_PAIR(frechet_distance, frechet_of);
