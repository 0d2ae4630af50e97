-- distances between two profiles, against published values and other tools
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
SELECT setseed(0.3);
CREATE FUNCTION near(a float8, b float8, tolerance float8 DEFAULT 1e-12) RETURNS boolean LANGUAGE sql AS 'SELECT abs(a - b) <= tolerance * greatest(abs(b), 1)';
CREATE FUNCTION p(VARIADIC x float8[]) RETURNS profile LANGUAGE sql AS 'SELECT profile_agg(v) FROM unnest(x) AS v';
CREATE FUNCTION c(VARIADIC x text[]) RETURNS profile LANGUAGE sql AS 'SELECT profile_agg(v) FROM unnest(x) AS v';

-- Published examples.  Kolmogorov-Smirnov: scipy's test_stats.py; the third has 100 and 110 points, the fourth ties.
SELECT ks_distance(p(0), p(1)), near(ks_distance(p(0.99, 1.99), p(1, 2, 3)), 2 / 3.0), ks_distance(p(1.01, 2.01), p(1, 2, 3, 4));
SELECT near(ks_distance(a, b), 232 / 1100.0), ks_bounds(a, b)
  FROM (SELECT profile_agg(1 + (n - 1)::float8) AS a FROM generate_series(1, 100) AS n) AS a,
       (SELECT profile_agg(1 + 99 * (n - 1) / 109.0::float8 + 20.1) AS b FROM generate_series(1, 110) AS n) AS b;
SELECT ks_distance(p(2,2,2,3,3,3,3,5,5,5,5,5,6,6,6,6), p(3,3,3,4,4,4,4,6,6,6,6,6,7,7,7,7)) = 5 / 16.0;
-- scipy: Wasserstein and energy; deepchecks: 0..99 against 50..149
SELECT wasserstein_distance(p(0, 1, 3), p(5, 6, 8)), energy_distance(p(0), p(2));
SELECT wasserstein_distance(profile_agg(n), profile_agg(n + 50)) / 149, round((wasserstein_distance(profile_agg(n), profile_agg(n + 50)) / 149)::numeric, 2) FROM generate_series(0, 99) AS n;
-- scipy: Jensen-Shannon, to base 2 and to base e
SELECT js_distance(c('a'), c('b')), near(js_distance(c('a', 'a'), c('a', 'b')) * sqrt(ln(2)), 0.46450140402245893),
       near(js_distance(c('a', 'a'), c('a', 'b'), binning => 'evidently'), 0.46450140402245893);
-- TensorFlow Data Validation and NannyML: L-infinity; scouter: PSI .1 ln 2
SELECT near(linf_distance(c('b','b','b','b','b','b','b','b','b','c'), c('a','a','a','b','b','b','b','b','b','b')), 0.3),
       round(linf_distance(c('a','a','b','b','c','c'), c('a','a','b','b','c','c','d'))::numeric, 2), round(linf_distance(c('a','a','b','b','c','c'), c('b','b','b','b','b'))::numeric, 2),
       near(psi(c('a','a','a','b','b','b','b','c','c','c'), c('a','a','b','b','b','b','c','c','c','c')), 0.1 * ln(2));

-- scipy 1.10.1 (ks_2samp, wasserstein_distance, energy_distance) and numpy on the same data
CREATE TABLE data AS SELECT 'x' AS name, (n * 7919 % 1009) / 16.0::float8 AS v FROM generate_series(1, 1000) AS n;
INSERT INTO data SELECT 'y', (n * 37 % 701) / 11.0::float8 + 3 FROM generate_series(1, 500) AS n;
INSERT INTO data SELECT 'z', n % 7 FROM generate_series(1, 1000) AS n;
INSERT INTO data SELECT 'w', n % 9 FROM generate_series(1, 500) AS n;
INSERT INTO data SELECT 'w100', n % 9 + 100 FROM generate_series(1, 500) AS n;
INSERT INTO data VALUES ('tiny', 1), ('tiny', 2), ('tiny', 2);
CREATE VIEW profiles AS SELECT name, profile_agg(v) AS p, profile_agg(v::text) AS category FROM data GROUP BY name;
CREATE VIEW pairs AS SELECT e.*, a.p AS r, b.p AS c FROM (VALUES
    ('continuous', 'x', 'y', 0.057::float8, 2.777352272727273::float8, 0.49181156313812274::float8, 0.15273104636882365::float8, 0.15202647054471302::float8),
    ('ties', 'z', 'w', 0.22, 0.9869999999999998, 0.5463680078481901, 0.49380928319273976, 0.44680304427730444),
    ('unequal', 'x', 'tiny', 0.968, 29.913708333333336, 6.200638042886304, 1.6450026953316328, -1.6449980466177414),
    ('disjoint', 'z', 'w100', 1.0, 100.98700000000001, 14.02622393946425, 50.525144966347746, 45.71560185656751))
    AS e (name, reference, current, ks, wasserstein, energy, normalized, d), profiles AS a, profiles AS b
    WHERE a.name = reference AND b.name = current;
SELECT name, near(ks_distance(r, c), ks) AS ks, near(wasserstein_distance(r, c), wasserstein) AS wasserstein, near(wasserstein_distance(r, c, true), normalized) AS normalized,
       near(energy_distance(r, c), energy) AS energy, near(cohens_d(r, c), d) AS d, ks_bounds(r, c) = (ks_distance(r, c), ks_distance(r, c)) AS certain
  FROM pairs ORDER BY name;
-- categories: numpy, scipy.stats.entropy, scipy.spatial.distance.jensenshannon, scipy.stats.chi2_contingency with Bergsma's correction
SELECT near(psi(r.category, c.category), 1.2359071401560233) AS psi, near(kl_divergence(r.category, c.category), 0.2418485617740052) AS kl, near(js_distance(r.category, c.category), 0.346178454080062) AS js,
       near(hellinger_distance(r.category, c.category), 0.3418026097868418) AS hellinger, near(total_variation_distance(r.category, c.category), 0.22) AS tvd,
       near(linf_distance(r.category, c.category), 0.11) AS linf, near(cramers_v(r.category, c.category), 0.340166591103645) AS v
  FROM profiles AS r, profiles AS c WHERE r.name = 'z' AND c.name = 'w';
-- numbers in bins: deciles, equal widths and edges by numpy; Evidently's and NannyML's rules followed in numpy
SELECT near(psi(r.p, c.p), 0.05288270975419793) AS deciles, near(js_distance(r.p, c.p), 0.0970822007078757) AS js, near(psi(r.p, c.p, binning => 'equal_width'), 0.057876828012883644) AS equal_width,
       near(psi(r.p, c.p, ARRAY[18.75, 31.25, 36.25, 40.625]), 0.01222643774549407) AS edges FROM profiles AS r, profiles AS c WHERE r.name = 'x' AND c.name = 'y';
SELECT name, near(psi(r, c, binning => 'evidently'), psi) AS psi, near(kl_divergence(r, c, binning => 'evidently'), kl) AS kl, near(js_distance(r, c, binning => 'evidently'), js) AS js
  FROM pairs JOIN (VALUES ('continuous', 0.0832298334284509::float8, 0.039417007578728916::float8, 0.10047688771698411::float8), ('ties', 1.5939764953461202, 0.24683453771758077, 0.28821246822779895),
                          ('unequal', 8.364414575871134, 5.975330619201692, 0.7325150239589564)) AS e (name, psi, kl, js) USING (name) ORDER BY name;
SELECT name, near(js_distance(r, c, binning => 'nannyml'), js) AS js, near(hellinger_distance(r, c, binning => 'nannyml'), hellinger) AS hellinger, near(linf_distance(r, c, binning => 'nannyml'), linf) AS linf
  FROM pairs JOIN (VALUES ('continuous', 0.18494499611011417::float8, 0.17984069440438713::float8, 0.056::float8), ('ties', 0.34617845408006176, 0.34180260978684196, 0.22),
                          ('unequal', 0.8880842232198655, 0.8437433224519417, 0.917)) AS e (name, js, hellinger, linf) USING (name) ORDER BY name;

-- One value of 1000 among 10000 shifted by .2 standard deviations: what each rule makes of it (quantile and evidently as measured with their own tools).
-- The quantile function of the normal distribution is Acklam's approximation, with a relative error of 1e-9.
CREATE FUNCTION normal_quantile(u float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN u > 0.97575 THEN -normal_quantile(1 - u)
                WHEN u < 0.02425 THEN (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783)
                                    / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
                ELSE (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r + 1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239) * (u - 0.5)
                   / (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r + 6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1) END
      FROM (SELECT sqrt(-2 * ln(least(u, 0.5))) AS q, (u - 0.5) * (u - 0.5) AS r) AS s
$$;
CREATE TABLE grid AS SELECT normal_quantile((n - 0.5) / 10000) AS x FROM generate_series(1, 10000) AS n;
CREATE TABLE shifted AS SELECT profile_agg(x) AS r, profile_agg(x + 0.2) AS c, profile_agg(x + 0.2) + (SELECT profile_agg(1000::float8)) AS outlier FROM grid;
SELECT round(psi(r, c)::numeric, 4), round(psi(r, outlier)::numeric, 4), round(psi(r, c, binning => 'evidently')::numeric, 4), round(psi(r, outlier, binning => 'evidently')::numeric, 4),
       round(psi(r, c, binning => 'equal_width')::numeric, 4), round(psi(r, outlier, binning => 'equal_width')::numeric, 4) FROM shifted;
-- coarse: scipy has ks .0797, Wasserstein .2, energy .1501002, normalized .2000132
SELECT is_exact(r), near(ks_distance(r, c), 0.0797, 1e-3), near(wasserstein_distance(r, c), 0.2, 1e-4), near(energy_distance(r, c), 0.1501002, 1e-5), near(wasserstein_distance(r, c, true), 0.2000132, 1e-4) FROM shifted;

-- The certified interval contains the exact distance, whatever the data; and it is narrow.
CREATE TABLE samples AS SELECT k, n % 2 = 0 AS is_current, (CASE k % 6
        WHEN 0 THEN random() + CASE WHEN n % 2 = 0 THEN 0.01 * k ELSE 0 END
        WHEN 1 THEN exp(20 * random()) * CASE WHEN random() < 0.3 THEN -1 ELSE 1 END
        WHEN 2 THEN 1e6 + random() * CASE WHEN n % 2 = 0 THEN 1.1 ELSE 1 END
        WHEN 3 THEN CASE WHEN random() < 0.5 THEN random() ELSE 100 + 5 * random() END
        WHEN 4 THEN trunc(random() * 10 ^ k)
        ELSE CASE WHEN random() < 0.2 THEN 'Infinity'::float8 WHEN random() < 0.1 THEN '-Infinity' WHEN random() < 0.1 THEN 'NaN' ELSE random() * k END END)::float8 AS x
  FROM generate_series(1, 12) AS k, generate_series(1, 12000) AS n WHERE k < 7 OR n % 2 = 1 OR n % 10 = 0;
SELECT k, exact BETWEEN (b).lower - 1e-12 AND (b).upper + 1e-12 AS contained, (b).upper - (b).lower < 0.03 AS narrow, near(ks_distance(r, c), (b).lower) AS lower
  FROM (SELECT k, ks_bounds(profile_agg(x) FILTER (WHERE NOT is_current), profile_agg(x) FILTER (WHERE is_current)) AS b,
               profile_agg(x) FILTER (WHERE NOT is_current) AS r, profile_agg(x) FILTER (WHERE is_current) AS c FROM samples GROUP BY k) AS p
  JOIN (SELECT k, max(abs(f - g)) AS exact FROM (
            SELECT DISTINCT ON (k, x) k, x, (count(*) FILTER (WHERE NOT is_current) OVER w)::float8 / count(*) FILTER (WHERE NOT is_current) OVER (PARTITION BY k) AS f,
                   (count(*) FILTER (WHERE is_current) OVER w)::float8 / count(*) FILTER (WHERE is_current) OVER (PARTITION BY k) AS g
              FROM samples WHERE x <> 'NaN' WINDOW w AS (PARTITION BY k ORDER BY x)) AS d GROUP BY k) AS e USING (k) ORDER BY k;

-- A distance of a distribution from itself is 0; the symmetric ones are; of coarse categories it is a lower bound.
SELECT psi(r, r), kl_divergence(r, r), js_distance(r, r), hellinger_distance(r, r), total_variation_distance(r, r), linf_distance(r, r), cramers_v(r, r),
       ks_distance(r, r), wasserstein_distance(r, r), energy_distance(r, r), cohens_d(r, r) FROM shifted;
SELECT ks_distance(r, c) = ks_distance(c, r), near(wasserstein_distance(r, c), wasserstein_distance(c, r)), near(energy_distance(r, c), energy_distance(c, r)), cohens_d(r, c) = -cohens_d(c, r) FROM shifted;
SELECT total_variation_distance(a, b) < 0.5, total_variation_distance(a, b) > 0.1 FROM (SELECT profile_agg(n::text) AS a, profile_agg((n + 5000)::text) AS b FROM generate_series(1, 10000) AS n) AS s;

-- NULL, NaN and infinities are bins of their own, so a burst of NULLs shows
SELECT band, round(reference_share::numeric, 3) AS reference, round(current_share::numeric, 3) AS current, round(contribution::numeric, 4) AS contribution, exact
  FROM (SELECT profile_agg(n::float8) AS r FROM generate_series(1, 100) AS n) AS r,
       (SELECT profile_agg(CASE WHEN n % 4 = 0 THEN NULL WHEN n = 1 THEN 'NaN'::float8 WHEN n = 2 THEN 'Infinity' WHEN n = 3 THEN '-Infinity' ELSE n END) AS c FROM generate_series(1, 100) AS n) AS c,
       psi_bins(r, c, 5);
SELECT psi(r, c) = (SELECT sum(contribution) FROM psi_bins(r, c)) FROM shifted;
SELECT band, reference_share, current_share, exact FROM psi_bins(c('ham', 'ham', 'spam', NULL), c('ham', 'egg'));
SELECT band, lower, upper, reference_share FROM shifted, psi_bins(r, c, ARRAY[-1, 0, 1]);
SELECT band, exact FROM shifted, psi_bins(r, c, ARRAY[0.123456789]);
SELECT count(*), sum(reference_share), sum(current_share) FROM shifted, psi_bins(r, outlier, binning => 'nannyml');
-- what is as frequent as a bin is one, alone
SELECT band, reference_share, current_share FROM psi_bins(p(0, 0, 0, 0, 0, 0, 0, 0, 7, 8), p(0, 1, -1, 7.5, 9), 5);
SELECT band, reference_share, current_share FROM psi_bins(p(5, 5, 5), p(6, 5, 4));
SELECT band, reference_share, current_share FROM psi_bins(p(5, 5, 5), p(6, 5, 4), binning => 'equal_width');
SELECT band, reference_share, current_share FROM profiles AS r, profiles AS c, psi_bins(r.p, c.p) WHERE r.name = 'z' AND c.name = 'w';
-- dates in seconds, with bands of dates; dates compare with timestamps, integers with floats
SELECT near(wasserstein_distance(profile_agg(d), profile_agg(d + 1)), 86400) AS a_day, wasserstein_distance(profile_agg(d), profile_agg(d::timestamp)) AS same, cohens_d(profile_agg(n), profile_agg(n::numeric))
  FROM (SELECT n, date '2026-01-01' + n AS d FROM generate_series(1, 30) AS n) AS s;
SELECT band FROM (SELECT profile_agg(date '2026-01-01' + n) AS d FROM generate_series(1, 30) AS n) AS s, psi_bins(d, d, 3);

-- degenerate input gives NULL, never NaN and never an error
SELECT psi(e, r), psi(r, e), ks_distance(e, r), (ks_bounds(r, e)).*, wasserstein_distance(r, e), energy_distance(e, e), cohens_d(e, r), js_distance(e, e), cramers_v(r, e)
  FROM shifted, (SELECT profile_agg(x) AS e FROM grid WHERE false) AS s;
SELECT psi(n, r) > 1, psi(n, n), ks_distance(n, r), wasserstein_distance(r, n), kl_divergence(n, n), cohens_d(n, r) FROM shifted, (SELECT p(NULL, NULL) AS n) AS s;
SELECT psi(a, a), psi(a, b) > 0, ks_distance(a, b), wasserstein_distance(a, b), wasserstein_distance(a, b, true), cohens_d(a, b), cramers_v(a, a), energy_distance(a, b),
       psi(a, b, binning => 'evidently') > 0, psi(a, b, binning => 'nannyml') > 0, psi(a, b, binning => 'equal_width') > 0 FROM (SELECT p(5, 5, 5) AS a, p(6, 6) AS b) AS s;
SELECT psi(a, a), ks_distance(a, b), wasserstein_distance(a, b), cohens_d(a, b), psi(a, b, binning => 'evidently') FROM (SELECT p('NaN') AS a, p('Infinity') AS b) AS s;
SELECT ks_distance(a, b), wasserstein_distance(a, b), energy_distance(a, b), cohens_d(a, b), psi(a, b) > 0, psi(a, b, binning => 'equal_width') > 0, psi(a, b, binning => 'evidently') > 0
  FROM (SELECT p(1.7e308, -1.7e308) AS a, p(1, 2) AS b) AS s;
SELECT ks_distance(a, a), wasserstein_distance(a, a), cohens_d(a, a), cosine_distance(a, a), frechet_distance(a, a), psi(a, a) FROM (SELECT c('a', 'b') AS a) AS s;
SELECT psi(NULL, r), ks_distance(r, NULL) FROM shifted;

-- errors say what does not fit
SELECT psi(p(1), c('a'));
SELECT ks_distance(profile_agg(date '2026-01-01'), profile_agg(1));
SELECT js_distance(profile_agg(true), c('true'));
SELECT cosine_distance(profile_agg('{1,2}'::float8[]), profile_agg('{1,2,3}'::float8[]));
SELECT psi(p(1), p(1), 1);
SELECT psi(p(1), p(1), binning => 'sturges');
SELECT psi(p(1), p(1), ARRAY[3, 2]);
SELECT psi(p(1), p(1), ARRAY[1, NULL]);
SELECT psi(p(1), p(1), '{}'::float8[]);

-- embeddings, against numpy; norms are the numbers of such a profile
SELECT near(cosine_distance(a, b), 0.008772099317365223) AS cosine, near(frechet_distance(a, b), 0.1431202437561652, 1e-9) AS frechet, ks_distance(a, b) AS ks_of_norms,
       cosine_distance(a, a), frechet_distance(a, a)
  FROM (SELECT profile_agg(v) AS a FROM (VALUES ('{3,4}'::float8[]), ('{0,0}'), ('{-3,2.5}'), ('{1,1}')) AS v (v)) AS a,
       (SELECT profile_agg(v) AS b FROM (VALUES ('{1,4}'::real[]), ('{2,0.25}'), ('{-3,2}')) AS v (v)) AS b;
SELECT cosine_distance(a, a), frechet_distance(a, a) FROM (SELECT profile_agg('{0,0}'::real[]) AS a) AS s;

DROP VIEW pairs, profiles;
DROP TABLE data, grid, shifted, samples;
DROP FUNCTION near, p, c, normal_quantile;
