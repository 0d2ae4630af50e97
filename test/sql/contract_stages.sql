-- Stages of rules: written in the document, checked, and counted at their gates only
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
CREATE TABLE staged (id int PRIMARY KEY, label text);
INSERT INTO staged VALUES (1, 'cat'), (2, 'bird'), (3, NULL);
CREATE FUNCTION staged(check_stages text, share_stages text) RETURNS jsonb LANGUAGE sql AS $$
SELECT format('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "staged", "version": "1.0.0", "status": "active",
    "schema": [{"name": "staged", "physicalName": "public.staged", "properties": [{"name": "id", "logicalType": "integer"}, {"name": "label", "logicalType": "string",
        "quality": [{"id": "labels", "metric": "invalidValues", "arguments": {"validValues": ["cat", "dog"]}, "mustBe": 0, "customProperties": [{"property": "aidataops.stages", "value": %s}]}],
        "customProperties": [{"property": "aidataops.coverage", "value": {"slices": ["cat"], "min_rows": 10, "stages": %s}}]}]}]}', check_stages, share_stages)::jsonb $$;
SELECT severity, pointer, finding, message, hint FROM lint_contract(staged('["training"]', '["inference", "evaluation"]')) WHERE severity = 'error';
SELECT severity, pointer, finding, message, hint FROM lint_contract(staged('"training"', '[]')) WHERE severity = 'error';
SELECT severity, pointer, finding, message FROM lint_contract(staged('[""]', '[1]')) WHERE severity = 'error';
SELECT rules FROM create_contract(staged('["training"]', '["inference", "evaluation"]'));
SELECT rule, kind, parameters -> 'stages' AS stages FROM aidataops.rule WHERE contract = 'staged' AND parameters ? 'stages' ORDER BY rule;
-- what is written is judged at every stage
SELECT v.rule FROM violations(row_rules('staged'), ROW(4, 'bird')::staged) AS v;
SELECT create_dataset('staged', 'staged'), commit('staged', 'first');
SELECT rule, outcome FROM check_contract('staged', 'staged@HEAD') ORDER BY rule;
SELECT gate('staged@HEAD', 'training');
SELECT gate('staged@HEAD', 'inference');
SELECT gate('staged@HEAD', 'export');
-- who may not read all rows learns which rules fail, and not what was measured
CREATE ROLE staged_half;
GRANT SELECT (id) ON staged TO staged_half;
SET ROLE staged_half;
SELECT gate('staged@HEAD', 'training');
RESET ROLE;
DROP OWNED BY staged_half;
DROP ROLE staged_half;
SELECT drop_dataset('staged');
-- types of users are known by their plain names, and temporary ones decide nothing
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE moody (m mood, ms mood[], d numeric(10, 2), v varchar(5));
SELECT _type_differences('{"m": {"physicalType": "mood"}, "ms": {"physicalType": "mood[]"}, "d": {"physicalType": "numeric(10, 2)"}, "v": {"physicalType": "varchar(5)"}}', 'moody'::regclass);
SELECT _type_differences('{"m": {"physicalType": "public.mood"}, "ms": {"physicalType": "mood"}, "d": {"physicalType": "numeric(11, 2)"}, "v": {"physicalType": "nowhere"}}', 'moody'::regclass);
CREATE DOMAIN pg_temp.feeling AS mood;
SELECT _type_differences('{"m": {"physicalType": "feeling"}}', 'moody'::regclass);
DROP DOMAIN pg_temp.feeling;
DROP TABLE moody;
DROP TYPE mood;
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract = 'staged');
DELETE FROM aidataops.check_run WHERE contract = 'staged';
DELETE FROM aidataops.rule WHERE contract = 'staged';
DELETE FROM aidataops.contract_event WHERE contract = 'staged';
DELETE FROM aidataops.contract_table WHERE contract = 'staged';
DELETE FROM aidataops.contract WHERE contract = 'staged';
DROP FUNCTION staged;
DROP TABLE staged;
RESET search_path;
