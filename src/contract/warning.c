/*
 * warning.c: violations that are counted instead of refused (mode warn, and rules of severity warn).
 *
 * A violation costs the writer a counter in memory, and rules a few rows in aidataops.warning at the end of the
 * transaction, however many rows break them. What is counted in a subtransaction goes when it is rolled back.
 * At the end of the transaction, and not of the statement, because rows that are written to a partition by itself, by
 * COPY or by logical replication come without a statement on the table. Nothing in here may fail a statement or a commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/warning.h"
#include "core/origin.h"
#include "core/statement.h"
#include "core/subtransaction.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

struct PendingWarning
{
	PendingWarning *next;
	SubTransactionId subtransaction;
	WarningSubject subject; /* its texts are this one's own */
	char *rule;
	char *unjudged;
	int64 rows;
	int nsamples;
	Jsonb *samples[WARNING_SAMPLES];
};

static PendingWarning *pending = NULL; /* in TopTransactionContext */

/* --------------------------------------------------------------------- recording ---- */

static Datum
samples_as_json(const PendingWarning *warning)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < warning->nsamples; i++)
	{
		JsonbValue value;

		value.type = jbvBinary;
		value.val.binary.data = &warning->samples[i]->root;
		value.val.binary.len = VARSIZE(warning->samples[i]) - VARHDRSZ;
		pushJsonbValue(&state, WJB_ELEM, &value);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static void
record(const PendingWarning *warning)
{
	Statement statement;

	statement_init(&statement,
				   "INSERT INTO aidataops.warning (contract, version, rule, relation_schema, "
				   "relation_name, relation_oid, relation_origin, num_rows, sample_keys, unjudged, "
				   "warned_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
				   "session_user)");
	statement_text(&statement, warning->subject.contract);
	statement_text(&statement, warning->subject.version);
	statement_text(&statement, warning->rule);
	statement_text(&statement, warning->subject.schema);
	statement_text(&statement, warning->subject.table);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(warning->subject.relation), false);
	statement_text(&statement, relation_origin(warning->subject.relation));
	statement_int8(&statement, warning->rows);
	statement_param(&statement, JSONBOID, samples_as_json(warning), false);
	statement_text(&statement, warning->unjudged);
	statement_run_as_catalog_owner(&statement);
}

static void
record_all(void *nothing)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	for (const PendingWarning *warning = pending; warning; warning = warning->next)
		if (warning->subject.installed)
			record(warning);
	SPI_finish();
	PopActiveSnapshot();
}

/* The commit goes on if this fails, for want of room say: then a message is all there is. */
static void
record_safely(void)
{
	char *failure = safely(record_all, NULL);

	if (failure)
		ereport(WARNING, (errmsg("violations of contracts could not be recorded: %s", failure)));
}

static bool
same_subject(const WarningSubject *a, const WarningSubject *b)
{
	return a->relation == b->relation && a->installed == b->installed &&
		   strcmp(a->contract, b->contract) == 0;
}

/* One message for each table and contract. */
static void
tell_client(const PendingWarning *first)
{
	StringInfoData detail;

	for (const PendingWarning *other = pending; other != first; other = other->next)
		if (same_subject(&other->subject, &first->subject))
			return;
	initStringInfo(&detail);
	for (const PendingWarning *other = first; other; other = other->next)
	{
		if (!same_subject(&other->subject, &first->subject))
			continue;
		if (other->unjudged)
			appendStringInfo(&detail, "%sRule \"%s\" could not be judged: %s",
							 detail.len ? "\n" : "", other->rule, other->unjudged);
		else
			appendStringInfo(&detail, "%sRule \"%s\": " INT64_FORMAT " rows.",
							 detail.len ? "\n" : "", other->rule, other->rows);
	}
	if (!first->subject.installed)
		appendStringInfoString(&detail,
							   "\nThis is not recorded, because enforce_contract() did not "
							   "make the trigger that tells it.");
	ereport(WARNING, (errmsg("rows written to table \"%s\" break contract \"%s\" version %s",
							 first->subject.table, first->subject.contract, first->subject.version),
					  errdetail_internal("%s", detail.data)));
}

/* ------------------------------------------------------------ transactions' ends ---- */

/* One rule is one row, even if it was counted in several subtransactions. What the other holds no more is not freed. */
static void
merge_into(PendingWarning *to, PendingWarning *from)
{
	to->rows += from->rows;
	while (from->nsamples > 0 && to->nsamples < WARNING_SAMPLES)
	{
		to->samples[to->nsamples++] = from->samples[0];
		from->nsamples--;
		memmove(from->samples, from->samples + 1, sizeof(from->samples[0]) * from->nsamples);
	}
	if (to->unjudged == NULL)
	{
		to->unjudged = from->unjudged;
		from->unjudged = NULL;
	}
}

/* A transaction may have a subtransaction for each of its rows. */
static void
discard(PendingWarning *warning)
{
	for (int i = 0; i < warning->nsamples; i++)
		pfree(warning->samples[i]);
	if (warning->unjudged)
		pfree(warning->unjudged);
	pfree((char *) warning->subject.schema);
	pfree((char *) warning->subject.table);
	pfree((char *) warning->subject.contract);
	pfree((char *) warning->subject.version);
	pfree(warning->rule);
	pfree(warning);
}

static PendingWarning *
find(SubTransactionId subtransaction, const WarningSubject *subject, const char *rule)
{
	for (PendingWarning *warning = pending; warning; warning = warning->next)
		if (warning->subtransaction == subtransaction && same_subject(&warning->subject, subject) &&
			strcmp(warning->rule, rule) == 0)
			return warning;
	return NULL;
}

static void
end_of_transaction(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			if (pending == NULL)
				return;
			for (const PendingWarning *warning = pending; warning; warning = warning->next)
				tell_client(warning);
			record_safely();
			pending = NULL;
			break;
		default:
			pending = NULL;
	}
}

static void
end_of_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
					  void *argument)
{
	PendingWarning **link = &pending;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (*link)
	{
		PendingWarning *warning = *link;
		PendingWarning *outer;

		if (warning->subtransaction != mine)
		{
			link = &warning->next;
			continue;
		}
		outer = find(parent, &warning->subject, warning->rule);
		if (event == SUBXACT_EVENT_COMMIT_SUB && outer == NULL)
		{
			warning->subtransaction = parent;
			link = &warning->next;
			continue;
		}
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			merge_into(outer, warning);
		*link = warning->next;
		discard(warning);
	}
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	RegisterXactCallback(end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
	registered = true;
}

/* ---------------------------------------------------------------------- counting ---- */

static PendingWarning *
add(const WarningSubject *subject, const char *rule)
{
	MemoryContext previous = MemoryContextSwitchTo(TopTransactionContext);
	PendingWarning *warning = palloc0(sizeof(PendingWarning));
	PendingWarning **link = &pending;

	register_callbacks();
	warning->subtransaction = GetCurrentSubTransactionId();
	warning->subject = *subject;
	warning->subject.schema = pstrdup(subject->schema);
	warning->subject.table = pstrdup(subject->table);
	warning->subject.contract = pstrdup(subject->contract);
	warning->subject.version = pstrdup(subject->version);
	warning->rule = pstrdup(rule);
	while (*link)
		link = &(*link)->next;
	*link = warning;
	MemoryContextSwitchTo(previous);
	return warning;
}

bool
warning_count(const WarningSubject *subject, const char *rule, int64 rows, PendingWarning **warning)
{
	*warning = find(GetCurrentSubTransactionId(), subject, rule);
	if (*warning == NULL)
		*warning = add(subject, rule);
	(*warning)->rows += rows;
	return (*warning)->nsamples < WARNING_SAMPLES;
}

void
warning_add_sample(PendingWarning *warning, const Jsonb *key)
{
	Jsonb *copy = MemoryContextAlloc(TopTransactionContext, VARSIZE(key));

	memcpy(copy, key, VARSIZE(key));
	warning->samples[warning->nsamples++] = copy;
}

void
warning_unjudged(const WarningSubject *subject, const char *rule, const char *reason)
{
	PendingWarning *warning;

	(void) warning_count(subject, rule, 0, &warning);
	if (warning->unjudged == NULL)
		warning->unjudged = MemoryContextStrdup(TopTransactionContext, reason);
}
