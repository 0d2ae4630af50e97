/*
 * row_json.h: rows as JSON, such that they are the same rows again when they are read.
 */
#ifndef AIDATAOPS_CONTRACT_ROW_JSON_H
#define AIDATAOPS_CONTRACT_ROW_JSON_H

#include "core/plain.h"

extern Jsonb *row_as_json(PlainJson *rows, HeapTuple tuple);

/* The members of the given names; NULL if there are none, or one is missing. */
extern Jsonb *json_members(const Jsonb *object, char *const *names, int count);

/* The members of an object that another one has not, or with another value. */
extern Jsonb *json_members_changed(const Jsonb *object, const Jsonb *other);

#endif
