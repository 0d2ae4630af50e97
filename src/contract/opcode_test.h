/*
 * opcode_test.h: what operations ask of a value, inlined into the loop over operations and where else it is asked.
 */
#ifndef AIDATAOPS_CONTRACT_OPCODE_TEST_H
#define AIDATAOPS_CONTRACT_OPCODE_TEST_H

#include "contract/opcode.h"
#include "core/hash.h"
#include "mb/pg_wchar.h"

static inline int
compare_int64(int64 a, int64 b)
{
	return (a > b) - (a < b);
}

static inline bool
compare_broken(const RowOp *op, int order)
{
	int outcome = order < 0 ? OPERATOR_LESS : order > 0 ? OPERATOR_GREATER : OPERATOR_EQUAL;

	return (op->operator& outcome) == 0;
}

/* A character takes one byte at least and four at most, so that the bytes often tell. */
static inline bool
length_broken(const RowOp *op, const char *data, int bytes)
{
	int most = pg_database_encoding_max_length();
	int characters;

	if (bytes <= op->as.size.max && bytes >= (int64) op->as.size.min * most)
		return false;
	if (bytes < op->as.size.min || bytes > (int64) op->as.size.max * most)
		return true;
	characters = most == 1 ? bytes : pg_mbstrlen_with_len(data, bytes);
	return characters < op->as.size.min || characters > op->as.size.max;
}

static inline bool
text_set_has(const TextSet *set, const char *data, int length)
{
	uint32 place;

	if (set->mask == 0)
	{
		for (int i = 0; i < set->count; i++)
			if (set->entries[i].length == length && memcmp(set->entries[i].data, data, length) == 0)
				return true;
		return false;
	}
	for (place = XXH3_64bits(data, length) & set->mask; set->entries[place].data;
		 place = (place + 1) & set->mask)
		if (set->entries[place].length == length &&
			memcmp(set->entries[place].data, data, length) == 0)
			return true;
	return false;
}

static inline bool
integers_have(const RowOp *op, int64 value)
{
	int low = 0, high = op->as.integers.count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (op->as.integers.values[middle] == value)
			return true;
		if (op->as.integers.values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

#endif
