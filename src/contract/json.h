/*
 * json.h: a jsonb document as a tree that knows its way up, for code that walks it and says where it is.
 */
#ifndef AIDATAOPS_CONTRACT_JSON_H
#define AIDATAOPS_CONTRACT_JSON_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

typedef enum JsonKind
{
	JSON_IS_NULL,
	JSON_IS_BOOLEAN,
	JSON_IS_NUMBER,
	JSON_IS_STRING,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT
} JsonKind;

typedef struct Json
{
	JsonKind kind;
	const struct Json *parent;
	const char *key; /* in its parent, if that is an object */
	int index;       /* in its parent */
	bool boolean;
	const char *text; /* of a string, or the digits of a number */
	Numeric number;
	int count;
	struct Json **children;
} Json;

/* Whether a list of words, with blanks around each, has one. */
extern bool has_word(const char *words, const char *word);

extern Json *json_tree(Jsonb *value);
extern Json *json_get(const Json *object, const char *key); /* NULL if it has none */
extern char *json_pointer(const Json *node);                /* RFC 6901 */
extern void json_write(StringInfo buf, const Json *node);
extern char *json_printed(const Json *node); /* for messages: short */
extern const char *json_kind_name(const Json *node);
extern int json_compare_numbers(const Json *a, const Json *b);
extern bool json_same(const Json *a, const Json *b); /* scalars */
extern bool json_is_whole(const Json *number);

static inline bool
json_is(const Json *node, JsonKind kind)
{
	return node && node->kind == kind;
}

/* The text of a string, NULL if it is none. */
static inline const char *
json_string(const Json *node)
{
	return json_is(node, JSON_IS_STRING) ? node->text : NULL;
}

static inline const char *
json_get_string(const Json *object, const char *key)
{
	return json_string(json_get(object, key));
}

static inline bool
json_is_true(const Json *node)
{
	return json_is(node, JSON_IS_BOOLEAN) && node->boolean;
}

/* Elements of an array: none if it is none. */
static inline int
json_length(const Json *array)
{
	return json_is(array, JSON_IS_ARRAY) ? array->count : 0;
}

#endif
