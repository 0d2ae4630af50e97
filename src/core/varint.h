/*
 * varint.h: integers in as few bytes as they need (LEB128); reader.h reads them.
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

#endif
