/*
 * temporary.c: what went into the temporary tables of this session, so that it can be told what comes out of them.
 */
#include "postgres.h"

#include "lineage/capture.h"
#include "utils/hsearch.h"

typedef struct TemporaryTable
{
	Oid relid;
	uint32 map; /* id of that of all that went into it; temporary tables on the way are left out */
} TemporaryTable;

#define MAX_TEMPORARY_TABLES 10000

static HTAB *temporary_tables = NULL;

static TemporaryTable *
temporary_table(Oid relid, HASHACTION action)
{
	bool found;
	TemporaryTable *table;

	if (temporary_tables == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(TemporaryTable)};

		temporary_tables =
			hash_create("aidataops temporary tables", 32, &control, HASH_ELEM | HASH_BLOBS);
	}
	table = hash_search(temporary_tables, &relid, action, &found);
	if (action == HASH_ENTER && !found)
		table->map = 0;
	return table;
}

static LineageMap *
map_of_temporary(Oid relid)
{
	TemporaryTable *table = temporary_table(relid, HASH_FIND);

	return table ? map_by_id(table->map) : NULL;
}

/* What a relation of a map takes from a temporary table it takes from what went into that. */
static void
add_through(MapBuilder *builder, LineageMap *map, int index, LineageMap *before, Oid target)
{
	MapRelation *relation = &map->relations[index];

	for (int i = 0; i < before->nrelations; i++)
		map_add_relation(builder, before->relations[i].source, target, relation->operation,
						 relation->is_direct && before->relations[i].is_direct,
						 relation->is_cooccurrence || before->relations[i].is_cooccurrence);
	for (int i = 0; i < before->ncolumns; i++)
	{
		MapColumn *first = &before->columns[i];
		Oid source = before->relations[first->relation].source;

		if (first->target == InvalidAttrNumber)
			map_add_column(builder, source, first->source, target, InvalidAttrNumber,
						   relation->operation, first->kind);
		for (int j = 0; j < map->ncolumns; j++)
		{
			MapColumn *second = &map->columns[j];

			if (second->relation == index && second->source == first->target &&
				first->target != InvalidAttrNumber)
				map_add_column(builder, source, first->source, target, second->target,
							   relation->operation,
							   lineage_kind_compose(second->kind, first->kind));
		}
	}
}

static void
add_as_it_is(MapBuilder *builder, LineageMap *map, int index, LineageOperation operation)
{
	MapRelation *relation = &map->relations[index];

	map_add_relation(builder, relation->source, relation->target, operation, relation->is_direct,
					 relation->is_cooccurrence);
	for (int i = 0; i < map->ncolumns; i++)
		if (map->columns[i].relation == index)
			map_add_column(builder, relation->source, map->columns[i].source, relation->target,
						   map->columns[i].target, operation, map->columns[i].kind);
}

/* Adds to what went into a temporary table. */
static void
add_to_temporary(LineageMap *map, int index)
{
	MapRelation *relation = &map->relations[index];
	LineageMap *known = map_of_temporary(relation->target);
	MapBuilder *builder = map_begin();
	LineageMap *before =
		relation->temporary & SOURCE_IS_TEMPORARY ? map_of_temporary(relation->source) : NULL;
	LineageMap *result;

	for (int i = 0; known && i < known->nrelations; i++)
		add_as_it_is(builder, known, i, OPERATION_INSERT);
	if (before)
		add_through(builder, map, index, before, relation->target);
	else if (!(relation->temporary & SOURCE_IS_TEMPORARY))
		add_as_it_is(builder, map, index, OPERATION_INSERT);
	result = map_end(builder);
	if (result == NULL)
		return;
	if (temporary_tables && hash_get_num_entries(temporary_tables) >= MAX_TEMPORARY_TABLES)
	{
		hash_destroy(temporary_tables);
		temporary_tables = NULL;
	}
	temporary_table(relation->target, HASH_ENTER)->map = result->id;
}

/* What a map says of relations that stay; NULL if it is nothing. */
LineageMap *
without_temporary(LineageMap *map)
{
	MapBuilder *builder = map_begin();

	for (int i = 0; i < map->nrelations; i++)
	{
		MapRelation *relation = &map->relations[i];
		LineageMap *before =
			relation->temporary & SOURCE_IS_TEMPORARY ? map_of_temporary(relation->source) : NULL;

		if (relation->temporary & TARGET_IS_TEMPORARY)
			add_to_temporary(map, i);
		else if (before)
			add_through(builder, map, i, before, relation->target);
		else if (!(relation->temporary & SOURCE_IS_TEMPORARY))
			add_as_it_is(builder, map, i, relation->operation);
	}
	return map_end(builder);
}
