/*
 * label.c: labels as bytes and as text.
 */
#include "postgres.h"

#include <math.h>

#include "agreement/label.h"
#include "aidataops.h"
#include "common/shortest_dec.h"
#include "core/bytes.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#define SIGN_BIT (UINT64CONST(1) << 63)

/* ---------------------------------------------------------------------------- keys ---- */

int
label_store_text(char *key, const char *text, int size)
{
	char *bytes;

	if (size > LABEL_MAX_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("label of %d bytes is too long", size),
						errdetail("A label has at most %d bytes.", LABEL_MAX_BYTES),
						errhint("Is this the text that was labelled rather than its label?")));
	bytes = varint_store(key, size);
	memcpy(bytes, text, size);
	return (int) (bytes + size - key);
}

int
label_store_bigint(char *key, int64 value)
{
	int size = 1;

	while (size < 8 && (value >> (8 * size - 1)) != 0 && (value >> (8 * size - 1)) != -1)
		size++;
	key[0] = (char) size;
	for (int i = 0; i < size; i++)
		key[1 + i] = (char) (value >> (8 * (size - 1 - i)));
	return 1 + size;
}

/* The image sorts as the numbers sort; -0 is 0, and all NaNs are one, the greatest. */
int
label_store_float8(char *key, double value)
{
	uint64 bits;

	value = isnan(value) ? NAN : value + 0.0;
	memcpy(&bits, &value, sizeof(bits));
	if (isnan(value))
		bits = UINT64CONST(0x7ff8000000000000);
	bits = bits & SIGN_BIT ? ~bits : bits | SIGN_BIT;
	key[0] = 8;
	bytes_set_u64(key + 1, bits);
	return 9;
}

int
label_store_boolean(char *key, bool value)
{
	key[0] = 1;
	key[1] = value ? 1 : 0;
	return 2;
}

static int64
bigint_of(Label label)
{
	int64 value = (int8) label.bytes[0];

	for (uint32 i = 1; i < label.size; i++)
		value = (int64) ((uint64) value << 8) | (uint8) label.bytes[i];
	return value;
}

static double
float8_of(Label label)
{
	uint64 bits = bytes_get_u64(label.bytes);
	double value;

	bits = bits & SIGN_BIT ? bits & ~SIGN_BIT : ~bits;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* --------------------------------------------------------------------------- kinds ---- */

const char *
label_kind_name(LabelKind kind)
{
	switch (kind)
	{
		case LABEL_NONE:
			return "none";
		case LABEL_TEXT:
			return "text";
		case LABEL_BIGINT:
			return "bigint";
		case LABEL_FLOAT8:
			return "double precision";
		case LABEL_BOOLEAN:
			return "boolean";
	}
	return "unknown";
}

/* Numbers have an order, false is before true; the order of text says nothing. */
bool
label_kind_has_order(LabelKind kind)
{
	return kind != LABEL_TEXT;
}

LabelKind
label_common_kind(LabelKind a, LabelKind b)
{
	if (a != LABEL_NONE && b != LABEL_NONE && a != b)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("labels of type %s and labels of type %s in one summary",
							   label_kind_name(Min(a, b)), label_kind_name(Max(a, b))),
						errhint("Cast the labels to one type before they are counted.")));
	return a != LABEL_NONE ? a : b;
}

int
label_compare(LabelKind kind, Label a, Label b)
{
	int difference;

	if (kind == LABEL_BIGINT)
	{
		int64 x = bigint_of(a);
		int64 y = bigint_of(b);

		return x < y ? -1 : x > y;
	}
	difference = memcmp(a.bytes, b.bytes, Min(a.size, b.size));
	if (difference != 0)
		return difference;
	return a.size < b.size ? -1 : a.size > b.size;
}

/* Sorts as labels sort, but may be the same for different ones. */
uint64
label_sort_prefix(LabelKind kind, Label label)
{
	char bytes[8] = {0};

	if (kind == LABEL_BIGINT)
		return (uint64) bigint_of(label) ^ SIGN_BIT;
	memcpy(bytes, label.bytes, Min(label.size, sizeof(bytes)));
	return bytes_get_u64(bytes);
}

/* NaN for text, which has no number. */
double
label_number(LabelKind kind, Label label)
{
	switch (kind)
	{
		case LABEL_BIGINT:
			return (double) bigint_of(label);
		case LABEL_FLOAT8:
			return float8_of(label);
		case LABEL_BOOLEAN:
			return label.bytes[0];
		default:
			return NAN;
	}
}

/* Always with a point, an exponent or letters, so that it is no integer; the shortest that is exact. */
static char *
float8_cstring(double value)
{
	char *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN + 2);

	if (!isfinite(value))
		strcpy(text, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
	else
	{
		text[double_to_shortest_decimal_buf(value, text)] = '\0';
		if (strspn(text, "-0123456789") == strlen(text))
			strcat(text, ".0");
	}
	return text;
}

/* For people and for columns of text. */
char *
label_cstring(LabelKind kind, Label label)
{
	switch (kind)
	{
		case LABEL_BIGINT:
			return psprintf(INT64_FORMAT, bigint_of(label));
		case LABEL_FLOAT8:
			return float8_cstring(float8_of(label));
		case LABEL_BOOLEAN:
			return pstrdup(label.bytes[0] ? "true" : "false");
		default:
			return pnstrdup(label.bytes, label.size);
	}
}

/* ---------------------------------------------------------------------------- text ---- */

void
label_out(StringInfo buf, LabelKind kind, Label label)
{
	if (kind != LABEL_TEXT)
	{
		appendStringInfoString(buf, label_cstring(kind, label));
		return;
	}
	appendStringInfoChar(buf, '"');
	for (uint32 i = 0; i < label.size; i++)
	{
		if (label.bytes[i] == '"' || label.bytes[i] == '\\')
			appendStringInfoChar(buf, '\\');
		appendStringInfoChar(buf, label.bytes[i]);
	}
	appendStringInfoChar(buf, '"');
}

static void
skip_space(LabelParser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

static bool
fault(LabelParser *parser, const char *sentence)
{
	parser->fault = sentence;
	return false;
}

/* Is this symbol next? If so it is taken. */
bool
parse_symbol(LabelParser *parser, char symbol)
{
	skip_space(parser);
	if (*parser->at != symbol)
		return false;
	parser->at++;
	return true;
}

bool
parse_expected(LabelParser *parser, char symbol)
{
	if (parse_symbol(parser, symbol))
		return true;
	return fault(parser, *parser->at ? psprintf("Expected \"%c\" before \"%s\".", symbol,
												pnstrdup(parser->at, pg_mblen(parser->at)))
									 : psprintf("Expected \"%c\" at the end.", symbol));
}

bool
parse_end(LabelParser *parser)
{
	skip_space(parser);
	return *parser->at == '\0' || fault(parser, "There is something behind the end.");
}

bool
parse_integer(LabelParser *parser, int64 *value)
{
	char *end;

	skip_space(parser);
	errno = 0;
	*value = strtoi64(parser->at, &end, 10);
	if (end == parser->at || errno != 0)
		return fault(parser, "Expected an integer within the range of bigint.");
	parser->at = end;
	return true;
}

bool
parse_count(LabelParser *parser, int64 *count)
{
	return parse_integer(parser, count) &&
		   (*count > 0 || fault(parser, "A count must be positive."));
}

static bool
set_kind(LabelParser *parser, LabelKind kind)
{
	if (parser->kind == LABEL_NONE)
		parser->kind = kind;
	return parser->kind == kind || fault(parser, "Labels must be of one type.");
}

static bool
parse_quoted(LabelParser *parser, StringInfo key)
{
	StringInfoData text;

	initStringInfo(&text);
	for (parser->at++; *parser->at != '"'; parser->at++)
	{
		if (*parser->at == '\\')
			parser->at++;
		if (*parser->at == '\0')
			return fault(parser, "A quoted label has no end.");
		if (text.len >= LABEL_MAX_BYTES)
			return fault(parser, "A label is too long.");
		appendStringInfoChar(&text, *parser->at);
	}
	parser->at++;
	label_put_varint(key, text.len);
	appendBinaryStringInfo(key, text.data, text.len);
	pfree(text.data);
	return set_kind(parser, LABEL_TEXT);
}

static LabelKind
kind_of_word(const char *word)
{
	const char *digits = *word == '-' ? word + 1 : word;

	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return LABEL_BOOLEAN;
	if (*digits != '\0' && strspn(digits, "0123456789") == strlen(digits))
		return LABEL_BIGINT;
	return LABEL_FLOAT8;
}

/* The key of a label of this kind that is written like this; 0 if there is no such label. */
int
label_store_cstring(char *key, LabelKind kind, const char *text)
{
	char *end;
	bool truth;

	errno = 0;
	switch (kind)
	{
		case LABEL_BIGINT:
		{
			int64 value = strtoi64(text, &end, 10);

			return end == text || *end != '\0' || errno != 0 ? 0 : label_store_bigint(key, value);
		}
		case LABEL_FLOAT8:
		{
			double value = strtod(text, &end);

			if (end == text || *end != '\0' || (errno == ERANGE && isinf(value)))
				return 0;
			return label_store_float8(key, value);
		}
		case LABEL_BOOLEAN:
			return parse_bool(text, &truth) ? label_store_boolean(key, truth) : 0;
		default:
			return label_store_text(key, text, strlen(text));
	}
}

bool
parse_label(LabelParser *parser, StringInfo key)
{
	char word[64];
	char bytes[16];
	size_t length;
	int size;
	LabelKind kind;

	skip_space(parser);
	if (*parser->at == '"')
		return parse_quoted(parser, key);
	length =
		strspn(parser->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
	if (length == 0 || length >= sizeof(word))
		return fault(parser, "Expected a label: quoted text, a number, true or false.");
	memcpy(word, parser->at, length);
	word[length] = '\0';
	kind = kind_of_word(word);
	size = label_store_cstring(bytes, kind, word);
	if (size == 0)
		return fault(parser, "A label without quotes must be a number, true or false.");
	parser->at += length;
	appendBinaryStringInfo(key, bytes, size);
	return set_kind(parser, kind);
}
