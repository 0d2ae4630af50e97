/*
 * predictions.c: classes and probabilities from arrays, checked.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "core/predictions.h"
#include "utils/array.h"

void
class_list_init(ClassList *classes, MemoryContext context)
{
	classes->context = context;
	classes->array = NULL;
}

static void
check_shape(ArrayType *array, const char *what)
{
	if (ARR_NDIM(array) != 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%s must be an array of one dimension", what),
						errdetail("It has %d.", ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not contain NULL", what)));
}

static void
take_classes(ClassList *classes, ArrayType *array)
{
	Datum *names;
	int count;
	Size size = VARSIZE(array);

	check_shape(array, "classes");
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, NULL, &count);
	if (count < 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("classes must be two or more, not %d", count)));
	dictionary_init(&classes->names, classes->context);
	for (int i = 0; i < count; i++)
	{
		Utf8 name = utf8_from_text(names[i]);

		if (dictionary_number(&classes->names, name) != (uint32) i)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("class \"%s\" is listed twice", utf8_to_cstring(name))));
	}
	classes->array = MemoryContextAlloc(classes->context, size);
	memcpy(classes->array, array, size);
}

bool
class_list_matches(const ClassList *classes, Datum datum)
{
	ArrayType *array = DatumGetArrayTypeP(datum);

	return classes->array != NULL && VARSIZE(array) == VARSIZE(classes->array) &&
		   memcmp(array, classes->array, VARSIZE(array)) == 0;
}

/* Every row must list the same classes in the same order: else its probabilities would mean others. */
void
class_list_accept(ClassList *classes, Datum datum)
{
	if (classes->array == NULL)
		take_classes(classes, DatumGetArrayTypeP(datum));
	else if (!class_list_matches(classes, datum))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("classes differ between rows"),
				 errdetail("All probabilities must be in the order of the same classes.")));
}

uint32
class_number(const ClassList *classes, Utf8 label)
{
	uint32 number;

	if (!dictionary_lookup(&classes->names, label, &number))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("label \"%s\" is not among the classes", utf8_to_cstring(label)),
						errhint("List every class that the classifier knows, in its order; leave "
								"out rows with other labels.")));
	return number;
}

static void
probabilities_error(const Utf8 *unit, const char *detail)
{
	if (unit != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid probabilities of unit \"%s\"", utf8_to_cstring(*unit)),
				 errdetail("%s", detail),
				 errhint("Give one probability for each class, between 0 and 1, that add up to 1 "
						 "(within %g): of logits take the softmax first.",
						 PROBABILITY_SUM_TOLERANCE)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid probabilities"),
			 errdetail("%s", detail),
			 errhint("Give one probability for each class, between 0 and 1, that add up to 1 "
					 "(within %g): of logits take the softmax first.",
					 PROBABILITY_SUM_TOLERANCE)));
}

const double *
prediction_probabilities(const ClassList *classes, Datum datum, const Utf8 *unit)
{
	ArrayType *array = DatumGetArrayTypeP(datum);
	const double *values = (const double *) ARR_DATA_PTR(array);
	uint32 count = classes->names.count;
	double sum = 0;

	check_shape(array, "probabilities");
	if ((uint32) ARR_DIMS(array)[0] != count)
		probabilities_error(unit,
							psprintf("There are %d for %u classes.", ARR_DIMS(array)[0], count));
	for (uint32 i = 0; i < count; i++)
	{
		if (!(values[i] >= 0 && values[i] <= 1))
			probabilities_error(unit,
								psprintf("That of class \"%s\" is %g.",
										 utf8_to_cstring(classes->names.texts[i]), values[i]));
		sum += values[i];
	}
	if (fabs(sum - 1) > PROBABILITY_SUM_TOLERANCE)
		probabilities_error(unit, psprintf("They add up to %g.", sum));
	return values;
}
