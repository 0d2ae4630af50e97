/*
 * weights.c: agreement weights, without a matrix where that can be.
 *
 * Coefficients need a weight here and there, and the product of all weights with a vector. For
 * identity, linear and quadratic weights that takes a pass over the categories, so a million
 * different values of a continuous label are no more than a million.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/weights.h"
#include "math/special.h"
#include "miscadmin.h"

static const char *const scheme_names[] = {"identity", "linear",  "quadratic",
										   "ordinal",  "radical", "ratio",
										   "circular", "bipolar", "matrix"};

bool
weight_scheme_by_name(const char *name, WeightScheme *scheme)
{
	for (int i = 0; i < WEIGHTS_MATRIX; i++)
		if (strcmp(name, scheme_names[i]) == 0)
		{
			*scheme = (WeightScheme) i;
			return true;
		}
	return false;
}

const char *
weight_scheme_name(WeightScheme scheme)
{
	return scheme_names[scheme];
}

bool
weight_scheme_is_fast(WeightScheme scheme)
{
	return scheme == WEIGHTS_IDENTITY || scheme == WEIGHTS_LINEAR || scheme == WEIGHTS_QUADRATIC;
}

/* How different two values are, before it is divided by the scale. */
static double
difference(const Weights *weights, int k, int l)
{
	double x = weights->x[k];
	double y = weights->x[l];
	double d = fabs(x - y);
	double steps = abs(k - l);

	if (k == l)
		return 0;
	switch (weights->scheme)
	{
		case WEIGHTS_LINEAR:
			return d;
		case WEIGHTS_QUADRATIC:
			/* in units of the range, so that squares stay in range */
			return (d / weights->range) * (d / weights->range);
		case WEIGHTS_ORDINAL:
			return steps * (steps + 1) / 2;
		case WEIGHTS_RADICAL:
			return sqrt(d);
		case WEIGHTS_RATIO:
			return (d / (x + y)) * (d / (x + y));
		case WEIGHTS_CIRCULAR:
		{
			double sine = sin(MATH_PI * d / (weights->range + 1));

			return sine * sine;
		}
		case WEIGHTS_BIPOLAR:
		{
			double from_min = (x - weights->min) + (y - weights->min);

			return d / from_min * (d / (2 * weights->range - from_min));
		}
		default:
			return 1;
	}
}

/* The greatest difference of any two categories. */
static double
greatest_difference(const Weights *weights)
{
	double greatest = 0;

	for (int k = 0; k < weights->q; k++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int l = 0; l < k; l++)
			greatest = fmax(greatest, difference(weights, k, l));
	}
	return greatest;
}

Weights
weights_make(WeightScheme scheme, int q, const double *x)
{
	Weights weights = {.scheme = scheme, .q = q, .x = x, .scale = 1};

	/* one category agrees with itself by any weights */
	if (q < 2)
		weights.scheme = WEIGHTS_IDENTITY;
	if (weights.scheme == WEIGHTS_IDENTITY)
		return weights;
	weights.min = x[0];
	weights.range = x[q - 1] - x[0];
	/* the differences of these grow with the distance; of the others the greatest must be looked for */
	if (scheme == WEIGHTS_CIRCULAR || scheme == WEIGHTS_BIPOLAR)
		weights.scale = greatest_difference(&weights);
	else
		weights.scale = difference(&weights, 0, q - 1);
	return weights;
}

Weights
weights_of_matrix(int q, const double *matrix)
{
	return (Weights){.scheme = WEIGHTS_MATRIX, .q = q, .matrix = matrix};
}

double
weight(const Weights *weights, int k, int l)
{
	if (k == l)
		return 1;
	if (weights->scheme == WEIGHTS_IDENTITY)
		return 0;
	if (weights->scheme == WEIGHTS_MATRIX)
		return weights->matrix[(Size) k * weights->q + l];
	return 1 - difference(weights, k, l) / weights->scale;
}

/* 1 - ((x - y) / range)^2, multiplied out around the middle of the range. */
static void
apply_quadratic(const Weights *weights, const double *v, double *result)
{
	double middle = weights->min + weights->range / 2;
	double sum = 0;
	double first = 0;
	double second = 0;

	for (int k = 0; k < weights->q; k++)
	{
		double z = (weights->x[k] - middle) / weights->range;

		sum += v[k];
		first += v[k] * z;
		second += v[k] * z * z;
	}
	for (int k = 0; k < weights->q; k++)
	{
		double z = (weights->x[k] - middle) / weights->range;

		result[k] = sum * (1 - z * z) + 2 * z * first - second;
	}
}

/* Since x ascends, what lies below and above each is known from running sums. */
static void
apply_linear(const Weights *weights, const double *v, double *result)
{
	double below = 0;
	double sum = 0;

	for (int k = 0; k < weights->q; k++)
	{
		if (k > 0)
			below += sum * (weights->x[k] - weights->x[k - 1]) / weights->range;
		sum += v[k];
		result[k] = below;
	}
	below = sum = 0;
	for (int k = weights->q - 1; k >= 0; k--)
	{
		if (k < weights->q - 1)
			below += sum * (weights->x[k + 1] - weights->x[k]) / weights->range;
		sum += v[k];
		result[k] += below;
	}
	for (int k = 0; k < weights->q; k++)
		result[k] = sum - result[k];
}

/* result[k] = sum over l of weight(k, l) v[l] */
void
weights_apply(const Weights *weights, const double *v, double *result)
{
	if (weights->scheme == WEIGHTS_IDENTITY)
	{
		memcpy(result, v, weights->q * sizeof(double));
		return;
	}
	if (weights->scheme == WEIGHTS_QUADRATIC)
	{
		apply_quadratic(weights, v, result);
		return;
	}
	if (weights->scheme == WEIGHTS_LINEAR)
	{
		apply_linear(weights, v, result);
		return;
	}
	for (int k = 0; k < weights->q; k++)
	{
		CHECK_FOR_INTERRUPTS();
		result[k] = 0;
		for (int l = 0; l < weights->q; l++)
			result[k] += weight(weights, k, l) * v[l];
	}
}

/* Of all weights. */
double
weights_sum(const Weights *weights)
{
	double *ones;
	double *sums;
	double sum = 0;

	if (weights->scheme == WEIGHTS_IDENTITY)
		return weights->q;
	ones = palloc_extended(weights->q * sizeof(double), MCXT_ALLOC_HUGE);
	sums = palloc_extended(weights->q * sizeof(double), MCXT_ALLOC_HUGE);
	for (int k = 0; k < weights->q; k++)
		ones[k] = 1;
	weights_apply(weights, ones, sums);
	for (int k = 0; k < weights->q; k++)
		sum += sums[k];
	pfree(ones);
	pfree(sums);
	return sum;
}
