-- Documents of contracts: what is found in them, and what they compile to. Fixtures are after the examples of the
-- standard (https://bitol-io.github.io/open-data-contract-standard), written anew.
\set VERBOSITY terse
SET search_path = public, aidataops;
CREATE SCHEMA contract_test;

-- a document with one table around what is tested
CREATE FUNCTION contract_test.document(properties jsonb, quality jsonb DEFAULT '[]', more jsonb DEFAULT '{}') RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
    SELECT jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', 'test', 'version', '1.0.0', 'status', 'draft',
           'schema', jsonb_build_array(jsonb_build_object('name', 't', 'properties', properties, 'quality', quality))) || more $$;
CREATE FUNCTION contract_test.option(options jsonb, type text, standard text DEFAULT 'v3.1.0') RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
    SELECT contract_test.document(jsonb_build_array(jsonb_build_object('name', 'c', 'logicalType', type, 'logicalTypeOptions', options)), '[]', jsonb_build_object('apiVersion', standard)) $$;
CREATE FUNCTION contract_test.check(quality jsonb, standard text DEFAULT 'v3.1.0') RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
    SELECT contract_test.document(jsonb_build_array(jsonb_build_object('name', 'c', 'physicalName', 'C 1', 'quality', jsonb_build_array(quality))), '[]', jsonb_build_object('apiVersion', standard)) $$;
-- findings of documents, without those about tables, which are not there
CREATE FUNCTION contract_test.findings(document jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat_ws(' ', f.severity, f.finding, f.pointer, '-', f.message), E'\n'), 'none') FROM lint_contract(document) AS f WHERE f.finding <> 'missing_table' $$;
CREATE FUNCTION contract_test.rules(document jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', r.rule, r.level, r.kind, r.columns, r.parameters, r.operator, r.bounds, r.unit, nullif(r.severity, 'error')), E'\n' ORDER BY r.pointer, r.rule)
      FROM _rules(document) AS r WHERE r.kind <> 'type' $$;
\pset format unaligned
\pset tuples_only on

-- a document with everything in it
CREATE TABLE contract_test.fixture AS SELECT $json${
  "apiVersion": "v3.1.0", "kind": "DataContract", "id": "7a1c-support-tickets", "name": "support_tickets", "version": "1.4.2", "status": "draft", "tenant": "Feline GmbH", "domain": "support",
  "tags": ["labels", "gold"], "description": {"purpose": "trains the router", "usage": "read only", "limitations": "no tickets before 2024"},
  "servers": [{"server": "lake", "type": "s3", "location": "s3://x"}, {"server": "prod", "type": "postgresql", "host": "db", "port": 5432, "database": "support", "schema": "tickets"}],
  "schema": [
   {"id": "ticket", "name": "ticket", "physicalName": "ticket_v2", "physicalType": "table", "businessName": "Ticket", "tags": ["core"], "dataGranularityDescription": "one row a ticket",
    "authoritativeDefinitions": [{"url": "https://example.org/ticket", "type": "businessDefinition"}],
    "properties": [
     {"id": "ticket_id", "name": "ticket_id", "logicalType": "integer", "physicalType": "bigint", "primaryKey": true, "primaryKeyPosition": 1},
     {"name": "tenant", "physicalName": "Tenant", "logicalType": "string", "physicalType": "varchar(20)", "primaryKey": true, "primaryKeyPosition": 2, "required": true, "partitioned": true, "partitionKeyPosition": 1},
     {"name": "email", "logicalType": "string", "classification": "restricted", "unique": true, "encryptedName": "email_c", "logicalTypeOptions": {"format": "email", "minLength": 3, "maxLength": 254, "pattern": "@"}, "examples": ["a@b.c"]},
     {"name": "priority", "logicalType": "integer", "logicalTypeOptions": {"minimum": 1, "exclusiveMaximum": 6, "format": "u8", "multipleOf": 1}, "classification": "public"},
     {"name": "opened", "logicalType": "timestamp", "required": true, "logicalTypeOptions": {"minimum": "2024-01-01T00:00:00Z", "timezone": true}},
     {"name": "closed", "logicalType": "timestamp"},
     {"name": "topics", "logicalType": "array", "logicalTypeOptions": {"minItems": 1, "maxItems": 5, "uniqueItems": true}, "items": {"logicalType": "string"}},
     {"name": "meta", "logicalType": "object", "logicalTypeOptions": {"minProperties": 1, "required": ["channel"]}, "properties": [{"name": "channel", "logicalType": "string", "required": true}]},
     {"name": "agent", "logicalType": "integer", "relationships": [{"type": "foreignKey", "to": "agent.agent_id"}],
      "quality": [{"id": "agent_known", "metric": "nullValues", "mustBeLessThan": 5, "unit": "percent", "severity": "warning", "dimension": "completeness", "description": "someone cares"}]},
     {"name": "label", "logicalType": "string", "customProperties": [{"property": "aidataops.labelSchema", "value": ["bug", "question", "praise"]}],
      "quality": [{"metric": "missingValues", "arguments": {"missingValues": ["", "n/a"]}, "mustBe": 0}, {"type": "text", "description": "labels were checked by a second person"}]}],
    "quality": [{"id": "enough", "metric": "rowCount", "mustBeBetween": [100, 1000000]}, {"metric": "duplicateValues", "arguments": {"properties": ["tenant", "email"]}, "mustBeLessOrEqualTo": 2, "unit": "percent", "severity": "minor"},
     {"name": "closed after opened", "type": "custom", "engine": "aidataops", "implementation": {"kind": "compare", "columns": ["opened", "closed"], "operator": "<="}},
     {"type": "sql", "name": "no test tickets", "query": "SELECT count(*) FROM {object} WHERE email LIKE '%@example.com'", "mustBe": 0, "scheduler": "cron", "schedule": "0 20 * * *"},
     {"type": "custom", "engine": "soda", "implementation": "type: duplicate_percent"}],
    "customProperties": [{"property": "aidataops.minimumAgreement", "value": {"coefficient": "krippendorff_alpha", "unit": "ticket_id", "rater": "agent", "label": "label", "value": 0.7}},
     {"property": "aidataops.coverage", "value": {"columns": ["tenant", "priority"], "min_rows": 50}}, {"property": "aidataops.maximumModelShare", "value": {"column": "label", "values": ["gpt"], "value": 20}},
     {"property": "aidataops.driftLimit", "value": {"reference": "tickets@3", "method": "psi", "value": 0.2, "columns": ["priority"]}},
     {"property": "aidataops.minimumAccuracy", "value": {"gold": "tickets_gold", "key": "ticket_id", "label": "label", "value": 0.9}}, {"property": "aidataops.batchVolume", "value": {"max": 50000}}]},
   {"name": "agent", "properties": [{"name": "agent_id", "logicalType": "integer", "required": true, "unique": true}]}],
  "support": [{"channel": "#tickets", "tool": "slack"}], "price": {"priceAmount": 9.95, "priceCurrency": "EUR", "priceUnit": "month"},
  "team": {"name": "router", "members": [{"username": "ann@example.org", "role": "owner", "dateIn": "2024-01-01"}]}, "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "ann"}],
  "slaDefaultElement": "ticket.opened", "slaProperties": [{"property": "latency", "value": 4, "unit": "d", "element": "ticket.opened", "driver": "operational"}, {"property": "retention", "value": 3, "unit": "y"}, {"property": "ly", "value": "PT36H"}],
  "authoritativeDefinitions": [{"url": "https://example.org", "type": "tutorial"}], "customProperties": [{"property": "aidataops.enforcement", "value": "reject"}, {"property": "theirs", "value": {"a": [1]}}], "contractCreatedTs": "2026-01-01T00:00:00Z"
}$json$::jsonb AS document;
SELECT contract_test.findings(document) FROM contract_test.fixture;
SELECT contract_test.rules(document) FROM contract_test.fixture;
SELECT r.columns, r.parameters FROM contract_test.fixture, _rules(document, '{"agent": "People"}') AS r WHERE r.kind IN ('reference', 'type');

-- 3.0: booleans for exclusive bounds, rule for metric, arguments beside it
SELECT contract_test.rules(contract_test.option('{"minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}', 'number', 'v3.0.2'));
SELECT contract_test.findings(contract_test.option('{"exclusiveMinimum": 0}', 'number', 'v3.0.2'));
SELECT contract_test.findings(contract_test.option('{"minimum": 0, "exclusiveMinimum": true}', 'number', 'v3.1.0'));
SELECT contract_test.rules(contract_test.check('{"rule": "validValues", "validValues": ["pounds", "kg"], "mustBe": 0}', 'v3.0.1'));
SELECT contract_test.rules(contract_test.check('{"rule": "duplicateCount", "mustBeLessThan": 10, "name": "fewer than ten twins", "unit": "rows"}', 'v3.0.0'));
SELECT contract_test.findings(contract_test.check('{"metric": "duplicateValues", "mustBe": 0}', 'v3.0.0'));

-- 3.2: enum and vector; what is not known of it is no error
SELECT contract_test.rules(contract_test.document('[{"name": "state", "logicalType": "string", "enum": [{"value": "open", "label": "Open"}, {"value": "shut"}]},
    {"name": "embedding", "logicalType": "vector", "vector": {"dimensions": 384, "elementType": "float32", "embeddingModel": "m"}}]', '[]', '{"apiVersion": "v3.2.0"}'));
SELECT contract_test.findings(contract_test.document('[{"name": "state", "enum": [], "news": 1}]', '[]', '{"apiVersion": "v3.2.0"}'));
SELECT contract_test.findings(contract_test.document('[{"name": "state", "enum": [{"value": 1}]}]'));

-- empty and contradictory checks, which the standard's JSON Schema accepts
SELECT contract_test.findings(contract_test.document('[{"name": "c"}]', '[{}, {"type": "text"}, {"metric": "rowCount"}, {"metric": "rowCount", "mustBe": "zero"}, {"metric": "rowCount", "mustBeBetween": [9, 1]},
    {"metric": "rowCount", "mustBeGreaterThan": 1, "mustBeLessThan": 9}, {"metric": "rowCount", "mustBe": 100, "unit": "percent"}, {"metric": "nullValues", "mustBe": 0}, {"metric": "rowCout", "mustBe": 1},
    {"metric": "duplicateValues", "mustBe": 0}, {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["c", "d"]}}, {"metric": "rowCount", "mustBeLessThan": -1}, {"metric": "rowCount", "mustBe": 1, "musntBe": 2},
    {"type": "custom", "engine": "soda"}, {"type": "sql", "mustBe": 0}, {"type": "sql", "query": "SELECT 1; DROP TABLE t", "mustBe": 0}, {"type": "sql", "query": "DELETE FROM t", "mustBe": 0}, {"type": "sql", "query": "SELEC 1", "mustBe": 0}]'));
SELECT contract_test.findings(contract_test.document('[{"name": "c"}]', '[{"type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "sql": "true) FROM pg_authid WHERE (true"}},
    {"type": "custom", "engine": "aidataops", "implementation": {"kind": "expression", "sql": "c > 0; DROP TABLE t"}}, {"type": "custom", "engine": "aidataops", "implementation": {"kind": "expresion"}}, {"type": "custom", "engine": "aidataops", "implementation": "kind"},
    {"type": "custom", "engine": "aidataops", "implementation": {"kind": "compare", "columns": ["c", "d"], "operator": "=~"}}, {"type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "columns": ["c"], "function": 7}, "mustBe": 0},
    {"type": "custom", "engine": "greatExpectations", "implementation": {"type": "expect_column_values_to_be_unique"}}]'));
SELECT contract_test.findings(contract_test.check(q)) FROM (VALUES
    ('{"metric": "rowCount", "mustBe": 1}'::jsonb), ('{"metric": "invalidValues", "mustBe": 0}'), ('{"metric": "missingValues", "mustBe": 0}'),
    -- the standard's own example, whose pattern stands one level too high
    ('{"metric": "invalidValues", "mustBe": 0, "arguments": null, "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{4}[0-9]{7}([A-Z0-9]?){0,16}$"}'),
    ('{"metric": "nullValues", "mustBeLessThan": 101, "unit": "percent"}'), ('{"metric": "nullValues", "mustBe": 0, "unit": "parsec"}'),
    ('{"metric": "nullValues", "mustBe": 0, "severity": "apocalyptic", "dimension": "completness"}'),
    ('{"metric": "nullValues", "mustBe": 0, "scheduler": "cron", "schedule": "0 30 * * *"}'), ('{"metric": "nullValues", "mustBe": 0, "scheduler": "cron", "schedule": "*/5 0-6,20 * jan mon-fri"}')) AS v (q);
SELECT contract_test.rules(contract_test.check(q)) FROM (VALUES
    ('{"metric": "invalidValues", "mustBe": 0, "arguments": {"pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{4}[0-9]{7}([A-Z0-9]?){0,16}$"}}'::jsonb),
    ('{"metric": "nullValues", "mustBeLessThan": 1, "unit": "percent", "severity": "info"}'), ('{"metric": "nullValues", "mustBeLessThan": 1}'), ('{"metric": "missingValues", "arguments": {"missingValues": [null, "", "N/A"]}, "mustBe": 0, "id": "known"}'), ('{"metric": "missingValues", "arguments": {"missingValues": [null, "", "N/A"]}, "mustBeLessThan": 100}'),
    ('{"type": "sql", "query": "SELECT count(*) FROM ${object} WHERE {property} IS NOT NULL AND ''{other}'' <> ''''", "mustBeBetween": [0, 3600]}'), ('{"type": "sql", "query": "SELECT bool_and({column} > 0) FROM {table}", "mustBe": true}'),
    ('{"type": "custom", "engine": "aidataops", "implementation": {"kind": "statistic", "function": "quantile", "p": 0.99}, "mustBeLessThan": 5}')) AS v (q);

-- options: of another type, reversed, of the wrong kind
SELECT contract_test.findings(contract_test.option(o::jsonb, t)) FROM (VALUES
    ('{"minLength": 1}', 'integer'), ('{"minLenght": 1}', 'string'), ('{"minLength": 5, "maxLength": 2}', 'string'), ('{"minLength": -1}', 'string'), ('{"minLength": 1.5}', 'string'),
    ('{"minimum": "3"}', 'integer'), ('{"minimum": 3, "exclusiveMaximum": 3}', 'number'), ('{"minimum": 3, "maximum": 3}', 'number'), ('{"multipleOf": 0}', 'number'), ('{"format": "i7"}', 'integer'),
    ('{"minimum": "2026-02-30"}', 'date'), ('{"minimum": "2026-02-28", "maximum": "28.2.2027"}', 'date'), ('{"minimum": "2026-03-01", "maximum": "2026-02-01"}', 'date'), ('{"minimum": "2026-03-01T00:00:00Z", "maximum": "2026-03-02T00:00:00Z"}', 'timestamp'), ('{"minimum": 5}', 'time'),
    ('{"minItems": 3, "maxItems": 1}', 'array'), ('{"uniqueItems": "yes"}', 'array'), ('{"required": []}', 'object'), ('{"required": ["a"], "minProperties": 1}', 'object')) AS v (o, t);

-- rules that exclude each other
SELECT contract_test.findings(contract_test.document('[{"name": "c", "logicalType": "string", "enum": [{"value": "a"}], "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["b"]}, "mustBe": 0}]},
    {"name": "d", "logicalType": "integer", "logicalTypeOptions": {"minimum": 300, "format": "u8"}}, {"name": "e", "primaryKey": true, "required": false}]', '[]', '{"apiVersion": "v3.2.0"}'));

-- names and references
SELECT contract_test.findings(contract_test.document('[{"name": "c"}, {"name": "c"}, {"name": "d", "id": "x"}, {"name": "e", "id": "x"}, {}, {"name": "f", "primaryKey": true}, {"name": "g", "primaryKey": true},
    {"name": "r", "relationships": [{"to": "t.c"}, {"to": "t.zz"}, {"to": "zz"}, {"to": "other.json#/schema/a/properties/b"}, {"to": "schema/t/properties/x"}, {"from": "t.c", "to": ["t.c", "t.d"]}]}]'));
SELECT contract_test.rules(contract_test.document('[{"name": "c", "physicalName": "C 1"}, {"name": "d", "relationships": [{"to": "t.c"}]}]', '[]', '{"servers": [{"server": "here", "type": "postgres", "database": "d", "schema": "S"}]}'));

-- service levels and what is ours
SELECT contract_test.findings(contract_test.document('[{"name": "c"}]', '[]', '{"slaProperties": [{"property": "latency", "value": 6, "unit": "h", "element": "t.c"}, {"property": "LY", "value": "PT6H", "element": "t.c"}, {"property": "ly", "value": 6, "element": "t.c"},
    {"property": "latency", "value": "P6X", "element": "t.c"}, {"property": "latency", "value": 1, "unit": "d"}, {"property": "latency", "value": 1, "unit": "d", "element": "t.z"}, {"property": "retention", "value": 3, "unit": "y"}]}'));
SELECT r.rule, r.bounds FROM _rules(contract_test.document('[{"name": "c"}]', '[]', '{"slaDefaultElement": "t.c", "slaProperties": [{"property": "ly", "value": 30, "unit": "m"}, {"property": "Latency", "value": "P1DT30M"}]}')) AS r WHERE r.kind = 'freshness';
SELECT contract_test.findings(contract_test.document('[{"name": "c"}]', '[]', jsonb_build_object('customProperties', jsonb_build_array(jsonb_build_object('property', p, 'value', v::jsonb))))) FROM (VALUES
    ('aidataops.enforcement', '"quarantine"'), ('aidataops.enforcement', '"explode"'), ('aidataops.minimumAgrement', '1'), ('aidataops.minimumAgreement', '0.8'), ('aidataops.minimumAgreement', '{"coefficient": "krippendorff_alpha", "unit": "c", "rater": "c", "label": "z", "value": 2}'),
    ('aidataops.minimumAgreement', '{"coefficient": "krippendorff_alpha", "value": 0.8}'), ('aidataops.freshness', '{"value": 1, "unit": "h"}'), ('aidataops.coverage', '{"columns": ["c"], "min_rows": "many"}'), ('aidataops.batchVolume', '{}'), ('aidataops.driftLimit', '{"reference": "d@1", "value": 0.1, "object": "u"}'),
    ('theirs.anything', '{"at": ["all"]}')) AS v (p, v);

-- wrong forms: all at once
SELECT contract_test.findings('{"apiVersion": "v2.2.0", "kind": "DataProduct", "id": "", "version": "1", "status": "production", "tags": "a", "schema": {}, "team": [{"name": "x"}], "servers": [{"server": "s"}], "price": {"priceAmount": "1"}, "descripton": {}}');
SELECT contract_test.findings(d::jsonb) FROM (VALUES ('[]'), ('7'), ('null'), ('{}'), ('{"schema": [1]}'), ('{"schema": [[]], "slaProperties": [1], "customProperties": [{"property": 1}, 2]}')) AS v (d);
SELECT count(*) FROM lint_contract(NULL);

-- ECMA-262 in PostgreSQL: what a pattern becomes, and what matches it
CREATE FUNCTION contract_test.translated(pattern text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT 'refused:' || split_part(f.message, ':', -1) FROM lint_contract(contract_test.option(jsonb_build_object('pattern', pattern), 'string')) AS f WHERE f.severity = 'error'),
                    (SELECT r.parameters ->> 'regex' FROM _rules(contract_test.option(jsonb_build_object('pattern', pattern), 'string')) AS r WHERE r.kind = 'pattern')) $$;
SELECT p, contract_test.translated(p) FROM unnest(ARRAY['^\d{4}-\d{2}-\d{2}$', '\bcat\b', '^[\w.-]+@[\w-]+\.\w+$', '[^\W_]', '[^]', '[]', 'a**', '(?<y>a)', '\p{L}', '(a)\1', '\k<y>', '(?i)x', '(?<=a)b(?!c)', '***:x', '[a-\d]', '[z-a]', '\x41\cA',
    '[[:alpha:]]', 'a{300}', 'a{,5}', '{', 'a{2,1}', '(a', 'a)', '\', 'x.y', '\a', '^*', 'a|b|', '[\b]', '\0', 'a+?b*?', '[a', '(?#x)', '\u12', '\uD83D', '((a{0,255}){0,255}){0,255}', '(((a*)*b*)*c*){0,255}', '(a?){0,255}', repeat('(', 60) || repeat(')', 60), repeat('a', 5000)]) AS p;
-- which strings a regular expression of ECMA-262 matches; true and false as node's RegExp answers
SELECT p, s, wanted, s ~ contract_test.translated(p) AS matches FROM (VALUES
    ('^a.b$', E'a\nb', false), ('^a.b$', 'axb', true), ('^a[^]b$', E'a\nb', true), ('\bcat\b', 'a cat.', true), ('\bcat\b', 'concat', false), ('\Bcat', 'concat', true), ('^\w+$', 'a_1', true), ('^\s$', E'\t', true), ('^[^\D]$', '7', true), ('^[^\D]$', 'x', false),
    ('^(a|ab)(c|bcd)$', 'abcd', true), ('a{0}b', 'b', true), ('^(?:a(?=b)|c)b$', 'ab', true), ('^[\]\-\\]+$', ']-\', true), ('^[[:alpha:]]$', 'a:]', false), ('^[[:alpha:]]$', 'a]', true), ('$', '', true), ('^a$', E'a\n', false), ('\t', E'\t', true), ('^[+--]$', ',', true), ('^(x|)$', '', true)) AS v (p, s, wanted);
-- what is not linear in other engines
SELECT repeat('a', 5000) ~ contract_test.translated('^(a+)+$'), repeat('a', 5000) || '!' ~ contract_test.translated('^(a|a|aa)*b?$');

-- words are words, and not parts of a list of them; durations are finite, and without hexadecimal digits
SELECT contract_test.findings(contract_test.document('[{"name": "c", "logicalType": "date timestamp", "quality": [{"type": "text library", "metric": "nullValues", "mustBe": 0}]}]', '[]', '{"status": "proposed draft",
    "slaProperties": [{"property": "ly", "value": 1, "unit": "min minute", "element": "t.c"}, {"property": "ly", "value": 1e400, "unit": "h", "element": "t.c"}, {"property": "ly", "value": "P0x10D", "element": "t.c"}, {"property": "ly", "value": "P1e3D", "element": "t.c"}, {"property": "ly", "value": "PT", "element": "t.c"}, {"property": "ly", "value": "P1001Y", "element": "t.c"}]}'));
SELECT r.bounds FROM _rules(contract_test.document('[{"name": "c"}]', '[]', '{"slaProperties": [{"property": "ly", "value": "P1Y2M3W4DT5H6M7.5S", "element": "t.c , t.c"}, {"property": "ly", "value": "P0,5D", "element": "t.c"}]}')) AS r WHERE r.kind = 'freshness';
-- bounds in zones: 2026-01-01T00:00:00+05:00 is three hours before +02:00
SELECT contract_test.findings(contract_test.option(o::jsonb, 'timestamp')) FROM (VALUES ('{"minimum": "2026-01-01T00:00:00+05:00", "maximum": "2026-01-01T00:00:00+02:00"}'), ('{"minimum": "2026-01-01T00:00:00+02:00", "maximum": "2026-01-01T00:00:00+05:00"}'),
    ('{"minimum": "2026-01-31", "maximum": "2026-01-01T00:00:00Z"}'), ('{"minimum": "2026-01-01T00:00:00.000002Z", "maximum": "2026-01-01T00:00:00.000001Z"}')) AS v (o);
-- names that mean the same, relationships of nothing
SELECT contract_test.findings(contract_test.document('[{"name": "c"}, {"name": "d", "physicalName": "c"}]') || '{"schema": [{"name": "t", "properties": [{"name": "c"}, {"name": "d", "physicalName": "c"}], "relationships": [{"to": "t.c"}, {"from": [], "to": "t.c"}, {"from": "t.c", "to": ["x.json#/a"]}]}, {"name": "u", "physicalName": "t"}]}');
-- names longer than are kept whole are cut between characters
SELECT count(*), bool_and(rule ~ 'ä') FROM _rules(contract_test.document(jsonb_build_array(jsonb_build_object('name', 'c' || repeat('ä', 300), 'quality', '[{"metric": "rowCount"}, {"metric": "nullValues", "mustBe": 0}, {"metric": "nullValues", "mustBe": 0}, {"metric": "nullValues", "mustBe": 0}]'::jsonb)))) AS r WHERE r.kind = 'required';
-- kinds of rules with what they need, and nothing that cannot be
SELECT i, contract_test.findings(contract_test.document('[{"name": "c"}, {"name": "d"}]', jsonb_build_array(jsonb_build_object('type', 'custom', 'engine', 'aidataops', 'implementation', i::jsonb) || o::jsonb))) FROM (VALUES
    ('{"kind": "range", "min": 1}', '{}'), ('{"kind": "range", "columns": ["c"]}', '{}'), ('{"kind": "range", "columns": ["c"], "min": {}}', '{}'), ('{"kind": "range", "columns": ["c"], "min": 5, "max_exclusive": 5}', '{}'), ('{"kind": "length", "columns": ["c"], "min": 1e400}', '{}'),
    ('{"kind": "compare", "columns": ["c"], "operator": "<"}', '{}'), ('{"kind": "compare", "columns": ["c", "c"], "operator": "<"}', '{}'), ('{"kind": "values", "columns": ["c"], "values": []}', '{}'), ('{"kind": "format", "columns": ["c"], "format": "nonsense"}', '{}'), ('{"kind": "multiple_of", "columns": ["c"], "divisor": -1}', '{}'),
    ('{"kind": "expression", "sql": "c > 0) OR (d < 9"}', '{}'), ('{"kind": "expression", "sql": "c, d"}', '{}'), ('{"kind": "expression", "sql": "c > 0 -- and so on"}', '{}'), ('{"kind": "expression", "sql": "c = U&''\\d800''"}', '{}'),
    ('{"kind": "statistic", "columns": ["c"], "function": "quantile"}', '{"mustBe": 0}'), ('{"kind": "statistic", "columns": ["c"], "function": "quantile", "p": 7}', '{"mustBe": 0}'), ('{"kind": "unique"}', '{"mustBe": 0}'), ('{"kind": "row_count", "columns": ["c"]}', '{"mustBe": 0}'),
    ('{"kind": "coverage", "columns": ["c"], "slices": 7}', '{"mustBe": 0}'), ('{"kind": "coverage", "columns": ["c", "d"], "slices": ["x"]}', '{"mustBe": 0}'), ('{"kind": "coverage", "columns": ["c"], "share": 30}', '{"mustBe": 0}'), ('{"kind": "agreement", "coefficient": "sympathy", "unit": "c", "rater": "c", "label": "c"}', '{"mustBe": 0}'),
    ('{"kind": "agreement", "coefficient": "gwet_ac", "unit": "z", "rater": "c", "label": "c"}', '{"mustBe": 0}'), ('{"kind": "drift", "columns": ["c"], "reference": "t", "method": "hmm"}', '{"mustBe": 0}'), ('{"kind": "reference", "columns": ["c"], "relation": "u", "to": ["x", "y"]}', '{"mustBe": 0}'),
    ('{"kind": "freshness", "columns": ["c"]}', '{"mustBeGreaterThan": 5}'), ('{"kind": "freshness", "columns": ["c"]}', '{"mustBeLessThan": 5, "unit": "hours"}'), ('{"kind": "range", "columns": ["c"], "min": 1}', '{"mustBeLessThan": 5, "mustBe": 3}')) AS v (i, o);
-- a rule of rows that lets some of them fail is one of the table
SELECT contract_test.rules(contract_test.check(q)) FROM (VALUES ('{"type": "custom", "engine": "aidataops", "implementation": {"kind": "range", "min": 0}, "mustBeLessThan": 5, "unit": "percent"}'::jsonb), ('{"type": "custom", "engine": "aidataops", "implementation": {"kind": "required"}, "mustBeLessThan": 5}'),
    ('{"type": "custom", "engine": "aidataops", "implementation": {"kind": "range", "min": 0}, "mustBe": 0}'), ('{"type": "custom", "engine": "aidataops", "implementation": {"kind": "agreement", "coefficient": "gwet_ac", "unit": "c", "rater": "c", "label": "c"}, "mustBeGreaterThan": 0.8}')) AS v (q);

-- too large, too deep, too many
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT count(*) FROM lint_contract(contract_test.document(jsonb_build_array(jsonb_build_object('name', 'c', 'description', repeat('x', 5000000)))));
\set VERBOSITY terse
SELECT count(*) FROM lint_contract((repeat('[', 5000) || repeat(']', 5000))::jsonb);
SELECT finding, count(*) FROM lint_contract(contract_test.document((SELECT jsonb_agg(jsonb_build_object('name', 'c' || i)) FROM generate_series(1, 2000) AS i))) GROUP BY 1 ORDER BY 1;
SELECT finding, left(message, 60) FROM lint_contract(contract_test.document('[{"name": "c"}]', jsonb_build_array(jsonb_build_object('type', 'sql', 'mustBe', 0, 'query', 'SELECT ' || repeat('(', 20000) || '1' || repeat(')', 20000))))) AS f WHERE f.severity = 'error';
-- each of these took seconds or minutes
SET statement_timeout = '20s';
SELECT contract_test.translated(p) LIKE 'refused%' AS refused FROM unnest(ARRAY[repeat('(a*)*', 40), '(' || repeat('\b', 11) || ')']) AS p;
SELECT split_part(contract_test.translated(p), ' ', 2) AS parts FROM unnest(ARRAY[repeat('(a*)*', 700), repeat('(', 49) || repeat('a*', 1000) || repeat(')*', 49), '(' || (SELECT string_agg(chr(97 + i % 26) || '+', '|') FROM generate_series(1, 800) AS i) || ')+', repeat('\b', 1000), repeat('\w{0,25}', 190)]) AS p;
SELECT count(*) FROM lint_contract(jsonb_set(contract_test.document('[]'), '{schema}', (SELECT jsonb_agg(jsonb_build_object('name', 't' || i, 'properties', jsonb_build_array(jsonb_build_object('name', 'a', 'relationships', jsonb_build_array(jsonb_build_object('to', 't' || (i * 7919 % 10000) || '.a')))))) FROM generate_series(1, 10000) AS i))) WHERE severity = 'error';
SELECT finding, message FROM lint_contract(contract_test.document(jsonb_build_array(jsonb_build_object('name', 'c', 'quality', (SELECT jsonb_agg(jsonb_build_object('metric', 'invalidValues', 'mustBe', 0, 'arguments', jsonb_build_object('validValues', (SELECT jsonb_agg(v + n * 100000) FROM generate_series(1, 50000) AS v)))) FROM generate_series(0, 1) AS n))))) WHERE severity = 'error';
SELECT count(*) FROM jsonb_set(contract_test.document('[]'), '{schema}', (SELECT jsonb_agg(jsonb_build_object('name', 't' || i, 'properties', (SELECT jsonb_agg(jsonb_build_object('name', 'a' || j)) FROM generate_series(1, 50) AS j))) FROM generate_series(1, 200) AS i)) AS d, compare_contracts(d, d - 'schema') AS c;
RESET statement_timeout;
DROP SCHEMA contract_test CASCADE;

-- many rules of one column are compared in a moment
SET statement_timeout = '20s';
SELECT count(*) FROM aidataops.lint_contract((SELECT format('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "many", "version": "1.0.0", "status": "draft", "schema": [{"name": "many", "properties": [{"name": "a", "logicalType": "string", "quality": [%s]}]}]}',
    string_agg('{"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBe": 0}', ','))::jsonb FROM generate_series(1, 1500))) WHERE finding = 'conflicting_rules';
RESET statement_timeout;

-- listed values that other rules of the column refuse: some, all, by two rules together, and by rules that cannot be asked
SELECT c.n, f.severity, f.finding, f.pointer, f.message, f.hint FROM (VALUES
    (1, '"logicalType": "string", "enum": [{"value": "cat"}, {"value": "giraffe"}], "logicalTypeOptions": {"maxLength": 3}'),
    (2, '"logicalType": "string", "enum": [{"value": "cat"}, {"value": "dog"}], "logicalTypeOptions": {"pattern": "^x"}'),
    (3, '"logicalType": "integer", "enum": [{"value": 1}, {"value": 2}, {"value": 30}], "logicalTypeOptions": {"minimum": 2, "maximum": 10}'),
    (4, '"logicalType": "number", "enum": [{"value": 1.5}, {"value": 2}], "logicalTypeOptions": {"exclusiveMinimum": 1.5, "multipleOf": 3}'),
    (5, '"logicalType": "string", "enum": [{"value": "a@b.org"}, {"value": "b"}], "logicalTypeOptions": {"format": "email"}'),
    (6, '"logicalType": "string", "enum": [{"value": "a"}, {"value": "n/a"}], "quality": [{"metric": "missingValues", "arguments": {"missingValues": ["n/a"]}, "mustBe": 0}]'),
    (7, '"logicalType": "string", "enum": [{"value": "aa"}, {"value": "ccc"}], "logicalTypeOptions": {"minLength": 3, "pattern": "^[ab]+$"}'),
    (8, '"logicalType": "string", "enum": [{"value": "aa"}, {"value": "bb"}], "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["aa", "cc"]}, "mustBe": 0}], "logicalTypeOptions": {"pattern": "^b"}'),
    (9, '"logicalType": "string", "enum": [{"value": "a"}, {"value": "b"}], "quality": [{"type": "custom", "engine": "aidataops", "implementation": {"kind": "format", "format": "zzz"}}]'),
    (10, '"enum": [{"value": "a"}, {"value": 1}], "logicalTypeOptions": {"maxLength": 0}'),
    (11, '"logicalType": "string", "enum": [{"value": "é"}, {"value": "b"}], "logicalTypeOptions": {"maxLength": 1}, "quality": [{"metric": "invalidValues", "severity": "warning", "arguments": {"pattern": "^z"}, "mustBe": 0}]')) AS c (n, body),
    lint_contract(('{"apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "draft", "schema": [{"name": "t", "properties": [{"name": "c", ' || c.body || '}]}]}')::jsonb) AS f
 WHERE f.finding IN ('conflicting_rules', 'unreachable_value', 'invalid_rule') ORDER BY c.n, f.severity, f.pointer;
