-- agreement: patterns of labels, the same whatever the way, and honest about what cannot be said.
CREATE SCHEMA agreement_agg;
SET search_path = agreement_agg, aidataops, public;

SELECT setseed(0.25);
CREATE TABLE rating AS
SELECT unit, rater, CASE WHEN random() < 0.6 THEN truth ELSE (random() * 4)::int END AS label
  FROM (SELECT unit, (random() * 4)::int AS truth FROM generate_series(1, 3000) AS unit) AS u, generate_series(1, 5) AS rater WHERE random() < 0.8;
CREATE TABLE unit AS SELECT unit, label_counts_agg(label) AS labels FROM rating GROUP BY unit;
CREATE TABLE whole AS SELECT agreement_agg(labels) AS a FROM unit;

-- input and output
SELECT t, t::agreement AS a FROM unnest(ARRAY['[]', ' [ { } * 3 ] ', '[{"b": 1, "a": 2} * 3, {"a": 2, "b": 1} * 4, {"a": 3} * 1]', '[{1: 2} * 1, {} * 2]', '[{1.5: 2} * 1]']) AS t;
SELECT a::text::agreement = a AS round_trip, length(a::text) > 1000 AS long FROM whole;
\set VERBOSITY terse
SELECT ''::agreement;
SELECT '[{"a": 1}]'::agreement;
SELECT '[{"a": 1} * 0]'::agreement;
SELECT '[{"a": 1} * 1, {1: 1} * 1]'::agreement;
SELECT '[{"a": 1} * 1] x'::agreement;
\set VERBOSITY default
SELECT '[{"a": 1} * 1'::agreement;

-- order, parts, plans: one value
SELECT agreement_agg(labels ORDER BY labels::text DESC) = (SELECT a FROM whole) AS sorted FROM unit;
SELECT (SELECT rollup(p) FROM (SELECT agreement_agg(labels) AS p FROM unit GROUP BY unit % 7) AS parts) = a AS rolled_up FROM whole;
SELECT bool_and(x + y = a AND y + x = a) AS added FROM whole, (SELECT agreement_agg(labels) FILTER (WHERE unit % m = 0) AS x, agreement_agg(labels) FILTER (WHERE unit % m > 0) AS y
  FROM unit, generate_series(1, 9) AS m GROUP BY m) AS p;
SELECT agreement_agg(l) = a AS relabelled_twice FROM whole, (SELECT label_counts_agg(label) AS l FROM (SELECT unit * 17 % 3001 AS unit, label FROM rating ORDER BY label, rater DESC) AS r GROUP BY unit) AS u GROUP BY a;
CREATE FUNCTION parallel_plan() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
    FOR line IN EXPLAIN SELECT agreement_agg(labels) FROM unit LOOP found := found OR line LIKE '%Partial Aggregate%'; END LOOP;
    RETURN found;
END $$;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
SELECT parallel_plan(), agreement_agg(labels) = (SELECT a FROM whole) AS same FROM unit;
RESET ALL;
SET search_path = agreement_agg, aidataops, public;
SELECT bool_and(moving = (SELECT agreement_agg(labels) FROM unit AS u WHERE u.unit BETWEEN m.unit - 20 AND m.unit)) AS moving_frames_agree
  FROM (SELECT unit, agreement_agg(labels) OVER (ORDER BY unit RANGE BETWEEN 20 PRECEDING AND CURRENT ROW) AS moving FROM unit WHERE unit <= 300) AS m;
SELECT agreement_agg(labels) AS of_nothing, agreement_agg(NULL) AS of_null FROM unit WHERE false;
SELECT sum(n_units) AS units, bool_and(n_units > 0) AS positive, agreement_agg(labels) IS NOT NULL FROM whole, agreement_patterns(a);
SELECT agreement_agg(l) FROM (VALUES ('{"a": 1}'::label_counts), ('{1: 1}')) AS v (l);

-- renaming categories changes nothing nominal
SELECT bool_and(abs(x.value - y.value) < 1e-12 AND abs(x.se - y.se) < 1e-12) AS renamed, count(*)
  FROM whole, (SELECT agreement_agg(l) AS b FROM (SELECT label_counts_agg(chr(120 - label)) AS l FROM rating GROUP BY unit) AS u) AS r, coefficients(a) AS x JOIN coefficients(b) AS y USING (name);

-- numbers as bigint, as double precision and as text in the declared order
SELECT bool_and(abs(x.value - y.value) < 1e-12 AND abs(x.value - z.value) < 1e-12 AND abs(x.se - z.se) < 1e-12) AS same, count(*)
  FROM whole, (SELECT agreement_agg(f) AS b, agreement_agg(t) AS c FROM (SELECT label_counts_agg(label::float8) AS f, label_counts_agg((label + 1)::text) AS t FROM rating GROUP BY unit) AS u) AS r,
       unnest(ARRAY['linear', 'quadratic', 'ordinal', 'radical', 'circular', 'bipolar']) AS w,
       coefficients(a, w) AS x JOIN coefficients(b, w) AS y USING (name) JOIN coefficients(c, w, categories => ARRAY['1', '2', '3', '4', '5']) AS z USING (name);

-- a matrix is the scheme that it holds; disagreements are turned round (Cohen 1968)
SELECT fleiss_kappa(a, ARRAY[[1,.75,.5,.25,0],[.75,1,.75,.5,.25],[.5,.75,1,.75,.5],[.25,.5,.75,1,.75],[0,.25,.5,.75,1]]) - fleiss_kappa(a, 'linear') < 1e-12 AS linear,
       abs(gwet_ac(a, ARRAY[[0,1,4,9,16],[1,0,1,4,9],[4,1,0,1,4],[9,4,1,0,1],[16,9,4,1,0]]) - gwet_ac(a, 'quadratic')) < 1e-12 AS quadratic FROM whole;

-- more categories than were seen: chance agreement of AC1 and Brennan-Prediger changes, of the others not
SELECT name, round((y.value - x.value)::numeric, 4) AS change, y.n_categories
  FROM whole, coefficients(a) AS x JOIN coefficients(a, categories => ARRAY[0,1,2,3,4,5,6]) AS y USING (name);

-- text has no order until somebody says so
CREATE TYPE grade AS ENUM ('poor', 'fair', 'good');
CREATE TABLE graded AS SELECT agreement_agg(l) AS a FROM unnest(ARRAY['{"poor": 2}', '{"poor": 1, "fair": 1}', '{"good": 2}', '{"good": 1, "poor": 1}', '{"fair": 2}']::label_counts[]) AS l;
SELECT name, value, pa, pe, status FROM graded, coefficients(a, 'linear') LIMIT 2;
SELECT krippendorff_alpha(a) IS NOT NULL AS nominal, krippendorff_alpha(a, 'ordinal') AS ordinal, fleiss_kappa(a, ARRAY[[1,0,0],[0,1,0],[0,0,1]]) AS matrix FROM graded;
SELECT fleiss_kappa(a, 'linear', 'grade'::regtype) = fleiss_kappa(a, 'linear', enum_range(NULL::grade)) AS same,
       fleiss_kappa(a, 'linear', ARRAY['poor', 'fair', 'good']::varchar[]) = fleiss_kappa(a, 'linear', 'grade'::regtype) AS same_again,
       fleiss_kappa(a, 'linear', ARRAY['fair', 'good', 'poor']) = fleiss_kappa(a, 'linear', 'grade'::regtype) AS other_order FROM graded;
SELECT category, n_labels, status FROM graded, agreement_by_category(a, categories => ARRAY['poor', 'fair', 'good', 'superb']);

-- what makes no sense is said
SELECT fleiss_kappa(a, 'cubic') FROM graded;
SELECT fleiss_kappa(a, categories => 'grade') FROM graded;
SELECT fleiss_kappa(a, categories => 'int4'::regtype) FROM graded;
SELECT fleiss_kappa(a, categories => 3) FROM graded;
SELECT fleiss_kappa(a, categories => '{}'::text[]) FROM graded;
SELECT fleiss_kappa(a, categories => ARRAY['poor', NULL]) FROM graded;
SELECT fleiss_kappa(a, categories => ARRAY['poor', 'poor']) FROM graded;
SELECT fleiss_kappa(a, categories => ARRAY['poor', 'good']) FROM graded;
SELECT fleiss_kappa(a, categories => ARRAY['zero']) FROM whole;
SELECT fleiss_kappa(a, 1.5) FROM graded;
SELECT fleiss_kappa(a, ARRAY[[1, 0]]) FROM whole;
SELECT fleiss_kappa(a, ARRAY[[1, 0], [0, 1]]) FROM whole;
SELECT fleiss_kappa(a, ARRAY[[1, 0], [1, 1]]) FROM whole;
SELECT fleiss_kappa(a, ARRAY[[1, 2], [2, 1]]) FROM whole;
SELECT fleiss_kappa(a, ARRAY[[1, 0], [0, 0.5]]) FROM whole;
SELECT fleiss_kappa(a, ARRAY[[1, 'NaN'], ['NaN', 1]]::float8[]) FROM whole;
SELECT krippendorff_alpha(a, 'metric') FROM whole;
SELECT krippendorff_alpha(a, 'ordinal', 'linear') FROM whole;
SELECT coefficient(a, 'cronbach') FROM whole;
SELECT coefficients(a, confidence => 95) FROM whole;

-- degenerate data: NULL, why, and what can still be said
CREATE FUNCTION judge(agreement) RETURNS TABLE (name text, value text, se text, ci text, pa float8, pe float8, units bigint, pairable bigint, categories int, status text) LANGUAGE sql
    AS $$ SELECT name, round(value::numeric, 4)::text, round(se::numeric, 4)::text, '[' || round(ci_lower::numeric, 3) || ',' || round(ci_upper::numeric, 3) || ']', pa, pe, n_units, n_units_pairable, n_categories, status FROM aidataops.coefficients($1) $$;
SELECT * FROM judge('[]');
SELECT * FROM judge('[{} * 4]');
SELECT * FROM judge('[{"a": 1} * 4, {"b": 1} * 4]');
SELECT * FROM judge('[{"a": 3} * 4]');
SELECT * FROM judge('[{"a": 3} * 4, {"b": 1} * 1]');
SELECT * FROM judge('[{"a": 1, "b": 1} * 1]');
SELECT * FROM judge('[{"a": 2} * 3, {"b": 2} * 3]');
-- declared categories: uniform guessing is defined although only one of them was used
SELECT name, value, pe, status FROM coefficients('[{"a": 3} * 4]'::agreement, categories => ARRAY['a', 'b']);
-- units without labels change nothing
SELECT bool_and((x.value, x.se, x.ci_lower) = (y.value, y.se, y.ci_lower)) AS unlabelled_units_do_not_count
  FROM whole, coefficients(a) AS x JOIN coefficients((SELECT a + '[{} * 100]' FROM whole)) AS y USING (name);
SELECT name, value, status FROM coefficients('[{NaN: 2} * 3, {1.0: 1, 2.0: 1} * 1]'::agreement, 'quadratic');
SELECT name, round(value::numeric, 4) AS value, status FROM coefficients('[{NaN: 2} * 3, {1.0: 1, 2.0: 1} * 1]'::agreement);
SELECT krippendorff_alpha('[{-1: 1, 1: 1} * 1, {2: 2} * 1]', 'ratio') AS negative, krippendorff_alpha('[{0: 1, 1: 1} * 1, {2: 2} * 1]', 'ratio') > 0 AS zero_is_fine;
SELECT (coefficient(NULL::agreement, 'gwet_ac')).status, fleiss_kappa(NULL), krippendorff_alpha(NULL);

-- counts at the end of their range
SELECT name, round(value::numeric, 4) AS value, n_units, n_labels, status FROM coefficients('[{1: 4294967295} * 9223372036854775807, {1: 1, 2: 1} * 9223372036854775807]'::agreement);
SELECT fleiss_kappa('[{1: 4294967296} * 1]'::agreement);
SELECT '[{1: 1} * 9223372036854775807]'::agreement + '[{1: 1} * 1]';
SELECT b.replicates_undefined FROM bootstrap_agreement('[{1: 2} * 9223372036854775807, {1: 1, 2: 1} * 9223372036854775807]', replicates => 2) AS b;

-- interval alpha of many values, large and close together: 1 - within / total by the textbook (Krippendorff 2018, chapter 12.3.4)
CREATE TABLE measured AS SELECT i / 3 AS unit, 1e9 + (i / 3) % 100 + random() * 50 AS x FROM generate_series(0, 29999) AS i;
SELECT abs(krippendorff_alpha(a, 'interval') - (1 - (n - 1) / n * within / total)) < 1e-6 AS as_by_variances
  FROM (SELECT agreement_agg(l) AS a FROM (SELECT label_counts_agg(x) AS l FROM measured GROUP BY unit) AS u) AS s,
       (SELECT sum(3 * v) AS within FROM (SELECT var_samp(x - 1e9) AS v FROM measured GROUP BY unit) AS u) AS w, (SELECT count(*)::float8 AS n, var_pop(x - 1e9) * count(*) AS total FROM measured) AS t;
-- ordinal alpha is interval alpha of mid-ranks
SELECT abs(krippendorff_alpha(a, 'ordinal') - krippendorff_alpha(b, 'interval')) < 1e-9 AS as_by_ranks
  FROM (SELECT agreement_agg(l) AS a, agreement_agg(m) AS b FROM (SELECT label_counts_agg(label) AS l, label_counts_agg(midrank) AS m
          FROM (SELECT unit, label, rank() OVER (ORDER BY label) + (count(*) OVER (PARTITION BY label) - 1) / 2.0 AS midrank
                  FROM rating WHERE unit IN (SELECT unit FROM rating GROUP BY unit HAVING count(*) > 1)) AS r GROUP BY unit) AS u) AS s;
-- ten thousand categories pair by pair are the limit, for linear and quadratic there is none
SELECT fleiss_kappa(a, 'linear') IS NOT NULL AS linear, krippendorff_alpha(a, 'nominal') <= 0 AS nominal FROM (SELECT agreement_agg(l) AS a FROM (SELECT label_counts_agg(x) AS l FROM measured GROUP BY unit) AS u) AS s;
SELECT fleiss_kappa(a, 'radical') FROM (SELECT agreement_agg(l) AS a FROM (SELECT label_counts_agg(x) AS l FROM measured GROUP BY unit) AS u) AS s;

-- bootstrap: the same seed, the same numbers; about the same se as by the formula; patterns or single units do not matter
SELECT x.se = y.se AND x.ci_lower = y.ci_lower AS same_seed, x.se <> z.se AS other_seed, abs(x.se / c.se - 1) < 0.15 AS se_as_by_formula,
       abs(x.ci_lower - c.ci_lower) < 0.005 AS interval_too, x.value = c.value AS value, x.replicates_undefined
  FROM whole, bootstrap_agreement(a, 'gwet_ac') AS x, bootstrap_agreement(a, 'gwet_ac') AS y, bootstrap_agreement(a, 'gwet_ac', seed => 1) AS z, coefficient(a, 'gwet_ac') AS c;
SELECT abs(b.se / c.se - 1) < 0.15 AS ordinal, b.ci_lower < b.value AND b.value < b.ci_upper AS around FROM whole, bootstrap_agreement(a, level => 'ordinal', replicates => 300) AS b, coefficient(a, 'krippendorff_alpha', level => 'ordinal') AS c;
SELECT b.* FROM bootstrap_agreement('[{"a": 3} * 4]') AS b;
SELECT replicates_undefined > 0 AS some_resamples_have_one_category, replicates_drawn FROM bootstrap_agreement('[{"a": 3} * 4, {"a": 2, "b": 1} * 1]', 'fleiss_kappa');
SELECT bootstrap_agreement('[]', replicates => 0);
-- numbers whose distances overflow are as far apart as in another unit; where even that does not help there is a status
SELECT a.name, abs(a.value - b.value) < 1e-12 AS same, a.status
  FROM coefficients('[{1e308: 1, -1e308: 1} * 2, {0.5: 2} * 1]'::agreement, weights => 'quadratic') AS a
  JOIN coefficients('[{1.0: 1, -1.0: 1} * 2, {0.0: 2} * 1]'::agreement, weights => 'quadratic') AS b USING (name);
SELECT name, value, status FROM coefficients('[{1e-320: 1, 5e-324: 1} * 2, {0.0: 2} * 1]'::agreement, level => 'interval') WHERE name = 'krippendorff_alpha';
\set VERBOSITY terse
DROP SCHEMA agreement_agg CASCADE;
