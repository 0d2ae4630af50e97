/*
 * catalog.h: datasets as the C code sees them, and statements run on somebody's behalf.
 */
#ifndef AIDATAOPS_CATALOG_H
#define AIDATAOPS_CATALOG_H

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/array.h"
#include "utils/snapshot.h"

#define HISTORY_SCHEMA "aidataops_history"

/* _removed of a row that is still there */
#define STILL_THERE PG_INT32_MAX

/* -------------------------------------------------------------------- statements ---- */

/*
 * In whose name a statement runs. Catalog tables are written by nobody but these functions, as
 * their owner; a dataset's rows are read and written as the dataset's owner, as in REINDEX,
 * because triggers and generated columns of that owner may run; all else runs as the caller.
 *
 * Settings are an entrance too: what code of one identity sets, the search_path above all, must not be
 * in force under the next. So each identity has settings of its own, and they end with it.
 */
typedef struct Identity
{
	Oid role;
	int context;
	int guc_level; /* settings made under the identity end with it */
} Identity;

extern Identity become_catalog_owner(void);
extern Identity become_role_restricted(Oid role);
extern void become_again(Identity previous);

#define STATEMENT_MAX_PARAMS 24

/* A statement with its parameters, built one call at a time: $1 first. */
typedef struct Statement
{
	const char *sql;
	int nparams;
	Oid types[STATEMENT_MAX_PARAMS];
	Datum values[STATEMENT_MAX_PARAMS];
	char nulls[STATEMENT_MAX_PARAMS + 1];
} Statement;

extern void statement_init(Statement *statement, const char *sql);
extern void statement_param(Statement *statement, Oid type, Datum value, bool isnull);
extern void statement_text(Statement *statement, const char *value); /* NULL for NULL */
extern void statement_int4(Statement *statement, int32 value);
extern void statement_int8(Statement *statement, int64 value);

/* Needs an SPI connection; returns the number of rows. A snapshot may be given to run under. */
extern uint64 statement_run(Statement *statement, Snapshot snapshot);
extern uint64 statement_run_as_catalog_owner(Statement *statement);
extern uint64 statement_run_on_definitions(Statement *statement);
extern void run_ddl(const char *sql); /* as the owner of the catalog */
extern void run_ddl_made_by(Statement *statement);

/* Column of the first row of the last result, from 1. */
extern Datum result_value(int column, bool *isnull);
extern char *result_text(int column); /* by output function; NULL for NULL */

/* The OID of a type of this extension. */
extern Oid own_type(const char *name);

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

/* As its owner, to read and write rows: where a policy would hide some, that is an error. */
extern Identity become_data_owner(const Dataset *dataset);
extern Identity become_owner_of_rows(Oid role);

/* Guesses what columns are that came since roles were last set. */
extern void dataset_complete_roles(const Dataset *dataset, Oid source);

/* Locks the dataset against other committers, and reads it again. */
extern Dataset *dataset_lock(Dataset *dataset);

/* The source relation's OID, InvalidOid if it is gone; follows renames and restored databases. */
extern Oid dataset_source(const Dataset *dataset);

/* The same, locked with its partitions; raises if it is gone. */
extern Oid dataset_lock_source(const Dataset *dataset, LOCKMODE lockmode);

/* The numbered form of a version, as the caller may see it; raises if there is none. */
extern struct varlena *resolve_version(Datum version);

extern Oid relation_owner(Oid relid); /* InvalidOid if it is gone */
extern Oid history_table(const char *name);

/* Identifies the database in which a stored OID means something. */
extern char *database_origin(void);

extern List *name_array_to_list(ArrayType *array);
extern Datum list_to_name_array(List *names);
extern Datum list_to_text_array(List *texts);

#endif
