/*
 * shape.c: distributions that can be changed, and how far they are apart.
 */
#include "postgres.h"

#include <math.h>

#include "drift/shape.h"

#define EXACT_TOLERANCE  1e-12
#define FLOAT4_TOLERANCE 1e-6

/* ---------------------------------------------------------------------------- making ---- */

Shape
shape_of_profile(const Profile *profile)
{
	double rows = (double) profile_num_rows(profile);
	Shape shape = {.n = profile->nbuckets,
				   .stretches = palloc(Max(profile->nbuckets, 1) * sizeof(Stretch)),
				   .nulls = (double) profile->nulls / rows,
				   .nans = (double) profile->nans / rows,
				   .negative_infinities = (double) profile->negative_infinities / rows,
				   .positive_infinities = (double) profile->positive_infinities / rows,
				   .tolerance =
					   profile->kind == PROFILE_FLOAT4 ? FLOAT4_TOLERANCE : EXACT_TOLERANCE};

	for (int i = 0; i < shape.n; i++)
		shape.stretches[i] = (Stretch){profile_to_sql(profile, profile_bucket_lower(profile, i)),
									   profile_to_sql(profile, profile_bucket_upper(profile, i)),
									   (double) profile->buckets[i].count / rows};
	return shape;
}

/* A copy with room for more stretches. */
static Shape
copy_of(const Shape *shape, int more)
{
	Shape copy = *shape;

	copy.stretches = palloc((shape->n + more + 1) * sizeof(Stretch));
	memcpy(copy.stretches, shape->stretches, shape->n * sizeof(Stretch));
	return copy;
}

/* Everything that is not NULL, times a factor. */
static void
multiply_values(Shape *shape, double factor)
{
	for (int i = 0; i < shape->n; i++)
		shape->stretches[i].share *= factor;
	shape->nans *= factor;
	shape->negative_infinities *= factor;
	shape->positive_infinities *= factor;
}

Shape
shape_with_nulls(const Shape *shape, double nulls)
{
	Shape result = copy_of(shape, 0);

	if (shape->nulls < 1)
		multiply_values(&result, (1 - nulls) / (1 - shape->nulls));
	result.nulls = nulls;
	return result;
}

static void
reverse(Shape *shape)
{
	double infinities = shape->negative_infinities;

	shape->negative_infinities = shape->positive_infinities;
	shape->positive_infinities = infinities;
	for (int i = 0; i < shape->n; i++)
	{
		double lower = shape->stretches[i].lower;

		shape->stretches[i].lower = shape->stretches[i].upper;
		shape->stretches[i].upper = lower;
	}
	for (int i = 0, j = shape->n - 1; i < j; i++, j--)
	{
		Stretch stretch = shape->stretches[i];

		shape->stretches[i] = shape->stretches[j];
		shape->stretches[j] = stretch;
	}
}

Shape
shape_mapped(const Shape *shape, double factor, double shift)
{
	Shape result = copy_of(shape, 0);

	for (int i = 0; i < result.n; i++)
	{
		result.stretches[i].lower = result.stretches[i].lower * factor + shift;
		result.stretches[i].upper = result.stretches[i].upper * factor + shift;
	}
	if (factor < 0)
		reverse(&result);
	return result;
}

/* The share of a stretch that is below x, at x too if inclusive. */
static inline double
part_below(const Stretch *stretch, double x, bool inclusive)
{
	if (inclusive ? stretch->upper <= x : stretch->upper < x)
		return stretch->share;
	if (stretch->lower >= x)
		return 0;
	return stretch->share * ((x - stretch->lower) / (stretch->upper - stretch->lower));
}

static double
part_between(const Stretch *stretch, double least, double greatest)
{
	return Max(part_below(stretch, greatest, true) - part_below(stretch, least, false), 0);
}

double
shape_between(const Shape *shape, double least, double greatest)
{
	double sum = 0;

	for (int i = 0; i < shape->n; i++)
		sum += part_between(&shape->stretches[i], least, greatest);
	return sum;
}

/* Only what is within these is left, NULL keeping its share. */
Shape
shape_cut(const Shape *shape, double least, double greatest)
{
	Shape result = copy_of(shape, 0);
	double left = result.nans;

	result.n = 0;
	for (int i = 0; i < shape->n; i++)
	{
		const Stretch *s = &shape->stretches[i];
		double share = part_between(s, least, greatest);

		if (share > 0)
			result.stretches[result.n++] =
				(Stretch){Max(s->lower, least), Min(s->upper, greatest), share};
		left += share;
	}
	result.negative_infinities = isinf(least) ? result.negative_infinities : 0;
	result.positive_infinities = isinf(greatest) ? result.positive_infinities : 0;
	left += result.negative_infinities + result.positive_infinities;
	if (left > 0)
		multiply_values(&result, (1 - shape->nulls) / left);
	return result;
}

Shape
shape_clipped(const Shape *shape, double least, double greatest)
{
	Shape result = copy_of(shape, 0);

	for (int i = 0; i < result.n; i++)
	{
		Stretch *s = &result.stretches[i];

		s->lower = Min(Max(s->lower, least), greatest);
		s->upper = Min(Max(s->upper, least), greatest);
	}
	return result;
}

static double
round_to(double x, double grid, bool down)
{
	/* what is on the grid but for the error of a division stays there */
	return (down ? floor(x / grid + 1e-9) : rint(x / grid)) * grid;
}

Shape
shape_rounded(const Shape *shape, double grid, bool down)
{
	Shape result = copy_of(shape, 0);

	for (int i = 0; i < result.n; i++)
	{
		result.stretches[i].lower = round_to(result.stretches[i].lower, grid, down);
		result.stretches[i].upper = round_to(result.stretches[i].upper, grid, down);
	}
	return result;
}

/* One more value, which may lie within a stretch, and then cuts it. */
static void
insert_value(Shape *shape, double value, double share)
{
	Stretch parts[3];
	int nparts = 0;
	int at = 0;
	Stretch whole;

	while (at < shape->n && shape->stretches[at].upper < value)
		at++;
	if (at < shape->n && shape->stretches[at].lower < value && value < shape->stretches[at].upper)
	{
		double below;

		whole = shape->stretches[at];
		below = part_below(&whole, value, true);
		parts[nparts++] = (Stretch){whole.lower, value, below};
		parts[nparts++] = (Stretch){value, value, share};
		parts[nparts++] = (Stretch){value, whole.upper, whole.share - below};
		memmove(&shape->stretches[at + 3], &shape->stretches[at + 1],
				(shape->n - at - 1) * sizeof(Stretch));
		memcpy(&shape->stretches[at], parts, sizeof(parts));
		shape->n += 2;
		return;
	}
	/* right after a stretch that ends here, which keeps both bounds ascending */
	if (at < shape->n && shape->stretches[at].upper == value)
		at++;
	memmove(&shape->stretches[at + 1], &shape->stretches[at], (shape->n - at) * sizeof(Stretch));
	shape->stretches[at] = (Stretch){value, value, share};
	shape->n++;
}

static void
add_value(Shape *shape, double value, double share)
{
	if (isnan(value))
		shape->nans += share;
	else if (isinf(value) && value > 0)
		shape->positive_infinities += share;
	else if (isinf(value))
		shape->negative_infinities += share;
	else
		insert_value(shape, value, share);
}

Shape
shape_with_value(const Shape *shape, double value, double share)
{
	Shape result = copy_of(shape, 2);

	multiply_values(&result, 1 - share);
	result.nulls *= 1 - share;
	add_value(&result, value, share);
	return result;
}

Shape
shape_null_to_value(const Shape *shape, double value, double share)
{
	Shape result = copy_of(shape, 2);

	result.nulls -= share;
	add_value(&result, value, share);
	return result;
}

static void
take_from(double *from, double share)
{
	*from = Max(*from - share, 0);
}

Shape
shape_value_to_null(const Shape *shape, double value, double share)
{
	Shape result = copy_of(shape, 0);

	result.nulls += share;
	if (isnan(value))
		take_from(&result.nans, share);
	else if (isinf(value))
		take_from(value > 0 ? &result.positive_infinities : &result.negative_infinities, share);
	else
		for (int i = 0; i < result.n; i++)
			if (result.stretches[i].lower <= value && value <= result.stretches[i].upper)
			{
				take_from(&result.stretches[i].share, share);
				break;
			}
	return result;
}

/* --------------------------------------------------------------------------- reading ---- */

double
shape_quantile(const Shape *shape, double p)
{
	double all = 0;
	double before = 0;
	const Stretch *last = NULL;

	for (int i = 0; i < shape->n; i++)
		all += shape->stretches[i].share;
	for (int i = 0; i < shape->n; i++)
	{
		const Stretch *s = &shape->stretches[i];

		last = s;
		if (before + s->share >= p * all && s->share > 0)
			return s->lower + (s->upper - s->lower) * Min((p * all - before) / s->share, 1);
		before += s->share;
	}
	return last ? last->upper : NAN;
}

/* How far one goes through a shape while looking for greater and greater numbers. */
typedef struct Walk
{
	const Shape *shape;
	int next;
	double before; /* share of NULL, -infinity and the stretches before the next */
} Walk;

static Walk
walk_start(const Shape *shape)
{
	return (Walk){shape, 0, shape->nulls + shape->negative_infinities};
}

/* Values below x; at x too if inclusive. */
static double
walk_below(Walk *walk, double x, bool inclusive)
{
	const Shape *shape = walk->shape;

	while (walk->next < shape->n && (inclusive ? shape->stretches[walk->next].upper <= x
											   : shape->stretches[walk->next].upper < x))
		walk->before += shape->stretches[walk->next++].share;
	if (walk->next == shape->n)
		return walk->before;
	return walk->before + part_below(&shape->stretches[walk->next], x, inclusive);
}

/* All that can be at or below x. */
static double
walk_at_most(Walk *walk, double x)
{
	while (walk->next < walk->shape->n && walk->shape->stretches[walk->next].lower <= x)
		walk->before += walk->shape->stretches[walk->next++].share;
	return walk->before;
}

/*
 * At both ends of all stretches of a. Numbers that differ by no more than their errors are equal, and
 * where stretches touch neither the end of the one nor the beginning of the other says how much is there.
 * That a is above b for certain is seen where one of its stretches ends, the reverse when they change places.
 */
static void
compare_at_stretches(const Shape *a, const Shape *b, ShapeDistance *distance)
{
	double tolerance = Max(a->tolerance, b->tolerance);
	Walk below = walk_start(b);
	Walk through = walk_start(b);
	Walk at_most = walk_start(b);
	double sum = a->nulls + a->negative_infinities;

	for (int i = 0; i < a->n; i++)
	{
		const Stretch *s = &a->stretches[i];
		double from = s->lower - fabs(s->lower) * tolerance;
		double to = s->upper + fabs(s->upper) * tolerance;

		if (i == 0 || s[-1].upper < from)
			distance->likely = Max(distance->likely, fabs(sum - walk_below(&below, from, false)));
		sum += s->share;
		if (i == a->n - 1 || s[1].lower > to)
			distance->likely = Max(distance->likely, fabs(sum - walk_below(&through, to, true)));
		distance->certain = Max(distance->certain, sum - walk_at_most(&at_most, to));
	}
}

ShapeDistance
shape_distance(const Shape *a, const Shape *b)
{
	ShapeDistance distance = {0};

	distance.certain = Max(fabs(a->nulls - b->nulls), fabs(a->nulls + a->negative_infinities -
														   b->nulls - b->negative_infinities));
	distance.certain = Max(distance.certain, fabs(a->nans - b->nans));
	distance.certain = Max(distance.certain, fabs(a->nans + a->positive_infinities - b->nans -
												  b->positive_infinities));
	compare_at_stretches(a, b, &distance);
	compare_at_stretches(b, a, &distance);
	distance.likely = Max(distance.likely, distance.certain);
	return distance;
}
