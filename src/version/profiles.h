/*
 * profiles.h: the distributions of a version's columns, kept with it.
 */
#ifndef AIDATAOPS_PROFILES_H
#define AIDATAOPS_PROFILES_H

#include "version/source.h"

/* Which rows: each is what follows FROM, or NULL for none. */
typedef struct ProfiledRows
{
	const char *came; /* rows t of the source, as it is */
	const char *went; /* rows h of the previous version's history */
	Oid went_relid;   /* that table */
} ProfiledRows;

extern void profiles_record(const Source *source, int32 number, const ProfiledRows *rows);

#endif
