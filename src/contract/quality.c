/*
 * quality.c: rules from the quality checks of tables and columns.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/kinds.h"
#include "contract/regex.h"
#include "contract/sql_text.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* A check, as far as all types of checks are alike. */
typedef struct Check
{
	const Json *json;
	const char *name;     /* NULL: it has none */
	const Json *operator; /* the key's value; NULL: none or not one */
	const char *sql_operator;
	char *bounds;
	const char *unit;
} Check;

static const struct
{
	const char *key;
	const char *sql;
} operators[] = {
	{"mustBe", "="},
	{"mustNotBe", "<>"},
	{"mustBeGreaterThan", ">"},
	{"mustBeGreaterOrEqualTo", ">="},
	{"mustBeLessThan", "<"},
	{"mustBeLessOrEqualTo", "<="},
	{"mustBeBetween", "between"},
	{"mustNotBeBetween", "not between"},
};

static const char OPERATORS_HINT[] =
	"Say one of mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, "
	"mustBeLessOrEqualTo, mustBeBetween and mustNotBeBetween.";

/* -------------------------------------------------------------------------- operators ---- */

static bool
read_between(Compiler *compiler, Check *check)
{
	const Json *bounds = check->operator;

	if (json_length(bounds) != 2 || bounds->children[0]->kind != JSON_IS_NUMBER ||
		bounds->children[1]->kind != JSON_IS_NUMBER)
	{
		finding(compiler, FINDING_ERROR, bounds, "invalid_bound",
				psprintf("%s is %s", bounds->key, json_printed(bounds)),
				pstrdup("It must be an array of two numbers, the smaller one first."));
		return false;
	}
	if (json_compare_numbers(bounds->children[0], bounds->children[1]) > 0)
	{
		finding(compiler, FINDING_ERROR, bounds, "reversed_bounds",
				psprintf("bounds of %s are reversed: %s", bounds->key, json_printed(bounds)),
				pstrdup("The smaller one stands first."));
		return false;
	}
	check->bounds = psprintf("[%s, %s]", bounds->children[0]->text, bounds->children[1]->text);
	return true;
}

/* What a query answers may be a boolean, which counts as 1 or 0. */
static bool
read_bound(Compiler *compiler, Check *check)
{
	const Json *bound = check->operator;

	if (strstr(check->sql_operator, "between"))
		return read_between(compiler, check);
	if (bound->kind == JSON_IS_BOOLEAN && json_get(check->json, "query"))
		check->bounds = pstrdup(bound->boolean ? "[1]" : "[0]");
	else if (bound->kind == JSON_IS_NUMBER)
		check->bounds = psprintf("[%s]", bound->text);
	else
	{
		finding(compiler, FINDING_ERROR, bound, "invalid_bound",
				psprintf("%s is %s", bound->key, json_printed(bound)),
				pstrdup("It must be a number, without quotes."));
		return false;
	}
	return true;
}

/* Exactly one operator, with bounds that it can compare with. */
static bool
read_operator(Compiler *compiler, Check *check)
{
	for (size_t i = 0; i < lengthof(operators); i++)
	{
		const Json *it = json_get(check->json, operators[i].key);

		if (it == NULL)
			continue;
		if (check->operator)
		{
			finding(compiler, FINDING_ERROR, it, "two_operators",
					psprintf("check has two operators, %s and %s", check->operator->key, it->key),
					pstrdup("Write two checks, or mustBeBetween, which includes both bounds."));
			return false;
		}
		check->operator= it;
		check->sql_operator = operators[i].sql;
	}
	if (check->operator== NULL)
	{
		finding(compiler, FINDING_ERROR, check->json, "no_operator",
				pstrdup("check compares with nothing"), pstrdup(OPERATORS_HINT));
		return false;
	}
	return read_bound(compiler, check);
}

/* ------------------------------------------------------------------------------- units ---- */

static bool
read_unit(Compiler *compiler, Check *check)
{
	const Json *unit = json_get(check->json, "unit");

	check->unit = "rows";
	if (unit == NULL)
		return true;
	if (json_string(unit) && strcmp(unit->text, "percent") == 0)
		check->unit = "percent";
	else if (json_string(unit) == NULL || strcmp(unit->text, "rows") != 0)
	{
		finding(compiler, FINDING_ERROR, unit, "unknown_unit",
				psprintf("unit is %s", json_printed(unit)),
				pstrdup("The units of these metrics are rows and percent."));
		return false;
	}
	return true;
}

static double
bound_number(const Check *check, int n)
{
	const Json *bound = check->operator;

	return strtod(bound->kind == JSON_IS_ARRAY ? bound->children[n]->text : bound->text, NULL);
}

static void
check_bounds_are_possible(Compiler *compiler, const Check *check)
{
	int n = check->operator->kind == JSON_IS_ARRAY ? 2 : 1;

	for (int i = 0; i < n; i++)
	{
		double bound = bound_number(check, i);

		if (bound < 0)
			finding(compiler, FINDING_WARNING, check->operator, "impossible_bound",
					psprintf("what is counted is never negative, and compared with %g", bound),
					NULL);
		else if (strcmp(check->unit, "percent") == 0 && bound > 100)
			finding(compiler, FINDING_WARNING, check->operator, "impossible_bound",
					psprintf("a percentage is never more than 100, and compared with %g", bound),
					NULL);
	}
}

/* Whether no row may fail: such a check judges each row by itself. */
static bool
forbids_any(const Check *check)
{
	double bound = check->operator->kind == JSON_IS_ARRAY ? -1 : bound_number(check, 0);
	bool in_rows = strcmp(check->unit, "rows") == 0;

	return (strcmp(check->sql_operator, "=") == 0 && bound == 0) ||
		   (strcmp(check->sql_operator, "<=") == 0 && bound >= 0 &&
			(in_rows ? bound < 1 : bound == 0)) ||
		   (strcmp(check->sql_operator, "<") == 0 && in_rows && bound > 0 && bound <= 1);
}

/* ---------------------------------------------------------------------------- severity ---- */

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (pg_strcasecmp(word, *words) == 0)
			return true;
	return false;
}

static void
take_severity(Compiler *compiler, Rule *rule, const Json *check)
{
	static const char *const mild[] = {"warn",  "warning", "info",   "information", "notice",
									   "minor", "low",     "medium", "trivial",     NULL};
	static const char *const grave[] = {"error", "fail",  "failure", "high", "critical",
										"major", "fatal", "blocker", NULL};
	const Json *severity = json_get(check, "severity");

	if (json_string(severity) == NULL)
		return;
	rule->warns = is_one_of(severity->text, mild);
	if (!rule->warns && !is_one_of(severity->text, grave))
		finding(compiler, FINDING_WARNING, severity, "unknown_severity",
				psprintf("severity %s counts as error", json_printed(severity)),
				pstrdup("Severities are error and warning; info, minor and low count as warning, "
						"critical, major and high as error."));
}

static void
take_common(Compiler *compiler, Rule *rule, const Check *check)
{
	take_severity(compiler, rule, check->json);
	rule->dimension = json_get_string(check->json, "dimension");
	rule->description = json_get_string(check->json, "description");
}

static void
add_check_rule(Compiler *compiler, Object *object, const Check *check, const char *kind,
			   List *columns, Parameters *parameters)
{
	take_common(compiler,
				add_table_rule(compiler, object, check->json, check->name, kind, columns,
							   parameters, check->sql_operator, check->bounds, check->unit),
				check);
}

static void
add_check_row_rule(Compiler *compiler, Object *object, const Check *check, const char *kind,
				   List *columns, Parameters *parameters)
{
	take_common(compiler,
				add_row_rule(compiler, object, check->json, check->name, kind, columns, parameters),
				check);
}

/* ----------------------------------------------------------------------------- metrics ---- */

static void
row_count(Compiler *compiler, Object *object, Column *column, Check *check)
{
	if (strcmp(check->unit, "percent") == 0)
		finding(compiler, FINDING_ERROR, json_get(check->json, "unit"), "percent_of_rows",
				pstrdup("rowCount in percent is always 100"), pstrdup("Its unit is rows."));
	else
		add_check_rule(compiler, object, check, "row_count", NIL, NULL);
}

static void
null_values(Compiler *compiler, Object *object, Column *column, Check *check)
{
	if (forbids_any(check))
		add_check_row_rule(compiler, object, check, "required", list_make1(column), NULL);
	else
		add_check_rule(compiler, object, check, "missing", list_make1(column), NULL);
}

/* Without NULL, which "required" forbids. */
static char *
values_but_null(const Json *values)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < values->count; i++)
		if (values->children[i]->kind != JSON_IS_NULL)
		{
			appendStringInfoString(&list, list.len ? ", " : "");
			json_write(&list, values->children[i]);
		}
	return list.len ? psprintf("[%s]", list.data) : NULL;
}

static void
forbid_missing(Compiler *compiler, Object *object, Column *column, Check *check, const Json *values)
{
	char *forbidden = values_but_null(values);
	Parameters *parameters = parameters_new();

	add_check_row_rule(compiler, object, check, "required", list_make1(column), NULL);
	if (forbidden == NULL)
		return;
	parameter_raw(parameters, "values", forbidden);
	add_check_row_rule(compiler, object, check, "not_values", list_make1(column), parameters);
}

/* NULL is missing whether it is listed or not. */
static void
missing_values(Compiler *compiler, Object *object, Column *column, Check *check)
{
	const Json *values = json_get(json_get(check->json, "arguments"), "missingValues");
	Parameters *parameters = parameters_new();

	if (json_length(values) == 0)
	{
		finding(compiler, FINDING_ERROR, check->json, "missing_argument",
				pstrdup("missingValues does not say which values count as missing"),
				pstrdup("Add \"arguments\": {\"missingValues\": [null, \"\", \"N/A\"]}, or use "
						"nullValues."));
		return;
	}
	if (forbids_any(check))
	{
		forbid_missing(compiler, object, column, check, values);
		return;
	}
	parameter_json(parameters, "values", values);
	add_check_rule(compiler, object, check, "missing", list_make1(column), parameters);
}

static void
invalid_by(Compiler *compiler, Object *object, Column *column, Check *check, const char *kind,
		   Parameters *parameters)
{
	if (forbids_any(check))
	{
		add_check_row_rule(compiler, object, check, kind, list_make1(column), parameters);
		return;
	}
	parameter_text(parameters, "check", kind);
	add_check_rule(compiler, object, check, "invalid", list_make1(column), parameters);
}

static void
invalid_by_pattern(Compiler *compiler, Object *object, Column *column, Check *check,
				   const Json *pattern)
{
	Parameters *parameters = parameters_new();
	char *regex = compile_regex(compiler, pattern);

	if (regex == NULL)
		return;
	parameter_text(parameters, "regex", regex);
	invalid_by(compiler, object, column, check, "pattern", parameters);
}

static void
invalid_by_values(Compiler *compiler, Object *object, Column *column, Check *check,
				  const Json *values)
{
	Parameters *parameters = parameters_new();

	if (json_length(values) == 0)
	{
		finding(compiler, FINDING_ERROR, values, "empty_values",
				pstrdup("no value is valid: validValues is empty"), NULL);
		return;
	}
	parameter_json(parameters, "values", values);
	invalid_by(compiler, object, column, check, "values", parameters);
}

static void
invalid_values(Compiler *compiler, Object *object, Column *column, Check *check)
{
	const Json *arguments = json_get(check->json, "arguments");
	/* until 3.0 they stood beside the rule */
	const Json *where = compiler->standard == STANDARD_3_0 && !arguments ? check->json : arguments;
	const Json *values = json_get(where, "validValues");
	const Json *pattern = json_get(where, "pattern");

	if (values && pattern)
		finding(compiler, FINDING_ERROR, pattern, "two_criteria",
				pstrdup("invalidValues has both validValues and a pattern"),
				pstrdup("Write two checks."));
	else if (values)
		invalid_by_values(compiler, object, column, check, values);
	else if (pattern)
		invalid_by_pattern(compiler, object, column, check, pattern);
	else
		finding(compiler, FINDING_ERROR, check->json, "missing_argument",
				pstrdup("invalidValues does not say what is valid"),
				pstrdup("Add \"arguments\": {\"validValues\": [...]} or {\"pattern\": \"...\"}."));
}

/* The columns that a list names; NIL, and findings, if one is none. */
List *
columns_named(Compiler *compiler, Object *object, const Json *names)
{
	List *columns = NIL;
	bool known = true;

	for (int i = 0; i < json_length(names); i++)
	{
		const Json *name = names->children[i];
		Column *column = json_string(name) ? find_column(object, name->text) : NULL;

		if (column == NULL)
		{
			finding(compiler, FINDING_ERROR, name, "dangling_reference",
					psprintf("object \"%s\" has no property %s", object->name, json_printed(name)),
					NULL);
			known = false;
		}
		else if (list_member_ptr(columns, column))
		{
			finding(compiler, FINDING_ERROR, name, "duplicate_name",
					psprintf("property %s is named twice", json_printed(name)), NULL);
			known = false;
		}
		else
			columns = lappend(columns, column);
	}
	return known ? columns : NIL;
}

static void
duplicate_values(Compiler *compiler, Object *object, Column *column, Check *check)
{
	const Json *names = json_get(json_get(check->json, "arguments"), "properties");
	List *columns =
		names ? columns_named(compiler, object, names) : (column ? list_make1(column) : NIL);

	if (columns != NIL)
		add_check_rule(compiler, object, check, "duplicates", columns, NULL);
	else if (json_length(names) == 0)
		finding(compiler, FINDING_ERROR, check->json, "missing_argument",
				pstrdup("duplicateValues of a table does not say of which columns"),
				pstrdup("Add \"arguments\": {\"properties\": [...]}."));
}

typedef enum MetricPlace
{
	OF_TABLE = 1,
	OF_COLUMN = 2,
	OF_EITHER = 3
} MetricPlace;

static const struct
{
	const char *name;
	MetricPlace place;
	void (*compile)(Compiler *, Object *, Column *, Check *);
} metrics[] = {
	{"rowCount", OF_TABLE, row_count},
	{"nullValues", OF_COLUMN, null_values},
	{"missingValues", OF_COLUMN, missing_values},
	{"invalidValues", OF_COLUMN, invalid_values},
	{"duplicateValues", OF_EITHER, duplicate_values},
	/* until 3.0 */
	{"nullCheck", OF_COLUMN, null_values},
	{"validValues", OF_COLUMN, invalid_values},
	{"duplicateCount", OF_EITHER, duplicate_values},
	{"uniqueCheck", OF_EITHER, duplicate_values},
};

static void
compile_metric(Compiler *compiler, Object *object, Column *column, Check *check, const Json *metric)
{
	for (size_t i = 0; i < lengthof(metrics); i++)
	{
		if (strcmp(metrics[i].name, metric->text) != 0)
			continue;
		if (!(metrics[i].place & (column ? OF_COLUMN : OF_TABLE)))
			finding(compiler, FINDING_ERROR, metric, "misplaced_metric",
					psprintf("metric %s is one of %s", metric->text,
							 column ? "tables, and stands at a property"
									: "properties, and stands at a table"),
					NULL);
		else if (read_operator(compiler, check) & read_unit(compiler, check))
		{
			check_bounds_are_possible(compiler, check);
			metrics[i].compile(compiler, object, column, check);
		}
		return;
	}
	finding(compiler, FINDING_ERROR, metric, "unknown_metric",
			psprintf("metric %s is unknown", json_printed(metric)),
			pstrdup("Metrics are rowCount, nullValues, missingValues, invalidValues and "
					"duplicateValues."));
}

static void
compile_library(Compiler *compiler, Object *object, Column *column, Check *check)
{
	static const char *const keys[] = {"metric", "rule", NULL};
	const Json *metric = first_of(check->json, keys);

	if (json_string(metric))
		compile_metric(compiler, object, column, check, metric);
	else
		finding(compiler, FINDING_ERROR, check->json, "empty_check",
				pstrdup("check names no metric"),
				pstrdup("Add \"metric\", or another \"type\": text, sql or custom."));
}

/* --------------------------------------------------------------------------------- sql ---- */

static const struct
{
	const char *name;
	bool of_column;
} placeholders[] = {
	{"object", false},  {"table", false}, {"model", false},
	{"property", true}, {"column", true}, {"field", true},
};

/* Length of the placeholder that text begins with, 0 if it does not; its meaning in *with. */
static int
placeholder(const char *text, Object *object, const Column *column, const char **with)
{
	int start = text[0] == '$' ? 2 : 1;

	if (text[start - 1] != '{')
		return 0;
	for (size_t i = 0; i < lengthof(placeholders); i++)
	{
		int len = strlen(placeholders[i].name);

		if (strncmp(text + start, placeholders[i].name, len) != 0 || text[start + len] != '}')
			continue;
		if (placeholders[i].of_column && column == NULL)
			return 0;
		*with =
			placeholders[i].of_column ? quote_identifier(column->physical_name) : object->relation;
		return start + len + 1;
	}
	return 0;
}

static char *
fill_in(const char *query, Object *object, const Column *column)
{
	StringInfoData buf;

	initStringInfo(&buf);
	while (*query)
	{
		const char *with = NULL;
		int len = placeholder(query, object, column, &with);

		if (len > 0)
			appendStringInfoString(&buf, with);
		else
			appendStringInfoChar(&buf, *query);
		query += Max(len, 1);
	}
	return buf.data;
}

static void
compile_sql(Compiler *compiler, Object *object, Column *column, Check *check)
{
	const char *query = json_get_string(check->json, "query");
	Parameters *parameters = parameters_new();
	char *filled;

	if (query == NULL || query[0] == '\0')
		finding(compiler, FINDING_ERROR, check->json, "empty_check",
				pstrdup("sql check has no query"), NULL);
	else if (read_operator(compiler, check))
	{
		filled = fill_in(query, object, column);
		if (!check_sql(compiler, json_get(check->json, "query"), filled, false))
			return;
		check->unit = "none";
		parameter_text(parameters, "query", filled);
		add_check_rule(compiler, object, check, "sql", column ? list_make1(column) : NIL,
					   parameters);
	}
}

/* ------------------------------------------------------------------------------ custom ---- */

/* Whether the check says how many rows may fail. */
static bool
has_operator(const Check *check)
{
	for (size_t i = 0; i < lengthof(operators); i++)
		if (json_get(check->json, operators[i].key))
			return true;
	return false;
}

static bool
read_kind_unit(Compiler *compiler, const Kind *kind, Check *check)
{
	const Json *unit = json_get(check->json, "unit");

	check->unit = json_string(unit) ? unit->text : kind->unit;
	if (kind->units == NULL || has_word(kind->units, check->unit))
		return true;
	finding(compiler, FINDING_ERROR, unit, "unknown_unit",
			psprintf("unit is %s", json_printed(unit)), psprintf("Allowed:%s", kind->units));
	return false;
}

/* How old the latest row may be is one bound from above. */
static bool
is_possible_operator(Compiler *compiler, const Kind *kind, const Check *check)
{
	if (strcmp(kind->name, "freshness") != 0 || check->sql_operator[0] == '<')
		return true;
	finding(compiler, FINDING_ERROR, check->operator, "misplaced_operator",
			psprintf("freshness is compared by %s", check->operator->key),
			pstrdup("It is mustBeLessThan or mustBeLessOrEqualTo."));
	return false;
}

/* Of rows: each is judged by itself, unless the check says how many may fail. */
static void
compile_row_kind(Compiler *compiler, Object *object, Check *check, const Kind *kind, List *columns,
				 Parameters *parameters)
{
	bool is_required = strcmp(kind->name, "required") == 0;

	if (has_operator(check))
	{
		if (!(read_operator(compiler, check) & read_unit(compiler, check)))
			return;
		check_bounds_are_possible(compiler, check);
		if (!forbids_any(check))
		{
			if (!is_required)
				parameter_text(parameters, "check", kind->name);
			add_check_rule(compiler, object, check, is_required ? "missing" : "invalid", columns,
						   parameters);
			return;
		}
	}
	add_check_row_rule(compiler, object, check, kind->name, columns, parameters);
}

static void
compile_table_kind(Compiler *compiler, Object *object, Check *check, const Kind *kind,
				   List *columns, Parameters *parameters)
{
	const Json *implementation = json_get(check->json, "implementation");
	const Json *to = json_get(implementation, "to");

	if (to && json_length(to) != list_length(columns))
		finding(compiler, FINDING_ERROR, to, "uneven_reference",
				psprintf("%d columns refer to %d", list_length(columns), json_length(to)), NULL);
	else if (has_even_slices(compiler, json_get(implementation, "slices"), list_length(columns)) &&
			 (read_operator(compiler, check) && is_possible_operator(compiler, kind, check)) &
				 read_kind_unit(compiler, kind, check))
		add_check_rule(compiler, object, check, kind->name, columns, parameters);
}

/* Columns that arguments name, as the label of an agreement. */
static bool
take_column_arguments(Compiler *compiler, Object *object, const Json *implementation,
					  Parameters *parameters, List **columns)
{
	const char *kind = json_get_string(implementation, "kind");

	if (strcmp(kind, "agreement") == 0)
		return column_member(compiler, object, implementation, "unit", parameters, columns) &
			   column_member(compiler, object, implementation, "rater", parameters, columns) &
			   column_member(compiler, object, implementation, "label", parameters, columns);
	if (strcmp(kind, "accuracy") == 0)
		return column_member(compiler, object, implementation, "key", parameters, columns) &
			   column_member(compiler, object, implementation, "label", parameters, columns);
	return true;
}

static void
compile_kind(Compiler *compiler, Object *object, Column *column, Check *check,
			 const Json *implementation)
{
	const Kind *kind = kind_named(json_get_string(implementation, "kind"));
	const Json *names = json_get(implementation, "columns");
	Parameters *parameters;
	List *columns = NIL;

	if (kind == NULL)
	{
		finding(compiler, FINDING_ERROR, implementation, "unknown_kind",
				pstrdup("implementation names no kind of rule that there is"),
				psprintf("Kinds are %s.", kind_names()));
		return;
	}
	parameters = kind_parameters(compiler, kind, implementation);
	if (names)
		columns = columns_named(compiler, object, names);
	else if (column && kind->max_columns > 0)
		columns = list_make1(column);
	if (parameters == NULL || (names && json_length(names) > 0 && columns == NIL) ||
		!has_columns(compiler, kind, implementation, columns) ||
		!take_column_arguments(compiler, object, implementation, parameters, &columns))
		return;
	if (kind->of_table)
		compile_table_kind(compiler, object, check, kind, columns, parameters);
	else
		compile_row_kind(compiler, object, check, kind, columns, parameters);
}

static void
compile_custom(Compiler *compiler, Object *object, Column *column, Check *check)
{
	const char *engine = json_get_string(check->json, "engine");
	const Json *implementation = json_get(check->json, "implementation");

	if (engine == NULL || implementation == NULL)
		finding(compiler, FINDING_ERROR, check->json, "empty_check",
				pstrdup("custom check needs engine and implementation"), NULL);
	else if (strcmp(engine, "aidataops") == 0)
		compile_kind(compiler, object, column, check, implementation);
	else
		finding(compiler, FINDING_NOTE, check->json, "not_enforced",
				psprintf("check of engine \"%s\" is kept, not run", engine),
				pstrdup("Rules of engine aidataops are."));
}

/* -------------------------------------------------------------------------------- all ---- */

static void
compile_check(Compiler *compiler, Object *object, Column *column, const Json *json)
{
	const char *type = json_get_string(json, "type");
	Check check = {.json = json};

	check.name = json_get_string(json, "id");
	if (check.name == NULL)
		check.name = json_get_string(json, "name");
	if (type == NULL || strcmp(type, "library") == 0)
		compile_library(compiler, object, column, &check);
	else if (strcmp(type, "sql") == 0)
		compile_sql(compiler, object, column, &check);
	else if (strcmp(type, "custom") == 0)
		compile_custom(compiler, object, column, &check);
	else if (strcmp(type, "text") == 0 && json_get_string(json, "description") == NULL)
		finding(compiler, FINDING_ERROR, json, "empty_check",
				pstrdup("text check has no description"), NULL);
}

void
compile_quality(Compiler *compiler, Object *object, Column *column, const Json *quality)
{
	for (int i = 0; i < json_length(quality); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (quality->children[i]->kind == JSON_IS_OBJECT)
			compile_check(compiler, object, column, quality->children[i]);
	}
}
