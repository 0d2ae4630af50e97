/*
 * events.c: what happened in this transaction, until it is written just before the commit.
 *
 * Events lie in an array, in the order in which they happened. Those of a subtransaction that has not ended lie at the
 * end, so that they are cut off when it is rolled back, and become its parent's when it is not. They are written in an
 * internal subtransaction: what fails there is a warning, and the user's transaction is committed all the same.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "aidataops.h"
#include "core/subtransaction.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "funcapi.h"

/* A known edge is written again after that. */
#define USES_INTERVAL_MS 60000

/* More is certainly generated, and is better written in several transactions. */
#define MAX_EVENTS 1000000

#define MAX_QUERY_TEXT (1024 * 1024)

static MemoryContext context = NULL;
static Event *events = NULL;
static int nevents = 0;
static int room = 0;
static char *last_query = NULL; /* in the same memory */
static bool writing = false;
static bool wrote = false; /* in this transaction */
static bool warned = false;
static int64 missed = 0;
static char last_error[256] = "";

bool
events_are_being_written(void)
{
	return writing;
}

/* ----------------------------------------------------------------------------- errors ---- */

/* Such errors are meant for the statement. */
static bool
is_for_the_statement(int code)
{
	return code == ERRCODE_QUERY_CANCELED ||
		   ERRCODE_TO_CATEGORY(code) == ERRCODE_OPERATOR_INTERVENTION ||
		   lineage_on_error == ON_ERROR_ERROR;
}

static void
note_error(const char *what, const char *message)
{
	missed++;
	snprintf(last_error, sizeof(last_error), "%s: %s", what, message);
	if (warned)
		return;
	warned = true;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING), errmsg("lineage of this transaction is incomplete"),
			 errdetail("%s", last_error),
			 errhint("The statement itself was not affected. Set aidataops.lineage_on_error to "
					 "\"error\" to make such a transaction fail.")));
}

/* What may leave behind more than memory, where no subtransaction cleans up. */
static bool
is_of_the_system(int code)
{
	return ERRCODE_TO_CATEGORY(code) == ERRCODE_SYSTEM_ERROR || code == ERRCODE_DATA_CORRUPTED ||
		   code == ERRCODE_INDEX_CORRUPTED;
}

/* For PG_CATCH: goes on, unless the error is meant for the statement. */
void
lineage_error(MemoryContext caller, const char *what)
{
	ErrorData *error;

	MemoryContextSwitchTo(caller);
	error = CopyErrorData();
	if (is_for_the_statement(error->sqlerrcode) || is_of_the_system(error->sqlerrcode))
		PG_RE_THROW();
	FlushErrorState();
	note_error(what, error->message);
	FreeErrorData(error);
}

/* Of an error that was caught. */
void
lineage_error_of(const char *what, ErrorData *error)
{
	if (is_for_the_statement(error->sqlerrcode))
		ReThrowError(error);
	note_error(what, error->message);
	FreeErrorData(error);
}

/* ---------------------------------------------------------------------------- recording ---- */

/* One copy for all events of a query, which may be as long as it likes to be and make thousands. */
static char *
query_of_session(void)
{
	Size length = debug_query_string ? strnlen(debug_query_string, MAX_QUERY_TEXT) : 0;

	if (debug_query_string == NULL)
		return NULL;
	if (last_query == NULL || strlen(last_query) != length ||
		memcmp(last_query, debug_query_string, length) != 0)
	{
		last_query = MemoryContextAlloc(context, length + 1);
		memcpy(last_query, debug_query_string, length);
		last_query[length] = '\0';
	}
	return last_query;
}

static Event *
new_event(EventType type)
{
	MemoryContext caller;
	Event *event;

	if (nevents == MAX_EVENTS)
	{
		note_error("too many events in one transaction", "the rest is left out");
		return NULL;
	}
	if (context == NULL)
		context = AllocSetContextCreate(TopTransactionContext, "aidataops lineage events",
										ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	if (nevents == room)
	{
		room = Max(32, room * 2);
		events =
			events ? repalloc_huge(events, room * sizeof(Event)) : palloc(room * sizeof(Event));
	}
	event = &events[nevents];
	memset(event, 0, sizeof(Event));
	event->type = type;
	event->subid = GetCurrentSubTransactionId();
	event->previous = -1;
	nevents++;
	MemoryContextSwitchTo(caller);
	return event;
}

/* The last event of a map in this transaction; -1 if there is none. */
static int
last_event_of(LineageMap *map)
{
	int last = map->last_event;

	return last >= 0 && last < nevents && events[last].map == map ? last : -1;
}

void
record_flow(LineageMap *map, External *external, uint64 num_rows)
{
	SubTransactionId subid = GetCurrentSubTransactionId();
	int previous = last_event_of(map);
	Event *event = previous >= 0 ? &events[previous] : NULL;

	if (XactReadOnly) /* nor shall we write */
		return;
	if (event == NULL || external || event->external || event->subid != subid ||
		event->written_in != InvalidSubTransactionId)
	{
		event = new_event(EVENT_FLOW);
		if (event == NULL)
			return;
		event->map = map;
		event->external = external;
		event->previous = previous;
		map->last_event = nevents - 1;
		if (map->known_epoch != store_epoch())
			event->query = query_of_session();
	}
	event->times++;
	event->num_rows += num_rows;
}

void
record_change(EventType type, Oid relid)
{
	Event *event = new_event(type);

	if (event)
		event->relid = relid;
}

static void
forget_events(void)
{
	events = NULL; /* goes with the transaction's memory */
	last_query = NULL;
	context = NULL;
	nevents = room = 0;
	wrote = warned = false;
}

/* ------------------------------------------------------------------------------ writing ---- */

/* What is known, and was written a short time ago, is only counted. */
static bool
is_only_counted(Event *event, TimestampTz now)
{
	LineageMap *map = event->map;

	if (event->type != EVENT_FLOW || map->known_epoch != store_epoch() || map->has_other ||
		map->has_temp || TimestampDifferenceExceeds(map->written_at, now, USES_INTERVAL_MS))
		return false;
	map->times += event->times;
	map->num_rows += event->num_rows;
	return true;
}

static bool
has_to_be_written(void)
{
	TimestampTz now = GetCurrentTimestamp();
	bool result = false;

	for (int i = 0; i < nevents; i++)
	{
		Event *event = &events[i];

		if (event->written_in != InvalidSubTransactionId)
			continue;
		if (is_only_counted(event, now))
			event->written_in = TopSubTransactionId; /* cannot be lost any more */
		else
			result = true;
	}
	return result;
}

static void
write_events(void)
{
	SubTransactionId subid = GetCurrentSubTransactionId();

	/* whatever the user made of the transaction since; the subtransaction brings it back */
	XactReadOnly = false;
	PushActiveSnapshot(GetTransactionSnapshot());
	store_begin();
	for (int i = 0; i < nevents; i++)
		if (events[i].written_in == InvalidSubTransactionId)
		{
			store_write(&events[i]);
			events[i].written_in = subid;
		}
	store_end();
	PopActiveSnapshot();
}

static void
undo_writing(SubTransactionId subid)
{
	for (int i = 0; i < nevents; i++)
		if (events[i].written_in >= subid)
			events[i].written_in = InvalidSubTransactionId;
}

/* Interrupts wait: the statement is over, and a cancel that comes now is for none. */
static void
write_without_interrupts(void *nothing)
{
	MemoryContextSwitchTo(context);
	HOLD_INTERRUPTS();
	write_events();
	RESUME_INTERRUPTS();
}

static void
write_in_subtransaction(void)
{
	ErrorData *error;

	writing = true;
	wrote = true;
	error = run_in_subtransaction(write_without_interrupts, NULL);
	writing = false;
	if (error == NULL)
		return;
	store_forget();
	lineage_error_of("could not write it", error);
}

/* Writes what happened so far, for who wants to read it in the same transaction. */
void
events_flush_now(void)
{
	if (nevents == 0 || writing || RecoveryInProgress() || IsInParallelMode() ||
		!store_is_active() || !has_to_be_written())
		return;
	write_in_subtransaction();
}

/* ------------------------------------------------------------------------- transactions ---- */

static void
at_transaction_event(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			events_flush_now();
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			if (wrote)
				store_forget(); /* whether it will be there is not known */
			if (event == XACT_EVENT_ABORT)
				capture_forget_frames(InvalidSubTransactionId);
			/* FALLTHROUGH */
		case XACT_EVENT_COMMIT:
			writing = false;
			if (event == XACT_EVENT_COMMIT)
				capture_forget_executed();
			map_forget_all_if_many();
			forget_events();
			break;
		default:
			break;
	}
}

static void
cut_off(SubTransactionId subid)
{
	while (nevents > 0 && events[nevents - 1].subid >= subid)
	{
		Event *event = &events[--nevents];

		if (event->map)
			event->map->last_event = event->previous;
	}
}

static bool
is_same_flow(Event *a, Event *b)
{
	return a->map == b->map && a->subid == b->subid && !a->external && !b->external &&
		   a->written_in == InvalidSubTransactionId && b->written_in == InvalidSubTransactionId;
}

/* The events of a subtransaction that ended well become its parent's, and those of the same map one. */
static void
hand_over(SubTransactionId subid, SubTransactionId parent)
{
	int count = nevents;
	int first = nevents;

	while (first > 0 && events[first - 1].subid == subid)
	{
		first--;
		if (events[first].map)
			events[first].map->last_event = events[first].previous;
	}
	nevents = first;
	for (int i = first; i < count; i++)
	{
		Event event = events[i];
		int previous = event.map ? last_event_of(event.map) : -1;

		event.subid = parent;
		if (previous >= 0 && is_same_flow(&events[previous], &event))
		{
			events[previous].times += event.times;
			events[previous].num_rows += event.num_rows;
			continue;
		}
		event.previous = previous;
		if (event.map)
			event.map->last_event = nevents;
		events[nevents++] = event;
	}
}

static void
at_subtransaction_event(SubXactEvent event, SubTransactionId subid, SubTransactionId parent,
						void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		capture_forget_frames(subid);
		cut_off(subid);
		if (wrote)
		{
			undo_writing(subid);
			store_forget();
		}
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB && nevents > 0)
	{
		hand_over(subid, parent);
		for (int i = 0; i < nevents && wrote; i++)
			if (events[i].written_in == subid)
				events[i].written_in = parent;
	}
}

void
events_init(void)
{
	RegisterXactCallback(at_transaction_event, NULL);
	RegisterSubXactCallback(at_subtransaction_event, NULL);
}

/* ------------------------------------------------------------------------------- status ---- */

PG_FUNCTION_INFO_V1(lineage_session);
Datum
lineage_session(PG_FUNCTION_ARGS)
{
	TupleDesc tupdesc;
	Datum values[6];
	bool nulls[6] = {0};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = BoolGetDatum(capture_is_installed());
	values[1] = BoolGetDatum(lineage_enabled);
	values[2] = Int32GetDatum(nevents);
	values[3] = Int64GetDatum(missed);
	values[4] = Int64GetDatum((int64) map_columns_left_out());
	values[5] = CStringGetTextDatum(last_error);
	nulls[5] = last_error[0] == '\0';
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/* Writes what this transaction did so far. */
PG_FUNCTION_INFO_V1(lineage_flush);
Datum
lineage_flush(PG_FUNCTION_ARGS)
{
	if (capture_is_installed())
		events_flush_now();
	PG_RETURN_VOID();
}
