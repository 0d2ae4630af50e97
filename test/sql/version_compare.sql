-- schema_diff(), diff_columns() and suggest_semver()
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA version_compare;
SET search_path = version_compare, aidataops, public;

CREATE TABLE items (id int PRIMARY KEY, label text, price numeric, note text);
INSERT INTO items SELECT i, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, i, NULL FROM generate_series(1, 8) AS i;
SELECT create_dataset('items', 'items'), commit('items', 'first');
INSERT INTO items VALUES (9, 'odd', 9, NULL);
SELECT commit('items', 'a row more');
UPDATE items SET label = 'ODD' WHERE label = 'odd';
UPDATE items SET price = 1.00 WHERE id = 1;
DELETE FROM items WHERE id = 8;
SELECT commit('items', 'labels in capitals');
ALTER TABLE items ADD COLUMN lang text;
SELECT commit('items', 'a column more');
ALTER TABLE items ALTER COLUMN id TYPE bigint, DROP COLUMN note, ALTER COLUMN price TYPE numeric(10,2);
SELECT commit('items', 'other columns');

SELECT v, suggest_semver('items@' || v, 'items@' || v + 1) FROM generate_series(1, 4) AS v ORDER BY v;
SELECT suggest_semver('items@3', 'items@3') AS same, suggest_semver('items@2', 'items@1') AS back, suggest_semver('items@5', 'items@WORKING') AS working;

SELECT * FROM schema_diff('items@1', 'items@2');
SELECT * FROM schema_diff('items@1', 'items@5');
SELECT * FROM schema_diff('items@5', 'items@1');
ALTER TABLE items RENAME COLUMN lang TO language;
SELECT * FROM schema_diff('items@HEAD', 'items@WORKING');

-- 1 became 1.00: as text they differ; five labels, of which three are shown, in the order of the key
SELECT * FROM diff_columns('items@2', 'items@3');
SELECT * FROM diff_columns('items@1', 'items@2');
-- the same by hand
SELECT (SELECT sum(cells_modified) FROM diff_columns('items@1', 'items@3')) = cells_modified AS adds_up FROM diff_stat('items@1', 'items@3');

-- only fingerprints: the shape is known, the rows are not
CREATE TABLE prints (id int PRIMARY KEY);
SELECT create_dataset('prints', 'prints', storage => 'fingerprint'), commit('prints', 'first');
ALTER TABLE prints ADD COLUMN v text;
SELECT commit('prints', 'second');
SELECT * FROM schema_diff('prints@1', 'prints@2');
SELECT suggest_semver('prints@1', 'prints@2');

SELECT schema_diff('items@1', 'prints@1');
SELECT schema_diff('items@1', NULL);
SELECT schema_diff('items@1', 'items@99');
SELECT * FROM diff_columns(NULL, 'items@1');
SELECT suggest_semver('items@1', 'prints@1');
DROP TABLE items;
SELECT * FROM schema_diff('items@1', 'items@WORKING');
SELECT count(*) FROM schema_diff('items@1', 'items@5');

-- rows in a row type: the present one, and one of fewer columns
CREATE TABLE cups (id int PRIMARY KEY, name varchar(10), price numeric);
INSERT INTO cups VALUES (1, 'small', 1), (2, 'large', 2), (3, NULL, 3);
SELECT create_dataset('cups', 'cups'), commit('cups', 'first');
ALTER TABLE cups DROP COLUMN price, ADD COLUMN color text, ALTER COLUMN id TYPE bigint;
UPDATE cups SET name = 'huge' WHERE id = 2;
DELETE FROM cups WHERE id = 3;
INSERT INTO cups VALUES (4, 'tall', 'red');
SELECT commit('cups', 'second');
CREATE TYPE any_cup AS (color text, id bigint, name text, price numeric);
SELECT change, (before).*, (after).*, columns FROM diff_rows('cups@1', 'cups@2', NULL::any_cup);
SELECT change, before, after FROM diff_rows('cups@1', 'cups@2', NULL::cups);
SELECT change, before, after FROM diff_rows('cups@1', 'cups@2', NULL::cups, partial => true);
SELECT change, (before).name FROM diff_rows('cups@2', 'cups@WORKING', NULL::cups);
-- values that do not fit are not cut short
CREATE TYPE tiny AS (id int, name varchar(4));
SELECT change, before, after FROM diff_rows('cups@1', 'cups@2', NULL::tiny, partial => true);
-- a domain over a row type, which has a say
CREATE DOMAIN numbered_cup AS any_cup CHECK ((value).id <> 99);
SELECT change, before, (after).id FROM diff_rows('cups@1', 'cups@2', NULL::numbered_cup);
ALTER DOMAIN numbered_cup ADD CHECK ((value).id <> 4);
SELECT change, before, (after).id FROM diff_rows('cups@1', 'cups@2', NULL::numbered_cup);
SELECT * FROM diff_rows('cups@1', 'cups@2', NULL::int);
SELECT * FROM diff_rows('cups@1', 'items@2', NULL::cups);
SELECT * FROM diff_rows('cups@1', NULL, NULL::cups);

DROP SCHEMA version_compare CASCADE;
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
