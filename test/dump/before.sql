-- Three datasets with versions: quoted names and a schema change, many types with only fingerprints, and another owner.
CREATE EXTENSION aidataops;
SET search_path = public, aidataops;
CREATE ROLE aidataops_dump_owner;
CREATE ROLE aidataops_dump_reader;
GRANT CREATE, USAGE ON SCHEMA public TO aidataops_dump_owner;

CREATE SCHEMA "Odd ""Schema""";
CREATE TYPE "Odd ""Schema"""."Mood" AS ENUM ('sad', 'très content');
CREATE TABLE "Odd ""Schema"""."Täble" ("Id" int, "select" text, "a""b" numeric, _hash "Odd ""Schema"""."Mood", at timestamptz, PRIMARY KEY ("Id", "select"));
INSERT INTO "Odd ""Schema"""."Täble" SELECT i, 'k' || i, i / 8.0, CASE WHEN i % 2 = 0 THEN 'très content'::"Odd ""Schema"""."Mood" END, timestamptz '2026-01-01 00:00+00' + i * interval '1 day'
  FROM generate_series(1, 20) AS i;
SELECT create_dataset('Odd Dätaset', '"Odd ""Schema"""."Täble"', description => 'It''s odd', roles => '{"at": "time"}');
SELECT commit('Odd Dätaset', 'first');
UPDATE "Odd ""Schema"""."Täble" SET "a""b" = 0.0 WHERE "Id" < 5;
DELETE FROM "Odd ""Schema"""."Täble" WHERE "Id" = 20;
SELECT commit('Odd Dätaset', 'second');
-- the type changes, so that the rows move to another history table
ALTER TABLE "Odd ""Schema"""."Täble" ALTER COLUMN "a""b" TYPE text, ADD COLUMN added text DEFAULT 'x';
SELECT commit('Odd Dätaset', 'third');
SELECT tag('Odd Dätaset@2', 'gold', protected => true);
SELECT create_version_view('Odd Dätaset@1', 'first_version');

CREATE TABLE sealed (id bigint PRIMARY KEY, j jsonb, x float8, b bytea, r tstzrange, a text[]);
INSERT INTO sealed SELECT i, jsonb_build_object('n', i), i / 3.0, decode(md5(i::text), 'hex'), tstzrange('2026-01-01 00:00+00', NULL), ARRAY['a', NULL] FROM generate_series(1, 10) AS i;
SELECT create_dataset('sealed', 'sealed', storage => 'fingerprint');
SELECT commit('sealed', 'first');
DELETE FROM sealed WHERE id = 3;
SELECT commit('sealed', 'second');

-- profiles of every layout: exact, coarse, with labels, of embeddings
CREATE TABLE profiles AS SELECT column_name AS name, profile FROM profile_columns('sealed');
INSERT INTO profiles SELECT 'coarse', profile_agg(sqrt(n)) FROM generate_series(1, 20000) AS n;
INSERT INTO profiles SELECT 'vectors', profile_agg(ARRAY[n, 1]::real[]) FROM generate_series(1, 10) AS n;

SET ROLE aidataops_dump_owner;
CREATE TABLE owned (id int PRIMARY KEY, v text);
INSERT INTO owned VALUES (1, 'a'), (2, 'b');
SELECT create_dataset('owned', 'owned');
SELECT commit('owned', 'first');
UPDATE owned SET v = 'c' WHERE id = 2;
SELECT commit('owned', 'second');
RESET ROLE;

-- a table of the user's own that refers to versions
CREATE TABLE model (name text PRIMARY KEY, training_set dataset_version REFERENCES version);
INSERT INTO model VALUES ('m', 'Odd Dätaset@2'), ('n', 'owned@1');

-- contracts enforced in each mode, with rows set aside and counted; of one the constraint is not validated
CREATE TABLE "Enforced" (id int PRIMARY KEY, label text, score float8, CHECK (id > 0));
CREATE TABLE aside (LIKE "Enforced");
CREATE TABLE counted (LIKE "Enforced") PARTITION BY RANGE (id);
CREATE TABLE counted_low PARTITION OF counted FOR VALUES FROM (0) TO (10);
ALTER TABLE aside ADD PRIMARY KEY (id);
SELECT create_contract(jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', t.name, 'version', '1.0.0', 'status', 'active', 'schema', jsonb_build_array(jsonb_build_object(
       'name', t.name, 'physicalName', 'public.' || t.name, 'physicalType', 'table', 'properties',
       '[{"name": "id", "logicalType": "integer"}, {"name": "label", "logicalType": "string", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["très content", "sad"]}, "mustBe": 0}]},
         {"name": "score", "logicalType": "number", "logicalTypeOptions": {"maximum": 0.1}}]'::jsonb, 'quality',
       '[{"name": "expressed", "type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "columns": ["id", "score"], "sql": "id > score"}}]'::jsonb))))
  FROM (VALUES ('Enforced'), ('aside'), ('counted')) AS t (name);
INSERT INTO "Enforced" VALUES (1, 'bad', 0);
SELECT enforce_contract('Enforced', '"Enforced"', 'reject', false), enforce_contract('aside', 'aside', 'quarantine'), enforce_contract('counted', 'counted', 'warn');
INSERT INTO aside VALUES (1, 'très content', 0.1), (2, 'bad', 0.5), (-3, 'sad', 0);
INSERT INTO counted VALUES (1, 'bad', 0);
-- a contract whose table is watched, and was changed
CREATE TYPE feeling AS ENUM ('happy', 'sad');
CREATE TABLE watched (id int PRIMARY KEY, label text NOT NULL CHECK (label <> ''), mood feeling);
SELECT create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "watched", "version": "1.0.0", "status": "active", "schema": [{"name": "watched",
    "properties": [{"name": "label", "logicalType": "string", "physicalType": "text", "required": true}, {"name": "mood", "logicalType": "string"}]}]}');
SELECT watch_schema();
ALTER TYPE feeling ADD VALUE 'calm';
ALTER TABLE watched ADD COLUMN note varchar(20) DEFAULT 'x';
-- monitors with what they found, of two owners
SELECT create_monitor('odd', 'Odd Dätaset', reference => 'Odd Dätaset@gold', min_rows => 1);
SELECT status FROM run_monitor('odd');
SET ROLE aidataops_dump_owner;
SELECT create_monitor('of the owner', 'owned', reference => 'previous', thresholds => '{"upper": 0.1}', min_rows => 1);
SELECT status FROM run_monitor('of the owner');
SELECT schedule_monitor('of the owner', '@yearly', 'external');
RESET ROLE;
-- a view that serves what passed its contract, and where its data came from
CREATE TABLE served (id int PRIMARY KEY, label text);
INSERT INTO served VALUES (1, 'sad'), (2, 'très content');
SELECT create_dataset('served', 'served'), commit('served', 'first');
SELECT create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "served", "version": "1.0.0", "status": "active", "schema": [{"name": "served",
    "properties": [{"name": "label", "logicalType": "string", "required": true}]}]}');
SELECT outcome FROM check_contract('served', 'served@1');
SELECT create_gated_view('served_now', 'served');
SELECT record_lineage('{public.owned}', '{public.served}', job => 'copied by hand');
