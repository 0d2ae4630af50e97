/*
 * options.c: categories and weights from arguments, and rows of results.
 *
 * The arguments are declared "any", so that a name, an array of any type and an enum type are all
 * written as they are.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/table.h"
#include "agreement/options.h"
#include "catalog/indexing.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* ----------------------------------------------------------------------- arguments ---- */

/* An argument that is a word; NULL if it is of another type. */
static char *
word_argument(FunctionCallInfo fcinfo, int argument)
{
	switch (getBaseType(get_fn_expr_argtype(fcinfo->flinfo, argument)))
	{
		case UNKNOWNOID:
			return PG_GETARG_CSTRING(argument);
		case TEXTOID:
		case VARCHAROID:
			return text_to_cstring(PG_GETARG_TEXT_PP(argument));
		default:
			return NULL;
	}
}

/* The elements as text; *dims is NULL for a type that is no array. */
static char **
array_argument(FunctionCallInfo fcinfo, int argument, int *n, ArrayType **array, const char *what)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	Oid element = OidIsValid(type) ? get_element_type(getBaseType(type)) : InvalidOid;
	Oid output;
	bool is_varlena;
	int16 length;
	bool by_value;
	char align;
	Datum *elements;
	bool *nulls;
	char **texts;

	*array = NULL;
	*n = 0;
	if (!OidIsValid(element))
		return NULL;
	*array = PG_GETARG_ARRAYTYPE_P(argument);
	get_typlenbyvalalign(element, &length, &by_value, &align);
	deconstruct_array(*array, element, length, by_value, align, &elements, &nulls, n);
	getTypeOutputInfo(element, &output, &is_varlena);
	texts = palloc(Max(*n, 1) * sizeof(char *));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("%s must not contain NULL", what)));
		texts[i] = OidOutputFunctionCall(output, elements[i]);
	}
	return texts;
}

/* The labels of an enum type, in its order. */
static DeclaredCategories
enum_categories(Oid type)
{
	DeclaredCategories categories = {.n = 0};
	Relation pg_enum = table_open(EnumRelationId, AccessShareLock);
	Relation index = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	int capacity = 16;

	categories.names = palloc(capacity * sizeof(char *));
	ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(type));
	scan = systable_beginscan_ordered(pg_enum, index, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		if (categories.n >= capacity)
			categories.names = repalloc(categories.names, (capacity *= 2) * sizeof(char *));
		categories.names[categories.n++] =
			pstrdup(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(pg_enum, AccessShareLock);
	return categories;
}

static pg_noinline void
report_categories(const char *given)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid categories: %s", given),
			 errhint("categories must be 'observed', an array such as ARRAY['bad', 'good'] "
					 "in its order, or an enum type such as 'mood'::regtype.")));
}

DeclaredCategories
option_categories(FunctionCallInfo fcinfo, int argument)
{
	DeclaredCategories categories;
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	char *word = word_argument(fcinfo, argument);
	ArrayType *array;

	if (word != NULL && strcmp(word, "observed") == 0)
		return (DeclaredCategories){.n = -1};
	if (word != NULL)
		report_categories(psprintf("\"%s\"", word));
	if (type == REGTYPEOID)
	{
		Oid named = PG_GETARG_OID(argument);

		if (!type_is_enum(named))
			report_categories(psprintf("type %s is not an enum", format_type_be(named)));
		return enum_categories(named);
	}
	categories.names = array_argument(fcinfo, argument, &categories.n, &array, "categories");
	if (array == NULL)
		report_categories(psprintf("a value of type %s", format_type_be(type)));
	if (categories.n == 0)
		report_categories("an empty array");
	return categories;
}

static pg_noinline void
report_matrix(const char *fault)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid matrix of weights"),
					errdetail("%s", fault),
					errhint("It is square and symmetric. A row and a column for each category "
							"hold 1 on the diagonal and at most 1 beside it; with 0 on the "
							"diagonal they are disagreements.")));
}

/* Disagreements, which are 0 on the diagonal, become agreements, as in Cohen (1968). */
static void
check_matrix(WeightsOption *option)
{
	Size q = option->q;
	double *m = option->matrix;
	double greatest = 0;

	for (Size i = 0; i < q * q; i++)
	{
		if (!isfinite(m[i]))
			report_matrix("Its elements must be finite.");
		if (m[i] != m[i % q * q + i / q])
			report_matrix("It is not symmetric.");
		greatest = fmax(greatest, m[i]);
	}
	for (Size i = 0; i < q; i++)
		if (m[i * q + i] != m[0] || (m[0] != 0 && m[0] != 1))
			report_matrix("On the diagonal there must be 1, or 0, everywhere.");
	if (greatest > 1 && m[0] == 1)
		report_matrix("No weight may be greater than 1.");
	if (m[0] != 0)
		return;
	for (Size i = 0; i < q * q; i++)
	{
		if (m[i] < 0)
			report_matrix("Disagreements must not be negative.");
		m[i] = greatest > 0 ? 1 - m[i] / greatest : 1;
	}
}

static WeightsOption
matrix_option(FunctionCallInfo fcinfo, int argument)
{
	WeightsOption option = {.scheme = WEIGHTS_MATRIX};
	ArrayType *array;
	int n;
	char **texts = array_argument(fcinfo, argument, &n, &array, "weights");

	if (array == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights must be the name of a scheme or a matrix"),
						errhint("Write weights => 'linear', for example.")));
	if (ARR_NDIM(array) != 2 || ARR_DIMS(array)[0] != ARR_DIMS(array)[1])
		report_matrix("It is not square.");
	option.q = ARR_DIMS(array)[0];
	option.matrix = palloc(n * sizeof(double));
	for (int i = 0; i < n; i++)
		option.matrix[i] = DatumGetFloat8(DirectFunctionCall1(float8in, CStringGetDatum(texts[i])));
	check_matrix(&option);
	return option;
}

WeightsOption
option_weights(FunctionCallInfo fcinfo, int argument)
{
	WeightsOption option = {0};
	char *word = word_argument(fcinfo, argument);

	if (word == NULL)
		return matrix_option(fcinfo, argument);
	if (!weight_scheme_by_name(word, &option.scheme))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown weights \"%s\"", word),
				 errhint("weights must be 'identity', 'linear', 'quadratic', 'ordinal', "
						 "'radical', 'ratio', 'circular', 'bipolar', or a matrix.")));
	return option;
}

MeasurementLevel
option_level(FunctionCallInfo fcinfo, int argument)
{
	char *word = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	static const char *const levels[] = {"nominal", "ordinal", "interval", "ratio"};

	for (int i = 0; i < lengthof(levels); i++)
		if (strcmp(word, levels[i]) == 0)
			return (MeasurementLevel) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown level of measurement \"%s\"", word),
					errhint("level must be 'nominal', 'ordinal', 'interval' or 'ratio'.")));
}

double
option_confidence(FunctionCallInfo fcinfo, int argument)
{
	double confidence = PG_GETARG_FLOAT8(argument);

	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("confidence %g is out of range", confidence),
						errhint("confidence must be between 0 and 1, such as 0.95.")));
	return confidence;
}

/* ------------------------------------------------------------------- what they mean ---- */

static void
check_pairs(WeightScheme scheme, int q)
{
	if (!weight_scheme_is_fast(scheme) && q > WEIGHTS_MAX_PAIRED)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many categories for weights \"%s\": %d",
							   weight_scheme_name(scheme), q),
						errdetail("At most %d can be compared pair by pair.", WEIGHTS_MAX_PAIRED),
						errhint("'identity', 'linear' and 'quadratic' take any number.")));
}

Weights
weights_for(const WeightsOption *option, const Categories *categories, const char **status)
{
	int q = categories->n;

	*status = COEFFICIENT_OK;
	if (option->scheme == WEIGHTS_IDENTITY || (q < 2 && option->scheme != WEIGHTS_MATRIX))
		return weights_make(WEIGHTS_IDENTITY, q, NULL);
	if (!categories->ordered)
		*status = COEFFICIENT_ORDER_UNDECLARED;
	else if (option->scheme == WEIGHTS_MATRIX)
	{
		if (option->q != q)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("matrix of weights is %d by %d, but there are %d categories",
								   option->q, option->q, q),
							errhint("Say which categories its rows are by categories => "
									"ARRAY[...].")));
		return weights_of_matrix(q, option->matrix);
	}
	else if (!categories->finite)
		*status = COEFFICIENT_NOT_FINITE;
	else if (option->scheme == WEIGHTS_RATIO && categories->x[0] < 0)
		*status = COEFFICIENT_NEGATIVE;
	if (strcmp(*status, COEFFICIENT_OK) != 0)
		return (Weights){0};
	check_pairs(option->scheme, q);
	return weights_make(option->scheme, q, categories->x);
}

AgreementModel
model_by_weights(const Ratings *ratings, const WeightsOption *option)
{
	const char *status;
	Weights weights = weights_for(option, &ratings->categories, &status);

	return agreement_model(ratings, weights, status);
}

/* Krippendorff's distances: 1, squared differences of ranks and of values, ((x-y)/(x+y))^2. */
AgreementModel
model_by_level(const Ratings *ratings, MeasurementLevel level)
{
	static const WeightScheme schemes[] = {WEIGHTS_IDENTITY, WEIGHTS_QUADRATIC, WEIGHTS_QUADRATIC,
										   WEIGHTS_RATIO};
	WeightsOption option = {.scheme = schemes[level]};
	const Categories *categories = &ratings->categories;
	double *ranks;

	if (level != LEVEL_ORDINAL || !categories->ordered || categories->n < 2 ||
		ratings->units_pairable == 0)
		return model_by_weights(ratings, &option);
	ranks = krippendorff_ranks(ratings);
	/* all labels in one category, so there is no distance */
	if (ranks[categories->n - 1] == ranks[0])
		option.scheme = WEIGHTS_IDENTITY;
	return agreement_model(ratings, weights_make(option.scheme, categories->n, ranks),
						   COEFFICIENT_OK);
}

void
coefficient_row(const Coefficient *c, const Ratings *ratings, double n_raters, double confidence,
				Datum *values, bool *nulls)
{
	AgreementInterval interval = coefficient_interval(c, confidence);

	memset(nulls, 0, COEFFICIENT_COLUMNS * sizeof(bool));
	values[0] = CStringGetTextDatum(c->name);
	values[1] = float8_or_null(c->value, &nulls[1]);
	values[2] = float8_or_null(c->se, &nulls[2]);
	values[3] = float8_or_null(interval.lower, &nulls[3]);
	values[4] = float8_or_null(interval.upper, &nulls[4]);
	values[5] = float8_or_null(interval.p, &nulls[5]);
	values[6] = float8_or_null(c->pa, &nulls[6]);
	values[7] = float8_or_null(c->pe, &nulls[7]);
	values[8] = Int64GetDatum(whole_count(ratings->units));
	values[9] = Int64GetDatum(whole_count(ratings->units_pairable));
	values[10] = Int64GetDatum(whole_count(n_raters));
	values[11] = Int64GetDatum(whole_count(ratings->labels));
	values[12] = Int32GetDatum(ratings->categories.n);
	values[13] = CStringGetTextDatum(c->status);
}
