-- What is written when, what is lost with a rollback, and what nothing can break.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION aidataops;
CREATE FUNCTION edges() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(DISTINCT format('%s<-%s', regexp_replace(t.name, '^public\.', ''), regexp_replace(s.name, '^public\.', '')), ' ' ), 'none')
      FROM aidataops.lineage_edge AS e JOIN aidataops.lineage_node AS s ON s.node_id = e.source_node JOIN aidataops.lineage_node AS t ON t.node_id = e.target_node WHERE NOT e.is_ended
$$;
CREATE PROCEDURE forget() LANGUAGE sql AS $$
    TRUNCATE aidataops.lineage_node_state, aidataops.lineage_edge_state, aidataops.lineage_column_edge, aidataops.lineage_use, aidataops.lineage_run
$$;
CREATE PROCEDURE expect(what text, expected text) LANGUAGE plpgsql AS $$
BEGIN
    RAISE INFO '% - %', CASE WHEN edges() = expected THEN 'ok' ELSE format('not ok (%s instead of %s)', edges(), expected) END, what;
    CALL forget();
END $$;
CREATE FUNCTION check_that(what text, got anyelement, wanted anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE INFO '% - %', CASE WHEN got IS NOT DISTINCT FROM wanted THEN 'ok' ELSE format('not ok (%s instead of %s)', got, wanted) END, what;
END $$;
CREATE TABLE a (id int, x int);
CREATE TABLE b (id int, x int);
CREATE TABLE c (id int, x int);
INSERT INTO a VALUES (1, 1);
CALL forget();

BEGIN;
INSERT INTO b SELECT * FROM a;
SELECT check_that('nothing is written before the commit', edges(), 'none'::text) \g /dev/null
ROLLBACK;
CALL expect('rollback', 'none');

BEGIN;
SAVEPOINT s;
INSERT INTO b SELECT * FROM a;
ROLLBACK TO s;
INSERT INTO c SELECT * FROM a;
COMMIT;
CALL expect('rollback to a savepoint', 'c<-a');

BEGIN;
SAVEPOINT s;
INSERT INTO b SELECT * FROM a;
RELEASE s;
SAVEPOINT s2;
SAVEPOINT s3;
INSERT INTO c SELECT * FROM a;
RELEASE s3;
ROLLBACK TO s2;
COMMIT;
CALL expect('a released savepoint within one that is rolled back', 'b<-a');

DO $$ BEGIN
    INSERT INTO c SELECT * FROM b;
    BEGIN
        INSERT INTO b SELECT * FROM a;
        PERFORM 1 / 0;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
END $$;
CALL expect('exception block', 'c<-b');

DO $$ BEGIN
    FOR i IN 1 .. 1000 LOOP
        BEGIN
            INSERT INTO b SELECT * FROM a WHERE id = i;
            IF i % 2 = 0 THEN PERFORM 1 / 0; END IF;
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END $$;
SELECT check_that('500 of 1000 were counted', (SELECT sum(times) FROM aidataops.lineage_use), 500::numeric) \g /dev/null
CALL expect('a loop of exception blocks', 'b<-a');

CREATE PROCEDURE committing() LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO b SELECT * FROM a;
    COMMIT;
    INSERT INTO c SELECT * FROM a;
    ROLLBACK;
    INSERT INTO c SELECT * FROM b;
    COMMIT;
END $$;
CALL committing();
CALL expect('a procedure that commits and rolls back', 'b<-a c<-b');

BEGIN;
INSERT INTO b SELECT * FROM a;
SELECT 1 / 0;
COMMIT;
CALL expect('an error', 'none');

BEGIN;
INSERT INTO b SELECT * FROM a;
PREPARE TRANSACTION 'p1';
BEGIN;
INSERT INTO c SELECT * FROM a;
PREPARE TRANSACTION 'p2';
INSERT INTO b SELECT * FROM a; -- waits for nobody
COMMIT PREPARED 'p1';
ROLLBACK PREPARED 'p2';
CALL expect('two-phase commit', 'b<-a');

BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO b SELECT * FROM a;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO b SELECT * FROM a;
INSERT INTO c SELECT * FROM b;
COMMIT;
CALL expect('isolation levels', 'b<-a c<-b');

BEGIN READ ONLY;
SELECT count(*) FROM a \g /dev/null
COMMIT;
INSERT INTO b SELECT * FROM a;
INSERT INTO b SELECT * FROM a;
INSERT INTO b SELECT * FROM a;
SELECT check_that('repetition costs nothing', (SELECT count(*) FROM aidataops.lineage_use), 1::bigint) \g /dev/null
CALL expect('three times', 'b<-a');

-- in one transaction: an edge and the table that it is of
BEGIN;
CREATE TABLE d AS SELECT * FROM a;
DROP TABLE d;
COMMIT;
CALL expect('a table that is made and dropped again', 'none');

CREATE TABLE d AS SELECT * FROM a;
ALTER TABLE d RENAME TO e;
SELECT check_that('renamed', edges(), 'e<-a'::text) \g /dev/null
CREATE SCHEMA moved;
ALTER TABLE e SET SCHEMA moved;
SELECT check_that('moved', edges(), 'moved.e<-a'::text) \g /dev/null
DROP SCHEMA moved CASCADE;
SELECT check_that('dropped with its schema', (SELECT string_agg(name, ' ' ORDER BY entry) FROM aidataops.lineage_node_state WHERE is_dropped), 'moved.e'::text) \g /dev/null
CREATE SCHEMA moved;
CREATE TABLE moved.e AS SELECT * FROM c;
SELECT check_that('a new one of the name is another', (SELECT count(DISTINCT node_id) FROM aidataops.lineage_node_state WHERE name = 'moved.e'), 2::bigint) \g /dev/null
SELECT check_that('upstream of the new one', (SELECT string_agg(object_name, ' ') FROM aidataops.lineage('moved.e')), 'public.c'::text) \g /dev/null
BEGIN;
DROP TABLE moved.e;
ROLLBACK;
SELECT check_that('not dropped after all', (SELECT count(*) FROM aidataops.lineage_node WHERE name = 'moved.e' AND NOT is_dropped), 1::bigint) \g /dev/null
DROP SCHEMA moved CASCADE;
CALL forget();

-- hostile names
CREATE SCHEMA "s.""'<b>";
CREATE TABLE "s.""'<b>"."t ""<script>'; DROP TABLE a; --" ("c ""1" int, "select" text, "Ä" int);
CREATE TABLE "s.""'<b>"."ta	b" AS SELECT "c ""1" AS "x y", "Ä" FROM "s.""'<b>"."t ""<script>'; DROP TABLE a; --" WHERE "select" <> '';
SELECT check_that('hostile names of relations', (SELECT object_name FROM aidataops.lineage('"s.""''<b>"."ta	b"')), '"s.""''<b>"."t ""<script>''; DROP TABLE a; --"'::text) \g /dev/null
SELECT check_that('hostile names of columns', (SELECT string_agg(format('%s %s', source_column, kind), ',') FROM aidataops.column_lineage('"s.""''<b>"."ta	b"', 'x y')), 'c "1 identity,select filter'::text) \g /dev/null
SELECT check_that('in Graphviz', (SELECT aidataops.lineage_dot('"s.""''<b>"."ta	b"') ~ '\\"s.\\"\\"''<b>\\"'), true) \g /dev/null
CALL forget();

-- very many
CREATE SCHEMA many;
DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format('CREATE TABLE many.t%s (id int, v int)', i); END LOOP; END $$;
DO $$ BEGIN FOR i IN 1 .. 100 LOOP FOR j IN 101 .. 200 LOOP EXECUTE format('INSERT INTO many.t%s SELECT * FROM many.t%s', i, j); END LOOP; END LOOP; END $$;
SELECT check_that('10,000 distinct edges in one transaction', (SELECT count(*) FROM aidataops.lineage_edge), 10000::bigint) \g /dev/null
SELECT check_that('and their columns', (SELECT count(*) FROM aidataops.lineage_column_edge), 20000::bigint) \g /dev/null
CALL forget();
SELECT 'CREATE TABLE united AS ' || string_agg(format('SELECT * FROM many.t%s', i), ' UNION ALL ') FROM generate_series(1, 1000) AS i \gexec
SELECT check_that('a plan of 1,000 relations', (SELECT count(*) FROM aidataops.lineage_edge), 1000::bigint) \g /dev/null
CALL forget();
SELECT 'INSERT INTO b (id) SELECT x FROM ' || repeat('(SELECT greatest(x, x) AS x FROM ', 40) || '(SELECT id AS x FROM a) AS s' || repeat(' OFFSET 0) AS s', 40) \gexec
SELECT check_that('subqueries that would double the ways 40 times', (SELECT count(*) FROM aidataops.lineage_column_edge), 1::bigint) \g /dev/null
CALL forget();
SELECT 'INSERT INTO b (id) SELECT ' || repeat('abs(', 2000) || 'id' || repeat(')', 2000) || ' FROM a' \gexec
SELECT check_that('a deep expression', (SELECT kind FROM aidataops.lineage_column_edge), 'transformation'::text) \g /dev/null
CALL forget();
SELECT 'CREATE TABLE wide (' || string_agg('c' || i || ' int', ', ') || ')' FROM generate_series(1, 1500) AS i \gexec
CREATE TABLE wide2 (LIKE wide);
INSERT INTO wide2 SELECT * FROM wide;
SELECT check_that('1,500 columns', (SELECT count(*) FROM aidataops.lineage_column_edge), 1500::bigint) \g /dev/null
CALL forget();

-- memory: one copy of a long query for all its edges; maps of statements that were only explained go, and plans that had them come again
BEGIN;
SELECT 'DO $do$ BEGIN FOR i IN 1 .. 200 LOOP EXECUTE format(''INSERT INTO many.t%s SELECT * FROM many.t300'', i); END LOOP; END $do$ /*' || repeat('x', 500000) || '*/' \gexec
SELECT check_that('memory of a long query', (SELECT total_bytes < 2000000 FROM pg_backend_memory_contexts WHERE name = 'aidataops lineage events'), true) \g /dev/null
ROLLBACK;
SET plan_cache_mode = force_generic_plan;
PREPARE kept AS INSERT INTO b SELECT * FROM a;
EXECUTE kept;
DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format('EXPLAIN INSERT INTO wide2 SELECT * FROM wide WHERE c%s > 0', i); COMMIT; END LOOP; END $$;
SELECT check_that('memory of maps', (SELECT sum(total_bytes) < 17000000 FROM pg_backend_memory_contexts WHERE name = 'aidataops lineage maps'), true) \g /dev/null
CALL forget();
EXECUTE kept;
CALL expect('a plan that outlived its map', 'b<-a');
RESET plan_cache_mode;

-- cycles
INSERT INTO b SELECT * FROM a;
INSERT INTO c SELECT * FROM b;
INSERT INTO a SELECT * FROM c;
INSERT INTO a SELECT * FROM a;
SELECT check_that('a cycle, upstream', (SELECT string_agg(format('%s:%s', depth, object_name), ' ') FROM aidataops.lineage('a')), '1:public.c 2:public.b'::text) \g /dev/null
SELECT check_that('a cycle, columns', (SELECT count(*) FROM aidataops.column_lineage('a', 'id')), 2::bigint) \g /dev/null
SELECT check_that('a cycle, impact', (SELECT count(*) FROM aidataops.impact('a') WHERE kind = 'relation'), 2::bigint) \g /dev/null
CALL forget();

-- when it cannot be written
SET aidataops.lineage_exclude_schemas = 'many, "odd schema"';
INSERT INTO b SELECT * FROM many.t1;
CALL expect('excluded schema', 'none');
RESET aidataops.lineage_exclude_schemas;
SET aidataops.lineage_exclude_schemas = 'a b';
SET aidataops.lineage_on_error = 'perhaps';

CREATE ROLE regress_lineage_user;
GRANT ALL ON a, b, c TO regress_lineage_user;
SET ROLE regress_lineage_user;
SET aidataops.lineage = off;
INSERT INTO b SELECT * FROM a;
INSERT INTO aidataops.lineage_use (edge_id, seen_at, times) VALUES (1, now(), 1);
SELECT aidataops.lineage_fold();
RESET ROLE;
CALL expect('a user cannot switch it off, nor write it, and is recorded', 'b<-a');

-- the query's text
SET aidataops.lineage_query_text = on;
INSERT INTO b SELECT * FROM a /* with text */;
SET aidataops.lineage_query_text = off;
SELECT check_that('text', (SELECT query_text FROM aidataops.lineage_run ORDER BY recorded_at DESC LIMIT 1), 'INSERT INTO b SELECT * FROM a /* with text */;'::text) \g /dev/null
SELECT check_that('digest', (SELECT query_hash FROM aidataops.lineage_run ORDER BY recorded_at DESC LIMIT 1), encode(sha256('INSERT INTO b SELECT * FROM a /* with text */;'), 'hex')) \g /dev/null
CALL forget();

-- rights: what one may not see is restricted
CREATE TABLE secret (id int);
CREATE TABLE open (id int);
INSERT INTO secret SELECT id FROM a;
INSERT INTO open SELECT id FROM secret;
GRANT SELECT ON open, a TO regress_lineage_user;
SET ROLE regress_lineage_user;
SELECT depth, object_name, relation, via FROM aidataops.lineage('open');
SELECT * FROM (SELECT source_relation, source_column, kind, depth, object_name FROM aidataops.column_lineage('open', 'id')) AS q;
SELECT depth, kind, object_name, column_name FROM aidataops.impact('a');
SELECT aidataops.lineage_dot('open');
SELECT * FROM aidataops.lineage('secret');
SELECT * FROM aidataops.column_lineage('secret', 'id');
SELECT * FROM aidataops.impact('secret.id');
SELECT count(*) FROM aidataops.lineage_edge;
SELECT string_agg(name, ' ' ORDER BY name) FROM aidataops.lineage_node;
SELECT aidataops._lineage_find_relation('secret'::regclass);
RESET ROLE;
CALL forget();

-- bad input of questions
SELECT * FROM aidataops.lineage('nothing.here');
SELECT * FROM aidataops.lineage(NULL);
SELECT * FROM aidataops.lineage('a', 'sideways');
SELECT * FROM aidataops.lineage('a', max_depth => 0);
SELECT * FROM aidataops.lineage('');
SELECT * FROM aidataops.column_lineage('a', 'nothing');
SELECT * FROM aidataops.column_lineage(0, 'x');
SELECT * FROM aidataops.column_lineage(NULL, 'x');
SELECT * FROM aidataops.impact(repeat('x', 10000));
SELECT * FROM aidataops.lineage('a@3');

-- versions
CREATE TABLE raw (id int PRIMARY KEY, v int);
CREATE TABLE feature (id int PRIMARY KEY, f int);
INSERT INTO raw VALUES (1, 1);
SELECT aidataops.create_dataset('raw', 'raw'), aidataops.create_dataset('feature', 'feature'), aidataops.commit('raw', 'one');
INSERT INTO feature SELECT * FROM raw;
SELECT aidataops.commit('feature', 'one');
INSERT INTO raw VALUES (2, 2);
SELECT aidataops.commit('raw', 'two');
INSERT INTO feature VALUES (9, 9);
SELECT aidataops.commit('feature', 'by hand');
BEGIN;
INSERT INTO feature SELECT * FROM raw WHERE id = 2;
SELECT aidataops.commit('feature', 'three');
COMMIT;
SELECT version, source_version FROM aidataops.lineage_version ORDER BY version::text;
SELECT depth, kind, object_name, path_kind FROM aidataops.impact('raw') WHERE kind IN ('version', 'relation');
SELECT object_name FROM aidataops.lineage('feature@1');
SELECT check_that('the extension itself leaves no trace', edges(), 'feature<-raw'::text) \g /dev/null
SELECT count(*) FROM aidataops.restore('feature@1');
SELECT check_that('nor does a restore', edges(), 'feature<-raw'::text) \g /dev/null

-- folding
CALL forget();
DO $$ BEGIN FOR i IN 1 .. 10 LOOP INSERT INTO b SELECT * FROM a; COMMIT; SET LOCAL aidataops.lineage_exclude_schemas = ''; COMMIT; END LOOP; END $$;
SELECT check_that('uses', (SELECT sum(times) FROM aidataops.lineage_use), 10::numeric) \g /dev/null
SELECT aidataops.lineage_fold() > 0;
SELECT check_that('uses, folded', (SELECT sum(times) FROM aidataops.lineage_use), 10::numeric) \g /dev/null
SELECT check_that('edges, folded', edges(), 'b<-a'::text) \g /dev/null

-- views that were made before lineage was captured
CALL forget();
SET aidataops.lineage = off;
CREATE TABLE base (i int);
CREATE VIEW old_view AS SELECT i + 1 AS j FROM base WHERE i > 0;
CREATE MATERIALIZED VIEW old_sum AS SELECT sum(j) AS total FROM old_view;
CREATE MATERIALIZED VIEW old_empty AS SELECT sum(j) AS total FROM old_view WITH NO DATA;
CREATE VIEW old_system AS SELECT relname FROM pg_class;
CREATE TABLE owned (i int);
CREATE VIEW owned_view AS SELECT i FROM owned;
ALTER TABLE owned OWNER TO regress_lineage_user;
ALTER VIEW owned_view OWNER TO regress_lineage_user;
SELECT aidataops.record_views();
SET aidataops.lineage = on;
SELECT check_that('views that nothing is known of', (SELECT unseen_views FROM aidataops.lineage_counts()), 3::bigint) \g /dev/null
SET ROLE regress_lineage_user;
SELECT check_that('only one''s own', (SELECT array_agg(view) FROM aidataops.unseen_views()), '{owned_view}'::regclass[]) \g /dev/null
SELECT aidataops._record_view('old_view'::regclass);
SELECT check_that('are recorded', aidataops.record_views(), 1::bigint) \g /dev/null
RESET ROLE;
SELECT check_that('all, as a superuser', aidataops.record_views(), 2::bigint) \g /dev/null
SELECT check_that('once', aidataops.record_views(), 0::bigint) \g /dev/null
SELECT check_that('views', edges(), 'old_sum<-old_view old_view<-base owned_view<-owned'::text) \g /dev/null
SELECT check_that('columns of views', (SELECT string_agg(format('%s.%s %s', source_relation, source_column, kind), ', ' ORDER BY depth, kind) FROM aidataops.column_lineage('old_sum', 'total')),
                  'old_view.j aggregation, base.i aggregation'::text) \g /dev/null
DROP TABLE owned CASCADE;
DROP VIEW old_system;
DROP TABLE base CASCADE;

-- the extension goes and comes while the hooks are there
DROP OWNED BY regress_lineage_user;
DROP ROLE regress_lineage_user;
BEGIN;
INSERT INTO b SELECT * FROM a;
DROP EXTENSION aidataops CASCADE;
COMMIT;
INSERT INTO b SELECT * FROM a;
CREATE TABLE after_drop AS SELECT * FROM a;
BEGIN;
CREATE EXTENSION aidataops;
INSERT INTO b SELECT * FROM a;
COMMIT;
SELECT check_that('again', edges(), 'b<-a'::text) \g /dev/null
ALTER EXTENSION aidataops UPDATE;
-- tables that are not as this library knows them are not written
ALTER TABLE aidataops.lineage_use ADD COLUMN other int;
INSERT INTO c SELECT * FROM a;
SELECT check_that('tables of another version', edges(), 'b<-a'::text) \g /dev/null
ALTER TABLE aidataops.lineage_use DROP COLUMN other;
CREATE INDEX odd ON aidataops.lineage_use ((times + 1));
INSERT INTO c SELECT * FROM b;
DROP INDEX aidataops.odd;
SELECT check_that('an index that needs an executor', edges(), 'b<-a'::text) \g /dev/null
