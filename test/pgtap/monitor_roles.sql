-- A night of monitoring with several roles: an owner of data, a data scientist who watches it, a DBA whose scheduler runs
-- everything, and people who try to get what is not theirs.
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_mon_owner;
CREATE ROLE regress_mon_scientist;
CREATE ROLE regress_mon_outsider;
CREATE ROLE regress_mon_scheduler;
GRANT regress_mon_owner, regress_mon_scientist TO regress_mon_scheduler;
CREATE SCHEMA work AUTHORIZATION regress_mon_owner;
CREATE SCHEMA lab AUTHORIZATION regress_mon_scientist;
GRANT USAGE ON SCHEMA work, lab TO PUBLIC;
SELECT plan(51);

SET ROLE regress_mon_owner;
CREATE TABLE work.features (id int PRIMARY KEY, amount float8, shop text);
INSERT INTO work.features SELECT i, i % 100, 'shop ' || i % 4 FROM generate_series(1, 1000) AS i;
GRANT SELECT ON work.features TO regress_mon_scientist;
SELECT create_dataset('features', 'work.features'), commit('features', 'one');
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_mon_scientist', (SELECT history_table FROM dataset)); END $$;

-- the scientist declares what is to be watched and what is to happen
SET ROLE regress_mon_scientist;
CREATE TABLE lab.request (at timestamptz DEFAULT now(), alert jsonb, who name DEFAULT current_user);
CREATE FUNCTION lab.retrain(alert jsonb) RETURNS text LANGUAGE sql AS $$ INSERT INTO lab.request (alert) VALUES (alert); SELECT 'requested' $$;
SELECT is(create_monitor('features', 'features', on_alert => 'lab.retrain'), 'features', 'a reader of all rows may watch them');
SELECT lives_ok($$SELECT create_monitor('features live', 'features', columns => '{amount}')$$, 'more than once');
SELECT is((SELECT owner FROM monitor WHERE name = 'features'), 'regress_mon_scientist'::name, 'the monitor belongs to who made it');
SELECT is((SELECT status FROM run_monitor('features')), 'ok', 'nothing has moved yet');
SELECT is((SELECT ran_as FROM monitor_run), 'regress_mon_scientist'::name, 'rows are read with the rights of the scientist');
SELECT lives_ok($$SELECT schedule_monitor('features', '* * * * *', 'external')$$, 'it is scheduled');

-- nobody else sees, runs or changes it, nor writes what it found
SET ROLE regress_mon_outsider;
SELECT is((SELECT count(*) FROM monitor) + (SELECT count(*) FROM monitor_run) + (SELECT count(*) FROM monitor_result), 0::bigint, 'an outsider sees nothing of it');
SELECT throws_ok($$SELECT create_monitor('mine', 'features')$$, '42704', NULL, 'cannot watch what they cannot see');
SELECT throws_ok($$SELECT run_monitor('features')$$, '42704', NULL, 'cannot run it');
SELECT throws_ok($$SELECT drop_monitor('features')$$, '42704', NULL, 'nor drop it');
SELECT throws_ok($$SELECT schedule_monitor('features', '@daily', 'external')$$, '42704', NULL, 'nor schedule it');
SELECT throws_ok($$SELECT backfill_monitor('features', '2020-01-01Z')$$, '42704', NULL, 'nor backfill it');
SELECT throws_ok($$SELECT _record_run(NULL, 1, NULL, now(), false, NULL)$$, '42501', NULL, 'nor forge a run');
SELECT throws_ok($$SELECT _run_monitor(10, 'features')$$, '42501', NULL, 'nor call as somebody else');
SELECT throws_ok($$SELECT _claim_next_due(10)$$, '42501', NULL, 'nor have run what others own');
SELECT throws_ok($$INSERT INTO monitor_result (run_id, ordinal, monitor_id, measure, breaches, status) VALUES (1, 99, 1, 'psi', 0, 'ok')$$, '42501', NULL, 'results cannot be forged');
SET ROLE regress_mon_scientist;
SELECT throws_ok($$UPDATE monitor_run SET status = 'ok'$$, '42501', NULL, 'not even by the owner of the monitor');
SELECT throws_ok($$DELETE FROM alert$$, '42501', NULL, 'nor are alerts deleted');
-- a monitor made past create_monitor() runs with the rights of its maker all the same
CREATE TABLE lab.sly AS SELECT jsonb_build_object('name', 'sly', 'dataset_id', (SELECT dataset_id FROM dataset), 'dataset', 'features', 'kind', 'drift', 'reference', 'features@99', 'reference_dataset_id',
    (SELECT dataset_id FROM dataset), 'methods', '{}'::jsonb, 'thresholds', '{}'::jsonb, 'delay', '0', 'rows', 'auto', 'min_rows', 1, 'alpha', 0.05, 'consecutive', 1, 'severity', 'warn',
    'run_timeout', '1 min', 'on_alert_timeout', '1 min', 'owner', 'postgres', 'on_alert', 'lab.retrain(jsonb)') AS spec;
GRANT SELECT ON lab.sly TO PUBLIC;
SET ROLE regress_mon_outsider;
SELECT throws_ok($$SELECT _store_monitor(spec) FROM lab.sly$$, '42501', NULL, 'not even past create_monitor() does an outsider get one');
SET ROLE regress_mon_owner;
SELECT lives_ok($$SELECT _store_monitor(spec) FROM lab.sly$$, 'who may read may try');
SELECT is((SELECT owner FROM monitor WHERE name = 'sly'), 'regress_mon_owner'::name, 'but it belongs to who called');
SELECT is((SELECT status || ' ' || sqlstate FROM run_monitor('sly')), 'error 42704', 'and a version that there is not is an error');
SELECT is((SELECT detail FROM alert_event WHERE event = 'callback_failed'), '42501: function lab.retrain(jsonb) belongs to role "regress_mon_scientist", which has not the rights of "regress_mon_owner"',
          'nor does it run a function of others with the rights of its owner');
SELECT drop_monitor('sly');

-- a unit changes; the DBA's scheduler runs what is due, each monitor with the rights of its owner
SET ROLE regress_mon_owner;
INSERT INTO work.features SELECT i, (i % 100) * 1000, 'shop ' || i % 4 FROM generate_series(1001, 1400) AS i;
SELECT commit('features', 'grams, not kilograms');
RESET ROLE;
UPDATE monitor SET next_due_at = now() - interval '10 seconds' WHERE name = 'features';
SET ROLE regress_mon_outsider;
CALL run_due_monitors();
RESET ROLE;
SELECT is((SELECT count(*) FROM monitor_run), 1::bigint, 'an outsider''s scheduler runs none of others');
SET ROLE regress_mon_scheduler;
CALL run_due_monitors();
SET ROLE regress_mon_scientist;
SELECT is((SELECT status FROM alerts()), 'open', 'an alert is open');
SELECT is((SELECT who FROM lab.request), 'regress_mon_scientist'::name, 'the callback ran as the monitor''s owner, whoever''s scheduler it was');
SELECT is((SELECT alert ->> 'monitor' || ' ' || (alert #>> '{values,0,column}') FROM lab.request), 'features amount', 'and knows what it is about');
SELECT is((SELECT side || ' ' || cause || ' ' || column_name || ' ' || left(detail, 10) FROM explain_alert((SELECT alert_id FROM alerts())) WHERE rank = 1),
          'data scaled amount times 1000', 'the incident starts with its cause');
SELECT is((SELECT version::text FROM explain_alert((SELECT alert_id FROM alerts())) WHERE cause = 'commit'), 'features@2', 'and with the commit that brought it');
-- those who may read every row see it, too, but look after it only with the rights of its owner
SET ROLE regress_mon_owner;
SELECT is((SELECT status FROM alerts()), 'open', 'the owner of the data sees the alert');
SELECT throws_ok($$SELECT acknowledge_alert((SELECT alert_id FROM alerts()))$$, '42501', NULL, 'but does not acknowledge it for the scientist');
SET ROLE regress_mon_outsider;
SELECT throws_ok($$SELECT * FROM explain_alert(1)$$, '42704', NULL, 'an outsider is told nothing');
SELECT throws_ok($$SELECT * FROM explain_alert(2)$$, '42704', NULL, 'of any alert');
SET ROLE regress_mon_scheduler;
SELECT lives_ok($$SELECT acknowledge_alert((SELECT alert_id FROM alerts()), 'asked the warehouse')$$, 'who has the rights of the scientist does');
-- it heals
SET ROLE regress_mon_owner;
UPDATE work.features SET amount = amount / 1000 WHERE id > 1000;
SELECT commit('features', 'kilograms again');
SET ROLE regress_mon_scientist;
SELECT is((SELECT status FROM run_monitor('features')), 'ok', 'back in kilograms');
SELECT is((SELECT status FROM alerts(include_resolved => true)), 'resolved', 'the alert resolved itself');

-- a monitor whose owner may no longer read
SET ROLE regress_mon_owner;
DO $$ BEGIN EXECUTE format('REVOKE SELECT ON aidataops_history.%I FROM regress_mon_scientist', (SELECT history_table FROM dataset)); END $$;
SET ROLE regress_mon_scientist;
SELECT is((SELECT status || ' ' || sqlstate FROM run_monitor('features')), 'error 42501', 'it says so');
SELECT is((SELECT a.reason FROM alert AS a JOIN monitor AS m USING (monitor_id) WHERE m.name = 'features' AND a.resolved_at IS NULL), 'error', 'and that is an alert, too');
SELECT is((SELECT side || ' ' || area FROM explain_alert((SELECT max(alert_id) FROM alert))), 'data rights', 'with its cause');

-- a superuser who watches: the code of a view runs with the rights of the view's owner, never with a superuser's
SET ROLE regress_mon_owner;
CREATE FUNCTION work.spy(x float8) RETURNS float8 LANGUAGE plpgsql VOLATILE AS $$ BEGIN IF current_user <> 'regress_mon_owner' THEN RAISE EXCEPTION 'running as %', current_user; END IF; RETURN x; END $$;
GRANT EXECUTE ON FUNCTION work.spy TO PUBLIC;
CREATE VIEW work.watched AS SELECT id, work.spy(amount) AS amount, timestamptz '2026-01-01Z' + id * interval '1 hour' AS at FROM work.features;
SELECT create_dataset('watched', 'work.watched', key => '{id}', roles => '{"amount": "number"}');
RESET ROLE;
SELECT lives_ok($$SELECT create_monitor('of the superuser', 'watched', reference => 'previous', columns => '{amount}', time_column => 'at', window_size => '10 days')$$, 'a superuser watches a view of somebody else');
SELECT is(backfill_monitor('of the superuser', '2026-01-11Z', '2026-01-31Z'), 2::bigint, 'and runs it');
SELECT is((SELECT string_agg(DISTINCT r.status || ' ' || r.ran_as, ', ') FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'of the superuser'), 'ok regress_mon_owner', 'as the owner of the view');
-- so do rules
SELECT lives_ok($$SELECT create_monitor('NULLs of the superuser', 'watched', kind => 'missing', columns => '{amount}')$$, 'a superuser watches NULLs in a view of somebody else');
SELECT is((SELECT r.status || ' ' || r.ran_as FROM run_monitor('NULLs of the superuser') AS r), 'ok regress_mon_owner', 'as the owner of the view, too');
SET ROLE regress_mon_owner;
CREATE FUNCTION work.trap(alert jsonb) RETURNS void LANGUAGE sql AS '';
RESET ROLE;
SELECT throws_ok($$SELECT create_monitor('trap', 'watched', reference => 'previous', on_alert => 'work.trap')$$, '42501', NULL, 'a function of somebody else is no callback of a superuser');

-- rules are measured as the monitor's owner
SET ROLE regress_mon_owner;
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_mon_scientist', (SELECT history_table FROM dataset WHERE name = 'features')); END $$;
SET ROLE regress_mon_scientist;
SELECT lives_ok($$SELECT create_monitor('rows', 'features', kind => 'volume', thresholds => '{"lower": 1000}')$$, 'a reader watches the number of rows');
SELECT is((SELECT r.status || ' ' || r.ran_as FROM run_monitor('rows') AS r), 'ok regress_mon_scientist', 'with the rights of the reader');
SET ROLE regress_mon_owner;
REVOKE SELECT ON work.features FROM regress_mon_scientist;
SET ROLE regress_mon_scientist;
SELECT matches((SELECT r.status || ' ' || r.sqlstate FROM run_monitor('rows') AS r), '^error (42501|42704)$', 'while there are any');
SET ROLE regress_mon_owner;
GRANT SELECT ON work.features TO regress_mon_scientist;

-- row-level security
SET ROLE regress_mon_owner;
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_mon_scientist', (SELECT history_table FROM dataset WHERE name = 'features')); END $$;
SET ROLE regress_mon_scientist;
SELECT is((SELECT status FROM run_monitor('features')), 'ok', 'allowed again');
SET ROLE regress_mon_owner;
ALTER TABLE work.features ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON work.features USING (shop = 'shop 1');
SET ROLE regress_mon_scientist;
SELECT is((SELECT status || ' ' || sqlstate FROM run_monitor('features')), 'error 42501', 'who sees some of the rows judges none');

-- the role is gone
RESET ROLE;
DROP OWNED BY regress_mon_scientist CASCADE;
DROP ROLE regress_mon_scientist;
SELECT is((SELECT status || ': ' || error FROM run_monitor('features')), 'error: role "regress_mon_scientist", the owner of monitor "features", is gone', 'the monitor of a role that is gone says so');
SELECT drop_monitor(name) FROM monitor;
SELECT * FROM finish();
DROP OWNED BY regress_mon_owner, regress_mon_outsider, regress_mon_scheduler CASCADE;
DROP ROLE regress_mon_owner, regress_mon_outsider, regress_mon_scheduler;
