/*
 * profile.h: the type profile, a summary of the distribution of one column.
 *
 * A datum of the type has one of two layouts, told apart by its first byte: the stored one
 * (docs/profile.md, profile_io.c), which is canonical, and the working state of an aggregate
 * (state.h). Everybody else reads the decoded form below, which both can be turned into.
 */
#ifndef AIDATAOPS_PROFILE_H
#define AIDATAOPS_PROFILE_H

#include "core/distinct.h"
#include "core/exact_sum.h"
#include "core/numeric_view.h"
#include "core/radix.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

/* A stored layout's number. */
#define PROFILE_VERSION 1

/* What was profiled. The numbers are stored. */
typedef enum ProfileKind
{
	PROFILE_INTEGER = 1,
	PROFILE_FLOAT4 = 2,
	PROFILE_FLOAT8 = 3,
	PROFILE_NUMERIC = 4,
	PROFILE_DATE = 5,
	PROFILE_TIME = 6,
	PROFILE_TIMESTAMP = 7,
	PROFILE_TIMESTAMPTZ = 8,
	PROFILE_TEXT = 16,
	PROFILE_BOOL = 17,
	PROFILE_UUID = 18,
	PROFILE_BYTEA = 19,
	PROFILE_JSONB = 20,
	PROFILE_EMBEDDING = 32
} ProfileKind;

/* Kinds within a family can be compared with each other. */
typedef enum ProfileFamily
{
	FAMILY_NUMBER,
	FAMILY_INSTANT,
	FAMILY_TIME,
	FAMILY_CATEGORY,
	FAMILY_EMBEDDING
} ProfileFamily;

/* Some integer is beyond 2^53, so that it was counted as the nearest double. */
#define PROFILE_ROUNDED 0x01

/* Embeddings of different dimensions, or of too many, have no mean vector in common: norms are kept. */
#define PROFILE_NORMS_ONLY 0x02

/* Labels of categories, all while each category has a bucket; see shorten_labels() in state.c. */
#define LABEL_MAX    64
#define LABEL_MIN    16
#define LABEL_BUDGET (LABEL_MIN * RADIX_MAX_BUCKETS)

typedef struct ProfileLabel
{
	const char *text; /* UTF-8, not terminated */
	uint8 size;
	bool cut; /* there was more */
} ProfileLabel;

/* The digits of a numeric, base 10000, as far as they are kept: see numeric_view.h. */
#define NUMERIC_KEPT_DIGITS 28

typedef struct KeptNumeric
{
	bool kept; /* else there were too many digits, and only the double is known */
	bool negative;
	int16 weight;
	uint8 ndigits;
	int16 digits[NUMERIC_KEPT_DIGITS];
} KeptNumeric;

/* The least or the greatest finite value, exact in the type that was profiled. */
typedef struct ProfileExtreme
{
	double number; /* as it was counted */
	int64 integer; /* integer kinds and times: the value; else 0 */
	KeptNumeric numeric;
} ProfileExtreme;

/*
 * Embeddings: sums of components and of their squares in fixed point. Vectors with a component
 * beyond EMBEDDING_LIMIT are counted as NaN, which bounds the sums of as many vectors as there may be.
 */
#define EMBEDDING_SCALE         4294967296.0 /* 2^32 */
#define EMBEDDING_LIMIT         65536.0
#define EMBEDDING_MAX_DIMENSION 16384
#define EMBEDDING_MAX_VECTORS   PG_INT32_MAX


typedef struct Component
{
	int128 sum;     /* of x 2^32, rounded */
	int128 squares; /* of the squares of those */
} Component;

/* The decoded form. Invariant: what profile_check() in profile_io.c checks. */
typedef struct Profile
{
	ProfileKind kind;
	uint8 flags;
	uint8 shift; /* bits dropped from keys; 0: the distribution is known exactly */
	int64 nulls;
	int64 nans;
	int64 negative_infinities;
	int64 positive_infinities;
	int64 zeroes;
	int64 counted; /* in buckets: finite numbers, categories, norms of embeddings */

	int nbuckets;
	RadixSlot *buckets;   /* ascending */
	ProfileLabel *labels; /* of each bucket; NULL if not of a category or shift > 0 */
	int label_size;       /* longer ones are cut */

	ProfileExtreme min; /* if counted > 0, of other kinds than categories */
	ProfileExtreme max;
	ExactSum moments;
	const uint8 *registers; /* NULL while shift is 0 */

	int dimension; /* of embeddings; 0 while there are none, and with PROFILE_NORMS_ONLY */
	Component *components;
} Profile;

/* Detoasts and decodes; raises for a datum that is damaged. */
extern Profile *profile_of_datum(Datum datum);
#define PG_GETARG_PROFILE_P(n) profile_of_datum(PG_GETARG_DATUM(n))

/* The stored layout. */
extern struct varlena *profile_pack(const Profile *profile);
#define PG_RETURN_PROFILE_P(p) PG_RETURN_POINTER(profile_pack(p))

/* The datum as it is stored: itself, unless it is a working state. */
extern struct varlena *profile_stored(Datum datum);

extern const char *profile_kind_name(ProfileKind kind);
extern ProfileFamily profile_family(ProfileKind kind);

/* numeric.c */
extern double numeric_nearest_double(const NumericView *view);
extern void kept_numeric_set(KeptNumeric *kept, const NumericView *view);
extern double kept_numeric_double(const KeptNumeric *kept);
extern int kept_numeric_compare(const KeptNumeric *a, const KeptNumeric *b);
extern char *kept_numeric_text(const KeptNumeric *kept);

/* By number, then by what is known beyond it: an order in which equal extremes are identical. */
extern int profile_extreme_compare(const ProfileExtreme *a, const ProfileExtreme *b);

/* -- what readers share, values.c -- */

/* Everything that is not NULL; and what has an order: not NaN. */
extern int64 profile_num_rows(const Profile *profile);
extern int64 profile_num_values(const Profile *profile);
extern int64 profile_num_ordered(const Profile *profile);

/* Distinct values other than NULL; exact while shift is 0. */
extern int64 profile_num_distinct(const Profile *profile);

static inline bool
profile_is_category(const Profile *profile)
{
	return profile_family(profile->kind) == FAMILY_CATEGORY;
}

/* The values that a bucket can hold, lower <= x <= upper, no wider than the extremes. */
extern double profile_bucket_lower(const Profile *profile, int bucket);
extern double profile_bucket_upper(const Profile *profile, int bucket);

/*
 * Numbers as SQL sees them: dates and timestamps are seconds since 1970, times since midnight,
 * everything else is itself. A scale converts differences.
 */
extern double profile_scale(const Profile *profile);
extern double profile_to_sql(const Profile *profile, double number);
extern double profile_from_sql(const Profile *profile, double number);

/* As the source type prints it. */
extern char *profile_number_text(const Profile *profile, double number);
/* The same in six digits. */
extern char *profile_short_text(const Profile *profile, double number);
extern char *profile_extreme_text(const Profile *profile, const ProfileExtreme *extreme);
/* Label in the database's encoding; "..." after one that was cut. */
extern char *profile_label_text(const ProfileLabel *label);

/* Share of the ordered values that are <= x; *exact says whether x falls between buckets. */
extern double profile_cdf(const Profile *profile, double x, bool *exact);
/* The value below or at which a share p lies; there must be an ordered value. */
extern double profile_quantile(const Profile *profile, double p);

/* Are they embeddings, and of one dimension, as far as there are any? */
static inline bool
profile_has_components(const Profile *profile)
{
	return profile->kind == PROFILE_EMBEDDING && (profile->flags & PROFILE_NORMS_ONLY) == 0;
}

/* Of one component; there must be one embedding, or two. */
extern double embedding_mean(const Profile *profile, int component);
extern double embedding_variance(const Profile *profile, int component);

/* False without values: then there is no such number. */
extern bool profile_mean(const Profile *profile, double *mean);
extern bool profile_stddev(const Profile *profile, double *stddev);
/* The mean of current minus that of reference, not of two means that were rounded. */
extern bool profile_mean_difference(const Profile *reference, const Profile *current,
									double *difference);
/* order 3: skewness, 4: kurtosis, of the population; false without spread. */
extern bool profile_standardised_moment(const Profile *profile, int order, double *moment);

#endif
