-- The owner of a dataset must gain nothing by a superuser who commits to it: code that hangs on the table, on its history or on
-- its values runs as the owner, and cannot change the session.
BEGIN;
SET search_path = public, aidataops;
SET client_min_messages = warning;
CREATE ROLE regress_mallory;
CREATE SCHEMA trap AUTHORIZATION regress_mallory;
CREATE TABLE public.witness (place text, who name);
GRANT INSERT, SELECT ON public.witness TO PUBLIC;
-- what a superuser would not want to be made to do
CREATE FUNCTION pg_temp.is_safe() RETURNS boolean LANGUAGE sql AS
    'SELECT NOT EXISTS (SELECT FROM public.witness WHERE who <> ''regress_mallory'') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = ''regress_mallory'')';
SELECT plan(42);

SET ROLE regress_mallory;
CREATE FUNCTION trap.attack(place text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.witness VALUES (place, current_user);
    IF current_user <> 'regress_mallory' THEN
        EXECUTE 'ALTER ROLE regress_mallory SUPERUSER';
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION trap.attack_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.attack(tg_argv[0]); RETURN new; END $$;
-- values whose handling calls out: a domain with a check, and a key with an operator class of mallory's own cannot be made
-- without superuser, but an index on an expression can
CREATE DOMAIN trap.bait AS text CHECK (trap.attack('check of a domain'));
CREATE FUNCTION trap.immutable(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trap.attack('expression of an index'); RETURN $1; END $$;
CREATE TABLE trap.source (id int PRIMARY KEY, bait trap.bait, v text);
INSERT INTO trap.source VALUES (1, 'x', 'a'), (2, 'y', 'b');
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON trap.source FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger('trigger of the table');
RESET ROLE;

SELECT lives_ok($$SELECT create_dataset('trap', 'trap.source')$$, 'a superuser declares the dataset');
SELECT lives_ok($$SELECT commit('trap', 'first')$$, 'and commits');
SELECT is((SELECT tableowner::text FROM pg_tables WHERE schemaname = 'aidataops_history'), 'regress_mallory', 'the history is the table owner''s');

-- mallory owns the history, and hangs things on it
SET ROLE regress_mallory;
DO $$
DECLARE history text := (SELECT 'aidataops_history.' || history_table FROM aidataops.dataset WHERE name = 'trap');
BEGIN
    EXECUTE format('CREATE TRIGGER i BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger(''insert into the history'')', history);
    EXECUTE format('CREATE TRIGGER u BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger(''update of the history'')', history);
    EXECUTE format('CREATE TRIGGER s AFTER INSERT OR UPDATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION trap.attack_trigger(''statement on the history'')', history);
    EXECUTE format('ALTER TABLE %s ADD CHECK (trap.attack(''check of the history''))', history);
    EXECUTE format('ALTER TABLE %s ALTER COLUMN v SET DEFAULT trap.immutable(''x'')', history);
END $$;
CREATE INDEX ON trap.source (trap.immutable(v));
UPDATE trap.source SET v = 'c' WHERE id = 1;
INSERT INTO trap.source VALUES (3, 'z', 'c');
RESET ROLE;
DELETE FROM public.witness;
SELECT lives_ok($$SELECT commit('trap', 'second')$$, 'a superuser commits over all that');
SELECT is((SELECT count(DISTINCT place) >= 3 FROM public.witness), true, 'what hangs on the history was run');
SELECT ok(pg_temp.is_safe(), 'as mallory');
-- code of the owner's may change settings, but they end with it: with mallory's = in the search_path, the statements that
-- follow in the same commit would have been mallory's
-- going back fires the triggers of the table
DELETE FROM public.witness;
SELECT lives_ok($$SELECT * FROM restore('trap@1')$$, 'a superuser restores');
SELECT lives_ok($$SELECT * FROM restore('trap@2')$$, 'and restores again');
SELECT lives_ok($$SELECT * FROM restore('trap@1', fire_triggers => false)$$, 'also without triggers');
SELECT lives_ok($$SELECT * FROM restore('trap@2', fire_triggers => false)$$, 'and again');
SELECT ok((SELECT count(*) FROM public.witness) > 0, 'what hangs on the table was run');
SELECT ok(pg_temp.is_safe(), 'as mallory');
-- a trigger that waits for the end of the transaction would run as the superuser
SET ROLE regress_mallory;
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE OR DELETE ON trap.source DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger('deferred trigger');
RESET ROLE;
SELECT throws_ok($$SELECT * FROM restore('trap@1')$$, '42501', NULL, 'a deferred trigger is refused');
SET ROLE regress_mallory;
SELECT lives_ok($$SELECT * FROM restore('trap@1')$$, 'but not to the owner');
SELECT lives_ok($$SELECT * FROM restore('trap@2')$$, 'who may do what they like');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
DROP TRIGGER late ON trap.source;
RESET ROLE;

SET ROLE regress_mallory;
CREATE FUNCTION trap.equal(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.attack('operator'); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR trap.= (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.equal);
CREATE FUNCTION trap.set_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', 'trap, pg_catalog, pg_temp', false), set_config('aidataops.actor', 'forged', false);
    RETURN new;
END $$;
DO $$ BEGIN EXECUTE format('CREATE TRIGGER p BEFORE INSERT OR UPDATE ON aidataops_history.%I FOR EACH ROW EXECUTE FUNCTION trap.set_path()',
    (SELECT history_table FROM aidataops.dataset WHERE name = 'trap')); END $$;
INSERT INTO trap.source VALUES (30, 'z', 'c');
RESET ROLE;
SET aidataops.actor = 'honest';
SELECT lives_ok($$SELECT commit('trap', 'settings')$$, 'the owner''s code sets the search_path during a superuser''s commit');
SELECT ok(pg_temp.is_safe(), 'and gains nothing');
SELECT is(current_setting('search_path'), 'public, aidataops', 'nor does it stay in the session');
SELECT is((SELECT actor FROM log('trap') LIMIT 1), 'honest', 'nor can it name another actor');

-- a deferred trigger would run when the superuser's transaction ends, as the superuser: it stops the commit instead
SET ROLE regress_mallory;
DO $$ BEGIN EXECUTE format('CREATE CONSTRAINT TRIGGER d AFTER INSERT ON aidataops_history.%I DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger(''deferred'')',
    (SELECT history_table FROM aidataops.dataset WHERE name = 'trap')); END $$;
INSERT INTO trap.source VALUES (9, 'z', 'c');
RESET ROLE;
DELETE FROM public.witness;
SELECT throws_ok($$SELECT commit('trap', 'deferred')$$, '42501', NULL, 'a deferred trigger is refused');
SELECT ok(pg_temp.is_safe(), 'and nothing else happened');
SET ROLE regress_mallory;
DO $$ BEGIN EXECUTE format('DROP TRIGGER d ON aidataops_history.%I', (SELECT history_table FROM aidataops.dataset WHERE name = 'trap')); END $$;
RESET ROLE;

-- a change of shape builds another history table, and its indexes
SET ROLE regress_mallory;
ALTER TABLE trap.source ALTER COLUMN v TYPE varchar(10), ADD COLUMN w trap.bait DEFAULT 'w';
RESET ROLE;
DELETE FROM public.witness;
SELECT lives_ok($$SELECT commit('trap', 'third')$$, 'a superuser commits another shape');
SELECT ok(pg_temp.is_safe(), 'what runs, runs as mallory');
SELECT lives_ok($$SELECT set_column_roles('trap', '{}')$$, 'a superuser guesses roles');
SELECT ok(pg_temp.is_safe(), 'what runs, runs as mallory');

-- policies are carried over to the history by the owner of the extension: parsing a literal anew would run the check of its domain
SET ROLE regress_mallory;
CREATE POLICY p ON trap.source FOR SELECT USING (id <> 7 AND NOT (v = ANY ('{seven,eight}'::trap.bait[]::text[])));
ALTER TABLE trap.source ENABLE ROW LEVEL SECURITY;
SELECT lives_ok($$SELECT sync_rights('trap')$$, 'mallory carries over a policy with a constant of a hostile domain');
SELECT ok(pg_temp.is_safe(), 'and gains nothing');
RESET ROLE;
SELECT is((SELECT count(*)::int FROM pg_policies WHERE schemaname = 'aidataops_history' AND qual LIKE '%trap.bait%'), (SELECT count(*)::int FROM pg_tables WHERE schemaname = 'aidataops_history'), 'but the policy is there');
SET ROLE regress_mallory;
ALTER TABLE trap.source DISABLE ROW LEVEL SECURITY;
RESET ROLE;
SELECT lives_ok($$SELECT sync_rights('trap')$$, 'and can be taken away by a superuser');

-- tables that refer to versions are changed along with the catalog, and their triggers would fire as its owner, two keys away too
GRANT REFERENCES ON aidataops.version, aidataops.tag TO regress_mallory;
SET ROLE regress_mallory;
CREATE TABLE trap.follower (v aidataops.dataset_version PRIMARY KEY REFERENCES aidataops.version ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE trap.second (v aidataops.dataset_version REFERENCES trap.follower ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TRIGGER t AFTER UPDATE OR DELETE ON trap.second FOR EACH STATEMENT EXECUTE FUNCTION trap.attack_trigger('trigger of a follower');
INSERT INTO trap.follower VALUES ('trap@1');
INSERT INTO trap.second VALUES ('trap@1');
SELECT throws_ok($$SELECT rename_dataset('trap', 'other')$$, '2BP01', 'table trap.second refers to versions and has the trigger "t"', 'mallory cannot rename a dataset with such a follower');
SELECT throws_ok($$SELECT drop_dataset('trap', force => true)$$, '2BP01', NULL, 'nor drop it');
SELECT is(tag('trap@1', 'bait')::text, 'trap@1', 'a tag can be set');
SELECT throws_ok($$SELECT untag('trap', 'bait')$$, '2BP01', NULL, 'but not be removed');
SELECT ok(pg_temp.is_safe(), 'nothing was run');
ALTER TABLE trap.second DISABLE TRIGGER t;
SELECT lives_ok($$SELECT rename_dataset('trap', 'other')$$, 'without the trigger it can');
SELECT is((SELECT v::text FROM trap.second), 'other@1', 'and what refers to it follows');
SELECT lives_ok($$SELECT rename_dataset('other', 'trap')$$, 'back again');
SELECT lives_ok($$SELECT untag('trap', 'bait')$$, 'tags, too');
RESET ROLE;

-- the session is as it was: a trap cannot leave a setting or a role behind
SET ROLE regress_mallory;
CREATE OR REPLACE FUNCTION trap.attack_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN SET ROLE NONE; RETURN new; END $$;
DO $$ BEGIN EXECUTE format('CREATE TRIGGER i BEFORE INSERT ON aidataops_history.%I FOR EACH ROW EXECUTE FUNCTION trap.attack_trigger()',
    (SELECT history_table FROM aidataops.dataset WHERE name = 'trap')); END $$;
DROP TRIGGER t ON trap.source;
INSERT INTO trap.source VALUES (4, 'q', 'd');
RESET ROLE;
SELECT throws_ok($$SELECT commit('trap', 'fourth')$$, '42501', NULL, 'a trap cannot become somebody else');
SELECT is(current_user, session_user, 'the superuser is who they were');
SELECT is(current_setting('search_path'), 'public, aidataops', 'with their settings');
SELECT is((SELECT head FROM aidataops.dataset WHERE name = 'trap'), 4, 'and nothing was recorded');

SELECT * FROM finish();
ROLLBACK;
