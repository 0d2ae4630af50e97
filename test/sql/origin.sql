-- How tables that the catalog keeps are found again: by their OID if the very same table has it, after a restore by name.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA origin;
CREATE SCHEMA origin_elsewhere;
SET search_path = origin, aidataops, public;
SET client_min_messages = notice;

-- system, database, extension, and the transaction that made the table
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('t', 't'), commit('t', 'first');
SELECT relation_origin = format('%s/%s/%s/%s', (SELECT system_identifier FROM pg_control_system()), d.oid, e.oid,
                                (SELECT a.xmin FROM pg_attribute AS a WHERE a.attrelid = 't'::regclass AND a.attname = 'tableoid')) AS as_documented
  FROM aidataops.dataset, pg_database AS d, pg_extension AS e WHERE d.datname = current_database() AND e.extname = 'aidataops' AND name = 't';
SELECT _relation_origin('t'::regclass) = relation_origin AS of_table, _relation_origin(NULL) = _database_origin() AS of_none,
       _is_here(relation_origin) AS here, _is_here(_database_origin()) AS here_too, _is_here(_database_origin() || '0') AS elsewhere, _is_here(NULL) IS NULL AS unknown
  FROM aidataops.dataset WHERE name = 't';

-- whatever is done to a table, it stays the same
CREATE TABLE kept AS SELECT _relation_origin('t'::regclass) AS origin;
ALTER TABLE t RENAME TO u;
ALTER TABLE u ADD COLUMN w int DEFAULT 1, ALTER COLUMN v TYPE varchar(20);
TRUNCATE u;
VACUUM FULL u;
VACUUM FREEZE pg_depend;
ALTER TABLE u SET SCHEMA origin_elsewhere;
ALTER TABLE origin_elsewhere.u SET SCHEMA origin;
ALTER TABLE u RENAME TO t;
CREATE TABLE t_like (LIKE t);
CREATE VIEW v AS SELECT 1 AS id;
SELECT _relation_origin('t'::regclass) = origin AS same, _relation_origin('t_like'::regclass) <> origin AS other FROM kept;
UPDATE kept SET origin = _relation_origin('v'::regclass);
CREATE OR REPLACE VIEW v AS SELECT 2 AS id, 'x' AS added;
ALTER VIEW v RENAME COLUMN added TO renamed;
SELECT _relation_origin('v'::regclass) = origin AS same FROM kept;
SELECT commit('t', 'second');

-- one that has its OID is not it: OIDs come round
CREATE TABLE stranger (id int PRIMARY KEY, v varchar(20), w int);
SELECT create_monitor('m', 't', kind => 'schema', reference => 't@1');
SELECT create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "t", "version": "1.0.0", "status": "active", "schema": [{"name": "t", "physicalName": "origin.t",
    "properties": [{"name": "id", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}}]}]}');
SELECT count(*) FROM enforce_contract('t', 't', 'quarantine');
INSERT INTO t VALUES (-1);
SELECT record_lineage('{file:///t.csv}', '{origin.t}', job => 'load') IS NOT NULL AS recorded;
SELECT contract, relation, status, quarantined FROM enforcement_status() WHERE contract = 't';
BEGIN;
UPDATE aidataops.dataset SET relation_oid = 'stranger'::regclass WHERE name = 't';
UPDATE aidataops.contract_table SET relation_oid = 'stranger'::regclass WHERE contract = 't';
UPDATE aidataops.enforcement SET relation_oid = 'stranger'::regclass WHERE contract = 't';
UPDATE aidataops.quarantine SET relation_oid = 'stranger'::regclass WHERE contract = 't';
UPDATE aidataops.lineage_node_state SET relation_oid = 'stranger'::regclass WHERE relation_name = 't' AND relation_schema = 'origin';
SAVEPOINT s;
SELECT commit('t', 'of a stranger');
ROLLBACK TO s;
SELECT * FROM status('t');
ROLLBACK TO s;
SELECT * FROM diff('t@1', 't@WORKING');
ROLLBACK TO s;
SELECT restore('t@1');
ROLLBACK TO s;
SELECT status, error FROM run_monitor('m');
SELECT contract, relation, status, quarantined FROM enforcement_status() WHERE contract = 't';
SELECT count(*) FROM release_quarantine('stranger');
SELECT count(*) FROM lineage('stranger');
SELECT count(*) FROM dataset_columns('t');
ROLLBACK;

-- two tables exchange their names: the dataset follows its own, and says so
ALTER TABLE t RENAME TO t_old;
ALTER TABLE stranger RENAME TO t;
SELECT relation FROM status('t');
INSERT INTO t_old VALUES (3);
BEGIN;
SELECT commit('t', 'of the old one');
ROLLBACK;
SELECT attach_dataset('t', 't');
SELECT commit('t', 'of the new one');
SELECT relation_oid = 't'::regclass AS attached FROM aidataops.dataset WHERE name = 't';

-- renamed and moved at once; but one of both is said of itself
ALTER TABLE t RENAME TO renamed;
INSERT INTO renamed VALUES (4);
SELECT commit('t', 'renamed');
ALTER TABLE renamed RENAME TO moved;
ALTER TABLE moved SET SCHEMA origin_elsewhere;
SELECT commit('t', 'moved');
SELECT relation_schema, relation_name FROM aidataops.dataset WHERE name = 't';
SELECT commit('t', 'moved');

-- of elsewhere: by name, if something with rows has it, and recorded at once
UPDATE aidataops.dataset SET relation_origin = '1/2/3/4', relation_oid = 1 WHERE name = 't';
SELECT relation FROM status('t');
SELECT commit('t', 'restored');
SELECT relation_oid = 'origin_elsewhere.moved'::regclass AS found FROM aidataops.dataset WHERE name = 't';
UPDATE aidataops.dataset SET relation_origin = '1/2/3/4', relation_name = 'no table' WHERE name = 't';
CREATE SEQUENCE origin_elsewhere."no table";
SELECT commit('t', 'lost');

SET client_min_messages = warning;
SELECT drop_monitor('m');
TRUNCATE aidataops.contract, aidataops.contract_table, aidataops.rule, aidataops.contract_event, aidataops.enforcement, aidataops.quarantine,
    aidataops.warning, aidataops.seen_schema, aidataops.lineage_node_state, aidataops.lineage_edge_state, aidataops.lineage_use, aidataops.lineage_run,
    aidataops.monitor, aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA origin, origin_elsewhere CASCADE;
DROP SCHEMA aidataops_history CASCADE;
