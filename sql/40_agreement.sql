-- Agreement of labels: label_counts of a unit, agreement of all units (docs/agreement.md, src/agreement)

CREATE TYPE aidataops.label_counts;

CREATE FUNCTION aidataops.label_counts_in(cstring) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_counts_out(aidataops.label_counts) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_counts_recv(internal) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.label_counts_send(aidataops.label_counts) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.label_counts_in(cstring) IS 'Text input of label_counts.';
COMMENT ON FUNCTION aidataops.label_counts_out(aidataops.label_counts) IS 'Text output of label_counts.';
COMMENT ON FUNCTION aidataops.label_counts_recv(internal) IS 'Binary input of label_counts.';
COMMENT ON FUNCTION aidataops.label_counts_send(aidataops.label_counts) IS 'Binary output of label_counts.';

CREATE TYPE aidataops.label_counts (
    INPUT = aidataops.label_counts_in, OUTPUT = aidataops.label_counts_out,
    RECEIVE = aidataops.label_counts_recv, SEND = aidataops.label_counts_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);

COMMENT ON TYPE aidataops.label_counts IS
'The labels that one unit was given and how often, as label_counts_agg() makes it: {"ham": 1, "spam": 4}. Labels are text, bigint, double precision or boolean, of one type. Equal labels are equal bytes, in whatever order they came.';

CREATE FUNCTION aidataops.label_counts_eq(aidataops.label_counts, aidataops.label_counts) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_eq';
CREATE FUNCTION aidataops.label_counts_ne(aidataops.label_counts, aidataops.label_counts) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_ne';
CREATE FUNCTION aidataops.label_counts_hash(aidataops.label_counts) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash';
CREATE FUNCTION aidataops.label_counts_hash_extended(aidataops.label_counts, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash_extended';

COMMENT ON FUNCTION aidataops.label_counts_eq(aidataops.label_counts, aidataops.label_counts) IS 'Whether two are of the same labels; implements operator =.';
COMMENT ON FUNCTION aidataops.label_counts_ne(aidataops.label_counts, aidataops.label_counts) IS 'Whether two are not of the same labels; implements operator <>.';
COMMENT ON FUNCTION aidataops.label_counts_hash(aidataops.label_counts) IS 'Hash support of label_counts.';
COMMENT ON FUNCTION aidataops.label_counts_hash_extended(aidataops.label_counts, bigint) IS 'Seeded hash support of label_counts.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.label_counts, RIGHTARG = aidataops.label_counts, FUNCTION = aidataops.label_counts_eq,
    COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.label_counts, RIGHTARG = aidataops.label_counts, FUNCTION = aidataops.label_counts_ne,
    COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=), RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.label_counts, aidataops.label_counts) IS 'Equal: of the same labels.';
COMMENT ON OPERATOR aidataops.<> (aidataops.label_counts, aidataops.label_counts) IS 'Not equal: not of the same labels.';

CREATE OPERATOR CLASS aidataops.label_counts_hash_ops DEFAULT FOR TYPE aidataops.label_counts USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.label_counts_hash(aidataops.label_counts),
    FUNCTION 2 aidataops.label_counts_hash_extended(aidataops.label_counts, bigint);

COMMENT ON OPERATOR FAMILY aidataops.label_counts_hash_ops USING hash IS 'Hashing of label_counts, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.label_counts_hash_ops USING hash IS 'Hashing of label_counts, for hash joins and grouping.';

-- building

CREATE FUNCTION aidataops.label_counts_add(aidataops.label_counts, aidataops.label_counts) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.label_counts_add(aidataops.label_counts, aidataops.label_counts) IS
'The labels of both arguments; implements operator +. NULL if either is NULL; an error if their types differ.';
CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.label_counts, RIGHTARG = aidataops.label_counts,
    FUNCTION = aidataops.label_counts_add, COMMUTATOR = OPERATOR(aidataops.+)
);
COMMENT ON OPERATOR aidataops.+ (aidataops.label_counts, aidataops.label_counts) IS 'The labels of both.';

CREATE FUNCTION aidataops._label_counts_combine(aidataops.label_counts, aidataops.label_counts) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_combine';
CREATE FUNCTION aidataops._label_counts_combine_inv(aidataops.label_counts, aidataops.label_counts) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_combine_inv';
CREATE FUNCTION aidataops._label_counts_final(aidataops.label_counts) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_final';

COMMENT ON FUNCTION aidataops._label_counts_combine(aidataops.label_counts, aidataops.label_counts) IS 'Internal: combine function of label_counts_agg(), and transition of rollup().';
COMMENT ON FUNCTION aidataops._label_counts_combine_inv(aidataops.label_counts, aidataops.label_counts) IS 'Internal: inverse transition of rollup(label_counts).';
COMMENT ON FUNCTION aidataops._label_counts_final(aidataops.label_counts) IS 'Internal: the stored form of an aggregate''s state.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, text) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_text';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, text) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_text_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, text) IS 'Internal: transition of label_counts_agg(text).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, text) IS 'Internal: inverse transition of label_counts_agg(text).';

CREATE AGGREGATE aidataops.label_counts_agg(label text) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(text) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. Cast an enum, and any other type, to text. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, smallint) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int2';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, smallint) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int2_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, smallint) IS 'Internal: transition of label_counts_agg(smallint).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, smallint) IS 'Internal: inverse transition of label_counts_agg(smallint).';

CREATE AGGREGATE aidataops.label_counts_agg(label smallint) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(smallint) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. Integers are counted as bigint. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, integer) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int4';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, integer) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int4_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, integer) IS 'Internal: transition of label_counts_agg(integer).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, integer) IS 'Internal: inverse transition of label_counts_agg(integer).';

CREATE AGGREGATE aidataops.label_counts_agg(label integer) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(integer) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. Integers are counted as bigint. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, bigint) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int8';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, bigint) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_int8_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, bigint) IS 'Internal: transition of label_counts_agg(bigint).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, bigint) IS 'Internal: inverse transition of label_counts_agg(bigint).';

CREATE AGGREGATE aidataops.label_counts_agg(label bigint) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(bigint) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, double precision) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_float8';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, double precision) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_float8_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, double precision) IS 'Internal: transition of label_counts_agg(double precision).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, double precision) IS 'Internal: inverse transition of label_counts_agg(double precision).';

CREATE AGGREGATE aidataops.label_counts_agg(label double precision) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(double precision) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. real and numeric are counted as double precision; -0 is 0, and all NaNs are one label. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, boolean) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_bool';
CREATE FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, boolean) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_accum_bool_inv';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, boolean) IS 'Internal: transition of label_counts_agg(boolean).';
COMMENT ON FUNCTION aidataops._label_counts_accum_inv(aidataops.label_counts, boolean) IS 'Internal: inverse transition of label_counts_agg(boolean).';

CREATE AGGREGATE aidataops.label_counts_agg(label boolean) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);

COMMENT ON AGGREGATE aidataops.label_counts_agg(boolean) IS
'Labels of a unit and how often each was given: SELECT unit, label_counts_agg(label) FROM labels GROUP BY unit. A NULL is a missing label and not counted; of nothing else it is {}, not NULL. An error beyond 1 MB of different labels, or 8192 bytes of one. Exact in moving windows.';

CREATE FUNCTION aidataops._label_counts_accum(aidataops.label_counts, anyelement) RETURNS aidataops.label_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'agreement_unknown_type';
COMMENT ON FUNCTION aidataops._label_counts_accum(aidataops.label_counts, anyelement) IS 'Internal: says what to do with labels of any other type.';
CREATE AGGREGATE aidataops.label_counts_agg(label anyelement) (
    SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.label_counts_agg(anyelement) IS
'Labels of any other type: an error that says how to write it, label_counts_agg(label::text).';

CREATE AGGREGATE aidataops.rollup(label_counts aidataops.label_counts) (
    SFUNC = aidataops._label_counts_combine, STYPE = aidataops.label_counts,
    FINALFUNC = aidataops._label_counts_final, COMBINEFUNC = aidataops._label_counts_combine, PARALLEL = SAFE,
    MSFUNC = aidataops._label_counts_combine, MINVFUNC = aidataops._label_counts_combine_inv, MSTYPE = aidataops.label_counts,
    MFINALFUNC = aidataops._label_counts_final
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.label_counts) IS
'Labels of all parts together, from those of the parts; exactly those of the whole. NULLs are skipped; of no rows it is {}, not NULL. An error if parts have labels of different types.';

-- reading the labels of a unit

CREATE FUNCTION aidataops.num_labels(labels aidataops.label_counts) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'label_counts_total';
COMMENT ON FUNCTION aidataops.num_labels(aidataops.label_counts) IS 'How many labels a unit was given. NULL for NULL.';

CREATE FUNCTION aidataops.label_frequencies(labels aidataops.label_counts, OUT label text, OUT count bigint) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.label_frequencies(aidataops.label_counts) IS
'Labels of a unit as rows: the label as text, and how often it was given. Ordered by label, numbers as numbers, text by its bytes. No rows for NULL or {}.';

CREATE FUNCTION aidataops.majority_label(labels aidataops.label_counts, ties text DEFAULT 'null') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.majority_label(aidataops.label_counts, text) IS
'The label that a unit was given most often, as text. Of several given equally often it is NULL, or with ties => ''first'' the first of them in their order, numbers as numbers, text by its bytes. NULL for NULL and {}.';

CREATE FUNCTION aidataops.unit_agreement(labels aidataops.label_counts) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.unit_agreement(aidataops.label_counts) IS
'Share of the pairs of labels of a unit that are the same, from 0 to 1: ORDER BY unit_agreement(labels) shows the worst first. NULL for NULL and for fewer than two labels. Fleiss (1971), equation 2.';

CREATE TYPE aidataops.agreement;

CREATE FUNCTION aidataops.agreement_in(cstring) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.agreement_out(aidataops.agreement) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_out';
CREATE FUNCTION aidataops.agreement_recv(internal) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.agreement_send(aidataops.agreement) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_send';

COMMENT ON FUNCTION aidataops.agreement_in(cstring) IS 'Text input of agreement.';
COMMENT ON FUNCTION aidataops.agreement_out(aidataops.agreement) IS 'Text output of agreement.';
COMMENT ON FUNCTION aidataops.agreement_recv(internal) IS 'Binary input of agreement.';
COMMENT ON FUNCTION aidataops.agreement_send(aidataops.agreement) IS 'Binary output of agreement.';

CREATE TYPE aidataops.agreement (
    INPUT = aidataops.agreement_in, OUTPUT = aidataops.agreement_out,
    RECEIVE = aidataops.agreement_recv, SEND = aidataops.agreement_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

COMMENT ON TYPE aidataops.agreement IS
'How many units were labelled alike, as agreement_agg() makes it: [{"ham": 1, "spam": 4} * 17, {"spam": 5} * 80]. All that can be said about agreement without telling raters apart can be read from it. Does not depend on the order of rows, and merges exactly.';

CREATE FUNCTION aidataops.agreement_eq(aidataops.agreement, aidataops.agreement) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_eq';
CREATE FUNCTION aidataops.agreement_ne(aidataops.agreement, aidataops.agreement) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_ne';
CREATE FUNCTION aidataops.agreement_hash(aidataops.agreement) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash';
CREATE FUNCTION aidataops.agreement_hash_extended(aidataops.agreement, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash_extended';

COMMENT ON FUNCTION aidataops.agreement_eq(aidataops.agreement, aidataops.agreement) IS 'Whether two are of the same units; implements operator =.';
COMMENT ON FUNCTION aidataops.agreement_ne(aidataops.agreement, aidataops.agreement) IS 'Whether two are not of the same units; implements operator <>.';
COMMENT ON FUNCTION aidataops.agreement_hash(aidataops.agreement) IS 'Hash support of agreement.';
COMMENT ON FUNCTION aidataops.agreement_hash_extended(aidataops.agreement, bigint) IS 'Seeded hash support of agreement.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.agreement, RIGHTARG = aidataops.agreement, FUNCTION = aidataops.agreement_eq,
    COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.agreement, RIGHTARG = aidataops.agreement, FUNCTION = aidataops.agreement_ne,
    COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=), RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.agreement, aidataops.agreement) IS 'Equal: of the same units.';
COMMENT ON OPERATOR aidataops.<> (aidataops.agreement, aidataops.agreement) IS 'Not equal: not of the same units.';

CREATE OPERATOR CLASS aidataops.agreement_hash_ops DEFAULT FOR TYPE aidataops.agreement USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.agreement_hash(aidataops.agreement),
    FUNCTION 2 aidataops.agreement_hash_extended(aidataops.agreement, bigint);

COMMENT ON OPERATOR FAMILY aidataops.agreement_hash_ops USING hash IS 'Hashing of agreement, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.agreement_hash_ops USING hash IS 'Hashing of agreement, for hash joins and grouping.';

CREATE FUNCTION aidataops._agreement_merge(aidataops.agreement, aidataops.agreement) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge';
CREATE FUNCTION aidataops._agreement_merge_inv(aidataops.agreement, aidataops.agreement) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge_inv';
CREATE FUNCTION aidataops._agreement_final(aidataops.agreement) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_final';
CREATE FUNCTION aidataops.agreement_add(aidataops.agreement, aidataops.agreement) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_plus';

COMMENT ON FUNCTION aidataops._agreement_merge(aidataops.agreement, aidataops.agreement) IS 'Internal: combine function of aggregates of agreement, and transition of rollup().';
COMMENT ON FUNCTION aidataops._agreement_merge_inv(aidataops.agreement, aidataops.agreement) IS 'Internal: inverse transition of rollup(agreement).';
COMMENT ON FUNCTION aidataops._agreement_final(aidataops.agreement) IS 'Internal: the stored form of an aggregate''s state.';
COMMENT ON FUNCTION aidataops.agreement_add(aidataops.agreement, aidataops.agreement) IS
'What both arguments have seen, together; implements operator +. NULL if either is NULL; an error if their labels are of different types.';

CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.agreement, RIGHTARG = aidataops.agreement,
    FUNCTION = aidataops.agreement_add, COMMUTATOR = OPERATOR(aidataops.+)
);
COMMENT ON OPERATOR aidataops.+ (aidataops.agreement, aidataops.agreement) IS 'What both have seen.';

CREATE AGGREGATE aidataops.rollup(agreement aidataops.agreement) (
    SFUNC = aidataops._agreement_merge, STYPE = aidataops.agreement, INITCOND = '[]',
    FINALFUNC = aidataops._agreement_final, COMBINEFUNC = aidataops._agreement_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._agreement_merge, MINVFUNC = aidataops._agreement_merge_inv, MSTYPE = aidataops.agreement, MINITCOND = '[]',
    MFINALFUNC = aidataops._agreement_final
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.agreement) IS
'Of the parts together, from the agreement of each: exactly, to the byte, what one aggregate over all units gives. NULLs are skipped; of no rows it is empty, not NULL. A unit must not be split between parts.';

CREATE FUNCTION aidataops._agreement_accum(aidataops.agreement, aidataops.label_counts) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'agreement_accum';
CREATE FUNCTION aidataops._agreement_accum_inv(aidataops.agreement, aidataops.label_counts) RETURNS aidataops.agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'agreement_accum_inv';
COMMENT ON FUNCTION aidataops._agreement_accum(aidataops.agreement, aidataops.label_counts) IS 'Internal: transition of agreement_agg().';
COMMENT ON FUNCTION aidataops._agreement_accum_inv(aidataops.agreement, aidataops.label_counts) IS 'Internal: inverse transition of agreement_agg().';

CREATE AGGREGATE aidataops.agreement_agg(labels aidataops.label_counts) (
    SFUNC = aidataops._agreement_accum, STYPE = aidataops.agreement, INITCOND = '[]',
    FINALFUNC = aidataops._agreement_final, COMBINEFUNC = aidataops._agreement_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._agreement_accum, MINVFUNC = aidataops._agreement_accum_inv, MSTYPE = aidataops.agreement, MINITCOND = '[]',
    MFINALFUNC = aidataops._agreement_final
);
COMMENT ON AGGREGATE aidataops.agreement_agg(aidataops.label_counts) IS
'Agreement of units, each given by its labels: SELECT agreement_agg(labels) FROM (SELECT label_counts_agg(label) AS labels FROM t GROUP BY unit) AS units. Units are told apart by their labels only, so it is as large as there are different sets of labels; an error beyond 256 MB. NULLs are skipped; of no units it is [], not NULL. An error if units have labels of different types.';

-- reading: one number


CREATE FUNCTION aidataops.percent_agreement(agreement aidataops.agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'agreement_percent_agreement';
COMMENT ON FUNCTION aidataops.percent_agreement(aidataops.agreement, "any", "any") IS
'Mean share of the pairs of labels of a unit that agree, over units with at least two. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined: coefficients() says why. Not corrected for chance.';

CREATE FUNCTION aidataops.fleiss_kappa(agreement aidataops.agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'agreement_fleiss_kappa';
COMMENT ON FUNCTION aidataops.fleiss_kappa(aidataops.agreement, "any", "any") IS
'Fleiss kappa: agreement beyond what the overall shares of categories would give, 1 at the most; of two raters Scotts pi. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined: coefficients() says why. Fleiss (1971); weighted and with missing labels as in Gwet (2014).';

CREATE FUNCTION aidataops.gwet_ac(agreement aidataops.agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'agreement_gwet_ac';
COMMENT ON FUNCTION aidataops.gwet_ac(aidataops.agreement, "any", "any") IS
'Gwets AC1, or with weights AC2: agreement beyond chance that stays meaningful when one category prevails. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined: coefficients() says why. Depends on how many categories there are, so declare them. Gwet (2008, 2014).';

CREATE FUNCTION aidataops.brennan_prediger(agreement aidataops.agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'agreement_brennan_prediger';
COMMENT ON FUNCTION aidataops.brennan_prediger(aidataops.agreement, "any", "any") IS
'Brennan and Predigers coefficient: agreement beyond what uniform guessing would give; also known as S, or Randolphs free-marginal kappa. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined: coefficients() says why. Depends on how many categories there are, so declare them. Brennan and Prediger (1981).';

CREATE FUNCTION aidataops.krippendorff_alpha(agreement aidataops.agreement, level text DEFAULT 'nominal', weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'agreement_krippendorff_alpha';
COMMENT ON FUNCTION aidataops.krippendorff_alpha(aidataops.agreement, text, "any", "any") IS
'Krippendorff''s alpha: agreement beyond chance with any number of labels for a unit, over units with at least two. level: ''nominal'', ''ordinal'', ''interval'' or ''ratio'', each with Krippendorff''s own distance. Or weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. NULL where it is undefined: coefficients() says why. An error if level and weights are both given. Krippendorff (2018), chapter 12.';

-- reading: rows


CREATE FUNCTION aidataops.coefficients(agreement aidataops.agreement, weights "any" DEFAULT 'identity'::text, level text DEFAULT 'nominal',
    confidence double precision DEFAULT 0.95, categories "any" DEFAULT 'observed'::text,
    OUT name text, OUT value double precision, OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision,
    OUT p_value double precision, OUT pa double precision, OUT pe double precision, OUT n_units bigint, OUT n_units_pairable bigint,
    OUT n_raters bigint, OUT n_labels bigint, OUT n_categories integer, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 5 AS 'MODULE_PATHNAME', 'agreement_coefficients';
COMMENT ON FUNCTION aidataops.coefficients(aidataops.agreement, "any", text, double precision, "any") IS
'All coefficients that do not tell raters apart, a row each: percent_agreement, fleiss_kappa, gwet_ac, brennan_prediger, krippendorff_alpha. Value, standard error (Gwet''s linearisation, as irrCAC), interval by the t distribution (the upper bound at most 1), one-sided p of no agreement beyond chance, observed (pa) and chance (pe) agreement, and what was counted; n_raters is the most labels of a unit. status is ok, or why there is no value: no_pairable_units, single_category, order_undeclared, not_finite, negative_values, undefined. level, unless nominal, is for alpha instead of weights. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype; text without declared categories has no order, so weights other than identity give NULL. No rows for NULL.';

CREATE FUNCTION aidataops.coefficient(agreement aidataops.agreement, coefficient text, weights "any" DEFAULT 'identity'::text, level text DEFAULT 'nominal',
    confidence double precision DEFAULT 0.95, categories "any" DEFAULT 'observed'::text,
    OUT name text, OUT value double precision, OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision,
    OUT p_value double precision, OUT pa double precision, OUT pe double precision, OUT n_units bigint, OUT n_units_pairable bigint,
    OUT n_raters bigint, OUT n_labels bigint, OUT n_categories integer, OUT status text)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'agreement_coefficient';
COMMENT ON FUNCTION aidataops.coefficient(aidataops.agreement, text, "any", text, double precision, "any") IS
'One row of coefficients(), by its name: SELECT (coefficient(agreement, ''gwet_ac'')).ci_lower. Arguments as there; an error if level and weights are both given for krippendorff_alpha. NULL for NULL.';

CREATE FUNCTION aidataops.agreement_by_category(agreement aidataops.agreement, confidence double precision DEFAULT 0.95, categories "any" DEFAULT 'observed'::text,
    OUT category text, OUT n_labels bigint, OUT share double precision, OUT specific_agreement double precision, OUT kappa double precision,
    OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision, OUT status text) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.agreement_by_category(aidataops.agreement, double precision, "any") IS
'Which categories are agreed on, a row each, in their order: how often it was given, its share (units count the same), specific agreement (given one label is it, the chance that another of the unit is: Spitzer and Fleiss 1974), and Fleiss'' kappa of it against all others (Fleiss 1971) with se and interval by Gwet''s linearisation. status: ok, single_category, no_pairable_units. categories: ''observed'', an array, or an enum type. No rows for NULL.';

CREATE FUNCTION aidataops.agreement_patterns(agreement aidataops.agreement, OUT labels aidataops.label_counts, OUT n_units bigint) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.agreement_patterns(aidataops.agreement) IS
'What an agreement consists of: each set of labels that units were given, and how many units were. In no order that means anything. No rows for NULL.';

CREATE FUNCTION aidataops.bootstrap_agreement(agreement aidataops.agreement, coefficient text DEFAULT 'krippendorff_alpha', weights "any" DEFAULT 'identity'::text,
    level text DEFAULT 'nominal', replicates integer DEFAULT 1000, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.95,
    categories "any" DEFAULT 'observed'::text,
    OUT value double precision, OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision, OUT replicates_drawn integer,
    OUT replicates_undefined integer, OUT status text)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.bootstrap_agreement(aidataops.agreement, text, "any", text, integer, bigint, double precision, "any") IS
'Bootstrap of a coefficient over units: as many units are drawn with replacement, replicates times; se is the deviation, the interval the percentiles, of the values that are defined. The same seed gives the same numbers. Categories stay those of all units. coefficient, weights, level, categories: as in coefficient(). replicates: 1 to 1000000. NULL for NULL.';
