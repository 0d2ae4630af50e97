-- Monitors of freshness, volume, missing values and schema: rules of contracts by schedule.
CREATE SCHEMA rules;
SET search_path = rules, aidataops, public;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
CREATE TABLE readings (id int PRIMARY KEY, at timestamptz, x float8, note text);
INSERT INTO readings SELECT i, now() - interval '30 minutes' - i * interval '1 hour', i, CASE WHEN i % 10 > 0 THEN 'n' END FROM generate_series(0, 999) AS i;
SELECT create_dataset('readings', 'readings'), commit('readings', 'one');
SELECT create_monitor('fresh', 'readings', kind => 'freshness', time_column => 'at', thresholds => '{"upper": 3600}'),
       create_monitor('volume', 'readings', kind => 'volume', thresholds => '{"lower": 900, "upper": 1100}'),
       create_monitor('a day', 'readings', kind => 'volume', time_column => 'at', window_size => '1 day', thresholds => '{"sigma": 3}'),
       create_monitor('missing', 'readings', kind => 'missing', thresholds => '{"upper": 0, "columns": {"note": {"upper": 15}}}'),
       create_monitor('recorded', 'readings', kind => 'missing', columns => '{note}'),
       create_monitor('schema', 'readings', kind => 'schema');
SELECT m.name, r.status, r.measured, r.breached FROM monitor AS m, run_monitor(m.name) AS r ORDER BY m.monitor_id;
SELECT m.name, v.column_name, v.measure, CASE WHEN v.measure <> 'freshness' THEN v.value END AS value, v.lower, v.upper, v.breached, v.n_current, v.status
  FROM monitor_result AS v JOIN monitor AS m USING (monitor_id) ORDER BY m.monitor_id, v.ordinal;
-- limits of a day from the days before
SELECT backfill_monitor('a day', now() - interval '20 days', now() - interval '2 days') > 10 AS filled;
SELECT status FROM run_monitor('a day');
SELECT v.value BETWEEN 23 AND 24 AS a_day, v.lower BETWEEN 23 AND 24 AS lower, v.upper BETWEEN 24 AND 25 AS upper, v.breached, v.status FROM monitor_result AS v WHERE v.run_id = (SELECT max(run_id) FROM monitor_run);

-- checks of contracts are on the scorecard
SELECT contract, status, rules FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "readings", "version": "1.0.0", "status": "active",
    "schema": [{"name": "readings", "physicalName": "rules.readings", "properties": [{"name": "x", "logicalType": "number", "required": true},
        {"name": "note", "logicalType": "string", "required": true}]}]}');
SELECT rule, outcome, failing FROM check_contract('readings', 'readings@1');
SELECT version, num_rows, round(missing::numeric, 3) AS missing, age BETWEEN interval '29 minutes' AND interval '31 minutes' AS half_an_hour, checks, checks_passed, agreement, alerts FROM scorecard('readings');
-- a time to come is no age
CREATE TABLE terms (id int PRIMARY KEY, at timestamptz, due date);
INSERT INTO terms VALUES (1, now() - interval '30 minutes', '2100-01-01');
SELECT create_dataset('terms', 'terms'), commit('terms', 'one') \g /dev/null
SELECT age BETWEEN interval '29 minutes' AND interval '31 minutes' AS half_an_hour FROM scorecard('terms');

-- no news, half of the rows, NULLs, another type and a column less
DELETE FROM readings WHERE id < 500;
UPDATE readings SET x = NULL WHERE id < 600;
ALTER TABLE readings ALTER COLUMN x TYPE text, DROP COLUMN note;
SELECT m.name, r.status, r.breached, r.sqlstate, r.error FROM monitor AS m, run_monitor(m.name) AS r ORDER BY m.monitor_id;
SELECT monitor, CASE WHEN monitor <> 'fresh' THEN message END AS message FROM alerts() ORDER BY 1, 2;
SELECT m.name, e.side, e.area, e.column_name, CASE WHEN m.name NOT IN ('fresh', 'a day') THEN e.detail END AS detail FROM alert AS a JOIN monitor AS m USING (monitor_id), explain_alert(a.alert_id) AS e ORDER BY 1, e.rank;
-- nothing there at all
TRUNCATE readings;
SELECT status, breached FROM run_monitor('fresh');
SELECT value, upper, breached, status FROM monitor_result WHERE run_id = (SELECT max(run_id) FROM monitor_run);
-- it heals
INSERT INTO readings SELECT i, now(), i FROM generate_series(1, 1000) AS i;
ALTER TABLE readings ALTER COLUMN x TYPE float8 USING x::float8, ADD COLUMN note text DEFAULT 'n';
SELECT m.name, r.status FROM monitor AS m, run_monitor(m.name) AS r WHERE m.name <> 'a day' ORDER BY m.monitor_id;
SELECT monitor FROM alerts() WHERE monitor <> 'a day' ORDER BY 1;
-- what is refused
SELECT create_monitor('m', 'readings', kind => 'freshness');
SELECT create_monitor('m', 'readings', kind => 'freshness', time_column => 'at', window_size => '1 day');
SELECT create_monitor('m', 'readings', kind => 'missing', time_column => 'at', window_size => '1 day');
SELECT create_monitor('m', 'readings', kind => 'volume', segment_by => 'note');
SELECT create_monitor('m', 'readings', kind => 'volume', time_column => 'at');
SELECT backfill_monitor('missing', now() - interval '1 day');
DROP TABLE readings;
SELECT status, sqlstate, error FROM run_monitor('volume');
SELECT drop_dataset('readings');
SELECT status, sqlstate, error FROM run_monitor('schema');
SELECT drop_monitor(name) FROM monitor;
DELETE FROM check_result WHERE run_id IN (SELECT run_id FROM check_run WHERE contract = 'readings');
DELETE FROM check_run WHERE contract = 'readings';
DELETE FROM rule WHERE contract = 'readings';
DELETE FROM contract_table WHERE contract = 'readings';
DELETE FROM contract WHERE contract = 'readings';
DELETE FROM contract_event WHERE contract = 'readings';
SET client_min_messages = warning;
DROP SCHEMA rules CASCADE;
