/*
 * store.c: writes what happened: runs, edges between nodes and between columns, and when they end.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "aidataops.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "lineage/nodes.h"
#include "lineage/tables.h"

/* ---------------------------------------------------------------------------------- run ---- */

static bool has_run; /* in this writing */
static pg_uuid_t run;

static void
make_uuid(pg_uuid_t *uuid)
{
	if (!pg_strong_random(uuid->data, UUID_LEN))
		elog(ERROR, "could not generate random values");
	uuid->data[6] = (uuid->data[6] & 0x0f) | 0x40; /* version 4, RFC 9562 */
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
}

/* The row of lineage_run for what is new in this transaction. */
static Datum
current_run(const char *query)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	if (!has_run)
	{
		make_uuid(&run);
		values[0] = UUIDPGetDatum(&run);
		values[1] = text_datum("captured");
		nulls[2] = nulls[3] = true;
		values[4] = text_datum("complete");
		values[5] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		values[6] = TimestampTzGetDatum(this_time);
		values[7] = name_datum(GetUserNameFromId(GetSessionUserId(), false));
		values[8] = name_datum(GetUserNameFromId(GetUserId(), false));
		nulls[9] = aidataops_actor == NULL || aidataops_actor[0] == '\0';
		values[9] = nulls[9] ? (Datum) 0 : text_datum(aidataops_actor);
		nulls[10] = application_name == NULL || application_name[0] == '\0';
		values[10] = nulls[10] ? (Datum) 0 : text_datum(application_name);
		nulls[11] = query == NULL;
		values[11] = query ? text_datum(lineage_digest(query)) : (Datum) 0;
		nulls[12] = query == NULL || !lineage_query_text;
		values[12] = nulls[12] ? (Datum) 0 : text_datum(query);
		nulls[13] = true;
		values[14] = TimestampTzGetDatum(this_time);
		append_row(TABLE_RUN, values, nulls);
		has_run = true;
	}
	return UUIDPGetDatum(&run);
}

/* -------------------------------------------------------------------------------- edges ---- */

/* A relation of a map, as it is written. */
typedef struct Edge
{
	int64 id; /* 0: is not written */
	int64 source;
	int64 target;
	Oid source_root;
	Oid target_root;
} Edge;

static void
append_edge_state(Edge *edge, const char *operation, bool is_direct, const char *confidence,
				  const char *query, bool is_ended)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	values[EDGE_ID - 1] = Int64GetDatum(edge->id);
	values[EDGE_SOURCE - 1] = Int64GetDatum(edge->source);
	values[EDGE_TARGET - 1] = Int64GetDatum(edge->target);
	values[EDGE_OPERATION - 1] = text_datum(operation);
	values[EDGE_IS_DIRECT - 1] = BoolGetDatum(is_direct);
	values[EDGE_CONFIDENCE - 1] = text_datum(confidence);
	values[EDGE_RUN - 1] = current_run(query);
	values[EDGE_IS_ENDED - 1] = BoolGetDatum(is_ended);
	values[EDGE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	append_row(TABLE_EDGE, values, nulls);
}

static void
append_use(int64 edge, int64 times, int64 num_rows)
{
	Datum values[6] = {0};
	bool nulls[6] = {0};

	values[1] = Int64GetDatum(edge);
	values[2] = TimestampTzGetDatum(this_time);
	values[3] = Int64GetDatum(times);
	values[4] = Int64GetDatum(num_rows);
	nulls[5] = !has_run;
	values[5] = UUIDPGetDatum(&run);
	append_row(TABLE_USE, values, nulls);
}

static bool
is_edge_present(int64 id)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];

	return latest_state(TABLE_EDGE, INDEX_EDGE_ID, id, values, nulls) &&
		   !DatumGetBool(values[EDGE_IS_ENDED - 1]);
}

static bool
is_of_itself(MapRelation *relation)
{
	return relation->operation == OPERATION_CREATE_TABLE_AS ||
		   relation->operation == OPERATION_REFRESH || relation->operation == OPERATION_VIEW;
}

/* What a view takes from a relation, as part of its edge: defined otherwise, it is another edge, and this one ends. */
static char *
columns_as_text(LineageMap *map, int relation)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < map->ncolumns; i++)
		if (map->columns[i].relation == relation)
			appendStringInfo(&text, "%d>%d:%d;", map->columns[i].source, map->columns[i].target,
							 map->columns[i].kind);
	return text.data;
}

static void
write_edge(LineageMap *map, int index, Edge *edge, Event *event, int64 external, int64 times,
		   int64 num_rows)
{
	MapRelation *relation = &map->relations[index];
	const char *operation = lineage_operation_name(relation->operation);
	bool is_view = relation->operation == OPERATION_VIEW;
	const char *confidence = relation->is_cooccurrence ? "cooccurrence" : "exact";

	edge->source = external;
	edge->target = external;
	if (OidIsValid(relation->source))
	{
		RelationNode *node = node_of_relation(relation->source);

		edge->source = node->node;
		edge->source_root = node->root;
	}
	if (OidIsValid(relation->target))
	{
		RelationNode *node = node_of_relation(relation->target);

		edge->target = node->node;
		edge->target_root = node->root;
	}
	if (edge->source == 0 || edge->target == 0 ||
		(edge->source == edge->target && (is_of_itself(relation) || relation->is_cooccurrence)))
		return;
	edge->id = id_of(is_view ? 7 : 6, "edge", int64_text(edge->source), int64_text(edge->target),
					 operation, relation->is_direct ? "direct" : "base", confidence,
					 is_view ? columns_as_text(map, index) : NULL);
	if (!is_edge_present(edge->id))
		append_edge_state(edge, operation, relation->is_direct, confidence, event->query, false);
	append_use(edge->id, times, num_rows);
}

/* ------------------------------------------------------------------------------ columns ---- */

typedef struct ColumnEdge
{
	int64 edge;
	NameData source;
	NameData target; /* empty: rows */
	AttrNumber source_attnum;
	AttrNumber target_attnum;
	int kind;
} ColumnEdge;

/* A column of a partition is that of its root with the same name. */
static AttrNumber
set_column(NameData *name, Oid relid, Oid root, AttrNumber attnum, LineageMap *map)
{
	char *text;

	memset(name, 0, sizeof(NameData));
	if (attnum == InvalidAttrNumber)
		return InvalidAttrNumber;
	if (!OidIsValid(relid))
	{
		if (attnum <= map->ncolumn_names)
			namestrcpy(name, map->column_names[attnum - 1]);
		else
			snprintf(NameStr(*name), NAMEDATALEN, "column %d", attnum);
		return InvalidAttrNumber;
	}
	text = get_attname(relid, attnum, true);
	/* dropped since, in the same transaction: it has another name, and no type */
	if (text == NULL || !OidIsValid(get_atttype(relid, attnum)))
		return InvalidAttrNumber;
	namestrcpy(name, text);
	return root == relid ? attnum : get_attnum(root, text);
}

static void
append_column(ColumnEdge *column, Edge *edge)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	values[1] = Int64GetDatum(edge->id);
	values[2] = Int64GetDatum(edge->source);
	nulls[3] = column->source_attnum == InvalidAttrNumber;
	values[3] = Int16GetDatum(column->source_attnum);
	values[4] = NameGetDatum(&column->source);
	values[5] = Int64GetDatum(edge->target);
	nulls[6] = column->target_attnum == InvalidAttrNumber;
	values[6] = Int16GetDatum(column->target_attnum);
	nulls[7] = NameStr(column->target)[0] == '\0';
	values[7] = NameGetDatum(&column->target);
	values[8] = text_datum(lineage_kind_name(column->kind));
	values[9] = TimestampTzGetDatum(this_time);
	append_row(TABLE_COLUMN, values, nulls);
}

static int
kind_number(const char *name)
{
	for (int kind = KIND_IDENTITY; kind <= KIND_CONDITIONAL; kind++)
		if (strcmp(lineage_kind_name(kind), name) == 0)
			return kind;
	return -1;
}

static bool
note_column(HeapTuple tuple, TupleDesc columns, void *context)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	ColumnEdge column;
	bool found;

	heap_deform_tuple(tuple, columns, values, nulls);
	memset(&column, 0, sizeof(column));
	column.edge = DatumGetInt64(values[1]);
	namestrcpy(&column.source, NameStr(*DatumGetName(values[4])));
	column.source_attnum = nulls[3] ? InvalidAttrNumber : DatumGetInt16(values[3]);
	if (!nulls[7])
		namestrcpy(&column.target, NameStr(*DatumGetName(values[7])));
	column.target_attnum = nulls[6] ? InvalidAttrNumber : DatumGetInt16(values[6]);
	column.kind = kind_number(TextDatumGetCString(values[8]));
	(void) hash_search(context, &column, HASH_ENTER, &found);
	return true;
}

static void
note_columns(HTAB *known, int64 edge)
{
	ScanKeyData key;

	ScanKeyInit(&key, 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(edge));
	each_row(TABLE_COLUMN, INDEX_COLUMN_EDGE, 1, &key, note_column, known);
}

static void
write_columns(LineageMap *map, Edge *edges)
{
	HASHCTL control = {.keysize = sizeof(ColumnEdge),
					   .entrysize = sizeof(ColumnEdge),
					   .hcxt = CurrentMemoryContext};
	HTAB *known = hash_create("aidataops columns", Max(map->ncolumns, 16), &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	for (int i = 0; i < map->nrelations; i++)
		if (edges[i].id != 0)
			note_columns(known, edges[i].id);
	for (int i = 0; i < map->ncolumns; i++)
	{
		MapRelation *relation = &map->relations[map->columns[i].relation];
		Edge *edge = &edges[map->columns[i].relation];
		ColumnEdge column;
		bool found;

		if (edge->id == 0)
			continue;
		memset(&column, 0, sizeof(column));
		column.edge = edge->id;
		column.kind = map->columns[i].kind;
		column.source_attnum = set_column(&column.source, relation->source, edge->source_root,
										  map->columns[i].source, map);
		column.target_attnum = set_column(&column.target, relation->target, edge->target_root,
										  map->columns[i].target, map);
		if (NameStr(column.source)[0] == '\0')
			continue;
		(void) hash_search(known, &column, HASH_ENTER, &found);
		if (!found)
			append_column(&column, edge);
	}
}

/* ------------------------------------------------------------------------ what is defined ---- */

typedef struct Endings
{
	const Edge *present;
	int npresent;
	int64 *ended;
	int count;
	int room;
} Endings;

static bool
note_ending(HeapTuple tuple, TupleDesc columns, void *context)
{
	Endings *endings = context;
	bool isnull;
	int64 id = DatumGetInt64(heap_getattr(tuple, EDGE_ID, columns, &isnull));
	Datum operation = heap_getattr(tuple, EDGE_OPERATION, columns, &isnull);
	Datum confidence = heap_getattr(tuple, EDGE_CONFIDENCE, columns, &isnull);

	/* a declared one may have any operation */
	if (!text_is(confidence, "exact") ||
		(!text_is(operation, lineage_operation_name(OPERATION_VIEW)) &&
		 !text_is(operation, "version_view") && !text_is(operation, "gated_view")))
		return true;
	for (int i = 0; i < endings->npresent; i++)
		if (endings->present[i].id == id)
			return true;
	for (int i = 0; i < endings->count; i++)
		if (endings->ended[i] == id)
			return true;
	if (endings->count == endings->room)
	{
		endings->room = Max(8, endings->room * 2);
		endings->ended = endings->ended ? repalloc(endings->ended, endings->room * sizeof(int64))
										: palloc(endings->room * sizeof(int64));
	}
	endings->ended[endings->count++] = id;
	return true;
}

static void
end_edge(int64 id, const char *query)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	Edge edge = {.id = id};

	if (!latest_state(TABLE_EDGE, INDEX_EDGE_ID, id, values, nulls) ||
		DatumGetBool(values[EDGE_IS_ENDED - 1]))
		return;
	edge.source = DatumGetInt64(values[EDGE_SOURCE - 1]);
	edge.target = DatumGetInt64(values[EDGE_TARGET - 1]);
	append_edge_state(&edge, TextDatumGetCString(values[EDGE_OPERATION - 1]),
					  DatumGetBool(values[EDGE_IS_DIRECT - 1]),
					  TextDatumGetCString(values[EDGE_CONFIDENCE - 1]), query, true);
}

/* A view that was defined anew takes only from what its definition now says. */
static void
end_others(int64 view, const Edge *present, int npresent, const char *query)
{
	Endings endings = {.present = present, .npresent = npresent};
	ScanKeyData key;

	if (view == 0)
		return;
	ScanKeyInit(&key, EDGE_TARGET, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(view));
	each_row(TABLE_EDGE, INDEX_EDGE_TARGET, 1, &key, note_ending, &endings);
	for (int i = 0; i < endings.count; i++)
		end_edge(endings.ended[i], query);
}

/* --------------------------------------------------------------------------------- events ---- */

static void
invalidate_relation(Datum argument, Oid relid)
{
	tables_invalidate(relid);
	nodes_invalidate(relid);
}

/* A schema was made, dropped or renamed. */
static void
invalidate_schema(Datum argument, int cache, uint32 hash)
{
	tables_invalidate_all();
}

void
store_init(void)
{
	CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_schema, (Datum) 0);
}

void
store_begin(void)
{
	tables_begin();
	has_run = false;
}

void
store_end(void)
{
	tables_end();
}

static void
write_flow(LineageMap *map, Event *event)
{
	Edge *edges = palloc0(map->nrelations * sizeof(Edge));
	int64 external = event->external ? node_of_external(event->external) : 0;
	int64 times = map->times + event->times;
	int64 num_rows = map->num_rows + event->num_rows;

	for (int i = 0; i < map->nrelations; i++)
		write_edge(map, i, &edges[i], event, external, times, num_rows);
	if (map->known_epoch != store_epoch() || map->has_other)
	{
		write_columns(map, edges);
		if (map->replaces)
			end_others(edges[0].target, edges, map->nrelations, event->query);
	}
	map->known_epoch = store_epoch();
	map->written_at = this_time;
	map->times = 0;
	map->num_rows = 0;
}

void
store_write(Event *event)
{
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	LineageMap *map;

	switch (event->type)
	{
		case EVENT_FLOW:
			map = event->map->has_temp ? without_temporary(event->map) : event->map;
			if (map)
				write_flow(map, event);
			break;
		case EVENT_DROP:
			write_dropped_node(event->relid);
			break;
		case EVENT_ALTER:
			(void) look_up_node(root_of(event->relid), false);
			break;
		case EVENT_EMPTIED:
			end_others(look_up_node(event->relid, false), NULL, 0, NULL);
			break;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(scratch);
}
