/*
 * crowdlab.c: consensus of raters and a classifier (CROWDLAB; Goh, Tkachenko and Mueller 2022).
 *
 * The classifier is one more voice. Raters and classifier are weighed by how much better they are than
 * naming the most frequent consensus label always, raters by their agreement with other raters, the
 * classifier by its agreement with the majority; a rater's voice gives the label P and the others
 * the rest alike, P being how often labels agree with the majority. A closed form: nothing iterates.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "consensus/crowdlab.h"
#include "consensus/estimate.h"
#include "core/state_memory.h"
#include "miscadmin.h"

/* No weight and no error is less than this. */
#define LEAST 1e-6

typedef struct Crowdlab
{
	const LabelGraph *graph;
	const double *predictions; /* by unit and category, both in canonical order */
	uint32 k;
	uint32 *consensus; /* the majority label of each unit */
	double label_accuracy;
	double *weights; /* by rater */
	double classifier_weight;
	uint32 *scratch; /* by category */
} Crowdlab;

static inline uint64
labels_of(const LabelGraph *graph, uint32 unit)
{
	return graph->offsets[unit + 1] - graph->offsets[unit];
}

/* ------------------------------------------------------------- majority of the raters ---- */

/* Ties go to what the classifier finds more probable, then to the rarer label, then to the first. */
static bool
beats(const Crowdlab *lab, const double *p, const uint64 *frequency, uint32 a, uint32 b)
{
	if (lab->scratch[a] != lab->scratch[b])
		return lab->scratch[a] > lab->scratch[b];
	if (p[a] != p[b])
		return p[a] > p[b];
	return frequency[a] < frequency[b];
}

static void
find_majorities(Crowdlab *lab)
{
	const LabelGraph *graph = lab->graph;
	uint64 *frequency = palloc0(lab->k * sizeof(uint64));

	for (uint64 i = 0; i < graph->nlabels; i++)
		frequency[graph->codes[i] % lab->k]++;
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		const double *p = lab->predictions + (Size) unit * lab->k;
		uint32 best = 0;

		memset(lab->scratch, 0, lab->k * sizeof(uint32));
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
			lab->scratch[graph->codes[i] % lab->k]++;
		for (uint32 j = 1; j < lab->k; j++)
		{
			if (beats(lab, p, frequency, j, best))
				best = j;
		}
		lab->consensus[unit] = best;
		if ((unit & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	pfree(frequency);
}

/* ------------------------------------------------------------------------- weights ---- */

/* How often labels of units with several agree with the majority, each unit counting once. */
static double
mean_agreement(const Crowdlab *lab, uint32 nshared)
{
	const LabelGraph *graph = lab->graph;
	double sum = 0;

	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint64 right = 0;

		if (labels_of(graph, unit) < 2)
			continue;
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
			right += graph->codes[i] % lab->k == lab->consensus[unit];
		sum += (double) right / labels_of(graph, unit);
	}
	return sum / nshared;
}

/* The share of units with several labels whose majority is not the most frequent majority. */
static double
mode_error(const Crowdlab *lab, uint32 nshared)
{
	uint32 most = 0;

	memset(lab->scratch, 0, lab->k * sizeof(uint32));
	for (uint32 unit = 0; unit < lab->graph->nunits; unit++)
	{
		if (labels_of(lab->graph, unit) > 1)
		{
			lab->scratch[lab->consensus[unit]]++;
			most = Max(most, lab->scratch[lab->consensus[unit]]);
		}
	}
	return Max(LEAST, 1 - (double) most / nshared);
}

static double
classifier_error(const Crowdlab *lab, const uint32 *choices, uint32 nshared)
{
	uint32 wrong = 0;

	for (uint32 unit = 0; unit < lab->graph->nunits; unit++)
		wrong += labels_of(lab->graph, unit) > 1 && choices[unit] != lab->consensus[unit];
	return (double) wrong / nshared;
}

/* The share of pairs with another rater's label in which a rater agrees; who has none gets the mean. */
static double *
agreement_with_others(const Crowdlab *lab)
{
	const LabelGraph *graph = lab->graph;
	double *same = palloc0((Size) graph->nraters * sizeof(double));
	double *pairs = palloc0((Size) graph->nraters * sizeof(double));
	double sum = 0;
	uint32 known = 0;

	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		memset(lab->scratch, 0, lab->k * sizeof(uint32));
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
			lab->scratch[graph->codes[i] % lab->k]++;
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
		{
			same[graph->codes[i] / lab->k] += lab->scratch[graph->codes[i] % lab->k] - 1;
			pairs[graph->codes[i] / lab->k] += labels_of(graph, unit) - 1;
		}
	}
	for (uint32 rater = 0; rater < graph->nraters; rater++)
	{
		if (pairs[rater] > 0)
		{
			same[rater] /= pairs[rater];
			sum += same[rater];
			known++;
		}
	}
	for (uint32 rater = 0; rater < graph->nraters; rater++)
	{
		if (pairs[rater] == 0)
			same[rater] = sum / known;
	}
	pfree(pairs);
	return same;
}

static double
weight_of_error(double error, double reference)
{
	return Max(LEAST, 1 - error / reference);
}

static void
find_weights(Crowdlab *lab, const uint32 *choices, uint32 nshared)
{
	const LabelGraph *graph = lab->graph;
	double reference = mode_error(lab, nshared);
	double *agreement = agreement_with_others(lab);

	lab->label_accuracy = mean_agreement(lab, nshared);
	for (uint32 rater = 0; rater < graph->nraters; rater++)
		lab->weights[rater] = weight_of_error(1 - agreement[rater], reference);
	lab->classifier_weight = weight_of_error(classifier_error(lab, choices, nshared), reference) *
							 sqrt((double) graph->nlabels / graph->nunits);
	pfree(agreement);
}

/* ---------------------------------------------------------------------- posteriors ---- */

static void
unit_posterior(const Crowdlab *lab, uint32 unit, double *t)
{
	const LabelGraph *graph = lab->graph;
	double others = (1 - lab->label_accuracy) / (lab->k - 1);
	double sum = 0;

	for (uint32 j = 0; j < lab->k; j++)
		t[j] = lab->predictions[(Size) unit * lab->k + j] * lab->classifier_weight;
	for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
	{
		uint32 given = graph->codes[i] % lab->k;
		double weight = lab->weights[graph->codes[i] / lab->k];

		for (uint32 j = 0; j < lab->k; j++)
			t[j] += weight * (j == given ? lab->label_accuracy : others);
	}
	for (uint32 j = 0; j < lab->k; j++)
		sum += t[j];
	for (uint32 j = 0; j < lab->k; j++)
		t[j] = Min(1, t[j] / sum);
}

/* -------------------------------------------------------------------------- model ---- */

/* The expected confusion of all raters, as of the other methods: rater, true, given. */
static double *
expected_confusion(const Crowdlab *lab, double *priors, double *t)
{
	const LabelGraph *graph = lab->graph;
	Size k = lab->k;
	double *counts =
		palloc_extended(graph->nraters * k * k * sizeof(double), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		unit_posterior(lab, unit, t);
		for (uint32 j = 0; j < lab->k; j++)
			priors[j] += t[j];
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
		{
			double *matrix = counts + (graph->codes[i] / lab->k) * k * k;

			for (uint32 j = 0; j < lab->k; j++)
				matrix[j * k + graph->codes[i] % lab->k] += t[j];
		}
		if ((unit & 0xfff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (uint32 j = 0; j < lab->k; j++)
		priors[j] = Min(1, priors[j] / graph->nunits);
	return counts;
}

static void
put_raters(StringInfo buf, const Crowdlab *lab, const double *counts)
{
	ModelRater *raters = raters_count(lab->graph);
	Size k = lab->k;

	bytes_put_u32(buf, lab->graph->nraters);
	for (uint32 rater = 0; rater < lab->graph->nraters; rater++)
	{
		const double *matrix = counts + rater * k * k;

		raters[rater].skill = lab->weights[rater];
		for (Size cell = 0; cell < k * k; cell++)
			raters[rater].ncells += matrix[cell] > 0;
		model_put_rater(buf, &raters[rater]);
		for (Size cell = 0; cell < k * k; cell++)
		{
			if (matrix[cell] > 0)
				model_put_cell(buf, (ModelCell){cell / k, cell % k, matrix[cell]});
		}
	}
}

static void
put_units(StringInfo buf, const Crowdlab *lab, double *t)
{
	const LabelGraph *graph = lab->graph;

	bytes_put_u32(buf, graph->nunits);
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		ModelUnit row = {.name = graph->units[unit], .nlabels = labels_of(graph, unit)};

		unit_posterior(lab, unit, t);
		for (uint32 j = 0; j < lab->k; j++)
			row.nposteriors += t[j] >= DBL_MIN;
		model_put_unit(buf, &row);
		for (uint32 j = 0; j < lab->k; j++)
		{
			if (t[j] >= DBL_MIN)
				model_put_posterior(buf, (ModelPosterior){j, t[j]});
		}
	}
}

static uint32
count_shared(const LabelGraph *graph)
{
	uint32 nshared = 0;

	for (uint32 unit = 0; unit < graph->nunits; unit++)
		nshared += labels_of(graph, unit) > 1;
	return nshared;
}

struct varlena *
consensus_by_crowdlab(const LabelGraph *graph, const double *predictions, const uint32 *choices)
{
	ModelHeader header = consensus_header(graph, METHOD_CROWDLAB);
	Size k = graph->ncategories;
	Crowdlab lab = {.graph = graph, .predictions = predictions, .k = graph->ncategories};
	double *priors = palloc0(k * sizeof(double));
	double *t = palloc(k * sizeof(double));
	uint32 nshared = count_shared(graph);
	double *counts;
	StringInfoData buf;

	state_memory_check(graph->nraters * k * k * sizeof(double), "crowdlab",
					   "It keeps a number for each rater and pair of classes. Merge rare classes, "
					   "or raise aidataops.max_state_memory.");
	lab.consensus = palloc_extended((Size) graph->nunits * sizeof(uint32), MCXT_ALLOC_HUGE);
	lab.weights = palloc0((Size) graph->nraters * sizeof(double));
	lab.scratch = palloc(k * sizeof(uint32));
	lab.classifier_weight = 1; /* where no two raters labelled the same, only it can be heard */
	if (nshared > 0)
	{
		find_majorities(&lab);
		find_weights(&lab, choices, nshared);
	}
	header.classifier_weight = lab.classifier_weight;
	counts = expected_confusion(&lab, priors, t);
	model_begin(&buf, &header, graph->ncategories, graph->categories, priors);
	put_raters(&buf, &lab, counts);
	put_units(&buf, &lab, t);
	return model_end(&buf);
}
