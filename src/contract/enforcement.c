/*
 * enforcement.c: what enforce_contract() needs beside SQL: commands as the owner of a table, expressions of rules read in the
 * context of a table, and a ruleset tried on a table's columns.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/check_row.h"
#include "contract/watch.h"
#include "core/identity.h"
#include "core/relation.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/*
 * run_as_owner(relation, command): in a security-restricted operation, because what the command runs (expressions of
 * constraints over rows that are there, event triggers) is code of others.
 */
PG_FUNCTION_INFO_V1(run_as_owner);
Datum
run_as_owner(PG_FUNCTION_ARGS)
{
	Oid owner = relation_owner(PG_GETARG_OID(0));
	char *command = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Identity previous;
	int code;

	if (!OidIsValid(owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("the table of the contract has been dropped")));
	previous = become_role_restricted(owner);
	SPI_connect();
	guards_change_on_purpose = true;
	PG_TRY();
	{
		code = SPI_execute(command, false, 0);
	}
	PG_FINALLY();
	{
		guards_change_on_purpose = false;
	}
	PG_END_TRY();
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s", command, SPI_result_code_string(code));
	SPI_finish();
	become_again(previous);
	PG_RETURN_VOID();
}

/* An expression as text: SELECT expression, of which the target is taken. */
static Node *
parse_expression(const char *text)
{
	List *statements = raw_parser(psprintf("(%s\n)", text), RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;

	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1 || select->fromClause ||
		select->whereClause || select->groupClause || select->valuesLists || select->sortClause ||
		select->limitCount || select->op != SETOP_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("\"%s\" is not one expression", text)));
	return linitial_node(ResTarget, select->targetList)->val;
}

/*
 * new_row_expression(relation, expression): with columns as those of the row NEW, for a trigger's condition. Written anew from
 * the parsed tree, because in text a column cannot be told from a function or an alias.
 */
PG_FUNCTION_INFO_V1(new_row_expression);
Datum
new_row_expression(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *source = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Identity previous = become_role_restricted(relation_owner(relid));
	Relation relation = open_relation(relid, AccessShareLock);
	ParseState *state = make_parsestate(NULL);
	ParseNamespaceItem *item;
	Node *expression;
	char *result;

	item = addRangeTableEntryForRelation(state, relation, AccessShareLock, NULL, false, true);
	addNSItemToQuery(state, item, true, true, true);
	expression = transformExpr(state, parse_expression(source), EXPR_KIND_CHECK_CONSTRAINT);
	expression = coerce_to_boolean(state, expression, "CHECK");
	assign_expr_collations(state, expression);
	result = deparse_expression(expression, deparse_context_for("new", relid), true, false);
	relation_close(relation, AccessShareLock);
	become_again(previous);
	PG_RETURN_TEXT_P(cstring_to_text(result));
}

/*
 * try_ruleset(relation, ruleset): an error if it does not fit the table's columns. As the table's owner, because constants
 * are read as the columns' types, and what domains within those check is code of whoever made them.
 */
PG_FUNCTION_INFO_V1(try_ruleset);
Datum
try_ruleset(PG_FUNCTION_ARGS)
{
	Ruleset *ruleset = PG_GETARG_RULESET_P(1);
	Identity previous = become_role_restricted(relation_owner(PG_GETARG_OID(0)));
	Relation relation = open_relation(PG_GETARG_OID(0), AccessShareLock);
	RuleList *list = ruleset_read(&ruleset->root);
	char *name = psprintf("table \"%s\"", RelationGetRelationName(relation));

	(void) ruleset_compile(list, find_columns(list, RelationGetDescr(relation), name));
	relation_close(relation, AccessShareLock);
	become_again(previous);
	PG_RETURN_VOID();
}
