/*
 * measuring.c: what a rule measures, each relation read as its owner.
 *
 * A contract is measured for whoever asks, a reader of the table or a scheduler, while the contract's owner does
 * nothing. So the code of a relation's owner (functions of views, policies, casts) must not run with the rights of
 * the contract's owner, nor with those of another relation's: a relation is read as its owner, where the contract's
 * owner has that role's rights. What a rule compares with relations of others is read first, as their owners, into
 * relations that live as long as the query does and that it finds by their names (parts).
 *
 * Where the contract's owner is but a reader, the relation is read as the contract's owner, and only for those who
 * have these rights themselves.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "core/reading.h"
#include "core/supervised.h"
#include "executor/executor.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(measure);
PG_FUNCTION_INFO_V1(relations_named);
PG_FUNCTION_INFO_V1(lock_to_read);

/* aidataops._part */
enum PartColumn
{
	PART_NAME = 1,
	PART_RELATION,
	PART_QUERY
};

typedef struct Measuring
{
	ReadingTerms terms;
	List *relations; /* whose owners will do, the first first */
	const char *sql;
	int nparts;
	Datum *parts;
	MemoryContext memory; /* for what is known even of a query that fails */
	Oid role;             /* the query was run as */
	List *read;           /* all relations that it and its parts name */
	List *rows;           /* of the parts */
} Measuring;

/* Catalogs are for everybody, and ours have policies. */
static bool
is_catalog(Oid relation)
{
	Oid schema = get_rel_namespace(relation);

	return schema == PG_CATALOG_NAMESPACE ||
		   schema == get_namespace_oid("information_schema", true) ||
		   schema == get_namespace_oid(AIDATAOPS_SCHEMA, true);
}

static void
note_what_is_read(Measuring *measuring, const Reading *reading)
{
	MemoryContext previous = MemoryContextSwitchTo(measuring->memory);
	ListCell *cell;

	foreach (cell, reading->named)
		if (!is_catalog(lfirst_oid(cell)))
			measuring->read = list_append_unique_oid(measuring->read, lfirst_oid(cell));
	MemoryContextSwitchTo(previous);
}

static void
run_into(Reading *reading, Tuplestorestate *rows)
{
	DestReceiver *receiver = CreateDestReceiver(DestTuplestore);

	SetTuplestoreDestReceiverParams(receiver, rows, CurrentMemoryContext, true, NULL, NULL);
	reading_run(reading, NULL, receiver);
	receiver->rDestroy(receiver);
}

/* ------------------------------------------------------------------------------ parts ---- */

static void
register_rows(QueryEnvironment *environment, const char *name, TupleDesc shape,
			  Tuplestorestate *rows)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = pstrdup(name);
	relation->md.tupdesc = shape;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = tuplestore_tuple_count(rows);
	relation->reldata = rows;
	register_ENR(environment, relation);
}

static Datum
part_column(HeapTupleHeader part, int column)
{
	bool isnull;
	Datum value = GetAttributeByNum(part, column, &isnull);

	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("name, relation and query of a part must not be NULL")));
	return value;
}

static void
read_part(Measuring *measuring, HeapTupleHeader part)
{
	Oid relation = DatumGetObjectId(part_column(part, PART_RELATION));
	Tuplestorestate *rows = tuplestore_begin_heap(false, false, work_mem);
	ReadingTerms terms = {.asker = measuring->terms.asker};
	Reading *reading = reading_begin_on(&terms, list_make1_oid(relation),
										TextDatumGetCString(part_column(part, PART_QUERY)), NULL);

	note_what_is_read(measuring, reading);
	run_into(reading, rows);
	reading_end(reading);
	register_rows(measuring->terms.environment, TextDatumGetCString(part_column(part, PART_NAME)),
				  CreateTupleDescCopy(reading->shape), rows);
	measuring->rows = lappend(measuring->rows, rows);
}

/* ------------------------------------------------------------------------------- query ---- */

static Datum
only_value(Tuplestorestate *rows, TupleDesc shape, MemoryContext memory)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(shape, &TTSOpsMinimalTuple);
	MemoryContext previous;
	Datum value = (Datum) 0;
	bool isnull = true;

	if (tuplestore_gettupleslot(rows, true, false, slot))
		value = slot_getattr(slot, 1, &isnull);
	previous = MemoryContextSwitchTo(memory);
	value = isnull ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	MemoryContextSwitchTo(previous);
	ExecDropSingleTupleTableSlot(slot);
	return value;
}

static Datum
measure_as_json(void *work, MemoryContext memory)
{
	Measuring *measuring = work;
	char *sql = psprintf("SELECT pg_catalog.jsonb_agg(aidataops._json(q.*)) FROM (\n%s\n) AS q",
						 measuring->sql);
	Tuplestorestate *rows;
	Reading *reading;
	ListCell *cell;
	Datum value;

	measuring->terms.environment = create_queryEnv();
	for (int i = 0; i < measuring->nparts; i++)
		read_part(measuring, DatumGetHeapTupleHeader(measuring->parts[i]));
	reading = reading_begin_on(&measuring->terms, measuring->relations, sql, NULL);
	measuring->role = GetUserId();
	note_what_is_read(measuring, reading);
	rows = tuplestore_begin_heap(false, false, work_mem);
	run_into(reading, rows);
	value = only_value(rows, reading->shape, memory);
	reading_end(reading);
	foreach (cell, lappend(measuring->rows, rows))
		tuplestore_end(lfirst(cell));
	return value;
}

/* --------------------------------------------------------------------------------- SQL ---- */

static Datum
oids_as_array(const List *oids)
{
	Datum *elements = palloc(sizeof(Datum) * (list_length(oids) + 1));

	for (int i = 0; i < list_length(oids); i++)
		elements[i] = ObjectIdGetDatum(list_nth_oid(oids, i));
	return PointerGetDatum(
		construct_array(elements, list_length(oids), OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

static List *
oids_from_array(ArrayType *array)
{
	List *oids = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(array, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			oids = lappend_oid(oids, DatumGetObjectId(elements[i]));
	return oids;
}

static void
take_parts(Measuring *measuring, ArrayType *array)
{
	bool *nulls;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &measuring->parts,
					  &nulls, &measuring->nparts);
	for (int i = 0; i < measuring->nparts; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a part must not be NULL")));
}

/*
 * measure(reader, asker, relations, statement, own_text, parts, timeout_ms):
 * result, sqlstate, error, role, relations read
 */
Datum
measure(PG_FUNCTION_ARGS)
{
	Measuring measuring = {.terms = {.asker = PG_GETARG_OID(1), .own_text = PG_GETARG_BOOL(4)},
						   .relations = oids_from_array(PG_GETARG_ARRAYTYPE_P(2)),
						   .sql = text_to_cstring(PG_GETARG_TEXT_PP(3)),
						   .memory = CurrentMemoryContext};
	int milliseconds = PG_GETARG_INT32(6);
	TupleDesc descriptor;
	Datum values[5];
	bool nulls[5] = {0};
	Outcome outcome;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_role_exists(PG_GETARG_OID(0));
	check_role_exists(PG_GETARG_OID(1));
	take_parts(&measuring, PG_GETARG_ARRAYTYPE_P(5));
	outcome = supervise(PG_GETARG_OID(0), measure_as_json, &measuring, true, milliseconds);
	outcome_as_columns(&outcome, milliseconds, values, nulls);
	values[3] = ObjectIdGetDatum(measuring.role);
	nulls[3] = !OidIsValid(measuring.role);
	values[4] = oids_as_array(measuring.read);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/* relations_named(query): those that its names may mean */
Datum
relations_named(PG_FUNCTION_ARGS)
{
	Identity caller = become_for_statements(GetUserId());
	List *relations = reading_names(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	List *named = NIL;
	ListCell *cell;

	foreach (cell, relations)
		if (!is_catalog(lfirst_oid(cell)))
			named = lappend_oid(named, lfirst_oid(cell));
	become_again(caller);
	PG_RETURN_DATUM(oids_as_array(named));
}

/* lock_to_read(relation): until the end of the transaction, with all that inherits from it */
Datum
lock_to_read(PG_FUNCTION_ARGS)
{
	Oid relation = PG_GETARG_OID(0);

	if (!OidIsValid(relation_owner(relation)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	/* who may not read it is not to hold up those who alter it */
	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relation, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relation));
	LockRelationOid(relation, AccessShareLock);
	if (has_subclass(relation))
		(void) find_all_inheritors(relation, AccessShareLock, NULL);
	PG_RETURN_VOID();
}
