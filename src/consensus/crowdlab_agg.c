/*
 * crowdlab_agg.c: collects labels and predictions for crowdlab.c.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type_d.h"
#include "consensus/crowdlab.h"
#include "core/arguments.h"
#include "core/predictions.h"
#include "core/row_fingerprint.h"
#include "core/state_memory.h"
#include "fingerprint/fingerprint.h"
#include "utils/datum.h"
#include "utils/memutils.h"

typedef struct CrowdlabState
{
	LabelState *labels; /* its categories are numbered as the classes */
	ClassList classes;
	double *predictions; /* by unit's number and class */
	uint32 npredicted;   /* units that have theirs */
	uint32 capacity;     /* in units */
} CrowdlabState;

static const ArgumentColumn columns[] = {{"unit", TEXTOID},
										 {"rater", TEXTOID},
										 {"label", TEXTOID},
										 {"probabilities", FLOAT8ARRAYOID},
										 {"classes", TEXTARRAYOID}};

static CrowdlabState *
crowdlab_state_create(MemoryContext context)
{
	CrowdlabState *state = MemoryContextAllocZero(context, sizeof(CrowdlabState));

	state->labels = label_state_create(context);
	class_list_init(&state->classes, context);
	return state;
}

static void
accept_classes(CrowdlabState *state, Datum classes)
{
	bool first = state->classes.array == NULL;

	class_list_accept(&state->classes, classes);
	for (uint32 i = 0; first && i < state->classes.names.count; i++)
		dictionary_number(&state->labels->labels, state->classes.names.texts[i]);
}

static void
grow_predictions(CrowdlabState *state)
{
	Size row = state->classes.names.count * sizeof(double);
	uint32 capacity = Max(16, state->capacity * 2);

	state_memory_check(
		state->labels->bytes + capacity * row, "crowdlab",
		"A unit takes 8 bytes for each class. Aggregate fewer units at a time (GROUP "
		"BY batch), or raise aidataops.max_state_memory.");
	state->predictions = state->predictions == NULL
							 ? MemoryContextAllocHuge(state->labels->context, capacity * row)
							 : repalloc_huge(state->predictions, capacity * row);
	state->labels->bytes += (capacity - state->capacity) * row;
	state->capacity = capacity;
}

/* The rows of a unit repeat its prediction; they must agree. */
static void
accept_prediction(CrowdlabState *state, uint32 unit, Datum probabilities)
{
	Size k = state->classes.names.count;
	Utf8 *name = &state->labels->units.texts[unit];
	const double *values = prediction_probabilities(&state->classes, probabilities, name);

	if (unit < state->npredicted)
	{
		if (memcmp(state->predictions + unit * k, values, k * sizeof(double)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_CARDINALITY_VIOLATION),
					 errmsg("unit \"%s\" has two different predictions", utf8_to_cstring(*name)),
					 errhint("Join one prediction to all labels of a unit.")));
		return;
	}
	if (unit == state->capacity)
		grow_predictions(state);
	memcpy(state->predictions + unit * k, values, k * sizeof(double));
	state->npredicted = unit + 1;
}

PG_FUNCTION_INFO_V1(crowdlab_accum);
Datum
crowdlab_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	CrowdlabState *state = PG_ARGISNULL(0) ? NULL : (CrowdlabState *) PG_GETARG_POINTER(0);
	Utf8 unit;
	Utf8 label;

	if (state == NULL)
		state = crowdlab_state_create(context);
	for (int i = 1; i <= (int) lengthof(columns); i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_POINTER(state);
	}
	accept_classes(state, PG_GETARG_DATUM(5));
	label = utf8_from_text(PG_GETARG_DATUM(3));
	class_number(&state->classes, label);
	unit = utf8_from_text(PG_GETARG_DATUM(1));
	label_state_add(state->labels, unit, utf8_from_text(PG_GETARG_DATUM(2)), label, NULL);
	accept_prediction(state, dictionary_number(&state->labels->units, unit), PG_GETARG_DATUM(4));
	row_hash_add(&state->labels->hash_sum, arguments_hash(fcinfo, columns, lengthof(columns)));
	PG_RETURN_POINTER(state);
}

/* Predictions in canonical order, and what each unit's is. */
static struct varlena *
crowdlab_model(const CrowdlabState *state)
{
	LabelGraph *graph = label_graph_create(state->labels);
	Size k = graph->ncategories;
	double *predictions = palloc_extended(graph->nunits * k * sizeof(double), MCXT_ALLOC_HUGE);
	uint32 *choices = palloc_extended((Size) graph->nunits * sizeof(uint32), MCXT_ALLOC_HUGE);

	for (uint32 unit = 0; unit < graph->nunits; unit++)
	{
		const double *from = state->predictions + unit * k;
		uint32 rank = graph->unit_ranks[unit];

		for (Size i = 0; i < k; i++)
			predictions[rank * k + graph->category_ranks[i]] = from[i];
		choices[rank] = graph->category_ranks[most_probable(from, k)];
	}
	return consensus_by_crowdlab(graph, predictions, choices);
}

PG_FUNCTION_INFO_V1(crowdlab_final);
Datum
crowdlab_final(PG_FUNCTION_ARGS)
{
	CrowdlabState *state = PG_ARGISNULL(0) ? NULL : (CrowdlabState *) PG_GETARG_POINTER(0);
	MemoryContext working;
	MemoryContext result;
	Datum model;

	if (state == NULL || state->labels->count == 0)
		PG_RETURN_NULL();
	working =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops crowdlab", ALLOCSET_DEFAULT_SIZES);
	result = MemoryContextSwitchTo(working);
	model = PointerGetDatum(crowdlab_model(state));
	MemoryContextSwitchTo(result);
	model = datumCopy(model, false, -1);
	MemoryContextDelete(working);
	PG_RETURN_DATUM(model);
}
