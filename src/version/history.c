/*
 * history.c: the shape of a relation, and the tables that keep the rows of versions.
 *
 * Interval storage: a history table holds every row that some version had, once, with the version
 * in which it was added and the one in which it was removed. It has the columns of the source, so
 * values keep their types exactly, and it is an ordinary table outside the
 * extension, so pg_dump keeps it. A column added to the source is added to it; any other change of
 * shape begins a new table, and old history is never rewritten.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "core/bytes.h"
#include "core/hash.h"
#include "core/relation.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "version/history.h"
#include "version/rights.h"
#include "version/source.h"

/* Those after the first four are no columns of the table, but of what is compared with it. */
static const char *const own_columns[] = {"rid", "added",    "removed", "hash",   "new_hash",
										  "nth", "tableoid", "ctid",    "new_rid"};

/* ------------------------------------------------------------------------ shape ---- */

/* Qualified unless in pg_catalog, because the functions run with no other schema in the path. */
static char *
qualified_type(Oid type, int32 typmod)
{
	return format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN);
}

static char *
collation_clause(Oid collation, Oid type)
{
	if (!OidIsValid(collation) || collation == get_typcollation(type))
		return "";
	return psprintf(" COLLATE %s", generate_collation_name(collation));
}

static ShapeColumn *
shape_column(Form_pg_attribute attribute)
{
	ShapeColumn *column = palloc(sizeof(ShapeColumn));

	column->name = pstrdup(NameStr(attribute->attname));
	column->type = psprintf("%s%s", qualified_type(attribute->atttypid, attribute->atttypmod),
							collation_clause(attribute->attcollation, attribute->atttypid));
	column->type_oid = attribute->atttypid;
	column->typmod = attribute->atttypmod;
	column->collation = attribute->attcollation;
	column->storage_typmod = attribute->atttypmod;
	column->storage_oid = getBaseTypeAndTypmod(attribute->atttypid, &column->storage_typmod);
	return column;
}

Shape *
shape_of_relation(Oid relid)
{
	Relation relation = open_relation(relid, AccessShareLock);
	TupleDesc tupdesc = RelationGetDescr(relation);
	Shape *shape = palloc0(sizeof(Shape));

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped)
			shape->columns = lappend(shape->columns, shape_column(attribute));
	}
	relation_close(relation, NoLock);
	return shape;
}

static List *
text_array_to_list(Datum array)
{
	List *texts = NIL;
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
		texts = lappend(texts, TextDatumGetCString(values[i]));
	return texts;
}

Shape *
shape_of_epoch(const Dataset *dataset, int32 epoch)
{
	Shape *shape = palloc0(sizeof(Shape));
	Statement statement;
	bool isnull;
	ListCell *name;
	ListCell *type;
	List *names;
	List *types;

	statement_init(&statement, "SELECT column_names, column_types FROM aidataops.schema_epoch "
							   "WHERE dataset_id = $1 AND epoch = $2");
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, epoch);
	if (statement_run_as_catalog_owner(&statement) != 1)
		elog(ERROR, "schema epoch %d of dataset \"%s\" is missing", epoch, dataset->name);
	names = name_array_to_list(DatumGetArrayTypeP(result_value(1, &isnull)));
	types = text_array_to_list(result_value(2, &isnull));
	forboth(name, names, type, types)
	{
		ShapeColumn *column = palloc0(sizeof(ShapeColumn));

		column->name = lfirst(name);
		column->type = lfirst(type);
		shape->columns = lappend(shape->columns, column);
	}
	return shape;
}

static ShapeColumn *
shape_find(const Shape *shape, const char *name)
{
	ListCell *cell;

	foreach (cell, shape->columns)
	{
		ShapeColumn *column = lfirst(cell);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

/* The same names with the same types, in whatever order. */
bool
shape_equal(const Shape *a, const Shape *b)
{
	ListCell *cell;

	if (list_length(a->columns) != list_length(b->columns))
		return false;
	foreach (cell, a->columns)
	{
		ShapeColumn *column = lfirst(cell);
		ShapeColumn *other = shape_find(b, column->name);

		if (!other || strcmp(column->type, other->type) != 0)
			return false;
	}
	return true;
}

bool
shape_describes(const Shape *shape, TupleDesc tupdesc)
{
	ListCell *cell;
	int i = 0;

	if (list_length(shape->columns) != tupdesc->natts)
		return false;
	foreach (cell, shape->columns)
	{
		ShapeColumn *column = lfirst(cell);
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i++);

		if (attribute->attisdropped || attribute->atttypid != column->type_oid ||
			attribute->atttypmod != column->typmod || attribute->attcollation != column->collation)
			return false;
	}
	return true;
}

List *
shape_names(const Shape *shape)
{
	List *names = NIL;
	ListCell *cell;

	foreach (cell, shape->columns)
		names = lappend(names, ((ShapeColumn *) lfirst(cell))->name);
	return names;
}

List *
shape_types(const Shape *shape)
{
	List *types = NIL;
	ListCell *cell;

	foreach (cell, shape->columns)
		types = lappend(types, ((ShapeColumn *) lfirst(cell))->type);
	return types;
}

static int
compare_column_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((ShapeColumn *) lfirst(a))->name, ((ShapeColumn *) lfirst(b))->name);
}

/* XXH3-128 of name, 0, type, 0 for each column in the order of the names; a uuid. */
Datum
shape_signature(const Shape *shape)
{
	List *sorted = list_copy(shape->columns);
	StringInfoData text;
	XXH128_canonical_t canonical;
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));
	ListCell *cell;

	list_sort(sorted, compare_column_names);
	initStringInfo(&text);
	foreach (cell, sorted)
	{
		ShapeColumn *column = lfirst(cell);

		bytes_put(&text, column->name, strlen(column->name) + 1);
		bytes_put(&text, column->type, strlen(column->type) + 1);
	}
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data, text.len));
	memcpy(uuid->data, canonical.digest, sizeof(uuid->data));
	return UUIDPGetDatum(uuid);
}

/* ---------------------------------------------------------------------- SQL text ---- */

char *
column_list(List *names, const char *alias)
{
	StringInfoData list;
	ListCell *cell;

	initStringInfo(&list);
	foreach (cell, names)
	{
		if (list.len > 0)
			appendStringInfoString(&list, ", ");
		if (alias)
			appendStringInfo(&list, "%s.", alias);
		appendStringInfoString(&list, quote_identifier(lfirst(cell)));
	}
	return list.data;
}

static Oid
equality_operator(Oid type, const char *column)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);

	if (!OidIsValid(entry->eq_opr) || !OidIsValid(entry->lt_opr))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("column \"%s\" of type %s cannot be part of a key", column,
							   format_type_be(type)),
						errdetail("The type has no default btree operator class.")));
	return entry->eq_opr;
}

static char *
operator_text(Oid equality)
{
	return psprintf("OPERATOR(%s.%s)",
					quote_identifier(get_namespace_name(get_func_namespace(get_opcode(equality)))),
					get_opname(equality));
}

/* Type and collation of a key column; raises if it is gone. */
static Oid
key_type(Oid relid, const char *name, Oid *collation)
{
	AttrNumber attnum = get_attnum(relid, name);
	Oid type;
	int32 typmod;

	if (!get_rel_name(relid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	if (attnum == InvalidAttrNumber)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("key column \"%s\" does not exist in table \"%s\"", name,
							   get_rel_name(relid)),
						errdetail("It was dropped or renamed since the dataset was created."),
						errhint("Name it so again, or create a dataset with another key.")));
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, collation);
	return getBaseType(type);
}

static char *
hash_condition(List *key, const char *left, const char *right)
{
	return psprintf("aidataops.row_hash(ROW(%s)) OPERATOR(pg_catalog.=) "
					"aidataops.row_hash(ROW(%s))",
					column_list(key, left), column_list(key, right));
}

char *
key_condition(Oid left_relid, Oid right_relid, List *key, const char *left, const char *right)
{
	StringInfoData condition;
	ListCell *cell;

	initStringInfo(&condition);
	foreach (cell, key)
	{
		const char *name = lfirst(cell);
		const char *quoted = quote_identifier(name);
		Oid left_collation;
		Oid right_collation;
		Oid type = key_type(left_relid, name, &left_collation);

		if (type != key_type(right_relid, name, &right_collation) ||
			left_collation != right_collation)
			return hash_condition(key, left, right);
		appendStringInfo(&condition, "%s%s.%s %s %s.%s", condition.len > 0 ? " AND " : "", left,
						 quoted, operator_text(equality_operator(type, name)), right, quoted);
	}
	return condition.data;
}

char *
numbered_rows(const History *history, const char *columns, const char *hash, const char *from)
{
	return psprintf("(SELECT n.*, pg_catalog.row_number() OVER (PARTITION BY n.%1$s) AS %2$s "
					"FROM (SELECT %3$s, %4$s AS %1$s FROM %5$s OFFSET 0) AS n)",
					history->new_hash, history->nth, columns, hash, from);
}

void
check_key_columns(Oid relid, List *key)
{
	Oid collation;
	ListCell *cell;

	if (list_length(key) >= INDEX_MAX_KEYS) /* history's index has one column more */
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("key of a dataset cannot have more than %d columns", INDEX_MAX_KEYS - 1)));
	foreach (cell, key)
		(void) equality_operator(key_type(relid, lfirst(cell), &collation), lfirst(cell));
}

/* ----------------------------------------------------------------------- tables ---- */

static char *
own_column(const char *prefix, const char *name)
{
	return pstrdup(quote_identifier(psprintf("%s%s", prefix, name)));
}

History *
history_named(const char *name, const char *prefix)
{
	History *history = palloc0(sizeof(History));

	history->name = pstrdup(name);
	history->qualified = psprintf("%s.%s", HISTORY_SCHEMA, quote_identifier(name));
	history->prefix = pstrdup(prefix);
	history->rid = own_column(prefix, own_columns[0]);
	history->added = own_column(prefix, own_columns[1]);
	history->removed = own_column(prefix, own_columns[2]);
	history->hash = own_column(prefix, own_columns[3]);
	history->new_hash = own_column(prefix, own_columns[4]);
	history->nth = own_column(prefix, own_columns[5]);
	history->tableoid = own_column(prefix, own_columns[6]);
	history->ctid = own_column(prefix, own_columns[7]);
	history->new_rid = own_column(prefix, own_columns[8]);
	return history;
}

static bool
prefix_collides(const char *prefix, const Shape *shape)
{
	for (int i = 0; i < lengthof(own_columns); i++)
	{
		if (shape_find(shape, psprintf("%s%s", prefix, own_columns[i])))
			return true;
	}
	return false;
}

History *
history_current(const Dataset *dataset)
{
	Statement statement;

	statement_init(&statement, "SELECT history_table::text, prefix FROM aidataops.schema_epoch "
							   "WHERE dataset_id = $1 AND epoch = $2");
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, dataset->epoch);
	if (statement_run_as_catalog_owner(&statement) != 1 || !OidIsValid(dataset->history))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("history of dataset \"%s\" is missing", dataset->name),
						errdetail("A table in schema %s was dropped or renamed.", HISTORY_SCHEMA),
						errhint("With repair_dataset(%s) the dataset goes on with a version of "
								"the table as it is.",
								quote_literal_cstr(dataset->name))));
	return history_named(result_text(1), result_text(2));
}

static Oid
namespace_owner(Oid schema_oid)
{
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema_oid));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* Two sessions may want it at once: the second waits on the catalog and then finds it. */
static void
create_history_schema(void)
{
	LockRelationOid(get_relname_relid("schema_epoch", get_namespace_oid(AIDATAOPS_SCHEMA, false)),
					ShareRowExclusiveLock);
	if (OidIsValid(get_namespace_oid(HISTORY_SCHEMA, true)))
		return;
	run_ddl("CREATE SCHEMA " HISTORY_SCHEMA);
	run_ddl("GRANT USAGE ON SCHEMA " HISTORY_SCHEMA " TO PUBLIC");
	run_ddl("COMMENT ON SCHEMA " HISTORY_SCHEMA " IS 'Rows of the versions of datasets; "
			"written by the extension aidataops, not by hand.'");
}

/* The schema is no member of the extension, so that dropping the extension loses no history. */
static void
ensure_history_schema(void)
{
	Identity caller = become_catalog_owner();
	Oid owner = GetUserId();
	Oid schema_oid;

	become_again(caller);
	if (!OidIsValid(get_namespace_oid(HISTORY_SCHEMA, true)))
		create_history_schema();
	schema_oid = get_namespace_oid(HISTORY_SCHEMA, false);
	if (namespace_owner(schema_oid) != owner)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("schema \"%s\" does not belong to \"%s\"", HISTORY_SCHEMA,
						GetUserNameFromId(owner, false)),
				 errdetail("History is kept only in a schema of the owner of the extension."),
				 errhint("Rename that schema, or give it to the owner of the extension.")));
}

/* History outlives the extension, so a name may be taken by what an earlier installation left. */
static char *
free_table_name(const Dataset *dataset, int32 epoch)
{
	Oid schema_oid = get_namespace_oid(HISTORY_SCHEMA, false);
	char *base = psprintf("dataset_%d_%d", dataset->id, epoch);
	char *name = base;

	for (int i = 2; OidIsValid(get_relname_relid(name, schema_oid)); i++)
		name = psprintf("%s_%d", base, i);
	return name;
}

/* A command for each role that may do something with a table: the format takes table and role. */
static void
for_each_grantee(Oid relid, const char *format, const char *on)
{
	Statement statement;

	statement_init(
		&statement,
		"SELECT DISTINCT format($2, $3, "
		"CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) "
		"END) FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.oid = $1 AND "
		"a.grantee <> c.relowner AND ($2 LIKE 'REVOKE%' OR a.privilege_type = 'SELECT')");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(relid), false);
	statement_text(&statement, format);
	statement_text(&statement, on);
	run_ddl_made_by(&statement);
}

/* Whoever may read some columns of the versions so far may read those of the next. */
static void
grant_columns_again(Oid from, Oid to, const char *qualified)
{
	Statement statement;

	statement_init(
		&statement,
		"SELECT DISTINCT format('GRANT SELECT (%I) ON %s TO %s', a.attname, $3, "
		"CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) "
		"END) FROM pg_attribute AS a, aclexplode(a.attacl) AS x, pg_attribute AS n "
		"WHERE a.attrelid = $1 AND n.attrelid = $2 AND n.attname = a.attname AND "
		"NOT a.attisdropped AND x.privilege_type = 'SELECT'");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(from), false);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(to), false);
	statement_text(&statement, qualified);
	run_ddl_made_by(&statement);
}

static void
check_number_of_columns(const Dataset *dataset, const Shape *shape)
{
	int limit = MaxHeapAttributeNumber - HISTORY_OWN_COLUMNS;

	if (list_length(shape->columns) > limit)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("table of dataset \"%s\" has %d columns, but versions can have at most %d",
						dataset->name, list_length(shape->columns), limit),
				 errdetail("A table of history has %d columns of its own.", HISTORY_OWN_COLUMNS),
				 errhint("Version a view of fewer columns, or create the dataset with storage => "
						 "'fingerprint', which has no limit.")));
}

/*
 * By the OIDs of their types, and as the data's owner, whose types these are. There is no default, and no
 * domain, so no row is touched and no code called.
 */
static void
add_columns(const Dataset *dataset, const History *history, List *columns)
{
	Identity caller = become_role_restricted(dataset->owner);
	AlterTableStmt *alter = makeNode(AlterTableStmt);
	PlannedStmt *statement = makeNode(PlannedStmt);
	ListCell *cell;

	alter->relation = makeRangeVar(HISTORY_SCHEMA, history->name, -1);
	alter->objtype = OBJECT_TABLE;
	foreach (cell, columns)
	{
		ShapeColumn *column = lfirst(cell);
		AlterTableCmd *command = makeNode(AlterTableCmd);

		command->subtype = AT_AddColumn;
		command->behavior = DROP_RESTRICT;
		command->def = (Node *) makeColumnDef(column->name, column->storage_oid,
											  column->storage_typmod, column->collation);
		alter->cmds = lappend(alter->cmds, command);
	}
	statement->commandType = CMD_UTILITY;
	statement->utilityStmt = (Node *) alter;
	statement->stmt_location = -1;
	ProcessUtility(statement, psprintf("ALTER TABLE %s ADD COLUMN ...", history->qualified), false,
				   PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver, NULL);
	CommandCounterIncrement();
	become_again(caller);
}

/* What was made is compared with what was meant before a row is written. */
static void
check_made_as_meant(const Dataset *dataset, const History *history, const Shape *shape)
{
	if (history_stores(history, shape))
		return;
	could_not_serialize(dataset_source(dataset),
						"A type of its columns was changed while their history was made.");
}

static void
set_owner(const History *history, Oid owner)
{
	Identity caller = become_catalog_owner();

	ATExecChangeOwner(history_oid(history), owner, false, AccessExclusiveLock);
	CommandCounterIncrement();
	become_again(caller);
}

History *
history_create(const Dataset *dataset, const Shape *shape, int32 epoch)
{
	char *prefix = "_";
	History *history;

	check_number_of_columns(dataset, shape);
	ensure_history_schema();
	while (prefix_collides(prefix, shape))
		prefix = psprintf("%s_", prefix);
	history = history_named(free_table_name(dataset, epoch), prefix);
	history->fresh = true;

	run_ddl(psprintf("CREATE TABLE %s (%s bigint NOT NULL, %s integer NOT NULL, "
					 "%s integer NOT NULL, %s uuid NOT NULL) USING heap", /* its rows are updated */
					 history->qualified, history->rid, history->added, history->removed,
					 history->hash));
	set_owner(history, dataset->owner);
	add_columns(dataset, history, shape->columns);
	check_made_as_meant(dataset, history, shape);
	/* what ALTER DEFAULT PRIVILEGES grants on new tables was not meant for this one */
	for_each_grantee(history_oid(history), "REVOKE ALL ON %s FROM %s", history->qualified);
	if (OidIsValid(dataset->history)) /* who may read the versions so far may read the next */
	{
		for_each_grantee(dataset->history, "GRANT SELECT ON %s TO %s", history->qualified);
		grant_columns_again(dataset->history, history_oid(history), history->qualified);
	}
	run_ddl(psprintf("COMMENT ON TABLE %s IS %s", history->qualified,
					 quote_literal_cstr(psprintf("History of dataset %s, from schema epoch %d. A "
												 "row was there from version %sadded until before "
												 "version %sremoved (2147483647: is still there).",
												 dataset->name, epoch, prefix, prefix))));
	return history;
}

Oid
history_oid(const History *history)
{
	return get_relname_relid(history->name, get_namespace_oid(HISTORY_SCHEMA, false));
}

bool
history_is_intact(const History *history)
{
	static const Oid types[HISTORY_OWN_COLUMNS] = {INT8OID, INT4OID, INT4OID, UUIDOID};
	Oid relid = history_table(history->name);

	if (!OidIsValid(relid) || get_rel_relkind(relid) != RELKIND_RELATION)
		return false;
	for (int i = 0; i < HISTORY_OWN_COLUMNS; i++)
	{
		AttrNumber attnum = get_attnum(relid, psprintf("%s%s", history->prefix, own_columns[i]));

		if (attnum <= 0 || get_atttype(relid, attnum) != types[i])
			return false;
	}
	return true;
}

bool
history_has_triggers(const History *history)
{
	Relation relation = relation_open(history_oid(history), AccessShareLock);
	TriggerDesc *triggers = relation->trigdesc;
	bool result = false;

	for (int i = 0; triggers && i < triggers->numtriggers; i++)
		result = result || !triggers->triggers[i].tgisinternal;
	relation_close(relation, NoLock);
	return result;
}

/*
 * number: the version in which the table begins. Its rows need no entry in the index by version
 * added: who looks for all of a table's rows does not want an index.
 */
void
history_create_indexes(const Dataset *dataset, const History *history, int32 number)
{
	run_ddl(psprintf("ALTER TABLE %s ADD PRIMARY KEY (%s)", history->qualified, history->rid));
	/* keeps keys unique among the rows still there, and finds a key in any version */
	if (dataset->key != NIL)
		run_ddl(psprintf("CREATE UNIQUE INDEX %s ON %s (%s, %s)",
						 quote_identifier(psprintf("%s_key", history->name)), history->qualified,
						 column_list(dataset->key, NULL), history->removed));
	run_ddl(psprintf("CREATE INDEX %s ON %s (%s) WHERE %s > %d",
					 quote_identifier(psprintf("%s_added", history->name)), history->qualified,
					 history->added, history->added, number));
	run_ddl(psprintf("CREATE INDEX %s ON %s (%s) WHERE %s < %d",
					 quote_identifier(psprintf("%s_removed", history->name)), history->qualified,
					 history->removed, history->removed, STILL_THERE));
}

/* Columns that were dropped count towards the limit too. */
static int
number_of_attributes(Oid relid)
{
	Relation relation = relation_open(relid, AccessShareLock);
	int natts = RelationGetNumberOfAttributes(relation);

	relation_close(relation, NoLock);
	return natts;
}

static bool
is_stored_as(const ShapeColumn *made, const ShapeColumn *meant)
{
	return made->type_oid == meant->storage_oid && made->typmod == meant->storage_typmod &&
		   made->collation == meant->collation;
}

bool
history_stores(const History *history, const Shape *shape)
{
	Shape *stored = shape_of_relation(history_oid(history));
	ListCell *cell;

	foreach (cell, shape->columns)
	{
		ShapeColumn *made = shape_find(stored, ((ShapeColumn *) lfirst(cell))->name);

		if (made == NULL || !is_stored_as(made, lfirst(cell)))
			return false;
	}
	return true;
}

bool
history_can_store(const History *history, const Shape *shape)
{
	Shape *stored = shape_of_relation(history_oid(history));
	int natts = number_of_attributes(history_oid(history));
	ListCell *cell;

	if (prefix_collides(history->prefix, shape))
		return false;
	foreach (cell, shape->columns)
	{
		ShapeColumn *made = shape_find(stored, ((ShapeColumn *) lfirst(cell))->name);

		if (made && !is_stored_as(made, lfirst(cell)))
			return false;
		if (!made)
			natts++;
	}
	return natts <= MaxHeapAttributeNumber;
}

static List *
missing_columns(const History *history, const Shape *shape)
{
	Shape *stored = shape_of_relation(history_oid(history));
	List *missing = NIL;
	ListCell *cell;

	foreach (cell, shape->columns)
	{
		if (!shape_find(stored, ((ShapeColumn *) lfirst(cell))->name))
			missing = lappend(missing, lfirst(cell));
	}
	return missing;
}

History *
history_for_shape(const Dataset *dataset, const Shape *shape, int32 epoch)
{
	History *history;
	List *missing;

	if (dataset->epoch == 0)
		return history_create(dataset, shape, epoch);
	history = history_current(dataset);
	if (!history_can_store(history, shape))
		return history_create(dataset, shape, epoch);
	missing = missing_columns(history, shape);
	if (missing == NIL)
		return history;
	add_columns(dataset, history, missing);
	check_made_as_meant(dataset, history, shape);
	rights_forget(dataset->history); /* policies may concern the new columns */
	return history;
}

/* Would the next commit go on with the history table that there is? For SQL. */
PG_FUNCTION_INFO_V1(history_goes_on);
Datum
history_goes_on(PG_FUNCTION_ARGS)
{
	Dataset *dataset;
	bool result;

	SPI_connect();
	dataset = dataset_find(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	result =
		OidIsValid(dataset->history) &&
		history_can_store(history_current(dataset), shape_of_relation(dataset_source(dataset)));
	SPI_finish();
	PG_RETURN_BOOL(result);
}

/* The columns of a relation for SQL, as an epoch keeps them. */
PG_FUNCTION_INFO_V1(history_shape);
Datum
history_shape(PG_FUNCTION_ARGS)
{
	Shape *shape = shape_of_relation(PG_GETARG_OID(0));
	TupleDesc tupdesc;
	Datum values[2];
	bool nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = list_to_name_array(shape_names(shape));
	values[1] = list_to_text_array(shape_types(shape));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

/* key_condition() for SQL, where diff() builds the same joins. */
PG_FUNCTION_INFO_V1(history_key_condition);
Datum
history_key_condition(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(key_condition(
		PG_GETARG_OID(0), PG_GETARG_OID(1), name_array_to_list(PG_GETARG_ARRAYTYPE_P(2)),
		text_to_cstring(PG_GETARG_TEXT_PP(3)), text_to_cstring(PG_GETARG_TEXT_PP(4)))));
}
