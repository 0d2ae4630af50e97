/*
 * json.c: a jsonb document as a tree that knows its way up.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/json.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#define PRINTED_LENGTH 60

static Json *
node_of_value(const JsonbValue *value)
{
	Json *node = palloc0(sizeof(Json));

	switch (value->type)
	{
		case jbvString:
			node->kind = JSON_IS_STRING;
			node->text = pnstrdup(value->val.string.val, value->val.string.len);
			break;
		case jbvNumeric:
			node->kind = JSON_IS_NUMBER;
			node->number = value->val.numeric;
			node->text =
				DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(node->number)));
			break;
		case jbvBool:
			node->kind = JSON_IS_BOOLEAN;
			node->boolean = value->val.boolean;
			break;
		default:
			node->kind = JSON_IS_NULL;
			break;
	}
	return node;
}

static void
adopt(Json *parent, Json *child, const char *key, int *capacity)
{
	if (parent->count == *capacity)
	{
		*capacity = Max(8, *capacity * 2);
		parent->children = parent->children
							   ? repalloc_huge(parent->children, sizeof(Json *) * *capacity)
							   : palloc(sizeof(Json *) * *capacity);
	}
	child->parent = parent;
	child->key = key;
	child->index = parent->count;
	parent->children[parent->count++] = child;
}

/* The container whose beginning the iterator has just told. */
static Json *
read_container(JsonbIterator **it, JsonKind kind)
{
	Json *node = palloc0(sizeof(Json));
	const char *key = NULL;
	int capacity = 0;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	node->kind = kind;
	for (;;)
	{
		JsonbValue value;
		JsonbIteratorToken token = JsonbIteratorNext(it, &value, false);

		switch (token)
		{
			case WJB_KEY:
				key = pnstrdup(value.val.string.val, value.val.string.len);
				break;
			case WJB_VALUE:
			case WJB_ELEM:
				adopt(node, node_of_value(&value), key, &capacity);
				break;
			case WJB_BEGIN_OBJECT:
				adopt(node, read_container(it, JSON_IS_OBJECT), key, &capacity);
				break;
			case WJB_BEGIN_ARRAY:
				adopt(node, read_container(it, JSON_IS_ARRAY), key, &capacity);
				break;
			default:
				return node;
		}
	}
}

Json *
json_tree(Jsonb *value)
{
	JsonbIterator *it = JsonbIteratorInit(&value->root);
	JsonbValue first;
	JsonbIteratorToken token = JsonbIteratorNext(&it, &first, false);
	Json *root;

	if (token == WJB_BEGIN_OBJECT)
		return read_container(&it, JSON_IS_OBJECT);
	root = read_container(&it, JSON_IS_ARRAY);
	if (!first.val.array.rawScalar)
		return root;
	root->children[0]->parent = NULL;
	return root->children[0];
}

Json *
json_get(const Json *object, const char *key)
{
	if (json_is(object, JSON_IS_OBJECT))
		for (int i = 0; i < object->count; i++)
			if (strcmp(object->children[i]->key, key) == 0)
				return object->children[i];
	return NULL;
}

static void
write_pointer(StringInfo buf, const Json *node)
{
	check_stack_depth();
	if (node->parent == NULL)
		return;
	write_pointer(buf, node->parent);
	appendStringInfoChar(buf, '/');
	if (node->key == NULL)
	{
		appendStringInfo(buf, "%d", node->index);
		return;
	}
	for (const char *c = node->key; *c; c++)
		if (*c == '~')
			appendStringInfoString(buf, "~0");
		else if (*c == '/')
			appendStringInfoString(buf, "~1");
		else
			appendStringInfoChar(buf, *c);
}

char *
json_pointer(const Json *node)
{
	StringInfoData buf;

	initStringInfo(&buf);
	write_pointer(&buf, node);
	return buf.data;
}

static void
write_children(StringInfo buf, const Json *node)
{
	for (int i = 0; i < node->count; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		if (node->kind == JSON_IS_OBJECT)
		{
			escape_json(buf, node->children[i]->key);
			appendStringInfoString(buf, ": ");
		}
		json_write(buf, node->children[i]);
	}
}

void
json_write(StringInfo buf, const Json *node)
{
	check_stack_depth();
	switch (node->kind)
	{
		case JSON_IS_NULL:
			appendStringInfoString(buf, "null");
			break;
		case JSON_IS_BOOLEAN:
			appendStringInfoString(buf, node->boolean ? "true" : "false");
			break;
		case JSON_IS_NUMBER:
			appendStringInfoString(buf, node->text);
			break;
		case JSON_IS_STRING:
			escape_json(buf, node->text);
			break;
		default:
			appendStringInfoChar(buf, node->kind == JSON_IS_ARRAY ? '[' : '{');
			write_children(buf, node);
			appendStringInfoChar(buf, node->kind == JSON_IS_ARRAY ? ']' : '}');
			break;
	}
}

char *
json_printed(const Json *node)
{
	StringInfoData buf;

	initStringInfo(&buf);
	json_write(&buf, node);
	if (buf.len > PRINTED_LENGTH)
	{
		buf.len = pg_mbcliplen(buf.data, buf.len, PRINTED_LENGTH);
		buf.data[buf.len] = '\0';
		appendStringInfoString(&buf, "...");
	}
	return buf.data;
}

const char *
json_kind_name(const Json *node)
{
	static const char *const names[] = {"null",     "a boolean", "a number",
										"a string", "an array",  "an object"};

	return names[node->kind];
}

int
json_compare_numbers(const Json *a, const Json *b)
{
	return DatumGetInt32(
		DirectFunctionCall2(numeric_cmp, NumericGetDatum(a->number), NumericGetDatum(b->number)));
}

bool
json_same(const Json *a, const Json *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind)
	{
		case JSON_IS_NULL:
			return true;
		case JSON_IS_BOOLEAN:
			return a->boolean == b->boolean;
		case JSON_IS_NUMBER:
			return json_compare_numbers(a, b) == 0;
		case JSON_IS_STRING:
			return strcmp(a->text, b->text) == 0;
		default:
			return false;
	}
}

bool
has_word(const char *words, const char *word)
{
	return *word && strchr(word, ' ') == NULL && strstr(words, psprintf(" %s ", word));
}

bool
json_is_whole(const Json *number)
{
	Datum floor = DirectFunctionCall1(numeric_floor, NumericGetDatum(number->number));

	return DatumGetBool(DirectFunctionCall2(numeric_eq, floor, NumericGetDatum(number->number)));
}
