/*
 * trust.h: whose code a statement runs.
 *
 * What we make of a reader's wish is no query of theirs. So it may run functions that PostgreSQL or
 * a superuser brought along, and their own, but not those of whoever owns the types: casts above
 * all, which are found by types that may have changed since the statement was made.
 */
#ifndef AIDATAOPS_CORE_TRUST_H
#define AIDATAOPS_CORE_TRUST_H

#include "nodes/nodes.h"

/*
 * Whether an expression, or a query before it is rewritten, calls no functions but those of
 * PostgreSQL, superusers and the role. Nothing is run to find out.
 */
extern bool runs_only_trusted(Node *tree, Oid role);

/*
 * Whether to make a value of a type from text may run code: checks of domains, canonical functions
 * of ranges.
 */
extern bool input_runs_code(Oid type);

#endif
