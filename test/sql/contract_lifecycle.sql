-- Contracts from their creation to their end, and who may do what
\set VERBOSITY terse
SET search_path = public, aidataops;
CREATE SCHEMA contract_test;
SET search_path = contract_test, public, aidataops;
CREATE ROLE contract_owner;
CREATE ROLE contract_consumer;
CREATE ROLE contract_stranger;
GRANT USAGE, CREATE ON SCHEMA contract_test TO contract_owner;
GRANT USAGE ON SCHEMA contract_test TO contract_consumer, contract_stranger;
SET ROLE contract_owner;
CREATE TABLE labels_v2 (item_id uuid, annotator text, label text, confidence float8, labeled_at timestamptz);
GRANT SELECT (label) ON labels_v2 TO contract_consumer;
-- a version of one contract, with something else than in the first
CREATE FUNCTION contract_version(version text, status text DEFAULT 'draft', path text[] DEFAULT NULL, value jsonb DEFAULT NULL, id text DEFAULT 'labels-gold') RETURNS jsonb LANGUAGE sql AS $f$
    SELECT jsonb_set(d, coalesce(path, '{status}'), coalesce(value, to_jsonb(status))) FROM (SELECT $${
      "apiVersion": "v3.1.0", "kind": "DataContract", "name": "gold labels",
      "schema": [{"name": "labels", "physicalName": "labels_v2", "quality": [{"metric": "duplicateValues", "arguments": {"properties": ["item_id", "annotator"]}, "mustBe": 0}],
       "properties": [
        {"name": "item_id", "logicalType": "string", "physicalType": "uuid", "required": true},
        {"name": "annotator", "logicalType": "string", "logicalTypeOptions": {"maxLength": 32}},
        {"name": "label", "logicalType": "string", "classification": "restricted", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["cat", "dog"]}, "mustBeLessThan": 1, "unit": "percent"}]},
        {"name": "confidence", "logicalType": "number", "physicalType": "float8", "logicalTypeOptions": {"minimum": 0, "maximum": 1}},
        {"name": "labeled_at", "logicalType": "timestamp"}]}],
      "slaProperties": [{"property": "latency", "value": 6, "unit": "h", "element": "labels.labeled_at"}, {"property": "availability", "value": 99.9, "unit": "percent"}],
      "customProperties": [{"property": "aidataops.enforcement", "value": "quarantine"}, {"property": "theirs", "value": [1, {"a": null}]}]}$$::jsonb || jsonb_build_object('id', id, 'version', version, 'status', status)) AS x (d) $f$;

SELECT * FROM create_contract(contract_version('1.0.0'));
-- a draft may change, and the same again changes nothing
SELECT * FROM create_contract(contract_version('1.0.0', 'draft', '{description}', '{"purpose": "test"}'));
SELECT activate_contract('labels-gold', '1.0.0');
SELECT * FROM create_contract(contract_version('1.0.0', 'active', '{description}', '{"purpose": "test"}'));
-- but not once it is active
SELECT create_contract(contract_version('1.0.0'));
SELECT object, relation_schema, relation_name, relation_oid::regclass, enforcement, owner, in_force FROM contract_table WHERE contract = 'labels-gold';
SELECT * FROM describe_contract('labels-gold');
-- what is exported is what was given
SELECT export_contract('labels-gold') = contract_version('1.0.0', 'active', '{description}', '{"purpose": "test"}') AS same, export_contract('labels-gold', '1.0.0') ->> 'status' AS status;

-- each change, with its effect on both sides
CREATE FUNCTION effect_of(path text, value jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s (%s): producers %s, consumers %s, %s', c.change, c.element, c.producers, c.consumers, c.bump), '; '), 'nothing')
      FROM compare_contracts(contract_version('1.0.0'), CASE WHEN value IS NULL THEN contract_version('1.0.1') #- path::text[] ELSE contract_version('1.0.1', 'draft', path::text[], value) END) AS c $$;
SELECT p AS path, v AS value, effect_of(p, v::jsonb) FROM (VALUES
    ('{status}', '"proposed"'),
    ('{description}', '{"purpose": "x"}'),
    ('{schema,0,properties,0,description}', '"x"'),
    ('{schema,0,properties,5}', '{"name": "note", "logicalTypeOptions": {"maxLength": 3}}'),
    ('{schema,0,properties,5}', '{"name": "note", "required": true}'),
    ('{schema,0,properties,4}', NULL),
    ('{schema,0,properties,1,name}', '"rater"'),
    ('{schema,0,properties,1,physicalName}', '"rater"'),
    ('{schema,0,physicalName}', '"labels_v3"'),
    ('{schema,1}', '{"name": "more"}'),
    ('{schema,0,properties,3,physicalType}', '"numeric"'),
    ('{schema,0,properties,3,physicalType}', '"real"'),
    ('{schema,0,properties,3,physicalType}', '"double precision"'),
    ('{schema,0,properties,3,logicalType}', '"string"'),
    ('{schema,0,properties,3,logicalType}', '"integer"'),
    ('{schema,0,properties,0,required}', 'false'),
    ('{schema,0,properties,1,required}', 'true'),
    ('{schema,0,properties,1,logicalTypeOptions,maxLength}', '16'),
    ('{schema,0,properties,1,logicalTypeOptions,maxLength}', '64'),
    ('{schema,0,properties,1,logicalTypeOptions,pattern}', '"^a"'),
    ('{schema,0,properties,3,logicalTypeOptions}', '{"minimum": -1, "maximum": 0.5}'),
    ('{schema,0,properties,2,quality,0,arguments,validValues}', '["cat", "dog", "cow"]'),
    ('{schema,0,properties,2,quality,0,arguments,validValues}', '["cat"]'),
    ('{schema,0,properties,2,quality,0,arguments,validValues}', '["cat", "cow"]'),
    ('{schema,0,properties,2,quality,0,mustBeLessThan}', '2'),
    ('{schema,0,properties,2,quality,0,mustBeLessThan}', '0.5'),
    ('{schema,0,properties,2,quality,0,unit}', '"rows"'),
    ('{schema,0,properties,2,quality,0,severity}', '"warning"'),
    ('{schema,0,properties,2,classification}', '"public"'),
    ('{schema,0,properties,1,quality}', '[{"metric": "nullValues", "mustBe": 0, "severity": "warning"}]'),
    ('{slaProperties,0,value}', '12'),
    ('{slaProperties,0,value}', '3'),
    ('{slaProperties,1,value}', '99'),
    ('{slaProperties,1}', NULL),
    ('{customProperties,0,value}', '"reject"')) AS v (p, v);
-- float4 within float8, and sizes
SELECT b, a, _type_change(jsonb_build_object('physicalType', b), jsonb_build_object('physicalType', a)) FROM (VALUES ('int', 'bigint'), ('bigint', 'int'), ('bigint', 'float8'), ('varchar(5)', 'varchar(9)'), ('varchar(9)', 'character varying(5)'), ('varchar(9)', 'text'), ('text', 'varchar'),
    ('numeric(10,2)', 'numeric(12,2)'), ('numeric(10,2)', 'numeric(10,4)'), ('date', 'timestamp'), ('timestamp', 'timestamptz'), ('uuid', 'text'), ('int4', 'integer'), ('varchar(5)', 'varchar (5)')) AS v (b, a);

SELECT b, a, _type_change(jsonb_build_object('physicalType', b), jsonb_build_object('physicalType', a)) FROM (VALUES ('varchar(99999999999)', 'varchar(9)'), ('varchar(99999999999)', 'varchar(99999999998)'), ('numeric( , )', 'numeric(3)'), ('timestamp(3) without time zone', 'timestamp'), ('timestamp(0)', 'timestamp without time zone (0)')) AS v (b, a);
SELECT compare_contracts('[]', '{}');

-- whatever changes is told, and what is told decides which versions may follow: the smallest step, and all that are wider
BEGIN;
CREATE TABLE changed (path text, value jsonb);
INSERT INTO changed VALUES
    ('{schema,0,properties,0,description}', '"x"'), ('{schema,0,physicalType}', '"view"'), ('{schema,0,properties,1,primaryKeyPosition}', '2'), ('{schema,0,properties,1,quality}', '[{"type": "text", "description": "x"}]'), ('{schema,0,relationships}', '[{"from": "labels.label", "to": "x.json#/a"}]'),
    ('{schema,0,quality,1}', '{"type": "custom", "engine": "soda", "implementation": "x"}'), ('{slaProperties,0,description}', '"x"'), ('{team}', '{"name": "x"}'), ('{schema,0,properties,2,quality,0,description}', '"x"'), ('{schema,0,properties,1,examples}', '[1]'),
    ('{schema,0,properties,5}', '{"name": "note"}'), ('{schema,0,properties,5}', '{"name": "note", "logicalTypeOptions": {"maxLength": 3}, "unique": true}'), ('{schema,0,properties,5}', '{"name": "note", "quality": [{"metric": "nullValues", "mustBe": 0}]}'),
    ('{schema,0,properties,5}', '{"name": "note", "quality": [{"metric": "nullValues", "mustBe": 0, "severity": "warning"}]}'), ('{schema,0,properties,5}', '{"name": "note", "quality": [{"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"}]}'), ('{schema,0,properties,5}', '{"name": "note", "primaryKey": true}'),
    ('{schema,0,properties,1,physicalType}', '"varchar(32)"'), ('{schema,0,properties,3,physicalType}', '"real"'), ('{schema,0,properties,3,physicalType}', '"text"'), ('{schema,0,properties,2,quality,0,arguments,validValues}', '["cat", "dog", "cow"]'), ('{schema,0,properties,2,quality,0,arguments,validValues}', '["cat"]'),
    ('{schema,0,properties,1,required}', 'true'), ('{schema,0,properties,0,required}', 'false'), ('{schema,0,properties,1,logicalTypeOptions,maxLength}', '16'), ('{schema,0,properties,1,logicalTypeOptions,maxLength}', '64'), ('{schema,0,quality}', '[]'), ('{schema,0,quality,0,severity}', '"warning"'),
    ('{schema,0,properties,3}', NULL), ('{schema,0,properties,1,physicalName}', '"rater"'), ('{slaProperties,0,value}', '3'), ('{slaProperties,0,value}', '12'), ('{slaProperties,1,value}', '99.99'), ('{slaProperties,1}', NULL), ('{slaProperties,2}', '{"property": "retention", "value": 3, "unit": "y"}'),
    ('{schema,0,customProperties}', '[{"property": "aidataops.schemaWatch", "value": "block"}]'), ('{schema,0,customProperties}', '[{"property": "aidataops.coverage", "value": {"columns": ["label"], "min_rows": 5}}]'), ('{schema,0,properties,2,classification}', '"public"'), ('{servers}', '[{"server": "s", "type": "s3"}]');
CREATE FUNCTION smallest_step(document jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v text;
BEGIN
    FOREACH v IN ARRAY '{1.0.1,1.1.0,2.0.0}'::text[] LOOP
        BEGIN
            PERFORM create_contract(document || jsonb_build_object('version', v, 'status', 'proposed'));
            PERFORM drop_contract('labels-gold', v);
            RETURN CASE v WHEN '1.0.1' THEN 'patch' WHEN '1.1.0' THEN 'minor' ELSE 'major' END;
        EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
        END;
    END LOOP;
END $$;
WITH document AS (SELECT c.*, CASE WHEN c.value IS NULL THEN d #- c.path::text[] ELSE jsonb_set(d, c.path::text[], c.value) END AS document, d FROM changed AS c, export_contract('labels-gold', '1.0.0') AS d)
SELECT d.path, d.value, t.changes, s.step, s.step = t.bump AS as_told, i.changes AS taken_back
  FROM document AS d, LATERAL (SELECT string_agg(c.change, ', ') AS changes, (array_agg(c.bump ORDER BY array_position('{major,minor,patch}', c.bump)))[1] AS bump FROM compare_contracts(d.d, d.document) AS c) AS t,
       LATERAL (SELECT string_agg(c.change, ', ') AS changes FROM compare_contracts(d.document, d.d) AS c) AS i, smallest_step(d.document) AS s (step);
ROLLBACK;

-- what is kept comes back: of other versions of the standard, fields that nobody knows, nulls, numbers as they were written
CREATE FUNCTION comes_back(document jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM create_contract(document);
    RETURN export_contract(document ->> 'id', document ->> 'version')::text = document::text AND drop_contract(document ->> 'id', document ->> 'version') IS NOT NULL;
END $$;
SELECT comes_back(d::jsonb) FROM (VALUES
    ('{"status": "draft", "version": "1.0.0", "id": "old", "kind": "DataContract", "apiVersion": "v3.0.2", "schema": [{"name": "labels_v2", "properties": [{"name": "confidence", "logicalType": "number", "logicalTypeOptions": {"minimum": 0.10, "exclusiveMinimum": true},
       "quality": [{"rule": "nullCheck", "mustBe": 0, "anything": {"else": [null, 1.50, "é\u0001"]}}]}]}], "team": [{"username": "ann"}]}'),
    ('{"version": "1.0.0", "id": "new", "kind": "DataContract", "apiVersion": "v3.2.0", "unheardOf": {"a": [null]}, "context": [1, {"b": 2e3}], "schema": [{"name": "labels_v2", "deprecated": true, "properties": [{"name": "label", "logicalType": "string", "enum": [{"value": "a", "label": "A"}], "semanticType": "x"},
       {"name": "confidence", "logicalType": "vector", "vector": {"dimensions": 3, "distanceMetric": "cosine", "sparse": false}}, {"name": "annotator", "logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}}]}], "servers": [{"server": "x", "type": "kafka", "port": "${PORT}"}]}'),
    ('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "bare", "version": "1.0.0", "status": "draft"}')) AS v (d);
DROP FUNCTION comes_back;
-- two objects of one table
SELECT create_contract(contract_version('1.0.0', 'active', '{schema,1}', '{"name": "again", "physicalName": "contract_test.labels_v2"}', 'twice'));

-- a step too small, a step back, a step wide enough
SELECT create_contract(contract_version('1.0.1', 'active', '{schema,0,properties,1,required}', 'true'));
SELECT create_contract(contract_version('1.1.0', 'active', '{schema,0,properties,1,required}', 'true'));
SELECT create_contract(contract_version('0.9.0', 'active', '{description}', '{"purpose": "x"}'));
SELECT count(*) FROM contract WHERE contract = 'labels-gold';
SELECT * FROM create_contract(contract_version('1.0.1', 'active', '{description}', '{"purpose": "x"}'));
SELECT version, status FROM contract WHERE contract = 'labels-gold' ORDER BY 1;
SELECT * FROM create_contract(contract_version('2.0.0', 'draft', '{schema,0,properties,1,required}', 'true'));
SELECT propose_contract('labels-gold', '2.0.0', 'raters are named from March on');
SELECT * FROM create_contract(contract_version('3.0.0', 'proposed', '{schema,0,properties,3,required}', 'true'));
SELECT activate_contract('labels-gold', '2.0.0');
SELECT version, status FROM contract WHERE contract = 'labels-gold' ORDER BY 1;
SELECT activate_contract('labels-gold', '1.0.0');
-- one contract a table
SELECT create_contract(contract_version('1.0.0', 'active', id => 'other'));
SELECT deprecate_contract('labels-gold', '2.0.0', '2027-01-01 00:00 UTC');
SELECT create_contract(contract_version('1.0.0', 'active', id => 'other'));
SELECT retire_contract('labels-gold', '2.0.0');
SELECT * FROM create_contract(contract_version('1.0.0', 'active', id => 'other'));
SELECT retire_contract('other', '1.0.0');
SELECT drop_contract('other', '1.0.0');
SELECT retire_contract('other', '1.0.0');
SELECT event, version, detail - 'changes' AS detail FROM contract_event WHERE contract = 'labels-gold' ORDER BY event_id;

-- what is missing
SELECT severity, finding, message FROM lint_contract(contract_version('1.0.0', 'draft', '{schema,0,properties,0,physicalName}', '"item"', id => 'missing'));
SELECT severity, finding, message FROM lint_contract(contract_version('1.0.0', 'draft', '{schema,0,physicalName}', '"nowhere.at_all"', id => 'missing'));
SELECT severity, finding, message FROM lint_contract(contract_version('1.0.0', 'draft', '{schema,0,properties,0,physicalType}', '"struct<a:int>"', id => 'missing'));
SELECT severity, finding, message FROM lint_contract(contract_version('1.0.0', 'draft', '{schema,0,properties,3,physicalType}', '"integer"', id => 'missing'));
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT create_contract(contract_version('1.0.0', 'active', '{schema,0,properties,0,physicalName}', '"item"', id => 'missing'));
SELECT create_contract(contract_version('1.0.0', 'active', '{schema,0,physicalName}', '"nowhere.at_all"', id => 'missing'));
SELECT create_contract(contract_version('1', 'active', '{schema,0,quality}', '[{}]', id => 'missing'));
SELECT create_contract(contract_version('1.0.1', 'active', '{schema,0,properties,0,required}', 'false'));
\set VERBOSITY terse
SELECT count(*) FROM contract WHERE contract = 'missing';
SELECT export_contract('nope'), 1;
SELECT export_contract('labels-gold', '7.7.7');
SELECT activate_contract('nope', '1.0.0');
SELECT create_contract(NULL), activate_contract(NULL, NULL);
SELECT propose_contract(NULL, NULL);

-- others: who may read a column sees the contract, who may not sees none, and nobody else changes it
RESET ROLE;
SET ROLE contract_consumer;
SELECT DISTINCT contract FROM contract;
SELECT count(*) > 0 AS rules FROM rule WHERE contract = 'labels-gold';
SELECT retire_contract('labels-gold', '2.0.0');
SELECT create_contract(contract_version('9.0.0'));
-- a consumer may propose a contract, but not put the table under it
SELECT * FROM create_contract(contract_version('1.0.0', id => 'wish'));
SELECT activate_contract('wish', '1.0.0');
INSERT INTO contract SELECT * FROM contract;
SELECT _announce('labels-gold', '1.0.0', 'hoax');
RESET ROLE;
SET ROLE contract_stranger;
SELECT (SELECT count(*) FROM contract) AS contracts, (SELECT count(*) FROM contract_table) AS tables, (SELECT count(*) FROM rule) AS rules, (SELECT count(*) FROM contract_event) AS events;
SELECT export_contract('labels-gold', '1.0.0');
RESET ROLE;
-- an owner sees what the contract is about without rights on the table
REVOKE ALL ON contract_test.labels_v2 FROM contract_consumer;
SET ROLE contract_consumer;
SELECT contract, object FROM contract_table;
SELECT count(*) FROM describe_contract('wish', '1.0.0');
SELECT drop_contract('wish', '1.0.0');
RESET ROLE;

-- a contract proposed from a table
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE person (id int PRIMARY KEY);
INSERT INTO person SELECT generate_series(1, 400);
CREATE TABLE visit (id int PRIMARY KEY, person int NOT NULL REFERENCES person, mood mood, code varchar(8) UNIQUE, share float8, kind text, mail text, "Odd ""one." text, gone int, n int CHECK (n > 0), UNIQUE (person, mood));
ALTER TABLE visit DROP COLUMN gone;
COMMENT ON COLUMN visit.kind IS 'why they came';
INSERT INTO visit SELECT i, i, 'calm', 'c' || i, i / 1000.0, CASE i % 2 WHEN 0 THEN 'new' ELSE 'known' END, i || '@example.org', NULLIF(i % 50, 0)::text, i FROM generate_series(1, 400) AS i;
SELECT * FROM create_contract(infer_contract('visit'));
SELECT promise, judged, severity, description FROM describe_contract('visit', '1.0.0');
SELECT * FROM lint_contract(infer_contract('visit'));
SELECT infer_contract('visit', 0) #> '{schema,0,properties,0}', infer_contract(NULL);
-- names that queries have too, and more columns than a function has arguments
CREATE TABLE wide (rows int, n text);
DO $$ BEGIN FOR i IN 1 .. 150 LOOP EXECUTE format('ALTER TABLE wide ADD c%s int', i); END LOOP; END $$;
INSERT INTO wide (rows, n) SELECT i, 'x' FROM generate_series(1, 200) AS i;
SELECT jsonb_array_length(d #> '{schema,0,properties}'), d #> '{schema,0,properties,0,quality}', (SELECT count(*) FROM lint_contract(d)) FROM infer_contract('wide') AS d;
-- of a dataset, all rows of its last version count, and what a sample shows of those that came since
CREATE TABLE measured (id int PRIMARY KEY, kind text, price money, ratio float8, counted int, body text);
INSERT INTO measured SELECT i, CASE i WHEN 777 THEN 'rare' ELSE 'c' || i % 3 END, i, CASE i WHEN 5 THEN 'NaN' ELSE i / 5000.0 END, i % 5, CASE i % 2 WHEN 0 THEN repeat('x', 300) ELSE repeat('y', 300) END FROM generate_series(1, 5000) AS i;
SELECT create_dataset('measured', 'measured', roles => '{"ratio": "number"}'), commit('measured', 'all');
INSERT INTO measured (id, kind, counted) VALUES (5001, 'new', -1);
SELECT sample, p ->> 'name' AS name, c ->> 'metric' AS metric, coalesce(c -> 'arguments' -> 'validValues', c -> 'implementation') AS what, c ->> 'description' AS description
  FROM unnest('{0,1000000}'::bigint[]) AS sample, jsonb_array_elements(infer_contract('measured', sample) #> '{schema,0,properties}') AS p, jsonb_array_elements(p -> 'quality') AS c
 ORDER BY sample, p ->> 'name', c ->> 'metric';
SELECT contract, status FROM create_contract(jsonb_set(infer_contract('measured'), '{status}', '"active"'));
SELECT rule, outcome, message FROM check_contract('measured') WHERE outcome <> 'pass';
-- an old version of few rows does not hide what a sample shows, and what the sample alone shows is said of it
CREATE TABLE grown (id int PRIMARY KEY, kind text, share float8, mail text);
INSERT INTO grown VALUES (1, 'a', 0.5, 'a@example.org');
SELECT create_dataset('grown', 'grown'), commit('grown', 'few');
INSERT INTO grown SELECT i, 'k' || i % 3, i / 6000.0, i || '@example.org' FROM generate_series(2, 5000) AS i;
SELECT p ->> 'name' AS name, c ->> 'metric' AS metric, coalesce(c -> 'arguments' -> 'validValues', c -> 'implementation') AS what, c ->> 'description' AS description
  FROM jsonb_array_elements(infer_contract('grown') #> '{schema,0,properties}') AS p, jsonb_array_elements(p -> 'quality') AS c ORDER BY p ->> 'name', c ->> 'metric';
INSERT INTO grown SELECT i, 'k0', 0.5, 'nobody' FROM generate_series(5001, 5002) AS i;
SELECT commit('grown', 'more');
SELECT p ->> 'name' AS name, c -> 'implementation' AS what, c ->> 'description' AS description
  FROM jsonb_array_elements(infer_contract('grown', 1000) #> '{schema,0,properties}') AS p, jsonb_array_elements(p -> 'quality') AS c WHERE c ? 'implementation' ORDER BY p ->> 'name';
SELECT drop_dataset('grown');
SELECT drop_dataset('measured');
-- one answer to whether a column is of the type that a contract says
CREATE DOMAIN mail AS varchar(40);
CREATE TYPE "My Mood" AS ENUM ('calm');
CREATE DOMAIN moody AS mood;
CREATE DOMAIN contract_test.date AS text;
SELECT expected, string_agg(type, ', ' ORDER BY n) FILTER (WHERE _type_fits(expected, _type_named(type, true), type)) AS fit, string_agg(type, ', ' ORDER BY n) FILTER (WHERE NOT _type_fits(expected, _type_named(type, true), type)) AS do_not
  FROM (VALUES (1, '"text"'::jsonb, '{text,contract_test.mail,varchar}'::text[]), (2, '"mail"', '{contract_test.mail,character varying(40),text}'), (3, '"contract_test.mail"', '{contract_test.mail,character varying(40)}'),
               (4, '"varchar( 40 )"', '{character varying(40),contract_test.mail,character varying,character varying(41)}'), (5, '"VARCHAR"', '{character varying(40),contract_test.mail}'),
               (6, '"numeric(10)"', '{"numeric(10,0)","numeric(10,2)",numeric}'), (7, '"float(24)"', '{real,double precision}'), (8, '"timestamptz(3)"', '{timestamp(3) with time zone,timestamp with time zone}'),
               (9, '"mood[]"', '{contract_test.mood[],contract_test.mood}'), (10, '"My Mood"', '{"contract_test.\"My Mood\""}'), (11, '"int[]"', '{integer[],bigint[]}'),
               -- names of other systems, and no names
               (12, '{"physicalType": "NUMBER(10)"}', '{numeric}'), (13, '{"physicalType": "NUMBER(10)", "logicalType": "number"}', '{numeric,text}'), (14, '{"physicalType": "STRING", "logicalType": "string"}', '{text,integer}'),
               (15, '"); DROP TABLE x"', '{text}'), (16, '""', '{text}'), (17, '"no_such.text"', '{text}'), (18, '"pg_class.relname%type"', '{name}'), (19, '"text"', '{gone.type}'), (20, '{}', '{text}'),
               (31, '{"physicalType": "varchar(max)", "logicalType": "string"}', '{character varying,text,integer}'), (32, '{"physicalType": "numeric(p,s)", "logicalType": "number"}', '{numeric,text}'), (33, '"numeric(99999999999)"', '{numeric}'),
               (34, '{"physicalType": "contract_test.gone", "logicalType": "string"}', '{text}'), (35, '"char"', '{"character(1)","\"char\""}'), (36, '"\"char\""', '{"character(1)","\"char\""}'), (37, '"pg_catalog.numeric(10)"', '{"numeric(10,0)"}'),
               (38, '"mood"', '{contract_test.moody}'), (39, '"date"', '{contract_test.date,date}'),
               (21, '{"logicalType": "string"}', '{text,uuid,inet,jsonb,regclass,contract_test.mood,contract_test.mail,integer,boolean,date,text[]}'), (22, '{"logicalType": "integer"}', '{bigint,numeric,real,oid,text}'),
               (23, '{"logicalType": "number"}', '{integer,numeric,real,money,oid,text}'), (24, '{"logicalType": "date"}', '{date,timestamp with time zone,time,text}'), (25, '{"logicalType": "timestamp"}', '{timestamp,timestamptz,date}'),
               (26, '{"logicalType": "time"}', '{time,timetz,timestamp}'), (27, '{"logicalType": "array"}', '{text[],jsonb,json,text}'), (28, '{"logicalType": "vector"}', '{real[],text}'),
               (29, '{"logicalType": "object"}', '{jsonb,xml,contract_test.visit,text}'), (30, '{"logicalType": "map"}', '{jsonb,contract_test.visit,text}')) AS v (id, expected, types), unnest(types) WITH ORDINALITY AS t (type, n)
 GROUP BY id, expected ORDER BY id;
-- rules that do not fit their columns
SELECT f.severity, f.pointer, f.finding, f.message, f.hint FROM lint_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "misfit", "version": "1.0.0", "status": "draft", "schema": [{"name": "wide", "quality": [{"type": "custom", "engine": "aidataops", "implementation": {"kind": "compare", "columns": ["rows", "n"], "operator": "<"}}],
    "properties": [{"name": "rows", "logicalTypeOptions": {"minLength": 1}, "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBeLessThan": 5}]}, {"name": "n", "logicalTypeOptions": {"minimum": 1, "maxLength": 3}}, {"name": "gone", "logicalTypeOptions": {"minimum": 1}}]}]}') AS f WHERE f.severity <> 'note';
SELECT infer_contract('visit_pkey');
SELECT infer_contract('visit', -1);
SET ROLE contract_stranger;
SELECT infer_contract('contract_test.visit');
RESET ROLE;
SELECT drop_contract('visit', '1.0.0');

-- a check that moved or has another name is the same check
CREATE FUNCTION with_checks(VARIADIC checks jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_set('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "draft", "schema": [{"name": "t", "properties": [{"name": "c", "logicalType": "string"}]}]}', '{schema,0,properties,0,quality}', to_jsonb(checks)) $$;
SELECT p.what, c.change, c.element, c.bump
  FROM (VALUES ('{"metric": "nullValues", "mustBe": 0}'::jsonb, '{"metric": "invalidValues", "arguments": {"pattern": "^[a-z]$"}, "mustBe": 0}'::jsonb, '{"metric": "invalidValues", "arguments": {"pattern": "^[xyz]$"}, "mustBe": 0}'::jsonb,
                '{"name": "letters", "metric": "invalidValues", "arguments": {"pattern": "^[a-z]$"}, "mustBe": 0}'::jsonb)) AS q (nulls, letters, few, named),
       LATERAL (VALUES (1, 'moved', with_checks(nulls, letters, few), with_checks(few, letters, nulls)), (2, 'named', with_checks(nulls, letters), with_checks(nulls, named)),
                       (3, 'another', with_checks(letters), with_checks(few)), (4, 'one before it', with_checks(letters), with_checks(few, letters)), (5, 'one of two alike', with_checks(letters, letters), with_checks(letters))) AS p (n, what, before, after),
       compare_contracts(p.before, p.after) AS c ORDER BY p.n, c.element;

DELETE FROM contract; DELETE FROM contract_table; DELETE FROM rule; DELETE FROM contract_event;
DROP SCHEMA contract_test CASCADE;
DROP ROLE contract_owner, contract_consumer, contract_stranger;
