/*
 * profiles.c: the distributions of a version's columns, kept with it.
 *
 * Of all rows, and of those that came and went since the parent: versions of a growing table share
 * most of their rows, so between two of them it is the rows that came in which drift shows. One
 * statement makes the profiles of all columns, so the table is read once for them, whatever
 * their number.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "core/identity.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "version/profiles.h"

/* The columns of a relation that are profiled. */
typedef struct ProfileCalls
{
	NullableDatum names; /* name[] */
	NullableDatum roles; /* text[] */
	char *calls;         /* NULL if there are none */
} ProfileCalls;

static ProfileCalls
profile_calls(const Source *source, Oid relid)
{
	Statement statement;
	ProfileCalls calls;

	statement_init(&statement,
				   "SELECT c.names, c.column_roles, c.calls FROM aidataops.dataset AS d, "
				   "aidataops._profile_calls($2, d.roles) AS c WHERE d.dataset_id = $1");
	statement_int4(&statement, source->dataset->id);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(relid), false);
	statement_run_as_catalog_owner(&statement);
	calls.names.value = result_value(1, &calls.names.isnull);
	calls.roles.value = result_value(2, &calls.roles.isnull);
	calls.calls = result_text(3);
	return calls;
}

/* An array of the profiles, in the order of the columns. */
static Datum
profiles_of(const Source *source, const char *calls, const char *from)
{
	Statement statement;
	bool isnull;
	int level = pin_text_of_values(); /* categories are counted by their text */

	statement_init(&statement,
				   psprintf("SELECT ARRAY[%s]::aidataops.profile[] FROM %s", calls, from));
	source_run(source, &statement);
	AtEOXact_GUC(false, level);
	return result_value(1, &isnull);
}

static void
param_profiles(Statement *statement, const Source *source, const char *calls, const char *from)
{
	bool none = calls == NULL || from == NULL;

	statement_param(statement, get_array_type(own_type("profile")),
					none ? (Datum) 0 : profiles_of(source, calls, from), none);
}

void
profiles_record(const Source *source, int32 number, const ProfiledRows *rows)
{
	ProfileCalls now = profile_calls(source, source->relid);
	ProfileCalls then = {.names.isnull = true};
	Statement statement;

	if (now.calls == NULL)
		return;
	if (rows->went)
		then = profile_calls(source, rows->went_relid);
	statement_init(
		&statement,
		"INSERT INTO aidataops.version_column (dataset_id, number, column_name, role, profile, "
		"profile_added, profile_removed) SELECT $1, $2, n.name, n.role, n.profile, n.came, t.went "
		"FROM ROWS FROM (unnest($3), unnest($4), unnest($5), unnest($6)) AS n (name, role, "
		"profile, "
		"came) LEFT JOIN ROWS FROM (unnest($7), unnest($8)) AS t (name, went) USING (name)");
	statement_int4(&statement, source->dataset->id);
	statement_int4(&statement, number);
	statement_param(&statement, NAMEARRAYOID, now.names.value, now.names.isnull);
	statement_param(&statement, TEXTARRAYOID, now.roles.value, now.roles.isnull);
	param_profiles(&statement, source, now.calls, psprintf("%s AS t", source->name));
	param_profiles(&statement, source, now.calls, rows->came);
	statement_param(&statement, NAMEARRAYOID, then.names.value, then.names.isnull);
	param_profiles(&statement, source, then.calls, rows->went);
	statement_run_as_catalog_owner(&statement);
}
