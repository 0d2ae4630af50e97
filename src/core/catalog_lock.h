/*
 * catalog_lock.h: locks on what the catalog knows of, for whoever has shown a right to change it.
 *
 * They are heavyweight locks of PostgreSQL on an object of a table of the catalog, held until the
 * end of the transaction. Advisory locks would be keys that every role can take and keep; a lock on
 * a table would let one who may change one thing stop all who change others.
 */
#ifndef AIDATAOPS_CORE_CATALOG_LOCK_H
#define AIDATAOPS_CORE_CATALOG_LOCK_H

extern void catalog_lock(const char *table, Oid object);

/*
 * Takes a name that is still free; false if it is not. Who wants the name of another who has not
 * committed yet waits, and is then told like everybody else; under REPEATABLE READ too, where only
 * a unique index would see it. Names with the same hash wait for each other, so this is for new
 * ones alone, which anybody can take by being faster. Needs an SPI connection.
 */
extern bool catalog_take_name(const char *table, const char *column, const char *name);

#endif
