/*
 * commit.c: record the rows of a table as a version.
 *
 * A commit locks its dataset, takes one snapshot and runs every statement that reads the table under
 * it, so a version is exactly one MVCC snapshot however busy the table is; writers of the table are
 * never blocked. The scan is ordinary SQL over the executor:
 *
 *	1. FULL JOIN of the table's keys and row hashes with the head's: what changed
 *	2. close the intervals of rows that went, 3. insert rows that came
 *
 * 2 and 3 are statements of their own, because in one the unique index on the keys of rows still
 * there would see both. The fingerprint follows from the old one by arithmetic.
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
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "fingerprint/fingerprint.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "version/catalog.h"
#include "version/dataset_version.h"
#include "version/history.h"

#define CHANGES "aidataops_changes"

typedef struct Commit
{
	Dataset *dataset;
	Oid caller;
	char *actor; /* as it was when the commit began */
	Oid source;
	char *source_name; /* qualified and quoted */
	Snapshot snapshot;
	Shape *shape;
	bool shape_changed;
	int32 number;
	int32 epoch;
	History *history;  /* where rows go; NULL if only fingerprints are kept */
	History *previous; /* where the head's rows are, if that is another table */
	Tuplestorestate *changes;
	Datum snapshot_text; /* pg_snapshot */
	Fingerprint fingerprint;
	int64 added;
	int64 removed;
	int64 modified;
} Commit;

/* -------------------------------------------------------- statements over the data ---- */

/* The statement as the dataset's owner under the commit's snapshot. */
static uint64
run_on_data(const Commit *commit, Statement *statement)
{
	Identity caller = become_role_restricted(commit->dataset->owner);
	uint64 rows = statement_run(statement, commit->snapshot);

	become_again(caller);
	return rows;
}

/* Run a query and keep its result under a name that later statements can select from. */
static uint64
collect_changes(Commit *commit, const char *sql)
{
	Identity caller = become_role_restricted(commit->dataset->owner);
	SPIPlanPtr plan = SPI_prepare(sql, 0, NULL);
	SPIExecuteOptions options = {0};
	EphemeralNamedRelation changes = palloc0(sizeof(EphemeralNamedRelationData));
	CachedPlanSource *source;
	Tuplestorestate *store;
	int code;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", sql);
	source = linitial(SPI_plan_get_plan_sources(plan));
	changes->md.name = CHANGES;
	changes->md.reliddesc = InvalidOid;
	changes->md.tupdesc = CreateTupleDescCopy(source->resultDesc);
	changes->md.enrtype = ENR_NAMED_TUPLESTORE;

	store = tuplestore_begin_heap(false, false, work_mem);
	options.read_only = true; /* so that exactly the active snapshot is used */
	options.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(options.dest, store, CurrentMemoryContext, false, NULL, NULL);

	PushCopiedSnapshot(commit->snapshot);
	UpdateActiveSnapshotCommandId();
	code = SPI_execute_plan_extended(plan, &options);
	PopActiveSnapshot();
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(code));
	become_again(caller);

	changes->md.enrtuples = SPI_processed;
	changes->reldata = commit->changes = store;
	if (SPI_register_relation(changes) < 0)
		elog(ERROR, "could not register the changes of a commit");
	return (uint64) changes->md.enrtuples;
}

/* ------------------------------------------------------------------------- checks ---- */

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

/* Is the key certain to be unique and not NULL in every snapshot, by an index and by NOT NULL? */
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
check_key_not_null(const Commit *commit, const char *keys)
{
	Statement statement;
	StringInfoData condition;
	ListCell *cell;

	initStringInfo(&condition);
	foreach (cell, commit->dataset->key)
		appendStringInfo(&condition, "%st.%s IS NULL", condition.len > 0 ? " OR " : "",
						 quote_identifier(lfirst(cell)));
	statement_init(
		&statement,
		psprintf("SELECT pg_catalog.count(*), pg_catalog.string_agg(r, E'\\n') "
				 "FILTER (WHERE n OPERATOR(pg_catalog.<=) 3) "
				 "FROM (SELECT pg_catalog.left(pg_catalog.to_jsonb(t.*)::text, 200) AS r, "
				 "pg_catalog.row_number() OVER () AS n FROM %s AS t WHERE %s) AS bad",
				 commit->source_name, condition.data));
	run_on_data(commit, &statement);
	if (strcmp(result_text(1), "0") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("key (%s) of dataset \"%s\" is NULL in %s row(s)", keys,
						commit->dataset->name, result_text(1)),
				 errdetail("%s", result_text(2)),
				 errhint("Every row needs a key: correct these rows, or create the dataset with "
						 "another key.")));
}

static void
check_key_unique(const Commit *commit, const char *keys)
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
			column_list(commit->dataset->key, "t"), commit->source_name,
			column_list(commit->dataset->key, "t")));
	run_on_data(commit, &statement);
	if (strcmp(result_text(1), "0") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("key (%s) of dataset \"%s\" is not unique: %s value(s) occur more than "
						"once",
						keys, commit->dataset->name, result_text(1)),
				 errdetail("%s", result_text(2)),
				 errhint("Remove the duplicates, or create the dataset with another key.")));
}

static void
check_key(const Commit *commit)
{
	const char *keys = column_list(commit->dataset->key, NULL);

	check_key_columns(commit->source, commit->dataset->key);
	if (key_is_guaranteed(commit->source, commit->dataset->key))
		return;
	check_key_not_null(commit, keys);
	check_key_unique(commit, keys);
}

/* Rows that a policy hides must not be recorded as removed, nor stay when they were. */
static void
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

/* ------------------------------------------------------------------------- stages ---- */

static void
find_shape(Commit *commit)
{
	Dataset *dataset = commit->dataset;

	commit->shape = shape_of_relation(commit->source);
	commit->shape_changed =
		dataset->epoch == 0 || !shape_equal(commit->shape, shape_of_epoch(dataset, dataset->epoch));
	commit->epoch = dataset->epoch + (commit->shape_changed ? 1 : 0);
}

static void
read_fingerprint(Commit *commit)
{
	bool isnull;

	commit->fingerprint = *DatumGetFingerprintP(result_value(1, &isnull));
}

/* Every row of the table into a history table that is new. */
static Fingerprint
insert_all(Commit *commit)
{
	Identity caller = become_role_restricted(commit->dataset->owner);
	Fingerprint inserted;

	PushCopiedSnapshot(commit->snapshot);
	UpdateActiveSnapshotCommandId();
	inserted =
		history_load(history_oid(commit->history),
					 psprintf("SELECT %s FROM %s AS t",
							  column_list(shape_names(commit->shape), "t"), commit->source_name),
					 commit->number);
	PopActiveSnapshot();
	become_again(caller);
	history_create_indexes(commit->dataset, commit->history, commit->number);
	return inserted;
}

static void
commit_first(Commit *commit)
{
	commit->fingerprint = insert_all(commit);
	commit->added = commit->fingerprint.nrows;
}

/* The hash of a row t of the source. */
static char *
hash_expression(const Commit *commit)
{
	List *names = shape_names(commit->shape);

	if (list_length(names) >= FUNC_MAX_ARGS)
		return "aidataops.row_hash(t.*)";
	return psprintf(
		"aidataops._columns_hash(%s, %s)",
		quote_literal_cstr(OidOutputFunctionCall(F_ARRAY_OUT, list_to_name_array(names))),
		column_list(names, "t"));
}

/*
 * What differs between the table and the head: rid and hash of the row that went, hash of the row
 * that came, and the key.
 */
static uint64
find_changes(Commit *commit, const History *head)
{
	List *key = commit->dataset->key;

	return collect_changes(
		commit, psprintf("SELECT o.%1$s, o.%2$s, s.%3$s, %4$s FROM "
						 "(SELECT %12$s AS %3$s, %5$s FROM %6$s AS t) AS s FULL JOIN "
						 "(SELECT h.%1$s, h.%2$s, %7$s FROM %8$s AS h "
						 "WHERE h.%9$s OPERATOR(pg_catalog.=) %10$d) AS o "
						 "ON %11$s WHERE s.%3$s IS DISTINCT FROM o.%2$s",
						 head->rid, head->hash, head->new_hash, column_list(key, "s"),
						 column_list(key, "t"), commit->source_name, column_list(key, "h"),
						 head->qualified, head->removed, STILL_THERE,
						 key_condition(commit->source, commit->dataset->history, key, "s", "o"),
						 hash_expression(commit)));
}

/* Counts of the changes, and the fingerprint: the head's, less what went, and what came. */
static void
count_changes(Commit *commit)
{
	Statement statement;
	bool isnull;
	Fingerprint *gone;
	Fingerprint *came;

	statement_init(&statement,
				   psprintf("SELECT aidataops.fingerprint_agg(c.%1$s), "
							"aidataops.fingerprint_agg(c.%2$s), "
							"pg_catalog.count(*) FILTER (WHERE c.%1$s IS NULL), "
							"pg_catalog.count(*) FILTER (WHERE c.%2$s IS NULL) FROM " CHANGES
							" AS c",
							commit->previous->hash, commit->previous->new_hash));
	run_on_data(commit, &statement);
	gone = DatumGetFingerprintP(result_value(1, &isnull));
	came = DatumGetFingerprintP(result_value(2, &isnull));
	row_hash_subtract(&commit->fingerprint.sum, gone->sum);
	row_hash_add(&commit->fingerprint.sum, came->sum);
	commit->fingerprint.nrows += came->nrows - gone->nrows;
	commit->added = DatumGetInt64(result_value(3, &isnull));
	commit->removed = DatumGetInt64(result_value(4, &isnull));
	commit->modified = gone->nrows - commit->removed;
}

static void
apply_changes(Commit *commit)
{
	History *history = commit->history;
	List *names = shape_names(commit->shape);
	Statement statement;

	statement_init(&statement, psprintf("UPDATE %1$s AS h SET %2$s = $1 FROM " CHANGES " AS c "
										"WHERE h.%3$s OPERATOR(pg_catalog.=) c.%3$s",
										history->qualified, history->removed, history->rid));
	statement_int4(&statement, commit->number);
	run_on_data(commit, &statement);

	statement_init(
		&statement,
		psprintf(
			"INSERT INTO %1$s (%11$s, %2$s, %3$s, %4$s, %5$s) "
			"SELECT (SELECT COALESCE(pg_catalog.max(h.%11$s), 0) FROM %1$s AS h) "
			"OPERATOR(pg_catalog.+) pg_catalog.row_number() OVER (), $1, %6$d, c.%7$s, %8$s "
			"FROM " CHANGES " AS c JOIN %9$s AS t ON %10$s WHERE c.%7$s IS NOT NULL",
			history->qualified, history->added, history->removed, history->hash,
			column_list(names, NULL), STILL_THERE, history->new_hash, column_list(names, "t"),
			commit->source_name,
			key_condition(commit->source, commit->dataset->history, commit->dataset->key, "t", "c"),
			history->rid));
	statement_int4(&statement, commit->number);
	run_on_data(commit, &statement);
}

/* The shape no longer fits the table that holds the head's rows: they end there, all go on anew. */
static void
move_all(Commit *commit)
{
	History *previous = commit->previous;
	Statement statement;

	statement_init(&statement, psprintf("UPDATE %s SET %s = $1 WHERE %s OPERATOR(pg_catalog.=) %d",
										previous->qualified, previous->removed, previous->removed,
										STILL_THERE));
	statement_int4(&statement, commit->number);
	run_on_data(commit, &statement);
	(void) insert_all(commit);
}

static bool
has_changes(const Commit *commit)
{
	return commit->added + commit->removed + commit->modified > 0;
}

static void
read_head_fingerprint(Commit *commit)
{
	Statement statement;

	statement_init(&statement, "SELECT fingerprint FROM aidataops.version WHERE "
							   "dataset_id OPERATOR(pg_catalog.=) $1 AND "
							   "number OPERATOR(pg_catalog.=) $2");
	statement_int4(&statement, commit->dataset->id);
	statement_int4(&statement, commit->dataset->head);
	if (statement_run_as_catalog_owner(&statement) == 1)
		read_fingerprint(commit);
}

/* Rows are kept: returns whether there is anything to record. */
static bool
commit_rows(Commit *commit)
{
	check_key(commit);
	if (commit->dataset->head == 0)
	{
		commit->history = history_for_shape(commit->dataset, commit->shape, commit->epoch);
		commit_first(commit);
		return true;
	}
	commit->previous = history_current(commit->dataset);
	read_head_fingerprint(commit);
	if (find_changes(commit, commit->previous) > 0)
		count_changes(commit);
	else if (!commit->shape_changed)
		return false;
	commit->history = commit->shape_changed
						  ? history_for_shape(commit->dataset, commit->shape, commit->epoch)
						  : commit->previous;
	if (commit->history->fresh)
		move_all(commit);
	else if (has_changes(commit))
		apply_changes(commit);
	return true;
}

/* Only fingerprints are kept: returns whether there is anything to record. */
static bool
commit_fingerprint(Commit *commit)
{
	Fingerprint head;
	Statement statement;

	read_head_fingerprint(commit);
	head = commit->fingerprint;
	statement_init(&statement, psprintf("SELECT aidataops.fingerprint_agg(t.*) FROM %s AS t",
										commit->source_name));
	run_on_data(commit, &statement);
	read_fingerprint(commit);
	return commit->shape_changed || commit->dataset->head == 0 ||
		   commit->fingerprint.nrows != head.nrows ||
		   commit->fingerprint.sum.high != head.sum.high ||
		   commit->fingerprint.sum.low != head.sum.low;
}

/* -------------------------------------------------------------------- bookkeeping ---- */

static Datum
version_datum(const Dataset *dataset, int32 number)
{
	Reference reference = {.kind = REFERENCE_NUMBER,
						   .name = dataset->name,
						   .namelen = strlen(dataset->name),
						   .number = number};

	return PointerGetDatum(dataset_version_make(&reference));
}

static void
record_epoch(const Commit *commit)
{
	Statement statement;

	statement_init(&statement,
				   "INSERT INTO aidataops.schema_epoch (dataset_id, epoch, column_names, "
				   "column_types, schema_signature, history_table, prefix) "
				   "VALUES ($1, $2, $3, $4, $5, $6::name, $7)");
	statement_int4(&statement, commit->dataset->id);
	statement_int4(&statement, commit->epoch);
	statement_param(&statement, NAMEARRAYOID, list_to_name_array(shape_names(commit->shape)),
					false);
	statement_param(&statement, TEXTARRAYOID, list_to_text_array(shape_types(commit->shape)),
					false);
	statement_param(&statement, UUIDOID, shape_signature(commit->shape), false);
	statement_text(&statement, commit->history ? commit->history->name : NULL);
	statement_text(&statement, commit->history ? commit->history->prefix : NULL);
	statement_run_as_catalog_owner(&statement);
}

static void
record_version(const Commit *commit, const char *message)
{
	Dataset *dataset = commit->dataset;
	bool rows = dataset->keeps_rows;
	Statement statement;

	statement_init(
		&statement,
		"INSERT INTO aidataops.version (version, dataset_id, number, parent, epoch, message, "
		"committed_at, committed_by, committed_as, actor, snapshot, num_rows, rows_added, "
		"rows_removed, rows_modified, fingerprint, schema_signature, method) "
		"SELECT $1, $2, $3, NULLIF($4, 0), $5, $6, "
		/* later than the parent's even if the clock was set back: name@{time} relies on it */
		"GREATEST(pg_catalog.clock_timestamp(), (SELECT p.committed_at + '1 microsecond' FROM "
		"aidataops.version AS p WHERE p.dataset_id = $2 AND p.number = $4)), "
		"session_user, $7::name, NULLIF($8, ''), $9, $10, $11, $12, $13, $14, $15, 'full_scan'");
	statement_param(&statement, own_type("dataset_version"), version_datum(dataset, commit->number),
					false);
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, commit->number);
	statement_int4(&statement, dataset->head);
	statement_int4(&statement, commit->epoch);
	statement_text(&statement, message);
	statement_text(&statement, GetUserNameFromId(commit->caller, false));
	statement_text(&statement, commit->actor);
	statement_param(&statement, PG_SNAPSHOTOID, commit->snapshot_text, false);
	statement_int8(&statement, commit->fingerprint.nrows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->added), !rows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->removed), !rows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->modified), !rows);
	statement_param(&statement, own_type("fingerprint"), PointerGetDatum(&commit->fingerprint),
					false);
	statement_param(&statement, UUIDOID, shape_signature(commit->shape), false);
	statement_run_as_catalog_owner(&statement);
}

/* The dataset's head, and where its table is now, which follows a rename. */
static void
record_head(const Commit *commit)
{
	Statement statement;

	statement_init(&statement,
				   "UPDATE aidataops.dataset SET head = $2, epoch = $3, "
				   "history_table = COALESCE($4::name, history_table), relation_schema = $5::name, "
				   "relation_name = $6::name, relation_oid = $7, relation_origin = $8 "
				   "WHERE dataset_id = $1");
	statement_int4(&statement, commit->dataset->id);
	statement_int4(&statement, commit->number);
	statement_int4(&statement, commit->epoch);
	statement_text(&statement, commit->history ? commit->history->name : NULL);
	statement_text(&statement, get_namespace_name(get_rel_namespace(commit->source)));
	statement_text(&statement, get_rel_name(commit->source));
	statement_param(&statement, OIDOID, ObjectIdGetDatum(commit->source), false);
	statement_text(&statement, database_origin());
	statement_run_as_catalog_owner(&statement);
}

static void
note_snapshot(Commit *commit)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, "SELECT pg_catalog.pg_current_snapshot()");
	statement_run(&statement, commit->snapshot);
	commit->snapshot_text = result_value(1, &isnull);
}

/* ------------------------------------------------------------------------- commit ---- */

static void
check_arguments(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("name of dataset must not be NULL")));
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("message of a commit must not be NULL"),
						errhint("Say in a few words what changed and why.")));
	if (!PG_ARGISNULL(2) && PG_GETARG_BOOL(2))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("gated commits are not available in this release"),
						errhint("Call commit() without gate => true.")));
}

/*
 * A table rewritten after the snapshot was taken, which happens under REPEATABLE READ, looks empty to
 * it. The definition is then newer than the snapshot.
 */
static void
check_defined_in_snapshot(const Commit *commit)
{
	ListCell *cell;

	foreach (cell, find_all_inheritors(commit->source, NoLock, NULL))
	{
		HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
		TransactionId xmin;

		if (!HeapTupleIsValid(tuple))
			continue;
		xmin = HeapTupleHeaderGetXmin(tuple->t_data);
		ReleaseSysCache(tuple);
		if (TransactionIdIsNormal(xmin) && !TransactionIdIsCurrentTransactionId(xmin) &&
			XidInMVCCSnapshot(xmin, commit->snapshot))
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("could not serialize access due to a concurrent change of "
								   "table \"%s\"",
								   get_rel_name(lfirst_oid(cell))),
							errhint("Try again in a new transaction.")));
	}
}

/* Take the snapshot last: after the locks, so that nothing of this dataset changes behind it. */
static void
begin_commit(Commit *commit, const char *name)
{
	Dataset *dataset = dataset_find(name);

	dataset_check_owner(dataset, "commit to");
	dataset = commit->dataset = dataset_lock(dataset);
	commit->caller = GetUserId();
	commit->actor = pstrdup(aidataops_actor ? aidataops_actor : "");
	commit->source = dataset_lock_source(dataset);
	commit->source_name = quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(commit->source)), get_rel_name(commit->source));
	commit->number = dataset->head + 1;
	if (dataset->head == PG_INT32_MAX - 1)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("dataset \"%s\" has no version numbers left", name)));
	check_sees_all_rows(dataset, commit->source);
	check_sees_all_rows(dataset, dataset->history);
	commit->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	check_defined_in_snapshot(commit);
	note_snapshot(commit);
	if (strcmp(dataset->relation_origin, database_origin()) != 0)
		ereport(NOTICE, (errmsg("dataset \"%s\" found its table %s by name after a restore",
								dataset->name, commit->source_name),
						 errhint("If that is another table, roll back and use attach_dataset().")));
}

static void
end_commit(Commit *commit)
{
	UnregisterSnapshot(commit->snapshot);
	if (commit->changes)
	{
		SPI_unregister_relation(CHANGES);
		tuplestore_end(commit->changes);
	}
}

PG_FUNCTION_INFO_V1(dataset_commit);
Datum
dataset_commit(PG_FUNCTION_ARGS)
{
	Commit commit = {0};
	Datum result;

	check_arguments(fcinfo);
	SPI_connect();
	begin_commit(&commit, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	find_shape(&commit);
	if (commit.dataset->keeps_rows ? commit_rows(&commit) : commit_fingerprint(&commit))
	{
		if (commit.shape_changed)
			record_epoch(&commit);
		record_version(&commit, text_to_cstring(PG_GETARG_TEXT_PP(1)));
		record_head(&commit);
	}
	else
	{
		commit.number = commit.dataset->head;
		ereport(NOTICE, (errmsg("nothing changed since %s@%d, so no version was made",
								commit.dataset->name, commit.number)));
	}
	end_commit(&commit);
	result = SPI_datumTransfer(version_datum(commit.dataset, commit.number), false, -1);
	SPI_finish();
	PG_RETURN_DATUM(result);
}
