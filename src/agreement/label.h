/*
 * label.h: one label of an annotation, as bytes that identify it, and how it is written and ordered.
 *
 * A label's key is its size as a varint and its bytes: text as it is, true and false as one byte,
 * integers in as few two's-complement bytes as hold them, big-endian, doubles as the 8 bytes of an
 * image that sorts as they sort. Equal labels have equal keys and no key is the beginning of another.
 */
#ifndef AIDATAOPS_AGREEMENT_LABEL_H
#define AIDATAOPS_AGREEMENT_LABEL_H

#include "lib/stringinfo.h"

typedef enum LabelKind
{
	LABEL_NONE, /* there is no label yet, so any kind may come */
	LABEL_TEXT,
	LABEL_BIGINT,
	LABEL_FLOAT8,
	LABEL_BOOLEAN
} LabelKind;

/* More is a document and not a label. */
#define LABEL_MAX_BYTES 8192
#define LABEL_KEY_MAX   (LABEL_MAX_BYTES + 2)
#define VARINT_MAX      10

typedef struct Label
{
	const char *bytes;
	uint32 size;
} Label;

static inline char *
varint_store(char *at, uint64 value)
{
	while (value >= 0x80)
	{
		*at++ = (char) (value | 0x80);
		value >>= 7;
	}
	*at++ = (char) value;
	return at;
}

static inline uint32
varint_size(uint64 value)
{
	uint32 size = 1;

	for (; value >= 0x80; value >>= 7)
		size++;
	return size;
}

static inline const char *
varint_load(const char *at, uint64 *value)
{
	uint64 byte = (uint8) *at++;
	int shift = 7;

	*value = byte & 0x7f;
	while (unlikely(byte & 0x80))
	{
		byte = (uint8) *at++;
		*value |= (byte & 0x7f) << shift;
		shift += 7;
	}
	return at;
}

/* Read the key at this place; returns where it ends. */
static inline const char *
label_load(const char *at, Label *label)
{
	uint64 size;

	label->bytes = varint_load(at, &size);
	label->size = (uint32) size;
	return label->bytes + size;
}

static inline bool
label_equal(Label a, Label b)
{
	return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

static inline void
label_put_varint(StringInfo buf, uint64 value)
{
	char bytes[VARINT_MAX];

	appendBinaryStringInfo(buf, bytes, (int) (varint_store(bytes, value) - bytes));
}

/* Each writes a key and returns its size. */
extern int label_store_text(char *key, const char *text, int size);
extern int label_store_bigint(char *key, int64 value);
extern int label_store_float8(char *key, double value);
extern int label_store_boolean(char *key, bool value);

extern const char *label_kind_name(LabelKind kind);
extern bool label_kind_has_order(LabelKind kind);
extern int label_compare(LabelKind kind, Label a, Label b);
extern uint64 label_sort_prefix(LabelKind kind, Label label);
extern double label_number(LabelKind kind, Label label);
extern char *label_cstring(LabelKind kind, Label label);

/* The kinds of two summaries that are put together. */
extern LabelKind label_common_kind(LabelKind a, LabelKind b);

/* Text form: quoted text, true, false, 12, 1.5; the kind can be seen from it. */
extern void label_out(StringInfo buf, LabelKind kind, Label label);

typedef struct LabelParser
{
	const char *at;
	LabelKind kind;
	const char *fault; /* a sentence, when a function returned false */
} LabelParser;

extern bool parse_symbol(LabelParser *parser, char symbol);
extern bool parse_expected(LabelParser *parser, char symbol);
extern bool parse_end(LabelParser *parser);
extern bool parse_count(LabelParser *parser, int64 *count);
extern bool parse_integer(LabelParser *parser, int64 *value);
extern bool parse_label(LabelParser *parser, StringInfo key);

/* A label given as text, of this kind; false if it cannot be one. Returns the key's size. */
extern int label_store_cstring(char *key, LabelKind kind, const char *text);

#endif
