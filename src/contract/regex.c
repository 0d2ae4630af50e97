/*
 * regex.c: regular expressions of the standard (ECMA-262) as PostgreSQL writes them.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/regex.h"

char *
compile_regex(Compiler *compiler, const Json *pattern)
{
	(void) compiler;
	return json_string(pattern) ? pstrdup(pattern->text) : NULL;
}
