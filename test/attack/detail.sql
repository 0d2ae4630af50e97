-- Who may write a row need not be allowed to read it: what is said of a row that is refused shows no value that a
-- SELECT of the writer's would not.
BEGIN;
SET client_min_messages = error;
SELECT plan(18);
CREATE ROLE attack_owner;
CREATE ROLE attack_writer;
CREATE ROLE attack_reader;
CREATE ROLE attack_policed;
CREATE SCHEMA vault AUTHORIZATION attack_owner;
GRANT USAGE ON SCHEMA vault TO PUBLIC;

-- the DETAIL of a statement's error
CREATE FUNCTION pg_temp.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END $$;

SET ROLE attack_owner;
CREATE TABLE vault.pay (id int PRIMARY KEY, bonus int, salary int, secret text);
INSERT INTO vault.pay VALUES (1, 1, 50, 'HUSH-1'), (2, 2, 60, 'HUSH-2');
GRANT UPDATE (bonus, id), INSERT ON vault.pay TO attack_writer;
GRANT SELECT (id) ON vault.pay TO attack_writer;
GRANT SELECT, UPDATE ON vault.pay TO attack_reader, attack_policed;
SELECT lives_ok($$SELECT aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "pay",
    "version": "1.0.0", "status": "active", "schema": [{"name": "pay", "physicalName": "vault.pay", "quality": [
        {"type": "custom", "engine": "aidataops",
         "implementation": {"kind": "compare", "columns": ["bonus", "salary"], "operator": "<"}},
        {"type": "custom", "engine": "aidataops",
         "implementation": {"kind": "pattern", "columns": ["secret"], "regex": "^[a-z]*$"}},
        {"type": "custom", "engine": "aidataops",
         "implementation": {"kind": "range", "columns": ["id"], "max": 100}}],
    "properties": [{"name": "id", "logicalType": "integer"}, {"name": "bonus", "logicalType": "integer"},
        {"name": "salary", "logicalType": "integer"}, {"name": "secret", "logicalType": "string"}]}]}')$$,
    'a contract of columns that not everybody may read');
SELECT lives_ok($$SELECT aidataops.enforce_contract('pay', 'vault.pay', 'reject', validate => false)$$,
    'enforced by a constraint');

SET ROLE attack_writer;
SELECT is(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'),
    E'Column "bonus" is a value of type integer that is not shown, but must be < column "salary".\n'
    'Rule "pay.secret.pattern": Column "secret" is a value of type text that is not shown, but must be text that '
    'matches ^[a-z]*$.', 'a writer learns which rules, and no value that SELECT refuses');
SELECT alike(pg_temp.told('UPDATE vault.pay SET id = 101 WHERE id = 1'), '%Column "id" is "101", but%',
    'of a column that he may read, the value');
SELECT unalike(pg_temp.told('UPDATE vault.pay SET id = 101 WHERE id = 1'), '%HUSH%', 'of others not');
SET ROLE attack_reader;
SELECT alike(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'),
    '%"99", but must be < column "salary", which is "50"%HUSH-1%', 'a reader is shown them');
SET ROLE attack_owner;
SELECT alike(pg_temp.told('UPDATE vault.pay SET bonus = 99'), '%HUSH%', 'the owner, too');
ALTER TABLE vault.pay ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON vault.pay TO attack_policed USING (id = 1) WITH CHECK (true);
SET ROLE attack_policed;
SELECT unalike(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'), '%50%',
    'whom policies concern is shown nothing');
SET ROLE attack_owner;
ALTER TABLE vault.pay DISABLE ROW LEVEL SECURITY;

-- the same by a trigger, as tables have that know no constraints
SELECT aidataops.drop_enforcement('pay', 'vault.pay');
DO $$BEGIN
    EXECUTE format('CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON vault.pay FOR EACH ROW '
                   'EXECUTE FUNCTION aidataops.enforce_row(%L, %L)', 'reject', aidataops.row_rules('pay'));
END$$;
SET ROLE attack_writer;
SELECT unalike(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'), '%HUSH%', 'a trigger shows no more');
SELECT unalike(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'), '%50%', 'of any rule');
SELECT isnt(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'), NULL, 'and refuses the row');
SET ROLE attack_reader;
SELECT alike(pg_temp.told('UPDATE vault.pay SET bonus = 99 WHERE id = 1'), '%"50"%HUSH-1%',
    'to a reader it shows them');
SET ROLE attack_owner;
DROP TRIGGER refuse ON vault.pay;

-- partitions: rights on the whole are rights on its parts, and not the other way round
CREATE TABLE vault.log (day int, secret text) PARTITION BY LIST (day);
CREATE TABLE vault.log_1 PARTITION OF vault.log FOR VALUES IN (1);
SELECT lives_ok($$SELECT aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "log",
    "version": "1.0.0", "status": "active", "schema": [{"name": "log", "physicalName": "vault.log", "quality": [
        {"type": "custom", "engine": "aidataops",
         "implementation": {"kind": "pattern", "columns": ["secret"], "regex": "^[a-z]*$"}}],
    "properties": [{"name": "day", "logicalType": "integer"}, {"name": "secret", "logicalType": "string"}]}]}')$$,
    'a contract of a partitioned table');
SELECT lives_ok($$SELECT aidataops.enforce_contract('log', 'vault.log', 'reject')$$, 'enforced');
GRANT INSERT ON vault.log, vault.log_1 TO attack_writer, attack_reader;
GRANT SELECT ON vault.log TO attack_reader;
SET ROLE attack_writer;
SELECT unalike(pg_temp.told($$INSERT INTO vault.log VALUES (1, 'HUSH-3')$$), '%HUSH%',
    'a writer is shown nothing of a partition');
SET ROLE attack_reader;
SELECT alike(pg_temp.told($$INSERT INTO vault.log VALUES (1, 'HUSH-3')$$), '%HUSH-3%',
    'a reader of the whole what a partition refuses');
SELECT alike(pg_temp.told($$INSERT INTO vault.log_1 VALUES (1, 'HUSH-3')$$), '%HUSH-3%', 'be it written to directly');

-- a constraint that was copied guards the rows of the copy
SET ROLE attack_owner;
SELECT aidataops.enforce_contract('pay', 'vault.pay', 'reject', validate => false);
CREATE TABLE vault.copy (LIKE vault.pay INCLUDING CONSTRAINTS);
INSERT INTO vault.copy VALUES (3, 3, 70, 'hush');
GRANT UPDATE (bonus) ON vault.copy TO attack_writer;
SET ROLE attack_writer;
SELECT unalike(pg_temp.told('UPDATE vault.copy SET bonus = 99'), '%70%', 'and shows as little of them');

SELECT * FROM finish();
ROLLBACK;
