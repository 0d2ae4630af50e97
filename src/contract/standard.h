/*
 * standard.h: the form of documents of the Open Data Contract Standard.
 */
#ifndef AIDATAOPS_CONTRACT_STANDARD_H
#define AIDATAOPS_CONTRACT_STANDARD_H

#include "contract/compile.h"

/* Findings where a document has not the form that its version of the standard gives it. */
extern void check_form(Compiler *compiler);
/* Findings where options contradict each other or their type. */
extern void check_options(Compiler *compiler, const Json *property);
/* Less than 0 if a bound is before another one; 0 too if they cannot be compared. */
extern int compare_bounds(const Json *a, const Json *b);
/* Of min and max, and their exclusive kin: false, and findings, if no number is between them. */
extern bool check_bounds_order(Compiler *compiler, const Json *holder);
extern void check_schedule(Compiler *compiler, const Json *holder);
extern char *did_you_mean(const char *word, const char *const *words, int count);

#endif
