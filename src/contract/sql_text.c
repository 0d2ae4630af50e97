/*
 * sql_text.c: whether SQL that stands in a document is SQL, as far as its grammar tells.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/sql_text.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"

static bool
is_of_the_text(int sqlstate)
{
	int category = ERRCODE_TO_CATEGORY(sqlstate);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_FEATURE_NOT_SUPPORTED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
}

/* The error of the grammar, which looks at nothing but the text; NULL: none. */
static char *
parse(const char *text, List **statements)
{
	MemoryContext memory = CurrentMemoryContext;
	char *volatile problem = NULL;

	PG_TRY();
	{
		*statements = raw_parser(text, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(memory);
		error = CopyErrorData();
		if (!is_of_the_text(error->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		problem = error->message;
	}
	PG_END_TRY();
	return problem;
}

/* What is wrong with a text that should be one query; NULL: nothing. */
static char *
problem_of_query(const char *text, SelectStmt **query)
{
	List *statements = NIL;
	char *problem = parse(text, &statements);

	if (problem)
		return problem;
	if (list_length(statements) != 1)
		return psprintf("it has %d statements, and must have one", list_length(statements));
	*query = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(*query, SelectStmt) || (*query)->intoClause)
		return pstrdup("it is not a query");
	return NULL;
}

/* The only element of SELECT ARRAY[...]; NULL if it is anything else. */
static Node *
only_element(const SelectStmt *query)
{
	const ResTarget *target;
	const A_ArrayExpr *array;

	if (query->op != SETOP_NONE || list_length(query->targetList) != 1)
		return NULL;
	target = linitial_node(ResTarget, query->targetList);
	array = (const A_ArrayExpr *) target->val;
	return IsA(array, A_ArrayExpr) && list_length(array->elements) == 1 ? linitial(array->elements)
																		: NULL;
}

/*
 * Between parentheses "true) OR (true" would be SQL, and between brackets it is not. What is SQL in brackets, and one
 * element, is an expression wherever it stands.
 */
char *
problem_of_expression(const char *text)
{
	SelectStmt *query;
	char *problem = problem_of_query(psprintf("SELECT (\n%s\n)", text), &query);

	if (problem == NULL && (problem_of_query(psprintf("SELECT ARRAY[\n%s\n]", text), &query) ||
							only_element(query) == NULL))
		problem = pstrdup("it is not one expression");
	return problem;
}

bool
check_sql(Compiler *compiler, const Json *at, const char *text, bool is_expression)
{
	SelectStmt *query;
	char *problem = is_expression ? problem_of_expression(text) : problem_of_query(text, &query);

	if (problem == NULL)
		return true;
	finding(compiler, FINDING_ERROR, at, "invalid_sql", psprintf("%s: %s", at->key, problem),
			is_expression ? pstrdup("Write a boolean expression over the columns of the row.")
						  : pstrdup("Write one query that returns one number."));
	return false;
}
