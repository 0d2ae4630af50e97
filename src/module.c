/*
 * module.c: what the shared library does when it is loaded. Only the capture of lineage needs preloading.
 */
#include "postgres.h"

#include "aidataops.h"
#include "core/record.h"
#include "core/state_memory.h"
#include "lineage/capture.h"
#include "utils/guc.h"

#if PG_VERSION_NUM >= 180000
PG_MODULE_MAGIC_EXT(.name = "aidataops", .version = AIDATAOPS_VERSION);
#else
PG_MODULE_MAGIC;
#endif

char *aidataops_actor = NULL;
static char *aidataops_openlineage_namespace = NULL; /* read by SQL alone */
static int aidataops_check_timeout = 600000;         /* read by SQL alone */

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	DefineCustomStringVariable("aidataops.actor",
							   "Person on whose behalf this session acts, where an application "
							   "shares one login.",
							   "Recorded with each version beside session_user. It is a claim of "
							   "the application, not an authenticated identity.",
							   &aidataops_actor, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable(
		"aidataops.openlineage_namespace", "What this server is called in OpenLineage events.",
		"For example postgres://db1:5432. Empty: postgres://localhost and the port.",
		&aidataops_openlineage_namespace, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"aidataops.check_timeout", "How long a statement of a check of a contract may take.",
		"A rule that takes longer is an error. 0 is without limit.", &aidataops_check_timeout,
		600000, 0, PG_INT32_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	state_memory_init();
	lineage_init();
	MarkGUCPrefixReserved("aidataops");

	record_encoder_init();
}
