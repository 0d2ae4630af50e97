/*
 * lint.c: options of properties, and schedules, that contradict their type, each other or themselves.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/iso_time.h"
#include "contract/standard.h"
#include "utils/builtins.h"

typedef enum OptionValue
{
	SIZE,      /* whole, not negative */
	BOUND,     /* number, or text for times */
	EXCLUSIVE, /* as BOUND, and until 3.0 a boolean */
	DIVISOR,   /* positive number */
	WORD,
	FLAG,
	WORDS
} OptionValue;

static const struct
{
	const char *name;
	const char *types; /* logical types that have it, each with blanks around */
	OptionValue value;
} options[] = {
	{"minLength", " string ", SIZE},
	{"maxLength", " string ", SIZE},
	{"pattern", " string ", WORD},
	{"format", " string date timestamp time integer number ", WORD},
	{"minimum", " date timestamp time integer number ", BOUND},
	{"maximum", " date timestamp time integer number ", BOUND},
	{"exclusiveMinimum", " date timestamp time integer number ", EXCLUSIVE},
	{"exclusiveMaximum", " date timestamp time integer number ", EXCLUSIVE},
	{"multipleOf", " integer number ", DIVISOR},
	{"timezone", " timestamp time ", FLAG},
	{"defaultTimezone", " timestamp time ", WORD},
	{"minItems", " array ", SIZE},
	{"maxItems", " array ", SIZE},
	{"uniqueItems", " array ", FLAG},
	{"minProperties", " object ", SIZE},
	{"maxProperties", " object ", SIZE},
	{"required", " object ", WORDS},
};

static bool
is_of_times(const char *type)
{
	return strcmp(type, "date") == 0 || strcmp(type, "timestamp") == 0 || strcmp(type, "time") == 0;
}

/* -------------------------------------------------------------------------- single ones ---- */

static const char *
expected_bound(const Json *value, const char *type)
{
	int64 ignored;

	if (is_of_times(type))
		return json_string(value) && iso_time(value->text, type, &ignored)
				   ? NULL
				   : "a string: 2026-01-31, 12:00:00, or both with a T between";
	if (type[0] == '\0' && json_string(value))
		return iso_time(value->text, "timestamp", &ignored) ||
					   iso_time(value->text, "time", &ignored)
				   ? NULL
				   : "a number, or a date or a time as of ISO 8601";
	return value->kind == JSON_IS_NUMBER ? NULL : "a number, without quotes";
}

/* What it must be; NULL if it is. */
static const char *
expected(const Compiler *compiler, const Json *value, OptionValue kind, const char *type)
{
	bool is_number = value->kind == JSON_IS_NUMBER;

	switch (kind)
	{
		case SIZE:
			return is_number && json_is_whole(value) && value->text[0] != '-'
					   ? NULL
					   : "a whole number, not negative";
		case DIVISOR:
			return is_number && strtod(value->text, NULL) > 0 ? NULL : "a number more than 0";
		case EXCLUSIVE:
			/* of what came with 3.1 the compiler tells */
			if (value->kind == JSON_IS_BOOLEAN)
				return NULL;
			if (compiler->standard == STANDARD_3_0 && !is_of_times(type))
				return "a boolean until version 3.0 of the standard";
			return expected_bound(value, type);
		case BOUND:
			return expected_bound(value, type);
		case WORD:
			return value->kind == JSON_IS_STRING ? NULL : "a string";
		case FLAG:
			return value->kind == JSON_IS_BOOLEAN ? NULL : "true or false";
		default:
			for (int i = 0; i < json_length(value); i++)
				if (value->children[i]->kind != JSON_IS_STRING)
					return "an array of strings";
			return json_length(value) > 0 ? NULL : "an array of strings";
	}
}

static int
option_number(const char *name)
{
	for (int i = 0; i < (int) lengthof(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return i;
	return -1;
}

static void
unknown_option(Compiler *compiler, const Json *option)
{
	const char *names[lengthof(options)];

	for (size_t i = 0; i < lengthof(options); i++)
		names[i] = options[i].name;
	finding(compiler, FINDING_ERROR, option, "unknown_field",
			psprintf("there is no option \"%s\"", option->key),
			did_you_mean(option->key, names, lengthof(names)));
}

static void
check_option(Compiler *compiler, const Json *option, const char *type)
{
	int n = option_number(option->key);
	const char *wanted;

	if (n < 0)
	{
		unknown_option(compiler, option);
		return;
	}
	if (type[0] && !has_word(options[n].types, type))
	{
		finding(compiler, FINDING_ERROR, option, "misplaced_option",
				psprintf("\"%s\" is no option of logicalType %s", option->key, type),
				psprintf("It is one of:%s", options[n].types));
		return;
	}
	wanted = expected(compiler, option, options[n].value, type);
	if (wanted)
		finding(compiler, FINDING_ERROR, option, "wrong_type",
				psprintf("%s is %s", option->key, json_printed(option)),
				psprintf("It must be %s.", wanted));
}

static void
check_format(Compiler *compiler, const Json *format, const char *type)
{
	static const char integers[] = " i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 ";
	static const char strings[] = " email uuid uri hostname ipv4 ipv6 date time date-time "
								  "password byte binary ";
	const char *known = strcmp(type, "integer") == 0  ? integers
						: strcmp(type, "number") == 0 ? " f32 f64 "
						: strcmp(type, "string") == 0 ? strings
													  : NULL;

	if (known == NULL || json_string(format) == NULL || has_word(known, format->text))
		return;
	finding(compiler, FINDING_WARNING, format, "not_enforced",
			psprintf("format %s of %s is unknown, and not enforced", json_printed(format), type),
			psprintf("Formats are:%s", known));
}

/* -------------------------------------------------------------------------------- pairs ---- */

/* Less than 0 if a is before b; 0 too if they cannot be compared. */
int
compare_bounds(const Json *a, const Json *b)
{
	int64 x;
	int64 y;

	if (json_is(a, JSON_IS_NUMBER) && json_is(b, JSON_IS_NUMBER))
		return json_compare_numbers(a, b);
	if (json_string(a) == NULL || json_string(b) == NULL)
		return 0;
	if ((iso_time(a->text, "timestamp", &x) && iso_time(b->text, "timestamp", &y)) ||
		(iso_time(a->text, "time", &x) && iso_time(b->text, "time", &y)))
		return (x > y) - (x < y);
	return 0;
}

static bool
check_order(Compiler *compiler, const Json *holder, const char *low, const char *high,
			bool may_be_equal)
{
	const Json *a = json_get(holder, low);
	const Json *b = json_get(holder, high);
	int order;

	if (a == NULL || b == NULL || a->kind == JSON_IS_BOOLEAN || b->kind == JSON_IS_BOOLEAN)
		return true;
	order = compare_bounds(a, b);
	if (order < 0 || (order == 0 && (may_be_equal || !json_same(a, b))))
		return true;
	finding(compiler, FINDING_ERROR, a, "reversed_bounds",
			psprintf("nothing is allowed: %s is %s, and %s %s", low, json_printed(a), high,
					 json_printed(b)),
			NULL);
	return false;
}

bool
check_bounds_order(Compiler *compiler, const Json *holder)
{
	return check_order(compiler, holder, "min", "max", true) &
		   check_order(compiler, holder, "min_exclusive", "max", false) &
		   check_order(compiler, holder, "min", "max_exclusive", false) &
		   check_order(compiler, holder, "min_exclusive", "max_exclusive", false);
}

static void
check_orders(Compiler *compiler, const Json *holder)
{
	check_order(compiler, holder, "minLength", "maxLength", true);
	check_order(compiler, holder, "minItems", "maxItems", true);
	check_order(compiler, holder, "minProperties", "maxProperties", true);
	check_order(compiler, holder, "minimum", "maximum", true);
	check_order(compiler, holder, "exclusiveMinimum", "maximum", false);
	check_order(compiler, holder, "minimum", "exclusiveMaximum", false);
	check_order(compiler, holder, "exclusiveMinimum", "exclusiveMaximum", false);
}

/* --------------------------------------------------------------------------- the property ---- */

static void
check_enum_values(Compiler *compiler, const Json *property, const char *type)
{
	const Json *values = json_get(property, "enum");
	bool numeric = strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;

	if (json_is(values, JSON_IS_ARRAY) && values->count == 0)
		finding(compiler, FINDING_ERROR, values, "empty_values",
				pstrdup("no value is valid: enum is empty"), NULL);
	for (int i = 0; i < json_length(values); i++)
	{
		const Json *value = json_get(values->children[i], "value");

		if (value && ((numeric && value->kind == JSON_IS_STRING) ||
					  (strcmp(type, "string") == 0 && value->kind == JSON_IS_NUMBER)))
			finding(
				compiler, FINDING_ERROR, value, "wrong_type",
				psprintf("value %s of enum is not of logicalType %s", json_printed(value), type),
				NULL);
	}
}

static void
check_key(Compiler *compiler, const Json *property)
{
	const Json *key = json_get(property, "primaryKey");
	const Json *required = json_get(property, "required");

	if (json_is_true(key) && json_is(required, JSON_IS_BOOLEAN) && !required->boolean)
		finding(compiler, FINDING_WARNING, required, "conflicting_rules",
				pstrdup("property of a primary key is said not to be required"),
				pstrdup("It is, as a part of the key."));
}

static void
check_vector(Compiler *compiler, const Json *property)
{
	const Json *dimensions = json_get(json_get(property, "vector"), "dimensions");

	if (json_is(dimensions, JSON_IS_NUMBER) && strtod(dimensions->text, NULL) < 1)
		finding(compiler, FINDING_ERROR, dimensions, "invalid_value",
				psprintf("dimensions is %s", dimensions->text), pstrdup("It must be 1 or more."));
}

void
check_options(Compiler *compiler, const Json *property)
{
	const Json *holder = json_get(property, "logicalTypeOptions");
	const char *type = json_get_string(property, "logicalType");

	if (type == NULL)
		type = "";
	check_enum_values(compiler, property, type);
	check_key(compiler, property);
	check_vector(compiler, property);
	if (!json_is(holder, JSON_IS_OBJECT))
		return;
	for (int i = 0; i < holder->count; i++)
		check_option(compiler, holder->children[i], type);
	check_format(compiler, json_get(holder, "format"), type);
	check_orders(compiler, holder);
}

/* ------------------------------------------------------------------------------ schedules ---- */

static const struct
{
	int first;
	int last;
	const char *names; /* three letters each */
} cron_fields[] = {
	{0, 59, ""},
	{0, 23, ""},
	{1, 31, ""},
	{1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
	{0, 7, "sunmontuewedthufrisat"},
};

/* A number or a name; -1 if it is none. */
static int
cron_value(const char **at, int field)
{
	int value = -1;

	if (**at >= '0' && **at <= '9')
	{
		value = 0;
		while (**at >= '0' && **at <= '9' && value < 1000)
			value = value * 10 + *(*at)++ - '0';
		return value >= cron_fields[field].first && value <= cron_fields[field].last ? value : -1;
	}
	for (int i = 0; cron_fields[field].names[i]; i += 3)
		if (pg_strncasecmp(*at, cron_fields[field].names + i, 3) == 0)
			value = cron_fields[field].first + i / 3;
	if (value >= 0)
		*at += 3;
	return value;
}

static bool
cron_part(const char **at, int field)
{
	int first;

	if (**at == '*')
		(*at)++;
	else if ((first = cron_value(at, field)) < 0)
		return false;
	else if (**at == '-')
	{
		int last;

		(*at)++;
		last = cron_value(at, field);
		if (last < first)
			return false;
	}
	if (**at != '/')
		return true;
	(*at)++;
	return cron_value(at, 0) > 0;
}

static bool
is_cron(const char *at)
{
	for (int field = 0; field < (int) lengthof(cron_fields); field++)
	{
		at += strspn(at, " \t");
		for (;;)
		{
			if (!cron_part(&at, field))
				return false;
			if (*at != ',')
				break;
			at++;
		}
		if (*at != '\0' && *at != ' ' && *at != '\t')
			return false;
	}
	return at[strspn(at, " \t")] == '\0';
}

void
check_schedule(Compiler *compiler, const Json *holder)
{
	const Json *schedule = json_get(holder, "schedule");
	const char *scheduler = json_get_string(holder, "scheduler");

	if (json_string(schedule) && scheduler && pg_strcasecmp(scheduler, "cron") == 0 &&
		!is_cron(schedule->text))
		finding(
			compiler, FINDING_WARNING, schedule, "invalid_schedule",
			psprintf("schedule %s is none that cron knows", json_printed(schedule)),
			pstrdup("It has five fields: minute, hour, day of the month, month, day of the week."));
}
