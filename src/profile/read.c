/*
 * read.c: the readers of a profile that return one value.
 *
 * What a profile of this kind does not have (the mean of a text) is NULL and not an error, so that
 * one query reads the profiles of all columns of a table.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "profile/profile.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(profile_kind);
Datum
profile_kind(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(profile_kind_name(PG_GETARG_PROFILE_P(0)->kind)));
}

PG_FUNCTION_INFO_V1(profile_read_num_rows);
Datum
profile_read_num_rows(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(profile_num_rows(PG_GETARG_PROFILE_P(0)));
}

PG_FUNCTION_INFO_V1(profile_read_num_nulls);
Datum
profile_read_num_nulls(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_PROFILE_P(0)->nulls);
}

PG_FUNCTION_INFO_V1(profile_read_num_values);
Datum
profile_read_num_values(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(profile_num_values(PG_GETARG_PROFILE_P(0)));
}

PG_FUNCTION_INFO_V1(profile_read_num_nans);
Datum
profile_read_num_nans(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_PROFILE_P(0)->nans);
}

PG_FUNCTION_INFO_V1(profile_read_null_fraction);
Datum
profile_read_null_fraction(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	int64 rows = profile_num_rows(profile);

	if (rows == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) profile->nulls / (double) rows);
}

PG_FUNCTION_INFO_V1(profile_read_approx_distinct);
Datum
profile_read_approx_distinct(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);

	if (profile->kind == PROFILE_EMBEDDING)
		PG_RETURN_NULL();
	PG_RETURN_INT64(profile_num_distinct(profile));
}

PG_FUNCTION_INFO_V1(profile_read_is_exact);
Datum
profile_read_is_exact(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_PROFILE_P(0)->shift == 0);
}

/* ---------------------------------------------------------------------------- numbers ---- */

/* No numbers to read? */
static bool
has_no_numbers(const Profile *profile)
{
	return profile_is_category(profile) || profile->counted == 0;
}

PG_FUNCTION_INFO_V1(profile_read_min_value);
Datum
profile_read_min_value(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);

	if (has_no_numbers(profile))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(profile_extreme_text(profile, &profile->min)));
}

PG_FUNCTION_INFO_V1(profile_read_max_value);
Datum
profile_read_max_value(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);

	if (has_no_numbers(profile))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(profile_extreme_text(profile, &profile->max)));
}

PG_FUNCTION_INFO_V1(profile_read_mean);
Datum
profile_read_mean(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double value;

	if (!profile_mean(profile, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(profile_to_sql(profile, value));
}

PG_FUNCTION_INFO_V1(profile_read_stddev);
Datum
profile_read_stddev(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double value;

	if (!profile_stddev(profile, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value * profile_scale(profile));
}

PG_FUNCTION_INFO_V1(profile_read_skewness);
Datum
profile_read_skewness(PG_FUNCTION_ARGS)
{
	double value;

	if (!profile_standardised_moment(PG_GETARG_PROFILE_P(0), 3, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

PG_FUNCTION_INFO_V1(profile_read_kurtosis);
Datum
profile_read_kurtosis(PG_FUNCTION_ARGS)
{
	double value;

	if (!profile_standardised_moment(PG_GETARG_PROFILE_P(0), 4, &value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value - 3);
}

PG_FUNCTION_INFO_V1(profile_read_quantile);
Datum
profile_read_quantile(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double p = PG_GETARG_FLOAT8(1);

	if (!(p >= 0 && p <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("share %s of quantile() is not between 0 and 1", float8out_internal(p)),
				 errhint("The median is quantile(profile, 0.5).")));
	if (profile_is_category(profile) || profile_num_ordered(profile) == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(profile_to_sql(profile, profile_quantile(profile, p)));
}

PG_FUNCTION_INFO_V1(profile_read_cdf);
Datum
profile_read_cdf(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double x = PG_GETARG_FLOAT8(1);
	bool exact;

	if (isnan(x) || profile_is_category(profile) || profile_num_ordered(profile) == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(profile_cdf(profile, profile_from_sql(profile, x), &exact));
}

/* ------------------------------------------------------------------------- embeddings ---- */

PG_FUNCTION_INFO_V1(profile_read_dimension);
Datum
profile_read_dimension(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);

	if (profile->dimension == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(profile->dimension);
}

static Datum
float8_array(const double *values, int n)
{
	Datum *datums = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		datums[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(
		construct_array(datums, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(profile_read_mean_vector);
Datum
profile_read_mean_vector(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double *values;

	if (profile->dimension == 0 || profile->counted == 0)
		PG_RETURN_NULL();
	values = palloc(profile->dimension * sizeof(double));
	for (int i = 0; i < profile->dimension; i++)
		values[i] = embedding_mean(profile, i);
	PG_RETURN_DATUM(float8_array(values, profile->dimension));
}

PG_FUNCTION_INFO_V1(profile_read_variance_vector);
Datum
profile_read_variance_vector(PG_FUNCTION_ARGS)
{
	Profile *profile = PG_GETARG_PROFILE_P(0);
	double *values;

	if (profile->dimension == 0 || profile->counted < 2)
		PG_RETURN_NULL();
	values = palloc(profile->dimension * sizeof(double));
	for (int i = 0; i < profile->dimension; i++)
		values[i] = embedding_variance(profile, i);
	PG_RETURN_DATUM(float8_array(values, profile->dimension));
}
