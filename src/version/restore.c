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
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "access/xact.h"
#include "aidataops.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fingerprint/fingerprint.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
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

/* A type may have got the name of another since. */
static void
check_types(const Restore *restore)
{
	if (history_stores(restore->history, restore->shape))
		return;
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("cannot restore %s: a column of table %s has another type since",
						   restore->version, restore->source->name),
					errdetail("It has the name of the type that the version was made of."),
					errhint("Read the version with create_version_view() and write from it what "
							"is needed.")));
}

/* The table can only become equal to the version if it has the version's columns. */
static void
check_shape(Restore *restore, int32 epoch)
{
	Shape *then = shape_of_epoch(restore->dataset, epoch);
	StringInfoData differences;
	Statement statement;

	if (shape_equal(restore->shape, then))
	{
		check_types(restore);
		return;
	}
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
rows_by_key(const Restore *restore)
{
	const History *history = restore->history;
	List *key = restore->dataset->key;

	return psprintf(
		"SELECT o.%4$s AS hash, s.%6$s AS found, s.%1$s AS relation, s.%2$s AS place, "
		"o.%3$s AS rid FROM "
		"(SELECT t.tableoid AS %1$s, t.ctid AS %2$s, %5$s AS %6$s, %7$s FROM %8$s AS t) AS s "
		"FULL JOIN (SELECT h.%3$s, h.%4$s, %9$s FROM %10$s) AS o ON %11$s",
		history->tableoid, history->ctid, history->rid, history->hash,
		source_hash_expression(restore->shape), history->new_hash, column_list(key, "t"),
		restore->source->name, column_list(key, "h"), rows_of_version(restore),
		key_condition(restore->source->relid, history_oid(history), key, "s", "o"));
}

static char *
rows_of_multiset(const Restore *restore)
{
	const History *history = restore->history;
	char *now = numbered_rows(
		history, psprintf("t.tableoid AS %s, t.ctid AS %s", history->tableoid, history->ctid),
		source_hash_expression(restore->shape), psprintf("%s AS t", restore->source->name));
	char *then = numbered_rows(history, psprintf("h.%s", history->rid),
							   psprintf("h.%s", history->hash), rows_of_version(restore));

	return psprintf("SELECT o.%4$s AS hash, s.%4$s AS found, s.%1$s AS relation, s.%2$s AS place, "
					"o.%3$s AS rid FROM %6$s AS s FULL JOIN %7$s AS o ON "
					"s.%4$s OPERATOR(pg_catalog.=) o.%4$s "
					"AND s.%5$s OPERATOR(pg_catalog.=) o.%5$s",
					history->tableoid, history->ctid, history->rid, history->new_hash, history->nth,
					now, then);
}

/* Returns whether anything differs. The version must be what was recorded of it, to be gone back to. */
static bool
find_changes(Restore *restore)
{
	Comparison rows = source_compare(
		restore->source, CHANGES,
		source_key_holds(restore->source) ? rows_by_key(restore) : rows_of_multiset(restore), NULL);
	Fingerprint recorded = recorded_fingerprint(restore->dataset, restore->number);

	if (!fingerprint_equal(&rows.stored, &recorded))
		version_is_broken(restore->dataset, restore->number);
	return rows.added + rows.removed + rows.modified > 0;
}

/* ------------------------------------------------------------------------ planning ---- */

/* Why an UPDATE may not be the way to a row: see find_obstacles(). */
typedef struct Obstacles
{
	List *columns; /* any change of which needs the row to be deleted and inserted */
	List *uniques; /* of UniqueColumns */
} Obstacles;

/* Columns whose values no two rows share: where they exchange them, they would meet on the way. */
typedef struct UniqueColumns
{
	List *names;
	bool nulls_meet; /* NULLS NOT DISTINCT */
} UniqueColumns;

static bool
name_in(List *names, const char *name)
{
	ListCell *cell;

	foreach (cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/* Those of the key are the same in both rows, or it would be another row. */
static void
add_column(const Restore *restore, Obstacles *obstacles, char *name)
{
	if (!name_in(restore->dataset->key, name) && !name_in(obstacles->columns, name))
		obstacles->columns = lappend(obstacles->columns, name);
}

static List *
key_columns(Relation index)
{
	List *names = NIL;

	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];

		if (attnum > 0)
			names = lappend(names, get_attname(index->rd_index->indrelid, attnum, false));
	}
	return names;
}

/* All columns that decide what the index makes of a row. */
static void
add_index(const Restore *restore, Obstacles *obstacles, Relation index)
{
	Bitmapset *columns = NULL;
	ListCell *cell;
	int member = -1;

	foreach (cell, key_columns(index))
		add_column(restore, obstacles, lfirst(cell));
	pull_varattnos((Node *) RelationGetIndexExpressions(index), 1, &columns);
	pull_varattnos((Node *) RelationGetIndexPredicate(index), 1, &columns);
	while ((member = bms_next_member(columns, member)) >= 0)
	{
		AttrNumber attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			add_column(restore, obstacles, get_attname(index->rd_index->indrelid, attnum, false));
	}
}

static bool
all_in_key(const Restore *restore, List *names)
{
	ListCell *cell;

	foreach (cell, names)
	{
		if (!name_in(restore->dataset->key, lfirst(cell)))
			return false;
	}
	return true;
}

static void
add_unique(const Restore *restore, Obstacles *obstacles, Relation index)
{
	UniqueColumns *unique = palloc(sizeof(UniqueColumns));
	char *names;
	ListCell *cell;

	unique->names = key_columns(index);
	if (all_in_key(restore, unique->names))
		return;
	unique->nulls_meet = index->rd_index->indnullsnotdistinct;
	names = column_list(unique->names, NULL);
	foreach (cell, obstacles->uniques) /* partitions have the same ones */
	{
		UniqueColumns *other = lfirst(cell);

		if (strcmp(column_list(other->names, NULL), names) == 0)
		{
			other->nulls_meet |= unique->nulls_meet;
			return;
		}
	}
	obstacles->uniques = lappend(obstacles->uniques, unique);
}

/* Are values that the index takes for equal alike to the bit, so that their hashes tell? */
static bool
hashes_tell(Relation index)
{
	return index->rd_rel->relam == BTREE_AM_OID && RelationGetIndexExpressions(index) == NIL &&
		   RelationGetIndexPredicate(index) == NIL && _bt_allequalimage(index, false);
}

static void
add_obstacles_of(const Restore *restore, Obstacles *obstacles, Oid relid)
{
	Relation relation = relation_open(relid, NoLock);
	TupleDesc tupdesc = RelationGetDescr(relation);
	ListCell *cell;

	foreach (cell, RelationGetIndexList(relation))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index->rd_index->indisunique && hashes_tell(index))
			add_unique(restore, obstacles, index);
		else if (index->rd_index->indisunique || index->rd_index->indisexclusion)
			add_index(restore, obstacles, index);
		index_close(index, NoLock);
	}
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped && attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS)
			add_column(restore, obstacles, pstrdup(NameStr(attribute->attname)));
	}
	relation_close(relation, NoLock);
}

/* The table and its partitions, for a parameter. */
static Datum
relations_array(const Restore *restore)
{
	Datum *oids = palloc((list_length(restore->source->relations) + 1) * sizeof(Datum));
	int count = 0;
	ListCell *cell;

	foreach (cell, restore->source->relations)
		oids[count++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

#define FOLLOWED_COLUMNS                                                                           \
	"SELECT DISTINCT a.attname::text FROM pg_catalog.pg_constraint AS k, pg_catalog.pg_attribute " \
	"AS a WHERE k.contype = 'f' AND k.confrelid = ANY ($1) AND k.confupdtype IN ('c', 'n', 'd') "  \
	"AND a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)"

/*
 * What stands against an UPDATE: rows that exchange values of a unique index, an exclusion constraint,
 * identities that no UPDATE may set, and foreign keys that would change other rows along with it,
 * which cascade => true does not ask for.
 */
static Obstacles
find_obstacles(const Restore *restore)
{
	Obstacles obstacles = {0};
	Statement statement;
	ListCell *cell;

	foreach (cell, restore->source->relations)
		add_obstacles_of(restore, &obstacles, lfirst_oid(cell));
	statement_init(&statement, FOLLOWED_COLUMNS);
	statement_param(&statement, OIDARRAYOID, relations_array(restore), false);
	statement_run_on_definitions(&statement);
	for (uint64 i = 0; i < SPI_processed; i++)
		add_column(restore, &obstacles,
				   SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	return obstacles;
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
hash_of(List *names, const char *alias)
{
	return psprintf("aidataops.row_hash(ROW(%s))", column_list(names, alias));
}

static char *
differ(List *names)
{
	return psprintf("%s OPERATOR(pg_catalog.<>) %s", hash_of(names, "t"), hash_of(names, "h"));
}

/* Of row t that is to become h: has it to be deleted, whatever the others do? */
static char *
replaced_anyway(const Restore *restore, const Obstacles *obstacles)
{
	if (restore->settable == NIL)
		return "true";
	return obstacles->columns == NIL ? "false" : differ(obstacles->columns);
}

/*
 * A row is in the way of another that is updated if it gives up values that the other gets. Each set
 * of unique columns makes two columns of the inner query, what a row gives up and what it gets, and
 * a join of the outer. Of most rows they stay, and are NULL here.
 */
static void
add_meetings(const Obstacles *obstacles, StringInfo columns, StringInfo joins, StringInfo met)
{
	ListCell *cell;
	int i = 0;

	foreach (cell, obstacles->uniques)
	{
		const UniqueColumns *unique = lfirst(cell);
		char *changes = differ(unique->names);

		i++;
		appendStringInfo(columns, ", CASE WHEN %s", changes);
		if (!unique->nulls_meet)
			appendStringInfo(columns, " AND pg_catalog.num_nulls(%s) OPERATOR(pg_catalog.=) 0",
							 column_list(unique->names, "t"));
		appendStringInfo(columns, " THEN %s END AS given_up_%d, CASE WHEN %s THEN %s END AS got_%d",
						 hash_of(unique->names, "t"), i, changes, hash_of(unique->names, "h"), i);
		appendStringInfo(joins,
						 " LEFT JOIN (SELECT DISTINCT d.got_%1$d FROM d WHERE d.got_%1$d IS NOT "
						 "NULL) AS u%1$d ON u%1$d.got_%1$d OPERATOR(pg_catalog.=) d.given_up_%1$d",
						 i);
		appendStringInfo(met, " OR u%1$d.got_%1$d IS NOT NULL", i);
	}
}

static char *
plan_query(const Restore *restore)
{
	List *names = shape_names(restore->shape);
	Obstacles obstacles = find_obstacles(restore);
	StringInfoData columns;
	StringInfoData joins;
	StringInfoData met;

	initStringInfo(&columns);
	initStringInfo(&joins);
	initStringInfo(&met);
	add_meetings(&obstacles, &columns, &joins, &met);
	return psprintf(
		"WITH d AS MATERIALIZED (SELECT c.relation, c.place, c.rid, c.hash, m.* FROM " CHANGES
		" AS c LEFT JOIN LATERAL (SELECT aidataops._num_changed_columns(a.*, b.*) AS cells, "
		"%1$s AS replaced%2$s FROM %3$s AS t, %4$s AS h, LATERAL (SELECT %5$s) AS a, "
		"LATERAL (SELECT %6$s) AS b WHERE " PLACE " AND h.%7$s OPERATOR(pg_catalog.=) c.rid) AS m "
		"ON true) SELECT d.relation, d.place, d.rid, d.hash, d.cells, "
		"COALESCE(d.replaced%8$s, false) AS replaced FROM d%9$s",
		replaced_anyway(restore, &obstacles), columns.data, restore->source->name,
		restore->history->qualified, column_list(names, "t"), column_list(names, "h"),
		restore->history->rid, met.data, joins.data);
}

/* From the changes, which say what, to the plan, which says how; and what it all amounts to. */
static void
make_plan(Restore *restore)
{
	Statement statement;
	bool isnull;

	source_collect(restore->source, PLAN, plan_query(restore));
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
	"'t.%1$I AS p%2$s', p.attname, c.n), ', '), pg_catalog.string_agg(pg_catalog.format("          \
	"'g.p%s OPERATOR(%I.%s) r.%I', c.n, n.nspname, o.oprname, f.attname), ' AND ') "               \
	"FROM pg_catalog.pg_constraint AS k, "                                                         \
	"ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), "                       \
	"pg_catalog.unnest(k.conpfeqop)) WITH ORDINALITY AS c (f, p, o, n), "                          \
	"pg_catalog.pg_attribute AS f, pg_catalog.pg_attribute AS p, pg_catalog.pg_operator AS o, "    \
	"pg_catalog.pg_namespace AS n "                                                                \
	"WHERE k.contype = 'f' AND k.confrelid = ANY ($1) AND k.conrelid <> ALL ($1) AND "             \
	"k.conparentid = 0 AND k.confdeltype IN ('c', 'n', 'd') AND f.attrelid = k.conrelid AND "      \
	"f.attnum = c.f AND p.attrelid = k.confrelid AND p.attnum = c.p AND o.oid = c.o AND "          \
	"n.oid = o.oprnamespace GROUP BY k.oid, k.conname, k.conrelid ORDER BY k.conname"

/*
 * Rows of the other table that refer to rows that go. They are counted as its owner, as whom
 * PostgreSQL would delete them, and nobody adds to them until all is done.
 */
static char *
count_referencing(const Restore *restore, Oid referencing, const char *table, const char *columns,
				  const char *condition)
{
	char *gone = psprintf("aidataops_gone_%d", list_length(restore->source->collected));
	Identity caller;
	Statement statement;

	source_collect(restore->source, gone,
				   psprintf("SELECT %s FROM " PLAN " AS c, %s AS t WHERE "
							"(c.rid IS NULL OR c.replaced) AND " PLACE,
							columns, restore->source->name));
	statement_init(&statement, psprintf("SELECT pg_catalog.count(*) FROM %s AS r WHERE EXISTS "
										"(SELECT FROM %s AS g WHERE %s)",
										table, gone, condition));
	caller = become_owner_of_rows(relation_owner(referencing));
	statement_run(&statement, GetLatestSnapshot());
	become_again(caller);
	return result_text(1);
}

static void
check_cascade(const Restore *restore, const char *constraint, Oid referencing, const char *columns,
			  const char *condition)
{
	char *table;
	char *count;

	LockRelationOid(referencing, ShareLock);
	if (!get_rel_name(referencing)) /* dropped while we waited */
		return;
	(void) find_all_inheritors(referencing, ShareLock, NULL);
	table = quote_qualified_identifier(get_namespace_name(get_rel_namespace(referencing)),
									   get_rel_name(referencing));
	count = count_referencing(restore, referencing, table, columns, condition);
	if (strcmp(count, "0") != 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("restoring %s would delete or change %s row(s) of table %s", restore->version,
					count, table),
			 restore->replaced == 0
				 ? errdetail("They refer to rows that the version has not, by the foreign key "
							 "\"%s\", which acts on a deletion.",
							 constraint)
				 : errdetail("They refer to rows that the version has not, or that can only be "
							 "deleted and inserted anew, by the foreign key \"%s\", which acts on "
							 "a deletion.",
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
	statement_param(&statement, OIDARRAYOID, relations_array(restore), false);
	count = statement_run_on_definitions(&statement);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool isnull;

		check_cascade(restore, SPI_getvalue(found->vals[i], found->tupdesc, 1),
					  DatumGetObjectId(SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull)),
					  SPI_getvalue(found->vals[i], found->tupdesc, 3),
					  SPI_getvalue(found->vals[i], found->tupdesc, 4));
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
	Statement statement;

	statement_init(&statement, USER_TRIGGERS);
	statement_param(&statement, OIDARRAYOID, relations_array(restore), false);
	return statement_run_on_definitions(&statement);
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
not_equal(const Restore *restore, const char *detail)
{
	bool by_trigger = restore->fire_triggers && find_triggers(restore) > 0;

	ereport(
		ERROR,
		(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
		 errmsg("table %s would not become equal to %s", restore->source->name, restore->version),
		 errdetail("%s", by_trigger ? "A trigger makes other rows of those written." : detail),
		 by_trigger
			 ? errhint("Pass fire_triggers => false to restore without the table's triggers.")
			 : errhint("Read the version with create_version_view(), and write from it what is "
					   "needed.")));
}

static const char *
why_rows_differ(const Restore *restore)
{
	Relation relation = relation_open(restore->source->relid, NoLock);
	TupleConstr *constraints = RelationGetDescr(relation)->constr;
	bool generated =
		constraints && (constraints->has_generated_stored || HAS_GENERATED_VIRTUAL(constraints));

	relation_close(relation, NoLock);
	return generated ? "A generated column computes other values today."
					 : "Values of the version are written otherwise today, such as a label of an "
					   "enum that was renamed.";
}

/*
 * Would code of the owner's have touched other rows as well, or a foreign key, be it within the table
 * or by way of another that rows of this one refer to?
 */
static bool
others_may_have_changed(const Restore *restore)
{
	Statement statement;

	if (restore->fire_triggers && find_triggers(restore) > 0)
		return true;
	statement_init(&statement, "SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contype = 'f' "
							   "AND k.confrelid = ANY ($1) AND (k.conrelid = ANY ($1) OR $2) AND "
							   "'{c,n,d}'::\"char\"[] && ARRAY[k.confdeltype, k.confupdtype]");
	statement_param(&statement, OIDARRAYOID, relations_array(restore), false);
	statement_param(&statement, BOOLOID, BoolGetDatum(restore->cascade), false);
	return statement_run_on_definitions(&statement) > 0;
}

static bool
whole_table_is_equal(const Restore *restore, Snapshot snapshot)
{
	Identity caller = become_data_owner(restore->dataset);
	Statement statement;
	bool isnull;
	Datum found;

	statement_init(&statement,
				   psprintf("SELECT aidataops.fingerprint_agg(%s) FROM %s AS t",
							source_hash_expression(restore->shape), restore->source->name));
	statement_run(&statement, snapshot);
	become_again(caller);
	found = result_value(1, &isnull);
	statement_init(&statement, "SELECT aidataops.fingerprint_eq(v.fingerprint, $3) "
							   "FROM aidataops.version AS v "
							   "WHERE v.dataset_id = $1 AND v.number = $2");
	statement_int4(&statement, restore->dataset->id);
	statement_int4(&statement, restore->number);
	statement_param(&statement, own_type("fingerprint"), found, false);
	statement_run_as_catalog_owner(&statement);
	return DatumGetBool(result_value(1, &isnull));
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
	count = statement_run_on_definitions(&statement);
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
			errhint("Triggers can be switched off only while no deferred constraint waits and no "
					"query of yours reads the table: use SET CONSTRAINTS ALL IMMEDIATE, and call "
					"restore() by itself.");
			break;
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_FUNCTION:
			if (!restore->as_owner)
				errhint(
					"Code of the owner's runs without your rights and settings here, and nothing "
					"can be "
					"deferred: use SET CONSTRAINTS ALL IMMEDIATE, or let \"%s\" restore. With SET "
					"ROLE you would lend it your rights.",
					GetUserNameFromId(restore->dataset->owner, false));
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
		not_equal(restore, why_rows_differ(restore));
	if (others_may_have_changed(restore) &&
		!whole_table_is_equal(restore, restore->source->snapshot))
		not_equal(restore,
				  "A foreign key that acts on a deletion or a change, its own or that of a "
				  "table it refers to, made other rows of the table's.");
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
	if (find_changes(restore))
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
	/* it may go on to see rows that others have changed since, beside those it wrote itself */
	if (IsolationUsesXactSnapshot() && !whole_table_is_equal(&restore, GetTransactionSnapshot()))
		could_not_serialize(restore.source->relid, NULL);
	source_check_unchanged(restore.source);
	source_end(restore.source);
	UnregisterSnapshot(snapshot);
	report(&restore, (ReturnSetInfo *) fcinfo->resultinfo);
	SPI_finish();
	return (Datum) 0;
}
