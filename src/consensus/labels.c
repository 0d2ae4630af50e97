/*
 * labels.c: collects labels, and puts them into canonical order.
 *
 * A label costs 12 bytes while it is collected and 4 more when it is put into order, whatever the
 * length of the names, which are kept once each. There is no combine function: the order is canonical
 * only when all labels are there, so a parallel plan gathers the rows and aggregates them once.
 */
#include "postgres.h"

#include "consensus/labels.h"
#include "core/state_memory.h"
#include "fingerprint/fingerprint.h"
#include "miscadmin.h"

#define BLOCK_BITS     16
#define BLOCK_SIZE     (1u << BLOCK_BITS)
#define FIRST_CAPACITY 32

#define MEMORY_HINT                                                                                \
	"A label takes 16 bytes beside the names. Aggregate fewer units at a time (GROUP BY batch), "  \
	"or "                                                                                          \
	"raise aidataops.max_state_memory."

LabelState *
label_state_create(MemoryContext context)
{
	LabelState *state = MemoryContextAllocZero(context, sizeof(LabelState));

	state->context = context;
	dictionary_init(&state->units, context);
	dictionary_init(&state->raters, context);
	dictionary_init(&state->labels, context);
	return state;
}

static void
check_memory(const LabelState *state, Size more)
{
	/* the last term is what putting into order will need */
	state_memory_check(state->bytes + state->units.bytes + state->raters.bytes +
						   state->labels.bytes + more + state->count * sizeof(uint32),
					   "consensus", MEMORY_HINT);
}

/* Block 0 doubles until it is full, so that many small groups are cheap. */
static LabelEntry *
next_entry(LabelState *state)
{
	uint64 block = state->count >> BLOCK_BITS;
	uint32 at = state->count & (BLOCK_SIZE - 1);

	if (block == 0 && at == state->first_capacity)
	{
		uint32 capacity = at == 0 ? FIRST_CAPACITY : at * 2;

		check_memory(state, capacity * sizeof(LabelEntry));
		if (at == 0)
			state->blocks = MemoryContextAlloc(state->context, sizeof(LabelEntry *));
		state->blocks[0] = at == 0
							   ? MemoryContextAlloc(state->context, capacity * sizeof(LabelEntry))
							   : repalloc(state->blocks[0], capacity * sizeof(LabelEntry));
		state->bytes += (capacity - at) * sizeof(LabelEntry);
		state->first_capacity = capacity;
		state->nblocks = 1;
	}
	else if (block == state->nblocks)
	{
		check_memory(state, BLOCK_SIZE * sizeof(LabelEntry));
		state->blocks = repalloc(state->blocks, (block + 1) * sizeof(LabelEntry *));
		state->blocks[block] = MemoryContextAlloc(state->context, BLOCK_SIZE * sizeof(LabelEntry));
		state->bytes += BLOCK_SIZE * sizeof(LabelEntry);
		state->nblocks++;
	}
	state->count++;
	return &state->blocks[block][at];
}

static void
grow_gold(LabelState *state)
{
	uint32 capacity = state->units.capacity;

	state->gold = state->gold == NULL
					  ? MemoryContextAllocHuge(state->context, capacity * sizeof(uint32))
					  : repalloc_huge(state->gold, capacity * sizeof(uint32));
	for (uint32 i = state->gold_capacity; i < capacity; i++)
		state->gold[i] = NO_GOLD;
	state->bytes += (capacity - state->gold_capacity) * sizeof(uint32);
	state->gold_capacity = capacity;
}

static void
set_gold(LabelState *state, uint32 unit, uint32 label)
{
	uint32 before = state->gold[unit];

	if (before != NO_GOLD && before != label)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("unit \"%s\" has two gold labels: \"%s\" and \"%s\"",
						utf8_to_cstring(state->units.texts[unit]),
						utf8_to_cstring(state->labels.texts[Min(before, label)]),
						utf8_to_cstring(state->labels.texts[Max(before, label)])),
				 errdetail("A unit has at most one true label."),
				 errhint("Correct the gold labels, or give NULL where the truth is disputed.")));
	state->gold[unit] = label;
}

void
label_state_add(LabelState *state, Utf8 unit, Utf8 rater, Utf8 label, const Utf8 *gold)
{
	LabelEntry *entry = next_entry(state);

	entry->unit = dictionary_number(&state->units, unit);
	entry->rater = dictionary_number(&state->raters, rater);
	entry->label = dictionary_number(&state->labels, label);
	if (entry->unit >= state->gold_capacity)
		grow_gold(state);
	check_memory(state, 0); /* at each row, because names may be long */
	if (gold != NULL)
		set_gold(state, entry->unit, dictionary_number(&state->labels, *gold));
}

/* ---------------------------------------------------------------- canonical order ---- */

static int
compare_codes(const void *a, const void *b)
{
	uint32 x = *(const uint32 *) a;
	uint32 y = *(const uint32 *) b;

	return (x > y) - (x < y);
}

static void
sort_codes(uint32 *codes, uint64 count)
{
	if (count > 32)
	{
		qsort(codes, count, sizeof(uint32), compare_codes);
		return;
	}
	for (uint64 i = 1; i < count; i++)
	{
		uint32 code = codes[i];
		uint64 at = i;

		for (; at > 0 && codes[at - 1] > code; at--)
			codes[at] = codes[at - 1];
		codes[at] = code;
	}
}

static inline const LabelEntry *
entry_at(const LabelState *state, uint64 i)
{
	return &state->blocks[i >> BLOCK_BITS][i & (BLOCK_SIZE - 1)];
}

/* offsets[u + 1] is where the next label of unit u goes, and so in the end where those of u + 1 begin. */
static void
place_labels(const LabelState *state, LabelGraph *graph, const SortedTexts *units,
			 const SortedTexts *raters, const SortedTexts *labels)
{
	uint64 *next = graph->offsets + 1;
	uint64 start = 0;

	for (uint64 i = 0; i < state->count; i++)
		next[units->ranks[entry_at(state, i)->unit]]++;
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint64 count = next[unit];

		next[unit] = start;
		start += count;
	}
	for (uint64 i = 0; i < state->count; i++)
	{
		const LabelEntry *entry = entry_at(state, i);

		graph->codes[next[units->ranks[entry->unit]]++] =
			raters->ranks[entry->rater] * graph->ncategories + labels->ranks[entry->label];
		if ((i & 0xfffff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (uint32 unit = 0; unit < graph->nunits; unit++)
		sort_codes(graph->codes + graph->offsets[unit],
				   graph->offsets[unit + 1] - graph->offsets[unit]);
}

static void
place_gold(const LabelState *state, LabelGraph *graph, const SortedTexts *units,
		   const SortedTexts *labels)
{
	graph->gold = palloc_extended((Size) graph->nunits * sizeof(uint32), MCXT_ALLOC_HUGE);
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint32 gold = state->gold[unit];

		graph->gold[units->ranks[unit]] = gold == NO_GOLD ? NO_GOLD : labels->ranks[gold];
	}
}

static uint32
find_root(uint32 *parent, uint32 rater)
{
	while (parent[rater] != rater)
	{
		parent[rater] = parent[parent[rater]];
		rater = parent[rater];
	}
	return rater;
}

/*
 * How many groups of raters there are that share no unit with each other. Units with gold labels
 * connect all their raters, because gold says how the categories of one group relate to another's.
 */
static uint32
count_components(const LabelGraph *graph)
{
	uint32 *parent = palloc(((Size) graph->nraters + 1) * sizeof(uint32));
	uint32 gold_node = graph->nraters;
	uint32 components = 0;
	bool gold_used = false;

	for (uint32 node = 0; node <= gold_node; node++)
		parent[node] = node;
	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		uint32 anchor = graph->codes[graph->offsets[unit]] / graph->ncategories;

		if (graph->gold[unit] != NO_GOLD)
		{
			anchor = gold_node;
			gold_used = true;
		}
		for (uint64 i = graph->offsets[unit]; i < graph->offsets[unit + 1]; i++)
			parent[find_root(parent, graph->codes[i] / graph->ncategories)] =
				find_root(parent, anchor);
	}
	for (uint32 node = 0; node <= gold_node; node++)
		components += parent[node] == node;
	pfree(parent);
	return gold_used ? components : components - 1;
}

LabelGraph *
label_graph_create(const LabelState *state)
{
	LabelGraph *graph = palloc0(sizeof(LabelGraph));
	SortedTexts units = dictionary_sort(&state->units);
	SortedTexts raters = dictionary_sort(&state->raters);
	SortedTexts labels = dictionary_sort(&state->labels);

	if ((uint64) raters.count * labels.count > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many raters and categories: %u times %u", raters.count, labels.count),
				 errdetail("Their product may be up to %u.", PG_UINT32_MAX),
				 errhint("Are raters, or labels, something else by mistake?")));
	graph->nunits = units.count;
	graph->nraters = raters.count;
	graph->ncategories = labels.count;
	graph->nlabels = state->count;
	graph->units = units.texts;
	graph->raters = raters.texts;
	graph->categories = labels.texts;
	graph->unit_ranks = units.ranks;
	graph->category_ranks = labels.ranks;
	graph->hash_sum = state->hash_sum;
	graph->offsets = palloc_extended(((Size) graph->nunits + 1) * sizeof(uint64),
									 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	graph->codes = palloc_extended(state->count * sizeof(uint32), MCXT_ALLOC_HUGE);
	place_labels(state, graph, &units, &raters, &labels);
	place_gold(state, graph, &units, &labels);
	graph->components = count_components(graph);
	return graph;
}
