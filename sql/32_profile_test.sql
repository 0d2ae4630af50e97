-- Tests of two profiles: are the samples of one distribution? (docs/drift.md, src/drift/profile_test.c)

CREATE FUNCTION aidataops.chi2_test(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile')
    RETURNS TABLE (statistic float8, p_value float8, df float8, effect_size float8, n_reference bigint, n_current bigint, method text, status text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.chi2_test(aidataops.profile, aidataops.profile, integer, text) IS
'Pearson''s chi-square test of homogeneity of two samples, over bins as psi() has them, NULL among them, one row. effect_size: Cramer''s V as cramers_v(). No continuity correction, so with two bins it is the square of two_proportion_test(). status: ok, small_expected (more than a fifth of the cells expect fewer than 5, Cochran 1954: the p-value is rough), single_bin and insufficient_data (then without values). The p-value holds for samples that share no rows. No row for NULL.';

CREATE FUNCTION aidataops.chi2_p_value(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.chi2_p_value(aidataops.profile, aidataops.profile, integer, text) IS 'The p-value of chi2_test(), for SELECT, HAVING and ORDER BY. NULL where it has none, and for NULL.';

CREATE FUNCTION aidataops.g_test(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile')
    RETURNS TABLE (statistic float8, p_value float8, df float8, effect_size float8, n_reference bigint, n_current bigint, method text, status text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.g_test(aidataops.profile, aidataops.profile, integer, text) IS
'Likelihood-ratio test of homogeneity of two samples, G = 2 sum O ln(O / E), over bins as psi() has them, one row; columns, status and NULLs as chi2_test().';

CREATE FUNCTION aidataops.g_p_value(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.g_p_value(aidataops.profile, aidataops.profile, integer, text) IS 'The p-value of g_test(), for SELECT, HAVING and ORDER BY. NULL where it has none, and for NULL.';

CREATE FUNCTION aidataops.t_test(reference aidataops.profile, current aidataops.profile, equal_variances boolean DEFAULT false)
    RETURNS TABLE (statistic float8, p_value float8, df float8, effect_size float8, n_reference bigint, n_current bigint, method text, status text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.t_test(aidataops.profile, aidataops.profile, boolean) IS
'Welch''s t-test of the means of two samples, two-sided, from exact sums of the finite values, one row; Student''s with equal_variances. statistic is positive if the current mean is greater. effect_size: cohens_d(). status: ok, insufficient_data (fewer than two values), no_spread, overflow (means or spread beyond a double), not_numeric (then without values). The p-value holds for samples that share no rows. No row for NULL.';

CREATE FUNCTION aidataops.t_p_value(reference aidataops.profile, current aidataops.profile, equal_variances boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.t_p_value(aidataops.profile, aidataops.profile, boolean) IS 'The p-value of t_test(), for SELECT, HAVING and ORDER BY. NULL where it has none, and for NULL.';

CREATE FUNCTION aidataops.two_proportion_test(reference aidataops.profile, current aidataops.profile, value text DEFAULT 'true')
    RETURNS TABLE (statistic float8, p_value float8, df float8, effect_size float8, n_reference bigint, n_current bigint, method text, status text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.two_proportion_test(aidataops.profile, aidataops.profile, text) IS
'Tests the share of one category in two samples, a z-test, pooled, two-sided, without continuity correction, one row. value: the category, as text. NULLs are left out. effect_size: Cohen''s h (1988). status: ok, no_spread (all or none in both), insufficient_data, not_categorical, too_many_categories (beyond 4096 they are not known one by one; then without values). No row for NULL.';

CREATE FUNCTION aidataops.two_proportion_p_value(reference aidataops.profile, current aidataops.profile, value text DEFAULT 'true') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.two_proportion_p_value(aidataops.profile, aidataops.profile, text) IS 'The p-value of two_proportion_test(), for SELECT, HAVING and ORDER BY. NULL where it has none, and for NULL.';
