/*
 * elementary.h: exp and log that give the same bits on every machine. Plain C.
 *
 * The C library's differ in the last bit from one to the next; what is stored as evidence must not.
 * Only additions, multiplications and divisions of IEEE 754 doubles are used, which round alike
 * everywhere as long as the compiler does not fuse them. Inline, because expectation maximization
 * does little else. Errors are below two units in the last place.
 */
#ifndef AIDATAOPS_MATH_ELEMENTARY_H
#define AIDATAOPS_MATH_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts, the first with so many trailing zeros that a multiple of it is exact */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW  0x1.a39ef35793c76p-33
#define LOG2_E   0x1.71547652b82fep+0

static inline double
double_of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t
bits_of_double(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/*
 * exp(x) for x <= 0, and 0 below -708, where the smallest normal number is near: e^x = 2^n e^r with
 * |r| <= ln 2 / 2, and the Taylor series of e^r, whose 14th term is below half a unit. No branches, so
 * that loops over it vectorize.
 */
static inline double
exp_nonpositive(double x)
{
	const double to_integer = 0x1.8p+52; /* adding it rounds to an integer, kept in the low bits */
	double within = x > -708 ? x : -708;
	double shifted = within * LOG2_E + to_integer;
	double n = shifted - to_integer;
	double r = (within - n * LN2_HIGH) - n * LN2_LOW;
	double power = double_of_bits((bits_of_double(shifted) << 52) + (UINT64_C(1023) << 52));
	double series = 1.0 / 6227020800.0;

	series = series * r + 1.0 / 479001600.0;
	series = series * r + 1.0 / 39916800.0;
	series = series * r + 1.0 / 3628800.0;
	series = series * r + 1.0 / 362880.0;
	series = series * r + 1.0 / 40320.0;
	series = series * r + 1.0 / 5040.0;
	series = series * r + 1.0 / 720.0;
	series = series * r + 1.0 / 120.0;
	series = series * r + 1.0 / 24.0;
	series = series * r + 1.0 / 6.0;
	series = series * r + 0.5;
	series = series * r + 1.0;
	series = series * r + 1.0;
	return series * (x > -708 ? power : 0);
}

/*
 * log(x) for normal x > 0: x = 2^n m with m around 1, and log m = 2 artanh((m - 1) / (m + 1)), whose
 * series in s^2 <= 0.0295 needs eleven terms.
 */
static inline double
log_positive(double x)
{
	uint64_t bits = bits_of_double(x);
	int64_t exponent = (int64_t) (bits >> 52) - 1023;
	double m = double_of_bits((bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000));
	double f;
	double s;
	double z;
	double series = 0;
	double n;

	if (m > 0x1.6a09e667f3bcdp+0) /* the square root of 2 */
	{
		m *= 0.5;
		exponent++;
	}
	f = m - 1;
	s = f / (2 + f);
	z = s * s;
	for (int term = 23; term >= 3; term -= 2)
		series = series * z + 2.0 / term;
	n = (double) exponent;
	/* log m = 2s + s z series, and 2s = f - s f, which keeps the digits of f */
	return n * LN2_HIGH + (f - (s * f - (s * z * series + n * LN2_LOW)));
}

#endif
