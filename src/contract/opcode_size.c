/*
 * opcode_size.c: how many: items of arrays, properties of objects, dimensions of vectors.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/opcode_compiler.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

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

void
compile_items(RuleCompiler *compiler)
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
	op_calls(compiler, items_broken, items);
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

void
compile_properties(RuleCompiler *compiler)
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
	op_calls(compiler, properties_broken, properties);
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

void
compile_dimensions(RuleCompiler *compiler)
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
	op_calls(compiler, dimensions_broken, dimensions);
}
