/*
 * reader.h: bytes that somebody else may have made, read in order and never past their end.
 *
 * The other side of bytes.h and varint.h. At the first byte that is missing or wrong a reader with a
 * type raises an error that names it. One without fails for good and returns zeroes, so that its
 * caller asks once, before it trusts or allocates anything, and may report softly.
 */
#ifndef AIDATAOPS_CORE_READER_H
#define AIDATAOPS_CORE_READER_H

#include "core/bytes.h"
#include "mb/pg_wchar.h"

typedef struct ByteReader
{
	const char *at;
	const char *end;
	const char *type; /* for messages, or NULL */
	bool failed;
} ByteReader;

/* Raises, or lets the reader fail; the detail is a sentence. */
extern void reader_fail(ByteReader *reader, const char *detail);

static inline size_t
reader_left(const ByteReader *reader)
{
	return reader->end - reader->at;
}

/* n bytes where they lie, or NULL. */
static inline const char *
reader_bytes(ByteReader *reader, size_t n)
{
	const char *start = reader->at;

	if (unlikely(reader->failed || n > reader_left(reader)))
	{
		reader_fail(reader, "It ends early.");
		return NULL;
	}
	reader->at += n;
	return start;
}

static inline uint8
reader_u8(ByteReader *reader)
{
	const char *at = reader_bytes(reader, 1);

	return at ? (uint8) *at : 0;
}

static inline uint16
reader_u16(ByteReader *reader)
{
	const char *at = reader_bytes(reader, 2);
	uint16 value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return pg_ntoh16(value);
}

static inline uint32
reader_u32(ByteReader *reader)
{
	const char *at = reader_bytes(reader, 4);
	uint32 value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return pg_ntoh32(value);
}

static inline uint64
reader_u64(ByteReader *reader)
{
	const char *at = reader_bytes(reader, 8);

	return at ? bytes_get_u64(at) : 0;
}

static inline float8
reader_f64(ByteReader *reader)
{
	uint64 bits = reader_u64(reader);
	float8 value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The number of things that take at least size bytes each: no more than the bytes can hold. */
static inline uint32
reader_count(ByteReader *reader, size_t size)
{
	uint32 count = reader_u32(reader);

	if (likely(count <= reader_left(reader) / size))
		return count;
	reader_fail(reader, "It claims to hold more than it has bytes for.");
	return 0;
}

static inline void
reader_finish(ByteReader *reader)
{
	if (reader->at != reader->end)
		reader_fail(reader, "Bytes follow its end.");
}

static inline uint128
reader_varint_of(ByteReader *reader, int bits)
{
	uint128 value = 0;

	for (int shift = 0; shift < bits; shift += 7)
	{
		uint8 byte = reader_u8(reader);
		uint128 part = byte & 0x7f;

		if (reader->failed || (bits - shift < 7 && part >> (bits - shift) != 0))
			break;
		value |= part << shift;
		if (!(byte & 0x80))
			return value;
	}
	reader_fail(reader, "A number in it is out of range.");
	return 0;
}

static inline uint64
reader_varint(ByteReader *reader)
{
	/* nearly all are of one byte */
	if (likely(!reader->failed && reader->at < reader->end && (uint8) *reader->at < 0x80))
		return (uint8) *reader->at++;
	return (uint64) reader_varint_of(reader, 64);
}

static inline uint128
reader_varint128(ByteReader *reader)
{
	return reader_varint_of(reader, 128);
}

/* A varint that must not exceed max. */
static inline uint64
reader_varint_upto(ByteReader *reader, uint64 max)
{
	uint64 value = reader_varint(reader);

	if (value > max)
	{
		reader_fail(reader, "A number in it is out of range.");
		return 0;
	}
	return value;
}

/* Text is kept as UTF-8, whatever the database's encoding, behind its length. */
typedef struct Utf8
{
	const char *data;
	uint32 len;
} Utf8;

static inline int
utf8_compare(Utf8 a, Utf8 b)
{
	int order = memcmp(a.data, b.data, Min(a.len, b.len));

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

extern Utf8 reader_utf8(ByteReader *reader);
extern Datum utf8_to_text(Utf8 value);
extern char *utf8_to_cstring(Utf8 value);

static inline void
bytes_put_utf8(StringInfo buf, Utf8 value)
{
	bytes_put_u32(buf, value.len);
	bytes_put(buf, value.data, value.len);
}

static inline void
bytes_put_f64(StringInfo buf, float8 value)
{
	uint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	bytes_put_u64(buf, bits);
}

#endif
