-- Intraclass correlation, Kendall's W and tau-b. Golden values are of the paper, of psych and of R's stats.
CREATE SCHEMA ratings_test;
SET search_path = ratings_test, aidataops, public;
SET extra_float_digits = 0;

-- Shrout and Fleiss (1979), table 2: four judges, six targets
CREATE TABLE judgement AS
SELECT target::text, 'judge ' || judge AS judge, points::float8
  FROM (VALUES ('{9,2,5,8}'::int[]), ('{6,1,3,2}'), ('{8,4,6,8}'), ('{7,1,2,6}'), ('{10,5,6,9}'), ('{6,2,4,7}')) AS v (p),
       LATERAL unnest(p) WITH ORDINALITY AS u (points, judge),
       LATERAL (SELECT p[1] * 1000 + p[2] * 100 + p[3] * 10 + p[4] AS target) AS t;
CREATE TABLE r AS SELECT ratings_agg(target, judge, points) AS r FROM judgement;
-- published: .17 .29 .71 .44 .62 .91; psych: .16574177 [-.13293, .72256], .28976378 [.01879, .76108], .71484071 [.34246, .94586], .44279713, .62005055 [.0711, .9272], .90931554
SELECT form, value::numeric(9, 8), ci_lower::numeric(6, 5), ci_upper::numeric(6, 5), f::numeric(8, 4), df1, df2, p_value::numeric(8, 7), n_units, n_units_dropped, n_raters, status
  FROM r, icc_forms(r);
SELECT icc(r) = icc(r, 'icc2') AS default_form, icc(r, 'ICC1k') FROM r;
-- R's friedman.test: 17.7407407407 with p = .00328950924368, and W of it
SELECT w.* FROM r, kendall_w_test(r) AS w;
-- with ties: .822695035461, p = .0304094713028
SELECT w, p_value FROM kendall_w_test((SELECT ratings_agg(unit::text, rater::text, rank) FROM (VALUES (1, '{1,2,2,3,3,3}'::float8[]), (2, '{2,2,1,4,3,5}'), (3, '{1,1,2,2,2,4}')) AS v (rater, ranks), unnest(ranks) WITH ORDINALITY AS u (rank, unit)));

-- tau-b: R's cor.test(method = "kendall", exact = FALSE)
CREATE FUNCTION pair(x float8[], y float8[]) RETURNS ratings LANGUAGE SQL
RETURN (SELECT ratings_agg(unit::text, rater, value) FROM unnest(x, y) WITH ORDINALITY AS u (a, b, unit), LATERAL (VALUES ('x', a), ('y', b)) AS v (rater, value));
SELECT tau_b::numeric(9, 8), z::numeric(10, 9), p_value::numeric(9, 8), n_units FROM kendall_tau_b_test(pair('{12,2,1,12,2}', '{1,4,7,1,0}'), 'x', 'y');
SELECT tau_b::numeric(12, 12), z::numeric(10, 9), p_value::numeric(15, 15), status FROM kendall_tau_b_test(pair('{1,2,2,3,4,4,4,5,6,7,7,8}', '{2,1,3,3,3,5,4,4,7,6,8,8}'), 'x', 'y');
-- against all pairs, one by one
SELECT bool_and(abs(kendall_tau_b(p, 'x', 'y') - slow) < 1e-12) AS as_all_pairs, count(*)
  FROM generate_series(1, 20) AS seed,
       LATERAL (SELECT array_agg((i * 7919 * seed % 101 % 13)::float8 ORDER BY i) AS x, array_agg((i * 104729 * seed % 103 % 17)::float8 ORDER BY i) AS y FROM generate_series(1, 40) AS i) AS d,
       LATERAL (SELECT pair(x, y) AS p) AS r,
       LATERAL (SELECT sum(sign(x[i] - x[j]) * sign(y[i] - y[j])) / sqrt(sum(abs(sign(x[i] - x[j]))) * sum(abs(sign(y[i] - y[j])))) AS slow
                  FROM generate_series(1, 40) AS i, generate_series(i + 1, 40) AS j) AS s;

-- missing ratings: units without all are left out, and said to be; pairs use what both rated
CREATE TABLE missing AS SELECT ratings_agg(target, judge, points) AS r FROM judgement WHERE (target, judge) <> ('9258', 'judge 2');
SELECT value, n_units, n_units_dropped, status FROM missing, icc_forms(r) WHERE form = 'ICC3';
SELECT n_units FROM missing, kendall_tau_b_test(r, 'judge 1', 'judge 2');
SELECT n_units FROM missing, kendall_tau_b_test(r, 'judge 1', 'judge 3');

-- degenerate
SELECT form, value, status FROM icc_forms(pair('{1,1,1}', '{1,1,1}')) LIMIT 2;
SELECT form, value, ci_lower, p_value, status FROM icc_forms(pair('{1,2,3}', '{1,2,3}'));
SELECT DISTINCT status FROM icc_forms(pair('{1}', '{2}'));
SELECT DISTINCT status, n_raters FROM icc_forms((SELECT ratings_agg(i::text, 'a', i) FROM generate_series(1, 5) AS i));
SELECT kendall_w(pair('{1,1}', '{2,2}')) IS NULL AS no_w, kendall_tau_b(pair('{1,1}', '{2,3}'), 'x', 'y') IS NULL AS no_tau, kendall_w(pair('{1,2,3}', '{10,20,30}')) AS same_order,
       kendall_tau_b(pair('{1,2,3}', '{3,2,1}'), 'x', 'y') AS opposite;
SELECT status FROM kendall_w_test(pair('{1}', '{1}'));
SELECT ratings_agg('u', NULL, 1) IS NULL AS nothing;
-- errors
SELECT ratings_agg('unit', 'rater', x) FROM unnest('{1,2}'::float8[]) AS x;
SELECT ratings_agg('unit', 'rater', 'NaN');
SELECT icc(r, 'ICC4') FROM r;
SELECT icc_forms(r, 0) FROM r;
SELECT kendall_tau_b(r, 'judge 1', 'nobody') FROM r;

-- order does not matter
SELECT (SELECT ratings_agg(target, judge, points ORDER BY points, judge)::text FROM judgement) = r::text AS any_order FROM r;
-- stored and sent; what is no such value is refused
CREATE TABLE received (LIKE r);
\copy r TO 'results/ratings.copy' (FORMAT binary)
\copy received FROM 'results/ratings.copy' (FORMAT binary)
SELECT a.r::text = b.r::text AS binary_round_trip, a.r::text::ratings::text = a.r::text AS text_round_trip FROM r AS a, received AS b;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r aidataops.ratings;
BEGIN
    r := 'ratings1:' || encode(bytes, 'hex');
    PERFORM aidataops.icc_forms(r), aidataops.kendall_w(r);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation OR program_limit_exceeded THEN
    RETURN 'refused';
END $$;
CREATE TABLE bytes AS SELECT decode(substr(r::text, 10), 'hex') AS bytes FROM r;
SELECT read_all(bytes), read_all(bytes || '\x00') FROM bytes;
SELECT read_all(substr(bytes, 1, n)), count(*) = max(length(bytes)) AS all_prefixes FROM bytes, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 500 AS many_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM bytes, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,127,128,255}'::int[]) AS v) AS o;

-- a correlation does not depend on the unit, also where squares overflow
SELECT a.form, abs(a.value - b.value) < 1e-12 AS value, abs(a.ci_lower - b.ci_lower) < 1e-12 AS ci_lower, a.status
  FROM icc_forms((SELECT ratings_agg(u::text, r::text, (u + u * r % 3) * 1e300) FROM generate_series(1, 5) AS u, generate_series(1, 4) AS r)) AS a
  JOIN icc_forms((SELECT ratings_agg(u::text, r::text, u + u * r % 3) FROM generate_series(1, 5) AS u, generate_series(1, 4) AS r)) AS b USING (form);
-- what is kept is bounded, however few rows it is
SET aidataops.max_state_memory = '1MB';
SELECT ratings_agg(repeat(i::text, 100000), 'r', i) FROM generate_series(1, 20) AS i;
RESET aidataops.max_state_memory;
SET client_min_messages = warning;
DROP SCHEMA ratings_test CASCADE;

-- units with equal means: the variance between them is 0, by which the mean forms divide; also where means are equal but for rounding
SELECT u.unit, form, value, ci_lower IS NULL = (ci_upper IS NULL) AS both_ends_or_none, status
  FROM unnest('{1,0.1}'::float8[]) AS u (unit),
       icc_forms((SELECT ratings_agg(v.u, v.r, v.x * u.unit) FROM (VALUES ('1', 'a', 1), ('1', 'b', 2), ('1', 'c', 3), ('2', 'a', 3), ('2', 'b', 1), ('2', 'c', 2),
                                                                         ('3', 'a', 2), ('3', 'b', 3), ('3', 'c', 1)) AS v (u, r, x)))
 WHERE form IN ('ICC1', 'ICC1k', 'ICC3k');
-- it does not matter where zero is
SELECT form, a.value = b.value AS same_value, a.ci_lower = b.ci_lower AS same_interval
  FROM icc_forms((SELECT ratings_agg('u' || i, 'r' || j, (i * j * 7) % 11) FROM generate_series(1, 6) AS i, generate_series(1, 4) AS j)) AS a
  JOIN icc_forms((SELECT ratings_agg('u' || i, 'r' || j, 1e15 + (i * j * 7) % 11) FROM generate_series(1, 6) AS i, generate_series(1, 4) AS j)) AS b USING (form);
