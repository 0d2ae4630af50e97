/*
 * rater_agreement.c: the type rater_agreement: who gave which label to which unit.
 *
 * It keeps every label, so it is for the questions that need to know raters; agreement answers the
 * others from a summary that does not grow. An entry is unit, rater, label and, if it was given, a
 * time, so that what was given first or last does not depend on the order of rows.
 */
#include "postgres.h"

#include "agreement/label_counts.h"
#include "agreement/rater_agreement.h"
#include "agreement/tally.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ----------------------------------------------------------------------- aggregate ---- */

static char *
put_text(char *at, text *value)
{
	return at + label_store_text(at, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

PG_FUNCTION_INFO_V1(rater_agreement_accum);
Datum
rater_agreement_accum(PG_FUNCTION_ARGS)
{
	char key[3 * LABEL_KEY_MAX];
	char *end = put_text(key, PG_GETARG_TEXT_PP(1));
	Tally *tally;

	end = put_text(end, PG_GETARG_TEXT_PP(2));
	end = put_text(end, PG_GETARG_TEXT_PP(3));
	tally = tally_writable(fcinfo);
	tally_add(tally, LABEL_TEXT, key, (uint32) (end - key), 1);
	PG_RETURN_TALLY_STATE(tally);
}

/* How the arguments of rater_agreement_agg("any", ...) become a key. */
typedef struct AnyArgument
{
	Oid type;
	FmgrInfo output;
} AnyArgument;

typedef struct AnyArguments
{
	AnyArgument arguments[4];
} AnyArguments;

static AnyArguments *
any_arguments(FunctionCallInfo fcinfo)
{
	AnyArguments *any = fcinfo->flinfo->fn_extra;

	if (any != NULL)
		return any;
	any = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(AnyArguments));
	for (int i = 0; i < PG_NARGS() - 1; i++)
	{
		Oid type = get_fn_expr_argtype(fcinfo->flinfo, i + 1);
		Oid output;
		bool is_varlena;

		if (!OidIsValid(type))
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("could not determine the types of unit, rater and label"),
							errhint("Cast each of them to text.")));
		any->arguments[i].type = getBaseType(type);
		getTypeOutputInfo(type, &output, &is_varlena);
		fmgr_info_cxt(output, &any->arguments[i].output, fcinfo->flinfo->fn_mcxt);
	}
	fcinfo->flinfo->fn_extra = any;
	return any;
}

static char *
put_as_text(char *at, AnyArgument *argument, Datum value)
{
	const char *text = argument->type == UNKNOWNOID ? DatumGetCString(value)
													: OutputFunctionCall(&argument->output, value);

	return at + label_store_text(at, text, strlen(text));
}

/* Numbers stay numbers, because then they have an order. */
static char *
put_label(char *at, AnyArgument *argument, Datum value, LabelKind *kind)
{
	switch (argument->type)
	{
		case INT2OID:
			*kind = LABEL_BIGINT;
			return at + label_store_bigint(at, DatumGetInt16(value));
		case INT4OID:
			*kind = LABEL_BIGINT;
			return at + label_store_bigint(at, DatumGetInt32(value));
		case INT8OID:
			*kind = LABEL_BIGINT;
			return at + label_store_bigint(at, DatumGetInt64(value));
		case FLOAT4OID:
			*kind = LABEL_FLOAT8;
			return at + label_store_float8(at, DatumGetFloat4(value));
		case FLOAT8OID:
			*kind = LABEL_FLOAT8;
			return at + label_store_float8(at, DatumGetFloat8(value));
		case NUMERICOID:
			*kind = LABEL_FLOAT8;
			return at + label_store_cstring(at, LABEL_FLOAT8,
											OutputFunctionCall(&argument->output, value));
		case BOOLOID:
			*kind = LABEL_BOOLEAN;
			return at + label_store_boolean(at, DatumGetBool(value));
		default:
			*kind = LABEL_TEXT;
			return put_as_text(at, argument, value);
	}
}

static int64
time_of(AnyArgument *argument, Datum value)
{
	switch (argument->type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
		case DATEOID:
			return DatumGetInt32(value);
		case INT8OID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return DatumGetInt64(value);
		default:
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("time of a label is of type %s", format_type_be(argument->type)),
							errhint("Give a timestamp, a date or an integer.")));
	}
	return 0;
}

PG_FUNCTION_INFO_V1(rater_agreement_accum_any);
Datum
rater_agreement_accum_any(PG_FUNCTION_ARGS)
{
	AnyArguments *any;
	char key[3 * LABEL_KEY_MAX + 16];
	LabelKind kind;
	char *end;
	Tally *tally;

	if (PG_ARGISNULL(0)) /* not by our aggregates, which begin with a state */
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	any = any_arguments(fcinfo);
	end = put_as_text(key, &any->arguments[0], PG_GETARG_DATUM(1));
	end = put_as_text(end, &any->arguments[1], PG_GETARG_DATUM(2));
	end = put_label(end, &any->arguments[2], PG_GETARG_DATUM(3), &kind);
	if (PG_NARGS() == 5 && !PG_ARGISNULL(4))
		end += label_store_bigint(end, time_of(&any->arguments[3], PG_GETARG_DATUM(4)));
	tally = tally_writable(fcinfo);
	tally_add(tally, kind, key, (uint32) (end - key), 1);
	PG_RETURN_TALLY_STATE(tally);
}

/* ----------------------------------------------------------------------- duplicates ---- */

Duplicates
option_duplicates(FunctionCallInfo fcinfo, int argument)
{
	char *word = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	static const char *const policies[] = {"error", "first", "last", "count"};

	for (int i = 0; i < lengthof(policies); i++)
		if (strcmp(word, policies[i]) == 0)
			return (Duplicates) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown rule for duplicates \"%s\"", word),
					errhint("duplicates must be 'error', 'first', 'last' or 'count'.")));
}

/* An entry taken apart. */
typedef struct OpenEntry
{
	Label unit;
	Label rater;
	Label label;
	Label time; /* of size 0 if there is none */
	int64 count;
} OpenEntry;

static OpenEntry
open_entry(const TallyEntry *entry)
{
	OpenEntry open = {.count = entry->count};
	const char *at =
		label_load(label_load(label_load(entry->key, &open.unit), &open.rater), &open.label);

	if (at < entry->key + entry->size)
		label_load(at, &open.time);
	return open;
}

static pg_noinline void
report_duplicate(const OpenEntry *entry, const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("rater \"%s\" labelled unit \"%s\" %s", label_cstring(LABEL_TEXT, entry->rater),
					label_cstring(LABEL_TEXT, entry->unit), what),
			 errhint("%s", hint)));
}

/* Which of the entries of one rater and one unit was first or last. */
static int
entry_by_time(const OpenEntry *entries, int n, bool last)
{
	int best = 0;
	bool tied = false;

	for (int i = 0; i < n; i++)
		if (entries[i].time.size == 0)
			report_duplicate(&entries[i], "more than once, and it is not known when",
							 "Give the time as a fourth argument: rater_agreement_agg(unit, rater, "
							 "label, labelled_at).");
	for (int i = 1; i < n; i++)
	{
		int order = label_compare(LABEL_BIGINT, entries[i].time, entries[best].time);

		if (order == 0)
			tied = true;
		if (last ? order > 0 : order < 0)
		{
			best = i;
			tied = false;
		}
	}
	if (tied)
		report_duplicate(&entries[best], "differently at the same time",
						 "Leave one of the labels out, or use duplicates => 'count'.");
	return best;
}

/* Apply the rule; returns how many of the entries remain, at their beginning. */
static int
resolve_duplicates(OpenEntry *entries, int n, Duplicates duplicates)
{
	if (duplicates == DUPLICATES_COUNT || (n == 1 && entries[0].count == 1))
		return n;
	if (duplicates == DUPLICATES_ERROR)
		report_duplicate(&entries[0], "more than once",
						 "Say which labels to take: duplicates => 'first', 'last' or 'count'.");
	/* the same label at the same time twice is one label */
	entries[0] = entries[n > 1 ? entry_by_time(entries, n, duplicates == DUPLICATES_LAST) : 0];
	entries[0].count = 1;
	return 1;
}

/* ------------------------------------------------------------------------- opening ---- */

static void *
huge(Size n, Size size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(n, 1) * size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* The labels of one rater for one unit. */
static void
append_labels(RaterRatings *r, const OpenEntry *entries, int n, int unit)
{
	double total = 0;

	for (int i = 0; i < n; i++)
		total += entries[i].count;
	for (int i = 0; i < n; i++)
		r->labels[r->nlabels++] =
			(RaterLabel){.unit = unit,
						 .rater = category_of(&r->raters, entries[i].rater),
						 .category = category_of(&r->ratings.categories, entries[i].label),
						 .count = entries[i].count,
						 .share = entries[i].count / total};
}

/* Entries are sorted by unit, rater and label. */
static void
read_entries(RaterRatings *r, const TallyView *view, Duplicates duplicates)
{
	OpenEntry *group = huge(view->n, sizeof(OpenEntry));
	Label previous = {0};
	int nunits = 0;

	for (int i = 0; i < view->n;)
	{
		int n = 0;

		CHECK_FOR_INTERRUPTS();
		do
			group[n++] = open_entry(&view->entries[i++]);
		while (i < view->n && label_equal(open_entry(&view->entries[i]).unit, group[0].unit) &&
			   label_equal(open_entry(&view->entries[i]).rater, group[0].rater));
		if (nunits == 0 || !label_equal(previous, group[0].unit))
		{
			previous = r->units[nunits] = group[0].unit;
			r->unit_start[nunits++] = r->nlabels;
		}
		n = resolve_duplicates(group, n, duplicates);
		append_labels(r, group, n, nunits - 1);
	}
	r->unit_start[nunits] = r->nlabels;
	r->ratings.npatterns = nunits;
	pfree(group);
}

static int
compare_cells(const void *a, const void *b)
{
	return ((const Cell *) a)->category - ((const Cell *) b)->category;
}

/* Of one unit, whose labels become cells. */
static void
make_pattern(RaterRatings *r, int unit, int *ncells)
{
	UnitPattern *pattern = &r->ratings.patterns[unit];
	Cell *cells = r->ratings.cells + *ncells;
	int n = 0;

	*pattern = (UnitPattern){.units = 1, .first = *ncells};
	for (int i = r->unit_start[unit]; i < r->unit_start[unit + 1]; i++)
	{
		cells[n++] =
			(Cell){.category = r->labels[i].category, .count = cell_count(r->labels[i].count)};
		pattern->labels += r->labels[i].count;
	}
	qsort(cells, n, sizeof(Cell), compare_cells);
	for (int i = 0; i < n; i++)
	{
		if (pattern->ncells > 0 && cells[pattern->ncells - 1].category == cells[i].category)
			cells[pattern->ncells - 1].count =
				cell_count((int64) cells[pattern->ncells - 1].count + cells[i].count);
		else
			cells[pattern->ncells++] = cells[i];
	}
	*ncells += pattern->ncells;
}

RaterRatings
rater_ratings_open(Datum value, const DeclaredCategories *declared, Duplicates duplicates)
{
	TallyView view = tally_view(value, TALLY_RATERS);
	DeclaredCategories observed = {.n = -1};
	RaterRatings r = {0};
	int *category_place;
	int *rater_place;
	int ncells = 0;

	r.labels = huge(view.n, sizeof(RaterLabel));
	r.units = huge(view.n, sizeof(Label));
	r.unit_start = huge((Size) view.n + 1, sizeof(int));
	categories_begin(&r.ratings.categories, view.kind, declared);
	categories_begin(&r.raters, LABEL_TEXT, &observed);
	read_entries(&r, &view, duplicates);
	category_place = categories_finish(&r.ratings.categories);
	rater_place = categories_finish(&r.raters);
	for (int i = 0; i < r.nlabels; i++)
	{
		r.labels[i].category = category_place[r.labels[i].category];
		r.labels[i].rater = rater_place[r.labels[i].rater];
	}
	r.ratings.patterns = huge(r.ratings.npatterns, sizeof(UnitPattern));
	r.ratings.cells = huge(r.nlabels, sizeof(Cell));
	for (int unit = 0; unit < r.ratings.npatterns; unit++)
		make_pattern(&r, unit, &ncells);
	ratings_count(&r.ratings);
	return r;
}

char *
rater_name(const RaterRatings *r, int rater)
{
	return label_cstring(LABEL_TEXT, r->raters.labels[rater]);
}

char *
unit_name(const RaterRatings *r, int unit)
{
	return label_cstring(LABEL_TEXT, r->units[unit]);
}
