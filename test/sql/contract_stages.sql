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
SELECT drop_dataset('staged');
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract = 'staged');
DELETE FROM aidataops.check_run WHERE contract = 'staged';
DELETE FROM aidataops.rule WHERE contract = 'staged';
DELETE FROM aidataops.contract_event WHERE contract = 'staged';
DELETE FROM aidataops.contract_table WHERE contract = 'staged';
DELETE FROM aidataops.contract WHERE contract = 'staged';
DROP FUNCTION staged;
DROP TABLE staged;
RESET search_path;
