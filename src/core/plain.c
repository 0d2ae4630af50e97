/*
 * plain.c: values as text and as JSON, without any code that the owner of their types can define
 * (see plain.h).
 *
 * What to do with a type is found out once a query, for the types within arrays and rows when the
 * first is met.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "aidataops.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_type.h"
#include "core/plain.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* -------------------------------------------------------------------------- text ---- */

static void
find_output(Oid type, FmgrInfo *function)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	fmgr_info_cxt(output, function, CurrentMemoryContext);
}

/* A cast to text that came with PostgreSQL: nobody can make one with such an OID. */
static bool
find_builtin_cast(Oid type, PlainText *plain)
{
	HeapTuple tuple =
		SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(type), ObjectIdGetDatum(TEXTOID));
	bool found = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (((Form_pg_cast) GETSTRUCT(tuple))->oid < FirstNormalObjectId)
	{
		Form_pg_cast cast = (Form_pg_cast) GETSTRUCT(tuple);

		found = cast->castmethod != COERCION_METHOD_INOUT;
		plain->way = OidIsValid(cast->castfunc) ? TEXT_BY_CAST : TEXT_AS_IT_IS;
		if (OidIsValid(cast->castfunc))
			fmgr_info_cxt(cast->castfunc, &plain->function, CurrentMemoryContext);
	}
	ReleaseSysCache(tuple);
	return found;
}

PlainText *
plain_text_prepare(Oid type)
{
	PlainText *plain = palloc0(sizeof(PlainText));

	type = getBaseType(type);
	plain->way = TEXT_AS_IT_IS;
	if (type != TEXTOID && !find_builtin_cast(type, plain))
	{
		plain->way = TEXT_BY_OUTPUT;
		find_output(type, &plain->function);
	}
	return plain;
}

Datum
plain_text(PlainText *plain, Datum value)
{
	switch (plain->way)
	{
		case TEXT_AS_IT_IS:
			return value;
		case TEXT_BY_CAST:
			return FunctionCall1(&plain->function, value);
		case TEXT_BY_OUTPUT:
			break;
	}
	return CStringGetTextDatum(OutputFunctionCall(&plain->function, value));
}

/* -------------------------------------------------------------------------- JSON ---- */

typedef struct PlainColumn
{
	JsonbValue name;
	PlainJson *json; /* NULL: dropped */
} PlainColumn;

struct PlainJson
{
	Oid type;            /* without its domain */
	MemoryContext parts; /* what is below, which other values may replace */
	bool is_array;
	bool is_row;
	FmgrInfo output; /* of a type that is none of these, nor one that JSON has a form for */

	/* of an array */
	PlainJson *element;
	Oid element_type;
	int16 typlen;
	bool typbyval;
	char typalign;

	/* of a row, whose type may be known by its rows alone, and change from row to row */
	TupleDesc descriptor;
	uint64 identifier; /* of the descriptor, in the cache of types */
	PlainColumn *columns;
};

static bool
has_json_form(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case JSONOID:
		case JSONBOID:
			return true;
		default:
			return false;
	}
}

PlainJson *
plain_json_prepare(Oid type)
{
	PlainJson *plain = palloc0(sizeof(PlainJson));

	plain->type = type = getBaseType(type);
	plain->is_array = OidIsValid(get_element_type(type)) || type == ANYARRAYOID ||
					  type == ANYCOMPATIBLEARRAYOID || type == RECORDARRAYOID;
	plain->is_row = !plain->is_array && type_is_rowtype(type);
	if (plain->is_array || plain->is_row)
		plain->parts = AllocSetContextCreate(CurrentMemoryContext, "aidataops parts of values",
											 ALLOCSET_SMALL_SIZES);
	else if (!has_json_form(type))
		find_output(type, &plain->output);
	return plain;
}

static void
set_string(JsonbValue *json, char *string)
{
	json->type = jbvString;
	json->val.string.val = string;
	json->val.string.len = strlen(string);
}

static void
prepare_columns(PlainJson *plain, TupleDesc descriptor)
{
	MemoryContext old = MemoryContextSwitchTo(plain->parts);

	MemoryContextReset(plain->parts);
	plain->descriptor = CreateTupleDescCopyConstr(descriptor); /* with values that are missing */
	plain->columns = palloc0(sizeof(PlainColumn) * Max(descriptor->natts, 1));
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(plain->descriptor, i);

		if (attribute->attisdropped)
			continue;
		set_string(&plain->columns[i].name, NameStr(attribute->attname));
		plain->columns[i].json = plain_json_prepare(attribute->atttypid);
	}
	MemoryContextSwitchTo(old);
}

PlainJson *
plain_json_prepare_row(TupleDesc descriptor)
{
	PlainJson *plain = plain_json_prepare(RECORDOID);

	prepare_columns(plain, descriptor);
	return plain;
}

/* ---- scalars */

/* Of what JSON has no number for, the text. */
static void
number_from_text(char *text, JsonbValue *json)
{
	if (strpbrk(text, "Nn"))
		set_string(json, text);
	else
	{
		json->type = jbvNumeric;
		json->val.numeric = DatumGetNumeric(DirectFunctionCall3(
			numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	}
}

static void
number_from_numeric(Numeric number, JsonbValue *json)
{
	if (numeric_is_nan(number) || numeric_is_inf(number))
		set_string(json,
				   DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number))));
	else
	{
		json->type = jbvNumeric;
		json->val.numeric = number;
	}
}

static void
string_from_text(Datum value, JsonbValue *json)
{
	text *string = DatumGetTextPP(value);

	json->type = jbvString;
	json->val.string.val = VARDATA_ANY(string);
	json->val.string.len = VARSIZE_ANY_EXHDR(string);
}

/* A scalar as it is, anything else as a whole. */
static void
from_jsonb(Jsonb *value, JsonbValue *json)
{
	if (JB_ROOT_IS_SCALAR(value))
		(void) JsonbExtractScalar(&value->root, json);
	else
	{
		json->type = jbvBinary;
		json->val.binary.data = &value->root;
		json->val.binary.len = VARSIZE(value) - VARHDRSZ;
	}
}

static Jsonb *
jsonb_of_json(Datum value)
{
	return DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(value))));
}

static void
scalar_as_json(PlainJson *plain, Datum value, JsonbValue *json)
{
	switch (plain->type)
	{
		case BOOLOID:
			json->type = jbvBool;
			json->val.boolean = DatumGetBool(value);
			break;
		case INT2OID:
			number_from_numeric(int64_to_numeric(DatumGetInt16(value)), json);
			break;
		case INT4OID:
			number_from_numeric(int64_to_numeric(DatumGetInt32(value)), json);
			break;
		case INT8OID:
			number_from_numeric(int64_to_numeric(DatumGetInt64(value)), json);
			break;
		case NUMERICOID:
			number_from_numeric(DatumGetNumeric(value), json);
			break;
		case FLOAT4OID:
			number_from_text(DatumGetCString(DirectFunctionCall1(float4out, value)), json);
			break;
		case FLOAT8OID:
			number_from_text(DatumGetCString(DirectFunctionCall1(float8out, value)), json);
			break;
		case TEXTOID:
		case VARCHAROID:
			string_from_text(value, json);
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			set_string(json, JsonEncodeDateTime(NULL, value, plain->type, NULL));
			break;
		case JSONOID:
			from_jsonb(jsonb_of_json(value), json);
			break;
		case JSONBOID:
			from_jsonb(DatumGetJsonbP(value), json);
			break;
		default:
			set_string(json, OutputFunctionCall(&plain->output, value));
	}
}

/* ---- what contains others */

static JsonbValue *push(JsonbParseState **parse, JsonbIteratorToken place, PlainJson *plain,
						Datum value, bool isnull);

typedef struct Elements
{
	PlainJson *plain;
	int ndim;
	int *dims;
	int next;
	Datum *values;
	bool *nulls;
} Elements;

static JsonbValue *
push_dimension(JsonbParseState **parse, Elements *elements, int dimension)
{
	pushJsonbValue(parse, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < elements->dims[dimension]; i++)
	{
		int at = elements->next;

		if (dimension + 1 < elements->ndim)
			push_dimension(parse, elements, dimension + 1);
		else
		{
			elements->next++;
			push(parse, WJB_ELEM, elements->plain, elements->values[at], elements->nulls[at]);
		}
	}
	return pushJsonbValue(parse, WJB_END_ARRAY, NULL);
}

static void
prepare_element(PlainJson *plain, Oid type)
{
	MemoryContext old;

	if (plain->element_type == type)
		return;
	plain->element_type = InvalidOid;
	old = MemoryContextSwitchTo(plain->parts);
	MemoryContextReset(plain->parts);
	plain->element = plain_json_prepare(type);
	plain->element_type = type;
	get_typlenbyvalalign(type, &plain->typlen, &plain->typbyval, &plain->typalign);
	MemoryContextSwitchTo(old);
}

static JsonbValue *
push_array(JsonbParseState **parse, PlainJson *plain, ArrayType *array)
{
	Elements elements = {0};
	int count;

	prepare_element(plain, ARR_ELEMTYPE(array));
	elements.plain = plain->element;
	elements.ndim = ARR_NDIM(array);
	elements.dims = ARR_DIMS(array);
	if (ArrayGetNItems(elements.ndim, elements.dims) == 0)
	{
		pushJsonbValue(parse, WJB_BEGIN_ARRAY, NULL);
		return pushJsonbValue(parse, WJB_END_ARRAY, NULL);
	}
	deconstruct_array(array, ARR_ELEMTYPE(array), plain->typlen, plain->typbyval, plain->typalign,
					  &elements.values, &elements.nulls, &count);
	return push_dimension(parse, &elements, 0);
}

static JsonbValue *
push_columns(JsonbParseState **parse, PlainJson *plain, HeapTuple tuple)
{
	int natts = plain->descriptor->natts;
	Datum *values = palloc(sizeof(Datum) * Max(natts, 1));
	bool *nulls = palloc(sizeof(bool) * Max(natts, 1));

	heap_deform_tuple(tuple, plain->descriptor, values, nulls);
	pushJsonbValue(parse, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < natts; i++)
	{
		PlainColumn *column = &plain->columns[i];

		if (column->json == NULL)
			continue;
		pushJsonbValue(parse, WJB_KEY, &column->name);
		push(parse, WJB_VALUE, column->json, values[i], nulls[i]);
	}
	return pushJsonbValue(parse, WJB_END_OBJECT, NULL);
}

static void
prepare_row(PlainJson *plain, HeapTupleHeader row)
{
	Oid type = HeapTupleHeaderGetTypeId(row);
	int32 typmod = HeapTupleHeaderGetTypMod(row);
	uint64 identifier = assign_record_type_identifier(type, typmod);
	TupleDesc descriptor;

	if (plain->identifier == identifier)
		return;
	plain->identifier = 0;
	descriptor = lookup_rowtype_tupdesc(type, typmod);
	prepare_columns(plain, descriptor);
	ReleaseTupleDesc(descriptor);
	plain->identifier = identifier;
}

static JsonbValue *
push_row(JsonbParseState **parse, PlainJson *plain, HeapTupleHeader row)
{
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};

	prepare_row(plain, row);
	ItemPointerSetInvalid(&tuple.t_self);
	return push_columns(parse, plain, &tuple);
}

static JsonbValue *
push(JsonbParseState **parse, JsonbIteratorToken place, PlainJson *plain, Datum value, bool isnull)
{
	JsonbValue json = {.type = jbvNull};

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	if (!isnull && plain->is_array)
		return push_array(parse, plain, DatumGetArrayTypeP(value));
	if (!isnull && plain->is_row)
		return push_row(parse, plain, DatumGetHeapTupleHeader(value));
	if (!isnull)
		scalar_as_json(plain, value, &json);
	return pushJsonbValue(parse, place, &json);
}

Jsonb *
plain_json(PlainJson *plain, Datum value)
{
	JsonbParseState *parse = NULL;
	JsonbValue json = {0};

	if (plain->is_array || plain->is_row)
		return JsonbValueToJsonb(push(&parse, WJB_ELEM, plain, value, false));
	scalar_as_json(plain, value, &json);
	return JsonbValueToJsonb(&json);
}

Jsonb *
plain_json_row(PlainJson *plain, HeapTuple tuple)
{
	JsonbParseState *parse = NULL;

	return JsonbValueToJsonb(push_columns(&parse, plain, tuple));
}

/* --------------------------------------------------------------------------- SQL ---- */

static Oid
argument_type(FunctionCallInfo fcinfo)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("could not determine the type of the value")));
	return type;
}

PG_FUNCTION_INFO_V1(value_as_text);
Datum
value_as_text(PG_FUNCTION_ARGS)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		fcinfo->flinfo->fn_extra = plain_text_prepare(argument_type(fcinfo));
		MemoryContextSwitchTo(old);
	}
	return plain_text(fcinfo->flinfo->fn_extra, PG_GETARG_DATUM(0));
}

PG_FUNCTION_INFO_V1(value_as_json);
Datum
value_as_json(PG_FUNCTION_ARGS)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		fcinfo->flinfo->fn_extra = plain_json_prepare(argument_type(fcinfo));
		MemoryContextSwitchTo(old);
	}
	PG_RETURN_JSONB_P(plain_json(fcinfo->flinfo->fn_extra, PG_GETARG_DATUM(0)));
}
