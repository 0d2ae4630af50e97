/*
 * refusal.c: which values a rule refuses, asked before there is a column that could have them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "contract/opcode.h"
#include "contract/refusal.h"
#include "core/subtransaction.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* As the only rule of a ruleset of one column. */
static CompiledRuleset *
compile_alone(const char *kind, const char *parameters, Oid type)
{
	ColumnSource *source = palloc(sizeof(ColumnSource));
	char *text = psprintf("{\"contract\": \"c\", \"version\": \"1.0.0\", \"columns\": [\"c\"], "
						  "\"rules\": [{\"rule\": \"r\", \"kind\": \"%s\", \"columns\": [\"c\"], "
						  "\"parameters\": %s}]}",
						  kind, parameters);

	*source = (ColumnSource){.place = 0, .type = type};
	return ruleset_compile(ruleset_read(&ruleset_from_text(text)->root), source);
}

static Datum
datum_of(const char *value, Oid type)
{
	if (type == TEXTOID)
		return CStringGetTextDatum(value);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(value), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

static void
try_values(void *argument)
{
	Trial *trial = argument;
	Oid type = trial->numbers ? NUMERICOID : TEXTOID;
	CompiledRuleset *compiled = compile_alone(trial->kind, trial->parameters, type);
	bool isnull = false;

	for (int i = 0; i < trial->n; i++)
	{
		Datum value = datum_of(trial->values[i], type);

		trial->refused[i] = first_broken(compiled, 0, &value, &isnull) >= 0;
	}
}

bool
find_refused(Trial *trial)
{
	return safely(try_values, trial) == NULL;
}
