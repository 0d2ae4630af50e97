/*
 * estimate.c: consensus by maximum likelihood.
 *
 * Dawid and Skene (1979): unit u has the true category j with probability p_j, and rater w then says
 * l with probability pi_w(j, l). Expectation maximization from the shares of the votes; the E-step is
 * done in logarithms, and stops when the log-likelihood of the observed labels does. Gold labels fix
 * the true category of their units. The one-coin model (Zhang et al. 2016, after Dawid and Skene)
 * has one number a rater: right with probability s_w, else any other category alike.
 *
 * One pass over the labels in canonical order does an E-step for each unit and adds its posterior to
 * the counts of the next M-step at once, so posteriors need no memory until they are written down.
 * exp and log are our own, so that a model is the same on every machine.
 */
#include "postgres.h"

#include <float.h>

#include "consensus/estimate.h"
#include "core/state_memory.h"
#include "math/elementary.h"
#include "miscadmin.h"

/* Stop when an iteration gains less than this, relative to the log-likelihood (and one). */
#define TOLERANCE      1e-12
#define MAX_ITERATIONS 2000

/* The logarithm of a probability of zero: small enough that its exponential is zero. */
#define LOG_ZERO (-710.0)

#define LIKELIHOOD_HINT                                                                            \
	"It keeps two numbers for each rater and pair of categories. Merge rare categories, "          \
	"aggregate "                                                                                   \
	"raters in groups, use majority_vote_agg or wawa_agg, or raise aidataops.max_state_memory."

/*
 * The table and the counts hold, for each rater and category given, one number for each true
 * category, side by side: what the inner loops add.
 */
typedef struct Fit
{
	const LabelGraph *graph;
	uint32 k;
	double *log_prior;
	double *table;
	double *prior_counts;
	double *counts;
	double *posterior; /* of the unit at hand */
	double log_likelihood;
	uint32 iterations;
	bool converged;
} Fit;

/* ------------------------------------------------------------------------- E-step ---- */

/* Fills t with the posterior of a unit; returns the log-likelihood of its labels. */
static pg_attribute_always_inline double
expect(const Fit *fit, uint32 unit, uint32 k, double *restrict t)
{
	const LabelGraph *graph = fit->graph;
	const double *log_prior = fit->log_prior;
	uint32 gold = graph->gold[unit];
	double most;
	double sum = 0;
	double scale;

	for (uint32 j = 0; j < k; j++)
		t[j] = log_prior[j];
	for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
	{
		const double *restrict row = fit->table + (Size) graph->codes[i] * k;

		for (uint32 j = 0; j < k; j++)
			t[j] += row[j];
	}
	if (unlikely(gold != NO_GOLD))
	{
		double log_likelihood = t[gold];

		for (uint32 j = 0; j < k; j++)
			t[j] = j == gold;
		return log_likelihood;
	}
	most = t[0];
	for (uint32 j = 1; j < k; j++)
		most = t[j] > most ? t[j] : most;
	for (uint32 j = 0; j < k; j++)
		t[j] = exp_nonpositive(t[j] - most);
	for (uint32 j = 0; j < k; j++)
		sum += t[j];
	scale = 1 / sum;
	for (uint32 j = 0; j < k; j++)
		t[j] *= scale;
	return most + log_positive(sum);
}

/* The shares of the votes of a unit: where estimation starts. */
static void
start_from_votes(const Fit *fit, uint32 unit, double *t)
{
	const LabelGraph *graph = fit->graph;
	uint64 start = graph->offsets[unit];
	uint64 end = graph->offsets[unit + 1];

	for (uint32 j = 0; j < fit->k; j++)
		t[j] = 0;
	if (graph->gold[unit] != NO_GOLD)
	{
		t[graph->gold[unit]] = 1;
		return;
	}
	for (uint64 i = start; i < end; i++)
		t[graph->codes[i] % fit->k] += 1;
	for (uint32 j = 0; j < fit->k; j++)
		t[j] /= end - start;
}

static pg_attribute_always_inline void
add_to_counts(const Fit *fit, uint32 unit, uint32 k, const double *restrict t)
{
	const LabelGraph *graph = fit->graph;

	for (uint32 j = 0; j < k; j++)
		fit->prior_counts[j] += t[j];
	for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
	{
		double *restrict row = fit->counts + (Size) graph->codes[i] * k;

		for (uint32 j = 0; j < k; j++)
			row[j] += t[j];
	}
}

/* One pass over all units; returns the log-likelihood. */
static pg_attribute_always_inline double
pass_of_size(const Fit *fit, uint32 k, double *t)
{
	double log_likelihood = 0;

	for (uint32 unit = 0; unit < fit->graph->nunits; unit++)
	{
		log_likelihood += expect(fit, unit, k, t);
		add_to_counts(fit, unit, k, t);
		if (unlikely((unit & 0xfff) == 0))
			CHECK_FOR_INTERRUPTS();
	}
	return log_likelihood;
}

/* The compiler unrolls the inner loops where it knows how many categories there are. */
#define PASS_OF_SIZE(n)                                                                            \
	case n:                                                                                        \
	{                                                                                              \
		double t[n];                                                                               \
		return pass_of_size(fit, n, t);                                                            \
	}

static double
pass(const Fit *fit)
{
	switch (fit->k)
	{
		PASS_OF_SIZE(2)
		PASS_OF_SIZE(3)
		PASS_OF_SIZE(4)
		PASS_OF_SIZE(5)
		PASS_OF_SIZE(6)
		PASS_OF_SIZE(8)
		PASS_OF_SIZE(10)
		default:
			return pass_of_size(fit, fit->k, fit->posterior);
	}
}

/* ------------------------------------------------------------------------- M-step ---- */

static double
log_probability(double p)
{
	return p < DBL_MIN ? LOG_ZERO : log_positive(p);
}

/* The confusion matrix of a rater; where a category was never true, it says nothing. */
static void
maximize_confusion(Fit *fit, uint32 rater)
{
	uint32 k = fit->k;
	const double *counts = fit->counts + (Size) rater * k * k;
	double *table = fit->table + (Size) rater * k * k;

	for (uint32 truth = 0; truth < k; truth++)
	{
		double total = 0;

		for (uint32 given = 0; given < k; given++)
			total += counts[(Size) given * k + truth];
		for (uint32 given = 0; given < k; given++)
			table[(Size) given * k + truth] =
				total < DBL_MIN ? log_positive(1.0 / k)
								: log_probability(counts[(Size) given * k + truth] / total);
	}
}

static double
coin_of(const Fit *fit, uint32 rater)
{
	uint32 k = fit->k;
	const double *counts = fit->counts + (Size) rater * k * k;
	double right = 0;
	double total = 0;

	for (uint32 given = 0; given < k; given++)
	{
		for (uint32 truth = 0; truth < k; truth++)
			total += counts[(Size) given * k + truth];
		right += counts[(Size) given * k + given];
	}
	return total > 0 ? Min(1, right / total) : 0;
}

static void
maximize_coin(Fit *fit, uint32 rater)
{
	uint32 k = fit->k;
	double *table = fit->table + (Size) rater * k * k;
	double skill = coin_of(fit, rater);
	double log_right = log_probability(skill);
	double log_wrong = k == 1 ? LOG_ZERO : log_probability((1 - skill) / (k - 1));

	for (uint32 given = 0; given < k; given++)
	{
		for (uint32 truth = 0; truth < k; truth++)
			table[(Size) given * k + truth] = given == truth ? log_right : log_wrong;
	}
}

static void
maximize(Fit *fit, ConsensusMethod method)
{
	for (uint32 j = 0; j < fit->k; j++)
		fit->log_prior[j] = log_probability(fit->prior_counts[j] / fit->graph->nunits);
	for (uint32 rater = 0; rater < fit->graph->nraters; rater++)
	{
		if (method == METHOD_ONE_COIN)
			maximize_coin(fit, rater);
		else
			maximize_confusion(fit, rater);
		CHECK_FOR_INTERRUPTS();
	}
}

/* ---------------------------------------------------------------------- iteration ---- */

static void
clear_counts(Fit *fit)
{
	memset(fit->prior_counts, 0, fit->k * sizeof(double));
	memset(fit->counts, 0, (Size) fit->graph->nraters * fit->k * fit->k * sizeof(double));
}

static Fit *
fit_create(const LabelGraph *graph, ConsensusMethod method)
{
	Fit *fit = palloc0(sizeof(Fit));
	Size k = graph->ncategories;
	Size cells = graph->nraters * k * k; /* raters times categories fits into 32 bits */

	state_memory_check(2 * cells * sizeof(double), consensus_method_name(method), LIKELIHOOD_HINT);
	fit->graph = graph;
	fit->k = graph->ncategories;
	fit->log_prior = palloc(k * sizeof(double));
	fit->prior_counts = palloc(k * sizeof(double));
	fit->posterior = palloc(k * sizeof(double));
	fit->table = palloc_extended(cells * sizeof(double), MCXT_ALLOC_HUGE);
	fit->counts = palloc_extended(cells * sizeof(double), MCXT_ALLOC_HUGE);
	return fit;
}

static void
iterate(Fit *fit, ConsensusMethod method)
{
	double before = -DBL_MAX;

	clear_counts(fit);
	for (uint32 unit = 0; unit < fit->graph->nunits; unit++)
	{
		start_from_votes(fit, unit, fit->posterior);
		add_to_counts(fit, unit, fit->k, fit->posterior);
		if (unlikely((unit & 0xfff) == 0))
			CHECK_FOR_INTERRUPTS();
	}
	while (fit->iterations < MAX_ITERATIONS && !fit->converged)
	{
		maximize(fit, method);
		clear_counts(fit);
		fit->log_likelihood = pass(fit);
		fit->iterations++;
		fit->converged =
			fit->log_likelihood - before <= TOLERANCE * (1 + fabs(fit->log_likelihood));
		before = fit->log_likelihood;
	}
}

/* -------------------------------------------------------------------------- model ---- */

static uint32
count_cells(const Fit *fit, const double *counts)
{
	uint32 cells = 0;

	for (Size i = 0; i < (Size) fit->k * fit->k; i++)
		cells += counts[i] >= DBL_MIN;
	return cells;
}

static void
put_raters(StringInfo buf, const Fit *fit)
{
	ModelRater *raters = raters_count(fit->graph);
	uint32 k = fit->k;

	bytes_put_u32(buf, fit->graph->nraters);
	for (uint32 rater = 0; rater < fit->graph->nraters; rater++)
	{
		const double *counts = fit->counts + (Size) rater * k * k;

		raters[rater].skill = coin_of(fit, rater);
		raters[rater].ncells = count_cells(fit, counts);
		model_put_rater(buf, &raters[rater]);
		for (uint32 truth = 0; truth < k; truth++)
		{
			for (uint32 given = 0; given < k; given++)
			{
				double expected = counts[(Size) given * k + truth];

				if (expected >= DBL_MIN)
					model_put_cell(buf, (ModelCell){truth, given, expected});
			}
		}
		CHECK_FOR_INTERRUPTS();
	}
}

static void
put_units(StringInfo buf, const Fit *fit)
{
	const LabelGraph *graph = fit->graph;

	bytes_put_u32(buf, graph->nunits);
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		ModelUnit row = {.name = graph->units[unit],
						 .nlabels = graph->offsets[unit + 1] - graph->offsets[unit],
						 .gold = graph->gold[unit] == NO_GOLD ? 0 : graph->gold[unit] + 1};

		expect(fit, unit, fit->k, fit->posterior);
		for (uint32 j = 0; j < fit->k; j++)
			row.nposteriors += fit->posterior[j] >= DBL_MIN;
		model_put_unit(buf, &row);
		for (uint32 j = 0; j < fit->k; j++)
		{
			if (fit->posterior[j] >= DBL_MIN)
				model_put_posterior(buf, (ModelPosterior){j, Min(1, fit->posterior[j])});
		}
		if ((unit & 0xfff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

struct varlena *
consensus_by_likelihood(const LabelGraph *graph, ConsensusMethod method)
{
	ModelHeader header = consensus_header(graph, method);
	Fit *fit = fit_create(graph, method);
	double *priors = palloc(fit->k * sizeof(double));
	StringInfoData buf;

	iterate(fit, method);
	header.iterations = fit->iterations;
	header.converged = fit->converged;
	header.has_likelihood = true;
	header.log_likelihood = fit->log_likelihood;
	if (header.status == CONSENSUS_OK && !fit->converged)
		header.status = CONSENSUS_NOT_CONVERGED;
	for (uint32 j = 0; j < fit->k; j++)
		priors[j] = Min(1, fit->prior_counts[j] / graph->nunits);
	model_begin(&buf, &header, graph->ncategories, graph->categories, priors);
	put_raters(&buf, fit);
	put_units(&buf, fit);
	return model_end(&buf);
}
