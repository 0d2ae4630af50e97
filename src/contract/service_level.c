/*
 * service_level.c: rules from what a document says of service levels: how fresh data are.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/service_level.h"
#include "utils/builtins.h"

/* The unit m is minutes here: a latency of months is not one. */
static const struct
{
	const char *names; /* surrounded by blanks */
	double seconds;
} units[] = {
	{" s sec second seconds ", 1},   {" m min minute minutes ", 60}, {" h hr hour hours ", 3600},
	{" d day days ", 86400},         {" w wk week weeks ", 604800},  {" mo month months ", 2629746},
	{" y yr year years ", 31556952},
};

/* A thousand years: what is longer is a slip, and no interval far beyond. */
#define MAX_SECONDS 31556952000.0

static double
seconds_of_unit(const char *unit)
{
	for (size_t i = 0; i < lengthof(units); i++)
		if (has_word(units[i].names, unit))
			return units[i].seconds;
	return -1;
}

/* Digits, with or without a fraction; strtod() would read hexadecimal and exponents too. */
static const char *
skip_number(const char *text)
{
	const char *digits = "0123456789";
	size_t whole = strspn(text, digits);

	if (whole == 0)
		return NULL;
	text += whole;
	if ((*text == '.' || *text == ',') && strspn(text + 1, digits) > 0)
		text += 1 + strspn(text + 1, digits);
	return text;
}

static double
number_of(const char *text, const char *end)
{
	char *number = pnstrdup(text, end - text);
	char *comma = strchr(number, ',');

	if (comma)
		*comma = '.'; /* ISO 8601 allows both */
	return strtod(number, NULL);
}

static double
seconds_of_letter(char letter, bool time)
{
	static const char letters[] = "HMSYMWD"; /* the first three after the T */
	static const double seconds[] = {3600, 60, 1, 31556952, 2629746, 604800, 86400};

	for (int i = time ? 0 : 3; i < (time ? 3 : 7); i++)
		if (letter == letters[i])
			return seconds[i];
	return -1;
}

/* ISO 8601: PnYnMnDTnHnMnS, PnW; -1 if it is none. */
static double
seconds_of_duration(const char *text)
{
	double sum = 0;
	bool time = false;
	bool complete = false;

	if (*text++ != 'P')
		return -1;
	while (*text)
	{
		const char *end = skip_number(text);
		double unit;

		if (*text == 'T' && !time)
		{
			time = true;
			complete = false;
			text++;
			continue;
		}
		unit = end ? seconds_of_letter(*end, time) : -1;
		if (unit < 0)
			return -1;
		sum += unit * number_of(text, end);
		complete = true;
		text = end + 1;
	}
	return complete ? sum : -1;
}

static double
refuse_duration(Compiler *compiler, const Json *at, char *message)
{
	finding(
		compiler, FINDING_ERROR, at, "invalid_duration", message,
		pstrdup("Write a number with a unit, s, m (minutes), h, d, w, mo or y, or a duration as of "
				"ISO 8601: PT6H. It is 1000 years at most."));
	return -1;
}

/* Value and unit as seconds; -1, and a finding, if they are no time. */
double
seconds_of(Compiler *compiler, const Json *value, const Json *unit)
{
	double seconds;

	if (json_string(value) && !unit)
		seconds = seconds_of_duration(value->text);
	else if (json_is(value, JSON_IS_NUMBER) && json_string(unit))
	{
		seconds = seconds_of_unit(unit->text);
		if (seconds < 0)
			return refuse_duration(compiler, unit, psprintf("unit is %s", json_printed(unit)));
		seconds *= strtod(value->text, NULL);
	}
	else
		return refuse_duration(compiler, value,
							   psprintf("%s %s unit is no duration", json_printed(value),
										unit ? "with such a" : "without a"));
	if (seconds >= 0 && seconds <= MAX_SECONDS)
		return seconds;
	return refuse_duration(compiler, value,
						   psprintf("%s%s%s is no duration", json_printed(value), unit ? " " : "",
									unit ? unit->text : ""));
}

void
add_freshness(Compiler *compiler, Object *object, Column *column, const Json *at, const char *name,
			  double seconds)
{
	add_table_rule(compiler, object, at, name, "freshness", list_make1(column), NULL,
				   "<=", psprintf("[%.15g]", seconds), "seconds");
}

/* element: table.column, or several after commas */
static void
compile_element(Compiler *compiler, const Json *level, const Json *where, char *element,
				double seconds)
{
	char *dot = strrchr(element, '.');
	Object *object;
	Column *column;

	if (dot)
		*dot = '\0';
	object = dot ? find_object(compiler, element) : NULL;
	column = object ? find_column(object, dot + 1) : NULL;
	if (dot)
		*dot = '.';
	if (column == NULL)
	{
		finding(compiler, FINDING_ERROR, where, "dangling_reference",
				psprintf("there is no property \"%s\"", element),
				pstrdup("Write table.column, as the document names them."));
		return;
	}
	add_freshness(compiler, object, column, level, json_get_string(level, "id"), seconds);
}

static void
trim(char **text)
{
	char *end = *text + strlen(*text);

	while (end > *text && end[-1] == ' ')
		*--end = '\0';
	*text += strspn(*text, " ");
}

static void
compile_latency(Compiler *compiler, const Json *level)
{
	const Json *element = json_get(level, "element");
	double seconds = seconds_of(compiler, json_get(level, "value"), json_get(level, "unit"));
	char *rest;
	char *part;

	if (element == NULL)
		element = json_get(compiler->document, "slaDefaultElement");
	if (seconds < 0)
		return;
	if (json_string(element) == NULL)
	{
		finding(compiler, FINDING_WARNING, level, "not_enforced",
				pstrdup("latency of nothing in particular is not measured"),
				pstrdup("Add \"element\": \"table.column\", a column of times."));
		return;
	}
	rest = pstrdup(element->text);
	while ((part = strsep(&rest, ",")) != NULL)
	{
		trim(&part);
		compile_element(compiler, level, element, part, seconds);
	}
}

static bool
is_latency(const char *property)
{
	static const char *const names[] = {"latency", "ly", "freshness"};

	for (size_t i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(property, names[i]) == 0)
			return true;
	return false;
}

void
compile_service_levels(Compiler *compiler)
{
	const Json *levels = json_get(compiler->document, "slaProperties");

	for (int i = 0; i < json_length(levels); i++)
	{
		const Json *level = levels->children[i];
		const char *property = json_get_string(level, "property");

		if (property == NULL || json_get(level, "value") == NULL)
			continue;
		if (is_latency(property))
			compile_latency(compiler, level);
		else
			finding(compiler, FINDING_NOTE, level, "not_enforced",
					psprintf("service level \"%s\" is kept, not measured", property), NULL);
	}
}
