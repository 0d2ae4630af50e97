-- Life after the upgrade; each statement says t.
\set QUIET on
SET search_path = public, aidataops;
-- nothing changed: the tables were found by their names, and their rows hash alike
SELECT bool_and(commit(name, 'nothing') = (name || '@' || head)::dataset_version) FROM aidataops.dataset WHERE name <> 'renamed';

-- the next number, and what changed across the boundary
UPDATE events SET amount = 0 WHERE id = 50;
DELETE FROM events WHERE id = 8;
INSERT INTO events VALUES (8, 'eu', 1, NULL);
SELECT commit('events', 'after the upgrade') = 'events@4';
SELECT num_rows = 300 AND rows_added = 1 AND rows_removed = 1 AND rows_modified = 1 FROM aidataops.version WHERE version = 'events@4';
SELECT fingerprint = table_fingerprint('events') FROM aidataops.version WHERE version = 'events@4';
SELECT array_agg(change || ' ' || (key ->> 'region') || (key ->> 'id') ORDER BY change) = '{"added eu8","modified us50","removed us8"}' FROM diff('events@3', 'events@4');
-- since the first: 6 amounts were changed before the upgrade, one of them again after it
SELECT array_agg(n ORDER BY change) = '{2,6,2}' FROM (SELECT change, count(*) AS n FROM diff('events@1', 'events@4') GROUP BY change) AS d;
SELECT before ->> 'amount' = '75.00' AND after ->> 'amount' = '0.00' FROM diff('events@1', 'events@4') WHERE key ->> 'id' = '50';
SELECT array_agg(version ORDER BY version) = '{events@1,events@2,events@4}' FROM row_history('events', '{"region": "us", "id": 50}');
SELECT relation_oid = 'events'::regclass FROM aidataops.dataset WHERE name = 'events';
-- from now on a rename is followed
ALTER TABLE events RENAME TO happened;
SELECT relation = 'public.happened' FROM status('events');

-- another shape, and so another table of history
ALTER TABLE "Odd ""Schema"""."Täble" ALTER COLUMN "Id" TYPE bigint, ADD COLUMN late int DEFAULT 1;
SELECT commit('Odd Dätaset', 'after the upgrade') = 'Odd Dätaset@4';
SELECT rows_modified = 30 FROM diff_stat('Odd Dätaset@3', 'Odd Dätaset@4');
SELECT count(*) = 30 FROM as_of_json('Odd Dätaset@1');
UPDATE "Odd ""Schema"""."Täble" SET mood = 'sad';
SELECT rows_modified = 30 FROM restore('Odd Dätaset@4');
SELECT NOT changed FROM status('Odd Dätaset');

DELETE FROM sealed WHERE id = 4;
SELECT commit('sealed', 'after the upgrade') = 'sealed@3';
INSERT INTO keyless VALUES (1, 'a');
SELECT commit('keyless', 'after the upgrade') = 'keyless@3';
SELECT count(*) = 1 FROM diff('keyless@2', 'keyless@3');
SET ROLE upgrade_owner;
DELETE FROM owned;
SELECT commit('owned', 'after the upgrade') = 'owned@3';
SELECT count(*) = 2 FROM as_of('owned@2', NULL::owned);
RESET ROLE;

-- A table that was renamed after its last commit is not found; its versions are there, and attach_dataset() goes on.
DO $$ BEGIN PERFORM aidataops.commit('renamed', 'lost'); RAISE 'was found';
EXCEPTION WHEN undefined_table THEN NULL; END $$;
SELECT count(*) = 1 FROM as_of_json('renamed@1');
SELECT true FROM attach_dataset('renamed', 'renamed_since');
SELECT commit('renamed', 'nothing') = 'renamed@1';

-- a tag that was protected still is; numbers of datasets go on after the old ones; a dataset can go
DO $$ BEGIN PERFORM aidataops.untag('events', 'gold'); RAISE 'was removed';
EXCEPTION WHEN object_in_use THEN NULL; END $$;
CREATE TABLE fresh (id int PRIMARY KEY);
SELECT create_dataset('fresh', 'fresh') = 'fresh';
SELECT dataset_id > ALL (SELECT dataset_id FROM aidataops.dataset WHERE name <> 'fresh') FROM aidataops.dataset WHERE name = 'fresh';
SELECT commit('fresh', 'first') = 'fresh@1';
SELECT true FROM drop_dataset('fresh');
-- the user's tables take new values, and their constraints hold
INSERT INTO model SELECT 'new', version, fingerprint, ARRAY[version], NULL FROM aidataops.version WHERE version = 'events@4';
DO $$ BEGIN INSERT INTO public.model SELECT 'again', version, fingerprint, NULL, NULL FROM aidataops.version WHERE version = 'events@1'; RAISE 'was inserted';
EXCEPTION WHEN unique_violation THEN NULL; END $$;
DO $$ BEGIN INSERT INTO public.model VALUES ('none', 'events@99'); RAISE 'was inserted';
EXCEPTION WHEN foreign_key_violation THEN NULL; END $$;
-- and all of the extension can be taken away, when nobody needs it
SELECT count(*) = 0 FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
 WHERE e.extname = 'aidataops' AND d.deptype <> 'e';
