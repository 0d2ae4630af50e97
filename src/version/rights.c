/*
 * rights.c: who may read the rows of versions.
 *
 * History belongs to the owner of the dataset, who grants SELECT on it: the past is not the present,
 * and deleted rows may be in it. Beyond that, readers are bound by their rights on the table as they
 * are now. Each history table has row-level security for it:
 *
 * - a policy that calls _reader_allowed(), which compares the reader's privileges, at each read, and
 *   raises an error where they fall short;
 * - the table's own policies, translated to the columns of history. The first policy carries a
 *   digest of what was translated, and a reader is refused once that is no longer what the table has.
 *
 * The owner of the dataset and those with BYPASSRLS are not subject to policies, as everywhere.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_type.h"
#include "commands/policy.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/uuid.h"
#include "version/history.h"
#include "version/rights.h"

static AttrNumber
number_of_columns(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	AttrNumber natts = 0;

	if (HeapTupleIsValid(tuple))
	{
		natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
		ReleaseSysCache(tuple);
	}
	return natts;
}

/* ------------------------------------------------------------ the reader's privileges ---- */

static bool
may_read_some(Oid relid, Oid reader)
{
	return OidIsValid(relid) &&
		   (pg_class_aclcheck(relid, reader, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck_all(relid, reader, ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK);
}

/*
 * Every column of history that the reader may read must be one that they may read in the table; one
 * that the table no longer has, if they may read all of the table. Who may read none reads through
 * a view of somebody else's, which may show any.
 */
static bool
columns_allowed(Oid history, Oid source, Oid reader)
{
	AttrNumber natts = number_of_columns(history);

	if (pg_class_aclcheck(source, reader, ACL_SELECT) == ACLCHECK_OK)
		return true;
	if (!may_read_some(history, reader))
		return false;
	for (AttrNumber i = HISTORY_OWN_COLUMNS + 1; i <= natts; i++)
	{
		char *name = get_attname(history, i, true);
		AttrNumber attnum = name ? get_attnum(source, name) : InvalidAttrNumber;

		if (name == NULL || (pg_class_aclcheck(history, reader, ACL_SELECT) != ACLCHECK_OK &&
							 pg_attribute_aclcheck(history, i, reader, ACL_SELECT) != ACLCHECK_OK))
			continue;
		if (attnum == InvalidAttrNumber ||
			pg_attribute_aclcheck(source, attnum, reader, ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* A view that reads with the rights of who reads it shows everybody something else. */
static bool
is_invoker_view(Oid relid)
{
	Relation relation;
	bool result;

	if (get_rel_relkind(relid) != RELKIND_VIEW)
		return false;
	relation = RelationIdGetRelation(relid);
	result = RelationIsValid(relation) && RelationHasSecurityInvoker(relation);
	if (RelationIsValid(relation))
		RelationClose(relation);
	return result;
}

/* What of the reader's rights stands against reading, and what to do; NULL if nothing does. */
static const char *
privilege_problem(const Dataset *dataset, Oid history, Oid source, Oid reader, const char **hint)
{
	if (!OidIsValid(source))
	{
		*hint = "Use attach_dataset() if there is another table.";
		return "Its table is gone, and with it the rights that readers had.";
	}
	if (relation_owner(source) != relation_owner(history))
	{
		*hint = "Give table and history to one owner, with ALTER TABLE ... OWNER TO.";
		return "Its table and its history belong to different roles.";
	}
	if (is_invoker_view(source))
	{
		*hint = "The owner of the dataset can make a table of what you are to see.";
		return "Its view reads with the rights of who reads it, so others may see other rows.";
	}
	if (!columns_allowed(history, source, reader))
	{
		*hint = "The owner can GRANT SELECT on it.";
		return "You may not read its table, or not all of the columns.";
	}
	return NULL;
}

static void
refuse(const Dataset *dataset, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("permission denied for the history of dataset \"%s\"", dataset->name),
					errdetail("%s", detail), errhint("%s", hint)));
}

/* ------------------------------------------------------------------------ policies ---- */

/* No policies have it: of a relation that is not there, or that says nothing about the history. */
#define NO_DIGEST "00000000-0000-0000-0000-000000000000"

/* What the policies of a relation let through, in brief: two relations alike have the same. */
static char *
policies_digest(Oid relid)
{
	Statement statement;
	char *digest;

	statement_init(&statement, "SELECT aidataops._policies($1)");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(relid), false);
	statement_run_as_catalog_owner(&statement);
	digest = result_text(1);
	/* it may have been dropped just now, or be newer than the snapshot */
	return digest ? digest : NO_DIGEST;
}

static void
check_reader(FunctionCallInfo fcinfo, Oid reader)
{
	char *translated =
		DatumGetCString(DirectFunctionCall1(uuid_out, PointerGetDatum(PG_GETARG_UUID_P(2))));
	Oid history = history_table(NameStr(*PG_GETARG_NAME(1)));
	Dataset *dataset;
	Oid source;
	const char *hint = NULL;
	const char *problem;

	SPI_connect();
	dataset = dataset_by_id(PG_GETARG_INT32(0));
	source = dataset ? dataset_source(dataset) : InvalidOid;
	if (dataset && has_privs_of_role(reader, dataset->owner))
	{
		SPI_finish();
		return;
	}
	/* whoever calls this without a right to either is told nothing of the dataset, not even its name */
	if (!may_read_some(history, reader) && !may_read_some(source, reader))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied for table %s", NameStr(*PG_GETARG_NAME(1)))));
	if (dataset == NULL)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied for the history of a dataset that is gone")));
	problem = privilege_problem(dataset, history, source, reader, &hint);
	if (problem)
		refuse(dataset, problem, hint);
	if (strcmp(policies_digest(source), translated) != 0)
		refuse(dataset,
			   "The policies of its table are others than when they were last carried over.",
			   "The owner of the dataset can carry them over with sync_rights().");
	if (!PG_GETARG_BOOL(3) && check_enable_rls(source, reader, true) == RLS_ENABLED)
		refuse(dataset,
			   "The policies of its table refer to what these rows have not, or have in another "
			   "type, so they cannot be applied to them.",
			   "Read a version that has the columns.");
	SPI_finish();
}

/*
 * The condition of policies on history: true, or an error. It is part of each, so that without the
 * extension there is none left, and nobody but the owner reads on. The arguments: the dataset, the table, the
 * policies that were translated, and whether all could be. Beside others in an OR the executor
 * asks for each row; once a query is enough.
 */
PG_FUNCTION_INFO_V1(reader_allowed);
Datum
reader_allowed(PG_FUNCTION_ARGS)
{
	Oid *allowed = fcinfo->flinfo->fn_extra;

	if (allowed == NULL)
		allowed = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Oid));
	if (*allowed != GetUserId())
	{
		check_reader(fcinfo, GetUserId());
		*allowed = GetUserId();
	}
	PG_RETURN_BOOL(true);
}

/* ----------------------------------------------------------------------- translating ---- */

typedef struct Translation
{
	Oid source;
	Oid history;
	int depth;     /* of sub-selects */
	bool possible; /* so far */
} Translation;

/*
 * The column of history for one of the source, as what it is today: history keeps domains as their
 * base types, and may keep what had another type then.
 */
static Node *
history_column(const Var *var, Translation *translation)
{
	char *name = var->varattno > 0 ? get_attname(translation->source, var->varattno, true) : NULL;
	AttrNumber attnum = name ? get_attnum(translation->history, name) : InvalidAttrNumber;
	Node *column = NULL;
	Oid type;
	int32 typmod;
	Oid collation;

	if (attnum > 0)
	{
		get_atttypetypmodcoll(translation->history, attnum, &type, &typmod, &collation);
		column = (Node *) makeVar(1, attnum, type, typmod, collation, var->varlevelsup);
		column = coerce_to_target_type(NULL, column, type, getBaseType(var->vartype), -1,
									   COERCION_IMPLICIT, COERCE_EXPLICIT_CAST, -1);
	}
	if (column == NULL)
		translation->possible = false;
	return column;
}

/* Replaces columns of the source, which is the only relation outside of sub-selects. */
static Node *
translate_columns(Node *node, Translation *translation)
{
	if (node == NULL || !translation->possible)
		return node;
	if (IsA(node, Var) && ((Var *) node)->varno == 1 &&
		(int) ((Var *) node)->varlevelsup == translation->depth)
		return history_column((Var *) node, translation);
	if (IsA(node, Query))
	{
		Query *query;

		translation->depth++;
		query = query_tree_mutator((Query *) node, translate_columns, translation, 0);
		translation->depth--;
		return (Node *) query;
	}
	return expression_tree_mutator(node, translate_columns, translation);
}

/* The condition of a policy of the source, as one on history; NULL if it cannot be. */
static Node *
translate_condition(char *condition, Oid source, Oid history)
{
	Translation translation = {.source = source, .history = history, .possible = true};
	Node *node = translate_columns(stringToNode(condition), &translation);

	return translation.possible ? node : NULL;
}

/* ------------------------------------------------------------------------- mirroring ---- */

#define GATE "aidataops_reader"

#define POLICIES                                                                                   \
	"SELECT p.polpermissive::text, (SELECT string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' "            \
	"ELSE quote_ident(pg_get_userbyid(r.oid)) END, ', ') FROM unnest(p.polroles) AS r (oid)), "    \
	"p.polqual::text FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid "                \
	"WHERE p.polrelid = $1 AND c.relrowsecurity AND p.polcmd IN ('r', '*') ORDER BY p.polname"

void
rights_forget(Oid history)
{
	Statement statement;

	statement_init(&statement,
				   "SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) "
				   "FROM pg_policy WHERE polrelid = $1 AND polname LIKE 'aidataops\\_%'");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(history), false);
	run_ddl_made_by(&statement);
}

typedef struct Policy
{
	char *roles;
	Node *condition; /* on history */
	bool permissive;
} Policy;

/* The source's policies for history, as far as they can be. */
static List *
translate_policies(Oid source, Oid history, bool *applicable)
{
	List *policies = NIL;
	Statement statement;
	SPITupleTable *found;
	uint64 count;

	statement_init(&statement, POLICIES);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(source), false);
	count = statement_run_as_catalog_owner(&statement);
	found = SPI_tuptable;
	*applicable = true;
	for (uint64 i = 0; i < count; i++)
	{
		Policy *policy = palloc(sizeof(Policy));
		char *condition = SPI_getvalue(found->vals[i], found->tupdesc, 3);

		policy->permissive = strcmp(SPI_getvalue(found->vals[i], found->tupdesc, 1), "true") == 0;
		policy->roles = SPI_getvalue(found->vals[i], found->tupdesc, 2);
		policy->condition = condition ? translate_condition(condition, source, history)
									  : makeBoolConst(true, false);
		if (policy->condition)
			policies = lappend(policies, policy);
		else
			*applicable = false;
	}
	return policies;
}

static bool
has_row_security(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool result = HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/*
 * Adds a condition to that of a policy. It is stored as it was parsed when the source got it: as text
 * it would be parsed again, with the rights of who does that, and to parse a literal can run code
 * of the owner's, such as the check of a domain.
 */
static void
add_condition(Oid history, char *policy, Node *condition)
{
	Relation catalog = table_open(PolicyRelationId, RowExclusiveLock);
	ObjectAddress self = {.classId = PolicyRelationId,
						  .objectId = get_relation_policy_oid(history, policy, false)};
	Datum values[Natts_pg_policy] = {0};
	bool nulls[Natts_pg_policy] = {0};
	bool replaces[Natts_pg_policy] = {[Anum_pg_policy_polqual - 1] = true};
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool isnull;
	Datum old;

	ScanKeyInit(&key, Anum_pg_policy_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(self.objectId));
	scan = systable_beginscan(catalog, PolicyOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	old = heap_getattr(tuple, Anum_pg_policy_polqual, RelationGetDescr(catalog), &isnull);
	values[Anum_pg_policy_polqual - 1] = CStringGetTextDatum(nodeToString(
		make_andclause(list_make2(stringToNode(TextDatumGetCString(old)), condition))));
	tuple = heap_modify_tuple(tuple, RelationGetDescr(catalog), values, nulls, replaces);
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	recordDependencyOnSingleRelExpr(&self, condition, history, DEPENDENCY_NORMAL, DEPENDENCY_NORMAL,
									false);
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
	CacheInvalidateRelcacheByRelid(history);
	CommandCounterIncrement();
}

static void
mirror(const Dataset *dataset, Oid source, Oid history, const char *digest)
{
	char *name = get_rel_name(history);
	char *qualified = psprintf("%s.%s", HISTORY_SCHEMA, quote_identifier(name));
	bool applicable;
	List *policies = translate_policies(source, history, &applicable);
	bool filtered = has_row_security(source);
	char *gate = psprintf("aidataops._reader_allowed(%d, %s, '%s', %s)", dataset->id,
						  quote_literal_cstr(name), digest, applicable ? "true" : "false");
	ListCell *cell;
	int number = 1;

	rights_forget(history);
	/* among others it lets nothing through: it is there to ask those whom none of them concerns */
	run_ddl(psprintf("CREATE POLICY " GATE " ON %s FOR SELECT USING (%s%s)", qualified,
					 filtered ? "NOT " : "", gate));
	foreach (cell, policies)
	{
		Policy *policy = lfirst(cell);
		char *policy_name = psprintf("aidataops_source_%d", number++);

		run_ddl(psprintf("CREATE POLICY %s ON %s AS %s FOR SELECT TO %s USING (%s)", policy_name,
						 qualified, policy->permissive ? "PERMISSIVE" : "RESTRICTIVE",
						 policy->roles, gate));
		add_condition(history, policy_name, policy->condition);
	}
	run_ddl(psprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", qualified));
}

/*
 * History tables whose policies are not those of the source. The tables are found before their
 * policies are read: pg_get_expr() locks the table, and must not do so to those of others.
 */
#define OUTDATED                                                                                   \
	"SELECT h.oid FROM (SELECT DISTINCT c.oid, c.relrowsecurity FROM aidataops.schema_epoch AS e " \
	"JOIN pg_class AS c ON c.relname = e.history_table AND "                                       \
	"c.relnamespace = '" HISTORY_SCHEMA "'::regnamespace WHERE e.dataset_id = $1 OFFSET 0) AS h "  \
	"WHERE NOT h.relrowsecurity OR COALESCE((SELECT strpos(pg_get_expr(p.polqual, p.polrelid), "   \
	"$2) FROM pg_policy AS p WHERE p.polrelid = h.oid AND p.polname = '" GATE "'), 0) = 0"

void
rights_mirror(const Dataset *dataset)
{
	Oid source = dataset_source(dataset);
	char *digest;
	List *outdated = NIL;
	Statement statement;
	ListCell *cell;

	if (!OidIsValid(source) || !OidIsValid(get_namespace_oid(HISTORY_SCHEMA, true)))
		return;
	digest = policies_digest(source);
	statement_init(&statement, OUTDATED);
	statement_int4(&statement, dataset->id);
	statement_text(&statement, digest);
	statement_run_as_catalog_owner(&statement);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;

		outdated =
			lappend_oid(outdated, DatumGetObjectId(SPI_getbinval(
									  SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
	}
	foreach (cell, outdated)
		mirror(dataset, source, lfirst_oid(cell), digest);
}

PG_FUNCTION_INFO_V1(sync_rights);
Datum
sync_rights(PG_FUNCTION_ARGS)
{
	Dataset *dataset;

	SPI_connect();
	dataset = dataset_find(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	dataset_check_owner(dataset, "sync the rights of");
	rights_mirror(dataset_lock(dataset));
	SPI_finish();
	PG_RETURN_VOID();
}
