-- explain_shift(): did the data change their meaning, or did the world move?
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
SELECT setseed(0.4);
-- Two independent samples of one distribution, x and y, by Box and Muller; u is uniform.
CREATE TABLE s AS SELECT n, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS x, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS y, random() AS u FROM generate_series(1, 3000) AS n;
CREATE FUNCTION show(reference profile, current profile) RETURNS TABLE (hypothesis text, factor numeric, shift numeric, fits boolean, status text) LANGUAGE sql AS
    'SELECT hypothesis, round(factor::numeric, 6), round(shift::numeric, 6), fit >= 0.9, status FROM explain_shift(reference, current)';

-- Nothing to explain, and an honest move.  A normal distribution that moved and widened is a line of the old one: nobody can tell.
SELECT 'same' AS what, v.* FROM (SELECT profile_agg(x) AS r, profile_agg(y) AS c FROM s) AS p, show(r, c) AS v;
SELECT 'moved' AS what, hypothesis, abs(factor - 1) < 0.1 AS factor, abs(shift - 0.5) < 0.1 AS shift, status FROM (SELECT profile_agg(x) AS r, profile_agg(y + 0.5) AS c FROM s) AS p, explain_shift(r, c);
SELECT 'moved, widened' AS what, hypothesis, abs(factor - 2) < 0.2 AS factor, abs(shift - 1) < 0.2 AS shift, status FROM (SELECT profile_agg(x) AS r, profile_agg(2 * y + 1) AS c FROM s) AS p, explain_shift(r, c);
SELECT 'other shape' AS what, v.* FROM (SELECT profile_agg(exp(x)) AS r, profile_agg(-ln(u)) AS c FROM s) AS p, show(r, c) AS v;
-- a lognormal one that grew by 30 %
SELECT 'grew' AS what, hypothesis, abs(factor - 1.3) < 0.1 AS factor, shift, status FROM (SELECT profile_agg(exp(x)) AS r, profile_agg(1.3 * exp(y)) AS c FROM s) AS p, explain_shift(r, c);

-- Units of independent samples.  The factors are those of NIST SP 811 (2008), appendix B.
SELECT what, v.* FROM (
    SELECT profile_agg(exp(x)) AS income, profile_agg(100 * exp(y)) AS cents, profile_agg(exp(y) / 1000) AS thousands,
           profile_agg(170 + 7 * x) AS cm, profile_agg((170 + 7 * y) / 2.54) AS inches,
           profile_agg(70 * exp(x / 20)) AS kg, profile_agg(70 * exp(y / 20) / 0.45359237) AS pounds,
           profile_agg(15 + 8 * x) AS celsius, profile_agg(1.8 * (15 + 8 * y) + 32) AS fahrenheit, profile_agg(15 + 8 * y + 273.15) AS kelvin FROM s) AS p,
    LATERAL (VALUES (1, 'cents', income, cents), (2, 'thousands', income, thousands), (3, 'inches', cm, inches), (4, 'pounds', kg, pounds), (5, 'kilograms', pounds, kg),
                    (6, 'fahrenheit', celsius, fahrenheit), (7, 'celsius', fahrenheit, celsius), (8, 'kelvin', celsius, kelvin), (9, 'nothing', cents, cents)) AS c (k, what, a, b),
    show(a, b) AS v ORDER BY k;
SELECT hypothesis, detail FROM explain_shift((SELECT profile_agg(15 + 8 * x) FROM s), (SELECT profile_agg(1.8 * (15 + 8 * y) + 32) FROM s));

-- The same rows, changed: any factor is told, also through rounding, and never from independent samples.
SELECT what, hypothesis, CASE status WHEN 'explained' THEN round(factor::numeric, 4) END AS factor, CASE status WHEN 'explained' THEN round(shift::numeric, 4) END AS shift, fit, status FROM (
    SELECT profile_agg(exp(x)) AS eur, profile_agg(1.2835 * exp(x)) AS usd, profile_agg(1.2835 * exp(y)) AS other_usd, profile_agg(round((100 * exp(x))::numeric, 2)) AS prices,
           profile_agg(round((128.35 * exp(x))::numeric, 2)) AS usd_prices, profile_agg(-exp(x)) AS negative, profile_agg(exp(x) + 17) AS plus,
           profile_agg(3 * exp(x) - 5) AS line FROM s) AS p,
    LATERAL (VALUES (1, 'usd', eur, usd), (2, 'usd, prices', prices, usd_prices), (7, 'usd, others', eur, other_usd), (3, 'negative', eur, negative), (4, 'plus', eur, plus), (5, 'line', eur, line), (6, 'back', line, eur)) AS c (k, what, a, b),
    explain_shift(a, b) AS v ORDER BY k;
SELECT hypothesis, detail FROM explain_shift((SELECT profile_agg(exp(x)) FROM s), (SELECT profile_agg(100 * exp(x)) FROM s));
SELECT hypothesis, detail ~ 'standardised' AS named, status FROM explain_shift((SELECT profile_agg(2 * x + 40) FROM s), (SELECT profile_agg((x - m) / d) FROM s, (SELECT avg(x) AS m, stddev(x) AS d FROM s) AS m));
-- a counter that went on is no other origin
SELECT v.* FROM show((SELECT profile_agg(n) FROM s), (SELECT profile_agg(n + 3000) FROM s)) AS v;

-- Spikes, NULLs, ends, grids
SELECT what, v.hypothesis, v.fits, v.status FROM (
    SELECT profile_agg(exp(x)) AS r, profile_agg(CASE WHEN u < 0.1 THEN -1 ELSE exp(y) END) AS spike, profile_agg(CASE WHEN u < 0.1 THEN 'NaN' ELSE exp(y) END) AS nan,
           profile_agg(CASE WHEN u > 0.1 THEN exp(x) END) AS nulls, profile_agg(CASE WHEN u < 0.1 THEN 0 ELSE exp(y) END) AS zeroes,
           profile_agg(exp(y)) FILTER (WHERE y < 1) AS cut, profile_agg(least(exp(y), 3)) AS clipped, profile_agg(round(10 * exp(y)) / 10) AS rounded, profile_agg(floor(exp(y + 2))) AS down, profile_agg(exp(x + 2)) AS r2,
           profile_agg(CASE WHEN u > 0.1 THEN 100 * exp(y) END) AS two FROM s) AS p,
    LATERAL (VALUES (1, 'new spike', r, spike), (2, 'spike gone', spike, r), (3, 'NaN', r, nan), (4, 'default', nulls, zeroes), (5, 'default gone', zeroes, nulls), (6, 'missing', r, nulls), (7, 'filled', nulls, r),
                    (8, 'cut', r, cut), (9, 'clipped', r, clipped), (10, 'rounded', r, rounded), (11, 'rounded down', r2, down), (12, 'missing, and cents', r, two)) AS c (k, what, a, b),
    show(a, b) AS v ORDER BY k;
SELECT detail FROM explain_shift((SELECT profile_agg(CASE WHEN n % 10 > 0 THEN x END) FROM s), (SELECT profile_agg(CASE WHEN n % 10 > 0 THEN y ELSE -999 END) FROM s))
UNION ALL SELECT detail FROM explain_shift((SELECT profile_agg(exp(x)) FROM s), (SELECT profile_agg(round(10 * exp(x)) / 10) FROM s))
UNION ALL SELECT detail FROM explain_shift((SELECT profile_agg(exp(x)) FROM s), (SELECT profile_agg(exp(x)) FROM s WHERE x < 0.5));

-- Times: zones, epochs, and days that pass
SELECT v.hypothesis, factor, shift, detail, status FROM (SELECT profile_agg(t) AS r, profile_agg(t + interval '2 hours') AS later, profile_agg(t + interval '7 days') AS next, profile_agg(to_timestamp(extract(epoch FROM t) / 1000)) AS milliseconds,
        profile_agg(t::time) AS clock, profile_agg(date_trunc('hour', t)) AS hours, profile_agg(t - interval '30 years' - interval '7 days') AS epoch
      FROM (SELECT timestamptz '2026-01-01 12:00 UTC' + (x * x * 10000)::int * interval '1 second' AS t FROM s) AS s) AS p,
    LATERAL (VALUES (1, later), (2, next), (3, milliseconds), (4, hours)) AS c (k, c), explain_shift(r, c) AS v ORDER BY k;

-- Categories
SELECT what, v.hypothesis, round(fit::numeric, 3) AS fit, detail, v.status FROM (
    SELECT profile_agg(c) AS r, profile_agg(CASE c WHEN 'DE' THEN 'de' WHEN 'FR' THEN ' fr ' ELSE c END) AS spelled, profile_agg(CASE c WHEN 'DE' THEN '276' WHEN 'FR' THEN '250' WHEN 'IT' THEN '380' ELSE '616' END) AS codes,
           profile_agg(CASE WHEN n % 8 = 0 THEN 'US' ELSE c END) AS us, profile_agg(nullif(c, 'IT')) AS no_it, profile_agg(c) FILTER (WHERE c <> 'PL') AS no_pl, profile_agg(CASE c WHEN 'PL' THEN 'Polska' ELSE c END) AS renamed,
           profile_agg(CASE WHEN n % 8 > 0 THEN c END) AS nulls, profile_agg(CASE WHEN n % 8 > 0 THEN c ELSE 'unknown' END) AS unknown, profile_agg(CASE WHEN n % 4 = 0 THEN 'IT' ELSE c END) AS italy,
           profile_agg(CASE WHEN u < 0.6 THEN 'DE' WHEN u < 0.8 THEN 'IT' WHEN u < 0.9 THEN 'FR' ELSE 'PL' END) AS moved, profile_agg(c = 'DE') AS yes, profile_agg(c <> 'DE') AS no
      FROM (SELECT n, u, CASE WHEN n % 100 < 45 THEN 'DE' WHEN n % 100 < 75 THEN 'FR' WHEN n % 100 < 97 THEN 'PL' ELSE 'IT' END AS c FROM s) AS s) AS p,
    LATERAL (VALUES (1, 'same', r, r), (2, 'spelled', r, spelled), (3, 'codes', r, codes), (4, 'us', r, us), (5, 'no_it', r, no_it), (6, 'no_pl', r, no_pl), (7, 'renamed', r, renamed), (8, 'nulls', r, nulls),
                    (9, 'unknown', nulls, unknown), (10, 'back', unknown, nulls), (11, 'italy', r, italy), (12, 'moved', r, moved), (13, 'flipped', yes, no)) AS c (k, what, a, b),
    explain_shift(a, b) AS v ORDER BY k;
-- labels that were cut are not taken for equal, and of very many none is known
SELECT v.hypothesis, v.detail, v.status FROM (SELECT profile_agg(repeat('x', 70) || n % 4) AS r, profile_agg(repeat('x', 70) || (n + 1) * n % 5) AS c FROM s) AS p, explain_shift(r, c) AS v;
SELECT v.* FROM explain_shift((SELECT profile_agg(n::text) FROM generate_series(1, 10000) AS n), (SELECT profile_agg(CASE WHEN n % 2 = 0 THEN 'x' ELSE n::text END) FROM generate_series(1, 10000) AS n)) AS v;

-- The fit is what the documentation says, by way of ks_distance(), which is checked against scipy.
SELECT abs(fit - (1 - greatest(after - noise, 0) / (before - noise))) < 1e-12 AS as_documented, fit < 1 AS not_all
  FROM (SELECT profile_agg(x) AS r, profile_agg(3 * x + CASE WHEN x > 0 THEN 0.4 ELSE 0 END) AS c, 1.358 * sqrt(2 / 3000.0::float8) AS noise FROM s) AS p
 CROSS JOIN LATERAL explain_shift(r, c) AS e CROSS JOIN LATERAL (SELECT ks_distance(profile_agg(factor * x + shift), c) AS after, ks_distance(r, c) AS before FROM s) AS d WHERE hypothesis = 'scaled';

-- Honest moves are not claimed to be changes of meaning: 300 pairs of four families, of random place, spread and shape.
CREATE FUNCTION honest(family int, place float8, spread float8, n int) RETURNS profile LANGUAGE sql AS $$
    SELECT profile_agg(CASE family WHEN 0 THEN place + spread * z WHEN 1 THEN exp(place / 3 + spread * z) WHEN 2 THEN place + spread * u ELSE spread * -ln(u) + place END)
      FROM (SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS z, 1 - random() AS u FROM generate_series(1, n)) AS s
$$;
SELECT count(DISTINCT k) AS pairs, count(DISTINCT k) FILTER (WHERE status = 'explained') <= 3 AS honest
  FROM generate_series(1, 300) AS k, explain_shift(honest(k % 4, 4 * random() - 2, 0.5 + random(), 200 + 3 * k), honest(k % 4, 4 * random() - 2, 0.5 + random(), 200 + 3 * k));

-- What cannot be explained
SELECT v.* FROM explain_shift((SELECT profile_agg(x) FROM s), (SELECT profile_agg(x::text) FROM s)) AS v;
SELECT v.* FROM explain_shift((SELECT profile_agg(x) FROM s), (SELECT profile_agg(x) FROM s WHERE n < 50)) AS v;
SELECT v.* FROM explain_shift((SELECT profile_agg(ARRAY[x, y]) FROM s), (SELECT profile_agg(ARRAY[x, y + 1]) FROM s)) AS v;
SELECT count(*) FROM explain_shift(NULL::profile, (SELECT profile_agg(x) FROM s));
-- constants, all NULL, infinities, numbers at the ends of their range
CREATE FUNCTION many(VARIADIC x float8[]) RETURNS profile LANGUAGE sql AS 'SELECT profile_agg(v) FROM unnest(x) AS v, generate_series(1, 100)';
SELECT k, v.hypothesis, v.factor, v.shift, round(v.fit::numeric, 3) AS fit, v.status
  FROM (VALUES (1, many(5), many(7)), (2, many(5), many(500)), (3, many(0), many(1)), (4, many(NULL), many(1)), (5, many(1), many(NULL)), (6, many(NULL), many(NULL)), (7, many('NaN'), many('Infinity')),
               (8, many(1, 2), many('Infinity', '-Infinity')), (9, many(-1.7e308, 1.7e308), many(-1e-300, 1e-300)), (10, many(0, 1), many(0, 100)), (11, many(1, 2, 3), many(100, 200, 300)), (12, many(NULL, 5), many(5))) AS p (k, r, c),
       explain_shift(r, c) AS v ORDER BY k;

-- Versions: the columns that drifted, the most drifted first
CREATE TABLE orders (id int PRIMARY KEY, amount float8, country text, celsius numeric, note text, other float8);
INSERT INTO orders SELECT n, exp(x), CASE WHEN n % 100 < 45 THEN 'DE' WHEN n % 100 < 75 THEN 'FR' ELSE 'PL' END, round((15 + 8 * x)::numeric, 1), CASE WHEN n % 9 > 0 THEN 'x' || n % 5 END, y FROM s;
SELECT create_dataset('orders', 'orders'), commit('orders', 'as they were');
UPDATE orders SET amount = 100 * amount, country = lower(country), celsius = 1.8 * celsius + 32, note = coalesce(note, 'none');
SELECT commit('orders', 'another system');
SELECT column_name, hypothesis, factor, shift, fit, status FROM explain_shift('orders@1', 'orders@2') ORDER BY column_name;
SELECT count(*) = 4 AS alike FROM (SELECT column_name, detail FROM explain_shift('orders@1', 'orders@2', rows => 'all') INTERSECT SELECT column_name, detail FROM explain_shift('orders@1'::dataset_version, 'orders@2')
                                   INTERSECT SELECT column_name, detail FROM explain_shift('orders@1', 'orders@WORKING')) AS d;
SELECT array_agg(column_name) = (SELECT array_agg(column_name) FROM drift('orders@1', 'orders@2') WHERE drifted) AS order_of_drift FROM explain_shift('orders@1', 'orders@2');
SELECT count(*) FROM explain_shift('orders@1', 'orders@1');
SELECT * FROM explain_shift('orders@1', 'orders@2', 'some');
SELECT * FROM explain_shift('orders@1', NULL::dataset_version);
SELECT * FROM explain_shift('orders@1', 'orders@9');
DROP TABLE orders, s;
DROP FUNCTION show, many, honest;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
SET client_min_messages = warning;
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
