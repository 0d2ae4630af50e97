/*
 * regex.h: regular expressions of the standard (ECMA-262) as PostgreSQL writes them.
 */
#ifndef AIDATAOPS_CONTRACT_REGEX_H
#define AIDATAOPS_CONTRACT_REGEX_H

#include "contract/compile.h"

/* NULL, and a finding, if it cannot be said in PostgreSQL; NULL if there is none. */
extern char *compile_regex(Compiler *compiler, const Json *pattern);

#endif
