/*
 * subtransaction.h: work that may fail without harm to what the user does.
 */
#ifndef AIDATAOPS_CORE_SUBTRANSACTION_H
#define AIDATAOPS_CORE_SUBTRANSACTION_H

#include "utils/elog.h"

/* NULL, or the error that undid the work, in the current context: the caller judges whether it goes on. */
extern ErrorData *run_in_subtransaction(void (*work)(void *argument), void *argument);

/* NULL, or the message of the error that undid the work; a cancel goes through. */
extern char *safely(void (*work)(void *argument), void *argument);

#endif
