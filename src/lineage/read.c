/*
 * read.c: how questions about lineage are asked: with the rights of the catalog's owner, about what the caller named.
 *
 * A public function f(arguments) calls the internal _f(caller oid, arguments) and returns its rows, as as_catalog_owner()
 * in core does for one value. The internal function checks the rights of the caller. What a text names is looked up here,
 * with the caller's search_path and before anything else.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/identity.h"
#include "core/statement.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* What a question is about: $1 is the caller. */
static void
begin_question(Statement *statement, FunctionCallInfo fcinfo)
{
	statement_init(statement, NULL);
	statement_param(statement, OIDOID, ObjectIdGetDatum(GetUserId()), false);
}

static void
add_arguments(Statement *statement, FunctionCallInfo fcinfo, int first)
{
	for (int i = first; i < PG_NARGS(); i++)
		statement_param(statement, get_fn_expr_argtype(fcinfo->flinfo, i), PG_GETARG_DATUM(i),
						PG_ARGISNULL(i));
}

static char *
call_of_internal(Statement *statement, FunctionCallInfo fcinfo)
{
	StringInfoData call;

	initStringInfo(&call);
	appendStringInfo(&call, "SELECT * FROM %s._%s(", AIDATAOPS_SCHEMA,
					 get_func_name(fcinfo->flinfo->fn_oid));
	for (int i = 1; i <= statement->nparams; i++)
		appendStringInfo(&call, i == 1 ? "$%d" : ", $%d", i);
	appendStringInfoChar(&call, ')');
	return call.data;
}

/* Argument types must be those declared: a literal has none of its own. */
static void
set_declared_types(Statement *statement, FunctionCallInfo fcinfo, int before)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	for (int i = 0; before + i < statement->nparams && i < form->pronargs; i++)
		statement->types[before + i] = form->proargtypes.values[i];
	ReleaseSysCache(tuple);
}

static Datum
answer(Statement *statement, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint64 count;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	statement->sql = call_of_internal(statement, fcinfo);
	count = statement_run_as_catalog_owner(statement);
	for (uint64 i = 0; i < count; i++)
	{
		Datum values[32];
		bool nulls[32];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/* A question whose arguments need no looking up. */
PG_FUNCTION_INFO_V1(lineage_rows);
Datum
lineage_rows(PG_FUNCTION_ARGS)
{
	Statement statement;

	begin_question(&statement, fcinfo);
	add_arguments(&statement, fcinfo, 0);
	set_declared_types(&statement, fcinfo, 1);
	return answer(&statement, fcinfo);
}

static Oid
find_relation(List *names)
{
	RangeVar *range;

	if (names == NIL || list_length(names) > 2)
		return InvalidOid;
	range = makeRangeVarFromNameList(names);
	if (range->schemaname && !OidIsValid(get_namespace_oid(range->schemaname, true)))
		return InvalidOid;
	return RangeVarGetRelid(range, NoLock, true);
}

static List *
split_names(char *object)
{
	List *strings = NIL;
	List *names = NIL;
	ListCell *cell;

	/* not a name at all: of a file, say */
	if (object[0] == '\0' || !SplitIdentifierString(pstrdup(object), '.', &strings))
		return NIL;
	foreach (cell, strings)
	{
		if (strlen(lfirst(cell)) >= NAMEDATALEN)
			return NIL;
		names = lappend(names, makeString(pstrdup(lfirst(cell))));
	}
	return names;
}

/* The relation that a text names, in the caller's search_path, and in the last place a column of it. */
static void
look_up(char *object, Oid *relid, char **column)
{
	List *names = split_names(object);

	*column = NULL;
	*relid = find_relation(names);
	if (!OidIsValid(*relid) && list_length(names) >= 2)
	{
		char *last = strVal(llast(names));

		*relid = find_relation(list_truncate(list_copy(names), list_length(names) - 1));
		if (OidIsValid(*relid) && get_attnum(*relid, last) > 0)
			*column = last;
		else
			*relid = InvalidOid;
	}
}

static void
begin_question_of_object(Statement *statement, FunctionCallInfo fcinfo)
{
	char *object = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid relid;
	char *column;

	look_up(object, &relid, &column);
	begin_question(statement, fcinfo);
	statement_param(statement, OIDOID, ObjectIdGetDatum(column ? InvalidOid : relid), false);
	add_arguments(statement, fcinfo, 0);
	set_declared_types(statement, fcinfo, 2);
}

/* A question about an object named by a text, the first argument; the internal function gets its OID before it. */
PG_FUNCTION_INFO_V1(lineage_of_object);
Datum
lineage_of_object(PG_FUNCTION_ARGS)
{
	Statement statement;

	begin_question_of_object(&statement, fcinfo);
	return answer(&statement, fcinfo);
}

/* One that has one text for an answer. */
PG_FUNCTION_INFO_V1(lineage_text_of_object);
Datum
lineage_text_of_object(PG_FUNCTION_ARGS)
{
	Statement statement;
	Datum result;
	bool isnull;

	begin_question_of_object(&statement, fcinfo);
	SPI_connect();
	statement.sql = call_of_internal(&statement, fcinfo);
	statement_run_as_catalog_owner(&statement);
	result = result_value(1, &isnull);
	if (!isnull)
		result = SPI_datumTransfer(result, false, -1);
	SPI_finish();
	fcinfo->isnull = isnull;
	return result;
}

/* The same about an object or a column of one: schema.table.column. The internal function gets its name too. */
PG_FUNCTION_INFO_V1(lineage_of_object_or_column);
Datum
lineage_of_object_or_column(PG_FUNCTION_ARGS)
{
	Statement statement;
	char *object = PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid relid;
	char *column;

	look_up(object, &relid, &column);
	begin_question(&statement, fcinfo);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(relid), false);
	statement_text(&statement, column);
	add_arguments(&statement, fcinfo, 0);
	set_declared_types(&statement, fcinfo, 3);
	return answer(&statement, fcinfo);
}

/* Makes every session write the next use of each edge at once, and not after a while: a version was committed. */
PG_FUNCTION_INFO_V1(lineage_announce);
Datum
lineage_announce(PG_FUNCTION_ARGS)
{
	Oid schema = get_namespace_oid(AIDATAOPS_SCHEMA, true);
	Oid table = OidIsValid(schema) ? get_relname_relid("lineage_use", schema) : InvalidOid;

	if (OidIsValid(table))
		CacheInvalidateRelcacheByRelid(table);
	PG_RETURN_VOID();
}
