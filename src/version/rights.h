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

#endif
