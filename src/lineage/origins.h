/*
 * origins.h: the columns that decide about something: another column, or which rows there are.
 */
#ifndef AIDATAOPS_LINEAGE_ORIGINS_H
#define AIDATAOPS_LINEAGE_ORIGINS_H

#include "lineage/map.h"

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

extern void add_origin(Origins *origins, Origin origin);
extern void add_origins(Origins *origins, const Origins *others, LineageKind kind);
/* What a common table expression changed itself is another row to who reads it. */
extern void add_origins_of_cte(Origins *origins, const Origins *others, LineageKind kind);
extern void make_distinct(Origins *origins);

#endif
