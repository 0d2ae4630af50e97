-- Monitors run: measured as a role that may read the rows, recorded as the owner of the catalog, alerts told (docs/monitoring.md).

-- ------------------------------------------------------------------------------------------------ telling

CREATE FUNCTION aidataops._alert_json(alert_id bigint, event text) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT jsonb_build_object('alert', a.alert_id, 'event', event, 'monitor', m.name, 'dataset', coalesce(d.name, m.dataset), 'kind', m.kind, 'reason', a.reason,
                   'severity', a.severity, 'message', a.message, 'opened_at', a.opened_at, 'version', r.version::text, 'reference', r.reference,
                   'window_start', r.window_start, 'window_end', r.window_end,
                   'values', (SELECT coalesce(jsonb_agg(jsonb_build_object('column', v.column_name, 'segment', v.segment, 'measure', v.measure, 'value', v.value,
                                                                   'lower', v.lower, 'upper', v.upper, 'status', v.status) ORDER BY v.ordinal), '[]')
                                FROM aidataops.monitor_result AS v WHERE v.run_id = a.last_run AND v.breached))
          FROM aidataops.alert AS a JOIN aidataops.monitor AS m USING (monitor_id)
          JOIN aidataops.monitor_run AS r ON r.run_id = a.last_run
          LEFT JOIN aidataops.dataset AS d ON d.dataset_id = m.dataset_id
         WHERE a.alert_id = _alert_json.alert_id;
    END;
COMMENT ON FUNCTION aidataops._alert_json(bigint, text) IS 'Internal: an alert as on_alert functions get it.';

-- Whoever may connect can listen: names and numbers of the catalog only, nothing of what is in rows.
CREATE FUNCTION aidataops._tell_alert(alert_id bigint, event text, detail text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a record;
    payload text;
BEGIN
    SELECT l.*, m.name, coalesce(d.name, m.dataset) AS dataset INTO a
      FROM aidataops.alert AS l JOIN aidataops.monitor AS m USING (monitor_id) LEFT JOIN aidataops.dataset AS d ON d.dataset_id = m.dataset_id
     WHERE l.alert_id = _tell_alert.alert_id;
    INSERT INTO aidataops.alert_event (alert_id, monitor_id, event, detail, happened_by) VALUES (a.alert_id, a.monitor_id, event, detail, session_user);
    payload := jsonb_build_object('topic', 'alert', 'event', event, 'alert', a.alert_id, 'monitor', a.name, 'dataset', a.dataset, 'reason', a.reason,
                                  'severity', a.severity, 'at', clock_timestamp())::text;
    IF octet_length(payload) > 7900 THEN -- NOTIFY takes less than 8000 bytes
        payload := jsonb_build_object('topic', 'alert', 'event', event, 'alert', a.alert_id, 'severity', a.severity, 'at', clock_timestamp())::text;
    END IF;
    PERFORM pg_notify('aidataops', payload);
END $$;
COMMENT ON FUNCTION aidataops._tell_alert(bigint, text, text) IS 'Internal: records what happened to an alert, and tells who listens.';

-- -------------------------------------------------------------------------------------------------- alerts

CREATE FUNCTION aidataops._open_alert(m aidataops.monitor, run_id bigint, reason text, message text, columns text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a aidataops.alert;
    spread text[];
BEGIN
    SELECT * INTO a FROM aidataops.alert AS o WHERE o.monitor_id = m.monitor_id AND o.reason = _open_alert.reason AND o.resolved_at IS NULL;
    IF a.alert_id IS NULL THEN
        INSERT INTO aidataops.alert (monitor_id, reason, severity, message, columns, first_run, last_run, opened_at, last_seen_at, callback_due)
        VALUES (m.monitor_id, reason, m.severity, message, columns, run_id, run_id, clock_timestamp(), clock_timestamp(), CASE WHEN m.on_alert IS NOT NULL THEN 'opened' END)
        RETURNING * INTO a;
        PERFORM aidataops._tell_alert(a.alert_id, 'opened', message);
        RETURN;
    END IF;
    spread := ARRAY(SELECT c FROM unnest(columns) WITH ORDINALITY AS c (c, place) WHERE c <> ALL (a.columns) ORDER BY place);
    UPDATE aidataops.alert AS o
       SET message = _open_alert.message, columns = _open_alert.columns, last_run = _open_alert.run_id, runs = o.runs + 1, last_seen_at = clock_timestamp(),
           snoozed_until = CASE WHEN o.snoozed_until > clock_timestamp() THEN o.snoozed_until END,
           callback_due = CASE WHEN m.on_alert IS NOT NULL AND o.snoozed_until <= clock_timestamp() THEN 'unsnoozed' ELSE o.callback_due END
     WHERE o.alert_id = a.alert_id;
    IF a.snoozed_until > clock_timestamp() THEN
        RETURN;
    ELSIF a.snoozed_until IS NOT NULL THEN
        PERFORM aidataops._tell_alert(a.alert_id, 'unsnoozed', message);
    ELSIF spread <> '{}' THEN
        PERFORM aidataops._tell_alert(a.alert_id, 'spread', array_to_string(spread, ', '));
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._open_alert(aidataops.monitor, bigint, text, text, text[]) IS 'Internal: opens an alert, or goes on with the one that is open.';

CREATE FUNCTION aidataops._resolve_alert(m aidataops.monitor, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    resolved bigint;
BEGIN
    UPDATE aidataops.alert AS a SET resolved_at = clock_timestamp(), callback_due = NULL
     WHERE a.monitor_id = m.monitor_id AND a.reason = _resolve_alert.reason AND a.resolved_at IS NULL
    RETURNING a.alert_id INTO resolved;
    IF resolved IS NOT NULL THEN
        PERFORM aidataops._tell_alert(resolved, 'resolved');
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._resolve_alert(aidataops.monitor, text) IS 'Internal: ends an alert that healed.';

CREATE FUNCTION aidataops._value_text(v aidataops.monitor_result) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
        SELECT CASE WHEN (v).value IS NULL THEN concat_ws(' ', (v).column_name::text, CASE (v).status WHEN 'column_gone' THEN 'is gone' WHEN 'kind_changed' THEN 'is of another kind' WHEN 'degenerate' THEN 'has no values any more'
                                                                                                   WHEN 'no_rows' THEN (v).measure || ' is not known: there are no rows' ELSE (v).measure || ' ' || (v).status END)
                    ELSE concat_ws(' ', (v).column_name::text, 'of segment ' || (v).segment, (v).measure, round((v).value::numeric, 4)::float8,
                                   CASE WHEN (v).value > (v).upper THEN '> ' || round((v).upper::numeric, 4)::float8 WHEN (v).value < (v).lower THEN '< ' || round((v).lower::numeric, 4)::float8 END) END;
    END;
COMMENT ON FUNCTION aidataops._value_text(aidataops.monitor_result) IS 'Internal: a value beyond its limits, in words.';

CREATE FUNCTION aidataops._decide_alerts(m aidataops.monitor, r aidataops.monitor_run) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan'
AS $$
DECLARE
    b record;
BEGIN
    PERFORM aidataops._resolve_alert(m, 'missed');
    IF r.status = 'error' THEN
        IF m.consecutive <= (SELECT count(*) FROM (SELECT p.status FROM aidataops.monitor_run AS p WHERE p.monitor_id = m.monitor_id AND NOT p.backfilled AND p.status <> 'missed'
                                                    ORDER BY p.run_id DESC LIMIT m.consecutive) AS p WHERE p.status = 'error') THEN
            PERFORM aidataops._open_alert(m, r.run_id, 'error', format('monitor "%s" could not measure: %s', m.name, r.error), '{}');
        END IF;
        RETURN;
    END IF;
    PERFORM aidataops._resolve_alert(m, 'error');
    SELECT array_agg(v.name ORDER BY v.ordinal) AS columns, string_agg(v.words, '; ' ORDER BY v.ordinal) FILTER (WHERE v.place <= 5) AS words, count(*) AS n INTO b
      FROM (SELECT coalesce(w.column_name, w.measure) AS name, min(w.ordinal) AS ordinal, (array_agg(aidataops._value_text(w) ORDER BY w.ordinal))[1] AS words,
                   row_number() OVER (ORDER BY min(w.ordinal)) AS place
              FROM aidataops.monitor_result AS w WHERE w.run_id = r.run_id AND w.breached AND w.breaches >= m.consecutive GROUP BY 1) AS v;
    IF b.n > 0 THEN
        PERFORM aidataops._open_alert(m, r.run_id, 'breach', left(b.words || CASE WHEN b.n > 5 THEN format('; and %s more', b.n - 5) ELSE '' END, 2000), b.columns);
    ELSIF r.breached = 0 AND r.status = 'ok'
          AND NOT EXISTS (SELECT FROM aidataops.monitor_result AS w -- nobody knows whether that is well again
                           WHERE w.run_id = r.run_id AND w.breached IS NULL AND w.breaches >= m.consecutive
                             AND w.status NOT IN ('no_limit', 'segment_gone', 'new_segment', 'new_column', 'column_gone')) THEN
        PERFORM aidataops._resolve_alert(m, 'breach');
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._decide_alerts(aidataops.monitor, aidataops.monitor_run) IS 'Internal: opens, continues or resolves alerts after a run.';

-- -------------------------------------------------------------------------------------------------- running

-- A monitor reads with the rights of its owner at most: each relation as its owner (core/reading), so that the code of views and
-- types of a dataset never runs with the rights of a superuser who watches it.
CREATE FUNCTION aidataops._monitor_owner(m aidataops.monitor) RETURNS oid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner oid := aidataops._role_oid(m.owner);
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'role "%", the owner of monitor "%", is gone', m.owner, m.name USING ERRCODE = 'undefined_object';
    END IF;
    RETURN owner;
END $$;
COMMENT ON FUNCTION aidataops._monitor_owner(aidataops.monitor) IS
'Internal: the owner of a monitor; an error if that role is gone.';

CREATE FUNCTION aidataops._monitor_role(m aidataops.monitor) RETURNS name
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT pg_get_userbyid(aidataops._reading_role(aidataops._monitor_owner(m),
                                                           ARRAY[aidataops._main_relation(d.*)]))
          FROM aidataops.dataset AS d WHERE d.dataset_id = (m).dataset_id;
    END;
COMMENT ON FUNCTION aidataops._monitor_role(aidataops.monitor) IS
'Internal: as whom the rows of a monitor''s dataset are read; NULL if it is gone.';

-- What was measured before the time in question, of limits that come from it. Values that were beyond theirs do not count, nor
-- does a version that is in the reference itself.
CREATE FUNCTION aidataops._history_limits(m aidataops.monitor, as_of timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH runs AS (
            SELECT DISTINCT ON (r.as_of) r.run_id, r.as_of
              FROM aidataops.monitor_run AS r
             WHERE r.monitor_id = (m).monitor_id AND r.as_of < _history_limits.as_of AND r.status IN ('ok', 'breached')
               AND NOT coalesce((m).reference_dataset_id = (m).dataset_id AND (m).reference ~ '@[0-9]+$'
                                AND aidataops.version_number(r.version) <= substring((m).reference FROM '[0-9]+$')::integer, false)
             ORDER BY r.as_of DESC, r.run_id DESC LIMIT coalesce(((m).thresholds ->> 'history')::integer, 30)
        ), series AS (
            SELECT v.column_name, v.segment, v.measure, count(*) AS n, array_agg(v.value) AS history
              FROM runs JOIN aidataops.monitor_result AS v USING (run_id)
             WHERE abs(v.value) < 'Infinity' AND v.breached IS NOT TRUE AND v.status IN ('ok', 'lower_bound', 'insufficient_history', 'no_limit')
               AND aidataops._monitor_threshold((m).thresholds, coalesce(v.column_name::text, v.measure)) ?| ARRAY['sigma', 'quantile']
             GROUP BY v.column_name, v.segment, v.measure
        )
        SELECT jsonb_object_agg(aidataops._series(s.column_name, s.segment, s.measure), jsonb_build_array(s.n, l.lower, l.upper))
          FROM series AS s
         CROSS JOIN LATERAL aidataops._monitor_limits(s.history, aidataops._monitor_threshold((m).thresholds, coalesce(s.column_name::text, s.measure))) AS l;
    END;
COMMENT ON FUNCTION aidataops._history_limits(aidataops.monitor, timestamptz) IS 'Internal: limits from earlier values: {series: [n, lower, upper]}.';

CREATE FUNCTION aidataops._store_results(m aidataops.monitor, run_id bigint, as_of timestamptz, results jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan'
AS $$
BEGIN
        WITH before AS (
            SELECT DISTINCT ON (r.as_of) r.run_id
              FROM aidataops.monitor_run AS r
             WHERE r.monitor_id = m.monitor_id AND r.as_of < _store_results.as_of AND r.status IN ('ok', 'breached')
             ORDER BY r.as_of DESC, r.run_id DESC LIMIT 1
        ), known AS (
            SELECT aidataops._series(v.column_name, v.segment, v.measure) AS series, v.breaches
              FROM before JOIN aidataops.monitor_result AS v USING (run_id)
        )
        INSERT INTO aidataops.monitor_result (run_id, ordinal, monitor_id, column_name, segment, measure, value, lower, upper, p_value, q_value, effect, breached, breaches,
                                              n_reference, n_current, status, detail, reference_profile, current_profile)
        SELECT _store_results.run_id, n.ordinal, m.monitor_id, n.column_name, n.segment, n.measure, n.value, n.lower, n.upper, n.p_value, n.q_value, n.effect, n.breached,
               CASE n.breached WHEN true THEN coalesce(k.breaches, 0) + 1 WHEN false THEN 0 ELSE coalesce(k.breaches, 0) END,
               n.n_reference, n.n_current, n.status, n.detail, n.reference_profile, n.current_profile
          FROM jsonb_to_recordset(results) AS n (ordinal integer, column_name name, segment text, measure text, value float8, lower float8, upper float8, p_value float8,
                   q_value float8, effect float8, breached boolean, n_reference bigint, n_current bigint, status text, detail jsonb,
                   reference_profile aidataops.profile, current_profile aidataops.profile)
          LEFT JOIN known AS k ON k.series = aidataops._series(n.column_name, n.segment, n.measure);
END $$;
COMMENT ON FUNCTION aidataops._store_results(aidataops.monitor, bigint, timestamptz, jsonb) IS 'Internal: writes what a run measured, and how many times in a row it was beyond its limits.';

-- Measures and writes. version: the one to judge, NULL for the head; at: the end of the window.
CREATE FUNCTION aidataops._record_run(m aidataops.monitor, run_id bigint, version integer, at timestamptz, backfilled boolean, due_at timestamptz) RETURNS aidataops.monitor_run
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = 'force_generic_plan'
AS $$
DECLARE
    r aidataops.monitor_run;
    owner oid := aidataops._monitor_owner(m);
    spec jsonb := to_jsonb(m);
    measured record;
    found_out jsonb;
    judged_at timestamptz;
BEGIN
    r.run_id := run_id;
    r.monitor_id := m.monitor_id;
    r.started_at := clock_timestamp();
    r.backfilled := backfilled;
    r.due_at := due_at;
    r.ran_as := coalesce(aidataops._monitor_role(m), m.owner);
    r.ran_by := session_user;
    judged_at := CASE WHEN m.time_column IS NOT NULL OR m.kind IN ('volume', 'missing', 'schema') THEN at
                      ELSE (SELECT v.committed_at FROM aidataops.version AS v JOIN aidataops.dataset AS d USING (dataset_id)
                             WHERE v.dataset_id = m.dataset_id AND v.number = coalesce(_record_run.version, d.head)) END;
    spec := spec || jsonb_build_object('version', version, 'at', at);
    IF m.thresholds::text ~ '"(sigma|quantile)"' AND judged_at IS NOT NULL THEN
        spec := spec || jsonb_build_object('limits', aidataops._history_limits(m, judged_at));
    END IF;
    IF m.kind IN ('freshness', 'volume', 'missing', 'schema') THEN
        SELECT NULL::jsonb AS result, NULL::text AS sqlstate, NULL::text AS error INTO measured;
        found_out := aidataops._measure_rules(m, owner, spec, at);
    ELSE
        SELECT * INTO measured FROM aidataops._run_supervised(owner, 'SELECT aidataops._measure_monitor($1) AS found', spec, true, (extract(epoch FROM m.run_timeout) * 1000)::integer);
        found_out := measured.result -> 0 -> 'found';
    END IF;
    r.as_of := coalesce((found_out ->> 'as_of')::timestamptz, judged_at, at);
    r.window_start := (found_out ->> 'window_start')::timestamptz;
    r.window_end := (found_out ->> 'window_end')::timestamptz;
    r.reference := found_out ->> 'reference';
    r.version := aidataops.to_dataset_version(found_out ->> 'version');
    r.since := aidataops.to_dataset_version(found_out ->> 'since');
    r.sqlstate := measured.sqlstate;
    r.error := measured.error;
    r.measured := 0;
    r.breached := 0;
    r.missed := 0;
    IF measured.error IS NULL THEN
        PERFORM aidataops._store_results(m, r.run_id, r.as_of, found_out -> 'results');
        SELECT count(v.value), count(*) FILTER (WHERE v.breached),
               CASE WHEN bool_or(v.breached) THEN 'breached' WHEN bool_or(v.breached IS NOT NULL OR v.status IN ('no_limit', 'insufficient_history')) THEN 'ok' ELSE 'insufficient_data' END
          INTO r.measured, r.breached, r.status
          FROM aidataops.monitor_result AS v WHERE v.run_id = r.run_id;
    ELSE
        r.status := 'error';
    END IF;
    r.finished_at := clock_timestamp();
    INSERT INTO aidataops.monitor_run SELECT r.*;
    IF NOT backfilled THEN
        -- too few rows wait for more; rows that there is nothing to compare with do not
        IF r.version IS NOT NULL AND (r.status IN ('ok', 'breached') OR r.reference IS NULL) THEN
            UPDATE aidataops.monitor AS o SET judged = (found_out ->> 'judged')::integer, judged_since = (found_out ->> 'judged_since')::integer WHERE o.monitor_id = m.monitor_id;
        END IF;
        PERFORM aidataops._decide_alerts(m, r);
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION aidataops._record_run(aidataops.monitor, bigint, integer, timestamptz, boolean, timestamptz) IS 'Internal: runs a monitor and writes what it found.';

-- Whatever goes wrong is an error of this monitor and no other.
CREATE FUNCTION aidataops._execute_monitor(m aidataops.monitor, version integer, at timestamptz, backfilled boolean, due_at timestamptz) RETURNS aidataops.monitor_run
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r aidataops.monitor_run;
    number bigint := nextval('aidataops.monitor_run_run_id_seq');
    started_at timestamptz := clock_timestamp();
    code text;
    message text;
BEGIN
    BEGIN
        RETURN aidataops._record_run(m, number, version, at, backfilled, due_at);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    END;
    INSERT INTO aidataops.monitor_run (run_id, monitor_id, status, as_of, sqlstate, error, backfilled, due_at, started_at, ran_by)
    VALUES (number, m.monitor_id, 'error', at, code, message, backfilled, due_at, started_at, session_user)
    RETURNING * INTO r;
    IF NOT backfilled THEN
        PERFORM aidataops._decide_alerts(m, r);
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION aidataops._execute_monitor(aidataops.monitor, integer, timestamptz, boolean, timestamptz) IS 'Internal: runs a monitor; an error is recorded as what it found.';

CREATE FUNCTION aidataops._record_missed(m aidataops.monitor, times integer, since timestamptz, reason text) RETURNS aidataops.monitor_run
    LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        INSERT INTO aidataops.monitor_run (monitor_id, status, as_of, missed, error, due_at, started_at, ran_by)
        VALUES ((m).monitor_id, 'missed', clock_timestamp(), times, reason, since, clock_timestamp(), session_user)
        RETURNING *;
    END;
COMMENT ON FUNCTION aidataops._record_missed(aidataops.monitor, integer, timestamptz, text) IS 'Internal: writes that runs did not happen.';

-- One caller at a time; the row of the monitor is the lock.
CREATE FUNCTION aidataops._lock_monitor(monitor_id integer) RETURNS aidataops.monitor
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
BEGIN
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = _lock_monitor.monitor_id FOR UPDATE SKIP LOCKED;
    RETURN m;
END $$;
COMMENT ON FUNCTION aidataops._lock_monitor(integer) IS 'Internal: locks a monitor; NULL if somebody else has.';

CREATE FUNCTION aidataops._run_monitor(caller oid, name text) RETURNS aidataops.monitor_run
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'run');
    locked aidataops.monitor := aidataops._lock_monitor(m.monitor_id);
    r aidataops.monitor_run;
BEGIN
    IF locked.monitor_id IS NULL THEN
        RETURN aidataops._record_missed(m, 1, NULL, 'another run of the monitor was still going');
    END IF;
    r := aidataops._execute_monitor(locked, NULL, clock_timestamp() - locked.delay, false, NULL);
    PERFORM aidataops._deliver(locked.monitor_id);
    RETURN r;
END $$;
COMMENT ON FUNCTION aidataops._run_monitor(oid, text) IS 'Internal: run_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.run_monitor(name text) RETURNS aidataops.monitor_run
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000 AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.run_monitor(text) IS
'Runs a monitor now and returns the run: SELECT * FROM run_monitor(''name''). What it measured is in monitor_result, alerts in alert; both are stored, whatever comes of it, also that it failed. While another run of the monitor is going, that is recorded as missed. Needs the rights of the monitor''s owner. An error if there is no such monitor. NULL for NULL.';

-- ---------------------------------------------------------------------------------------------- callbacks

CREATE FUNCTION aidataops._deliver(monitor_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    a record;
    owner oid;
    answer record;
BEGIN
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = _deliver.monitor_id;
    owner := (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = m.owner);
    FOR a IN SELECT l.alert_id, l.callback_due FROM aidataops.alert AS l
              WHERE l.monitor_id = m.monitor_id AND l.callback_due IS NOT NULL AND l.resolved_at IS NULL ORDER BY l.alert_id FOR UPDATE SKIP LOCKED LOOP
        UPDATE aidataops.alert AS l SET callback_due = NULL WHERE l.alert_id = a.alert_id; -- before, or a callback that runs the monitor would call itself
        BEGIN
            PERFORM aidataops._check_callback(m.on_alert, owner);
            SELECT * INTO answer FROM aidataops._run_supervised(owner, format('SELECT %s($1) AS result', left(m.on_alert, -length('(jsonb)'))),
                aidataops._alert_json(a.alert_id, a.callback_due), false, (extract(epoch FROM m.on_alert_timeout) * 1000)::integer);
        EXCEPTION WHEN OTHERS THEN
            SELECT NULL::jsonb AS result, SQLSTATE AS sqlstate, SQLERRM AS error INTO answer;
        END;
        PERFORM aidataops._tell_alert(a.alert_id, CASE WHEN answer.error IS NULL THEN 'callback_succeeded' ELSE 'callback_failed' END,
                    left(CASE WHEN answer.error IS NOT NULL THEN format('%s: %s', answer.sqlstate, answer.error) ELSE answer.result -> 0 ->> 'result' END, 2000));
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._deliver(integer) IS 'Internal: calls on_alert of a monitor with what it is still to be called with, as the monitor''s owner, and records how that went.';

-- --------------------------------------------------------------------------------------------- by schedule

CREATE FUNCTION aidataops._next_scheduled(schedule text, after timestamptz) RETURNS timestamptz
    LANGUAGE C STABLE STRICT PARALLEL SAFE SET TimeZone = 'UTC' SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'next_scheduled';
COMMENT ON FUNCTION aidataops._next_scheduled(text, timestamptz) IS 'Internal: the first time after another that a schedule names, NULL if never.';

-- Steps from one due time to the next, so that runs that start late do not put off those after them.
CREATE FUNCTION aidataops._next_due(schedule text, due_at timestamptz, now timestamptz, OUT next timestamptz, OUT missed integer, OUT latest timestamptz) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    missed := 0;
    latest := due_at;
    next := CASE WHEN due_at <= now THEN aidataops._next_scheduled(schedule, due_at) END;
    WHILE next <= now AND missed < 10000 LOOP
        missed := missed + 1;
        latest := next;
        next := aidataops._next_scheduled(schedule, next);
    END LOOP;
    IF next IS NULL OR next <= now THEN -- the clock was set back, or it was due very long ago
        latest := now;
        next := aidataops._next_scheduled(schedule, now);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._next_due(text, timestamptz, timestamptz) IS 'Internal: when a schedule is due next, the last time that it was due, and how many of its times have passed since one that is due, 10,000 at most.';

-- A monitor that does not run is an incident, too: one that is cancelled or lost again and again, or that nobody calls any more.
CREATE FUNCTION aidataops._notice_lost_runs(m aidataops.monitor, now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lost record;
BEGIN
    SELECT max(p.run_id) AS run_id, count(*) FILTER (WHERE p.lost) AS n, min(p.started_at) FILTER (WHERE p.lost) AS since INTO lost
      FROM (SELECT r.run_id, r.started_at, r.status = 'missed' AND r.started_at < now - interval '10 seconds' AS lost -- another scheduler may be about to begin it
              FROM aidataops.monitor_run AS r
             WHERE r.monitor_id = m.monitor_id AND NOT r.backfilled AND (r.status <> 'missed' OR r.finished_at IS NULL) ORDER BY r.run_id DESC LIMIT m.consecutive) AS p;
    IF lost.n >= m.consecutive THEN
        PERFORM aidataops._open_alert(m, lost.run_id, 'missed', format('monitor "%s" began to run %s, and did not come to an end: it was cancelled, by a statement_timeout say, or lost with the server', m.name,
            CASE lost.n WHEN 1 THEN 'at ' ELSE format('%s times since ', lost.n) END || to_char(lost.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')), '{}');
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._notice_lost_runs(aidataops.monitor, timestamptz) IS 'Internal: an alert if the last runs of a monitor did not end.';

CREATE FUNCTION aidataops._is_overdue(schedule text, next_due_at timestamptz, now timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT schedule IS NOT NULL AND coalesce(next_due_at < now - interval '1 hour', false);
    END;
COMMENT ON FUNCTION aidataops._is_overdue(text, timestamptz, timestamptz) IS 'Internal: whether nobody runs a monitor that is due.';

-- Of monitors that whoever calls may not run: their own scheduler is gone, and cannot say so.
CREATE FUNCTION aidataops._notice_overdue(now timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    run bigint;
BEGIN
    FOR m IN SELECT o.* FROM aidataops.monitor AS o
              WHERE aidataops._is_overdue(o.schedule, o.next_due_at, now)
                AND NOT EXISTS (SELECT FROM aidataops.alert AS a WHERE a.monitor_id = o.monitor_id AND a.reason = 'missed' AND a.resolved_at IS NULL)
              ORDER BY o.monitor_id FOR UPDATE SKIP LOCKED
    LOOP
        run := (aidataops._record_missed(m, 0, m.next_due_at, 'it is overdue, and nobody who may run it does')).run_id;
        PERFORM aidataops._open_alert(m, run, 'missed', format('monitor "%s" has not run since it was due at %s: nobody calls run_due_monitors() with the rights of role "%s"', m.name,
            to_char(m.next_due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), m.owner), '{}');
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._notice_overdue(timestamptz) IS 'Internal: alerts of monitors that are due for more than an hour.';

-- A step of its own, committed before the run: one that is cancelled (a statement_timeout, say) or takes the server down is then
-- recorded as missed, and is not the first one to be tried again, before all others and for ever.
-- A clock that was set back leaves monitors that ran in the future: they are due, or they would be silent until then.
CREATE FUNCTION aidataops._claim_next_due(caller oid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    run bigint;
    upcoming record;
    started_at timestamptz := clock_timestamp();
BEGIN
    SELECT o.* INTO m
      FROM aidataops.monitor AS o LEFT JOIN pg_roles AS u ON u.rolname = o.owner
     WHERE o.schedule IS NOT NULL AND (o.next_due_at <= least(statement_timestamp(), started_at) OR o.last_started_at > started_at + interval '1 minute')
       AND pg_has_role(caller, coalesce(u.oid, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'aidataops.monitor'::regclass)), 'USAGE')
     ORDER BY o.next_due_at, o.monitor_id LIMIT 1
       FOR UPDATE OF o SKIP LOCKED;
    IF m.monitor_id IS NULL THEN
        PERFORM aidataops._notice_overdue(started_at);
        RETURN NULL;
    END IF;
    PERFORM aidataops._notice_lost_runs(m, started_at);
    SELECT * INTO upcoming FROM aidataops._next_due(m.schedule, m.next_due_at, started_at);
    IF upcoming.missed > 0 THEN
        PERFORM aidataops._record_missed(m, upcoming.missed, m.next_due_at, format('%s scheduled run(s) since %s did not happen: the run before was still going, or nobody called run_due_monitors()%s',
            upcoming.missed, to_char(m.next_due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), CASE WHEN m.window_size IS NOT NULL THEN '; backfill_monitor() judges their windows' ELSE '' END));
    END IF;
    UPDATE aidataops.monitor AS o SET last_started_at = started_at, next_due_at = upcoming.next WHERE o.monitor_id = m.monitor_id;
    run := (aidataops._record_missed(m, 1, upcoming.latest, 'the run has not ended, or was cancelled or lost before it did')).run_id;
    UPDATE aidataops.monitor_run AS r SET finished_at = NULL WHERE r.run_id = run;
    RETURN run;
END $$;
COMMENT ON FUNCTION aidataops._claim_next_due(oid) IS
'Internal: the first step of run_due_monitors(): takes the monitor that is due longest of those '
'for whose owners the caller may act, and records a run that has not ended; NULL if there is none.';

CREATE FUNCTION aidataops._run_claimed(caller oid, claim bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    due timestamptz;
    owner oid;
    r aidataops.monitor_run;
BEGIN
    SELECT o.monitor_id, o.due_at INTO m.monitor_id, due FROM aidataops.monitor_run AS o WHERE o.run_id = claim AND o.finished_at IS NULL FOR UPDATE SKIP LOCKED;
    SELECT coalesce(u.oid, c.relowner) INTO owner
      FROM aidataops.monitor AS o LEFT JOIN pg_roles AS u ON u.rolname = o.owner, pg_class AS c
     WHERE o.monitor_id = m.monitor_id AND c.oid = 'aidataops.monitor'::regclass;
    IF owner IS NULL OR NOT pg_has_role(caller, owner, 'USAGE') THEN
        RETURN NULL;
    END IF;
    m := aidataops._lock_monitor(m.monitor_id);
    IF m.monitor_id IS NULL THEN
        UPDATE aidataops.monitor_run AS o SET error = 'another run of the monitor was still going', finished_at = clock_timestamp() WHERE o.run_id = claim;
        RETURN NULL;
    END IF;
    DELETE FROM aidataops.monitor_run AS o WHERE o.run_id = claim;
    -- windows end when they were due, not when somebody came to it: none overlaps the next, and no row falls between two
    r := aidataops._execute_monitor(m, NULL, CASE WHEN m.window_size IS NOT NULL THEN least(due, clock_timestamp()) ELSE clock_timestamp() END - m.delay, false, due);
    RETURN r.run_id;
END $$;
COMMENT ON FUNCTION aidataops._run_claimed(oid, bigint) IS
'Internal: runs a monitor that was taken, in place of the run that was recorded; NULL if somebody '
'else runs it, or it is gone.';

CREATE FUNCTION aidataops._call_back(caller oid, run_id bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m record;
BEGIN
    SELECT o.monitor_id, u.oid AS owner INTO m
      FROM aidataops.monitor_run AS r JOIN aidataops.monitor AS o USING (monitor_id) JOIN pg_roles AS u ON u.rolname = o.owner
     WHERE r.run_id = _call_back.run_id;
    IF m.monitor_id IS NOT NULL AND pg_has_role(caller, m.owner, 'USAGE') THEN
        PERFORM aidataops._deliver(m.monitor_id);
    END IF;
    RETURN run_id;
END $$;
COMMENT ON FUNCTION aidataops._call_back(oid, bigint) IS
'Internal: calls on_alert after a run, in a transaction of its own.';

CREATE PROCEDURE aidataops.run_due_monitors()
    LANGUAGE C AS 'MODULE_PATHNAME', 'run_due_monitors';
COMMENT ON PROCEDURE aidataops.run_due_monitors() IS
'Runs every scheduled monitor that is due and for whose owner the caller may act, a transaction each: CALL run_due_monitors(). Results are committed before on_alert is called. A monitor that fails is recorded so, and the others run; what another scheduler is running is left to it; scheduled times that passed meanwhile are recorded as missed, and one run makes up for them. A window ends when it was due. Alerts with the reason missed are opened of monitors whose last run was cancelled or lost, and of others'' monitors that are due for more than an hour. schedule_monitor() has pg_cron call it each minute; any other scheduler will do. An error within a transaction block or a function.';

-- ------------------------------------------------------------------------------------------------ backfill

CREATE FUNCTION aidataops._backfill_monitor(caller oid, name text, start_at timestamptz, stop_at timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'backfill');
    one record;
    done bigint := 0;
    windows numeric;
BEGIN
    IF start_at IS NULL OR stop_at IS NULL OR NOT isfinite(start_at) OR NOT isfinite(stop_at) OR stop_at <= start_at THEN
        RAISE EXCEPTION 'backfill needs a time to start and a later one to stop, not % and %', coalesce(start_at::text, 'NULL'), coalesce(stop_at::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF m.kind IN ('freshness', 'missing', 'schema') OR m.kind = 'volume' AND m.window_size IS NULL THEN
        RAISE EXCEPTION 'monitor "%" watches the table as it is, of which there is no past', name USING ERRCODE = 'feature_not_supported';
    END IF;
    windows := extract(epoch FROM stop_at - start_at) / extract(epoch FROM m.window_size);
    IF windows > 10000 THEN
        RAISE EXCEPTION 'that is % windows of %', windows::bigint, m.window_size USING ERRCODE = 'program_limit_exceeded', HINT = 'Up to 10,000 are backfilled at once.';
    END IF;
    m := aidataops._lock_monitor(m.monitor_id);
    IF m.monitor_id IS NULL THEN
        RAISE EXCEPTION 'monitor "%" is running', name USING ERRCODE = 'lock_not_available', HINT = 'Try again when it has ended.';
    END IF;
    FOR one IN
        SELECT NULL::integer AS version, w AS at FROM generate_series(start_at + m.window_size, stop_at, m.window_size) AS w WHERE m.time_column IS NOT NULL
        UNION ALL
        SELECT v.number, v.committed_at FROM aidataops.version AS v
         WHERE m.time_column IS NULL AND v.dataset_id = m.dataset_id AND v.committed_at >= start_at AND v.committed_at < stop_at
         ORDER BY 2
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM aidataops.monitor_run AS r WHERE r.monitor_id = m.monitor_id AND r.as_of = one.at AND r.status NOT IN ('error', 'missed'));
        PERFORM aidataops._execute_monitor(m, one.version, one.at, true, NULL);
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION aidataops._backfill_monitor(oid, text, timestamptz, timestamptz) IS 'Internal: backfill_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.backfill_monitor(name text, start_at timestamptz DEFAULT '2000-01-01 00:00Z', stop_at timestamptz DEFAULT pg_catalog.now()) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.backfill_monitor(text, timestamptz, timestamptz) IS
'Runs a monitor over the past and returns how many runs that took: over each version committed from start_at to before stop_at, or over each window of its size between them. What was judged already is not judged again. The runs are marked as backfilled; they give limits of sigma and quantile their history and raise no alerts. Needs the rights of the monitor''s owner. Errors: no such monitor; times that are NULL, infinite or the wrong way round; more than 10,000 windows; the monitor is running.';
