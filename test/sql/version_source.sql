-- What can be a dataset beside a table with a key: views, materialized views, foreign tables, tables without a key; several at once.
CREATE SCHEMA version_source;
SET search_path = version_source, aidataops, public;
\set SHOW_CONTEXT never

CREATE TABLE base (id int PRIMARY KEY, v text, d numeric);
INSERT INTO base SELECT i, 'v' || i, i / 4.0 FROM generate_series(1, 10) AS i;

-- a view: read once, whatever it computes
CREATE VIEW part AS SELECT id, v, upper(v) AS u FROM base WHERE id < 9;
SELECT create_dataset('view', 'part');
SELECT create_dataset('view', 'part', key => '{id}');
SELECT commit('view', 'one');
UPDATE base SET v = 'x' WHERE id = 3;
DELETE FROM base WHERE id = 4;
SELECT relation, changed, rows_added, rows_removed, rows_modified FROM status('view');
SELECT commit('view', 'two');
SELECT change, key, columns FROM diff('view@1', 'view@2');
SELECT check_name, ok FROM verify('view@2');
SELECT check_name, ok FROM verify('view@WORKING');
SELECT count(*) FROM as_of('view@1', NULL::part);
-- rows that are others at each reading are recorded as they were read, once
CREATE VIEW dice AS SELECT id, random() AS r FROM base;
SELECT create_dataset('dice', 'dice', key => '{id}');
SELECT commit('dice', 'one'), commit('dice', 'two');
SELECT check_name, ok FROM verify('dice@2');
SELECT rows_added, rows_removed, rows_modified FROM log('dice') ORDER BY version;
-- the key of a view is checked
CREATE VIEW twice AS SELECT id / 2 AS id FROM base WHERE id < 4;
SELECT create_dataset('twice', 'twice', key => '{id}');
SELECT commit('twice', 'one');

-- a materialized view is what its last refresh made of it
CREATE MATERIALIZED VIEW stored AS SELECT * FROM base;
SELECT create_dataset('stored', 'stored', key => '{id}');
SELECT commit('stored', 'one');
UPDATE base SET v = 'y' WHERE id = 5;
SELECT changed FROM status('stored');
REFRESH MATERIALIZED VIEW stored;
SELECT commit('stored', 'two');
SELECT change, key, columns FROM diff('stored@1', 'stored@2');
CREATE MATERIALIZED VIEW empty AS SELECT * FROM base WITH NO DATA;
SELECT create_dataset('empty', 'empty', key => '{id}');
SELECT commit('empty', 'one');

-- no key: a multiset
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, 'b'), (NULL, NULL), (NULL, NULL);
SELECT create_dataset('keyless', 'keyless');
SELECT create_dataset('keyless', 'keyless', key => '{}');
SELECT count(*) FILTER (WHERE is_key) FROM dataset_columns('keyless');
SELECT commit('keyless', 'one');
DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless WHERE a = 1) OR a IS NULL;
INSERT INTO keyless VALUES (2, 'b'), (3, 'c');
SELECT changed, rows_added, rows_removed, rows_modified, rows_unmodified FROM status('keyless');
SELECT * FROM diff('keyless@1', 'keyless@WORKING');
SELECT commit('keyless', 'two');
SELECT commit('keyless', 'again');
SELECT * FROM diff('keyless@2', 'keyless@1');
SELECT rows_added, rows_removed, rows_modified, rows_unmodified, from_rows, to_rows FROM diff_stat('keyless@1', 'keyless@2');
SELECT version, check_name, ok FROM (VALUES ('keyless@1'), ('keyless@2'), ('keyless@WORKING')) AS v (version), verify(v.version::dataset_version);
SELECT * FROM as_of('keyless@1', NULL::keyless) ORDER BY 1, 2;
SELECT suggest_semver('keyless@1', 'keyless@2');
SELECT * FROM diff_columns('keyless@1', 'keyless@2');
SELECT row_history('keyless', '{}');
-- the fingerprint by arithmetic is that of the table
SELECT fingerprint = table_fingerprint('keyless') FROM version WHERE version = 'keyless@2';
-- a copy removed and brought back by other means is no change
BEGIN;
DELETE FROM keyless WHERE a = 3;
SELECT commit('keyless', 'without');
INSERT INTO keyless VALUES (3, 'c');
SELECT commit('keyless', 'with');
SELECT * FROM diff('keyless@2', 'keyless@4');
ROLLBACK;
-- and shapes may change
ALTER TABLE keyless ADD COLUMN c int;
INSERT INTO keyless VALUES (1, 'a', 4);
SELECT commit('keyless', 'three');
ALTER TABLE keyless ALTER COLUMN a TYPE bigint;
INSERT INTO keyless VALUES (1, 'a', 4);
SELECT commit('keyless', 'four');
SELECT * FROM diff('keyless@2', 'keyless@4');
-- a source with the names of what a commit keeps
CREATE TABLE names (_new_hash int, _nth text, n int, t int, __hash int);
INSERT INTO names VALUES (1, 'x', 1, 2, 3), (1, 'x', 1, 2, 3);
SELECT create_dataset('names', 'names', key => '{}');
SELECT commit('names', 'one');
INSERT INTO names VALUES (1, 'x', 1, 2, 3), (2, 'y', 1, 2, 3);
SELECT commit('names', 'two');
SELECT change, after FROM diff('names@1', 'names@2');
SELECT change, after FROM diff('names@1', 'names@WORKING');

-- a foreign table: no snapshot is claimed
CREATE EXTENSION file_fdw SCHEMA version_source;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE feed (a int, b text) SERVER files OPTIONS (program 'printf "1,a\n2,b\n2,b\n"', format 'csv');
SELECT create_dataset('feed', 'feed', key => '{}');
SELECT create_dataset('feed_keyed', 'feed', key => '{a}');
SELECT create_dataset('feed_fingerprint', 'feed', key => '{a}', storage => 'fingerprint');
SELECT commit('feed', 'one');
SELECT commit('feed_keyed', 'one');
SELECT commit('feed_fingerprint', 'one');
ALTER FOREIGN TABLE feed OPTIONS (SET program 'printf "1,a\n2,b\n3,c\n"');
SELECT commit('feed', 'two');
SELECT commit('feed_keyed', 'one');
SELECT commit('feed_fingerprint', 'two');
SELECT change, before, after FROM diff('feed@1', 'feed@2');
SELECT changed FROM status('feed');
SELECT changed FROM status('feed_fingerprint');
-- beneath a view, and as a partition
CREATE VIEW feed_view AS SELECT * FROM feed;
SELECT create_dataset('feed_view', 'feed_view', key => '{a}');
CREATE TABLE parted (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE parted_here PARTITION OF parted FOR VALUES FROM (10) TO (20);
CREATE FOREIGN TABLE parted_there PARTITION OF parted FOR VALUES FROM (0) TO (10) SERVER files OPTIONS (program 'printf "1,a\n2,b\n"', format 'csv');
SELECT create_dataset('parted', 'parted', key => '{a}');
SELECT commit('feed_view', 'one'), commit('parted', 'one');
SELECT version, num_rows, snapshot IS NULL AS claims_none FROM version WHERE snapshot IS NULL OR dataset_name(version) = 'view' ORDER BY version;

-- several datasets of one snapshot, as one named set
UPDATE base SET v = 'z' WHERE id = 1;
SELECT * FROM commit_all('{view,stored,keyless}', 'together', tag => 'r1');
SELECT v.version, v.message FROM version AS v JOIN tag AS t USING (dataset_id, number) WHERE t.tag = 'r1' ORDER BY 1;
REFRESH MATERIALIZED VIEW stored;
UPDATE base SET v = 'w' WHERE id = 1;
SELECT * FROM commit_all('{stored,view}', 'together again');
SELECT count(DISTINCT snapshot::text) FROM version WHERE message = 'together again';
SELECT resolve('view@r1'), resolve('stored@r1');
-- all or none
SELECT commit_all('{view,stored,view}', 'twice');
SELECT commit_all('{view,nothing}', 'unknown');
SELECT commit_all('{view,NULL}', 'unknown');
SELECT commit_all('{view}', NULL);
SELECT commit_all(NULL, 'nothing');
SELECT commit_all('{}', 'nothing');
UPDATE base SET v = 'u' WHERE id = 1;
SELECT commit_all('{view,stored}', 'the tag is taken', tag => 'r1');
SELECT resolve('view@HEAD');

-- what has no rows of its own
CREATE SEQUENCE counter;
SELECT create_dataset('counter', 'counter', key => '{}');
CREATE INDEX base_v ON base (v);
SELECT create_dataset('index', 'base_v', key => '{}');
CREATE TYPE pair AS (a int, b int);
SELECT create_dataset('type', 'pair', key => '{}');

SET client_min_messages = warning;
DROP SCHEMA version_source CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
