/*
 * warning.h: violations that are counted instead of refused.
 */
#ifndef AIDATAOPS_CONTRACT_WARNING_H
#define AIDATAOPS_CONTRACT_WARNING_H

#include "utils/jsonb.h"

#define WARNING_SAMPLES 5

/* Of which table and contract. Kept by who calls. */
typedef struct WarningSubject
{
	Oid relation;
	const char *schema;
	const char *table;
	const char *contract;
	const char *version;
	bool installed; /* by enforce_contract(): else nothing is recorded in the contract's name */
} WarningSubject;

typedef struct PendingWarning PendingWarning;

/* Counts one row; true if its key is wanted as an example. */
extern bool warning_count(const WarningSubject *subject, const char *rule, int64 rows,
						  PendingWarning **warning);
extern void warning_add_sample(PendingWarning *warning, const Jsonb *key);
/* A rule that could not be judged, and why: recorded with the warnings, because silence would look like success. */
extern void warning_unjudged(const WarningSubject *subject, const char *rule, const char *reason);

#endif
