-- ruleset: text and binary form, every kind of rule, what is refused.
SET search_path = public, aidataops;
\set VERBOSITY terse

-- one rule as a ruleset over columns named by their places
CREATE FUNCTION rules_of(kind text, parameters jsonb, columns text[] DEFAULT '{x}') RETURNS ruleset LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('contract', 'c', 'version', '1.0.0', 'columns', columns,
        'rules', jsonb_build_array(jsonb_build_object('rule', 'r', 'kind', kind, 'columns', columns, 'parameters', parameters)))::ruleset $$;

-- text and binary forms
SELECT rules_of('range', '{"max": 1}');
SELECT rules_of('range', '{"max": 1}')::text::ruleset::text = rules_of('range', '{"max": 1}')::text AS round_trip;
SELECT '{"contract": "c", "version": "1", "columns": [], "rules": []}'::ruleset;
CREATE TABLE kept (r ruleset);
INSERT INTO kept VALUES (rules_of('values', '{"values": ["é", "\"", null, 1, true]}')), (NULL);
\copy kept TO 'ruleset.bin' (FORMAT binary)
CREATE TABLE read (r ruleset);
\copy read FROM 'ruleset.bin' (FORMAT binary)
SELECT r.r::text = k.r::text AS same FROM read AS r, kept AS k WHERE r.r IS NOT NULL AND k.r IS NOT NULL;
\! rm ruleset.bin
DROP TABLE kept, read;

-- refused
SELECT '1'::ruleset;
SELECT '{'::ruleset;
SELECT '{}'::ruleset;
SELECT '{"contract": "c", "version": "1", "columns": ["a", "a"], "rules": []}'::ruleset;
SELECT '{"contract": "c", "version": "1", "columns": [1], "rules": []}'::ruleset;
SELECT '{"contract": "c", "version": "1", "columns": [], "rules": [], "more": 1}'::ruleset;
SELECT '{"contract": "c", "version": "1", "columns": [], "rules": [1]}'::ruleset;
\set VERBOSITY default
SELECT rules_of('nonsense', '{}');
SELECT rules_of('expression', '{"sql": "true"}');
SELECT rules_of('range', '{"minimum": 1}');
SELECT rules_of('range', '{}');
SELECT rules_of('range', '{"min": [1]}');
SELECT rules_of('length', '{"min": -1}');
SELECT rules_of('length', '{"max": 1e99}');
SELECT rules_of('length', '{"max": 1.5}');
SELECT rules_of('values', '{"values": []}');
SELECT rules_of('values', '{"values": [[1]]}');
SELECT rules_of('multiple_of', '{"divisor": 0}');
SELECT rules_of('format', '{"format": "iban"}');
SELECT rules_of('compare', '{"operator": "=="}', '{a,b}');
SELECT rules_of('compare', '{"operator": "="}', '{a}');
SELECT '{"contract": "c", "version": "1", "columns": ["a"], "rules": [{"rule": "r", "kind": "required", "columns": ["b"]}]}'::ruleset;
SELECT '{"contract": "c", "version": "1", "columns": ["a"], "rules": [{"rule": "r", "kind": "required", "columns": ["a"], "severity": "fatal"}]}'::ruleset;
\set VERBOSITY terse

-- the number of columns, their types
SELECT check_row(rules_of('required', '{}'));
SELECT check_row(rules_of('required', '{}'), 1, 2);
SELECT check_row(rules_of('required', '{}'), VARIADIC ARRAY[1]);
SELECT check_row(rules_of('range', '{"min": 1}'), 'text'::text);
SELECT check_row(rules_of('length', '{"min": 1}'), 1);
SELECT check_row(rules_of('pattern', '{"regex": "("}'), 'text'::text);
SELECT check_row(rules_of('dimensions', '{"dimensions": 3}'), 1);
SELECT check_row(rules_of('items', '{"min": 3}'), 1);
SELECT check_row(rules_of('range', '{"min": "tomorrow"}'), date '2026-01-01');
SELECT check_row(rules_of('range', '{"min": "x"}'), date '2026-01-01');
SELECT check_row(rules_of('compare', '{"operator": "<"}', '{a,b}'), 1, 'b'::text);
SELECT check_row(NULL, 1) IS NULL AS null_ruleset;

-- Every kind on every type that it fits: the table says which values keep the rule.
CREATE FUNCTION holds(kind text, parameters jsonb, type text, value text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    held boolean;
BEGIN
    EXECUTE format('SELECT conforms(rules_of(%L, %L), %L::%s)', kind, parameters, value, type) INTO held;
    RETURN held;
END $$;
SELECT kind, parameters, type, value, holds(kind, parameters::jsonb, type, value) AS holds, expected
  FROM (VALUES
    ('required', '{}', 'int', NULL, false), ('required', '{}', 'int', '0', true), ('required', '{"values": ["", "N/A"]}', 'text', 'N/A', false),
    ('required', '{"values": ["", "N/A"]}', 'text', 'n/a', true), ('required', '{"values": [-1, null]}', 'int', '-1', false),
    ('range', '{"min": 0}', 'int', NULL, true),
    ('range', '{"min": 0.5}', 'int', '0', false), ('range', '{"min": 0.5}', 'int', '1', true), ('range', '{"max": 0.5}', 'int', '1', false), ('range', '{"max": -0.5}', 'smallint', '0', false),
    ('range', '{"max": -0.5}', 'smallint', '-1', true), ('range', '{"min_exclusive": 1}', 'bigint', '1', false), ('range', '{"max_exclusive": 1}', 'bigint', '0', true),
    ('range', '{"min": 1e30}', 'bigint', '9223372036854775807', false), ('range', '{"max": 1e30}', 'bigint', '9223372036854775807', true),
    ('range', '{"min_exclusive": 9223372036854775807}', 'bigint', '9223372036854775807', false), ('range', '{"max": 9223372036854775807}', 'bigint', '9223372036854775807', true),
    ('range', '{"max": 9223372036854775806.5}', 'bigint', '9223372036854775807', false), ('range', '{"min": -1e30}', 'bigint', '-9223372036854775808', true),
    ('range', '{"min": -9223372036854775808}', 'bigint', '-9223372036854775808', true), ('range', '{"max": -1e30}', 'bigint', '-9223372036854775808', false),
    ('range', '{"min": "10"}', 'int', '9', false), ('range', '{"min": "Infinity"}', 'int', '9', false), ('range', '{"min": "-Infinity"}', 'int', '9', true),
    ('range', '{"min": 0, "max": 1}', 'float8', 'NaN', false), ('range', '{"min": 0}', 'float8', 'Infinity', true), ('range', '{"max_exclusive": 1}', 'float8', '1', false),
    ('range', '{"max": 0.1}', 'float8', '0.1', true), ('range', '{"min": 0}', 'float4', '-0', true), ('range', '{"max": 0.1}', 'float4', '0.1', true), ('range', '{"max_exclusive": 0.1}', 'float4', '0.1', false),
    ('range', '{"max": 1e300}', 'float4', 'Infinity', false), ('range', '{"min_exclusive": 1e-60}', 'float4', '0', false), ('range', '{"min": 1e30}', 'int8', '-9223372036854775808', false), ('range', '{"min": 0}', 'numeric', 'NaN', false),
    ('range', '{"max": 0.1}', 'numeric', '0.10000000000000000001', false), ('range', '{"max": 0.1}', 'numeric', '0.10', true), ('range', '{"min_exclusive": 0.1}', 'numeric', '0.1', false),
    ('range', '{"min": "2026-01-01"}', 'date', '2025-12-31', false), ('range', '{"max_exclusive": "2026-01-01"}', 'date', '2025-12-31', true),
    ('range', '{"max": "infinity"}', 'date', 'infinity', true), ('range', '{"min_exclusive": "infinity"}', 'timestamptz', 'infinity', false),
    ('range', '{"min": "2026-01-01T00:00:00+02:00"}', 'timestamptz', '2025-12-31 22:00:00+00', true), ('range', '{"min": "2026-01-01T00:00:00"}', 'timestamptz', '2025-12-31 23:59:59+00', false),
    ('range', '{"min": "08:00"}', 'time', '07:59:59', false), ('range', '{"max": "1 day"}', 'interval', '25 hours', false), ('range', '{"max": "10.0.0.0"}', 'inet', '10.0.0.1', false),
    ('length', '{"max": 3}', 'text', 'äöü', true), ('length', '{"max": 3}', 'text', 'äöüß', false), ('length', '{"min": 2}', 'text', 'ä', false), ('length', '{"min": 1}', 'varchar', '', false),
    ('length', '{"max": 2}', 'char(5)', 'ab', true), ('length', '{"max": 2}', 'bytea', '\x010203', false), ('length', '{"max": 1000000000}', 'text', 'x', true),
    ('length', '{"max": 100000}', 'text', repeat('x', 100001), false),
    ('pattern', '{"regex": "^[a-z]+$"}', 'text', 'abc', true), ('pattern', '{"regex": "^[a-z]+$"}', 'text', 'aBc', false), ('pattern', '{"regex": "b"}', 'text', 'abc', true),
    ('values', '{"values": ["a", "b"]}', 'text', 'b', true), ('values', '{"values": ["a", "b"]}', 'text', 'B', false), ('values', '{"values": ["a"]}', 'text', NULL, true),
    ('values', '{"values": ["a","b","c","d","e","f","g","h","i","j","k"]}', 'text', 'k', true), ('values', '{"values": ["a","b","c","d","e","f","g","h","i","j","k"]}', 'text', 'l', false),
    ('values', '{"values": ["a","a","a","a","a","a","a","a","a","a","a"]}', 'varchar', 'a', true), ('values', '{"values": ["a "]}', 'char(3)', 'a', true),
    ('values', '{"values": [1, 2.5, 3.0, 1e40]}', 'int', '3', true), ('values', '{"values": [1, 2.5]}', 'smallint', '2', false), ('values', '{"values": ["7"]}', 'bigint', '7', true),
    ('values', '{"values": [1.50]}', 'numeric', '1.5', true), ('values', '{"values": [0.1]}', 'float4', '0.1', true), ('values', '{"values": [0.1, "NaN"]}', 'float8', 'NaN', true),
    ('values', '{"values": [true]}', 'bool', 'false', false), ('values', '{"values": ["2026-01-01"]}', 'date', '2026-01-01', true), ('values', '{"values": ["2026-01-01T00:00:00Z"]}', 'timestamptz', '2026-01-01 01:00+01', true),
    ('values', '{"values": ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]}', 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true), ('values', '{"values": ["a"]}', 'jsonb', '"a"', true),
    ('not_values', '{"values": ["", null]}', 'text', '', false), ('not_values', '{"values": [""]}', 'text', NULL, true), ('not_values', '{"values": [-1, 99]}', 'int', '99', false), ('not_values', '{"values": [-1]}', 'int', '1', true),
    ('multiple_of', '{"divisor": 5}', 'int', '-10', true), ('multiple_of', '{"divisor": 5}', 'bigint', '7', false), ('multiple_of', '{"divisor": 0.01}', 'numeric', '1.23', true), ('multiple_of', '{"divisor": 0.01}', 'numeric', '1.234', false),
    ('multiple_of', '{"divisor": 0.1}', 'float8', '0.3', true), ('multiple_of', '{"divisor": 2.5}', 'int', '5', true), ('multiple_of', '{"divisor": 2.5}', 'int', '4', false), ('multiple_of', '{"divisor": 1e30}', 'int', '0', true), ('multiple_of', '{"divisor": 1}', 'numeric', 'NaN', false),
    ('items', '{"min": 1, "max": 2}', 'int[]', '{1,2,3}', false), ('items', '{"min": 1}', 'int[]', '{}', false), ('items', '{"unique": true}', 'text[]', '{a,b,a}', false), ('items', '{"unique": true}', 'text[]', '{NULL,a}', true),
    ('items', '{"unique": true}', 'jsonb', '[{"a": 1}, {"a": 1.0}]', false), ('items', '{"unique": true}', 'numeric[]', '{1,1.0}', false), ('items', '{"unique": true}', 'jsonb', '[1, "1", true, null, []]', true), ('items', '{"unique": true}', 'jsonb', '[1, 1]', false), ('items', '{"max": 3}', 'jsonb', '{}', false), ('items', '{"max": 3}', 'jsonb', '7', false),
    ('properties', '{"required": ["a"]}', 'jsonb', '{"a": null}', true), ('properties', '{"required": ["a", "b"]}', 'jsonb', '{"a": 1}', false), ('properties', '{"max": 1}', 'jsonb', '{"a": 1, "b": 2}', false), ('properties', '{"min": 0}', 'jsonb', '[]', false),
    ('dimensions', '{"dimensions": 3}', 'float4[]', '{1,2,3}', true), ('dimensions', '{"dimensions": 3}', 'float8[]', '{1,2}', false), ('dimensions', '{"dimensions": 2}', 'float8[]', '{{1,2},{3,4}}', false)
  ) AS v (kind, parameters, type, value, expected)
 WHERE holds(kind, parameters::jsonb, type, value) IS DISTINCT FROM expected;

-- formats, with the examples of their standards
SELECT format, value, expected FROM (VALUES
    ('date', '2024-02-29', true), ('date', '2023-02-29', false), ('date', '1900-02-29', false), ('date', '2026-13-01', false), ('date', '2026-1-1', false),
    ('time', '08:30:06Z', true), ('time', '23:59:60Z', true), ('time', '08:30:06', false), ('time', '24:00:00Z', false), ('time', '08:30:06.283185+08:00', true), ('time', '08:30:06.Z', false),
    ('date-time', '1985-04-12T23:20:50.52Z', true), ('date-time', '1996-12-19T16:39:57-08:00', true), ('date-time', '1990-12-31T23:59:60Z', true), ('date-time', '1985-04-12', false),
    ('email', 'joe.bloggs@example.com', true), ('email', 'te~st@example.com', true), ('email', '.a@example.com', false), ('email', 'a..b@example.com', false), ('email', 'a@', false), ('email', '2962', false),
    ('hostname', 'www.example.com', true), ('hostname', '-bad', false), ('hostname', 'a-', false), ('hostname', 'a..b', false), ('hostname', repeat('a', 64), false), ('hostname', '', false),
    ('ipv4', '192.168.0.1', true), ('ipv4', '256.0.0.1', false), ('ipv4', '127.0.0', false), ('ipv4', '087.10.0.1', false), ('ipv4', '1.2.3.4.5', false),
    ('ipv6', '::1', true), ('ipv6', '::', true), ('ipv6', '2001:db8::8:800:200c:417a', true), ('ipv6', '1:2:3:4:5:6:7:8', true), ('ipv6', '1:2:3:4:5:6:7', false), ('ipv6', '1::2::3', false), ('ipv6', ':2:3:4:5:6:7:8', false),
    ('ipv6', '::ffff:192.168.0.1', true), ('ipv6', '12345::', false), ('ipv6', '1:2:3:4:5:6:7:8:9', false), ('ipv6', '1:2:3:4:5:6:1.2.3.4', true), ('ipv6', '1:2:3:4:5:6:7:1.2.3.4', false), ('ipv6', '1:', false),
    ('uuid', '2EB8AA08-AA98-11EA-B4AA-73B441D16380', true), ('uuid', '2eb8aa08-aa98-11ea-b4aa73b441d16380', false), ('uuid', '2eb8aa08-aa98-11ea-b4aa-73b441d1638', false),
    ('uri', 'http://foo.bar/?baz=qux#quux', true), ('uri', 'urn:oasis:names:specification:docbook:dtd:xml:4.1.2', true), ('uri', 'abc', false), ('uri', 'http://a b', false), ('uri', 'http://a%zz', false), ('uri', '//x', false)
  ) AS v (format, value, expected) WHERE holds('format', jsonb_build_object('format', format), 'text', value) IS DISTINCT FROM expected;

-- comparisons of two columns
SELECT a, operator, b, expected FROM (VALUES
    ('1::int', '<', '2::int', true), ('2::int', '<', '2::int', false), ('2::int', '<=', '2::int', true), ('2::int', '<>', '2::bigint', false), ('2::numeric', '>', '1::float8', true), ('''a''::text', '<', '''b''::varchar', true),
    ('date ''2026-01-01''', '<=', 'date ''2026-01-01''', true), ('now()', '>', 'now()', false), ('NULL::int', '>', '1::int', true), ('1::int', '>', 'NULL::int', true), ('''NaN''::float8', '=', '''NaN''::float8', true),
    ('9007199254740993::bigint', '>', '9007199254740992::numeric', true)
  ) AS v (a, operator, b, expected), LATERAL (SELECT (xpath('//c/text()', query_to_xml(format('SELECT conforms(rules_of(''compare'', %L, ''{a,b}''), %s, %s) AS c', jsonb_build_object('operator', operator), a, b), true, true, '')))[1]::text::boolean AS holds) AS h
 WHERE holds IS DISTINCT FROM expected;

-- what bounds mean does not depend on the session
SET TimeZone = 'America/New_York';
SET DateStyle = 'German';
SELECT holds('range', '{"min": "2026-01-02T00:00:00"}', 'timestamptz', '2026-01-01 23:59:59+00') AS earlier, holds('range', '{"min": "2026-01-02"}', 'date', '02.01.2026') AS equal;
RESET TimeZone;
RESET DateStyle;

-- enums and domains; a label that is renamed is the same value
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);
CREATE TABLE typed (m mood, s short, CHECK (check_row('{"contract": "c", "version": "1", "columns": ["m", "s"], "rules": [
    {"rule": "m", "kind": "values", "columns": ["m"], "parameters": {"values": ["ok", "happy"]}}, {"rule": "s", "kind": "length", "columns": ["s"], "parameters": {"max": 2}}]}', m, s)));
INSERT INTO typed VALUES ('ok', 'ab');
INSERT INTO typed VALUES ('sad', 'ab');
INSERT INTO typed VALUES ('ok', 'abc');
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
INSERT INTO typed VALUES ('fine', 'ab');
ALTER TYPE mood RENAME VALUE 'fine' TO 'ok';
INSERT INTO typed VALUES ('ok', 'ab');
-- another type: verified again, with the operations of that type
ALTER TABLE typed ALTER COLUMN m TYPE text USING m::text || '!';
ALTER TABLE typed ALTER COLUMN m TYPE text;
INSERT INTO typed VALUES ('sad', 'ab');

-- what is told, and what is not
\set VERBOSITY default
SELECT * FROM violations(rules_of('values', '{"values": ["cat", "dog"]}'), ROW('bird'));
CREATE TABLE told (x text, secret text);
SELECT * FROM violations('{"contract": "c", "version": "1", "columns": ["x", "secret"], "rules": [
    {"rule": "a", "kind": "values", "columns": ["x"], "parameters": {"values": ["cat", "dog"]}, "severity": "warn"},
    {"rule": "b", "kind": "length", "columns": ["secret"], "parameters": {"max": 3, "sensitive": true}},
    {"rule": "c", "kind": "pattern", "columns": ["secret"], "parameters": {"regex": "^a"}},
    {"rule": "d", "kind": "compare", "columns": ["x", "secret"], "parameters": {"operator": "="}},
    {"rule": "e", "kind": "required", "columns": ["x"]}]}', ROW(repeat('long ', 20), 'very secret')::told);
SELECT count(*) FROM violations('{"contract": "c", "version": "1", "columns": ["x"], "rules": [{"rule": "e", "kind": "required", "columns": ["x"]}]}', ROW('x', NULL)::told);
SELECT * FROM violations(rules_of('required', '{}', '{y}'), ROW('x', NULL)::told);
DROP TABLE told;
\set VERBOSITY terse

-- a pattern that would take ages ends with the statement's time
SET statement_timeout = 300;
SELECT check_row(rules_of('pattern', '{"regex": "^(.+)(.+)(.+)\\1\\2\\3$"}'), repeat('a', 3000) || 'b');
RESET statement_timeout;

-- many rows and constants through one call site: what is cached is not mixed up
SELECT count(*) FILTER (WHERE conforms(r, i)) FROM (SELECT rules_of('range', jsonb_build_object('min', i)) AS r, i FROM generate_series(1, 600) AS i) AS s;
SELECT count(*) FILTER (WHERE conforms(r, i - 1)) FROM (SELECT rules_of('range', jsonb_build_object('min', i)) AS r, i FROM generate_series(1, 600) AS i) AS s;

DROP TABLE typed;
DROP DOMAIN short;
DROP TYPE mood;
DROP FUNCTION holds, rules_of;
