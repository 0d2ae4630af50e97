/*
 * opcode_words.c: what is wrong with a row, for people.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/opcode_compiler.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define SHOWN_CHARACTERS 60

static char *
shortened(char *text)
{
	int length = strlen(text);
	int shown = pg_mbcharcliplen(text, length, SHOWN_CHARACTERS);

	if (shown < length)
		return psprintf("%s...", pnstrdup(text, shown));
	return text;
}

/* A value, or of what kind it is where values must not be shown. */
static char *
value_in_words(Oid type, Datum value, bool hidden)
{
	Oid function;
	bool is_varlena;

	if (hidden)
		return psprintf("a value of type %s that is not shown", format_type_be(type));
	getTypeOutputInfo(type, &function, &is_varlena);
	return psprintf("\"%s\"", shortened(OidOutputFunctionCall(function, value)));
}

static char *
parameter_in_words(JsonbContainer *parameters, const char *name)
{
	JsonbValue *value = json_member(parameters, name);
	Jsonb *json;

	if (value == NULL)
		return "";
	if (value->type == jbvNumeric || value->type == jbvString || value->type == jbvBool)
		return shortened(scalar_text(value));
	json = JsonbValueToJsonb(value);
	return shortened(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

static void
append_bounds(StringInfo words, JsonbContainer *parameters, const char *const *names,
			  const char *const *phrases, int count)
{
	bool first = true;

	for (int i = 0; i < count; i++)
	{
		if (json_member(parameters, names[i]) == NULL)
			continue;
		appendStringInfo(words, "%s%s %s", first ? "" : " and ", phrases[i],
						 parameter_in_words(parameters, names[i]));
		first = false;
	}
}

static char *
expectation_of_op(const CompiledRuleset *compiled, const RowOp *op)
{
	static const char *const range_phrases[] = {"at least", "at most", "more than", "less than"};
	static const char *const size_names[] = {"min", "max", "required"};
	static const char *const size_phrases[] = {"at least", "at most", "with"};
	const Rule *rule = &compiled->list->rules[op->rule];
	JsonbContainer *parameters = rule->parameters;
	StringInfoData words;

	initStringInfo(&words);
	switch (rule->kind)
	{
		case RULE_REQUIRED:
			appendStringInfo(&words, "not one of %s, which stand for a missing value",
							 parameter_in_words(parameters, "values"));
			break;
		case RULE_RANGE:
			append_bounds(&words, parameters, bound_names, range_phrases, 4);
			break;
		case RULE_LENGTH:
			append_bounds(&words, parameters, size_names, size_phrases, 2);
			appendStringInfoString(&words, " long");
			break;
		case RULE_PATTERN:
			appendStringInfo(&words, "text that matches %s",
							 parameter_in_words(parameters, "regex"));
			break;
		case RULE_VALUES:
			appendStringInfo(&words, "one of %s", parameter_in_words(parameters, "values"));
			break;
		case RULE_NOT_VALUES:
			appendStringInfo(&words, "none of %s", parameter_in_words(parameters, "values"));
			break;
		case RULE_MULTIPLE_OF:
			appendStringInfo(&words, "a multiple of %s", parameter_in_words(parameters, "divisor"));
			break;
		case RULE_FORMAT:
			appendStringInfo(&words, "of format %s", parameter_in_words(parameters, "format"));
			break;
		case RULE_ITEMS:
			appendStringInfoString(&words, "an array of ");
			append_bounds(&words, parameters, size_names, size_phrases, 2);
			appendStringInfoString(
				&words, json_member(parameters, "unique") ? " items without duplicates" : " items");
			break;
		case RULE_PROPERTIES:
			appendStringInfoString(&words, "an object of properties ");
			append_bounds(&words, parameters, size_names, size_phrases, 3);
			break;
		case RULE_DIMENSIONS:
			appendStringInfo(&words, "of %s dimensions",
							 parameter_in_words(parameters, "dimensions"));
			break;
		case RULE_COMPARE:
			appendStringInfo(&words, "%s column \"%s\"", parameter_in_words(parameters, "operator"),
							 compiled->list->columns[rule->columns[1]]);
			break;
	}
	return words.data;
}

/* The same for each row, and one bad row seldom comes alone. */
static const char *
expectation(const CompiledRuleset *compiled, const RowOp *op)
{
	char **kept = &compiled->expectations[op - compiled->ops];

	if (*kept == NULL)
		*kept = MemoryContextStrdup(compiled->context, expectation_of_op(compiled, op));
	return *kept;
}

static bool
is_hidden(const Rule *rule, int column, const bool *hidden)
{
	return rule->sensitive || (hidden && hidden[rule->columns[column]]);
}

char *
problem_in_words(const CompiledRuleset *compiled, const RowOp *op, Datum value, bool isnull,
				 Datum other, const bool *hidden)
{
	const Rule *rule = &compiled->list->rules[op->rule];
	const char *column = compiled->list->columns[rule->columns[0]];
	Oid type = compiled->sources[rule->columns[0]].type;
	char *words;

	if (isnull)
		return psprintf("Column \"%s\" is NULL.", column);
	words = psprintf("Column \"%s\" is %s, but must be %s", column,
					 value_in_words(type, value, is_hidden(rule, 0, hidden)),
					 expectation(compiled, op));
	if (rule->kind == RULE_COMPARE && !is_hidden(rule, 1, hidden))
		return psprintf("%s, which is %s.", words,
						value_in_words(compiled->sources[rule->columns[1]].type, other, false));
	return psprintf("%s.", words);
}
