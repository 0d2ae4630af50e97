-- A mix of statements of every kind, whose answers must be the same whether lineage is captured or not.
\set VERBOSITY default
SET client_min_messages = notice;
SET extra_float_digits = 0;
CREATE TABLE emp (id int PRIMARY KEY, name text NOT NULL, boss int REFERENCES emp, pay numeric(10,2) CHECK (pay > 0), born date, tags text[] DEFAULT '{}');
CREATE TABLE dept (id int PRIMARY KEY, title text UNIQUE, data jsonb);
CREATE TABLE works (emp int REFERENCES emp ON DELETE CASCADE ON UPDATE CASCADE, dept int REFERENCES dept DEFERRABLE INITIALLY DEFERRED, since timestamp, PRIMARY KEY (emp, dept));
INSERT INTO emp SELECT i, 'n' || i, NULLIF(i / 3, 0), i * 10.5, date '1980-01-01' + i * 100, ARRAY['t' || i % 3] FROM generate_series(1, 20) AS i;
INSERT INTO emp VALUES (1, 'twice', NULL, 1, NULL);
INSERT INTO emp VALUES (99, 'negative', NULL, -1, NULL);
INSERT INTO dept VALUES (1, 'a', '{"x": 1}'), (2, 'b', '{"x": [1, 2]}'), (3, 'c', NULL) RETURNING *;
INSERT INTO works SELECT e.id, 1 + e.id % 3, timestamp '2020-01-01' + e.id * interval '1 day' FROM emp AS e;
BEGIN;
INSERT INTO works VALUES (1, 77, NULL);
COMMIT;
SELECT d.title, count(*), sum(pay), avg(pay)::numeric(10,3), array_agg(e.name ORDER BY e.id DESC) FROM emp e JOIN works w ON w.emp = e.id JOIN dept d ON d.id = w.dept GROUP BY d.title ORDER BY 1;
SELECT id, rank() OVER (PARTITION BY boss ORDER BY pay DESC), sum(pay) OVER (ORDER BY id ROWS 2 PRECEDING) FROM emp ORDER BY id;
WITH RECURSIVE chain AS (SELECT id, boss, 1 AS depth, id::text AS path FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, e.boss, depth + 1, path || '/' || e.id FROM emp e JOIN chain c ON e.boss = c.id)
    SEARCH DEPTH FIRST BY id SET o CYCLE id SET is_cycle USING p SELECT id, depth, path FROM chain ORDER BY path;
SELECT title, x FROM dept LEFT JOIN LATERAL jsonb_path_query(data, '$.x[*]') AS x ON true ORDER BY 1, 2;
SELECT boss, GROUPING(boss), count(*) FROM emp GROUP BY ROLLUP (boss) ORDER BY 1 NULLS LAST, 2;
SELECT name FROM emp WHERE pay > ALL (SELECT pay FROM emp WHERE id < 10) EXCEPT SELECT 'n20' ORDER BY 1;
SELECT 1 / (id - 5) FROM emp ORDER BY id LIMIT 3;
CREATE VIEW rich AS SELECT id, name, pay FROM emp WHERE pay > 100 WITH CHECK OPTION;
UPDATE rich SET pay = 1 WHERE id = 15;
UPDATE rich SET pay = pay + 1 WHERE id > 15 RETURNING *;
CREATE VIEW pairs AS SELECT a.name AS first, b.name AS second FROM emp a JOIN emp b ON a.boss = b.id;
INSERT INTO pairs VALUES ('x', 'y');
CREATE MATERIALIZED VIEW totals AS SELECT boss, sum(pay) AS total FROM emp GROUP BY boss WITH NO DATA;
SELECT * FROM totals;
REFRESH MATERIALIZED VIEW totals;
CREATE UNIQUE INDEX ON totals (boss);
UPDATE emp SET pay = pay * 2 FROM works WHERE works.emp = emp.id AND works.dept = 2;
REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
SELECT * FROM totals ORDER BY 1 NULLS FIRST;
CREATE TABLE log (n serial, what text, who int, old jsonb);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log (what, who, old) VALUES (TG_OP, coalesce(new.id, old.id), to_jsonb(old) - 'born');
    IF TG_OP = 'DELETE' THEN RETURN old; END IF;
    new.name := new.name || '*';
    RETURN new;
END $$;
CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON emp FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION note_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (what, who) SELECT 'after', count(*) FROM gone; RETURN NULL; END $$;
CREATE TRIGGER note_all AFTER DELETE ON emp REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_all();
UPDATE emp SET name = upper(name) WHERE id IN (3, 4);
UPDATE emp SET id = 200 WHERE id = 20;
DELETE FROM emp WHERE id = 200;
DELETE FROM emp WHERE id = 1;
INSERT INTO emp VALUES (2, 'again', 1, 5, NULL) ON CONFLICT (id) DO UPDATE SET name = excluded.name || '/' || emp.name, pay = excluded.pay + emp.pay RETURNING id, name, pay;
INSERT INTO emp VALUES (2, 'never') ON CONFLICT DO NOTHING;
SELECT n, what, who, old ->> 'name' FROM log ORDER BY n;
MERGE INTO dept USING (VALUES (1, 'aa'), (4, 'd'), (3, NULL)) AS v (id, title) ON dept.id = v.id
    WHEN MATCHED AND v.title IS NULL THEN UPDATE SET data = '{}' WHEN MATCHED THEN UPDATE SET title = v.title WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.title, NULL);
MERGE INTO dept USING works ON dept.id = works.dept WHEN MATCHED THEN UPDATE SET title = 'many';
SELECT * FROM dept ORDER BY id;
WITH moved AS (DELETE FROM log WHERE what = 'UPDATE' RETURNING *), kept AS (INSERT INTO log (what, who) SELECT 'moved', who FROM moved RETURNING n, who) SELECT count(*), min(who) FROM kept;
PREPARE find (int) AS SELECT name FROM emp WHERE id = $1;
EXECUTE find (2); EXECUTE find (3); EXECUTE find (4); EXECUTE find (5); EXECUTE find (6); EXECUTE find (7); EXECUTE find (8);
PREPARE put (int, text) AS INSERT INTO log (what, who) SELECT $2, id FROM emp WHERE id < $1;
EXECUTE put (3, 'p'); EXECUTE put (4, 'p'); EXECUTE put (5, 'p'); EXECUTE put (6, 'p'); EXECUTE put (7, 'p'); EXECUTE put (8, 'p'); EXECUTE put (9, 'p');
ALTER TABLE log ADD COLUMN extra int DEFAULT 7;
EXECUTE put (3, 'q');
SELECT what, count(*), sum(extra) FROM log GROUP BY 1 ORDER BY 1;
CREATE TABLE copied AS EXECUTE find (3);
CREATE TABLE IF NOT EXISTS copied AS SELECT 1;
SELECT * FROM copied;
BEGIN;
DECLARE cur SCROLL CURSOR FOR SELECT id FROM emp ORDER BY id;
FETCH 3 FROM cur;
FETCH BACKWARD 1 FROM cur;
MOVE LAST IN cur;
SAVEPOINT a;
INSERT INTO log (what) SELECT name FROM emp LIMIT 2;
SELECT 1 / 0;
ROLLBACK TO a;
FETCH PRIOR FROM cur;
UPDATE emp SET born = NULL WHERE CURRENT OF cur;
ROLLBACK;
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT title FROM dept ORDER BY id;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
CREATE FUNCTION sum_to(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN n <= 0 THEN 0 ELSE n + sum_to(n - 1) END $$;
SELECT sum_to(5);
CREATE FUNCTION many(n int) RETURNS TABLE (i int, s text) LANGUAGE plpgsql AS $$ BEGIN FOR k IN 1 .. n LOOP i := k; s := repeat('*', k); RETURN NEXT; END LOOP; RETURN QUERY SELECT id, name FROM emp WHERE id = 3; END $$;
INSERT INTO log (what, who) SELECT s, i FROM many(3);
CREATE FUNCTION sql_rows() RETURNS SETOF emp LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM emp WHERE id < 5; END;
CREATE TABLE of_function AS SELECT id, name FROM sql_rows();
SELECT * FROM of_function ORDER BY id;
DO $$
DECLARE r record; total numeric := 0;
BEGIN
    FOR r IN SELECT id, pay FROM emp ORDER BY id LOOP
        BEGIN
            INSERT INTO log (what, who) VALUES ('loop', r.id);
            total := total + r.pay / (r.id - 5);
        EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'at %', r.id;
        END;
    END LOOP;
    RAISE NOTICE 'total %, logged %', round(total, 3), (SELECT count(*) FROM log WHERE what = 'loop');
END $$;
CREATE PROCEDURE stepwise() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 4 LOOP
        INSERT INTO log (what, who) SELECT 'step', id FROM emp WHERE id = 2;
        IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
    END LOOP;
END $$;
CALL stepwise();
SELECT count(*) FROM log WHERE what = 'step';
BEGIN;
CALL stepwise();
ROLLBACK;
CREATE TABLE measure (at date, v int) PARTITION BY RANGE (at);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measure_rest PARTITION OF measure DEFAULT PARTITION BY HASH (v);
CREATE TABLE measure_h0 PARTITION OF measure_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
INSERT INTO measure SELECT date '2020-06-01' + i, i FROM generate_series(1, 10) AS i;
INSERT INTO measure SELECT date '2022-06-01' + id, id FROM emp;
UPDATE measure SET at = at - 700 WHERE at > '2022-01-01';
SELECT tableoid::regclass, count(*) FROM measure GROUP BY 1 ORDER BY 1::text;
ALTER TABLE measure DETACH PARTITION measure_1;
CREATE TABLE base (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE derived (c text) INHERITS (base);
INSERT INTO derived (a, c) SELECT id, name FROM emp WHERE id < 4;
INSERT INTO base (a, b) VALUES (1, 2);
SELECT tableoid::regclass, * FROM base ORDER BY a;
CREATE TEMP TABLE scratch ON COMMIT PRESERVE ROWS AS SELECT * FROM base;
CREATE TEMP TABLE scratch2 (i int) ON COMMIT DELETE ROWS;
INSERT INTO scratch2 SELECT a FROM scratch;
SELECT count(*) FROM scratch2;
ALTER TABLE scratch RENAME a TO aa;
TRUNCATE scratch;
DROP TABLE scratch;
COPY (SELECT id, name FROM emp WHERE id < 4 ORDER BY id) TO stdout WITH (FORMAT csv, HEADER);
COPY dept (id, title) FROM stdin WITH (FORMAT csv);
10,ten
11,eleven
\.
COPY dept (id, title) FROM stdin;
10	twice
\.
COPY dept TO '/nowhere/at/all';
SELECT count(*) FROM dept;
EXPLAIN (COSTS off) INSERT INTO log (what) SELECT name FROM emp WHERE id = 3;
EXPLAIN (COSTS off) CREATE TABLE never AS SELECT * FROM emp;
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) DELETE FROM of_function WHERE id = 4;
ALTER TABLE emp RENAME TO person;
ALTER TABLE person ALTER COLUMN pay TYPE float8, DROP COLUMN born, ADD COLUMN seen timestamptz;
INSERT INTO log (what) SELECT name FROM person WHERE pay > 300;
CREATE SCHEMA other CREATE TABLE t (i int) CREATE VIEW v AS SELECT i + 1 AS j FROM t;
SELECT * FROM other.v;
CREATE RULE redirect AS ON INSERT TO other.v DO INSTEAD INSERT INTO other.t VALUES (new.j - 1) RETURNING i + 1;
INSERT INTO other.v SELECT id FROM person WHERE id < 4 RETURNING *;
CREATE RULE nothing AS ON DELETE TO other.t DO INSTEAD NOTHING;
DELETE FROM other.t;
SET search_path = other, public;
CREATE TABLE person AS SELECT i AS id FROM t;
SELECT count(*) FROM person;
RESET search_path;
DROP SCHEMA other CASCADE;
ANALYZE person;
VACUUM person;
REINDEX TABLE person;
CLUSTER person USING emp_pkey;
LOCK TABLE person;
BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE;
SELECT count(*) FROM person;
INSERT INTO log (what) SELECT name FROM person;
COMMIT;
BEGIN;
INSERT INTO log (what) SELECT name FROM person;
PREPARE TRANSACTION 'mix';
ROLLBACK PREPARED 'mix';
SELECT lo_create(424242);
SELECT lo_unlink(424242);
SELECT * FROM person TABLESAMPLE SYSTEM (100) WHERE id = 3;
SELECT (p).name, (p).id FROM (SELECT person AS p FROM person) AS q WHERE (p).id < 4 ORDER BY 2;
UPDATE person SET (pay, tags) = (SELECT count(*), array_agg(what ORDER BY n) FROM (SELECT * FROM log ORDER BY n LIMIT 2) AS l) WHERE id = 3 RETURNING pay, tags;
UPDATE person SET tags[1] = 'changed' WHERE id = 3 RETURNING tags;
SELECT count(*) FROM log;
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') ORDER BY 1;
