/*
 * bookkeeping.h: public functions that are answered by internal ones, with the rights of the catalog's owner.
 *
 * as_catalog_owner and rows_as_catalog_owner do so as they are. A function that has to look something up with the
 * caller's search_path first begins the call itself, adds what it found as parameters after the caller, and goes on.
 */
#ifndef AIDATAOPS_CORE_BOOKKEEPING_H
#define AIDATAOPS_CORE_BOOKKEEPING_H

#include "core/statement.h"
#include "fmgr.h"

extern void internal_call_begin(Statement *call); /* $1: the caller */
extern void internal_call_add_arguments(Statement *call, FunctionCallInfo fcinfo);

/* Need an SPI connection, and make one. */
extern uint64 internal_call_run(Statement *call, FunctionCallInfo fcinfo);
extern Datum internal_call_rows(Statement *call, FunctionCallInfo fcinfo);

#endif
