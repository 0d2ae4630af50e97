-- verify() and row_history()
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA version_proof;
SET search_path = version_proof, aidataops, public;

CREATE TABLE items ("the id" int, part text, v numeric, fr text, PRIMARY KEY ("the id", part));
INSERT INTO items SELECT i, p, i, NULL FROM generate_series(1, 50) AS i, (VALUES ('a'), ('b''"')) AS p (p);
SELECT create_dataset('items', 'items');
SELECT verify('items@WORKING');
SELECT * FROM row_history('items', '{"the id": 1, "part": "a"}');
SELECT commit('items', 'one');
UPDATE items SET v = 1.0 WHERE "the id" = 1 AND part = 'a';
SELECT commit('items', 'two');
DELETE FROM items WHERE "the id" = 1 AND part = 'a';
SELECT commit('items', 'three');
INSERT INTO items VALUES (1, 'a', 5, 'x'), (51, 'b''"', 1, NULL);
SELECT commit('items', 'four');
ALTER TABLE items ADD COLUMN w int, ALTER COLUMN v TYPE text, ALTER COLUMN "the id" TYPE bigint;
SELECT commit('items', 'five');
UPDATE items SET w = 7 WHERE "the id" = 1;
SELECT commit('items', 'six');

SELECT version, change, columns, after, message FROM row_history('items', '{"the id": 1, "part": "a"}');
SELECT version, change, columns, message FROM row_history('items', '{"the id": 51, "part": "b''\""}');
SELECT count(*) FROM row_history('items', '{"the id": 99, "part": "a"}');
SELECT row_history('items', '{"the id": 1}');
SELECT row_history('items', '{"the id": 1, "part": "a", "v": 1}');
SELECT row_history('items', NULL);
SELECT row_history('items', '{"the id": "x", "part": "a"}');
SELECT row_history('nothing', '{}');

-- every version is what was recorded, and so is the table
SELECT v, bool_and(c.ok) AS ok, count(*) FROM generate_series(1, 6) AS v, verify('items@' || v) AS c GROUP BY v ORDER BY v;
SELECT check_name, ok FROM verify('items@WORKING');
UPDATE items SET v = '0' WHERE "the id" = 2;
ALTER TABLE items DROP COLUMN fr;
SELECT check_name, found, ok FROM verify('items@WORKING') WHERE check_name <> 'fingerprint';
SELECT ok FROM verify('items@WORKING') WHERE check_name = 'fingerprint';

-- a value changed by hand, a row lost, a key twice
SELECT 'aidataops_history.' || history_table AS history FROM aidataops.dataset WHERE name = 'items' \gset
BEGIN;
UPDATE :history SET v = '99' WHERE "the id" = 3 AND part = 'a';
SELECT check_name, ok FROM verify('items@HEAD');
ROLLBACK;
BEGIN;
DELETE FROM :history WHERE "the id" = 3;
SELECT check_name, found, ok FROM verify('items@HEAD') WHERE check_name <> 'fingerprint';
ROLLBACK;
BEGIN;
INSERT INTO :history SELECT (h).* FROM (SELECT jsonb_populate_record(h, '{"_rid": 1000000, "_removed": 1000000}') AS h FROM :history AS h WHERE "the id" = 3 AND part = 'a') AS h;
SELECT check_name, found, ok FROM verify('items@HEAD') WHERE check_name <> 'fingerprint';
ROLLBACK;

-- names that the queries use themselves
CREATE TABLE names (r int, c text, k text, h text, found text, recorded text, added int, after text, PRIMARY KEY (r, k));
INSERT INTO names VALUES (1, 'c', 'k', 'h', 'f', 'r', 1, 'a');
SELECT create_dataset('names', 'names'), commit('names', 'first');
UPDATE names SET recorded = 'other', c = NULL;
SELECT commit('names', 'second');
SELECT bool_and(ok) FROM verify('names@2');
SELECT version, change, columns FROM row_history('names', '{"r": 1, "k": "k"}');

CREATE TABLE prints (id int PRIMARY KEY);
SELECT create_dataset('prints', 'prints', storage => 'fingerprint'), commit('prints', 'first');
SELECT check_name, ok FROM verify('prints@WORKING');
SELECT verify('prints@1');
SELECT row_history('prints', '{"id": 1}');

DROP SCHEMA version_proof CASCADE;
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
