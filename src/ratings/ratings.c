/*
 * ratings.c: the type ratings and its aggregate.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "core/arguments.h"
#include "core/dictionary.h"
#include "core/hex_text.h"
#include "core/state_memory.h"
#include "math/elementary.h"
#include "miscadmin.h"
#include "ratings/ratings.h"
#include "utils/memutils.h"

#define UNIT_SIZE   8
#define RATING_SIZE 12

/* ---------------------------------------------------------------------------- read ---- */

static Utf8
next_name(ByteReader *reader, Utf8 last)
{
	Utf8 name = reader_utf8(reader);

	if (last.data != NULL && utf8_compare(last, name) >= 0)
		reader_fail(reader, "Names in it are not in order.");
	return name;
}

static double *
read_unit(ByteReader *reader, uint32 nraters, uint32 *count)
{
	double *values = palloc(((Size) nraters + 1) * sizeof(double));
	int64 last = -1;

	for (uint32 i = 0; i < nraters; i++)
		values[i] = NAN;
	*count = reader_count(reader, RATING_SIZE);
	for (uint32 i = 0; i < *count; i++)
	{
		uint32 rater = reader_u32(reader);
		double value = reader_f64(reader);

		if (rater >= nraters || (int64) rater <= last || !isfinite(value))
			reader_fail(reader, "A rating in it is out of place or range.");
		last = rater;
		values[rater] = value;
	}
	return values;
}

Ratings *
ratings_read(const struct varlena *value)
{
	Ratings *ratings = palloc0(sizeof(Ratings));
	ByteReader reader = {.at = VARDATA_ANY(value),
						 .end = VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value),
						 .type = "ratings"};
	Utf8 last = {0};

	if (reader_u8(&reader) != RATINGS_LAYOUT)
		reader_fail(&reader, "Its layout is none that this release reads.");
	ratings->nraters = reader_count(&reader, sizeof(uint32));
	ratings->raters = palloc(((Size) ratings->nraters + 1) * sizeof(Utf8));
	for (uint32 i = 0; i < ratings->nraters; i++)
		last = ratings->raters[i] = next_name(&reader, last);
	ratings->nunits = reader_count(&reader, UNIT_SIZE);
	state_memory_check((Size) ratings->nunits * ratings->nraters * sizeof(double), "ratings",
					   "A unit takes 8 bytes for each rater. Aggregate fewer raters at a time, or "
					   "raise aidataops.max_state_memory.");
	ratings->counts = palloc(((Size) ratings->nunits + 1) * sizeof(uint32));
	ratings->values = palloc(((Size) ratings->nunits + 1) * sizeof(double *));
	last.data = NULL;
	for (uint32 i = 0; i < ratings->nunits; i++)
	{
		last = next_name(&reader, last);
		ratings->values[i] = read_unit(&reader, ratings->nraters, &ratings->counts[i]);
		CHECK_FOR_INTERRUPTS();
	}
	reader_finish(&reader);
	return ratings;
}

static void
check_ratings(const struct varlena *value)
{
	MemoryContext working =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops ratings", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(working);

	ratings_read(value);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(working);
}

HEX_TEXT_TYPE(ratings, "ratings1:", check_ratings);

RatingTable
ratings_complete(const Ratings *ratings)
{
	RatingTable table = {.nraters = ratings->nraters};

	table.values = palloc(((Size) ratings->nunits + 1) * sizeof(double *));
	for (uint32 i = 0; i < ratings->nunits; i++)
	{
		if (ratings->counts[i] == ratings->nraters)
			table.values[table.nunits++] = ratings->values[i];
	}
	return table;
}

/* ----------------------------------------------------------------------- aggregate ---- */

typedef struct Rating
{
	uint32 unit;
	uint32 rater;
	double value;
} Rating;

typedef struct RatingState
{
	MemoryContext context;
	Dictionary units;
	Dictionary raters;
	Rating *ratings;
	Size count;
	Size capacity;
} RatingState;

static RatingState *
rating_state(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);
	RatingState *state;

	if (!PG_ARGISNULL(0))
		return (RatingState *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, sizeof(RatingState));
	state->context = context;
	dictionary_init(&state->units, context);
	dictionary_init(&state->raters, context);
	state->capacity = 32;
	state->ratings = MemoryContextAlloc(context, state->capacity * sizeof(Rating));
	return state;
}

static void
make_room(RatingState *state)
{
	Size capacity = state->count < state->capacity ? state->capacity : 2 * state->capacity;

	/* at each row, because names may be long */
	state_memory_check(capacity * sizeof(Rating) + state->units.bytes + state->raters.bytes,
					   "ratings",
					   "A rating takes 16 bytes beside the names. Aggregate fewer units at a time, "
					   "or raise aidataops.max_state_memory.");
	if (capacity == state->capacity)
		return;
	state->capacity = capacity;
	state->ratings = repalloc_huge(state->ratings, capacity * sizeof(Rating));
}

PG_FUNCTION_INFO_V1(ratings_accum);
Datum
ratings_accum(PG_FUNCTION_ARGS)
{
	RatingState *state = rating_state(fcinfo);
	Rating *rating;
	double value;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_POINTER(state);
	value = PG_GETARG_FLOAT8(3) + 0.0; /* minus zero is zero */
	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("rating %g is not a finite number", value),
						errhint("Leave out such rows, or give NULL.")));
	make_room(state);
	rating = &state->ratings[state->count++];
	rating->unit = dictionary_number(&state->units, utf8_from_text(PG_GETARG_DATUM(1)));
	rating->rater = dictionary_number(&state->raters, utf8_from_text(PG_GETARG_DATUM(2)));
	rating->value = value;
	PG_RETURN_POINTER(state);
}

static int
compare_ratings(const void *a, const void *b)
{
	const Rating *x = a;
	const Rating *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->rater > y->rater) - (x->rater < y->rater);
}

/* The ratings with ranks for numbers, in order, and none twice. */
static Rating *
sorted_ratings(const RatingState *state, const SortedTexts *units, const SortedTexts *raters)
{
	Rating *ratings = palloc_extended(state->count * sizeof(Rating), MCXT_ALLOC_HUGE);

	for (Size i = 0; i < state->count; i++)
		ratings[i] = (Rating){units->ranks[state->ratings[i].unit],
							  raters->ranks[state->ratings[i].rater], state->ratings[i].value};
	qsort(ratings, state->count, sizeof(Rating), compare_ratings);
	for (Size i = 1; i < state->count; i++)
	{
		if (compare_ratings(&ratings[i - 1], &ratings[i]) == 0)
			ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
							errmsg("rater \"%s\" rated unit \"%s\" more than once",
								   utf8_to_cstring(raters->texts[ratings[i].rater]),
								   utf8_to_cstring(units->texts[ratings[i].unit])),
							errhint("Take one of them, or their mean, in a subquery.")));
	}
	return ratings;
}

static void
put_unit(StringInfo buf, Utf8 name, const Rating *ratings, Size count)
{
	if (buf->len + (Size) name.len + count * RATING_SIZE + 16 >= MaxAllocSize / 2 - 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("ratings are larger than 512 MB"),
				 errhint("Aggregate fewer units at a time.")));
	bytes_put_utf8(buf, name);
	bytes_put_u32(buf, count);
	for (Size i = 0; i < count; i++)
	{
		bytes_put_u32(buf, ratings[i].rater);
		bytes_put_f64(buf, ratings[i].value);
	}
}

PG_FUNCTION_INFO_V1(ratings_final);
Datum
ratings_final(PG_FUNCTION_ARGS)
{
	RatingState *state = PG_ARGISNULL(0) ? NULL : (RatingState *) PG_GETARG_POINTER(0);
	SortedTexts units;
	SortedTexts raters;
	Rating *ratings;
	StringInfoData buf;

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	units = dictionary_sort(&state->units);
	raters = dictionary_sort(&state->raters);
	ratings = sorted_ratings(state, &units, &raters);
	initStringInfo(&buf);
	bytes_claim(&buf, VARHDRSZ);
	bytes_put_u8(&buf, RATINGS_LAYOUT);
	bytes_put_u32(&buf, raters.count);
	for (uint32 i = 0; i < raters.count; i++)
		bytes_put_utf8(&buf, raters.texts[i]);
	bytes_put_u32(&buf, units.count);
	for (Size start = 0, end; start < state->count; start = end)
	{
		for (end = start; end < state->count && ratings[end].unit == ratings[start].unit;)
			end++;
		put_unit(&buf, units.texts[ratings[start].unit], ratings + start, end - start);
	}
	SET_VARSIZE(buf.data, buf.len);
	PG_RETURN_POINTER(buf.data);
}
