-- A dataset and a monitor of it in a database that pg_cron does not live in.
SET client_min_messages = warning;
CREATE EXTENSION aidataops;
SET search_path = public, aidataops;
CREATE TABLE readings (id int PRIMARY KEY, x int);
INSERT INTO readings SELECT i, i % 10 FROM generate_series(1, 1000) AS i;
SELECT create_dataset('readings', 'readings'), commit('readings', 'one'), create_monitor('readings', 'readings') \g /dev/null
