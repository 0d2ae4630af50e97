/*
 * lineage.c: settings of lineage, and whether it is captured: only by a library that was loaded before any statement.
 */
#include "postgres.h"

#include "access/xact.h"
#include "aidataops.h"
#include "lineage/capture.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/varlena.h"

bool lineage_enabled = true;
int lineage_on_error = ON_ERROR_WARN;
bool lineage_query_text = false;
char *lineage_exclude_schemas = NULL;

static const struct config_enum_entry on_error_options[] = {
	{"warn", ON_ERROR_WARN, false}, {"error", ON_ERROR_ERROR, false}, {NULL, 0, false}};

static bool
check_schemas(char **value, void **extra, GucSource source)
{
	List *names;
	char *copy = pstrdup(*value ? *value : "");
	bool result = SplitIdentifierString(copy, ',', &names);

	if (!result)
		GUC_check_errdetail("It must be a list of names of schemas, separated by commas.");
	list_free(names);
	pfree(copy);
	return result;
}

static void
assign_schemas(const char *value, void *extra)
{
	store_forget();
}

/* Plans that were made without looking are made again. */
static void
assign_enabled(bool value, void *extra)
{
	if (value && !lineage_enabled && capture_is_installed())
		ResetPlanCache();
}

static void
define_settings(void)
{
	DefineCustomBoolVariable("aidataops.lineage",
							 "Whether lineage is captured, if the library is preloaded.", NULL,
							 &lineage_enabled, true, PGC_SUSET, 0, NULL, assign_enabled, NULL);
	DefineCustomEnumVariable("aidataops.lineage_on_error",
							 "What becomes of a transaction whose lineage cannot be recorded.",
							 "warn: it is committed, with a warning; error: it fails.",
							 &lineage_on_error, ON_ERROR_WARN, on_error_options, PGC_SUSET, 0, NULL,
							 NULL, NULL);
	DefineCustomBoolVariable("aidataops.lineage_query_text",
							 "Whether the text of statements is kept beside its digest.",
							 "It may contain personal data.", &lineage_query_text, false, PGC_SUSET,
							 0, NULL, NULL, NULL);
	DefineCustomStringVariable("aidataops.lineage_exclude_schemas",
							   "Schemas whose relations have no lineage.",
							   "A list of names. System schemas and those of the extension are "
							   "always excluded.",
							   &lineage_exclude_schemas, "", PGC_SUSET, GUC_LIST_INPUT,
							   check_schemas, assign_schemas, NULL);
}

/* Loaded by the server or at the start of a session, and not by the first call of a function. */
static bool
is_preloaded(void)
{
	return process_shared_preload_libraries_in_progress || !IsTransactionState() ||
		   !IsNormalProcessingMode();
}

void
lineage_init(void)
{
	define_settings();
	if (!is_preloaded() || IsBinaryUpgrade)
		return;
	store_init();
	events_init();
	capture_init();
}
