-- consensus: one label from many (docs/consensus.md, src/consensus)

CREATE TYPE aidataops.consensus_model;

CREATE FUNCTION aidataops.consensus_model_in(cstring) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.consensus_model_out(aidataops.consensus_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.consensus_model_recv(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.consensus_model_send(aidataops.consensus_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.consensus_model_in(cstring) IS 'Text input of consensus_model.';
COMMENT ON FUNCTION aidataops.consensus_model_out(aidataops.consensus_model) IS 'Text output of consensus_model.';
COMMENT ON FUNCTION aidataops.consensus_model_recv(internal) IS 'Binary input of consensus_model.';
COMMENT ON FUNCTION aidataops.consensus_model_send(aidataops.consensus_model) IS 'Binary output of consensus_model.';

CREATE TYPE aidataops.consensus_model (
    INPUT = aidataops.consensus_model_in,
    OUTPUT = aidataops.consensus_model_out,
    RECEIVE = aidataops.consensus_model_recv,
    SEND = aidataops.consensus_model_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.consensus_model IS
'What was concluded from the labels of several raters: for each unit the probability of each label, for each rater a skill and a confusion matrix, how the estimation ended, and the fingerprint of the labels it was made from. The same labels give the same bytes, in any order and on any machine. Written consensus1: and hexadecimal digits; read it by posteriors(), consensus_labels(), rater_skills(), rater_confusion(), label_priors(), convergence() and input_fingerprint().';

-- building

CREATE FUNCTION aidataops._consensus_accum(internal, unit text, rater text, label text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'consensus_accum';
CREATE FUNCTION aidataops._consensus_accum(internal, unit text, rater text, label text, gold text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'consensus_accum';
CREATE FUNCTION aidataops._majority_vote_final(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'majority_vote_final';
CREATE FUNCTION aidataops._wawa_final(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'wawa_final';
CREATE FUNCTION aidataops._dawid_skene_final(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'dawid_skene_final';
CREATE FUNCTION aidataops._one_coin_final(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'one_coin_final';

COMMENT ON FUNCTION aidataops._consensus_accum(internal, text, text, text) IS 'Internal: keeps a label for a consensus aggregate.';
COMMENT ON FUNCTION aidataops._consensus_accum(internal, text, text, text, text) IS 'Internal: keeps a label, and the gold label of its unit, for a consensus aggregate.';
COMMENT ON FUNCTION aidataops._majority_vote_final(internal) IS 'Internal: final of majority_vote_agg().';
COMMENT ON FUNCTION aidataops._wawa_final(internal) IS 'Internal: final of wawa_agg().';
COMMENT ON FUNCTION aidataops._dawid_skene_final(internal) IS 'Internal: final of dawid_skene_agg().';
COMMENT ON FUNCTION aidataops._one_coin_final(internal) IS 'Internal: final of one_coin_agg().';

CREATE AGGREGATE aidataops.majority_vote_agg(unit text, rater text, label text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._majority_vote_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.majority_vote_agg(unit text, rater text, label text, gold text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._majority_vote_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.wawa_agg(unit text, rater text, label text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._wawa_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.wawa_agg(unit text, rater text, label text, gold text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._wawa_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.dawid_skene_agg(unit text, rater text, label text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._dawid_skene_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.dawid_skene_agg(unit text, rater text, label text, gold text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._dawid_skene_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.one_coin_agg(unit text, rater text, label text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._one_coin_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.one_coin_agg(unit text, rater text, label text, gold text) (
    SFUNC = aidataops._consensus_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._one_coin_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);

COMMENT ON AGGREGATE aidataops.majority_vote_agg(text, text, text) IS
'Consensus by majority: the probability of a label is its share of the votes on the unit. One row is one vote; a rater who labels a unit twice votes twice. Rows with a NULL unit, rater or label are skipped; NULL of no rows. The skill of a rater is the share of the rater''s labels that won. Results do not depend on the order of the rows. Labels are kept in memory: an error beyond aidataops.max_state_memory.';
COMMENT ON AGGREGATE aidataops.majority_vote_agg(text, text, text, text) IS
'Consensus by majority, with gold labels: where gold is not NULL in some row of a unit it is the label of that unit with probability 1, and raters are also measured against it. An error if a unit has two different gold labels. Otherwise as without gold.';
COMMENT ON AGGREGATE aidataops.wawa_agg(text, text, text) IS
'Consensus by votes weighed by skill (Wawa, worker agreement with aggregate): the skill of a rater is the share of the rater''s labels that won the majority vote, and a second count weighs votes by it. Ties of the first count go to the label that is more frequent over all, then to the first in byte order. NULLs, order and memory as majority_vote_agg().';
COMMENT ON AGGREGATE aidataops.wawa_agg(text, text, text, text) IS
'Consensus by votes weighed by skill, with gold labels: where gold is not NULL in some row of a unit it is the label of that unit with probability 1, also when skills are measured. An error if a unit has two different gold labels. Otherwise as without gold.';
COMMENT ON AGGREGATE aidataops.dawid_skene_agg(text, text, text) IS
'Consensus by maximum likelihood, with a confusion matrix for each rater (Dawid and Skene 1979): expectation maximization from the shares of the votes, until an iteration gains less than 1e-12 of the log-likelihood, 2000 at most. A rater may label a unit more than once. Deterministic: no random starts. Estimates are not smoothed, so a rater with few labels gets extreme ones: use one_coin_agg() then. NULL, order and memory as majority_vote_agg(); memory also grows with raters times the square of the labels'' number. convergence() says how it ended, and whether groups of raters share no unit, in which case their skills cannot be compared.';
COMMENT ON AGGREGATE aidataops.dawid_skene_agg(text, text, text, text) IS
'Consensus by maximum likelihood (Dawid and Skene 1979), with gold labels: where gold is not NULL in some row of a unit the unit has that label for certain, and estimation learns from it. An error if a unit has two different gold labels. Otherwise as without gold.';
COMMENT ON AGGREGATE aidataops.one_coin_agg(text, text, text) IS
'Consensus by maximum likelihood with one skill for each rater: right with that probability, else any other label alike (the one-coin model of Dawid and Skene; Zhang, Chen, Zhou and Jordan 2016). Fewer numbers to estimate than dawid_skene_agg(), so better where raters have few labels. Estimated, and otherwise, as dawid_skene_agg().';
COMMENT ON AGGREGATE aidataops.one_coin_agg(text, text, text, text) IS
'Consensus by maximum likelihood with one skill for each rater, with gold labels: where gold is not NULL in some row of a unit the unit has that label for certain, and estimation learns from it. An error if a unit has two different gold labels. Otherwise as without gold.';

CREATE FUNCTION aidataops._crowdlab_accum(internal, unit text, rater text, label text, probabilities double precision[], classes text[]) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30 AS 'MODULE_PATHNAME', 'crowdlab_accum';
CREATE FUNCTION aidataops._crowdlab_final(internal) RETURNS aidataops.consensus_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000 AS 'MODULE_PATHNAME', 'crowdlab_final';
COMMENT ON FUNCTION aidataops._crowdlab_accum(internal, text, text, text, double precision[], text[]) IS 'Internal: keeps a label and a prediction for crowdlab_agg().';
COMMENT ON FUNCTION aidataops._crowdlab_final(internal) IS 'Internal: final of crowdlab_agg().';

CREATE AGGREGATE aidataops.crowdlab_agg(unit text, rater text, label text, probabilities double precision[], classes text[]) (
    SFUNC = aidataops._crowdlab_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._crowdlab_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.crowdlab_agg(text, text, text, double precision[], text[]) IS
'Consensus of raters and a classifier (CROWDLAB; Goh, Tkachenko and Mueller 2022): the classifier is one more voice, weighed like the raters by how much better it is than naming the most frequent label. probabilities: of the unit, out of sample, one for each of classes, in their order; repeated in each row of the unit. Rows with any NULL are skipped; NULL of no rows. An error if probabilities are outside 0 .. 1 or do not add up to 1 (within 0.001), differ within a unit, if classes differ between rows, or if a label is not among them. Ties of the majority go to the more probable, then the rarer label, then the first in byte order. If no unit has two labels only the classifier is heard. Order and memory as majority_vote_agg(), and 8 bytes more for each unit and class.';

-- reading

CREATE FUNCTION aidataops.posteriors(model aidataops.consensus_model, OUT unit text, OUT label text, OUT probability double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.posteriors(aidataops.consensus_model) IS
'Probability of each label of each unit, one row a unit and label, in byte order. Those below the smallest positive number are left out; those of a unit add up to 1. Of vote methods they are shares of the (weighed) votes. No rows for NULL.';

CREATE FUNCTION aidataops.consensus_labels(model aidataops.consensus_model, OUT unit text, OUT label text, OUT probability double precision,
                                           OUT is_tie boolean, OUT is_gold boolean, OUT n_labels bigint)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.consensus_labels(aidataops.consensus_model) IS
'The most probable label of each unit, one row a unit, in byte order. is_tie: another label is as probable (within 1e-9); then the label given is the more frequent one over all (by label_priors()), else the first in byte order: send such units to review. is_gold: the label was given, not estimated. n_labels: how many labels the unit has. No rows for NULL.';

CREATE FUNCTION aidataops.label_priors(model aidataops.consensus_model, OUT label text, OUT prior double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.label_priors(aidataops.consensus_model) IS
'How frequent each label is among the true ones, as the model estimates it: the mean of the posteriors over all units. One row a label, in byte order. No rows for NULL.';

CREATE FUNCTION aidataops.rater_skills(model aidataops.consensus_model, confidence double precision DEFAULT 0.95, OUT rater text, OUT n_labels bigint,
                                       OUT skill double precision, OUT n_gold bigint, OUT n_gold_correct bigint, OUT gold_accuracy double precision,
                                       OUT gold_ci_lower double precision, OUT gold_ci_upper double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.rater_skills(aidataops.consensus_model, double precision) IS
'How good each rater is, one row a rater, in byte order. skill: of majority_vote and wawa, the share of the rater''s labels that won the majority vote; of dawid_skene and one_coin, the expected share of the rater''s labels that are right, under the posteriors; of crowdlab, the weight of the rater (1 - error / error of always naming the most frequent label, at least 1e-6). On units with gold labels also the number of labels, of right ones, their share and its Wilson (1927) interval; NULL without any. An error if confidence is not between 0 and 1. No rows for NULL.';

CREATE FUNCTION aidataops.rater_confusion(model aidataops.consensus_model, OUT rater text, OUT true_label text, OUT given_label text,
                                          OUT expected_n double precision, OUT probability double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.rater_confusion(aidataops.consensus_model) IS
'What each rater says when something is true, one row a rater, true label and label given, in byte order. expected_n: how many such labels there are, each counted with the posterior of the true label; probability: its share of all with that rater and true label, pi of Dawid and Skene (1979). Pairs with an expected number of zero are left out. No rows for NULL.';

CREATE FUNCTION aidataops.convergence(model aidataops.consensus_model, OUT method text, OUT status text, OUT converged boolean, OUT iterations integer,
                                      OUT log_likelihood double precision, OUT n_labels bigint, OUT n_units bigint, OUT n_gold bigint, OUT n_raters bigint,
                                      OUT n_categories bigint, OUT n_components bigint, OUT classifier_weight double precision, OUT input aidataops.fingerprint)
    RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.convergence(aidataops.consensus_model) IS
'How a consensus was reached, in one row. status: ok; single_category (all labels are the same); one_rater; no_overlap (no unit has two labels, or gold: nothing can be learnt about raters); disconnected (n_components groups of raters share no unit: skills of one group say nothing about another; units with gold connect); not_converged (2000 iterations were not enough). log_likelihood is that of the observed labels, NULL for methods without one. classifier_weight: of crowdlab_agg() only, the weight of the classifier beside those of raters in rater_skills(). input: the fingerprint of the rows, as input_fingerprint(). NULL for NULL.';

CREATE FUNCTION aidataops.input_fingerprint(model aidataops.consensus_model) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.input_fingerprint(aidataops.consensus_model) IS
'Fingerprint of the labels that a consensus was made from: that of the rows (unit, rater, label[, gold]), all text, under these names, without the rows that were skipped. So input_fingerprint(model) = fingerprint_agg(l) FROM (SELECT unit, rater, label FROM ...) AS l tells whether a model is of these labels. NULL for NULL.';
