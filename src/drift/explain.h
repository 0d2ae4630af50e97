/*
 * explain.h: what kind of change lies between two profiles: hypotheses, and how well they fit.
 *
 * A hypothesis says what was done to the reference. It is done to it here, and the fit is how much
 * nearer that brings it to the current sample. Chance keeps any two samples apart, so what chance
 * alone would give counts as nothing:
 *
 *     fit = 1 - (after - noise)+ / (before - noise)
 *
 * unless all of the shift is within the noise, when it counts in full.
 */
#ifndef AIDATAOPS_DRIFT_EXPLAIN_H
#define AIDATAOPS_DRIFT_EXPLAIN_H

#include "drift/pair.h"
#include "drift/shape.h"

/* What fits less is not given. */
#define LEAST_FIT 0.9
/* Of NULLs, of spikes, of categories: what share of the rows is worth a word. */
#define LEAST_SHARE 0.01
/* Fewer rows than these say nothing; drift() has the same default. */
#define LEAST_ROWS 50
/* How likely it may be that an honest move looks like a change of meaning that is claimed. */
#define COINCIDENCE 0.005

/* Kolmogorov's law at 5 % and 1 %: in units of sqrt(1/n + 1/m). */
#define KOLMOGOROV_NOISE 1.358
#define KOLMOGOROV_SHIFT 1.628

/* In the order of simplicity: of two that fit alike the first is given first. */
typedef enum Hypothesis
{
	RESPELLED,
	NULL_DEFAULT,
	MISSING,
	FILLED,
	NEGATED,
	SCALED,
	SHIFTED,
	NEW_SPIKE,
	VANISHED_SPIKE,
	CLIPPED,
	TRUNCATED,
	ROUNDED,
	NEW_CATEGORY,
	VANISHED_CATEGORY,
	RECODED,
	AFFINE,
	MOVED,
	UNCHANGED,
	NOTHING_KNOWN
} Hypothesis;

typedef enum Verdict
{
	EXPLAINED,   /* an honest move would hardly look like this */
	AMBIGUOUS,   /* it fits, but a world that moved can look the same */
	UNEXPLAINED, /* nothing fits */
	SAME,
	INSUFFICIENT_DATA,
	KIND_CHANGED,
	NOT_APPLICABLE
} Verdict;

typedef struct Explanation
{
	Hypothesis hypothesis;
	Verdict verdict;
	double factor; /* current = factor x reference + shift; NaN where that means nothing */
	double shift;
	double fit;
	char *detail;
} Explanation;

#define MAX_EXPLANATIONS 32

typedef struct Explanations
{
	int n;
	Explanation list[MAX_EXPLANATIONS];
} Explanations;

extern Explanation *explanations_add(Explanations *found, Hypothesis hypothesis, Verdict verdict,
									 double fit, char *detail);
/* Is the hypothesis among them, and more than ambiguous if asked for? */
extern bool explanations_have(const Explanations *found, Hypothesis hypothesis);
extern bool explanations_claim(const Explanations *found);

/* What is left of a distance, as a fit. */
extern double fit_of(double before, double after, double noise);

/* Standard deviations of chance that two shares of samples of these sizes are apart. */
extern double share_z(double p, double n, double q, double m);

/* 1234.5 as people write it. */
extern char *number_text(double number);
extern char *percent_text(double share);

extern void explain_numbers(const Profile *reference, const Profile *current, Explanations *found);
extern void explain_categories(const Profile *reference, const Profile *current,
							   Explanations *found);

#endif
