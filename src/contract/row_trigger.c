/*
 * row_trigger.c: rulesets enforced by a BEFORE ROW trigger: rows are set aside, counted, or refused.
 *
 *	enforce_row(mode, ruleset [, suspended until]) FOR EACH ROW BEFORE INSERT OR UPDATE
 *
 * The ruleset is an argument of the trigger, so a writer needs no right on any table of ours, dump and restore keep it,
 * and a trigger means what it says until it is dropped, whatever happens to the contract meanwhile.
 *
 * Rules that are SQL expressions have triggers of their own, which fire before and only take a note (row_note.c); so a row
 * still is set aside once with every rule that it breaks.
 *
 * The writer's own code (output functions, casts) runs as the writer; the catalog is written as its owner.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "contract/check_row.h"
#include "contract/installed.h"
#include "contract/quarantine.h"
#include "contract/row_json.h"
#include "contract/row_note.h"
#include "contract/shown.h"
#include "contract/warning.h"
#include "core/subtransaction.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

typedef enum EnforcementMode
{
	MODE_REJECT,
	MODE_QUARANTINE,
	MODE_WARN
} EnforcementMode;

/* What is known of a trigger, from one statement to the next. */
typedef struct RowTrigger
{
	Kept kept;
	Oid relation; /* whose trigger it is; a change of it makes this stale */
	EnforcementMode mode;
	TimestampTz suspended_until;
	CachedRuleset *ruleset; /* NULL: it could not be compiled */
	char *failure;
	WarningSubject
		subject;        /* of the table that the contract is on, of which this may be a partition */
	bool may_skip;      /* no other trigger changes rows before */
	bool doubts_notes;  /* another trigger fires between those that take notes and this one */
	Bitmapset *columns; /* read by rules, offset as in tg_updatedcols */
	int nkey;
	char **key;
	bool key_is_sensitive;
	List *installed; /* names of triggers, once a row was broken */
	TimestampTz asked_at;
	PlainJson *rows; /* made when they are first needed */
	Quarantine *quarantine;
} RowTrigger;

typedef struct TriggerEntry
{
	Oid trigger;
	RowTrigger *state;
} TriggerEntry;

static HTAB *triggers = NULL;

/* ------------------------------------------------------- what is known of a trigger ---- */

static EnforcementMode
mode_by_name(const char *name)
{
	static const char *const names[] = {"reject", "quarantine", "warn"};

	for (size_t mode = 0; mode < lengthof(names); mode++)
		if (strcmp(names[mode], name) == 0)
			return mode;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" is no mode of enforcement", name),
					errdetail("reject, quarantine and warn are.")));
}

/* Of a trigger that was made for a partition, the one that it was made from. */
static Oid
parent_trigger(Relation catalog, Oid trigger, Oid *relation)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid parent = InvalidOid;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(catalog, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		parent = ((Form_pg_trigger) GETSTRUCT(tuple))->tgparentid;
		*relation = ((Form_pg_trigger) GETSTRUCT(tuple))->tgrelid;
	}
	systable_endscan(scan);
	return parent;
}

/* The table that the contract is on. */
static Oid
enforced_relation(const Trigger *trigger, Oid relation)
{
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);

	for (Oid next = trigger->tgoid; OidIsValid(next);)
		next = parent_trigger(catalog, next, &relation);
	table_close(catalog, AccessShareLock);
	return relation;
}

static bool
is_ours(const Trigger *trigger)
{
	char *name = get_func_name(trigger->tgfoid);
	char *schema = get_namespace_name(get_func_namespace(trigger->tgfoid));

	return name && schema && strcmp(schema, AIDATAOPS_SCHEMA) == 0 &&
		   (strcmp(name, "enforce_row") == 0 || strcmp(name, "note_broken_rule") == 0);
}

static bool
rows_may_change_before(Relation relation)
{
	for (int i = 0; i < relation->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &relation->trigdesc->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			TRIGGER_FOR_UPDATE(trigger->tgtype) && !is_ours(trigger))
			return true;
	}
	return false;
}

/* Such a trigger may change the row after a note was taken, or skip it, so that the note waits for the next one. */
static bool
notes_may_be_stale(Relation relation, const Trigger *mine)
{
	bool noted = false;
	bool other_since = false;

	for (int i = 0; i < relation->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &relation->trigdesc->triggers[i];

		if (trigger->tgoid == mine->tgoid)
			break;
		if (!TRIGGER_FOR_ROW(trigger->tgtype) || !TRIGGER_FOR_BEFORE(trigger->tgtype))
			continue;
		if (is_ours(trigger))
			noted = true;
		else
			other_since = other_since || noted;
	}
	return other_since;
}

static void
find_key(RowTrigger *state, Relation relation, const RuleList *list)
{
	Bitmapset *key = RelationGetIndexAttrBitmap(relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	int column = -1;

	state->key = palloc0(sizeof(char *) * (bms_num_members(key) + 1));
	while ((column = bms_next_member(key, column)) >= 0)
	{
		int attnum = column + FirstLowInvalidHeapAttributeNumber;
		char *name = NameStr(TupleDescAttr(RelationGetDescr(relation), attnum - 1)->attname);

		state->key[state->nkey++] = pstrdup(name);
		for (int i = 0; i < list->ncolumns; i++)
			if (list->sensitive[i] && strcmp(list->columns[i], name) == 0)
				state->key_is_sensitive = true;
	}
	bms_free(key);
}

/*
 * An update that moves a row to another partition is an INSERT there, which is judged whole, and a DELETE here: what is
 * wrong with the row must be found before it is deleted.
 */
static void
find_columns_that_move_rows(RowTrigger *state, Relation relation)
{
	if (relation->rd_rel->relispartition)
		pull_varattnos((Node *) RelationGetPartitionQual(relation), 1, &state->columns);
}

static void
find_columns_read(RowTrigger *state, const CompiledRuleset *compiled)
{
	for (int i = 0; i < compiled->nops; i++)
	{
		state->columns = bms_add_member(state->columns, compiled->ops[i].column + 1 -
															FirstLowInvalidHeapAttributeNumber);
		state->columns = bms_add_member(state->columns, compiled->ops[i].other + 1 -
															FirstLowInvalidHeapAttributeNumber);
	}
}

static void
identify(RowTrigger *state, const Trigger *trigger, Relation relation)
{
	Oid root = enforced_relation(trigger, RelationGetRelid(relation));

	state->relation = RelationGetRelid(relation);
	state->subject.relation = root;
	state->subject.table = get_rel_name(root);
	state->subject.schema = get_namespace_name(get_rel_namespace(root));
}

static void
compile_ruleset(RowTrigger *state, const Trigger *trigger, Relation relation)
{
	Ruleset *ruleset = ruleset_from_text(trigger->tgargs[1]);
	RuleList *list = ruleset_read(&ruleset->root);
	char *name = psprintf("table \"%s\"", RelationGetRelationName(relation));

	state->subject.contract = list->contract;
	state->subject.version = list->version;
	find_key(state, relation, list);
	state->ruleset = ruleset_hold(ruleset, find_columns(list, RelationGetDescr(relation), name),
								  list->ncolumns, CurrentMemoryContext);
	find_columns_read(state, state->ruleset->compiled);
	find_columns_that_move_rows(state, relation);
}

typedef struct Compilation
{
	RowTrigger *state;
	const Trigger *trigger;
	Relation relation;
} Compilation;

static void
compile_for(void *argument)
{
	Compilation *compilation = argument;

	compile_ruleset(compilation->state, compilation->trigger, compilation->relation);
}

/* In mode warn nothing fails: that rules cannot be judged is counted and told, too. */
static void
compile_or_remember_why_not(RowTrigger *state, const Trigger *trigger, Relation relation)
{
	Compilation compilation = {state, trigger, relation};

	state->failure = safely(compile_for, &compilation);
	if (state->failure)
		state->ruleset = NULL;
	if (state->subject.contract == NULL)
		state->subject.contract = state->subject.version = "";
}

static RowTrigger *
build(const Trigger *trigger, Relation relation)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops row trigger", ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(context);
	RowTrigger *state = palloc0(sizeof(RowTrigger));

	if (trigger->tgnargs < 2 || trigger->tgnargs > 3)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" needs the arguments mode and ruleset", trigger->tgname),
				 errhint("enforce_contract() makes such triggers.")));
	state->kept.context = context;
	state->mode = mode_by_name(trigger->tgargs[0]);
	state->suspended_until = DT_NOBEGIN;
	if (trigger->tgnargs == 3)
		state->suspended_until = DatumGetTimestampTz(
			DirectFunctionCall3(timestamptz_in, CStringGetDatum(trigger->tgargs[2]),
								ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	state->may_skip = !rows_may_change_before(relation);
	state->doubts_notes = notes_may_be_stale(relation, trigger);
	identify(state, trigger, relation);
	if (state->mode == MODE_WARN)
		compile_or_remember_why_not(state, trigger, relation);
	else
		compile_ruleset(state, trigger, relation);
	MemoryContextSwitchTo(previous);
	MemoryContextSetParent(context, CacheMemoryContext);
	return state;
}

/* ---------------------------------------------------------------------- kept ---- */

static void
forget_relation(Datum argument, Oid relation)
{
	HASH_SEQ_STATUS scan;
	TriggerEntry *entry;

	hash_seq_init(&scan, triggers);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (OidIsValid(relation) && entry->state->relation != relation &&
			entry->state->subject.relation != relation)
			continue;
		kept_make_stale(&entry->state->kept);
		hash_search(triggers, &entry->trigger, HASH_REMOVE, NULL);
	}
}

static RowTrigger *
find_or_build(const Trigger *trigger, Relation relation)
{
	TriggerEntry *entry;
	RowTrigger *state;

	if (triggers == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(TriggerEntry)};

		triggers = hash_create("aidataops row triggers", 64, &control, HASH_ELEM | HASH_BLOBS);
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
	}
	entry = hash_search(triggers, &trigger->tgoid, HASH_FIND, NULL);
	if (entry != NULL && entry->state->ruleset && entry->state->ruleset->kept.stale)
	{
		kept_make_stale(&entry->state->kept);
		hash_search(triggers, &trigger->tgoid, HASH_REMOVE, NULL);
		entry = NULL;
	}
	if (entry != NULL)
		return entry->state;
	state = build(trigger, relation);
	entry = hash_search(triggers, &trigger->tgoid, HASH_ENTER, NULL);
	entry->state = state;
	return state;
}

static RowTrigger *
trigger_state(FunctionCallInfo fcinfo, const TriggerData *data)
{
	RowTrigger *state = fcinfo->flinfo->fn_extra;

	if (unlikely(state == NULL))
	{
		state = find_or_build(data->tg_trigger, data->tg_relation);
		kept_hold(&state->kept, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = state;
	}
	return state;
}

/* ---------------------------------------------------------------- what is done ---- */

/* A row and all that is wrong with it. */
typedef struct BrokenRow
{
	RowTrigger *state;
	TriggerData *data;
	Datum *values;
	bool *nulls;
	BrokenRules broken;
	int nnotes;
	Note notes[MAX_NOTES];
	Jsonb *json; /* made when it is first needed */
} BrokenRow;

static const Rule *
rule_broken(const BrokenRow *row, int i)
{
	const CompiledRuleset *compiled = row->state->ruleset->compiled;

	return &compiled->list->rules[compiled->ops[row->broken.ops[i]].rule];
}

static bool
breaks_an_error(const BrokenRow *row)
{
	for (int i = 0; i < row->broken.count; i++)
		if (!rule_broken(row, i)->warn)
			return true;
	for (int i = 0; i < row->nnotes; i++)
		if (!row->notes[i].warn)
			return true;
	return false;
}

static Jsonb *
tuple_as_json(const BrokenRow *row, HeapTuple tuple)
{
	RowTrigger *state = row->state;

	if (state->rows == NULL)
	{
		MemoryContext previous = MemoryContextSwitchTo(state->kept.context);

		state->rows = plain_json_prepare_row(RelationGetDescr(row->data->tg_relation));
		MemoryContextSwitchTo(previous);
	}
	return row_as_json(state->rows, tuple);
}

static Jsonb *
json_of(BrokenRow *row)
{
	if (row->json == NULL)
		row->json = tuple_as_json(row, new_row(row->data));
	return row->json;
}

static void
count_rule(BrokenRow *row, const char *rule)
{
	PendingWarning *warning;
	Jsonb *key;

	if (!warning_count(&row->state->subject, rule, 1, &warning) || row->state->key_is_sensitive ||
		row->state->nkey == 0)
		return;
	key = json_members(json_of(row), row->state->key, row->state->nkey);
	if (key)
		warning_add_sample(warning, key);
}

static void
count_warnings(BrokenRow *row)
{
	for (int i = 0; i < row->broken.count; i++)
		count_rule(row, rule_broken(row, i)->name);
	for (int i = 0; i < row->nnotes; i++)
		count_rule(row, row->notes[i].rule);
}

/* What enforce_contract() did not make may be made known in a moment, and is not asked for each row till then. */
static void
find_installed(RowTrigger *state, const char *trigger)
{
	MemoryContext previous;

	if (state->subject.installed || state->asked_at == GetCurrentStatementStartTimestamp())
		return;
	previous = MemoryContextSwitchTo(state->kept.context);
	list_free_deep(state->installed);
	state->installed = installed_triggers(&state->subject);
	MemoryContextSwitchTo(previous);
	state->subject.installed = is_among(state->installed, trigger);
	state->asked_at = GetCurrentStatementStartTimestamp();
}

static const char *
trigger_name(Relation relation, Oid trigger)
{
	for (int i = 0; i < relation->trigdesc->numtriggers; i++)
		if (relation->trigdesc->triggers[i].tgoid == trigger)
			return relation->trigdesc->triggers[i].tgname;
	return "";
}

/* Others may have triggers on the table, too, but no say in what this contract finds. */
static void
drop_notes_of_others(BrokenRow *row)
{
	int kept = 0;

	for (int i = 0; i < row->nnotes; i++)
		if (is_among(row->state->installed,
					 trigger_name(row->data->tg_relation, row->notes[i].trigger)))
			row->notes[kept++] = row->notes[i];
	row->nnotes = kept;
}

static void
check_may_set_aside(const BrokenRow *row)
{
	const WarningSubject *subject = &row->state->subject;

	if (!subject->installed)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("trigger \"%s\" on table \"%s\" was not made by enforce_contract()",
						row->data->tg_trigger->tgname, subject->table),
				 errdetail("So no row is set aside in the name of contract \"%s\" version %s.",
						   subject->contract, subject->version),
				 errhint("Drop the trigger, and call enforce_contract().")));
}

static const Quarantine *
quarantine_of(RowTrigger *state)
{
	if (state->quarantine == NULL)
	{
		MemoryContext previous = MemoryContextSwitchTo(state->kept.context);

		state->quarantine = quarantine_prepare(&state->subject);
		MemoryContextSwitchTo(previous);
	}
	return state->quarantine;
}

static void
list_problems(const BrokenRow *row, QuarantinedRow *quarantined)
{
	int count = row->broken.count + row->nnotes;
	/* who may read them is asked when they are read */
	JudgedRow judged = {row->state->ruleset->compiled, row->values, row->nulls, NULL};

	quarantined->count = count;
	quarantined->rules = palloc(sizeof(Datum) * (count + 1));
	quarantined->problems = palloc(sizeof(Datum) * (count + 1));
	for (int i = 0; i < row->broken.count; i++)
	{
		quarantined->rules[i] = CStringGetTextDatum(rule_broken(row, i)->name);
		quarantined->problems[i] = CStringGetTextDatum(problem_of(&judged, row->broken.ops[i]));
	}
	for (int i = 0; i < row->nnotes; i++)
	{
		quarantined->rules[row->broken.count + i] = CStringGetTextDatum(row->notes[i].rule);
		quarantined->problems[row->broken.count + i] =
			CStringGetTextDatum("The rule's expression is false.");
	}
}

static void
set_aside(BrokenRow *row)
{
	RowTrigger *state = row->state;
	QuarantinedRow quarantined = {.is_update = TRIGGER_FIRED_BY_UPDATE(row->data->tg_event)};

	check_may_set_aside(row);
	list_problems(row, &quarantined);
	quarantined.content = json_of(row);
	if (quarantined.is_update && state->nkey > 0) /* else the row cannot be found again */
	{
		Jsonb *old = tuple_as_json(row, row->data->tg_trigtuple);

		quarantined.key = json_members(old, state->key, state->nkey);
		quarantined.former = json_members_changed(old, quarantined.content);
	}
	quarantine_add(quarantine_of(state), &quarantined);
}

static void
refuse(const BrokenRow *row)
{
	const RowTrigger *state = row->state;
	const CompiledRuleset *compiled = state->ruleset->compiled;

	if (row->broken.count > 0)
	{
		JudgedRow judged = {
			compiled, row->values, row->nulls,
			columns_hidden(RelationGetRelid(row->data->tg_relation), compiled->list)};

		raise_violation(&judged, row->broken, state->subject.schema, state->subject.table);
	}
	ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("row breaks rule \"%s\" of contract \"%s\" version %s",
						   row->notes[0].rule, state->subject.contract, state->subject.version),
					errdetail("The rule's expression is false."),
					err_generic_string(PG_DIAG_SCHEMA_NAME, state->subject.schema),
					err_generic_string(PG_DIAG_TABLE_NAME, state->subject.table),
					err_generic_string(PG_DIAG_CONSTRAINT_NAME, row->notes[0].rule)));
}

/* ------------------------------------------------------------------- the trigger ---- */

static pg_attribute_always_inline bool
nothing_changed(const RowTrigger *state, const TriggerData *data)
{
	return state->may_skip && TRIGGER_FIRED_BY_UPDATE(data->tg_event) && data->tg_updatedcols &&
		   !bms_overlap(data->tg_updatedcols, state->columns);
}

static Datum
act(BrokenRow *row)
{
	RowTrigger *state = row->state;

	find_installed(state, row->data->tg_trigger->tgname);
	if (state->subject.installed)
		drop_notes_of_others(row);
	if (state->mode != MODE_WARN && breaks_an_error(row))
	{
		if (state->mode == MODE_REJECT)
			refuse(row);
		set_aside(row);
		return PointerGetDatum(NULL); /* the row is not written */
	}
	count_warnings(row);
	return PointerGetDatum(new_row(row->data));
}

PG_FUNCTION_INFO_V1(enforce_row);
Datum
enforce_row(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleTableSlot *slot;
	const CompiledRuleset *compiled;
	BrokenRow row;
	int first;

	if (unlikely(fcinfo->flinfo->fn_extra == NULL))
		check_is_row_trigger(fcinfo, "enforce_row");
	row.state = trigger_state(fcinfo, data);
	row.data = data;
	if (unlikely(row.state->suspended_until > GetCurrentStatementStartTimestamp()))
	{
		forget_notes();
		return PointerGetDatum(new_row(data));
	}
	if (unlikely(row.state->ruleset == NULL))
	{
		find_installed(row.state, data->tg_trigger->tgname);
		warning_unjudged(&row.state->subject, "*", row.state->failure);
		forget_notes();
		return PointerGetDatum(new_row(data));
	}
	compiled = row.state->ruleset->compiled;
	slot = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newslot : data->tg_trigslot;
	first = -1;
	if (!nothing_changed(row.state, data))
	{
		slot_getsomeattrs(slot, compiled->last_column + 1);
		first = first_broken(compiled, 0, slot->tts_values, slot->tts_isnull);
	}
	if (likely(first < 0 && notes_waiting == 0))
		return PointerGetDatum(new_row(data));

	row.values = slot->tts_values;
	row.nulls = slot->tts_isnull;
	row.json = NULL;
	row.broken.count = 0;
	if (first >= 0)
		row.broken = broken_rules(compiled, row.values, row.nulls);
	row.nnotes = take_notes(row.state->doubts_notes, data, slot, row.notes);
	if (row.broken.count == 0 && row.nnotes == 0)
		return PointerGetDatum(new_row(data));
	return act(&row);
}
