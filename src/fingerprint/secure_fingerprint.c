/*
 * secure_fingerprint.c: a digest of a multiset of rows that nobody can forge.
 *
 * The fast fingerprint (fingerprint.c) adds hashes that are not cryptographic, so whoever can choose
 * rows can make sums meet. Here every row is hashed by SHA-256 (FIPS 180-4), and the multiset by SHA-256
 * over its row digests in ascending order behind their number. Two multisets with one digest would be a
 * collision of SHA-256 itself; no assumption about sums of hashes is needed (Bellare and Micciancio
 * 1997, Clarke et al. 2003 make multiset hashes of sums and say what they assume). The price is a sort,
 * and that parts cannot be merged. The bytes are specified in docs/fingerprint.md.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "compat.h"
#include "core/bytes.h"
#include "core/record.h"
#include "miscadmin.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/*
 * What the digest of a set begins with. A row begins with the length of a name and family, whose first
 * byte is zero, or is empty, so no row can be passed off as a set.
 */
#define SET_PREFIX "aidataops secure fingerprint 1\n"

#define DIGEST_LENGTH PG_SHA256_DIGEST_LENGTH

typedef struct RowDigest
{
	char header[VARHDRSZ]; /* so that core sorts it as a bytea */
	uint8 bytes[DIGEST_LENGTH];
} RowDigest;

/* Lives in the aggregate's context; what it refers to outside of it is released by secure_state_release(). */
typedef struct SecureState
{
	pg_cryptohash_ctx *sha256; /* one for all rows */
	Tuplesortstate *sort;
	uint64 nrows;
} SecureState;

/* --------------------------------------------------------------------- SHA-256 ---- */

static void
check_sha256(pg_cryptohash_ctx *sha256, bool succeeded)
{
	if (!succeeded)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute SHA-256: %s", pg_cryptohash_error(sha256))));
}

static pg_cryptohash_ctx *
sha256_create(void)
{
	pg_cryptohash_ctx *sha256 = pg_cryptohash_create(PG_SHA256);

	if (sha256 == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return sha256;
}

static void
sha256_begin(pg_cryptohash_ctx *sha256)
{
	check_sha256(sha256, pg_cryptohash_init(sha256) >= 0);
}

static void
sha256_update(pg_cryptohash_ctx *sha256, const void *data, size_t size)
{
	check_sha256(sha256, pg_cryptohash_update(sha256, data, size) >= 0);
}

static void
sha256_end(pg_cryptohash_ctx *sha256, void *digest)
{
	check_sha256(sha256, pg_cryptohash_final(sha256, digest, DIGEST_LENGTH) >= 0);
}

/* -------------------------------------------------------------------- one row ---- */

/* The bytes of a row that are hashed. */
static StringInfo
encoding_of_argument(FunctionCallInfo fcinfo, int argument)
{
	return record_encoding((RecordEncoder **) &fcinfo->flinfo->fn_extra, fcinfo->flinfo->fn_mcxt,
						   PG_GETARG_HEAPTUPLEHEADER(argument), TAGS_SPELLED);
}

static void
hash_row(pg_cryptohash_ctx *sha256, StringInfo encoding, RowDigest *digest)
{
	SET_VARSIZE(digest, sizeof(RowDigest));
	sha256_begin(sha256);
	sha256_update(sha256, encoding->data, encoding->len);
	sha256_end(sha256, digest->bytes);
}

/* A context is not kept between calls: it belongs to a resource owner, which may end before the function. */
PG_FUNCTION_INFO_V1(secure_row_hash);
Datum
secure_row_hash(PG_FUNCTION_ARGS)
{
	StringInfo encoding = encoding_of_argument(fcinfo, 0);
	RowDigest *digest = palloc(sizeof(RowDigest));
	pg_cryptohash_ctx *sha256 = sha256_create();

	hash_row(sha256, encoding, digest);
	pg_cryptohash_free(sha256);
	PG_RETURN_BYTEA_P(digest);
}

/* ------------------------------------------------------------------- aggregate ---- */

static void
secure_state_release(Datum arg)
{
	SecureState *state = (SecureState *) DatumGetPointer(arg);

	if (state->sort)
		tuplesort_end(state->sort);
	state->sort = NULL;
	if (state->sha256)
		pg_cryptohash_free(state->sha256);
	state->sha256 = NULL;
}

/* Also when the query ends before the final function was called. After an error, the resource owner sees to it. */
static SecureState *
secure_state_make(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	SecureState *state = palloc0(sizeof(SecureState));
	Oid less = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR)->lt_opr;

	AggRegisterCallback(fcinfo, secure_state_release, PointerGetDatum(state));
	state->sha256 = sha256_create();
	state->sort =
		tuplesort_begin_datum(BYTEAOID, less, InvalidOid, false, work_mem, NULL, TUPLESORT_NONE);
	MemoryContextSwitchTo(old);
	return state;
}

PG_FUNCTION_INFO_V1(secure_fingerprint_accum);
Datum
secure_fingerprint_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	SecureState *state = PG_ARGISNULL(0) ? NULL : (SecureState *) PG_GETARG_POINTER(0);
	RowDigest digest;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "secure_fingerprint_accum called in non-aggregate context");
	if (PG_ARGISNULL(1))
		goto done;
	if (state == NULL)
		state = secure_state_make(fcinfo, context);
	hash_row(state->sha256, encoding_of_argument(fcinfo, 1), &digest);
	tuplesort_putdatum(state->sort, PointerGetDatum(&digest), false);
	state->nrows++;

done:
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

static void
hash_sorted(pg_cryptohash_ctx *sha256, Tuplesortstate *sort)
{
	Datum value;
	bool isnull;

	tuplesort_performsort(sort);
	while (tuplesort_getdatum(sort, true, true, &value, &isnull, NULL))
	{
		CHECK_FOR_INTERRUPTS();
		sha256_update(sha256, ((RowDigest *) DatumGetPointer(value))->bytes, DIGEST_LENGTH);
		pfree(DatumGetPointer(value));
	}
}

/* Once only, because the sort is used up: the aggregate is declared so. state is zeroes for no rows. */
static bytea *
secure_state_digest(SecureState *state)
{
	RowDigest *digest = palloc(sizeof(RowDigest));
	char nrows[sizeof(uint64)];

	if (state->sha256 == NULL)
		state->sha256 = sha256_create();
	bytes_set_u64(nrows, state->nrows);
	sha256_begin(state->sha256);
	sha256_update(state->sha256, SET_PREFIX, strlen(SET_PREFIX));
	sha256_update(state->sha256, nrows, sizeof(nrows));
	if (state->sort)
		hash_sorted(state->sha256, state->sort);
	sha256_end(state->sha256, digest->bytes);
	SET_VARSIZE(digest, sizeof(RowDigest));
	secure_state_release(PointerGetDatum(state));
	return (bytea *) digest;
}

PG_FUNCTION_INFO_V1(secure_fingerprint_final);
Datum
secure_fingerprint_final(PG_FUNCTION_ARGS)
{
	SecureState none = {0};

	if (AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "secure_fingerprint_final called in non-aggregate context");
	PG_RETURN_BYTEA_P(
		secure_state_digest(PG_ARGISNULL(0) ? &none : (SecureState *) PG_GETARG_POINTER(0)));
}
