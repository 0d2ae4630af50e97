/*
 * touched.c: relations that a command may have changed, and whether by the will of their owner.
 *
 * This runs within everybody's DDL, so it asks by index, visits everything once, keeps no scan open
 * while it goes on to the next object, and waits for no lock. What was dropped is read from the
 * system catalogs as the command itself saw them when it began.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "aidataops.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "contract/touched.h"
#include "core/identity.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

/* Relations found so far, and types: those whose users were found, and those that are to be visited. */
typedef struct Touched
{
	HTAB *relations; /* of TouchedRelation */
	HTAB *types;     /* of Oid */
	List *to_visit;

	Oid owner; /* of the object that the command names; InvalidOid if it names none */
} Touched;

/* ------------------------------------------------------------------- of what was dropped ---- */

/* A row of a system catalog as it was when the command began; a copy, or NULL. */
static HeapTuple
tuple_before(Oid catalog, Oid index, AttrNumber key_column, Oid object)
{
	Relation relation;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!ActiveSnapshotSet()) /* after a command with transactions of its own */
		return NULL;
	relation = table_open(catalog, AccessShareLock);
	ScanKeyInit(&key, key_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(relation, index, true, GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return tuple;
}

static Oid
owner_now_or_before(Oid relid)
{
	Oid owner = relation_owner(relid);
	HeapTuple tuple;

	if (OidIsValid(owner))
		return owner;
	tuple = tuple_before(RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, relid);
	return tuple ? ((Form_pg_class) GETSTRUCT(tuple))->relowner : InvalidOid;
}

static Oid
table_of_dropped_index(Oid index)
{
	HeapTuple tuple =
		tuple_before(IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid, index);

	return tuple ? ((Form_pg_index) GETSTRUCT(tuple))->indrelid : InvalidOid;
}

/* ------------------------------------------------------------------------------- sets ---- */

static HTAB *
make_set(const char *name, Size entry_size)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = entry_size, .hcxt = CurrentMemoryContext};

	return hash_create(name, 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
add_relation(Touched *touched, Oid relid)
{
	bool found;
	TouchedRelation *entry = hash_search(touched->relations, &relid, HASH_ENTER, &found);

	if (!found)
		entry->at_will_of = InvalidOid;
	if (OidIsValid(touched->owner) && owner_now_or_before(relid) == touched->owner &&
		!superuser() && has_privs_of_role(GetUserId(), touched->owner))
		entry->at_will_of = touched->owner;
}

static void
add_relations(Touched *touched, List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
		add_relation(touched, lfirst_oid(cell));
}

static void
add_type(Touched *touched, Oid type)
{
	bool found;

	if (!OidIsValid(type))
		return;
	(void) hash_search(touched->types, &type, HASH_ENTER, &found);
	if (!found)
		touched->to_visit = lappend_oid(touched->to_visit, type);
}

/* --------------------------------------------------------------------- by what they are ---- */

static void
touch_table(Touched *touched, Oid relid)
{
	add_relation(touched, relid);
	if (get_rel_relispartition(relid))
		add_relations(touched, get_partition_ancestors(relid));
	if (has_subclass(relid))
		add_relations(touched, find_all_inheritors(relid, NoLock, NULL));
	add_type(touched, get_rel_type_id(relid));
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
			add_relation(touched, IndexGetRelation(relid, true));
			break;
		case RELKIND_COMPOSITE_TYPE:
			add_type(touched, get_rel_type_id(relid));
			break;
		case '\0': /* it was dropped */
			add_relation(touched, relid);
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
		add_type(touched, type);
}

static Oid
table_of_trigger(Oid trigger)
{
	Relation triggers = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid relation;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(triggers, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	relation = HeapTupleIsValid(tuple) ? ((Form_pg_trigger) GETSTRUCT(tuple))->tgrelid : InvalidOid;
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	return relation;
}

/*
 * Tables under contract that are in a schema: it was renamed, or lost an index of which nobody can
 * say any more whose it was.
 */
static void
touch_schema(Touched *touched, Oid schema)
{
	Oid own_schema = get_namespace_oid(AIDATAOPS_SCHEMA, false);
	Relation tables = table_open(get_relname_relid("contract_table", own_schema), AccessShareLock);
	AttrNumber column = get_attnum(RelationGetRelid(tables), "relation_oid");
	SysScanDesc scan = systable_beginscan(
		tables, get_relname_relid("contract_table_watched_idx", own_schema), true, NULL, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool isnull;
		Datum relation = heap_getattr(tuple, column, RelationGetDescr(tables), &isnull);

		if (!isnull && get_rel_namespace(DatumGetObjectId(relation)) == schema)
			add_relation(touched, DatumGetObjectId(relation));
	}
	systable_endscan(scan);
	table_close(tables, AccessShareLock);
}

static void
touch(Touched *touched, Oid class, Oid object)
{
	switch (class)
	{
		case RelationRelationId:
			touch_relation(touched, object);
			break;
		case TypeRelationId:
			add_type(touched, object);
			break;
		case TriggerRelationId:
			touch_relation(touched, table_of_trigger(object));
			break;
		case ConstraintRelationId:
			touch_constraint(touched, object);
			break;
		case NamespaceRelationId:
			touch_schema(touched, object);
			break;
	}
}

/* What is declared with a type: columns, and types made from it. */
static List *
users_of_type(Oid type)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	List *users = NIL;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(type));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (form->classid == RelationRelationId || form->classid == TypeRelationId)
			users = lappend(users, list_make2_oid(form->classid, form->objid));
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return users;
}

/* And what is declared with these, and so on. */
static void
visit_types(Touched *touched)
{
	while (touched->to_visit != NIL)
	{
		List *types = touched->to_visit;
		ListCell *cell;

		touched->to_visit = NIL;
		foreach (cell, types)
		{
			List *users = users_of_type(lfirst_oid(cell));
			ListCell *user;

			foreach (user, users)
				touch(touched, linitial_oid(lfirst(user)), lsecond_oid(lfirst(user)));
			list_free_deep(users);
		}
		list_free(types);
	}
}

/* -------------------------------------------------------------- what the server tells ---- */

/*
 * The objects of the command. The functions are called without a query, whose planning would be
 * most of what we cost everybody.
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

/* ---------------------------------------------------------------------------- changed ---- */

static Oid
owner_of(Oid class, Oid object)
{
	HeapTuple tuple;
	Oid owner = InvalidOid;

	if (class == RelationRelationId)
		return owner_now_or_before(object);
	if (class == TriggerRelationId)
		return relation_owner(table_of_trigger(object));
	if (class != TypeRelationId && class != NamespaceRelationId)
		return InvalidOid;
	tuple =
		SearchSysCache1(class == TypeRelationId ? TYPEOID : NAMESPACEOID, ObjectIdGetDatum(object));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = class == TypeRelationId ? ((Form_pg_type) GETSTRUCT(tuple))->typowner
									: ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Temporary tables have no contracts and are made often. */
static void
touch_changed_objects(Touched *touched)
{
	Objects objects = objects_from(F_PG_EVENT_TRIGGER_DDL_COMMANDS);

	while (next_object(&objects))
	{
		Oid class = object_oid(&objects, "classid");
		Oid object = object_oid(&objects, "objid");

		if (strcmp(object_text(&objects, "schema_name"), "pg_temp") == 0)
			continue;
		touched->owner = owner_of(class, object);
		touch(touched, class, object);
		visit_types(touched);
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

			if (OidIsValid(relid)) /* after its parent, which is whose command it is */
				touch_relation(touched, relid);
		}
	}
}

/* ---------------------------------------------------------------------------- dropped ---- */

/* Triggers, constraints and defaults are told with the names of schema, table and their own. */
static void
touch_table_of_part(Touched *touched, const Objects *objects, bool is_named)
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
	if (!OidIsValid(relid))
		return;
	touched->owner = is_named ? relation_owner(relid) : InvalidOid;
	touch_relation(touched, relid);
}

static void
touch_dropped_index(Touched *touched, const Objects *objects)
{
	Oid table = table_of_dropped_index(object_oid(objects, "objid"));

	touched->owner = relation_owner(table);
	if (OidIsValid(table))
		touch_relation(touched, table);
	else
		touch_schema(touched, get_namespace_oid(object_text(objects, "schema_name"), true));
}

/*
 * What the command names is dropped by the will of who may; what goes with something else is not,
 * nor what goes with a role.
 */
static void
touch_dropped_object(Touched *touched, const Objects *objects, bool names_objects)
{
	Oid object = object_oid(objects, "objid");
	bool is_named = names_objects && object_is(objects, "original");

	touched->owner = InvalidOid;
	if (object_oid(objects, "classid") != RelationRelationId)
		touch_table_of_part(touched, objects, is_named);
	else if (strcmp(object_text(objects, "object_type"), "index") != 0)
	{
		if (is_named)
			touched->owner = owner_now_or_before(object);
		touch_relation(touched, object);
	}
	else if (is_named)
		touch_dropped_index(touched, objects);
}

static void
touch_dropped_objects(Touched *touched, bool names_objects)
{
	Objects objects = objects_from(F_PG_EVENT_TRIGGER_DROPPED_OBJECTS);

	while (next_object(&objects))
	{
		if (object_is(&objects, "is_temporary"))
			continue;
		touch_dropped_object(touched, &objects, names_objects);
		visit_types(touched);
	}
	end_objects(&objects);
}

/* -------------------------------------------------------------------------------- all ---- */

static List *
list_of(HTAB *relations)
{
	List *list = NIL;
	HASH_SEQ_STATUS scan;
	TouchedRelation *entry;

	hash_seq_init(&scan, relations);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (OidIsValid(entry->relation))
			list = lappend(list, entry);
	}
	return list;
}

static void
touch_rewritten_table(Touched *touched)
{
	Oid relid = DatumGetObjectId(OidFunctionCall0(F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID));

	touched->owner = relation_owner(relid);
	touch_relation(touched, relid);
	visit_types(touched);
}

List *
relations_touched_by(const EventTriggerData *event)
{
	Touched touched = {.relations = make_set("touched relations", sizeof(TouchedRelation)),
					   .types = make_set("touched types", sizeof(Oid))};

	if (strcmp(event->event, "sql_drop") == 0)
		touch_dropped_objects(&touched, event->tag != CMDTAG_DROP_OWNED);
	else if (strcmp(event->event, "ddl_command_end") == 0)
	{
		touch_changed_objects(&touched);
		touch_detached_partitions(&touched, event->parsetree);
	}
	else
		touch_rewritten_table(&touched);
	return list_of(touched.relations);
}
