/*
 * scheduler.c: runs what is due, a transaction a monitor.
 *
 * A procedure, because it commits; in C, because a procedure of SQL that commits cannot have a search_path of its
 * own. What it calls choose and lock the monitor, so that two schedulers at once share the work.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "core/statement.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(run_due_monitors);

/*
 * A step, which returns the number of a run, or 0 if there is none. Nobody else calls these: what
 * they lock must not stay locked in a transaction that somebody keeps open.
 */
static int64
step(const char *function, int64 run)
{
	Statement statement;
	Datum result;
	bool isnull;

	statement_init(
		&statement,
		psprintf(run ? "SELECT aidataops.%s($1, $2)" : "SELECT aidataops.%s($1)", function));
	statement_param(&statement, OIDOID, ObjectIdGetDatum(GetUserId()), false);
	if (run)
		statement_int8(&statement, run);
	statement_run_as_catalog_owner(&statement);
	result = result_value(1, &isnull);
	SPI_freetuptable(SPI_tuptable);
	return isnull ? 0 : DatumGetInt64(result);
}

Datum
run_due_monitors(PG_FUNCTION_ARGS)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("run_due_monitors() commits after each monitor, so it cannot be called "
						"within a transaction or a function"),
				 errhint("CALL it by itself, or run one monitor with run_monitor(name).")));
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	for (;;)
	{
		int64 claim = step("_claim_next_due", 0);
		int64 run;

		/* that it was tried is kept, whatever becomes of it, and what was found, whatever a callback does */
		SPI_commit();
		if (claim == 0)
			break;
		/* what was noticed of runs before, that this one may end like them */
		(void) step("_call_back", claim);
		SPI_commit();
		run = step("_run_claimed", claim);
		SPI_commit();
		if (run != 0)
			(void) step("_call_back", run);
		SPI_commit();
		CHECK_FOR_INTERRUPTS();
	}
	SPI_finish();
	PG_RETURN_VOID();
}
