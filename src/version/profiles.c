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
#include "profile/profile.h"
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

/* Not the rows that were counted, so not those that were recorded. */
static void
check_counted(const Source *source, Datum profiles, int64 count)
{
	Oid type = own_type("profile");
	int16 typlen;
	bool typbyval;
	char typalign;
	Datum *values;
	bool *nulls;
	int nprofiles;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(profiles), type, typlen, typbyval, typalign, &values,
					  &nulls, &nprofiles);
	for (int i = 0; i < nprofiles; i++)
	{
		if ((nulls[i] ? 0 : profile_num_rows(profile_of_datum(values[i]))) != count)
			could_not_serialize(source->relid, "Its profiles are of other rows than were counted.");
	}
}

/* An array of the profiles, in the order of the columns. */
static NullableDatum
profiles_of(const Source *source, const char *calls, const ProfiledRows *rows)
{
	NullableDatum profiles = {.isnull = true};
	Statement statement;
	int level;

	if (calls == NULL || rows->from == NULL)
		return profiles;
	level = pin_text_of_values(); /* categories are counted by their text */
	statement_init(&statement,
				   psprintf("SELECT ARRAY[%s]::aidataops.profile[] FROM %s", calls, rows->from));
	source_run(source, &statement);
	AtEOXact_GUC(false, level);
	profiles.value = result_value(1, &profiles.isnull);
	check_counted(source, profiles.value, rows->count);
	return profiles;
}

Profiles
profiles_make(const Source *source, const ProfiledRows *all, const ProfiledRows *came,
			  const ProfiledRows *went, Oid went_relid)
{
	ProfileCalls now = profile_calls(source, source->relid);
	ProfileCalls then = {.names.isnull = true};
	Profiles profiles;

	if (now.calls && went->from)
		then = profile_calls(source, went_relid);
	profiles.names = now.names;
	profiles.roles = now.roles;
	profiles.all = profiles_of(source, now.calls, all);
	profiles.came = profiles_of(source, now.calls, came);
	profiles.names_then = then.names;
	profiles.went = profiles_of(source, then.calls, went);
	return profiles;
}

static void
param(Statement *statement, Oid type, NullableDatum datum)
{
	statement_param(statement, type, datum.value, datum.isnull);
}

void
profiles_record(const Source *source, int32 number, const Profiles *profiles)
{
	Oid type = get_array_type(own_type("profile"));
	Statement statement;

	statement_init(
		&statement,
		"INSERT INTO aidataops.version_column (dataset_id, number, column_name, role, profile, "
		"profile_added, profile_removed) SELECT $1, $2, n.name, n.role, n.profile, n.came, t.went "
		"FROM ROWS FROM (unnest($3), unnest($4), unnest($5), unnest($6)) AS n (name, role, "
		"profile, "
		"came) LEFT JOIN ROWS FROM (unnest($7), unnest($8)) AS t (name, went) USING (name)");
	statement_int4(&statement, source->dataset->id);
	statement_int4(&statement, number);
	param(&statement, NAMEARRAYOID, profiles->names);
	param(&statement, TEXTARRAYOID, profiles->roles);
	param(&statement, type, profiles->all);
	param(&statement, type, profiles->came);
	param(&statement, NAMEARRAYOID, profiles->names_then);
	param(&statement, type, profiles->went);
	statement_run_as_catalog_owner(&statement);
}
