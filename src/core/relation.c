/*
 * relation.c: relations that a caller named.
 */
#include "postgres.h"

#include "access/relation.h"
#include "core/relation.h"

Relation
open_relation(Oid relid, LOCKMODE lockmode)
{
	Relation relation = try_relation_open(relid, lockmode);

	if (relation == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid),
						errhint("It may have been dropped just now: name it again.")));
	return relation;
}
