-- Nothing is passed over: rows of versions between two runs, rows between two windows, runs that are lost or do not begin, callbacks
-- that do not want to end.
CREATE SCHEMA passed;
SET search_path = passed, aidataops, public;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
CREATE TABLE r (id int PRIMARY KEY, x int, part text DEFAULT 'a');
CREATE FUNCTION arrive(first int, last int, plus int DEFAULT 0) RETURNS void LANGUAGE sql AS $$ INSERT INTO passed.r (id, x) SELECT i, i % 10 + plus FROM generate_series(first, last) AS i $$;
CREATE FUNCTION run_all() RETURNS TABLE (name text, status text, version dataset_version, since dataset_version, reference text, n_current bigint, breached integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR name IN SELECT m.name FROM aidataops.monitor AS m ORDER BY m.monitor_id LOOP
        SELECT r.status, r.version, r.since, r.reference, r.breached, r.run_id INTO status, version, since, reference, breached, n_current FROM aidataops.run_monitor(name) AS r;
        n_current := (SELECT max(v.n_current) FROM aidataops.monitor_result AS v WHERE v.run_id = run_all.n_current);
        RETURN NEXT;
    END LOOP;
END $$;
SELECT arrive(1, 1000);
SELECT create_dataset('r', 'r', roles => '{"part": "group"}'), commit('r', 'one');
SELECT create_monitor('fixed', 'r', columns => '{x}'), create_monitor('previous', 'r', columns => '{x}', reference => 'previous'), create_monitor('trailing', 'r', columns => '{x}', reference => 'trailing 3'),
       create_monitor('weekday', 'r', columns => '{x}', reference => 'same weekday 3'), create_monitor('all', 'r', columns => '{x}', reference => 'previous', rows => 'all'),
       create_monitor('part', 'r', columns => '{x}', segment_by => 'part', reference => 'previous');
-- two versions before the first run: the first brought the drift, the second a row
SELECT arrive(1001, 1200, 1000), commit('r', 'drifted');
SELECT arrive(1201, 1201), commit('r', 'a row');
SELECT * FROM run_all();
-- nothing new: the same rows are judged again
SELECT name, status, since, n_current FROM run_all() WHERE name IN ('fixed', 'part');
-- what one run measured is what drift() says of the same rows
SELECT v.value = d.statistic AS same FROM monitor_result AS v JOIN monitor_run AS r USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id, drift('r@1', 'r@3') AS d
 WHERE m.name = 'fixed' AND d.column_name = 'x' ORDER BY r.run_id LIMIT 1;
-- too few rows wait until there are enough, together with those after them
SELECT arrive(1202, 1230), commit('r', '29 rows');
SELECT status, since, n_current FROM run_all() WHERE name = 'fixed';
SELECT arrive(1231, 1250), commit('r', '20 rows');
SELECT status, since, n_current FROM run_all() WHERE name = 'fixed';
SELECT arrive(1251, 1260), commit('r', '10 rows');
SELECT * FROM run_all();
-- what came and was corrected before anybody looked is judged as it is now; what came and went, not at all
SELECT arrive(2001, 2100, 1000), commit('r', 'in the wrong unit');
UPDATE r SET x = x - 1000 WHERE id > 2000;
SELECT commit('r', 'in the right unit');
SELECT * FROM run_all() WHERE name IN ('fixed', 'previous', 'part');
SELECT arrive(3001, 3200, 1000), commit('r', 'a bad load');
SELECT rows_removed FROM restore('r@8');
SELECT commit('r', 'as it was');
SELECT * FROM run_all() WHERE name IN ('fixed', 'previous', 'part');
-- a column that changed its type on the way, and one that came
ALTER TABLE r ALTER x TYPE text;
SELECT arrive(4001, 4100), commit('r', 'as text');
ALTER TABLE r ALTER x TYPE int USING x::int, ADD y int;
SELECT arrive(4101, 4200), commit('r', 'as numbers');
SELECT * FROM run_all() WHERE name IN ('fixed', 'previous');
-- a reference later than the last run: what it holds is no news
SELECT arrive(5001, 5100, 1000), commit('r', 'large'), arrive(5101, 5200), commit('r', 'small');
SELECT alter_monitor('fixed', reference => 'r@13');
SELECT arrive(5201, 5300), commit('r', 'small, too');
SELECT * FROM run_all() WHERE name = 'fixed';
-- backfilled, each version by itself
SELECT create_monitor('past', 'r', columns => '{x}', reference => 'previous'), backfill_monitor('past');
SELECT r.version, r.since, r.reference, r.status FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'past' ORDER BY r.as_of;
SELECT status, since FROM run_monitor('past');
-- a dataset that had no version yet
CREATE TABLE late (id int PRIMARY KEY, x int);
SELECT create_dataset('late', 'late'), create_monitor('late', 'late', reference => 'previous'), create_monitor('late gold', 'late', kind => 'gold', reference => 'r@1');
INSERT INTO late SELECT i, i % 10 FROM generate_series(1, 100) AS i;
SELECT commit('late', 'one');
INSERT INTO late SELECT i, i % 10 + 1000 FROM generate_series(101, 200) AS i;
SELECT commit('late', 'two');
INSERT INTO late VALUES (201, 1);
SELECT commit('late', 'three');
SELECT * FROM run_all() WHERE name ~ '^late';
-- same weekday: of the days that are judged, the same days before
SELECT drop_monitor(name) FROM monitor;
UPDATE version AS v SET committed_at = timestamptz '2026-03-02 12:00Z' + v.number * interval '1 day' FROM dataset AS d WHERE d.dataset_id = v.dataset_id AND d.name = 'r';
SELECT _reference_numbers(d, 12, 14, 'same weekday 1'), _reference_numbers(d, 13, 14, 'same weekday 3'), _reference_numbers(d, 5, 6, 'same weekday 1') FROM dataset AS d WHERE d.name = 'r';

-- windows end when they were due, so that none begins later than the one before ended
CREATE TABLE seen (at timestamptz, x int);
INSERT INTO seen SELECT now() - i * interval '1 minute', i % 10 FROM generate_series(0, 600) AS i;
SELECT create_dataset('seen', 'seen', key => '{}'), create_monitor('hourly', 'seen', reference => 'previous', time_column => 'at', window_size => '1 hour', delay => '10 minutes'),
       schedule_monitor('hourly', '0 * * * *', 'external') > now() AS due;
UPDATE monitor SET next_due_at = date_trunc('hour', now()) - interval '2 hours';
CALL run_due_monitors();
SELECT r.status, r.missed, r.window_end = date_trunc('hour', now()) - interval '10 minutes' AS when_due FROM monitor_run AS r ORDER BY r.run_id;

-- a run that does not come to an end, and one that nobody begins, are alerts
SELECT drop_monitor('hourly');
CREATE TABLE told (monitor text, reason text);
CREATE FUNCTION tell(alert jsonb) RETURNS text LANGUAGE sql AS $$ INSERT INTO passed.told VALUES (alert ->> 'monitor', alert ->> 'reason') RETURNING 'told' $$;
SELECT create_monitor('lost', 'r', kind => 'volume', consecutive => 2, on_alert => 'passed.tell'), schedule_monitor('lost', '@yearly', 'external') > now() AS due;
CREATE FUNCTION lose() RETURNS void LANGUAGE sql AS $$
    UPDATE aidataops.monitor SET next_due_at = now() - interval '1 minute';
    SELECT aidataops._claim_next_due(10);
    UPDATE aidataops.monitor_run SET started_at = started_at - interval '1 minute' WHERE finished_at IS NULL $$;
SELECT lose();
SELECT lose();
SELECT count(*) AS alerts FROM alert;
UPDATE monitor SET next_due_at = now() - interval '1 minute';
CALL run_due_monitors();
SELECT a.reason, a.severity, regexp_replace(a.message, '\d{4}-.*Z', '...') AS message, a.resolved_at IS NOT NULL AS resolved FROM alert AS a;
SELECT e.event, CASE e.event WHEN 'callback_succeeded' THEN e.detail END AS detail FROM alert_event AS e ORDER BY event_id;
SELECT * FROM told;
SELECT side, area, cause FROM explain_alert((SELECT max(alert_id) FROM alert));
-- of a role whose scheduler is gone
SELECT drop_monitor('lost');
CREATE ROLE passed_owner;
CREATE ROLE passed_other;
GRANT USAGE ON SCHEMA passed TO passed_owner;
ALTER TABLE r OWNER TO passed_owner;
DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE aidataops_history.%I OWNER TO passed_owner', e.history_table) FROM aidataops.schema_epoch AS e JOIN aidataops.dataset AS d USING (dataset_id) WHERE d.name = 'r' ORDER BY e.epoch DESC LIMIT 1); END $$;
SET ROLE passed_owner;
SELECT create_monitor('alone', 'r', kind => 'volume'), schedule_monitor('alone', '* * * * *', 'external') > now() AS due;
SELECT monitor, overdue FROM monitor_status();
RESET ROLE;
UPDATE monitor SET next_due_at = now() - interval '59 minutes';
SET ROLE passed_other;
CALL run_due_monitors();
RESET ROLE;
SELECT count(*) AS alerts FROM alert;
UPDATE monitor SET next_due_at = date_trunc('minute', now()) - interval '2 hours';
SELECT monitor, overdue FROM monitor_status();
SET ROLE passed_other;
CALL run_due_monitors();
CALL run_due_monitors();
SELECT count(*) AS seen FROM alert;
SET ROLE passed_owner;
SELECT reason, regexp_replace(message, '\d{4}-.*Z', '...') AS message, runs FROM alert;
CALL run_due_monitors();
SELECT status FROM alerts(include_resolved => true);
SELECT status, missed BETWEEN 119 AND 121 AS two_hours FROM monitor_run ORDER BY run_id;
SELECT monitor, overdue FROM monitor_status();
RESET ROLE;
UPDATE monitor SET next_due_at = now() - interval '2 hours';
SET ROLE passed_other;
CALL run_due_monitors();
SET ROLE passed_owner;
SELECT count(*) AS open FROM alerts();
SELECT unschedule_monitor('alone');
SELECT count(*) AS open FROM alerts();
RESET ROLE;

-- a callback that catches that it is cancelled is over all the same, and what it did is undone
SELECT drop_monitor(name) FROM monitor;
TRUNCATE told;
CREATE FUNCTION for_ever(alert jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO passed.told VALUES ('for ever');
    LOOP
        BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
    END LOOP;
END $$;
CREATE FUNCTION once(alert jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO passed.told VALUES ('once');
    BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
END $$;
CREATE FUNCTION spin(alert jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        BEGIN LOOP END LOOP; EXCEPTION WHEN query_canceled OR assert_failure THEN INSERT INTO passed.told VALUES ('spin'); END;
    END LOOP;
END $$;
CREATE FUNCTION in_time(alert jsonb) RETURNS text LANGUAGE plpgsql AS $$ BEGIN BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN INSERT INTO passed.told VALUES ('in time'); END; RETURN 'done'; END $$;
SELECT create_monitor(f, 'r', kind => 'volume', thresholds => '{"upper": 1}', on_alert => 'passed.' || f, on_alert_timeout => CASE f WHEN 'in_time' THEN interval '10 seconds' ELSE '100 ms' END)
  FROM unnest('{for_ever,once,spin,in_time}'::text[]) AS f;
SELECT name, status FROM run_all();
SELECT m.name, e.event, e.detail FROM alert_event AS e JOIN monitor AS m USING (monitor_id) WHERE e.event ~ 'callback' ORDER BY e.event_id;
SELECT monitor FROM told;
-- nothing of it is left for what comes after
DO $$ BEGIN PERFORM pg_sleep(1.2); END $$;

SELECT drop_monitor(name) FROM monitor;
SELECT drop_dataset(name, force => true) FROM dataset WHERE name IN ('r', 'late', 'seen');
SET client_min_messages = warning;
DROP SCHEMA passed CASCADE;
DROP OWNED BY passed_owner;
DROP ROLE passed_owner, passed_other;
