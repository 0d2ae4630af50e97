/*
 * two_sample.c: tests and distances between two samples, from one pass over both in order.
 *
 * two_sample_agg() is the one aggregate of the extension whose state is `internal`: it is a sort, of
 * as many values as there are, and a sort cannot be a value that is merged or stored. Values are kept
 * as 64-bit integers that sort as they do, in memory up to work_mem and in tuplesorts beyond it.
 *
 * Sums are added in the order of the values, and those of integers are exact, so that no result
 * depends on the order of the input or on the way of sorting.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "access/htup_details.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type_d.h"
#include "drift/radix_sort.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "math/kolmogorov.h"
#include "math/rank_tests.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"

/* Keeps four times the product of the sample sizes within 63 bits. */
#define MAX_VALUES (((int64) 1 << 31) - 2)

/*
 * The exact Kolmogorov-Smirnov law is computed up to this many cells, which takes some 25 ms and is
 * enough for 100 000 values without ties; there the limit's p-value errs by less than one in a hundred.
 */
#define MAX_KS_WORK 5e7

/* More groups of equal values than this are not remembered for it. */
#define MAX_TIE_GROUPS (1 << 20)

/* Of how many values a tuplesort's are handed on at a time */
#define READ_AHEAD 512

#define INITIAL_CAPACITY 64

/* ---- state ---------------------------------------------------------------------------------- */

typedef struct Sample
{
	int64 count;
	int64 nan_count; /* left out of count */
	int64 *images;   /* NULL once spilled */
	int64 capacity;
	Tuplesortstate *sort; /* NULL until spilled */
} Sample;

typedef struct TwoSampleState
{
	MemoryContext context;
	int64 memory_limit; /* how many values are held in memory; sorting takes as much again */
	Sample reference;
	Sample current;
} TwoSampleState;

/*
 * An integer that sorts as the value does: the bits of the double, all but the sign flipped when it
 * is negative. Its own inverse. Zero has one image.
 */
static inline int64
image_of_bits(int64 bits)
{
	return bits ^ ((bits >> 63) & PG_INT64_MAX);
}

static inline int64
float_image(float8 value)
{
	int64 bits;

	if (value == 0)
		return 0;
	memcpy(&bits, &value, sizeof(bits));
	return image_of_bits(bits);
}

static inline float8
image_float(int64 image)
{
	int64 bits = image_of_bits(image);
	float8 value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void
end_sort(Sample *sample)
{
	if (sample->sort)
		tuplesort_end(sample->sort);
	sample->sort = NULL;
}

/* At the end of the group or query, also where the final function was not reached: closes temporary files. */
static void
end_sorts(Datum arg)
{
	TwoSampleState *state = (TwoSampleState *) DatumGetPointer(arg);

	end_sort(&state->reference);
	end_sort(&state->current);
}

static TwoSampleState *
create_state(FunctionCallInfo fcinfo)
{
	TwoSampleState *state;
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "two_sample_accum called in non-aggregate context");
	state = MemoryContextAllocZero(context, sizeof(TwoSampleState));
	state->context = context;
	state->memory_limit = (int64) work_mem * 1024 / (2 * sizeof(int64));
	AggRegisterCallback(fcinfo, end_sorts, PointerGetDatum(state));
	return state;
}

static void
spill(Sample *sample)
{
	sample->sort = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid, false,
										 Max(work_mem / 2, 64), NULL, TUPLESORT_NONE);
	for (int64 i = 0; i < sample->count; i++)
		tuplesort_putdatum(sample->sort, Int64GetDatum(sample->images[i]), false);
	if (sample->images)
		pfree(sample->images);
	sample->images = NULL;
	sample->capacity = 0;
}

/* Makes room for one value more in memory, or moves both samples to tuplesorts. */
static void
make_room(TwoSampleState *state, Sample *sample)
{
	int64 others = state->reference.capacity + state->current.capacity - sample->capacity;
	int64 room = state->memory_limit - others;
	int64 wanted = Max(INITIAL_CAPACITY, sample->capacity * 2);
	MemoryContext old;

	old = MemoryContextSwitchTo(state->context);
	if (Min(wanted, room) > sample->capacity)
	{
		sample->capacity = Min(wanted, room);
		sample->images = sample->images
							 ? repalloc_huge(sample->images, sizeof(int64) * sample->capacity)
							 : palloc(sizeof(int64) * sample->capacity);
	}
	else
	{
		spill(&state->reference);
		spill(&state->current);
	}
	MemoryContextSwitchTo(old);
}

static void
refuse_more_values(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many values for a two-sample test"),
			 errdetail("The two samples may have %lld values together.", (long long) MAX_VALUES),
			 errhint("Compare samples of the data: at this size every difference is "
					 "significant.")));
}

static inline void
add_value(TwoSampleState *state, Sample *sample, float8 value)
{
	if (isnan(value))
	{
		sample->nan_count++;
		return;
	}
	if (state->reference.count + state->current.count >= MAX_VALUES)
		refuse_more_values();
	if (sample->count >= sample->capacity && sample->sort == NULL)
		make_room(state, sample);
	if (sample->sort)
		tuplesort_putdatum(sample->sort, Int64GetDatum(float_image(value)), false);
	else
		sample->images[sample->count] = float_image(value);
	sample->count++;
}

PG_FUNCTION_INFO_V1(two_sample_accum);
Datum
two_sample_accum(PG_FUNCTION_ARGS)
{
	TwoSampleState *state =
		PG_ARGISNULL(0) ? create_state(fcinfo) : (TwoSampleState *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
		add_value(state, PG_GETARG_BOOL(2) ? &state->current : &state->reference,
				  PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(state);
}

/* ---- reading a sample in order -------------------------------------------------------------- */

/* One way of reading for both ways of sorting: a run of values, and more of them on demand. */
typedef struct Reader
{
	const int64 *next;
	const int64 *end;
	Tuplesortstate *sort;
	int64 buffer[READ_AHEAD];
} Reader;

static void
open_reader(Reader *reader, Sample *sample)
{
	reader->sort = sample->sort;
	reader->next = reader->end = NULL;
	if (sample->sort)
		tuplesort_performsort(sample->sort);
	else if (sample->count > 0)
	{
		int64 *scratch =
			MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int64) * sample->count);

		sort_int64(sample->images, sample->count, scratch);
		pfree(scratch);
		reader->next = sample->images;
		reader->end = sample->images + sample->count;
	}
}

static bool
read_more(Reader *reader)
{
	int count = 0;
	Datum value;
	bool isnull;

	while (reader->sort && count < READ_AHEAD &&
		   tuplesort_getdatum(reader->sort, true, true, &value, &isnull, NULL))
		reader->buffer[count++] = DatumGetInt64(value);
	reader->next = reader->buffer;
	reader->end = reader->buffer + count;
	return count > 0;
}

static inline bool
at_end(Reader *reader)
{
	return reader->next == reader->end && !read_more(reader);
}

/* Passes over all values equal to `image`, and returns how many they were. */
static inline int64
take_equal(Reader *reader, int64 image)
{
	int64 count = 0;

	while (!at_end(reader) && *reader->next == image)
	{
		reader->next++;
		count++;
	}
	return count;
}

/* ---- the pass over both samples ------------------------------------------------------------- */

/* Groups of equal values, for the exact law of Kolmogorov and Smirnov. */
typedef struct Ties
{
	int64 count;
	int64 capacity;
	bool complete; /* all were remembered */
	TieGroup *groups;
} Ties;

typedef struct Sums
{
	int64 n; /* values of the reference */
	int64 m; /* current values */
	int64 i; /* of which so many are behind us */
	int64 j;
	int64 previous;      /* image of the last value */
	int64 difference;    /* i m - j n: n m times the difference of the distribution functions */
	int64 ks;            /* its greatest absolute value */
	int64 reference_won; /* twice the pairs where the reference is greater, ties once */
	float8 tie_sum;      /* of t^3 - t over groups of t equal values */
	float8 cvm;          /* V of cvm_two_sample_statistic() */
	float8 ad;
	float8 wasserstein; /* n m times the distance */
	float8 energy;      /* (n m)^2 times the integral of the squared difference */
	bool has_infinity;
	Ties ties;
} Sums;

static void
remember_tie(Ties *ties, int64 start, int64 length)
{
	if (ties->count == MAX_TIE_GROUPS)
		ties->complete = false;
	if (!ties->complete)
		return;
	if (ties->count == ties->capacity)
	{
		ties->capacity = Max(64, ties->capacity * 2);
		ties->groups = ties->groups ? repalloc(ties->groups, sizeof(TieGroup) * ties->capacity)
									: palloc(sizeof(TieGroup) * ties->capacity);
	}
	ties->groups[ties->count++] = (TieGroup){start, length};
}

/* The integrals over the gap before a value; both distribution functions are constant there. */
static inline void
add_gap(Sums *sums, int64 image)
{
	float8 difference = (float8) sums->difference;
	float8 gap = image_float(image) - image_float(sums->previous);

	sums->wasserstein += fabs(difference) * gap;
	sums->energy += difference * difference * gap;
}

/* Scholz and Stephens (1987), eq. 7, for two samples, with twice their B and M. Not all are equal. */
static inline float8
anderson_darling_term(const Sums *sums, int64 a, int64 b)
{
	float8 lead = (float8) (sums->m * (2 * sums->i + a) - sums->n * (2 * sums->j + b));
	float8 twice_b = (float8) (2 * (sums->i + sums->j) + a + b);
	float8 total = (float8) (sums->n + sums->m);

	return (float8) (a + b) * lead * lead /
		   (twice_b * (2 * total - twice_b) - total * (float8) (a + b));
}

/* A group of a reference and b current values that are all equal. */
static inline void
add_group(Sums *sums, int64 image, int64 a, int64 b)
{
	int64 t = a + b;
	float8 before = (float8) sums->difference;
	float8 after;

	if (sums->difference != 0)
		add_gap(sums, image);
	if (t < sums->n + sums->m)
		sums->ad += anderson_darling_term(sums, a, b);
	if (t > 1)
	{
		sums->tie_sum += (float8) t * ((float8) t * (float8) t - 1);
		remember_tie(&sums->ties, sums->i + sums->j, t);
	}
	sums->reference_won += a * (2 * sums->j + b);
	sums->i += a;
	sums->j += b;
	sums->difference += a * sums->m - b * sums->n;
	sums->ks = Max(sums->ks, Max(sums->difference, -sums->difference));
	after = (float8) sums->difference;
	sums->cvm += (float8) t * (before * before + before * after + after * after);
	sums->previous = image;
}

static void
note_infinity(Sums *sums, int64 image)
{
	if (isinf(image_float(image)))
		sums->has_infinity = true;
}

/* Both samples have values. */
static void
add_samples(Sums *sums, Reader *reference, Reader *current)
{
	bool more_reference = !at_end(reference);
	bool more_current = !at_end(current);
	int64 image = 0;
	int64 groups = 0;

	while (more_reference || more_current)
	{
		int64 a;
		int64 b;

		if (more_reference && more_current)
			image = Min(*reference->next, *current->next);
		else
			image = more_reference ? *reference->next : *current->next;
		a = more_reference ? take_equal(reference, image) : 0;
		b = more_current ? take_equal(current, image) : 0;
		if (groups++ == 0)
			note_infinity(sums, image);
		if (groups % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		add_group(sums, image, a, b);
		more_reference = !at_end(reference);
		more_current = !at_end(current);
	}
	note_infinity(sums, image);
}

/* ---- from the sums to the result ------------------------------------------------------------ */

/* The columns of two_sample_result */
typedef enum Column
{
	N_REFERENCE,
	N_CURRENT,
	KS_STATISTIC,
	KS_P_VALUE,
	KS_P_VALUE_ASYMPTOTIC,
	CVM_STATISTIC,
	CVM_P_VALUE,
	AD_STATISTIC,
	AD_P_VALUE,
	MWU_STATISTIC,
	MWU_P_VALUE,
	WASSERSTEIN,
	ENERGY,
	AUC,
	STATUS,
	COLUMN_COUNT
} Column;

typedef struct TestResult
{
	Datum values[COLUMN_COUNT];
	bool nulls[COLUMN_COUNT];
	StringInfoData status;
} TestResult;

/* A number, or NULL where there is none. */
static void
set_float(TestResult *result, Column column, float8 value)
{
	result->values[column] = Float8GetDatum(value);
	result->nulls[column] = isnan(value);
}

static void
note(TestResult *result, const char *text)
{
	appendStringInfo(&result->status, "; %s", text);
}

/* P-value of the limit: the one-sample law of n m / (n + m) values, as scipy takes it. */
static float8
ks_asymptotic_p(const Sums *sums, float8 d)
{
	float8 n = (float8) sums->n;
	float8 m = (float8) sums->m;

	return ks_one_sample_sf(d, Max(1, rint(n * m / (n + m))));
}

static float8
ks_p(const Sums *sums, float8 asymptotic, TestResult *result)
{
	const Ties *ties = &sums->ties;
	bool tied = sums->tie_sum > 0;

	if (!tied && sums->n == sums->m)
	{
		note(result, "ks exact");
		return ks_equal_sizes_sf(sums->n, sums->ks / sums->n);
	}
	if (ties->complete &&
		ks_two_sample_work(sums->n, sums->m, sums->ks, ties->groups, ties->count) <= MAX_KS_WORK)
	{
		note(result, tied ? "ks exact given ties" : "ks exact");
		return ks_two_sample_sf(sums->n, sums->m, sums->ks, ties->groups, ties->count);
	}
	note(result, tied ? "ks asymptotic ignoring ties" : "ks asymptotic");
	return asymptotic;
}

static void
set_kolmogorov_smirnov(const Sums *sums, bool testable, TestResult *result)
{
	float8 d = (float8) sums->ks / ((float8) sums->n * (float8) sums->m);
	float8 asymptotic = ks_asymptotic_p(sums, d);

	set_float(result, KS_STATISTIC, d);
	set_float(result, KS_P_VALUE, testable ? ks_p(sums, asymptotic, result) : NAN);
	set_float(result, KS_P_VALUE_ASYMPTOTIC, testable ? asymptotic : NAN);
}

/* Sizes of all groups of equal values of two samples of at most CVM_EXACT_MAX */
static int
list_groups(const Sums *sums, int *groups)
{
	int count = 0;
	int64 tie = 0;

	for (int64 k = 0; k < sums->n + sums->m; k += groups[count++])
		groups[count] = tie < sums->ties.count && sums->ties.groups[tie].start == k
							? (int) sums->ties.groups[tie++].length
							: 1;
	return count;
}

static float8
cvm_p(const Sums *sums, float8 statistic, TestResult *result)
{
	int groups[2 * CVM_EXACT_MAX];

	if (Max(sums->n, sums->m) > CVM_EXACT_MAX)
	{
		note(result, sums->tie_sum > 0 ? "cvm asymptotic ignoring ties" : "cvm asymptotic");
		return cvm_two_sample_sf(statistic, sums->n, sums->m);
	}
	note(result, sums->tie_sum > 0 ? "cvm exact given ties" : "cvm exact");
	return cvm_two_sample_exact_sf((int) sums->n, (int) sums->m, (int64) sums->cvm, groups,
								   list_groups(sums, groups));
}

static void
set_cramer_von_mises(const Sums *sums, bool testable, TestResult *result)
{
	float8 statistic = cvm_two_sample_statistic(sums->cvm, sums->n, sums->m);

	set_float(result, CVM_STATISTIC, testable ? statistic : NAN);
	set_float(result, CVM_P_VALUE, testable ? cvm_p(sums, statistic, result) : NAN);
}

static void
set_anderson_darling(const Sums *sums, bool testable, TestResult *result)
{
	float8 sizes[2] = {(float8) sums->n, (float8) sums->m};
	float8 total = sizes[0] + sizes[1];
	float8 a2 = (total - 1) / (sizes[0] * sizes[1] * total) * sums->ad;
	float8 standardized = testable ? (a2 - 1) / anderson_darling_scale(sizes, 2) : NAN;
	PRange range;

	set_float(result, AD_STATISTIC, standardized);
	set_float(result, AD_P_VALUE, anderson_darling_p(standardized, 2, &range));
	if (isnan(standardized))
		note(result, "ad needs 4 values");
	else
		appendStringInfo(&result->status, "; ad %s%s",
						 range == P_AT_MOST    ? "at most 0.001"
						 : range == P_AT_LEAST ? "at least 0.25"
											   : "interpolated",
						 sums->tie_sum > 0 ? " ignoring ties" : "");
}

static float8
mwu_p(const Sums *sums, float8 u, TestResult *result)
{
	bool tied = sums->tie_sum > 0;

	if (!tied && Min(sums->n, sums->m) <= MWU_EXACT_MAX)
	{
		float8 p = mann_whitney_exact_p(sums->n, sums->m, sums->reference_won / 2);

		if (!isnan(p))
		{
			note(result, "mwu exact");
			return p;
		}
	}
	note(result, tied ? "mwu normal corrected for ties" : "mwu normal");
	return mann_whitney_normal_p(sums->n, sums->m, u, sums->tie_sum);
}

static void
set_mann_whitney(const Sums *sums, bool testable, TestResult *result)
{
	float8 u = (float8) sums->reference_won / 2;
	int64 pairs = sums->n * sums->m;

	set_float(result, MWU_STATISTIC, u);
	set_float(result, MWU_P_VALUE, testable ? mwu_p(sums, u, result) : NAN);
	set_float(result, AUC, (float8) (2 * pairs - sums->reference_won) / (2 * (float8) pairs));
}

/* Distances are in the unit of the values, and there is none to an infinite one. */
static void
set_distances(const Sums *sums, TestResult *result)
{
	float8 pairs = (float8) sums->n * (float8) sums->m;
	float8 wasserstein = sums->wasserstein / pairs;
	float8 energy = sqrt(2 * sums->energy) / pairs;
	bool finite = !sums->has_infinity && isfinite(wasserstein) && isfinite(energy);

	set_float(result, WASSERSTEIN, finite ? wasserstein : NAN);
	set_float(result, ENERGY, finite ? energy : NAN);
	if (sums->has_infinity)
		note(result, "infinite values have ranks but no distance");
	else if (!finite)
		note(result, "distance out of range");
}

static void
set_tests(TwoSampleState *state, TestResult *result)
{
	Sums sums = {.n = state->reference.count, .m = state->current.count, .ties.complete = true};
	Reader *readers = palloc(2 * sizeof(Reader));
	bool testable;

	open_reader(&readers[0], &state->reference);
	open_reader(&readers[1], &state->current);
	add_samples(&sums, &readers[0], &readers[1]);
	testable = !(sums.ties.count == 1 && sums.ties.groups[0].length == sums.n + sums.m);
	appendStringInfoString(&result->status, testable ? "ok" : "all values equal");
	set_kolmogorov_smirnov(&sums, testable, result);
	set_cramer_von_mises(&sums, testable, result);
	if (testable)
		set_anderson_darling(&sums, testable, result);
	set_mann_whitney(&sums, testable, result);
	set_distances(&sums, result);
	pfree(readers);
	if (sums.ties.groups)
		pfree(sums.ties.groups);
}

static void
note_nan(TestResult *result, const char *sample, int64 count)
{
	if (count > 0)
		appendStringInfo(&result->status, "; %lld NaN left out of the %s sample", (long long) count,
						 sample);
}

static void
fill_result(TwoSampleState *state, TestResult *result)
{
	memset(result->nulls, true, sizeof(result->nulls));
	initStringInfo(&result->status);
	result->values[N_REFERENCE] = Int64GetDatum(state->reference.count);
	result->values[N_CURRENT] = Int64GetDatum(state->current.count);
	result->nulls[N_REFERENCE] = result->nulls[N_CURRENT] = false;
	if (state->reference.count > 0 && state->current.count > 0)
		set_tests(state, result);
	else
		appendStringInfoString(&result->status, state->reference.count > 0 ? "no current values"
												: state->current.count > 0 ? "no reference values"
																		   : "no values");
	note_nan(result, "reference", state->reference.nan_count);
	note_nan(result, "current", state->current.nan_count);
	result->values[STATUS] = PointerGetDatum(cstring_to_text(result->status.data));
	result->nulls[STATUS] = false;
}

PG_FUNCTION_INFO_V1(two_sample_final);
Datum
two_sample_final(PG_FUNCTION_ARGS)
{
	TwoSampleState none = {0};
	TwoSampleState *state = PG_ARGISNULL(0) ? &none : (TwoSampleState *) PG_GETARG_POINTER(0);
	TupleDesc tupdesc;
	TestResult result;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "two_sample_final must return a composite type");
	fill_result(state, &result);
	end_sorts(PointerGetDatum(state));
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), result.values, result.nulls)));
}

/* The statistic's integral without the sizes of the samples: see the comment in SQL. */
PG_FUNCTION_INFO_V1(anderson_darling_effect);
Datum
anderson_darling_effect(PG_FUNCTION_ARGS)
{
	float8 sizes[2] = {(float8) PG_GETARG_INT64(1), (float8) PG_GETARG_INT64(2)};
	float8 effect = (PG_GETARG_FLOAT8(0) * anderson_darling_scale(sizes, 2) + 1) *
					(1 / sizes[0] + 1 / sizes[1]);

	if (!isfinite(effect))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(effect);
}
