/*
 * compile.h: a contract's document taken apart into rules, and what is wrong with it.
 */
#ifndef AIDATAOPS_CONTRACT_COMPILE_H
#define AIDATAOPS_CONTRACT_COMPILE_H

#include "contract/json.h"
#include "contract/names.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"

typedef enum FindingSeverity
{
	FINDING_ERROR,   /* the document is not accepted */
	FINDING_WARNING, /* probably not what was meant */
	FINDING_NOTE     /* kept, but not enforced */
} FindingSeverity;

typedef struct Finding
{
	FindingSeverity severity;
	const char *code;
	const Json *at;
	char *message;
	char *hint; /* NULL: none */
} Finding;

typedef struct Rule
{
	char *name;
	const char *object;
	bool of_table;
	const char *kind;
	List *columns; /* of char *, as named in the table */
	char *parameters;
	const char *operator; /* NULL for rules of rows */
	char *bounds;
	const char *unit;
	bool warns;
	const char *dimension;
	const char *description;
	const Json *at;
} Rule;

/* Versions of the standard, as numbers that compare: 30 is v3.0.x. */
#define STANDARD_3_0 30
#define STANDARD_3_1 31
#define STANDARD_3_2 32

typedef struct Compiler
{
	const Json *document;
	const Json *schemas; /* schema of each object's table, where the caller knows it; may be NULL */
	int standard;
	List *rules;
	List *findings;
	HTAB *rule_names;
	List *objects;  /* of Object *, those that have a name */
	Names by_name;  /* the same */
	Names by_label; /* by id or name, as references call them */
} Compiler;

typedef struct Column
{
	const Json *property;
	const char *name;
	const char *physical_name;
	const char *type; /* logicalType; "" if it says none */
	bool sensitive;
} Column;

typedef struct Object
{
	const Json *json;
	const char *name;
	const char *schema; /* NULL: not known */
	const char *table;
	char *relation; /* quoted, as SQL names it */
	int ncolumns;
	Column *columns;
	Names by_name;
	Names by_label;
} Object;

extern Compiler *compile_document(const Json *document, const Json *schemas);

/* What the parts of the compiler share. */
extern void finding(Compiler *compiler, FindingSeverity severity, const Json *at, const char *code,
					char *message, char *hint);
extern Column *find_column(Object *object, const char *name);
extern Object *find_object(Compiler *compiler, const char *name);

typedef struct Parameters
{
	StringInfoData json;
} Parameters;

extern Parameters *parameters_new(void);
extern void parameter_json(Parameters *parameters, const char *key, const Json *value);
extern void parameter_text(Parameters *parameters, const char *key, const char *value);
extern void parameter_raw(Parameters *parameters, const char *key, const char *json);
extern bool parameters_empty(const Parameters *parameters);

/* columns: of Column *; name: NULL makes one; parameters: NULL for none. */
extern Rule *add_row_rule(Compiler *compiler, Object *object, const Json *at, const char *name,
						  const char *kind, List *columns, Parameters *parameters);
extern Rule *add_table_rule(Compiler *compiler, Object *object, const Json *at, const char *name,
							const char *kind, List *columns, Parameters *parameters,
							const char *operator, const char * bounds, const char *unit);

extern void compile_quality(Compiler *compiler, Object *object, Column *column,
							const Json *quality);
extern void compile_extensions(Compiler *compiler, Object *object, Column *column,
							   const Json *custom_properties);
extern void check_conflicts(Compiler *compiler);
extern void compile_service_levels(Compiler *compiler);
extern void compile_relationships(Compiler *compiler, Object *object, Column *column,
								  const Json *relationships);
extern void compile_options(Compiler *compiler, Object *object, Column *column);
extern const Json *first_of(const Json *object, const char *const *keys);

#endif
