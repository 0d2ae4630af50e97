/*
 * explain_numbers.c: what kind of change lies between two samples of numbers or times.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "datatype/timestamp.h"
#include "drift/numbers.h"

/* Samples show that they are the same rows if they have so many values, none with a greater share. */
#define SAME_ROWS_LEAST_VALUES   20
#define SAME_ROWS_GREATEST_SHARE 0.2
/* A sample nearer than this to an even grid over its range is one: a counter, or a clock. */
#define REGULAR 0.5

/* ------------------------------------------------------------------------------- text ---- */

char *
number_text(double number)
{
	if (fabs(number) < 1e15 && number == rint(number))
		return psprintf("%.0f", number + 0.0);
	return psprintf("%.6g", number);
}

/* 2 days 03:30:00 */
char *
duration_text(double seconds)
{
	double rest = fabs(seconds);
	double days = floor(rest / SECS_PER_DAY);
	int whole = (int) rint(rest - days * SECS_PER_DAY);
	char *time = psprintf("%02d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);

	if (days == 0)
		return time;
	return psprintf("%.0f day%s%s%s", days, days == 1 ? "" : "s", whole == 0 ? "" : " ",
					whole == 0 ? "" : time);
}

/* As the type of the column prints it. */
char *
value_text(const Numbers *x, double value)
{
	if (isnan(value))
		return "NaN";
	return profile_short_text(x->current_profile, profile_from_sql(x->current_profile, value));
}

bool
is_time(const Numbers *x)
{
	return x->family != FAMILY_NUMBER;
}

/* ----------------------------------------------------------------------------- preparing ---- */

void
read_quantiles(const Shape *shape, double *quantiles)
{
	for (int i = 0; i < NUM_QUANTILES; i++)
		quantiles[i] = shape_quantile(shape, 0.05 + 0.9 * i / (NUM_QUANTILES - 1));
}

/* But for the error of the number itself; where that hides the grid nothing is. */
bool
is_multiple(double x, double grid, double error)
{
	double times = x / grid;
	double tolerance = Max(fabs(times) * error, 1e-9);

	return tolerance < 0.05 && fabs(times - rint(times)) <= tolerance;
}

bool
all_multiples(const Profile *profile, const Shape *shape, double grid)
{
	double error = profile->kind == PROFILE_FLOAT4 ? 2 * FLT_EPSILON : 4 * DBL_EPSILON;

	for (int i = 0; i < shape->n; i++)
		if (!is_multiple(shape->stretches[i].lower, grid, error))
			return false;
	return shape->n > 0;
}

/* How many decimals do the current values have? */
static double
decimal_grid(const Profile *profile, const Shape *shape)
{
	if (profile_family(profile->kind) != FAMILY_NUMBER)
		return 0;
	if (profile->kind == PROFILE_INTEGER)
		return 1;
	for (double power = 1; profile->shift == 0 && power <= 1e6; power *= 10)
		if (all_multiples(profile, shape, 1 / power))
			return 1 / power;
	return 0;
}

/* Spread as evenly over its range as a counter. */
bool
is_regular(const Shape *shape, double n)
{
	Stretch even = {shape->stretches[0].lower, shape->stretches[shape->n - 1].upper, 1};
	Shape uniform = {.n = 1, .stretches = &even};

	return shape_distance(shape, &uniform).likely * sqrt(n) < REGULAR;
}

static bool
has_many_values(const Shape *shape)
{
	if (shape->n < SAME_ROWS_LEAST_VALUES)
		return false;
	for (int i = 0; i < shape->n; i++)
		if (shape->stretches[i].share > SAME_ROWS_GREATEST_SHARE)
			return false;
	return true;
}

/* Values alone: both have some that are finite. */
static void
prepare(Numbers *x)
{
	x->n = (double) profile_num_values(x->reference_profile);
	x->m = (double) profile_num_values(x->current_profile);
	x->chance = sqrt(1 / x->n + 1 / x->m);
	x->noise = KOLMOGOROV_NOISE * x->chance;
	x->exact = x->reference_profile->shift == 0 && x->current_profile->shift == 0;
	read_quantiles(&x->reference, x->q_reference);
	read_quantiles(&x->current, x->q_current);
	x->median_reference = shape_quantile(&x->reference, 0.5);
	x->median_current = shape_quantile(&x->current, 0.5);
	x->spread = (shape_quantile(&x->reference, 0.75) - shape_quantile(&x->reference, 0.25)) / 1.349;
	if (!(x->spread > 0) && !profile_stddev(x->reference_profile, &x->spread))
		x->spread = 0;
	x->grid = decimal_grid(x->current_profile, &x->current);
	x->same_rows_show = has_many_values(&x->reference) && has_many_values(&x->current) &&
						!is_regular(&x->reference, x->n);
}

bool
has_three_values(const Numbers *x)
{
	return x->reference.n >= 3 && x->current.n >= 3;
}

/* -------------------------------------------------------------------------------- moved ---- */

static void
explain_moved(Numbers *x)
{
	double before =
		x->q_reference[3 * (NUM_QUANTILES - 1) / 4] - x->q_reference[(NUM_QUANTILES - 1) / 4];
	double now = x->q_current[3 * (NUM_QUANTILES - 1) / 4] - x->q_current[(NUM_QUANTILES - 1) / 4];
	char *spread = before > 0 ? psprintf(", spread times %.3g", now / before) : "";

	explanations_add(x->found, MOVED, UNEXPLAINED, NAN,
					 psprintf("median from %s to %s%s", value_text(x, x->median_reference),
							  value_text(x, x->median_current), spread));
}

/* --------------------------------------------------------------------------------- all ---- */

static void
explain_values(Numbers *x)
{
	explain_mapped(x);
	explain_spike(x, NEW_SPIKE);
	explain_spike(x, VANISHED_SPIKE);
	explain_clipped(x);
	/* a spike at the end that is gone is no more than that */
	if (!explanations_have(x->found, VANISHED_SPIKE))
		explain_truncated(x, line_fits(x) || power_fits(x));
}

/* Without finite numbers there are only infinities and NaN, whose shares say all. */
static void
explain_without_numbers(Numbers *x)
{
	double n = (double) profile_num_values(x->reference_profile);
	double m = (double) profile_num_values(x->current_profile);

	if (n > 0 && m > 0 && x->before > KOLMOGOROV_SHIFT * sqrt(1 / n + 1 / m))
		explanations_add(x->found, MOVED, UNEXPLAINED, NAN,
						 pstrdup("no finite numbers to compare, but NaN and infinities"));
}

void
explain_numbers(const Profile *reference, const Profile *current, Explanations *found)
{
	Numbers x = {.reference_profile = reference,
				 .current_profile = current,
				 .family = profile_family(reference->kind),
				 .reference = shape_of_profile(reference),
				 .current = shape_of_profile(current),
				 .found = found};
	int nulls_explained;

	explain_nulls(&x, shape_distance(&x.reference, &x.current).certain);
	nulls_explained = found->n;
	/* the rest is about values */
	x.reference = shape_with_nulls(&x.reference, 0);
	x.current = shape_with_nulls(&x.current, 0);
	x.before = shape_distance(&x.reference, &x.current).certain;
	if (reference->counted == 0 || current->counted == 0)
	{
		explain_without_numbers(&x);
		return;
	}
	prepare(&x);
	explain_rounded(&x);
	x.before = shape_distance(&x.reference, &x.current).certain;
	if (x.before <= KOLMOGOROV_SHIFT * x.chance)
		return;
	explain_values(&x);
	if (found->n == nulls_explained)
		explain_moved(&x);
}
