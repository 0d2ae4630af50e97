-- Label quality: confident learning and CROWDLAB. Golden values are of cleanlab's code, run on the same numbers.
CREATE SCHEMA label_quality_test;
SET search_path = label_quality_test, aidataops, public;
SET extra_float_digits = 0;

CREATE TABLE prediction AS
SELECT lpad((n - 1)::text, 2, '0') AS unit, y AS label, ARRAY[p0, p1, p2]::float8[] AS probabilities, '{0,1,2}'::text[] AS classes
  FROM unnest('{1,1,2,0,1,1,0,1,2,0,2,2,0,1,2,2,1,2,0,1,0,0,1,2}'::text[],
              '{.96,.12,.24,.78,.19,.03,.68,.29,.11,.76,.06,.21,.68,.15,.29,.52,.18,.04,.83,.25,.10,.72,.08,.17}'::numeric[],
              '{.01,.64,.13,.12,.51,.22,.18,.65,.08,.03,.80,.19,.10,.65,.03,.18,.59,.13,.08,.47,.19,.14,.86,.05}'::numeric[],
              '{.03,.24,.63,.10,.30,.75,.14,.06,.81,.21,.14,.60,.22,.20,.68,.30,.23,.83,.09,.28,.71,.14,.06,.78}'::numeric[])
       WITH ORDINALITY AS v (y, p0, p1, p2, n);
CREATE TABLE quality AS SELECT label_quality_agg(unit, label, probabilities, classes) AS q FROM prediction;

-- count.get_confident_thresholds: .65 .511111111111 .59625
SELECT label, n_given, threshold, estimated_n, label_noise, inverse_label_noise FROM quality, class_noise(q);
-- count.compute_confident_joint: 6 0 1 / 1 5 1 / 0 1 6, calibrated and rounded 6 0 1 / 1 7 1 / 0 1 7
SELECT given_label, true_label, n, estimated_n FROM quality, confident_joint(q);
SELECT sum(estimated_n) AS units FROM quality, confident_joint(q);
-- its off-diagonals are the units 0, 5, 10 and 20; scores of rank.get_label_quality_scores
SELECT i.* FROM quality, label_issues(q) AS i;
SELECT count(*), bool_and(abs(self_confidence - c) < 1e-12) AS confidence, bool_and(abs(normalized_margin - m) < 1e-12) AS margin,
       bool_and(abs(confidence_weighted_entropy - e) < 1e-12) AS entropy, count(*) FILTER (WHERE is_issue) AS issues
  FROM quality, label_scores(q)
  JOIN unnest('{.01,.64,.63,.78,.51,.22,.68,.65,.81,.76,.14,.6,.68,.65,.68,.3,.59,.83,.83,.47,.1,.72,.86,.78}'::float8[],
              '{.025,.7,.695,.83,.605,.235,.75,.68,.85,.775,.17,.695,.73,.725,.695,.39,.68,.85,.87,.595,.195,.79,.89,.805}'::float8[],
              '{0.1678040265884183,0.6478916784262589,0.6409155699716957,0.7365803420743029,0.569550358024615,0.48407878949713584,0.6686627759066267,0.6689202230747687,
                0.7600564154535466,0.7419174764550515,0.3999584621845979,0.6193173963133767,0.673559842399127,0.6501574516183812,0.6985323141872555,0.457615453826548,
                0.6139770464500797,0.7828973755083802,0.7758165776589389,0.5441039116407599,0.2926797940326627,0.6941173963014844,0.8024445124384733,0.7455756231704316}'::float8[])
       WITH ORDINALITY AS v (c, m, e, n) ON unit::int = n - 1;
-- the same for one label at a time
SELECT bool_and(s.self_confidence = self_confidence(p.label, probabilities, classes) AND s.normalized_margin = normalized_margin(p.label, probabilities, classes)
                AND s.confidence_weighted_entropy = confidence_weighted_entropy(p.label, probabilities, classes)) AS scalars_agree
  FROM quality, label_scores(q) AS s JOIN prediction AS p USING (unit);
-- where the classifier is certain: of the label, of another
SELECT confidence_weighted_entropy('a', '{1,0}', '{a,b}') AS right, confidence_weighted_entropy('b', '{1,0}', '{a,b}') AS wrong,
       normalized_margin('a', '{1,0}', '{a,b}') AS right_margin, normalized_margin('b', '{1,0}', '{a,b}') AS wrong_margin;
-- classes may change from row to row for scalars
SELECT l, self_confidence(l, p, c) FROM (VALUES ('a', '{.25,.75}'::float8[], '{a,b}'::text[]), ('z', '{.5,.3,.2}', '{x,y,z}'), ('b', '{.25,.75}', '{a,b}')) AS v (l, p, c);

-- order does not matter; rows with NULL are skipped; the input is known
SELECT bool_and(s.m::text = q::text) AS any_order
  FROM quality, (SELECT label_quality_agg(unit, label, probabilities, classes ORDER BY md5(unit || seed)) AS m FROM prediction, generate_series(1, 4) AS seed GROUP BY seed) AS s;
SELECT (SELECT label_quality_agg(unit, label, probabilities, classes)::text FROM (SELECT * FROM prediction UNION ALL VALUES ('x', NULL, '{1,0,0}'::float8[], '{0,1,2}'::text[]), ('x', '1', NULL, '{0,1,2}'), (NULL, '1', '{1,0,0}', '{0,1,2}')) AS v) = q::text AS nulls_skipped FROM quality;
SELECT input_fingerprint(q) = fingerprint_agg(p) AS same_input FROM quality, prediction AS p GROUP BY input_fingerprint(q);
SELECT md5(q::text) FROM quality;
SELECT label_quality_agg(NULL, label, probabilities, classes) IS NULL AS nothing FROM prediction;
-- a class that nobody was given is never found
SELECT given_label, true_label, n FROM confident_joint((SELECT label_quality_agg(u, l, p, '{a,b,never}') FROM (VALUES ('1', 'a', '{.1,.1,.8}'::float8[]), ('2', 'b', '{.1,.9,0}')) AS v (u, l, p)));

-- errors say what was wrong
SELECT self_confidence('a', '{.5,.6}', '{a,b}');
SELECT self_confidence('a', '{-.5,1.5}', '{a,b}');
SELECT self_confidence('a', '{NaN,.5}', '{a,b}');
SELECT self_confidence('a', '{1}', '{a,b}');
SELECT self_confidence('c', '{.5,.5}', '{a,b}');
SELECT self_confidence('a', '{.5,.5}', '{a,a}');
SELECT self_confidence('a', '{1}', '{a}');
SELECT self_confidence('a', '{.5,NULL}', '{a,b}');
SELECT self_confidence('a', '{{.5,.5}}', '{a,b}');
SELECT self_confidence('a', '{.3333,.3333,.3333}', '{a,b,c}') AS rounded_is_fine, self_confidence(NULL, '{.5,.5}', '{a,b}') IS NULL AS no_label;
SELECT label_quality_agg(unit, label, '{.2,.2,.2}', classes) FROM prediction WHERE unit = '07';
SELECT label_quality_agg(unit, label, probabilities, CASE unit WHEN '05' THEN '{0,2,1}' ELSE '{0,1,2}' END::text[]) FROM prediction;
SELECT label_quality_agg('same', label, probabilities, classes) FROM prediction;
SET aidataops.max_state_memory = '64kB';
SELECT label_quality_agg(i::text, 'a', '{.5,.5}', '{a,b}') FROM generate_series(1, 10000) AS i;
RESET aidataops.max_state_memory;

-- stored and sent; what is no such value is refused
SELECT q::text::label_quality::text = q::text AS text_round_trip FROM quality;
CREATE TABLE received (LIKE quality);
\copy quality TO 'results/label_quality.copy' (FORMAT binary)
\copy received FROM 'results/label_quality.copy' (FORMAT binary)
SELECT s.q::text = r.q::text AS binary_round_trip FROM quality AS s, received AS r;
SELECT 'label_quality1:00'::label_quality;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    q aidataops.label_quality;
BEGIN
    q := 'label_quality1:' || encode(bytes, 'hex');
    PERFORM aidataops.label_scores(q), aidataops.confident_joint(q), aidataops.class_noise(q);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation THEN
    RETURN 'refused';
END $$;
CREATE TABLE small AS SELECT decode(substr(label_quality_agg(unit, label, probabilities, classes)::text, 16), 'hex') AS bytes FROM prediction WHERE unit < '03';
SELECT read_all(bytes), read_all(bytes || '\x00') FROM small;
SELECT read_all(substr(bytes, 1, n)), count(*) = max(length(bytes)) AS all_prefixes FROM small, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 300 AS many_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM small, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,127,128,255}'::int[]) AS v) AS o;

-- CROWDLAB: four raters, some of whom skipped some units, and the classifier above
CREATE TABLE label AS
SELECT lpad((n - 1)::text, 2, '0') AS unit, chr(96 + r::int) AS rater, l AS label
  FROM string_to_table('100. 11.2 2.22 .000 211. 22.2 0... .111 022. 00.0 1.11 .222 100. 1... 2.22 .001 211. 22.2 0.00 .111 0... 00.0 1.12 .222', ' ') WITH ORDINALITY AS v (s, n),
       string_to_table(s, NULL) WITH ORDINALITY AS w (l, r)
 WHERE l <> '.';
SELECT count(*) FROM label;
CREATE TABLE crowd AS SELECT crowdlab_agg(l.unit, rater, l.label, probabilities, classes) AS m FROM label AS l JOIN prediction USING (unit);
-- multiannotator's weights: .4 .671875 .671875 .71875, of the classifier 1.6583123951777
SELECT rater, n_labels, skill FROM crowd, rater_skills(m);
SELECT method, status, n_labels, n_units, classifier_weight FROM crowd, convergence(m);
SELECT unit, count(*) AS classes, bool_and(abs(probability - e) < 1e-12) AS same FROM crowd, posteriors(m)
  JOIN (VALUES ('00', '0', 0.8202353396245518), ('00', '1', 0.13259807759993297), ('00', '2', 0.047166582775515296),
               ('01', '0', 0.09066211640982531), ('01', '1', 0.5922748105818517), ('01', '2', 0.317063073008323),
               ('05', '0', 0.047388464712154146), ('05', '1', 0.1387439516294599), ('05', '2', 0.8138675836583859),
               ('06', '0', 0.7175095390705665), ('06', '1', 0.1573585512518127), ('06', '2', 0.12513190967762086),
               ('20', '0', 0.2502232362447851), ('20', '1', 0.16541521164536066), ('20', '2', 0.5843615521098542)) AS v (unit, label, e) USING (unit, label)
 GROUP BY unit ORDER BY unit;
SELECT c.* FROM crowd, consensus_labels(m) AS c WHERE unit IN ('05', '20');
SELECT bool_and(s.m::text = crowd.m::text) AS any_order
  FROM crowd, (SELECT crowdlab_agg(l.unit, rater, l.label, probabilities, classes ORDER BY md5(l.unit || rater || seed)) AS m
                 FROM label AS l JOIN prediction USING (unit), generate_series(1, 4) AS seed GROUP BY seed) AS s;
-- other orders of the classes are the same classes
SELECT (SELECT crowdlab_agg(l.unit, rater, l.label, ARRAY[probabilities[3], probabilities[1], probabilities[2]], '{2,0,1}') FROM label AS l JOIN prediction USING (unit)) AS other,
       m FROM crowd \gset
SELECT bool_and(a = b) AS same FROM posteriors(:'other') AS a FULL JOIN posteriors(:'m') AS b USING (unit, label);
-- nobody overlaps: only the classifier is heard
SELECT p.unit, p.label, probability FROM posteriors((SELECT crowdlab_agg(u, r, l, p, '{x,y}') FROM (VALUES ('1', 'a', 'x', '{.25,.75}'::float8[]), ('2', 'b', 'y', '{.5,.5}')) AS v (u, r, l, p))) AS p;
SELECT crowdlab_agg(u, r, l, p, '{x,y}') FROM (VALUES ('1', 'a', 'x', '{.25,.75}'::float8[]), ('1', 'b', 'y', '{.5,.5}')) AS v (u, r, l, p);
SELECT crowdlab_agg(u, r, l, p, '{x,y}') FROM (VALUES ('1', 'a', 'z', '{.25,.75}'::float8[])) AS v (u, r, l, p);
SELECT crowdlab_agg(u, r, l, p, '{x,y}') FROM (VALUES ('1', 'a', 'x', '{.25,.7}'::float8[])) AS v (u, r, l, p);

-- what is kept is bounded, however few rows it is
SET aidataops.max_state_memory = '1MB';
SELECT label_quality_agg(repeat(i::text, 100000), 'a', '{.5,.5}', '{a,b}') FROM generate_series(1, 20) AS i;
RESET aidataops.max_state_memory;
SET client_min_messages = warning;
DROP SCHEMA label_quality_test CASCADE;

-- found is the most probable of the classes whose threshold is reached, not of all: the first unit is most probably x, whose
-- threshold (.92) it is far below; and w, the most probable class of two units, was given to nobody
SELECT s.unit, s.given_label, s.suggested_label, s.is_issue
  FROM label_scores((SELECT label_quality_agg(u, l, p, '{x,y,z}') FROM (VALUES
       ('0', 'y', '{.44,.32,.24}'::float8[]), ('1', 'x', '{.94,.04,.02}'), ('2', 'x', '{.90,.06,.04}'), ('3', 'y', '{.72,.22,.06}'), ('4', 'z', '{.62,.16,.22}'), ('5', 'z', '{.7,.12,.18}')
       ) AS v (u, l, p))) AS s WHERE s.unit = '0';
SELECT s.unit, s.given_label, s.suggested_label
  FROM label_scores((SELECT label_quality_agg(u, l, p, '{w,x,y}') FROM (VALUES
       ('0', 'x', '{.5,.3,.2}'::float8[]), ('1', 'y', '{.5,.2,.3}'), ('2', 'x', '{.46,.2,.34}'), ('3', 'y', '{.46,.34,.2}')) AS v (u, l, p))) AS s;
