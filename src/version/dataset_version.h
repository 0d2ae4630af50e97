/*
 * dataset_version.h: the type dataset_version, a name for a version: reviews@3, reviews@HEAD~2, ...
 */
#ifndef AIDATAOPS_DATASET_VERSION_H
#define AIDATAOPS_DATASET_VERSION_H

#include "fmgr.h"

/* The layout stored, a number of its own. */
#define DATASET_VERSION_LAYOUT 1

/* What comes after the @. The order is the sort order within a dataset. */
typedef enum ReferenceKind
{
	REFERENCE_NUMBER = 0, /* name@3 */
	REFERENCE_HEAD = 1,   /* name@HEAD, name@HEAD~2 */
	REFERENCE_TIME = 2,   /* name@{2026-06-30 12:00+00} */
	REFERENCE_TAG = 3,    /* name@gold */
	REFERENCE_WORKING = 4 /* name@WORKING */
} ReferenceKind;

/* A value taken apart; the strings are not terminated. */
typedef struct Reference
{
	ReferenceKind kind;
	const char *name;
	int namelen;
	const char *tag; /* REFERENCE_TAG */
	int taglen;
	int64 number; /* version; generations before HEAD; microseconds as of timestamptz */
} Reference;

/* The problem with a name or tag as a sentence, or NULL. */
extern const char *dataset_name_problem(const char *name, int len);
extern const char *tag_problem(const char *tag, int len);

extern Reference dataset_version_parts(const struct varlena *version);
extern struct varlena *dataset_version_make(const Reference *reference);

#define DatumGetDatasetVersionPP(d)     ((struct varlena *) PG_DETOAST_DATUM_PACKED(d))
#define PG_GETARG_DATASET_VERSION_PP(n) DatumGetDatasetVersionPP(PG_GETARG_DATUM(n))
#define PG_RETURN_DATASET_VERSION_P(v)  PG_RETURN_POINTER(v)

#endif
