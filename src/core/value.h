/*
 * value.h: the canonical encoding of one value, aido1 (docs/fingerprint.md).
 */
#ifndef AIDATAOPS_CORE_VALUE_H
#define AIDATAOPS_CORE_VALUE_H

#include "core/bytes.h"
#include "core/numeric_view.h"
#include "core/record.h"
#include "fmgr.h"
#include <math.h>
#include "utils/typcache.h"

/* How the bytes of a value are laid out; several types share a layout. */
typedef enum ValueLayout
{
	LAYOUT_BYTE,
	LAYOUT_INT16,
	LAYOUT_INT32,
	LAYOUT_INT64,
	LAYOUT_DATE,
	LAYOUT_FLOAT4,
	LAYOUT_FLOAT8,
	LAYOUT_FIXED, /* so many bytes as they lie */
	LAYOUT_BYTES, /* bytea, and text where the database's encoding is UTF-8 */
	LAYOUT_NUMERIC,
	LAYOUT_TEXT,
	LAYOUT_NAME,
	LAYOUT_ENUM,
	LAYOUT_TIMETZ,
	LAYOUT_INTERVAL,
	LAYOUT_INET,
	LAYOUT_BIT,
	LAYOUT_JSONB,
	LAYOUT_GEOMETRIC,
	LAYOUT_ARRAY,
	LAYOUT_RANGE,
	LAYOUT_MULTIRANGE,
	LAYOUT_ROW,
	LAYOUT_SEND,
	LAYOUT_OUTPUT
} ValueLayout;

typedef struct ValueEncoder
{
	ValueLayout layout;
	Oid typid;          /* domains resolved */
	const char *family; /* as the specification writes it */
	int size;           /* LAYOUT_FIXED: bytes; LAYOUT_GEOMETRIC: bytes before the coordinates */
	FmgrInfo function;  /* LAYOUT_SEND, LAYOUT_GEOMETRIC, LAYOUT_OUTPUT */

	/* what arrays and ranges are made of */
	struct ValueEncoder *element;
	int16 typlen;
	bool typbyval;
	char typalign;
	uint8 tags;               /* ColumnTags of the rows in it */
	TypeCacheEntry *typcache; /* ranges and multiranges */

	RecordEncoder *record; /* LAYOUT_ROW: made at the first value */
	MemoryContext context;
} ValueEncoder;

/* Raises for a type that cannot be encoded. Allocates in the current context. */
extern void value_encoder_init(ValueEncoder *encoder, Oid typid, const char *column,
							   ColumnTags tags);

/*
 * The commonest layouts are encoded inline, because encoding, not hashing, is what a row costs.
 * value_store_small() writes at most SMALL_PAYLOAD bytes and returns their number, or -1 for a layout
 * that is not small.
 */
#define SMALL_PAYLOAD 8

static inline uint32
float4_image(float4 value)
{
	uint32 bits;

	if (unlikely(isnan(value)))
		return 0x7fc00000;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline uint64
float8_image(float8 value)
{
	uint64 bits;

	if (unlikely(isnan(value)))
		return UINT64CONST(0x7ff8000000000000);
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline int
value_store_small(ValueLayout layout, char *at, Datum value)
{
	switch (layout)
	{
		case LAYOUT_BYTE:
			*at = (char) DatumGetUInt8(value);
			return 1;
		case LAYOUT_INT16:
			bytes_set_u64(at, (uint64) (int64) DatumGetInt16(value));
			return 8;
		case LAYOUT_INT32:
			bytes_set_u64(at, (uint64) (int64) DatumGetInt32(value));
			return 8;
		case LAYOUT_INT64:
			bytes_set_u64(at, (uint64) DatumGetInt64(value));
			return 8;
		case LAYOUT_DATE:
			bytes_set_u32(at, (uint32) DatumGetInt32(value));
			return 4;
		case LAYOUT_FLOAT4:
			bytes_set_u32(at, float4_image(DatumGetFloat4(value)));
			return 4;
		case LAYOUT_FLOAT8:
			bytes_set_u64(at, float8_image(DatumGetFloat8(value)));
			return 8;
		default:
			return -1;
	}
}

/* At most this many bytes for a numeric of so many digits (base 10000). */
#define NUMERIC_PAYLOAD(ndigits) (5 + 2 * (ndigits))

static inline int
value_store_numeric(char *at, const NumericView *view)
{
	at[0] = (char) view->sign;
	if (unlikely(view->sign >= NUMERIC_SIGN_NAN))
		return 1;
	bytes_set_u16(at + 1, (uint16) view->dscale);
	bytes_set_u16(at + 3, (uint16) view->weight);
	for (int i = 0; i < view->ndigits; i++)
	{
		uint16 digit;

		memcpy(&digit, view->digits + 2 * i, sizeof(digit));
		bytes_set_u16(at + 5 + 2 * i, digit);
	}
	return NUMERIC_PAYLOAD(view->ndigits);
}

/* Append the length of the payload and the payload. */
extern void value_encode(ValueEncoder *encoder, StringInfo buf, Datum value);

/* The UTF-8 form of text in the database's encoding; *len is updated. */
extern const char *text_to_utf8(const char *text, int *len);

#endif
