-- drift() and compare() of what nobody expects, and corrections for many columns against R
CREATE SCHEMA drift_hostile;
SET search_path = drift_hostile, aidataops;
\set SHOW_CONTEXT never

-- R 4.2: d <- c(10, 30, 45, 60, 60, 80); p <- sapply(d, function(x) chisq.test(matrix(c(500, 500, 500 + x, 500 - x), 2), correct = FALSE)$p.value), then p.adjust(p, method).  Two are tied.
CREATE TABLE before AS SELECT n, n <= 500 AS a, n <= 500 AS b, n <= 500 AS c, n <= 500 AS d, n <= 500 AS e, n <= 500 AS f, n <= 500 AS no_p FROM generate_series(1, 1000) AS n;
CREATE TABLE after AS SELECT n, n <= 510 AS a, n <= 530 AS b, n <= 545 AS c, n <= 560 AS d, n <= 560 AS e, n <= 580 AS f, 'text' AS no_p FROM generate_series(1, 1000) AS n;
ALTER TABLE before DROP COLUMN n;
ALTER TABLE after DROP COLUMN n;
CREATE TABLE r (correction text, a float8, b float8, c float8, d float8, e float8, f float8);
INSERT INTO r VALUES ('none', 0.654704701465862571, 0.179516591899496453, 0.043956865952509694, 0.007185458758132407, 0.007185458758132407, 0.000331678167857694),
    ('bh', 0.65470470146586257, 0.21541991027939575, 0.06593529892876454, 0.01437091751626481, 0.01437091751626481, 0.00199006900714616),
    ('holm', 0.65470470146586257, 0.35903318379899291, 0.13187059785752908, 0.03592729379066203, 0.03592729379066203, 0.00199006900714616),
    ('bonferroni', 1, 1, 0.26374119571505816, 0.04311275254879444, 0.04311275254879444, 0.00199006900714616);
SELECT correction, count(*), string_agg(column_name, ' ' ORDER BY column_name) FILTER (WHERE abs(q_value - (to_jsonb(r) ->> column_name::text)::float8) > 1e-12) AS wrong
  FROM r, compare('before', 'after', correction => r.correction) WHERE q_value IS NOT NULL GROUP BY correction ORDER BY correction;
SELECT column_name, status, drifted, q_value FROM compare('before', 'after') WHERE column_name = 'no_p';

-- One value, none, NULL, NaN, infinities, the ends of the range, against each other: a verdict or none, never an error and never NaN
CREATE FUNCTION odd(k int) RETURNS SETOF float8 LANGUAGE sql AS $$
    SELECT (ARRAY[5, NULL, 'NaN', 'Infinity', '-Infinity', 1.7e308, 5e-324, i, -i, CASE WHEN i % 2 = 0 THEN NULL ELSE i END, CASE i % 3 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN 'Infinity' ELSE 0 END,
                  CASE i % 2 WHEN 0 THEN 1.7e308 ELSE -1.7e308 END]::float8[])[k] FROM generate_series(1, 60) AS i
$$;
CREATE TABLE pairs AS SELECT i, j, (SELECT profile_agg(x) FROM odd(i) AS x) AS r, (SELECT profile_agg(x) FROM odd(j) AS x) AS c FROM generate_series(1, 12) AS i, generate_series(1, 12) AS j;
INSERT INTO pairs SELECT 0, i, (SELECT profile_agg(x) FROM odd(1) AS x WHERE false), r FROM pairs WHERE j = 1 UNION ALL SELECT i, 0, r, (SELECT profile_agg(x) FROM odd(1) AS x WHERE false) FROM pairs WHERE j = 1;
SELECT m AS method, count(*) AS pairs, count(*) FILTER (WHERE statistic = 'NaN' OR p_value = 'NaN' OR q_value = 'NaN' OR threshold = 'NaN' OR effect = 'NaN') AS nan,
       count(*) FILTER (WHERE statistic < -1e-12 AND m NOT IN ('cohens_d', 't_test')) AS negative, count(*) FILTER (WHERE p_value NOT BETWEEN 0 AND 1) AS no_p, count(*) FILTER (WHERE i = j AND drifted) AS from_itself
  FROM unnest('{auto,psi,js_distance,hellinger_distance,total_variation_distance,linf_distance,kl_divergence,cramers_v,chi2_test,g_test,ks_distance,wasserstein_distance,cohens_d,t_test}'::text[]) AS m,
       pairs, _drift_rows(ARRAY['x'::name], ARRAY[r], ARRAY[c], ARRAY[m], 'bh', 0.05, 50, 10, false) GROUP BY m ORDER BY m;
SELECT count(*) AS pairs, count(*) FILTER (WHERE hypothesis IS NULL OR factor = 'NaN' OR shift = 'NaN' OR fit NOT BETWEEN 0 AND 1) AS odd, count(*) FILTER (WHERE i = j AND status <> 'unchanged') AS from_itself FROM pairs, explain_shift(r, c);

-- Kinds against each other
CREATE TABLE kinds AS SELECT k, p FROM (SELECT ARRAY[profile_agg(i), profile_agg(i::float8), profile_agg(i::text), profile_agg(i > 30), profile_agg(date '2026-01-01' + i), profile_agg(time '00:00' + i * interval '1 minute'), profile_agg(ARRAY[i::float8, 1]), profile_agg(ARRAY[i::float8])] AS all_of
  FROM generate_series(1, 60) AS i) AS s, unnest(all_of) WITH ORDINALITY AS u (p, k);
SELECT d.status, d.drifted, e.status AS explained, count(*) FROM kinds AS a, kinds AS b, _drift_rows(ARRAY['x'::name], ARRAY[a.p], ARRAY[b.p], '{auto}', 'bh', 0.05, 50, 10, false) AS d, explain_shift(a.p, b.p) AS e GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- No columns in common, no columns, no rows, quoted names
CREATE TABLE nothing ();
CREATE TABLE empty (x int, "A ""b""" text);
CREATE TABLE few AS SELECT i AS x, 'c' || i % 3 AS "A ""b""" FROM generate_series(1, 100) AS i;
SELECT count(*) FROM compare('nothing', 'nothing');
SELECT column_name, drifted, n_reference, n_current, status FROM compare('nothing', 'few');
SELECT column_name, drifted, n_reference, n_current, status FROM compare('empty', 'few');
SELECT column_name, drifted, n_reference, n_current, status FROM compare('empty', 'empty');
SELECT column_name, drifted, n_reference, n_current, status FROM compare('few', 'few', min_rows => 101);

-- A hundred columns, one of which moved; a column renamed, one dropped, one of another type
SELECT format('CREATE TABLE broad AS SELECT i AS id, %s FROM generate_series(1, 500) AS i', string_agg(format('(i * %s) %% 101 AS c%s', 2 * k + 1, k), ', ')) FROM generate_series(1, 100) AS k \gexec
ALTER TABLE broad ADD PRIMARY KEY (id);
SELECT create_dataset('broad', 'broad'), commit('broad', 'one');
UPDATE broad SET c7 = c7 + 40;
SELECT commit('broad', 'two');
SELECT column_name, status FROM drift('broad@1', 'broad@2') WHERE drifted;
SELECT count(*) FROM drift('broad@1', 'broad@2');
SELECT column_name, hypothesis, shift, status FROM explain_shift('broad@1', 'broad@2');
ALTER TABLE broad RENAME COLUMN c8 TO renamed;
ALTER TABLE broad DROP COLUMN c9;
ALTER TABLE broad ALTER COLUMN c10 TYPE text;
UPDATE broad SET c11 = NULL;
SELECT commit('broad', 'three');
SELECT column_name, drifted, status FROM drift('broad@2', 'broad@3') WHERE drifted IS NOT FALSE;
SELECT column_name, hypothesis, detail, status FROM explain_shift('broad@2', 'broad@3');

SET client_min_messages = warning;
DROP SCHEMA drift_hostile CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
