/*
 * ruleset.h: rules about single rows, as a value (docs/enforcement.md).
 */
#ifndef AIDATAOPS_CONTRACT_RULESET_H
#define AIDATAOPS_CONTRACT_RULESET_H

#include "fmgr.h"
#include "utils/jsonb.h"

/*
 * A ruleset is a JSON object in the binary form of jsonb, behind a version. Nothing of it comes from outside but by
 * way of its text, so the container is one that the server itself made.
 */
#define RULESET_LAYOUT 1

typedef struct Ruleset
{
	int32 vl_len_;
	uint8 layout;
	uint8 reserved[3];
	JsonbContainer root;
} Ruleset;

#define DatumGetRulesetP(datum)  ((Ruleset *) PG_DETOAST_DATUM(datum))
#define PG_GETARG_RULESET_P(n)   DatumGetRulesetP(PG_GETARG_DATUM(n))
#define PG_RETURN_RULESET_P(set) PG_RETURN_POINTER(set)

typedef enum RuleKind
{
	RULE_REQUIRED,
	RULE_RANGE,
	RULE_LENGTH,
	RULE_PATTERN,
	RULE_VALUES,
	RULE_NOT_VALUES,
	RULE_MULTIPLE_OF,
	RULE_FORMAT,
	RULE_ITEMS,
	RULE_PROPERTIES,
	RULE_DIMENSIONS,
	RULE_COMPARE
} RuleKind;

typedef struct Rule
{
	const char *name;
	RuleKind kind;
	int columns[2]; /* of the ruleset, from 0 */
	int ncolumns;
	JsonbContainer *parameters; /* NULL: none */
	bool warn;                  /* severity */
	bool sensitive;             /* values must not be shown */
} Rule;

typedef struct RuleList
{
	const char *contract;
	const char *version;
	const char *table; /* may be NULL */
	int ncolumns;
	const char **columns;
	bool *sensitive; /* of each column, whether values must not be shown */
	int nrules;
	Rule *rules;
} RuleList;

/* Reads and checks: an error tells what is wrong. */
extern RuleList *ruleset_read(JsonbContainer *root);
extern Ruleset *ruleset_from_text(char *text);
extern const char *rule_kind_name(RuleKind kind);

/* Values in parameters: NULL if there is none of the name. */
extern JsonbValue *json_member(JsonbContainer *object, const char *name);
extern char *json_string(const JsonbValue *value);
/* Calls for each element of an array. */
typedef void (*JsonElementReader)(const JsonbValue *element, void *argument);
extern void json_for_each(JsonbContainer *array, JsonElementReader reader, void *argument);
extern int json_int(JsonbContainer *object, const char *name, int otherwise);
extern int json_array_size(const JsonbValue *array);

#endif
