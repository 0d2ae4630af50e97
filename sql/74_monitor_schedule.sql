-- Monitors and commits by schedule, through pg_cron (docs/monitoring.md).
--
-- One job of pg_cron a role, each minute, calls run_due_monitors() as that role; what is due is in the catalog. So a thousand
-- monitors are one connection, and any other scheduler can do the same.

CREATE FUNCTION aidataops._check_pg_cron(role name, statement text, by_hand text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home text := current_setting('cron.database_name', true);
BEGIN
    IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        IF NOT (SELECT r.rolcanlogin FROM pg_roles AS r WHERE r.rolname = role) THEN
            RAISE EXCEPTION 'role "%" may not log in, so pg_cron cannot run anything as it', role USING ERRCODE = 'invalid_role_specification',
                HINT = format('ALTER ROLE %I LOGIN, or let a role that may, and has its rights, call it by dispatcher => ''external''.', role);
        END IF;
        RETURN;
    ELSIF home IS NULL THEN
        RAISE EXCEPTION 'pg_cron is not there to keep the schedule' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'It is not among shared_preload_libraries of this server.',
            HINT = format('Install and preload pg_cron and CREATE EXTENSION pg_cron; or have another scheduler run: %s', by_hand);
    ELSIF home = current_database() THEN
        RAISE EXCEPTION 'extension "pg_cron" is not installed in this database' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CREATE EXTENSION pg_cron.';
    END IF;
    RAISE EXCEPTION 'pg_cron lives in database "%", out of reach from here', home USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = format('As a superuser run there: SELECT cron.schedule_in_database(%L, ''* * * * *'', %L, %L, %L). Then use dispatcher => ''external'' here.',
                      left('aidataops: ' || current_database(), 63), statement, current_database(), role);
END $$;
COMMENT ON FUNCTION aidataops._check_pg_cron(name, text, text) IS 'Internal: an error that says what to do unless pg_cron of this database can run something as a role.';

-- As the role itself, so that the job is its own.
CREATE FUNCTION aidataops._create_job(role name, job text, schedule text, command text, by_hand text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    answer record;
BEGIN
    PERFORM aidataops._check_pg_cron(role, command, by_hand);
    SELECT * INTO answer FROM aidataops._run_supervised((SELECT r.oid FROM pg_roles AS r WHERE r.rolname = role),
        'SELECT cron.schedule($1 ->> ''job'', $1 ->> ''schedule'', $1 ->> ''command'') AS id', jsonb_build_object('job', job, 'schedule', schedule, 'command', command), false, 10000);
    IF answer.error IS NOT NULL THEN
        RAISE EXCEPTION 'pg_cron refused: %', answer.error USING ERRCODE = answer.sqlstate,
            HINT = CASE answer.sqlstate WHEN '42501' THEN format('GRANT USAGE ON SCHEMA cron TO %I.', role) ELSE 'See the documentation of pg_cron for what it takes.' END;
    END IF;
    RETURN (answer.result -> 0 ->> 'id')::bigint;
END $$;
COMMENT ON FUNCTION aidataops._create_job(name, text, text, text, text) IS 'Internal: makes or changes a job of pg_cron that belongs to a role.';

CREATE FUNCTION aidataops._remove_job(role name, job text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    answer record;
    role_oid oid := (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = role);
BEGIN
    IF role_oid IS NULL OR NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        RETURN false;
    END IF;
    SELECT * INTO answer FROM aidataops._run_supervised(role_oid,
        'SELECT cron.unschedule(j.jobid) AS gone FROM cron.job AS j WHERE j.jobname = $1 ->> ''job'' AND j.username = current_user', jsonb_build_object('job', job), false, 10000);
    RETURN answer.result IS NOT NULL;
END $$;
COMMENT ON FUNCTION aidataops._remove_job(name, text) IS 'Internal: ends a job of pg_cron of a role; whether there was one.';

-- Whose it is by now: a table may have changed hands since its commits were scheduled.
CREATE FUNCTION aidataops._job_owners(job text) RETURNS SETOF name
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        RETURN QUERY EXECUTE 'SELECT DISTINCT j.username::name FROM cron.job AS j WHERE j.jobname = $1 AND j.database = current_database()' USING job;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._job_owners(text) IS 'Internal: roles that a job of pg_cron of a name belongs to.';

CREATE FUNCTION aidataops._dispatcher_job() RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT left('aidataops monitors: ' || current_database(), 63);
    END;
COMMENT ON FUNCTION aidataops._dispatcher_job() IS 'Internal: name of the jobs that run monitors.';

CREATE FUNCTION aidataops._release_dispatcher(role name) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM aidataops.monitor AS m WHERE m.owner = role AND m.schedule IS NOT NULL) THEN
        PERFORM aidataops._remove_job(role, aidataops._dispatcher_job());
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._release_dispatcher(name) IS 'Internal: ends the job of a role that has no scheduled monitor any more.';

CREATE FUNCTION aidataops._schedule_monitor(caller oid, name text, schedule text, dispatcher text) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'schedule');
    first_due timestamptz := aidataops._next_scheduled(schedule, clock_timestamp());
BEGIN
    IF dispatcher NOT IN ('pg_cron', 'external') THEN
        RAISE EXCEPTION 'dispatcher cannot be "%"', dispatcher USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is pg_cron, or external if something else calls run_due_monitors().';
    ELSIF first_due IS NULL THEN
        RAISE EXCEPTION 'schedule "%" never comes', schedule USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF dispatcher = 'pg_cron' THEN
        PERFORM aidataops._create_job(m.owner, aidataops._dispatcher_job(), '* * * * *', 'CALL aidataops.run_due_monitors()', 'CALL aidataops.run_due_monitors()');
    END IF;
    UPDATE aidataops.monitor AS o SET schedule = _schedule_monitor.schedule, next_due_at = first_due, last_started_at = NULL WHERE o.monitor_id = m.monitor_id;
    PERFORM aidataops._resolve_alert(m, 'missed');
    RETURN first_due;
END $$;
COMMENT ON FUNCTION aidataops._schedule_monitor(oid, text, text, text) IS 'Internal: schedule_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.schedule_monitor(name text, schedule text, dispatcher text DEFAULT 'pg_cron') RETURNS timestamptz
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.schedule_monitor(text, text, text) IS
'Lets a monitor run by itself and returns when it is due first. schedule: five fields as for cron, in UTC (''0 6 * * mon-fri''), @hourly, @daily, @weekly, @monthly, @yearly, or an interval (''15 minutes''); again to change it. dispatcher: pg_cron makes a job of pg_cron that calls run_due_monitors() each minute as the monitor''s owner, one for all monitors of that role; external if something else calls it. Needs the rights of the monitor''s owner, who must be allowed to log in and to use the schema cron. Errors: no such monitor, a schedule that is not understood or never comes, pg_cron is not in this database (the hint says what to do). NULL for NULL.';

CREATE FUNCTION aidataops._unschedule_monitor(caller oid, name text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'unschedule');
BEGIN
    UPDATE aidataops.monitor AS o SET schedule = NULL, next_due_at = NULL WHERE o.monitor_id = m.monitor_id;
    PERFORM aidataops._resolve_alert(m, 'missed');
    PERFORM aidataops._release_dispatcher(m.owner);
END $$;
COMMENT ON FUNCTION aidataops._unschedule_monitor(oid, text) IS 'Internal: unschedule_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.unschedule_monitor(name text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.unschedule_monitor(text) IS
'Lets a monitor run by itself no longer; what it found stays. With the last one of its owner the job of pg_cron ends. Needs the rights of the monitor''s owner. An error if there is no such monitor. NULL does nothing.';

-- -------------------------------------------------------------------------------------------------- commits

-- By number, which stays when the dataset is renamed.
CREATE FUNCTION aidataops._commit_job(dataset_id integer) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT left(format('aidataops commit of dataset %s: %s', dataset_id, current_database()), 63);
    END;
COMMENT ON FUNCTION aidataops._commit_job(integer) IS 'Internal: name of the job that commits a dataset.';

CREATE FUNCTION aidataops._dataset_to_schedule(caller oid, dataset text, what text, OUT number integer, OUT owner name) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    owner_oid oid := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name));
BEGIN
    PERFORM aidataops._check_may_act_for(caller, owner_oid, format('%s commits of dataset "%s"', what, dataset));
    owner := pg_get_userbyid(owner_oid);
    number := ds.dataset_id;
END $$;
COMMENT ON FUNCTION aidataops._dataset_to_schedule(oid, text, text) IS 'Internal: the number of a dataset whose commits the caller may schedule, and its owner.';

CREATE FUNCTION aidataops._remove_commit_job(dataset_id integer) RETURNS boolean
    LANGUAGE sql VOLATILE
    BEGIN ATOMIC
        SELECT coalesce(bool_or(aidataops._remove_job(j, aidataops._commit_job(dataset_id))), false) FROM aidataops._job_owners(aidataops._commit_job(dataset_id)) AS j;
    END;
COMMENT ON FUNCTION aidataops._remove_commit_job(integer) IS 'Internal: ends commits of a dataset by schedule, also when it is dropped; whether there were any.';

CREATE FUNCTION aidataops._schedule_commit(caller oid, dataset text, schedule text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    SELECT * INTO d FROM aidataops._dataset_to_schedule(caller, dataset, 'schedule');
    PERFORM aidataops._remove_job(j, aidataops._commit_job(d.number)) FROM aidataops._job_owners(aidataops._commit_job(d.number)) AS j WHERE j <> d.owner;
    RETURN aidataops._create_job(d.owner, aidataops._commit_job(d.number), schedule,
        format('SELECT aidataops.commit(d.name, %L) FROM aidataops.dataset AS d WHERE d.dataset_id = %s', 'scheduled commit', d.number),
        format('SELECT aidataops.commit(%L, %L)', dataset, 'scheduled commit'));
END $$;
COMMENT ON FUNCTION aidataops._schedule_commit(oid, text, text) IS 'Internal: schedule_commit() as the owner of the catalog.';

CREATE FUNCTION aidataops.schedule_commit(dataset text, schedule text) RETURNS bigint
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.schedule_commit(text, text) IS
'Has pg_cron commit a dataset by schedule, as the owner of its table, and returns the number of the job. schedule: as pg_cron takes it (''0 * * * *''); again to change it. If nothing changed there is no new version. The job follows when the dataset is renamed, and ends when it is dropped. Needs the rights of the dataset''s owner, who must be allowed to log in and to use the schema cron. Errors: no such dataset, pg_cron does not take the schedule or is not in this database (the hint says what to do). NULL for NULL.';

CREATE FUNCTION aidataops._unschedule_commit(caller oid, dataset text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    SELECT * INTO d FROM aidataops._dataset_to_schedule(caller, dataset, 'unschedule');
    IF NOT aidataops._remove_commit_job(d.number) THEN
        RAISE EXCEPTION 'no commits of dataset "%" are scheduled', dataset USING ERRCODE = 'undefined_object';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._unschedule_commit(oid, text) IS 'Internal: unschedule_commit() as the owner of the catalog.';

CREATE FUNCTION aidataops.unschedule_commit(dataset text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.unschedule_commit(text) IS
'Ends what schedule_commit() began; versions stay. Needs the rights of the dataset''s owner. Errors: no such dataset, nothing is scheduled. NULL does nothing.';

CREATE FUNCTION aidataops._drop_monitor(caller oid, name text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'drop');
BEGIN
    DELETE FROM aidataops.monitor AS o WHERE o.monitor_id = m.monitor_id;
    DELETE FROM aidataops.monitor_result AS r USING aidataops.monitor_run AS u WHERE r.run_id = u.run_id AND u.monitor_id = m.monitor_id;
    DELETE FROM aidataops.monitor_run AS r WHERE r.monitor_id = m.monitor_id;
    DELETE FROM aidataops.alert_event AS e WHERE e.alert_id IN (SELECT a.alert_id FROM aidataops.alert AS a WHERE a.monitor_id = m.monitor_id);
    DELETE FROM aidataops.alert AS a WHERE a.monitor_id = m.monitor_id;
    PERFORM aidataops._release_dispatcher(m.owner);
END $$;
COMMENT ON FUNCTION aidataops._drop_monitor(oid, text) IS 'Internal: drop_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.drop_monitor(name text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.drop_monitor(text) IS
'Drops a monitor with its runs, results and alerts. Needs the rights of its owner. An error if there is no such monitor. NULL does nothing.';

CREATE FUNCTION aidataops._prune_monitor(caller oid, name text, before timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'prune');
    old bigint[];
BEGIN
    IF before > clock_timestamp() THEN
        RAISE EXCEPTION 'results are pruned up to a time that has passed, not %', before USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = m.monitor_id FOR UPDATE;
    DELETE FROM aidataops.alert AS a WHERE a.monitor_id = m.monitor_id AND a.resolved_at < before;
    DELETE FROM aidataops.alert_event AS e WHERE e.monitor_id = m.monitor_id AND NOT EXISTS (SELECT FROM aidataops.alert AS a WHERE a.alert_id = e.alert_id);
    old := ARRAY(SELECT r.run_id FROM aidataops.monitor_run AS r
                  WHERE r.monitor_id = m.monitor_id AND r.as_of < before AND coalesce(r.finished_at, r.started_at) < before
                    AND NOT EXISTS (SELECT FROM aidataops.alert AS a WHERE a.monitor_id = m.monitor_id AND r.run_id IN (a.first_run, a.last_run)));
    DELETE FROM aidataops.monitor_result AS v WHERE v.run_id = ANY (old);
    DELETE FROM aidataops.monitor_run AS r WHERE r.run_id = ANY (old);
    RETURN cardinality(old);
END $$;
COMMENT ON FUNCTION aidataops._prune_monitor(oid, text, timestamptz) IS 'Internal: prune_monitor() as the owner of the catalog.';

CREATE FUNCTION aidataops.prune_monitor(name text, before timestamptz) RETURNS bigint
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.prune_monitor(text, timestamptz) IS
'Deletes what a monitor found before a time and returns how many runs that were: runs that both ended and are about a time before it, with their results, and alerts that were resolved before it. The runs that opened or last found an alert that is kept stay, so that it can be explained. Limits of sigma and quantile come from what is left, so keep at least as many values as their history. Needs the rights of the monitor''s owner. Errors: no such monitor, before is in the future. NULL for NULL.';
