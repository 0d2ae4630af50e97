-- confusion: two raters, a reference and predictions, against published values, SAS and scikit-learn.
CREATE SCHEMA agreement_confusion;
SET search_path = agreement_confusion, aidataops, public;

-- the aggregate makes it, whatever the type; NULLs are skipped, other types told what to do
SELECT confusion_agg(a, b) FROM (VALUES ('x', 'y'), ('x', 'x'), ('x', 'y'), (NULL, 'x'), ('x', NULL)) AS v (a, b);
SELECT confusion_agg(a, b), confusion_agg(a::smallint, b::smallint) = confusion_agg(a::bigint, b::bigint) AS same, confusion_agg(a::float8, b) AS float8, confusion_agg(a > 1, b > 1) AS boolean,
       confusion_agg(a, b) FILTER (WHERE false) AS nothing FROM (VALUES (1, 2), (2, 2), (-300, 2)) AS v (a, b);
SELECT confusion_agg(a::date, a::date) FROM (VALUES ('2026-01-01')) AS v (a);
SELECT '[("a", "b") * 3, ("b", "a") * 1, ("a", "b") * 1]'::confusion AS text, '[(1, 2) * 3]'::confusion AS bigint, '[]'::confusion + '[(true, false) * 3]' AS plus;
\set VERBOSITY terse
SELECT '[("a") * 3]'::confusion;
SELECT '[("a", 1) * 3]'::confusion;
SELECT '[("a", "b")]'::confusion;
SELECT '[("a", "b", "c") * 1]'::confusion;
\set VERBOSITY default
SELECT '[("a", "b") * -1]'::confusion;

-- SAS (PROC FREQ, [[0,4,1],[0,8,0],[0,1,5]]): kappa .4842, ASE .1380, null ASE .1484, z 3.2626; linear .4701, .1457; quadratic .4502, .1922
CREATE TABLE golden (source text, weights text, c confusion, kappa float8, se float8);
INSERT INTO golden VALUES
    ('SAS', 'identity', '[(1, 2) * 4, (1, 3) * 1, (2, 2) * 8, (3, 2) * 1, (3, 3) * 5]', .48416290, .13801358),
    ('SAS', 'linear', '[(1, 2) * 4, (1, 3) * 1, (2, 2) * 8, (3, 2) * 1, (3, 3) * 5]', .47011952, .14574605),
    ('SAS', 'quadratic', '[(1, 2) * 4, (1, 3) * 1, (2, 2) * 8, (3, 2) * 1, (3, 3) * 5]', .45016077, .19223266),
    -- Cohen (1968), as computed by R's psych 2.2.9
    ('Cohen', 'identity', '[(1,1)*88,(1,2)*14,(1,3)*18,(2,1)*10,(2,2)*40,(2,3)*10,(3,1)*2,(3,2)*6,(3,3)*12]', .49152542, .05100182),
    ('Cohen', 'linear', '[(1,1)*88,(1,2)*14,(1,3)*18,(2,1)*10,(2,2)*40,(2,3)*10,(3,1)*2,(3,2)*6,(3,3)*12]', .47368421, .05443231),
    ('Cohen', 'quadratic', '[(1,1)*88,(1,2)*14,(1,3)*18,(2,1)*10,(2,2)*40,(2,3)*10,(3,1)*2,(3,2)*6,(3,3)*12]', .45454545, .06645368),
    -- scikit-learn's test of cohen_kappa_score
    ('sklearn', 'identity', '[(0,0)*46,(1,0)*4,(1,1)*40,(2,2)*10]', .93150685, NULL),
    ('sklearn', 'linear', '[(0,0)*46,(1,0)*4,(1,1)*40,(2,2)*10]', .94117647, NULL),
    ('sklearn', 'quadratic', '[(0,0)*46,(1,0)*4,(1,1)*40,(2,2)*10]', .95412844, NULL);
SELECT source, weights, abs(cohen_kappa(c, weights) - kappa) < 1e-8 AS kappa, abs(r.se - g.se) < 1e-8 AS ase, round(r.null_se::numeric, 8) AS null_se, round(r.z::numeric, 6) AS z
  FROM golden AS g, coefficients(c, weights) AS r WHERE r.name = 'cohen_kappa';
-- Cohen's own table has disagreements for weights: .348, .0755
SELECT round(value::numeric, 8) AS kappa, round(r.se::numeric, 8) AS se FROM golden, coefficients(c, ARRAY[[0,1,3],[1,0,6],[3,6,0]]) AS r WHERE source = 'Cohen' AND weights = 'identity' AND name = 'cohen_kappa';

-- two raters as units of two labels each: the same numbers as agreement_agg(), and all rows
SELECT name, round(value::numeric, 8) AS value, round(r.se::numeric, 8) AS se, round(ci_lower::numeric, 6) AS ci_lower, round(ci_upper::numeric, 6) AS ci_upper, round(pa::numeric, 6) AS pa, round(pe::numeric, 6) AS pe, n_units, n_categories, status
  FROM golden, coefficients(c) AS r WHERE source = 'Cohen' AND golden.weights = 'identity';
SELECT bool_and(abs(x.value - y.value) < 1e-12 AND abs(x.se - y.se) < 1e-12 AND abs(x.ci_lower - y.ci_lower) < 1e-12) AS same, count(*)
  FROM (SELECT confusion_agg(a, b) AS c FROM (SELECT i % 4 AS a, (i * i + i / 7) % 5 AS b FROM generate_series(1, 300) AS i) AS v) AS two,
       (SELECT agreement_agg(l) AS g FROM (SELECT (SELECT label_counts_agg(x) FROM unnest(ARRAY[i % 4, (i * i + i / 7) % 5]) AS x) AS l FROM generate_series(1, 300) AS i) AS u) AS all_,
       unnest(ARRAY['identity', 'linear', 'radical']) AS w,
       coefficients(c, w) AS x JOIN coefficients(g, w) AS y ON y.name = CASE x.name WHEN 'scott_pi' THEN 'fleiss_kappa' ELSE x.name END;
SELECT scott_pi(c) = (SELECT value FROM coefficients(c) WHERE name = 'scott_pi') AS scott, cohen_kappa(c, 'linear') = (SELECT value FROM coefficients(c, 'linear') WHERE name = 'cohen_kappa') AS cohen FROM golden WHERE source = 'SAS' LIMIT 1;

-- text has an order when it is declared
SELECT cohen_kappa(t, 'linear') AS undeclared, round(cohen_kappa(t, 'linear', ARRAY['low', 'mid', 'high'])::numeric, 8) AS declared
  FROM (SELECT '[("low", "mid") * 4, ("low", "high") * 1, ("mid", "mid") * 8, ("high", "mid") * 1, ("high", "high") * 5]'::confusion AS t) AS v;

-- by hand: tp fp fn of each class, [[3,1,0],[1,2,1],[0,0,2]]
CREATE TABLE small AS SELECT '[("a", "a") * 3, ("a", "b") * 1, ("b", "a") * 1, ("b", "b") * 2, ("b", "c") * 1, ("c", "c") * 2]'::confusion AS c;
SELECT * FROM small, class_scores(c, categories => ARRAY['a', 'b', 'c', 'd']);
SELECT accuracy(c), balanced_accuracy(c) AS balanced, precision_score(c) AS "precision", recall_score(c, 'micro') AS micro, f1_score(c, 'weighted') AS f1_weighted, f1_score(c, class => 'b') AS f1_b, recall_score(c, class => 'd') AS absent FROM small;
-- ... and as scikit-learn defines the averages; Matthews by Gorodkin's formula over counts
SELECT round(accuracy(c)::numeric, 10) = .7 AS accuracy, abs(balanced_accuracy(c) - .75) < 1e-10 AS balanced_accuracy, abs(precision_score(c) - (.75 + 2/3.0 + 2/3.0) / 3) < 1e-10 AS "precision",
       abs(recall_score(c) - .75) < 1e-10 AS recall, abs(f1_score(c) - (.75 + 4/7.0 + .8) / 3) < 1e-10 AS f1, abs(f1_score(c, 'weighted') - (.4 * .75 + .4 * 4/7.0 + .2 * .8)) < 1e-10 AS weighted,
       abs(matthews_corrcoef(c) - (7 * 10 - (4 * 4 + 4 * 3 + 2 * 3)) / sqrt((100 - 36) * (100 - 34))) < 1e-10 AS matthews FROM small;
-- Matthews by his formula for two classes
SELECT abs(matthews_corrcoef('[(true, true) * 6, (true, false) * 3, (false, true) * 1, (false, false) * 2]') - (6 * 2 - 1 * 3) / sqrt(7.0 * 9 * 3 * 5)) < 1e-12 AS two_classes;
SELECT * FROM confusion_matrix('[("a", "b") * 3, ("b", "b") * 1]');
SELECT f1_score(c, 'harmonic') FROM small;

-- degenerate
SELECT name, value, se, null_se, pa, pe, status FROM coefficients('[("a", "a") * 5]'::confusion);
SELECT name, value, se, round(null_se::numeric, 4) AS null_se, pa, pe, status FROM coefficients('[("a", "b") * 5]'::confusion) LIMIT 3;
SELECT name, value, status FROM coefficients('[]'::confusion) LIMIT 2;
SELECT accuracy('[]'), balanced_accuracy('[]'), matthews_corrcoef('[]'), f1_score('[]'), cohen_kappa('[]'), matthews_corrcoef('[("a", "a") * 3]') AS constant, accuracy(NULL), f1_score(NULL);
SELECT name, value, se, ci_lower, ci_upper, z > 0 AS z FROM coefficients('[("a", "a") * 5, ("b", "b") * 5]'::confusion) LIMIT 2;

-- parts, plans, frames, storage: one value
CREATE TABLE t AS SELECT i, chr(97 + i % 5) AS a, chr(97 + (i * 7 + i / 11) % 6) AS b FROM generate_series(1, 3000) AS i;
SELECT (SELECT rollup(p) FROM (SELECT confusion_agg(a, b) AS p FROM t GROUP BY i % 7) AS parts) = confusion_agg(a, b ORDER BY i DESC) AS rolled_up, confusion_agg(a, b)::text::confusion = confusion_agg(a, b) AS round_trip FROM t;
SELECT bool_and(moving = (SELECT confusion_agg(a, b) FROM t WHERE i BETWEEN m.i - 9 AND m.i)) AS moving_frames_agree
  FROM (SELECT i, confusion_agg(a, b) OVER (ORDER BY i ROWS 9 PRECEDING) AS moving FROM t WHERE i <= 400) AS m;
CREATE TABLE stored AS SELECT confusion_agg(a, b) AS c FROM t GROUP BY i % 3;
CREATE TABLE copied (LIKE stored);
\copy stored TO 'results/agreement_confusion.copy' (FORMAT binary)
\copy copied FROM 'results/agreement_confusion.copy' (FORMAT binary)
SELECT count(*) AS same FROM stored JOIN copied USING (c);
\set VERBOSITY terse
DROP SCHEMA agreement_confusion CASCADE;
