/*
 * distinct.c: from the registers to a number.
 */
#include "postgres.h"

#include <math.h>

#include "core/distinct.h"

/*
 * The estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017),
 * section 2.4: good over the whole range without tables of corrections, and in need of nothing but
 * the four operations and square roots. sigma and tau correct for registers that are 0 and full.
 */
static double
sigma(double x)
{
	double y = 1;
	double z = x;
	double before;

	if (x == 1)
		return INFINITY;
	do
	{
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double
tau(double x)
{
	double y = 1;
	double z = 1 - x;
	double before;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double
distinct_estimate(const uint8 *registers)
{
	const double m = DISTINCT_REGISTERS;
	const double alpha_infinity = 0.72134752044448170368; /* 1 / (2 ln 2) */
	int with_rank[DISTINCT_MAX_RANK + 1] = {0};
	double z;

	for (int i = 0; i < DISTINCT_REGISTERS; i++)
		with_rank[registers[i]]++;
	z = m * tau(1 - with_rank[DISTINCT_MAX_RANK] / m);
	for (int rank = DISTINCT_MAX_RANK - 1; rank >= 1; rank--)
		z = 0.5 * (z + with_rank[rank]);
	z += m * sigma(with_rank[0] / m);
	return alpha_infinity * m * m / z;
}
