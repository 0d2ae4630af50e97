-- Freshness, volume, missing values and schema: monitors of them are rules of contracts, measured by the one mechanism that
-- checks those (sql/54_contract_check.sql). What is judged is the live table (docs/monitoring.md).

-- As a role, like everything that tells of data.
CREATE FUNCTION aidataops._expected_columns(spec jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._monitor_dataset((spec ->> 'dataset_id')::integer, spec ->> 'dataset');
    columns name[] := aidataops._monitor_columns(spec, ds);
BEGIN
    IF spec ->> 'kind' <> 'schema' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT jsonb_object_agg(c.name, c.type)
              FROM aidataops._version_shape(CASE WHEN spec ->> 'reference' LIKE '%@%' THEN aidataops._reference_version(spec) ELSE aidataops.to_dataset_version(ds.name || '@HEAD') END) AS s,
                   unnest(s.column_names, s.column_types) AS c (name, type)
             WHERE columns IS NULL OR c.name = ANY (columns));
END $$;
COMMENT ON FUNCTION aidataops._expected_columns(jsonb) IS 'Internal: columns and types of the reference of a monitor of the schema; of any monitor an error if the caller does not know its dataset.';

CREATE FUNCTION aidataops._monitor_rules(m aidataops.monitor, ds aidataops.dataset, source oid, at timestamptz, expected jsonb) RETURNS aidataops.rule[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO'
AS $$
DECLARE
    rule jsonb := jsonb_build_object('contract', 'monitor', 'version', '1', 'object', ds.relation_name, 'level', 'table', 'parameters', '{}'::jsonb, 'columns', '[]'::jsonb,
                                     'operator', '>=', 'bounds', '[0]'::jsonb, 'unit', 'none', 'severity', 'error', 'pointer', '', 'rule', m.kind);
    rules jsonb[];
BEGIN
    CASE m.kind
        WHEN 'freshness' THEN
            rules := ARRAY[rule || jsonb_build_object('kind', 'freshness', 'columns', jsonb_build_array(m.time_column), 'unit', 'seconds')];
        WHEN 'volume' THEN
            rules := ARRAY[rule || CASE WHEN m.window_size IS NULL THEN jsonb_build_object('kind', 'row_count', 'unit', 'rows')
                ELSE jsonb_build_object('kind', 'sql', 'parameters', jsonb_build_object('query', format('SELECT count(*) FROM {object} WHERE %I >= %L AND %1$I < %3$L',
                                            m.time_column, (at - m.window_size) AT TIME ZONE 'UTC' || '+00', at AT TIME ZONE 'UTC' || '+00'))) END];
        WHEN 'missing' THEN
            rules := ARRAY(SELECT rule || jsonb_build_object('kind', 'missing', 'columns', jsonb_build_array(c.name), 'unit', 'percent')
                             FROM unnest(coalesce(m.columns, ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
                                                                      AND a.attname <> ALL (ds.key) ORDER BY a.attnum))) AS c (name));
        WHEN 'schema' THEN
            rules := ARRAY[rule || jsonb_build_object('kind', 'type', 'operator', '=', 'parameters', jsonb_build_object('expected', expected))];
    END CASE;
    RETURN ARRAY(SELECT jsonb_populate_record(NULL::aidataops.rule, r) FROM unnest(rules) AS r);
END $$;
COMMENT ON FUNCTION aidataops._monitor_rules(aidataops.monitor, aidataops.dataset, oid, timestamptz, jsonb) IS 'Internal: the rules that measure what a monitor of freshness, volume, missing values or schema watches.';

-- Too old, too empty and too many NULLs are bad; of rows both too few and too many.
CREATE FUNCTION aidataops._judge_measured(spec jsonb, column_name name, measure text, value float8, OUT lower float8, OUT upper float8, OUT breached boolean, OUT status text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rule jsonb := aidataops._monitor_threshold(spec -> 'thresholds', coalesce(column_name::text, measure));
    known jsonb := spec #> ARRAY['limits', aidataops._series(column_name, NULL, measure)];
BEGIN
    status := 'ok';
    IF measure = 'schema' THEN
        upper := 0;
    ELSIF rule ?| '{sigma,quantile}' AND (known ->> 0)::bigint >= coalesce((spec #>> '{thresholds,min_history}')::integer, 6) THEN
        lower := CASE WHEN measure = 'volume' THEN greatest((known ->> 1)::float8, 0) END;
        upper := (known ->> 2)::float8;
    ELSIF rule ?| '{sigma,quantile}' THEN
        status := 'insufficient_history';
    ELSIF rule ?| '{upper,lower}' THEN
        lower := (rule ->> 'lower')::float8;
        upper := (rule ->> 'upper')::float8;
    ELSE
        status := 'no_limit';
    END IF;
    IF lower IS NOT NULL OR upper IS NOT NULL THEN
        breached := value IS NULL OR coalesce(value < lower, false) OR coalesce(value > upper, false);
        status := CASE WHEN value IS NULL THEN 'no_rows' ELSE status END;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._judge_measured(jsonb, name, text, float8) IS 'Internal: whether what a rule measured is beyond the limits of a monitor; without any row, which has no age, it is.';

CREATE FUNCTION aidataops._measure_rules(m aidataops.monitor, owner oid, spec jsonb, at timestamptz) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'
AS $$
DECLARE
    ds aidataops.dataset;
    source oid;
    rules aidataops.rule[];
    expected record;
    failed text;
    results jsonb;
BEGIN
    SELECT * INTO expected FROM aidataops._run_supervised(owner, 'SELECT aidataops._expected_columns($1) AS columns', spec, true, 60000);
    IF expected.error IS NOT NULL THEN
        RAISE EXCEPTION '%', expected.error USING ERRCODE = expected.sqlstate;
    END IF;
    SELECT * INTO ds FROM aidataops.dataset AS d WHERE d.dataset_id = m.dataset_id;
    source := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
    IF source IS NULL THEN
        RAISE EXCEPTION 'source table "%.%" of dataset "%" does not exist', ds.relation_schema, ds.relation_name, ds.name USING ERRCODE = 'undefined_table';
    ELSIF NOT has_table_privilege(owner, source, 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for table % of dataset "%"', source::regclass, ds.name USING ERRCODE = 'insufficient_privilege';
    END IF;
    rules := aidataops._monitor_rules(m, ds, source, at, expected.result -> 0 -> 'columns');
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('ordinal', e.place, 'column_name', CASE m.kind WHEN 'missing' THEN rules[e.place].columns[1] END, 'measure', m.kind,
                         'value', e.measured, 'lower', j.lower, 'upper', j.upper, 'breached', j.breached, 'status', j.status, 'n_current', e.num_rows,
                         'detail', CASE m.kind WHEN 'schema' THEN jsonb_build_object('differences', e.examples) END)) ORDER BY e.place),
           min(e.message) FILTER (WHERE e.outcome = 'error')
      INTO results, failed
      FROM aidataops._evaluate(rules, '{}', source, NULL, ROW(owner, owner, (extract(epoch FROM m.run_timeout) * 1000)::integer), false)
           WITH ORDINALITY AS e (rule, object, severity, outcome, measured, threshold, failing, examples, message,
                                 num_rows, fingerprint, role, relations, place)
     CROSS JOIN LATERAL aidataops._judge_measured(spec, CASE m.kind WHEN 'missing' THEN rules[e.place].columns[1] END, m.kind, e.measured::float8) AS j;
    IF failed IS NOT NULL THEN
        RAISE EXCEPTION '%', failed USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN jsonb_build_object('as_of', at, 'window_start', at - m.window_size, 'window_end', CASE WHEN m.window_size IS NOT NULL THEN at END, 'results', coalesce(results, '[]'));
END $$;
COMMENT ON FUNCTION aidataops._measure_rules(aidataops.monitor, oid, jsonb, timestamptz) IS 'Internal: measures what rules of contracts measure, with the rights of a monitor''s owner at most, and judges it as the monitor says.';
