/*
 * row_json.c: rows as JSON, such that they are the same rows again when they are read.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/row_json.h"
#include "contract/ruleset.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/guc.h"

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* Whatever the session's settings. */
Jsonb *
row_as_json(PlainJson *rows, HeapTuple tuple)
{
	int guc_level = NewGUCNestLevel();
	Jsonb *json;

	if (extra_float_digits < 1)
		set_for_now("extra_float_digits", "1");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_for_now("IntervalStyle", "postgres");
	if (DateStyle != USE_ISO_DATES)
		set_for_now("DateStyle", "ISO, YMD");
	json = plain_json_row(rows, tuple);
	AtEOXact_GUC(false, guc_level);
	return json;
}

Jsonb *
json_members(const Jsonb *object, char *const *names, int count)
{
	JsonbParseState *parse = NULL;

	if (count == 0)
		return NULL;
	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < count; i++)
	{
		JsonbValue name;
		JsonbValue *value = json_member((JsonbContainer *) &object->root, names[i]);

		if (value == NULL)
			return NULL;
		name.type = jbvString;
		name.val.string.val = names[i];
		name.val.string.len = strlen(names[i]);
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

Jsonb *
json_members_changed(const Jsonb *object, const Jsonb *other)
{
	JsonbParseState *parse = NULL;
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &object->root);
	JsonbIteratorToken token;
	JsonbValue name, value;

	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		JsonbValue *theirs;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		theirs = getKeyJsonValueFromContainer((JsonbContainer *) &other->root, name.val.string.val,
											  name.val.string.len, NULL);
		if (theirs && compareJsonbContainers(&JsonbValueToJsonb(&value)->root,
											 &JsonbValueToJsonb(theirs)->root) == 0)
			continue;
		pushJsonbValue(&parse, WJB_KEY, &name);
		pushJsonbValue(&parse, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}
