/*
 * keep.h: results of queries that are kept for the statements that follow.
 */
#ifndef AIDATAOPS_KEEP_H
#define AIDATAOPS_KEEP_H

#include "fingerprint/fingerprint.h"
#include "utils/queryenvironment.h"
#include "utils/snapshot.h"
#include "version/seal.h"

/*
 * A table and a version side by side. The first two columns of the query are the hash that is stored with
 * the row of the version and the hash of the row of the table, NULL where there is no row; only rows in
 * which they differ are kept. With a seal the next two are the number of the version's row and one for the
 * row of the table, which is given here.
 */
typedef struct Comparison
{
	Seal *seal;         /* NULL: not to be looked at, of a version that is not the head */
	Fingerprint stored; /* of the version's rows, by their hashes as they are stored */
	Fingerprint found;  /* of the table's rows */
	int64 added;
	int64 removed;
	int64 modified;
} Comparison;

/*
 * Runs a query under the snapshot and keeps its result under a name. The kept relation is described by what
 * was executed and not by what was prepared: the query may have been planned anew in between, when a type
 * or a view changed. comparison may be NULL, to keep all rows.
 */
extern EphemeralNamedRelation keep_result(const char *name, const char *sql, Snapshot snapshot,
										  Comparison *comparison);

#endif
