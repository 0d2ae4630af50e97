/*
 * opcode_range.c: values between bounds.
 */
#include "postgres.h"

#include <math.h>
#include "aidataops.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "contract/opcode_compiler.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"

const char *const bound_names[NBOUNDS] = {"min", "max", "min_exclusive", "max_exclusive"};

static void
allow_nothing(RowOp *op)
{
	op->as.whole.low = PG_INT64_MAX;
	op->as.whole.high = PG_INT64_MIN;
}

/* The least whole number that is at least, or more than, the bound. */
static void
raise_low(RowOp *op, int64 bound, bool excluded)
{
	if (excluded && pg_add_s64_overflow(bound, 1, &bound))
		allow_nothing(op);
	op->as.whole.low = Max(op->as.whole.low, bound);
}

static void
lower_high(RowOp *op, int64 bound, bool excluded)
{
	if (excluded && pg_sub_s64_overflow(bound, 1, &bound))
		allow_nothing(op);
	op->as.whole.high = Min(op->as.whole.high, bound);
}

static void
bound_whole(RuleCompiler *compiler, const JsonbValue *value, bool low, bool excluded)
{
	RowOp *op = compiler->op;
	Numeric number, floor;

	if (is_point_in_time(compiler->type))
	{
		int64 bound = point_in_time(compiler, value);

		if (low)
			raise_low(op, bound, excluded);
		else
			lower_high(op, bound, excluded);
		return;
	}
	number = number_of(compiler, value);
	if (numeric_is_inf(number))
	{
		bool negative = numeric_less(number, int64_to_numeric(0));

		if (low != negative)
			allow_nothing(op);
		return;
	}
	floor = numeric_floored(number);
	if (low)
	{
		/* a bound that is not whole excludes its floor, whatever it says */
		excluded = excluded || numeric_less(floor, number);
		if (numeric_less(int64_to_numeric(PG_INT64_MAX), number))
			allow_nothing(op);
		else if (!numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
			raise_low(op, numeric_saturated(floor), excluded);
	}
	else
	{
		excluded = excluded && !numeric_less(floor, number);
		if (numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
			allow_nothing(op);
		else if (!numeric_less(int64_to_numeric(PG_INT64_MAX), number))
			lower_high(op, numeric_saturated(floor), excluded);
	}
}

/* A value of float4 is compared with what the bound is in float4: 0.1 is at most 0.1. */
static double
as_value_of(Oid type, double bound)
{
	float narrow = (float) bound;

	return type == FLOAT4OID && !isinf(narrow) && (narrow != 0 || bound == 0) ? narrow : bound;
}

static void
bound_real(RuleCompiler *compiler, const JsonbValue *value, bool low, bool excluded)
{
	RowOp *op = compiler->op;
	double bound = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
													  NumericGetDatum(number_of(compiler, value))));

	bound = as_value_of(compiler->type, bound);
	if (low && (bound > op->as.real.low || (bound == op->as.real.low && excluded)))
	{
		op->as.real.low = bound;
		op->as.real.low_excluded = excluded;
	}
	if (!low && (bound < op->as.real.high || (bound == op->as.real.high && excluded)))
	{
		op->as.real.high = bound;
		op->as.real.high_excluded = excluded;
	}
}

/* Bounds of a type that is compared by a function. */
typedef struct GeneralRange
{
	FmgrInfo *compare;
	Oid collation;
	Datum bounds[4]; /* min, max, min_exclusive, max_exclusive */
	bool has[4];
	bool numeric;
} GeneralRange;

static bool
general_range_broken(const RowOp *op, Datum value, Datum other)
{
	const GeneralRange *range = op->data;

	if (range->numeric && numeric_is_nan(DatumGetNumeric(value)))
		return true;
	for (int i = 0; i < 4; i++)
	{
		int order;

		if (!range->has[i])
			continue;
		order = DatumGetInt32(
			FunctionCall2Coll(range->compare, range->collation, value, range->bounds[i]));
		if (i % 2 == 0 ? order < (i == 2) : order > -(i == 3))
			return true;
	}
	return false;
}

static void
compile_general_range(RuleCompiler *compiler)
{
	GeneralRange *range = palloc0(sizeof(GeneralRange));

	if (is_text(compiler->type) || compiler->type == BPCHAROID || type_is_enum(compiler->type) ||
		compiler->type == JSONBOID)
		unfit(compiler, "Ranges are of numbers, dates and times. Of text there are length, pattern "
						"and values.");
	range->compare = comparison_of(compiler);
	range->collation = C_COLLATION_OID;
	range->numeric = compiler->type == NUMERICOID;
	for (int i = 0; i < 4; i++)
	{
		JsonbValue *value = json_member(compiler->rule->parameters, bound_names[i]);

		if (value == NULL)
			continue;
		range->has[i] = true;
		if (range->numeric)
			range->bounds[i] = NumericGetDatum(number_of(compiler, value));
		else
			range->bounds[i] = read_constant(compiler, compiler->type, scalar_text(value));
	}
	op_calls(compiler, general_range_broken, range);
}

void
compile_range(RuleCompiler *compiler)
{
	RowOp *op = compiler->op;
	void (*bound)(RuleCompiler *, const JsonbValue *, bool, bool);

	switch (compiler->type)
	{
		case INT2OID:
			op->code = OP_RANGE_INT2;
			break;
		case INT4OID:
		case DATEOID:
			op->code = OP_RANGE_INT4;
			break;
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			op->code = OP_RANGE_INT8;
			break;
		case FLOAT4OID:
			op->code = OP_RANGE_FLOAT4;
			break;
		case FLOAT8OID:
			op->code = OP_RANGE_FLOAT8;
			break;
		default:
			compile_general_range(compiler);
			return;
	}
	if (is_float(compiler->type))
	{
		bound = bound_real;
		op->as.real.low = -get_float8_infinity();
		op->as.real.high = get_float8_infinity();
	}
	else
	{
		bound = bound_whole;
		op->as.whole.low = PG_INT64_MIN;
		op->as.whole.high = PG_INT64_MAX;
	}
	for (int i = 0; i < 4; i++)
	{
		JsonbValue *value = json_member(compiler->rule->parameters, bound_names[i]);

		if (value)
			bound(compiler, value, i % 2 == 0, i >= 2);
	}
}
