/*
 * options.c: rules of rows from a property's logicalTypeOptions, enum and vector.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/regex.h"
#include "utils/builtins.h"

const Json *
first_of(const Json *object, const char *const *keys)
{
	for (; *keys; keys++)
	{
		const Json *value = json_get(object, *keys);

		if (value)
			return value;
	}
	return NULL;
}

static void
add_for_options(Compiler *compiler, Object *object, Column *column, const char *kind,
				const char *const *keys, Parameters *parameters)
{
	const Json *at = first_of(json_get(column->property, "logicalTypeOptions"), keys);

	if (!parameters_empty(parameters))
		add_row_rule(compiler, object, at, NULL, kind, list_make1(column), parameters);
}

/* Until 3.0 a boolean said that minimum is excluded; since 3.1 it is a bound of its own. */
static void
range_bound(Compiler *compiler, Parameters *parameters, const Json *options, const char *name,
			const char *exclusive_name, const char *parameter, const char *exclusive_parameter)
{
	const Json *bound = json_get(options, name);
	const Json *exclusive = json_get(options, exclusive_name);

	if (json_is(exclusive, JSON_IS_BOOLEAN))
	{
		if (compiler->standard >= STANDARD_3_1)
			finding(
				compiler, FINDING_ERROR, exclusive, "boolean_exclusive_bound",
				psprintf("%s is a boolean, as until version 3.0 of the standard", exclusive_name),
				pstrdup("Since 3.1 it is the bound itself."));
		else
			parameter_json(parameters, exclusive->boolean ? exclusive_parameter : parameter, bound);
		return;
	}
	parameter_json(parameters, parameter, bound);
	parameter_json(parameters, exclusive_parameter, exclusive);
}

static void
compile_range(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	static const char *const keys[] = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
									   NULL};
	Parameters *parameters = parameters_new();

	range_bound(compiler, parameters, options, "minimum", "exclusiveMinimum", "min",
				"min_exclusive");
	range_bound(compiler, parameters, options, "maximum", "exclusiveMaximum", "max",
				"max_exclusive");
	add_for_options(compiler, object, column, "range", keys, parameters);
}

static void
compile_length(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	static const char *const keys[] = {"minLength", "maxLength", NULL};
	Parameters *parameters = parameters_new();

	parameter_json(parameters, "min", json_get(options, "minLength"));
	parameter_json(parameters, "max", json_get(options, "maxLength"));
	add_for_options(compiler, object, column, "length", keys, parameters);
}

static void
compile_items(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	static const char *const keys[] = {"minItems", "maxItems", "uniqueItems", NULL};
	Parameters *parameters = parameters_new();

	parameter_json(parameters, "min", json_get(options, "minItems"));
	parameter_json(parameters, "max", json_get(options, "maxItems"));
	if (json_is_true(json_get(options, "uniqueItems")))
		parameter_raw(parameters, "unique", "true");
	add_for_options(compiler, object, column, "items", keys, parameters);
}

static void
compile_members(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	static const char *const keys[] = {"minProperties", "maxProperties", "required", NULL};
	Parameters *parameters = parameters_new();

	parameter_json(parameters, "min", json_get(options, "minProperties"));
	parameter_json(parameters, "max", json_get(options, "maxProperties"));
	if (json_is(json_get(options, "required"), JSON_IS_ARRAY))
		parameter_json(parameters, "required", json_get(options, "required"));
	add_for_options(compiler, object, column, "properties", keys, parameters);
}

static void
compile_pattern(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	const Json *pattern = json_get(options, "pattern");
	Parameters *parameters = parameters_new();
	char *regex = compile_regex(compiler, pattern);

	if (regex == NULL)
		return;
	parameter_text(parameters, "regex", regex);
	add_row_rule(compiler, object, pattern, NULL, "pattern", list_make1(column), parameters);
}

static void
compile_multiple(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	const Json *divisor = json_get(options, "multipleOf");
	Parameters *parameters = parameters_new();

	if (!json_is(divisor, JSON_IS_NUMBER))
		return;
	parameter_json(parameters, "divisor", divisor);
	add_row_rule(compiler, object, divisor, NULL, "multiple_of", list_make1(column), parameters);
}

/* Formats of integers are ranges. */
static bool
compile_integer_format(Compiler *compiler, Object *object, Column *column, const Json *format)
{
	static const struct
	{
		const char *name;
		const char *min;
		const char *max;
	} formats[] = {
		{"i8", "-128", "127"},
		{"i16", "-32768", "32767"},
		{"i32", "-2147483648", "2147483647"},
		{"i64", "-9223372036854775808", "9223372036854775807"},
		{"i128", "-170141183460469231731687303715884105728",
		 "170141183460469231731687303715884105727"},
		{"u8", "0", "255"},
		{"u16", "0", "65535"},
		{"u32", "0", "4294967295"},
		{"u64", "0", "18446744073709551615"},
		{"u128", "0", "340282366920938463463374607431768211455"},
	};

	for (size_t i = 0; i < lengthof(formats); i++)
	{
		Parameters *parameters;

		if (strcmp(format->text, formats[i].name) != 0)
			continue;
		parameters = parameters_new();
		parameter_raw(parameters, "min", formats[i].min);
		parameter_raw(parameters, "max", formats[i].max);
		add_row_rule(compiler, object, format, psprintf("%s.%s.format", object->name, column->name),
					 "range", list_make1(column), parameters);
		return true;
	}
	return false;
}

static void
compile_format(Compiler *compiler, Object *object, Column *column, const Json *options)
{
	const Json *format = json_get(options, "format");
	Parameters *parameters = parameters_new();

	if (json_string(format) == NULL)
		return;
	if (strcmp(column->type, "integer") == 0)
		compile_integer_format(compiler, object, column, format);
	if (strcmp(column->type, "string") != 0)
		return;
	parameter_text(parameters, "format", format->text);
	add_row_rule(compiler, object, format, NULL, "format", list_make1(column), parameters);
}

/* enum of version 3.2: values, bare or with labels */
static void
compile_enum(Compiler *compiler, Object *object, Column *column)
{
	const Json *values = json_get(column->property, "enum");
	Parameters *parameters = parameters_new();
	StringInfoData list;

	if (json_length(values) == 0)
		return;
	initStringInfo(&list);
	for (int i = 0; i < values->count; i++)
	{
		const Json *it = values->children[i];
		const Json *value = it->kind == JSON_IS_OBJECT ? json_get(it, "value") : it;

		if (value == NULL)
			continue;
		appendStringInfoString(&list, list.len ? ", " : "");
		json_write(&list, value);
	}
	parameter_raw(parameters, "values", psprintf("[%s]", list.data));
	add_row_rule(compiler, object, values, psprintf("%s.%s.enum", object->name, column->name),
				 "values", list_make1(column), parameters);
}

static void
compile_vector(Compiler *compiler, Object *object, Column *column)
{
	const Json *dimensions = json_get(json_get(column->property, "vector"), "dimensions");
	Parameters *parameters = parameters_new();

	if (!json_is(dimensions, JSON_IS_NUMBER))
		return;
	parameter_json(parameters, "dimensions", dimensions);
	add_row_rule(compiler, object, dimensions, NULL, "dimensions", list_make1(column), parameters);
}

void
compile_options(Compiler *compiler, Object *object, Column *column)
{
	const Json *options = json_get(column->property, "logicalTypeOptions");

	compile_enum(compiler, object, column);
	compile_vector(compiler, object, column);
	if (!json_is(options, JSON_IS_OBJECT))
		return;
	compile_range(compiler, object, column, options);
	compile_length(compiler, object, column, options);
	compile_pattern(compiler, object, column, options);
	compile_multiple(compiler, object, column, options);
	compile_format(compiler, object, column, options);
	compile_items(compiler, object, column, options);
	compile_members(compiler, object, column, options);
}
