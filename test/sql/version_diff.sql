-- diff() and diff_stat(): what changed between any two versions, against a comparison by brute force.
CREATE SCHEMA version_diff;
SET search_path = version_diff, aidataops, public;
\set SHOW_CONTEXT never

-- The same question answered from as_of_json() alone, for a key of one column.  Rows compare by their JSON text, which is finer
-- than jsonb equality (1.0 and 1.00).
CREATE FUNCTION brute_force(a dataset_version, b dataset_version, key text) RETURNS TABLE (change text, key_value text, before jsonb, after jsonb) LANGUAGE sql AS $$
    SELECT CASE WHEN f.j IS NULL THEN 'added' WHEN t.j IS NULL THEN 'removed' ELSE 'modified' END, coalesce(f.j, t.j) ->> key, f.j, t.j
      FROM as_of_json(a) AS f (j) FULL JOIN as_of_json(b) AS t (j) ON f.j ->> key = t.j ->> key
     WHERE f.j::text IS DISTINCT FROM t.j::text
$$;
-- columns are right if exactly they differ
CREATE FUNCTION columns_right(before jsonb, after jsonb, columns text[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT CASE WHEN before IS NULL OR after IS NULL THEN columns IS NULL
           ELSE columns = ARRAY(SELECT k FROM (SELECT jsonb_object_keys(before) UNION SELECT jsonb_object_keys(after)) AS c (k)
                                 WHERE coalesce(nullif(before -> k, 'null')::text, '') <> coalesce(nullif(after -> k, 'null')::text, '') ORDER BY k COLLATE "C") END
$$;
CREATE FUNCTION check_pair(a dataset_version, b dataset_version, key_column text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint; s record; expected record;
BEGIN
    SELECT count(*) INTO n FROM (
        (SELECT d.change, d.key ->> key_column, d.before::text, d.after::text FROM diff(a, b) AS d
         EXCEPT ALL SELECT x.change, x.key_value, x.before::text, x.after::text FROM brute_force(a, b, key_column) AS x)
        UNION ALL
        (SELECT x.change, x.key_value, x.before::text, x.after::text FROM brute_force(a, b, key_column) AS x
         EXCEPT ALL SELECT d.change, d.key ->> key_column, d.before::text, d.after::text FROM diff(a, b) AS d)) AS x;
    IF n > 0 THEN RETURN format('%s rows of diff(%s, %s) are wrong', n, a, b); END IF;
    IF EXISTS (SELECT FROM diff(a, b) AS d WHERE NOT columns_right(d.before, d.after, d.columns)) THEN RETURN format('columns of diff(%s, %s) are wrong', a, b); END IF;
    SELECT * INTO s FROM diff_stat(a, b);
    SELECT count(*) FILTER (WHERE change = 'added') AS added, count(*) FILTER (WHERE change = 'removed') AS removed,
           count(*) FILTER (WHERE change = 'modified') AS modified, coalesce(sum(cardinality(columns)), 0) AS cells
      INTO expected FROM diff(a, b);
    IF (s.rows_added, s.rows_removed, s.rows_modified) <> (expected.added, expected.removed, expected.modified) THEN
        RETURN format('rows of diff_stat(%s, %s) are wrong', a, b);
    ELSIF s.from_rows + s.rows_added - s.rows_removed <> s.to_rows OR s.rows_unmodified <> s.from_rows - s.rows_removed - s.rows_modified
       OR s.from_rows <> (SELECT count(*) FROM as_of_json(a)) OR s.to_rows <> (SELECT count(*) FROM as_of_json(b)) THEN
        RETURN format('diff_stat(%s, %s) does not add up', a, b);
    ELSIF s.cells_added + s.cells_modified + s.cells_unmodified <> (SELECT count(*) FROM as_of_json(b) AS j, jsonb_object_keys(j))
       OR s.cells_removed + s.cells_modified + s.cells_unmodified <> (SELECT count(*) FROM as_of_json(a) AS j, jsonb_object_keys(j)) THEN
        RETURN format('cells of diff_stat(%s, %s) do not add up', a, b);
    END IF;
    RETURN NULL;
END $$;
-- all pairs, both ways and with themselves, and with the table
CREATE FUNCTION check_all(dataset text, key_column text) RETURNS TABLE (pairs bigint, problems text[]) LANGUAGE sql AS $$
    WITH side AS (SELECT dataset || '@' || n AS v FROM generate_series(1, (SELECT head FROM aidataops.dataset AS d WHERE d.name = dataset)) AS n
                  UNION ALL SELECT dataset || '@WORKING')
    SELECT count(*), array_agg(p) FILTER (WHERE p IS NOT NULL) FROM side AS a, side AS b, check_pair(a.v, b.v, key_column) AS p
$$;

-- a history with every kind of change: reverted, removed and added again, touched, swapped, grown
CREATE TABLE fruit (id int PRIMARY KEY, name text, grams numeric, ripe boolean);
INSERT INTO fruit VALUES (1, 'apple', 180, true), (2, 'fig', 50, NULL), (3, 'melon', NULL, false), (4, 'kiwi', 75, true);
SELECT create_dataset('fruit', 'fruit');
SELECT commit('fruit', 'first');
UPDATE fruit SET grams = 182.5, ripe = NULL WHERE id = 1;
DELETE FROM fruit WHERE id = 2;
INSERT INTO fruit VALUES (5, 'plum', 60, true);
SELECT commit('fruit', 'second');
UPDATE fruit SET grams = 180, ripe = true WHERE id = 1; -- as it was
INSERT INTO fruit VALUES (2, 'fig', 50, NULL); -- as it was
UPDATE fruit SET grams = 75.0 WHERE id = 4; -- a scale
SELECT commit('fruit', 'third');
DELETE FROM fruit;
SELECT commit('fruit', 'empty');
INSERT INTO fruit VALUES (1, 'apple', 180, true), (9, 'quince', NULL, NULL);
SELECT commit('fruit', 'fifth');
UPDATE fruit SET name = 'pear' WHERE id = 9;
INSERT INTO fruit VALUES (10, 'cherry', 8, true);
SELECT * FROM diff('fruit@1', 'fruit@2');
SELECT * FROM diff('fruit@2', 'fruit@1');
SELECT * FROM diff('fruit@1', 'fruit@3'); -- nothing of what was reverted
SELECT * FROM diff('fruit@3', 'fruit@3');
SELECT * FROM diff('fruit@HEAD', 'fruit@WORKING');
SELECT * FROM diff_stat('fruit@1', 'fruit@2');
SELECT * FROM diff_stat('fruit@4', 'fruit@WORKING');
SELECT * FROM check_all('fruit', 'id');
-- however a version is named
SELECT tag('fruit@2', 'gold');
SELECT (SELECT array_agg(d) FROM diff('fruit@gold', 'fruit@HEAD~2') AS d) = (SELECT array_agg(d) FROM diff('fruit@2', 'fruit@3') AS d) AS same;
SELECT count(*) FROM diff('fruit@{infinity}', 'fruit@HEAD');

-- the fingerprint agrees: nothing differs exactly where the fingerprints are equal
SELECT count(*) AS disagree FROM aidataops.version AS a, aidataops.version AS b
 WHERE (a.fingerprint = b.fingerprint) <> (NOT EXISTS (SELECT FROM diff(a.version, b.version)));

-- values that = calls equal and whose text differs are changes; values that are the same in another guise are not
CREATE TABLE near (id int PRIMARY KEY, f float8, n numeric, i interval, j jsonb, c char(5), t text);
INSERT INTO near VALUES (1, 0, 1.0, '1 mon', '{"a": 1.0}', 'x', 'é'), (2, 'NaN', 'NaN', '12 mons', '{"a": 1, "b": 2}', 'y', U&'\00e9');
SELECT create_dataset('near', 'near');
SELECT commit('near', 'first');
UPDATE near SET f = '-0', n = 1.00, i = '30 days', j = '{"a": 1.00}', t = U&'e\0301' WHERE id = 1;
UPDATE near SET f = -f, n = 'nan', i = '1 year', j = '{"b": 2, "a": 1}', c = 'y  ' WHERE id = 2;
SELECT key, columns FROM diff('near@1', 'near@WORKING');
SELECT commit('near', 'second');
SELECT key, columns FROM diff('near@1', 'near@2');

-- a key of several columns, in its order and not that of the table; rows come in the order of the key
CREATE TABLE several (v int, b text COLLATE "C", a int, PRIMARY KEY (a, b));
INSERT INTO several SELECT i, chr(97 + i % 3), i / 3 FROM generate_series(0, 11) AS i;
SELECT create_dataset('several', 'several');
SELECT commit('several', 'first');
UPDATE several SET v = -v WHERE a >= 2;
DELETE FROM several WHERE a = 0 AND b = 'b';
INSERT INTO several VALUES (0, 'B', 0), (0, 'z', 10);
SELECT commit('several', 'second');
SELECT change, key, columns FROM diff('several@1', 'several@2');
SELECT * FROM diff_stat('several@1', 'several@2');

-- columns that come, go, are renamed and change their type: rows are paired by key, columns by name
CREATE TABLE shape (id int PRIMARY KEY, a int, b text);
INSERT INTO shape VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, NULL);
SELECT create_dataset('shape', 'shape');
SELECT commit('shape', 'first');
ALTER TABLE shape ADD COLUMN c int;
SELECT commit('shape', 'a column that is NULL');
UPDATE shape SET c = 1 WHERE id = 1;
ALTER TABLE shape ADD COLUMN d int DEFAULT 7;
SELECT commit('shape', 'a column with a default');
ALTER TABLE shape DROP COLUMN a;
SELECT commit('shape', 'a column gone');
ALTER TABLE shape RENAME COLUMN b TO e;
SELECT commit('shape', 'a column renamed');
ALTER TABLE shape ALTER COLUMN d TYPE bigint, ALTER COLUMN c TYPE text;
SELECT commit('shape', 'types changed');
ALTER TABLE shape ALTER COLUMN id TYPE bigint;
SELECT commit('shape', 'type of the key changed');
ALTER TABLE shape ADD COLUMN a text DEFAULT 'again';
DELETE FROM shape WHERE id = 2;
SELECT commit('shape', 'a column again, of another type');
SELECT version, rows_added, rows_removed, rows_modified FROM log('shape');
SELECT * FROM diff('shape@1', 'shape@2');
SELECT * FROM diff('shape@2', 'shape@3');
SELECT * FROM diff('shape@3', 'shape@4');
SELECT * FROM diff('shape@4', 'shape@5');
SELECT * FROM diff('shape@5', 'shape@6');
SELECT * FROM diff('shape@6', 'shape@7');
SELECT * FROM diff('shape@1', 'shape@8');
SELECT * FROM diff_stat('shape@1', 'shape@8');
SELECT * FROM diff_stat('shape@8', 'shape@1');
-- A NULL column and one that is absent are alike to a row hash, and not to JSON, which the brute force compares: for the pairs
-- across shapes only the sums are checked.
SELECT count(*) FILTER (WHERE s.from_rows + s.rows_added - s.rows_removed <> s.to_rows
                           OR s.cells_added + s.cells_modified + s.cells_unmodified <> (SELECT count(*) FROM as_of_json(b.version) AS j, jsonb_object_keys(j))
                           OR s.cells_removed + s.cells_modified + s.cells_unmodified <> (SELECT count(*) FROM as_of_json(a.version) AS j, jsonb_object_keys(j))) AS wrong, count(*) AS pairs
  FROM aidataops.version AS a, aidataops.version AS b, diff_stat(a.version, b.version) AS s
 WHERE dataset_name(a.version) = 'shape' AND dataset_name(b.version) = 'shape';

-- a random history, all pairs
CREATE TABLE walk (id int PRIMARY KEY, v int, w text);
SELECT create_dataset('walk', 'walk');
SELECT setseed(0.75);
DO $$ BEGIN FOR n IN 1..8 LOOP
    DELETE FROM walk WHERE random() < 0.2;
    UPDATE walk SET v = (random() * 2)::int WHERE random() < 0.4;
    INSERT INTO walk SELECT (random() * 40)::int, (random() * 2)::int, CASE WHEN random() < 0.5 THEN 'w' END FROM generate_series(1, 10) ON CONFLICT DO NOTHING;
    PERFORM commit('walk', 'step');
END LOOP; DELETE FROM walk WHERE id % 3 = 0; END $$;
SELECT * FROM check_all('walk', 'id');

-- errors
SELECT * FROM diff('fruit@1', 'shape@1');
SELECT * FROM diff_stat('fruit@1', 'shape@1');
SELECT * FROM diff('fruit@1', 'fruit@99');
SELECT * FROM diff('fruit@0', 'fruit@1');
SELECT * FROM diff('fruit@nothing', 'fruit@1');
SELECT * FROM diff(NULL, 'fruit@1');
SELECT * FROM diff_stat('fruit@1', NULL);

SET client_min_messages = warning;
DROP SCHEMA version_diff CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
