/*
 * origin.c: where OIDs mean something.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "aidataops.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lineage_origin);
Datum
lineage_origin(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(
		cstring_to_text(psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId)));
}
