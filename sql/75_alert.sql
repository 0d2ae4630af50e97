-- Alerts for people: seen, acknowledged, snoozed, explained (docs/monitoring.md).

CREATE FUNCTION aidataops._open_alert_of(caller oid, alert_id bigint, what text) RETURNS aidataops.alert
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a aidataops.alert;
    m aidataops.monitor;
BEGIN
    SELECT * INTO a FROM aidataops.alert AS l WHERE l.alert_id = _open_alert_of.alert_id;
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = a.monitor_id;
    IF NOT aidataops._may_know_of(caller, aidataops._role_oid(m.owner),
                                  'alert', '{alert_id}', ARRAY[alert_id::text])
       OR a.alert_id IS NULL THEN
        RAISE EXCEPTION 'alert % does not exist', coalesce(alert_id::text, 'NULL') USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM aidataops._own_monitor(caller, m.name, what || ' alerts of');
    IF a.resolved_at IS NOT NULL THEN
        RAISE EXCEPTION 'alert % was resolved at %', alert_id, a.resolved_at USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN a;
END $$;
COMMENT ON FUNCTION aidataops._open_alert_of(oid, bigint, text) IS 'Internal: an alert that is open, or an error.';

CREATE FUNCTION aidataops._acknowledge_alert(caller oid, alert_id bigint, note text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a aidataops.alert := aidataops._open_alert_of(caller, alert_id, 'acknowledge');
BEGIN
    UPDATE aidataops.alert AS l SET acknowledged_at = clock_timestamp(), acknowledged_by = session_user WHERE l.alert_id = a.alert_id;
    PERFORM aidataops._tell_alert(a.alert_id, 'acknowledged', note);
END $$;
COMMENT ON FUNCTION aidataops._acknowledge_alert(oid, bigint, text) IS 'Internal: acknowledge_alert() as the owner of the catalog.';

CREATE FUNCTION aidataops.acknowledge_alert(alert_id bigint, note text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.acknowledge_alert(bigint, text) IS
'Says that somebody looks after an alert; who, when and with which note is recorded and told. It stays open until it heals. Needs the rights of the monitor''s owner. Errors: no such alert, it is resolved.';

CREATE FUNCTION aidataops._snooze_alert(caller oid, alert_id bigint, until timestamptz, note text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a aidataops.alert := aidataops._open_alert_of(caller, alert_id, 'snooze');
BEGIN
    IF until IS NULL OR NOT isfinite(until) OR until <= clock_timestamp() THEN
        RAISE EXCEPTION 'an alert is snoozed until a time to come, not %', coalesce(until::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE aidataops.alert AS l SET snoozed_until = until, snoozed_by = session_user, callback_due = NULL WHERE l.alert_id = a.alert_id;
    PERFORM aidataops._tell_alert(a.alert_id, 'snoozed', concat_ws(': ', format('until %s', until), note));
END $$;
COMMENT ON FUNCTION aidataops._snooze_alert(oid, bigint, timestamptz, text) IS 'Internal: snooze_alert() as the owner of the catalog.';

CREATE FUNCTION aidataops.snooze_alert(alert_id bigint, until timestamptz, note text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.snooze_alert(bigint, timestamptz, text) IS
'Lets nobody be told of an alert until a time; who wanted that and why is recorded. Runs go on; at the first one afterwards that still finds it, it is told again, and on_alert is called. Needs the rights of the monitor''s owner. Errors: no such alert, it is resolved, until is not in the future.';

CREATE FUNCTION aidataops.alerts(include_resolved boolean DEFAULT false)
    RETURNS TABLE (alert_id bigint, monitor text, dataset text, status text, severity text, message text, opened_at timestamptz, last_seen_at timestamptz, runs integer, who name)
    LANGUAGE sql STABLE ROWS 10
    BEGIN ATOMIC
        SELECT a.alert_id, m.name, coalesce(d.name, m.dataset),
               CASE WHEN a.resolved_at IS NOT NULL THEN 'resolved' WHEN a.snoozed_until > now() THEN 'snoozed' WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END,
               a.severity, a.message, a.opened_at, a.last_seen_at, a.runs,
               CASE WHEN a.snoozed_until > now() THEN a.snoozed_by ELSE a.acknowledged_by END
          FROM aidataops.alert AS a JOIN aidataops.monitor AS m USING (monitor_id) LEFT JOIN aidataops.dataset AS d ON d.dataset_id = m.dataset_id
         WHERE include_resolved OR a.resolved_at IS NULL
         ORDER BY a.resolved_at DESC NULLS FIRST, array_position(ARRAY['error', 'warn', 'info'], a.severity), a.opened_at DESC;
    END;
COMMENT ON FUNCTION aidataops.alerts(boolean) IS
'Alerts that are not resolved, the severest first: status (open, acknowledged, snoozed), what it is about, since when, in how many runs, who acknowledged or snoozed it. include_resolved: those that healed, too. Of monitors that the caller may see.';

CREATE FUNCTION aidataops.monitor_status(name text DEFAULT NULL)
    RETURNS TABLE (monitor text, dataset text, kind text, status text, as_of timestamptz, measured integer, breached integer, alert_id bigint, schedule text, next_due_at timestamptz, overdue boolean, owner name)
    LANGUAGE sql STABLE ROWS 10
    BEGIN ATOMIC
        SELECT m.name, coalesce(d.name, m.dataset), m.kind, r.status, r.as_of, r.measured, r.breached, a.alert_id, m.schedule, m.next_due_at, aidataops._is_overdue(m.schedule, m.next_due_at, now()), m.owner
          FROM aidataops.monitor AS m LEFT JOIN aidataops.dataset AS d ON d.dataset_id = m.dataset_id
          LEFT JOIN LATERAL (SELECT * FROM aidataops.monitor_run AS r WHERE r.monitor_id = m.monitor_id AND NOT r.backfilled AND r.status <> 'missed' ORDER BY r.run_id DESC LIMIT 1) AS r ON true
          LEFT JOIN LATERAL (SELECT min(a.alert_id) AS alert_id FROM aidataops.alert AS a WHERE a.monitor_id = m.monitor_id AND a.resolved_at IS NULL) AS a ON true
         WHERE monitor_status.name IS NULL OR m.name = monitor_status.name
         ORDER BY m.name;
    END;
COMMENT ON FUNCTION aidataops.monitor_status(text) IS
'How monitors are, one row each: status of the last run (ok, breached, insufficient_data, error; NULL before the first), the time that it is about, how many values it measured and how many were beyond their limits, the open alert, the schedule, when it is due next, and overdue: nobody has run it for more than an hour since it was due. name: of one, NULL for all that the caller may see.';

-- ------------------------------------------------------------------------------------------- explanations

CREATE FUNCTION aidataops._side_of(hypothesis text, status text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN hypothesis IN ('moved', 'unchanged') THEN 'world'
                    WHEN status <> 'explained' OR hypothesis IN ('new_category', 'vanished_category') THEN 'either'
                    ELSE 'data' END;
    END;
COMMENT ON FUNCTION aidataops._side_of(text, text) IS 'Internal: whether a hypothesis of explain_shift() says that data changed or that the world moved.';

CREATE FUNCTION aidataops._area_of(hypothesis text, role text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN hypothesis IN ('missing', 'filled', 'null_default') THEN 'missing'
                    WHEN role IN ('label', 'prediction') THEN role || 's'
                    WHEN hypothesis IN ('new_category', 'vanished_category', 'respelled', 'recoded') THEN 'codes'
                    WHEN hypothesis IN ('moved', 'unchanged') THEN 'distribution'
                    ELSE 'values' END;
    END;
COMMENT ON FUNCTION aidataops._area_of(text, text) IS 'Internal: to what part of the data a hypothesis belongs.';

-- Which values of other columns the drifted rows have: segments of columns with few values that contribute more than their
-- share of the rows, and what was done to them. One commit may have changed the unit of one shop alone: over all rows that looks
-- like nothing known.
CREATE FUNCTION aidataops._explaining_segments(reference aidataops.dataset_version, current aidataops.dataset_version, since aidataops.dataset_version, wanted name[], segment_by name)
    RETURNS TABLE (column_name name, by name, segment text, contribution float8, row_share float8, old aidataops.profile, new aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    candidate name;
    dimensions name[] := ARRAY[segment_by];
BEGIN
    IF segment_by IS NULL THEN
        IF (SELECT sum(v.num_rows) FROM aidataops.version AS v WHERE v.version OPERATOR(aidataops.=) reference OR v.version OPERATOR(aidataops.=) current) > 2000000 THEN
            RETURN; -- it would read them all
        END IF;
        dimensions := ARRAY(SELECT p.column_name FROM aidataops._version_profiles(current) AS p
                             WHERE p.role IN ('category', 'group', 'label') AND aidataops.approx_distinct(p.profile) BETWEEN 2 AND 20 ORDER BY p.column_name LIMIT 3);
    END IF;
    FOREACH candidate IN ARRAY dimensions LOOP
        RETURN QUERY
            SELECT p.column_name, candidate, coalesce(p.segment, 'NULL'), b.beyond / nullif(sum(b.beyond) OVER w, 0),
                   d.n_current::float8 / nullif(sum(d.n_current) OVER w, 0), p.old, p.new
              FROM (SELECT coalesce(r.column_name, c.column_name) AS column_name, coalesce(r.segment, c.segment) AS segment, r.profile AS old, c.profile AS new
                      FROM aidataops._segment_profiles(reference, NULL, candidate) AS r
                      FULL JOIN aidataops._segment_profiles(current, since, candidate) AS c
                        ON c.column_name = r.column_name AND coalesce('=' || c.segment, '') = coalesce('=' || r.segment, '')) AS p
             CROSS JOIN LATERAL aidataops._drift_measure(p.old, p.new, 'auto', 10) AS d
             CROSS JOIN LATERAL (SELECT greatest(d.statistic - coalesce(d.threshold - 0.1, 0), 0) * d.n_current) AS b (beyond) -- as in drift_by()
             WHERE p.column_name = ANY (wanted) AND p.column_name <> candidate
            WINDOW w AS (PARTITION BY p.column_name);
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._explaining_segments(aidataops.dataset_version, aidataops.dataset_version, aidataops.dataset_version, name[], name) IS 'Internal: how much each segment contributes to the drift of columns, its share of the rows, and its distributions.';

CREATE FUNCTION aidataops.explain_alert(alert_id bigint, causes integer DEFAULT 20)
    RETURNS TABLE (rank bigint, side text, area text, cause text, column_name name, segment text, weight float8, detail text, version aidataops.dataset_version)
    LANGUAGE plpgsql STABLE ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    a aidataops.alert;
    m aidataops.monitor;
    r aidataops.monitor_run;
    ds aidataops.dataset;
    reference aidataops.dataset_version;
    last_number integer;
    wanted name[];
    found jsonb;
    segments jsonb;
BEGIN
    SELECT * INTO a FROM aidataops.alert AS l WHERE l.alert_id = explain_alert.alert_id;
    IF a.alert_id IS NULL THEN
        RAISE EXCEPTION 'alert % does not exist, or is not for you', coalesce(alert_id::text, 'NULL') USING ERRCODE = 'undefined_object';
    END IF;
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = a.monitor_id;
    SELECT * INTO r FROM aidataops.monitor_run AS o WHERE o.run_id = a.last_run;
    IF a.reason = 'missed' THEN
        RETURN QUERY SELECT 1::bigint, 'data', 'monitor', 'missed', NULL::name, NULL::text, 1::float8, a.message, NULL::aidataops.dataset_version;
        RETURN;
    END IF;
    IF a.reason = 'error' THEN
        RETURN QUERY SELECT 1::bigint, 'data', CASE WHEN r.sqlstate IN ('42703', '42P01', '42704') THEN 'schema' WHEN r.sqlstate = '42501' THEN 'rights' ELSE 'monitor' END,
                            'error', NULL::name, NULL::text, 1::float8, r.error, NULL::aidataops.dataset_version;
        RETURN;
    END IF;
    SELECT * INTO ds FROM aidataops.dataset AS d WHERE d.dataset_id = m.dataset_id;
    IF r.reference ~ '^[^@]+@[0-9]+$' THEN
        reference := aidataops.to_dataset_version(r.reference);
    END IF;
    last_number := CASE WHEN reference IS NULL THEN substring(r.reference FROM '([0-9]+)$')::integer
                         WHEN aidataops.dataset_name(reference) = ds.name THEN aidataops.version_number(reference) END;
    wanted := ARRAY(SELECT v.column_name FROM aidataops.monitor_result AS v WHERE v.run_id = r.run_id AND v.breached AND v.segment IS NULL AND v.column_name IS NOT NULL ORDER BY v.ordinal LIMIT 10);
    IF wanted = '{}' THEN -- segments alone
        wanted := ARRAY(SELECT v.column_name FROM aidataops.monitor_result AS v WHERE v.run_id = r.run_id AND v.breached AND v.column_name IS NOT NULL GROUP BY v.column_name ORDER BY min(v.ordinal) LIMIT 10);
    END IF;

    -- segments that the monitor measured, or else those of columns with few values
    SELECT jsonb_agg(to_jsonb(s)) INTO segments
      FROM (SELECT v.reference_profile::text AS old, v.current_profile::text AS new, v.column_name, m.segment_by AS by, v.segment, v.value * v.n_current / nullif(sum(v.value * v.n_current) OVER (PARTITION BY v.column_name), 0) AS contribution,
                   v.n_current::float8 / nullif(sum(v.n_current) OVER (PARTITION BY v.column_name), 0) AS row_share
              FROM aidataops.monitor_result AS v WHERE v.run_id = r.run_id AND v.segment IS NOT NULL AND v.column_name = ANY (wanted)) AS s;
    IF segments IS NULL AND reference IS NOT NULL AND r.version IS NOT NULL AND aidataops.dataset_name(reference) = ds.name AND wanted <> '{}' THEN
        BEGIN
            SELECT jsonb_agg(to_jsonb(s)) INTO segments
              FROM (SELECT e.column_name, e.by, e.segment, e.contribution, e.row_share, e.old::text AS old, e.new::text AS new
                      FROM aidataops._explaining_segments(reference, r.version, r.since, wanted[1:3], m.segment_by) AS e) AS s;
        EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_table OR undefined_object OR undefined_column THEN
            segments := NULL; -- rows that are not kept or may not be read
        END;
    END IF;

    RETURN QUERY
        WITH breach AS MATERIALIZED (
            SELECT DISTINCT ON (v.column_name) v.*, ds.roles ->> v.column_name::text AS role,
                   coalesce(least(CASE WHEN v.value IS NULL THEN 1000 WHEN v.value < v.lower THEN v.lower / nullif(abs(v.value), 0) ELSE v.value / nullif(v.upper, 0) END, 1000), 1) AS strength
              FROM aidataops.monitor_result AS v
             WHERE v.run_id = r.run_id AND v.breached AND (v.column_name = ANY (wanted) OR v.column_name IS NULL)
             ORDER BY v.column_name, v.segment NULLS FIRST, v.ordinal
        ), weighted AS (
            SELECT b.*, sqrt(abs(b.strength / max(abs(b.strength)) OVER ())) AS w FROM breach AS b
        ), shift AS MATERIALIZED (
            SELECT w.column_name, w.w, w.role, CASE e.status WHEN 'not_applicable' THEN 'moved' ELSE e.hypothesis END AS hypothesis, e.fit, e.detail, e.status, e.place
              FROM weighted AS w CROSS JOIN LATERAL aidataops.explain_shift(w.reference_profile, w.current_profile) WITH ORDINALITY
                AS e (hypothesis, factor, shift, fit, detail, status, place)
             WHERE e.hypothesis <> 'unchanged' AND e.status <> 'kind_changed' AND e.place <= 3
        ), segment AS MATERIALIZED (
            SELECT w.w, w.role, s.*, e.hypothesis, e.fit, e.status, e.detail
              FROM jsonb_to_recordset(segments) AS s (column_name name, by name, segment text, contribution float8, row_share float8, old aidataops.profile, new aidataops.profile)
              JOIN weighted AS w USING (column_name)
              LEFT JOIN LATERAL (SELECT * FROM aidataops.explain_shift(s.old, s.new) LIMIT 1) AS e ON true
             WHERE s.contribution > 1.5 * s.row_share AND s.contribution > 0.3
        ), best AS (
            -- what a part of the rows says clearly says more than what all say vaguely
            SELECT DISTINCT ON (s.column_name) s.column_name, s.w, aidataops._side_of(s.hypothesis, s.status) AS side, aidataops._area_of(s.hypothesis, s.role) AS area,
                   s.status NOT IN ('kind_changed', 'not_applicable') AS has_bins
              FROM (SELECT column_name, w, role, hypothesis, status, place + 0.5 AS place FROM shift
                    UNION ALL SELECT column_name, w, role, hypothesis, status, CASE status WHEN 'explained' THEN 0 ELSE 9 END FROM segment WHERE hypothesis IS NOT NULL) AS s
             ORDER BY s.column_name, CASE WHEN s.status = 'explained' THEN 0 ELSE 1 END, s.place
        ), found AS (
            -- the shape of the table
            SELECT 'data' AS side, 'schema' AS area, w.status AS cause, w.column_name, NULL::text AS segment, w.w * 2 AS weight,
                   CASE w.status WHEN 'column_gone' THEN 'the column is not there any more, or no longer profiled' ELSE 'the column has values of another kind' END AS detail,
                   NULL::aidataops.dataset_version AS version
              FROM weighted AS w WHERE w.status IN ('column_gone', 'kind_changed')
            -- what was done to values
            UNION ALL
            SELECT CASE WHEN s.hypothesis = 'moved' AND b.side = 'data' THEN 'either' ELSE aidataops._side_of(s.hypothesis, s.status) END,
                   aidataops._area_of(s.hypothesis, s.role), s.hypothesis, s.column_name, NULL,
                   s.w * CASE WHEN s.hypothesis = 'moved' AND b.side = 'data' THEN 0.3 ELSE 1 END * CASE s.status WHEN 'explained' THEN 1 ELSE 0.6 END * coalesce(s.fit, 1), s.detail, NULL
              FROM shift AS s JOIN best AS b USING (column_name)
            -- where in the distribution
            UNION ALL
            SELECT b.side, b.area, 'values', b.column_name, NULL, b.w * 0.4 * p.contribution / nullif(p.total, 0),
                   format('%s: from %s %% to %s %% of the rows', p.band, round((100 * p.reference_share)::numeric, 1), round((100 * p.current_share)::numeric, 1)), NULL
              FROM best AS b JOIN weighted AS w USING (column_name)
             CROSS JOIN LATERAL (SELECT *, sum(q.contribution) OVER () AS total, row_number() OVER (ORDER BY q.contribution DESC) AS place
                                   FROM aidataops.psi_bins(CASE WHEN b.has_bins THEN w.reference_profile END, w.current_profile) AS q) AS p
             WHERE p.place <= 2 AND p.current_share > p.reference_share
            -- in which part of the rows: those that contribute more than their share
            UNION ALL
            SELECT coalesce(aidataops._side_of(s.hypothesis, s.status), 'either'), CASE WHEN s.status = 'explained' THEN aidataops._area_of(s.hypothesis, s.role) ELSE 'segments' END,
                   CASE WHEN s.status = 'explained' THEN s.hypothesis ELSE 'segment' END, s.column_name, s.segment,
                   s.w * CASE WHEN s.status = 'explained' THEN s.contribution ELSE 0.9 * (s.contribution - s.row_share) END,
                   concat_ws('; ', format('%s = %s: %s %% of the drift, %s %% of the rows', s.by, s.segment, round((100 * s.contribution)::numeric), round((100 * s.row_share)::numeric)),
                             CASE WHEN s.status = 'explained' THEN s.detail END), NULL
              FROM segment AS s
            -- which commits brought it
            UNION ALL
            SELECT b.side, b.area, 'commit', b.column_name, NULL, b.w * 0.5 * c.part / nullif(sum(c.part) OVER (PARTITION BY b.column_name), 0),
                   format('"%s" by %s: %s rows added, %s modified; %s', c.message, coalesce(c.actor, c.committed_by), c.rows_added, c.rows_modified,
                          format('%s %s of these rows alone', 'PSI', round(c.statistic::numeric, 2))), c.version
              FROM best AS b JOIN weighted AS w USING (column_name)
             CROSS JOIN LATERAL (SELECT v.version, v.message, v.actor, v.committed_by, v.rows_added, v.rows_modified, d.statistic, d.statistic * d.n_current AS part,
                                        row_number() OVER (ORDER BY d.statistic * d.n_current DESC) AS place
                                   FROM aidataops.version AS v JOIN aidataops.version_column AS p USING (dataset_id, number)
                                  CROSS JOIN LATERAL aidataops._drift_measure(w.reference_profile, p.profile_added, CASE aidataops.profile_kind(p.profile_added) WHEN 'embedding' THEN 'auto' ELSE 'psi' END, 10) AS d
                                  WHERE v.dataset_id = m.dataset_id AND v.number > coalesce(last_number, aidataops.version_number(r.since), aidataops.version_number(r.version) - 1) AND v.number <= aidataops.version_number(r.version)
                                    AND p.column_name = w.column_name AND d.n_current > 0 AND d.statistic > d.threshold) AS c
             WHERE c.place <= 3
            -- columns that came, went or changed their types since
            UNION ALL
            SELECT 'data', 'schema', s.change, s.column_name, NULL, CASE WHEN s.column_name = ANY (wanted) THEN 1.5 ELSE 0.2 END,
                   concat_ws(' ', 'column', s.change, '(' || concat_ws(' to ', s.from_type, s.to_type) || ')'), NULL
              FROM (SELECT reference AS f, r.version AS t WHERE reference IS NOT NULL AND r.version IS NOT NULL AND aidataops.dataset_name(reference) = ds.name) AS p
             CROSS JOIN LATERAL aidataops.schema_diff(p.f, p.t) AS s
            -- numbers of rows as a whole
            UNION ALL
            SELECT 'either', 'predictions', 'quality', NULL, NULL, w.w,
                   format('%s is %s, beyond %s: the world moved, or labels or inputs changed', w.measure, round(w.value::numeric, 4), round(coalesce(w.lower, w.upper)::numeric, 4)), r.version
              FROM weighted AS w WHERE w.measure IN ('accuracy', 'auc', 'mean_absolute_error')
            -- what rules of contracts measure
            UNION ALL
            SELECT 'data', w.measure, w.measure, w.column_name, NULL, w.w,
                   coalesce((SELECT string_agg(d, '; ') FROM jsonb_array_elements_text(w.detail -> 'differences') AS d),
                       CASE WHEN w.value IS NULL THEN 'there is no row with a time'
                            WHEN w.measure = 'freshness' THEN format('the latest row is %s old, allowed %s', make_interval(secs => round(w.value)), make_interval(secs => round(w.upper)))
                            WHEN w.measure = 'volume' THEN format('%s rows, allowed %s', w.value, concat_ws(' and ', 'at least ' || round(w.lower::numeric, 1)::float8, 'at most ' || round(w.upper::numeric, 1)::float8))
                            ELSE format('%s %% of the rows have no value, allowed %s %%', round(w.value::numeric, 2)::float8, round(w.upper::numeric, 2)::float8) END), NULL
              FROM weighted AS w WHERE w.measure IN ('freshness', 'volume', 'missing', 'schema')
        )
        SELECT row_number() OVER (ORDER BY f.weight DESC NULLS LAST, f.column_name, f.cause, f.detail), f.side, f.area, f.cause, f.column_name, f.segment, f.weight, f.detail, f.version
          FROM found AS f
         ORDER BY 1 LIMIT causes;
END $$;
COMMENT ON FUNCTION aidataops.explain_alert(bigint, integer) IS
'Why an alert was raised, likely causes first. side: data (somebody changed what is recorded), world (what is recorded changed), either. area: schema, missing, values, codes, labels, predictions, distribution, segments, rights, monitor. cause: a hypothesis of explain_shift(), values (a bin that grew most), segment (a part of the rows that contributes more than its share), commit (a version since the reference whose new rows differ, with who and why), added, removed, retyped, column_gone, kind_changed (columns), quality, error, missed. weight: for the order; detail: in words. causes: how many rows at most. Values come from distributions kept with the alert, so they are there when the rows are gone; segments that the monitor does not measure itself are looked for in the rows, if they may be read and are at most two million. For those who may see the monitor. Errors: no such alert.';

-- ---------------------------------------------------------------------------------------------- scorecard

CREATE FUNCTION aidataops.scorecard(dataset text)
    RETURNS TABLE (version aidataops.dataset_version, committed_at timestamptz, age interval, num_rows bigint, volume_change float8, missing float8,
        columns integer, drifted integer, drifted_columns name[], agreement float8, accuracy float8, coverage float8, checks integer, checks_passed integer, alerts integer)
    LANGUAGE plpgsql STABLE ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO'
AS $$
#variable_conflict use_column
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
BEGIN
    IF NOT aidataops._reads_all(ds.dataset_id) THEN
        RAISE EXCEPTION 'permission denied for the profiles of dataset "%"', ds.name USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'They are for those who may read every row of its versions.';
    END IF;
    RETURN QUERY
        SELECT v.version, v.committed_at, p.age, v.num_rows, (v.num_rows - b.num_rows)::float8 / nullif(b.num_rows, 0), p.missing, p.columns, d.drifted, d.names,
               k.agreement, coalesce(q.accuracy, k.accuracy), k.coverage, k.checks, k.passed,
               (SELECT count(*)::integer FROM aidataops.monitor AS m JOIN aidataops.monitor_run AS r USING (monitor_id) JOIN aidataops.alert AS a ON a.first_run = r.run_id
                 WHERE m.dataset_id = ds.dataset_id AND r.version OPERATOR(aidataops.=) v.version)
          FROM aidataops.version AS v
          LEFT JOIN aidataops.version AS b ON b.dataset_id = v.dataset_id AND b.number = v.parent
          LEFT JOIN LATERAL (SELECT count(*)::integer AS columns, avg(aidataops.null_fraction(c.profile)) AS missing,
                                    v.committed_at - max(t.newest) FILTER (WHERE t.newest <= v.committed_at) AS age
                               FROM aidataops.version_column AS c
                               CROSS JOIN LATERAL (SELECT CASE WHEN aidataops.profile_kind(c.profile) IN ('timestamptz', 'timestamp', 'date') AND aidataops.max_value(c.profile) ~ '^[0-9]'
                                                               THEN aidataops.max_value(c.profile)::timestamptz END AS newest) AS t
                              WHERE c.dataset_id = v.dataset_id AND c.number = v.number) AS p ON true
          LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE d.drifted)::integer AS drifted, array_agg(d.column_name) FILTER (WHERE d.drifted) AS names
                               FROM aidataops.drift(b.version, v.version) AS d WHERE b.version IS NOT NULL) AS d ON b.version IS NOT NULL
          LEFT JOIN LATERAL (SELECT w.value AS accuracy FROM aidataops.monitor AS m JOIN aidataops.monitor_run AS r USING (monitor_id) JOIN aidataops.monitor_result AS w USING (run_id)
                              WHERE m.dataset_id = ds.dataset_id AND r.version OPERATOR(aidataops.=) v.version AND w.measure = 'accuracy' ORDER BY r.run_id DESC LIMIT 1) AS q ON true
          LEFT JOIN LATERAL (SELECT nullif(count(*), 0)::integer AS checks, CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE c.outcome = 'pass') END::integer AS passed,
                                    (min(c.measured / CASE u.unit WHEN 'percent' THEN 100 ELSE 1 END) FILTER (WHERE u.kind = 'agreement'))::float8 AS agreement,
                                    (min(c.measured / CASE u.unit WHEN 'percent' THEN 100 ELSE 1 END) FILTER (WHERE u.kind = 'accuracy'))::float8 AS accuracy,
                                    (min(c.measured) FILTER (WHERE u.kind = 'coverage'))::float8 AS coverage
                               FROM (SELECT DISTINCT ON (r.contract) r.* FROM aidataops.check_run AS r WHERE r.dataset_id = v.dataset_id AND r.number = v.number ORDER BY r.contract, r.run_id DESC) AS r
                               JOIN aidataops.check_result AS c USING (run_id)
                               LEFT JOIN aidataops.rule AS u ON u.contract = r.contract AND u.version = r.contract_version AND u.rule = c.rule) AS k ON true
         WHERE v.dataset_id = ds.dataset_id
         ORDER BY v.number DESC;
END $$;
COMMENT ON FUNCTION aidataops.scorecard(text) IS
'How good the versions of a dataset are, one row a version, the latest first. age: from the newest time in its columns to the commit; columns that go beyond the commit, as terms and mistakes do, do not count. volume_change: of rows since its parent, as a share. missing: mean share of NULLs over the columns. drifted: columns that drift() calls so against the parent, of so many columns. accuracy: as a monitor of kind prediction measured it. agreement, accuracy without such a monitor, coverage (slices that have too few rows), and how many checks passed: as the last check_contract() of the version by each contract measured them (the worst of several), NULL without. alerts: opened at this version. From what is stored, so it reads no data. For those who may read every row of the versions. An error if there is no such dataset.';
