/*
 * table_fingerprint.c: the fingerprint of a relation, by the fastest way that gives it.
 *
 * A plain table is scanned directly, which saves building a row datum for every row; everything
 * else (views, partitioned and foreign tables, inheritance parents, virtual generated columns)
 * goes through the executor, as the one who is to read it. Both give the same value.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "core/relation.h"
#include "aidataops.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

static bool
has_virtual_column(TupleDesc tupdesc)
{
	for (int i = 0; i < tupdesc->natts; i++)
	{
		if (TupleDescAttr(tupdesc, i)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
			return true;
	}
	return false;
}

static bool
can_scan_directly(Relation relation)
{
	char relkind = relation->rd_rel->relkind;

	return (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW) &&
		   !has_subclass(RelationGetRelid(relation)) &&
		   !has_virtual_column(RelationGetDescr(relation)) && RelationIsPopulated(relation) &&
		   pg_class_aclcheck(RelationGetRelid(relation), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static RowHash
hash_slot(RowEncoder *encoder, TupleTableSlot *slot)
{
	if (TTS_IS_BUFFERTUPLE(slot))
		return row_encoder_hash_tuple(encoder, ExecFetchSlotHeapTuple(slot, false, NULL));
	slot_getallattrs(slot); /* of another access method */
	return row_encoder_hash(encoder, slot->tts_values, slot->tts_isnull);
}

static Fingerprint *
fingerprint_by_scan(Relation relation)
{
	Fingerprint *result = palloc0(sizeof(Fingerprint));
	RowEncoder *encoder = row_encoder_create(RelationGetDescr(relation), CurrentMemoryContext);
	TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	MemoryContext row_context =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(row_context);

	result->version = FINGERPRINT_VERSION;
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		row_hash_add(&result->sum, hash_slot(encoder, slot));
		result->nrows++;
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(old);
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	MemoryContextDelete(row_context);
	row_encoder_free(encoder);
	return result;
}

static Fingerprint *
fingerprint_by_query(Relation relation)
{
	Fingerprint *result = palloc(sizeof(Fingerprint));
	char *query =
		psprintf("SELECT " AIDATAOPS_SCHEMA ".fingerprint_agg(t.*) FROM %s AS t",
				 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
											RelationGetRelationName(relation)));
	Oid types[] = {OIDOID, TEXTOID};
	Datum values[] = {ObjectIdGetDatum(RelationGetRelid(relation)), CStringGetTextDatum(query)};
	bool isnull;

	SPI_connect();
	if (SPI_execute_with_args("SELECT r.found FROM " AIDATAOPS_SCHEMA "._read(ARRAY[$1], $2) AS r "
							  "(found " AIDATAOPS_SCHEMA ".fingerprint)",
							  2, types, values, NULL, true, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "unexpected result of \"%s\"", query);
	*result = *DatumGetFingerprintP(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return result;
}

PG_FUNCTION_INFO_V1(table_fingerprint);
Datum
table_fingerprint(PG_FUNCTION_ARGS)
{
	Relation relation = open_relation(PG_GETARG_OID(0), AccessShareLock);
	Fingerprint *result;

	/* the function runs with row_security = off: a policy that would hide rows is an error */
	(void) check_enable_rls(RelationGetRelid(relation), InvalidOid, false);
	result = can_scan_directly(relation) ? fingerprint_by_scan(relation)
										 : fingerprint_by_query(relation);
	relation_close(relation, AccessShareLock);
	PG_RETURN_FINGERPRINT_P(result);
}
