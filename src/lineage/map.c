/*
 * map.c: what a statement takes from where to where, found in its query tree.
 *
 * The tree is the rewritten one, before planning: views are expanded, columns are named by number, nothing is folded
 * or flattened yet. A column of the target is followed through subqueries, joins, common table expressions and set
 * operations to columns of relations; what decides which rows there are (joins, filters, groups) is collected beside.
 * The kinds are those of OpenLineage's columnLineage facet.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "lineage/builder.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "utils/memutils.h"

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

HTAB *
make_hash(const char *name, Size key, Size entry, MemoryContext context)
{
	HASHCTL control = {.keysize = key, .entrysize = entry, .hcxt = context};

	return hash_create(name, 32, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

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
	Origins origins = {0};

	collect_relations(builder, scope, target, operation);
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

/* Ends the builder. */
LineageMap *
map_end(MapBuilder *builder)
{
	LineageMap *map = map_keep(builder);

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
