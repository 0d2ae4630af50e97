-- What is read for a caller is read as its owner, and never as a superuser if any of it is somebody else's: functions of
-- views, policies and indexes, generated columns and checks of domains are code of the owner's.
CREATE ROLE attack_mallory;
CREATE ROLE attack_other;
CREATE ROLE attack_steward IN ROLE attack_mallory, attack_other;
CREATE ROLE attack_reader;
CREATE ROLE attack_root SUPERUSER;
CREATE SCHEMA attack AUTHORIZATION attack_mallory;
CREATE SCHEMA attack_others AUTHORIZATION attack_other;
CREATE SCHEMA attack_root AUTHORIZATION attack_root;
GRANT USAGE ON SCHEMA attack, attack_others, attack_root TO PUBLIC;

-- every piece of code tells in whose name it ran, by a sequence, which no error takes back
SET ROLE attack_mallory;
CREATE SEQUENCE attack.as_superuser;
CREATE SEQUENCE attack.as_owner;
CREATE SEQUENCE attack.as_other;
GRANT ALL ON ALL SEQUENCES IN SCHEMA attack TO PUBLIC;
CREATE FUNCTION attack.ran() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('attack.as_' || CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'superuser'
                                         WHEN current_user = 'attack_mallory' THEN 'owner' ELSE 'other' END);
    RETURN true;
END $$;
CREATE FUNCTION attack.seen(OUT superuser boolean, OUT owner boolean, OUT other boolean) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.is_called, o.is_called, t.is_called INTO superuser, owner, other
      FROM attack.as_superuser AS s, attack.as_owner AS o, attack.as_other AS t;
    PERFORM setval('attack.as_superuser', 1, false), setval('attack.as_owner', 1, false), setval('attack.as_other', 1, false);
END $$;
CREATE FUNCTION attack.constant(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM attack.ran();
    RETURN $1;
END $$;
CREATE DOMAIN attack.checked AS integer CHECK (attack.ran());
CREATE TABLE attack.plain AS SELECT i FROM generate_series(1, 3) AS i;
CREATE VIEW attack.viewed AS SELECT i FROM attack.plain WHERE attack.ran();
CREATE TABLE attack.indexed AS SELECT i FROM generate_series(1, 3) AS i;
CREATE INDEX ON attack.indexed ((i + attack.constant(1)));
CREATE TABLE attack.held (i integer, h attack.checked[]);
INSERT INTO attack.held VALUES (1, NULL);
CREATE TABLE attack.guarded AS SELECT i FROM generate_series(1, 3) AS i;
ALTER TABLE attack.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON attack.guarded USING (attack.ran());
GRANT SELECT ON ALL TABLES IN SCHEMA attack TO attack_reader, attack_root;
SET ROLE attack_other;
CREATE TABLE attack_others.plain AS SELECT i FROM generate_series(1, 3) AS i;
SET ROLE attack_root;
CREATE TABLE attack_root.plain AS SELECT i FROM generate_series(1, 3) AS i;
CREATE VIEW attack_root.viewed AS WITH w AS (SELECT v.i FROM attack.viewed AS v) SELECT (SELECT max(w.i) FROM w) AS i;
CREATE VIEW attack_root.own AS SELECT i FROM attack_root.plain;
RESET ROLE;
SELECT attack.seen() IS NOT NULL AS nothing_yet \gset

-- in a session that has not seen them
\c
BEGIN;
SELECT plan(31);

-- a superuser reads as the owner
SELECT results_eq($$ SELECT * FROM aidataops._read('{attack.plain}'::regclass[], 'SELECT i, current_user FROM attack.plain WHERE i > $1 ORDER BY i', 2) AS r (i int, u name) $$,
                  $$ VALUES (3, 'attack_mallory'::name) $$, 'a table is read as its owner');
SELECT is((SELECT count(*) FROM aidataops._read('{attack.viewed}'::regclass[], 'SELECT i FROM attack.viewed') AS r (i int)), 3::bigint, 'a view is read');
SELECT is(attack.seen(), ROW(false, true, false), 'its functions ran as the owner only');
SELECT is((SELECT count(*) FROM aidataops._read('{attack.indexed}'::regclass[], 'SELECT i FROM attack.indexed WHERE i + 1 = 3') AS r (i int)), 1::bigint, 'an indexed table is read');
SELECT is(attack.seen(), ROW(false, true, false), 'expressions of indexes were planned as the owner only');
SELECT is((SELECT count(*) FROM aidataops._read('{attack.held}'::regclass[], $$ SELECT i FROM attack.held WHERE h = '{1}' $$) AS r (i int)), 0::bigint, 'a literal is compared');
SELECT is(attack.seen(), ROW(false, true, false), 'checks of domains ran as the owner only, when the query was parsed');
SELECT is((SELECT count(*) FROM aidataops._read('{attack.guarded}'::regclass[], 'SELECT i FROM attack.guarded') AS r (i int)), 3::bigint, 'the owner is not subject to policies');
ALTER TABLE attack.guarded FORCE ROW LEVEL SECURITY;
SELECT throws_ok($$ SELECT FROM aidataops._read('{attack.guarded}'::regclass[], 'SELECT i FROM attack.guarded') AS r (i int) $$, '42501',
                 'query would be affected by row-level security policy for table "guarded"', 'rows that are hidden from the owner are an error');
SELECT is(attack.seen(), ROW(false, false, false), 'and the policy did not run');

-- nor by what a query names beside, or reads beneath
SELECT throws_like($$ SELECT FROM aidataops._read('{attack_root.plain}'::regclass[], 'SELECT i FROM attack.viewed') AS r (i int) $$,
                   'relation attack.viewed is not read with the rights of superuser %', 'what the query names is asked');
SELECT throws_like($$ SELECT FROM aidataops._read('{}', 'SELECT i FROM attack.viewed') AS r (i int) $$,
                   'relation attack.viewed is not read with the rights of superuser %', 'also where nothing is said about it');
SELECT throws_like($$ SELECT FROM aidataops._read('{attack_root.viewed}'::regclass[], 'SELECT i FROM attack_root.viewed') AS r (i int) $$,
                   'relation attack.viewed is not read with the rights of superuser %', 'what lies beneath views is asked');
SELECT throws_like($$ SELECT FROM aidataops._read('{attack_root.plain}'::regclass[], 'SELECT p.i FROM attack_root.plain AS p WHERE EXISTS (SELECT FROM attack.held AS h WHERE h.h = ''{1}'')') AS r (i int) $$,
                   'relation attack.held is not read with the rights of superuser %', 'and before a literal of its types is parsed');
SELECT throws_like($$ SELECT FROM aidataops._read('{attack_root.plain,attack.viewed}'::regclass[], 'SELECT v.i FROM attack_root.plain AS p JOIN attack.viewed AS v USING (i)') AS r (i int) $$,
                   'relation attack.viewed is not read with the rights of superuser %', 'nobody who may read both and is no superuser');
SELECT is(attack.seen(), ROW(false, false, false), 'in all of these nothing ran');
CREATE TABLE attack_root.parent (i integer);
ALTER TABLE attack.indexed INHERIT attack_root.parent;
SELECT throws_like($$ SELECT FROM aidataops._read('{attack_root.parent}'::regclass[], 'SELECT i FROM attack_root.parent WHERE i + 1 = 3') AS r (i int) $$,
                   'relation attack.indexed is not read with the rights of superuser %', 'tables that inherit are asked');
SELECT is(attack.seen(), ROW(false, false, false), 'nothing ran');
SELECT results_eq($$ SELECT * FROM aidataops._read('{attack_root.own}'::regclass[], 'SELECT max(i), current_user FROM attack_root.own') AS r (i int, u name) $$,
                  $$ VALUES (3, current_user) $$, 'what is superusers'' alone is read by a superuser');

-- who may read both is asked to
GRANT SELECT ON attack_root.plain TO attack_mallory;
SELECT is((SELECT count(*) FROM aidataops._read('{attack_root.plain,attack.viewed}'::regclass[], 'SELECT v.i FROM attack_root.plain AS p JOIN attack.viewed AS v USING (i)') AS r (i int)), 3::bigint,
          'with a grant two tables are read together');
SELECT is(attack.seen(), ROW(false, true, false), 'as the owner who may');

-- roles that are no superuser
SET ROLE attack_steward;
SELECT is((SELECT count(*) FROM aidataops._read('{attack.viewed}'::regclass[], 'SELECT i FROM attack.viewed') AS r (i int)), 3::bigint, 'who has the rights of an owner');
SELECT is(attack.seen(), ROW(false, true, false), 'reads as that owner');
SELECT is((SELECT count(*) FROM aidataops._read('{attack_others.plain,attack.viewed}'::regclass[], 'SELECT v.i FROM attack_others.plain AS p JOIN attack.viewed AS v USING (i)') AS r (i int)), 3::bigint,
          'who has the rights of both owners, neither of whom may read both');
SELECT is(attack.seen(), ROW(false, false, true), 'reads as in any query');
SET ROLE attack_reader;
SELECT is((SELECT count(*) FROM aidataops._read('{attack.guarded}'::regclass[], 'SELECT i FROM attack.guarded') AS r (i int)), 3::bigint, 'who has a grant');
SELECT is(attack.seen(), ROW(false, false, true), 'reads as in any query, with policies');
SELECT throws_ok($$ SELECT FROM aidataops._read('{attack_root.plain}'::regclass[], 'SELECT i FROM attack_root.plain') AS r (i int) $$, '42501',
                 'permission denied for table plain', 'nobody reads what they may not');

-- the role alone, for those who run the query themselves
RESET ROLE;
SELECT is(aidataops._reading_role('attack_root'::regrole, '{attack.plain}'::regclass[])::regrole::text, 'attack_mallory', 'the role for a superuser');
SELECT is(aidataops._reading_role('attack_reader'::regrole, '{attack.plain}'::regclass[])::regrole::text, 'attack_reader', 'the role for a reader');
SELECT throws_like($$ SELECT aidataops._reading_role('attack_root'::regrole, '{attack_root.own}'::regclass[], 'SELECT FROM attack_root.own, attack.plain') $$,
                   'relation attack.plain is not read with the rights of superuser "attack_root"', 'none for a superuser and a query beyond');

SELECT * FROM finish();
ROLLBACK;
