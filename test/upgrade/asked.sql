-- What a user can ask: the answers before and after the upgrade are compared.
SET TimeZone = 'UTC';
SET search_path = public, aidataops;
SELECT name, relation_schema, relation_name, key, storage, head, epoch, history_table, roles, description, created_at, created_by FROM aidataops.dataset ORDER BY dataset_id;
SELECT * FROM aidataops.schema_epoch ORDER BY dataset_id, epoch;
SELECT * FROM aidataops.version ORDER BY version;
SELECT * FROM aidataops.tag ORDER BY dataset_id, tag;
SELECT l.* FROM aidataops.dataset AS d, log(d.name) AS l ORDER BY l.version;
SELECT v.version, md5(string_agg(j::text, ',' ORDER BY j::text)) FROM aidataops.version AS v, as_of_json(v.version) AS j WHERE dataset_name(v.version) <> 'sealed' GROUP BY 1 ORDER BY 1;
SELECT * FROM diff('events@1', 'events@gold');
SELECT * FROM diff('Odd Dätaset@1', 'Odd Dätaset@HEAD') ORDER BY key;
SELECT * FROM diff('keyless@1', 'keyless@2');
SELECT * FROM diff_stat('events@1', 'events@WORKING');
SELECT * FROM schema_diff('Odd Dätaset@1', 'Odd Dätaset@WORKING');
SELECT * FROM row_history('owned', '{"id": 2}');
SELECT resolve('events@gold'), resolve('events@HEAD~1'), resolve('events@{infinity}');
-- unchanged, wherever the table lies
SELECT d.name, s.* FROM aidataops.dataset AS d, status(d.name) AS s WHERE d.name <> 'renamed' ORDER BY 1;
SELECT d.name, c.* FROM aidataops.dataset AS d, dataset_columns(d.name) AS c WHERE d.name <> 'renamed' ORDER BY 1, 2;
SELECT * FROM first_events ORDER BY region, id;
SELECT a.* FROM as_of('Odd Dätaset@1', NULL::"Odd ""Schema"""."Täble", partial => true) AS a ORDER BY 1;
SELECT table_fingerprint('events'), table_fingerprint('sealed'), table_fingerprint('"Odd ""Schema"""."Täble"'), table_fingerprint('recent');
SELECT * FROM model ORDER BY name;
SELECT digest = (SELECT secure_fingerprint_agg(r) FROM first_events AS r) FROM model WHERE name = 'events@1';
SELECT tableoid::regclass, * FROM by_content ORDER BY note;
SELECT * FROM sums;
-- by the indexes, whose pages were copied
SET enable_seqscan = off;
SELECT m.name, (SELECT n.name FROM model AS n WHERE n.content = m.content), (SELECT n.name FROM model AS n WHERE n.training_set = m.training_set) FROM model AS m ORDER BY 1;
