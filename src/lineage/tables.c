/*
 * tables.c: the tables of lineage, read and written directly.
 *
 * Rows are put into the tables directly: no trigger, rule, policy or default runs on behalf of a user's transaction,
 * and nothing is asked with a snapshot, so that serializable transactions have no more conflicts than without. What is
 * looked for is everything that is committed by now (SnapshotSelf). Two transactions that find the same at the same
 * time both write it, with the same id, and nobody waits.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/sequence.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "lineage/capture.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "lineage/tables.h"

/* The columns are written by number, so they are checked before. */
typedef struct Table
{
	const char *name;
	const char *sequence_name;
	int natts;
	Oid types[MAX_ATTRIBUTES];
	Oid oid;
	Oid sequence;
	Relation relation; /* while writing */
	CatalogIndexState indexes;
} Table;

static Table tables[NTABLES] = {
	{.name = "lineage_node_state",
	 .sequence_name = "lineage_node_state_entry_seq",
	 .natts = 13,
	 .types = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, NAMEOID, NAMEOID, OIDOID, TEXTOID,
			   NAMEOID, JSONBOID, BOOLOID, TIMESTAMPTZOID}},
	{.name = "lineage_edge_state",
	 .sequence_name = "lineage_edge_state_entry_seq",
	 .natts = 10,
	 .types = {INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, BOOLOID, TEXTOID, UUIDOID, BOOLOID,
			   TIMESTAMPTZOID}},
	{.name = "lineage_column_edge",
	 .sequence_name = "lineage_column_edge_entry_seq",
	 .natts = 10,
	 .types = {INT8OID, INT8OID, INT8OID, INT2OID, NAMEOID, INT8OID, INT2OID, NAMEOID, TEXTOID,
			   TIMESTAMPTZOID}},
	{.name = "lineage_use",
	 .sequence_name = "lineage_use_entry_seq",
	 .natts = 6,
	 .types = {INT8OID, INT8OID, TIMESTAMPTZOID, INT8OID, INT8OID, UUIDOID}},
	{.name = "lineage_run",
	 .sequence_name = NULL,
	 .natts = 15,
	 .types = {UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, NAMEOID,
			   NAMEOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, TIMESTAMPTZOID}}};

static const char *const index_names[NINDEXES] = {
	"lineage_node_state_node_idx", "lineage_node_state_oid_idx",    "lineage_node_state_name_idx",
	"lineage_edge_state_edge_idx", "lineage_edge_state_target_idx", "lineage_column_edge_edge_idx"};
static Oid indexes[NINDEXES];

typedef enum Presence
{
	PRESENCE_UNKNOWN,
	PRESENCE_ABSENT,
	PRESENCE_ACTIVE
} Presence;

static Presence presence = PRESENCE_UNKNOWN;
static bool was_absent = false; /* when plans were made, maybe */
static uint64 epoch = 1;

uint64
store_epoch(void)
{
	return epoch;
}

/* What was written before may not be there. */
void
store_forget(void)
{
	epoch++;
}

static bool
has_types(Oid relid, int natts, const Oid *types)
{
	for (int i = 1; i <= natts; i++)
		if (get_atttype(relid, i) != types[i - 1])
			return false;
	return get_atttype(relid, natts + 1) == InvalidOid;
}

/* Whether a relation is the extension's: somebody else may have made one of that name. */
static Oid
own_relation(const char *name, Oid schema, Oid extension)
{
	Oid relid = get_relname_relid(name, schema);

	return OidIsValid(relid) && getExtensionOfObject(RelationRelationId, relid) == extension
			   ? relid
			   : InvalidOid;
}

/*
 * Indexes that somebody added may need what is not at hand at the end of a transaction. Nothing is locked for it: a
 * user's statement would wait.
 */
static bool
has_plain_indexes(Oid relid)
{
	Relation relation = RelationIdGetRelation(relid);
	bool result = true;
	ListCell *cell;

	if (!RelationIsValid(relation))
		return false;
	foreach (cell, RelationGetIndexList(relation))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			continue;
		result &= heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) &&
				  heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
				  ((Form_pg_index) GETSTRUCT(tuple))->indimmediate;
		ReleaseSysCache(tuple);
	}
	RelationClose(relation);
	return result;
}

static bool
find_tables(Oid schema, Oid extension)
{
	for (int i = 0; i < NTABLES; i++)
	{
		Table *table = &tables[i];

		table->oid = own_relation(table->name, schema, extension);
		if (!OidIsValid(table->oid) || get_rel_relkind(table->oid) != RELKIND_RELATION ||
			!has_types(table->oid, table->natts, table->types) || !has_plain_indexes(table->oid))
			return false;
		if (table->sequence_name)
		{
			table->sequence = get_relname_relid(table->sequence_name, schema);
			if (!OidIsValid(table->sequence) ||
				get_rel_relkind(table->sequence) != RELKIND_SEQUENCE)
				return false;
		}
	}
	for (int i = 0; i < NINDEXES; i++)
	{
		indexes[i] = get_relname_relid(index_names[i], schema);
		if (!OidIsValid(indexes[i]) || get_rel_relkind(indexes[i]) != RELKIND_INDEX)
			return false;
	}
	return true;
}

/* Whether the extension is installed in this database, in a version that this library knows. */
bool
store_is_active(void)
{
	Oid schema;
	Oid extension;

	if (presence != PRESENCE_UNKNOWN)
		return presence == PRESENCE_ACTIVE;
	if (!IsTransactionState() || !OidIsValid(MyDatabaseId))
		return false;
	presence = PRESENCE_ABSENT; /* an invalidation on the way makes it unknown again */
	schema = get_namespace_oid(AIDATAOPS_SCHEMA, true);
	extension = OidIsValid(schema) ? get_extension_oid("aidataops", true) : InvalidOid;
	if (OidIsValid(extension) && find_tables(schema, extension) && presence == PRESENCE_ABSENT)
		presence = PRESENCE_ACTIVE;
	if (presence != PRESENCE_ACTIVE)
		was_absent = true;
	else if (was_absent)
	{
		was_absent = false;
		ResetPlanCache(); /* plans that were made without looking are made again */
	}
	return presence == PRESENCE_ACTIVE;
}

/* A relation changed; any, if it is InvalidOid. */
void
tables_invalidate(Oid relid)
{
	if (presence == PRESENCE_ABSENT)
		presence = PRESENCE_UNKNOWN;
	if (presence == PRESENCE_ACTIVE)
		for (int i = 0; i < NTABLES; i++)
			if (relid == InvalidOid || relid == tables[i].oid)
			{
				presence = PRESENCE_UNKNOWN;
				epoch++;
				break;
			}
}

void
tables_invalidate_all(void)
{
	presence = PRESENCE_UNKNOWN;
	epoch++;
}

/* ------------------------------------------------------------------------------ writing ---- */

MemoryContext scratch = NULL;
TimestampTz this_time;

Datum
text_datum(const char *value)
{
	return CStringGetTextDatum(value);
}

bool
text_is(Datum value, const char *expected)
{
	char *string = TextDatumGetCString(value);

	return strcmp(string, expected) == 0;
}

Datum
name_datum(const char *value)
{
	Name name = palloc0(NAMEDATALEN);

	namestrcpy(name, value);
	return NameGetDatum(name);
}

void
append_row(LineageTable number, Datum *values, bool *nulls)
{
	Table *table = &tables[number];
	HeapTuple tuple;

	if (table->relation == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(MemoryContextGetParent(scratch));

		table->relation = table_open(table->oid, NoLock); /* locked by tables_begin() */
		table->indexes = CatalogOpenIndexes(table->relation);
		MemoryContextSwitchTo(caller);
	}
	if (table->sequence_name)
		values[0] = Int64GetDatum(nextval_internal(table->sequence, false));
	tuple = heap_form_tuple(RelationGetDescr(table->relation), values, nulls);
	CatalogTupleInsertWithInfo(table->relation, tuple, table->indexes);
	heap_freetuple(tuple);
}

static void
lock_without_waiting(Oid relid)
{
	if (!ConditionalLockRelationOid(relid, RowExclusiveLock))
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("relation \"%s.%s\" is locked by another session", AIDATAOPS_SCHEMA,
							   get_rel_name(relid) ? get_rel_name(relid) : "?")));
}

/* Indexes and sequences too can be altered while their table is not locked. */
static void
lock_what_belongs_to(Table *table)
{
	Relation relation = table_open(table->oid, NoLock);
	ListCell *cell;

	foreach (cell, RelationGetIndexList(relation))
		lock_without_waiting(lfirst_oid(cell));
	table_close(relation, NoLock);
	if (table->sequence_name)
		lock_without_waiting(table->sequence);
}

/* A user's commit waits for nobody who alters these tables. */
void
tables_begin(void)
{
	for (int i = 0; i < NTABLES; i++)
	{
		lock_without_waiting(tables[i].oid);
		tables[i].relation = NULL;
	}
	AcceptInvalidationMessages();
	if (!store_is_active())
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("the tables of lineage are not those that this library knows")));
	for (int i = 0; i < NTABLES; i++)
		lock_what_belongs_to(&tables[i]);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "aidataops lineage store",
									ALLOCSET_DEFAULT_SIZES);
	this_time = GetCurrentTimestamp();
}

void
tables_end(void)
{
	for (int i = 0; i < NTABLES; i++)
		if (tables[i].relation)
		{
			CatalogCloseIndexes(tables[i].indexes);
			table_close(tables[i].relation, NoLock);
			tables[i].relation = NULL;
		}
	MemoryContextDelete(scratch);
	scratch = NULL;
}

static void
compute_sha256(const char *data, uint8 *digest)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) data, strlen(data)) < 0 ||
		pg_cryptohash_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute a digest");
	pg_cryptohash_free(context);
}

char *
lineage_digest(const char *data)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	char *hex = palloc0(2 * PG_SHA256_DIGEST_LENGTH + 1);

	compute_sha256(data, digest);
	hex_encode((const char *) digest, sizeof(digest), hex);
	return hex;
}

/* As _lineage_id() does. */
int64
id_of(int count, ...)
{
	StringInfoData text;
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	uint64 id = 0;
	va_list parts;

	initStringInfo(&text);
	va_start(parts, count);
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&text, '\x1f');
		appendStringInfoString(&text, va_arg(parts, const char *));
	}
	va_end(parts);
	compute_sha256(pg_server_to_any(text.data, text.len, PG_UTF8), digest);
	for (int i = 0; i < 8; i++)
		id = id << 8 | digest[i];
	return (int64) (id & PG_INT64_MAX);
}

char *
int64_text(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

/* Calls back with every row that an index finds, until it returns false. */
void
each_row(LineageTable table, LineageIndex index, int nkeys, ScanKey keys, RowCallback callback,
		 void *context)
{
	Relation relation = table_open(tables[table].oid, NoLock);
	SysScanDesc scan =
		systable_beginscan(relation, indexes[index], true, SnapshotSelf, nkeys, keys);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)) &&
		   callback(tuple, RelationGetDescr(relation), context))
		;
	systable_endscan(scan);
	table_close(relation, NoLock);
}

typedef struct Latest
{
	HeapTuple tuple;
	int64 entry;
} Latest;

static bool
keep_latest(HeapTuple tuple, TupleDesc columns, void *context)
{
	Latest *latest = context;
	bool isnull;
	int64 entry = DatumGetInt64(heap_getattr(tuple, 1, columns, &isnull));

	if (latest->tuple == NULL || entry > latest->entry)
	{
		latest->tuple = heap_copytuple(tuple);
		latest->entry = entry;
	}
	return true;
}

/* The present state of a node or an edge; false if there is none. */
bool
latest_state(LineageTable table, LineageIndex index, int64 id, Datum *values, bool *nulls)
{
	Latest latest = {0};
	ScanKeyData key;

	ScanKeyInit(&key, NODE_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	StaticAssertStmt((int) NODE_ID == (int) EDGE_ID, "both ids are the second column");
	each_row(table, index, 1, &key, keep_latest, &latest);
	if (latest.tuple == NULL)
		return false;
	{
		Relation relation = table_open(tables[table].oid, NoLock);

		heap_deform_tuple(latest.tuple, RelationGetDescr(relation), values, nulls);
		table_close(relation, NoLock);
	}
	return true;
}
