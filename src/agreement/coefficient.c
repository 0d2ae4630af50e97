/*
 * coefficient.c: coefficients of agreement that do not need to know who labelled.
 *
 * Notation of Gwet, Handbook of Inter-Rater Reliability (4th ed. 2014): pa is the agreement
 * observed, pe the agreement expected by chance, the coefficient (pa - pe) / (1 - pe). Standard
 * errors are Gwet's linearisation: each unit has a value x, the coefficient's variance is that of
 * their mean, and what units with the same labels share is computed once. They agree with those of
 * the R package irrCAC, on whose results this is tested.
 *
 * A pattern stands for as many units as it has, so the work is that of the different units.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/coefficient.h"
#include "math/distribution.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static const char *const names[] = {"percent_agreement", "fleiss_kappa", "gwet_ac",
									"brennan_prediger", "krippendorff_alpha"};

const char *
coefficient_name(CoefficientId id)
{
	return names[id];
}

bool
coefficient_by_name(const char *name, CoefficientId *id)
{
	for (int i = 0; i < NCOEFFICIENTS; i++)
		if (strcmp(name, names[i]) == 0)
		{
			*id = (CoefficientId) i;
			return true;
		}
	return false;
}

static double *
numbers(Size n)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(n, 1) * sizeof(double),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static inline const Cell *
cells_of(const Ratings *ratings, const UnitPattern *pattern)
{
	return ratings->cells + pattern->first;
}

/* ------------------------------------------------------------------ pairs of labels ---- */

/* Around the mean, because the squares of large numbers have no digits left for small differences. */
static double
spread(const UnitPattern *pattern, const Cell *cells, const double *x)
{
	double mean = 0;
	double sum = 0;

	for (int i = 0; i < pattern->ncells; i++)
		mean += (double) cells[i].count * (x[cells[i].category] - x[cells[0].category]);
	mean = x[cells[0].category] + mean / pattern->labels;
	for (int i = 0; i < pattern->ncells; i++)
	{
		double d = x[cells[i].category] - mean;

		sum += (double) cells[i].count * d * d;
	}
	return sum;
}

/* The sum of weights over the ordered pairs of different labels of a unit. */
static double
agreeing_pairs(const Weights *weights, const UnitPattern *pattern, const Cell *cells)
{
	double sum = 0;

	if (weights->scheme == WEIGHTS_QUADRATIC && pattern->ncells > 0)
	{
		double d = spread(pattern, cells, weights->x) / (weights->range * weights->range);

		return pattern->labels * (pattern->labels - 1) - 2 * pattern->labels * d;
	}
	for (int i = 0; i < pattern->ncells; i++)
	{
		double n = (double) cells[i].count;

		sum += n * (n - 1);
		if (weights->scheme == WEIGHTS_IDENTITY)
			continue;
		for (int j = 0; j < i; j++)
			sum += 2 * n * (double) cells[j].count *
				   weight(weights, cells[i].category, cells[j].category);
	}
	return sum;
}

AgreementModel
agreement_model(const Ratings *ratings, Weights weights, const char *status)
{
	AgreementModel model = {.ratings = ratings, .weights = weights, .status = status};

	if (strcmp(status, COEFFICIENT_OK) != 0)
		return model;
	model.agreeing = numbers(ratings->npatterns);
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];

		CHECK_FOR_INTERRUPTS();
		model.agreeing[i] = agreeing_pairs(&model.weights, pattern, cells_of(ratings, pattern));
	}
	return model;
}

/* a_u: the share of a unit's pairs that agree, which it must have. */
static inline double
pattern_agreement(const AgreementModel *model, int i)
{
	double r = model->ratings->patterns[i].labels;

	return model->agreeing[i] / (r * (r - 1));
}

double
mean_agreement(const AgreementModel *model)
{
	const Ratings *ratings = model->ratings;
	double sum = 0;

	for (int i = 0; i < ratings->npatterns; i++)
		if (ratings->patterns[i].labels >= 2)
			sum += (double) ratings->patterns[i].units * pattern_agreement(model, i);
	return sum / ratings->units_pairable;
}

/* pi: how often each category is used, every unit with labels counting the same. */
double *
agreement_shares(const Ratings *ratings)
{
	double *shares = numbers(ratings->categories.n);

	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		const Cell *cells = cells_of(ratings, pattern);
		double scale = (double) pattern->units / (pattern->labels * ratings->units);

		for (int j = 0; j < pattern->ncells; j++)
			shares[cells[j].category] += (double) cells[j].count * scale;
	}
	return shares;
}

static double
dot(const double *a, const double *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

bool
is_single_category(const double *shares, int q)
{
	int used = 0;

	for (int k = 0; k < q; k++)
		used += shares[k] > 0;
	return used < 2;
}

/* The mean of per_category over a unit's labels. */
static double
mean_over_labels(const UnitPattern *pattern, const Cell *cells, const double *per_category)
{
	double sum = 0;

	for (int i = 0; i < pattern->ncells; i++)
		sum += (double) cells[i].count * per_category[cells[i].category];
	return sum / pattern->labels;
}

/* --------------------------------------------------------------- Gwet's linearisation ---- */

/*
 * The standard error from the share of chance agreement that each pattern is responsible for; NULL
 * for expected where chance agreement does not depend on the data.
 */
void
coefficient_finish(Coefficient *c, const AgreementModel *model, const double *expected)
{
	const Ratings *ratings = model->ratings;
	double n = ratings->units;
	double sum = 0;

	c->df = n - 1;
	if (isnan(c->value) || n < 2)
		return;
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		double x = 0;

		if (pattern->labels == 0)
			continue;
		if (pattern->labels >= 2)
			x = n / ratings->units_pairable * (pattern_agreement(model, i) - c->pe) / (1 - c->pe);
		if (expected)
			x -= 2 * (1 - c->value) * (expected[i] - c->pe) / (1 - c->pe);
		sum += (double) pattern->units * (x - c->value) * (x - c->value);
	}
	c->se = sqrt(sum / (n * (n - 1)));
}

/* The value from pa and pe; certain: chance agreement cannot be missed. */
void
coefficient_correct(Coefficient *c, bool certain)
{
	if (certain)
		c->status = COEFFICIENT_SINGLE_CATEGORY;
	else if (!(1 - c->pe > 0))
		c->status = COEFFICIENT_UNDEFINED;
	else
		c->value = (c->pa - c->pe) / (1 - c->pe);
	/* where numbers are so far apart, or so near, that their squares are none */
	if (!isfinite(c->value) && strcmp(c->status, COEFFICIENT_OK) == 0)
	{
		c->value = NAN;
		c->status = COEFFICIENT_UNDEFINED;
	}
}

static void
percent_agreement(Coefficient *c, const AgreementModel *model, bool with_se)
{
	c->pe = 0;
	coefficient_correct(c, false);
	if (with_se)
		coefficient_finish(c, model, NULL);
}

/* Fleiss (1971); weighted as in Gwet (2014), chapter 3. */
static void
fleiss_kappa(Coefficient *c, const AgreementModel *model, bool with_se)
{
	const Ratings *ratings = model->ratings;
	int q = ratings->categories.n;
	double *shares = agreement_shares(ratings);
	double *weighted = numbers(q);

	weights_apply(&model->weights, shares, weighted);
	c->pe = dot(shares, weighted, q);
	coefficient_correct(c, is_single_category(shares, q));
	if (with_se)
	{
		double *expected = numbers(ratings->npatterns);

		for (int i = 0; i < ratings->npatterns; i++)
			expected[i] = mean_over_labels(&ratings->patterns[i],
										   cells_of(ratings, &ratings->patterns[i]), weighted);
		coefficient_finish(c, model, expected);
		pfree(expected);
	}
	pfree(shares);
	pfree(weighted);
}

/* AC1 of Gwet (2008), and with weights AC2. */
static void
gwet_ac(Coefficient *c, const AgreementModel *model, bool with_se)
{
	const Ratings *ratings = model->ratings;
	int q = ratings->categories.n;
	double *shares = agreement_shares(ratings);
	double scale = weights_sum(&model->weights) / ((double) q * (q - 1));

	c->pe = 0;
	for (int k = 0; k < q; k++)
	{
		c->pe += shares[k] * (1 - shares[k]);
		shares[k] = scale * (1 - shares[k]);
	}
	c->pe = q < 2 ? NAN : c->pe * scale;
	coefficient_correct(c, q < 2);
	if (with_se)
	{
		double *expected = numbers(ratings->npatterns);

		for (int i = 0; i < ratings->npatterns; i++)
			expected[i] = mean_over_labels(&ratings->patterns[i],
										   cells_of(ratings, &ratings->patterns[i]), shares);
		coefficient_finish(c, model, expected);
		pfree(expected);
	}
	pfree(shares);
}

/* Brennan and Prediger (1981), the same as the S of Bennett et al. and Randolph's kappa. */
static void
brennan_prediger(Coefficient *c, const AgreementModel *model, bool with_se)
{
	double q = model->ratings->categories.n;

	c->pe = weights_sum(&model->weights) / (q * q);
	coefficient_correct(c, q < 2);
	if (with_se)
		coefficient_finish(c, model, NULL);
}

/* -------------------------------------------------------------------- Krippendorff ---- */

/* What alpha looks at: units with more than one label. */
typedef struct Pairable
{
	double units;
	double mean; /* labels of a unit */
	double *shares;
} Pairable;

static Pairable
pairable(const Ratings *ratings)
{
	Pairable result = {.units = ratings->units_pairable, .shares = numbers(ratings->categories.n)};
	double labels = 0;

	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		const Cell *cells = cells_of(ratings, pattern);

		if (pattern->labels < 2)
			continue;
		labels += pattern->labels * pattern->units;
		for (int j = 0; j < pattern->ncells; j++)
			result.shares[cells[j].category] += (double) cells[j].count * pattern->units;
	}
	for (int k = 0; k < ratings->categories.n; k++)
		result.shares[k] /= labels;
	result.mean = labels / result.units;
	return result;
}

/*
 * Where each category lies among the pairable labels when these are ranked and ties share their mean
 * rank. Krippendorff's ordinal distance is the squared difference of these ranks.
 */
double *
krippendorff_ranks(const Ratings *ratings)
{
	Pairable all = pairable(ratings);
	double below = 0;

	for (int k = 0; k < ratings->categories.n; k++)
	{
		double share = all.shares[k];

		all.shares[k] = below + share / 2;
		below += share;
	}
	return all.shares;
}

/*
 * The standard error as irrCAC has it: that of alpha without the small-sample correction of pa, each
 * unit's part corrected for its number of labels.
 */
static void
alpha_finish(Coefficient *c, const AgreementModel *model, const Pairable *all, double raw_pa,
			 const double *weighted)
{
	const Ratings *ratings = model->ratings;
	double raw = (raw_pa - c->pe) / (1 - c->pe);
	double sum = 0;

	c->df = ratings->units - 1;
	if (isnan(c->value) || all->units < 2)
		return;
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];
		double excess = (pattern->labels - all->mean) / all->mean;
		double pa;
		double pe;
		double x;

		if (pattern->labels < 2)
			continue;
		pa = model->agreeing[i] / (all->mean * (pattern->labels - 1)) - raw_pa * excess;
		pe = mean_over_labels(pattern, cells_of(ratings, pattern), weighted) * pattern->labels /
				 all->mean -
			 c->pe * excess;
		x = (pa - c->pe) / (1 - c->pe) - 2 * (1 - raw) * (pe - c->pe) / (1 - c->pe);
		sum += (double) pattern->units * (x - raw) * (x - raw);
	}
	c->se = sqrt(sum / (all->units * (all->units - 1)));
}

/* Krippendorff, Content Analysis (4th ed. 2018), chapter 12. */
static void
krippendorff_alpha(Coefficient *c, const AgreementModel *model, bool with_se)
{
	const Ratings *ratings = model->ratings;
	int q = ratings->categories.n;
	Pairable all = pairable(ratings);
	double *weighted = numbers(q);
	double raw_pa = 0;
	double correction = 1 / (all.units * all.mean);

	for (int i = 0; i < ratings->npatterns; i++)
		if (ratings->patterns[i].labels >= 2)
			raw_pa += (double) ratings->patterns[i].units * model->agreeing[i] /
					  (all.mean * (ratings->patterns[i].labels - 1));
	raw_pa /= all.units;
	c->pa = (1 - correction) * raw_pa + correction;
	weights_apply(&model->weights, all.shares, weighted);
	c->pe = dot(all.shares, weighted, q);
	coefficient_correct(c, is_single_category(all.shares, q));
	if (with_se)
		alpha_finish(c, model, &all, raw_pa, weighted);
	pfree(all.shares);
	pfree(weighted);
}

/* ------------------------------------------------------------------------ dispatch ---- */

static Coefficient
compute(const AgreementModel *model, CoefficientId id, bool with_se)
{
	Coefficient c = {.name = names[id],
					 .status = model->status,
					 .value = NAN,
					 .se = NAN,
					 .df = NAN,
					 .pa = NAN,
					 .pe = NAN};

	if (strcmp(model->status, COEFFICIENT_OK) != 0)
		return c;
	if (model->ratings->units_pairable == 0)
	{
		c.status = COEFFICIENT_NO_PAIRABLE;
		return c;
	}
	c.pa = mean_agreement(model);
	switch (id)
	{
		case PERCENT_AGREEMENT:
			percent_agreement(&c, model, with_se);
			break;
		case FLEISS_KAPPA:
			fleiss_kappa(&c, model, with_se);
			break;
		case GWET_AC:
			gwet_ac(&c, model, with_se);
			break;
		case BRENNAN_PREDIGER:
			brennan_prediger(&c, model, with_se);
			break;
		default:
			krippendorff_alpha(&c, model, with_se);
	}
	return c;
}

Coefficient
coefficient_compute(const AgreementModel *model, CoefficientId id)
{
	return compute(model, id, true);
}

Coefficient
coefficient_value(const AgreementModel *model, CoefficientId id)
{
	return compute(model, id, false);
}

/*
 * By the t distribution; p is one-sided, of the hypothesis that there is no agreement beyond chance.
 * No coefficient is above 1, so neither is its interval.
 */
AgreementInterval
coefficient_interval(const Coefficient *c, double confidence)
{
	double t = c->df > 0 ? student_t_upper_quantile((1 - confidence) / 2, c->df) : NAN;
	AgreementInterval interval = {
		.lower = c->value - t * c->se, .upper = c->value + t * c->se, .p = NAN};

	if (interval.upper > 1)
		interval.upper = 1;
	if (c->se > 0 && c->df > 0)
		interval.p = student_t_sf(c->value / c->se, c->df);
	return interval;
}
