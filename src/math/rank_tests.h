/*
 * rank_tests.h: the distributions of two-sample rank statistics. Plain C; a value that does not
 * exist is NaN. Every function gives a p-value unless its name says otherwise.
 */
#ifndef AIDATAOPS_MATH_RANK_TESTS_H
#define AIDATAOPS_MATH_RANK_TESTS_H

#include <stdbool.h>
#include <stdint.h>

/* Cramer-von Mises */

/* Beyond this size of the larger sample the exact law takes long and the limit is good. */
#define CVM_EXACT_MAX 20

extern double cvm_limit_sf(double x);
extern double cvm_two_sample_statistic(double v, double n, double m);
extern double cvm_two_sample_sf(double statistic, double n, double m);
extern double cvm_two_sample_exact_sf(int n, int m, int64_t v, const int *groups, int ngroups);

/* Anderson-Darling */

typedef enum PRange
{
	P_WITHIN,  /* as given */
	P_AT_MOST, /* clipped: the true value is at most the one given */
	P_AT_LEAST /* clipped: the true value is at least the one given */
} PRange;

extern double anderson_darling_scale(const double *sizes, int k);
extern double anderson_darling_p(double standardized, int k, PRange *range);

/* Mann-Whitney */

/* Beyond this size of the smaller sample, or with ties, the normal approximation is used. */
#define MWU_EXACT_MAX 8

extern double mann_whitney_exact_p(int64_t n, int64_t m, int64_t u);
extern double mann_whitney_normal_p(double n, double m, double u, double tie_sum);

#endif
