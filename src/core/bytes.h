/*
 * bytes.h: a growing buffer of bytes, written in big-endian order whatever the machine.
 */
#ifndef AIDATAOPS_CORE_BYTES_H
#define AIDATAOPS_CORE_BYTES_H

#include "lib/stringinfo.h"
#include "port/pg_bswap.h"

/* Make room for n bytes; the caller writes them and moves len. */
static inline char *
bytes_reserve(StringInfo buf, int n)
{
	if (unlikely(buf->len + n >= buf->maxlen))
		enlargeStringInfo(buf, n);
	return buf->data + buf->len;
}

/* Make room for n bytes and step over them; the caller fills them in. */
static inline char *
bytes_claim(StringInfo buf, int n)
{
	char *start = bytes_reserve(buf, n);

	buf->len += n;
	return start;
}

static inline void
bytes_set_u16(char *at, uint16 value)
{
	value = pg_hton16(value);
	memcpy(at, &value, sizeof(value));
}

static inline void
bytes_set_u32(char *at, uint32 value)
{
	value = pg_hton32(value);
	memcpy(at, &value, sizeof(value));
}

static inline void
bytes_set_u64(char *at, uint64 value)
{
	value = pg_hton64(value);
	memcpy(at, &value, sizeof(value));
}

static inline uint64
bytes_get_u64(const char *at)
{
	uint64 value;

	memcpy(&value, at, sizeof(value));
	return pg_ntoh64(value);
}

static inline void
bytes_put_u8(StringInfo buf, uint8 value)
{
	*bytes_claim(buf, 1) = (char) value;
}

static inline void
bytes_put_u32(StringInfo buf, uint32 value)
{
	bytes_set_u32(bytes_claim(buf, sizeof(value)), value);
}

static inline void
bytes_put_u64(StringInfo buf, uint64 value)
{
	bytes_set_u64(bytes_claim(buf, sizeof(value)), value);
}

static inline void
bytes_put(StringInfo buf, const void *data, int n)
{
	if (n > 0)
		memcpy(bytes_claim(buf, n), data, n);
}

#endif
