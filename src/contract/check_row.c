/*
 * check_row.c: rulesets applied to rows: check_row(), conforms(), violations(), and the cache of compiled rulesets.
 *
 * check_row() stands in a CHECK constraint: its ruleset is a constant, so it is as immutable as the types' own
 * functions. Compiling takes some microseconds, and an INSERT of one row is a query of its own: compiled rulesets are
 * kept for the session, by what they are and of which types, so that nothing but a change of types makes one stale.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/check_row.h"
#include "contract/shown.h"
#include "core/hash.h"
#include "core/rows.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define MAX_KEPT 500

/* ---------------------------------------------------------------- compiled, kept ---- */

typedef struct CacheKey
{
	XXH128_hash_t hash;
} CacheKey;

typedef struct CacheEntry
{
	CacheKey key;
	CachedRuleset *cached;
} CacheEntry;

static HTAB *cache = NULL;

/* Takes all out of the cache; who holds one goes on with it until the end of the statement. */
static void
forget_all(Datum argument, int cacheid, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	CacheEntry *entry;

	if (cache == NULL)
		return;
	hash_seq_init(&scan, cache);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		kept_make_stale(&entry->cached->kept);
		hash_search(cache, &entry->key, HASH_REMOVE, NULL);
	}
}

static void
cache_init(void)
{
	HASHCTL control = {.keysize = sizeof(CacheKey), .entrysize = sizeof(CacheEntry)};

	cache = hash_create("aidataops rulesets", 64, &control, HASH_ELEM | HASH_BLOBS);
	CacheRegisterSyscacheCallback(TYPEOID, forget_all, (Datum) 0);
	CacheRegisterSyscacheCallback(ENUMOID, forget_all, (Datum) 0);
}

static CachedRuleset *
compile(const Ruleset *ruleset, const ColumnSource *sources, int nsources)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "aidataops ruleset", ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(context);
	CachedRuleset *cached = palloc0(sizeof(CachedRuleset));
	Ruleset *copy = palloc(VARSIZE(ruleset));
	ColumnSource *kept = palloc(sizeof(ColumnSource) * (nsources + 1));

	memcpy(copy, ruleset, VARSIZE(ruleset));
	memcpy(kept, sources, sizeof(ColumnSource) * nsources);
	cached->kept.context = context;
	cached->compiled = ruleset_compile(ruleset_read(&copy->root), kept);
	MemoryContextSwitchTo(previous);
	MemoryContextSetParent(context, CacheMemoryContext);
	return cached;
}

static CacheKey
key_of(const Ruleset *ruleset, const ColumnSource *sources, int nsources)
{
	CacheKey key;
	XXH3_state_t state;

	memset(&key, 0, sizeof(key));
	XXH3_128bits_reset(&state);
	XXH3_128bits_update(&state, ruleset, VARSIZE(ruleset));
	XXH3_128bits_update(&state, sources, sizeof(ColumnSource) * nsources);
	key.hash = XXH3_128bits_digest(&state);
	return key;
}

CachedRuleset *
ruleset_hold(const Ruleset *ruleset, const ColumnSource *sources, int nsources,
			 MemoryContext holder)
{
	CacheKey key = key_of(ruleset, sources, nsources);
	CachedRuleset *cached;
	CacheEntry *entry;

	if (cache == NULL)
		cache_init();
	entry = hash_search(cache, &key, HASH_FIND, NULL);
	if (entry == NULL)
	{
		if (hash_get_num_entries(cache) >= MAX_KEPT)
			forget_all((Datum) 0, 0, 0);
		cached = compile(ruleset, sources, nsources);
		/* compiling reads catalogs, so that anything may have been forgotten or added meanwhile, but not this */
		entry = hash_search(cache, &key, HASH_ENTER, NULL);
		entry->cached = cached;
	}
	kept_hold(&entry->cached->kept, holder);
	return entry->cached;
}

/* ------------------------------------------------------------------ what is broken ---- */

BrokenRules
broken_rules(const CompiledRuleset *compiled, const Datum *values, const bool *nulls)
{
	BrokenRules broken = {0, palloc(sizeof(int) * (compiled->nops + 1))};
	int *op_of_rule = palloc0(sizeof(int) * (compiled->list->nrules + 1));
	int op = -1;

	while ((op = first_broken(compiled, op + 1, values, nulls)) >= 0)
		if (op_of_rule[compiled->ops[op].rule] == 0)
			op_of_rule[compiled->ops[op].rule] = op + 1;
	for (int i = 0; i < compiled->list->nrules; i++)
		if (op_of_rule[i] > 0)
			broken.ops[broken.count++] = op_of_rule[i] - 1;
	return broken;
}

static const Rule *
rule_of(const CompiledRuleset *compiled, int op)
{
	return &compiled->list->rules[compiled->ops[op].rule];
}

char *
problem_of(const JudgedRow *row, int number)
{
	const RowOp *op = &row->compiled->ops[number];

	return problem_in_words(row->compiled, op, row->values[op->column], row->nulls[op->column],
							row->values[op->other], row->hidden);
}

static char *
all_problems(const JudgedRow *row, BrokenRules broken)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < broken.count; i++)
	{
		if (i > 0)
			appendStringInfo(&text, "\nRule \"%s\": ", rule_of(row->compiled, broken.ops[i])->name);
		appendStringInfoString(&text, problem_of(row, broken.ops[i]));
	}
	return text.data;
}

void
raise_violation(const JudgedRow *row, BrokenRules broken, const char *schema, const char *table)
{
	const Rule *rule = rule_of(row->compiled, broken.ops[0]);
	const RuleList *list = row->compiled->list;

	ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("row breaks rule \"%s\" of contract \"%s\" version %s", rule->name,
						   list->contract, list->version),
					errdetail("%s", all_problems(row, broken)),
					schema ? err_generic_string(PG_DIAG_SCHEMA_NAME, schema) : 0,
					table ? err_generic_string(PG_DIAG_TABLE_NAME, table) : 0,
					err_generic_string(PG_DIAG_COLUMN_NAME, list->columns[rule->columns[0]]),
					err_generic_string(PG_DIAG_CONSTRAINT_NAME, rule->name)));
}

/* --------------------------------------------------- check_row() and conforms() ---- */

/* The ruleset is one argument, what follows it are the columns. */
typedef struct RowCheck
{
	const void *given; /* the ruleset of the last call */
	Ruleset *ruleset;
	CachedRuleset *cached;
} RowCheck;

static void
check_arguments(const RuleList *list, int given)
{
	if (list->ncolumns != given)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("ruleset of contract \"%s\" is about %d columns, but %d were given",
							   list->contract, list->ncolumns, given),
						errhint("Give a value for each of its \"columns\", in their order.")));
}

static ColumnSource *
argument_sources(FunctionCallInfo fcinfo, int first)
{
	ColumnSource *sources = palloc0(sizeof(ColumnSource) * (PG_NARGS() + 1));

	for (int i = first; i < PG_NARGS(); i++)
	{
		ColumnSource *source = &sources[i - first];

		source->place = i - first;
		source->type = get_fn_expr_argtype(fcinfo->flinfo, i);
		if (!OidIsValid(source->type))
			elog(ERROR, "could not determine the type of argument %d", i + 1);
		if (source->type == UNKNOWNOID)
			source->type = TEXTOID;
	}
	return sources;
}

/* A literal of unknown type comes as a C string. */
static void
refuse_unknown(FunctionCallInfo fcinfo, int first)
{
	for (int i = first; i < PG_NARGS(); i++)
		if (get_fn_expr_argtype(fcinfo->flinfo, i) == UNKNOWNOID && !PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
							errmsg("could not determine the type of argument %d", i + 1),
							errhint("Say it by a cast.")));
}

static void
prepare(FunctionCallInfo fcinfo, int rules, RowCheck *check)
{
	Ruleset *ruleset = PG_GETARG_RULESET_P(rules);
	int first = rules + 1;
	int given = PG_NARGS() - first;

	if (check->cached && VARSIZE(check->ruleset) == VARSIZE(ruleset) &&
		memcmp(check->ruleset, ruleset, VARSIZE(ruleset)) == 0 && !check->cached->kept.stale)
		return;
	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("columns must be given one by one, not as a VARIADIC array")));
	refuse_unknown(fcinfo, first);
	check_arguments(ruleset_read(&ruleset->root), given);
	check->cached =
		ruleset_hold(ruleset, argument_sources(fcinfo, first), given, fcinfo->flinfo->fn_mcxt);
	check->ruleset = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(ruleset));
	memcpy(check->ruleset, ruleset, VARSIZE(ruleset));
}

/* A constant is at the same address each time. */
static inline const CompiledRuleset *
row_check(FunctionCallInfo fcinfo, int rules)
{
	RowCheck *check = fcinfo->flinfo->fn_extra;

	if (unlikely(check == NULL))
	{
		check = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RowCheck));
		if (get_fn_expr_arg_stable(fcinfo->flinfo, rules))
			check->given = PG_GETARG_POINTER(rules);
		fcinfo->flinfo->fn_extra = check;
	}
	if (unlikely(check->cached == NULL || check->given != PG_GETARG_POINTER(rules)))
		prepare(fcinfo, rules, check);
	return check->cached->compiled;
}

static void
raise_for_arguments(FunctionCallInfo fcinfo, int rules, const CompiledRuleset *compiled,
					const bool *hidden)
{
	Datum *values = palloc0(sizeof(Datum) * PG_NARGS());
	bool *nulls = palloc0(sizeof(bool) * PG_NARGS());
	JudgedRow row = {compiled, values, nulls, hidden};

	for (int i = rules + 1; i < PG_NARGS(); i++)
	{
		values[i - rules - 1] = PG_GETARG_DATUM(i);
		nulls[i - rules - 1] = PG_ARGISNULL(i);
	}
	raise_violation(&row, broken_rules(compiled, values, nulls), NULL, compiled->list->table);
}

/* check_row(ruleset, VARIADIC "any"): true, or an error */
PG_FUNCTION_INFO_V1(check_row);
Datum
check_row(PG_FUNCTION_ARGS)
{
	const CompiledRuleset *compiled;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	compiled = row_check(fcinfo, 0);
	if (unlikely(first_broken_argument(compiled, 0, fcinfo->args + 1) >= 0))
		raise_for_arguments(fcinfo, 0, compiled, NULL);
	PG_RETURN_BOOL(true);
}

/* check_row(table, ruleset, VARIADIC "any"): the same of a row that is written to a table */
PG_FUNCTION_INFO_V1(check_row_of);
Datum
check_row_of(PG_FUNCTION_ARGS)
{
	const CompiledRuleset *compiled;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	compiled = row_check(fcinfo, 1);
	if (unlikely(first_broken_argument(compiled, 0, fcinfo->args + 2) >= 0))
		raise_for_arguments(
			fcinfo, 1, compiled,
			columns_hidden(PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0), compiled->list));
	PG_RETURN_BOOL(true);
}

/* conforms(ruleset, VARIADIC "any"): true or false */
PG_FUNCTION_INFO_V1(conforms);
Datum
conforms(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(first_broken_argument(row_check(fcinfo, 0), 0, fcinfo->args + 1) < 0);
}

/* ----------------------------------------------------------------- violations() ---- */

static int
column_by_name(TupleDesc descriptor, const char *name)
{
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0)
			return i;
	}
	return -1;
}

ColumnSource *
find_columns(const RuleList *list, TupleDesc descriptor, const char *relation)
{
	ColumnSource *sources = palloc0(sizeof(ColumnSource) * (list->ncolumns + 1));

	for (int i = 0; i < list->ncolumns; i++)
	{
		int place = column_by_name(descriptor, list->columns[i]);

		if (place < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("%s has no column \"%s\", which rules of contract \"%s\" are about",
							relation, list->columns[i], list->contract),
					 errhint("If it was renamed or dropped, activate a version of the contract "
							 "that says so, and call enforce_contract() again.")));
		sources[i].place = place;
		sources[i].type = TupleDescAttr(descriptor, place)->atttypid;
	}
	return sources;
}

static Datum
rule_columns(const CompiledRuleset *compiled, const Rule *rule)
{
	Datum names[2];

	for (int i = 0; i < rule->ncolumns; i++)
		names[i] =
			DirectFunctionCall1(namein, CStringGetDatum(compiled->list->columns[rule->columns[i]]));
	return PointerGetDatum(
		construct_array(names, rule->ncolumns, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

/* violations(ruleset, row): rule, kind, columns, severity, problem */
PG_FUNCTION_INFO_V1(violations);
Datum
violations(PG_FUNCTION_ARGS)
{
	Ruleset *ruleset = PG_GETARG_RULESET_P(0);
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	TupleDesc descriptor =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Datum *values = palloc(sizeof(Datum) * (descriptor->natts + 1));
	bool *nulls = palloc(sizeof(bool) * (descriptor->natts + 1));
	RuleList *list = ruleset_read(&ruleset->root);
	const CompiledRuleset *compiled;
	BrokenRules broken;
	JudgedRow judged = {NULL, values, nulls, NULL};
	RowBuilder out = {0};

	InitMaterializedSRF(fcinfo, 0);
	compiled = ruleset_hold(ruleset, find_columns(list, descriptor, "the row"), list->ncolumns,
							CurrentMemoryContext)
				   ->compiled;
	judged.compiled = compiled;
	heap_deform_tuple(&tuple, descriptor, values, nulls);
	broken = broken_rules(compiled, values, nulls);
	for (int i = 0; i < broken.count; i++)
	{
		const Rule *rule = rule_of(compiled, broken.ops[i]);

		row_add(&out, CStringGetTextDatum(rule->name));
		row_add(&out, CStringGetTextDatum(rule_kind_name(rule->kind)));
		row_add(&out, rule_columns(compiled, rule));
		row_add(&out, CStringGetTextDatum(rule->warn ? "warn" : "error"));
		row_add(&out, CStringGetTextDatum(problem_of(&judged, broken.ops[i])));
		row_emit(&out, fcinfo);
	}
	ReleaseTupleDesc(descriptor);
	return (Datum) 0;
}
