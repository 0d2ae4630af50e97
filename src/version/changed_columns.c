/*
 * changed_columns.c: which columns of two rows differ, by the same encoding as their hashes.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "core/record.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "version/catalog.h"

typedef struct Encoders
{
	RecordEncoder *before;
	RecordEncoder *after;
} Encoders;

static List *
changed_columns_of_arguments(FunctionCallInfo fcinfo)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	Encoders *encoders;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(Encoders));
	encoders = flinfo->fn_extra;
	return record_changed_columns(&encoders->before, &encoders->after, flinfo->fn_mcxt,
								  PG_GETARG_HEAPTUPLEHEADER(0), PG_GETARG_HEAPTUPLEHEADER(1));
}

PG_FUNCTION_INFO_V1(changed_columns);
Datum
changed_columns(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(list_to_text_array(changed_columns_of_arguments(fcinfo)));
}

PG_FUNCTION_INFO_V1(num_changed_columns);
Datum
num_changed_columns(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(list_length(changed_columns_of_arguments(fcinfo)));
}
