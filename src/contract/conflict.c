/*
 * conflict.c: rules of one column that no value can satisfy together.
 *
 * What is left of a column's values is narrowed rule by rule, so that a thousand rules take no million of comparisons.
 * Where the values are listed, the other rules of the column are asked about each that is left.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/refusal.h"
#include "contract/standard.h"
#include "miscadmin.h"
#include "utils/builtins.h"

typedef struct Constraint
{
	const Rule *rule;
	const Json *parameters;
	int position;
} Constraint;

/* Values of a column times rules about them that are tried in a document, which takes a fraction of a second. */
#define MOST_TRIALS 200000

/* Rules of one kind and column, in the order of the document, and what they leave. */
typedef struct Left
{
	const Rule *by; /* the rule before */
	const Json *min;
	const Json *max;
	const Json **values; /* sorted */
	int count;           /* -1: any */
} Left;

static Json *
parameters_of(const Rule *rule)
{
	return json_tree(
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(rule->parameters))));
}

static bool
may_conflict(const Rule *rule)
{
	return !rule->of_table && !rule->warns && list_length(rule->columns) == 1 && rule->parameters;
}

static bool
is_of_kind(const Constraint *it, const char *kind)
{
	return strcmp(it->rule->kind, kind) == 0;
}

static int
compare_columns(const Rule *a, const Rule *b)
{
	int order = strcmp(a->object, b->object);

	return order ? order : strcmp(linitial(a->columns), linitial(b->columns));
}

static int
compare_constraints(const void *a, const void *b)
{
	const Constraint *x = a;
	const Constraint *y = b;
	int order = compare_columns(x->rule, y->rule);

	if (order == 0)
		order = strcmp(x->rule->kind, y->rule->kind);
	return order ? order : x->position - y->position;
}

static int
compare_values(const void *a, const void *b)
{
	const Json *x = *(const Json *const *) a;
	const Json *y = *(const Json *const *) b;

	if (x->kind != y->kind)
		return (int) x->kind - (int) y->kind;
	if (x->kind == JSON_IS_NUMBER)
		return json_compare_numbers(x, y);
	if (x->kind == JSON_IS_STRING)
		return strcmp(x->text, y->text);
	return (int) x->boolean - (int) y->boolean;
}

static const Json **
sorted_values(const Json *list)
{
	const Json **values = palloc(sizeof(Json *) * (json_length(list) + 1));

	for (int i = 0; i < json_length(list); i++)
		values[i] = list->children[i];
	qsort(values, json_length(list), sizeof(Json *), compare_values);
	return values;
}

/* Keeps what both lists have; false if that is nothing. */
static bool
narrow_values(Left *left, const Json *list)
{
	const Json **values = sorted_values(list);
	int kept = 0;

	if (json_length(list) == 0)
		return true; /* no list, no conflict */
	for (int i = 0, j = 0; i < left->count && j < json_length(list);)
	{
		int order = compare_values(&left->values[i], &values[j]);

		if (order == 0)
			left->values[kept++] = left->values[i];
		i += order <= 0;
		j += order >= 0;
	}
	if (left->count >= 0 && kept > 0)
	{
		left->count = kept;
		return true;
	}
	kept = left->count;
	left->values = values;
	left->count = json_length(list);
	return kept < 0;
}

/* Keeps the greater minimum and the smaller maximum; false if one is beyond the other. */
static bool
narrow_range(Left *left, const Json *parameters)
{
	const Json *min = json_get(parameters, "min");
	const Json *max = json_get(parameters, "max");
	bool possible = !(min && left->max && compare_bounds(min, left->max) > 0) &&
					!(max && left->min && compare_bounds(left->min, max) > 0);

	if (min && (!possible || left->min == NULL || compare_bounds(left->min, min) < 0))
		left->min = min;
	if (max && (!possible || left->max == NULL || compare_bounds(left->max, max) > 0))
		left->max = max;
	return possible;
}

static void
conflict(Compiler *compiler, FindingSeverity severity, const Rule *rule, const Rule *other)
{
	finding(compiler, severity, rule->at, "conflicting_rules",
			psprintf("no value of \"%s\" can satisfy this and %s", (char *) linitial(rule->columns),
					 json_pointer(other->at)),
			NULL);
}

/* false if nothing was left */
static bool
narrow(Compiler *compiler, Left *left, const Constraint *it)
{
	bool possible = is_of_kind(it, "values")
						? narrow_values(left, json_get(it->parameters, "values"))
						: narrow_range(left, it->parameters);

	if (!possible)
		conflict(compiler, FINDING_ERROR, it->rule, left->by);
	left->by = it->rule;
	return possible;
}

/* --------------------------------------------------------------------- listed values ---- */

/* Of which type must the column be, that has these values? */
static bool
are_of_kind(const Left *left, JsonKind kind)
{
	for (int i = 0; i < left->count; i++)
		if (left->values[i]->kind != kind)
			return false;
	return left->count > 0;
}

static bool
can_be_tried(const Constraint *it, bool numbers)
{
	return numbers ? is_of_kind(it, "range") || is_of_kind(it, "multiple_of") ||
						 is_of_kind(it, "not_values")
				   : is_of_kind(it, "length") || is_of_kind(it, "pattern") ||
						 is_of_kind(it, "format") || is_of_kind(it, "not_values");
}

static void
tell_unreachable(Compiler *compiler, const Left *left, const Rule *refusing, int first, int count)
{
	const char *column = linitial(left->by->columns);
	char *what = count == 1
					 ? psprintf("value %s of \"%s\" is", json_printed(left->values[first]), column)
					 : psprintf("%d values of \"%s\", such as %s, are", count, column,
								json_printed(left->values[first]));

	finding(compiler, FINDING_WARNING, left->by->at, "unreachable_value",
			psprintf("%s allowed here, and refused by %s", what, json_pointer(refusing->at)),
			pstrdup("Take what cannot be from the list, or let the other rule allow it."));
}

/* Takes from those left what a rule refuses; false if that is all. */
static bool
take_refused(Compiler *compiler, Left *left, const Rule *rule, bool numbers)
{
	Trial trial = {.kind = rule->kind,
				   .parameters = rule->parameters,
				   .numbers = numbers,
				   .values = palloc(sizeof(char *) * left->count),
				   .n = left->count,
				   .refused = palloc(sizeof(bool) * left->count)};
	int first = -1;
	int kept = 0;

	for (int i = 0; i < left->count; i++)
		trial.values[i] = left->values[i]->text;
	if (!find_refused(&trial))
		return true;
	for (int i = 0; i < left->count; i++)
		if (!trial.refused[i])
			kept++;
		else if (first < 0)
			first = i;
	/* a warning, because a column may be of a type that judges otherwise: char(5) fills with blanks */
	if (kept == 0)
		conflict(compiler, FINDING_WARNING, rule, left->by);
	else if (first >= 0)
		tell_unreachable(compiler, left, rule, first, left->count - kept);
	if (kept == 0)
		return false;
	kept = 0;
	for (int i = 0; i < left->count; i++)
		if (!trial.refused[i])
			left->values[kept++] = left->values[i];
	left->count = kept;
	return true;
}

static void
try_values(Compiler *compiler, Left *left, const Constraint *constraints, int count, int *trials)
{
	bool numbers = are_of_kind(left, JSON_IS_NUMBER);

	if (!numbers && !are_of_kind(left, JSON_IS_STRING))
		return;
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!can_be_tried(&constraints[i], numbers))
			continue;
		*trials += left->count;
		if (*trials > MOST_TRIALS || !take_refused(compiler, left, constraints[i].rule, numbers))
			return;
	}
}

/* ------------------------------------------------------------------------------- all ---- */

/* The rules of one column. */
static void
check_column_conflicts(Compiler *compiler, const Constraint *constraints, int count, int *trials)
{
	Left left = {.count = -1};
	Left listed = {.count = -1};
	bool possible = true;

	for (int i = 0; i < count; i++)
	{
		const Constraint *it = &constraints[i];

		CHECK_FOR_INTERRUPTS();
		if (i == 0 || strcmp(it[-1].rule->kind, it->rule->kind) != 0)
			left = (Left){.count = -1};
		if (is_of_kind(it, "values") || is_of_kind(it, "range") || is_of_kind(it, "length"))
			possible &= narrow(compiler, &left, it);
		if (is_of_kind(it, "values"))
			listed = left;
	}
	if (possible && listed.count > 0)
		try_values(compiler, &listed, constraints, count, trials);
}

void
check_conflicts(Compiler *compiler)
{
	Constraint *constraints = palloc(sizeof(Constraint) * (list_length(compiler->rules) + 1));
	int trials = 0;
	int count = 0;
	int end;
	ListCell *cell;

	foreach (cell, compiler->rules)
		if (may_conflict(lfirst(cell)))
		{
			constraints[count].rule = lfirst(cell);
			constraints[count].parameters = parameters_of(lfirst(cell));
			constraints[count].position = count;
			count++;
		}
	qsort(constraints, count, sizeof(Constraint), compare_constraints);
	for (int begin = 0; begin < count; begin = end)
	{
		for (end = begin + 1; end < count; end++)
			if (compare_columns(constraints[begin].rule, constraints[end].rule) != 0)
				break;
		check_column_conflicts(compiler, constraints + begin, end - begin, &trials);
	}
}
