/*
 * supervised.h: work that is done on behalf of users, and that may fail, hang or write without harm to who does it.
 */
#ifndef AIDATAOPS_CORE_SUPERVISED_H
#define AIDATAOPS_CORE_SUPERVISED_H

#include "utils/elog.h"
#include "utils/palloc.h"

/* Gives one datum (varlena), in the memory context; 0 for NULL. It may raise. */
typedef Datum (*SupervisedWork)(void *argument, MemoryContext memory);

typedef struct Outcome
{
	Datum result; /* 0: NULL */
	ErrorData *error;
	bool timed_out;
} Outcome;

/*
 * Does work as a role, in a security-restricted operation and a subtransaction, for a time; without limit if that is
 * 0. What only reads is rolled back. A cancel by the user goes through.
 */
extern Outcome supervise(Oid role, SupervisedWork work, void *argument, bool read_only,
						 int milliseconds);

extern void check_role_exists(Oid role);

/* result, sqlstate and error, as functions return them. */
extern void outcome_as_columns(const Outcome *outcome, int milliseconds, Datum *values,
							   bool *nulls);

#endif
