/*
 * row_trigger.c: rulesets enforced by a BEFORE ROW trigger: rows are set aside, counted, or refused.
 *
 *	enforce_row(mode, ruleset [, suspended until]) FOR EACH ROW BEFORE INSERT OR UPDATE
 *
 * The ruleset is an argument of the trigger, so a writer needs no right on any table of ours, dump and restore keep it,
 * and a trigger means what it says until it is dropped, whatever happens to the contract meanwhile.
 *
 * Rules that are SQL expressions are conditions of triggers of their own, which fire before and only take a note; so the
 * server knows what they depend on, and a row still is set aside once with every rule that it breaks:
 *
 *	note_broken_rule(rule, severity, column...) FOR EACH ROW BEFORE INSERT OR UPDATE WHEN (NOT expression)
 *
 * The writer's own code (output functions, casts) runs as the writer; the catalog is written as its owner.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "contract/check_row.h"
#include "contract/safely.h"
#include "contract/warning.h"
#include "commands/sequence.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"
#include "version/catalog.h"

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
} RowTrigger;

typedef struct TriggerEntry
{
	Oid trigger;
	RowTrigger *state;
} TriggerEntry;

static HTAB *triggers = NULL;

/* --------------------------------------------------------------- rows as JSON ---- */

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* Such that it is the same row again when it is read, whatever the session's settings. */
static Jsonb *
row_as_json(HeapTuple tuple, TupleDesc descriptor)
{
	Datum row = heap_copy_tuple_as_datum(tuple, descriptor);
	int guc_level = NewGUCNestLevel();
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo function;
	Const *argument =
		makeConst(descriptor->tdtypeid, descriptor->tdtypmod, InvalidOid, -1, row, false, false);
	Jsonb *json;

	if (extra_float_digits < 1)
		set_for_now("extra_float_digits", "1");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_for_now("IntervalStyle", "postgres");
	if (DateStyle != USE_ISO_DATES)
		set_for_now("DateStyle", "ISO, YMD");
	fmgr_info(F_TO_JSONB, &function);
	fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument), InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CALL),
					   &function);
	InitFunctionCallInfoData(*fcinfo, &function, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = row;
	fcinfo->args[0].isnull = false;
	json = DatumGetJsonbP(FunctionCallInvoke(fcinfo));
	AtEOXact_GUC(false, guc_level);
	return json;
}

/* The primary key of a row, NULL if there is none or it must not be shown. */
static Jsonb *
key_as_json(const RowTrigger *state, Jsonb *row)
{
	JsonbParseState *parse = NULL;

	if (state->nkey == 0)
		return NULL;
	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < state->nkey; i++)
	{
		JsonbValue name;
		JsonbValue *value = json_member(&row->root, state->key[i]);

		if (value == NULL)
			return NULL;
		name.type = jbvString;
		name.val.string.val = state->key[i];
		name.val.string.len = strlen(state->key[i]);
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

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

/* ---------------------------------------------------------------------- notes ---- */

#define MAX_NOTES 64

/* A rule that is an expression and that the row now written breaks. */
typedef struct Note
{
	char *rule;
	bool warn;
	Oid trigger;
} Note;

static struct
{
	Oid relation;
	int count;
	Note notes[MAX_NOTES]; /* in TopTransactionContext */
} taken;

/* The triggers that take notes come right before the one that uses them; what else a note would wait for is over. */

static void
forget_notes(XactEvent event, void *argument)
{
	taken.count = 0;
}

static void
forget_notes_of_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
							   void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		taken.count = 0;
}

static void
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

static HeapTuple
new_row(const TriggerData *data)
{
	return TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
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
		RegisterXactCallback(forget_notes, NULL);
		RegisterSubXactCallback(forget_notes_of_subtransaction, NULL);
		registered = true;
	}
	if (taken.relation != RelationGetRelid(data->tg_relation))
		taken.count = 0;
	taken.relation = RelationGetRelid(data->tg_relation);
	if (taken.count < MAX_NOTES)
	{
		Note *note = &taken.notes[taken.count++];

		note->rule = MemoryContextStrdup(TopTransactionContext, data->tg_trigger->tgargs[0]);
		note->warn = strcmp(data->tg_trigger->tgargs[1], "warn") == 0;
		note->trigger = data->tg_trigger->tgoid;
	}
	return PointerGetDatum(new_row(data));
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
json_of(BrokenRow *row)
{
	if (row->json == NULL)
		row->json = row_as_json(new_row(row->data), RelationGetDescr(row->data->tg_relation));
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
	key = key_as_json(row->state, json_of(row));
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

static Datum
name_datum(const char *name)
{
	return DirectFunctionCall1(namein, CStringGetDatum(name));
}

static Datum
text_array(Datum *texts, int count)
{
	return PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * Columns of aidataops.quarantine, as sql/53_enforcement.sql declares them. The row goes into the table as rows of the
 * server's own catalogs do: the executor would prepare itself, and read the constraints, for each one, which takes ten
 * times as long. The values satisfy the constraints, and nobody but us has a trigger there.
 */
enum QuarantineColumn
{
	QUARANTINE_ID,
	QUARANTINE_CONTRACT,
	QUARANTINE_VERSION,
	QUARANTINE_SCHEMA,
	QUARANTINE_TABLE,
	QUARANTINE_RELATION,
	QUARANTINE_ORIGIN,
	QUARANTINE_OPERATION,
	QUARANTINE_KEY,
	QUARANTINE_CONTENT,
	QUARANTINE_FORMER,
	QUARANTINE_RULES,
	QUARANTINE_PROBLEMS,
	QUARANTINE_STATUS,
	QUARANTINE_AT,
	QUARANTINE_BY,
	QUARANTINE_COLUMNS
};

static Oid
own_relation(const char *name)
{
	Oid relation = get_relname_relid(name, get_namespace_oid(AIDATAOPS_SCHEMA, false));

	if (!OidIsValid(relation))
		elog(ERROR, "relation aidataops.%s is missing", name);
	return relation;
}

/* What an update would have replaced: of each column that it changes, the value that it had. */
static Jsonb *
values_replaced(const Jsonb *old, const Jsonb *new)
{
	JsonbParseState *parse = NULL;
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &old->root);
	JsonbIteratorToken token;
	JsonbValue name, value;

	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		JsonbValue *after;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		after = getKeyJsonValueFromContainer((JsonbContainer *) &new->root, name.val.string.val,
											 name.val.string.len, NULL);
		if (after && compareJsonbContainers(&JsonbValueToJsonb(&value)->root,
											&JsonbValueToJsonb(after)->root) == 0)
			continue;
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

static void
insert_into_quarantine(const Datum *given)
{
	Relation table = table_open(own_relation("quarantine"), RowExclusiveLock);
	int ncolumns = RelationGetDescr(table)->natts;
	Datum *values = palloc0(sizeof(Datum) * Max(ncolumns, QUARANTINE_COLUMNS));
	bool *nulls = palloc(sizeof(bool) * Max(ncolumns, QUARANTINE_COLUMNS));
	NameData writer;

	memcpy(values, given, sizeof(Datum) * QUARANTINE_COLUMNS);
	memset(nulls, true, sizeof(bool) * ncolumns);
	memset(nulls, false, sizeof(bool) * QUARANTINE_COLUMNS);
	nulls[QUARANTINE_KEY] = DatumGetPointer(given[QUARANTINE_KEY]) == NULL;
	nulls[QUARANTINE_FORMER] = DatumGetPointer(given[QUARANTINE_FORMER]) == NULL;
	namestrcpy(&writer, GetUserNameFromId(GetSessionUserId(), false));
	values[QUARANTINE_ID] =
		Int64GetDatum(nextval_internal(own_relation("quarantine_quarantine_id_seq"), false));
	values[QUARANTINE_ORIGIN] = CStringGetTextDatum(database_origin());
	values[QUARANTINE_STATUS] = CStringGetTextDatum("open");
	values[QUARANTINE_AT] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[QUARANTINE_BY] = NameGetDatum(&writer);
	CatalogTupleInsert(table, heap_form_tuple(RelationGetDescr(table), values, nulls));
	table_close(table, NoLock); /* the lock is kept, as any writer's */
}

static void
quarantine(BrokenRow *row)
{
	const RowTrigger *state = row->state;
	bool is_update = TRIGGER_FIRED_BY_UPDATE(row->data->tg_event);
	int count = row->broken.count + row->nnotes;
	Datum *rules = palloc(sizeof(Datum) * (count + 1));
	Datum *problems = palloc(sizeof(Datum) * (count + 1));
	Jsonb *key = NULL;
	Jsonb *former = NULL;
	Datum values[QUARANTINE_COLUMNS];

	for (int i = 0; i < row->broken.count; i++)
	{
		rules[i] = CStringGetTextDatum(rule_broken(row, i)->name);
		problems[i] = CStringGetTextDatum(
			problem_of(state->ruleset->compiled, row->broken.ops[i], row->values, row->nulls));
	}
	for (int i = 0; i < row->nnotes; i++)
	{
		rules[row->broken.count + i] = CStringGetTextDatum(row->notes[i].rule);
		problems[row->broken.count + i] = CStringGetTextDatum("The rule's expression is false.");
	}
	if (is_update && state->nkey > 0) /* else the row cannot be found again */
	{
		Jsonb *old = row_as_json(row->data->tg_trigtuple, RelationGetDescr(row->data->tg_relation));

		key = key_as_json(state, old);
		former = values_replaced(old, json_of(row));
	}
	values[QUARANTINE_CONTRACT] = CStringGetTextDatum(state->subject.contract);
	values[QUARANTINE_VERSION] = CStringGetTextDatum(state->subject.version);
	values[QUARANTINE_SCHEMA] = name_datum(state->subject.schema);
	values[QUARANTINE_TABLE] = name_datum(state->subject.table);
	values[QUARANTINE_RELATION] = ObjectIdGetDatum(state->subject.relation);
	values[QUARANTINE_OPERATION] = CStringGetTextDatum(is_update ? "UPDATE" : "INSERT");
	values[QUARANTINE_KEY] = JsonbPGetDatum(key);
	values[QUARANTINE_FORMER] = JsonbPGetDatum(former);
	values[QUARANTINE_CONTENT] = JsonbPGetDatum(json_of(row));
	values[QUARANTINE_RULES] = text_array(rules, count);
	values[QUARANTINE_PROBLEMS] = text_array(problems, count);
	insert_into_quarantine(values);
}

static void
refuse(const BrokenRow *row)
{
	const RowTrigger *state = row->state;

	if (row->broken.count > 0)
		raise_violation(state->ruleset->compiled, row->broken, row->values, row->nulls,
						state->subject.schema, state->subject.table);
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

/* The notes are used up, and are about this row if no other trigger came between. */
static int
take_notes(const RowTrigger *state, const TriggerData *data, TupleTableSlot *row, Note *notes)
{
	int noted = taken.relation == RelationGetRelid(data->tg_relation) ? taken.count : 0;
	int count = 0;

	for (int i = 0; i < noted; i++)
	{
		const Note *note = &taken.notes[i];

		if (state->doubts_notes &&
			(has_note_of(notes, count, note->trigger) || !note_is_about(note, data, row)))
			continue;
		notes[count] = *note;
		notes[count++].rule = pstrdup(note->rule);
	}
	for (int i = 0; i < noted; i++)
		pfree(taken.notes[i].rule);
	taken.count = 0;
	return count;
}

static Datum
act(BrokenRow *row)
{
	RowTrigger *state = row->state;

	if (state->mode != MODE_WARN && breaks_an_error(row))
	{
		if (state->mode == MODE_REJECT)
			refuse(row);
		quarantine(row);
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
		taken.count = 0;
		return PointerGetDatum(new_row(data));
	}
	if (unlikely(row.state->ruleset == NULL))
	{
		warning_unjudged(&row.state->subject, "*", row.state->failure);
		taken.count = 0;
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
	if (likely(first < 0 && taken.count == 0))
		return PointerGetDatum(new_row(data));

	row.values = slot->tts_values;
	row.nulls = slot->tts_isnull;
	row.json = NULL;
	row.broken.count = 0;
	if (first >= 0)
		row.broken = broken_rules(compiled, row.values, row.nulls);
	row.nnotes = take_notes(row.state, data, slot, row.notes);
	if (row.broken.count == 0 && row.nnotes == 0)
		return PointerGetDatum(new_row(data));
	return act(&row);
}
