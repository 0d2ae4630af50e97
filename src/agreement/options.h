/*
 * options.h: what callers say about categories and weights, in arguments of any type.
 */
#ifndef AIDATAOPS_AGREEMENT_OPTIONS_H
#define AIDATAOPS_AGREEMENT_OPTIONS_H

#include "agreement/coefficient.h"

/* categories: 'observed', an array, or an enum type */
extern DeclaredCategories option_categories(FunctionCallInfo fcinfo, int argument);

/* weights: a scheme's name, or a matrix */
typedef struct WeightsOption
{
	WeightScheme scheme;
	int q; /* of the matrix */
	double *matrix;
} WeightsOption;

extern WeightsOption option_weights(FunctionCallInfo fcinfo, int argument);

/* Measured at this level; for Krippendorff's alpha. */
typedef enum MeasurementLevel
{
	LEVEL_NOMINAL,
	LEVEL_ORDINAL,
	LEVEL_INTERVAL,
	LEVEL_RATIO
} MeasurementLevel;

extern MeasurementLevel option_level(FunctionCallInfo fcinfo, int argument);
extern double option_confidence(FunctionCallInfo fcinfo, int argument);

/* Weights for these categories; *status says "ok" or why there are none. */
extern Weights weights_for(const WeightsOption *option, const Categories *categories,
						   const char **status);
extern AgreementModel model_by_weights(const Ratings *ratings, const WeightsOption *option);
extern AgreementModel model_by_level(const Ratings *ratings, MeasurementLevel level);

/* The columns of coefficients(): name to status. */
#define COEFFICIENT_COLUMNS 14

extern void coefficient_row(const Coefficient *c, const Ratings *ratings, double n_raters,
							double confidence, Datum *values, bool *nulls);

/* NaN becomes NULL. */
static inline Datum
float8_or_null(double value, bool *null)
{
	*null = value != value;
	return Float8GetDatum(value);
}

#endif
