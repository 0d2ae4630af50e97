/*
 * opcode_compiler.h: what the parts of the compiler of rulesets share: a file for each family of rules.
 *
 * Constants are read while settings are pinned by ruleset_compile(), so that one ruleset means the same in every session.
 */
#ifndef AIDATAOPS_CONTRACT_OPCODE_COMPILER_H
#define AIDATAOPS_CONTRACT_OPCODE_COMPILER_H

#include "contract/opcode.h"
#include "utils/numeric.h"

/* What is known while one rule is compiled. */
typedef struct RuleCompiler
{
	const RuleList *list;
	const Rule *rule;
	RowOp *op;
	Oid type; /* of the column, without its domain */
	Oid other_type;
} RuleCompiler;

/* Has the operation call a function. */
extern void op_calls(RuleCompiler *compiler, RowOpFunction function, void *data);

pg_noreturn extern void unfit(const RuleCompiler *compiler, const char *hint);

/* Constants: an error tells which value of which rule is none of the type. */
extern Datum read_constant(const RuleCompiler *compiler, Oid type, const char *text);
extern Numeric number_of(const RuleCompiler *compiler, const JsonbValue *value);
extern int64 point_in_time(const RuleCompiler *compiler, const JsonbValue *value);
extern char *scalar_text(const JsonbValue *value); /* NULL: it is no scalar, or null */

extern bool numeric_less(Numeric a, Numeric b);
extern Numeric numeric_floored(Numeric number);
extern int64 numeric_saturated(Numeric number); /* or the end of the range of 64 bits */
extern char *numeric_text(Datum value);         /* one for each number */

extern FmgrInfo *comparison_of(const RuleCompiler *compiler);

/* Families of types, without their domains. */
extern bool is_text(Oid type);
extern bool is_int(Oid type);
extern bool is_float(Oid type);
extern bool is_number(Oid type);
extern bool is_point_in_time(Oid type); /* stored as integers, so that they are compared as such */

extern void compile_range(RuleCompiler *compiler);
extern void compile_length(RuleCompiler *compiler);
extern void compile_pattern(RuleCompiler *compiler);
extern void compile_format(RuleCompiler *compiler);
extern void compile_set(RuleCompiler *compiler, bool negated);
extern void compile_multiple_of(RuleCompiler *compiler);
extern void compile_items(RuleCompiler *compiler);
extern void compile_properties(RuleCompiler *compiler);
extern void compile_dimensions(RuleCompiler *compiler);
extern void compile_compare(RuleCompiler *compiler);

extern bool op_is_slow(const RowOp *op);

/* Names of bounds in parameters: of values below, of values above, and the same excluded. */
#define NBOUNDS 4
extern const char *const bound_names[NBOUNDS];

#endif
