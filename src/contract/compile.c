/*
 * compile.c: a contract's document (Open Data Contract Standard, 3.0 to 3.2) taken apart into rules.
 *
 * The same walk finds what is wrong with what the document means, so that lint_contract() and create_contract()
 * cannot disagree; its form is checked in standard.c. Nothing here reads the database.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "contract/compile.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

typedef struct RuleName
{
	char name[NAMEDATALEN *
			  4]; /* of longer ones the beginning: no more than a numbered name comes of it */
	int uses;
} RuleName;

void
finding(Compiler *compiler, FindingSeverity severity, const Json *at, const char *code,
		char *message, char *hint)
{
	Finding *it = palloc(sizeof(Finding));

	it->severity = severity;
	it->code = code;
	it->at = at;
	it->message = message;
	it->hint = hint;
	compiler->findings = lappend(compiler->findings, it);
}

/* ------------------------------------------------------------------------ parameters ---- */

Parameters *
parameters_new(void)
{
	Parameters *parameters = palloc(sizeof(Parameters));

	initStringInfo(&parameters->json);
	return parameters;
}

static void
parameter_key(Parameters *parameters, const char *key)
{
	if (parameters->json.len > 0)
		appendStringInfoString(&parameters->json, ", ");
	escape_json(&parameters->json, key);
	appendStringInfoString(&parameters->json, ": ");
}

/* A value that is missing is no parameter. */
void
parameter_json(Parameters *parameters, const char *key, const Json *value)
{
	if (value == NULL)
		return;
	parameter_key(parameters, key);
	json_write(&parameters->json, value);
}

void
parameter_text(Parameters *parameters, const char *key, const char *value)
{
	if (value == NULL)
		return;
	parameter_key(parameters, key);
	escape_json(&parameters->json, value);
}

void
parameter_raw(Parameters *parameters, const char *key, const char *json)
{
	parameter_key(parameters, key);
	appendStringInfoString(&parameters->json, json);
}

bool
parameters_empty(const Parameters *parameters)
{
	return parameters->json.len == 0;
}

/* ----------------------------------------------------------------------------- rules ---- */

static char *
made_name(Object *object, const char *kind, List *columns)
{
	StringInfoData name;
	ListCell *cell;

	initStringInfo(&name);
	appendStringInfoString(&name, object->name);
	foreach (cell, columns)
		appendStringInfo(&name, "%s%s", foreach_current_index(cell) ? "," : ".",
						 ((Column *) lfirst(cell))->name);
	appendStringInfo(&name, ".%s", kind);
	return name.data;
}

/* The first of a name has it, those that follow a number after it. */
static char *
unique_name(Compiler *compiler, const char *wanted)
{
	char key[sizeof(((RuleName *) NULL)->name)];
	char *name = pstrdup(wanted);

	for (;;)
	{
		RuleName *entry;
		bool found;

		strlcpy(key, name, sizeof(key));
		entry = hash_search(compiler->rule_names, key, HASH_ENTER, &found);
		if (!found)
		{
			entry->uses = 1;
			return name;
		}
		name = psprintf("%.*s#%d", pg_mbcliplen(wanted, strlen(wanted), sizeof(key) - 16), wanted,
						++entry->uses);
	}
}

static bool
any_sensitive(List *columns)
{
	ListCell *cell;

	foreach (cell, columns)
		if (((Column *) lfirst(cell))->sensitive)
			return true;
	return false;
}

/* Whether a rule that names no columns may read sensitive ones nevertheless. */
static bool
may_read_sensitive(Object *object, const char *kind)
{
	if (strcmp(kind, "sql") != 0 && strcmp(kind, "expression") != 0 && strcmp(kind, "drift") != 0)
		return false;
	for (int i = 0; i < object->ncolumns; i++)
		if (object->columns[i].sensitive)
			return true;
	return false;
}

/* What stands beside the rule: in the value of an extension, or in the custom properties of a check. */
static const Json *
stages_of(const Json *at)
{
	const Json *properties = json_get(at, "customProperties");

	if (json_get(at, "property"))
		return json_get(json_get(at, "value"), "stages");
	for (int i = 0; i < json_length(properties); i++)
	{
		const char *name = json_get_string(properties->children[i], "property");

		if (name && strcmp(name, "aidataops.stages") == 0)
			return json_get(properties->children[i], "value");
	}
	return NULL;
}

static bool
are_names(const Json *names)
{
	if (!json_is(names, JSON_IS_ARRAY) || names->count == 0)
		return false;
	for (int i = 0; i < names->count; i++)
		if (json_string(names->children[i]) == NULL || names->children[i]->text[0] == '\0')
			return false;
	return true;
}

/* A rule with stages counts at the gates for these only. */
static void
take_stages(Compiler *compiler, const Json *at, Parameters *parameters)
{
	const Json *stages = stages_of(at);

	if (stages == NULL)
		return;
	if (are_names(stages))
		parameter_json(parameters, "stages", stages);
	else
		finding(compiler, FINDING_ERROR, stages, "invalid_value",
				psprintf("stages is %s", json_printed(stages)),
				pstrdup("It must be an array of names, such as [\"training\"]; without it the rule "
						"counts at every stage."));
}

static Rule *
add_rule(Compiler *compiler, Object *object, const Json *at, const char *name, const char *kind,
		 List *columns, Parameters *parameters)
{
	Rule *rule = palloc0(sizeof(Rule));
	ListCell *cell;

	if (parameters == NULL)
		parameters = parameters_new();
	if (columns == NIL ? may_read_sensitive(object, kind) : any_sensitive(columns))
		parameter_raw(parameters, "sensitive", "true");
	take_stages(compiler, at, parameters);
	rule->name = unique_name(compiler, name ? name : made_name(object, kind, columns));
	rule->object = object->name;
	rule->kind = kind;
	foreach (cell, columns)
		rule->columns =
			lappend(rule->columns, unconstify(char *, ((Column *) lfirst(cell))->physical_name));
	rule->parameters = psprintf("{%s}", parameters->json.data);
	rule->at = at;
	compiler->rules = lappend(compiler->rules, rule);
	return rule;
}

Rule *
add_row_rule(Compiler *compiler, Object *object, const Json *at, const char *name, const char *kind,
			 List *columns, Parameters *parameters)
{
	return add_rule(compiler, object, at, name, kind, columns, parameters);
}

Rule *
add_table_rule(Compiler *compiler, Object *object, const Json *at, const char *name,
			   const char *kind, List *columns, Parameters *parameters, const char *operator,
			   const char * bounds, const char *unit)
{
	Rule *rule = add_rule(compiler, object, at, name, kind, columns, parameters);

	rule->of_table = true;
	rule->operator= operator;
	rule->bounds = pstrdup(bounds);
	rule->unit = unit;
	return rule;
}

/* --------------------------------------------------------------------------- objects ---- */

static bool
is_sensitive(const Json *property)
{
	static const char *const open[] = {"public", "internal", "open", "unclassified", "none", ""};
	const char *classification = json_get_string(property, "classification");

	if (classification == NULL)
		return false;
	for (size_t i = 0; i < lengthof(open); i++)
		if (pg_strcasecmp(classification, open[i]) == 0)
			return false;
	return true;
}

static const char *
physical_name(const Json *element)
{
	const char *name = json_get_string(element, "physicalName");

	return name ? name : json_get_string(element, "name");
}

static void
read_column(Column *column, const Json *property)
{
	const char *type = json_get_string(property, "logicalType");

	column->property = property;
	column->name = json_get_string(property, "name");
	column->physical_name = physical_name(property);
	column->type = type ? type : "";
	column->sensitive = is_sensitive(property);
}

static bool
is_postgres(const Json *server)
{
	const char *type = json_get_string(server, "type");

	return type && (strcmp(type, "postgres") == 0 || strcmp(type, "postgresql") == 0);
}

/* Of the servers that are PostgreSQL the first that names a schema decides. */
static const char *
server_schema(const Json *document)
{
	const Json *servers = json_get(document, "servers");

	for (int i = 0; i < json_length(servers); i++)
	{
		const char *schema = json_get_string(servers->children[i], "schema");

		if (is_postgres(servers->children[i]) && schema && strncmp(schema, "${", 2) != 0)
			return schema;
	}
	return NULL;
}

/* A physicalName may say schema.table; what the caller found in the database counts more. */
static void
locate_table(Compiler *compiler, Object *object)
{
	const char *full = physical_name(object->json);
	const char *dot = strchr(full, '.');
	const char *known = json_get_string(compiler->schemas, object->name);

	object->table = full;
	if (dot && dot > full && dot[1])
	{
		object->schema = pnstrdup(full, dot - full);
		object->table = dot + 1;
	}
	else
		object->schema = known ? known : server_schema(compiler->document);
	object->relation = object->schema ? quote_qualified_identifier(object->schema, object->table)
									  : pstrdup(quote_identifier(object->table));
}

/* NULL if the element has no name: its form is at fault. */
static Object *
read_object(Compiler *compiler, const Json *json)
{
	const Json *properties = json_get(json, "properties");
	Object *object = palloc0(sizeof(Object));

	object->json = json;
	object->name = json_get_string(json, "name");
	if (object->name == NULL || object->name[0] == '\0')
		return NULL;
	locate_table(compiler, object);
	object->columns = palloc0(sizeof(Column) * (json_length(properties) + 1));
	for (int i = 0; i < json_length(properties); i++)
	{
		Column *column = &object->columns[object->ncolumns];

		read_column(column, properties->children[i]);
		if (column->name == NULL)
			continue;
		object->ncolumns++;
		names_add(&object->by_name, column->name, column);
		names_add(&object->by_label, json_get_string(column->property, "id"), column);
		names_add(&object->by_label, column->name, column);
	}
	return object;
}

Column *
find_column(Object *object, const char *name)
{
	return names_find(&object->by_name, name);
}

Object *
find_object(Compiler *compiler, const char *name)
{
	return names_find(&compiler->by_name, name);
}

static void
check_relations(Compiler *compiler)
{
	Names relations = {0};
	ListCell *cell;

	foreach (cell, compiler->objects)
		names_add(&relations, ((Object *) lfirst(cell))->relation, lfirst(cell));
	foreach (cell, compiler->objects)
	{
		Object *object = lfirst(cell);
		Object *first = names_find(&relations, object->relation);

		if (strcmp(first->name, object->name) != 0)
			finding(compiler, FINDING_ERROR, object->json, "duplicate_table",
					psprintf("objects \"%s\" and \"%s\" are the same table %s", first->name,
							 object->name, object->relation),
					NULL);
	}
}

static void
read_objects(Compiler *compiler)
{
	const Json *schema = json_get(compiler->document, "schema");

	for (int i = 0; i < json_length(schema); i++)
	{
		Object *object = read_object(compiler, schema->children[i]);

		if (object == NULL)
			continue;
		compiler->objects = lappend(compiler->objects, object);
		names_add(&compiler->by_name, object->name, object);
		names_add(&compiler->by_label, json_get_string(object->json, "id"), object);
		names_add(&compiler->by_label, object->name, object);
	}
}

/* ---------------------------------------------------------------------- columns' rules ---- */

static void
describe_type(StringInfo buf, const Column *column)
{
	Parameters *types = parameters_new();

	parameter_json(types, "physicalType", json_get(column->property, "physicalType"));
	parameter_json(types, "logicalType", json_get(column->property, "logicalType"));
	if (buf->len > 0)
		appendStringInfoString(buf, ", ");
	escape_json(buf, column->physical_name);
	appendStringInfo(buf, ": {%s}", types->json.data);
}

/* That the columns are there, with their types. */
static void
compile_types(Compiler *compiler, Object *object)
{
	Parameters *parameters = parameters_new();
	List *columns = NIL;
	StringInfoData expected;

	if (object->ncolumns == 0)
		return;
	initStringInfo(&expected);
	for (int i = 0; i < object->ncolumns; i++)
	{
		describe_type(&expected, &object->columns[i]);
		columns = lappend(columns, &object->columns[i]);
	}
	parameter_raw(parameters, "expected", psprintf("{%s}", expected.data));
	add_table_rule(compiler, object, object->json, psprintf("%s.type", object->name), "type",
				   columns, parameters, "=", "[0]", "none");
}

static void
compile_property(Compiler *compiler, Object *object, Column *column)
{
	const Json *property = column->property;
	const Json *required = json_get(property, "required");
	const Json *unique = json_get(property, "unique");

	if (json_is_true(required))
		add_row_rule(compiler, object, required, NULL, "required", list_make1(column), NULL);
	if (json_is_true(unique))
		add_table_rule(compiler, object, unique, NULL, "unique", list_make1(column), NULL, "=",
					   "[0]", "rows");
	if (json_length(json_get(property, "properties")) > 0 || json_get(property, "items") ||
		json_get(property, "map"))
		finding(
			compiler, FINDING_NOTE, property, "not_enforced",
			psprintf("what is inside of \"%s\" is kept, not enforced", column->name),
			pstrdup(
				"The options of the property itself are enforced: minItems, required and so on."));
	compile_options(compiler, object, column);
	compile_quality(compiler, object, column, json_get(property, "quality"));
	compile_relationships(compiler, object, column, json_get(property, "relationships"));
	compile_extensions(compiler, object, column, json_get(property, "customProperties"));
}

static double
key_position(const Column *column)
{
	const Json *position = json_get(column->property, "primaryKeyPosition");

	return json_is(position, JSON_IS_NUMBER) ? strtod(position->text, NULL) : -1;
}

static int
compare_key_positions(const ListCell *a, const ListCell *b)
{
	const Column *x = lfirst(a);
	const Column *y = lfirst(b);
	double p = key_position(x);
	double q = key_position(y);

	if (p != q)
		return p < q ? -1 : 1;
	return (x > y) - (x < y);
}

static void
check_key_positions(Compiler *compiler, List *key)
{
	for (int i = 1; i < list_length(key); i++)
	{
		Column *column = list_nth(key, i);

		if (key_position(column) != key_position(list_nth(key, i - 1)))
			continue;
		finding(compiler, FINDING_WARNING, json_get(column->property, "primaryKey"),
				"ambiguous_order",
				psprintf("properties \"%s\" and \"%s\" have the same place in the primary key",
						 ((Column *) list_nth(key, i - 1))->name, column->name),
				pstrdup("Number them: primaryKeyPosition 1, 2 and so on."));
	}
}

/* The columns of a primary key are unique together, and each is required. */
static void
compile_primary_key(Compiler *compiler, Object *object)
{
	List *key = NIL;
	ListCell *cell;

	for (int i = 0; i < object->ncolumns; i++)
		if (json_is_true(json_get(object->columns[i].property, "primaryKey")))
			key = lappend(key, &object->columns[i]);
	if (key == NIL)
		return;
	list_sort(key, compare_key_positions);
	check_key_positions(compiler, key);
	foreach (cell, key)
	{
		const Column *column = lfirst(cell);

		if (!json_is_true(json_get(column->property, "required")))
			add_row_rule(compiler, object, json_get(column->property, "primaryKey"), NULL,
						 "required", list_make1(lfirst(cell)), NULL);
	}
	if (list_length(key) == 1 &&
		json_is_true(json_get(((Column *) linitial(key))->property, "unique")))
		return;
	add_table_rule(compiler, object, json_get(((Column *) linitial(key))->property, "primaryKey"),
				   NULL, "unique", key, NULL, "=", "[0]", "rows");
}

/* Two properties of one column: what the names alone do not tell. */
static void
check_columns(Compiler *compiler, Object *object)
{
	Names physical = {0};

	if (object->ncolumns > MaxHeapAttributeNumber)
		finding(compiler, FINDING_ERROR, json_get(object->json, "properties"), "too_many_columns",
				psprintf("object \"%s\" has %d properties", object->name, object->ncolumns),
				psprintf("A table has %d columns at most.", MaxHeapAttributeNumber));
	for (int i = 0; i < object->ncolumns; i++)
		names_add(&physical, object->columns[i].physical_name, &object->columns[i]);
	for (int i = 0; i < object->ncolumns; i++)
	{
		Column *column = &object->columns[i];
		Column *first = names_find(&physical, column->physical_name);

		/* of the same name twice the form tells */
		if (first != column && strcmp(first->name, column->name) != 0)
			finding(compiler, FINDING_ERROR, column->property, "duplicate_column",
					psprintf("properties \"%s\" and \"%s\" are the same column \"%s\"", first->name,
							 column->name, column->physical_name),
					NULL);
	}
}

static void
compile_object(Compiler *compiler, Object *object)
{
	check_columns(compiler, object);
	compile_types(compiler, object);
	for (int i = 0; i < object->ncolumns; i++)
		compile_property(compiler, object, &object->columns[i]);
	compile_primary_key(compiler, object);
	compile_quality(compiler, object, NULL, json_get(object->json, "quality"));
	compile_relationships(compiler, object, NULL, json_get(object->json, "relationships"));
	compile_extensions(compiler, object, NULL, json_get(object->json, "customProperties"));
}

/* ------------------------------------------------------------------------- documents ---- */

static int
standard_of(const Json *document)
{
	const char *version = json_get_string(document, "apiVersion");

	if (version && strncmp(version, "v3.0.", 5) == 0)
		return STANDARD_3_0;
	if (version && strncmp(version, "v3.2.", 5) == 0)
		return STANDARD_3_2;
	return STANDARD_3_1;
}

static HTAB *
new_names(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(((RuleName *) NULL)->name);
	control.entrysize = sizeof(RuleName);
	control.hcxt = CurrentMemoryContext;
	return hash_create("names of rules", 64, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

Compiler *
compile_document(const Json *document, const Json *schemas)
{
	Compiler *compiler = palloc0(sizeof(Compiler));
	ListCell *cell;

	compiler->document = document;
	compiler->schemas = schemas;
	compiler->standard = standard_of(document);
	compiler->rule_names = new_names();
	read_objects(compiler);
	check_relations(compiler);
	foreach (cell, compiler->objects)
	{
		CHECK_FOR_INTERRUPTS();
		compile_object(compiler, lfirst(cell));
	}
	compile_service_levels(compiler);
	compile_extensions(compiler, NULL, NULL, json_get(document, "customProperties"));
	return compiler;
}
