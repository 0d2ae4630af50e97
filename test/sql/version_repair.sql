-- A dataset whose history is damaged goes on: repair_dataset(), and what is known of broken versions.
CREATE SCHEMA version_repair;
SET search_path = version_repair, aidataops, public;
\set SHOW_CONTEXT never
CREATE FUNCTION state(dataset text) RETURNS TABLE (version dataset_version, message text, num_rows bigint, rows_added bigint, rows_modified bigint, status text, failed bigint)
    LANGUAGE sql AS 'SELECT l.version, l.message, l.num_rows, l.rows_added, l.rows_modified, l.status,
        (SELECT count(*) FROM verify(l.version) WHERE NOT ok) FROM log(dataset) AS l';
CREATE FUNCTION history(dataset text, command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN EXECUTE format(command, (SELECT 'aidataops_history.' || d.history_table FROM aidataops.dataset AS d WHERE d.name = dataset)); END $$;

CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5) AS i;
SELECT create_dataset('t', 't');
SELECT repair_dataset('t') IS NULL AS no_version_yet;
SELECT commit('t', 'first');
UPDATE t SET v = 'w' WHERE id = 1;
DELETE FROM t WHERE id = 2;
SELECT commit('t', 'second');
SELECT repair_dataset('t');

-- a value, a hash, a row: whatever was changed by hand is found
CREATE TABLE damage (id int GENERATED ALWAYS AS IDENTITY, command text);
INSERT INTO damage (command) VALUES ('UPDATE %s SET v = ''forged'' WHERE id = 3'), ('UPDATE %s SET _hash = gen_random_uuid() WHERE id = 3'),
    ('DELETE FROM %s WHERE id = 4'), ('INSERT INTO %s VALUES (100, 2, 2147483647, gen_random_uuid(), 9, ''x'')'), ('UPDATE %s SET _removed = 2 WHERE id = 5'),
    ('UPDATE %s SET _added = 2 WHERE id = 5'), ('ALTER TABLE %s DROP COLUMN v'), ('ALTER TABLE %s DROP COLUMN _hash CASCADE'), ('ALTER TABLE %s ALTER _removed TYPE bigint'),
    ('DROP TABLE %s'), ('ALTER TABLE %s SET SCHEMA version_repair');
CREATE FUNCTION try_damage(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    PERFORM history('t', command), repair_dataset('t', 'repaired');
    outcome := (SELECT string_agg(concat_ws(' ', l.version, l.status, l.num_rows), ', ' ORDER BY l.version) FROM log('t') AS l);
    INSERT INTO t VALUES (77, 'later');
    PERFORM commit('t', 'later'), set_config('client_min_messages', 'error', true), repair_dataset('t');
    outcome := outcome || '; then ' || (SELECT concat_ws(' ', l.version, l.status, l.rows_added, l.rows_modified) FROM log('t') AS l LIMIT 1)
        || ' ' || (SELECT bool_and(ok) FROM verify('t@HEAD')) || ', ' || (SELECT count(*) FROM diff('t@HEAD~1', 't@HEAD'));
    RAISE EXCEPTION USING MESSAGE = outcome; -- to undo it
EXCEPTION WHEN raise_exception THEN
    RETURN sqlerrm;
END $$;
SELECT command, try_damage(command) AS outcome FROM damage ORDER BY id;

-- the head is broken: marked, and the table as it is becomes the next version
SELECT history('t', 'UPDATE %s SET v = ''forged'' WHERE id = 3');
SELECT * FROM state('t');
SELECT repair_dataset('t', 'after the accident');
SELECT * FROM state('t');
SELECT history_table FROM aidataops.dataset WHERE name = 't';
-- again: nothing more to do
SELECT repair_dataset('t');
SELECT count(*) FROM log('t');
-- all is as usual from there
UPDATE t SET v = 'x' WHERE id = 4;
SELECT commit('t', 'fourth');
SELECT change, key, columns FROM diff('t@3', 't@4');
SELECT count(*) FROM diff('t@2', 't@3');
SELECT rows_modified FROM restore('t@3');
SELECT commit('t', 'back'), resolve('t@HEAD');
-- what fits again is not broken any more
SELECT format('UPDATE aidataops_history.%I SET v = ''v3'' WHERE id = 3', history_table) FROM aidataops.schema_epoch WHERE epoch = 1 AND dataset_id = (SELECT dataset_id FROM aidataops.dataset WHERE name = 't') \gexec
SELECT repair_dataset('t');
SELECT version, status FROM log('t');
-- only an older version is broken
SELECT format('DELETE FROM aidataops_history.%I WHERE id = 2', history_table) FROM aidataops.schema_epoch WHERE epoch = 1 AND dataset_id = (SELECT dataset_id FROM aidataops.dataset WHERE name = 't') \gexec
SELECT repair_dataset('t');
SELECT version, status FROM log('t');

-- the history is gone: so it was, and goes on; who could read it can read the next
CREATE TABLE lost (id int PRIMARY KEY, v text);
INSERT INTO lost VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('lost', 'lost'), commit('lost', 'first');
SELECT history('lost', 'DROP TABLE %s');
\set VERBOSITY terse
SELECT commit('lost', 'second');
\set VERBOSITY default
SELECT repair_dataset('lost');
SELECT version, status FROM log('lost');
INSERT INTO lost VALUES (3, 'c');
SELECT commit('lost', 'third');
SELECT change, key FROM diff('lost@2', 'lost@3');
SELECT version, change FROM row_history('lost', '{"id": 3}');
SELECT part, num_rows FROM size_report('lost');
SET client_min_messages = warning;
SELECT drop_dataset('lost');
RESET client_min_messages;

-- without a key, of many columns, of more than one shape
SELECT format('CREATE TABLE wide (%s)', string_agg(format('c%s int', i), ', ')) FROM generate_series(1, 150) AS i \gexec
INSERT INTO wide (c1, c150) VALUES (1, 1), (1, 1), (2, 2);
SELECT create_dataset('wide', 'wide', key => '{}'), commit('wide', 'first');
ALTER TABLE wide ADD COLUMN d text;
UPDATE wide SET d = 'd' WHERE c1 = 1;
SELECT commit('wide', 'second');
ALTER TABLE wide ALTER c2 TYPE bigint, DROP COLUMN c3;
SELECT commit('wide', 'third');
SELECT repair_dataset('wide');
SELECT history('wide', 'DELETE FROM %s WHERE c1 = 2');
SELECT repair_dataset('wide');
SELECT * FROM state('wide');

-- a view, whose rows are read once
CREATE VIEW dice AS SELECT i AS id, floor(random() * 1000)::int AS n FROM generate_series(1, 3) AS i;
SELECT create_dataset('dice', 'dice', key => '{id}'), commit('dice', 'first');
SELECT history('dice', 'UPDATE %s SET n = n + 1');
SELECT repair_dataset('dice');
SELECT version, num_rows, status, failed FROM state('dice');

-- only fingerprints; nothing there; nobody else
SELECT create_dataset('print', 't', storage => 'fingerprint'), commit('print', 'first');
SELECT repair_dataset('print');
SELECT repair_dataset('nothing');
SELECT repair_dataset(NULL) IS NULL AS null_for_null, repair_dataset('t', NULL) IS NULL AS nor_without_words;
CREATE ROLE regress_repair;
GRANT USAGE ON SCHEMA version_repair TO regress_repair;
GRANT SELECT ON t TO regress_repair;
SET ROLE regress_repair;
SELECT repair_dataset('t');
RESET ROLE;
-- the table is gone as well
SELECT history('wide', 'DROP TABLE %s');
DROP TABLE wide;
SELECT repair_dataset('wide');

-- no gate passes what is known to be broken, nor a table by a check of it
CREATE TABLE g (id int PRIMARY KEY, v text);
INSERT INTO g VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('g', 'g'), commit('g', 'first');
SELECT contract FROM create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "g", "version": "1.0.0", "status": "active",
    "schema": [{"name": "g", "physicalName": "version_repair.g", "properties": [{"name": "v", "logicalType": "string", "required": true}]}]}');
SELECT rule, outcome FROM check_contract('g', 'g@1');
SELECT create_gated_view('gated', 'g');
SELECT gate('g@1'), gate('g@WORKING');
SELECT count(*) FROM gated;
SELECT history('g', 'UPDATE %s SET v = ''A'' WHERE id = 1');
SELECT repair_dataset('g');
SELECT gate('g@1');
SELECT gate('g@2');
SELECT gate('g@WORKING');
SELECT count(*) FROM gated;
SELECT rule, outcome FROM check_contract('g', 'g@2');
SELECT gate('g@2'), gate('g@WORKING');
SELECT gate('g@1');

SET client_min_messages = warning;
DROP SCHEMA version_repair CASCADE;
DROP OWNED BY regress_repair;
DROP ROLE regress_repair;
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
