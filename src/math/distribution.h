/*
 * distribution.h: probability distributions. Plain C; a value that does not exist is NaN.
 *
 * cdf is P(X <= x); sf, the survival function, is P(X > x), with full relative accuracy however
 * small. A quantile is the x with cdf(x) = p, an upper quantile the x with sf(x) = p.
 */
#ifndef AIDATAOPS_MATH_DISTRIBUTION_H
#define AIDATAOPS_MATH_DISTRIBUTION_H

extern double normal_cdf(double x);
extern double normal_sf(double x);
extern double normal_quantile(double p);
extern double normal_upper_quantile(double p);

extern double chi2_cdf(double x, double df);
extern double chi2_sf(double x, double df);
extern double chi2_quantile(double p, double df);
extern double chi2_upper_quantile(double p, double df);

extern double student_t_cdf(double t, double df);
extern double student_t_sf(double t, double df);
extern double student_t_quantile(double p, double df);
extern double student_t_upper_quantile(double p, double df);

extern double f_cdf(double f, double df1, double df2);
extern double f_sf(double f, double df1, double df2);
extern double f_quantile(double p, double df1, double df2);
extern double f_upper_quantile(double p, double df1, double df2);

extern double beta_cdf(double x, double a, double b);
extern double beta_sf(double x, double a, double b);
extern double beta_quantile(double p, double a, double b);
extern double beta_upper_quantile(double p, double a, double b);

extern double binomial_cdf(double k, double n, double p);
extern double binomial_sf(double k, double n, double p);

#endif
