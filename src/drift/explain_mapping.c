/*
 * explain_mapping.c: one line maps all values: another unit, a shift, both, or the sign.
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

#include <math.h>

#include "drift/conversion.h"
#include "drift/numbers.h"
#include "miscadmin.h"

/* In units of chance: two samples of one distribution are never so near each other. */
#define SAME_ROWS 0.2

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
explain_negated(Numbers *x)
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
	claim = is_same_rows(x, &negated) || odds <= COINCIDENCE || (changed_sides(x) && !line_fits(x));
	claim = claim && has_three_values(x);
	added = explanations_add(
		x->found, NEGATED, claim ? EXPLAINED : AMBIGUOUS, fit_of_mapping(x, &negated),
		pstrdup(claim ? "the sign is reversed" : "the sign is reversed, or values moved across 0"));
	added->factor = -1;
	added->shift = 0;
}

/* --------------------------------------------------------------------------------- all ---- */

bool
line_fits(const Numbers *x)
{
	Mapping line = best_line(x);

	return line.factor > 0 && fits(x, &line);
}

/* Both logarithms on a line: how positive values move and spread honestly, lognormal ones exactly. */
bool
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

void
explain_mapped(Numbers *x)
{
	explain_negated(x);
	explain_scaled(x);
	explain_shifted(x);
	explain_affine(x);
}
