-- Who gave which label: rater_agreement (docs/agreement.md, src/agreement/rater_agreement.c)

CREATE TYPE aidataops.rater_agreement;

CREATE FUNCTION aidataops.rater_agreement_in(cstring) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.rater_agreement_out(aidataops.rater_agreement) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_out';
CREATE FUNCTION aidataops.rater_agreement_recv(internal) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.rater_agreement_send(aidataops.rater_agreement) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_send';

COMMENT ON FUNCTION aidataops.rater_agreement_in(cstring) IS 'Text input of rater_agreement.';
COMMENT ON FUNCTION aidataops.rater_agreement_out(aidataops.rater_agreement) IS 'Text output of rater_agreement.';
COMMENT ON FUNCTION aidataops.rater_agreement_recv(internal) IS 'Binary input of rater_agreement.';
COMMENT ON FUNCTION aidataops.rater_agreement_send(aidataops.rater_agreement) IS 'Binary output of rater_agreement.';

CREATE TYPE aidataops.rater_agreement (
    INPUT = aidataops.rater_agreement_in, OUTPUT = aidataops.rater_agreement_out,
    RECEIVE = aidataops.rater_agreement_recv, SEND = aidataops.rater_agreement_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

COMMENT ON TYPE aidataops.rater_agreement IS
'Which rater gave which label to which unit, as rater_agreement_agg() makes it: [("unit 1", "ann", "spam") * 1]. It keeps every label, at most 256 MB of them; agreement is a summary that does not grow. Does not depend on the order of rows, and merges exactly.';

CREATE FUNCTION aidataops.rater_agreement_eq(aidataops.rater_agreement, aidataops.rater_agreement) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_eq';
CREATE FUNCTION aidataops.rater_agreement_ne(aidataops.rater_agreement, aidataops.rater_agreement) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_ne';
CREATE FUNCTION aidataops.rater_agreement_hash(aidataops.rater_agreement) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash';
CREATE FUNCTION aidataops.rater_agreement_hash_extended(aidataops.rater_agreement, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_hash_extended';

COMMENT ON FUNCTION aidataops.rater_agreement_eq(aidataops.rater_agreement, aidataops.rater_agreement) IS 'Whether two are of the same labels; implements operator =.';
COMMENT ON FUNCTION aidataops.rater_agreement_ne(aidataops.rater_agreement, aidataops.rater_agreement) IS 'Whether two are not of the same labels; implements operator <>.';
COMMENT ON FUNCTION aidataops.rater_agreement_hash(aidataops.rater_agreement) IS 'Hash support of rater_agreement.';
COMMENT ON FUNCTION aidataops.rater_agreement_hash_extended(aidataops.rater_agreement, bigint) IS 'Seeded hash support of rater_agreement.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.rater_agreement, RIGHTARG = aidataops.rater_agreement, FUNCTION = aidataops.rater_agreement_eq,
    COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.rater_agreement, RIGHTARG = aidataops.rater_agreement, FUNCTION = aidataops.rater_agreement_ne,
    COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=), RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.rater_agreement, aidataops.rater_agreement) IS 'Equal: of the same labels.';
COMMENT ON OPERATOR aidataops.<> (aidataops.rater_agreement, aidataops.rater_agreement) IS 'Not equal: not of the same labels.';

CREATE OPERATOR CLASS aidataops.rater_agreement_hash_ops DEFAULT FOR TYPE aidataops.rater_agreement USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.rater_agreement_hash(aidataops.rater_agreement),
    FUNCTION 2 aidataops.rater_agreement_hash_extended(aidataops.rater_agreement, bigint);

COMMENT ON OPERATOR FAMILY aidataops.rater_agreement_hash_ops USING hash IS 'Hashing of rater_agreement, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.rater_agreement_hash_ops USING hash IS 'Hashing of rater_agreement, for hash joins and grouping.';

CREATE FUNCTION aidataops._rater_agreement_merge(aidataops.rater_agreement, aidataops.rater_agreement) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge';
CREATE FUNCTION aidataops._rater_agreement_merge_inv(aidataops.rater_agreement, aidataops.rater_agreement) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_merge_inv';
CREATE FUNCTION aidataops._rater_agreement_final(aidataops.rater_agreement) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_final';
CREATE FUNCTION aidataops.rater_agreement_add(aidataops.rater_agreement, aidataops.rater_agreement) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tally_plus';

COMMENT ON FUNCTION aidataops._rater_agreement_merge(aidataops.rater_agreement, aidataops.rater_agreement) IS 'Internal: combine function of aggregates of rater_agreement, and transition of rollup().';
COMMENT ON FUNCTION aidataops._rater_agreement_merge_inv(aidataops.rater_agreement, aidataops.rater_agreement) IS 'Internal: inverse transition of rollup(rater_agreement).';
COMMENT ON FUNCTION aidataops._rater_agreement_final(aidataops.rater_agreement) IS 'Internal: the stored form of an aggregate''s state.';
COMMENT ON FUNCTION aidataops.rater_agreement_add(aidataops.rater_agreement, aidataops.rater_agreement) IS
'What both arguments have seen, together; implements operator +. NULL if either is NULL; an error if their labels are of different types.';

CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.rater_agreement, RIGHTARG = aidataops.rater_agreement,
    FUNCTION = aidataops.rater_agreement_add, COMMUTATOR = OPERATOR(aidataops.+)
);
COMMENT ON OPERATOR aidataops.+ (aidataops.rater_agreement, aidataops.rater_agreement) IS 'What both have seen.';

CREATE AGGREGATE aidataops.rollup(rater_agreement aidataops.rater_agreement) (
    SFUNC = aidataops._rater_agreement_merge, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, COMBINEFUNC = aidataops._rater_agreement_merge, PARALLEL = SAFE,
    MSFUNC = aidataops._rater_agreement_merge, MINVFUNC = aidataops._rater_agreement_merge_inv, MSTYPE = aidataops.rater_agreement, MINITCOND = '[]',
    MFINALFUNC = aidataops._rater_agreement_final
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.rater_agreement) IS
'Of the parts together, from the rater_agreement of each: exactly, to the byte, what one aggregate over all labels gives. NULLs are skipped; of no rows it is empty, not NULL.';

-- building

CREATE FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, text, text, text) RETURNS aidataops.rater_agreement
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rater_agreement_accum';
CREATE FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, "any", "any", "any") RETURNS aidataops.rater_agreement
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rater_agreement_accum_any';
CREATE FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, "any", "any", "any", "any") RETURNS aidataops.rater_agreement
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rater_agreement_accum_any';
COMMENT ON FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, text, text, text) IS 'Internal: transition of rater_agreement_agg(text, text, text).';
COMMENT ON FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, "any", "any", "any") IS 'Internal: transition of rater_agreement_agg() of other types.';
COMMENT ON FUNCTION aidataops._rater_agreement_accum(aidataops.rater_agreement, "any", "any", "any", "any") IS 'Internal: transition of rater_agreement_agg() with times.';

CREATE AGGREGATE aidataops.rater_agreement_agg(unit text, rater text, label text) (
    SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, COMBINEFUNC = aidataops._rater_agreement_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.rater_agreement_agg(text, text, text) IS
'Which rater gave which label to which unit. Several labels of a rater for a unit are kept, and what reads the result says which count. Rows with a NULL are skipped; of no rows it is [], not NULL. An error beyond 256 MB, which is some millions of labels: then use agreement_agg(), which does not tell raters apart, or a sample of units.';

CREATE AGGREGATE aidataops.rater_agreement_agg(unit "any", rater "any", label "any") (
    SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.rater_agreement_agg("any", "any", "any") IS
'The same for other types: units and raters become text; integers, floating-point numbers and booleans stay what they are as labels, and have an order, others become text. Not computed in parallel; cast all three to text for that.';

CREATE AGGREGATE aidataops.rater_agreement_agg(unit "any", rater "any", label "any", labelled_at "any") (
    SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.rater_agreement_agg("any", "any", "any", "any") IS
'The same with the time of each label (timestamp, date or integer; may be NULL), so that duplicates => ''first'' and ''last'' can be asked for, whatever the order of rows.';

CREATE AGGREGATE aidataops.agreement_between_agg(unit text, rater_group text, label text) (
    SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, COMBINEFUNC = aidataops._rater_agreement_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.agreement_between_agg(text, text, text) IS
'Which labels each group of raters (vendors, teams, versions of a guideline) gave to each unit, for agreement_between(). A group may give a unit any number of labels. Rows with a NULL are skipped; of no rows it is [], not NULL. An error beyond 256 MB, which is some millions of labels: then use agreement_agg(), which does not tell raters apart, or a sample of units.';

CREATE AGGREGATE aidataops.agreement_between_agg(unit "any", rater_group "any", label "any") (
    SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement, INITCOND = '[]',
    FINALFUNC = aidataops._rater_agreement_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.agreement_between_agg("any", "any", "any") IS
'The same for other types: units and rater_groups become text; integers, floating-point numbers and booleans stay what they are as labels, and have an order, others become text. Not computed in parallel; cast all three to text for that.';

-- reading: coefficients

CREATE FUNCTION aidataops.conger_kappa(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error') RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'rater_agreement_conger_kappa';
COMMENT ON FUNCTION aidataops.conger_kappa(aidataops.rater_agreement, "any", "any", text) IS
'Conger''s kappa: agreement beyond what the shares of each rater would give; of two raters with all units in common Cohen''s kappa. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. NULL where it is undefined: coefficients() says why. Conger (1980); with missing labels as in Gwet (2014).';

CREATE FUNCTION aidataops.light_kappa(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error') RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'rater_agreement_light_kappa';
COMMENT ON FUNCTION aidataops.light_kappa(aidataops.rater_agreement, "any", "any", text) IS
'Light''s kappa: the mean of Cohen''s kappa over all pairs of raters, each on the units that both labelled; pairs for which it is undefined are left out. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. NULL where no pair has a kappa. An error beyond 20 million pairs of labels. Light (1971).';

CREATE FUNCTION aidataops.coefficients(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, level text DEFAULT 'nominal',
    confidence double precision DEFAULT 0.95, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error',
    OUT name text, OUT value double precision, OUT se double precision, OUT ci_lower double precision, OUT ci_upper double precision,
    OUT p_value double precision, OUT pa double precision, OUT pe double precision, OUT n_units bigint, OUT n_units_pairable bigint,
    OUT n_raters bigint, OUT n_labels bigint, OUT n_categories integer, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 6 AS 'MODULE_PATHNAME', 'rater_agreement_coefficients';
COMMENT ON FUNCTION aidataops.coefficients(aidataops.rater_agreement, "any", text, double precision, "any", text) IS
'All coefficients, a row each: those of coefficients(agreement), and conger_kappa. Columns as there, but n_raters is the number of raters, and status may be one_rater. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. No rows for NULL.';

-- reading: who and what is off

CREATE FUNCTION aidataops.agreement_by_rater(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error',
    OUT rater text, OUT n_labels bigint, OUT n_units_shared bigint, OUT agreement double precision, OUT se double precision,
    OUT expected double precision, OUT kappa double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.agreement_by_rater(aidataops.rater_agreement, "any", "any", text) IS
'Each rater against the rest, a row each: over the units that somebody else labelled too, the mean share of the others'' labels that agree with his, its standard error, what it would be by chance from what he and the others use there, and kappa of both. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. status is ok, no_pairable_units, single_category or undefined. An error if weights need an order that is not declared. No rows for NULL.';

CREATE FUNCTION aidataops.agreement_matrix(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error',
    OUT rater_a text, OUT rater_b text, OUT n_units bigint, OUT agreement double precision, OUT expected double precision,
    OUT kappa double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.agreement_matrix(aidataops.rater_agreement, "any", "any", text) IS
'Rater by rater, a row for each two with a unit in common: how many units both labelled, the share that they agree on, what it would be by chance, and Cohen''s kappa. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. An error if weights need an order that is not declared, and beyond 20 million pairs of labels. No rows for NULL.';

CREATE FUNCTION aidataops.worst_units(labels aidataops.rater_agreement, n integer DEFAULT 10, weights "any" DEFAULT 'identity'::text, categories "any" DEFAULT 'observed'::text, duplicates text DEFAULT 'error',
    OUT unit text, OUT agreement double precision, OUT n_labels bigint, OUT given aidataops.label_counts)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.worst_units(aidataops.rater_agreement, integer, "any", "any", text) IS
'The n units that are agreed on least, of those with two labels or more: the share of their pairs of labels that agree, how many labels they have, and which. Least agreement first, then most labels. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. duplicates, when a rater labelled a unit more than once: ''error'', ''first'' or ''last'' by time, or ''count'' all. An error if weights need an order that is not declared. Over many units rather ORDER BY unit_agreement(label_counts). No rows for NULL.';

CREATE FUNCTION aidataops.agreement_between(labels aidataops.rater_agreement, weights "any" DEFAULT 'identity'::text, confidence double precision DEFAULT 0.95,
    categories "any" DEFAULT 'observed'::text,
    OUT group_a text, OUT group_b text, OUT n_units bigint, OUT within_a double precision, OUT within_b double precision,
    OUT "between" double precision, OUT difference double precision, OUT se double precision, OUT ci_lower double precision,
    OUT ci_upper double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.agreement_between(aidataops.rater_agreement, "any", double precision, "any") IS
'Groups of raters two by two: do they agree with each other as they agree among themselves? within_a and within_b are the mean agreement of two labels of one group, between of one label of each, over units that have them; difference is between less the mean of the two (of the one there is), with a standard error by linearisation over units and an interval by the t distribution. Below zero for certain, groups mean different things by the labels. status is ok, or no_pairable_units where there is no difference. weights: ''identity'', ''linear'', ''quadratic'', ''ordinal'' (Gwet''s), ''radical'', ''ratio'', ''circular'', ''bipolar'', or a square matrix. categories: ''observed'', an array in its order, or an enum type as regtype. An error beyond 200 groups. No rows for NULL.';
