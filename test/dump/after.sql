-- Life after the restore; each statement says t.
\set QUIET on
SET search_path = public, aidataops;
SELECT :'restored' LIKE '%noowner%' AS without_owners \gset
-- nothing changed: the table was found by its name, and its rows hash alike
SELECT commit('Odd Dätaset', 'nothing') = 'Odd Dätaset@3';
SELECT commit('sealed', 'nothing') = 'sealed@2';
-- the next number, recorded for this database's table
INSERT INTO "Odd ""Schema"""."Täble" VALUES (100, 'new', 'text', NULL, NULL, NULL);
SELECT commit('Odd Dätaset', 'after restore') = 'Odd Dätaset@4';
SELECT rows_added = 1 AND rows_removed = 0 AND rows_modified = 0 AND num_rows = 20 FROM aidataops.version WHERE version = 'Odd Dätaset@4';
SELECT fingerprint = table_fingerprint('"Odd ""Schema"""."Täble"') FROM aidataops.version WHERE version = 'Odd Dätaset@4';
SELECT count(*) = 1 FROM diff('Odd Dätaset@3', 'Odd Dätaset@4');
SELECT relation_oid = '"Odd ""Schema"""."Täble"'::regclass FROM aidataops.dataset WHERE name = 'Odd Dätaset';
-- from now on a rename is followed
ALTER TABLE "Odd ""Schema"""."Täble" RENAME TO plain;
SELECT relation = '"Odd ""Schema""".plain' FROM status('Odd Dätaset');
DELETE FROM sealed WHERE id = 4;
SELECT commit('sealed', 'after restore') = 'sealed@3';
-- who may commit is who owns the history
SELECT pg_get_userbyid(relowner) = CASE WHEN :'without_owners' THEN current_user ELSE 'aidataops_dump_owner' END
  FROM pg_class AS c JOIN aidataops.dataset AS d ON c.relname = d.history_table WHERE c.relnamespace = 'aidataops_history'::regnamespace AND d.name = 'owned';
SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'owned'::regclass \gset
SET ROLE :"owner";
DELETE FROM owned;
SELECT commit('owned', 'after restore') = 'owned@3';
SELECT count(*) = 2 FROM as_of('owned@2', NULL::owned);
RESET ROLE;
-- a tag that was protected still is
DO $$ BEGIN PERFORM aidataops.untag('Odd Dätaset', 'gold'); RAISE 'was removed';
EXCEPTION WHEN object_in_use THEN NULL; END $$;
-- numbers of datasets go on after the old ones
CREATE TABLE fresh (id int PRIMARY KEY);
SELECT create_dataset('fresh', 'fresh') = 'fresh';
SELECT dataset_id > ALL (SELECT dataset_id FROM aidataops.dataset WHERE name <> 'fresh') FROM aidataops.dataset WHERE name = 'fresh';
SELECT commit('fresh', 'first') = 'fresh@1';
-- the history schema is the extension owner's, so other datasets can be made in it
SELECT count(*) = 1 FROM pg_namespace WHERE nspname = 'aidataops_history';
-- what was enforced still is, and what was set aside can be released
DO $$ BEGIN INSERT INTO "Enforced" VALUES (2, 'bad', 0); RAISE 'was written';
EXCEPTION WHEN check_violation THEN NULL; END $$;
DO $$ BEGIN INSERT INTO "Enforced" VALUES (-2, 'sad', 0); RAISE 'was written';
EXCEPTION WHEN check_violation THEN NULL; END $$;
INSERT INTO "Enforced" VALUES (2, 'très content', 0.1);
INSERT INTO aside VALUES (4, 'bad', 0);
SELECT count(*) = 3 FROM aidataops.quarantine;
SELECT bool_and(outcome = 'released') FROM release_quarantine('aside', ARRAY[1, 2], '{"id": 9, "label": "sad", "score": 0}') WHERE quarantine_id = 1;
INSERT INTO counted_low VALUES (2, 'bad', 0);
SELECT relation_name = 'counted' AND num_rows = 1 FROM aidataops.warning ORDER BY warning_id DESC LIMIT 1;
UPDATE "Enforced" SET label = 'sad' WHERE id = 1;
SELECT bool_and(status = 'done') FROM validate_enforcement('Enforced', '"Enforced"');
-- tables are still watched, and found though their OIDs are others
SELECT count(*) = 0 FROM reconcile_schema();
ALTER TABLE watched DROP COLUMN note;
SELECT array_agg(change) = '{column_dropped}' FROM schema_changes() WHERE command = 'ALTER TABLE' AND name = 'note' AND after IS NULL;
SET client_min_messages = error;
ALTER TABLE watched RENAME TO seen;
SELECT relation_name = 'seen' AND relation_oid = 'seen'::regclass FROM aidataops.contract_table WHERE contract = 'watched';
-- monitors measure, contracts are suspended, resumed, dropped and enforced again, and what passes is served
SELECT status <> 'error' FROM run_monitor('odd');
SELECT count(*) > 0 FROM suspend_enforcement('aside', 'aside', 'of the restore', now() + interval '1 hour');
SELECT count(*) > 0 FROM resume_enforcement('aside', 'aside');
SELECT count(*) > 0 FROM drop_enforcement('counted', 'counted');
SELECT count(*) > 0 FROM enforce_contract('counted', 'counted', 'quarantine');
SELECT array_agg(status ORDER BY contract) = '{enforced,enforced,enforced}' FROM enforcement_status();
SELECT discard_quarantine('aside', 'of the restore') = 2;
INSERT INTO served VALUES (3, 'sad');
SELECT count(*) = 2 FROM served_now;
SELECT commit('served', 'second', gate => true) = 'served@2';
SELECT count(*) = 3 FROM served_now;
SELECT count(*) = 1 FROM lineage('served') WHERE relation = 'owned'::regclass;
SELECT count(*) = 1 FROM impact('public.owned') WHERE kind = 'contract' AND object_name = 'served@1.0.0';
