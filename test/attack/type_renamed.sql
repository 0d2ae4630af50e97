-- A type gets the name of another while somebody with more rights commits, restores, attaches or declares: in a function of a
-- view, in a trigger, or between two versions. The name must not be looked up again.
BEGIN;
SELECT plan(12);
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
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
