/*
 * catalog.c: datasets as the C code sees them.
 *
 * The catalog is read under row-level security as the caller, so what a caller may not know of
 * does not exist for them; it is written as its owner, by these functions only.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "core/origin.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "version/catalog.h"

/* ----------------------------------------------------------------------- arrays ---- */

List *
name_array_to_list(ArrayType *array)
{
	List *names = NIL;
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(array, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("array of column names must not contain NULL")));
		names = lappend(names, pstrdup(NameStr(*DatumGetName(values[i]))));
	}
	return names;
}

Datum
list_to_name_array(List *names)
{
	int count = list_length(names);
	Datum *values = palloc(Max(count, 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
	{
		Name name = palloc0(NAMEDATALEN);

		namestrcpy(name, list_nth(names, i));
		values[i] = NameGetDatum(name);
	}
	return PointerGetDatum(
		construct_array(values, count, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

Datum
list_to_text_array(List *texts)
{
	int count = list_length(texts);
	Datum *values = palloc(Max(count, 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		values[i] = CStringGetTextDatum(list_nth(texts, i));
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* --------------------------------------------------------------------- datasets ---- */

static int32
result_int4(int column)
{
	bool isnull;

	return DatumGetInt32(result_value(column, &isnull));
}

Oid
dataset_source(const Dataset *dataset)
{
	return kept_relation(dataset->relation_oid, dataset->relation_origin, dataset->relation_schema,
						 dataset->relation_name);
}

Identity
become_data_owner(const Dataset *dataset)
{
	return become_owner_of_rows(dataset->owner);
}

static void
source_is_gone(const Dataset *dataset)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
					errmsg("source table \"%s.%s\" of dataset \"%s\" does not exist",
						   dataset->relation_schema, dataset->relation_name, dataset->name),
					errdetail("It was dropped, or dropped and created again. The versions of the "
							  "dataset can still be read."),
					errhint("Use attach_dataset(%s, relation) to go on with another table.",
							quote_literal_cstr(dataset->name))));
}

Oid
dataset_lock_source(const Dataset *dataset, LOCKMODE lockmode)
{
	Oid source = dataset_source(dataset);

	if (!OidIsValid(source))
		source_is_gone(dataset);
	LockRelationOid(source, lockmode);
	/* it may have been dropped, and even made anew under its name, while we waited */
	if (dataset_source(dataset) != source || !get_rel_name(source))
		source_is_gone(dataset);
	/* with all partitions: one that is truncated must not be so between snapshot and scan */
	(void) find_all_inheritors(source, lockmode, NULL);
	return source;
}

void
dataset_attach_source(const Dataset *dataset, Oid source)
{
	Statement statement;

	statement_init(&statement,
				   "UPDATE aidataops.dataset SET relation_schema = $2::name, relation_name = "
				   "$3::name, relation_oid = $4, relation_origin = $5 WHERE dataset_id = $1");
	statement_int4(&statement, dataset->id);
	statement_text(&statement, get_namespace_name(get_rel_namespace(source)));
	statement_text(&statement, get_rel_name(source));
	statement_param(&statement, OIDOID, ObjectIdGetDatum(source), false);
	statement_text(&statement, relation_origin(source));
	statement_run_as_catalog_owner(&statement);
}

static void
tell_where_found(const Dataset *dataset, Oid source)
{
	char *found = quote_qualified_identifier(get_namespace_name(get_rel_namespace(source)),
											 get_rel_name(source));
	char *kept = quote_qualified_identifier(dataset->relation_schema, dataset->relation_name);

	switch (how_found(source, dataset->relation_origin, dataset->relation_schema,
					  dataset->relation_name))
	{
		case FOUND_BY_OID:
			break;
		case FOUND_BY_OID_LEFT:
			ereport(
				NOTICE,
				(errmsg("dataset \"%s\" follows its table, which is %s now", dataset->name, found),
				 errdetail("It was %s when that was last recorded.", kept),
				 errhint("If another table is meant, roll back and use attach_dataset().")));
			break;
		case FOUND_BY_NAME:
			ereport(NOTICE,
					(errmsg("dataset \"%s\" found its table %s by name after a restore",
							dataset->name, found),
					 errhint("If another table is meant, roll back and use attach_dataset().")));
			break;
	}
}

void
dataset_record_source(const Dataset *dataset, Oid source)
{
	if (source == dataset->relation_oid &&
		strcmp(dataset->relation_origin, relation_origin(source)) == 0 &&
		strcmp(dataset->relation_name, get_rel_name(source)) == 0 &&
		get_rel_namespace(source) == get_namespace_oid(dataset->relation_schema, true))
		return;
	tell_where_found(dataset, source);
	dataset_attach_source(dataset, source);
}

struct varlena *
resolve_version(Datum version)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, "SELECT aidataops.resolve($1)");
	statement_param(&statement, own_type("dataset_version"), version, false);
	statement_run(&statement, InvalidSnapshot);
	return PG_DETOAST_DATUM_COPY(result_value(1, &isnull));
}

Fingerprint
recorded_fingerprint(const Dataset *dataset, int32 number)
{
	Statement statement;
	bool isnull;

	statement_init(&statement, "SELECT fingerprint FROM aidataops.version WHERE "
							   "dataset_id = $1 AND number = $2");
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, number);
	if (statement_run_as_catalog_owner(&statement) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("version %s@%d does not exist", dataset->name, number)));
	return *DatumGetFingerprintP(result_value(1, &isnull));
}

void
version_is_broken(const Dataset *dataset, int32 number)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("history of dataset \"%s\" does not hold what was recorded of %s@%d",
					dataset->name, dataset->name, number),
			 errdetail("Its rows, or the hashes stored with them, were changed by other means "
					   "than a commit."),
			 errhint("verify(%s) tells what does not fit. With repair_dataset(%s) the dataset "
					 "goes on with a version of the table as it is.",
					 quote_literal_cstr(psprintf("%s@%d", dataset->name, number)),
					 quote_literal_cstr(dataset->name))));
}

Oid
history_table(const char *name)
{
	Oid schema_oid = get_namespace_oid(HISTORY_SCHEMA, true);

	return OidIsValid(schema_oid) ? get_relname_relid(name, schema_oid) : InvalidOid;
}

#define DATASET_COLUMNS                                                                            \
	"SELECT dataset_id, name, relation_schema::text, relation_name::text, relation_oid, "          \
	"relation_origin, key, storage = 'rows', head, epoch, history_table::text "                    \
	"FROM aidataops.dataset WHERE dataset_id = $1 "

static Dataset *
dataset_from_result(void)
{
	Dataset *dataset = palloc0(sizeof(Dataset));
	bool isnull;
	char *history;

	dataset->id = result_int4(1);
	dataset->name = result_text(2);
	dataset->relation_schema = result_text(3);
	dataset->relation_name = result_text(4);
	dataset->relation_oid = DatumGetObjectId(result_value(5, &isnull));
	dataset->relation_origin = result_text(6);
	dataset->key = name_array_to_list(DatumGetArrayTypeP(result_value(7, &isnull)));
	dataset->keeps_rows = DatumGetBool(result_value(8, &isnull));
	dataset->head = result_int4(9);
	dataset->epoch = result_int4(10);
	history = result_text(11);
	if (history)
		dataset->history = history_table(history);
	/* kept as the owner of the history: PostgreSQL then follows DROP, RENAME and REASSIGN */
	dataset->owner =
		relation_owner(OidIsValid(dataset->history) ? dataset->history : dataset_source(dataset));
	return dataset;
}

Dataset *
dataset_by_id(int32 id)
{
	Statement statement;

	statement_init(&statement, DATASET_COLUMNS);
	statement_int4(&statement, id);
	return statement_run_as_catalog_owner(&statement) == 1 ? dataset_from_result() : NULL;
}

Dataset *
dataset_find(const char *name)
{
	Statement statement;
	int32 id;

	/* as the caller: row-level security hides what may not be known, and _dataset() raises */
	statement_init(&statement, "SELECT dataset_id FROM aidataops._dataset($1)");
	statement_text(&statement, name);
	statement_run(&statement, InvalidSnapshot);
	id = result_int4(1);
	return dataset_by_id(id);
}

Dataset *
dataset_lock(Dataset *dataset)
{
	Statement statement;

	statement_init(&statement, DATASET_COLUMNS "FOR UPDATE");
	statement_int4(&statement, dataset->id);
	if (statement_run_as_catalog_owner(&statement) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("dataset \"%s\" does not exist", dataset->name),
						errdetail("It was dropped by another session just now.")));
	return dataset_from_result();
}

/* The table has another owner by now, who will wonder. */
static bool
owners_differ(const Dataset *dataset)
{
	Oid source_owner = relation_owner(dataset_source(dataset));

	return OidIsValid(dataset->history) && OidIsValid(source_owner) &&
		   source_owner != dataset->owner;
}

void
dataset_check_owner(const Dataset *dataset, const char *action)
{
	if (OidIsValid(dataset->owner) ? has_privs_of_role(GetUserId(), dataset->owner) : superuser())
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg("permission denied to %s dataset \"%s\"", action, dataset->name),
		 OidIsValid(dataset->owner)
			 ? errdetail("Only members of the role \"%s\", which owns the dataset, may do that.",
						 GetUserNameFromId(dataset->owner, false))
			 : errdetail("The dataset's table and history are gone, so only a superuser may do "
						 "that."),
		 owners_differ(dataset)
			 ? errhint("A dataset belongs to the owner of its history. After ALTER TABLE ... "
					   "OWNER of the source, do the same to %s.%s.",
					   HISTORY_SCHEMA, quote_identifier(get_rel_name(dataset->history)))
			 : 0));
}

/* ------------------------------------------------------------------- visibility ---- */

/*
 * May the caller know of a dataset? Yes with the rights of its owner, or with SELECT on the source
 * or on any of its columns.
 */
static bool
is_visible(Oid source, Oid history)
{
	Oid owner = relation_owner(OidIsValid(history) ? history : source);

	if (OidIsValid(owner) && has_privs_of_role(GetUserId(), owner))
		return true;
	if (!OidIsValid(source))
		return superuser();
	return pg_class_aclcheck(source, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		   pg_attribute_aclcheck_all(source, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
}

/* The condition of the row-level security of datasets. */
PG_FUNCTION_INFO_V1(dataset_is_visible);
Datum
dataset_is_visible(PG_FUNCTION_ARGS)
{
	Oid source;
	Oid history;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_BOOL(false);
	source = kept_relation(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
						   NameStr(*PG_GETARG_NAME(2)), NameStr(*PG_GETARG_NAME(3)));
	history = PG_ARGISNULL(4) ? InvalidOid : history_table(NameStr(*PG_GETARG_NAME(4)));
	PG_RETURN_BOOL(is_visible(source, history));
}

static Datum
dataset_column(Relation datasets, HeapTuple tuple, const char *name, bool *isnull)
{
	AttrNumber attnum = get_attnum(RelationGetRelid(datasets), name);

	return heap_getattr(tuple, attnum, RelationGetDescr(datasets), isnull);
}

static bool
dataset_row_is_visible(Relation datasets, HeapTuple tuple)
{
	bool isnull;
	Oid saved = DatumGetObjectId(dataset_column(datasets, tuple, "relation_oid", &isnull));
	Datum origin = dataset_column(datasets, tuple, "relation_origin", &isnull);
	Datum schema = dataset_column(datasets, tuple, "relation_schema", &isnull);
	Datum name = dataset_column(datasets, tuple, "relation_name", &isnull);
	Datum history = dataset_column(datasets, tuple, "history_table", &isnull);

	return is_visible(kept_relation(saved, TextDatumGetCString(origin),
									NameStr(*DatumGetName(schema)), NameStr(*DatumGetName(name))),
					  isnull ? InvalidOid : history_table(NameStr(*DatumGetName(history))));
}

/* By the index and not by SPI: this may be asked of thousands of datasets. */
static bool
look_whether_visible(int32 id)
{
	Oid schema = get_namespace_oid(AIDATAOPS_SCHEMA, false);
	Relation datasets = table_open(get_relname_relid("dataset", schema), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool visible;

	ScanKeyInit(&key, get_attnum(RelationGetRelid(datasets), "dataset_id"), BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(id));
	scan = systable_beginscan(datasets, get_relname_relid("dataset_pkey", schema), true,
							  GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	visible = HeapTupleIsValid(tuple) && dataset_row_is_visible(datasets, tuple);
	systable_endscan(scan);
	table_close(datasets, AccessShareLock);
	return visible;
}

typedef struct KnownVisibility
{
	int32 id; /* of the dataset; must be first */
	bool visible;
} KnownVisibility;

static HTAB *
make_known(MemoryContext context)
{
	HASHCTL control = {
		.keysize = sizeof(int32), .entrysize = sizeof(KnownVisibility), .hcxt = context};

	return hash_create("aidataops visibility", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * The condition of the row-level security of what hangs on a dataset. A subquery on the table of
 * datasets would ask for each of them, or again for each row, and be priced so high that JIT sets
 * in; thousands of versions of one dataset need one answer, which is good for the query.
 */
PG_FUNCTION_INFO_V1(dataset_id_is_visible);
Datum
dataset_id_is_visible(PG_FUNCTION_ARGS)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	int32 id = PG_GETARG_INT32(0);
	KnownVisibility *known;
	bool visible;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = make_known(flinfo->fn_mcxt);
	known = hash_search(flinfo->fn_extra, &id, HASH_FIND, NULL);
	if (known == NULL)
	{
		visible = look_whether_visible(id); /* before the entry is made: it may raise */
		known = hash_search(flinfo->fn_extra, &id, HASH_ENTER, NULL);
		known->visible = visible;
	}
	PG_RETURN_BOOL(known->visible);
}
