/*
 * columns.c: where the value of a column comes from.
 */
#include "postgres.h"

#include "lineage/builder.h"
#include "nodes/nodeFuncs.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

typedef struct Resolve
{
	MapBuilder *builder;
	Scope *scope;
	LineageKind kind;
	Origins *origins;
} Resolve;


int
number_of_outputs(Query *query)
{
	List *list = query->commandType == CMD_SELECT ? query->targetList : query->returningList;

	return count_nonjunk_tlist_entries(list);
}

/* All columns of a query. */
static void
add_outputs(MapBuilder *builder, Scope *scope, LineageKind kind, Origins *origins)
{
	int count = number_of_outputs(scope->query);

	for (AttrNumber i = 1; i <= count; i++)
		add_origins(origins, output(builder, scope, i), kind);
}

void
resolve_setop(MapBuilder *builder, Node *node, Scope *scope, AttrNumber attnum, Origins *origins)
{
	check_stack_depth();
	if (IsA(node, RangeTblRef))
	{
		RangeTblEntry *rte = rt_fetch(((RangeTblRef *) node)->rtindex, scope->query->rtable);

		if (rte->rtekind == RTE_SUBQUERY)
			add_origins(origins, output(builder, scope_of_subquery(rte, scope), attnum),
						KIND_IDENTITY);
	}
	else
	{
		SetOperationStmt *setop = castNode(SetOperationStmt, node);

		resolve_setop(builder, setop->larg, scope, attnum, origins);
		if (setop->op != SETOP_EXCEPT) /* whose right side only takes away */
			resolve_setop(builder, setop->rarg, scope, attnum, origins);
	}
}

static void
resolve_output(MapBuilder *builder, Scope *scope, AttrNumber attnum, Origins *origins)
{
	Query *query = scope->query;
	TargetEntry *entry;

	if (query->setOperations)
	{
		resolve_setop(builder, query->setOperations, scope, attnum, origins);
		return;
	}
	entry = get_tle_by_resno(
		query->commandType == CMD_SELECT ? query->targetList : query->returningList, attnum);
	if (entry)
		resolve(builder, (Node *) entry->expr, scope, KIND_IDENTITY, origins);
}

static Output *
find_output(MapBuilder *builder, Query *query, AttrNumber attnum)
{
	OutputKey key = {.query = query, .attnum = attnum};

	if (builder->outputs)
		return hash_search(builder->outputs, &key, HASH_FIND, NULL);
	for (int i = 0; i < builder->nfew_outputs; i++)
	{
		Output *known = &builder->few_outputs[i];

		if (known->key.query == query && known->key.attnum == key.attnum)
			return known;
	}
	return NULL;
}

static void
index_outputs(MapBuilder *builder)
{
	bool found;

	builder->outputs =
		make_hash("aidataops outputs", sizeof(OutputKey), sizeof(Output), builder->context);
	for (int i = 0; i < builder->nfew_outputs; i++)
	{
		Output *known = &builder->few_outputs[i];

		*(Output *) hash_search(builder->outputs, &known->key, HASH_ENTER, &found) = *known;
	}
}

/* One that is not known yet. Those that are known may move. */
static Origins *
add_output(MapBuilder *builder, Query *query, AttrNumber attnum, bool is_recursive)
{
	OutputKey key = {.query = query, .attnum = attnum};
	Output *added;
	bool found;

	if (builder->outputs == NULL && builder->nfew_outputs == FEW_OUTPUTS)
		index_outputs(builder);
	if (builder->outputs)
		added = hash_search(builder->outputs, &key, HASH_ENTER, &found);
	else
		added = &builder->few_outputs[builder->nfew_outputs++];
	added->key = key;
	added->origins = palloc0(sizeof(Origins));
	added->is_recursive = is_recursive;
	return added->origins;
}

/* What was found while a recursive query was not known entirely is to be found again. */
static void
forget_outputs(MapBuilder *builder)
{
	HASH_SEQ_STATUS status;
	Output *known;
	int kept = 0;

	if (builder->outputs == NULL)
	{
		for (int i = 0; i < builder->nfew_outputs; i++)
			if (builder->few_outputs[i].is_recursive)
				builder->few_outputs[kept++] = builder->few_outputs[i];
		builder->nfew_outputs = kept;
		return;
	}
	hash_seq_init(&status, builder->outputs);
	while ((known = hash_seq_search(&status)) != NULL)
		if (!known->is_recursive)
			hash_search(builder->outputs, &known->key, HASH_REMOVE, NULL);
}

/* All columns at once, again and again until nothing is added: they may go round from one into another. */
static void
resolve_recursive(MapBuilder *builder, Scope *scope)
{
	int count = number_of_outputs(scope->query);
	Origins **columns = palloc(Max(count, 1) * sizeof(Origins *));
	bool grew = true;

	for (AttrNumber i = 1; i <= count; i++)
		columns[i - 1] = add_output(builder, scope->query, i, true);
	for (int round = 0; grew && round <= count + 1; round++)
	{
		grew = false;
		for (AttrNumber i = 1; i <= count; i++)
		{
			int before = columns[i - 1]->count;

			resolve_output(builder, scope, i, columns[i - 1]);
			make_distinct(columns[i - 1]);
			grew |= columns[i - 1]->count > before;
		}
		forget_outputs(builder);
	}
}

/* Where a column of a query comes from: found once, because subqueries upon subqueries double the ways. */
Origins *
output(MapBuilder *builder, Scope *scope, AttrNumber attnum)
{
	Output *known = find_output(builder, scope->query, attnum);
	Origins *origins;

	if (known)
		return known->origins;
	if (scope->is_recursive)
	{
		resolve_recursive(builder, scope);
		known = find_output(builder, scope->query, attnum);
		return known ? known->origins : add_output(builder, scope->query, attnum, true);
	}
	origins = add_output(builder, scope->query, attnum, false);
	resolve_output(builder, scope, attnum, origins);
	make_distinct(origins);
	return origins;
}

static void resolve_column(MapBuilder *builder, Scope *scope, int varno, AttrNumber attnum,
						   LineageKind kind, Origins *origins);

static void
resolve_whole_row(MapBuilder *builder, Scope *scope, int varno, LineageKind kind, Origins *origins)
{
	RangeTblEntry *rte = rt_fetch(varno, scope->query->rtable);
	AttrNumber attnum = 0;
	ListCell *cell;

	foreach (cell, rte->eref->colnames)
	{
		attnum++;
		if (strVal(lfirst(cell))[0] != '\0') /* was dropped */
			resolve_column(builder, scope, varno, attnum,
						   lineage_kind_compose(kind, KIND_TRANSFORMATION), origins);
	}
}

static void
resolve_function(MapBuilder *builder, RangeTblEntry *rte, Scope *scope, AttrNumber attnum,
				 LineageKind kind, Origins *origins)
{
	int before = 0;
	ListCell *cell;

	foreach (cell, rte->functions)
	{
		RangeTblFunction *function = lfirst_node(RangeTblFunction, cell);

		if (attnum > before && attnum <= before + function->funccolcount)
			resolve(builder, function->funcexpr, scope,
					lineage_kind_compose(kind, KIND_TRANSFORMATION), origins);
		before += function->funccolcount;
	}
}

static void
resolve_entry(MapBuilder *builder, RangeTblEntry *rte, Scope *scope, AttrNumber attnum,
			  LineageKind kind, Origins *origins)
{
	Scope *inner;
	ListCell *cell;

	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			if (OidIsValid(view_of(rte)))
				add_origin(origins, (Origin){.relid = view_of(rte),
											 .attnum = attnum,
											 .kind = kind,
											 .is_direct = !scope->in_view});
			add_origins(origins, output(builder, scope_of_subquery(rte, scope), attnum), kind);
			break;
		case RTE_CTE:
			inner = scope_of_cte(rte, scope);
			if (inner)
				add_origins_of_cte(origins, output(builder, inner, attnum), kind);
			break;
		case RTE_JOIN:
			if (attnum <= list_length(rte->joinaliasvars))
				resolve(builder, list_nth(rte->joinaliasvars, attnum - 1), scope, kind, origins);
			break;
		case RTE_VALUES:
			foreach (cell, rte->values_lists)
				if (attnum <= list_length(lfirst(cell)))
					resolve(builder, list_nth(lfirst(cell), attnum - 1), scope, kind, origins);
			break;
		case RTE_FUNCTION:
			resolve_function(builder, rte, scope, attnum, kind, origins);
			break;
		case RTE_TABLEFUNC:
			resolve(builder, (Node *) rte->tablefunc, scope,
					lineage_kind_compose(kind, KIND_TRANSFORMATION), origins);
			break;
#if PG_VERSION_NUM >= 180000
		case RTE_GROUP:
			if (attnum <= list_length(rte->groupexprs))
				resolve(builder, list_nth(rte->groupexprs, attnum - 1), scope, kind, origins);
			break;
#endif
		default:
			break;
	}
}

static void
resolve_column(MapBuilder *builder, Scope *scope, int varno, AttrNumber attnum, LineageKind kind,
			   Origins *origins)
{
	Query *query = scope->query;
	RangeTblEntry *rte;

	if (varno < 1 || varno > list_length(query->rtable) || attnum < 0)
		return; /* ctid and its like say where a row lies, not what it says */
	check_stack_depth();
	if (query->onConflict && varno == query->onConflict->exclRelIndex)
	{
		TargetEntry *entry = get_tle_by_resno(query->targetList, attnum);

		if (entry)
			resolve(builder, (Node *) entry->expr, scope, kind, origins);
		return;
	}
	if (attnum == InvalidAttrNumber)
	{
		resolve_whole_row(builder, scope, varno, kind, origins);
		return;
	}
	rte = rt_fetch(varno, query->rtable);
	if (rte->rtekind == RTE_RELATION || rte->rtekind == RTE_NAMEDTUPLESTORE)
		add_origin(origins, (Origin){.relid = rte->relid,
									 .attnum = attnum,
									 .kind = kind,
									 .is_direct = !scope->in_view,
									 .is_own = is_result_relation(query, varno)});
	else
		resolve_entry(builder, rte, scope, attnum, kind, origins);
}

static bool
resolve_children(Node *node, void *context)
{
	Resolve *to = context;

	resolve(to->builder, node, to->scope, to->kind, to->origins);
	return false;
}

void
resolve_sorted(MapBuilder *builder, List *clauses, Scope *scope, LineageKind kind, Origins *origins)
{
	ListCell *cell;

	foreach (cell, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);

		resolve(builder, get_sortgroupclause_expr(clause, scope->query->targetList), scope, kind,
				origins);
	}
}

static void
resolve_aggregate(MapBuilder *builder, Aggref *aggregate, Scope *scope, LineageKind kind,
				  Origins *origins)
{
	ListCell *cell;

	foreach (cell, aggregate->args)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);

		resolve(builder, (Node *) entry->expr, scope,
				lineage_kind_compose(kind, entry->resjunk ? KIND_SORT : KIND_AGGREGATION), origins);
	}
	resolve(builder, (Node *) aggregate->aggdirectargs, scope,
			lineage_kind_compose(kind, KIND_AGGREGATION), origins);
	resolve(builder, (Node *) aggregate->aggfilter, scope,
			lineage_kind_compose(kind, KIND_CONDITIONAL), origins);
}

static void
resolve_window(MapBuilder *builder, WindowFunc *function, Scope *scope, LineageKind kind,
			   Origins *origins)
{
	ListCell *cell;

	resolve(builder, (Node *) function->args, scope,
			lineage_kind_compose(kind, function->winagg ? KIND_AGGREGATION : KIND_TRANSFORMATION),
			origins);
	resolve(builder, (Node *) function->aggfilter, scope,
			lineage_kind_compose(kind, KIND_CONDITIONAL), origins);
	foreach (cell, scope->query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, cell);

		if (window->winref != function->winref)
			continue;
		resolve_sorted(builder, window->partitionClause, scope,
					   lineage_kind_compose(kind, KIND_WINDOW), origins);
		resolve_sorted(builder, window->orderClause, scope, lineage_kind_compose(kind, KIND_WINDOW),
					   origins);
	}
}

static void
resolve_case(MapBuilder *builder, CaseExpr *expression, Scope *scope, LineageKind kind,
			 Origins *origins)
{
	LineageKind condition = lineage_kind_compose(kind, KIND_CONDITIONAL);
	LineageKind value = lineage_kind_compose(kind, KIND_TRANSFORMATION);
	ListCell *cell;

	resolve(builder, (Node *) expression->arg, scope, condition, origins);
	foreach (cell, expression->args)
	{
		CaseWhen *when = lfirst_node(CaseWhen, cell);

		resolve(builder, (Node *) when->expr, scope, condition, origins);
		resolve(builder, (Node *) when->result, scope, value, origins);
	}
	resolve(builder, (Node *) expression->defresult, scope, value, origins);
}

/* What decides about the rows of a subquery decides about its value, as a filter and so on, or as what it stands in does. */
static void
resolve_sublink(MapBuilder *builder, SubLink *sublink, Scope *scope, LineageKind kind,
				Origins *origins)
{
	Scope *inner = scope_of(castNode(Query, sublink->subselect), scope, false);
	Origins rows = {0};
	bool takes_its_kind = kind >= KIND_GROUP_BY;

	collect_rows(builder, inner, &rows);
	if (sublink->subLinkType == EXPR_SUBLINK)
		add_origins(origins, output(builder, inner, 1), kind);
	else if (sublink->subLinkType == ARRAY_SUBLINK)
		add_origins(origins, output(builder, inner, 1),
					lineage_kind_compose(kind, KIND_AGGREGATION));
	else
	{
		LineageKind condition = lineage_kind_compose(kind, KIND_CONDITIONAL);

		resolve(builder, sublink->testexpr, scope, condition, origins);
		if (sublink->subLinkType != EXISTS_SUBLINK)
			add_outputs(builder, inner, condition, origins);
		takes_its_kind |= condition == KIND_CONDITIONAL;
		kind = condition;
	}
	add_origins(origins, &rows, takes_its_kind ? kind : KIND_IDENTITY);
}

/* UPDATE ... SET (a, b) = (SELECT ...): the columns are parameters, the subquery stands at the end. */
static void
resolve_multiexpr(MapBuilder *builder, Param *param, Scope *scope, LineageKind kind,
				  Origins *origins)
{
	ListCell *cell;

	foreach (cell, scope->query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		SubLink *sublink = (SubLink *) entry->expr;
		Scope *inner;
		Origins rows = {0};

		if (!IsA(sublink, SubLink) || sublink->subLinkType != MULTIEXPR_SUBLINK ||
			sublink->subLinkId != param->paramid >> 16)
			continue;
		inner = scope_of(castNode(Query, sublink->subselect), scope, false);
		add_origins(origins, output(builder, inner, param->paramid & 0xFFFF), kind);
		collect_rows(builder, inner, &rows);
		add_origins(origins, &rows, KIND_IDENTITY);
	}
}

/* (row).column, where the row is one of a relation. */
static bool
resolve_field(MapBuilder *builder, FieldSelect *select, Scope *scope, LineageKind kind,
			  Origins *origins)
{
	Var *var = (Var *) select->arg;
	Scope *of;

	if (!IsA(var, Var) || var->varattno != InvalidAttrNumber)
		return false;
	of = outer_scope(scope, var->varlevelsup);
	if (of)
		resolve_column(builder, of, var->varno, select->fieldnum, kind, origins);
	return true;
}

/* Adds the columns that an expression reads, kind being how the expression decides about what it stands in. */
void
resolve(MapBuilder *builder, Node *node, Scope *scope, LineageKind kind, Origins *origins)
{
	Resolve children = {builder, scope, lineage_kind_compose(kind, KIND_TRANSFORMATION), origins};

	if (node == NULL || scope == NULL)
		return;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_Var:
		{
			Var *var = (Var *) node;
			Scope *of = outer_scope(scope, var->varlevelsup);

			if (of)
				resolve_column(builder, of, var->varno, var->varattno, kind, origins);
			return;
		}
		case T_Param:
			if (((Param *) node)->paramkind == PARAM_MULTIEXPR)
				resolve_multiexpr(builder, (Param *) node, scope, kind, origins);
			return;
		case T_Aggref:
			resolve_aggregate(builder, (Aggref *) node, scope, kind, origins);
			return;
		case T_GroupingFunc:
			return;
		case T_WindowFunc:
			resolve_window(builder, (WindowFunc *) node, scope, kind, origins);
			return;
		case T_CaseExpr:
			resolve_case(builder, (CaseExpr *) node, scope, kind, origins);
			return;
		case T_SubLink:
			resolve_sublink(builder, (SubLink *) node, scope, kind, origins);
			return;
		case T_FieldSelect:
			if (resolve_field(builder, (FieldSelect *) node, scope, kind, origins))
				return;
			break;
		case T_RelabelType:
		case T_CollateExpr:
		case T_CoerceToDomain:
		case T_TargetEntry:
		case T_List:
			children.kind = kind; /* the value is the same */
			break;
		case T_Query:
			return;
		default:
			break;
	}
	(void) expression_tree_walker(node, resolve_children, &children);
}
