/*
 * arguments.h: arguments that several readers share.
 */
#ifndef AIDATAOPS_CORE_ARGUMENTS_H
#define AIDATAOPS_CORE_ARGUMENTS_H

#include "fmgr.h"

/* The confidence of an interval: between 0 and 1, both excluded. */
static inline double
confidence_argument(FunctionCallInfo fcinfo, int n)
{
	double confidence = PG_GETARG_FLOAT8(n);

	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("confidence %g is out of range", confidence),
						errdetail("It must be more than 0 and less than 1: 0.95, say.")));
	return confidence;
}

/* The context of an aggregate whose state lives in memory. */
static inline MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("aggregate function called in non-aggregate context")));
	return context;
}

#endif
