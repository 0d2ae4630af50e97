/*
 * origins.c: sets of columns, and how what decides about them decides about others.
 */
#include "postgres.h"

#include "lineage/origins.h"

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

void
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

void
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

void
add_origins(Origins *origins, const Origins *others, LineageKind kind)
{
	int count = others->count; /* may be the same, in a recursive query */

	for (int i = 0; i < count; i++)
	{
		Origin origin = others->items[i];

		origin.kind = lineage_kind_compose(kind, origin.kind);
		add_origin(origins, origin);
	}
}

/* What a common table expression changed itself is another row to who reads it. */
void
add_origins_of_cte(Origins *origins, const Origins *others, LineageKind kind)
{
	int count = others->count;

	for (int i = 0; i < count; i++)
	{
		Origin origin = others->items[i];

		origin.kind = lineage_kind_compose(kind, origin.kind);
		origin.is_own = false;
		add_origin(origins, origin);
	}
}
