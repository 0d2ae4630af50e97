/*
 * history.h: the shape of a relation, and the tables that keep the rows of versions.
 */
#ifndef AIDATAOPS_HISTORY_H
#define AIDATAOPS_HISTORY_H

#include "access/tupdesc.h"
#include "fingerprint/fingerprint.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"
#include "version/catalog.h"

/*
 * A column of a relation, and how history stores it. What is made of it is made by OID: a name of a type,
 * which its owner may give to another at any moment, is for people and for comparing with epochs.
 */
typedef struct ShapeColumn
{
	char *name;
	char *type; /* as declared, schema-qualified, with its modifier and collation */
	Oid type_oid;
	int32 typmod;
	Oid collation;
	Oid storage_oid; /* domains resolved */
	int32 storage_typmod;
} ShapeColumn;

/* The columns of a relation, in their order. */
typedef struct Shape
{
	List *columns; /* of ShapeColumn * */
} Shape;

extern Shape *shape_of_relation(Oid relid);
extern Shape *shape_of_epoch(const Dataset *dataset, int32 epoch);
extern bool shape_equal(const Shape *a, const Shape *b);
extern List *shape_names(const Shape *shape);
extern List *shape_types(const Shape *shape);
extern Datum shape_signature(const Shape *shape);

/* Are these the columns as declared, in their order? */
extern bool shape_describes(const Shape *shape, TupleDesc tupdesc);

/*
 * A history table begins with its own columns: rid bigint, added integer, removed integer, hash
 * uuid, none of them NULL.
 */
#define HISTORY_OWN_COLUMNS 4
#define HISTORY_OWN_BYTES   32

/* A table of HISTORY_SCHEMA. Its own columns begin with a prefix that no column of the source has. */
typedef struct History
{
	char *name;
	char *qualified;
	char *rid; /* quoted names of its own columns */
	char *added;
	char *removed;
	char *hash;
	char *new_hash; /* these five in what is compared with it */
	char *new_rid;
	char *nth;
	char *tableoid;
	char *ctid;
	char *prefix;
	bool fresh; /* made by this commit: empty and without indexes */
} History;

/*
 * The history table for the rows of this shape: the current one if it has the columns or can be
 * given them, else a new one.
 */
extern History *history_for_shape(const Dataset *dataset, const Shape *shape, int32 epoch);
extern History *history_create(const Dataset *dataset, const Shape *shape, int32 epoch);
extern History *history_current(const Dataset *dataset);

/* Can rows of this shape be stored as they are, or with columns added? */
extern bool history_can_store(const History *history, const Shape *shape);

/* Are all columns of the shape there, of just the types that they are stored as? */
extern bool history_stores(const History *history, const Shape *shape);
extern History *history_named(const char *name, const char *prefix);
extern void history_create_indexes(const Dataset *dataset, const History *history, int32 number);
extern Oid history_oid(const History *history);

/* Is it there, a table, and are its own columns what they were? */
extern bool history_is_intact(const History *history);

/* Other triggers than those of constraints, which nobody but its owner can have put there. */
extern bool history_has_triggers(const History *history);

/* Raises if a key column is gone or its type cannot be compared. */
extern void check_key_columns(Oid relid, List *key);

/*
 * "left.a = right.a AND ..." by the equality of the type's default btree operator class; if types or
 * collations of the two relations differ, by the hashes of the keys, which survive integer to bigint.
 */
extern char *key_condition(Oid left_relid, Oid right_relid, List *key, const char *left,
						   const char *right);

/*
 * The rows of a relation that are told apart by nothing: rows alike are numbered, and the number
 * and the hash together are the key.
 */
extern char *numbered_rows(const History *history, const char *columns, const char *hash,
						   const char *from);

/* "alias.a, alias.b" of quoted names. */
extern char *column_list(List *names, const char *alias);

#endif
