/*
 * numbers.h: two samples of numbers or times, and what may lie between them.
 */
#ifndef AIDATAOPS_DRIFT_NUMBERS_H
#define AIDATAOPS_DRIFT_NUMBERS_H

#include "drift/explain.h"

/* Parameters are estimated from this many quantiles, of the shares from 1/20 to 19/20. */
#define NUM_QUANTILES 91

typedef struct Numbers
{
	const Profile *reference_profile;
	const Profile *current_profile;
	ProfileFamily family;
	bool exact; /* both profiles are */
	/* values alone, without NULLs */
	Shape reference;
	Shape current;
	double n;
	double m;
	double chance; /* sqrt(1/n + 1/m) */
	double noise;
	double before; /* how far apart they are */
	/* of the quantiles */
	double q_reference[NUM_QUANTILES];
	double q_current[NUM_QUANTILES];
	double median_reference;
	double median_current;
	double spread; /* of the reference: what would be the standard deviation of a normal one */
	double grid;   /* of 1, .1, .01, ...: all current values are multiples of it; 0 if of none */
	bool same_rows_show;
	Explanations *found;
} Numbers;

/* explain_numbers.c */
extern bool is_time(const Numbers *x);
extern bool has_three_values(const Numbers *x);
extern bool is_regular(const Shape *shape, double n); /* spread evenly, as a counter */
extern bool is_multiple(double x, double grid, double error);
extern bool all_multiples(const Profile *profile, const Shape *shape, double grid);
extern void read_quantiles(const Shape *shape, double *quantiles);
extern char *duration_text(double seconds);
extern char *value_text(const Numbers *x, double value); /* as the type of the column prints it */

/* explain_mapping.c: all values are mapped by one line */
extern bool line_fits(const Numbers *x);
extern bool power_fits(const Numbers *x);
extern void explain_mapped(Numbers *x);

/* explain_share.c: some values became another, or are gone */
extern void explain_nulls(Numbers *x, double before);
extern void explain_rounded(Numbers *x);
extern void explain_spike(Numbers *x, Hypothesis hypothesis);
extern void explain_clipped(Numbers *x);
extern void explain_truncated(Numbers *x, bool moves_fit);

#endif
