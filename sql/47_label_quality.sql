-- label quality: which given labels are probably wrong (docs/consensus.md, src/quality)

CREATE TYPE aidataops.label_quality;

CREATE FUNCTION aidataops.label_quality_in(cstring) RETURNS aidataops.label_quality
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_quality_out(aidataops.label_quality) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_quality_recv(internal) RETURNS aidataops.label_quality
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_quality_send(aidataops.label_quality) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.label_quality_in(cstring) IS 'Text input of label_quality.';
COMMENT ON FUNCTION aidataops.label_quality_out(aidataops.label_quality) IS 'Text output of label_quality.';
COMMENT ON FUNCTION aidataops.label_quality_recv(internal) IS 'Binary input of label_quality.';
COMMENT ON FUNCTION aidataops.label_quality_send(aidataops.label_quality) IS 'Binary output of label_quality.';

CREATE TYPE aidataops.label_quality (
    INPUT = aidataops.label_quality_in,
    OUTPUT = aidataops.label_quality_out,
    RECEIVE = aidataops.label_quality_recv,
    SEND = aidataops.label_quality_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.label_quality IS
'What a classifier''s probabilities say about given labels (confident learning): scores of each label, the class that each unit is confidently found to be of, thresholds, and the confident joint. The same rows give the same bytes, in any order and on any machine. Written label_quality1: and hexadecimal digits; read it by label_issues(), label_scores(), confident_joint(), class_noise() and input_fingerprint().';

-- scores of one label

CREATE FUNCTION aidataops.self_confidence(label text, probabilities double precision[], classes text[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.self_confidence(text, double precision[], text[]) IS
'Probability of the given label. 0 is worst, 1 best. probabilities: one for each of classes, in their order. NULL if any argument is NULL. An error if probabilities are outside 0 .. 1 or do not add up to 1 (within 0.001), or the label is not among the classes.';

CREATE FUNCTION aidataops.normalized_margin(label text, probabilities double precision[], classes text[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.normalized_margin(text, double precision[], text[]) IS
'Margin of the given label: (p - q + 1) / 2, with p the probability of the given label and q the greatest of another. 0 is worst, 1 best, below 0.5 another label is more probable. Arguments, NULL and errors as self_confidence(). Source: Northcutt, Jiang and Chuang (2021).';

CREATE FUNCTION aidataops.confidence_weighted_entropy(label text, probabilities double precision[], classes text[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.confidence_weighted_entropy(text, double precision[], text[]) IS
'Fit of the given label, weighed by how certain the classifier is: log(1 + x) / x, with x the entropy of the probabilities, as a share of the greatest possible, over the probability of the given label. 0 is worst, 1 best: the classifier is certain of the given label. Where it is certain of another, 0. Arguments, NULL and errors as self_confidence(). Source: Kuan and Mueller (2022), as cleanlab has it, which however gives 0 to certain right labels.';

-- building

CREATE FUNCTION aidataops._label_quality_accum(internal, unit text, label text, probabilities double precision[], classes text[]) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'label_quality_accum';
CREATE FUNCTION aidataops._label_quality_final(internal) RETURNS aidataops.label_quality
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'label_quality_final';
COMMENT ON FUNCTION aidataops._label_quality_accum(internal, text, text, double precision[], text[]) IS 'Internal: keeps a label and a prediction for label_quality_agg().';
COMMENT ON FUNCTION aidataops._label_quality_final(internal) IS 'Internal: final of label_quality_agg().';

CREATE AGGREGATE aidataops.label_quality_agg(unit text, label text, probabilities double precision[], classes text[]) (
    SFUNC = aidataops._label_quality_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._label_quality_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.label_quality_agg(text, text, double precision[], text[]) IS
'Quality of given labels by confident learning (Northcutt, Jiang and Chuang 2021). label: the given one; probabilities: of a classifier that did not see the label (cross-validation), one for each of classes, in their order. The threshold of a class is the mean probability of it among units that were given it; a unit is found to be of a class whose threshold it reaches, of the most probable one if it reaches several. Rows with any NULL are skipped; NULL of no rows. An error if a unit comes twice, if probabilities are outside 0 .. 1 or do not add up to 1 (within 0.001), if classes differ between rows, or if a label is not among them. Does not depend on the order of rows. Units are kept in memory: an error beyond aidataops.max_state_memory.';

-- reading

CREATE FUNCTION aidataops.label_issues(quality aidataops.label_quality, OUT unit text, OUT given_label text, OUT suggested_label text,
                                       OUT self_confidence double precision, OUT normalized_margin double precision, OUT confidence_weighted_entropy double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.label_issues(aidataops.label_quality) IS
'Labels that are probably wrong: units confidently found to be of another class than the given one, off the diagonal of the confident joint. One row a unit, in byte order; ORDER BY a score to see the worst first. No rows for NULL.';

CREATE FUNCTION aidataops.label_scores(quality aidataops.label_quality, OUT unit text, OUT given_label text, OUT suggested_label text,
                                       OUT self_confidence double precision, OUT normalized_margin double precision, OUT confidence_weighted_entropy double precision,
                                       OUT is_issue boolean)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.label_scores(aidataops.label_quality) IS
'Scores of all given labels, one row a unit, in byte order; low scores are bad. suggested_label: the class that the unit is confidently found to be of, NULL if none. is_issue: it is not the given one. No rows for NULL.';

CREATE FUNCTION aidataops.confident_joint(quality aidataops.label_quality, OUT given_label text, OUT true_label text, OUT n bigint, OUT estimated_n double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.confident_joint(aidataops.label_quality) IS
'Counts of units by given label and the class that they are confidently found to be of. n: how many; estimated_n: scaled so that those of a given label add up to all units with it. Pairs without units are left out. No rows for NULL.';

CREATE FUNCTION aidataops.class_noise(quality aidataops.label_quality, OUT label text, OUT n_given bigint, OUT threshold double precision, OUT estimated_n double precision,
                                      OUT label_noise double precision, OUT inverse_label_noise double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.class_noise(aidataops.label_quality) IS
'Noise of each class, one row a class, in their order. n_given: units with this label; threshold: their mean probability of it; estimated_n: how many units are estimated to be of the class; label_noise: share of the units with the label that are of another class; inverse_label_noise: share of the units of the class that have another label. From the calibrated confident joint; NULL where there are no units. No rows for NULL.';

CREATE FUNCTION aidataops.input_fingerprint(quality aidataops.label_quality) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'quality_input_fingerprint';
COMMENT ON FUNCTION aidataops.input_fingerprint(aidataops.label_quality) IS
'Fingerprint of what label_quality_agg() was given: that of the rows (unit, label, probabilities, classes) under these names, without the rows that were skipped. NULL for NULL.';
