/*
 * load.c: fill a new history table.
 *
 * The rows of the source go from the executor's slots straight into pages, a batch at a time as COPY
 * does, and are hashed on the way. An INSERT ... SELECT row_hash(t.*) would do the same at more than
 * twice the price, most of it for making every row a datum. Only for a table that has no index, no
 * trigger and no other user yet.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "core/bytes.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"
#include "version/source.h"

#define BATCH 64

/*
 * The table was made by this very command, so its rows can be written as frozen, as COPY FREEZE
 * does: if the transaction is rolled back, the table is gone with them. They need no freezing
 * later, and reading them no check of visibility.
 */
#define INSERT_OPTIONS (TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN)

typedef struct Loader
{
	DestReceiver pub;
	Relation relation;
	Oid source; /* what is read, for an error */
	int32 number;
	int64 rid;
	RowHash sum;
	Seal *seal;
	RowEncoder *encoder;
	BulkInsertState bulk;
	MemoryContext row_context;
	int nslots;
	TupleTableSlot *slots[BATCH];
} Loader;

static void
loader_flush(Loader *loader)
{
	if (loader->nslots > 0)
		table_multi_insert(loader->relation, loader->slots, loader->nslots,
						   GetCurrentCommandId(true), INSERT_OPTIONS, loader->bulk);
	for (int i = 0; i < loader->nslots; i++)
		ExecClearTuple(loader->slots[i]);
	loader->nslots = 0;
}

/* Datums are copied as they are, so each has to be of the very type that the table keeps there. */
static bool
is_tail_of(TupleDesc source, TupleDesc target)
{
	if (source->natts + HISTORY_OWN_COLUMNS != target->natts)
		return false;
	for (int i = 0; i < source->natts; i++)
	{
		Form_pg_attribute to = TupleDescAttr(target, i + HISTORY_OWN_COLUMNS);

		if (to->attisdropped || to->attgenerated != '\0' ||
			getBaseType(TupleDescAttr(source, i)->atttypid) != to->atttypid)
			return false;
	}
	return true;
}

static void
loader_startup(DestReceiver *self, int operation, TupleDesc source)
{
	Loader *loader = (Loader *) self;

	if (!is_tail_of(source, RelationGetDescr(loader->relation)))
		could_not_serialize(loader->source,
							"Its columns were changed while their history was made.");
	loader->encoder = row_encoder_create(source, CurrentMemoryContext);
}

static void
store_row(Loader *loader, TupleTableSlot *source, TupleTableSlot *target)
{
	int natts = source->tts_tupleDescriptor->natts;
	RowHash hash = row_encoder_hash(loader->encoder, source->tts_values, source->tts_isnull);
	pg_uuid_t uuid;

	row_hash_add(&loader->sum, hash);
	bytes_set_u64((char *) uuid.data, hash.high);
	bytes_set_u64((char *) uuid.data + 8, hash.low);

	memset(target->tts_isnull, false, HISTORY_OWN_COLUMNS);
	loader->seal->next += seal_of_row(loader->seal, ++loader->rid, &uuid);
	target->tts_values[0] = Int64GetDatum(loader->rid);
	target->tts_values[1] = Int32GetDatum(loader->number);
	target->tts_values[2] = Int32GetDatum(STILL_THERE);
	target->tts_values[3] = UUIDPGetDatum(&uuid);
	memcpy(target->tts_values + HISTORY_OWN_COLUMNS, source->tts_values, natts * sizeof(Datum));
	memcpy(target->tts_isnull + HISTORY_OWN_COLUMNS, source->tts_isnull, natts * sizeof(bool));
	ExecStoreVirtualTuple(target);
	ExecMaterializeSlot(target); /* the source's page will be gone when the batch is written */
}

static bool
loader_receive(TupleTableSlot *source, DestReceiver *self)
{
	Loader *loader = (Loader *) self;
	MemoryContext old = MemoryContextSwitchTo(loader->row_context);

	slot_getallattrs(source);
	store_row(loader, source, ExecClearTuple(loader->slots[loader->nslots]));
	MemoryContextSwitchTo(old);
	MemoryContextReset(loader->row_context);
	if (++loader->nslots == BATCH)
		loader_flush(loader);
	return true;
}

static void
loader_done(DestReceiver *self)
{
}

static Loader *
loader_begin(const Source *source, Oid history, int32 number, Seal *seal)
{
	Loader *loader = palloc0(sizeof(Loader));

	loader->pub.receiveSlot = loader_receive;
	loader->pub.rStartup = loader_startup;
	loader->pub.rShutdown = loader_done;
	loader->pub.rDestroy = loader_done;
	loader->pub.mydest = DestNone;
	loader->source = source->relid;
	loader->number = number;
	loader->seal = seal;
	loader->relation = table_open(history, RowExclusiveLock);
	loader->bulk = GetBulkInsertState();
	loader->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops load", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < BATCH; i++)
		loader->slots[i] = table_slot_create(loader->relation, NULL);
	return loader;
}

static void
loader_end(Loader *loader)
{
	loader_flush(loader);
	for (int i = 0; i < BATCH; i++)
		ExecDropSingleTupleTableSlot(loader->slots[i]);
	FreeBulkInsertState(loader->bulk);
	table_finish_bulk_insert(loader->relation, INSERT_OPTIONS);
	table_close(loader->relation, NoLock);
	CommandCounterIncrement();
}

Fingerprint
history_load(const Source *source, Oid history, const char *query, int32 number, Seal *seal)
{
	Loader *loader = loader_begin(source, history, number, seal);
	SPIPlanPtr plan = SPI_prepare(query, 0, NULL);
	SPIExecuteOptions options = {0};
	Fingerprint fingerprint = {.version = FINGERPRINT_VERSION};

	seal->next = 0;
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", query);
	options.read_only = true; /* so that exactly the active snapshot is used */
	options.dest = (DestReceiver *) loader;
	if (SPI_execute_plan_extended(plan, &options) < 0)
		elog(ERROR, "could not execute \"%s\"", query);
	loader_end(loader);
	fingerprint.nrows = loader->rid;
	fingerprint.sum = loader->sum;
	return fingerprint;
}
