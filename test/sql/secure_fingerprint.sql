-- secure_row_hash() and secure_fingerprint_agg(): what a digest is made of, and that nothing else changes it.
-- More rows, and all types, are compared with another implementation by test/golden/run.
CREATE SCHEMA secure_fingerprint;
SET search_path = secure_fingerprint, aidataops, public;
\set SHOW_CONTEXT never

-- The construction, from core's sha256() and the specification: a column is its name and family, then its value.
SELECT encode(secure_row_hash(r), 'hex') AS nothing FROM (SELECT NULL::int AS a) AS r; -- SHA-256 of no bytes (FIPS 180-4 examples)
SELECT secure_row_hash(r) = sha256('\x00000005' || 'a'::bytea || '\x00' || 'int'::bytea || '\x00000008' || '\xffffffffffffffff'
                                   || '\x0000000a' || 'label'::bytea || '\x00' || 'text'::bytea || '\x00000003' || 'ham'::bytea) AS as_specified
  FROM (SELECT 'ham'::text AS label, -1 AS a, NULL::date AS b) AS r;
CREATE FUNCTION set_digest(bytea[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT sha256(convert_to(E'aidataops secure fingerprint 1\n', 'SQL_ASCII') || int8send(cardinality($1)) || coalesce(string_agg(h, '' ORDER BY h), ''))
      FROM unnest($1) AS h $$;
CREATE TABLE t (id int, name text, x float8, at timestamptz, tags text[]);
INSERT INTO t SELECT i, 'name ' || i % 97, CASE WHEN i % 5 > 0 THEN i / 7.0 END, timestamptz '2026-01-01 00:00+00' + i * interval '1 hour',
                     CASE i % 3 WHEN 0 THEN ARRAY['a', NULL, i::text] END
  FROM generate_series(1, 2000) AS i;
SELECT secure_fingerprint_agg(t) = set_digest(array_agg(secure_row_hash(t))) AS as_specified FROM t;
SELECT secure_fingerprint_agg(t) = set_digest(array_agg(secure_row_hash(t))) AS one_row, secure_fingerprint_agg(t) = min(secure_row_hash(t)::text)::bytea AS is_that_row FROM t WHERE id = 7;
CREATE FUNCTION whole() RETURNS bytea LANGUAGE sql AS 'SELECT secure_fingerprint_agg(t) FROM secure_fingerprint.t';

-- of no rows: a fixed value, which the final function also gives for rows that are all absent
SELECT encode(secure_fingerprint_agg(t), 'hex') AS none, secure_fingerprint_agg(t) = set_digest('{}') AS as_specified FROM t WHERE false;
SELECT secure_fingerprint_agg(b) = set_digest('{}') AS absent FROM (VALUES (1), (2)) AS a (id) LEFT JOIN (VALUES (3, 'x')) AS b (id, v) USING (id);
SELECT secure_fingerprint_agg(b) = (SELECT secure_fingerprint_agg(c) FROM (VALUES (2, 'x')) AS c (id, v)) AS absent_are_skipped
  FROM (VALUES (1), (2), (3)) AS a (id) LEFT JOIN (VALUES (2, 'x')) AS b (id, v) USING (id);
SELECT secure_row_hash(NULL::t) AS null_row;
-- a row of NULLs is a row
SELECT secure_fingerprint_agg(r) = set_digest(array_fill(sha256(''), ARRAY[3])) AS three_empty FROM (SELECT NULL::int AS a FROM generate_series(1, 3)) AS r;

-- what does not matter: order, way of reading, order of columns, columns without values, widths of integers
SELECT secure_fingerprint_agg(t ORDER BY x DESC, id) = whole() AS ordered FROM t;
SELECT secure_fingerprint_agg(s) = whole() AS columns FROM (SELECT tags, NULL::int AS added, at, x, name::varchar AS name, id::bigint AS id FROM t ORDER BY md5(id::text)) AS s;
-- what does: one value, one name, one type family, one row more or less, how often
SELECT bool_or(secure_fingerprint_agg = whole()) AS tampered FROM (
    SELECT secure_fingerprint_agg(s) FROM (SELECT id, name, CASE WHEN id = 1001 THEN x + 1e-9 ELSE x END AS x, at, tags FROM t) AS s
    UNION ALL SELECT secure_fingerprint_agg(s) FROM (SELECT id, name, x, at, tags AS tag FROM t) AS s
    UNION ALL SELECT secure_fingerprint_agg(s) FROM (SELECT id::numeric AS id, name, x, at, tags FROM t) AS s
    UNION ALL SELECT secure_fingerprint_agg(t) FROM t WHERE id <> 1
    UNION ALL SELECT secure_fingerprint_agg(s) FROM (SELECT * FROM t UNION ALL SELECT * FROM t WHERE id = 1) AS s
    UNION ALL SELECT secure_fingerprint_agg(s) FROM (SELECT id, coalesce(name, 'x') AS name, coalesce(x, 0) AS x, at, tags FROM t) AS s) AS forged;
SELECT count(DISTINCT d) AS different FROM (
    SELECT n, secure_fingerprint_agg(r) AS d FROM generate_series(0, 5) AS n, generate_series(1, n) AS g, LATERAL (SELECT 1 AS a) AS r GROUP BY n) AS s;
-- bytes cannot move between a name, its family and values
SELECT count(DISTINCT secure_row_hash) AS different FROM (
    SELECT secure_row_hash(r) FROM (SELECT 'bc'::text AS a) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT 'c'::text AS ab) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT 'b'::text AS a, 'c'::text AS b) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT 'c'::text AS a, 'b'::text AS b) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT '"bc"'::json AS a) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT '"bc"'::text AS a) AS r
    UNION ALL SELECT secure_row_hash(r) FROM (SELECT 'bc'::bytea AS a) AS r) AS s;

-- names and families are spelled out within composite values too, at any depth, and not by the 64-bit hashes of row_hash()
CREATE TYPE pair AS (id int, label text);
CREATE TYPE nest AS (one pair, many pair[]);
CREATE FUNCTION spelled(name text, family text, payload bytea) RETURNS bytea LANGUAGE sql AS $$
    SELECT int4send(length(name) + 1 + length(family)) || name::bytea || '\x00' || family::bytea || int4send(length(payload)) || payload $$;
SELECT secure_row_hash(r) = sha256(spelled('n', 'row', spelled('many', 'array(row)', int4send(1) || int4send(1) || int4send(1) || int4send(length(p)) || p)
                                                       || spelled('one', 'row', p))) AS as_specified
  FROM (SELECT ROW(ROW(1, 'x'), ARRAY[ROW(1, 'x')]::pair[])::nest AS n) AS r, LATERAL (SELECT spelled('id', 'int', int8send(1)) || spelled('label', 'text', 'x') AS p) AS s;
SELECT secure_row_hash(s) = sha256(spelled('r', 'row', spelled('f1', 'int', int8send(1)))) AS anonymous FROM (SELECT ROW(1) AS r) AS s;

-- no setting matters
CREATE TABLE settings AS SELECT 1 AS id, timestamptz '2026-01-01 00:00+00' AS at, interval '1 mon 2 days' AS span, 0.1::float8 AS x, 0.1::float4 AS y, '12.34'::money AS m,
    '\xff'::bytea AS b, 'é'::text AS name, date '2026-01-02' AS day, point(0.1, 0.2) AS p, to_tsvector('simple', 'a b') AS v, '<a>é</a>'::xml AS document;
SELECT secure_fingerprint_agg(s) AS before FROM settings AS s \gset
BEGIN;
SET LOCAL DateStyle = 'SQL, DMY'; SET LOCAL IntervalStyle = iso_8601; SET LOCAL TimeZone = 'Asia/Kathmandu'; SET LOCAL extra_float_digits = -15;
SET LOCAL bytea_output = escape; SET LOCAL client_encoding = LATIN1; SET LOCAL xmlbinary = hex; SET LOCAL work_mem = '64kB'; SET LOCAL default_text_search_config = 'german';
SELECT secure_fingerprint_agg(s) = :'before' AS same FROM settings AS s;
COMMIT;

-- more than memory holds; groups, by whatever plan, of which some are empty
SET work_mem = '64kB';
CREATE TABLE big AS SELECT i % 10000 AS id FROM generate_series(1, 40000) AS i;
SELECT secure_fingerprint_agg(b) = set_digest(array_agg(secure_row_hash(b))) AS spilled FROM big AS b;
SELECT count(*), bool_and(d = expected) AS agree
  FROM (SELECT id % 500 AS g, secure_fingerprint_agg(t) AS d, set_digest(array_agg(secure_row_hash(t))) AS expected FROM t GROUP BY 1) AS s;
SELECT count(*), bool_and(d = expected) AS agree
  FROM (SELECT secure_fingerprint_agg(t) FILTER (WHERE id % 2 = 0) AS d, set_digest(coalesce(array_agg(secure_row_hash(t)) FILTER (WHERE id % 2 = 0), '{}')) AS expected
          FROM t GROUP BY GROUPING SETS ((id % 7), (id % 30, id % 4), ())) AS s;
SET enable_sort = off;
SET jit = off; -- what is discouraged costs so much that each call of set_digest() would be compiled
SELECT count(*), bool_and(d = expected) AS hashed
  FROM (SELECT id AS g, secure_fingerprint_agg(t) AS d, set_digest(ARRAY[min(secure_row_hash(t)::text)::bytea]) AS expected FROM t GROUP BY 1) AS s;
RESET enable_sort;
RESET work_mem;
SELECT bool_and(d = whole()) AS correlated FROM generate_series(1, 3) AS n, LATERAL (SELECT secure_fingerprint_agg(t) AS d FROM t WHERE n > 0) AS s;
SELECT secure_fingerprint_agg(DISTINCT r) = (SELECT secure_fingerprint_agg(s) FROM (VALUES (1), (2)) AS s (a)) AS distinct_rows FROM (VALUES (1), (1), (2)) AS r (a);
-- several kinds of rows through one call
SELECT secure_fingerprint_agg(CASE n WHEN 2 THEN ROW('x'::text, 1) ELSE ROW(1, 'x'::text) END::record)
       = set_digest(array_agg(secure_row_hash(CASE n WHEN 2 THEN ROW('x'::text, 1) ELSE ROW(1, 'x'::text) END::record))) AS kinds FROM generate_series(1, 3) AS n;
-- workers may read the rows, one process hashes them
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT secure_fingerprint_agg(t) = whole() AS same FROM t;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- A query that ends early, with an error, or with its cursor leaves nothing open: no warning of a leak.
BEGIN;
DECLARE c CURSOR FOR SELECT id % 3 AS g, secure_fingerprint_agg(t) IS NOT NULL AS has FROM t GROUP BY 1 ORDER BY 1;
FETCH 1 FROM c;
SAVEPOINT s;
SELECT secure_fingerprint_agg(r) FROM (SELECT 1 AS id, 't'::regclass AS c) AS r;
ROLLBACK TO s;
SELECT sum(1 / (1000 - id)) AS divided, secure_fingerprint_agg(t) FROM t;
ROLLBACK TO s;
FETCH 1 FROM c;
COMMIT;
SELECT g FROM (SELECT id AS g, secure_fingerprint_agg(t) AS d FROM t GROUP BY id ORDER BY id) AS s WHERE d IS NOT NULL LIMIT 1;
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            PERFORM aidataops.secure_fingerprint_agg(t), sum(1 / (1000 - id)) FROM secure_fingerprint.t;
        EXCEPTION WHEN division_by_zero THEN
            RAISE NOTICE 'caught';
        END;
    END LOOP;
END $$;
-- what it cannot be
SELECT secure_fingerprint_agg(t) OVER (ORDER BY id) FROM t LIMIT 1;
SELECT secure_row_hash(r) FROM (SELECT 't'::regclass AS c) AS r;

-- A version has the digest that its table had: through its view, and as of it.
CREATE TABLE mails (id int PRIMARY KEY, label text, links int);
INSERT INTO mails VALUES (1, 'spam', 7), (2, 'ham', 0), (3, 'ham', NULL);
SELECT create_dataset('secure mails', 'mails'), commit('secure mails', 'first') \g /dev/null
SELECT encode(secure_fingerprint_agg(m), 'hex') AS sealed FROM mails AS m \gset
UPDATE mails SET label = 'spam' WHERE id = 2;
ALTER TABLE mails ADD COLUMN note text DEFAULT 'x';
SELECT commit('secure mails', 'second'), create_version_view('secure mails@1', 'first_mails') \g /dev/null
SELECT encode(secure_fingerprint_agg(r), 'hex') = :'sealed' AS view FROM first_mails AS r;
SELECT encode(secure_fingerprint_agg(r), 'hex') = :'sealed' AS changed FROM mails AS r;
SELECT secure_fingerprint_agg(m) = (SELECT secure_fingerprint_agg(r) FROM as_of('secure mails@2', NULL::mails) AS r) AS as_of FROM mails AS m;
SET client_min_messages = warning;
DROP SCHEMA secure_fingerprint CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
