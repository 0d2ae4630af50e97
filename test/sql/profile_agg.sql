-- profile_agg, rollup and +: the same values give the same bytes, whatever the order, the partition and the plan
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
SELECT setseed(0.42);

-- continuous, skewed, few and many distinct values, outliers, every special value
CREATE TABLE profiled AS
SELECT n,
       (n % 300)::smallint AS small,
       n % 5000 - 2500 AS whole,
       (random() * 9e18)::bigint * (n % 3 - 1) AS large,
       (random() * 100)::real AS single,
       CASE n % 1000 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity' WHEN 4 THEN '-0'
                     WHEN 5 THEN 1e300 WHEN 6 THEN -1e-310 ELSE exp(10 * random()) - 100 END::float8 AS double,
       CASE n % 1000 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN 1e400 WHEN 4 THEN 1e-400
                     ELSE round((random() * 1e6)::numeric, 2) + 0.00 END::numeric AS exact,
       CASE n % 1000 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE date '2024-01-01' + n % 700 END::date AS day,
       time '00:00' + n * interval '1.000001 second' AS clock,
       CASE n % 1000 WHEN 0 THEN 'infinity' WHEN 1 THEN NULL ELSE timestamp '2024-01-01' + random() * interval '1 year' END AS moment,
       timestamptz '2024-01-01 00:00+00' + (n % 3000) * interval '1 hour' AS instant,
       'label ' || n % 700 AS few,
       md5(n::text) || repeat('é', n % 40) AS many,
       repeat('lang und länger ', 4) || n % 2000 AS long,
       n % 3 = 0 AS flag,
       md5((n % 100)::text)::uuid AS id,
       decode(repeat(to_hex(n % 9 + 16), n % 50), 'hex') AS bytes,
       jsonb_build_object('n', n % 20, 'list', ARRAY[n % 3]) AS json,
       ARRAY[random(), random() * 10, n % 2]::real[] AS vector,
       CASE n % 1000 WHEN 0 THEN '{}' WHEN 1 THEN NULL WHEN 2 THEN '{1,NULL,3}' WHEN 3 THEN '{1,NaN,3}' WHEN 4 THEN '{1,1e9,3}'
                     ELSE ARRAY[random(), random() - 10, n] END::float8[] AS wide
  FROM generate_series(1, 20000) AS n;

-- Every column in random parts, merged in a random order, in one step and in two, by + and by rollup().
CREATE FUNCTION property(col text) RETURNS TABLE (col_name text, shift int, buckets text, rolled_up boolean, in_two_steps boolean, added boolean, shuffled boolean)
LANGUAGE plpgsql AS $$
DECLARE
    whole profile;
    parts profile;
    twice profile;
    sum profile;
    shuffled profile;
    p profile;
BEGIN
    EXECUTE format('SELECT profile_agg(%I) FROM profiled', col) INTO whole;
    EXECUTE format('SELECT rollup(p ORDER BY random()) FROM (SELECT profile_agg(%I) AS p FROM profiled GROUP BY floor(random() * 40)) AS x', col) INTO parts;
    EXECUTE format('SELECT rollup(p) FROM (SELECT rollup(p) AS p FROM (SELECT profile_agg(%I) AS p FROM profiled GROUP BY hashint4(n) %% 200) AS x'
                   ' GROUP BY floor(random() * 7)) AS y', col) INTO twice;
    FOR p IN EXECUTE format('SELECT profile_agg(%I) FROM profiled GROUP BY n / 4000 ORDER BY random()', col) LOOP
        sum := coalesce(sum + p, p);
    END LOOP;
    EXECUTE format('SELECT profile_agg(%I ORDER BY random()) FROM profiled', col) INTO shuffled;
    RETURN QUERY SELECT col, get_byte(profile_send(whole), 4),
        CASE WHEN get_byte(profile_send(whole), 4) = 0 THEN 'exact' ELSE 'coarse' END,
        whole = parts AND whole::text = parts::text, whole = twice, whole = sum, whole = shuffled AND whole::text::profile = whole;
END $$;

SELECT p.* FROM pg_attribute AS a, property(a.attname) AS p
 WHERE a.attrelid = 'profiled'::regclass AND a.attnum > 0 ORDER BY a.attnum;

-- the same from forced parallel plans
CREATE TABLE serial AS
SELECT profile_agg(double) AS a, profile_agg(exact) AS b, profile_agg(few) AS c, profile_agg(many) AS d, profile_agg(wide) AS e, profile_agg(moment) AS f FROM profiled;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
CREATE FUNCTION is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP found := found OR line LIKE '%Partial Aggregate%'; END LOOP;
    RETURN found;
END $$;
SELECT is_parallel('SELECT profile_agg(double) FROM profiled'), is_parallel('SELECT profile_agg(many) FROM profiled');
CREATE TABLE in_parallel AS
SELECT profile_agg(double) AS a, profile_agg(exact) AS b, profile_agg(few) AS c, profile_agg(many) AS d, profile_agg(wide) AS e, profile_agg(moment) AS f FROM profiled;
SELECT s.a = p.a, s.b = p.b, s.c = p.c, s.d = p.d, s.e = p.e, s.f = p.f FROM serial AS s, in_parallel AS p;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- many groups, windows, FILTER
SELECT count(DISTINCT p::text) FROM (SELECT profile_agg(whole) AS p FROM profiled GROUP BY n % 5000) AS g;
SELECT bool_and(p = q) FROM (
    SELECT profile_agg(few) OVER w AS p, rollup(single) OVER w AS q
      FROM (SELECT n, few, (SELECT profile_agg(x.few) FROM (VALUES (few)) AS x (few)) AS single FROM profiled WHERE n <= 200) AS s
    WINDOW w AS (ORDER BY n ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)) AS w;
SELECT profile_agg(few) FILTER (WHERE n <= 10) = (SELECT profile_agg(few) FROM profiled WHERE n <= 10) FROM profiled;

-- integers of every width, and types with a cast, are one kind
SELECT profile_agg(small) = profile_agg(small::int) AND profile_agg(small) = profile_agg(small::bigint) FROM profiled;
SELECT profile_agg(few) = profile_agg(few::varchar(20)) AND profile_agg(few) = profile_agg(few::name) AND profile_agg(few) = profile_agg(few::char(20)) FROM profiled;
CREATE DOMAIN percent AS float8;
SELECT profile_agg(single::float8) = profile_agg(single::percent) FROM profiled;
SELECT profile_agg(double) = profile_agg(double + 0.0) FROM profiled;
SELECT profile_agg(exact) = profile_agg(exact + 0.0000) FROM profiled;

-- no rows, only NULL
SELECT profile_agg(double), profile_agg(few), profile_agg(wide), rollup(p) FROM profiled, (SELECT NULL::profile) AS x (p) WHERE false;
SELECT profile_agg(x) FROM (VALUES (NULL::float8), (NULL)) AS v (x);
SELECT rollup(p) FROM (VALUES (NULL::profile), (NULL)) AS v (p);
SELECT NULL::profile + p IS NULL FROM (SELECT profile_agg(1) AS p) AS x;
-- empty is neutral
SELECT p + e = p AND e + p = p FROM (SELECT profile_agg(many) AS p, profile_agg(many) FILTER (WHERE false) AS e FROM profiled) AS x;

-- types without a profile, and parts that do not fit
CREATE TYPE mood AS ENUM ('sad', 'happy');
SELECT profile_agg('sad'::mood);
SELECT profile_agg(x) FROM (VALUES (interval '1 day')) AS v (x);
SELECT profile_agg('sad'::mood::text) = profile_agg('sad'::text);
SELECT profile_agg(1) + profile_agg(1.5::float8);
-- embeddings of several dimensions: a warning, and the norms, whatever the order and the parts
CREATE TABLE uneven (part int, x float8[]);
INSERT INTO uneven VALUES (1, '{3,4}'), (1, '{1,2,2}'), (2, '{0,1}'), (3, '{}');
SELECT dimension(p), mean_vector(p), variance_vector(p), num_values(p), mean(p), max_value(p), to_jsonb(p) ->> 'dimension' AS json, p = p::text::profile AS stored FROM (SELECT profile_agg(x) AS p FROM uneven) AS a;
SELECT count(DISTINCT p::text) FROM (SELECT profile_agg(x ORDER BY part) AS p FROM uneven UNION ALL SELECT profile_agg(x ORDER BY part DESC, x) FROM uneven
                                     UNION ALL SELECT rollup(p) FROM (SELECT profile_agg(x) AS p FROM uneven GROUP BY part) AS parts
                                     UNION ALL SELECT rollup(p) FROM (SELECT profile_agg(x) AS p FROM uneven GROUP BY cardinality(x)) AS parts) AS s;
SELECT dimension(p), num_values(p), mean(p) FROM (SELECT profile_agg(array_fill(1::real, ARRAY[40000])) AS p) AS t;
-- what cannot be used has no dimension
SELECT dimension(p), num_nans(p), mean_vector(p) FROM (SELECT profile_agg(x) AS p FROM (VALUES ('{1,2}'::float8[]), ('{1,NaN,3}'), ('{1,NULL,3}'), ('{}')) AS v (x)) AS t;
SELECT cosine_distance(p, p), frechet_distance(p, p), ks_distance(p, p), ks_distance(p, q), cosine_distance(e, q), cosine_distance(p, e)
  FROM (SELECT profile_agg(x) AS p FROM (VALUES ('{3,4}'::float8[]), ('{1,2,2}')) AS v (x)) AS a,
       (SELECT profile_agg(x) AS q FROM (VALUES ('{3,4}'::float8[]), ('{1,2,2}'), ('{8}')) AS v (x)) AS b, (SELECT profile_agg('{}'::real[]) AS e) AS c;
SELECT cosine_distance(profile_agg('{3,4}'::float8[]), p) FROM (SELECT profile_agg(x) AS p FROM (VALUES ('{3,4}'::float8[]), ('{1,2,2}')) AS v (x)) AS a GROUP BY p;
SELECT _profile_accum('profile1:float8:', 1.0::float8);
-- a working state that somebody else's aggregate let out is as good as any profile
CREATE AGGREGATE public.unfinished(float8) (SFUNC = aidataops._profile_accum, STYPE = profile, INITCOND = 'profile1:float8:');
CREATE TABLE leaked AS SELECT n % 4 AS part, unfinished(double) AS p FROM profiled GROUP BY n % 4;
SELECT (SELECT rollup(p) FROM leaked) = a, (SELECT p = p::text::profile FROM leaked LIMIT 1) FROM serial;

-- types that have a cast to real[] are profiled as that: what enable_vector() makes of those of pgvector (test/pgtap/vector.sql)
SELECT enable_vector();
CREATE TYPE point3 AS (x real, y real, z real);
CREATE FUNCTION as_array(point3) RETURNS real[] LANGUAGE sql IMMUTABLE STRICT RETURN ARRAY[($1).x, ($1).y, ($1).z];
CREATE CAST (point3 AS real[]) WITH FUNCTION as_array(point3);
CREATE AGGREGATE public.point_profile(point3) (SFUNC = aidataops._profile_accum_castable, STYPE = profile, FINALFUNC = aidataops._profile_final, INITCOND = 'profile1:embedding:',
    COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE);
SELECT point_profile(p) = profile_agg(p::real[]) AS alike, num_rows(point_profile(p)), num_nulls(point_profile(p))
  FROM (SELECT CASE WHEN i % 10 > 0 THEN ROW(i, i / 2.0, -i)::point3 END AS p FROM generate_series(1, 1000) AS i) AS x;
CREATE AGGREGATE public.mood_profile(mood) (SFUNC = aidataops._profile_accum_castable, STYPE = profile, INITCOND = 'profile1:embedding:');
SELECT mood_profile('sad');
CREATE FUNCTION no_array(point3) RETURNS real[] LANGUAGE sql IMMUTABLE AS 'SELECT NULL::real[]';
BEGIN;
DROP CAST (point3 AS real[]);
CREATE CAST (point3 AS real[]) WITH FUNCTION no_array(point3);
SELECT point_profile('(1,2,3)'::point3);
ROLLBACK;
DROP FUNCTION no_array;
SELECT _profile_accum_castable('profile1:embedding:', '(1,2,3)'::point3);
DROP AGGREGATE point_profile(point3), mood_profile(mood);
DROP CAST (point3 AS real[]);
DROP FUNCTION as_array;
DROP TYPE point3;

DROP TABLE profiled, serial, in_parallel, leaked;
DROP AGGREGATE unfinished(float8);
DROP TYPE mood;
DROP DOMAIN percent;
DROP FUNCTION property, is_parallel;
