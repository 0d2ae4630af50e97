/*
 * installed.c: which triggers enforce_contract() made.
 *
 * A trigger says itself which contract it enforces, and anybody can make one on a table of his own that names the
 * contract of somebody else. Such a trigger may refuse rows; but what is written into the catalog in the name of a
 * contract, rows set aside and warnings, is written for triggers that the catalog knows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "contract/installed.h"
#include "core/statement.h"
#include "executor/spi.h"

List *
installed_triggers(const WarningSubject *subject)
{
	MemoryContext memory = CurrentMemoryContext;
	Statement statement;
	List *names = NIL;
	uint64 count;

	SPI_connect();
	statement_init(&statement,
				   "SELECT u.name FROM aidataops.enforcement AS e, unnest(e.triggers) AS u (name) "
				   "WHERE e.contract = $1 AND e.version = $2 AND $3 = aidataops._source_oid("
				   "coalesce(e.relation_oid, 0), e.relation_origin, e.relation_schema, "
				   "e.relation_name)");
	statement_text(&statement, subject->contract);
	statement_text(&statement, subject->version);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(subject->relation), false);
	count = statement_run_on_definitions(&statement);
	for (uint64 i = 0; i < count; i++)
	{
		char *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext previous = MemoryContextSwitchTo(memory);

		names = lappend(names, pstrdup(name));
		MemoryContextSwitchTo(previous);
	}
	SPI_finish();
	return names;
}

bool
is_among(const List *names, const char *name)
{
	ListCell *cell;

	foreach (cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}
