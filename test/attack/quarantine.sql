-- The quarantine speaks in the name of contracts: only triggers that enforce_contract() made write there (of warnings
-- forged_warnings.sh asks, which are written when a transaction ends). And who releases a row lends nothing to the code of the table's owner.
BEGIN;
SET client_min_messages = error;
SELECT plan(18);
CREATE ROLE attack_steward;
CREATE ROLE attack_owner;
CREATE ROLE attack_forger;
CREATE ROLE attack_deputy IN ROLE attack_owner;
CREATE SCHEMA shop AUTHORIZATION attack_owner;
CREATE SCHEMA own AUTHORIZATION attack_forger;
GRANT USAGE ON SCHEMA shop, own TO PUBLIC;
GRANT attack_owner TO attack_steward;

SET ROLE attack_owner;
CREATE TABLE shop.orders (id int PRIMARY KEY, amount int);
GRANT SELECT, INSERT, TRIGGER ON shop.orders TO attack_forger;
SET ROLE attack_steward;
SELECT lives_ok($$SELECT aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "orders",
    "version": "1.0.0", "status": "active", "schema": [{"name": "orders", "physicalName": "shop.orders", "properties": [
        {"name": "id", "logicalType": "integer"},
        {"name": "amount", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}}]}]}')$$, 'a contract');
SET ROLE attack_owner;
SELECT lives_ok($$SELECT aidataops.enforce_contract('orders', 'shop.orders', 'quarantine')$$, 'enforced');

-- a trigger on a table of one's own that names the contract of somebody else
SET ROLE attack_forger;
CREATE FUNCTION pg_temp.forge(relation text, mode text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER zz_aidataops_%s_row BEFORE INSERT OR UPDATE ON %s FOR EACH ROW '
                   'EXECUTE FUNCTION aidataops.enforce_row(%L, %L)', mode, relation, mode,
                   aidataops.row_rules('orders'));
END $$;
CREATE TABLE own.orders (id int, amount int);
SELECT pg_temp.forge('own.orders', 'quarantine');
SELECT throws_ok('INSERT INTO own.orders VALUES (1, -1)', '55000',
    'trigger "zz_aidataops_quarantine_row" on table "orders" was not made by enforce_contract()',
    'nothing is set aside for a trigger that anybody made');
SELECT lives_ok('INSERT INTO own.orders VALUES (1, 1)', 'what breaks no rule is not its business');
CREATE TEMPORARY TABLE orders (id int, amount int);
SELECT pg_temp.forge('pg_temp.orders', 'quarantine');
SELECT throws_ok('INSERT INTO pg_temp.orders VALUES (1, -1)', '55000', NULL, 'nor is anything of a temporary table');

-- a right to make triggers on the table is no right to speak for its contract
CREATE TRIGGER zz_aa BEFORE INSERT ON shop.orders FOR EACH ROW WHEN (true)
    EXECUTE FUNCTION aidataops.note_broken_rule('orders.made_up', 'error');
SELECT lives_ok('INSERT INTO shop.orders VALUES (5, 5)', 'a note that somebody else takes');
SELECT lives_ok('INSERT INTO shop.orders VALUES (6, -6)', 'beside a rule of the contract');
SET ROLE attack_owner;
DROP TRIGGER zz_aa ON shop.orders;
RESET ROLE;
SELECT is((SELECT count(*) FROM shop.orders WHERE id = 5), 1::bigint, 'counts for nothing');
SELECT results_eq('SELECT relation_oid, rules FROM aidataops.quarantine',
    $$VALUES ('shop.orders'::regclass::oid, '{orders.amount.range}'::text[])$$, 'only the contract''s own rows are there');
DROP TRIGGER zz_aidataops_quarantine_row ON own.orders;

-- releasing: triggers, casts and domains of the owner run as the owner, whoever releases
SET ROLE attack_owner;
CREATE TABLE shop.seen (what text, who name, is_superuser text);
CREATE FUNCTION shop.note(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shop.seen VALUES (what, current_user, (SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user));
    RETURN true;
END $$;
CREATE FUNCTION shop.trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM shop.note('trigger');
    RETURN NEW;
END $$;
CREATE TRIGGER aa BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.trigger();
CREATE DOMAIN shop.watched AS int CHECK (shop.note('domain'));
ALTER TABLE shop.orders ADD COLUMN extra shop.watched DEFAULT 1;
CREATE FUNCTION shop.as_default() RETURNS int LANGUAGE sql VOLATILE AS $$SELECT CASE WHEN shop.note('default') THEN 1 END$$;
ALTER TABLE shop.orders ADD COLUMN more int DEFAULT shop.as_default();
INSERT INTO shop.orders (id, amount) VALUES (7, -7);
DELETE FROM shop.seen;
RESET ROLE;
SELECT is((SELECT outcome FROM aidataops.release_quarantine('shop.orders',
    (SELECT array_agg(quarantine_id) FROM aidataops.quarantine WHERE content ->> 'id' = '6'), '{"amount": 6}')),
    'released', 'a superuser releases a row');
SELECT is((SELECT outcome FROM aidataops.release_quarantine('shop.orders',
    (SELECT array_agg(quarantine_id) FROM aidataops.quarantine WHERE content ->> 'id' = '7'),
    '{"amount": 7, "extra": 5}')), 'released', 'and another');
SELECT results_eq('SELECT DISTINCT who, is_superuser FROM shop.seen', $$VALUES ('attack_owner'::name, 'false')$$,
    'what the owner made ran as the owner');
SELECT cmp_ok((SELECT count(DISTINCT what) FROM shop.seen), '>=', 2::bigint, 'of several kinds');
SELECT is(current_user::text, session_user::text, 'and the superuser is who it was');

DELETE FROM shop.seen;
INSERT INTO shop.orders (id, amount) VALUES (8, -8);
DELETE FROM shop.seen;
SET ROLE attack_deputy;
SELECT is((SELECT outcome FROM aidataops.release_quarantine('shop.orders', repair => '{"amount": 8}')), 'released',
    'who has the owner''s rights releases');
RESET ROLE;
SELECT results_eq('SELECT DISTINCT who FROM shop.seen', $$VALUES ('attack_owner'::name)$$, 'as the owner, too');
SET ROLE attack_forger;
SELECT throws_ok($$SELECT aidataops._write_quarantined('shop.orders', 'INSERT', NULL, '{"id": 9, "amount": 1}', NULL, '{}')$$,
    '42501', 'permission denied for table "orders"', 'others write nothing as the owner');
SELECT throws_ok($$SELECT aidataops.__write_quarantined(0, 'shop.orders', 'INSERT', NULL, '{"id": 9}', NULL, '{}')$$,
    '42501', NULL, 'by whatever name');

SELECT * FROM finish();
ROLLBACK;
