/*
 * statement.h: statements of our own, with parameters, and what they return.
 */
#ifndef AIDATAOPS_CORE_STATEMENT_H
#define AIDATAOPS_CORE_STATEMENT_H

#include "core/identity.h"
#include "utils/snapshot.h"

#define STATEMENT_MAX_PARAMS 24

/* A statement with its parameters, built one call at a time: $1 first. */
typedef struct Statement
{
	const char *sql;
	int nparams;
	Oid types[STATEMENT_MAX_PARAMS];
	Datum values[STATEMENT_MAX_PARAMS];
	char nulls[STATEMENT_MAX_PARAMS + 1];
} Statement;

extern void statement_init(Statement *statement, const char *sql);
extern void statement_param(Statement *statement, Oid type, Datum value, bool isnull);
extern void statement_text(Statement *statement, const char *value); /* NULL for NULL */
extern void statement_int4(Statement *statement, int32 value);
extern void statement_int8(Statement *statement, int64 value);

/* Needs an SPI connection; returns the number of rows. A snapshot may be given to run under. */
extern uint64 statement_run(Statement *statement, Snapshot snapshot);
extern uint64 statement_run_as_catalog_owner(Statement *statement);
extern uint64 statement_run_on_definitions(Statement *statement);
extern void run_ddl(const char *sql); /* as the owner of the catalog */
extern void run_ddl_made_by(Statement *statement);

/* Column of the first row of the last result, from 1. */
extern Datum result_value(int column, bool *isnull);
extern char *result_text(int column); /* by output function; NULL for NULL */

/* The OID of a type of this extension. */
extern Oid own_type(const char *name);

#endif
