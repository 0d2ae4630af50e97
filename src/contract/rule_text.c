/*
 * rule_text.c: what texts of rules must not be, before they become part of a query.
 *
 * An expression is written into a larger query, where "true), (false" or "true) FROM t WHERE (true" would quietly make
 * it another query, which measures what the contract does not say.
 *
 * Names without a schema are found in pg_catalog or not at all, except that who asks for a check could make temporary
 * tables and types of these names, and so decide what a rule finds.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "contract/sql_text.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(check_single_expression);

/* check_single_expression(sql): an error unless it is */
Datum
check_single_expression(PG_FUNCTION_ARGS)
{
	char *problem = problem_of_expression(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("expression of the rule: %s", problem)));
	PG_RETURN_VOID();
}

typedef struct TemporaryName
{
	Oid schema;
	const char *defined; /* by the query that it becomes part of */
	const char *found;
} TemporaryName;

static bool
is_temporary_schema(const char *name)
{
	return strncmp(name, "pg_temp", strlen("pg_temp")) == 0;
}

static bool
is_temporary_relation(const RangeVar *relation, const TemporaryName *name)
{
	if (relation->schemaname)
		return is_temporary_schema(relation->schemaname);
	return OidIsValid(name->schema) && strcmp(relation->relname, name->defined) != 0 &&
		   OidIsValid(get_relname_relid(relation->relname, name->schema));
}

static bool
is_temporary_type(const TypeName *type, Oid schema)
{
	const char *name;

	if (type->names == NIL)
		return false;
	name = strVal(linitial(type->names));
	if (list_length(type->names) > 1)
		return is_temporary_schema(name);
	return OidIsValid(schema) &&
		   SearchSysCacheExists2(TYPENAMENSP, CStringGetDatum(name), ObjectIdGetDatum(schema));
}

static bool
find_temporary(Node *node, void *context)
{
	TemporaryName *name = context;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, RangeVar))
	{
		if (!is_temporary_relation((RangeVar *) node, name))
			return false;
		name->found = ((RangeVar *) node)->relname;
		return true;
	}
	if (IsA(node, TypeName) && is_temporary_type((TypeName *) node, name->schema))
	{
		name->found = strVal(llast(((TypeName *) node)->names));
		return true;
	}
	return raw_expression_tree_walker(node, find_temporary, context);
}

PG_FUNCTION_INFO_V1(temporary_name);

/* temporary_name(query, defined): a table or type that would be found among the session's temporary ones, or NULL */
Datum
temporary_name(PG_FUNCTION_ARGS)
{
	List *statements = raw_parser(text_to_cstring(PG_GETARG_TEXT_PP(0)), RAW_PARSE_DEFAULT);
	TemporaryName name = {.defined = text_to_cstring(PG_GETARG_TEXT_PP(1))};
	Oid toast_schema;
	ListCell *cell;

	GetTempNamespaceState(&name.schema, &toast_schema);
	foreach (cell, statements)
	{
		Node *statement = lfirst_node(RawStmt, cell)->stmt;

		if (IsA(statement, SelectStmt) && find_temporary(statement, &name))
			PG_RETURN_TEXT_P(cstring_to_text(name.found));
	}
	PG_RETURN_NULL();
}
