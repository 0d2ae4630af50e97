/*
 * service_level.h: durations, and how fresh data must be.
 */
#ifndef AIDATAOPS_CONTRACT_SERVICE_LEVEL_H
#define AIDATAOPS_CONTRACT_SERVICE_LEVEL_H

#include "contract/compile.h"

extern double seconds_of(Compiler *compiler, const Json *value, const Json *unit);
extern void add_freshness(Compiler *compiler, Object *object, Column *column, const Json *at,
						  const char *name, double seconds);

#endif
