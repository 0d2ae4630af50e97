/*
 * kinds.c: kinds of rules, for those that a document names itself.
 */
#include "postgres.h"

#include <limits.h>

#include "aidataops.h"
#include "contract/kinds.h"
#include "contract/regex.h"
#include "contract/sql_text.h"
#include "contract/standard.h"

#define ANY_NUMBER INT_MAX
#define COUNTED    " rows percent "

static const Kind kinds[] = {
	{"required", false, NULL, NULL, 1, 1, ""},
	{"range", false, NULL, NULL, 1, 1, "min max min_exclusive max_exclusive"},
	{"length", false, NULL, NULL, 1, 1, "min max"},
	{"pattern", false, NULL, NULL, 1, 1, "regex!"},
	{"values", false, NULL, NULL, 1, 1, "values!"},
	{"not_values", false, NULL, NULL, 1, 1, "values!"},
	{"multiple_of", false, NULL, NULL, 1, 1, "divisor!"},
	{"format", false, NULL, NULL, 1, 1, "format!"},
	{"items", false, NULL, NULL, 1, 1, "min max unique"},
	{"properties", false, NULL, NULL, 1, 1, "min max required"},
	{"dimensions", false, NULL, NULL, 1, 1, "dimensions!"},
	{"compare", false, NULL, NULL, 2, 2, "operator!"},
	{"expression", false, NULL, NULL, 0, ANY_NUMBER, "sql!"},
	{"row_count", true, "rows", " rows ", 0, 0, ""},
	{"missing", true, "rows", COUNTED, 1, 1, "values"},
	{"invalid", true, "rows", COUNTED, 1, 2,
	 "check! min max min_exclusive max_exclusive regex values divisor format unique required "
	 "dimensions operator sql"},
	{"duplicates", true, "rows", COUNTED, 1, ANY_NUMBER, ""},
	{"unique", true, "rows", COUNTED, 1, ANY_NUMBER, ""},
	{"reference", true, "rows", COUNTED, 1, ANY_NUMBER, "relation! to!"},
	{"freshness", true, "seconds", " seconds ", 1, 1, ""},
	{"statistic", true, "none", NULL, 1, 1, "function! p"},
	{"sql", true, "none", NULL, 0, 1, "query!"},
	{"agreement", true, "none", " none percent ", 0, 0,
	 "coefficient! unit! rater! label! level weights"},
	{"accuracy", true, "none", " none percent ", 0, 0, "gold! key! label! gold_label"},
	{"drift", true, "none", " none ", 0, ANY_NUMBER, "reference! method"},
	{"coverage", true, "none", " none ", 1, ANY_NUMBER, "slices min_rows share"},
	{"model_share", true, "percent", COUNTED, 1, 1, "values!"},
	{"batch_volume", true, "rows", " rows ", 0, 0, ""},
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
	{" values to columns stages slices ", JSON_IS_ARRAY},
};

static bool
has_type(Compiler *compiler, const Json *it, const Kind *kind)
{
	static const char *const names[] = {
		[JSON_IS_NUMBER] = "a number", [JSON_IS_STRING] = "a string", [JSON_IS_ARRAY] = "an array"};

	for (size_t i = 0; i < lengthof(types); i++)
	{
		/* a service level's value and unit are checked where durations are */
		if (!has_word(types[i].names, it->key) || it->kind == types[i].kind ||
			strcmp(it->key, "value") == 0)
			continue;
		finding(compiler, FINDING_ERROR, it, "wrong_type",
				psprintf("%s is %s", it->key, json_kind_name(it)),
				psprintf("It must be %s.", names[types[i].kind]));
		return false;
	}
	return true;
}

/* What arguments may be, beyond their types; texts that name something, each with blanks around. */
static const struct
{
	const char *name;
	const char *words;
} vocabularies[] = {
	{"operator", " = <> < <= > >= "},
	{"function", " avg mean sum min max stddev median quantile avg_length min_length max_length "},
	{"check", " range length pattern values not_values multiple_of format items properties "
			  "dimensions compare expression "},
	{"coefficient", " krippendorff_alpha fleiss_kappa gwet_ac brennan_prediger percent_agreement "
					"conger_kappa light_kappa "},
	{"level", " nominal ordinal interval ratio "},
	{"method", " auto psi js_distance hellinger_distance total_variation_distance linf_distance "
			   "kl_divergence cramers_v chi2_test g_test ks_distance wasserstein_distance cohens_d "
			   "t_test frechet_distance cosine_distance "},
};

static bool
is_known_word(Compiler *compiler, const Json *it)
{
	for (size_t i = 0; i < lengthof(vocabularies); i++)
	{
		if (strcmp(vocabularies[i].name, it->key) != 0 || has_word(vocabularies[i].words, it->text))
			continue;
		finding(compiler, FINDING_ERROR, it, "unknown_value",
				psprintf("%s is %s", it->key, json_printed(it)),
				psprintf("Allowed:%s", vocabularies[i].words));
		return false;
	}
	return true;
}

static const struct
{
	const char *name;
	double min;
	double max;
} number_ranges[] = {{"p", 0, 1}, {"share", 0, 1}, {"min_rows", 0, 1e18}};

static bool
is_possible_number(Compiler *compiler, const Json *it)
{
	for (size_t i = 0; i < lengthof(number_ranges); i++)
	{
		double value;

		if (strcmp(number_ranges[i].name, it->key) != 0)
			continue;
		value = strtod(it->text, NULL);
		if (value >= number_ranges[i].min && value <= number_ranges[i].max)
			return true;
		finding(compiler, FINDING_ERROR, it, "invalid_value",
				psprintf("%s is %s", it->key, json_printed(it)),
				psprintf("It must be a number from %g to %g.", number_ranges[i].min,
						 number_ranges[i].max));
		return false;
	}
	return true;
}

static bool
is_filled_list(Compiler *compiler, const Json *it)
{
	if (it->count > 0)
		return true;
	finding(compiler, FINDING_ERROR, it, "empty_values", psprintf("%s is empty", it->key), NULL);
	return false;
}

static bool
check_argument(Compiler *compiler, const Json *it, const Kind *kind)
{
	if (!has_type(compiler, it, kind))
		return false;
	if (strcmp(it->key, "sql") == 0)
		return check_sql(compiler, it, it->text, true);
	if (strcmp(it->key, "query") == 0)
		return check_sql(compiler, it, it->text, false);
	if (it->kind == JSON_IS_ARRAY && strcmp(it->key, "stages") != 0)
		return is_filled_list(compiler, it);
	if (it->kind == JSON_IS_NUMBER)
		return is_possible_number(compiler, it);
	return it->kind != JSON_IS_STRING || is_known_word(compiler, it);
}

/* Arguments that go together. */
static bool
are_consistent(Compiler *compiler, const Kind *kind, const Json *implementation)
{
	const char *function = json_get_string(implementation, "function");

	if (function && strcmp(function, "quantile") == 0 && json_get(implementation, "p") == NULL)
	{
		finding(compiler, FINDING_ERROR, implementation, "missing_argument",
				pstrdup("quantile lacks p"), pstrdup("Which one: \"p\": 0.99."));
		return false;
	}
	return check_bounds_order(compiler, implementation);
}

/* Names of properties, which tables may name otherwise: they are told by column_member(). */
static bool
names_column(const Kind *kind, const char *argument)
{
	return (strcmp(kind->name, "agreement") == 0 && has_word(" unit rater label ", argument)) ||
		   (strcmp(kind->name, "accuracy") == 0 && has_word(" key label ", argument));
}

bool
column_member(Compiler *compiler, Object *object, const Json *value, const char *member,
			  Parameters *parameters, List **columns)
{
	const Json *name = json_get(value, member);
	Column *column = json_string(name) ? find_column(object, name->text) : NULL;

	if (name == NULL)
		return true;
	if (column == NULL)
	{
		finding(compiler, FINDING_ERROR, name, "dangling_reference",
				psprintf("object \"%s\" has no property %s", object->name, json_printed(name)),
				NULL);
		return false;
	}
	parameter_text(parameters, member, column->physical_name);
	*columns = lappend(*columns, column);
	return true;
}

/* Of slices by several columns each is an array of as many values. */
bool
has_even_slices(Compiler *compiler, const Json *slices, int columns)
{
	for (int i = 0; i < json_length(slices); i++)
	{
		const Json *slice = slices->children[i];

		if (slice->kind != JSON_IS_OBJECT &&
			(slice->kind == JSON_IS_ARRAY ? slice->count : 1) == columns)
			continue;
		finding(compiler, FINDING_ERROR, slice, "uneven_slice",
				psprintf("slice %s does not have %d values, one a column", json_printed(slice),
						 columns),
				NULL);
		return false;
	}
	return true;
}

bool
has_columns(Compiler *compiler, const Kind *kind, const Json *at, List *columns)
{
	int count = list_length(columns);

	if (count >= kind->min_columns && count <= kind->max_columns)
		return true;
	finding(compiler, FINDING_ERROR, at, "wrong_columns",
			psprintf("%s is about %d columns", kind->name, count),
			kind->max_columns == 0 ? pstrdup("It takes none.")
			: kind->max_columns == ANY_NUMBER
				? psprintf("It takes %d or more.", kind->min_columns)
				: psprintf("It takes %d: name them as \"columns\", or let the check stand at a "
						   "property.",
						   kind->max_columns));
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
	if (!are_consistent(compiler, kind, implementation))
		return NULL;
	for (int i = 0; i < implementation->count; i++)
	{
		const Json *it = implementation->children[i];

		if (strcmp(it->key, "kind") == 0 || strcmp(it->key, "columns") == 0)
			continue;
		if (!check_argument(compiler, it, kind))
			return NULL;
		if (names_column(kind, it->key))
			continue;
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
