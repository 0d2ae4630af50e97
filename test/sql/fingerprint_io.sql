-- The type fingerprint: text and binary form, extremes, arithmetic, order.
CREATE SCHEMA fingerprint_io;
SET search_path = fingerprint_io, aidataops, public;

-- canonical text: no superfluous zeros in the count, lower-case digits
SELECT f::fingerprint FROM (VALUES
    ('aido1:0:00000000000000000000000000000000'),
    ('aido1:007:0123456789ABCDEF0123456789abcdef'),
    ('aido1:-3:ffffffffffffffffffffffffffffffff'),
    ('aido1:9223372036854775807:80000000000000000000000000000000'),
    ('aido1:-9223372036854775808:00000000000000000000000000000001')) AS v (f);

-- malformed: each is an error, none is repaired
CREATE FUNCTION input_error(input text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM input::fingerprint;
    RETURN 'ACCEPTED';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate;
END $$;
SELECT quote_literal(f) AS input, input_error(f) FROM (VALUES
    (''), ('aido1'), ('aido1:'), ('aido1::00000000000000000000000000000000'),
    ('aido2:0:00000000000000000000000000000000'), ('AIDO1:0:00000000000000000000000000000000'),
    (' aido1:0:00000000000000000000000000000000'), ('aido1:0:00000000000000000000000000000000 '),
    ('aido1: 0:00000000000000000000000000000000'), ('aido1:+1:00000000000000000000000000000000'),
    ('aido1:- 1:00000000000000000000000000000000'), ('aido1:-:00000000000000000000000000000000'),
    ('aido1:1.0:00000000000000000000000000000000'), ('aido1:0x1:00000000000000000000000000000000'),
    ('aido1:0:0000000000000000000000000000000'), ('aido1:0:000000000000000000000000000000000'),
    ('aido1:0:0000000000000000000000000000000g'), ('aido1:0:00000000-0000-0000-0000-000000000000'),
    ('aido1:9223372036854775808:00000000000000000000000000000000'),
    ('aido1:-9223372036854775809:00000000000000000000000000000000'),
    ('aido1:0:00000000000000000000000000000000:')) AS v (f);
SELECT 'nonsense'::fingerprint;

-- the binary form is 25 bytes as documented: version, count, sum
SELECT fingerprint_send('aido1:258:0123456789abcdef0123456789abcdef');
SELECT fingerprint_send('aido1:-1:00000000000000000000000000000000');

-- through COPY BINARY and back
CREATE TABLE sent AS SELECT n, f::fingerprint FROM (VALUES
    (1, 'aido1:0:00000000000000000000000000000000'), (2, 'aido1:-9223372036854775808:ffffffffffffffffffffffffffffffff'),
    (3, 'aido1:9223372036854775807:0123456789abcdef0123456789abcdef'), (4, NULL)) AS v (n, f);
CREATE TABLE received (LIKE sent);
\copy sent TO 'results/fingerprint_io.copy' (FORMAT binary)
\copy received FROM 'results/fingerprint_io.copy' (FORMAT binary)
SELECT s.n, s.f IS NOT DISTINCT FROM r.f AS same FROM sent AS s JOIN received AS r USING (n) ORDER BY n;
-- what a client sends is checked: another version, too short, too long
CREATE TABLE sent_bytes (b bytea);
CREATE TABLE received_bytes (f fingerprint);
INSERT INTO sent_bytes VALUES ('\x0200000000000001020123456789abcdef0123456789abcdef');
\copy sent_bytes TO 'results/fingerprint_io.copy' (FORMAT binary)
\copy received_bytes FROM 'results/fingerprint_io.copy' (FORMAT binary)
UPDATE sent_bytes SET b = '\x0100000000000001020123456789abcdef0123456789abcd';
\copy sent_bytes TO 'results/fingerprint_io.copy' (FORMAT binary)
\copy received_bytes FROM 'results/fingerprint_io.copy' (FORMAT binary)
UPDATE sent_bytes SET b = '\x0100000000000001020123456789abcdef0123456789abcdefff';
\copy sent_bytes TO 'results/fingerprint_io.copy' (FORMAT binary)
\copy received_bytes FROM 'results/fingerprint_io.copy' (FORMAT binary)
SELECT count(*) AS nothing_received FROM received_bytes;

-- the text form survives a text column and jsonb
SELECT bool_and(f = f::text::fingerprint), bool_and(f = (to_jsonb(f) #>> '{}')::fingerprint) FROM sent;

-- arithmetic is modulo 2^128 in the sum, and checked in the count
SELECT 'aido1:1:ffffffffffffffffffffffffffffffff'::fingerprint + 'aido1:1:00000000000000000000000000000002' AS carries_round;
SELECT 'aido1:1:0000000000000000ffffffffffffffff'::fingerprint + 'aido1:1:00000000000000000000000000000001' AS carries;
SELECT 'aido1:1:00000000000000010000000000000000'::fingerprint - 'aido1:3:00000000000000000000000000000001' AS borrows;
SELECT 'aido1:0:00000000000000000000000000000000'::fingerprint - 'aido1:1:00000000000000000000000000000001' AS borrows_round;
SELECT 'aido1:9223372036854775807:00000000000000000000000000000000'::fingerprint + 'aido1:1:00000000000000000000000000000000';
SELECT 'aido1:-9223372036854775808:00000000000000000000000000000000'::fingerprint - 'aido1:1:00000000000000000000000000000000';
-- zero less the least count has no place in bigint either
SELECT 'aido1:0:00000000000000000000000000000000'::fingerprint - 'aido1:-9223372036854775808:00000000000000000000000000000000';
SELECT rollup(f::fingerprint) FROM (VALUES ('aido1:9223372036854775807:00000000000000000000000000000000'),
    ('aido1:1:00000000000000000000000000000000')) AS v (f);
SELECT NULL::fingerprint + 'aido1:1:00000000000000000000000000000000' AS null_plus, 'aido1:1:00000000000000000000000000000000' - NULL::fingerprint AS minus_null;
-- the operands are left as they were
WITH v AS MATERIALIZED (SELECT 'aido1:1:00000000000000000000000000000001'::fingerprint AS a, 'aido1:2:00000000000000000000000000000002'::fingerprint AS b)
SELECT a + b AS sum, a - b AS difference, a, b FROM v;

SELECT row_count('aido1:42:00000000000000000000000000000000'), row_count('aido1:-42:00000000000000000000000000000000'), row_count(NULL);

-- order: by count as signed, then by sum as unsigned; all comparison operators agree with it
CREATE TABLE ordered AS SELECT n, f::fingerprint FROM (VALUES
    (1, 'aido1:-9223372036854775808:00000000000000000000000000000000'), (2, 'aido1:-1:ffffffffffffffffffffffffffffffff'),
    (3, 'aido1:0:00000000000000000000000000000000'), (4, 'aido1:0:0000000000000000ffffffffffffffff'),
    (5, 'aido1:0:7fffffffffffffffffffffffffffffff'), (6, 'aido1:0:80000000000000000000000000000000'),
    (7, 'aido1:9:00000000000000000000000000000000'), (8, 'aido1:10:00000000000000000000000000000000')) AS v (n, f);
SELECT array_agg(n ORDER BY f) AS ascending, array_agg(n ORDER BY f DESC) AS descending FROM ordered;
SELECT count(*) FILTER (WHERE (a.f < b.f) <> (a.n < b.n) OR (a.f <= b.f) <> (a.n <= b.n) OR (a.f = b.f) <> (a.n = b.n)
                           OR (a.f <> b.f) <> (a.n <> b.n) OR (a.f > b.f) <> (a.n > b.n) OR (a.f >= b.f) <> (a.n >= b.n)
                           OR fingerprint_cmp(a.f, b.f) <> sign(a.n - b.n)) AS disagree
  FROM ordered AS a, ordered AS b;

-- joins by hash, by merge and by an index find the same
CREATE TABLE many AS SELECT n, fingerprint_agg(r) AS f FROM generate_series(1, 500) AS n, LATERAL (SELECT n % 250 AS m) AS r GROUP BY n;
CREATE INDEX ON many (f);
ANALYZE many;
SET enable_nestloop = off; SET enable_mergejoin = off;
SELECT count(*) AS by_hash FROM many AS a JOIN many AS b USING (f);
SET enable_hashjoin = off; SET enable_mergejoin = on;
SELECT count(*) AS by_merge FROM many AS a JOIN many AS b USING (f);
SET enable_mergejoin = off; SET enable_nestloop = on; SET enable_seqscan = off;
SELECT count(*) AS by_index FROM many AS a JOIN many AS b USING (f);
RESET enable_nestloop; RESET enable_mergejoin; RESET enable_hashjoin; RESET enable_seqscan;
SELECT count(*) AS hash_groups FROM (SELECT f FROM many GROUP BY f) AS g;
-- and a hash-partitioned table puts equal values together, by the seeded hash
CREATE TABLE parted (f fingerprint) PARTITION BY HASH (f);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT f FROM many;
SELECT count(*) AS in_both FROM parted_0 JOIN parted_1 USING (f);
SELECT (SELECT count(*) FROM parted_0) > 0 AND (SELECT count(*) FROM parted_1) > 0 AS both_used;

-- From version 16 bad input can be asked about without an error; before that there is no such function.
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\if :has_soft_errors
SELECT pg_input_is_valid('aido1:0:00000000000000000000000000000000', 'aidataops.fingerprint') AS good_is_valid \gset
SELECT pg_input_is_valid('aido1:0', 'aidataops.fingerprint') AS bad_is_valid \gset
\else
\set good_is_valid t
\set bad_is_valid f
\endif
SELECT :'good_is_valid' AS good_is_valid, :'bad_is_valid' AS bad_is_valid;
SET client_min_messages = warning;
DROP SCHEMA fingerprint_io CASCADE;
