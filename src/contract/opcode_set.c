/*
 * opcode_set.c: values that are, or are not, among those of a list.
 *
 * Integers, times, booleans and enums are looked up in a sorted list, text in a hash table, by bytes. Values of other types are
 * compared by their text.
 */
#include "postgres.h"

#include <math.h>
#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "contract/opcode_compiler.h"
#include "contract/opcode_test.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define LIST_LIMIT 8 /* up to so many strings are compared one by one */

static void
text_set_add(TextSet *set, const char *data, int length)
{
	uint32 place = set->count;

	if (text_set_has(set, data, length))
		return;
	if (set->mask != 0)
		for (place = XXH3_64bits(data, length) & set->mask; set->entries[place].data;)
			place = (place + 1) & set->mask;
	set->entries[place].data = data;
	set->entries[place].length = length;
	set->count++;
}

static void
text_set_init(TextSet *set, int size)
{
	uint32 slots = Max(size, 1);

	if (size > LIST_LIMIT)
	{
		slots = 2 * LIST_LIMIT;
		while (slots < 2 * (uint32) size)
			slots *= 2;
		set->mask = slots - 1;
	}
	set->entries = palloc0(sizeof(*set->entries) * (slots));
}

/* Of other types the text is compared, in the form that the type gives it. */
typedef struct OutputSet
{
	FmgrInfo output;
	bool negated;
	TextSet set;
} OutputSet;

static bool
output_set_broken(const RowOp *op, Datum value, Datum other)
{
	OutputSet *set = op->data;
	char *text = OutputFunctionCall(&set->output, value);
	bool broken = text_set_has(&set->set, text, strlen(text)) == set->negated;

	pfree(text);
	return broken;
}

static bool
bool_set_broken(const RowOp *op, Datum value, Datum other)
{
	return integers_have(op, DatumGetBool(value)) == op->negated;
}

static bool
int2_set_broken(const RowOp *op, Datum value, Datum other)
{
	return integers_have(op, DatumGetInt16(value)) == op->negated;
}

static bool
int8_set_broken(const RowOp *op, Datum value, Datum other)
{
	return integers_have(op, DatumGetInt64(value)) == op->negated;
}

static bool
reals_have(const RowOp *op, double value)
{
	for (int i = 0; i < op->as.reals.count; i++)
		if (op->as.reals.values[i] == value || (isnan(value) && isnan(op->as.reals.values[i])))
			return true;
	return false;
}

static bool
float4_set_broken(const RowOp *op, Datum value, Datum other)
{
	return reals_have(op, DatumGetFloat4(value)) == op->negated;
}

static bool
float8_set_broken(const RowOp *op, Datum value, Datum other)
{
	return reals_have(op, DatumGetFloat8(value)) == op->negated;
}

static bool
enum_set_broken(const RowOp *op, Datum value, Datum other)
{
	return integers_have(op, DatumGetObjectId(value)) == op->negated;
}

static bool
bpchar_set_broken(const RowOp *op, Datum value, Datum other)
{
	BpChar *text = DatumGetBpCharPP(value);

	return text_set_has(&op->as.set, VARDATA_ANY(text),
						bpchartruelen(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text))) == op->negated;
}

static bool
numeric_set_broken(const RowOp *op, Datum value, Datum other)
{
	char *text = numeric_text(value);

	return text_set_has(&op->as.set, text, strlen(text)) == op->negated;
}

static void
add_text(const JsonbValue *element, void *argument)
{
	RuleCompiler *compiler = argument;
	char *text = scalar_text(element);

	if (text == NULL)
		return;
	if (compiler->type == BPCHAROID)
		text_set_add(&compiler->op->as.set, text, bpchartruelen(text, strlen(text)));
	else
		text_set_add(&compiler->op->as.set, text, strlen(text));
}

static void
add_numeric(const JsonbValue *element, void *argument)
{
	RuleCompiler *compiler = argument;
	char *text;

	if (element->type == jbvNull)
		return;
	text = numeric_text(NumericGetDatum(number_of(compiler, element)));
	text_set_add(&compiler->op->as.set, text, strlen(text));
}

/* Labels of an enum are stored by OID. */
static bool
enum_label(Oid type, const char *label, int64 *value)
{
	Oid oid = strlen(label) < NAMEDATALEN
				  ? GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type),
									CStringGetDatum(label))
				  : InvalidOid;

	*value = oid;
	return OidIsValid(oid);
}

static void
add_integer(const JsonbValue *element, void *argument)
{
	RuleCompiler *compiler = argument;
	RowOp *op = compiler->op;
	int64 value;

	if (element->type == jbvNull)
		return;
	if (is_point_in_time(compiler->type))
		value = point_in_time(compiler, element);
	else if (compiler->type == BOOLOID)
		value = DatumGetBool(read_constant(compiler, BOOLOID, scalar_text(element)));
	else if (is_int(compiler->type))
	{
		Numeric number = number_of(compiler, element);

		if (numeric_is_inf(number) || numeric_less(numeric_floored(number), number))
			return; /* no integer is it */
		value = numeric_saturated(number);
		if (numeric_less(number, int64_to_numeric(value)) ||
			numeric_less(int64_to_numeric(value), number))
			return;
	}
	else if (!enum_label(compiler->type, scalar_text(element), &value))
		return; /* no label, or one that was renamed: no value is it */
	op->as.integers.values[op->as.integers.count++] = value;
}

static void
add_real(const JsonbValue *element, void *argument)
{
	RuleCompiler *compiler = argument;
	RowOp *op = compiler->op;
	Datum value;

	if (element->type == jbvNull)
		return;
	value = read_constant(compiler, compiler->type, scalar_text(element));
	op->as.reals.values[op->as.reals.count++] =
		compiler->type == FLOAT4OID ? DatumGetFloat4(value) : DatumGetFloat8(value);
}

static void
add_output(const JsonbValue *element, void *argument)
{
	RuleCompiler *compiler = argument;
	OutputSet *set = compiler->op->data;
	char *text = scalar_text(element);

	if (text == NULL)
		return;
	if (compiler->type == JSONBOID) /* the JSON value itself */
		text = DatumGetCString(DirectFunctionCall1(
			jsonb_out, JsonbPGetDatum(JsonbValueToJsonb((JsonbValue *) element))));
	else
		text = OutputFunctionCall(&set->output, read_constant(compiler, compiler->type, text));
	text_set_add(&set->set, text, strlen(text));
}

static int
order_integers(const void *a, const void *b)
{
	return compare_int64(*(const int64 *) a, *(const int64 *) b);
}

static void
compile_integer_set(RuleCompiler *compiler, JsonbContainer *array)
{
	RowOp *op = compiler->op;

	op->as.integers.values = palloc(sizeof(int64) * (JsonContainerSize(array) + 1));
	op->as.integers.count = 0;
	json_for_each(array, add_integer, compiler);
	qsort(op->as.integers.values, op->as.integers.count, sizeof(int64), order_integers);
	switch (compiler->type)
	{
		case BOOLOID:
			op_calls(compiler, bool_set_broken, NULL);
			break;
		case INT2OID:
			op_calls(compiler, int2_set_broken, NULL);
			break;
		case INT4OID:
		case DATEOID:
			op->code = OP_INT4_SET;
			break;
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			op_calls(compiler, int8_set_broken, NULL);
			break;
		default:
			op_calls(compiler, enum_set_broken, NULL);
	}
}

static void
compile_text_set(RuleCompiler *compiler, JsonbContainer *array)
{
	text_set_init(&compiler->op->as.set, JsonContainerSize(array));
	if (compiler->type == NUMERICOID)
	{
		json_for_each(array, add_numeric, compiler);
		op_calls(compiler, numeric_set_broken, NULL);
		return;
	}
	json_for_each(array, add_text, compiler);
	if (compiler->type == BPCHAROID)
		op_calls(compiler, bpchar_set_broken, NULL);
	else
		compiler->op->code = OP_TEXT_SET;
}

static void
compile_real_set(RuleCompiler *compiler, JsonbContainer *array)
{
	RowOp *op = compiler->op;

	op->as.reals.values = palloc(sizeof(double) * (JsonContainerSize(array) + 1));
	op->as.reals.count = 0;
	json_for_each(array, add_real, compiler);
	op_calls(compiler, compiler->type == FLOAT4OID ? float4_set_broken : float8_set_broken, NULL);
}

static void
compile_output_set(RuleCompiler *compiler, JsonbContainer *array)
{
	OutputSet *set = palloc0(sizeof(OutputSet));
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(compiler->type, &function, &is_varlena);
	fmgr_info_cxt(function, &set->output, CurrentMemoryContext);
	set->negated = compiler->op->negated;
	text_set_init(&set->set, JsonContainerSize(array));
	op_calls(compiler, output_set_broken, set);
	json_for_each(array, add_output, compiler);
}

void
compile_set(RuleCompiler *compiler, bool negated)
{
	JsonbContainer *array = json_member(compiler->rule->parameters, "values")->val.binary.data;

	compiler->op->negated = negated;
	if (is_int(compiler->type) || is_point_in_time(compiler->type) || compiler->type == BOOLOID ||
		type_is_enum(compiler->type))
		compile_integer_set(compiler, array);
	else if (is_float(compiler->type))
		compile_real_set(compiler, array);
	else if (is_text(compiler->type) || compiler->type == BPCHAROID || compiler->type == NUMERICOID)
		compile_text_set(compiler, array);
	else if (compiler->type == JSONOID)
		unfit(compiler, "Values of json are not compared; of jsonb they are.");
	else
		compile_output_set(compiler, array);
}
