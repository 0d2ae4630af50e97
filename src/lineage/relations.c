/*
 * relations.c: which relations a statement reads.
 */
#include "postgres.h"

#include "lineage/builder.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

typedef struct Reading
{
	MapBuilder *builder;
	Scope *scope;
	Oid target;
	LineageOperation operation;
} Reading;

static void read_query(Reading *reading, Scope *scope);

static bool
collect_from_sublinks(Node *node, void *context)
{
	Reading *reading = context;

	if (node == NULL || IsA(node, Query))
		return false;
	check_stack_depth();
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		read_query(reading, scope_of(castNode(Query, sublink->subselect), reading->scope, false));
		return collect_from_sublinks(sublink->testexpr, context);
	}
	return expression_tree_walker(node, collect_from_sublinks, context);
}

/* Most queries have none, and say so. */
static inline void
collect_sublinks(Reading *reading, Query *query, void *node)
{
	if (query->hasSubLinks)
		(void) collect_from_sublinks(node, reading);
}

static void
read_relation(Reading *reading, Oid relid, bool is_direct)
{
	map_add_relation(reading->builder, relid, reading->target, reading->operation, is_direct,
					 false);
}

static void
collect_from_entry(Reading *reading, Scope *scope, int rtindex)
{
	RangeTblEntry *rte = rt_fetch(rtindex, scope->query->rtable);
	Scope *inner;

	collect_sublinks(reading, scope->query, rte->securityQuals);
	switch (rte->rtekind)
	{
		case RTE_RELATION:
		case RTE_NAMEDTUPLESTORE:
			if (!is_result_relation(scope->query, rtindex))
				read_relation(reading, rte->relid, !scope->in_view);
			break;
		case RTE_SUBQUERY:
			if (OidIsValid(view_of(rte)))
				read_relation(reading, view_of(rte), !scope->in_view);
			read_query(reading, scope_of_subquery(rte, scope));
			break;
		case RTE_CTE:
			inner = scope_of_cte(rte, scope);
			if (inner == NULL || !enter_once(reading->builder, inner->query))
				break;
			if (inner->query->commandType == CMD_SELECT)
				read_query(reading, inner);
			else /* what it returned is what it changed */
				read_relation(reading,
							  rt_fetch(inner->query->resultRelation, inner->query->rtable)->relid,
							  true);
			break;
		case RTE_VALUES:
			collect_sublinks(reading, scope->query, rte->values_lists);
			break;
		case RTE_FUNCTION:
			reading->builder->has_function = true;
			collect_sublinks(reading, scope->query, rte->functions);
			break;
		case RTE_TABLEFUNC:
			collect_sublinks(reading, scope->query, rte->tablefunc);
			break;
		default:
			break;
	}
}

static void
collect_from_join(Reading *reading, Scope *scope, Node *node)
{
	ListCell *cell;

	if (node == NULL)
		return;
	check_stack_depth();
	if (IsA(node, RangeTblRef))
		collect_from_entry(reading, scope, ((RangeTblRef *) node)->rtindex);
	else if (IsA(node, FromExpr))
	{
		foreach (cell, ((FromExpr *) node)->fromlist)
			collect_from_join(reading, scope, lfirst(cell));
		collect_sublinks(reading, scope->query, ((FromExpr *) node)->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		collect_from_join(reading, scope, ((JoinExpr *) node)->larg);
		collect_from_join(reading, scope, ((JoinExpr *) node)->rarg);
		collect_sublinks(reading, scope->query, ((JoinExpr *) node)->quals);
	}
	else if (IsA(node, SetOperationStmt))
	{
		collect_from_join(reading, scope, ((SetOperationStmt *) node)->larg);
		collect_from_join(reading, scope, ((SetOperationStmt *) node)->rarg);
	}
}

/* Adds every relation that a query reads, but for the one it changes. */
static void
read_query(Reading *reading, Scope *scope)
{
	Query *query = scope->query;
	Scope *outer = reading->scope;

	check_stack_depth();
	reading->scope = scope;
	collect_from_join(reading, scope, (Node *) query->jointree);
	collect_from_join(reading, scope, query->setOperations);
	collect_sublinks(reading, query, query->targetList);
	collect_sublinks(reading, query, query->havingQual);
	collect_sublinks(reading, query, query->limitCount);
	collect_sublinks(reading, query, query->limitOffset);
	collect_sublinks(reading, query, query->mergeActionList);
#if PG_VERSION_NUM >= 170000
	collect_sublinks(reading, query, query->mergeJoinCondition);
#endif
	collect_sublinks(reading, query, query->onConflict);
	reading->scope = outer;
}

void
collect_relations(MapBuilder *builder, Scope *scope, Oid target, LineageOperation operation)
{
	Reading reading = {.builder = builder, .target = target, .operation = operation};

	builder->visited = NIL;
	read_query(&reading, scope);
}
