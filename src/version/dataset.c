/*
 * dataset.c: declare datasets, say what their columns are, and tag their versions.
 */
#include "postgres.h"

#include "access/relation.h"
#include "aidataops.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "core/catalog_lock.h"
#include "core/origin.h"
#include "core/relation.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "version/catalog.h"
#include "version/dataset_version.h"
#include "version/history.h"

/* ---------------------------------------------------------------------- arguments ---- */

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static void
check_not_null(FunctionCallInfo fcinfo, int n, const char *what)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", what)));
}

/* For a message: what is too long to be a name is too long to be read. */
static char *
shortened(const char *name)
{
	int len = strlen(name);

	if (len < 2 * NAMEDATALEN)
		return pstrdup(name);
	return psprintf("%.*s...", pg_mbcliplen(name, len, NAMEDATALEN), name);
}

static void
check_name(const char *name)
{
	const char *problem = dataset_name_problem(name, strlen(name));

	if (problem)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("invalid name of a dataset: \"%s\"", shortened(name)),
						errdetail("%s", problem)));
}

static void
check_tag(const char *tag)
{
	const char *problem = tag_problem(tag, strlen(tag));

	if (problem)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("invalid tag: \"%s\"", shortened(tag)), errdetail("%s", problem)));
}

/* --------------------------------------------------------------------- the source ---- */

static bool
is_own_schema(Oid schema)
{
	return schema == get_namespace_oid(AIDATAOPS_SCHEMA, false) ||
		   schema == get_namespace_oid(HISTORY_SCHEMA, true);
}

static bool
has_no_columns(Relation relation)
{
	TupleDesc tupdesc = RelationGetDescr(relation);

	for (int i = 0; i < tupdesc->natts; i++)
	{
		if (!TupleDescAttr(tupdesc, i)->attisdropped)
			return false;
	}
	return true;
}

static const char *
kind_problem(Relation relation)
{
	if (relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		return "Temporary tables vanish with their session, and versions of them could not be "
			   "compared later.";
	if (IsCatalogRelation(relation))
		return "It is a system catalog.";
	if (is_own_schema(RelationGetNamespace(relation)))
		return "It belongs to aidataops, and changes with every commit.";
	if (has_no_columns(relation))
		return "It has no columns, so there is nothing to version.";
	switch (relation->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return NULL;
		default:
			return "Only tables, views, materialized views and foreign tables have rows.";
	}
}

static void
check_source(Relation relation)
{
	const char *problem = kind_problem(relation);

	if (problem)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cannot version relation \"%s\"", RelationGetRelationName(relation)),
						errdetail("%s", problem)));
	if (!has_privs_of_role(GetUserId(), relation->rd_rel->relowner))
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to version table \"%s\"", RelationGetRelationName(relation)),
			 errdetail("Only members of the role \"%s\", which owns the table, may do that.",
					   GetUserNameFromId(relation->rd_rel->relowner, false))));
}

/* Its columns in its own order, and also if it is deferrable, which an index list leaves out. */
static List *
primary_key(Relation relation)
{
	Statement statement;
	bool isnull;
	Datum columns;

	statement_init(&statement,
				   "SELECT array_agg(a.attname ORDER BY k.ordinal) FROM pg_constraint AS c, "
				   "unnest(c.conkey) WITH ORDINALITY AS k (attnum, ordinal), pg_attribute AS a "
				   "WHERE c.conrelid = $1 AND c.contype = 'p' AND a.attrelid = c.conrelid AND "
				   "a.attnum = k.attnum");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(RelationGetRelid(relation)), false);
	statement_run_as_catalog_owner(&statement);
	columns = result_value(1, &isnull);
	if (isnull)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
			 errmsg("table \"%s\" has no primary key", RelationGetRelationName(relation)),
			 errdetail("A dataset needs columns that identify a row, to tell a modified row "
					   "from a removed and an added one."),
			 errhint("Name them: create_dataset(name, relation, key => ARRAY['column', ...]). If "
					 "there are none, key => '{}' compares rows as a whole.")));
	return name_array_to_list(DatumGetArrayTypeP(columns));
}

static List *
given_key(Relation relation, ArrayType *array)
{
	List *key = name_array_to_list(array);
	Bitmapset *seen = NULL;
	ListCell *cell;

	foreach (cell, key)
	{
		char *name = lfirst(cell);
		AttrNumber attnum = name ? get_attnum(RelationGetRelid(relation), name) : InvalidAttrNumber;

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("key column \"%s\" does not exist in table \"%s\"", name,
								   RelationGetRelationName(relation))));
		if (bms_is_member(attnum, seen))
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("key column \"%s\" is named twice", name)));
		seen = bms_add_member(seen, attnum);
	}
	return key;
}

/* ------------------------------------------------------------------------- roles ---- */

/* The roles given, checked, those known, and guesses for the rest; as the owner of the table. */
static Datum
complete_roles(Oid relid, List *key, Oid owner, NullableDatum given, NullableDatum known)
{
	Identity caller = become_role_restricted(owner);
	Statement statement;
	bool isnull;
	Datum roles;

	statement_init(&statement, "SELECT aidataops._complete_roles($1, $2, $3, $4)");
	statement_param(&statement, REGCLASSOID, ObjectIdGetDatum(relid), false);
	statement_param(&statement, NAMEARRAYOID, list_to_name_array(key), false);
	statement_param(&statement, JSONBOID, given.value, given.isnull);
	statement_param(&statement, JSONBOID, known.value, known.isnull);
	statement_run(&statement, InvalidSnapshot);
	roles = result_value(1, &isnull);
	become_again(caller);
	return roles;
}

/* ------------------------------------------------------------------ create_dataset ---- */

static void
take_dataset_name(const char *name)
{
	if (!catalog_take_name("dataset", "name", name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("dataset \"%s\" already exists", name),
				 errhint("Choose another name, or use commit() to add a version to it.")));
}

static void
check_storage(const char *storage, const char *capture)
{
	if (strcmp(storage, "rows") != 0 && strcmp(storage, "fingerprint") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("storage of a dataset cannot be \"%s\"", storage),
						errdetail("It is 'rows' (versions can be read and compared) or "
								  "'fingerprint' (only what a version was is kept).")));
	if (strcmp(capture, "none") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("capture of a dataset cannot be \"%s\"", capture),
				 errdetail("In this release it is 'none': a commit reads the whole table.")));
}

/*
 * A name under which something was relied on has a past, which a new beginning does not undo; told as far as
 * the caller may know.
 */
static void
tell_of_namesake(const char *name)
{
	Statement statement;

	statement_init(&statement, "SELECT d.dropped_by::text, array_to_string(d.protected_tags, ', ') "
							   "FROM aidataops.dropped_dataset AS d WHERE d.name = $1 "
							   "AND d.protected_tags <> '{}' ORDER BY d.dropped_at DESC LIMIT 1");
	statement_text(&statement, name);
	if (statement_run(&statement, GetActiveSnapshot()) == 0)
		return;
	ereport(NOTICE,
			(errmsg("a dataset of the name \"%s\" with protected versions was dropped", name),
			 errdetail("Dropped by \"%s\"; their tags were: %s.", result_text(1), result_text(2)),
			 errhint("See the table aidataops.dropped_dataset.")));
}

PG_FUNCTION_INFO_V1(create_dataset);
Datum
create_dataset(PG_FUNCTION_ARGS)
{
	Relation relation;
	Statement statement;
	List *key;
	char *name;
	char *storage;
	char *capture;

	check_not_null(fcinfo, 0, "name of a dataset");
	check_not_null(fcinfo, 1, "relation of a dataset");
	name = text_argument(fcinfo, 0);
	storage = PG_ARGISNULL(3) ? "rows" : text_argument(fcinfo, 3);
	capture = PG_ARGISNULL(4) ? "none" : text_argument(fcinfo, 4);
	check_name(name);
	check_storage(storage, capture);

	SPI_connect();
	relation = open_relation(PG_GETARG_OID(1), AccessShareLock);
	check_source(relation);
	take_dataset_name(name);
	key = PG_ARGISNULL(2) ? primary_key(relation) : given_key(relation, PG_GETARG_ARRAYTYPE_P(2));
	check_key_columns(RelationGetRelid(relation), key);
	statement_init(&statement,
				   "INSERT INTO aidataops.dataset (name, relation_schema, relation_name, "
				   "relation_oid, relation_origin, key, storage, capture, description, source, "
				   "licence, purpose, legal_basis, roles, created_by) "
				   "VALUES ($1, $2::name, $3::name, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
				   "$14, session_user)");
	statement_text(&statement, name);
	statement_text(&statement, get_namespace_name(RelationGetNamespace(relation)));
	statement_text(&statement, RelationGetRelationName(relation));
	statement_param(&statement, OIDOID, ObjectIdGetDatum(RelationGetRelid(relation)), false);
	statement_text(&statement, relation_origin(RelationGetRelid(relation)));
	statement_param(&statement, NAMEARRAYOID, list_to_name_array(key), false);
	statement_text(&statement, storage);
	statement_text(&statement, capture);
	for (int i = 5; i <= 9; i++)
		statement_text(&statement, text_argument(fcinfo, i));
	statement_param(&statement, JSONBOID,
					complete_roles(RelationGetRelid(relation), key, relation->rd_rel->relowner,
								   fcinfo->args[10], (NullableDatum){.isnull = true}),
					false);
	statement_run_as_catalog_owner(&statement);
	relation_close(relation, NoLock);
	tell_of_namesake(name);
	SPI_finish();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* The roles given come first, then those known, then guesses. */
static void
update_roles(const Dataset *dataset, Oid source, NullableDatum given)
{
	Statement statement;
	NullableDatum known;
	Datum roles;

	statement_init(&statement, "SELECT roles FROM aidataops.dataset WHERE dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_run_as_catalog_owner(&statement);
	known.value = result_value(1, &known.isnull);

	roles = complete_roles(source, dataset->key, dataset->owner, given, known);
	statement_init(&statement, "UPDATE aidataops.dataset SET roles = $2 WHERE dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_param(&statement, JSONBOID, roles, false);
	statement_run_as_catalog_owner(&statement);
}

void
dataset_complete_roles(const Dataset *dataset, Oid source)
{
	update_roles(dataset, source, (NullableDatum){.isnull = true});
}

PG_FUNCTION_INFO_V1(set_column_roles);
Datum
set_column_roles(PG_FUNCTION_ARGS)
{
	Dataset *dataset;

	SPI_connect();
	dataset = dataset_find(text_argument(fcinfo, 0));
	dataset_check_owner(dataset, "set column roles of");
	dataset = dataset_lock(dataset);
	update_roles(dataset, dataset_lock_source(dataset, AccessShareLock), fcinfo->args[1]);
	SPI_finish();
	PG_RETURN_VOID();
}

/* Commits read the table as the dataset's owner. */
static void
check_owner_can_read(const Dataset *dataset, Relation relation)
{
	if (!OidIsValid(dataset->owner) || /* nothing yet to own: it will be the table's owner */
		pg_class_aclcheck(RelationGetRelid(relation), dataset->owner, ACL_SELECT) == ACLCHECK_OK)
		return;
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("the owner of dataset \"%s\" may not read table \"%s\"", dataset->name,
						   RelationGetRelationName(relation)),
					errhint("GRANT SELECT on it to \"%s\" first.",
							GetUserNameFromId(dataset->owner, false))));
}

PG_FUNCTION_INFO_V1(attach_dataset);
Datum
attach_dataset(PG_FUNCTION_ARGS)
{
	Dataset *dataset;
	Relation relation;

	SPI_connect();
	dataset = dataset_find(text_argument(fcinfo, 0));
	dataset_check_owner(dataset, "attach a table to");
	dataset = dataset_lock(dataset);
	relation = open_relation(PG_GETARG_OID(1), AccessShareLock);
	check_source(relation);
	check_key_columns(RelationGetRelid(relation), dataset->key);
	check_owner_can_read(dataset, relation);
	dataset_attach_source(dataset, RelationGetRelid(relation));
	relation_close(relation, NoLock);
	SPI_finish();
	PG_RETURN_VOID();
}

/* Tables whose rows are changed along with those of the catalog, and triggers that would fire then. */
#define FOLLOWERS                                                                                  \
	"WITH RECURSIVE acting AS (SELECT k.conrelid, k.confrelid FROM pg_constraint AS k WHERE "      \
	"k.contype = 'f' AND '{c,n,d}'::\"char\"[] && ARRAY[k.confdeltype, k.confupdtype]), "          \
	"follower AS (SELECT a.conrelid AS oid FROM acting AS a JOIN pg_class AS c "                   \
	"ON c.oid = a.confrelid WHERE c.relnamespace = '" AIDATAOPS_SCHEMA "'::regnamespace "          \
	"UNION SELECT a.conrelid FROM acting AS a JOIN follower AS f ON f.oid = a.confrelid) "         \
	"SELECT f.oid, f.oid::regclass::text, g.tgname::text FROM follower AS f LEFT JOIN pg_trigger " \
	"AS g ON g.tgrelid = f.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY f.oid, "     \
	"g.tgname"

static List *
lock_followers(void)
{
	List *followers = NIL;
	Statement statement;
	ListCell *cell;

	statement_init(&statement, FOLLOWERS);
	statement_run_on_definitions(&statement);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		Datum oid = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		followers = list_append_unique_oid(followers, DatumGetObjectId(oid));
	}
	foreach (cell, followers)
		LockRelationOid(lfirst_oid(cell), RowExclusiveLock);
	return followers;
}

/*
 * Keys of the catalog are about to change or go, and rows of other tables with them, by foreign keys.
 * Their triggers would fire with the rights of the catalog's owner, so there must be none. The locks
 * see to it that none are made meanwhile.
 */
static void
check_no_code_follows(void)
{
	static const char *const tables[] = {"tag", "version", "schema_epoch", "dataset"};
	Oid schema_oid = get_namespace_oid(AIDATAOPS_SCHEMA, false);
	Statement statement;

	for (int i = 0; i < lengthof(tables); i++)
		LockRelationOid(get_relname_relid(tables[i], schema_oid), RowExclusiveLock);
	if (lock_followers() == NIL)
		return;
	statement_init(&statement, "SELECT * FROM (" FOLLOWERS ") AS f (oid, name, trigger) "
							   "WHERE f.trigger IS NOT NULL");
	if (statement_run_on_definitions(&statement) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("table %s refers to versions and has the trigger \"%s\"", result_text(2),
						result_text(3)),
				 errdetail("Its foreign key acts on a change, and the trigger would fire with the "
						   "rights of the owner of the extension."),
				 errhint("Disable the trigger, or let the foreign key be NO ACTION.")));
}

/* The versions are named after their dataset, and whoever refers to them must follow or be asked. */
PG_FUNCTION_INFO_V1(rename_dataset);
Datum
rename_dataset(PG_FUNCTION_ARGS)
{
	char *new_name = text_argument(fcinfo, 1);
	Dataset *dataset;
	Statement statement;

	check_name(new_name);
	SPI_connect();
	dataset = dataset_find(text_argument(fcinfo, 0));
	dataset_check_owner(dataset, "rename");
	dataset = dataset_lock(dataset);
	take_dataset_name(new_name);
	check_no_code_follows();

	statement_init(&statement, "UPDATE aidataops.dataset SET name = $2 WHERE dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, new_name);
	statement_run_as_catalog_owner(&statement);
	statement_init(&statement, "UPDATE aidataops.version SET version = "
							   "aidataops.to_dataset_version($2 || '@' || number) "
							   "WHERE dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, new_name);
	statement_run_as_catalog_owner(&statement);
	statement_init(&statement, "SELECT aidataops._rename_in_monitors($1, $2, $3)");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, dataset->name);
	statement_text(&statement, new_name);
	statement_run_as_catalog_owner(&statement);
	statement_init(&statement, "SELECT aidataops._rename_in_lineage($1, $2)");
	statement_text(&statement, dataset->name);
	statement_text(&statement, new_name);
	statement_run_as_catalog_owner(&statement);
	SPI_finish();
	PG_RETURN_VOID();
}

/* ------------------------------------------------------------------- drop_dataset ---- */

static void
check_nothing_protected(const Dataset *dataset)
{
	Statement statement;
	char *tags;

	statement_init(&statement, "SELECT string_agg(format('%s (%s@%s)', tag, $2, number), ', ' "
							   "ORDER BY number, tag) FROM aidataops.tag "
							   "WHERE dataset_id = $1 AND protected");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, dataset->name);
	statement_run_as_catalog_owner(&statement);
	tags = result_text(1);
	if (tags)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("dataset \"%s\" has protected versions: %s", dataset->name, tags),
						errdetail("Somebody relies on them."),
						errhint("Pass force => true if they are to go all the same.")));
}

/* What refers to the dataset is known to PostgreSQL; what to do about it is known here. */
static void
explain_reference(void *arg)
{
	switch (geterrcode())
	{
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			errhint("Rows of your own refer to a version: delete them, or drop the foreign key.");
			break;
		case ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST:
			errhint("Drop these first, or pass force => true to drop them as well.");
			break;
	}
}

static List *
history_tables(const Dataset *dataset)
{
	Statement statement;
	List *tables = NIL;

	statement_init(&statement, "SELECT DISTINCT history_table::text FROM aidataops.schema_epoch "
							   "WHERE dataset_id = $1 AND history_table IS NOT NULL");
	statement_int4(&statement, dataset->id);
	statement_run_as_catalog_owner(&statement);
	for (uint64 i = 0; i < SPI_processed; i++)
		tables = lappend(tables, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return tables;
}

static void
delete_from_catalog(const Dataset *dataset)
{
	static const char *const tables[] = {"tag",          "version_column", "version",
										 "schema_epoch", "seal",           "dataset"};

	for (int i = 0; i < lengthof(tables); i++)
	{
		Statement statement;

		statement_init(&statement,
					   psprintf("DELETE FROM aidataops.%s WHERE dataset_id = $1", tables[i]));
		statement_int4(&statement, dataset->id);
		statement_run_as_catalog_owner(&statement);
	}
}

/* What was there, for who asks later why a version is gone; a dataset without versions leaves nothing. */
static void
record_drop(const Dataset *dataset, bool force)
{
	Statement statement;

	statement_init(
		&statement,
		"INSERT INTO aidataops.dropped_dataset (dataset_id, name, relation_schema, relation_name, "
		"relation_oid, relation_origin, created_at, created_by, num_versions, last_fingerprint, "
		"protected_tags, forced, dropped_by, dropped_as) "
		"SELECT d.dataset_id, d.name, d.relation_schema, d.relation_name, d.relation_oid, "
		"d.relation_origin, d.created_at, d.created_by, d.head, v.fingerprint, "
		"ARRAY(SELECT t.tag FROM aidataops.tag AS t WHERE t.dataset_id = d.dataset_id "
		"AND t.protected ORDER BY t.tag), $2, session_user, $3::name "
		"FROM aidataops.dataset AS d JOIN aidataops.version AS v ON v.dataset_id = d.dataset_id "
		"AND v.number = d.head WHERE d.dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_param(&statement, BOOLOID, BoolGetDatum(force), false);
	statement_text(&statement, GetUserNameFromId(GetUserId(), false));
	statement_run_as_catalog_owner(&statement);
}

static void
drop_in_lineage(const Dataset *dataset)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._drop_in_lineage($1)");
	statement_text(&statement, dataset->name);
	statement_run_as_catalog_owner(&statement);
}

static void
end_scheduled_commits(const Dataset *dataset)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._remove_commit_job($1)");
	statement_int4(&statement, dataset->id);
	statement_run_as_catalog_owner(&statement);
}

PG_FUNCTION_INFO_V1(drop_dataset);
Datum
drop_dataset(PG_FUNCTION_ARGS)
{
	bool force = PG_GETARG_BOOL(1);
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = explain_reference};
	Dataset *dataset;
	ListCell *cell;

	SPI_connect();
	dataset = dataset_find(text_argument(fcinfo, 0));
	dataset_check_owner(dataset, "drop");
	dataset = dataset_lock(dataset);
	if (!force)
		check_nothing_protected(dataset);
	check_no_code_follows();
	error_context_stack = &callback;
	foreach (cell, history_tables(dataset))
	{
		Statement statement;

		statement_init(&statement,
					   psprintf("DROP TABLE IF EXISTS %s.%s %s", HISTORY_SCHEMA,
								quote_identifier(lfirst(cell)), force ? "CASCADE" : "RESTRICT"));
		statement_run_as_catalog_owner(&statement);
	}
	record_drop(dataset, force);
	delete_from_catalog(dataset);
	drop_in_lineage(dataset);
	end_scheduled_commits(dataset);
	error_context_stack = callback.previous;
	SPI_finish();
	PG_RETURN_VOID();
}

/* -------------------------------------------------------------------------- tags ---- */

/* Where a tag points: 0 if there is none of the name. */
static int32
find_tag(const Dataset *dataset, const char *tag, bool *is_protected)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, "SELECT number, protected FROM aidataops.tag "
							   "WHERE dataset_id = $1 AND tag = $2");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, tag);
	if (statement_run_as_catalog_owner(&statement) == 0)
		return 0;
	*is_protected = DatumGetBool(result_value(2, &isnull));
	return DatumGetInt32(result_value(1, &isnull));
}

static void
check_tag_is_free(const Dataset *dataset, const char *tag, int32 number)
{
	bool is_protected;
	int32 current = find_tag(dataset, tag, &is_protected);

	if (current != 0 && current != number)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("tag \"%s\" of dataset \"%s\" is on version %d already", tag,
							   dataset->name, current),
						errhint("Remove it there with untag(%s, %s) first.",
								quote_literal_cstr(dataset->name), quote_literal_cstr(tag))));
}

PG_FUNCTION_INFO_V1(dataset_tag);
Datum
dataset_tag(PG_FUNCTION_ARGS)
{
	char *tag = text_argument(fcinfo, 1);
	bool is_protected = PG_GETARG_BOOL(2);
	struct varlena *version;
	Reference reference;
	Dataset *dataset;
	Statement statement;
	Datum result;

	check_tag(tag);
	SPI_connect();
	version = resolve_version(PG_GETARG_DATUM(0));
	reference = dataset_version_parts(version);
	dataset = dataset_find(pnstrdup(reference.name, reference.namelen));
	dataset_check_owner(dataset, "tag a version of");
	dataset = dataset_lock(dataset);
	check_tag_is_free(dataset, tag, (int32) reference.number);

	statement_init(&statement,
				   "INSERT INTO aidataops.tag AS t (dataset_id, tag, number, protected, tagged_by) "
				   "VALUES ($1, $2, $3, $4, session_user) ON CONFLICT (dataset_id, tag) DO UPDATE "
				   "SET protected = EXCLUDED.protected");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, tag);
	statement_int4(&statement, (int32) reference.number);
	statement_param(&statement, BOOLOID, BoolGetDatum(is_protected), false);
	statement_run_as_catalog_owner(&statement);
	result = SPI_datumTransfer(PointerGetDatum(version), false, -1);
	SPI_finish();
	PG_RETURN_DATUM(result);
}

PG_FUNCTION_INFO_V1(dataset_untag);
Datum
dataset_untag(PG_FUNCTION_ARGS)
{
	char *tag = text_argument(fcinfo, 1);
	Dataset *dataset;
	Statement statement;
	bool is_protected = false;

	SPI_connect();
	dataset = dataset_find(text_argument(fcinfo, 0));
	dataset_check_owner(dataset, "untag a version of");
	dataset = dataset_lock(dataset);
	if (find_tag(dataset, tag, &is_protected) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("tag \"%s\" of dataset \"%s\" does not exist", tag, dataset->name)));
	if (is_protected)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("tag \"%s\" of dataset \"%s\" is protected", tag, dataset->name),
						errdetail("Somebody relies on this version."),
						errhint("Lift the protection with tag(%s, %s, protected => false) first.",
								quote_literal_cstr(psprintf("%s@%s", dataset->name, tag)),
								quote_literal_cstr(tag))));
	check_no_code_follows();
	statement_init(&statement, "DELETE FROM aidataops.tag WHERE dataset_id = $1 AND tag = $2");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, tag);
	statement_run_as_catalog_owner(&statement);
	SPI_finish();
	PG_RETURN_VOID();
}
