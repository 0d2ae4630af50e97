/*
 * values.c: what readers of profiles share: counts, bounds of buckets, ranks, numbers as text.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/distinct.h"
#include "mb/pg_wchar.h"
#include "profile/profile.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#define SECONDS_FROM_1970_TO_2000                                                                  \
	((double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

int64
profile_num_rows(const Profile *profile)
{
	return profile_num_values(profile) + profile->nulls;
}

int64
profile_num_values(const Profile *profile)
{
	return profile_num_ordered(profile) + profile->nans;
}

int64
profile_num_ordered(const Profile *profile)
{
	return profile->counted + profile->negative_infinities + profile->positive_infinities;
}

int64
profile_num_distinct(const Profile *profile)
{
	int64 special = (profile->nans > 0) + (profile->negative_infinities > 0) +
					(profile->positive_infinities > 0);

	if (profile->shift == 0)
		return profile->nbuckets + special;
	/* an estimate may be beyond what there can be */
	return Min((int64) rint(distinct_estimate(profile->registers)), profile->counted) + special;
}

/* ------------------------------------------------------------------ units of numbers ---- */

double
profile_scale(const Profile *profile)
{
	switch (profile_family(profile->kind))
	{
		case FAMILY_INSTANT:
		case FAMILY_TIME:
			return 1e-6;
		default:
			return 1;
	}
}

/* As extract(epoch) rounds: whole seconds are exact, so that only the last addition rounds. */
static double
seconds_since_1970(double microseconds)
{
	double rest = isinf(microseconds) ? 0 : fmod(microseconds, USECS_PER_SEC);

	return (microseconds - rest) / USECS_PER_SEC + SECONDS_FROM_1970_TO_2000 + rest / USECS_PER_SEC;
}

double
profile_to_sql(const Profile *profile, double number)
{
	switch (profile_family(profile->kind))
	{
		case FAMILY_INSTANT:
			return seconds_since_1970(number);
		case FAMILY_TIME:
			return number / USECS_PER_SEC;
		default:
			return number;
	}
}

/*
 * The greatest number that is no more than x in SQL: seconds have fewer digits than microseconds, so
 * several of these may be one x, and x taken from a value must not fall short of it.
 */
static double
last_number_at(const Profile *profile, double estimate, double x)
{
	double number = floor(estimate);

	while (profile_to_sql(profile, number) > x)
		number = floor(nextafter(number, -INFINITY));
	for (;;)
	{
		double next = ceil(nextafter(number, INFINITY));

		if (!(profile_to_sql(profile, next) <= x))
			return number;
		number = next;
	}
}

double
profile_from_sql(const Profile *profile, double number)
{
	double offset = profile_family(profile->kind) == FAMILY_INSTANT ? SECONDS_FROM_1970_TO_2000 : 0;

	if (profile_scale(profile) == 1 || !isfinite(number * USECS_PER_SEC))
		return number;
	return last_number_at(profile, (number - offset) * USECS_PER_SEC, number);
}

/* -------------------------------------------------------------------------- buckets ---- */

static bool
is_integral(const Profile *profile)
{
	return profile->kind == PROFILE_INTEGER || profile_family(profile->kind) == FAMILY_TIME ||
		   profile_family(profile->kind) == FAMILY_INSTANT;
}

double
profile_bucket_lower(const Profile *profile, int bucket)
{
	double lower = radix_value(profile->buckets[bucket].key << profile->shift);

	if (is_integral(profile))
		lower = ceil(lower);
	/* the first and last bits of what can be in a bucket at the end are no number but NaN */
	return !(lower > profile->min.number) ? profile->min.number : lower;
}

double
profile_bucket_upper(const Profile *profile, int bucket)
{
	uint64 dropped = (UINT64CONST(1) << profile->shift) - 1;
	double upper = radix_value((profile->buckets[bucket].key << profile->shift) | dropped);

	if (is_integral(profile))
		upper = floor(upper);
	return !(upper < profile->max.number) ? profile->max.number : upper;
}

/* ------------------------------------------------------------------------------ ranks ---- */

double
profile_quantile(const Profile *profile, double p)
{
	int64 n = profile_num_ordered(profile);
	/* the rank of percentile_disc() */
	int64 rank = (int64) Min(Max(ceil(p * (double) n), 1.0), (double) n);
	int64 before = profile->negative_infinities;

	if (rank <= before)
		return -get_float8_infinity();
	for (int i = 0; i < profile->nbuckets; i++)
	{
		int64 count = profile->buckets[i].count;

		if (rank <= before + count)
		{
			double lower = profile_bucket_lower(profile, i);
			double upper = profile_bucket_upper(profile, i);

			/* values are taken to be spread evenly over what their bucket can hold */
			return lower + (upper - lower) * (((double) (rank - before) - 0.5) / (double) count);
		}
		before += count;
	}
	return get_float8_infinity();
}

double
profile_cdf(const Profile *profile, double x, bool *exact)
{
	double below = (double) profile->negative_infinities;

	*exact = true;
	for (int i = 0; i < profile->nbuckets; i++)
	{
		double lower = profile_bucket_lower(profile, i);
		double upper = profile_bucket_upper(profile, i);
		double count = (double) profile->buckets[i].count;

		if (x < lower)
			break;
		if (x >= upper)
		{
			below += count;
			continue;
		}
		*exact = false;
		below += count * ((x - lower) / (upper - lower));
		break;
	}
	if (isinf(x) && x > 0)
		below += (double) profile->positive_infinities;
	return below / (double) profile_num_ordered(profile);
}

bool
profile_mean(const Profile *profile, double *mean)
{
	if (profile_is_category(profile) || profile->counted == 0)
		return false;
	*mean = exact_sum_mean(&profile->moments, profile->counted);
	return true;
}

bool
profile_mean_difference(const Profile *reference, const Profile *current, double *difference)
{
	if (profile_is_category(reference) || profile_is_category(current) || reference->counted == 0 ||
		current->counted == 0)
		return false;
	*difference = exact_sum_mean_difference(&reference->moments, reference->counted,
											&current->moments, current->counted);
	return true;
}

bool
profile_stddev(const Profile *profile, double *stddev)
{
	if (profile_is_category(profile) || profile->counted < 2)
		return false;
	*stddev = exact_sum_stddev(&profile->moments, profile->counted);
	return isfinite(*stddev);
}

/*
 * The middle of what a bucket can hold stands for its values, as a share of the range from the least
 * value to the greatest: differences then lose no digits to the offset, and no power overflows.
 */
static double
bucket_position(const Profile *profile, int bucket)
{
	double min = profile->min.number / 2;
	double range = profile->max.number / 2 - min;
	double lower = profile_bucket_lower(profile, bucket) / 2 - min;
	double upper = profile_bucket_upper(profile, bucket) / 2 - min;

	return (lower / 2 + upper / 2) / range;
}

/*
 * The order-th central moment over the standard deviation to that power, of the population; false
 * if there is no spread.
 */
bool
profile_standardised_moment(const Profile *profile, int order, double *moment)
{
	double n = (double) profile->counted;
	double mean = 0;
	double variance = 0;
	double sum = 0;

	if (profile_is_category(profile) || profile->counted == 0 ||
		profile->min.number == profile->max.number)
		return false;
	for (int i = 0; i < profile->nbuckets; i++)
		mean += (double) profile->buckets[i].count / n * bucket_position(profile, i);
	for (int i = 0; i < profile->nbuckets; i++)
	{
		double share = (double) profile->buckets[i].count / n;
		double d = bucket_position(profile, i) - mean;

		variance += share * d * d;
		sum += share * (order == 3 ? d * d * d : d * d * d * d);
	}
	*moment = sum / (order == 3 ? variance * sqrt(variance) : variance * variance);
	return isfinite(*moment);
}

double
embedding_mean(const Profile *profile, int component)
{
	return (double) profile->components[component].sum / (double) profile->counted /
		   EMBEDDING_SCALE;
}

/* The sums are integers, so the subtraction that would lose digits is done in integers. */
double
embedding_variance(const Profile *profile, int component)
{
	const Component *c = &profile->components[component];
	int128 n = profile->counted;
	int128 mean = c->sum / n;
	int128 rest = c->sum % n;
	/* sum (x - mean)^2, where mean is rounded: squares - 2 mean sum + n mean^2 */
	int128 about = c->squares - mean * (c->sum + rest);
	double spread = (double) about - (double) rest * (double) rest / (double) n;

	return Max(spread, 0) / (double) (n - 1) / EMBEDDING_SCALE / EMBEDDING_SCALE;
}

/* ------------------------------------------------------------------------------- text ---- */

static char *
instant_text(ProfileKind kind, double microseconds)
{
	/* rounding may leave the range of the type by a little */
	Timestamp timestamp = (Timestamp) Min(Max(rint(microseconds), (double) MIN_TIMESTAMP),
										  (double) END_TIMESTAMP - 1e6);

	if (isinf(microseconds))
		return pstrdup(microseconds > 0 ? "infinity" : "-infinity");
	switch (kind)
	{
		case PROFILE_DATE:
			return DatumGetCString(DirectFunctionCall1(
				date_out, DateADTGetDatum((DateADT) floor(microseconds / USECS_PER_DAY))));
		case PROFILE_TIMESTAMP:
			return DatumGetCString(
				DirectFunctionCall1(timestamp_out, TimestampGetDatum(timestamp)));
		default:
			return DatumGetCString(
				DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(timestamp)));
	}
}

char *
profile_number_text(const Profile *profile, double number)
{
	switch (profile_family(profile->kind))
	{
		case FAMILY_INSTANT:
			return instant_text(profile->kind, number);
		case FAMILY_TIME:
			return DatumGetCString(
				DirectFunctionCall1(time_out, TimeADTGetDatum((TimeADT) rint(number))));
		default:
			break;
	}
	if (profile->kind == PROFILE_INTEGER && fabs(number) < 1e18 && number == rint(number))
		return psprintf("%.0f", number);
	if (profile->kind == PROFILE_FLOAT4)
		return DatumGetCString(DirectFunctionCall1(float4out, Float4GetDatum((float4) number)));
	return float8out_internal(number);
}

/* Six digits are what a person reads. */
char *
profile_short_text(const Profile *profile, double number)
{
	switch (profile_family(profile->kind))
	{
		case FAMILY_INSTANT:
		case FAMILY_TIME:
			return profile_number_text(profile, number);
		default:
			if (isinf(number))
				return float8out_internal(number);
			if (fabs(number) < 1e15 && number == rint(number))
				return psprintf("%.0f", number);
			return psprintf("%.6g", number);
	}
}

char *
profile_extreme_text(const Profile *profile, const ProfileExtreme *extreme)
{
	switch (profile->kind)
	{
		case PROFILE_INTEGER:
			return psprintf(INT64_FORMAT, extreme->integer);
		case PROFILE_NUMERIC:
			if (extreme->numeric.kept)
				return kept_numeric_text(&extreme->numeric);
			break;
		case PROFILE_DATE:
			return DatumGetCString(
				DirectFunctionCall1(date_out, DateADTGetDatum((DateADT) extreme->integer)));
		case PROFILE_TIME:
			return DatumGetCString(
				DirectFunctionCall1(time_out, TimeADTGetDatum(extreme->integer)));
		case PROFILE_TIMESTAMP:
			return DatumGetCString(
				DirectFunctionCall1(timestamp_out, TimestampGetDatum(extreme->integer)));
		case PROFILE_TIMESTAMPTZ:
			return DatumGetCString(
				DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(extreme->integer)));
		default:
			break;
	}
	return profile_number_text(profile, extreme->number);
}

char *
profile_label_text(const ProfileLabel *label)
{
	char *utf8 = pnstrdup(label->text, label->size);
	char *text = pg_any_to_server(utf8, label->size, PG_UTF8);

	return label->cut ? psprintf("%s...", text) : text;
}
