/*
 * as_of.c: the rows of a version in the row type of today's table.
 *
 * Columns are matched by name and converted as an assignment would, so a value that no longer fits
 * is an error and not cut short. A column that the type has and the version had not is NULL.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "version/catalog.h"

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
	TupleDesc tupdesc;
	ColumnMap *columns;
	ExprContext *econtext;
	Datum *values;
	bool *nulls;
} MappingReceiver;

/* --------------------------------------------------------------------- receiving ---- */

static void
convert_value(MappingReceiver *receiver, const ColumnMap *column, TupleTableSlot *slot, int i)
{
	ExprContext *econtext = receiver->econtext;

	if (column->source == 0)
	{
		receiver->nulls[i] = true;
		return;
	}
	receiver->values[i] = slot_getattr(slot, column->source, &receiver->nulls[i]);
	if (column->cast == NULL)
		return;
	econtext->caseValue_datum = receiver->values[i];
	econtext->caseValue_isNull = receiver->nulls[i];
	receiver->values[i] = ExecEvalExprSwitchContext(column->cast, econtext, &receiver->nulls[i]);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	MappingReceiver *receiver = (MappingReceiver *) self;

	for (int i = 0; i < receiver->tupdesc->natts; i++)
		convert_value(receiver, &receiver->columns[i], slot, i);
	tuplestore_putvalues(receiver->store, receiver->tupdesc, receiver->values, receiver->nulls);
	ResetExprContext(receiver->econtext);
	return true;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receiver_done(DestReceiver *self)
{
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

static char *
version_query(Datum version)
{
	Statement statement;

	statement_init(&statement, "SELECT aidataops._version_query($1)");
	statement_param(&statement, own_type("dataset_version"), version, false);
	statement_run(&statement, GetActiveSnapshot());
	return result_text(1);
}

static DestReceiver *
make_receiver(TupleDesc from, TupleDesc to, Tuplestorestate *store, bool partial)
{
	ColumnMap *columns = map_columns(from, to);
	MappingReceiver *receiver;

	if (!partial)
		check_no_column_lost(from, to);
	if (is_identity(from, to, columns))
	{
		DestReceiver *direct = CreateDestReceiver(DestTuplestore);

		SetTuplestoreDestReceiverParams(direct, store, CurrentMemoryContext, false, NULL, NULL);
		return direct;
	}
	receiver = palloc0(sizeof(MappingReceiver));
	receiver->pub.receiveSlot = receive_row;
	receiver->pub.rStartup = receiver_startup;
	receiver->pub.rShutdown = receiver_done;
	receiver->pub.rDestroy = receiver_done;
	receiver->pub.mydest = DestTuplestore;
	receiver->store = store;
	receiver->tupdesc = to;
	receiver->columns = columns;
	receiver->econtext = CreateStandaloneExprContext();
	receiver->values = palloc0(Max(to->natts, 1) * sizeof(Datum));
	receiver->nulls = palloc(Max(to->natts, 1) * sizeof(bool));
	memset(receiver->nulls, true, to->natts);
	return (DestReceiver *) receiver;
}

PG_FUNCTION_INFO_V1(dataset_as_of);
Datum
dataset_as_of(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPIExecuteOptions options = {0};
	TupleDesc target;
	SPIPlanPtr plan;
	CachedPlanSource *source;
	char *sql;
	int code;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("version must not be NULL")));
	target = row_type_argument(fcinfo, 1);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);

	SPI_connect();
	sql = version_query(PG_GETARG_DATUM(0));
	plan = SPI_prepare(sql, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", sql);
	source = linitial(SPI_plan_get_plan_sources(plan));
	options.read_only = true;
	options.dest = make_receiver(source->resultDesc, target, result->setResult,
								 !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	code = SPI_execute_plan_extended(plan, &options);
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(code));
	SPI_finish();
	return (Datum) 0;
}
