/*
 * shown.h: which values of a row its writer may be told.
 */
#ifndef AIDATAOPS_CONTRACT_SHOWN_H
#define AIDATAOPS_CONTRACT_SHOWN_H

#include "contract/ruleset.h"

/* Of each column of a ruleset, whether the current user may not read it in a row of the table. */
extern bool *columns_hidden(Oid relation, const RuleList *list);

#endif
