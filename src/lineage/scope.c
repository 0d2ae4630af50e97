/*
 * scope.c: what the entries of a range table stand for, wherever their query stands.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "lineage/builder.h"

Scope *
scope_of(Query *query, Scope *parent, bool in_view)
{
	Scope *scope = palloc0(sizeof(Scope));

	scope->query = query;
	scope->parent = parent;
	scope->in_view = in_view || (parent && parent->in_view);
	return scope;
}

Scope *
outer_scope(Scope *scope, int levels)
{
	while (levels-- > 0 && scope)
		scope = scope->parent;
	return scope;
}

/* The view that a subquery was made of, or InvalidOid. */
Oid
view_of(RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 160000
	return rte->relid;
#else
	/* its range table still begins with the view itself, for the check of permissions */
	RangeTblEntry *old = list_length(rte->subquery->rtable) >= 2
							 ? linitial_node(RangeTblEntry, rte->subquery->rtable)
							 : NULL;

	if (old && old->rtekind == RTE_RELATION && old->relkind == RELKIND_VIEW && !old->inFromCl &&
		strcmp(old->eref->aliasname, "old") == 0)
		return old->relid;
	return InvalidOid;
#endif
}

Scope *
scope_of_subquery(RangeTblEntry *rte, Scope *scope)
{
	return scope_of(rte->subquery, scope, OidIsValid(view_of(rte)));
}

/* The common table expression that an entry reads; NULL in a tree that is none of ours to judge. */
Scope *
scope_of_cte(RangeTblEntry *rte, Scope *scope)
{
	Scope *owner = outer_scope(scope, rte->ctelevelsup);
	ListCell *cell;

	if (owner == NULL)
		return NULL;
	foreach (cell, owner->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, cell);

		if (strcmp(cte->ctename, rte->ctename) == 0 && IsA(cte->ctequery, Query))
		{
			Scope *result = scope_of(castNode(Query, cte->ctequery), owner, false);

			result->is_recursive = cte->cterecursive;
			return result;
		}
	}
	return NULL;
}

bool
is_result_relation(Query *query, int varno)
{
	return query->commandType != CMD_SELECT && varno == query->resultRelation;
}
