-- rename_dataset()
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA version_rename;
SET search_path = version_rename, aidataops, public;
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a');
SELECT create_dataset('old', 't'), create_dataset('other', 't'), commit('old', 'first');
UPDATE t SET v = 'b';
SELECT commit('old', 'second'), tag('old@1', 'gold', protected => true);

-- versions, tags and history follow, and the next commit goes on
SELECT rename_dataset('old', 'new "é" name');
SELECT version, num_rows, tags FROM log('new "é" name');
SELECT change, columns FROM diff('new "é" name@gold', 'new "é" name@HEAD');
UPDATE t SET v = 'c';
SELECT commit('new "é" name', 'third');
SELECT log('old');
SELECT bool_and(ok) FROM verify('new "é" name@3');

-- who refers to a version follows, or is asked
CREATE TABLE follows (v dataset_version REFERENCES version ON UPDATE CASCADE);
INSERT INTO follows VALUES ('new "é" name@2');
SELECT rename_dataset('new "é" name', 'newer');
SELECT * FROM follows;
CREATE TABLE stays (v dataset_version REFERENCES version);
INSERT INTO stays VALUES ('newer@1');
SELECT rename_dataset('newer', 'newest');
SELECT name FROM dataset ORDER BY name;

SELECT rename_dataset('newer', 'other');
SELECT rename_dataset('newer', 'newer');
SELECT rename_dataset('newer', 'a@b');
SELECT rename_dataset('newer', '');
SELECT rename_dataset('nothing', 'x');
SELECT rename_dataset('newer', NULL) IS NULL AS no_name;
CREATE ROLE regress_renamer;
GRANT USAGE ON SCHEMA version_rename TO regress_renamer;
GRANT SELECT ON t TO regress_renamer;
SET ROLE regress_renamer;
SELECT rename_dataset('newer', 'mine');
RESET ROLE;
DROP OWNED BY regress_renamer;
DROP ROLE regress_renamer;

DROP SCHEMA version_rename CASCADE;
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
