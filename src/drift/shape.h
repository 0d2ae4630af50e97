/*
 * shape.h: a distribution that can be changed: scaled, cut, rounded, given a spike.
 *
 * It is a profile taken apart into stretches of numbers, each with what share of all it holds, in
 * the units that SQL sees. What a change of meaning would have made of the reference is such a shape,
 * and is compared with the current one.
 */
#ifndef AIDATAOPS_DRIFT_SHAPE_H
#define AIDATAOPS_DRIFT_SHAPE_H

#include "profile/profile.h"

/* So much is somewhere in lower <= x <= upper. */
typedef struct Stretch
{
	double lower;
	double upper;
	double share;
} Stretch;

/* Shares add up to 1. Stretches ascend, by lower and by upper. */
typedef struct Shape
{
	int n;
	Stretch *stretches;
	double nulls;
	double nans;
	double negative_infinities;
	double positive_infinities;
	double tolerance; /* relative error of a number */
} Shape;

/* Of all rows; there must be one, of a kind with an order. */
extern Shape shape_of_profile(const Profile *profile);

/* What makes one shape of another. None changes its argument. */
extern Shape shape_with_nulls(const Shape *shape, double nulls);
extern Shape shape_mapped(const Shape *shape, double factor, double shift);
extern Shape shape_cut(const Shape *shape, double least, double greatest);
extern Shape shape_clipped(const Shape *shape, double least, double greatest);
extern Shape shape_rounded(const Shape *shape, double grid, bool down);

/* A share of the whole, taken by one value; NaN and infinities are values here. */
extern Shape shape_with_value(const Shape *shape, double value, double share);
/* The share of one value given to NULL. */
extern Shape shape_value_to_null(const Shape *shape, double value, double share);
/* As much of NULL given to one value. */
extern Shape shape_null_to_value(const Shape *shape, double value, double share);

/* Share of all that is between these, both included; spread evenly over a stretch. */
extern double shape_between(const Shape *shape, double least, double greatest);
/* The number at or below which a share p of the finite ones is; there must be one. */
extern double shape_quantile(const Shape *shape, double p);

/*
 * The greatest difference of the two distribution functions, of all rows in the order NULL,
 * -infinity, numbers, infinity, NaN: at least so much, and if values are spread evenly over stretches.
 */
typedef struct ShapeDistance
{
	double certain;
	double likely;
} ShapeDistance;

extern ShapeDistance shape_distance(const Shape *a, const Shape *b);

#endif
