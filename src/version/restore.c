/*
 * restore.c: make the table of a dataset equal to one of its versions again.
 *
 * No more rows are touched than differ. The table is locked against writers, compared with the
 * version as in a commit, and changed by one statement that deletes, updates and inserts in this
 * order, so that unique constraints are not in the way and foreign keys are checked once all is
 * done. What the statement returns must be what the version holds; a trigger or a generated
 * column that made something else of a row makes the whole an error.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "aidataops.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "version/catalog.h"
#include "version/dataset_version.h"
#include "version/history.h"
#include "version/source.h"

#define CHANGES "aidataops_changes" /* where a row is, and which row of the history it must be */
#define PLAN    "aidataops_plan"    /* the same, and how it gets there */

/* A row of PLAN is reached so, as t; its future self is h. */
#define PLACE                                                                                      \
	"t.tableoid OPERATOR(pg_catalog.=) c.relation AND t.ctid OPERATOR(pg_catalog.=) c.place"

typedef struct Restore
{
	Dataset *dataset;
	int32 number;
	char *version; /* its name, for people */
	Source *source;
	Shape *shape;
	History *history; /* where the version's rows are */
	List *settable;   /* columns that an UPDATE may set */
	bool fire_triggers;
	bool cascade;
	bool as_owner; /* the caller is the owner, and fires triggers as if by hand */
	int64 nrows;   /* of the version */
	int64 added;
	int64 removed;
	int64 modified;
	int64 cells_modified;
	int64 replaced; /* of the modified: deleted and inserted */
} Restore;

/* ------------------------------------------------------------------------- checks ---- */

static const char *
kind_problem(Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return NULL;
		case RELKIND_FOREIGN_TABLE:
			return "A foreign table cannot be held still, nor is it certain that its changes can "
				   "be rolled back.";
		default:
			return "It computes its rows from other relations: restore those.";
	}
}

static const char *
relation_problem(const Restore *restore)
{
	Oid relid = restore->source->relid;
	Relation relation = relation_open(relid, NoLock);
	const char *problem = NULL;

	if (relation->rd_rules != NULL)
		problem = "It has rules, which write something else than they are told.";
	else if (relation->rd_rel->relkind == RELKIND_RELATION && has_subclass(relid))
		problem =
			"Other tables inherit from it, and a version does not know which row was in which "
			"of them.";
	relation_close(relation, NoLock);
	return problem;
}

static void
check_restorable(const Restore *restore)
{
	ListCell *cell;
	const char *problem = kind_problem(restore->source->relid);

	foreach (cell, restore->source->relations)
		problem = problem ? problem : kind_problem(lfirst_oid(cell));
	if (problem == NULL)
		problem = relation_problem(restore);
	if (problem)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot restore %s of dataset \"%s\"", restore->source->name,
							   restore->dataset->name),
						errdetail("%s", problem),
						errhint("Read the version with create_version_view(), and write from it "
								"what is needed.")));
}

/* The table can only become equal to the version if it has the version's columns. */
static void
check_shape(Restore *restore, int32 epoch)
{
	Shape *then = shape_of_epoch(restore->dataset, epoch);
	StringInfoData differences;
	Statement statement;

	if (shape_equal(restore->shape, then))
		return;
	statement_init(&statement, "SELECT pg_catalog.array_to_string("
							   "aidataops._schema_changes($1, $2, $3, $4), ', ')");
	statement_param(&statement, NAMEARRAYOID, list_to_name_array(shape_names(then)), false);
	statement_param(&statement, TEXTARRAYOID, list_to_text_array(shape_types(then)), false);
	statement_param(&statement, NAMEARRAYOID, list_to_name_array(shape_names(restore->shape)),
					false);
	statement_param(&statement, TEXTARRAYOID, list_to_text_array(shape_types(restore->shape)),
					false);
	statement_run(&statement, InvalidSnapshot);
	initStringInfo(&differences);
	appendStringInfoString(&differences, result_text(1));
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("cannot restore %s: the columns of table %s changed since",
						   restore->version, restore->source->name),
					errdetail("Since the version: %s.", differences.data),
					errhint("Undo that with ALTER TABLE first, or read the version with "
							"create_version_view() and write from it what is needed.")));
}

/* Where the version's rows are, how many, and in which shape. */
static int32
find_version(Restore *restore)
{
	Statement statement;
	bool isnull;
	int32 epoch;

	statement_init(&statement, "SELECT v.epoch, v.num_rows, e.history_table::text, e.prefix "
							   "FROM aidataops.version AS v JOIN aidataops.schema_epoch AS e ON "
							   "e.dataset_id = v.dataset_id AND e.epoch = v.epoch "
							   "WHERE v.dataset_id = $1 AND v.number = $2");
	statement_int4(&statement, restore->dataset->id);
	statement_int4(&statement, restore->number);
	if (statement_run_as_catalog_owner(&statement) != 1)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("version %s does not exist", restore->version)));
	epoch = DatumGetInt32(result_value(1, &isnull));
	restore->nrows = DatumGetInt64(result_value(2, &isnull));
	restore->history = history_named(result_text(3), result_text(4));
	if (!OidIsValid(history_oid(restore->history)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("history of dataset \"%s\" is missing: there is no table %s",
							   restore->dataset->name, restore->history->qualified)));
	return epoch;
}

/* ----------------------------------------------------------------------- comparing ---- */

static char *
rows_of_version(const Restore *restore)
{
	const History *history = restore->history;

	return psprintf("%1$s AS h WHERE h.%2$s OPERATOR(pg_catalog.<=) %4$d AND "
					"h.%3$s OPERATOR(pg_catalog.>) %4$d",
					history->qualified, history->added, history->removed, restore->number);
}

static char *
changes_by_key(const Restore *restore)
{
	const History *history = restore->history;
	List *key = restore->dataset->key;

	return psprintf(
		"SELECT s.%1$s AS relation, s.%2$s AS place, o.%3$s AS rid, o.%4$s AS hash FROM "
		"(SELECT t.tableoid AS %1$s, t.ctid AS %2$s, %5$s AS %6$s, %7$s FROM %8$s AS t) AS s "
		"FULL JOIN (SELECT h.%3$s, h.%4$s, %9$s FROM %10$s) AS o ON %11$s "
		"WHERE s.%6$s IS DISTINCT FROM o.%4$s",
		history->tableoid, history->ctid, history->rid, history->hash,
		source_hash_expression(restore->shape), history->new_hash, column_list(key, "t"),
		restore->source->name, column_list(key, "h"), rows_of_version(restore),
		key_condition(restore->source->relid, history_oid(history), key, "s", "o"));
}

static char *
changes_of_multiset(const Restore *restore)
{
	const History *history = restore->history;
	char *now = numbered_rows(
		history, psprintf("t.tableoid AS %s, t.ctid AS %s", history->tableoid, history->ctid),
		source_hash_expression(restore->shape), psprintf("%s AS t", restore->source->name));
	char *then = numbered_rows(history, psprintf("h.%s", history->rid),
							   psprintf("h.%s", history->hash), rows_of_version(restore));

	return psprintf("SELECT s.%1$s AS relation, s.%2$s AS place, o.%3$s AS rid, o.%4$s AS hash "
					"FROM %6$s AS s FULL JOIN %7$s AS o ON s.%4$s OPERATOR(pg_catalog.=) o.%4$s "
					"AND s.%5$s OPERATOR(pg_catalog.=) o.%5$s "
					"WHERE s.%4$s IS NULL OR o.%4$s IS NULL",
					history->tableoid, history->ctid, history->rid, history->new_hash, history->nth,
					now, then);
}

/* ------------------------------------------------------------------------ planning ---- */

static void
add_index_columns(Relation index, Bitmapset **columns)
{
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];

		if (attnum > 0)
			*columns = bms_add_member(*columns, attnum - FirstLowInvalidHeapAttributeNumber);
	}
	pull_varattnos((Node *) RelationGetIndexExpressions(index), 1, columns);
	pull_varattnos((Node *) RelationGetIndexPredicate(index), 1, columns);
}

/*
 * Columns whose change needs the row to be deleted and inserted: of a unique index, because two rows
 * that exchange their values would meet on the way, and identities that no UPDATE may set.
 */
static List *
fragile_columns(const Restore *restore)
{
	Relation relation = relation_open(restore->source->relid, NoLock);
	TupleDesc tupdesc = RelationGetDescr(relation);
	Bitmapset *columns = NULL;
	List *names = NIL;
	ListCell *cell;

	foreach (cell, RelationGetIndexList(relation))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index->rd_index->indisunique || index->rd_index->indisexclusion)
			add_index_columns(index, &columns);
		index_close(index, NoLock);
	}
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped &&
			(attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ||
			 bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, columns)))
			names = lappend(names, pstrdup(NameStr(attribute->attname)));
	}
	relation_close(relation, NoLock);
	foreach (cell, restore->dataset->key) /* is the same in both, or it would be another row */
	{
		ListCell *name;

		foreach (name, names)
		{
			if (strcmp(lfirst(name), lfirst(cell)) == 0)
				names = foreach_delete_current(names, name);
		}
	}
	return names;
}

/* Columns that an UPDATE sets, or an INSERT: what is generated is left to its expression. */
static List *
writable_columns(const Restore *restore, bool for_update)
{
	Relation relation = relation_open(restore->source->relid, NoLock);
	TupleDesc tupdesc = RelationGetDescr(relation);
	List *names = NIL;

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (attribute->attisdropped || attribute->attgenerated != '\0' ||
			(for_update && attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS))
			continue;
		names = lappend(names, pstrdup(NameStr(attribute->attname)));
	}
	relation_close(relation, NoLock);
	return names;
}

static char *
must_be_replaced(const Restore *restore)
{
	List *fragile = fragile_columns(restore);

	if (restore->settable == NIL)
		return "true";
	if (fragile == NIL)
		return "false";
	return psprintf("aidataops.row_hash(ROW(%s)) OPERATOR(pg_catalog.<>) "
					"aidataops.row_hash(ROW(%s))",
					column_list(fragile, "t"), column_list(fragile, "h"));
}

/* From the changes, which say what, to the plan, which says how; and what it all amounts to. */
static void
make_plan(Restore *restore)
{
	List *names = shape_names(restore->shape);
	Statement statement;
	bool isnull;

	source_collect(
		restore->source, PLAN,
		psprintf(
			"SELECT c.*, d.cells, COALESCE(d.replaced, false) AS replaced FROM " CHANGES
			" AS c LEFT JOIN LATERAL (SELECT aidataops._num_changed_columns(a.*, b.*) AS cells, "
			"%1$s AS replaced FROM %2$s AS t, %3$s AS h, LATERAL (SELECT %4$s) AS a, "
			"LATERAL (SELECT %5$s) AS b WHERE " PLACE
			" AND h.%6$s OPERATOR(pg_catalog.=) c.rid) AS d ON true",
			must_be_replaced(restore), restore->source->name, restore->history->qualified,
			column_list(names, "t"), column_list(names, "h"), restore->history->rid));
	statement_init(&statement,
				   "SELECT pg_catalog.count(*) FILTER (WHERE c.place IS NULL), "
				   "pg_catalog.count(*) FILTER (WHERE c.rid IS NULL), "
				   "pg_catalog.count(*) FILTER (WHERE c.place IS NOT NULL AND c.rid IS NOT NULL), "
				   "COALESCE(pg_catalog.sum(c.cells), 0)::bigint, "
				   "pg_catalog.count(*) FILTER (WHERE c.replaced) FROM " PLAN " AS c");
	source_run(restore->source, &statement);
	restore->added = DatumGetInt64(result_value(1, &isnull));
	restore->removed = DatumGetInt64(result_value(2, &isnull));
	restore->modified = DatumGetInt64(result_value(3, &isnull));
	restore->cells_modified = DatumGetInt64(result_value(4, &isnull));
	restore->replaced = DatumGetInt64(result_value(5, &isnull));
}

/* ------------------------------------------------------------------- foreign keys ---- */

/*
 * Foreign keys of other tables that would delete or change rows there. Those that forbid are left to
 * PostgreSQL, and so are those within the table: what they do is seen in the end.
 */
#define CASCADES                                                                                   \
	"SELECT k.conname::text, k.conrelid, pg_catalog.string_agg(pg_catalog.format("                 \
	"'t.%I OPERATOR(%I.%s) r.%I', p.attname, n.nspname, o.oprname, f.attname), ' AND ') "          \
	"FROM pg_catalog.pg_constraint AS k, "                                                         \
	"ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), "                       \
	"pg_catalog.unnest(k.conpfeqop)) AS c (f, p, o), pg_catalog.pg_attribute AS f, "               \
	"pg_catalog.pg_attribute AS p, pg_catalog.pg_operator AS o, pg_catalog.pg_namespace AS n "     \
	"WHERE k.contype = 'f' AND k.confrelid = $1 AND k.conrelid <> k.confrelid AND "                \
	"k.conparentid = 0 AND k.confdeltype IN ('c', 'n', 'd') AND f.attrelid = k.conrelid AND "      \
	"f.attnum = c.f AND p.attrelid = k.confrelid AND p.attnum = c.p AND o.oid = c.o AND "          \
	"n.oid = o.oprnamespace GROUP BY k.oid, k.conname, k.conrelid ORDER BY k.conname"

static void
check_cascade(const Restore *restore, const char *constraint, Oid referencing,
			  const char *condition)
{
	Statement statement;
	char *table = quote_qualified_identifier(get_namespace_name(get_rel_namespace(referencing)),
											 get_rel_name(referencing));

	statement_init(&statement,
				   psprintf("SELECT pg_catalog.count(*) FROM " PLAN " AS c, %s AS t, %s AS r "
							"WHERE (c.rid IS NULL OR c.replaced) AND " PLACE " AND %s",
							restore->source->name, table, condition));
	source_run(restore->source, &statement);
	if (strcmp(result_text(1), "0") != 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("restoring %s would delete or change %s row(s) of table %s", restore->version,
					result_text(1), table),
			 errdetail("They refer to rows that the version has not, by the foreign key \"%s\", "
					   "which acts on a deletion.",
					   constraint),
			 errhint("Pass cascade => true if that is meant, or take care of these rows "
					 "first.")));
}

static void
check_cascades(const Restore *restore)
{
	Statement statement;
	SPITupleTable *found;
	uint64 count;

	if (restore->cascade || restore->removed + restore->replaced == 0)
		return;
	statement_init(&statement, CASCADES);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(restore->source->relid), false);
	count = statement_run_as_catalog_owner(&statement);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool isnull;

		check_cascade(restore, SPI_getvalue(found->vals[i], found->tupdesc, 1),
					  DatumGetObjectId(SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull)),
					  SPI_getvalue(found->vals[i], found->tupdesc, 3));
	}
}

/* ------------------------------------------------------------------------ writing ---- */

/*
 * The owner fires triggers as if writing by hand, with settings as they are. Anybody else lends
 * neither rights nor settings to code of the owner's.
 */
static uint64
write_table(const Restore *restore, Statement *statement)
{
	if (!restore->as_owner)
		return source_run(restore->source, statement);
	return statement_run(statement, restore->source->snapshot);
}

#define USER_TRIGGERS                                                                              \
	"SELECT pg_catalog.format('ALTER TABLE ONLY %I.%I ', n.nspname, c.relname), "                  \
	"CASE g.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' "               \
	"ELSE 'ENABLE' END, pg_catalog.format(' TRIGGER %I', g.tgname) "                               \
	"FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid "          \
	"JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "                                 \
	"WHERE g.tgrelid = ANY ($1) AND NOT g.tgisinternal AND g.tgenabled <> 'D' ORDER BY c.oid, "    \
	"g.oid"

/* The table's own triggers that are enabled, partitions' too, with how each is enabled again. */
static uint64
find_triggers(const Restore *restore)
{
	Datum *oids = palloc((list_length(restore->source->relations) + 1) * sizeof(Datum));
	int count = 0;
	Statement statement;
	ListCell *cell;

	foreach (cell, restore->source->relations)
		oids[count++] = ObjectIdGetDatum(lfirst_oid(cell));
	statement_init(&statement, USER_TRIGGERS);
	statement_param(
		&statement, OIDARRAYOID,
		PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT)),
		false);
	return statement_run_as_catalog_owner(&statement);
}

static void
run_all(const Restore *restore, List *commands)
{
	ListCell *cell;

	foreach (cell, commands)
	{
		Statement statement;

		statement_init(&statement, lfirst(cell));
		write_table(restore, &statement);
	}
}

/* Returns the commands that enable the triggers again, each as it was. */
static List *
disable_triggers(const Restore *restore)
{
	uint64 count = find_triggers(restore);
	SPITupleTable *found = SPI_tuptable;
	List *disable = NIL;
	List *enable = NIL;

	for (uint64 i = 0; i < count; i++)
	{
		char *table = SPI_getvalue(found->vals[i], found->tupdesc, 1);
		char *how = SPI_getvalue(found->vals[i], found->tupdesc, 2);
		char *trigger = SPI_getvalue(found->vals[i], found->tupdesc, 3);

		disable = lappend(disable, psprintf("%sDISABLE%s", table, trigger));
		enable = lappend(enable, psprintf("%s%s%s", table, how, trigger));
	}
	run_all(restore, disable);
	return enable;
}

static char *
assignments(List *names)
{
	StringInfoData list;
	ListCell *cell;

	initStringInfo(&list);
	foreach (cell, names)
	{
		const char *name = quote_identifier(lfirst(cell));

		appendStringInfo(&list, "%s%s = h.%s", list.len > 0 ? ", " : "", name, name);
	}
	return list.data;
}

/*
 * Deletes, then updates, then inserts, which the counts in the conditions enforce. Returns how many
 * rows were deleted, and whether those written are those of the version.
 */
static char *
write_query(const Restore *restore)
{
	char *table = restore->source->name;
	char *history = restore->history->qualified;
	char *rid = restore->history->rid;
	List *insertable = writable_columns(restore, false);
	char *update = "SELECT NULL::uuid AS hash WHERE false";

	if (restore->settable != NIL)
		update = psprintf("UPDATE %s AS t SET %s FROM " PLAN " AS c, %s AS h WHERE " PLACE
						  " AND h.%s OPERATOR(pg_catalog.=) c.rid AND NOT c.replaced AND "
						  "(SELECT pg_catalog.count(*) FROM gone) OPERATOR(pg_catalog.>=) 0 "
						  "RETURNING aidataops.row_hash(t.*) AS hash",
						  table, assignments(restore->settable), history, rid);
	return psprintf(
		"WITH gone AS (DELETE FROM %1$s AS t USING " PLAN " AS c WHERE " PLACE
		" AND (c.rid IS NULL OR c.replaced) RETURNING 1), "
		"changed AS (%2$s), came AS (INSERT INTO %1$s AS t (%3$s) OVERRIDING SYSTEM VALUE "
		"SELECT %4$s FROM " PLAN " AS c, %5$s AS h WHERE h.%6$s OPERATOR(pg_catalog.=) c.rid "
		"AND (c.place IS NULL OR c.replaced) AND "
		"(SELECT pg_catalog.count(*) FROM changed) OPERATOR(pg_catalog.>=) 0 "
		"RETURNING aidataops.row_hash(t.*) AS hash) "
		"SELECT (SELECT pg_catalog.count(*) FROM gone), aidataops.fingerprint_eq("
		"(SELECT aidataops.fingerprint_agg(w.hash) FROM (SELECT u.hash FROM changed AS u "
		"UNION ALL SELECT i.hash FROM came AS i) AS w), "
		"(SELECT aidataops.fingerprint_agg(c.hash) FROM " PLAN " AS c WHERE c.rid IS NOT NULL))",
		table, update, column_list(insertable, NULL), column_list(insertable, "h"), history, rid);
}

static void
not_equal(const Restore *restore)
{
	bool by_trigger = restore->fire_triggers && find_triggers(restore) > 0;

	ereport(
		ERROR,
		(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
		 errmsg("table %s would not become equal to %s", restore->source->name, restore->version),
		 by_trigger ? errdetail("A trigger makes other rows of those written.")
					: errdetail("A generated column computes other values today."),
		 by_trigger
			 ? errhint("Pass fire_triggers => false to restore without the table's triggers.")
			 : errhint("Read the version with create_version_view(), and write from it what is "
					   "needed.")));
}

/* Would code of the owner's, or a foreign key within the table, have touched other rows as well? */
static bool
others_may_have_changed(const Restore *restore)
{
	Statement statement;

	if (restore->fire_triggers && find_triggers(restore) > 0)
		return true;
	statement_init(&statement, "SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contype = 'f' "
							   "AND k.conrelid = $1 AND k.confrelid = $1 AND "
							   "k.confdeltype IN ('c', 'n', 'd')");
	statement_param(&statement, OIDOID, ObjectIdGetDatum(restore->source->relid), false);
	return statement_run_as_catalog_owner(&statement) > 0;
}

static void
check_whole_table(const Restore *restore)
{
	Statement statement;
	bool isnull;
	Datum found;

	statement_init(&statement,
				   psprintf("SELECT aidataops.fingerprint_agg(%s) FROM %s AS t",
							source_hash_expression(restore->shape), restore->source->name));
	source_run(restore->source, &statement);
	found = result_value(1, &isnull);
	statement_init(&statement, "SELECT aidataops.fingerprint_eq(v.fingerprint, $3) "
							   "FROM aidataops.version AS v "
							   "WHERE v.dataset_id = $1 AND v.number = $2");
	statement_int4(&statement, restore->dataset->id);
	statement_int4(&statement, restore->number);
	statement_param(&statement, own_type("fingerprint"), found, false);
	statement_run_as_catalog_owner(&statement);
	if (!DatumGetBool(result_value(1, &isnull)))
		not_equal(restore);
}

#define SEQUENCES                                                                                  \
	"SELECT a.attname::text, pg_catalog.format('%I.%I', n.nspname, s.relname), q.seqmax::text "    \
	"FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS s ON s.oid = d.objid "             \
	"JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace "                                 \
	"JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.oid "                                      \
	"JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "   \
	"WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = d.classid "              \
	"AND d.refobjid = $1 AND d.deptype IN ('a', 'i') AND q.seqincrement > 0 "                      \
	"AND a.atttypid IN (20, 21, 23)"

/*
 * Numbers that came back must not be given out again: after a table was created anew, its sequence
 * begins where the version's rows are.
 */
static void
advance_sequences(const Restore *restore)
{
	Statement statement;
	SPITupleTable *found;
	uint64 count;

	statement_init(&statement, SEQUENCES);
	statement_param(&statement, OIDOID, ObjectIdGetDatum(restore->source->relid), false);
	count = statement_run_as_catalog_owner(&statement);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		char *sequence = SPI_getvalue(found->vals[i], found->tupdesc, 2);

		statement_init(&statement,
					   psprintf("SELECT pg_catalog.setval(%1$s, m.m) FROM (SELECT "
								"pg_catalog.max(h.%2$s)::bigint AS m FROM " PLAN " AS c, %3$s AS h "
								"WHERE h.%4$s OPERATOR(pg_catalog.=) c.rid) AS m, %5$s AS s "
								"WHERE m.m OPERATOR(pg_catalog.>=) s.last_value "
								"AND m.m OPERATOR(pg_catalog.<=) %6$s",
								quote_literal_cstr(sequence),
								quote_identifier(SPI_getvalue(found->vals[i], found->tupdesc, 1)),
								restore->history->qualified, restore->history->rid, sequence,
								SPI_getvalue(found->vals[i], found->tupdesc, 3)));
		write_table(restore, &statement);
	}
}

/* Errors of the table's own constraints and triggers get the advice that they need here. */
static void
explain_error(void *arg)
{
	const Restore *restore = arg;

	errcontext("restoring %s", restore->version);
	switch (geterrcode())
	{
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			errhint("Restore the other table too, in one transaction, the one that is referred to "
					"first. If each stands in the way of the other, make the constraint DEFERRABLE "
					"and use SET CONSTRAINTS ALL DEFERRED.");
			break;
		case ERRCODE_CHECK_VIOLATION:
		case ERRCODE_NOT_NULL_VIOLATION:
		case ERRCODE_UNIQUE_VIOLATION:
		case ERRCODE_EXCLUSION_VIOLATION:
			errhint("The table has a constraint that the version does not meet. Drop it, or read "
					"the version with create_version_view() and write from it what is needed.");
			break;
		case ERRCODE_OBJECT_IN_USE:
			errhint("Deferred constraints stand in the way of fire_triggers => false: use SET "
					"CONSTRAINTS ALL IMMEDIATE first.");
			break;
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_FUNCTION:
			if (!restore->as_owner)
				errhint("Code of the owner's runs without your rights and settings here: SET ROLE "
						"%s, and restore then.",
						quote_identifier(GetUserNameFromId(restore->dataset->owner, false)));
			break;
	}
}

static void
write_rows(Restore *restore)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = explain_error, .arg = restore};
	List *enable = NIL;
	Statement statement;
	bool isnull;
	bool as_planned;

	error_context_stack = &callback;
	if (!restore->fire_triggers)
		enable = disable_triggers(restore);
	statement_init(&statement, write_query(restore));
	write_table(restore, &statement);
	as_planned = DatumGetInt64(result_value(1, &isnull)) == restore->removed + restore->replaced &&
				 DatumGetBool(result_value(2, &isnull));
	if (as_planned)
		advance_sequences(restore);
	run_all(restore, enable);
	error_context_stack = callback.previous;
	if (!as_planned)
		not_equal(restore);
	if (others_may_have_changed(restore))
		check_whole_table(restore);
}

/* ------------------------------------------------------------------------ restore ---- */

static void
find_what_to_restore(Restore *restore, Datum version)
{
	Reference reference = dataset_version_parts(resolve_version(version));
	Dataset *dataset = dataset_find(pnstrdup(reference.name, reference.namelen));

	dataset_check_owner(dataset, "restore");
	if (!dataset->keeps_rows)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("dataset \"%s\" keeps fingerprints only, so its versions cannot be restored",
					dataset->name)));
	restore->dataset = dataset_lock(dataset);
	restore->number = (int32) reference.number;
	restore->version = psprintf("%s@%d", dataset->name, restore->number);
	restore->as_owner = GetUserId() == restore->dataset->owner;
}

/* Under the lock, everything is as it will be when rows are written. */
static void
compare(Restore *restore, Snapshot snapshot)
{
	Identity caller = become_data_owner(restore->dataset); /* types are named by its search_path */

	restore->shape = shape_of_relation(restore->source->relid);
	become_again(caller);
	check_shape(restore, find_version(restore));
	source_begin(restore->source, snapshot);
	restore->settable = writable_columns(restore, true);
	if (source_collect(restore->source, CHANGES,
					   source_key_holds(restore->source) ? changes_by_key(restore)
														 : changes_of_multiset(restore)) > 0)
		make_plan(restore);
}

static void
report(const Restore *restore, ReturnSetInfo *result)
{
	int64 columns = list_length(restore->shape->columns);
	int64 kept = restore->nrows - restore->added;
	int64 stat[] = {restore->added,           restore->removed,
					restore->modified,        kept - restore->modified,
					restore->added * columns, restore->removed * columns,
					restore->cells_modified,  kept * columns - restore->cells_modified,
					kept + restore->removed,  restore->nrows};
	Datum values[lengthof(stat)];
	bool nulls[lengthof(stat)] = {0};

	for (int i = 0; i < lengthof(stat); i++)
		values[i] = Int64GetDatum(stat[i]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(dataset_restore);
Datum
dataset_restore(PG_FUNCTION_ARGS)
{
	Restore restore = {.fire_triggers = PG_GETARG_BOOL(1), .cascade = PG_GETARG_BOOL(2)};
	Snapshot snapshot;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	find_what_to_restore(&restore, PG_GETARG_DATUM(0));
	restore.source = source_open(restore.dataset, ShareRowExclusiveLock);
	check_restorable(&restore);
	check_sees_all_rows(restore.dataset, restore.dataset->history);
	/* newer than the transaction's under REPEATABLE READ, so that no row is overlooked */
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	compare(&restore, snapshot);
	if (restore.added + restore.removed + restore.modified > 0)
	{
		check_cascades(&restore);
		write_rows(&restore);
	}
	source_end(restore.source);
	UnregisterSnapshot(snapshot);
	report(&restore, (ReturnSetInfo *) fcinfo->resultinfo);
	SPI_finish();
	return (Datum) 0;
}
