/*
 * label_quality.c: which given labels are probably wrong: confident learning.
 *
 * Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty in dataset labels".
 * The threshold of a class is the mean probability of that class among the units that were given it.
 * A unit is found to be of a class when its probability reaches the threshold of the class, and of the
 * most probable one when several do. Counts of (given, found) are the confident joint; units
 * off its diagonal are the label issues. Probabilities must be out of sample.
 */
#include "postgres.h"

#include <float.h>

#include "aidataops.h"
#include "catalog/pg_type_d.h"
#include "core/arguments.h"
#include "core/predictions.h"
#include "core/row_fingerprint.h"
#include "core/rows.h"
#include "core/state_memory.h"
#include "fingerprint/fingerprint.h"
#include "math/elementary.h"
#include "miscadmin.h"
#include "quality/label_quality.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

/* cleanlab's: thresholds are reached within this, probabilities in a quotient are no less */
#define SMALL 1e-6

/* -------------------------------------------------------------------------- scores ---- */

static double
entropy(const double *p, uint32 k)
{
	double sum = 0;

	for (uint32 i = 0; i < k; i++)
	{
		if (p[i] >= DBL_MIN)
			sum -= p[i] * log_positive(p[i]);
	}
	return sum / log_positive(k);
}

/*
 * With x the normalized entropy over the probability of the given label: log(1 + x) / x, which is 1
 * where the classifier is certain of that label and falls to 0. Where it is certain of another the
 * limit is 0. (cleanlab has 0 for both.)
 */
static double
entropy_score(const double *p, uint32 k, uint32 given)
{
	double x = entropy(p, k) / Max(p[given], SMALL);

	if (x < SMALL)
		return p[given] > 0.5 ? 1 : 0;
	return Min(1, log_positive(1 + x) / x);
}

LabelScores
label_scores_of(const double *p, uint32 k, uint32 given)
{
	LabelScores scores;
	double other = 0;

	for (uint32 i = 0; i < k; i++)
	{
		if (i != given && p[i] > other)
			other = p[i];
	}
	scores.self_confidence = p[given];
	scores.normalized_margin = (p[given] - other + 1) / 2;
	scores.confidence_weighted_entropy = entropy_score(p, k, given);
	return scores;
}

/* The scores of one unit, from (label, probabilities, classes). */
static LabelScores
scores_of_arguments(FunctionCallInfo fcinfo)
{
	ClassList *classes = fcinfo->flinfo->fn_extra;
	const double *p;

	if (classes == NULL)
	{
		classes = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ClassList));
		class_list_init(classes, AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "aidataops classes",
													   ALLOCSET_SMALL_SIZES));
		fcinfo->flinfo->fn_extra = classes;
	}
	if (!class_list_matches(classes, PG_GETARG_DATUM(2)))
	{
		MemoryContextReset(classes->context);
		classes->array = NULL;
		class_list_accept(classes, PG_GETARG_DATUM(2));
	}
	p = prediction_probabilities(classes, PG_GETARG_DATUM(1), NULL);
	return label_scores_of(p, classes->names.count,
						   class_number(classes, utf8_from_text(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(self_confidence);
Datum
self_confidence(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(scores_of_arguments(fcinfo).self_confidence);
}

PG_FUNCTION_INFO_V1(normalized_margin);
Datum
normalized_margin(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(scores_of_arguments(fcinfo).normalized_margin);
}

PG_FUNCTION_INFO_V1(confidence_weighted_entropy);
Datum
confidence_weighted_entropy(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(scores_of_arguments(fcinfo).confidence_weighted_entropy);
}

/* --------------------------------------------------------------------------- state ---- */

typedef struct QualityState
{
	MemoryContext context;
	Dictionary units;
	ClassList classes;
	uint32 *given;       /* by unit's number */
	double *predictions; /* by unit's number and class */
	uint32 capacity;
	Size bytes;
	RowHash hash_sum;
} QualityState;

static const ArgumentColumn columns[] = {{"unit", TEXTOID},
										 {"label", TEXTOID},
										 {"probabilities", FLOAT8ARRAYOID},
										 {"classes", TEXTARRAYOID}};

static QualityState *
quality_state_create(MemoryContext context)
{
	QualityState *state = MemoryContextAllocZero(context, sizeof(QualityState));

	state->context = context;
	dictionary_init(&state->units, context);
	class_list_init(&state->classes, context);
	return state;
}

static void
check_memory(const QualityState *state, Size capacity)
{
	Size row = state->classes.names.count * sizeof(double);

	state_memory_check(capacity * (row + sizeof(uint32)) + state->units.bytes, "label quality",
					   "A unit takes 8 bytes for each class beside its name. Aggregate fewer units "
					   "at a time, or raise aidataops.max_state_memory.");
}

static void
grow_state(QualityState *state)
{
	Size row = state->classes.names.count * sizeof(double);
	Size capacity = Max(16, state->capacity * 2);

	check_memory(state, capacity);
	if (state->capacity == 0)
	{
		state->given = MemoryContextAllocHuge(state->context, capacity * sizeof(uint32));
		state->predictions = MemoryContextAllocHuge(state->context, capacity * row);
	}
	else
	{
		state->given = repalloc_huge(state->given, capacity * sizeof(uint32));
		state->predictions = repalloc_huge(state->predictions, capacity * row);
	}
	state->capacity = capacity;
}

static void
add_unit(QualityState *state, Utf8 unit, Utf8 label, Datum probabilities)
{
	Size k = state->classes.names.count;
	uint32 given = class_number(&state->classes, label);
	const double *values = prediction_probabilities(&state->classes, probabilities, &unit);
	uint32 before = state->units.count;

	check_memory(state, state->capacity); /* at each row, because names may be long */
	if (before == state->capacity)
		grow_state(state);
	if (dictionary_number(&state->units, unit) != before)
		ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
						errmsg("unit \"%s\" has more than one label", utf8_to_cstring(unit)),
						errhint("Give one label and one prediction for each unit; for labels of "
								"several raters use crowdlab_agg().")));
	state->given[before] = given;
	memcpy(state->predictions + before * k, values, k * sizeof(double));
}

PG_FUNCTION_INFO_V1(label_quality_accum);
Datum
label_quality_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	QualityState *state = PG_ARGISNULL(0) ? NULL : (QualityState *) PG_GETARG_POINTER(0);

	if (state == NULL)
		state = quality_state_create(context);
	for (int i = 1; i <= (int) lengthof(columns); i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_POINTER(state);
	}
	class_list_accept(&state->classes, PG_GETARG_DATUM(4));
	add_unit(state, utf8_from_text(PG_GETARG_DATUM(1)), utf8_from_text(PG_GETARG_DATUM(2)),
			 PG_GETARG_DATUM(3));
	row_hash_add(&state->hash_sum, arguments_hash(fcinfo, columns, lengthof(columns)));
	PG_RETURN_POINTER(state);
}

/* ------------------------------------------------------------------- confident joint ---- */

/* Units in the order of their bytes, and what is found about them. */
typedef struct Findings
{
	const QualityState *state;
	uint32 k;
	uint32 *order; /* numbers of units by rank */
	QualityClass *classes;
	uint32 *found; /* by unit's number: class + 1, or 0 */
	uint32 *joint; /* given, found */
} Findings;

static void
find_thresholds(Findings *findings)
{
	const QualityState *state = findings->state;

	for (uint32 i = 0; i < findings->k; i++)
		findings->classes[i].name = state->classes.names.texts[i];
	for (uint32 rank = 0; rank < state->units.count; rank++)
	{
		uint32 unit = findings->order[rank];
		QualityClass *class = &findings->classes[state->given[unit]];

		class->given++;
		class->threshold += state->predictions[(Size) unit * findings->k + state->given[unit]];
	}
	for (uint32 i = 0; i < findings->k; i++)
	{
		if (findings->classes[i].given > 0)
			findings->classes[i].threshold =
				Min(1, findings->classes[i].threshold / findings->classes[i].given);
	}
}

static bool
reaches_threshold(const QualityClass *class, double probability)
{
	return class->given > 0 && probability >= Max(class->threshold, 2 * SMALL) - SMALL;
}

/*
 * The class that a unit is found to be of, + 1, or 0: the most probable one, the first of several, of
 * those whose threshold it reaches (equation 1; cleanlab takes the most probable of all classes when
 * more than one threshold is reached). Classes that nobody was given are never found.
 */
static uint32
find_class(const Findings *findings, const double *p)
{
	uint32 found = 0;

	for (uint32 i = 0; i < findings->k; i++)
	{
		if (reaches_threshold(&findings->classes[i], p[i]) && (found == 0 || p[i] > p[found - 1]))
			found = i + 1;
	}
	return found;
}

static void
find_issues(Findings *findings)
{
	const QualityState *state = findings->state;

	for (uint32 unit = 0; unit < state->units.count; unit++)
	{
		uint32 found = find_class(findings, state->predictions + (Size) unit * findings->k);

		findings->found[unit] = found;
		if (found > 0)
			findings->joint[(Size) state->given[unit] * findings->k + found - 1]++;
		if ((unit & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

static void
put_joint(StringInfo buf, const Findings *findings)
{
	Size k = findings->k;
	uint32 cells = 0;

	for (Size i = 0; i < k * k; i++)
		cells += findings->joint[i] > 0;
	bytes_put_u32(buf, cells);
	for (Size i = 0; i < k * k; i++)
	{
		if (findings->joint[i] > 0)
		{
			bytes_put_u32(buf, i / k);
			bytes_put_u32(buf, i % k);
			bytes_put_u32(buf, findings->joint[i]);
		}
	}
}

static void
put_units(StringInfo buf, const Findings *findings)
{
	const QualityState *state = findings->state;

	bytes_put_u32(buf, state->units.count);
	for (uint32 rank = 0; rank < state->units.count; rank++)
	{
		uint32 number = findings->order[rank];
		QualityUnit unit = {.name = state->units.texts[number],
							.given = state->given[number],
							.found = findings->found[number]};

		unit.scores = label_scores_of(state->predictions + (Size) number * findings->k, findings->k,
									  unit.given);
		if (buf->len + (Size) unit.name.len + 64 >= MaxAllocSize / 2 - 1024)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("label_quality is larger than 512 MB"),
							errhint("Aggregate fewer units at a time.")));
		quality_put_unit(buf, &unit);
	}
}

static struct varlena *
quality_make(const QualityState *state)
{
	Size k = state->classes.names.count;
	Size count = state->units.count;
	SortedTexts sorted = dictionary_sort(&state->units);
	Findings findings = {.state = state, .k = k};
	StringInfoData buf;

	state_memory_check(k * k * sizeof(uint32), "confident joint",
					   "It keeps a number for each pair of classes. Merge rare classes.");
	findings.order = palloc_extended(count * sizeof(uint32), MCXT_ALLOC_HUGE);
	findings.found = palloc_extended(count * sizeof(uint32), MCXT_ALLOC_HUGE);
	findings.classes = palloc0(k * sizeof(QualityClass));
	findings.joint = palloc_extended(k * k * sizeof(uint32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 unit = 0; unit < count; unit++)
		findings.order[sorted.ranks[unit]] = unit;
	find_thresholds(&findings);
	find_issues(&findings);

	initStringInfo(&buf);
	bytes_claim(&buf, VARHDRSZ);
	bytes_put_u8(&buf, LABEL_QUALITY_LAYOUT);
	bytes_put_u64(&buf, state->hash_sum.high);
	bytes_put_u64(&buf, state->hash_sum.low);
	bytes_put_u32(&buf, k);
	for (uint32 i = 0; i < k; i++)
	{
		bytes_put_utf8(&buf, findings.classes[i].name);
		bytes_put_u32(&buf, findings.classes[i].given);
		bytes_put_f64(&buf, findings.classes[i].threshold);
	}
	put_joint(&buf, &findings);
	put_units(&buf, &findings);
	SET_VARSIZE(buf.data, buf.len);
	return (struct varlena *) buf.data;
}

PG_FUNCTION_INFO_V1(label_quality_final);
Datum
label_quality_final(PG_FUNCTION_ARGS)
{
	QualityState *state = PG_ARGISNULL(0) ? NULL : (QualityState *) PG_GETARG_POINTER(0);
	MemoryContext working;
	MemoryContext result;
	Datum quality;

	if (state == NULL || state->units.count == 0)
		PG_RETURN_NULL();
	working = AllocSetContextCreate(CurrentMemoryContext, "aidataops label quality",
									ALLOCSET_DEFAULT_SIZES);
	result = MemoryContextSwitchTo(working);
	quality = PointerGetDatum(quality_make(state));
	MemoryContextSwitchTo(result);
	quality = datumCopy(quality, false, -1);
	MemoryContextDelete(working);
	PG_RETURN_DATUM(quality);
}

/* ------------------------------------------------------------------------- readers ---- */

static Datum *
class_texts(const QualityReader *reader)
{
	Datum *texts = palloc(((Size) reader->nclasses + 1) * sizeof(Datum));

	for (uint32 i = 0; i < reader->nclasses; i++)
		texts[i] = utf8_to_text(reader->classes[i].name);
	return texts;
}

static Datum
emit_units(FunctionCallInfo fcinfo, bool issues_only)
{
	QualityReader *reader = quality_open(PG_GETARG_LABEL_QUALITY_P(0));
	Datum *classes = class_texts(reader);
	QualityUnit unit;

	InitMaterializedSRF(fcinfo, 0);
	while (quality_next_unit(reader, &unit))
	{
		bool is_issue = unit.found != 0 && unit.found - 1 != unit.given;
		RowBuilder row = {0};

		CHECK_FOR_INTERRUPTS();
		if (issues_only && !is_issue)
			continue;
		row_add(&row, utf8_to_text(unit.name));
		row_add(&row, classes[unit.given]);
		if (unit.found != 0)
			row_add(&row, classes[unit.found - 1]);
		else
			row_add_null(&row);
		row_add(&row, Float8GetDatum(unit.scores.self_confidence));
		row_add(&row, Float8GetDatum(unit.scores.normalized_margin));
		row_add(&row, Float8GetDatum(unit.scores.confidence_weighted_entropy));
		if (!issues_only)
			row_add(&row, BoolGetDatum(is_issue));
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(label_issues);
Datum
label_issues(PG_FUNCTION_ARGS)
{
	return emit_units(fcinfo, true);
}

PG_FUNCTION_INFO_V1(label_scores);
Datum
label_scores(PG_FUNCTION_ARGS)
{
	return emit_units(fcinfo, false);
}

/* How many units of each class given were confidently found to be of some class. */
static double *
found_of_given(const QualityReader *reader)
{
	double *sums = palloc0(((Size) reader->nclasses + 1) * sizeof(double));

	for (uint32 i = 0; i < reader->ncells; i++)
		sums[reader->cells[i].given] += reader->cells[i].units;
	return sums;
}

/* A cell, scaled so that those of a class given add up to its units. */
static double
calibrated(const QualityReader *reader, const double *sums, const QualityCell *cell)
{
	return cell->units / sums[cell->given] * reader->classes[cell->given].given;
}

PG_FUNCTION_INFO_V1(confident_joint);
Datum
confident_joint(PG_FUNCTION_ARGS)
{
	QualityReader *reader = quality_open(PG_GETARG_LABEL_QUALITY_P(0));
	Datum *classes = class_texts(reader);
	double *sums = found_of_given(reader);

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < reader->ncells; i++)
	{
		const QualityCell *cell = &reader->cells[i];
		RowBuilder row = {0};

		row_add(&row, classes[cell->given]);
		row_add(&row, classes[cell->found]);
		row_add(&row, Int64GetDatum(cell->units));
		row_add(&row, Float8GetDatum(calibrated(reader, sums, cell)));
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

/* How many units are estimated to be of each class, and how many of them were given it. */
static void
estimate_true(const QualityReader *reader, double *estimated, double *kept)
{
	double *sums = found_of_given(reader);

	for (uint32 i = 0; i < reader->ncells; i++)
	{
		const QualityCell *cell = &reader->cells[i];

		estimated[cell->found] += calibrated(reader, sums, cell);
		if (cell->found == cell->given)
			kept[cell->given] += calibrated(reader, sums, cell);
	}
}

PG_FUNCTION_INFO_V1(class_noise);
Datum
class_noise(PG_FUNCTION_ARGS)
{
	QualityReader *reader = quality_open(PG_GETARG_LABEL_QUALITY_P(0));
	double *estimated = palloc0(((Size) reader->nclasses + 1) * sizeof(double));
	double *kept = palloc0(((Size) reader->nclasses + 1) * sizeof(double));
	double *sums = found_of_given(reader);

	InitMaterializedSRF(fcinfo, 0);
	estimate_true(reader, estimated, kept);
	for (uint32 i = 0; i < reader->nclasses; i++)
	{
		const QualityClass *class = &reader->classes[i];
		RowBuilder row = {0};

		row_add(&row, utf8_to_text(class->name));
		row_add(&row, Int64GetDatum(class->given));
		row_add_number(&row, class->given > 0 ? class->threshold : (double) NAN);
		row_add(&row, Float8GetDatum(estimated[i]));
		row_add_number(&row, sums[i] > 0 ? 1 - kept[i] / class->given : (double) NAN);
		row_add_number(&row, estimated[i] > 0 ? 1 - kept[i] / estimated[i] : (double) NAN);
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(quality_input_fingerprint);
Datum
quality_input_fingerprint(PG_FUNCTION_ARGS)
{
	QualityReader *reader = quality_open(PG_GETARG_LABEL_QUALITY_P(0));
	Fingerprint *input = palloc0(sizeof(Fingerprint));

	input->version = FINGERPRINT_VERSION;
	input->nrows = reader->nunits;
	input->sum = reader->hash_sum;
	PG_RETURN_FINGERPRINT_P(input);
}
