-- Contracts enforced where rows are written: the three modes in every situation in which rows are written.
CREATE SCHEMA enforcement;
SET search_path = enforcement, public, aidataops;
\set VERBOSITY terse
\set SHOW_CONTEXT never

CREATE FUNCTION document(id text, tbl text, version text DEFAULT '1.0.0', extra jsonb DEFAULT '[]', quality jsonb DEFAULT '[]') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', id, 'version', version, 'status', 'active', 'schema', jsonb_build_array(
        jsonb_build_object('name', tbl, 'physicalName', 'enforcement.' || tbl, 'physicalType', 'table', 'quality', quality, 'properties', '[
            {"name": "id", "logicalType": "integer", "required": true},
            {"name": "label", "logicalType": "string", "required": true, "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["cat", "dog"]}, "mustBe": 0}]},
            {"name": "score", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 1}}]'::jsonb || extra))) $$;
-- what is in a table, and in its quarantine
CREATE FUNCTION held(relation regclass) RETURNS TABLE (place text, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', relation) INTO rows;
    place := 'table';
    RETURN NEXT;
    SELECT count(*) INTO rows FROM quarantine AS q WHERE q.relation_oid = relation AND q.status = 'open';
    place := 'quarantine';
    RETURN NEXT;
END $$;

-- the commands, and what they need
CREATE TABLE t (id int PRIMARY KEY, label text, score float8);
SELECT status, rules FROM create_contract(document('c', 't'));
SELECT row_rules('c');
SELECT row_rules('nonsense');
SELECT statement, lock, status FROM enforce_contract('c', 't', 'reject', dry_run => true);
SELECT count(*) FROM enforcement_status();
SELECT enforce_contract('nonsense', 't');
SELECT enforce_contract('c', 't', 'nonsense');
SELECT enforce_contract('c', 'pg_class');
SELECT enforce_contract(NULL, 't');
CREATE VIEW v AS SELECT * FROM t;
SELECT enforce_contract('c', 'v');
DROP VIEW v;
SELECT validate_enforcement('c', 't');
SELECT suspend_enforcement('c', 't', 'why', now() + interval '1 day');
SELECT drop_enforcement('c', 't');

-- reject
INSERT INTO t VALUES (0, 'bird', 0.5);
SELECT enforce_contract('c', 't', 'reject');
SELECT status FROM enforce_contract('c', 't', 'reject', validate => false);
SELECT status, findings FROM enforcement_status();
INSERT INTO t VALUES (1, 'cat', 0.5);
\set VERBOSITY verbose
INSERT INTO t VALUES (2, 'bird', 1.5);
\set VERBOSITY terse
INSERT INTO t VALUES (NULL, 'cat', 0.5);
UPDATE t SET score = 'NaN' WHERE id = 1;
COPY t FROM stdin;
3	dog	1
4	cow	1
\.
-- as every CHECK: an error even for a row that ON CONFLICT would skip, and a bad row that was there cannot be updated
INSERT INTO t VALUES (1, 'bird', 0.5) ON CONFLICT DO NOTHING;
UPDATE t SET score = 1 WHERE id = 0;
SELECT * FROM held('t');
SELECT validate_enforcement('c', 't');
UPDATE t SET label = 'dog' WHERE id = 0;
SELECT statement, lock FROM validate_enforcement('c', 't');
SELECT status, findings FROM enforcement_status();
-- LIKE, and a dump's own words
CREATE TABLE alike (LIKE t INCLUDING CONSTRAINTS);
INSERT INTO alike VALUES (1, 'bird', 0);
DROP TABLE alike;
-- replication and triggers do not matter to constraints
SET session_replication_role = replica;
INSERT INTO t VALUES (5, 'bird', 0);
RESET session_replication_role;
-- a column that is renamed is still checked; one that is dropped takes the constraint along, which is told
ALTER TABLE t RENAME label TO class;
INSERT INTO t VALUES (5, 'bird', 0);
SELECT status, findings FROM enforcement_status();
ALTER TABLE t RENAME class TO label;
BEGIN;
ALTER TABLE t DROP COLUMN score;
SELECT status, findings FROM enforcement_status();
ROLLBACK;
ALTER TABLE t ALTER COLUMN score TYPE numeric USING score * 3;
ALTER TABLE t ALTER COLUMN score TYPE numeric;
INSERT INTO t VALUES (5, 'cat', 1.0000000000000000000001);
ALTER TABLE t ALTER COLUMN score TYPE float8;
ALTER TABLE t DROP CONSTRAINT aidataops_c_4a8a08_1;
SELECT status, findings FROM enforcement_status();

-- quarantine
SELECT statement, status FROM enforce_contract('c', 't', 'quarantine');
TRUNCATE t;
INSERT INTO t VALUES (1, 'cat', 0.5), (2, 'bird', 1.5), (3, 'dog', NULL), (4, NULL, -1) RETURNING id;
SELECT quarantine_id, contract, version, relation_name, operation, key, content, rules, problems, status FROM quarantine ORDER BY 1;
UPDATE t SET label = 'cow' WHERE id = 1 RETURNING id;
SELECT operation, key, content FROM quarantine WHERE operation = 'UPDATE';
INSERT INTO t VALUES (1, 'dog', 0.7), (1, 'x', 0.8), (5, 'y', 0.9) ON CONFLICT (id) DO UPDATE SET score = excluded.score * 10;
SELECT * FROM t ORDER BY id;
MERGE INTO t USING (VALUES (1, 'z'), (6, 'z'), (7, 'cat')) AS s (id, label) ON s.id = t.id WHEN MATCHED THEN UPDATE SET label = s.label WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.label);
COPY t FROM stdin;
8	dog	1
9	cow	1
\.
SELECT * FROM held('t');
-- what the row says stays so, whatever the settings
SET extra_float_digits = 0;
INSERT INTO t VALUES (10, 'u', float8 '0.1' + float8 '0.2');
RESET extra_float_digits;
SELECT content -> 'score' FROM quarantine WHERE content ->> 'id' = '10';
-- it goes with the transaction
BEGIN;
INSERT INTO t VALUES (11, 'v', 0);
SELECT count(*) FROM quarantine WHERE content ->> 'id' = '11';
ROLLBACK;
SELECT count(*) FROM quarantine WHERE content ->> 'id' = '11';
-- an update of other columns leaves a bad row alone, as native constraints do not
ALTER TABLE t DISABLE TRIGGER USER;
INSERT INTO t VALUES (12, 'w', 0);
ALTER TABLE t ENABLE TRIGGER USER;
ALTER TABLE t ADD COLUMN note text;
UPDATE t SET note = 'seen' WHERE id = 12;
SELECT * FROM t WHERE id = 12;
ALTER TABLE t DROP COLUMN note;
-- release: kept with the problem while it breaks a rule or cannot be written, done when repaired
SELECT outcome, problem FROM release_quarantine('t', ARRAY(SELECT quarantine_id FROM quarantine WHERE content ->> 'id' IN ('2', '9') ORDER BY 1));
SELECT outcome, problem FROM release_quarantine('t', ARRAY(SELECT quarantine_id FROM quarantine WHERE content ->> 'id' IN ('2', '9') ORDER BY 1), '{"label": "dog", "score": 0.25}');
SELECT outcome, problem FROM release_quarantine('t', ARRAY(SELECT quarantine_id FROM quarantine WHERE operation = 'INSERT' AND content ->> 'id' = '1' ORDER BY 1), '{"label": "dog"}');
SELECT outcome, problem FROM release_quarantine('t', ARRAY(SELECT quarantine_id FROM quarantine WHERE content ->> 'label' = 'cow' AND operation = 'UPDATE'), '{"label": "dog"}');
SELECT outcome, problem FROM release_quarantine('t', ARRAY(SELECT quarantine_id FROM quarantine WHERE content ->> 'id' = '4'), '{"label": "dog", "score": "much"}');
SELECT * FROM release_quarantine('t', '{}');
SELECT * FROM release_quarantine('t', NULL, '[]');
SELECT * FROM t ORDER BY id;
SELECT discard_quarantine('t', '');
SELECT discard_quarantine('t', 'not ours', ARRAY(SELECT quarantine_id FROM quarantine WHERE content ->> 'id' = '4'), purge => true);
SELECT discard_quarantine('t', 'not ours') > 0 AS discarded;
SELECT status, reason, repair, count(*), count(content) FROM quarantine GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM held('t');
-- what is not as it was made
ALTER TABLE t DISABLE TRIGGER zz_aidataops_4a8a08_row;
SELECT status, findings FROM enforcement_status();
ALTER TABLE t ENABLE TRIGGER zz_aidataops_4a8a08_row;
CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := 'bird'; RETURN NEW; END $$;
CREATE TRIGGER zzz BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION later();
SELECT status, findings FROM enforcement_status();
DROP TRIGGER zzz ON t;
CREATE TRIGGER earlier BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION later();
INSERT INTO t VALUES (20, 'cat', 1);
UPDATE t SET id = 21 WHERE id = 1;
SELECT * FROM held('t');
DROP TRIGGER earlier ON t;
SET session_replication_role = replica;
INSERT INTO t VALUES (22, 'bird', 1);
RESET session_replication_role;
SELECT count(*) FROM t WHERE id = 22;
DELETE FROM t WHERE id = 22;
-- a rule cannot be judged without its column: that is no pass
ALTER TABLE t RENAME score TO points;
INSERT INTO t VALUES (23, 'cat', 1);
SELECT status, findings FROM enforcement_status();
-- warn: never an error
SELECT enforce_contract('c', 't', 'warn');
ALTER TABLE t RENAME points TO score;
TRUNCATE quarantine, t;
SELECT status FROM enforce_contract('c', 't');
INSERT INTO t SELECT i, CASE WHEN i % 10 = 0 THEN 'bird' ELSE 'cat' END, i / 100.0 FROM generate_series(1, 110) AS i;
SELECT contract, version, rule, relation_name, num_rows, sample_keys, unjudged FROM warning ORDER BY warning_id;
BEGIN;
SAVEPOINT a;
INSERT INTO t VALUES (201, 'x', 0);
ROLLBACK TO a;
INSERT INTO t VALUES (202, 'x', 0);
SAVEPOINT b;
INSERT INTO t VALUES (203, 'x', 0);
RELEASE b;
COMMIT;
DO $$ BEGIN INSERT INTO t VALUES (204, 'x', 0); RAISE 'oh'; EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT rule, num_rows, sample_keys FROM warning ORDER BY warning_id DESC LIMIT 1;
ALTER TABLE t RENAME score TO points;
INSERT INTO t VALUES (205, 'x', 0);
SELECT rule, num_rows, unjudged FROM warning ORDER BY warning_id DESC LIMIT 1;
ALTER TABLE t RENAME points TO score;
SELECT warned, status FROM enforcement_status();

-- another version
SELECT count(*) FROM drop_enforcement('c', 't', dry_run => true);
SELECT statement FROM drop_enforcement('c', 't');
SELECT count(*) FROM enforcement_status();
SELECT tgname FROM pg_trigger WHERE tgrelid = 't'::regclass;
DROP TABLE t;

-- expressions, shares, volumes and severities
CREATE TABLE x (id int PRIMARY KEY, label text, score float8, "Low" int, high int);
SELECT status FROM create_contract(document('x', 'x', '1.0.0', '[{"name": "Low", "logicalType": "integer"}, {"name": "high", "logicalType": "integer"}]',
    '[{"name": "ordered", "type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "columns": ["Low", "high"], "sql": "\"Low\" <= high"}},
      {"name": "ratio", "type": "custom", "engine": "aidataops", "severity": "warning", "implementation": {"kind": "expression", "columns": ["Low", "high"], "sql": "100 / high > 1 -- of course"}},
      {"name": "scored", "type": "custom", "engine": "aidataops", "implementation": {"kind": "missing", "columns": ["score"]}, "mustBeLessOrEqualTo": 20, "unit": "percent"},
      {"name": "volume", "type": "custom", "engine": "aidataops", "implementation": {"kind": "batch_volume"}, "mustBeLessOrEqualTo": 50}]'));
SELECT rule, level, kind, operator, bounds, unit, severity FROM rule WHERE contract = 'x' ORDER BY rule;
SELECT regexp_replace(statement, '\{.*\}', '{...}') AS statement, lock FROM enforce_contract('x', 'x', 'quarantine', false);
INSERT INTO x VALUES (1, 'cat', 1, 1, 2), (2, 'cat', 1, 3, 2), (3, 'bird', 1, 3, 2), (4, 'cat', 1, NULL, 99);
SELECT content -> 'id' AS id, rules, problems FROM quarantine ORDER BY quarantine_id;
INSERT INTO x VALUES (5, 'cat', 1, -200, -100);
SELECT rule, num_rows, sample_keys FROM warning WHERE contract = 'x';
-- an expression that raises an error fails the statement, as any constraint
INSERT INTO x VALUES (6, 'cat', 1, -1, 0);
-- of four rows one is 25 %, which says nothing; of ten it does
INSERT INTO x SELECT i, 'cat', CASE WHEN i > 101 THEN 1 END, 1, 2 FROM generate_series(101, 104) AS i;
INSERT INTO x SELECT i, 'cat', CASE WHEN i > 113 THEN 1 END, 1, 2 FROM generate_series(111, 120) AS i;
INSERT INTO x SELECT i, 'cat', CASE WHEN i > 112 THEN 1 END, 1, 2 FROM generate_series(111, 120) AS i;
UPDATE x SET score = NULL;
INSERT INTO x SELECT i, 'cat', 1, 1, 2 FROM generate_series(201, 251) AS i;
INSERT INTO x SELECT i, 'cat', 1, 1, 2 FROM generate_series(201, 250) AS i;
INSERT INTO x SELECT 1, 'cat', 1, 1, 2 WHERE false;
SELECT regexp_replace(statement, '\{.*\}', '{...}') AS statement FROM enforce_contract('x', 'x', 'reject');
INSERT INTO x VALUES (300, 'cat', 1, 2, 1);
INSERT INTO x VALUES (301, 'cat', 1, -200, -100);
-- suspended until a time, from which on triggers enforce
SELECT suspend_enforcement('x', 'x', ' ', now() + interval '1 day');
SELECT suspend_enforcement('x', 'x', 'migration', '2001-01-01 00:00Z');
SELECT suspend_enforcement('x', 'x', 'migration', 'infinity');
SELECT count(*) FROM suspend_enforcement('x', 'x', 'migration', clock_timestamp() + interval '1 day');
INSERT INTO x VALUES (302, 'bird', 7, 2, 1);
SELECT mode, status, findings FROM enforcement_status();
SELECT suspend_reason FROM enforcement;
SELECT count(*) FROM suspend_enforcement('x', 'x', 'shorter', clock_timestamp() + interval '0.2 seconds');
SELECT pg_sleep(0.3);
INSERT INTO x VALUES (303, 'bird', 7, 2, 1);
INSERT INTO x VALUES (303, 'cat', 1, 2, 1);
SELECT mode, status, regexp_replace(findings::text, 'at .*: triggers', 'at (time): triggers') AS findings FROM enforcement_status();
SELECT count(*) FROM resume_enforcement('x', 'x');
SELECT resume_enforcement('x', 'x');
SELECT validate_enforcement('x', 'x');
SELECT mode, status, findings FROM enforcement_status();
SELECT count(*) FROM drop_enforcement('x', 'x');
DROP TABLE x;
SELECT event, detail - 'until' FROM contract_event WHERE contract = 'x' AND event <> 'created' AND event NOT LIKE 'activ%' ORDER BY event_id;

-- partitions: attached, detached, written to directly, with other places of columns
CREATE TABLE p (id int, label text, score float8, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE TABLE p2 (score float8, gone int, label text, id int NOT NULL);
ALTER TABLE p2 DROP COLUMN gone;
SELECT status FROM create_contract(document('p', 'p'));
SELECT status FROM enforce_contract('p', 'p', 'quarantine');
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200);
INSERT INTO p VALUES (1, 'cat', 1), (2, 'bird', 1), (101, 'cat', 1), (102, 'bird', 2);
INSERT INTO p1 VALUES (3, 'bird', 1);
INSERT INTO p2 (id, label, score) VALUES (103, 'bird', 1);
UPDATE p SET id = 104, label = 'bird' WHERE id = 1;
SELECT relation_name, operation, key, content, rules FROM quarantine WHERE contract = 'p' ORDER BY quarantine_id;
SELECT outcome, problem FROM release_quarantine('p', repair => '{"label": "dog", "score": 1}');
SELECT tableoid::regclass, * FROM p ORDER BY id;
ALTER TABLE p1 DISABLE TRIGGER zz_aidataops_83878c_row;
SELECT status, findings FROM enforcement_status();
ALTER TABLE p1 ENABLE TRIGGER zz_aidataops_83878c_row;
UPDATE ONLY p SET label = 'bird';
UPDATE ONLY p1 SET label = 'bird' WHERE id = 3;
SELECT discard_quarantine('p', 'no use');
-- a partition that is detached keeps constraints, and no triggers
ALTER TABLE p DETACH PARTITION p1;
INSERT INTO p1 VALUES (50, 'bird', 1);
DELETE FROM p1 WHERE id = 50;
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (100);
INSERT INTO p1 VALUES (50, 'bird', 1);
SELECT discard_quarantine('p', 'no use');
SELECT count(*) FROM enforce_contract('p', 'p', 'reject');
INSERT INTO p VALUES (105, 'bird', 1);
INSERT INTO p2 (id, label, score) VALUES (105, 'bird', 1);
CREATE TABLE p3 (id int NOT NULL, label text, score float8);
INSERT INTO p3 VALUES (201, 'bird', 1);
ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM (200) TO (300);
SELECT count(*) FROM drop_enforcement('p', 'p');
DROP TABLE p, p3;
-- tables that inherit have constraints, and no triggers
CREATE TABLE mother (id int PRIMARY KEY, label text, score float8);
CREATE TABLE daughter () INHERITS (mother);
SELECT status FROM create_contract(document('mother', 'mother'));
SELECT count(*) FROM enforce_contract('mother', 'mother', 'warn');
SELECT status, findings FROM enforcement_status();
SELECT count(*) FROM enforce_contract('mother', 'mother', 'reject');
SELECT status, findings FROM enforcement_status();
INSERT INTO daughter VALUES (1, 'bird', 1);
SELECT count(*) FROM drop_enforcement('mother', 'mother');
DROP TABLE mother CASCADE;

-- generated columns: constraints see them, triggers before do not
CREATE TABLE g (id int PRIMARY KEY, label text, half float8, score float8 GENERATED ALWAYS AS (half * 2) STORED);
SELECT status FROM create_contract(document('g', 'g'));
SELECT count(*) FROM enforce_contract('g', 'g', 'reject');
INSERT INTO g (id, label, half) VALUES (1, 'cat', 2);
SELECT count(*) FROM enforce_contract('g', 'g', 'quarantine');
SELECT status, findings FROM enforcement_status();
INSERT INTO g (id, label, half) VALUES (1, 'cat', 2), (2, 'bird', 0.25);
SELECT outcome FROM release_quarantine('g', repair => '{"label": "cat"}');
SELECT * FROM g ORDER BY id;
SELECT count(*) FROM drop_enforcement('g', 'g');
DROP TABLE g;

-- foreign tables: triggers, because their constraints are not checked; no shares
CREATE TABLE behind (id int, label text, score float8);
CREATE FUNCTION redirect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE f (id int, label text, score float8) SERVER files OPTIONS (filename '/dev/null');
SELECT status FROM create_contract(document('f', 'f'));
SELECT regexp_replace(statement, '\{.*\}', '{...}') AS statement FROM enforce_contract('f', 'f', 'reject', validate => false);
SELECT count(*) FROM drop_enforcement('f', 'f');
DROP EXTENSION file_fdw CASCADE;
-- rows that really go to another server
CREATE EXTENSION postgres_fdw;
SELECT current_database() AS here \gset
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'HOST', port :'PORT', dbname :'here', batch_size '100');
CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user :'USER');
CREATE FOREIGN TABLE far (id int, label text, score float8) SERVER elsewhere OPTIONS (schema_name 'enforcement', table_name 'behind');
SELECT status FROM create_contract(document('far', 'far'));
SELECT status FROM enforce_contract('far', 'far', 'reject');
INSERT INTO far VALUES (1, 'cat', 1), (2, 'bird', 1);
INSERT INTO far VALUES (1, 'cat', 1);
UPDATE far SET label = 'bird';
SELECT status FROM enforce_contract('far', 'far', 'quarantine');
INSERT INTO far SELECT i, CASE WHEN i % 2 = 0 THEN 'bird' ELSE 'dog' END, 1 FROM generate_series(2, 5) AS i RETURNING id;
COPY far FROM stdin;
6	dog	1
7	cow	1
\.
UPDATE far SET label = 'bird' WHERE id = 3;
SELECT outcome, problem FROM release_quarantine('far', repair => '{"label": "cat"}');
SELECT id, label FROM behind ORDER BY id;
-- a foreign table as a partition has no constraint that is checked, and has the triggers
CREATE TABLE parts (id int, label text, score float8) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE parts1 PARTITION OF parts FOR VALUES FROM (100) TO (200) SERVER elsewhere OPTIONS (schema_name 'enforcement', table_name 'behind');
SELECT status FROM create_contract(document('parts', 'parts'));
SELECT count(*) FROM enforce_contract('parts', 'parts', 'reject', validate => false);
SELECT status, findings FROM enforcement_status() WHERE contract = 'parts';
SELECT count(*) FROM enforce_contract('parts', 'parts', 'quarantine', validate => false);
SELECT status, findings FROM enforcement_status() WHERE contract = 'parts';
INSERT INTO parts VALUES (100, 'bird', 1), (101, 'cat', 1);
SELECT id, label FROM behind WHERE id >= 100;
SELECT discard_quarantine('parts', 'no use'), discard_quarantine('far', 'no use');
SELECT count(*) FROM drop_enforcement('parts', 'parts');
SELECT count(*) FROM drop_enforcement('far', 'far');
DROP TABLE parts;
DROP EXTENSION postgres_fdw CASCADE;

-- a row is kept as to_jsonb() has it, and is the same row again
CREATE DOMAIN kind AS text CHECK (VALUE <> 'never');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE kinds (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label kind, gone int, s serial, i2 int2, i8 int8, f4 float4, f8 float8, n numeric, b boolean, c bpchar(4), vc varchar(5), d date,
    ts timestamp, tz timestamptz, tm time, iv interval, by bytea, u uuid, j json, jb jsonb, p pair, m mood, r int4range, l kind[], f float4[], g numeric, ip inet, mo money, x "char", bi bit(3), nu text);
ALTER TABLE kinds DROP COLUMN gone;
CREATE TABLE wanted (LIKE kinds);
INSERT INTO wanted VALUES
    (101, 'bird', 1, -7, 9007199254740993, 0.1, 0.1::float8 + 0.2, 1.500, true, 'ab', 'x', '2026-01-31', '2026-01-31 12:00:00.5', '2026-01-31 12:00+02', '12:00', '1 day 2 hours', '\x01ff', '00000000-0000-0000-0000-000000000001',
     '{"b": 1, "a" : [2]}', '{"b": [1, {"c": null}], "a": "x"}', '(1,x)', 'sad', '[1,5)', '{a,b}', '{1.5,NaN}', 1e-30, '10.0.0.0/8', 12.5, 'z', '101', NULL),
    (102, 'bird', 2, 0, 0, 'NaN', '-Infinity', 'NaN', false, '', '', 'infinity', '-infinity', 'infinity', '00:00', '0', '', NULL, '"x"', '5', NULL, 'ok', 'empty', '{}', '{}', 'Infinity', NULL, NULL, NULL, NULL, E'"\n\\'),
    (103, 'bird', 3, NULL, NULL, 1e30, -0.0, 1e40, NULL, NULL, NULL, '0044-03-15 BC', NULL, '0001-01-01 00:00:00+00 BC', NULL, NULL, NULL, NULL, 'null', 'null', '(,)', NULL, NULL, NULL, NULL, -0.0, NULL, NULL, NULL, NULL, '');
SELECT status FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "kinds", "version": "1.0.0", "status": "active", "schema": [{"name": "kinds", "physicalName": "enforcement.kinds", "properties": [
    {"name": "label", "logicalType": "string", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["cat", "dog"]}, "mustBe": 0}]}]}]}');
SELECT status FROM enforce_contract('kinds', 'kinds', 'quarantine');
INSERT INTO kinds OVERRIDING SYSTEM VALUE SELECT * FROM wanted;
SET IntervalStyle = postgres;
SELECT w.id, q.content = to_jsonb(w) AS alike FROM wanted AS w JOIN quarantine AS q ON q.content -> 'id' = to_jsonb(w.id) WHERE q.contract = 'kinds' ORDER BY w.id;
SELECT outcome, problem FROM release_quarantine('kinds', repair => '{"label": "cat"}');
UPDATE wanted SET label = 'cat';
SELECT w.id, to_jsonb(k) = to_jsonb(w) AS alike FROM wanted AS w JOIN kinds AS k USING (id) ORDER BY id;
RESET IntervalStyle;
INSERT INTO kinds (label) VALUES ('bird'), ('dog') RETURNING label;
SELECT discard_quarantine('kinds', 'no use');
SELECT count(*) FROM drop_enforcement('kinds', 'kinds');
DROP TABLE kinds, wanted;

-- more columns than a function has arguments
SELECT format('CREATE TABLE wide (id int PRIMARY KEY, label text, score float8, %s)', string_agg(format('c%s int', i), ', ')) FROM generate_series(1, 150) AS i \gexec
SELECT status FROM create_contract(document('wide', 'wide', '1.0.0', (SELECT jsonb_agg(jsonb_build_object('name', 'c' || i, 'logicalType', 'integer', 'logicalTypeOptions', '{"minimum": 0}'::jsonb)) FROM generate_series(1, 150) AS i)));
SELECT regexp_replace(statement, '\(.*\)', '(...)') AS statement FROM enforce_contract('wide', 'wide', 'reject');
INSERT INTO wide (id, label, c1) VALUES (1, 'cat', -1);
INSERT INTO wide (id, label, c150) VALUES (1, 'cat', -1);
SELECT count(*) FROM enforce_contract('wide', 'wide', 'quarantine');
INSERT INTO wide (id, label, c1, c150) VALUES (1, 'cat', -1, -1);
SELECT rules FROM quarantine WHERE contract = 'wide';
SELECT count(*) FROM drop_enforcement('wide', 'wide');

-- triggers made by hand
CREATE TABLE hand (id int);
CREATE TRIGGER a BEFORE INSERT ON hand FOR EACH ROW EXECUTE FUNCTION enforce_row();
INSERT INTO hand VALUES (1);
DROP TRIGGER a ON hand;
CREATE TRIGGER a BEFORE INSERT ON hand FOR EACH ROW EXECUTE FUNCTION enforce_row('quarantine', 'no ruleset');
INSERT INTO hand VALUES (1);
DROP TRIGGER a ON hand;
CREATE TRIGGER a AFTER INSERT ON hand FOR EACH ROW EXECUTE FUNCTION enforce_row('warn', '{}');
INSERT INTO hand VALUES (1);
DROP TRIGGER a ON hand;
CREATE TRIGGER a BEFORE INSERT ON hand FOR EACH ROW EXECUTE FUNCTION note_broken_rule('r', 'error');
INSERT INTO hand VALUES (1);
DROP TRIGGER a ON hand;
CREATE TRIGGER a AFTER INSERT ON hand FOR EACH STATEMENT EXECUTE FUNCTION enforce_batch('warn', '{}', '[]');
INSERT INTO hand VALUES (1);
DROP TRIGGER a ON hand;
CREATE TRIGGER a AFTER INSERT ON hand REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION enforce_batch('reject', '{"contract": "c", "version": "1", "columns": [], "rules": []}', '[{"rule": 1}]');
INSERT INTO hand VALUES (1);
SELECT enforce_row();

-- what the types of a table run is run as its owner, never as the owner of the catalog
CREATE ROLE enforcement_owner;
GRANT CREATE, USAGE ON SCHEMA enforcement TO enforcement_owner;
SET ROLE enforcement_owner;
CREATE FUNCTION told(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'a domain is checked by %', current_user; RETURN true; END $$;
CREATE DOMAIN telling AS text CHECK (enforcement.told(VALUE));
CREATE TYPE holding AS (inner_value telling);
CREATE TABLE lair (id int PRIMARY KEY, list telling[], held holding);
SELECT status FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "lair", "version": "1.0.0", "status": "active", "schema": [{"name": "lair", "physicalName": "enforcement.lair", "properties": [
    {"name": "list", "logicalType": "array", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["{x}"]}, "mustBe": 0}]},
    {"name": "held", "logicalType": "object", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["(x)"]}, "mustBe": 0}]}]}]}');
SELECT status FROM enforce_contract('lair', 'lair', 'quarantine', validate => false);
SELECT _try_ruleset('lair'::regclass, row_rules('lair'));
RESET ROLE;
SELECT status FROM drop_enforcement('lair', 'lair');

-- a trigger between those that take notes of expressions and the one that uses them
CREATE TABLE between (id int PRIMARY KEY, label text, score float8, amount int);
SELECT status FROM create_contract(document('between', 'between', '1.0.0', '[{"name": "amount", "logicalType": "integer"}]',
    '[{"name": "not seven", "type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "columns": ["amount"], "sql": "amount <> 7"}}]'));
SELECT count(*) FROM enforce_contract('between', 'between', 'quarantine', validate => false);
CREATE FUNCTION skip_or_mend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 1 THEN
        RETURN NULL;
    ELSIF NEW.id = 4 THEN
        NEW.amount := 8;
    END IF;
    RETURN NEW;
END $$;
SELECT replace(tgname, '_row', '_mine') AS mine FROM pg_trigger WHERE tgrelid = 'between'::regclass AND tgname LIKE '%\_row' \gset
CREATE TRIGGER :mine BEFORE INSERT OR UPDATE ON between FOR EACH ROW EXECUTE FUNCTION skip_or_mend();
INSERT INTO between VALUES (1, 'cat', 0.5, 7), (2, 'cat', 0.5, 1), (3, 'cat', 0.5, 7), (4, 'cat', 0.5, 7), (5, 'bird', 0.5, 7), (6, 'cat', 0.5, 2);
SELECT id, amount FROM between ORDER BY id;
SELECT content ->> 'id' AS id, rules FROM quarantine WHERE contract = 'between' ORDER BY quarantine_id;
UPDATE between SET amount = 7 WHERE id = 6;
SELECT id, amount FROM between ORDER BY id;

-- a guard of the same name that guards nothing
DO $$ BEGIN EXECUTE (SELECT format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT ON enforcement.between FOR EACH ROW EXECUTE FUNCTION enforcement.skip_or_mend()', tgname)
                       FROM pg_trigger WHERE tgrelid = 'between'::regclass AND tgname LIKE '%\_row'); END $$;
SELECT status, findings FROM enforcement_status() WHERE contract = 'between';
SELECT count(*) FROM enforce_contract('between', 'between', 'reject', validate => false);
SELECT status, findings FROM enforcement_status() WHERE contract = 'between';
DO $$
DECLARE guard name := (SELECT min(conname) FROM pg_constraint WHERE conrelid = 'between'::regclass AND contype = 'c');
BEGIN
    EXECUTE format('ALTER TABLE enforcement.between DROP CONSTRAINT %I, ADD CONSTRAINT %1$I CHECK (true)', guard);
END $$;
SELECT status, findings FROM enforcement_status() WHERE contract = 'between';
SELECT count(*) FROM drop_enforcement('between', 'between');

-- releasing an update writes what it changed, and not over what was written since
CREATE TABLE later (id int PRIMARY KEY, label text, score float8, at interval, note text);
INSERT INTO later VALUES (1, 'cat', 0.5, '1 day', 'first');
SELECT status FROM create_contract(document('later', 'later'));
SELECT count(*) FROM enforce_contract('later', 'later', 'quarantine', validate => false);
UPDATE later SET label = 'bird', score = 0.75, at = '2 days' WHERE id = 1;
SELECT key, former FROM quarantine WHERE contract = 'later';
UPDATE later SET note = 'second' WHERE id = 1;
SET IntervalStyle = iso_8601;
SELECT outcome, problem FROM release_quarantine('later', repair => '{"label": "dog"}');
RESET IntervalStyle;
SELECT * FROM later;
UPDATE later SET label = 'bird', score = 0.25 WHERE id = 1;
UPDATE later SET score = 1 WHERE id = 1;
SELECT outcome, problem FROM release_quarantine('later', repair => '{"label": "cat"}');
SELECT outcome, problem FROM release_quarantine('later', repair => '{"label": "cat", "score": 0}');
SELECT * FROM later;
UPDATE later SET label = 'bird' WHERE id = 1;
DELETE FROM later;
SELECT outcome, problem FROM release_quarantine('later', repair => '{"label": "cat"}');
SELECT discard_quarantine('later', 'gone', purge => true);
SELECT DISTINCT content, former FROM quarantine WHERE contract = 'later' AND status = 'discarded';

-- a column that was added after the row was written has its default in what was there before
CREATE TABLE grown (id int PRIMARY KEY, label text, score float8);
INSERT INTO grown VALUES (1, 'cat', 0.5);
ALTER TABLE grown ADD COLUMN since int DEFAULT 7;
SELECT status FROM create_contract(document('grown', 'grown'));
SELECT count(*) FROM enforce_contract('grown', 'grown', 'quarantine', validate => false);
UPDATE grown SET label = 'bird', since = 8 WHERE id = 1;
SELECT content, former FROM quarantine WHERE contract = 'grown';
SELECT outcome, problem FROM release_quarantine('grown', repair => '{"label": "dog"}');
SELECT * FROM grown;

-- rules of rows and of tables read constants alike: 0.1 is a value of float4
CREATE TABLE narrow (id int PRIMARY KEY, r float4, s float4);
SELECT status FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "narrow", "version": "1.0.0", "status": "active", "schema": [{"name": "narrow", "physicalName": "enforcement.narrow", "properties": [
    {"name": "r", "logicalType": "number", "logicalTypeOptions": {"maximum": 0.1}},
    {"name": "s", "logicalType": "number", "quality": [{"metric": "invalidValues", "arguments": {"validValues": [0.1]}, "mustBe": 0}]}]}]}');
SELECT count(*) FROM enforce_contract('narrow', 'narrow', 'reject');
INSERT INTO narrow VALUES (1, 0.1, 0.1);
SELECT rule, outcome, failing FROM check_contract('narrow');

-- a bad row that was there is not lost when an update moves it to another partition
CREATE TABLE moved (id int PRIMARY KEY, label text, score float8) PARTITION BY RANGE (id);
CREATE TABLE moved1 PARTITION OF moved FOR VALUES FROM (0) TO (100);
CREATE TABLE moved2 PARTITION OF moved FOR VALUES FROM (100) TO (200);
INSERT INTO moved VALUES (1, 'bird', 0.5);
SELECT status FROM create_contract(document('moved', 'moved'));
SELECT count(*) FROM enforce_contract('moved', 'moved', 'quarantine', validate => false);
UPDATE moved SET id = 101;
SELECT tableoid::regclass, * FROM moved;
SELECT operation, key, former FROM quarantine WHERE contract = 'moved';
SELECT outcome, problem FROM release_quarantine('moved', repair => '{"label": "cat"}');
SELECT tableoid::regclass, * FROM moved;

-- rows that a subscription writes
CREATE TABLE applied (id int PRIMARY KEY, label text, score float8);
SELECT status FROM create_contract(document('applied', 'applied'));
SELECT count(*) FROM enforce_contract('applied', 'applied', 'quarantine', validate => false);
SET client_min_messages = error;
CREATE SUBSCRIPTION enforcement_sub CONNECTION 'dbname=nowhere' PUBLICATION nothing WITH (connect = false, slot_name = NONE);
RESET client_min_messages;
INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, 'applied'::regclass, 'r' FROM pg_subscription WHERE subname = 'enforcement_sub';
SELECT status, findings FROM enforcement_status() WHERE contract = 'applied';
DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE enforcement.applied ENABLE ALWAYS TRIGGER %I', tgname) FROM pg_trigger WHERE tgrelid = 'applied'::regclass); END $$;
SELECT status, findings FROM enforcement_status() WHERE contract = 'applied';
SELECT regexp_replace(statement, '\{.*\}', '{...}') AS statement FROM enforce_contract('applied', 'applied', 'warn', validate => false, dry_run => true);
SELECT count(*) FROM enforce_contract('applied', 'applied', 'warn', validate => false);
SET session_replication_role = replica;
INSERT INTO applied VALUES (1, 'bird', 0.5);
RESET session_replication_role;
SELECT status, findings, warned FROM enforcement_status() WHERE contract = 'applied';
DROP SUBSCRIPTION enforcement_sub;

-- counting takes no more memory for many subtransactions
BEGIN;
DO $$
BEGIN
    FOR i IN 1..3000 LOOP
        BEGIN
            INSERT INTO enforcement.applied VALUES (1000 + i, 'bird', 2);
            IF i % 3 = 0 THEN
                RAISE EXCEPTION 'undone';
            END IF;
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
    END LOOP;
END $$;
SELECT used_bytes < 300000 AS little FROM pg_backend_memory_contexts WHERE name = 'TopTransactionContext';
COMMIT;
SELECT rule, num_rows, jsonb_array_length(sample_keys) AS samples FROM warning ORDER BY warning_id DESC LIMIT 2;

SET client_min_messages = warning;
DROP SCHEMA enforcement CASCADE;
TRUNCATE contract, contract_table, rule, contract_event, enforcement, quarantine, warning RESTART IDENTITY;
DROP ROLE enforcement_owner;
