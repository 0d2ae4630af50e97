/*
 * opcode.c: runs a compiled ruleset over a row.
 *
 * NULL passes every rule but required. NaN is in no range.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/opcode.h"
#include "contract/opcode_test.h"
#include "fmgr.h"
#include "utils/float.h"

static inline bool
range_int_broken(const RowOp *op, int64 value)
{
	return value < op->as.whole.low || value > op->as.whole.high;
}

static inline bool
range_float_broken(const RowOp *op, double value)
{
	/* so that NaN is in no range */
	bool above = op->as.real.low_excluded ? value > op->as.real.low : value >= op->as.real.low;
	bool below = op->as.real.high_excluded ? value < op->as.real.high : value <= op->as.real.high;

	return !(above && below);
}

static bool
text_op_broken(const RowOp *op, Datum value)
{
	struct varlena *text = PG_DETOAST_DATUM_PACKED(value);
	const char *data = VARDATA_ANY(text);
	int length = VARSIZE_ANY_EXHDR(text);
	bool broken;

	if (op->code == OP_LENGTH)
		broken = length_broken(op, data, length);
	else
		broken = text_set_has(&op->as.set, data, length) == op->negated;
	if ((Pointer) text != DatumGetPointer(value))
		pfree(text);
	return broken;
}

/* Whether a value breaks an operation; inlined into both loops. */
static pg_attribute_always_inline bool
value_broken(const RowOp *op, Datum value, Datum other)
{
	switch (op->code)
	{
		case OP_REQUIRED:
			return false;
		case OP_RANGE_INT2:
			return range_int_broken(op, DatumGetInt16(value));
		case OP_RANGE_INT4:
			return range_int_broken(op, DatumGetInt32(value));
		case OP_RANGE_INT8:
			return range_int_broken(op, DatumGetInt64(value));
		case OP_RANGE_FLOAT4:
			return range_float_broken(op, DatumGetFloat4(value));
		case OP_RANGE_FLOAT8:
			return range_float_broken(op, DatumGetFloat8(value));
		case OP_LENGTH:
		case OP_TEXT_SET:
			return text_op_broken(op, value);
		case OP_INT4_SET:
			return integers_have(op, DatumGetInt32(value)) == op->negated;
		case OP_COMPARE_INT4:
			return compare_broken(op, compare_int64(DatumGetInt32(value), DatumGetInt32(other)));
		case OP_COMPARE_INT8:
			return compare_broken(op, compare_int64(DatumGetInt64(value), DatumGetInt64(other)));
		case OP_COMPARE_FLOAT8:
			return compare_broken(
				op, float8_cmp_internal(DatumGetFloat8(value), DatumGetFloat8(other)));
		case OP_CALL:
			return op->function(op, value, other);
	}
	return false;
}

static inline bool
null_broken(const RowOp *op)
{
	return op->code == OP_REQUIRED;
}

int
first_broken(const CompiledRuleset *compiled, int from, const Datum *values, const bool *nulls)
{
	for (int i = from; i < compiled->nops; i++)
	{
		const RowOp *op = &compiled->ops[i];

		if (nulls[op->column])
		{
			if (null_broken(op))
				return i;
		}
		else if (!nulls[op->other] && value_broken(op, values[op->column], values[op->other]))
			return i;
	}
	return -1;
}

int
first_broken_argument(const CompiledRuleset *compiled, int from, const NullableDatum *arguments)
{
	for (int i = from; i < compiled->nops; i++)
	{
		const RowOp *op = &compiled->ops[i];

		if (arguments[op->column].isnull)
		{
			if (null_broken(op))
				return i;
		}
		else if (!arguments[op->other].isnull &&
				 value_broken(op, arguments[op->column].value, arguments[op->other].value))
			return i;
	}
	return -1;
}
