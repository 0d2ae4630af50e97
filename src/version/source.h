/*
 * source.h: the relation of a dataset, read as its owner under one snapshot.
 */
#ifndef AIDATAOPS_SOURCE_H
#define AIDATAOPS_SOURCE_H

#include "lib/stringinfo.h"
#include "version/catalog.h"
#include "version/history.h"
#include "version/keep.h"

typedef struct Source
{
	Dataset *dataset;
	Oid relid;
	char *name;            /* to select from, qualified and quoted */
	List *relations;       /* all that are read, those beneath a view and partitions too */
	StringInfo definition; /* as it was before anything was read */
	bool reads_foreign;    /* of whose rows no snapshot can be claimed */
	Snapshot snapshot;     /* the owner's of Source keep it registered */
	List *collected;       /* names of the results that were kept */
} Source;

/* Locks what will be read, so that it stays what it is; refuses where policies would hide rows. */
extern Source *source_open(Dataset *dataset, LOCKMODE lockmode);

/* Every statement from here on reads under this snapshot. */
extern void source_begin(Source *source, Snapshot snapshot);
extern void source_end(Source *source);

/*
 * To be asked when all has been read: no partition was attached meanwhile, no label of an enum renamed, nothing
 * else that makes what was read no one state of the relation. Raises 40001 otherwise.
 */
extern void source_check_unchanged(const Source *source);

/* The statement as the dataset's owner under the snapshot. */
extern uint64 source_run(const Source *source, Statement *statement);

/* Run a query and keep its result under a name that later statements can select from. */
extern uint64 source_collect(Source *source, const char *name, const char *sql);

/* Keeps only what differs between the table and a version: see keep.h for the columns, and for the seal. */
extern Comparison source_compare(Source *source, const char *name, const char *sql, Seal *seal);

/*
 * Views may compute other rows each time that they are read and foreign tables may change: these are
 * read once, and the statements after this read what was kept.
 */
extern void source_hold_still(Source *source, const Shape *shape);

/* Every row has a key of its own? The second raises otherwise, and names rows. */
extern bool source_key_holds(const Source *source);
extern void source_check_key(const Source *source);

/* The hash of a row t of the source; of a row of just these columns. */
extern char *source_hash_expression(const Shape *shape);
extern char *row_hash_expression(List *names, const char *alias);

/*
 * Fill a history table that is new with the rows of a query, which gives the columns of the source
 * in their order, under the active snapshot. They are there from version `number`; returns their
 * fingerprint, and their seal.
 */
extern Fingerprint history_load(const Source *source, Oid history, const char *query, int32 number,
								Seal *seal);

/* Something else changed the table, or what its rows mean, and this transaction cannot go on. detail may be NULL. */
extern void could_not_serialize(Oid relid, const char *detail);

/* Rows that a policy hides must not be recorded as removed, nor stay when they were. */
extern void check_sees_all_rows(const Dataset *dataset, Oid relid);

#endif
