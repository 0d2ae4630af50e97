/*
 * chance.h: how far apart samples of one distribution are by chance, and how surprising it is if they
 * are further.
 */
#ifndef AIDATAOPS_DRIFT_CHANCE_H
#define AIDATAOPS_DRIFT_CHANCE_H

#include "drift/distance.h"

/* What a distance over bins is expected to be of two samples of one distribution. */
extern double psi_by_chance(const PairBins *bins);
extern double kl_by_chance(const PairBins *bins);
extern double jensen_shannon_by_chance(const PairBins *bins);
extern double hellinger_square_by_chance(const PairBins *bins);
extern double total_variation_by_chance(const PairBins *bins);

/* By Pearson's statistic, also where most bins have few rows; NaN for a single bin. */
extern double p_value_of_bins(const Pair *pair, const PairBins *bins);

/* At most this is the probability that samples of one distribution are so far apart. */
extern double p_value_of_embeddings(const Pair *pair);

#endif
