/*
 * relationship.c: rules from references between tables.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/compile.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* One end of a relationship: columns of one table. */
typedef struct End
{
	Object *object;
	List *columns;
} End;

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
	object = names_find(&compiler->by_label, object_name);
	column = object ? names_find(&object->by_label, column_name) : NULL;
	if (column == NULL || (end->object && end->object != object))
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

static bool
any_is_external(const Json *references)
{
	for (int i = 0; i < json_length(references); i++)
		if (is_external(references->children[i]))
			return true;
	return is_external(references);
}

/* References of an end: a string, or several for a key of several columns. */
static bool
read_end(Compiler *compiler, End *end, const Json *references)
{
	if (any_is_external(references))
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
	return true;
}

static bool
names_something(Compiler *compiler, const Json *relationship, const char *end)
{
	const Json *references = json_get(relationship, end);

	if (json_string(references) || json_length(references) > 0)
		return true;
	finding(compiler, FINDING_ERROR, references ? references : relationship, "missing_argument",
			psprintf("relationship does not say %s which columns it is", end),
			psprintf("Add \"%s\": \"table.column\", or an array of these.", end));
	return false;
}

static void
add_reference(Compiler *compiler, Object *object, const Json *at, const End *from, const End *to)
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
compile_relationship(Compiler *compiler, Object *object, Column *column, const Json *it)
{
	End from = {0};
	End to = {0};

	if (!names_something(compiler, it, "to") || !read_end(compiler, &to, json_get(it, "to")))
		return;
	if (column)
		from.columns = list_make1(column);
	else if (!names_something(compiler, it, "from") ||
			 !read_end(compiler, &from, json_get(it, "from")))
		return;
	if (list_length(from.columns) != list_length(to.columns))
		finding(
			compiler, FINDING_ERROR, it, "uneven_reference",
			psprintf("%d columns refer to %d", list_length(from.columns), list_length(to.columns)),
			NULL);
	else if (from.object && from.object != object)
		finding(compiler, FINDING_ERROR, json_get(it, "from"), "dangling_reference",
				psprintf("from is not of table \"%s\", where it stands", object->name), NULL);
	else
		add_reference(compiler, object, it, &from, &to);
}

void
compile_relationships(Compiler *compiler, Object *object, Column *column, const Json *relationships)
{
	for (int i = 0; i < json_length(relationships); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (relationships->children[i]->kind == JSON_IS_OBJECT)
			compile_relationship(compiler, object, column, relationships->children[i]);
	}
}
