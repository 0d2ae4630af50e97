-- Views of versions as sources, what a change of one version touches, and who may know of models.
\set QUIET on
\pset format unaligned
\pset footer off
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION aidataops;
SET search_path = public, aidataops;
CREATE TABLE mails (id int PRIMARY KEY, label text);
CREATE TABLE train (id int PRIMARY KEY, label text);
INSERT INTO mails VALUES (1,'a');
SELECT create_dataset('mails','mails'), commit('mails','1');
INSERT INTO mails VALUES (2,'b');
SELECT commit('mails','2');
SELECT create_version_view('mails@1','first');
INSERT INTO train SELECT * FROM first;
SELECT depth, object_name, via, operation FROM lineage('train');
SELECT source_relation, source_column, kind, depth FROM column_lineage('train','label');
SELECT create_dataset('train','train'), commit('train','1');
SELECT version, source_version, n.name FROM lineage_version v JOIN lineage_node n ON n.node_id=v.source_node;
INSERT INTO train SELECT id+10, label FROM mails;
UPDATE train SET label = m.label FROM mails m WHERE m.id=train.id;
SELECT commit('train','2');
SELECT version, source_version, n.name FROM lineage_version v JOIN lineage_node n ON n.node_id=v.source_node ORDER BY 1::text, 3;
-- of a dataset: every version and model; of a version: what was made of it, and trained on it
SELECT record_training('m','1','{train@1}'), record_training('m','2','{train@2}'), record_training('a@b','1','{mails@1}');
SELECT depth, kind, object_name, column_name, CASE WHEN kind <> 'relation' THEN path_kind END AS path_kind FROM impact('mails') WHERE kind <> 'column';
SELECT depth, kind, object_name, column_name, CASE WHEN kind <> 'relation' THEN path_kind END AS path_kind FROM impact('mails@1') WHERE kind <> 'column';
SELECT depth, kind, object_name, column_name, CASE WHEN kind <> 'relation' THEN path_kind END AS path_kind FROM impact('mails@2') WHERE kind <> 'column';
SELECT depth, kind, object_name, column_name, CASE WHEN kind <> 'relation' THEN path_kind END AS path_kind FROM impact('train@2') WHERE kind <> 'column';
-- under another name it shows the same version
ALTER VIEW first RENAME TO first_mails;
SELECT properties FROM lineage_node WHERE name ~ 'first';
INSERT INTO train SELECT id + 100, label FROM first_mails;
SELECT commit('train','3');
SELECT version, source_version, n.name FROM lineage_version v JOIN lineage_node n ON n.node_id=v.source_node where version='train@3';
-- it is a view of the version no more
CREATE OR REPLACE VIEW first_mails AS SELECT 1::int AS id, 'x'::text AS label;
SELECT depth, object_name, via, operation FROM lineage('first_mails');
SELECT rename_dataset('mails','letters');
-- versions are followed to the new name, and forgotten with their dataset, so that another may have it
SELECT version, source_version FROM lineage_version ORDER BY 1, 2;
CREATE TABLE pages (id int PRIMARY KEY);
CREATE TABLE sheets AS SELECT 1 AS id;
INSERT INTO pages SELECT id FROM sheets;
SELECT create_dataset('mails','pages'), commit('mails','of another');
SELECT rename_dataset('mails','pages'), create_dataset('mails','pages'), commit('mails','again');
SELECT drop_dataset('mails'), drop_dataset('pages'), create_dataset('pages','pages'), commit('pages','once more'), drop_dataset('pages');
SELECT version, source_version FROM lineage_version WHERE dataset_name(version) <> 'train';
DROP TABLE pages, sheets;
CREATE ROLE regress_lineage_reader;
CREATE ROLE regress_lineage_outsider;
GRANT SELECT ON mails TO regress_lineage_reader;
-- a model is known to who may read a dataset that it used; names of datasets and versions to nobody else than readers
SET ROLE regress_lineage_reader;
SELECT depth, object_name, kind, via FROM lineage('mails','downstream');
SELECT depth, kind, object_name, column_name, CASE WHEN kind <> 'relation' THEN path_kind END AS path_kind FROM impact('mails') WHERE kind <> 'column';
SELECT depth, object_name, kind, via FROM lineage('a@b@1');
SELECT depth, object_name, kind, via FROM lineage('m@1');
SELECT name FROM lineage_node WHERE kind='model';
SET ROLE regress_lineage_outsider;
SELECT name FROM lineage_node WHERE kind='model';
SELECT * FROM lineage('letters');
SELECT * FROM lineage('letters@1');
SELECT * FROM lineage('letters@7');
SELECT * FROM impact('train@1');
SELECT * FROM lineage('nosuch');
SELECT * FROM lineage('a@b@1');
RESET ROLE;
GRANT SELECT ON train TO regress_lineage_reader;
REVOKE SELECT ON mails FROM regress_lineage_reader;
SET ROLE regress_lineage_reader;
SELECT object_name, kind FROM lineage('train', 'downstream');
SELECT object_name, kind FROM lineage('m@2');
-- a file is known to who sees what it fed
RESET ROLE;
SELECT record_lineage('{s3://bucket/labels.csv}', '{public.train}', 'load') IS NOT NULL AS recorded;
SET ROLE regress_lineage_reader;
SELECT object_name, kind FROM lineage('s3://bucket/labels.csv', 'downstream') WHERE depth = 1;
SET ROLE regress_lineage_outsider;
SELECT object_name, kind FROM lineage('s3://bucket/labels.csv', 'downstream');
-- nobody says what somebody else's view shows
SELECT _lineage_view_of_versions('first_mails', 'letters', NULL);
RESET ROLE;
CREATE VIEW own AS SELECT 1 AS id;
ALTER VIEW own OWNER TO regress_lineage_outsider;
SET ROLE regress_lineage_outsider;
SELECT _lineage_view_of_versions('own', 'letters', NULL);
RESET ROLE;
SELECT count(*) FROM lineage('own');
DROP OWNED BY regress_lineage_reader, regress_lineage_outsider;
DROP ROLE regress_lineage_reader, regress_lineage_outsider;
