/*
 * subtransaction.c: work that may fail without harm to what the user does.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/subtransaction.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

ErrorData *
run_in_subtransaction(void (*work)(void *argument), void *argument)
{
	MemoryContext memory = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(memory);
	PG_TRY();
	{
		work(argument);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(memory);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(memory);
	CurrentResourceOwner = owner;
	return error;
}

char *
safely(void (*work)(void *argument), void *argument)
{
	ErrorData *error = run_in_subtransaction(work, argument);

	if (error && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	return error ? error->message : NULL;
}
