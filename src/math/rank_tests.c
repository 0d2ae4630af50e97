/*
 * rank_tests.c: the distributions of two-sample rank statistics. Plain C; a value that does not
 * exist is NaN.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/distribution.h"
#include "math/rank_tests.h"
#include "math/special.h"

/* ---- Cramer-von Mises: the limit ------------------------------------------------------------ */

/* P(W2 < x) by the Bessel series of Csorgo and Faraway (1996), eq. 1.3; for small x */
static double
cvm_limit_cdf_by_series(double x)
{
	double weight = 1 / (MATH_PI * sqrt(x));
	double sum = 0;

	for (int k = 0; k < 50; k++)
	{
		double y = 4 * k + 1;
		double q = y * y / (16 * x);
		double term = weight * sqrt(y) * exp(-2 * q) * bessel_k_scaled(0.25, q);

		sum += term;
		if (term <= sum * 1e-17)
			break;
		weight *= (k + 0.5) / (k + 1);
	}
	return sum;
}

/*
 * P(W2 >= x) by the integrals of Smirnov (1936; also Anderson and Darling 1952, eq. 4.35), which
 * alternate in sign and fall so fast that no digits are lost; for larger x. With u = (2j-1) pi +
 * theta the j-th is the integral over theta in (0, pi) of exp(-x u^2 / 2) / sqrt(u sin(theta)); the
 * substitution theta = pi (1 - cos phi) / 2 makes it smooth and periodic, where the midpoint rule
 * converges faster than any power.
 */
static double
cvm_limit_sf_by_integrals(double x)
{
	const int points = 256;
	double sum = 0;

	for (int j = 1; j < 50; j++)
	{
		double integral = 0;

		for (int i = 0; i < points; i++)
		{
			double phi = (i + 0.5) * MATH_PI / points;
			double half_sine = sin(phi / 2);
			double theta = MATH_PI * half_sine * half_sine;
			double u = (2 * j - 1) * MATH_PI + theta;
			/* sin(theta) from the nearer end of its range, where it is small */
			double sine =
				phi < MATH_PI / 2 ? sin(theta) : sin(MATH_PI * cos(phi / 2) * cos(phi / 2));

			integral += exp(-x * u * u / 2) * sin(phi) / sqrt(u * sine);
		}
		integral *= MATH_PI / points;
		sum += j % 2 == 1 ? integral : -integral;
		if (integral <= sum * 1e-17)
			break;
	}
	return sum;
}

/* P(W2 >= x), W2 the integral of a squared Brownian bridge */
double
cvm_limit_sf(double x)
{
	if (isnan(x))
		return NAN;
	if (x <= 0)
		return 1;
	return at_most_one(x < 0.4 ? 1 - cvm_limit_cdf_by_series(x) : cvm_limit_sf_by_integrals(x));
}

/*
 * The two-sample statistic T = n m / N times the integral of (F - G)^2 over the distribution of both
 * together (Anderson 1962, eq. 1). His rank formula (eq. 9) supposes that no values are equal: with
 * midranks put into it, T grows without bound where there are many ties. Here the two functions
 * change linearly across a group of t equal values, from d0 to d1 in units of 1 / (n m), so that
 *
 *     V = sum of t (d0^2 + d0 d1 + d1^2),    T = (V / 3 + n m N / 6) / (n m N^2)
 *
 * Without ties that is Anderson's T. With ties it is the integral of the squared conditional
 * expectation of F - G given the ties, smaller than without, so the limit's p-value is conservative.
 */
double
cvm_two_sample_statistic(double v, double n, double m)
{
	double total = n + m;

	return (v / (3 * n * m) + total / 6) / (total * total);
}

/*
 * P-value of the two-sample statistic T by its limit, after T was given the limit's mean 1/6 and
 * variance 1/45 (Anderson 1962, eq. 11, 14 and 15).
 */
double
cvm_two_sample_sf(double statistic, double n, double m)
{
	double total = n + m;
	double mean = (1 + 1 / total) / 6;
	double variance = (total + 1) / (45 * total * total) * (total - 0.75 * (n / m + m / n) - 0.5);

	if (!(n >= 1 && m >= 1))
		return NAN;
	return cvm_limit_sf(1.0 / 6 + (statistic - mean) / sqrt(45 * variance));
}

/* ---- Cramer-von Mises: the exact law -------------------------------------------------------- */

/* The law of V at a point of the lattice: its values in ascending order with their probabilities */
typedef struct ExactLaw
{
	int size;
	int64_t *value;
	double *probability;
} ExactLaw;

static void
free_law(ExactLaw *law)
{
	free(law->value);
	free(law->probability);
	*law = (ExactLaw){0};
}

/* An uninitialised law of so many values; value == NULL when there is no memory. */
static ExactLaw
new_law(int size)
{
	ExactLaw law = {size, malloc(sizeof(int64_t) * size), malloc(sizeof(double) * size)};

	if (law.value == NULL || law.probability == NULL)
		free_law(&law);
	return law;
}

static void
append_value(ExactLaw *law, int64_t value, double probability)
{
	if (law->size > 0 && law->value[law->size - 1] == value)
		law->probability[law->size - 1] += probability;
	else
	{
		law->value[law->size] = value;
		law->probability[law->size++] = probability;
	}
}

/*
 * Replaces `law` by itself plus `other` moved by `shift` and weighted. Values ascend in both. As V
 * only grows, all that has reached `cap` is the same, which is what keeps the laws short.
 */
static bool
mix_law(ExactLaw *law, const ExactLaw *other, int64_t shift, double weight, int64_t cap)
{
	ExactLaw mixed = new_law(law->size + other->size);
	int a = 0;

	if (mixed.value == NULL)
		return false;
	mixed.size = 0;
	for (int b = 0; b < other->size; b++)
	{
		int64_t value = other->value[b] + shift < cap ? other->value[b] + shift : cap;

		for (; a < law->size && law->value[a] <= value; a++)
			append_value(&mixed, law->value[a], law->probability[a]);
		append_value(&mixed, value, other->probability[b] * weight);
	}
	for (; a < law->size; a++)
		append_value(&mixed, law->value[a], law->probability[a]);
	free_law(law);
	*law = mixed;
	return true;
}

/*
 * What a group of a + b equal values adds to V, with d the difference of the distribution functions
 * times n m, before the group and behind it.
 */
static int64_t
group_share(int n, int m, int i, int j, int a, int b)
{
	int64_t before = i * m - j * n;
	int64_t after = (i + a) * m - (j + b) * n;

	return (a + b) * (before * before + before * after + after * after);
}

/* The laws behind a group of `length` equal values, from those before it. */
static bool
add_tie_group(int n, int m, int before, int length, const ExactLaw *old, ExactLaw *new, int64_t cap)
{
	for (int i = 0; i <= n && i <= before + length; i++)
	{
		int j = before + length - i;
		double paths = exp(log_binomial(before + length, length));

		for (int a = 0; j <= m && a <= length && a <= i; a++)
		{
			int b = length - a;

			/* hypergeometric: the last `length` of i + j values had a of the one sample */
			if (b <= j && old[i - a].size > 0 &&
				!mix_law(&new[i], &old[i - a], group_share(n, m, i - a, j - b, a, b),
						 exp(log_binomial(i, a) + log_binomial(j, b)) / paths, cap))
				return false;
		}
	}
	return true;
}

/*
 * P(V >= v) when all orders of the pooled values are equally likely, given which of them are
 * equal: the pooled values come in groups of groups[0], groups[1], ... equal ones. Without ties this
 * is the law of Xiao, Gordon and Yakovlev (2007), carried here as probabilities, not as counts.
 */
double
cvm_two_sample_exact_sf(int n, int m, int64_t v, const int *groups, int ngroups)
{
	ExactLaw laws[2][CVM_EXACT_MAX + 1] = {{{0}}};
	int side = 0;
	int before = 0;
	double p = NAN;

	if (n < 1 || m < 1 || n > CVM_EXACT_MAX || m > CVM_EXACT_MAX)
		return NAN;
	laws[0][0] = new_law(1);
	if (laws[0][0].value == NULL)
		return NAN;
	laws[0][0].value[0] = 0;
	laws[0][0].probability[0] = 1;
	for (int g = 0; g < ngroups; g++)
	{
		bool done = add_tie_group(n, m, before, groups[g], laws[side], laws[1 - side], v);

		for (int i = 0; i <= n; i++)
			free_law(&laws[side][i]);
		side = 1 - side;
		before += groups[g];
		if (!done)
			break;
	}
	if (before == n + m && laws[side][n].size > 0)
	{
		p = 0;
		for (int i = 0; i < laws[side][n].size; i++)
			p += laws[side][n].value[i] >= v ? laws[side][n].probability[i] : 0;
	}
	for (int i = 0; i <= n; i++)
		free_law(&laws[side][i]);
	return at_most_one(p);
}

/* ---- Anderson-Darling ----------------------------------------------------------------------- */

/*
 * The standard deviation of the k-sample statistic under the hypothesis (Scholz and Stephens 1987,
 * eq. 4). Its double sum g over 1/((N-i) j) has the closed form below, by the generating function
 * log(1-x)^2 / (1-x). Needs four values in all.
 */
double
anderson_darling_scale(const double *sizes, int k)
{
	double n = 0;
	double big_h = 0;
	double h;
	double g;
	double a;
	double b;
	double c;
	double d;

	for (int i = 0; i < k; i++)
	{
		n += sizes[i];
		big_h += 1 / sizes[i];
	}
	if (!(n >= 4))
		return NAN;
	h = harmonic_number(n - 1);
	g = harmonic_number_of_squares(n) - (2 * harmonic_number(n) - 1 / n) / n;
	a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * big_h;
	b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * big_h - 8 * h + 4 * g - 6;
	c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * big_h + 4 * h;
	d = (2 * h + 6) * k * k - 4 * h * k;
	return sqrt((((a * n + b) * n + c) * n + d) / ((n - 1) * (n - 2) * (n - 3)));
}

/* Scholz and Stephens (1987), table 2: percentage points b0 + b1 / sqrt(k-1) + b2 / (k-1) */
#define AD_LEVELS 7
static const double AD_LEVEL[AD_LEVELS] = {0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001};
static const double AD_B0[AD_LEVELS] = {0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085};
static const double AD_B1[AD_LEVELS] = {-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615};
static const double AD_B2[AD_LEVELS] = {-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154};

/*
 * The least-squares parabola through the points (x, y), at x = at: by polynomials made orthogonal on
 * the points (Forsythe 1957), which keeps the digits that normal equations lose.
 */
static double
fit_parabola(const double *x, const double *y, int count, double at)
{
	double mean = 0;
	double squares = 0;
	double cubes = 0;
	double sums[3] = {0, 0, 0};
	double norm = 0;

	for (int i = 0; i < count; i++)
		mean += x[i] / count;
	for (int i = 0; i < count; i++)
	{
		squares += (x[i] - mean) * (x[i] - mean);
		cubes += (x[i] - mean) * (x[i] - mean) * (x[i] - mean);
	}
	for (int i = 0; i < count; i++)
	{
		double first = x[i] - mean;
		double second = (first - cubes / squares) * first - squares / count;

		sums[0] += y[i];
		sums[1] += y[i] * first;
		sums[2] += y[i] * second;
		norm += second * second;
	}
	at -= mean;
	return sums[0] / count + sums[1] / squares * at +
		   sums[2] / norm * ((at - cubes / squares) * at - squares / count);
}

/*
 * P-value of the standardized k-sample statistic (A2 - (k-1)) / scale: a parabola for the logarithm
 * of the level through the seven tabulated points, as Scholz and Stephens interpolate. Outside of
 * the table it is clipped, and says so.
 */
double
anderson_darling_p(double standardized, int k, PRange *range)
{
	double point[AD_LEVELS];
	double log_level[AD_LEVELS];
	double root = sqrt(k - 1);

	*range = P_WITHIN;
	if (isnan(standardized) || k < 2)
		return NAN;
	for (int i = 0; i < AD_LEVELS; i++)
	{
		point[i] = AD_B0[i] + AD_B1[i] / root + AD_B2[i] / (k - 1);
		log_level[i] = log(AD_LEVEL[i]);
	}
	if (standardized < point[0])
	{
		*range = P_AT_LEAST;
		return AD_LEVEL[0];
	}
	if (standardized > point[AD_LEVELS - 1])
	{
		*range = P_AT_MOST;
		return AD_LEVEL[AD_LEVELS - 1];
	}
	return exp(fit_parabola(point, log_level, AD_LEVELS, standardized));
}

/* ---- Mann-Whitney --------------------------------------------------------------------------- */

/* Memory of the exact law is 16 bytes for each value of U up to the observed one. */
#define MWU_EXACT_CELLS (INT64_C(2) << 20)

/*
 * Two-sided p-value of U without ties (Mann and Whitney 1947): twice the smaller tail, at most 1.
 *
 * The number of orders with U = u is the coefficient of q^u in the Gaussian binomial, the product of
 * (1 - q^(m+i)) / (1 - q^i) for i = 1..n. Its intermediate coefficients overflow, and in floating
 * point the subtractions would cancel; in integers modulo 2^128 both are harmless, because the final
 * ones, at most n + m over n, fit. NaN where they do not, where the table would be too large, or where
 * the compiler has no such integers.
 */
#ifdef __SIZEOF_INT128__
double
mann_whitney_exact_p(int64_t n, int64_t m, int64_t u)
{
	__extension__ typedef unsigned __int128 Count;
	int64_t top = u < n * m - u ? u : n * m - u;
	double orders = 1;
	Count sum = 0;
	Count *count;

	if (n > m)
		return mann_whitney_exact_p(m, n, u);
	if (n < 1 || top < 0)
		return NAN;
	for (int64_t i = 1; i <= n; i++)
		orders *= (double) (m + i) / (double) i;
	if (orders >= 0x1p127 || top >= MWU_EXACT_CELLS)
		return NAN;
	count = calloc(top + 1, sizeof(Count));
	if (count == NULL)
		return NAN;
	count[0] = 1;
	for (int64_t i = 1; i <= n; i++)
		for (int64_t s = i; s <= top; s++)
			count[s] += count[s - i];
	for (int64_t i = 1; i <= n; i++)
		for (int64_t s = top; s >= m + i; s--)
			count[s] -= count[s - m - i];
	for (int64_t s = 0; s <= top; s++)
		sum += count[s];
	free(count);
	return at_most_one(2 * (double) sum / orders);
}
#else
double
mann_whitney_exact_p(int64_t n, int64_t m, int64_t u)
{
	(void) n, (void) m, (void) u;
	return NAN;
}
#endif

/*
 * Two-sided p-value of U by the normal law, continuity 1/2, variance corrected for ties (Hollander
 * and Wolfe 1999, eq. 4.13); tie_sum is the sum of t^3 - t over groups of t equal values. NaN when
 * all values are equal.
 */
double
mann_whitney_normal_p(double n, double m, double u, double tie_sum)
{
	double total = n + m;
	double mean = n * m / 2;
	double variance = n * m / 12 * (total + 1 - tie_sum / (total * (total - 1)));

	if (!(variance > 0))
		return NAN;
	return at_most_one(2 * normal_sf((fabs(u - mean) - 0.5) / sqrt(variance)));
}
