-- Training-serving skew: do a model's features have online the values that they have offline? (docs/monitoring.md)

-- How two values are told apart, within a tolerance, and by how much they differ.
CREATE FUNCTION aidataops._skew_expressions(column_name name, offline_type oid, online_type oid, tolerance jsonb, OUT differs text, OUT difference text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o text := format('o.%I', column_name);
    n text := format('n.%I', column_name);
    numbers CONSTANT oid[] := '{smallint,integer,bigint,real,double precision,numeric}'::regtype[]::oid[];
    times CONSTANT oid[] := '{date,timestamp,timestamptz}'::regtype[]::oid[];
BEGIN
    difference := 'NULL::float8';
    IF offline_type = ANY (numbers) AND online_type = ANY (numbers) OR offline_type = ANY (times) AND online_type = ANY (times) THEN
        IF offline_type = ANY (times) THEN
            o := format('extract(epoch FROM %s)', o);
            n := format('extract(epoch FROM %s)', n);
        END IF;
        difference := format('nullif(abs(%1$s::float8 - %2$s::float8), ''NaN'')', n, o);
        differs := format('(%1$s IS NULL) <> (%2$s IS NULL) OR %1$s::float8 IS DISTINCT FROM %2$s::float8 AND NOT coalesce(abs(%1$s::float8 - %2$s::float8) <= %3$L::float8 + %4$L::float8 * abs(%1$s::float8), false)',
                          o, n, coalesce((tolerance ->> 'absolute')::float8, 0),
                          CASE WHEN offline_type = ANY (times) THEN 0 ELSE coalesce((tolerance ->> 'relative')::float8, 0) END); -- a share of the time since 1970 is none
    ELSIF offline_type = online_type THEN
        differs := format('aidataops._text(%s) IS DISTINCT FROM aidataops._text(%s)', o, n);
    ELSE
        differs := format('aidataops._json(%s) IS DISTINCT FROM aidataops._json(%s)', o, n);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._skew_expressions(name, oid, oid, jsonb) IS 'Internal: SQL that says whether o and n differ in a column, and by how much.';

CREATE FUNCTION aidataops._check_tolerances(tolerances jsonb, columns name[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    IF jsonb_typeof(tolerances) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'tolerances must be a JSON object, not %', coalesce(tolerances::text, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example {"*": {"relative": 1e-6}, "price": {"absolute": 0.01, "share": 0.001}}.';
    END IF;
    FOR one IN SELECT t.key, t.value FROM jsonb_each(tolerances) AS t LOOP
        IF one.key <> '*' AND one.key <> ALL (columns) THEN
            RAISE EXCEPTION 'tolerance given for column "%", which is not compared', one.key USING ERRCODE = 'undefined_column';
        ELSIF jsonb_typeof(one.value) <> 'object' OR EXISTS (SELECT FROM jsonb_each(one.value) AS v WHERE v.key NOT IN ('absolute', 'relative', 'share')
                  OR jsonb_typeof(v.value) <> 'number' OR (v.value #>> '{}')::numeric < 0) THEN
            RAISE EXCEPTION 'tolerance of "%" is not understood: %', one.key, one.value USING ERRCODE = 'invalid_parameter_value',
                HINT = 'It has absolute and relative, how far two values may be apart, and share, how many rows may be further; numbers, none negative.';
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._check_tolerances(jsonb, name[]) IS 'Internal: an error unless tolerances are understood.';

CREATE FUNCTION aidataops.skew(offline regclass, online regclass, key name[], columns name[] DEFAULT NULL, tolerances jsonb DEFAULT '{}',
    method text DEFAULT 'auto', min_rows bigint DEFAULT 50)
    RETURNS TABLE (column_name name, skewed boolean, n_matched bigint, n_differing bigint, share_differing float8, max_difference float8, mean_difference float8, example jsonb,
        n_offline_only bigint, n_online_only bigint, drift_method text, statistic float8, threshold float8, drifted boolean, status text)
    LANGUAGE plpgsql STABLE ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    compared name[];
    differs text;
    difference text;
    examples text;
    key_row text := format('ROW(%s)', (SELECT string_agg(format('o.%I', k.name), ', ' ORDER BY k.place) FROM unnest(key) WITH ORDINALITY AS k (name, place)));
    condition text;
    pairs record;
    shown jsonb;
BEGIN
    IF offline IS NULL OR online IS NULL THEN
        RAISE EXCEPTION 'relations to compare must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF coalesce(cardinality(key), 0) = 0 THEN
        RAISE EXCEPTION 'rows are matched by a key: name its columns' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    compared := coalesce(columns, ARRAY(SELECT o.attname FROM pg_attribute AS o JOIN pg_attribute AS n USING (attname)
                                         WHERE o.attrelid = offline AND n.attrelid = online AND o.attnum > 0 AND n.attnum > 0 AND NOT o.attisdropped AND NOT n.attisdropped
                                           AND o.attname <> ALL (key) ORDER BY o.attnum));
    FOR differs, difference IN
        SELECT w.name, r.relation::text FROM unnest(key || compared) AS w (name), unnest(ARRAY[offline, online]) AS r (relation)
         WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = r.relation AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
    LOOP
        RAISE EXCEPTION 'column "%" does not exist in %', differs, difference USING ERRCODE = 'undefined_column';
    END LOOP;
    IF compared = '{}' THEN
        RAISE EXCEPTION '% and % have no columns in common but the key', offline, online USING ERRCODE = 'undefined_column';
    END IF;
    PERFORM aidataops._check_tolerances(tolerances, compared);
    condition := aidataops._key_condition(offline, online, key, 'o', 'n');

    SELECT string_agg(format('count(*) FILTER (WHERE o."is there" AND n."is there" AND (%s))', e.differs), ', ' ORDER BY c.place),
           string_agg(format('max(%1$s), avg(%1$s)', e.difference), ', ' ORDER BY c.place),
           string_agg(format('min(aidataops._text(%s) COLLATE "C") '
                             'FILTER (WHERE o."is there" AND n."is there" AND (%s))',
                             key_row, e.differs), ', ' ORDER BY c.place)
      INTO differs, difference, examples
      FROM unnest(compared) WITH ORDINALITY AS c (name, place)
      JOIN pg_attribute AS o ON o.attrelid = offline AND o.attname = c.name
      JOIN pg_attribute AS n ON n.attrelid = online AND n.attname = c.name
     CROSS JOIN LATERAL aidataops._skew_expressions(c.name, aidataops._base_type(o.atttypid), aidataops._base_type(n.atttypid),
                            '{"relative": 1e-6}' || coalesce(tolerances -> '*', '{}') || coalesce(tolerances -> c.name::text, '{}')) AS e;
    SELECT p.* INTO pairs
      FROM aidataops._read(ARRAY[offline, online], format(
               'SELECT count(*) FILTER (WHERE o."is there" AND n."is there"), '
               'count(*) FILTER (WHERE n."is there" IS NULL), '
               'count(*) FILTER (WHERE o."is there" IS NULL), '
               'ARRAY[%s]::bigint[], ARRAY[%s]::float8[], ARRAY[%s]::text[], '
               '(SELECT count(*) FROM %s), (SELECT count(*) FROM %s) '
               'FROM (SELECT *, true AS "is there" FROM %4$s) AS o '
               'FULL JOIN (SELECT *, true AS "is there" FROM %5$s) AS n ON %6$s',
               differs, difference, examples, offline, online, condition))
           AS p (matched bigint, offline_only bigint, online_only bigint, differing bigint[],
                 differences float8[], examples text[], n_offline bigint, n_online bigint);
    IF pairs.matched + pairs.offline_only <> pairs.n_offline OR pairs.matched + pairs.online_only <> pairs.n_online THEN
        RAISE EXCEPTION 'key (%) does not identify rows', array_to_string(key, ', ') USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('There are more matches than rows: %s of %s and %s.', pairs.matched, pairs.n_offline, pairs.n_online);
    END IF;

    IF num_nonnulls(VARIADIC pairs.examples) > 0 THEN
        SELECT e.shown INTO shown
          FROM aidataops._read(ARRAY[offline, online], format(
                   'SELECT jsonb_object_agg(aidataops._text(%s), '
                   'jsonb_build_array(aidataops._json(o.*), aidataops._json(n.*))) '
                   'FROM (SELECT * FROM %s AS o WHERE aidataops._text(%1$s) = ANY ($1)) AS o '
                   'JOIN %3$s AS n ON %4$s',
                   key_row, offline, online, condition), pairs.examples) AS e (shown jsonb);
    END IF;

    RETURN QUERY
        WITH sample AS MATERIALIZED (
            SELECT array_agg(f.column_name) AS names, array_agg(f.profile) AS old, array_agg(t.profile) AS new
              FROM aidataops.profile_columns(offline) AS f JOIN aidataops.profile_columns(online) AS t USING (column_name) WHERE f.column_name = ANY (compared)
        )
        SELECT c.name, coalesce(pairs.differing[c.place]::float8 / nullif(pairs.matched, 0) > t.share, false) OR coalesce(d.drifted, false), pairs.matched, pairs.differing[c.place],
               pairs.differing[c.place]::float8 / nullif(pairs.matched, 0), pairs.differences[2 * c.place - 1], pairs.differences[2 * c.place], 
               CASE WHEN pairs.examples[c.place] IS NOT NULL THEN
                   jsonb_build_object('key', (SELECT jsonb_object_agg(k, shown #> ARRAY[pairs.examples[c.place], '0', k::text]) FROM unnest(key) AS k),
                                      'offline', shown #> ARRAY[pairs.examples[c.place], '0', c.name::text], 'online', shown #> ARRAY[pairs.examples[c.place], '1', c.name::text]) END,
               pairs.offline_only, pairs.online_only, d.method, d.statistic, d.threshold, d.drifted,
               CASE WHEN pairs.matched = 0 THEN 'no_matches' WHEN d.status = 'overlapping_samples' THEN 'ok' ELSE d.status END
          FROM unnest(compared) WITH ORDINALITY AS c (name, place)
         CROSS JOIN LATERAL (SELECT coalesce((tolerances #>> ARRAY[c.name::text, 'share'])::float8, (tolerances #>> '{*,share}')::float8, 0)) AS t (share)
          LEFT JOIN (SELECT d.* FROM sample AS s, aidataops._drift_rows(s.names, s.old, s.new, ARRAY[method], 'none', 0.05, min_rows, 10, true) AS d) AS d ON d.column_name = c.name
         ORDER BY 2 DESC, 5 DESC NULLS LAST, c.place;
END $$;
COMMENT ON FUNCTION aidataops.skew(regclass, regclass, name[], name[], jsonb, text, bigint) IS
'Training-serving skew: whether columns have online, in what a model was served, the values that they have offline, in what it is trained on; one row a column, the skewed first. Row by row on the key: rows matched, how many of them differ beyond the tolerance, by how much (numbers; times in seconds), and an example; and as distributions: a distance as drift() has it (no p-value: the rows are of the same things). skewed: more rows differ than the share allowed, none by default, or it drifted. NULL and a value differ, two NULLs and two NaN do not. columns: NULL for all that both have. tolerances: {"*": {"absolute", "relative", "share"}, "column": ...}: two numbers differ if they are further apart than absolute (0) + relative (0.000001) * offline, two times if further than absolute seconds. method, min_rows: as drift(). status: as drift(), and no_matches. Reads both, four times each. Needs SELECT on both; row-level security applies. Errors: a key that does not identify rows, columns that are not in both.';
