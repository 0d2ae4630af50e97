-- What a user can ask of the past: the answers before a dump and after a restore are compared.
SET TimeZone = 'UTC';
SET search_path = public, aidataops;
SELECT name, relation_schema, relation_name, key, storage, head, epoch, history_table, roles, description, created_at, created_by FROM aidataops.dataset ORDER BY dataset_id;
SELECT * FROM aidataops.schema_epoch ORDER BY dataset_id, epoch;
SELECT * FROM aidataops.version ORDER BY version;
SELECT * FROM aidataops.tag ORDER BY dataset_id, tag;
SELECT l.* FROM aidataops.dataset AS d, log(d.name) AS l ORDER BY l.version;
SELECT v.version, j FROM aidataops.version AS v, as_of_json(CASE WHEN v.version::text LIKE 'sealed%' THEN 'owned@1'::dataset_version ELSE v.version END) AS j ORDER BY v.version, j::text;
SELECT * FROM diff('Odd Dätaset@1', 'Odd Dätaset@2');
SELECT * FROM diff('Odd Dätaset@3', 'Odd Dätaset@gold');
SELECT * FROM diff_stat('Odd Dätaset@1', 'Odd Dätaset@HEAD');
SELECT * FROM diff('owned@1', 'owned@WORKING');
SELECT a.* FROM as_of('Odd Dätaset@1', NULL::"Odd ""Schema"""."Täble") AS a ORDER BY 1;
SELECT resolve('Odd Dätaset@gold'), resolve('Odd Dätaset@HEAD~1'), resolve('Odd Dätaset@{infinity}');
SELECT head, relation, changed, rows_unmodified, schema_changes FROM status('Odd Dätaset');
SELECT head, changed FROM status('sealed');
SELECT head, relation, changed FROM status('owned');
SELECT * FROM dataset_columns('Odd Dätaset');
SELECT d.name, x.relation_schema || '.' || x.relation_name FROM aidataops.dataset AS d JOIN aidataops.dataset AS x USING (dataset_id) ORDER BY 1;
SELECT * FROM first_version ORDER BY 1;
SELECT * FROM model ORDER BY 1;
SELECT table_fingerprint('"Odd ""Schema"""."Täble"'), table_fingerprint('sealed'), table_fingerprint('owned');
SELECT c.relname, i.indexdef FROM pg_class AS c JOIN pg_indexes AS i ON i.schemaname = 'aidataops_history' AND i.tablename = c.relname
 WHERE c.relnamespace = 'aidataops_history'::regnamespace ORDER BY 1, 2;
SELECT name, profile, to_jsonb(profile), rollup(profile) OVER (PARTITION BY profile_kind(profile) ORDER BY name) = profile AS merges FROM profiles ORDER BY name;
SELECT * FROM schema_changes() ORDER BY happened_at, name;
SELECT contract, object, relation_schema, relation_name, shape FROM aidataops.seen_schema;
SELECT evtname, evtevent, evtenabled, evtfoid::regprocedure, evttags FROM pg_event_trigger ORDER BY evtname;
