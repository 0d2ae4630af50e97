-- scores: a classifier's scores against what turned out to be true (docs/scores.md, src/scores)

CREATE TYPE aidataops.scored_labels;

CREATE FUNCTION aidataops.scored_labels_in(cstring) RETURNS aidataops.scored_labels
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.scored_labels_out(aidataops.scored_labels) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.scored_labels_recv(internal) RETURNS aidataops.scored_labels
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.scored_labels_send(aidataops.scored_labels) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.scored_labels_in(cstring) IS 'Text input of scored_labels.';
COMMENT ON FUNCTION aidataops.scored_labels_out(aidataops.scored_labels) IS 'Text output of scored_labels.';
COMMENT ON FUNCTION aidataops.scored_labels_recv(internal) IS 'Binary input of scored_labels.';
COMMENT ON FUNCTION aidataops.scored_labels_send(aidataops.scored_labels) IS 'Binary output of scored_labels.';

CREATE TYPE aidataops.scored_labels (
    INPUT = aidataops.scored_labels_in,
    OUTPUT = aidataops.scored_labels_out,
    RECEIVE = aidataops.scored_labels_recv,
    SEND = aidataops.scored_labels_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.scored_labels IS
'Scores and what turned out to be true: how many positive and negative labels each distinct score has. Exact, so parts are merged exactly by rollup(). Written scored_labels1: and hexadecimal digits; read it by auc(), gini(), auc_interval(), roc_curve(), brier_score(), log_loss(), mean_absolute_error(), calibration_bins() and expected_calibration_error().';

-- building

CREATE FUNCTION aidataops._scored_labels_accum(internal, score double precision, label boolean) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'scored_labels_accum';
CREATE FUNCTION aidataops._scored_labels_rollup(internal, aidataops.scored_labels) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'scored_labels_rollup';
CREATE FUNCTION aidataops._scored_labels_final(internal) RETURNS aidataops.scored_labels
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'scored_labels_final';
COMMENT ON FUNCTION aidataops._scored_labels_accum(internal, double precision, boolean) IS 'Internal: keeps a score and its label.';
COMMENT ON FUNCTION aidataops._scored_labels_rollup(internal, aidataops.scored_labels) IS 'Internal: adds the counts of a part.';
COMMENT ON FUNCTION aidataops._scored_labels_final(internal) IS 'Internal: final of scored_labels_agg() and of its rollup().';

CREATE AGGREGATE aidataops.scored_labels_agg(score double precision, label boolean) (
    SFUNC = aidataops._scored_labels_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._scored_labels_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.rollup(scores aidataops.scored_labels) (
    SFUNC = aidataops._scored_labels_rollup, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._scored_labels_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.scored_labels_agg(double precision, boolean) IS
'Scores and labels, counted by distinct score: SELECT auc(scored_labels_agg(score, label)) FROM prediction. Rows with a NULL are skipped; NULL of no rows. An error for NaN. Does not depend on the order of rows. A distinct score takes 16 bytes of memory: an error beyond aidataops.max_state_memory.';
COMMENT ON AGGREGATE aidataops.rollup(aidataops.scored_labels) IS
'Scores and labels of the union (with duplicates) of parts, from those of the parts; exactly those of the whole. NULLs are skipped; NULL of no rows.';

-- reading

CREATE FUNCTION aidataops.auc(scores aidataops.scored_labels) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.auc(aidataops.scored_labels) IS
'Area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Mann and Whitney 1947). 0.5 is chance, 1 perfect. Exact. NULL without positives or without negatives, or for NULL.';
CREATE FUNCTION aidataops.gini(scores aidataops.scored_labels) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.gini(aidataops.scored_labels) IS
'Gini coefficient of a classifier, or Somers'' D: 2 auc - 1. 0 is chance, 1 perfect. NULL as auc().';
CREATE FUNCTION aidataops.auc_interval(scores aidataops.scored_labels, confidence double precision DEFAULT 0.95, OUT auc double precision, OUT se double precision,
                                       OUT ci_lower double precision, OUT ci_upper double precision, OUT n_positive bigint, OUT n_negative bigint)
    RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.auc_interval(aidataops.scored_labels, double precision) IS
'Area under the ROC curve with its standard error (DeLong, DeLong and Clarke-Pearson 1988) and normal interval, clipped to 0 .. 1, in one row. se and interval are NULL with fewer than two positives or negatives. An error if confidence is not between 0 and 1.';
CREATE FUNCTION aidataops.roc_curve(scores aidataops.scored_labels, OUT threshold double precision, OUT n_selected bigint, OUT false_positive_rate double precision, OUT true_positive_rate double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.roc_curve(aidataops.scored_labels) IS
'ROC curve, one row a distinct score, the greatest first: how many rows score at least the threshold, and their shares of the negatives and of the positives. A share is NULL where there are none. No rows for NULL.';
CREATE FUNCTION aidataops.brier_score(scores aidataops.scored_labels) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.brier_score(aidataops.scored_labels) IS
'Mean squared difference of probability and outcome (Brier 1950). 0 is best. An error if a score is outside 0 .. 1. NULL for NULL.';
CREATE FUNCTION aidataops.log_loss(scores aidataops.scored_labels) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.log_loss(aidataops.scored_labels) IS
'Mean negative logarithm of the probability of what happened (cross-entropy, in nats). 0 is best. Probabilities of 0 and 1 are moved by 2.2e-16, so that one certain error is bad but not infinite. An error if a score is outside 0 .. 1. NULL for NULL.';
CREATE FUNCTION aidataops.mean_absolute_error(scores aidataops.scored_labels) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.mean_absolute_error(aidataops.scored_labels) IS
'Mean absolute difference of probability and outcome. 0 is best; unlike brier_score() it rewards overconfidence. An error if a score is outside 0 .. 1. NULL for NULL. Of two columns of numbers it is avg(abs(a - b)).';
CREATE FUNCTION aidataops.calibration_bins(scores aidataops.scored_labels, bins integer DEFAULT 10, confidence double precision DEFAULT 0.95, OUT bin integer,
                                           OUT lower double precision, OUT upper double precision, OUT n bigint, OUT mean_score double precision,
                                           OUT positive_rate double precision, OUT ci_lower double precision, OUT ci_upper double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.calibration_bins(aidataops.scored_labels, integer, double precision) IS
'Reliability diagram: are events as frequent as they were said to be? One row a bin of equal width, above lower and up to upper (the first with 0): number of scores, their mean, the share of positives and its Wilson (1927) interval, which should hold the mean score. Empty bins have NULLs. An error if a score is outside 0 .. 1, bins outside 1 .. 10000, or confidence not between 0 and 1. No rows for NULL.';
CREATE FUNCTION aidataops.expected_calibration_error(scores aidataops.scored_labels, bins integer DEFAULT 10) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.expected_calibration_error(aidataops.scored_labels, integer) IS
'Mean absolute difference of mean score and share of positives in the bins of calibration_bins(), weighed by their size (Naeini, Cooper and Hauskrecht 2015). 0 is best; it depends on the number of bins. Errors and NULL as calibration_bins().';
