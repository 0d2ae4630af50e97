/*
 * annotations.c: agreement on sets, boxes, polygons, spans and paths, by the distances of pairs.
 *
 * Krippendorff's alpha with any distance: 1 - Do / De, Do being the mean distance of the annotations of
 * one unit, De that of all annotations (Krippendorff 2004, chapter 11). Distances are 1 - similarity
 * and are computed once for each two distinct annotations.
 *
 * Stored, after the varlena header, big-endian:
 *
 *	u8 layout, u8 kind, u32 distinct annotations, each as annotation_encode() writes it,
 *	u32 units, each: text, u32 annotations, each: u32 number of the distinct one
 *
 * distinct annotations sorted by their bytes, units likewise, the annotations of a unit by number.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "aidataops.h"
#include "annotations/similarity.h"
#include "core/arguments.h"
#include "core/dictionary.h"
#include "core/hex_text.h"
#include "core/rows.h"
#include "core/state_memory.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define ANNOTATIONS_LAYOUT 1

/* Expected disagreement compares each two distinct annotations: for so many, some seconds. */
#define MAX_DISTINCT 10000

typedef struct Unit
{
	Utf8 name;
	uint32 n;
	const char *numbers; /* u32 each */
} Unit;

typedef struct Annotations
{
	AnnotationKind kind;
	uint32 ndistinct;
	Annotation *distinct;
	double *counts; /* of each distinct one, in units with two or more */
	uint32 nunits;
	Unit *units;
} Annotations;

static inline uint32
unit_number(const Unit *unit, uint32 i)
{
	uint32 value;

	memcpy(&value, unit->numbers + (Size) i * sizeof(uint32), sizeof(value));
	return pg_ntoh32(value);
}

/* ----------------------------------------------------------------------------- value ---- */

static void
read_distinct(Annotations *it, ByteReader *reader)
{
	const char *last = NULL;
	uint32 last_len = 0;

	it->ndistinct = reader_count(reader, sizeof(uint32));
	it->distinct =
		palloc_extended(((Size) it->ndistinct + 1) * sizeof(Annotation), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < it->ndistinct; i++)
	{
		const char *start = reader->at;
		uint32 len;

		it->distinct[i] = annotation_decode(it->kind, reader);
		len = reader->at - start;
		if (i > 0 && utf8_compare((Utf8){last, last_len}, (Utf8){start, len}) >= 0)
			reader_fail(reader, "Annotations in it are not in order.");
		last = start;
		last_len = len;
	}
}

static void
read_unit(Annotations *it, Unit *unit, ByteReader *reader)
{
	unit->name = reader_utf8(reader);
	unit->n = reader_count(reader, sizeof(uint32));
	unit->numbers = reader_bytes(reader, (Size) unit->n * sizeof(uint32));
	for (uint32 i = 0; i < unit->n; i++)
	{
		if (unit_number(unit, i) >= it->ndistinct ||
			(i > 0 && unit_number(unit, i) < unit_number(unit, i - 1)))
			reader_fail(reader, "A number in it is out of place.");
		if (unit->n > 1)
			it->counts[unit_number(unit, i)]++;
	}
}

static Annotations *
annotations_read(const struct varlena *value)
{
	Annotations *it = palloc0(sizeof(Annotations));
	ByteReader reader = {.at = VARDATA_ANY(value),
						 .end = VARDATA_ANY(value) + VARSIZE_ANY_EXHDR(value),
						 .type = "annotations"};

	if (reader_u8(&reader) != ANNOTATIONS_LAYOUT)
		reader_fail(&reader, "Its layout is none that this release reads.");
	it->kind = (AnnotationKind) reader_u8(&reader);
	if (it->kind < KIND_SET || it->kind > KIND_PATH)
		reader_fail(&reader, "Its kind is unknown.");
	read_distinct(it, &reader);
	it->counts = palloc_extended(((Size) it->ndistinct + 1) * sizeof(double),
								 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	it->nunits = reader_count(&reader, 2 * sizeof(uint32));
	it->units = palloc_extended(((Size) it->nunits + 1) * sizeof(Unit), MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < it->nunits; i++)
	{
		read_unit(it, &it->units[i], &reader);
		if (i > 0 && utf8_compare(it->units[i - 1].name, it->units[i].name) >= 0)
			reader_fail(&reader, "Names in it are not in order.");
	}
	reader_finish(&reader);
	return it;
}

static void
check_annotations(const struct varlena *value)
{
	annotations_read(value);
}

HEX_TEXT_TYPE(annotations, "annotations1:", check_annotations);

/* ------------------------------------------------------------------------- aggregate ---- */

typedef struct Entry
{
	uint32 unit;
	uint32 number;
} Entry;

typedef struct AnnotationState
{
	MemoryContext context;
	Oid type;
	AnnotationKind kind;
	Dictionary units;
	Dictionary distinct; /* encoded */
	Entry *entries;
	Size count;
	Size capacity;
} AnnotationState;

static AnnotationState *
annotation_state(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);
	AnnotationState *state;

	if (!PG_ARGISNULL(0))
		return (AnnotationState *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, sizeof(AnnotationState));
	state->context = context;
	state->type = get_fn_expr_argtype(fcinfo->flinfo, 2);
	state->kind = annotation_kind_of_type(state->type);
	dictionary_init(&state->units, context);
	dictionary_init(&state->distinct, context);
	state->capacity = 32;
	state->entries = MemoryContextAlloc(context, state->capacity * sizeof(Entry));
	return state;
}

static void
make_room(AnnotationState *state)
{
	Size capacity = state->count < state->capacity ? state->capacity : 2 * state->capacity;

	/* at each row, because one annotation may be larger than all before */
	state_memory_check(capacity * sizeof(Entry) + state->units.bytes + state->distinct.bytes,
					   "annotations",
					   "An annotation takes 8 bytes beside what is distinct. Aggregate fewer units "
					   "at a time, or raise aidataops.max_state_memory.");
	if (capacity == state->capacity)
		return;
	state->capacity = capacity;
	state->entries = repalloc_huge(state->entries, capacity * sizeof(Entry));
}

PG_FUNCTION_INFO_V1(annotations_accum);
Datum
annotations_accum(PG_FUNCTION_ARGS)
{
	AnnotationState *state = annotation_state(fcinfo);
	StringInfoData encoded;
	Entry *entry;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	initStringInfo(&encoded);
	annotation_encode(&encoded, state->kind, PG_GETARG_DATUM(2), state->type);
	make_room(state);
	entry = &state->entries[state->count++];
	entry->unit = dictionary_number(&state->units, utf8_from_text(PG_GETARG_DATUM(1)));
	entry->number = dictionary_number(&state->distinct, (Utf8){encoded.data, encoded.len});
	pfree(encoded.data);
	PG_RETURN_POINTER(state);
}

static int
compare_entries(const void *a, const void *b)
{
	const Entry *x = a;
	const Entry *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
put_annotations(StringInfo buf, const AnnotationState *state, const Entry *entries,
				const SortedTexts *units, const SortedTexts *distinct)
{
	bytes_claim(buf, VARHDRSZ);
	bytes_put_u8(buf, ANNOTATIONS_LAYOUT);
	bytes_put_u8(buf, state->kind);
	bytes_put_u32(buf, distinct->count);
	for (uint32 i = 0; i < distinct->count; i++)
		bytes_put(buf, distinct->texts[i].data, distinct->texts[i].len);
	bytes_put_u32(buf, units->count);
	for (Size start = 0, end; start < state->count; start = end)
	{
		for (end = start; end < state->count && entries[end].unit == entries[start].unit;)
			end++;
		bytes_put_utf8(buf, units->texts[entries[start].unit]);
		bytes_put_u32(buf, end - start);
		for (Size i = start; i < end; i++)
			bytes_put_u32(buf, entries[i].number);
	}
}

PG_FUNCTION_INFO_V1(annotations_final);
Datum
annotations_final(PG_FUNCTION_ARGS)
{
	AnnotationState *state = PG_ARGISNULL(0) ? NULL : (AnnotationState *) PG_GETARG_POINTER(0);
	SortedTexts units;
	SortedTexts distinct;
	StringInfoData buf;
	Entry *entries;

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	if (state->units.bytes + state->distinct.bytes + state->count * sizeof(uint32) >=
		MaxAllocSize / 2)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("annotations are larger than 512 MB"),
						errhint("Aggregate fewer units at a time.")));
	units = dictionary_sort(&state->units);
	distinct = dictionary_sort(&state->distinct);
	entries = palloc_extended(state->count * sizeof(Entry), MCXT_ALLOC_HUGE);
	for (Size i = 0; i < state->count; i++)
		entries[i] =
			(Entry){units.ranks[state->entries[i].unit], distinct.ranks[state->entries[i].number]};
	qsort(entries, state->count, sizeof(Entry), compare_entries);
	initStringInfo(&buf);
	put_annotations(&buf, state, entries, &units, &distinct);
	SET_VARSIZE(buf.data, buf.len);
	PG_RETURN_POINTER(buf.data);
}

/* -------------------------------------------------------------------------- measures ---- */

typedef struct SimilarityOfKind
{
	AnnotationKind kind;
	const char *name;
	Similarity similarity;
} SimilarityOfKind;

/* The first of each kind is its default. */
static const SimilarityOfKind similarities[] = {
	{KIND_SET, "jaccard", jaccard_similarity},
	{KIND_SET, "masi", masi_similarity},
	{KIND_SET, "identity", identity_similarity},
	{KIND_BOX, "iou", iou_similarity},
	{KIND_BOX, "identity", identity_similarity},
	{KIND_POLYGON, "iou", iou_similarity},
	{KIND_POLYGON, "identity", identity_similarity},
	{KIND_SPAN, "iou", iou_similarity},
	{KIND_SPAN, "identity", identity_similarity},
	{KIND_PATH, "wu_palmer", wu_palmer_similarity},
	{KIND_PATH, "path", path_similarity},
	{KIND_PATH, "identity", identity_similarity},
};

static Similarity
similarity_argument(FunctionCallInfo fcinfo, int n, AnnotationKind kind)
{
	static const char *const plurals[] = {
		[KIND_SET] = "sets",   [KIND_BOX] = "boxes",  [KIND_POLYGON] = "polygons",
		[KIND_SPAN] = "spans", [KIND_PATH] = "paths",
	};
	char *name = PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));

	for (int i = 0; i < lengthof(similarities); i++)
	{
		if (similarities[i].kind == kind &&
			(name == NULL || strcmp(similarities[i].name, name) == 0))
			return similarities[i].similarity;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown similarity \"%s\" of %s", name, plurals[kind]),
					errhint("Of sets it is jaccard, masi or identity; of boxes, polygons and spans "
							"iou or identity; of paths wu_palmer, path or identity.")));
}

/* The sum of the similarities of all pairs of annotations of a unit. */
static double
similarity_within(const Annotations *it, const Unit *unit, Similarity similarity)
{
	double sum = 0;

	for (uint32 i = 1; i < unit->n; i++)
	{
		for (uint32 j = 0; j < i; j++)
			sum += similarity(&it->distinct[unit_number(unit, i)],
							  &it->distinct[unit_number(unit, j)]);
		CHECK_FOR_INTERRUPTS();
	}
	return sum;
}

typedef struct Agreement
{
	double units; /* with two annotations or more */
	double annotations;
	double mean_similarity; /* over these units */
	double observed;
	double expected;
	double alpha;
} Agreement;

/* The mean distance of any two annotations, whatever their units. */
static double
expected_disagreement(const Annotations *it, Similarity similarity, double n)
{
	double sum = 0;

	if (it->ndistinct > MAX_DISTINCT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("alpha of %u distinct annotations would take too long", it->ndistinct),
				 errdetail("It compares each two of them; the limit is %d.", MAX_DISTINCT),
				 errhint("unit_similarity() compares only annotations of the same unit.")));
	for (uint32 i = 1; i < it->ndistinct; i++)
	{
		for (uint32 j = 0; j < i && it->counts[i] > 0; j++)
		{
			if (it->counts[j] > 0)
				sum += it->counts[i] * it->counts[j] *
					   (1 - similarity(&it->distinct[i], &it->distinct[j]));
		}
		CHECK_FOR_INTERRUPTS();
	}
	return 2 * sum / (n * (n - 1));
}

static Agreement
measure(const Annotations *it, Similarity similarity)
{
	Agreement a = {0};
	double observed = 0;
	double similar = 0;

	for (uint32 i = 0; i < it->nunits; i++)
	{
		double r = it->units[i].n;
		double within;

		if (r < 2)
			continue;
		within = similarity_within(it, &it->units[i], similarity);
		a.units++;
		a.annotations += r;
		similar += within / (r * (r - 1) / 2);
		observed += r - 2 * within / (r - 1);
	}
	a.mean_similarity = similar / a.units;
	a.observed = observed / a.annotations;
	a.expected = a.units > 0 ? expected_disagreement(it, similarity, a.annotations) : NAN;
	a.alpha = a.expected > 0 ? 1 - a.observed / a.expected : NAN;
	return a;
}

PG_FUNCTION_INFO_V1(annotation_alpha);
Datum
annotation_alpha(PG_FUNCTION_ARGS)
{
	Annotations *it;
	Agreement a;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	it = annotations_read(PG_GETARG_VARLENA_PP(0));
	a = measure(it, similarity_argument(fcinfo, 1, it->kind));
	if (isnan(a.alpha))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(a.alpha);
}

PG_FUNCTION_INFO_V1(annotation_agreement);
Datum
annotation_agreement(PG_FUNCTION_ARGS)
{
	Annotations *it;
	Agreement a;
	RowBuilder row = {0};
	TupleDesc tupdesc;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	it = annotations_read(PG_GETARG_VARLENA_PP(0));
	a = measure(it, similarity_argument(fcinfo, 1, it->kind));
	row_add_number(&row, a.alpha);
	row_add_number(&row, a.mean_similarity);
	row_add_number(&row, a.observed);
	row_add_number(&row, a.expected);
	row_add(&row, Int64GetDatum(it->nunits));
	row_add(&row, Int64GetDatum((int64) a.units));
	row_add(&row, Int64GetDatum((int64) a.annotations));
	row_add(&row, Int64GetDatum(it->ndistinct));
	row_add(&row, CStringGetTextDatum(a.units == 0      ? "no_pairable_units"
									  : a.expected == 0 ? "single_category"
														: "ok"));
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), row.values, row.nulls)));
}

PG_FUNCTION_INFO_V1(unit_similarity);
Datum
unit_similarity(PG_FUNCTION_ARGS)
{
	Annotations *it;
	Similarity similarity;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	it = annotations_read(PG_GETARG_VARLENA_PP(0));
	similarity = similarity_argument(fcinfo, 1, it->kind);
	for (uint32 i = 0; i < it->nunits; i++)
	{
		const Unit *unit = &it->units[i];
		double pairs = unit->n * ((double) unit->n - 1) / 2;
		RowBuilder row = {0};

		row_add(&row, utf8_to_text(unit->name));
		row_add(&row, Int64GetDatum(unit->n));
		row_add_number(&row,
					   pairs > 0 ? similarity_within(it, unit, similarity) / pairs : (double) NAN);
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

/* -------------------------------------------------------------------------- scalars ---- */

static Datum
similarity_of_arguments(FunctionCallInfo fcinfo, Similarity similarity)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	AnnotationKind kind = annotation_kind_of_type(type);
	Annotation parts[2];

	for (int i = 0; i < 2; i++)
	{
		StringInfoData buf;
		ByteReader reader = {.type = "annotations"};

		initStringInfo(&buf);
		annotation_encode(&buf, kind, PG_GETARG_DATUM(i), type);
		reader.at = buf.data;
		reader.end = buf.data + buf.len;
		parts[i] = annotation_decode(kind, &reader);
	}
	PG_RETURN_FLOAT8(similarity(&parts[0], &parts[1]));
}

PG_FUNCTION_INFO_V1(jaccard);
Datum
jaccard(PG_FUNCTION_ARGS)
{
	return similarity_of_arguments(fcinfo, jaccard_similarity);
}

PG_FUNCTION_INFO_V1(masi);
Datum
masi(PG_FUNCTION_ARGS)
{
	return similarity_of_arguments(fcinfo, masi_similarity);
}

PG_FUNCTION_INFO_V1(iou);
Datum
iou(PG_FUNCTION_ARGS)
{
	return similarity_of_arguments(fcinfo, iou_similarity);
}

PG_FUNCTION_INFO_V1(wu_palmer);
Datum
wu_palmer(PG_FUNCTION_ARGS)
{
	return similarity_of_arguments(fcinfo, wu_palmer_similarity);
}

/* SQL name path_similarity */
PG_FUNCTION_INFO_V1(taxonomy_path_similarity);
Datum
taxonomy_path_similarity(PG_FUNCTION_ARGS)
{
	return similarity_of_arguments(fcinfo, path_similarity);
}
