-- Who checks, who gates, who is served: owner of the table, steward of the contract, checker, consumer, stranger, and one who forges
BEGIN;
SET search_path = public, aidataops;
SELECT plan(28);

CREATE ROLE story_owner;
CREATE ROLE story_steward;
CREATE ROLE story_checker;
CREATE ROLE story_consumer;
CREATE ROLE story_stranger;
CREATE ROLE story_half;
CREATE SCHEMA story AUTHORIZATION story_owner;
GRANT USAGE ON SCHEMA story TO PUBLIC;

SET ROLE story_owner;
CREATE TABLE story.labels (id int PRIMARY KEY, label text, salary int);
INSERT INTO story.labels SELECT i, 'cat', 1000 + i FROM generate_series(1, 20) AS i;
SELECT create_dataset('labels', 'story.labels');
SELECT commit('labels', 'first');
GRANT SELECT ON story.labels TO story_checker;
GRANT SELECT (id, label) ON story.labels TO story_half;

-- the steward's contract: bound to the table, with an expression of his own and a query
RESET ROLE;
INSERT INTO contract (contract, version, status, document, document_hash, owner, created_by) VALUES ('labels', '1.0.0', 'active', '{}', '\x01', 'story_steward', 'story_steward');
INSERT INTO contract_table (contract, version, object, relation_schema, relation_name, relation_oid, relation_origin, owner, in_force)
VALUES ('labels', '1.0.0', 'labels', 'story', 'labels', 'story.labels'::regclass, _relation_origin('story.labels'::regclass), 'story_steward', true);
INSERT INTO rule (contract, version, rule, object, level, kind, columns, parameters, operator, bounds, unit, severity, pointer) VALUES
    ('labels', '1.0.0', 'known labels', 'labels', 'row', 'values', '{label}', '{"values": ["cat", "dog"]}', NULL, NULL, NULL, 'error', ''),
    ('labels', '1.0.0', 'salaries', 'labels', 'table', 'statistic', '{salary}', '{"function": "max"}', '<', '[100000]', 'none', 'error', '');

SET ROLE story_steward;
SELECT results_eq($$SELECT outcome, message FROM check_contract('labels')$$, $$VALUES ('error', 'cannot be measured: permission denied for table labels'), ('error', 'cannot be measured: permission denied for table labels')$$,
    'a steward who may not read the table measures nothing, which is no pass');
RESET ROLE;
GRANT SELECT ON story.labels TO story_steward;
SET ROLE story_steward;
SELECT results_eq($$SELECT DISTINCT outcome FROM check_contract('labels')$$, $$VALUES ('pass')$$, 'the steward checks');
SELECT results_eq($$SELECT DISTINCT outcome FROM check_contract('labels', 'labels@WORKING')$$, $$VALUES ('pass')$$, 'also the table as a dataset');
SELECT results_eq($$SELECT DISTINCT outcome FROM check_contract('labels', 'labels@1')$$, $$VALUES ('pass')$$,
    'and a version whose history he may not read, by the table, while it is the same');

-- a checker needs to read the table, and sees what was found; a steward who only reads it lends nobody the rights to
SET ROLE story_checker;
SELECT results_eq($$SELECT DISTINCT outcome, message FROM check_contract('labels', 'labels@WORKING')$$,
    $$VALUES ('error', 'cannot be measured: relation story.labels is not read with the rights of "story_steward" for others')$$,
    'what only the steward may read is not read for others');
RESET ROLE;
GRANT story_owner TO story_steward;
SET ROLE story_checker;
SELECT results_eq($$SELECT DISTINCT outcome FROM check_contract('labels', 'labels@WORKING')$$, $$VALUES ('pass')$$, 'who reads all of the table may check');
SELECT results_eq($$SELECT checked_as, evaluated_as FROM check_run ORDER BY run_id DESC LIMIT 1$$, $$VALUES ('story_checker'::name, 'story_owner'::name)$$,
    'it is recorded who asked, and as whom it was measured');
SELECT is(gate('labels@HEAD')::text, 'labels@1', 'and may ask the gate');

-- who sees some columns knows of the check, but not what it found in others
SET ROLE story_half;
SELECT throws_ok($$SELECT check_contract('labels')$$, '42501', 'permission denied to check contract "labels"', 'who reads some columns may not check');
SELECT is((SELECT count(*) > 0 FROM check_run), true, 'but knows that it was checked');
SELECT is((SELECT count(*) FROM check_result), 0::bigint, 'and not what was measured');
SELECT is(gate('labels@1')::text, 'labels@1', 'the gate answers who may know of the dataset');

SET ROLE story_stranger;
SELECT throws_ok($$SELECT check_contract('labels')$$, '42704', 'contract "labels" does not exist', 'a stranger finds no contract');
SELECT throws_ok($$SELECT gate('labels@1')$$, '42704', 'dataset "labels" does not exist', 'nor a dataset to gate');
SELECT is((SELECT count(*) FROM check_run), 0::bigint, 'nor checks');

-- evidence is not to be forged: nobody writes it, and what users wrote runs as the table's owner, read-only
SET ROLE story_checker;
SELECT throws_ok($$INSERT INTO check_run (contract, contract_version, document_hash, outcome, started_at, finished_at, checked_by, checked_as, evaluated_as)
    VALUES ('labels', '1.0.0', '\x01', 'pass', now(), now(), 'x', 'x', 'x')$$, '42501', NULL, 'nobody inserts a check');
SELECT throws_ok($$UPDATE check_result SET outcome = 'pass'$$, '42501', NULL, 'nor changes what was found');
SELECT throws_ok($$SELECT aidataops._record_check('postgres'::regrole, NULL, NULL, NULL, 0)$$, '42501', NULL, 'nor calls what writes it');
SELECT throws_ok($$SELECT aidataops.__run_check('postgres'::regrole, 'labels', NULL, NULL, NULL)$$, '42501', NULL, 'nor in the name of another');

RESET ROLE;
INSERT INTO rule (contract, version, rule, object, level, kind, columns, parameters, operator, bounds, unit, severity, pointer) VALUES
    ('labels', '1.0.0', 'who', 'labels', 'table', 'sql', '{}', '{"query": "SELECT (current_user = ''story_owner'')::int"}', '=', '[1]', 'none', 'error', ''),
    ('labels', '1.0.0', 'escapes', 'labels', 'table', 'sql', '{}', '{"query": "SELECT length(set_config(''role'', ''story_steward'', false))"}', '>', '[0]', 'none', 'error', ''),
    ('labels', '1.0.0', 'writes', 'labels', 'table', 'sql', '{}', '{"query": "SELECT story.write()"}', '=', '[1]', 'none', 'error', '');
CREATE FUNCTION story.write() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE story.written (); RETURN 1; END $$;
GRANT CREATE ON SCHEMA story TO story_steward;
SET ROLE story_checker;
SELECT results_eq($$SELECT rule, outcome FROM check_contract('labels') WHERE rule IN ('who', 'escapes', 'writes') ORDER BY rule$$,
    $$VALUES ('escapes', 'error'), ('who', 'pass'), ('writes', 'error')$$, 'queries run as the owner of the table, can be nobody else, and write nothing');

-- a superuser's contract runs with the rights of the table's owner
RESET ROLE;
UPDATE contract SET owner = session_user WHERE contract = 'labels';
UPDATE rule SET parameters = '{"query": "SELECT (current_user = ''story_owner'')::int"}' WHERE rule = 'who';
SELECT results_eq($$SELECT outcome FROM check_contract('labels') WHERE rule = 'who'$$, $$VALUES ('pass')$$, 'rules of a superuser do not run as one on the table of another');
DELETE FROM rule WHERE rule IN ('who', 'escapes', 'writes');

-- policies of the table: what hides rows from the evaluator is no pass
UPDATE contract SET owner = 'story_steward' WHERE contract = 'labels';
REVOKE story_owner FROM story_steward;
ALTER TABLE story.labels ENABLE ROW LEVEL SECURITY;
SET ROLE story_steward;
SELECT results_eq($$SELECT DISTINCT outcome FROM check_contract('labels')$$, $$VALUES ('error')$$, 'a steward from whom a policy hides rows measures nothing');
SET ROLE story_checker;
SELECT throws_ok($$SELECT check_contract('labels')$$, '42501', NULL, 'a checker from whom a policy hides rows may not check');
RESET ROLE;
ALTER TABLE story.labels DISABLE ROW LEVEL SECURITY;

-- the consumer reads a view and nothing else
SET ROLE story_owner;
SELECT create_gated_view('story.served', 'labels');
SELECT create_gated_view('story.live', 'labels@WORKING');
GRANT SELECT ON story.served, story.live TO story_consumer;
SET ROLE story_steward;
SELECT count(*) FROM check_contract('labels', 'labels@1');
SET ROLE story_consumer;
SELECT is((SELECT count(*) FROM story.served), 20::bigint, 'a consumer is served by the right on the view alone');
SET ROLE story_owner;
UPDATE story.labels SET label = 'bird' WHERE id = 1;
SET ROLE story_steward;
SELECT count(*) FROM check_contract('labels', 'labels@WORKING');
SET ROLE story_consumer;
SELECT throws_ok($$SELECT * FROM story.live$$, '55000', 'table of dataset "labels" does not pass the gate for inference', 'and not with what failed');
CREATE FUNCTION pg_temp.why(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN EXECUTE sql; RETURN NULL; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL; RETURN detail; END $$;
SELECT is(pg_temp.why('SELECT * FROM story.live'), 'labels: rule "known labels" fails', 'a consumer is told which rule, not what was measured');
SET ROLE story_stranger;
SELECT is(pg_temp.why($$SELECT aidataops.gated_version(1, 'inference', NULL, NULL)$$), 'The owner of the dataset can see why.', 'a stranger is not');
SELECT throws_ok($$SELECT create_gated_view('mine', 'labels')$$, '42704', NULL, 'nor makes a view of his own');

RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
