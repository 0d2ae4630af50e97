/*
 * weights.h: how far two categories agree, from 1 for the same to 0 for the most different.
 *
 * Schemes as in Gwet, Handbook of Inter-Rater Reliability (4th ed. 2014), chapter 3, and as in the
 * R package irrCAC. Plain arrays; nothing here knows labels.
 */
#ifndef AIDATAOPS_AGREEMENT_WEIGHTS_H
#define AIDATAOPS_AGREEMENT_WEIGHTS_H

typedef enum WeightScheme
{
	WEIGHTS_IDENTITY,
	WEIGHTS_LINEAR,
	WEIGHTS_QUADRATIC,
	WEIGHTS_ORDINAL, /* Gwet's, not Krippendorff's */
	WEIGHTS_RADICAL,
	WEIGHTS_RATIO,
	WEIGHTS_CIRCULAR,
	WEIGHTS_BIPOLAR,
	WEIGHTS_MATRIX
} WeightScheme;

typedef struct Weights
{
	WeightScheme scheme;
	int q;
	const double *x;      /* ascending; what categories stand for, NULL for IDENTITY and MATRIX */
	const double *matrix; /* q by q, symmetric, 1 on the diagonal */
	double min;
	double range;
	double scale; /* what differences are divided by */
} Weights;

/* Schemes other than identity, linear, quadratic look at all pairs of categories. */
#define WEIGHTS_MAX_PAIRED 10000

extern bool weight_scheme_by_name(const char *name, WeightScheme *scheme);
extern const char *weight_scheme_name(WeightScheme scheme);
extern bool weight_scheme_is_fast(WeightScheme scheme);

extern Weights weights_make(WeightScheme scheme, int q, const double *x);
extern Weights weights_of_matrix(int q, const double *matrix);

extern double weight(const Weights *weights, int k, int l);
extern void weights_apply(const Weights *weights, const double *v, double *result);
extern double weights_sum(const Weights *weights);

#endif
