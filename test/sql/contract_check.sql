-- check_contract(): every kind of rule, its outcome, what is counted and shown; bad input
SET search_path = public, aidataops;
\set SHOW_CONTEXT never

CREATE TABLE labelled (item int PRIMARY KEY, annotator text, label text, confidence float8, note varchar(60), price numeric, labelled_at timestamptz, pii text);
INSERT INTO labelled SELECT i, 'a' || i % 4, CASE WHEN i % 50 = 0 THEN 'bird' WHEN i % 2 = 0 THEN 'cat' ELSE 'dog' END, i / 1000.0, 'note ' || i, i / 4.0, now(), 'secret ' || i
  FROM generate_series(1, 1000) AS i;
SELECT contract, version, status, rules FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "labelled", "version": "1.0.0", "status": "active",
    "schema": [{"name": "labelled", "physicalName": "public.labelled", "properties": [
        {"name": "item", "logicalType": "integer", "required": true},
        {"name": "label", "logicalType": "string", "quality": [
            {"name": "known labels", "metric": "invalidValues", "arguments": {"validValues": ["cat", "dog"]}, "mustBeLessThan": 1, "unit": "percent"}]},
        {"name": "confidence", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 0.998}},
        {"name": "pii", "logicalType": "string", "classification": "confidential", "logicalTypeOptions": {"maxLength": 10}}]}]}');
SELECT rule, outcome, measured, threshold, failing, examples, message FROM check_contract('labelled');

-- rules as they are compiled, of all kinds
CREATE FUNCTION add_rule(rule text, level text, kind text, columns name[], parameters jsonb DEFAULT '{}', operator text DEFAULT NULL, bounds jsonb DEFAULT NULL,
    unit text DEFAULT NULL, severity text DEFAULT 'error') RETURNS void LANGUAGE sql
    AS $$ INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, operator, bounds, unit, severity, pointer)
          VALUES ('labelled', '1.0.0', rule, 'labelled', level, kind, columns, parameters, operator, bounds, unit, severity, '') $$;
CREATE FUNCTION clear_rules() RETURNS void LANGUAGE sql AS $$ DELETE FROM aidataops.rule WHERE contract = 'labelled' $$;

-- rows: what breaks each kind, counted by hand
SELECT clear_rules();
SELECT add_rule('range', 'row', 'range', '{price}', '{"min_exclusive": 0.25, "max": 249.75}');
SELECT add_rule('range of times', 'row', 'range', '{labelled_at}', '{"min": "2020-01-01T00:00:00Z", "max": "2021-01-01T00:00:00Z"}');
SELECT add_rule('length', 'row', 'length', '{note}', '{"min": 7, "max": 8}');
SELECT add_rule('longest', 'row', 'length', '{note}', '{"max": 8}');
SELECT add_rule('pattern', 'row', 'pattern', '{note}', '{"regex": "^note [0-9]{1,2}$"}');
SELECT add_rule('values of integers', 'row', 'values', '{item}', '{"values": [1, 2, 3.0, 4.5]}');
SELECT add_rule('not_values', 'row', 'not_values', '{label}', '{"values": ["bird"]}', severity => 'warn');
SELECT add_rule('multiple_of', 'row', 'multiple_of', '{price}', '{"divisor": 0.5}');
SELECT add_rule('multiple_of integer', 'row', 'multiple_of', '{item}', '{"divisor": 10}');
SELECT add_rule('format', 'row', 'format', '{note}', '{"format": "email"}');
SELECT add_rule('compare', 'row', 'compare', '{item,confidence}', '{"operator": ">"}');
SELECT add_rule('expression', 'row', 'expression', '{}', '{"sql": "item > 3 -- and no more"}');
SELECT rule, outcome, failing, jsonb_array_length(examples) AS shown, examples -> 0 -> 'item' AS first_example FROM check_contract('labelled') ORDER BY rule;

-- tables
SELECT clear_rules();
SELECT add_rule('row_count', 'table', 'row_count', '{}', '{}', 'not between', '[10, 1000]', 'rows');
SELECT add_rule('missing', 'table', 'missing', '{label}', '{"values": ["bird"]}', '<=', '[2]', 'percent');
SELECT add_rule('duplicates', 'table', 'duplicates', '{annotator,label}', '{}', '=', '[0]');
SELECT add_rule('duplicates in percent', 'table', 'duplicates', '{annotator}', '{}', '<', '[1]', 'percent');
SELECT add_rule('unique', 'table', 'unique', '{item}');
SELECT add_rule('average', 'table', 'statistic', '{confidence}', '{"function": "avg"}', '=', '[0.5005]');
SELECT add_rule('sum', 'table', 'statistic', '{price}', '{"function": "sum"}', '=', '[125125]');
SELECT add_rule('median', 'table', 'statistic', '{item}', '{"function": "median"}', 'between', '[500, 501]');
SELECT add_rule('quantile', 'table', 'statistic', '{item}', '{"function": "quantile", "p": 2}', '=', '[0]');
SELECT add_rule('sensitive', 'table', 'statistic', '{price}', '{"function": "max", "sensitive": true}', '<', '[1]');
SELECT add_rule('freshness', 'table', 'freshness', '{labelled_at}', '{}', '<', '[3600]', 'seconds');
SELECT add_rule('sql', 'table', 'sql', '{}', '{"query": "SELECT count(*) FROM labelled WHERE confidence > 0.9;"}', '=', '[100]');
SELECT add_rule('sql, boolean', 'table', 'sql', '{}', '{"query": "SELECT count(*) > 1 FROM public.labelled"}', '=', '[1]');
SELECT add_rule('coverage', 'table', 'coverage', '{label}', '{"slices": ["cat", "dog", "bird", "fish"], "min_rows": 100}', '=', '[0]');
SELECT add_rule('coverage by share', 'table', 'coverage', '{label}', '{"share": 0.02}', '=', '[0]');
SELECT add_rule('model_share', 'table', 'model_share', '{annotator}', '{"values": ["a0"]}', '<=', '[20]', 'percent');
SELECT add_rule('type', 'table', 'type', '{item,note,gone}', '{"expected": {"item": {"physicalType": "bigint"}, "note": {"physicalType": "varchar(40)"}, "gone": {}, "label": {"logicalType": "number"}, "price": {"physicalType": "decimal", "logicalType": "number"}}}');
SELECT add_rule('batch_volume', 'table', 'batch_volume', '{}', '{}', '>', '[1]', 'rows');
SELECT rule, outcome, CASE rule WHEN 'freshness' THEN NULL ELSE measured END AS measured, threshold, failing, examples, message FROM check_contract('labelled') ORDER BY rule;

-- references
CREATE TABLE annotators (name text);
INSERT INTO annotators VALUES ('a0'), ('a1'), ('a2'), (NULL);
SELECT clear_rules();
SELECT add_rule('reference', 'table', 'reference', '{annotator}', '{"relation": "public.annotators", "columns": ["name"]}');
SELECT add_rule('reference in percent', 'table', 'reference', '{annotator}', '{"relation": "annotators", "columns": ["name"]}', '<=', '[25]', 'percent');
SELECT add_rule('reference to nothing', 'table', 'reference', '{annotator}', '{"relation": "public.nobody", "columns": ["name"]}');
SELECT rule, outcome, measured, failing, examples, message FROM check_contract('labelled') ORDER BY rule;

-- a rule that cannot be measured is an error, and does not spoil the others
SELECT clear_rules();
SELECT add_rule('good', 'row', 'required', '{item}');
SELECT add_rule('divides by zero', 'row', 'expression', '{}', '{"sql": "1 / (item - 7) >= 0"}');
SELECT add_rule('no such column', 'row', 'required', '{nothing}');
SELECT add_rule('two expressions', 'row', 'expression', '{}', '{"sql": "true), count(*) FILTER (WHERE true"}');
SELECT add_rule('other query', 'row', 'expression', '{}', '{"sql": "true) FROM (SELECT 1) AS r WHERE (true"}');
SELECT add_rule('no SQL', 'row', 'expression', '{}', '{"sql": "item >"}');
SELECT add_rule('no boolean', 'row', 'expression', '{}', '{"sql": "item"}');
SELECT add_rule('aggregate', 'row', 'expression', '{}', '{"sql": "count(*) > 1"}');
SELECT add_rule('unknown kind', 'row', 'wisdom', '{item}');
SELECT add_rule('empty range', 'row', 'range', '{item}');
SELECT add_rule('unknown format', 'row', 'format', '{label}', '{"format": "nonsense"}');
SELECT add_rule('no pattern', 'row', 'pattern', '{label}');
SELECT add_rule('no divisor', 'row', 'multiple_of', '{item}');
SELECT add_rule('no values', 'row', 'values', '{label}');
SELECT add_rule('no types', 'table', 'type', '{}');
SELECT add_rule('no check', 'table', 'invalid', '{label}', '{}', '=', '[0]');
SELECT add_rule('no number', 'table', 'row_count', '{}', '{}', '<', '["NaN"]');
SELECT add_rule('NULL for a bound', 'table', 'row_count', '{}', '{}', '<', '[null]');
SELECT add_rule('wrong bound', 'row', 'range', '{labelled_at}', '{"min": "yesterday evening"}');
SELECT add_rule('wrong value', 'row', 'values', '{item}', '{"values": [1, "x"]}');
SELECT add_rule('no operator', 'table', 'row_count', '{}');
SELECT add_rule('one bound of two', 'table', 'row_count', '{}', '{}', 'between', '[1]');
SELECT add_rule('average of text', 'table', 'statistic', '{label}', '{"function": "avg"}', '<', '[1]');
SELECT add_rule('not a number', 'table', 'statistic', '{confidence}', '{"function": "avg"}', '>', '[0]');
SELECT add_rule('two numbers', 'table', 'sql', '{}', '{"query": "SELECT 1, 2"}', '=', '[1]');
SELECT add_rule('two rows', 'table', 'sql', '{}', '{"query": "VALUES (1), (2)"}', '=', '[1]');
SELECT add_rule('no rows', 'table', 'sql', '{}', '{"query": "SELECT 1 WHERE false"}', '=', '[1]');
SELECT add_rule('two statements', 'table', 'sql', '{}', '{"query": "SELECT 1) AS q; SELECT (1"}', '=', '[1]');
CREATE TEMP TABLE facts AS SELECT 1 AS n;
CREATE DOMAIN pg_temp.kind AS int;
SELECT add_rule('temporary table', 'table', 'sql', '{}', '{"query": "SELECT n FROM facts"}', '=', '[1]');
SELECT add_rule('temporary table in an expression', 'row', 'expression', '{}', '{"sql": "item > (SELECT 0 FROM facts)"}');
CREATE TEMP TABLE labelled AS SELECT 1 AS n;
SELECT add_rule('temporary of the same name', 'table', 'sql', '{}', '{"query": "SELECT count(*) FROM labelled"}', '=', '[1000]');
SELECT add_rule('temporary schema', 'table', 'sql', '{}', '{"query": "WITH a AS (SELECT n FROM pg_temp.facts) SELECT n FROM a"}', '=', '[1]');
SELECT add_rule('temporary type', 'table', 'sql', '{}', '{"query": "SELECT 1::kind"}', '=', '[1]');
SELECT add_rule('writes', 'table', 'sql', '{}', '{"query": "SELECT setval(''aidataops.check_run_run_id_seq'', 1)"}', '=', '[1]');
SELECT add_rule('takes too long', 'table', 'sql', '{}', '{"query": "SELECT 1 FROM pg_sleep(100)"}', '=', '[1]');
UPDATE public.labelled SET confidence = 'NaN' WHERE item = 1;
SELECT rule, outcome, measured, message FROM check_contract('labelled', timeout => '300 ms') ORDER BY rule;
DROP TABLE facts, pg_temp.labelled;
DROP DOMAIN pg_temp.kind;
UPDATE labelled SET confidence = 0.001 WHERE item = 1;

-- too slow altogether: all are errors
SELECT clear_rules();
CREATE FUNCTION slow(integer) RETURNS boolean LANGUAGE sql AS 'SELECT true FROM pg_sleep(1)';
SELECT add_rule('slow', 'row', 'expression', '{}', '{"sql": "public.slow(item)"}');
SELECT add_rule('with it', 'row', 'required', '{item}');
SET aidataops.check_timeout = '100ms';
SELECT rule, outcome, message FROM check_contract('labelled') ORDER BY rule;
RESET aidataops.check_timeout;
DROP FUNCTION slow;

-- no rows: shares are 0, statistics cannot be measured, freshness fails
SELECT clear_rules();
SELECT add_rule('required', 'row', 'required', '{item}');
SELECT add_rule('share', 'table', 'invalid', '{label}', '{"check": "values", "values": ["cat"]}', '<', '[1]', 'percent');
SELECT add_rule('average', 'table', 'statistic', '{confidence}', '{"function": "avg"}', '>', '[0]');
SELECT add_rule('freshness', 'table', 'freshness', '{labelled_at}', '{}', '<', '[3600]', 'seconds');
SELECT add_rule('agreement', 'table', 'agreement', '{label}', '{"unit": "item", "label": "label"}', '>', '[0.8]');
CREATE TABLE kept AS SELECT * FROM labelled;
TRUNCATE labelled;
SELECT rule, outcome, measured, message FROM check_contract('labelled') ORDER BY rule;

-- agreement: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: nominal .743, interval .849;
-- accuracy: 8 of 10 by hand
SELECT clear_rules();
INSERT INTO labelled (item, annotator, label, confidence)
SELECT u.ordinal * 10 + o.ordinal, o.ordinal, v, v::float8
  FROM (VALUES (1, '1 2 3 3 2 1 4 1 2 . . .'), (2, '1 2 3 3 2 2 4 1 2 5 . 3'), (3, '. 3 3 3 2 3 4 2 2 5 1 .'), (4, '1 2 3 3 2 4 4 1 2 5 1 .')) AS o (ordinal, labels)
 CROSS JOIN LATERAL unnest(string_to_array(o.labels, ' ')) WITH ORDINALITY AS u (v, ordinal) WHERE v <> '.';
UPDATE labelled SET note = item / 10;
SELECT add_rule('alpha', 'table', 'agreement', '{label}', '{"coefficient": "krippendorff_alpha", "unit": "note", "label": "label"}', '>=', '[0.8]');
SELECT add_rule('unknown coefficient', 'table', 'agreement', '{label}', '{"coefficient": "sympathy", "unit": "note", "label": "label"}', '>=', '[0.8]');
CREATE TABLE gold AS SELECT item, CASE WHEN item IN (11, 21) THEN 'x' ELSE label END AS truth FROM labelled ORDER BY item LIMIT 10;
SELECT add_rule('accuracy', 'table', 'accuracy', '{label}', '{"gold": "public.gold", "key": "item", "label": "label", "gold_label": "truth"}', '>=', '[0.9]');
SELECT rule, outcome, round(measured, 3) AS measured, failing, examples, message FROM check_contract('labelled') ORDER BY rule;

-- versions: what is checked is the version, and it is bound to its fingerprint
TRUNCATE labelled;
INSERT INTO labelled SELECT * FROM kept;
SELECT create_dataset('labelled', 'labelled', roles => '{"label": "category", "confidence": "number", "annotator": "category"}');
SELECT commit('labelled', 'first');
UPDATE labelled SET label = 'bird', confidence = confidence + 1 WHERE item <= 500;
SELECT commit('labelled', 'second');
SELECT clear_rules();
SELECT add_rule('labels', 'table', 'invalid', '{label}', '{"check": "values", "values": ["cat", "dog"]}', '<', '[10]', 'percent');
SELECT add_rule('sql', 'table', 'sql', '{}', '{"query": "SELECT count(*) FROM public.labelled AS t WHERE t.confidence > 1"}', '=', '[0]');
SELECT add_rule('drift', 'table', 'drift', '{confidence}', '{"reference": "labelled@1", "method": "ks_distance"}', '<=', '[0.2]');
SELECT rule, outcome, measured, failing, examples FROM check_contract('labelled', 'labelled@1');
SELECT rule, outcome, round(measured, 3) AS measured, failing, examples FROM check_contract('labelled', 'labelled@HEAD');
SELECT count(*) FROM check_contract('labelled', 'labelled@WORKING');
SELECT r.version, r.number, r.outcome, r.num_rows, r.fingerprint = v.fingerprint AS is_it FROM aidataops.check_run AS r LEFT JOIN aidataops.version AS v USING (dataset_id, number)
 WHERE r.dataset_id IS NOT NULL ORDER BY r.run_id;
SELECT rule, outcome, contract_version, checked_version FROM check_results('labelled', 'labelled@1');
SELECT outcome, version, num_rows FROM check_history('labelled') LIMIT 3;
SELECT outcome, version, round(measured, 3) AS measured FROM check_history('labelled', 'drift');

-- history that was changed is no evidence
DO $$
DECLARE history name := (SELECT history_table FROM aidataops.dataset WHERE name = 'labelled');
BEGIN
    EXECUTE format('UPDATE aidataops_history.%I SET label = ''cat'' WHERE item = 1', history);
    PERFORM check_contract('labelled', 'labelled@1');
EXCEPTION WHEN data_corrupted THEN
    RAISE NOTICE '%', SQLERRM;
END $$;

-- bad input
SELECT check_contract(NULL);
SELECT check_contract('nothing');
SELECT check_contract('labelled', contract_version => '9.0.0');
SELECT check_contract('labelled', 'labelled@9');
SELECT check_contract('labelled', timeout => '-1 s');
SELECT clear_rules();
SELECT check_contract('labelled');
CREATE TABLE other (id int PRIMARY KEY);
SELECT create_dataset('other', 'other');
SELECT check_contract('labelled', 'other@WORKING');
SELECT check_results('nothing'), check_history('nothing');

SELECT drop_dataset('labelled'), drop_dataset('other');
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract = 'labelled');
DELETE FROM aidataops.check_run WHERE contract = 'labelled';
DELETE FROM aidataops.contract_event WHERE contract = 'labelled';
DELETE FROM aidataops.contract_table WHERE contract = 'labelled';
DELETE FROM aidataops.contract WHERE contract = 'labelled';
DROP FUNCTION add_rule, clear_rules;
DROP TABLE labelled, annotators, kept, gold, other;
RESET search_path;
