/*
 * exact_sum.c: what is done with an exact sum once, not for each value.
 */
#include "postgres.h"

#include <math.h>

#include "core/exact_sum.h"


/* Limbs of 32 bits, the least significant first: room for a square of a sum beside a division. */
#define BIG_LIMBS  (2 * SUM_CHUNKS + 16)
#define GUARD_BITS 192 /* a quotient by 2^126 keeps more than 64 significant bits */
#define GUARD      (GUARD_BITS / 32)

typedef struct BigNumber
{
	int n; /* limbs in use */
	uint32 limb[BIG_LIMBS];
} BigNumber;

static void
normalise_chunks(int64 *chunk, int n)
{
	int64 carry = 0;

	for (int i = 0; i < n - 1; i++)
	{
		int64 value = chunk[i] + carry;

		chunk[i] = (uint32) value;
		carry = value >> 32;
	}
	chunk[n - 1] += carry;
}

void
exact_sum_normalise(ExactSum *acc)
{
	normalise_chunks(acc->sum, SUM_CHUNKS);
	normalise_chunks(acc->squares, SQUARES_CHUNKS);
}

void
exact_sum_merge(ExactSum *acc, const ExactSum *other)
{
	for (int i = 0; i < SUM_CHUNKS; i++)
		acc->sum[i] += other->sum[i];
	for (int i = 0; i < SQUARES_CHUNKS; i++)
		acc->squares[i] += other->squares[i];
	exact_sum_normalise(acc);
}

bool
exact_sum_in_range(const ExactSum *acc)
{
	int64 top = acc->sum[SUM_CHUNKS - 1];
	int64 top_square = acc->squares[SQUARES_CHUNKS - 1];

	return top >= -((int64) 1 << 31) && top < ((int64) 1 << 31) && top_square >= 0 &&
		   top_square < ((int64) 1 << 31);
}

/* The magnitude of a normalised sum; returns whether it is negative. */
static bool
big_of_chunks(BigNumber *big, const int64 *chunk, int n)
{
	bool negative = chunk[n - 1] < 0;
	uint64 carry = negative ? 1 : 0;

	for (int i = 0; i < n; i++)
	{
		uint64 limb = (negative ? ~(uint32) chunk[i] : (uint32) chunk[i]) + carry;

		big->limb[i] = (uint32) limb;
		carry = negative ? limb >> 32 : 0;
	}
	big->n = n;
	return negative;
}

static void
big_trim(BigNumber *big)
{
	while (big->n > 0 && big->limb[big->n - 1] == 0)
		big->n--;
}

static void
big_multiply(BigNumber *product, const BigNumber *a, const BigNumber *b)
{
	product->n = a->n + b->n;
	memset(product->limb, 0, product->n * sizeof(uint32));
	for (int i = 0; i < a->n; i++)
	{
		uint64 carry = 0;

		if (a->limb[i] == 0)
			continue;
		for (int j = 0; j < b->n; j++)
		{
			carry += (uint64) a->limb[i] * b->limb[j] + product->limb[i + j];
			product->limb[i + j] = (uint32) carry;
			carry >>= 32;
		}
		product->limb[i + b->n] = (uint32) carry;
	}
	big_trim(product);
}

/* Of trimmed numbers, as memcmp. */
static int
big_compare(const BigNumber *a, const BigNumber *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (int i = a->n - 1; i >= 0; i--)
	{
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	}
	return 0;
}

/* a += b */
static void
big_add(BigNumber *a, const BigNumber *b)
{
	int n = Max(a->n, b->n);
	uint64 carry = 0;

	for (int i = 0; i < n; i++)
	{
		carry += (uint64) (i < a->n ? a->limb[i] : 0) + (i < b->n ? b->limb[i] : 0);
		a->limb[i] = (uint32) carry;
		carry >>= 32;
	}
	a->limb[n] = (uint32) carry;
	a->n = n + 1;
	big_trim(a);
}

/* a -= b; false, and a is garbage, if that were negative. */
static bool
big_subtract(BigNumber *a, const BigNumber *b)
{
	int64 borrow = 0;

	if (b->n > a->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		int64 limb = (int64) a->limb[i] - (i < b->n ? b->limb[i] : 0) + borrow;

		a->limb[i] = (uint32) limb;
		borrow = limb >> 32;
	}
	big_trim(a);
	return borrow == 0;
}

/* Multiply by 2^GUARD_BITS. */
static void
big_guard(BigNumber *big)
{
	memmove(big->limb + GUARD, big->limb, big->n * sizeof(uint32));
	memset(big->limb, 0, GUARD * sizeof(uint32));
	big->n += GUARD;
}

/* Divide in place; returns whether a remainder was left. */
static bool
big_divide(BigNumber *big, uint64 divisor)
{
	uint128 rest = 0;

	for (int i = big->n - 1; i >= 0; i--)
	{
		rest = (rest << 32) | big->limb[i];
		big->limb[i] = (uint32) (rest / divisor);
		rest %= divisor;
	}
	big_trim(big);
	return rest != 0;
}

/*
 * big * 2^exponent to the nearest double, ties to even; sticky says that big was a little more. With
 * precision beyond what the result needs, subnormal results are rounded a second time, by ldexp.
 */
static double
big_to_double(const BigNumber *big, bool sticky, int exponent, int *result_exponent)
{
	uint64 top = 0;
	int taken = 0;
	int shift;
	uint64 mantissa;

	if (big->n == 0)
	{
		*result_exponent = 0;
		return 0;
	}
	/* the leading 64 bits */
	shift = __builtin_clz(big->limb[big->n - 1]);
	for (int i = big->n - 1; i >= 0; i--)
	{
		if (taken == 0)
			top = (uint64) big->limb[i] << (32 + shift);
		else if (taken == 1)
			top |= (uint64) big->limb[i] << shift;
		else if (taken == 2)
		{
			top |= shift ? big->limb[i] >> (32 - shift) : 0;
			sticky |= (uint32) ((uint64) big->limb[i] << shift) != 0;
		}
		else
			sticky |= big->limb[i] != 0;
		taken++;
	}
	mantissa = top >> 11;
	if ((top & 0x400) && ((top & 0x3ff) || sticky || (mantissa & 1)))
		mantissa++;
	*result_exponent = exponent + big->n * 32 - shift - 53;
	return (double) mantissa;
}

static BigNumber
big_of_count(int64 n)
{
	return (BigNumber){2, {(uint32) n, (uint32) ((uint64) n >> 32)}};
}

/* The magnitude of the sum times a count; returns whether it is negative. */
static bool
big_of_sum_times(BigNumber *product, const ExactSum *acc, int64 count)
{
	BigNumber factor = big_of_count(count);
	BigNumber sum;
	bool negative = big_of_chunks(&sum, acc->sum, SUM_CHUNKS);

	big_trim(&sum);
	big_multiply(product, &sum, &factor);
	return negative;
}

double
exact_sum_mean(const ExactSum *acc, int64 n)
{
	BigNumber big;
	bool negative = big_of_chunks(&big, acc->sum, SUM_CHUNKS);
	bool sticky;
	int exponent;
	double mean;

	big_trim(&big);
	big_guard(&big);
	sticky = big_divide(&big, n);
	mean = big_to_double(&big, sticky, SUM_EXPONENT - GUARD_BITS, &exponent);
	mean = ldexp(mean, exponent);
	return negative ? -mean : mean;
}

/* sqrt((n * sum of squares - sum^2) / (n (n - 1))), the radicand exact until it is rounded. */
double
exact_sum_stddev(const ExactSum *acc, int64 n)
{
	BigNumber sum;
	BigNumber square;
	BigNumber spread;
	BigNumber count = big_of_count(n);
	bool sticky;
	int exponent;
	double variance;

	big_of_chunks(&sum, acc->sum, SUM_CHUNKS);
	big_trim(&sum);
	big_multiply(&square, &sum, &sum);
	big_of_chunks(&sum, acc->squares, SQUARES_CHUNKS);
	big_trim(&sum);
	big_multiply(&spread, &sum, &count);
	/* negative only for sums that no values have, received from somebody who made them up */
	if (!big_subtract(&spread, &square))
		return 0;

	big_guard(&spread);
	sticky = big_divide(&spread, n);
	sticky |= big_divide(&spread, n - 1);
	variance = big_to_double(&spread, sticky, SQUARES_EXPONENT - GUARD_BITS, &exponent);
	/* the root is taken of the mantissa, because the variance itself may be beyond a double */
	if (exponent & 1)
	{
		variance *= 2;
		exponent--;
	}
	return ldexp(sqrt(variance), exponent / 2);
}

/* (n * sum of b - m * sum of a) / (n m), the numerator exact. */
double
exact_sum_mean_difference(const ExactSum *a, int64 n, const ExactSum *b, int64 m)
{
	BigNumber subtrahend;
	BigNumber difference;
	bool minus_a = !big_of_sum_times(&subtrahend, a, m);
	bool negative = big_of_sum_times(&difference, b, n);
	bool sticky;
	int exponent;
	double value;

	if (negative == minus_a)
		big_add(&difference, &subtrahend);
	else if (big_compare(&difference, &subtrahend) >= 0)
		(void) big_subtract(&difference, &subtrahend);
	else
	{
		BigNumber smaller = difference;

		difference = subtrahend;
		(void) big_subtract(&difference, &smaller);
		negative = minus_a;
	}
	big_guard(&difference);
	sticky = big_divide(&difference, n);
	sticky |= big_divide(&difference, m);
	value = big_to_double(&difference, sticky, SUM_EXPONENT - GUARD_BITS, &exponent);
	value = ldexp(value, exponent);
	return negative ? -value : value;
}
