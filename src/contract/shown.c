/*
 * shown.c: which values of a row its writer may be told.
 *
 * Who may write a row need not be allowed to read it: a grant may name columns, and policies may hide rows. The
 * server leaves such values out of what it says of a failing row, and so does what enforces a contract: a value is
 * shown to those only who could have it by SELECT from the table, or from one that it is a part of.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "contract/shown.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

/* Adds the tables to a list of which one is a partition, or from which it inherits. */
static List *
with_parents_of(List *tables, Oid table, Relation catalog)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	scan = systable_beginscan(catalog, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		tables = list_append_unique_oid(tables, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	return tables;
}

/* A table and all that it is a part of. */
static List *
with_ancestors(Oid table)
{
	List *tables = list_make1_oid(table);
	Relation catalog = table_open(InheritsRelationId, AccessShareLock);

	for (int i = 0; i < list_length(tables); i++)
		tables = with_parents_of(tables, list_nth_oid(tables, i), catalog);
	table_close(catalog, AccessShareLock);
	return tables;
}

static bool
may_select(Oid table, const char *column)
{
	AttrNumber attnum = get_attnum(table, column);
	bool gone = false;

	if (check_enable_rls(table, InvalidOid, true) == RLS_ENABLED)
		return false;
	if (pg_class_aclcheck_ext(table, GetUserId(), ACL_SELECT, &gone) == ACLCHECK_OK && !gone)
		return true;
	return attnum != InvalidAttrNumber && !gone &&
		   pg_attribute_aclcheck_ext(table, attnum, GetUserId(), ACL_SELECT, &gone) ==
			   ACLCHECK_OK &&
		   !gone;
}

bool *
columns_hidden(Oid relation, const RuleList *list)
{
	bool *hidden = palloc(sizeof(bool) * (list->ncolumns + 1));
	List *tables = with_ancestors(relation);

	for (int i = 0; i < list->ncolumns; i++)
	{
		ListCell *cell;

		hidden[i] = true;
		foreach (cell, tables)
			if (may_select(lfirst_oid(cell), list->columns[i]))
				hidden[i] = false;
	}
	return hidden;
}
