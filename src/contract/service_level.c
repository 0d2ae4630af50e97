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

double
seconds_of_unit(const char *unit)
{
	char *name = psprintf(" %s ", unit);

	for (size_t i = 0; i < lengthof(units); i++)
		if (strstr(units[i].names, name))
			return units[i].seconds;
	return -1;
}

/* ISO 8601: PnDTnHnMnS, PnW; -1 if it is none. */
static double
seconds_of_duration(const char *text)
{
	double sum = 0;
	bool time = false;
	bool any = false;

	if (*text++ != 'P')
		return -1;
	while (*text)
	{
		char *end;
		double n;

		if (*text == 'T' && !time)
		{
			time = true;
			text++;
			continue;
		}
		if (*text < '0' || *text > '9')
			return -1;
		n = strtod(text, &end);
		switch (*end)
		{
			case 'Y':
				n *= 31556952;
				break;
			case 'M':
				n *= time ? 60 : 2629746;
				break;
			case 'W':
				n *= 604800;
				break;
			case 'D':
				n *= 86400;
				break;
			case 'H':
				n *= 3600;
				break;
			case 'S':
				break;
			default:
				return -1;
		}
		if (*end != 'M' && (strchr("HS", *end) != NULL) != time)
			return -1;
		sum += n;
		any = true;
		text = end + 1;
	}
	return any ? sum : -1;
}

/* Value and unit as seconds; -1, and a finding, if they are no time. */
double
seconds_of(Compiler *compiler, const Json *value, const Json *unit)
{
	double number;
	double seconds;

	if (json_string(value) && !unit)
	{
		seconds = seconds_of_duration(value->text);
		if (seconds < 0)
			finding(compiler, FINDING_ERROR, value, "invalid_duration",
					psprintf("%s is no duration", json_printed(value)),
					pstrdup("Write a number and a unit, or a duration as of ISO 8601: PT6H."));
		return seconds;
	}
	if (!json_is(value, JSON_IS_NUMBER) || json_string(unit) == NULL)
	{
		finding(compiler, FINDING_ERROR, value, "invalid_duration",
				psprintf("%s without a unit is no duration", json_printed(value)),
				pstrdup("Units are s, m (minutes), h, d, w, mo and y."));
		return -1;
	}
	number = strtod(value->text, NULL);
	seconds = seconds_of_unit(unit->text);
	if (seconds < 0 || number < 0)
	{
		finding(compiler, FINDING_ERROR, seconds < 0 ? unit : value, "invalid_duration",
				psprintf("%s %s is no duration", value->text, unit->text),
				pstrdup("Units are s, m (minutes), h, d, w, mo and y."));
		return -1;
	}
	return number * seconds;
}

void
add_freshness(Compiler *compiler, const Object *object, Column *column, const Json *at,
			  const char *name, double seconds)
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
		part += strspn(part, " ");
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
