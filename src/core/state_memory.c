/*
 * state_memory.c: the setting aidataops.max_state_memory and its error.
 */
#include "postgres.h"

#include <limits.h>

#include "core/state_memory.h"
#include "utils/guc.h"

int max_state_memory;

void
state_memory_init(void)
{
	DefineCustomIntVariable("aidataops.max_state_memory",
							"Memory that one aggregate may take which has to keep its input.",
							"Consensus, label quality, ratings and comparisons keep all labels of "
							"a group in memory. Beyond this they stop with an error.",
							&max_state_memory, 1024 * 1024, 64, MAX_KILOBYTES, PGC_USERSET,
							GUC_UNIT_KB, NULL, NULL, NULL);
}

void
state_memory_exceeded(Size bytes, const char *holder, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s would take %zu kB of memory, more than aidataops.max_state_memory allows",
					holder, (bytes + 1023) / 1024),
			 errdetail("The setting is %d kB.", max_state_memory), errhint("%s", hint)));
}
