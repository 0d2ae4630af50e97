-- Embeddings in the types of pgvector: in contracts, in profiles, in versions. Skipped where pgvector is not installed.
BEGIN;
SET search_path = public, aidataops;
SELECT plan(12);

SELECT throws_ok('SELECT enable_vector()', '42704', 'extension "vector" is not installed in this database', 'without pgvector enable_vector() says so');

CREATE SCHEMA elsewhere;
DO $$ BEGIN CREATE EXTENSION vector SCHEMA elsewhere; EXCEPTION WHEN feature_not_supported OR undefined_file THEN NULL; END $$;
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS has_vector \gset
\if :has_vector
SELECT is(ARRAY(SELECT enable_vector()::text), '{elsewhere.halfvec,elsewhere.vector}', 'types that have a cast to real[]');
SELECT lives_ok('SELECT enable_vector()', 'asked twice nothing happens');

CREATE TABLE documents (id int PRIMARY KEY, embedding elsewhere.vector, half elsewhere.halfvec);
SELECT is(count(*), 1::bigint, 'a contract about dimensions') FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "documents", "version": "1.0.0", "status": "active", "schema": [
    {"name": "documents", "physicalName": "public.documents", "properties": [{"name": "id"}, {"name": "embedding"}, {"name": "half"}], "quality": [
        {"name": "three", "type": "custom", "engine": "aidataops", "implementation": {"kind": "dimensions", "columns": ["embedding"], "dimensions": 3}},
        {"name": "two", "type": "custom", "engine": "aidataops", "implementation": {"kind": "dimensions", "columns": ["half"], "dimensions": 2}}]}]}');
SELECT lives_ok($$SELECT enforce_contract('documents', 'documents', 'reject')$$, 'is enforced');
SELECT lives_ok($$INSERT INTO documents VALUES (1, '[1,2,3]', '[1,2]'), (2, NULL, NULL)$$, 'a row that keeps it');
SELECT throws_ok($$INSERT INTO documents VALUES (3, '[1,2]', '[1,2]')$$, '23514', 'row breaks rule "three" of contract "documents" version 1.0.0', 'another number of dimensions');
SELECT enforce_contract('documents', 'documents', 'quarantine');
INSERT INTO documents VALUES (3, '[1,2]', '[1,2,3]');
SELECT results_eq('SELECT content, rules FROM quarantine', $$VALUES ('{"id": 3, "half": "[1,2,3]", "embedding": "[1,2]"}'::jsonb, '{three,two}'::text[])$$, 'is set aside');
SELECT is(outcome, 'released', 'and is the same vector again') FROM release_quarantine('documents', repair => '{"embedding": "[4,5,6]", "half": "[1,2]"}');

SELECT is(profile_agg(embedding)::text, profile_agg(embedding::real[])::text, 'profiled as the array') FROM documents;
SELECT create_dataset('documents', 'documents');
SELECT is(commit('documents', 'first')::text, 'documents@1', 'committed');
SELECT is(outcome, 'pass', 'checked: ' || rule) FROM check_contract('documents', 'documents@1') WHERE rule = 'three';
\else
SELECT skip('pgvector is not installed', 11);
\endif

SELECT * FROM finish();
ROLLBACK;
