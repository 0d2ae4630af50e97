/*
 * kinds.h: kinds of rules, for those that a document names itself.
 */
#ifndef AIDATAOPS_CONTRACT_KINDS_H
#define AIDATAOPS_CONTRACT_KINDS_H

#include "contract/compile.h"

typedef struct Kind
{
	const char *name;
	bool of_table;
	const char *unit;       /* of those of tables */
	const char *parameters; /* names, separated by blanks; those that must be there end with ! */
} Kind;

extern const Kind *kind_named(const char *name); /* NULL if there is none */
extern char *kind_names(void);
/* NULL, and findings, if something is wrong with them. */
extern Parameters *kind_parameters(Compiler *compiler, const Kind *kind,
								   const Json *implementation);
extern List *columns_named(Compiler *compiler, const Object *object, const Json *names);

#endif
