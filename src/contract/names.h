/*
 * names.h: things of a document by their names, where there may be thousands.
 */
#ifndef AIDATAOPS_CONTRACT_NAMES_H
#define AIDATAOPS_CONTRACT_NAMES_H

typedef struct Names
{
	struct NamedThing *entries;
	int count;
	int capacity;
	bool sorted;
} Names;

extern void names_add(Names *names, const char *name, void *thing); /* NULL: has no name */
extern void *names_find(Names *names, const char *name);            /* the first one; NULL: none */

#endif
