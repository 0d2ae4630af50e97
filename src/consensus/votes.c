/*
 * votes.c: consensus by votes.
 *
 * Majority vote, and Wawa ("worker agreement with aggregate"): the accuracy of each rater against the
 * majority weighs the votes of a second count. Both are sparse: memory and model grow with the
 * labels, however many categories there are.
 */
#include "postgres.h"

#include "consensus/estimate.h"
#include "core/state_memory.h"
#include "miscadmin.h"

#define VOTES_HINT                                                                                 \
	"Votes take 40 bytes a label. Aggregate fewer units at a time (GROUP BY batch), or raise "     \
	"aidataops.max_state_memory."

/* What is known before anything is estimated: can raters be compared at all? */
ConsensusStatus
structural_status(const LabelGraph *graph, bool compares_raters)
{
	bool overlap = false;

	if (graph->ncategories == 1)
		return CONSENSUS_SINGLE_CATEGORY;
	if (graph->nraters == 1)
		return CONSENSUS_ONE_RATER;
	for (uint32 unit = 0; unit < graph->nunits && !overlap; unit++)
		overlap =
			graph->offsets[unit + 1] - graph->offsets[unit] > 1 || graph->gold[unit] != NO_GOLD;
	if (!overlap)
		return CONSENSUS_NO_OVERLAP;
	if (compares_raters && graph->components > 1)
		return CONSENSUS_DISCONNECTED;
	return CONSENSUS_OK;
}

ModelHeader
consensus_header(const LabelGraph *graph, ConsensusMethod method)
{
	ModelHeader header = {
		.method = method,
		.status = structural_status(graph, method != METHOD_MAJORITY_VOTE),
		.converged = true,
		.components = graph->components,
		.nlabels = graph->nlabels,
		.hash_sum = graph->hash_sum,
	};

	for (uint32 unit = 0; unit < graph->nunits; unit++)
		header.ngold += graph->gold[unit] != NO_GOLD;
	return header;
}

ModelRater *
raters_count(const LabelGraph *graph)
{
	ModelRater *raters = palloc0((Size) graph->nraters * sizeof(ModelRater));

	for (uint32 rater = 0; rater < graph->nraters; rater++)
		raters[rater].name = graph->raters[rater];
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint32 gold = graph->gold[unit];

		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
		{
			ModelRater *rater = &raters[graph->codes[i] / graph->ncategories];

			rater->nlabels++;
			rater->ngold += gold != NO_GOLD;
			rater->ngold_right += graph->codes[i] % graph->ncategories == gold;
		}
	}
	return raters;
}

/* ------------------------------------------------------------------------ shares ---- */

static int
compare_categories(const void *a, const void *b)
{
	uint32 x = *(const uint32 *) a;
	uint32 y = *(const uint32 *) b;

	return (x > y) - (x < y);
}

/* The weight that each category has from the labels of a unit; mass is all zero before and after. */
static uint32
unit_shares(const LabelGraph *graph, uint32 unit, const double *weights, double *mass,
			uint32 *categories, double *shares)
{
	uint32 count = 0;
	double total = 0;

	for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
	{
		uint32 category = graph->codes[i] % graph->ncategories;
		double weight = weights == NULL ? 1 : weights[graph->codes[i] / graph->ncategories];

		if (mass[category] == 0 && weight > 0)
			categories[count++] = category;
		mass[category] += weight;
		total += weight;
	}
	qsort(categories, count, sizeof(uint32), compare_categories);
	for (uint32 i = 0; i < count; i++)
	{
		shares[i] = Min(1, mass[categories[i]] / total);
		mass[categories[i]] = 0;
	}
	return count;
}

/*
 * Shares of the votes; weights may be NULL for equal ones. Gold labels have every vote. Somebody who
 * voted has a weight above zero, because somebody voted for what won without weights.
 */
Votes *
votes_count(const LabelGraph *graph, const double *weights)
{
	Votes *votes = palloc(sizeof(Votes));
	double *mass = palloc0((Size) graph->ncategories * sizeof(double));
	uint64 end = 0;

	state_memory_check(graph->nlabels * 40, "consensus by votes", VOTES_HINT);
	votes->offsets = palloc_extended(((Size) graph->nunits + 1) * sizeof(uint64), MCXT_ALLOC_HUGE);
	votes->categories = palloc_extended(graph->nlabels * sizeof(uint32), MCXT_ALLOC_HUGE);
	votes->shares = palloc_extended(graph->nlabels * sizeof(double), MCXT_ALLOC_HUGE);
	votes->priors = palloc0((Size) graph->ncategories * sizeof(double));
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint32 *categories = votes->categories + end;
		double *shares = votes->shares + end;
		uint32 count = 1;

		votes->offsets[unit] = end;
		if (graph->gold[unit] != NO_GOLD)
		{
			categories[0] = graph->gold[unit];
			shares[0] = 1;
		}
		else
			count = unit_shares(graph, unit, weights, mass, categories, shares);
		for (uint32 i = 0; i < count; i++)
			votes->priors[categories[i]] += shares[i];
		end += count;
		if ((unit & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	votes->offsets[graph->nunits] = end;
	for (uint32 category = 0; category < graph->ncategories; category++)
		votes->priors[category] = Min(1, votes->priors[category] / graph->nunits);
	pfree(mass);
	return votes;
}

uint32
votes_winner(const Votes *votes, uint32 unit)
{
	uint64 best = votes->offsets[unit];

	for (uint64 i = best + 1; i < votes->offsets[unit + 1]; i++)
	{
		if (better_category(votes->shares[i], votes->priors[votes->categories[i]],
							votes->shares[best], votes->priors[votes->categories[best]]))
			best = i;
	}
	return votes->categories[best];
}

/* Of each rater's labels, how many are the winner of their unit? */
static double *
agreement_with_winners(const LabelGraph *graph, const Votes *votes, const ModelRater *raters)
{
	double *agreement = palloc0((Size) graph->nraters * sizeof(double));

	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint32 winner = votes_winner(votes, unit);

		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
			agreement[graph->codes[i] / graph->ncategories] +=
				graph->codes[i] % graph->ncategories == winner;
	}
	for (uint32 rater = 0; rater < graph->nraters; rater++)
		agreement[rater] /= raters[rater].nlabels;
	return agreement;
}

/* ------------------------------------------------------------- confusion of raters ---- */

/* The labels once more, by rater. */
typedef struct RaterLabel
{
	uint32 unit;
	uint32 category;
} RaterLabel;

typedef struct Cell
{
	uint64 key; /* true category, then the one given */
	uint32 unit;
	double mass;
} Cell;

static RaterLabel *
labels_by_rater(const LabelGraph *graph, const ModelRater *raters)
{
	RaterLabel *labels = palloc_extended(graph->nlabels * sizeof(RaterLabel), MCXT_ALLOC_HUGE);
	uint64 *next = palloc((Size) graph->nraters * sizeof(uint64));
	uint64 start = 0;

	for (uint32 rater = 0; rater < graph->nraters; rater++)
	{
		next[rater] = start;
		start += raters[rater].nlabels;
	}
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
		{
			RaterLabel *label = &labels[next[graph->codes[i] / graph->ncategories]++];

			label->unit = unit;
			label->category = graph->codes[i] % graph->ncategories;
		}
	}
	pfree(next);
	return labels;
}

/* By cell, and within it by unit, so that what is added up has one order. */
static int
compare_cells(const void *a, const void *b)
{
	const Cell *x = a;
	const Cell *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->unit > y->unit) - (x->unit < y->unit);
}

static uint64
merge_cells(Cell *cells, uint64 count)
{
	uint64 kept = 0;

	qsort(cells, count, sizeof(Cell), compare_cells);
	for (uint64 i = 0; i < count; i++)
	{
		if (kept > 0 && cells[kept - 1].key == cells[i].key)
			cells[kept - 1].mass += cells[i].mass;
		else
			cells[kept++] = cells[i];
	}
	return kept;
}

/* The categories of a rater's units, each with its share of the votes, against what the rater said. */
static uint64
rater_cells(const LabelGraph *graph, const Votes *votes, const ModelRater *rater,
			const RaterLabel *labels, Cell *cells)
{
	uint64 count = 0;

	for (uint32 i = 0; i < rater->nlabels; i++)
	{
		for (uint64 v = votes->offsets[labels[i].unit]; v < votes->offsets[labels[i].unit + 1]; v++)
		{
			cells[count].key =
				(uint64) votes->categories[v] * graph->ncategories + labels[i].category;
			cells[count].unit = labels[i].unit;
			cells[count++].mass = votes->shares[v];
		}
	}
	return merge_cells(cells, count);
}

static void
put_rater_sparse(StringInfo buf, const LabelGraph *graph, const Votes *votes, ModelRater *rater,
				 const RaterLabel *labels, uint64 count)
{
	Cell *cells;

	state_memory_check(count * sizeof(Cell), "confusion of one rater", VOTES_HINT);
	cells = palloc_extended(count * sizeof(Cell), MCXT_ALLOC_HUGE);
	rater->ncells = rater_cells(graph, votes, rater, labels, cells);
	model_put_rater(buf, rater);
	for (uint32 i = 0; i < rater->ncells; i++)
		model_put_cell(buf, (ModelCell){.truth = cells[i].key / graph->ncategories,
										.given = cells[i].key % graph->ncategories,
										.expected = cells[i].mass});
	pfree(cells);
}

/* The same with a matrix of all cells, which needs no sorting; each adds up in order of units too. */
static void
put_rater_dense(StringInfo buf, const LabelGraph *graph, const Votes *votes, ModelRater *rater,
				const RaterLabel *labels)
{
	Size k = graph->ncategories;
	double *mass = palloc0(k * k * sizeof(double));

	for (uint32 i = 0; i < rater->nlabels; i++)
	{
		for (uint64 v = votes->offsets[labels[i].unit]; v < votes->offsets[labels[i].unit + 1]; v++)
			mass[votes->categories[v] * k + labels[i].category] += votes->shares[v];
	}
	for (Size i = 0; i < k * k; i++)
		rater->ncells += mass[i] > 0;
	model_put_rater(buf, rater);
	for (Size i = 0; i < k * k; i++)
	{
		if (mass[i] > 0)
			model_put_cell(buf, (ModelCell){.truth = i / k, .given = i % k, .expected = mass[i]});
	}
	pfree(mass);
}

/* What a matrix of all cells may take: it stays in the cache of a processor. */
#define DENSE_CATEGORIES 128

static void
put_rater_of_votes(StringInfo buf, const LabelGraph *graph, const Votes *votes, ModelRater *rater,
				   const RaterLabel *labels)
{
	uint64 k = graph->ncategories;
	uint64 count = 0;

	for (uint32 i = 0; i < rater->nlabels; i++)
		count += votes->offsets[labels[i].unit + 1] - votes->offsets[labels[i].unit];
	if (k <= DENSE_CATEGORIES && k * k <= count)
		put_rater_dense(buf, graph, votes, rater, labels);
	else
		put_rater_sparse(buf, graph, votes, rater, labels, count);
	CHECK_FOR_INTERRUPTS();
}

static void
put_raters_of_votes(StringInfo buf, const LabelGraph *graph, const Votes *votes, ModelRater *raters)
{
	RaterLabel *labels = labels_by_rater(graph, raters);
	uint64 start = 0;

	bytes_put_u32(buf, graph->nraters);
	for (uint32 rater = 0; rater < graph->nraters; rater++)
	{
		put_rater_of_votes(buf, graph, votes, &raters[rater], labels + start);
		start += raters[rater].nlabels;
	}
	pfree(labels);
}

/* -------------------------------------------------------------------------- model ---- */

static void
put_units_of_votes(StringInfo buf, const LabelGraph *graph, const Votes *votes)
{
	bytes_put_u32(buf, graph->nunits);
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		ModelUnit row = {.name = graph->units[unit],
						 .nlabels = graph->offsets[unit + 1] - graph->offsets[unit],
						 .gold = graph->gold[unit] == NO_GOLD ? 0 : graph->gold[unit] + 1,
						 .nposteriors = votes->offsets[unit + 1] - votes->offsets[unit]};

		model_put_unit(buf, &row);
		for (uint64 i = votes->offsets[unit]; i < votes->offsets[unit + 1]; i++)
			model_put_posterior(buf, (ModelPosterior){.category = votes->categories[i],
													  .probability = votes->shares[i]});
	}
}

struct varlena *
consensus_by_votes(const LabelGraph *graph, ConsensusMethod method)
{
	ModelHeader header = consensus_header(graph, method);
	ModelRater *raters = raters_count(graph);
	Votes *votes = votes_count(graph, NULL);
	double *skills = agreement_with_winners(graph, votes, raters);
	StringInfoData buf;

	if (method == METHOD_WAWA)
		votes = votes_count(graph, skills);
	for (uint32 rater = 0; rater < graph->nraters; rater++)
		raters[rater].skill = skills[rater];
	model_begin(&buf, &header, graph->ncategories, graph->categories, votes->priors);
	put_raters_of_votes(&buf, graph, votes, raters);
	put_units_of_votes(&buf, graph, votes);
	return model_end(&buf);
}
