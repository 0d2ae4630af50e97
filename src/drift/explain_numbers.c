/*
 * explain_numbers.c: what kind of change lies between two samples of numbers or times.
 *
 * Much of it is ambiguous by nature. A normal distribution that moved and widened honestly is the old
 * one times a factor plus a shift, exactly; so is any family with a location and a scale, and a
 * lognormal one whose location moved cannot be told from a change of currency. Two things can be
 * told, and only they are claims:
 *
 * - The factor or shift is a known one, and it would be a coincidence if an honest move had hit it.
 *   The numbers that fit are those that Kolmogorov's test does not reject: an interval. The chance that a
 *   move which ends anywhere ends in it is about its width times the density of honest moves, small
 *   for a factor of 100 and large for one of 1.1; that must be less than COINCIDENCE, divided among all
 *   known numbers by their weights.
 * - The samples agree far better than two samples do: then they are the same rows, changed.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "drift/conversion.h"
#include "drift/explain.h"
#include "miscadmin.h"

/* In units of chance: two samples of one distribution are never so near each other. */
#define SAME_ROWS 0.2
/* ... if they have so many values, none of which has more than a share of it. */
#define SAME_ROWS_LEAST_VALUES   20
#define SAME_ROWS_GREATEST_SHARE 0.2
/* A sample nearer than this to an even grid over its range is one: a counter, or a clock. */
#define REGULAR 0.5

/* What share of the reference is cut off, to be worth a word, and to be sure of it. */
#define TRUNCATED_LEAST 0.05
#define TRUNCATED_MOST  0.5
#define CLIPPED_MOST    0.9

/* Parameters are estimated from this many quantiles, of the shares from 1/20 to 19/20. */
#define NUM_QUANTILES 91

typedef struct Numbers
{
	const Profile *reference_profile;
	const Profile *current_profile;
	ProfileFamily family;
	bool exact; /* both profiles are */
	/* values alone, without NULLs */
	Shape reference;
	Shape current;
	double n;
	double m;
	double chance; /* sqrt(1/n + 1/m) */
	double noise;
	double before; /* how far apart they are */
	/* of the quantiles */
	double q_reference[NUM_QUANTILES];
	double q_current[NUM_QUANTILES];
	double median_reference;
	double median_current;
	double spread; /* of the reference: what would be the standard deviation of a normal one */
	double grid;   /* of 1, .1, .01, ...: all current values are multiples of it; 0 if of none */
	bool same_rows_show;
	Explanations *found;
} Numbers;

/* ------------------------------------------------------------------------------- text ---- */

char *
number_text(double number)
{
	if (fabs(number) < 1e15 && number == rint(number))
		return psprintf("%.0f", number + 0.0);
	return psprintf("%.6g", number);
}

/* 2 days 03:30:00 */
static char *
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
static char *
value_text(const Numbers *x, double value)
{
	if (isnan(value))
		return "NaN";
	return profile_short_text(x->current_profile, profile_from_sql(x->current_profile, value));
}

static bool
is_time(const Numbers *x)
{
	return x->family != FAMILY_NUMBER;
}

/* ----------------------------------------------------------------------------- preparing ---- */

static void
read_quantiles(const Shape *shape, double *quantiles)
{
	for (int i = 0; i < NUM_QUANTILES; i++)
		quantiles[i] = shape_quantile(shape, 0.05 + 0.9 * i / (NUM_QUANTILES - 1));
}

/* But for the error of the number itself; where that hides the grid nothing is. */
static bool
is_multiple(double x, double grid, double error)
{
	double times = x / grid;
	double tolerance = Max(fabs(times) * error, 1e-9);

	return tolerance < 0.05 && fabs(times - rint(times)) <= tolerance;
}

static bool
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
static bool
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

/* ----------------------------------------------------------------------------- mappings ---- */

typedef struct Mapping
{
	double factor;
	double shift;
	ShapeDistance after;
} Mapping;

/* What the current values would be, with as many decimals as they have. */
static Mapping
try_mapping(const Numbers *x, double factor, double shift)
{
	Mapping mapping = {factor, shift, {INFINITY, INFINITY}};
	Shape mapped;

	CHECK_FOR_INTERRUPTS();
	if (!isfinite(factor) || !isfinite(shift) || factor == 0)
		return mapping;
	mapped = shape_mapped(&x->reference, factor, shift);
	if (x->grid > 0)
	{
		Shape rounded = shape_rounded(&mapped, x->grid, false);

		pfree(mapped.stretches);
		mapped = rounded;
	}
	mapping.after = shape_distance(&mapped, &x->current);
	pfree(mapped.stretches);
	return mapping;
}

static void
keep_better(Mapping *best, Mapping other)
{
	if (other.after.likely < best->after.likely)
		*best = other;
}

static double
fit_of_mapping(const Numbers *x, const Mapping *mapping)
{
	return fit_of(x->before, mapping->after.certain, x->noise);
}

static bool
fits(const Numbers *x, const Mapping *mapping)
{
	return fit_of_mapping(x, mapping) >= LEAST_FIT;
}

static bool
is_same_rows(const Numbers *x, const Mapping *mapping)
{
	return x->same_rows_show && mapping->after.likely <= SAME_ROWS * x->chance;
}

/* Means and deviations are exact: of the same rows they give the parameters exactly. */
static void
keep_exact(const Numbers *x, Mapping *best, Mapping by_moments)
{
	if (is_same_rows(x, &by_moments))
		*best = by_moments;
	else
		keep_better(best, by_moments);
}

/* -- how far parameters can go before the fit is lost -- */

typedef enum Parameter
{
	FACTOR,              /* the shift stays */
	FACTOR_ABOUT_MEDIAN, /* the median of the reference stays where it is mapped to */
	SHIFT
} Parameter;

/* u: the logarithm of what the factor is multiplied by, or how much is added to the shift. */
static Mapping
moved_by(const Numbers *x, const Mapping *from, Parameter parameter, double u)
{
	double factor = parameter == SHIFT ? from->factor : from->factor * exp(u);
	double shift = from->shift;

	if (parameter == SHIFT)
		shift += u;
	else if (parameter == FACTOR_ABOUT_MEDIAN)
		shift += (from->factor - factor) * x->median_reference;
	return try_mapping(x, factor, shift);
}

/* Is it compatible with what the best mapping says? */
static bool
is_compatible(const Numbers *x, const Mapping *best, const Mapping *other)
{
	if (is_same_rows(x, best))
		return other->after.likely <= Max(SAME_ROWS * x->chance, best->after.likely);
	if (best->after.certain <= x->noise)
		return other->after.certain <= KOLMOGOROV_SHIFT * x->chance;
	/* where even the best does not fit, something else moved too, by as much again */
	return other->after.certain <= Max(KOLMOGOROV_SHIFT * x->chance, 2 * best->after.certain);
}

/* To where, in one direction, mappings stay compatible. */
static double
reach(const Numbers *x, const Mapping *best, Parameter parameter, double step)
{
	double inside = 0;
	double outside = step;

	for (int i = 0; i < 60; i++)
	{
		Mapping there = moved_by(x, best, parameter, outside);

		if (!is_compatible(x, best, &there))
			break;
		inside = outside;
		outside *= 2;
	}
	for (int i = 0; i < 8; i++)
	{
		double middle = (inside + outside) / 2;
		Mapping there = moved_by(x, best, parameter, middle);

		if (is_compatible(x, best, &there))
			inside = middle;
		else
			outside = middle;
	}
	return inside;
}

typedef struct Reach
{
	double lower;
	double upper;
} Reach;

static Reach
compatible_interval(const Numbers *x, const Mapping *best, Parameter parameter)
{
	double unit = parameter == SHIFT ? fabs(best->factor) * x->spread : 1;
	double step = Max(unit, 1e-300) * x->chance * 1e-3;

	return (Reach){reach(x, best, parameter, -step), reach(x, best, parameter, step)};
}

static double
width_of(Reach interval)
{
	return interval.upper - interval.lower;
}

/* -- how honest values move -- */

/*
 * The density of the logarithm of the factor by which honest values move: Student's t with three degrees
 * of freedom, so that large moves happen, on a scale that follows the relative spread of the values,
 * because heights move by less than incomes.
 */
static double
factor_density(const Numbers *x, double log_factor)
{
	double lower = shape_quantile(&x->reference, 0.25);
	double upper = shape_quantile(&x->reference, 0.75);
	double scale = lower * upper > 0 ? fabs(log(upper / lower)) / 1.349 : 0.35;
	double t;

	scale = Min(Max(scale, 0.05), 0.35);
	t = log_factor / scale;
	return 2 / (M_PI * sqrt(3) * (1 + t * t / 3) * (1 + t * t / 3)) / scale;
}

/* The density of a shift: Cauchy's, in units of the spread. */
static double
shift_density(const Numbers *x, double shift)
{
	double t = shift / x->spread;

	return 1 / (M_PI * (1 + t * t)) / x->spread;
}

/* ------------------------------------------------------------------------------ scaled ---- */

static double
sum_of_products(const double *a, const double *b)
{
	double sum = 0;

	for (int i = 0; i < NUM_QUANTILES; i++)
		sum += a[i] * b[i];
	return sum;
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
median_of(double *values, int n)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof(double), compare_doubles);
	return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double
median_ratio(const Numbers *x)
{
	double ratios[NUM_QUANTILES];
	int n = 0;

	for (int i = 0; i < NUM_QUANTILES; i++)
		if (x->q_reference[i] != 0)
			ratios[n++] = x->q_current[i] / x->q_reference[i];
	return median_of(ratios, n);
}

/* NaN where there is none; as SQL sees them. */
static double
mean_of(const Profile *profile)
{
	double mean;

	return profile_mean(profile, &mean) ? profile_to_sql(profile, mean) : NAN;
}

static double
stddev_of(const Profile *profile)
{
	double stddev;

	return profile_stddev(profile, &stddev) ? stddev * profile_scale(profile) : NAN;
}

static Mapping
best_factor(const Numbers *x)
{
	const double *r = x->q_reference;
	const double *c = x->q_current;
	Mapping best = try_mapping(x, median_ratio(x), 0);

	keep_better(&best, try_mapping(x, sum_of_products(c, r) / sum_of_products(r, r), 0));
	keep_exact(x, &best,
			   try_mapping(x, stddev_of(x->current_profile) / stddev_of(x->reference_profile), 0));
	keep_exact(x, &best,
			   try_mapping(x, mean_of(x->current_profile) / mean_of(x->reference_profile), 0));
	return best;
}

/* A known number, if one is compatible with the best and an honest move would hardly be there. */
typedef struct Recognised
{
	const Conversion *conversion;
	bool reciprocal; /* or negative, of shifts */
	Mapping mapping;
} Recognised;

static bool
is_no_coincidence(double width, double density, double weight)
{
	return width * density <= COINCIDENCE * weight;
}

/* Of the same rows the logarithm of the factor is known but for rounding. */
static double
error_of_exact(const Numbers *x)
{
	return 1e-6 + x->grid / fabs(mean_of(x->current_profile)) / sqrt(x->m);
}

static bool
is_exact(const Numbers *x, const Mapping *best)
{
	return is_same_rows(x, best) && x->n == x->m;
}

/* How well a known number does: the logarithm of its weight times the tail of Kolmogorov's law. */
static double
score_of(const Numbers *x, const Mapping *mapping, double weight)
{
	double distance = mapping->after.likely / x->chance;

	return log(weight) - 2 * distance * distance;
}

/* No interval is wider than this, in logarithms, and narrow enough for a claim. */
#define WIDEST 0.7

static Recognised
recognise_factor(const Numbers *x, const Mapping *best)
{
	Recognised known = {0};
	bool exact = is_exact(x, best);
	double error = exact ? error_of_exact(x) : WIDEST;
	double width = exact ? 2 * error : width_of(compatible_interval(x, best, FACTOR));
	double best_score = 0;

	for (int i = 0; i < 2 * num_known_factors; i++)
	{
		const Conversion *conversion = &known_factors[i / 2];
		double factor = i % 2 == 0 ? conversion->factor : 1 / conversion->factor;
		Mapping mapping;
		double score;

		if (!(fabs(log(factor / best->factor)) <= error) ||
			!is_no_coincidence(width, factor_density(x, log(factor)), conversion->weight))
			continue;
		mapping = try_mapping(x, factor, 0);
		score = score_of(x, &mapping, conversion->weight);
		if (is_compatible(x, best, &mapping) && fits(x, &mapping) &&
			(!known.conversion || score > best_score))
		{
			known = (Recognised){conversion, i % 2 == 1, mapping};
			best_score = score;
		}
	}
	return known;
}

static char *
factor_text(double factor, bool reciprocal)
{
	return reciprocal ? psprintf("1/%s", number_text(1 / factor)) : number_text(factor);
}

static char *
factor_detail(const Numbers *x, const Mapping *best, const Recognised *known)
{
	char *factor = factor_text(best->factor, known->reciprocal);
	const char *between = known->conversion ? known->conversion->between : "";
	Reach interval;
	char *others;

	if (is_same_rows(x, best))
		return psprintf("the same values times %s%s%s", factor, known->conversion ? ": " : "",
						between);
	interval = compatible_interval(x, best, FACTOR);
	others = psprintf("factors from %s to %s fit", number_text(best->factor * exp(interval.lower)),
					  number_text(best->factor * exp(interval.upper)));
	if (known->conversion)
		return psprintf("times %s: %s (%s)", factor, between, others);
	return psprintf("times %s (%s): another unit, or values that moved", factor, others);
}

static bool
has_three_values(const Numbers *x)
{
	return x->reference.n >= 3 && x->current.n >= 3;
}

static void
explain_scaled(Numbers *x)
{
	Mapping best = best_factor(x);
	Recognised known;
	bool claim;
	Explanation *added;

	if (!(best.factor > 0) || !fits(x, &best) || x->family == FAMILY_TIME)
		return;
	known = recognise_factor(x, &best);
	if (known.conversion)
		best = known.mapping;
	claim = has_three_values(x) && (known.conversion || is_same_rows(x, &best));
	/* a point in time has no zero to scale it from, but for epochs read in the wrong unit */
	if (x->family == FAMILY_INSTANT && !known.conversion)
		return;
	added = explanations_add(x->found, SCALED, claim ? EXPLAINED : AMBIGUOUS,
							 fit_of_mapping(x, &best), factor_detail(x, &best, &known));
	added->factor = best.factor;
	added->shift = 0;
}

/* ------------------------------------------------------------------------------ shifted ---- */

static Mapping
best_shift(const Numbers *x)
{
	double differences[NUM_QUANTILES];
	Mapping best;

	for (int i = 0; i < NUM_QUANTILES; i++)
		differences[i] = x->q_current[i] - x->q_reference[i];
	best = try_mapping(x, 1, median_of(differences, NUM_QUANTILES));
	keep_exact(x, &best,
			   try_mapping(x, 1, mean_of(x->current_profile) - mean_of(x->reference_profile)));
	return best;
}

static Recognised
recognise_known_shift(const Numbers *x, const Mapping *best, double width)
{
	const Conversion *list = is_time(x) ? known_time_shifts : known_shifts;
	int n = is_time(x) ? num_known_time_shifts : num_known_shifts;
	Recognised known = {.mapping = {.after = {INFINITY, INFINITY}}};

	for (int i = 0; i < 2 * n; i++)
	{
		double shift = i % 2 == 0 ? list[i / 2].shift : -list[i / 2].shift;
		Mapping mapping;

		if (fabs(shift - best->shift) > 2 * width + 1e-9 * fabs(shift) ||
			!is_no_coincidence(width, shift_density(x, shift), list[i / 2].weight))
			continue;
		mapping = try_mapping(x, 1, shift);
		if (is_compatible(x, best, &mapping) && mapping.after.likely < known.mapping.after.likely)
			known = (Recognised){&list[i / 2], i % 2 == 1, mapping};
	}
	return known;
}

/*
 * Time zones are up to 14 hours from UTC, most by whole hours, some by quarters of one. A move that ends
 * anywhere ends so near to one of them with the width of what fits over an hour, or over a quarter.
 */
static Recognised
recognise_zone(const Numbers *x, const Mapping *best, double width)
{
	static const Conversion zone = {1, 0, .5, "another time zone, or daylight saving time"};
	Recognised known = {.mapping = {.after = {INFINITY, INFINITY}}};

	for (int step = SECS_PER_HOUR; step >= SECS_PER_HOUR / 4; step -= SECS_PER_HOUR * 3 / 4)
	{
		double shift = rint(best->shift / step) * step;
		Mapping mapping;

		if (shift == 0 || fabs(shift) > 14 * SECS_PER_HOUR || width / step > COINCIDENCE / 2)
			continue;
		mapping = try_mapping(x, 1, shift);
		if (is_compatible(x, best, &mapping))
			return (Recognised){&zone, false, mapping};
	}
	return known;
}

static char *
shift_text(const Numbers *x, double shift)
{
	if (is_time(x))
		return psprintf("%s %s", duration_text(shift), shift < 0 ? "earlier" : "later");
	return psprintf("%s %s", shift < 0 ? "minus" : "plus", number_text(fabs(shift)));
}

static char *
shift_detail(const Numbers *x, const Mapping *best, const Recognised *known, bool same)
{
	Reach interval;

	if (known->conversion && same)
		return psprintf("the same values %s: %s", shift_text(x, known->mapping.shift),
						known->conversion->between);
	if (known->conversion)
		return psprintf("values %s: %s", shift_text(x, known->mapping.shift),
						known->conversion->between);
	if (same)
		return psprintf("the same values %s", shift_text(x, best->shift));
	if (is_time(x))
		return psprintf("values %s: time went on, or a clock is off", shift_text(x, best->shift));
	interval = compatible_interval(x, best, SHIFT);
	return psprintf("values %s (from %s to %s fits): another origin, or values that moved",
					shift_text(x, best->shift), number_text(best->shift + interval.lower),
					number_text(best->shift + interval.upper));
}

/* Days pass, weeks repeat: the same times some whole days later are what a schedule gives. */
static bool
is_whole_days(const Numbers *x, double shift)
{
	return x->family == FAMILY_INSTANT && is_multiple(shift, SECS_PER_DAY, 1e-9);
}

static void
explain_shifted(Numbers *x)
{
	Mapping best = best_shift(x);
	Recognised known = {0};
	Explanation *added;
	bool same;
	double width;

	if (!fits(x, &best) || best.shift == 0)
		return;
	width = width_of(compatible_interval(x, &best, SHIFT));
	if (x->spread > 0)
		known = recognise_known_shift(x, &best, width);
	if (!known.conversion && is_time(x) && !is_regular(&x->reference, x->n))
		known = recognise_zone(x, &best, width);
	same = is_same_rows(x, known.conversion ? &known.mapping : &best) &&
		   (known.conversion || !is_whole_days(x, best.shift));
	added =
		explanations_add(x->found, SHIFTED,
						 has_three_values(x) && (known.conversion || same) ? EXPLAINED : AMBIGUOUS,
						 fit_of_mapping(x, &best), shift_detail(x, &best, &known, same));
	added->factor = 1;
	added->shift = known.conversion ? known.mapping.shift : best.shift;
}

/* ------------------------------------------------------------------------------- affine ---- */

/* The line through the quantiles, by least squares. */
static Mapping
line_through_quantiles(const Numbers *x)
{
	double mean_r = 0;
	double mean_c = 0;
	double covariance = 0;
	double variance = 0;

	for (int i = 0; i < NUM_QUANTILES; i++)
	{
		mean_r += x->q_reference[i] / NUM_QUANTILES;
		mean_c += x->q_current[i] / NUM_QUANTILES;
	}
	for (int i = 0; i < NUM_QUANTILES; i++)
	{
		double d = x->q_reference[i] - mean_r;

		covariance += d * (x->q_current[i] - mean_c);
		variance += d * d;
	}
	return try_mapping(x, covariance / variance, mean_c - covariance / variance * mean_r);
}

static Mapping
line_by_moments(const Numbers *x)
{
	double factor = stddev_of(x->current_profile) / stddev_of(x->reference_profile);

	return try_mapping(x, factor,
					   mean_of(x->current_profile) - factor * mean_of(x->reference_profile));
}

static Mapping
best_line(const Numbers *x)
{
	Mapping best = line_through_quantiles(x);

	keep_exact(x, &best, line_by_moments(x));
	return best;
}

/* Both must show: 32 degrees are nothing beside thousands, and then this is a factor like any other. */
static bool
is_known_line(const Numbers *x, const Mapping *best, const Mapping *line, double weight)
{
	double to = x->median_reference * line->factor + line->shift;
	double width;
	double odds;

	if (!is_compatible(x, best, line) || !(x->spread > 0))
		return false;
	width = width_of(compatible_interval(x, line, SHIFT));
	odds = width * shift_density(x, to - x->median_reference) *
		   width_of(compatible_interval(x, line, FACTOR_ABOUT_MEDIAN)) *
		   factor_density(x, log(line->factor));
	return width < fabs(line->shift) && odds <= COINCIDENCE * weight;
}

static const Conversion *
recognise_line(const Numbers *x, Mapping *best)
{
	for (int i = 0; i < num_known_affine; i++)
	{
		const Conversion *conversion = &known_affine[i];
		Mapping line = try_mapping(x, conversion->factor, conversion->shift);

		if (is_known_line(x, best, &line, conversion->weight))
		{
			*best = line;
			return conversion;
		}
	}
	return NULL;
}

/* Means and deviations are exact, and of other samples only near 0 and 1. */
static const char *
recognise_normalisation(const Numbers *x)
{
	double mean = mean_of(x->current_profile);
	double stddev = stddev_of(x->current_profile);
	double biased = stddev * sqrt(1 - 1 / (double) x->current_profile->counted);
	double near = 0.001 / sqrt(x->m);

	if (x->family != FAMILY_NUMBER || x->current_profile->counted < LEAST_ROWS)
		return NULL;
	if (fabs(mean) < near && (fabs(stddev - 1) < near || fabs(biased - 1) < near))
		return "standardised: the mean is 0 and the standard deviation 1";
	if (x->current_profile->min.number == 0 && x->current_profile->max.number == 1 &&
		(x->reference_profile->min.number < 0 || x->reference_profile->max.number > 1))
		return "scaled to its range: the least value is 0 and the greatest 1";
	return NULL;
}

static void
explain_affine(Numbers *x)
{
	Mapping best = best_line(x);
	const Conversion *known;
	const char *normalised;
	Explanation *added;
	char *line;
	char *detail;
	bool same;

	if (!(best.factor > 0) || !fits(x, &best) || is_time(x))
		return;
	known = recognise_line(x, &best);
	normalised = recognise_normalisation(x);
	same = is_same_rows(x, &best);
	line = psprintf("times %s, then %s", number_text(best.factor), shift_text(x, best.shift));
	if (known)
		detail = psprintf("%s: %s", line, known->between);
	else if (normalised)
		detail = psprintf("%s, %s", line, normalised);
	else if (same)
		detail = psprintf("the same values %s", line);
	else
		detail = psprintf("%s: another scale, or values that moved and spread", line);
	added = explanations_add(x->found, AFFINE,
							 has_three_values(x) && (known || normalised || same) ? EXPLAINED
																				  : AMBIGUOUS,
							 fit_of_mapping(x, &best), detail);
	added->factor = best.factor;
	added->shift = best.shift;
}

/* ------------------------------------------------------------------------------ negated ---- */

/* All values were on one side of 0, and all are on the other. */
static bool
changed_sides(const Numbers *x)
{
	double least_r = x->reference.stretches[0].lower;
	double least_c = x->current.stretches[0].lower;
	double greatest_r = x->reference.stretches[x->reference.n - 1].upper;
	double greatest_c = x->current.stretches[x->current.n - 1].upper;

	return (least_r >= 0 && greatest_c <= 0) || (greatest_r <= 0 && least_c >= 0);
}

/*
 * There is nothing to estimate, so that it fits at all says something: of moves that end anywhere,
 * how many end with the values on the other side of 0? A shape that is not symmetric shows its reverse.
 */
static void
explain_negated(Numbers *x, bool line_fits)
{
	Mapping negated = try_mapping(x, -1, 0);
	double odds = 1;
	Explanation *added;
	bool claim;

	if (is_time(x) || !fits(x, &negated))
		return;
	if (x->spread > 0)
		odds = width_of(compatible_interval(x, &negated, SHIFT)) *
			   shift_density(x, x->median_current - x->median_reference);
	claim = is_same_rows(x, &negated) || odds <= COINCIDENCE || (changed_sides(x) && !line_fits);
	claim = claim && has_three_values(x);
	added = explanations_add(
		x->found, NEGATED, claim ? EXPLAINED : AMBIGUOUS, fit_of_mapping(x, &negated),
		pstrdup(claim ? "the sign is reversed" : "the sign is reversed, or values moved across 0"));
	added->factor = -1;
	added->shift = 0;
}

/* ------------------------------------------------------------------------------- spikes ---- */

/* A value that has a share in one sample that it does not have in the other. */
typedef struct Spike
{
	double value; /* NaN and infinities are values */
	double share;
	double share_before;
} Spike;

static void
keep_greater_gain(Spike *best, double value, double share, double before)
{
	if (share - before > best->share - best->share_before)
		*best = (Spike){value, share, before};
}

/* A number that a bucket can hold, and if there is one, one that people put for missing. */
static double
value_within(const Stretch *stretch)
{
	static const double usual[] = {0,      -1, 1,   9,    99,    999,    9999,       99999,
								   999999, -9, -99, -999, -9999, -99999, 2147483647, -2147483648.0};

	for (int i = 0; i < lengthof(usual); i++)
		if (stretch->lower <= usual[i] && usual[i] <= stretch->upper)
			return usual[i];
	return stretch->lower;
}

static Spike
greatest_gain(const Shape *from, const Shape *to)
{
	Spike best = {0};

	keep_greater_gain(&best, NAN, to->nans, from->nans);
	keep_greater_gain(&best, INFINITY, to->positive_infinities, from->positive_infinities);
	keep_greater_gain(&best, -INFINITY, to->negative_infinities, from->negative_infinities);
	for (int i = 0; i < to->n; i++)
	{
		const Stretch *s = &to->stretches[i];

		/* only then is it worth looking for in the other */
		if (s->share > best.share - best.share_before)
			keep_greater_gain(&best, value_within(s), s->share,
							  shape_between(from, s->lower, s->upper));
	}
	return best;
}

static bool
is_notable(const Spike *spike, double n, double m)
{
	return spike->share - spike->share_before >= LEAST_SHARE &&
		   share_z(spike->share_before, n, spike->share, m) > 4;
}

/* It was not there before, so that it did not just become more frequent. */
static bool
is_new(const Spike *spike)
{
	return spike->share_before <= spike->share / 10;
}

static void
explain_spike(Numbers *x, Hypothesis hypothesis)
{
	bool appeared = hypothesis == NEW_SPIKE;
	const Shape *without = appeared ? &x->reference : &x->current;
	const Shape *with = appeared ? &x->current : &x->reference;
	Spike spike = greatest_gain(without, with);
	double gain = (spike.share - spike.share_before) / (1 - spike.share_before);
	Shape undone;
	double fit;

	/* of a constant nothing else is left to compare */
	if (!is_notable(&spike, appeared ? x->n : x->m, appeared ? x->m : x->n) || spike.share > 0.95)
		return;
	undone = shape_with_value(without, spike.value, gain);
	fit = fit_of(x->before, shape_distance(&undone, with).certain, x->noise);
	if (fit < LEAST_FIT)
		return;
	explanations_add(x->found, hypothesis, is_new(&spike) ? EXPLAINED : AMBIGUOUS, fit,
					 psprintf("%s has %s of the values, %s %s", value_text(x, spike.value),
							  percent_text(appeared ? spike.share : spike.share_before),
							  percent_text(appeared ? spike.share_before : spike.share), "before"));
}

/* -------------------------------------------------------------------- cut off at an end ---- */

/* Current values end where the reference went on. */
typedef struct Ends
{
	double least;
	double greatest;
	double share_below; /* of the reference */
	double share_above;
} Ends;

static Ends
ends_of(const Numbers *x)
{
	double least = x->current.stretches[0].lower;
	double greatest = x->current.stretches[x->current.n - 1].upper;

	return (Ends){least, greatest,
				  shape_between(&x->reference, -INFINITY, nextafter(least, -INFINITY)),
				  shape_between(&x->reference, nextafter(greatest, INFINITY), INFINITY)};
}

static char *
ends_text(const Numbers *x, const Ends *ends, bool below, bool above)
{
	if (below && above)
		return psprintf("below %s and above %s", value_text(x, ends->least),
						value_text(x, ends->greatest));
	return below ? psprintf("below %s", value_text(x, ends->least))
				 : psprintf("above %s", value_text(x, ends->greatest));
}

/* Share of the current values at the very end. */
static double
share_at(const Shape *shape, double value)
{
	return shape_between(shape, value - fabs(value) * 1e-12, value + fabs(value) * 1e-12);
}

static void
explain_clipped(Numbers *x)
{
	Ends ends = ends_of(x);
	double at_least = share_at(&x->current, ends.least);
	double at_greatest = share_at(&x->current, ends.greatest);
	bool below = ends.share_below >= LEAST_SHARE && at_least >= LEAST_SHARE &&
				 at_least * 2 >= ends.share_below;
	bool above = ends.share_above >= LEAST_SHARE && at_greatest >= LEAST_SHARE &&
				 at_greatest * 2 >= ends.share_above;
	double gone = (below ? ends.share_below : 0) + (above ? ends.share_above : 0);
	Shape clipped;
	double fit;
	bool abrupt;

	/* a constant has no ends */
	if ((!below && !above) || !has_three_values(x) || gone > CLIPPED_MOST)
		return;
	clipped = shape_clipped(&x->reference, below ? ends.least : -INFINITY,
							above ? ends.greatest : INFINITY);
	fit = fit_of(x->before, shape_distance(&clipped, &x->current).certain, x->noise);
	if (fit < LEAST_FIT)
		return;
	/* the limit is a value that the reference hardly has */
	abrupt = (!below || share_at(&x->reference, ends.least) <= at_least / 2) &&
			 (!above || share_at(&x->reference, ends.greatest) <= at_greatest / 2);
	explanations_add(x->found, CLIPPED, abrupt ? EXPLAINED : AMBIGUOUS, fit,
					 psprintf("values %s (%s of the reference) are set to the limit",
							  ends_text(x, &ends, below, above), percent_text(gone)));
}

/*
 * The rows beyond a limit are gone. A tail of one distribution often looks like another distribution,
 * so a claim wants most of the reference to be left, all of the shift to be explained, and no honest
 * move that fits, which is for the caller to find out.
 */
static void
explain_truncated(Numbers *x, bool moves_fit)
{
	Ends ends = ends_of(x);
	bool below = ends.share_below >= TRUNCATED_LEAST;
	bool above = ends.share_above >= TRUNCATED_LEAST;
	double gone = (below ? ends.share_below : 0) + (above ? ends.share_above : 0);
	Shape cut;
	double fit;
	bool claim;

	if (!below && !above)
		return;
	cut =
		shape_cut(&x->reference, below ? ends.least : -INFINITY, above ? ends.greatest : INFINITY);
	fit = fit_of(x->before, shape_distance(&cut, &x->current).certain, x->noise);
	if (fit < LEAST_FIT)
		return;
	claim = !moves_fit && fit == 1 && gone <= TRUNCATED_MOST;
	explanations_add(x->found, TRUNCATED, claim ? EXPLAINED : AMBIGUOUS, fit,
					 psprintf("nothing %s is left, which had %s of the reference",
							  ends_text(x, &ends, below, above), percent_text(gone)));
}

/* ------------------------------------------------------------------------------ rounded ---- */

static const double number_grids[] = {1000, 500, 100, 50,   20,   10,   5,    2,    1,    0.5,
									  0.25, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-4, 1e-5, 1e-6};
static const double time_grids[] = {86400, 43200, 3600, 1800, 900, 600, 300, 60, 1};

/* The coarsest grid on which all current values are; 0 if on none, or known too coarsely to tell. */
static double
coarsest_grid(const Numbers *x)
{
	const double *grids = is_time(x) ? time_grids : number_grids;
	int n = is_time(x) ? lengthof(time_grids) : lengthof(number_grids);

	if (x->current_profile->shift > 0 || x->current.n < 5)
		return 0;
	for (int i = 0; i < n; i++)
		if (all_multiples(x->current_profile, &x->current, grids[i]))
			return grids[i];
	return 0;
}

/* How many multiples of the grid a stretch can hold. */
static double
multiples_within(const Stretch *stretch, double grid)
{
	return floor(stretch->upper / grid + 1e-9) - ceil(stretch->lower / grid - 1e-9) + 1;
}

/*
 * How much of the reference is off the grid. Where its values are not known one by one, all or nothing:
 * they are off if there are many more of them than multiples of the grid where they can be.
 */
static double
share_off_grid(const Numbers *x, double grid)
{
	bool exact = x->reference_profile->shift == 0;
	double multiples = 0;
	double off = 0;

	for (int i = 0; i < x->reference.n; i++)
	{
		const Stretch *s = &x->reference.stretches[i];
		double within = multiples_within(s, grid);

		multiples += within;
		off += !exact || within == 0 ? s->share : 0;
	}
	return exact || multiples < (double) profile_num_distinct(x->reference_profile) / 2 ? off : 0;
}

/*
 * The distance to explain is what was off the grid, however little that moved the distribution. What
 * is left for others is what remains once it is undone.
 */
static void
explain_rounded(Numbers *x)
{
	double grid = coarsest_grid(x);
	double off = grid > 0 ? share_off_grid(x, grid) : 0;
	Shape nearest;
	Shape lower;
	double to_nearest;
	double to_lower;
	double fit;

	if (off < 0.5)
		return;
	nearest = shape_rounded(&x->reference, grid, false);
	lower = shape_rounded(&x->reference, grid, true);
	to_nearest = shape_distance(&nearest, &x->current).likely;
	to_lower = shape_distance(&lower, &x->current).likely;
	fit = fit_of(off, Min(to_nearest, to_lower), x->noise);
	if (fit < LEAST_FIT)
		return;
	x->reference = to_lower < to_nearest ? lower : nearest;
	explanations_add(x->found, ROUNDED, EXPLAINED, fit,
					 psprintf("rounded %sto multiples of %s, where %s of the values were not",
							  to_lower < to_nearest ? "down " : "",
							  is_time(x) ? duration_text(grid) : number_text(grid),
							  percent_text(off)));
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

/* Both logarithms on a line: how positive values move and spread honestly, lognormal ones exactly. */
static bool
power_fits(const Numbers *x)
{
	Numbers logs = *x;

	if (is_time(x) || x->reference.stretches[0].lower <= 0 || x->current.stretches[0].lower <= 0)
		return false;
	logs.reference = shape_with_nulls(&x->reference, 0);
	logs.current = shape_with_nulls(&x->current, 0);
	for (int i = 0; i < logs.reference.n; i++)
	{
		logs.reference.stretches[i].lower = log(logs.reference.stretches[i].lower);
		logs.reference.stretches[i].upper = log(logs.reference.stretches[i].upper);
	}
	for (int i = 0; i < logs.current.n; i++)
	{
		logs.current.stretches[i].lower = log(logs.current.stretches[i].lower);
		logs.current.stretches[i].upper = log(logs.current.stretches[i].upper);
	}
	logs.grid = 0;
	logs.reference.tolerance = logs.current.tolerance = 1e-9;
	read_quantiles(&logs.reference, logs.q_reference);
	read_quantiles(&logs.current, logs.q_current);
	{
		Mapping best = line_through_quantiles(&logs);

		return best.factor > 0 && fits(x, &best);
	}
}

/* -------------------------------------------------------------------------------- NULLs ---- */

/* What NULL lost one value has, or NULL has what one value lost. */
static bool
explain_null_default(Numbers *x, double before, double noise)
{
	double gain = x->current.nulls - x->reference.nulls;
	Spike spike = gain < 0 ? greatest_gain(&x->reference, &x->current)
						   : greatest_gain(&x->current, &x->reference);
	Shape undone;
	double fit;
	char *value;

	if (spike.share - spike.share_before < fabs(gain) / 2)
		return false;
	undone = gain < 0 ? shape_null_to_value(&x->reference, spike.value, -gain)
					  : shape_value_to_null(&x->reference, spike.value, gain);
	fit = fit_of(before, shape_distance(&undone, &x->current).certain, noise);
	if (fit < LEAST_FIT)
		return false;
	value = value_text(x, spike.value);
	explanations_add(x->found, NULL_DEFAULT, EXPLAINED, fit,
					 psprintf("%s became %s: NULL from %s to %s of the rows, %s from %s to %s",
							  gain < 0 ? "NULL" : value, gain < 0 ? value : "NULL",
							  percent_text(x->reference.nulls), percent_text(x->current.nulls),
							  value, percent_text(gain < 0 ? spike.share_before : spike.share),
							  percent_text(gain < 0 ? spike.share : spike.share_before)));
	x->reference = undone;
	return true;
}

/* Of each value the same share became NULL, or of NULLs the same share became each value. */
static void
explain_nulls(Numbers *x, double before)
{
	double gain = x->current.nulls - x->reference.nulls;
	double n = (double) profile_num_rows(x->reference_profile);
	double m = (double) profile_num_rows(x->current_profile);
	double noise = KOLMOGOROV_NOISE * sqrt(1 / n + 1 / m);
	Shape undone = shape_with_nulls(&x->reference, x->current.nulls);
	double fit = fit_of(before, shape_distance(&undone, &x->current).certain, noise);

	if (fabs(gain) < LEAST_SHARE || fabs(share_z(x->reference.nulls, n, x->current.nulls, m)) < 4)
		return;
	if (fit < LEAST_FIT && explain_null_default(x, before, noise))
		return;
	explanations_add(x->found, gain > 0 ? MISSING : FILLED, EXPLAINED, fit,
					 psprintf("NULL from %s to %s of the rows", percent_text(x->reference.nulls),
							  percent_text(x->current.nulls)));
	x->reference = undone;
}

/* --------------------------------------------------------------------------------- all ---- */

static void
explain_values(Numbers *x)
{
	Mapping line = best_line(x);
	bool line_fits = line.factor > 0 && fits(x, &line);

	explain_negated(x, line_fits);
	explain_scaled(x);
	explain_shifted(x);
	explain_affine(x);
	explain_spike(x, NEW_SPIKE);
	explain_spike(x, VANISHED_SPIKE);
	explain_clipped(x);
	/* a spike at the end that is gone is no more than that */
	if (!explanations_have(x->found, VANISHED_SPIKE))
		explain_truncated(x, line_fits || power_fits(x));
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
