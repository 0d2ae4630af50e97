/*
 * varint.h: integers in as few bytes as they need (LEB128), and a reader that cannot run past its end.
 *
 * The reader never raises: after the first byte that is missing or wrong it fails for good and
 * returns zeroes, so a caller checks once, before it trusts or allocates anything.
 */
#ifndef AIDATAOPS_CORE_VARINT_H
#define AIDATAOPS_CORE_VARINT_H

#include "core/bytes.h"

#define VARINT_MAX_BYTES 19 /* 128 bits in groups of seven */


static inline void
bytes_put_varint(StringInfo buf, uint64 value)
{
	char *at = bytes_reserve(buf, VARINT_MAX_BYTES);
	int n = 0;

	while (value >= 0x80)
	{
		at[n++] = (char) (value | 0x80);
		value >>= 7;
	}
	at[n++] = (char) value;
	buf->len += n;
}

static inline void
bytes_put_varint128(StringInfo buf, uint128 value)
{
	char *at = bytes_reserve(buf, VARINT_MAX_BYTES);
	int n = 0;

	while (value >= 0x80)
	{
		at[n++] = (char) ((uint8) value | 0x80);
		value >>= 7;
	}
	at[n++] = (char) value;
	buf->len += n;
}

/* Small numbers of either sign in few bytes: 0, -1, 1, -2, ... */
static inline uint128
zigzag128(int128 value)
{
	return ((uint128) value << 1) ^ (uint128) (value >> 127);
}

static inline int128
unzigzag128(uint128 value)
{
	return (int128) (value >> 1) ^ -(int128) (value & 1);
}

typedef struct ByteReader
{
	const unsigned char *at;
	const unsigned char *end;
	bool failed;
} ByteReader;

static inline size_t
reader_left(const ByteReader *reader)
{
	return reader->end - reader->at;
}

/* n bytes where they lie, or NULL. */
static inline const unsigned char *
reader_bytes(ByteReader *reader, size_t n)
{
	const unsigned char *start = reader->at;

	if (reader->failed || reader_left(reader) < n)
	{
		reader->failed = true;
		reader->at = reader->end;
		return NULL;
	}
	reader->at += n;
	return start;
}

static inline uint8
reader_u8(ByteReader *reader)
{
	const unsigned char *at = reader_bytes(reader, 1);

	return at ? *at : 0;
}

static inline uint16
reader_u16(ByteReader *reader)
{
	const unsigned char *at = reader_bytes(reader, 2);

	return at ? (uint16) ((at[0] << 8) | at[1]) : 0;
}

static inline uint32
reader_u32(ByteReader *reader)
{
	const unsigned char *at = reader_bytes(reader, 4);

	return at ? ((uint32) at[0] << 24) | (at[1] << 16) | (at[2] << 8) | at[3] : 0;
}

static inline uint64
reader_u64(ByteReader *reader)
{
	const unsigned char *at = reader_bytes(reader, 8);

	return at ? bytes_get_u64((const char *) at) : 0;
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
	reader->failed = true;
	return 0;
}

static inline uint64
reader_varint(ByteReader *reader)
{
	/* nearly all are of one byte */
	if (likely(!reader->failed && reader->at < reader->end && *reader->at < 0x80))
		return *reader->at++;
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
		reader->failed = true;
		return 0;
	}
	return value;
}

#endif
