/*
 * chance.c: how far apart samples of one distribution are by chance, and how surprising it is if they
 * are further.
 *
 * Where every bin has many rows of both samples, a distance is about a chi-square, and depends on the
 * number of bins alone. A column of thousands of categories is not like that: most of them have one or
 * two rows, and then of a small sample and a large one PSI is far above, and of two small ones far
 * below. So what chance gives is computed as it is: given how many rows a bin has in both samples
 * together, those of one sample in it follow the hypergeometric law.
 */
#include "postgres.h"

#include <math.h>

#include "drift/chance.h"
#include "drift/profile_test.h"
#include "math/distribution.h"
#include "math/special.h"

/* With more rows of the smaller sample expected in a bin, its limit is as good. */
#define MOST_SUMMED 20
/* Bins of few rows are many, and alike. */
#define REMEMBERED 256

/* What a bin adds to a distance. */
typedef struct BinTerm
{
	double (*of_shares)(double p, double q);
	/* the same if both are nearly `share`, and their difference has that variance */
	double (*limit)(double share, double variance);
	bool fills; /* a share of nothing counts as half a row */
} BinTerm;

typedef struct Samples
{
	double n;
	double m;
	bool reference_is_smaller;
	double smaller;
	double both;
	double s; /* 1/n + 1/m */
} Samples;

static Samples
samples_of(const PairBins *bins)
{
	double n = bins->reference_total;
	double m = bins->current_total;

	return (Samples){.n = n,
					 .m = m,
					 .reference_is_smaller = n < m,
					 .smaller = Min(n, m),
					 .both = n + m,
					 .s = 1 / n + 1 / m};
}

static double
share(double rows, double all, bool fills)
{
	return (rows == 0 && fills ? 0.5 : rows) / all;
}

static double
term_of_rows(const Samples *samples, const BinTerm *term, double rows, double of_smaller)
{
	double others = rows - of_smaller;
	double r = samples->reference_is_smaller ? of_smaller : others;
	double c = samples->reference_is_smaller ? others : of_smaller;

	return term->of_shares(share(r, samples->n, term->fills), share(c, samples->m, term->fills));
}

/* The mean over the hypergeometric law of a bin of so many rows. */
static double
mean_term(const Samples *samples, const BinTerm *term, double rows)
{
	double elsewhere = samples->both - rows;
	double mean = rows * samples->smaller / samples->both;
	double x = Max(0, samples->smaller - elsewhere);
	double last = Min(rows, samples->smaller);
	double p;
	double sum = 0;

	if (mean > MOST_SUMMED)
	{
		double share = rows / samples->both;

		return term->limit(share, share * (1 - share) * samples->s);
	}
	p = exp(log_binomial(rows, x) + log_binomial(elsewhere, samples->smaller - x) -
			log_binomial(samples->both, samples->smaller));
	for (; x <= last && (x <= mean || p > 1e-12); x++)
	{
		sum += p * term_of_rows(samples, term, rows, x);
		p *= (rows - x) * (samples->smaller - x) /
			 ((x + 1) * (elsewhere - samples->smaller + x + 1));
	}
	return sum;
}

static double
sum_by_chance(const PairBins *bins, const BinTerm *term)
{
	Samples samples = samples_of(bins);
	double remembered[REMEMBERED];
	double sum = 0;

	for (int i = 0; i < REMEMBERED; i++)
		remembered[i] = NAN;
	for (int i = 0; i < bins->n; i++)
	{
		double rows = rint(bins->bins[i].reference + bins->bins[i].current);
		double *known = rows < REMEMBERED ? &remembered[(int) rows] : NULL;

		if (rows < 1)
			continue;
		if (known && isnan(*known))
			*known = mean_term(&samples, term, rows);
		sum += known ? *known : mean_term(&samples, term, rows);
	}
	return sum;
}

/* ------------------------------------------------------------------------- distances ---- */

static double
psi_term(double p, double q)
{
	return (q - p) * log(q / p);
}

static double
psi_limit(double share, double variance)
{
	return variance / share;
}

double
psi_by_chance(const PairBins *bins)
{
	return sum_by_chance(bins, &(BinTerm){psi_term, psi_limit, true});
}

static double
kl_term(double p, double q)
{
	return p * log(p / q);
}

static double
kl_limit(double share, double variance)
{
	return variance / share / 2;
}

static double
first_share(double p, double q)
{
	return p;
}

static double
second_share(double p, double q)
{
	return q;
}

static double
share_limit(double share, double variance)
{
	return share;
}

/* Shares are normalised again once empty bins have got something. */
double
kl_by_chance(const PairBins *bins)
{
	double p = sum_by_chance(bins, &(BinTerm){first_share, share_limit, true});
	double q = sum_by_chance(bins, &(BinTerm){second_share, share_limit, true});

	return sum_by_chance(bins, &(BinTerm){kl_term, kl_limit, true}) / p - log(p / q);
}

static double
jensen_shannon_term(double p, double q)
{
	double m = (p + q) / 2;

	return ((p > 0 ? p * log2(p / m) : 0) + (q > 0 ? q * log2(q / m) : 0)) / 2;
}

static double
jensen_shannon_limit(double share, double variance)
{
	return variance / share / (8 * M_LN2);
}

double
jensen_shannon_by_chance(const PairBins *bins)
{
	return sum_by_chance(bins, &(BinTerm){jensen_shannon_term, jensen_shannon_limit, false});
}

static double
hellinger_term(double p, double q)
{
	double d = sqrt(p) - sqrt(q);

	return d * d / 2;
}

static double
hellinger_limit(double share, double variance)
{
	return variance / share / 8;
}

double
hellinger_square_by_chance(const PairBins *bins)
{
	return sum_by_chance(bins, &(BinTerm){hellinger_term, hellinger_limit, false});
}

static double
total_variation_term(double p, double q)
{
	return fabs(p - q) / 2;
}

/* The mean of half a normal deviate without its sign. */
static double
total_variation_limit(double share, double variance)
{
	return sqrt(variance / (2 * M_PI));
}

double
total_variation_by_chance(const PairBins *bins)
{
	return sum_by_chance(bins, &(BinTerm){total_variation_term, total_variation_limit, false});
}

/* -------------------------------------------------------------------------- p-values ---- */

/*
 * A gamma law with the mean and the variance that Pearson's statistic has of samples of one distribution,
 * given how many rows each bin has in both: Dawson 1954, "A simplified expression for the variance of
 * the chi-square function on a contingency table", which is Haldane's of 1940.
 */
static double
sparse_p_value(const PairBins *bins, double statistic, double used)
{
	Samples samples = samples_of(bins);
	double all = samples.both;
	double reciprocals = 0;
	double mean = (used - 1) * all / (all - 1);
	double v1 = (all - 2) / (all - 1);
	double v2 = (used - 1) * (all - used) / (all - 1);
	double w1 = (all * samples.s - 4) / (all - 2);
	double w2;
	double variance;

	for (int i = 0; i < bins->n; i++)
	{
		double rows = bins->bins[i].reference + bins->bins[i].current;

		reciprocals += rows > 0 ? all / rows : 0;
	}
	w2 = (reciprocals - used * used) / (all - 2);
	variance = 2 * all / (all - 3) * (v1 - w1) * (v2 - w2) + all * all / (all - 1) * w1 * w2;
	/* if every row is a bin, all samples differ as much: that says nothing */
	if (!(variance > 1e-9 * mean))
		return 1;
	return chi2_sf(2 * statistic * mean / variance, 2 * mean * mean / variance);
}

/*
 * Bins of equal mass of the reference hold what they hold in it not by chance: what varies is what the
 * current sample has in them. Pearson's statistic divides by the share in both, which is that of the
 * current sample if it is the larger, and is too large where that happens to be small: of 60 rows and
 * 5000 one in seven p-values is below .05. With at least the mean of the two shares it is one in eighty.
 */
static double
cautious_p_value(const PairBins *bins, double used)
{
	Samples samples = samples_of(bins);
	double sum = 0;

	for (int i = 0; i < bins->n; i++)
	{
		double p = bins->bins[i].reference / samples.n;
		double q = bins->bins[i].current / samples.m;
		double both = (bins->bins[i].reference + bins->bins[i].current) / samples.both;

		if (both > 0)
			sum += (p - q) * (p - q) / Max(both, (p + q) / 2);
	}
	return chi2_sf(sum / samples.s, used - 1);
}

double
p_value_of_bins(const Pair *pair, const PairBins *bins)
{
	TestResult test = homogeneity_test(bins, false);
	bool sparse = strcmp(test.status, "small_expected") == 0 && test.n + test.m > 3;

	if (!isfinite(test.p_value))
		return NAN;
	if (pair_has_order(pair) && test.n < test.m)
		return cautious_p_value(bins, test.df + 1);
	return sparse ? sparse_p_value(bins, test.statistic, test.df + 1) : test.p_value;
}

/*
 * Do the means differ? Of a profile the variances are known, but not how dimensions go together. Of all
 * ways they may, the one in which they are all the same spreads |m1 - m2|^2 most (Szekely and Bakirov
 * 2003, "Extremal probabilities for Gaussian quadratic forms": for probabilities up to .215), and then
 * it is Welch's test of one dimension.
 */
static double
p_value_of_means(const Pair *pair)
{
	double n = (double) pair->reference->counted;
	double m = (double) pair->current->counted;
	double distance = 0;
	double a = 0;
	double b = 0;

	for (int i = 0; i < pair->reference->dimension; i++)
	{
		double d = embedding_mean(pair->current, i) - embedding_mean(pair->reference, i);

		distance += d * d;
		a += embedding_variance(pair->reference, i) / n;
		b += embedding_variance(pair->current, i) / m;
	}
	return 2 * student_t_sf(sqrt(distance / (a + b)),
							(a + b) * (a + b) / (a * a / (n - 1) + b * b / (m - 1)));
}

double
p_value_of_embeddings(const Pair *pair)
{
	double means;

	if (pair->reference->counted < 2 || pair->current->counted < 2)
		return NAN;
	means = p_value_of_means(pair);
	/* two tests, of which either may tell */
	return isnan(means) ? NAN : at_most_one(2 * Min(means, kolmogorov_p_value(pair)));
}
