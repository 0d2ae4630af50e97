/*
 * bits.h: runs of numbers in as few bits as suit them: exponential Golomb codes (Teuhola 1978).
 *
 * In the code of order k a number v is written as v >> k, plus 1, in binary, behind as many zeros as that has
 * bits after the first, and then the k lowest bits of v. Bits fill bytes from the highest down, and
 * the last byte is filled with zeros.
 */
#ifndef AIDATAOPS_CORE_BITS_H
#define AIDATAOPS_CORE_BITS_H

#include "core/bytes.h"
#include "core/reader.h"
#include "core/varint.h"
#include "port/pg_bitutils.h"

#define GOLOMB_MAX_ORDER 63
#define GOLOMB_MAX_BITS  (64 + 65) /* of one number, whatever the order */

typedef struct BitWriter
{
	StringInfo buf;
	uint64 bits; /* those pending are the highest */
	int n;
} BitWriter;

static inline void
bits_put(BitWriter *writer, uint64 value, int n)
{
	/* seven bits may be pending, so 57 fit */
	if (n > 32)
	{
		bits_put(writer, value >> 32, n - 32);
		value &= PG_UINT32_MAX;
		n = 32;
	}
	if (n == 0)
		return;
	writer->bits |= value << (64 - n - writer->n);
	writer->n += n;
	while (writer->n >= 8)
	{
		bytes_put_u8(writer->buf, (uint8) (writer->bits >> 56));
		writer->bits <<= 8;
		writer->n -= 8;
	}
}

static inline void
bits_flush(BitWriter *writer)
{
	if (writer->n > 0)
		bytes_put_u8(writer->buf, (uint8) (writer->bits >> 56));
	writer->bits = 0;
	writer->n = 0;
}

static inline void
bits_put_golomb(BitWriter *writer, uint64 value, int order)
{
	uint64 high = value >> order;
	/* high + 1 has 65 bits if high is all ones */
	int len = high == PG_UINT64_MAX ? 65 : pg_leftmost_one_pos64(high + 1) + 1;

	bits_put(writer, 0, len - 1);
	if (len == 65)
		bits_put(writer, 1, 1);
	bits_put(writer, high + 1, Min(len, 64));
	bits_put(writer, order ? value & ((UINT64CONST(1) << order) - 1) : 0, order);
}

/*
 * The order that suits n numbers of which so many have 0, 1, ... 64 bits: the least one at which no more
 * than half of them have more bits. One more would cost each a bit and save those two.
 */
static inline int
golomb_order(const uint32 with_bits[65], uint32 n)
{
	uint32 longer = n;
	int order = 0;

	for (longer -= with_bits[0]; order < GOLOMB_MAX_ORDER && longer > n / 2; order++)
		longer -= with_bits[order + 1];
	return order;
}

static inline int
bits_of(uint64 value)
{
	return value ? pg_leftmost_one_pos64(value) + 1 : 0;
}

/* Reads bits from where a ByteReader stands; fails with it. */
typedef struct BitReader
{
	ByteReader *bytes;
	uint64 bits; /* those not taken yet are the highest */
	int n;
} BitReader;

static inline void
bits_fill(BitReader *reader)
{
	ByteReader *bytes = reader->bytes;

	if (likely(bytes->end - bytes->at >= 8))
	{
		int taken = (63 - reader->n) / 8;

		/* bits beyond the whole bytes that are taken come again, and are the same */
		reader->bits |= bytes_get_u64(bytes->at) >> reader->n;
		bytes->at += taken;
		reader->n += 8 * taken;
		return;
	}
	while (reader->n <= 56 && bytes->at < bytes->end)
	{
		reader->bits |= (uint64) (uint8) *bytes->at++ << (56 - reader->n);
		reader->n += 8;
	}
}

static inline uint64
bits_get(BitReader *reader, int n)
{
	uint64 value;

	if (n > 32)
	{
		value = bits_get(reader, n - 32) << 32;
		return value | bits_get(reader, 32);
	}
	if (n == 0)
		return 0;
	if (reader->n < n)
		bits_fill(reader);
	if (reader->n < n)
	{
		reader->bytes->failed = true;
		return 0;
	}
	value = reader->bits >> (64 - n);
	reader->bits <<= n;
	reader->n -= n;
	return value;
}

/* The number of zeros before the next one, which is taken too; fails beyond 64. */
static inline int
bits_get_zeros(BitReader *reader)
{
	int zeros = 0;

	while (bits_get(reader, 1) == 0)
	{
		if (reader->bytes->failed || ++zeros > 64)
		{
			reader->bytes->failed = true;
			return 0;
		}
	}
	return zeros;
}

/* For numbers of more than half a word. */
static pg_noinline uint64
bits_get_long_golomb(BitReader *reader, int order)
{
	int zeros = bits_get_zeros(reader);
	uint64 high = bits_get(reader, zeros);

	high = zeros == 64 ? high - 1 : (high | (UINT64CONST(1) << zeros)) - 1;
	if (order > 0 && high >> (64 - order) != 0)
		reader->bytes->failed = true;
	return (high << order) | bits_get(reader, order);
}

static inline uint64
bits_get_golomb(BitReader *reader, int order)
{
	int zeros;
	int size;

	bits_fill(reader);
	zeros = reader->bits ? 63 - pg_leftmost_one_pos64(reader->bits) : 64;
	size = 2 * zeros + 1 + order;
	if (likely(size <= reader->n && size <= 56))
	{
		uint64 number = (reader->bits << zeros) >> (63 - zeros - order);

		reader->bits <<= size;
		reader->n -= size;
		return number - (UINT64CONST(1) << order);
	}
	return bits_get_long_golomb(reader, order);
}

/* Give back whole bytes that were not needed. */
static inline void
bits_finish(BitReader *reader)
{
	reader->bytes->at -= reader->n / 8;
	reader->bits = 0;
	reader->n = 0;
}

#endif
