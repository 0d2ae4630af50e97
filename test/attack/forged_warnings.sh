# Warnings are written when a transaction commits: none in the name of a contract for triggers that anybody made.
psql -Xqv ON_ERROR_STOP=1 2>&1 <<'END' | grep -v 'rows written to\|^DETAIL:\|^Rule\|not recorded'
SET client_min_messages = error;
CREATE ROLE attack_owner;
CREATE ROLE attack_forger;
CREATE SCHEMA shop AUTHORIZATION attack_owner;
CREATE SCHEMA own AUTHORIZATION attack_forger;
GRANT USAGE ON SCHEMA shop TO PUBLIC;
SET ROLE attack_owner;
CREATE TABLE shop.orders (id int PRIMARY KEY, amount int);
GRANT SELECT ON shop.orders TO attack_forger;
DO $$BEGIN PERFORM aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "orders",
    "version": "1.0.0", "status": "active", "schema": [{"name": "orders", "physicalName": "shop.orders", "properties": [
        {"name": "id", "logicalType": "integer"},
        {"name": "amount", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}}]}]}');
    PERFORM aidataops.enforce_contract('orders', 'shop.orders', 'warn'); END$$;
INSERT INTO shop.orders VALUES (1, -1);

SET ROLE attack_forger;
CREATE TABLE own.counted (id int, amount int);
CREATE TEMPORARY TABLE counted (id int, amount int);
CREATE TABLE own.batch (id int, amount int);
CREATE TABLE own.unread (id int, other int);
DO $$
DECLARE
    rules text := aidataops.row_rules('orders');
BEGIN
    EXECUTE format('CREATE TRIGGER x_row BEFORE INSERT ON own.counted FOR EACH ROW '
                   'EXECUTE FUNCTION aidataops.enforce_row(%L, %L)', 'warn', rules);
    EXECUTE format('CREATE TRIGGER x_row BEFORE INSERT ON pg_temp.counted FOR EACH ROW '
                   'EXECUTE FUNCTION aidataops.enforce_row(%L, %L)', 'warn', rules);
    EXECUTE format('CREATE TRIGGER x_row BEFORE INSERT ON own.unread FOR EACH ROW '
                   'EXECUTE FUNCTION aidataops.enforce_row(%L, %L)', 'warn', rules);
    EXECUTE format('CREATE TRIGGER x_batch AFTER INSERT ON own.batch REFERENCING NEW TABLE AS n FOR EACH STATEMENT '
                   'EXECUTE FUNCTION aidataops.enforce_batch(%L, %L, %L)', 'warn', rules,
                   '[{"rule": "x", "operator": "<", "bounds": [0], "severity": "warn"}]');
END$$;
INSERT INTO own.counted VALUES (1, -1);
INSERT INTO pg_temp.counted VALUES (1, -1);
INSERT INTO own.batch VALUES (1, 1);
INSERT INTO own.unread VALUES (1, 1);
RESET ROLE;
DO $$BEGIN
    IF (SELECT string_agg(relation_schema || '.' || relation_name, ' ' ORDER BY warning_id) FROM aidataops.warning)
       <> 'shop.orders' THEN
        RAISE 'recorded: %', (SELECT json_agg(w) FROM aidataops.warning AS w);
    END IF;
END$$;
DROP SCHEMA shop, own CASCADE;
END
[ "${PIPESTATUS[0]}" -eq 0 ]
