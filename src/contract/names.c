/*
 * names.c: things of a document by their names: an array that is sorted when the first one is looked up.
 */
#include "postgres.h"

#include "contract/names.h"

typedef struct NamedThing
{
	const char *text;
	void *thing;
	int position; /* of those of one name the first counts */
} NamedThing;

void
names_add(Names *names, const char *name, void *thing)
{
	if (name == NULL)
		return;
	if (names->count == names->capacity)
	{
		names->capacity = Max(8, names->capacity * 2);
		names->entries = names->entries
							 ? repalloc(names->entries, names->capacity * sizeof(NamedThing))
							 : palloc(names->capacity * sizeof(NamedThing));
	}
	names->entries[names->count] =
		(NamedThing){.text = name, .thing = thing, .position = names->count};
	names->count++;
	names->sorted = false;
}

static int
compare(const void *a, const void *b)
{
	const NamedThing *x = a;
	const NamedThing *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : x->position - y->position;
}

void *
names_find(Names *names, const char *name)
{
	int low = 0;
	int high = names->count;

	if (!names->sorted && names->count > 0)
		qsort(names->entries, names->count, sizeof(NamedThing), compare);
	names->sorted = true;
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(names->entries[middle].text, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < names->count && strcmp(names->entries[low].text, name) == 0
			   ? names->entries[low].thing
			   : NULL;
}
