-- A contract that blocks changes of its table stands in nobody's way but of who acts by the will of the table's owner:
-- not of who owns a type, a schema or a function that the table uses, nor of a superuser, nor of a name that is free.
BEGIN;
SELECT plan(26);
SET LOCAL client_min_messages = error;
CREATE ROLE attack_mallory;
CREATE ROLE attack_victim;
CREATE ROLE attack_other;
CREATE SCHEMA mallory AUTHORIZATION attack_mallory;
CREATE SCHEMA victim AUTHORIZATION attack_victim;
CREATE SCHEMA shared;
GRANT USAGE, CREATE ON SCHEMA shared TO attack_mallory, attack_other;
SET LOCAL ROLE attack_victim;
GRANT USAGE ON SCHEMA victim TO PUBLIC;
CREATE TYPE victim.kind AS ENUM ('a', 'b');
CREATE TYPE victim.other_kind AS ENUM ('a', 'b');
CREATE DOMAIN victim.share AS float8;
RESET ROLE;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO attack_victim', current_database()); END $$;
SELECT aidataops.watch_schema();

SET LOCAL ROLE attack_mallory;
CREATE TABLE mallory.tab (id int PRIMARY KEY, kind victim.kind NOT NULL, other victim.other_kind,
    share victim.share NOT NULL);
CREATE TABLE shared.orders (id int PRIMARY KEY, amount int NOT NULL);
CREATE FUNCTION pg_temp.document(id text, status text, relation text, columns text[]) RETURNS jsonb
    LANGUAGE sql AS $$
    SELECT jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', id, 'version', '1.0.0',
        'status', status, 'schema', jsonb_build_array(jsonb_build_object(
            'name', split_part(relation, '.', 2), 'physicalName', relation,
            'customProperties', '[{"property": "aidataops.schemaWatch", "value": "block"}]'::jsonb,
            'properties', (SELECT jsonb_agg(jsonb_build_object('name', c, 'required', true)) FROM unnest(columns) AS c))))
$$;
SELECT contract FROM aidataops.create_contract(pg_temp.document('hold', 'active', 'mallory.tab', '{kind,share,other}'));
SELECT contract FROM aidataops.create_contract(pg_temp.document('squat', 'active', 'shared.orders', '{amount}'));

-- the owner, and the way out
SELECT throws_like('ALTER TABLE mallory.tab DROP COLUMN kind', '%does not allow this ALTER TABLE', 'the owner is refused');
SELECT throws_like('DROP TABLE mallory.tab', '%does not allow this DROP TABLE', 'also to drop it');
SELECT throws_like('ALTER TABLE shared.orders RENAME TO o', '%does not allow this ALTER TABLE', 'or to rename it');
SELECT throws_like('ALTER TABLE mallory.tab ALTER kind DROP NOT NULL', '%does not allow this ALTER TABLE',
    'or to let NULL in');

-- the owner of what the table uses, even one to whom the table's owner gave the own rights
RESET ROLE;
GRANT attack_mallory TO attack_victim;
SET LOCAL ROLE attack_victim;
SELECT lives_ok($$ALTER TYPE victim.kind RENAME VALUE 'b' TO 'c'$$, 'a value of a type is renamed by its owner');
SELECT lives_ok($$ALTER TYPE victim.kind ADD VALUE 'd'$$, 'and one is added');
SELECT lives_ok($$ALTER TYPE victim.kind RENAME TO sort$$, 'the type is renamed');
SELECT lives_ok($$ALTER DOMAIN victim.share ADD CHECK (VALUE >= 0)$$, 'a domain gets a constraint');
SELECT lives_ok($$DROP TYPE victim.sort CASCADE$$, 'a type is dropped, and the column with it');
SELECT lives_ok($$ALTER SCHEMA victim RENAME TO victims$$, 'a schema is renamed');
SELECT lives_ok($$DROP SCHEMA victims CASCADE$$, 'and dropped, and two columns with it');
RESET ROLE;
REVOKE attack_mallory FROM attack_victim;
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid = 'mallory.tab'::regclass AND attnum > 0 AND NOT attisdropped),
    1::bigint, 'the columns are gone');

-- whose contract it is finds all of it; whose commands they were learns nothing of the contract
SET LOCAL ROLE attack_mallory;
SELECT is((SELECT string_agg(DISTINCT change, ', ' ORDER BY change) FROM aidataops.schema_changes('hold')),
    'column_dropped, type_changed, type_redefined, values_added, values_dropped', 'the owner of the contract finds what happened');
RESET ROLE;
SET LOCAL SESSION AUTHORIZATION attack_victim;
SELECT is((SELECT count(*) FROM aidataops.schema_changes()), 0::bigint, 'who did it is told nothing of the table');
SET LOCAL SESSION AUTHORIZATION DEFAULT;

-- a superuser
SELECT lives_ok('ALTER TABLE mallory.tab RENAME TO tabs', 'a superuser is warned, not refused');
SELECT lives_ok('ALTER TABLE mallory.tabs RENAME TO tab', 'and back');
SELECT throws_like($$DO 'BEGIN DROP OWNED BY attack_mallory CASCADE; RAISE ''undone''; END'$$, 'undone', 'roles are emptied');
SELECT lives_ok('DROP TABLE shared.orders', 'tables dropped');

-- the name is free
SET LOCAL ROLE attack_other;
SELECT lives_ok('CREATE TABLE shared.orders (id int, amount int NOT NULL)', 'somebody else has a table of the name');
SELECT lives_ok('ALTER TABLE shared.orders DROP COLUMN amount', 'alters it');
SELECT lives_ok('DROP TABLE shared.orders', 'and drops it');
SET LOCAL ROLE attack_mallory;
SELECT is((SELECT count(*) FROM aidataops.schema_changes('squat') WHERE change <> 'table_dropped'), 0::bigint,
    'of which the contract of the old table knows nothing');

-- drafts name every table, and count for nothing
SELECT contract FROM aidataops.create_contract(pg_temp.document('draft', 'draft', 'shared.mine', '{amount}'));
SET LOCAL ROLE attack_other;
CREATE TABLE shared.mine (id int, amount int NOT NULL);
SELECT lives_ok('ALTER TABLE shared.mine DROP COLUMN amount', 'a draft of somebody else is in no way');

-- one table that cannot be looked at hides no other one
RESET ROLE;
CREATE TYPE shared.mood AS ENUM ('a');
GRANT USAGE ON TYPE shared.mood TO attack_mallory, attack_other;
SET LOCAL ROLE attack_mallory;
CREATE TABLE mallory.broken (mood shared.mood);
SELECT contract FROM aidataops.create_contract(pg_temp.document('a broken one', 'active', 'mallory.broken', '{mood}'));
SET LOCAL ROLE attack_other;
CREATE TABLE shared.sound (mood shared.mood);
SELECT contract FROM aidataops.create_contract(pg_temp.document('sound', 'active', 'shared.sound', '{mood}'));
RESET ROLE;
UPDATE aidataops.seen_schema SET shape = '"broken"' WHERE contract = 'a broken one';
SELECT lives_ok($$ALTER TYPE shared.mood ADD VALUE 'b'$$, 'a contract that is broken is in no way either');
SELECT is((SELECT count(*) FROM aidataops.schema_changes('sound')), 1::bigint, 'and another one is looked at');

-- retired, the contract refuses nothing
SET LOCAL ROLE attack_mallory;
SELECT aidataops.retire_contract('hold', '1.0.0');
SELECT lives_ok('DROP TABLE mallory.tab', 'the owner goes the way that the hint says');

SELECT * FROM finish();
ROLLBACK;
