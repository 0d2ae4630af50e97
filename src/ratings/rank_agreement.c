/*
 * rank_agreement.c: agreement of rankings: Kendall's W of many raters, Kendall's tau-b of two.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "aidataops.h"
#include "core/arguments.h"
#include "core/dictionary.h"
#include "core/rows.h"
#include "math/distribution.h"
#include "ratings/ratings.h"
#include "utils/builtins.h"

static Datum
row_result(FunctionCallInfo fcinfo, RowBuilder *row)
{
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), row->values, row->nulls)));
}

/* ------------------------------------------------------------------- Kendall's W ---- */

typedef struct Ranked
{
	double value;
	uint32 unit;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	double x = ((const Ranked *) a)->value;
	double y = ((const Ranked *) b)->value;

	return (x > y) - (x < y);
}

/* Adds one rater's mid-ranks to the sums of the units; returns the sum of t^3 - t of the ties. */
static double
add_ranks(const RatingTable *table, uint32 rater, Ranked *ranked, double *sums)
{
	double ties = 0;

	for (uint32 i = 0; i < table->nunits; i++)
		ranked[i] = (Ranked){table->values[i][rater], i};
	qsort(ranked, table->nunits, sizeof(Ranked), compare_ranked);
	for (uint32 start = 0, end; start < table->nunits; start = end)
	{
		double t;

		for (end = start; end < table->nunits && ranked[end].value == ranked[start].value;)
			end++;
		t = end - start;
		for (uint32 i = start; i < end; i++)
			sums[ranked[i].unit] += (start + end + 1) / 2.0;
		ties += t * t * t - t;
	}
	return ties;
}

/* W of Kendall and Babington Smith (1939), corrected for ties (Kendall 1970); NaN where all is tied. */
static double
coefficient_of_concordance(const RatingTable *table)
{
	Ranked *ranked = palloc(((Size) table->nunits + 1) * sizeof(Ranked));
	double *sums = palloc0(((Size) table->nunits + 1) * sizeof(double));
	double n = table->nunits;
	double m = table->nraters;
	double ties = 0;
	double squares = 0;

	if (n < 2 || m < 2)
		return NAN;
	for (uint32 rater = 0; rater < table->nraters; rater++)
		ties += add_ranks(table, rater, ranked, sums);
	for (uint32 i = 0; i < table->nunits; i++)
		squares += (sums[i] - m * (n + 1) / 2) * (sums[i] - m * (n + 1) / 2);
	return 12 * squares / (m * m * (n * n * n - n) - m * ties);
}

PG_FUNCTION_INFO_V1(kendall_w);
Datum
kendall_w(PG_FUNCTION_ARGS)
{
	RatingTable table = ratings_complete(PG_GETARG_RATINGS(0));
	double w = coefficient_of_concordance(&table);

	if (isnan(w))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(w);
}

PG_FUNCTION_INFO_V1(kendall_w_test);
Datum
kendall_w_test(PG_FUNCTION_ARGS)
{
	Ratings *ratings = PG_GETARG_RATINGS(0);
	RatingTable table = ratings_complete(ratings);
	double w = coefficient_of_concordance(&table);
	double df = (double) table.nunits - 1;
	double chi2 = table.nraters * df * w;
	RowBuilder row = {0};

	row_add_number(&row, w);
	row_add_number(&row, chi2);
	row_add_number(&row, isnan(w) ? w : df);
	row_add_number(&row, isnan(w) ? w : chi2_sf(chi2, df));
	row_add(&row, Int64GetDatum(table.nunits));
	row_add(&row, Int64GetDatum(ratings->nunits - table.nunits));
	row_add(&row, Int64GetDatum(table.nraters));
	row_add(&row, CStringGetTextDatum(table.nraters < 2  ? "one_rater"
									  : table.nunits < 2 ? "too_few_units"
									  : isnan(w)         ? "no_variance"
														 : "ok"));
	return row_result(fcinfo, &row);
}

/* --------------------------------------------------------------------- Kendall's tau ---- */

typedef struct Pair
{
	double x;
	double y;
} Pair;

typedef struct TauCounts
{
	double n;
	double pairs;
	double score;  /* concordant less discordant pairs */
	double x_ties; /* tied pairs */
	double y_ties;
	double x_sums[2]; /* t (t-1) (2t+5), t (t-1) (t-2) */
	double y_sums[2];
} TauCounts;

static int
compare_pairs(const void *a, const void *b)
{
	const Pair *p = a;
	const Pair *q = b;

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return (p->y > q->y) - (p->y < q->y);
}

/* Sorts by y and counts how many pairs that changes: Knight (1966). */
static double
count_exchanges(Pair *pairs, Pair *room, uint32 n)
{
	uint32 half = n / 2;
	double exchanges;
	uint32 i = 0;
	uint32 j = half;

	if (n < 2)
		return 0;
	exchanges =
		count_exchanges(pairs, room, half) + count_exchanges(pairs + half, room + half, n - half);
	for (uint32 k = 0; k < n; k++)
	{
		if (j == n || (i < half && pairs[i].y <= pairs[j].y))
			room[k] = pairs[i++];
		else
		{
			exchanges += half - i;
			room[k] = pairs[j++];
		}
	}
	memcpy(pairs, room, n * sizeof(Pair));
	return exchanges;
}

static void
add_tie(double t, double *tied, double *sums)
{
	*tied += t * (t - 1) / 2;
	sums[0] += t * (t - 1) * (2 * t + 5);
	sums[1] += t * (t - 1) * (t - 2);
}

/* Pairs tied in x (and of those also in y), for pairs in the order of x, then y. */
static double
count_x_ties(const Pair *pairs, uint32 n, TauCounts *counts)
{
	double both = 0;
	double ignored[2];

	for (uint32 start = 0, end; start < n; start = end)
	{
		for (end = start; end < n && pairs[end].x == pairs[start].x;)
			end++;
		add_tie(end - start, &counts->x_ties, counts->x_sums);
		for (uint32 from = start, to; from < end; from = to)
		{
			for (to = from; to < end && pairs[to].y == pairs[from].y;)
				to++;
			ignored[0] = ignored[1] = 0;
			add_tie(to - from, &both, ignored);
		}
	}
	return both;
}

static void
count_y_ties(const Pair *pairs, uint32 n, TauCounts *counts)
{
	for (uint32 start = 0, end; start < n; start = end)
	{
		for (end = start; end < n && pairs[end].y == pairs[start].y;)
			end++;
		add_tie(end - start, &counts->y_ties, counts->y_sums);
	}
}

static TauCounts
tau_counts(Pair *pairs, uint32 n)
{
	TauCounts counts = {.n = n, .pairs = n * ((double) n - 1) / 2};
	Pair *room = palloc_extended(((Size) n + 1) * sizeof(Pair), MCXT_ALLOC_HUGE);
	double both;
	double discordant;

	qsort(pairs, n, sizeof(Pair), compare_pairs);
	both = count_x_ties(pairs, n, &counts);
	discordant = count_exchanges(pairs, room, n);
	count_y_ties(pairs, n, &counts);
	counts.score = counts.pairs - counts.x_ties - counts.y_ties + both - 2 * discordant;
	pfree(room);
	return counts;
}

static double
tau_b(const TauCounts *c)
{
	return c->score / sqrt((c->pairs - c->x_ties) * (c->pairs - c->y_ties));
}

/* The normal approximation with ties: Kendall (1970), chapter 4. */
static double
tau_z(const TauCounts *c)
{
	double n = c->n;
	double variance = (n * (n - 1) * (2 * n + 5) - c->x_sums[0] - c->y_sums[0]) / 18 +
					  4 * c->x_ties * c->y_ties / (2 * n * (n - 1));

	if (n > 2)
		variance += c->x_sums[1] * c->y_sums[1] / (9 * n * (n - 1) * (n - 2));
	return c->score / sqrt(variance);
}

static uint32
rater_argument(FunctionCallInfo fcinfo, int n, const Ratings *ratings)
{
	Utf8 name = utf8_from_text(PG_GETARG_DATUM(n));

	for (uint32 i = 0; i < ratings->nraters; i++)
	{
		if (utf8_compare(ratings->raters[i], name) == 0)
			return i;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("there are no ratings of rater \"%s\"", utf8_to_cstring(name))));
}

static TauCounts
tau_arguments(FunctionCallInfo fcinfo)
{
	Ratings *ratings = PG_GETARG_RATINGS(0);
	uint32 a = rater_argument(fcinfo, 1, ratings);
	uint32 b = rater_argument(fcinfo, 2, ratings);
	Pair *pairs = palloc_extended(((Size) ratings->nunits + 1) * sizeof(Pair), MCXT_ALLOC_HUGE);
	uint32 n = 0;

	for (uint32 i = 0; i < ratings->nunits; i++)
	{
		pairs[n] = (Pair){ratings->values[i][a], ratings->values[i][b]};
		n += !isnan(pairs[n].x) && !isnan(pairs[n].y);
	}
	return tau_counts(pairs, n);
}

PG_FUNCTION_INFO_V1(kendall_tau_b);
Datum
kendall_tau_b(PG_FUNCTION_ARGS)
{
	TauCounts counts = tau_arguments(fcinfo);
	double tau = tau_b(&counts);

	if (isnan(tau))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(tau);
}

PG_FUNCTION_INFO_V1(kendall_tau_b_test);
Datum
kendall_tau_b_test(PG_FUNCTION_ARGS)
{
	TauCounts counts = tau_arguments(fcinfo);
	double tau = tau_b(&counts);
	double z = tau_z(&counts);
	RowBuilder row = {0};

	row_add_number(&row, tau);
	row_add_number(&row, isnan(tau) ? tau : z);
	row_add_number(&row, isnan(tau) ? tau : Min(1, 2 * normal_sf(fabs(z))));
	row_add(&row, Int64GetDatum((int64) counts.n));
	row_add(&row, CStringGetTextDatum(counts.n < 2 ? "too_few_units"
									  : isnan(tau) ? "no_variance"
												   : "ok"));
	return row_result(fcinfo, &row);
}
