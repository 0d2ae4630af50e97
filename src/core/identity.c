/*
 * identity.c: in whose name a statement runs.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "core/identity.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

Oid
relation_owner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

int
pin_text_of_values(void)
{
	int level = NewGUCNestLevel();

	set_for_now("DateStyle", "ISO");
	set_for_now("IntervalStyle", "postgres");
	set_for_now("TimeZone", "UTC");
	set_for_now("extra_float_digits", "1");
	set_for_now("bytea_output", "hex");
	set_for_now("lc_monetary", "C");
	return level;
}

/* An error in between needs no care: aborting a (sub)transaction restores identity and settings. */
static Identity
become(Oid role, int flags)
{
	Identity previous;

	GetUserIdAndSecContext(&previous.role, &previous.context);
	SetUserIdAndSecContext(role, previous.context | flags);
	previous.guc_level = NewGUCNestLevel();
	set_for_now("search_path", "pg_catalog, pg_temp");
	set_for_now("default_tablespace", ""); /* history lies where the database does */
	/* what changes how statements are read */
	set_for_now("standard_conforming_strings", "on");
	set_for_now("transform_null_equals", "off");
	return previous;
}

Identity
become_catalog_owner(void)
{
	Oid dataset_table = get_relname_relid("dataset", get_namespace_oid(AIDATAOPS_SCHEMA, false));
	Oid owner = relation_owner(dataset_table);

	if (!OidIsValid(owner))
		elog(ERROR, "catalog table aidataops.dataset is missing");
	return become(owner, SECURITY_LOCAL_USERID_CHANGE);
}

Identity
become_for_statements(Oid role)
{
	return become(role, 0);
}

Identity
become_role_restricted(Oid role)
{
	return become(role, SECURITY_RESTRICTED_OPERATION);
}

Identity
become_owner_of_rows(Oid role)
{
	Identity previous = become_role_restricted(role);

	set_for_now("row_security", "off");
	return previous;
}

void
become_again(Identity previous)
{
	AtEOXact_GUC(false, previous.guc_level);
	SetUserIdAndSecContext(previous.role, previous.context);
}
