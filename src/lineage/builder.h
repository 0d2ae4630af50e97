/*
 * builder.h: a map that is being built: between the files that follow a query tree.
 *
 * Scopes say what columns of a query mean; columns.c finds where the value of a column comes from, rows.c what
 * decides which rows there are, relations.c which relations are read; map.c puts them together.
 */
#ifndef AIDATAOPS_LINEAGE_BUILDER_H
#define AIDATAOPS_LINEAGE_BUILDER_H

#include "lineage/origins.h"
#include "utils/hsearch.h"

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

/* scope.c */
extern Scope *scope_of(Query *query, Scope *parent, bool in_view);
extern Scope *scope_of_subquery(RangeTblEntry *rte, Scope *scope);
/* The common table expression that an entry reads; NULL in a tree that is none of ours to judge. */
extern Scope *scope_of_cte(RangeTblEntry *rte, Scope *scope);
extern Scope *outer_scope(Scope *scope, int levels);
extern Oid view_of(RangeTblEntry *rte); /* that a subquery was made of, or InvalidOid */
extern bool is_result_relation(Query *query, int varno);

/* columns.c */
extern int number_of_outputs(Query *query);
extern Origins *output(MapBuilder *builder, Scope *scope, AttrNumber attnum);
extern void resolve(MapBuilder *builder, Node *node, Scope *scope, LineageKind kind,
					Origins *origins);
/* ... of one column of a set operation, or of one arm of it */
extern void resolve_setop(MapBuilder *builder, Node *node, Scope *scope, AttrNumber attnum,
						  Origins *origins);
/* ... of the expressions that clauses sort or group by */
extern void resolve_sorted(MapBuilder *builder, List *clauses, Scope *scope, LineageKind kind,
						   Origins *origins);

/* rows.c */
extern void collect_rows(MapBuilder *builder, Scope *scope, Origins *origins);
extern bool enter_once(MapBuilder *builder, Query *query);

/* relations.c */
extern void collect_relations(MapBuilder *builder, Scope *scope, Oid target,
							  LineageOperation operation);

/* session.c */
extern LineageMap *map_keep(MapBuilder *builder);

/* map.c */
extern HTAB *make_hash(const char *name, Size key, Size entry, MemoryContext context);

#endif
