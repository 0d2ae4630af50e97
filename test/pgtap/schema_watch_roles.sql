-- Watching the schema, for roles that have nothing to do with it: their DDL goes on as if nobody watched.
SET client_min_messages = error;
CREATE ROLE regress_watch_owner;
CREATE ROLE regress_watch_other;
CREATE ROLE regress_watch_steward;
CREATE SCHEMA work AUTHORIZATION regress_watch_owner;
CREATE SCHEMA elsewhere AUTHORIZATION regress_watch_other;
GRANT USAGE ON SCHEMA work TO PUBLIC;
CREATE TABLE results (line text);
GRANT INSERT ON results TO PUBLIC;
SELECT plan(34);

SET ROLE regress_watch_owner;
CREATE TYPE work.mood AS ENUM ('happy', 'sad');
CREATE TABLE work.labels (id int PRIMARY KEY, label text NOT NULL, mood work.mood);
GRANT SELECT ON work.labels TO regress_watch_other;
RESET ROLE;
GRANT USAGE ON TYPE work.mood TO regress_watch_other;
INSERT INTO aidataops.contract (contract, version, status, document, document_hash, owner, created_by, activated_at)
VALUES ('labels', '1.0.0', 'active', '{}', '', 'regress_watch_steward', 'regress_watch_steward', now());
INSERT INTO aidataops.contract_table (contract, version, object, relation_schema, relation_name, relation_oid, relation_origin, owner, in_force)
VALUES ('labels', '1.0.0', 'labels', 'work', 'labels', 'work.labels'::regclass, aidataops._relation_origin('work.labels'::regclass), 'regress_watch_steward', true);
INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, severity, pointer)
VALUES ('labels', '1.0.0', 'label.required', 'labels', 'row', 'required', '{label}', '{}', 'error', '');
SELECT aidataops.watch_schema();

-- somebody else's tables
SET ROLE regress_watch_other;
SET search_path = elsewhere, public, pg_temp;
SELECT lives_ok($$CREATE TABLE labels (id int PRIMARY KEY, v text)$$, 'others create tables, of the same name too');
SELECT lives_ok($$ALTER TABLE labels ADD COLUMN w numeric$$, 'alter them');
SELECT lives_ok($$CREATE UNIQUE INDEX i ON labels (v)$$, 'index them');
SELECT lives_ok($$DROP INDEX i$$, 'and end that');
SELECT lives_ok($$CREATE TYPE kind AS ENUM ('a'); ALTER TYPE kind ADD VALUE 'b'$$, 'make types and alter them');
SELECT lives_ok($$CREATE TEMP TABLE t (i int); ALTER TABLE t ADD j int; DROP TABLE t$$, 'use temporary tables');
SELECT lives_ok($$CREATE VIEW seen AS SELECT * FROM work.labels$$, 'make views of tables with contracts');
SELECT lives_ok($$ALTER VIEW seen RENAME COLUMN label TO l$$, 'alter them');
SELECT lives_ok($$DO 'BEGIN EXECUTE ''CREATE TABLE made AS SELECT 1 AS one''; EXECUTE ''DROP TABLE made''; END'$$, 'work within functions');
SELECT lives_ok($$DROP TABLE labels$$, 'and drop what they made');
-- names that shall be looked up in nobody's search_path, and operators and functions that shall not be called
CREATE FUNCTION elsewhere.quote_ident(name) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END';
CREATE FUNCTION elsewhere.equal(oid, oid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END';
CREATE OPERATOR elsewhere.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = elsewhere.equal);
CREATE VIEW elsewhere.contract_table AS SELECT 1 AS one;
CREATE TABLE elsewhere.wide (c int);
SELECT is((SELECT count(*) FROM aidataops.contract_event), 0::bigint, 'none of which is an event');
SELECT throws_ok($$SELECT * FROM aidataops._tables_touched(10, 'X', '{1}', '{10}', true, false)$$, '42501', NULL, 'nobody calls what the event triggers call');
SELECT throws_ok($$SELECT aidataops.watch_schema()$$, '42501', NULL, 'nor watches');
SELECT throws_ok($$SELECT aidataops.watch_schema(false)$$, '42501', NULL, 'nor ends the watching');
SELECT throws_ok($$DROP EVENT TRIGGER aidataops_schema_drop$$, '42501', NULL, 'nor by hand');
SELECT throws_ok($$INSERT INTO aidataops.contract_event (contract, event, happened_by) VALUES ('labels', 'x', 'y')$$, '42501', NULL, 'nor writes events');

-- the owner of the table, who has no rights on the catalog and a hostile search_path
SET ROLE regress_watch_owner;
SET search_path = elsewhere, public;
SELECT lives_ok($$ALTER TABLE work.labels RENAME COLUMN label TO tag$$, 'the owner alters the table');
SELECT lives_ok($$ALTER TYPE work.mood ADD VALUE 'calm'$$, 'and the types of its columns');
SELECT results_eq($$SELECT change, name = CASE change WHEN 'values_added' THEN 'mood' ELSE 'label' END, happened_by = session_user, breaks FROM aidataops.schema_changes('labels')$$,
    $$VALUES ('column_renamed', true, true, '{label.required}'::text[]), ('values_added', true, true, '{}')$$, 'both are recorded, as of who logged in');
SELECT is((SELECT count(*) FROM aidataops.reconcile_schema()), 0::bigint, 'and nothing was missed');

-- who sees it: readers of the table and the steward of the contract
SET ROLE regress_watch_other;
SELECT is((SELECT count(*) FROM aidataops.schema_changes()), 2::bigint, 'readers of the table see it');
SET ROLE regress_watch_steward;
SELECT is((SELECT count(*) FROM aidataops.seen_schema), 1::bigint, 'the owner of the contract does');
RESET ROLE;
CREATE ROLE regress_watch_outsider;
SET ROLE regress_watch_outsider;
SELECT is((SELECT count(*) FROM aidataops.schema_changes()), 0::bigint, 'others do not');
SELECT is((SELECT count(*) FROM aidataops.seen_schema), 0::bigint, 'not what it was like, either');

-- who looks: those with the rights of the contract's owner or the table's
RESET ROLE;
ALTER EVENT TRIGGER aidataops_schema_command DISABLE;
SET ROLE regress_watch_owner;
ALTER TABLE work.labels ADD COLUMN note text;
SET ROLE regress_watch_other;
SELECT is((SELECT count(*) FROM aidataops.reconcile_schema()), 0::bigint, 'a reader does not reconcile');
SET ROLE regress_watch_steward;
SELECT is((SELECT count(*) FROM aidataops.reconcile_schema()), 1::bigint, 'the owner of the contract does');
RESET ROLE;
ALTER EVENT TRIGGER aidataops_schema_command ENABLE;

-- block: for the owner of the table, if whoever owns the contract has the owner's rights
UPDATE aidataops.contract_table SET schema_watch = 'block';
UPDATE aidataops.rule SET columns = '{tag}' WHERE kind = 'required';
SET ROLE regress_watch_owner;
SELECT throws_like($$DO 'BEGIN ALTER TABLE work.labels DROP COLUMN tag CASCADE; RAISE ''undone''; END'$$, 'undone', 'a contract of whom the table''s owner does not trust refuses nothing');
RESET ROLE;
GRANT regress_watch_owner TO regress_watch_steward;
SET ROLE regress_watch_owner;
SELECT throws_like($$ALTER TABLE work.labels DROP COLUMN tag CASCADE$$, '%does not allow this ALTER TABLE', 'the owner is refused what breaks the contract');
RESET ROLE;
SELECT throws_like($$DO 'BEGIN DROP OWNED BY regress_watch_owner CASCADE; RAISE ''undone''; END'$$, 'undone', 'a superuser is not, and may drop all of it');

-- the extension, while it watches
SELECT lives_ok($$ALTER EXTENSION aidataops ADD TABLE results; ALTER EXTENSION aidataops DROP TABLE results$$, 'extensions are altered');
SELECT throws_ok($$DROP EXTENSION aidataops$$, '2BP01', NULL, 'dropping this one says that it watches');
SELECT lives_ok($$DROP EXTENSION aidataops CASCADE$$, 'and with CASCADE ends that too');
SELECT is((SELECT count(*) FROM pg_event_trigger), 0::bigint, 'without a trace');
SELECT lives_ok($$ALTER TABLE work.labels DROP COLUMN tag CASCADE$$, 'in the way of nobody');
SELECT * FROM finish();
DROP OWNED BY regress_watch_owner, regress_watch_other, regress_watch_steward, regress_watch_outsider CASCADE;
DROP ROLE regress_watch_owner, regress_watch_other, regress_watch_steward, regress_watch_outsider;
