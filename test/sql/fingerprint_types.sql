-- Which values are equal: exactly those of one family whose text is alike (docs/fingerprint.md).
-- The bytes themselves are checked by test/golden/run.
CREATE SCHEMA fingerprint_types;
SET search_path = fingerprint_types, aidataops, public;

-- hash_of('1.0::numeric'): the hash of a row of one column, a; evaluated under the settings of the moment
CREATE FUNCTION hash_of(expression text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE result uuid;
BEGIN
    EXECUTE format('SELECT row_hash(r) FROM (SELECT %s AS a) AS r', expression) INTO result;
    RETURN result;
END $$;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE DOMAIN smaller AS small CHECK (VALUE < 10);
CREATE TYPE pair AS (x int, y text);

CREATE TABLE expectation (id int GENERATED ALWAYS AS IDENTITY, a text, b text, alike boolean);
INSERT INTO expectation (a, b, alike) VALUES
    -- equal text, and only that: what = calls equal may print differently
    ($$1.0::numeric$$, $$1.00::numeric$$, false),
    ($$1.0::numeric$$, $$1.0::numeric(10,1)$$, true),
    ($$'NaN'::numeric$$, $$'nan'::numeric$$, true),
    ($$0.0::numeric$$, $$-0.0::numeric$$, true),
    ($$'0'::float8$$, $$'-0'::float8$$, false),
    ($$'NaN'::float8$$, $$-('NaN'::float8)$$, true),
    ($$'NaN'::float4$$, $$-('NaN'::float4)$$, true),
    ($$'Infinity'::float8$$, $$'-Infinity'::float8$$, false),
    ($$0.1::float8$$, $$0.1::float4$$, false),
    ($$0.1::float8$$, $$0.1::float4::float8$$, false),
    ($$0.3::float8$$, $$0.1::float8 + 0.2::float8$$, false),
    ($$interval '1 mon'$$, $$interval '30 days'$$, false),
    ($$interval '1 day'$$, $$interval '24 hours'$$, false),
    ($$interval '12 mons'$$, $$interval '1 year'$$, true),
    ($$interval '-1 day +24:00'$$, $$interval '0'$$, false),
    ($$timetz '12:00+00'$$, $$timetz '13:00+01'$$, false),
    ($$timestamptz '2026-01-01 12:00+00'$$, $$timestamptz '2026-01-01 13:00+01'$$, true),
    ($$timestamptz '2026-01-01 12:00+00'$$, $$timestamp '2026-01-01 12:00'$$, false),
    ($$timestamp '2026-01-01 00:00'$$, $$date '2026-01-01'$$, false),
    ($$'{"a": 1, "b": 2}'::jsonb$$, $$'{"b": 2, "a": 1}'::jsonb$$, true),
    ($$'{"a": 1}'::json$$, $$'{"a":1}'::json$$, false),
    ($$'1.0'::jsonb$$, $$'1.00'::jsonb$$, false),
    ($$'10.1.2.3/24'::inet$$, $$'10.1.2.3/32'::inet$$, false),
    ($$'10.1.2.3/32'::inet$$, $$'10.1.2.3'::inet$$, true),
    ($$B'0101'$$, $$B'00101'$$, false),
    ($$'[1,5)'::int4range$$, $$'[1,4]'::int4range$$, true),
    ($$'[1,5)'::numrange$$, $$'[1,5]'::numrange$$, false),
    ($$'empty'::int4range$$, $$'(3,3)'::int4range$$, true),
    ($$'{[1,2),[2,5)}'::int4multirange$$, $$'{[1,5)}'::int4multirange$$, true),
    ($$ARRAY[1,2]$$, $$'[0:1]={1,2}'::int[]$$, false),
    ($$ARRAY[1,NULL]$$, $$ARRAY[1]$$, false),
    ($$'{}'::int[]$$, $$NULL::int[]$$, false),
    ($$ARRAY[[1,2],[3,4]]$$, $$ARRAY[1,2,3,4]$$, false),
    -- families: a column altered within one keeps its hashes
    ($$1::smallint$$, $$1::integer$$, true),
    ($$1::integer$$, $$1::bigint$$, true),
    ($$ARRAY[1,2]::int2[]$$, $$ARRAY[1,2]::int8[]$$, true),
    ($$1::integer$$, $$1::numeric$$, false),
    ($$1::integer$$, $$1::float8$$, false),
    ($$1::integer$$, $$'1'::text$$, false),
    ($$1::integer$$, $$1::oid$$, false),
    ($$1::integer$$, $$5::smaller - 4$$, true),
    ($$5::integer$$, $$5::smaller$$, true),
    ($$ARRAY[5]$$, $$ARRAY[5::smaller]$$, true),
    ($$'sad'::text$$, $$'sad'::varchar(3)$$, true),
    ($$'sad'::text$$, $$'sad'::name$$, true),
    ($$'sad'::text$$, $$'sad'::mood$$, true),
    ($$'sad'::text$$, $$'sad'::char(3)$$, true),
    ($$'sad'::text$$, $$'sad'::char(5)$$, false),
    ($$'sad  '::text$$, $$'sad'::char(5)$$, true),
    ($$'sad'::text$$, $$'sad'::text COLLATE "C"$$, true),
    ($$ARRAY['sad']$$, $$ARRAY['sad'::mood]$$, true),
    ($$'a'::text$$, $$'a'::"char"$$, false),
    ($$'sad'::text$$, $$'sad'::bytea$$, false),
    ($$''::text$$, $$NULL::text$$, false),
    ($$NULL::text$$, $$NULL::int$$, true),
    ($$'12:34'::text$$, $$'12:34'::time$$, false),
    -- composites: by name and without their NULLs, whatever type they are of
    ($$ROW(1, 'a')::pair$$, $$(SELECT s FROM (SELECT 'a'::text AS y, 1::bigint AS x) AS s)$$, true),
    ($$ROW(1, NULL)::pair$$, $$(SELECT s FROM (SELECT 1 AS x) AS s)$$, true),
    ($$ROW(1, 'a')::pair$$, $$ROW(1, 'a'::text)$$, false),
    ($$ROW(NULL, NULL)::pair$$, $$NULL::pair$$, false);
SELECT a, b, alike FROM expectation WHERE (hash_of(a) = hash_of(b)) <> alike ORDER BY id; -- none
SELECT count(*) AS expectations FROM expectation;

-- normalisation is not for a fingerprint: e with acute, composed and not
SELECT hash_of($$U&'\00e9'$$) = hash_of($$U&'e\0301'$$) AS normalised;

-- A column of a type whose text depends on the search_path is refused, whatever is in it.
\set SHOW_CONTEXT never
SELECT hash_of('NULL::regclass');
CREATE FUNCTION refused(expression text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN PERFORM hash_of(expression); RETURN false; EXCEPTION WHEN feature_not_supported OR wrong_object_type OR datatype_mismatch THEN RETURN true; END $$;
SELECT t.typname, refused('NULL::' || t.typname) AS plain, refused('NULL::' || t.typname || '[]') AS array
  FROM pg_type AS t WHERE (t.typname ~ '^reg' OR t.typname = 'aclitem') AND t.typtype = 'b' AND t.typelem = 0
   AND t.typname <> 'regdatabase' -- new in 19
 ORDER BY t.typname;
CREATE TYPE with_reg AS (n int, r regclass);
SELECT refused('ROW(1, ''pg_class'')::fingerprint_types.with_reg') AS met, refused('ROW(1, NULL)::fingerprint_types.with_reg') AS met_with_null,
       refused('NULL::fingerprint_types.with_reg') AS not_met;
SELECT hash_of('''pg_class''::regclass::oid') IS NOT NULL AS as_oid;

-- Types that the encoding does not know are taken by their own bytes, and said once in a session.
SET client_min_messages = warning; -- shell types are mentioned
CREATE TYPE unknown_to_us;
CREATE FUNCTION unknown_in(cstring) RETURNS unknown_to_us LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION unknown_out(unknown_to_us) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE unknown_to_us (INPUT = unknown_in, OUTPUT = unknown_out, LIKE = int4);
RESET client_min_messages;
SELECT hash_of('''1''::unknown_to_us') = hash_of('''1''::unknown_to_us') AS first_said_once;
SELECT hash_of('''1''::unknown_to_us') = hash_of('''01''::unknown_to_us') AS by_its_text;
SELECT hash_of('''1''::unknown_to_us') = hash_of('1') AS is_an_int;
-- the name counts, the schema does not
SET client_min_messages = warning;
CREATE SCHEMA fingerprint_types_2;
CREATE TYPE fingerprint_types_2.unknown_to_us;
CREATE FUNCTION fingerprint_types_2.unknown_in(cstring) RETURNS fingerprint_types_2.unknown_to_us LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION fingerprint_types_2.unknown_out(fingerprint_types_2.unknown_to_us) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE fingerprint_types_2.unknown_to_us (INPUT = fingerprint_types_2.unknown_in, OUTPUT = fingerprint_types_2.unknown_out, LIKE = int4);
SELECT hash_of('''1''::unknown_to_us') = hash_of('''1''::fingerprint_types_2.unknown_to_us') AS schema_is_left_out;
RESET client_min_messages;

-- The settings that change how values print do not change their hashes.
CREATE TABLE every (a int, b numeric, c float8, d float4, e date, f timestamptz, g timestamp, h interval, i bytea, j xml, k money,
                    l text, m tstzrange, n timestamptz[], o pair, p jsonb, q point, r tsvector, s timetz, t daterange, u "char");
INSERT INTO every VALUES (1, 1.50, 0.1::float8 + 0.2::float8, 1e-7, '2026-02-03', '2026-02-03 04:05:06.789+00', '2026-02-03 04:05:06', '1 year -2 mons 3 days 04:05:06',
    '\x00ff5c27', '<a>b</a>', 12.34, 'é"\', '[2026-02-03 00:00+00,infinity)', ARRAY[timestamptz '-infinity', NULL, '2026-07-01 00:00+00'],
    ROW(1, 'é'), '{"é": [1.0, null]}', '(0.1,1e-300)', 'a:1 b:2A', '12:34:56.789-03:30', '[2026-02-03,2026-02-05)', 'x');
SELECT row_hash(z) AS usual FROM every AS z \gset
CREATE FUNCTION hash_under(setting text, value text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config(setting, value, true);
    RETURN (SELECT row_hash(z) FROM every AS z);
END $$;
SELECT setting, value, hash_under(setting, value) = :'usual' AS same FROM (VALUES
    ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'), ('IntervalStyle', 'iso_8601'), ('IntervalStyle', 'sql_standard'),
    ('TimeZone', 'America/St_Johns'), ('TimeZone', 'Asia/Kathmandu'), ('extra_float_digits', '-15'), ('extra_float_digits', '3'),
    ('bytea_output', 'escape'), ('xmlbinary', 'hex'), ('xmloption', 'document'), ('lc_monetary', 'C'), ('lc_numeric', 'C'),
    ('standard_conforming_strings', 'off'), ('quote_all_identifiers', 'on'), ('search_path', 'fingerprint_types, aidataops, pg_temp'),
    ('client_encoding', 'LATIN1'), ('array_nulls', 'off')) AS v (setting, value);
SET client_min_messages = warning;
DROP SCHEMA fingerprint_types, fingerprint_types_2 CASCADE;
