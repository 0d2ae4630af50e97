-- Types that nest: thirty composite types with two attributes of the one before are 2^30 paths, and one table with such a
-- column. Nobody who looks at the table walks them all. The server itself does when such a type is made or a column of it,
-- so here the system catalogs are written by hand.
BEGIN;
SELECT plan(17);
SET LOCAL client_min_messages = error;
SET LOCAL statement_timeout = '60s';
CREATE ROLE attack_mallory;
CREATE SCHEMA mallory AUTHORIZATION attack_mallory;
CREATE TYPE public.shared AS ENUM ('a');
SELECT aidataops.watch_schema();

SET LOCAL ROLE attack_mallory;
SET LOCAL search_path = mallory, aidataops, public;
CREATE TYPE t0 AS (a int, b int);
DO $$ BEGIN FOR i IN 1 .. 30 LOOP EXECUTE format('CREATE TYPE t%s AS (a t0, b t0)', i); END LOOP; END $$;
CREATE DOMAIN deep AS t1;
CREATE TABLE tab (id int PRIMARY KEY, kind public.shared, t t1, d deep, many t1[]);
INSERT INTO tab VALUES (1, 'a'), (2, 'a');
RESET ROLE;
SET LOCAL allow_system_table_mods = on;
UPDATE pg_attribute AS a SET atttypid = to_regtype('mallory.t' || i - 1)
  FROM generate_series(2, 30) AS i WHERE a.attrelid = ('mallory.t' || i)::regclass AND a.attnum > 0;
UPDATE pg_attribute SET atttypid = CASE attname WHEN 't' THEN 't30' ELSE 't30[]' END::regtype
 WHERE attrelid = 'tab'::regclass AND attname IN ('t', 'many');
UPDATE pg_type SET typbasetype = 't30'::regtype WHERE oid = 'deep'::regtype;
UPDATE pg_depend AS d SET refobjid = a.atttypid FROM pg_attribute AS a
 WHERE d.classid = 'pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid = a.attnum
   AND d.refclassid = 'pg_type'::regclass AND a.attrelid >= 't2'::regclass AND a.attrelid <= 'tab'::regclass
   AND a.attnum > 0 AND d.refobjid IN ('t0'::regtype, 't1'::regtype);
SET LOCAL ROLE attack_mallory;

SELECT lives_ok($$SELECT create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "bomb",
    "version": "1.0.0", "status": "active", "schema": [{"name": "tab", "physicalName": "mallory.tab", "properties": [
        {"name": "t", "logicalType": "object"}, {"name": "kind", "logicalType": "string", "required": true}]}]}')$$,
    'a contract on the table');
SELECT lives_ok('ALTER TABLE tab ADD COLUMN c int', 'the table is altered');
SELECT is((SELECT count(*) FROM describe_columns('tab')), 6::bigint, 'described');
SELECT is((SELECT count(*) FROM profile_columns('tab')), 6::bigint, 'profiled');
SELECT lives_ok($$SELECT table_fingerprint('tab')$$, 'fingerprinted');
SELECT lives_ok($$INSERT INTO tab VALUES (3, 'a', ROW (ROW (NULL, NULL), NULL)); SELECT table_fingerprint('tab')$$,
    'with a value that is not NULL, too');
SELECT lives_ok($$SELECT create_dataset('bomb', 'tab')$$, 'made a dataset');
SELECT is((SELECT outcome FROM check_contract('bomb') LIMIT 1), 'pass', 'checked');
SELECT isnt(infer_contract('tab'), NULL, 'a contract is inferred');
SELECT is((SELECT count(*) FROM lint_contract(infer_contract('tab')) WHERE severity = 'error'), 0::bigint, 'and read');
SELECT lives_ok($$SELECT enforce_contract('bomb', 'tab', 'quarantine'); INSERT INTO tab VALUES (4, 'a')$$, 'and enforced');
SELECT lives_ok($$SELECT skew('tab', 'tab', '{id}')$$, 'compared with itself');
RESET ROLE;
SELECT lives_ok($$ALTER TYPE public.shared ADD VALUE 'b'$$, 'somebody alters a type that the table uses');
SELECT is((SELECT count(*) FROM aidataops.schema_changes('bomb') WHERE change = 'values_added'), 1::bigint, 'which is noticed');
SELECT lives_ok('SELECT aidataops.reconcile_schema()', 'and a scheduler looks');

-- no end of types
DO $$ BEGIN
    CREATE DOMAIN mallory.d0 AS int;
    FOR i IN 1 .. 600 LOOP EXECUTE format('CREATE DOMAIN mallory.d%s AS mallory.d%s', i, i - 1); END LOOP;
END $$;
SELECT throws_like($$SELECT aidataops._type_shape('mallory.d600'::regtype)$$, 'type mallory.d600 is made of too many types',
    'there is a limit');
SET LOCAL ROLE attack_mallory;
CREATE TABLE domains (d mallory.d600, kind public.shared);
SELECT lives_ok($$ALTER TABLE domains ADD COLUMN i int$$, 'which is in nobody''s way');

SELECT * FROM finish();
ROLLBACK;
