/*
 * state_memory.h: a bound for aggregates that must keep what they are given, because a sort or a
 * graph of all of it comes last.
 */
#ifndef AIDATAOPS_CORE_STATE_MEMORY_H
#define AIDATAOPS_CORE_STATE_MEMORY_H

#include "compat.h"

/* aidataops.max_state_memory, in kilobytes */
extern int max_state_memory;

extern void state_memory_init(void);
pg_noreturn extern void state_memory_exceeded(Size bytes, const char *holder, const char *hint);

/* Raises when a state takes, or is about to take, more than it may. */
static inline void
state_memory_check(Size bytes, const char *holder, const char *hint)
{
	if (unlikely(bytes > (Size) max_state_memory * 1024))
		state_memory_exceeded(bytes, holder, hint);
}

#endif
