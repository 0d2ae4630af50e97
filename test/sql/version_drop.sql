-- The end of a dataset, and of the extension: what goes, what stays, and what stands in the way.
CREATE SCHEMA version_drop;
SET search_path = version_drop, aidataops, public;
\set SHOW_CONTEXT never

CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('t', 't'), commit('t', 'one');
ALTER TABLE t ALTER COLUMN id TYPE bigint;
SELECT commit('t', 'two');

-- somebody relies on it
SELECT tag('t@1', 'gold', protected => true), tag('t@2', 'draft');
SELECT drop_dataset('t');
SELECT tag('t@1', 'gold', protected => false);
-- a view reads it
SELECT create_version_view('t@1', 'old_t');
SELECT drop_dataset('t');
DROP VIEW old_t;
-- a row refers to it, whatever is forced
CREATE TABLE model (name text, trained_on aidataops.dataset_version REFERENCES aidataops.version);
INSERT INTO model VALUES ('m', 't@2');
SELECT drop_dataset('t');
SELECT drop_dataset('t', force => true);
SELECT count(*) FROM log('t');
DELETE FROM model;
-- nothing left: the table stays, the name is free
SELECT drop_dataset('t');
SELECT count(*) FROM t;
SELECT (SELECT count(*) FROM aidataops.dataset), (SELECT count(*) FROM aidataops.version), (SELECT count(*) FROM aidataops.tag),
       (SELECT count(*) FROM aidataops.schema_epoch), (SELECT count(*) FROM pg_class WHERE relnamespace = 'aidataops_history'::regnamespace);
SELECT log('t');
SELECT drop_dataset('t');
SELECT drop_dataset(NULL) IS NULL AS null_for_null;
SELECT create_dataset('t', 't'), commit('t', 'again');
-- by force, with what depends on it
SELECT tag('t@1', 'gold', protected => true), create_version_view('t@1', 'old_t');
SET client_min_messages = warning;
SELECT drop_dataset('t', force => true);
RESET client_min_messages;
SELECT to_regclass('old_t');
-- before its first version, without a table, and with fingerprints only
SELECT create_dataset('early', 't'), drop_dataset('early');
CREATE TABLE gone (id int PRIMARY KEY);
SELECT create_dataset('gone', 'gone'), commit('gone', 'one');
DROP TABLE gone;
SELECT drop_dataset('gone');
SELECT create_dataset('proof', 't', storage => 'fingerprint'), commit('proof', 'one');
SELECT drop_dataset('proof');
-- rolled back
SELECT create_dataset('t', 't'), commit('t', 'one');
BEGIN;
SELECT drop_dataset('t');
ROLLBACK;
SELECT check_name, ok FROM verify('t@1');

-- how large: the table, its history, and what the next commit would add
INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(3, 1000) AS i;
SELECT commit('t', 'two');
UPDATE t SET v = 'y' WHERE id <= 10;
DELETE FROM t WHERE id = 20;
SELECT part, relation ~ '^(version_drop\.t|aidataops_history\.dataset_\d+_1)$' AS named, num_rows, table_bytes > 0 AS has_table, index_bytes > 0 AS has_indexes FROM size_report('t');
-- the estimate is of the right size
SELECT table_bytes + index_bytes AS before FROM size_report('t') WHERE part = 'history' \gset
UPDATE t SET v = repeat('z', 100);
SELECT table_bytes + index_bytes AS estimate FROM size_report('t') WHERE part = 'next commit' \gset
SELECT commit('t', 'three');
SELECT :estimate::float8 / (table_bytes + index_bytes - :before) BETWEEN .5 AND 2 AS estimated_well FROM size_report('t') WHERE part = 'history';
ALTER TABLE t ALTER COLUMN id TYPE numeric;
SELECT part, relation IS NULL AS begins_another, num_rows, table_bytes > 100000 AS is_large FROM size_report('t') WHERE part = 'next commit';
SELECT create_dataset('proof', 't', storage => 'fingerprint'), create_dataset('early', 't');
SELECT part, num_rows FROM size_report('proof');
SELECT part, num_rows FROM size_report('early');
CREATE VIEW seen AS SELECT * FROM t;
SELECT create_dataset('seen', 'seen', key => '{id}');
SELECT part, num_rows, table_bytes FROM size_report('seen');

-- DROP EXTENSION asks first, and keeps the rows: they are ordinary tables
\set VERBOSITY terse
DROP EXTENSION aidataops;
\set VERBOSITY default
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT history_table AS history FROM aidataops.dataset WHERE name = 't' \gset
DROP EXTENSION aidataops CASCADE;
SELECT count(*) FROM aidataops_history.:history WHERE _removed = 2147483647;
SELECT count(*) FROM t;
-- which nobody but their owner can read then
CREATE ROLE regress_drop_reader;
GRANT USAGE ON SCHEMA aidataops_history TO regress_drop_reader;
GRANT SELECT ON aidataops_history.:history TO regress_drop_reader;
SET ROLE regress_drop_reader;
SELECT count(*) FROM aidataops_history.:history;
RESET ROLE;
-- a new installation begins anew beside them
CREATE EXTENSION aidataops;
SELECT aidataops.create_dataset('t', 't'), aidataops.commit('t', 'one');
SELECT count(DISTINCT relname) > 1 AS both_there FROM pg_class WHERE relnamespace = 'aidataops_history'::regnamespace AND relkind = 'r';
ROLLBACK;

-- what was dropped stays known, whoever takes its name
CREATE TABLE namesake (id int PRIMARY KEY);
INSERT INTO namesake VALUES (1);
SELECT create_dataset('namesake', 'namesake');
SELECT drop_dataset('namesake'); -- had no version
SELECT create_dataset('namesake', 'namesake'), commit('namesake', 'one');
SELECT tag('namesake@1', 'approved', protected => true);
SELECT drop_dataset('namesake', force => true);
SELECT name, relation_name, num_versions, last_fingerprint, protected_tags, forced, dropped_by = session_user AS by_me, dropped_as = current_user AS as_me, dropped_at <= clock_timestamp() AS dated
  FROM aidataops.dropped_dataset WHERE name = 'namesake';
\set VERBOSITY terse
SELECT create_dataset('namesake', 'namesake');
\set VERBOSITY default
CREATE ROLE version_drop_stranger;
GRANT USAGE ON SCHEMA version_drop TO version_drop_stranger;
SET ROLE version_drop_stranger;
SELECT count(*) FROM aidataops.dropped_dataset;
DELETE FROM aidataops.dropped_dataset;
RESET ROLE;
DROP OWNED BY version_drop_stranger;
DROP ROLE version_drop_stranger;

SET client_min_messages = warning;
DROP SCHEMA version_drop CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset, aidataops.dropped_dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
