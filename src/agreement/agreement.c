/*
 * agreement.c: the type agreement, built from the labels of units, and what reads it.
 *
 * What annotators who are not told apart can disagree about is known when it is known how many units
 * were labelled alike: so an agreement counts patterns, each of which is a label_counts. A million
 * units of five labels in five classes are 126 patterns.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/label_counts.h"
#include "agreement/options.h"
#include "agreement/tally.h"
#include "aidataops.h"
#include "common/pg_prng.h"
#include "funcapi.h"
#include "math/special.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ----------------------------------------------------------------------- aggregate ---- */

PG_FUNCTION_INFO_V1(agreement_accum);
Datum
agreement_accum(PG_FUNCTION_ARGS)
{
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(1));
	Tally *tally = tally_writable(fcinfo);

	tally_add(tally, view.kind, view.entries, view.size, 1);
	PG_RETURN_TALLY_STATE(tally);
}

PG_FUNCTION_INFO_V1(agreement_accum_inv);
Datum
agreement_accum_inv(PG_FUNCTION_ARGS)
{
	LabelCountsView view = label_counts_view(PG_GETARG_DATUM(1));
	Tally *tally = tally_writable(fcinfo);

	tally_remove(tally, view.entries, view.size, 1);
	PG_RETURN_TALLY_STATE(tally);
}

/* --------------------------------------------------------------------- one number ---- */

static Datum
scalar(FunctionCallInfo fcinfo, CoefficientId id)
{
	DeclaredCategories declared = option_categories(fcinfo, 2);
	WeightsOption weights = option_weights(fcinfo, 1);
	Ratings ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	AgreementModel model = model_by_weights(&ratings, &weights);
	Coefficient c = coefficient_value(&model, id);

	return float8_or_null(c.value, &fcinfo->isnull);
}

#define AGREEMENT_SCALAR(name, id)                                                                 \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		return scalar(fcinfo, id);                                                                 \
	}                                                                                              \
	extern int no_such_variable

AGREEMENT_SCALAR(agreement_percent_agreement, PERCENT_AGREEMENT);
AGREEMENT_SCALAR(agreement_fleiss_kappa, FLEISS_KAPPA);
AGREEMENT_SCALAR(agreement_gwet_ac, GWET_AC);
AGREEMENT_SCALAR(agreement_brennan_prediger, BRENNAN_PREDIGER);

/* A level is a distance, so there is no room for weights beside it. */
static AgreementModel
model_of_alpha(const Ratings *ratings, MeasurementLevel level, const WeightsOption *weights)
{
	if (level == LEVEL_NOMINAL)
		return model_by_weights(ratings, weights);
	return model_by_level(ratings, level);
}

static void
check_level_alone(MeasurementLevel level, const WeightsOption *weights)
{
	if (level != LEVEL_NOMINAL && weights->scheme != WEIGHTS_IDENTITY)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("both level and weights are given"),
						errhint("Each says how far labels are apart: leave one of them out.")));
}

PG_FUNCTION_INFO_V1(agreement_krippendorff_alpha);
Datum
agreement_krippendorff_alpha(PG_FUNCTION_ARGS)
{
	MeasurementLevel level = option_level(fcinfo, 1);
	WeightsOption weights = option_weights(fcinfo, 2);
	DeclaredCategories declared = option_categories(fcinfo, 3);
	Ratings ratings;
	AgreementModel model;

	check_level_alone(level, &weights);
	ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	model = model_of_alpha(&ratings, level, &weights);
	return float8_or_null(coefficient_value(&model, KRIPPENDORFF_ALPHA).value, &fcinfo->isnull);
}

/* ---------------------------------------------------------------------------- rows ---- */

PG_FUNCTION_INFO_V1(agreement_coefficients);
Datum
agreement_coefficients(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WeightsOption weights = option_weights(fcinfo, 1);
	MeasurementLevel level = option_level(fcinfo, 2);
	double confidence = option_confidence(fcinfo, 3);
	DeclaredCategories declared = option_categories(fcinfo, 4);
	Ratings ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	AgreementModel model = model_by_weights(&ratings, &weights);
	AgreementModel alpha = model_of_alpha(&ratings, level, &weights);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int id = 0; id < NCOEFFICIENTS; id++)
	{
		Coefficient c = coefficient_compute(id == KRIPPENDORFF_ALPHA ? &alpha : &model, id);
		Datum values[COEFFICIENT_COLUMNS];
		bool nulls[COEFFICIENT_COLUMNS];

		coefficient_row(&c, &ratings, ratings.most_labels, confidence, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static CoefficientId
coefficient_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	CoefficientId id;

	if (!coefficient_by_name(name, &id))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown coefficient \"%s\"", name),
						errhint("It must be 'percent_agreement', 'fleiss_kappa', 'gwet_ac', "
								"'brennan_prediger' or 'krippendorff_alpha'.")));
	return id;
}

static TupleDesc
row_descriptor(FunctionCallInfo fcinfo)
{
	TupleDesc descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return BlessTupleDesc(descriptor);
}

PG_FUNCTION_INFO_V1(agreement_coefficient);
Datum
agreement_coefficient(PG_FUNCTION_ARGS)
{
	CoefficientId id = coefficient_argument(fcinfo, 1);
	WeightsOption weights = option_weights(fcinfo, 2);
	MeasurementLevel level = option_level(fcinfo, 3);
	double confidence = option_confidence(fcinfo, 4);
	DeclaredCategories declared = option_categories(fcinfo, 5);
	Ratings ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	AgreementModel model;
	Coefficient c;
	Datum values[COEFFICIENT_COLUMNS];
	bool nulls[COEFFICIENT_COLUMNS];

	if (id == KRIPPENDORFF_ALPHA)
		check_level_alone(level, &weights);
	model = id == KRIPPENDORFF_ALPHA ? model_of_alpha(&ratings, level, &weights)
									 : model_by_weights(&ratings, &weights);
	c = coefficient_compute(&model, id);
	coefficient_row(&c, &ratings, ratings.most_labels, confidence, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_descriptor(fcinfo), values, nulls)));
}

/* --------------------------------------------------------------------- by category ---- */

/* Sums over the units that were given a category, of whom are m. */
typedef struct CategorySums
{
	double labels;
	double pairs;          /* sum n (n - 1) */
	double possible;       /* sum n (r - 1) */
	double disagreeing;    /* sum n (r - n) / (r (r - 1)) over pairable units */
	double share;          /* pi */
	double units;          /* with the category */
	double units_pairable; /* of these */
	double squares;        /* second pass: sum of (x - kappa)^2 */
} CategorySums;

static void
sum_categories(const Ratings *ratings, CategorySums *sums)
{
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		double r = pattern->labels;
		double m = pattern->units;

		for (int j = 0; j < pattern->ncells; j++)
		{
			const Cell *cell = &ratings->cells[pattern->first + j];
			CategorySums *sum = &sums[cell->category];
			double n = cell->count;

			sum->labels += m * n;
			sum->pairs += m * n * (n - 1);
			sum->possible += m * n * (r - 1);
			sum->share += m * n / (r * ratings->units);
			sum->units += m;
			if (r < 2)
				continue;
			sum->units_pairable += m;
			sum->disagreeing += m * n * (r - n) / (r * (r - 1));
		}
	}
}

/* Fleiss' kappa of one category against all others together (Fleiss 1971, equation 23 onwards). */
static Coefficient
category_kappa(const Ratings *ratings, const CategorySums *sum)
{
	Coefficient c = {.name = "fleiss_kappa",
					 .status = COEFFICIENT_OK,
					 .value = NAN,
					 .se = NAN,
					 .df = ratings->units - 1};

	c.pa = 1 - 2 * sum->disagreeing / ratings->units_pairable;
	c.pe = sum->share * sum->share + (1 - sum->share) * (1 - sum->share);
	if (ratings->units_pairable == 0)
		c.status = COEFFICIENT_NO_PAIRABLE;
	else
		coefficient_correct(&c, sum->units == 0 || sum->labels == ratings->labels);
	return c;
}

/* What a unit with this share of labels in the category adds to the variance of its kappa. */
static double
category_square(const Ratings *ratings, const Coefficient *c, double share, bool is_pairable,
				double agreement, double p)
{
	double expected = share * p + (1 - share) * (1 - p);
	double x = -2 * (1 - c->value) * (expected - c->pe) / (1 - c->pe);

	if (is_pairable)
		x += ratings->units / ratings->units_pairable * (agreement - c->pe) / (1 - c->pe);
	return (x - c->value) * (x - c->value);
}

static void
add_squares(const Ratings *ratings, const Coefficient *kappas, CategorySums *sums)
{
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		double r = pattern->labels;

		for (int j = 0; j < pattern->ncells; j++)
		{
			const Cell *cell = &ratings->cells[pattern->first + j];
			double n = cell->count;

			sums[cell->category].squares +=
				(double) pattern->units *
				category_square(ratings, &kappas[cell->category], sums[cell->category].share,
								r >= 2, 1 - 2 * n * (r - n) / (r * (r - 1)), n / r);
		}
	}
}

/* Units without the category are of two sorts only: pairable or not. */
static void
category_finish(const Ratings *ratings, Coefficient *c, CategorySums *sum)
{
	double pairable = ratings->units_pairable - sum->units_pairable;
	double others = ratings->units - sum->units - pairable;

	if (isnan(c->value) || ratings->units < 2)
		return;
	sum->squares += pairable * category_square(ratings, c, sum->share, true, 1, 0);
	sum->squares += others * category_square(ratings, c, sum->share, false, 1, 0);
	c->se = sqrt(sum->squares / (ratings->units * (ratings->units - 1)));
}

PG_FUNCTION_INFO_V1(agreement_by_category);
Datum
agreement_by_category(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	double confidence = option_confidence(fcinfo, 1);
	DeclaredCategories declared = option_categories(fcinfo, 2);
	Ratings ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	int q = ratings.categories.n;
	CategorySums *sums = palloc0(Max(q, 1) * sizeof(CategorySums));
	Coefficient *kappas = palloc0(Max(q, 1) * sizeof(Coefficient));

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	sum_categories(&ratings, sums);
	for (int k = 0; k < q; k++)
		kappas[k] = category_kappa(&ratings, &sums[k]);
	add_squares(&ratings, kappas, sums);
	for (int k = 0; k < q; k++)
	{
		AgreementInterval interval;
		Datum values[9];
		bool nulls[9] = {0};

		category_finish(&ratings, &kappas[k], &sums[k]);
		interval = coefficient_interval(&kappas[k], confidence);
		values[0] = CStringGetTextDatum(
			label_cstring(ratings.categories.kind, ratings.categories.labels[k]));
		values[1] = Int64GetDatum(whole_count(sums[k].labels));
		values[2] = float8_or_null(ratings.units > 0 ? sums[k].share : NAN, &nulls[2]);
		values[3] = float8_or_null(sums[k].pairs / sums[k].possible, &nulls[3]);
		values[4] = float8_or_null(kappas[k].value, &nulls[4]);
		values[5] = float8_or_null(kappas[k].se, &nulls[5]);
		values[6] = float8_or_null(interval.lower, &nulls[6]);
		values[7] = float8_or_null(interval.upper, &nulls[7]);
		values[8] = CStringGetTextDatum(kappas[k].status);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ----------------------------------------------------------------------- bootstrap ---- */

/* Few are expected: walk along the probabilities of 0, 1, 2 ... */
static int64
binomial_by_inversion(pg_prng_state *random, int64 n, double p)
{
	double ratio = p / (1 - p);
	double probability = exp((double) n * log1p(-p));
	double u = pg_prng_double(random);
	int64 x = 0;

	while (u > probability && x < n)
	{
		u -= probability;
		x++;
		probability *= ((double) (n + 1) / (double) x - 1) * ratio;
	}
	return x;
}

/* Many are expected: transformed rejection with squeeze (Hoermann 1993, algorithm BTRS). */
static int64
binomial_by_rejection(pg_prng_state *random, double n, double p)
{
	double deviation = sqrt(n * p * (1 - p));
	double b = 1.15 + 2.53 * deviation;
	double a = -0.0873 + 0.0248 * b + 0.01 * p;
	double center = n * p + 0.5;
	double mode = floor((n + 1) * p);
	double at_mode = log_factorial(mode) + log_factorial(n - mode);

	for (;;)
	{
		double v = pg_prng_double(random);
		double u = pg_prng_double(random) - 0.5;
		double distance = 0.5 - fabs(u);
		double k = floor((2 * a / distance + b) * u + center);

		if (!(k >= 0 && k <= n))
			continue;
		if (distance >= 0.07 && v <= 0.92 - 4.2 / b)
			return (int64) k;
		v *= (2.83 + 5.1 / b) * deviation / (a / (distance * distance) + b);
		if (log(v) <=
			at_mode - log_factorial(k) - log_factorial(n - k) + (k - mode) * log(p / (1 - p)))
			return (int64) k;
	}
}

/* How many of n succeed, each with probability p. */
static int64
draw_binomial(pg_prng_state *random, int64 n, double p)
{
	if (n == 0 || p <= 0)
		return 0;
	if (p >= 1)
		return n;
	if (p > 0.5)
		return n - draw_binomial(random, n, 1 - p);
	if ((double) n * p < 10)
		return binomial_by_inversion(random, n, p);
	return binomial_by_rejection(random, (double) n, p);
}

/* As many units as there are, drawn with replacement: a multinomial over patterns, one by one. */
static void
resample(pg_prng_state *random, const Ratings *from, Ratings *to)
{
	int64 to_draw = whole_count(from->units);
	double left = from->units;

	for (int i = 0; i < from->npatterns; i++)
	{
		const UnitPattern *pattern = &from->patterns[i];

		if (pattern->labels == 0)
			continue;
		to->patterns[i].units = draw_binomial(random, to_draw, (double) pattern->units / left);
		to_draw -= to->patterns[i].units;
		left -= (double) pattern->units;
	}
	ratings_count(to);
}

typedef struct Bootstrap
{
	CoefficientId id;
	MeasurementLevel level;
	WeightsOption weights;
	int replicates;
	int undefined;
	double *values; /* of those defined, then sorted */
} Bootstrap;

static AgreementModel
bootstrap_model(const Bootstrap *bootstrap, const Ratings *ratings)
{
	return bootstrap->id == KRIPPENDORFF_ALPHA
			   ? model_of_alpha(ratings, bootstrap->level, &bootstrap->weights)
			   : model_by_weights(ratings, &bootstrap->weights);
}

static void
bootstrap_run(Bootstrap *bootstrap, const Ratings *ratings, uint64 seed)
{
	Ratings sample = *ratings;
	Size size = (Size) ratings->npatterns * sizeof(UnitPattern);
	AgreementModel model = bootstrap_model(bootstrap, ratings);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "bootstrap replicate", ALLOCSET_DEFAULT_SIZES);
	pg_prng_state random;

	sample.patterns =
		memcpy(palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE), ratings->patterns, size);
	model.ratings = &sample;
	pg_prng_seed(&random, seed);
	for (int i = 0; i < bootstrap->replicates; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		double value;

		CHECK_FOR_INTERRUPTS();
		resample(&random, ratings, &sample);
		/* ranks are those of the labels drawn */
		if (bootstrap->id == KRIPPENDORFF_ALPHA && bootstrap->level == LEVEL_ORDINAL)
			model = bootstrap_model(bootstrap, &sample);
		value = coefficient_value(&model, bootstrap->id).value;
		if (isnan(value))
			bootstrap->undefined++;
		else
			bootstrap->values[i - bootstrap->undefined] = value;
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* Between the values around it (Hyndman and Fan 1996, definition 7). */
static double
quantile_of_sorted(const double *values, int n, double p)
{
	double at = (n - 1) * p;
	int below = (int) floor(at);

	if (n == 0)
		return NAN;
	if (below + 1 >= n)
		return values[n - 1];
	return values[below] + (at - below) * (values[below + 1] - values[below]);
}

static double
deviation_of(const double *values, int n)
{
	double mean = 0;
	double sum = 0;

	for (int i = 0; i < n; i++)
		mean += values[i] / n;
	for (int i = 0; i < n; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return n > 1 ? sqrt(sum / (n - 1)) : NAN;
}

#define MAX_REPLICATES 1000000

PG_FUNCTION_INFO_V1(bootstrap_agreement);
Datum
bootstrap_agreement(PG_FUNCTION_ARGS)
{
	Bootstrap bootstrap = {.id = coefficient_argument(fcinfo, 1),
						   .weights = option_weights(fcinfo, 2),
						   .level = option_level(fcinfo, 3),
						   .replicates = PG_GETARG_INT32(4)};
	double confidence = option_confidence(fcinfo, 6);
	DeclaredCategories declared = option_categories(fcinfo, 7);
	Ratings ratings;
	AgreementModel model;
	Coefficient c;
	int n;
	Datum values[7];
	bool nulls[7] = {0};

	if (bootstrap.id == KRIPPENDORFF_ALPHA)
		check_level_alone(bootstrap.level, &bootstrap.weights);
	if (bootstrap.replicates < 1 || bootstrap.replicates > MAX_REPLICATES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of replicates %d is out of range", bootstrap.replicates),
						errhint("replicates must be between 1 and %d.", MAX_REPLICATES)));
	ratings = ratings_of_agreement(PG_GETARG_DATUM(0), &declared);
	model = bootstrap_model(&bootstrap, &ratings);
	c = coefficient_value(&model, bootstrap.id);
	bootstrap.values = palloc(bootstrap.replicates * sizeof(double));
	if (isnan(c.value))
		bootstrap.undefined = bootstrap.replicates;
	else
		bootstrap_run(&bootstrap, &ratings, (uint64) PG_GETARG_INT64(5));
	n = bootstrap.replicates - bootstrap.undefined;
	qsort(bootstrap.values, n, sizeof(double), compare_numbers);

	values[0] = float8_or_null(c.value, &nulls[0]);
	values[1] = float8_or_null(deviation_of(bootstrap.values, n), &nulls[1]);
	values[2] =
		float8_or_null(quantile_of_sorted(bootstrap.values, n, (1 - confidence) / 2), &nulls[2]);
	values[3] =
		float8_or_null(quantile_of_sorted(bootstrap.values, n, (1 + confidence) / 2), &nulls[3]);
	values[4] = Int32GetDatum(bootstrap.replicates);
	values[5] = Int32GetDatum(bootstrap.undefined);
	values[6] = CStringGetTextDatum(c.status);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_descriptor(fcinfo), values, nulls)));
}

/* ------------------------------------------------------------------------ patterns ---- */

PG_FUNCTION_INFO_V1(agreement_patterns);
Datum
agreement_patterns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TallyView view = tally_view(PG_GETARG_DATUM(0), TALLY_AGREEMENT);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < view.n; i++)
	{
		Datum values[2];
		bool nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		values[0] = label_counts_make(view.kind, view.entries[i].key, view.entries[i].size);
		values[1] = Int64GetDatum(view.entries[i].count);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	return (Datum) 0;
}
