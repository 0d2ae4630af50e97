/*
 * row_json.h: rows as JSON, such that they are the same rows again when they are read.
 */
#ifndef AIDATAOPS_CONTRACT_ROW_JSON_H
#define AIDATAOPS_CONTRACT_ROW_JSON_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "utils/jsonb.h"

/* What is known of a row type. */
typedef struct RowJson RowJson;

/* In the current context. */
extern RowJson *row_json_prepare(TupleDesc descriptor);

/* As to_jsonb() makes it, which finds out anew for each row what to do. */
extern Jsonb *row_as_json(const RowJson *rows, TupleDesc descriptor, HeapTuple tuple);

/* The members of the given names; NULL if there are none, or one is missing. */
extern Jsonb *json_members(const Jsonb *object, char *const *names, int count);

/* The members of an object that another one has not, or with another value. */
extern Jsonb *json_members_changed(const Jsonb *object, const Jsonb *other);

#endif
