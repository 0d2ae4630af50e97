-- watch_schema(), reconcile_schema(), schema_changes(): tables of contracts that change their shape
\set VERBOSITY default
\set SHOW_CONTEXT never
CREATE SCHEMA watched;
SET search_path = watched, aidataops, public;
CREATE FUNCTION put_contract(id text, version text, status text, relation_name name, rules jsonb) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO aidataops.contract (contract, version, status, document, document_hash, owner, created_by, activated_at)
    VALUES (id, version, status, '{}', '', current_user, session_user, CASE status WHEN 'active' THEN now() END);
    INSERT INTO aidataops.contract_table (contract, version, object, relation_schema, relation_name, relation_oid, relation_origin, owner, in_force)
    VALUES (id, version, 'o', 'watched', relation_name, to_regclass(relation_name), aidataops._relation_origin(to_regclass(relation_name)), current_user, status = 'active');
    INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, severity, pointer)
    SELECT id, version, r ->> 'rule', 'o', CASE WHEN r ->> 'kind' IN ('type', 'unique') THEN 'table' ELSE 'row' END, r ->> 'kind',
           ARRAY(SELECT jsonb_array_elements_text(r -> 'columns'))::name[], coalesce(r -> 'parameters', '{}'), 'error', ''
      FROM jsonb_array_elements(rules) AS r
    $$;
-- what happened since the last time, in the order of the changes
CREATE FUNCTION news() RETURNS TABLE (relation text, command text, change text, name name, before text, after text, breaks text[], allowed_by text)
    LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT c.relation, c.command, c.change, c.name, c.before, c.after, c.breaks, c.allowed_by FROM schema_changes() AS c;
    DELETE FROM contract_event;
END $$;

CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN share AS float8 CHECK (VALUE >= 0);
CREATE TYPE place AS (street text);
CREATE TABLE labels (id int PRIMARY KEY, label text NOT NULL CHECK (label <> ''), mood mood, score share, at place[], amount numeric(10,2) DEFAULT 0, taken tstzrange);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE INSERT ON labels FOR EACH ROW EXECUTE FUNCTION touch();
SELECT put_contract('gold', '1.0.0', 'active', 'labels', '[
    {"rule": "types", "kind": "type", "columns": ["id", "label", "mood", "amount"],
     "parameters": {"expected": {"id": {"logicalType": "integer"}, "label": {"physicalType": "TEXT", "logicalType": "string"}, "mood": {"logicalType": "string"}, "amount": {"logicalType": "number"}}}},
    {"rule": "label.required", "kind": "required", "columns": ["label"]},
    {"rule": "mood.values", "kind": "values", "columns": ["mood"], "parameters": {"values": ["happy", "sad"]}},
    {"rule": "amount.range", "kind": "range", "columns": ["amount"], "parameters": {"min": 0}},
    {"rule": "id.unique", "kind": "unique", "columns": ["id"]}]');

-- nobody watches yet
ALTER TABLE labels ADD COLUMN unseen int;
SELECT count(*) FROM schema_changes();
SELECT watch_schema();
SELECT count(*) FROM schema_changes();

-- columns
ALTER TABLE labels DROP COLUMN unseen;
ALTER TABLE labels ADD COLUMN note text, ADD COLUMN rank int NOT NULL DEFAULT 1, ADD COLUMN must int NOT NULL;
ALTER TABLE labels ALTER COLUMN must DROP NOT NULL;
ALTER TABLE labels RENAME COLUMN label TO tag;
ALTER TABLE labels RENAME COLUMN tag TO label;
ALTER TABLE labels ALTER COLUMN label DROP NOT NULL;
ALTER TABLE labels ALTER COLUMN label SET NOT NULL;
ALTER TABLE labels ALTER COLUMN amount TYPE bigint;
ALTER TABLE labels ALTER COLUMN amount TYPE text;
ALTER TABLE labels ALTER COLUMN amount DROP DEFAULT, ALTER COLUMN amount TYPE numeric USING 1;
ALTER TABLE labels ALTER COLUMN amount SET DEFAULT 5;
ALTER TABLE labels ALTER COLUMN label TYPE text COLLATE "C";
ALTER TABLE labels ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;
DO $$ BEGIN ALTER TABLE labels DROP COLUMN note; ALTER TABLE labels ADD COLUMN note int; END $$;
SELECT * FROM news();

-- what of a table is not its shape
ALTER TABLE labels SET (fillfactor = 90);
ALTER TABLE labels ALTER COLUMN label SET STATISTICS 200;
CREATE INDEX ON labels (label);
COMMENT ON TABLE labels IS 'watched';
GRANT SELECT ON labels TO PUBLIC;
ANALYZE labels;
TRUNCATE labels;
SELECT * FROM news();

-- types and domains, of columns, of arrays, of parts
ALTER TYPE mood ADD VALUE 'calm' BEFORE 'sad';
ALTER TYPE mood RENAME VALUE 'sad' TO 'gloomy';
ALTER TYPE mood RENAME VALUE 'gloomy' TO 'sad';
ALTER DOMAIN share ADD CONSTRAINT below_one CHECK (VALUE <= 1);
ALTER DOMAIN share DROP CONSTRAINT below_one;
ALTER DOMAIN share SET DEFAULT 0.5;
ALTER TYPE place ADD ATTRIBUTE zip text;
ALTER TYPE place RENAME TO location;
ALTER DOMAIN share RENAME TO fraction;
SELECT * FROM news();

-- guards
ALTER TABLE labels DROP CONSTRAINT labels_label_check;
ALTER TABLE labels ADD CONSTRAINT short CHECK (length(label) < 30) NOT VALID;
ALTER TABLE labels VALIDATE CONSTRAINT short;
ALTER TABLE labels RENAME CONSTRAINT short TO brief;
ALTER TABLE labels DROP CONSTRAINT labels_pkey;
ALTER TABLE labels ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX one_label ON labels (label);
ALTER INDEX one_label RENAME TO label_once;
DROP INDEX label_once;
ALTER TABLE labels DISABLE TRIGGER touched;
ALTER TABLE labels ENABLE REPLICA TRIGGER touched;
ALTER TABLE labels ENABLE ALWAYS TRIGGER touched;
ALTER TRIGGER touched ON labels RENAME TO tickled;
DROP TRIGGER tickled ON labels;
CREATE TRIGGER touched BEFORE INSERT ON labels FOR EACH ROW EXECUTE FUNCTION touch();
CREATE OR REPLACE TRIGGER touched BEFORE UPDATE ON labels FOR EACH ROW EXECUTE FUNCTION touch();
DROP FUNCTION touch() CASCADE;
ALTER TABLE labels ENABLE ROW LEVEL SECURITY;
ALTER TABLE labels DISABLE ROW LEVEL SECURITY;
CREATE TABLE parent (id int PRIMARY KEY);
ALTER TABLE labels ADD CONSTRAINT known FOREIGN KEY (rank) REFERENCES parent;
ALTER TABLE labels DISABLE TRIGGER ALL;
ALTER TABLE labels ENABLE TRIGGER ALL;
DROP TABLE parent CASCADE;
SELECT * FROM news();

-- the contract follows the table
ALTER TABLE labels RENAME TO tags;
CREATE SCHEMA elsewhere;
ALTER TABLE tags SET SCHEMA elsewhere;
ALTER SCHEMA elsewhere RENAME TO abroad;
SELECT relation_schema, relation_name, relation_oid = 'abroad.tags'::regclass AS is_it FROM contract_table;
ALTER TABLE abroad.tags SET SCHEMA watched;
ALTER TABLE tags RENAME TO labels;
SELECT * FROM news();

-- a table made anew under the name is the table of the contract: in the way of dbt, and after it was dropped
CREATE TABLE labels_new AS SELECT id, label, mood, amount::text FROM labels;
BEGIN;
ALTER TABLE labels RENAME TO labels_old;
ALTER TABLE labels_new RENAME TO labels;
COMMIT;
DROP TABLE labels_old;
SELECT relation_schema, relation_name, relation_oid = 'labels'::regclass AS is_it FROM contract_table;
DROP TABLE labels;
SELECT relation_schema, relation_name, relation_oid FROM contract_table;
CREATE TABLE labels (id int PRIMARY KEY, label text NOT NULL, mood mood, amount numeric);
SELECT relation_schema, relation_name, relation_oid = 'labels'::regclass AS is_it FROM contract_table;
SELECT * FROM news();

-- by CASCADE: of a type, of a schema
CREATE SCHEMA types;
CREATE TYPE types.colour AS ENUM ('red');
ALTER TABLE labels ADD COLUMN colour types.colour;
DROP SCHEMA types CASCADE;
DROP TYPE mood CASCADE;
SELECT * FROM news();

-- rolled back is not recorded
BEGIN;
ALTER TABLE labels DROP COLUMN label;
ROLLBACK;
SELECT * FROM news();
SELECT * FROM reconcile_schema();

-- what event triggers cannot see
SET session_replication_role = replica;
ALTER TABLE labels ALTER COLUMN amount TYPE text;
RESET session_replication_role;
UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'labels'::regclass AND attname = 'label';
SELECT * FROM reconcile_schema();
SELECT * FROM reconcile_schema();
SELECT * FROM news();
ALTER EVENT TRIGGER aidataops_schema_command DISABLE;
ALTER TABLE labels RENAME COLUMN amount TO sum;
SELECT * FROM reconcile_schema();
SELECT watch_schema();
SELECT * FROM reconcile_schema();

-- partitions: of a parent, on a partition; and of a contract on a partition
CREATE TABLE parted (id int NOT NULL, v numeric) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1) PARTITION BY LIST (id);
CREATE TABLE parted_11 PARTITION OF parted_1 DEFAULT;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE INSERT ON parted FOR EACH ROW EXECUTE FUNCTION touch();
SELECT put_contract('parts', '1', 'active', 'parted', '[{"rule": "v", "kind": "range", "columns": ["v"]}]'),
       put_contract('part', '1', 'active', 'parted_11', '[{"rule": "v", "kind": "range", "columns": ["v"]}]');
SELECT * FROM reconcile_schema();
DELETE FROM contract_event;
ALTER TABLE parted_11 DISABLE TRIGGER touched;
ALTER TABLE parted_11 ENABLE TRIGGER touched;
ALTER TABLE parted ALTER COLUMN v TYPE text;
ALTER TABLE parted_1 DETACH PARTITION parted_11;
ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY;
ALTER TABLE parted DROP COLUMN v;
CREATE UNIQUE INDEX CONCURRENTLY i ON parted_11 (id);
DROP INDEX CONCURRENTLY i;
SELECT * FROM news();

-- retired versions promise nothing
ALTER TABLE parted_11 DROP COLUMN v;
UPDATE contract_table SET in_force = false WHERE contract = 'parts';
ALTER TABLE parted ADD COLUMN w int;
SELECT * FROM news();
DROP TABLE parted, parted_1, parted_11;
DELETE FROM contract WHERE contract IN ('part', 'parts');
DELETE FROM contract_table WHERE contract IN ('part', 'parts');
SELECT * FROM reconcile_schema();
SELECT contract FROM seen_schema;
DELETE FROM contract_event;

-- block: refused, before anything is rewritten, unless a version allows it
DROP TABLE labels;
DELETE FROM contract WHERE contract = 'gold';
DELETE FROM contract_table WHERE contract = 'gold';
CREATE TABLE labels (id int PRIMARY KEY, label text NOT NULL, amount numeric);
SELECT put_contract('strict', '1.0.0', 'active', 'labels', '[
    {"rule": "types", "kind": "type", "columns": ["label", "amount"], "parameters": {"expected": {"label": {"physicalType": "text"}, "amount": {"physicalType": "numeric"}}}},
    {"rule": "label.required", "kind": "required", "columns": ["label"]}]');
UPDATE contract_table SET schema_watch = 'block' WHERE contract = 'strict';
SELECT * FROM reconcile_schema();
DELETE FROM contract_event;
CREATE ROLE regress_watched;
ALTER TABLE labels OWNER TO regress_watched;
ALTER SCHEMA watched OWNER TO regress_watched;
GRANT CREATE ON SCHEMA public TO regress_watched;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_watched', current_database()); END $$;
SELECT * FROM news();
SET ROLE regress_watched;
ALTER TABLE labels ALTER COLUMN amount TYPE float8;
ALTER TABLE labels DROP COLUMN label;
ALTER TABLE labels RENAME COLUMN label TO tag;
ALTER TABLE labels ALTER COLUMN label DROP NOT NULL;
ALTER TABLE labels ADD COLUMN must int NOT NULL;
ALTER TABLE labels RENAME TO tags;
ALTER TABLE labels SET SCHEMA public;
ALTER SCHEMA watched RENAME TO other;
DROP TABLE labels;
RESET ROLE;
SELECT * FROM news();
SET ROLE regress_watched;
ALTER TABLE labels ADD COLUMN rank int;
ALTER TABLE labels DROP COLUMN rank;
RESET ROLE;
SELECT * FROM news();
SELECT put_contract('strict', '2.0.0', 'draft', 'labels', '[
    {"rule": "types", "kind": "type", "columns": ["label", "amount"], "parameters": {"expected": {"label": {"physicalType": "text"}, "amount": {"physicalType": "double precision"}}}},
    {"rule": "label.required", "kind": "required", "columns": ["label"]}]');
SET ROLE regress_watched;
ALTER TABLE labels ALTER COLUMN amount TYPE float8;
RESET ROLE;
UPDATE contract SET status = 'proposed' WHERE version = '2.0.0';
SET ROLE regress_watched;
ALTER TABLE labels ALTER COLUMN amount TYPE float8;
RESET ROLE;
SELECT put_contract('strict', '3.0.0', 'proposed', 'tags', '[{"rule": "tag.required", "kind": "required", "columns": ["tag"]}]');
SET ROLE regress_watched;
ALTER TABLE labels RENAME COLUMN label TO tag;
ALTER TABLE labels RENAME TO tags;
RESET ROLE;
SELECT * FROM news();
SELECT version, relation_name, relation_oid = 'tags'::regclass AS is_it FROM contract_table ORDER BY version;

-- what is not done to the table by the will of its owner is told, and recorded, and not refused
UPDATE contract_table SET in_force = false;
UPDATE contract SET status = 'retired';
SELECT put_contract('strict', '4.0.0', 'active', 'tags', '[{"rule": "tag.required", "kind": "required", "columns": ["tag"]}]');
UPDATE contract_table SET schema_watch = 'block' WHERE version = '4.0.0';
ALTER TABLE tags ALTER COLUMN tag DROP NOT NULL;
ALTER SCHEMA watched RENAME TO other;
ALTER SCHEMA other RENAME TO watched;
CREATE SCHEMA abroad_too;
CREATE TYPE abroad_too.kind AS ENUM ('a', 'b');
ALTER TABLE tags ADD COLUMN kind abroad_too.kind;
SELECT * FROM reconcile_schema();
UPDATE rule SET columns = '{tag,kind}', kind = 'values', parameters = '{"values": ["a", "b"]}' WHERE version = '4.0.0';
DELETE FROM contract_event;
ALTER TYPE abroad_too.kind RENAME VALUE 'b' TO 'c';
SET client_min_messages = warning;
DROP SCHEMA abroad_too CASCADE;
RESET client_min_messages;
SELECT * FROM news();
REASSIGN OWNED BY regress_watched TO CURRENT_USER;
DROP OWNED BY regress_watched;
DROP ROLE regress_watched;

-- what goes wrong while somebody's command is looked at is not theirs
ALTER TABLE aidataops.seen_schema RENAME COLUMN shape TO figure;
ALTER TABLE tags ADD COLUMN x int;
ALTER TABLE aidataops.seen_schema RENAME COLUMN figure TO shape;
SELECT change, name FROM reconcile_schema();

-- bad input
SELECT watch_schema(NULL);
SELECT _watch_schema_event();
SELECT watch_schema(false);
SELECT watch_schema(false);
SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'aidataops%';
CREATE ROLE regress_watcher;
SET ROLE regress_watcher;
SELECT aidataops.watch_schema();
SELECT aidataops.watch_schema(false);
RESET ROLE;
DROP ROLE regress_watcher;

DROP SCHEMA watched CASCADE;
DROP SCHEMA abroad;
TRUNCATE aidataops.contract, aidataops.contract_table, aidataops.rule, aidataops.seen_schema, aidataops.contract_event RESTART IDENTITY;
