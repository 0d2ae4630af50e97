-- Bradley-Terry. Golden values are of R's glm on the baseball data of Agresti (Categorical Data Analysis, 2002, table 10.10), as in the package BradleyTerry2.
CREATE SCHEMA comparisons_test;
SET search_path = comparisons_test, aidataops, public;
SET extra_float_digits = 0;

-- American League East, 1987: wins of the row over the column
CREATE TABLE game AS
SELECT winner, loser
  FROM (VALUES ('Milwaukee', '{0,7,9,7,7,9,11}'::int[]), ('Detroit', '{6,0,7,5,11,9,9}'), ('Toronto', '{4,6,0,7,7,8,12}'), ('New York', '{6,8,6,0,6,7,10}'),
               ('Boston', '{6,2,6,7,0,7,12}'), ('Cleveland', '{4,4,5,6,6,0,6}'), ('Baltimore', '{2,4,1,3,1,7,0}')) AS w (winner, wins),
       unnest(wins, '{Milwaukee,Detroit,Toronto,New York,Boston,Cleveland,Baltimore}'::text[]) AS l (n, loser), generate_series(1, n);
CREATE TABLE c AS SELECT comparisons_agg(winner, loser) AS c FROM game;
-- BradleyTerry2: Boston 1.1077 (.3339), Cleveland .6839 (.3319), Detroit 1.4364 (.3396), Milwaukee 1.5814 (.3433), New York 1.2476 (.3359), Toronto 1.2945 (.3367)
SELECT item, n_wins, n_losses, ability::numeric(10, 9), se::numeric(10, 9), status FROM c, bradley_terry(c, reference => 'Baltimore');
-- relative to the mean: R gives .5311533406521 (.207419476292) for Milwaukee, -1.0502025360093 (.232462296013) for Baltimore
SELECT item, ability::numeric(12, 11), se::numeric(12, 11), ci_lower::numeric(6, 4), ci_upper::numeric(6, 4) FROM c, bradley_terry(c) ORDER BY ability DESC;
SELECT abs(sum(ability)) < 1e-12 AS add_up_to_nothing FROM c, bradley_terry(c);
-- at the maximum, expected wins are the wins
SELECT bool_and(abs(n_wins - expected) < 1e-9) AS maximum
  FROM (SELECT item, n_wins, ability FROM c, bradley_terry(c)) AS b,
       LATERAL (SELECT sum(1 / (1 + exp(o.ability - b.ability))) AS expected FROM game AS g, bradley_terry((SELECT c FROM c)) AS o
                 WHERE (g.winner = b.item AND g.loser = o.item) OR (g.loser = b.item AND g.winner = o.item)) AS e;
-- two items: the logarithm of the odds, and sqrt(1/3 + 1/1) for its error
SELECT item, ability, se, ln(3) AS odds, sqrt(4 / 3.0) AS error FROM bradley_terry((SELECT comparisons_agg(w, l) FROM (VALUES ('a', 'b'), ('a', 'b'), ('a', 'b'), ('b', 'a')) AS v (w, l)), 'b');
-- far apart, where Newton's steps must be cut
SELECT item, round(ability::numeric, 4) AS ability, status FROM bradley_terry((SELECT comparisons_agg(w, l) FROM (VALUES ('a', 'b', 100000), ('b', 'a', 1), ('b', 'c', 100000), ('c', 'b', 1)) AS v (w, l, n), generate_series(1, n)));

-- no finite abilities: somebody never lost, or groups were not compared
SELECT item, n_wins, n_losses, ability, status FROM bradley_terry((SELECT comparisons_agg(w, l) FROM (VALUES ('a', 'b'), ('b', 'c'), ('c', 'b')) AS v (w, l)));
SELECT DISTINCT status FROM bradley_terry((SELECT comparisons_agg(w, l) FROM (VALUES ('a', 'b'), ('b', 'a'), ('c', 'd'), ('d', 'c')) AS v (w, l)));
-- NULLs, nothing, errors
SELECT comparisons_agg(w, l) IS NULL AS nothing FROM (VALUES ('a', NULL), (NULL, 'b')) AS v (w, l);
SELECT count(*) FROM bradley_terry(NULL);
SELECT comparisons_agg('a', 'a');
SELECT bradley_terry(c, 'Chicago') FROM c;
SELECT bradley_terry(c, confidence => 1) FROM c;
SELECT count(*) FROM bradley_terry((SELECT comparisons_agg(i::text, (i % 2001 + 1)::text) FROM generate_series(1, 2001) AS i));

-- order does not matter
SELECT (SELECT comparisons_agg(winner, loser ORDER BY loser, md5(winner))::text FROM game) = c::text AS any_order FROM c;
-- stored and sent; what is no such value is refused
CREATE TABLE received (LIKE c);
\copy c TO 'results/comparisons.copy' (FORMAT binary)
\copy received FROM 'results/comparisons.copy' (FORMAT binary)
SELECT a.c::text = b.c::text AS binary_round_trip, a.c::text::comparisons::text = a.c::text AS text_round_trip FROM c AS a, received AS b;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c aidataops.comparisons;
BEGIN
    c := 'comparisons1:' || encode(bytes, 'hex');
    PERFORM aidataops.bradley_terry(c);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation THEN
    RETURN 'refused';
END $$;
CREATE TABLE bytes AS SELECT decode(substr(comparisons_agg(winner, loser)::text, 14), 'hex') AS bytes FROM game WHERE winner < 'D' AND loser < 'D';
SELECT read_all(bytes), read_all(bytes || '\x00') FROM bytes;
SELECT read_all(substr(bytes, 1, n)), count(*) = max(length(bytes)) AS all_prefixes FROM bytes, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 100 AS many_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM bytes, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,127,128,255}'::int[]) AS v) AS o;

-- what is kept is bounded, however few rows it is
SET aidataops.max_state_memory = '1MB';
SELECT comparisons_agg(repeat(i::text, 100000), 'r') FROM generate_series(1, 20) AS i;
RESET aidataops.max_state_memory;
SET client_min_messages = warning;
DROP SCHEMA comparisons_test CASCADE;
