/*
 * opcode_constant.c: constants of rules as values of the types of columns.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/opcode_compiler.h"
#include "core/trust.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

void
op_calls(RuleCompiler *compiler, RowOpFunction function, void *data)
{
	compiler->op->code = OP_CALL;
	compiler->op->function = function;
	compiler->op->data = data;
}

pg_noreturn void
unfit(const RuleCompiler *compiler, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("rule \"%s\" of kind %s does not fit column \"%s\" of type %s",
						   compiler->rule->name, rule_kind_name(compiler->rule->kind),
						   compiler->list->columns[compiler->rule->columns[0]],
						   format_type_be(compiler->type)),
					errhint("%s", hint)));
}

bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

bool
is_int(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

bool
is_float(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID;
}

bool
is_number(Oid type)
{
	return is_int(type) || is_float(type) || type == NUMERICOID;
}

/* Stored as integers, so that they are compared as such. */
bool
is_point_in_time(Oid type)
{
	return type == DATEOID || type == TIMEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

pg_noreturn static void
bad_constant(const RuleCompiler *compiler, const char *constant)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" in rule \"%s\" is no value of type %s", constant,
						   compiler->rule->name, format_type_be(compiler->type)),
					errhint("Write dates and times as in ISO 8601: 2026-01-31T12:00:00Z.")));
}

char *
scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return json_string(value);
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

/* Words that mean another time each time. */
static bool
means_the_present(const char *text)
{
	static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};

	for (size_t i = 0; i < lengthof(words); i++)
		for (const char *at = text; *at; at++)
			if (pg_strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* Input functions raise errors; which value of which rule is what users need to know, so it is put first. */
Datum
read_constant(const RuleCompiler *compiler, Oid type, const char *text)
{
	Oid function, parameter;

	if (is_point_in_time(type) && means_the_present(text))
		bad_constant(compiler, text);
	/* whoever reads the rule, to check or to lint it, would run it */
	if (input_runs_code(type))
		unfit(compiler,
			  "Values of types that have domains, or ranges with a canonical function, within them "
			  "are not read from rules.");
	getTypeInputInfo(type, &function, &parameter);
	return OidInputFunctionCall(function, (char *) text, parameter, -1);
}

Numeric
number_of(const RuleCompiler *compiler, const JsonbValue *value)
{
	Numeric number;

	if (value->type == jbvNumeric)
		number = value->val.numeric;
	else
		number = DatumGetNumeric(read_constant(compiler, NUMERICOID, scalar_text(value)));
	if (numeric_is_nan(number))
		bad_constant(compiler, "NaN");
	return DatumGetNumericCopy(NumericGetDatum(number));
}

int64
point_in_time(const RuleCompiler *compiler, const JsonbValue *value)
{
	Datum datum;

	if (value->type != jbvString)
		bad_constant(compiler, scalar_text(value));
	datum = read_constant(compiler, compiler->type, json_string(value));
	return compiler->type == DATEOID ? DatumGetDateADT(datum) : DatumGetInt64(datum);
}

bool
numeric_less(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b))) <
		   0;
}

Numeric
numeric_floored(Numeric number)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_floor, NumericGetDatum(number)));
}

/* A whole number, or the end of the range of its type's 64 bits. */
int64
numeric_saturated(Numeric number)
{
	if (numeric_less(int64_to_numeric(PG_INT64_MAX), number))
		return PG_INT64_MAX;
	if (numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
		return PG_INT64_MIN;
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));
}

/* A numeric without trailing zeroes is one text for each number. */
char *
numeric_text(Datum value)
{
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, DirectFunctionCall1(numeric_trim_scale, value)));
}

FmgrInfo *
comparison_of(const RuleCompiler *compiler)
{
	TypeCacheEntry *entry = lookup_type_cache(compiler->type, TYPECACHE_CMP_PROC_FINFO);
	FmgrInfo *copy;

	if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
		unfit(compiler, "The type has no order.");
	copy = palloc(sizeof(FmgrInfo));
	fmgr_info_copy(copy, &entry->cmp_proc_finfo, CurrentMemoryContext);
	return copy;
}
