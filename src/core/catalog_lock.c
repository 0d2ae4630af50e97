/*
 * catalog_lock.c: locks on what the catalog knows of.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "core/catalog_lock.h"
#include "core/statement.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

void
catalog_lock(const char *table, Oid object)
{
	Oid class = get_relname_relid(table, get_namespace_oid(AIDATAOPS_SCHEMA, false));

	LockDatabaseObject(class, object, 0, ExclusiveLock);
}

bool
catalog_take_name(const char *table, const char *column, const char *name)
{
	uint32 hash = DatumGetUInt32(hash_any((const unsigned char *) name, (int) strlen(name)));
	Identity caller;
	Statement statement;
	bool is_free;

	catalog_lock(table, hash);
	statement_init(&statement, psprintf("SELECT 1 FROM %s.%s WHERE %s = $1 LIMIT 1",
										AIDATAOPS_SCHEMA, table, column));
	statement_text(&statement, name);
	caller = become_catalog_owner();
	is_free = statement_run(&statement, GetLatestSnapshot()) == 0;
	become_again(caller);
	return is_free;
}

/* For SQL. */
PG_FUNCTION_INFO_V1(lock_object);
Datum
lock_object(PG_FUNCTION_ARGS)
{
	catalog_lock(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(take_name);
Datum
take_name(PG_FUNCTION_ARGS)
{
	bool is_free;

	SPI_connect();
	is_free = catalog_take_name(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								text_to_cstring(PG_GETARG_TEXT_PP(1)),
								text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SPI_finish();
	PG_RETURN_BOOL(is_free);
}
