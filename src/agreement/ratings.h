/*
 * ratings.h: a summary opened for reading: categories are numbered, units have cells.
 */
#ifndef AIDATAOPS_AGREEMENT_RATINGS_H
#define AIDATAOPS_AGREEMENT_RATINGS_H

#include "agreement/label.h"
#include "fmgr.h"

/* The categories that there are, in their order. */
typedef struct Categories
{
	LabelKind kind;
	int n;
	Label *labels;
	double *x;     /* what they stand for: numbers for themselves, others for their rank from 1 */
	bool ordered;  /* is the order known? */
	bool finite;   /* are all x? */
	bool observed; /* taken from the data rather than declared */
	struct LabelIndex *index;
} Categories;

/* Small, because there may be as many as there are labels. */
typedef struct Cell
{
	int category;
	uint32 count;
} Cell;

/* Units with the same labels. */
typedef struct UnitPattern
{
	int64 units;
	double labels; /* of each of the units */
	int first;     /* cell */
	int ncells;
} UnitPattern;

typedef struct Ratings
{
	Categories categories;
	int npatterns;
	UnitPattern *patterns;
	Cell *cells;

	double units;          /* with labels */
	double units_pairable; /* with more than one */
	double labels;
	double most_labels; /* of one unit */
} Ratings;

/* Categories as a caller gave them. n is -1 if they are to be observed. */
typedef struct DeclaredCategories
{
	int n;
	char **names;
} DeclaredCategories;

/* Numbers labels: as declared, or as they come until categories_finish() sorts them. */
extern void categories_begin(Categories *categories, LabelKind kind,
							 const DeclaredCategories *declared);
extern int category_of(Categories *categories, Label label);
extern int *categories_finish(Categories *categories);

extern Ratings ratings_of_agreement(Datum agreement, const DeclaredCategories *declared);
extern void ratings_count(Ratings *ratings);

/* More would be no unit; an error says so. */
extern uint32 cell_count(int64 count);

/* Sums of counts are doubles, which do not overflow; what is more than a bigint is shown as the most. */
static inline int64
whole_count(double n)
{
	return n >= (double) PG_INT64_MAX ? PG_INT64_MAX : (int64) n;
}

#endif
