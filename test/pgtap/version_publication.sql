-- Logical replication and read-only sessions: UPDATE and DELETE of published tables need a replica identity, which the history
-- and the catalog must have; what only reads must work where nothing can be written.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = error; -- a WARNING says that wal_level is too low to publish anything
SELECT plan(17);
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
SELECT lives_ok($$SELECT create_dataset('t', 't')$$, 'create_dataset()');
SELECT lives_ok($$SELECT commit('t', 'first')$$, 'commit(), the first');
DELETE FROM t WHERE id = 1;
UPDATE t SET v = 'c';
SELECT lives_ok($$SELECT commit('t', 'second')$$, 'commit() that updates the history');
ALTER TABLE t ALTER COLUMN v TYPE varchar(10);
SELECT lives_ok($$SELECT commit('t', 'third')$$, 'commit() that moves the rows to another table');
SELECT lives_ok($$SELECT tag('t@1', 'gold', true), tag('t@1', 'gold', false)$$, 'tag() twice');
SELECT lives_ok($$SELECT untag('t', 'gold')$$, 'untag()');
SELECT lives_ok($$SELECT set_column_roles('t', '{"v": "text"}')$$, 'set_column_roles()');
SELECT lives_ok($$SELECT attach_dataset('t', 't')$$, 'attach_dataset()');
SELECT is((SELECT array_agg(c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('aidataops', 'aidataops_history') AND c.relkind = 'r'
              AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)), NULL, 'every table has a primary key');

SET TRANSACTION READ ONLY;
SELECT lives_ok(statement, 'read-only: ' || statement)
  FROM (VALUES ($$SELECT * FROM log('t')$$), ($$SELECT * FROM status('t')$$), ($$SELECT * FROM diff('t@1', 't@WORKING')$$), ($$SELECT * FROM as_of('t@1', NULL::t)$$),
               ($$SELECT * FROM as_of_json('t@2')$$), ($$SELECT table_fingerprint('t')$$), ($$SELECT resolve('t@HEAD')$$)) AS s (statement);
SELECT throws_ok($$SELECT commit('t', 'fourth')$$, '25006', NULL, 'read-only: commit() says so');
SELECT * FROM finish();
ROLLBACK;
