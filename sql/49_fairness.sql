-- fairness: rates of groups compared (docs/fairness.md, src/fairness)

CREATE TYPE aidataops.group_counts;

CREATE FUNCTION aidataops.group_counts_in(cstring) RETURNS aidataops.group_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.group_counts_out(aidataops.group_counts) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.group_counts_recv(internal) RETURNS aidataops.group_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.group_counts_send(aidataops.group_counts) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.group_counts_in(cstring) IS 'Text input of group_counts.';
COMMENT ON FUNCTION aidataops.group_counts_out(aidataops.group_counts) IS 'Text output of group_counts.';
COMMENT ON FUNCTION aidataops.group_counts_recv(internal) IS 'Binary input of group_counts.';
COMMENT ON FUNCTION aidataops.group_counts_send(aidataops.group_counts) IS 'Binary output of group_counts.';

CREATE TYPE aidataops.group_counts (
    INPUT = aidataops.group_counts_in,
    OUTPUT = aidataops.group_counts_out,
    RECEIVE = aidataops.group_counts_recv,
    SEND = aidataops.group_counts_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.group_counts IS
'Predictions and outcomes counted by group: for each group how many rows were selected or not, and rightly or not where the outcome is known. Counts are exact, so parts are merged exactly by rollup(). Written group_counts1: and hexadecimal digits; read it by group_rates(), selection_rates(), demographic_parity_difference(), demographic_parity_ratio(), equal_opportunity_difference(), equalized_odds_difference() and false_positive_rate_difference().';

-- building

CREATE FUNCTION aidataops._group_counts_accum(aidataops.group_counts, group_name text, predicted boolean) RETURNS aidataops.group_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'group_counts_accum';
CREATE FUNCTION aidataops._group_counts_accum(aidataops.group_counts, group_name text, predicted boolean, actual boolean) RETURNS aidataops.group_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'group_counts_accum';
CREATE FUNCTION aidataops._group_counts_combine(aidataops.group_counts, aidataops.group_counts) RETURNS aidataops.group_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'group_counts_combine';
COMMENT ON FUNCTION aidataops._group_counts_accum(aidataops.group_counts, text, boolean) IS 'Internal: counts a prediction.';
COMMENT ON FUNCTION aidataops._group_counts_accum(aidataops.group_counts, text, boolean, boolean) IS 'Internal: counts a prediction and its outcome.';
COMMENT ON FUNCTION aidataops._group_counts_combine(aidataops.group_counts, aidataops.group_counts) IS 'Internal: adds the counts of both.';

CREATE AGGREGATE aidataops.group_counts_agg(group_name text, predicted boolean) (
    SFUNC = aidataops._group_counts_accum, STYPE = aidataops.group_counts, INITCOND = 'group_counts1:0100000000',
    COMBINEFUNC = aidataops._group_counts_combine, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.group_counts_agg(group_name text, predicted boolean, actual boolean) (
    SFUNC = aidataops._group_counts_accum, STYPE = aidataops.group_counts, INITCOND = 'group_counts1:0100000000',
    COMBINEFUNC = aidataops._group_counts_combine, PARALLEL = SAFE
);
CREATE AGGREGATE aidataops.rollup(group_counts aidataops.group_counts) (
    SFUNC = aidataops._group_counts_combine, STYPE = aidataops.group_counts, INITCOND = 'group_counts1:0100000000',
    COMBINEFUNC = aidataops._group_counts_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.group_counts_agg(text, boolean) IS
'Counts decisions by group: SELECT group_counts_agg(sex, score > 0.5) FROM applicant. predicted: whether the row was selected. Rows with a NULL group or prediction are skipped; of no rows it is a value without groups. Does not depend on order or plan. An error beyond 10,000 groups.';
COMMENT ON AGGREGATE aidataops.group_counts_agg(text, boolean, boolean) IS
'Counts decisions and outcomes by group. actual: what turned out to be true; where it is NULL the row counts for selection rates only. Otherwise as without it.';
COMMENT ON AGGREGATE aidataops.rollup(aidataops.group_counts) IS
'Counts of the union (with duplicates) of parts, from the counts of the parts; exactly those of the whole. NULLs are skipped; of no rows it is a value without groups.';

-- reading

CREATE FUNCTION aidataops.group_rates(counts aidataops.group_counts, min_group_size bigint DEFAULT 30, confidence double precision DEFAULT 0.95,
                                      OUT group_name text, OUT rate text, OUT n bigint, OUT n_cases bigint, OUT value double precision,
                                      OUT ci_lower double precision, OUT ci_upper double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 30 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.group_rates(aidataops.group_counts, bigint, double precision) IS
'All rates of all groups, one row a group (in byte order) and rate. selection_rate: selected of all; true_positive_rate and false_negative_rate: selected and not selected of those that are actually positive; false_positive_rate: selected of those that are not; precision: actually positive of those selected; base_rate: actually positive of all whose outcome is known. n: of how many; n_cases: how many; value with its Wilson (1927) interval. Where n is below min_group_size they are NULL and status is too_small, or no_rows; else ok. An error if min_group_size is below 1 or confidence not between 0 and 1. No rows for NULL.';

CREATE FUNCTION aidataops.selection_rates(counts aidataops.group_counts, min_group_size bigint DEFAULT 30, confidence double precision DEFAULT 0.95,
                                          OUT group_name text, OUT n bigint, OUT n_selected bigint, OUT selection_rate double precision,
                                          OUT ci_lower double precision, OUT ci_upper double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.selection_rates(aidataops.group_counts, bigint, double precision) IS
'How many of each group were selected, one row a group, in byte order, with a Wilson (1927) interval. Where n is below min_group_size the rest is NULL and status is too_small. Errors and NULL as group_rates().';

CREATE FUNCTION aidataops.demographic_parity_difference(counts aidataops.group_counts, min_group_size bigint DEFAULT 30) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.demographic_parity_difference(aidataops.group_counts, bigint) IS
'Greatest less least selection rate of all groups; 0 is parity. Groups of fewer than min_group_size rows are left out; NULL if fewer than two are left, or for NULL. An error if min_group_size is below 1.';
CREATE FUNCTION aidataops.demographic_parity_ratio(counts aidataops.group_counts, min_group_size bigint DEFAULT 30) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.demographic_parity_ratio(aidataops.group_counts, bigint) IS
'Least over greatest selection rate of all groups, the impact ratio of the four-fifths rule (29 CFR 1607.4 D): below 0.8 is taken as evidence of adverse impact. 1 is parity. NULL also if nobody is selected. Groups, NULL and errors as demographic_parity_difference().';
CREATE FUNCTION aidataops.equal_opportunity_difference(counts aidataops.group_counts, min_group_size bigint DEFAULT 30) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.equal_opportunity_difference(aidataops.group_counts, bigint) IS
'Greatest less least true positive rate of all groups (Hardt, Price and Srebro 2016); 0 is equal opportunity. Groups with fewer than min_group_size actual positives are left out; otherwise as demographic_parity_difference().';
CREATE FUNCTION aidataops.false_positive_rate_difference(counts aidataops.group_counts, min_group_size bigint DEFAULT 30) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.false_positive_rate_difference(aidataops.group_counts, bigint) IS
'Greatest less least false positive rate of all groups. Groups with fewer than min_group_size actual negatives are left out; otherwise as demographic_parity_difference().';
CREATE FUNCTION aidataops.equalized_odds_difference(counts aidataops.group_counts, min_group_size bigint DEFAULT 30) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.equalized_odds_difference(aidataops.group_counts, bigint) IS
'The greater of equal_opportunity_difference() and false_positive_rate_difference() (Hardt, Price and Srebro 2016); 0 is equalized odds. NULL if either is.';
