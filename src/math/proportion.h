/*
 * proportion.h: intervals for proportions. Plain C; a value that does not exist is NaN.
 */
#ifndef AIDATAOPS_MATH_PROPORTION_H
#define AIDATAOPS_MATH_PROPORTION_H

#include <math.h>

typedef struct Bounds
{
	double lower;
	double upper;
} Bounds;

/*
 * Wilson's (1927) score interval for a proportion of count in total, z being the normal quantile of
 * the confidence: never outside 0 .. 1, and of use for few and for extreme counts.
 */
static inline Bounds
wilson_interval(double count, double total, double z)
{
	Bounds interval = {NAN, NAN};
	double p = count / total;
	double scale = 1 + z * z / total;
	double middle = (p + z * z / (2 * total)) / scale;
	double half = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / scale;

	if (!(total > 0))
		return interval;
	interval.lower = count <= 0 ? 0 : middle - half;
	interval.upper = count >= total ? 1 : middle + half;
	return interval;
}

#endif
