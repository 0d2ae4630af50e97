-- The story of a contract, as those live it whom it is between: a producer who writes, a consumer who trains, and the DBA who
-- owns the table. None of them is superuser; one switched the watching on.
SET client_min_messages = error;
CREATE ROLE regress_story_dba;
CREATE ROLE regress_story_producer;
CREATE ROLE regress_story_consumer;
CREATE ROLE regress_story_passer_by;
CREATE SCHEMA work AUTHORIZATION regress_story_dba;
GRANT USAGE ON SCHEMA work TO PUBLIC;
SELECT aidataops.watch_schema();
SELECT plan(56);

-- what is agreed
CREATE FUNCTION agreed(version text, labels jsonb, amount text DEFAULT 'numeric', status text DEFAULT 'draft') RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', 'reviews', 'version', version, 'status', status,
    'customProperties', '[{"property": "aidataops.schemaWatch", "value": "block"}]'::jsonb,
    'schema', jsonb_build_array(jsonb_build_object('name', 'reviews', 'physicalName', 'work.reviews', 'properties', jsonb_build_array(
        '{"name": "id", "logicalType": "integer", "required": true, "unique": true}'::jsonb,
        jsonb_build_object('name', 'label', 'logicalType', 'string', 'required', true,
            'quality', jsonb_build_array(jsonb_build_object('metric', 'invalidValues', 'arguments', jsonb_build_object('validValues', labels), 'mustBe', 0))),
        jsonb_build_object('name', 'amount', 'logicalType', 'number', 'physicalType', amount, 'logicalTypeOptions', '{"minimum": 0}'::jsonb),
        '{"name": "author", "logicalType": "string", "classification": "restricted", "logicalTypeOptions": {"maxLength": 20}}'::jsonb))))
$$;

SET ROLE regress_story_dba;
SET search_path = work, aidataops, public;
CREATE TABLE reviews (id int PRIMARY KEY, label text, amount numeric, author text);
GRANT INSERT, UPDATE ON reviews TO regress_story_producer;
SELECT is((SELECT count(*) FROM lint_contract(public.agreed('1.0.0', '["good", "bad"]')) WHERE severity = 'error'), 0::bigint, 'the DBA lints the document');
SELECT is((SELECT status FROM create_contract(public.agreed('1.0.0', '["good", "bad"]'))), 'draft', 'stores it');
SELECT lives_ok($$SELECT activate_contract('reviews', '1.0.0')$$, 'activates it');
SELECT cmp_ok((SELECT count(*) FROM enforce_contract('reviews', 'reviews', 'quarantine', dry_run => true)), '>', 0::bigint, 'looks what enforcement would do');
SELECT is((SELECT count(*) FROM enforcement_status()), 0::bigint, 'which did nothing');
SELECT lives_ok($$SELECT * FROM enforce_contract('reviews', 'reviews', 'quarantine')$$, 'and enforces it');
SELECT is((SELECT status FROM enforcement_status()), 'enforced', 'which is told');
SELECT lives_ok($$SELECT create_dataset('reviews', 'reviews')$$, 'the table is a dataset');

-- the producer: has INSERT and UPDATE on the table, and nothing else
SET ROLE regress_story_producer;
SELECT lives_ok($$INSERT INTO reviews VALUES (1, 'good', 1, 'ann'), (2, 'bad', 2, 'bob'), (3, 'ugly', 3, 'carl'), (4, 'good', -4, 'dora'), (5, NULL, 5, repeat('x', 99))$$,
    'a batch with bad rows does not stop the producer');
SELECT lives_ok($$UPDATE reviews SET label = 'worse'$$, 'nor does an update without rights to read');
SELECT is((SELECT count(*) FROM quarantine), 0::bigint, 'who does not see what was set aside, because the table is not theirs to read');
SELECT is((SELECT count(*) FROM contract), 0::bigint, 'nor the contract');
SELECT throws_ok($$SELECT * FROM suspend_enforcement('reviews', 'work.reviews', 'in a hurry', now() + interval '1 hour')$$, '42501', NULL, 'the producer cannot suspend it');
SELECT throws_ok($$SELECT * FROM drop_enforcement('reviews', 'work.reviews')$$, '42501', NULL, 'nor drop it');
SELECT throws_ok($$ALTER TABLE work.reviews DISABLE TRIGGER USER$$, '42501', NULL, 'nor disable its trigger');
SELECT throws_ok($$SELECT activate_contract('reviews', '1.0.0')$$, NULL, NULL, 'nor touch the contract');
SELECT throws_ok($$DELETE FROM aidataops.quarantine$$, '42501', NULL, 'nor the quarantine');
SELECT is((SELECT count(*) FROM release_quarantine('work.reviews')), 0::bigint, 'nor release what is in it');

-- the DBA looks after it
SET ROLE regress_story_dba;
SELECT is((SELECT count(*) FROM reviews), 2::bigint, 'what keeps the contract is there');
SELECT is((SELECT array_agg(label ORDER BY id) FROM reviews), ARRAY['good', 'bad'], 'the bad update changed nothing');
SELECT is((SELECT count(*) FROM quarantine WHERE operation = 'INSERT'), 3::bigint, 'three rows are set aside');
SELECT is((SELECT cardinality(rules) FROM quarantine WHERE content ->> 'id' = '5'), 2, 'each with all that it breaks');
SELECT is((SELECT count(*) FROM quarantine WHERE array_to_string(problems, ' ') ~ 'xxx'), 0::bigint, 'and no value of a restricted column in what is wrong with it');
SELECT is((SELECT outcome FROM release_quarantine('reviews', (SELECT array_agg(quarantine_id) FROM quarantine WHERE content ->> 'id' = '4'), '{"amount": 4}')), 'released', 'one is repaired');
SELECT lives_ok($$SELECT discard_quarantine('reviews', 'no label', (SELECT array_agg(quarantine_id) FROM quarantine WHERE status = 'open' AND content ->> 'label' IS DISTINCT FROM 'ugly'))$$, 'some are discarded, with a reason');
SELECT is(commit('reviews', 'first', gate => true), 'reviews@1', 'a version is committed through the gate');
SELECT lives_ok($$SELECT create_gated_view('reviews_served', 'reviews')$$, 'and served');
GRANT SELECT ON reviews_served TO regress_story_consumer;

-- the consumer: has SELECT on the view
SET ROLE regress_story_consumer;
SELECT is((SELECT count(*) FROM work.reviews_served), 3::bigint, 'the consumer reads what passed');
SELECT throws_ok($$SELECT * FROM work.reviews$$, '42501', NULL, 'and not the table');
SELECT is((SELECT count(*) FROM quarantine), 0::bigint, 'nor what was set aside');
SELECT throws_ok($$SELECT * FROM check_contract('reviews')$$, NULL, NULL, 'nor checks what is not theirs to read');
SET ROLE regress_story_dba;
GRANT SELECT ON reviews TO regress_story_consumer;
SET ROLE regress_story_consumer;
SELECT is((SELECT status FROM contract), 'active', 'with SELECT on the table the consumer sees the contract');
SELECT cmp_ok((SELECT count(*) FROM describe_contract('reviews')), '>', 3::bigint, 'and what it promises');
SELECT throws_ok($$SELECT * FROM propose_contract('reviews', '1.0.0')$$, NULL, NULL, 'but changes nothing about it');

-- a passer-by has work of their own
SET ROLE regress_story_passer_by;
SELECT lives_ok($$CREATE TEMP TABLE reviews (id int); ALTER TABLE reviews ADD label int; DROP TABLE reviews$$, 'a passer-by is not disturbed');
SELECT is((SELECT count(*) FROM contract) + (SELECT count(*) FROM schema_changes()) + (SELECT count(*) FROM enforcement_status()), 0::bigint, 'and sees nothing of all this');

-- drift: the DBA's own job wants another type, a release drops a field, somebody disables the trigger
SET ROLE regress_story_dba;
SELECT throws_like($$ALTER TABLE work.reviews ALTER COLUMN amount TYPE text$$, '%does not allow this ALTER TABLE', 'a type change is refused');
SELECT throws_like($$ALTER TABLE work.reviews ALTER COLUMN amount TYPE float8$$, '%does not allow this ALTER TABLE', 'also one that every rule survives, because the contract names the type');
SELECT throws_like($$ALTER TABLE work.reviews DROP COLUMN author$$, '%does not allow this ALTER TABLE', 'a field does not go');
SELECT throws_like($$ALTER TABLE work.reviews DISABLE TRIGGER USER$$, '%does not allow this ALTER TABLE', 'the guard is not disabled');
SELECT lives_ok($$SELECT * FROM suspend_enforcement('reviews', 'reviews', 'import of old reviews', now() + interval '1 hour')$$, 'except on purpose, with a reason and an end');
SELECT lives_ok($$SELECT * FROM resume_enforcement('reviews', 'reviews')$$, 'and back');
SELECT is((SELECT count(*) FROM schema_changes('reviews')), 0::bigint, 'neither is a change of the schema');
SELECT is((SELECT count(*) FROM reconcile_schema()), 0::bigint, 'and none was missed');

-- the next version: announced, then the table changes, then it is activated
SELECT lives_ok($$SELECT create_contract(public.agreed('2.0.0', '["good", "bad", "ugly"]', 'double precision', 'proposed'))$$, 'a version is proposed');
SELECT lives_ok($$ALTER TABLE work.reviews ALTER COLUMN amount TYPE float8$$, 'which allows the type');
SELECT is((SELECT allowed_by FROM schema_changes('reviews') WHERE change = 'type_changed'), '2.0.0', 'as is recorded');
SELECT lives_ok($$SELECT activate_contract('reviews', '2.0.0')$$, 'it is activated');
SELECT is((SELECT status FROM enforcement_status()), 'incomplete', 'the old rules are still enforced, and that is told');
SELECT lives_ok($$SELECT * FROM enforce_contract('reviews', 'reviews', 'quarantine')$$, 'until the new ones are');
SELECT is((SELECT count(*) FROM release_quarantine('reviews') WHERE outcome = 'released'), 1::bigint, 'what is now allowed is let in');
SELECT is(commit('reviews', 'second', gate => true), 'reviews@2', 'and passes the gate');
SET ROLE regress_story_consumer;
SELECT throws_ok($$SELECT * FROM work.reviews_served$$, NULL, NULL, 'the consumer is not served another type unawares');
SET ROLE regress_story_dba;
DROP VIEW work.reviews_served;
SELECT lives_ok($$SELECT create_gated_view('reviews_served', 'reviews')$$, 'but when the view is made anew');
GRANT SELECT ON work.reviews_served TO regress_story_consumer;
SET ROLE regress_story_consumer;
SELECT is((SELECT count(*) FROM work.reviews_served), 4::bigint, 'as it is announced');
SET ROLE regress_story_producer;
SELECT is((SELECT count(*) FROM contract_event), 0::bigint, 'the producer does not read events of a table that is not theirs to read');
RESET ROLE;
SELECT * FROM finish();
DROP EXTENSION aidataops CASCADE;
DROP OWNED BY regress_story_dba, regress_story_producer, regress_story_consumer, regress_story_passer_by CASCADE;
DROP ROLE regress_story_dba, regress_story_producer, regress_story_consumer, regress_story_passer_by;
