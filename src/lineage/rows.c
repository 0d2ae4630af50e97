/*
 * rows.c: what decides which rows of a query there are: joins, filters, groups, limits.
 */
#include "postgres.h"

#include "lineage/builder.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

typedef struct Varnos
{
	int level;
	int first;       /* varno, from 1; 0: none yet; -1: an outer one */
	bool is_several; /* of more than one relation */
} Varnos;

static bool
note_varnos(Node *node, void *context)
{
	Varnos *varnos = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		int level = ((Var *) node)->varlevelsup;
		int varno = level > varnos->level ? -1 : ((Var *) node)->varno;

		if (level < varnos->level)
			return false;
		if (varnos->first != 0 && varnos->first != varno)
			varnos->is_several = true;
		varnos->first = varno;
		return false;
	}
	if (IsA(node, Query))
	{
		varnos->level++;
		(void) query_tree_walker((Query *) node, note_varnos, context, 0);
		varnos->level--;
		return false;
	}
	return expression_tree_walker(node, note_varnos, context);
}

/* A condition upon two relations joins them, wherever it stands. */
static void
collect_condition(MapBuilder *builder, Node *node, Scope *scope, Origins *origins)
{
	Varnos varnos = {0};
	ListCell *cell;

	if (node == NULL)
		return;
	check_stack_depth();
	if (IsA(node, List) || (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == AND_EXPR))
	{
		foreach (cell, IsA(node, List) ? (List *) node : ((BoolExpr *) node)->args)
			collect_condition(builder, lfirst(cell), scope, origins);
		return;
	}
	(void) note_varnos(node, &varnos);
	resolve(builder, node, scope, varnos.is_several ? KIND_JOIN : KIND_FILTER, origins);
}

bool
enter_once(MapBuilder *builder, Query *query)
{
	if (list_member_ptr(builder->visited, query))
		return false;
	builder->visited = lappend(builder->visited, query);
	return true;
}

typedef struct CteRows
{
	Query *query;
	bool is_known; /* false while they are being collected, by a query that reads itself */
	Origins origins;
} CteRows;

/* Collected once, however many subqueries read it, and then read each other. */
static CteRows *
rows_of_cte(MapBuilder *builder, Scope *scope)
{
	CteRows *rows;
	ListCell *cell;

	foreach (cell, builder->cte_rows)
	{
		rows = lfirst(cell);
		if (rows->query == scope->query)
			return rows;
	}
	rows = palloc0(sizeof(CteRows));
	rows->query = scope->query;
	builder->cte_rows = lappend(builder->cte_rows, rows);
	collect_rows(builder, scope, &rows->origins);
	make_distinct(&rows->origins);
	rows->is_known = true;
	return rows;
}

static void
collect_entry_rows(MapBuilder *builder, RangeTblEntry *rte, Scope *scope, Origins *origins)
{
	if (rte->rtekind == RTE_SUBQUERY)
		collect_rows(builder, scope_of_subquery(rte, scope), origins);
	else if (rte->rtekind == RTE_CTE)
	{
		Scope *inner = scope_of_cte(rte, scope);
		CteRows *rows = inner ? rows_of_cte(builder, inner) : NULL;

		if (rows && rows->is_known)
			add_origins_of_cte(origins, &rows->origins, KIND_IDENTITY);
	}
	/* the policies of row-level security */
	collect_condition(builder, (Node *) rte->securityQuals, scope, origins);
}

static void
collect_join(MapBuilder *builder, Node *node, Scope *scope, Origins *origins)
{
	ListCell *cell;

	if (node == NULL)
		return;
	check_stack_depth();
	if (IsA(node, RangeTblRef))
		collect_entry_rows(builder, rt_fetch(((RangeTblRef *) node)->rtindex, scope->query->rtable),
						   scope, origins);
	else if (IsA(node, FromExpr))
	{
		foreach (cell, ((FromExpr *) node)->fromlist)
			collect_join(builder, lfirst(cell), scope, origins);
		collect_condition(builder, ((FromExpr *) node)->quals, scope, origins);
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;

		collect_join(builder, join->larg, scope, origins);
		collect_join(builder, join->rarg, scope, origins);
		resolve(builder, join->quals, scope, KIND_JOIN, origins);
	}
}

static void
collect_setop_rows(MapBuilder *builder, Node *node, Scope *scope, Origins *origins)
{
	SetOperationStmt *setop;

	check_stack_depth();
	if (IsA(node, RangeTblRef))
	{
		collect_entry_rows(builder, rt_fetch(((RangeTblRef *) node)->rtindex, scope->query->rtable),
						   scope, origins);
		return;
	}
	setop = castNode(SetOperationStmt, node);
	collect_setop_rows(builder, setop->larg, scope, origins);
	collect_setop_rows(builder, setop->rarg, scope, origins);
	if (setop->op == SETOP_EXCEPT)
	{
		Origins taken_away = {0};

		for (AttrNumber i = 1; i <= list_length(setop->colTypes); i++)
			resolve_setop(builder, setop->rarg, scope, i, &taken_away);
		add_origins(origins, &taken_away, KIND_FILTER);
	}
}

static void
collect_merge_rows(MapBuilder *builder, Scope *scope, Origins *origins)
{
	ListCell *cell;

#if PG_VERSION_NUM >= 170000
	resolve(builder, scope->query->mergeJoinCondition, scope, KIND_JOIN, origins);
#endif
	foreach (cell, scope->query->mergeActionList)
		resolve(builder, lfirst_node(MergeAction, cell)->qual, scope, KIND_FILTER, origins);
}

/* The first columns of a set operation are those of all its arms. */
static void
collect_setop_order(MapBuilder *builder, Scope *scope, Origins *origins)
{
	Origins sorted = {0};
	ListCell *cell;

	foreach (cell, scope->query->sortClause)
	{
		TargetEntry *entry =
			get_sortgroupclause_tle(lfirst_node(SortGroupClause, cell), scope->query->targetList);

		resolve_setop(builder, scope->query->setOperations, scope, entry->resno, &sorted);
	}
	add_origins(origins, &sorted, KIND_SORT);
}

/* Adds the columns that decide which rows a query has, or changes. */
void
collect_rows(MapBuilder *builder, Scope *scope, Origins *origins)
{
	Query *query = scope->query;

	check_stack_depth();
	if (query->setOperations)
		collect_setop_rows(builder, query->setOperations, scope, origins);
	collect_join(builder, (Node *) query->jointree, scope, origins);
	if (query->commandType == CMD_SELECT)
	{
		resolve_sorted(builder, query->groupClause, scope, KIND_GROUP_BY, origins);
		resolve_sorted(builder, query->distinctClause, scope, KIND_GROUP_BY, origins);
		if (query->setOperations)
			collect_setop_order(builder, scope, origins);
		else
			resolve_sorted(builder, query->sortClause, scope, KIND_SORT, origins);
		resolve(builder, query->havingQual, scope, KIND_FILTER, origins);
		resolve(builder, query->limitCount, scope, KIND_FILTER, origins);
		resolve(builder, query->limitOffset, scope, KIND_FILTER, origins);
	}
	else if (query->commandType == CMD_MERGE)
		collect_merge_rows(builder, scope, origins);
	else if (query->onConflict)
		resolve(builder, query->onConflict->onConflictWhere, scope, KIND_FILTER, origins);
}
