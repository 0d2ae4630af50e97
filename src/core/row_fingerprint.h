/*
 * row_fingerprint.h: the fingerprint of what an aggregate was given.
 *
 * Arguments are hashed as fingerprint_agg() hashes a row of columns with their names, so that a
 * summary can be compared with the rows it should be of.
 */
#ifndef AIDATAOPS_CORE_ROW_FINGERPRINT_H
#define AIDATAOPS_CORE_ROW_FINGERPRINT_H

#include "access/tupdesc.h"
#include "core/record.h"
#include "fmgr.h"

typedef struct ArgumentColumn
{
	const char *name;
	Oid type;
} ArgumentColumn;

#define MAX_ARGUMENT_COLUMNS 8

/* Of arguments 1 to count of a transition function; those that it was not given count as NULL. */
static inline RowHash
arguments_hash(FunctionCallInfo fcinfo, const ArgumentColumn *columns, int count)
{
	Datum values[MAX_ARGUMENT_COLUMNS];
	bool nulls[MAX_ARGUMENT_COLUMNS];

	if (fcinfo->flinfo->fn_extra == NULL)
	{
		TupleDesc tupdesc = CreateTemplateTupleDesc(count);

		for (int i = 0; i < count; i++)
			TupleDescInitEntry(tupdesc, i + 1, columns[i].name, columns[i].type, -1, 0);
		fcinfo->flinfo->fn_extra = row_encoder_create(tupdesc, fcinfo->flinfo->fn_mcxt);
	}
	for (int i = 0; i < count; i++)
	{
		nulls[i] = i + 1 >= PG_NARGS() || PG_ARGISNULL(i + 1);
		values[i] = nulls[i] ? (Datum) 0 : PG_GETARG_DATUM(i + 1);
	}
	return row_encoder_hash(fcinfo->flinfo->fn_extra, values, nulls);
}

#endif
