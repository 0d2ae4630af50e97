/*
 * distance.h: how far one distribution is from another. Every function returns NaN where there is no
 * such number: a sample without values, no spread to divide by, profiles of another kind.
 */
#ifndef AIDATAOPS_DRIFT_DISTANCE_H
#define AIDATAOPS_DRIFT_DISTANCE_H

#include "drift/pair.h"

/* The number of bins; raises if there may not be so few or many, since room is made for them. */
extern int checked_bins(int bins);

/* Arguments 2 and 3 of an SQL function: bins and binning. */
extern BinningChoice choice_of_arguments(FunctionCallInfo fcinfo);

/* The two samples have rows; else all that is computed of shares is NULL. */
extern bool has_samples(const PairBins *bins);

typedef double (*BinsFunction)(const PairBins *bins, Binning binning);

extern double psi_of(const PairBins *bins, Binning binning);
extern double kl_of(const PairBins *bins, Binning binning);
extern double js_of(const PairBins *bins, Binning binning);
extern double hellinger_of(const PairBins *bins, Binning binning);
extern double total_variation_of(const PairBins *bins, Binning binning);
extern double linf_of(const PairBins *bins, Binning binning);
extern double cramers_v_of(const PairBins *bins, Binning binning);

typedef struct KsBounds
{
	double lower;
	double upper;
} KsBounds;

/* Both samples have values that are not NaN. */
extern bool has_ordered(const Pair *pair);
extern KsBounds ks_interval(const Pair *pair);

extern double wasserstein_of(const Pair *pair, bool normalized);
extern double energy_of(const Pair *pair);
extern double cohens_d_of(const Pair *pair);
extern double cosine_of(const Pair *pair);
extern double frechet_of(const Pair *pair);

#endif
