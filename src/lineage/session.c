/*
 * session.c: the maps that a session knows, one for all statements that take the same from the same to the same.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "lineage/builder.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

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

/* The map of what was built, the same as the last time. */
LineageMap *
map_keep(MapBuilder *builder)
{
	uint64 hash;
	bool found;
	KnownMap *known;
	LineageMap *map;

	if (builder->too_many_columns)
	{
		builder->ncolumns = 0;
		columns_left_out++;
	}
	if (builder->nrelations == 0)
		return NULL;
	sort_columns(builder);
	hash = hash_of(builder);
	make_maps();
	known = hash_search(maps_by_hash, &hash, HASH_FIND, &found);
	if (found)
		return known->map;
	grew = true;
	map = keep(builder, hash);
	known = hash_search(maps_by_hash, &hash, HASH_ENTER, &found);
	known->map = map;
	((NumberedMap *) hash_search(maps_by_id, &map->id, HASH_ENTER, &found))->map = map;
	return map;
}
