/*
 * ratings.h: the type ratings: numbers that raters gave to units.
 */
#ifndef AIDATAOPS_RATINGS_RATINGS_H
#define AIDATAOPS_RATINGS_RATINGS_H

#include "core/reader.h"
#include "fmgr.h"

#define RATINGS_LAYOUT 1

/*
 * Stored, after the varlena header, big-endian and unaligned:
 *
 *	u8 layout
 *	u32 raters, each: text
 *	u32 units, each: text, u32 ratings, each: u32 rater, f64 value
 *
 * raters and units sorted by their bytes, the ratings of a unit by rater, one for each.
 */
typedef struct Ratings
{
	uint32 nraters;
	Utf8 *raters;
	uint32 nunits;
	uint32 *counts;  /* by unit */
	double **values; /* by unit and rater; NaN where there is none */
} Ratings;

extern Ratings *ratings_read(const struct varlena *value);

/* The units that every rater rated. */
typedef struct RatingTable
{
	uint32 nunits;
	uint32 nraters;
	double **values; /* by unit, then rater */
} RatingTable;

extern RatingTable ratings_complete(const Ratings *ratings);

#define PG_GETARG_RATINGS(n) ratings_read(PG_GETARG_VARLENA_PP(n))

#endif
