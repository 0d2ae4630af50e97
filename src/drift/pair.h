/*
 * pair.h: two profiles side by side, bucket by bucket and bin by bin.
 *
 * The finer of two profiles is coarsened to the other, so both have the same buckets and counts at
 * their boundaries are exact. Where bins begin and end is decided by the reference alone; an edge that
 * is a boundary of buckets costs no accuracy.
 */
#ifndef AIDATAOPS_DRIFT_PAIR_H
#define AIDATAOPS_DRIFT_PAIR_H

#include "profile/profile.h"

/* A bucket of both. What it can hold is lower <= x <= upper; of categories neither is set. */
typedef struct PairBucket
{
	uint64 key;
	double lower;
	double upper;
	double reference; /* counts */
	double current;
	const ProfileLabel *label; /* NULL if unknown */
} PairBucket;

typedef struct Pair
{
	const Profile *reference;
	const Profile *current;
	uint8 shift;
	int n;
	PairBucket *buckets; /* ascending; each has values of either */
} Pair;

/* Can they be compared? The next raises if not. */
extern bool profiles_match(const Profile *reference, const Profile *current);
extern Pair pair_make(const Profile *reference, const Profile *current);

static inline bool
pair_has_order(const Pair *pair)
{
	return !profile_is_category(pair->reference);
}

/* ------------------------------------------------------------------------------- bins ---- */

typedef enum Binning
{
	BINNING_QUANTILE,    /* bins of equal mass of the reference */
	BINNING_EQUAL_WIDTH, /* of equal width over its range */
	BINNING_EVIDENTLY,   /* as Evidently 0.4 does: Sturges' rule over both samples */
	BINNING_NANNYML,     /* as NannyML 0.10 does: Doane's rule over the reference */
	BINNING_EDGES        /* as given */
} Binning;

typedef struct BinningChoice
{
	Binning binning;
	int bins;
	int nedges; /* BINNING_EDGES: as SQL sees the numbers, ascending */
	const double *edges;
} BinningChoice;

/* What a bin holds. */
typedef enum BinKind
{
	BIN_RANGE, /* lower <= x < upper, either may be infinite */
	BIN_VALUE, /* the category of a bucket, or one value */
	BIN_OUTSIDE,
	BIN_NULL,
	BIN_NAN,
	BIN_NEGATIVE_INFINITY,
	BIN_POSITIVE_INFINITY
} BinKind;

typedef struct PairBin
{
	BinKind kind;
	double lower;
	double upper;
	const PairBucket *bucket; /* BIN_VALUE */
	double reference;         /* counts, of fractions where an edge cuts a bucket */
	double current;
	bool exact; /* no edge of it cuts a bucket */
} PairBin;

typedef struct PairBins
{
	int n;
	PairBin *bins;
	double reference_total;
	double current_total;
} PairBins;

extern PairBins pair_bins(const Pair *pair, const BinningChoice *choice);

/* "[5, 20)", a label, NULL, ... */
extern char *pair_bin_text(const Pair *pair, const PairBin *bin);

#endif
