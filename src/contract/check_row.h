/*
 * check_row.h: rulesets applied to rows, and compiled ones kept.
 */
#ifndef AIDATAOPS_CONTRACT_CHECK_ROW_H
#define AIDATAOPS_CONTRACT_CHECK_ROW_H

#include "access/tupdesc.h"
#include "contract/kept.h"
#include "contract/opcode.h"

/*
 * A compiled ruleset that lives as long as somebody holds it, and afterwards until types change or there are too many.
 */
typedef struct CachedRuleset
{
	Kept kept;
	CompiledRuleset *compiled;
} CachedRuleset;

/* Held until the memory context is reset or deleted. */
extern CachedRuleset *ruleset_hold(const Ruleset *ruleset, const ColumnSource *sources,
								   int nsources, MemoryContext holder);

/* The ruleset's columns in rows of a type, by name; raises if one is missing. */
extern ColumnSource *find_columns(const RuleList *list, TupleDesc descriptor, const char *relation);

/* Which rules a row breaks, in the order of the ruleset: of each the operation that told. */
typedef struct BrokenRules
{
	int count;
	int *ops; /* one for each rule */
} BrokenRules;

extern BrokenRules broken_rules(const CompiledRuleset *compiled, const Datum *values,
								const bool *nulls);

/* A row as the executor has it, and which columns of the ruleset are hidden from who is told; NULL: none. */
typedef struct JudgedRow
{
	const CompiledRuleset *compiled;
	const Datum *values;
	const bool *nulls;
	const bool *hidden;
} JudgedRow;

/* Of one operation that a row breaks: what is wrong, in words. */
extern char *problem_of(const JudgedRow *row, int op);

pg_noreturn extern void raise_violation(const JudgedRow *row, BrokenRules broken,
										const char *schema, const char *table);

#endif
