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

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "version/catalog.h"
#include "version/dataset_version.h"
#include "version/history.h"
#include "version/profiles.h"
#include "version/rights.h"
#include "version/source.h"

#define CHANGES "aidataops_changes"

typedef struct Commit
{
	Dataset *dataset;
	Oid caller;
	char *actor; /* as it was when the commit began */
	Source *source;
	Shape *shape;
	bool shape_changed;
	int32 number;
	int32 epoch;
	History *history;  /* where rows go; NULL if only fingerprints are kept */
	History *previous; /* where the head's rows are, if that is another table */
	Fingerprint fingerprint;
	int64 added;
	int64 removed;
	int64 modified;
} Commit;

/* ------------------------------------------------------------------------- stages ---- */

static void
find_shape(Commit *commit)
{
	Dataset *dataset = commit->dataset;

	commit->shape = shape_of_relation(commit->source->relid);
	if (commit->shape->columns == NIL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table %s of dataset \"%s\" has no columns left",
							   commit->source->name, dataset->name)));
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
	Identity caller = become_data_owner(commit->dataset);
	Fingerprint inserted;

	PushCopiedSnapshot(commit->source->snapshot);
	UpdateActiveSnapshotCommandId();
	inserted =
		history_load(history_oid(commit->history),
					 psprintf("SELECT %s FROM %s AS t",
							  column_list(shape_names(commit->shape), "t"), commit->source->name),
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

/*
 * What differs between the table and the head: rid and hash of the row that went, hash of the row
 * that came, and the key.
 */
static char *
changes_by_key(const Commit *commit, const History *head)
{
	List *key = commit->dataset->key;

	return psprintf("SELECT o.%1$s, o.%2$s, s.%3$s, %4$s FROM "
					"(SELECT %12$s AS %3$s, %5$s FROM %6$s AS t) AS s FULL JOIN "
					"(SELECT h.%1$s, h.%2$s, %7$s FROM %8$s AS h "
					"WHERE h.%9$s OPERATOR(pg_catalog.=) %10$d) AS o "
					"ON %11$s WHERE s.%3$s IS DISTINCT FROM o.%2$s",
					head->rid, head->hash, head->new_hash, column_list(key, "s"),
					column_list(key, "t"), commit->source->name, column_list(key, "h"),
					head->qualified, head->removed, STILL_THERE,
					key_condition(commit->source->relid, commit->dataset->history, key, "s", "o"),
					source_hash_expression(commit->shape));
}

/* The same without a key: how many more or fewer there are of each row. */
static char *
changes_of_multiset(const Commit *commit, const History *head)
{
	char *rows = numbered_rows(head, "true", source_hash_expression(commit->shape),
							   psprintf("%s AS t", commit->source->name));
	char *old = numbered_rows(head, psprintf("h.%s, h.%s", head->rid, head->hash),
							  psprintf("h.%s", head->hash),
							  psprintf("%s AS h WHERE h.%s OPERATOR(pg_catalog.=) %d",
									   head->qualified, head->removed, STILL_THERE));

	return psprintf("SELECT o.%1$s, o.%2$s, s.%3$s, s.%4$s FROM %5$s AS s FULL JOIN %6$s AS o ON "
					"s.%3$s OPERATOR(pg_catalog.=) o.%3$s AND "
					"s.%4$s OPERATOR(pg_catalog.=) o.%4$s WHERE s.%3$s IS NULL OR o.%3$s IS NULL",
					head->rid, head->hash, head->new_hash, head->nth, rows, old);
}

static uint64
find_changes(Commit *commit, const History *head)
{
	return source_collect(commit->source, CHANGES,
						  commit->dataset->key == NIL ? changes_of_multiset(commit, head)
													  : changes_by_key(commit, head));
}

/* Rows t of the source that came, by the list c of changes. */
static char *
rows_that_came(const Commit *commit)
{
	const History *history = commit->previous;

	if (commit->dataset->key == NIL)
		return psprintf(
			"%1$s AS t ON t.%2$s OPERATOR(pg_catalog.=) c.%2$s AND "
			"t.%3$s OPERATOR(pg_catalog.=) c.%3$s",
			numbered_rows(history, "t.*", source_hash_expression(commit->shape),
						  psprintf("%s AS t WHERE %s IN (SELECT c.%s FROM " CHANGES " AS c)",
								   commit->source->name, source_hash_expression(commit->shape),
								   history->new_hash)),
			history->new_hash, history->nth);
	return psprintf("%s AS t ON %s", commit->source->name,
					key_condition(commit->source->relid, commit->dataset->history,
								  commit->dataset->key, "t", "c"));
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
	source_run(commit->source, &statement);
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
	source_run(commit->source, &statement);

	statement_init(
		&statement,
		psprintf("INSERT INTO %1$s (%10$s, %2$s, %3$s, %4$s, %5$s) "
				 "SELECT (SELECT COALESCE(pg_catalog.max(h.%10$s), 0) FROM %1$s AS h) "
				 "OPERATOR(pg_catalog.+) pg_catalog.row_number() OVER (), $1, %6$d, c.%7$s, %8$s "
				 "FROM " CHANGES " AS c JOIN %9$s WHERE c.%7$s IS NOT NULL",
				 history->qualified, history->added, history->removed, history->hash,
				 column_list(names, NULL), STILL_THERE, history->new_hash, column_list(names, "t"),
				 rows_that_came(commit), history->rid));
	statement_int4(&statement, commit->number);
	source_run(commit->source, &statement);
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
	source_run(commit->source, &statement);
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

static void
write_rows(Commit *commit)
{
	if (commit->dataset->head == 0)
		commit_first(commit);
	else if (commit->history->fresh)
		move_all(commit);
	else if (has_changes(commit))
		apply_changes(commit);
}

/* PostgreSQL names a table or an index that the user never made, and not the dataset. */
static void
row_is_too_long(const Commit *commit, const ErrorData *error)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
		 errmsg("a row of dataset \"%s\" is too long for its history", commit->dataset->name),
		 errdetail("PostgreSQL says: %s.", error->message),
		 errhint("Keys may have some 2,700 bytes: create the dataset with a shorter key, or with "
				 "key => '{}', which compares rows as a whole. History adds %d bytes to a row.",
				 HISTORY_OWN_BYTES)));
}

static void
write_history(Commit *commit)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		write_rows(commit);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		FlushErrorState();
		row_is_too_long(commit, error);
	}
	PG_END_TRY();
}

/*
 * Profiles of all rows, and of those that came and went. The names of columns are used bare, so what
 * they are looked up in must be the row alone.
 */
static void
record_profiles(const Commit *commit)
{
	ProfiledRows rows = {0};
	const char *names = column_list(shape_names(commit->shape), "t");

	if (commit->previous)
	{
		rows.came =
			psprintf("(SELECT %s FROM " CHANGES " AS c JOIN %s WHERE c.%s IS NOT NULL) AS t", names,
					 rows_that_came(commit), commit->previous->new_hash);
		rows.went =
			psprintf("(SELECT h.* FROM " CHANGES " AS c JOIN %s AS h ON "
					 "h.%s OPERATOR(pg_catalog.=) c.%s) AS h",
					 commit->previous->qualified, commit->previous->rid, commit->previous->rid);
		rows.went_relid = history_oid(commit->previous);
	}
	profiles_record(commit->source, commit->number, &rows);
}

/* Rows are kept: returns whether there is anything to record. */
static bool
commit_rows(Commit *commit)
{
	source_hold_still(commit->source, commit->shape);
	source_check_key(commit->source);
	if (commit->dataset->head == 0)
	{
		commit->history = history_for_shape(commit->dataset, commit->shape, commit->epoch);
		write_history(commit);
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
	write_history(commit);
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
										commit->source->name));
	source_run(commit->source, &statement);
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

static Datum
snapshot_datum(Snapshot snapshot)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, "SELECT pg_catalog.pg_current_snapshot()");
	statement_run(&statement, snapshot);
	return result_value(1, &isnull);
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
	statement_param(&statement, PG_SNAPSHOTOID, snapshot_datum(commit->source->snapshot),
					commit->source->reads_foreign);
	statement_int8(&statement, commit->fingerprint.nrows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->added), !rows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->removed), !rows);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->modified), !rows);
	statement_param(&statement, own_type("fingerprint"), PointerGetDatum(&commit->fingerprint),
					false);
	statement_param(&statement, UUIDOID, shape_signature(commit->shape), false);
	statement_run_as_catalog_owner(&statement);
}

static void
record_head(const Commit *commit)
{
	Statement statement;

	statement_init(&statement,
				   "UPDATE aidataops.dataset SET head = $2, epoch = $3, "
				   "history_table = COALESCE($4::name, history_table) WHERE dataset_id = $1");
	statement_int4(&statement, commit->dataset->id);
	statement_int4(&statement, commit->number);
	statement_int4(&statement, commit->epoch);
	statement_text(&statement, commit->history ? commit->history->name : NULL);
	statement_run_as_catalog_owner(&statement);
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
}

/* Locks, and checks what can be checked before data is read. */
static Commit *
commit_prepare(Dataset *dataset)
{
	Commit *commit = palloc0(sizeof(Commit));

	dataset = commit->dataset = dataset_lock(dataset);
	commit->caller = GetUserId();
	commit->actor = pstrdup(aidataops_actor ? aidataops_actor : "");
	commit->number = dataset->head + 1;
	if (dataset->head == PG_INT32_MAX - 1)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("dataset \"%s\" has no version numbers left", dataset->name)));
	commit->source = source_open(dataset, AccessShareLock);
	check_sees_all_rows(dataset, dataset->history);
	dataset_record_source(dataset, commit->source->relid);
	return commit;
}

/* What this transaction did so far is before the version, and not after it. */
static void
write_lineage(void)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._lineage_flush()");
	statement_run(&statement, InvalidSnapshot);
}

/* Which data went into it. */
static void
record_lineage(const Commit *commit)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._lineage_bind($1, $2)");
	statement_param(&statement, own_type("dataset_version"),
					version_datum(commit->dataset, commit->number), false);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(commit->source->relid), false);
	statement_run_as_catalog_owner(&statement);
}

/* Returns the name of the version; that of the head if nothing changed. */
static Datum
commit_run(Commit *commit, Snapshot snapshot, const char *message)
{
	source_begin(commit->source, snapshot);
	find_shape(commit);
	if (commit->dataset->keeps_rows ? commit_rows(commit) : commit_fingerprint(commit))
	{
		write_lineage();
		if (commit->shape_changed)
			record_epoch(commit);
		record_version(commit, message);
		record_head(commit);
		if (commit->shape_changed && commit->epoch > 1)
			dataset_complete_roles(commit->dataset, commit->source->relid);
		record_profiles(commit);
		record_lineage(commit);
	}
	else
	{
		commit->number = commit->dataset->head;
		ereport(NOTICE, (errmsg("nothing changed since %s@%d, so no version was made",
								commit->dataset->name, commit->number)));
	}
	source_end(commit->source);
	rights_mirror(commit->dataset);
	return version_datum(commit->dataset, commit->number);
}

static Dataset *
find_to_commit(const char *name)
{
	Dataset *dataset = dataset_find(name);

	dataset_check_owner(dataset, "commit to");
	return dataset;
}

/* Raises unless the version passes the contracts of the dataset's table; then nothing was committed. */
static void
check_contracts(const Commit *commit)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._gate_commit($1, $2, $3)");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(commit->caller), false);
	statement_int4(&statement, commit->dataset->id);
	statement_int4(&statement, commit->number);
	statement_run_as_catalog_owner(&statement);
}

PG_FUNCTION_INFO_V1(dataset_commit);
Datum
dataset_commit(PG_FUNCTION_ARGS)
{
	Commit *commit;
	Snapshot snapshot;
	Datum result;

	check_arguments(fcinfo);
	SPI_connect();
	commit = commit_prepare(find_to_commit(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	/* after the locks, so that nothing of this dataset changes behind it */
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	result = commit_run(commit, snapshot, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	UnregisterSnapshot(snapshot);
	if (!PG_ARGISNULL(2) && PG_GETARG_BOOL(2))
		check_contracts(commit);
	result = SPI_datumTransfer(result, false, -1);
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/* --------------------------------------------------------------------- commit_all ---- */

static int
compare_ids(const ListCell *a, const ListCell *b)
{
	int32 left = ((const Dataset *) lfirst(a))->id;
	int32 right = ((const Dataset *) lfirst(b))->id;

	return left < right ? -1 : left > right;
}

static List *
find_all_to_commit(ArrayType *names)
{
	List *datasets = NIL;
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("name of dataset must not be NULL")));
		datasets = lappend(datasets, find_to_commit(TextDatumGetCString(values[i])));
	}
	return datasets;
}

/* In one order, whatever order was asked for, so that two sessions cannot wait for each other. */
static void
prepare_all(Commit **commits, List *datasets)
{
	List *ordered = list_copy(datasets);
	ListCell *cell;
	int32 previous = 0;

	list_sort(ordered, compare_ids);
	foreach (cell, ordered)
	{
		Dataset *dataset = lfirst(cell);

		if (dataset->id == previous)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
							errmsg("dataset \"%s\" is named twice", dataset->name)));
		previous = dataset->id;
		for (int i = 0; i < list_length(datasets); i++)
		{
			if (list_nth(datasets, i) == dataset)
				commits[i] = commit_prepare(dataset);
		}
	}
}

PG_FUNCTION_INFO_V1(dataset_commit_all);
Datum
dataset_commit_all(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List *datasets;
	Commit **commits;
	Snapshot snapshot;

	check_arguments(fcinfo);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	SPI_connect();
	datasets = find_all_to_commit(PG_GETARG_ARRAYTYPE_P(0));
	commits = palloc0((list_length(datasets) + 1) * sizeof(Commit *));
	prepare_all(commits, datasets);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	for (int i = 0; i < list_length(datasets); i++)
	{
		Datum version = commit_run(commits[i], snapshot, text_to_cstring(PG_GETARG_TEXT_PP(1)));
		bool isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &version, &isnull);
	}
	UnregisterSnapshot(snapshot);
	SPI_finish();
	return (Datum) 0;
}
