/*
 * compat.h: the code is written for the newest PostgreSQL; older servers get its names here.
 */
#ifndef AIDATAOPS_COMPAT_H
#define AIDATAOPS_COMPAT_H

#include "fmgr.h"
#include "nodes/nodes.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * With hidden visibility only what SQL calls is exported. 16 marks that itself; before, its macros
 * know of visibility on Windows only.
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#undef PG_FUNCTION_INFO_V1
#define PG_FUNCTION_INFO_V1(funcname)                                                              \
	extern PGDLLEXPORT Datum funcname(PG_FUNCTION_ARGS);                                           \
	extern PGDLLEXPORT const Pg_finfo_record *CppConcat(pg_finfo_, funcname)(void);                \
	const Pg_finfo_record *CppConcat(pg_finfo_, funcname)(void)                                    \
	{                                                                                              \
		static const Pg_finfo_record my_finfo = {1};                                               \
		return &my_finfo;                                                                          \
	}                                                                                              \
	extern int no_such_variable
#endif

/* Soft input errors came with 16; before, every input error is a hard one. */
#if PG_VERSION_NUM < 160000
#define ereturn(escontext, result, ...)                                                            \
	do                                                                                             \
	{                                                                                              \
		(void) (escontext);                                                                        \
		ereport(ERROR, __VA_ARGS__);                                                               \
		return (result);                                                                           \
	} while (0)
#define SOFT_ERROR_CONTEXT(fcinfo) NULL

static inline bool
DirectInputFunctionCallSafe(PGFunction function, char *text, Oid typioparam, int32 typmod,
							Node *escontext, Datum *result)
{
	(void) escontext;
	*result = DirectFunctionCall3(function, CStringGetDatum(text), ObjectIdGetDatum(typioparam),
								  Int32GetDatum(typmod));
	return true;
}
#else
#define SOFT_ERROR_CONTEXT(fcinfo) ((fcinfo)->context)
#endif

/* Whether a sorted datum is copied is asked since 16; before, it always is. */
#if PG_VERSION_NUM < 160000
#include "utils/tuplesort.h" /* which must not see the macro */
#define tuplesort_getdatum(state, forward, copy, value, isnull, abbrev)                            \
	(AssertMacro(copy), tuplesort_getdatum(state, forward, value, isnull, abbrev))
#endif

/* 18 tells bytes from text in the types of these. */
#if PG_VERSION_NUM >= 180000
#define base64_encode(src, len, dst, dstlen) pg_b64_encode((const uint8 *) (src), len, dst, dstlen)
#define base64_decode(src, len, dst, dstlen) pg_b64_decode(src, len, (uint8 *) (dst), dstlen)
#else
#define base64_encode pg_b64_encode
#define base64_decode pg_b64_decode
#endif

/* 18 spells it before the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* Before 18 it is asked of each execution whether there may be another. */
#if PG_VERSION_NUM >= 180000
#define executor_run_once(execution) ExecutorRun(execution, ForwardScanDirection, 0)
#else
#define executor_run_once(execution) ExecutorRun(execution, ForwardScanDirection, 0, true)
#endif

/* One function asks for rights on any kind of object since 16. */
#if PG_VERSION_NUM >= 160000
#define pg_namespace_aclcheck(oid, role, mode) object_aclcheck(NamespaceRelationId, oid, role, mode)
#endif

/* Virtual generated columns came with 18. */
#if PG_VERSION_NUM < 180000
#define ATTRIBUTE_GENERATED_VIRTUAL        'v'
#define HAS_GENERATED_VIRTUAL(constraints) false
#else
#define HAS_GENERATED_VIRTUAL(constraints) ((constraints)->has_generated_virtual)
#endif

#endif
