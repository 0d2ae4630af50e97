/*
 * exact_sum.h: sums of doubles and of their squares without any rounding.
 *
 * A sum is one very long fixed-point number that covers the whole range of a double, kept as chunks
 * of 32 bits with room for carries: R. M. Neal, "Fast exact summation using small and large
 * superaccumulators" (2015). Being exact it does not depend on order, and can be subtracted; rounding
 * happens once, when a mean or a variance is read. Squares are added as exact products of 106 bits,
 * in twice the range, so 1e300 does not overflow.
 */
#ifndef AIDATAOPS_CORE_EXACT_SUM_H
#define AIDATAOPS_CORE_EXACT_SUM_H

/*
 * Chunk i of the sum has the weight 2^(32 i - 1074), of the squares 2^(32 i - 2148). The last chunks
 * are there for 2^63 values of the largest size.
 */
#define SUM_CHUNKS       68
#define SQUARES_CHUNKS   134
#define SUM_EXPONENT     (-1074)
#define SQUARES_EXPONENT (-2148)

/* Values that may be added before chunks must be normalised: each adds less than 2^53 to a chunk. */
#define EXACT_SUM_ROOM 1000

typedef struct ExactSum
{
	int64 sum[SUM_CHUNKS];
	int64 squares[SQUARES_CHUNKS];
} ExactSum;

/* value must be finite. */
static inline void
exact_sum_add(ExactSum *acc, double value)
{
	uint64 bits;
	uint64 mantissa;
	unsigned exponent;
	unsigned shift;
	int64 sign;
	int64 *chunk;
	uint128 square;
	uint64 rest;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (bits >> 52) & 0x7ff;
	mantissa = bits & UINT64CONST(0xfffffffffffff);
	sign = (int64) bits >> 63;

	/* a subnormal has the exponent of the smallest normal numbers, without the implied bit */
	mantissa |= (uint64) (exponent != 0) << 52;
	shift = exponent - (exponent != 0);

	chunk = acc->sum + (shift >> 5);
	chunk[0] += ((int64) (uint32) (mantissa << (shift & 31)) ^ sign) - sign;
	chunk[1] += ((int64) (mantissa >> (32 - (shift & 31))) ^ sign) - sign;

	square = (uint128) mantissa * mantissa;
	shift *= 2;
	chunk = acc->squares + (shift >> 5);
	chunk[0] += (uint32) ((uint64) square << (shift & 31));
	square >>= 32 - (shift & 31);
	rest = (uint64) square;
	chunk[1] += (uint32) rest;
	chunk[2] += rest >> 32;
	chunk[3] += (int64) (uint64) (square >> 64);
}

/* Carries, so that every chunk but the last is in 0 .. 2^32 - 1: one form for each sum. */
extern void exact_sum_normalise(ExactSum *acc);

/* acc += other; both normalised, and the result is. */
extern void exact_sum_merge(ExactSum *acc, const ExactSum *other);

/* Is each normalised sum within what 2^63 values can reach? What is not was made up. */
extern bool exact_sum_in_range(const ExactSum *acc);

/* Of n values, correctly rounded; acc is normalised. */
extern double exact_sum_mean(const ExactSum *acc, int64 n);
extern double exact_sum_stddev(const ExactSum *acc, int64 n);

/*
 * The mean of m values in b minus that of n values in a, correctly rounded: means of 1e15 that differ by
 * 1e-5 are one double, but two sums.
 */
extern double exact_sum_mean_difference(const ExactSum *a, int64 n, const ExactSum *b, int64 m);

#endif
