/*
 * statement.c: statements of our own, with parameters, and what they return.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/statement.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

void
statement_init(Statement *statement, const char *sql)
{
	statement->sql = sql;
	statement->nparams = 0;
}

void
statement_param(Statement *statement, Oid type, Datum value, bool isnull)
{
	int i = statement->nparams++;

	Assert(i < STATEMENT_MAX_PARAMS);
	statement->types[i] = type;
	statement->values[i] = value;
	statement->nulls[i] = isnull ? 'n' : ' ';
	statement->nulls[i + 1] = '\0';
}

void
statement_text(Statement *statement, const char *value)
{
	statement_param(statement, TEXTOID, value ? CStringGetTextDatum(value) : (Datum) 0, !value);
}

void
statement_int4(Statement *statement, int32 value)
{
	statement_param(statement, INT4OID, Int32GetDatum(value), false);
}

void
statement_int8(Statement *statement, int64 value)
{
	statement_param(statement, INT8OID, Int64GetDatum(value), false);
}

uint64
statement_run(Statement *statement, Snapshot snapshot)
{
	SPIPlanPtr plan = SPI_prepare(statement->sql, statement->nparams, statement->types);
	int code;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement->sql,
			 SPI_result_code_string(SPI_result));
	code = SPI_execute_snapshot(plan, statement->values, statement->nulls, snapshot,
								InvalidSnapshot, false, true, 0);
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s", statement->sql, SPI_result_code_string(code));
	return SPI_processed;
}

uint64
statement_run_as_catalog_owner(Statement *statement)
{
	Identity caller = become_catalog_owner();
	uint64 rows = statement_run(statement, InvalidSnapshot);

	become_again(caller);
	return rows;
}

/* What is defined now, not what was when a REPEATABLE READ transaction began. */
uint64
statement_run_on_definitions(Statement *statement)
{
	Identity caller = become_catalog_owner();
	uint64 rows = statement_run(statement, GetLatestSnapshot());

	become_again(caller);
	return rows;
}

void
run_ddl(const char *sql)
{
	Statement statement;

	statement_init(&statement, sql);
	statement_run_as_catalog_owner(&statement);
}

/* The rows of a query are commands. */
void
run_ddl_made_by(Statement *statement)
{
	uint64 count = statement_run_as_catalog_owner(statement);
	SPITupleTable *commands = SPI_tuptable;

	for (uint64 i = 0; i < count; i++)
		run_ddl(SPI_getvalue(commands->vals[i], commands->tupdesc, 1));
}

Datum
result_value(int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, isnull);
}

char *
result_text(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

Oid
own_type(const char *name)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(get_namespace_oid(AIDATAOPS_SCHEMA, false)));
}
