-- Drift between versions: what commits keep, what is compared, and what is said of it.
CREATE SCHEMA drift_dataset;
SET search_path = drift_dataset, aidataops, public;
\set SHOW_CONTEXT never
SELECT setseed(0.2);

-- 100,000 rows, and 5,000 new ones shifted by a standard deviation: between the versions that vanishes
CREATE FUNCTION normal(mean float8) RETURNS float8 LANGUAGE sql AS 'SELECT mean + sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())';
CREATE TABLE grown (id int PRIMARY KEY, x float8);
INSERT INTO grown SELECT i, normal(0) FROM generate_series(1, 100000) AS i;
SELECT create_dataset('grown', 'grown'), commit('grown', 'base');
INSERT INTO grown SELECT i, normal(1) FROM generate_series(100001, 105000) AS i;
SELECT commit('grown', 'shifted');
SELECT round(statistic::numeric, 3) BETWEEN .002 AND .004 AS diluted, p_value, drifted, n_reference, n_current, status FROM drift('grown@1', 'grown@2', rows => 'all');
SELECT round(statistic::numeric, 1) AS psi, p_value < 1e-300 AS certain, drifted, round(effect::numeric, 1) AS effect, n_reference, n_current, status FROM drift('grown@1', 'grown@2');
SELECT round(statistic::numeric, 1) AS psi, drifted, n_current FROM drift('grown@1', 'grown@WORKING');
SELECT status, n_current FROM drift('grown@2', 'grown@WORKING');
-- backwards nothing was added
SELECT round(statistic::numeric, 3) BETWEEN .002 AND .004 AS diluted, status FROM drift('grown@2', 'grown@1');
-- added over several versions, and a table whose rows were all replaced
INSERT INTO grown SELECT i, normal(1) FROM generate_series(105001, 106000) AS i;
SELECT commit('grown', 'more');
SELECT n_current FROM drift('grown@1', 'grown@3');
UPDATE grown SET x = x + 3;
SELECT commit('grown', 'all of them');
SELECT rows_modified FROM log('grown') WHERE version = 'grown@4';
SELECT drifted, n_reference, n_current, status FROM drift('grown@3', 'grown@4');
-- no drift: the threshold is above what chance gives, and the p-value is no small one
CREATE TABLE calm (id int PRIMARY KEY, x float8, c text, b boolean);
INSERT INTO calm SELECT i, normal(0), 'c' || floor(random() * 20), random() < .1 FROM generate_series(1, 1000) AS i;
SELECT create_dataset('calm', 'calm'), commit('calm', 'one');
INSERT INTO calm SELECT i, normal(0), 'c' || floor(random() * 20), random() < .1 FROM generate_series(1001, 1200) AS i;
SELECT commit('calm', 'two');
SELECT column_name, statistic < threshold AS below, drifted, q_value >= p_value AS corrected FROM drift('calm@1', 'calm@2') ORDER BY 1;

-- what chance gives where most categories have a row or two: simulated with numpy, 40,000 permutations of the rows, which gave
-- thresholds of 2.237, 0.446, 0.657, 0.628 and 0.676, and p = 0.151; chi-square's law would say 0.06
CREATE FUNCTION hashed(text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || lpad(substr(md5($1), 1, 8), 16, '0'))::bit(64)::bigint::float8 / 4294967296 $$;
CREATE TABLE many AS SELECT s, floor(200 * hashed(s || i) ^ 3)::int AS c FROM (VALUES ('a', 60), ('b', 1500)) AS v (s, n), generate_series(1, n) AS i;
CREATE VIEW many_a AS SELECT c FROM many WHERE s = 'a';
CREATE VIEW many_b AS SELECT c FROM many WHERE s = 'b';
SELECT d.method, round(d.threshold::numeric, 2) AS threshold, round(d.p_value::numeric, 2) AS p_value, d.drifted
  FROM unnest('{psi,kl_divergence,js_distance,hellinger_distance,total_variation_distance,chi2_test,g_test}'::text[]) AS m, compare('many_a', 'many_b', method => m, roles => '{"c": "category"}') AS d;
SELECT round(p_value::numeric, 2) AS chi_square, status FROM chi2_test((SELECT profile_agg(c::text) FROM many_a), (SELECT profile_agg(c::text) FROM many_b));
-- every row another: nothing can be told
CREATE VIEW all_differ AS SELECT 'x' || generate_series(1, 100) AS c;
CREATE VIEW others_differ AS SELECT 'y' || generate_series(1, 200) AS c;
SELECT drifted, p_value FROM compare('all_differ', 'others_differ');
-- a small reference and a large sample of the same: of 60 pairs some three p-values may be below .05; Pearson's alone would be eight
SELECT count(*) FILTER (WHERE d.p_value <= 0.05) <= 3 AS calm, count(*) FILTER (WHERE chi2_p_value(s.r, s.c) <= 0.05) > 5 AS otherwise, count(*)
  FROM (SELECT k, profile_agg(hashed(k || 'r' || i)) FILTER (WHERE i <= 60) AS r, profile_agg(hashed(k || 'c' || i)) AS c
          FROM generate_series(1, 60) AS k, generate_series(1, 2000) AS i GROUP BY k) AS s, _drift_measure(s.r, s.c, 'auto', 10) AS d;
-- embeddings: small samples are far apart by chance; shifted, and stretched, they are further
CREATE VIEW vectors AS SELECT i, s, ARRAY(SELECT hashed(s || i || '/' || k) - 0.5 FROM generate_series(1, 8) AS k) AS v FROM generate_series(1, 400) AS i, unnest('{a,b}'::text[]) AS s;
CREATE VIEW calm_vectors AS SELECT v FROM vectors WHERE s = 'a' AND i <= 60;
CREATE VIEW other_vectors AS SELECT v FROM vectors WHERE s = 'b' AND i <= 60;
CREATE VIEW shifted_vectors AS SELECT ARRAY(SELECT c + 0.2 FROM unnest(v) AS c) AS v FROM other_vectors;
CREATE VIEW stretched_vectors AS SELECT ARRAY(SELECT c * 1.6 FROM unnest(v) AS c) AS v FROM other_vectors;
SELECT r, statistic > 0.1 AS above_practical, statistic > threshold AS above, p_value < 0.001 AS certain, drifted
  FROM unnest('{other_vectors,shifted_vectors,stretched_vectors}'::regclass[]) AS r, compare('calm_vectors', r);
SELECT r, method, statistic > threshold AS above, drifted FROM unnest('{other_vectors}'::regclass[]) AS r, compare('calm_vectors', r, method => 'cosine_distance');

-- of embeddings of several dimensions norms are compared; series are no embeddings, and nothing keeps a commit from being made
CREATE TABLE uneven (id int PRIMARY KEY, series float8[], vector real[]);
INSERT INTO uneven SELECT i, array_fill(1.0::float8, ARRAY[i % 3]), ARRAY[hashed(i || 'x'), hashed(i || 'y')]::real[] FROM generate_series(1, 200) AS i;
SELECT create_dataset('uneven', 'uneven'), commit('uneven', 'one');
SELECT column_name, role FROM dataset_columns('uneven') ORDER BY 1;
INSERT INTO uneven SELECT i, NULL, ARRAY[hashed(i || 'x'), hashed(i || 'y'), 0]::real[] FROM generate_series(201, 400) AS i;
SELECT commit('uneven', 'two');
INSERT INTO uneven SELECT i, NULL, ARRAY[9, 9]::real[] FROM generate_series(401, 600) AS i;
SELECT commit('uneven', 'three');
SELECT pair, column_name, kind, method, drifted, status FROM unnest('{1,2}'::int[]) AS pair, drift('uneven@' || pair, 'uneven@' || pair + 1) WHERE column_name = 'vector';
SELECT m, method, statistic > threshold AS above, status FROM unnest('{auto,ks_distance,t_test,frechet_distance}'::text[]) AS m,
       (SELECT profile_agg(ARRAY[i % 7, i]::float8[]) + profile_agg(ARRAY[i % 7]::float8[]) AS r, profile_agg(ARRAY[i % 7, i + 300]::float8[]) + profile_agg(ARRAY[i % 7]::float8[]) AS c FROM generate_series(1, 200) AS i) AS s,
       _drift_measure(s.r, s.c, m, 10) AS d;

-- roles decide how a column is treated
CREATE TABLE kinds (id int PRIMARY KEY, amount numeric, code int, label text, score real, body text, at timestamptz, day date, ok boolean, note jsonb, vector real[], ref uuid);
CREATE FUNCTION fill(first int, last int, plus float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO kinds SELECT i, (i % 100 + plus)::numeric, i % 7, CASE i % 3 WHEN 0 THEN 'cat' ELSE 'dog' END, (i % 10) / 10.0, repeat('x', i % 50), '2026-01-01Z'::timestamptz + i * interval '1 hour',
           date '2026-01-01' + i % 30, i % 2 = 0, '{}', ARRAY[i % 5 + plus, 1]::real[], gen_random_uuid() FROM generate_series(first, last) AS i $$;
SELECT fill(1, 500, 0);
SELECT create_dataset('kinds', 'kinds', roles => '{"code": "category", "body": "text", "at": "ignore"}'), commit('kinds', 'one');
SELECT c.column_name, c.role, d.kind, d.num_rows FROM version_column AS c, describe(c.profile) AS d WHERE c.dataset_id = (SELECT dataset_id FROM dataset WHERE name = 'kinds') ORDER BY 1;
SELECT fill(501, 600, 30);
SELECT commit('kinds', 'two');
SELECT column_name, kind, method, drifted, n_reference, n_current, status FROM drift('kinds@1', 'kinds@2') ORDER BY 1;
SELECT num_rows(profile), num_rows(profile_added), num_rows(profile_removed) FROM version_column WHERE number = 2 AND column_name = 'amount' AND dataset_id = (SELECT dataset_id FROM dataset WHERE name = 'kinds');
-- what went is kept as well: values as they were
UPDATE kinds SET amount = amount + 1000 WHERE id <= 10;
DELETE FROM kinds WHERE id > 590;
SELECT commit('kinds', 'three');
SELECT max_value(profile_added), num_rows(profile_added), max_value(profile_removed), num_rows(profile_removed), num_rows(profile) FROM version_column WHERE number = 3 AND column_name = 'amount';
-- categories that came and went, NULLs, values beyond the range
CREATE TABLE shop (id int PRIMARY KEY, size text, price float8);
INSERT INTO shop SELECT i, (ARRAY['S', 'M', 'L'])[1 + i % 3], i % 50 FROM generate_series(1, 300) AS i;
SELECT create_dataset('shop', 'shop'), commit('shop', 'one');
TRUNCATE shop;
INSERT INTO shop SELECT i, (ARRAY['M', 'L', 'XL', NULL])[1 + i % 4], i % 75 FROM generate_series(1, 300) AS i;
SELECT commit('shop', 'two');
SELECT column_name, null_change, new_categories, vanished_categories, round(out_of_range::numeric, 3) AS out_of_range, drifted, status FROM drift('shop@1', 'shop@2');
-- columns that came, went, and became something else
ALTER TABLE shop ADD COLUMN colour text DEFAULT 'red';
ALTER TABLE shop ALTER COLUMN price TYPE text;
ALTER TABLE shop DROP COLUMN size;
SELECT commit('shop', 'three');
SELECT column_name, drifted, status FROM drift('shop@2', 'shop@3', rows => 'all');

-- every method, where it fits
SELECT method, string_agg(column_name, ' ' ORDER BY column_name) AS columns, bool_and(statistic >= 0) AS is_distance
  FROM (SELECT d.* FROM unnest('{psi,js_distance,hellinger_distance,total_variation_distance,linf_distance,kl_divergence,cramers_v,chi2_test,g_test,ks_distance,wasserstein_distance,cohens_d,t_test,frechet_distance,cosine_distance}'::text[]) AS m,
             drift('kinds@1', 'kinds@2', method => m) AS d WHERE d.status NOT IN ('not_applicable', 'degenerate')) AS d GROUP BY method ORDER BY method;

-- per segment
TRUNCATE calm;
INSERT INTO calm SELECT i, normal(0), CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END, true FROM generate_series(1, 2000) AS i;
SELECT commit('calm', 'three');
INSERT INTO calm SELECT i, normal(i % 2), CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END, true FROM generate_series(2001, 2500) AS i;
INSERT INTO calm SELECT i, normal(0), NULL, true FROM generate_series(2501, 2510) AS i;
SELECT commit('calm', 'four');
SELECT segment, drifted, contribution > .8 AS most, n_reference, n_current, status FROM drift_by('calm@3', 'calm@4', 'c') WHERE column_name = 'x' ORDER BY segment;
-- one of 200 small segments moved: the chance of the others does not hide it
CREATE TABLE small (id int PRIMARY KEY, s int, x float8);
INSERT INTO small SELECT i, i % 200, hashed('s' || i) FROM generate_series(1, 20000) AS i;
SELECT create_dataset('small', 'small'), commit('small', 'one');
INSERT INTO small SELECT i, i % 200, hashed('s' || i) + (i % 200 = 7)::int FROM generate_series(20001, 40000) AS i;
SELECT commit('small', 'two');
SELECT segment, drifted, contribution > .3 AS large FROM drift_by('small@1', 'small@2', 's') LIMIT 1;
SELECT count(*) FILTER (WHERE drifted) AS drifted, round(sum(contribution)::numeric, 6) AS sum, min(contribution) FROM drift_by('small@1', 'small@2', 's');
-- which rows
SELECT column_name, band, count(*), bool_and((example ->> 'x')::float8 > 1) AS are_there FROM (VALUES ('x'::name)) AS v (column_name), drift_rows('calm@3', 'calm@4', v.column_name, n => 4, bands => 1) AS r GROUP BY 1, 2;
SELECT count(*) FROM (SELECT * FROM drift_rows('calm@3', 'calm@4', 'x') EXCEPT SELECT * FROM drift_rows('calm@3', 'calm@4', 'x')) AS other;
SELECT band, example ->> 'size' AS size FROM drift_rows('shop@1', 'shop@2', 'size', n => 1);

-- a category is the same whatever the session's settings, in a commit and in the table as it is
CREATE TABLE settings (id int PRIMARY KEY, day date, at timestamptz, share float8, lasted interval, price money, opens timetz);
INSERT INTO settings SELECT i, date '2026-01-01' + i % 5, '2026-01-01Z'::timestamptz + i % 3 * interval '1 day', i % 3 / 3.0, i % 40 * interval '25 hours', (i % 50)::money, '10:00Z'::timetz + i % 50 * interval '1 min'
  FROM generate_series(1, 200) AS i;
SELECT create_dataset('settings', 'settings', roles => '{"day": "category", "at": "category", "share": "category"}'), commit('settings', 'one');
UPDATE settings SET id = -id;
SET DateStyle = 'German';
SET TimeZone = 'Asia/Tokyo';
SET extra_float_digits = -8;
SET IntervalStyle = 'iso_8601';
SELECT column_name, kind, statistic, new_categories FROM drift('settings@1', 'settings@WORKING') ORDER BY 1;
SELECT commit('settings', 'two');
SHOW DateStyle;
SELECT count(*) AS differ FROM version_column AS a JOIN version_column AS b USING (dataset_id, column_name) JOIN dataset AS d USING (dataset_id) WHERE d.name = 'settings' AND a.number = 1 AND b.number = 2 AND a.profile OPERATOR(aidataops.<>) b.profile;
UPDATE settings SET day = '2030-01-01', lasted = '1000 days' WHERE id < -190;
SELECT band, example ->> 'day' AS day, example ->> 'lasted' AS lasted FROM drift_rows('settings@2', 'settings@WORKING', 'day', n => 1, bands => 1);
SELECT band, example ->> 'lasted' AS lasted FROM drift_rows('settings@2', 'settings@WORKING', 'lasted', n => 1, bands => 1);
SELECT DISTINCT segment FROM drift_by('settings@1', 'settings@2', 'at') ORDER BY 1;
RESET DateStyle;
RESET TimeZone;
RESET extra_float_digits;
RESET IntervalStyle;

-- two relations
CREATE TABLE train AS SELECT i AS id, normal(0) AS x, 'a' AS c FROM generate_series(1, 500) AS i;
CREATE VIEW today AS SELECT id, x + 1 AS x, c FROM train;
SELECT column_name, kind, drifted, round(effect::numeric, 2) AS effect, status FROM compare('train', 'today');
-- identifiers are left out there too, also where only one of the two knows
CREATE TABLE keyed (id int PRIMARY KEY, ref uuid, code int);
INSERT INTO keyed SELECT i, gen_random_uuid(), i % 3 FROM generate_series(1, 100) AS i;
CREATE VIEW unkeyed AS SELECT id + 1000 AS id, ref, code, 1 AS more FROM keyed;
SELECT column_name, kind, status FROM compare('keyed', 'unkeyed', roles => '{"code": "category"}');
SELECT column_name, kind, status FROM compare('unkeyed', 'keyed', roles => '{"more": "ignore", "ref": "category"}');

-- what is asked wrongly
CREATE TABLE sealed (id int PRIMARY KEY, x int);
INSERT INTO sealed SELECT i, i FROM generate_series(1, 100) AS i;
SELECT create_dataset('sealed', 'sealed', storage => 'fingerprint'), commit('sealed', 'one');
INSERT INTO sealed SELECT i, i FROM generate_series(101, 200) AS i;
SELECT commit('sealed', 'two');
SELECT status FROM drift('sealed@1', 'sealed@2');
SELECT * FROM drift('sealed@1', 'sealed@2', rows => 'added');
SELECT * FROM compare('keyed', NULL);
SELECT * FROM compare('keyed', 'unkeyed', roles => '{"more": "number"}');
SELECT * FROM compare('keyed', 'unkeyed', roles => '{"code": "cipher"}');
SELECT * FROM drift_rows('calm@1', 'calm@2', 'x', n => 0);
SELECT * FROM drift_rows('calm@1', 'calm@2', 'x', bands => NULL);
SELECT * FROM drift('calm@1', 'calm@2', rows => 'some');
SELECT * FROM drift('calm@2', 'calm@1', rows => 'added');
SELECT * FROM drift('calm@1', 'shop@2', rows => 'added');
SELECT * FROM drift('calm@1', 'calm@2', method => 'vibes');
SELECT * FROM drift('calm@1', 'calm@2', correction => 'wishful');
SELECT * FROM drift('calm@1', 'calm@2', alpha => 2);
SELECT * FROM drift('calm@1', 'calm@2', min_rows => 0);
SELECT * FROM drift('calm@1', 'calm@2', method => NULL);
SELECT * FROM drift('calm@1', 'calm@2', bins => NULL);
-- room is made for bins, so there are not as many as one likes
SELECT * FROM drift('calm@1', 'calm@2', bins => 2147483647);
SELECT * FROM drift('calm@1', 'calm@2', bins => 1);
SELECT * FROM drift('calm@1', NULL);
SELECT * FROM drift('calm@1', 'calm@99');
SELECT * FROM drift_by('calm@1', 'calm@2', 'nothing');
SELECT * FROM drift_rows('calm@1', 'calm@2', 'id');
SELECT * FROM drift_rows('kinds@1', 'kinds@2', 'vector');
SELECT DISTINCT status, drifted FROM drift('calm@1', 'calm@2', min_rows => 5000);

-- a version that had not all columns yet, by segment
CREATE TABLE widened (id int PRIMARY KEY, x int, part text);
INSERT INTO widened SELECT i, i % 10, 'a' FROM generate_series(1, 500) AS i;
SELECT create_dataset('widened', 'widened'), commit('widened', 'one');
ALTER TABLE widened ADD y int;
INSERT INTO widened SELECT i, i % 10, 'a', i FROM generate_series(501, 600) AS i;
SELECT commit('widened', 'two');
SELECT segment, column_name, drifted, status FROM drift_by('widened@1', 'widened@2', 'part');
SELECT * FROM drift_by('widened@1', 'widened@2', 'y');

SET client_min_messages = warning;
DROP SCHEMA drift_dataset CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
