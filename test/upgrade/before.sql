-- Datasets of several kinds with versions: a partitioned table, one whose shape changed, one of another owner, one without
-- rows in history, a view, one without a key. And a user's own tables with fingerprints and versions in them, indexed.
CREATE EXTENSION aidataops;
SET search_path = public, aidataops;
CREATE ROLE upgrade_owner;
GRANT CREATE, USAGE ON SCHEMA public TO upgrade_owner;
-- OIDs in the two databases' lists of types and tables differ from what CREATE EXTENSION would give in an empty one
CREATE TABLE passing (id int);

-- a partitioned table; one partition has another physical order and a dropped column
CREATE TABLE events (id int, region text, amount numeric(10, 2), at timestamptz, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE events_eu PARTITION OF events FOR VALUES IN ('eu');
CREATE TABLE events_us (at timestamptz, gone int, amount numeric(10, 2), region text NOT NULL, id int NOT NULL);
ALTER TABLE events_us DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_us FOR VALUES IN ('us');
INSERT INTO events SELECT i, CASE WHEN i % 3 = 0 THEN 'eu' ELSE 'us' END, i * 1.5, timestamptz '2026-01-01 00:00+00' + i * interval '1 hour' FROM generate_series(1, 300) AS i;
SELECT create_dataset('events', 'events'), commit('events', 'first');
UPDATE events SET amount = -1 WHERE id % 50 = 0;
DELETE FROM events WHERE id = 7;
SELECT commit('events', 'second');
INSERT INTO events VALUES (1000, 'eu', NULL, NULL);
SELECT commit('events', 'third'), tag('events@2', 'gold', protected => true), tag('events@1', 'draft'), create_version_view('events@1', 'first_events');

-- three shapes; values whose types are the user's own
CREATE SCHEMA "Odd ""Schema""";
CREATE TYPE "Odd ""Schema"""."Mood" AS ENUM ('sad', 'très content');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE "Odd ""Schema"""."Täble" ("Id" int PRIMARY KEY, "select" text, mood "Odd ""Schema"""."Mood", p pair, ps pair[], share percent, doc jsonb, span tstzrange);
INSERT INTO "Odd ""Schema"""."Täble"
SELECT i, 'k' || i, CASE WHEN i % 2 = 0 THEN 'très content'::"Odd ""Schema"""."Mood" END, ROW(i, 'x')::pair, ARRAY[ROW(i, NULL)]::pair[], i, jsonb_build_object('n', i / 8.0),
       tstzrange('2026-01-01 00:00+00', NULL)
  FROM generate_series(1, 30) AS i;
SELECT create_dataset('Odd Dätaset', '"Odd ""Schema"""."Täble"', description => 'It''s odd', roles => '{"share": "number"}'), commit('Odd Dätaset', 'first');
ALTER TABLE "Odd ""Schema"""."Täble" ADD COLUMN added text, DROP COLUMN span;
UPDATE "Odd ""Schema"""."Täble" SET added = 'x' WHERE "Id" < 5;
SELECT commit('Odd Dätaset', 'second');
ALTER TABLE "Odd ""Schema"""."Täble" ALTER COLUMN share TYPE text;
SELECT commit('Odd Dätaset', 'third');

CREATE TABLE sealed (id bigint PRIMARY KEY, x float8, b bytea);
INSERT INTO sealed SELECT i, i / 3.0, decode(md5(i::text), 'hex') FROM generate_series(1, 10) AS i;
SELECT create_dataset('sealed', 'sealed', storage => 'fingerprint'), commit('sealed', 'first');
DELETE FROM sealed WHERE id = 3;
SELECT commit('sealed', 'second');

SET ROLE upgrade_owner;
CREATE TABLE owned (id int PRIMARY KEY, v text);
INSERT INTO owned VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('owned', 'owned'), commit('owned', 'first');
UPDATE owned SET v = 'c' WHERE id = 2;
SELECT commit('owned', 'second');
RESET ROLE;

CREATE VIEW recent AS SELECT region, id, amount FROM events WHERE id > 200;
SELECT create_dataset('recent', 'recent', key => '{region,id}'), commit('recent', 'first');
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (NULL, NULL);
SELECT create_dataset('keyless', 'keyless', key => '{}'), commit('keyless', 'first');
DELETE FROM keyless WHERE a IS NULL;
SELECT commit('keyless', 'second');

-- moved and renamed after its last commit: only its OID, or who commits in time, knows where it is
CREATE TABLE renamed (id int PRIMARY KEY);
INSERT INTO renamed VALUES (1);
SELECT create_dataset('renamed', 'renamed'), commit('renamed', 'first');
ALTER TABLE renamed RENAME TO renamed_since;

-- the user's own
CREATE TABLE model (name text PRIMARY KEY, training_set dataset_version REFERENCES version, content fingerprint UNIQUE, compared dataset_version[], digest bytea);
CREATE INDEX ON model (training_set);
CREATE INDEX ON model USING hash (content);
INSERT INTO model SELECT version::text, version, fingerprint, ARRAY[version, version_of_head], NULL
  FROM version, LATERAL (SELECT resolve((dataset_name(version) || '@HEAD')::dataset_version) AS version_of_head) AS h;
UPDATE model SET digest = (SELECT secure_fingerprint_agg(r) FROM first_events AS r) WHERE name = 'events@1';
CREATE TABLE by_content (content fingerprint NOT NULL, note text) PARTITION BY HASH (content);
CREATE TABLE by_content_0 PARTITION OF by_content FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_content_1 PARTITION OF by_content FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_content SELECT content, name FROM model;
CREATE MATERIALIZED VIEW sums AS SELECT rollup(content) AS content FROM model;
