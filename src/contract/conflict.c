/*
 * conflict.c: rules of one column that no value can satisfy together.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "miscadmin.h"
#include "utils/builtins.h"

static Json *
parameters_of(const Rule *rule)
{
	return json_tree(
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(rule->parameters))));
}

static bool
have_common_value(const Json *a, const Json *b)
{
	for (int i = 0; i < json_length(a); i++)
		for (int j = 0; j < json_length(b); j++)
			if (json_same(a->children[i], b->children[j]))
				return true;
	return json_length(a) == 0 || json_length(b) == 0; /* no list, no conflict */
}

static bool
is_beyond(const Json *low, const Json *high)
{
	if (low == NULL || high == NULL || low->kind != high->kind)
		return false;
	if (low->kind == JSON_IS_NUMBER)
		return json_compare_numbers(low, high) > 0;
	return low->kind == JSON_IS_STRING && strlen(low->text) == strlen(high->text) &&
		   strcmp(low->text, high->text) > 0;
}

static bool
exclude_each_other(const char *kind, const Json *a, const Json *b)
{
	if (strcmp(kind, "values") == 0)
		return !have_common_value(json_get(a, "values"), json_get(b, "values"));
	return is_beyond(json_get(a, "min"), json_get(b, "max")) ||
		   is_beyond(json_get(b, "min"), json_get(a, "max"));
}

static bool
are_comparable(const Rule *a, const Rule *b)
{
	return a->object == b->object && strcmp(a->kind, b->kind) == 0 &&
		   strcmp(linitial(a->columns), linitial(b->columns)) == 0;
}

static List *
rules_that_may_conflict(Compiler *compiler)
{
	List *rules = NIL;
	ListCell *cell;

	foreach (cell, compiler->rules)
	{
		const Rule *rule = lfirst(cell);

		if (!rule->of_table && !rule->warns && list_length(rule->columns) == 1 &&
			(strcmp(rule->kind, "values") == 0 || strcmp(rule->kind, "range") == 0 ||
			 strcmp(rule->kind, "length") == 0))
			rules = lappend(rules, lfirst(cell));
	}
	return rules;
}

void
check_conflicts(Compiler *compiler)
{
	List *rules = rules_that_may_conflict(compiler);
	int count = list_length(rules);
	const Json **parameters = palloc(sizeof(Json *) * (count + 1));

	for (int i = 0; i < count; i++)
		parameters[i] = parameters_of(list_nth(rules, i));
	for (int i = 1; i < count; i++)
	{
		const Rule *rule = list_nth(rules, i);

		for (int j = 0; j < i; j++)
		{
			const Rule *other = list_nth(rules, j);

			CHECK_FOR_INTERRUPTS();
			if (are_comparable(rule, other) &&
				exclude_each_other(rule->kind, parameters[i], parameters[j]))
				finding(compiler, FINDING_ERROR, rule->at, "conflicting_rules",
						psprintf("no value of \"%s\" can satisfy this and %s",
								 (char *) linitial(rule->columns), json_pointer(other->at)),
						NULL);
		}
	}
}
