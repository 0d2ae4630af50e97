/*
 * store.c: writes lineage into its tables.
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
#include "access/xlog.h"
#include "aidataops.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "catalog/catalog.h"
#include "commands/extension.h"
#include "commands/sequence.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "core/identity.h"
#include "foreign/foreign.h"
#include "lineage/capture.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/varlena.h"

/* --------------------------------------------------------------------------- the tables ---- */

enum
{
	TABLE_NODE,
	TABLE_EDGE,
	TABLE_COLUMN,
	TABLE_USE,
	TABLE_RUN,
	NTABLES
};

#define MAX_ATTRIBUTES 17

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

enum
{
	INDEX_NODE_ID,
	INDEX_NODE_OID,
	INDEX_NODE_NAME,
	INDEX_EDGE_ID,
	INDEX_EDGE_TARGET,
	INDEX_COLUMN_EDGE,
	NINDEXES
};

static const char *const index_names[NINDEXES] = {
	"lineage_node_state_node_idx", "lineage_node_state_oid_idx",    "lineage_node_state_name_idx",
	"lineage_edge_state_edge_idx", "lineage_edge_state_target_idx", "lineage_column_edge_edge_idx"};
static Oid indexes[NINDEXES];

/* Columns that are read or looked up by. */
enum
{
	NODE_ID = 2,
	NODE_KIND,
	NODE_NAMESPACE,
	NODE_NAME,
	NODE_RELATION_SCHEMA,
	NODE_RELATION_NAME,
	NODE_RELATION_OID,
	NODE_RELATION_ORIGIN,
	NODE_OWNER,
	NODE_PROPERTIES,
	NODE_IS_DROPPED,
	NODE_RECORDED_AT
};
enum
{
	EDGE_ID = 2,
	EDGE_SOURCE,
	EDGE_TARGET,
	EDGE_OPERATION,
	EDGE_IS_DIRECT,
	EDGE_CONFIDENCE,
	EDGE_RUN,
	EDGE_IS_ENDED,
	EDGE_RECORDED_AT
};

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

/* ---------------------------------------------------------------------- nodes of relations ---- */

typedef struct RelationNode
{
	Oid relid;
	Oid root;   /* of partitions */
	int64 node; /* 0: has none, as of excluded schemas */
	uint64 epoch;
	bool is_valid;
} RelationNode;

static HTAB *relation_nodes = NULL;

static void
invalidate_relation(Datum argument, Oid relid)
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
	if (relation_nodes)
	{
		HASH_SEQ_STATUS status;
		RelationNode *node;

		if (OidIsValid(relid))
		{
			node = hash_search(relation_nodes, &relid, HASH_FIND, NULL);
			if (node)
				node->is_valid = false;
			return;
		}
		hash_seq_init(&status, relation_nodes);
		while ((node = hash_seq_search(&status)) != NULL)
			node->is_valid = false;
	}
}

/* A schema was made, dropped or renamed. */
static void
invalidate_schema(Datum argument, int cache, uint32 hash)
{
	presence = PRESENCE_UNKNOWN;
	epoch++;
}

void
store_init(void)
{
	CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_schema, (Datum) 0);
}

/* ------------------------------------------------------------------------------ writing ---- */

/* What belongs to one writing. */
static MemoryContext scratch = NULL;
static TimestampTz this_time;
static char *origin;
static bool has_run;
static pg_uuid_t run;

static Datum
text_datum(const char *value)
{
	return CStringGetTextDatum(value);
}

static Datum
name_datum(const char *value)
{
	Name name = palloc0(NAMEDATALEN);

	namestrcpy(name, value);
	return NameGetDatum(name);
}

static void
append(Table *table, Datum *values, bool *nulls)
{
	HeapTuple tuple;

	if (table->relation == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(MemoryContextGetParent(scratch));

		table->relation = table_open(table->oid, NoLock); /* locked by store_begin() */
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
store_begin(void)
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
	origin = psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
	has_run = false;
}

void
store_end(void)
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
static int64
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

static char *
int64_text(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

typedef bool (*RowCallback)(HeapTuple tuple, TupleDesc columns, void *context);

/* Calls back with every row that an index finds, until it returns false. */
static void
each_row(Table *table, int index, int nkeys, ScanKey keys, RowCallback callback, void *context)
{
	Relation relation = table_open(table->oid, NoLock);
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
static bool
latest_state(Table *table, int index, int64 id, Datum *values, bool *nulls)
{
	Latest latest = {0};
	ScanKeyData key;

	ScanKeyInit(&key, NODE_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	StaticAssertStmt((int) NODE_ID == (int) EDGE_ID, "both ids are the second column");
	each_row(table, index, 1, &key, keep_latest, &latest);
	if (latest.tuple == NULL)
		return false;
	{
		Relation relation = table_open(table->oid, NoLock);

		heap_deform_tuple(latest.tuple, RelationGetDescr(relation), values, nulls);
		table_close(relation, NoLock);
	}
	return true;
}

/* -------------------------------------------------------------------------------- nodes ---- */

/* What a relation is now. */
typedef struct RelationState
{
	Oid relid;
	char *schema;
	char *name;
	int64 node;       /* found */
	bool is_same;     /* and says the same */
	Datum properties; /* 0: none */
} RelationState;

static bool
is_text(Datum value, const char *expected)
{
	char *string = TextDatumGetCString(value);

	return strcmp(string, expected) == 0;
}

/* A node that a row of the index points to, if it is still the one and not dropped. */
static bool
match_node(HeapTuple tuple, TupleDesc columns, void *context)
{
	RelationState *state = context;
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	bool isnull;
	int64 node = DatumGetInt64(heap_getattr(tuple, NODE_ID, columns, &isnull));
	bool is_here;
	bool has_name;

	if (!latest_state(&tables[TABLE_NODE], INDEX_NODE_ID, node, values, nulls) ||
		DatumGetBool(values[NODE_IS_DROPPED - 1]) || nulls[NODE_RELATION_OID - 1] ||
		nulls[NODE_RELATION_ORIGIN - 1] || nulls[NODE_RELATION_NAME - 1] ||
		nulls[NODE_RELATION_SCHEMA - 1])
		return true;
	is_here = is_text(values[NODE_RELATION_ORIGIN - 1], origin);
	has_name = strcmp(NameStr(*DatumGetName(values[NODE_RELATION_NAME - 1])), state->name) == 0 &&
			   strcmp(NameStr(*DatumGetName(values[NODE_RELATION_SCHEMA - 1])), state->schema) == 0;
	if (is_here ? DatumGetObjectId(values[NODE_RELATION_OID - 1]) != state->relid : !has_name)
		return true;
	state->node = node;
	state->is_same = is_here && has_name;
	state->properties = nulls[NODE_PROPERTIES - 1] ? (Datum) 0 : values[NODE_PROPERTIES - 1];
	return false;
}

/* By its OID; or, after a restore elsewhere, by its name. */
static void
find_node(RelationState *state)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], NODE_RELATION_OID, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(state->relid));
	each_row(&tables[TABLE_NODE], INDEX_NODE_OID, 1, keys, match_node, state);
	if (state->node != 0)
		return;
	ScanKeyInit(&keys[0], NODE_RELATION_NAME, BTEqualStrategyNumber, F_NAMEEQ,
				name_datum(state->name));
	ScanKeyInit(&keys[1], NODE_RELATION_SCHEMA, BTEqualStrategyNumber, F_NAMEEQ,
				name_datum(state->schema));
	each_row(&tables[TABLE_NODE], INDEX_NODE_NAME, 2, keys, match_node, state);
}

/* The OID may have been that of a relation that was dropped long ago. */
static int64
new_node_id(Oid relid)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];

	for (int generation = 0;; generation++)
	{
		int64 id = id_of(4, "relation", origin, psprintf("%u", relid), psprintf("%d", generation));

		if (!latest_state(&tables[TABLE_NODE], INDEX_NODE_ID, id, values, nulls) ||
			!DatumGetBool(values[NODE_IS_DROPPED - 1]))
			return id;
	}
}

/* Where the data of a foreign table is, without who reads it, and how. */
static void
append_options(StringInfo json, List *options, const char *const *allowed)
{
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		for (const char *const *name = allowed; *name; name++)
			if (strcmp(*name, option->defname) == 0)
			{
				if (json->len > 1)
					appendStringInfoString(json, ", ");
				escape_json(json, option->defname);
				appendStringInfoString(json, ": ");
				escape_json(json, defGetString(option));
			}
	}
}

static void
describe_foreign(Oid relid, Datum *values, bool *nulls)
{
	static const char *const of_server[] = {"host", "port", "dbname", NULL};
	static const char *const of_table[] = {"schema_name", "table_name", "filename", NULL};
	ForeignTable *table = GetForeignTable(relid);
	ForeignServer *server = GetForeignServer(table->serverid);
	StringInfoData json;

	values[NODE_NAMESPACE - 1] = text_datum(psprintf("foreign:%s", server->servername));
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_options(&json, server->options, of_server);
	append_options(&json, table->options, of_table);
	appendStringInfoChar(&json, '}');
	if (json.len > 2)
	{
		values[NODE_PROPERTIES - 1] = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
		nulls[NODE_PROPERTIES - 1] = false;
	}
}

static void
append_relation_state(RelationState *state)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};
	char *owner = GetUserNameFromId(relation_owner(state->relid), true);

	values[NODE_ID - 1] = Int64GetDatum(state->node);
	values[NODE_KIND - 1] = text_datum("relation");
	values[NODE_NAMESPACE - 1] = text_datum("");
	values[NODE_NAME - 1] = text_datum(quote_qualified_identifier(state->schema, state->name));
	values[NODE_RELATION_SCHEMA - 1] = name_datum(state->schema);
	values[NODE_RELATION_NAME - 1] = name_datum(state->name);
	values[NODE_RELATION_OID - 1] = ObjectIdGetDatum(state->relid);
	values[NODE_RELATION_ORIGIN - 1] = text_datum(origin);
	nulls[NODE_OWNER - 1] = owner == NULL;
	if (owner)
		values[NODE_OWNER - 1] = name_datum(owner);
	nulls[NODE_PROPERTIES - 1] = state->properties == (Datum) 0;
	values[NODE_PROPERTIES - 1] = state->properties;
	values[NODE_IS_DROPPED - 1] = BoolGetDatum(false);
	values[NODE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	if (get_rel_relkind(state->relid) == RELKIND_FOREIGN_TABLE)
		describe_foreign(state->relid, values, nulls);
	append(&tables[TABLE_NODE], values, nulls);
}

static bool
is_in_list(const char *schema, const char *names)
{
	char *copy = pstrdup(names ? names : "");
	List *list = NIL;
	ListCell *cell;
	bool result = false;

	if (SplitIdentifierString(copy, ',', &list))
		foreach (cell, list)
			result |= strcmp(lfirst(cell), schema) == 0;
	return result;
}

static bool
is_excluded(Oid schema_oid, const char *schema)
{
	return IsCatalogNamespace(schema_oid) || isAnyTempNamespace(schema_oid) ||
		   strcmp(schema, "information_schema") == 0 || strcmp(schema, AIDATAOPS_SCHEMA) == 0 ||
		   strcmp(schema, AIDATAOPS_SCHEMA "_history") == 0 ||
		   strncmp(schema, "pg_toast", 8) == 0 || is_in_list(schema, lineage_exclude_schemas);
}

PG_FUNCTION_INFO_V1(lineage_excludes);
Datum
lineage_excludes(PG_FUNCTION_ARGS)
{
	Oid schema_oid = PG_GETARG_OID(0);
	char *schema = get_namespace_name(schema_oid);

	PG_RETURN_BOOL(schema == NULL || is_excluded(schema_oid, schema));
}

static Oid
root_of(Oid relid)
{
	List *ancestors = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;

	return ancestors != NIL ? llast_oid(ancestors) : relid;
}

/* The node of a relation, made if there is none yet; 0 if it shall have none, or is gone. */
static int64
look_up_node(Oid root, bool may_make)
{
	RelationState state = {.relid = root};
	Oid schema = get_rel_namespace(root);

	state.name = get_rel_name(root);
	state.schema = OidIsValid(schema) ? get_namespace_name(schema) : NULL;
	if (state.name == NULL || state.schema == NULL || is_excluded(schema, state.schema))
		return 0;
	find_node(&state);
	if (state.node == 0)
	{
		if (!may_make)
			return 0;
		state.node = new_node_id(root);
	}
	if (!state.is_same)
		append_relation_state(&state);
	return state.node;
}

static RelationNode *
node_of_relation(Oid relid)
{
	RelationNode *known;
	bool found;

	if (relation_nodes == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(RelationNode)};

		relation_nodes =
			hash_create("aidataops lineage nodes", 128, &control, HASH_ELEM | HASH_BLOBS);
	}
	known = hash_search(relation_nodes, &relid, HASH_ENTER, &found);
	if (!found || !known->is_valid || known->epoch != epoch)
	{
		Oid root;
		int64 node;

		known->is_valid = false;
		root = root_of(relid);
		node = look_up_node(root, true);
		/* looking up may have moved it */
		known = hash_search(relation_nodes, &relid, HASH_ENTER, &found);
		known->root = root;
		known->node = node;
		known->epoch = epoch;
		known->is_valid = true;
	}
	return known;
}

/* A file and its like. */
static int64
node_of_external(External *external)
{
	int64 id = id_of(3, external->kind, external->namespace, external->name);
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	if (latest_state(&tables[TABLE_NODE], INDEX_NODE_ID, id, values, nulls))
		return id;
	memset(nulls, true, sizeof(nulls));
	values[NODE_ID - 1] = Int64GetDatum(id);
	values[NODE_KIND - 1] = text_datum(external->kind);
	values[NODE_NAMESPACE - 1] = text_datum(external->namespace);
	values[NODE_NAME - 1] = text_datum(external->name);
	values[NODE_OWNER - 1] = name_datum(GetUserNameFromId(GetUserId(), false));
	values[NODE_IS_DROPPED - 1] = BoolGetDatum(false);
	values[NODE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	nulls[0] = nulls[NODE_ID - 1] = nulls[NODE_KIND - 1] = nulls[NODE_NAMESPACE - 1] = false;
	nulls[NODE_NAME - 1] = nulls[NODE_OWNER - 1] = nulls[NODE_IS_DROPPED - 1] = false;
	nulls[NODE_RECORDED_AT - 1] = false;
	append(&tables[TABLE_NODE], values, nulls);
	return id;
}

/* ---------------------------------------------------------------------------------- run ---- */

static void
make_uuid(pg_uuid_t *uuid)
{
	if (!pg_strong_random(uuid->data, UUID_LEN))
		elog(ERROR, "could not generate random values");
	uuid->data[6] = (uuid->data[6] & 0x0f) | 0x40; /* version 4, RFC 9562 */
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
}

/* The row of lineage_run for what is new in this transaction. */
static Datum
current_run(const char *query)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	if (!has_run)
	{
		make_uuid(&run);
		values[0] = UUIDPGetDatum(&run);
		values[1] = text_datum("captured");
		nulls[2] = nulls[3] = true;
		values[4] = text_datum("complete");
		values[5] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		values[6] = TimestampTzGetDatum(this_time);
		values[7] = name_datum(GetUserNameFromId(GetSessionUserId(), false));
		values[8] = name_datum(GetUserNameFromId(GetUserId(), false));
		nulls[9] = aidataops_actor == NULL || aidataops_actor[0] == '\0';
		values[9] = nulls[9] ? (Datum) 0 : text_datum(aidataops_actor);
		nulls[10] = application_name == NULL || application_name[0] == '\0';
		values[10] = nulls[10] ? (Datum) 0 : text_datum(application_name);
		nulls[11] = query == NULL;
		values[11] = query ? text_datum(lineage_digest(query)) : (Datum) 0;
		nulls[12] = query == NULL || !lineage_query_text;
		values[12] = nulls[12] ? (Datum) 0 : text_datum(query);
		nulls[13] = true;
		values[14] = TimestampTzGetDatum(this_time);
		append(&tables[TABLE_RUN], values, nulls);
		has_run = true;
	}
	return UUIDPGetDatum(&run);
}

/* -------------------------------------------------------------------------------- edges ---- */

/* A relation of a map, as it is written. */
typedef struct Edge
{
	int64 id; /* 0: is not written */
	int64 source;
	int64 target;
	Oid source_root;
	Oid target_root;
} Edge;

static void
append_edge_state(Edge *edge, const char *operation, bool is_direct, const char *confidence,
				  const char *query, bool is_ended)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	values[EDGE_ID - 1] = Int64GetDatum(edge->id);
	values[EDGE_SOURCE - 1] = Int64GetDatum(edge->source);
	values[EDGE_TARGET - 1] = Int64GetDatum(edge->target);
	values[EDGE_OPERATION - 1] = text_datum(operation);
	values[EDGE_IS_DIRECT - 1] = BoolGetDatum(is_direct);
	values[EDGE_CONFIDENCE - 1] = text_datum(confidence);
	values[EDGE_RUN - 1] = current_run(query);
	values[EDGE_IS_ENDED - 1] = BoolGetDatum(is_ended);
	values[EDGE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	append(&tables[TABLE_EDGE], values, nulls);
}

static void
append_use(int64 edge, int64 times, int64 num_rows)
{
	Datum values[6] = {0};
	bool nulls[6] = {0};

	values[1] = Int64GetDatum(edge);
	values[2] = TimestampTzGetDatum(this_time);
	values[3] = Int64GetDatum(times);
	values[4] = Int64GetDatum(num_rows);
	nulls[5] = !has_run;
	values[5] = UUIDPGetDatum(&run);
	append(&tables[TABLE_USE], values, nulls);
}

static bool
is_edge_present(int64 id)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];

	return latest_state(&tables[TABLE_EDGE], INDEX_EDGE_ID, id, values, nulls) &&
		   !DatumGetBool(values[EDGE_IS_ENDED - 1]);
}

static bool
is_of_itself(MapRelation *relation)
{
	return relation->operation == OPERATION_CREATE_TABLE_AS ||
		   relation->operation == OPERATION_REFRESH || relation->operation == OPERATION_VIEW;
}

/* What a view takes from a relation, as part of its edge: defined otherwise, it is another edge, and this one ends. */
static char *
columns_as_text(LineageMap *map, int relation)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < map->ncolumns; i++)
		if (map->columns[i].relation == relation)
			appendStringInfo(&text, "%d>%d:%d;", map->columns[i].source, map->columns[i].target,
							 map->columns[i].kind);
	return text.data;
}

static void
write_edge(LineageMap *map, int index, Edge *edge, Event *event, int64 external, int64 times,
		   int64 num_rows)
{
	MapRelation *relation = &map->relations[index];
	const char *operation = lineage_operation_name(relation->operation);
	bool is_view = relation->operation == OPERATION_VIEW;
	const char *confidence = relation->is_cooccurrence ? "cooccurrence" : "exact";

	edge->source = external;
	edge->target = external;
	if (OidIsValid(relation->source))
	{
		RelationNode *node = node_of_relation(relation->source);

		edge->source = node->node;
		edge->source_root = node->root;
	}
	if (OidIsValid(relation->target))
	{
		RelationNode *node = node_of_relation(relation->target);

		edge->target = node->node;
		edge->target_root = node->root;
	}
	if (edge->source == 0 || edge->target == 0 ||
		(edge->source == edge->target && (is_of_itself(relation) || relation->is_cooccurrence)))
		return;
	edge->id = id_of(is_view ? 7 : 6, "edge", int64_text(edge->source), int64_text(edge->target),
					 operation, relation->is_direct ? "direct" : "base", confidence,
					 is_view ? columns_as_text(map, index) : NULL);
	if (!is_edge_present(edge->id))
		append_edge_state(edge, operation, relation->is_direct, confidence, event->query, false);
	append_use(edge->id, times, num_rows);
}

/* ------------------------------------------------------------------------------ columns ---- */

typedef struct ColumnEdge
{
	int64 edge;
	NameData source;
	NameData target; /* empty: rows */
	AttrNumber source_attnum;
	AttrNumber target_attnum;
	int kind;
} ColumnEdge;

/* A column of a partition is that of its root with the same name. */
static AttrNumber
set_column(NameData *name, Oid relid, Oid root, AttrNumber attnum, LineageMap *map)
{
	char *text;

	memset(name, 0, sizeof(NameData));
	if (attnum == InvalidAttrNumber)
		return InvalidAttrNumber;
	if (!OidIsValid(relid))
	{
		if (attnum <= map->ncolumn_names)
			namestrcpy(name, map->column_names[attnum - 1]);
		else
			snprintf(NameStr(*name), NAMEDATALEN, "column %d", attnum);
		return InvalidAttrNumber;
	}
	text = get_attname(relid, attnum, true);
	/* dropped since, in the same transaction: it has another name, and no type */
	if (text == NULL || !OidIsValid(get_atttype(relid, attnum)))
		return InvalidAttrNumber;
	namestrcpy(name, text);
	return root == relid ? attnum : get_attnum(root, text);
}

static void
append_column(ColumnEdge *column, Edge *edge)
{
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	values[1] = Int64GetDatum(edge->id);
	values[2] = Int64GetDatum(edge->source);
	nulls[3] = column->source_attnum == InvalidAttrNumber;
	values[3] = Int16GetDatum(column->source_attnum);
	values[4] = NameGetDatum(&column->source);
	values[5] = Int64GetDatum(edge->target);
	nulls[6] = column->target_attnum == InvalidAttrNumber;
	values[6] = Int16GetDatum(column->target_attnum);
	nulls[7] = NameStr(column->target)[0] == '\0';
	values[7] = NameGetDatum(&column->target);
	values[8] = text_datum(lineage_kind_name(column->kind));
	values[9] = TimestampTzGetDatum(this_time);
	append(&tables[TABLE_COLUMN], values, nulls);
}

static int
kind_number(const char *name)
{
	for (int kind = KIND_IDENTITY; kind <= KIND_CONDITIONAL; kind++)
		if (strcmp(lineage_kind_name(kind), name) == 0)
			return kind;
	return -1;
}

static bool
note_column(HeapTuple tuple, TupleDesc columns, void *context)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	ColumnEdge column;
	bool found;

	heap_deform_tuple(tuple, columns, values, nulls);
	memset(&column, 0, sizeof(column));
	column.edge = DatumGetInt64(values[1]);
	namestrcpy(&column.source, NameStr(*DatumGetName(values[4])));
	column.source_attnum = nulls[3] ? InvalidAttrNumber : DatumGetInt16(values[3]);
	if (!nulls[7])
		namestrcpy(&column.target, NameStr(*DatumGetName(values[7])));
	column.target_attnum = nulls[6] ? InvalidAttrNumber : DatumGetInt16(values[6]);
	column.kind = kind_number(TextDatumGetCString(values[8]));
	(void) hash_search(context, &column, HASH_ENTER, &found);
	return true;
}

static void
note_columns(HTAB *known, int64 edge)
{
	ScanKeyData key;

	ScanKeyInit(&key, 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(edge));
	each_row(&tables[TABLE_COLUMN], INDEX_COLUMN_EDGE, 1, &key, note_column, known);
}

static void
write_columns(LineageMap *map, Edge *edges)
{
	HASHCTL control = {.keysize = sizeof(ColumnEdge),
					   .entrysize = sizeof(ColumnEdge),
					   .hcxt = CurrentMemoryContext};
	HTAB *known = hash_create("aidataops columns", Max(map->ncolumns, 16), &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	for (int i = 0; i < map->nrelations; i++)
		if (edges[i].id != 0)
			note_columns(known, edges[i].id);
	for (int i = 0; i < map->ncolumns; i++)
	{
		MapRelation *relation = &map->relations[map->columns[i].relation];
		Edge *edge = &edges[map->columns[i].relation];
		ColumnEdge column;
		bool found;

		if (edge->id == 0)
			continue;
		memset(&column, 0, sizeof(column));
		column.edge = edge->id;
		column.kind = map->columns[i].kind;
		column.source_attnum = set_column(&column.source, relation->source, edge->source_root,
										  map->columns[i].source, map);
		column.target_attnum = set_column(&column.target, relation->target, edge->target_root,
										  map->columns[i].target, map);
		if (NameStr(column.source)[0] == '\0')
			continue;
		(void) hash_search(known, &column, HASH_ENTER, &found);
		if (!found)
			append_column(&column, edge);
	}
}

/* ------------------------------------------------------------------------ what is defined ---- */

typedef struct Endings
{
	const Edge *present;
	int npresent;
	int64 *ended;
	int count;
	int room;
} Endings;

static bool
note_ending(HeapTuple tuple, TupleDesc columns, void *context)
{
	Endings *endings = context;
	bool isnull;
	int64 id = DatumGetInt64(heap_getattr(tuple, EDGE_ID, columns, &isnull));
	Datum operation = heap_getattr(tuple, EDGE_OPERATION, columns, &isnull);
	Datum confidence = heap_getattr(tuple, EDGE_CONFIDENCE, columns, &isnull);

	/* a declared one may have any operation */
	if (!is_text(confidence, "exact") ||
		(!is_text(operation, lineage_operation_name(OPERATION_VIEW)) &&
		 !is_text(operation, "version_view") && !is_text(operation, "gated_view")))
		return true;
	for (int i = 0; i < endings->npresent; i++)
		if (endings->present[i].id == id)
			return true;
	for (int i = 0; i < endings->count; i++)
		if (endings->ended[i] == id)
			return true;
	if (endings->count == endings->room)
	{
		endings->room = Max(8, endings->room * 2);
		endings->ended = endings->ended ? repalloc(endings->ended, endings->room * sizeof(int64))
										: palloc(endings->room * sizeof(int64));
	}
	endings->ended[endings->count++] = id;
	return true;
}

static void
end_edge(int64 id, const char *query)
{
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	Edge edge = {.id = id};

	if (!latest_state(&tables[TABLE_EDGE], INDEX_EDGE_ID, id, values, nulls) ||
		DatumGetBool(values[EDGE_IS_ENDED - 1]))
		return;
	edge.source = DatumGetInt64(values[EDGE_SOURCE - 1]);
	edge.target = DatumGetInt64(values[EDGE_TARGET - 1]);
	append_edge_state(&edge, TextDatumGetCString(values[EDGE_OPERATION - 1]),
					  DatumGetBool(values[EDGE_IS_DIRECT - 1]),
					  TextDatumGetCString(values[EDGE_CONFIDENCE - 1]), query, true);
}

/* A view that was defined anew takes only from what its definition now says. */
static void
end_others(int64 view, const Edge *present, int npresent, const char *query)
{
	Endings endings = {.present = present, .npresent = npresent};
	ScanKeyData key;

	if (view == 0)
		return;
	ScanKeyInit(&key, EDGE_TARGET, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(view));
	each_row(&tables[TABLE_EDGE], INDEX_EDGE_TARGET, 1, &key, note_ending, &endings);
	for (int i = 0; i < endings.count; i++)
		end_edge(endings.ended[i], query);
}

/* --------------------------------------------------------------------- temporary tables ---- */

/* What went into the temporary tables of this session, so that it can be told what comes out of them. */
typedef struct TemporaryTable
{
	Oid relid;
	uint32 map; /* id of that of all that went into it; temporary tables on the way are left out */
} TemporaryTable;

#define MAX_TEMPORARY_TABLES 10000

static HTAB *temporary_tables = NULL;

static TemporaryTable *
temporary_table(Oid relid, HASHACTION action)
{
	bool found;
	TemporaryTable *table;

	if (temporary_tables == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(TemporaryTable)};

		temporary_tables =
			hash_create("aidataops temporary tables", 32, &control, HASH_ELEM | HASH_BLOBS);
	}
	table = hash_search(temporary_tables, &relid, action, &found);
	if (action == HASH_ENTER && !found)
		table->map = 0;
	return table;
}

static LineageMap *
map_of_temporary(Oid relid)
{
	TemporaryTable *table = temporary_table(relid, HASH_FIND);

	return table ? map_by_id(table->map) : NULL;
}

/* What a relation of a map takes from a temporary table it takes from what went into that. */
static void
add_through(MapBuilder *builder, LineageMap *map, int index, LineageMap *before, Oid target)
{
	MapRelation *relation = &map->relations[index];

	for (int i = 0; i < before->nrelations; i++)
		map_add_relation(builder, before->relations[i].source, target, relation->operation,
						 relation->is_direct && before->relations[i].is_direct,
						 relation->is_cooccurrence || before->relations[i].is_cooccurrence);
	for (int i = 0; i < before->ncolumns; i++)
	{
		MapColumn *first = &before->columns[i];
		Oid source = before->relations[first->relation].source;

		if (first->target == InvalidAttrNumber)
			map_add_column(builder, source, first->source, target, InvalidAttrNumber,
						   relation->operation, first->kind);
		for (int j = 0; j < map->ncolumns; j++)
		{
			MapColumn *second = &map->columns[j];

			if (second->relation == index && second->source == first->target &&
				first->target != InvalidAttrNumber)
				map_add_column(builder, source, first->source, target, second->target,
							   relation->operation,
							   lineage_kind_compose(second->kind, first->kind));
		}
	}
}

static void
add_as_it_is(MapBuilder *builder, LineageMap *map, int index, LineageOperation operation)
{
	MapRelation *relation = &map->relations[index];

	map_add_relation(builder, relation->source, relation->target, operation, relation->is_direct,
					 relation->is_cooccurrence);
	for (int i = 0; i < map->ncolumns; i++)
		if (map->columns[i].relation == index)
			map_add_column(builder, relation->source, map->columns[i].source, relation->target,
						   map->columns[i].target, operation, map->columns[i].kind);
}

/* Adds to what went into a temporary table. */
static void
add_to_temporary(LineageMap *map, int index)
{
	MapRelation *relation = &map->relations[index];
	LineageMap *known = map_of_temporary(relation->target);
	MapBuilder *builder = map_begin();
	LineageMap *before =
		relation->temporary & SOURCE_IS_TEMPORARY ? map_of_temporary(relation->source) : NULL;
	LineageMap *result;

	for (int i = 0; known && i < known->nrelations; i++)
		add_as_it_is(builder, known, i, OPERATION_INSERT);
	if (before)
		add_through(builder, map, index, before, relation->target);
	else if (!(relation->temporary & SOURCE_IS_TEMPORARY))
		add_as_it_is(builder, map, index, OPERATION_INSERT);
	result = map_end(builder);
	if (result == NULL)
		return;
	if (temporary_tables && hash_get_num_entries(temporary_tables) >= MAX_TEMPORARY_TABLES)
	{
		hash_destroy(temporary_tables);
		temporary_tables = NULL;
	}
	temporary_table(relation->target, HASH_ENTER)->map = result->id;
}

/* What a map says of relations that stay; NULL if it is nothing. */
static LineageMap *
without_temporary(LineageMap *map)
{
	MapBuilder *builder = map_begin();

	for (int i = 0; i < map->nrelations; i++)
	{
		MapRelation *relation = &map->relations[i];
		LineageMap *before =
			relation->temporary & SOURCE_IS_TEMPORARY ? map_of_temporary(relation->source) : NULL;

		if (relation->temporary & TARGET_IS_TEMPORARY)
			add_to_temporary(map, i);
		else if (before)
			add_through(builder, map, i, before, relation->target);
		else if (!(relation->temporary & SOURCE_IS_TEMPORARY))
			add_as_it_is(builder, map, i, relation->operation);
	}
	return map_end(builder);
}

/* --------------------------------------------------------------------------------- events ---- */

static void
write_flow(LineageMap *map, Event *event)
{
	Edge *edges = palloc0(map->nrelations * sizeof(Edge));
	int64 external = event->external ? node_of_external(event->external) : 0;
	int64 times = map->times + event->times;
	int64 num_rows = map->num_rows + event->num_rows;

	for (int i = 0; i < map->nrelations; i++)
		write_edge(map, i, &edges[i], event, external, times, num_rows);
	if (map->known_epoch != epoch || map->has_other)
	{
		write_columns(map, edges);
		if (map->replaces)
			end_others(edges[0].target, edges, map->nrelations, event->query);
	}
	map->known_epoch = epoch;
	map->written_at = this_time;
	map->times = 0;
	map->num_rows = 0;
}

static void
write_drop(Oid relid)
{
	RelationState state = {.relid = relid, .schema = "", .name = ""};
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	ScanKeyData key;

	ScanKeyInit(&key, NODE_RELATION_OID, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	each_row(&tables[TABLE_NODE], INDEX_NODE_OID, 1, &key, match_node, &state);
	if (state.node == 0 ||
		!latest_state(&tables[TABLE_NODE], INDEX_NODE_ID, state.node, values, nulls))
		return;
	values[NODE_IS_DROPPED - 1] = BoolGetDatum(true);
	values[NODE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	append(&tables[TABLE_NODE], values, nulls);
}

void
store_write(Event *event)
{
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	LineageMap *map;

	switch (event->type)
	{
		case EVENT_FLOW:
			map = event->map->has_temp ? without_temporary(event->map) : event->map;
			if (map)
				write_flow(map, event);
			break;
		case EVENT_DROP:
			write_drop(event->relid);
			break;
		case EVENT_ALTER:
			(void) look_up_node(root_of(event->relid), false);
			break;
		case EVENT_EMPTIED:
			end_others(look_up_node(event->relid, false), NULL, 0, NULL);
			break;
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(scratch);
}
