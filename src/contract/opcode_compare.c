/*
 * opcode_compare.c: one column compared with another.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "contract/opcode_compiler.h"
#include "contract/opcode_test.h"
#include "utils/builtins.h"
#include "utils/float.h"

typedef struct GeneralComparison
{
	FmgrInfo *compare;
	Oid type;
	Oid other_type; /* numbers of different types are compared as numeric */
	Oid as;
} GeneralComparison;

static Datum
as_numeric(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return NumericGetDatum(int64_to_numeric(DatumGetInt16(value)));
		case INT4OID:
			return NumericGetDatum(int64_to_numeric(DatumGetInt32(value)));
		case INT8OID:
			return NumericGetDatum(int64_to_numeric(DatumGetInt64(value)));
		default:
			return value;
	}
}

static Datum
as_float8(Oid type, Datum value)
{
	switch (type)
	{
		case FLOAT4OID:
			return Float8GetDatum(DatumGetFloat4(value));
		case FLOAT8OID:
			return value;
		default:
			return DirectFunctionCall1(numeric_float8_no_overflow, as_numeric(type, value));
	}
}

static bool
general_comparison_broken(const RowOp *op, Datum value, Datum other)
{
	const GeneralComparison *comparison = op->data;
	int order;

	if (comparison->as == NUMERICOID)
		order = DatumGetInt32(DirectFunctionCall2(numeric_cmp, as_numeric(comparison->type, value),
												  as_numeric(comparison->other_type, other)));
	else if (comparison->as == FLOAT8OID)
		order = float8_cmp_internal(DatumGetFloat8(as_float8(comparison->type, value)),
									DatumGetFloat8(as_float8(comparison->other_type, other)));
	else
		order =
			DatumGetInt32(FunctionCall2Coll(comparison->compare, C_COLLATION_OID, value, other));
	return compare_broken(op, order);
}

static int8
operator_bits(const char *name)
{
	if (strcmp(name, "=") == 0)
		return OPERATOR_EQUAL;
	if (strcmp(name, "<>") == 0)
		return OPERATOR_LESS | OPERATOR_GREATER;
	return (name[0] == '<' ? OPERATOR_LESS : OPERATOR_GREATER) |
		   (name[1] == '=' ? OPERATOR_EQUAL : 0);
}

static Oid
comparable_as(Oid type, Oid other)
{
	if (is_number(type) && is_number(other))
		return is_float(type) || is_float(other) ? FLOAT8OID : NUMERICOID;
	if ((is_text(type) && is_text(other)) || type == other)
		return type;
	return InvalidOid;
}

void
compile_compare(RuleCompiler *compiler)
{
	RowOp *op = compiler->op;
	GeneralComparison *comparison;
	Oid type = compiler->type, other = compiler->other_type;

	op->operator= operator_bits(json_string(json_member(compiler->rule->parameters, "operator")));
	if (type == other)
	{
		if (type == INT4OID || type == DATEOID)
			op->code = OP_COMPARE_INT4;
		else if (type == INT8OID || is_point_in_time(type))
			op->code = OP_COMPARE_INT8;
		else if (type == FLOAT8OID)
			op->code = OP_COMPARE_FLOAT8;
		if (op->code != OP_REQUIRED)
			return;
	}
	comparison = palloc0(sizeof(GeneralComparison));
	comparison->type = type;
	comparison->other_type = other;
	comparison->as = comparable_as(type, other);
	if (!OidIsValid(comparison->as))
		unfit(compiler,
			  psprintf("The other column has type %s; types that are compared must be alike.",
					   format_type_be(other)));
	if (comparison->as != FLOAT8OID && comparison->as != NUMERICOID)
		comparison->compare = comparison_of(compiler);
	op_calls(compiler, general_comparison_broken, comparison);
}
