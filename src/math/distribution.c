/*
 * distribution.c: probability distributions. Plain C; a value that does not exist is NaN.
 *
 * Everything but the normal distribution is an incomplete gamma or beta function (DLMF 8.17,
 * Abramowitz and Stegun 26.4 to 26.6). Quantiles solve for the smaller tail on a logarithmic scale.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "math/distribution.h"
#include "math/special.h"

/* ---- normal --------------------------------------------------------------------------------- */

double
normal_cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

double
normal_sf(double x)
{
	return 0.5 * erfc(x * M_SQRT1_2);
}

static double
polynomial(const double *coefficients, int degree, double x)
{
	double sum = coefficients[degree];

	for (int i = degree - 1; i >= 0; i--)
		sum = sum * x + coefficients[i];
	return sum;
}

/* Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution", PPND16 */
static const double CENTRE[2][8] = {
	{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
	 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
	 3.3430575583588128105e4, 2.5090809287301226727e3},
	{1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
	 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
	 5.2264952788528545610e3}};
static const double SHOULDER[2][8] = {
	{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
	 3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
	 2.27238449892691845833e-2, 7.74545014278341407640e-4},
	{1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
	 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
	 1.05075007164441684324e-9}};
static const double TAIL[2][8] = {
	{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
	 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
	 2.71155556874348757815e-5, 2.01033439929228813265e-7},
	{1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
	 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
	 2.04426310338993978564e-15}};

static double
ratio(const double (*part)[8], double r)
{
	return polynomial(part[0], 7, r) / polynomial(part[1], 7, r);
}

double
normal_upper_quantile(double p)
{
	double q = 0.5 - p;
	double r;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (fabs(q) <= 0.425)
		return q * ratio(CENTRE, 0.180625 - q * q);
	if (p == 0 || p == 1)
		return p == 0 ? INFINITY : -INFINITY;
	r = sqrt(-log(q > 0 ? p : 1 - p));
	r = r <= 5 ? ratio(SHOULDER, r - 1.6) : ratio(TAIL, r - 5);
	return q > 0 ? r : -r;
}

double
normal_quantile(double p)
{
	return -normal_upper_quantile(p);
}

/* ---- solving for a quantile ----------------------------------------------------------------- */

/* A distribution on a scale u where both its tails have a concave logarithm. */
typedef struct Law
{
	Tails (*tails)(const struct Law *law, double u, double *slope);
	double a;
	double b;
} Law;

/*
 * The u whose lower (or upper) tail is p, by Newton's method on the logarithm of the tail. As that
 * is concave, the steps approach from the side where the tail is smaller and cannot pass the root;
 * the bracket serves for the start and for where the tail underflows.
 */
static double
solve_for_tail(const Law *law, double start, double p, bool upper)
{
	double low = -INFINITY;
	double high = INFINITY;
	double u = start;

	for (int i = 0; i < 500; i++)
	{
		double slope;
		Tails tails = law->tails(law, u, &slope);
		double tail = upper ? tails.upper : tails.lower;
		double next;

		if (isnan(tail))
			return NAN;
		if ((tail < p) == upper)
			high = u;
		else
			low = u;
		next = u + (upper ? 1 : -1) * log(tail / p) * tail / slope;
		if (!(next > low && next < high))
			next = isinf(low) ? u - 1 : isinf(high) ? u + 1 : (low + high) / 2;
		if (fabs(next - u) <= 4e-16 * (1 + fabs(next)))
			return next;
		u = next;
	}
	return u;
}

/* p is the probability of the lower (or upper) tail; the smaller of both tails is solved for. */
static double
solve_quantile(const Law *law, double start, double p, bool upper)
{
	return p <= 0.5 ? solve_for_tail(law, start, p, upper)
					: solve_for_tail(law, start, 1 - p, !upper);
}

/* Gamma with shape a, u = log x */
static Tails
gamma_law_tails(const Law *law, double u, double *slope)
{
	*slope = gamma_slope(law->a, exp(u));
	return gamma_tails(law->a, exp(u));
}

/* Beta with shapes a and b, u = log(x / (1 - x)) */
static Tails
beta_law_tails(const Law *law, double u, double *slope)
{
	double small = exp(-fabs(u)) / (1 + exp(-fabs(u)));
	double x = u < 0 ? small : 1 - small;
	double y = u < 0 ? 1 - small : small;

	*slope = beta_slope(law->a, law->b, x, y);
	return beta_tails(law->a, law->b, x, y);
}

static bool
is_shape(double a)
{
	return a > 0 && !isinf(a);
}

/* log(x / (1 - x)) at the quantile of the beta distribution */
static double
beta_quantile_logit(double p, double a, double b, bool upper)
{
	Law law = {beta_law_tails, a, b};

	if (!(p >= 0 && p <= 1 && is_shape(a) && is_shape(b)))
		return NAN;
	if (p == 0 || p == 1)
		return (p == 0) == upper ? INFINITY : -INFINITY;
	return solve_quantile(&law, log(a / b), p, upper);
}

/* ---- chi-square ----------------------------------------------------------------------------- */

static Tails
chi2_tails(double x, double df)
{
	return gamma_tails(df / 2, x < 0 ? 0 : x / 2);
}

double
chi2_cdf(double x, double df)
{
	return chi2_tails(x, df).lower;
}

double
chi2_sf(double x, double df)
{
	return chi2_tails(x, df).upper;
}

static double
chi2_solve(double p, double df, bool upper)
{
	Law law = {gamma_law_tails, df / 2, 0};

	if (!(p >= 0 && p <= 1 && is_shape(df)))
		return NAN;
	if (p == 0 || p == 1)
		return (p == 0) == upper ? INFINITY : 0;
	return 2 * exp(solve_quantile(&law, log(df / 2), p, upper));
}

double
chi2_quantile(double p, double df)
{
	return chi2_solve(p, df, false);
}

double
chi2_upper_quantile(double p, double df)
{
	return chi2_solve(p, df, true);
}

/* ---- Student's t ---------------------------------------------------------------------------- */

double
student_t_sf(double t, double df)
{
	double squared = t * t;
	Tails beyond;

	if (isinf(df) && df > 0)
		return normal_sf(t);
	if (isnan(t) || !(df > 0))
		return NAN;
	if (isinf(squared))
		return t > 0 ? 0 : 1;
	beyond = beta_tails(df / 2, 0.5, df / (df + squared), squared / (df + squared));
	return t > 0 ? beyond.lower / 2 : 0.5 + beyond.upper / 2;
}

double
student_t_cdf(double t, double df)
{
	return student_t_sf(-t, df);
}

double
student_t_upper_quantile(double p, double df)
{
	double tail = fmin(p, 1 - p);
	double t;

	if (isinf(df) && df > 0)
		return normal_upper_quantile(p);
	if (p == 0.5 && df > 0)
		return 0;
	t = sqrt(df * exp(-beta_quantile_logit(2 * tail, df / 2, 0.5, false)));
	return p < 0.5 ? t : -t;
}

double
student_t_quantile(double p, double df)
{
	return -student_t_upper_quantile(p, df);
}

/* ---- F -------------------------------------------------------------------------------------- */

static Tails
f_tails(double f, double df1, double df2)
{
	double part = f > 0 ? df1 * f : 0;

	if (isnan(f))
		part = NAN;
	if (isinf(part))
		return beta_tails(df1 / 2, df2 / 2, 1, 0);
	return beta_tails(df1 / 2, df2 / 2, part / (part + df2), df2 / (part + df2));
}

double
f_cdf(double f, double df1, double df2)
{
	return f_tails(f, df1, df2).lower;
}

double
f_sf(double f, double df1, double df2)
{
	return f_tails(f, df1, df2).upper;
}

double
f_quantile(double p, double df1, double df2)
{
	return df2 / df1 * exp(beta_quantile_logit(p, df1 / 2, df2 / 2, false));
}

double
f_upper_quantile(double p, double df1, double df2)
{
	return df2 / df1 * exp(beta_quantile_logit(p, df1 / 2, df2 / 2, true));
}

/* ---- beta and binomial ---------------------------------------------------------------------- */

static Tails
beta_law(double x, double a, double b)
{
	double within = x < 0 ? 0 : x > 1 ? 1 : x;

	return beta_tails(a, b, within, 1 - within);
}

double
beta_cdf(double x, double a, double b)
{
	return beta_law(x, a, b).lower;
}

double
beta_sf(double x, double a, double b)
{
	return beta_law(x, a, b).upper;
}

double
beta_quantile(double p, double a, double b)
{
	return 1 / (1 + exp(-beta_quantile_logit(p, a, b, false)));
}

double
beta_upper_quantile(double p, double a, double b)
{
	return 1 / (1 + exp(-beta_quantile_logit(p, a, b, true)));
}

/* P(X > k) is the lower tail of a beta distribution at p (DLMF 8.17.5). */
static Tails
binomial_tails(double k, double n, double p)
{
	Tails beyond;

	if (isnan(k) || !(n >= 0 && p >= 0 && p <= 1))
		return (Tails){NAN, NAN};
	k = floor(k);
	if (k < 0)
		return (Tails){0, 1};
	if (k >= n)
		return (Tails){1, 0};
	beyond = beta_tails(k + 1, n - k, p, 1 - p);
	return (Tails){beyond.upper, beyond.lower};
}

double
binomial_cdf(double k, double n, double p)
{
	return binomial_tails(k, n, p).lower;
}

double
binomial_sf(double k, double n, double p)
{
	return binomial_tails(k, n, p).upper;
}
