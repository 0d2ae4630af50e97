/*
 * definition.h: what the rows of a relation are read from, and what their values mean.
 */
#ifndef AIDATAOPS_DEFINITION_H
#define AIDATAOPS_DEFINITION_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/*
 * The definition of a relation as bytes that are the same only while it is: its name, its columns and their types,
 * and all relations that are read for it. Who changes something and changes it back is found out, too.
 *
 * hold: composite types are locked against being altered. PostgreSQL alters none that a table has a column of, but
 * does not know of values that are kept elsewhere.
 */
extern StringInfo relation_definition(Oid relid, List *relations, bool hold);

#endif
