/*
 * definition.c: what the rows of a relation are read from, and what their values mean.
 *
 * A snapshot holds rows still, but not definitions: every statement is planned by what is defined when it
 * begins, and a lock on a table keeps nobody from attaching a partition or renaming a label of an enum. So
 * who reads a table in several statements notes the definition before, and compares it afterwards. Rows of the
 * system catalogs are noted by the transaction that wrote them: a label that was renamed, and renamed back,
 * is another row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "core/bytes.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "storage/lmgr.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "version/definition.h"

typedef struct Definition
{
	StringInfo bytes;
	List *types; /* that are in it */
	bool hold;   /* composite types are locked */
} Definition;

static void add_type(Definition *definition, Oid type);

static void
add_tuple(Definition *definition, HeapTuple tuple)
{
	bytes_put_u32(definition->bytes,
				  HeapTupleIsValid(tuple) ? HeapTupleHeaderGetRawXmin(tuple->t_data) : 0);
}

static void
add_labels(Definition *definition, Oid enumeration)
{
	CatCList *labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(enumeration));

	bytes_put_u32(definition->bytes, labels->n_members);
	for (int i = 0; i < labels->n_members; i++)
		add_tuple(definition, &labels->members[i]->tuple);
	ReleaseSysCacheList(labels);
}

static void
add_attributes(Definition *definition, Oid relid)
{
	HeapTuple tuple;

	if (definition->hold)
		LockRelationOid(relid, AccessShareLock);
	/* those that were dropped are there as well */
	for (int i = 1; HeapTupleIsValid(
			 tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(i)));
		 i++)
	{
		Oid type = ((Form_pg_attribute) GETSTRUCT(tuple))->atttypid;

		add_tuple(definition, tuple);
		ReleaseSysCache(tuple);
		add_type(definition, type);
	}
}

/* The types that a type is made of. */
static void
add_parts(Definition *definition, const FormData_pg_type *type)
{
	switch (type->typtype)
	{
		case TYPTYPE_ENUM:
			add_labels(definition, type->oid);
			break;
		case TYPTYPE_COMPOSITE:
			add_attributes(definition, type->typrelid);
			break;
		case TYPTYPE_DOMAIN:
			add_type(definition, type->typbasetype);
			break;
		case TYPTYPE_RANGE:
			add_type(definition, get_range_subtype(type->oid));
			break;
		case TYPTYPE_MULTIRANGE:
			add_type(definition, get_multirange_range(type->oid));
			break;
		default:
			add_type(definition, type->typelem);
	}
}

static void
add_type(Definition *definition, Oid type)
{
	HeapTuple tuple;

	if (type < FirstNormalObjectId || list_member_oid(definition->types, type))
		return;
	check_stack_depth();
	definition->types = lappend_oid(definition->types, type);
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bytes_put_u32(definition->bytes, type);
	add_tuple(definition, tuple);
	if (!HeapTupleIsValid(tuple))
		return;
	add_parts(definition, (FormData_pg_type *) GETSTRUCT(tuple));
	ReleaseSysCache(tuple);
}

static void
add_columns(Definition *definition, Oid relid)
{
	Relation relation = relation_open(relid, AccessShareLock);
	TupleDesc tupdesc = RelationGetDescr(relation);

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (attribute->attisdropped)
			continue;
		bytes_put(definition->bytes, NameStr(attribute->attname), NAMEDATALEN);
		bytes_put_u32(definition->bytes, attribute->atttypid);
		bytes_put_u32(definition->bytes, attribute->atttypmod);
		bytes_put_u32(definition->bytes, attribute->attcollation);
		add_type(definition, attribute->atttypid);
	}
	relation_close(relation, NoLock);
}

static void
add_text(Definition *definition, const char *text)
{
	bytes_put(definition->bytes, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* Relations that are read, and the queries of those that are views. */
static void
add_relations(Definition *definition, List *relations)
{
	List *sorted = list_copy(relations);
	ListCell *cell;

	list_sort(sorted, list_oid_cmp);
	foreach (cell, sorted)
	{
		Oid relid = lfirst_oid(cell);
		HeapTuple query;

		bytes_put_u32(definition->bytes, relid);
		if (get_rel_relkind(relid) != RELKIND_VIEW)
			continue;
		query = SearchSysCache2(RULERELNAME, ObjectIdGetDatum(relid),
								CStringGetDatum(ViewSelectRuleName));
		add_tuple(definition, query);
		if (HeapTupleIsValid(query))
			ReleaseSysCache(query);
	}
}

StringInfo
relation_definition(Oid relid, List *relations, bool hold)
{
	Definition definition = {.bytes = makeStringInfo(), .hold = hold};

	add_text(&definition, get_namespace_name(get_rel_namespace(relid)));
	add_text(&definition, get_rel_name(relid));
	add_columns(&definition, relid);
	add_relations(&definition, relations);
	return definition.bytes;
}
