/*
 * explain_share.c: some of the values became another or NULL, were cut off or rounded.
 */
#include "postgres.h"

#include <math.h>

#include "drift/numbers.h"

/* What share of the reference is cut off, to be worth a word, and to be sure of it. */
#define TRUNCATED_LEAST 0.05
#define TRUNCATED_MOST  0.5
#define CLIPPED_MOST    0.9

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

void
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

void
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
void
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
void
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
void
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
