-- Monitors: declared, run, alerts opened and resolved, limits, backfill, schedules, and what is refused.
CREATE SCHEMA mon;
SET search_path = mon, aidataops, public;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
SELECT setseed(0.3);

-- limits: mean -+ 3 sigma of 0..9 as NannyML has them (sigma of the population), and quantiles
SELECT * FROM _monitor_limits(ARRAY[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], '{"sigma": 3}');
SELECT * FROM _monitor_limits(ARRAY[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], '{"quantile": 0.9}');

-- when a schedule is due: as crontab(5) says, in UTC
SELECT schedule, _next_scheduled(schedule, after) AS next
  FROM (VALUES ('* * * * *', timestamptz '2026-11-21 12:34:56Z'), ('*/15 * * * *', '2026-11-21 12:45Z'), ('0 6 * * mon-fri', '2026-11-20 06:00Z'), ('30 4 1,15 * 5', '2026-11-21Z'),
               ('0 0 29 2 *', '2026-03-01Z'), ('5 0 * 8 *', '2026-11-21Z'), ('0 12 * * 7', '2026-11-21Z'), ('0-30/10 23 * * *', '2026-11-21 23:20Z'), ('23 0-20/2 * * *', '2026-11-21 20:23Z'),
               ('@hourly', '2026-11-21 12:00Z'), ('@monthly', '2026-12-31 12:00Z'), ('0 0 * * sun', '1999-12-30Z'), ('90 minutes', '2026-11-21 12:00Z'), ('1 day', '2026-11-21 12:00Z'),
               ('0 0 30 2 *', '2026-11-21Z')) AS t (schedule, after);
SET TimeZone = 'Asia/Kolkata';
SELECT _next_scheduled('0 6 * * *', '2026-11-21 12:00Z') AT TIME ZONE 'UTC' AS six_in_utc;
SET TimeZone = 'UTC';
SELECT _next_scheduled('0 0 1 1 *', 'infinity'), _next_scheduled('0 0 1 1 *', '294276-12-31Z'), _next_scheduled('0 0 1 1 *', '4700-06-01 BC');
SELECT _next_scheduled('* * * *', now());
SELECT _next_scheduled('60 * * * *', now());
SELECT _next_scheduled('* * 5-2 * *', now());
SELECT _next_scheduled('*/0 * * * *', now());
SELECT _next_scheduled('* * * * * *', now());
SELECT _next_scheduled('often', now());
SELECT _next_scheduled('0 seconds', now());
SELECT _next_scheduled('5 lightyears', now());

CREATE FUNCTION normal(mean float8) RETURNS float8 LANGUAGE sql AS 'SELECT mean + sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())';
CREATE TABLE loans (id int PRIMARY KEY, decided timestamptz, income float8, purpose text, region text);
CREATE FUNCTION arrive(first int, last int, income_factor float8 DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO loans SELECT i, timestamptz '2026-01-01Z' + i * interval '1 hour', (1000 + 100 * normal(0)) * income_factor, (ARRAY['car', 'house', 'study'])[1 + i % 3], (ARRAY['north', 'south'])[1 + i % 2]
      FROM generate_series(first, last) AS i $$;
SELECT arrive(1, 1000);
SELECT create_dataset('loans', 'loans', roles => '{"decided": "ignore"}'), commit('loans', 'one');

-- the head as it is now is the reference; itself it is no drift
CREATE TABLE told (event text, message text, who name, alert jsonb);
CREATE FUNCTION tell(alert jsonb) RETURNS text LANGUAGE sql AS $$ INSERT INTO mon.told VALUES (alert ->> 'event', alert ->> 'message', current_user, alert) RETURNING 'told' $$;
SELECT create_monitor('loans', 'loans', on_alert => 'mon.tell', consecutive => 2, severity => 'error');
SELECT name, kind, reference, on_alert, owner = current_user AS mine FROM monitor;
SELECT status, version, reference, measured, breached FROM run_monitor('loans');
-- a breach; a second look at the same version is no second breach
SELECT arrive(1001, 1300, 100);
SELECT commit('loans', 'in cents');
SELECT status, version, reference, measured, breached FROM run_monitor('loans');
SELECT status FROM run_monitor('loans');
SELECT count(*) FROM alert;
SELECT arrive(1301, 1600, 100);
SELECT commit('loans', 'still in cents');
SELECT status FROM run_monitor('loans');
SELECT monitor, dataset, status, severity, message ~ '^income psi' AS of_income, runs FROM alerts();
SELECT event, message ~ '^income psi' AS of_income, who = current_user AS as_owner, alert - '{message,opened_at,values,alert}'::text[] AS alert, jsonb_array_length(alert -> 'values') AS n FROM told;
SELECT r.version, v.column_name, v.measure, round(v.value::numeric, 2) AS value, round(v.upper::numeric, 3) AS upper, v.breached, v.breaches, v.n_reference, v.n_current, v.status, v.reference_profile IS NOT NULL AS kept
  FROM monitor_result AS v JOIN monitor_run AS r USING (run_id) ORDER BY r.run_id, v.ordinal;
-- again: it is the same alert, and nobody is told twice
SELECT status FROM run_monitor('loans');
SELECT count(*), max(runs) AS runs FROM alert;
SELECT count(*) FROM told;
-- why: the unit of one column, by a commit
SELECT rank, side, area, cause, column_name, version FROM explain_alert((SELECT max(alert_id) FROM alert)) WHERE cause <> 'values';
-- acknowledged, snoozed, healed
SELECT acknowledge_alert(alert_id, 'asked the bank') FROM alert;
SELECT snooze_alert(alert_id, '2020-01-01Z') FROM alert;
SELECT snooze_alert(alert_id, now() + interval '1 hour', 'they look into it') FROM alert;
SELECT status, who = session_user AS mine FROM alerts();
SELECT status FROM run_monitor('loans');
SELECT status FROM alerts();
UPDATE loans SET income = income / 100 WHERE id > 1000;
SELECT commit('loans', 'in euros');
SELECT status, breached FROM run_monitor('loans');
SELECT status FROM alerts();
SELECT status FROM alerts(include_resolved => true);
SELECT event, CASE WHEN event IN ('acknowledged', 'callback_succeeded') THEN detail END AS detail, happened_by = session_user AS mine FROM alert_event ORDER BY event_id;
DO $$ BEGIN PERFORM acknowledge_alert(alert_id) FROM alert; EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE 'it is resolved'; END $$;
-- snoozed until a time that passed: at the next breach it is told again
UPDATE loans SET income = income * 100;
SELECT commit('loans', 'cents again');
SELECT status FROM run_monitor('loans');
UPDATE loans SET purpose = 'boat' WHERE purpose = 'car';
SELECT commit('loans', 'boats');
SELECT status FROM run_monitor('loans');
SELECT snooze_alert(alert_id, clock_timestamp() + interval '10 ms') FROM alert WHERE resolved_at IS NULL;
SELECT pg_sleep(0.02);
SELECT status FROM run_monitor('loans');
SELECT event FROM told;
SELECT status, message ~ 'purpose' AS both_columns FROM alerts();

-- what it measures is what drift() does, of many columns as of few
CREATE TABLE wide (id int PRIMARY KEY, c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int, c11 int, c12 int);
CREATE FUNCTION widen(first int, last int, plus int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO wide SELECT i, i % 10 + plus, i % 11 + 2 * plus, i % 12, i % 13 + plus, i % 14, i % 15, i % 16 + plus, i % 17, i % 18, i % 19 + 3 * plus, i % 20, i % 21 FROM generate_series(first, last) AS i $$;
SELECT widen(1, 1000, 0);
SELECT create_dataset('wide', 'wide'), commit('wide', 'one');
SELECT widen(1001, 1500, 2);
SELECT commit('wide', 'two');
SELECT create_monitor('wide', 'wide', reference => 'previous'), create_monitor('wide, otherwise', 'wide', reference => 'previous', methods => '{"*": "ks_distance", "c10": "wasserstein_distance", "c2": "cohens_d"}');
SELECT measured, breached FROM run_monitor('wide');
SELECT count(*), count(*) FILTER (WHERE (v.measure, v.value, v.upper, v.p_value, v.q_value, v.effect, v.breached, v.n_reference, v.n_current) IS DISTINCT FROM (d.method, d.statistic, d.threshold, d.p_value, d.q_value, d.effect, d.drifted, d.n_reference, d.n_current)) AS different
  FROM monitor_result AS v FULL JOIN drift('wide@1', 'wide@2') AS d USING (column_name) WHERE v.run_id = (SELECT max(run_id) FROM monitor_run);
SELECT measured, breached FROM run_monitor('wide, otherwise');
SELECT count(*), count(*) FILTER (WHERE v.value IS DISTINCT FROM d.statistic) AS different
  FROM monitor_result AS v JOIN (SELECT * FROM drift('wide@1', 'wide@2', method => 'ks_distance') WHERE column_name NOT IN ('c10', 'c2')
                                  UNION ALL SELECT * FROM drift('wide@1', 'wide@2', method => 'wasserstein_distance') WHERE column_name = 'c10'
                                  UNION ALL SELECT * FROM drift('wide@1', 'wide@2', method => 'cohens_d') WHERE column_name = 'c2') AS d ON d.column_name = v.column_name AND d.method = v.measure
 WHERE v.run_id = (SELECT max(run_id) FROM monitor_run);

-- methods, fixed limits, columns, segments
SELECT create_monitor('by region', 'loans', reference => 'loans@1', columns => '{income}', segment_by => 'region', methods => '{"*": "ks_distance"}', thresholds => '{"upper": 0.05, "columns": {"income": {"upper": 0.9}}}');
SELECT status FROM run_monitor('by region');
SELECT column_name, segment, measure, round(value::numeric, 2) AS value, upper, breached, n_reference, n_current FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY ordinal;
-- previous, same weekday, and trailing versions taken together
SELECT create_monitor('previous', 'loans', reference => 'previous'), create_monitor('trailing', 'loans', reference => 'trailing 3', rows => 'added'), create_monitor('weekday', 'loans', reference => 'same weekday 2');
SELECT status, version, reference FROM run_monitor('previous');
SELECT status, version, reference FROM run_monitor('trailing');
SELECT status, version, reference FROM run_monitor('weekday');
SELECT v.column_name, v.n_reference = (SELECT sum(num_rows(c.profile_added)) FROM version_column AS c JOIN dataset AS d USING (dataset_id) WHERE d.name = 'loans' AND c.number BETWEEN 3 AND 5 AND c.column_name = v.column_name) AS rolled_up
  FROM monitor_result AS v JOIN monitor AS m USING (monitor_id) WHERE m.name = 'trailing' ORDER BY 1;
-- the first version has none before it
SELECT backfill_monitor('previous', '2000-01-01Z'), backfill_monitor('previous', '2000-01-01Z');
SELECT r.status, r.version, r.reference, r.backfilled FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'previous' ORDER BY r.as_of;

-- windows of the live table, one scan; limits by leave-one-out over the windows before
CREATE TABLE events (at timestamptz, x float8, kind text);
INSERT INTO events SELECT timestamptz '2026-03-01Z' + i * interval '1 minute', normal(CASE WHEN i >= 20 * 1440 THEN 3 ELSE 0 END), 'k' || i % 3 FROM generate_series(0, 21 * 1440 - 1) AS i;
SELECT create_dataset('events', 'events', key => '{}');
SELECT create_monitor('daily', 'events', reference => 'trailing 7', time_column => 'at', window_size => '1 day', thresholds => '{"sigma": 3}');
SELECT backfill_monitor('daily', '2026-03-16Z', '2026-03-22Z');
SELECT r.window_start, r.reference, r.status, v.column_name, v.value < 0.02 AS small, v.value < v.upper AS below, v.breached, v.n_reference, v.n_current, v.status
  FROM monitor_run AS r JOIN monitor_result AS v USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id WHERE m.name = 'daily' ORDER BY r.as_of, v.column_name;
-- never against itself: the limits of the last day are those of the seven before, each against the six others
WITH day AS (SELECT at::date AS day, profile_agg(x) AS p FROM events GROUP BY 1),
     distance AS (SELECT d.day, psi((SELECT rollup(o.p) FROM day AS o WHERE o.day BETWEEN '2026-03-14' AND '2026-03-20' AND o.day <> d.day), d.p) AS psi FROM day AS d WHERE d.day BETWEEN '2026-03-14' AND '2026-03-20')
SELECT round((avg(psi) + 3 * stddev_pop(psi))::numeric, 9) = (SELECT round(v.upper::numeric, 9) FROM monitor_result AS v JOIN monitor_run AS r USING (run_id) WHERE r.window_start = '2026-03-21Z' AND v.column_name = 'x') AS leave_one_out FROM distance;
-- limits from what was measured before, without the value that is judged
SELECT create_monitor('history', 'events', reference => 'previous', time_column => 'at', window_size => '1 day', columns => '{x}', thresholds => '{"quantile": 1, "min_history": 3}');
SELECT backfill_monitor('history', '2026-03-14Z', '2026-03-22Z');
SELECT r.window_start::date AS day, v.status, v.breached, v.upper = (SELECT max(o.value) FROM monitor_result AS o JOIN monitor_run AS q USING (run_id) WHERE q.monitor_id = r.monitor_id AND q.as_of < r.as_of AND o.breached IS NOT TRUE) AS greatest_before
  FROM monitor_run AS r JOIN monitor_result AS v USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id WHERE m.name = 'history' ORDER BY r.as_of;
-- the same weekday: windows a week apart
SELECT create_monitor('weekly', 'events', reference => 'same weekday 2', time_column => 'at', window_size => '1 day', columns => '{kind}');
SELECT backfill_monitor('weekly', '2026-03-18Z', '2026-03-19Z');
SELECT v.n_reference, v.n_current, v.breached FROM monitor_result AS v JOIN monitor AS m USING (monitor_id) WHERE m.name = 'weekly';
-- a window without rows
SELECT create_monitor('empty', 'events', reference => 'previous', time_column => 'at', window_size => '1 hour', delay => '1 day');
SELECT status, measured, window_end <= now() - interval '23 hours' AS delayed FROM run_monitor('empty');
SELECT column_name, value, breached, n_current, status FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY 1;
-- a window against a version
SELECT commit('events', 'all');
SELECT create_monitor('pinned', 'events', reference => 'fixed', time_column => 'at', window_size => '1 day');
SELECT backfill_monitor('pinned', '2026-03-20Z', '2026-03-22Z');
SELECT r.reference, v.column_name, v.breached, v.n_reference, v.n_current FROM monitor_run AS r JOIN monitor_result AS v USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id WHERE m.name = 'pinned' ORDER BY r.as_of, 2;
-- dates and times without a zone
CREATE TABLE days (day date, local timestamp, x int);
INSERT INTO days SELECT date '2026-01-01' + i / 100, timestamp '2026-01-01' + i * interval '10 minutes', i % 7 FROM generate_series(0, 999) AS i;
SELECT create_dataset('days', 'days', key => '{}', roles => '{"x": "category", "day": "ignore", "local": "ignore"}');
SELECT create_monitor('by date', 'days', reference => 'previous', time_column => 'day', window_size => '2 days'), create_monitor('by timestamp', 'days', reference => 'previous', time_column => 'local', window_size => '2 days');
SELECT backfill_monitor('by date', '2026-01-03Z', '2026-01-05Z'), backfill_monitor('by timestamp', '2026-01-03Z', '2026-01-05Z');
SELECT m.name, v.n_reference, v.n_current FROM monitor_result AS v JOIN monitor AS m USING (monitor_id) WHERE m.name LIKE 'by %e%' AND m.name <> 'by region' ORDER BY 1;

-- ground truth against production: in the columns that both have
CREATE TABLE gold (id int PRIMARY KEY, income float8, purpose text, label text);
INSERT INTO gold SELECT i, 1000 + 100 * normal(0), (ARRAY['car', 'house'])[1 + i % 2], 'good' FROM generate_series(1, 200) AS i;
SELECT create_dataset('gold', 'gold'), commit('gold', 'first');
SELECT create_monitor('gold', 'loans', kind => 'gold', reference => 'gold@HEAD', rows => 'all');
SELECT status, version, reference FROM run_monitor('gold');
SELECT column_name, breached, detail ->> 'new_categories' AS new_categories, n_reference FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY 1;
SELECT create_monitor('gold 2', 'loans', kind => 'gold');

-- predictions: scores, and how good they were once labels are there
CREATE TABLE scored (id int PRIMARY KEY, at timestamptz, score float8, label boolean);
INSERT INTO scored SELECT i, timestamptz '2026-04-01Z' + i * interval '1 minute', (i % 100) / 100.0, CASE WHEN i < 4320 THEN (i % 100) / 100.0 > (i * 7919 % 100) / 100.0 END FROM generate_series(0, 5 * 1440 - 1) AS i;
SELECT create_dataset('scored', 'scored', roles => '{"score": "prediction"}');
SELECT create_monitor('scores', 'scored', kind => 'prediction', reference => 'previous', time_column => 'at', window_size => '1 day', thresholds => '{"columns": {"auc": {"lower": 0.9}}}');
SELECT backfill_monitor('scores', '2026-04-01Z', '2026-04-06Z');
SELECT r.window_start::date AS day, r.status, v.column_name, v.measure, round(v.value::numeric, 3) AS value, v.lower, v.breached, v.n_current, v.status
  FROM monitor_run AS r JOIN monitor_result AS v USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id WHERE m.name = 'scores' ORDER BY r.as_of, v.ordinal;
-- the same of versions, with classes
CREATE TABLE classified (id int PRIMARY KEY, predicted text, label text);
INSERT INTO classified SELECT i, (ARRAY['a', 'b'])[1 + i % 2], CASE i % 10 WHEN 0 THEN 'b' ELSE (ARRAY['a', 'b'])[1 + i % 2] END FROM generate_series(1, 500) AS i;
SELECT create_dataset('classified', 'classified'), commit('classified', 'one');
SELECT create_monitor('classes', 'classified', kind => 'prediction', reference => 'previous', thresholds => '{"columns": {"accuracy": {"lower": 0.95}}}');
SELECT create_monitor('m', 'classified', kind => 'prediction', thresholds => '{"columns": {"auc": {"lower": 0.9}}}');
SELECT status, measured, breached FROM run_monitor('classes');
SELECT column_name, measure, value, lower, breached, n_current, status FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY ordinal;
SELECT version, num_rows, missing, columns, drifted, accuracy, alerts FROM scorecard('classified');
SELECT version, num_rows, round(volume_change::numeric, 3) AS volume_change, missing, columns, drifted_columns FROM scorecard('loans');

-- what an explanation has to cope with: another type, a column that went, embeddings, a change in one segment alone, NULLs
CREATE TABLE odd (id int PRIMARY KEY, n int, gone text, v real[], part text, amount float8, holes float8);
INSERT INTO odd SELECT i, i % 10, 'x', ARRAY[1, i % 3], 'p' || i % 4, i % 100, i FROM generate_series(1, 400) AS i;
SELECT create_dataset('odd', 'odd', roles => '{"n": "number", "v": "embedding", "part": "category", "gone": "category"}'), commit('odd', 'one');
SELECT create_monitor('odd', 'odd', reference => 'odd@1');
ALTER TABLE odd ALTER COLUMN n TYPE text, DROP COLUMN gone;
INSERT INTO odd SELECT i, 'a', ARRAY[i % 5, 1], 'p' || i % 4, CASE i % 4 WHEN 3 THEN 1000 ELSE 1 END * (i % 100), CASE WHEN i % 2 = 0 THEN i - 400 END FROM generate_series(401, 1600) AS i;
SELECT commit('odd', 'two');
SELECT status FROM run_monitor('odd');
SELECT e.side, e.area, e.cause, e.column_name, e.segment FROM alert AS a JOIN monitor AS m USING (monitor_id), explain_alert(a.alert_id, causes => 100) AS e WHERE m.name = 'odd' AND e.cause NOT IN ('commit', 'values') ORDER BY e.column_name, e.cause, e.segment;

-- by schedule: what is due runs, what passed meanwhile is recorded
SELECT schedule_monitor('previous', '0 * * * *', dispatcher => 'external') > now() AS later;
SELECT monitor, status, schedule, next_due_at > now() AS later, owner = current_user AS mine FROM monitor_status('previous');
CALL run_due_monitors();
SELECT count(*) FROM monitor_run WHERE due_at IS NOT NULL;
UPDATE monitor SET next_due_at = date_trunc('hour', now()) - interval '3 hours' WHERE name = 'previous';
CALL run_due_monitors();
SELECT r.status, r.missed, r.error ~ '^3 scheduled run' AS said, r.due_at = date_trunc('hour', now()) - CASE r.status WHEN 'missed' THEN 3 ELSE 0 END * interval '1 hour' AS was_due FROM monitor_run AS r WHERE r.due_at IS NOT NULL ORDER BY r.run_id;
SELECT next_due_at > now() AS once FROM monitor WHERE name = 'previous';
-- a clock that was years ahead: it does not stay silent until then
UPDATE monitor SET next_due_at = '2099-01-01Z', last_started_at = '2098-12-31Z' WHERE name = 'previous';
CALL run_due_monitors();
SELECT next_due_at < now() + interval '2 hours' AS back, last_started_at <= clock_timestamp() AS now FROM monitor WHERE name = 'previous';
-- commits after each, so not within anything
BEGIN;
CALL run_due_monitors();
ROLLBACK;
SELECT unschedule_monitor('previous');
SELECT schedule, next_due_at FROM monitor WHERE name = 'previous';
SELECT schedule_monitor('previous', '0 0 30 2 *', 'external');
SELECT schedule_monitor('previous', 'whenever', 'external');
SELECT schedule_monitor('previous', '@daily', 'smoke signals');
SELECT schedule_monitor('nobody', '@daily', 'external');
-- without pg_cron: what to do
SELECT schedule_monitor('previous', '@daily');
SELECT schedule_commit('loans', '@daily');
SELECT schedule_commit('nothing', '@daily');

-- errors of one are its own, and the others run on: dataset, column, tag, table, callback gone
SELECT create_monitor('e dataset', 'days', reference => 'previous', time_column => 'day', window_size => '1 day'), create_monitor('e column', 'classified', reference => 'previous', columns => '{predicted}'),
       tag('loans@1', 'base'), create_monitor('e tag', 'loans', reference => 'loans@base'), create_monitor('e table', 'scored', kind => 'prediction', reference => 'previous', time_column => 'at', window_size => '1 day');
CREATE FUNCTION fail(alert jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO mon.told VALUES ('fail'); RAISE EXCEPTION 'no'; END $$;
CREATE FUNCTION hang(alert jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$;
CREATE FUNCTION gone(alert jsonb) RETURNS void LANGUAGE sql AS '';
SELECT create_monitor('c ' || f, 'loans', reference => 'loans@1', rows => 'all', on_alert => 'mon.' || f, on_alert_timeout => '50 ms') FROM unnest('{fail,hang,gone}'::text[]) AS f;
SELECT drop_dataset('days');
SELECT set_column_roles('classified', '{"predicted": "ignore"}');
UPDATE classified SET label = 'c';
SELECT commit('classified', 'one column less'), untag('loans', 'base');
DROP TABLE scored;
DROP FUNCTION gone(jsonb);
SELECT count(schedule_monitor(name, '1 hour', 'external')) FROM monitor WHERE name ~ '^[ec] ';
UPDATE monitor SET next_due_at = now() WHERE schedule IS NOT NULL;
CALL run_due_monitors();
SELECT m.name, r.status, r.sqlstate, r.error FROM monitor AS m JOIN monitor_run AS r USING (monitor_id) WHERE m.name ~ '^[ec] ' ORDER BY 1;
SELECT m.name, e.event, e.detail FROM monitor AS m JOIN alert_event AS e USING (monitor_id) WHERE m.name ~ '^c ' AND e.event ~ 'callback' ORDER BY 1;
SELECT count(*) AS of_the_failed_callback FROM told WHERE event = 'fail';
SELECT a.reason, e.side, e.area, e.cause FROM alert AS a JOIN monitor AS m USING (monitor_id), explain_alert(a.alert_id) AS e WHERE m.name = 'e column';
-- measuring that takes too long
CREATE VIEW slow AS SELECT e.* FROM (SELECT pg_sleep(10) IS NULL AS x OFFSET 0) AS s, LATERAL (SELECT * FROM events WHERE s.x IS NOT NULL OFFSET 0) AS e; -- whatever the plan, it sleeps first
SELECT create_dataset('slow', 'slow', key => '{}', storage => 'fingerprint', roles => '{"at": "time", "x": "number", "kind": "category"}');
SELECT create_monitor('slow', 'slow', reference => 'previous', time_column => 'at', window_size => '1 day', run_timeout => '1 second');
SELECT status, sqlstate, error FROM run_monitor('slow');
-- an error that goes away resolves its alert
SELECT tag('loans@1', 'base');
SELECT status FROM run_monitor('e tag');
SELECT a.reason, a.resolved_at IS NOT NULL AS resolved FROM alert AS a JOIN monitor AS m USING (monitor_id) WHERE m.name = 'e tag' ORDER BY 1;

-- training-serving skew
CREATE TABLE offline AS SELECT i AS id, i / 7.0::float8 AS x, 'v' || i % 5 AS c, i AS n, timestamp '2026-01-01' + i * interval '1 second' AS at FROM generate_series(1, 1000) AS i;
CREATE TABLE online AS SELECT i::bigint AS id, (i / 7.0)::real AS x, CASE WHEN i % 100 = 0 THEN 'w' ELSE 'v' || i % 5 END AS c, nullif(i, 20) + CASE WHEN i > 500 THEN 1000 ELSE 0 END AS n, timestamp '2026-01-01' + i * interval '1 second' AS at FROM generate_series(11, 1010) AS i;
CREATE VIEW nothing AS SELECT * FROM online WHERE false;
SELECT column_name, skewed, n_matched, n_differing, round(share_differing::numeric, 3) AS share, round(max_difference::numeric, 5) AS max_difference, example, n_offline_only, n_online_only, drifted, status FROM skew('offline', 'online', '{id}');
SELECT column_name, skewed, n_differing FROM skew('offline', 'online', '{id}', '{x,c,n}', '{"*": {"relative": 0}, "c": {"share": 0.02}, "n": {"absolute": 1000}}', 'ks_distance');
SELECT n_matched, n_offline_only, n_online_only, share_differing, status FROM skew('offline', (SELECT 'nothing'::regclass), '{id}', '{x}');
CREATE VIEW few AS SELECT * FROM offline WHERE id <= 50;
SELECT skew('few', 'few', '{c}');
SELECT skew('offline', 'online', '{}');
SELECT skew('offline', 'online', '{id}', '{y}');
SELECT skew('offline', 'online', '{id}', tolerances => '{"y": {}}');
SELECT skew('offline', 'online', '{id}', tolerances => '{"x": {"absolute": -1}}');
SELECT skew('offline', NULL, '{id}');

-- what is refused
SELECT create_monitor('loans', 'loans');
SELECT create_monitor('', 'loans');
SELECT create_monitor('m', 'nothing');
SELECT create_monitor('m', 'loans', kind => 'weather');
SELECT create_monitor('m', 'loans', reference => 'loans@99');
SELECT create_monitor('m', 'loans', reference => 'loans@HEAD');
SELECT create_monitor('m', 'loans', reference => 'loans@WORKING');
SELECT create_monitor('m', 'loans', reference => 'trailing 0');
SELECT create_monitor('m', 'loans', reference => 'yesterday');
SELECT create_monitor('m', 'loans', reference => NULL);
SELECT create_monitor('m', 'loans', columns => '{salary}');
SELECT create_monitor('m', 'loans', columns => '{}');
SELECT create_monitor('m', 'loans', segment_by => 'planet');
SELECT create_monitor('m', 'loans', methods => '{"income": "guess"}');
SELECT create_monitor('m', 'loans', methods => '["psi"]');
SELECT create_monitor('m', 'loans', thresholds => '{"upper": "high"}');
SELECT create_monitor('m', 'loans', thresholds => '{"upper": 1, "sigma": 3}');
SELECT create_monitor('m', 'loans', thresholds => '{"sigma": -1}');
SELECT create_monitor('m', 'loans', thresholds => '{"quantile": 2}');
SELECT create_monitor('m', 'loans', thresholds => '{"limit": 2}');
SELECT create_monitor('m', 'loans', thresholds => '{"columns": {"income": {"lower": 2, "upper": 1}}}');
SELECT create_monitor('m', 'loans', thresholds => '3');
SELECT create_monitor('m', 'loans', time_column => 'decided');
SELECT create_monitor('m', 'loans', reference => 'previous', time_column => 'income', window_size => '1 day');
SELECT create_monitor('m', 'loans', reference => 'previous', time_column => 'decided', window_size => '-1 day');
SELECT create_monitor('m', 'loans', reference => 'same weekday', time_column => 'decided', window_size => '8 days');
SELECT create_monitor('m', 'loans', on_alert => 'mon.nothing');
SELECT create_monitor('m', 'loans', on_alert => 'mon.normal(float8)');
SELECT create_monitor('m', 'loans', consecutive => 0);
SELECT create_monitor('m', 'loans', min_rows => NULL);
SELECT create_monitor('m', 'loans', alpha => 'NaN');
SELECT create_monitor('m', 'loans', severity => 'panic');
SELECT create_monitor('m', 'loans', kind => 'prediction');
SELECT create_monitor('m', 'loans', methods => '{"incomes": "psi"}');
SELECT run_monitor('nothing');
SELECT run_monitor(NULL);
SELECT drop_monitor('nothing');
SELECT backfill_monitor('daily', '2026-01-02Z', '2026-01-01Z');
SELECT backfill_monitor('daily', '1900-01-01Z', '2026-01-01Z');
SELECT backfill_monitor('daily', NULL, '2026-01-01Z');
SELECT acknowledge_alert(-1);
SELECT explain_alert(-1);

SELECT drop_monitor(name) FROM monitor;
SELECT (SELECT count(*) FROM monitor), (SELECT count(*) FROM monitor_run), (SELECT count(*) FROM monitor_result), (SELECT count(*) FROM alert), (SELECT count(*) FROM alert_event);
SET client_min_messages = warning;
SELECT drop_dataset(name, force => true) FROM dataset WHERE name IN ('loans', 'events', 'gold', 'scored', 'classified', 'slow', 'odd', 'wide');
DROP SCHEMA mon CASCADE;
