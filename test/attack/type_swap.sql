-- A type gets the name of another while somebody with more rights commits, restores, attaches or declares: in a function of a
-- view, in a trigger, or between two versions. The name must not be looked up again.
BEGIN;
SELECT plan(26);
SET client_min_messages = warning;
SET search_path = public, aidataops;
CREATE ROLE attack_owner;
CREATE SCHEMA trap AUTHORIZATION attack_owner;
CREATE TABLE public.witness (place text, who name);
GRANT INSERT, SELECT ON public.witness TO PUBLIC;
CREATE FUNCTION pg_temp.is_safe() RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT EXISTS (SELECT FROM public.witness WHERE who <> 'attack_owner')
       AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = 'attack_owner') $$;
-- of every column of history: is its type, with modifier and collation, that of the table's?
CREATE FUNCTION pg_temp.history_fits(dataset text, relation regclass) RETURNS boolean LANGUAGE sql AS $$
    SELECT count(*) > 0 AND bool_and(h.atttypid = t.atttypid AND h.atttypmod = t.atttypmod AND h.attcollation = t.attcollation)
      FROM aidataops.dataset AS d JOIN pg_attribute AS h ON h.attrelid = format('aidataops_history.%I', d.history_table)::regclass
      JOIN pg_attribute AS t ON t.attrelid = relation AND t.attname = h.attname AND t.attnum > 0
     WHERE d.name = dataset AND h.attnum > 0 $$;
CREATE FUNCTION pg_temp.is_healthy(dataset text) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(v.ok) FROM aidataops.verify((dataset || '@HEAD')::dataset_version) AS v $$;

SET ROLE attack_owner;
CREATE FUNCTION trap.evil(place text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.witness VALUES (place, current_user);
    IF current_user <> 'attack_owner' THEN
        EXECUTE 'ALTER ROLE attack_owner SUPERUSER';
    END IF;
    RETURN true;
END $$;
-- swap(type, by) once: another type takes the name
CREATE FUNCTION trap.swap(type name, by text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regtype(format('trap.%I', type || '_old')) IS NULL THEN
        EXECUTE format('ALTER TYPE trap.%I RENAME TO %I', type, type || '_old');
        EXECUTE format(by, type);
    END IF;
END $$;
CREATE TABLE trap.base (id int PRIMARY KEY);
INSERT INTO trap.base VALUES (1), (2);

-- a column that comes is a domain by now, whose check would be evaluated for every row of the history
CREATE TYPE trap.domain_next AS ENUM ('a');
CREATE VIEW trap.v1 AS SELECT id FROM trap.base;
SELECT create_dataset('v1', 'trap.v1', key => '{id}');
SELECT commit('v1', 'before');
CREATE FUNCTION trap.swap_domain(int) RETURNS trap.domain_next LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trap.swap('domain_next', 'CREATE DOMAIN trap.%I AS int DEFAULT 1 CHECK (trap.evil(''domain''))');
    RETURN NULL;
END $$;
CREATE OR REPLACE VIEW trap.v1 AS SELECT id, trap.swap_domain(id) AS c FROM trap.base;
SELECT throws_ok($$SELECT commit('v1', 'swap')$$, '40001', NULL, 'the owner commits a view that swaps a type');
RESET ROLE;
SELECT throws_ok($$SELECT commit('v1', 'swap')$$, '40001', NULL, 'so does a superuser');
SELECT ok(pg_temp.is_safe(), 'nobody runs the check of the domain');
SELECT is((SELECT count(*) FROM log('v1')), 1::bigint, 'no version was made');
SELECT trap.swap_domain(1);
SELECT lives_ok($$SELECT commit('v1', 'swapped')$$, 'once it was swapped the commit goes on');
SELECT ok(pg_temp.history_fits('v1', 'trap.v1'), 'with the type that the column has, whatever its name');
SELECT ok(pg_temp.is_safe(), 'and the domain that has the name now is left alone');

-- the same over a composite type
SET ROLE attack_owner;
CREATE TYPE trap.row_next AS (a int);
CREATE VIEW trap.v2 AS SELECT id FROM trap.base;
SELECT create_dataset('v2', 'trap.v2', key => '{id}');
SELECT commit('v2', 'before');
CREATE FUNCTION trap.swap_row(int) RETURNS trap.row_next LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trap.swap('row_next', 'CREATE TYPE trap.row_of AS (a int); CREATE DOMAIN trap.%I AS trap.row_of NOT NULL DEFAULT ROW(1)::trap.row_of CHECK (trap.evil((VALUE).a::text))');
    RETURN ROW(1);
END $$;
CREATE OR REPLACE VIEW trap.v2 AS SELECT id, trap.swap_row(id) AS c FROM trap.base;
RESET ROLE;
SELECT throws_ok($$SELECT commit_all('{v1,v2}', 'swap')$$, '40001', NULL, 'commit_all() of a view that swaps a composite type');
SELECT ok(pg_temp.is_safe(), 'runs nothing either');

-- first version: rows were read as one type, which is passed by value, and the table is made with another
SET ROLE attack_owner;
CREATE TYPE trap.by_value AS ENUM ('a');
CREATE FUNCTION trap.swap_value(int) RETURNS trap.by_value LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('trap.armed', true) = 'yes' THEN
        PERFORM trap.swap('by_value', 'CREATE TYPE trap.%I AS (a text, b text)');
    END IF;
    RETURN 'a';
END $$;
CREATE VIEW trap.v3 AS SELECT id, trap.swap_value(id) AS c FROM trap.base;
SET trap.armed = 'yes';
SELECT lives_ok($$SELECT create_dataset('v3', 'trap.v3', key => '{id}', roles => '{"c": "category"}')$$, 'a dataset is declared');
SELECT throws_ok($$SELECT commit('v3', 'first')$$, '40001', NULL, 'the first commit is refused');
SET trap.armed = 'no';
SELECT commit('v3', 'first');
SELECT ok(pg_temp.history_fits('v3', 'trap.v3') AND pg_temp.is_healthy('v3'), 'and made without a swap');
-- a composite type that changes below its values
CREATE TYPE trap.moody AS (a int, b int);
CREATE FUNCTION trap.alter_moody(i int) RETURNS trap.moody LANGUAGE plpgsql AS $$
BEGIN
    IF i = 2 AND (SELECT format_type(atttypid, NULL) = 'integer' FROM pg_attribute WHERE attrelid = 'trap.moody'::regclass AND attnum = 1) THEN
        ALTER TYPE trap.moody ALTER ATTRIBUTE a TYPE text, ALTER ATTRIBUTE b TYPE text;
        RETURN ROW(repeat('x', 100), 'y')::trap.moody;
    END IF;
    RETURN ROW(i, i)::trap.moody;
END $$;
CREATE VIEW trap.v4 AS SELECT id, trap.alter_moody(id) AS c FROM trap.base;
SELECT create_dataset('v4', 'trap.v4', key => '{id}', roles => '{"c": "ignore"}');
SELECT throws_ok($$SELECT commit('v4', 'first')$$, '40001', NULL, 'a composite type that is altered between two rows is refused');
RESET ROLE;

-- between two versions: text alike, type another, and a cast that makes other values of them
SET ROLE attack_owner;
CREATE TYPE trap.label AS ENUM ('good', 'bad');
CREATE TABLE trap.t (id int PRIMARY KEY, l trap.label);
INSERT INTO trap.t VALUES (1, 'good'), (2, 'bad');
SELECT create_dataset('t', 'trap.t'), commit('t', 'first');
ALTER TYPE trap.label RENAME TO label_old;
CREATE TYPE trap.label AS ENUM ('bad', 'good');
ALTER TABLE trap.t ALTER COLUMN l TYPE trap.label USING l::text::trap.label;
CREATE FUNCTION trap.turn(trap.label) RETURNS trap.label_old LANGUAGE sql AS $$ SELECT CASE $1 WHEN 'bad' THEN 'good' ELSE 'bad' END::trap.label_old $$;
CREATE CAST (trap.label AS trap.label_old) WITH FUNCTION trap.turn(trap.label) AS ASSIGNMENT;
UPDATE trap.t SET l = 'bad' WHERE id = 1;
SELECT lives_ok($$SELECT commit('t', 'second')$$, 'a type that took the name of the one before is another type');
SELECT ok(pg_temp.history_fits('t', 'trap.t'), 'its rows are kept in another table');
SELECT ok(pg_temp.is_healthy('t'), 'as they are');
SELECT throws_ok($$SELECT * FROM restore('t@1')$$, '42804', NULL, 'and the first version is not restored through the cast');

-- the history is altered by hand: another modifier, another collation
CREATE TABLE trap.typmod (id int PRIMARY KEY, n numeric(10,2), c text);
INSERT INTO trap.typmod VALUES (1, 1.25, 'x');
SELECT create_dataset('typmod', 'trap.typmod'), commit('typmod', 'first');
DO $$ BEGIN EXECUTE format('ALTER TABLE aidataops_history.%I ALTER n TYPE numeric(10,1)', (SELECT history_table FROM aidataops.dataset WHERE name = 'typmod')); END $$;
UPDATE trap.typmod SET n = 7.77;
SELECT commit('typmod', 'second');
SELECT ok(pg_temp.history_fits('typmod', 'trap.typmod') AND pg_temp.is_healthy('typmod'), 'another modifier in the history rounds nothing');
DO $$ BEGIN EXECUTE format('ALTER TABLE aidataops_history.%I ALTER c TYPE text COLLATE "C"', (SELECT history_table FROM aidataops.dataset WHERE name = 'typmod')); END $$;
UPDATE trap.typmod SET n = 8.88;
SELECT commit('typmod', 'third');
SELECT ok(pg_temp.history_fits('typmod', 'trap.typmod') AND pg_temp.is_healthy('typmod'), 'nor is another collation taken over');
RESET ROLE;

-- a table is attached whose type has the name of the one before
SET ROLE attack_owner;
CREATE TABLE trap.attached (id int PRIMARY KEY, l trap.label_old);
INSERT INTO trap.attached VALUES (1, 'good'), (3, 'bad');
ALTER TYPE trap.label RENAME TO label_middle;
ALTER TYPE trap.label_old RENAME TO label;
RESET ROLE;
SELECT attach_dataset('t', 'trap.attached');
SELECT lives_ok($$SELECT commit('t', 'attached')$$, 'a superuser attaches it and commits');
SELECT ok(pg_temp.history_fits('t', 'trap.attached') AND pg_temp.is_healthy('t'), 'by its own type');

-- going back: a trigger of the owner's swaps the type of a column
SET ROLE attack_owner;
CREATE TYPE trap.late AS ENUM ('a', 'b');
CREATE TABLE trap.r (id int PRIMARY KEY, c trap.late);
INSERT INTO trap.r VALUES (1, 'a'), (2, 'a');
SELECT create_dataset('r', 'trap.r'), commit('r', 'first');
UPDATE trap.r SET c = 'b';
CREATE FUNCTION trap.swap_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trap.swap('late', 'CREATE DOMAIN trap.%I AS text CHECK (trap.evil(''restore''))');
    RETURN new;
END $$;
CREATE TRIGGER swap BEFORE UPDATE ON trap.r FOR EACH ROW EXECUTE FUNCTION trap.swap_late();
RESET ROLE;
SELECT throws_ok($$SELECT * FROM restore('r@1')$$, '40001', NULL, 'a restore during which a type changes is undone');
SELECT is((SELECT count(*) FROM trap.r WHERE c = 'b'), 2::bigint, 'the table is as it was');
SELECT lives_ok($$SELECT * FROM restore('r@1', fire_triggers => false)$$, 'without the trigger it goes on');
SELECT ok(pg_temp.is_safe(), 'and nothing ran with more rights than the owner has');
SELECT ok(NOT EXISTS (SELECT FROM public.witness), 'nor at all');

SELECT * FROM finish();
ROLLBACK;
