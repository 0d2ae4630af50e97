/*
 * catalog.h: datasets as the C code sees them.
 */
#ifndef AIDATAOPS_CATALOG_H
#define AIDATAOPS_CATALOG_H

#include "core/statement.h"
#include "fingerprint/fingerprint.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/array.h"
#include "utils/snapshot.h"

#define HISTORY_SCHEMA "aidataops_history"

/* _removed of a row that is still there */
#define STILL_THERE PG_INT32_MAX

/* ---------------------------------------------------------------------- datasets ---- */

typedef struct Dataset
{
	int32 id;
	char *name;
	char *relation_schema;
	char *relation_name;
	Oid relation_oid;
	char *relation_origin;
	List *key; /* of char *; NIL: rows are told apart by nothing but their content */
	bool keeps_rows;
	int32 head;  /* 0: no version yet */
	int32 epoch; /* 0: no version yet */
	Oid history; /* the current epoch's table, if any */
	Oid owner;   /* InvalidOid: nobody but a superuser */
} Dataset;

/* Raises if the dataset does not exist or the caller may not know of it. */
extern Dataset *dataset_find(const char *name);

/* The dataset whoever asks, NULL if there is none. */
extern Dataset *dataset_by_id(int32 id);

/* Raises unless the caller has the rights of the dataset's owner. */
extern void dataset_check_owner(const Dataset *dataset, const char *action);

extern Identity become_data_owner(const Dataset *dataset);

/* Guesses what columns are that came since roles were last set. */
extern void dataset_complete_roles(const Dataset *dataset, Oid source);

/* Locks the dataset against other committers, and reads it again. */
extern Dataset *dataset_lock(Dataset *dataset);

/* The source relation's OID, InvalidOid if it is gone; follows renames and restored databases. */
extern Oid dataset_source(const Dataset *dataset);

/* The same, locked with its partitions; raises if it is gone. */
extern Oid dataset_lock_source(const Dataset *dataset, LOCKMODE lockmode);

/* Records where the source is now, and says so if one could wonder whether it is the one that is meant. */
extern void dataset_record_source(const Dataset *dataset, Oid source);

/* Goes on with another table. */
extern void dataset_attach_source(const Dataset *dataset, Oid source);

/* The numbered form of a version, as the caller may see it; raises if there is none. */
extern struct varlena *resolve_version(Datum version);

/* The fingerprint that a version's commit recorded. */
extern Fingerprint recorded_fingerprint(const Dataset *dataset, int32 number);

/* Raises: what history keeps of a version is not what was recorded of it. */
extern void version_is_broken(const Dataset *dataset, int32 number);

extern Oid history_table(const char *name);

extern List *name_array_to_list(ArrayType *array);
extern Datum list_to_name_array(List *names);
extern Datum list_to_text_array(List *texts);

#endif
