/*
 * installed.h: which triggers enforce_contract() made.
 */
#ifndef AIDATAOPS_CONTRACT_INSTALLED_H
#define AIDATAOPS_CONTRACT_INSTALLED_H

#include "contract/warning.h"
#include "nodes/pg_list.h"

/* Names of the triggers on a table for a version of a contract, in the current context; NIL if there are none. */
extern List *installed_triggers(const WarningSubject *subject);

extern bool is_among(const List *names, const char *name);

#endif
