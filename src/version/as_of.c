/*
 * as_of.c: the rows of a version in the row type of today's table.
 *
 * Columns are matched by name and converted as an assignment would, so a value that no longer fits
 * is an error and not cut short. A column that the type has and the version had not is NULL. Unlike
 * an assignment it runs no casts and checks of domains of somebody else's, whoever asks for the
 * rows.
 */
#include "postgres.h"

#include "aidataops.h"
#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "core/reading.h"
#include "core/record.h"
#include "core/rows.h"
#include "core/trust.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "version/history.h"

/* Where a column of the result comes from. */
typedef struct ColumnMap
{
	int source;      /* column of the version, from 1; 0 for NULL */
	ExprState *cast; /* NULL: the types are the same */
} ColumnMap;

/* Receives the version's rows and stores them in the result's shape. */
typedef struct MappingReceiver
{
	DestReceiver pub;
	Tuplestorestate *store;
	TupleDesc shape; /* of the rows that it was made for */
	TupleDesc tupdesc;
	ColumnMap *columns;
	ExprContext *econtext;
	Datum *values;
	bool *nulls;
} MappingReceiver;

/* A history table was altered since the query of it was looked at, which was then planned anew. */
static void
shape_changed(void)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("could not read the version: the columns of its history were changed "
						   "just now"),
					errhint("Try again.")));
}

static void
mapping_startup(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	if (!same_types(tupdesc, ((MappingReceiver *) self)->shape))
		shape_changed();
}

static void
receiver_done(DestReceiver *self)
{
}

/* --------------------------------------------------------------------- receiving ---- */

static void
convert_value(const ColumnMap *column, ExprContext *econtext, TupleTableSlot *slot, Datum *value,
			  bool *isnull)
{
	if (column->source == 0)
	{
		*isnull = true;
		return;
	}
	*value = slot_getattr(slot, column->source, isnull);
	if (column->cast == NULL)
		return;
	econtext->caseValue_datum = *value;
	econtext->caseValue_isNull = *isnull;
	*value = ExecEvalExprSwitchContext(column->cast, econtext, isnull);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	MappingReceiver *receiver = (MappingReceiver *) self;

	for (int i = 0; i < receiver->tupdesc->natts; i++)
		convert_value(receiver->columns + i, receiver->econtext, slot, receiver->values + i,
					  receiver->nulls + i);
	tuplestore_putvalues(receiver->store, receiver->tupdesc, receiver->values, receiver->nulls);
	ResetExprContext(receiver->econtext);
	return true;
}

/* ---------------------------------------------------------------- stored tuples ---- */

/*
 * Where the row type is the version's own shape, the result of a row is a tail of the tuple that
 * history stores: behind the four own columns, which are never NULL and end where any type may
 * begin. Cutting it off costs a copy; taking the row apart and building another costs as much as
 * all the rest of as_of().
 */
typedef struct TailReceiver
{
	DestReceiver pub;
	Tuplestorestate *store;
	TupleDesc tupdesc;
	int natts; /* of the result */
	Size capacity;
	HeapTupleData tuple;
	MemoryContext context;
} TailReceiver;

/*
 * Are these the tuples to cut? An owner may alter a history table, and to trust the names of its
 * columns alone would be to read whatever bytes lie there.
 */
static bool
is_own_columns_and(TupleDesc stored, TupleDesc target)
{
	static const Oid own_types[HISTORY_OWN_COLUMNS] = {INT8OID, INT4OID, INT4OID, UUIDOID};

	if (stored->natts != target->natts + HISTORY_OWN_COLUMNS)
		return false;
	for (int i = 0; i < stored->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(stored, i);
		Form_pg_attribute b =
			i < HISTORY_OWN_COLUMNS ? NULL : TupleDescAttr(target, i - HISTORY_OWN_COLUMNS);

		if (a->attisdropped || (b && b->attisdropped) ||
			a->atttypid != (b ? b->atttypid : own_types[i]))
			return false;
	}
	return true;
}

static void
tail_startup(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	if (!is_own_columns_and(tupdesc, ((TailReceiver *) self)->tupdesc))
		shape_changed();
}

static bool
own_columns_present(HeapTuple tuple)
{
	if (HeapTupleHasNulls(tuple))
	{
		for (int i = 0; i < HISTORY_OWN_COLUMNS; i++)
		{
			if (att_isnull(i, tuple->t_data->t_bits))
				return false;
		}
	}
	return true;
}

/* The null bitmap without its first HISTORY_OWN_COLUMNS bits, which say "not NULL". */
static void
shift_null_bitmap(bits8 *to, const bits8 *from, int natts)
{
	memset(to, 0, BITMAPLEN(natts));
	for (int i = 0; i < natts; i++)
	{
		if (!att_isnull(i + HISTORY_OWN_COLUMNS, from))
			to[i >> 3] |= 1 << (i & 0x07);
	}
}

static void
cut_tail(TailReceiver *receiver, HeapTuple stored)
{
	HeapTupleHeader from = stored->t_data;
	HeapTupleHeader to;
	bool has_nulls = HeapTupleHasNulls(stored);
	Size header = MAXALIGN(SizeofHeapTupleHeader + (has_nulls ? BITMAPLEN(receiver->natts) : 0));
	Size data = stored->t_len - from->t_hoff - HISTORY_OWN_BYTES;

	if (header + data > receiver->capacity)
	{
		receiver->capacity = 2 * (header + data);
		receiver->tuple.t_data = MemoryContextAlloc(receiver->context, receiver->capacity);
	}
	to = receiver->tuple.t_data;
	memset(to, 0, SizeofHeapTupleHeader);
	to->t_infomask = from->t_infomask & (HEAP_HASNULL | HEAP_HASVARWIDTH | HEAP_HASEXTERNAL);
	to->t_hoff = header;
	HeapTupleHeaderSetNatts(to, receiver->natts);
	if (has_nulls)
		shift_null_bitmap(to->t_bits, from->t_bits, receiver->natts);
	memcpy((char *) to + header, (char *) from + from->t_hoff + HISTORY_OWN_BYTES, data);
	receiver->tuple.t_len = header + data;
}

static bool
receive_tail(TupleTableSlot *slot, DestReceiver *self)
{
	TailReceiver *receiver = (TailReceiver *) self;
	bool should_free;
	HeapTuple stored = ExecFetchSlotHeapTuple(slot, false, &should_free);

	if (HeapTupleHeaderGetNatts(stored->t_data) == receiver->natts + HISTORY_OWN_COLUMNS &&
		own_columns_present(stored))
	{
		cut_tail(receiver, stored);
		tuplestore_puttuple(receiver->store, &receiver->tuple);
	}
	else /* stored before a column was added */
	{
		slot_getallattrs(slot);
		tuplestore_putvalues(receiver->store, receiver->tupdesc,
							 slot->tts_values + HISTORY_OWN_COLUMNS,
							 slot->tts_isnull + HISTORY_OWN_COLUMNS);
	}
	if (should_free)
		heap_freetuple(stored);
	return true;
}

static DestReceiver *
make_tail_receiver(TupleDesc target, Tuplestorestate *store)
{
	TailReceiver *receiver = palloc0(sizeof(TailReceiver));

	receiver->pub.receiveSlot = receive_tail;
	receiver->pub.rStartup = tail_startup;
	receiver->pub.rShutdown = receiver_done;
	receiver->pub.rDestroy = receiver_done;
	receiver->pub.mydest = DestTuplestore;
	receiver->store = store;
	receiver->tupdesc = target;
	receiver->natts = target->natts;
	receiver->context = CurrentMemoryContext;
	return (DestReceiver *) receiver;
}

/* ----------------------------------------------------------------------- mapping ---- */

static int
find_column(TupleDesc tupdesc, const char *name)
{
	for (int i = 0; i < tupdesc->natts; i++)
	{
		if (!TupleDescAttr(tupdesc, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(tupdesc, i)->attname), name) == 0)
			return i + 1;
	}
	return 0;
}

/* The row type is anybody's, and so is a cast to it. */
static void
check_conversion(Node *cast, Form_pg_attribute from, Form_pg_attribute to)
{
	if (!runs_only_trusted(cast, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("column \"%s\" of the version is not converted from type %s to type %s",
						NameStr(to->attname), format_type_be(from->atttypid),
						format_type_be(to->atttypid)),
				 errdetail("A function in the cast or in a check of the type belongs to somebody "
						   "else, who is no superuser, and would run with the rights of \"%s\".",
						   GetUserNameFromId(GetUserId(), false)),
				 errhint("Read the version in its own shape, with create_version_view() or "
						 "as_of_json().")));
}

static ExprState *
assignment_cast(Form_pg_attribute from, Form_pg_attribute to)
{
	CaseTestExpr *input = makeNode(CaseTestExpr);
	Node *cast;

	input->typeId = from->atttypid;
	input->typeMod = from->atttypmod;
	input->collation = from->attcollation;
	cast = coerce_to_target_type(NULL, (Node *) input, from->atttypid, to->atttypid, to->atttypmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (cast == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the version is of type %s and cannot be assigned to "
						"type %s",
						NameStr(to->attname), format_type_be(from->atttypid),
						format_type_be(to->atttypid)),
				 errhint("Read the version in its own shape, with create_version_view() or "
						 "as_of_json().")));
	if (cast == (Node *) input)
		return NULL;
	check_conversion(cast, from, to);
	return ExecInitExpr(expression_planner((Expr *) cast), NULL);
}

static ColumnMap *
map_columns(TupleDesc from, TupleDesc to)
{
	ColumnMap *columns = palloc0(Max(to->natts, 1) * sizeof(ColumnMap));

	for (int i = 0; i < to->natts; i++)
	{
		Form_pg_attribute target = TupleDescAttr(to, i);

		if (target->attisdropped)
			continue;
		columns[i].source = find_column(from, NameStr(target->attname));
		if (columns[i].source > 0)
			columns[i].cast = assignment_cast(TupleDescAttr(from, columns[i].source - 1), target);
	}
	return columns;
}

/* Data must not vanish silently. */
static void
check_no_column_lost(TupleDesc from, TupleDesc to)
{
	StringInfoData lost;

	initStringInfo(&lost);
	for (int i = 0; i < from->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(from, i)->attname);

		if (find_column(to, name) == 0)
			appendStringInfo(&lost, "%s\"%s\"", lost.len > 0 ? ", " : "", name);
	}
	if (lost.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the version has columns that the row type has not: %s", lost.data),
				 errhint("Pass partial => true to leave them out, or read the version in its own "
						 "shape, with create_version_view() or as_of_json().")));
}

static bool
is_identity(TupleDesc from, TupleDesc to, const ColumnMap *columns)
{
	if (from->natts != to->natts)
		return false;
	for (int i = 0; i < to->natts; i++)
	{
		if (columns[i].source != i + 1 || columns[i].cast != NULL)
			return false;
	}
	return true;
}

/* -------------------------------------------------------------------- single rows ---- */

/* How rows of one shape become rows of another; kept from call to call. */
typedef struct RowMapping
{
	Oid type; /* of the rows that come */
	int32 typmod;
	TupleDesc from;
	TupleDesc to;
	ColumnMap *columns;
	ExprContext *econtext;
} RowMapping;

static TupleDesc row_type_argument(FunctionCallInfo fcinfo, int argument);

static RowMapping *
row_mapping(FunctionCallInfo fcinfo, HeapTupleHeader row, bool partial)
{
	RowMapping *mapping = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (mapping && mapping->type == HeapTupleHeaderGetTypeId(row) &&
		mapping->typmod == HeapTupleHeaderGetTypMod(row))
		return mapping;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	mapping = palloc0(sizeof(RowMapping));
	mapping->type = HeapTupleHeaderGetTypeId(row);
	mapping->typmod = HeapTupleHeaderGetTypMod(row);
	mapping->from = lookup_rowtype_tupdesc_copy(mapping->type, mapping->typmod);
	mapping->to = BlessTupleDesc(row_type_argument(fcinfo, 1));
	if (!partial)
		check_no_column_lost(mapping->from, mapping->to);
	mapping->columns = map_columns(mapping->from, mapping->to);
	mapping->econtext = CreateStandaloneExprContext();
	fcinfo->flinfo->fn_extra = mapping;
	MemoryContextSwitchTo(old);
	return mapping;
}

/* A row in another row type, by the names of the columns. */
PG_FUNCTION_INFO_V1(assign_row);
Datum
assign_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row;
	RowMapping *mapping;
	HeapTupleData tuple;
	TupleTableSlot *slot;
	Datum *values;
	bool *nulls;
	Datum result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	row = PG_GETARG_HEAPTUPLEHEADER(0);
	mapping = row_mapping(fcinfo, row, PG_GETARG_BOOL(2));
	check_made_as_defined(row, mapping->from);
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	slot = MakeSingleTupleTableSlot(mapping->from, &TTSOpsHeapTuple);
	ExecStoreHeapTuple(&tuple, slot, false);
	values = palloc0(Max(mapping->to->natts, 1) * sizeof(Datum));
	nulls = palloc(Max(mapping->to->natts, 1) * sizeof(bool));
	memset(nulls, true, mapping->to->natts);
	for (int i = 0; i < mapping->to->natts; i++)
		convert_value(mapping->columns + i, mapping->econtext, slot, values + i, nulls + i);
	result = HeapTupleGetDatum(heap_form_tuple(mapping->to, values, nulls));
	ResetExprContext(mapping->econtext);
	ExecDropSingleTupleTableSlot(slot);
	PG_RETURN_DATUM(result);
}

/* ------------------------------------------------------------------------- as_of ---- */

static TupleDesc
row_type_argument(FunctionCallInfo fcinfo, int argument)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);

	if (!OidIsValid(type) || get_typtype(getBaseType(type)) != TYPTYPE_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("relation_type must be a row type"),
				 errhint("Pass NULL::schema.table, or another named composite type.")));
	return lookup_rowtype_tupdesc_copy(getBaseType(type), -1);
}

/*
 * What reads a version, as text: its rows, and the same as they are stored, NULL if they have
 * another shape.
 */
typedef struct VersionQueries
{
	Oid relation;
	char *rows;
	char *stored;
} VersionQueries;

static VersionQueries
queries_of(Datum version)
{
	Statement statement;
	bool isnull;

	statement_init(&statement,
				   "SELECT relation, query, stored FROM aidataops._version_queries($1)");
	statement_param(&statement, own_type("dataset_version"), version, false);
	statement_run(&statement, GetActiveSnapshot());
	return (VersionQueries){.relation = DatumGetObjectId(result_value(1, &isnull)),
							.rows = result_text(2),
							.stored = result_text(3)};
}

static DestReceiver *
make_mapping_receiver(TupleDesc from, TupleDesc to, Tuplestorestate *store, ColumnMap *columns)
{
	MappingReceiver *receiver = palloc0(sizeof(MappingReceiver));

	receiver->pub.receiveSlot = receive_row;
	receiver->pub.rStartup = mapping_startup;
	receiver->pub.rShutdown = receiver_done;
	receiver->pub.rDestroy = receiver_done;
	receiver->pub.mydest = DestTuplestore;
	receiver->store = store;
	receiver->shape = from;
	receiver->tupdesc = to;
	receiver->columns = columns;
	receiver->econtext = CreateStandaloneExprContext();
	receiver->values = palloc0(Max(to->natts, 1) * sizeof(Datum));
	receiver->nulls = palloc(Max(to->natts, 1) * sizeof(bool));
	memset(receiver->nulls, true, to->natts);
	return (DestReceiver *) receiver;
}

/* Reads the rows as they are stored, if they can be cut. */
static bool
read_stored(const VersionQueries *queries, TupleDesc target, Tuplestorestate *store)
{
	Reading *reading;
	bool can_be_cut;

	if (queries->stored == NULL)
		return false;
	reading = reading_begin(list_make1_oid(queries->relation), queries->stored, NULL);
	can_be_cut = is_own_columns_and(reading->shape, target);
	if (can_be_cut)
		reading_run(reading, NULL, make_tail_receiver(target, store));
	reading_end(reading);
	return can_be_cut;
}

static void
read_version(Datum version, TupleDesc target, Tuplestorestate *store, bool partial)
{
	VersionQueries queries = queries_of(version);
	Reading *reading = reading_begin(list_make1_oid(queries.relation), queries.rows, NULL);
	ColumnMap *columns = map_columns(reading->shape, target);

	if (!partial)
		check_no_column_lost(reading->shape, target);
	if (!is_identity(reading->shape, target, columns) || !read_stored(&queries, target, store))
		reading_run(reading, NULL, make_mapping_receiver(reading->shape, target, store, columns));
	reading_end(reading);
}

PG_FUNCTION_INFO_V1(dataset_as_of);
Datum
dataset_as_of(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TupleDesc target;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("version must not be NULL")));
	target = row_type_argument(fcinfo, 1);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!same_types(target,
					result->setDesc)) /* the row type was altered since the query was planned */
		shape_changed();

	SPI_connect();
	read_version(PG_GETARG_DATUM(0), target, result->setResult,
				 !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	SPI_finish();
	return (Datum) 0;
}

/* --------------------------------------------------------------------- diff_rows ---- */

/* What changed, each side of it in the row type. */
PG_FUNCTION_INFO_V1(dataset_diff_rows);
Datum
dataset_diff_rows(PG_FUNCTION_ARGS)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 2);
	Datum values[] = {PG_GETARG_DATUM(2), BoolGetDatum(!PG_ARGISNULL(3) && PG_GETARG_BOOL(3))};
	bool nulls[] = {PG_ARGISNULL(2), false};
	Oid types[] = {type, BOOLOID};
	Statement statement;
	bool isnull;

	(void) row_type_argument(fcinfo, 2);
	statement_init(&statement,
				   "SELECT relations, query FROM aidataops._diff_rows_query($1, $2, $3)");
	statement_param(&statement, own_type("dataset_version"), PG_GETARG_DATUM(0), PG_ARGISNULL(0));
	statement_param(&statement, own_type("dataset_version"), PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	statement_param(&statement, REGTYPEOID, ObjectIdGetDatum(type), false);
	SPI_connect();
	statement_run(&statement, GetActiveSnapshot());
	read_into_result(fcinfo, relations_in_array(result_value(1, &isnull)), result_text(2),
					 reading_params(lengthof(values), values, nulls, types));
	SPI_finish();
	return (Datum) 0;
}
