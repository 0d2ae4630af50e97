-- Consensus: majority, Wawa, Dawid-Skene, one-coin. Golden values are of the paper and of crowd-kit 1.4.1.
CREATE SCHEMA consensus;
SET search_path = consensus, aidataops, public;
SET extra_float_digits = 0;

-- Dawid and Skene (1979), table 1: 45 patients, five observers, the first of whom saw each patient three times
CREATE TABLE labels AS
SELECT p::text AS unit, '1' AS rater, l AS label
  FROM string_to_table('111 333 112 222 222 222 122 333 222 232 444 222 111 222 121 111 111 111 222 222 222 222 222 221 111 111 232 111 111 112 111 333 111 222 222 433 221 232 333 111 111 121 232 121 222', ' ')
       WITH ORDINALITY AS o (seen, p), string_to_table(seen, NULL) AS l
UNION ALL
SELECT p::text, o.rater, l
  FROM (VALUES ('2', '142333232243131211212232112111131234233112212'), ('3', '131123142243121111232222112111121223224111212'),
               ('4', '132222132244111111222222112112131234333111212'), ('5', '142122133343121111122122112111131223232111212')) AS o (rater, seen),
       string_to_table(o.seen, NULL) WITH ORDINALITY AS s (l, p);
CREATE TABLE model AS
SELECT dawid_skene_agg(unit, rater, label) AS dawid_skene, one_coin_agg(unit, rater, label) AS one_coin FROM labels;

-- the converged log-likelihood is -192.890881; the paper prints the priors .40 .42 .11 .07
SELECT method, status, converged, log_likelihood::numeric(9, 6), n_labels, n_units, n_gold, n_raters, n_categories, n_components
  FROM model, convergence(dawid_skene);
SELECT label, prior::numeric(5, 4) FROM model, label_priors(dawid_skene);
SELECT true_label, given_label, probability::numeric(5, 4) FROM model, rater_confusion(dawid_skene) WHERE rater = '1';
SELECT unit, label, probability::numeric(4, 3) FROM model, posteriors(dawid_skene) WHERE unit IN ('7', '35', '38') AND probability > .5;
-- all expected numbers together are the labels, and posteriors of a unit add up to one
SELECT round(sum(expected_n)::numeric, 9) AS labels FROM model, rater_confusion(dawid_skene);
SELECT count(*) AS units, bool_and(abs(sum - 1) < 1e-12) AS add_up FROM (SELECT sum(probability) FROM model, posteriors(dawid_skene) GROUP BY unit) AS s;

-- one coin, as crowd-kit's OneCoinDawidSkene(n_iter=1000, tol=-1)
SELECT rater, s.skill::numeric(9, 6), e.skill AS crowd_kit, abs(s.skill - e.skill) < 1e-6 AS same
  FROM model, rater_skills(one_coin) AS s
  JOIN (VALUES ('1', .885430494062), ('2', .700724884439), ('3', .811465010608), ('4', .853067726250), ('5', .808919757420)) AS e (rater, skill) USING (rater);
SELECT bool_and(abs(prior - e) < 1e-6) AS same_priors FROM model, label_priors(one_coin)
  JOIN (VALUES ('1', .401919726775), ('2', .451099792706), ('3', .124628975511), ('4', .022351505008)) AS v (label, e) USING (label);
SELECT bool_and(abs(probability - e) < 1e-6) AS same_posteriors, count(*) FROM model, posteriors(one_coin)
  JOIN (VALUES ('3', '1', .146510877637), ('3', '2', .853481403066), ('7', '1', .939849870028), ('7', '2', .060144939886),
               ('35', '2', .999983001368), ('35', '3', .000016538446)) AS v (unit, label, e) USING (unit, label);

-- votes, as crowd-kit's MajorityVote and Wawa, with one of observer 1's labels only (crowd-kit drops the others)
CREATE TABLE once AS
SELECT unit, rater, label FROM labels WHERE rater <> '1'
UNION ALL
SELECT p::text, '1', (SELECT min(l) FROM string_to_table(seen, NULL) AS l)
  FROM string_to_table('111 333 112 222 222 222 122 333 222 232 444 222 111 222 121 111 111 111 222 222 222 222 222 221 111 111 232 111 111 112 111 333 111 222 222 433 221 232 333 111 111 121 232 121 222', ' ')
       WITH ORDINALITY AS o (seen, p);
CREATE TABLE votes AS SELECT majority_vote_agg(unit, rater, label) AS majority, wawa_agg(unit, rater, label) AS wawa FROM once;
SELECT s.rater, s.skill, abs(s.skill - e.skill) < 1e-11 AS same, w.skill = s.skill AS same_in_majority
  FROM votes, rater_skills(wawa) AS s
  JOIN (VALUES ('1', .866666666667), ('2', .733333333333), ('3', .844444444444), ('4', .844444444444), ('5', .866666666667)) AS e (rater, skill) USING (rater)
  JOIN (SELECT r.* FROM votes, rater_skills(majority) AS r) AS w USING (rater);
SELECT unit, label, probability, abs(probability - e) < 1e-11 AS same FROM votes, posteriors(wawa)
  JOIN (VALUES ('3', '1', .411764705882), ('3', '2', .588235294118), ('12', '2', .208556149733), ('12', '3', .588235294118), ('12', '4', .203208556150),
               ('35', '2', .620320855615), ('35', '3', .379679144385)) AS v (unit, label, e) USING (unit, label);
SELECT label, prior FROM votes, label_priors(majority);
SELECT method, status, converged, iterations, log_likelihood FROM votes, convergence(wawa);
-- ties are flagged, and go to the more frequent label; patient 4 is the one that crowd-kit's shares tie on
SELECT c.* FROM votes, consensus_labels(majority) AS c WHERE is_tie;
SELECT c.* FROM votes, consensus_labels(wawa) AS c WHERE unit = '4';
SELECT c.label, c.is_tie FROM consensus_labels((SELECT majority_vote_agg(u, r, l) FROM (VALUES ('1', 'a', 'x'), ('1', 'b', 'y'), ('2', 'a', 'y')) AS v (u, r, l))) AS c;
SELECT c.label, c.is_tie FROM consensus_labels((SELECT majority_vote_agg(u, r, l) FROM (VALUES ('1', 'a', 'y'), ('1', 'b', 'x')) AS v (u, r, l))) AS c;
SELECT * FROM rater_confusion((SELECT majority_vote_agg(u, r, l) FROM (VALUES ('1', 'a', 'x'), ('1', 'b', 'x'), ('1', 'c', 'y'), ('2', 'a', 'y'), ('2', 'c', 'y')) AS v (u, r, l)));

-- The same labels give the same bytes: whatever the order, the plan, or what comes beside them
SELECT bool_and(m::text = dawid_skene::text) AS any_order
  FROM model, (SELECT dawid_skene_agg(unit, rater, label ORDER BY md5(unit || rater || seed)) AS m FROM labels, generate_series(1, 5) AS seed GROUP BY seed) AS s;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT (SELECT dawid_skene_agg(unit, rater, label)::text FROM labels) = dawid_skene::text AS parallel FROM model;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
SELECT (SELECT dawid_skene_agg(unit, rater, label)::text FROM (SELECT * FROM labels UNION ALL VALUES (NULL, 'x', 'y'), ('x', NULL, 'y'), ('x', 'y', NULL)) AS v) = dawid_skene::text AS nulls_skipped FROM model;
-- the bytes are known: another machine, or another version of the library, must write the same
SELECT md5(dawid_skene::text) AS dawid_skene, md5(one_coin::text) AS one_coin FROM model;
-- finals only read the state
SELECT bool_and(m::text = w::text) AS same_in_a_window
  FROM (SELECT unit, dawid_skene_agg(unit, rater, label) OVER (ORDER BY unit, rater, label, ctid) AS w,
               (SELECT dawid_skene_agg(unit, rater, label) FROM labels AS b WHERE (b.unit, b.rater, b.label, b.ctid) <= (a.unit, a.rater, a.label, a.ctid)) AS m
          FROM labels AS a WHERE unit::int <= 3) AS v WHERE unit::int < 2;
-- other names in the same order of bytes change names only
SELECT bool_and(p.probability = q.probability AND q.unit = 'unit ' || p.unit AND q.label = 'L' || p.label) AS names_do_not_matter, count(*)
  FROM (SELECT row_number() OVER () AS n, p.* FROM model, posteriors(dawid_skene) AS p) AS p
  FULL JOIN (SELECT row_number() OVER () AS n, q.* FROM posteriors((SELECT dawid_skene_agg('unit ' || unit, 'r' || rater, 'L' || label) FROM labels)) AS q) AS q USING (n);
-- and reversing the categories changes nothing but rounding
SELECT bool_and(abs(p.probability - q.probability) < 1e-6) AS permuted, count(*)
  FROM model, posteriors(dawid_skene) AS p
  JOIN (SELECT q.* FROM posteriors((SELECT dawid_skene_agg(unit, rater, translate(label, '1234', '4321')) FROM labels)) AS q) AS q
       ON q.unit = p.unit AND q.label = translate(p.label, '1234', '4321') WHERE p.probability > 1e-9;

-- the fingerprint of the input is that of the rows
SELECT input_fingerprint(dawid_skene) = fingerprint_agg(l) AS same_input, (SELECT input FROM model, convergence(dawid_skene)) = fingerprint_agg(l) AS same_in_convergence
  FROM model, labels AS l GROUP BY dawid_skene::text, input_fingerprint(dawid_skene);

-- Gold: certain, learnt from, and what raters are measured against
CREATE TABLE with_gold AS
SELECT l.*, CASE unit WHEN '3' THEN '1' WHEN '12' THEN '2' WHEN '1' THEN '1' END AS gold FROM labels AS l;
CREATE TABLE gold_model AS SELECT dawid_skene_agg(unit, rater, label, gold) AS m, majority_vote_agg(unit, rater, label, gold) AS v FROM with_gold;
SELECT c.* FROM gold_model, consensus_labels(m) AS c WHERE is_gold;
SELECT status, n_gold FROM gold_model, convergence(m);
SELECT rater, n_labels, n_gold, n_gold_correct, gold_accuracy, gold_ci_lower, gold_ci_upper FROM gold_model, rater_skills(m);
SELECT c.unit, c.label, c.probability FROM gold_model, consensus_labels(v) AS c WHERE unit = '3';
SELECT input_fingerprint(m) = fingerprint_agg(g) AS with_gold FROM gold_model, with_gold AS g GROUP BY input_fingerprint(m);
-- without any gold it is the model without
SELECT (SELECT dawid_skene_agg(unit, rater, label, NULL)::text FROM labels) = dawid_skene::text AS no_gold FROM model;
-- a gold label that nobody gave; and everybody wrong about it
SELECT * FROM posteriors((SELECT dawid_skene_agg(u, r, l, g) FROM (VALUES ('1', 'a', 'x', 'z'), ('2', 'a', 'y', NULL)) AS v (u, r, l, g)));
SELECT dawid_skene_agg(u, r, l, g) FROM (VALUES ('one', 'a', 'x', 'x'), ('one', 'b', 'y', 'y')) AS v (u, r, l, g);
-- Wilson's interval for 8 of 10: .4902 .9433 (R: prop.test(8, 10, correct = FALSE))
SELECT n_gold, n_gold_correct, gold_ci_lower::numeric(5, 4), gold_ci_upper::numeric(5, 4)
  FROM rater_skills((SELECT majority_vote_agg(i::text, 'a', CASE WHEN i > 2 THEN 'x' ELSE 'y' END, 'x') FROM generate_series(1, 10) AS i));
SELECT rater_skills(dawid_skene, 1.0) FROM model;

-- Poor data is said to be poor
CREATE FUNCTION status_of(model consensus_model) RETURNS text LANGUAGE SQL RETURN (SELECT c.status || ' ' || c.n_components FROM convergence(model) AS c);
SELECT status_of(dawid_skene_agg(u, r, l)) AS single_category FROM (VALUES ('1', 'a', 'x'), ('1', 'b', 'x'), ('2', 'a', 'x')) AS v (u, r, l);
SELECT status_of(dawid_skene_agg(u, r, l)) AS one_rater FROM (VALUES ('1', 'a', 'x'), ('2', 'a', 'y'), ('2', 'a', 'x')) AS v (u, r, l);
SELECT status_of(one_coin_agg(u, r, l)) AS no_overlap FROM (VALUES ('1', 'a', 'x'), ('2', 'b', 'y'), ('3', 'c', 'x')) AS v (u, r, l);
SELECT status_of(dawid_skene_agg(u, r, l)) AS disconnected, status_of(majority_vote_agg(u, r, l)) AS votes_do_not_mind,
       status_of(dawid_skene_agg(u, r, l, g)) AS gold_connects
  FROM (VALUES ('1', 'a', 'x', 'x'), ('1', 'b', 'y', 'x'), ('2', 'c', 'x', 'y'), ('2', 'd', 'y', 'y'), ('3', 'a', 'y', NULL), ('4', 'c', 'x', NULL)) AS v (u, r, l, g);
SELECT dawid_skene_agg(u, r, l) IS NULL AS nothing, majority_vote_agg(u, r, l) IS NULL AS no_votes FROM (VALUES (NULL, 'a', 'x')) AS v (u, r, l);
SELECT count(*) FROM posteriors(NULL);
-- empty texts are names like any other
SELECT * FROM consensus_labels((SELECT majority_vote_agg(u, r, l) FROM (VALUES ('', '', ''), ('', 'b', ''), ('ü', '', 'x')) AS v (u, r, l)));
-- 10,000 categories: votes are sparse, likelihood says what it would need
SELECT count(*), min(probability) FROM consensus_labels((SELECT majority_vote_agg((i / 2)::text, (i % 7)::text, (i / 2 * 7919 % 10000)::text) FROM generate_series(0, 19999) AS i));
SELECT dawid_skene_agg((i / 2)::text, (i % 7)::text, (i / 2 * 7919 % 10000)::text) FROM generate_series(0, 19999) AS i;
-- 16 bytes a label: 10,000 labels go into 1 MB with their names, not into 100 kB
SET aidataops.max_state_memory = '1MB';
SELECT status_of(dawid_skene_agg((i / 5)::text, (i % 5)::text, (i % 2)::text)) FROM generate_series(1, 10000) AS i;
SET aidataops.max_state_memory = '100kB';
SELECT dawid_skene_agg((i / 5)::text, (i % 5)::text, (i % 2)::text) FROM generate_series(1, 10000) AS i;
RESET aidataops.max_state_memory;

-- Stored and sent
SELECT dawid_skene::text::consensus_model::text = dawid_skene::text AS text_round_trip FROM model;
CREATE TABLE received (LIKE model);
\copy model TO 'results/consensus.copy' (FORMAT binary)
\copy received FROM 'results/consensus.copy' (FORMAT binary)
SELECT m.dawid_skene::text = r.dawid_skene::text AND m.one_coin::text = r.one_coin::text AS binary_round_trip FROM model AS m, received AS r;
-- what is no model is refused: nonsense, every proper beginning, and every change of a byte is refused or read without harm
SELECT 'nonsense'::consensus_model;
SELECT 'consensus1:0'::consensus_model;
SELECT 'consensus1:0203'::consensus_model;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m aidataops.consensus_model;
BEGIN
    m := 'consensus1:' || encode(bytes, 'hex');
    PERFORM aidataops.posteriors(m), aidataops.rater_confusion(m), aidataops.rater_skills(m), aidataops.consensus_labels(m), aidataops.convergence(m);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation THEN
    RETURN 'refused';
END $$;
CREATE TABLE small AS
SELECT decode(substr(dawid_skene_agg(u, r, l, g)::text, 12), 'hex') AS bytes FROM (VALUES ('1', 'a', 'x', NULL), ('1', 'b', 'y', 'y'), ('2', 'a', 'y', NULL), ('2', 'b', 'x', NULL)) AS v (u, r, l, g);
SELECT read_all(bytes), read_all(bytes || '\x00') FROM small;
SELECT read_all(substr(bytes, 1, n)), count(*) = max(length(bytes)) AS all_prefixes FROM small, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 500 AS most_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM small, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,127,128,255}'::int[]) AS v) AS o;

-- what is kept is bounded, however few rows it is
SET aidataops.max_state_memory = '1MB';
SELECT dawid_skene_agg(repeat(i::text, 100000), 'r', 'a') FROM generate_series(1, 20) AS i;
RESET aidataops.max_state_memory;
SET client_min_messages = warning;
DROP SCHEMA consensus CASCADE;
