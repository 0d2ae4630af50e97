/*
 * relation.h: relations that a caller named.
 */
#ifndef AIDATAOPS_CORE_RELATION_H
#define AIDATAOPS_CORE_RELATION_H

#include "utils/rel.h"

/* As relation_open(), but that there is none is an error of the user: any number is a regclass. */
extern Relation open_relation(Oid relid, LOCKMODE lockmode);

#endif
