/*
 * keep.c: results of queries that are kept for the statements that follow.
 *
 * Of a comparison all rows pass by here, most of them alike, so this is where they are counted and their
 * hashes added up: what was read can be compared with what was recorded at the price of two additions a row.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "core/bytes.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"
#include "version/keep.h"

/* Columns of a comparison. */
enum
{
	STORED_HASH,
	FOUND_HASH,
	STORED_RID,
	FOUND_RID
};

typedef struct Keeper
{
	DestReceiver pub;
	Tuplestorestate *store;
	TupleDesc tupdesc; /* of the rows that came */
	MemoryContext context;
	MemoryContext row_context;
	Datum *values;
	bool *nulls;
	Comparison *comparison;
} Keeper;

/* ------------------------------------------------------------------------ keeping ---- */

/* What is toasted elsewhere may be gone when the row is read. */
static void
store_values(Keeper *keeper)
{
	MemoryContext old = MemoryContextSwitchTo(keeper->row_context);

	for (int i = 0; i < keeper->tupdesc->natts; i++)
	{
		Datum *value = keeper->values + i;

		if (!keeper->nulls[i] && TupleDescAttr(keeper->tupdesc, i)->attlen == -1 &&
			VARATT_IS_EXTERNAL(DatumGetPointer(*value)))
			*value =
				PointerGetDatum(detoast_external_attr((struct varlena *) DatumGetPointer(*value)));
	}
	tuplestore_putvalues(keeper->store, keeper->tupdesc, keeper->values, keeper->nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(keeper->row_context);
}

static void
store_slot(Keeper *keeper, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	memcpy(keeper->values, slot->tts_values, keeper->tupdesc->natts * sizeof(Datum));
	memcpy(keeper->nulls, slot->tts_isnull, keeper->tupdesc->natts * sizeof(bool));
	if (keeper->comparison && keeper->comparison->seal && !keeper->nulls[FOUND_HASH])
	{
		keeper->values[FOUND_RID] = Int64GetDatum(keeper->comparison->seal->last_rid);
		keeper->nulls[FOUND_RID] = false;
	}
	store_values(keeper);
}

/* ---------------------------------------------------------------------- comparing ---- */

static void
fingerprint_add(Fingerprint *fingerprint, const pg_uuid_t *uuid)
{
	const char *bytes = (const char *) uuid->data;
	RowHash hash = {.high = bytes_get_u64(bytes), .low = bytes_get_u64(bytes + 8)};

	row_hash_add(&fingerprint->sum, hash);
	fingerprint->nrows++;
}

static pg_uuid_t *
hash_column(TupleTableSlot *slot, int column)
{
	return slot->tts_isnull[column] ? NULL : DatumGetUUIDP(slot->tts_values[column]);
}

/* The seal of the head, and of the next version if rows that differ are exchanged. */
static void
seal_rows(Seal *seal, TupleTableSlot *slot, const pg_uuid_t *stored, const pg_uuid_t *found,
		  bool differ)
{
	if (stored)
	{
		uint64 part = seal_of_row(seal, DatumGetInt64(slot->tts_values[STORED_RID]), stored);

		seal->found += part;
		if (!differ)
			seal->next += part;
	}
	if (differ && found)
		seal->next += seal_of_row(seal, ++seal->last_rid, found);
}

/* Returns whether the two sides differ. */
static bool
compare(Comparison *comparison, TupleTableSlot *slot)
{
	pg_uuid_t *stored = hash_column(slot, STORED_HASH);
	pg_uuid_t *found = hash_column(slot, FOUND_HASH);
	bool differ = !stored || !found || memcmp(stored->data, found->data, UUID_LEN) != 0;

	if (stored)
		fingerprint_add(&comparison->stored, stored);
	if (found)
		fingerprint_add(&comparison->found, found);
	if (differ)
		(*(found ? (stored ? &comparison->modified : &comparison->added) : &comparison->removed))++;
	if (comparison->seal)
		seal_rows(comparison->seal, slot, stored, found, differ);
	return differ;
}

/* ----------------------------------------------------------------------- receiving ---- */

static void
check_columns(const Comparison *comparison, TupleDesc tupdesc)
{
	static const Oid types[] = {UUIDOID, UUIDOID, INT8OID, INT8OID};
	int count = comparison->seal ? 4 : 2;

	for (int i = 0; i < count; i++)
	{
		if (i >= tupdesc->natts || TupleDescAttr(tupdesc, i)->atttypid != types[i])
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("hashes and numbers of the rows of a history table have other "
								   "types than commits gave them")));
	}
}

static void
keeper_startup(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	Keeper *keeper = (Keeper *) self;
	MemoryContext old = MemoryContextSwitchTo(keeper->context);

	keeper->tupdesc = CreateTupleDescCopy(tupdesc);
	keeper->values = palloc((tupdesc->natts + 1) * sizeof(Datum));
	keeper->nulls = palloc((tupdesc->natts + 1) * sizeof(bool));
	MemoryContextSwitchTo(old);
	if (keeper->comparison)
		check_columns(keeper->comparison, tupdesc);
}

static bool
keeper_receive(TupleTableSlot *slot, DestReceiver *self)
{
	Keeper *keeper = (Keeper *) self;

	if (keeper->comparison)
	{
		slot_getsomeattrs(slot, keeper->comparison->seal ? 4 : 2);
		if (!compare(keeper->comparison, slot))
			return true;
	}
	store_slot(keeper, slot);
	return true;
}

static void
keeper_done(DestReceiver *self)
{
}

static Keeper
keeper_into(Tuplestorestate *store, Comparison *comparison)
{
	return (Keeper){
		.pub = {.receiveSlot = keeper_receive,
				.rStartup = keeper_startup,
				.rShutdown = keeper_done,
				.rDestroy = keeper_done,
				.mydest = DestNone},
		.store = store,
		.context = CurrentMemoryContext,
		.row_context =
			AllocSetContextCreate(CurrentMemoryContext, "aidataops keep", ALLOCSET_SMALL_SIZES),
		.comparison = comparison,
	};
}

EphemeralNamedRelation
keep_result(const char *name, const char *sql, Snapshot snapshot, Comparison *comparison)
{
	SPIPlanPtr plan = SPI_prepare(sql, 0, NULL);
	EphemeralNamedRelation kept = palloc0(sizeof(EphemeralNamedRelationData));
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);
	Keeper keeper = keeper_into(store, comparison);
	/* read-only, so that exactly the active snapshot is used */
	SPIExecuteOptions options = {.read_only = true, .dest = (DestReceiver *) &keeper};
	int code;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", sql);
	PushCopiedSnapshot(snapshot);
	UpdateActiveSnapshotCommandId();
	code = SPI_execute_plan_extended(plan, &options);
	PopActiveSnapshot();
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(code));
	kept->md.name = pstrdup(name);
	kept->md.reliddesc = InvalidOid;
	kept->md.tupdesc = keeper.tupdesc;
	kept->md.enrtype = ENR_NAMED_TUPLESTORE;
	kept->md.enrtuples = tuplestore_tuple_count(store);
	kept->reldata = store;
	MemoryContextDelete(keeper.row_context);
	return kept;
}
