-- A producer writes to a table whose owner enforces a contract, and has no right on the contract; others see of the quarantine what they
-- may see of the table; nobody's code runs with another's rights.
BEGIN;
SET client_min_messages = warning;
SELECT plan(34);
CREATE ROLE tap_owner;
CREATE ROLE tap_producer;
CREATE ROLE tap_reader;
CREATE ROLE tap_column;
CREATE ROLE tap_stranger;
CREATE SCHEMA shop AUTHORIZATION tap_owner;
GRANT USAGE ON SCHEMA shop TO PUBLIC;

SET ROLE tap_owner;
CREATE TABLE shop.orders (id int PRIMARY KEY, amount numeric, mail text);
GRANT INSERT, UPDATE ON shop.orders TO tap_producer;
GRANT SELECT ON shop.orders TO tap_reader;
GRANT SELECT (id) ON shop.orders TO tap_column;
SELECT lives_ok($$SELECT aidataops.create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "orders", "version": "1.0.0", "status": "active", "schema": [{"name": "orders", "physicalName": "shop.orders", "physicalType": "table",
    "properties": [{"name": "id", "logicalType": "integer"}, {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
        {"name": "mail", "logicalType": "string", "classification": "confidential", "logicalTypeOptions": {"maxLength": 20, "format": "email"}}]}]}')$$, 'an owner makes a contract');

SET ROLE tap_stranger;
SELECT throws_ok($$SELECT aidataops.enforce_contract('orders', 'shop.orders')$$, '42501', NULL, 'a stranger cannot enforce it');
SELECT throws_ok($$SELECT aidataops._run_as_owner('shop.orders'::regclass, 'DROP TABLE shop.orders')$$, '42501', NULL, 'nor run commands as the owner');
SELECT throws_ok($$SELECT aidataops._enforce_contract('tap_owner'::regrole, 'orders', 'shop.orders'::regclass, 'warn', true, false)$$, '42501', NULL, 'nor say to be the owner');
SELECT throws_ok($$INSERT INTO aidataops.quarantine (contract, version, relation_schema, relation_name, relation_oid, relation_origin, operation, rules, problems, quarantined_by) VALUES ('c', '1', 's', 't', 0, '', 'INSERT', '{}', '{}', 'x')$$, '42501', NULL, 'nor write the quarantine');

SET ROLE tap_owner;
SELECT lives_ok($$SELECT aidataops.enforce_contract('orders', 'shop.orders', 'quarantine')$$, 'the owner does');
SET ROLE tap_producer;
SELECT lives_ok($$INSERT INTO shop.orders VALUES (1, 5, 'a@example.com'), (2, -5, 'b@example.com'), (3, 5, 'secret but no address of mine')$$, 'a producer writes without any right on the contract');
SELECT is((SELECT count(*) FROM aidataops.quarantine), 0::bigint, 'and sees nothing of what was set aside, as of the table');
SELECT is((SELECT count(*) FROM aidataops.contract), 0::bigint, 'nor of the contract');
SET ROLE tap_reader;
SELECT is((SELECT count(*) FROM aidataops.quarantine), 2::bigint, 'who may read the table sees it');
SELECT throws_ok($$SELECT aidataops.discard_quarantine('shop.orders', 'mine')$$, '42501', NULL, 'but cannot close it');
SELECT throws_ok($$SELECT aidataops.release_quarantine('shop.orders')$$, '42501', NULL, 'nor release it');
SET ROLE tap_column;
SELECT is((SELECT count(*) FROM aidataops.quarantine), 0::bigint, 'who may read a column does not');
SELECT is((SELECT quarantined FROM aidataops.enforcement_status()), 0::bigint, 'nor count it');
SET ROLE tap_owner;
SELECT is((SELECT count(*) FROM aidataops.quarantine), 2::bigint, 'the owner sees it');
SELECT ok((SELECT bool_and(array_to_string(problems, ' ') !~ 'secret') FROM aidataops.quarantine), 'problems do not show what is confidential');
SELECT is((SELECT string_agg(quarantined_by::text, ' ') FROM aidataops.quarantine), (SELECT session_user || ' ' || session_user), 'who wrote it is known');
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders FOR SELECT TO tap_reader USING (id = 1);
SET ROLE tap_reader;
SELECT is((SELECT count(*) FROM aidataops.quarantine), 0::bigint, 'where policies choose rows, a reader sees none that was set aside');
SET ROLE tap_owner;
ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY;
SELECT is((SELECT count(*) FROM aidataops.release_quarantine('shop.orders', repair => '{"amount": 1, "mail": "c@example.com"}') WHERE outcome = 'released'), 2::bigint, 'the owner releases');

-- reject: what is told does not show what is confidential
SELECT lives_ok($$SELECT aidataops.enforce_contract('orders', 'shop.orders', 'reject')$$, 'reject');
SET ROLE tap_producer;
SELECT throws_ok($$INSERT INTO shop.orders VALUES (4, 5, 'hidden')$$, '23514', 'row breaks rule "orders.mail.format" of contract "orders" version 1.0.0', 'refused');
DO $$ DECLARE told text; BEGIN INSERT INTO shop.orders VALUES (4, 5, 'hidden'); EXCEPTION WHEN check_violation THEN GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL; PERFORM set_config('tap.told', told, true); END $$;
SELECT unalike(current_setting('tap.told'), '%hidden%', 'without the value');
SET ROLE tap_owner;
SELECT lives_ok($$SELECT aidataops.enforce_contract('orders', 'shop.orders', 'warn')$$, 'warn');
SET ROLE tap_producer;
SELECT lives_ok($$INSERT INTO shop.orders VALUES (5, -5, 'hidden')$$, 'written');

-- whose code runs: a contract of one role on the table of another
RESET ROLE;
GRANT CREATE ON SCHEMA shop TO tap_stranger;
SET ROLE tap_stranger;
CREATE FUNCTION shop.evil() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'ran as %', current_user; END $$;
CREATE TABLE shop.mine (id int);
INSERT INTO shop.mine VALUES (1);
SELECT lives_ok($$SELECT aidataops.create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "trap", "version": "1.0.0", "status": "active", "schema": [{"name": "mine", "physicalName": "shop.mine", "physicalType": "table",
    "properties": [{"name": "id", "logicalType": "integer"}], "quality": [{"name": "evil", "type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "columns": ["id"], "sql": "shop.evil()"}}]}]}')$$, 'a contract with an expression');
RESET ROLE;
SELECT throws_ok($$SELECT aidataops.enforce_contract('trap', 'shop.mine', 'reject')$$, 'P0001', 'ran as tap_stranger', 'a superuser enforces it: validated as the owner of the table');
CREATE TABLE shop.ours (id int);
SELECT throws_ok($$SELECT aidataops.enforce_contract('trap', 'shop.ours', 'reject')$$, '42501', NULL, 'not on a table of somebody else');
SELECT is((SELECT count(*) FROM pg_constraint WHERE conrelid = 'shop.ours'::regclass AND contype = 'c'), 0::bigint, 'nothing is left');

-- a trigger of one's own does not write in the name of others
SET ROLE tap_stranger;
CREATE TABLE shop.forged (id int);
CREATE TRIGGER f BEFORE INSERT ON shop.forged FOR EACH ROW EXECUTE FUNCTION aidataops.enforce_row('quarantine', '{"contract": "orders", "version": "1.0.0", "columns": ["id"], "rules": [{"rule": "r", "kind": "range", "columns": ["id"], "parameters": {"max": 0}}]}');
SELECT throws_ok('INSERT INTO shop.forged VALUES (1)', '55000', NULL, 'nothing is set aside for it');
RESET ROLE;
GRANT CREATE ON SCHEMA shop TO tap_owner;
SET ROLE tap_owner;
SELECT is((SELECT count(*) FROM aidataops.quarantine WHERE status = 'open'), 0::bigint, 'nor anywhere');
-- a table that is gone has no owner: its rows are the contract's
CREATE TABLE shop.gone (id int, amount numeric, mail text);
SELECT count(*) FROM aidataops.enforce_contract('orders', 'shop.gone', 'quarantine');
INSERT INTO shop.gone VALUES (1, -1);
DROP TABLE shop.gone;
SET ROLE tap_stranger;
SELECT is(aidataops.discard_quarantine(NULL, 'mine', purge => true), 0::bigint, 'of tables that were dropped a stranger closes nothing');
SET ROLE tap_owner;
SELECT throws_ok($$SELECT aidataops.discard_quarantine(NULL, ' ')$$, '22023', NULL, 'it takes a reason');
SELECT is(aidataops.discard_quarantine(NULL, 'the table is gone', purge => true), 1::bigint, 'the owner of the contract does');
RESET ROLE;
SELECT is((SELECT concat_ws(' ', status, reason, content, key) FROM aidataops.quarantine WHERE relation_name = 'gone'), 'discarded the table is gone', 'and their content is erased');
SELECT * FROM finish();
ROLLBACK;
