/*
 * radix.h: how often each value occurs, to as many leading bits as fit: a radix histogram.
 *
 * A value is 64 bits that sort as the value sorts (or a hash of it). While at most RADIX_MAX_BUCKETS
 * distinct ones have been seen each has a bucket. When one more comes, low bits are dropped from all
 * keys, as few as make the buckets fit. How many are dropped in the end depends only on the set of
 * values, because dropping is never needed for a part if it is not for the whole: so neither order,
 * nor partitions, nor merging change the result, and every count is exact for its bucket.
 *
 * The table is open-addressed, with linear probing, and lies wherever its owner puts it.
 */
#ifndef AIDATAOPS_CORE_RADIX_H
#define AIDATAOPS_CORE_RADIX_H

#define RADIX_MAX_BUCKETS  4096
#define RADIX_MAX_SHIFT    52                      /* 12 bits are left, and they always fit */
#define RADIX_MAX_CAPACITY (2 * RADIX_MAX_BUCKETS) /* probes stay short while half is empty */

/* A slot is free while count is 0. */
typedef struct RadixSlot
{
	uint64 key; /* without the dropped bits */
	int64 count;
} RadixSlot;

typedef struct RadixTable
{
	RadixSlot *slots;
	uint32 capacity; /* 2 to the power capacity_bits, which is not 0 */
	uint32 nbuckets;
	uint8 capacity_bits;
	uint8 shift; /* low bits dropped from keys */
} RadixTable;

/* Values sort as these do, signed zeroes being one; a number must not be NaN. */
static inline uint64
radix_image(double value)
{
	uint64 bits;

	value += 0.0; /* -0 becomes 0 */
	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((uint64) ((int64) bits >> 63) | UINT64CONST(0x8000000000000000));
}

static inline double
radix_value(uint64 image)
{
	double value;

	image ^= (image >> 63) ? UINT64CONST(0x8000000000000000) : ~UINT64CONST(0);
	memcpy(&value, &image, sizeof(value));
	return value;
}

/* The slot of a key, or the free one where it belongs. */
static inline uint32
radix_slot(const RadixTable *table, uint64 key)
{
	uint32 mask = table->capacity - 1;
	/* the leading bits of the product are the only ones in which all bits of the key take part */
	uint32 slot = (uint32) ((key * UINT64CONST(0x9E3779B97F4A7C15)) >> (64 - table->capacity_bits));

	while (table->slots[slot].count != 0 && table->slots[slot].key != key)
		slot = (slot + 1) & mask;
	return slot;
}

/*
 * Count a value, given with all its bits. False, and nothing is done, if it needs a bucket more than
 * there may be: the caller coarsens and tries again. There must be a free slot.
 */
static inline bool
radix_add(RadixTable *table, uint64 image, int64 count)
{
	uint64 key = image >> table->shift;
	RadixSlot *slot = &table->slots[radix_slot(table, key)];

	if (unlikely(slot->count == 0))
	{
		if (table->nbuckets >= RADIX_MAX_BUCKETS)
			return false;
		table->nbuckets++;
		slot->key = key;
	}
	slot->count += count;
	return true;
}

/* The buckets in ascending order of their keys; sorted has room for all. */
extern void radix_sorted(const RadixTable *table, RadixSlot *sorted);

/* Drop as few bits as make room for one more value, whose full image is given. */
extern void radix_coarsen(RadixTable *table, uint64 image);

/* Drop bits until the shift is this. */
extern void radix_coarsen_to(RadixTable *table, uint8 shift);

/* Move all buckets into a table that is empty and larger. */
extern void radix_move(RadixTable *to, const RadixTable *from);

#endif
