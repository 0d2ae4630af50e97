/*
 * sql_text.h: whether SQL that stands in a document is SQL.
 */
#ifndef AIDATAOPS_CONTRACT_SQL_TEXT_H
#define AIDATAOPS_CONTRACT_SQL_TEXT_H

#include "contract/compile.h"

/* False, and a finding where it stands, unless text is one expression, or one query. */
/* What keeps a text from being one expression of SQL; NULL: nothing. */
extern char *problem_of_expression(const char *text);
extern bool check_sql(Compiler *compiler, const Json *at, const char *text, bool is_expression);

#endif
