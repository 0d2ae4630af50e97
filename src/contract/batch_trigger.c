/*
 * batch_trigger.c: what is promised of the rows of one statement together: how many they are, and which share of them may
 * break a rule.
 *
 *	enforce_batch(mode, ruleset, limits [, suspended until]) AFTER INSERT or AFTER UPDATE, REFERENCING NEW TABLE AS ..., FOR EACH STATEMENT
 *
 * limits is a JSON array of {rule, operator, bounds, severity}; a limit whose rule is in the ruleset is of the percentage of
 * rows that break it, one whose rule is not is of the number of rows. Rows cannot be set aside any more when the
 * statement ends, so that in mode quarantine, too, a statement beyond a limit is refused.
 */
#include "postgres.h"

#include "access/xact.h"
#include "aidataops.h"
#include "commands/trigger.h"
#include "contract/check_row.h"
#include "contract/installed.h"
#include "contract/warning.h"
#include "core/subtransaction.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

typedef struct BatchLimit
{
	char *rule;
	int place; /* in the ruleset; -1: of the number of rows */
	char *operator;
	double bounds[2];
	bool warn;
} BatchLimit;

typedef struct Batch
{
	TriggerData *data;
	bool warn;
	WarningSubject subject;
	const CompiledRuleset *compiled;
	int nlimits;
	BatchLimit *limits;
	int64 rows;
	int64 *broken; /* by rule of the ruleset */
} Batch;

/* ------------------------------------------------------------------------ limits ---- */

pg_noreturn static void
bad_limits(const Batch *batch)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the limits of trigger \"%s\" are none", batch->data->tg_trigger->tgname),
			 errhint("enforce_contract() makes such triggers.")));
}

static char *
limit_string(const Batch *batch, JsonbContainer *object, const char *name)
{
	JsonbValue *value = json_member(object, name);

	if (value == NULL || value->type != jbvString)
		bad_limits(batch);
	return json_string(value);
}

static void
read_bounds(const Batch *batch, BatchLimit *limit, JsonbContainer *object)
{
	JsonbValue *bounds = json_member(object, "bounds");
	int expected = strstr(limit->operator, "between") ? 2 : 1;

	if (bounds == NULL || bounds->type != jbvBinary ||
		!JsonContainerIsArray(bounds->val.binary.data) || json_array_size(bounds) != expected)
		bad_limits(batch);
	for (int i = 0; i < expected; i++)
	{
		JsonbValue *bound = getIthJsonbValueFromContainer(bounds->val.binary.data, i);

		if (bound->type != jbvNumeric)
			bad_limits(batch);
		limit->bounds[i] = DatumGetFloat8(
			DirectFunctionCall1(numeric_float8, NumericGetDatum(bound->val.numeric)));
	}
}

static void
read_limit(const JsonbValue *element, void *argument)
{
	Batch *batch = argument;
	BatchLimit *limit = &batch->limits[batch->nlimits++];
	const RuleList *list = batch->compiled->list;
	JsonbContainer *object;

	if (element->type != jbvBinary || !JsonContainerIsObject(element->val.binary.data))
		bad_limits(batch);
	object = element->val.binary.data;
	limit->rule = limit_string(batch, object, "rule");
	limit->operator= limit_string(batch, object, "operator");
	limit->warn = strcmp(limit_string(batch, object, "severity"), "warn") == 0;
	read_bounds(batch, limit, object);
	limit->place = -1;
	for (int i = 0; i < list->nrules; i++)
		if (strcmp(list->rules[i].name, limit->rule) == 0)
			limit->place = i;
}

static bool
passes(const BatchLimit *limit, double measured)
{
	const char *operator= limit->operator;

	if (strcmp(operator, "=") == 0)
		return measured == limit->bounds[0];
	if (strcmp(operator, "<>") == 0)
		return measured != limit->bounds[0];
	if (strcmp(operator, "<") == 0)
		return measured < limit->bounds[0];
	if (strcmp(operator, "<=") == 0)
		return measured <= limit->bounds[0];
	if (strcmp(operator, ">") == 0)
		return measured > limit->bounds[0];
	if (strcmp(operator, ">=") == 0)
		return measured >= limit->bounds[0];
	if (strcmp(operator, "between") == 0)
		return measured >= limit->bounds[0] && measured <= limit->bounds[1];
	return measured < limit->bounds[0] || measured > limit->bounds[1];
}

/*
 * A share says something of a batch only if one row more or less can be told: of three rows one bad one is 33 %. So a
 * batch in which a single row would be too many is judged only if none is allowed at all.
 */
static bool
is_judged(const Batch *batch, const BatchLimit *limit)
{
	if (limit->place < 0)
		return true;
	if (!passes(limit, 0))
		return false;
	return passes(limit, 100.0 / batch->rows) || limit->bounds[0] <= 0;
}

/* ------------------------------------------------------------------- counting rows ---- */

static void
count_row(Batch *batch, TupleTableSlot *slot, int64 *last_row)
{
	int op = -1;

	slot_getsomeattrs(slot, batch->compiled->last_column + 1);
	batch->rows++;
	while ((op = first_broken(batch->compiled, op + 1, slot->tts_values, slot->tts_isnull)) >= 0)
	{
		int rule = batch->compiled->ops[op].rule;

		if (last_row[rule] == batch->rows)
			continue;
		last_row[rule] = batch->rows;
		batch->broken[rule]++;
	}
}

static void
count_rows(Batch *batch)
{
	Tuplestorestate *rows = batch->data->tg_newtable;
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(batch->data->tg_relation), &TTSOpsMinimalTuple);
	int nrules = batch->compiled->list->nrules;
	int64 *last_row = palloc0(sizeof(int64) * (nrules + 1));
	MemoryContext row_memory =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops batch", ALLOCSET_DEFAULT_SIZES);
	MemoryContext previous = CurrentMemoryContext;

	batch->broken = palloc0(sizeof(int64) * (nrules + 1));
	/* others read the same rows */
	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(row_memory);
		count_row(batch, slot, last_row);
		MemoryContextSwitchTo(previous);
		MemoryContextReset(row_memory);
	}
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(row_memory);
}

/* ----------------------------------------------------------------------- judging ---- */

static char *
limit_in_words(const Batch *batch, const BatchLimit *limit, double measured)
{
	const char *unit = limit->place < 0 ? " rows" : " %";
	char *bounds = strstr(limit->operator, "between")
					   ? psprintf("%g and %g", limit->bounds[0], limit->bounds[1])
					   : psprintf("%g", limit->bounds[0]);

	if (limit->place < 0)
		return psprintf("The statement wrote " INT64_FORMAT " rows; their number must be %s %s.",
						batch->rows, limit->operator, bounds);
	return psprintf("Of the statement's " INT64_FORMAT " rows %.3g%s break it; it must be %s %s%s.",
					batch->rows, measured, unit, limit->operator, bounds, unit);
}

static void
warn(Batch *batch, const char *rule, int64 rows, const char *failure)
{
	PendingWarning *warning;

	batch->subject.installed =
		is_among(installed_triggers(&batch->subject), batch->data->tg_trigger->tgname);
	if (failure)
		warning_unjudged(&batch->subject, rule, failure);
	else
		(void) warning_count(&batch->subject, rule, rows, &warning);
}

static void
judge(Batch *batch, const BatchLimit *limit)
{
	const WarningSubject *subject = &batch->subject;
	int64 bad = limit->place < 0 ? batch->rows : batch->broken[limit->place];
	double measured = limit->place < 0 ? batch->rows : 100.0 * bad / batch->rows;

	if (!is_judged(batch, limit) || passes(limit, measured))
		return;
	if (batch->warn || limit->warn)
	{
		warn(batch, limit->rule, bad, NULL);
		return;
	}
	ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("statement breaks rule \"%s\" of contract \"%s\" version %s",
						   limit->rule, subject->contract, subject->version),
					errdetail("%s", limit_in_words(batch, limit, measured)),
					err_generic_string(PG_DIAG_SCHEMA_NAME, subject->schema),
					err_generic_string(PG_DIAG_TABLE_NAME, subject->table),
					err_generic_string(PG_DIAG_CONSTRAINT_NAME, limit->rule)));
}

static void
prepare_batch(void *argument)
{
	Batch *batch = argument;
	const Trigger *trigger = batch->data->tg_trigger;
	Relation relation = batch->data->tg_relation;
	Ruleset *ruleset = ruleset_from_text(trigger->tgargs[1]);
	RuleList *list = ruleset_read(&ruleset->root);
	char *name = psprintf("table \"%s\"", RelationGetRelationName(relation));
	Jsonb *limits =
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(trigger->tgargs[2])));

	batch->subject.contract = list->contract;
	batch->subject.version = list->version;
	batch->compiled = ruleset_hold(ruleset, find_columns(list, RelationGetDescr(relation), name),
								   list->ncolumns, CurrentMemoryContext)
						  ->compiled;
	if (!JB_ROOT_IS_ARRAY(limits))
		bad_limits(batch);
	batch->limits = palloc0(sizeof(BatchLimit) * (JB_ROOT_COUNT(limits) + 1));
	json_for_each(&limits->root, read_limit, batch);
}

static bool
is_suspended(const Trigger *trigger)
{
	return trigger->tgnargs == 4 &&
		   DatumGetTimestampTz(DirectFunctionCall3(
			   timestamptz_in, CStringGetDatum(trigger->tgargs[3]), ObjectIdGetDatum(InvalidOid),
			   Int32GetDatum(-1))) > GetCurrentStatementStartTimestamp();
}

/* In mode warn nothing fails: false if the rules cannot be judged, which is told. */
static bool
prepared(Batch *batch)
{
	char *failure = NULL;

	if (batch->warn)
		failure = safely(prepare_batch, batch);
	else
		prepare_batch(batch);
	if (failure)
		warn(batch, "*", 0, failure);
	return failure == NULL;
}

PG_FUNCTION_INFO_V1(enforce_batch);
Datum
enforce_batch(PG_FUNCTION_ARGS)
{
	Batch batch = {.data = (TriggerData *) fcinfo->context};
	Relation relation;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(batch.data->tg_event) ||
		!TRIGGER_FIRED_AFTER(batch.data->tg_event) || batch.data->tg_newtable == NULL)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("enforce_batch() must be called as a trigger AFTER INSERT or AFTER "
							   "UPDATE, REFERENCING NEW TABLE, FOR EACH STATEMENT")));
	if (batch.data->tg_trigger->tgnargs < 3 || batch.data->tg_trigger->tgnargs > 4)
		bad_limits(&batch);
	if (is_suspended(batch.data->tg_trigger))
		return PointerGetDatum(NULL);
	relation = batch.data->tg_relation;
	batch.subject = (WarningSubject){RelationGetRelid(relation),
									 get_namespace_name(RelationGetNamespace(relation)),
									 RelationGetRelationName(relation),
									 "",
									 "",
									 false};
	batch.warn = strcmp(batch.data->tg_trigger->tgargs[0], "warn") == 0;
	if (!prepared(&batch))
		return PointerGetDatum(NULL);
	count_rows(&batch);
	for (int i = 0; i < batch.nlimits && batch.rows > 0; i++)
		judge(&batch, &batch.limits[i]);
	return PointerGetDatum(NULL);
}
