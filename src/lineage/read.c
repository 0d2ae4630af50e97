/*
 * read.c: how questions about lineage are asked: with the rights of the catalog's owner, about what the caller named.
 *
 * What a text names is looked up here, with the caller's search_path and before anything else, and goes to the internal
 * function after the caller. Questions that name nothing are rows_as_catalog_owner().
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/bookkeeping.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

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
	internal_call_begin(statement);
	statement_param(statement, OIDOID, ObjectIdGetDatum(column ? InvalidOid : relid), false);
	internal_call_add_arguments(statement, fcinfo);
}

/* A question about an object named by a text, the first argument; the internal function gets its OID before it. */
PG_FUNCTION_INFO_V1(lineage_of_object);
Datum
lineage_of_object(PG_FUNCTION_ARGS)
{
	Statement statement;

	begin_question_of_object(&statement, fcinfo);
	return internal_call_rows(&statement, fcinfo);
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
	internal_call_run(&statement, fcinfo);
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
	internal_call_begin(&statement);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(relid), false);
	statement_text(&statement, column);
	internal_call_add_arguments(&statement, fcinfo);
	return internal_call_rows(&statement, fcinfo);
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
