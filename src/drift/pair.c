/*
 * pair.c: two profiles on common buckets, and bins over them.
 */
#include "postgres.h"

#include <math.h>

#include "drift/pair.h"
#include "lib/stringinfo.h"
#include "utils/float.h"

/* Evidently takes numbers of no more distinct values as categories. */
#define EVIDENTLY_CATEGORIES 20

/* ---------------------------------------------------------------------------- buckets ---- */

static bool
kinds_match(const Profile *reference, const Profile *current)
{
	ProfileFamily family = profile_family(reference->kind);

	return family == profile_family(current->kind) &&
		   (family != FAMILY_CATEGORY || reference->kind == current->kind);
}

/* Of those of several dimensions the norms compare, with their like. */
static bool
dimensions_match(const Profile *reference, const Profile *current)
{
	return reference->dimension == current->dimension || reference->counted == 0 ||
		   current->counted == 0;
}

bool
profiles_match(const Profile *reference, const Profile *current)
{
	return kinds_match(reference, current) && dimensions_match(reference, current);
}

static const char *
dimensions_text(const Profile *embeddings)
{
	return embeddings->flags & PROFILE_NORMS_ONLY
			   ? "different dimensions"
			   : psprintf("%d dimensions", embeddings->dimension);
}

static void
check_comparable(const Profile *reference, const Profile *current)
{
	if (!kinds_match(reference, current))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot compare a profile of %s with a profile of %s",
						profile_kind_name(reference->kind), profile_kind_name(current->kind)),
				 errdetail("Numbers compare with numbers, dates and timestamps with each "
						   "other, categories and embeddings with their own kind."),
				 errhint("Cast the column to one type before it is profiled.")));
	if (!dimensions_match(reference, current))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("cannot compare embeddings of %s with embeddings of %s",
							   dimensions_text(reference), dimensions_text(current))));
}

/* Count the next bucket of a profile, as far as it has this key, and go on to the one after. */
static void
take(const Profile *profile, int *next, uint8 drop, uint64 key, double *count,
	 const ProfileLabel **label)
{
	while (*next < profile->nbuckets && profile->buckets[*next].key >> drop == key)
	{
		*count += (double) profile->buckets[*next].count;
		if (profile->labels)
			*label = &profile->labels[*next];
		(*next)++;
	}
}

static double
least_of(const Profile *profile, double least)
{
	return profile->counted > 0 ? Min(least, profile->min.number) : least;
}

static double
greatest_of(const Profile *profile, double greatest)
{
	return profile->counted > 0 ? Max(greatest, profile->max.number) : greatest;
}

/* What a bucket can hold: its bits, but nothing beyond the extremes of both samples. */
static void
set_bounds(Pair *pair)
{
	uint64 dropped = (UINT64CONST(1) << pair->shift) - 1;
	double least = least_of(pair->reference, least_of(pair->current, INFINITY));
	double greatest = greatest_of(pair->reference, greatest_of(pair->current, -INFINITY));

	for (int i = 0; i < pair->n; i++)
	{
		PairBucket *bucket = &pair->buckets[i];
		double lower = radix_value(bucket->key << pair->shift);
		double upper = radix_value((bucket->key << pair->shift) | dropped);

		bucket->lower = lower > least ? lower : least;
		bucket->upper = upper < greatest ? upper : greatest;
	}
}

Pair
pair_make(const Profile *reference, const Profile *current)
{
	Pair pair = {
		.reference = reference, .current = current, .shift = Max(reference->shift, current->shift)};
	uint8 drop_r = pair.shift - reference->shift;
	uint8 drop_c = pair.shift - current->shift;
	int r = 0;
	int c = 0;

	check_comparable(reference, current);
	pair.buckets = palloc0(Max(reference->nbuckets + current->nbuckets, 1) * sizeof(PairBucket));
	while (r < reference->nbuckets || c < current->nbuckets)
	{
		PairBucket *bucket = &pair.buckets[pair.n++];
		uint64 key_r =
			r < reference->nbuckets ? reference->buckets[r].key >> drop_r : PG_UINT64_MAX;
		uint64 key_c = c < current->nbuckets ? current->buckets[c].key >> drop_c : PG_UINT64_MAX;

		bucket->key = Min(key_r, key_c);
		take(reference, &r, drop_r, bucket->key, &bucket->reference, &bucket->label);
		take(current, &c, drop_c, bucket->key, &bucket->current, &bucket->label);
		if (pair.shift > 0)
			bucket->label = NULL;
	}
	if (pair_has_order(&pair))
		set_bounds(&pair);
	return pair;
}

/* ------------------------------------------------------------------------ edges of bins ---- */

/* The buckets of the reference alone, in order, with how many of its values come before each. */
typedef struct ReferenceBucket
{
	const PairBucket *bucket;
	double before;
	bool starts_bin;
	bool is_spike; /* as frequent as a bin should be: a bin of its own */
} ReferenceBucket;

static ReferenceBucket *
reference_buckets(const Pair *pair, int bins, int *n)
{
	ReferenceBucket *list = palloc0(Max(pair->n, 1) * sizeof(ReferenceBucket));
	double before = 0;

	*n = 0;
	for (int i = 0; i < pair->n; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];

		if (bucket->reference == 0)
			continue;
		list[(*n)++] =
			(ReferenceBucket){.bucket = bucket,
							  .before = before,
							  .is_spike = bucket->reference * bins >= pair->reference->counted};
		before += bucket->reference;
	}
	return list;
}

/*
 * Bins of equal mass of the reference: each begins with a bucket of it, the one before which the share
 * is nearest to the one wanted (the lower one of two). A value as frequent as a bin is one, with
 * nothing else in it: else a constant that became another constant would stay in its bin.
 */
static int
quantile_edges(const Pair *pair, int bins, double *edges)
{
	int n;
	ReferenceBucket *list = reference_buckets(pair, bins, &n);
	int nedges = 0;
	int at = 1;

	for (int k = 1; k < bins && n > 1; k++)
	{
		double wanted = (double) pair->reference->counted * k / bins;

		while (at + 1 < n && fabs(list[at + 1].before - wanted) < fabs(list[at].before - wanted))
			at++;
		list[at].starts_bin = true;
	}
	for (int i = 0; i < n; i++)
	{
		bool after_spike = i > 0 && list[i - 1].is_spike;

		if (list[i].is_spike || (list[i].starts_bin && !after_spike))
			edges[nedges++] = list[i].bucket->lower;
		if (list[i].is_spike)
			edges[nedges++] = nextafter(list[i].bucket->upper, INFINITY);
	}
	/* the end of one spike may be the beginning of the next */
	n = nedges;
	nedges = 0;
	for (int i = 0; i < n; i++)
		if (nedges == 0 || edges[i] > edges[nedges - 1])
			edges[nedges++] = edges[i];
	return nedges;
}

/* The inner edges of bins of equal width, rounded as numpy.linspace() does. */
static int
equal_edges(double from, double to, int bins, double *edges)
{
	double step = (to - from) / bins;
	int nedges = 0;

	if (!(from < to))
		return 0;
	for (int i = 1; i < bins; i++)
		edges[nedges++] = isfinite(step)
							  ? i * step + from
							  : from * ((double) (bins - i) / bins) + to * ((double) i / bins);
	return nedges;
}

/* ---------------------------------------------------------------------------- filling ---- */

static PairBin *
add_bin(PairBins *bins, BinKind kind, double reference, double current)
{
	PairBin *bin = &bins->bins[bins->n++];

	*bin = (PairBin){.kind = kind, .reference = reference, .current = current, .exact = true};
	return bin;
}

/* The share of a bucket that is below an edge which may cut it. */
static double
part_below(const PairBucket *bucket, double edge, bool *cut)
{
	*cut = false;
	if (edge <= bucket->lower)
		return 0;
	if (edge > bucket->upper)
		return 1;
	*cut = true;
	return (edge - bucket->lower) / (bucket->upper - bucket->lower);
}

/* Bins below the first edge, from each edge to the next, and from the last one. */
static void
fill_ranges(const Pair *pair, PairBins *bins, const double *edges, int nedges)
{
	int first = bins->n;
	int bin = first;

	for (int i = 0; i <= nedges; i++)
	{
		PairBin *range = add_bin(bins, BIN_RANGE, 0, 0);

		range->lower = i == 0 ? -INFINITY : edges[i - 1];
		range->upper = i == nedges ? INFINITY : edges[i];
	}
	for (int i = 0; i < pair->n; i++)
	{
		const PairBucket *bucket = &pair->buckets[i];
		double done = 0;

		while (bins->bins[bin].upper <= bucket->lower)
			bin++;
		for (int at = bin; done < 1; at++)
		{
			bool cut;
			double below = part_below(bucket, bins->bins[at].upper, &cut);

			bins->bins[at].reference += bucket->reference * (below - done);
			bins->bins[at].current += bucket->current * (below - done);
			if (cut)
				bins->bins[at].exact = bins->bins[at + 1].exact = false;
			done = below;
		}
	}
}

static void
fill_values(const Pair *pair, PairBins *bins)
{
	for (int i = 0; i < pair->n; i++)
	{
		PairBin *bin =
			add_bin(bins, BIN_VALUE, pair->buckets[i].reference, pair->buckets[i].current);

		bin->bucket = &pair->buckets[i];
		bin->exact = pair->shift == 0;
	}
}

static void
add_special(PairBins *bins, BinKind kind, int64 reference, int64 current)
{
	if (reference + current > 0)
		add_bin(bins, kind, (double) reference, (double) current);
}

/* ------------------------------------------------------------- other tools' habits ---- */

static int
ceil_to_bins(double n)
{
	return isfinite(n) && n >= 1 ? (int) Min(ceil(n), 10000) : 1;
}

/* numpy.histogram_bin_edges(bins="sturges") of both samples together. */
static int
sturges_bins(const Pair *pair)
{
	return ceil_to_bins(log2((double) pair->reference->counted + (double) pair->current->counted) +
						1);
}

/* numpy.histogram_bin_edges(bins="doane") of the reference. */
static int
doane_bins(const Pair *pair)
{
	double n = (double) pair->reference->counted;
	double sg1 = sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
	double skewness;

	if (n <= 2 || !profile_standardised_moment(pair->reference, 3, &skewness))
		return 1;
	return ceil_to_bins(1 + log2(n) + log2(1 + fabs(skewness) / sg1));
}

static void
fill_as_evidently(const Pair *pair, PairBins *bins)
{
	int n = sturges_bins(pair);
	double *edges = palloc(n * sizeof(double));
	double from = least_of(pair->reference, least_of(pair->current, INFINITY));
	double to = greatest_of(pair->reference, greatest_of(pair->current, -INFINITY));

	if (pair->reference->shift == 0 && pair->reference->nbuckets <= EVIDENTLY_CATEGORIES)
		fill_values(pair, bins);
	else
		fill_ranges(pair, bins, edges, equal_edges(from, to, n, edges));
}

/* All that is outside the range of the reference is one bin, of which the reference has nothing. */
static void
fill_as_nannyml(const Pair *pair, PairBins *bins)
{
	int n = doane_bins(pair);
	double *edges = palloc((n + 1) * sizeof(double));
	bool constant = pair->reference->min.number == pair->reference->max.number;
	double from = pair->reference->min.number - (constant ? 0.5 : 0);
	double to = pair->reference->max.number + (constant ? 0.5 : 0);
	int nedges = equal_edges(from, to, n, edges + 1);
	double outside;

	/* the range includes its upper end */
	edges[0] = from;
	edges[nedges + 1] = nextafter(to, INFINITY);
	fill_ranges(pair, bins, edges, nedges + 2);
	outside = bins->bins[0].current + bins->bins[bins->n - 1].current;
	/* of the reference nothing is outside, but a bucket that the end cuts was split */
	bins->bins[1].reference += bins->bins[0].reference;
	bins->bins[bins->n - 2].reference += bins->bins[bins->n - 1].reference;
	bins->n -= 2;
	memmove(bins->bins, bins->bins + 1, bins->n * sizeof(PairBin));
	if (outside > 0)
		add_bin(bins, BIN_OUTSIDE, 0, outside);
}

/* ---------------------------------------------------------------------------- all bins ---- */

/* Between spikes there may be nothing of either sample. */
static void
drop_empty(PairBins *bins)
{
	int kept = 0;

	for (int i = 0; i < bins->n; i++)
		if (bins->bins[i].reference + bins->bins[i].current > 0)
			bins->bins[kept++] = bins->bins[i];
	bins->n = kept;
}

static void
fill_by_choice(const Pair *pair, const BinningChoice *choice, PairBins *bins)
{
	/* a bin may begin with, or be, a spike, which ends too */
	double *edges = palloc((2 * choice->bins + choice->nedges + 2) * sizeof(double));
	const Profile *reference = pair->reference;
	int nedges = 0;

	if (choice->binning == BINNING_QUANTILE)
		nedges = quantile_edges(pair, choice->bins, edges);
	else if (choice->binning == BINNING_EDGES)
		for (; nedges < choice->nedges; nedges++)
			edges[nedges] = profile_from_sql(reference, choice->edges[nedges]);
	else if (reference->counted > 0 && reference->min.number < reference->max.number)
		nedges = equal_edges(reference->min.number, reference->max.number, choice->bins, edges);
	else if (reference->counted > 0)
	{
		/* a constant: below, it, above */
		edges[nedges++] = reference->min.number;
		edges[nedges++] = nextafter(reference->min.number, INFINITY);
	}
	fill_ranges(pair, bins, edges, nedges);
	if (choice->binning == BINNING_QUANTILE)
		drop_empty(bins);
}

PairBins
pair_bins(const Pair *pair, const BinningChoice *choice)
{
	const Profile *r = pair->reference;
	const Profile *c = pair->current;
	bool other_tool = choice->binning == BINNING_EVIDENTLY || choice->binning == BINNING_NANNYML;
	int room = pair->n + 2 * choice->bins + choice->nedges + 10008;
	PairBins bins = {.bins = palloc(room * sizeof(PairBin))};

	if (!pair_has_order(pair))
		fill_values(pair, &bins);
	else if (choice->binning == BINNING_EVIDENTLY)
		fill_as_evidently(pair, &bins);
	else if (choice->binning == BINNING_NANNYML && r->counted > 0)
		fill_as_nannyml(pair, &bins);
	else
		fill_by_choice(pair, choice, &bins);
	if (!other_tool)
	{
		add_special(&bins, BIN_NEGATIVE_INFINITY, r->negative_infinities, c->negative_infinities);
		add_special(&bins, BIN_POSITIVE_INFINITY, r->positive_infinities, c->positive_infinities);
		add_special(&bins, BIN_NAN, r->nans, c->nans);
		add_special(&bins, BIN_NULL, r->nulls, c->nulls);
	}
	bins.reference_total = (double) (other_tool ? r->counted : profile_num_rows(r));
	bins.current_total = (double) (other_tool ? c->counted : profile_num_rows(c));
	return bins;
}

/* ------------------------------------------------------------------------------- text ---- */

/* Does a number take fewer digits than its neighbour? */
static bool
is_rounder(double number, double neighbour)
{
	return isfinite(number) && isfinite(neighbour) &&
		   strlen(float8out_internal(number)) < strlen(float8out_internal(neighbour));
}

static char *
value_text(const Pair *pair, const PairBucket *bucket)
{
	if (bucket->label)
		return profile_label_text(bucket->label);
	if (!pair_has_order(pair))
		return "(several categories)";
	return profile_number_text(pair->reference, bucket->lower);
}

/*
 * "[5, 20)"; one value is just that, and a bin that begins or ends right after a value says so by its
 * bracket: its edge is the next double, which nobody wants to see.
 */
static char *
range_text(const Profile *profile, const PairBin *bin)
{
	double lower_value = nextafter(bin->lower, -INFINITY);
	double upper_value = nextafter(bin->upper, -INFINITY);
	/* the short one of two neighbours is the value */
	bool after_lower = is_rounder(lower_value, bin->lower);
	bool after_upper = is_rounder(upper_value, bin->upper);
	char *lower = profile_short_text(profile, after_lower ? lower_value : bin->lower);
	char *upper = profile_short_text(profile, after_upper ? upper_value : bin->upper);

	if (bin->lower == upper_value)
		return profile_number_text(profile, bin->lower);
	if (isinf(bin->lower) && isinf(bin->upper))
		return "all";
	if (isinf(bin->lower))
		return psprintf("%s %s", after_upper ? "<=" : "<", upper);
	if (isinf(bin->upper))
		return psprintf("%s %s", after_lower ? ">" : ">=", lower);
	return psprintf("%c%s, %s%c", after_lower ? '(' : '[', lower, upper, after_upper ? ']' : ')');
}

char *
pair_bin_text(const Pair *pair, const PairBin *bin)
{
	const Profile *profile = pair->reference;

	switch (bin->kind)
	{
		case BIN_VALUE:
			return value_text(pair, bin->bucket);
		case BIN_OUTSIDE:
			return "outside the reference";
		case BIN_NULL:
			return "NULL";
		case BIN_NAN:
			return "NaN";
		case BIN_NEGATIVE_INFINITY:
			return "-Infinity";
		case BIN_POSITIVE_INFINITY:
			return "Infinity";
		default:
			break;
	}
	return range_text(profile, bin);
}
