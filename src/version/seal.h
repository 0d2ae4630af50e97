/*
 * seal.h: which rows a commit left in history.
 */
#ifndef AIDATAOPS_SEAL_H
#define AIDATAOPS_SEAL_H

#include "utils/uuid.h"
#include "version/catalog.h"

#define SEAL_KEY_SIZE 136

/*
 * The sum, modulo 2^64, of a keyed hash of number and hash of each row of the head. The key is known to the
 * owner of the catalog only.
 */
typedef struct Seal
{
	bool known; /* the head was sealed: not if it was committed by a release that had no seals */
	char key[SEAL_KEY_SIZE];
	uint64 recorded; /* when the head was committed */
	uint64 found;    /* of the rows of the head */
	uint64 next;     /* of those of the next version */
	int64 last_rid;  /* of rows that were numbered so far */
} Seal;

extern uint64 seal_of_row(const Seal *seal, int64 rid, const pg_uuid_t *hash);

/* That of the head. */
extern Seal *seal_open(const Dataset *dataset);

/* What the rows of the version will come to. */
extern void seal_record(const Seal *seal, const Dataset *dataset, int32 number);

#endif
