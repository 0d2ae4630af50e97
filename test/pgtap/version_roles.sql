-- Who may know, read and do what: an analyst, an owner who is no superuser, a member of the owner's role, an outsider.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_owner;
CREATE ROLE regress_member IN ROLE regress_owner;
CREATE ROLE regress_analyst;
CREATE ROLE regress_column_analyst;
CREATE ROLE regress_outsider;
CREATE SCHEMA work AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA work TO PUBLIC;

SELECT plan(75);

-- the owner of a table needs no more rights than that
SET ROLE regress_owner;
CREATE TABLE work.reviews (id int PRIMARY KEY, body text, label text);
INSERT INTO work.reviews VALUES (1, 'good', 'pos'), (2, 'bad', 'neg');
GRANT SELECT ON work.reviews TO regress_analyst;
GRANT SELECT (id) ON work.reviews TO regress_column_analyst;
SELECT is(create_dataset('reviews', 'work.reviews'), 'reviews', 'the owner declares a dataset');
SELECT is(commit('reviews', 'first')::text, 'reviews@1', 'the owner commits');
UPDATE work.reviews SET label = 'pos' WHERE id = 2;
SELECT is(commit('reviews', 'second')::text, 'reviews@2', 'and commits again');
SELECT is(tag('reviews@1', 'gold')::text, 'reviews@1', 'the owner tags');
SELECT lives_ok($$SELECT set_column_roles('reviews', '{"body": "text"}')$$, 'the owner sets roles of columns');
SELECT is((SELECT count(*) FROM diff('reviews@1', 'reviews@2')), 1::bigint, 'the owner compares');
SELECT is((SELECT count(*) FROM as_of('reviews@1', NULL::work.reviews)), 2::bigint, 'the owner looks back');
SELECT lives_ok($$SELECT create_version_view('reviews@1', 'work.reviews_1')$$, 'the owner makes a view');
RESET ROLE;
SELECT is((SELECT tableowner::text FROM pg_tables WHERE schemaname = 'aidataops_history'), 'regress_owner', 'the history belongs to the owner of the table');

-- the analyst may read the table: knows of the dataset and its versions, and reads old rows only if allowed
SET ROLE regress_analyst;
SELECT is((SELECT array_agg(name) FROM dataset), ARRAY['reviews'], 'the analyst sees the dataset');
SELECT is((SELECT count(*) FROM version), 2::bigint, 'its versions');
SELECT is((SELECT count(*) FROM schema_epoch), 1::bigint, 'its schema epochs');
SELECT is((SELECT count(*) FROM tag), 1::bigint, 'its tags');
SELECT is((SELECT count(*) FROM log('reviews')), 2::bigint, 'its log');
SELECT is(resolve('reviews@gold')::text, 'reviews@1', 'resolves a tag');
SELECT is((SELECT count(*) FROM dataset_columns('reviews')), 3::bigint, 'and its columns');
SELECT throws_ok($$SELECT commit('reviews', 'mine')$$, '42501', NULL, 'the analyst may not commit');
SELECT throws_ok($$SELECT tag('reviews@1', 'mine')$$, '42501', NULL, 'nor tag');
SELECT throws_ok($$SELECT untag('reviews', 'gold')$$, '42501', NULL, 'nor untag');
SELECT throws_ok($$SELECT set_column_roles('reviews', '{"id": "group"}')$$, '42501', NULL, 'nor set roles of columns');
SELECT throws_ok($$SELECT create_dataset('mine', 'work.reviews')$$, '42501', NULL, 'nor declare a dataset of the table');
SELECT throws_ok($$SELECT attach_dataset('reviews', 'work.reviews')$$, '42501', NULL, 'nor attach one');
SELECT throws_ok($$SELECT * FROM as_of('reviews@1', NULL::work.reviews)$$, '42501', 'permission denied for the history of dataset "reviews"',
                 'the past is not the present: deleted rows may be in it');
SELECT throws_ok($$SELECT * FROM as_of_json('reviews@1')$$, '42501', NULL, 'nor as JSON');
SELECT throws_ok($$SELECT * FROM diff('reviews@1', 'reviews@2')$$, '42501', NULL, 'nor by comparing');
SELECT throws_ok($$SELECT * FROM diff_stat('reviews@1', 'reviews@WORKING')$$, '42501', NULL, 'nor by counting');
SELECT throws_ok($$SELECT * FROM work.reviews_1$$, '42501', NULL, 'nor through a view of the owner');
SELECT is((SELECT count(*) FROM as_of_json('reviews@WORKING')), 2::bigint, 'the table itself can be read');
RESET ROLE;
-- the hint of the error above, followed
SET ROLE regress_owner;
DO $$ BEGIN EXECUTE format('GRANT SELECT ON aidataops_history.%I TO regress_analyst', (SELECT history_table FROM aidataops.dataset)); END $$;
GRANT SELECT ON work.reviews_1 TO regress_analyst;
SET ROLE regress_analyst;
SELECT is((SELECT count(*) FROM as_of('reviews@1', NULL::work.reviews)), 2::bigint, 'after a grant the analyst looks back');
SELECT is((SELECT count(*) FROM diff('reviews@1', 'reviews@2')), 1::bigint, 'compares');
SELECT is((SELECT count(*) FROM work.reviews_1), 2::bigint, 'reads the view');
SELECT throws_ok($$DO 'BEGIN EXECUTE format(''DELETE FROM aidataops_history.%I'', (SELECT history_table FROM aidataops.dataset)); END'$$, '42501', NULL, 'and does not write history');
SELECT throws_ok($$SELECT commit('reviews', 'mine')$$, '42501', NULL, 'nor commits');
RESET ROLE;
SET ROLE regress_column_analyst;
SELECT is((SELECT count(*) FROM version), 2::bigint, 'SELECT on a column is enough to know of a dataset');
RESET ROLE;

-- going back, sharing rights and dropping are the owner's
SET ROLE regress_analyst;
SELECT throws_ok(call, '42501', NULL, 'the analyst may not: ' || call)
  FROM (VALUES ('SELECT * FROM restore(''reviews@1'')'), ('SELECT drop_dataset(''reviews'')'), ('SELECT drop_dataset(''reviews'', true)'),
               ('SELECT rename_dataset(''reviews'', ''mine'')'), ('SELECT sync_rights(''reviews'')'), ('SELECT commit_all(''{reviews}'', ''mine'')')) AS c (call);
RESET ROLE;
SET ROLE regress_member;
SELECT is((SELECT rows_modified FROM restore('reviews@1')), 1::bigint, 'a member of the owner restores');
SELECT is((SELECT rows_modified FROM restore('reviews@2')), 1::bigint, 'and restores again');
RESET ROLE;
SELECT is((SELECT rows_modified FROM restore('reviews@1')), 1::bigint, 'a superuser restores');
SELECT is((SELECT rows_modified FROM restore('reviews@2')), 1::bigint, 'and restores again');

-- the outsider cannot tell a dataset from none
SET ROLE regress_outsider;
SELECT is_empty('SELECT * FROM aidataops.dataset', 'the outsider sees no dataset');
SELECT is_empty('SELECT * FROM aidataops.version', 'no version');
SELECT is_empty('SELECT * FROM aidataops.schema_epoch', 'no schema epoch');
SELECT is_empty('SELECT * FROM aidataops.tag', 'no tag');
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; detail text; hint text; state text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
    RETURN concat_ws('|', state, replace(replace(message, 'reviews', 'X'), 'nothing', 'X'), detail, hint);
END $$;
SELECT is(pg_temp.error_of(format(call, 'reviews')), pg_temp.error_of(format(call, 'nothing')), 'the same error with and without a dataset: ' || call)
  FROM (VALUES ('SELECT aidataops.resolve(''%s@1'')'), ('SELECT * FROM aidataops.log(''%s'')'), ('SELECT * FROM aidataops.status(''%s'')'),
               ('SELECT aidataops.commit(''%s'', ''x'')'), ('SELECT * FROM aidataops.as_of_json(''%s@1'')'), ('SELECT aidataops.tag(''%s@1'', ''x'')'),
               ('SELECT * FROM aidataops.diff(''%s@1'', ''%1$s@2'')'), ('SELECT aidataops.untag(''%s'', ''gold'')'),
               ('SELECT * FROM aidataops.restore(''%s@1'')'), ('SELECT aidataops.drop_dataset(''%s'')'), ('SELECT aidataops.commit_all(''{%s}'', ''x'')'),
               ('SELECT aidataops.sync_rights(''%s'')'), ('SELECT * FROM aidataops.size_report(''%s'')'), ('SELECT * FROM aidataops.row_history(''%s'', ''{"id": 1}'')')) AS c (call);
SELECT throws_ok(statement, '42501', NULL, 'the catalog is not written by hand: ' || statement)
  FROM (VALUES ('INSERT INTO aidataops.tag VALUES (1, ''x'', 1, false, now(), ''x'')'), ('UPDATE aidataops.dataset SET name = ''x'''),
               ('DELETE FROM aidataops.version'), ('TRUNCATE aidataops.tag')) AS s (statement);
RESET ROLE;
SET ROLE regress_owner;
SELECT throws_ok(statement, '42501', NULL, 'not even by the owner: ' || statement)
  FROM (VALUES ('UPDATE aidataops.version SET message = ''x'''), ('DELETE FROM aidataops.tag'), ('SELECT nextval(''aidataops.dataset_dataset_id_seq'')')) AS s (statement);
RESET ROLE;

-- a member of the owner's role acts for the owner, and is recorded
SET SESSION AUTHORIZATION regress_member;
SET aidataops.actor = 'Ada Lovelace';
INSERT INTO work.reviews VALUES (3, 'fine', 'pos');
SELECT is(commit('reviews', 'third')::text, 'reviews@3', 'a member of the owner commits');
RESET SESSION AUTHORIZATION;
SET aidataops.actor = '';
SELECT is((SELECT concat_ws(' ', committed_by, committed_as, actor) FROM version WHERE version = 'reviews@3'),
          'regress_member regress_member Ada Lovelace', 'who committed is recorded');
DELETE FROM work.reviews WHERE id = 3;
SET ROLE regress_owner;
SELECT is(commit('reviews', 'fourth')::text, 'reviews@4', 'a superuser who became the owner commits');
RESET ROLE;
SELECT ok((SELECT committed_by = session_user AND committed_as = 'regress_owner' AND actor IS NULL FROM version WHERE version = 'reviews@4'),
          'who logged in, with whose rights, and no actor');

-- dropped by the owner, with all that belongs to it
SET ROLE regress_owner;
DROP VIEW work.reviews_1;
SELECT tag('reviews@1', 'gold', protected => false);
SELECT lives_ok($$SELECT drop_dataset('reviews')$$, 'the owner drops the dataset');
RESET ROLE;
SELECT is_empty('SELECT FROM pg_tables WHERE schemaname = ''aidataops_history''', 'and nothing is left');

SELECT * FROM finish();
ROLLBACK;
