/*
 * kinds.c: kinds of rules, for those that a document names itself.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/kinds.h"
#include "contract/regex.h"
#include "contract/sql_text.h"

static const Kind kinds[] = {
	{"required", false, NULL, ""},
	{"range", false, NULL, "min max min_exclusive max_exclusive"},
	{"length", false, NULL, "min max"},
	{"pattern", false, NULL, "regex!"},
	{"values", false, NULL, "values!"},
	{"not_values", false, NULL, "values!"},
	{"multiple_of", false, NULL, "divisor!"},
	{"format", false, NULL, "format!"},
	{"items", false, NULL, "min max unique"},
	{"properties", false, NULL, "min max required"},
	{"dimensions", false, NULL, "dimensions!"},
	{"compare", false, NULL, "operator!"},
	{"expression", false, NULL, "sql!"},
	{"row_count", true, "rows", ""},
	{"missing", true, "rows", "values"},
	{"invalid", true, "rows",
	 "check! min max min_exclusive max_exclusive regex values divisor format unique required "
	 "dimensions operator sql"},
	{"duplicates", true, "rows", ""},
	{"unique", true, "rows", ""},
	{"reference", true, "rows", "relation! to!"},
	{"freshness", true, "seconds", ""},
	{"statistic", true, "none", "function! p"},
	{"sql", true, "none", "query!"},
	{"agreement", true, "none", "coefficient! unit! rater! label! level weights"},
	{"accuracy", true, "none", "gold! key! label! gold_label"},
	{"drift", true, "none", "reference! method"},
	{"coverage", true, "none", "slices min_rows share"},
	{"model_share", true, "percent", "values!"},
	{"batch_volume", true, "rows", ""},
};

const Kind *
kind_named(const char *name)
{
	for (size_t i = 0; name && i < lengthof(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

char *
kind_names(void)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (size_t i = 0; i < lengthof(kinds); i++)
		appendStringInfo(&buf, "%s%s", i ? ", " : "", kinds[i].name);
	return buf.data;
}

static bool
is_parameter(const Kind *kind, const char *name)
{
	const char *list = kind->parameters;
	int len = strlen(name);

	while (*list)
	{
		int n = strcspn(list, " ");

		if (strncmp(list, name, len) == 0 && (len == n || (len == n - 1 && list[len] == '!')))
			return true;
		list += n + (list[n] == ' ');
	}
	return false;
}

static bool
has_what_it_must(Compiler *compiler, const Kind *kind, const Json *implementation)
{
	const char *list = kind->parameters;
	bool complete = true;

	while (*list)
	{
		int n = strcspn(list, " ");

		if (list[n - 1] == '!')
		{
			char *name = pnstrdup(list, n - 1);

			if (json_get(implementation, name) == NULL)
			{
				finding(compiler, FINDING_ERROR, implementation, "missing_argument",
						psprintf("%s lacks %s", kind->name, name), NULL);
				complete = false;
			}
		}
		list += n + (list[n] == ' ');
	}
	return complete;
}

static bool
knows_all(Compiler *compiler, const Kind *kind, const Json *implementation)
{
	bool known = true;

	for (int i = 0; i < implementation->count; i++)
	{
		const Json *it = implementation->children[i];

		if (strcmp(it->key, "kind") == 0 || strcmp(it->key, "columns") == 0 ||
			is_parameter(kind, it->key))
			continue;
		finding(compiler, FINDING_ERROR, it, "unknown_argument",
				psprintf("%s has no %s", kind->name, it->key), NULL);
		known = false;
	}
	return known;
}

/* Of which types parameters are, whatever the kind; others may be anything. */
static const struct
{
	const char *names; /* surrounded by blanks */
	JsonKind kind;
} types[] = {
	{" regex format sql query operator check function coefficient unit rater label level key gold "
	 "gold_label reference method relation column object ",
	 JSON_IS_STRING},
	{" divisor dimensions p min_rows share value ", JSON_IS_NUMBER},
	{" values to columns stages ", JSON_IS_ARRAY},
};

static bool
has_type(Compiler *compiler, const Json *it, const Kind *kind)
{
	static const char *const names[] = {
		[JSON_IS_NUMBER] = "a number", [JSON_IS_STRING] = "a string", [JSON_IS_ARRAY] = "an array"};

	for (size_t i = 0; i < lengthof(types); i++)
	{
		/* a service level's value and unit are checked where durations are */
		if (!strstr(types[i].names, psprintf(" %s ", it->key)) || it->kind == types[i].kind ||
			strcmp(it->key, "value") == 0)
			continue;
		finding(compiler, FINDING_ERROR, it, "wrong_type",
				psprintf("%s is %s", it->key, json_kind_name(it)),
				psprintf("It must be %s.", names[types[i].kind]));
		return false;
	}
	return true;
}

static bool
is_one_of_words(const char *word, const char *words)
{
	return word && strstr(words, psprintf(" %s ", word));
}

static bool
check_argument(Compiler *compiler, const Json *it, const Kind *kind)
{
	const char *words = NULL;

	if (!has_type(compiler, it, kind))
		return false;
	if (strcmp(it->key, "sql") == 0)
		return check_sql(compiler, it, it->text, true);
	if (strcmp(it->key, "query") == 0)
		return check_sql(compiler, it, it->text, false);
	if (strcmp(it->key, "operator") == 0)
		words = " = <> < <= > >= ";
	else if (strcmp(it->key, "function") == 0)
		words = " avg sum min max stddev median quantile ";
	else if (strcmp(it->key, "check") == 0)
		words = " range length pattern values not_values multiple_of format items properties "
				"dimensions compare expression ";
	if (words == NULL || is_one_of_words(it->text, words))
		return true;
	finding(compiler, FINDING_ERROR, it, "unknown_value",
			psprintf("%s is %s", it->key, json_printed(it)), psprintf("Allowed:%s", words));
	return false;
}

Parameters *
kind_parameters(Compiler *compiler, const Kind *kind, const Json *implementation)
{
	Parameters *parameters = parameters_new();

	if (implementation->kind != JSON_IS_OBJECT)
	{
		finding(compiler, FINDING_ERROR, implementation, "wrong_type",
				psprintf("%s is %s", kind->name, json_kind_name(implementation)),
				pstrdup("It must be an object."));
		return NULL;
	}
	if (!has_what_it_must(compiler, kind, implementation) ||
		!knows_all(compiler, kind, implementation))
		return NULL;
	for (int i = 0; i < implementation->count; i++)
	{
		const Json *it = implementation->children[i];

		if (strcmp(it->key, "kind") == 0 || strcmp(it->key, "columns") == 0)
			continue;
		if (!check_argument(compiler, it, kind))
			return NULL;
		if (strcmp(it->key, "regex") == 0)
		{
			char *regex = compile_regex(compiler, it);

			if (regex == NULL)
				return NULL;
			parameter_text(parameters, "regex", regex);
		}
		else
			parameter_json(parameters, strcmp(it->key, "to") == 0 ? "columns" : it->key, it);
	}
	return parameters;
}
