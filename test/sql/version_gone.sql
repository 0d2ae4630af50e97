-- When the table of a dataset is renamed, moved, dropped, created again: its versions stay, and go on where they can.
CREATE SCHEMA version_gone;
SET search_path = version_gone, aidataops, public;
\set SHOW_CONTEXT never
CREATE SCHEMA version_gone_elsewhere;

CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('t', 't');
SELECT commit('t', 'first');

-- a rename and a move are followed at once, and recorded by the next commit
ALTER TABLE t RENAME TO renamed;
SELECT relation, changed FROM status('t');
ALTER TABLE renamed SET SCHEMA version_gone_elsewhere;
SELECT relation, changed FROM status('t');
SELECT relation_schema, relation_name FROM aidataops.dataset WHERE name = 't';
UPDATE version_gone_elsewhere.renamed SET v = 'c' WHERE id = 1;
SELECT commit('t', 'elsewhere');
SELECT relation_schema, relation_name FROM aidataops.dataset WHERE name = 't';
SELECT change, key FROM diff('t@1', 't@2');
-- another table under the old name is not the dataset's
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT relation, changed FROM status('t');
DROP TABLE t;

-- dropped: the past can be read, the present not
SELECT create_version_view('t@1', 'first_version');
DROP TABLE version_gone_elsewhere.renamed;
SELECT commit('t', 'gone');
SELECT * FROM status('t');
SELECT * FROM diff('t@1', 't@WORKING');
SELECT * FROM as_of_json('t@WORKING');
SELECT * FROM dataset_columns('t');
SELECT set_column_roles('t', '{}');
SELECT version, message, num_rows FROM log('t');
SELECT resolve('t@HEAD');
SELECT change, key FROM diff('t@1', 't@2');
SELECT * FROM as_of_json('t@1') ORDER BY 1;
SELECT * FROM first_version ORDER BY 1;
SELECT tag('t@2', 'last');

-- created again: only attach_dataset() makes it the dataset's
CREATE TABLE version_gone_elsewhere.renamed (v text, id bigint PRIMARY KEY, w int);
INSERT INTO version_gone_elsewhere.renamed VALUES ('c', 1, NULL), ('x', 2, NULL), ('y', 3, 4);
SELECT commit('t', 'same name');
SELECT attach_dataset('t', 'version_gone_elsewhere.renamed');
SELECT changed, rows_added, rows_removed, rows_modified, rows_unmodified, schema_changes FROM status('t');
SELECT commit('t', 'attached');
SELECT version, rows_added, rows_removed, rows_modified FROM log('t');
SELECT change, key, columns FROM diff('t@2', 't@3');
-- attached while the old one is still there
CREATE TABLE other AS SELECT * FROM version_gone_elsewhere.renamed;
SELECT attach_dataset('t', 'other');
SELECT changed, relation FROM status('t');
-- what cannot be attached
CREATE TABLE keyless (a int);
SELECT attach_dataset('t', 'keyless');
CREATE TABLE wrong_key (id json);
SELECT attach_dataset('t', 'wrong_key');
CREATE SEQUENCE a_sequence;
SELECT attach_dataset('t', 'a_sequence');
CREATE TEMP TABLE temporary (id int);
SELECT attach_dataset('t', 'temporary');
SELECT attach_dataset('nothing', 'other');
SELECT attach_dataset('t', NULL) IS NULL AS null_for_null;
SELECT relation FROM status('t');

-- gone before its first version
CREATE TABLE early (id int PRIMARY KEY);
SELECT create_dataset('early', 'early');
DROP TABLE early;
SELECT commit('early', 'first');
SELECT * FROM log('early');
SELECT * FROM status('early');
CREATE TABLE early (id int PRIMARY KEY);
SELECT attach_dataset('early', 'early');
SELECT commit('early', 'first');

-- DROP undone
BEGIN;
DROP TABLE other;
SELECT commit('t', 'x');
ROLLBACK;
SELECT relation FROM status('t');

-- the history is gone: said so, by everything that needs it
CREATE TABLE lost (id int PRIMARY KEY);
INSERT INTO lost VALUES (1);
SELECT create_dataset('lost', 'lost'), commit('lost', 'first');
DO $$ BEGIN EXECUTE format('DROP TABLE aidataops_history.%I', (SELECT history_table FROM aidataops.dataset WHERE name = 'lost')); END $$;
INSERT INTO lost VALUES (2);
\set VERBOSITY terse
SELECT commit('lost', 'second');
SELECT * FROM as_of_json('lost@1');
SELECT * FROM diff('lost@1', 'lost@WORKING');
SELECT version, num_rows FROM log('lost');
\set VERBOSITY default

-- what depends on the history keeps it from being dropped, and dropping the extension does not drop it
BEGIN;
SET LOCAL client_min_messages = warning;
DROP EXTENSION aidataops CASCADE;
SELECT count(*) > 0 AS history_stays FROM pg_class WHERE relnamespace = 'aidataops_history'::regnamespace AND relkind = 'r';
SELECT count(*) FROM first_version;
ROLLBACK;

SET client_min_messages = warning;
DROP SCHEMA version_gone, version_gone_elsewhere CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
