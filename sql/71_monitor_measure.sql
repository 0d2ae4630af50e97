-- What a monitor measures, as a role that may read the rows (docs/monitoring.md). Nothing here writes.

CREATE FUNCTION aidataops._monitor_limits(history float8[], threshold jsonb, OUT lower float8, OUT upper float8) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN threshold ? 'sigma' THEN avg(h.v) - (threshold ->> 'sigma')::float8 * stddev_pop(h.v)
                    ELSE percentile_cont(1 - (threshold ->> 'quantile')::float8) WITHIN GROUP (ORDER BY h.v) END,
               CASE WHEN threshold ? 'sigma' THEN avg(h.v) + (threshold ->> 'sigma')::float8 * stddev_pop(h.v)
                    ELSE percentile_cont((threshold ->> 'quantile')::float8) WITHIN GROUP (ORDER BY h.v) END
          FROM unnest(history) AS h (v);
    END;
COMMENT ON FUNCTION aidataops._monitor_limits(float8[], jsonb) IS
'Internal: limits from values that do not contain the one that is judged: mean -+ sigma standard deviations (of the population, as NannyML has it), or quantiles, by linear interpolation.';

-- The threshold of a column: its own, or the one for all.
CREATE FUNCTION aidataops._monitor_threshold(thresholds jsonb, name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce(thresholds #> ARRAY['columns', name], thresholds - 'columns');
    END;
COMMENT ON FUNCTION aidataops._monitor_threshold(jsonb, text) IS 'Internal: the threshold of a column or measure.';

CREATE FUNCTION aidataops._monitor_dataset(dataset_id integer, name text) RETURNS aidataops.dataset
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset;
BEGIN
    SELECT * INTO ds FROM aidataops.dataset AS d WHERE d.dataset_id = _monitor_dataset.dataset_id;
    IF ds.dataset_id IS NULL THEN
        RAISE EXCEPTION 'dataset "%" is gone, or role "%" may not read it any more', name, current_user
            USING ERRCODE = 'undefined_object';
    END IF;
    RETURN ds;
END $$;
COMMENT ON FUNCTION aidataops._monitor_dataset(integer, text) IS 'Internal: the dataset that a monitor is about, or an error.';

CREATE FUNCTION aidataops._trailing(reference text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN reference IN ('previous', 'same weekday') THEN 1
                    WHEN reference ~ '^(trailing|same weekday) [0-9]{1,4}$' THEN substring(reference FROM '[0-9]+$')::integer END;
    END;
COMMENT ON FUNCTION aidataops._trailing(text) IS 'Internal: how many versions or windows a reference takes together; NULL if it is a version by name.';

-- Versions that a reference names, none of them later than one; none if there are none yet. Of weekdays, those of the versions that
-- are judged: what came on a Monday and a Tuesday is compared with what came on Mondays and Tuesdays before.
CREATE FUNCTION aidataops._reference_numbers(ds aidataops.dataset, since integer, judged integer, reference text) RETURNS integer[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    k integer := aidataops._trailing(reference);
BEGIN
    IF reference LIKE 'same weekday%' THEN
        RETURN ARRAY(SELECT b.number
                       FROM (SELECT extract(isodow FROM v.committed_at AT TIME ZONE 'UTC') AS weekday FROM aidataops.version AS v
                              WHERE v.dataset_id = ds.dataset_id AND v.number > since AND v.number <= judged GROUP BY 1) AS w
                      CROSS JOIN LATERAL (SELECT v.number FROM aidataops.version AS v
                                           WHERE v.dataset_id = ds.dataset_id AND v.number <= since AND extract(isodow FROM v.committed_at AT TIME ZONE 'UTC') = w.weekday
                                           ORDER BY v.number DESC LIMIT k) AS b
                      ORDER BY b.number DESC);
    END IF;
    RETURN ARRAY(SELECT n FROM generate_series(since, greatest(since - k + 1, 1), -1) AS n);
END $$;
COMMENT ON FUNCTION aidataops._reference_numbers(aidataops.dataset, integer, integer, text) IS 'Internal: the versions before those that are judged that previous, trailing and same weekday mean, the latest first.';

-- What is judged is what came since a version that was judged before, so that no row is skipped, however often it runs, and few
-- rows become enough. A version that the reference holds is no news. previous and its like need a version before.
CREATE FUNCTION aidataops._judged_since(spec jsonb, judged integer, reference_number integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN judged = 1 THEN 0
                    ELSE greatest(coalesce(CASE WHEN spec ->> 'version' IS NOT NULL THEN NULL -- backfilled: one by one
                                                WHEN (spec ->> 'judged')::integer < judged THEN (spec ->> 'judged')::integer
                                                WHEN (spec ->> 'judged')::integer = judged THEN (spec ->> 'judged_since')::integer END, judged - 1),
                                  CASE WHEN reference_number < judged THEN reference_number END,
                                  CASE WHEN spec ->> 'reference' NOT LIKE '%@%' THEN 1 END) END;
    END;
COMMENT ON FUNCTION aidataops._judged_since(jsonb, integer, integer) IS 'Internal: the version after which the rows came that a run judges; 0: all rows.';

-- Which rows of a version are judged. One that only corrected or removed is judged by what it made of the whole: the rows that
-- were corrected are no sample of anything.
CREATE FUNCTION aidataops._judges_all(version aidataops.version, rows text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT rows = 'all' OR (version).number = 1 OR coalesce(rows = 'auto' AND (version).rows_added = 0, (version).rows_added IS NULL);
    END;
COMMENT ON FUNCTION aidataops._judges_all(aidataops.version, text) IS 'Internal: whether all rows of a version are judged, and not those that came with it.';

-- The same of several versions, and whether the profiles that they stored add up to what came: they do unless a later one took
-- back rows of an earlier one, by a restore say, or columns changed on the way.
CREATE FUNCTION aidataops._what_is_judged(ds aidataops.dataset, since integer, judged integer, rows text, OUT all_rows boolean, OUT adds_up boolean) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added bigint;
BEGIN
    SELECT sum(v.rows_added), coalesce(bool_and(v.rows_removed = 0 AND v.rows_modified = 0) FILTER (WHERE v.number > since + 1), true) AND count(DISTINCT v.epoch) = 1,
           bool_or(v.rows_added IS NULL)
      INTO added, adds_up, all_rows
      FROM aidataops.version AS v WHERE v.dataset_id = ds.dataset_id AND v.number > since AND v.number <= judged;
    all_rows := all_rows OR since = 0 OR rows = 'all';
    IF all_rows THEN
        RETURN;
    END IF;
    adds_up := adds_up AND NOT EXISTS (SELECT FROM aidataops.version_column AS c WHERE c.dataset_id = ds.dataset_id AND c.number > since AND c.number <= judged
                                        GROUP BY c.column_name HAVING min(c.role) <> max(c.role));
    IF rows = 'auto' THEN
        IF NOT adds_up THEN
            added := (SELECT d.rows_added FROM aidataops.diff_stat(aidataops.to_dataset_version(ds.name || '@' || since), aidataops.to_dataset_version(ds.name || '@' || judged)) AS d);
        END IF;
        all_rows := added = 0;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._what_is_judged(aidataops.dataset, integer, integer, text) IS 'Internal: whether all rows of a version are judged or those that came since another, and whether stored profiles tell of those.';

-- Samples: side 0 is what is judged, sides 1, 2, ... are the reference, one each version or window of it.

-- From the rows: those of a version that another had not, or not so.
CREATE FUNCTION aidataops._profiles_since(version aidataops.dataset_version, since aidataops.dataset_version, roles jsonb)
    RETURNS TABLE (column_name name, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- categories are counted by their text, which is to be the same in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    r record;
    c record;
BEGIN
    SELECT * INTO r FROM aidataops._rows_to_compare(version, since, 'r');
    SELECT * INTO c FROM aidataops._profile_calls(r.relation, roles);
    IF c.calls IS NOT NULL THEN
        RETURN QUERY
            SELECT * FROM aidataops._read_profiles(r.relations, c.names, c.calls, r.from_item);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._profiles_since(aidataops.dataset_version, aidataops.dataset_version, jsonb) IS 'Internal: profiles of the rows of a version that came since another.';

CREATE FUNCTION aidataops._judged_samples(ds aidataops.dataset, since integer, judged integer, all_rows boolean, adds_up boolean, segment_by name)
    RETURNS TABLE (side integer, segment text, column_name name, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    version aidataops.dataset_version := aidataops.to_dataset_version(ds.name || '@' || judged);
    before aidataops.dataset_version := CASE WHEN NOT all_rows THEN aidataops.to_dataset_version(ds.name || '@' || since) END;
BEGIN
    IF all_rows THEN
        RETURN QUERY SELECT 0, NULL::text, c.column_name, c.profile FROM aidataops.version_column AS c WHERE c.dataset_id = ds.dataset_id AND c.number = judged;
    ELSIF adds_up AND since = judged - 1 THEN -- as most often, and half the time
        RETURN QUERY SELECT 0, NULL::text, c.column_name, coalesce(c.profile_added, c.profile) FROM aidataops.version_column AS c WHERE c.dataset_id = ds.dataset_id AND c.number = judged;
    ELSIF adds_up THEN
        RETURN QUERY SELECT 0, NULL::text, c.column_name, aidataops.rollup(c.profile_added) FROM aidataops.version_column AS c
                      WHERE c.dataset_id = ds.dataset_id AND c.number > since AND c.number <= judged GROUP BY c.column_name;
    ELSE
        RETURN QUERY SELECT 0, NULL::text, p.column_name, p.profile
                       FROM aidataops._profiles_since(version, before, (SELECT coalesce(jsonb_object_agg(c.column_name, c.role), '{}') FROM aidataops.version_column AS c
                                                                         WHERE c.dataset_id = ds.dataset_id AND c.number = judged)) AS p;
    END IF;
    IF segment_by IS NOT NULL THEN
        RETURN QUERY SELECT 0, coalesce(p.segment, 'NULL'), p.column_name, p.profile FROM aidataops._segment_profiles(version, before, segment_by) AS p;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._judged_samples(aidataops.dataset, integer, integer, boolean, boolean, name) IS 'Internal: profiles of the rows of a version that are judged, also by segment, which reads them.';

CREATE FUNCTION aidataops._version_samples(ds aidataops.dataset, numbers integer[], rows text)
    RETURNS TABLE (side integer, segment text, column_name name, profile aidataops.profile)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT s.ordinal::integer, NULL::text, c.column_name, CASE WHEN aidataops._judges_all(v.*, rows) THEN c.profile ELSE coalesce(c.profile_added, c.profile) END
          FROM unnest(numbers) WITH ORDINALITY AS s (number, ordinal)
          JOIN aidataops.version AS v ON v.dataset_id = (ds).dataset_id AND v.number = s.number
          JOIN aidataops.version_column AS c ON c.dataset_id = (ds).dataset_id AND c.number = s.number;
    END;
COMMENT ON FUNCTION aidataops._version_samples(aidataops.dataset, integer[], text) IS 'Internal: stored profiles of what came in each of some versions, as a reference.';

CREATE FUNCTION aidataops._version_segment_samples(ds aidataops.dataset, numbers integer[], rows text, segment_by name)
    RETURNS TABLE (side integer, segment text, column_name name, profile aidataops.profile)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT s.ordinal::integer, coalesce(p.segment, 'NULL'), p.column_name, p.profile
          FROM unnest(numbers) WITH ORDINALITY AS s (number, ordinal)
          JOIN aidataops.version AS v ON v.dataset_id = (ds).dataset_id AND v.number = s.number
         CROSS JOIN LATERAL aidataops._segment_profiles(v.version, CASE WHEN NOT aidataops._judges_all(v.*, rows) THEN aidataops.to_dataset_version((ds).name || '@' || s.number - 1) END, segment_by) AS p;
    END;
COMMENT ON FUNCTION aidataops._version_segment_samples(aidataops.dataset, integer[], text, name) IS 'Internal: the same by segment, from the rows.';

-- All rows of a version as the reference, also by segment.
CREATE FUNCTION aidataops._reference_samples(reference aidataops.dataset_version, segment_by name)
    RETURNS TABLE (side integer, segment text, column_name name, profile aidataops.profile)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT 1, NULL::text, p.column_name, p.profile FROM aidataops._version_profiles(reference) AS p
        UNION ALL
        SELECT 1, coalesce(g.segment, 'NULL'), g.column_name, g.profile FROM aidataops._segment_profiles(reference, NULL, segment_by) AS g WHERE segment_by IS NOT NULL;
    END;
COMMENT ON FUNCTION aidataops._reference_samples(aidataops.dataset_version, name) IS 'Internal: the sample of a version that others are compared with.';

-- Windows of the live table, all in one scan. bounds: start and end of each window, ascending; the last is the one that is judged.
CREATE FUNCTION aidataops._window_samples(ds aidataops.dataset, relation oid, columns name[], segment_by name, time_column name, bounds timestamptz[])
    RETURNS TABLE (side integer, segment text, column_name name, profile aidataops.profile)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C'
AS $$
DECLARE
    time_type oid := (SELECT aidataops._base_type(a.atttypid) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = time_column AND a.attnum > 0 AND NOT a.attisdropped);
    windows integer := cardinality(bounds) / 2;
    c record;
    bucket text := format('%s', 1);
    segment_text text := 'NULL::text';
    grouping text := '';
BEGIN
    IF time_type IS NULL THEN
        RAISE EXCEPTION 'time column "%" of dataset "%" does not exist', time_column, ds.name USING ERRCODE = 'undefined_column';
    ELSIF time_type NOT IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
        RAISE EXCEPTION 'time column "%" of dataset "%" is of type %',
            time_column, ds.name, format_type(time_type, NULL)
            USING ERRCODE = 'datatype_mismatch',
                  HINT = 'It must be a date or a timestamp, with or without time zone.';
    END IF;
    SELECT * INTO c FROM aidataops._profile_calls(relation,
        (SELECT coalesce(jsonb_object_agg(r.key, r.value), '{}') FROM jsonb_each(ds.roles - time_column::text - coalesce(segment_by::text, '')) AS r
          WHERE columns IS NULL OR r.key = ANY (columns)));
    IF c.calls IS NULL THEN
        RETURN;
    END IF;
    IF windows > 1 THEN
        bucket := format('width_bucket(%I, %L::%s[])', time_column, bounds, format_type(time_type, NULL));
    END IF;
    IF segment_by IS NOT NULL THEN
        segment_text := format('coalesce(aidataops._text(%I), ''NULL'')', segment_by);
    END IF;
    IF windows > 1 OR segment_by IS NOT NULL THEN
        grouping := 'GROUP BY 1, 2';
    END IF;
    RETURN QUERY
        SELECT windows - (s.bucket + 1) / 2, s.segment, u.name, u.profile
          FROM aidataops._read(ARRAY[relation], format(
                   'SELECT %s, %s, ARRAY[%s]::aidataops.profile[] FROM %s '
                   'WHERE %I >= %L::%s AND %5$I < %8$L::%7$s %9$s',
                   bucket, segment_text, c.calls, relation::regclass, time_column, bounds[1],
                   format_type(time_type, NULL), bounds[cardinality(bounds)], grouping))
               AS s (bucket integer, segment text, profiles aidataops.profile[]),
               unnest(c.names, s.profiles) AS u (name, profile)
         WHERE s.bucket % 2 = 1;
END $$;
COMMENT ON FUNCTION aidataops._window_samples(aidataops.dataset, oid, name[], name, name, timestamptz[]) IS 'Internal: profiles of the rows of windows of time, in UTC where the column has no time zone, by segment if asked.';

-- How good predictions were is measured as the types of the two columns say.
CREATE FUNCTION aidataops._quality_measure(relation oid, roles jsonb, OUT measure text, OUT call text, OUT label name, OUT prediction name) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    label_type oid;
    is_score boolean;
BEGIN
    label := (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND roles ->> a.attname::text = 'label' ORDER BY a.attnum LIMIT 1);
    prediction := (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND roles ->> a.attname::text = 'prediction' ORDER BY a.attnum LIMIT 1);
    label_type := (SELECT aidataops._base_type(a.atttypid) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = label);
    is_score := (SELECT aidataops._base_type(a.atttypid) IN ('real'::regtype, 'double precision'::regtype, 'numeric'::regtype) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = prediction);
    IF label IS NULL OR prediction IS NULL THEN
        RETURN;
    END IF;
    CASE
        WHEN is_score AND label_type = 'boolean'::regtype THEN
            measure := 'auc';
            call := format('aidataops.auc(aidataops.scored_labels_agg(%I::float8, %I::boolean))', prediction, label);
        WHEN is_score AND label_type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN
            measure := 'auc';
            call := format('aidataops.auc(aidataops.scored_labels_agg(%I::float8, %I <> 0))', prediction, label);
        WHEN is_score AND label_type IN ('real'::regtype, 'double precision'::regtype, 'numeric'::regtype) THEN
            measure := 'mean_absolute_error';
            call := format('avg(abs(%I::float8 - %I::float8))', prediction, label);
        WHEN is_score THEN
            RETURN; -- a score of which class?
        ELSE
            measure := 'accuracy';
            call := format('aidataops.accuracy(aidataops.confusion_agg('
                           'aidataops._text(%I), aidataops._text(%I)))', label, prediction);
    END CASE;
END $$;
COMMENT ON FUNCTION aidataops._quality_measure(oid, jsonb) IS 'Internal: the measure of the predictions in a relation, by the types of the columns with the roles label and prediction, and the call that computes it; NULL if there is none.';

-- Of rows whose label has arrived.
CREATE FUNCTION aidataops._prediction_quality(relation oid, roles jsonb, from_item text, OUT measure text, OUT value float8, OUT n bigint) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q record;
BEGIN
    SELECT * INTO q FROM aidataops._quality_measure(relation, roles);
    measure := q.measure;
    IF measure IS NULL THEN
        RETURN;
    END IF;
    SELECT r.value, r.n INTO value, n
      FROM aidataops._read(ARRAY[relation], format(
               'SELECT %s, count(*) FROM %s WHERE %I IS NOT NULL AND %I IS NOT NULL',
               q.call, from_item, q.label, q.prediction)) AS r (value float8, n bigint);
END $$;
COMMENT ON FUNCTION aidataops._prediction_quality(oid, jsonb, text) IS 'Internal: AUC, accuracy or mean absolute error of the predictions in a set of rows.';

-- Limits of distances from the chunks of a reference: each against the others, none against itself.
CREATE FUNCTION aidataops._chunk_limits(sides integer[], segments text[], names name[], profiles aidataops.profile[], methods jsonb, thresholds jsonb, min_rows bigint)
    RETURNS TABLE (column_name name, segment text, n bigint, lower float8, upper float8)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH chunk AS MATERIALIZED (
            SELECT u.side, u.name, coalesce('=' || u.segment, '') AS part, u.profile
              FROM unnest(sides, segments, names, profiles) AS u (side, segment, name, profile)
             WHERE u.side > 0 AND aidataops.num_rows(u.profile) >= min_rows
               AND aidataops._monitor_threshold(thresholds, u.name::text) ?| ARRAY['sigma', 'quantile']
        ), others AS (
            SELECT c.name, c.part, c.side, (array_agg(c.profile))[1] AS profile, aidataops.rollup(o.profile) AS rest
              FROM chunk AS c JOIN chunk AS o ON o.name = c.name AND o.part = c.part AND o.side <> c.side
             GROUP BY c.name, c.part, c.side
        ), distance AS (
            SELECT o.name, o.part, m.statistic
              FROM others AS o
             CROSS JOIN LATERAL aidataops._drift_measure(o.rest, o.profile, coalesce(methods ->> o.name::text, methods ->> '*', 'auto'), 10) AS m
             WHERE abs(m.statistic) < 'Infinity'
        ), history AS (
            SELECT d.name, d.part, count(*) AS n, array_agg(d.statistic) AS statistics FROM distance AS d GROUP BY d.name, d.part
        )
        SELECT h.name, CASE WHEN h.part <> '' THEN substring(h.part FROM 2) END, h.n, l.lower, l.upper
          FROM history AS h CROSS JOIN LATERAL aidataops._monitor_limits(h.statistics, aidataops._monitor_threshold(thresholds, h.name::text)) AS l;
    END;
COMMENT ON FUNCTION aidataops._chunk_limits(integer[], text[], name[], aidataops.profile[], jsonb, jsonb, bigint) IS
'Internal: limits by leave-one-out over the versions or windows of a reference, so that no sample is compared with one that contains it.';

-- Distances of samples, judged. limits: {"column segment measure": [n, lower, upper]} from what was measured before.
CREATE FUNCTION aidataops._judge_samples(spec jsonb, sides integer[], segments text[], names name[], profiles aidataops.profile[], overlapping boolean)
    RETURNS TABLE (ordinal integer, column_name name, segment text, measure text, value float8, lower float8, upper float8, p_value float8, q_value float8, effect float8,
        breached boolean, n_reference bigint, n_current bigint, status text, detail jsonb, reference_profile text, current_profile text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan' -- planning would take longer than measuring
AS $$
#variable_conflict use_column
DECLARE
    columns name[];
    column_segments text[];
    old aidataops.profile[];
    new aidataops.profile[];
    thresholds jsonb := spec -> 'thresholds';
    least_history integer := coalesce((thresholds ->> 'min_history')::integer, 6);
    chunks boolean := (SELECT max(s) FROM unnest(sides) AS s) >= least_history
                  AND thresholds::text ~ '"(sigma|quantile)"';
BEGIN
    SELECT array_agg(p.name), array_agg(p.segment), array_agg(p.old), array_agg(p.new) INTO columns, column_segments, old, new
      FROM (SELECT u.name, u.segment,
                   CASE WHEN count(u.profile) FILTER (WHERE u.side > 0) <= 1 THEN (array_agg(u.profile) FILTER (WHERE u.side > 0 AND u.profile IS NOT NULL))[1]
                        ELSE aidataops.rollup(u.profile) FILTER (WHERE u.side > 0) END AS old,
                   (array_agg(u.profile) FILTER (WHERE u.side = 0))[1] AS new
              FROM unnest(sides, segments, names, profiles) AS u (side, segment, name, profile)
             GROUP BY u.name, u.segment) AS p;
    RETURN QUERY
        WITH drift AS (
            SELECT d.*, columns[d.column_name::text::integer] AS name, column_segments[d.column_name::text::integer] AS in_segment,
                   old[d.column_name::text::integer] AS old, new[d.column_name::text::integer] AS new
              FROM aidataops._drift_rows(ARRAY(SELECT g::text::name FROM generate_subscripts(columns, 1) AS g ORDER BY g + 0), old, new,
                       ARRAY(SELECT coalesce(spec #>> ARRAY['methods', c.name::text], spec #>> '{methods,*}', 'auto') FROM unnest(columns) WITH ORDINALITY AS c (name, place) ORDER BY c.place),
                       'bh', (spec ->> 'alpha')::float8, (spec ->> 'min_rows')::bigint, 10, overlapping) AS d
        ), leave_one_out AS MATERIALIZED (
            SELECT * FROM aidataops._chunk_limits(sides, segments, names, profiles, spec -> 'methods', thresholds, (spec ->> 'min_rows')::bigint) WHERE chunks
        ), limited AS (
            SELECT d.*, t.rule,
                   CASE WHEN t.rule ?| '{sigma,quantile}' THEN NULL WHEN t.rule ?| '{upper,lower}' THEN (t.rule ->> 'lower')::float8 END AS least,
                   CASE WHEN t.rule ?| '{sigma,quantile}' THEN
                            CASE WHEN l.n >= least_history THEN l.upper WHEN (h.known ->> 0)::bigint >= least_history THEN (h.known ->> 2)::float8 END
                        WHEN t.rule ?| '{upper,lower}' THEN (t.rule ->> 'upper')::float8
                        ELSE d.threshold END AS most
              FROM drift AS d
             CROSS JOIN LATERAL (SELECT aidataops._monitor_threshold(thresholds, d.name::text)) AS t (rule)
              LEFT JOIN leave_one_out AS l ON l.column_name = d.name AND l.segment IS NOT DISTINCT FROM d.in_segment
             CROSS JOIN LATERAL (SELECT spec #> ARRAY['limits', aidataops._series(d.name, d.in_segment, d.method)]) AS h (known)
        ), judged AS (
            SELECT l.*, CASE
                       WHEN l.in_segment IS NOT NULL AND l.status IN ('new_column', 'column_gone') THEN NULL
                       WHEN l.status = 'kind_changed' THEN true
                       WHEN l.status = 'column_gone' THEN spec ->> 'kind' <> 'gold' OR NULL
                       WHEN l.status = 'degenerate' AND l.statistic IS NULL AND aidataops.null_fraction(l.new) = 1 AND aidataops.null_fraction(l.old) < 1 THEN true -- no value is no distance, and worse
                       WHEN l.status IN ('new_column', 'insufficient_data') OR l.statistic IS NULL THEN NULL
                       WHEN l.rule ?| '{sigma,quantile}' AND l.most IS NULL THEN NULL
                       WHEN l.rule ?| '{sigma,quantile}' THEN l.statistic > l.most AND coalesce(l.q_value <= (spec ->> 'alpha')::float8, true) -- and no chance
                       WHEN l.rule ?| '{upper,lower}' THEN coalesce(l.statistic > l.most, false) OR coalesce(l.statistic < l.least, false)
                       ELSE l.drifted END AS bad
              FROM limited AS l
        )
        SELECT (row_number() OVER (ORDER BY j.bad DESC NULLS LAST, j.statistic / nullif(j.most, 0) DESC NULLS LAST, j.name, j.in_segment NULLS FIRST))::integer,
               j.name, j.in_segment, coalesce(j.method, 'presence'), j.statistic, j.least, j.most, j.p_value, j.q_value, j.effect, j.bad, j.n_reference, j.n_current,
               CASE WHEN j.in_segment IS NOT NULL AND j.status = 'new_column' THEN 'new_segment'
                    WHEN j.in_segment IS NOT NULL AND j.status = 'column_gone' THEN 'segment_gone'
                    WHEN j.bad IS NULL AND j.statistic IS NOT NULL AND j.status IN ('ok', 'lower_bound', 'overlapping_samples') AND j.rule ?| '{sigma,quantile}' THEN 'insufficient_history'
                    ELSE j.status END,
               nullif(jsonb_strip_nulls(jsonb_build_object('kind', j.kind, 'null_change', nullif(j.null_change, 0), 'new_categories', nullif(j.new_categories, 0),
                      'vanished_categories', nullif(j.vanished_categories, 0), 'out_of_range', nullif(j.out_of_range, 0))), '{}'),
               CASE WHEN j.bad THEN j.old::text END, CASE WHEN j.bad THEN j.new::text END
          FROM judged AS j;
END $$;
COMMENT ON FUNCTION aidataops._judge_samples(jsonb, integer[], text[], name[], aidataops.profile[], boolean) IS 'Internal: drift between the samples of a monitor and whether it is beyond its limits.';

CREATE FUNCTION aidataops._series(column_name name, segment text, measure text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT concat_ws(chr(31), coalesce(column_name::text, ''), coalesce('=' || segment, ''), coalesce(measure, 'presence'));
    END;
COMMENT ON FUNCTION aidataops._series(name, text, text) IS 'Internal: a name for what a monitor measures again and again.';

-- All that is needed of one row to judge a number that is no distance: accuracy and its like.
CREATE FUNCTION aidataops._judge_number(spec jsonb, measure text, value float8, n bigint, lower_is_bad boolean, OUT lower float8, OUT upper float8, OUT breached boolean, OUT status text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rule jsonb := coalesce(spec #> ARRAY['thresholds', 'columns', measure], (spec -> 'thresholds') - '{columns,upper,lower}'::text[]);
    known jsonb := spec #> ARRAY['limits', aidataops._series(NULL, NULL, measure)];
BEGIN
    IF rule ?| '{sigma,quantile}' THEN
        IF (known ->> 0)::bigint >= coalesce((spec #>> '{thresholds,min_history}')::integer, 6) THEN
            lower := CASE WHEN lower_is_bad THEN (known ->> 1)::float8 END;
            upper := CASE WHEN NOT lower_is_bad THEN (known ->> 2)::float8 END;
        ELSE
            status := 'insufficient_history';
        END IF;
    ELSE
        lower := (rule ->> 'lower')::float8;
        upper := (rule ->> 'upper')::float8;
    END IF;
    IF value IS NULL OR n < (spec ->> 'min_rows')::bigint THEN
        status := 'insufficient_data';
    ELSIF lower IS NOT NULL OR upper IS NOT NULL THEN
        breached := coalesce(value < lower, false) OR coalesce(value > upper, false);
        status := 'ok';
    ELSE
        status := coalesce(status, 'no_limit');
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._judge_number(jsonb, text, float8, bigint, boolean) IS 'Internal: whether a number is beyond the limits of its own name; limits for all are of distances and do not count, those from history do.';

-- Columns that a kind of monitor watches if none are given.
CREATE FUNCTION aidataops._monitor_columns(spec jsonb, ds aidataops.dataset) RETURNS name[]
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
        SELECT CASE WHEN jsonb_typeof(spec -> 'columns') = 'array' THEN ARRAY(SELECT c::name FROM jsonb_array_elements_text(spec -> 'columns') AS c)
                    WHEN spec ->> 'kind' = 'prediction' THEN ARRAY(SELECT r.key::name FROM jsonb_each_text((ds).roles) AS r WHERE r.value = 'prediction') END;
    END;
COMMENT ON FUNCTION aidataops._monitor_columns(jsonb, aidataops.dataset) IS 'Internal: columns that a monitor watches; NULL for all.';

CREATE FUNCTION aidataops._check_columns_exist(ds aidataops.dataset, columns name[], shape name[]) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing name := (SELECT c FROM unnest(columns) AS c WHERE c <> ALL (shape) LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of dataset "%" does not exist', missing, ds.name USING ERRCODE = 'undefined_column';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_columns_exist(aidataops.dataset, name[], name[]) IS 'Internal: an error that names a column that there is not.';

CREATE FUNCTION aidataops._check_profiled(ds aidataops.dataset, columns name[], names name[]) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing name := (SELECT c FROM unnest(columns) AS c WHERE c <> ALL (coalesce(names, '{}')) LIMIT 1);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of dataset "%" is not there or not profiled', missing, ds.name USING ERRCODE = 'undefined_column',
            HINT = 'Identifiers and ignored columns are not profiled; set_column_roles() says what a column is.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_profiled(aidataops.dataset, name[], name[]) IS 'Internal: an error if a column that is to be watched has no profile.';

-- Start and end of the windows, ascending: those of the reference, then the one that is judged. Each is so many sizes before the
-- last, since a month before 31 May less a month is not two months before.
CREATE FUNCTION aidataops._window_bounds(spec jsonb, at timestamptz) RETURNS timestamptz[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'
AS $$
DECLARE
    size interval := (spec ->> 'window_size')::interval;
    step interval := CASE WHEN spec ->> 'reference' LIKE 'same weekday%' THEN interval '7 days' ELSE size END;
    k integer := coalesce(aidataops._trailing(spec ->> 'reference'), 0);
BEGIN
    RETURN ARRAY(SELECT b.bound FROM generate_series(k, 0, -1) AS i, LATERAL (VALUES (1, CASE step WHEN size THEN at - (i + 1) * size ELSE at - i * step - size END), (2, at - i * step)) AS b (place, bound) ORDER BY i DESC, b.place);
END $$;
COMMENT ON FUNCTION aidataops._window_bounds(jsonb, timestamptz) IS 'Internal: the windows that a run compares, of the last of which at is the end.';

CREATE FUNCTION aidataops._reference_version(spec jsonb) RETURNS aidataops.dataset_version
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._monitor_dataset((spec ->> 'reference_dataset_id')::integer, split_part(spec ->> 'reference', '@', 1));
BEGIN
    RETURN aidataops.resolve(aidataops.to_dataset_version(ds.name || substring(spec ->> 'reference' FROM '@.*$')));
END $$;
COMMENT ON FUNCTION aidataops._reference_version(jsonb) IS 'Internal: the version that a monitor compares with, whatever its dataset is called by now.';

CREATE FUNCTION aidataops._numbers_text(dataset text, numbers integer[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN cardinality(numbers) = 0 THEN NULL
                    WHEN cardinality(numbers) = 1 THEN dataset || '@' || numbers[1]
                    WHEN max(n) - min(n) = cardinality(numbers) - 1 THEN format('%s@%s..%s', dataset, min(n), max(n))
                    ELSE format('%s@%s', dataset, string_agg(n::text, ',' ORDER BY n)) END
          FROM unnest(numbers) AS n;
    END;
COMMENT ON FUNCTION aidataops._numbers_text(text, integer[]) IS 'Internal: versions in few letters.';

-- {"version", "judged", "judged_since", "since", "reference", "window_start", "window_end", "as_of", "results": [...]}
CREATE FUNCTION aidataops._measure_monitor(spec jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET plan_cache_mode = 'force_generic_plan'
AS $$
DECLARE
    ds aidataops.dataset := aidataops._monitor_dataset((spec ->> 'dataset_id')::integer, spec ->> 'dataset');
    columns name[] := aidataops._monitor_columns(spec, ds);
    segment_by name := spec ->> 'segment_by';
    rows text := spec ->> 'rows';
    judged integer;
    judged_version aidataops.dataset_version;
    reference text;
    reference_version aidataops.dataset_version;
    numbers integer[];
    window_start timestamptz;
    window_end timestamptz;
    as_of timestamptz;
    bounds timestamptz[];
    relation oid;
    sides integer[];
    segments text[];
    names name[];
    profiles aidataops.profile[];
    overlapping boolean := false;
    since integer;
    all_rows boolean;
    adds_up boolean;
    quality record;
    quality_rows text;
    roles jsonb := ds.roles;
    results jsonb;
    judgement record;
BEGIN
    IF spec ->> 'time_column' IS NOT NULL THEN
        relation := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
        IF relation IS NULL THEN
            RAISE EXCEPTION 'source table "%.%" of dataset "%" does not exist', ds.relation_schema, ds.relation_name, ds.name USING ERRCODE = 'undefined_table';
        END IF;
        PERFORM aidataops._check_sees_all_rows(relation);
        PERFORM aidataops._check_columns_exist(ds, columns || segment_by, (SELECT s.column_names FROM aidataops._shape(relation) AS s));
        window_end := (spec ->> 'at')::timestamptz;
        bounds := aidataops._window_bounds(spec, window_end);
        window_start := bounds[cardinality(bounds) - 1];
        as_of := window_end;
        SELECT array_agg(s.side), array_agg(s.segment), array_agg(s.column_name), array_agg(s.profile) INTO sides, segments, names, profiles
          FROM aidataops._window_samples(ds, relation, columns, segment_by, spec ->> 'time_column', bounds) AS s;
        IF spec ->> 'reference' LIKE '%@%' THEN
            reference_version := aidataops._reference_version(spec);
            reference := reference_version::text;
            SELECT sides || array_agg(1), segments || array_agg(s.segment), names || array_agg(s.column_name), profiles || array_agg(s.profile)
              INTO sides, segments, names, profiles
              FROM aidataops._reference_samples(reference_version, segment_by) AS s
             WHERE s.column_name <> spec ->> 'time_column' AND s.column_name IS DISTINCT FROM segment_by;
        ELSE
            reference := format(CASE cardinality(bounds) WHEN 4 THEN 'the window from %2$s' ELSE '%1$s windows from %2$s' END,
                                cardinality(bounds) / 2 - 1, to_char(bounds[1] AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'));
        END IF;
        -- a scan by segment gives the parts; the whole is their sum
        IF segment_by IS NOT NULL THEN
            IF (SELECT count(DISTINCT s) FROM unnest(segments) AS s) > 1000 THEN
                RAISE EXCEPTION 'column "%" has more than 1000 values to segment by', segment_by USING ERRCODE = 'program_limit_exceeded';
            END IF;
            SELECT sides || array_agg(w.side), segments || array_agg(NULL::text), names || array_agg(w.name), profiles || array_agg(w.profile)
              INTO sides, segments, names, profiles
              FROM (SELECT u.side, u.name, aidataops.rollup(u.profile) AS profile FROM unnest(sides, segments, names, profiles) AS u (side, segment, name, profile)
                     WHERE u.segment IS NOT NULL AND (u.side = 0 OR reference_version IS NULL) GROUP BY u.side, u.name) AS w;
        END IF;
        quality_rows := format('(SELECT * FROM %s WHERE %I >= %L AND %2$I < %4$L) AS r', relation::regclass, spec ->> 'time_column', window_start AT TIME ZONE 'UTC', window_end AT TIME ZONE 'UTC');
    ELSE
        judged := coalesce((spec ->> 'version')::integer, ds.head);
        IF judged = 0 THEN
            RAISE EXCEPTION 'dataset "%" has no version yet', ds.name USING ERRCODE = 'undefined_object', HINT = 'Use commit() to make the first.';
        END IF;
        judged_version := aidataops.resolve(aidataops.to_dataset_version(ds.name || '@' || judged));
        SELECT v.committed_at INTO as_of FROM aidataops.version AS v WHERE v.version OPERATOR(aidataops.=) judged_version;
        IF NOT aidataops._reads_all(ds.dataset_id) THEN
            RAISE EXCEPTION 'permission denied for the profiles of dataset "%"', ds.name USING ERRCODE = 'insufficient_privilege',
                DETAIL = format('Role "%s" may not read every row of its versions.', current_user);
        END IF;
        IF spec ->> 'reference' LIKE '%@%' THEN
            reference_version := aidataops._reference_version(spec);
        END IF;
        since := aidataops._judged_since(spec, judged, CASE WHEN aidataops.dataset_name(reference_version) = ds.name THEN aidataops.version_number(reference_version) END);
        IF reference_version IS NULL THEN
            numbers := aidataops._reference_numbers(ds, since, judged, spec ->> 'reference');
            IF spec ->> 'reference' = 'previous' AND numbers <> '{}' THEN
                reference_version := aidataops.to_dataset_version(ds.name || '@' || numbers[1]);
            END IF;
        END IF;
        reference := coalesce(reference_version::text, aidataops._numbers_text(ds.name, numbers));
        SELECT w.all_rows, w.adds_up INTO all_rows, adds_up FROM aidataops._what_is_judged(ds, since, judged, rows) AS w;
        overlapping := CASE WHEN reference_version IS NULL THEN all_rows
                            WHEN aidataops.dataset_name(reference_version) <> ds.name THEN false
                            WHEN all_rows THEN aidataops._overlap(reference_version, judged_version)
                            ELSE aidataops.version_number(reference_version) > since END;
        SELECT array_agg(s.side), array_agg(s.segment), array_agg(s.column_name), array_agg(s.profile) INTO sides, segments, names, profiles
          FROM (SELECT * FROM aidataops._judged_samples(ds, since, judged, all_rows, adds_up, segment_by)
                UNION ALL
                SELECT * FROM aidataops._version_samples(ds, numbers, rows) WHERE reference_version IS NULL
                UNION ALL
                SELECT * FROM aidataops._version_segment_samples(ds, numbers, rows, segment_by) WHERE reference_version IS NULL AND segment_by IS NOT NULL
                UNION ALL
                SELECT * FROM aidataops._reference_samples(reference_version, segment_by) WHERE reference_version IS NOT NULL) AS s;
    END IF;

    PERFORM aidataops._check_profiled(ds, columns, names);
    SELECT array_agg(u.side), array_agg(u.segment), array_agg(u.name), array_agg(u.profile) INTO sides, segments, names, profiles
      FROM unnest(sides, segments, names, profiles) AS u (side, segment, name, profile)
     WHERE columns IS NULL OR u.name = ANY (columns);
    -- columns that only one of two datasets has mean nothing
    IF spec ->> 'time_column' IS NOT NULL OR (spec ->> 'reference_dataset_id')::integer <> ds.dataset_id THEN
        SELECT array_agg(u.side), array_agg(u.segment), array_agg(u.name), array_agg(u.profile) INTO sides, segments, names, profiles
          FROM unnest(sides, segments, names, profiles) AS u (side, segment, name, profile)
         WHERE u.name IN (SELECT n FROM unnest(sides, names) AS w (s, n) WHERE s = 0) AND u.name IN (SELECT n FROM unnest(sides, names) AS w (s, n) WHERE s > 0);
    END IF;
    results := (SELECT jsonb_agg(to_jsonb(j)) FROM aidataops._judge_samples(spec, sides, segments, names, profiles, overlapping) AS j WHERE reference IS NOT NULL);

    IF spec ->> 'kind' = 'prediction' THEN
        IF judged_version IS NOT NULL THEN
            SELECT r.relation, r.from_item, r.roles INTO relation, quality_rows, roles
              FROM aidataops._rows_to_compare(judged_version, CASE WHEN NOT all_rows THEN aidataops.to_dataset_version(ds.name || '@' || since) END, 'r') AS r;
        END IF;
        SELECT * INTO quality FROM aidataops._prediction_quality(relation, roles, quality_rows);
        IF quality.measure IS NOT NULL THEN
            SELECT * INTO judgement FROM aidataops._judge_number(spec, quality.measure, quality.value, quality.n, quality.measure <> 'mean_absolute_error');
            results := coalesce(results, '[]') || jsonb_build_array(jsonb_build_object('ordinal', coalesce(jsonb_array_length(results), 0) + 1, 'measure', quality.measure, 'value', quality.value,
                'n_current', quality.n, 'lower', judgement.lower, 'upper', judgement.upper, 'breached', judgement.breached, 'status', judgement.status));
        END IF;
    END IF;
    IF reference IS NULL AND coalesce(results, '[]') = '[]' THEN
        results := jsonb_build_array(jsonb_build_object('ordinal', 1, 'measure', 'reference', 'status', 'no_reference'));
    ELSIF coalesce(results, '[]') = '[]' THEN -- a window without rows, or no column in common
        results := jsonb_build_array(jsonb_build_object('ordinal', 1, 'measure', 'row_count', 'n_current', 0, 'status', 'insufficient_data'));
    END IF;
    RETURN jsonb_build_object('version', judged_version::text, 'judged', judged, 'judged_since', since, 'since', CASE WHEN NOT all_rows THEN ds.name || '@' || since END, 'reference', reference, 'window_start', window_start, 'window_end', window_end, 'as_of', as_of, 'results', coalesce(results, '[]'));
END $$;
COMMENT ON FUNCTION aidataops._measure_monitor(jsonb) IS
'Internal: measures what a monitor watches and judges it, with the rights of who calls: {"version", "reference", "window_start", "window_end", "as_of", "results"}.';
