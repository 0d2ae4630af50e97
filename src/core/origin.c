/*
 * origin.c: relations that the catalog keeps, and how they are found again.
 *
 * A table is kept by its OID, so that it is followed wherever it is renamed to, and by schema and name,
 * because OIDs mean nothing after a restore. Which of the two holds is told by the origin beside them:
 *
 *	SYSTEM/DATABASE/EXTENSION/MADE
 *
 * the system identifier and the OIDs of the database and of the extension, and the transaction that made the
 * table. A restore in place changes every OID but keeps system and database; it makes the extension anew,
 * and so is seen. Numbers of transactions and OIDs come round, but a table that has the OID of one that was
 * dropped was made by another transaction: it is another table, and is never taken for that one, whatever
 * it is called.
 *
 * The rule, in one place for all who keep relations: if the origin is of here, the relation with the OID if
 * it was made by that transaction, and none otherwise; if it is of elsewhere, whatever has the name.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "aidataops.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "core/origin.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* --------------------------------------------------------------------- where we are ---- */

/*
 * PostgreSQL keeps no cache of extensions, and this is asked for each row that a policy decides about. The
 * schema is made and dropped with the extension, so while that is the same the extension is.
 */
static Oid
own_extension(void)
{
	static Oid known_schema = InvalidOid;
	static Oid known_extension = InvalidOid;
	Oid schema = get_namespace_oid(AIDATAOPS_SCHEMA, true);

	if (!OidIsValid(schema) || schema != known_schema)
	{
		known_extension = get_extension_oid("aidataops", true);
		known_schema = schema;
	}
	return known_extension;
}

char *
database_origin(void)
{
	return psprintf(UINT64_FORMAT "/%u/%u", GetSystemIdentifier(), MyDatabaseId, own_extension());
}

/* What follows the database in an origin; NULL if it is of another. */
static const char *
after_database(const char *origin)
{
	char *here = database_origin();
	size_t length = strlen(here);

	return strncmp(origin, here, length) == 0 ? origin + length : NULL;
}

bool
origin_is_here(const char *origin)
{
	const char *rest = after_database(origin);

	return rest && (*rest == '\0' || *rest == '/');
}

/* -------------------------------------------------------------------- who made what ---- */

/*
 * The transaction that made a relation. Nothing that is done to it later writes the entry that its row type
 * depends on it, other than the rows of pg_class and pg_type; freezing leaves the number in place. Invalid
 * if there is none: the system's own relations have no such entry.
 */
static TransactionId
made_by(Oid relid)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	TransactionId xid = InvalidTransactionId;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(get_rel_type_id(relid)));
	scan = systable_beginscan(depend, DependDependerIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->refclassid == RelationRelationId && form->refobjid == relid &&
			form->deptype == DEPENDENCY_INTERNAL)
			xid = HeapTupleHeaderGetRawXmin(tuple->t_data);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return xid;
}

char *
relation_origin(Oid relid)
{
	char *here = database_origin();

	return OidIsValid(relid) ? psprintf("%s/%u", here, made_by(relid)) : here;
}

/* -------------------------------------------------------------------------- the rule ---- */

/* Something else may have taken the name. */
static bool
has_rows(Oid relid)
{
	switch (OidIsValid(relid) ? get_rel_relkind(relid) : '\0')
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return true;
		default:
			return false;
	}
}

static Oid
relation_named(const char *schema, const char *name)
{
	Oid schema_oid = get_namespace_oid(schema, true);

	return OidIsValid(schema_oid) ? get_relname_relid(name, schema_oid) : InvalidOid;
}

/* An origin without a transaction is of a table that was not there yet. */
static bool
is_kept_by_oid(const char *origin)
{
	const char *rest = after_database(origin);

	return rest && *rest == '/';
}

Oid
kept_relation(Oid saved, const char *origin, const char *schema, const char *name)
{
	Oid relid = is_kept_by_oid(origin) ? saved : relation_named(schema, name);

	if (!has_rows(relid) || (is_kept_by_oid(origin) && strcmp(origin, relation_origin(relid)) != 0))
		return InvalidOid;
	return relid;
}

FoundBy
how_found(Oid relid, const char *origin, const char *schema, const char *name)
{
	Oid in_its_place = relation_named(schema, name);

	if (!is_kept_by_oid(origin))
		return FOUND_BY_NAME;
	if (in_its_place == relid)
		return FOUND_BY_OID;
	if (OidIsValid(in_its_place))
		return FOUND_BY_OID_LEFT;
	return strcmp(get_rel_name(relid), name) == 0 ||
				   get_rel_namespace(relid) == get_namespace_oid(schema, true)
			   ? FOUND_BY_OID
			   : FOUND_BY_OID_LEFT;
}

/* ----------------------------------------------------------------------- for SQL ---- */

PG_FUNCTION_INFO_V1(origin_of_database);
Datum
origin_of_database(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(database_origin()));
}

PG_FUNCTION_INFO_V1(origin_of_relation);
Datum
origin_of_relation(PG_FUNCTION_ARGS)
{
	Oid relid = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);

	PG_RETURN_TEXT_P(cstring_to_text(relation_origin(relid)));
}

PG_FUNCTION_INFO_V1(is_origin_here);
Datum
is_origin_here(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(origin_is_here(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

/* kept_relation() for SQL: NULL if it is gone. */
PG_FUNCTION_INFO_V1(relation_kept);
Datum
relation_kept(PG_FUNCTION_ARGS)
{
	Oid relid = kept_relation(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
							  NameStr(*PG_GETARG_NAME(2)), NameStr(*PG_GETARG_NAME(3)));

	if (!OidIsValid(relid))
		PG_RETURN_NULL();
	PG_RETURN_OID(relid);
}
