-- Scores against labels. Golden values are scikit-learn's 1.2.1 on the same numbers.
CREATE SCHEMA scores;
SET search_path = scores, aidataops, public;
SET extra_float_digits = 0;

CREATE TABLE scored AS
SELECT score, label = 1 AS label
  FROM unnest('{0.0,0.37,0.74,0.1,0.5,0.84,0.2,0.57,0.9,0.3,0.67,0.03,0.4,0.77,0.13,0.5,0.9,0.23,0.6,0.97,0.3,0.7,0.06,0.43,0.8,0.16,0.53,0.9,0.3,0.63,1.0,0.36,0.7,0.09,0.46,0.83,0.2,0.56,0.93,0.29,0.7,0.02,0.39,0.76,0.1,0.49,0.86,0.22,0.6,0.96,0.32,0.69,0.0,0.42,0.79,0.15,0.5,0.89,0.25,0.62}'::float8[],
              '{0,0,1,0,1,1,0,0,1,0,1,1,0,1,0,1,1,0,0,1,0,1,1,0,1,0,1,1,1,0,1,0,1,1,0,1,0,1,1,0,0,0,0,1,1,0,1,0,1,1,1,0,0,0,1,1,0,1,0,1}'::int[])
       AS v (score, label);
CREATE TABLE s AS SELECT scored_labels_agg(score, label) AS s FROM scored;

-- roc_auc_score .796875, brier_score_loss .188023333, log_loss .587165060, mean absolute error .352333333
SELECT auc(s), gini(s), brier_score(s), log_loss(s), mean_absolute_error(s) FROM s;
-- DeLong's standard error by numpy: .06114956316381639
SELECT i.* FROM s, auc_interval(s) AS i;
-- calibration_curve(n_bins=5): true .384615 .166667 .416667 .75 1, predicted .095385 .310833 .513333 .714167 .907273
SELECT c.* FROM s, calibration_bins(s, 5) AS c;
SELECT expected_calibration_error(s, 5), (SELECT sum(n * abs(mean_score - positive_rate)) / sum(n) FROM calibration_bins(s, 5)) AS from_bins FROM s;
-- the area is that under the curve, by trapezoids from (0, 0)
SELECT sum((x - x0) * (y + y0) / 2) AS area
  FROM (SELECT false_positive_rate AS x, true_positive_rate AS y, lag(false_positive_rate, 1, 0) OVER w AS x0, lag(true_positive_rate, 1, 0) OVER w AS y0
          FROM s, roc_curve(s) WINDOW w AS (ORDER BY threshold DESC)) AS c;
SELECT r.* FROM s, roc_curve(s) AS r LIMIT 3;
SELECT c.* FROM calibration_bins((SELECT scored_labels_agg(p, true) FROM unnest('{0,.5,1}'::float8[]) AS p), 4) AS c;

-- any order, any parts, windows: the same value
SELECT (SELECT scored_labels_agg(score, label ORDER BY label, score DESC)::text FROM scored) = s::text AS any_order FROM s;
SELECT rollup(p)::text = (SELECT s::text FROM s) AS merged FROM (SELECT scored_labels_agg(score, label) AS p FROM scored GROUP BY round(score::numeric * 7)) AS parts;
SELECT bool_and(w::text = (SELECT scored_labels_agg(b.score, b.label)::text FROM scored AS b WHERE (b.score, b.label) <= (a.score, a.label))) AS in_a_window
  FROM (SELECT score, label, scored_labels_agg(score, label) OVER (ORDER BY score, label) AS w FROM scored) AS a;
-- few distinct scores take little memory, many are stopped
SET aidataops.max_state_memory = '64kB';
SELECT auc(scored_labels_agg((i % 100) / 100.0, i % 3 = 0)) FROM generate_series(1, 30000) AS i;
SELECT auc(scored_labels_agg(i, i % 3 = 0)) FROM generate_series(1, 30000) AS i;
RESET aidataops.max_state_memory;

-- degenerate
SELECT auc(scored_labels_agg(x, true)) IS NULL AS only_positives, brier_score(scored_labels_agg(x, true)) AS brier FROM unnest('{.5,.7}'::float8[]) AS x;
SELECT scored_labels_agg(x, y) IS NULL AS nothing FROM (VALUES (NULL::float8, true), (1, NULL)) AS v (x, y);
SELECT auc(scored_labels_agg(1, y)) AS all_tied FROM unnest('{t,f,f}'::bool[]) AS y;
SELECT auc(scored_labels_agg(x, x > 0)) AS infinite_scores FROM unnest('{-Infinity,-0,0,Infinity}'::float8[]) AS x;
SELECT log_loss(scored_labels_agg(1, false)) AS certain_and_wrong, -ln(2.220446049250313e-16::float8) AS bound;
SELECT auc(scored_labels_agg('NaN', true));
SELECT auc(scored_labels_agg(x, x > 2)), log_loss(scored_labels_agg(x, x > 2)) FROM unnest('{1,2,3}'::float8[]) AS x;
SELECT brier_score(scored_labels_agg(-.1, true));
SELECT calibration_bins(s, 0) FROM s;
SELECT auc_interval(s, 2) FROM s;

-- stored and sent; what is no such value is refused
CREATE TABLE received (LIKE s);
\copy s TO 'results/scores.copy' (FORMAT binary)
\copy received FROM 'results/scores.copy' (FORMAT binary)
SELECT a.s::text = b.s::text AS binary_round_trip, a.s::text::scored_labels::text = a.s::text AS text_round_trip FROM s AS a, received AS b;
SELECT scored_labels_agg(x, x > .5) FROM unnest('{.25,.75}'::float8[]) AS x;
SELECT 'scored_labels1:01000000013fd000000000000000000000100000000'::scored_labels;
SELECT 'scored_labels1:01000000023fe8000000000000000000010000000000000000000000000000000000000001'::scored_labels;
SELECT 'scored_labels1:01000000017ff80000000000000000000100000000'::scored_labels;
SELECT 'scored_labels1:01ffffffff'::scored_labels;
SELECT brier_score('scored_labels1:0100000000') IS NULL AS of_nothing;

SET client_min_messages = warning;
DROP SCHEMA scores CASCADE;
