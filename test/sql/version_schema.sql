-- Versions across changes of the table's shape: an old version reads exactly as it was, and the next commit records the new shape.
CREATE SCHEMA version_schema;
SET search_path = version_schema, aidataops, public;
\set SHOW_CONTEXT never

-- Remembers what a version was when it was made, in its own shape, and compares with what it is later.
CREATE TABLE remembered (version dataset_version PRIMARY KEY, row_count bigint, content fingerprint, json text);
CREATE FUNCTION commit_and_remember(dataset text, relation regclass, message text) RETURNS dataset_version LANGUAGE plpgsql AS $$
DECLARE v dataset_version := commit(dataset, message);
BEGIN
    EXECUTE format('INSERT INTO remembered SELECT %L, count(*), aidataops.fingerprint_agg(x.*), string_agg(to_jsonb(x.*)::text, '' '' ORDER BY to_jsonb(x.*)::text) FROM %s AS x', v, relation);
    RETURN v;
END $$;
CREATE FUNCTION check_remembered(dataset text) RETURNS TABLE (versions bigint, wrong text[]) LANGUAGE plpgsql AS $$
DECLARE r record; now record;
BEGIN
    versions := 0;
    FOR r IN SELECT * FROM remembered AS x WHERE dataset_name(x.version) = dataset ORDER BY x.version LOOP
        versions := versions + 1;
        EXECUTE format('CREATE TEMP VIEW now_view AS SELECT 1');
        DROP VIEW now_view;
        PERFORM create_version_view(r.version, 'pg_temp.now_view');
        EXECUTE 'SELECT count(*), aidataops.fingerprint_agg(x.*) AS f, string_agg(to_jsonb(x.*)::text, '' '' ORDER BY to_jsonb(x.*)::text) AS json FROM pg_temp.now_view AS x' INTO now;
        DROP VIEW pg_temp.now_view;
        IF now.count <> r.row_count OR now.f <> r.content OR now.json IS DISTINCT FROM r.json
           OR r.content <> (SELECT x.fingerprint FROM aidataops.version AS x WHERE x.version = r.version) THEN
            wrong := wrong || r.version::text;
        END IF;
    END LOOP;
    RETURN NEXT;
END $$;
CREATE FUNCTION epochs(dataset text) RETURNS TABLE (epoch int, versions int[], columns text, tables bigint) LANGUAGE sql AS $$
    SELECT e.epoch, array_agg(v.number ORDER BY v.number), (SELECT string_agg(n || ' ' || t, ', ' ORDER BY o) FROM unnest(e.column_names, e.column_types) WITH ORDINALITY AS c (n, t, o)),
           dense_rank() OVER (ORDER BY min(e.history_table::text) COLLATE "C")
      FROM aidataops.schema_epoch AS e JOIN aidataops.version AS v USING (dataset_id, epoch) JOIN aidataops.dataset AS d USING (dataset_id)
     WHERE d.name = dataset GROUP BY e.dataset_id, e.epoch ORDER BY 1
$$;

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(10), m mood, s small);
INSERT INTO t VALUES (1, 1, 'x', 'sad', 1), (2, 2, 'y', 'ok', 2), (3, NULL, NULL, NULL, NULL);
SELECT create_dataset('t', 't');
SELECT commit_and_remember('t', 't', 'first');
ALTER TABLE t ADD COLUMN c date;
SELECT changed, rows_added, rows_removed, rows_modified, rows_unmodified, schema_changes FROM status('t');
SELECT commit_and_remember('t', 't', 'add a column');
SELECT changed, schema_changes FROM status('t');
ALTER TABLE t ADD COLUMN d text DEFAULT 'd';
SELECT commit_and_remember('t', 't', 'add a column with a default');
ALTER TABLE t DROP COLUMN a;
SELECT schema_changes FROM status('t');
SELECT commit_and_remember('t', 't', 'drop a column');
ALTER TABLE t ADD COLUMN a int;
UPDATE t SET a = -id;
SELECT commit_and_remember('t', 't', 'the column again, of the same type');
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t ADD COLUMN a text DEFAULT 'text';
SELECT schema_changes FROM status('t');
SELECT commit_and_remember('t', 't', 'the column again, of another type');
ALTER TABLE t RENAME COLUMN b TO bb;
SELECT schema_changes FROM status('t');
SELECT commit_and_remember('t', 't', 'rename a column');
ALTER TABLE t RENAME COLUMN d TO x; ALTER TABLE t RENAME COLUMN a TO d; ALTER TABLE t RENAME COLUMN x TO a; -- both text: the same names and types
SELECT commit_and_remember('t', 't', 'two columns change names');
ALTER TABLE t ALTER COLUMN bb TYPE text;
SELECT commit_and_remember('t', 't', 'a wider text');
ALTER TABLE t ALTER COLUMN s TYPE bigint;
SELECT commit_and_remember('t', 't', 'a domain becomes bigint');
ALTER TABLE t ALTER COLUMN s TYPE text;
SELECT commit_and_remember('t', 't', 'and text');
ALTER TABLE t ALTER COLUMN id TYPE bigint;
SELECT commit_and_remember('t', 't', 'the key becomes bigint');
ALTER TABLE t ALTER COLUMN id TYPE text;
SELECT commit_and_remember('t', 't', 'the key becomes text');
SELECT version, message, num_rows, rows_added, rows_removed, rows_modified FROM log('t');
SELECT * FROM epochs('t');
SELECT * FROM check_remembered('t');
SELECT * FROM as_of_json('t@1');
-- back to the first shape: a new epoch, but nothing of the past is touched
ALTER TABLE t ALTER COLUMN id TYPE int USING id::int, DROP COLUMN a, DROP COLUMN c, DROP COLUMN d, ALTER COLUMN s TYPE small USING s::int, ALTER COLUMN bb TYPE varchar(10);
ALTER TABLE t RENAME COLUMN bb TO b;
ALTER TABLE t ADD COLUMN a int;
UPDATE t SET a = id WHERE id < 3;
SELECT commit_and_remember('t', 't', 'as it was at first');
SELECT * FROM diff('t@1', 't@HEAD');
SELECT (SELECT schema_signature FROM aidataops.version WHERE version = 't@1') = (SELECT schema_signature FROM aidataops.version WHERE version = resolve('t@HEAD')) AS same_signature;
SELECT * FROM check_remembered('t');

-- an enum gets labels; a renamed label is renamed in old versions too, for history holds the values and PostgreSQL the labels
CREATE TABLE moody (id int PRIMARY KEY, m mood);
INSERT INTO moody VALUES (1, 'sad'), (2, 'ok');
SELECT create_dataset('moody', 'moody');
SELECT commit_and_remember('moody', 'moody', 'first');
ALTER TYPE mood ADD VALUE 'happy';
INSERT INTO moody VALUES (3, 'happy');
SELECT commit_and_remember('moody', 'moody', 'a label more');
SELECT * FROM check_remembered('moody');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
SELECT changed, rows_modified FROM status('moody');
SELECT commit('moody', 'a label renamed');
SELECT version, rows_added, rows_removed, rows_modified FROM log('moody');
SELECT change, key, before, after FROM diff('moody@2', 'moody@3');
SELECT * FROM as_of_json('moody@1');

-- the order of columns is no change of shape
CREATE TABLE ordered (id int PRIMARY KEY, a int, b int);
INSERT INTO ordered VALUES (1, 1, 2);
SELECT create_dataset('ordered', 'ordered');
SELECT commit_and_remember('ordered', 'ordered', 'first');
ALTER TABLE ordered DROP COLUMN a;
ALTER TABLE ordered ADD COLUMN a int;
UPDATE ordered SET a = 1;
SELECT commit('ordered', 'reordered');

-- the collation of a key changes
CREATE TABLE collated (k text PRIMARY KEY, v int);
INSERT INTO collated VALUES ('b', 1), ('A', 2), ('a', 3);
SELECT create_dataset('collated', 'collated');
SELECT commit_and_remember('collated', 'collated', 'first');
ALTER TABLE collated ALTER COLUMN k TYPE text COLLATE "C";
UPDATE collated SET v = 4 WHERE k = 'a';
SELECT change, key, columns FROM diff('collated@1', 'collated@WORKING');
SELECT commit_and_remember('collated', 'collated', 'another collation');
SELECT change, key, columns FROM diff('collated@1', 'collated@2');
SELECT * FROM check_remembered('collated');

-- the key column is gone, or has another name: that is no dataset of this key any more
CREATE TABLE keyed (id int PRIMARY KEY, v text);
INSERT INTO keyed VALUES (1, 'x');
SELECT create_dataset('keyed', 'keyed');
SELECT commit_and_remember('keyed', 'keyed', 'first');
ALTER TABLE keyed RENAME COLUMN id TO number;
SELECT commit('keyed', 'key renamed');
SELECT * FROM status('keyed');
SELECT * FROM diff('keyed@1', 'keyed@WORKING');
ALTER TABLE keyed RENAME COLUMN number TO id;
SELECT commit('keyed', 'named as before');
ALTER TABLE keyed DROP COLUMN id;
SELECT commit('keyed', 'key dropped');
SELECT * FROM as_of_json('keyed@1');
ALTER TABLE keyed ADD COLUMN id json;
UPDATE keyed SET id = '1';
SELECT commit('keyed', 'key of a type that does not compare');
ALTER TABLE keyed ALTER COLUMN id TYPE int USING id::text::int;
SELECT commit('keyed', 'key restored');
SELECT * FROM check_remembered('keyed');

-- columns named like the history's own, at first and later
CREATE TABLE own (id int PRIMARY KEY, _hash text, v text);
INSERT INTO own VALUES (1, 'h', 'v');
SELECT create_dataset('own', 'own');
SELECT commit_and_remember('own', 'own', 'first');
ALTER TABLE own ADD COLUMN __rid int DEFAULT 5, ADD COLUMN _added int, ADD COLUMN _removed int DEFAULT 3;
SELECT commit_and_remember('own', 'own', 'second');
ALTER TABLE own ADD COLUMN ___hash uuid DEFAULT '00000000-0000-0000-0000-000000000000';
SELECT commit_and_remember('own', 'own', 'third');
UPDATE own SET _hash = 'g';
SELECT commit_and_remember('own', 'own', 'fourth');
SELECT change, key, columns FROM diff('own@1', 'own@4');
SELECT change, key, columns FROM diff('own@3', 'own@4');
SELECT rows_modified, cells_modified, cells_added FROM diff_stat('own@1', 'own@WORKING');
SELECT * FROM check_remembered('own');

-- nothing but a key, and many columns
CREATE TABLE narrow (id int PRIMARY KEY);
INSERT INTO narrow VALUES (1), (2);
SELECT create_dataset('narrow', 'narrow');
SELECT commit_and_remember('narrow', 'narrow', 'first');
DELETE FROM narrow WHERE id = 1;
SELECT commit_and_remember('narrow', 'narrow', 'second');
DO $$ BEGIN EXECUTE (SELECT 'ALTER TABLE narrow ' || string_agg('ADD COLUMN c' || i || ' int DEFAULT ' || i, ', ') FROM generate_series(1, 300) AS i); END $$;
SELECT commit_and_remember('narrow', 'narrow', 'third');
SELECT rows_modified, cells_added, cells_unmodified FROM diff_stat('narrow@2', 'narrow@3');
SELECT * FROM check_remembered('narrow');

SET client_min_messages = warning;
DROP SCHEMA version_schema CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
