/*
 * extension.c: rules that the standard does not know, from customProperties whose names begin with aidataops.
 *
 * Each has an object as its value; at the document it says which table it is about, if there are several.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "contract/compile.h"
#include "contract/kinds.h"
#include "contract/service_level.h"

#define PREFIX "aidataops."

typedef struct Extension Extension;

struct Extension
{
	const char *name;
	void (*compile)(Compiler *, Object *, Column *, const Json *);
	const char *members; /* as Kind's parameters; NULL: the value is no object */
};

static Rule *
limit(Compiler *compiler, Object *object, const Json *value, const char *kind, List *columns,
	  Parameters *parameters, const char *operator, const char * unit)
{
	const Json *bound = json_get(value, "value");

	return add_table_rule(compiler, object, value->parent ? value->parent : value, NULL, kind,
						  columns, parameters, operator, psprintf("[%s]", bound->text), unit);
}

static bool
has_number(Compiler *compiler, const Json *value, double min, double max)
{
	const Json *bound = json_get(value, "value");
	double number;

	if (!json_is(bound, JSON_IS_NUMBER))
	{
		finding(compiler, FINDING_ERROR, bound ? bound : value, "invalid_bound",
				bound ? psprintf("value is %s", json_printed(bound)) : pstrdup("value is missing"),
				psprintf("It must be a number from %g to %g.", min, max));
		return false;
	}
	number = strtod(bound->text, NULL);
	if (number >= min && number <= max)
		return true;
	finding(compiler, FINDING_ERROR, bound, "invalid_bound", psprintf("value is %s", bound->text),
			psprintf("It must be a number from %g to %g.", min, max));
	return false;
}

static void
minimum_agreement(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	Parameters *parameters = parameters_new();
	List *columns = NIL;

	parameter_json(parameters, "coefficient", json_get(value, "coefficient"));
	parameter_json(parameters, "level", json_get(value, "level"));
	parameter_json(parameters, "weights", json_get(value, "weights"));
	if (column_member(compiler, object, value, "unit", parameters, &columns) &
		column_member(compiler, object, value, "rater", parameters, &columns) &
		column_member(compiler, object, value, "label", parameters, &columns) &
		has_number(compiler, value, -1, 1))
		limit(compiler, object, value, "agreement", columns, parameters, ">=", "none");
}

static void
minimum_accuracy(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	Parameters *parameters = parameters_new();
	List *columns = NIL;

	parameter_json(parameters, "gold", json_get(value, "gold"));
	parameter_json(parameters, "gold_label", json_get(value, "gold_label"));
	if (column_member(compiler, object, value, "key", parameters, &columns) &
		column_member(compiler, object, value, "label", parameters, &columns) &
		has_number(compiler, value, 0, 1))
		limit(compiler, object, value, "accuracy", columns, parameters, ">=", "none");
}

static void
drift_limit(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	const Json *names = json_get(value, "columns");
	Parameters *parameters = parameters_new();
	List *columns = names    ? columns_named(compiler, object, names)
					: column ? list_make1(column)
							 : NIL;

	parameter_json(parameters, "reference", json_get(value, "reference"));
	parameter_json(parameters, "method", json_get(value, "method"));
	if ((columns != NIL || names == NULL) && has_number(compiler, value, 0, HUGE_VAL))
		limit(compiler, object, value, "drift", columns, parameters, "<=", "none");
}

static void
freshness(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	double seconds = seconds_of(compiler, json_get(value, "value"), json_get(value, "unit"));
	List *columns = column ? list_make1(column) : NIL;

	if (!column_member(compiler, object, value, "column", parameters_new(), &columns) ||
		seconds < 0)
		return;
	if (columns == NIL)
		finding(compiler, FINDING_ERROR, value, "missing_argument",
				pstrdup("freshness does not say of which column"), NULL);
	else
		add_freshness(compiler, object, llast(columns), value->parent, NULL, seconds);
}

static void
coverage(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	const Json *names = json_get(value, "columns");
	Parameters *parameters = parameters_new();
	List *columns = names    ? columns_named(compiler, object, names)
					: column ? list_make1(column)
							 : NIL;

	parameter_json(parameters, "slices", json_get(value, "slices"));
	parameter_json(parameters, "min_rows", json_get(value, "min_rows"));
	parameter_json(parameters, "share", json_get(value, "share"));
	if (!has_even_slices(compiler, json_get(value, "slices"), list_length(columns)))
		return;
	if (columns != NIL)
		add_table_rule(compiler, object, value->parent, NULL, "coverage", columns, parameters, "=",
					   "[0]", "none");
	else if (names == NULL)
		finding(compiler, FINDING_ERROR, value, "missing_argument",
				pstrdup("coverage does not say of which columns"), NULL);
}

static void
maximum_model_share(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	Parameters *parameters = parameters_new();
	List *columns = column ? list_make1(column) : NIL;

	parameter_json(parameters, "values", json_get(value, "values"));
	if (column_member(compiler, object, value, "column", parameters_new(), &columns) &
		has_number(compiler, value, 0, 100))
		limit(compiler, object, value, "model_share", columns, parameters, "<=", "percent");
}

static void
batch_volume(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	const Json *min = json_get(value, "min");
	const Json *max = json_get(value, "max");

	if (json_is(min, JSON_IS_NUMBER) && json_is(max, JSON_IS_NUMBER))
		add_table_rule(compiler, object, value->parent, NULL, "batch_volume", NIL, NULL, "between",
					   psprintf("[%s, %s]", min->text, max->text), "rows");
	else if (json_is(min, JSON_IS_NUMBER) || json_is(max, JSON_IS_NUMBER))
		add_table_rule(compiler, object, value->parent, NULL, "batch_volume", NIL, NULL,
					   min ? ">=" : "<=", psprintf("[%s]", (min ? min : max)->text), "rows");
	else
		finding(compiler, FINDING_ERROR, value, "missing_argument",
				pstrdup("batch volume has neither min nor max"), NULL);
}

/* The labels that there are: a list, or the name of a schema that is kept elsewhere. */
static void
label_schema(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	Parameters *parameters = parameters_new();
	const Json *labels = value->kind == JSON_IS_OBJECT ? json_get(value, "labels") : value;
	List *columns = column ? list_make1(column) : NIL;

	if (!column_member(compiler, object, value, "column", parameters_new(), &columns))
		return;
	if (json_length(labels) == 0 || columns == NIL)
	{
		finding(compiler, FINDING_NOTE, value, "not_enforced",
				pstrdup("label schema is kept, not enforced"),
				pstrdup("A list of labels at a property is enforced."));
		return;
	}
	parameter_json(parameters, "values", labels);
	add_row_rule(compiler, object, value->parent, NULL, "values", columns, parameters);
}

static void
enforcement(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	const char *mode = json_string(value);

	if (mode == NULL || (strcmp(mode, "reject") != 0 && strcmp(mode, "quarantine") != 0 &&
						 strcmp(mode, "warn") != 0))
		finding(compiler, FINDING_ERROR, value, "invalid_value",
				psprintf("enforcement is %s", json_printed(value)),
				pstrdup("It is reject, quarantine or warn."));
}

static void
schema_watch(Compiler *compiler, Object *object, Column *column, const Json *value)
{
	const char *mode = json_string(value);

	if (mode == NULL || (strcmp(mode, "warn") != 0 && strcmp(mode, "block") != 0))
		finding(compiler, FINDING_ERROR, value, "invalid_value",
				psprintf("schemaWatch is %s", json_printed(value)),
				pstrdup("It is warn or block."));
}

static bool
is_mode(const Extension *extension)
{
	return extension->compile == enforcement || extension->compile == schema_watch;
}

static const Extension extensions[] = {
	{"enforcement", enforcement, NULL},
	{"schemaWatch", schema_watch, NULL},
	{"labelSchema", label_schema, NULL},
	{"minimumAgreement", minimum_agreement,
	 "coefficient! value! unit! rater! label! level weights object stages"},
	{"minimumAccuracy", minimum_accuracy, "gold! key! label! value! gold_label object stages"},
	{"driftLimit", drift_limit, "reference! value! method columns object stages"},
	{"freshness", freshness, "value! unit column object stages"},
	{"coverage", coverage, "columns slices min_rows share object stages"},
	{"maximumModelShare", maximum_model_share, "values! value! column object stages"},
	{"batchVolume", batch_volume, "min max object stages"},
};

/* Which table one of the document is about. */
static Object *
object_meant(Compiler *compiler, const Json *value)
{
	const Json *name = json_get(value, "object");
	const Json *schema = json_get(compiler->document, "schema");
	Object *object = NULL;

	if (json_string(name))
		object = find_object(compiler, name->text);
	else if (json_length(schema) == 1 && json_get_string(schema->children[0], "name"))
		object = find_object(compiler, json_get_string(schema->children[0], "name"));
	if (object == NULL)
		finding(compiler, FINDING_ERROR, name ? name : value, "dangling_reference",
				name ? psprintf("the schema has no object %s", json_printed(name))
					 : pstrdup("it is not said which table this is about"),
				pstrdup("Put it into the customProperties of the table, or name the table as "
						"\"object\"."));
	return object;
}

static void
compile_extension(Compiler *compiler, Object *object, Column *column, const Json *property)
{
	const char *name = json_get_string(property, "property") + strlen(PREFIX);
	const Json *value = json_get(property, "value");

	for (size_t i = 0; i < lengthof(extensions); i++)
	{
		Kind shape = {.name = extensions[i].name, .parameters = extensions[i].members};

		if (strcmp(extensions[i].name, name) != 0)
			continue;
		if (value == NULL)
			return;
		if (shape.parameters && kind_parameters(compiler, &shape, value) == NULL)
			return;
		if (object == NULL && !is_mode(&extensions[i]))
			object = object_meant(compiler, value);
		if (object || is_mode(&extensions[i]))
			extensions[i].compile(compiler, object, column, value);
		return;
	}
	finding(compiler, FINDING_ERROR, property, "unknown_extension",
			psprintf("there is no " PREFIX "%s", name), NULL);
}

void
compile_extensions(Compiler *compiler, Object *object, Column *column,
				   const Json *custom_properties)
{
	for (int i = 0; i < json_length(custom_properties); i++)
	{
		const Json *it = custom_properties->children[i];
		const char *name = json_get_string(it, "property");

		if (name && strncmp(name, PREFIX, strlen(PREFIX)) == 0)
			compile_extension(compiler, object, column, it);
	}
}
