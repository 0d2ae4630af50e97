/*
 * conflict.c: rules of one column that no value can satisfy together.
 *
 * What is left of a column's values is narrowed rule by rule, so that a thousand rules take no million of comparisons.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/standard.h"
#include "miscadmin.h"
#include "utils/builtins.h"

typedef struct Constraint
{
	const Rule *rule;
	const Json *parameters;
	int position;
} Constraint;

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
	return !rule->of_table && !rule->warns && list_length(rule->columns) == 1 &&
		   (strcmp(rule->kind, "values") == 0 || strcmp(rule->kind, "range") == 0 ||
			strcmp(rule->kind, "length") == 0);
}

static int
compare_subjects(const Rule *a, const Rule *b)
{
	int order = strcmp(a->object, b->object);

	if (order == 0)
		order = strcmp(a->kind, b->kind);
	return order ? order : strcmp(linitial(a->columns), linitial(b->columns));
}

static int
compare_constraints(const void *a, const void *b)
{
	const Constraint *x = a;
	const Constraint *y = b;
	int order = compare_subjects(x->rule, y->rule);

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
narrow(Compiler *compiler, Left *left, const Constraint *it)
{
	bool possible = strcmp(it->rule->kind, "values") == 0
						? narrow_values(left, json_get(it->parameters, "values"))
						: narrow_range(left, it->parameters);

	if (!possible)
		finding(compiler, FINDING_ERROR, it->rule->at, "conflicting_rules",
				psprintf("no value of \"%s\" can satisfy this and %s",
						 (char *) linitial(it->rule->columns), json_pointer(left->by->at)),
				NULL);
	left->by = it->rule;
}

void
check_conflicts(Compiler *compiler)
{
	Constraint *constraints = palloc(sizeof(Constraint) * (list_length(compiler->rules) + 1));
	int count = 0;
	Left left = {.count = -1};
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
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0 && compare_subjects(constraints[i - 1].rule, constraints[i].rule) != 0)
			left = (Left){.count = -1};
		narrow(compiler, &left, &constraints[i]);
	}
}
