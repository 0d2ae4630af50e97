/*
 * seal.c: which rows a commit left in history.
 *
 * A commit takes a row of the table for unchanged if its hash is stored with the head, and does not look at
 * the row that history holds. History is its owner's to write, and so the hash can be forged: that of a row
 * that is hidden, and the difference taken from another, so that the fingerprint stays. The seal tells: hashed
 * with a key that the owner does not have, the rows of the head must come to what the last commit left.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/bytes.h"
#include "core/hash.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "version/seal.h"

StaticAssertDecl(SEAL_KEY_SIZE == XXH3_SECRET_SIZE_MIN, "a key is a secret of XXH3");

uint64
seal_of_row(const Seal *seal, int64 rid, const pg_uuid_t *hash)
{
	char row[sizeof(int64) + UUID_LEN];

	bytes_set_u64(row, (uint64) rid);
	memcpy(row + sizeof(int64), hash->data, UUID_LEN);
	return XXH3_64bits_withSecret(row, sizeof(row), seal->key, SEAL_KEY_SIZE);
}

static void
make_key(Seal *seal)
{
	if (!pg_strong_random(seal->key, SEAL_KEY_SIZE))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not make a key for a dataset: no random numbers")));
}

static void
find_seal(Seal *seal, const Dataset *dataset)
{
	Statement statement;
	bytea *key;
	bool isnull;

	statement_init(&statement, "SELECT key, sum FROM aidataops.seal WHERE dataset_id = $1 AND "
							   "number = $2");
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, dataset->head);
	if (statement_run_as_catalog_owner(&statement) == 0)
		return;
	key = DatumGetByteaPP(result_value(1, &isnull));
	if (VARSIZE_ANY_EXHDR(key) != SEAL_KEY_SIZE)
		return;
	memcpy(seal->key, VARDATA_ANY(key), SEAL_KEY_SIZE);
	seal->recorded = (uint64) DatumGetInt64(result_value(2, &isnull));
	seal->known = true;
}

Seal *
seal_open(const Dataset *dataset)
{
	Seal *seal = palloc0(sizeof(Seal));

	find_seal(seal, dataset);
	if (!seal->known)
		make_key(seal);
	return seal;
}

void
seal_record(const Seal *seal, const Dataset *dataset, int32 number)
{
	bytea *key = palloc(VARHDRSZ + SEAL_KEY_SIZE);
	Statement statement;

	SET_VARSIZE(key, VARHDRSZ + SEAL_KEY_SIZE);
	memcpy(VARDATA(key), seal->key, SEAL_KEY_SIZE);
	statement_init(&statement, "INSERT INTO aidataops.seal AS s (dataset_id, number, key, sum) "
							   "VALUES ($1, $2, $3, $4) ON CONFLICT (dataset_id) DO UPDATE SET "
							   "number = EXCLUDED.number, key = EXCLUDED.key, sum = EXCLUDED.sum");
	statement_int4(&statement, dataset->id);
	statement_int4(&statement, number);
	statement_param(&statement, BYTEAOID, PointerGetDatum(key), false);
	statement_int8(&statement, (int64) seal->next);
	statement_run_as_catalog_owner(&statement);
}
