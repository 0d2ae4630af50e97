/*
 * distinct.h: about how many distinct values there were, in 4096 small registers (HyperLogLog).
 *
 * P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a near-optimal
 * cardinality estimation algorithm" (2007), over 64-bit hashes. A register is the maximum over the
 * hashes that it sees, so the registers of a union are the maxima of the parts'.
 */
#ifndef AIDATAOPS_CORE_DISTINCT_H
#define AIDATAOPS_CORE_DISTINCT_H

#define DISTINCT_BITS      12
#define DISTINCT_REGISTERS (1 << DISTINCT_BITS)
#define DISTINCT_MAX_RANK  (64 - DISTINCT_BITS + 1)

/* Mix bits that are not a hash yet: the finaliser of splitmix64 (Vigna 2015). */
static inline uint64
distinct_hash(uint64 image)
{
	image ^= image >> 30;
	image *= UINT64CONST(0xbf58476d1ce4e5b9);
	image ^= image >> 27;
	image *= UINT64CONST(0x94d049bb133111eb);
	return image ^ (image >> 31);
}

static inline void
distinct_add(uint8 *registers, uint64 hash)
{
	uint64 rest = (hash << DISTINCT_BITS) | (UINT64CONST(1) << (DISTINCT_BITS - 1));
	uint8 rank = (uint8) (__builtin_clzll(rest) + 1);
	uint8 *at = &registers[hash >> (64 - DISTINCT_BITS)];

	if (unlikely(*at < rank))
		*at = rank;
}

extern double distinct_estimate(const uint8 *registers);

#endif
