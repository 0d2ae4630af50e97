/*
 * rater_coefficient.c: what is read from a rater_agreement: coefficients that tell raters apart, and
 * who and what is off.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/label_counts.h"
#include "agreement/rater_agreement.h"
#include "aidataops.h"
#include "funcapi.h"
#include "math/distribution.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

static void *
zeroed(Size n, Size size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(n, 1) * size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static double
dot(const double *a, const double *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* ------------------------------------------------------------------ Conger's kappa ---- */

/* The labels of each rater together: order[start[g]] up to order[start[g + 1]]. */
typedef struct ByRater
{
	int *start;
	int *order;
} ByRater;

static ByRater
by_rater(const RaterRatings *r)
{
	int n = r->raters.n;
	ByRater result = {.start = zeroed((Size) n + 1, sizeof(int)),
					  .order = zeroed(r->nlabels, sizeof(int))};
	int *next = zeroed(n, sizeof(int));

	for (int i = 0; i < r->nlabels; i++)
		result.start[r->labels[i].rater + 1]++;
	for (int g = 0; g < n; g++)
	{
		result.start[g + 1] += result.start[g];
		next[g] = result.start[g];
	}
	for (int i = 0; i < r->nlabels; i++)
		result.order[next[r->labels[i].rater]++] = i;
	pfree(next);
	return result;
}

/* How often a rater uses each category; returns how many units he labelled. */
static double
rater_shares(const RaterRatings *r, const ByRater *by, int g, double *shares)
{
	int q = r->ratings.categories.n;
	double units = 0;

	memset(shares, 0, q * sizeof(double));
	for (int i = by->start[g]; i < by->start[g + 1]; i++)
	{
		const RaterLabel *label = &r->labels[by->order[i]];

		shares[label->category] += label->share;
		units += label->share;
	}
	for (int k = 0; k < q; k++)
		shares[k] /= units;
	return units;
}

/* Agreement by chance: two raters draw from what each uses, over all pairs of raters. */
typedef struct CongerChance
{
	double pe;
	double *sum; /* over raters, of their shares */
} CongerChance;

static CongerChance
conger_chance(const RaterRatings *r, const ByRater *by, const Weights *weights)
{
	int q = r->ratings.categories.n;
	double n = r->raters.n;
	CongerChance chance = {.sum = zeroed(q, sizeof(double))};
	double *shares = zeroed(q, sizeof(double));
	double *weighted = zeroed(q, sizeof(double));
	double same = 0;

	for (int g = 0; g < r->raters.n; g++)
	{
		CHECK_FOR_INTERRUPTS();
		rater_shares(r, by, g, shares);
		weights_apply(weights, shares, weighted);
		same += dot(shares, weighted, q);
		for (int k = 0; k < q; k++)
			chance.sum[k] += shares[k];
	}
	weights_apply(weights, chance.sum, weighted);
	chance.pe = (dot(chance.sum, weighted, q) - same) / (n * (n - 1));
	return chance;
}

/*
 * The part of each unit in chance agreement, in Gwet's linearisation: how pe changes with what the
 * unit's raters said, and for raters who did not label it with how little they labelled.
 */
static double *
conger_parts(const RaterRatings *r, const ByRater *by, const Weights *weights,
			 const CongerChance *chance)
{
	int q = r->ratings.categories.n;
	double n = r->raters.n;
	double *parts = zeroed(r->ratings.npatterns, sizeof(double));
	double *shares = zeroed(q, sizeof(double));
	double *others = zeroed(q, sizeof(double));
	double *slope = zeroed(q, sizeof(double));
	double all = 0;

	for (int g = 0; g < r->raters.n; g++)
	{
		double units = rater_shares(r, by, g, shares);
		double mean;

		CHECK_FOR_INTERRUPTS();
		for (int k = 0; k < q; k++)
			others[k] = chance->sum[k] - shares[k];
		weights_apply(weights, others, slope);
		mean = dot(slope, shares, q);
		all += mean;
		for (int i = by->start[g]; i < by->start[g + 1]; i++)
		{
			const RaterLabel *label = &r->labels[by->order[i]];

			parts[label->unit] +=
				r->ratings.units / units * label->share * (slope[label->category] - mean);
		}
	}
	for (int u = 0; u < r->ratings.npatterns; u++)
		parts[u] = (parts[u] + all) / (n * (n - 1));
	return parts;
}

/* Conger (1980); with missing labels and weights as in Gwet (2014). For two raters Cohen's kappa. */
static Coefficient
conger_kappa_of(const RaterRatings *r, const AgreementModel *model, bool with_se)
{
	Coefficient c = {.name = "conger_kappa",
					 .status = model->status,
					 .value = NAN,
					 .se = NAN,
					 .df = NAN,
					 .pa = NAN,
					 .pe = NAN};
	ByRater by;
	CongerChance chance;

	if (strcmp(model->status, COEFFICIENT_OK) != 0)
		return c;
	if (r->raters.n < 2 || r->ratings.units_pairable == 0)
	{
		c.status = r->raters.n == 1 ? COEFFICIENT_ONE_RATER : COEFFICIENT_NO_PAIRABLE;
		return c;
	}
	by = by_rater(r);
	chance = conger_chance(r, &by, &model->weights);
	c.pa = mean_agreement(model);
	c.pe = chance.pe;
	coefficient_correct(&c, is_single_category(chance.sum, r->ratings.categories.n));
	if (with_se)
		coefficient_finish(&c, model, conger_parts(r, &by, &model->weights, &chance));
	return c;
}

/* The arguments that the readers below have in common, behind the value. */
typedef struct RaterOptions
{
	WeightsOption weights;
	DeclaredCategories categories;
	Duplicates duplicates;
} RaterOptions;

static RaterRatings
open_argument(FunctionCallInfo fcinfo, const RaterOptions *options)
{
	return rater_ratings_open(PG_GETARG_DATUM(0), &options->categories, options->duplicates);
}

PG_FUNCTION_INFO_V1(rater_agreement_conger_kappa);
Datum
rater_agreement_conger_kappa(PG_FUNCTION_ARGS)
{
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 2),
							.duplicates = option_duplicates(fcinfo, 3)};
	RaterRatings r = open_argument(fcinfo, &options);
	AgreementModel model = model_by_weights(&r.ratings, &options.weights);

	return float8_or_null(conger_kappa_of(&r, &model, false).value, &fcinfo->isnull);
}

PG_FUNCTION_INFO_V1(rater_agreement_coefficients);
Datum
rater_agreement_coefficients(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MeasurementLevel level = option_level(fcinfo, 2);
	double confidence = option_confidence(fcinfo, 3);
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 4),
							.duplicates = option_duplicates(fcinfo, 5)};
	RaterRatings r = open_argument(fcinfo, &options);
	AgreementModel model = model_by_weights(&r.ratings, &options.weights);
	AgreementModel alpha = level == LEVEL_NOMINAL ? model : model_by_level(&r.ratings, level);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int id = 0; id <= NCOEFFICIENTS; id++)
	{
		Coefficient c = id == NCOEFFICIENTS
							? conger_kappa_of(&r, &model, true)
							: coefficient_compute(id == KRIPPENDORFF_ALPHA ? &alpha : &model, id);
		Datum values[COEFFICIENT_COLUMNS];
		bool nulls[COEFFICIENT_COLUMNS];

		if (r.raters.n == 1 && strcmp(c.status, COEFFICIENT_NO_PAIRABLE) == 0)
			c.status = COEFFICIENT_ONE_RATER;
		coefficient_row(&c, &r.ratings, r.raters.n, confidence, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ----------------------------------------------------------------- pairs of raters ---- */

/* Two raters' labels of one unit, as often as share says. */
typedef struct SharedUnit
{
	uint32 a; /* raters, a before b */
	uint32 b;
	int category_a;
	int category_b;
	double share;
} SharedUnit;

#define MAX_SHARED_UNITS 20000000

static int
compare_shared(const void *x, const void *y)
{
	const SharedUnit *s = x;
	const SharedUnit *t = y;

	if (s->a != t->a)
		return s->a < t->a ? -1 : 1;
	if (s->b != t->b)
		return s->b < t->b ? -1 : 1;
	if (s->category_a != t->category_a)
		return s->category_a < t->category_a ? -1 : 1;
	return s->category_b < t->category_b ? -1 : s->category_b > t->category_b;
}

static int64
count_shared(const RaterRatings *r)
{
	int64 n = 0;

	for (int u = 0; u < r->ratings.npatterns; u++)
	{
		int64 labels = r->unit_start[u + 1] - r->unit_start[u];

		n += labels * (labels - 1) / 2;
	}
	if (n > MAX_SHARED_UNITS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many pairs of labels of the same unit: " INT64_FORMAT, n),
						errdetail("At most %d can be compared rater by rater.", MAX_SHARED_UNITS),
						errhint("Take a sample of the units, or fewer raters.")));
	return n;
}

/* Sorted by pair of raters. */
static SharedUnit *
shared_units(const RaterRatings *r, int64 *n)
{
	SharedUnit *shared = zeroed(count_shared(r), sizeof(SharedUnit));

	*n = 0;
	for (int u = 0; u < r->ratings.npatterns; u++)
		for (int i = r->unit_start[u]; i < r->unit_start[u + 1]; i++)
			for (int j = r->unit_start[u]; j < r->unit_start[u + 1]; j++)
			{
				const RaterLabel *x = &r->labels[i];
				const RaterLabel *y = &r->labels[j];

				if (x->rater < y->rater)
					shared[(*n)++] = (SharedUnit){.a = x->rater,
												  .b = y->rater,
												  .category_a = x->category,
												  .category_b = y->category,
												  .share = x->share * y->share};
			}
	qsort(shared, *n, sizeof(SharedUnit), compare_shared);
	return shared;
}

/* Of two raters. */
typedef struct PairAgreement
{
	double units;
	double agreement;
	double expected;
	double kappa;
	const char *status;
} PairAgreement;

/* Room for the categories that two raters use, of which q may be many more. */
typedef struct PairScratch
{
	double *a;
	double *b;
	double *weighted;
} PairScratch;

/* Cohen's kappa of the units that both labelled. */
static PairAgreement
pair_agreement(const SharedUnit *shared, int64 n, const Weights *weights, PairScratch *scratch)
{
	PairAgreement pair = {.kappa = NAN, .status = COEFFICIENT_OK};
	bool certain = true;

	memset(scratch->a, 0, weights->q * sizeof(double));
	memset(scratch->b, 0, weights->q * sizeof(double));
	for (int64 i = 0; i < n; i++)
	{
		const SharedUnit *s = &shared[i];

		pair.units += s->share;
		pair.agreement += s->share * weight(weights, s->category_a, s->category_b);
		scratch->a[s->category_a] += s->share;
		scratch->b[s->category_b] += s->share;
		certain &= s->category_a == shared[0].category_a && s->category_b == shared[0].category_a;
	}
	weights_apply(weights, scratch->b, scratch->weighted);
	pair.agreement /= pair.units;
	pair.expected = dot(scratch->a, scratch->weighted, weights->q) / (pair.units * pair.units);
	if (certain)
		pair.status = COEFFICIENT_SINGLE_CATEGORY;
	else if (!(1 - pair.expected > 0))
		pair.status = COEFFICIENT_UNDEFINED;
	else
		pair.kappa = (pair.agreement - pair.expected) / (1 - pair.expected);
	return pair;
}

typedef void (*PairFunction)(void *context, const RaterRatings *r, int a, int b,
							 const PairAgreement *pair);

/* Call it for each two raters with a unit in common. */
static void
for_each_pair(const RaterRatings *r, const Weights *weights, PairFunction function, void *context)
{
	int64 n;
	SharedUnit *shared = shared_units(r, &n);
	PairScratch scratch = {.a = zeroed(weights->q, sizeof(double)),
						   .b = zeroed(weights->q, sizeof(double)),
						   .weighted = zeroed(weights->q, sizeof(double))};

	for (int64 start = 0; start < n;)
	{
		int64 end = start + 1;
		PairAgreement pair;

		CHECK_FOR_INTERRUPTS();
		while (end < n && shared[end].a == shared[start].a && shared[end].b == shared[start].b)
			end++;
		pair = pair_agreement(shared + start, end - start, weights, &scratch);
		function(context, r, shared[start].a, shared[start].b, &pair);
		start = end;
	}
}

typedef struct MeanKappa
{
	double sum;
	double n;
} MeanKappa;

static void
add_kappa(void *context, const RaterRatings *r, int a, int b, const PairAgreement *pair)
{
	MeanKappa *mean = context;

	if (isnan(pair->kappa))
		return;
	mean->sum += pair->kappa;
	mean->n++;
}

/* Light (1971): the mean of Cohen's kappa over pairs of raters. */
PG_FUNCTION_INFO_V1(rater_agreement_light_kappa);
Datum
rater_agreement_light_kappa(PG_FUNCTION_ARGS)
{
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 2),
							.duplicates = option_duplicates(fcinfo, 3)};
	RaterRatings r = open_argument(fcinfo, &options);
	const char *status;
	Weights weights = weights_for(&options.weights, &r.ratings.categories, &status);
	MeanKappa mean = {0};

	if (strcmp(status, COEFFICIENT_OK) == 0)
		for_each_pair(&r, &weights, add_kappa, &mean);
	return float8_or_null(mean.n > 0 ? mean.sum / mean.n : NAN, &fcinfo->isnull);
}

static void
put_pair(void *context, const RaterRatings *r, int a, int b, const PairAgreement *pair)
{
	ReturnSetInfo *result = context;
	Datum values[7];
	bool nulls[7] = {0};

	values[0] = CStringGetTextDatum(rater_name(r, a));
	values[1] = CStringGetTextDatum(rater_name(r, b));
	values[2] = Int64GetDatum(whole_count(rint(pair->units)));
	values[3] = Float8GetDatum(pair->agreement);
	values[4] = Float8GetDatum(pair->expected);
	values[5] = float8_or_null(pair->kappa, &nulls[5]);
	values[6] = CStringGetTextDatum(pair->status);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static pg_noinline void
report_order(const char *status)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("these weights cannot be used with these labels: %s", status),
					errhint("Declare the categories in their order by categories => ARRAY[...], or "
							"leave weights out.")));
}

/* For rows: there is no row to say in why there are no weights. */
static Weights
weights_or_error(const RaterOptions *options, const Categories *categories)
{
	const char *status;
	Weights weights = weights_for(&options->weights, categories, &status);

	if (strcmp(status, COEFFICIENT_OK) != 0)
		report_order(status);
	return weights;
}

PG_FUNCTION_INFO_V1(agreement_matrix);
Datum
agreement_matrix(PG_FUNCTION_ARGS)
{
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 2),
							.duplicates = option_duplicates(fcinfo, 3)};
	RaterRatings r = open_argument(fcinfo, &options);
	Weights weights = weights_or_error(&options, &r.ratings.categories);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for_each_pair(&r, &weights, put_pair, fcinfo->resultinfo);
	return (Datum) 0;
}

/* -------------------------------------------------------- each rater against the rest ---- */

/* A rater and all others on the units that he shares with any. */
typedef struct AgainstRest
{
	double labels;
	double units;
	double agreement; /* sums over units, until they are divided */
	double squares;
	double *own;  /* categories he uses there */
	double *rest; /* and the others, each unit counting the same */
} AgainstRest;

/* What rater g and the others say of one unit: labels i to j are his. */
static void
add_unit(AgainstRest *against, const RaterRatings *r, const Weights *weights, int unit, int i,
		 int j)
{
	double others = 0;
	double agreement = 0;

	for (int l = r->unit_start[unit]; l < r->unit_start[unit + 1]; l++)
		others += l < i || l >= j ? r->labels[l].count : 0;
	if (others == 0)
		return;
	for (int l = r->unit_start[unit]; l < r->unit_start[unit + 1]; l++)
	{
		double share = (double) r->labels[l].count / others;

		if (l >= i && l < j)
			continue;
		against->rest[r->labels[l].category] += share;
		for (int own = i; own < j; own++)
			agreement += r->labels[own].share * share *
						 weight(weights, r->labels[own].category, r->labels[l].category);
	}
	for (int own = i; own < j; own++)
		against->own[r->labels[own].category] += r->labels[own].share;
	against->units++;
	against->agreement += agreement;
	against->squares += agreement * agreement;
}

static void
put_rater(ReturnSetInfo *result, const RaterRatings *r, int g, const AgainstRest *against,
		  const Weights *weights, double *weighted)
{
	double n = against->units;
	double agreement = against->agreement / n;
	double variance = (against->squares - n * agreement * agreement) / (n - 1);
	double expected;
	Datum values[8];
	bool nulls[8] = {0};
	bool certain = is_single_category(against->rest, weights->q) && agreement == 1;

	weights_apply(weights, against->rest, weighted);
	expected = dot(against->own, weighted, weights->q) / (n * n);
	values[0] = CStringGetTextDatum(rater_name(r, g));
	values[1] = Int64GetDatum(whole_count(against->labels));
	values[2] = Int64GetDatum(whole_count(n));
	values[3] = float8_or_null(agreement, &nulls[3]);
	values[4] = float8_or_null(n > 1 ? sqrt(fmax(variance, 0) / n) : NAN, &nulls[4]);
	values[5] = float8_or_null(expected, &nulls[5]);
	values[6] = float8_or_null(
		1 - expected > 0 && !certain ? (agreement - expected) / (1 - expected) : NAN, &nulls[6]);
	values[7] = CStringGetTextDatum(n == 0     ? COEFFICIENT_NO_PAIRABLE
									: certain  ? COEFFICIENT_SINGLE_CATEGORY
									: nulls[6] ? COEFFICIENT_UNDEFINED
											   : COEFFICIENT_OK);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(agreement_by_rater);
Datum
agreement_by_rater(PG_FUNCTION_ARGS)
{
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 2),
							.duplicates = option_duplicates(fcinfo, 3)};
	RaterRatings r = open_argument(fcinfo, &options);
	Weights weights = weights_or_error(&options, &r.ratings.categories);
	ByRater by = by_rater(&r);
	int q = r.ratings.categories.n;
	AgainstRest against = {.own = zeroed(q, sizeof(double)), .rest = zeroed(q, sizeof(double))};
	double *weighted = zeroed(q, sizeof(double));

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int g = 0; g < r.raters.n; g++)
	{
		CHECK_FOR_INTERRUPTS();
		against = (AgainstRest){.own = against.own, .rest = against.rest};
		memset(against.own, 0, q * sizeof(double));
		memset(against.rest, 0, q * sizeof(double));
		for (int i = by.start[g]; i < by.start[g + 1];)
		{
			int first = by.order[i];
			int end = first;

			/* his labels of one unit lie together */
			for (; i < by.start[g + 1] && r.labels[by.order[i]].unit == r.labels[first].unit; i++)
			{
				against.labels += r.labels[by.order[i]].count;
				end = by.order[i] + 1;
			}
			add_unit(&against, &r, &weights, r.labels[first].unit, first, end);
		}
		put_rater((ReturnSetInfo *) fcinfo->resultinfo, &r, g, &against, &weights, weighted);
	}
	return (Datum) 0;
}

/* --------------------------------------------------------------------- worst units ---- */

typedef struct UnitScore
{
	int unit;
	double agreement;
	double labels;
} UnitScore;

/* Least agreement first, then most labels, then the name of the unit, as they are sorted already. */
static int
compare_scores(const void *a, const void *b)
{
	const UnitScore *x = a;
	const UnitScore *y = b;

	if (x->agreement != y->agreement)
		return x->agreement < y->agreement ? -1 : 1;
	if (x->labels != y->labels)
		return x->labels > y->labels ? -1 : 1;
	return x->unit - y->unit;
}

static Datum
unit_labels(const RaterRatings *r, int unit)
{
	const UnitPattern *pattern = &r->ratings.patterns[unit];
	const Categories *categories = &r->ratings.categories;
	LabelEntry *entries = palloc(Max(pattern->ncells, 1) * sizeof(LabelEntry));
	StringInfoData buf;
	int n = pattern->ncells;

	for (int i = 0; i < n; i++)
	{
		const Cell *cell = &r->ratings.cells[pattern->first + i];

		entries[i] =
			(LabelEntry){.count = cell->count, .label = categories->labels[cell->category]};
	}
	initStringInfo(&buf);
	label_entries_sort(categories->kind, entries, &n);
	label_entries_put(&buf, entries, n);
	return label_counts_make(categories->kind, buf.data, buf.len);
}

PG_FUNCTION_INFO_V1(worst_units);
Datum
worst_units(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int limit = PG_GETARG_INT32(1);
	RaterOptions options = {.weights = option_weights(fcinfo, 2),
							.categories = option_categories(fcinfo, 3),
							.duplicates = option_duplicates(fcinfo, 4)};
	RaterRatings r;
	AgreementModel model;
	UnitScore *scores;
	int n = 0;

	if (limit < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of units must not be negative: %d", limit)));
	r = open_argument(fcinfo, &options);
	model = agreement_model(&r.ratings, weights_or_error(&options, &r.ratings.categories),
							COEFFICIENT_OK);
	scores = zeroed(r.ratings.npatterns, sizeof(UnitScore));
	for (int u = 0; u < r.ratings.npatterns; u++)
	{
		double labels = r.ratings.patterns[u].labels;

		if (labels >= 2)
			scores[n++] = (UnitScore){.unit = u,
									  .agreement = model.agreeing[u] / (labels * (labels - 1)),
									  .labels = labels};
	}
	qsort(scores, n, sizeof(UnitScore), compare_scores);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < Min(n, limit); i++)
	{
		Datum values[4];
		bool nulls[4] = {0};

		values[0] = CStringGetTextDatum(unit_name(&r, scores[i].unit));
		values[1] = Float8GetDatum(scores[i].agreement);
		values[2] = Int64GetDatum(whole_count(scores[i].labels));
		values[3] = unit_labels(&r, scores[i].unit);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* --------------------------------------------------- groups of raters, two by two ---- */

#define MAX_GROUPS 200

/* A mean over those units that have a value; NaN elsewhere. */
typedef struct UnitMean
{
	double *values;
	double mean; /* NaN if no unit has one */
	double n;
} UnitMean;

static void
finish_mean(UnitMean *mean, int nunits)
{
	double sum = 0;

	mean->n = 0;
	for (int u = 0; u < nunits; u++)
		if (!isnan(mean->values[u]))
		{
			sum += mean->values[u];
			mean->n++;
		}
	mean->mean = sum / mean->n;
}

/* Labels i to j and k to l of a unit: the mean weight of two, one from each; or of two of one group. */
static double
mean_weight(const RaterRatings *r, const Weights *weights, int i, int j, int k, int l)
{
	bool same = i == k;
	double sum = 0;
	double first = 0;
	double second = 0;

	for (int x = i; x < j; x++)
		first += r->labels[x].count;
	for (int y = k; y < l; y++)
		second += r->labels[y].count;
	if (same)
		second -= 1;
	if (first == 0 || second <= 0)
		return NAN;
	for (int x = i; x < j; x++)
		for (int y = k; y < l; y++)
			sum += (double) r->labels[x].count * ((double) r->labels[y].count - (same && x == y)) *
				   weight(weights, r->labels[x].category, r->labels[y].category);
	return sum / (first * second);
}

/* Where the labels of a group begin and end in a unit. */
static void
find_group(const RaterRatings *r, int unit, int g, int *start, int *end)
{
	int at = r->unit_start[unit];

	while (at < r->unit_start[unit + 1] && r->labels[at].rater != g)
		at++;
	*start = at;
	while (at < r->unit_start[unit + 1] && r->labels[at].rater == g)
		at++;
	*end = at;
}

/* Of all units, the agreement of labels of group g with those of group h, which may be g. */
static UnitMean
group_mean(const RaterRatings *r, const Weights *weights, int g, int h)
{
	UnitMean mean = {.values = zeroed(r->ratings.npatterns, sizeof(double))};

	CHECK_FOR_INTERRUPTS();
	for (int u = 0; u < r->ratings.npatterns; u++)
	{
		int i;
		int j;
		int k;
		int l;

		find_group(r, u, g, &i, &j);
		find_group(r, u, h, &k, &l);
		mean.values[u] = i < j && k < l ? mean_weight(r, weights, i, j, k, l) : NAN;
	}
	finish_mean(&mean, r->ratings.npatterns);
	return mean;
}

/* How much a unit moves a mean over some of n units, times n. */
static double
influence(const UnitMean *mean, int unit, double n)
{
	return isnan(mean->values[unit]) ? 0 : n / mean->n * (mean->values[unit] - mean->mean);
}

/* The linearised standard error of between - (within g + within h) / 2, units being drawn. */
static double
difference_se(const UnitMean *between, const UnitMean *g, const UnitMean *h, int nunits, double n)
{
	double share_g = isnan(g->mean) ? 0 : isnan(h->mean) ? 1 : 0.5;
	double share_h = isnan(h->mean) ? 0 : 1 - share_g;
	double sum = 0;

	for (int u = 0; u < nunits; u++)
	{
		double x = influence(between, u, n);

		if (share_g > 0)
			x -= share_g * influence(g, u, n);
		if (share_h > 0)
			x -= share_h * influence(h, u, n);
		sum += x * x;
	}
	return n > 1 ? sqrt(sum / (n * (n - 1))) : NAN;
}

static void
put_groups(ReturnSetInfo *result, const RaterRatings *r, const UnitMean *within, int g, int h,
		   const UnitMean *between, double confidence)
{
	double n = r->ratings.units;
	double mean = isnan(within[g].mean)   ? within[h].mean
				  : isnan(within[h].mean) ? within[g].mean
										  : (within[g].mean + within[h].mean) / 2;
	double difference = between->mean - mean;
	double se = isnan(difference)
					? NAN
					: difference_se(between, &within[g], &within[h], r->ratings.npatterns, n);
	double reach = n > 1 ? student_t_upper_quantile((1 - confidence) / 2, n - 1) * se : NAN;
	Datum values[11];
	bool nulls[11] = {0};

	values[0] = CStringGetTextDatum(rater_name(r, g));
	values[1] = CStringGetTextDatum(rater_name(r, h));
	values[2] = Int64GetDatum(whole_count(between->n));
	values[3] = float8_or_null(within[g].mean, &nulls[3]);
	values[4] = float8_or_null(within[h].mean, &nulls[4]);
	values[5] = float8_or_null(between->mean, &nulls[5]);
	values[6] = float8_or_null(difference, &nulls[6]);
	values[7] = float8_or_null(se, &nulls[7]);
	values[8] = float8_or_null(difference - reach, &nulls[8]);
	values[9] = float8_or_null(difference + reach, &nulls[9]);
	values[10] = CStringGetTextDatum(isnan(difference) ? COEFFICIENT_NO_PAIRABLE : COEFFICIENT_OK);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(agreement_between);
Datum
agreement_between(PG_FUNCTION_ARGS)
{
	double confidence = option_confidence(fcinfo, 2);
	RaterOptions options = {.weights = option_weights(fcinfo, 1),
							.categories = option_categories(fcinfo, 3),
							.duplicates = DUPLICATES_COUNT};
	RaterRatings r = open_argument(fcinfo, &options);
	Weights weights = weights_or_error(&options, &r.ratings.categories);
	UnitMean *within;

	if (r.raters.n > MAX_GROUPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many groups: %d", r.raters.n),
				 errdetail("At most %d are compared two by two.", MAX_GROUPS),
				 errhint("Give the group of the rater, such as a vendor, and not the rater.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	within = zeroed(r.raters.n, sizeof(UnitMean));
	for (int g = 0; g < r.raters.n; g++)
		within[g] = group_mean(&r, &weights, g, g);
	for (int g = 0; g < r.raters.n; g++)
		for (int h = g + 1; h < r.raters.n; h++)
		{
			UnitMean between = group_mean(&r, &weights, g, h);

			put_groups((ReturnSetInfo *) fcinfo->resultinfo, &r, within, g, h, &between,
					   confidence);
			pfree(between.values);
		}
	return (Datum) 0;
}
