/*
 * views.c: what views take from where, from their definitions.
 */
#include "postgres.h"

#include "access/relation.h"
#include "aidataops.h"
#include "catalog/pg_class.h"
#include "core/identity.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "rewrite/prs2lock.h"
#include "utils/acl.h"
#include "utils/rel.h"

/* NULL if there is none: of a materialized view nothing is known but its rule, too. */
static Query *
definition_of(Relation relation)
{
	RuleLock *rules = relation->rd_rules;

	for (int i = 0; rules && i < rules->numLocks; i++)
		if (rules->rules[i]->event == CMD_SELECT)
			return linitial_node(Query, rules->rules[i]->actions);
	return NULL;
}

static LineageMap *
map_of_view(Relation relation, bool replaces)
{
	Query *query = definition_of(relation);
	bool is_view = relation->rd_rel->relkind == RELKIND_VIEW;
	MapBuilder *builder;

	if (query == NULL || !relation->rd_rel->relispopulated)
		return NULL;
	builder = map_begin();
	map_add_query(builder, query, RelationGetRelid(relation),
				  is_view ? OPERATION_VIEW : OPERATION_REFRESH);
	if (is_view && replaces)
		map_set_replaces(builder);
	return map_end(builder);
}

/* Whether there was something to record. What was known of a view that was there before may have to end. */
bool
record_view(Oid view, bool replaces)
{
	Relation relation = try_relation_open(view, AccessShareLock);
	LineageMap *map;

	if (relation == NULL)
		return false;
	map = map_of_view(relation, replaces);
	relation_close(relation, AccessShareLock);
	if (map == NULL && replaces)
		record_change(EVENT_EMPTIED, view);
	if (map == NULL)
		return false;
	record_flow(map, NULL, 0);
	return true;
}

/* SQL: _record_view(view) */
PG_FUNCTION_INFO_V1(lineage_record_view);
Datum
lineage_record_view(PG_FUNCTION_ARGS)
{
	Oid view = PG_GETARG_OID(0);

	if (!lineage_enabled || !capture_is_installed() || !store_is_active())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("lineage is not captured in this session"),
						errhint("SELECT * FROM aidataops.lineage_status() says what to do.")));
	if (!has_privs_of_role(GetUserId(), relation_owner(view)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied to record the definition of a view"),
						errdetail("It takes the rights of its owner.")));
	PG_RETURN_BOOL(record_view(view, false));
}
