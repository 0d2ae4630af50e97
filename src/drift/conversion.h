/*
 * conversion.h: numbers by which units, currencies, epochs and scales are converted.
 */
#ifndef AIDATAOPS_DRIFT_CONVERSION_H
#define AIDATAOPS_DRIFT_CONVERSION_H

/* Of weights, all factors share 1, all shifts share 1, and all pairs of both. */
typedef struct Conversion
{
	double factor;
	double shift;
	double weight;
	const char *between;
} Conversion;

/* Factors come as they are; the other direction is the reciprocal. Shifts: the negative. */
extern const Conversion known_factors[];
extern const int num_known_factors;
extern const Conversion known_shifts[];
extern const int num_known_shifts;
extern const Conversion known_time_shifts[];
extern const int num_known_time_shifts;
/* Both at once, in each direction. */
extern const Conversion known_affine[];
extern const int num_known_affine;

#endif
