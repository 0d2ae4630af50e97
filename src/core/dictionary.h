/*
 * dictionary.h: distinct texts, numbered from 0 as they come, and ranked by their bytes at the end.
 *
 * Numbers depend on the order of the rows; ranks do not, and results must use ranks.
 */
#ifndef AIDATAOPS_CORE_DICTIONARY_H
#define AIDATAOPS_CORE_DICTIONARY_H

#include "core/reader.h"

struct slots_hash;

typedef struct Dictionary
{
	MemoryContext context;
	uint32 count;
	uint32 capacity;
	Utf8 *texts;
	uint64 *hashes;
	struct slots_hash *table;
	char *room; /* where the next text goes */
	Size room_left;
	Size bytes; /* taken, nearly */
} Dictionary;

/* A dictionary's texts in the order of their bytes. */
typedef struct SortedTexts
{
	uint32 count;
	Utf8 *texts;   /* by rank */
	uint32 *ranks; /* by number */
} SortedTexts;

extern void dictionary_init(Dictionary *dictionary, MemoryContext context);
extern uint32 dictionary_number(Dictionary *dictionary, Utf8 text);
extern bool dictionary_lookup(const Dictionary *dictionary, Utf8 text, uint32 *number);
extern SortedTexts dictionary_sort(const Dictionary *dictionary);

/* A text argument, detoasted where that is needed, as UTF-8. */
extern Utf8 utf8_from_text(Datum text);

#endif
