/*
 * opcode_text.c: length, patterns and formats of text.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "aidataops.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "contract/format.h"
#include "contract/opcode_compiler.h"
#include "contract/opcode_test.h"
#include "regex/regex.h"
#include "utils/builtins.h"

static bool
bpchar_length_broken(const RowOp *op, Datum value, Datum other)
{
	BpChar *text = DatumGetBpCharPP(value);

	return length_broken(op, VARDATA_ANY(text),
						 bpchartruelen(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)));
}

static bool
bytea_length_broken(const RowOp *op, Datum value, Datum other)
{
	int64 bytes = (int64) toast_raw_datum_size(value) - VARHDRSZ;

	return bytes < op->as.size.min || bytes > op->as.size.max;
}

void
compile_length(RuleCompiler *compiler)
{
	RowOp *op = compiler->op;

	op->as.size.min = json_int(compiler->rule->parameters, "min", 0);
	op->as.size.max = json_int(compiler->rule->parameters, "max", PG_INT32_MAX);
	if (is_text(compiler->type))
		op->code = OP_LENGTH;
	else if (compiler->type == BPCHAROID)
		op_calls(compiler, bpchar_length_broken, NULL);
	else if (compiler->type == BYTEAOID)
		op_calls(compiler, bytea_length_broken, NULL);
	else
		unfit(compiler, "Lengths are of text and bytea.");
}

/* The engine looks for interrupts as it goes, so that one that explodes can be cancelled and times out. */
static bool
pattern_broken(const RowOp *op, Datum value, Datum other)
{
	text *subject = DatumGetTextPP(value);

	return !RE_compile_and_execute(op->data, VARDATA_ANY(subject), VARSIZE_ANY_EXHDR(subject),
								   REG_ADVANCED | REG_NOSUB, C_COLLATION_OID, 0, NULL);
}

bool
op_is_slow(const RowOp *op)
{
	return op->code == OP_CALL && op->function == pattern_broken;
}

void
compile_pattern(RuleCompiler *compiler)
{
	text *regex;

	if (!is_text(compiler->type) && compiler->type != BPCHAROID)
		unfit(compiler, "Patterns are of text.");
	regex = cstring_to_text(json_string(json_member(compiler->rule->parameters, "regex")));
	(void) RE_compile_and_cache(regex, REG_ADVANCED | REG_NOSUB, C_COLLATION_OID);
	op_calls(compiler, pattern_broken, regex);
}

static bool
format_broken(const RowOp *op, Datum value, Datum other)
{
	text *subject = DatumGetTextPP(value);

	return !((FormatTest) op->data)(VARDATA_ANY(subject), VARSIZE_ANY_EXHDR(subject));
}

void
compile_format(RuleCompiler *compiler)
{
	char *name = json_string(json_member(compiler->rule->parameters, "format"));

	if (!is_text(compiler->type))
		unfit(compiler,
			  "Formats are of text; a type of its own, as uuid or inet, needs no such rule.");
	op_calls(compiler, format_broken, (void *) format_by_name(name));
}
