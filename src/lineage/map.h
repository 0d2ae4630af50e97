/*
 * map.h: what a statement takes from where to where, found in its query tree.
 */
#ifndef AIDATAOPS_LINEAGE_MAP_H
#define AIDATAOPS_LINEAGE_MAP_H

#include "access/attnum.h"
#include "datatype/timestamp.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

/* How a column decides about another: the first three give its value, the others which value or row. */
typedef enum LineageKind
{
	KIND_IDENTITY,
	KIND_TRANSFORMATION,
	KIND_AGGREGATION,
	KIND_JOIN,
	KIND_FILTER,
	KIND_GROUP_BY,
	KIND_SORT,
	KIND_WINDOW,
	KIND_CONDITIONAL
} LineageKind;

typedef enum LineageOperation
{
	OPERATION_INSERT,
	OPERATION_UPDATE,
	OPERATION_DELETE,
	OPERATION_MERGE,
	OPERATION_CREATE_TABLE_AS,
	OPERATION_REFRESH,
	OPERATION_VIEW,
	OPERATION_COPY_FROM,
	OPERATION_COPY_TO
} LineageOperation;

extern const char *lineage_kind_name(LineageKind kind);
extern const char *lineage_operation_name(LineageOperation operation);

/* InvalidOid is what is known only when the statement ran: the table it made, the file it read or wrote. */
typedef struct MapRelation
{
	Oid source;
	Oid target;
	uint8 operation;
	uint8 is_direct;
	uint8 is_cooccurrence;
	uint8 temporary; /* bits of which side is a temporary table; in maps that are kept */
} MapRelation;

#define SOURCE_IS_TEMPORARY 1
#define TARGET_IS_TEMPORARY 2

typedef struct MapColumn
{
	int32 relation; /* which of the relations */
	AttrNumber source;
	AttrNumber target; /* InvalidAttrNumber: decides about rows */
	int32 kind;
} MapColumn;

/* Kept for the life of a session, one for all statements that take the same from the same to the same. */
typedef struct LineageMap
{
	uint32 id;
	uint64 hash;
	int nrelations;
	int ncolumns;
	MapRelation *relations;
	MapColumn *columns;
	char **column_names; /* of a target that is no relation; NULL otherwise */
	int ncolumn_names;
	bool has_temp;  /* takes from or to a temporary table */
	bool has_other; /* has an InvalidOid, which a file stands for */
	bool replaces;  /* is all that goes into its targets */

	/* what the session knows of its being written */
	uint64 known_epoch;
	TimestampTz written_at;
	int64 times; /* since then */
	int64 num_rows;
	int last_event; /* of this transaction, maybe */
} LineageMap;

typedef struct MapBuilder MapBuilder;

extern MapBuilder *map_begin(void);
extern void map_add_statement(MapBuilder *builder, Query *query);
extern void map_add_query(MapBuilder *builder, Query *query, Oid target,
						  LineageOperation operation);
extern void map_add_relation(MapBuilder *builder, Oid source, Oid target,
							 LineageOperation operation, bool is_direct, bool is_cooccurrence);
extern void map_add_column(MapBuilder *builder, Oid source, AttrNumber source_attnum, Oid target,
						   AttrNumber target_attnum, LineageOperation operation, LineageKind kind);
extern void map_add_planned(MapBuilder *builder, PlannedStmt *plan);
extern void map_set_column_names(MapBuilder *builder, List *names);
extern void map_set_replaces(MapBuilder *builder);
extern LineageMap *map_end(MapBuilder *builder); /* NULL if nothing goes anywhere */
extern LineageMap *map_with_other(const LineageMap *map, Oid other);
extern LineageKind lineage_kind_compose(LineageKind outer, LineageKind inner);

extern bool map_is_wanted(Query *query);
extern LineageMap *map_by_id(uint32 id);
extern void map_forget_all_if_many(void);
extern uint64 map_columns_left_out(void);

#endif
