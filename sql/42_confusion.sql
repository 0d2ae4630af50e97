-- Two raters, or a reference and predictions: confusion (docs/agreement.md, src/agreement/confusion.c)

CREATE TYPE aidataops.confusion;

CREATE FUNCTION aidataops.confusion_in(cstring) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.confusion_out(aidataops.confusion) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_out';
CREATE FUNCTION aidataops.confusion_recv(internal) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.confusion_send(aidataops.confusion) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_send';

COMMENT ON FUNCTION aidataops.confusion_in(cstring) IS 'Text input of confusion.';
COMMENT ON FUNCTION aidataops.confusion_out(aidataops.confusion) IS 'Text output of confusion.';
COMMENT ON FUNCTION aidataops.confusion_recv(internal) IS 'Binary input of confusion.';
COMMENT ON FUNCTION aidataops.confusion_send(aidataops.confusion) IS 'Binary output of confusion.';

CREATE TYPE aidataops.confusion (
    INPUT = aidataops.confusion_in, OUTPUT = aidataops.confusion_out,
    RECEIVE = aidataops.confusion_recv, SEND = aidataops.confusion_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

COMMENT ON TYPE aidataops.confusion IS
'How often each pair of labels was given to the same unit, as confusion_agg() makes it: [("ham", "ham") * 40, ("ham", "spam") * 2]. Does not depend on the order of rows, and merges exactly.';

CREATE FUNCTION aidataops.confusion_eq(aidataops.confusion, aidataops.confusion) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_eq';
CREATE FUNCTION aidataops.confusion_ne(aidataops.confusion, aidataops.confusion) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_ne';
CREATE FUNCTION aidataops.confusion_hash(aidataops.confusion) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash';
CREATE FUNCTION aidataops.confusion_hash_extended(aidataops.confusion, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash_extended';

COMMENT ON FUNCTION aidataops.confusion_eq(aidataops.confusion, aidataops.confusion) IS 'Whether two are of the same pairs; implements operator =.';
COMMENT ON FUNCTION aidataops.confusion_ne(aidataops.confusion, aidataops.confusion) IS 'Whether two are not of the same pairs; implements operator <>.';
COMMENT ON FUNCTION aidataops.confusion_hash(aidataops.confusion) IS 'Hash support of confusion.';
COMMENT ON FUNCTION aidataops.confusion_hash_extended(aidataops.confusion, bigint) IS 'Seeded hash support of confusion.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.confusion, RIGHTARG = aidataops.confusion, FUNCTION = aidataops.confusion_eq,
    COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.confusion, RIGHTARG = aidataops.confusion, FUNCTION = aidataops.confusion_ne,
    COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=), RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.confusion, aidataops.confusion) IS 'Equal: of the same pairs.';
COMMENT ON OPERATOR aidataops.<> (aidataops.confusion, aidataops.confusion) IS 'Not equal: not of the same pairs.';

CREATE OPERATOR CLASS aidataops.confusion_hash_ops DEFAULT FOR TYPE aidataops.confusion USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.confusion_hash(aidataops.confusion),
    FUNCTION 2 aidataops.confusion_hash_extended(aidataops.confusion, bigint);

COMMENT ON OPERATOR FAMILY aidataops.confusion_hash_ops USING hash IS 'Hashing of confusion, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.confusion_hash_ops USING hash IS 'Hashing of confusion, for hash joins and grouping.';

CREATE FUNCTION aidataops._confusion_merge(aidataops.confusion, aidataops.confusion) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge';
CREATE FUNCTION aidataops._confusion_merge_inv(aidataops.confusion, aidataops.confusion) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge_inv';
CREATE FUNCTION aidataops._confusion_final(aidataops.confusion) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_final';
CREATE FUNCTION aidataops.confusion_add(aidataops.confusion, aidataops.confusion) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_plus';

COMMENT ON FUNCTION aidataops._confusion_merge(aidataops.confusion, aidataops.confusion) IS 'Internal: combine function of aggregates of confusion, and transition of rollup().';
COMMENT ON FUNCTION aidataops._confusion_merge_inv(aidataops.confusion, aidataops.confusion) IS 'Internal: inverse transition of rollup(confusion).';
COMMENT ON FUNCTION aidataops._confusion_final(aidataops.confusion) IS 'Internal: the stored form of an aggregate''s state.';
COMMENT ON FUNCTION aidataops.confusion_add(aidataops.confusion, aidataops.confusion) IS
'What both arguments have seen, together; implements operator +. NULL if either is NULL; an error if their labels are of different types.';

CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.confusion, RIGHTARG = aidataops.confusion,
    FUNCTION = aidataops.confusion_add, COMMUTATOR = OPERATOR(aidataops.+)
);
COMMENT ON OPERATOR aidataops.+ (aidataops.confusion, aidataops.confusion) IS 'What both have seen.';

CREATE AGGREGATE aidataops.rollup(confusion aidataops.confusion) (
    SFUNC = aidataops._confusion_merge, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_merge, MINVFUNC = aidataops._confusion_merge_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.confusion) IS
'Of the parts together, from the confusion of each: exactly, to the byte, what one aggregate over all pairs gives. NULLs are skipped; of no rows it is empty, not NULL.';

-- building

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, text, text) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_text';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, text, text) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_text_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, text, text) IS 'Internal: transition of confusion_agg(text, text).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, text, text) IS 'Internal: inverse transition of confusion_agg(text, text).';

CREATE AGGREGATE aidataops.confusion_agg(a text, b text) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(text, text) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Cast enums, and any other type, to text. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, smallint, smallint) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int2';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, smallint, smallint) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int2_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, smallint, smallint) IS 'Internal: transition of confusion_agg(smallint, smallint).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, smallint, smallint) IS 'Internal: inverse transition of confusion_agg(smallint, smallint).';

CREATE AGGREGATE aidataops.confusion_agg(a smallint, b smallint) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(smallint, smallint) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, integer, integer) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int4';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, integer, integer) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int4_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, integer, integer) IS 'Internal: transition of confusion_agg(integer, integer).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, integer, integer) IS 'Internal: inverse transition of confusion_agg(integer, integer).';

CREATE AGGREGATE aidataops.confusion_agg(a integer, b integer) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(integer, integer) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, bigint, bigint) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int8';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, bigint, bigint) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_int8_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, bigint, bigint) IS 'Internal: transition of confusion_agg(bigint, bigint).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, bigint, bigint) IS 'Internal: inverse transition of confusion_agg(bigint, bigint).';

CREATE AGGREGATE aidataops.confusion_agg(a bigint, b bigint) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(bigint, bigint) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, double precision, double precision) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_float8';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, double precision, double precision) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_float8_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, double precision, double precision) IS 'Internal: transition of confusion_agg(double precision, double precision).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, double precision, double precision) IS 'Internal: inverse transition of confusion_agg(double precision, double precision).';

CREATE AGGREGATE aidataops.confusion_agg(a double precision, b double precision) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(double precision, double precision) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, boolean, boolean) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_bool';
CREATE FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, boolean, boolean) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'confusion_accum_bool_inv';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, boolean, boolean) IS 'Internal: transition of confusion_agg(boolean, boolean).';
COMMENT ON FUNCTION aidataops._confusion_accum_inv(aidataops.confusion, boolean, boolean) IS 'Internal: inverse transition of confusion_agg(boolean, boolean).';

CREATE AGGREGATE aidataops.confusion_agg(a boolean, b boolean) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]',
    FINALFUNC = aidataops._confusion_final, COMBINEFUNC = aidataops._confusion_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._confusion_accum, MINVFUNC = aidataops._confusion_accum_inv, MSTYPE = aidataops.confusion, MINITCOND = '[]',
    MFINALFUNC = aidataops._confusion_final
);
COMMENT ON AGGREGATE aidataops.confusion_agg(boolean, boolean) IS
'Pairs of labels and how often each occurred: of two raters, or a the reference and b the prediction. Rows with a NULL are skipped; of no rows it is [], not NULL. Exact in moving windows. An error beyond 256 MB of different pairs.';

CREATE FUNCTION aidataops._confusion_accum(aidataops.confusion, anyelement, anyelement) RETURNS aidataops.confusion
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'agreement_unknown_type';
COMMENT ON FUNCTION aidataops._confusion_accum(aidataops.confusion, anyelement, anyelement) IS 'Internal: says what to do with labels of any other type.';
CREATE AGGREGATE aidataops.confusion_agg(a anyelement, b anyelement) (
    SFUNC = aidataops._confusion_accum, STYPE = aidataops.confusion, INITCOND = '[]', PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.confusion_agg(anyelement, anyelement) IS
'Labels of any other type: an error that says how to write it, confusion_agg(a::text, b::text).';

-- reading: two raters

CREATE FUNCTION aidataops.cohen_kappa(confusion aidataops.confusion, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'confusion_cohen_kappa';
COMMENT ON FUNCTION aidataops.cohen_kappa(aidataops.confusion, "any", "any") IS
'Cohen''s kappa: agreement of two raters beyond what the shares of each would give. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined, as when both gave one label only: coefficients() says why. Cohen (1960, 1968).';

CREATE FUNCTION aidataops.scott_pi(confusion aidataops.confusion, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'confusion_scott_pi';
COMMENT ON FUNCTION aidataops.scott_pi(aidataops.confusion, "any", "any") IS
'Scott''s pi: agreement of two raters beyond what their common shares would give; Fleiss'' kappa of two. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined, as when both gave one label only: coefficients() says why. Scott (1955).';

CREATE FUNCTION aidataops.coefficients(confusion aidataops.confusion, weights "any" DEFAULT 'identity'::text, confidence double precision DEFAULT 0.95,
    categories "any" DEFAULT 'observed'::text,
    OUT name text, OUT value double precision, OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision,
    OUT null_se double precision, OUT z double precision, OUT p_value double precision, OUT pa double precision, OUT pe double precision,
    OUT n_units bigint, OUT n_categories integer, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 6 AS 'MODULE_PATHNAME', 'confusion_coefficients';
COMMENT ON FUNCTION aidataops.coefficients(aidataops.confusion, "any", double precision, "any") IS
'Coefficients of two raters, a row each: percent_agreement, cohen_kappa, scott_pi, gwet_ac, brennan_prediger, krippendorff_alpha. For cohen_kappa se is the asymptotic standard error and null_se that under independence, z and the one-sided p are by the latter, the interval is normal (Fleiss, Cohen and Everitt 1969); for the others see coefficients(agreement). weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. status is ok, or why there is no value. No rows for NULL.';

-- reading: a reference and predictions

CREATE FUNCTION aidataops.accuracy(confusion aidataops.confusion) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_accuracy';
COMMENT ON FUNCTION aidataops.accuracy(aidataops.confusion) IS 'Share of the pairs whose labels are the same. NULL for NULL and for no pairs.';
CREATE FUNCTION aidataops.balanced_accuracy(confusion aidataops.confusion) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_balanced_accuracy';
COMMENT ON FUNCTION aidataops.balanced_accuracy(aidataops.confusion) IS 'Mean recall over the classes of the reference, so that every class counts the same. NULL for NULL and for no pairs.';
CREATE FUNCTION aidataops.matthews_corrcoef(confusion aidataops.confusion) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_matthews_corrcoef';
COMMENT ON FUNCTION aidataops.matthews_corrcoef(aidataops.confusion) IS 'Matthews'' correlation of reference and prediction, from -1 to 1, for any number of classes (Gorodkin 2004). NULL where it is undefined: no pairs, or one of both always the same.';

CREATE FUNCTION aidataops.precision_score(confusion aidataops.confusion, average text DEFAULT 'macro', class text DEFAULT NULL) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_precision_score';
COMMENT ON FUNCTION aidataops.precision_score(aidataops.confusion, text, text) IS
'Precision: of the units predicted to be of a class, the share that is. Of one class if that is given. Else the average: ''macro'' (classes count the same), ''micro'' (units do, so it is accuracy) or ''weighted'' (by how often a class is in the reference); classes that it is undefined for count as 0, as in scikit-learn. Of one class NULL where it is undefined, also for a class that does not occur. NULL for NULL.';

CREATE FUNCTION aidataops.recall_score(confusion aidataops.confusion, average text DEFAULT 'macro', class text DEFAULT NULL) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_recall_score';
COMMENT ON FUNCTION aidataops.recall_score(aidataops.confusion, text, text) IS
'Recall: of the units of a class, the share that is predicted to be. Of one class if that is given. Else the average: ''macro'' (classes count the same), ''micro'' (units do, so it is accuracy) or ''weighted'' (by how often a class is in the reference); classes that it is undefined for count as 0, as in scikit-learn. Of one class NULL where it is undefined, also for a class that does not occur. NULL for NULL.';

CREATE FUNCTION aidataops.f1_score(confusion aidataops.confusion, average text DEFAULT 'macro', class text DEFAULT NULL) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'confusion_f1_score';
COMMENT ON FUNCTION aidataops.f1_score(aidataops.confusion, text, text) IS
'F1: the harmonic mean of precision and recall. Of one class if that is given. Else the average: ''macro'' (classes count the same), ''micro'' (units do, so it is accuracy) or ''weighted'' (by how often a class is in the reference); classes that it is undefined for count as 0, as in scikit-learn. Of one class NULL where it is undefined, also for a class that does not occur. NULL for NULL.';

CREATE FUNCTION aidataops.class_scores(confusion aidataops.confusion, categories "any" DEFAULT 'observed'::text,
    OUT class text, OUT "precision" double precision, OUT recall double precision, OUT f1 double precision, OUT n_reference bigint,
    OUT n_predicted bigint, OUT n_both bigint)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'confusion_class_scores';
COMMENT ON FUNCTION aidataops.class_scores(aidataops.confusion, "any") IS
'Precision, recall and F1 of each class, in the order of the classes, and how often it is in the reference, in the predictions, and in both at once. NULL where a score is undefined. categories: ''observed'', an array, or an enum type as regtype. No rows for NULL.';

CREATE FUNCTION aidataops.confusion_matrix(confusion aidataops.confusion, categories "any" DEFAULT 'observed'::text,
    OUT a text, OUT b text, OUT count bigint, OUT share_of_a double precision, OUT share_of_b double precision)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 25 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.confusion_matrix(aidataops.confusion, "any") IS
'Every pair of categories, also those that did not occur: how often, and as a share of all units that had label a from the first and of those that had label b from the second. In the order of categories: ''observed'', an array, or an enum type as regtype. An error beyond 3000 categories. No rows for NULL.';
