/*
 * comparisons.c: which of two was preferred, and what that says about all: Bradley and Terry (1952).
 *
 * Item i beats item j with probability 1 / (1 + exp(b_j - b_i)). The abilities b of greatest likelihood
 * are found by Newton's method, which needs the Fisher information that the standard errors come
 * from anyway. They exist if and only if every item can be reached from every other through wins
 * (Ford 1957); else the status says so.
 *
 * Stored, after the varlena header, big-endian:
 *
 *	u8 layout, u32 items, each: text, u32 pairs, each: u32 winner, u32 loser, u32 wins
 *
 * items sorted by their bytes, pairs by winner and loser.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "aidataops.h"
#include "common/int.h"
#include "core/arguments.h"
#include "core/dictionary.h"
#include "core/hex_text.h"
#include "core/rows.h"
#include "core/state_memory.h"
#include "math/distribution.h"
#include "math/elementary.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define COMPARISONS_LAYOUT 1
#define PAIR_SIZE          12

/* Solving takes the cube of the number of items: for so many, some seconds. */
#define MAX_ITEMS      2000
#define MAX_ITERATIONS 100

typedef struct Pair
{
	uint32 winner;
	uint32 loser;
	uint32 wins;
} Pair;

typedef struct Comparisons
{
	uint32 nitems;
	Utf8 *items;
	uint32 npairs;
	Pair *pairs;
} Comparisons;

/* ---------------------------------------------------------------------------- value ---- */

static int
compare_pairs(const void *a, const void *b)
{
	const Pair *x = a;
	const Pair *y = b;

	if (x->winner != y->winner)
		return x->winner < y->winner ? -1 : 1;
	return (x->loser > y->loser) - (x->loser < y->loser);
}

static Comparisons *
comparisons_read(const struct varlena *value)
{
	Comparisons *it = palloc0(sizeof(Comparisons));
	ByteReader reader = {.at = VARDATA_ANY(value),
						 .end = VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value),
						 .type = "comparisons"};

	if (reader_u8(&reader) != COMPARISONS_LAYOUT)
		reader_fail(&reader, "Its layout is none that this release reads.");
	it->nitems = reader_count(&reader, sizeof(uint32));
	it->items = palloc(((Size) it->nitems + 1) * sizeof(Utf8));
	for (uint32 i = 0; i < it->nitems; i++)
	{
		it->items[i] = reader_utf8(&reader);
		if (i > 0 && utf8_compare(it->items[i - 1], it->items[i]) >= 0)
			reader_fail(&reader, "Names in it are not in order.");
	}
	it->npairs = reader_count(&reader, PAIR_SIZE);
	it->pairs = palloc_extended(((Size) it->npairs + 1) * sizeof(Pair), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < it->npairs; i++)
	{
		Pair *pair = &it->pairs[i];

		pair->winner = reader_u32(&reader);
		pair->loser = reader_u32(&reader);
		pair->wins = reader_u32(&reader);
		if (pair->winner >= it->nitems || pair->loser >= it->nitems || pair->wins == 0 ||
			pair->winner == pair->loser || (i > 0 && compare_pairs(pair - 1, pair) >= 0))
			reader_fail(&reader, "Pairs in it are out of place.");
	}
	reader_finish(&reader);
	return it;
}

static void
check_comparisons(const struct varlena *value)
{
	comparisons_read(value);
}

HEX_TEXT_TYPE(comparisons, "comparisons1:", check_comparisons);

/* ------------------------------------------------------------------------ aggregate ---- */

typedef struct ComparisonState
{
	MemoryContext context;
	Dictionary items;
	Pair *pairs;
	Size count;
	Size capacity;
} ComparisonState;

static ComparisonState *
comparison_state(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);
	ComparisonState *state;

	if (!PG_ARGISNULL(0))
		return (ComparisonState *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, sizeof(ComparisonState));
	state->context = context;
	dictionary_init(&state->items, context);
	state->capacity = 64;
	state->pairs = MemoryContextAlloc(context, state->capacity * sizeof(Pair));
	return state;
}

static Size
merge_pairs(Pair *pairs, Size count)
{
	Size kept = 0;

	qsort(pairs, count, sizeof(Pair), compare_pairs);
	for (Size i = 0; i < count; i++)
	{
		if (kept == 0 || compare_pairs(&pairs[kept - 1], &pairs[i]) != 0)
			pairs[kept++] = pairs[i];
		else if (pg_add_u32_overflow(pairs[kept - 1].wins, pairs[i].wins, &pairs[kept - 1].wins))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("more than 4294967295 comparisons of the same two items")));
	}
	return kept;
}

static void
check_memory(const ComparisonState *state, Size capacity)
{
	state_memory_check(capacity * sizeof(Pair) + state->items.bytes, "comparisons",
					   "A pair of items takes 12 bytes beside their names. Compare fewer items, or "
					   "raise aidataops.max_state_memory.");
}

static void
make_room(ComparisonState *state)
{
	check_memory(state, state->capacity); /* at each row, because names may be long */
	if (state->count < state->capacity)
		return;
	state->count = merge_pairs(state->pairs, state->count);
	if (state->count <= state->capacity / 2)
		return;
	check_memory(state, 2 * state->capacity);
	state->capacity *= 2;
	state->pairs = repalloc_huge(state->pairs, state->capacity * sizeof(Pair));
}

PG_FUNCTION_INFO_V1(comparisons_accum);
Datum
comparisons_accum(PG_FUNCTION_ARGS)
{
	ComparisonState *state = comparison_state(fcinfo);
	Pair pair = {.wins = 1};
	Utf8 winner;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	winner = utf8_from_text(PG_GETARG_DATUM(1));
	pair.winner = dictionary_number(&state->items, winner);
	pair.loser = dictionary_number(&state->items, utf8_from_text(PG_GETARG_DATUM(2)));
	if (pair.winner == pair.loser)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("item \"%s\" is compared with itself", utf8_to_cstring(winner)),
						errhint("Winner and loser must be two. Leave out ties.")));
	make_room(state);
	state->pairs[state->count++] = pair;
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(comparisons_final);
Datum
comparisons_final(PG_FUNCTION_ARGS)
{
	ComparisonState *state = PG_ARGISNULL(0) ? NULL : (ComparisonState *) PG_GETARG_POINTER(0);
	SortedTexts items;
	StringInfoData buf;
	Pair *pairs;
	Size count;

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	items = dictionary_sort(&state->items);
	pairs = palloc_extended(state->count * sizeof(Pair), MCXT_ALLOC_HUGE);
	for (Size i = 0; i < state->count; i++)
		pairs[i] = (Pair){items.ranks[state->pairs[i].winner], items.ranks[state->pairs[i].loser],
						  state->pairs[i].wins};
	count = merge_pairs(pairs, state->count);
	if (count * PAIR_SIZE >= MaxAllocSize / 4)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("comparisons are larger than 256 MB")));

	initStringInfo(&buf);
	bytes_claim(&buf, VARHDRSZ);
	bytes_put_u8(&buf, COMPARISONS_LAYOUT);
	bytes_put_u32(&buf, items.count);
	for (uint32 i = 0; i < items.count; i++)
		bytes_put_utf8(&buf, items.texts[i]);
	bytes_put_u32(&buf, count);
	for (Size i = 0; i < count; i++)
	{
		bytes_put_u32(&buf, pairs[i].winner);
		bytes_put_u32(&buf, pairs[i].loser);
		bytes_put_u32(&buf, pairs[i].wins);
	}
	SET_VARSIZE(buf.data, buf.len);
	PG_RETURN_POINTER(buf.data);
}

/* ---------------------------------------------------------------- does a maximum exist? ---- */

/* Marks what can be reached from item 0 along wins, or along defeats. */
static uint32
count_reached(const Comparisons *it, bool along_wins)
{
	bool *reached = palloc0(it->nitems * sizeof(bool));
	uint32 count = 1;
	bool more = true;

	reached[0] = true;
	while (more)
	{
		more = false;
		for (uint32 i = 0; i < it->npairs; i++)
		{
			uint32 from = along_wins ? it->pairs[i].winner : it->pairs[i].loser;
			uint32 to = along_wins ? it->pairs[i].loser : it->pairs[i].winner;

			if (reached[from] && !reached[to])
			{
				reached[to] = more = true;
				count++;
			}
		}
		CHECK_FOR_INTERRUPTS();
	}
	pfree(reached);
	return count;
}

static bool
maximum_exists(const Comparisons *it)
{
	return count_reached(it, true) == it->nitems && count_reached(it, false) == it->nitems;
}

/* -------------------------------------------------------------------------- solving ---- */

typedef struct Solution
{
	uint32 n;
	double *ability;     /* they add up to zero */
	double **covariance; /* of these */
	bool converged;
} Solution;

/* Of the odds e^d, without overflow. */
static double
win_probability(double difference)
{
	double e = exp_nonpositive(-fabs(difference));

	return difference >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/*
 * Gradient and information at the abilities as they are. The information is singular, for adding a
 * constant to all abilities changes nothing; adding 1/n to each of its elements makes it regular
 * and leaves alone what is orthogonal to the constant.
 */
static void
differentiate(const Comparisons *it, Solution *s, double *gradient)
{
	for (uint32 i = 0; i < s->n; i++)
	{
		gradient[i] = 0;
		for (uint32 j = 0; j < s->n; j++)
			s->covariance[i][j] = 1.0 / s->n;
	}
	for (uint32 at = 0; at < it->npairs; at++)
	{
		const Pair *pair = &it->pairs[at];
		double difference = s->ability[pair->winner] - s->ability[pair->loser];
		double p = win_probability(difference);
		double q = win_probability(-difference); /* 1 - p, without cancellation */
		double weight = pair->wins * p * q;

		gradient[pair->winner] += pair->wins * q;
		gradient[pair->loser] -= pair->wins * q;
		s->covariance[pair->winner][pair->winner] += weight;
		s->covariance[pair->loser][pair->loser] += weight;
		s->covariance[pair->winner][pair->loser] -= weight;
		s->covariance[pair->loser][pair->winner] -= weight;
	}
}

/* Inverts a positive definite matrix in place, by elimination without exchanges. */
static bool
invert(double **m, uint32 n)
{
	for (uint32 k = 0; k < n; k++)
	{
		double pivot = m[k][k];

		if (!(pivot > DBL_MIN))
			return false;
		m[k][k] = 1;
		for (uint32 j = 0; j < n; j++)
			m[k][j] /= pivot;
		for (uint32 i = 0; i < n; i++)
		{
			double factor = m[i][k];

			if (i == k || factor == 0)
				continue;
			m[i][k] = 0;
			for (uint32 j = 0; j < n; j++)
				m[i][j] -= factor * m[k][j];
		}
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}

/* The step of Newton's method, cut so that no ability moves by more than 2: far away it goes too far. */
static double
take_step(Solution *s, const double *gradient)
{
	double *step = palloc0(s->n * sizeof(double));
	double longest = 0;
	double scale;

	for (uint32 i = 0; i < s->n; i++)
	{
		for (uint32 j = 0; j < s->n; j++)
			step[i] += s->covariance[i][j] * gradient[j];
		longest = Max(longest, fabs(step[i]));
	}
	scale = longest > 2 ? 2 / longest : 1;
	for (uint32 i = 0; i < s->n; i++)
		s->ability[i] += scale * step[i];
	pfree(step);
	return longest;
}

static Solution *
solve(const Comparisons *it)
{
	Solution *s = palloc0(sizeof(Solution));
	double *gradient = palloc(it->nitems * sizeof(double));
	double longest = 1;

	s->n = it->nitems;
	s->ability = palloc0(s->n * sizeof(double));
	s->covariance = palloc(s->n * sizeof(double *));
	for (uint32 i = 0; i < s->n; i++)
		s->covariance[i] = palloc(s->n * sizeof(double));
	for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++)
	{
		differentiate(it, s, gradient);
		if (!invert(s->covariance, s->n))
			return s;
		if (longest < 1e-10)
		{
			s->converged = true;
			return s;
		}
		longest = take_step(s, gradient);
	}
	return s;
}

/* --------------------------------------------------------------------------- reader ---- */

/* Ability of an item less that of the reference, or less the mean of all, and its standard error. */
static void
relative_ability(const Solution *s, uint32 i, int64 reference, double *value, double *error)
{
	double **c = s->covariance;

	*value = s->ability[i];
	*error = c[i][i] - 1.0 / s->n; /* what was added before inverting is in the inverse */
	if (reference >= 0)
	{
		*value -= s->ability[reference];
		*error = i == reference ? 0 : c[i][i] + c[reference][reference] - 2 * c[i][reference];
	}
	*error = sqrt(Max(*error, 0));
}

static int64
reference_argument(FunctionCallInfo fcinfo, int n, const Comparisons *it)
{
	Utf8 name;

	if (PG_ARGISNULL(n))
		return -1;
	name = utf8_from_text(PG_GETARG_DATUM(n));
	for (uint32 i = 0; i < it->nitems; i++)
	{
		if (utf8_compare(it->items[i], name) == 0)
			return i;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("reference \"%s\" is not among the items", utf8_to_cstring(name))));
}

static void
emit_item(FunctionCallInfo fcinfo, const Comparisons *it, const Solution *s, uint32 i,
		  int64 reference, double z, const char *status)
{
	int64 wins = 0;
	int64 losses = 0;
	RowBuilder row = {0};
	double value;
	double error;

	for (uint32 at = 0; at < it->npairs; at++)
	{
		wins += it->pairs[at].winner == i ? it->pairs[at].wins : 0;
		losses += it->pairs[at].loser == i ? it->pairs[at].wins : 0;
	}
	row_add(&row, utf8_to_text(it->items[i]));
	row_add(&row, Int64GetDatum(wins));
	row_add(&row, Int64GetDatum(losses));
	if (s != NULL && s->converged)
	{
		relative_ability(s, i, reference, &value, &error);
		row_add(&row, Float8GetDatum(value));
		row_add(&row, Float8GetDatum(error));
		row_add(&row, Float8GetDatum(value - z * error));
		row_add(&row, Float8GetDatum(value + z * error));
	}
	else
	{
		for (int column = 0; column < 4; column++)
			row_add_null(&row);
	}
	row_add(&row, CStringGetTextDatum(status));
	row_emit(&row, fcinfo);
}

static void
check_size(const Comparisons *it)
{
	if (it->nitems > MAX_ITEMS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("cannot compare %u items", it->nitems),
						errdetail("The limit is %d: time grows with the cube.", MAX_ITEMS),
						errhint("Leave out items that were compared seldom.")));
	state_memory_check((Size) it->nitems * it->nitems * sizeof(double), "bradley_terry",
					   "It keeps a number for each two items. Compare fewer items, or raise "
					   "aidataops.max_state_memory.");
}

PG_FUNCTION_INFO_V1(bradley_terry);
Datum
bradley_terry(PG_FUNCTION_ARGS)
{
	Comparisons *it;
	Solution *s = NULL;
	const char *status = "ok";
	int64 reference;
	double z;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
	{
		InitMaterializedSRF(fcinfo, 0);
		return (Datum) 0;
	}
	it = comparisons_read(PG_GETARG_VARLENA_PP(0));
	reference = reference_argument(fcinfo, 1, it);
	z = normal_upper_quantile((1 - confidence_argument(fcinfo, 2)) / 2);
	check_size(it);
	if (it->nitems == 0 || !maximum_exists(it))
		status = "not_connected";
	else
	{
		s = solve(it);
		status = s->converged ? "ok" : "not_converged";
	}
	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < it->nitems; i++)
		emit_item(fcinfo, it, s, i, reference, z, status);
	return (Datum) 0;
}
