-- Every kind of rule in six cases: rows that keep it, rows that break it, no rows, all NULL, and twice what cannot be measured.
-- What check_contract() measured and counted is compared with queries written by hand, or with direct calls of what measures.
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
CREATE SCHEMA cases;
CREATE ROLE cases_owner;
GRANT USAGE ON SCHEMA cases TO cases_owner;

CREATE TABLE cases.parent (code text);
INSERT INTO cases.parent VALUES ('p0'), ('p1'), (NULL);
CREATE TABLE cases.gold (id integer, label text);
INSERT INTO cases.gold SELECT i, CASE WHEN i % 2 = 0 THEN 'cat' ELSE 'dog' END FROM generate_series(1, 200) AS i;
CREATE TABLE cases.reference (amount float8);
INSERT INTO cases.reference SELECT i / 200.0 FROM generate_series(1, 200) AS i;
CREATE TABLE cases.t (id integer, n integer, amount float8, s text, mail text, state text, "rows" text, ref text, tags text[], doc jsonb, vec float4[],
                      opened date, closed date, at timestamptz, unit integer, rater text, label text, origin text);
GRANT SELECT ON ALL TABLES IN SCHEMA cases TO cases_owner;

SET ROLE cases_owner;
SELECT contract, status, rules FROM create_contract('{"apiVersion": "v3.2.0", "kind": "DataContract", "id": "cases", "version": "1.0.0", "status": "draft",
 "schema": [{"name": "t", "physicalName": "cases.t", "properties": [
   {"name": "id", "logicalType": "integer", "required": true, "unique": true},
   {"name": "n", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 10, "multipleOf": 2}, "quality": [
     {"id": "missing in percent", "metric": "nullValues", "mustBeLessOrEqualTo": 25, "unit": "percent"},
     {"id": "average", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "avg"}, "mustBeLessThan": 4},
     {"id": "sum", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "sum"}, "mustBeBetween": [400, 500]},
     {"id": "smallest", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "min"}, "mustBeGreaterOrEqualTo": 0},
     {"id": "greatest", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "max"}, "mustNotBe": 12},
     {"id": "spread", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "stddev"}, "mustBeLessThan": 4, "severity": "warning"},
     {"id": "median", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "median"}, "mustBe": 2},
     {"id": "ninth decile", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "quantile", "p": 0.9}, "mustNotBeBetween": [8.5, 12]},
     {"id": "out of range in percent", "type": "custom", "engine": "aidataops", "implementation": {"kind": "range", "max": 9}, "mustBeLessThan": 10, "unit": "percent"}]},
   {"name": "amount", "logicalType": "number", "customProperties": [{"property": "aidataops.driftLimit", "value": {"reference": "cases.reference", "method": "psi", "value": 0.2}}]},
   {"name": "s", "logicalType": "string", "logicalTypeOptions": {"minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"}, "quality": [
     {"id": "mean length", "type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "avg_length"}, "mustBeLessOrEqualTo": 3},
     {"id": "invalid in percent", "metric": "invalidValues", "arguments": {"pattern": "^a"}, "mustBeLessThan": 20, "unit": "percent"}]},
   {"name": "mail", "logicalType": "string", "logicalTypeOptions": {"format": "email"}},
   {"name": "state", "logicalType": "string", "enum": [{"value": "open"}, {"value": "shut"}], "quality": [
     {"id": "not missing", "metric": "missingValues", "arguments": {"missingValues": ["n/a"]}, "mustBe": 0},
     {"id": "few missing", "metric": "missingValues", "arguments": {"missingValues": ["n/a", ""]}, "mustBeLessThan": 3},
     {"id": "few invalid", "metric": "invalidValues", "arguments": {"validValues": ["open", "shut"]}, "mustBeLessThan": 5}]},
   {"name": "rows", "logicalType": "string", "quality": [
     {"id": "few twins", "metric": "duplicateValues", "mustBeLessOrEqualTo": 1},
     {"id": "twins in percent", "metric": "duplicateValues", "mustBeLessThan": 10, "unit": "percent"}]},
   {"name": "ref", "logicalType": "string", "relationships": [{"id": "parent", "to": "parent.code"}], "quality": [
     {"id": "orphans in percent", "type": "custom", "engine": "aidataops", "implementation": {"kind": "reference", "relation": "cases.parent", "to": ["code"]}, "mustBeLessThan": 2, "unit": "percent"}]},
   {"name": "tags", "logicalType": "array", "logicalTypeOptions": {"minItems": 1, "maxItems": 2, "uniqueItems": true}},
   {"name": "doc", "logicalType": "object", "logicalTypeOptions": {"required": ["k"]}},
   {"name": "vec", "logicalType": "vector", "vector": {"dimensions": 3}},
   {"name": "opened", "logicalType": "date"}, {"name": "closed", "logicalType": "date"},
   {"name": "at", "logicalType": "timestamp", "customProperties": [{"property": "aidataops.freshness", "value": {"value": 6, "unit": "h"}}]},
   {"name": "unit", "logicalType": "integer"}, {"name": "rater", "logicalType": "string"}, {"name": "label", "logicalType": "string"},
   {"name": "origin", "logicalType": "string", "customProperties": [{"property": "aidataops.maximumModelShare", "value": {"values": ["model"], "value": 10}}]}],
  "quality": [
   {"id": "rows", "metric": "rowCount", "mustBeBetween": [200, 200]},
   {"id": "compare", "type": "custom", "engine": "aidataops", "implementation": {"kind": "compare", "columns": ["opened", "closed"], "operator": "<="}},
   {"id": "expression", "type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "columns": ["n"], "sql": "n < 10 OR id > 5"}},
   {"id": "number of a query", "type": "sql", "query": "SELECT count(*) FROM {object} WHERE n > 9", "mustBe": 0},
   {"id": "yes of a query", "type": "sql", "query": "SELECT bool_and(n < 10) FROM {object}", "mustBe": true}],
  "customProperties": [
   {"property": "aidataops.minimumAgreement", "value": {"coefficient": "krippendorff_alpha", "unit": "unit", "rater": "rater", "label": "label", "value": 0.5}},
   {"property": "aidataops.minimumAccuracy", "value": {"gold": "cases.gold", "key": "id", "label": "label", "value": 0.95}},
   {"property": "aidataops.coverage", "value": {"columns": ["state"], "slices": ["open", "shut"], "min_rows": 50}}]},
  {"name": "parent", "physicalName": "cases.parent", "properties": [{"name": "code", "logicalType": "string"}]}]}');
RESET ROLE;

-- by hand: what is measured, and how many rows fail; '-' where nothing is counted
CREATE TABLE cases.by_hand (rule text, measured text, failing text);
INSERT INTO cases.by_hand VALUES
    ('t.id.required', '=', 'count(*) FILTER (WHERE id IS NULL)'),
    ('t.id.unique', '(SELECT count(*) FROM (SELECT FROM cases.t WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1) AS g)', 'count(id) - count(DISTINCT id)'),
    ('t.n.range', '=', 'count(*) FILTER (WHERE n < 0 OR n >= 10)'),
    ('t.n.multiple_of', '=', 'count(*) FILTER (WHERE n % 2 <> 0)'),
    ('missing in percent', '100.0 * (count(*) - count(n)) / nullif(count(*), 0)', 'count(*) - count(n)'),
    ('average', 'avg(n)', '-'), ('sum', 'sum(n)', '-'), ('smallest', 'min(n)', '-'), ('greatest', 'max(n)', '-'), ('spread', 'stddev_samp(n)', '-'),
    ('median', 'percentile_disc(0.5) WITHIN GROUP (ORDER BY n)', '-'), ('ninth decile', 'percentile_disc(0.9) WITHIN GROUP (ORDER BY n)', '-'),
    ('out of range in percent', '100.0 * count(*) FILTER (WHERE n > 9) / nullif(count(*), 0)', 'count(*) FILTER (WHERE n > 9)'),
    ('t.amount.drift', '(SELECT max(statistic) FROM compare(''cases.reference'', ''cases.t'', method => ''psi'') WHERE column_name = ''amount'')', '(SELECT count(*) FROM compare(''cases.reference'', ''cases.t'', method => ''psi'') WHERE column_name = ''amount'' AND statistic > 0.2)'),
    ('t.s.length', '=', 'count(*) FILTER (WHERE char_length(s) NOT BETWEEN 2 AND 5)'),
    ('t.s.pattern', '=', 'count(*) FILTER (WHERE s !~ ''^[a-z]+$'')'),
    ('mean length', 'avg(char_length(s))', '-'),
    ('invalid in percent', '100.0 * count(*) FILTER (WHERE s NOT LIKE ''a%'') / nullif(count(*), 0)', 'count(*) FILTER (WHERE s NOT LIKE ''a%'')'),
    ('t.mail.format', '=', 'count(*) FILTER (WHERE mail NOT LIKE ''%_@_%'')'),
    ('t.state.enum', '=', 'count(*) FILTER (WHERE state NOT IN (''open'', ''shut''))'),
    ('not missing', '=', 'count(*) FILTER (WHERE state IS NULL)'),
    ('not missing#2', '=', 'count(*) FILTER (WHERE state = ''n/a'')'),
    ('few missing', '=', 'count(*) FILTER (WHERE state IS NULL OR state IN (''n/a'', ''''))'),
    ('few invalid', '=', 'count(*) FILTER (WHERE state NOT IN (''open'', ''shut''))'),
    ('few twins', '(SELECT count(*) FROM (SELECT FROM cases.t WHERE "rows" IS NOT NULL GROUP BY "rows" HAVING count(*) > 1) AS g)', 'count("rows") - count(DISTINCT "rows")'),
    ('twins in percent', '100.0 * (count("rows") - count(DISTINCT "rows")) / nullif(count(*), 0)', 'count("rows") - count(DISTINCT "rows")'),
    ('parent', '=', 'count(*) FILTER (WHERE ref NOT IN (''p0'', ''p1''))'),
    ('orphans in percent', '100.0 * count(*) FILTER (WHERE ref NOT IN (''p0'', ''p1'')) / nullif(count(*), 0)', 'count(*) FILTER (WHERE ref NOT IN (''p0'', ''p1''))'),
    ('t.tags.items', '=', 'count(*) FILTER (WHERE cardinality(tags) NOT BETWEEN 1 AND 2 OR tags[1] = tags[2])'),
    ('t.doc.properties', '=', 'count(*) FILTER (WHERE NOT doc ? ''k'')'),
    ('t.vec.dimensions', '=', 'count(*) FILTER (WHERE cardinality(vec) <> 3)'),
    ('t.at.freshness', 'extract(epoch FROM now() - max(at))', '-'),
    ('t.origin.model_share', '100.0 * count(*) FILTER (WHERE origin = ''model'') / nullif(count(*), 0)', 'count(*) FILTER (WHERE origin = ''model'')'),
    ('rows', 'count(*)', '-'),
    ('compare', '=', 'count(*) FILTER (WHERE opened > closed)'),
    ('expression', '=', 'count(*) FILTER (WHERE n >= 10 AND id <= 5)'),
    ('number of a query', 'count(*) FILTER (WHERE n > 9)', '-'), ('yes of a query', 'bool_and(n < 10)::int', '-'),
    ('t.unit,rater,label.agreement', 'krippendorff_alpha((SELECT agreement_agg(labels) FROM (SELECT label_counts_agg(label) AS labels FROM cases.t GROUP BY unit) AS u))', '-'),
    ('t.id,label.accuracy', '(SELECT avg((g.label = t.label)::int) FROM cases.t JOIN cases.gold AS g USING (id) WHERE t.label IS NOT NULL)', '(SELECT count(*) FROM cases.t JOIN cases.gold AS g USING (id) WHERE g.label <> t.label)'),
    ('t.state.coverage', '=', '(count(*) FILTER (WHERE state = ''open'') < 50)::int + (count(*) FILTER (WHERE state = ''shut'') < 50)::int'),
    ('t.type', '=', '0 * count(*)'), ('parent.type', '=', '0 * count(*)');

CREATE TABLE cases.seen (case_name text, rule text, outcome text, measured numeric, failing bigint, wanted numeric, wanted_failing bigint);
CREATE FUNCTION cases.try(case_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    it record;
    hand record;
BEGIN
    FOR it IN SELECT c.rule, c.outcome, c.measured, c.failing, h.measured AS by_hand, h.failing AS failing_by_hand
                FROM check_contract('cases', contract_version => '1.0.0') AS c LEFT JOIN cases.by_hand AS h USING (rule) LOOP
        EXECUTE format('SELECT (%s)::numeric AS measured, %s::bigint AS failing FROM cases.t', CASE it.by_hand WHEN '=' THEN it.failing_by_hand ELSE it.by_hand END, replace(it.failing_by_hand, '-', CASE WHEN it.failing_by_hand = '-' THEN 'NULL' ELSE '-' END)) INTO hand;
        INSERT INTO cases.seen VALUES (case_name, it.rule, it.outcome, it.measured, it.failing, hand.measured, hand.failing);
    END LOOP;
END $$;

-- each rule has a query by hand
SELECT count(*) AS rules, count(h.rule) AS by_hand FROM aidataops.rule AS r LEFT JOIN cases.by_hand AS h USING (rule) WHERE r.contract = 'cases';

-- two raters give 100 units a label each, three of them not the one that gold has
INSERT INTO cases.t SELECT i, (i % 5) * 2 % 8, i / 200.0, CASE WHEN i % 10 = 0 THEN 'bb' ELSE 'ab' END, i || '@example.org', CASE WHEN i % 2 = 0 THEN 'open' ELSE 'shut' END, 'r' || i, 'p' || i % 2,
       ARRAY['x', 'y'], '{"k": 1}', '{1,2,3}', '2026-01-01', CASE WHEN i % 3 = 0 THEN date '2026-01-02' END, now() - i * interval '1 minute', (i - 1) / 4 * 2 + i % 2, 'a' || (i - 1) / 2 % 2, CASE WHEN i % 2 = 0 OR i IN (1, 51, 101) THEN 'cat' ELSE 'dog' END,
       CASE WHEN i % 20 = 0 THEN 'model' ELSE 'human' END FROM generate_series(1, 200) AS i;
SELECT cases.try('pass');

UPDATE cases.t SET id = CASE WHEN id IN (7, 8) THEN NULL WHEN id = 9 THEN 10 ELSE id END, n = CASE WHEN id <= 60 THEN NULL WHEN id > 110 THEN 11 WHEN id > 100 THEN -1 ELSE 3 END, amount = amount * amount * amount, s = CASE WHEN id % 2 = 0 THEN 'B' ELSE 'bbbbbb' END, mail = 'none',
       state = CASE WHEN id % 4 = 0 THEN 'n/a' WHEN id % 4 = 1 THEN NULL WHEN id < 10 THEN 'shut' ELSE 'ajar' END, "rows" = 'r' || id % 50, ref = 'p' || id % 4, tags = CASE id % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{x,x}' ELSE '{x,y,z}' END::text[],
       doc = '{"l": 1}', vec = '{1,2}', closed = '2025-12-31', at = at - interval '1 day', label = CASE WHEN id % 3 = 0 THEN 'cow' ELSE label END, origin = CASE WHEN id % 2 = 0 THEN 'model' ELSE 'human' END;
UPDATE cases.t SET n = 12 WHERE id <= 5;
INSERT INTO cases.t (id) VALUES (500);
SELECT cases.try('fail');

TRUNCATE cases.t;
SELECT cases.try('empty');
INSERT INTO cases.t SELECT FROM generate_series(1, 100);
SELECT cases.try('all NULL');
REVOKE SELECT ON cases.t FROM cases_owner;
SELECT cases.try('no right');
GRANT SELECT ON cases.t TO cases_owner;
-- columns of other names: hand-written queries are not asked
DO $$ DECLARE a record; BEGIN FOR a IN SELECT attname FROM pg_attribute WHERE attrelid = 'cases.t'::regclass AND attnum > 0 LOOP EXECUTE format('ALTER TABLE cases.t RENAME %I TO %I', a.attname, 'x_' || a.attname); END LOOP; END $$;
INSERT INTO cases.seen (case_name, rule, outcome, measured, failing) SELECT 'renamed', c.rule, c.outcome, c.measured, c.failing FROM check_contract('cases', contract_version => '1.0.0') AS c;

-- outcomes
SELECT s.rule, max(s.outcome) FILTER (WHERE case_name = 'pass') AS pass, max(s.outcome) FILTER (WHERE case_name = 'fail') AS fail, max(s.outcome) FILTER (WHERE case_name = 'empty') AS empty,
       max(s.outcome) FILTER (WHERE case_name = 'all NULL') AS all_null, max(s.outcome) FILTER (WHERE case_name = 'no right') AS no_right, max(s.outcome) FILTER (WHERE case_name = 'renamed') AS renamed
  FROM cases.seen AS s GROUP BY s.rule ORDER BY s.rule;
-- where it differs from what was computed by hand: nowhere; without rows a share is 0
SELECT case_name, rule, outcome, measured, wanted, failing, wanted_failing FROM cases.seen
 WHERE outcome <> 'error' AND case_name <> 'renamed'
   AND (abs(measured - coalesce(wanted, 0)) > CASE rule WHEN 't.at.freshness' THEN 60 ELSE 0.000001 END OR failing IS DISTINCT FROM wanted_failing
        OR (measured IS NULL) <> (wanted IS NULL) AND NOT (case_name = 'empty' AND rule ~ 'percent|model_share'));
-- what cannot be measured has no figures
SELECT count(*) FROM cases.seen WHERE outcome = 'error' AND (measured IS NOT NULL OR failing IS NOT NULL);

-- How fresh data are is the same whoever asks, wherever, in whatever notation; dates begin at midnight UTC, and what has no zone
-- is UTC. 02:30 on 2026-03-29 is no time in Berlin, and on 2026-10-25 two; `date -u -d '2026-03-29 02:30' +%s` says 1774751400,
-- of 2026-10-25 1792895400, and of the first midnight 1774742400. Infinity is no time that data could have.
CREATE TABLE cases.clock (spring timestamp, autumn timestamp, day date, zoned timestamptz, word text);
SET timezone = 'UTC';
INSERT INTO cases.clock VALUES ('2026-03-29 02:30', '2026-10-25 02:30', '2026-03-29', '2026-03-29 02:30+00', '2026-03-29 02:30'), ('infinity', 'infinity', 'infinity', 'infinity', NULL), ('-infinity', NULL, NULL, NULL, NULL);
SELECT contract, status, rules FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "clock", "version": "1.0.0", "status": "active", "schema": [{"name": "clock", "physicalName": "cases.clock", "properties": [
    {"name": "spring", "logicalType": "timestamp"}, {"name": "autumn", "logicalType": "timestamp"}, {"name": "day", "logicalType": "date"}, {"name": "zoned", "logicalType": "timestamp"}, {"name": "word", "logicalType": "string"}]}],
    "slaProperties": [{"property": "latency", "value": 900, "unit": "y", "element": "clock.spring, clock.autumn, clock.day ,clock.zoned,clock.word"}]}');
CREATE FUNCTION cases.ages(zone text, style text) RETURNS TABLE (rule text, outcome text, off_by_a_minute boolean, message text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', zone, true), set_config('datestyle', style, true), set_config('intervalstyle', 'sql_standard', true);
    RETURN QUERY SELECT c.rule, c.outcome, abs(extract(epoch FROM clock_timestamp()) - c.measured - w.epoch) > 60, c.message FROM check_contract('clock') AS c
                   JOIN (VALUES ('clock.spring.freshness', 1774751400), ('clock.autumn.freshness', 1792895400), ('clock.day.freshness', 1774742400), ('clock.zoned.freshness', 1774751400), ('clock.word.freshness', NULL)) AS w (rule, epoch) USING (rule);
END $$;
SELECT a.rule, a.outcome, a.off_by_a_minute, a.message, count(*) AS sessions
  FROM unnest(ARRAY['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Kiritimati', 'Asia/Jerusalem']) AS zone, unnest(ARRAY['ISO, MDY', 'SQL, DMY', 'German', 'Postgres, MDY']) AS style, cases.ages(zone, style) AS a
 GROUP BY 1, 2, 3, 4 ORDER BY 1;
RESET timezone;

SET client_min_messages = warning;
DROP SCHEMA cases CASCADE;
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract IN ('cases', 'clock'));
DELETE FROM aidataops.check_run WHERE contract IN ('cases', 'clock');
DELETE FROM aidataops.contract_event WHERE contract IN ('cases', 'clock');
DELETE FROM aidataops.rule WHERE contract IN ('cases', 'clock');
DELETE FROM aidataops.contract_table WHERE contract IN ('cases', 'clock');
DELETE FROM aidataops.contract WHERE contract IN ('cases', 'clock');
DROP ROLE cases_owner;
