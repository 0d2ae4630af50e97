-- A row is judged alike by check_contract() and where it is written, whatever the kind of rule, the type and the value
SET search_path = public, aidataops;
\set SHOW_CONTEXT never
CREATE TABLE hostile (id int PRIMARY KEY, t text, c char(10), i int, f float8, n numeric, d date, z timestamptz, j jsonb, a text[], b boolean);
INSERT INTO hostile (id, t) SELECT ordinal, v FROM unnest(ARRAY[NULL, '', ' ', 'a', 'A', 'abc', 'äöü', E'a\nb', 'a@b', 'a..b@c.d', '.a@b.c', '@', 'x:', 'http://a b', 'http://[::1]/%zz',
    '::', '::1', '1::2::3', '::ffff:1.2.3.4', '1.2.3.4', '01.2.3.4', '256.1.1.1', '2021-02-30', '2020-02-29', '24:00:00', '23:59:60Z', '12:00:00', '2020-02-30T00:00:00Z', '2020-01-01 00:00:00Z',
    '2020-01-01T00:00:00', 'a-.b', 'example.com.', '-a', repeat('a', 64) || '.b', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'b0eebc999c0b4ef8bb6d6bb9bd380a11']) WITH ORDINALITY AS u (v, ordinal);
INSERT INTO hostile (id, c, i, f, n, d, z, j, a, b) VALUES
    (101, 'a', 0, 'NaN', 'NaN', '-infinity', '-infinity', '[]', '{}', true), (102, '', 1, 'Infinity', 'Infinity', 'infinity', 'infinity', '[1, 1.0]', '{NULL,NULL}', false),
    (103, 'abc  ', 2147483647, 0.3, 0.3, '2020-01-01', '2020-01-01 00:00:00+02', '{}', '{a,a}', NULL), (104, 'A', -2147483648, -0.0, 1e100, '2021-01-01', '2021-01-01 00:00:00Z', '{"a": null}', '{{a,b},{c,d}}', NULL),
    (105, 'ä', 7, 1e308, -0.5, NULL, NULL, 'null', '{a,b,c}', NULL), (106, NULL, 10, 1e-320, 5.0, NULL, NULL, '"x"', NULL, NULL), (107, NULL, NULL, NULL, NULL, NULL, NULL, '3', NULL, NULL);
SELECT rules FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "hostile", "version": "1.0.0", "status": "active",
    "schema": [{"name": "hostile", "physicalName": "public.hostile", "properties": [{"name": "id", "logicalType": "integer"}]}]}');
DELETE FROM aidataops.rule WHERE contract = 'hostile';
INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, severity, pointer)
SELECT 'hostile', '1.0.0', concat_ws(' ', k.kind, c.name, k.parameters), 'hostile', 'row', k.kind, ARRAY[c.name]::name[], k.parameters::jsonb, 'error', ''
  FROM (VALUES ('required', 't c i f n d z j a b', '{}'), ('length', 't c', '{"min": 1, "max": 3}'), ('length', 't c', '{"max": 0}'), ('pattern', 't c', '{"regex": "^[a-zA]+$"}'),
               ('values', 't c', '{"values": ["a", "abc"]}'), ('values', 'i f n', '{"values": [0, 1, 0.3, 5]}'), ('not_values', 't c', '{"values": ["", "A"]}'), ('not_values', 'b', '{"values": [true]}'),
               ('range', 'i f n', '{"min": 0, "max": 7}'), ('range', 'i f n', '{"min_exclusive": 0, "max_exclusive": 1e99}'), ('range', 'd z', '{"min": "2020-01-01", "max": "2020-12-31"}'),
               ('multiple_of', 'i f n', '{"divisor": 0.1}'), ('multiple_of', 'i f n', '{"divisor": 5}'),
               ('format', 't', '{"format": "email"}'), ('format', 't', '{"format": "uuid"}'), ('format', 't', '{"format": "uri"}'), ('format', 't', '{"format": "hostname"}'), ('format', 't', '{"format": "ipv4"}'),
               ('format', 't', '{"format": "ipv6"}'), ('format', 't', '{"format": "date"}'), ('format', 't', '{"format": "time"}'), ('format', 't', '{"format": "date-time"}'),
               ('items', 'a j', '{"min": 1, "max": 2}'), ('items', 'a j', '{"unique": true}'), ('properties', 'j', '{"min": 1}'), ('properties', 'j', '{"required": ["a"]}'), ('dimensions', 'a', '{"dimensions": 2}')) AS k (kind, columns, parameters)
 CROSS JOIN LATERAL regexp_split_to_table(k.columns, ' ') AS c (name);
INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, severity, pointer)
VALUES ('hostile', '1.0.0', 'compare i f', 'hostile', 'row', 'compare', '{i,f}', '{"operator": "<="}', 'error', ''), ('hostile', '1.0.0', 'compare n f', 'hostile', 'row', 'compare', '{n,f}', '{"operator": "="}', 'error', '');
-- which differ? none
SELECT c.rule, c.outcome, c.failing AS by_check, v.failing AS by_enforcement
  FROM check_contract('hostile') AS c
  LEFT JOIN (SELECT v.rule, count(*) AS failing FROM hostile AS h CROSS JOIN LATERAL violations(row_rules('hostile'), h) AS v GROUP BY v.rule) AS v USING (rule)
 WHERE c.failing IS DISTINCT FROM coalesce(v.failing, 0) ORDER BY c.rule;
-- and by hand
SELECT rule, failing FROM check_contract('hostile')
 WHERE rule ~ '^(required (t|j) |length c .*3|range f .*7|multiple_of f .*0.1|format t .*"(date|ipv4|uuid)"|items a .*unique|properties j .*required)' ORDER BY rule;
-- none of the rules could not be measured
SELECT count(*) FROM check_contract('hostile') WHERE outcome = 'error';
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract = 'hostile');
DELETE FROM aidataops.check_run WHERE contract = 'hostile';
DELETE FROM aidataops.rule WHERE contract = 'hostile';
DELETE FROM aidataops.contract_event WHERE contract = 'hostile';
DELETE FROM aidataops.contract_table WHERE contract = 'hostile';
DELETE FROM aidataops.contract WHERE contract = 'hostile';
DROP TABLE hostile;
RESET search_path;
