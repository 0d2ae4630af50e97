-- Who may read the past: whom the owner lets, and of those, who may read the table now, row by row and column by column.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_rights_owner;
CREATE ROLE regress_rights_other;
CREATE ROLE regress_rights_reader;
CREATE ROLE regress_rights_columns;
CREATE ROLE regress_rights_all BYPASSRLS;
CREATE SCHEMA rights AUTHORIZATION regress_rights_owner;
GRANT USAGE ON SCHEMA rights TO PUBLIC;
GRANT CREATE ON SCHEMA rights TO regress_rights_other;
SELECT plan(58);

-- what a reader gets, or the reason why not
CREATE FUNCTION pg_temp.read(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text; detail text;
BEGIN
    EXECUTE 'SELECT string_agg(r::text, '' '' ORDER BY r::text) FROM (' || statement || ') AS s (r)' INTO result;
    RETURN result;
EXCEPTION WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws('|', SQLERRM, nullif(detail, ''));
END $$;
CREATE FUNCTION pg_temp.history(epoch int DEFAULT 1) RETURNS text LANGUAGE sql AS
$$ SELECT format('aidataops_history.%I', e.history_table) FROM schema_epoch AS e WHERE e.dataset_id = 1 AND e.epoch = history.epoch $$;
CREATE FUNCTION pg_temp.run(statement text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; END $$;
CREATE FUNCTION pg_temp.denied(detail text) RETURNS text LANGUAGE sql AS
$$ SELECT 'permission denied for the history of dataset "docs"|' || detail $$;

SET ROLE regress_rights_owner;
CREATE TABLE rights.member (name name, team text);
INSERT INTO rights.member VALUES ('regress_rights_reader', 'red');
GRANT SELECT ON rights.member TO PUBLIC;
CREATE TABLE rights.docs (id int PRIMARY KEY, team text, secret text);
INSERT INTO rights.docs VALUES (1, 'red', 'r'), (2, 'blue', 'b');
GRANT SELECT ON rights.docs TO regress_rights_reader, regress_rights_all;
GRANT SELECT (id, team) ON rights.docs TO regress_rights_columns;
SELECT create_dataset('docs', 'rights.docs'), commit('docs', 'one');
UPDATE rights.docs SET secret = 'x' WHERE id = 2;
SELECT commit('docs', 'two');
SELECT create_version_view('docs@1', 'rights.docs_1');
GRANT SELECT ON rights.docs_1 TO PUBLIC;

-- the owner must have let them
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@1'', NULL::rights.docs)'), 'permission denied for the history of dataset "docs"', 'no grant on the history');
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), 'permission denied for table dataset_1_1', 'nor by a view');
SET ROLE regress_rights_owner;
SELECT pg_temp.run(format('GRANT SELECT ON %s TO regress_rights_reader, regress_rights_all', pg_temp.history()));
SELECT pg_temp.run(format('GRANT SELECT (id, team, _added, _removed) ON %s TO regress_rights_columns', pg_temp.history()));
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@1'', NULL::rights.docs)'), '1 2', 'with a grant, as_of() reads');
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'and a view');
SELECT is(pg_temp.read('SELECT change FROM diff(''docs@1'', ''docs@2'')'), 'modified', 'and diff()');
SELECT is(pg_temp.read('SELECT DISTINCT ok FROM verify(''docs@1'')'), 'true', 'and verify()');
SELECT throws_ok($$SELECT sync_rights('docs')$$, '42501', NULL, 'but rights are the owner''s');

-- columns
SET ROLE regress_rights_columns;
SELECT is(pg_temp.read('SELECT id FROM ' || pg_temp.history()), '1 2 2', 'columns that may be read in the table');
SELECT is(pg_temp.read('SELECT secret FROM ' || pg_temp.history()), 'permission denied for table dataset_1_1', 'not others');
SELECT is(pg_temp.read('SELECT r FROM as_of_json(''docs@1'') AS r'), 'permission denied for the history of dataset "docs"', 'functions read them all');
SET ROLE regress_rights_owner;
SELECT pg_temp.run(format('GRANT SELECT (secret) ON %s TO regress_rights_columns', pg_temp.history()));
SET ROLE regress_rights_columns;
SELECT is(pg_temp.read('SELECT id FROM ' || pg_temp.history()), pg_temp.denied('You may not read its table, or not all of the columns.'), 'a grant on history gives no more than the table does');
SET ROLE regress_rights_owner;
REVOKE SELECT ON rights.docs FROM regress_rights_reader;
GRANT SELECT (id) ON rights.docs TO regress_rights_reader;
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), pg_temp.denied('You may not read its table, or not all of the columns.'), 'what is revoked on the table is revoked on the past, at once');
SET ROLE regress_rights_owner;
GRANT SELECT ON rights.docs TO regress_rights_reader;

-- policies: carried over by the next commit, and refused until then
CREATE POLICY own_team ON rights.docs FOR SELECT TO regress_rights_reader
    USING (EXISTS (SELECT FROM rights.member AS m WHERE m.name = current_user AND m.team = docs.team));
CREATE POLICY all_rows ON rights.docs FOR SELECT TO regress_rights_other USING (true);
CREATE POLICY writing ON rights.docs FOR INSERT TO regress_rights_reader WITH CHECK (true);
CREATE POLICY not_four ON rights.docs AS RESTRICTIVE FOR ALL USING (id <> 4);
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'policies without row-level security mean nothing');
SET ROLE regress_rights_owner;
ALTER TABLE rights.docs ENABLE ROW LEVEL SECURITY;
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), pg_temp.denied('The policies of its table are others than when they were last carried over.'), 'refused until they are carried over');
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@1'', NULL::rights.docs)'), pg_temp.denied('The policies of its table are others than when they were last carried over.'), 'by as_of() too');
SELECT is(pg_temp.read('SELECT id FROM ' || pg_temp.history()), pg_temp.denied('The policies of its table are others than when they were last carried over.'), 'and read directly');
SET ROLE regress_rights_all;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'BYPASSRLS reads on');
SET ROLE regress_rights_owner;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'and the owner');
SELECT commit('docs', 'nothing new');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs'), '1', 'the table shows the own team');
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1', 'and so do versions, after a commit');
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@2'', NULL::rights.docs)'), '1', 'read by as_of()');
SELECT is(pg_temp.read('SELECT r FROM as_of_json(''docs@2'') AS r'), '{"id": 1, "team": "red", "secret": "r"}', 'as JSON');
SELECT is(pg_temp.read('SELECT id FROM ' || pg_temp.history()), '1', 'directly');
SELECT throws_ok($$SELECT * FROM diff('docs@1', 'docs@2')$$, '42501', NULL, 'what is hidden would look removed: no comparison');
SELECT throws_ok($$SELECT * FROM row_history('docs', '{"id": 2}')$$, '42501', NULL, 'no history of rows');
SELECT throws_ok($$SELECT * FROM verify('docs@2')$$, '42501', NULL, 'no verification');
SELECT throws_ok($$SELECT * FROM size_report('docs')$$, '42501', NULL, 'no counting');
-- the condition is evaluated on the rows as they were
SET ROLE regress_rights_owner;
UPDATE rights.docs SET team = 'red' WHERE id = 2;
INSERT INTO rights.docs VALUES (4, 'red', 'four');
SELECT commit('docs', 'three');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@2'', NULL::rights.docs)'), '1', 'it was of another team then');
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@3'', NULL::rights.docs)'), '1 2', 'and restrictive policies hold');
-- a policy changed, dropped; a role's only
SET ROLE regress_rights_owner;
ALTER POLICY own_team ON rights.docs USING (team = 'blue');
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT id FROM rights.docs_1'), 'are others', 'changed: refused');
SET ROLE regress_rights_owner;
SELECT sync_rights('docs');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '2', 'carried over by sync_rights()');
SET ROLE regress_rights_owner;
DROP POLICY own_team ON rights.docs;
SELECT sync_rights('docs');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), NULL, 'no policy for the role: no row');
SET ROLE regress_rights_owner;
ALTER TABLE rights.docs DISABLE ROW LEVEL SECURITY;
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT id FROM rights.docs_1'), 'are others', 'switched off: refused, too');
SET ROLE regress_rights_owner;
SELECT sync_rights('docs');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'until carried over');

-- a shape that lacks the column of the policy; and who could read goes on reading in a new history table
SET ROLE regress_rights_owner;
DROP POLICY not_four ON rights.docs;
ALTER TABLE rights.docs DROP COLUMN secret, ALTER COLUMN id TYPE bigint, ADD COLUMN region text DEFAULT 'eu';
CREATE POLICY region ON rights.docs FOR SELECT USING (region = 'eu');
ALTER TABLE rights.docs ENABLE ROW LEVEL SECURITY;
SELECT commit('docs', 'four');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM as_of(''docs@4'', NULL::rights.docs)'), '1 2 4', 'a new history table has the grants of the one before');
SELECT matches(pg_temp.read('SELECT id FROM rights.docs_1'), 'refer to what these rows have not', 'a policy on a column that a version lacks');
SET ROLE regress_rights_all;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'is none for those who bypass it');
SET ROLE regress_rights_owner;
DROP POLICY region ON rights.docs;
CREATE POLICY whole ON rights.docs FOR SELECT USING (docs IS NOT NULL);
SELECT sync_rights('docs');
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT id FROM as_of(''docs@4'', NULL::rights.docs)'), 'refer to what these rows have not', 'a policy on the whole row');
SET ROLE regress_rights_owner;
DROP POLICY whole ON rights.docs;
ALTER TABLE rights.docs DISABLE ROW LEVEL SECURITY;
SELECT sync_rights('docs');

-- a table of somebody else's under the name; the table gone
RESET ROLE;
ALTER TABLE rights.docs OWNER TO regress_rights_other;
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT id FROM rights.docs_1'), 'belong to different roles', 'whose table is another''s says nothing about the past');
SET ROLE regress_rights_other;
SELECT throws_ok($$SELECT * FROM as_of_json('docs@1')$$, '42501', NULL, 'nor may the new owner read it');
RESET ROLE;
ALTER TABLE rights.docs OWNER TO regress_rights_owner;
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'back again');
SET ROLE regress_rights_owner;
DROP TABLE rights.docs;
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT id FROM rights.docs_1'), 'Its table is gone', 'no table, no rights');
SET ROLE regress_rights_owner;
SELECT is(pg_temp.read('SELECT id FROM rights.docs_1'), '1 2', 'but the owner''s');

-- a view as the source
CREATE TABLE rights.base (id int, owner name);
INSERT INTO rights.base VALUES (1, 'regress_rights_reader'), (2, 'somebody');
CREATE VIEW rights.seen AS SELECT id FROM rights.base;
GRANT SELECT ON rights.seen TO regress_rights_reader;
SELECT create_dataset('seen', 'rights.seen', key => '{id}'), commit('seen', 'one');
SELECT pg_temp.run('GRANT SELECT ON aidataops_history.' || (SELECT history_table FROM dataset WHERE name = 'seen') || ' TO regress_rights_reader');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT r FROM as_of_json(''seen@1'') AS r'), '{"id": 1} {"id": 2}', 'a view, read with the rights of its owner');
SET ROLE regress_rights_owner;
ALTER VIEW rights.seen SET (security_invoker = true);
SET ROLE regress_rights_reader;
SELECT matches(pg_temp.read('SELECT r FROM as_of_json(''seen@1'') AS r'), 'with the rights of who reads it', 'a view that shows others something else');
SET ROLE regress_rights_owner;
ALTER TABLE rights.base ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights.base FORCE ROW LEVEL SECURITY;
SELECT throws_ok($$SELECT commit('seen', 'two')$$, '42501', NULL, 'policies beneath a view hide rows from a commit as well');

-- a policy on a column that had another type: carried over where it can be converted without a word, and no commit fails for it
CREATE TABLE rights.typed (id int PRIMARY KEY, team int, n int);
INSERT INTO rights.typed VALUES (1, 1, 1), (2, 2, 2);
GRANT SELECT ON rights.typed TO regress_rights_reader;
SELECT create_dataset('typed', 'rights.typed'), commit('typed', 'one');
SELECT pg_temp.run(format('GRANT SELECT ON aidataops_history.%I TO regress_rights_reader', history_table)) FROM dataset WHERE name = 'typed';
ALTER TABLE rights.typed ALTER n TYPE bigint;
CREATE POLICY n ON rights.typed FOR SELECT USING (n = 1);
ALTER TABLE rights.typed ENABLE ROW LEVEL SECURITY;
SELECT commit('typed', 'two');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT r FROM as_of_json(''typed@1'') AS r'), '{"n": 1, "id": 1, "team": 1}', 'int where bigint is today');
SET ROLE regress_rights_owner;
ALTER TABLE rights.typed DISABLE ROW LEVEL SECURITY;
DROP POLICY n ON rights.typed;
ALTER TABLE rights.typed ALTER team TYPE text;
CREATE POLICY team ON rights.typed FOR SELECT USING (team = '1');
ALTER TABLE rights.typed ENABLE ROW LEVEL SECURITY;
SELECT lives_ok($$SELECT commit('typed', 'three')$$, 'a policy that means nothing for an old version does not stop a commit');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT r FROM as_of_json(''typed@3'') AS r'), '{"n": 1, "id": 1, "team": "1"}', 'it holds for the new one');
SELECT matches(pg_temp.read('SELECT r FROM as_of_json(''typed@1'') AS r'), 'in another type', 'and the old one is refused');
-- who may read some columns may do so in a new history table, too
SET ROLE regress_rights_owner;
GRANT SELECT (id, n) ON rights.typed TO regress_rights_columns;
SELECT pg_temp.run(format('GRANT SELECT (id, n, _added, _removed) ON aidataops_history.%I TO regress_rights_columns', history_table)) FROM dataset WHERE name = 'typed';
ALTER TABLE rights.typed DISABLE ROW LEVEL SECURITY, ALTER n TYPE numeric USING n / 2;
SELECT commit('typed', 'four');
SELECT pg_temp.run(format('CREATE FUNCTION pg_temp.newest() RETURNS text LANGUAGE sql AS $f$ SELECT ''aidataops_history.%I'' $f$', history_table)) FROM dataset WHERE name = 'typed';
SET ROLE regress_rights_columns;
SELECT is(pg_temp.read('SELECT n::int FROM ' || pg_temp.newest() || ' WHERE _removed > 4'), '0 1', 'columns that were granted');
SELECT matches(pg_temp.read('SELECT team FROM ' || pg_temp.newest()), 'permission denied for table', 'and no others');
SET ROLE regress_rights_owner;
ALTER TABLE rights.typed ENABLE ROW LEVEL SECURITY;
-- a policy on a column that history gets only with the next commit
SET ROLE regress_rights_owner;
ALTER TABLE rights.typed ADD COLUMN region text;
DROP POLICY team ON rights.typed;
CREATE POLICY region ON rights.typed FOR SELECT USING (region = 'eu');
SELECT sync_rights('typed');
UPDATE rights.typed SET region = 'eu' WHERE id = 2;
SELECT commit('typed', 'five');
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT id FROM as_of(''typed@5'', NULL::rights.typed)'), '2', 'applies once the column is there');

-- through somebody else's view: who made it must have the rights, and so must who reads it
SET ROLE regress_rights_owner;
DROP POLICY region ON rights.typed;
ALTER TABLE rights.typed DISABLE ROW LEVEL SECURITY;
SELECT sync_rights('typed');
GRANT CREATE ON SCHEMA rights TO regress_rights_reader;
SELECT pg_temp.run(format('CREATE FUNCTION pg_temp.typed() RETURNS text LANGUAGE sql AS $f$ SELECT ''aidataops_history.%I'' $f$', history_table)) FROM dataset WHERE name = 'typed';
SET ROLE regress_rights_reader;
SELECT pg_temp.run('CREATE VIEW rights.passed_on AS SELECT team FROM ' || pg_temp.typed());
GRANT SELECT ON rights.passed_on TO regress_rights_other;
SELECT is(pg_temp.read('SELECT DISTINCT team FROM rights.passed_on'), '1 2', 'a reader''s own view');
SET ROLE regress_rights_owner;
REVOKE SELECT ON rights.typed FROM regress_rights_reader;
SET ROLE regress_rights_reader;
SELECT is(pg_temp.read('SELECT DISTINCT team FROM rights.passed_on'), 'permission denied for the history of dataset "typed"|You may not read its table, or not all of the columns.', 'ends with the right');
SET ROLE regress_rights_other;
SELECT matches(pg_temp.read('SELECT DISTINCT team FROM rights.passed_on'), 'permission denied for table dataset_\d+_\d+$', 'for those as well who were let in by the reader');

-- what the policy calls can be called by anybody, and tells strangers nothing
SELECT throws_ok(format('SELECT aidataops._reader_allowed(%s, %L, %L, true)', 1, 'dataset_1_1', gen_random_uuid()), '42501', 'permission denied for table dataset_1_1', 'not even the name');
SELECT throws_ok(format('SELECT aidataops._reader_allowed(%s, %L, %L, true)', 99, 'nothing', gen_random_uuid()), '42501', 'permission denied for table nothing', 'whether there is such a dataset or not');

RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
