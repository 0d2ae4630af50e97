/*
 * identity.h: in whose name a statement runs.
 */
#ifndef AIDATAOPS_CORE_IDENTITY_H
#define AIDATAOPS_CORE_IDENTITY_H

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
extern Identity become_for_statements(Oid role); /* with settings of its own only */
extern Identity become_owner_of_rows(
	Oid role); /* to read and write rows: where a policy would hide some, that is an error */
extern void become_again(Identity previous);

/* Values get the same text in every session, until AtEOXact_GUC(false, level) with what is returned. */
extern int pin_text_of_values(void);

extern Oid relation_owner(Oid relid); /* InvalidOid if it is gone */

#endif
