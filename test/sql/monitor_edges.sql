-- Monitors at the edges: what is not judged heals nothing, windows of months and of other time zones, schedules that keep
-- their step, callbacks within callbacks, runs that do not end, references of others, renamed and dropped datasets.
CREATE SCHEMA edge;
SET search_path = edge, aidataops, public;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never

-- a window without rows neither counts nor ends breaches in a row, nor does a column without values heal
CREATE TABLE flow (id int, at timestamptz, a float8, b float8);
INSERT INTO flow SELECT i, timestamptz '2026-01-01Z' + i * interval '10 minutes', i % 10, i % 7 FROM generate_series(0, 143) AS i;
SELECT create_dataset('flow', 'flow', key => '{}'), commit('flow', 'one');
INSERT INTO flow SELECT 1, timestamptz '2026-01-02Z' + i * interval '10 minutes', i % 10 + 100, i % 7 FROM generate_series(0, 143) AS i;
INSERT INTO flow SELECT 1, timestamptz '2026-01-04Z' + i * interval '10 minutes', i % 10 + 100, i % 7 FROM generate_series(0, 143) AS i;
INSERT INTO flow SELECT 1, timestamptz '2026-01-05Z' + i * interval '10 minutes', NULL, i % 7 FROM generate_series(0, 143) AS i;
INSERT INTO flow SELECT 1, timestamptz '2026-01-06Z' + i * interval '10 minutes', i % 10, i % 7 FROM generate_series(0, 143) AS i;
SELECT create_monitor('flow', 'flow', reference => 'flow@1', columns => '{a,b}', time_column => 'at', window_size => '1 day', consecutive => 2, methods => '{"*": "wasserstein_distance"}', thresholds => '{"upper": 5}');
-- as if it ran each day: the internal function behind run_monitor() is called with the time
CREATE FUNCTION run_at(monitor text, at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT r.status FROM aidataops.monitor AS m, aidataops._execute_monitor(m, NULL, at, false, NULL) AS r WHERE m.name = monitor $$;
SELECT day, run_at('flow', day + interval '1 day') AS status FROM generate_series(timestamptz '2026-01-01Z', '2026-01-04Z', '1 day') AS day;
SELECT r.as_of, v.column_name, v.measure, v.breached, v.breaches, v.status FROM monitor_result AS v JOIN monitor_run AS r USING (run_id) WHERE v.column_name IS DISTINCT FROM 'b' ORDER BY r.run_id, v.ordinal;
SELECT status FROM alerts();
-- a column whose values are all gone has no distance, and is worse
SELECT run_at('flow', '2026-01-06Z') AS nothing_of_a;
SELECT column_name, value, breached, breaches, n_current, status FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY 1;
SELECT status, message, runs FROM alerts();
SELECT cause, column_name, detail FROM explain_alert((SELECT max(alert_id) FROM alert)) WHERE cause <> 'commit';
-- a part that is too small to be judged heals nothing
CREATE TABLE parts (at timestamptz, part text, v float8);
CREATE FUNCTION arrive(day date, x int, shift float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO edge.parts SELECT day + time '12:00', 'x', i % 10 + shift FROM generate_series(1, x) AS i UNION ALL SELECT day + time '12:00', 'y', i % 10 FROM generate_series(1, 100) AS i $$;
SELECT arrive('2026-01-01', 100, 0), arrive('2026-01-02', 100, 8), arrive('2026-01-03', 10, 8), arrive('2026-01-04', 100, 0);
SELECT create_dataset('parts', 'parts', key => '{}');
SELECT create_monitor('parts', 'parts', reference => 'previous', columns => '{v}', segment_by => 'part', time_column => 'at', window_size => '1 day', methods => '{"*": "wasserstein_distance"}', thresholds => '{"upper": 2}');
SELECT alter_monitor('parts', reference => 'trailing 30');
SELECT run_at('parts', '2026-01-03Z');
SELECT run_at('parts', '2026-01-04Z');
SELECT segment, breached, breaches, status FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run) ORDER BY ordinal;
SELECT status FROM alerts() WHERE monitor = 'parts';
SELECT run_at('parts', '2026-01-05Z');
SELECT status FROM alerts() WHERE monitor = 'parts';
SELECT drop_monitor('parts');
SELECT run_at('flow', '2026-01-07Z') AS heals;
SELECT status FROM alerts(include_resolved => true);

-- windows of months follow each other, also at the end of a month
SELECT _window_bounds('{"reference": "trailing 3", "window_size": "1 mon"}', '2026-05-31Z');
SELECT _window_bounds('{"reference": "same weekday 1", "window_size": "1 day"}', '2026-05-31Z');
-- windows of days are those of UTC, whatever the session's time zone
SET TimeZone = 'Europe/Berlin';
SELECT create_monitor('days', 'flow', kind => 'volume', time_column => 'at', window_size => '1 day', thresholds => '{"lower": 1}');
SELECT backfill_monitor('days', '2026-03-27Z', '2026-03-31Z');
SET TimeZone = 'UTC';
SELECT r.window_start, r.window_end FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'days' ORDER BY r.run_id;

-- an interval keeps its step, however late each run is
SELECT _next_due('15 minutes', '2026-01-01 12:00:37Z', '2026-01-01 12:01:00Z'), _next_due('15 minutes', '2026-01-01 12:00:37Z', '2026-01-01 12:47:00Z'),
       _next_due('1 second', '2020-01-01Z', '2026-01-01 12:00:00Z'), _next_due('0 6 * * *', '2026-01-01 06:00Z', '2026-01-03 07:00Z');
-- a clock that was set back by days
SELECT _next_due('15 minutes', '2026-01-10Z', '2026-01-01 12:00Z');
-- trailing windows, one of them empty
SELECT create_monitor('trail', 'flow', reference => 'trailing 3', columns => '{b}', time_column => 'at', window_size => '1 day', consecutive => 2, methods => '{"*": "wasserstein_distance"}', thresholds => '{"upper": 0.5}');
UPDATE flow SET b = b + 100 WHERE at >= '2026-01-02Z';
SELECT day, run_at('trail', day + interval '1 day') AS status FROM generate_series(timestamptz '2026-01-01Z', '2026-01-04Z', '1 day') AS day;
SELECT r.as_of, v.measure, v.breached, v.breaches, v.status FROM monitor_result AS v JOIN monitor_run AS r USING (run_id) JOIN monitor AS m ON m.monitor_id = r.monitor_id WHERE m.name = 'trail' ORDER BY r.run_id;

-- thresholds, callback and the rest change, and what was found stays
SELECT drop_monitor('trail'), drop_monitor('days');
CREATE FUNCTION heard(alert jsonb) RETURNS text LANGUAGE sql AS $$ SELECT alert ->> 'severity' $$;
SELECT create_monitor('count', 'flow', kind => 'volume', thresholds => '{"upper": 1}');
SELECT status FROM run_monitor('count');
SELECT status, severity FROM alerts();
SELECT alter_monitor('count', thresholds => '{"upper": 2, "lower": 0}', severity => 'error', on_alert => 'edge.heard', consecutive => 3, run_timeout => '1 minute');
SELECT thresholds, severity, on_alert, consecutive, run_timeout, on_alert_timeout, min_rows, alpha, reference FROM monitor WHERE name = 'count';
SELECT alter_monitor('count', thresholds => '{"upper": 1000000}', consecutive => 1, on_alert => '');
SELECT thresholds, severity, on_alert, consecutive FROM monitor WHERE name = 'count';
SELECT status FROM run_monitor('count');
SELECT status, severity FROM alerts(include_resolved => true) WHERE monitor = 'count';
SELECT count(*) AS runs FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'count';
SELECT commit('flow', 'two');
SELECT alter_monitor('flow', reference => 'fixed', methods => '{"*": "psi"}');
SELECT reference, methods, thresholds FROM monitor WHERE name = 'flow';
SELECT alter_monitor('flow', reference => 'previous');
SELECT reference, reference_dataset_id FROM monitor WHERE name = 'flow';
SELECT alter_monitor('count', thresholds => '{"upper": 1, "sigma": 1}');
SELECT alter_monitor('count', thresholds => '[]');
SELECT alter_monitor('count', consecutive => 0);
SELECT alter_monitor('count', severity => 'panic');
SELECT alter_monitor('count', on_alert => 'edge.nothing');
SELECT alter_monitor('count', reference => 'previous');
SELECT alter_monitor('flow', reference => 'flow@9');
-- a limit or a method for what is not judged would never be heard of
SELECT alter_monitor('flow', thresholds => '{"columns": {"c": {"upper": 1}}}');
SELECT alter_monitor('flow', methods => '{"c": "psi"}');
SELECT create_monitor('misspelt', 'flow', kind => 'volume', thresholds => '{"columns": {"accuracy": {"lower": 0.9}}}');
SELECT alter_monitor('nobody', consecutive => 2);
SELECT _change_monitor('flow', '{"owner": "somebody"}');

-- what is old goes; what an alert that is kept refers to stays
SELECT count(*) AS runs, count(*) FILTER (WHERE EXISTS (SELECT FROM alert AS a WHERE r.run_id IN (a.first_run, a.last_run))) AS of_alerts FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'flow';
SELECT prune_monitor('flow', '2025-01-01Z');
-- it ended just now
SELECT prune_monitor('flow', '2026-02-01Z');
UPDATE monitor_run SET finished_at = as_of;
SELECT prune_monitor('flow', '2026-02-01Z');
SELECT count(*) AS runs, count(*) FILTER (WHERE EXISTS (SELECT FROM alert AS a WHERE r.run_id IN (a.first_run, a.last_run))) AS of_alerts FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) WHERE m.name = 'flow';
UPDATE alert SET resolved_at = '2026-01-31Z' WHERE resolved_at IS NOT NULL;
SELECT prune_monitor('flow', '2026-02-01Z');
SELECT count(*) AS alerts FROM alert AS a JOIN monitor AS m USING (monitor_id) WHERE m.name = 'flow';
SELECT (SELECT count(*) FROM monitor_result WHERE run_id NOT IN (SELECT run_id FROM monitor_run)) AS results, (SELECT count(*) FROM alert_event WHERE alert_id NOT IN (SELECT alert_id FROM alert)) AS events;
SELECT prune_monitor('flow', 'infinity');
SELECT prune_monitor('nobody', '2026-01-01Z');

-- a callback that runs its own monitor is called once; one that runs another has no more time than its own
SELECT drop_monitor(name) FROM monitor;
CREATE FUNCTION again(alert jsonb) RETURNS text LANGUAGE sql AS $$ SELECT status FROM aidataops.run_monitor(alert ->> 'monitor') $$;
CREATE FUNCTION slow(alert jsonb) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM aidataops.run_monitor('inner'); PERFORM pg_sleep(60); RETURN 'slept'; END $$;
SELECT create_monitor('self', 'flow', kind => 'volume', thresholds => '{"upper": 1}', on_alert => 'edge.again'),
       create_monitor('inner', 'flow', kind => 'volume', thresholds => '{"upper": 1}', on_alert => 'edge.heard'),
       create_monitor('outer', 'flow', kind => 'volume', thresholds => '{"upper": 1}', on_alert => 'edge.slow', on_alert_timeout => '200 ms');
SELECT status FROM run_monitor('self');
SELECT event, detail FROM alert_event ORDER BY event_id;
SELECT status FROM run_monitor('outer');
SELECT m.name, e.event, e.detail FROM alert_event AS e JOIN monitor AS m USING (monitor_id) WHERE m.name <> 'self' ORDER BY event_id;

-- a scheduled run that was cancelled or lost is recorded, and not tried again before the others
SELECT drop_monitor(name) FROM monitor;
SELECT create_monitor('m' || i, 'flow', kind => 'volume') FROM generate_series(1, 2) AS i;
SELECT count(schedule_monitor(name, '@yearly', 'external')) FROM monitor;
UPDATE monitor SET next_due_at = now() - make_interval(secs => CASE name WHEN 'm1' THEN 10 ELSE 9 END);
SELECT _claim_next_due(10) AS claim \gset
CALL run_due_monitors();
SELECT m.name, r.status, r.error, r.finished_at IS NULL AS unfinished FROM monitor_run AS r JOIN monitor AS m USING (monitor_id) ORDER BY r.run_id;
SELECT _run_claimed(10, :claim) > 0 AS run, _run_claimed(10, :claim) AS again;
SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'missed') AS missed FROM monitor_run;

-- what is kept of another dataset's rows is for who may read those, too
SELECT drop_monitor(name) FROM monitor;
CREATE TABLE secret (id int PRIMARY KEY, a float8, b float8);
INSERT INTO secret SELECT i, i % 10 + 1000, 1 FROM generate_series(1, 500) AS i;
SELECT create_dataset('secret', 'secret'), commit('secret', 'first');
SELECT create_monitor('against secret', 'flow', kind => 'gold', reference => 'secret@HEAD', rows => 'all'), create_monitor('open', 'flow', kind => 'volume');
SELECT status FROM run_monitor('against secret');
CREATE ROLE edge_reader;
GRANT USAGE ON SCHEMA edge TO edge_reader;
GRANT SELECT ON flow TO edge_reader;
DO $$ BEGIN EXECUTE (SELECT format('GRANT SELECT ON aidataops_history.%I TO edge_reader', d.history_table) FROM aidataops.dataset AS d WHERE d.name = 'flow'); END $$;
SET ROLE edge_reader;
SELECT name FROM monitor;
SELECT count(*) FROM monitor_result;
\set VERBOSITY terse
SELECT alter_monitor('open', consecutive => 2);
SELECT alter_monitor('against secret', consecutive => 2);
SELECT prune_monitor('open', '2026-01-01Z');
\set VERBOSITY default
RESET ROLE;
-- renamed and dropped datasets: an alert can still be explained
SELECT create_monitor('renamed', 'flow', reference => 'flow@1', rows => 'all', columns => '{b}', thresholds => '{"upper": 0.000001}');
SELECT status FROM run_monitor('renamed');
SELECT rename_dataset('flow', 'stream');
SELECT m.dataset, m.reference, r.version, r.since, r.reference FROM monitor AS m JOIN monitor_run AS r USING (monitor_id) WHERE m.name = 'renamed';
SELECT status FROM run_monitor('renamed');
SELECT version, alerts FROM scorecard('stream');
SELECT count(*) > 0 AS explained FROM alert AS a, explain_alert(a.alert_id);
SELECT drop_dataset('secret', force => true);
SELECT count(*) > 0 AS explained FROM alert AS a, explain_alert(a.alert_id);
SELECT status, error ~ '^dataset "secret" is gone' AS said FROM run_monitor('against secret');
SELECT drop_dataset('stream', force => true);
SELECT count(*) > 0 AS explained FROM alert AS a, explain_alert(a.alert_id);

SELECT drop_monitor(name) FROM monitor;
SELECT drop_dataset('parts', force => true);
SET client_min_messages = warning;
DROP SCHEMA edge CASCADE;
DROP OWNED BY edge_reader;
DROP ROLE edge_reader;
