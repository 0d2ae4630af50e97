/*
 * watch.c: event triggers that notice when a table of a contract changes its shape (docs/schema-watch.md).
 *
 * An event trigger runs within everybody's DDL. So this one first asks, by index and as little as
 * it can, whether the command may have touched a table under contract (touched.c): mostly it did
 * not, and that is all. What then compares the tables and writes the catalog is SQL
 * (sql/56_schema_watch.sql), as the owner of the catalog. All of it is in a subtransaction:
 * whatever goes wrong here is a warning, and the command goes on. Only a refusal that a contract
 * asks for is an error, and only for who acts by the will of the table's owner.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "contract/touched.h"
#include "contract/watch.h"
#include "core/statement.h"
#include "core/subtransaction.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(watch_schema_event);

bool guards_change_on_purpose = false;

/* ------------------------------------------------------------- which of them have contracts ---- */

static bool
some_row(Relation relation, const char *index, int nkeys, ScanKey keys)
{
	Oid schema = RelationGetNamespace(relation);
	SysScanDesc scan =
		systable_beginscan(relation, get_relname_relid(index, schema), true, NULL, nkeys, keys);
	bool found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	return found;
}

static bool
has_contract_by_oid(Relation tables, Oid relid)
{
	ScanKeyData key;

	ScanKeyInit(&key, get_attnum(RelationGetRelid(tables), "relation_oid"), BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	return some_row(tables, "contract_table_watched_idx", 1, &key);
}

/* A table that takes the place of another, or that was restored. */
static bool
has_contract_by_name(Relation tables, Oid relid)
{
	const char *schema = get_namespace_name(get_rel_namespace(relid));
	const char *name = get_rel_name(relid);
	ScanKeyData keys[2];

	if (schema == NULL || name == NULL)
		return false;
	ScanKeyInit(&keys[0], get_attnum(RelationGetRelid(tables), "relation_name"),
				BTEqualStrategyNumber, F_NAMEEQ,
				DirectFunctionCall1(namein, CStringGetDatum(name)));
	ScanKeyInit(&keys[1], get_attnum(RelationGetRelid(tables), "relation_schema"),
				BTEqualStrategyNumber, F_NAMEEQ,
				DirectFunctionCall1(namein, CStringGetDatum(schema)));
	return some_row(tables, "contract_table_name_idx", 2, keys);
}

static List *
those_under_contract(List *touched)
{
	Relation tables;
	List *found = NIL;
	ListCell *cell;

	if (touched == NIL)
		return NIL;
	tables =
		table_open(get_relname_relid("contract_table", get_namespace_oid(AIDATAOPS_SCHEMA, false)),
				   AccessShareLock);
	foreach (cell, touched)
	{
		Oid relid = ((TouchedRelation *) lfirst(cell))->relation;

		CHECK_FOR_INTERRUPTS();
		if (has_contract_by_oid(tables, relid) || has_contract_by_name(tables, relid))
			found = lappend(found, lfirst(cell));
	}
	table_close(tables, AccessShareLock);
	return found;
}

/* ------------------------------------------------------------------------- the trigger ---- */

static Datum
oid_array(const Datum *oids, int count)
{
	return PointerGetDatum(
		construct_array((Datum *) oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* Two arrays: the relations, and by whose will. */
static void
add_relations(Statement *statement, List *touched)
{
	Datum *relations = palloc(list_length(touched) * sizeof(Datum));
	Datum *owners = palloc(list_length(touched) * sizeof(Datum));
	int count = 0;
	ListCell *cell;

	foreach (cell, touched)
	{
		const TouchedRelation *relation = lfirst(cell);

		relations[count] = ObjectIdGetDatum(relation->relation);
		owners[count++] = ObjectIdGetDatum(relation->at_will_of);
	}
	statement_param(statement, OIDARRAYOID, oid_array(relations, count), false);
	statement_param(statement, OIDARRAYOID, oid_array(owners, count), false);
}

typedef struct Refusal
{
	char *message; /* NULL: nothing is refused */
	char *detail;
	char *hint;
} Refusal;

static Refusal
refusal_of(SPITupleTable *rows, MemoryContext memory)
{
	MemoryContext previous = MemoryContextSwitchTo(memory);
	Refusal refusal = {0};
	char *message = SPI_getvalue(rows->vals[0], rows->tupdesc, 1);

	if (message != NULL)
	{
		refusal.message = pstrdup(message);
		refusal.detail = pstrdup(SPI_getvalue(rows->vals[0], rows->tupdesc, 2));
		refusal.hint = pstrdup(SPI_getvalue(rows->vals[0], rows->tupdesc, 3));
	}
	MemoryContextSwitchTo(previous);
	return refusal;
}

/* What is only about to happen, a rewrite, may be refused but is not recorded. */
static Refusal
look_at_tables(const EventTriggerData *event, List *touched, MemoryContext memory)
{
	Statement statement;

	statement_init(&statement, "SELECT * FROM aidataops._tables_touched($1, $2, $3, $4, $5, $6)");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(GetUserId()), false);
	statement_text(&statement, GetCommandTagName(event->tag));
	add_relations(&statement, touched);
	statement_param(&statement, BOOLOID, BoolGetDatum(strcmp(event->event, "table_rewrite") != 0),
					false);
	statement_param(&statement, BOOLOID, BoolGetDatum(guards_change_on_purpose), false);
	if (statement_run_as_catalog_owner(&statement) != 1)
		return (Refusal){0};
	return refusal_of(SPI_tuptable, memory);
}

static Refusal
watch(const EventTriggerData *event, MemoryContext memory)
{
	List *touched = those_under_contract(relations_touched_by(event));
	bool lacks_snapshot = !ActiveSnapshotSet(); /* after a command with transactions of its own */
	Refusal refusal;

	if (touched == NIL)
		return (Refusal){0};
	if (lacks_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	refusal = look_at_tables(event, touched, memory);
	SPI_finish();
	if (lacks_snapshot)
		PopActiveSnapshot();
	return refusal;
}

typedef struct Watching
{
	const EventTriggerData *event;
	MemoryContext memory;
	Refusal refusal;
} Watching;

static void
watch_event(void *argument)
{
	Watching *watching = argument;

	watching->refusal = watch(watching->event, watching->memory);
}

static Refusal
watch_without_harm(const EventTriggerData *event)
{
	Watching watching = {event, CurrentMemoryContext, {0}};
	char *failure = safely(watch_event, &watching);

	if (failure == NULL)
		return watching.refusal;
	ereport(WARNING, (errmsg("aidataops could not look at what this command changed: %s", failure),
					  errhint("reconcile_schema() will find it.")));
	return (Refusal){0};
}

/* While an extension is dropped the catalog may be gone before its event triggers are. */
static bool
catalog_is_there(void)
{
	Oid schema = get_namespace_oid(AIDATAOPS_SCHEMA, true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid("contract_table", schema)) &&
		   OidIsValid(get_relname_relid("dataset", schema));
}

Datum
watch_schema_event(PG_FUNCTION_ARGS)
{
	Refusal refusal;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("this function is for event triggers, see watch_schema()")));
	if (!catalog_is_there())
		PG_RETURN_NULL();
	refusal = watch_without_harm((EventTriggerData *) fcinfo->context);
	if (refusal.message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("%s", refusal.message),
				 errdetail("%s", refusal.detail), errhint("%s", refusal.hint)));
	PG_RETURN_NULL();
}
