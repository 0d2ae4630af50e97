/*
 * special.h: special functions. Plain C; a value that does not exist is NaN.
 */
#ifndef AIDATAOPS_MATH_SPECIAL_H
#define AIDATAOPS_MATH_SPECIAL_H

#define MATH_PI           3.14159265358979323846
#define MATH_LOG_SQRT_2PI 0.91893853320467274178

/* The two tails of a distribution, each with its own relative accuracy; together they are 1. */
typedef struct Tails
{
	double lower;
	double upper;
} Tails;

/* A probability that rounding may have taken above 1. NaN stays NaN, which fmin() would not do. */
static inline double
at_most_one(double p)
{
	return p > 1 ? 1 : p;
}

extern double log_factorial(double n);
extern double log_binomial(double n, double k);
extern double harmonic_number(double n);
extern double harmonic_number_of_squares(double n);

extern double gamma_slope(double a, double x);
extern Tails gamma_tails(double a, double x);
extern double beta_slope(double a, double b, double x, double y);
extern Tails beta_tails(double a, double b, double x, double y);

extern double bessel_k_scaled(double order, double x);

#endif
