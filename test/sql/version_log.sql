-- log(), status(), resolve() with every kind of name and every error, tag() and untag().
CREATE SCHEMA version_log;
SET search_path = version_log, aidataops, public;
\set SHOW_CONTEXT never

SELECT resolve('nothing@1'); -- there is none at all
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT create_dataset('t', 't');
-- before the first version
SELECT * FROM log('t');
SELECT * FROM status('t');
INSERT INTO t VALUES (1, 'a'), (2, 'b');
SELECT * FROM status('t');
SELECT resolve('t@HEAD');
SELECT resolve('t@1');
SELECT resolve('t@WORKING');
SELECT tag('t@HEAD', 'gold');
SELECT commit('t', 'first');
SELECT * FROM status('t');
UPDATE t SET v = 'c' WHERE id = 1;
INSERT INTO t VALUES (3, 'd');
DELETE FROM t WHERE id = 2;
SELECT * FROM status('t');
SET aidataops.actor = 'Grace Hopper';
SELECT commit('t', 'second');
RESET aidataops.actor;
INSERT INTO t VALUES (4, 'e');
SELECT commit('t', E'third,\nin two lines');
SELECT version, committed_by = session_user AS by_me, actor, message, num_rows, rows_added, rows_removed, rows_modified, tags FROM log('t');
SELECT * FROM log('nothing');
SELECT * FROM log(NULL);
SELECT * FROM status('nothing');

-- every kind of name
SELECT resolve('t@2'), resolve('t@HEAD'), resolve('t@HEAD~0'), resolve('t@HEAD~2'), resolve('t@{infinity}'), resolve('t@{2100-01-01}'), resolve(NULL) IS NULL AS null_for_null;
-- by time: the latest by then, to the microsecond
SELECT v.version, resolve('t@{' || v.committed_at || '}') = v.version AS at_it, resolve('t@{' || v.committed_at + interval '1 microsecond' || '}') = v.version AS just_after
  FROM aidataops.version AS v ORDER BY v.number;
SELECT resolve('t@{' || committed_at - interval '1 microsecond' || '}') AS just_before FROM aidataops.version WHERE version = 't@3';
-- what does not exist; times in messages differ from run to run
CREATE FUNCTION error_of(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text; BEGIN
    RETURN 'resolves to ' || resolve(name)::text;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(' | ', sqlstate, sqlerrm, hint), '\d{4}-\d\d-\d\d \d\d:\d\d[^ .,|]*(\.\d+)?[^ ,.;|]*|\w{3} \w{3} \d\d [\d:.]+ \d{4} \w{3}', '<time>', 'g');
END $$;
SELECT name, error_of(name) FROM (VALUES ('nothing@1'), ('t@4'), ('t@2147483647'), ('t@HEAD~3'), ('t@HEAD~2147483647'), ('t@gold'), ('t@{-infinity}'), ('t@{2000-01-01 00:00+00}'), ('t@WORKING'), ('T@1')) AS v (name);

-- tags
SELECT tag('t@HEAD~2', 'gold');
SELECT tag('t@1', 'gold'); -- again
SELECT tag('t@2', 'gold'); -- on another
SELECT tag('t@gold', 'also gold');
SELECT tag('t@2', 'Gold'); -- another tag
SELECT resolve('t@gold'), resolve('t@also gold'), resolve('t@Gold');
SELECT error_of('t@silver');
SELECT version, tags FROM log('t');
SELECT tag, number, protected, tagged_by = session_user AS by_me FROM aidataops.tag ORDER BY tag COLLATE "C";
SELECT tag('t@3', 'HEAD');
CREATE FUNCTION tag_error(tag text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; BEGIN
    PERFORM tag('t@3', tag);
    RETURN 'tagged';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', sqlstate, left(sqlerrm, 40), detail);
END $$;
SELECT quote_literal(left(tag, 10)) AS tag, tag_error(tag) FROM unnest(ARRAY['HEAD', 'head', 'Working', '7', '', 'a@b', 'a~b', 'a{b', ' a', 'a ', E'a\nb', repeat('x', 64), 'v1.0', '-1', 'ω']) AS tag;
SELECT tag('t@9', 'x');
SELECT tag('t@WORKING', 'x');
SELECT tag(NULL, 'x') IS NULL AND tag('t@1', NULL) IS NULL AS null_for_null;
-- one tag in two datasets
SELECT create_dataset('u', 't'), commit('u', 'first');
SELECT tag('u@1', 'gold');
SELECT resolve('u@gold'), resolve('t@gold');
-- protected
SELECT tag('t@gold', 'gold', protected => true);
SELECT untag('t', 'gold');
SELECT tag('t@2', 'gold', protected => true);
SELECT tag('t@gold', 'gold', protected => false);
SELECT untag('t', 'gold');
SELECT untag('t', 'gold');
SELECT untag('nothing', 'gold');
SELECT untag('t', NULL) IS NULL AS null_for_null;
SELECT resolve('u@gold');
SELECT version, tags FROM log('t');
-- a version that a protected tag is on, and one that is not, read alike
SELECT count(*) FROM as_of_json('t@also gold');

SET client_min_messages = warning;
DROP SCHEMA version_log CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
