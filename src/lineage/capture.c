/*
 * capture.c: sees statements as they are planned and run.
 *
 * What a statement takes from where to where is found when it is planned (map.c), and goes with the plan as an item of
 * its invalidation list that nothing ever invalidates: so it is copied with the plan into every cache, and is there
 * when the plan runs for the thousandth time. It is recorded when the statement has run.
 *
 * Beside that runs a stack of the statements that are being executed. In functions values travel in variables, where
 * no tree shows them: what was read before something was written then, in the same outermost statement, is recorded as
 * a cooccurrence.
 *
 * Nothing in here may fail a statement of the user. The stack lives in an array, and is cut when a (sub)transaction
 * aborts, so that no statement needs an exception handler for it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/relation.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/prepare.h"
#include "common/hashfn.h"
#include "core/subtransaction.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include <unistd.h>

/* No cache has this number, so no invalidation is for the item that has it. */
#define LINEAGE_ITEM (-0x61646f)

/* A statement that is being executed. */
typedef struct Frame
{
	PlannedStmt *plan;          /* NULL of utility statements */
	const char *query_string;   /* of the utility statement whose query is awaited; NULL if none */
	LineageOperation operation; /* what its query will do */
	LineageMap *map;            /* and did */
	uint64 num_rows;
	SubTransactionId subid;
	int refreshing; /* around it */
} Frame;

#define MAX_FRAMES 256
#define MAX_READS  64

static Frame frames[MAX_FRAMES];
static int depth = 0;
static int refreshing = 0; /* REFRESH ... CONCURRENTLY writes by statements of its own */

/* What was read so far, in functions of the outermost statement. */
static Oid reads[MAX_READS];
static int nreads = 0;

static bool installed = false;
static planner_hook_type next_planner = NULL;
static ExecutorStart_hook_type next_start = NULL;
static ExecutorRun_hook_type next_run = NULL;
static ExecutorFinish_hook_type next_finish = NULL;
static ExecutorEnd_hook_type next_end = NULL;
static ProcessUtility_hook_type next_utility = NULL;
static object_access_hook_type next_access = NULL;

bool
capture_is_installed(void)
{
	return installed;
}

/*
 * What pg_dump writes begins with check_function_bodies = off. A restore brings the lineage that was dumped; what it
 * does itself must not get in its way. Nobody but a superuser restores the extension, or can switch capture off.
 */
static bool
is_restoring(void)
{
	return IsBinaryUpgrade || (!check_function_bodies && superuser());
}

static inline bool
is_capturing(void)
{
	return lineage_enabled && !events_are_being_written() && !IsParallelWorker() &&
		   (check_function_bodies || !is_restoring());
}

/* ---------------------------------------------------------------------------- frames ---- */

static Frame *
top_frame(void)
{
	return depth > 0 && depth <= MAX_FRAMES ? &frames[depth - 1] : NULL;
}

/* Returns the depth to go back to. */
static inline int
push_frame(PlannedStmt *plan)
{
	int outer = depth++;

	if (outer < MAX_FRAMES)
	{
		frames[outer].plan = plan;
		frames[outer].query_string = NULL;
		frames[outer].map = NULL;
		frames[outer].subid = GetCurrentSubTransactionId();
		frames[outer].refreshing = refreshing;
	}
	return outer;
}

static void
cut_frames(int kept)
{
	if (kept < Min(depth, MAX_FRAMES))
		refreshing = frames[kept].refreshing;
	depth = kept;
}

/* Statements of a subtransaction that was aborted do not run any more; 0: none do. */
void
capture_forget_frames(SubTransactionId subid)
{
	int kept = Min(depth, MAX_FRAMES);

	while (kept > 0 && frames[kept - 1].subid >= subid)
		kept--;
	cut_frames(kept);
}

/*
 * When a transaction is committed, no plan is being executed: if there is one, somebody caught an error without a
 * subtransaction. Only procedures and their like go on.
 */
void
capture_forget_executed(void)
{
	int kept = 0;

	while (kept < Min(depth, MAX_FRAMES) && frames[kept].plan == NULL)
		kept++;
	cut_frames(kept);
}

/* A procedure that rolled back goes on, though all frames went with the transaction. */
static inline void
begin_statement(void)
{
	if (depth == 0)
	{
		if (SPI_inside_nonatomic_context())
			(void) push_frame(NULL);
		else
			nreads = 0;
	}
}

/* --------------------------------------------------------------------------- planning ---- */

/* The utility statement whose query this is, if it is one. */
static Frame *
awaiting_frame(const char *query_string)
{
	Frame *frame = top_frame();

	return frame && frame->query_string && frame->query_string == query_string ? frame : NULL;
}

static List *
names_of_outputs(Query *query)
{
	List *names = NIL;
	ListCell *cell;

	foreach (cell, query->commandType == CMD_SELECT ? query->targetList : query->returningList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (!entry->resjunk)
			names = lappend(names, entry->resname ? entry->resname : "?column?");
	}
	return names;
}

static MapBuilder *
look_into(Query *query, Frame *frame)
{
	MemoryContext caller = CurrentMemoryContext;
	MapBuilder *volatile builder = NULL;

	PG_TRY();
	{
		MapBuilder *begun = map_begin();

		if (frame)
		{
			map_add_query(begun, query, InvalidOid, frame->operation);
			if (frame->operation == OPERATION_COPY_TO)
				map_set_column_names(begun, names_of_outputs(query));
		}
		else
			map_add_statement(begun, query);
		builder = begun;
	}
	PG_CATCH();
	{
		lineage_error(caller, "could not follow the columns of a statement");
		builder = NULL;
	}
	PG_END_TRY();
	return builder;
}

static void
attach(PlannedStmt *plan, MapBuilder *builder)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		LineageMap *map;

		map_add_planned(builder, plan);
		map = map_end(builder);
		if (map)
		{
			PlanInvalItem *item = makeNode(PlanInvalItem);

			item->cacheId = LINEAGE_ITEM;
			item->hashValue = map->id;
			plan->invalItems = lappend(plan->invalItems, item);
		}
	}
	PG_CATCH();
	{
		lineage_error(caller, "could not keep the columns of a statement");
	}
	PG_END_TRY();
}

static PlannedStmt *
lineage_planner(Query *parse, const char *query_string, int cursor_options,
				ParamListInfo bound_params)
{
	MapBuilder *builder = NULL;
	PlannedStmt *plan;

	if (is_capturing())
	{
		Frame *frame = awaiting_frame(query_string);

		if ((frame || map_is_wanted(parse)) && store_is_active())
			builder = look_into(parse, frame);
		if (frame)
			frame->query_string = NULL; /* those that follow are of functions */
	}
	if (next_planner)
		plan = next_planner(parse, query_string, cursor_options, bound_params);
	else
		plan = standard_planner(parse, query_string, cursor_options, bound_params);
	if (builder)
		attach(plan, builder);
	return plan;
}

static LineageMap *
attached_map(PlannedStmt *plan)
{
	PlanInvalItem *item;

	if (plan->invalItems == NIL)
		return NULL;
	item = llast(plan->invalItems);
	return IsA(item, PlanInvalItem) && item->cacheId == LINEAGE_ITEM ? map_by_id(item->hashValue)
																	 : NULL;
}

/* ---------------------------------------------------------------------- cooccurrence ---- */

static void
add_read(Oid *sources, int *count, Oid relid)
{
	for (int i = 0; i < *count; i++)
		if (sources[i] == relid)
			return;
	if (*count < MAX_READS)
		sources[(*count)++] = relid;
}

static void
add_reads_of(Oid *sources, int *count, PlannedStmt *plan)
{
	ListCell *cell;

	foreach (cell, plan->relationOids)
		add_read(sources, count, lfirst_oid(cell));
}

static Oid
target_of(PlannedStmt *plan)
{
	RangeTblEntry *rte;

	if (plan->resultRelations == NIL)
		return InvalidOid;
	rte = rt_fetch(linitial_int(plan->resultRelations), plan->rtable);
	return rte->relid;
}

static LineageMap *
cooccurrence_map(const Oid *sources, int count, Oid target)
{
	static uint64 last_hash = 0;
	static uint32 last_id = 0;
	uint64 hash = hash_bytes_extended((const unsigned char *) sources, count * sizeof(Oid), target);
	LineageMap *map = hash == last_hash ? map_by_id(last_id) : NULL;

	if (map == NULL)
	{
		MapBuilder *builder = map_begin();

		for (int i = 0; i < count; i++)
			if (sources[i] != target)
				map_add_relation(builder, sources[i], target, OPERATION_INSERT, true, true);
		map = map_end(builder);
		last_hash = hash;
		last_id = map ? map->id : 0;
	}
	return map;
}

/*
 * A statement wrote: by values of variables, if it has parameters in a function, which may come from anything that
 * was read there or in the statements around; or by functions that read something while it ran.
 */
static void
record_cooccurrence(QueryDesc *query)
{
	PlannedStmt *plan = query->plannedstmt;
	Oid sources[MAX_READS];
	int count = 0;
	bool has_variables = depth > 0 && query->params && query->params->numParams > 0;
	Oid target;
	LineageMap *map;

	if (depth > 0 && !has_variables)
		return;
	for (int i = 0; i < nreads; i++)
		add_read(sources, &count, reads[i]);
	for (int i = 0; i < Min(depth, MAX_FRAMES); i++)
		if (frames[i].plan && frames[i].plan != plan)
			add_reads_of(sources, &count, frames[i].plan);
	target = count > 0 ? target_of(plan) : InvalidOid;
	if (!OidIsValid(target) || !store_is_active())
		return;
	map = cooccurrence_map(sources, count, target);
	if (map)
		record_flow(map, NULL, query->estate->es_processed);
}

/* --------------------------------------------------------------------------- executing ---- */

/* Into the table that it makes or the file that it writes, and not into variables. */
static bool
goes_elsewhere(PlannedStmt *plan)
{
	LineageMap *map = attached_map(plan);

	return map && map->has_other;
}

static void
lineage_start(QueryDesc *query, int eflags)
{
	if (next_start)
		next_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);

	if (depth == 0 && SPI_inside_nonatomic_context())
		(void) push_frame(NULL);
	if (depth > 0 && (query->operation == CMD_SELECT || query->plannedstmt->hasReturning) &&
		is_capturing() && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0 && !InNoForceRLSOperation() &&
		!goes_elsewhere(query->plannedstmt))
		add_reads_of(reads, &nreads, query->plannedstmt);
}

#if PG_VERSION_NUM >= 180000
#define RUN_ARGUMENTS query, direction, count
static void
lineage_run(QueryDesc *query, ScanDirection direction, uint64 count)
#else
#define RUN_ARGUMENTS query, direction, count, execute_once
static void
lineage_run(QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once)
#endif
{
	int outer;

	begin_statement();
	outer = push_frame(query->plannedstmt);
	if (next_run)
		next_run(RUN_ARGUMENTS);
	else
		standard_ExecutorRun(RUN_ARGUMENTS);
	depth = outer;
}

static void
lineage_finish(QueryDesc *query)
{
	int outer = push_frame(query->plannedstmt);

	if (next_finish)
		next_finish(query);
	else
		standard_ExecutorFinish(query);
	depth = outer;
}

/* Statements that are explained, or never fetched from, were only started; those of foreign keys run for the server. */
static void
statement_ended(QueryDesc *query)
{
	LineageMap *map = attached_map(query->plannedstmt);

	if (query->estate == NULL || !query->already_executed || InNoForceRLSOperation() ||
		(map && !store_is_active()))
		return;
	if (map && map->has_other)
	{
		Frame *frame = top_frame();

		if (frame && frame->plan == NULL)
		{
			frame->map = map;
			frame->num_rows = query->estate->es_processed;
		}
	}
	else if (map && refreshing == 0)
		record_flow(map, NULL, query->estate->es_processed);
	if (query->plannedstmt->resultRelations != NIL && refreshing == 0 && (nreads > 0 || depth > 0))
		record_cooccurrence(query);
}

/* Most statements take nothing anywhere. */
static inline bool
may_be_recorded(PlannedStmt *plan)
{
	return plan->invalItems != NIL || (plan->resultRelations != NIL && (depth > 0 || nreads > 0));
}

static void
lineage_end(QueryDesc *query)
{
	if (may_be_recorded(query->plannedstmt) && is_capturing())
	{
		MemoryContext caller = CurrentMemoryContext;

		PG_TRY();
		{
			statement_ended(query);
		}
		PG_CATCH();
		{
			lineage_error(caller, "could not record a statement");
		}
		PG_END_TRY();
	}
	if (next_end)
		next_end(query);
	else
		standard_ExecutorEnd(query);
}

/* -------------------------------------------------------------------- utility statements ---- */

/* The relation that a statement has just made. */
static Oid
created_relation(RangeVar *name)
{
	return get_relname_relid(name->relname, RangeVarGetCreationNamespace(name));
}

static char *
host_name(void)
{
	char name[256] = "localhost";

	(void) gethostname(name, sizeof(name) - 1);
	return pstrdup(name);
}

static External *
other_side_of(CopyStmt *copy)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	External *external = palloc(sizeof(External));

	if (copy->filename == NULL)
		*external = (External){
			"client", pstrdup("client"),
			pstrdup(application_name && application_name[0] ? application_name : "unnamed")};
	else if (copy->is_program) /* commands may contain passwords */
		*external = (External){"program", pstrdup("program"), lineage_digest(copy->filename)};
	else
		*external = (External){"file", psprintf("file://%s", host_name()), pstrdup(copy->filename)};
	MemoryContextSwitchTo(caller);
	return external;
}

/* All columns that COPY reads or writes, of a relation. */
static void
add_copied_columns(MapBuilder *builder, CopyStmt *copy, Relation relation)
{
	TupleDesc columns = RelationGetDescr(relation);
	Oid relid = RelationGetRelid(relation);
	List *names = NIL;
	AttrNumber number = 0;

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);
		bool is_listed = copy->attlist == NIL;
		ListCell *cell;

		foreach (cell, copy->attlist)
			is_listed |= strcmp(strVal(lfirst(cell)), NameStr(column->attname)) == 0;
		if (column->attisdropped || column->attgenerated || !is_listed)
			continue;
		number++;
		names = lappend(names, pstrdup(NameStr(column->attname)));
		if (copy->is_from)
			map_add_column(builder, InvalidOid, number, relid, column->attnum, OPERATION_COPY_FROM,
						   KIND_IDENTITY);
		else
			map_add_column(builder, relid, column->attnum, InvalidOid, number, OPERATION_COPY_TO,
						   KIND_IDENTITY);
	}
	map_set_column_names(builder, names);
}

static LineageMap *
map_of_copied_relation(CopyStmt *copy)
{
	Oid relid = RangeVarGetRelid(copy->relation, NoLock, true);
	Relation relation = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
	MapBuilder *builder;

	if (relation == NULL)
		return NULL;
	builder = map_begin();
	if (copy->is_from)
		map_add_relation(builder, InvalidOid, relid, OPERATION_COPY_FROM, true, false);
	else
		map_add_relation(builder, relid, InvalidOid, OPERATION_COPY_TO, true, false);
	add_copied_columns(builder, copy, relation);
	relation_close(relation, AccessShareLock);
	return map_end(builder);
}

static void
after_copy(CopyStmt *copy, Frame *frame, QueryCompletion *completion)
{
	LineageMap *map = copy->relation ? map_of_copied_relation(copy) : frame->map;

	if (map)
		record_flow(map, other_side_of(copy), completion ? completion->nprocessed : 0);
}

static void
after_view(ViewStmt *statement)
{
	Oid view = created_relation(statement->view);

	if (OidIsValid(view))
		record_view(view, statement->replace);
}

/* CREATE TABLE AS EXECUTE: the plan may be older than this statement, and knows nothing of it. */
static LineageMap *
map_of_prepared(ExecuteStmt *execute)
{
	PreparedStatement *prepared = FetchPreparedStatement(execute->name, false);
	MapBuilder *builder;

	if (prepared == NULL || list_length(prepared->plansource->query_list) != 1)
		return NULL;
	builder = map_begin();
	map_add_query(builder, linitial_node(Query, prepared->plansource->query_list), InvalidOid,
				  OPERATION_CREATE_TABLE_AS);
	return map_end(builder);
}

static void
after_create_table_as(CreateTableAsStmt *statement, Frame *frame)
{
	LineageMap *map = frame->map;
	Node *utility = castNode(Query, statement->query)->utilityStmt;
	Oid target;

	if (map == NULL && utility && IsA(utility, ExecuteStmt))
		map = map_of_prepared((ExecuteStmt *) utility);
	target = map ? created_relation(statement->into->rel) : InvalidOid;
	map = OidIsValid(target) ? map_with_other(map, target) : NULL;
	if (map)
		record_flow(map, NULL, frame->num_rows);
}

static void
after_refresh(RefreshMatViewStmt *statement, Frame *frame)
{
	Oid target = frame->map ? RangeVarGetRelid(statement->relation, NoLock, true) : InvalidOid;
	LineageMap *map = OidIsValid(target) ? map_with_other(frame->map, target) : NULL;

	if (map)
		record_flow(map, NULL, frame->num_rows);
}

static void
after_utility(Node *statement, Frame *frame, QueryCompletion *completion)
{
	if (!store_is_active())
		return;
	if (IsA(statement, CopyStmt))
		after_copy((CopyStmt *) statement, frame, completion);
	else if (IsA(statement, ViewStmt))
		after_view((ViewStmt *) statement);
	else if (IsA(statement, CreateTableAsStmt))
		after_create_table_as((CreateTableAsStmt *) statement, frame);
	else if (IsA(statement, RefreshMatViewStmt))
		after_refresh((RefreshMatViewStmt *) statement, frame);
}

typedef struct Utility
{
	Node *statement;
	Frame *frame;
	QueryCompletion *completion;
} Utility;

static void
after_utility_in_subtransaction(void *argument)
{
	Utility *utility = argument;

	after_utility(utility->statement, utility->frame, utility->completion);
}

/* The statement of the user succeeded, and what fails here does so alone. */
static void
record_utility(Node *statement, Frame *frame, QueryCompletion *completion)
{
	Utility utility = {statement, frame, completion};
	ErrorData *error = run_in_subtransaction(after_utility_in_subtransaction, &utility);

	if (error)
		lineage_error_of("could not record a statement", error);
}

/* Whether something is to be recorded of it, and of which query of its own. */
static bool
is_recorded(Node *statement, Frame *frame, const char *query_string)
{
	switch (nodeTag(statement))
	{
		case T_CreateTableAsStmt:
			frame->query_string = query_string;
			frame->operation = ((CreateTableAsStmt *) statement)->objtype == OBJECT_MATVIEW
								   ? OPERATION_REFRESH
								   : OPERATION_CREATE_TABLE_AS;
			return !((CreateTableAsStmt *) statement)->if_not_exists ||
				   !OidIsValid(created_relation(((CreateTableAsStmt *) statement)->into->rel));
		case T_RefreshMatViewStmt:
			frame->query_string = query_string;
			frame->operation = OPERATION_REFRESH;
			return true;
		case T_CopyStmt:
			if (((CopyStmt *) statement)->query)
			{
				frame->query_string = query_string;
				frame->operation = OPERATION_COPY_TO;
			}
			return true;
		case T_ViewStmt:
			return true;
		default:
			return false;
	}
}

/* What runs a statement that was given before is not a statement around it. */
static bool
is_around(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_PrepareStmt:
		case T_ExecuteStmt:
		case T_DeallocateStmt:
		case T_TransactionStmt:
		case T_FetchStmt:
		case T_ClosePortalStmt:
		case T_VariableSetStmt:
		case T_VariableShowStmt:
			return false;
		default:
			return true;
	}
}

#define UTILITY_ARGUMENTS                                                                          \
	pstmt, query_string, read_only_tree, context, params, environment, dest, completion

static void
lineage_utility(PlannedStmt *pstmt, const char *query_string, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion)
{
	Node *statement = pstmt->utilityStmt;
	ProcessUtility_hook_type next = next_utility ? next_utility : standard_ProcessUtility;
	bool is_refresh = IsA(statement, RefreshMatViewStmt);
	bool recorded;
	int outer;
	Frame frame;

	/* what is not around may run in an aborted transaction, where nothing can be looked up */
	if (!is_around(statement) || depth >= MAX_FRAMES - 1 || !is_capturing())
	{
		next(UTILITY_ARGUMENTS);
		return;
	}
	if (context == PROCESS_UTILITY_TOPLEVEL)
		cut_frames(0);
	begin_statement();
	outer = push_frame(NULL);
	recorded = is_recorded(statement, &frames[outer], query_string);
	refreshing += is_refresh;
	next(UTILITY_ARGUMENTS);
	frame = frames[outer];
	depth = outer;
	refreshing = Max(0, refreshing - is_refresh);
	if (recorded && refreshing == 0 && IsTransactionState() && !IsInParallelMode() &&
		is_capturing())
		record_utility(statement, &frame, completion);
}

/* ---------------------------------------------------------------------- drop and rename ---- */

static bool
is_of_interest(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool result = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		result = form->relpersistence != RELPERSISTENCE_TEMP &&
				 strchr("rvmfp", form->relkind) != NULL && !form->relispartition;
		ReleaseSysCache(tuple);
	}
	return result;
}

static void
lineage_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *argument)
{
	if (next_access)
		next_access(access, class_id, object_id, sub_id, argument);

	if (class_id == RelationRelationId && (access == OAT_DROP || access == OAT_POST_ALTER) &&
		sub_id == 0 && IsNormalProcessingMode() && is_capturing() && is_of_interest(object_id))
		record_change(access == OAT_DROP ? EVENT_DROP : EVENT_ALTER, object_id);
}

/* ----------------------------------------------------------------------------- installing ---- */

void
capture_init(void)
{
	next_planner = planner_hook;
	planner_hook = lineage_planner;
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = lineage_start;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = lineage_run;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = lineage_finish;
	next_end = ExecutorEnd_hook;
	ExecutorEnd_hook = lineage_end;
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = lineage_utility;
	next_access = object_access_hook;
	object_access_hook = lineage_access;
	installed = true;
}
