/*
 * checked_reader.h: bytes that somebody else may have made, read in order and never past their end.
 *
 * The other side of bytes.h. Every function raises an error that names the type when the bytes end
 * early, so that what reads a stored value also checks it; the reader of varint.h is asked once, at
 * the end.
 */
#ifndef AIDATAOPS_CORE_CHECKED_READER_H
#define AIDATAOPS_CORE_CHECKED_READER_H

#include "compat.h"
#include "core/bytes.h"
#include "mb/pg_wchar.h"

typedef struct CheckedReader
{
	const char *at;
	const char *end;
	const char *type; /* for messages */
} CheckedReader;

pg_noreturn extern void checked_invalid(const CheckedReader *reader, const char *detail);

static inline const char *
checked_bytes(CheckedReader *reader, size_t n)
{
	const char *start = reader->at;

	if (unlikely(n > (size_t) (reader->end - start)))
		checked_invalid(reader, "It ends early.");
	reader->at += n;
	return start;
}

static inline uint8
checked_u8(CheckedReader *reader)
{
	return (uint8) *checked_bytes(reader, 1);
}

static inline uint32
checked_u32(CheckedReader *reader)
{
	uint32 value;

	memcpy(&value, checked_bytes(reader, sizeof(value)), sizeof(value));
	return pg_ntoh32(value);
}

static inline uint64
checked_u64(CheckedReader *reader)
{
	return bytes_get_u64(checked_bytes(reader, sizeof(uint64)));
}

static inline float8
checked_f64(CheckedReader *reader)
{
	uint64 bits = checked_u64(reader);
	float8 value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The number of things that take at least size bytes each: no more than the bytes can hold. */
static inline uint32
checked_count(CheckedReader *reader, size_t size)
{
	uint32 count = checked_u32(reader);

	if (unlikely(count > (size_t) (reader->end - reader->at) / size))
		checked_invalid(reader, "It claims to hold more than it has bytes for.");
	return count;
}

static inline void
checked_finish(const CheckedReader *reader)
{
	if (reader->at != reader->end)
		checked_invalid(reader, "Bytes follow its end.");
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

extern Utf8 checked_utf8(CheckedReader *reader);
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
