/*
 * row_json.c: rows as JSON, such that they are the same rows again when they are read.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/row_json.h"
#include "contract/ruleset.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

typedef struct ColumnJson
{
	Oid type;           /* without its domain */
	FmgrInfo *function; /* to_jsonb(), for types that are not converted here */
	JsonbValue name;
} ColumnJson;

struct RowJson
{
	int ncolumns;
	ColumnJson *columns;
};

static bool
is_converted_here(Oid type)
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
			return true;
		default:
			return false;
	}
}

static FmgrInfo *
to_jsonb_of(Oid type)
{
	FmgrInfo *function = palloc(sizeof(FmgrInfo));
	Const *argument = makeNullConst(type, -1, InvalidOid);

	fmgr_info_cxt(F_TO_JSONB, function, CurrentMemoryContext);
	fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument), InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CALL),
					   function);
	return function;
}

static void
set_name(JsonbValue *value, char *name)
{
	value->type = jbvString;
	value->val.string.val = name;
	value->val.string.len = strlen(name);
}

RowJson *
row_json_prepare(TupleDesc descriptor)
{
	RowJson *rows = palloc(sizeof(RowJson));

	rows->ncolumns = descriptor->natts;
	rows->columns = palloc0(sizeof(ColumnJson) * (descriptor->natts + 1));
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		ColumnJson *column = &rows->columns[i];

		if (attribute->attisdropped)
			continue;
		column->type = getBaseType(attribute->atttypid);
		if (!is_converted_here(column->type))
			column->function = to_jsonb_of(attribute->atttypid);
		set_name(&column->name, pstrdup(NameStr(attribute->attname)));
	}
	return rows;
}

/* Of what JSON has no number for, the text. */
static void
number_from_text(char *text, JsonbValue *json)
{
	if (strpbrk(text, "Nn"))
		set_name(json, text);
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
		set_name(json, DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number))));
	else
	{
		json->type = jbvNumeric;
		json->val.numeric = number;
	}
}

static void
text_as_json(Datum value, JsonbValue *json)
{
	text *string = DatumGetTextPP(value);

	json->type = jbvString;
	json->val.string.val = VARDATA_ANY(string);
	json->val.string.len = VARSIZE_ANY_EXHDR(string);
}

/* A scalar as it is, anything else as a whole. */
static void
any_as_json(FmgrInfo *function, Datum value, JsonbValue *json)
{
	Jsonb *made = DatumGetJsonbP(FunctionCall1(function, value));

	if (JB_ROOT_IS_SCALAR(made))
		(void) JsonbExtractScalar(&made->root, json);
	else
	{
		json->type = jbvBinary;
		json->val.binary.data = &made->root;
		json->val.binary.len = VARSIZE(made) - VARHDRSZ;
	}
}

static void
value_as_json(const ColumnJson *column, Datum value, JsonbValue *json)
{
	switch (column->type)
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
			text_as_json(value, json);
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			set_name(json, JsonEncodeDateTime(NULL, value, column->type, NULL));
			break;
		default:
			any_as_json(column->function, value, json);
	}
}

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

static Jsonb *
build_json(const RowJson *rows, const Datum *values, const bool *nulls)
{
	JsonbParseState *parse = NULL;

	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < rows->ncolumns; i++)
	{
		const ColumnJson *column = &rows->columns[i];
		JsonbValue value = {.type = jbvNull};

		if (!OidIsValid(column->type))
			continue;
		if (!nulls[i])
			value_as_json(column, values[i], &value);
		pushJsonbValue(&parse, WJB_KEY, (JsonbValue *) &column->name);
		pushJsonbValue(&parse, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

/* Whatever the session's settings. Casts of the row's types may write such rows themselves, so nothing is kept. */
Jsonb *
row_as_json(const RowJson *rows, TupleDesc descriptor, HeapTuple tuple)
{
	int guc_level = NewGUCNestLevel();
	Datum *values = palloc(sizeof(Datum) * (rows->ncolumns + 1));
	bool *nulls = palloc(sizeof(bool) * (rows->ncolumns + 1));
	Jsonb *json;

	if (extra_float_digits < 1)
		set_for_now("extra_float_digits", "1");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_for_now("IntervalStyle", "postgres");
	if (DateStyle != USE_ISO_DATES)
		set_for_now("DateStyle", "ISO, YMD");
	heap_deform_tuple(tuple, descriptor, values, nulls);
	json = build_json(rows, values, nulls);
	AtEOXact_GUC(false, guc_level);
	return json;
}

Jsonb *
json_members(const Jsonb *object, char *const *names, int count)
{
	JsonbParseState *parse = NULL;

	if (count == 0)
		return NULL;
	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < count; i++)
	{
		JsonbValue name;
		JsonbValue *value = json_member((JsonbContainer *) &object->root, names[i]);

		if (value == NULL)
			return NULL;
		set_name(&name, names[i]);
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

Jsonb *
json_members_changed(const Jsonb *object, const Jsonb *other)
{
	JsonbParseState *parse = NULL;
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &object->root);
	JsonbIteratorToken token;
	JsonbValue name, value;

	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		JsonbValue *theirs;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		theirs = getKeyJsonValueFromContainer((JsonbContainer *) &other->root, name.val.string.val,
											  name.val.string.len, NULL);
		if (theirs && compareJsonbContainers(&JsonbValueToJsonb(&value)->root,
											 &JsonbValueToJsonb(theirs)->root) == 0)
			continue;
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}
