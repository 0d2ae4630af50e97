/*
 * radix.c: the parts of the radix histogram that are not run for each value.
 */
#include "postgres.h"

#include "core/radix.h"
#include "port/pg_bitutils.h"

#define DIGIT_BITS 8
#define DIGITS     (1 << DIGIT_BITS)

/* Stable counting passes from the lowest byte up; bytes that all keys share cost nothing. */
static void
sort_buckets(RadixSlot *buckets, uint32 n)
{
	uint64 all_ones = ~UINT64CONST(0);
	uint64 any_ones = 0;
	RadixSlot *from = buckets;
	RadixSlot *scratch = palloc(Max(n, 1) * sizeof(RadixSlot));
	RadixSlot *to = scratch;

	for (uint32 i = 0; i < n; i++)
	{
		all_ones &= buckets[i].key;
		any_ones |= buckets[i].key;
	}
	for (int shift = 0; shift < 64; shift += DIGIT_BITS)
	{
		uint32 start[DIGITS] = {0};
		uint32 sum = 0;
		RadixSlot *swap;

		if ((((all_ones ^ any_ones) >> shift) & (DIGITS - 1)) == 0)
			continue;
		for (uint32 i = 0; i < n; i++)
			start[(from[i].key >> shift) & (DIGITS - 1)]++;
		for (int d = 0; d < DIGITS; d++)
		{
			uint32 count = start[d];

			start[d] = sum;
			sum += count;
		}
		for (uint32 i = 0; i < n; i++)
			to[start[(from[i].key >> shift) & (DIGITS - 1)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != buckets)
		memcpy(buckets, from, n * sizeof(RadixSlot));
	pfree(scratch);
}

static uint32
collect(const RadixTable *table, RadixSlot *buckets)
{
	uint32 n = 0;

	for (uint32 i = 0; i < table->capacity; i++)
		if (table->slots[i].count != 0)
			buckets[n++] = table->slots[i];
	Assert(n == table->nbuckets);
	return n;
}

void
radix_sorted(const RadixTable *table, RadixSlot *sorted)
{
	sort_buckets(sorted, collect(table, sorted));
}

/* Fill an empty table with buckets, dropping so many bits more. */
static void
refill(RadixTable *table, const RadixSlot *buckets, uint32 n, int drop)
{
	table->nbuckets = 0;
	for (uint32 i = 0; i < n; i++)
	{
		uint64 key = buckets[i].key >> drop;
		RadixSlot *slot = &table->slots[radix_slot(table, key)];

		table->nbuckets += slot->count == 0;
		slot->key = key;
		slot->count += buckets[i].count;
	}
}

void
radix_move(RadixTable *to, const RadixTable *from)
{
	to->shift = from->shift;
	to->nbuckets = 0;
	for (uint32 i = 0; i < from->capacity; i++)
	{
		uint64 key = from->slots[i].key;

		if (from->slots[i].count == 0)
			continue;
		to->slots[radix_slot(to, key)] = from->slots[i];
		to->nbuckets++;
	}
}

void
radix_coarsen_to(RadixTable *table, uint8 shift)
{
	RadixSlot *buckets;
	uint32 n;

	if (shift <= table->shift)
		return;
	buckets = palloc(Max(table->nbuckets, 1) * sizeof(RadixSlot));
	n = collect(table, buckets);
	memset(table->slots, 0, table->capacity * sizeof(RadixSlot));
	refill(table, buckets, n, shift - table->shift);
	table->shift = shift;
	pfree(buckets);
}

void
radix_coarsen(RadixTable *table, uint64 image)
{
	uint32 parting[64] = {0}; /* neighbours whose highest differing bit is this one */
	uint32 n = table->nbuckets + 1;
	uint32 left = 1;
	int drop;
	RadixSlot *buckets = palloc(n * sizeof(RadixSlot));

	collect(table, buckets);
	buckets[n - 1] = (RadixSlot){.key = image >> table->shift};
	sort_buckets(buckets, n);
	for (uint32 i = 1; i < n; i++)
		parting[pg_leftmost_one_pos64(buckets[i].key ^ buckets[i - 1].key)]++;

	/* with d bits dropped those neighbours remain apart that differ at bit d or above */
	for (drop = 63; drop > 0 && left + parting[drop] <= RADIX_MAX_BUCKETS; drop--)
		left += parting[drop];
	drop++;
	radix_coarsen_to(table, table->shift + drop);
	pfree(buckets);
}
