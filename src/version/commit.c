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
#include "core/subtransaction.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "version/catalog.h"
#include "version/commit.h"
#include "version/dataset_version.h"
#include "version/history.h"
#include "version/profiles.h"
#include "version/rights.h"
#include "version/seal.h"
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
	bool anew; /* the head is not looked at */
	int32 number;
	int32 epoch;
	History *history;   /* where rows go; NULL if only fingerprints are kept */
	History *previous;  /* where the head's rows are */
	History *abandoned; /* the same, if it is not looked at */
	Seal *seal;         /* of the head, and of the version */
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
		dataset->epoch == 0 || commit->anew ||
		!shape_equal(commit->shape, shape_of_epoch(dataset, dataset->epoch)) ||
		/* a type may have got the name of another */
		(dataset->keeps_rows && !history_stores(history_current(dataset), commit->shape));
	commit->epoch = dataset->epoch + (commit->shape_changed ? 1 : 0);
}

/* What was written must be what was read, and what was read before. */
static void
check_written(const Commit *commit, bool as_meant)
{
	if (!as_meant)
		could_not_serialize(commit->source->relid,
							"What was written to its history is not what was read before.");
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
		history_load(commit->source, history_oid(commit->history),
					 psprintf("SELECT %s FROM %s AS t",
							  column_list(shape_names(commit->shape), "t"), commit->source->name),
					 commit->number, commit->seal);
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

/* The rows of the table beside those of the head: their hashes and numbers, and the key. */
static char *
rows_by_key(const Commit *commit, const History *head)
{
	List *key = commit->dataset->key;

	return psprintf("SELECT o.%2$s, s.%3$s, o.%1$s, NULL::bigint AS %13$s, %4$s FROM "
					"(SELECT %12$s AS %3$s, %5$s FROM %6$s AS t) AS s FULL JOIN "
					"(SELECT h.%1$s, h.%2$s, %7$s FROM %8$s AS h "
					"WHERE h.%9$s OPERATOR(pg_catalog.=) %10$d) AS o ON %11$s",
					head->rid, head->hash, head->new_hash, column_list(key, "s"),
					column_list(key, "t"), commit->source->name, column_list(key, "h"),
					head->qualified, head->removed, STILL_THERE,
					key_condition(commit->source->relid, commit->dataset->history, key, "s", "o"),
					source_hash_expression(commit->shape), head->new_rid);
}

/* The same without a key: how many more or fewer there are of each row. */
static char *
rows_of_multiset(const Commit *commit, const History *head)
{
	char *rows = numbered_rows(head, "true", source_hash_expression(commit->shape),
							   psprintf("%s AS t", commit->source->name));
	char *old = numbered_rows(head, psprintf("h.%s, h.%s", head->rid, head->hash),
							  psprintf("h.%s", head->hash),
							  psprintf("%s AS h WHERE h.%s OPERATOR(pg_catalog.=) %d",
									   head->qualified, head->removed, STILL_THERE));

	return psprintf("SELECT o.%2$s, s.%3$s, o.%1$s, NULL::bigint AS %7$s, s.%4$s "
					"FROM %5$s AS s FULL JOIN %6$s AS o ON "
					"s.%3$s OPERATOR(pg_catalog.=) o.%3$s AND "
					"s.%4$s OPERATOR(pg_catalog.=) o.%4$s",
					head->rid, head->hash, head->new_hash, head->nth, rows, old, head->new_rid);
}

static bool
has_changes(const Commit *commit)
{
	return commit->added + commit->removed + commit->modified > 0;
}

/* New rows are numbered on from there. */
static int64
last_rid(const Commit *commit, const History *history)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, psprintf("SELECT COALESCE(pg_catalog.max(h.%s), 0) FROM %s AS h",
										history->rid, history->qualified));
	source_run(commit->source, &statement);
	return DatumGetInt64(result_value(1, &isnull));
}

/* Compares with the head, which must be what was recorded of it, or the next version would not be either. */
static void
find_changes(Commit *commit, const History *head)
{
	Seal *seal = commit->seal;
	Fingerprint recorded = recorded_fingerprint(commit->dataset, commit->dataset->head);
	Comparison rows;

	seal->last_rid = last_rid(commit, head);
	rows = source_compare(commit->source, CHANGES,
						  commit->dataset->key == NIL ? rows_of_multiset(commit, head)
													  : rows_by_key(commit, head),
						  seal);
	if (!fingerprint_equal(&rows.stored, &recorded) ||
		(seal->known && seal->found != seal->recorded))
		version_is_broken(commit->dataset, commit->dataset->head);
	commit->fingerprint = rows.found;
	commit->added = rows.added;
	commit->removed = rows.removed;
	commit->modified = rows.modified;
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

static void
close_rows(Commit *commit)
{
	History *history = commit->history;
	Statement statement;

	statement_init(&statement, psprintf("UPDATE %1$s AS h SET %2$s = $1 FROM " CHANGES " AS c "
										"WHERE h.%3$s OPERATOR(pg_catalog.=) c.%3$s",
										history->qualified, history->removed, history->rid));
	statement_int4(&statement, commit->number);
	check_written(commit, source_run(commit->source, &statement) ==
							  (uint64) (commit->removed + commit->modified));
}

static void
insert_rows(Commit *commit)
{
	History *history = commit->history;
	List *names = shape_names(commit->shape);
	Statement statement;

	statement_init(&statement, psprintf("INSERT INTO %1$s (%10$s, %2$s, %3$s, %4$s, %5$s) "
										"SELECT c.%11$s, $1, %6$d, c.%7$s, %8$s "
										"FROM " CHANGES " AS c JOIN %9$s WHERE c.%7$s IS NOT NULL",
										history->qualified, history->added, history->removed,
										history->hash, column_list(names, NULL), STILL_THERE,
										history->new_hash, column_list(names, "t"),
										rows_that_came(commit), history->rid, history->new_rid));
	statement_int4(&statement, commit->number);
	check_written(commit, source_run(commit->source, &statement) ==
							  (uint64) (commit->added + commit->modified));
}

/* All rows of the head end in the table that holds them: returns how many these were. */
static uint64
end_rows(Commit *commit, const History *history)
{
	Statement statement;

	statement_init(&statement,
				   psprintf("UPDATE %s SET %s = $1 WHERE %s OPERATOR(pg_catalog.=) %d",
							history->qualified, history->removed, history->removed, STILL_THERE));
	statement_int4(&statement, commit->number);
	return source_run(commit->source, &statement);
}

/* The shape no longer fits the table that holds the head's rows: they end there, all go on anew. */
static void
move_all(Commit *commit)
{
	int64 nrows = commit->fingerprint.nrows - commit->added + commit->removed;
	Fingerprint inserted;

	check_written(commit, end_rows(commit, commit->previous) == (uint64) nrows);
	inserted = insert_all(commit);
	check_written(commit, fingerprint_equal(&inserted, &commit->fingerprint));
}

/*
 * Triggers that the owner hung on the history may have made other rows of those written: these are then read
 * again.
 */
static void
check_rows_written(Commit *commit)
{
	const History *history = commit->history;
	Statement statement;
	Fingerprint found;
	bool isnull;

	if (!history_has_triggers(history))
		return;
	statement_init(&statement,
				   psprintf("SELECT aidataops.fingerprint_agg(w.%1$s), "
							"pg_catalog.bool_and(w.%1$s OPERATOR(pg_catalog.=) w.%2$s) FROM "
							"(SELECT %3$s AS %1$s, t.%2$s FROM %4$s AS t WHERE "
							"t.%5$s OPERATOR(pg_catalog.=) %6$d OFFSET 0) AS w",
							history->new_hash, history->hash, source_hash_expression(commit->shape),
							history->qualified, history->removed, STILL_THERE));
	source_run(commit->source, &statement);
	found = *DatumGetFingerprintP(result_value(1, &isnull));
	if (fingerprint_equal(&found, &commit->fingerprint) &&
		(DatumGetBool(result_value(2, &isnull)) || isnull))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("history of dataset \"%s\" would not hold what was committed",
					commit->dataset->name),
			 errdetail("A trigger of %s makes other rows of those written.", history->qualified),
			 errhint("Drop the trigger: history is written by commits only.")));
}

static void
write_rows(Commit *commit)
{
	if (commit->abandoned)
		end_rows(commit, commit->abandoned);
	if (commit->previous == NULL)
		commit_first(commit);
	else if (commit->history->fresh)
		move_all(commit);
	else if (has_changes(commit))
	{
		close_rows(commit);
		insert_rows(commit);
		check_rows_written(commit);
	}
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
static Profiles
make_profiles(const Commit *commit)
{
	const char *names = column_list(shape_names(commit->shape), "t");
	ProfiledRows all = {.from = psprintf("%s AS t", commit->source->name),
						.count = commit->fingerprint.nrows};
	ProfiledRows came = {.count = commit->added + commit->modified};
	ProfiledRows went = {.count = commit->removed + commit->modified};

	if (commit->previous)
	{
		came.from =
			psprintf("(SELECT %s FROM " CHANGES " AS c JOIN %s WHERE c.%s IS NOT NULL) AS t", names,
					 rows_that_came(commit), commit->previous->new_hash);
		went.from =
			psprintf("(SELECT h.* FROM " CHANGES " AS c JOIN %s AS h ON "
					 "h.%s OPERATOR(pg_catalog.=) c.%s) AS h",
					 commit->previous->qualified, commit->previous->rid, commit->previous->rid);
	}
	return profiles_make(commit->source, &all, &came, &went,
						 commit->previous ? history_oid(commit->previous) : InvalidOid);
}

/* Rows are kept: returns whether there is anything to record. */
static bool
commit_rows(Commit *commit)
{
	source_check_key(commit->source);
	commit->seal = seal_open(commit->dataset);
	if (commit->dataset->head > 0 && !commit->anew)
	{
		commit->previous = history_current(commit->dataset);
		find_changes(commit, commit->previous);
		if (!has_changes(commit) && !commit->shape_changed)
			return false;
	}
	if (commit->anew)
		commit->history = history_create(commit->dataset, commit->shape, commit->epoch);
	else
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
	Dataset *dataset = commit->dataset;
	Fingerprint head;
	Statement statement;
	bool isnull;

	statement_init(&statement, psprintf("SELECT aidataops.fingerprint_agg(t.*) FROM %s AS t",
										commit->source->name));
	source_run(commit->source, &statement);
	commit->fingerprint = *DatumGetFingerprintP(result_value(1, &isnull));
	if (commit->shape_changed || dataset->head == 0)
		return true;
	head = recorded_fingerprint(dataset, dataset->head);
	return !fingerprint_equal(&commit->fingerprint, &head);
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
	bool compared = dataset->keeps_rows && !commit->anew;
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
	statement_param(&statement, INT8OID, Int64GetDatum(commit->added), !compared);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->removed), !compared);
	statement_param(&statement, INT8OID, Int64GetDatum(commit->modified), !compared);
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

/* All that reads the table's rows: returns whether there is anything to record. */
static bool
read_table(Commit *commit, Snapshot snapshot, Profiles *profiles)
{
	bool anything;

	source_begin(commit->source, snapshot);
	find_shape(commit);
	source_hold_still(commit->source, commit->shape);
	anything = commit->dataset->keeps_rows ? commit_rows(commit) : commit_fingerprint(commit);
	if (anything)
	{
		if (commit->shape_changed && commit->epoch > 1)
			dataset_complete_roles(commit->dataset, commit->source->relid);
		*profiles = make_profiles(commit);
	}
	source_check_unchanged(commit->source);
	return anything;
}

/* Nothing of the table is read from here on. */
static void
record(const Commit *commit, const char *message, const Profiles *profiles)
{
	write_lineage();
	if (commit->shape_changed)
		record_epoch(commit);
	record_version(commit, message);
	record_head(commit);
	if (commit->seal)
		seal_record(commit->seal, commit->dataset, commit->number);
	profiles_record(commit->source, commit->number, profiles);
	record_lineage(commit);
}

/* The version is the head if nothing changed. */
static void
commit_run(CommitCall *call, Commit *commit, Snapshot snapshot)
{
	Profiles profiles;

	if (read_table(commit, snapshot, &profiles))
		record(commit, call->message, &profiles);
	else
	{
		commit->number = commit->dataset->head;
		ereport(NOTICE, (errmsg("nothing changed since %s@%d, so no version was made",
								commit->dataset->name, commit->number)));
	}
	source_end(commit->source);
	rights_mirror(commit->dataset);
	commit_return(call, commit->dataset, commit->number);
}

void
commit_anew(CommitCall *call, Dataset *dataset, History *previous)
{
	Commit *commit = commit_prepare(dataset);
	Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());

	commit->anew = true;
	commit->abandoned = previous;
	commit_run(call, commit, snapshot);
	UnregisterSnapshot(snapshot);
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

/*
 * Tables can be redefined while they are read. What was read is then no one state, and is read again, under a
 * new snapshot where the isolation level has such.
 */
void
commit_attempts(CommitCall *call, void (*attempt)(void *call))
{
	ErrorData *error = run_in_subtransaction(attempt, call);

	if (error && error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE)
		error = run_in_subtransaction(attempt, call);
	if (error)
		ReThrowError(error);
}

void
commit_return(CommitCall *call, const Dataset *dataset, int32 number)
{
	MemoryContext old = MemoryContextSwitchTo(call->context);

	call->versions = lappend(call->versions, DatumGetPointer(version_datum(dataset, number)));
	MemoryContextSwitchTo(old);
}

static void
attempt_commit(void *argument)
{
	CommitCall *call = argument;
	Commit *commit;
	Snapshot snapshot;

	SPI_connect();
	commit = commit_prepare(find_to_commit(linitial(call->names)));
	/* after the locks, so that nothing of this dataset changes behind it */
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	call->versions = NIL;
	commit_run(call, commit, snapshot);
	UnregisterSnapshot(snapshot);
	if (call->gate)
		check_contracts(commit);
	SPI_finish();
}

PG_FUNCTION_INFO_V1(dataset_commit);
Datum
dataset_commit(PG_FUNCTION_ARGS)
{
	CommitCall call = {.context = CurrentMemoryContext};

	check_arguments(fcinfo);
	call.names = list_make1(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	call.message = text_to_cstring(PG_GETARG_TEXT_PP(1));
	call.gate = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	commit_attempts(&call, attempt_commit);
	PG_RETURN_POINTER(linitial(call.versions));
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
names_to_commit(ArrayType *array)
{
	List *names = NIL;
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("name of dataset must not be NULL")));
		names = lappend(names, TextDatumGetCString(values[i]));
	}
	return names;
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

static void
attempt_commit_all(void *argument)
{
	CommitCall *call = argument;
	List *datasets = NIL;
	Commit **commits;
	Snapshot snapshot;
	ListCell *cell;

	SPI_connect();
	foreach (cell, call->names)
		datasets = lappend(datasets, find_to_commit(lfirst(cell)));
	commits = palloc0((list_length(datasets) + 1) * sizeof(Commit *));
	prepare_all(commits, datasets);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	call->versions = NIL;
	for (int i = 0; i < list_length(datasets); i++)
		commit_run(call, commits[i], snapshot);
	UnregisterSnapshot(snapshot);
	SPI_finish();
}

PG_FUNCTION_INFO_V1(dataset_commit_all);
Datum
dataset_commit_all(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CommitCall call = {.context = CurrentMemoryContext};
	ListCell *cell;

	check_arguments(fcinfo);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	call.names = names_to_commit(PG_GETARG_ARRAYTYPE_P(0));
	call.message = text_to_cstring(PG_GETARG_TEXT_PP(1));
	commit_attempts(&call, attempt_commit_all);
	foreach (cell, call.versions)
	{
		Datum version = PointerGetDatum(lfirst(cell));
		bool isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &version, &isnull);
	}
	return (Datum) 0;
}
