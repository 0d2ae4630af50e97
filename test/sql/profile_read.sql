-- what can be read from a profile
SET search_path = public, aidataops;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
SELECT setseed(0.7);

-- counts
SELECT profile_kind(p), num_rows(p), num_nulls(p), num_values(p), num_nans(p), null_fraction(p), approx_distinct(p), is_exact(p)
  FROM (SELECT profile_agg(x) AS p FROM (VALUES (1.5::float8), (1.5), (-0.0), (0), ('NaN'), ('Infinity'), (NULL), (NULL)) AS v (x)) AS s;
SELECT num_rows(p), null_fraction(p), approx_distinct(p), min_value(p), mean(p), stddev(p), skewness(p), quantile(p, 0.5), cdf(p, 0), sparkline(p), top.*
  FROM (SELECT profile_agg(x) AS p FROM (VALUES (1.5::float8)) AS v (x) WHERE false) AS s LEFT JOIN top_values(p) AS top ON true;

-- Mean and standard deviation are correctly rounded: expected values from exact rational arithmetic (Python's fractions and
-- decimal), skewness and kurtosis from scipy 1.10.1 (stats.skew, stats.kurtosis; of 'offset' without the offset, which costs scipy digits).
CREATE TABLE golden (name text, x float8);
INSERT INTO golden SELECT 'cancel', unnest('{1e16,1,-1e16}'::float8[]);
INSERT INTO golden SELECT 'tenths', unnest('{0.1,0.1,0.1}'::float8[]);
INSERT INTO golden SELECT 'offset', 1e8 + unnest('{1,2,4}'::float8[]);
INSERT INTO golden SELECT 'huge', unnest('{1e300,-1e300,1e299}'::float8[]);
INSERT INTO golden SELECT 'tiny', unnest('{5e-324,1e-320,3e-310}'::float8[]);
INSERT INTO golden SELECT 'mixed', unnest('{1e300,1,1e-300}'::float8[]);
INSERT INTO golden SELECT 'formula', (n * 7919 % 1009) / 16.0 FROM generate_series(1, 1000) AS n;
INSERT INTO golden SELECT 'squares', (n * n * 37 % 1009) / 8.0 FROM generate_series(1, 1000) AS n;
SELECT name, mean(p) = mean AS mean, stddev(p) = stddev AS stddev,
       abs(skewness(p) - skewness) < 1e-12 AS skewness, abs(kurtosis(p) - kurtosis) < 1e-12 AS kurtosis
  FROM (SELECT name, profile_agg(x) AS p FROM golden GROUP BY name) AS g
  JOIN (VALUES ('cancel', 0.3333333333333333::float8, 1e16::float8, 0.0::float8, -1.5::float8),
               ('tenths', 0.1, 0.0, NULL, NULL),
               ('offset', 100000002.33333333, 1.5275252316519468, 0.38180177416060573, -1.5),
               ('huge', 3.3333333333333335e+298, 1.0016652800877813e+300, NULL, NULL),
               ('tiny', 1.00000000003335e-310, 1.73205080754e-310, NULL, NULL),
               ('mixed', 3.3333333333333335e+299, 5.773502691896258e+299, NULL, NULL),
               ('formula', 31.565375, 18.193694453773052, -0.002680954838187287, -1.1982516446143223),
               ('squares', 63.128, 37.46714932148266, -0.0030044045896326197, -1.2116563922640735)) AS e (name, mean, stddev, skewness, kurtosis) USING (name)
 ORDER BY name;
-- the mean of one value is the value, whatever it is; numeric finds the nearest double as the cast does
CREATE TABLE decimals AS
SELECT n, ((CASE WHEN random() < 0.5 THEN '-' ELSE '' END || trunc(random() * 10 ^ (random() * 18))::numeric(30)::text || '.' || trunc(random() * 1e15)::numeric(30)::text)::numeric)
          / (CASE n % 3 WHEN 0 THEN 1 WHEN 1 THEN 1000 ELSE 7 END) * CASE n % 5 WHEN 0 THEN 1e40 WHEN 1 THEN 1e-40 ELSE 1 END AS x
  FROM generate_series(1, 10000) AS n;
INSERT INTO decimals SELECT 10000 + n, round((random() * 10 ^ (n % 12))::numeric, n % 8) FROM generate_series(1, 10000) AS n;
INSERT INTO decimals VALUES (0, 0), (0, 9007199254740993), (0, 9007199254740992.5), (0, 1.7976931348623157e308), (0, 4.9e-324), (0, 2.4703282292062328e-324), (0, 18446744073709551615), (0, 18439999999999999999);
SELECT count(*) FROM (SELECT x, mean(profile_agg(x)) AS mean FROM decimals GROUP BY n, x) AS m WHERE mean <> x::float8;
SELECT count(*) FROM (SELECT x, mean(profile_agg(x)) AS mean FROM golden GROUP BY x) AS m WHERE mean <> x;
-- extremes are exact in their type
SELECT max_value(profile_agg(x)) = max(x)::text AND min_value(profile_agg(x)) = min(x)::text FROM golden;
SELECT max_value(profile_agg(x))::numeric = max(x) AND min_value(profile_agg(x))::numeric = min(x) FROM decimals;
SELECT min_value(profile_agg(x)), max_value(profile_agg(x)) FROM (VALUES (9007199254740993), (9007199254740992), (9007199254740995)) AS v (x);
SELECT min_value(profile_agg(x)), max_value(profile_agg(x)) FROM (VALUES (123456789012345678901234567890.123456789), (123456789012345678901234567890.12345678900), (0.00000000000000000000000001)) AS v (x);
SELECT min_value(profile_agg(x)), max_value(profile_agg(x)) FROM (VALUES (0.000), (-0.5), (1e20)) AS v (x);
SELECT min_value(profile_agg(x)), max_value(profile_agg(x)) FROM (VALUES (0.1::real), (0.3)) AS v (x);
SELECT num_nans(p), mean(p), quantile(p, 0), quantile(p, 1), min_value(p) FROM (SELECT profile_agg(x) AS p FROM (VALUES (1e400), ('-Infinity'::numeric), ('NaN'), (3)) AS v (x)) AS s;

-- Quantiles of an exact profile are those of percentile_disc, and cdf is its inverse; of a coarse one they are within a bucket.
CREATE VIEW shares AS SELECT n / 20.0::float8 AS q FROM generate_series(0, 20) AS n;
SELECT bool_and(quantile(p, q) = expected) AS quantile
  FROM (SELECT profile_agg(x) AS p FROM golden WHERE name = 'formula') AS s,
       (SELECT q, percentile_disc(q) WITHIN GROUP (ORDER BY x) AS expected FROM golden, shares WHERE name = 'formula' GROUP BY q) AS e;
SELECT count(*) FROM (SELECT x, cdf(p, x) AS f, (SELECT count(*) / 1000.0::float8 FROM golden AS g WHERE name = 'formula' AND g.x <= o.x) AS expected
  FROM golden AS o, (SELECT profile_agg(x) AS p FROM golden WHERE name = 'formula') AS s WHERE name = 'formula') AS c WHERE f <> expected;
CREATE TABLE coarse AS SELECT (random() * 1000)::float8 AS x, sqrt(-2 * ln(1 - random())) * cos(6.283185307179586 * random()) AS normal FROM generate_series(1, 20000);
SELECT is_exact(p), max(abs(quantile(p, q) - percentile_disc)) < 1 AS uniform, max(abs(cdf(p, percentile_disc) - q)) < 0.001 AS cdf
  FROM (SELECT profile_agg(x) AS p FROM coarse) AS s, (SELECT q, percentile_disc(q) WITHIN GROUP (ORDER BY x) FROM coarse, shares GROUP BY q) AS e GROUP BY p;
SELECT abs(skewness(p)) < 0.1, abs(kurtosis(p)) < 0.1, abs(approx_distinct(p) / 20000.0 - 1) < 0.05 FROM (SELECT profile_agg(normal) AS p FROM coarse) AS s;
SELECT quantile(profile_agg(1), 1.5);
SELECT quantile(profile_agg(1), 'NaN');
SELECT quantile(p, 0.2), quantile(p, 0.5), quantile(p, 1), cdf(p, '-Infinity'), cdf(p, 7), cdf(p, 'Infinity'), cdf(p, 'NaN')
  FROM (SELECT profile_agg(x) AS p FROM (VALUES ('-Infinity'::float8), (7), ('Infinity'), ('NaN')) AS v (x)) AS s;

-- the distinct count at several sizes: within four standard errors of 1.6 %
SELECT n, abs(approx_distinct(profile_agg(x)) / n::float8 - 1) < 0.065 AS near FROM (VALUES (4096), (4097), (5000), (20000), (200000)) AS s (n), generate_series(1, n) AS x GROUP BY n ORDER BY n;
SELECT n, abs(approx_distinct(profile_agg(x::text)) / n::float8 - 1) < 0.065 AS near FROM (VALUES (4096), (4097), (5000), (20000), (200000)) AS s (n), generate_series(1, n) AS x GROUP BY n ORDER BY n;

-- histogram
SELECT h.* FROM (SELECT profile_agg(n) AS p FROM generate_series(0, 99) AS n) AS s, histogram(p, 4) AS h;
SELECT sum(count), bool_or(exact), count(*) FROM (SELECT profile_agg(x) AS p FROM coarse) AS s, histogram(p, 20);
SELECT h.* FROM (SELECT profile_agg(x) AS p FROM (VALUES (5), (5)) AS v (x)) AS s, histogram(p) AS h;
SELECT h.* FROM (SELECT profile_agg(x) AS p FROM (VALUES (date '2024-01-01'), ('2024-12-31'), ('infinity')) AS v (x)) AS s, histogram(p, 2) AS h;
SELECT count(*) FROM (SELECT profile_agg('a'::text) AS p) AS s, histogram(p);
SELECT count(*) FROM (SELECT profile_agg(1) AS p) AS s, histogram(p, 0);
SELECT bin, lower, upper, count FROM (SELECT profile_agg(x) AS p FROM (VALUES (-1.7e308::float8), (1.7e308)) AS v (x)) AS s, histogram(p, 2);

-- top values
SELECT t.* FROM (SELECT profile_agg('label ' || n % 5 + n % 3) AS p FROM generate_series(1, 100) AS n) AS s, top_values(p, 3) AS t;
SELECT t.* FROM (SELECT profile_agg(x) AS p FROM (VALUES (1.5::float8), (1.5), ('NaN'), ('NaN'), ('Infinity'), (NULL), (0)) AS v (x)) AS s, top_values(p) AS t;
SELECT t.* FROM (SELECT profile_agg(repeat('ä', 100) || n) AS p FROM generate_series(1, 2) AS n) AS s, top_values(p) AS t;
SELECT max(length(value)), count(*) FROM (SELECT profile_agg(repeat('ä', 50) || n) AS p FROM generate_series(1, 3000) AS n) AS s, top_values(p, 5000) AS t;
SELECT t.* FROM (SELECT profile_agg(x) AS p FROM (VALUES (true), (false), (true)) AS v (x)) AS s, top_values(p) AS t;
SELECT t.* FROM (SELECT profile_agg(x) AS p FROM (VALUES ('\x00ff'::bytea), (decode(repeat('ab', 40), 'hex'))) AS v (x)) AS s, top_values(p) AS t;
SELECT t.* FROM (SELECT profile_agg(x) AS p FROM (VALUES ('{"b": 1.0, "a": null}'::jsonb), ('{"a": null, "b": 1.0}'), ('[]')) AS v (x)) AS s, top_values(p) AS t;
SELECT t.* FROM (SELECT profile_agg(x) AS p FROM (VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid)) AS v (x)) AS s, top_values(p) AS t;
-- of more than 4096 numbers a spike still shows, of more than 4096 categories the names are gone
SELECT share > 0.3 AS spike, exact FROM (SELECT profile_agg(x) AS p FROM (SELECT x FROM coarse UNION ALL SELECT 0.25 FROM generate_series(1, 12000)) AS u) AS s, top_values(p, 1);
SELECT value, share < 0.01 AS rare, exact FROM (SELECT profile_agg(x::text) AS p FROM coarse) AS s, top_values(p, 1);
SELECT count(*) FROM (SELECT profile_agg(1) AS p) AS s, top_values(p, -1);

-- dates, times and timestamps are numbers of seconds, and print as themselves
SELECT min_value(p), max_value(p), to_timestamp(mean(p)), stddev(p), to_timestamp(quantile(p, 0.5)), cdf(p, extract(epoch FROM timestamptz '2024-01-02 00:00+00')::float8)
  FROM (SELECT profile_agg(x) AS p FROM (VALUES (timestamptz '2024-01-01 00:00+00'), ('2024-01-02 00:00+00'), ('2024-01-04 00:00+00'), ('infinity')) AS v (x)) AS s;
SELECT min_value(p), max_value(p), mean(p), quantile(p, 1), to_timestamp(quantile(p, 0.5)) FROM (SELECT profile_agg(x) AS p FROM (VALUES (date '2024-01-01'), ('2024-01-03'), ('infinity'), ('4713-01-01 BC'), ('5874897-12-31')) AS v (x)) AS s;
SELECT min_value(p), max_value(p), mean(p), stddev(p) FROM (SELECT profile_agg(x) AS p FROM (VALUES (time '00:00'), ('24:00'), ('12:00:00.000001')) AS v (x)) AS s;

-- embeddings
SELECT dimension(p), num_rows(p), num_nans(p), mean_vector(p), variance_vector(p), min_value(p), max_value(p), mean(p), approx_distinct(p)
  FROM (SELECT profile_agg(x) AS p FROM (VALUES ('{3,4}'::float8[]), ('{0,0}'), ('{-3,-4}'), (NULL), ('{}'), ('{1,NULL}'), ('{NaN,1}'), ('{1,65536.5}')) AS v (x)) AS s;
CREATE TABLE vectors AS SELECT ARRAY[random() - 0.5, random() * 1e-3, 1000 + random()] AS v FROM generate_series(1, 2000);
SELECT bool_and(abs(m - mean) < 1e-9 AND abs(v - variance) <= 1e-6 * variance)
  FROM (SELECT profile_agg(v) AS p FROM vectors) AS s, unnest(mean_vector(p), variance_vector(p)) WITH ORDINALITY AS u (m, v, i)
  JOIN (SELECT i, avg(x) AS mean, variance(x) AS variance FROM vectors, unnest(v) WITH ORDINALITY AS e (x, i) GROUP BY i) AS e USING (i);

-- for people and programs
SELECT describe.* FROM (SELECT profile_agg(x) AS p FROM (VALUES (1), (2), (2), (3), (NULL)) AS v (x)) AS s, describe(p);
SELECT describe.* FROM (SELECT profile_agg(x) AS p FROM (VALUES ('ham'::text), ('ham'), ('spam'), (NULL)) AS v (x)) AS s, describe(p);
SELECT count(*) FROM describe(NULL);
SELECT p::jsonb = to_jsonb(p), jsonb_pretty(p::jsonb) FROM (SELECT profile_agg(x) AS p FROM (VALUES (1.5::float8), (2), (2), ('NaN'), ('Infinity')) AS v (x)) AS s;
SELECT p::jsonb FROM (SELECT profile_agg(x) AS p FROM (VALUES ('say "hi"'::text), (NULL)) AS v (x)) AS s;
SELECT sparkline(profile_agg(n * n), 10), sparkline(profile_agg((n % 3)::text)) FROM generate_series(1, 100) AS n;
SELECT sparkline(profile_agg(x), 10) FROM (SELECT normal AS x FROM coarse UNION ALL VALUES (1e9), (-1e9), ('Infinity')) AS u;
SELECT sparkline(profile_agg(1), 0);

-- all columns of a table in one scan
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN share AS numeric CHECK (value >= 0);
CREATE TABLE "odd name" (id int, "a ""b"" c" text, gone int, colour colour, share share, iv interval, tags text[], v real[], p point);
ALTER TABLE "odd name" DROP COLUMN gone;
INSERT INTO "odd name" SELECT n, 'x' || n % 2, CASE WHEN n % 2 = 0 THEN 'red' ELSE 'green' END::colour, n / 10.0, n * interval '1 day', ARRAY['t'], ARRAY[1, n], point(n, n)
  FROM generate_series(1, 10) AS n;
SELECT column_name, data_type, profile_kind(profile), num_rows(profile), approx_distinct(profile) FROM profile_columns('"odd name"');
SELECT column_name, kind, num_rows, median, top FROM describe_columns('"odd name"');
CREATE VIEW later AS SELECT id, share FROM "odd name" WHERE id > 5;
SELECT column_name, num_rows(profile) FROM profile_columns('later');
-- as text, but the same text in every session
SET IntervalStyle = 'iso_8601';
SELECT value FROM profile_columns('"odd name"'), top_values(profile, 1) WHERE column_name = 'iv';
RESET IntervalStyle;
CREATE TABLE no_columns ();
SELECT count(*) FROM profile_columns('no_columns');
SELECT count(*) FROM profile_columns(NULL);

DROP VIEW later, shares;
DROP TABLE golden, decimals, coarse, vectors, "odd name", no_columns;
DROP DOMAIN share;
DROP TYPE colour;

-- seconds of a time, as extract() gives them, are at or after it, also where a double of seconds holds several microseconds; times
-- more than 285 years from 2000 are rounded themselves
SELECT count(*) AS columns, count(*) FILTER (WHERE cdf(p, last) = 1) AS all_at_the_last, count(*) FILTER (WHERE cdf(p, first) > 0) AS some_at_the_first
  FROM (SELECT profile_agg(t) AS p, extract(epoch FROM min(t))::float8 AS first, extract(epoch FROM max(t))::float8 AS last
          FROM (SELECT g, timestamptz '2000-01-01 00:00Z' + g * interval '11 years' + (i * 7919 * g % 1000003) * interval '1 microsecond' AS t
                  FROM generate_series(-25, 25) AS g, generate_series(1, 10) AS i) AS s GROUP BY g) AS c;
SELECT cdf(p, 'infinity'), cdf(p, '-infinity'), cdf(p, 1e300), cdf(p, -1e300), cdf(p, 0) FROM (SELECT profile_agg(t) AS p FROM (VALUES (timestamp '4713-01-01 BC'), ('294276-12-31')) AS v (t)) AS s;
