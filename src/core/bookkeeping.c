/*
 * bookkeeping.c: how SQL functions write the catalog.
 *
 * The tables of the catalog belong to the owner of the extension, and nobody else may write them. A function of
 * SQL or PL/pgSQL that does is internal: its name begins with _, nobody has EXECUTE on it, and its first argument
 * is the role that calls, whose rights it checks. The public function is as_catalog_owner, or rows_as_catalog_owner
 * if there are rows to return, declared with the same name without _ and with the arguments after the first.
 * (SECURITY DEFINER would not do: it hides who calls from the function, behind session_user, which SET ROLE does
 * not change.)
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/bookkeeping.h"
#include "core/identity.h"
#include "core/rows.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(as_catalog_owner);

/* The internal function behind a public one. */
static Oid
internal_function(Oid public_function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(public_function));
	Form_pg_proc form;
	Oid argument_types[FUNC_MAX_ARGS];
	char *name;
	Oid internal;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", public_function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	name = psprintf("_%s", NameStr(form->proname));
	argument_types[0] = OIDOID;
	memcpy(argument_types + 1, form->proargtypes.values, form->pronargs * sizeof(Oid));
	internal = LookupFuncName(list_make2(makeString(AIDATAOPS_SCHEMA), makeString(name)),
							  form->pronargs + 1, argument_types, false);
	if (get_func_rettype(internal) != form->prorettype || form->proretset)
		elog(ERROR, "function %s does not return what %s does", name, NameStr(form->proname));
	ReleaseSysCache(tuple);
	return internal;
}

static FmgrInfo *
internal_call(FmgrInfo *public_call)
{
	FmgrInfo *call = public_call->fn_extra;

	if (call == NULL)
	{
		call = MemoryContextAlloc(public_call->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(internal_function(public_call->fn_oid), call, public_call->fn_mcxt);
		public_call->fn_extra = call;
	}
	return call;
}

static Datum
call_internal(FunctionCallInfo fcinfo, Oid caller)
{
	LOCAL_FCINFO(inner, FUNC_MAX_ARGS);
	Datum result;

	InitFunctionCallInfoData(*inner, internal_call(fcinfo->flinfo), PG_NARGS() + 1,
							 fcinfo->fncollation, NULL, NULL);
	inner->args[0].value = ObjectIdGetDatum(caller);
	inner->args[0].isnull = false;
	memcpy(inner->args + 1, fcinfo->args, PG_NARGS() * sizeof(NullableDatum));
	result = FunctionCallInvoke(inner);
	fcinfo->isnull = inner->isnull;
	return result;
}

/* Calls the internal function as the owner of the catalog, with the caller in front of the arguments. */
Datum
as_catalog_owner(PG_FUNCTION_ARGS)
{
	Oid caller = GetUserId();
	Identity previous = become_catalog_owner();
	Datum result = call_internal(fcinfo, caller);

	become_again(previous);
	return result;
}

static Oid
owner_for(Oid caller, Oid table)
{
	Oid owner = relation_owner(table);

	if (!OidIsValid(owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the table has been dropped")));
	if (!has_privs_of_role(caller, owner))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied for table \"%s\"", get_rel_name(table)),
						errdetail("It takes the rights of role \"%s\", who owns it.",
								  GetUserNameFromId(owner, false))));
	return owner;
}

/*
 * Calls the internal function as the owner of the table that is the first argument, for who has his rights. The owner
 * himself acts as if by hand; anybody else lends neither rights nor settings to the owner's triggers and types.
 */
PG_FUNCTION_INFO_V1(as_table_owner);
Datum
as_table_owner(PG_FUNCTION_ARGS)
{
	Oid caller = GetUserId();
	Oid owner = owner_for(caller, PG_GETARG_OID(0));
	Identity previous;
	Datum result;

	if (caller == owner)
		return call_internal(fcinfo, caller);
	previous = become_role_restricted(owner);
	result = call_internal(fcinfo, caller);
	become_again(previous);
	return result;
}

/* -------------------------------------------------------------------------- rows ---- */

void
internal_call_begin(Statement *call)
{
	statement_init(call, NULL);
	statement_param(call, OIDOID, ObjectIdGetDatum(GetUserId()), false);
}

/* Of the types that were declared: a literal has none of its own. */
void
internal_call_add_arguments(Statement *call, FunctionCallInfo fcinfo)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	for (int i = 0; i < PG_NARGS(); i++)
		statement_param(call, form->proargtypes.values[i], PG_GETARG_DATUM(i), PG_ARGISNULL(i));
	ReleaseSysCache(tuple);
}

uint64
internal_call_run(Statement *call, FunctionCallInfo fcinfo)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT * FROM %s._%s(", AIDATAOPS_SCHEMA,
					 get_func_name(fcinfo->flinfo->fn_oid));
	for (int i = 1; i <= call->nparams; i++)
		appendStringInfo(&sql, i == 1 ? "$%d" : ", $%d", i);
	appendStringInfoChar(&sql, ')');
	call->sql = sql.data;
	return statement_run_as_catalog_owner(call);
}

Datum
internal_call_rows(Statement *call, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint64 count;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	SPI_connect();
	count = internal_call_run(call, fcinfo);
	if (!same_types(SPI_tuptable->tupdesc, result->setDesc))
		elog(ERROR, "\"%s\" does not return the columns of the public function", call->sql);
	for (uint64 i = 0; i < count; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	SPI_finish();
	return (Datum) 0;
}

/* As as_catalog_owner, for functions that return rows. */
PG_FUNCTION_INFO_V1(rows_as_catalog_owner);
Datum
rows_as_catalog_owner(PG_FUNCTION_ARGS)
{
	Statement call;

	internal_call_begin(&call);
	internal_call_add_arguments(&call, fcinfo);
	return internal_call_rows(&call, fcinfo);
}
