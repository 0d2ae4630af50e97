-- Lineage as OpenLineage events (docs/lineage.md); what the reader may not see is left out, by row-level security

CREATE FUNCTION aidataops._openlineage_time(at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    -- RFC 3339, whatever DateStyle and TimeZone are
    SELECT (pg_catalog.to_json(at AT TIME ZONE 'UTC') #>> '{}') || 'Z';
END;
COMMENT ON FUNCTION aidataops._openlineage_time(timestamptz) IS 'Internal: a time as OpenLineage wants it.';

CREATE FUNCTION aidataops._openlineage_producer() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT 'https://pgxn.org/dist/aidataops/' || e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname = 'aidataops';
END;
COMMENT ON FUNCTION aidataops._openlineage_producer() IS 'Internal: who we are in OpenLineage events.';

CREATE FUNCTION aidataops._openlineage_facet(name text, model_version text, content jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object('_producer', aidataops._openlineage_producer(),
               '_schemaURL', pg_catalog.format('https://openlineage.io/spec/facets/%s/%s.json#/$defs/%2$s', model_version, name)) || content;
END;
COMMENT ON FUNCTION aidataops._openlineage_facet(text, text, jsonb) IS 'Internal: content with what every facet must have; its name is that of its definition.';

CREATE FUNCTION aidataops._openlineage_event(definition text, at timestamptz, content jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object('eventTime', aidataops._openlineage_time(at), 'producer', aidataops._openlineage_producer(),
               'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/' || definition) || content;
END;
COMMENT ON FUNCTION aidataops._openlineage_event(text, timestamptz, jsonb) IS 'Internal: content with what every event must have.';

CREATE FUNCTION aidataops._openlineage_identity(node bigint) RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN n.kind = 'relation'
                THEN pg_catalog.jsonb_build_object('namespace', aidataops._openlineage_namespace(),
                         'name', pg_catalog.concat_ws('.', pg_catalog.current_database(), n.relation_schema, n.relation_name))
                ELSE pg_catalog.jsonb_build_object('namespace', coalesce(CASE WHEN n.kind <> 'model' THEN nullif(n.namespace, '') END, aidataops._openlineage_namespace()), 'name', n.name) END
      FROM aidataops.lineage_node AS n WHERE n.node_id = node;
END;
COMMENT ON FUNCTION aidataops._openlineage_identity(bigint) IS 'Internal: namespace and name of a node as a dataset of OpenLineage.';

CREATE FUNCTION aidataops._openlineage_transformation(kind text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object('subtype', pg_catalog.upper(kind),
               'type', CASE WHEN kind IN ('identity', 'transformation', 'aggregation') THEN 'DIRECT' ELSE 'INDIRECT' END);
END;
COMMENT ON FUNCTION aidataops._openlineage_transformation(text) IS 'Internal: a kind of edge between columns as a transformation of OpenLineage.';

-- One row a source column of a target column, or of the target as a whole (NULL), with all its transformations.
CREATE FUNCTION aidataops._openlineage_columns(edges bigint[], target bigint)
    RETURNS TABLE (target_column text, input jsonb)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.target_column::pg_catalog.text,
           aidataops._openlineage_identity(c.source_node) || pg_catalog.jsonb_build_object('field', c.source_column,
               'transformations', pg_catalog.jsonb_agg(DISTINCT aidataops._openlineage_transformation(c.kind)))
      FROM aidataops.lineage_column_edge AS c
     WHERE c.edge_id = ANY (edges) AND c.target_node = target
     GROUP BY c.target_column, c.source_node, c.source_column;
END;
COMMENT ON FUNCTION aidataops._openlineage_columns(bigint[], bigint) IS 'Internal: columns of a target and their sources.';

CREATE FUNCTION aidataops._openlineage_column_facets(edges bigint[], target bigint) RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH source AS (SELECT * FROM aidataops._openlineage_columns(edges, target)),
         field AS (SELECT s.target_column AS name, pg_catalog.jsonb_agg(s.input ORDER BY s.input) AS inputs,
                          pg_catalog.jsonb_agg(s.input || '{"type": "DATASET"}'::jsonb ORDER BY s.input) AS typed
                     FROM source AS s WHERE s.target_column IS NOT NULL GROUP BY s.target_column),
         whole AS (SELECT pg_catalog.jsonb_agg(s.input ORDER BY s.input) AS inputs,
                          pg_catalog.jsonb_agg(s.input || '{"type": "DATASET"}'::jsonb ORDER BY s.input) AS typed
                     FROM source AS s WHERE s.target_column IS NULL),
         plain AS (SELECT pg_catalog.jsonb_agg(aidataops._openlineage_identity(e.source_node) || '{"type": "DATASET"}'::jsonb ORDER BY e.edge_id) AS typed
                     FROM aidataops.lineage_edge AS e
                    WHERE e.edge_id = ANY (edges) AND e.target_node = target
                      AND NOT EXISTS (SELECT FROM aidataops.lineage_column_edge AS c WHERE c.edge_id = e.edge_id)),
         fields AS (SELECT coalesce(pg_catalog.jsonb_object_agg(f.name, pg_catalog.jsonb_build_object('inputFields', f.inputs)), '{}') AS inputs,
                           coalesce(pg_catalog.jsonb_object_agg(f.name, pg_catalog.jsonb_build_object('inputs', f.typed)), '{}') AS typed FROM field AS f)
    SELECT pg_catalog.jsonb_build_object('lineage', aidataops._openlineage_facet('LineageDatasetFacet', '1-0-0',
               pg_catalog.jsonb_build_object('inputs', coalesce(w.typed, '[]') || coalesce(p.typed, '[]'), 'fields', f.typed)))
           || CASE WHEN f.inputs = '{}' AND w.inputs IS NULL THEN '{}'::jsonb
                   ELSE pg_catalog.jsonb_build_object('columnLineage', aidataops._openlineage_facet('ColumnLineageDatasetFacet', '1-2-0',
                            pg_catalog.jsonb_build_object('fields', f.inputs) || CASE WHEN w.inputs IS NULL THEN '{}'::jsonb
                                                                                     ELSE pg_catalog.jsonb_build_object('dataset', w.inputs) END)) END
      FROM whole AS w, plain AS p, fields AS f;
END;
COMMENT ON FUNCTION aidataops._openlineage_column_facets(bigint[], bigint) IS 'Internal: facets lineage and columnLineage of the target of some edges.';

-- Of a relation as it is: its columns and its owner.
CREATE FUNCTION aidataops._openlineage_relation_facets(node bigint) RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object(
               'schema', aidataops._openlineage_facet('SchemaDatasetFacet', '1-2-0', pg_catalog.jsonb_build_object('fields',
                   (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                               'ordinal_position', a.attnum, 'description', pg_catalog.col_description(a.attrelid, a.attnum))) ORDER BY a.attnum), '[]')
                      FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))),
               'ownership', aidataops._openlineage_facet('OwnershipDatasetFacet', '1-0-1', pg_catalog.jsonb_build_object('owners',
                   pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('name', pg_catalog.pg_get_userbyid(c.relowner), 'type', 'OWNER')))))
      FROM aidataops.lineage_node AS n
      JOIN pg_catalog.pg_class AS c ON c.oid = aidataops._source_oid(n.relation_oid, n.relation_origin, n.relation_schema, n.relation_name)
     WHERE n.node_id = node AND n.kind = 'relation';
END;
COMMENT ON FUNCTION aidataops._openlineage_relation_facets(bigint) IS 'Internal: facets schema and ownership of a relation; NULL of what is none.';

CREATE FUNCTION aidataops._openlineage_dataset(node bigint, facets jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT aidataops._openlineage_identity(node)
           || pg_catalog.jsonb_build_object('facets', coalesce(aidataops._openlineage_relation_facets(node), '{}') || coalesce(facets, '{}'));
END;
COMMENT ON FUNCTION aidataops._openlineage_dataset(bigint, jsonb) IS 'Internal: a node as a dataset of OpenLineage, with facets.';

CREATE FUNCTION aidataops._openlineage_version_facet(version text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN version IS NULL THEN '{}'
                ELSE pg_catalog.jsonb_build_object('version', aidataops._openlineage_facet('DatasetVersionDatasetFacet', '1-0-1',
                         pg_catalog.jsonb_build_object('datasetVersion', version))) END;
END;
COMMENT ON FUNCTION aidataops._openlineage_version_facet(text) IS 'Internal: facet version; none if there is no version.';

CREATE FUNCTION aidataops._openlineage_statistics(num_rows bigint) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN num_rows IS NULL THEN '{}'
                ELSE pg_catalog.jsonb_build_object('outputStatistics', aidataops._openlineage_facet('OutputStatisticsOutputDatasetFacet', '1-0-2',
                         pg_catalog.jsonb_build_object('rowCount', num_rows))) END;
END;
COMMENT ON FUNCTION aidataops._openlineage_statistics(bigint) IS 'Internal: facet outputStatistics; none if the number of rows is not known.';

CREATE FUNCTION aidataops._openlineage_job(namespace text, name text, query text) RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object('namespace', coalesce(nullif(namespace, ''), aidataops._openlineage_namespace()), 'name', name,
        'facets', pg_catalog.jsonb_build_object('jobType', aidataops._openlineage_facet('JobTypeJobFacet', '2-0-4', '{"processingType": "BATCH", "integration": "POSTGRESQL"}'))
            || CASE WHEN query IS NULL THEN '{}'::jsonb
                    ELSE pg_catalog.jsonb_build_object('sql', aidataops._openlineage_facet('SQLJobFacet', '1-1-0', pg_catalog.jsonb_build_object('query', query))) END);
END;
COMMENT ON FUNCTION aidataops._openlineage_job(text, text, text) IS 'Internal: a job of OpenLineage.';

CREATE FUNCTION aidataops._openlineage_run_facets() RETURNS jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_build_object('processing_engine', aidataops._openlineage_facet('ProcessingEngineRunFacet', '1-1-1',
        pg_catalog.jsonb_build_object('name', 'PostgreSQL', 'version', pg_catalog.current_setting('server_version'))));
END;
COMMENT ON FUNCTION aidataops._openlineage_run_facets() IS 'Internal: what ran it.';

-- START and how it ended: consumers expect both.
CREATE FUNCTION aidataops._openlineage_run_events(run_id uuid, started_at timestamptz, ended_at timestamptz, state text, job jsonb, inputs jsonb, outputs jsonb) RETURNS SETOF jsonb
    LANGUAGE sql STABLE ROWS 2
BEGIN ATOMIC
    SELECT aidataops._openlineage_event('RunEvent', e.at, pg_catalog.jsonb_build_object('eventType', e.type, 'job', job,
               'run', pg_catalog.jsonb_build_object('runId', run_id, 'facets', aidataops._openlineage_run_facets()),
               'inputs', CASE e.type WHEN 'START' THEN '[]'::jsonb ELSE inputs END, 'outputs', CASE e.type WHEN 'START' THEN '[]'::jsonb ELSE outputs END))
      FROM (VALUES ('START', coalesce(started_at, ended_at), 1), (pg_catalog.upper(state), coalesce(ended_at, started_at), 2)) AS e (type, at, n)
     WHERE e.n = 1 OR state <> 'start'
     ORDER BY e.n;
END;
COMMENT ON FUNCTION aidataops._openlineage_run_events(uuid, timestamptz, timestamptz, text, jsonb, jsonb, jsonb) IS 'Internal: the events of a run.';

CREATE FUNCTION aidataops._export_run(r aidataops.lineage_run) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    edges bigint[];
    inputs jsonb;
    outputs jsonb;
BEGIN
    SELECT array_agg(e.edge_id) INTO edges
      FROM aidataops.lineage_edge AS e
     WHERE NOT (e.operation IN ('view', 'version_view', 'gated_view') AND e.confidence = 'exact')
       AND e.edge_id IN (SELECT s.edge_id FROM aidataops.lineage_edge_state AS s WHERE s.run_id = r.run_id
                         UNION ALL SELECT u.edge_id FROM aidataops.lineage_use AS u WHERE u.run_id = r.run_id);
    IF edges IS NULL THEN
        RETURN;
    END IF;
    SELECT jsonb_agg(aidataops._openlineage_dataset(n.node, '{}') ORDER BY aidataops._openlineage_identity(n.node)) INTO inputs
      FROM (SELECT DISTINCT e.source_node AS node FROM aidataops.lineage_edge AS e WHERE e.edge_id = ANY (edges)) AS n;
    SELECT jsonb_agg(aidataops._openlineage_dataset(n.node, aidataops._openlineage_column_facets(edges, n.node))
                     || jsonb_build_object('outputFacets', aidataops._openlineage_statistics(n.num_rows)) ORDER BY aidataops._openlineage_identity(n.node)) INTO outputs
      FROM (SELECT e.target_node AS node, max(u.num_rows) AS num_rows
              FROM aidataops.lineage_edge AS e LEFT JOIN aidataops.lineage_use AS u ON u.edge_id = e.edge_id AND u.run_id = r.run_id
             WHERE e.edge_id = ANY (edges) GROUP BY 1) AS n;
    RETURN QUERY SELECT * FROM aidataops._openlineage_run_events(r.run_id, r.started_at, coalesce(r.ended_at, r.recorded_at), r.state,
        aidataops._openlineage_job(r.job_namespace, coalesce(nullif(r.job, ''), concat_ws('.', current_database(), coalesce(nullif(r.application_name, ''), 'sql'), left(r.query_hash, 12))), r.query_text),
        inputs, outputs);
END $$;
COMMENT ON FUNCTION aidataops._export_run(aidataops.lineage_run) IS 'Internal: the events of a run of the catalog; none if it made no edges that the reader may see.';

CREATE FUNCTION aidataops._export_views(since timestamptz) RETURNS SETOF jsonb
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT aidataops._openlineage_event('DatasetEvent', v.at, pg_catalog.jsonb_build_object('dataset',
               aidataops._openlineage_dataset(v.target_node, aidataops._openlineage_column_facets(v.edges, v.target_node))))
      FROM (SELECT e.target_node, pg_catalog.array_agg(e.edge_id) AS edges, max(e.recorded_at) AS at
              FROM aidataops.lineage_edge AS e WHERE e.operation IN ('view', 'version_view', 'gated_view') AND e.confidence = 'exact' AND NOT e.is_ended GROUP BY e.target_node) AS v
     WHERE since IS NULL OR v.at >= since
     ORDER BY v.at, v.target_node;
END;
COMMENT ON FUNCTION aidataops._export_views(timestamptz) IS 'Internal: views, which no job makes, as events about datasets.';

CREATE FUNCTION aidataops._export_version(version aidataops.dataset_version) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE ROWS 2 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbered aidataops.dataset_version := aidataops.resolve(version);
    v aidataops.version;
    edges bigint[];
    inputs jsonb;
    target bigint;
    output jsonb;
    digest text := substr(encode(sha256(convert_to(numbered::text, 'UTF8')), 'hex'), 1, 32);
    run uuid := overlay(overlay(digest PLACING '8' FROM 13) PLACING 'a' FROM 17)::uuid; -- version 8 of RFC 9562: of our own making
BEGIN
    SELECT * INTO STRICT v FROM aidataops.version AS x WHERE x.version OPERATOR(aidataops.=) numbered;
    SELECT array_agg(l.edge_id), jsonb_agg(aidataops._openlineage_dataset(l.source_node, aidataops._openlineage_version_facet(l.source_version::text)) ORDER BY aidataops._openlineage_identity(l.source_node))
      INTO edges, inputs FROM aidataops.lineage_version AS l WHERE l.version OPERATOR(aidataops.=) numbered;
    SELECT n.node_id INTO target FROM aidataops.lineage_node AS n
     WHERE n.kind = 'relation' AND aidataops._source_oid(n.relation_oid, n.relation_origin, n.relation_schema, n.relation_name) = aidataops._dataset_relation(numbered);
    IF target IS NULL THEN
        SELECT jsonb_build_object('namespace', aidataops._openlineage_namespace(), 'name', concat_ws('.', current_database(), d.relation_schema, d.relation_name),
                                  'facets', aidataops._openlineage_version_facet(numbered::text))
          INTO output FROM aidataops.dataset AS d WHERE d.dataset_id = v.dataset_id;
    ELSE
        output := aidataops._openlineage_dataset(target, aidataops._openlineage_column_facets(coalesce(edges, '{}'), target)
                                                         || aidataops._openlineage_version_facet(numbered::text));
    END IF;
    RETURN QUERY SELECT * FROM aidataops._openlineage_run_events(run, v.committed_at, v.committed_at, 'complete',
        aidataops._openlineage_job(NULL, concat_ws('.', current_database(), 'commit', aidataops.dataset_name(numbered)), NULL),
        coalesce(inputs, '[]'), jsonb_build_array(output || jsonb_build_object('outputFacets', aidataops._openlineage_statistics(v.num_rows))));
END $$;
COMMENT ON FUNCTION aidataops._export_version(aidataops.dataset_version) IS 'Internal: the events of the run that made a version.';

CREATE FUNCTION aidataops.export_openlineage(since timestamptz DEFAULT NULL, version aidataops.dataset_version DEFAULT NULL) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    IF version IS NOT NULL THEN
        RETURN QUERY SELECT * FROM aidataops._export_version(version);
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.event
          FROM (SELECT r FROM aidataops.lineage_run AS r
                 WHERE r.source <> 'openlineage' AND (since IS NULL OR r.recorded_at >= since) ORDER BY r.recorded_at, r.run_id) AS runs (r)
         CROSS JOIN LATERAL aidataops._export_run(runs.r) AS e (event);
    RETURN QUERY SELECT * FROM aidataops._export_views(since);
END $$;
COMMENT ON FUNCTION aidataops.export_openlineage(timestamptz, aidataops.dataset_version) IS
'Lineage as OpenLineage events (specification 2-0-2), a row an event: of each run that was captured or declared since a time (NULL: ever) START and how it ended, with the facets schema, ownership, columnLineage, lineage and outputStatistics; of each view an event about a dataset. What came from outside is not sent back. Datasets are database.schema.table in the namespace aidataops.openlineage_namespace. Runs of roles whose rights you have not, and objects that you may not read, are left out. With version, export_openlineage(version => ''reviews@3''), only the run that made this version, with the versions of its inputs where they are datasets themselves, and its number, columns, owner, lineage and rows; the id of that run is made from the version, so that it is the same each time. An error if there is no such version.';
