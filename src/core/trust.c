/*
 * trust.c: whose code a statement runs (see trust.h).
 *
 * Checks of domains are read as they are stored. The cache of types would simplify them, which runs
 * immutable functions.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "aidataops.h"
#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/trust.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* ---------------------------------------------------------------------- statements ---- */

static bool runs_foreign(Node *node, void *role);

static bool
is_foreign(Oid function, void *role)
{
	HeapTuple tuple;
	Oid owner;

	if (function < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return true;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return !has_privs_of_role(owner, *(Oid *) role); /* who has the rights gains nothing by them */
}

static bool
check_runs_foreign(Relation constraints, HeapTuple constraint, void *role)
{
	bool isnull;
	Datum check =
		heap_getattr(constraint, Anum_pg_constraint_conbin, RelationGetDescr(constraints), &isnull);

	return !isnull && runs_foreign(stringToNode(TextDatumGetCString(check)), role);
}

static bool
checks_run_foreign(Oid domain, void *role)
{
	Relation constraints = table_open(ConstraintRelationId, AccessShareLock);
	bool foreign = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_constraint_contypid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(domain));
	scan = systable_beginscan(constraints, ConstraintTypidIndexId, true, NULL, 1, &key);
	while (!foreign && HeapTupleIsValid(tuple = systable_getnext(scan)))
		foreign = check_runs_foreign(constraints, tuple, role);
	systable_endscan(scan);
	table_close(constraints, AccessShareLock);
	return foreign;
}

static Oid
type_below_domain(Oid domain)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(domain));
	Oid below;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", domain);
	below = ((Form_pg_type) GETSTRUCT(tuple))->typbasetype;
	ReleaseSysCache(tuple);
	return below;
}

/* Of a domain, and of those that it rests on. */
static bool
domain_runs_foreign(Oid type, void *role)
{
	for (; get_typtype(type) == TYPTYPE_DOMAIN; type = type_below_domain(type))
	{
		if (checks_run_foreign(type, role))
			return true;
	}
	return false;
}

static bool
runs_foreign(Node *node, void *role)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	if (check_functions_in_node(node, is_foreign, role))
		return true;
	if (IsA(node, CoerceToDomain) &&
		domain_runs_foreign(((CoerceToDomain *) node)->resulttype, role))
		return true;
	if (IsA(node, CoerceViaIO) && input_runs_code(((CoerceViaIO *) node)->resulttype))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, runs_foreign, role, 0);
	return expression_tree_walker(node, runs_foreign, role);
}

bool
runs_only_trusted(Node *tree, Oid role)
{
	return !runs_foreign(tree, &role);
}

/* ----------------------------------------------------------------------------- types ---- */

static void
add_attributes(Oid type, List **types)
{
	TupleDesc descriptor = lookup_rowtype_tupdesc(type, -1);

	for (int i = 0; i < descriptor->natts; i++)
	{
		if (!TupleDescAttr(descriptor, i)->attisdropped)
			*types = list_append_unique_oid(*types, TupleDescAttr(descriptor, i)->atttypid);
	}
	ReleaseTupleDesc(descriptor);
}

static bool
is_canonical_by_code(Oid range)
{
	return lookup_type_cache(range, TYPECACHE_RANGE_INFO)->rng_canonical_finfo.fn_oid >=
		   FirstNormalObjectId;
}

/* Each type is visited once, by whatever paths it is reached. */
bool
input_runs_code(Oid type)
{
	List *types = list_make1_oid(type);

	for (int i = 0; i < list_length(types); i++)
	{
		Oid at = list_nth_oid(types, i);
		char kind = get_typtype(at);

		CHECK_FOR_INTERRUPTS();
		if (kind == TYPTYPE_DOMAIN || (kind == TYPTYPE_RANGE && is_canonical_by_code(at)))
			return true;
		if (OidIsValid(get_element_type(at)))
			types = list_append_unique_oid(types, get_element_type(at));
		else if (kind == TYPTYPE_RANGE)
			types = list_append_unique_oid(types, get_range_subtype(at));
		else if (kind == TYPTYPE_MULTIRANGE)
			types = list_append_unique_oid(types, get_multirange_range(at));
		else if (kind == TYPTYPE_COMPOSITE)
			add_attributes(at, &types);
	}
	list_free(types);
	return false;
}

PG_FUNCTION_INFO_V1(type_input_runs_code);
Datum
type_input_runs_code(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(input_runs_code(PG_GETARG_OID(0)));
}
