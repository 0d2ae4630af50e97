-- Lineage that the server does not see: declared by hand, and OpenLineage events from outside (docs/lineage.md)

CREATE TABLE aidataops.openlineage_event (
    event_key   bytea PRIMARY KEY,
    run_id      uuid,
    event_type  text,
    event_time  timestamptz NOT NULL,
    event       jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    received_as name NOT NULL
);
COMMENT ON TABLE aidataops.openlineage_event IS 'OpenLineage events as they came, with all their facets, written by ingest_openlineage(). A role sees those that it sent.';
COMMENT ON COLUMN aidataops.openlineage_event.event_key IS
'SHA-256 of run, type and time of the event, or of all of it and of received_as if it is about no '
'run: the same event is kept once.';
COMMENT ON COLUMN aidataops.openlineage_event.run_id IS 'The run that it is about; NULL for events about a job or a dataset.';
COMMENT ON COLUMN aidataops.openlineage_event.event_type IS 'START, RUNNING, COMPLETE, ABORT, FAIL or OTHER; NULL if it is about no run.';
COMMENT ON COLUMN aidataops.openlineage_event.event_time IS 'When it happened, as it says.';
COMMENT ON COLUMN aidataops.openlineage_event.event IS 'The event. The text of its query is replaced by a hash, unless aidataops.lineage_query_text is on.';
COMMENT ON COLUMN aidataops.openlineage_event.received_at IS 'When it was received.';
COMMENT ON COLUMN aidataops.openlineage_event.received_as IS 'current_user who sent it.';

CREATE INDEX openlineage_event_run_idx ON aidataops.openlineage_event (run_id);
COMMENT ON INDEX aidataops.openlineage_event_run_idx IS 'Finds the events of a run.';

SELECT pg_catalog.pg_extension_config_dump('aidataops.openlineage_event', '');
ALTER TABLE aidataops.openlineage_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON aidataops.openlineage_event FOR SELECT USING (aidataops._role_is_mine(received_as));

-- ------------------------------------------------------------------------------------- names

CREATE FUNCTION aidataops._openlineage_namespace() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(nullif(pg_catalog.current_setting('aidataops.openlineage_namespace', true), ''),
                    'postgres://localhost:' || pg_catalog.current_setting('port'));
END;
COMMENT ON FUNCTION aidataops._openlineage_namespace() IS 'Internal: what this server is called in OpenLineage events.';

-- Relations of this database by name, datasets by version, all else by URI.
CREATE FUNCTION aidataops._lineage_named(name text, OUT relation oid, OUT version aidataops.dataset_version, OUT namespace text, OUT object text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    uri text[] := regexp_match(name, '^([A-Za-z][A-Za-z0-9+.-]*:)//([^/]*)(/.*)?$');
BEGIN
    IF uri IS NOT NULL THEN
        namespace := CASE WHEN lower(uri[1]) = 'file:' AND uri[2] = '' THEN 'file' ELSE lower(uri[1]) || '//' || uri[2] END;
        object := CASE WHEN lower(uri[1]) = 'file:' THEN uri[3] ELSE ltrim(uri[3], '/') END;
        IF coalesce(object, '') = '' THEN
            RAISE EXCEPTION 'URI "%" names nothing below its host', name USING ERRCODE = 'invalid_parameter_value', HINT = 'For example s3://bucket/key, or file:///path.';
        END IF;
    ELSIF name ~ '@' AND name !~ '"' THEN
        version := name::aidataops.dataset_version;
    ELSIF cardinality(parse_ident(name)) = 2 THEN
        relation := to_regclass(name);
        IF relation IS NULL THEN
            RAISE EXCEPTION 'relation "%" does not exist', name USING ERRCODE = 'undefined_table';
        END IF;
    ELSE
        RAISE EXCEPTION '"%" is no object of lineage', name
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is a relation with its schema, a version of a dataset, or a URI.',
                  HINT = 'For example public.reviews, reviews@3, s3://bucket/key or file:///path.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._lineage_named(text) IS 'Internal: what a name in record_lineage() stands for; of relation, version and (namespace, object) one.';

CREATE FUNCTION aidataops._dataset_relation(version aidataops.dataset_version) RETURNS oid
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name)
      FROM aidataops.dataset AS d WHERE d.name = aidataops.dataset_name(version);
END;
COMMENT ON FUNCTION aidataops._dataset_relation(aidataops.dataset_version) IS 'Internal: the table of a version''s dataset; NULL if it is gone.';

-- Whoever declares that data was read must be able to read it, and that it was written, to write it.
CREATE FUNCTION aidataops._may_declare(caller oid, relation oid, is_output boolean) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN is_output
                THEN pg_catalog.has_table_privilege(caller, relation, 'INSERT, UPDATE, DELETE, TRUNCATE') OR pg_catalog.has_any_column_privilege(caller, relation, 'INSERT, UPDATE')
                     OR pg_catalog.pg_has_role(caller, (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = relation), 'USAGE')
                ELSE pg_catalog.has_table_privilege(caller, relation, 'SELECT') OR pg_catalog.has_any_column_privilege(caller, relation, 'SELECT') END;
END;
COMMENT ON FUNCTION aidataops._may_declare(oid, oid, boolean) IS 'Internal: whether a role may declare that it read or wrote a relation.';

CREATE FUNCTION aidataops._declared_node(caller oid, name text, is_output boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named record;
BEGIN
    PERFORM aidataops._check_name('name of an object of lineage', name);
    named := aidataops._lineage_named(name);
    IF named.namespace IS NOT NULL THEN
        RETURN aidataops._lineage_object_node(CASE WHEN named.namespace ~ '^file' THEN 'file' ELSE 'external' END,
                                              named.namespace, named.object, pg_get_userbyid(caller));
    ELSIF named.version IS NOT NULL THEN
        named.relation := aidataops._dataset_relation(aidataops._resolve_for(caller, named.version));
        IF named.relation IS NULL THEN
            RAISE EXCEPTION 'the table of dataset "%" does not exist', aidataops.dataset_name(named.version) USING ERRCODE = 'undefined_table';
        END IF;
    END IF;
    IF NOT aidataops._may_declare(caller, named.relation, is_output) THEN
        RAISE EXCEPTION 'permission denied to declare that "%" was %', name, CASE WHEN is_output THEN 'written' ELSE 'read' END
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'It takes the privilege to do so.';
    END IF;
    RETURN aidataops._lineage_relation_node(named.relation);
END $$;
COMMENT ON FUNCTION aidataops._declared_node(oid, text, boolean) IS 'Internal: the node of what a caller names, of which it may say so.';

-- ----------------------------------------------------------------------------------- by hand

CREATE FUNCTION aidataops._add_declared_column(caller oid, declared jsonb, run_id uuid, inputs bigint[], outputs bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kinds constant text[] := '{identity,transformation,aggregation,join,filter,group_by,sort,window,conditional}';
    kind text := coalesce(declared ->> 'kind', 'transformation');
    source bigint;
    target bigint;
BEGIN
    IF jsonb_typeof(declared) <> 'object' OR declared ->> 'source' IS NULL OR declared ->> 'target' IS NULL OR declared ->> 'source_column' IS NULL
       OR kind <> ALL (kinds) THEN
        RAISE EXCEPTION 'columns has an element that is not understood: %', left(declared::text, 200)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Each has source, source_column, target, target_column (left out if it decides which rows there are) and kind, one of %s.', array_to_string(kinds, ', ')),
                  HINT = 'For example [{"source": "raw.mails", "source_column": "body", "target": "public.features", "target_column": "words"}].';
    END IF;
    source := aidataops._declared_node(caller, declared ->> 'source', false);
    target := aidataops._declared_node(caller, declared ->> 'target', true);
    IF source <> ALL (inputs) OR target <> ALL (outputs) THEN
        RAISE EXCEPTION 'columns is about objects that are not among inputs and outputs: %', left(declared::text, 200) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM aidataops._lineage_add_column_edge(e.edge_id, (declared ->> 'source_column')::name, (declared ->> 'target_column')::name, kind)
       FROM aidataops.lineage_edge AS e
      WHERE e.source_node = source AND e.target_node = target AND e.confidence = 'declared' AND NOT e.is_ended;
END $$;
COMMENT ON FUNCTION aidataops._add_declared_column(oid, jsonb, uuid, bigint[], bigint[]) IS 'Internal: one element of the columns of record_lineage().';

CREATE FUNCTION aidataops._record_lineage(caller oid, inputs text[], outputs text[], job text, run uuid, columns jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    input_nodes bigint[];
    output_nodes bigint[];
    element jsonb;
BEGIN
    IF coalesce(cardinality(inputs), 0) = 0 OR coalesce(cardinality(outputs), 0) = 0 THEN
        RAISE EXCEPTION 'inputs and outputs must each name at least one object' USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(inputs)::bigint * cardinality(outputs) > 10000 THEN
        RAISE EXCEPTION '% inputs and % outputs make too many edges', cardinality(inputs), cardinality(outputs)
            USING ERRCODE = 'program_limit_exceeded', DETAIL = 'At most 10000.', HINT = 'Call it for the parts that belong together.';
    ELSIF jsonb_typeof(columns) <> 'array' THEN
        RAISE EXCEPTION 'columns must be a JSON array' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    run := coalesce(run, gen_random_uuid());
    INSERT INTO aidataops.lineage_run AS r (run_id, source, job_namespace, job, state, started_at, ended_at, session_role, used_role, actor, application_name)
    VALUES (run, 'declared', aidataops._openlineage_namespace(), job, 'complete', clock_timestamp(), clock_timestamp(), session_user, pg_get_userbyid(caller),
            nullif(current_setting('aidataops.actor', true), ''), current_setting('application_name'))
    ON CONFLICT (run_id) DO UPDATE SET ended_at = EXCLUDED.ended_at, job = coalesce(EXCLUDED.job, r.job)
      WHERE r.source = 'declared' AND r.used_role = EXCLUDED.used_role;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % is not one that you declared', run USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT array_agg(DISTINCT aidataops._declared_node(caller, i.name, false)) INTO input_nodes FROM unnest(inputs) AS i (name);
    SELECT array_agg(DISTINCT aidataops._declared_node(caller, o.name, true)) INTO output_nodes FROM unnest(outputs) AS o (name);
    PERFORM aidataops._lineage_add_edge(i.node, o.node, coalesce(nullif(job, ''), 'declared'), 'declared', run)
       FROM unnest(input_nodes) AS i (node), unnest(output_nodes) AS o (node);
    FOR element IN SELECT * FROM jsonb_array_elements(coalesce(columns, '[]')) LOOP
        PERFORM aidataops._add_declared_column(caller, element, run, input_nodes, output_nodes);
    END LOOP;
    RETURN run;
END $$;
COMMENT ON FUNCTION aidataops._record_lineage(oid, text[], text[], text, uuid, jsonb) IS 'Internal: record_lineage().';

CREATE FUNCTION aidataops.record_lineage(inputs text[], outputs text[], job text DEFAULT NULL, run uuid DEFAULT NULL, columns jsonb DEFAULT NULL) RETURNS uuid
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.record_lineage(text[], text[], text, uuid, jsonb) IS
'Declares lineage that the server does not see: that a job read inputs and wrote outputs, each input to each output. An object is a relation with its schema (raw.mails), a version of a dataset (mails@3), or anything else by its URI (s3://bucket/key, file:///path). job: name of the job, script or notebook. run: the run, if it has a UUID; several calls may be about one; NULL: a new one. columns: which column went where, a JSON array of objects with source, source_column, target, target_column (left out if it decides which rows there are) and kind (identity, transformation, the default, aggregation, join, filter, group_by, sort, window, conditional). Returns the run. What is declared is told apart from what the server saw (confidence). It takes the privilege to read each input and to write each output. Errors: nothing named, more than 10000 pairs, an object that does not exist, a run of somebody else.';

-- -------------------------------------------------------------------------- OpenLineage events in

CREATE FUNCTION aidataops._openlineage_problem(event jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dataset jsonb;
BEGIN
    IF jsonb_typeof(event) IS DISTINCT FROM 'object' THEN
        RETURN 'it is not a JSON object';
    ELSIF jsonb_typeof(event -> 'eventTime') IS DISTINCT FROM 'string' OR coalesce(event ->> 'producer', '') !~ '^[A-Za-z][A-Za-z0-9+.-]*:' THEN
        RETURN 'eventTime (RFC 3339) and producer (a URI) are required';
    ELSIF event ->> 'eventTime' !~ '^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$' THEN
        RETURN format('eventTime "%s" is no time with a zone as in RFC 3339, such as 2026-11-20T10:15:30.123Z', left(event ->> 'eventTime', 50));
    ELSIF event ? 'run' AND event #>> '{run,runId}' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' IS NOT FALSE THEN
        RETURN 'run.runId must be a UUID';
    ELSIF event ? 'run' AND coalesce(event ->> 'eventType', 'OTHER') <> ALL ('{START,RUNNING,COMPLETE,ABORT,FAIL,OTHER}') THEN
        RETURN format('eventType "%s" is none of START, RUNNING, COMPLETE, ABORT, FAIL, OTHER', left(event ->> 'eventType', 50));
    ELSIF NOT event ? 'dataset' AND (coalesce(event #>> '{job,namespace}', '') = '' OR coalesce(event #>> '{job,name}', '') = '') THEN
        RETURN 'job.namespace and job.name are required, unless it is about a dataset';
    ELSIF jsonb_typeof(coalesce(event -> 'inputs', '[]')) <> 'array' OR jsonb_typeof(coalesce(event -> 'outputs', '[]')) <> 'array' THEN
        RETURN 'inputs and outputs must be arrays';
    END IF;
    FOR dataset IN SELECT jsonb_path_query(jsonb_build_array(event -> 'inputs', event -> 'outputs', event -> 'dataset'), 'lax $[*][*] ? (@ != null)') LOOP
        IF coalesce(dataset ->> 'namespace', '') = '' OR coalesce(dataset ->> 'name', '') = '' THEN
            RETURN 'each dataset must have namespace and name';
        END IF;
    END LOOP;
    RETURN CASE WHEN (event ->> 'eventTime')::timestamptz IS NULL THEN 'eventTime is required' END;
EXCEPTION WHEN datetime_field_overflow THEN
    RETURN format('eventTime "%s" is no time that there is', left(event ->> 'eventTime', 50));
END $$;
COMMENT ON FUNCTION aidataops._openlineage_problem(jsonb) IS 'Internal: why a value is no OpenLineage event; NULL if it is one.';

-- The text of a query may hold personal data: kept only where the setting for captured queries says so.
CREATE FUNCTION aidataops._openlineage_stored(event jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    query text := event #>> '{job,facets,sql,query}';
BEGIN
    IF query IS NULL OR coalesce(current_setting('aidataops.lineage_query_text', true), 'off') = 'on' THEN
        RETURN event;
    END IF;
    RETURN jsonb_set(event, '{job,facets,sql,query}', to_jsonb('sha256:' || encode(sha256(convert_to(query, 'UTF8')), 'hex')));
END $$;
COMMENT ON FUNCTION aidataops._openlineage_stored(jsonb) IS 'Internal: an event as it is stored, with a hash instead of the text of its query.';

-- A relation of this database that the sender may speak of; otherwise an object outside.
CREATE FUNCTION aidataops._openlineage_node(caller oid, namespace text, name text, is_output boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts text[];
    relation oid;
BEGIN
    IF regexp_replace(namespace, '^postgresql:', 'postgres:') = aidataops._openlineage_namespace() THEN
        parts := string_to_array(name, '.');
        IF cardinality(parts) = 3 AND parts[1] = current_database() THEN
            relation := to_regclass(format('%I.%I', parts[2], parts[3]));
        END IF;
        IF relation IS NOT NULL AND aidataops._may_declare(caller, relation, is_output) THEN
            RETURN aidataops._lineage_relation_node(relation);
        END IF;
    END IF;
    RETURN aidataops._lineage_object_node(CASE WHEN namespace ~ '^file(://|$)' THEN 'file' ELSE 'external' END, namespace, name, pg_get_userbyid(caller));
END $$;
COMMENT ON FUNCTION aidataops._openlineage_node(oid, text, text, boolean) IS 'Internal: the node of a dataset in an OpenLineage event.';

CREATE FUNCTION aidataops._openlineage_kind(transformation jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN transformation ->> 'subtype' IN ('IDENTITY', 'TRANSFORMATION', 'AGGREGATION', 'JOIN', 'FILTER', 'GROUP_BY', 'SORT', 'WINDOW', 'CONDITIONAL')
                THEN pg_catalog.lower(transformation ->> 'subtype')
                WHEN transformation ->> 'type' = 'INDIRECT' THEN 'conditional'
                ELSE 'transformation' END;
END;
COMMENT ON FUNCTION aidataops._openlineage_kind(jsonb) IS 'Internal: the kind of a column''s edge, by the type and subtype of an OpenLineage transformation.';

-- What an output says of its sources: of columns, and of whole datasets (target_column and source_column NULL).
CREATE FUNCTION aidataops._openlineage_sources(output jsonb)
    RETURNS TABLE (namespace text, name text, source_column text, target_column text, kind text)
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH lineage AS (
        SELECT i.value AS input, NULL::text AS target_column
          FROM pg_catalog.jsonb_path_query(output, 'lax $.facets.lineage.inputs[*]') AS i (value)
        UNION ALL
        SELECT i.value, f.key
          FROM pg_catalog.jsonb_path_query(output, 'lax $.facets.lineage.fields') AS fields (value)
         CROSS JOIN LATERAL pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(fields.value) WHEN 'object' THEN fields.value ELSE '{}' END) AS f
         CROSS JOIN LATERAL pg_catalog.jsonb_path_query(f.value, 'lax $.inputs[*]') AS i (value)
        UNION ALL
        SELECT i.value, NULL::text
          FROM pg_catalog.jsonb_path_query(output, 'lax $.facets.columnLineage.dataset[*]') AS i (value)
        UNION ALL
        SELECT i.value, f.key
          FROM pg_catalog.jsonb_path_query(output, 'lax $.facets.columnLineage.fields') AS fields (value)
         CROSS JOIN LATERAL pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(fields.value) WHEN 'object' THEN fields.value ELSE '{}' END) AS f
         CROSS JOIN LATERAL pg_catalog.jsonb_path_query(f.value, 'lax $.inputFields[*]') AS i (value))
    SELECT DISTINCT l.input ->> 'namespace', l.input ->> 'name', l.input ->> 'field', l.target_column, aidataops._openlineage_kind(t.value)
      FROM lineage AS l
      LEFT JOIN LATERAL pg_catalog.jsonb_path_query(l.input, 'lax $.transformations[*]') AS t (value) ON true
     WHERE l.input ->> 'namespace' <> '' AND l.input ->> 'name' <> '' AND coalesce(l.input ->> 'type', 'DATASET') <> 'JOB';
END;
COMMENT ON FUNCTION aidataops._openlineage_sources(jsonb) IS 'Internal: the facets lineage and columnLineage of an output of an OpenLineage event, as rows.';

-- Inputs of which no output says where they went can have gone into any output: certain only if there is one.
CREATE FUNCTION aidataops._openlineage_edges(caller oid, events jsonb, operation text, run_id uuid, seen_at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source record;
    edge bigint;
    target bigint;
    output jsonb;
    num_rows bigint;
    num_edges bigint := 0;
BEGIN
    FOR output IN SELECT DISTINCT o FROM jsonb_path_query(events, '$[*].outputs[*]') AS o LOOP
        target := aidataops._openlineage_node(caller, output ->> 'namespace', output ->> 'name', true);
        num_rows := CASE WHEN output #>> '{outputFacets,outputStatistics,rowCount}' ~ '^\d{1,18}$'
                         THEN (output #>> '{outputFacets,outputStatistics,rowCount}')::bigint END;
        FOR source IN SELECT s.namespace, s.name, jsonb_agg(to_jsonb(s)) AS columns FROM aidataops._openlineage_sources(output) AS s GROUP BY 1, 2 LOOP
            edge := aidataops._lineage_add_edge(aidataops._openlineage_node(caller, source.namespace, source.name, false), target, operation, 'declared',
                                                run_id, seen_at, num_rows);
            PERFORM aidataops._lineage_add_column_edge(edge, (c ->> 'source_column')::name, (c ->> 'target_column')::name, c ->> 'kind')
               FROM jsonb_array_elements(source.columns) AS c WHERE c ->> 'source_column' IS NOT NULL;
        END LOOP;
    END LOOP;
    PERFORM aidataops._lineage_add_edge(aidataops._openlineage_node(caller, i.namespace, i.name, false),
                                        aidataops._openlineage_node(caller, o.namespace, o.name, true), operation,
                                        CASE WHEN i.number = 1 OR o.number = 1 THEN 'declared' ELSE 'cooccurrence' END, run_id, seen_at)
       FROM (SELECT namespace, name, count(*) OVER () AS number FROM (
                 SELECT DISTINCT d ->> 'namespace' AS namespace, d ->> 'name' AS name FROM jsonb_path_query(events, '$[*].inputs[*]') AS d
                 EXCEPT
                 SELECT s.namespace, s.name FROM jsonb_path_query(events, '$[*].outputs[*]') AS d, aidataops._openlineage_sources(d) AS s) AS x) AS i,
            (SELECT namespace, name, count(*) OVER () AS number FROM (
                 SELECT DISTINCT d ->> 'namespace' AS namespace, d ->> 'name' AS name FROM jsonb_path_query(events, '$[*].outputs[*]') AS d) AS x) AS o;
END $$;
COMMENT ON FUNCTION aidataops._openlineage_edges(oid, jsonb, text, uuid, timestamptz) IS 'Internal: the edges that the events of a run speak of.';

-- All that is known of a run, in whatever order it came: its end wins, whatever else came later.
CREATE FUNCTION aidataops._openlineage_merge(caller oid, run_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
BEGIN
    SELECT jsonb_agg(e.event ORDER BY e.event_time, e.event_type COLLATE "C") AS events, min(e.event_time) AS started_at,
           max(e.event_time) FILTER (WHERE e.event_type IN ('COMPLETE', 'ABORT', 'FAIL')) AS ended_at,
           (array_agg(lower(e.event_type) ORDER BY e.event_type IN ('COMPLETE', 'ABORT', 'FAIL') DESC, e.event_time DESC, e.event_type COLLATE "C"))[1] AS state,
           (array_agg(e.event -> 'job' ORDER BY e.event_time DESC))[1] AS job
      INTO r FROM aidataops.openlineage_event AS e WHERE e.run_id = _openlineage_merge.run_id;
    UPDATE aidataops.lineage_run AS l
       SET state = r.state, started_at = r.started_at, ended_at = r.ended_at, job_namespace = r.job ->> 'namespace', job = r.job ->> 'name',
           facets = (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_array_elements(r.events) WITH ORDINALITY AS e (event, n),
                            jsonb_each(CASE jsonb_typeof(e.event #> '{run,facets}') WHEN 'object' THEN e.event #> '{run,facets}' ELSE '{}' END) AS f)
     WHERE l.run_id = _openlineage_merge.run_id;
    IF r.state = 'complete' THEN
        PERFORM aidataops._openlineage_edges(caller, r.events, r.job ->> 'name', run_id, r.ended_at);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._openlineage_merge(oid, uuid) IS 'Internal: brings a run and its edges in line with the events that came of it.';

CREATE FUNCTION aidataops._ingest_openlineage(caller oid, event jsonb) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off -- what JSON holds is guessed too high
AS $$
DECLARE
    max_bytes constant integer := 4 * 1024 * 1024;
    max_pairs constant integer := 10000;
    problem text;
    run uuid;
    happened timestamptz;
    kind text;
BEGIN
    IF event IS NULL THEN
        RAISE EXCEPTION 'event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF octet_length(event::text) > max_bytes THEN
        RAISE EXCEPTION 'event of % bytes is too large', octet_length(event::text)
            USING ERRCODE = 'program_limit_exceeded', DETAIL = format('At most %s bytes are taken.', max_bytes);
    END IF;
    problem := aidataops._openlineage_problem(event);
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'event is no OpenLineage event: %', problem USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_array_length(coalesce(event -> 'inputs', '[]'))::bigint * jsonb_array_length(coalesce(event -> 'outputs', '[]')) > max_pairs THEN
        RAISE EXCEPTION 'event has too many pairs of inputs and outputs' USING ERRCODE = 'program_limit_exceeded', DETAIL = format('At most %s.', max_pairs);
    END IF;
    run := (event #>> '{run,runId}')::uuid;
    happened := (event ->> 'eventTime')::timestamptz;
    kind := CASE WHEN run IS NOT NULL THEN coalesce(event ->> 'eventType', 'OTHER') END;
    IF run IS NOT NULL THEN -- one event of a run at a time
        INSERT INTO aidataops.lineage_run AS r (run_id, source, state, session_role, used_role)
        VALUES (run, 'openlineage', 'other', session_user, pg_get_userbyid(caller)) ON CONFLICT (run_id) DO NOTHING;
        PERFORM FROM aidataops.lineage_run AS r WHERE r.run_id = run AND r.source = 'openlineage' AND r.used_role = pg_get_userbyid(caller) FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'run % is not one of which you sent events', run USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    INSERT INTO aidataops.openlineage_event (event_key, run_id, event_type, event_time, event, received_as)
    VALUES (sha256(convert_to(CASE WHEN run IS NULL THEN pg_get_userbyid(caller) || event::text
                                   ELSE concat_ws('|', run, kind, extract(epoch FROM happened))
                              END, 'UTF8')),
            run, kind, happened, aidataops._openlineage_stored(event), pg_get_userbyid(caller))
    ON CONFLICT (event_key) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    ELSIF run IS NOT NULL THEN
        PERFORM aidataops._openlineage_merge(caller, run);
    ELSIF event ? 'job' THEN
        PERFORM aidataops._openlineage_edges(caller, jsonb_build_array(event), event #>> '{job,name}', NULL, happened);
    ELSE
        PERFORM aidataops._openlineage_edges(caller, jsonb_build_array(jsonb_build_object('outputs', jsonb_build_array(event -> 'dataset'))), 'declared', NULL, happened);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION aidataops._ingest_openlineage(oid, jsonb) IS 'Internal: ingest_openlineage().';

CREATE FUNCTION aidataops.ingest_openlineage(event jsonb) RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.ingest_openlineage(jsonb) IS
'Takes an OpenLineage event (about a run, a job or a dataset; specification 2-0-2 and earlier) into lineage. Returns true, or false if the event, by run, type and time, is known already: sending it twice changes nothing. Events of a run are merged in whatever order they come; edges are made when it is complete, from the facets lineage and columnLineage where an output has them, else from each input to each output, which is certain (declared) only if there is one input or one output, and otherwise a cooccurrence. Datasets postgres://host:port database.schema.table are relations of this database, if namespace is that of aidataops.openlineage_namespace and you may read (an input) or write (an output) them; all else is external. Facets are kept as they are, but for the text of a query, which is replaced by its hash unless aidataops.lineage_query_text is on. Errors: what is no event, with the reason; more than 4 MB; a run whose events somebody else sent.';
