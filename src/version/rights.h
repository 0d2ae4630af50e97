/*
 * rights.h: who may read the rows of versions.
 */
#ifndef AIDATAOPS_RIGHTS_H
#define AIDATAOPS_RIGHTS_H

#include "version/catalog.h"

/*
 * Brings the policies of a dataset's history in line with those of its table. Does nothing, and locks
 * nothing, if they are.
 */
extern void rights_mirror(const Dataset *dataset);

/* Nobody but the owner reads a history table until rights_mirror(), which may find more columns in it. */
extern void rights_forget(Oid history);

#endif
