/*
 * noop.c: what an aggregate in C costs that is handed whole rows and ignores them, with a state of
 * the kind that fingerprint_agg() has. Built by bench/run.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(noop);
Datum
noop(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
