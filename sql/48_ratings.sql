-- ratings: numbers that raters gave (docs/reliability.md, src/ratings)

CREATE TYPE aidataops.ratings;

CREATE FUNCTION aidataops.ratings_in(cstring) RETURNS aidataops.ratings
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ratings_out(aidataops.ratings) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ratings_recv(internal) RETURNS aidataops.ratings
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ratings_send(aidataops.ratings) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.ratings_in(cstring) IS 'Text input of ratings.';
COMMENT ON FUNCTION aidataops.ratings_out(aidataops.ratings) IS 'Text output of ratings.';
COMMENT ON FUNCTION aidataops.ratings_recv(internal) IS 'Binary input of ratings.';
COMMENT ON FUNCTION aidataops.ratings_send(aidataops.ratings) IS 'Binary output of ratings.';

CREATE TYPE aidataops.ratings (
    INPUT = aidataops.ratings_in,
    OUTPUT = aidataops.ratings_out,
    RECEIVE = aidataops.ratings_recv,
    SEND = aidataops.ratings_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.ratings IS
'Numbers that raters gave to units, in canonical order. Written ratings1: and hexadecimal digits; read it by icc(), icc_forms(), kendall_w(), kendall_w_test(), kendall_tau_b() and kendall_tau_b_test().';

-- building

CREATE FUNCTION aidataops._ratings_accum(internal, unit text, rater text, value double precision) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'ratings_accum';
CREATE FUNCTION aidataops._ratings_final(internal) RETURNS aidataops.ratings
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'ratings_final';
COMMENT ON FUNCTION aidataops._ratings_accum(internal, text, text, double precision) IS 'Internal: keeps a rating.';
COMMENT ON FUNCTION aidataops._ratings_final(internal) IS 'Internal: final of ratings_agg().';

CREATE AGGREGATE aidataops.ratings_agg(unit text, rater text, value double precision) (
    SFUNC = aidataops._ratings_accum, STYPE = internal, SSPACE = 65536,
    FINALFUNC = aidataops._ratings_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.ratings_agg(text, text, double precision) IS
'Ratings of units by raters: SELECT icc(ratings_agg(essay, judge, points)) FROM judgement. Rows with a NULL are skipped; NULL of no rows. An error if a rater rated a unit twice, or for NaN and infinity. Does not depend on the order of rows. A rating takes 16 bytes of memory beside the names: an error beyond aidataops.max_state_memory.';

-- reading

CREATE FUNCTION aidataops.icc(ratings aidataops.ratings, form text DEFAULT 'ICC2') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.icc(aidataops.ratings, text) IS
'Intraclass correlation (Shrout and Fleiss 1979). form: ICC1, each unit has raters of its own; ICC2, all units have the same raters, a sample of many; ICC3, these raters are all there are; ICC1k, ICC2k, ICC3k, of the mean of the raters. Units that some rater did not rate are left out. NULL with fewer than two raters or units, without variance, for ICC1k and ICC3k of units with equal means, or for NULL. An error for another form.';
CREATE FUNCTION aidataops.icc_forms(ratings aidataops.ratings, confidence double precision DEFAULT 0.95, OUT form text, OUT value double precision,
                                    OUT ci_lower double precision, OUT ci_upper double precision, OUT f double precision, OUT df1 double precision, OUT df2 double precision,
                                    OUT p_value double precision, OUT n_units bigint, OUT n_units_dropped bigint, OUT n_raters bigint, OUT status text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 6 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.icc_forms(aidataops.ratings, double precision) IS
'All six forms of intraclass correlation (Shrout and Fleiss 1979), one row a form, with intervals from F (McGraw and Wong 1996; those of means follow by Spearman and Brown) and the F test that it is 0. n_units_dropped: left out because some rater did not rate them. status: ok, one_rater, too_few_units (less than two), no_variance, equal_means (the units'' means do not differ, and the form divides by how much they do); values are NULL unless ok, intervals also where raters agree exactly, or where one of their ends does not exist. An error if confidence is not between 0 and 1. No rows for NULL.';
CREATE FUNCTION aidataops.kendall_w(ratings aidataops.ratings) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.kendall_w(aidataops.ratings) IS
'Coefficient of concordance of rankings, corrected for ties (Kendall and Babington Smith 1939). 0 is no agreement, 1 the same ranking by all. Only the order of a rater''s values matters. Units that some rater did not rate are left out. NULL with fewer than two raters or units, if every rater ties all, or for NULL.';
CREATE FUNCTION aidataops.kendall_w_test(ratings aidataops.ratings, OUT w double precision, OUT chi2 double precision, OUT df double precision, OUT p_value double precision,
                                         OUT n_units bigint, OUT n_units_dropped bigint, OUT n_raters bigint, OUT status text)
    RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.kendall_w_test(aidataops.ratings) IS
'Kendall''s W with Friedman''s test that rankings are unrelated, in one row: chi2 = raters (units - 1) W, which is too cautious for fewer than about 8 units. status: ok, one_rater, too_few_units, no_variance. NULL for NULL.';
CREATE FUNCTION aidataops.kendall_tau_b(ratings aidataops.ratings, rater_a text, rater_b text) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.kendall_tau_b(aidataops.ratings, text, text) IS
'Rank correlation of two raters, with ties (Kendall 1945), over the units that both rated. -1 is opposite, 0 unrelated, 1 the same order. NULL with fewer than two units, if a rater ties all, or for NULL. An error for a rater without ratings.';
CREATE FUNCTION aidataops.kendall_tau_b_test(ratings aidataops.ratings, rater_a text, rater_b text, OUT tau_b double precision, OUT z double precision,
                                             OUT p_value double precision, OUT n_units bigint, OUT status text)
    RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.kendall_tau_b_test(aidataops.ratings, text, text) IS
'Kendall''s tau-b with the two-sided test that rankings are unrelated, in one row; normal approximation with ties (Kendall 1970), not for fewer than about 10 units. status: ok, too_few_units, no_variance. NULL and errors as kendall_tau_b().';
