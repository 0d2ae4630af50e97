-- rater_agreement: what needs to know raters, each number also by another way in SQL.
CREATE SCHEMA agreement_raters;
SET search_path = agreement_raters, aidataops, public;

SELECT setseed(0.5);
CREATE TABLE rating AS
SELECT 'unit ' || unit AS unit, chr(96 + rater) AS rater, CASE WHEN random() < 0.9 - rater * 0.1 THEN truth ELSE 1 + (random() * 3)::int END AS label
  FROM (SELECT unit, 1 + (random() * 3)::int AS truth FROM generate_series(1, 400) AS unit) AS u, generate_series(1, 5) AS rater WHERE random() < 0.7;
CREATE TABLE whole AS SELECT rater_agreement_agg(unit, rater, label) AS r FROM rating;

-- input and output; types of arguments
SELECT rater_agreement_agg(u, r, l) AS text, rater_agreement_agg(u, r, length(l)) AS integer, rater_agreement_agg(7, r::varchar, l = 'x') AS boolean, rater_agreement_agg(u::uuid, r, 0.5) AS numeric
  FROM (VALUES ('11111111-1111-1111-1111-111111111111', 'ann', 'x'), (NULL, 'bob', 'x'), ('11111111-1111-1111-1111-111111111111', NULL, 'x'), ('11111111-1111-1111-1111-111111111111', 'bob', NULL)) AS v (u, r, l);
SELECT rater_agreement_agg('u', 'ann', 'x', at) FROM (VALUES (timestamptz '2000-01-01 00:00:01Z'), (NULL)) AS v (at);
SELECT rater_agreement_agg('u', 'ann', 'x', 'today'::text);
SELECT '[("u", "ann", "x") * 1, ("u", "ann", "x", 5) * 2]'::rater_agreement, '[("u", "ann", 3) * 1]'::rater_agreement AS bigint, '[]'::rater_agreement + '[("u", "ann", true) * 1]' AS plus;
\set VERBOSITY terse
SELECT '[("u", "ann") * 1]'::rater_agreement;
SELECT '[(1, "ann", "x") * 1]'::rater_agreement;
SELECT '[("u", "ann", "x", "5") * 1]'::rater_agreement;
\set VERBOSITY default
SELECT r::text::rater_agreement = r AS round_trip FROM whole;

-- order, parts, types of columns: one value
SELECT (SELECT rater_agreement_agg(unit, rater, label ORDER BY random()) FROM rating) = r AS shuffled, (SELECT rollup(p) FROM (SELECT rater_agreement_agg(unit, rater, label) AS p FROM rating GROUP BY rater) AS parts) = r AS rolled_up,
       (SELECT rater_agreement_agg(unit, rater, label::text) FROM rating) = (SELECT rater_agreement_agg(unit::varchar, rater::varchar, label::text) FROM rating) AS text_and_any FROM whole;

-- the same as without raters
SELECT bool_and(abs(x.value - y.value) < 1e-12 AND abs(x.se - y.se) < 1e-12 AND x.n_labels = y.n_labels AND x.n_units_pairable = y.n_units_pairable) AS same, count(*)
  FROM whole, (SELECT agreement_agg(l) AS a FROM (SELECT label_counts_agg(label) AS l FROM rating GROUP BY unit) AS u) AS s, unnest(ARRAY['identity', 'linear', 'ratio']) AS w, coefficients(a, w, 'ordinal') AS x JOIN coefficients(r, w, 'ordinal') AS y USING (name);

-- two raters with all units in common: Conger's kappa and Light's are Cohen's
SELECT abs(conger_kappa(r, w) - cohen_kappa(c, w)) < 1e-12 AS conger, abs(light_kappa(r, w) - cohen_kappa(c, w)) < 1e-12 AS light, w
  FROM (SELECT rater_agreement_agg(i, g, CASE g WHEN 'a' THEN i % 4 ELSE (i * i + i / 7) % 4 END) AS r FROM generate_series(1, 200) AS i, unnest(ARRAY['a', 'b']) AS g) AS x,
       (SELECT confusion_agg(i % 4, (i * i + i / 7) % 4) AS c FROM generate_series(1, 200) AS i) AS y, unnest(ARRAY['identity', 'quadratic', 'radical']) AS w;

-- rater by rater: Cohen's kappa of each two; Light's is their mean
CREATE TABLE pair AS SELECT x.rater AS rater_a, y.rater AS rater_b, confusion_agg(x.label, y.label) AS c FROM rating AS x JOIN rating AS y USING (unit) WHERE x.rater < y.rater GROUP BY 1, 2;
SELECT count(*), bool_and(abs(m.kappa - cohen_kappa(c, w)) < 1e-12) AS kappa, bool_and(w <> 'identity' OR abs(m.agreement - accuracy(c)) < 1e-12) AS agreement, bool_and(status = 'ok') AS ok
  FROM whole, unnest(ARRAY['identity', 'linear']) AS w, agreement_matrix(r, w, ARRAY[1, 2, 3, 4]) AS m JOIN pair USING (rater_a, rater_b);
SELECT abs(light_kappa(r) - (SELECT avg(cohen_kappa(c)) FROM pair)) < 1e-12 AS light FROM whole;

-- each against the rest
CREATE TABLE rest AS
SELECT x.rater, x.unit, x.label, avg((x.label = y.label)::int) AS agreement, label_counts_agg(y.label) AS others FROM rating AS x JOIN rating AS y ON x.unit = y.unit AND x.rater <> y.rater GROUP BY x.rater, x.unit, x.label;
CREATE TABLE by_rater AS
SELECT rater, count(*) AS units, avg(agreement) AS agreement, stddev_samp(agreement) / sqrt(count(*)) AS se,
       (SELECT sum(own.share * other.share) FROM (SELECT label::text, count(*)::float8 / (SELECT count(*) FROM rest WHERE rater = o.rater) AS share FROM rest WHERE rater = o.rater GROUP BY label) AS own
          JOIN (SELECT f.label, sum(f.count::float8 / num_labels(others)) / (SELECT count(*) FROM rest WHERE rater = o.rater) AS share FROM rest, label_frequencies(others) AS f WHERE rater = o.rater GROUP BY f.label) AS other USING (label)) AS expected
  FROM rest AS o GROUP BY rater;
SELECT rater, r.n_labels = (SELECT count(*) FROM rating WHERE rating.rater = b.rater) AS labels, r.n_units_shared = units AS units, abs(r.agreement - b.agreement) < 1e-12 AS agreement, abs(r.se - b.se) < 1e-12 AS se,
       abs(r.expected - b.expected) < 1e-12 AS expected, abs(r.kappa - (b.agreement - b.expected) / (1 - b.expected)) < 1e-12 AS kappa, status
  FROM whole, agreement_by_rater(whole.r) AS r JOIN by_rater AS b USING (rater) ORDER BY rater;
-- those who guess least are seen
SELECT (array_agg(rater ORDER BY kappa DESC))[1:2] AS best FROM whole, agreement_by_rater(r);

-- worst units, and the same by unit_agreement()
SELECT w.* FROM whole, worst_units(r, 3) AS w;
SELECT (SELECT array_agg(agreement) FROM worst_units(r, 500)) = (SELECT array_agg(a ORDER BY a) FROM (SELECT unit_agreement(label_counts_agg(label)) AS a FROM rating GROUP BY unit) AS u WHERE a IS NOT NULL) AS same FROM whole;
SELECT * FROM worst_units('[("u", "ann", 1) * 1, ("u", "bob", 2) * 1, ("v", "ann", 1) * 1, ("v", "bob", 9) * 1, ("w", "ann", 3) * 1]', weights => 'linear');
SELECT count(*) FROM worst_units('[]', 0);
SELECT count(*) FROM worst_units('[]', -1);

-- duplicates
CREATE TABLE twice AS SELECT rater_agreement_agg(u, r, l, at) AS r FROM (VALUES ('u', 'ann', 'x', 1), ('u', 'ann', 'y', 2), ('u', 'bob', 'y', 1), ('v', 'ann', 'x', 1), ('v', 'bob', 'x', 1)) AS v (u, r, l, at);
SELECT conger_kappa(r) FROM twice;
SELECT (SELECT given FROM worst_units(r, 1, duplicates => d)) AS worst, conger_kappa(r, duplicates => d), (SELECT n_labels FROM coefficients(r, duplicates => d) LIMIT 1) AS labels, d FROM twice, unnest(ARRAY['first', 'last', 'count']) AS d;
SELECT conger_kappa(rater_agreement_agg(u, r, l), duplicates => 'last') FROM (VALUES ('u', 'ann', 'x'), ('u', 'ann', 'y')) AS v (u, r, l);
SELECT conger_kappa(rater_agreement_agg(u, r, l, 1), duplicates => 'last') FROM (VALUES ('u', 'ann', 'x'), ('u', 'ann', 'y')) AS v (u, r, l);
SELECT light_kappa(r, duplicates => 'mean') FROM twice;
-- Dawid and Skene's observer 1 saw each patient three times: counting, each rater has one voice
SELECT n_labels, n_raters, value IS NOT NULL AS defined, status FROM coefficients('[("1", "a", 1) * 3, ("1", "b", 1) * 1, ("2", "a", 1) * 2, ("2", "a", 2) * 1, ("2", "b", 2) * 1]'::rater_agreement, duplicates => 'count') WHERE name = 'conger_kappa';

-- groups: vendors who agree among themselves and not with each other
CREATE TABLE vendor AS SELECT i AS unit, v AS vendor, CASE WHEN v = 'north' OR i % 3 > 0 THEN i % 2 ELSE 1 - i % 2 END + CASE WHEN (i * 7 + n * 3) % 11 = 0 THEN 1 ELSE 0 END AS label
  FROM generate_series(1, 120) AS i, unnest(ARRAY['north', 'south']) AS v, generate_series(1, 3) AS n WHERE (i + n) % 5 > 0;
SELECT group_a, group_b, n_units, round(within_a::numeric, 4) AS within_a, round(within_b::numeric, 4) AS within_b, round(b."between"::numeric, 4) AS "between", round(difference::numeric, 4) AS difference, ci_upper < 0 AS certain, status
  FROM (SELECT agreement_between_agg(unit, vendor, label) AS a FROM vendor) AS v, agreement_between(a) AS b;
CREATE FUNCTION difference(skipped int) RETURNS float8 LANGUAGE sql AS $$
    SELECT (SELECT avg(a) FROM (SELECT avg((x.label = y.label)::int) AS a FROM vendor AS x JOIN vendor AS y USING (unit) WHERE x.vendor = 'north' AND y.vendor = 'south' AND unit <> skipped GROUP BY unit) AS b)
         - avg(a) FROM (SELECT vendor, avg(a) AS a FROM (SELECT vendor, unit, unit_agreement(label_counts_agg(label)) AS a FROM vendor WHERE unit <> skipped GROUP BY vendor, unit) AS u GROUP BY vendor) AS w $$;
-- by hand, and its standard error by the jackknife, which is another estimate of the same
SELECT abs(b.difference - difference(0)) < 1e-12 AS difference, abs(b.se / (SELECT sqrt(119 / 120.0 * sum((d - m) ^ 2)) FROM (SELECT difference(i) AS d, avg(difference(i)) OVER () AS m FROM generate_series(1, 120) AS i) AS j) - 1) < 0.02 AS se
  FROM (SELECT agreement_between_agg(unit, vendor, label) AS a FROM vendor) AS v, agreement_between(a) AS b;
SELECT group_a, group_b, n_units, within_a, within_b, "between", difference, status FROM agreement_between('[("u", "a", "x") * 1, ("u", "b", "x") * 1]');
SELECT group_a, group_b, n_units, within_a, within_b, "between", difference, status FROM agreement_between('[("u", "a", "x") * 2, ("v", "b", "x") * 2]');
SELECT count(*) FROM agreement_between((SELECT rater_agreement_agg(1, i, 'x') FROM generate_series(1, 201) AS i));

-- degenerate
SELECT name, value, pa, pe, n_raters, status FROM coefficients('[("u", "ann", "x") * 1, ("v", "ann", "y") * 1]'::rater_agreement);
SELECT name, value, n_raters, status FROM coefficients('[]'::rater_agreement) WHERE name IN ('conger_kappa', 'gwet_ac');
SELECT name, value, pa, pe, status FROM coefficients('[("u", "ann", "x") * 1, ("u", "bob", "x") * 1]'::rater_agreement) WHERE name IN ('conger_kappa', 'percent_agreement');
SELECT name, value, status FROM coefficients('[("u", "ann", "x") * 1, ("v", "bob", "y") * 1]'::rater_agreement) WHERE name = 'conger_kappa';
SELECT conger_kappa('[("u", "ann", "x") * 1, ("u", "bob", "y") * 1]', 'linear') AS undeclared, light_kappa('[("u", "ann", "x") * 1, ("u", "bob", "y") * 1]', 'linear') AS light, conger_kappa(NULL), light_kappa('[]') AS nobody;
SELECT * FROM agreement_by_rater('[("u", "ann", "x") * 1, ("u", "bob", "x") * 1, ("v", "eve", "x") * 1]');
SELECT * FROM agreement_matrix('[("u", "ann", "x") * 1, ("u", "bob", "x") * 1, ("v", "eve", "x") * 1]');
SELECT * FROM agreement_matrix('[("u", "ann", "x") * 1, ("u", "bob", "y") * 1]', 'linear');
SELECT * FROM agreement_by_rater('[]');
\set VERBOSITY terse
DROP SCHEMA agreement_raters CASCADE;
