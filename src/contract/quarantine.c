/*
 * quarantine.c: rows set aside, one row of aidataops.quarantine each.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "contract/quarantine.h"
#include "core/origin.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/*
 * Columns of aidataops.quarantine, as sql/53_enforcement.sql declares them. The row goes into the table as rows of the
 * server's own catalogs do: the executor would prepare itself, and read the constraints, for each one, which takes ten
 * times as long. The values satisfy the constraints, and nobody but us has a trigger there.
 */
enum QuarantineColumn
{
	QUARANTINE_ID,
	QUARANTINE_CONTRACT,
	QUARANTINE_VERSION,
	QUARANTINE_SCHEMA,
	QUARANTINE_TABLE,
	QUARANTINE_RELATION,
	QUARANTINE_ORIGIN,
	QUARANTINE_OPERATION,
	QUARANTINE_KEY,
	QUARANTINE_CONTENT,
	QUARANTINE_FORMER,
	QUARANTINE_RULES,
	QUARANTINE_PROBLEMS,
	QUARANTINE_STATUS,
	QUARANTINE_AT,
	QUARANTINE_BY,
	QUARANTINE_COLUMNS
};

struct Quarantine
{
	Oid table;
	Oid sequence;
	Datum values[QUARANTINE_COLUMNS]; /* those that are the same for each row */
};

static Oid
own_relation(const char *name)
{
	Oid relation = get_relname_relid(name, get_namespace_oid(AIDATAOPS_SCHEMA, false));

	if (!OidIsValid(relation))
		elog(ERROR, "relation aidataops.%s is missing", name);
	return relation;
}

static Datum
name_datum(const char *name)
{
	return DirectFunctionCall1(namein, CStringGetDatum(name));
}

static Datum
text_array(Datum *texts, int count)
{
	return PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

Quarantine *
quarantine_prepare(const WarningSubject *subject)
{
	Quarantine *quarantine = palloc0(sizeof(Quarantine));

	quarantine->table = own_relation("quarantine");
	quarantine->sequence = own_relation("quarantine_quarantine_id_seq");
	quarantine->values[QUARANTINE_CONTRACT] = CStringGetTextDatum(subject->contract);
	quarantine->values[QUARANTINE_VERSION] = CStringGetTextDatum(subject->version);
	quarantine->values[QUARANTINE_SCHEMA] = name_datum(subject->schema);
	quarantine->values[QUARANTINE_TABLE] = name_datum(subject->table);
	quarantine->values[QUARANTINE_RELATION] = ObjectIdGetDatum(subject->relation);
	quarantine->values[QUARANTINE_ORIGIN] = CStringGetTextDatum(relation_origin(subject->relation));
	quarantine->values[QUARANTINE_STATUS] = CStringGetTextDatum("open");
	return quarantine;
}

void
quarantine_add(const Quarantine *quarantine, const QuarantinedRow *row)
{
	Relation table = table_open(quarantine->table, RowExclusiveLock);
	int ncolumns = RelationGetDescr(table)->natts;
	Datum *values = palloc0(sizeof(Datum) * Max(ncolumns, QUARANTINE_COLUMNS));
	bool *nulls = palloc(sizeof(bool) * Max(ncolumns, QUARANTINE_COLUMNS));
	NameData writer;

	memset(nulls, true, sizeof(bool) * ncolumns);
	memset(nulls, false, sizeof(bool) * QUARANTINE_COLUMNS);
	memcpy(values, quarantine->values, sizeof(quarantine->values));
	namestrcpy(&writer, GetUserNameFromId(GetSessionUserId(), false));
	values[QUARANTINE_ID] = Int64GetDatum(nextval_internal(quarantine->sequence, false));
	values[QUARANTINE_OPERATION] = CStringGetTextDatum(row->is_update ? "UPDATE" : "INSERT");
	values[QUARANTINE_KEY] = JsonbPGetDatum(row->key);
	values[QUARANTINE_CONTENT] = JsonbPGetDatum(row->content);
	values[QUARANTINE_FORMER] = JsonbPGetDatum(row->former);
	values[QUARANTINE_RULES] = text_array(row->rules, row->count);
	values[QUARANTINE_PROBLEMS] = text_array(row->problems, row->count);
	values[QUARANTINE_AT] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[QUARANTINE_BY] = NameGetDatum(&writer);
	nulls[QUARANTINE_KEY] = row->key == NULL;
	nulls[QUARANTINE_FORMER] = row->former == NULL;
	CatalogTupleInsert(table, heap_form_tuple(RelationGetDescr(table), values, nulls));
	table_close(table, NoLock); /* the lock is kept, as any writer's */
}
