/*
 * dictionary.c: distinct texts and their numbers.
 */
#include "postgres.h"

#include "core/dictionary.h"
#include "core/hash.h"
#include "core/value.h"
#include "utils/memutils.h"

#define FIRST_CAPACITY 16
#define FIRST_ROOM     256
#define LARGEST_ROOM   65536

typedef struct DictionarySlot
{
	uint32 number;
	char status;
} DictionarySlot;

static inline bool
same_text(const Dictionary *dictionary, uint32 a, uint32 b)
{
	const Utf8 *x = &dictionary->texts[a];
	const Utf8 *y = &dictionary->texts[b];

	return dictionary->hashes[a] == dictionary->hashes[b] && x->len == y->len &&
		   memcmp(x->data, y->data, x->len) == 0;
}

#define SH_PREFIX             slots
#define SH_ELEMENT_TYPE       DictionarySlot
#define SH_KEY_TYPE           uint32
#define SH_KEY                number
#define SH_HASH_KEY(table, n) ((uint32) ((Dictionary *) (table)->private_data)->hashes[n])
#define SH_EQUAL(table, a, b) same_text((Dictionary *) (table)->private_data, a, b)
#define SH_SCOPE              static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

void
dictionary_init(Dictionary *dictionary, MemoryContext context)
{
	memset(dictionary, 0, sizeof(*dictionary));
	dictionary->context = context;
	dictionary->capacity = FIRST_CAPACITY;
	dictionary->texts = MemoryContextAlloc(context, FIRST_CAPACITY * sizeof(Utf8));
	dictionary->hashes = MemoryContextAlloc(context, FIRST_CAPACITY * sizeof(uint64));
	dictionary->table = slots_create(context, FIRST_CAPACITY, dictionary);
	dictionary->bytes = FIRST_CAPACITY * (sizeof(Utf8) + sizeof(uint64) + sizeof(DictionarySlot));
}

static void
grow(Dictionary *dictionary)
{
	Size old = dictionary->capacity;

	if (dictionary->capacity > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many distinct texts")));
	dictionary->capacity *= 2;
	dictionary->texts =
		repalloc_huge(dictionary->texts, (Size) dictionary->capacity * sizeof(Utf8));
	dictionary->hashes =
		repalloc_huge(dictionary->hashes, (Size) dictionary->capacity * sizeof(uint64));
	dictionary->bytes += old * (sizeof(Utf8) + sizeof(uint64) + 2 * sizeof(DictionarySlot));
}

static const char *
keep(Dictionary *dictionary, Utf8 text)
{
	char *copy;

	if (dictionary->room == NULL || text.len > dictionary->room_left)
	{
		/* rooms grow with the dictionary, so that small ones stay small */
		Size size = Min(LARGEST_ROOM, Max(FIRST_ROOM, dictionary->bytes / 4));

		size = Max(size, text.len);
		dictionary->room = MemoryContextAllocHuge(dictionary->context, size);
		dictionary->room_left = size;
		dictionary->bytes += size;
	}
	copy = dictionary->room;
	memcpy(copy, text.data, text.len);
	dictionary->room += text.len;
	dictionary->room_left -= text.len;
	return copy;
}

uint32
dictionary_number(Dictionary *dictionary, Utf8 text)
{
	uint32 candidate = dictionary->count;
	DictionarySlot *slot;
	bool found;

	/* the text is looked up as if it were in already, under the next number */
	if (candidate == dictionary->capacity)
		grow(dictionary);
	dictionary->texts[candidate] = text;
	dictionary->hashes[candidate] = XXH3_64bits(text.data, text.len);
	slot = slots_insert(dictionary->table, candidate, &found);
	if (!found)
	{
		dictionary->texts[candidate].data = keep(dictionary, text);
		dictionary->count++;
	}
	return slot->number;
}

/* The number of a text that is in already. */
bool
dictionary_lookup(const Dictionary *dictionary, Utf8 text, uint32 *number)
{
	DictionarySlot *slot;

	/* as above: under the next number, where there is room from the beginning */
	if (dictionary->count == dictionary->capacity)
		grow(unconstify(Dictionary *, dictionary));
	dictionary->texts[dictionary->count] = text;
	dictionary->hashes[dictionary->count] = XXH3_64bits(text.data, text.len);
	slot = slots_lookup(dictionary->table, dictionary->count);
	if (slot == NULL)
		return false;
	*number = slot->number;
	return true;
}

/* What sorting compares first: eight bytes, as a number. */
typedef struct SortKey
{
	uint64 prefix;
	uint32 number;
} SortKey;

static int
compare_keys(const void *a, const void *b, void *texts)
{
	const SortKey *x = a;
	const SortKey *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return utf8_compare(((Utf8 *) texts)[x->number], ((Utf8 *) texts)[y->number]);
}

static uint64
text_prefix(Utf8 text)
{
	char bytes[8] = {0};

	memcpy(bytes, text.data, Min(text.len, sizeof(bytes)));
	return bytes_get_u64(bytes);
}

SortedTexts
dictionary_sort(const Dictionary *dictionary)
{
	Size count = dictionary->count;
	SortedTexts sorted = {.count = dictionary->count};
	SortKey *keys = palloc_extended(count * sizeof(SortKey) + 1, MCXT_ALLOC_HUGE);

	for (Size i = 0; i < count; i++)
	{
		keys[i].number = i;
		keys[i].prefix = text_prefix(dictionary->texts[i]);
	}
	qsort_arg(keys, count, sizeof(SortKey), compare_keys, dictionary->texts);

	sorted.texts = palloc_extended(count * sizeof(Utf8) + 1, MCXT_ALLOC_HUGE);
	sorted.ranks = palloc_extended(count * sizeof(uint32) + 1, MCXT_ALLOC_HUGE);
	for (Size rank = 0; rank < count; rank++)
	{
		sorted.texts[rank] = dictionary->texts[keys[rank].number];
		sorted.ranks[keys[rank].number] = rank;
	}
	pfree(keys);
	return sorted;
}

Utf8
utf8_from_text(Datum text)
{
	struct varlena *value = pg_detoast_datum_packed((struct varlena *) DatumGetPointer(text));
	int len = VARSIZE_ANY_EXHDR(value);
	Utf8 utf8;

	utf8.data = text_to_utf8(VARDATA_ANY(value), &len);
	utf8.len = len;
	return utf8;
}
