-- Shapes of statements, each with what it takes from where to where, written down by hand.
--
-- "b <- a insert": a relation edge; "base": of what a view that was named reads; "cooccurrence": as it says.
-- "b.z <- a.x filter": a column edge; b.* stands for all rows.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION aidataops;

CREATE FUNCTION captured() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s <- %s %s%s%s', regexp_replace(t.name, '^public\.', ''), regexp_replace(s.name, '^public\.', ''), e.operation,
                  CASE WHEN NOT e.is_direct THEN ' base' END, CASE WHEN e.confidence <> 'exact' THEN ' ' || e.confidence END)
      FROM aidataops.lineage_edge AS e JOIN aidataops.lineage_node AS s ON s.node_id = e.source_node JOIN aidataops.lineage_node AS t ON t.node_id = e.target_node
     WHERE NOT e.is_ended
    UNION
    SELECT format('%s.%s <- %s.%s %s', regexp_replace(t.name, '^public\.', ''), coalesce(c.target_column, '*'), regexp_replace(s.name, '^public\.', ''), c.source_column, c.kind)
      FROM aidataops.lineage_column_edge AS c JOIN aidataops.lineage_edge AS e USING (edge_id)
      JOIN aidataops.lineage_node AS s ON s.node_id = c.source_node JOIN aidataops.lineage_node AS t ON t.node_id = c.target_node
     WHERE NOT e.is_ended
$$;
CREATE PROCEDURE forget() LANGUAGE sql AS $$
    TRUNCATE aidataops.lineage_node_state, aidataops.lineage_edge_state, aidataops.lineage_column_edge, aidataops.lineage_use, aidataops.lineage_run
$$;
-- Says whether what was captured since the last time is what is expected, and forgets it.
CREATE PROCEDURE expect(shape text, expected text) LANGUAGE plpgsql AS $$
DECLARE
    wanted text[] := ARRAY(SELECT btrim(l) FROM regexp_split_to_table(expected, E'\n') AS l WHERE btrim(l) <> '');
    missing text;
    surplus text;
BEGIN
    SELECT string_agg(w, E'\n  missing: ') INTO missing FROM (SELECT unnest(wanted) EXCEPT SELECT * FROM captured()) AS w (w);
    SELECT string_agg(w, E'\n  surplus: ') INTO surplus FROM (SELECT * FROM captured() EXCEPT SELECT unnest(wanted)) AS w (w);
    IF missing IS NULL AND surplus IS NULL THEN
        RAISE INFO 'ok - %', shape;
    ELSE
        RAISE INFO 'not ok - %', shape || coalesce(E'\n  missing: ' || missing, '') || coalesce(E'\n  surplus: ' || surplus, '');
    END IF;
    CALL forget();
END $$;

CREATE TABLE a (id int, x int, y text, at date);
CREATE TABLE b (id int PRIMARY KEY, z int, w text);
CREATE TABLE c (id int, k int, note text);
CREATE TABLE t (id int, v bigint, s text);
INSERT INTO a VALUES (1, 10, 'one', '2026-01-01'), (2, 20, 'two', '2026-01-02');
INSERT INTO c VALUES (1, 100, 'n'), (2, 200, 'm');
CALL forget();

CALL expect('values of the client', '');

INSERT INTO b SELECT id, x, y FROM a;
CALL expect('insert, plain', $$
b <- a insert
b.id <- a.id identity
b.z <- a.x identity
b.w <- a.y identity
$$);

INSERT INTO t (id, v) SELECT id, x + 1 FROM a WHERE at > '2020-01-01';
CALL expect('insert, expression and filter; a cast is a transformation', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
t.* <- a.at filter
$$);

INSERT INTO t SELECT a.id, c.k, c.note FROM a JOIN c ON c.id = a.id;
CALL expect('join ... on', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.v <- c.k transformation
t.s <- c.note identity
t.* <- a.id join
t.* <- c.id join
$$);

INSERT INTO t SELECT a.id, c.k, c.note FROM a, c WHERE c.id = a.id AND c.k > 5;
CALL expect('comma join and filter', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.v <- c.k transformation
t.s <- c.note identity
t.* <- a.id join
t.* <- c.id join
t.* <- c.k filter
$$);

INSERT INTO t (id, s) SELECT id, note FROM a JOIN c USING (id);
CALL expect('join using: the left column stands for both', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.s <- c.note identity
t.* <- a.id join
t.* <- c.id join
$$);

INSERT INTO t (id, s) SELECT id, note FROM a FULL JOIN c USING (id);
CALL expect('full join using: the column is of both', $$
t <- a insert
t <- c insert
t.id <- a.id transformation
t.id <- c.id transformation
t.s <- c.note identity
t.* <- a.id join
t.* <- c.id join
$$);

INSERT INTO t (id, v) SELECT id, sum(x) FROM a GROUP BY id HAVING max(at) > '2020-01-01';
CALL expect('group by, having', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x aggregation
t.* <- a.id group_by
t.* <- a.at filter
$$);

INSERT INTO t (v) SELECT count(*) FROM a;
CALL expect('count(*) is of no column', $$
t <- a insert
$$);

INSERT INTO t (v) SELECT count(*) FILTER (WHERE y = 'one') FROM a;
CALL expect('aggregate with filter', $$
t <- a insert
t.v <- a.y conditional
$$);

INSERT INTO t (s) SELECT string_agg(y, ',' ORDER BY at) FROM a;
CALL expect('ordered aggregate', $$
t <- a insert
t.s <- a.y aggregation
t.s <- a.at sort
$$);

INSERT INTO t (v) SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM a;
CALL expect('ordered-set aggregate', $$
t <- a insert
t.v <- a.x aggregation
$$);

INSERT INTO t (id, v) SELECT id, sum(x) OVER (PARTITION BY y ORDER BY at) FROM a;
CALL expect('window aggregate', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x aggregation
t.v <- a.y window
t.v <- a.at window
$$);

INSERT INTO t (id, v) SELECT id, lag(x) OVER w FROM a WINDOW w AS (ORDER BY at);
CALL expect('window function, named window', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
t.v <- a.at window
$$);

INSERT INTO t (v) SELECT row_number() OVER (ORDER BY id) FROM a;
CALL expect('row_number()', $$
t <- a insert
t.v <- a.id window
$$);

INSERT INTO t (id, s) SELECT id, CASE WHEN x > 15 THEN y ELSE at::text END FROM a;
CALL expect('case', $$
t <- a insert
t.id <- a.id identity
t.s <- a.x conditional
t.s <- a.y transformation
t.s <- a.at transformation
$$);

INSERT INTO t (id, s) SELECT coalesce(id, x), y::varchar FROM a;
CALL expect('coalesce; a binary-compatible cast leaves the value as it is', $$
t <- a insert
t.id <- a.id transformation
t.id <- a.x transformation
t.s <- a.y identity
$$);

INSERT INTO t (id) SELECT id FROM a UNION ALL SELECT k FROM c;
CALL expect('union all', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.id <- c.k identity
$$);

INSERT INTO t (id) SELECT id FROM a UNION SELECT id FROM c WHERE k > 5;
CALL expect('union, with a filter in one arm', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.id <- c.id identity
t.* <- c.k filter
$$);

INSERT INTO t (id) SELECT id FROM a EXCEPT SELECT id FROM c;
CALL expect('except: the right side only takes away', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- c.id filter
$$);

INSERT INTO t (id) (SELECT id FROM a INTERSECT SELECT id FROM c) UNION ALL SELECT id FROM b;
CALL expect('nested set operations', $$
t <- a insert
t <- b insert
t <- c insert
t.id <- a.id identity
t.id <- b.id identity
t.id <- c.id identity
$$);

INSERT INTO t (id) SELECT DISTINCT id FROM a;
CALL expect('distinct', $$
t <- a insert
t.id <- a.id identity
t.* <- a.id group_by
$$);

INSERT INTO t (id, s) SELECT DISTINCT ON (x) id, y FROM a ORDER BY x, at;
CALL expect('distinct on', $$
t <- a insert
t.id <- a.id identity
t.s <- a.y identity
t.* <- a.x group_by
t.* <- a.x sort
t.* <- a.at sort
$$);

INSERT INTO t (id) SELECT id FROM a ORDER BY x LIMIT 1;
CALL expect('order by ... limit', $$
t <- a insert
t.id <- a.id identity
t.* <- a.x sort
$$);

INSERT INTO t (id, v) SELECT id, sum(x) FROM a GROUP BY ROLLUP (id);
CALL expect('grouping sets', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x aggregation
t.* <- a.id group_by
$$);

INSERT INTO t (id, v) SELECT s.i, s.n * 2 FROM (SELECT id AS i, x + 1 AS n FROM a) AS s;
CALL expect('subquery in from', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
$$);

INSERT INTO t (id, v) SELECT a.id, (SELECT max(k) FROM c WHERE c.id = a.id) FROM a;
CALL expect('correlated scalar subquery: its condition decides about the value', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.v <- c.k aggregation
t.v <- c.id join
t.v <- a.id join
$$);

INSERT INTO t (id) SELECT id FROM a WHERE EXISTS (SELECT FROM c WHERE c.id = a.id AND c.k > 1);
CALL expect('exists', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- a.id join
t.* <- c.id join
t.* <- c.k filter
$$);

INSERT INTO t (id) SELECT id FROM a WHERE x IN (SELECT k FROM c);
CALL expect('in (select ...)', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- a.x filter
t.* <- c.k filter
$$);

INSERT INTO t (id, s) SELECT id, CASE WHEN id IN (SELECT c.id FROM c) THEN 'known' END FROM a;
CALL expect('in (select ...) as a condition', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.s <- a.id conditional
t.s <- c.id conditional
$$);

INSERT INTO t (s) SELECT (ARRAY(SELECT note FROM c ORDER BY k))[1];
CALL expect('array subquery', $$
t <- c insert
t.s <- c.note aggregation
t.s <- c.k sort
$$);

INSERT INTO t (id, s) SELECT a.id, l.note FROM a CROSS JOIN LATERAL (SELECT note FROM c WHERE c.id = a.id LIMIT 1) AS l;
CALL expect('lateral', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.s <- c.note identity
t.* <- c.id join
t.* <- a.id join
$$);

INSERT INTO t (id, s) SELECT a.id, u FROM a, unnest(string_to_array(a.y, 'n')) AS u;
CALL expect('set-returning function in from', $$
t <- a insert
t.id <- a.id identity
t.s <- a.y transformation
$$);

INSERT INTO t (s) SELECT to_jsonb(a)::text FROM a;
CALL expect('whole row', $$
t <- a insert
t.s <- a.id transformation
t.s <- a.x transformation
t.s <- a.y transformation
t.s <- a.at transformation
$$);

INSERT INTO t (s) SELECT (a).y FROM a;
CALL expect('field of a whole row', $$
t <- a insert
t.s <- a.y identity
$$);

WITH q AS (SELECT id AS i, x * 2 AS n FROM a WHERE y <> 'three') INSERT INTO t (id, v) SELECT i, n FROM q;
CALL expect('common table expression', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
t.* <- a.y filter
$$);

WITH q AS MATERIALIZED (SELECT id FROM a), unused AS (SELECT k FROM c) INSERT INTO t (id) SELECT q.id FROM q JOIN q AS r ON q.id = r.id;
CALL expect('common table expression read twice, and one that is not read', $$
t <- a insert
t.id <- a.id identity
t.* <- a.id join
$$);

WITH RECURSIVE q (n, root) AS (SELECT id, y FROM a UNION ALL SELECT q.n + 1, q.root FROM q JOIN c ON c.k = q.n WHERE q.n < 3)
    INSERT INTO t (id, s) SELECT n, root FROM q;
CALL expect('recursion', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.id <- a.id transformation
t.s <- a.y identity
t.* <- a.id join
t.* <- c.k join
t.* <- a.id filter
$$);

WITH RECURSIVE q (n, m) AS (SELECT id, x FROM a UNION SELECT m, n FROM q) INSERT INTO t (id) SELECT n FROM q;
CALL expect('recursion that exchanges columns', $$
t <- a insert
t.id <- a.id identity
t.id <- a.x identity
$$);

WITH moved AS (DELETE FROM a WHERE x > 1000 RETURNING id, y) INSERT INTO t (id, s) SELECT id, y FROM moved;
CALL expect('writing common table expression: delete returning', $$
t <- a insert
t.id <- a.id identity
t.s <- a.y identity
t.* <- a.x filter
$$);

WITH n AS (INSERT INTO b SELECT id + 100, k, note FROM c RETURNING id, z) SELECT count(*) FROM n \g /dev/null
CALL expect('insert in a select', $$
b <- c insert
b.id <- c.id transformation
b.z <- c.k identity
b.w <- c.note identity
$$);

WITH n AS (INSERT INTO b SELECT id + 200, k, note FROM c RETURNING id, z) INSERT INTO t (id, v) SELECT id, z FROM n;
CALL expect('insert returning into an insert', $$
b <- c insert
b.id <- c.id transformation
b.z <- c.k identity
b.w <- c.note identity
t <- b insert
t.id <- b.id identity
t.v <- b.z transformation
$$);

INSERT INTO b SELECT id, x, y FROM a ON CONFLICT (id) DO UPDATE SET w = excluded.w || '!', z = b.z + 1 WHERE b.z < excluded.z;
CALL expect('on conflict do update: excluded is what was to be inserted', $$
b <- a insert
b.id <- a.id identity
b.z <- a.x identity
b.w <- a.y identity
b.w <- a.y transformation
b.* <- a.x filter
$$);

INSERT INTO t (id, v) VALUES ((SELECT max(id) FROM a), 1), (2, (SELECT min(k) FROM c));
CALL expect('subqueries in values', $$
t <- a insert
t <- c insert
t.id <- a.id aggregation
t.v <- c.k aggregation
$$);

UPDATE t SET v = c.k, s = c.note || t.s FROM c WHERE c.id = t.id AND c.k > 0;
CALL expect('update ... from', $$
t <- c update
t.v <- c.k transformation
t.s <- c.note transformation
t.* <- c.id join
t.* <- c.k filter
$$);

UPDATE t SET (v, s) = (SELECT k, note FROM c WHERE c.id = t.id LIMIT 1);
CALL expect('update of several columns by a subquery', $$
t <- c update
t <- t update
t.v <- c.k transformation
t.s <- c.note identity
t.v <- c.id join
t.s <- c.id join
t.v <- t.id join
t.s <- t.id join
$$);

UPDATE t SET v = id;
CALL expect('update from another column of the same row', $$
t <- t update
t.v <- t.id transformation
$$);

UPDATE t SET v = v + 1 WHERE id = 1;
CALL expect('update of one column by itself', '');

UPDATE t SET id = o.id FROM t AS o WHERE o.v = t.v;
CALL expect('update from another row of the same table', $$
t <- t update
t.id <- t.id identity
t.* <- t.v join
$$);

DELETE FROM t USING c WHERE c.id = t.id AND c.note = 'gone';
CALL expect('delete ... using', $$
t <- c delete
t.* <- c.id join
t.* <- c.note filter
$$);

DELETE FROM t WHERE id IN (SELECT id FROM c WHERE k < 0);
CALL expect('delete where in', $$
t <- c delete
t.* <- c.id filter
t.* <- c.k filter
$$);

MERGE INTO b USING a ON b.id = a.id
    WHEN MATCHED AND a.x > 5 THEN UPDATE SET z = a.x, w = a.y || b.w
    WHEN NOT MATCHED THEN INSERT (id, z) VALUES (a.id, a.x + 1);
CALL expect('merge', $$
b <- a merge
b.id <- a.id identity
b.z <- a.x identity
b.z <- a.x transformation
b.w <- a.y transformation
b.* <- a.id join
b.* <- a.x filter
$$);

MERGE INTO b USING (SELECT c.id, sum(k) AS n FROM c GROUP BY c.id) AS q ON b.id = q.id WHEN MATCHED THEN DELETE;
CALL expect('merge that deletes', $$
b <- c merge
b.* <- c.id join
b.* <- c.id group_by
$$);

CREATE TABLE made AS SELECT id AS i, upper(y) AS u FROM a WHERE x > 0;
CALL expect('create table as', $$
made <- a create_table_as
made.i <- a.id identity
made.u <- a.y transformation
made.* <- a.x filter
$$);

CREATE TABLE IF NOT EXISTS made AS SELECT k FROM c;
CALL expect('create table if not exists ... as: it existed', '');

SELECT id, x INTO made2 FROM a;
CALL expect('select into', $$
made2 <- a create_table_as
made2.id <- a.id identity
made2.x <- a.x identity
$$);

CREATE TABLE made3 AS WITH q AS (SELECT max(x) AS m FROM a) SELECT c.id, q.m FROM c, q;
CALL expect('create table as, with', $$
made3 <- a create_table_as
made3 <- c create_table_as
made3.id <- c.id identity
made3.m <- a.x aggregation
$$);

PREPARE p AS SELECT id, note FROM c;
CREATE TABLE made4 AS EXECUTE p;
CALL expect('create table as execute', $$
made4 <- c create_table_as
made4.id <- c.id identity
made4.note <- c.note identity
$$);

CREATE VIEW v AS SELECT id, x + 1 AS n FROM a WHERE y <> '';
CALL expect('create view', $$
v <- a view
v.id <- a.id identity
v.n <- a.x transformation
v.* <- a.y filter
$$);

INSERT INTO t (id, v) SELECT id, n FROM v;
CALL expect('from a view: the view, and what it reads', $$
t <- v insert
t <- a insert base
t.id <- v.id identity
t.id <- a.id identity
t.v <- v.n transformation
t.v <- a.x transformation
t.* <- a.y filter
$$);

CREATE VIEW vv AS SELECT id, n, k FROM v JOIN c USING (id);
CALL expect('view upon a view', $$
vv <- v view
vv <- c view
vv.id <- v.id identity
vv.n <- v.n identity
vv.k <- c.k identity
vv.* <- v.id join
vv.* <- c.id join
$$);

INSERT INTO t (v) SELECT max(n) FROM vv WHERE k > 1;
CALL expect('from a view upon a view', $$
t <- vv insert
t <- v insert base
t <- a insert base
t <- c insert base
t.v <- vv.n aggregation
t.v <- v.n aggregation
t.v <- a.x aggregation
t.* <- vv.k filter
t.* <- c.k filter
t.* <- v.id join
t.* <- a.id join
t.* <- c.id join
t.* <- a.y filter
$$);

CREATE OR REPLACE VIEW v AS SELECT id, k AS n FROM c;
CALL forget();
CREATE VIEW w AS SELECT id FROM a;
CREATE OR REPLACE VIEW w AS SELECT id FROM c;
CALL expect('create or replace view: the old edges end', $$
w <- c view
w.id <- c.id identity
$$);

CREATE RECURSIVE VIEW rv (n) AS SELECT id FROM a UNION ALL SELECT n + 1 FROM rv WHERE n < 5;
CALL expect('recursive view', $$
rv <- a view
rv.n <- a.id identity
rv.n <- a.id transformation
rv.* <- a.id filter
$$);

CREATE MATERIALIZED VIEW mv AS SELECT y, count(*) AS n, min(x) AS m FROM a GROUP BY y;
CALL expect('create materialized view', $$
mv <- a refresh
mv.y <- a.y identity
mv.m <- a.x aggregation
mv.* <- a.y group_by
$$);

CREATE UNIQUE INDEX ON mv (y);
REFRESH MATERIALIZED VIEW mv;
CALL expect('refresh materialized view', $$
mv <- a refresh
mv.y <- a.y identity
mv.m <- a.x aggregation
mv.* <- a.y group_by
$$);

REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
CALL expect('refresh concurrently: without its own statements', $$
mv <- a refresh
mv.y <- a.y identity
mv.m <- a.x aggregation
mv.* <- a.y group_by
$$);

INSERT INTO t (id) SELECT t.id FROM t WHERE v > 5;
CALL expect('insert into itself', $$
t <- t insert
t.id <- t.id identity
t.* <- t.v filter
$$);

CREATE VIEW updatable AS SELECT id AS key, s AS label FROM t;
CALL forget();
INSERT INTO updatable SELECT id, note FROM c;
CALL expect('insert into a view: into its table', $$
t <- c insert
t.id <- c.id identity
t.s <- c.note identity
$$);

CREATE TABLE parted (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_2 (v int, id int);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (1000) TO (2000);
INSERT INTO parted SELECT id, x FROM a;
CALL expect('into a partitioned table', $$
parted <- a insert
parted.id <- a.id identity
parted.v <- a.x identity
$$);

INSERT INTO parted_2 (id, v) SELECT id + 1000, k FROM c;
CALL expect('into a partition, with columns in another order: counted as its root', $$
parted <- c insert
parted.id <- c.id transformation
parted.v <- c.k identity
$$);

INSERT INTO t (id, v) SELECT id, v FROM parted_2;
CALL expect('from a partition', $$
t <- parted insert
t.id <- parted.id identity
t.v <- parted.v transformation
$$);

CREATE TEMP TABLE temporary AS SELECT id AS i, x AS xx FROM a WHERE y <> 'q';
CALL expect('into a temporary table: nothing yet', '');
INSERT INTO t (id, v) SELECT temporary.i, temporary.xx FROM temporary WHERE xx > 1;
CALL expect('temporary tables are left out', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
t.* <- a.x filter
t.* <- a.y filter
$$);
CREATE TEMP TABLE temporary2 AS SELECT sum(xx) AS total FROM temporary;
INSERT INTO t (v) SELECT total FROM temporary2;
CALL expect('also two of them', $$
t <- a insert
t.v <- a.x aggregation
t.* <- a.y filter
$$);
BEGIN;
CREATE TEMP TABLE temporary3 ON COMMIT DROP AS SELECT note FROM c;
INSERT INTO t (s) SELECT note FROM temporary3;
DROP TABLE temporary3;
COMMIT;
CALL expect('a temporary table that is gone at the end of the transaction', $$
t <- c insert
t.s <- c.note identity
$$);

-- functions
DO $$ BEGIN INSERT INTO t (id) SELECT id FROM a; END $$;
CALL expect('do', $$
t <- a insert
t.id <- a.id identity
$$);

CREATE FUNCTION fill() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t (id, v) SELECT id, k FROM c; END $$;
SELECT fill() \g /dev/null
CALL expect('in a function', $$
t <- c insert
t.id <- c.id identity
t.v <- c.k transformation
$$);

CREATE FUNCTION fill_sql() RETURNS void LANGUAGE sql AS $$ INSERT INTO t (s) SELECT note FROM c; $$;
SELECT fill_sql() \g /dev/null
CALL expect('in a function of sql', $$
t <- c insert
t.s <- c.note identity
$$);

CREATE FUNCTION rows_of_c() RETURNS SETOF c LANGUAGE sql STABLE AS $$ SELECT * FROM c $$;
INSERT INTO t (s) SELECT note FROM rows_of_c();
CALL expect('a function of sql that planning merges: its relation is known, its columns are not', $$
t <- c insert base
$$);

DO $$ DECLARE n int; BEGIN SELECT max(x) INTO n FROM a; INSERT INTO t (id) VALUES (n); END $$;
CALL expect('values in variables: cooccurrence', $$
t <- a insert cooccurrence
$$);

DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM c LOOP INSERT INTO t (id, s) VALUES (r.id, r.note); END LOOP; END $$;
CALL expect('a loop', $$
t <- c insert cooccurrence
$$);

CREATE FUNCTION note_of(i int) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT note FROM c WHERE id = i); END $$;
INSERT INTO t (id, s) SELECT id, note_of(id) FROM a;
CALL expect('a function that reads', $$
t <- a insert
t.id <- a.id identity
t.s <- a.id transformation
t <- c insert cooccurrence
$$);

CREATE TABLE audit (id int, label text);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (new.id, new.s); RETURN new; END $$;
CREATE TRIGGER audit AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION audit();
INSERT INTO t (id, s) VALUES (7, 'seven');
CALL expect('a trigger for each row', $$
audit <- t insert cooccurrence
$$);
DROP TRIGGER audit ON t;
CREATE FUNCTION audit_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit SELECT id, s FROM added; RETURN NULL; END $$;
CREATE TRIGGER audit AFTER INSERT ON t REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_all();
CALL forget();
INSERT INTO t (id, s) VALUES (8, 'eight');
CALL expect('a transition table is the table', $$
audit <- t insert
audit.id <- t.id identity
audit.label <- t.s identity
$$);
DROP TRIGGER audit ON t;

PREPARE q (int) AS INSERT INTO t (id, v) SELECT id, k FROM c WHERE k > $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE q (1);
EXECUTE q (2);
CALL forget();
EXECUTE q (3);
CALL expect('a prepared statement whose plan is old', $$
t <- c insert
t.id <- c.id identity
t.v <- c.k transformation
t.* <- c.k filter
$$);
RESET plan_cache_mode;

CREATE TABLE ruled (id int);
CREATE RULE copies AS ON INSERT TO ruled DO ALSO INSERT INTO t (id) SELECT new.id;
CALL forget();
INSERT INTO ruled SELECT id FROM a;
CALL expect('a rule', $$
ruled <- a insert
ruled.id <- a.id identity
t <- a insert
t.id <- a.id identity
$$);

-- files
COPY a TO '/dev/null';
CALL expect('copy to a file', $$
/dev/null <- a copy_to
/dev/null.id <- a.id identity
/dev/null.x <- a.x identity
/dev/null.y <- a.y identity
/dev/null.at <- a.at identity
$$);

COPY (SELECT id, x + 1 AS more FROM a WHERE y = 'one') TO '/dev/null';
CALL expect('copy of a query', $$
/dev/null <- a copy_to
/dev/null.id <- a.id identity
/dev/null.more <- a.x transformation
/dev/null.* <- a.y filter
$$);

COPY t (id, s) FROM '/dev/null';
CALL expect('copy from a file', $$
t <- /dev/null copy_from
t.id <- /dev/null.id identity
t.s <- /dev/null.s identity
$$);

COPY t (id) FROM PROGRAM 'echo 5 # password';
SELECT CASE WHEN count(*) = 1 THEN 'ok' ELSE 'not ok' END || ' - a program is known by its digest' FROM aidataops.lineage_node
 WHERE kind = 'program' AND name ~ '^[0-9a-f]{64}$' AND to_jsonb(lineage_node)::text !~ 'password';
CALL forget();

-- nothing
EXPLAIN INSERT INTO t (id) SELECT id FROM a \g /dev/null
CALL expect('explain', '');
EXPLAIN ANALYZE SELECT * FROM a \g /dev/null
CALL expect('explain analyze of a query', '');
INSERT INTO t (id) VALUES (1), (2);
CALL expect('values', '');
INSERT INTO b VALUES (1, 2, '3') ON CONFLICT (id) DO UPDATE SET z = excluded.z;
CALL expect('upsert of values', '');
DELETE FROM t WHERE id = 1;
CALL expect('delete', '');
CREATE TABLE child (id int PRIMARY KEY REFERENCES b ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO child SELECT id FROM b WHERE id < 3;
CALL expect('foreign keys are not seen', $$
child <- b insert
child.id <- b.id identity
child.* <- b.id filter
$$);
UPDATE b SET id = -id;
DELETE FROM b WHERE id < 0;
CALL expect('foreign keys that cascade', '');
INSERT INTO t (id) SELECT oid::int FROM pg_class LIMIT 1;
CALL expect('system catalogs', '');
SET aidataops.lineage = off;
INSERT INTO t (id) SELECT id FROM a;
RESET aidataops.lineage;
CALL expect('switched off', '');

-- statements that the shapes above do not have
WITH q AS (SELECT id, x FROM a WHERE y <> 'z') INSERT INTO t (id, v) SELECT (SELECT max(id) FROM q), (SELECT min(x) FROM q);
CALL expect('a common table expression read in two subqueries: its filter decides about both', $$
t <- a insert
t.id <- a.id aggregation
t.v <- a.x aggregation
t.id <- a.y filter
t.v <- a.y filter
$$);

WITH q AS (SELECT id FROM a WHERE x > 1) INSERT INTO t (id, v) SELECT id, (SELECT count(*) FROM q) FROM q;
CALL expect('one read in from and in a subquery', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x filter
t.* <- a.x filter
$$);

INSERT INTO t (id) SELECT o.id FROM (WITH p AS (SELECT id, k FROM c), r AS (SELECT id FROM p WHERE k > 0) SELECT r.id FROM r) AS o;
CALL expect('common table expressions of a subquery, one upon the other', $$
t <- c insert
t.id <- c.id identity
t.* <- c.k filter
$$);

INSERT INTO t (v) SELECT sum(sum(x)) OVER (ORDER BY y) FROM a GROUP BY y;
CALL expect('a window over groups', $$
t <- a insert
t.v <- a.x aggregation
t.v <- a.y window
t.* <- a.y group_by
$$);

INSERT INTO t (id, v) SELECT NULLIF(x, id), (ARRAY[x, id])[1]::bigint FROM a;
CALL expect('nullif, array and subscript', $$
t <- a insert
t.id <- a.x transformation
t.id <- a.id transformation
t.v <- a.x transformation
t.v <- a.id transformation
$$);

INSERT INTO t (id) SELECT a.id FROM a, c WHERE (a.id, a.x) = (c.id, c.k);
CALL expect('comparison of rows', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- a.id join
t.* <- a.x join
t.* <- c.id join
t.* <- c.k join
$$);

INSERT INTO t (id) SELECT id FROM a WHERE (id, x) = (SELECT id, k FROM c LIMIT 1);
CALL expect('comparison with a row of a subquery', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- a.id filter
t.* <- a.x filter
t.* <- c.id filter
t.* <- c.k filter
$$);

INSERT INTO t (id) SELECT l.n FROM a, LATERAL (VALUES (a.x), (a.id)) AS l (n);
CALL expect('lateral values', $$
t <- a insert
t.id <- a.x identity
t.id <- a.id identity
$$);

INSERT INTO t (id, v) SELECT r.p, r.q FROM a, ROWS FROM (generate_series(1, a.x), generate_series(1, a.id)) AS r (p, q);
CALL expect('rows from: each column is of its function', $$
t <- a insert
t.id <- a.x transformation
t.v <- a.id transformation
$$);

INSERT INTO t (s, v) SELECT u.w, u.n FROM a, unnest(string_to_array(a.y, 'n')) WITH ORDINALITY AS u (w, n);
CALL expect('with ordinality: a number is of no column', $$
t <- a insert
t.s <- a.y transformation
$$);

INSERT INTO t (s) SELECT to_jsonb(s)::text FROM (SELECT id, x + 1 AS n FROM a) AS s;
CALL expect('whole row of a subquery', $$
t <- a insert
t.s <- a.id transformation
t.s <- a.x transformation
$$);

INSERT INTO t (s) SELECT to_jsonb(j)::text FROM (a JOIN c USING (id)) AS j;
CALL expect('whole row of a join', $$
t <- a insert
t <- c insert
t.s <- a.id transformation
t.s <- a.x transformation
t.s <- a.y transformation
t.s <- a.at transformation
t.s <- c.k transformation
t.s <- c.note transformation
t.* <- a.id join
t.* <- c.id join
$$);

INSERT INTO t (id, s) SELECT a.id, x.z FROM a, XMLTABLE('/r' PASSING (('<r><z>' || a.y || '</z></r>')::xml) COLUMNS z text PATH 'z') AS x;
CALL expect('xmltable', $$
t <- a insert
t.id <- a.id identity
t.s <- a.y transformation
$$);

INSERT INTO t (id, s) SELECT id, CASE x WHEN 10 THEN y ELSE 'other' END FROM a TABLESAMPLE SYSTEM (100);
CALL expect('simple case, of a sample', $$
t <- a insert
t.id <- a.id identity
t.s <- a.x conditional
t.s <- a.y transformation
$$);

INSERT INTO t (id) SELECT id FROM a ORDER BY (SELECT k FROM c WHERE c.id = a.id) LIMIT 1;
CALL expect('sorted by a subquery', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- c.k sort
t.* <- c.id sort
t.* <- a.id sort
$$);

INSERT INTO t (id) (SELECT id FROM a UNION ALL SELECT k FROM c) ORDER BY 1 LIMIT 1;
CALL expect('a set operation, sorted: the first rows are of all arms', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.id <- c.k identity
t.* <- a.id sort
t.* <- c.k sort
$$);

INSERT INTO t (id) SELECT id FROM a WHERE x = ANY (ARRAY(SELECT k FROM c WHERE note > 'm'));
CALL expect('any of an array of a subquery', $$
t <- a insert
t <- c insert
t.id <- a.id identity
t.* <- a.x filter
t.* <- c.k filter
t.* <- c.note filter
$$);

WITH q AS (SELECT id, sum(k) AS n FROM c GROUP BY id) UPDATE t SET v = q.n FROM q WHERE q.id = t.id;
CALL expect('update from a common table expression', $$
t <- c update
t.v <- c.k aggregation
t.* <- c.id join
t.* <- c.id group_by
$$);

WITH u AS (UPDATE b SET z = c.k FROM c WHERE c.id = b.id RETURNING b.id, c.note) INSERT INTO t (id, s) SELECT id, note FROM u;
CALL expect('update returning into an insert: what it joined decides which rows', $$
b <- c update
b.z <- c.k identity
b.* <- c.id join
t <- b insert
t <- c insert
t.id <- b.id identity
t.s <- c.note identity
t.* <- b.id join
t.* <- c.id join
$$);

INSERT INTO b SELECT id, x, y FROM a ON CONFLICT (id) DO UPDATE SET z = (SELECT max(k) FROM c WHERE c.id = excluded.id);
CALL expect('on conflict, with a subquery', $$
b <- a insert
b <- c insert
b.id <- a.id identity
b.z <- a.x identity
b.w <- a.y identity
b.z <- c.k aggregation
b.z <- c.id join
b.z <- a.id join
$$);

MERGE INTO b USING a ON b.id = a.id WHEN MATCHED AND EXISTS (SELECT FROM c WHERE c.id = b.id) THEN UPDATE SET z = (SELECT max(k) FROM c);
CALL expect('merge, with subqueries', $$
b <- a merge
b <- c merge
b.z <- c.k aggregation
b.* <- a.id join
b.* <- c.id join
$$);

CREATE TABLE made5 (p, q) AS SELECT id, x FROM a;
CALL expect('create table as, with other names', $$
made5 <- a create_table_as
made5.p <- a.id identity
made5.q <- a.x identity
$$);

CREATE TABLE made6 AS SELECT FROM a;
CALL expect('create table as, of no columns', $$
made6 <- a create_table_as
$$);

CREATE TABLE made7 AS TABLE a WITH NO DATA;
CREATE MATERIALIZED VIEW made8 AS TABLE a WITH NO DATA;
CALL expect('with no data', '');

CREATE VIEW named (p, q) AS SELECT id, x FROM a;
CALL expect('create view, with other names', $$
named <- a view
named.p <- a.id identity
named.q <- a.x identity
$$);

CREATE OR REPLACE VIEW named (p, q) AS SELECT id, id FROM a;
CALL forget();
CREATE VIEW turned AS SELECT id AS p, x AS q FROM a WHERE y <> '';
CREATE OR REPLACE VIEW turned AS SELECT x AS p, id AS q FROM a;
CALL expect('create or replace view: of the same table, with other columns', $$
turned <- a view
turned.p <- a.x identity
turned.q <- a.id identity
$$);
CREATE VIEW emptied AS SELECT id FROM a;
CREATE OR REPLACE VIEW emptied AS SELECT 1 AS id;
CALL expect('create or replace view: of nothing', '');

CREATE TEMP VIEW passing AS SELECT id, x FROM a;
INSERT INTO t (id, v) SELECT id, x FROM passing WHERE x > 0;
CALL expect('a temporary view is left out', $$
t <- a insert
t.id <- a.id identity
t.v <- a.x transformation
t.* <- a.x filter
$$);

DELETE FROM t USING named WHERE named.p = t.id AND named.q > 5000;
CALL expect('delete using a view', $$
t <- named delete
t <- a delete base
t.* <- named.p join
t.* <- a.id join
t.* <- named.q filter
t.* <- a.id filter
$$);

CREATE VIEW inserted AS SELECT id, k FROM c;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO c (id, k) VALUES (new.id, new.k); RETURN new; END $$;
CREATE TRIGGER instead INSTEAD OF INSERT ON inserted FOR EACH ROW EXECUTE FUNCTION instead();
CALL forget();
INSERT INTO inserted SELECT id, x FROM a;
CALL expect('a trigger instead of an insert', $$
inserted <- a insert
inserted.id <- a.id identity
inserted.k <- a.x identity
c <- a insert cooccurrence
c <- inserted insert cooccurrence
$$);

COPY (WITH n AS (INSERT INTO t (id) SELECT id FROM a RETURNING id) SELECT id FROM n) TO '/dev/null';
CALL expect('copy of what is inserted', $$
t <- a insert
t.id <- a.id identity
/dev/null <- t copy_to
/dev/null.id <- t.id identity
$$);

COPY (INSERT INTO t (id) SELECT id FROM a RETURNING id AS key) TO '/dev/null';
CALL expect('copy of what an insert returns', $$
t <- a insert
t.id <- a.id identity
/dev/null <- t copy_to
/dev/null.key <- t.id identity
$$);

CREATE FUNCTION rows_of_a() RETURNS SETOF a LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM a; END $$;
INSERT INTO t (id) SELECT id FROM rows_of_a();
CALL expect('return query', $$
t <- a insert cooccurrence
$$);

DO $$ DECLARE q CURSOR FOR SELECT note FROM c; n text; BEGIN OPEN q; FETCH q INTO n; INSERT INTO t (s) VALUES (n); CLOSE q; END $$;
CALL expect('a cursor', $$
t <- c insert cooccurrence
$$);

DO $$ DECLARE n int; BEGIN DELETE FROM a WHERE id = 1 RETURNING x INTO n; INSERT INTO t (id) VALUES (n); END $$;
CALL expect('what a delete returns into a variable', $$
t <- a insert cooccurrence
$$);

DO $$ DECLARE n int; BEGIN SELECT max(x) INTO n FROM a; EXECUTE 'INSERT INTO t (id) SELECT $1 + id FROM c' USING n; END $$;
CALL expect('a dynamic statement with a variable', $$
t <- c insert
t.id <- c.id transformation
t <- a insert cooccurrence
$$);

CREATE FUNCTION sql_note(i int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT note FROM c WHERE id = i LIMIT 1 $$;
INSERT INTO t (s) SELECT sql_note(id) FROM a;
CALL expect('a function of sql that is called', $$
t <- a insert
t.s <- a.id transformation
t <- c insert cooccurrence
$$);

CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * i $$;
INSERT INTO t (id) SELECT twice(x) FROM a;
CALL expect('a function of sql that is an expression', $$
t <- a insert
t.id <- a.x transformation
$$);

CREATE TABLE parent (id int, v int);
CREATE TABLE heir (extra int) INHERITS (parent);
INSERT INTO t (id) SELECT id FROM parent WHERE v > 0;
CALL expect('a table and its heirs: what is named', $$
t <- parent insert
t.id <- parent.id identity
t.* <- parent.v filter
$$);

CREATE TABLE shrinking (id int, gone int);
BEGIN;
INSERT INTO t (id, v) SELECT id, gone FROM shrinking;
ALTER TABLE shrinking DROP COLUMN gone;
COMMIT;
CALL expect('a column that is dropped before the commit', $$
t <- shrinking insert
t.id <- shrinking.id identity
$$);

WITH moved AS (DELETE FROM t WHERE v > 5000 RETURNING id, s) INSERT INTO t (id, s) SELECT id, s FROM moved;
CALL expect('moved within a table', $$
t <- t insert
t.id <- t.id identity
t.s <- t.s identity
t.* <- t.v filter
$$);

DO $$ BEGIN BEGIN REFRESH MATERIALIZED VIEW not_there; EXCEPTION WHEN undefined_table THEN NULL; END; END $$;
INSERT INTO t (id) SELECT id FROM a;
CALL expect('after a refresh that failed in an exception block', $$
t <- a insert
t.id <- a.id identity
$$);

CREATE PROCEDURE rolling_back() LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
    SELECT max(k) INTO n FROM c;
    ROLLBACK;
    INSERT INTO t (id) VALUES (n);
    COMMIT;
END $$;
CALL rolling_back();
CALL expect('a procedure that rolls back and goes on', $$
t <- c insert cooccurrence
$$);

BEGIN;
INSERT INTO t (id) SELECT id FROM a;
SET TRANSACTION READ ONLY;
COMMIT;
CALL expect('a transaction that became read only', $$
t <- a insert
t.id <- a.id identity
$$);

SET plan_cache_mode = force_generic_plan;
PREPARE unseen AS INSERT INTO t (id) SELECT id FROM a;
SET aidataops.lineage = off;
EXECUTE unseen;
SET aidataops.lineage = on;
EXECUTE unseen;
CALL expect('a plan that was made while it was off', $$
t <- a insert
t.id <- a.id identity
$$);
RESET plan_cache_mode;

WITH d AS (DELETE FROM b WHERE z > 100000 RETURNING id) UPDATE t SET v = 0 FROM d WHERE d.id = t.id;
CALL expect('update by what was deleted', $$
t <- b update
t.* <- b.id join
t.* <- b.z filter
$$);

-- rows that policies hide
CREATE TABLE allowed (who name, id int);
ALTER TABLE c ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON c USING (id IN (SELECT allowed.id FROM allowed WHERE who = current_user));
CREATE ROLE regress_lineage_reader;
GRANT SELECT ON a, b, c, allowed TO regress_lineage_reader;
GRANT INSERT, SELECT ON t TO regress_lineage_reader;
SET ROLE regress_lineage_reader;
INSERT INTO t (s) SELECT note FROM c;
RESET ROLE;
CALL expect('policies of row-level security', $$
t <- c insert
t <- allowed insert
t.s <- c.note identity
t.* <- c.id filter
t.* <- allowed.id filter
t.* <- allowed.who filter
$$);
DROP OWNED BY regress_lineage_reader;
DROP ROLE regress_lineage_reader;
