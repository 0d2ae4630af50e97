/*
 * reading.h: relations of others, read on behalf of a caller, and in whose name.
 *
 * Who reads a relation runs code of its owner: functions of views and policies, expressions of
 * indexes when a statement is planned, generated columns, and checks of domains already when it is
 * parsed. So what is read for a caller is read as the relations' owner where the caller has that
 * owner's rights, and never as a superuser if any of it belongs to somebody else
 * (docs/security.md).
 */
#ifndef AIDATAOPS_CORE_READING_H
#define AIDATAOPS_CORE_READING_H

#include "access/tupdesc.h"
#include "core/identity.h"
#include "fmgr.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "utils/queryenvironment.h"

/* A query that is being read. */
typedef struct Reading
{
	const char *sql;
	Identity caller; /* to become again */
	Query *query;
	List *named;     /* relations that the query names, not those beneath views */
	TupleDesc shape; /* of the result */
	QueryEnvironment *environment;
} Reading;

/*
 * On whose behalf a query is read that is not the caller's own wish. Code of others, who own relations and functions
 * that it names, then runs as a role only if they have its rights, or the asker.
 */
typedef struct ReadingTerms
{
	Oid asker;
	bool
		own_text; /* the reader wrote it, and may call any function if the asker may act as the role */
	QueryEnvironment *environment; /* relations that live as long as the query; NULL: none */
} ReadingTerms;

/*
 * The role that suffices for a reader to read relations, the one that matters most first, by a
 * query, which may be NULL: the first of their owners whose rights the reader has, who is no
 * superuser, and who may read all of them; else the reader; an error if that is a superuser, and
 * some relation that is read belongs to somebody who is none.
 */
extern Oid reading_role(Oid reader, List *relations, const char *sql);

/* Relations that names in a query may mean, as they are found now; a name can be one of its own, too. */
extern List *reading_names(const char *sql);

/*
 * The last of it: an error if that is a superuser. All relations are given, with those beneath
 * views and partitions.
 */
extern void check_superuser_may_read(Oid reader, List *relations);

/*
 * Between these, the caller is the role that reads. The query is rewritten, its relations are
 * locked and judged; it is planned and run once, under the active snapshot, and writes nothing.
 */
extern Reading *reading_begin(List *relations, const char *sql, ParamListInfo params);
extern Reading *reading_begin_on(const ReadingTerms *terms, List *relations, const char *sql,
								 ParamListInfo params);
extern void reading_run(Reading *reading, ParamListInfo params, DestReceiver *receiver);
extern void reading_end(Reading *reading);

/*
 * All of it, into the result of a function that returns a set; an error if that has other columns.
 */
extern void read_into_result(FunctionCallInfo fcinfo, List *relations, const char *sql,
							 ParamListInfo params);

/* Parameters of a query, constant. */
extern ParamListInfo reading_params(int count, const Datum *values, const bool *nulls,
									const Oid *types);

/* An array of oid, NULLs left out. */
extern List *relations_in_array(Datum array);

#endif
