/*
 * opcode_compile.c: compiles a ruleset for columns of known types.
 *
 * What depends on settings is pinned while constants are converted, so that one ruleset means the same in every session: time
 * zone UTC, dates ISO, text compared by bytes.
 */
#include "postgres.h"

#include "aidataops.h"
#include "contract/opcode_compiler.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static void
compile_rule(RuleCompiler *compiler)
{
	switch (compiler->rule->kind)
	{
		case RULE_REQUIRED:
			compiler->op->code = OP_REQUIRED;
			break;
		case RULE_RANGE:
			compile_range(compiler);
			break;
		case RULE_LENGTH:
			compile_length(compiler);
			break;
		case RULE_PATTERN:
			compile_pattern(compiler);
			break;
		case RULE_VALUES:
			compile_set(compiler, false);
			break;
		case RULE_NOT_VALUES:
			compile_set(compiler, true);
			break;
		case RULE_MULTIPLE_OF:
			compile_multiple_of(compiler);
			break;
		case RULE_FORMAT:
			compile_format(compiler);
			break;
		case RULE_ITEMS:
			compile_items(compiler);
			break;
		case RULE_PROPERTIES:
			compile_properties(compiler);
			break;
		case RULE_DIMENSIONS:
			compile_dimensions(compiler);
			break;
		case RULE_COMPARE:
			compile_compare(compiler);
			break;
	}
}

static RowOp *
next_op(CompiledRuleset *compiled, const RuleCompiler *compiler, const ColumnSource *sources)
{
	RowOp *op = &compiled->ops[compiled->nops++];
	const Rule *rule = compiler->rule;

	op->rule = rule - compiled->list->rules;
	op->column = sources[rule->columns[0]].place;
	op->other = sources[rule->columns[rule->ncolumns - 1]].place;
	compiled->last_column = Max(compiled->last_column, Max(op->column, op->other));
	return op;
}

/* Regular expressions last, else in the order of the ruleset. */
static void
put_slow_last(CompiledRuleset *compiled)
{
	RowOp *ordered = palloc(sizeof(RowOp) * (compiled->nops + 1));
	int n = 0;

	for (int slow = 0; slow <= 1; slow++)
		for (int i = 0; i < compiled->nops; i++)
			if (op_is_slow(&compiled->ops[i]) == slow)
				ordered[n++] = compiled->ops[i];
	compiled->ops = ordered;
}

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

CompiledRuleset *
ruleset_compile(RuleList *list, ColumnSource *sources)
{
	CompiledRuleset *compiled = palloc0(sizeof(CompiledRuleset));
	int guc_level = NewGUCNestLevel();

	set_for_now("TimeZone", "UTC");
	set_for_now("DateStyle", "ISO, YMD");
	set_for_now("IntervalStyle", "postgres");
	set_for_now("extra_float_digits", "1");
	set_for_now("bytea_output", "hex");
	compiled->context = CurrentMemoryContext;
	compiled->list = list;
	compiled->sources = sources;
	compiled->last_column = -1;
	compiled->ops = palloc0(sizeof(RowOp) * (2 * list->nrules + 1));
	for (int i = 0; i < list->nrules; i++)
	{
		RuleCompiler compiler = {.list = list, .rule = &list->rules[i]};

		compiler.type = getBaseType(sources[compiler.rule->columns[0]].type);
		compiler.other_type =
			getBaseType(sources[compiler.rule->columns[compiler.rule->ncolumns - 1]].type);
		compiler.op = next_op(compiled, &compiler, sources);
		compile_rule(&compiler);
		/* values that stand for a missing one */
		if (compiler.rule->kind == RULE_REQUIRED &&
			json_member(compiler.rule->parameters, "values"))
		{
			compiler.op = next_op(compiled, &compiler, sources);
			compile_set(&compiler, true);
		}
	}
	put_slow_last(compiled);
	compiled->expectations = palloc0(sizeof(char *) * (compiled->nops + 1));
	AtEOXact_GUC(false, guc_level);
	return compiled;
}
