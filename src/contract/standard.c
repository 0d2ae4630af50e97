/*
 * standard.c: the form of documents of the Open Data Contract Standard, 3.0 to 3.2, as tables.
 *
 * After https://bitol-io.github.io/open-data-contract-standard: which objects there are, which fields they have, of which type,
 * since when. Objects are closed: a field that is not in its table is a finding, with the name that was probably meant.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/standard.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

typedef enum FieldType
{
	IS_TEXT,
	IS_FLAG,
	IS_WHOLE, /* number */
	IS_NUMBER,
	IS_SCALAR,
	IS_ANYTHING,
	IS_OBJECT,
	IS_TEXTS,   /* array of texts */
	IS_OBJECTS, /* array of objects */
	IS_ARRAY,
	IS_TEXT_OR_TEXTS,
	IS_TEXT_OR_OBJECT,
	IS_NUMBERS /* array of numbers */
} FieldType;

typedef struct Shape Shape;

typedef struct Field
{
	const char *name;
	FieldType type;
	const Shape *shape; /* of the object, or the objects; NULL: any */
	int since;          /* version of the standard; 0: always */
	bool required;
	const char *words; /* if only these are allowed, each with blanks around */
} Field;

struct Shape
{
	const char *name; /* with its article */
	const Field *fields;
	int nfields;
	bool open; /* may have other fields */
};

#define SHAPE(name, fields)                                                                        \
	{                                                                                              \
		name, fields, lengthof(fields), false                                                      \
	}
#define OPEN_SHAPE(name, fields)                                                                   \
	{                                                                                              \
		name, fields, lengthof(fields), true                                                       \
	}

static const Shape custom_property;
static const Shape definition;
static const Shape property;
static const Shape item;

#define COMMON_FIELDS                                                                              \
	{.name = "tags", .type = IS_TEXTS},                                                            \
		{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},               \
	{                                                                                              \
		.name = "authoritativeDefinitions", .type = IS_OBJECTS, .shape = &definition               \
	}

static const Field custom_property_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "property", .type = IS_TEXT, .required = true},
	{.name = "value", .type = IS_ANYTHING, .required = true},
	{.name = "description", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "vendor", .type = IS_TEXT, .since = STANDARD_3_2},
};
static const Shape custom_property = SHAPE("a custom property", custom_property_fields);

static const Field definition_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "url", .type = IS_TEXT, .required = true},
	{.name = "type", .type = IS_TEXT, .required = true},
	{.name = "description", .type = IS_TEXT},
};
static const Shape definition = SHAPE("an authoritative definition", definition_fields);

static const Field description_fields[] = {
	{.name = "usage", .type = IS_TEXT},
	{.name = "purpose", .type = IS_TEXT},
	{.name = "limitations", .type = IS_TEXT},
	{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},
	{.name = "authoritativeDefinitions", .type = IS_OBJECTS, .shape = &definition},
};
static const Shape description = OPEN_SHAPE("a description", description_fields);

static const Field role_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "role", .type = IS_TEXT, .required = true},
	{.name = "description", .type = IS_TEXT},
	{.name = "access", .type = IS_TEXT},
	{.name = "firstLevelApprovers", .type = IS_TEXT},
	{.name = "secondLevelApprovers", .type = IS_TEXT},
	{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},
};
static const Shape role = SHAPE("a role", role_fields);

static const Field member_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "username", .type = IS_TEXT, .required = true},
	{.name = "name", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT},
	{.name = "role", .type = IS_TEXT},
	{.name = "dateIn", .type = IS_TEXT},
	{.name = "dateOut", .type = IS_TEXT},
	{.name = "replacedByUsername", .type = IS_TEXT},
	COMMON_FIELDS,
};
static const Shape member = SHAPE("a member of a team", member_fields);

static const Field team_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "name", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT},
	{.name = "members", .type = IS_OBJECTS, .shape = &member},
	COMMON_FIELDS,
};
static const Shape team = SHAPE("a team", team_fields);

/* Which further fields a server has depends on its type. */
static const Field server_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "server", .type = IS_TEXT, .required = true},
	{.name = "type", .type = IS_TEXT, .required = true},
	{.name = "description", .type = IS_TEXT},
	{.name = "environment", .type = IS_TEXT},
	{.name = "roles", .type = IS_OBJECTS, .shape = &role},
	{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},
};
static const Shape server = OPEN_SHAPE("a server", server_fields);

static const Field support_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "channel", .type = IS_TEXT, .required = true},
	{.name = "url", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT},
	{.name = "tool", .type = IS_TEXT},
	{.name = "scope", .type = IS_TEXT},
	{.name = "invitationUrl", .type = IS_TEXT},
	{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},
};
static const Shape support = SHAPE("a channel of support", support_fields);

static const Field price_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "priceAmount", .type = IS_NUMBER},
	{.name = "priceCurrency", .type = IS_TEXT},
	{.name = "priceUnit", .type = IS_TEXT},
};
static const Shape price = SHAPE("a price", price_fields);

static const Field level_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "property", .type = IS_TEXT, .required = true},
	{.name = "value", .type = IS_SCALAR, .required = true},
	{.name = "valueExt", .type = IS_SCALAR},
	{.name = "unit", .type = IS_TEXT},
	{.name = "element", .type = IS_TEXT},
	{.name = "driver", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "scheduler", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "schedule", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "customProperties",
	 .type = IS_OBJECTS,
	 .shape = &custom_property,
	 .since = STANDARD_3_2},
};
static const Shape level = SHAPE("a service level", level_fields);

static const Field relationship_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_2},
	{.name = "type", .type = IS_TEXT, .words = " foreignKey "},
	{.name = "from", .type = IS_TEXT_OR_TEXTS},
	{.name = "to", .type = IS_TEXT_OR_TEXTS, .required = true},
	{.name = "customProperties", .type = IS_OBJECTS, .shape = &custom_property},
};
static const Shape relationship = SHAPE("a relationship", relationship_fields);

static const Field check_fields[] = {
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "name", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT},
	{.name = "type", .type = IS_TEXT, .words = " text library sql custom "},
	{.name = "metric", .type = IS_TEXT, .since = STANDARD_3_1},
	{.name = "rule", .type = IS_TEXT},
	{.name = "arguments", .type = IS_OBJECT, .since = STANDARD_3_1},
	{.name = "mustBe", .type = IS_ANYTHING},
	{.name = "mustNotBe", .type = IS_ANYTHING},
	{.name = "mustBeGreaterThan", .type = IS_ANYTHING},
	{.name = "mustBeGreaterOrEqualTo", .type = IS_ANYTHING},
	{.name = "mustBeLessThan", .type = IS_ANYTHING},
	{.name = "mustBeLessOrEqualTo", .type = IS_ANYTHING},
	{.name = "mustBeBetween", .type = IS_ANYTHING},
	{.name = "mustNotBeBetween", .type = IS_ANYTHING},
	{.name = "unit", .type = IS_TEXT},
	{.name = "query", .type = IS_TEXT},
	{.name = "engine", .type = IS_TEXT},
	{.name = "implementation", .type = IS_TEXT_OR_OBJECT},
	{.name = "dimension",
	 .type = IS_TEXT,
	 .words = " accuracy completeness conformity consistency coverage timeliness uniqueness "
			  "ac cp cf cs cv tm uq "},
	{.name = "method", .type = IS_TEXT},
	{.name = "severity", .type = IS_TEXT},
	{.name = "businessImpact", .type = IS_TEXT},
	{.name = "schedule", .type = IS_TEXT},
	{.name = "scheduler", .type = IS_TEXT},
	COMMON_FIELDS,
};
static const Shape check = SHAPE("a quality check", check_fields);

/* Until 3.0 a check could have arguments beside its rule. */
static const Shape old_check = OPEN_SHAPE("a quality check", check_fields);

static const Field enum_fields[] = {
	{.name = "value", .type = IS_SCALAR, .required = true},
	{.name = "label", .type = IS_TEXT},
	{.name = "id", .type = IS_TEXT},
	{.name = "description", .type = IS_TEXT},
	COMMON_FIELDS,
};
static const Shape enum_value = SHAPE("a value of enum", enum_fields);

static const Field vector_fields[] = {
	{.name = "dimensions", .type = IS_WHOLE, .required = true},
	{.name = "elementType", .type = IS_TEXT},
	{.name = "distanceMetric", .type = IS_TEXT},
	{.name = "embeddingModel", .type = IS_TEXT},
	{.name = "embeddingModelVersion", .type = IS_TEXT},
	{.name = "normalized", .type = IS_FLAG},
};
static const Shape vector = OPEN_SHAPE("a vector", vector_fields);

static const Field map_fields[] = {
	{.name = "key", .type = IS_OBJECT, .shape = &item, .required = true},
	{.name = "value", .type = IS_OBJECT, .shape = &item, .required = true},
};
static const Shape map = SHAPE("a map", map_fields);

#define ELEMENT_FIELDS                                                                             \
	{.name = "id", .type = IS_TEXT, .since = STANDARD_3_1},                                        \
		{.name = "physicalName", .type = IS_TEXT}, {.name = "physicalType", .type = IS_TEXT},      \
		{.name = "description", .type = IS_TEXT}, {.name = "businessName", .type = IS_TEXT},       \
		{.name = "quality", .type = IS_OBJECTS, .shape = &check},                                  \
		{.name = "relationships",                                                                  \
		 .type = IS_OBJECTS,                                                                       \
		 .shape = &relationship,                                                                   \
		 .since = STANDARD_3_1},                                                                   \
		{.name = "synonyms", .type = IS_ARRAY, .since = STANDARD_3_2},                             \
		{.name = "context", .type = IS_ANYTHING, .since = STANDARD_3_2},                           \
		{.name = "deprecated", .type = IS_ANYTHING, .since = STANDARD_3_2}, COMMON_FIELDS

#define PROPERTY_FIELDS                                                                            \
	ELEMENT_FIELDS, {.name = "primaryKey", .type = IS_FLAG},                                       \
		{.name = "primaryKeyPosition", .type = IS_WHOLE},                                          \
		{.name = "logicalType",                                                                    \
		 .type = IS_TEXT,                                                                          \
		 .words = " string date timestamp time number integer object array boolean map vector "},  \
		{.name = "logicalTypeOptions", .type = IS_OBJECT}, {.name = "required", .type = IS_FLAG},  \
		{.name = "unique", .type = IS_FLAG}, {.name = "partitioned", .type = IS_FLAG},             \
		{.name = "partitionKeyPosition", .type = IS_WHOLE},                                        \
		{.name = "classification", .type = IS_TEXT}, {.name = "encryptedName", .type = IS_TEXT},   \
		{.name = "transformSourceObjects", .type = IS_TEXTS},                                      \
		{.name = "transformLogic", .type = IS_TEXT},                                               \
		{.name = "transformDescription", .type = IS_TEXT}, {.name = "examples", .type = IS_ARRAY}, \
		{.name = "criticalDataElement", .type = IS_FLAG},                                          \
		{.name = "properties", .type = IS_OBJECTS, .shape = &property},                            \
		{.name = "items", .type = IS_OBJECT, .shape = &item},                                      \
		{.name = "enum", .type = IS_OBJECTS, .shape = &enum_value, .since = STANDARD_3_2},         \
		{.name = "vector", .type = IS_OBJECT, .shape = &vector, .since = STANDARD_3_2},            \
		{.name = "map", .type = IS_OBJECT, .shape = &map, .since = STANDARD_3_2},                  \
	{                                                                                              \
		.name = "semanticType", .type = IS_TEXT, .since = STANDARD_3_2                             \
	}

static const Field property_fields[] = {
	{.name = "name", .type = IS_TEXT, .required = true},
	PROPERTY_FIELDS,
};
static const Shape property = SHAPE("a property", property_fields);

static const Field item_fields[] = {
	{.name = "name", .type = IS_TEXT},
	PROPERTY_FIELDS,
};
static const Shape item = SHAPE("items", item_fields);

static const Field object_fields[] = {
	{.name = "name", .type = IS_TEXT, .required = true},
	ELEMENT_FIELDS,
	{.name = "logicalType", .type = IS_TEXT, .words = " object "},
	{.name = "dataGranularityDescription", .type = IS_TEXT},
	{.name = "properties", .type = IS_OBJECTS, .shape = &property},
};
static const Shape object = SHAPE("an object of the schema", object_fields);

static const Field document_fields[] = {
	{.name = "version", .type = IS_TEXT, .required = true},
	{.name = "apiVersion", .type = IS_TEXT, .required = true},
	{.name = "kind", .type = IS_TEXT, .required = true, .words = " DataContract "},
	{.name = "id", .type = IS_TEXT, .required = true},
	{.name = "status", .type = IS_TEXT},
	{.name = "name", .type = IS_TEXT},
	{.name = "tenant", .type = IS_TEXT},
	{.name = "servers", .type = IS_OBJECTS, .shape = &server},
	{.name = "dataProduct", .type = IS_TEXT},
	{.name = "description", .type = IS_OBJECT, .shape = &description},
	{.name = "domain", .type = IS_TEXT},
	{.name = "schema", .type = IS_OBJECTS, .shape = &object},
	{.name = "support", .type = IS_OBJECTS, .shape = &support},
	{.name = "price", .type = IS_OBJECT, .shape = &price},
	{.name = "team", .type = IS_ANYTHING},
	{.name = "roles", .type = IS_OBJECTS, .shape = &role},
	{.name = "slaDefaultElement", .type = IS_TEXT},
	{.name = "slaProperties", .type = IS_OBJECTS, .shape = &level},
	{.name = "contractCreatedTs", .type = IS_TEXT},
	{.name = "context", .type = IS_ANYTHING, .since = STANDARD_3_2},
	COMMON_FIELDS,
};
static const Shape document = SHAPE("a contract", document_fields);

/* ------------------------------------------------------------------------- suggestions ---- */

/* NULL if nothing is near. */
char *
did_you_mean(const char *word, const char *const *words, int count)
{
	int len = strlen(word);
	int best = Min(4, len / 2 + 1);
	const char *nearest = NULL;

	if (len > 64)
		return NULL;
	for (int i = 0; i < count; i++)
	{
		int distance = varstr_levenshtein_less_equal(word, len, words[i], strlen(words[i]), 1, 1, 1,
													 best, false);

		if (distance < best)
		{
			best = distance;
			nearest = words[i];
		}
	}
	return nearest ? psprintf("Did you mean %s?", nearest) : NULL;
}

/* With so many findings nobody reads the hints, and each takes a while. */
#define MAX_HINTS 1000

static char *
nearest_field(const Compiler *compiler, const Shape *shape, const char *word)
{
	const char **names = palloc(sizeof(char *) * shape->nfields);

	if (list_length(compiler->findings) > MAX_HINTS)
		return NULL;
	for (int i = 0; i < shape->nfields; i++)
		names[i] = shape->fields[i].name;
	return did_you_mean(word, names, shape->nfields);
}

/* ------------------------------------------------------------------------------ values ---- */

static void check_object(Compiler *compiler, const Json *json, const Shape *shape);

static const char *
type_name(FieldType type)
{
	static const char *const names[] = {"a string",
										"true or false",
										"a whole number",
										"a number",
										"no array or object",
										"anything",
										"an object",
										"an array of strings",
										"an array of objects",
										"an array",
										"a string, or an array of strings",
										"a string or an object",
										"an array of numbers"};

	return names[type];
}

static bool
all_are(const Json *array, JsonKind kind)
{
	for (int i = 0; i < json_length(array); i++)
		if (array->children[i]->kind != kind)
			return false;
	return json_is(array, JSON_IS_ARRAY);
}

static bool
is_of_type(const Json *value, FieldType type)
{
	switch (type)
	{
		case IS_TEXT:
			return value->kind == JSON_IS_STRING;
		case IS_FLAG:
			return value->kind == JSON_IS_BOOLEAN;
		case IS_WHOLE:
			return value->kind == JSON_IS_NUMBER && json_is_whole(value);
		case IS_NUMBER:
			return value->kind == JSON_IS_NUMBER;
		case IS_SCALAR:
			return value->kind != JSON_IS_ARRAY && value->kind != JSON_IS_OBJECT;
		case IS_OBJECT:
			return value->kind == JSON_IS_OBJECT;
		case IS_TEXTS:
			return all_are(value, JSON_IS_STRING);
		case IS_OBJECTS:
			return all_are(value, JSON_IS_OBJECT);
		case IS_ARRAY:
			return value->kind == JSON_IS_ARRAY;
		case IS_TEXT_OR_TEXTS:
			return value->kind == JSON_IS_STRING || all_are(value, JSON_IS_STRING);
		case IS_TEXT_OR_OBJECT:
			return value->kind == JSON_IS_STRING || value->kind == JSON_IS_OBJECT;
		case IS_NUMBERS:
			return all_are(value, JSON_IS_NUMBER);
		default:
			return true;
	}
}

static void
check_word(Compiler *compiler, const Json *value, const Field *field)
{
	if (field->words == NULL || has_word(field->words, value->text))
		return;
	finding(compiler, FINDING_ERROR, value, "unknown_value",
			psprintf("%s is %s", field->name, json_printed(value)),
			psprintf("Allowed:%s", field->words));
}

static int
compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Json *) lfirst(a))->text, ((const Json *) lfirst(b))->text);
}

/* Elements of an array that have the same text in a field. */
static void
check_unlike(Compiler *compiler, const Json *array, const char *field, const char *code)
{
	List *texts = NIL;

	for (int i = 0; i < array->count; i++)
	{
		Json *it = json_get(array->children[i], field);

		if (json_string(it))
			texts = lappend(texts, it);
	}
	list_sort(texts, compare_texts); /* stable or not: all but one of the same are findings */
	for (int i = 1; i < list_length(texts); i++)
	{
		const Json *it = list_nth(texts, i);

		if (strcmp(it->text, ((const Json *) list_nth(texts, i - 1))->text) == 0)
			finding(compiler, FINDING_ERROR, it, code,
					psprintf("%s %s is not the only one", field, json_printed(it)), NULL);
	}
}

static void
check_value(Compiler *compiler, const Json *value, const Field *field)
{
	const Shape *shape = field->shape;

	if (!is_of_type(value, field->type))
	{
		finding(compiler, FINDING_ERROR, value, "wrong_type",
				psprintf("%s is %s", field->name, json_kind_name(value)),
				psprintf("It must be %s.", type_name(field->type)));
		return;
	}
	if (value->kind == JSON_IS_STRING)
		check_word(compiler, value, field);
	if (shape == &check && compiler->standard == STANDARD_3_0)
		shape = &old_check;
	if (shape && value->kind == JSON_IS_OBJECT)
		check_object(compiler, value, shape);
	if (shape && field->type == IS_OBJECTS)
	{
		check_unlike(compiler, value, "id", "duplicate_id");
		if (shape == &property || shape == &object)
			check_unlike(compiler, value, "name", "duplicate_name");
		for (int i = 0; i < value->count; i++)
			check_object(compiler, value->children[i], shape);
	}
}

/* ----------------------------------------------------------------------------- objects ---- */

static const Field *
field_named(const Shape *shape, const char *name)
{
	for (int i = 0; i < shape->nfields; i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return &shape->fields[i];
	return NULL;
}

/* 3.2 is young: what is not in the tables may be in the standard. */
static void
unknown_field(Compiler *compiler, const Json *json, const Shape *shape)
{
	finding(compiler, compiler->standard >= STANDARD_3_2 ? FINDING_WARNING : FINDING_ERROR, json,
			"unknown_field", psprintf("%s has no field \"%s\"", shape->name, json->key),
			nearest_field(compiler, shape, json->key));
}

static void
check_field(Compiler *compiler, const Json *json, const Shape *shape)
{
	const Field *field = field_named(shape, json->key);

	if (field == NULL)
	{
		if (!shape->open)
			unknown_field(compiler, json, shape);
		return;
	}
	if (field->since > compiler->standard)
		finding(compiler, FINDING_ERROR, json, "later_field",
				psprintf("field \"%s\" came with version 3.%d of the standard", field->name,
						 field->since - STANDARD_3_0),
				psprintf("Raise apiVersion to v3.%d.0.", field->since - STANDARD_3_0));
	check_value(compiler, json, field);
}

static void
check_object(Compiler *compiler, const Json *json, const Shape *shape)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < json->count; i++)
		check_field(compiler, json->children[i], shape);
	for (int i = 0; i < shape->nfields; i++)
		if (shape->fields[i].required && json_get(json, shape->fields[i].name) == NULL)
			finding(compiler, FINDING_ERROR, json, "missing_field",
					psprintf("%s lacks \"%s\"", shape->name, shape->fields[i].name), NULL);
	if (shape == &property || shape == &item)
		check_options(compiler, json);
	if (field_named(shape, "schedule"))
		check_schedule(compiler, json);
}

/* ------------------------------------------------------------------------ the document ---- */

static bool
is_semantic_version(const char *version)
{
	for (int part = 0; part < 3; part++)
	{
		int digits = strspn(version, "0123456789");

		if (digits == 0 || digits > 9 || version[digits] != (part < 2 ? '.' : '\0'))
			return false;
		version += digits + 1;
	}
	return true;
}

static void
check_version(Compiler *compiler)
{
	const Json *version = json_get(compiler->document, "version");
	const Json *standard = json_get(compiler->document, "apiVersion");

	if (json_string(version) && !is_semantic_version(version->text))
		finding(compiler, FINDING_ERROR, version, "invalid_version",
				psprintf("version is %s", json_printed(version)),
				pstrdup("Versions are major.minor.patch: 1.0.0. What changed decides which of them "
						"grows: see compare_contracts()."));
	if (json_string(standard) && strncmp(standard->text, "v3.0.", 5) != 0 &&
		strncmp(standard->text, "v3.1.", 5) != 0 && strncmp(standard->text, "v3.2.", 5) != 0)
		finding(compiler, FINDING_ERROR, standard, "unsupported_standard",
				psprintf("apiVersion is %s", json_printed(standard)),
				pstrdup("Documents of v3.0.0 to v3.2.0 are read."));
}

static void
check_status(Compiler *compiler)
{
	static const char known[] = " proposed draft active deprecated retired ";
	const Json *status = json_get(compiler->document, "status");

	if (status == NULL && compiler->standard < STANDARD_3_2)
		finding(compiler, FINDING_ERROR, compiler->document, "missing_field",
				pstrdup("a contract lacks \"status\""), pstrdup("Begin with draft."));
	else if (json_string(status) && !has_word(known, status->text))
		finding(compiler, FINDING_WARNING, status, "unknown_status",
				psprintf("status %s counts as draft", json_printed(status)),
				pstrdup("Statuses are draft, proposed, active, deprecated and retired."));
}

static void
check_id(Compiler *compiler)
{
	const Json *id = json_get(compiler->document, "id");

	if (json_string(id) && (id->text[0] == '\0' || strlen(id->text) > 200))
		finding(compiler, FINDING_ERROR, id, "invalid_value",
				psprintf("id has %zu bytes", strlen(id->text)), pstrdup("It has 1 to 200."));
}

static void
check_team(Compiler *compiler)
{
	static const Field object_field = {.name = "team", .type = IS_OBJECT, .shape = &team};
	static const Field array_field = {.name = "team", .type = IS_OBJECTS, .shape = &member};
	const Json *value = json_get(compiler->document, "team");

	if (value)
		check_value(compiler, value, json_is(value, JSON_IS_OBJECT) ? &object_field : &array_field);
}

void
check_form(Compiler *compiler)
{
	if (compiler->document->kind != JSON_IS_OBJECT)
	{
		finding(compiler, FINDING_ERROR, compiler->document, "wrong_type",
				psprintf("a contract is %s", json_kind_name(compiler->document)),
				pstrdup("It must be an object."));
		return;
	}
	check_object(compiler, compiler->document, &document);
	check_version(compiler);
	check_status(compiler);
	check_id(compiler);
	check_team(compiler);
}
