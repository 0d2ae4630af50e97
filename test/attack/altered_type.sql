-- A composite type is altered below values that were made before: what was an integer is taken for a length, and the bytes behind
-- it for a text. No right on anything is needed. Servers that do not note in a value by which definition it was made cannot tell,
-- in functions of their own either: there this is not tried.
BEGIN;
SELECT plan(3);
SET client_min_messages = warning;
SET search_path = public, aidataops;
CREATE ROLE attack_owner;
CREATE SCHEMA trap AUTHORIZATION attack_owner;
SET ROLE attack_owner;
CREATE FUNCTION trap.notes_definitions() RETURNS boolean LANGUAGE sql AS
    'SELECT current_setting(''server_version_num'')::int BETWEEN 150020 AND 159999';
-- a query whose rows are made before the type is altered, and looked into afterwards
CREATE FUNCTION trap.try(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CREATE TYPE trap.moody AS (a int, b int);
    CREATE FUNCTION trap.alter_moody() RETURNS int LANGUAGE plpgsql AS
        'BEGIN ALTER TYPE trap.moody ALTER ATTRIBUTE a TYPE text, ALTER ATTRIBUTE b TYPE text; RETURN 1; END';
    EXECUTE format('SELECT %s FROM (SELECT ROW(i + 100000000, i + 100000000)::trap.moody AS c FROM generate_series(1, 5) AS i ORDER BY random() OFFSET 0) AS x,
        LATERAL (SELECT trap.alter_moody() WHERE x.c IS NOT NULL OFFSET 0) AS y', call);
    RETURN 'nothing was wrong';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
SELECT CASE WHEN trap.notes_definitions() THEN isnt(trap.try('aidataops.row_hash(x.c)'), 'nothing was wrong', 'the hash of a value that was made otherwise')
            ELSE pass('this server cannot tell') END;
SELECT CASE WHEN trap.notes_definitions() THEN isnt(trap.try('aidataops.row_hash(ROW(1, x.c))'), 'nothing was wrong', 'of a row with one in it')
            ELSE pass('this server cannot tell') END;
SELECT CASE WHEN trap.notes_definitions() THEN isnt(trap.try('aidataops.fingerprint_agg(x.c)'), 'nothing was wrong', 'and the fingerprint of several')
            ELSE pass('this server cannot tell') END;
SELECT * FROM finish();
ROLLBACK;
