-- Who may see distributions: those who may read every row they were made of.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_drift_owner;
CREATE ROLE regress_drift_reader;
CREATE ROLE regress_drift_table_reader;
CREATE ROLE regress_drift_outsider;
CREATE SCHEMA work AUTHORIZATION regress_drift_owner;
GRANT USAGE ON SCHEMA work TO PUBLIC;
SELECT plan(19);

SET ROLE regress_drift_owner;
CREATE TABLE work.t (id int PRIMARY KEY, x float8, tenant name);
INSERT INTO work.t SELECT i, i % 10, 'a' FROM generate_series(1, 100) AS i;
GRANT SELECT ON work.t TO regress_drift_reader, regress_drift_table_reader;
SELECT create_dataset('t', 'work.t'), commit('t', 'one');
INSERT INTO work.t SELECT i, 20 + i % 10, 'a' FROM generate_series(101, 200) AS i;
SELECT commit('t', 'two');
SELECT is((SELECT count(*) FROM drift('t@1', 't@2')), 2::bigint, 'the owner asks for drift');
SELECT is((SELECT count(*) FROM version_column), 4::bigint, 'and sees the profiles');
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_drift_reader', (SELECT history_table FROM dataset)); END $$;

SET ROLE regress_drift_reader;
SELECT is((SELECT drifted FROM drift('t@1', 't@2') WHERE column_name = 'x'), true, 'so does who may read table and history');
SELECT is((SELECT drifted FROM drift('t@1', 't@WORKING') WHERE column_name = 'x'), true, 'also of the table as it is');
SELECT is((SELECT count(*) FROM version_column), 4::bigint, 'and sees the profiles');
SELECT is((SELECT count(*) FROM drift_rows('t@1', 't@2', 'x', n => 1)), 1::bigint, 'and the rows');
SELECT is((SELECT count(*) FROM drift_by('t@1', 't@2', 'tenant')), 1::bigint, 'and segments');
SELECT is((SELECT count(*) FROM compare('work.t', 'work.t')), 2::bigint, 'compare() needs the tables alone');

SET ROLE regress_drift_table_reader;
SELECT throws_ok($$SELECT * FROM drift('t@1', 't@2')$$, '42501', NULL, 'who may not read the history sees no drift of it');
SELECT is((SELECT count(*) FROM version_column), 0::bigint, 'nor profiles');
SELECT throws_ok($$SELECT * FROM drift_rows('t@1', 't@2', 'x')$$, '42501', NULL, 'nor rows');
SELECT throws_ok($$SELECT * FROM drift_by('t@1', 't@2', 'tenant')$$, '42501', NULL, 'nor segments');

SET ROLE regress_drift_outsider;
SELECT throws_ok($$SELECT * FROM drift('t@1', 't@2')$$, '42704', NULL, 'an outsider cannot tell that there is a dataset');
SELECT is((SELECT count(*) FROM version_column), 0::bigint, 'nor profiles');

-- once policies hide rows, profiles of all rows are too much
SET ROLE regress_drift_owner;
ALTER TABLE work.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON work.t USING (tenant = current_user);
SET ROLE regress_drift_reader;
SELECT throws_ok($$SELECT * FROM drift('t@1', 't@2')$$, '42501', NULL, 'a reader of some rows sees no drift of all');
SELECT is((SELECT count(*) FROM version_column), 0::bigint, 'nor profiles');
SET ROLE regress_drift_owner;
SELECT is((SELECT count(*) FROM version_column), 4::bigint, 'the owner does');
SELECT throws_ok($$INSERT INTO version_column SELECT * FROM version_column$$, '42501', NULL, 'but writes none');
SELECT lives_ok($$SELECT drop_dataset('t')$$, 'and drops them with the dataset');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
