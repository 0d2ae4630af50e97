-- To look at a table, or at its versions, runs no code of its owner's but as the owner: no casts, whatever their kind, no
-- checks of domains, no functions of views, policies, indexes and generated columns. And nothing ever as a superuser.
CREATE ROLE attack_mallory;
CREATE ROLE attack_member IN ROLE attack_mallory;
CREATE ROLE attack_reader;
CREATE ROLE attack_root SUPERUSER;
CREATE SCHEMA attack AUTHORIZATION attack_mallory;
GRANT USAGE ON SCHEMA attack TO PUBLIC;

SET ROLE attack_mallory;
CREATE SEQUENCE attack.as_superuser;
CREATE SEQUENCE attack.as_owner;
CREATE SEQUENCE attack.as_other;
GRANT ALL ON ALL SEQUENCES IN SCHEMA attack TO PUBLIC;
-- no error takes back what a sequence tells
CREATE FUNCTION attack.ran() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('attack.as_' || CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'superuser'
                                         WHEN current_user = 'attack_mallory' THEN 'owner' ELSE 'other' END);
    RETURN true;
END $$;
CREATE FUNCTION attack.seen(OUT superuser boolean, OUT other boolean) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.is_called, t.is_called INTO superuser, other FROM attack.as_superuser AS s, attack.as_other AS t;
    PERFORM setval('attack.as_superuser', 1, false), setval('attack.as_other', 1, false);
END $$;
CREATE FUNCTION attack.constant(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM attack.ran(); RETURN $1; END $$;

-- types, and casts of every kind to what others might ask for
CREATE TYPE attack.mood AS ENUM ('glad', 'sad', 'mad');
CREATE TYPE attack.other_mood AS ENUM ('glad', 'sad', 'mad');
CREATE DOMAIN attack.checked AS integer CHECK (attack.ran());
CREATE DOMAIN attack.folded AS integer CHECK (VALUE > attack.constant(-1));
CREATE TYPE attack.pair AS (a integer, b text);
CREATE TYPE attack.holder AS (held attack.checked);
CREATE TABLE attack.tab (
    id integer PRIMARY KEY, m attack.mood, o attack.other_mood, p attack.pair, h attack.holder, k attack.checked, f attack.folded,
    ks attack.checked[], label attack.mood, prediction attack.mood, x integer, e attack.mood, g integer GENERATED ALWAYS AS (attack.constant(7)) STORED);
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT * FROM (VALUES
        ('mood', 'text', ''), ('mood', 'json', ''), ('mood', 'jsonb', ''), ('mood', 'integer', 'AS ASSIGNMENT'), ('mood', 'float8', 'AS IMPLICIT'),
        ('other_mood', 'text', 'AS IMPLICIT'), ('other_mood', 'varchar', 'AS ASSIGNMENT'), ('other_mood', 'real[]', 'AS IMPLICIT'), ('other_mood', 'jsonb', 'AS IMPLICIT'),
        ('pair', 'float8', 'AS IMPLICIT'), ('pair', 'text', 'AS ASSIGNMENT'), ('pair', 'real[]', ''), ('pair', 'numeric', 'AS IMPLICIT'), ('pair', 'json', ''),
        ('holder', 'text', 'AS IMPLICIT'), ('holder', 'json', ''), ('holder', 'jsonb', 'AS ASSIGNMENT'), ('holder', 'bytea', 'AS IMPLICIT'),
        ('tab', 'text', 'AS IMPLICIT'), ('tab', 'json', ''), ('tab', 'jsonb', 'AS IMPLICIT'), ('tab', 'uuid', 'AS IMPLICIT')) AS v (source, target, kind)
    LOOP
        EXECUTE format('CREATE FUNCTION attack.%I(attack.%I) RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM attack.ran(); RETURN NULL; END''', c.source || ' to ' || c.target, c.source, c.target);
        EXECUTE format('CREATE CAST (attack.%I AS %s) WITH FUNCTION attack.%I(attack.%1$I) %4$s', c.source, c.target, c.source || ' to ' || c.target, c.kind);
    END LOOP;
END $$;
CREATE INDEX ON attack.tab ((x + attack.constant(1)));
INSERT INTO attack.tab SELECT i, 'glad', 'sad', ROW(i, 'b')::attack.pair, ROW(i)::attack.holder, i, i, ARRAY[i], 'glad', 'sad', i, 'mad' FROM generate_series(1, 200) AS i;
CREATE TABLE attack.tab2 AS SELECT * FROM attack.tab;
UPDATE attack.tab2 SET m = 'sad', p = ROW(0, 'c'), x = x + 50, o = 'mad' WHERE id <= 100;
SELECT aidataops.create_dataset('attack', 'attack.tab'), aidataops.set_column_roles('attack', '{"p": "number", "h": "text", "ks": "category", "k": "number"}'),
       aidataops.commit('attack', 'one');
UPDATE attack.tab SET m = 'sad', o = 'glad', p = ROW(0, 'c'), h = ROW(0), x = x + 100 WHERE id <= 150;
SELECT aidataops.commit('attack', 'two');
UPDATE attack.tab SET m = 'mad', o = 'mad' WHERE id <= 180;
-- what as_of() converts
CREATE TABLE attack.later (id integer PRIMARY KEY, e integer, k attack.checked, o varchar);
CREATE TABLE attack.folding (id integer PRIMARY KEY, f attack.folded);
-- a key that is made of JSON
CREATE TABLE attack.keyed (k attack.checked[] PRIMARY KEY, v attack.mood);
INSERT INTO attack.keyed VALUES ('{1}', 'glad');
SELECT aidataops.create_dataset('attack keyed', 'attack.keyed'), aidataops.commit('attack keyed', 'one');
UPDATE attack.keyed SET v = 'sad';
SELECT aidataops.commit('attack keyed', 'two');
-- a view, and rows that policies let through
CREATE VIEW attack.viewed AS SELECT id, m, x FROM attack.tab WHERE attack.ran();
SELECT aidataops.create_dataset('attack viewed', 'attack.viewed', key => '{id}'), aidataops.commit('attack viewed', 'one');
CREATE TABLE attack.guarded AS SELECT id, m, x FROM attack.tab;
ALTER TABLE attack.guarded ADD PRIMARY KEY (id), ENABLE ROW LEVEL SECURITY;
CREATE POLICY every ON attack.guarded USING (attack.ran());
SELECT aidataops.create_dataset('attack guarded', 'attack.guarded'), aidataops.commit('attack guarded', 'one');
GRANT SELECT ON ALL TABLES IN SCHEMA attack TO attack_reader, attack_root;
SELECT format('GRANT SELECT ON aidataops_history.%I TO attack_reader', history_table) FROM aidataops.dataset \gexec
RESET ROLE;

-- a superuser's view over it, in which there is nobody else to read as
SET ROLE attack_root;
CREATE SCHEMA attack_root;
CREATE VIEW attack_root.viewed AS SELECT * FROM attack.viewed;
SELECT aidataops.create_dataset('attack root', 'attack_root.viewed', key => '{id}');
RESET ROLE;

-- functions that look; what a plain SELECT of a reader does not run, and what it does
CREATE TABLE look (kind text, call text);
INSERT INTO look VALUES
    ('table', $$ aidataops.diff('attack@1', 'attack@2') $$),
    ('table', $$ aidataops.diff('attack@2', 'attack@WORKING') $$),
    ('table', $$ aidataops.diff_stat('attack@1', 'attack@WORKING') $$),
    ('table', $$ aidataops.diff_columns('attack@1', 'attack@2') $$),
    ('table', $$ aidataops.diff_rows('attack@1', 'attack@2', NULL::attack.tab) $$),
    ('table', $$ aidataops.diff_rows('attack@1', 'attack@2', NULL::attack.later, true) $$),
    ('table', $$ aidataops.suggest_semver('attack@1', 'attack@2') $$),
    ('table', $$ aidataops.status('attack') $$),
    ('table', $$ aidataops.size_report('attack') $$),
    ('table', $$ aidataops.verify('attack@1') $$),
    ('table', $$ aidataops.verify('attack@WORKING') $$),
    ('table', $$ aidataops.row_history('attack', '{"id": 2}') $$),
    ('table', $$ aidataops.row_history('attack keyed', '{"k": [1]}') $$),
    ('table', $$ aidataops.as_of('attack@1', NULL::attack.tab) $$),
    ('table', $$ aidataops.as_of('attack@1', NULL::attack.later, true) $$),
    ('table', $$ aidataops.as_of('attack@1', NULL::attack.folding, true) $$),
    ('table', $$ aidataops.as_of_json('attack@1') $$),
    ('table', $$ aidataops.as_of_json('attack@WORKING') $$),
    ('table', $$ aidataops.table_fingerprint('attack.tab') $$),
    ('table', $$ aidataops.profile_columns('attack.tab') $$),
    ('table', $$ aidataops.describe_columns('attack.tab') $$),
    ('table', $$ aidataops.compare('attack.tab', 'attack.tab2') $$),
    ('table', $$ aidataops.compare('attack.tab', 'attack.tab2', roles => '{"m": "text", "p": "category", "o": "number"}') $$),
    ('table', $$ aidataops.drift('attack@1', 'attack@2') $$),
    ('table', $$ aidataops.drift('attack@1', 'attack@WORKING') $$),
    ('table', $$ aidataops.drift('attack@1', 'attack@WORKING', rows => 'all') $$),
    ('table', $$ aidataops.drift_by('attack@1', 'attack@2', 'm') $$),
    ('table', $$ aidataops.drift_by('attack@1', 'attack@2', 'p', rows => 'all') $$),
    ('table', $$ aidataops.drift_rows('attack@1', 'attack@2', 'm') $$),
    ('table', $$ aidataops.drift_rows('attack@1', 'attack@2', 'p') $$),
    ('table', $$ aidataops.drift_rows('attack@1', 'attack@WORKING', 'o', rows => 'all') $$),
    ('table', $$ aidataops.explain_shift('attack@1', 'attack@WORKING') $$),
    ('table', $$ aidataops.infer_contract('attack.tab') $$),
    ('table', $$ aidataops.skew('attack.tab', 'attack.tab2', '{id}') $$),
    ('table', $$ aidataops.skew('attack.tab', 'attack.tab2', '{id,x}', '{p,o,h}') $$),
    ('table', $$ aidataops._text((SELECT t FROM attack.tab AS t LIMIT 1)) $$),
    ('table', $$ aidataops._json((SELECT t FROM attack.tab AS t LIMIT 1)) $$),
    ('view', $$ aidataops.profile_columns('attack.viewed') $$),
    ('view', $$ aidataops.describe_columns('attack.viewed') $$),
    ('view', $$ aidataops.table_fingerprint('attack.viewed') $$),
    ('view', $$ aidataops.compare('attack.viewed', 'attack.tab') $$),
    ('view', $$ aidataops.infer_contract('attack.viewed') $$),
    ('view', $$ aidataops.skew('attack.viewed', 'attack.tab', '{id}') $$),
    ('view', $$ aidataops.status('attack viewed') $$),
    ('view', $$ aidataops.diff('attack viewed@1', 'attack viewed@WORKING') $$),
    ('view', $$ aidataops.drift('attack viewed@1', 'attack viewed@WORKING') $$),
    ('view', $$ aidataops.as_of_json('attack viewed@WORKING') $$),
    ('view', $$ aidataops.profile_columns('attack.guarded') $$),
    ('view', $$ aidataops.infer_contract('attack.guarded') $$),
    ('view', $$ aidataops.as_of_json('attack guarded@1') $$),
    ('view', $$ aidataops.as_of('attack guarded@WORKING', NULL::attack.guarded) $$),
    ('super', $$ aidataops.profile_columns('attack_root.viewed') $$),
    ('super', $$ aidataops.table_fingerprint('attack_root.viewed') $$),
    ('super', $$ aidataops.infer_contract('attack_root.viewed') $$),
    ('super', $$ aidataops.compare('attack_root.viewed', 'attack_root.viewed') $$),
    ('super', $$ aidataops.commit('attack root', 'one') $$),
    ('super', $$ aidataops.status('attack root') $$),
    ('super', $$ aidataops.skew('attack_root.viewed', 'attack_root.viewed', '{id}') $$);
GRANT SELECT ON look TO PUBLIC;
-- all that is in it is asked for, and errors are told by their states
CREATE FUNCTION looked(wanted text, OUT call text, OUT outcome text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR call IN SELECT btrim(l.call) FROM look AS l WHERE l.kind = wanted LOOP
        BEGIN
            EXECUTE 'SELECT count(*) FROM ' || call;
            outcome := 'ok';
        EXCEPTION WHEN OTHERS THEN
            outcome := SQLSTATE || ' ' || SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT attack.seen() IS NOT NULL AS nothing_yet \gset

-- in sessions that have not seen them
\c
BEGIN;
SELECT plan(16);

-- a superuser
SET LOCAL ROLE attack_root;
SELECT is((SELECT string_agg(l.call || ': ' || l.outcome, E'\n') FROM looked('table') AS l WHERE l.outcome <> 'ok'), NULL, 'a superuser looks at a table and at its versions');
SELECT is(attack.seen(), ROW(false, false), 'as its owner');
SELECT is((SELECT string_agg(l.call || ': ' || l.outcome, E'\n') FROM looked('view') AS l WHERE l.outcome <> 'ok'), NULL, 'a superuser looks at a view, and where policies are');
SELECT is(attack.seen(), ROW(false, false), 'as their owner');
SELECT is((SELECT string_agg(l.call || ': ' || l.outcome, E'\n') FROM looked('super') AS l WHERE l.outcome NOT LIKE '42501 relation attack.% is not read with the rights of superuser "attack_root"'), NULL,
          'where there is no owner to look as, it is refused');
SELECT is(attack.seen(), ROW(false, false), 'before anything runs');

-- who has the rights of the owner, and the owner
SET LOCAL ROLE attack_member;
SELECT is((SELECT string_agg(l.call || ': ' || l.outcome, E'\n') FROM (SELECT * FROM looked('table') UNION ALL SELECT * FROM looked('view')) AS l WHERE l.outcome <> 'ok'), NULL, 'a member of the owner looks');
SELECT is(attack.seen(), ROW(false, false), 'as the owner');
SET LOCAL ROLE attack_mallory;
SELECT is((SELECT string_agg(l.call || ': ' || l.outcome, E'\n') FROM (SELECT * FROM looked('table') UNION ALL SELECT * FROM looked('view')) AS l WHERE l.outcome <> 'ok'), NULL, 'the owner looks');
SELECT is(attack.seen(), ROW(false, false), 'as such');

-- a reader
SET LOCAL ROLE attack_reader;
SELECT set_eq($$ SELECT l.call FROM looked('table') AS l WHERE l.outcome <> 'ok' $$,
              $$ SELECT btrim(l.call) FROM look AS l WHERE l.call ~ 'as_of\(.*(later|folding|tab)|diff_rows' $$, 'a reader looks, but is refused conversions by casts and checks of the owner');
SELECT is((SELECT count(*) FROM looked('table') AS l WHERE l.outcome LIKE '42501 column % of the version is not converted from type % to type %'), 5::bigint, 'with an error that says so');
SELECT is(attack.seen(), ROW(false, false), 'and nothing runs as the reader');
SELECT lives_ok($$ SELECT * FROM looked('view') $$, 'a reader looks at a view');
SELECT is((attack.seen()).superuser, false, 'as in a plain SELECT');

-- nobody looks at what they may not
RESET ROLE;
REVOKE SELECT ON attack.tab FROM attack_reader;
SET LOCAL ROLE attack_reader;
SELECT is((SELECT string_agg(l.call, E'\n') FROM looked('table') AS l WHERE l.outcome = 'ok' AND l.call !~ 'keyed'), NULL, 'who may not read sees nothing');

SELECT * FROM finish();
ROLLBACK;
