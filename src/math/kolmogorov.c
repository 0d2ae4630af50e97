/*
 * kolmogorov.c: the distributions of Kolmogorov-Smirnov statistics. Plain C; a value that does not
 * exist is NaN.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "math/kolmogorov.h"
#include "math/special.h"

/* ---- the limit ------------------------------------------------------------------------------ */

/*
 * P(sup |Brownian bridge| >= x), by the series of Kolmogorov (1933) for large x and by its theta
 * transform for small x (DLMF 20.7.32 with z = 0); either has at most five terms that matter.
 */
double
kolmogorov_sf(double x)
{
	double sum = 0;

	if (isnan(x))
		return NAN;
	if (x <= 0)
		return 1;
	if (x < 0.8)
	{
		for (int k = 1; k <= 9; k += 2)
			sum += exp(-k * k * MATH_PI * MATH_PI / (8 * x * x));
		return 1 - sqrt(2 * MATH_PI) / x * sum;
	}
	for (int k = 6; k >= 1; k--)
		sum = exp(-2 * (2 * k - 1) * x * x) * (1 - sum);
	return 2 * sum;
}

/* ---- one sample ----------------------------------------------------------------------------- */

/* Terms of the sum below when n is large: the sum is then an integral, and this finds it exactly. */
#define ONE_SIDED_POINTS 4096

/*
 * d C(n, j) (1 - d - j/n)^(n-j) (d + j/n)^(j-1), which is a binomial probability times d / (d + j/n)
 */
static double
one_sided_term(double d, double n, double j)
{
	double p = d + j / n;
	double q = 1 - p;

	if (q <= 0)
		return 0;
	if (j == 0)
		return exp(n * log1p(-d));
	return d / p * exp(log_binomial(n, j) + j * log(p) + (n - j) * log(q));
}

/*
 * P(sup (F_n - F) >= d), n values of a continuous distribution (Birnbaum and Tingey 1951, eq. 3.0).
 * All terms are positive. For large n they are samples of a smooth function that vanishes with all
 * its derivatives at both ends, so that every s-th term times s is the same sum (trapezoidal rule).
 */
double
ks_one_sided_sf(double d, double n)
{
	double last = floor(n * (1 - d));
	double stride = n > 4 * ONE_SIDED_POINTS && n * d > 1000 ? n / ONE_SIDED_POINTS : 1;
	double sum = 0;

	if (!(n >= 1 && !isnan(d)))
		return NAN;
	if (d <= 0 || d >= 1)
		return d <= 0 ? 1 : 0;
	for (double j = 0; j <= last; j += stride)
		sum += one_sided_term(d, n, j);
	return at_most_one(sum * stride);
}

/* result = a b, square matrices */
static void
multiply_matrices(int size, const double *a, const double *b, double *result)
{
	memset(result, 0, sizeof(double) * size * size);
	for (int i = 0; i < size; i++)
		for (int k = 0; k < size; k++)
		{
			double factor = a[i * size + k];

			if (factor != 0)
				for (int j = 0; j < size; j++)
					result[i * size + j] += factor * b[k * size + j];
		}
}

/* Keeps the elements within the range of a double; returns the exponent of 2 that was taken out. */
static int
normalise_matrix(int size, double *a)
{
	int exponent;

	(void) frexp(a[(size / 2) * size + size / 2], &exponent);
	if (abs(exponent) < 400)
		return 0;
	for (int i = 0; i < size * size; i++)
		a[i] = ldexp(a[i], -exponent);
	return exponent;
}

/*
 * The matrix of Durbin (1973) as Marsaglia, Tsang and Wang (2003), "Evaluating Kolmogorov's
 * distribution", section 2, set it up: k is the next integer above n d, h = k - n d.
 */
static void
fill_durbin_matrix(int k, double h, double *a)
{
	int size = 2 * k - 1;

	for (int i = 0; i < size; i++)
		for (int j = 0; j < size; j++)
			a[i * size + j] = i - j + 1 >= 0 ? 1 : 0;
	for (int i = 0; i < size; i++)
	{
		a[i * size] -= pow(h, i + 1);
		a[(size - 1) * size + i] -= pow(h, size - i);
	}
	a[(size - 1) * size] += 2 * h > 1 ? pow(2 * h - 1, size) : 0;
	for (int i = 0; i < size; i++)
		for (int j = 0; j < size; j++)
			for (int g = 2; g <= i - j + 1; g++)
				a[i * size + j] /= g;
}

/* P(D < d), exact: n! / n^n times the middle element of the n-th power of the matrix */
static double
one_sample_cdf_by_matrix(double d, int n)
{
	int k = (int) (n * d) + 1;
	int size = 2 * k - 1;
	size_t cells = (size_t) size * size;
	double *power = calloc(3 * cells, sizeof(double));
	double *result = power + cells;
	double *scratch = result + cells;
	int power_exponent = 0;
	int exponent = 0;
	double p = NAN;

	if (power == NULL)
		return NAN;
	fill_durbin_matrix(k, k - n * d, power);
	for (int i = 0; i < size; i++)
		result[i * size + i] = 1;
	for (int bits = n; bits > 0; bits /= 2)
	{
		if (bits % 2 == 1)
		{
			multiply_matrices(size, result, power, scratch);
			memcpy(result, scratch, cells * sizeof(double));
			exponent += power_exponent + normalise_matrix(size, result);
		}
		multiply_matrices(size, power, power, scratch);
		memcpy(power, scratch, cells * sizeof(double));
		power_exponent = 2 * power_exponent + normalise_matrix(size, power);
	}
	p = result[(k - 1) * size + k - 1];
	for (int i = 1; i <= n; i++)
	{
		int shift;

		p = frexp(p * i / n, &shift);
		exponent += shift;
	}
	free(power);
	return ldexp(p, exponent);
}

/* P(D < d) for large n, to order n^(-3/2) (Pelz and Good 1976, eq. 9 to 12) */
static double
one_sample_cdf_by_expansion(double d, double n)
{
	double z = sqrt(n) * d;
	double z2 = z * z;
	double z4 = z2 * z2;
	double z6 = z4 * z2;
	double pi2 = MATH_PI * MATH_PI;
	double half_pi_root = sqrt(MATH_PI / 2);
	double k0 = 0;
	double k1 = 0;
	double k2 = 0;
	double k3 = 0;

	for (double k = 20; k >= 0; k--)
	{
		double w = pi2 * (k + 0.5) * (k + 0.5); /* of the half-integers, both signs at once */
		double v = pi2 * k * k;                 /* of the integers */
		double at_half = 2 * exp(-w / (2 * z2));
		double at_whole = 2 * exp(-v / (2 * z2));

		k0 += at_half;
		k1 += (w - z2) * at_half;
		k2 += (6 * z6 + 2 * z4 + w * (2 * z4 - 5 * z2) + w * w * (1 - 2 * z2)) * at_half / 72;
		k2 -= v * z4 * at_whole / 36;
		k3 += (w * w * w * (5 - 30 * z2) + w * w * (212 * z4 - 60 * z2) + w * (135 * z4 - 96 * z6) -
			   30 * z6 - 90 * z4 * z4) *
			  at_half / 6480;
		k3 += (3 * v * z2 - v * v) * z4 * at_whole / 216;
	}
	return half_pi_root / z *
		   (k0 + k1 / (6 * z2 * z * sqrt(n)) + k2 / (z6 * n) + k3 / (z6 * z2 * z * n * sqrt(n)));
}

/*
 * P(D >= d) of the one-sample statistic of n values of a continuous distribution. The method is
 * chosen after Simard and L'Ecuyer (2011), "Computing the two-sided Kolmogorov-Smirnov
 * distribution": in the tail twice the one-sided probability, which errs by a factor of about
 * 1 + exp(-6 n d^2); else the matrix for n up to 140, and the expansion beyond. So the relative error
 * is below 10^-10 for n up to 140, at most 2 10^-5 at 141, and falls from there.
 */
double
ks_one_sample_sf(double d, double n)
{
	if (!(n >= 1 && !isnan(d)))
		return NAN;
	if (2 * n * d <= 1)
		return 1;
	if (d >= 1)
		return 0;
	if (d >= 0.5 || n * d * d > (n <= 140 ? 4 : 2.2))
		return at_most_one(2 * ks_one_sided_sf(d, n));
	if (n <= 140)
		return 1 - one_sample_cdf_by_matrix(d, (int) n);
	return at_most_one(1 - one_sample_cdf_by_expansion(d, n));
}

/* ---- two samples ---------------------------------------------------------------------------- */

/*
 * Two samples of n values each without ties, D = h / n: reflection gives the alternating sum of
 * binomials of Gnedenko and Korolyuk (1951), here in nested form with each binomial as a product of
 * h ratios to the one before, so that nothing overflows and little cancels.
 */
double
ks_equal_sizes_sf(int64_t n, int64_t h)
{
	double sum = 0;

	if (n < 1 || h > n)
		return NAN;
	if (h <= 0)
		return 1;
	for (int64_t k = n / h - 1; k >= 0; k--)
	{
		double ratio = 1;

		for (int64_t j = 0; j < h && ratio > 0; j++)
			ratio *= (double) (n - k * h - j) / (double) (n + k * h + j + 1);
		sum = ratio * (1 - sum);
	}
	return at_most_one(2 * sum);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
min_int64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
max_int64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A range of numbers of first-sample values among some number of pooled values */
typedef struct Span
{
	int64_t first;
	int64_t last;
} Span;

/*
 * Where |i/n - (k-i)/m| < D = numerator / (n m), which is |i (n+m) - k n| < numerator, and there are
 * that many values of either sample.
 */
static Span
inside_band(int64_t n, int64_t m, int64_t numerator, int64_t k)
{
	int64_t first = floor_div(k * n - numerator, n + m) + 1;
	int64_t last = -floor_div(-(k * n + numerator), n + m) - 1;

	return (Span){max_int64(first, max_int64(0, k - m)), min_int64(last, min_int64(k, n))};
}

/* One value more: the last of k was of the first sample with probability i / k. */
static void
add_value(const double *old, double *new, int64_t k, Span span)
{
	double inverse = 1.0 / (double) k;
	int total = (int) k;
	int last = (int) span.last;

	for (int i = (int) span.first; i <= last; i++)
		new[i] = (old[i] * (double) (total - i) + old[i - 1] * (double) i) * inverse;
}

/* The probabilities that the recursion below has reached, for i = -1 ... n + 1 */
typedef struct Front
{
	double *now;
	double *next;
	int64_t k;
	Span inside; /* of k; everywhere else the band has been left for certain */
} Front;

/*
 * Adds a group of `length` equal values; the band matters at its end only. Computes the cells that
 * both descend from inside the band and lead back into it. Returns false when there are none, so
 * that the band is left for certain.
 */
static bool
add_group(Front *front, int64_t length, Span after, int64_t n)
{
	Span before = front->inside;

	if (after.first > after.last || before.first > after.last || after.first > before.last + length)
		return false;
	front->now[before.first - 1] = front->next[before.first - 1] = 1;
	front->now[before.last + 1] = 1;
	for (int64_t step = 1; step <= length; step++)
	{
		Span span = {max_int64(before.first, after.first - (length - step)),
					 min_int64(after.last, before.last + step)};
		double *swap = front->now;

		add_value(front->now, front->next, front->k + step, span);
		if (before.last + step + 1 <= n + 1)
			front->next[before.last + step + 1] = 1;
		front->now = front->next;
		front->next = swap;
	}
	front->k += length;
	front->inside =
		(Span){max_int64(before.first, after.first), min_int64(after.last, before.last + length)};
	return true;
}

/*
 * P(D >= numerator / (n m)) when all orders of the pooled values are equally likely, given which of
 * them are equal. The recursion over the lattice of Hodges (1958) in the form of Viehmann (2021),
 * "Numerically more stable computation of the p-values for the two-sample Kolmogorov-Smirnov test":
 * it carries the probability that a path *has left* the band, a mean of its two predecessors, so
 * that only positive numbers are added and the smallest p-value keeps its digits. Ties as in Schroer
 * and Trenkler (1995): the statistic is looked at behind each group of equal values only.
 */
double
ks_two_sample_sf(int64_t n, int64_t m, int64_t numerator, const TieGroup *ties, int64_t nties)
{
	Front front = {.k = 0, .inside = {0, 0}};
	double *cells;
	double p;
	int64_t tie = 0;

	if (n > m)
		return ks_two_sample_sf(m, n, numerator, ties, nties);
	if (n < 1 || n + m >= INT32_MAX)
		return NAN;
	if (numerator <= 0)
		return 1;
	cells = calloc(2 * ((size_t) n + 3), sizeof(double));
	if (cells == NULL)
		return NAN;
	front.now = cells + 1;
	front.next = front.now + n + 3;
	while (front.k < n + m)
	{
		int64_t length = tie < nties && ties[tie].start == front.k ? ties[tie++].length : 1;

		if (!add_group(&front, length, inside_band(n, m, numerator, front.k + length), n))
			break;
	}
	p = front.k == n + m ? front.now[n] : 1;
	free(cells);
	return p;
}

/* About how many cells the recursion visits, for the caller to decide whether that is worth it. */
double
ks_two_sample_work(int64_t n, int64_t m, int64_t numerator, const TieGroup *ties, int64_t nties)
{
	double width = fmin(2.0 * (double) numerator / (double) (n + m) + 1, (double) min_int64(n, m));
	double work = (double) (n + m) * width;

	for (int64_t i = 0; i < nties; i++)
		work += (double) ties[i].length * (double) ties[i].length / 4;
	return work;
}
