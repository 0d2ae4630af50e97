-- table_fingerprint(): the value of fingerprint_agg(t) for every kind of relation, by whichever way is taken.
CREATE SCHEMA table_fingerprint;
SET search_path = table_fingerprint, aidataops, public;
\set SHOW_CONTEXT never

-- both ways to ask; the first is a direct scan where that is possible
CREATE FUNCTION agrees(relation regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE f fingerprint; BEGIN
    EXECUTE format('SELECT aidataops.fingerprint_agg(t) FROM %s AS t', relation) INTO f;
    RETURN CASE WHEN f = aidataops.table_fingerprint(relation) THEN 'agrees on ' || aidataops.row_count(f) || ' rows' ELSE 'DIFFERS' END;
END $$;

CREATE TABLE t (id int PRIMARY KEY, gone text, v text, x numeric);
INSERT INTO t SELECT i, 'gone', repeat('v' || i, i), i / 3.0 FROM generate_series(1, 500) AS i;
SELECT agrees('t');
ALTER TABLE t DROP COLUMN gone;
SELECT agrees('t');
ALTER TABLE t ADD COLUMN fast timestamptz DEFAULT '2026-01-01 00:00+00', ADD COLUMN made text GENERATED ALWAYS AS (upper(v)) STORED;
SELECT agrees('t');
DELETE FROM t WHERE id % 2 = 0;
UPDATE t SET v = v || '!' WHERE id % 3 = 0;
SELECT agrees('t');
VACUUM FULL t;
SELECT agrees('t');
SELECT fingerprint_agg(s) = table_fingerprint('t') AS stored_generated_column_counts FROM (SELECT id, v, x, fast, upper(v) AS made FROM t) AS s;

-- of one's own uncommitted changes, and not of a savepoint that was rolled back
BEGIN;
INSERT INTO t (id, v) VALUES (1000, 'new');
SELECT agrees('t');
SAVEPOINT s;
DELETE FROM t;
SELECT agrees('t');
ROLLBACK TO s;
SELECT agrees('t');
ROLLBACK;
SELECT agrees('t');

CREATE TABLE empty (id int);
SELECT table_fingerprint('empty');
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
SELECT agrees('no_columns');
CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS a;
SELECT agrees('unlogged');
CREATE TEMP TABLE temporary AS SELECT 1 AS a;
SELECT agrees('temporary'), table_fingerprint('temporary') = table_fingerprint('unlogged') AS same;

-- partitions with other physical orders, at two levels
CREATE TABLE parted (id int, v text, x numeric) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_2 (x numeric, gone int, v text, id int NOT NULL);
ALTER TABLE parted_2 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (200) TO (1000) PARTITION BY LIST ((id % 2));
CREATE TABLE parted_3_0 PARTITION OF parted_3 FOR VALUES IN (0);
CREATE TABLE parted_3_1 PARTITION OF parted_3 FOR VALUES IN (1);
INSERT INTO parted SELECT id, v, x FROM t;
SELECT agrees('parted'), agrees('parted_2'), agrees('parted_3');
SELECT table_fingerprint('parted') = fingerprint_agg(s) AS as_one_table FROM (SELECT id, v, x FROM t) AS s;
SELECT table_fingerprint('parted_1') + table_fingerprint('parted_2') + table_fingerprint('parted_3') = table_fingerprint('parted') AS of_parts;

-- inheritance: a parent's rows are its own and its children's, in the shape of the parent
CREATE TABLE parent (id int, v text);
INSERT INTO parent VALUES (1, 'parent');
SELECT agrees('parent');
CREATE TABLE child (more int) INHERITS (parent);
INSERT INTO child VALUES (2, 'child', 3);
SELECT agrees('parent'), agrees('child');
SELECT row_count(fingerprint_agg(p)) AS only_own FROM ONLY parent AS p;
DROP TABLE child; -- relhassubclass may still be set
SELECT agrees('parent');

-- views and materialized views
CREATE VIEW view AS SELECT id, v, now() IS NULL AS n FROM t WHERE id < 100;
CREATE MATERIALIZED VIEW matview AS SELECT id, v FROM t WHERE id < 100;
SELECT agrees('view'), agrees('matview');
CREATE MATERIALIZED VIEW unpopulated AS SELECT 1 AS a WITH NO DATA;
SELECT table_fingerprint('unpopulated');

-- a foreign table, where there is file_fdw
SELECT count(*) > 0 AS has_file_fdw FROM pg_available_extensions WHERE name = 'file_fdw' \gset
SELECT 'agrees on 2 rows' AS foreign_table \gset
\if :has_file_fdw
CREATE EXTENSION file_fdw SCHEMA table_fingerprint;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE csv (id int, v text) SERVER files OPTIONS (program 'printf "1,a\\n2,b\\n"', format 'csv');
SELECT agrees('csv') AS foreign_table \gset
\endif
SELECT :'foreign_table' AS foreign_table;

-- virtual generated columns, from version 18, have no stored value to scan
SELECT current_setting('server_version_num')::int >= 180000 AS has_virtual, true AS virtual_counts \gset
\if :has_virtual
CREATE TABLE virtual (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL);
INSERT INTO virtual VALUES (1), (2), (NULL);
SELECT table_fingerprint('virtual') = fingerprint_agg(s) AS virtual_counts FROM (SELECT id, id * 2 AS twice FROM virtual) AS s \gset
\endif
SELECT :'virtual_counts' AS virtual_counts;

-- quoted names, and a search_path that does not reach the table
CREATE SCHEMA "Odd ""Schema""";
CREATE TABLE "Odd ""Schema"""."Ünïcode Täble" ("select" int, "a""b" text, "é" int);
INSERT INTO "Odd ""Schema"""."Ünïcode Täble" VALUES (1, 'x', 2);
SELECT agrees('"Odd ""Schema"""."Ünïcode Täble"');
CREATE VIEW "Odd ""Schema"""."View" AS TABLE "Odd ""Schema"""."Ünïcode Täble";
SELECT agrees('"Odd ""Schema"""."View"');

SELECT table_fingerprint(NULL) IS NULL AS null_for_null;
SELECT agrees('pg_catalog.pg_am');

-- what has no rows to read; words of PostgreSQL's own, so only their codes
\set VERBOSITY sqlstate
CREATE INDEX t_v ON t (v);
SELECT table_fingerprint('t_v');
CREATE TYPE composite AS (a int);
SELECT table_fingerprint('composite');
CREATE SEQUENCE sequence;
SELECT row_count(table_fingerprint('sequence'));
SELECT table_fingerprint(4294967295);
\set VERBOSITY default

-- a refused type is refused either way
CREATE TABLE refused (id int, r regclass);
SELECT table_fingerprint('refused');
SELECT fingerprint_agg(x) FROM refused AS x;

-- rights: SELECT on the table, and row-level security that would hide rows is an error, not a smaller table
CREATE ROLE regress_fingerprint_owner;
CREATE ROLE regress_fingerprint_reader;
GRANT USAGE ON SCHEMA table_fingerprint TO regress_fingerprint_owner, regress_fingerprint_reader;
CREATE TABLE guarded (id int, owner name);
INSERT INTO guarded VALUES (1, 'regress_fingerprint_reader'), (2, 'somebody else');
ALTER TABLE guarded OWNER TO regress_fingerprint_owner;
CREATE VIEW guarded_view AS SELECT * FROM guarded;
ALTER VIEW guarded_view OWNER TO regress_fingerprint_owner;
SET ROLE regress_fingerprint_reader;
SELECT table_fingerprint('guarded');
SELECT table_fingerprint('guarded_view');
RESET ROLE;
GRANT SELECT ON guarded_view TO regress_fingerprint_reader;
GRANT SELECT (id) ON guarded TO regress_fingerprint_reader;
SET ROLE regress_fingerprint_reader;
SELECT table_fingerprint('guarded'); -- one column is not the table
SELECT row_count(table_fingerprint('guarded_view')); -- a view is read with the rights of its owner
RESET ROLE;
GRANT SELECT ON guarded TO regress_fingerprint_reader;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded FOR SELECT USING (owner = current_user);
SET ROLE regress_fingerprint_reader;
SELECT count(*) AS sees FROM guarded;
SELECT table_fingerprint('guarded');
RESET ROLE;
SET ROLE regress_fingerprint_owner;
SELECT row_count(table_fingerprint('guarded')) AS owner_sees_all;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
SELECT table_fingerprint('guarded');
RESET ROLE;
SELECT row_count(table_fingerprint('guarded')) AS superuser_sees_all;
-- the caller's own setting is not lost
SHOW row_security;

SET client_min_messages = warning;
DROP SCHEMA table_fingerprint, "Odd ""Schema""" CASCADE;
DROP ROLE regress_fingerprint_owner, regress_fingerprint_reader;
