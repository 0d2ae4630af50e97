/*
 * consensus.c: the aggregates that make a consensus_model, and the functions that read one.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type_d.h"
#include "consensus/estimate.h"
#include "core/arguments.h"
#include "core/row_fingerprint.h"
#include "core/rows.h"
#include "fingerprint/fingerprint.h"
#include "math/distribution.h"
#include "math/proportion.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"

/* --------------------------------------------------------------------- aggregates ---- */

static const ArgumentColumn label_columns[] = {
	{"unit", TEXTOID}, {"rater", TEXTOID}, {"label", TEXTOID}, {"gold", TEXTOID}};

PG_FUNCTION_INFO_V1(consensus_accum);
Datum
consensus_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	LabelState *state = PG_ARGISNULL(0) ? NULL : (LabelState *) PG_GETARG_POINTER(0);
	bool has_gold = PG_NARGS() > 4 && !PG_ARGISNULL(4);
	Utf8 gold;

	if (state == NULL)
		state = label_state_create(context);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_POINTER(state);
	if (has_gold)
		gold = utf8_from_text(PG_GETARG_DATUM(4));
	label_state_add(state, utf8_from_text(PG_GETARG_DATUM(1)), utf8_from_text(PG_GETARG_DATUM(2)),
					utf8_from_text(PG_GETARG_DATUM(3)), has_gold ? &gold : NULL);
	row_hash_add(&state->hash_sum, arguments_hash(fcinfo, label_columns, lengthof(label_columns)));
	PG_RETURN_POINTER(state);
}

static Datum
consensus_final(FunctionCallInfo fcinfo, ConsensusMethod method)
{
	LabelState *state = PG_ARGISNULL(0) ? NULL : (LabelState *) PG_GETARG_POINTER(0);
	MemoryContext working;
	MemoryContext result;
	LabelGraph *graph;
	struct varlena *model;

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	/* what is needed on the way is more than the result: give it back before the next group */
	working =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops consensus", ALLOCSET_DEFAULT_SIZES);
	result = MemoryContextSwitchTo(working);
	graph = label_graph_create(state);
	model = method == METHOD_MAJORITY_VOTE || method == METHOD_WAWA
				? consensus_by_votes(graph, method)
				: consensus_by_likelihood(graph, method);
	MemoryContextSwitchTo(result);
	model = (struct varlena *) DatumGetPointer(datumCopy(PointerGetDatum(model), false, -1));
	MemoryContextDelete(working);
	PG_RETURN_POINTER(model);
}

#define CONSENSUS_FINAL(name, method)                                                              \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		return consensus_final(fcinfo, method);                                                    \
	}                                                                                              \
	extern int no_such_variable

CONSENSUS_FINAL(majority_vote_final, METHOD_MAJORITY_VOTE);
CONSENSUS_FINAL(wawa_final, METHOD_WAWA);
CONSENSUS_FINAL(dawid_skene_final, METHOD_DAWID_SKENE);
CONSENSUS_FINAL(one_coin_final, METHOD_ONE_COIN);

/* ------------------------------------------------------------------------ readers ---- */

static Datum *
category_texts(const ModelReader *reader)
{
	Datum *texts = palloc(((Size) reader->ncategories + 1) * sizeof(Datum));

	for (uint32 i = 0; i < reader->ncategories; i++)
		texts[i] = utf8_to_text(reader->categories[i]);
	return texts;
}

PG_FUNCTION_INFO_V1(posteriors);
Datum
posteriors(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));
	Datum *categories = category_texts(reader);
	ModelUnit unit;

	InitMaterializedSRF(fcinfo, 0);
	model_open_units(reader);
	while (model_next_unit(reader, &unit))
	{
		Datum name = utf8_to_text(unit.name);

		for (uint32 i = 0; i < unit.nposteriors; i++)
		{
			ModelPosterior posterior = model_posterior(&unit, i);
			RowBuilder row = {0};

			row_add(&row, name);
			row_add(&row, categories[posterior.category]);
			row_add(&row, Float8GetDatum(posterior.probability));
			row_emit(&row, fcinfo);
		}
		pfree(DatumGetPointer(name));
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* The best posterior of a unit, and whether another is as probable. */
static ModelPosterior
unit_winner(const ModelReader *reader, const ModelUnit *unit, bool *is_tie)
{
	ModelPosterior best = model_posterior(unit, 0);

	*is_tie = false;
	for (uint32 i = 1; i < unit->nposteriors; i++)
	{
		ModelPosterior next = model_posterior(unit, i);

		if (fabs(next.probability - best.probability) <= TIE_TOLERANCE)
			*is_tie = true;
		else if (next.probability > best.probability)
			*is_tie = false;
		if (better_category(next.probability, reader->priors[next.category], best.probability,
							reader->priors[best.category]))
			best = next;
	}
	return best;
}

PG_FUNCTION_INFO_V1(consensus_labels);
Datum
consensus_labels(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));
	Datum *categories = category_texts(reader);
	ModelUnit unit;

	InitMaterializedSRF(fcinfo, 0);
	model_open_units(reader);
	while (model_next_unit(reader, &unit))
	{
		bool is_tie;
		ModelPosterior winner = unit_winner(reader, &unit, &is_tie);
		Datum name = utf8_to_text(unit.name);
		RowBuilder row = {0};

		row_add(&row, name);
		row_add(&row, categories[winner.category]);
		row_add(&row, Float8GetDatum(winner.probability));
		row_add(&row, BoolGetDatum(is_tie));
		row_add(&row, BoolGetDatum(unit.gold != 0));
		row_add(&row, Int64GetDatum(unit.nlabels));
		row_emit(&row, fcinfo);
		pfree(DatumGetPointer(name));
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(label_priors);
Datum
label_priors(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < reader->ncategories; i++)
	{
		RowBuilder row = {0};

		row_add(&row, utf8_to_text(reader->categories[i]));
		row_add(&row, Float8GetDatum(reader->priors[i]));
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(rater_skills);
Datum
rater_skills(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));
	double z = normal_quantile((1 + confidence_argument(fcinfo, 1)) / 2);
	ModelRater rater;

	InitMaterializedSRF(fcinfo, 0);
	while (model_next_rater(reader, &rater))
	{
		Bounds interval = wilson_interval(rater.ngold_right, rater.ngold, z);
		RowBuilder row = {0};

		row_add(&row, utf8_to_text(rater.name));
		row_add(&row, Int64GetDatum(rater.nlabels));
		row_add(&row, Float8GetDatum(rater.skill));
		row_add(&row, Int64GetDatum(rater.ngold));
		row_add(&row, Int64GetDatum(rater.ngold_right));
		row_add_number(&row,
					   rater.ngold > 0 ? (double) rater.ngold_right / rater.ngold : (double) NAN);
		row_add_number(&row, interval.lower);
		row_add_number(&row, interval.upper);
		row_emit(&row, fcinfo);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* The cells of a rater with the same true category as cell i: up to where, and their sum. */
static uint32
cells_of_truth(const ModelRater *rater, uint32 i, double *total)
{
	uint32 truth = model_cell(rater, i).truth;

	*total = 0;
	for (; i < rater->ncells && model_cell(rater, i).truth == truth; i++)
		*total += model_cell(rater, i).expected;
	return i;
}

static void
emit_confusion(FunctionCallInfo fcinfo, const ModelRater *rater, const Datum *categories)
{
	Datum name = utf8_to_text(rater->name);
	uint32 end = 0;
	double total = 0;

	for (uint32 i = 0; i < rater->ncells; i++)
	{
		ModelCell cell = model_cell(rater, i);
		RowBuilder row = {0};

		if (i == end)
			end = cells_of_truth(rater, i, &total);
		row_add(&row, name);
		row_add(&row, categories[cell.truth]);
		row_add(&row, categories[cell.given]);
		row_add(&row, Float8GetDatum(cell.expected));
		row_add_number(&row, total > 0 ? cell.expected / total : (double) NAN);
		row_emit(&row, fcinfo);
	}
}

PG_FUNCTION_INFO_V1(rater_confusion);
Datum
rater_confusion(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));
	Datum *categories = category_texts(reader);
	ModelRater rater;

	InitMaterializedSRF(fcinfo, 0);
	while (model_next_rater(reader, &rater))
	{
		emit_confusion(fcinfo, &rater, categories);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

static Fingerprint *
model_input(const ModelHeader *header)
{
	Fingerprint *input = palloc0(sizeof(Fingerprint));

	input->version = FINGERPRINT_VERSION;
	input->nrows = (int64) header->nlabels;
	input->sum = header->hash_sum;
	return input;
}

PG_FUNCTION_INFO_V1(input_fingerprint);
Datum
input_fingerprint(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));

	PG_RETURN_FINGERPRINT_P(model_input(&reader->header));
}

PG_FUNCTION_INFO_V1(convergence);
Datum
convergence(PG_FUNCTION_ARGS)
{
	ModelReader *reader = model_open(PG_GETARG_CONSENSUS_MODEL_P(0));
	ModelHeader *header = &reader->header;
	RowBuilder row = {0};
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	model_open_units(reader);
	row_add(&row, CStringGetTextDatum(consensus_method_name(header->method)));
	row_add(&row, CStringGetTextDatum(consensus_status_name(header->status)));
	row_add(&row, BoolGetDatum(header->converged));
	row_add(&row, Int32GetDatum((int32) header->iterations));
	row_add_number(&row, header->has_likelihood ? header->log_likelihood : (double) NAN);
	row_add(&row, Int64GetDatum((int64) header->nlabels));
	row_add(&row, Int64GetDatum(reader->nunits));
	row_add(&row, Int64GetDatum(header->ngold));
	row_add(&row, Int64GetDatum(reader->nraters));
	row_add(&row, Int64GetDatum(reader->ncategories));
	row_add(&row, Int64GetDatum(header->components));
	row_add_number(&row,
				   header->method == METHOD_CROWDLAB ? header->classifier_weight : (double) NAN);
	row_add(&row, PointerGetDatum(model_input(header)));
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), row.values, row.nulls)));
}
