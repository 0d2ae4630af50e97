/*
 * commit.h: what else makes versions than commit().
 */
#ifndef AIDATAOPS_COMMIT_H
#define AIDATAOPS_COMMIT_H

#include "version/history.h"

/* A call that makes versions, which may take more than one attempt. */
typedef struct CommitCall
{
	List *names; /* of datasets */
	const char *message;
	bool gate;
	MemoryContext context; /* of what it returns */
	List *versions;        /* pointers to dataset_version */
} CommitCall;

/* Runs it in a subtransaction, and once more if it raises 40001. */
extern void commit_attempts(CommitCall *call, void (*attempt)(void *call));

/* Adds a version to what the call returns. */
extern void commit_return(CommitCall *call, const Dataset *dataset, int32 number);

/*
 * A version of the table as it is, whatever history holds: it begins a history table of its own, and nothing is known
 * of changes since the head. previous: the table that holds the head's rows, which end there; NULL if none does.
 */
extern void commit_anew(CommitCall *call, Dataset *dataset, History *previous);

#endif
