/*
 * origin.h: relations that the catalog keeps, and how they are found again.
 */
#ifndef AIDATAOPS_CORE_ORIGIN_H
#define AIDATAOPS_CORE_ORIGIN_H

/* The database, and the installation of the extension in it, where OIDs that are kept mean something. */
extern char *database_origin(void);

/* What is kept beside the OID of a relation; that of the database if there is no relation. */
extern char *relation_origin(Oid relid);

/* Whether an origin is of this database and installation. */
extern bool origin_is_here(const char *origin);

/*
 * The relation that is kept under an OID, an origin, a schema and a name; InvalidOid if it is gone, or if
 * something without rows has its name.
 */
extern Oid kept_relation(Oid saved, const char *origin, const char *schema, const char *name);

/* How it was found, for those who record the OID anew. */
typedef enum FoundBy
{
	FOUND_BY_OID,      /* where it was, or renamed, or in another schema */
	FOUND_BY_OID_LEFT, /* and its place is another's now, or it has neither its name nor its schema */
	FOUND_BY_NAME      /* it was kept elsewhere, and is believed by its name */
} FoundBy;

extern FoundBy how_found(Oid relid, const char *origin, const char *schema, const char *name);

#endif
