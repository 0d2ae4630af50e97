/*
 * fingerprint.h: the type fingerprint, a summary of a multiset of rows.
 */
#ifndef AIDATAOPS_FINGERPRINT_H
#define AIDATAOPS_FINGERPRINT_H

#include "core/record.h"
#include "fmgr.h"

/* A layout's number; aido1 is the first. */
#define FINGERPRINT_VERSION 1

/*
 * Fixed size and passed by reference, so that an aggregate updates its state in place and a
 * stored one needs no detoasting. nrows is negative in some differences.
 */
typedef struct Fingerprint
{
	uint8 version;
	uint8 flags;       /* zero */
	uint8 reserved[6]; /* zeroes */
	int64 nrows;
	RowHash sum; /* modulo 2^128 */
} Fingerprint;

/* Arithmetic of sums modulo 2^128. */
static inline void
row_hash_add(RowHash *sum, RowHash hash)
{
	sum->low += hash.low;
	sum->high += hash.high + (sum->low < hash.low);
}

static inline void
row_hash_subtract(RowHash *sum, RowHash hash)
{
	bool borrow = sum->low < hash.low;

	sum->low -= hash.low;
	sum->high -= hash.high + borrow;
}

static inline bool
fingerprint_equal(const Fingerprint *a, const Fingerprint *b)
{
	return a->nrows == b->nrows && a->sum.high == b->sum.high && a->sum.low == b->sum.low;
}

#define DatumGetFingerprintP(d)    ((Fingerprint *) DatumGetPointer(d))
#define PG_GETARG_FINGERPRINT_P(n) DatumGetFingerprintP(PG_GETARG_DATUM(n))
#define PG_RETURN_FINGERPRINT_P(f) PG_RETURN_POINTER(f)

#endif
