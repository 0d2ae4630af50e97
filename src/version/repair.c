/*
 * repair.c: find the versions whose rows are not what was recorded of them, and go on without them.
 *
 * What verify() does for one version is done here for all of them in one scan of each history table: the rows
 * that begin with a version, and those that end, are hashed and added up, and a version is the sum of what
 * began until it, less what ended. Nothing of the past is changed: a broken version is marked, and where it
 * is the head, the next version holds the table as it is, in a history table of its own.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "version/catalog.h"
#include "version/commit.h"
#include "version/history.h"
#include "version/source.h"

/* What history holds from a version on, more or less than before it. */
typedef struct Step
{
	Fingerprint rows;
	int64 wrong; /* of which the stored hash is not the row's */
} Step;

typedef struct Version
{
	int32 number;
	int32 epoch;
	Fingerprint recorded;
	bool known; /* as broken */
	bool broken;
} Version;

/* A history table, and the versions whose rows it holds. */
typedef struct Part
{
	History *history;
	int32 epoch; /* from this one to the next part's */
	List *names; /* of columns, of all its epochs */
} Part;

typedef struct Repair
{
	Dataset *dataset;
	Version *versions; /* that of number n at n - 1 */
	List *parts;
} Repair;

/* ---------------------------------------------------------------------- recorded ---- */

static void
read_versions(Repair *repair)
{
	Statement statement;

	repair->versions = palloc0(Max(repair->dataset->head, 1) * sizeof(Version));
	statement_init(&statement, "SELECT number, epoch, fingerprint, status = 'broken' FROM "
							   "aidataops.version WHERE dataset_id = $1 ORDER BY number");
	statement_int4(&statement, repair->dataset->id);
	if (statement_run_as_catalog_owner(&statement) != (uint64) repair->dataset->head)
		elog(ERROR, "dataset \"%s\" has not the versions that it should have",
			 repair->dataset->name);
	for (int i = 0; i < repair->dataset->head; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc tupdesc = SPI_tuptable->tupdesc;
		Version *version = repair->versions + i;
		bool isnull;

		version->number = DatumGetInt32(SPI_getbinval(row, tupdesc, 1, &isnull));
		version->epoch = DatumGetInt32(SPI_getbinval(row, tupdesc, 2, &isnull));
		version->recorded = *DatumGetFingerprintP(SPI_getbinval(row, tupdesc, 3, &isnull));
		version->known = DatumGetBool(SPI_getbinval(row, tupdesc, 4, &isnull));
	}
}

#define PARTS                                                                                      \
	"SELECT e.history_table::text, e.prefix, min(e.epoch), array_agg(DISTINCT c.name) FROM "       \
	"aidataops.schema_epoch AS e, unnest(e.column_names) AS c (name) WHERE e.dataset_id = $1 "     \
	"GROUP BY e.history_table, e.prefix ORDER BY min(e.epoch)"

static void
read_parts(Repair *repair)
{
	Statement statement;
	uint64 count;

	statement_init(&statement, PARTS);
	statement_int4(&statement, repair->dataset->id);
	count = statement_run_as_catalog_owner(&statement);
	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc tupdesc = SPI_tuptable->tupdesc;
		Part *part = palloc0(sizeof(Part));
		bool isnull;

		part->history = history_named(SPI_getvalue(row, tupdesc, 1), SPI_getvalue(row, tupdesc, 2));
		part->epoch = DatumGetInt32(SPI_getbinval(row, tupdesc, 3, &isnull));
		part->names =
			name_array_to_list(DatumGetArrayTypeP(SPI_getbinval(row, tupdesc, 4, &isnull)));
		repair->parts = lappend(repair->parts, part);
	}
}

/* ------------------------------------------------------------------------- found ---- */

/* Has it still the columns that commits gave it, so that it can be asked? */
static bool
can_be_read(const Part *part)
{
	ListCell *cell;

	if (!history_is_intact(part->history))
		return false;
	foreach (cell, part->names)
	{
		if (get_attnum(history_oid(part->history), lfirst(cell)) <= 0)
			return false;
	}
	return true;
}

#define SUMS                                                                                       \
	"SELECT w.%1$s, w.%2$s, aidataops.fingerprint_agg(w.%4$s), pg_catalog.count(*) FILTER "        \
	"(WHERE w.%3$s IS DISTINCT FROM w.%4$s) FROM (SELECT t.%1$s, t.%2$s, t.%3$s, %5$s AS %4$s "    \
	"FROM %6$s AS t CROSS JOIN LATERAL (SELECT %7$s) AS c WHERE t.%1$s OPERATOR(pg_catalog.<) "    \
	"t.%2$s OFFSET 0) AS w GROUP BY GROUPING SETS ((w.%1$s), (w.%2$s))"

/* As the data's owner: rows by the version that they begin with, and by the one that they end with. */
static uint64
add_up(const Repair *repair, const Part *part)
{
	const History *history = part->history;
	Identity caller = become_data_owner(repair->dataset);
	Statement statement;
	uint64 count;

	statement_init(&statement, psprintf(SUMS, history->added, history->removed, history->hash,
										history->new_hash, row_hash_expression(part->names, "c"),
										history->qualified, column_list(part->names, "t")));
	count = statement_run(&statement, InvalidSnapshot);
	become_again(caller);
	return count;
}

static void
add_step(Step *step, const Fingerprint *rows, int64 wrong, bool end)
{
	if (end)
		row_hash_subtract(&step->rows.sum, rows->sum);
	else
		row_hash_add(&step->rows.sum, rows->sum);
	step->rows.nrows += end ? -rows->nrows : rows->nrows;
	step->wrong += end ? -wrong : wrong;
}

/* What changes in history with each version; of rows that no version has, at one beyond the head. */
static Step *
find_steps(const Repair *repair, const Part *part)
{
	int32 head = repair->dataset->head;
	Step *steps = palloc0((head + 2) * sizeof(Step));
	uint64 count = add_up(repair, part);

	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc tupdesc = SPI_tuptable->tupdesc;
		bool isnull;
		bool end;
		Datum number = SPI_getbinval(row, tupdesc, 1, &end);
		Fingerprint *rows;

		if (end)
			number = SPI_getbinval(row, tupdesc, 2, &isnull);
		rows = DatumGetFingerprintP(SPI_getbinval(row, tupdesc, 3, &isnull));
		add_step(steps + Min(Max(DatumGetInt32(number), 1), head + 1), rows,
				 DatumGetInt64(SPI_getbinval(row, tupdesc, 4, &isnull)), end);
	}
	return steps;
}

/* Judges the versions whose rows are in a table: those from its first epoch to the next table's. */
static void
judge(Repair *repair, const Part *part, int32 next_epoch)
{
	Step *steps = can_be_read(part) ? find_steps(repair, part) : NULL;
	Step now = {0};

	for (int i = 0; i < repair->dataset->head; i++)
	{
		Version *version = repair->versions + i;

		CHECK_FOR_INTERRUPTS();
		if (steps)
			add_step(&now, &steps[i + 1].rows, steps[i + 1].wrong, false);
		if (version->epoch >= part->epoch && version->epoch < next_epoch)
			version->broken = steps == NULL || now.wrong != 0 ||
							  !fingerprint_equal(&now.rows, &version->recorded);
	}
}

static void
judge_all(Repair *repair)
{
	ListCell *cell;

	foreach (cell, repair->parts)
	{
		ListCell *next = lnext(repair->parts, cell);

		judge(repair, lfirst(cell), next ? ((Part *) lfirst(next))->epoch : PG_INT32_MAX);
	}
}

/* -------------------------------------------------------------------------- marks ---- */

static int
count_broken(const Repair *repair)
{
	int count = 0;

	for (int i = 0; i < repair->dataset->head; i++)
		count += repair->versions[i].broken;
	return count;
}

/* What is known of a version is what was found last. */
static void
mark_versions(const Repair *repair)
{
	Datum *numbers = palloc((repair->dataset->head + 1) * sizeof(Datum));
	int count = 0;
	Statement statement;

	for (int i = 0; i < repair->dataset->head; i++)
	{
		if (repair->versions[i].broken != repair->versions[i].known)
			numbers[count++] = Int32GetDatum(repair->versions[i].number);
	}
	if (count == 0)
		return;
	statement_init(&statement,
				   "UPDATE aidataops.version SET status = CASE status WHEN 'ok' THEN 'broken' "
				   "ELSE 'ok' END WHERE dataset_id = $1 AND number = ANY ($2)");
	statement_int4(&statement, repair->dataset->id);
	statement_param(&statement, INT4ARRAYOID,
					PointerGetDatum(construct_array(numbers, count, INT4OID, sizeof(int32), true,
													TYPALIGN_INT)),
					false);
	statement_run_as_catalog_owner(&statement);
}

/* ------------------------------------------------------------------------- repair ---- */

static void
tell_that_none_was_made(const Repair *repair, int broken)
{
	const Dataset *dataset = repair->dataset;

	if (broken == 0)
		ereport(NOTICE, (errmsg("nothing of dataset \"%s\" is broken, so no version was made",
								dataset->name)));
	else
		ereport(NOTICE,
				(errmsg("%s@%d holds what was recorded, so no version was made", dataset->name,
						dataset->head),
				 errdetail_plural("%d older version is marked as broken.",
								  "%d older versions are marked as broken.", broken, broken)));
}

/* The head's history, if its rows can be ended there. */
static History *
history_to_end(const Repair *repair)
{
	Part *part = llast(repair->parts);

	return history_is_intact(part->history) ? part->history : NULL;
}

static void
repair_rows(Repair *repair, CommitCall *call)
{
	Dataset *dataset = repair->dataset;
	int broken;

	(void) dataset_lock_source(dataset, AccessShareLock); /* or there is nothing to go on with */
	read_versions(repair);
	read_parts(repair);
	judge_all(repair);
	mark_versions(repair);
	broken = count_broken(repair);
	if (repair->versions[dataset->head - 1].broken)
	{
		commit_anew(call, dataset, history_to_end(repair));
		ereport(NOTICE, (errmsg_plural("%d version of dataset \"%s\" is marked as broken",
									   "%d versions of dataset \"%s\" are marked as broken", broken,
									   broken, dataset->name)));
		return;
	}
	tell_that_none_was_made(repair, broken);
	commit_return(call, dataset, dataset->head);
}

static void
attempt_repair(void *argument)
{
	CommitCall *call = argument;
	Repair repair = {0};
	Dataset *dataset;

	SPI_connect();
	call->versions = NIL;
	dataset = dataset_find(linitial(call->names));
	dataset_check_owner(dataset, "repair");
	dataset = repair.dataset = dataset_lock(dataset);
	if (dataset->head == 0)
		ereport(NOTICE, (errmsg("dataset \"%s\" has no version yet, so nothing of it is broken",
								dataset->name)));
	else if (!dataset->keeps_rows)
	{
		ereport(NOTICE, (errmsg("dataset \"%s\" keeps fingerprints only, so it has no rows that "
								"could be broken",
								dataset->name)));
		commit_return(call, dataset, dataset->head);
	}
	else
		repair_rows(&repair, call);
	SPI_finish();
}

PG_FUNCTION_INFO_V1(repair_dataset);
Datum
repair_dataset(PG_FUNCTION_ARGS)
{
	CommitCall call = {.context = CurrentMemoryContext};

	call.names = list_make1(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	call.message = text_to_cstring(PG_GETARG_TEXT_PP(1));
	commit_attempts(&call, attempt_repair);
	if (call.versions == NIL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(linitial(call.versions));
}
