/*
 * plain.h: values as text and as JSON, without any code that the owner of their types can define.
 *
 * A cast is a function of whoever owns one of its types, and runs with the rights of who looks:
 * x::text and to_jsonb(x) look for one. Here casts are those that PostgreSQL brings along; all else
 * is the output function of the type, which only a superuser can define. For types without casts of
 * their own the results are the same.
 */
#ifndef AIDATAOPS_CORE_PLAIN_H
#define AIDATAOPS_CORE_PLAIN_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/jsonb.h"

/* How values of one type become text. */
typedef struct PlainText
{
	enum
	{
		TEXT_AS_IT_IS,
		TEXT_BY_CAST,
		TEXT_BY_OUTPUT
	} way;
	FmgrInfo function;
} PlainText;

/* How values of one type become JSON; grows with the types that are met in them. */
typedef struct PlainJson PlainJson;

/* All in the current context, which must last as long as what they make. */
extern PlainText *plain_text_prepare(Oid type);
extern PlainJson *plain_json_prepare(Oid type);
extern PlainJson *plain_json_prepare_row(TupleDesc descriptor);

extern Datum plain_text(PlainText *plain, Datum value);
extern Jsonb *plain_json(PlainJson *plain, Datum value);
extern Jsonb *plain_json_row(PlainJson *plain, HeapTuple tuple);

#endif
