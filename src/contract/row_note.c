/*
 * row_note.c: notes of rules that are SQL expressions.
 *
 *	note_broken_rule(rule, severity, column...) FOR EACH ROW BEFORE INSERT OR UPDATE WHEN (NOT expression)
 *
 * The expression is the condition of a trigger, so that the server knows what it depends on. The trigger only takes a note;
 * the one that acts comes right after those that take notes, and what else a note would wait for is over.
 */
#include "postgres.h"

#include "access/xact.h"
#include "aidataops.h"
#include "contract/row_note.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "nodes/makefuncs.h"
#include "nodes/primnodes.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteManip.h"
#include "utils/memutils.h"
#include "utils/rel.h"

int notes_waiting = 0;

static struct
{
	Oid relation;
	Note notes[MAX_NOTES]; /* in TopTransactionContext */
} taken;

void
forget_notes(void)
{
	notes_waiting = 0;
}

static void
forget_notes_of_transaction(XactEvent event, void *argument)
{
	notes_waiting = 0;
}

static void
forget_notes_of_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
							   void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		notes_waiting = 0;
}

void
check_is_row_trigger(FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s() must be called as a trigger BEFORE INSERT OR UPDATE FOR EACH ROW",
						function)));
}

/* Two arguments at least: the rule and its severity. */
PG_FUNCTION_INFO_V1(note_broken_rule);
Datum
note_broken_rule(PG_FUNCTION_ARGS)
{
	static bool registered = false;
	TriggerData *data = (TriggerData *) fcinfo->context;

	check_is_row_trigger(fcinfo, "note_broken_rule");
	if (data->tg_trigger->tgnargs < 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("trigger \"%s\" needs the arguments rule and severity",
							   data->tg_trigger->tgname)));
	if (!registered)
	{
		RegisterXactCallback(forget_notes_of_transaction, NULL);
		RegisterSubXactCallback(forget_notes_of_subtransaction, NULL);
		registered = true;
	}
	if (taken.relation != RelationGetRelid(data->tg_relation))
		notes_waiting = 0;
	taken.relation = RelationGetRelid(data->tg_relation);
	if (notes_waiting < MAX_NOTES)
	{
		Note *note = &taken.notes[notes_waiting++];

		note->rule = MemoryContextStrdup(TopTransactionContext, data->tg_trigger->tgargs[0]);
		note->warn = strcmp(data->tg_trigger->tgargs[1], "warn") == 0;
		note->trigger = data->tg_trigger->tgoid;
	}
	return PointerGetDatum(new_row(data));
}

static bool
condition_holds(const Trigger *trigger, TupleTableSlot *row)
{
	EState *estate = CreateExecutorState();
	Node *condition = stringToNode(trigger->tgqual);
	ExprContext *context = GetPerTupleExprContext(estate);
	bool holds;

	ChangeVarNodes(condition, PRS2_NEW_VARNO, OUTER_VAR, 0);
	context->ecxt_outertuple = row;
	holds = ExecQual(ExecPrepareQual(make_ands_implicit((Expr *) condition), estate), context);
	FreeExecutorState(estate);
	return holds;
}

static bool
note_is_about(const Note *note, const TriggerData *data, TupleTableSlot *row)
{
	for (int i = 0; i < data->tg_relation->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &data->tg_relation->trigdesc->triggers[i];

		if (trigger->tgoid == note->trigger)
			return trigger->tgqual == NULL || condition_holds(trigger, row);
	}
	return false;
}

static bool
has_note_of(const Note *notes, int count, Oid trigger)
{
	for (int i = 0; i < count; i++)
		if (notes[i].trigger == trigger)
			return true;
	return false;
}

int
take_notes(bool in_doubt, const TriggerData *data, TupleTableSlot *row, Note *notes)
{
	int noted = taken.relation == RelationGetRelid(data->tg_relation) ? notes_waiting : 0;
	int count = 0;

	for (int i = 0; i < noted; i++)
	{
		const Note *note = &taken.notes[i];

		if (in_doubt &&
			(has_note_of(notes, count, note->trigger) || !note_is_about(note, data, row)))
			continue;
		notes[count] = *note;
		notes[count++].rule = pstrdup(note->rule);
	}
	for (int i = 0; i < noted; i++)
		pfree(taken.notes[i].rule);
	notes_waiting = 0;
	return count;
}
