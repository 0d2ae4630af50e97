/*
 * icc.c: intraclass correlation: Shrout and Fleiss (1979), with the intervals of McGraw and Wong (1996).
 *
 * All six forms come from the mean squares of a two-way analysis of variance without repetition, of the
 * units that every rater rated.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "aidataops.h"
#include "core/arguments.h"
#include "core/rows.h"
#include "math/distribution.h"
#include "math/proportion.h"
#include "ratings/ratings.h"
#include "utils/builtins.h"

typedef struct MeanSquares
{
	double n; /* units */
	double k; /* raters */
	double between;
	double within;
	double judges;
	double error;
} MeanSquares;

typedef struct IccForm
{
	double value;
	Bounds bounds;
	double f;
	double df1;
	double df2;
	double p;
} IccForm;

static const char *const form_names[6] = {"ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"};

static double *
means_of_raters(const RatingTable *table)
{
	double *means = palloc0(table->nraters * sizeof(double));

	for (uint32 i = 0; i < table->nunits; i++)
	{
		for (uint32 j = 0; j < table->nraters; j++)
			means[j] += table->values[i][j];
	}
	for (uint32 j = 0; j < table->nraters; j++)
		means[j] /= table->nunits;
	return means;
}

static double
mean_of(const double *values, uint32 n)
{
	double sum = 0;

	for (uint32 i = 0; i < n; i++)
		sum += values[i];
	return sum / n;
}

static double
largest_rating(const RatingTable *table)
{
	double largest = 0;

	for (uint32 i = 0; i < table->nunits; i++)
	{
		for (uint32 j = 0; j < table->nraters; j++)
			largest = fmax(largest, fabs(table->values[i][j]));
	}
	return largest;
}

/* By a power of two, which rounds nothing, the largest rating becomes about one. */
static void
scale_ratings(const RatingTable *table)
{
	int exponent;

	frexp(largest_rating(table), &exponent);
	for (uint32 i = 0; i < table->nunits; i++)
	{
		for (uint32 j = 0; j < table->nraters; j++)
			table->values[i][j] = ldexp(table->values[i][j], -exponent);
	}
}

/*
 * No form depends on the unit of measurement, nor on where zero is: so no square overflows, and ratings
 * around 1e15 keep the digits in which they differ.
 */
static void
normalise_ratings(const RatingTable *table)
{
	double least;

	scale_ratings(table);
	least = table->values[0][0];
	for (uint32 i = 0; i < table->nunits; i++)
	{
		for (uint32 j = 0; j < table->nraters; j++)
			least = fmin(least, table->values[i][j]);
	}
	for (uint32 i = 0; i < table->nunits; i++)
	{
		for (uint32 j = 0; j < table->nraters; j++)
			table->values[i][j] -= least;
	}
	scale_ratings(table);
}

/* A sum of squares of deviations of normalised ratings that is no more than their rounding is none. */
static double
without_noise(double squares, const RatingTable *table)
{
	double rounding = 4 * DBL_EPSILON * Max(table->nunits, table->nraters);
	double noise = rounding * rounding * table->nunits * table->nraters;

	return squares <= noise ? 0 : squares;
}

static MeanSquares
mean_squares(const RatingTable *table)
{
	MeanSquares ms = {.n = table->nunits, .k = table->nraters};
	double *raters;
	double grand;
	double between = 0;
	double judges = 0;
	double error = 0;

	normalise_ratings(table);
	raters = means_of_raters(table);
	grand = mean_of(raters, table->nraters);
	for (uint32 j = 0; j < table->nraters; j++)
		judges += ms.n * (raters[j] - grand) * (raters[j] - grand);
	for (uint32 i = 0; i < table->nunits; i++)
	{
		double unit = mean_of(table->values[i], table->nraters);

		between += ms.k * (unit - grand) * (unit - grand);
		for (uint32 j = 0; j < table->nraters; j++)
		{
			double rest = table->values[i][j] - unit - raters[j] + grand;

			error += rest * rest;
		}
	}
	between = without_noise(between, table);
	judges = without_noise(judges, table);
	error = without_noise(error, table);
	ms.between = between / (ms.n - 1);
	ms.judges = judges / (ms.k - 1);
	ms.error = error / ((ms.n - 1) * (ms.k - 1));
	ms.within = (judges + error) / (ms.n * (ms.k - 1));
	return ms;
}

/* Of the mean of k raters, from that of one (Spearman 1910, Brown 1910). */
static double
spearman_brown(double single, double k)
{
	return k * single / (1 + (k - 1) * single);
}

/* Forms 1 and 3 differ in the mean square that the one of units is compared with. */
static IccForm
simple_form(const MeanSquares *ms, double other, double df2, double tail)
{
	IccForm form = {.f = ms->between / other, .df1 = ms->n - 1, .df2 = df2};
	double low = form.f / f_upper_quantile(tail, form.df1, df2);
	double high = form.f * f_upper_quantile(tail, df2, form.df1);

	form.value = (ms->between - other) / (ms->between + (ms->k - 1) * other);
	form.bounds = (Bounds){(low - 1) / (low + ms->k - 1), (high - 1) / (high + ms->k - 1)};
	form.p = f_sf(form.f, form.df1, df2);
	return form;
}

/* Form 2: raters are a sample; the interval approximates degrees of freedom by Satterthwaite's way. */
static IccForm
random_form(const MeanSquares *ms, double tail)
{
	double n = ms->n;
	double k = ms->k;
	double b = ms->between;
	double e = ms->error;
	IccForm form = {.f = b / e, .df1 = n - 1, .df2 = (n - 1) * (k - 1)};
	double rest = k * ms->judges + (k * n - k - n) * e;
	double fj = ms->judges / e;
	double a;
	double c;
	double v;
	double upper;
	double lower;

	form.value = (b - e) / (b + (k - 1) * e + k * (ms->judges - e) / n);
	form.p = f_sf(form.f, form.df1, form.df2);
	a = k * form.value * fj;
	c = n * (1 + (k - 1) * form.value) - k * form.value;
	v = (k - 1) * (n - 1) * (a + c) * (a + c) / ((n - 1) * a * a + c * c);
	upper = f_upper_quantile(tail, n - 1, v);
	lower = f_upper_quantile(tail, v, n - 1);
	form.bounds = (Bounds){n * (b - upper * e) / (upper * rest + n * b),
						   n * (lower * b - e) / (rest + n * lower * b)};
	return form;
}

/* What divides by zero is not known; of an interval with one end, neither is. */
static void
drop_infinite(IccForm *form)
{
	if (!isfinite(form->value))
		form->value = NAN;
	if (isnan(form->value) || !isfinite(form->bounds.lower) || !isfinite(form->bounds.upper))
		form->bounds = (Bounds){NAN, NAN};
}

static IccForm
icc_of_form(const MeanSquares *ms, int which, double tail)
{
	IccForm form;

	switch (which % 3)
	{
		case 0:
			form = simple_form(ms, ms->within, ms->n * (ms->k - 1), tail);
			break;
		case 1:
			form = random_form(ms, tail);
			break;
		default:
			form = simple_form(ms, ms->error, (ms->n - 1) * (ms->k - 1), tail);
	}
	if (which >= 3)
	{
		form.value = spearman_brown(form.value, ms->k);
		form.bounds.lower = spearman_brown(form.bounds.lower, ms->k);
		form.bounds.upper = spearman_brown(form.bounds.upper, ms->k);
	}
	drop_infinite(&form);
	return form;
}

static const char *
icc_status(const RatingTable *table)
{
	if (table->nraters < 2)
		return "one_rater";
	if (table->nunits < 2)
		return "too_few_units";
	return "ok";
}

static void
emit_form(FunctionCallInfo fcinfo, const Ratings *ratings, const RatingTable *table,
		  const IccForm *form, int which)
{
	bool perfect = isinf(form->f);
	RowBuilder row = {0};
	const char *status = icc_status(table);

	if (strcmp(status, "ok") == 0 && isnan(form->value))
		status = form->f == 0 ? "equal_means" : "no_variance";
	row_add(&row, CStringGetTextDatum(form_names[which]));
	row_add_number(&row, form->value);
	row_add_number(&row, perfect ? (double) NAN : form->bounds.lower);
	row_add_number(&row, perfect ? (double) NAN : form->bounds.upper);
	row_add_number(&row, form->f);
	row_add_number(&row, form->df1);
	row_add_number(&row, form->df2);
	row_add_number(&row, form->p);
	row_add(&row, Int64GetDatum(table->nunits));
	row_add(&row, Int64GetDatum(ratings->nunits - table->nunits));
	row_add(&row, Int64GetDatum(table->nraters));
	row_add(&row, CStringGetTextDatum(status));
	row_emit(&row, fcinfo);
}

PG_FUNCTION_INFO_V1(icc_forms);
Datum
icc_forms(PG_FUNCTION_ARGS)
{
	Ratings *ratings = PG_GETARG_RATINGS(0);
	RatingTable table = ratings_complete(ratings);
	double tail = (1 - confidence_argument(fcinfo, 1)) / 2;
	MeanSquares ms = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (strcmp(icc_status(&table), "ok") == 0)
		ms = mean_squares(&table);
	for (int which = 0; which < 6; which++)
	{
		IccForm form = {NAN, {NAN, NAN}, NAN, NAN, NAN, NAN};

		if (ms.n > 0)
			form = icc_of_form(&ms, which, tail);
		emit_form(fcinfo, ratings, &table, &form, which);
	}
	return (Datum) 0;
}

static int
form_argument(FunctionCallInfo fcinfo, int n)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(n));

	for (int which = 0; which < 6; which++)
	{
		if (pg_strcasecmp(name, form_names[which]) == 0)
			return which;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown form of intraclass correlation: \"%s\"", name),
					errhint("Forms are ICC1, ICC2, ICC3, and ICC1k, ICC2k, ICC3k of means.")));
}

PG_FUNCTION_INFO_V1(icc);
Datum
icc(PG_FUNCTION_ARGS)
{
	RatingTable table = ratings_complete(PG_GETARG_RATINGS(0));
	int which = form_argument(fcinfo, 1);
	MeanSquares ms;
	double value;

	if (strcmp(icc_status(&table), "ok") != 0)
		PG_RETURN_NULL();
	ms = mean_squares(&table);
	value = icc_of_form(&ms, which, 0.025).value;
	if (isnan(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}
