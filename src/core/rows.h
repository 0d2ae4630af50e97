/*
 * rows.h: small help for functions that return rows.
 */
#ifndef AIDATAOPS_CORE_ROWS_H
#define AIDATAOPS_CORE_ROWS_H

#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/tuplestore.h"

#define ROW_MAX_COLUMNS 16

/* A row that is filled from left to right. */
typedef struct RowBuilder
{
	int ncolumns;
	Datum values[ROW_MAX_COLUMNS];
	bool nulls[ROW_MAX_COLUMNS];
} RowBuilder;

static inline void
row_add(RowBuilder *row, Datum value)
{
	row->nulls[row->ncolumns] = false;
	row->values[row->ncolumns++] = value;
}

static inline void
row_add_null(RowBuilder *row)
{
	row->nulls[row->ncolumns] = true;
	row->values[row->ncolumns++] = (Datum) 0;
}

/* NaN stands for what does not exist. */
static inline void
row_add_number(RowBuilder *row, double value)
{
	if (value != value)
		row_add_null(row);
	else
		row_add(row, Float8GetDatum(value));
}

/*
 * May datums of rows of one descriptor be stored under the other? To be asked wherever they were described at
 * another moment than they are stored: a type is what it is by its OID.
 */
static inline bool
same_types(TupleDesc a, TupleDesc b)
{
	if (a->natts != b->natts)
		return false;
	for (int i = 0; i < a->natts; i++)
	{
		if (TupleDescAttr(a, i)->attisdropped != TupleDescAttr(b, i)->attisdropped ||
			TupleDescAttr(a, i)->atttypid != TupleDescAttr(b, i)->atttypid)
			return false;
	}
	return true;
}

/* Puts the row into the result of a set-returning function, and begins the next. */
static inline void
row_emit(RowBuilder *row, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, row->values, row->nulls);
	row->ncolumns = 0;
}

#endif
