/*
 * opcode.h: a ruleset compiled for columns of known types.
 *
 * Most of what a rule costs is finding out what to do. So that is done once: each rule becomes an operation for one
 * type with its constants converted, and a row is a loop over operations. Where a rule has no operation of its own the
 * operation calls a function, which is what the slow ones (regular expressions) do, and they come last.
 */
#ifndef AIDATAOPS_CONTRACT_OPCODE_H
#define AIDATAOPS_CONTRACT_OPCODE_H

#include "contract/ruleset.h"
#include "utils/numeric.h"

typedef enum RowOpCode
{
	OP_REQUIRED,
	OP_RANGE_INT2,
	OP_RANGE_INT4,
	OP_RANGE_INT8,
	OP_RANGE_FLOAT4,
	OP_RANGE_FLOAT8,
	OP_LENGTH,
	OP_TEXT_SET,
	OP_INT4_SET,
	OP_COMPARE_INT4,
	OP_COMPARE_INT8,
	OP_COMPARE_FLOAT8,
	OP_CALL, /* whatever else */
} RowOpCode;

typedef struct RowOp RowOp;

/* Whether a value that is not NULL breaks the rule. */
typedef bool (*RowOpFunction)(const RowOp *op, Datum value, Datum other);

/* Strings in a hash table, or a few in a list. */
typedef struct TextSet
{
	int count;
	uint32 mask; /* 0: a list */
	struct
	{
		const char *data;
		int length;
	} * entries;
} TextSet;

struct RowOp
{
	RowOpCode code;
	bool negated;  /* of sets: members break the rule */
	int8 operator; /* of comparisons: bits of OPERATOR_... that hold */
	int column;    /* place in the row, from 0 */
	int other;     /* the second column of a comparison */
	int rule;      /* of the ruleset */
	union
	{
		struct
		{
			int64 low;
			int64 high;
		} whole;
		struct
		{
			double low;
			double high;
			bool low_excluded;
			bool high_excluded;
		} real;
		struct
		{
			int min;
			int max;
		} size;
		TextSet set;
		struct
		{
			int count;
			int64 *values;
		} integers;
		struct
		{
			int count;
			double *values;
		} reals;
	} as;
	RowOpFunction function;
	void *data; /* of the function */
};

#define OPERATOR_LESS    1
#define OPERATOR_EQUAL   2
#define OPERATOR_GREATER 4

/* Where a column of the ruleset is found. */
typedef struct ColumnSource
{
	int place; /* from 0 */
	Oid type;
} ColumnSource;

typedef struct CompiledRuleset
{
	MemoryContext context;
	RuleList *list;
	ColumnSource *sources;
	int nops;
	int last_column; /* highest place that is read; -1: none */
	RowOp *ops;
	char **expectations; /* of each operation, in words, once it was broken */
} CompiledRuleset;

/* In the current context. The list must live as long. */
extern CompiledRuleset *ruleset_compile(RuleList *list, ColumnSource *sources);

/*
 * The operation from the given one on that a row breaks, or -1. A row is where the executor has it: in arrays of
 * values and nulls, or in the arguments of a function.
 */
extern int first_broken(const CompiledRuleset *compiled, int from, const Datum *values,
						const bool *nulls);
extern int first_broken_argument(const CompiledRuleset *compiled, int from,
								 const NullableDatum *arguments);

/*
 * What is wrong with a row that breaks an operation, for people; values only of columns that are not sensitive, nor
 * hidden from who asks: an array by columns of the ruleset, NULL if none is.
 */
extern char *problem_in_words(const CompiledRuleset *compiled, const RowOp *op, Datum value,
							  bool isnull, Datum other, const bool *hidden);

#endif
