-- Row-level security: rows that are hidden must never look removed.  Whoever might not see all is told so.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_rls_owner;
CREATE ROLE regress_rls_reader;
CREATE ROLE regress_rls_all BYPASSRLS;
CREATE SCHEMA rls AUTHORIZATION regress_rls_owner;
GRANT USAGE ON SCHEMA rls TO PUBLIC;
SELECT plan(27);

SET ROLE regress_rls_owner;
CREATE TABLE rls.t (id int PRIMARY KEY, tenant name, v text);
INSERT INTO rls.t VALUES (1, 'regress_rls_reader', 'a'), (2, 'somebody', 'b'), (3, 'somebody', 'c');
GRANT SELECT ON rls.t TO regress_rls_reader, regress_rls_all;
SELECT lives_ok($$SELECT create_dataset('t', 'rls.t'), commit('t', 'first')$$, 'a dataset without policies');
ALTER TABLE rls.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON rls.t USING (tenant = current_user);
SELECT lives_ok($$SELECT commit('t', 'the same')$$, 'policies do not hold for the owner');
SELECT is((SELECT head FROM dataset), 1, 'who sees all, so nothing changed');
SELECT is((SELECT changed FROM status('t')), false, 'nor does status() say so');
UPDATE rls.t SET v = 'd' WHERE id = 3;
SELECT lives_ok($$SELECT commit('t', 'second')$$, 'the owner commits');
SELECT is((SELECT num_rows FROM version WHERE number = 2), 3::bigint, 'all rows');
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_rls_reader, regress_rls_all', (SELECT history_table FROM dataset)); END $$;
RESET ROLE;

-- a superuser sees all, and commits as the owner
SELECT lives_ok($$SELECT commit('t', 'the same')$$, 'a superuser commits');
SELECT is((SELECT head FROM dataset), 2, 'and nothing changed');

-- the reader sees one row of the table
SET ROLE regress_rls_reader;
SELECT is((SELECT count(*) FROM rls.t), 1::bigint, 'the reader sees their own');
SELECT throws_ok($$SELECT * FROM status('t')$$, '42501', NULL, 'status() does not call the others removed');
SELECT throws_ok($$SELECT * FROM diff('t@1', 't@WORKING')$$, '42501', NULL, 'nor diff()');
SELECT throws_ok($$SELECT * FROM diff_stat('t@WORKING', 't@1')$$, '42501', NULL, 'nor diff_stat()');
SELECT throws_ok($$SELECT table_fingerprint('rls.t')$$, '42501', NULL, 'nor table_fingerprint()');
SELECT throws_ok($$SELECT * FROM diff('t@1', 't@2')$$, '42501', NULL, 'not even between versions');
SELECT throws_ok($$SELECT * FROM verify('t@2')$$, '42501', NULL, 'and verify() does not call the version damaged');
SELECT is((SELECT array_agg(r ->> 'id') FROM as_of_json('t@1') AS r), '{1}', 'versions are read as the table is: the same rows are hidden');
SELECT is((SELECT array_agg(id) FROM as_of('t@2', NULL::rls.t)), '{1}', 'in any version');
SELECT is((SELECT count(*) FROM as_of_json('t@WORKING')), 1::bigint, 'and in the table');
RESET ROLE;
SET ROLE regress_rls_all;
SELECT is((SELECT changed FROM status('t')), false, 'BYPASSRLS sees all');
RESET ROLE;

-- policies on the history
SET ROLE regress_rls_owner;
DO $$
DECLARE history text := (SELECT 'aidataops_history.' || quote_ident(history_table) FROM dataset);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', history);
    EXECUTE format('CREATE POLICY own ON %s USING (tenant = current_user)', history);
END $$;
RESET ROLE;
SET ROLE regress_rls_reader;
SELECT throws_ok($$SELECT * FROM diff('t@1', 't@2')$$, '42501', NULL, 'policies of the owner on the history are an error too');
RESET ROLE;
SET ROLE regress_rls_owner;
SELECT is((SELECT count(*) FROM as_of('t@1', NULL::rls.t)), 3::bigint, 'which is not the owner');

-- forced on the owner
ALTER TABLE rls.t FORCE ROW LEVEL SECURITY;
SELECT throws_ok($$SELECT commit('t', 'third')$$, '42501', NULL, 'who then cannot commit');
RESET ROLE;
SELECT throws_ok($$SELECT commit('t', 'third')$$, '42501', NULL, 'nor can a superuser, who commits as the owner');
SELECT is((SELECT head FROM dataset), 2, 'nothing was recorded');
-- forced on the owner in the history: a row that they cannot see there would stay in all later versions
SET ROLE regress_rls_owner;
ALTER TABLE rls.t NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE history text := (SELECT 'aidataops_history.' || quote_ident(history_table) FROM dataset);
BEGIN
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', history);
    EXECUTE format('CREATE POLICY few ON %s USING (id > 1) WITH CHECK (true)', history);
END $$;
DELETE FROM rls.t WHERE id = 1;
SELECT throws_ok($$SELECT commit('t', 'third')$$, '42501', NULL, 'a commit must see all of the history');
SELECT throws_ok($$SELECT * FROM diff('t@1', 't@2')$$, '42501', NULL, 'and so must a comparison');
SELECT is((SELECT head FROM dataset), 2, 'nothing was recorded');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
