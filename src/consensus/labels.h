/*
 * labels.h: who labelled what how: the labels of an aggregate as they come, and in canonical order.
 */
#ifndef AIDATAOPS_CONSENSUS_LABELS_H
#define AIDATAOPS_CONSENSUS_LABELS_H

#include "core/dictionary.h"
#include "core/record.h"
#include "fmgr.h"

#define NO_GOLD PG_UINT32_MAX

/* One label, by numbers of the three dictionaries; 12 bytes, the whole cost of a row to come. */
typedef struct LabelEntry
{
	uint32 unit;
	uint32 rater;
	uint32 label;
} LabelEntry;

/* The state of a consensus aggregate. Finals only read it: a window may go on adding. */
typedef struct LabelState
{
	MemoryContext context;
	Dictionary units;
	Dictionary raters;
	Dictionary labels;
	uint64 count;
	LabelEntry **blocks;
	uint32 nblocks;
	uint32 first_capacity; /* of block 0 while it is the only one */
	uint32 *gold;          /* by unit, NO_GOLD for none */
	uint32 gold_capacity;
	Size bytes;
	RowHash hash_sum; /* of the rows, as a fingerprint adds them */
} LabelState;

/*
 * The labels in canonical order: units, raters and categories are numbered by the bytes of their
 * names, and the labels of a unit are sorted. What is computed in this order does not depend on the
 * order of the rows.
 */
typedef struct LabelGraph
{
	uint32 nunits;
	uint32 nraters;
	uint32 ncategories;
	uint64 nlabels;
	Utf8 *units;
	Utf8 *raters;
	Utf8 *categories;
	uint64 *offsets;        /* of each unit's labels, and the end */
	uint32 *codes;          /* rater * ncategories + category */
	uint32 *gold;           /* by unit: a category or NO_GOLD */
	uint32 *unit_ranks;     /* by number in the state */
	uint32 *category_ranks; /* likewise */
	uint32 components;
	RowHash hash_sum;
} LabelGraph;

extern LabelState *label_state_create(MemoryContext context);
extern void label_state_add(LabelState *state, Utf8 unit, Utf8 rater, Utf8 label, const Utf8 *gold);
extern LabelGraph *label_graph_create(const LabelState *state);

#endif
