-- The type dataset_version: its forms, canonical text, errors, order, casts.  What a name means is tested by version_log.sql.
CREATE SCHEMA dataset_version;
SET search_path = dataset_version, aidataops, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- every form, and its canonical text
SELECT quote_literal(input) AS input, input::dataset_version AS canonical, dataset_name(input) AS dataset, version_number(input) AS number,
       (_parts(input)).kind, (_parts(input)).number AS part, (_parts(input)).tag
  FROM (VALUES ('reviews@1'), ('reviews@007'), ('reviews@2147483647'), ('reviews@HEAD'), ('reviews@head'), ('reviews@HEAD~0'), ('reviews@Head~2'), ('reviews@HEAD~2147483647'),
               ('reviews@WORKING'), ('reviews@working'), ('reviews@gold'), ('reviews@GOLD'), ('reviews@1a'), ('reviews@-1'), ('reviews@v1.0'), ('reviews@HEADS'), ('reviews@a b'),
               ('Reviews@1'), (' a b @1'), ('a"b@1'), ('a.b@1'), ('{x}@1'), ('è@é'), ('HEAD@HEAD'), ('a~1@1'), (E'a\nb@1')) AS v (input);
SELECT input::dataset_version AS canonical, (_parts(input)).as_of
  FROM (VALUES ('r@{2026-06-30 12:00+00}'), ('r@{2026-06-30 12:00+02}'), ('r@{2026-06-30}'), ('r@{30 June 2026}'), ('r@{2026-06-30 12:00:00.123456}'), ('r@{infinity}'), ('r@{-infinity}'),
               ('r@{epoch}'), ('r@{2026-06-30 12:00 America/New_York}'), ('r@{4713-01-01 BC}'), ('r@{ 2026-06-30 }')) AS v (input);

-- the text of a time is in UTC and ISO order under every setting, and reads back as itself under every other
CREATE TABLE time_form AS SELECT 'r@{2026-02-03 04:05:06.7+00}'::dataset_version AS v;
SELECT v, v::text::dataset_version = v AS same FROM time_form;
SET TimeZone = 'America/St_Johns'; SET DateStyle = 'SQL, DMY';
SELECT v, v::text::dataset_version = v AS same FROM time_form;
SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'Postgres, MDY'; SET IntervalStyle = 'sql_standard';
SELECT v, v::text::dataset_version = v AS same FROM time_form;
SET DateStyle = 'German';
SELECT v, v::text::dataset_version = v AS same FROM time_form;
-- input is read under the settings, as a timestamptz is
SET TimeZone = 'Europe/Berlin'; SET DateStyle = 'ISO, DMY';
SELECT 'r@{01-02-2026 12:00}'::dataset_version;
RESET TimeZone; RESET DateStyle; RESET IntervalStyle;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- malformed
CREATE FUNCTION problem(input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; BEGIN
    PERFORM input::aidataops.dataset_version;
    RETURN 'ACCEPTED';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', sqlstate, coalesce(nullif(detail, ''), sqlerrm));
END $$;
SELECT quote_literal(left(input, 40)) AS input, problem(input)
  FROM (VALUES (''), ('reviews'), ('@'), ('@1'), ('reviews@'), ('reviews@0'), ('reviews@2147483648'), ('reviews@99999999999999999999999999'), ('reviews@HEAD~'), ('reviews@HEAD~x'), ('reviews@HEAD~-1'),
               ('reviews@HEAD~2147483648'), ('reviews@HEAD~1~1'), ('reviews@WORKING~1'), ('reviews@HEAD^'), ('reviews@{2026-01-01'), ('reviews@{'), ('reviews@{}'), ('reviews@{now'), ('reviews@{nonsense}'),
               ('reviews@{2026-13-01}'), ('reviews@2026-01-01}'), ('a@b@c'), ('reviews@a~b'), ('reviews@a{b'), ('reviews@ gold'), ('reviews@gold '), ('reviews@ '), (E'reviews@a\nb'), (E'reviews@a\tb'),
               (repeat('x', 63) || '@1'), (repeat('x', 64) || '@1'), (repeat('é', 32) || '@1'), ('r@' || repeat('x', 63)), ('r@' || repeat('x', 64))) AS v (input);
SELECT 'reviews'::dataset_version;
SELECT 'r@{yesterday noon or so}'::dataset_version;

-- order: by dataset, then by number as a number; all operators agree
CREATE TABLE named (n int, v dataset_version);
INSERT INTO named VALUES (1, 'a@1'), (2, 'a@2'), (3, 'a@9'), (4, 'a@10'), (5, 'a@100'), (6, 'aa@1'), (7, 'b@1'), (8, 'b@11');
SELECT array_agg(v ORDER BY v) FROM named;
SELECT count(*) FILTER (WHERE (a.v < b.v) <> (a.n < b.n) OR (a.v <= b.v) <> (a.n <= b.n) OR (a.v = b.v) <> (a.n = b.n) OR (a.v <> b.v) <> (a.n <> b.n)
                           OR (a.v > b.v) <> (a.n > b.n) OR (a.v >= b.v) <> (a.n >= b.n) OR sign(dataset_version_cmp(a.v, b.v)) <> sign(a.n - b.n)) AS disagree
  FROM named AS a, named AS b;
-- a total order over all forms: whatever it is, it sorts one way, and equal is only the same text
CREATE TABLE forms AS SELECT row_number() OVER () AS n, v::dataset_version AS v FROM unnest(string_to_array('a@1 a@2 a@HEAD a@HEAD~1 a@HEAD~2 a@WORKING a@gold a@golden a@{2026-01-01} a@{2026-01-02} b@HEAD A@1', ' ')) AS v;
SELECT count(*) AS broken FROM forms AS a, forms AS b, forms AS c WHERE a.v < b.v AND b.v < c.v AND NOT a.v < c.v OR (a.v < b.v AND b.v < a.v) OR ((a.v = b.v) <> (a.n = b.n));
SELECT 'a@007'::dataset_version = 'a@7'::dataset_version AS one_number, 'a@head~0'::dataset_version = 'a@HEAD'::dataset_version AS one_head, 'a@GOLD'::dataset_version = 'a@gold'::dataset_version AS one_tag;

-- joins by hash and by merge, grouping, an index, a hash partition
CREATE TABLE many AS SELECT 'd' || i % 7 || '@' || 1 + i % 50 AS t, ('d' || i % 7 || '@' || 1 + i % 50)::dataset_version AS v FROM generate_series(0, 699) AS i;
ANALYZE many;
SELECT count(*) FROM (SELECT v FROM many GROUP BY v) AS g;
SET enable_nestloop = off; SET enable_mergejoin = off;
SELECT count(*) AS by_hash FROM many AS a JOIN many AS b USING (v);
SET enable_hashjoin = off; SET enable_mergejoin = on;
SELECT count(*) AS by_merge FROM many AS a JOIN many AS b USING (v);
RESET enable_nestloop; RESET enable_mergejoin; RESET enable_hashjoin;
CREATE TABLE parted (v dataset_version PRIMARY KEY) PARTITION BY HASH (v);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT DISTINCT v FROM many;
SELECT count(*) FROM parted_0 JOIN parted_1 USING (v);
SELECT v FROM parted WHERE v = 'd3@10'; -- a literal

-- casts: implicit from text and varchar expressions, assignment to text
SELECT version_number('reviews@' || 3), version_number('reviews@3'::varchar), version_number('reviews@3'::text);
SELECT dataset_name(t) FROM (SELECT 'x@1'::varchar(5) AS t) AS s;
CREATE TABLE as_text (t text, v varchar(20));
INSERT INTO as_text SELECT v, v FROM named WHERE n = 4;
SELECT * FROM as_text;
SELECT v || ' is a version' AS concatenated FROM named WHERE n = 1;
SELECT v::text = 'a@1' AS compared_as_text FROM named WHERE n = 1;
SELECT dataset_name(NULL), version_number(NULL), NULL::text::dataset_version IS NULL AS null_is_null;

-- binary, through COPY
CREATE TABLE received (LIKE forms);
\copy forms TO 'results/dataset_version.copy' (FORMAT binary)
\copy received FROM 'results/dataset_version.copy' (FORMAT binary)
SELECT count(*) AS same FROM forms JOIN received USING (n, v);
-- what a client sends is checked
CREATE TABLE bytes (b bytea);
CREATE TABLE received_bytes (v dataset_version);
INSERT INTO bytes VALUES ('\x');
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
UPDATE bytes SET b = dataset_version_send('a@1') || '\x00';
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
UPDATE bytes SET b = set_byte(dataset_version_send('a@gold'), 2, 200); -- the name longer than all
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
UPDATE bytes SET b = set_byte(dataset_version_send('a@gold'), 3, ascii('@')); -- a name that text input refuses
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
UPDATE bytes SET b = set_byte(dataset_version_send('a@gold'), 1, 99); -- an unknown kind
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
UPDATE bytes SET b = set_byte(dataset_version_send('a@gold'), 3, 0); -- a zero byte
\copy bytes TO 'results/dataset_version.copy' (FORMAT binary)
\copy received_bytes FROM 'results/dataset_version.copy' (FORMAT binary)
SELECT count(*) AS nothing_received FROM received_bytes;

-- a user's table that refers to versions
CREATE TABLE source (id int PRIMARY KEY);
SELECT create_dataset('source', 'source'), commit('source', 'first');
CREATE TABLE model (name text PRIMARY KEY, training_set dataset_version REFERENCES aidataops.version);
INSERT INTO model VALUES ('m', 'source@1');
INSERT INTO model VALUES ('n', 'source@2');
INSERT INTO model VALUES ('n', 'source@HEAD'); -- a name that moves is no reference: resolve() it
INSERT INTO model VALUES ('n', resolve('source@HEAD'));
SELECT m.name, v.num_rows, m.training_set FROM model AS m JOIN aidataops.version AS v ON v.version = m.training_set ORDER BY 1;

-- From version 16 bad input can be asked about without an error; before that there is no such function.
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\if :has_soft_errors
SELECT pg_input_is_valid('r@{2026-01-01}', 'aidataops.dataset_version') AND pg_input_is_valid('r@1', 'aidataops.dataset_version') AS good_is_valid \gset
SELECT pg_input_is_valid('r', 'aidataops.dataset_version') OR pg_input_is_valid('r@{nonsense}', 'aidataops.dataset_version') AS bad_is_valid \gset
\else
\set good_is_valid t
\set bad_is_valid f
\endif
SELECT :'good_is_valid' AS good_is_valid, :'bad_is_valid' AS bad_is_valid;

SET client_min_messages = warning;
DROP SCHEMA dataset_version CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
