-- The same, of a role that is no superuser, with a callback.
SET client_min_messages = warning;
CREATE SCHEMA work AUTHORIZATION watcher;
SET ROLE watcher;
SET search_path = work, aidataops;
CREATE TABLE readings (id int PRIMARY KEY, x int);
INSERT INTO readings SELECT i, i % 10 FROM generate_series(1, 1000) AS i;
CREATE TABLE told (event text, who name);
CREATE FUNCTION tell(alert jsonb) RETURNS void LANGUAGE sql AS $$ INSERT INTO work.told VALUES (alert ->> 'event', session_user) $$;
SELECT create_dataset('readings', 'work.readings'), commit('readings', 'one'), create_monitor('readings', 'readings', on_alert => 'work.tell') \g /dev/null
