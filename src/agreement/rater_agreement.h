/*
 * rater_agreement.h: who gave which label to which unit, opened for reading.
 */
#ifndef AIDATAOPS_AGREEMENT_RATER_AGREEMENT_H
#define AIDATAOPS_AGREEMENT_RATER_AGREEMENT_H

#include "agreement/options.h"

/* What to do when a rater labelled a unit more than once. */
typedef enum Duplicates
{
	DUPLICATES_ERROR,
	DUPLICATES_FIRST, /* by time */
	DUPLICATES_LAST,
	DUPLICATES_COUNT
} Duplicates;

typedef struct RaterLabel
{
	int unit;
	int rater;
	int category;
	int64 count;
	double share; /* of what this rater gave this unit */
} RaterLabel;

/* Labels are sorted by unit and then by rater. */
typedef struct RaterRatings
{
	Ratings ratings;   /* a pattern is a unit */
	Categories raters; /* numbered like categories */
	Label *units;
	int nlabels;
	RaterLabel *labels;
	int *unit_start; /* of the labels of each unit, and the end */
} RaterRatings;

extern Duplicates option_duplicates(FunctionCallInfo fcinfo, int argument);
extern RaterRatings rater_ratings_open(Datum value, const DeclaredCategories *declared,
									   Duplicates duplicates);
extern char *rater_name(const RaterRatings *r, int rater);
extern char *unit_name(const RaterRatings *r, int unit);

#endif
