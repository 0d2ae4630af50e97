-- Lineage that is declared, and OpenLineage events in and out. What goes out is validated by test/openlineage.
CREATE SCHEMA openlineage;
SET search_path = openlineage, aidataops;
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET aidataops.openlineage_namespace = 'postgres://db1:5432';

CREATE TABLE mails (id int PRIMARY KEY, body text, label text);
CREATE TABLE features (id int PRIMARY KEY, words int, label text);
INSERT INTO features VALUES (1, 10, 'spam'), (2, 3, 'ham');
CREATE VIEW edges AS
    SELECT s.name AS source, e.operation, e.confidence, t.name AS target,
           (SELECT string_agg(concat_ws(' ', c.source_column, c.kind, c.target_column), ', ' ORDER BY c.source_column, c.kind) FROM lineage_column_edge AS c WHERE c.edge_id = e.edge_id) AS columns,
           (SELECT sum(u.times) FROM lineage_use AS u WHERE u.edge_id = e.edge_id) AS times
      FROM lineage_edge AS e JOIN lineage_node AS s ON s.node_id = e.source_node JOIN lineage_node AS t ON t.node_id = e.target_node
     ORDER BY s.name, t.name, e.operation;

-- by hand
SELECT record_lineage('{openlineage.mails,s3://bucket/stop/words.csv,file:///etc/words}', '{openlineage.features}', 'extract.py',
    columns => '[{"source": "openlineage.mails", "source_column": "body", "target": "openlineage.features", "target_column": "words"},
                 {"source": "openlineage.mails", "source_column": "label", "target": "openlineage.features", "target_column": "label", "kind": "identity"},
                 {"source": "openlineage.mails", "source_column": "id", "target": "openlineage.features", "kind": "filter"}]') AS run \gset
SELECT record_lineage('{openlineage.mails}', '{openlineage.features}', 'extract.py', run => :'run') = :'run' AS again;
SELECT record_lineage('{openlineage.features}', '{file:///exports/features.csv}') <> :'run' AS another;
SELECT * FROM edges;
SELECT source, job, state, actor, session_role = session_user AS mine FROM lineage_run ORDER BY recorded_at;

-- bad input
SELECT record_lineage('{mails}', '{openlineage.features}');
SELECT record_lineage('{openlineage.nothing}', '{openlineage.features}');
SELECT record_lineage('{nothing@1}', '{openlineage.features}');
SELECT record_lineage('{s3://bucket}', '{openlineage.features}');
SELECT record_lineage('{NULL}', '{openlineage.features}');
SELECT record_lineage('{}', '{openlineage.features}');
SELECT record_lineage('{openlineage.mails}', NULL);
SELECT record_lineage((SELECT array_agg('file:///f' || n) FROM generate_series(1, 101) AS n), (SELECT array_agg('file:///g' || n) FROM generate_series(1, 100) AS n));
SELECT record_lineage('{openlineage.mails}', '{openlineage.features}', columns => '{}');
SELECT record_lineage('{openlineage.mails}', '{openlineage.features}', columns => '[{"source": "openlineage.mails"}]');
SELECT record_lineage('{openlineage.mails}', '{openlineage.features}', columns => '[{"source": "openlineage.mails", "source_column": "body", "target": "openlineage.features", "kind": "guess"}]');
SELECT record_lineage('{openlineage.mails}', '{openlineage.features}', columns => '[{"source": "openlineage.features", "source_column": "words", "target": "openlineage.features", "target_column": "words"}]');

-- names with quotes, dots and markup
CREATE TABLE "we.ird ""<b>" ("c ""1" int);
SELECT record_lineage(ARRAY['openlineage."we.ird ""<b>"'], '{file:///x}', 'a "job" <i>') IS NOT NULL AS recorded;
SELECT source, operation FROM edges WHERE source LIKE '%ird%';

-- versions are the table of their dataset
SELECT create_dataset('features', 'features');
SELECT commit('features', 'first');
SELECT record_lineage('{features@1}', '{s3://models/m}', 'train.py') IS NOT NULL AS recorded;
SELECT record_training('spam', '1.0', '{features@1}') > 0 AS recorded;
SELECT * FROM edges WHERE source = 'openlineage.features';

-- OpenLineage in: START tells the inputs, COMPLETE the outputs, in whatever order they come, once
CREATE FUNCTION event(type text, at text, rest jsonb, run text DEFAULT '11111111-2222-4333-8444-555555555555') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('eventType', type, 'eventTime', at, 'producer', 'https://example.org/etl', 'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
               'run', jsonb_build_object('runId', run, 'facets', jsonb_build_object('my_' || lower(type), '{"_producer": "https://example.org/etl", "_schemaURL": "https://example.org/my.json#/$defs/My"}'::jsonb)),
               'job', '{"namespace": "airflow", "name": "daily", "facets": {"sql": {"_producer": "https://example.org", "_schemaURL": "https://example.org/x.json#/$defs/X", "query": "SELECT ''Jane Doe''"}}}'::jsonb) || rest $$;
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:16:00Z', '{"outputs": [{"namespace": "s3://lake", "name": "daily/1", "outputFacets": {"outputStatistics": {"rowCount": 42}}}]}'));
SELECT count(*) FROM edges WHERE operation = 'daily';
SELECT ingest_openlineage(event('START', '2026-11-20T10:15:00+00:00', ('{"inputs": [{"namespace": "postgresql://db1:5432", "name": "' || current_database() || '.openlineage.mails"}, {"namespace": "s3://lake", "name": "raw"}]}')::jsonb));
SELECT ingest_openlineage(event('START', '2026-11-20T12:15:00+02:00', '{}'));
SELECT source, confidence, target FROM edges WHERE operation = 'daily';
SELECT source, job_namespace, job, state, started_at AT TIME ZONE 'UTC' AS started_at, ended_at - started_at AS took, array(SELECT jsonb_object_keys(facets)) AS facets
  FROM lineage_run WHERE run_id = '11111111-2222-4333-8444-555555555555';
SELECT event #>> '{job,facets,sql,query}' AS query FROM openlineage_event LIMIT 1;

-- a run that failed wrote nothing
SELECT ingest_openlineage(event('FAIL', '2026-11-20T11:00:00Z', '{"inputs": [{"namespace": "a", "name": "a"}], "outputs": [{"namespace": "a", "name": "b"}]}', '21111111-2222-4333-8444-555555555555'));
SELECT ingest_openlineage(event('RUNNING', '2026-11-20T11:01:00Z', '{}', '21111111-2222-4333-8444-555555555555'));
SELECT state FROM lineage_run WHERE run_id = '21111111-2222-4333-8444-555555555555';
SELECT count(*) FROM edges WHERE source = 'a';

-- facets say which input went where; the others can have gone anywhere
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T12:00:00Z', '{
  "inputs": [{"namespace": "n", "name": "x"}, {"namespace": "n", "name": "y"}, {"namespace": "n", "name": "z"}, {"namespace": "n", "name": "w"}],
  "outputs": [{"namespace": "n", "name": "o1", "facets": {"columnLineage": {"fields": {"label": {"inputFields": [
                 {"namespace": "n", "name": "x", "field": "label", "transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}, {"type": "INDIRECT", "subtype": "SORT"}]}]}},
                 "dataset": [{"namespace": "n", "name": "x", "field": "day", "transformations": [{"type": "INDIRECT", "subtype": "FILTER"}]}]}}},
              {"namespace": "n", "name": "o2", "facets": {"lineage": {"inputs": [{"namespace": "n", "name": "y", "type": "DATASET"}], "fields": {"n": {"inputs": [{"namespace": "n", "name": "y", "type": "DATASET", "field": "m"}]}}}}}]}',
  '31111111-2222-4333-8444-555555555555'));
SELECT source, confidence, target, columns FROM edges WHERE target IN ('o1', 'o2');

-- events about a job and about a dataset
SELECT ingest_openlineage('{"eventTime": "2026-11-20T10:15:30.123Z", "producer": "https://example.org", "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
  "job": {"namespace": "dbt", "name": "model.x"}, "inputs": [{"namespace": "n", "name": "in"}], "outputs": [{"namespace": "n", "name": "out"}]}');
SELECT ingest_openlineage('{"eventTime": "2026-11-20T10:15:30.123Z", "producer": "https://example.org", "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
  "dataset": {"namespace": "n", "name": "view", "facets": {"lineage": {"inputs": [{"namespace": "n", "name": "base", "type": "DATASET"}]}}}}');
SELECT source, operation, confidence, target FROM edges WHERE target IN ('out', 'view');

-- what is no event
SELECT ingest_openlineage(NULL);
SELECT ingest_openlineage('[]');
SELECT ingest_openlineage('{}');
SELECT ingest_openlineage(event('COMPLETE', 'yesterday', '{}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20 10:15:30', '{}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-13-45T10:15:30Z', '{}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{}') - 'producer');
SELECT ingest_openlineage(event('DONE', '2026-11-20T10:15:30Z', '{}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{}', 'not-a-uuid'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{"run": {}}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{"run": null}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{"job": {"name": "x"}}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{"inputs": {"namespace": "a"}}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', '{"inputs": [{"namespace": "a"}]}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', jsonb_build_object('x', repeat('x', 5000000))));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T10:15:30Z', (SELECT jsonb_build_object('inputs', jsonb_agg(d), 'outputs', jsonb_agg(d))
    FROM (SELECT jsonb_build_object('namespace', 'n', 'name', n) AS d FROM generate_series(1, 101) AS n) AS x)));
SELECT count(*) FROM edges WHERE target = '1';

-- who may: a relation that the sender may not read is an object outside for him, and nobody sends events of another's run
CREATE ROLE regress_openlineage_sender;
GRANT USAGE ON SCHEMA openlineage TO regress_openlineage_sender;
SET ROLE regress_openlineage_sender;
SELECT ingest_openlineage(event('RUNNING', '2026-11-20T13:00:00Z', '{}'));
SELECT ingest_openlineage(event('COMPLETE', '2026-11-20T13:00:00Z', ('{"inputs": [{"namespace": "postgres://db1:5432", "name": "' || current_database() || '.openlineage.mails"}], "outputs": [{"namespace": "n", "name": "copy"}]}')::jsonb, '41111111-2222-4333-8444-555555555555'));
SELECT record_lineage('{openlineage.mails}', '{file:///copy}');
SELECT record_lineage('{file:///copy}', '{openlineage.mails}');
SELECT record_lineage('{file:///copy}', '{file:///copy2}', run => '11111111-2222-4333-8444-555555555555');
SELECT kind, namespace, replace(name, current_database(), 'db') AS name FROM lineage_node ORDER BY name;
SELECT count(*) FROM openlineage_event;
SELECT count(*) FROM export_openlineage();
RESET ROLE;

-- out: what was declared; each version
SELECT e ->> 'eventType' AS type, e #>> '{job,name}' AS job, replace(jsonb_path_query_array(e, '$.inputs[*].name')::text, current_database(), 'db') AS inputs,
       replace(jsonb_path_query_array(e, '$.outputs[*].name')::text, current_database(), 'db') AS outputs
  FROM export_openlineage() AS e WHERE e #>> '{job,name}' = 'extract.py';
SELECT e ->> 'eventType' AS type, replace(e #>> '{job,name}', current_database(), 'db') AS job, e #>> '{run,runId}' AS run, e #>> '{outputs,0,facets,version,datasetVersion}' AS version,
       e #>> '{outputs,0,outputFacets,outputStatistics,rowCount}' AS num_rows, jsonb_path_query_array(e, '$.outputs[0].facets.schema.fields[*].name') AS columns
  FROM export_openlineage(version => 'features@HEAD') AS e;
SELECT * FROM export_openlineage(version => 'features@7');
SELECT count(*) FROM export_openlineage(since => 'infinity');
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'SQL, DMY';
SELECT DISTINCT e ->> 'eventTime' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*Z$' AS is_rfc3339 FROM export_openlineage() AS e;
RESET TimeZone;
RESET DateStyle;

-- what went out comes in elsewhere as it was
SELECT count(*) AS events, count(*) FILTER (WHERE _openlineage_problem(e) IS NULL) AS are_events FROM export_openlineage() AS e;

DROP SCHEMA openlineage CASCADE;
DROP ROLE regress_openlineage_sender;
TRUNCATE aidataops.lineage_node_state, aidataops.lineage_edge_state, aidataops.lineage_column_edge, aidataops.lineage_use, aidataops.lineage_run, aidataops.lineage_version,
    aidataops.openlineage_event, aidataops.model, aidataops.training, aidataops.model_dataset,
    aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
