-- One case for each bug that was found, so that it does not come back.
CREATE SCHEMA issues;
SET search_path = issues, aidataops, public;
\set SHOW_CONTEXT never

-- A literal in ROW() has no type yet; it is text.
SELECT row_hash(ROW(1, 'a')) = row_hash(ROW(1, 'a'::text)) AS literal_is_text;

-- A column that is named like a table alias of generated SQL was taken for the whole row: silently another hash, where its
-- type was composite.  All names of one letter as text and as a composite type, and all of two as text.
CREATE TYPE pair AS (x int);
DO $$
DECLARE
    type text;
    names text[];
    problem text;
    id int;
BEGIN
    FOREACH type IN ARRAY '{text,issues.pair}'::text[] LOOP
        names := ARRAY(SELECT chr(97 + i) FROM generate_series(0, 25) AS i)
              || ARRAY(SELECT chr(97 + i) || chr(97 + j) FROM generate_series(0, 25) AS i, generate_series(0, 25) AS j
                        WHERE chr(97 + i) || chr(97 + j) <> 'id' AND (type = 'text' OR chr(97 + j) IN ('r', 'k', 's'))); -- a page holds no more composites
        EXECUTE format('CREATE TABLE issues.alias (id int PRIMARY KEY, %s)', (SELECT string_agg(format('%I %s', n, type), ', ') FROM unnest(names) AS n));
        INSERT INTO issues.alias (id) VALUES (1), (2), (3);
        EXECUTE format('UPDATE issues.alias SET %s', (SELECT string_agg(format('%I = ''(5)''', n), ', ') FROM unnest(names) AS n));
        PERFORM create_dataset('alias ' || type, 'issues.alias');
        PERFORM commit('alias ' || type, 'first');
        UPDATE issues.alias SET id = 4 WHERE alias.id = 1;
        DELETE FROM issues.alias WHERE alias.id = 2;
        EXECUTE format('UPDATE issues.alias SET %s WHERE id = 3', (SELECT string_agg(format('%I = ''(6)''', n), ', ') FROM unnest(names) AS n));
        SELECT concat_ws(' ', s.rows_added, s.rows_removed, s.rows_modified) INTO problem FROM status('alias ' || type) AS s;
        RAISE NOTICE 'status: %', problem;
        PERFORM commit('alias ' || type, 'second');
        SELECT concat_ws(' ', v.rows_added, v.rows_removed, v.rows_modified, v.fingerprint = table_fingerprint('issues.alias'), cardinality(names) = (SELECT cardinality(d.columns) FROM diff(v.version, 'alias ' || type || '@1') AS d WHERE d.change = 'modified'))
          INTO problem FROM aidataops.version AS v WHERE v.version = ('alias ' || type || '@2')::dataset_version;
        RAISE NOTICE 'commit: %', problem;
        SELECT concat_ws(' ', count(*), min(cardinality(ARRAY(SELECT jsonb_object_keys(j)))) = cardinality(names) + 1) INTO problem FROM as_of_json('alias ' || type || '@1') AS j;
        RAISE NOTICE 'as_of_json: %', problem;
        SELECT concat_ws(' ', rows_added, rows_removed, rows_modified, cells_modified = cardinality(names)) INTO problem FROM diff_stat('alias ' || type || '@1', 'alias ' || type || '@WORKING');
        RAISE NOTICE 'diff_stat: %', problem;
        DROP TABLE issues.alias;
    END LOOP;
END $$;
-- the same in a partitioned table, whose fingerprint is a query
CREATE TABLE parted (id int, t pair) PARTITION BY LIST (id);
CREATE TABLE parted_default PARTITION OF parted DEFAULT;
INSERT INTO parted VALUES (1, ROW(1)), (2, ROW(2));
SELECT table_fingerprint('parted') = table_fingerprint('parted_default') AS same;
-- and of a table without a guaranteed key, whose bad rows are shown
CREATE TABLE unguarded (id int, t text);
INSERT INTO unguarded VALUES (NULL, 'x'), (1, 'y'), (1, 'z');
SELECT create_dataset('unguarded', 'unguarded', key => '{id}');
SELECT commit('unguarded', 'first');
DELETE FROM unguarded WHERE id IS NULL;
SELECT commit('unguarded', 'first');

-- Key columns that are named like the columns of a commit's list of changes.
CREATE TABLE keys (rid int, old_hash int, new_hash int, _rid int, k int, c int, n int, v int, PRIMARY KEY (rid, old_hash, new_hash, _rid, k, c, n));
INSERT INTO keys VALUES (1, 1, 1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2, 2, 2);
SELECT create_dataset('keys', 'keys'), commit('keys', 'first');
UPDATE keys SET v = 3 WHERE rid = 1;
DELETE FROM keys WHERE rid = 2;
SELECT commit('keys', 'second');
SELECT rows_added, rows_removed, rows_modified, fingerprint = table_fingerprint('keys') AS same FROM aidataops.version WHERE version = 'keys@2';
SELECT change, key, columns FROM diff('keys@1', 'keys@2');

-- A primary key is none for a table with children: they may hold the same keys.
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('parent', 'parent'), commit('parent', 'first');
INSERT INTO child VALUES (1, 'again');
SELECT commit('parent', 'second');
UPDATE child SET id = 3;
SELECT commit('parent', 'second');
SELECT num_rows, rows_added, fingerprint = table_fingerprint('parent') AS same FROM aidataops.version WHERE version = 'parent@2';

-- Internal functions are callable by anybody: NULL must not crash them.
SELECT aidataops._is_visible(NULL, NULL, NULL, NULL, NULL), aidataops._source_oid(NULL, NULL, NULL, NULL) IS NULL AS no_source;
SELECT aidataops._key_condition('pg_class'::regclass, 'pg_class'::regclass, ARRAY[NULL]::name[], 'a', 'b');
SELECT aidataops._key_condition(0, 0, '{x}', 'a', 'b');
SELECT aidataops._shape(0);
SELECT aidataops._rows(NULL);
SELECT aidataops._side(NULL, NULL, NULL);
SELECT aidataops._differences(NULL, NULL);

-- as_of() cuts stored tuples, but not from a history table whose owner gave it another layout.
CREATE TABLE layout (id int PRIMARY KEY, v text);
INSERT INTO layout VALUES (1, 'one'), (2, NULL);
SELECT create_dataset('layout', 'layout'), commit('layout', 'first');
SELECT 'aidataops_history.' || history_table AS history FROM aidataops.dataset WHERE name = 'layout' \gset
SELECT * FROM as_of('layout@1', NULL::layout) ORDER BY id;
ALTER TABLE :history ALTER _hash DROP NOT NULL;
UPDATE :history SET _hash = NULL WHERE id = 2;
SELECT * FROM as_of('layout@1', NULL::layout) ORDER BY id;
ALTER TABLE :history ALTER _hash TYPE text USING 'q';
SELECT * FROM as_of('layout@1', NULL::layout) ORDER BY id;
ALTER TABLE :history ALTER _rid TYPE int;
SELECT * FROM as_of('layout@1', NULL::layout) ORDER BY id;

-- A collation that is not the type's own is no change of shape.
CREATE TABLE collated (id text COLLATE "C" PRIMARY KEY, v text COLLATE "C");
SELECT create_dataset('collated', 'collated'), commit('collated', 'first');
SELECT changed, schema_changes FROM status('collated');
ALTER TABLE collated ALTER v TYPE text COLLATE "POSIX";
SELECT changed, schema_changes FROM status('collated');

-- What ALTER DEFAULT PRIVILEGES gives away of a superuser's tables is not meant for history.
CREATE ROLE regress_readonly;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_readonly;
CREATE TABLE confidential (id int PRIMARY KEY);
REVOKE ALL ON confidential FROM regress_readonly;
SELECT create_dataset('confidential', 'confidential'), commit('confidential', 'first');
SELECT has_table_privilege('regress_readonly', 'aidataops_history.' || history_table, 'SELECT') FROM aidataops.dataset WHERE name = 'confidential';
ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM regress_readonly;
DROP ROLE regress_readonly;

-- The catalog's policies ask for the dataset of a row, not for every dataset there is, whatever number of versions is read.
SELECT create_dataset('other ' || i, 'confidential') FROM generate_series(1, 100) AS i \g /dev/null
CREATE ROLE regress_reader;
GRANT SELECT ON confidential TO regress_reader;
GRANT USAGE ON SCHEMA issues TO regress_reader;
SET ROLE regress_reader;
CREATE FUNCTION pg_temp.datasets_read() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_all_tables WHERE relid = 'aidataops.dataset'::regclass$$;
CREATE FUNCTION pg_temp.datasets_read(query text) RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE before bigint := pg_temp.datasets_read();
BEGIN
    EXECUTE query;
    RETURN pg_temp.datasets_read() - before;
END $$;
SELECT q AS query, pg_temp.datasets_read(q) < 20 AS ok
  FROM (VALUES ('SELECT * FROM log(''confidential'')'), ('SELECT resolve(''confidential@HEAD'')'),
               ('SELECT resolve(''confidential@{2999-01-01}'')'), ('SELECT * FROM schema_diff(''confidential@1'', ''confidential@1'')'),
               ('SELECT * FROM aidataops.version WHERE version = ''confidential@1''::dataset_version')) AS q (q);
RESET ROLE;
REVOKE ALL ON SCHEMA issues FROM regress_reader;
DROP FUNCTION pg_temp.datasets_read(text), pg_temp.datasets_read();
REVOKE ALL ON confidential FROM regress_reader;
DROP ROLE regress_reader;
-- and what there is not is not visible
SELECT aidataops._is_visible(0), aidataops._is_visible(NULL);

-- A table without columns crashed create_dataset(); one that loses its last column broke what reads it.
CREATE TABLE nothing ();
SELECT create_dataset('nothing', 'nothing', key => '{}');
CREATE TABLE emptied (v text);
INSERT INTO emptied VALUES ('x'), ('x');
SELECT create_dataset('emptied', 'emptied', key => '{}'), commit('emptied', 'first');
ALTER TABLE emptied DROP v;
SELECT commit('emptied', 'second');
SELECT * FROM status('emptied');
SELECT count(*) FROM as_of_json('emptied@1');

-- The tables of aidataops itself, which restore() could falsify.
SELECT create_dataset('catalog', 'aidataops.version');
SELECT create_dataset('history', ('aidataops_history.' || history_table)::regclass) FROM aidataops.dataset WHERE name = 'confidential';
SELECT attach_dataset('confidential', 'aidataops.tag');

-- What is too long to be a name is not repeated in the error.
SELECT create_dataset(repeat('x', 100000), 'confidential');
SELECT tag('confidential@1', repeat('é', 10000));

-- A key longer than an index takes, at first and later, and a row that fits into its own table only.
CREATE TABLE long_keys (id text, v int);
INSERT INTO long_keys VALUES ('short', 1);
SELECT create_dataset('long keys', 'long_keys', key => '{id}'), commit('long keys', 'first');
INSERT INTO long_keys SELECT string_agg(md5(i::text), ''), 2 FROM generate_series(1, 100) AS i;
SELECT commit('long keys', 'second');
SELECT create_dataset('all long', 'long_keys', key => '{id}');
SELECT commit('all long', 'first');
SELECT create_dataset('no key', 'long_keys', key => '{}'), commit('no key', 'as the hint says');
DO $$ BEGIN EXECUTE format('CREATE TABLE full_page (id int PRIMARY KEY, %s)', (SELECT string_agg(format('c%s float8 DEFAULT 0', i), ', ') FROM generate_series(2, 1016) AS i)); END $$;
INSERT INTO full_page VALUES (1);
SELECT create_dataset('full page', 'full_page');
SELECT commit('full page', 'first');

-- As many columns as a table may have are too many, history having four more; and a join of two versions has twice as many.
DO $$ BEGIN EXECUTE format('CREATE TABLE broad (id int PRIMARY KEY, %s)', (SELECT string_agg(format('c%s int', i), ', ') FROM generate_series(2, 1597) AS i)); END $$;
INSERT INTO broad VALUES (1), (2), (3);
SELECT create_dataset('broad', 'broad');
SELECT commit('broad', 'first');
SELECT create_dataset('broad fingerprint', 'broad', storage => 'fingerprint'), commit('broad fingerprint', 'first');
ALTER TABLE broad DROP c1597;
SELECT commit('broad', 'first');
UPDATE broad SET c2 = 2, c3 = 3 WHERE id = 1;
DELETE FROM broad WHERE id = 2;
INSERT INTO broad VALUES (4);
SELECT rows_added, rows_removed, rows_modified, rows_unmodified, cells_modified, from_rows, to_rows FROM diff_stat('broad@1', 'broad@WORKING');
SELECT commit('broad', 'second');
SELECT rows_added, rows_removed, rows_modified, rows_unmodified, cells_modified, from_rows, to_rows FROM diff_stat('broad@1', 'broad@2');
SELECT change, key, columns FROM diff('broad@1', 'broad@2');
SELECT check_name, ok FROM verify('broad@1');
-- columns that come and go add up in history, until it goes on in a new table
ALTER TABLE broad DROP c2;
ALTER TABLE broad ADD another int;
SELECT commit('broad', 'third');
SELECT e.epoch, e.history_table = lag(e.history_table) OVER (ORDER BY e.epoch) AS same_table FROM aidataops.schema_epoch AS e JOIN aidataops.dataset AS d USING (dataset_id) WHERE d.name = 'broad' ORDER BY 1;
SELECT v.version, w.ok FROM aidataops.version AS v, verify(v.version) AS w WHERE dataset_name(v.version) = 'broad' AND w.check_name = 'fingerprint' ORDER BY 1;

-- row_history() takes the key as diff() gives it, also where its JSON is no text of the type.
CREATE TYPE composite AS (a int, b text);
CREATE TABLE structured (k int[], c composite, v int, PRIMARY KEY (k, c));
INSERT INTO structured VALUES ('{1,2}', '(1,"x, y")', 1);
SELECT create_dataset('structured', 'structured'), commit('structured', 'first');
UPDATE structured SET v = 2;
SELECT commit('structured', 'second');
SELECT version, change, columns FROM row_history('structured', (SELECT key FROM diff('structured@1', 'structured@2')));

-- A table that was renamed is followed; another that took its name is not.
CREATE TABLE renamed (id int PRIMARY KEY, v text);
INSERT INTO renamed VALUES (1, 'genuine');
SELECT create_dataset('renamed', 'renamed'), commit('renamed', 'first');
ALTER TABLE renamed RENAME TO followed;
CREATE TABLE renamed (id int PRIMARY KEY, v text);
INSERT INTO renamed VALUES (99, 'impostor');
UPDATE followed SET v = 'still';
SELECT commit('renamed', 'second');
SELECT * FROM as_of('renamed@2', NULL::followed);
DROP TABLE followed;
SELECT commit('renamed', 'third');

-- More: the order of loading in a parallel restore is test/dump/run; a table dropped while a commit waits is iso_ddl; the zone of
-- a time's text is dataset_version.sql; roles after a column was dropped are version_create.sql.

SET client_min_messages = warning;
DROP SCHEMA issues CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
