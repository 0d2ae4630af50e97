-- Contracts are measured for whoever asks. What the owners of the data can define - casts, views, policies, expressions
-- of indexes, checks of domains, SQL functions, for the table that is checked and for those that rules refer to - runs
-- as its owner and as nobody else: not as the steward who owns the contract, not as another owner, not as a superuser.
BEGIN;
SET client_min_messages = error;
SET search_path = public, pgtap;
SELECT plan(26);
CREATE ROLE attack_owner;
CREATE ROLE attack_annotator;
CREATE ROLE attack_steward IN ROLE attack_owner, attack_annotator;
CREATE ROLE attack_consumer;
CREATE ROLE attack_reader;
CREATE SCHEMA data AUTHORIZATION attack_owner;
CREATE SCHEMA gold AUTHORIZATION attack_annotator;
CREATE SCHEMA desk AUTHORIZATION attack_steward;
CREATE SCHEMA main;
GRANT USAGE ON SCHEMA data, gold, desk, main TO PUBLIC;

-- code of an owner that tells, by an error, whenever it runs as somebody else
CREATE FUNCTION pg_temp.spies(role name, schema text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format('SET ROLE %I', role);
    EXECUTE format($$CREATE FUNCTION %2$I.spy() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $f$
        BEGIN
            IF current_user <> %1$L THEN RAISE EXCEPTION 'code of %% runs as %%', %1$L, current_user; END IF;
            RETURN true;
        END $f$ $$, role, schema);
    EXECUTE format($$CREATE FUNCTION %1$I.seen(anyelement) RETURNS anyelement LANGUAGE plpgsql IMMUTABLE AS $f$
        BEGIN
            PERFORM %1$I.spy();
            RETURN $1;
        END $f$ $$, schema);
    EXECUTE format($$CREATE TYPE %1$I.kind AS ENUM ('a', 'b', 'c')$$, schema);
    EXECUTE format($$CREATE FUNCTION %1$I.told(%1$I.kind) RETURNS text LANGUAGE plpgsql AS $f$
        BEGIN RAISE EXCEPTION 'a cast runs as %%', current_user; END $f$ $$, schema);
    EXECUTE format($$CREATE FUNCTION %1$I.told_json(%1$I.kind) RETURNS json LANGUAGE plpgsql AS $f$
        BEGIN RAISE EXCEPTION 'a cast runs as %%', current_user; END $f$ $$, schema);
    EXECUTE format($$CREATE FUNCTION %1$I.told_number(%1$I.kind) RETURNS float8 LANGUAGE plpgsql AS $f$
        BEGIN PERFORM %1$I.spy(); RETURN 1; END $f$ $$, schema);
    EXECUTE format('CREATE CAST (%1$I.kind AS text) WITH FUNCTION %1$I.told(%1$I.kind)', schema);
    EXECUTE format('CREATE CAST (%1$I.kind AS json) WITH FUNCTION %1$I.told_json(%1$I.kind)', schema);
    EXECUTE format('CREATE CAST (%1$I.kind AS float8) WITH FUNCTION %1$I.told_number(%1$I.kind) AS IMPLICIT', schema);
    EXECUTE format('CREATE DOMAIN %1$I.small AS int CHECK (%1$I.spy())', schema);
    RESET ROLE;
END $make$;
SELECT pg_temp.spies('attack_owner', 'data');
SELECT pg_temp.spies('attack_annotator', 'gold');

-- a table with as much code as there can be, and a view of it
CREATE FUNCTION pg_temp.tables(role name, schema text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format('SET ROLE %I', role);
    EXECUTE format('CREATE TABLE %1$I.facts (id int PRIMARY KEY, label %1$I.kind, rater int, score int, sizes %1$I.small[])', schema);
    EXECUTE format($$INSERT INTO %1$I.facts SELECT i, (ARRAY['a', 'b'])[1 + i %% 2]::%1$I.kind, i %% 2, i, ARRAY[i] FROM generate_series(1, 20) AS i$$, schema);
    EXECUTE format('CREATE INDEX ON %1$I.facts ((%1$I.seen(1)))', schema);
    EXECUTE format('CREATE INDEX ON %1$I.facts (id) WHERE %1$I.spy()', schema);
    EXECUTE format('ALTER TABLE %I.facts ENABLE ROW LEVEL SECURITY', schema);
    EXECUTE format('CREATE POLICY everybody ON %1$I.facts USING (%1$I.spy())', schema);
    EXECUTE format('CREATE VIEW %1$I.view AS SELECT id, %1$I.seen(label) AS label, rater, %1$I.seen(score) AS score, sizes FROM %1$I.facts', schema);
    EXECUTE format('GRANT SELECT ON %1$I.facts, %1$I.view TO attack_consumer', schema);
    RESET ROLE;
END $make$;
SELECT pg_temp.tables('attack_owner', 'data');
SELECT pg_temp.tables('attack_annotator', 'gold');
GRANT SELECT ON data.view TO attack_reader;

CREATE FUNCTION pg_temp.rule(name text, implementation jsonb, threshold jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$SELECT jsonb_build_object('name', name, 'type', 'custom', 'engine', 'aidataops', 'implementation', implementation) || threshold$$;
CREATE FUNCTION pg_temp.promise(id text, relation text, VARIADIC rules jsonb[]) RETURNS text LANGUAGE sql AS $$
    SELECT c.contract FROM aidataops.create_contract(jsonb_build_object('apiVersion', 'v3.0.2', 'kind', 'DataContract',
        'id', id, 'version', '1.0.0', 'status', 'active', 'schema', jsonb_build_array(jsonb_build_object('name', 't',
        'physicalName', relation, 'quality', to_jsonb(rules), 'properties', (SELECT jsonb_agg(jsonb_build_object('name', a.attname,
            'logicalType', CASE t.typcategory WHEN 'N' THEN 'integer' WHEN 'A' THEN 'array' ELSE 'string' END))
            FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = relation::regclass AND a.attnum > 0))))) AS c$$;

-- rules of each kind; the values, which two thirds of the rows have, so that there are examples
CREATE TABLE main.of_the_table AS SELECT ARRAY[
    pg_temp.rule('length', '{"kind": "statistic", "columns": ["label"], "function": "avg_length"}', '{"mustBe": 1}'),
    pg_temp.rule('mean', '{"kind": "statistic", "columns": ["score"], "function": "avg"}', '{"mustBeGreaterThan": 0}'),
    pg_temp.rule('values', '{"kind": "values", "columns": ["label"], "values": ["a"]}'),
    pg_temp.rule('range', '{"kind": "range", "columns": ["score"], "max": 5}'),
    pg_temp.rule('items', '{"kind": "items", "columns": ["sizes"], "min": 1}'),
    pg_temp.rule('expression', '{"kind": "expression", "columns": ["score"], "sql": "score > 0"}'),
    pg_temp.rule('duplicates', '{"kind": "duplicates", "columns": ["label"]}', '{"mustBeLessThan": 100}'),
    pg_temp.rule('agreement', '{"kind": "agreement", "unit": "rater", "rater": "id", "label": "label", "coefficient": "krippendorff_alpha"}', '{"mustBeGreaterOrEqualTo": -1}'),
    pg_temp.rule('coverage', '{"kind": "coverage", "columns": ["label"], "min_rows": 1}', '{"mustBe": 0}'),
    '{"name": "sql", "type": "sql", "query": "SELECT count(*) FROM {object}", "mustBe": 20}'::jsonb] AS rules;
CREATE FUNCTION pg_temp.of_others(relation text) RETURNS jsonb[] LANGUAGE sql AS $$SELECT ARRAY[
    pg_temp.rule('accuracy', jsonb_build_object('kind', 'accuracy', 'gold', relation, 'key', 'id', 'label', 'label'), '{"mustBeGreaterThan": 0.9}'),
    pg_temp.rule('reference', jsonb_build_object('kind', 'reference', 'columns', '["score"]'::jsonb, 'relation', relation, 'to', '["score"]'::jsonb), '{"mustBe": 0}'),
    jsonb_build_object('name', 'joined', 'type', 'sql', 'mustBe', 20, 'query', format('SELECT count(*) FROM {object} AS o JOIN %s AS g USING (id)', relation))]$$;
GRANT SELECT ON main.of_the_table TO PUBLIC;

-- what a check found, of what should have been measured: the rules that could not be, and what is said of them
CREATE FUNCTION pg_temp.unmeasured(contract text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(r.rule || ': ' || r.message, E'\n'), count(*) || ' measured')
      FROM aidataops.check_contract(contract) AS r WHERE r.outcome = 'error' OR r.message LIKE '%runs as%'$$;
CREATE FUNCTION pg_temp.outcome(contract text, rule text) RETURNS text LANGUAGE sql AS $$
    SELECT r.outcome || coalesce(': ' || r.message, '') FROM aidataops.check_contract(contract) AS r WHERE r.rule = outcome.rule$$;

-- a steward with the rights of both; whoever asks
SET ROLE attack_steward;
SELECT is(pg_temp.promise('steward', 'data.facts', VARIADIC rules || pg_temp.of_others('gold.facts')), 'steward', 'a steward''s contract') FROM main.of_the_table;
SELECT is(pg_temp.promise('view', 'data.view', VARIADIC rules || pg_temp.of_others('gold.view')), 'view', 'and one of views') FROM main.of_the_table;
SELECT is(pg_temp.unmeasured('steward'), '0 measured', 'the steward checks: all runs as the owners');
SET ROLE attack_owner;
SELECT is(pg_temp.unmeasured('steward'), '0 measured', 'the owner checks: nothing runs as the steward');
SELECT is(pg_temp.unmeasured('view'), '0 measured', 'nor of a view');
SET ROLE attack_reader;
SELECT is(pg_temp.unmeasured('view'), '0 measured', 'nor for a reader');
RESET ROLE;
SELECT is(pg_temp.unmeasured('view'), '0 measured', 'nor as a superuser who asks');
SELECT is(pg_temp.unmeasured('steward'), '0 measured', 'whatever the relation');
SELECT isnt((SELECT examples FROM aidataops.check_results('view') WHERE rule = 'values'), NULL, 'with examples');
SELECT isnt((SELECT measured FROM aidataops.check_results('view') WHERE rule = 'accuracy'), NULL, 'and numbers');

-- a superuser's contract on the tables of others
UPDATE aidataops.contract SET owner = session_user WHERE contract IN ('steward', 'view');
SELECT is(pg_temp.unmeasured('steward'), '0 measured', 'a superuser''s contract runs no code as superuser');
SELECT is(pg_temp.unmeasured('view'), '0 measured', 'nor of a view');
SET ROLE attack_owner;
SELECT is(pg_temp.unmeasured('steward'), '0 measured', 'whoever asks');
RESET ROLE;

-- a superuser's table, with what it is compared with in tables of others, and of their types
CREATE TABLE main.facts AS SELECT id, label::varchar AS word, score FROM (SELECT i AS id, (ARRAY['a', 'b'])[1 + i % 2] AS label, i AS score FROM generate_series(1, 20) AS i) AS f;
ALTER TABLE main.facts RENAME word TO label;
SELECT is(pg_temp.promise('main', 'main.facts', VARIADIC pg_temp.of_others('gold.facts')), 'main', 'a superuser''s table and gold of an annotator');
SELECT is(pg_temp.promise('main view', 'main.facts', VARIADIC pg_temp.of_others('gold.view')), 'main view', 'or a view of gold') FROM (SELECT aidataops.retire_contract('main', '1.0.0')) AS r;
SELECT is(pg_temp.unmeasured('main view'), '0 measured', 'gold is read as the annotator, what it is compared with as the superuser');
CREATE TABLE main.typed (id int PRIMARY KEY, label gold.kind, sizes gold.small[]);
INSERT INTO main.typed VALUES (1, 'a', NULL), (2, 'b', NULL);
SELECT is(pg_temp.promise('typed', 'main.typed',
    pg_temp.rule('length', '{"kind": "statistic", "columns": ["label"], "function": "avg_length"}', '{"mustBe": 1}'),
    pg_temp.rule('mean', '{"kind": "statistic", "columns": ["label"], "function": "avg"}', '{"mustBeGreaterThan": 0}'),
    pg_temp.rule('duplicates', '{"kind": "duplicates", "columns": ["label"]}', '{"mustBe": 0}'),
    pg_temp.rule('one of', '{"kind": "values", "columns": ["sizes"], "values": ["{1}", "{2}"]}')), 'typed', 'types of somebody else');
SELECT is(pg_temp.outcome('typed', 'length'), 'pass', 'are text without their casts');
SELECT alike(pg_temp.outcome('typed', 'mean'), 'error: %function of somebody else%', 'and no numbers by a cast of theirs');
SELECT unalike(pg_temp.outcome('typed', 'one of'), '%runs as%', 'nor are their domains asked');

-- what rests on relations of others a superuser does not read at all
CREATE VIEW main.over AS SELECT id, score FROM data.view;
SELECT is(pg_temp.promise('over', 'main.over', pg_temp.rule('range', '{"kind": "range", "columns": ["score"], "max": 5}'),
    jsonb_build_object('name', 'sql', 'type', 'sql', 'mustBe', 0, 'query', 'SELECT count(*) FROM main.over')), 'over', 'a superuser''s view of a view');
SELECT alike(pg_temp.outcome('over', 'range'), 'error: %is not read with the rights of superuser%', 'is refused');
SELECT alike(pg_temp.outcome('over', 'sql'), 'error: %is not read with the rights of superuser%', 'in a query, too');

-- who only reads a table lends nobody the rights to: not the table's owner, who would ask for a check of the draft
SET ROLE attack_consumer;
SELECT aidataops.create_contract(replace(aidataops.export_contract('view')::text, '"view"', '"draft"')::jsonb || '{"status": "draft"}');
SET ROLE attack_owner;
SELECT is((SELECT string_agg(DISTINCT r.outcome || ': ' || r.message, E'\n') FROM aidataops.check_contract('draft', NULL, '1.0.0') AS r WHERE r.rule = 'mean'),
    'error: cannot be measured: relation data.view is not read with the rights of "attack_consumer" for others', 'a consumer''s draft is the consumer''s to check');

-- functions of somebody else, named in a rule, do not run as the table's owner either
RESET ROLE;
SELECT is(pg_temp.promise('calls', 'data.facts', jsonb_build_object('name', 'calls', 'type', 'sql', 'mustBe', 0,
    'query', 'SELECT count(*) FROM {object} WHERE NOT gold.spy()')), 'calls', 'a rule calls a function') FROM (SELECT aidataops.retire_contract('steward', '1.0.0')) AS r;
SET ROLE attack_reader;
RESET ROLE;
UPDATE aidataops.contract SET owner = 'attack_steward' WHERE contract = 'calls';
SET ROLE attack_owner;
SELECT alike(pg_temp.outcome('calls', 'calls'), '%runs as%', 'of the annotator, which the owner may ask for');

SELECT * FROM finish();
ROLLBACK;
