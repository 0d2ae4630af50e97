/*
 * profiles.h: the distributions of a version's columns, kept with it.
 */
#ifndef AIDATAOPS_PROFILES_H
#define AIDATAOPS_PROFILES_H

#include "version/source.h"

/* Rows to be profiled. */
typedef struct ProfiledRows
{
	const char *from; /* what follows FROM, or NULL for none */
	int64 count;      /* that there are, as was counted before */
} ProfiledRows;

/* Of each column that is profiled, in arrays for the parameters of a statement. */
typedef struct Profiles
{
	NullableDatum names; /* name[] */
	NullableDatum roles; /* text[] */
	NullableDatum all;   /* profile[] */
	NullableDatum came;
	NullableDatum names_then; /* name[] */
	NullableDatum went;
} Profiles;

/*
 * Reads all rows t of the source, those that came, and those h that went, of the previous version's history.
 * Raises 40001 if they are not as many as before.
 */
extern Profiles profiles_make(const Source *source, const ProfiledRows *all,
							  const ProfiledRows *came, const ProfiledRows *went, Oid went_relid);
extern void profiles_record(const Source *source, int32 number, const Profiles *profiles);

#endif
