/*
 * opcode_multiple.c: numbers that are multiples of one.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/opcode_compiler.h"
#include "utils/builtins.h"

typedef struct Divisor
{
	Oid type;
	Numeric number;
	int64 whole; /* 0: it is none, or does not fit */
} Divisor;

static bool
remainder_of(Numeric value, Numeric divisor)
{
	Datum rest;

	if (numeric_is_nan(value) || numeric_is_inf(value))
		return true;
	rest = DirectFunctionCall2(numeric_mod, NumericGetDatum(value), NumericGetDatum(divisor));
	return DatumGetBool(
		DirectFunctionCall2(numeric_ne, rest, NumericGetDatum(int64_to_numeric(0))));
}

static bool
multiple_of_broken(const RowOp *op, Datum value, Datum other)
{
	const Divisor *divisor = op->data;
	int64 whole = 0;

	switch (divisor->type)
	{
		case NUMERICOID:
			return remainder_of(DatumGetNumeric(value), divisor->number);
		case FLOAT4OID:
			return remainder_of(DatumGetNumeric(DirectFunctionCall1(float4_numeric, value)),
								divisor->number);
		case FLOAT8OID:
			return remainder_of(DatumGetNumeric(DirectFunctionCall1(float8_numeric, value)),
								divisor->number);
		case INT2OID:
			whole = DatumGetInt16(value);
			break;
		case INT4OID:
			whole = DatumGetInt32(value);
			break;
		case INT8OID:
			whole = DatumGetInt64(value);
			break;
	}
	if (divisor->whole != 0)
		return whole % divisor->whole != 0;
	return remainder_of(int64_to_numeric(whole), divisor->number);
}

void
compile_multiple_of(RuleCompiler *compiler)
{
	Divisor *divisor = palloc0(sizeof(Divisor));
	Numeric floor;

	if (!is_number(compiler->type))
		unfit(compiler, "Multiples are of numbers.");
	divisor->type = compiler->type;
	divisor->number = number_of(compiler, json_member(compiler->rule->parameters, "divisor"));
	floor = numeric_floored(divisor->number);
	if (!numeric_less(floor, divisor->number) &&
		!numeric_less(int64_to_numeric(PG_INT64_MAX), divisor->number))
		divisor->whole = numeric_saturated(floor);
	op_calls(compiler, multiple_of_broken, divisor);
}
