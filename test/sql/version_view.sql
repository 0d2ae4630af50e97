-- Looking back: create_version_view(), as_of(), as_of_json().
CREATE SCHEMA version_view;
SET search_path = version_view, aidataops, public;
\set SHOW_CONTEXT never

CREATE TABLE t (id int PRIMARY KEY, v varchar(20), n numeric(10,2), at timestamptz, gone text);
INSERT INTO t SELECT i, 'v' || i, i / 4.0, timestamptz '2026-01-01 00:00+00' + i * interval '1 hour', 'gone ' || i FROM generate_series(1, 2000) AS i;
SELECT create_dataset('t', 't');
SELECT commit('t', 'first');
UPDATE t SET v = 'changed' WHERE id % 100 = 0;
DELETE FROM t WHERE id > 1990;
SELECT commit('t', 'second');
SELECT tag('t@1', 'gold');

-- a view of a version: the rows of then, whatever becomes of the table and of the name it was made by
SELECT create_version_view('t@gold', 't_gold');
SELECT create_version_view('t@HEAD', 'version_view.t_head');
SELECT obj_description('t_gold'::regclass, 'pg_class'), obj_description('t_head'::regclass, 'pg_class');
SELECT count(*), count(*) FILTER (WHERE v = 'changed') AS changed FROM t_gold;
SELECT count(*), count(*) FILTER (WHERE v = 'changed') AS changed FROM t_head;
SELECT fingerprint_agg(g) = (SELECT fingerprint FROM aidataops.version WHERE version = 't@1') AS same FROM t_gold AS g;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't_gold'::regclass ORDER BY attnum;
SELECT untag('t', 'gold');
ALTER TABLE t DROP COLUMN gone;
SELECT commit('t', 'third');
SELECT count(gone) FROM t_gold;
SELECT count(*) FROM t_head;
-- names: as in CREATE VIEW
CREATE SCHEMA "Other";
SELECT create_version_view('t@1', '"Other"."A ""view"""');
SELECT create_version_view('t@1', ' Folded ');
SELECT create_version_view('t@1', 'version_view."é"');
SELECT relnamespace::regnamespace, relname FROM pg_class WHERE relkind = 'v' AND relnamespace IN ('version_view'::regnamespace, '"Other"'::regnamespace) ORDER BY relname COLLATE "C";
SELECT create_version_view('t@1', 't_gold');
SELECT create_version_view('t@1', 't');
SELECT create_version_view('t@1', '');
SELECT create_version_view('t@1', 'a b');
SELECT create_version_view('t@1', 'x; DROP TABLE version_view.t');
SELECT create_version_view('t@1', '"unclosed');
SELECT create_version_view('t@1', 'nowhere.x');
SELECT create_version_view('t@WORKING', 'x');
SELECT create_version_view('t@99', 'x');
SELECT create_version_view(NULL, 'x') IS NULL AS null_for_null;
SELECT to_regclass('version_view.t') IS NOT NULL AS still_there;
-- read with the rights of who reads
SELECT reloptions FROM pg_class WHERE oid = 't_gold'::regclass;

-- the planner sees through it: a key finds its row by an index, also below other operations
CREATE FUNCTION uses_index(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json; BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text ~ 'Index (Only )?Scan|Bitmap Index Scan' AND plan::text !~ 'Seq Scan';
END $$;
DO $$ BEGIN EXECUTE format('ANALYZE aidataops_history.%I', (SELECT history_table FROM aidataops.dataset WHERE name = 't')); END $$;
SELECT uses_index('SELECT * FROM t_head WHERE id = 7') AS by_key, uses_index('SELECT a.id FROM (VALUES (7)) AS k (id) JOIN LATERAL (SELECT * FROM t_head WHERE t_head.id = k.id) AS a ON true') AS by_join;
SELECT * FROM t_head WHERE id = 7;

-- as_of(): in the row type of today's table
SELECT count(*), count(*) FILTER (WHERE v = 'changed') AS changed FROM as_of('t@2', NULL::t, partial => true);
SELECT * FROM as_of('t@3', NULL::t) WHERE id IN (1, 100) ORDER BY id;
SELECT count(*) FROM as_of('t@WORKING', NULL::t);
-- a column of then that today's type has not is an error, unless it may be left out
SELECT count(*) FROM as_of('t@1', NULL::t);
SELECT * FROM as_of('t@1', NULL::t, true) WHERE id = 1;
SELECT * FROM as_of('t@1', NULL::t, NULL) WHERE id = 1;
-- a column of today that then had not is NULL, in whatever place
ALTER TABLE t ADD COLUMN later int DEFAULT 5, ADD COLUMN gone text;
SELECT * FROM as_of('t@1', NULL::t) WHERE id = 1;
-- other types: by name, converted as in an assignment
CREATE TYPE narrow AS (n int, v varchar(2), id bigint);
CREATE TYPE wide AS (id numeric, v text, n text, at text, gone varchar(100), more int[]);
SELECT * FROM as_of('t@1', NULL::wide) WHERE id = 3;
SELECT * FROM as_of('t@1', NULL::narrow, true) WHERE id = 3; -- "v3" fits, others do not, and each is looked at
CREATE TYPE rounded AS (n int, id bigint);
SELECT * FROM as_of('t@1', NULL::rounded, true) WHERE id IN (2, 6) ORDER BY id;
CREATE TYPE other AS (id date);
SELECT * FROM as_of('t@1', NULL::other, true);
CREATE DOMAIN positive AS int CHECK (VALUE > 1);
CREATE TYPE checked AS (id positive);
SELECT count(*) FROM as_of('t@1', NULL::checked, true);
CREATE DOMAIN checked_row AS rounded CHECK ((VALUE).id > 0);
SELECT count(*) FROM as_of('t@1', NULL::checked_row, true);
-- not a row type
SELECT * FROM as_of('t@1', NULL::int);
SELECT * FROM as_of('t@1', ROW(1)) AS r (a int);
SELECT as_of('t@1', NULL);
SELECT * FROM as_of(NULL, NULL::t);
SELECT * FROM as_of('t@99', NULL::t);
SELECT * FROM as_of('nothing@1', NULL::t);
-- in a select list, a join, LATERAL, and read in part
SELECT (as_of('t@3', NULL::t)).id ORDER BY 1 LIMIT 2;
SELECT count(*) FROM as_of('t@2', NULL::wide) AS a JOIN as_of('t@1', NULL::wide) AS b USING (id) WHERE a.v <> b.v;
SELECT v.version, a.count FROM aidataops.version AS v, LATERAL (SELECT count(*) FROM as_of(v.version, NULL::t)) AS a WHERE dataset_name(v.version) = 't' ORDER BY 1;
-- generated and dropped columns of the type
CREATE TABLE generated (id int, x int, n numeric GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE generated DROP COLUMN x;
SELECT * FROM as_of('t@1', NULL::generated, true) WHERE id = 4;

-- as_of_json(): in the shape of then
SELECT j FROM as_of_json('t@1') AS j WHERE j ->> 'id' = '1';
SELECT j FROM as_of_json('t@3') AS j WHERE j ->> 'id' = '1';
SELECT count(*) FROM as_of_json('t@WORKING');
SELECT * FROM as_of_json(NULL);

SET client_min_messages = warning;
DROP SCHEMA version_view, "Other" CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
