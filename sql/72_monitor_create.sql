-- Monitors are declared and dropped (docs/monitoring.md).

CREATE FUNCTION aidataops._check_limits(limits jsonb, of_what text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text;
BEGIN
    IF jsonb_typeof(limits) <> 'object' THEN
        problem := 'They are a JSON object.';
    ELSIF EXISTS (SELECT FROM jsonb_object_keys(limits) AS k WHERE k NOT IN ('upper', 'lower', 'sigma', 'quantile', 'min_history', 'history')) THEN
        problem := format('"%s" is unknown.', (SELECT k FROM jsonb_object_keys(limits) AS k WHERE k NOT IN ('upper', 'lower', 'sigma', 'quantile', 'min_history', 'history') LIMIT 1));
    ELSIF EXISTS (SELECT FROM jsonb_each(limits) AS l WHERE jsonb_typeof(l.value) <> 'number') THEN
        problem := 'Each is a number.';
    ELSIF (limits ? 'sigma')::integer + (limits ? 'quantile')::integer + (limits ?| '{upper,lower}')::integer > 1 THEN
        problem := 'They are fixed (upper, lower), or of sigma, or of quantile: one of the three.';
    ELSIF (limits ->> 'sigma')::float8 <= 0 THEN
        problem := 'sigma is a positive number of standard deviations.';
    ELSIF (limits ->> 'quantile')::float8 NOT BETWEEN 0.5 AND 1 THEN
        problem := 'quantile is from 0.5 to 1.';
    ELSIF (limits ->> 'lower')::float8 > (limits ->> 'upper')::float8 THEN
        problem := 'lower is above upper.';
    ELSIF (limits ->> 'min_history')::numeric NOT BETWEEN 2 AND 1000 OR (limits ->> 'history')::numeric NOT BETWEEN 2 AND 1000
          OR (limits ->> 'min_history')::numeric % 1 <> 0 OR (limits ->> 'history')::numeric % 1 <> 0
          OR coalesce((limits ->> 'min_history')::numeric, 6) > coalesce((limits ->> 'history')::numeric, 30) THEN
        problem := 'min_history and history are whole numbers of values from 2 to 1000, the first not above the second.';
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'thresholds of % are not understood: %', of_what, limits USING ERRCODE = 'invalid_parameter_value', DETAIL = problem,
            HINT = 'For example {"upper": 0.2}, {"sigma": 3} or {"quantile": 0.99, "columns": {"price": {"upper": 0.5}}}.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_limits(jsonb, text) IS 'Internal: an error unless thresholds are understood.';

CREATE FUNCTION aidataops._check_thresholds(thresholds jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    PERFORM aidataops._check_limits(CASE WHEN jsonb_typeof(thresholds) = 'object' THEN thresholds - 'columns' ELSE thresholds END, 'the monitor');
    IF jsonb_typeof(thresholds -> 'columns') <> 'object' THEN
        RAISE EXCEPTION 'thresholds by column are a JSON object, not %', thresholds -> 'columns' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR one IN SELECT c.key, c.value FROM jsonb_each(thresholds -> 'columns') AS c LOOP
        IF one.value ?| '{history,min_history}' THEN
            RAISE EXCEPTION 'history and min_history are of all columns, not of "%"', one.key USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM aidataops._check_limits(one.value, format('column "%s"', one.key));
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._check_thresholds(jsonb) IS 'Internal: an error unless the thresholds of a monitor are understood.';

CREATE FUNCTION aidataops._check_methods(methods jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
    none CONSTANT aidataops.profile := (SELECT aidataops.profile_agg(v) FROM unnest(ARRAY[1.0::float8, 2.0]) AS v);
BEGIN
    IF jsonb_typeof(methods) <> 'object' THEN
        RAISE EXCEPTION 'methods must be a JSON object from column to method, not %', methods USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example {"*": "psi", "price": "wasserstein_distance"}.';
    END IF;
    FOR one IN SELECT m.value #>> '{}' AS method FROM jsonb_each(methods) AS m LOOP
        PERFORM aidataops._drift_measure(none, none, one.method, 10); -- knows them all
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._check_methods(jsonb) IS 'Internal: an error unless the methods of a monitor are those of drift().';

-- A limit for a name that nothing has would never be broken.
CREATE FUNCTION aidataops._check_names_judged(ds aidataops.dataset, kind text, thresholds jsonb, methods jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns name[] := ARRAY(SELECT c.column_name FROM aidataops.dataset_columns(ds.name) AS c);
    quality text := CASE WHEN kind = 'prediction' THEN
        (aidataops._quality_measure(aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name), ds.roles)).measure END;
    measures text[] := CASE WHEN kind = 'prediction' THEN coalesce(ARRAY[quality], '{accuracy,auc,mean_absolute_error}') WHEN kind IN ('drift', 'gold') THEN '{}' ELSE ARRAY[kind] END;
    unknown text := (SELECT k FROM jsonb_object_keys(thresholds -> 'columns') AS k WHERE k <> ALL (columns::text[] || measures) ORDER BY k LIMIT 1);
BEGIN
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'thresholds given for "%", which is not judged', unknown USING ERRCODE = 'undefined_column',
            DETAIL = format('Columns of dataset "%s" are %s%s.', ds.name, array_to_string(columns, ', '), CASE WHEN measures <> '{}' THEN '; measured as a whole is ' || array_to_string(measures, ', ') ELSE '' END);
    END IF;
    unknown := (SELECT k FROM jsonb_object_keys(methods) AS k WHERE k <> ALL (columns::text[] || '*'::text) ORDER BY k LIMIT 1);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'method given for column "%", which dataset "%" does not have', unknown, ds.name USING ERRCODE = 'undefined_column', HINT = 'Use "*" for all others.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_names_judged(aidataops.dataset, text, jsonb, jsonb) IS 'Internal: an error if thresholds or methods name what a monitor does not judge.';

-- 'fixed' becomes the head; a version must exist; what is meant each time anew stays as it is.
CREATE FUNCTION aidataops._complete_reference(spec jsonb, ds aidataops.dataset, OUT reference text, OUT reference_dataset_id integer) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given text := spec ->> 'reference';
    k integer := aidataops._trailing(given);
    version aidataops.dataset_version;
BEGIN
    IF spec ->> 'kind' = 'gold' AND coalesce(given, 'fixed') NOT LIKE '%@%' THEN
        RAISE EXCEPTION 'a monitor of kind gold needs a version of the ground truth as its reference' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example reference => ''gold@HEAD''. dataset is the production data that it should resemble.';
    ELSIF given = 'fixed' THEN
        version := aidataops.resolve(aidataops.to_dataset_version(ds.name || '@HEAD'));
    ELSIF given LIKE '%@%' THEN
        version := given::aidataops.dataset_version;
        PERFORM aidataops.resolve(version);
    ELSIF k BETWEEN 1 AND 1000 THEN
        reference := given;
        IF given LIKE 'same weekday%' AND (spec ->> 'window_size')::interval > interval '7 days' THEN
            RAISE EXCEPTION 'windows of % on the same weekday overlap', spec ->> 'window_size' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        RETURN;
    ELSE
        RAISE EXCEPTION 'reference of a monitor cannot be "%"', coalesce(given, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is fixed (the head as it is now), a version such as name@3 or name@tag, previous, trailing k (the k versions or windows before, 1 to 1000), or same weekday k.';
    END IF;
    reference := version::text;
    reference_dataset_id := (aidataops._dataset(aidataops.dataset_name(version))).dataset_id;
    IF spec ->> 'kind' <> 'gold' AND reference_dataset_id = ds.dataset_id AND reference ~ '@HEAD$' THEN
        RAISE EXCEPTION '% would be compared with itself', reference USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use previous, or fixed for the head as it is now.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._complete_reference(jsonb, aidataops.dataset) IS 'Internal: the reference of a new monitor.';

-- The function is found where the caller would find it, and kept with its schema.
CREATE FUNCTION aidataops._callback_signature(function_name text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
BEGIN
    SELECT p.oid, p.proname, n.nspname, p.prokind INTO f
      FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
     WHERE p.oid = to_regprocedure(CASE WHEN function_name LIKE '%(%' THEN function_name ELSE function_name || '(jsonb)' END)
       AND p.pronargs = 1 AND p.proargtypes[0] = 'jsonb'::regtype AND n.nspname !~ '^pg_temp' AND p.prokind = 'f';
    IF f.oid IS NULL THEN
        RAISE EXCEPTION 'function % of one argument of type jsonb does not exist', function_name USING ERRCODE = 'undefined_function',
            HINT = 'on_alert is the name of a function, with its schema, that takes the alert as jsonb: ''ops.on_alert''.';
    END IF;
    RETURN format('%I.%I(jsonb)', f.nspname, f.proname);
END $$;
COMMENT ON FUNCTION aidataops._callback_signature(text) IS 'Internal: name and signature of a function that takes an alert.';

CREATE FUNCTION aidataops._check_callback(callback text, owner oid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
BEGIN
    SELECT p.oid, p.proowner INTO f FROM pg_proc AS p WHERE p.oid = to_regprocedure(callback);
    IF f.oid IS NULL THEN
        RAISE EXCEPTION 'function % does not exist', callback USING ERRCODE = 'undefined_function';
    ELSIF NOT pg_has_role(f.proowner, owner, 'MEMBER') THEN
        RAISE EXCEPTION 'function % belongs to role "%", which has not the rights of "%"', callback, pg_get_userbyid(f.proowner), pg_get_userbyid(owner)
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'It would run with the rights of the monitor''s owner, and its owner could change it at any time.',
                  HINT = 'Wrap it in a function of the monitor''s owner.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_callback(text, oid) IS 'Internal: an error unless a function exists and runs nobody else''s code with the rights of a monitor''s owner.';

CREATE FUNCTION aidataops._problem_of_monitor(min_rows bigint, alpha float8, consecutive integer, severity text, run_timeout interval, on_alert_timeout interval) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE
            WHEN min_rows IS NULL OR min_rows < 1 THEN format('min_rows must be at least 1, not %s', coalesce(min_rows::text, 'NULL'))
            WHEN alpha IS NULL OR NOT (alpha > 0 AND alpha < 1) THEN format('alpha must be between 0 and 1, not %s', coalesce(alpha::text, 'NULL'))
            WHEN consecutive IS NULL OR consecutive NOT BETWEEN 1 AND 1000 THEN format('consecutive must be from 1 to 1000, not %s', coalesce(consecutive::text, 'NULL'))
            WHEN severity IS NULL OR severity NOT IN ('info', 'warn', 'error') THEN format('severity must be info, warn or error, not "%s"', coalesce(severity, 'NULL'))
            WHEN run_timeout IS NULL OR run_timeout < interval '1 millisecond' OR run_timeout > interval '24 hours' THEN 'run_timeout must be from a millisecond to 24 hours'
            WHEN on_alert_timeout IS NULL OR on_alert_timeout < interval '1 millisecond' OR on_alert_timeout > interval '24 hours' THEN 'on_alert_timeout must be from a millisecond to 24 hours'
        END;
    END;
COMMENT ON FUNCTION aidataops._problem_of_monitor(bigint, float8, integer, text, interval, interval) IS 'Internal: what is wrong with settings of a monitor that alter_monitor() can change; NULL if nothing is.';

CREATE FUNCTION aidataops.__store_monitor(caller oid, spec jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    answer record;
BEGIN
    SELECT * INTO answer FROM aidataops._run_supervised(caller, 'SELECT aidataops._reads_all(($1 ->> ''dataset_id'')::integer) AS may', spec, true, 60000);
    IF answer.result -> 0 -> 'may' IS DISTINCT FROM 'true' THEN
        RAISE EXCEPTION 'permission denied to monitor the dataset' USING ERRCODE = 'insufficient_privilege';
    END IF;
    m := jsonb_populate_record(NULL::aidataops.monitor, spec - '{monitor_id,owner,schedule,next_due_at,last_started_at,judged,judged_since,created_at,created_by}'::text[]);
    IF EXISTS (SELECT FROM aidataops.monitor AS o WHERE o.name = m.name) THEN
        RAISE EXCEPTION 'monitor "%" exists already', m.name USING ERRCODE = 'duplicate_object', HINT = 'Take another name, or drop_monitor() first.';
    END IF;
    m.monitor_id := nextval('aidataops.monitor_monitor_id_seq');
    m.owner := pg_get_userbyid(caller);
    m.judged := (SELECT d.head FROM aidataops.dataset AS d WHERE d.dataset_id = m.dataset_id);
    m.created_at := now();
    m.created_by := session_user;
    INSERT INTO aidataops.monitor SELECT m.*;
    RETURN m.monitor_id;
END $$;
COMMENT ON FUNCTION aidataops.__store_monitor(oid, jsonb) IS 'Internal: writes a monitor that belongs to the caller, who may read every row of the dataset. What else it may read is decided when it runs.';

CREATE FUNCTION aidataops._store_monitor(spec jsonb) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._store_monitor(jsonb) IS 'Internal: the last step of create_monitor().';

CREATE FUNCTION aidataops.create_monitor(name text, dataset text, kind text DEFAULT 'drift', reference text DEFAULT 'fixed', columns name[] DEFAULT NULL,
    segment_by name DEFAULT NULL, methods jsonb DEFAULT '{}', thresholds jsonb DEFAULT '{}', time_column name DEFAULT NULL, window_size interval DEFAULT NULL,
    delay interval DEFAULT '0', rows text DEFAULT 'auto', min_rows bigint DEFAULT 50, alpha float8 DEFAULT 0.05, consecutive integer DEFAULT 1,
    severity text DEFAULT 'warn', on_alert text DEFAULT NULL, run_timeout interval DEFAULT '10 minutes', on_alert_timeout interval DEFAULT '30 seconds') RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    spec jsonb;
    r record;
    problem text;
    relation oid;
BEGIN
    problem := CASE
        WHEN name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 200 OR name ~ '[[:cntrl:]]' THEN 'name of a monitor must have 1 to 200 bytes, none of them control characters'
        WHEN kind IS NULL OR kind NOT IN ('drift', 'gold', 'prediction', 'freshness', 'volume', 'missing', 'schema')
            THEN format('kind of a monitor cannot be "%s": it is drift, gold, prediction, freshness, volume, missing or schema', coalesce(kind, 'NULL'))
        WHEN columns = '{}' OR array_position(columns, NULL) IS NOT NULL THEN 'columns must not be empty, nor one of them NULL'
        WHEN kind = 'freshness' AND (time_column IS NULL OR window_size IS NOT NULL) THEN 'a monitor of freshness needs a time_column, and no window_size'
        WHEN kind IN ('missing', 'schema') AND (time_column IS NOT NULL OR window_size IS NOT NULL) THEN format('a monitor of kind %s has no window', kind)
        WHEN kind IN ('freshness', 'volume', 'missing', 'schema') AND segment_by IS NOT NULL THEN format('a monitor of kind %s has no segments', kind)
        WHEN kind <> 'freshness' AND (time_column IS NULL) <> (window_size IS NULL) THEN 'time_column and window_size belong together'
        WHEN window_size <= interval '0' OR window_size > interval '10 years' THEN format('window_size must be positive and at most ten years, not %s', window_size)
        WHEN delay IS NULL OR delay < interval '0' OR delay > interval '10 years' THEN format('delay must be from 0 to ten years, not %s', coalesce(delay::text, 'NULL'))
        WHEN rows IS NULL OR rows NOT IN ('auto', 'all', 'added') THEN format('rows must be auto, all or added, not "%s"', coalesce(rows, 'NULL'))
        ELSE aidataops._problem_of_monitor(min_rows, alpha, consecutive, severity, run_timeout, on_alert_timeout)
    END;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM aidataops._check_thresholds(coalesce(thresholds, '{}'));
    PERFORM aidataops._check_methods(coalesce(methods, '{}'));
    IF NOT aidataops._reads_all(ds.dataset_id) THEN
        RAISE EXCEPTION 'permission denied to monitor dataset "%"', ds.name USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'What a monitor finds is for those who may read every row of the versions.';
    END IF;
    spec := jsonb_build_object('name', name, 'dataset_id', ds.dataset_id, 'dataset', ds.name, 'kind', kind, 'reference', reference, 'columns', to_jsonb(columns),
        'segment_by', segment_by, 'methods', coalesce(methods, '{}'), 'thresholds', coalesce(thresholds, '{}'), 'time_column', time_column, 'window_size', window_size,
        'delay', delay, 'rows', rows, 'min_rows', min_rows, 'alpha', alpha, 'consecutive', consecutive, 'severity', severity,
        'run_timeout', run_timeout, 'on_alert_timeout', on_alert_timeout);
    IF kind IN ('freshness', 'volume', 'missing') THEN
        SELECT 'none' AS reference, NULL::integer AS reference_dataset_id INTO r;
    ELSE
        SELECT * INTO r FROM aidataops._complete_reference(spec, ds);
    END IF;
    spec := spec || jsonb_build_object('reference', r.reference, 'reference_dataset_id', r.reference_dataset_id);
    relation := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
    PERFORM aidataops._check_columns_exist(ds, columns || segment_by || time_column, ARRAY(SELECT c.column_name FROM aidataops.dataset_columns(ds.name) AS c));
    PERFORM aidataops._check_names_judged(ds, kind, coalesce(thresholds, '{}'), coalesce(methods, '{}'));
    IF time_column IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = time_column
            AND aidataops._base_type(a.atttypid) IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)) THEN
        RAISE EXCEPTION 'time column "%" is no timestamp or date', time_column USING ERRCODE = 'datatype_mismatch';
    END IF;
    IF kind = 'prediction' AND columns IS NULL AND NOT EXISTS (SELECT FROM jsonb_each_text(ds.roles) AS c WHERE c.value = 'prediction') THEN
        RAISE EXCEPTION 'dataset "%" has no column with the role prediction', ds.name USING ERRCODE = 'undefined_column',
            HINT = format('Say which it is, SELECT set_column_roles(%L, ''{"score": "prediction"}''), or name it in columns.', ds.name);
    END IF;
    IF on_alert IS NOT NULL THEN
        spec := spec || jsonb_build_object('on_alert', aidataops._callback_signature(on_alert));
        PERFORM aidataops._check_callback(spec ->> 'on_alert', (SELECT u.oid FROM pg_roles AS u WHERE u.rolname = current_user));
    END IF;
    PERFORM aidataops._store_monitor(spec);
    RETURN name;
END $$;
COMMENT ON FUNCTION aidataops.create_monitor(text, text, text, text, name[], name, jsonb, jsonb, name, interval, interval, text, bigint, float8, integer, text, text, interval, interval) IS
'Declares a monitor of a dataset and returns its name; run_monitor() runs it, schedule_monitor() lets it run by itself. kind: drift (do the columns still look like the reference), gold (does production, the dataset, still resemble the ground truth, which is the reference), prediction (do the scores, columns with the role prediction, and how good are they where labels have arrived); and of the live table, measured as rules of contracts are: freshness (seconds since the latest time_column), volume (rows, or those of the window), missing (percent of NULLs by column), schema (columns that are gone or of another type than in the reference). reference: fixed (the head as it is now), a version (name@3, name@tag), previous, trailing k (the k versions or windows before, together), same weekday k. What is judged is what came to the dataset since the version that the last run judged (at first, since the monitor was made), from stored profiles, or with time_column and window_size the rows of the live table in the window that ended delay before the run (in UTC; one scan). columns: which; NULL for all that are profiled. segment_by: also apart by the values of a column (reads rows). methods: as drift(), {"*": "psi", "price": "ks_distance"}. thresholds: {} as drift(); {"upper": 0.2}; {"sigma": 3}, mean and standard deviations of the values before, or with trailing of each part of the reference against the others, never of the one that is judged; {"quantile": 0.99}; "min_history" (6) and "history" (30) say of how many; other ones by column or measure below "columns". rows: of versions, added: what came since the last one judged, all of it, or auto: what came, or all if rows were only modified or removed; a version that is the reference by name counts with all its rows. min_rows, alpha: as drift(). consecutive: breaches in a row that make an alert. severity: info, warn or error. on_alert: a function of one argument of type jsonb, the alert, that is called as the owner of the monitor. run_timeout, on_alert_timeout: how long both may take. The monitor belongs to the caller, who must be able to read every row of the versions, and runs with the caller''s rights, or if the caller has the rights of the dataset''s owner, with those. Errors: the name is taken; no such dataset, version, column or function; arguments that make no sense.';

-- Of the catalog's owner: the monitor of a name, if the caller may act for its owner.
CREATE FUNCTION aidataops._own_monitor(caller oid, name text, what text) RETURNS aidataops.monitor
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    owner oid;
BEGIN
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.name = _own_monitor.name;
    owner := coalesce(aidataops._role_oid(m.owner), -- it may belong to nobody any more
                      (SELECT c.relowner FROM pg_class AS c
                        WHERE c.oid = 'aidataops.monitor'::regclass));
    IF NOT aidataops._may_know_of(caller, owner, 'monitor', '{name}', ARRAY[name])
       OR m.monitor_id IS NULL THEN
        RAISE EXCEPTION 'monitor "%" does not exist', coalesce(name, 'NULL') USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM aidataops._check_may_act_for(caller, owner, format('%s monitor "%s"', what, name));
    RETURN m;
END $$;
COMMENT ON FUNCTION aidataops._own_monitor(oid, text, text) IS
'Internal: a monitor, or an error if there is none that the caller may know of, or the caller has '
'not the rights of its owner.';

-- What a run says it judged are names of versions, by which alerts are explained and counted.
CREATE FUNCTION aidataops._rename_in_monitors(dataset_id integer, old_name text, new_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE aidataops.monitor AS m SET dataset = new_name WHERE m.dataset_id = _rename_in_monitors.dataset_id;
    UPDATE aidataops.monitor AS m SET reference = new_name || substring(m.reference FROM '@.*$')
     WHERE m.reference_dataset_id = _rename_in_monitors.dataset_id AND starts_with(m.reference, old_name || '@');
    UPDATE aidataops.monitor_run AS r
       SET version = CASE WHEN m.dataset_id = _rename_in_monitors.dataset_id THEN aidataops.to_dataset_version(new_name || '@' || aidataops.version_number(r.version)) ELSE r.version END,
           since = CASE WHEN m.dataset_id = _rename_in_monitors.dataset_id THEN aidataops.to_dataset_version(new_name || '@' || aidataops.version_number(r.since)) ELSE r.since END,
           reference = CASE WHEN starts_with(r.reference, old_name || '@') THEN new_name || substring(r.reference FROM '@.*$') ELSE r.reference END
      FROM aidataops.monitor AS m
     WHERE r.monitor_id = m.monitor_id AND (m.dataset_id = _rename_in_monitors.dataset_id OR m.reference_dataset_id = _rename_in_monitors.dataset_id)
       AND (r.version IS NOT NULL OR r.reference IS NOT NULL);
END $$;
COMMENT ON FUNCTION aidataops._rename_in_monitors(integer, text, text) IS 'Internal: the new name of a dataset where monitors and their runs name its versions.';

-- --------------------------------------------------------------------------------------------------- altered

CREATE FUNCTION aidataops.__change_monitor(caller oid, name text, changes jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor := aidataops._own_monitor(caller, name, 'alter');
BEGIN
    IF EXISTS (SELECT FROM jsonb_object_keys(changes) AS k
                WHERE k NOT IN ('thresholds', 'consecutive', 'severity', 'on_alert', 'reference', 'reference_dataset_id', 'methods', 'min_rows', 'alpha', 'run_timeout', 'on_alert_timeout')) THEN
        RAISE EXCEPTION 'monitor "%" cannot be altered so: %', name, changes USING ERRCODE = 'invalid_parameter_value', HINT = 'Use alter_monitor().';
    END IF;
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.monitor_id = m.monitor_id FOR UPDATE; -- a run of it sees the one or the other
    m := jsonb_populate_record(m, changes);
    UPDATE aidataops.monitor AS o
       SET thresholds = m.thresholds, consecutive = m.consecutive, severity = m.severity, on_alert = nullif(m.on_alert, ''), reference = m.reference,
           reference_dataset_id = m.reference_dataset_id, methods = m.methods, min_rows = m.min_rows, alpha = m.alpha, run_timeout = m.run_timeout, on_alert_timeout = m.on_alert_timeout
     WHERE o.monitor_id = m.monitor_id;
    UPDATE aidataops.alert AS a SET callback_due = NULL WHERE a.monitor_id = m.monitor_id AND nullif(m.on_alert, '') IS NULL AND a.callback_due IS NOT NULL;
END $$;
COMMENT ON FUNCTION aidataops.__change_monitor(oid, text, jsonb) IS 'Internal: writes what alter_monitor() changes. What the monitor may read, and call, is decided when it runs.';

CREATE FUNCTION aidataops._change_monitor(name text, changes jsonb) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._change_monitor(text, jsonb) IS 'Internal: the last step of alter_monitor().';

CREATE FUNCTION aidataops.alter_monitor(name text, thresholds jsonb DEFAULT NULL, consecutive integer DEFAULT NULL, severity text DEFAULT NULL, on_alert text DEFAULT NULL,
    reference text DEFAULT NULL, methods jsonb DEFAULT NULL, min_rows bigint DEFAULT NULL, alpha float8 DEFAULT NULL, run_timeout interval DEFAULT NULL,
    on_alert_timeout interval DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops.monitor;
    changes jsonb := jsonb_strip_nulls(jsonb_build_object('consecutive', consecutive, 'severity', severity, 'min_rows', min_rows, 'alpha', alpha,
                                                          'run_timeout', run_timeout, 'on_alert_timeout', on_alert_timeout));
    problem text;
    r record;
BEGIN
    SELECT * INTO m FROM aidataops.monitor AS o WHERE o.name = alter_monitor.name;
    IF m.monitor_id IS NULL THEN
        RAISE EXCEPTION 'monitor "%" does not exist', coalesce(name, 'NULL') USING ERRCODE = 'undefined_object';
    END IF;
    problem := aidataops._problem_of_monitor(coalesce(min_rows, m.min_rows), coalesce(alpha, m.alpha), coalesce(consecutive, m.consecutive), coalesce(severity, m.severity),
                                             coalesce(run_timeout, m.run_timeout), coalesce(on_alert_timeout, m.on_alert_timeout));
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF thresholds IS NOT NULL THEN
        PERFORM aidataops._check_thresholds(thresholds);
        changes := changes || jsonb_build_object('thresholds', thresholds);
    END IF;
    IF methods IS NOT NULL THEN
        PERFORM aidataops._check_methods(methods);
        changes := changes || jsonb_build_object('methods', methods);
    END IF;
    IF thresholds IS NOT NULL OR methods IS NOT NULL THEN
        PERFORM aidataops._check_names_judged(d.*, m.kind, coalesce(thresholds, '{}'), coalesce(methods, '{}')) FROM aidataops.dataset AS d WHERE d.dataset_id = m.dataset_id;
    END IF;
    IF reference IS NOT NULL THEN
        IF m.kind IN ('freshness', 'volume', 'missing') THEN
            RAISE EXCEPTION 'a monitor of kind % has no reference', m.kind USING ERRCODE = 'invalid_parameter_value';
        END IF;
        SELECT * INTO r FROM aidataops._complete_reference(to_jsonb(m) || jsonb_build_object('reference', reference), aidataops._monitor_dataset(m.dataset_id, m.dataset));
        changes := changes || jsonb_build_object('reference', r.reference, 'reference_dataset_id', r.reference_dataset_id);
    END IF;
    IF on_alert <> '' THEN
        changes := changes || jsonb_build_object('on_alert', aidataops._callback_signature(on_alert));
        PERFORM aidataops._check_callback(changes ->> 'on_alert', (SELECT u.oid FROM pg_roles AS u WHERE u.rolname = m.owner));
    ELSIF on_alert = '' THEN
        changes := changes || '{"on_alert": ""}';
    END IF;
    PERFORM aidataops._change_monitor(name, changes);
END $$;
COMMENT ON FUNCTION aidataops.alter_monitor(text, jsonb, integer, text, text, text, jsonb, bigint, float8, interval, interval) IS
'Changes a monitor and keeps its runs, results and alerts. The arguments are those of create_monitor(); NULL, the default, leaves one as it is; thresholds or methods of ''{}'' are the defaults again, on_alert of '''' is none, reference of ''fixed'' is the head as it is now. Values that were measured stay as they were judged; limits of sigma and quantile go on from the history, also that against another reference, so backfill or another monitor may be better where that changes much. An open alert stays until a run under the new settings finds nothing. What is not an argument here (columns, window, dataset, kind) makes another monitor. Waits for a run that is going. Needs the rights of the monitor''s owner. Errors: no such monitor, version or function; arguments that make no sense.';
