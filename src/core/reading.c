/*
 * reading.c: relations of others, read on behalf of a caller, and in whose name (see reading.h).
 *
 * What is judged is what is read: relations are carried from the query's tree to its plan by OID,
 * and are locked in between, so that nobody puts another one in the place of a name. Where a
 * superuser must read by himself, names are looked up twice: before the query is parsed, because to
 * parse a literal can run code of its type's owner, and in the tree.
 */
#include "postgres.h"

#include "access/table.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "core/reading.h"
#include "core/trust.h"
#include "executor/executor.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* --------------------------------------------------------------------- what is read ---- */

static void
check_is_select(bool is_select, const char *sql)
{
	if (!is_select)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("statement is not a query that returns rows"),
						errdetail("The text is: %s", sql)));
}

static RawStmt *
parse(const char *sql)
{
	List *statements = pg_parse_query(sql);

	if (list_length(statements) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("one statement is expected, not %d", list_length(statements)),
						errdetail("The text is: %s", sql)));
	check_is_select(IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt), sql);
	return linitial(statements);
}

/* Relations that a raw tree may mean; a name can be one of the query's own, too. */
static bool
find_names(Node *node, List **relations)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
	{
		Oid relid = RangeVarGetRelid((RangeVar *) node, NoLock, true);

		if (OidIsValid(relid))
			*relations = list_append_unique_oid(*relations, relid);
		return false;
	}
	return raw_expression_tree_walker(node, find_names, relations);
}

List *
reading_names(const char *sql)
{
	List *relations = NIL;

	find_names(parse(sql)->stmt, &relations);
	return relations;
}

/* Before it is rewritten, when a view is a relation and nothing else. */
static bool
find_named(Node *node, List **relations)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		if (entry->rtekind == RTE_RELATION)
			*relations = list_append_unique_oid(*relations, entry->relid);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_named, relations, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, find_named, relations);
}

static List *
relations_in_query(Query *query)
{
	List *relations;
	List *items;
	bool has_row_security;

	extract_query_dependencies((Node *) query, &relations, &items, &has_row_security);
	return relations;
}

static void
add_beneath(Oid relid, List **all)
{
	check_stack_depth();
	if (list_member_oid(*all, relid))
		return;
	*all = lappend_oid(*all, relid);
	if (get_rel_relkind(relid) == RELKIND_VIEW)
	{
		Relation view = table_open(relid, AccessShareLock);
		List *relations = relations_in_query(get_view_query(view));
		ListCell *cell;

		table_close(view, AccessShareLock);
		foreach (cell, relations)
			add_beneath(lfirst_oid(cell), all);
	}
	else if (has_subclass(relid))
		*all = list_concat_unique_oid(*all, find_all_inheritors(relid, NoLock, NULL));
}

/* With the relations beneath views, their partitions, and the tables that inherit from them. */
static List *
with_all_beneath(List *relations)
{
	List *all = NIL;
	ListCell *cell;

	foreach (cell, relations)
		add_beneath(lfirst_oid(cell), &all);
	return all;
}

/* ------------------------------------------------------------------------- who reads ---- */

/* Of a single column is enough: which ones are read, the executor asks. */
static bool
may_read(Oid role, Oid relid)
{
	return pg_namespace_aclcheck(get_rel_namespace(relid), role, ACL_USAGE) == ACLCHECK_OK &&
		   (pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck_all(relid, role, ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK);
}

static bool
may_read_all(Oid role, List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
	{
		if (get_rel_relkind(lfirst_oid(cell)) != '\0' && !may_read(role, lfirst_oid(cell)))
			return false;
	}
	return true;
}

/* InvalidOid if no owner will do. */
static Oid
owner_who_reads(Oid reader, List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
	{
		Oid owner = relation_owner(lfirst_oid(cell));

		if (OidIsValid(owner) && !superuser_arg(owner) && has_privs_of_role(reader, owner) &&
			may_read_all(owner, relations))
			return owner;
	}
	return InvalidOid;
}

/*
 * The relation that the caller asked for is named in the message, the one that stands against it in
 * the detail.
 */
static void
refuse_superuser(Oid reader, Oid relid)
{
	char *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
											get_rel_name(relid));
	char *owner = GetUserNameFromId(relation_owner(relid), true);

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("relation %s is not read with the rights of superuser \"%s\"", name,
					GetUserNameFromId(reader, false)),
			 errdetail("It belongs to role \"%s\", whose functions, casts and policies could run "
					   "with these rights.",
					   owner ? owner : "?"),
			 errhint("Let one of the owners of what is read have SELECT on all of it, or call this "
					 "as a role that is no superuser: SET ROLE.")));
}

void
check_superuser_may_read(Oid reader, List *relations)
{
	ListCell *cell;

	if (!superuser_arg(reader))
		return;
	foreach (cell, relations)
	{
		Oid owner = relation_owner(lfirst_oid(cell));

		if (OidIsValid(owner) && !superuser_arg(owner))
			refuse_superuser(reader, lfirst_oid(cell));
	}
}

/* Any number is an OID, and a relation may be gone by now. */
static void
check_relations_exist(List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
	{
		if (!OidIsValid(relation_owner(lfirst_oid(cell))))
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
							errmsg("relation with OID %u does not exist", lfirst_oid(cell)),
							errhint("It may have been dropped just now: name it again.")));
	}
}

Oid
reading_role(Oid reader, List *relations, const char *sql)
{
	List *named = list_copy(relations);
	Oid owner;

	check_relations_exist(relations);
	owner = owner_who_reads(reader, relations);
	if (OidIsValid(owner))
		return owner;
	if (!superuser_arg(reader))
		return reader;
	if (sql)
		find_names(parse(sql)->stmt, &named);
	check_superuser_may_read(reader, with_all_beneath(named));
	return reader;
}

/* --------------------------------------------------------------------------- reading ---- */

/*
 * The query was made when types were read from the catalog; they may be others by now, and have
 * casts.
 */
static void
check_trusted(Query *query, const char *sql)
{
	if (!runs_only_trusted((Node *) query, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("query would run a function of somebody else with the rights of \"%s\"",
						GetUserNameFromId(GetUserId(), false)),
				 errdetail("The text is: %s", sql),
				 errhint("If the type of a column was changed just now, try again.")));
}

/* Code of who has the rights of the role gains nothing by them; the asker runs it by asking, but no superuser does. */
static bool
asker_may_be(Oid asker, Oid role)
{
	return !superuser_arg(role) && has_privs_of_role(asker, role);
}

static void
check_asker(Oid asker, List *named)
{
	Oid role = GetUserId();
	ListCell *cell;

	foreach (cell, named)
	{
		Oid owner = relation_owner(lfirst_oid(cell));

		if (has_privs_of_role(owner, role) || asker_may_be(asker, role))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("relation %s is not read with the rights of \"%s\" for others",
						quote_qualified_identifier(
							get_namespace_name(get_rel_namespace(lfirst_oid(cell))),
							get_rel_name(lfirst_oid(cell))),
						GetUserNameFromId(role, false)),
				 errdetail("It belongs to role \"%s\", whose functions, casts and policies could "
						   "run with these rights whenever somebody asks.",
						   GetUserNameFromId(owner, false)),
				 errhint("Ask as \"%s\", or grant it the role that owns the relation.",
						 GetUserNameFromId(role, false))));
	}
}

static void
analyze_and_rewrite(Reading *reading, const ReadingTerms *terms, ParamListInfo params)
{
	int nparams = params ? params->numParams : 0;
	Oid *types = palloc(sizeof(Oid) * Max(nparams, 1));
	const char *sql = reading->sql;
	Query *query;

	for (int i = 0; i < nparams; i++)
		types[i] = params->params[i].ptype;
	query = parse_analyze_fixedparams(parse(sql), sql, types, nparams, reading->environment);
	check_is_select(query->commandType == CMD_SELECT, sql); /* SELECT INTO is none */
	(void) find_named((Node *) query, &reading->named);
	if (OidIsValid(terms->asker))
		check_asker(terms->asker, reading->named);
	if (!terms->own_text || !asker_may_be(terms->asker, GetUserId()))
		check_trusted(query, sql);
	reading->query = linitial_node(Query, pg_rewrite_query(query)); /* of a SELECT there is one */
}

Reading *
reading_begin(List *relations, const char *sql, ParamListInfo params)
{
	const ReadingTerms terms = {0};

	return reading_begin_on(&terms, relations, sql, params);
}

Reading *
reading_begin_on(const ReadingTerms *terms, List *relations, const char *sql, ParamListInfo params)
{
	Reading *reading = palloc0(sizeof(Reading));
	Oid role;

	reading->sql = sql;
	reading->environment = terms->environment;
	reading->caller = become_for_statements(GetUserId()); /* in which names are looked up */
	role = reading_role(GetUserId(), relations, sql);
	if (role != GetUserId())
	{
		become_again(reading->caller);
		reading->caller = become_owner_of_rows(role);
	}
	analyze_and_rewrite(reading, terms, params);
	check_superuser_may_read(role, with_all_beneath(relations_in_query(reading->query)));
	reading->shape = ExecCleanTypeFromTL(reading->query->targetList);
	return reading;
}

void
reading_run(Reading *reading, ParamListInfo params, DestReceiver *receiver)
{
	PlannedStmt *plan = pg_plan_query(reading->query, reading->sql, CURSOR_OPT_PARALLEL_OK, params);
	QueryDesc *execution;

	if (!CommandIsReadOnly(plan))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("what reads must not write, nor lock rows"),
						errdetail("The text is: %s", reading->sql)));
	execution = CreateQueryDesc(plan, reading->sql, GetActiveSnapshot(), InvalidSnapshot, receiver,
								params, reading->environment, 0);
	ExecutorStart(execution, 0);
	executor_run_once(execution);
	ExecutorFinish(execution);
	ExecutorEnd(execution);
	FreeQueryDesc(execution);
}

void
reading_end(Reading *reading)
{
	become_again(reading->caller);
}

void
read_into_result(FunctionCallInfo fcinfo, List *relations, const char *sql, ParamListInfo params)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DestReceiver *receiver = CreateDestReceiver(DestTuplestore);
	Reading *reading;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	SetTuplestoreDestReceiverParams(
		receiver, result->setResult, result->econtext->ecxt_per_query_memory, false,
		result->setDesc, gettext_noop("query returns other columns than were asked for"));
	reading = reading_begin(relations, sql, params);
	reading_run(reading, params, receiver);
	reading_end(reading);
	receiver->rDestroy(receiver);
}

ParamListInfo
reading_params(int count, const Datum *values, const bool *nulls, const Oid *types)
{
	ParamListInfo params = makeParamList(count);

	for (int i = 0; i < count; i++)
		params->params[i] = (ParamExternData){
			.value = values[i], .isnull = nulls[i], .pflags = PARAM_FLAG_CONST, .ptype = types[i]};
	return params;
}

List *
relations_in_array(Datum array)
{
	List *relations = NIL;
	Datum *oids;
	bool *nulls;
	int count;

	deconstruct_array(DatumGetArrayTypeP(array), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &oids,
					  &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			relations = lappend_oid(relations, DatumGetObjectId(oids[i]));
	}
	return relations;
}

/* ------------------------------------------------------------------------------- SQL ---- */

static List *
relations_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NIL : relations_in_array(PG_GETARG_DATUM(argument));
}

/* _reading_role(reader, relations, query) */
PG_FUNCTION_INFO_V1(role_that_reads);
Datum
role_that_reads(PG_FUNCTION_ARGS)
{
	char *sql = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Identity caller;
	Oid role;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	caller = become_for_statements(GetUserId());
	role = reading_role(PG_GETARG_OID(0), relations_argument(fcinfo, 1), sql);
	become_again(caller);
	PG_RETURN_OID(role);
}

/* _read(relations, query, parameters...) */
PG_FUNCTION_INFO_V1(read_relations);
Datum
read_relations(PG_FUNCTION_ARGS)
{
	Datum *values;
	Oid *types;
	bool *nulls;
	int count =
		PG_NARGS() > 2 ? extract_variadic_args(fcinfo, 2, true, &values, &types, &nulls) : 0;

	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("query must not be NULL")));
	read_into_result(fcinfo, relations_argument(fcinfo, 0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
					 count > 0 ? reading_params(count, values, nulls, types) : NULL);
	return (Datum) 0;
}
