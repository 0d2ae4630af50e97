/*
 * ratings.c: from bytes to numbered categories and cells.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/label_counts.h"
#include "agreement/ratings.h"
#include "agreement/tally.h"
#include "core/hash.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------- labels to numbers ---- */

typedef struct LabelIndexEntry
{
	Label label;
	uint32 hash;
	char status;
	int category;
} LabelIndexEntry;

static inline uint32
hash_label(Label label)
{
	return (uint32) XXH3_64bits(label.bytes, label.size);
}

#define SH_PREFIX            label_index
#define SH_ELEMENT_TYPE      LabelIndexEntry
#define SH_KEY_TYPE          Label
#define SH_KEY               label
#define SH_HASH_KEY(tb, key) hash_label(key)
#define SH_EQUAL(tb, a, b)   label_equal(a, b)
#define SH_SCOPE             static inline
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

typedef struct LabelIndex
{
	label_index_hash *table;
	int capacity;
} LabelIndex;

static int
add_category(Categories *categories, Label label)
{
	LabelIndex *index = categories->index;

	if (categories->n >= index->capacity)
	{
		index->capacity *= 2;
		categories->labels =
			repalloc_huge(categories->labels, (Size) index->capacity * sizeof(Label));
	}
	categories->labels[categories->n] = label;
	return categories->n++;
}

/* A declared category as a label of the kind that was counted; false if it cannot be one. */
static bool
declared_label(LabelKind kind, const char *name, Label *label)
{
	char *key = palloc(strlen(name) + VARINT_MAX + 8);
	int size = label_store_cstring(key, kind, name);

	if (size > 0)
		label_load(key, label);
	return size > 0;
}

static void
declare_category(Categories *categories, const char *name)
{
	Label label;
	LabelIndexEntry *entry;
	bool found;

	if (!declared_label(categories->kind, name, &label))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("category \"%s\" is not of type %s, as the labels are", name,
							   label_kind_name(categories->kind))));
	entry = label_index_insert(categories->index->table, label, &found);
	if (found)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("category \"%s\" is given twice", name)));
	entry->category = add_category(categories, label);
}

void
categories_begin(Categories *categories, LabelKind kind, const DeclaredCategories *declared)
{
	LabelIndex *index = palloc(sizeof(LabelIndex));

	index->table = label_index_create(CurrentMemoryContext, 64, NULL);
	index->capacity = 64;
	*categories = (Categories){.kind = kind, .index = index, .observed = declared->n < 0};
	categories->labels = palloc(index->capacity * sizeof(Label));
	/* when there are no labels at all, any declaration will do */
	if (kind == LABEL_NONE)
		categories->kind = LABEL_TEXT;
	for (int i = 0; i < declared->n; i++)
		declare_category(categories, declared->names[i]);
}

int
category_of(Categories *categories, Label label)
{
	LabelIndexEntry *entry;
	bool found;

	entry = label_index_insert(categories->index->table, label, &found);
	if (found)
		return entry->category;
	if (!categories->observed)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("label \"%s\" is not among the categories",
							   label_cstring(categories->kind, label)),
						errhint("Name all categories that occur, or use categories => "
								"'observed'.")));
	return entry->category = add_category(categories, label);
}

/* A category with the beginning of its label, which mostly decides. */
typedef struct SortedCategory
{
	uint64 prefix;
	int category;
} SortedCategory;

static inline int
compare_categories(const SortedCategory *a, const SortedCategory *b, const Categories *categories)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return label_compare(categories->kind, categories->labels[a->category],
						 categories->labels[b->category]);
}

#define ST_SORT             sort_by_label
#define ST_ELEMENT_TYPE     SortedCategory
#define ST_COMPARE(a, b, c) compare_categories(a, b, c)
#define ST_COMPARE_ARG_TYPE const Categories
#define ST_SCOPE            static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Put categories into their order; returns the place of each. Declared text keeps the order given. */
static int *
sort_categories(Categories *categories)
{
	int n = categories->n;
	SortedCategory *order = palloc_extended(Max(n, 1) * sizeof(SortedCategory), MCXT_ALLOC_HUGE);
	int *place = palloc_extended(Max(n, 1) * sizeof(int), MCXT_ALLOC_HUGE);
	Label *sorted = palloc_extended(Max(n, 1) * sizeof(Label), MCXT_ALLOC_HUGE);

	for (int i = 0; i < n; i++)
		order[i] = (SortedCategory){
			.prefix = label_sort_prefix(categories->kind, categories->labels[i]), .category = i};
	if (categories->observed || label_kind_has_order(categories->kind))
		sort_by_label(order, n, categories);
	for (int i = 0; i < n; i++)
	{
		place[order[i].category] = i;
		sorted[i] = categories->labels[order[i].category];
	}
	pfree(order);
	pfree(categories->labels);
	categories->labels = sorted;
	return place;
}

/*
 * Distances are relative to the range of the numbers, whatever their unit: where it overflows a power
 * of two is divided out.
 */
static void
scale_large(Categories *categories)
{
	double largest = 0;

	for (int i = 0; i < categories->n; i++)
		largest = fmax(largest, fabs(categories->x[i]));
	if (!(largest > 1e150))
		return;
	for (int i = 0; i < categories->n; i++)
		categories->x[i] = ldexp(categories->x[i], -1000);
}

/* No more labels: give categories their final numbers; returns what each number becomes. */
int *
categories_finish(Categories *categories)
{
	int *place = sort_categories(categories);

	label_index_destroy(categories->index->table);
	categories->index = NULL;
	categories->ordered = !categories->observed || label_kind_has_order(categories->kind);
	categories->x = palloc_extended(Max(categories->n, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	categories->finite = true;
	for (int i = 0; i < categories->n; i++)
	{
		bool numeric = categories->kind == LABEL_BIGINT || categories->kind == LABEL_FLOAT8;

		categories->x[i] = numeric ? label_number(categories->kind, categories->labels[i]) : i + 1;
		categories->finite &= isfinite(categories->x[i]) != 0;
	}
	if (categories->finite)
		scale_large(categories);
	return place;
}

/* ----------------------------------------------------------------------- agreement ---- */

uint32
cell_count(int64 count)
{
	if (count > PG_UINT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a unit was given one label " INT64_FORMAT " times", count),
						errdetail("At most %u can be compared.", PG_UINT32_MAX),
						errhint("Group labels by the unit that was labelled.")));
	return (uint32) count;
}

/* What the patterns say together. */
void
ratings_count(Ratings *ratings)
{
	ratings->units = ratings->units_pairable = ratings->labels = ratings->most_labels = 0;
	for (int i = 0; i < ratings->npatterns; i++)
	{
		const UnitPattern *pattern = &ratings->patterns[i];

		if (pattern->labels >= 1)
			ratings->units += pattern->units;
		if (pattern->labels >= 2)
			ratings->units_pairable += pattern->units;
		ratings->labels += pattern->labels * pattern->units;
		ratings->most_labels = fmax(ratings->most_labels, pattern->labels);
	}
}

static int
count_cells(const TallyEntry *entry)
{
	int n = 0;
	LabelEntry cell;

	for (const char *at = entry->key; at < entry->key + entry->size; n++)
		at = label_entry_load(at, &cell);
	return n;
}

static void
open_pattern(Ratings *ratings, UnitPattern *pattern, const TallyEntry *entry)
{
	pattern->units = entry->count;
	for (const char *at = entry->key; at < entry->key + entry->size; pattern->ncells++)
	{
		LabelEntry label;

		at = label_entry_load(at, &label);
		ratings->cells[pattern->first + pattern->ncells] =
			(Cell){.category = category_of(&ratings->categories, label.label),
				   .count = cell_count(label.count)};
		pattern->labels += label.count;
	}
}

Ratings
ratings_of_agreement(Datum agreement, const DeclaredCategories *declared)
{
	TallyScan scan = tally_scan(agreement, TALLY_AGREEMENT);
	TallyScan again = scan;
	Ratings ratings = {0};
	TallyEntry entry;
	Size ncells = 0;
	int *place;

	while (tally_next(&scan, &entry))
	{
		ratings.npatterns++;
		ncells += count_cells(&entry);
	}
	ratings.patterns = MemoryContextAllocExtended(CurrentMemoryContext,
												  Max(ratings.npatterns, 1) * sizeof(UnitPattern),
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	ratings.cells = palloc_extended(Max(ncells, 1) * sizeof(Cell), MCXT_ALLOC_HUGE);
	categories_begin(&ratings.categories, scan.kind, declared);
	ncells = 0;
	for (int i = 0; tally_next(&again, &entry); i++)
	{
		CHECK_FOR_INTERRUPTS();
		ratings.patterns[i].first = (int) ncells;
		open_pattern(&ratings, &ratings.patterns[i], &entry);
		ncells += ratings.patterns[i].ncells;
	}
	place = categories_finish(&ratings.categories);
	for (Size i = 0; i < ncells; i++)
		ratings.cells[i].category = place[ratings.cells[i].category];
	ratings_count(&ratings);
	return ratings;
}
