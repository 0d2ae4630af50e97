/*
 * confusion.c: the type confusion, pairs of labels of the same units, and what is read from it: two
 * raters, or a reference and predictions.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/options.h"
#include "agreement/tally.h"
#include "aidataops.h"
#include "funcapi.h"
#include "math/distribution.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* ----------------------------------------------------------------------- aggregate ---- */

static int
store_text_datum(char *key, Datum label)
{
	text *value = DatumGetTextPP(label);

	return label_store_text(key, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* A pair's key is the keys of its labels. */
#define CONFUSION_TRANSITION(name, kind, key_size, store)                                          \
	static int name##_key(FunctionCallInfo fcinfo, char *key)                                      \
	{                                                                                              \
		int size = store(key, fcinfo->args[1].value);                                              \
                                                                                                   \
		return size + store(key + size, fcinfo->args[2].value);                                    \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		char key[2 * (key_size)];                                                                  \
		int size = name##_key(fcinfo, key);                                                        \
		Tally *tally = tally_writable(fcinfo);                                                     \
                                                                                                   \
		tally_add(tally, kind, key, size, 1);                                                      \
		PG_RETURN_TALLY_STATE(tally);                                                              \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(name##_inv);                                                               \
	Datum name##_inv(PG_FUNCTION_ARGS)                                                             \
	{                                                                                              \
		char key[2 * (key_size)];                                                                  \
		int size = name##_key(fcinfo, key);                                                        \
		Tally *tally = tally_writable(fcinfo);                                                     \
                                                                                                   \
		tally_remove(tally, key, size, 1);                                                         \
		PG_RETURN_TALLY_STATE(tally);                                                              \
	}                                                                                              \
	extern int no_such_variable

#define STORE_INT2(key, label)   label_store_bigint(key, DatumGetInt16(label))
#define STORE_INT4(key, label)   label_store_bigint(key, DatumGetInt32(label))
#define STORE_INT8(key, label)   label_store_bigint(key, DatumGetInt64(label))
#define STORE_FLOAT8(key, label) label_store_float8(key, DatumGetFloat8(label))
#define STORE_BOOL(key, label)   label_store_boolean(key, DatumGetBool(label))

CONFUSION_TRANSITION(confusion_accum_text, LABEL_TEXT, LABEL_KEY_MAX, store_text_datum);
CONFUSION_TRANSITION(confusion_accum_int2, LABEL_BIGINT, 16, STORE_INT2);
CONFUSION_TRANSITION(confusion_accum_int4, LABEL_BIGINT, 16, STORE_INT4);
CONFUSION_TRANSITION(confusion_accum_int8, LABEL_BIGINT, 16, STORE_INT8);
CONFUSION_TRANSITION(confusion_accum_float8, LABEL_FLOAT8, 16, STORE_FLOAT8);
CONFUSION_TRANSITION(confusion_accum_bool, LABEL_BOOLEAN, 16, STORE_BOOL);

/* ------------------------------------------------------------------------- opening ---- */

typedef struct Pair
{
	int a;
	int b;
	double count;
} Pair;

typedef struct Confusion
{
	Categories categories;
	int npairs;
	Pair *pairs;
	double n;
	double *a; /* counts of the first, of the second label */
	double *b;
	double *both; /* counts of pairs of the same label */
} Confusion;

static double *
numbers(int n)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(n, 1) * sizeof(double),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
count_margins(Confusion *confusion)
{
	confusion->a = numbers(confusion->categories.n);
	confusion->b = numbers(confusion->categories.n);
	confusion->both = numbers(confusion->categories.n);
	for (int i = 0; i < confusion->npairs; i++)
	{
		const Pair *pair = &confusion->pairs[i];

		confusion->n += pair->count;
		confusion->a[pair->a] += pair->count;
		confusion->b[pair->b] += pair->count;
		if (pair->a == pair->b)
			confusion->both[pair->a] += pair->count;
	}
}

static Confusion
confusion_open(Datum value, const DeclaredCategories *declared)
{
	TallyView view = tally_view(value, TALLY_CONFUSION);
	Confusion confusion = {.npairs = view.n};
	int *place;

	categories_begin(&confusion.categories, view.kind, declared);
	confusion.pairs = palloc_extended(Max(view.n, 1) * sizeof(Pair), MCXT_ALLOC_HUGE);
	for (int i = 0; i < view.n; i++)
	{
		Label a;
		Label b;

		CHECK_FOR_INTERRUPTS();
		label_load(label_load(view.entries[i].key, &a), &b);
		confusion.pairs[i].a = category_of(&confusion.categories, a);
		confusion.pairs[i].b = category_of(&confusion.categories, b);
		confusion.pairs[i].count = view.entries[i].count;
	}
	place = categories_finish(&confusion.categories);
	for (int i = 0; i < view.n; i++)
	{
		confusion.pairs[i].a = place[confusion.pairs[i].a];
		confusion.pairs[i].b = place[confusion.pairs[i].b];
	}
	count_margins(&confusion);
	return confusion;
}

static Confusion
confusion_argument(FunctionCallInfo fcinfo)
{
	DeclaredCategories observed = {.n = -1};

	return confusion_open(PG_GETARG_DATUM(0), &observed);
}

/* The pairs as units with two labels each, for the coefficients that do not tell raters apart. */
static Ratings
confusion_ratings(const Confusion *confusion)
{
	Ratings ratings = {.categories = confusion->categories, .npatterns = confusion->npairs};

	ratings.patterns =
		palloc_extended(Max(confusion->npairs, 1) * sizeof(UnitPattern), MCXT_ALLOC_HUGE);
	ratings.cells = palloc_extended(Max(confusion->npairs, 1) * 2 * sizeof(Cell), MCXT_ALLOC_HUGE);
	for (int i = 0; i < confusion->npairs; i++)
	{
		const Pair *pair = &confusion->pairs[i];
		bool same = pair->a == pair->b;

		ratings.patterns[i] = (UnitPattern){
			.units = whole_count(pair->count), .labels = 2, .first = 2 * i, .ncells = same ? 1 : 2};
		ratings.cells[2 * i] = (Cell){.category = pair->a, .count = same ? 2 : 1};
		ratings.cells[2 * i + 1] = (Cell){.category = pair->b, .count = 1};
	}
	ratings_count(&ratings);
	return ratings;
}

/* -------------------------------------------------------------------- Cohen's kappa ---- */

typedef struct CohenKappa
{
	Coefficient c;
	double null_se;
} CohenKappa;

/* For each category the mean weight of the labels that the other rater gave. */
typedef struct MeanWeights
{
	double *of_a;
	double *of_b;
} MeanWeights;

static MeanWeights
mean_weights(const Confusion *confusion, const Weights *weights)
{
	int q = confusion->categories.n;
	MeanWeights means = {.of_a = numbers(q), .of_b = numbers(q)};

	weights_apply(weights, confusion->b, means.of_a);
	weights_apply(weights, confusion->a, means.of_b);
	for (int k = 0; k < q; k++)
	{
		means.of_a[k] /= confusion->n;
		means.of_b[k] /= confusion->n;
	}
	return means;
}

/* Fleiss, Cohen and Everitt (1969), equation 13. */
static double
cohen_se(const Confusion *confusion, const Weights *weights, const Coefficient *c,
		 const MeanWeights *means)
{
	double rest = c->value - c->pe * (1 - c->value);
	double sum = 0;

	for (int i = 0; i < confusion->npairs; i++)
	{
		const Pair *pair = &confusion->pairs[i];
		double d = weight(weights, pair->a, pair->b) -
				   (1 - c->value) * (means->of_a[pair->a] + means->of_b[pair->b]);

		sum += pair->count / confusion->n * d * d;
	}
	return sqrt(fmax(sum - rest * rest, 0) / confusion->n) / (1 - c->pe);
}

/* Under independence; the same, equation 9. */
static double
cohen_null_se(const Confusion *confusion, const Weights *weights, const Coefficient *c,
			  const MeanWeights *means)
{
	int q = confusion->categories.n;
	double sum = 0;

	if (q > WEIGHTS_MAX_PAIRED)
		return NAN;
	for (int k = 0; k < q; k++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int l = 0; l < q; l++)
		{
			double d = weight(weights, k, l) - (means->of_a[k] + means->of_b[l]);

			sum += confusion->a[k] / confusion->n * (confusion->b[l] / confusion->n) * d * d;
		}
	}
	return sqrt(fmax(sum - c->pe * c->pe, 0) / confusion->n) / (1 - c->pe);
}

static bool
single_category(const Confusion *confusion)
{
	for (int k = 0; k < confusion->categories.n; k++)
		if (confusion->a[k] == confusion->n && confusion->b[k] == confusion->n)
			return true;
	return false;
}

/* Cohen (1960), weighted Cohen (1968). */
static CohenKappa
cohen_kappa_of(const Confusion *confusion, const WeightsOption *option, bool with_se)
{
	CohenKappa result = {
		.c = {.name = "cohen_kappa", .value = NAN, .se = NAN, .df = NAN, .pa = NAN, .pe = NAN},
		.null_se = NAN};
	Coefficient *c = &result.c;
	Weights weights = weights_for(option, &confusion->categories, &c->status);
	MeanWeights means;

	if (strcmp(c->status, COEFFICIENT_OK) != 0)
		return result;
	if (confusion->n == 0)
	{
		c->status = COEFFICIENT_NO_PAIRABLE;
		return result;
	}
	means = mean_weights(confusion, &weights);
	c->pa = c->pe = 0;
	for (int i = 0; i < confusion->npairs; i++)
		c->pa += confusion->pairs[i].count / confusion->n *
				 weight(&weights, confusion->pairs[i].a, confusion->pairs[i].b);
	for (int k = 0; k < confusion->categories.n; k++)
		c->pe += confusion->a[k] / confusion->n * means.of_a[k];
	coefficient_correct(c, single_category(confusion));
	if (with_se && !isnan(c->value))
	{
		c->se = cohen_se(confusion, &weights, c, &means);
		result.null_se = cohen_null_se(confusion, &weights, c, &means);
	}
	return result;
}

PG_FUNCTION_INFO_V1(confusion_cohen_kappa);
Datum
confusion_cohen_kappa(PG_FUNCTION_ARGS)
{
	WeightsOption weights = option_weights(fcinfo, 1);
	DeclaredCategories declared = option_categories(fcinfo, 2);
	Confusion confusion = confusion_open(PG_GETARG_DATUM(0), &declared);

	return float8_or_null(cohen_kappa_of(&confusion, &weights, false).c.value, &fcinfo->isnull);
}

PG_FUNCTION_INFO_V1(confusion_scott_pi);
Datum
confusion_scott_pi(PG_FUNCTION_ARGS)
{
	WeightsOption weights = option_weights(fcinfo, 1);
	DeclaredCategories declared = option_categories(fcinfo, 2);
	Confusion confusion = confusion_open(PG_GETARG_DATUM(0), &declared);
	Ratings ratings = confusion_ratings(&confusion);
	AgreementModel model = model_by_weights(&ratings, &weights);

	return float8_or_null(coefficient_value(&model, FLEISS_KAPPA).value, &fcinfo->isnull);
}

#define CONFUSION_COEFFICIENT_COLUMNS 13

static void
put_coefficient(ReturnSetInfo *result, const Confusion *confusion, const Coefficient *c,
				double null_se, double lower, double upper, double z, double p)
{
	Datum values[CONFUSION_COEFFICIENT_COLUMNS];
	bool nulls[CONFUSION_COEFFICIENT_COLUMNS] = {0};

	values[0] = CStringGetTextDatum(c->name);
	values[1] = float8_or_null(c->value, &nulls[1]);
	values[2] = float8_or_null(c->se, &nulls[2]);
	values[3] = float8_or_null(lower, &nulls[3]);
	values[4] = float8_or_null(upper, &nulls[4]);
	values[5] = float8_or_null(null_se, &nulls[5]);
	values[6] = float8_or_null(z, &nulls[6]);
	values[7] = float8_or_null(p, &nulls[7]);
	values[8] = float8_or_null(c->pa, &nulls[8]);
	values[9] = float8_or_null(c->pe, &nulls[9]);
	values[10] = Int64GetDatum(whole_count(confusion->n));
	values[11] = Int32GetDatum(confusion->categories.n);
	values[12] = CStringGetTextDatum(c->status);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_cohen(ReturnSetInfo *result, const Confusion *confusion, const WeightsOption *weights,
		  double confidence)
{
	CohenKappa kappa = cohen_kappa_of(confusion, weights, true);
	double reach = normal_upper_quantile((1 - confidence) / 2) * kappa.c.se;
	double upper = kappa.c.value + reach;
	double z = kappa.null_se > 0 ? kappa.c.value / kappa.null_se : NAN;

	put_coefficient(result, confusion, &kappa.c, kappa.null_se, kappa.c.value - reach,
					upper > 1 ? 1 : upper, z, isnan(z) ? NAN : normal_sf(z));
}

PG_FUNCTION_INFO_V1(confusion_coefficients);
Datum
confusion_coefficients(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WeightsOption weights = option_weights(fcinfo, 1);
	double confidence = option_confidence(fcinfo, 2);
	DeclaredCategories declared = option_categories(fcinfo, 3);
	Confusion confusion = confusion_open(PG_GETARG_DATUM(0), &declared);
	Ratings ratings = confusion_ratings(&confusion);
	AgreementModel model = model_by_weights(&ratings, &weights);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int id = 0; id < NCOEFFICIENTS; id++)
	{
		Coefficient c = coefficient_compute(&model, id);
		AgreementInterval interval = coefficient_interval(&c, confidence);

		if (id == FLEISS_KAPPA)
		{
			put_cohen(result, &confusion, &weights, confidence);
			c.name = "scott_pi"; /* what Fleiss' kappa is for two raters */
		}
		put_coefficient(result, &confusion, &c, NAN, interval.lower, interval.upper, NAN,
						interval.p);
	}
	return (Datum) 0;
}

/* ------------------------------------------------------- a reference and predictions ---- */

static double
ratio(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}

static double
precision_of(const Confusion *confusion, int k)
{
	return ratio(confusion->both[k], confusion->b[k]);
}

static double
recall_of(const Confusion *confusion, int k)
{
	return ratio(confusion->both[k], confusion->a[k]);
}

/* The harmonic mean of both: 2 TP / (2 TP + FP + FN). */
static double
f1_of(const Confusion *confusion, int k)
{
	return ratio(2 * confusion->both[k], confusion->a[k] + confusion->b[k]);
}

static double
agreeing(const Confusion *confusion)
{
	double sum = 0;

	for (int k = 0; k < confusion->categories.n; k++)
		sum += confusion->both[k];
	return sum;
}

PG_FUNCTION_INFO_V1(confusion_accuracy);
Datum
confusion_accuracy(PG_FUNCTION_ARGS)
{
	Confusion confusion = confusion_argument(fcinfo);

	return float8_or_null(ratio(agreeing(&confusion), confusion.n), &fcinfo->isnull);
}

/* The mean recall of the classes that there are in the reference. */
PG_FUNCTION_INFO_V1(confusion_balanced_accuracy);
Datum
confusion_balanced_accuracy(PG_FUNCTION_ARGS)
{
	Confusion confusion = confusion_argument(fcinfo);
	double sum = 0;
	int n = 0;

	for (int k = 0; k < confusion.categories.n; k++)
		if (confusion.a[k] > 0)
		{
			sum += recall_of(&confusion, k);
			n++;
		}
	return float8_or_null(ratio(sum, n), &fcinfo->isnull);
}

/* Gorodkin (2004), which for two classes is Matthews' coefficient (1975). */
PG_FUNCTION_INFO_V1(confusion_matthews_corrcoef);
Datum
confusion_matthews_corrcoef(PG_FUNCTION_ARGS)
{
	Confusion confusion = confusion_argument(fcinfo);
	double expected = 0;
	double of_a = 1;
	double of_b = 1;

	for (int k = 0; k < confusion.categories.n; k++)
	{
		double a = confusion.a[k] / confusion.n;
		double b = confusion.b[k] / confusion.n;

		expected += a * b;
		of_a -= a * a;
		of_b -= b * b;
	}
	if (confusion.n == 0 || !(of_a > 0 && of_b > 0))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((agreeing(&confusion) / confusion.n - expected) / sqrt(of_a * of_b));
}

typedef double (*ClassScore)(const Confusion *confusion, int k);

static int
class_argument(Confusion *confusion, const char *name)
{
	for (int k = 0; k < confusion->categories.n; k++)
		if (strcmp(name,
				   label_cstring(confusion->categories.kind, confusion->categories.labels[k])) == 0)
			return k;
	return -1;
}

/* A class that the score is undefined for counts as 0, as in scikit-learn. */
static double
average_score(const Confusion *confusion, ClassScore score, bool weighted)
{
	double sum = 0;
	double weights = 0;

	for (int k = 0; k < confusion->categories.n; k++)
	{
		double value = score(confusion, k);
		double w = weighted ? confusion->a[k] : 1;

		sum += isnan(value) ? 0 : w * value;
		weights += w;
	}
	return ratio(sum, weights);
}

static double
score_by_average(const Confusion *confusion, ClassScore score, const char *average)
{
	/* every unit has one label of each, so false positives are as many as false negatives */
	if (strcmp(average, "micro") == 0)
		return ratio(agreeing(confusion), confusion->n);
	if (strcmp(average, "macro") == 0)
		return average_score(confusion, score, false);
	if (strcmp(average, "weighted") == 0)
		return average_score(confusion, score, true);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown average \"%s\"", average),
			 errhint("average must be 'macro', 'micro' or 'weighted'. For one class write "
					 "class => 'spam'.")));
	return NAN;
}

static Datum
class_score(FunctionCallInfo fcinfo, ClassScore score)
{
	Confusion confusion;
	double value;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	confusion = confusion_argument(fcinfo);
	if (PG_ARGISNULL(2))
		value = score_by_average(&confusion, score, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	else
	{
		int k = class_argument(&confusion, text_to_cstring(PG_GETARG_TEXT_PP(2)));

		value = k < 0 ? NAN : score(&confusion, k);
	}
	return float8_or_null(value, &fcinfo->isnull);
}

PG_FUNCTION_INFO_V1(confusion_precision_score);
Datum
confusion_precision_score(PG_FUNCTION_ARGS)
{
	return class_score(fcinfo, precision_of);
}

PG_FUNCTION_INFO_V1(confusion_recall_score);
Datum
confusion_recall_score(PG_FUNCTION_ARGS)
{
	return class_score(fcinfo, recall_of);
}

PG_FUNCTION_INFO_V1(confusion_f1_score);
Datum
confusion_f1_score(PG_FUNCTION_ARGS)
{
	return class_score(fcinfo, f1_of);
}

/* ---------------------------------------------------------------------------- rows ---- */

static Datum
category_text(const Categories *categories, int k)
{
	return CStringGetTextDatum(label_cstring(categories->kind, categories->labels[k]));
}

PG_FUNCTION_INFO_V1(confusion_class_scores);
Datum
confusion_class_scores(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DeclaredCategories declared = option_categories(fcinfo, 1);
	Confusion confusion = confusion_open(PG_GETARG_DATUM(0), &declared);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int k = 0; k < confusion.categories.n; k++)
	{
		Datum values[7];
		bool nulls[7] = {0};

		values[0] = category_text(&confusion.categories, k);
		values[1] = float8_or_null(precision_of(&confusion, k), &nulls[1]);
		values[2] = float8_or_null(recall_of(&confusion, k), &nulls[2]);
		values[3] = float8_or_null(f1_of(&confusion, k), &nulls[3]);
		values[4] = Int64GetDatum(whole_count(confusion.a[k]));
		values[5] = Int64GetDatum(whole_count(confusion.b[k]));
		values[6] = Int64GetDatum(whole_count(confusion.both[k]));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

#define MATRIX_MAX_CATEGORIES 3000

/* Counts as a dense matrix, so that pairs that did not occur have a row too. */
static double *
dense_matrix(const Confusion *confusion)
{
	Size q = confusion->categories.n;
	double *counts;

	if (q > MATRIX_MAX_CATEGORIES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many categories for a matrix: %d", (int) q),
				 errdetail("It has a row for each pair of at most %d.", MATRIX_MAX_CATEGORIES)));
	counts = numbers((int) (q * q));
	for (int i = 0; i < confusion->npairs; i++)
		counts[confusion->pairs[i].a * q + confusion->pairs[i].b] = confusion->pairs[i].count;
	return counts;
}

PG_FUNCTION_INFO_V1(confusion_matrix);
Datum
confusion_matrix(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DeclaredCategories declared = option_categories(fcinfo, 1);
	Confusion confusion = confusion_open(PG_GETARG_DATUM(0), &declared);
	int q = confusion.categories.n;
	double *counts = dense_matrix(&confusion);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int k = 0; k < q; k++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int l = 0; l < q; l++)
		{
			double count = counts[(Size) k * q + l];
			Datum values[5];
			bool nulls[5] = {0};

			values[0] = category_text(&confusion.categories, k);
			values[1] = category_text(&confusion.categories, l);
			values[2] = Int64GetDatum(whole_count(count));
			values[3] = float8_or_null(ratio(count, confusion.a[k]), &nulls[3]);
			values[4] = float8_or_null(ratio(count, confusion.b[l]), &nulls[4]);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}
