/*
 * ruleset.c: rules about single rows, as a value: input, output, and reading it.
 *
 * The text is JSON, because people read it in the definition of a table:
 *
 *	{"contract": "labels", "version": "1.0.0", "table": "labels", "columns": ["label", "score"],
 *	 "rules": [{"rule": "known", "kind": "values", "columns": ["label"], "parameters": {"values": ["cat", "dog"]}}]}
 *
 * It is checked strictly as it comes in: a misspelt parameter would be a rule that holds always.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/format.h"
#include "contract/ruleset.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#define MAX_COLUMNS        1600
#define MAX_RULES          10000
#define MAX_PATTERN_LENGTH 10000

/* ------------------------------------------------------------------- reading JSON ---- */

JsonbValue *
json_member(JsonbContainer *object, const char *name)
{
	return object ? getKeyJsonValueFromContainer(object, name, strlen(name), NULL) : NULL;
}

char *
json_string(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static bool
is_container(const JsonbValue *value, bool array)
{
	if (value == NULL || value->type != jbvBinary)
		return false;
	return array ? JsonContainerIsArray(value->val.binary.data) &&
					   !JsonContainerIsScalar(value->val.binary.data)
				 : JsonContainerIsObject(value->val.binary.data);
}

int
json_array_size(const JsonbValue *array)
{
	return JsonContainerSize(array->val.binary.data);
}

void
json_for_each(JsonbContainer *array, JsonElementReader reader, void *argument)
{
	uint32 count = JsonContainerSize(array);

	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		reader(getIthJsonbValueFromContainer(array, i), argument);
	}
}

/* A number that was checked to be a whole one that fits. */
int
json_int(JsonbContainer *object, const char *name, int otherwise)
{
	JsonbValue *value = json_member(object, name);

	if (value == NULL)
		return otherwise;
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric)));
}

/* ----------------------------------------------------------------------- checking ---- */

pg_noreturn static void
invalid(const char *rule, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 rule ? errmsg("invalid rule \"%s\" in ruleset", rule)
				  : errmsg("invalid input for type ruleset"),
			 errdetail("%s", detail),
			 errhint("A ruleset is made from a contract by row_rules(); its text is described in "
					 "docs/enforcement.md.")));
}

typedef enum ParameterForm
{
	FORM_COUNT,  /* whole number, not negative */
	FORM_BOUND,  /* number or string */
	FORM_NUMBER, /* positive */
	FORM_STRING,
	FORM_SCALARS, /* array of anything but arrays and objects */
	FORM_STRINGS,
	FORM_BOOLEAN
} ParameterForm;

typedef struct Parameter
{
	const char *name;
	ParameterForm form;
} Parameter;

typedef struct KindDescription
{
	const char *name;
	int ncolumns;
	bool needs_one; /* of the parameters, at least */
	Parameter parameters[5];
} KindDescription;

static const KindDescription kinds[] = {
	[RULE_REQUIRED] = {"required", 1, false, {{"values", FORM_SCALARS}}},
	[RULE_RANGE] = {"range",
					1,
					true,
					{{"min", FORM_BOUND},
					 {"max", FORM_BOUND},
					 {"min_exclusive", FORM_BOUND},
					 {"max_exclusive", FORM_BOUND}}},
	[RULE_LENGTH] = {"length", 1, true, {{"min", FORM_COUNT}, {"max", FORM_COUNT}}},
	[RULE_PATTERN] = {"pattern", 1, true, {{"regex", FORM_STRING}}},
	[RULE_VALUES] = {"values", 1, true, {{"values", FORM_SCALARS}}},
	[RULE_NOT_VALUES] = {"not_values", 1, true, {{"values", FORM_SCALARS}}},
	[RULE_MULTIPLE_OF] = {"multiple_of", 1, true, {{"divisor", FORM_NUMBER}}},
	[RULE_FORMAT] = {"format", 1, true, {{"format", FORM_STRING}}},
	[RULE_ITEMS] = {"items",
					1,
					true,
					{{"min", FORM_COUNT}, {"max", FORM_COUNT}, {"unique", FORM_BOOLEAN}}},
	[RULE_PROPERTIES] = {"properties",
						 1,
						 true,
						 {{"min", FORM_COUNT}, {"max", FORM_COUNT}, {"required", FORM_STRINGS}}},
	[RULE_DIMENSIONS] = {"dimensions", 1, true, {{"dimensions", FORM_COUNT}}},
	[RULE_COMPARE] = {"compare", 2, true, {{"operator", FORM_STRING}}},
};

const char *
rule_kind_name(RuleKind kind)
{
	return kinds[kind].name;
}

static bool
is_count(const JsonbValue *value)
{
	Datum number;

	if (value->type != jbvNumeric || numeric_is_nan(value->val.numeric) ||
		numeric_is_inf(value->val.numeric))
		return false;
	number = NumericGetDatum(value->val.numeric);
	if (DatumGetBool(
			DirectFunctionCall2(numeric_lt, number, NumericGetDatum(int64_to_numeric(0)))) ||
		DatumGetBool(DirectFunctionCall2(numeric_gt, number,
										 NumericGetDatum(int64_to_numeric(MaxAllocSize)))))
		return false;
	return DatumGetBool(
		DirectFunctionCall2(numeric_eq, number, DirectFunctionCall1(numeric_floor, number)));
}

static void
check_is_scalar(const JsonbValue *element, void *all)
{
	if (element->type == jbvBinary)
		*(bool *) all = false;
}

static void
check_is_string(const JsonbValue *element, void *all)
{
	if (element->type != jbvString)
		*(bool *) all = false;
}

static bool
array_of(const JsonbValue *value, JsonElementReader check)
{
	bool all = true;

	if (!is_container(value, true) || json_array_size(value) == 0)
		return false;
	json_for_each(value->val.binary.data, check, &all);
	return all;
}

static bool
has_form(const JsonbValue *value, ParameterForm form)
{
	switch (form)
	{
		case FORM_COUNT:
			return is_count(value);
		case FORM_BOUND:
			return value->type == jbvNumeric || value->type == jbvString;
		case FORM_NUMBER:
			return value->type == jbvNumeric &&
				   DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(value->val.numeric),
													NumericGetDatum(int64_to_numeric(0))));
		case FORM_STRING:
			return value->type == jbvString;
		case FORM_SCALARS:
			return array_of(value, check_is_scalar);
		case FORM_STRINGS:
			return array_of(value, check_is_string);
		case FORM_BOOLEAN:
			return value->type == jbvBool;
	}
	return false;
}

static const char *
form_in_words(ParameterForm form)
{
	switch (form)
	{
		case FORM_COUNT:
			return "a whole number that is not negative";
		case FORM_BOUND:
			return "a number or a string";
		case FORM_NUMBER:
			return "a number greater than 0";
		case FORM_STRING:
			return "a string";
		case FORM_SCALARS:
			return "an array of strings, numbers, booleans and nulls, and not empty";
		case FORM_STRINGS:
			return "an array of strings, and not empty";
		case FORM_BOOLEAN:
			return "true or false";
	}
	return "";
}

static const Parameter *
known_parameter(RuleKind kind, const char *name)
{
	for (size_t i = 0; i < lengthof(kinds[kind].parameters) && kinds[kind].parameters[i].name; i++)
		if (strcmp(kinds[kind].parameters[i].name, name) == 0)
			return &kinds[kind].parameters[i];
	return NULL;
}

static void
check_choice(const Rule *rule)
{
	JsonbValue *value;

	if (rule->kind == RULE_FORMAT)
	{
		char *format = json_string(json_member(rule->parameters, "format"));

		if (format_by_name(format) == NULL)
			invalid(rule->name,
					psprintf("Format \"%s\" is not known: %s are.", format, format_names()));
	}
	else if (rule->kind == RULE_COMPARE)
	{
		static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
		char *operator= json_string(json_member(rule->parameters, "operator"));

		for (size_t i = 0; i < lengthof(operators); i++)
			if (strcmp(operators[i], operator) == 0)
				return;
		invalid(rule->name,
				psprintf("Operator \"%s\" is not known: = <> < <= > >= are.", operator));
	}
	else if (rule->kind == RULE_PATTERN)
	{
		value = json_member(rule->parameters, "regex");
		if (value->val.string.len > MAX_PATTERN_LENGTH)
			invalid(rule->name, psprintf("Its regular expression is longer than %d bytes.",
										 MAX_PATTERN_LENGTH));
	}
}

/* What every rule may have beside the parameters of its kind. */
static bool
is_common_parameter(const char *name)
{
	return strcmp(name, "sensitive") == 0;
}

static void
check_parameters(Rule *rule)
{
	bool found = false;

	if (rule->parameters)
	{
		JsonbIterator *iterator = JsonbIteratorInit(rule->parameters);
		JsonbIteratorToken token;
		JsonbValue value;

		while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		{
			char *name;
			const Parameter *parameter;

			if (token != WJB_KEY)
				continue;
			name = json_string(&value);
			if (is_common_parameter(name))
				continue;
			parameter = known_parameter(rule->kind, name);
			if (parameter == NULL)
				invalid(rule->name, psprintf("Rules of kind %s have no parameter \"%s\".",
											 kinds[rule->kind].name, name));
			if (!has_form(json_member(rule->parameters, name), parameter->form))
				invalid(rule->name, psprintf("Parameter \"%s\" must be %s.", name,
											 form_in_words(parameter->form)));
			found = true;
		}
	}
	if (!found && kinds[rule->kind].needs_one)
		invalid(rule->name, psprintf("A rule of kind %s needs parameters: \"%s\" and so on.",
									 kinds[rule->kind].name, kinds[rule->kind].parameters[0].name));
	check_choice(rule);
}

/* ------------------------------------------------------------------------ reading ---- */

static char *
member_string(JsonbContainer *object, const char *name, const char *rule)
{
	JsonbValue *value = json_member(object, name);

	if (value == NULL || value->type != jbvString || value->val.string.len == 0)
		invalid(rule, psprintf("\"%s\" must be a string that is not empty.", name));
	return json_string(value);
}

static JsonbContainer *
member_array(JsonbContainer *object, const char *name, const char *rule, int limit)
{
	JsonbValue *value = json_member(object, name);

	if (!is_container(value, true) || json_array_size(value) > limit)
		invalid(rule, psprintf("\"%s\" must be an array of at most %d elements.", name, limit));
	return value->val.binary.data;
}

/* Names that are not in the list are refused. */
static void
check_members(JsonbContainer *object, const char *const *names, const char *rule)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		const char *const *name = names;
		char *member;

		if (token != WJB_KEY)
			continue;
		member = json_string(&value);
		while (*name && strcmp(*name, member) != 0)
			name++;
		if (*name == NULL)
			invalid(rule, psprintf("There must be no \"%s\" in it.", member));
	}
}

static void
read_columns(RuleList *list, JsonbContainer *array)
{
	list->columns = palloc0(sizeof(char *) * (JsonContainerSize(array) + 1));
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		if (value->type != jbvString || value->val.string.len == 0 ||
			value->val.string.len >= NAMEDATALEN)
			invalid(NULL, "\"columns\" must be names of columns.");
		list->columns[i] = json_string(value);
		for (uint32 j = 0; j < i; j++)
			if (strcmp(list->columns[i], list->columns[j]) == 0)
				invalid(NULL, psprintf("Column \"%s\" is named twice.", list->columns[i]));
		list->ncolumns++;
	}
}

static RuleKind
read_kind(JsonbContainer *object, const char *rule)
{
	char *name = member_string(object, "kind", rule);

	for (size_t kind = 0; kind < lengthof(kinds); kind++)
		if (strcmp(kinds[kind].name, name) == 0)
			return kind;
	invalid(rule,
			psprintf("Kind \"%s\" is none of a ruleset's. Expressions are CHECK constraints, not "
					 "rules of a ruleset.",
					 name));
}

static void
read_rule_columns(const RuleList *list, Rule *rule, JsonbContainer *array)
{
	rule->ncolumns = JsonContainerSize(array);
	if (rule->ncolumns != kinds[rule->kind].ncolumns)
		invalid(rule->name,
				psprintf("Rules of kind %s are about %d columns, not %d.", kinds[rule->kind].name,
						 kinds[rule->kind].ncolumns, rule->ncolumns));
	for (int i = 0; i < rule->ncolumns; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);
		char *name = value->type == jbvString ? json_string(value) : "";
		int column = 0;

		while (column < list->ncolumns && strcmp(list->columns[column], name) != 0)
			column++;
		if (column == list->ncolumns)
			invalid(rule->name, psprintf("Column \"%s\" is not in the ruleset's list.", name));
		rule->columns[i] = column;
	}
}

static void
read_severity(Rule *rule, JsonbContainer *object)
{
	JsonbValue *value = json_member(object, "severity");
	char *severity;

	if (value == NULL)
		return;
	severity = member_string(object, "severity", rule->name);
	rule->warn = strcmp(severity, "warn") == 0;
	if (!rule->warn && strcmp(severity, "error") != 0)
		invalid(rule->name, "\"severity\" must be error or warn.");
}

static void
read_rule(RuleList *list, Rule *rule, const JsonbValue *value)
{
	static const char *const members[] = {"rule",       "kind",     "columns",
										  "parameters", "severity", NULL};
	JsonbContainer *object;
	JsonbValue *member;

	if (!is_container(value, false))
		invalid(NULL, "\"rules\" must be an array of objects.");
	object = value->val.binary.data;
	rule->name = member_string(object, "rule", NULL);
	check_members(object, members, rule->name);
	rule->kind = read_kind(object, rule->name);
	read_rule_columns(list, rule, member_array(object, "columns", rule->name, 2));
	member = json_member(object, "parameters");
	if (member != NULL)
	{
		if (!is_container(member, false))
			invalid(rule->name, "\"parameters\" must be an object.");
		rule->parameters = member->val.binary.data;
	}
	check_parameters(rule);
	read_severity(rule, object);
	member = json_member(rule->parameters, "sensitive");
	rule->sensitive = member && !(member->type == jbvBool && !member->val.boolean);
}

static bool
reads_column(const Rule *rule, int column)
{
	return rule->columns[0] == column || rule->columns[rule->ncolumns - 1] == column;
}

/* Columns are sensitive: if one rule about a column says so, no other shows its values. */
static void
spread_sensitivity(RuleList *list)
{
	bool *sensitive = palloc0(sizeof(bool) * (list->ncolumns + 1));

	for (int i = 0; i < list->nrules; i++)
		for (int j = 0; list->rules[i].sensitive && j < list->rules[i].ncolumns; j++)
			sensitive[list->rules[i].columns[j]] = true;
	for (int column = 0; column < list->ncolumns; column++)
		for (int i = 0; sensitive[column] && i < list->nrules; i++)
			if (reads_column(&list->rules[i], column))
				list->rules[i].sensitive = true;
	list->sensitive = sensitive;
}

static void
read_rules(RuleList *list, JsonbContainer *array)
{
	list->rules = palloc0(sizeof(Rule) * (JsonContainerSize(array) + 1));
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_rule(list, &list->rules[i], getIthJsonbValueFromContainer(array, i));
		list->nrules++;
	}
	spread_sensitivity(list);
}

RuleList *
ruleset_read(JsonbContainer *root)
{
	static const char *const members[] = {"contract", "version", "table", "columns", "rules", NULL};
	RuleList *list = palloc0(sizeof(RuleList));

	if (!JsonContainerIsObject(root))
		invalid(NULL, "It must be a JSON object.");
	check_members(root, members, NULL);
	list->contract = member_string(root, "contract", NULL);
	list->version = member_string(root, "version", NULL);
	if (json_member(root, "table"))
		list->table = member_string(root, "table", NULL);
	read_columns(list, member_array(root, "columns", NULL, MAX_COLUMNS));
	read_rules(list, member_array(root, "rules", NULL, MAX_RULES));
	return list;
}

/* ---------------------------------------------------------------- input and output ---- */

static Ruleset *
ruleset_from_jsonb(Jsonb *json)
{
	Size size = offsetof(Ruleset, root) + VARSIZE(json) - VARHDRSZ;
	Ruleset *ruleset = palloc0(size);

	SET_VARSIZE(ruleset, size);
	ruleset->layout = RULESET_LAYOUT;
	memcpy(&ruleset->root, &json->root, VARSIZE(json) - VARHDRSZ);
	(void) ruleset_read(&ruleset->root);
	return ruleset;
}

Ruleset *
ruleset_from_text(char *text)
{
	return ruleset_from_jsonb(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
}

PG_FUNCTION_INFO_V1(ruleset_in);
Datum
ruleset_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_RULESET_P(ruleset_from_text(PG_GETARG_CSTRING(0)));
}

PG_FUNCTION_INFO_V1(ruleset_out);
Datum
ruleset_out(PG_FUNCTION_ARGS)
{
	Ruleset *ruleset = PG_GETARG_RULESET_P(0);

	PG_RETURN_CSTRING(JsonbToCString(NULL, &ruleset->root, VARSIZE(ruleset)));
}

PG_FUNCTION_INFO_V1(ruleset_recv);
Datum
ruleset_recv(PG_FUNCTION_ARGS)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int layout = pq_getmsgint(buf, 1);
	char *text;
	int length;

	if (layout != RULESET_LAYOUT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary input for type ruleset"),
				 errdetail("Its layout is %d; this release reads %d.", layout, RULESET_LAYOUT)));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &length);
	PG_RETURN_RULESET_P(ruleset_from_text(text));
}

PG_FUNCTION_INFO_V1(ruleset_send);
Datum
ruleset_send(PG_FUNCTION_ARGS)
{
	Ruleset *ruleset = PG_GETARG_RULESET_P(0);
	char *text = JsonbToCString(NULL, &ruleset->root, VARSIZE(ruleset));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint8(&buf, RULESET_LAYOUT);
	pq_sendtext(&buf, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* ruleset(jsonb) */
PG_FUNCTION_INFO_V1(ruleset_from_json);
Datum
ruleset_from_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_RULESET_P(ruleset_from_jsonb(PG_GETARG_JSONB_P(0)));
}
