-- A rule measures and leaves nothing behind in the session of who asked: no lock, no setting, no message; nor does it
-- give up what the session holds.
BEGIN;
SET client_min_messages = error;
SELECT plan(13);
CREATE ROLE attack_owner;
CREATE ROLE attack_reader;
CREATE SCHEMA work AUTHORIZATION attack_owner;
GRANT USAGE ON SCHEMA work TO attack_reader;

SET ROLE attack_owner;
CREATE TABLE work.t (id int PRIMARY KEY);
GRANT SELECT ON work.t TO attack_reader;
CREATE FUNCTION work.does(statement text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 0;
END $$;
CREATE FUNCTION work.tries() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    got boolean := pg_try_advisory_lock(77, 4);
BEGIN
    RETURN got::int;
END $$;
CREATE FUNCTION work.rule(name text, query text) RETURNS jsonb LANGUAGE sql AS
    $$SELECT jsonb_build_object('name', name, 'type', 'sql', 'query', query, 'mustBe', 0)$$;
SELECT lives_ok($test$SELECT aidataops.create_contract(jsonb_build_object('apiVersion', 'v3.0.2', 'kind', 'DataContract',
    'id', 'work', 'version', '1.0.0', 'status', 'active', 'schema', jsonb_build_array(jsonb_build_object('name', 't',
    'physicalName', 'work.t', 'properties', '[{"name": "id", "logicalType": "integer"}]'::jsonb, 'quality',
    jsonb_build_array(
        work.rule('locks', $$SELECT work.does('SELECT pg_advisory_lock(77, 1)')$$),
        work.rule('shares', $$SELECT work.does('SELECT pg_advisory_lock_shared(77, 2)')$$),
        work.rule('tries', 'SELECT work.tries()'),
        work.rule('here', 'SELECT count(*) FROM work.t WHERE pg_try_advisory_lock(77, 3) IS NULL'),
        work.rule('gives up', $$SELECT work.does('SELECT pg_advisory_unlock_all()')$$),
        work.rule('gives up one', $$SELECT work.does('SELECT pg_advisory_unlock(88)')$$),
        work.rule('locks for now', $$SELECT work.does('SELECT pg_advisory_xact_lock(99)')$$),
        work.rule('locks a table', $$SELECT work.does('LOCK TABLE work.t IN ACCESS SHARE MODE')$$),
        work.rule('sets', $$SELECT work.does($q$SELECT set_config('work.left', 'behind', false)$q$)$$),
        work.rule('notifies', $$SELECT work.does('NOTIFY work')$$))))))$test$, 'a contract of rules that do more than they should');

SET ROLE attack_reader;
SELECT pg_advisory_lock(88);
SELECT is((SELECT count(*) FROM aidataops.check_contract('work') WHERE outcome = 'error' AND message LIKE '%not for rules%'),
    6::bigint, 'locks of the session are refused, with a reason');
SELECT is((SELECT string_agg(rule, ', ' ORDER BY rule) FROM aidataops.check_results('work') WHERE outcome = 'pass'
    AND rule <> 't.type'), 'locks a table, locks for now, notifies, sets', 'what is undone is not');
SELECT results_eq($$SELECT classid::int, objid::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()$$,
    'VALUES (0, 88)', 'the session holds what it held, and nothing else');
SELECT ok(pg_advisory_unlock(88), 'once');
SELECT is(pg_advisory_unlock(88), false, 'and not twice');
SELECT is(coalesce(current_setting('work.left', true), ''), '', 'no setting stays');
-- the user's own locks are the user's business
SELECT lives_ok('SELECT work.tries()', 'outside of rules the same function locks');
SELECT ok(pg_advisory_unlock(77, 4), 'and the lock stays');
SELECT is((SELECT outcome FROM aidataops.check_contract('work') WHERE rule = 'tries'), 'error',
    'though the function was called before');

-- a callback is run on behalf of somebody as well
RESET ROLE;
SET ROLE attack_owner;
CREATE FUNCTION work.on_alert(jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_lock(77, 5);
    RETURN 'done';
END $$;
DO $$BEGIN
    PERFORM aidataops.create_dataset('work', 'work.t');
    PERFORM aidataops.create_monitor('work', 'work', 'volume', thresholds => '{"lower": 10}', min_rows => 1,
                                     on_alert => 'work.on_alert(jsonb)');
END$$;
RESET ROLE;
SELECT is((SELECT status FROM aidataops.run_monitor('work')), 'breached', 'a monitor calls back');
SELECT alike((SELECT detail FROM aidataops.alert_event WHERE event LIKE 'callback%'), '%not for rules and callbacks%',
    'what may not lock the session either');
SELECT is((SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), 0::bigint, 'so none is left');

SELECT * FROM finish();
ROLLBACK;
