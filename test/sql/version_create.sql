-- create_dataset() and what columns are: every error of its comment, odd names, guessed and given roles.
CREATE SCHEMA version_create;
SET search_path = version_create, aidataops, public;
\set SHOW_CONTEXT never

CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT create_dataset('t', 't', description => 'd', source => 's', licence => 'l', purpose => 'p', legal_basis => 'b');
SELECT name, relation_schema, relation_name, relation_oid = 't'::regclass AS oid, key, storage, capture, head, epoch, history_table, description, source, licence, purpose, legal_basis, created_by = session_user AS by_me
  FROM aidataops.dataset;
SELECT to_regnamespace('aidataops_history') IS NULL AS nothing_stored_yet;

-- the name
SELECT create_dataset('t', 't');
SELECT create_dataset('', 't');
SELECT create_dataset('a@b', 't');
SELECT create_dataset(repeat('x', 64), 't');
SELECT create_dataset(repeat('x', 63), 't') = repeat('x', 63) AS longest;
SELECT create_dataset(repeat('é', 32), 't');
SELECT create_dataset(NULL, 't');
-- the table
SELECT create_dataset('x', NULL);
CREATE TEMP TABLE temporary (id int PRIMARY KEY);
SELECT create_dataset('x', 'temporary');
CREATE SEQUENCE a_sequence;
SELECT create_dataset('x', 'a_sequence', key => '{last_value}');
\set VERBOSITY sqlstate
SELECT create_dataset('x', 't_pkey', key => '{id}');
\set VERBOSITY default
SELECT create_dataset('x', 'nowhere');
SELECT create_dataset('x', 'pg_catalog.pg_am', key => '{oid}');
-- the key
CREATE TABLE keyless (a int, b text, j json, p point, x xml, d int[]);
SELECT create_dataset('x', 'keyless');
SELECT create_dataset('x', 'keyless', key => '{nothing}');
SELECT create_dataset('x', 'keyless', key => '{a,c}');
SELECT create_dataset('x', 'keyless', key => '{a,a}');
SELECT create_dataset('x', 'keyless', key => '{NULL}');
SELECT create_dataset('x', 'keyless', key => '{ctid}');
SELECT create_dataset('x', 'keyless', key => '{j}');
SELECT create_dataset('x', 'keyless', key => '{p}');
SELECT create_dataset('x', 'keyless', key => '{a,x}');
SELECT create_dataset('keyless', 'keyless', key => '{d,a}');
SELECT key FROM aidataops.dataset WHERE name = 'keyless';
-- two dimensions are no list of columns
SELECT create_dataset('x', 'keyless', key => '{{a,b},{d,a}}');
-- a primary key with included columns, in an order that is not the table's
CREATE TABLE included (a int, b int, c int, PRIMARY KEY (c, a) INCLUDE (b));
SELECT create_dataset('included', 'included');
SELECT key FROM aidataops.dataset WHERE name = 'included';
-- storage and capture
SELECT create_dataset('x', 't', storage => 'cloud');
SELECT create_dataset('x', 't', storage => NULL, capture => NULL) AS as_by_default;
SELECT create_dataset('x2', 't', capture => 'triggers');
SELECT storage, capture FROM aidataops.dataset WHERE name = 'x';
-- several datasets of one table
SELECT create_dataset('t by text', 't', key => '{v}');
-- undone with its transaction
BEGIN;
SELECT create_dataset('undone', 't');
ROLLBACK;
SELECT count(*) FROM aidataops.dataset WHERE name = 'undone';
-- an unlogged table, a partition, a child of a table
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
SELECT create_dataset('unlogged', 'unlogged');
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT create_dataset('parted', 'parted'), create_dataset('parted_0', 'parted_0');

-- names that need care, of everything: declared, committed, compared, looked back
CREATE SCHEMA "Odd ""Schema"" é";
CREATE TABLE "Odd ""Schema"" é"."Täble; --" ("Key ""1""" int, "select" text, "_rid" int, "_added" text, "_removed" date, "_hash" uuid, "__hash" bytea, "t" int, "r" text, "a%sb" text,
    "  " int, "$1" int, "Ö" int, "\" text, PRIMARY KEY ("select", "Key ""1"""));
INSERT INTO "Odd ""Schema"" é"."Täble; --" VALUES (1, 'k', 2, 'added', '2026-01-01', '00000000-0000-0000-0000-000000000000', '\x00', 3, 'r', '%s%n', 4, 5, 6, '\'), (2, 'k', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT create_dataset('A "name"; it''s é %s $1 ~{}', '"Odd ""Schema"" é"."Täble; --"', roles => '{"a%sb": "ignore", "  ": "number"}') AS name \gset
SELECT commit(:'name', 'first');
UPDATE "Odd ""Schema"" é"."Täble; --" SET "_hash" = NULL, "a%sb" = '%', "t" = 4 WHERE "Key ""1""" = 1;
DELETE FROM "Odd ""Schema"" é"."Täble; --" WHERE "Key ""1""" = 2;
SELECT * FROM status(:'name');
SELECT commit(:'name', 'second');
SELECT change, key, columns FROM diff(:'name' || '@1', :'name' || '@2');
SELECT tag(:'name' || '@1', 'It''s gold % "x"');
SELECT resolve(:'name' || '@It''s gold % "x"');
SELECT * FROM as_of(:'name' || '@1', NULL::"Odd ""Schema"" é"."Täble; --") ORDER BY 1;
SELECT * FROM as_of_json(:'name' || '@2');
SELECT create_version_view(:'name' || '@1', '"Odd ""Schema"" é"."View ""1"""');
SELECT count(*) FROM "Odd ""Schema"" é"."View ""1""";
SELECT obj_description('"Odd ""Schema"" é"."View ""1"""'::regclass, 'pg_class');
SELECT fingerprint = table_fingerprint('"Odd ""Schema"" é"."Täble; --"') AS same FROM aidataops.version WHERE dataset_name(version) = :'name' AND number = 2;
SELECT * FROM dataset_columns(:'name');
SELECT message, tags FROM log(:'name');
SELECT untag(:'name', 'It''s gold % "x"');
SELECT * FROM resolve(:'name' || '@9');

-- what columns are: given roles, and guesses for the rest
CREATE TYPE mood AS ENUM ('sad');
CREATE DOMAIN age AS int;
CREATE TABLE roles (id bigint PRIMARY KEY, label int, review_label text, y float8, prediction text, y_pred float4, score_predicted numeric, other_uuid uuid, b bytea, j json, jb jsonb,
    e float4[], e2 double precision[], ok boolean, m mood, d date, ts timestamptz, ti time, iv interval, user_id int, fold text, group_id bigint, grouping_x int, n numeric, mo money, a age, ip inet,
    few text, many text, prose varchar, empty text, ints int[], texts text[], rng int4range, pt point, o oid);
INSERT INTO roles (id, few, many, prose) SELECT i, 'v' || i % 3, 'unique value ' || i, repeat('long prose ', 10) FROM generate_series(1, 1000) AS i;
SELECT create_dataset('roles', 'roles', roles => '{"many": "identifier"}');
SELECT * FROM dataset_columns('roles');
SELECT set_column_roles('roles', '{"prose": "text", "n": "ignore"}');
SELECT column_name, role FROM dataset_columns('roles') WHERE column_name IN ('prose', 'n', 'many', 'few');
ALTER TABLE roles ADD COLUMN later int, DROP COLUMN fold;
SELECT column_name, role FROM dataset_columns('roles') WHERE column_name IN ('later', 'fold');
SELECT set_column_roles('roles', '{}');
SELECT column_name, role FROM dataset_columns('roles') WHERE column_name IN ('later', 'fold', 'n');
-- errors
SELECT set_column_roles('roles', '{"nowhere": "text"}');
SELECT set_column_roles('roles', '{"id": "nonsense"}');
SELECT set_column_roles('roles', '{"id": null}');
SELECT set_column_roles('roles', '{"id": 3}');
SELECT set_column_roles('roles', '["id"]');
SELECT set_column_roles('roles', '"id"');
SELECT set_column_roles('nothing', '{}');
SELECT set_column_roles('roles', NULL) IS NULL AS null_for_null;
SELECT create_dataset('bad', 't', roles => '{"nowhere": "text"}');
SELECT create_dataset('bad', 't', roles => '{"v": "nonsense"}');
SELECT create_dataset('bad', 't', roles => '[]');
SELECT create_dataset('bad', 't', roles => '"text"');
SELECT * FROM dataset_columns('nothing');
SELECT * FROM dataset_columns(NULL);

SET client_min_messages = warning;
DROP SCHEMA version_create, "Odd ""Schema"" é" CASCADE;
-- the next file begins without datasets, so that hints and numbers do not depend on this one
TRUNCATE aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
