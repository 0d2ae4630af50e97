/*
 * tables.h: the tables of lineage, read and written directly.
 */
#ifndef AIDATAOPS_LINEAGE_TABLES_H
#define AIDATAOPS_LINEAGE_TABLES_H

#include "access/htup.h"
#include "access/skey.h"
#include "datatype/timestamp.h"
#include "lineage/map.h"

typedef enum LineageTable
{
	TABLE_NODE,
	TABLE_EDGE,
	TABLE_COLUMN,
	TABLE_USE,
	TABLE_RUN,
	NTABLES
} LineageTable;

#define MAX_ATTRIBUTES 17

typedef enum LineageIndex
{
	INDEX_NODE_ID,
	INDEX_NODE_OID,
	INDEX_NODE_NAME,
	INDEX_EDGE_ID,
	INDEX_EDGE_TARGET,
	INDEX_COLUMN_EDGE,
	NINDEXES
} LineageIndex;

/* Columns that are read or looked up by. */
enum
{
	NODE_ID = 2,
	NODE_KIND,
	NODE_NAMESPACE,
	NODE_NAME,
	NODE_RELATION_SCHEMA,
	NODE_RELATION_NAME,
	NODE_RELATION_OID,
	NODE_RELATION_ORIGIN,
	NODE_OWNER,
	NODE_PROPERTIES,
	NODE_IS_DROPPED,
	NODE_RECORDED_AT
};
enum
{
	EDGE_ID = 2,
	EDGE_SOURCE,
	EDGE_TARGET,
	EDGE_OPERATION,
	EDGE_IS_DIRECT,
	EDGE_CONFIDENCE,
	EDGE_RUN,
	EDGE_IS_ENDED,
	EDGE_RECORDED_AT
};

/* What belongs to one writing. */
extern MemoryContext scratch;
extern TimestampTz this_time;

extern void tables_begin(void);
extern void tables_end(void);
extern void tables_invalidate(Oid relid);
extern void tables_invalidate_all(void);

extern Datum text_datum(const char *value);
extern Datum name_datum(const char *value);
extern bool text_is(Datum value, const char *expected);
extern char *int64_text(int64 value);
extern int64 id_of(int count, ...); /* as _lineage_id() does */

extern void append_row(LineageTable number, Datum *values, bool *nulls);
typedef bool (*RowCallback)(HeapTuple tuple, TupleDesc columns, void *context);
/* Calls back with every row that an index finds, until it returns false. */
extern void each_row(LineageTable table, LineageIndex index, int nkeys, ScanKey keys,
					 RowCallback callback, void *context);
/* The present state of a node or an edge; false if there is none. */
extern bool latest_state(LineageTable table, LineageIndex index, int64 id, Datum *values,
						 bool *nulls);

#endif
