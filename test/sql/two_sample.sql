-- two_sample_agg() and two_sample_tests(): published values, scipy's and R's, and every odd input.
CREATE SCHEMA two_sample;
SET search_path = two_sample, aidataops, public;

-- two samples given as arrays
CREATE FUNCTION two_samples(reference float8[], current float8[]) RETURNS two_sample_result LANGUAGE sql AS $$
    SELECT two_sample_agg(v, c) FROM (SELECT unnest(reference), false UNION ALL SELECT unnest(current), true) AS s (v, c)
$$;
CREATE FUNCTION close(got float8, expected float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(got = expected OR abs(got / nullif(expected, 0) - 1) <= tolerance, got IS NULL AND expected IS NULL)
$$;

-- what a person sees
SELECT n_reference, n_current, status FROM two_samples('{1,2,3,4,5}', '{3,4,5,6,7,8}');
SELECT method, statistic::numeric(10,6), p_value::numeric(10,6), effect_size::numeric(10,6), status
  FROM two_sample_tests(two_samples('{1,2,3,4,5}', '{3,4,5,6,7,8}'));
SELECT * FROM two_sample_tests(NULL);

-- published values: what, how it should be, whether it is
\pset format unaligned
\pset tuples_only on
CREATE TABLE golden (source text, reference float8[], current float8[], method text, expected_statistic float8, expected_p float8,
                     statistic_tolerance float8 DEFAULT 1e-12, p_tolerance float8 DEFAULT 1e-12);
INSERT INTO golden VALUES
    ('KS, scipy test_stats.py', '{0}', '{1}', 'kolmogorov_smirnov', 1, 1),
    ('KS, scipy test_stats.py', '{.99,1.99}', '{1,2,3}', 'kolmogorov_smirnov', 2/3.0, .6),
    ('KS, scipy test_stats.py', '{1.01,2.01}', '{1,2,3,4}', 'kolmogorov_smirnov', .5, 14/15.0),
    ('KS, scipy test_stats.py', (SELECT array_agg(1 + (i - 1)::float8) FROM generate_series(1, 100) AS i),
     (SELECT array_agg(1 + 99 * (i - 1) / 109::float8 + 20.1) FROM generate_series(1, 110) AS i),
     'kolmogorov_smirnov', 232/1100.0, .015739183865607353),
    ('KS given ties, R 4.2 ks.test', '{2,2,2,3,3,3,3,5,5,5,5,5,6,6,6,6}', '{3,3,3,4,4,4,4,6,6,6,6,6,7,7,7,7}',
     'kolmogorov_smirnov', 5/16.0, .198209883373495);
INSERT INTO golden VALUES
    ('CvM, Conover (1999) p. 460', '{7.6,8.4,8.6,8.7,9.3,9.9,10.1,10.6,11.2}',
     '{5.2,5.7,5.9,6.5,6.8,8.2,9.1,9.8,10.8,11.3,11.5,12.3,12.5,13.4,14.6}', 'cramer_von_mises', .262, .18, 1e-3 / .262, 1e-2 / .18);
INSERT INTO golden VALUES
    ('CvM exact, scipy 1.10', '{7.6,8.4,8.6,8.7,9.3,9.9,10.1,10.6,11.2}',
     '{5.2,5.7,5.9,6.5,6.8,8.2,9.1,9.8,10.8,11.3,11.5,12.3,12.5,13.4,14.6}', 'cramer_von_mises', .26157407407407407, .18675430438453725);
INSERT INTO golden VALUES
    ('AD, Evidently''s tests', '{38.7,41.5,43.8,44.5,45.5,46.0,47.7,58.0}', '{39.2,39.3,39.7,41.4,41.8,42.9,43.3,45.8}',
     'anderson_darling', NULL, .0635, NULL, 1e-3 / .0635);
INSERT INTO golden VALUES
    ('MWU exact, scipy''s documentation', '{19,22,16,29,24}', '{20,11,17,12}', 'mann_whitney', 17, 1/9.0);
SELECT source || ': ' || CASE WHEN (expected_statistic IS NULL OR close(t.statistic, expected_statistic, statistic_tolerance))
                               AND close(t.p_value, expected_p, p_tolerance) THEN 'as published'
                              ELSE format('%s %s', t.statistic, t.p_value) END
  FROM golden, two_sample_tests(two_samples(reference, current)) AS t WHERE t.method = golden.method;
SELECT 'W1, scipy: ' || wasserstein FROM two_samples('{0,1,3}', '{5,6,8}');
SELECT 'energy, scipy: ' || energy FROM two_samples('{0}', '{2}');
SELECT 'EMD of Deepchecks: ' || close(wasserstein, 50) FROM two_samples((SELECT array_agg(i) FROM generate_series(0, 99) AS i), (SELECT array_agg(i) FROM generate_series(50, 149) AS i));
-- Evidently's Mann-Whitney is one-sided and misses a shift downwards, with p = 1; two-sided it is 5e-15
SELECT 'MWU of a shift by -40: ' || to_char(mwu_p_value, '9.9EEEE') FROM two_samples((SELECT array_agg(i) FROM generate_series(0, 99) AS i), (SELECT array_agg(i - 40) FROM generate_series(0, 99) AS i));

-- Written by test/math/two_sample.py from scipy: statistics and p-values of KS (and asymptotic), CvM, AD, MWU; W1, energy, AUC
CREATE TABLE vector (name text, n int, m int, modulus bigint, scale float8, base float8, shift float8, expected float8[]);
INSERT INTO vector VALUES
    ('smooth', 400, 300, 1000003, 0.0009765625, 0.0, 11.0,
     ARRAY[0.055, 0.6595015614975313, 0.6583256983578045, 0.0449265873015873, 0.9081581668791748, -0.20839032942166558, 0.25, 58377.5, 0.5401270022382443, 11.798821614583336, 0.6044532927320507, 0.5135208333333333]),
    ('equal sizes', 500, 500, 1000003, 0.5, 0.0, 1000.0,
     ARRAY[0.034, 0.9351121874342835, 0.9251485115443341, 0.13768, 0.4300216848336618, -0.08082218816432428, 0.25, 119385.0, 0.2188991078920407, 11104.115, 23.237855408793642, 0.5224599999999999]),
    ('far apart', 150, 170, 10007, 0.25, 0.0, 1500.0,
     ARRAY[0.66, 2.0307546672385037e-33, 9.792380644565843e-35, 17.0918545751634, 1.7772285746834823e-38, 110.42078621235798, 0.001, 2082.0, 3.6527948166294514e-38, 1527.695588235294, 38.175144598662584, 0.9183529411764706]),
    ('one against many', 1, 90, 10007, 1.0, 0.0, 0.0,
     ARRAY[1.0, 0.021978021978021976, 0.0, 0.3315018315018315, 0.042436380025363755, 4.693036194294203, 0.004477866872832891, 0.0, 0.02197802197802198, 4579.233333333333, 74.64118447447821, 1.0]),
    ('two against many', 2, 1500, 1000003, 1.0, 0.0, 40000.0,
     ARRAY[1.0, 1.7742277451960556e-06, 0.0, 0.665889924545051, 0.00740871451002632, 14.866511742104802, 0.001, 0.0, 1.7742277451960566e-06, 523663.1793333334, 841.9683716746398, 1.0]),
    ('seven against nine', 7, 9, 10007, 0.125, 0.0, 64.0,
     ARRAY[0.6666666666666666, 0.03409090909090909, 0.027777777777777794, 0.7951388888888888, 0.006293706293706294, 4.478584847166939, 0.005363244511061192, 6.0, 0.005244755244755245, 266.75, 15.263730916177785, 0.9047619047619048]),
    ('fifteen against twenty', 15, 20, 10007, 0.125, 0.0, 100.0,
     ARRAY[0.3333333333333333, 0.2501671411638866, 0.21557667539880687, 0.4014285714285714, 0.07404303066682977, 2.1109515705198403, 0.043937157728000595, 89.0, 0.04373031073585997, 229.6854166666667, 9.71213802414278, 0.7033333333333334]),
    ('negative', 60, 45, 10007, -2.0, 0.0, -3000.0,
     ARRAY[0.2833333333333333, 0.026762795117647273, 0.024364188582129742, 0.8687301587301587, 0.004962028926376684, 6.114971502991419, 0.0014122545394013293, 1821.0, 0.002314454874504637, 3868.4666666666662, 37.947061891177285, 0.3255555555555556]),
    ('large offset', 80, 90, 10007, 0.0009765625, 1700000000.0, 1.0,
     ARRAY[0.17777777777777776, 0.11965812061850112, 0.12419530996132411, 0.5869008714596949, 0.0240786047158776, 4.535780750626823, 0.005110439164019164, 2787.5, 0.01124386129428217, 1.2243855794270833, 0.5474820505046343, 0.6128472222222222]),
    ('tiny values', 80, 90, 10007, 1.1830521861667747e-271, 0.0, 1.2114454386347773e-268,
     ARRAY[0.17777777777777776, 0.11965812061850112, 0.12419530996132411, 0.5869008714596949, 0.0240786047158776, 4.535780750626823, 0.005110439164019164, 2787.5, 0.01124386129428217, 1.4832763253271388e-268, 6.025898535169099e-135, 0.6128472222222222]),
    ('huge values', 80, 90, 10007, 8.452712498170644e+270, 0.0, 3.462231039250696e+274,
     ARRAY[0.475, 3.4835397182554816e-09, 3.1702445859227986e-09, 5.265678104575163, 7.464400977845461e-13, 35.98906547493724, 0.001, 1239.0, 1.7143706873696537e-13, 3.656449718713871e+274, 1.612609281404826e+137, 0.8279166666666666]),
    ('few ties', 200, 220, 1009, 1.0, 0.0, 30.0,
     ARRAY[0.0668181818181818, 0.699714609320367, 0.7109628946507163, 0.11247041847041847, 0.5291562947332372, 0.07202912574774634, 0.25, 20785.5, 0.32851511381090515, 29.689999999999998, 1.494530247655438, 0.5276022727272727]),
    ('many ties', 600, 350, 11, 1.0, 0.0, 1.0,
     ARRAY[0.18547619047619057, 4.4546346859901706e-08, 3.96718404934813e-07, 1.287742857142857, 0.0005272375680008752, 21.169701400212215, 0.001, 101930.0, 0.4467608571469307, 0.7373809523809525, 0.445918120871469, 0.5146190476190476]),
    ('three values', 300, 200, 3, 1.0, 0.0, 0.0,
     ARRAY[0.3366666666666666, 1.4670402127280716e-13, 1.2372790263367911e-12, 3.0228888888888887, 6.636036213204642e-08, 39.85067326673521, 0.001, 23250.0, 2.1476920437022215e-06, 0.3383333333333332, 0.4761244001775633, 0.6125]),
    ('tiny with ties', 6, 5, 5, 1.0, 0.0, 1.0,
     ARRAY[0.46666666666666673, 0.26406926406926406, 0.4151111111111111, 0.1414141414141414, 0.45021645021645024, -0.3638229563373677, 0.25, 16.5, 0.8524548910273475, 0.9, 0.8178562764256865, 0.44999999999999996]),
    ('unequal with ties', 4, 700, 13, 1.0, 0.0, 2.0,
     ARRAY[0.22999999999999998, 0.797732849857634, 0.95332456, 0.04227069805194805, 0.9807517895658512, -0.8857168759659373, 0.25, 1346.5, 0.8948605898000561, 1.327142857142857, 0.651782485314898, 0.5191071428571429]),
    ('thousands', 9000, 11000, 1000003, 1.0, 0.0, 9000.0,
     ARRAY[0.024828282828282866, 0.004386087384935674, 0.0043973112473140894, 1.6331336681818183, 8.599584788236285e-05, 17.91494128161389, 0.001, 47728645.5, 1.2966889554564266e-05, 17991.747666666666, 25.753530898112373, 0.5178924696969697]),
    ('same multiset', 30, 30, 0, 1.0, 0.0, 0.0,
     ARRAY[0.0, 1.0, 1.0, 0.002777777777777778, 1.0, -1.3545315293608042, 0.25, 450.0, 1.0, 0.0, 0.0, 0.5]);
CREATE FUNCTION sample(n int, a bigint, b bigint, modulus bigint, scale float8, base float8) RETURNS float8[] LANGUAGE sql AS $$
    SELECT array_agg(CASE WHEN modulus = 0 THEN i ELSE (i * i * a + i * b) % modulus * scale + base END) FROM generate_series(1::bigint, n) AS i
$$;
CREATE TABLE result AS
SELECT v.*, r, ARRAY[r.ks_statistic, r.ks_p_value, r.ks_p_value_asymptotic, r.cvm_statistic, r.cvm_p_value, r.ad_statistic, r.ad_p_value,
                     r.mwu_statistic, r.mwu_p_value, r.wasserstein, r.energy, r.auc] AS got
  FROM vector AS v, two_samples(sample(n, 31, 17, modulus, scale, base), sample(m, 57, 101, modulus, scale, base + shift)) AS r;
SELECT name, (r).status FROM result;
SELECT name, i, got[i], expected[i] FROM result, generate_series(1, 12) AS i WHERE NOT close(got[i], expected[i]);

-- too large for the exact law: scipy's asymptotic value
SELECT shift, close(ks_statistic, expected, 1e-12), close(ks_p_value, p), ks_p_value = ks_p_value_asymptotic, substring(status FROM 'ks [^;]*')
  FROM (VALUES (.5, .002009996666555547, .5788374828566323), (.5003, .002009996666555547, .5788374828566323)) AS e (shift, expected, p),
       LATERAL (SELECT (two_sample_agg(v, c)).* FROM (SELECT i * 7919 % 1000003, false FROM generate_series(1::bigint, 300000) AS i UNION ALL
                                                      SELECT i * 104729 % 1000003 * .998::float8 + shift, true FROM generate_series(1::bigint, 299990) AS i) AS t (v, c)) AS r;

-- a sample has no order, and no side is special
SELECT 'swapped', bool_and(close(b.ks_p_value, (r).ks_p_value) AND close(b.cvm_p_value, (r).cvm_p_value) AND close(b.ad_statistic, (r).ad_statistic)
                           AND close(b.mwu_p_value, (r).mwu_p_value) AND close(b.energy, (r).energy) AND close(b.auc, 1 - (r).auc))
  FROM result, two_samples(sample(m, 57, 101, modulus, scale, base + shift), sample(n, 31, 17, modulus, scale, base)) AS b;
SELECT 'mirrored', bool_and(close(b.ks_p_value, (r).ks_p_value) AND close(b.cvm_p_value, (r).cvm_p_value) AND close(b.ad_statistic, (r).ad_statistic)
                            AND close(b.mwu_p_value, (r).mwu_p_value) AND close(b.wasserstein, (r).wasserstein) AND close(b.auc, 1 - (r).auc))
  FROM result, two_samples(sample(n, -31, -17, modulus, scale, -base), sample(m, -57, -101, modulus, scale, -base - shift)) AS b;

-- in memory, on disk, in any order, by groups sorted or hashed: the same to the last bit
CREATE TABLE stream AS
SELECT i AS id, i % 3 AS part, i % 7 < 3 AS is_current, CASE WHEN i % 50 = 0 THEN NULL ELSE (i * i * 31 + i) % 100003 / 7.0::float8 - 5000 END AS value
  FROM generate_series(1::bigint, 60000) AS i;
CREATE TABLE seen AS SELECT part, two_sample_agg(value, is_current) AS r FROM stream GROUP BY part;
SELECT 'groups', count(*), sum((r).n_reference), sum((r).n_current) FROM seen;
SET work_mem = '64kB';
SELECT 'spilled', bool_and(s.r = t.r) FROM seen AS s JOIN (SELECT part, two_sample_agg(value, is_current) AS r FROM stream GROUP BY part) AS t USING (part);
SET enable_hashagg = off;
SELECT 'spilled by groups', bool_and(s.r = t.r) FROM seen AS s JOIN (SELECT part, two_sample_agg(value, is_current) AS r FROM stream GROUP BY part) AS t USING (part);
RESET enable_hashagg;
SELECT 'one side spilled', n_reference, n_current, ks_statistic FROM (SELECT (two_sample_agg(value, id = 5)).* FROM stream) AS s;
-- a spilled state that never reaches its end closes its files
SELECT 'abandoned', count(r) FROM (SELECT two_sample_agg(value / (id - 59999), is_current) AS r FROM stream GROUP BY part) AS s;
RESET work_mem;
SELECT 'ordered', bool_and(s.r = t.r) FROM seen AS s JOIN (SELECT part, two_sample_agg(value, is_current ORDER BY value DESC) AS r FROM stream GROUP BY part) AS t USING (part);
SELECT 'filtered', (SELECT r FROM seen WHERE part = 1) = two_sample_agg(value, is_current) FILTER (WHERE part = 1) FROM stream;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT 'parallel', (SELECT r FROM seen WHERE part = 1) = two_sample_agg(value, is_current) FILTER (WHERE part = 1) FROM stream;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT 'distinct', n_reference, n_current FROM (SELECT (two_sample_agg(DISTINCT v, v > 2)).* FROM (VALUES (1), (1), (2), (3), (3)) AS t (v)) AS s;

-- other numeric types
SELECT 'types', two_sample_agg(v::smallint, c) = two_sample_agg(v, c), two_sample_agg(v::bigint, c) = two_sample_agg(v, c),
       two_sample_agg(v::numeric, c) = two_sample_agg(v, c), two_sample_agg(v::real, c) = two_sample_agg(v, c)
  FROM (SELECT i % 17, i % 3 = 0 FROM generate_series(1, 100) AS i) AS t (v, c);

-- nothing to compare
\pset null NULL
SELECT 'no rows', r FROM (SELECT two_sample_agg(1, true) AS r WHERE false) AS s;
SELECT 'NULLs only', two_sample_agg(NULL, true), two_sample_agg(1, NULL);
SELECT 'no current', two_samples('{1,2}', NULL);
SELECT 'no reference', two_samples(NULL, '{1,2}');
SELECT 'all equal', two_samples('{3,3,3}', '{3,3}');
SELECT 'rows of nothing', t.* FROM two_sample_tests(two_samples('{3,3,3}', '{3,3}')) AS t;
SELECT 'rows of an empty sample', t.* FROM two_sample_tests(two_samples('{3,3,3}', NULL)) AS t;
SELECT 'smallest', two_samples('{1}', '{2}');

-- NaN is left out and counted, infinities have ranks, zero has no sign
SELECT 'NaN', a.n_reference, a.n_current, a.energy = b.energy, a.cvm_p_value = b.cvm_p_value, a.status
  FROM two_samples('{1,2,NaN,3,NaN}', '{2,3,NaN}') AS a, two_samples('{1,2,3}', '{2,3}') AS b;
SELECT 'NaN only', two_samples('{NaN,1}', '{NaN}');
SELECT 'infinite', wasserstein, energy, auc, status FROM two_samples('{-Infinity,1,2,Infinity}', '{2,3,Infinity,Infinity,4}');
SELECT 'infinite like large', close(a.ks_p_value, b.ks_p_value), close(a.cvm_p_value, b.cvm_p_value), close(a.ad_p_value, b.ad_p_value), close(a.mwu_p_value, b.mwu_p_value)
  FROM two_samples('{-Infinity,1,2,Infinity}', '{2,3,Infinity,Infinity,4}') AS a, two_samples('{-9,1,2,9}', '{2,3,9,9,4}') AS b;
SELECT 'all infinite', two_samples('{Infinity}', '{Infinity,Infinity}');
SELECT 'zeroes', (two_samples('{-0,0,1}', '{0,1,1}')) = two_samples('{0,0,1}', '{-0,1,1}');
SELECT 'extremes', wasserstein, energy, status FROM two_samples('{-1.7976931348623157e308}', '{1.7976931348623157e308}');
SELECT 'smallest doubles', ks_statistic, wasserstein FROM two_samples('{0}', '{4.9406564584124654e-324}');

-- many small groups
SELECT 'groups of two', count(*), sum((r).ks_statistic), min((r).status) FROM (
    SELECT two_sample_agg(i % 2, i % 2 = 1) AS r FROM generate_series(0, 9999) AS i GROUP BY i / 2) AS g;

\set SHOW_CONTEXT never
-- it sorts for one result, so it is no window function
SELECT two_sample_agg(v, true) OVER () FROM (VALUES (1)) AS t (v);

SET client_min_messages = warning;
DROP SCHEMA two_sample CASCADE;
