/*
 * map.c: what a statement takes from where to where, found in its query tree.
 *
 * The tree is the rewritten one, before planning: views are expanded, columns are named by number, nothing is folded
 * or flattened yet. A column of the target is followed through subqueries, joins, common table expressions and set
 * operations to columns of relations; what decides which rows there are (joins, filters, groups) is collected beside.
 * The kinds are those of OpenLineage's columnLineage facet.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "lineage/map.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

/* More columns than that in one statement are not kept, only the relations are. */
#define MAX_COLUMNS 50000

static const char *const kind_names[] = {"identity", "transformation", "aggregation",
										 "join",     "filter",         "group_by",
										 "sort",     "window",         "conditional"};
static const char *const operation_names[] = {"insert", "update",          "delete",
											  "merge",  "create_table_as", "refresh",
											  "view",   "copy_from",       "copy_to"};

const char *
lineage_kind_name(LineageKind kind)
{
	return kind_names[kind];
}

const char *
lineage_operation_name(LineageOperation operation)
{
	return operation_names[operation];
}

/* ------------------------------------------------------------------------- origins ---- */

/* A column of a relation that decides about something, and how. */
typedef struct Origin
{
	Oid relid;
	AttrNumber attnum;
	uint8 kind;
	bool is_direct;
	bool is_own; /* the row that is updated itself */
} Origin;

typedef struct Origins
{
	Origin *items;
	int count;
	int room;
	int sorted; /* how many of them are known to differ */
} Origins;

static int
compare_origins(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(Origin));
}

/* Most have few, for which sorting costs more than it saves. */
#define FEW_ORIGINS 16

static void
make_few_distinct(Origins *origins)
{
	int kept = 0;

	for (int i = 0; i < origins->count; i++)
	{
		int same = 0;

		while (same < kept &&
			   memcmp(&origins->items[same], &origins->items[i], sizeof(Origin)) != 0)
			same++;
		if (same == kept)
			origins->items[kept++] = origins->items[i];
	}
	origins->count = origins->sorted = kept;
}

static void
make_distinct(Origins *origins)
{
	int kept = 0;

	if (origins->count <= FEW_ORIGINS)
	{
		make_few_distinct(origins);
		return;
	}
	qsort(origins->items, origins->count, sizeof(Origin), compare_origins);
	for (int i = 0; i < origins->count; i++)
		if (i == 0 || compare_origins(&origins->items[i], &origins->items[kept - 1]) != 0)
			origins->items[kept++] = origins->items[i];
	origins->count = origins->sorted = kept;
}

static void
add_origin(Origins *origins, Origin origin)
{
	Origin clean;

	memset(&clean, 0, sizeof(clean)); /* compared by bytes */
	clean.relid = origin.relid;
	clean.attnum = origin.attnum;
	clean.kind = origin.kind;
	clean.is_direct = origin.is_direct;
	clean.is_own = origin.is_own;
	if (origins->count == origins->room)
	{
		if (origins->count > 2 * origins->sorted)
			make_distinct(origins);
		if (origins->count > origins->room / 2 || origins->items == NULL)
		{
			origins->room = Max(8, origins->room * 2);
			origins->items = origins->items
								 ? repalloc(origins->items, origins->room * sizeof(Origin))
								 : palloc(origins->room * sizeof(Origin));
		}
	}
	origins->items[origins->count++] = clean;
}

/* What decides indirectly somewhere on the way does so in the end, and an aggregate stays one. */
LineageKind
lineage_kind_compose(LineageKind outer, LineageKind inner)
{
	if (outer >= KIND_JOIN)
		return outer;
	return Max(outer, inner);
}

#define compose lineage_kind_compose

static void
add_origins(Origins *origins, const Origins *others, LineageKind kind)
{
	int count = others->count; /* may be the same, in a recursive query */

	for (int i = 0; i < count; i++)
	{
		Origin origin = others->items[i];

		origin.kind = compose(kind, origin.kind);
		add_origin(origins, origin);
	}
}

/* What a common table expression changed itself is another row to who reads it. */
static void
add_origins_of_cte(Origins *origins, const Origins *others, LineageKind kind)
{
	int count = others->count;

	for (int i = 0; i < count; i++)
	{
		Origin origin = others->items[i];

		origin.kind = compose(kind, origin.kind);
		origin.is_own = false;
		add_origin(origins, origin);
	}
}

/* -------------------------------------------------------------------------- scopes ---- */

/* A query and where it stands, to find what columns of outer queries mean. */
typedef struct Scope
{
	Query *query;
	struct Scope *parent;
	bool in_view;      /* is of a view that was named, and not named itself */
	bool is_recursive; /* a common table expression that reads itself */
} Scope;

typedef struct OutputKey
{
	Query *query;
	uint64 attnum; /* without padding */
} OutputKey;

typedef struct Output
{
	OutputKey key;
	Origins *origins;
	bool is_recursive;
} Output;

/* Few are found without a hash table, which costs more to make than all the rest. */
#define FEW_OUTPUTS   32
#define FEW_RELATIONS 16

struct MapBuilder
{
	MemoryContext context;
	MemoryContext caller;
	Output few_outputs[FEW_OUTPUTS];
	int nfew_outputs;
	HTAB *outputs; /* when there are more */
	MapRelation *relations;
	int nrelations;
	int room_for_relations;
	MapColumn *columns;
	int ncolumns;
	int room_for_columns;
	bool too_many_columns;
	HTAB *relation_index;
	List *column_names;
	bool replaces;
	List *visited;  /* queries of common table expressions, in the walk that goes on */
	List *cte_rows; /* what decides about the rows of each */

	/* the target of the statement last added, to which what planning reveals belongs */
	Oid last_target;
	LineageOperation last_operation;
	bool has_target;
	bool has_function; /* in FROM, where planning may merge it */
};

static HTAB *
make_hash(const char *name, Size key, Size entry, MemoryContext context)
{
	HASHCTL control = {.keysize = key, .entrysize = entry, .hcxt = context};

	return hash_create(name, 32, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static Scope *
scope_of(Query *query, Scope *parent, bool in_view)
{
	Scope *scope = palloc0(sizeof(Scope));

	scope->query = query;
	scope->parent = parent;
	scope->in_view = in_view || (parent && parent->in_view);
	return scope;
}

static Scope *
outer_scope(Scope *scope, int levels)
{
	while (levels-- > 0 && scope)
		scope = scope->parent;
	return scope;
}

/* The view that a subquery was made of, or InvalidOid. */
static Oid
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

static Scope *
scope_of_subquery(RangeTblEntry *rte, Scope *scope)
{
	return scope_of(rte->subquery, scope, OidIsValid(view_of(rte)));
}

/* The common table expression that an entry reads; NULL in a tree that is none of ours to judge. */
static Scope *
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

/* ------------------------------------------------------- where a column comes from ---- */

typedef struct Resolve
{
	MapBuilder *builder;
	Scope *scope;
	LineageKind kind;
	Origins *origins;
} Resolve;

static void resolve(MapBuilder *builder, Node *node, Scope *scope, LineageKind kind,
					Origins *origins);
static void collect_rows(MapBuilder *builder, Scope *scope, Origins *origins);
static Origins *output(MapBuilder *builder, Scope *scope, AttrNumber attnum);

static int
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

static void
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
static Origins *
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

static bool
is_result_relation(Query *query, int varno)
{
	return query->commandType != CMD_SELECT && varno == query->resultRelation;
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
			resolve_column(builder, scope, varno, attnum, compose(kind, KIND_TRANSFORMATION),
						   origins);
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
			resolve(builder, function->funcexpr, scope, compose(kind, KIND_TRANSFORMATION),
					origins);
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
			resolve(builder, (Node *) rte->tablefunc, scope, compose(kind, KIND_TRANSFORMATION),
					origins);
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

static void
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
				compose(kind, entry->resjunk ? KIND_SORT : KIND_AGGREGATION), origins);
	}
	resolve(builder, (Node *) aggregate->aggdirectargs, scope, compose(kind, KIND_AGGREGATION),
			origins);
	resolve(builder, (Node *) aggregate->aggfilter, scope, compose(kind, KIND_CONDITIONAL),
			origins);
}

static void
resolve_window(MapBuilder *builder, WindowFunc *function, Scope *scope, LineageKind kind,
			   Origins *origins)
{
	ListCell *cell;

	resolve(builder, (Node *) function->args, scope,
			compose(kind, function->winagg ? KIND_AGGREGATION : KIND_TRANSFORMATION), origins);
	resolve(builder, (Node *) function->aggfilter, scope, compose(kind, KIND_CONDITIONAL), origins);
	foreach (cell, scope->query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, cell);

		if (window->winref != function->winref)
			continue;
		resolve_sorted(builder, window->partitionClause, scope, compose(kind, KIND_WINDOW),
					   origins);
		resolve_sorted(builder, window->orderClause, scope, compose(kind, KIND_WINDOW), origins);
	}
}

static void
resolve_case(MapBuilder *builder, CaseExpr *expression, Scope *scope, LineageKind kind,
			 Origins *origins)
{
	LineageKind condition = compose(kind, KIND_CONDITIONAL);
	LineageKind value = compose(kind, KIND_TRANSFORMATION);
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
		add_origins(origins, output(builder, inner, 1), compose(kind, KIND_AGGREGATION));
	else
	{
		LineageKind condition = compose(kind, KIND_CONDITIONAL);

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
static void
resolve(MapBuilder *builder, Node *node, Scope *scope, LineageKind kind, Origins *origins)
{
	Resolve children = {builder, scope, compose(kind, KIND_TRANSFORMATION), origins};

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

/* ------------------------------------------------- what decides about which rows ---- */

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

static bool
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
static void
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

/* --------------------------------------------------------- which relations are read ---- */

typedef struct Reading
{
	MapBuilder *builder;
	Scope *scope;
	Oid target;
	LineageOperation operation;
} Reading;

static void collect_relations(Reading *reading, Scope *scope);

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

		collect_relations(reading,
						  scope_of(castNode(Query, sublink->subselect), reading->scope, false));
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
			collect_relations(reading, scope_of_subquery(rte, scope));
			break;
		case RTE_CTE:
			inner = scope_of_cte(rte, scope);
			if (inner == NULL || !enter_once(reading->builder, inner->query))
				break;
			if (inner->query->commandType == CMD_SELECT)
				collect_relations(reading, inner);
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
collect_relations(Reading *reading, Scope *scope)
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

/* ------------------------------------------------------------------------- building ---- */

typedef struct RelationKey
{
	Oid source;
	Oid target;
	uint32 operation;
} RelationKey;

typedef struct RelationIndex
{
	RelationKey key;
	int index;
} RelationIndex;

MapBuilder *
map_begin(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "aidataops lineage map",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	MapBuilder *builder = palloc0(sizeof(MapBuilder));

	builder->context = context;
	MemoryContextSwitchTo(caller);
	return builder;
}

static void
index_relations(MapBuilder *builder)
{
	bool found;

	builder->relation_index = make_hash("aidataops relations", sizeof(RelationKey),
										sizeof(RelationIndex), builder->context);
	for (int i = 0; i < builder->nrelations; i++)
	{
		RelationKey key = {.source = builder->relations[i].source,
						   .target = builder->relations[i].target,
						   .operation = builder->relations[i].operation};

		((RelationIndex *) hash_search(builder->relation_index, &key, HASH_ENTER, &found))->index =
			i;
	}
}

/* Where a relation is, or is to be put. */
static int
find_relation(MapBuilder *builder, const RelationKey *key, bool *found)
{
	RelationIndex *known;

	if (builder->nrelations < FEW_RELATIONS)
	{
		int i = 0;

		while (i < builder->nrelations && (builder->relations[i].source != key->source ||
										   builder->relations[i].target != key->target ||
										   builder->relations[i].operation != key->operation))
			i++;
		*found = i < builder->nrelations;
		return i;
	}
	if (builder->relation_index == NULL)
		index_relations(builder);
	known = hash_search(builder->relation_index, key, HASH_ENTER, found);
	if (!*found)
		known->index = builder->nrelations;
	return known->index;
}

static int
relation_of(MapBuilder *builder, Oid source, Oid target, LineageOperation operation, bool is_direct,
			bool is_cooccurrence)
{
	RelationKey key = {.source = source, .target = target, .operation = operation};
	bool found;
	int index = find_relation(builder, &key, &found);

	if (!found)
	{
		MemoryContext caller = MemoryContextSwitchTo(builder->context);

		if (builder->nrelations == builder->room_for_relations)
		{
			builder->room_for_relations = Max(8, builder->room_for_relations * 2);
			builder->relations = builder->relations
									 ? repalloc(builder->relations,
												builder->room_for_relations * sizeof(MapRelation))
									 : palloc(builder->room_for_relations * sizeof(MapRelation));
		}
		builder->nrelations++;
		builder->relations[index] = (MapRelation){.source = source,
												  .target = target,
												  .operation = operation,
												  .is_direct = is_direct,
												  .is_cooccurrence = is_cooccurrence};
		MemoryContextSwitchTo(caller);
	}
	else
	{
		builder->relations[index].is_direct |= is_direct;
		builder->relations[index].is_cooccurrence &= is_cooccurrence;
	}
	return index;
}

void
map_add_relation(MapBuilder *builder, Oid source, Oid target, LineageOperation operation,
				 bool is_direct, bool is_cooccurrence)
{
	(void) relation_of(builder, source, target, operation, is_direct, is_cooccurrence);
}

static void
add_column(MapBuilder *builder, int relation, AttrNumber source, AttrNumber target,
		   LineageKind kind)
{
	if (builder->ncolumns == MAX_COLUMNS)
	{
		builder->too_many_columns = true;
		return;
	}
	if (builder->ncolumns == builder->room_for_columns)
	{
		MemoryContext caller = MemoryContextSwitchTo(builder->context);

		builder->room_for_columns = Max(16, builder->room_for_columns * 2);
		builder->columns =
			builder->columns
				? repalloc(builder->columns, builder->room_for_columns * sizeof(MapColumn))
				: palloc(builder->room_for_columns * sizeof(MapColumn));
		MemoryContextSwitchTo(caller);
	}
	builder->columns[builder->ncolumns++] =
		(MapColumn){.relation = relation, .source = source, .target = target, .kind = kind};
}

void
map_add_column(MapBuilder *builder, Oid source, AttrNumber source_attnum, Oid target,
			   AttrNumber target_attnum, LineageOperation operation, LineageKind kind)
{
	add_column(builder, relation_of(builder, source, target, operation, true, false), source_attnum,
			   target_attnum, kind);
}

static void
add_columns(MapBuilder *builder, Origins *origins, Oid target, AttrNumber attnum,
			LineageOperation operation)
{
	make_distinct(origins);
	for (int i = 0; i < origins->count; i++)
	{
		Origin *origin = &origins->items[i];
		bool is_itself = origin->is_own && origin->relid == target &&
						 (origin->attnum == attnum || attnum == InvalidAttrNumber);

		if (!is_itself)
			add_column(
				builder,
				relation_of(builder, origin->relid, target, operation, origin->is_direct, false),
				origin->attnum, attnum, origin->kind);
	}
}

static void
add_values(MapBuilder *builder, List *targets, Scope *scope, Oid target, LineageOperation operation)
{
	ListCell *cell;

	foreach (cell, targets)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Origins origins = {0};

		if (entry->resjunk)
			continue;
		resolve(builder, (Node *) entry->expr, scope, KIND_IDENTITY, &origins);
		add_columns(builder, &origins, target, entry->resno, operation);
	}
}

/* What is common to all statements: the relations read, and the columns that decide about rows. */
static void
add_reads(MapBuilder *builder, Scope *scope, Oid target, LineageOperation operation)
{
	Reading reading = {.builder = builder, .target = target, .operation = operation};
	Origins origins = {0};

	builder->visited = NIL;
	collect_relations(&reading, scope);
	collect_rows(builder, scope, &origins);
	add_columns(builder, &origins, target, InvalidAttrNumber, operation);
	builder->last_target = target;
	builder->last_operation = operation;
	builder->has_target = true;
}

static LineageOperation
operation_of(Query *query)
{
	switch (query->commandType)
	{
		case CMD_INSERT:
			return OPERATION_INSERT;
		case CMD_UPDATE:
			return OPERATION_UPDATE;
		case CMD_DELETE:
			return OPERATION_DELETE;
		default:
			return OPERATION_MERGE;
	}
}

static void
add_changes(MapBuilder *builder, Scope *scope)
{
	Query *query = scope->query;
	Oid target = rt_fetch(query->resultRelation, query->rtable)->relid;
	LineageOperation operation = operation_of(query);
	ListCell *cell;

	if (query->commandType == CMD_INSERT || query->commandType == CMD_UPDATE)
		add_values(builder, query->targetList, scope, target, operation);
	if (query->onConflict)
		add_values(builder, query->onConflict->onConflictSet, scope, target, operation);
	foreach (cell, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, cell);

		if (action->commandType != CMD_DELETE)
			add_values(builder, action->targetList, scope, target, operation);
	}
	add_reads(builder, scope, target, operation);
}

/* A statement that changes a table, or several: each common table expression that does has a target of its own. */
void
map_add_statement(MapBuilder *builder, Query *query)
{
	MemoryContext caller = MemoryContextSwitchTo(builder->context);
	Scope *scope = scope_of(query, NULL, false);
	ListCell *cell;

	foreach (cell, query->cteList)
	{
		Query *inner = (Query *) lfirst_node(CommonTableExpr, cell)->ctequery;

		if (IsA(inner, Query) && inner->commandType != CMD_SELECT)
			add_changes(builder, scope_of(inner, scope, false));
	}
	if (query->commandType != CMD_SELECT)
		add_changes(builder, scope);
	MemoryContextSwitchTo(caller);
}

/* A query whose rows become those of a target, column by column. */
void
map_add_query(MapBuilder *builder, Query *query, Oid target, LineageOperation operation)
{
	MemoryContext caller = MemoryContextSwitchTo(builder->context);
	Scope *scope = scope_of(query, NULL, false);
	int count = number_of_outputs(query);

	for (AttrNumber i = 1; i <= count; i++)
	{
		Origins *origins = output(builder, scope, i);

		add_columns(builder, origins, target, i, operation);
	}
	if (query->commandType == CMD_SELECT)
		add_reads(builder, scope, target, operation);
	MemoryContextSwitchTo(caller);
	map_add_statement(builder, query); /* what it changes besides */
	builder->last_target = target;
	builder->last_operation = operation;
}

/* Partitions need no privileges of their own, and what is only written is not read. */
static bool
is_read(PlannedStmt *plan, RangeTblEntry *rte)
{
	if (rte->rtekind != RTE_RELATION || rte->relkind == RELKIND_VIEW)
		return false;
#if PG_VERSION_NUM >= 160000
	return rte->perminfoindex > 0 &&
		   (getRTEPermissionInfo(plan->permInfos, rte)->requiredPerms & ACL_SELECT) != 0;
#else
	return (rte->requiredPerms & ACL_SELECT) != 0;
#endif
}

static bool
is_mentioned(MapBuilder *builder, Oid relid)
{
	for (int i = 0; i < builder->nrelations; i++)
		if (builder->relations[i].source == relid || builder->relations[i].target == relid)
			return true;
	return false;
}

/* Functions of SQL that were merged into the query read relations that the tree did not show. */
void
map_add_planned(MapBuilder *builder, PlannedStmt *plan)
{
	ListCell *cell;

	if (!builder->has_target || !builder->has_function)
		return;
	foreach (cell, plan->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

		if (is_read(plan, rte) && rte->relid != builder->last_target &&
			!is_mentioned(builder, rte->relid) &&
			!list_member_int(plan->resultRelations, foreach_current_index(cell) + 1))
			map_add_relation(builder, rte->relid, builder->last_target, builder->last_operation,
							 false, false);
	}
}

void
map_set_column_names(MapBuilder *builder, List *names)
{
	builder->column_names = names;
}

void
map_set_replaces(MapBuilder *builder)
{
	builder->replaces = true;
}

/* ------------------------------------------------------------------- maps of a session ---- */

typedef struct KnownMap
{
	uint64 hash;
	LineageMap *map;
} KnownMap;

typedef struct NumberedMap
{
	uint32 id;
	LineageMap *map;
} NumberedMap;

/* Enough for any application; what generates statements without end starts anew now and then. */
#define MAX_MEMORY ((Size) 16 * 1024 * 1024)

static MemoryContext maps_context = NULL;
static HTAB *maps_by_hash = NULL;
static HTAB *maps_by_id = NULL;
static uint32 last_id = 0;
static uint64 columns_left_out = 0;
static bool grew = false; /* since their memory was looked at */

static void
make_maps(void)
{
	if (maps_context)
		return;
	maps_context =
		AllocSetContextCreate(TopMemoryContext, "aidataops lineage maps", ALLOCSET_DEFAULT_SIZES);
	maps_by_hash =
		make_hash("aidataops maps by hash", sizeof(uint64), sizeof(KnownMap), maps_context);
	maps_by_id =
		make_hash("aidataops maps by id", sizeof(uint32), sizeof(NumberedMap), maps_context);
}

/* At the end of a transaction, when nothing points to them but plans, which are made again. */
void
map_forget_all_if_many(void)
{
	if (!grew)
		return;
	grew = false;
	if (MemoryContextMemAllocated(maps_context, true) < MAX_MEMORY)
		return;
	MemoryContextDelete(maps_context);
	maps_context = NULL;
	maps_by_hash = maps_by_id = NULL;
	ResetPlanCache();
}

LineageMap *
map_by_id(uint32 id)
{
	NumberedMap *numbered =
		maps_by_id ? hash_search(maps_by_id, &id, HASH_FIND, NULL) : (NumberedMap *) NULL;

	return numbered ? numbered->map : NULL;
}

uint64
map_columns_left_out(void)
{
	return columns_left_out;
}

/* Not get_rel_persistence(), which fails if it was dropped meanwhile. */
static bool
is_temporary(Oid relid)
{
	HeapTuple tuple =
		OidIsValid(relid) ? SearchSysCache1(RELOID, ObjectIdGetDatum(relid)) : (HeapTuple) NULL;
	bool result = false;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_class) GETSTRUCT(tuple))->relpersistence == RELPERSISTENCE_TEMP;
		ReleaseSysCache(tuple);
	}
	return result;
}

static int
compare_columns(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(MapColumn));
}

#define FEW_COLUMNS 16

static void
sort_few_columns(MapColumn *columns, int count)
{
	for (int i = 1; i < count; i++)
	{
		MapColumn column = columns[i];
		int place = i;

		for (; place > 0 && memcmp(&column, &columns[place - 1], sizeof(MapColumn)) < 0; place--)
			columns[place] = columns[place - 1];
		columns[place] = column;
	}
}

static void
sort_columns(MapBuilder *builder)
{
	int kept = 0;

	if (builder->ncolumns <= FEW_COLUMNS)
		sort_few_columns(builder->columns, builder->ncolumns);
	else
		qsort(builder->columns, builder->ncolumns, sizeof(MapColumn), compare_columns);
	for (int i = 0; i < builder->ncolumns; i++)
		if (i == 0 || compare_columns(&builder->columns[i], &builder->columns[kept - 1]) != 0)
			builder->columns[kept++] = builder->columns[i];
	builder->ncolumns = kept;
}

static uint64
hash_of(MapBuilder *builder)
{
	uint64 hash = builder->replaces;
	ListCell *cell;

	hash = hash_bytes_extended((const unsigned char *) builder->relations,
							   builder->nrelations * sizeof(MapRelation), hash);
	hash = hash_bytes_extended((const unsigned char *) builder->columns,
							   builder->ncolumns * sizeof(MapColumn), hash);
	foreach (cell, builder->column_names)
		hash = hash_bytes_extended(lfirst(cell), strlen(lfirst(cell)), hash);
	return hash;
}

static LineageMap *
keep(MapBuilder *builder, uint64 hash)
{
	LineageMap *map = MemoryContextAllocZero(maps_context, sizeof(LineageMap));
	ListCell *cell;
	int i = 0;

	map->id = ++last_id;
	map->hash = hash;
	map->last_event = -1;
	map->replaces = builder->replaces;
	map->nrelations = builder->nrelations;
	map->relations = MemoryContextAlloc(maps_context, builder->nrelations * sizeof(MapRelation));
	memcpy(map->relations, builder->relations, builder->nrelations * sizeof(MapRelation));
	map->ncolumns = builder->ncolumns;
	map->columns = MemoryContextAlloc(maps_context, Max(builder->ncolumns, 1) * sizeof(MapColumn));
	if (builder->ncolumns > 0)
		memcpy(map->columns, builder->columns, builder->ncolumns * sizeof(MapColumn));
	if (builder->column_names)
	{
		map->ncolumn_names = list_length(builder->column_names);
		map->column_names = MemoryContextAlloc(maps_context, map->ncolumn_names * sizeof(char *));
		foreach (cell, builder->column_names)
			map->column_names[i++] = MemoryContextStrdup(maps_context, lfirst(cell));
	}
	for (i = 0; i < map->nrelations; i++)
	{
		map->has_other |=
			!OidIsValid(map->relations[i].source) || !OidIsValid(map->relations[i].target);
		if (is_temporary(map->relations[i].source))
			map->relations[i].temporary |= SOURCE_IS_TEMPORARY;
		if (is_temporary(map->relations[i].target))
			map->relations[i].temporary |= TARGET_IS_TEMPORARY;
		map->has_temp |= map->relations[i].temporary != 0;
	}
	return map;
}

/* Ends the builder. */
LineageMap *
map_end(MapBuilder *builder)
{
	LineageMap *map = NULL;

	if (builder->too_many_columns)
	{
		builder->ncolumns = 0;
		columns_left_out++;
	}
	if (builder->nrelations > 0)
	{
		uint64 hash;
		bool found;
		KnownMap *known;

		sort_columns(builder);
		hash = hash_of(builder);
		make_maps();
		known = hash_search(maps_by_hash, &hash, HASH_FIND, &found);
		if (!found)
		{
			grew = true;
			map = keep(builder, hash);
			known = hash_search(maps_by_hash, &hash, HASH_ENTER, &found);
			known->map = map;
			((NumberedMap *) hash_search(maps_by_id, &map->id, HASH_ENTER, &found))->map = map;
		}
		map = known->map;
	}
	MemoryContextDelete(builder->context);
	return map;
}

/* The same with a relation in place of what was not known. */
LineageMap *
map_with_other(const LineageMap *map, Oid other)
{
	MapBuilder *builder = map_begin();

	for (int i = 0; i < map->nrelations; i++)
	{
		MapRelation *relation = &map->relations[i];

		map_add_relation(builder, OidIsValid(relation->source) ? relation->source : other,
						 OidIsValid(relation->target) ? relation->target : other,
						 relation->operation, relation->is_direct, relation->is_cooccurrence);
	}
	for (int i = 0; i < map->ncolumns; i++)
		add_column(builder, map->columns[i].relation, map->columns[i].source,
				   map->columns[i].target, map->columns[i].kind);
	builder->replaces = map->replaces;
	return map_end(builder);
}

/* ------------------------------------------------------------------------- the gate ---- */

typedef struct OwnColumns
{
	int varno;
	AttrNumber attnum;
} OwnColumns;

static bool
reads_another_column(Node *node, void *context)
{
	OwnColumns *own = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno == own->varno && ((Var *) node)->varattno != own->attnum;
	return expression_tree_walker(node, reads_another_column, context);
}

/* UPDATE t SET a = a + 1 takes nothing anywhere, UPDATE t SET a = b does. */
static bool
moves_columns(Query *query)
{
	ListCell *cell;

	if (query->commandType != CMD_UPDATE)
		return false;
	foreach (cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		OwnColumns own = {.varno = query->resultRelation, .attnum = entry->resno};

		if (!entry->resjunk && !IsA(entry->expr, Const) && !IsA(entry->expr, Param) &&
			reads_another_column((Node *) entry->expr, &own))
			return true;
	}
	return false;
}

/* Whether it is worth looking: most statements change one table by values that the client gave. */
bool
map_is_wanted(Query *query)
{
	int rtindex = 0;
	ListCell *cell;

	if (query->hasModifyingCTE)
		return true;
	if (query->commandType == CMD_SELECT || query->commandType == CMD_UTILITY)
		return false;
	if (query->hasSubLinks)
		return true;
	foreach (cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);

		rtindex++;
		if (rtindex == query->resultRelation ||
			(query->onConflict && rtindex == query->onConflict->exclRelIndex))
			continue;
		if (rte->rtekind != RTE_VALUES && rte->rtekind != RTE_RESULT && rte->rtekind != RTE_JOIN)
			return true;
	}
	return moves_columns(query);
}
