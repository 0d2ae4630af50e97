/*
 * aidataops.h: what every file of the extension may use.
 */
#ifndef AIDATAOPS_H
#define AIDATAOPS_H

#include "compat.h"

/* Our schema is fixed, so that nothing depends on a search_path. */
#define AIDATAOPS_SCHEMA "aidataops"

/* Settings, defined in module.c. */
extern char *aidataops_actor;

#endif
