/*
 * source.c: the relation of a dataset, read as its owner under one snapshot.
 *
 * Tables and materialized views are read in place, as often as it takes: a snapshot holds them still.
 * Views and foreign tables are read once and kept for the statements that follow.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "core/reading.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "version/definition.h"
#include "version/source.h"

#define HELD_ROWS "aidataops_rows"

/* -------------------------------------------------------- statements over the data ---- */

uint64
source_run(const Source *source, Statement *statement)
{
	Identity caller = become_data_owner(source->dataset);
	uint64 rows = statement_run(statement, source->snapshot);

	become_again(caller);
	return rows;
}

/* As the data's owner, under the snapshot. */
static EphemeralNamedRelation
collect(Source *source, const char *name, const char *sql, Comparison *comparison)
{
	Identity caller = become_data_owner(source->dataset);
	EphemeralNamedRelation kept = keep_result(name, sql, source->snapshot, comparison);

	become_again(caller);
	if (SPI_register_relation(kept) < 0)
		elog(ERROR, "could not register \"%s\"", name);
	source->collected = lappend(source->collected, kept);
	return kept;
}

uint64
source_collect(Source *source, const char *name, const char *sql)
{
	return (uint64) collect(source, name, sql, NULL)->md.enrtuples;
}

Comparison
source_compare(Source *source, const char *name, const char *sql, Seal *seal)
{
	Comparison comparison = {
		.seal = seal, .stored.version = FINGERPRINT_VERSION, .found.version = FINGERPRINT_VERSION};

	(void) collect(source, name, sql, &comparison);
	return comparison;
}

/* ------------------------------------------------------------------ what is read ---- */

void
check_sees_all_rows(const Dataset *dataset, Oid relid)
{
	if (!OidIsValid(relid) || check_enable_rls(relid, dataset->owner, true) != RLS_ENABLED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("row-level security hides rows of table \"%s\" from \"%s\", the owner "
					"of dataset \"%s\"",
					get_rel_name(relid), GetUserNameFromId(dataset->owner, false), dataset->name),
			 errdetail("A version must hold every row of its table."),
			 errhint("Give the owner of the dataset BYPASSRLS, or remove FORCE ROW LEVEL "
					 "SECURITY.")));
}


static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* A view's own, and what is beneath it, locked by parsing a query of it. */
static List *
relations_of_view(const Source *source)
{
	Identity caller = become_data_owner(source->dataset);
	SPIPlanPtr plan =
		SPI_prepare(psprintf("SELECT FROM %s AS t", qualified_name(source->relid)), 0, NULL);
	CachedPlanSource *plan_source;
	List *relations;

	if (plan == NULL)
		elog(ERROR, "could not prepare to read %s", qualified_name(source->relid));
	plan_source = linitial(SPI_plan_get_plan_sources(plan));
	relations = list_append_unique_oid(list_copy(plan_source->relationOids), source->relid);
	SPI_freeplan(plan);
	become_again(caller);
	return relations;
}

/*
 * All relations that a query of the source reads: those beneath a view, and their partitions. They
 * are locked on the way, so that none is truncated or altered between the snapshot and the scan.
 */
static List *
relations_read(const Source *source)
{
	List *relations = get_rel_relkind(source->relid) == RELKIND_VIEW
						  ? relations_of_view(source)
						  : list_make1_oid(source->relid);
	List *all = NIL;
	ListCell *cell;

	foreach (cell, relations)
		all = list_concat_unique_oid(all,
									 find_all_inheritors(lfirst_oid(cell), AccessShareLock, NULL));
	return all;
}

static bool
some_foreign(List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
	{
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_FOREIGN_TABLE)
			return true;
	}
	return false;
}

/* Would it be other rows each time that it is read? */
static bool
has_to_be_held(const Source *source)
{
	return get_rel_relkind(source->relid) == RELKIND_VIEW || source->reads_foreign;
}

Source *
source_open(Dataset *dataset, LOCKMODE lockmode)
{
	Source *source = palloc0(sizeof(Source));

	source->dataset = dataset;
	source->relid = dataset_lock_source(dataset, lockmode);
	source->name = qualified_name(source->relid);
	check_sees_all_rows(dataset, source->relid);
	source->relations = relations_read(source);
	check_superuser_may_read(dataset->owner, source->relations);
	source->reads_foreign = some_foreign(source->relations);
	source->definition =
		relation_definition(source->relid, source->relations, has_to_be_held(source));
	return source;
}

static bool
is_defined_as_before(const Source *source)
{
	StringInfo definition;

	AcceptInvalidationMessages();
	if (!get_rel_name(source->relid))
		return false;
	definition = relation_definition(source->relid, relations_read(source), has_to_be_held(source));
	return definition->len == source->definition->len &&
		   memcmp(definition->data, source->definition->data, definition->len) == 0;
}

void
source_check_unchanged(const Source *source)
{
	if (!is_defined_as_before(source))
		could_not_serialize(source->relid, "Its definition, a type of its columns, or what it "
										   "is made of, was changed while it was read.");
}

void
could_not_serialize(Oid relid, const char *detail)
{
	const char *name = get_rel_name(relid);

	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to a concurrent change of table \"%s\"",
					name ? name : "(dropped)"),
			 detail ? errdetail("%s", detail) : 0, errhint("Try again in a new transaction.")));
}

/*
 * A table rewritten after the snapshot was taken, which happens under REPEATABLE READ, looks empty to
 * it. The definition is then newer than the snapshot.
 */
static void
check_defined_in_snapshot(const Source *source)
{
	ListCell *cell;

	foreach (cell, source->relations)
	{
		HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
		TransactionId xmin;

		if (!HeapTupleIsValid(tuple))
			continue;
		xmin = HeapTupleHeaderGetXmin(tuple->t_data);
		ReleaseSysCache(tuple);
		if (TransactionIdIsNormal(xmin) && !TransactionIdIsCurrentTransactionId(xmin) &&
			XidInMVCCSnapshot(xmin, source->snapshot))
			could_not_serialize(lfirst_oid(cell), NULL);
	}
}

void
source_begin(Source *source, Snapshot snapshot)
{
	source->snapshot = snapshot;
	check_defined_in_snapshot(source);
}

void
source_end(Source *source)
{
	ListCell *cell;

	foreach (cell, source->collected)
	{
		EphemeralNamedRelation kept = lfirst(cell);

		SPI_unregister_relation(kept->md.name);
		tuplestore_end(kept->reldata);
	}
	source->collected = NIL;
}

void
source_hold_still(Source *source, const Shape *shape)
{
	EphemeralNamedRelation held;

	if (!has_to_be_held(source))
		return;
	held = collect(
		source, HELD_ROWS,
		psprintf("SELECT %s FROM %s AS t", column_list(shape_names(shape), "t"), source->name),
		NULL);
	/* before a value is looked into, which may have been made by another definition of its type */
	source_check_unchanged(source);
	if (!shape_describes(shape, held->md.tupdesc))
		could_not_serialize(source->relid, "Its columns were changed while it was read.");
	source->name = HELD_ROWS;
}

char *
row_hash_expression(List *names, const char *alias)
{
	if (names == NIL || list_length(names) >= FUNC_MAX_ARGS)
		return psprintf("aidataops.row_hash(%s.*)", alias);
	return psprintf(
		"aidataops._columns_hash(%s, %s)",
		quote_literal_cstr(OidOutputFunctionCall(F_ARRAY_OUT, list_to_name_array(names))),
		column_list(names, alias));
}

char *
source_hash_expression(const Shape *shape)
{
	return row_hash_expression(shape_names(shape), "t");
}

/* ------------------------------------------------------------------------ the key ---- */

/* Since 18 a NOT NULL may be not yet validated. */
static bool
column_not_null(TupleDesc tupdesc, AttrNumber attnum)
{
#if PG_VERSION_NUM >= 180000
	return TupleDescCompactAttr(tupdesc, attnum - 1)->attnullability == ATTNULLABLE_VALID;
#else
	return TupleDescAttr(tupdesc, attnum - 1)->attnotnull;
#endif
}

/* Does the index forbid just what history's own index on the key will forbid? */
static bool
index_guarantees(Relation index, TupleDesc table, const Bitmapset *key)
{
	Form_pg_index form = index->rd_index;
	Bitmapset *columns = NULL;

	if (!form->indisunique || !form->indimmediate || !form->indisvalid ||
		RelationGetIndexPredicate(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		AttrNumber attnum = form->indkey.values[i];
		Form_pg_attribute attribute;

		if (attnum <= 0)
			return false;
		attribute = TupleDescAttr(table, attnum - 1);
		if (index->rd_indcollation[i] != attribute->attcollation ||
			index->rd_opfamily[i] !=
				lookup_type_cache(attribute->atttypid, TYPECACHE_BTREE_OPFAMILY)->btree_opf)
			return false;
		columns = bms_add_member(columns, attnum);
	}
	return bms_equal(columns, key);
}

static bool
some_index_guarantees(Relation relation, const Bitmapset *key)
{
	ListCell *cell;

	foreach (cell, RelationGetIndexList(relation))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		bool guarantees = index_guarantees(index, RelationGetDescr(relation), key);

		index_close(index, NoLock);
		if (guarantees)
			return true;
	}
	return false;
}

/* Is the key certain to be unique and not NULL in a new snapshot, by an index and by NOT NULL? */
static bool
key_is_guaranteed(Oid relid, List *key)
{
	Relation relation = relation_open(relid, AccessShareLock);
	/* children of an inheritance parent may repeat its keys */
	bool guaranteed =
		relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || !has_subclass(relid);
	Bitmapset *columns = NULL;
	ListCell *cell;

	foreach (cell, key)
	{
		AttrNumber attnum = get_attnum(relid, lfirst(cell));

		guaranteed =
			guaranteed && attnum > 0 && column_not_null(RelationGetDescr(relation), attnum);
		columns = bms_add_member(columns, Max(attnum, 0));
	}
	guaranteed = guaranteed && some_index_guarantees(relation, columns);
	relation_close(relation, NoLock);
	return guaranteed;
}

static void
check_key_not_null(const Source *source, const char *keys)
{
	Statement statement;
	StringInfoData condition;
	ListCell *cell;

	initStringInfo(&condition);
	foreach (cell, source->dataset->key)
		appendStringInfo(&condition, "%st.%s IS NULL", condition.len > 0 ? " OR " : "",
						 quote_identifier(lfirst(cell)));
	statement_init(&statement,
				   psprintf("SELECT pg_catalog.count(*), pg_catalog.string_agg(r, E'\\n') "
							"FILTER (WHERE n OPERATOR(pg_catalog.<=) 3) "
							"FROM (SELECT pg_catalog.left(aidataops._json(t.*)::text, 200) AS r, "
							"pg_catalog.row_number() OVER () AS n FROM %s AS t WHERE %s) AS bad",
							source->name, condition.data));
	source_run(source, &statement);
	if (strcmp(result_text(1), "0") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("key (%s) of dataset \"%s\" is NULL in %s row(s)", keys,
						source->dataset->name, result_text(1)),
				 errdetail("%s", result_text(2)),
				 errhint("Every row needs a key: correct these rows, or create the dataset with "
						 "another key.")));
}

static void
check_key_unique(const Source *source, const char *keys)
{
	Statement statement;

	statement_init(
		&statement,
		psprintf(
			"SELECT pg_catalog.count(*), pg_catalog.string_agg(pg_catalog.format("
			"'(%%s) occurs %%s times', k, c), E'\\n') FILTER (WHERE n OPERATOR(pg_catalog.<=) 5) "
			"FROM (SELECT pg_catalog.concat_ws(', ', %s) AS k, pg_catalog.count(*) AS c, "
			"pg_catalog.row_number() OVER () AS n FROM %s AS t GROUP BY %s "
			"HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AS bad",
			column_list(source->dataset->key, "t"), source->name,
			column_list(source->dataset->key, "t")));
	source_run(source, &statement);
	if (strcmp(result_text(1), "0") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("key (%s) of dataset \"%s\" is not unique: %s value(s) occur more than "
						"once",
						keys, source->dataset->name, result_text(1)),
				 errdetail("%s", result_text(2)),
				 errhint("Remove the duplicates, or create the dataset with another key.")));
}

static bool
key_holds_in_snapshot(const Source *source)
{
	char *key = column_list(source->dataset->key, "t");
	Statement statement;
	bool isnull;

	statement_init(&statement,
				   psprintf("SELECT NOT EXISTS (SELECT FROM %1$s AS t GROUP BY %2$s "
							"HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AND NOT EXISTS "
							"(SELECT FROM %1$s AS t WHERE pg_catalog.num_nulls(%2$s) "
							"OPERATOR(pg_catalog.>) 0)",
							source->name, key));
	source_run(source, &statement);
	return DatumGetBool(result_value(1, &isnull));
}

bool
source_key_holds(const Source *source)
{
	return source->dataset->key != NIL && (key_is_guaranteed(source->relid, source->dataset->key) ||
										   key_holds_in_snapshot(source));
}

/*
 * Under REPEATABLE READ a transaction sees a row that another has deleted since, and beside it the one
 * of the same key that it inserted itself, which the index allows.
 */
static void
check_guaranteed_key(const Source *source)
{
	if (IsolationUsesXactSnapshot() && !key_holds_in_snapshot(source))
		could_not_serialize(source->relid, NULL);
}

void
source_check_key(const Source *source)
{
	const char *keys = column_list(source->dataset->key, NULL);

	if (source->dataset->key == NIL)
		return;
	check_key_columns(source->relid, source->dataset->key);
	if (key_is_guaranteed(source->relid, source->dataset->key))
	{
		check_guaranteed_key(source);
		return;
	}
	check_key_not_null(source, keys);
	check_key_unique(source, keys);
}
