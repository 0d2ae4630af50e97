/*
 * profile_test.h: tests of whether two samples are of one distribution, from their profiles.
 */
#ifndef AIDATAOPS_DRIFT_PROFILE_TEST_H
#define AIDATAOPS_DRIFT_PROFILE_TEST_H

#include "drift/distance.h"

/* What a test says. NaN for what there is not. */
typedef struct TestResult
{
	double statistic;
	double p_value;
	double df;
	double effect;
	double n; /* reference */
	double m; /* current */
	const char *method;
	const char *status;
} TestResult;

/* Bins that have rows of either sample. */
extern int used_bins(const PairBins *bins);

extern TestResult homogeneity_test(const PairBins *bins, bool likelihood_ratio);
extern TestResult two_means_test(const Pair *pair, bool equal_variances);
extern TestResult kolmogorov_test(const Pair *pair);
/* Of values, or of the norms of embeddings; both samples have some. */
extern double kolmogorov_p_value(const Pair *pair);

#endif
