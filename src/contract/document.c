/*
 * document.c: what SQL calls of the compiler of contracts' documents.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "aidataops.h"
#include "catalog/pg_type.h"
#include "contract/compile.h"
#include "contract/standard.h"
#include "core/rows.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

static void
row_add_text(RowBuilder *row, const char *text)
{
	if (text)
		row_add(row, CStringGetTextDatum(text));
	else
		row_add_null(row);
}

static void
row_add_json(RowBuilder *row, const char *json)
{
	if (json)
		row_add(row, DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	else
		row_add_null(row);
}

/* Names are cut as the server cuts them, so that those too long for a name are found nonetheless. */
static Datum
names_array(List *names)
{
	Datum *values = palloc(sizeof(Datum) * (list_length(names) + 1));
	ListCell *cell;

	foreach (cell, names)
		values[foreach_current_index(cell)] =
			DirectFunctionCall1(namein, CStringGetDatum(lfirst(cell)));
	return PointerGetDatum(
		construct_array(values, list_length(names), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

/* As large as a contract of hundreds of tables; what takes time is more than in proportion. */
#define MAX_DOCUMENT_BYTES (4 * 1024 * 1024)

static void
check_document_size(Datum document)
{
	Size size = toast_raw_datum_size(document) - VARHDRSZ;

	if (size > MAX_DOCUMENT_BYTES)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("contract document has %zu bytes, and no more than %d are allowed", size,
					MAX_DOCUMENT_BYTES),
			 errhint(
				 "Write a contract for each table, and keep long lists of values in a table that "
				 "a relationship refers to.")));
}

static Compiler *
compile_arguments(FunctionCallInfo fcinfo)
{
	const Json *schemas =
		PG_NARGS() < 2 || PG_ARGISNULL(1) ? NULL : json_tree(PG_GETARG_JSONB_P(1));

	check_document_size(PG_GETARG_DATUM(0));
	return compile_document(json_tree(PG_GETARG_JSONB_P(0)), schemas);
}

PG_FUNCTION_INFO_V1(contract_rules);
/* contract_rules(document, schemas): what the document compiles to */
Datum
contract_rules(PG_FUNCTION_ARGS)
{
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	foreach (cell, compile_arguments(fcinfo)->rules)
	{
		const Rule *rule = lfirst(cell);
		RowBuilder row = {0};

		row_add_text(&row, rule->name);
		row_add_text(&row, rule->object);
		row_add_text(&row, rule->of_table ? "table" : "row");
		row_add_text(&row, rule->kind);
		row_add(&row, names_array(rule->columns));
		row_add_json(&row, rule->parameters);
		row_add_text(&row, rule->operator);
		row_add_json(&row, rule->bounds);
		row_add_text(&row, rule->unit);
		row_add_text(&row, rule->warns ? "warn" : "error");
		row_add_text(&row, rule->dimension);
		row_add_text(&row, json_pointer(rule->at));
		row_add_text(&row, rule->description);
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(contract_findings);
/* contract_findings(document): what is wrong with it */
Datum
contract_findings(PG_FUNCTION_ARGS)
{
	static const char *const severities[] = {"error", "warning", "note"};
	Compiler *compiler;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	compiler = compile_arguments(fcinfo);
	check_form(compiler);
	check_conflicts(compiler);
	foreach (cell, compiler->findings)
	{
		const Finding *it = lfirst(cell);
		RowBuilder row = {0};

		row_add_text(&row, severities[it->severity]);
		row_add_text(&row, json_pointer(it->at));
		row_add_text(&row, it->code);
		row_add_text(&row, it->message);
		row_add_text(&row, it->hint);
		row_emit(&row, fcinfo);
	}
	return (Datum) 0;
}
