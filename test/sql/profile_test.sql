-- Tests of two profiles against published values and other tools.
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.near(a float8, b float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean LANGUAGE sql AS 'SELECT abs(a - b) <= tolerance * greatest(abs(b), 1)';
CREATE FUNCTION pg_temp.counts(VARIADIC n int[]) RETURNS profile LANGUAGE sql AS
    'SELECT profile_agg(chr(64 + c.i::int)) FROM unnest(n) WITH ORDINALITY AS c (n, i), generate_series(1, c.n)';
-- a sample of a given size, mean and standard deviation
CREATE FUNCTION pg_temp.sample(mean float8, sd float8, n int) RETURNS profile LANGUAGE sql AS
    'SELECT profile_agg(mean + (i - (n + 1) / 2.0) / sqrt((n * n - 1) / 12.0 * n / (n - 1.0)) * sd) FROM generate_series(1, n) AS i';

-- scipy's chi2_contingency of [[10, 10, 20], [20, 20, 20]], Pearson and log-likelihood
SELECT pg_temp.near(statistic, 2.7777777777777777), pg_temp.near(p_value, 0.24935220877729619), df, n_reference, n_current, method, status
  FROM chi2_test(pg_temp.counts(10, 10, 20), pg_temp.counts(20, 20, 20));
SELECT pg_temp.near(statistic, 2.7688587616781319), pg_temp.near(p_value, 0.25046668010954165), df, method FROM g_test(pg_temp.counts(10, 10, 20), pg_temp.counts(20, 20, 20));
-- SAS by way of scipy: samples given by mean, standard deviation and size
SELECT pg_temp.near(-statistic, 0.9051358093310269, 1e-10), pg_temp.near(p_value, 0.3751996797581487, 1e-10), df, method
  FROM t_test(pg_temp.sample(15, sqrt(87.5), 13), pg_temp.sample(12, sqrt(39), 11), equal_variances => true);
-- the same by Welch: scipy's ttest_ind_from_stats(15, sqrt(87.5), 13, 12, sqrt(39), 11, equal_var=False)
SELECT pg_temp.near(-statistic, 0.9358461935556048, 1e-10), pg_temp.near(p_value, 0.3599981869394687, 1e-9), round(df::numeric, 6) AS df, method
  FROM t_test(pg_temp.sample(15, sqrt(87.5), 13), pg_temp.sample(12, sqrt(39), 11));
-- Scholz and Stephens' laboratories a and b, as Evidently's tests have them: p = .084
SELECT round(p_value::numeric, 3) FROM t_test((SELECT profile_agg(x) FROM unnest('{38.7,41.5,43.8,44.5,45.5,46.0,47.7,58.0}'::float8[]) AS x),
                                             (SELECT profile_agg(x) FROM unnest('{39.2,39.3,39.7,41.4,41.8,42.9,43.3,45.8}'::float8[]) AS x), equal_variances => true);
-- proportions: 40 of 100 against 60 of 100; z^2 is the chi-square of the table
SELECT pg_temp.near(statistic, 2 * sqrt(2)), pg_temp.near(p_value, 0.004677734981047266, 1e-10), pg_temp.near(effect_size, 2 * asin(sqrt(.6)) - 2 * asin(sqrt(.4))), status
  FROM two_proportion_test(pg_temp.counts(40, 60), pg_temp.counts(60, 40), 'A');
SELECT pg_temp.near(z.statistic ^ 2, c.statistic), pg_temp.near(z.p_value, c.p_value)
  FROM two_proportion_test(pg_temp.counts(40, 60), pg_temp.counts(60, 40), 'B') AS z, chi2_test(pg_temp.counts(40, 60), pg_temp.counts(60, 40)) AS c;
SELECT round(statistic::numeric, 3) AS z FROM two_proportion_test((SELECT profile_agg(i <= 30) FROM generate_series(1, 100) AS i), (SELECT profile_agg(i <= 45) FROM generate_series(1, 100) AS i));
-- NULLs are a bin
SELECT df, p_value < 1e-6 AS seen FROM chi2_test((SELECT profile_agg(1) FROM generate_series(1, 100)), (SELECT profile_agg(CASE WHEN i > 30 THEN 1 END) FROM generate_series(1, 100) AS i));
-- scalars are the same
SELECT chi2_p_value(a, b) = (SELECT p_value FROM chi2_test(a, b)), g_p_value(a, b) = (SELECT p_value FROM g_test(a, b)), two_proportion_p_value(a, b, 'A') = (SELECT p_value FROM two_proportion_test(a, b, 'A'))
  FROM (SELECT pg_temp.counts(10, 20) AS a, pg_temp.counts(20, 25) AS b) AS s;
SELECT t_p_value(a, b) = (SELECT p_value FROM t_test(a, b)) FROM (SELECT pg_temp.sample(1, 1, 10) AS a, pg_temp.sample(2, 3, 20) AS b) AS s;
-- degenerate: NULL and a reason
SELECT 'same value' AS sample, c.statistic, c.p_value, c.status FROM chi2_test(pg_temp.counts(5), pg_temp.counts(7)) AS c
UNION ALL SELECT 'empty', c.statistic, c.p_value, c.status FROM chi2_test(pg_temp.counts(5), (SELECT profile_agg(NULL::text) FILTER (WHERE false))) AS c
UNION ALL SELECT 'few', round(c.statistic::numeric, 6), round(c.p_value::numeric, 6), c.status FROM chi2_test(pg_temp.counts(1, 2, 3), pg_temp.counts(3, 2, 1)) AS c
UNION ALL SELECT 'one each', t.statistic, t.p_value, t.status FROM t_test((SELECT profile_agg(1.0)), (SELECT profile_agg(2.0))) AS t
UNION ALL SELECT 'constant', t.statistic, t.p_value, t.status FROM t_test((SELECT profile_agg(1) FROM generate_series(1, 3)), (SELECT profile_agg(2) FROM generate_series(1, 3))) AS t
UNION ALL SELECT 'text', t.statistic, t.p_value, t.status FROM t_test(pg_temp.counts(1, 2), pg_temp.counts(2, 1)) AS t
UNION ALL SELECT 'none of it', t.statistic, t.p_value, t.status FROM two_proportion_test(pg_temp.counts(1, 2), pg_temp.counts(2, 1), 'Z') AS t
UNION ALL SELECT 'number', t.statistic, t.p_value, t.status FROM two_proportion_test(pg_temp.sample(1, 1, 10), pg_temp.sample(2, 3, 20)) AS t;
SELECT count(*) FROM chi2_test(NULL, pg_temp.counts(1));
SELECT * FROM chi2_test(pg_temp.counts(5), pg_temp.sample(1, 1, 3));
SELECT * FROM chi2_test(pg_temp.counts(5), pg_temp.counts(5), bins => 1);
SELECT * FROM t_test((SELECT profile_agg(ARRAY[1, 2]::real[])), (SELECT profile_agg(ARRAY[1, 2]::real[])));

-- the difference of the means is that of exact sums: by rational arithmetic (Python's fractions) t is 0.48545729967620965, and
-- the two means are one double
SELECT pg_temp.near(t.statistic, 0.48545729967620965) AS exact, t.status, mean(a) = mean(b) AS same_when_rounded, sign(cohens_d(a, b))
  FROM (SELECT profile_agg(1e15::float8 + (i % 10 < 3)::int) AS a, profile_agg(1e15::float8 + (i % 100 < 31)::int) AS b FROM generate_series(1, 1000) AS i) AS s, t_test(a, b) AS t;
-- squares of the values are beyond a double, t is not
SELECT x AS unit, pg_temp.near(t.statistic, 4.041451884327381) AS exact, round(t.df::numeric, 6) AS df, t.status
  FROM unnest('{1,1e200,1e300,1e-300}'::float8[]) AS x,
       t_test((SELECT profile_agg(v * x) FROM unnest('{1,2,4,3}'::float8[]) AS v), (SELECT profile_agg(v * x) FROM unnest('{5,7,6}'::float8[]) AS v)) AS t;
SELECT t.statistic, t.status FROM t_test((SELECT profile_agg(v) FROM unnest('{1.7e308,-1.7e308}'::float8[]) AS v), (SELECT profile_agg(v) FROM unnest('{1.7e308,1e308}'::float8[]) AS v)) AS t;
