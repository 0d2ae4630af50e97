/*
 * supervised.c: statements of users, run on their behalf, that may fail, hang or write without harm to who runs
 * them: rules of contracts, callbacks of monitors.
 *
 * A statement runs as a given role in a security-restricted operation, in a subtransaction, and under a timer of
 * its own, because a statement_timeout that is set inside of a function does not stop what the function calls. An
 * error is an answer. A cancel by the user is not: it goes through.
 *
 * PL/pgSQL lets a block catch that it was cancelled, and one in a loop can do so for ever. So when time is up no
 * statement of PL/pgSQL begins any more: the one that would go on after the block fails outside of it.
 *
 * A statement that only reads leaves nothing behind: its subtransaction is rolled back in any case, and with it what
 * a reader can do all the same, such as settings, notifications and locks. Advisory locks of the session would stay,
 * and those that the session holds could be given up, so these functions are not to be called.
 */
#include "postgres.h"

#include "access/xact.h"
#include "aidataops.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/identity.h"
#include "core/supervised.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "plpgsql.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(run_supervised);

#define CANCEL_AGAIN_AFTER 1000 /* ms, for what caught the first one in other languages */

static volatile sig_atomic_t times_cancelled = 0;
static TimeoutId timer = MAX_TIMEOUTS;

/* When the statement that runs must have ended; 0: no limit. A callback may run a monitor, which has a time of its own. */
static TimestampTz deadline = 0;

/* In a signal handler: the statement ends as if it were cancelled. */
static void
end_of_time(void)
{
	times_cancelled++;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static void
set_timer(TimestampTz until)
{
	deadline = until;
	times_cancelled = 0;
	if (until)
		enable_timeout_every(timer, until, CANCEL_AGAIN_AFTER);
}

/* A statement within another one has its own time, and no more than the other one has left. */
static void
start_timer(TimestampTz outer_deadline, int milliseconds)
{
	TimestampTz until = outer_deadline;

	if (milliseconds > 0)
	{
		until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) milliseconds);
		if (outer_deadline && outer_deadline < until)
			until = outer_deadline;
	}
	set_timer(until);
}

/* Whether time was up. A cancel by the timer that came too late is forgotten; one by the user is not, and cannot be told from it. */
static bool
stop_timer(void)
{
	bool timed_out;

	disable_timeout(timer, false);
	timed_out = times_cancelled > 0 || (deadline && GetCurrentTimestamp() >= deadline);
	if (times_cancelled > 0)
		QueryCancelPending = false;
	return timed_out;
}

static void
fail_if_time_is_up(PLpgSQL_execstate *estate, PLpgSQL_stmt *statement)
{
	if (times_cancelled > 0)
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("time is up")));
}

/* It has one place for all: a debugger does not see what is supervised. */
static PLpgSQL_plugin *
watch_plpgsql(PLpgSQL_plugin *plugin)
{
	PLpgSQL_plugin **place = (PLpgSQL_plugin **) find_rendezvous_variable("PLpgSQL_plugin");
	PLpgSQL_plugin *previous = *place;

	*place = plugin;
	return previous;
}

/* What caught the cancel and came to an end all the same took too long, unlike what was done before it could be cancelled. */
static void
end_on_time(void)
{
	bool caught = times_cancelled > 1 || (times_cancelled == 1 && !QueryCancelPending);

	if (caught)
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("time is up")));
	stop_timer();
	CHECK_FOR_INTERRUPTS();
}

/* -------------------------------------------------------------- locks of the session ---- */

static int supervised = 0; /* statements, one within the other */
static object_access_hook_type next_object_access_hook = NULL;

static bool
changes_locks_of_session(Oid function)
{
	switch (function)
	{
		case F_PG_ADVISORY_LOCK_INT8:
		case F_PG_ADVISORY_LOCK_INT4_INT4:
		case F_PG_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_INT8:
		case F_PG_TRY_ADVISORY_LOCK_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_INT8:
		case F_PG_ADVISORY_UNLOCK_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT8:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_ALL:
			return true;
		default:
			return false;
	}
}

static void
watch_functions(ObjectAccessType access, Oid class, Oid object, int subobject, void *argument)
{
	if (next_object_access_hook)
		next_object_access_hook(access, class, object, subobject, argument);
	if (supervised > 0 && access == OAT_FUNCTION_EXECUTE && changes_locks_of_session(object))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("%s() is not for rules and callbacks, because its lock outlives "
							   "them in the session of who runs them",
							   get_func_name(object)),
						errhint("Use pg_advisory_xact_lock().")));
}

static void
install_hook(void)
{
	static bool installed = false;

	if (installed)
		return;
	next_object_access_hook = object_access_hook;
	object_access_hook = watch_functions;
	installed = true;
}

/* ------------------------------------------------------------------------- statements ---- */

static void
check_statement(SPIPlanPtr plan, const char *statement)
{
	List *sources;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement, SPI_result_code_string(SPI_result));
	sources = SPI_plan_get_plan_sources(plan);
	if (list_length(sources) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("one statement is expected, not %d", list_length(sources)),
						errdetail("The text is: %s", statement)));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("statement is not a query that returns rows"),
						errdetail("The text is: %s", statement)));
}

typedef struct UserStatement
{
	const char *text;
	Datum argument; /* jsonb */
	bool argument_is_null;
	bool read_only;
} UserStatement;

/* All rows of a query as a jsonb array of objects. */
static Datum
rows_as_json(void *work, MemoryContext memory)
{
	UserStatement *statement = work;
	char *query = psprintf("SELECT pg_catalog.jsonb_agg(aidataops._json(q.*)) FROM (\n%s\n) AS q",
						   statement->text);
	Oid type = JSONBOID;
	char null = statement->argument_is_null ? 'n' : ' ';
	SPIPlanPtr plan;
	MemoryContext previous;
	bool isnull;
	Datum result;

	SPI_connect();
	/* a query that may write must not run in workers, which may not */
	plan = SPI_prepare_cursor(query, 1, &type, statement->read_only ? CURSOR_OPT_PARALLEL_OK : 0);
	check_statement(plan, statement->text);
	if (SPI_execute_plan(plan, &statement->argument, &null, statement->read_only, 0) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not execute \"%s\"", statement->text);
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	previous = MemoryContextSwitchTo(memory);
	result = isnull ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM_COPY(result));
	MemoryContextSwitchTo(previous);
	SPI_finish();
	return result;
}

/* Whether an error is the user's wish to end, or the server's, and not one of the statement. */
static bool
is_meant_for_us(const ErrorData *error, bool timed_out)
{
	if (timed_out)
		return false;
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->elevel >= FATAL;
}

Outcome
supervise(Oid role, SupervisedWork work, void *argument, bool read_only, int milliseconds)
{
	Outcome outcome = {0};
	MemoryContext memory = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	TimestampTz outer_deadline = deadline;
	PLpgSQL_plugin watch = {.stmt_beg = fail_if_time_is_up};
	PLpgSQL_plugin *watched_before;
	Identity previous;

	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, end_of_time);
	install_hook();
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(memory);
	supervised++;
	watched_before = watch_plpgsql(&watch);
	PG_TRY();
	{
		previous = become_role_restricted(role);
		if (read_only)
			XactReadOnly = true; /* the end of the subtransaction restores it */
		start_timer(outer_deadline, milliseconds);
		outcome.result = work(argument, memory);
		end_on_time();
		become_again(previous);
		if (read_only)
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
		watch_plpgsql(watched_before);
	}
	PG_CATCH();
	{
		outcome.timed_out = stop_timer();
		watch_plpgsql(watched_before);
		MemoryContextSwitchTo(memory);
		outcome.error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (is_meant_for_us(outcome.error, outcome.timed_out))
		{
			supervised--;
			set_timer(outer_deadline);
			ReThrowError(outcome.error);
		}
		outcome.result = (Datum) 0;
	}
	PG_END_TRY();
	supervised--;
	set_timer(outer_deadline); /* if that is over, the statement around ends next */
	MemoryContextSwitchTo(memory);
	CurrentResourceOwner = owner;
	return outcome;
}

/* Of the statement's error, or that it took too long. */
static Datum
message_of(const Outcome *outcome, int milliseconds)
{
	if (outcome->timed_out)
		return CStringGetTextDatum(psprintf("it took longer than %d ms", milliseconds));
	return CStringGetTextDatum(outcome->error->message ? outcome->error->message : "");
}

void
outcome_as_columns(const Outcome *outcome, int milliseconds, Datum *values, bool *nulls)
{
	nulls[0] = outcome->error || !outcome->result;
	nulls[1] = nulls[2] = !outcome->error;
	values[0] = outcome->result;
	if (!outcome->error)
		return;
	values[1] = CStringGetTextDatum(
		unpack_sql_state(outcome->timed_out ? ERRCODE_QUERY_CANCELED : outcome->error->sqlerrcode));
	values[2] = message_of(outcome, milliseconds);
}

void
check_role_exists(Oid role)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("role with OID %u does not exist", role)));
}

static void
check_arguments(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("role, statement, read_only and timeout_ms must not be NULL")));
	check_role_exists(PG_GETARG_OID(0));
}

/* run_supervised(role, statement, argument, read_only, timeout_ms): result, sqlstate, error */
Datum
run_supervised(PG_FUNCTION_ARGS)
{
	UserStatement statement = {0};
	int milliseconds;
	TupleDesc descriptor;
	Datum values[3];
	bool nulls[3];
	Outcome outcome;

	check_arguments(fcinfo);
	statement.text = text_to_cstring(PG_GETARG_TEXT_PP(1));
	statement.argument_is_null = PG_ARGISNULL(2);
	statement.argument = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	statement.read_only = PG_GETARG_BOOL(3);
	milliseconds = PG_GETARG_INT32(4);
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	outcome =
		supervise(PG_GETARG_OID(0), rows_as_json, &statement, statement.read_only, milliseconds);
	outcome_as_columns(&outcome, milliseconds, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
