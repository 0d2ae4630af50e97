/*
 * opcode.c: compiles a ruleset for columns of known types, and runs it over a row.
 *
 * NULL passes every rule but required. NaN is in no range. What depends on settings is pinned while constants are
 * converted, so that one ruleset means the same in every session: time zone UTC, dates ISO, text compared by bytes.
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "contract/format.h"
#include "contract/opcode.h"
#include "core/hash.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "regex/regex.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#define LIST_LIMIT 8 /* up to so many strings are compared one by one */

/* ------------------------------------------------------------------- evaluating ---- */

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

static inline bool
compare_broken(const RowOp *op, int order)
{
	int outcome = order < 0 ? OPERATOR_LESS : order > 0 ? OPERATOR_GREATER : OPERATOR_EQUAL;

	return (op->operator& outcome) == 0;
}

static inline int
compare_int64(int64 a, int64 b)
{
	return (a > b) - (a < b);
}

/* A character takes one byte at least and four at most, so that the bytes often tell. */
static bool
length_broken(const RowOp *op, const char *data, int bytes)
{
	int most = pg_database_encoding_max_length();
	int characters;

	if (bytes <= op->as.size.max && bytes >= (int64) op->as.size.min * most)
		return false;
	if (bytes < op->as.size.min || bytes > (int64) op->as.size.max * most)
		return true;
	characters = most == 1 ? bytes : pg_mbstrlen_with_len(data, bytes);
	return characters < op->as.size.min || characters > op->as.size.max;
}

static bool
text_set_has(const TextSet *set, const char *data, int length)
{
	uint32 place;

	if (set->mask == 0)
	{
		for (int i = 0; i < set->count; i++)
			if (set->entries[i].length == length && memcmp(set->entries[i].data, data, length) == 0)
				return true;
		return false;
	}
	for (place = XXH3_64bits(data, length) & set->mask; set->entries[place].data;
		 place = (place + 1) & set->mask)
		if (set->entries[place].length == length &&
			memcmp(set->entries[place].data, data, length) == 0)
			return true;
	return false;
}

static bool
integers_have(const RowOp *op, int64 value)
{
	int low = 0, high = op->as.integers.count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (op->as.integers.values[middle] == value)
			return true;
		if (op->as.integers.values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
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

/* ---------------------------------------------------------------------- compiling ---- */

/* What is known while one rule is compiled. */
typedef struct Compiler
{
	const RuleList *list;
	const Rule *rule;
	RowOp *op;
	Oid type; /* of the column, without its domain */
	Oid other_type;
} Compiler;

pg_noreturn static void
unfit(const Compiler *compiler, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("rule \"%s\" of kind %s does not fit column \"%s\" of type %s",
						   compiler->rule->name, rule_kind_name(compiler->rule->kind),
						   compiler->list->columns[compiler->rule->columns[0]],
						   format_type_be(compiler->type)),
					errhint("%s", hint)));
}

pg_noreturn static void
bad_constant(const Compiler *compiler, const char *constant)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" in rule \"%s\" is no value of type %s", constant,
						   compiler->rule->name, format_type_be(compiler->type)),
					errhint("Write dates and times as in ISO 8601: 2026-01-31T12:00:00Z.")));
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

static bool
is_int(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static bool
is_float(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID;
}

static bool
is_number(Oid type)
{
	return is_int(type) || is_float(type) || type == NUMERICOID;
}

/* Stored as integers, so that they are compared as such. */
static bool
is_point_in_time(Oid type)
{
	return type == DATEOID || type == TIMEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

static RowOp *
call(Compiler *compiler, RowOpFunction function, void *data)
{
	compiler->op->code = OP_CALL;
	compiler->op->function = function;
	compiler->op->data = data;
	return compiler->op;
}

static char *
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
static Datum
input(const Compiler *compiler, Oid type, const char *text)
{
	Oid function, parameter;

	if (is_point_in_time(type) && means_the_present(text))
		bad_constant(compiler, text);
	getTypeInputInfo(type, &function, &parameter);
	return OidInputFunctionCall(function, (char *) text, parameter, -1);
}

static Numeric
number_of(const Compiler *compiler, const JsonbValue *value)
{
	Numeric number;

	if (value->type == jbvNumeric)
		number = value->val.numeric;
	else
		number = DatumGetNumeric(input(compiler, NUMERICOID, scalar_text(value)));
	if (numeric_is_nan(number))
		bad_constant(compiler, "NaN");
	return DatumGetNumericCopy(NumericGetDatum(number));
}

static bool
numeric_less(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b))) <
		   0;
}

static Numeric
rounded(PGFunction function, Numeric number)
{
	return DatumGetNumeric(DirectFunctionCall1(function, NumericGetDatum(number)));
}

/* A numeric without trailing zeroes is one text for each number. */
static char *
numeric_text(Datum value)
{
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, DirectFunctionCall1(numeric_trim_scale, value)));
}

/* ------------------------------------------------------------------------- ranges ---- */

/* A whole number, or the end of the range of its type's 64 bits. */
static int64
saturated(Numeric number)
{
	if (numeric_less(int64_to_numeric(PG_INT64_MAX), number))
		return PG_INT64_MAX;
	if (numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
		return PG_INT64_MIN;
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(number)));
}

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

static int64
point_in_time(const Compiler *compiler, const JsonbValue *value)
{
	Datum datum;

	if (value->type != jbvString)
		bad_constant(compiler, scalar_text(value));
	datum = input(compiler, compiler->type, json_string(value));
	return compiler->type == DATEOID ? DatumGetDateADT(datum) : DatumGetInt64(datum);
}

static void
bound_whole(Compiler *compiler, const JsonbValue *value, bool low, bool excluded)
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
	floor = rounded(numeric_floor, number);
	if (low)
	{
		/* a bound that is not whole excludes its floor, whatever it says */
		excluded = excluded || numeric_less(floor, number);
		if (numeric_less(int64_to_numeric(PG_INT64_MAX), number))
			allow_nothing(op);
		else if (!numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
			raise_low(op, saturated(floor), excluded);
	}
	else
	{
		excluded = excluded && !numeric_less(floor, number);
		if (numeric_less(number, int64_to_numeric(PG_INT64_MIN)))
			allow_nothing(op);
		else if (!numeric_less(int64_to_numeric(PG_INT64_MAX), number))
			lower_high(op, saturated(floor), excluded);
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
bound_real(Compiler *compiler, const JsonbValue *value, bool low, bool excluded)
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

static const char *const bound_names[] = {"min", "max", "min_exclusive", "max_exclusive"};

static FmgrInfo *
comparison_of(const Compiler *compiler)
{
	TypeCacheEntry *entry = lookup_type_cache(compiler->type, TYPECACHE_CMP_PROC_FINFO);
	FmgrInfo *copy;

	if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
		unfit(compiler, "The type has no order.");
	copy = palloc(sizeof(FmgrInfo));
	fmgr_info_copy(copy, &entry->cmp_proc_finfo, CurrentMemoryContext);
	return copy;
}

static void
compile_general_range(Compiler *compiler)
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
			range->bounds[i] = input(compiler, compiler->type, scalar_text(value));
	}
	call(compiler, general_range_broken, range);
}

static void
compile_range(Compiler *compiler)
{
	RowOp *op = compiler->op;
	void (*bound)(Compiler *, const JsonbValue *, bool, bool);

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

/* ------------------------------------------------------------------ text, patterns ---- */

static bool
bpchar_length_broken(const RowOp *op, Datum value, Datum other)
{
	BpChar *text = DatumGetBpCharPP(value);

	return length_broken(op, VARDATA_ANY(text),
						 bpchartruelen(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)));
}

static bool
bytea_length_broken(const RowOp *op, Datum value, Datum other)
{
	int64 bytes = (int64) toast_raw_datum_size(value) - VARHDRSZ;

	return bytes < op->as.size.min || bytes > op->as.size.max;
}

static void
compile_length(Compiler *compiler)
{
	RowOp *op = compiler->op;

	op->as.size.min = json_int(compiler->rule->parameters, "min", 0);
	op->as.size.max = json_int(compiler->rule->parameters, "max", PG_INT32_MAX);
	if (is_text(compiler->type))
		op->code = OP_LENGTH;
	else if (compiler->type == BPCHAROID)
		call(compiler, bpchar_length_broken, NULL);
	else if (compiler->type == BYTEAOID)
		call(compiler, bytea_length_broken, NULL);
	else
		unfit(compiler, "Lengths are of text and bytea.");
}

/* The engine looks for interrupts as it goes, so that one that explodes can be cancelled and times out. */
static bool
pattern_broken(const RowOp *op, Datum value, Datum other)
{
	text *subject = DatumGetTextPP(value);

	return !RE_compile_and_execute(op->data, VARDATA_ANY(subject), VARSIZE_ANY_EXHDR(subject),
								   REG_ADVANCED | REG_NOSUB, C_COLLATION_OID, 0, NULL);
}

static void
compile_pattern(Compiler *compiler)
{
	text *regex;

	if (!is_text(compiler->type) && compiler->type != BPCHAROID)
		unfit(compiler, "Patterns are of text.");
	regex = cstring_to_text(json_string(json_member(compiler->rule->parameters, "regex")));
	(void) RE_compile_and_cache(regex, REG_ADVANCED | REG_NOSUB, C_COLLATION_OID);
	call(compiler, pattern_broken, regex);
}

static bool
format_broken(const RowOp *op, Datum value, Datum other)
{
	text *subject = DatumGetTextPP(value);

	return !((FormatTest) op->data)(VARDATA_ANY(subject), VARSIZE_ANY_EXHDR(subject));
}

static void
compile_format(Compiler *compiler)
{
	char *name = json_string(json_member(compiler->rule->parameters, "format"));

	if (!is_text(compiler->type))
		unfit(compiler,
			  "Formats are of text; a type of its own, as uuid or inet, needs no such rule.");
	call(compiler, format_broken, (void *) format_by_name(name));
}

/* --------------------------------------------------------------------------- sets ---- */

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
	Compiler *compiler = argument;
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
	Compiler *compiler = argument;
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
	Compiler *compiler = argument;
	RowOp *op = compiler->op;
	int64 value;

	if (element->type == jbvNull)
		return;
	if (is_point_in_time(compiler->type))
		value = point_in_time(compiler, element);
	else if (compiler->type == BOOLOID)
		value = DatumGetBool(input(compiler, BOOLOID, scalar_text(element)));
	else if (is_int(compiler->type))
	{
		Numeric number = number_of(compiler, element);

		if (numeric_is_inf(number) || numeric_less(rounded(numeric_floor, number), number))
			return; /* no integer is it */
		value = saturated(number);
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
	Compiler *compiler = argument;
	RowOp *op = compiler->op;
	Datum value;

	if (element->type == jbvNull)
		return;
	value = input(compiler, compiler->type, scalar_text(element));
	op->as.reals.values[op->as.reals.count++] =
		compiler->type == FLOAT4OID ? DatumGetFloat4(value) : DatumGetFloat8(value);
}

static void
add_output(const JsonbValue *element, void *argument)
{
	Compiler *compiler = argument;
	OutputSet *set = compiler->op->data;
	char *text = scalar_text(element);

	if (text == NULL)
		return;
	if (compiler->type == JSONBOID) /* the JSON value itself */
		text = DatumGetCString(DirectFunctionCall1(
			jsonb_out, JsonbPGetDatum(JsonbValueToJsonb((JsonbValue *) element))));
	else
		text = OutputFunctionCall(&set->output, input(compiler, compiler->type, text));
	text_set_add(&set->set, text, strlen(text));
}

static int
order_integers(const void *a, const void *b)
{
	return compare_int64(*(const int64 *) a, *(const int64 *) b);
}

static void
compile_integer_set(Compiler *compiler, JsonbContainer *array)
{
	RowOp *op = compiler->op;

	op->as.integers.values = palloc(sizeof(int64) * (JsonContainerSize(array) + 1));
	op->as.integers.count = 0;
	json_for_each(array, add_integer, compiler);
	qsort(op->as.integers.values, op->as.integers.count, sizeof(int64), order_integers);
	switch (compiler->type)
	{
		case BOOLOID:
			call(compiler, bool_set_broken, NULL);
			break;
		case INT2OID:
			call(compiler, int2_set_broken, NULL);
			break;
		case INT4OID:
		case DATEOID:
			op->code = OP_INT4_SET;
			break;
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			call(compiler, int8_set_broken, NULL);
			break;
		default:
			call(compiler, enum_set_broken, NULL);
	}
}

static void
compile_text_set(Compiler *compiler, JsonbContainer *array)
{
	text_set_init(&compiler->op->as.set, JsonContainerSize(array));
	if (compiler->type == NUMERICOID)
	{
		json_for_each(array, add_numeric, compiler);
		call(compiler, numeric_set_broken, NULL);
		return;
	}
	json_for_each(array, add_text, compiler);
	if (compiler->type == BPCHAROID)
		call(compiler, bpchar_set_broken, NULL);
	else
		compiler->op->code = OP_TEXT_SET;
}

static void
compile_real_set(Compiler *compiler, JsonbContainer *array)
{
	RowOp *op = compiler->op;

	op->as.reals.values = palloc(sizeof(double) * (JsonContainerSize(array) + 1));
	op->as.reals.count = 0;
	json_for_each(array, add_real, compiler);
	call(compiler, compiler->type == FLOAT4OID ? float4_set_broken : float8_set_broken, NULL);
}

static void
compile_output_set(Compiler *compiler, JsonbContainer *array)
{
	OutputSet *set = palloc0(sizeof(OutputSet));
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(compiler->type, &function, &is_varlena);
	fmgr_info_cxt(function, &set->output, CurrentMemoryContext);
	set->negated = compiler->op->negated;
	text_set_init(&set->set, JsonContainerSize(array));
	call(compiler, output_set_broken, set);
	json_for_each(array, add_output, compiler);
}

static void
compile_set(Compiler *compiler, bool negated)
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

/* ---------------------------------------------------------------- arithmetic, sizes ---- */

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

static void
compile_multiple_of(Compiler *compiler)
{
	Divisor *divisor = palloc0(sizeof(Divisor));
	Numeric floor;

	if (!is_number(compiler->type))
		unfit(compiler, "Multiples are of numbers.");
	divisor->type = compiler->type;
	divisor->number = number_of(compiler, json_member(compiler->rule->parameters, "divisor"));
	floor = rounded(numeric_floor, divisor->number);
	if (!numeric_less(floor, divisor->number) &&
		!numeric_less(int64_to_numeric(PG_INT64_MAX), divisor->number))
		divisor->whole = saturated(floor);
	call(compiler, multiple_of_broken, divisor);
}

typedef struct Items
{
	Oid element; /* InvalidOid: jsonb */
	int16 length;
	bool by_value;
	char align;
	FmgrInfo output;
	int min;
	int max;
	bool unique;
} Items;

static int
order_strings(const void *a, const void *b)
{
	const char *x = *(char *const *) a, *y = *(char *const *) b;

	if (x == NULL || y == NULL)
		return (x != NULL) - (y != NULL);
	return strcmp(x, y);
}

static bool
has_duplicates(char **texts, int count)
{
	qsort(texts, count, sizeof(char *), order_strings);
	for (int i = 1; i < count; i++)
		if (order_strings(&texts[i - 1], &texts[i]) == 0)
			return true;
	return false;
}

static bool
array_has_duplicates(const Items *items, ArrayType *array)
{
	Datum *values;
	bool *nulls;
	int count;
	char **texts;

	deconstruct_array(array, items->element, items->length, items->by_value, items->align, &values,
					  &nulls, &count);
	texts = palloc(sizeof(char *) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			texts[i] = NULL;
		else if (items->element == NUMERICOID)
			texts[i] = numeric_text(values[i]);
		else
			texts[i] = OutputFunctionCall((FmgrInfo *) &items->output, values[i]);
	}
	return has_duplicates(texts, count);
}

static int
order_json(const void *a, const void *b)
{
	return compareJsonbContainers(&(*(Jsonb *const *) a)->root, &(*(Jsonb *const *) b)->root);
}

static bool
json_has_duplicates(JsonbContainer *array)
{
	int count = JsonContainerSize(array);
	Jsonb **elements = palloc(sizeof(Jsonb *) * (count + 1));

	for (int i = 0; i < count; i++)
		elements[i] = JsonbValueToJsonb(getIthJsonbValueFromContainer(array, i));
	qsort(elements, count, sizeof(Jsonb *), order_json);
	for (int i = 1; i < count; i++)
		if (order_json(&elements[i - 1], &elements[i]) == 0)
			return true;
	return false;
}

static bool
items_broken(const RowOp *op, Datum value, Datum other)
{
	const Items *items = op->data;
	int count;

	if (OidIsValid(items->element))
	{
		ArrayType *array = DatumGetArrayTypeP(value);

		count = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
		return count < items->min || count > items->max ||
			   (items->unique && array_has_duplicates(items, array));
	}
	else
	{
		Jsonb *json = DatumGetJsonbP(value);

		if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
			return true;
		count = JB_ROOT_COUNT(json);
		return count < items->min || count > items->max ||
			   (items->unique && json_has_duplicates(&json->root));
	}
}

static void
compile_items(Compiler *compiler)
{
	Items *items = palloc0(sizeof(Items));
	JsonbValue *unique = json_member(compiler->rule->parameters, "unique");
	Oid function;
	bool is_varlena;

	items->min = json_int(compiler->rule->parameters, "min", 0);
	items->max = json_int(compiler->rule->parameters, "max", PG_INT32_MAX);
	items->unique = unique && unique->val.boolean;
	items->element = compiler->type == JSONBOID ? InvalidOid : get_element_type(compiler->type);
	if (OidIsValid(items->element))
	{
		get_typlenbyvalalign(items->element, &items->length, &items->by_value, &items->align);
		getTypeOutputInfo(items->element, &function, &is_varlena);
		fmgr_info_cxt(function, &items->output, CurrentMemoryContext);
	}
	else if (compiler->type != JSONBOID)
		unfit(compiler, "Items are of arrays, and of arrays in jsonb.");
	call(compiler, items_broken, items);
}

typedef struct Properties
{
	int min;
	int max;
	int nrequired;
	char **required;
} Properties;

static bool
properties_broken(const RowOp *op, Datum value, Datum other)
{
	const Properties *properties = op->data;
	Jsonb *json = DatumGetJsonbP(value);
	int count;

	if (!JB_ROOT_IS_OBJECT(json))
		return true;
	count = JB_ROOT_COUNT(json);
	if (count < properties->min || count > properties->max)
		return true;
	for (int i = 0; i < properties->nrequired; i++)
		if (json_member(&json->root, properties->required[i]) == NULL)
			return true;
	return false;
}

static void
add_required(const JsonbValue *element, void *argument)
{
	Properties *properties = argument;

	properties->required[properties->nrequired++] = json_string(element);
}

static void
compile_properties(Compiler *compiler)
{
	Properties *properties = palloc0(sizeof(Properties));
	JsonbValue *required = json_member(compiler->rule->parameters, "required");

	if (compiler->type != JSONBOID)
		unfit(compiler, "Properties are of objects in jsonb.");
	properties->min = json_int(compiler->rule->parameters, "min", 0);
	properties->max = json_int(compiler->rule->parameters, "max", PG_INT32_MAX);
	if (required)
	{
		properties->required = palloc(sizeof(char *) * (json_array_size(required)));
		json_for_each(required->val.binary.data, add_required, properties);
	}
	call(compiler, properties_broken, properties);
}

typedef struct Dimensions
{
	int expected;
	FmgrInfo *count; /* NULL: an array */
} Dimensions;

static bool
dimensions_broken(const RowOp *op, Datum value, Datum other)
{
	const Dimensions *dimensions = op->data;
	ArrayType *array;

	if (dimensions->count)
		return DatumGetInt32(FunctionCall1(dimensions->count, value)) != dimensions->expected;
	array = DatumGetArrayTypeP(value);
	return ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != dimensions->expected;
}

/* pgvector's types tell how long they are by a function beside them. */
static FmgrInfo *
dimensions_function(Oid type)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	char *name, *schema;
	Oid function;
	FmgrInfo *call;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	name = pstrdup(NameStr(form->typname));
	schema = get_namespace_name(form->typnamespace);
	ReleaseSysCache(tuple);
	if (strcmp(name, "vector") != 0 && strcmp(name, "halfvec") != 0)
		return NULL;
	function =
		LookupFuncName(list_make2(makeString(schema), makeString("vector_dims")), 1, &type, true);
	if (!OidIsValid(function) || get_func_rettype(function) != INT4OID)
		return NULL;
	call = palloc(sizeof(FmgrInfo));
	fmgr_info_cxt(function, call, CurrentMemoryContext);
	return call;
}

static void
compile_dimensions(Compiler *compiler)
{
	Dimensions *dimensions = palloc0(sizeof(Dimensions));

	dimensions->expected = json_int(compiler->rule->parameters, "dimensions", 0);
	if (!OidIsValid(get_element_type(compiler->type)))
	{
		dimensions->count = dimensions_function(compiler->type);
		if (dimensions->count == NULL)
			unfit(compiler,
				  "Dimensions are of arrays of numbers, and of pgvector's vector and halfvec.");
	}
	call(compiler, dimensions_broken, dimensions);
}

/* -------------------------------------------------------------------- comparisons ---- */

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

static void
compile_compare(Compiler *compiler)
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
	call(compiler, general_comparison_broken, comparison);
}

/* ---------------------------------------------------------------------- all rules ---- */

static void
compile_rule(Compiler *compiler)
{
	switch (compiler->rule->kind)
	{
		case RULE_REQUIRED:
			compiler->op->code = OP_REQUIRED;
			break;
		case RULE_RANGE:
			compile_range(compiler);
			break;
		case RULE_LENGTH:
			compile_length(compiler);
			break;
		case RULE_PATTERN:
			compile_pattern(compiler);
			break;
		case RULE_VALUES:
			compile_set(compiler, false);
			break;
		case RULE_NOT_VALUES:
			compile_set(compiler, true);
			break;
		case RULE_MULTIPLE_OF:
			compile_multiple_of(compiler);
			break;
		case RULE_FORMAT:
			compile_format(compiler);
			break;
		case RULE_ITEMS:
			compile_items(compiler);
			break;
		case RULE_PROPERTIES:
			compile_properties(compiler);
			break;
		case RULE_DIMENSIONS:
			compile_dimensions(compiler);
			break;
		case RULE_COMPARE:
			compile_compare(compiler);
			break;
	}
}

static RowOp *
next_op(CompiledRuleset *compiled, const Compiler *compiler, const ColumnSource *sources)
{
	RowOp *op = &compiled->ops[compiled->nops++];
	const Rule *rule = compiler->rule;

	op->rule = rule - compiled->list->rules;
	op->column = sources[rule->columns[0]].place;
	op->other = sources[rule->columns[rule->ncolumns - 1]].place;
	compiled->last_column = Max(compiled->last_column, Max(op->column, op->other));
	return op;
}

static bool
is_slow(const RowOp *op)
{
	return op->code == OP_CALL && op->function == pattern_broken;
}

/* Regular expressions last, else in the order of the ruleset. */
static void
put_slow_last(CompiledRuleset *compiled)
{
	RowOp *ordered = palloc(sizeof(RowOp) * (compiled->nops + 1));
	int n = 0;

	for (int slow = 0; slow <= 1; slow++)
		for (int i = 0; i < compiled->nops; i++)
			if (is_slow(&compiled->ops[i]) == slow)
				ordered[n++] = compiled->ops[i];
	compiled->ops = ordered;
}

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

CompiledRuleset *
ruleset_compile(RuleList *list, ColumnSource *sources)
{
	CompiledRuleset *compiled = palloc0(sizeof(CompiledRuleset));
	int guc_level = NewGUCNestLevel();

	set_for_now("TimeZone", "UTC");
	set_for_now("DateStyle", "ISO, YMD");
	set_for_now("IntervalStyle", "postgres");
	set_for_now("extra_float_digits", "1");
	set_for_now("bytea_output", "hex");
	compiled->context = CurrentMemoryContext;
	compiled->list = list;
	compiled->sources = sources;
	compiled->last_column = -1;
	compiled->ops = palloc0(sizeof(RowOp) * (2 * list->nrules + 1));
	for (int i = 0; i < list->nrules; i++)
	{
		Compiler compiler = {.list = list, .rule = &list->rules[i]};

		compiler.type = getBaseType(sources[compiler.rule->columns[0]].type);
		compiler.other_type =
			getBaseType(sources[compiler.rule->columns[compiler.rule->ncolumns - 1]].type);
		compiler.op = next_op(compiled, &compiler, sources);
		compile_rule(&compiler);
		/* values that stand for a missing one */
		if (compiler.rule->kind == RULE_REQUIRED &&
			json_member(compiler.rule->parameters, "values"))
		{
			compiler.op = next_op(compiled, &compiler, sources);
			compile_set(&compiler, true);
		}
	}
	put_slow_last(compiled);
	AtEOXact_GUC(false, guc_level);
	return compiled;
}

/* ----------------------------------------------------------------------- in words ---- */

#define SHOWN_CHARACTERS 60

static char *
shortened(char *text)
{
	int length = strlen(text);
	int shown = pg_mbcharcliplen(text, length, SHOWN_CHARACTERS);

	if (shown < length)
		return psprintf("%s...", pnstrdup(text, shown));
	return text;
}

/* A value, or of what kind it is where values must not be shown. */
static char *
value_in_words(Oid type, Datum value, bool sensitive)
{
	Oid function;
	bool is_varlena;

	if (sensitive)
		return psprintf("a value of type %s that is not shown", format_type_be(type));
	getTypeOutputInfo(type, &function, &is_varlena);
	return psprintf("\"%s\"", shortened(OidOutputFunctionCall(function, value)));
}

static char *
parameter_in_words(JsonbContainer *parameters, const char *name)
{
	JsonbValue *value = json_member(parameters, name);
	Jsonb *json;

	if (value == NULL)
		return "";
	if (value->type == jbvNumeric || value->type == jbvString || value->type == jbvBool)
		return shortened(scalar_text(value));
	json = JsonbValueToJsonb(value);
	return shortened(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

static void
append_bounds(StringInfo words, JsonbContainer *parameters, const char *const *names,
			  const char *const *phrases, int count)
{
	bool first = true;

	for (int i = 0; i < count; i++)
	{
		if (json_member(parameters, names[i]) == NULL)
			continue;
		appendStringInfo(words, "%s%s %s", first ? "" : " and ", phrases[i],
						 parameter_in_words(parameters, names[i]));
		first = false;
	}
}

static char *
expectation(const CompiledRuleset *compiled, const RowOp *op, bool other_sensitive)
{
	static const char *const range_phrases[] = {"at least", "at most", "more than", "less than"};
	static const char *const size_names[] = {"min", "max", "required"};
	static const char *const size_phrases[] = {"at least", "at most", "with"};
	const Rule *rule = &compiled->list->rules[op->rule];
	JsonbContainer *parameters = rule->parameters;
	StringInfoData words;

	initStringInfo(&words);
	switch (rule->kind)
	{
		case RULE_REQUIRED:
			appendStringInfo(&words, "not one of %s, which stand for a missing value",
							 parameter_in_words(parameters, "values"));
			break;
		case RULE_RANGE:
			append_bounds(&words, parameters, bound_names, range_phrases, 4);
			break;
		case RULE_LENGTH:
			append_bounds(&words, parameters, size_names, size_phrases, 2);
			appendStringInfoString(&words, " long");
			break;
		case RULE_PATTERN:
			appendStringInfo(&words, "text that matches %s",
							 parameter_in_words(parameters, "regex"));
			break;
		case RULE_VALUES:
			appendStringInfo(&words, "one of %s", parameter_in_words(parameters, "values"));
			break;
		case RULE_NOT_VALUES:
			appendStringInfo(&words, "none of %s", parameter_in_words(parameters, "values"));
			break;
		case RULE_MULTIPLE_OF:
			appendStringInfo(&words, "a multiple of %s", parameter_in_words(parameters, "divisor"));
			break;
		case RULE_FORMAT:
			appendStringInfo(&words, "of format %s", parameter_in_words(parameters, "format"));
			break;
		case RULE_ITEMS:
			appendStringInfoString(&words, "an array of ");
			append_bounds(&words, parameters, size_names, size_phrases, 2);
			appendStringInfoString(
				&words, json_member(parameters, "unique") ? " items without duplicates" : " items");
			break;
		case RULE_PROPERTIES:
			appendStringInfoString(&words, "an object of properties ");
			append_bounds(&words, parameters, size_names, size_phrases, 3);
			break;
		case RULE_DIMENSIONS:
			appendStringInfo(&words, "of %s dimensions",
							 parameter_in_words(parameters, "dimensions"));
			break;
		case RULE_COMPARE:
			appendStringInfo(&words, "%s column \"%s\"", parameter_in_words(parameters, "operator"),
							 compiled->list->columns[rule->columns[1]]);
			break;
	}
	return words.data;
}

char *
problem_in_words(const CompiledRuleset *compiled, const RowOp *op, Datum value, bool isnull,
				 Datum other)
{
	const Rule *rule = &compiled->list->rules[op->rule];
	const char *column = compiled->list->columns[rule->columns[0]];
	Oid type = compiled->sources[rule->columns[0]].type;
	char *words;

	if (isnull)
		return psprintf("Column \"%s\" is NULL.", column);
	words = psprintf("Column \"%s\" is %s, but must be %s", column,
					 value_in_words(type, value, rule->sensitive),
					 expectation(compiled, op, rule->sensitive));
	if (rule->kind == RULE_COMPARE && !rule->sensitive)
		return psprintf("%s, which is %s.", words,
						value_in_words(compiled->sources[rule->columns[1]].type, other, false));
	return psprintf("%s.", words);
}
