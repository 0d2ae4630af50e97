/*
 * coefficient.h: chance-corrected agreement with its standard error.
 */
#ifndef AIDATAOPS_AGREEMENT_COEFFICIENT_H
#define AIDATAOPS_AGREEMENT_COEFFICIENT_H

#include "agreement/ratings.h"
#include "agreement/weights.h"

typedef enum CoefficientId
{
	PERCENT_AGREEMENT,
	FLEISS_KAPPA,
	GWET_AC,
	BRENNAN_PREDIGER,
	KRIPPENDORFF_ALPHA,
	NCOEFFICIENTS /* of those that need not know raters */
} CoefficientId;

/* A number that does not exist is NaN. */
typedef struct Coefficient
{
	const char *name;
	const char *status;
	double value;
	double se;
	double df; /* of the t distribution for intervals and p */
	double pa;
	double pe;
} Coefficient;

#define COEFFICIENT_OK               "ok"
#define COEFFICIENT_SINGLE_CATEGORY  "single_category"
#define COEFFICIENT_NO_PAIRABLE      "no_pairable_units"
#define COEFFICIENT_ONE_RATER        "one_rater"
#define COEFFICIENT_ORDER_UNDECLARED "order_undeclared"
#define COEFFICIENT_NOT_FINITE       "not_finite"
#define COEFFICIENT_NEGATIVE         "negative_values"
#define COEFFICIENT_UNDEFINED        "undefined"

/* Ratings under some weights. */
typedef struct AgreementModel
{
	const Ratings *ratings;
	Weights weights;
	const char *status; /* why there are no weights, or "ok" */
	double *agreeing;   /* of each pattern: its ordered pairs of labels, by weight */
} AgreementModel;

typedef struct AgreementInterval
{
	double lower;
	double upper;
	double p;
} AgreementInterval;

extern const char *coefficient_name(CoefficientId id);
extern bool coefficient_by_name(const char *name, CoefficientId *id);

/* weights is ignored unless status is "ok" */
extern AgreementModel agreement_model(const Ratings *ratings, Weights weights, const char *status);
extern Coefficient coefficient_compute(const AgreementModel *model, CoefficientId id);
extern Coefficient coefficient_value(const AgreementModel *model, CoefficientId id);
extern AgreementInterval coefficient_interval(const Coefficient *c, double confidence);

/* Parts of which other coefficients are made. */
extern double *agreement_shares(const Ratings *ratings);
extern double *krippendorff_ranks(const Ratings *ratings);
extern void coefficient_finish(Coefficient *c, const AgreementModel *model, const double *expected);
extern double mean_agreement(const AgreementModel *model);
extern void coefficient_correct(Coefficient *c, bool certain);

/* Of shares or sums of labels: has no more than one category any? */
extern bool is_single_category(const double *shares, int q);

#endif
