-- Group rates: golden values are those that ProPublica published for COMPAS, and what fairlearn defines.
CREATE SCHEMA fairness;
SET search_path = fairness, aidataops, public;
SET extra_float_digits = 0;

-- "How We Analyzed the COMPAS Recidivism Algorithm" (ProPublica, 2016): two-year recidivism, labelled higher risk or not
CREATE TABLE defendant AS
SELECT race, higher_risk, recidivated
  FROM (VALUES ('African-American', false, false, 990), ('African-American', true, false, 805), ('African-American', false, true, 532), ('African-American', true, true, 1369),
               ('Caucasian', false, false, 1139), ('Caucasian', true, false, 349), ('Caucasian', false, true, 461), ('Caucasian', true, true, 505))
       AS v (race, higher_risk, recidivated, n), generate_series(1, n);
CREATE TABLE counts AS SELECT group_counts_agg(race, higher_risk, recidivated) AS c FROM defendant;
-- published: false positives 44.85 % and 23.45 %, false negatives 27.99 % and 47.72 %, predictive value .63 and .59
SELECT group_name, rate, n, n_cases, round(100 * value::numeric, 2) AS percent, round(100 * ci_lower::numeric, 2) AS at_least, round(100 * ci_upper::numeric, 2) AS at_most, status
  FROM counts, group_rates(c);
SELECT s.* FROM counts, selection_rates(c, confidence => 0.99) AS s;
SELECT demographic_parity_difference(c), demographic_parity_ratio(c), equal_opportunity_difference(c), false_positive_rate_difference(c), equalized_odds_difference(c) FROM counts;
-- as rates of plain SQL
SELECT max(r) - min(r) AS difference, min(r) / max(r) AS ratio FROM (SELECT avg(higher_risk::int)::float8 AS r FROM defendant GROUP BY race) AS g;

-- Wilson's interval at the ends: R's prop.test(0, 10, correct = FALSE) gives 0 .. 0.2775328, of 10 in 10 0.7224672 .. 1
SELECT group_name, ci_lower, ci_upper FROM selection_rates((SELECT group_counts_agg(g, g = 'all') FROM unnest('{all,none}'::text[]) AS g, generate_series(1, 10)), 1);

-- small groups are not shown and not compared
CREATE TABLE small AS SELECT * FROM defendant UNION ALL SELECT 'Other', true, NULL FROM generate_series(1, 7);
SELECT group_name, rate, n, n_cases, value, status FROM group_rates((SELECT group_counts_agg(race, higher_risk, recidivated) FROM small)) WHERE group_name = 'Other';
SELECT demographic_parity_difference(c) = (SELECT demographic_parity_difference(c) FROM counts) AS small_left_out, demographic_parity_difference(c, 7) AS with_small
  FROM (SELECT group_counts_agg(race, higher_risk, recidivated) AS c FROM small) AS s;
SELECT demographic_parity_difference(c, 5000) IS NULL AS nobody_left, equalized_odds_difference(c, 2000) IS NULL AS too_few FROM counts;
SELECT demographic_parity_ratio(group_counts_agg(g, false), 1) IS NULL AS nobody_selected FROM unnest('{a,b}'::text[]) AS g;
SELECT group_rates(c, 0) FROM counts;
SELECT group_rates(c, 1, 0) FROM counts;

-- merging parts is the whole, whatever the order, plan or number of workers
SELECT rollup(part)::text = c::text AS merged FROM counts, (SELECT group_counts_agg(race, higher_risk, recidivated) AS part FROM defendant GROUP BY ctid::text COLLATE "C" < '(9', recidivated) AS p GROUP BY c::text;
SELECT (SELECT group_counts_agg(race, higher_risk, recidivated ORDER BY race DESC, recidivated)::text FROM defendant) = c::text AS any_order FROM counts;
CREATE TABLE big AS SELECT i % 7 AS g, i % 3 = 0 AS p, i % 2 = 0 AS a FROM generate_series(1, 50000) AS i;
ANALYZE big;
SELECT group_counts_agg(g::text, p, a)::text AS serial FROM big \gset
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT group_counts_agg(g::text, p, a)::text = :'serial' AS parallel FROM big;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- of nothing, and of NULLs
SELECT group_counts_agg(g, p)::text AS of_nothing, count(*) FROM (VALUES (NULL, true), ('x', NULL)) AS v (g, p);
SELECT rollup(NULL::group_counts)::text AS of_null, (SELECT count(*) FROM group_rates(NULL)) AS rates;
SELECT group_counts_agg(i::text, true) FROM generate_series(1, 10001) AS i;
-- a stored value is not changed by aggregating over it
SELECT rollup(c)::text = c::text AS once, (SELECT count(*) FROM counts) FROM counts GROUP BY c::text;

-- stored and sent; what is no such value is refused
CREATE TABLE received (LIKE counts);
\copy counts TO 'results/fairness.copy' (FORMAT binary)
\copy received FROM 'results/fairness.copy' (FORMAT binary)
SELECT s.c::text = r.c::text AS binary_round_trip, s.c::text::group_counts::text = s.c::text AS text_round_trip FROM counts AS s, received AS r;
SELECT 'group_counts1:0100000001'::group_counts;
SELECT 'group_counts1:ff00000000'::group_counts;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c aidataops.group_counts;
BEGIN
    c := 'group_counts1:' || encode(bytes, 'hex');
    PERFORM aidataops.group_rates(c, 1), aidataops.equalized_odds_difference(c, 1);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation THEN
    RETURN 'refused';
END $$;
CREATE TABLE bytes AS SELECT decode(substr(c::text, 15), 'hex') AS bytes FROM counts;
SELECT read_all(bytes), read_all(bytes || '\x00') FROM bytes;
SELECT read_all(substr(bytes, 1, n)), count(*) = max(length(bytes)) AS all_prefixes FROM bytes, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 100 AS many_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM bytes, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,127,128,255}'::int[]) AS v) AS o;

SET client_min_messages = warning;
DROP SCHEMA fairness CASCADE;
