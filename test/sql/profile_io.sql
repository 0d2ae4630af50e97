-- profile: text and binary forms, what they reject, storage
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
\set VERBOSITY terse

-- The layout of docs/profile.md, byte by byte: version, kind, flags, reserved, bits dropped; NULL, NaN, -inf, +inf, zeroes; one bucket,
-- its key bff (and 52 zero bits), orders 12 and 2, bits 1 101111111111 1 10, filled with 0; minimum, maximum; sum 3 at limb 33, as
-- 1074 = 33 * 32 + 18, 3 << 18; sum of squares at limb 67, 3 << 4.
SELECT encode(profile_send(profile_agg(x)), 'hex') FROM (VALUES (1), (1), (1), (NULL)) AS v (x);
SELECT encode(profile_send(profile_agg(x)), 'hex') FROM (VALUES (0.0::float8), ('NaN'), ('Infinity'), ('-Infinity')) AS v (x);
SELECT encode(profile_send(profile_agg(x)), 'hex') FROM (VALUES (-12345.60), (-12345.6)) AS v (x);
SELECT encode(profile_send(profile_agg(x)), 'hex') FROM (VALUES (true), (true)) AS v (x);
SELECT encode(profile_send(profile_agg(x)), 'hex') FROM (VALUES ('{3,4}'::float8[])) AS v (x);
SELECT profile_agg(x) FROM (VALUES ('ham'::text), ('spam'), ('ham')) AS v (x);

-- round trips
CREATE TABLE kept (name text, p profile);
INSERT INTO kept SELECT 'exact', profile_agg(n) FROM generate_series(1, 1000) AS n;
INSERT INTO kept SELECT 'coarse', profile_agg(sqrt(n)) FROM generate_series(1, 100000) AS n;
INSERT INTO kept SELECT 'labels', profile_agg('label ' || n % 100) FROM generate_series(1, 1000) AS n;
INSERT INTO kept SELECT 'long labels', profile_agg(repeat('ß', n % 100) || n) FROM generate_series(1, 4000) AS n;
INSERT INTO kept SELECT 'hashes', profile_agg(n::text) FROM generate_series(1, 100000) AS n;
INSERT INTO kept SELECT 'vectors', profile_agg(ARRAY[n, -1e-3, 1e4]::real[]) FROM generate_series(1, 10000) AS n;
INSERT INTO kept SELECT 'huge', profile_agg(x) FROM (VALUES (1.7e308::float8), (1.7e308), (-1.7e308), (5e-324)) AS v (x);
INSERT INTO kept SELECT 'digits', profile_agg(x) FROM (VALUES (3.14159265358979323846264338327950288), (repeat('9', 300)::numeric), (1e-4000)) AS v (x);
SELECT name, p = p::text::profile, pg_column_size(p) <= 16000 AS small, octet_length(profile_send(p)) FROM kept;
CREATE TEMP TABLE copied (LIKE kept);
\copy kept TO 'profile_io.tmp' (FORMAT binary)
\copy copied FROM 'profile_io.tmp' (FORMAT binary)
\! rm -f profile_io.tmp
SELECT count(*) FROM kept JOIN copied USING (name, p);
SELECT a.name FROM kept AS a JOIN kept AS b ON a.p <> b.p AND a.name = b.name;
-- arrays and rows of profiles
SELECT octet_length(array_send(array_agg(p))) > 10000, count(*) FROM kept;
SELECT (r).p = p FROM (SELECT ROW(name, p)::kept AS r, p FROM kept WHERE name = 'exact') AS x;

-- text that is none
SELECT 'nonsense'::profile;
SELECT 'profile1:float8'::profile;
SELECT 'profile1:complex:'::profile;
SELECT 'profile1:float8:????'::profile;
SELECT 'profile1:float8:AAAA'::profile;
SELECT 'profile2:float8:'::profile;

-- bytes that are none
CREATE FUNCTION received(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
    -- the text form is the binary one in base64, checked alike
    RETURN ('profile1:' || CASE get_byte(bytes, 1) WHEN 1 THEN 'integer' WHEN 3 THEN 'float8' WHEN 16 THEN 'text' ELSE 'embedding' END || ':'
            || translate(encode(substr(bytes, 3), 'base64'), E'\n', ''))::profile::text IS NOT NULL;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN 'rejected';
END $$;
-- every truncation, and every change of one byte, is rejected or is another canonical profile: never a crash or another error
SELECT name, count(*) FILTER (WHERE received(substr(profile_send(p), 1, n)) = 'rejected') = count(*) AS truncations
  FROM kept, generate_series(3, least(octet_length(profile_send(p)) - 1, 300)) AS n WHERE name IN ('exact', 'huge', 'labels', 'vectors', 'hashes', 'coarse')
 GROUP BY name ORDER BY name;
SELECT name, count(received(set_byte(profile_send(p), n, v))) = count(*) AS changes
  FROM kept, generate_series(2, least(octet_length(profile_send(p)) - 1, 120)) AS n, (VALUES (0), (1), (127), (128), (255)) AS b (v)
 WHERE name IN ('exact', 'huge', 'labels', 'vectors', 'coarse') GROUP BY name ORDER BY name;
-- a byte too many
SELECT name, received(profile_send(p) || '\x00') FROM kept WHERE name IN ('exact', 'labels', 'coarse', 'vectors') ORDER BY name;
-- a varint that is longer than it need be; 2^63 rows; more buckets than bytes; a dimension beyond the limit
SELECT received('\x0103000000800000000000'), received('\x0103000000808080808080808080010000000000'), received('\x0103000000000000000000a01f'),
       received('\x0120000000000000000000818001'), received('\x0103000000000000000000ff');

DROP TABLE kept, copied;
DROP FUNCTION received;
