/*
 * watch.c: event triggers that notice when a table of a contract changes its shape (docs/schema-watch.md).
 *
 * An event trigger runs within everybody's DDL. So this one first asks, by index and as little as it can, whether
 * the command may have touched a table of a contract: mostly it did not, and that is all. What then compares the
 * tables and writes the catalog is SQL (sql/56_schema_watch.sql), as the owner of the catalog. All of it is in a
 * subtransaction: whatever goes wrong here is a warning, and the command goes on. Only a refusal that a contract
 * asks for is an error.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "contract/watch.h"
#include "core/statement.h"
#include "core/subtransaction.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(watch_schema_event);

bool guards_change_on_purpose = false;

/* ------------------------------------------------------ relations that a command touched ---- */

/* Relations found so far, and types already walked through. */
typedef struct Touched
{
	List *relations;
	List *types;
} Touched;

static void touch(Touched *touched, Oid class, Oid object);

static void
touch_relations(Touched *touched, List *relations)
{
	touched->relations = list_concat_unique_oid(touched->relations, relations);
}

/* What is declared with a type: columns, and types made from it, and what is declared with these. */
static void
touch_users_of_type(Touched *touched, Oid type)
{
	Relation depend;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	check_stack_depth();
	if (list_member_oid(touched->types, type))
		return;
	touched->types = lappend_oid(touched->types, type);
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(type));
	depend = table_open(DependRelationId, AccessShareLock);
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->classid == RelationRelationId || form->classid == TypeRelationId)
			touch(touched, form->classid, form->objid);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
}

static void
touch_table(Touched *touched, Oid relid)
{
	if (list_member_oid(touched->relations, relid))
		return;
	touch_relations(touched, list_make1_oid(relid));
	if (get_rel_relispartition(relid))
		touch_relations(touched, get_partition_ancestors(relid));
	if (has_subclass(relid))
		touch_relations(touched, find_all_inheritors(relid, NoLock, NULL));
	touch_users_of_type(touched, get_rel_type_id(relid));
}

static void
touch_relation(Touched *touched, Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			touch_table(touched, relid);
			break;
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			touch_relations(touched, list_make1_oid(IndexGetRelation(relid, true)));
			break;
		case RELKIND_COMPOSITE_TYPE:
			touch_users_of_type(touched, get_rel_type_id(relid));
			break;
		case '\0': /* it was dropped */
			touch_relations(touched, list_make1_oid(relid));
			break;
		default:
			break;
	}
}

static void
touch_constraint(Touched *touched, Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid relation;
	Oid type;

	if (!HeapTupleIsValid(tuple))
		return;
	relation = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	type = ((Form_pg_constraint) GETSTRUCT(tuple))->contypid;
	ReleaseSysCache(tuple);
	if (OidIsValid(relation))
		touch_relation(touched, relation);
	else
		touch_users_of_type(touched, type);
}

static void
touch_trigger(Touched *touched, Oid trigger)
{
	Relation triggers = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(triggers, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		touch_relation(touched, ((Form_pg_trigger) GETSTRUCT(tuple))->tgrelid);
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
}

static Relation
open_contract_tables(void)
{
	Oid schema = get_namespace_oid(AIDATAOPS_SCHEMA, false);

	return table_open(get_relname_relid("contract_table", schema), AccessShareLock);
}

/* Tables of contracts that are in a schema: it was renamed, or lost an index that is gone before we can ask whose. */
static void
touch_schema(Touched *touched, Oid schema)
{
	Relation tables = open_contract_tables();
	AttrNumber column = get_attnum(RelationGetRelid(tables), "relation_oid");
	SysScanDesc scan = systable_beginscan(tables, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool isnull;
		Datum relation = heap_getattr(tuple, column, RelationGetDescr(tables), &isnull);

		if (!isnull && get_rel_namespace(DatumGetObjectId(relation)) == schema)
			touch_relations(touched, list_make1_oid(DatumGetObjectId(relation)));
	}
	systable_endscan(scan);
	table_close(tables, AccessShareLock);
}

static void
touch(Touched *touched, Oid class, Oid object)
{
	if (class == RelationRelationId)
		touch_relation(touched, object);
	else if (class == TypeRelationId)
		touch_users_of_type(touched, object);
	else if (class == TriggerRelationId)
		touch_trigger(touched, object);
	else if (class == ConstraintRelationId)
		touch_constraint(touched, object);
	else if (class == NamespaceRelationId)
		touch_schema(touched, object);
}

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
	return some_row(tables, "contract_table_oid_idx", 1, &key);
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
those_with_contracts(List *relations)
{
	Relation tables;
	List *contracted = NIL;
	ListCell *cell;

	if (relations == NIL)
		return NIL;
	tables = open_contract_tables();
	foreach (cell, relations)
	{
		Oid relid = lfirst_oid(cell);

		if (has_contract_by_oid(tables, relid) || has_contract_by_name(tables, relid))
			contracted = lappend_oid(contracted, relid);
	}
	table_close(tables, AccessShareLock);
	return contracted;
}

/* ------------------------------------------------------------------------- the trigger ---- */

/*
 * What the server tells of the command. The functions are called without a query, whose planning would be most of
 * what we cost everybody.
 */
typedef struct Objects
{
	Tuplestorestate *store;
	TupleTableSlot *slot;
	ExprContext *context;
} Objects;

static Objects
objects_from(Oid function)
{
	LOCAL_FCINFO(call, 0);
	FmgrInfo info;
	ReturnSetInfo result = {.type = T_ReturnSetInfo};
	Objects objects;

	objects.context = CreateStandaloneExprContext();
	result.econtext = objects.context;
	result.allowedModes = SFRM_Materialize;
	fmgr_info(function, &info);
	InitFunctionCallInfoData(*call, &info, 0, InvalidOid, NULL, (Node *) &result);
	(void) FunctionCallInvoke(call);
	if (result.setResult == NULL)
		elog(ERROR, "function %u returned no set", function);
	objects.store = result.setResult;
	objects.slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
	return objects;
}

static bool
next_object(Objects *objects)
{
	CHECK_FOR_INTERRUPTS();
	return tuplestore_gettupleslot(objects->store, true, false, objects->slot);
}

static void
end_objects(Objects *objects)
{
	ExecDropSingleTupleTableSlot(objects->slot);
	tuplestore_end(objects->store);
	FreeExprContext(objects->context, true);
}

static Datum
object_field(const Objects *objects, const char *name, bool *isnull)
{
	int number = SPI_fnumber(objects->slot->tts_tupleDescriptor, name);

	if (number <= 0)
		elog(ERROR, "objects of a command have no %s", name);
	return slot_getattr(objects->slot, number, isnull);
}

static Oid
object_oid(const Objects *objects, const char *name)
{
	bool isnull;
	Datum value = object_field(objects, name, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

static bool
object_is(const Objects *objects, const char *name)
{
	bool isnull;
	Datum value = object_field(objects, name, &isnull);

	return !isnull && DatumGetBool(value);
}

static const char *
object_text(const Objects *objects, const char *name)
{
	bool isnull;
	Datum value = object_field(objects, name, &isnull);

	return isnull ? "" : TextDatumGetCString(value);
}

/* Temporary tables have no contracts and are made often. */
static void
touch_changed_objects(Touched *touched)
{
	Objects objects = objects_from(F_PG_EVENT_TRIGGER_DDL_COMMANDS);

	while (next_object(&objects))
	{
		if (strcmp(object_text(&objects, "schema_name"), "pg_temp") != 0)
			touch(touched, object_oid(&objects, "classid"), object_oid(&objects, "objid"));
	}
	end_objects(&objects);
}

/* The partition that a command detached is told by nothing but the command: it is of the tree no more. */
static void
touch_detached_partitions(Touched *touched, Node *command)
{
	ListCell *cell;

	if (!IsA(command, AlterTableStmt))
		return;
	foreach (cell, ((AlterTableStmt *) command)->cmds)
	{
		AlterTableCmd *part = lfirst_node(AlterTableCmd, cell);

		if (part->subtype == AT_DetachPartition)
		{
			Oid relid = RangeVarGetRelid(castNode(PartitionCmd, part->def)->name, NoLock, true);

			if (OidIsValid(relid))
				touch_relation(touched, relid);
		}
	}
}

/* Triggers, constraints and defaults are told with the names of schema, table and their own. */
static void
touch_table_of_part(Touched *touched, const Objects *objects)
{
	bool isnull;
	Datum address = object_field(objects, "address_names", &isnull);
	Datum *names;
	int count;
	Oid schema;
	Oid relid;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(address), TEXTOID, -1, false, TYPALIGN_INT, &names, NULL,
					  &count);
	if (count != 3)
		return;
	schema = get_namespace_oid(TextDatumGetCString(names[0]), true);
	relid =
		OidIsValid(schema) ? get_relname_relid(TextDatumGetCString(names[1]), schema) : InvalidOid;
	if (OidIsValid(relid))
		touch_relation(touched, relid);
}

/* Whose index it was that was dropped cannot be told any more, so all tables of its schema are looked at. */
static void
touch_dropped_object(Touched *touched, const Objects *objects)
{
	if (object_is(objects, "is_temporary"))
		return;
	if (object_oid(objects, "classid") != RelationRelationId)
		touch_table_of_part(touched, objects);
	else if (strcmp(object_text(objects, "object_type"), "index") != 0)
		touch_relation(touched, object_oid(objects, "objid"));
	else if (object_is(objects, "original"))
		touch_schema(touched, get_namespace_oid(object_text(objects, "schema_name"), true));
}

static void
touch_dropped_objects(Touched *touched)
{
	Objects objects = objects_from(F_PG_EVENT_TRIGGER_DROPPED_OBJECTS);

	while (next_object(&objects))
		touch_dropped_object(touched, &objects);
	end_objects(&objects);
}

static List *
touched_by(const EventTriggerData *event)
{
	Touched touched = {0};

	if (strcmp(event->event, "sql_drop") == 0)
		touch_dropped_objects(&touched);
	else if (strcmp(event->event, "ddl_command_end") == 0)
	{
		touch_changed_objects(&touched);
		touch_detached_partitions(&touched, event->parsetree);
	}
	else
		touch_relation(&touched,
					   DatumGetObjectId(OidFunctionCall0(F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID)));
	return touched.relations;
}

static Datum
oid_array(List *oids)
{
	Datum *values = palloc(list_length(oids) * sizeof(Datum));
	int i = 0;
	ListCell *cell;

	foreach (cell, oids)
		values[i++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(values, i, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

typedef struct Refusal
{
	char *message; /* NULL: nothing is refused */
	char *detail;
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
	}
	MemoryContextSwitchTo(previous);
	return refusal;
}

/* What is only about to happen, a rewrite, may be refused but is not recorded. */
static Refusal
look_at_tables(const EventTriggerData *event, List *relations, MemoryContext memory)
{
	Statement statement;

	statement_init(&statement, "SELECT * FROM aidataops._tables_touched($1, $2, $3, $4)");
	statement_text(&statement, GetCommandTagName(event->tag));
	statement_param(&statement, OIDARRAYOID, oid_array(relations), false);
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
	List *relations = those_with_contracts(touched_by(event));
	bool lacks_snapshot = !ActiveSnapshotSet(); /* after a command with transactions of its own */
	Refusal refusal;

	if (relations == NIL)
		return (Refusal){0};
	if (lacks_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	refusal = look_at_tables(event, relations, memory);
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
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("%s", refusal.message), errdetail("%s", refusal.detail),
						errhint("Propose a version of the contract that allows it, or set "
								"aidataops.schemaWatch to \"warn\" in a new one.")));
	PG_RETURN_NULL();
}
