/*
 * kept.h: what a session keeps from one query to the next, and who uses it.
 *
 * It lives in a memory context of its own. When it becomes stale, by an invalidation that may come at any time, it is
 * taken out of the cache, and freed as soon as no query holds it any more.
 */
#ifndef AIDATAOPS_CONTRACT_KEPT_H
#define AIDATAOPS_CONTRACT_KEPT_H

#include "utils/memutils.h"
#include "utils/palloc.h"

typedef struct Kept
{
	MemoryContext context; /* in which it lives itself */
	bool stale;
	int holders;
} Kept;

static inline void
kept_release(void *argument)
{
	Kept *kept = argument;

	if (--kept->holders == 0 && kept->stale)
		MemoryContextDelete(kept->context);
}

/* Holds it until the memory context is reset or deleted. */
static inline void
kept_hold(Kept *kept, MemoryContext holder)
{
	MemoryContextCallback *callback = MemoryContextAlloc(holder, sizeof(MemoryContextCallback));

	callback->func = kept_release;
	callback->arg = kept;
	kept->holders++;
	MemoryContextRegisterResetCallback(holder, callback);
}

static inline void
kept_make_stale(Kept *kept)
{
	kept->stale = true;
	if (kept->holders == 0)
		MemoryContextDelete(kept->context);
}

#endif
