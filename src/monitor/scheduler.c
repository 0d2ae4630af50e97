/*
 * scheduler.c: runs what is due, a transaction a monitor.
 *
 * A procedure, because it commits; in C, because a procedure of SQL that commits cannot have a search_path of its
 * own. What it calls choose and lock the monitor, so that two schedulers at once share the work.
 */
#include "postgres.h"

#include "aidataops.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(run_due_monitors);

/* The number of a run, or 0 if there is none. */
static int64
run_id_of(const char *statement)
{
	int64 run = 0;
	bool isnull;

	if (SPI_execute(statement, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not execute \"%s\"", statement);
	run = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return isnull ? 0 : run;
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
		int64 claim = run_id_of("SELECT aidataops._claim_next_due()");
		int64 run;

		/* that it was tried is kept, whatever becomes of it, and what was found, whatever a callback does */
		SPI_commit();
		if (claim == 0)
			break;
		/* what was noticed of runs before, that this one may end like them */
		(void) run_id_of(psprintf("SELECT aidataops._call_back(" INT64_FORMAT ")", claim));
		SPI_commit();
		run = run_id_of(psprintf("SELECT aidataops._run_claimed(" INT64_FORMAT ")", claim));
		SPI_commit();
		if (run != 0)
			(void) run_id_of(psprintf("SELECT aidataops._call_back(" INT64_FORMAT ")", run));
		SPI_commit();
		CHECK_FOR_INTERRUPTS();
	}
	SPI_finish();
	PG_RETURN_VOID();
}
