/*
 * kolmogorov.h: the distributions of Kolmogorov-Smirnov statistics. Plain C; a value that does not
 * exist is NaN. All functions give P(D >= d), the p-value.
 */
#ifndef AIDATAOPS_MATH_KOLMOGOROV_H
#define AIDATAOPS_MATH_KOLMOGOROV_H

#include <stdint.h>

/* More than one equal value in the pooled, sorted samples, beginning behind `start` values */
typedef struct TieGroup
{
	int64_t start;
	int64_t length;
} TieGroup;

extern double kolmogorov_sf(double x);
extern double ks_one_sample_sf(double d, double n);
extern double ks_one_sided_sf(double d, double n);

extern double ks_equal_sizes_sf(int64_t n, int64_t h);
extern double ks_two_sample_sf(int64_t n, int64_t m, int64_t numerator, const TieGroup *ties,
							   int64_t nties);
extern double ks_two_sample_work(int64_t n, int64_t m, int64_t numerator, const TieGroup *ties,
								 int64_t nties);

#endif
