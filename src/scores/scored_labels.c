/*
 * scored_labels.c: scores of a classifier against what turned out to be true.
 *
 * The type scored_labels is the multiset of (score, label), as counts by distinct score in the order
 * of scores, from which every measure follows exactly. Stored, after the varlena header, big-endian:
 *
 *	u8 layout, u32 scores, each: f64 score, u32 negative labels, u32 positive labels
 *
 * The aggregate's state is a growing array of the same that is sorted and merged before it grows, so
 * its memory follows the number of distinct scores.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "access/htup_details.h"
#include "aidataops.h"
#include "common/int.h"
#include "core/arguments.h"
#include "core/hex_text.h"
#include "core/reader.h"
#include "core/rows.h"
#include "core/state_memory.h"
#include "math/distribution.h"
#include "math/elementary.h"
#include "math/proportion.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define SCORED_LABELS_LAYOUT 1
#define HEADER_SIZE          5
#define ENTRY_SIZE           16

typedef struct ScoreCount
{
	double score;
	uint32 negative;
	uint32 positive;
} ScoreCount;

/* --------------------------------------------------------------------------- value ---- */

static struct varlena *
scored_labels_make(const ScoreCount *counts, uint32 n)
{
	Size size = VARHDRSZ + HEADER_SIZE + (Size) n * ENTRY_SIZE;
	struct varlena *value;
	char *at;

	if (size >= MaxAllocSize / 2 - 1024)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%u distinct scores are too many", n),
						errhint("Round the scores, to six digits say: measures hardly change.")));
	value = palloc(size);
	SET_VARSIZE(value, size);
	at = VARDATA(value);
	*at = SCORED_LABELS_LAYOUT;
	bytes_set_u32(at + 1, n);
	at += HEADER_SIZE;
	for (uint32 i = 0; i < n; i++, at += ENTRY_SIZE)
	{
		bytes_set_u64(at, bits_of_double(counts[i].score));
		bytes_set_u32(at + 8, counts[i].negative);
		bytes_set_u32(at + 12, counts[i].positive);
	}
	return value;
}

/* The counts of a value, and their number; checked, so that no reader meets what cannot be. */
static ScoreCount *
scored_labels_read(const struct varlena *value, uint32 *n)
{
	ByteReader reader = {.at = VARDATA_ANY(value),
						 .end = VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value),
						 .type = "scored_labels"};
	ScoreCount *counts;

	if (reader_u8(&reader) != SCORED_LABELS_LAYOUT)
		reader_fail(&reader, "Its layout is none that this release reads.");
	*n = reader_count(&reader, ENTRY_SIZE);
	counts = palloc_extended(((Size) *n + 1) * sizeof(ScoreCount), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < *n; i++)
	{
		counts[i].score = reader_f64(&reader);
		counts[i].negative = reader_u32(&reader);
		counts[i].positive = reader_u32(&reader);
		if (isnan(counts[i].score) || (i > 0 && counts[i].score <= counts[i - 1].score) ||
			(counts[i].negative == 0 && counts[i].positive == 0) ||
			(counts[i].score == 0 && signbit(counts[i].score)))
			reader_fail(&reader, "Scores in it are not in order.");
	}
	reader_finish(&reader);
	return counts;
}

static void
check_scored_labels(const struct varlena *value)
{
	uint32 n;

	pfree(scored_labels_read(value, &n));
}

HEX_TEXT_TYPE(scored_labels, "scored_labels1:", check_scored_labels);

/* ---------------------------------------------------------------------- aggregates ---- */

typedef struct ScoreState
{
	MemoryContext context;
	ScoreCount *counts;
	Size used;
	Size capacity;
} ScoreState;

static int
compare_scores(const void *a, const void *b)
{
	double x = ((const ScoreCount *) a)->score;
	double y = ((const ScoreCount *) b)->score;

	return (x > y) - (x < y);
}

static uint32
add_counts(uint32 a, uint32 b)
{
	uint32 sum;

	if (pg_add_u32_overflow(a, b, &sum))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("more than 4294967295 labels with the same score")));
	return sum;
}

/* Sorts what is there and merges equal scores. */
static Size
merge_scores(ScoreCount *counts, Size n)
{
	Size kept = 0;

	qsort(counts, n, sizeof(ScoreCount), compare_scores);
	for (Size i = 0; i < n; i++)
	{
		if (kept > 0 && counts[kept - 1].score == counts[i].score)
		{
			counts[kept - 1].negative = add_counts(counts[kept - 1].negative, counts[i].negative);
			counts[kept - 1].positive = add_counts(counts[kept - 1].positive, counts[i].positive);
		}
		else
			counts[kept++] = counts[i];
	}
	return kept;
}

static void
make_room(ScoreState *state)
{
	state->used = merge_scores(state->counts, state->used);
	if (state->used <= state->capacity / 2)
		return;
	state_memory_check(2 * state->capacity * sizeof(ScoreCount), "scored labels",
					   "A distinct score takes 16 bytes. Round the scores, to six digits say, or "
					   "raise aidataops.max_state_memory.");
	state->capacity *= 2;
	state->counts = repalloc_huge(state->counts, state->capacity * sizeof(ScoreCount));
}

static void
add_score(ScoreState *state, ScoreCount count)
{
	if (state->used == state->capacity)
		make_room(state);
	state->counts[state->used++] = count;
}

static ScoreState *
score_state(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);
	ScoreState *state;

	if (!PG_ARGISNULL(0))
		return (ScoreState *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, sizeof(ScoreState));
	state->context = context;
	state->capacity = 64;
	state->counts = MemoryContextAlloc(context, state->capacity * sizeof(ScoreCount));
	return state;
}

PG_FUNCTION_INFO_V1(scored_labels_accum);
Datum
scored_labels_accum(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo);
	ScoreCount count = {0};

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	count.score = PG_GETARG_FLOAT8(1) + 0.0; /* minus zero is zero */
	if (isnan(count.score))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("score is NaN"),
						errhint("Leave out rows without a score, or give NULL.")));
	count.positive = PG_GETARG_BOOL(2);
	count.negative = !count.positive;
	add_score(state, count);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(scored_labels_rollup);
Datum
scored_labels_rollup(PG_FUNCTION_ARGS)
{
	ScoreState *state = score_state(fcinfo);
	ScoreCount *counts;
	uint32 n;

	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	counts = scored_labels_read(PG_GETARG_VARLENA_PP(1), &n);
	for (uint32 i = 0; i < n; i++)
		add_score(state, counts[i]);
	pfree(counts);
	PG_RETURN_POINTER(state);
}

/* A window may go on adding, so the state is left as it is. */
PG_FUNCTION_INFO_V1(scored_labels_final);
Datum
scored_labels_final(PG_FUNCTION_ARGS)
{
	ScoreState *state = PG_ARGISNULL(0) ? NULL : (ScoreState *) PG_GETARG_POINTER(0);
	struct varlena *value;
	ScoreCount *counts;

	if (state == NULL || state->used == 0)
		PG_RETURN_NULL();
	counts = palloc_extended(state->used * sizeof(ScoreCount), MCXT_ALLOC_HUGE);
	memcpy(counts, state->counts, state->used * sizeof(ScoreCount));
	value = scored_labels_make(counts, merge_scores(counts, state->used));
	pfree(counts);
	PG_RETURN_POINTER(value);
}

/* ------------------------------------------------------------------------- ranking ---- */

typedef struct Scores
{
	ScoreCount *counts;
	uint32 n;
	double negatives;
	double positives;
} Scores;

static Scores
scores_argument(FunctionCallInfo fcinfo)
{
	Scores scores = {0};

	scores.counts = scored_labels_read(PG_GETARG_VARLENA_PP(0), &scores.n);
	for (uint32 i = 0; i < scores.n; i++)
	{
		scores.negatives += scores.counts[i].negative;
		scores.positives += scores.counts[i].positive;
	}
	return scores;
}

/* The chance that a positive scores above a negative, ties counting half (Mann and Whitney 1947). */
static double
area_under_curve(const Scores *scores)
{
	double below = 0;
	double sum = 0;

	for (uint32 i = 0; i < scores->n; i++)
	{
		sum += scores->counts[i].positive * (below + scores->counts[i].negative / 2.0);
		below += scores->counts[i].negative;
	}
	if (scores->negatives == 0 || scores->positives == 0)
		return NAN;
	return sum / scores->negatives / scores->positives;
}

static Datum
number_or_null(FunctionCallInfo fcinfo, double value)
{
	if (isnan(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

PG_FUNCTION_INFO_V1(auc);
Datum
auc(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo);

	return number_or_null(fcinfo, area_under_curve(&scores));
}

PG_FUNCTION_INFO_V1(gini);
Datum
gini(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo);

	return number_or_null(fcinfo, 2 * area_under_curve(&scores) - 1);
}

/* DeLong, DeLong and Clarke-Pearson (1988): the variance of the placements of either side. */
static double
area_standard_error(const Scores *scores, double area)
{
	double below = 0;
	double of_positives = 0;
	double of_negatives = 0;
	double positives_below = 0;
	double m = scores->positives;
	double n = scores->negatives;

	for (uint32 i = 0; i < scores->n; i++)
	{
		const ScoreCount *it = &scores->counts[i];
		double beaten = (below + it->negative / 2.0) / n - area;
		double beating = (m - positives_below - it->positive / 2.0) / m - area;

		of_positives += it->positive * beaten * beaten;
		of_negatives += it->negative * beating * beating;
		below += it->negative;
		positives_below += it->positive;
	}
	if (m < 2 || n < 2)
		return NAN;
	return sqrt(of_positives / (m - 1) / m + of_negatives / (n - 1) / n);
}

PG_FUNCTION_INFO_V1(auc_interval);
Datum
auc_interval(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo);
	double half = normal_upper_quantile((1 - confidence_argument(fcinfo, 1)) / 2);
	double area = area_under_curve(&scores);
	double error = area_standard_error(&scores, area);
	RowBuilder row = {0};
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	half *= error;
	row_add_number(&row, area);
	row_add_number(&row, error);
	row_add_number(&row, isnan(half) ? half : Max(0, area - half));
	row_add_number(&row, isnan(half) ? half : Min(1, area + half));
	row_add(&row, Int64GetDatum((int64) scores.positives));
	row_add(&row, Int64GetDatum((int64) scores.negatives));
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), row.values, row.nulls)));
}

PG_FUNCTION_INFO_V1(roc_curve);
Datum
roc_curve(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo);
	double negatives = 0;
	double positives = 0;

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = scores.n; i-- > 0;)
	{
		RowBuilder row = {0};

		negatives += scores.counts[i].negative;
		positives += scores.counts[i].positive;
		row_add(&row, Float8GetDatum(scores.counts[i].score));
		row_add(&row, Int64GetDatum((int64) (negatives + positives)));
		row_add_number(&row, scores.negatives > 0 ? negatives / scores.negatives : (double) NAN);
		row_add_number(&row, scores.positives > 0 ? positives / scores.positives : (double) NAN);
		row_emit(&row, fcinfo);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* ------------------------------------------------------------------- probabilities ---- */

/* Scores that must be probabilities. */
static Scores
probabilities_argument(FunctionCallInfo fcinfo)
{
	Scores scores = scores_argument(fcinfo);
	double least = scores.n > 0 ? scores.counts[0].score : 0;
	double most = scores.n > 0 ? scores.counts[scores.n - 1].score : 0;

	if (least < 0 || most > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("score %g is no probability", least < 0 ? least : most),
						errdetail("This measure needs scores between 0 and 1."),
						errhint("auc() and gini() take any scores.")));
	return scores;
}

PG_FUNCTION_INFO_V1(brier_score);
Datum
brier_score(PG_FUNCTION_ARGS)
{
	Scores scores = probabilities_argument(fcinfo);
	double sum = 0;

	for (uint32 i = 0; i < scores.n; i++)
	{
		double p = scores.counts[i].score;

		sum += scores.counts[i].positive * (1 - p) * (1 - p) + scores.counts[i].negative * p * p;
	}
	return number_or_null(fcinfo, sum / (scores.positives + scores.negatives));
}

PG_FUNCTION_INFO_V1(mean_absolute_error);
Datum
mean_absolute_error(PG_FUNCTION_ARGS)
{
	Scores scores = probabilities_argument(fcinfo);
	double sum = 0;

	for (uint32 i = 0; i < scores.n; i++)
	{
		double p = scores.counts[i].score;

		sum += scores.counts[i].positive * (1 - p) + scores.counts[i].negative * p;
	}
	return number_or_null(fcinfo, sum / (scores.positives + scores.negatives));
}

/* Certain and wrong would be infinitely bad; the bound is the spacing of doubles at 1, as scikit-learn's. */
PG_FUNCTION_INFO_V1(log_loss);
Datum
log_loss(PG_FUNCTION_ARGS)
{
	Scores scores = probabilities_argument(fcinfo);
	double sum = 0;

	for (uint32 i = 0; i < scores.n; i++)
	{
		double p = Min(Max(scores.counts[i].score, DBL_EPSILON), 1 - DBL_EPSILON);

		if (scores.counts[i].positive > 0)
			sum -= scores.counts[i].positive * log_positive(p);
		if (scores.counts[i].negative > 0)
			sum -= scores.counts[i].negative * log_positive(1 - p);
	}
	return number_or_null(fcinfo, sum / (scores.positives + scores.negatives));
}

/* --------------------------------------------------------------------- calibration ---- */

/* What is in a bin of scores above `lower` and up to `upper`; the first also has its lower end. */
typedef struct Bin
{
	double lower;
	double upper;
	double total;
	double positives;
	double mean_score;
} Bin;

static Bin
next_bin(const Scores *scores, uint32 *at, int number, int bins)
{
	Bin bin = {.lower = (double) number / bins, .upper = (double) (number + 1) / bins};
	double sum = 0;

	for (; *at < scores->n && scores->counts[*at].score <= bin.upper; (*at)++)
	{
		const ScoreCount *it = &scores->counts[*at];

		bin.total += (double) it->negative + it->positive;
		bin.positives += it->positive;
		sum += ((double) it->negative + it->positive) * it->score;
	}
	bin.mean_score = sum / bin.total;
	return bin;
}

static int
bins_argument(FunctionCallInfo fcinfo, int n)
{
	int bins = PG_GETARG_INT32(n);

	if (bins < 1 || bins > 10000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of bins must be between 1 and 10000, not %d", bins)));
	return bins;
}

PG_FUNCTION_INFO_V1(calibration_bins);
Datum
calibration_bins(PG_FUNCTION_ARGS)
{
	Scores scores = probabilities_argument(fcinfo);
	int bins = bins_argument(fcinfo, 1);
	double z = normal_upper_quantile((1 - confidence_argument(fcinfo, 2)) / 2);
	uint32 at = 0;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < bins; i++)
	{
		Bin bin = next_bin(&scores, &at, i, bins);
		Bounds bounds = wilson_interval(bin.positives, bin.total, z);
		RowBuilder row = {0};

		row_add(&row, Int32GetDatum(i + 1));
		row_add(&row, Float8GetDatum(bin.lower));
		row_add(&row, Float8GetDatum(bin.upper));
		row_add(&row, Int64GetDatum((int64) bin.total));
		row_add_number(&row, bin.mean_score);
		row_add_number(&row, bin.positives / bin.total);
		row_add_number(&row, bounds.lower);
		row_add_number(&row, bounds.upper);
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(expected_calibration_error);
Datum
expected_calibration_error(PG_FUNCTION_ARGS)
{
	Scores scores = probabilities_argument(fcinfo);
	int bins = bins_argument(fcinfo, 1);
	double error = 0;
	uint32 at = 0;

	for (int i = 0; i < bins; i++)
	{
		Bin bin = next_bin(&scores, &at, i, bins);

		if (bin.total > 0)
			error += fabs(bin.positives - bin.total * bin.mean_score);
	}
	return number_or_null(fcinfo, error / (scores.positives + scores.negatives));
}
