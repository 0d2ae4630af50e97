-- two-sample tests: is the current sample from the distribution of the reference? (src/drift/two_sample.c)

CREATE TYPE aidataops.two_sample_result AS (
    n_reference bigint,
    n_current bigint,
    ks_statistic float8,
    ks_p_value float8,
    ks_p_value_asymptotic float8,
    cvm_statistic float8,
    cvm_p_value float8,
    ad_statistic float8,
    ad_p_value float8,
    mwu_statistic float8,
    mwu_p_value float8,
    wasserstein float8,
    energy float8,
    auc float8,
    status text
);

COMMENT ON TYPE aidataops.two_sample_result IS
'Tests and distances between a reference and a current sample, made by two_sample_agg(). Its columns have comments of their own; two_sample_tests() shows the tests as rows. What does not exist is NULL, and status says why.';
COMMENT ON COLUMN aidataops.two_sample_result.n_reference IS 'Number of reference values, without NULL and NaN.';
COMMENT ON COLUMN aidataops.two_sample_result.n_current IS 'Number of current values, without NULL and NaN.';
COMMENT ON COLUMN aidataops.two_sample_result.ks_statistic IS 'Kolmogorov-Smirnov distance D: the greatest difference of the two distribution functions, between 0 and 1.';
COMMENT ON COLUMN aidataops.two_sample_result.ks_p_value IS
'Two-sided p-value of D: exact (Gnedenko and Korolyuk 1951; Hodges 1958, Viehmann 2021), with ties conditional on them (Schroer and Trenkler 1995); where that would take long (beyond some 100000 values in samples of different sizes), ks_p_value_asymptotic. Status says which.';
COMMENT ON COLUMN aidataops.two_sample_result.ks_p_value_asymptotic IS
'Two-sided p-value of D by the exact law of one sample of round(n m / (n + m)) values (Simard and L''Ecuyer 2011). Ignores ties, which makes it too large rather than too small.';
COMMENT ON COLUMN aidataops.two_sample_result.cvm_statistic IS 'Cramér-von Mises statistic T (Anderson 1962, eq. 1); across equal values the distribution functions are taken as linear, which without ties is his T, and with ties keeps it from growing with them, as his rank formula would. NULL when all values are equal.';
COMMENT ON COLUMN aidataops.two_sample_result.cvm_p_value IS
'P-value of T: exact while neither sample has more than 20 values (Xiao, Gordon and Yakovlev 2007), with ties conditional on them; else by the limit (Csörgő and Faraway 1996, Smirnov 1936), which ignores ties and with many of them is too large rather than too small.';
COMMENT ON COLUMN aidataops.two_sample_result.ad_statistic IS 'Anderson-Darling statistic of two samples with midranks, minus its mean, over its standard deviation (Scholz and Stephens 1987, eq. 4 and 7). NULL for fewer than 4 values, or when all are equal.';
COMMENT ON COLUMN aidataops.two_sample_result.ad_p_value IS
'P-value of the Anderson-Darling statistic, interpolated in the table of Scholz and Stephens (1987), which ends at 0.001 and 0.25: beyond, it is the end, and status says "at most" or "at least". The table ignores ties, and with many of them the p-value is too small: of samples from one distribution on five values 9 in 100 have p < 0.05.';
COMMENT ON COLUMN aidataops.two_sample_result.mwu_statistic IS 'Mann-Whitney U of the reference: the number of pairs in which the reference value is the greater one, equal ones counted 1/2.';
COMMENT ON COLUMN aidataops.two_sample_result.mwu_p_value IS
'Two-sided p-value of U: exact without ties while the smaller sample has at most 8 values (Mann and Whitney 1947); else by the normal law, corrected for ties and with continuity 1/2.';
COMMENT ON COLUMN aidataops.two_sample_result.wasserstein IS 'Wasserstein distance of order 1, in the unit of the values: the area between the two distribution functions. NULL with infinite values.';
COMMENT ON COLUMN aidataops.two_sample_result.energy IS 'Energy distance (Székely and Rizzo 2013): the square root of twice the integral of the squared difference of the distribution functions. NULL with infinite values.';
COMMENT ON COLUMN aidataops.two_sample_result.auc IS 'Probability that a current value is greater than a reference value, equal ones counted 1/2: 0.5 is no shift.';
COMMENT ON COLUMN aidataops.two_sample_result.status IS
'First "ok", "no values", "no reference values", "no current values" or "all values equal"; then, each after a semicolon, how every p-value was computed and what was left out.';

CREATE FUNCTION aidataops.two_sample_accum(internal, float8, boolean) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.two_sample_final(internal) RETURNS aidataops.two_sample_result
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.two_sample_accum(internal, float8, boolean) IS 'Transition of two_sample_agg(float8, boolean): keeps a value for sorting.';
COMMENT ON FUNCTION aidataops.two_sample_final(internal) IS 'Final function, support of two_sample_agg(float8, boolean): sorts, and tests.';

CREATE AGGREGATE aidataops.two_sample_agg(value float8, is_current boolean) (
    SFUNC = aidataops.two_sample_accum, STYPE = internal, SSPACE = 16384,
    FINALFUNC = aidataops.two_sample_final, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.two_sample_agg(float8, boolean) IS
'Tests whether two samples come from one distribution, and measures how far apart they are: Kolmogorov-Smirnov, Cramér-von Mises, Anderson-Darling, Mann-Whitney, Wasserstein and energy distance, AUC. SELECT * FROM two_sample_tests((SELECT two_sample_agg(x, day = current_date) FROM t)). All from one sort, in memory up to work_mem and on disk beyond it. is_current says which sample a value belongs to; rows where either argument is NULL are skipped. NaN is left out and counted in status; infinite values take part in everything but the two distances, which are NULL then. For an empty sample there is no statistic, for values that are all equal no p-value: NULL, and status says so. An error for more than 2147483646 values.';

CREATE FUNCTION aidataops._anderson_darling_effect(statistic float8, n_reference bigint, n_current bigint) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'anderson_darling_effect';
COMMENT ON FUNCTION aidataops._anderson_darling_effect(float8, bigint, bigint) IS
'Internal: the standardized Anderson-Darling statistic turned into what does not grow with the samples, the integral of (F - G)^2 / (H (1 - H)) over H, the distribution function of both together.';

CREATE FUNCTION aidataops.two_sample_tests(result aidataops.two_sample_result)
RETURNS TABLE (method text, statistic float8, p_value float8, effect_size float8, status text)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 4
BEGIN ATOMIC
    SELECT t.method, t.statistic, t.p_value, t.effect_size,
           coalesce(substring((result).status FROM '; ' || t.code || ' ([^;]*)'), split_part((result).status, ';', 1))
      FROM (VALUES
        ('kolmogorov_smirnov', 'ks', (result).ks_statistic, (result).ks_p_value, (result).ks_statistic),
        ('cramer_von_mises', 'cvm', (result).cvm_statistic, (result).cvm_p_value,
         (result).cvm_statistic * (1 / nullif((result).n_reference, 0)::float8 + 1 / nullif((result).n_current, 0)::float8)
         - 1 / (6 * nullif((result).n_reference, 0)::float8 * nullif((result).n_current, 0)::float8)),
        ('anderson_darling', 'ad', (result).ad_statistic, (result).ad_p_value,
         aidataops._anderson_darling_effect((result).ad_statistic, (result).n_reference, (result).n_current)),
        ('mann_whitney', 'mwu', (result).mwu_statistic, (result).mwu_p_value, 2 * (result).auc - 1)
      ) AS t (method, code, statistic, p_value, effect_size);
END;
COMMENT ON FUNCTION aidataops.two_sample_tests(aidataops.two_sample_result) IS
'The tests of a two_sample_result, one row each: kolmogorov_smirnov, cramer_von_mises, anderson_darling, mann_whitney. effect_size does not grow with the samples: D; the integral of the squared difference of the distribution functions; the same weighted as Anderson and Darling do; Cliff''s delta, positive when current values are greater. status says how the p-value was computed, or why there is none. No rows for NULL.';
