/*
 * relationship.c: rules from references between tables.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* One end of a relationship: columns of one table. */
typedef struct End
{
	Object *object;
	List *columns;
} End;

static bool
is_called(const Json *element, const char *name)
{
	const char *id = json_get_string(element, "id");
	const char *own = json_get_string(element, "name");

	return (id && strcmp(id, name) == 0) || (own && strcmp(own, name) == 0);
}

static Object *
object_called(Compiler *compiler, const char *name)
{
	const Json *schema = json_get(compiler->document, "schema");

	for (int i = 0; i < json_length(schema); i++)
		if (is_called(schema->children[i], name) && json_get_string(schema->children[i], "name"))
			return find_object(compiler, json_get_string(schema->children[i], "name"));
	return NULL;
}

static Column *
column_called(Object *object, const char *name)
{
	for (int i = 0; object && i < object->ncolumns; i++)
		if (is_called(object->columns[i].property, name))
			return &object->columns[i];
	return NULL;
}

/*
 * table.column by names, or /schema/table/properties/column by ids; the two parts are written into
 * what is given. False if it is neither.
 */
static bool
split_reference(char *reference, char **object, char **column)
{
	char *slash;

	if (reference[0] == '/')
		reference++;
	if (strncmp(reference, "schema/", 7) != 0)
	{
		*object = reference;
		*column = strchr(reference, '.');
		if (*column == NULL || strchr(reference, '/'))
			return false;
		*(*column)++ = '\0';
		return strchr(*column, '.') == NULL;
	}
	*object = reference + 7;
	slash = strchr(*object, '/');
	if (slash == NULL || strncmp(slash, "/properties/", 12) != 0)
		return false;
	*slash = '\0';
	*column = slash + 12;
	return strchr(*column, '/') == NULL;
}

static bool
add_to_end(Compiler *compiler, End *end, const Json *reference)
{
	char *object_name = NULL;
	char *column_name = NULL;
	Object *object;
	Column *column;

	if (!split_reference(pstrdup(reference->text), &object_name, &column_name))
	{
		finding(compiler, FINDING_ERROR, reference, "invalid_reference",
				psprintf("reference %s is none", json_printed(reference)),
				pstrdup("Write table.column, or schema/<id>/properties/<id>."));
		return false;
	}
	object = object_called(compiler, object_name);
	column = column_called(object, column_name);
	if (column == NULL || (end->object && strcmp(end->object->name, object->name) != 0))
	{
		finding(compiler, FINDING_ERROR, reference, "dangling_reference",
				column ? psprintf("reference %s is to another table than the one before it",
								  json_printed(reference))
					   : psprintf("nothing is called %s", json_printed(reference)),
				NULL);
		return false;
	}
	end->object = object;
	end->columns = lappend(end->columns, column);
	return true;
}

static bool
is_external(const Json *reference)
{
	return json_string(reference) && strchr(reference->text, '#');
}

/* References of an end: a string, or several for a key of several columns. */
static bool
read_end(Compiler *compiler, End *end, const Json *references)
{
	if (is_external(references))
	{
		finding(compiler, FINDING_NOTE, references, "not_enforced",
				pstrdup("reference into another document is kept, not checked"), NULL);
		return false;
	}
	if (json_string(references))
		return add_to_end(compiler, end, references);
	for (int i = 0; i < json_length(references); i++)
		if (json_string(references->children[i]) == NULL ||
			!add_to_end(compiler, end, references->children[i]))
			return false;
	return json_length(references) > 0;
}

static void
add_reference(Compiler *compiler, const Object *object, const Json *at, const End *from,
			  const End *to)
{
	Parameters *parameters = parameters_new();
	StringInfoData columns;
	ListCell *cell;

	initStringInfo(&columns);
	foreach (cell, to->columns)
	{
		appendStringInfoString(&columns, columns.len ? ", " : "");
		escape_json(&columns, ((Column *) lfirst(cell))->physical_name);
	}
	parameter_text(parameters, "relation", to->object->relation);
	parameter_raw(parameters, "columns", psprintf("[%s]", columns.data));
	add_table_rule(compiler, object, at, json_get_string(at, "id"), "reference", from->columns,
				   parameters, "=", "[0]", "rows");
}

static void
compile_relationship(Compiler *compiler, const Object *object, Column *column, const Json *it)
{
	End from = {0};
	End to = {0};

	if (!read_end(compiler, &to, json_get(it, "to")))
		return;
	if (column)
		from.columns = list_make1(column);
	else if (!read_end(compiler, &from, json_get(it, "from")))
		return;
	if (list_length(from.columns) != list_length(to.columns))
		finding(
			compiler, FINDING_ERROR, it, "uneven_reference",
			psprintf("%d columns refer to %d", list_length(from.columns), list_length(to.columns)),
			NULL);
	else if (from.object && strcmp(from.object->name, object->name) != 0)
		finding(compiler, FINDING_ERROR, json_get(it, "from"), "dangling_reference",
				psprintf("from is not of table \"%s\", where it stands", object->name), NULL);
	else
		add_reference(compiler, object, it, &from, &to);
}

void
compile_relationships(Compiler *compiler, const Object *object, Column *column,
					  const Json *relationships)
{
	for (int i = 0; i < json_length(relationships); i++)
		if (relationships->children[i]->kind == JSON_IS_OBJECT)
			compile_relationship(compiler, object, column, relationships->children[i]);
}
