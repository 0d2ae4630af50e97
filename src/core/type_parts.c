/*
 * type_parts.c: the types that a type is made of.
 *
 * Who owns a type decides how deep it nests. Walking along every path is 2^n steps for n types of
 * two attributes each, so each type is visited once, in the order of distance, and there is an end.
 * Nothing is locked and no relation is opened: another session may be altering a type for as long
 * as it likes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "aidataops.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define MAX_PARTS      500
#define MAX_ATTRIBUTES 10000

typedef struct TypePart
{
	Oid type;
	char *path; /* to the first place where it was met */
} TypePart;

typedef struct TypeParts
{
	List *parts; /* of TypePart, the nearest first */
	List *seen;  /* of Oid */
	int attributes;
} TypeParts;

static void
too_large(const TypeParts *types, const char *what, int limit)
{
	const TypePart *first = linitial(types->parts);

	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("type %s is made of too many %s", format_type_be(first->type), what),
					errdetail("More than %d are not compared.", limit),
					errhint("Leave the column out, with a view, or give it a simpler type.")));
}

/* Built-in types are what they are. */
static void
add_part(TypeParts *types, Oid type, const char *path, const char *step)
{
	TypePart *part;

	if (type < FirstNormalObjectId || list_member_oid(types->seen, type))
		return;
	if (list_length(types->seen) >= MAX_PARTS)
		too_large(types, "types", MAX_PARTS);
	part = palloc(sizeof(TypePart));
	part->type = type;
	part->path = psprintf("%s%s", path, step);
	types->parts = lappend(types->parts, part);
	types->seen = lappend_oid(types->seen, type);
}

static int
number_of_attributes(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	int natts = 0;

	if (HeapTupleIsValid(tuple))
	{
		natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
		ReleaseSysCache(tuple);
	}
	return natts;
}

static void
add_attributes(TypeParts *types, Oid relation, const char *path)
{
	int natts = number_of_attributes(relation);

	types->attributes += natts;
	if (types->attributes > MAX_ATTRIBUTES)
		too_large(types, "attributes", MAX_ATTRIBUTES);
	for (int i = 1; i <= natts; i++)
	{
		HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(i));
		Form_pg_attribute attribute;

		if (!HeapTupleIsValid(tuple))
			continue;
		attribute = (Form_pg_attribute) GETSTRUCT(tuple);
		if (!attribute->attisdropped && attribute->atttypid >= FirstNormalObjectId)
			add_part(types, attribute->atttypid, path,
					 psprintf(".%s", NameStr(attribute->attname)));
		ReleaseSysCache(tuple);
	}
}

static void
add_what_it_is_made_of(TypeParts *types, const TypePart *part)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(part->type));
	FormData_pg_type type;

	CHECK_FOR_INTERRUPTS();
	if (!HeapTupleIsValid(tuple)) /* it was dropped just now */
		return;
	type = *(Form_pg_type) GETSTRUCT(tuple);
	ReleaseSysCache(tuple);
	if (OidIsValid(get_element_type(part->type)))
		add_part(types, type.typelem, part->path, "[]");
	switch (type.typtype)
	{
		case TYPTYPE_DOMAIN:
			add_part(types, type.typbasetype, part->path, "/");
			break;
		case TYPTYPE_RANGE:
			add_part(types, get_range_subtype(part->type), part->path, "..");
			break;
		case TYPTYPE_MULTIRANGE:
			add_part(types, get_range_subtype(get_multirange_range(part->type)), part->path, "..");
			break;
		case TYPTYPE_COMPOSITE:
			add_attributes(types, type.typrelid, part->path);
			break;
	}
}

/* type_parts(type): path, part */
PG_FUNCTION_INFO_V1(type_parts);
Datum
type_parts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TypeParts types = {0};

	InitMaterializedSRF(fcinfo, 0);
	add_part(&types, PG_GETARG_OID(0), "", "");
	for (int i = 0; i < list_length(types.parts); i++)
	{
		const TypePart *part = list_nth(types.parts, i);
		Datum values[2] = {CStringGetTextDatum(part->path), ObjectIdGetDatum(part->type)};
		bool nulls[2] = {false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		add_what_it_is_made_of(&types, part);
	}
	return (Datum) 0;
}
