/*
 * nodes.c: what stands in the graph of lineage: relations, known by an id of their own, and files.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "commands/defrem.h"
#include "catalog/catalog.h"
#include "core/identity.h"
#include "core/origin.h"
#include "foreign/foreign.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"
#include "lineage/nodes.h"
#include "lineage/tables.h"

static HTAB *relation_nodes = NULL;

/* A relation changed; any, if it is InvalidOid. */
void
nodes_invalidate(Oid relid)
{
	HASH_SEQ_STATUS status;
	RelationNode *node;

	if (relation_nodes == NULL)
		return;
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

/* What a relation is now. */
typedef struct RelationState
{
	Oid relid;
	char *schema; /* as the name and the origin, NULL if it was dropped */
	char *name;
	char *origin;
	int64 node;       /* found */
	bool is_same;     /* and says the same */
	Datum properties; /* 0: none */
} RelationState;

/* As kept_relation() has it; but what was dropped cannot be asked who made it. */
static bool
is_kept_as(const RelationState *state, Oid relid, const char *origin, bool has_name)
{
	if (!origin_is_here(origin))
		return has_name;
	return relid == state->relid && (state->origin == NULL || strcmp(origin, state->origin) == 0);
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
	char *origin;
	bool has_name;

	if (!latest_state(TABLE_NODE, INDEX_NODE_ID, node, values, nulls) ||
		DatumGetBool(values[NODE_IS_DROPPED - 1]) || nulls[NODE_RELATION_OID - 1] ||
		nulls[NODE_RELATION_ORIGIN - 1] || nulls[NODE_RELATION_NAME - 1] ||
		nulls[NODE_RELATION_SCHEMA - 1])
		return true;
	origin = TextDatumGetCString(values[NODE_RELATION_ORIGIN - 1]);
	has_name = state->name != NULL &&
			   strcmp(NameStr(*DatumGetName(values[NODE_RELATION_NAME - 1])), state->name) == 0 &&
			   strcmp(NameStr(*DatumGetName(values[NODE_RELATION_SCHEMA - 1])), state->schema) == 0;
	if (!is_kept_as(state, DatumGetObjectId(values[NODE_RELATION_OID - 1]), origin, has_name))
		return true;
	state->node = node;
	state->is_same = has_name && origin_is_here(origin);
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
	each_row(TABLE_NODE, INDEX_NODE_OID, 1, keys, match_node, state);
	if (state->node != 0)
		return;
	ScanKeyInit(&keys[0], NODE_RELATION_NAME, BTEqualStrategyNumber, F_NAMEEQ,
				name_datum(state->name));
	ScanKeyInit(&keys[1], NODE_RELATION_SCHEMA, BTEqualStrategyNumber, F_NAMEEQ,
				name_datum(state->schema));
	each_row(TABLE_NODE, INDEX_NODE_NAME, 2, keys, match_node, state);
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
	values[NODE_RELATION_ORIGIN - 1] = text_datum(state->origin);
	nulls[NODE_OWNER - 1] = owner == NULL;
	if (owner)
		values[NODE_OWNER - 1] = name_datum(owner);
	nulls[NODE_PROPERTIES - 1] = state->properties == (Datum) 0;
	values[NODE_PROPERTIES - 1] = state->properties;
	values[NODE_IS_DROPPED - 1] = BoolGetDatum(false);
	values[NODE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	if (get_rel_relkind(state->relid) == RELKIND_FOREIGN_TABLE)
		describe_foreign(state->relid, values, nulls);
	append_row(TABLE_NODE, values, nulls);
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

Oid
root_of(Oid relid)
{
	List *ancestors = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;

	return ancestors != NIL ? llast_oid(ancestors) : relid;
}

/* The node of a relation, made if there is none yet; 0 if it shall have none, or is gone. */
int64
look_up_node(Oid root, bool may_make)
{
	RelationState state = {.relid = root};
	Oid schema = get_rel_namespace(root);

	state.name = get_rel_name(root);
	state.schema = OidIsValid(schema) ? get_namespace_name(schema) : NULL;
	if (state.name == NULL || state.schema == NULL || is_excluded(schema, state.schema))
		return 0;
	state.origin = relation_origin(root);
	find_node(&state);
	if (state.node == 0)
	{
		if (!may_make)
			return 0;
		/* the origin too: the OID may have been that of a relation that was dropped long ago */
		state.node = id_of(3, "relation", state.origin, psprintf("%u", root));
	}
	if (!state.is_same)
		append_relation_state(&state);
	return state.node;
}

RelationNode *
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
	if (!found || !known->is_valid || known->epoch != store_epoch())
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
		known->epoch = store_epoch();
		known->is_valid = true;
	}
	return known;
}

/* A file and its like. */
int64
node_of_external(External *external)
{
	int64 id = id_of(3, external->kind, external->namespace, external->name);
	Datum values[MAX_ATTRIBUTES] = {0};
	bool nulls[MAX_ATTRIBUTES] = {0};

	if (latest_state(TABLE_NODE, INDEX_NODE_ID, id, values, nulls))
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
	append_row(TABLE_NODE, values, nulls);
	return id;
}

void
write_dropped_node(Oid relid)
{
	RelationState state = {.relid = relid};
	Datum values[MAX_ATTRIBUTES];
	bool nulls[MAX_ATTRIBUTES];
	ScanKeyData key;

	ScanKeyInit(&key, NODE_RELATION_OID, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	each_row(TABLE_NODE, INDEX_NODE_OID, 1, &key, match_node, &state);
	if (state.node == 0 || !latest_state(TABLE_NODE, INDEX_NODE_ID, state.node, values, nulls))
		return;
	values[NODE_IS_DROPPED - 1] = BoolGetDatum(true);
	values[NODE_RECORDED_AT - 1] = TimestampTzGetDatum(this_time);
	append_row(TABLE_NODE, values, nulls);
}
