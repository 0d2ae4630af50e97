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
	const char *unit;  /* of those of tables */
	const char *units; /* that a document may say, each with blanks around; NULL: any */
	int min_columns;
	int max_columns;
	const char *parameters; /* names, separated by blanks; those that must be there end with ! */
} Kind;

extern const Kind *kind_named(const char *name); /* NULL if there is none */
extern char *kind_names(void);
/* NULL, and findings, if something is wrong with them. */
extern Parameters *kind_parameters(Compiler *compiler, const Kind *kind,
								   const Json *implementation);
extern bool has_even_slices(Compiler *compiler, const Json *slices, int columns);
extern bool has_columns(Compiler *compiler, const Kind *kind, const Json *at, List *columns);
/* The property that a member names, as the table names it; false, and a finding, if there is none. */
extern bool column_member(Compiler *compiler, Object *object, const Json *value, const char *member,
						  Parameters *parameters, List **columns);
extern List *columns_named(Compiler *compiler, Object *object, const Json *names);

#endif
