/*
 * predictions.h: what a classifier says: an array of classes and an array of their probabilities.
 */
#ifndef AIDATAOPS_CORE_PREDICTIONS_H
#define AIDATAOPS_CORE_PREDICTIONS_H

#include "core/dictionary.h"

/* How far the probabilities of one unit may be from adding up to one: single precision, or rounding. */
#define PROBABILITY_SUM_TOLERANCE 1e-3

/* The classes of all predictions of an aggregate: numbered as in the array, which every row repeats. */
typedef struct ClassList
{
	MemoryContext context;
	struct varlena *array; /* the first one seen */
	Dictionary names;
} ClassList;

extern void class_list_init(ClassList *classes, MemoryContext context);
extern bool class_list_matches(const ClassList *classes, Datum array);
extern void class_list_accept(ClassList *classes, Datum array);
extern uint32 class_number(const ClassList *classes, Utf8 label);

/* The checked probabilities of one unit, one a class; unit is for messages and may be NULL. */
extern const double *prediction_probabilities(const ClassList *classes, Datum array,
											  const Utf8 *unit);

static inline uint32
most_probable(const double *probabilities, uint32 count)
{
	uint32 best = 0;

	for (uint32 i = 1; i < count; i++)
	{
		if (probabilities[i] > probabilities[best])
			best = i;
	}
	return best;
}

#endif
