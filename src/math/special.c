/*
 * special.c: special functions. Plain C; a value that does not exist is NaN.
 *
 * Regularised incomplete gamma and beta functions by their series and continued fractions (DLMF
 * 8.11.4 and 8.9.2; DiDonato and Morris 1992), with the factor in front of them as in Loader (2000), "Fast and
 * accurate computation of binomial probabilities": the large parts of x^a e^-x / Gamma(a) cancel on
 * paper and not in floating point, so that accuracy does not suffer when a is large.
 *
 * Shapes below 1/2 are correct but lose relative accuracy in the tail that is taken as one minus
 * the other; no distribution used here has them.
 */
#include <math.h>
#include <stdbool.h>

#include "math/special.h"

/* Iterations grow with the square root of the shape, so this serves shapes up to about 10^12. */
#define MAX_ITERATIONS 10000000

/* Small against what is computed, large against the least double: stands for zero (Lentz 1976). */
#define ALMOST_ZERO 1e-300

#define ROUNDING 1.1102230246251565e-16

static const Tails NOT_A_TAIL = {NAN, NAN};

/* ---- factorials and harmonic numbers -------------------------------------------------------- */

double
log_factorial(double n)
{
	return n >= 0 ? lgamma(n + 1) : NAN;
}

/*
 * log of Gamma(n+1) / sqrt(2 pi n) (n/e)^n, the error of Stirling's formula (Loader 2000, section
 * 2). The series is DLMF 5.11.1; from 10 on its next term is below the rounding error.
 */
static double
stirling_error(double n)
{
	double squared = n * n;

	if (n < 10)
		return lgamma(n + 1) - (n + 0.5) * log(n) + n - MATH_LOG_SQRT_2PI;
	return (1.0 / 12 -
			(1.0 / 360 -
			 (1.0 / 1260 -
			  (1.0 / 1680 -
			   (1.0 / 1188 - (691.0 / 360360 - 1.0 / 156 / squared) / squared) / squared) /
				  squared) /
				 squared) /
				squared) /
		   n;
}

/* x log(x / mean) + mean - x without cancellation where the two are near (Loader 2000, eq. 5.2). */
static double
deviance(double x, double mean)
{
	double difference = x - mean;

	if (fabs(difference) < 0.1 * (x + mean))
	{
		double v = difference / (x + mean);
		double sum = difference * v;
		double term = 2 * x * v;

		for (int j = 1; j < 1000; j++)
		{
			double next;

			term *= v * v;
			next = sum + term / (2 * j + 1);
			if (next == sum)
				break;
			sum = next;
		}
		return sum;
	}
	return x * log(x / mean) - difference;
}

/* log of n over k, for real arguments 0 <= k <= n */
double
log_binomial(double n, double k)
{
	double rest = n - k;

	if (!(k >= 0 && rest >= 0))
		return NAN;
	if (k == 0 || rest == 0)
		return 0;
	return stirling_error(n) - stirling_error(k) - stirling_error(rest) - k * log(k / n) -
		   rest * log(rest / n) + 0.5 * log(n / k / rest) - MATH_LOG_SQRT_2PI;
}

/* 1 + 1/2 + ... + 1/n; the series is DLMF 5.11.2 for the digamma function. */
double
harmonic_number(double n)
{
	double sum = 0;
	double inverse = 1 / (n * n);

	if (!(n >= 0))
		return NAN;
	if (n < 64)
	{
		for (double i = n; i >= 1; i--)
			sum += 1 / i;
		return sum;
	}
	return log(n) + 0.57721566490153286061 + 1 / (2 * n) -
		   inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse / 240)));
}

/* 1 + 1/4 + ... + 1/n^2; the series is that of the trigamma function (DLMF 5.15.8). */
double
harmonic_number_of_squares(double n)
{
	double sum = 0;
	double inverse = 1 / n;
	double squared = inverse * inverse;

	if (!(n >= 0))
		return NAN;
	if (n < 64)
	{
		for (double i = n; i >= 1; i--)
			sum += 1 / (i * i);
		return sum;
	}
	return MATH_PI * MATH_PI / 6 -
		   inverse *
			   (1 - inverse * (0.5 - inverse * (1.0 / 6 - squared * (1.0 / 30 - squared / 42))));
}

/* ---- incomplete gamma ----------------------------------------------------------------------- */

/* x^a e^-x / Gamma(a), which is also the derivative of P(a, x) by log x */
double
gamma_slope(double a, double x)
{
	return sqrt(a / (2 * MATH_PI)) * exp(-stirling_error(a) - deviance(a, x));
}

/* a P(a, x) divided by the slope (DLMF 8.11.4), for x < a + 1 */
static double
gamma_series(double a, double x)
{
	double sum = 1;
	double term = 1;

	for (long i = 1; i <= MAX_ITERATIONS; i++)
	{
		term *= x / (a + i);
		sum += term;
		if (term < sum * ROUNDING)
			return sum;
	}
	return NAN;
}

/* A step of the modified Lentz algorithm for b0 + a1 / (b1 + a2 / (b2 + ...)). */
typedef struct Fraction
{
	double value;
	double c;
	double d;
} Fraction;

static double
not_zero(double x)
{
	return fabs(x) < ALMOST_ZERO ? ALMOST_ZERO : x;
}

static bool
fraction_step(Fraction *f, double a, double b)
{
	double change;

	f->d = 1 / not_zero(b + a * f->d);
	f->c = not_zero(b + a / f->c);
	change = f->c * f->d;
	f->value *= change;
	return fabs(change - 1) <= 2 * ROUNDING;
}

/* Q(a, x) divided by the slope (DLMF 8.9.2, contracted), for x >= a + 1 */
static double
gamma_fraction(double a, double x)
{
	double b = x + 1 - a;
	Fraction f = {.value = 1 / not_zero(b), .c = 1 / ALMOST_ZERO, .d = 1 / not_zero(b)};

	for (long i = 1; i <= MAX_ITERATIONS; i++)
	{
		b += 2;
		if (fraction_step(&f, -i * (i - a), b))
			return f.value;
	}
	return NAN;
}

/* P(a, x) and Q(a, x), the regularised incomplete gamma functions */
Tails
gamma_tails(double a, double x)
{
	Tails tails;

	if (!(a > 0 && x >= 0) || isinf(a))
		return NOT_A_TAIL;
	if (x == 0)
		return (Tails){0, 1};
	if (isinf(x))
		return (Tails){1, 0};
	if (x < a + 1)
	{
		tails.lower = at_most_one(gamma_slope(a, x) * gamma_series(a, x) / a);
		tails.upper = 1 - tails.lower;
	}
	else
	{
		tails.upper = at_most_one(gamma_slope(a, x) * gamma_fraction(a, x));
		tails.lower = 1 - tails.upper;
	}
	return tails;
}

/* ---- incomplete beta ------------------------------------------------------------------------ */

/* x^a y^b / B(a, b) with y = 1 - x, which is also the derivative of I_x(a, b) by log(x / y) */
double
beta_slope(double a, double b, double x, double y)
{
	double n = a + b;

	return sqrt(a / n * b / (2 * MATH_PI)) *
		   exp(stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) -
			   deviance(b, n * y));
}

/*
 * I_x(a, b) divided by the slope, for x < (a + 1) / (a + b + 2): the continued fraction of DiDonato
 * and Morris (1992), "Algorithm 708", eq. 9. With y = 1 - x at hand it has no cancellation near x = 1,
 * where that of DLMF 8.17.22 loses as many digits as y has zeroes.
 */
static double
beta_fraction(double a, double b, double x, double y)
{
	double excess = a * y - b * x + 1;
	double start = a * excess / (a + 1);
	Fraction f = {.value = 1 / not_zero(start), .c = 1 / ALMOST_ZERO, .d = 1 / not_zero(start)};

	for (long i = 1; i <= MAX_ITERATIONS; i++)
	{
		double middle = a + 2 * i - 1;
		double step = i * (b - i) * x / middle;
		double numerator = (a + i - 1) * (a + b + i - 1) * x / middle * step;
		double denominator = i + step + (a + i) * (excess + i * (1 + y)) / (middle + 2);

		if (fraction_step(&f, numerator, denominator))
			return f.value;
	}
	return NAN;
}

/*
 * I_x(a, b) and 1 - I_x(a, b), the regularised incomplete beta function. The caller gives y = 1 - x
 * as well, because it often knows it better than subtraction would tell.
 */
Tails
beta_tails(double a, double b, double x, double y)
{
	Tails tails;

	if (!(a > 0 && b > 0 && x >= 0 && y >= 0) || isinf(a) || isinf(b))
		return NOT_A_TAIL;
	if (x == 0)
		return (Tails){0, 1};
	if (y == 0)
		return (Tails){1, 0};
	if (x < (a + 1) / (a + b + 2))
	{
		tails.lower = at_most_one(beta_slope(a, b, x, y) * beta_fraction(a, b, x, y));
		tails.upper = 1 - tails.lower;
	}
	else
	{
		tails.upper = at_most_one(beta_slope(a, b, x, y) * beta_fraction(b, a, y, x));
		tails.lower = 1 - tails.upper;
	}
	return tails;
}

/* ---- Bessel --------------------------------------------------------------------------------- */

/*
 * e^x K(x), the modified Bessel function of the second kind, from its integral (DLMF 10.32.9). The
 * integrand decays doubly exponentially, which makes the trapezoidal rule exact to rounding.
 */
double
bessel_k_scaled(double order, double x)
{
	double step = fmin(0.2, 0.5 / sqrt(x));
	double sum = 0.5;

	if (!(x > 0))
		return NAN;
	for (int i = 1;; i++)
	{
		double half = sinh(i * step / 2);
		double term = exp(-2 * x * half * half) * cosh(order * i * step);

		sum += term;
		if (term < sum * ROUNDING)
			return sum * step;
	}
}
