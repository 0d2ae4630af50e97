-- commit(): a version is the table as of one snapshot, with counts and a fingerprint that hold.
CREATE SCHEMA version_commit;
SET search_path = version_commit, aidataops, public;
\set SHOW_CONTEXT never

-- what log() says, without times
CREATE FUNCTION story(dataset text) RETURNS TABLE (version dataset_version, message text, num_rows bigint, added bigint, removed bigint, modified bigint, tags text[])
    LANGUAGE sql AS 'SELECT l.version, l.message, l.num_rows, l.rows_added, l.rows_removed, l.rows_modified, l.tags FROM log(dataset) AS l';
-- Every version of a dataset reads back as what it was recorded as: rows, count, fingerprint and counts of changes against its parent.
CREATE FUNCTION check_versions(dataset text, relation_type anyelement) RETURNS TABLE (versions bigint, wrong bigint) LANGUAGE plpgsql AS $$
DECLARE v record; rows_now bigint; f fingerprint; d record;
BEGIN
    versions := 0; wrong := 0;
    FOR v IN SELECT x.* FROM aidataops.version AS x JOIN aidataops.dataset AS ds USING (dataset_id) WHERE ds.name = dataset ORDER BY x.number LOOP
        versions := versions + 1;
        SELECT count(*), fingerprint_agg(a.*) INTO rows_now, f FROM as_of(v.version, relation_type) AS a;
        IF rows_now <> v.num_rows OR f <> v.fingerprint THEN
            RAISE WARNING '% reads back as % rows with %, recorded are % with %', v.version, rows_now, f, v.num_rows, v.fingerprint;
            wrong := wrong + 1;
        END IF;
        IF v.parent IS NOT NULL THEN
            SELECT count(*) FILTER (WHERE change = 'added') AS added, count(*) FILTER (WHERE change = 'removed') AS removed,
                   count(*) FILTER (WHERE change = 'modified') AS modified
              INTO d FROM diff(dataset || '@' || v.parent, v.version);
            IF (d.added, d.removed, d.modified) IS DISTINCT FROM (v.rows_added, v.rows_removed, v.rows_modified) THEN
                RAISE WARNING '% is recorded with % % %, diff() finds % % %', v.version, v.rows_added, v.rows_removed, v.rows_modified, d.added, d.removed, d.modified;
                wrong := wrong + 1;
            END IF;
        END IF;
    END LOOP;
    RETURN NEXT;
END $$;

-- first, next, unchanged
CREATE TABLE fruit (id int PRIMARY KEY, name text, grams numeric);
INSERT INTO fruit VALUES (1, 'apple', 180), (2, 'fig', 50), (3, 'melon', NULL);
SELECT create_dataset('fruit', 'fruit');
SELECT commit('fruit', 'first');
UPDATE fruit SET grams = 182.5 WHERE id = 1;
DELETE FROM fruit WHERE id = 2;
INSERT INTO fruit VALUES (4, 'kiwi', 75), (5, 'plum', 60);
SELECT commit('fruit', 'second');
SELECT commit('fruit', 'nothing');
UPDATE fruit SET name = name; -- touched, not changed
SELECT commit('fruit', 'nothing');
UPDATE fruit SET id = id + 10 WHERE id = 5; -- another key is another row
SELECT commit('fruit', 'moved');
SELECT * FROM story('fruit');
SELECT * FROM check_versions('fruit', NULL::fruit);
SELECT fingerprint = table_fingerprint('fruit') AS head_is_the_table FROM aidataops.version WHERE version = 'fruit@3';
SELECT parent, epoch, method, committed_by = session_user AS by_me, committed_as = current_user AS as_me, actor, committed_at <= clock_timestamp() AS in_time, snapshot IS NOT NULL AS has_snapshot
  FROM aidataops.version WHERE version = 'fruit@3';
SELECT head, epoch FROM aidataops.dataset WHERE name = 'fruit';

-- bad arguments
SELECT commit('fruit', NULL);
SELECT commit(NULL, 'x');
SELECT commit('fruits', 'x');
SELECT commit('fruit', 'x', gate => true);
SELECT commit('fruit', 'x', gate => NULL); -- as the default
SELECT commit('fruit', '') IS NOT NULL AS empty_message;

-- an empty table; emptied by TRUNCATE; filled again with the same
CREATE TABLE emptied (id int PRIMARY KEY, v text);
SELECT create_dataset('emptied', 'emptied');
SELECT commit('emptied', 'none yet');
SELECT commit('emptied', 'still none');
INSERT INTO emptied VALUES (1, 'a'), (2, 'b');
SELECT commit('emptied', 'two');
TRUNCATE emptied;
SELECT commit('emptied', 'truncated');
INSERT INTO emptied VALUES (2, 'b'), (1, 'a');
SELECT commit('emptied', 'the same two');
SELECT * FROM story('emptied');
SELECT * FROM check_versions('emptied', NULL::emptied);
SELECT (SELECT fingerprint FROM aidataops.version WHERE version = 'emptied@2') = (SELECT fingerprint FROM aidataops.version WHERE version = 'emptied@4') AS same_again;

-- one's own uncommitted changes are in; a rollback leaves nothing, nor does a savepoint's
BEGIN;
INSERT INTO fruit VALUES (6, 'pear', 170);
SELECT commit('fruit', 'in a transaction');
INSERT INTO fruit VALUES (7, 'quince', 300);
SELECT commit('fruit', 'and again in it');
SELECT * FROM story('fruit') LIMIT 2;
ROLLBACK;
BEGIN;
SAVEPOINT s;
INSERT INTO fruit VALUES (6, 'pear', 170);
SELECT commit('fruit', 'to be undone');
ROLLBACK TO s;
INSERT INTO fruit VALUES (7, 'quince', 300);
SELECT commit('fruit', 'kept');
COMMIT;
SELECT * FROM story('fruit');
SELECT * FROM check_versions('fruit', NULL::fruit);
-- several in one transaction have times that grow
BEGIN;
DELETE FROM fruit WHERE id = 7; SELECT commit('fruit', 'a');
INSERT INTO fruit VALUES (7, 'quince', 300); SELECT commit('fruit', 'b');
COMMIT;
SELECT bool_and(committed_at > before) AS times_grow FROM (SELECT committed_at, lag(committed_at) OVER (ORDER BY number) AS before
    FROM aidataops.version JOIN aidataops.dataset USING (dataset_id) WHERE name = 'fruit') AS v WHERE before IS NOT NULL;
-- an error in the middle of a function that commits undoes the commit
DO $$ BEGIN
    DELETE FROM fruit; PERFORM commit('fruit', 'undone'); RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'undone'; END $$;
SELECT head FROM aidataops.dataset WHERE name = 'fruit';

-- called beside the change, twice in a statement, and by a trigger
WITH changed AS (UPDATE fruit SET grams = 1 WHERE id = 1 RETURNING id) SELECT commit('fruit', 'beside') FROM changed;
UPDATE fruit SET grams = 2 WHERE id = 1;
SELECT commit('fruit', 'once'), commit('fruit', 'twice');
CREATE FUNCTION commit_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM aidataops.commit('fruit', 'by a trigger'); RETURN NULL; END $$;
CREATE TRIGGER commit_it AFTER UPDATE ON fruit FOR EACH STATEMENT EXECUTE FUNCTION commit_it();
UPDATE fruit SET grams = 3 WHERE id = 1;
DROP TRIGGER commit_it ON fruit;
SELECT * FROM story('fruit') LIMIT 4;
SELECT * FROM check_versions('fruit', NULL::fruit);

-- a key that no constraint guards: NULLs and duplicates are named, and nothing is recorded
CREATE TABLE loose (a int, b text, v text);
INSERT INTO loose VALUES (1, 'x', 'fine'), (1, 'y', 'fine'), (NULL, 'z', 'bad'), (2, NULL, 'bad');
SELECT create_dataset('loose', 'loose', key => '{a,b}');
SELECT commit('loose', 'with NULL keys');
DELETE FROM loose WHERE v = 'bad';
INSERT INTO loose VALUES (1, 'x', 'again'), (1, 'x', 'and again'), (3, 'q', 'fine');
SELECT commit('loose', 'with duplicates');
DELETE FROM loose WHERE v LIKE '%again';
SELECT commit('loose', 'clean');
INSERT INTO loose SELECT 9, 'many', NULL FROM generate_series(1, 20);
INSERT INTO loose SELECT i, NULL, repeat('long ', 100) FROM generate_series(1, 20) AS i;
SELECT commit('loose', 'many NULL keys');
DELETE FROM loose WHERE b IS NULL;
SELECT commit('loose', 'many duplicates');
SELECT * FROM story('loose');
-- a unique index that is partial, or deferred, is no guarantee
CREATE TABLE deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED NOT NULL, v text);
SELECT create_dataset('deferred', 'deferred', key => '{id}');
INSERT INTO deferred VALUES (1, 'a'), (2, 'b');
SELECT commit('deferred', 'first');
BEGIN;
INSERT INTO deferred VALUES (1, 'a again');
SELECT commit('deferred', 'while it is not unique');
ROLLBACK;
BEGIN;
UPDATE deferred SET id = 3 - id; -- swaps two keys, which only a deferred constraint lets pass
SELECT commit('deferred', 'swapped');
COMMIT;
SELECT * FROM story('deferred');
SELECT change, key, before, after, columns FROM diff('deferred@1', 'deferred@2');
CREATE TABLE partial (id int NOT NULL, v text);
CREATE UNIQUE INDEX ON partial (id) WHERE v = 'current';
INSERT INTO partial VALUES (1, 'current'), (1, 'old');
SELECT create_dataset('partial', 'partial', key => '{id}');
SELECT commit('partial', 'first');

-- keys of many types; two values of a key that compare equal are one key
CREATE TABLE keys (n numeric, c timestamptz, u uuid, v text, PRIMARY KEY (n, c, u));
INSERT INTO keys SELECT i, timestamptz '2026-01-01 00:00+00' + i * interval '1 day', md5(i::text)::uuid, i FROM generate_series(1, 5) AS i;
SELECT create_dataset('keys', 'keys');
SELECT commit('keys', 'first');
UPDATE keys SET n = 1.00 WHERE n = 1;
UPDATE keys SET c = c + interval '1 second' WHERE n = 2;
SELECT commit('keys', 'one scale, one time');
SELECT change, key ->> 'n' AS n, columns FROM diff('keys@1', 'keys@2');
SELECT * FROM story('keys');
SELECT * FROM check_versions('keys', NULL::keys);
CREATE TABLE float_key (id float8 PRIMARY KEY, v text);
INSERT INTO float_key VALUES (0, 'zero'), ('NaN', 'nan'), ('Infinity', 'inf');
SELECT create_dataset('float_key', 'float_key');
SELECT commit('float_key', 'first');
UPDATE float_key SET id = '-0' WHERE id = 0;
SELECT commit('float_key', 'the sign of zero');
SELECT * FROM story('float_key');
SELECT * FROM check_versions('float_key', NULL::float_key);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN code AS varchar(10) CHECK (VALUE <> '');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE odd_keys (m mood, c code, d date, arr int[], p pair, r int4range, v text, PRIMARY KEY (m, c, d, arr, p, r));
INSERT INTO odd_keys VALUES ('sad', 'x', '2026-01-01', '{1,2}', ROW(1, 'a'), '[1,3)', '1'), ('happy', 'x', '2026-01-01', '{1,2}', ROW(1, 'a'), '[1,3)', '2');
SELECT create_dataset('odd_keys', 'odd_keys');
SELECT commit('odd_keys', 'first');
UPDATE odd_keys SET v = 'changed' WHERE m = 'sad';
SELECT commit('odd_keys', 'second');
SELECT change, key, columns FROM diff('odd_keys@1', 'odd_keys@2');
SELECT * FROM check_versions('odd_keys', NULL::odd_keys);
-- a case-insensitive key, where the server has ICU
SELECT count(*) > 0 AS has_icu FROM pg_collation WHERE collprovider = 'i' \gset
\if :has_icu
CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE folded (name text COLLATE ignore_case PRIMARY KEY, v int);
INSERT INTO folded VALUES ('Apple', 1), ('fig', 2);
SELECT create_dataset('folded', 'folded') \gset folded_
SELECT commit('folded', 'first') \gset folded_
UPDATE folded SET name = 'APPLE' WHERE name = 'apple';
SELECT commit('folded', 'another case') \gset folded_
SELECT rows_added, rows_removed, rows_modified FROM aidataops.version WHERE version = 'folded@2' \gset folded_
\else
SELECT 0 AS rows_added, 0 AS rows_removed, 1 AS rows_modified \gset folded_
\endif
SELECT :folded_rows_added AS added, :folded_rows_removed AS removed, :folded_rows_modified AS modified;

-- many types, with their NULLs, extremes and large values, read back as they were
CREATE TABLE many (id bigint PRIMARY KEY, b boolean, i2 int2, n numeric, f4 float4, f8 float8, tx text, vc varchar(20), c char(5), nm name, by bytea, d date, ti time,
    tz timetz, ts timestamp, tsz timestamptz, iv interval, u uuid, j json, jb jsonb, x xml, inet inet, mac macaddr, bt bit(4), vb varbit, mo money, pt point, poly polygon,
    arr int[], tarr text[], rng int4range, mr int4multirange, tsv tsvector, en mood, dom code, p pair, parr pair[], q "char", o oid, v int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO many VALUES (1, true, -32768, 'NaN', '-0', 'Infinity', repeat('long ', 10000), 'é', 'ab', 'name', '\x00ff', 'infinity', '24:00', '12:00-08', '-infinity',
    '2026-01-01 12:00+00', '1 mon -1 day', gen_random_uuid(), '{"a":  1}', '{"a": 1.0}', '<a/>', '10.0.0.1/8', '08:00:2b:01:02:03', '0101', '1', 1, '(1,2)', '((0,0),(1,1),(2,0))',
    '{{1,2},{3,NULL}}', '{"a b",NULL}', 'empty', '{[1,2),[5,)}', 'a:1', 'ok', 'code', ROW(1, NULL), ARRAY[ROW(1, 'x')::pair, NULL], 'x', 4294967295);
INSERT INTO many (id) VALUES (2);
SELECT create_dataset('many', 'many', storage => 'rows');
SELECT commit('many', 'first');
UPDATE many SET f4 = 0 WHERE id = 1;
UPDATE many SET n = 1.0 WHERE id = 2;
SELECT commit('many', 'second');
UPDATE many SET n = 1.00, j = '{"a": 1}' WHERE id = 2;
SELECT commit('many', 'third');
SELECT change, key, columns FROM diff('many@1', 'many@2') UNION ALL SELECT change, key, columns FROM diff('many@2', 'many@3');
SELECT * FROM check_versions('many', NULL::many);

-- only fingerprints: what a version was is kept, and nothing else
CREATE TABLE sealed (id int PRIMARY KEY, v text);
INSERT INTO sealed VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('sealed', 'sealed', storage => 'fingerprint');
SELECT commit('sealed', 'first');
SELECT commit('sealed', 'unchanged');
UPDATE sealed SET v = 'c' WHERE id = 2;
SELECT changed, rows_added, rows_removed, rows_modified FROM status('sealed');
SELECT commit('sealed', 'second');
SELECT changed FROM status('sealed');
ALTER TABLE sealed ADD COLUMN w int;
SELECT changed, schema_changes FROM status('sealed');
SELECT commit('sealed', 'third, of another shape');
SELECT * FROM story('sealed');
SELECT fingerprint = table_fingerprint('sealed') AS same FROM aidataops.version WHERE version = 'sealed@3';
SELECT history_table FROM aidataops.dataset WHERE name = 'sealed';
SELECT * FROM diff('sealed@1', 'sealed@2');
SELECT * FROM as_of_json('sealed@1');
SELECT * FROM as_of('sealed@1', NULL::sealed);
SELECT create_version_view('sealed@1', 'sealed_1');

-- a partitioned table is versioned as a whole; a row that moves to another partition has not changed
CREATE TABLE parted (id int, part text, v text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a');
CREATE TABLE parted_b PARTITION OF parted FOR VALUES IN ('b');
INSERT INTO parted SELECT i, CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END, i FROM generate_series(1, 10) AS i;
SELECT create_dataset('parted', 'parted');
SELECT commit('parted', 'first');
DELETE FROM parted_b WHERE id = 1;
ALTER TABLE parted DETACH PARTITION parted_a;
SELECT commit('parted', 'without a');
ALTER TABLE parted ATTACH PARTITION parted_a FOR VALUES IN ('a');
SELECT commit('parted', 'with a');
SELECT * FROM story('parted');
SELECT * FROM check_versions('parted', NULL::parted);

-- a random walk: after each step the head is the table, and in the end every version reads back
CREATE TABLE walk (id int PRIMARY KEY, v int, w text);
SELECT create_dataset('walk', 'walk');
SELECT setseed(0.25);
CREATE FUNCTION step(n int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v dataset_version;
BEGIN
    DELETE FROM walk WHERE random() < 0.2;
    UPDATE walk SET v = (random() * 3)::int WHERE random() < 0.3;
    UPDATE walk SET w = CASE WHEN random() < 0.5 THEN md5(random()::text) END WHERE random() < 0.2;
    INSERT INTO walk SELECT (random() * 200)::int, (random() * 3)::int, NULL FROM generate_series(1, 20) ON CONFLICT DO NOTHING;
    v := commit('walk', 'step ' || n);
    RETURN (SELECT x.fingerprint = table_fingerprint('walk') AND x.num_rows = (SELECT count(*) FROM walk) FROM aidataops.version AS x WHERE x.version = v);
END $$;
SELECT bool_and(step(n)) AS head_is_the_table, count(*) FROM generate_series(1, 25) AS n;
SELECT * FROM check_versions('walk', NULL::walk);
-- the history holds one row for each state of a row, whatever the number of versions: added and removed sum up
SELECT sum(rows_added + rows_modified) = (SELECT count(DISTINCT (a.j, d.number)) FROM aidataops.version AS d, LATERAL (SELECT j FROM as_of_json(d.version) AS j) AS a
    WHERE d.version::text LIKE 'walk@%' AND NOT EXISTS (SELECT FROM as_of_json(CASE WHEN d.number > 1 THEN 'walk@' || d.number - 1 ELSE 'emptied@1' END) AS b (j) WHERE b.j = a.j)) AS one_row_a_state
  FROM aidataops.version WHERE version::text LIKE 'walk@%';

SET client_min_messages = warning;
DROP SCHEMA version_commit CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
