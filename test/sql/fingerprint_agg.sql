-- fingerprint_agg() and rollup(): one value for one multiset of rows, however it is computed.
CREATE SCHEMA fingerprint_agg;
SET search_path = fingerprint_agg, aidataops, public;

-- a value that must never change: documented, and computed by test/golden/aido1.py
SELECT row_hash(r) FROM (SELECT NULL::int AS a, NULL::text AS b) AS r;
SELECT fingerprint_agg(r) FROM (SELECT NULL::int AS a, NULL::text AS b) AS r;

CREATE TABLE t (id int, name text, x float8, at timestamptz, tags text[]);
INSERT INTO t SELECT i, 'name ' || i % 97, CASE WHEN i % 5 > 0 THEN i / 7.0 END, timestamptz '2026-01-01 00:00+00' + i * interval '1 hour',
                     CASE i % 3 WHEN 0 THEN ARRAY['a', NULL, i::text] END
  FROM generate_series(1, 2000) AS i;
CREATE FUNCTION whole() RETURNS fingerprint LANGUAGE sql AS 'SELECT fingerprint_agg(t) FROM fingerprint_agg.t';

-- order and way of reading do not matter
SELECT fingerprint_agg(s) = whole() FROM (SELECT * FROM t ORDER BY name DESC, x) AS s;
SELECT fingerprint_agg(t ORDER BY id DESC) = whole() FROM t;
SELECT fingerprint_agg(s) = whole() FROM (SELECT tags, at, x, name, id FROM t) AS s;
SELECT fingerprint_agg(row_hash(t)) = whole() FROM t;
SELECT fingerprint_agg(c) = whole() FROM (WITH c AS MATERIALIZED (SELECT * FROM t) SELECT * FROM c) AS c;
SELECT table_fingerprint('t') = whole();
-- names do, as do values
SELECT fingerprint_agg(s) = whole() FROM (SELECT id AS id2, name, x, at, tags FROM t) AS s;
SELECT fingerprint_agg(s) = whole() FROM (SELECT id, name, x, at, coalesce(tags, '{}') AS tags FROM t) AS s;

-- duplicates count; pairs do not cancel
SELECT fingerprint_agg(r) FROM (VALUES (1), (1)) AS r (a);
SELECT fingerprint_agg(r) = (SELECT fingerprint_agg(s) FROM (VALUES (1)) AS s (a)) FROM (VALUES (1), (1)) AS r (a);
SELECT fingerprint_agg(r) = fingerprint_agg(r) FILTER (WHERE n <= 3) FROM (VALUES (1), (2), (3), (4)) AS v (n), LATERAL (SELECT 5 AS a) AS r;
SELECT row_count(fingerprint_agg(DISTINCT r)) FROM (VALUES (1), (1), (2)) AS r (a);

-- a row that is absent is skipped; a row of NULLs is a row
SELECT row_count(fingerprint_agg(b)) AS joined FROM (VALUES (1), (2), (3)) AS a (id) LEFT JOIN (VALUES (2, 'x')) AS b (id, v) USING (id);
SELECT row_count(fingerprint_agg(b)) AS all_null FROM (VALUES (NULL::int, NULL::text), (NULL, NULL)) AS b (id, v);
SELECT fingerprint_agg(NULL::t) AS no_row, fingerprint_agg(NULL::uuid) AS no_hash, rollup(NULL::fingerprint) AS no_part;
SELECT row_hash(NULL::t) AS null_row;

-- of no rows: a value, not NULL, also as a group's filter leaves nothing
SELECT fingerprint_agg(t) AS none FROM t WHERE false;
SELECT fingerprint_agg(t) FILTER (WHERE id < 0) AS filtered, row_count(fingerprint_agg(t) FILTER (WHERE id <= 7)) AS seven FROM t;
SELECT rollup(f) AS nothing FROM (SELECT fingerprint_agg(t) AS f FROM t GROUP BY id) AS p WHERE false;

-- parts roll up to the whole, however the rows are dealt; and parts can be taken off
SELECT setseed(0.5);
SELECT bool_and(rolled = whole()) AS rollups_agree, count(*) FROM (
    SELECT round, rollup(f) AS rolled FROM (
        SELECT round, part, fingerprint_agg(s) AS f
          FROM (SELECT round, (random() * power(4, round))::int AS part, t AS s FROM generate_series(0, 5) AS round, t) AS dealt
         GROUP BY round, part) AS parts
     GROUP BY round) AS r;
SELECT bool_and(a + b = whole() AND whole() - a = b AND whole() - b = a AND b + a = whole()) AS plus_minus
  FROM (SELECT fingerprint_agg(t) FILTER (WHERE id % m = 0) AS a, fingerprint_agg(t) FILTER (WHERE id % m <> 0) AS b
          FROM t, generate_series(1, 12) AS m GROUP BY m) AS parts;
SELECT whole() - whole() AS zero;

-- moving frames: the inverse transition gives what recomputation gives
SELECT count(*) AS frames, bool_and(moving = (SELECT fingerprint_agg(s) FROM t AS s WHERE s.id BETWEEN w.id - 3 AND w.id + 2)) AS agree
  FROM (SELECT id, fingerprint_agg(t) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) AS moving FROM t WHERE id <= 200) AS w
 WHERE id <= 190;
SELECT bool_and(moving = (SELECT fingerprint_agg(row_hash(s)) FROM t AS s WHERE s.id BETWEEN w.id - 5 AND w.id)) AS by_hash
  FROM (SELECT id, fingerprint_agg(row_hash(t)) OVER (ORDER BY id ROWS 5 PRECEDING) AS moving FROM t) AS w WHERE id <= 100;
SELECT bool_and(moving = (SELECT rollup(s.f) FROM (SELECT id, fingerprint_agg(t) AS f FROM t GROUP BY id) AS s WHERE s.id BETWEEN w.id - 5 AND w.id)) AS of_parts
  FROM (SELECT id, rollup(f) OVER (ORDER BY id ROWS 5 PRECEDING) AS moving FROM (SELECT id, fingerprint_agg(t) AS f FROM t WHERE id <= 60 GROUP BY id) AS g) AS w;
-- frames that run empty, with rows that are NULL, with EXCLUDE, and by partition
SELECT id, fingerprint_agg(r) OVER w = (SELECT fingerprint_agg(s.r) FROM (VALUES (1, 10), (2, NULL), (3, 30), (4, NULL), (5, 50)) AS v (id, x),
           LATERAL (SELECT CASE WHEN v.x IS NOT NULL THEN ROW(v.x) END AS r) AS s WHERE v.id BETWEEN q.id - 2 AND q.id - 1) AS agree, row_count(fingerprint_agg(r) OVER w)
  FROM (SELECT v.id, CASE WHEN v.x IS NOT NULL THEN ROW(v.x) END AS r FROM (VALUES (1, 10), (2, NULL), (3, 30), (4, NULL), (5, 50)) AS v (id, x)) AS q
WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) ORDER BY id;
SELECT id % 4 AS part, id, row_count(fingerprint_agg(t) OVER (PARTITION BY id % 4 ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW))
  FROM t WHERE id <= 8 ORDER BY 1, 2;
-- an earlier frame's value is not changed by a later one
SELECT count(DISTINCT f) AS different FROM (SELECT fingerprint_agg(t) OVER (ORDER BY id) AS f FROM t) AS w;

-- many groups, by sorting and by hashing, also when the hash table spills
SET work_mem = '64kB'; SET enable_sort = off;
SELECT rollup(f) = whole() AS hashed, count(*) FROM (SELECT name, id, fingerprint_agg(t) AS f FROM t GROUP BY name, id) AS g;
RESET enable_sort; SET enable_hashagg = off;
SELECT rollup(f) = whole() AS sorted, count(*) FROM (SELECT name, id, fingerprint_agg(t) AS f FROM t GROUP BY name, id) AS g;
RESET enable_hashagg; RESET work_mem;
SELECT bool_and(f = whole()) AS grouping_sets, count(*)
  FROM (SELECT rollup(f) AS f, g FROM (SELECT id % 3 AS a, id % 5 AS b, grouping(id % 3, id % 5) AS g, fingerprint_agg(t) AS f
                                        FROM t GROUP BY GROUPING SETS ((id % 3), (id % 5), (id % 3, id % 5), ())) AS s GROUP BY g) AS r;

-- a parallel plan gives the serial value, and is one
CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 8) AS pad, i * 1.5 AS x FROM generate_series(1, 30000) AS i;
ANALYZE big;
CREATE FUNCTION plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan text := ''; line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
    RETURN plan LIKE '%' || node || '%';
END $$;
SET max_parallel_workers_per_gather = 0;
SELECT fingerprint_agg(b) AS serial FROM big AS b \gset
SET max_parallel_workers_per_gather = 4; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT plan_has('SELECT aidataops.fingerprint_agg(b) FROM fingerprint_agg.big AS b', 'Partial Aggregate') AS parallel;
SELECT fingerprint_agg(b) = :'serial' AS same FROM big AS b;
SELECT plan_has('SELECT aidataops.rollup(f) FROM (SELECT x % 7, aidataops.fingerprint_agg(b) AS f FROM fingerprint_agg.big AS b GROUP BY 1) AS s', 'Gather') AS parallel;
SELECT rollup(f) = :'serial' AS same FROM (SELECT x % 7, fingerprint_agg(b) AS f FROM big AS b GROUP BY 1) AS s;
SELECT fingerprint_agg(row_hash(b)) = :'serial' AS same FROM big AS b;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT table_fingerprint('big') = :'serial' AS same;

-- partitionwise aggregation
CREATE TABLE parted (LIKE t) PARTITION BY LIST ((id % 3));
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_1 (tags text[], id int, gone int, name text, at timestamptz, x float8); -- another physical order
ALTER TABLE parted_1 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT * FROM t;
SET enable_partitionwise_aggregate = on;
SELECT fingerprint_agg(p) = whole() AS partitioned FROM parted AS p;
RESET enable_partitionwise_aggregate;

-- where a row comes from does not matter
SELECT fingerprint_agg(ROW(1, 'a'::text)) = (SELECT fingerprint_agg(r) FROM (SELECT 1 AS f1, 'a'::text AS f2) AS r) AS anonymous;
SELECT fingerprint_agg(j) = (SELECT fingerprint_agg(s) FROM (SELECT a.id, b.name FROM t AS a JOIN t AS b USING (id)) AS s) AS joined
  FROM (t AS a (id, n, y) JOIN (SELECT id, name FROM t) AS b USING (id)), LATERAL (SELECT id, b.name) AS j;
SELECT fingerprint_agg(r) = (SELECT fingerprint_agg(s) FROM (VALUES (1, 'x'), (2, 'y')) AS s (a, b)) AS from_function
  FROM json_to_recordset('[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]') AS r (a int, b text);
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN pair_domain AS pair;
SELECT row_hash(ROW(1, 'x')::pair) = row_hash(ROW(1, 'x')::pair_domain) AS domain_of_a_row_type;
-- several kinds of rows through one call
SELECT n, row_hash(CASE n WHEN 2 THEN ROW('x'::text, 1) ELSE ROW(1, 'x'::text) END::record) FROM generate_series(1, 3) AS n;
-- columns of one name are told apart by their order
SELECT row_hash(a) <> row_hash(b) AS ordered FROM (SELECT 1 AS c, 2 AS c) AS a, (SELECT 2 AS c, 1 AS c) AS b;
SELECT row_hash(r) FROM (SELECT) AS r; -- no columns: like all NULL

-- ALTER TABLE: a dropped column is gone, an added one is NULL or its default, also in rows that were there before
CREATE TABLE altered (id int, gone text, kept text);
INSERT INTO altered SELECT i, 'gone', CASE WHEN i % 2 = 0 THEN 'kept' || i END FROM generate_series(1, 10) AS i;
SELECT fingerprint_agg(s) AS expected FROM (SELECT id, kept FROM altered) AS s \gset
ALTER TABLE altered DROP COLUMN gone;
SELECT fingerprint_agg(a) = :'expected' AS dropped FROM altered AS a;
ALTER TABLE altered ADD COLUMN empty date;
SELECT fingerprint_agg(a) = :'expected' AS added, table_fingerprint('altered') = :'expected' AS scanned FROM altered AS a;
ALTER TABLE altered ADD COLUMN fast text DEFAULT 'default', ADD COLUMN number int DEFAULT 7;
INSERT INTO altered VALUES (11, 'new', NULL, DEFAULT, DEFAULT);
SELECT fingerprint_agg(a) = (SELECT fingerprint_agg(s) FROM (SELECT id, kept, empty, 'default' AS fast, 7 AS number FROM altered) AS s) AS with_default,
       fingerprint_agg(a) = table_fingerprint('altered') AS scanned FROM altered AS a;
-- a stored composite value from before the attribute was added
CREATE TABLE holder (id int, p pair);
INSERT INTO holder VALUES (1, ROW(1, 'x'));
SELECT fingerprint_agg(h) AS before FROM holder AS h \gset
ALTER TYPE pair ADD ATTRIBUTE c int;
SELECT fingerprint_agg(h) = :'before' AS attribute_added FROM holder AS h;
ALTER TYPE pair DROP ATTRIBUTE a;
SELECT row_hash(h) = row_hash(s) AS attribute_dropped FROM holder AS h, (SELECT 1 AS id, i FROM (SELECT 'x' AS b) AS i) AS s (id, p);
-- within one statement's cache: the definition changes between executions of a prepared statement
PREPARE f AS SELECT fingerprint_agg(a) FROM altered AS a;
EXECUTE f \gset before_
ALTER TABLE altered RENAME COLUMN kept TO renamed;
EXECUTE f \gset after_
SELECT :'before_fingerprint_agg'::fingerprint <> :'after_fingerprint_agg' AS renamed;

-- how a value is stored does not matter: compressed, out of line, plain, short header
CREATE TABLE toasted (id int, v text);
INSERT INTO toasted SELECT i, repeat('compressible ', 2000) FROM generate_series(1, 3) AS i;
INSERT INTO toasted SELECT 4, string_agg(md5(i::text), '') FROM generate_series(1, 3000) AS i;
CREATE TABLE external (LIKE toasted);
ALTER TABLE external ALTER COLUMN v SET STORAGE EXTERNAL;
INSERT INTO external SELECT id, v || '' FROM toasted;
SELECT (SELECT pg_column_size(v) < length(v) FROM toasted WHERE id = 1) AS compressed,
       (SELECT pg_column_size(v) >= length(v) FROM external WHERE id = 1) AS not_compressed;
SELECT fingerprint_agg(t) = fingerprint_agg(c) AS same
  FROM toasted AS t, LATERAL (SELECT t.id, left(t.v, 3) || substr(t.v, 4) AS v) AS c;
SELECT (SELECT fingerprint_agg(t) FROM toasted AS t) = (SELECT fingerprint_agg(e) FROM external AS e) AS same,
       table_fingerprint('toasted') = table_fingerprint('external') AS scanned,
       table_fingerprint('toasted') = (SELECT fingerprint_agg(t) FROM toasted AS t) AS alike;
-- short headers, at 126 and 127 bytes and around
CREATE TABLE short (n int, v text);
INSERT INTO short SELECT n, repeat('x', n) FROM generate_series(0, 300) AS n;
SELECT bool_and(row_hash(s) = row_hash(a)) AS same FROM short AS s, LATERAL (SELECT s.n, repeat('x', s.n) AS v) AS a;
SELECT count(DISTINCT row_hash(a)) FROM generate_series(0, 300) AS n, LATERAL (SELECT repeat('x', n) AS v) AS a;

-- nested composites, arrays of them, domains over them
CREATE TYPE inner_pair AS (a int, b text);
CREATE TYPE outer_pair AS (i inner_pair, list inner_pair[]);
CREATE DOMAIN outer_domain AS outer_pair;
CREATE TABLE nested (id int, o outer_domain);
INSERT INTO nested VALUES (1, ROW(ROW(1, 'x'), ARRAY[ROW(2, 'y'), NULL, ROW(NULL, NULL)]::inner_pair[])), (2, NULL), (3, ROW(NULL, NULL));
SELECT fingerprint_agg(n) = (SELECT fingerprint_agg(s) FROM (SELECT id, o::outer_pair AS o FROM nested) AS s) AS same, row_count(fingerprint_agg(n)) FROM nested AS n;
SELECT count(DISTINCT row_hash(n)) FROM nested AS n;
SELECT row_hash(r) <> row_hash(s) AS null_is_not_row_of_nulls FROM (SELECT NULL::inner_pair AS p) AS r, (SELECT ROW(NULL, NULL)::inner_pair AS p) AS s;
SET client_min_messages = warning;
DROP SCHEMA fingerprint_agg CASCADE;
