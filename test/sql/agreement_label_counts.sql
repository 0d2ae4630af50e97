-- label_counts: the labels of one unit, in one form whatever way they came.
CREATE SCHEMA agreement_label_counts;
SET search_path = agreement_label_counts, aidataops, public;

-- input and output; the type of labels is seen from how they are written
SELECT t, t::label_counts AS labels FROM unnest(ARRAY['{}', ' { } ', '{"spam": 2, "ham": 1}', '{"b":1,"a":1,"b":4}', '{3: 1, -20: 2, 100000000000: 1}',
    '{1.5: 1, -0.0: 1, 0.0: 1, NaN: 1, Infinity: 2, -Infinity: 1, 1e300: 1, 1e-300: 1, 2.0: 1}', '{true: 1, false: 3}', '{"": 1}',
    '{"say \"hi\"": 1, "back\\slash": 2, "true": 1, "1": 1}', '{"ж": 1, "z": 1}']) AS t;
SELECT bool_and(l::text::label_counts::text = l::text) AS round_trip FROM unnest(ARRAY['{"a\"b": 3}', '{0.1: 1}', '{true: 1}', '{-9223372036854775808: 1}']::label_counts[]) AS l;

-- and what is none
\set VERBOSITY terse
SELECT ''::label_counts;
SELECT '{'::label_counts;
SELECT '{"a"}'::label_counts;
SELECT '{"a": 0}'::label_counts;
SELECT '{"a": -1}'::label_counts;
SELECT '{"a": 1} x'::label_counts;
SELECT '{"a: 1}'::label_counts;
SELECT '{"a\'::label_counts;
SELECT '{"a": 1, 2: 1}'::label_counts;
SELECT '{1: 1, 1.5: 1}'::label_counts;
SELECT '{a: 1}'::label_counts;
SELECT '{99999999999999999999: 1}'::label_counts;
SELECT '{1: 99999999999999999999}'::label_counts;
SELECT '{1: 9223372036854775807, 2: 1}'::label_counts;
SELECT '{1e999: 1}'::label_counts;
\set VERBOSITY default
SELECT '{"a": 1'::label_counts;

-- counting; order does not matter, NULL is missing, other types are told what to do
SELECT label_counts_agg(x) FROM (VALUES ('b'), ('a'), (NULL), ('b')) AS v (x);
SELECT label_counts_agg(x) FROM (VALUES (3::smallint), (-1), (3), (300)) AS v (x);
SELECT label_counts_agg(x) FROM (VALUES (3), (-1), (3), (70000)) AS v (x);
SELECT label_counts_agg(x) FROM (VALUES (3::bigint), (-1), (3), (-70000000000)) AS v (x);
SELECT label_counts_agg(x) FROM (VALUES (3::float8), (-1.5), ('NaN'), ('NaN')) AS v (x);
SELECT label_counts_agg(x) AS of_numeric FROM (VALUES (0.5), (0.50), (2)) AS v (x);
SELECT label_counts_agg(x) FROM (VALUES (true), (false), (true)) AS v (x);
SELECT label_counts_agg(x) AS of_varchar FROM (VALUES ('b'::varchar), ('a')) AS v (x);
SELECT label_counts_agg(NULL::text) AS missing, label_counts_agg('a'::text) FILTER (WHERE false) AS filtered;
SELECT label_counts_agg(x::date) FROM (VALUES ('2026-01-01')) AS v (x);
CREATE TYPE mood AS ENUM ('sad', 'happy');
SELECT label_counts_agg(x::mood) FROM (VALUES ('sad')) AS v (x);
SELECT label_counts_agg(x::mood::text) FROM (VALUES ('sad')) AS v (x);
SELECT label_counts_agg(repeat('x', 9000));

-- counts of every size, and labels of every size
SELECT label_counts_agg(i % 3) FROM generate_series(1, 1000) AS i;
SELECT label_counts_agg(i % 2 = 0) FROM generate_series(1, 40000) AS i;
SELECT num_labels(l), (SELECT count(*) FROM label_frequencies(l)) AS n, l = (SELECT label_counts_agg(x ORDER BY x DESC) FROM (SELECT repeat('x', i % 300) FROM generate_series(1, 3000) AS i) AS v (x)) AS same
  FROM (SELECT label_counts_agg(repeat('x', i % 300)) AS l FROM generate_series(1, 3000) AS i) AS s;
SELECT label_counts_agg(md5(i::text) || repeat('x', 8000)) FROM generate_series(1, 200) AS i;

-- parts and the whole: +, rollup, and moving frames by their inverse
SELECT '{"a": 1, "b": 2}'::label_counts + '{"b": 3, "c": 1}' AS plus, '{}'::label_counts + '{1: 1}' AS empty_plus;
SELECT '{"a": 1}'::label_counts + '{1: 1}';
SELECT rollup(l) FROM unnest(ARRAY['{"b": 1}', NULL, '{"a": 1, "b": 1}', '{}']::label_counts[]) AS l;
SELECT rollup(l) AS of_nothing FROM unnest('{}'::label_counts[]) AS l;
SELECT '{1: 9223372036854775807}'::label_counts + '{1: 1}';
CREATE TABLE t AS SELECT i, (i * 7919) % 13 AS n, CASE WHEN i % 11 > 0 THEN 'label ' || (i * 31) % 7 END AS word, (i * 17) % 5 / 4.0::float8 AS x, i % 3 = 0 AS flag FROM generate_series(1, 500) AS i;
SELECT bool_and(m1 = s1 AND m2 = s2 AND m3 = s3 AND m4 = s4) AS moving_frames_agree, count(*)
  FROM (SELECT i, label_counts_agg(n) OVER w AS m1, label_counts_agg(word) OVER w AS m2, label_counts_agg(x) OVER w AS m3, label_counts_agg(flag) OVER w AS m4
          FROM t WINDOW w AS (ORDER BY i ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING)) AS moving,
       LATERAL (SELECT label_counts_agg(n) AS s1, label_counts_agg(word) AS s2, label_counts_agg(x) AS s3, label_counts_agg(flag) AS s4
                  FROM t WHERE t.i BETWEEN moving.i - 3 AND moving.i + 2) AS still;
SELECT bool_and(moving = still) AS rollup_moves, count(*)
  FROM (SELECT i, rollup(label_counts_agg(word)) OVER (ORDER BY i ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) AS moving FROM t GROUP BY i) AS m,
       LATERAL (SELECT label_counts_agg(word) AS still FROM t WHERE t.i BETWEEN m.i - 3 AND m.i + 2) AS s;

-- counted in parts by parallel workers
CREATE TABLE big AS SELECT i % 50 AS unit, 'label ' || (i * 7919) % 23 AS word, (i * 31) % 17 AS n FROM generate_series(1, 20000) AS i;
CREATE TABLE serially AS SELECT unit, label_counts_agg(word) AS words, label_counts_agg(n) AS numbers FROM big GROUP BY unit;
CREATE FUNCTION parallel_plan() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
    FOR line IN EXPLAIN SELECT unit, label_counts_agg(word) FROM big GROUP BY unit LOOP found := found OR line LIKE '%Partial%Aggregate%'; END LOOP;
    RETURN found;
END $$;
ANALYZE big;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
SELECT parallel_plan();
SELECT count(*), bool_and(s.words = p.words AND s.numbers = p.numbers) AS same FROM serially AS s JOIN (SELECT unit, label_counts_agg(word) AS words, label_counts_agg(n) AS numbers FROM big GROUP BY unit) AS p USING (unit);
RESET ALL;
SET search_path = agreement_label_counts, aidataops, public;

-- what a unit's labels say
SELECT l, num_labels(l), majority_label(l), majority_label(l, ties => 'first') AS first, unit_agreement(l)
  FROM unnest(ARRAY['{}', '{"a": 1}', '{"a": 1, "b": 1}', '{"b": 2, "a": 3}', '{"c": 2, "a": 1, "b": 2}', '{10: 2, 9: 2}', '{true: 5}']::label_counts[]) AS l;
SELECT majority_label('{"a": 1}', ties => 'last');
SELECT * FROM label_frequencies('{10: 2, 9: 1, -1: 5}');
-- of Krippendorff's patterns by hand: 3 of 4 agree, 3 of 6 pairs
SELECT unit_agreement('{1: 3, 2: 1}'), unit_agreement('{1: 2, 2: 2}') AS two_pairs, unit_agreement(NULL);

-- stored short, long and compressed it is the same
CREATE TABLE stored AS SELECT label_counts_agg(n) AS l FROM t GROUP BY i % 40 UNION ALL SELECT label_counts_agg(word || ' and more of it, so that it is stored elsewhere or compressed' || i) FROM t;
SELECT count(*), bool_and(l = l::text::label_counts) AS same FROM stored;
SELECT count(*) AS distinct_by_hash FROM (SELECT DISTINCT l FROM stored) AS d;
\copy stored TO 'results/agreement_label_counts.copy' (FORMAT binary)
CREATE TABLE copied (l label_counts);
\copy copied FROM 'results/agreement_label_counts.copy' (FORMAT binary)
SELECT count(*) AS differences FROM ((SELECT l::text FROM stored EXCEPT ALL SELECT l::text FROM copied) UNION ALL (SELECT l::text FROM copied EXCEPT ALL SELECT l::text FROM stored)) AS d;
-- more labels than are looked for one by one: the same value in whatever order, rolled up, merged, in a window, in text
CREATE TEMP TABLE many AS SELECT i, i * 7 % 300 AS l, i % 4 AS part FROM generate_series(1, 3000) AS i;
SELECT label_counts_agg(l) = label_counts_agg(l ORDER BY l DESC) AS same, label_counts_agg(l) = label_counts_agg(l)::text::label_counts AS text,
       num_labels(label_counts_agg(l)) AS total FROM many;
SELECT rollup(c) = (SELECT label_counts_agg(l) FROM many) AS same
  FROM (SELECT label_counts_agg(l) AS c FROM many GROUP BY part) AS parts;
SELECT (SELECT label_counts_agg(l) FROM many WHERE i <= 50) + (SELECT label_counts_agg(l) FROM many WHERE i > 50) = label_counts_agg(l) AS same
  FROM many;
SELECT count(*), bool_and(c = (SELECT label_counts_agg(l) FROM many AS m WHERE m.i BETWEEN w.i - 99 AND w.i)) AS same
  FROM (SELECT i, label_counts_agg(l) OVER (ORDER BY i ROWS 99 PRECEDING) AS c FROM many WHERE i <= 400) AS w;
SELECT count(*), bool_and(r = (SELECT label_counts_agg(l) FROM many AS m WHERE m.part IN (w.part, w.part - 1))) AS same
  FROM (SELECT part, rollup(label_counts_agg(l)) OVER (ORDER BY part ROWS 1 PRECEDING) AS r FROM many GROUP BY part) AS w;
SELECT (SELECT label_counts_agg(l) FROM many) + label_counts_agg('x'::text);
SELECT label_counts_agg(md5(i::text)) FROM generate_series(1, 100000) AS i;
-- large counts are of several bytes, and no more than a bigint
SELECT md5(rollup(c)::text) = md5(rollup(c ORDER BY c::text)::text) AS same, min(num_labels(c)) AS total
  FROM (SELECT format('{"l%s": %s, "all": 127}', i, 1 << (i % 30))::label_counts AS c FROM generate_series(1, 100) AS i) AS s;
SELECT rollup(c) FROM (SELECT format('{"l%s": 1, "all": %s}', i, 9223372036854775806)::label_counts AS c FROM generate_series(1, 100) AS i) AS s;
DROP TABLE many;
\set VERBOSITY terse
DROP SCHEMA agreement_label_counts CASCADE;
