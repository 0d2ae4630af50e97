-- Values as text and as JSON: what PostgreSQL's own casts and to_jsonb() give, but for casts that users made.
CREATE SCHEMA plain;
SET search_path = plain, aidataops, public;
\set VERBOSITY terse

CREATE TABLE sample (type regtype NOT NULL, input text NOT NULL);
\copy sample from stdin delimiter '|'
boolean|true
boolean|f
bytea|\\x00ff41
"char"|x
name|a "name"
int2|-32768
int4|2147483647
int8|-9223372036854775808
float4|0.1
float4|NaN
float8|1e-310
float8|-Infinity
float8|-0
numeric|1.500
numeric|NaN
numeric|-Infinity
numeric|1e40
money|12.34
text|äöü "quoted" \\ back
text|
varchar| two 
bpchar|padded   
varchar(3)|abc
bpchar(5)|ab
date|2024-02-29
date|infinity
time|23:59:59.999999
timetz|01:02:03+05:30
timestamp|2024-02-29 12:00:00.5
timestamp|-infinity
timestamptz|2024-02-29 12:00:00+02
timestamptz|0044-03-15 12:00:00+00 BC
interval|1 year 2 months -3 days 04:05:06.789
json|{"a": 1, "a": [2, null, "x"], "b": {"c": 1.10}}
json|"scalar"
json|null
jsonb|{"a": [1, {"b": null}]}
jsonb|17
jsonb|[]
jsonb|null
jsonpath|$.a[*] ? (@ > 1)
xml|<a b="c">d</a>
uuid|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
inet|192.168.0.1
inet|::1/64
cidr|10.0.0.0/8
macaddr|08:00:2b:01:02:03
macaddr8|08:00:2b:01:02:03:04:05
bit(5)|10101
varbit|1
point|(1,2.5)
line|{1,-1,0}
lseg|[(0,0),(1,1)]
path|((0,0),(1,1),(2,0))
box|(2,2),(0,0)
polygon|((0,0),(1,1),(2,0))
circle|<(1,2),3>
tsvector|'a':1A 'fat':2
tsquery|'fat' & ( 'rat' \| 'cat' )
int4range|[1,5)
int8range|empty
numrange|(,1.5]
tsrange|[2024-01-01,2024-01-02)
tstzrange|[2024-01-01 00:00+00,)
daterange|[2024-01-01,2024-02-01)
int4multirange|{[1,3),[5,8)}
int8multirange|{}
nummultirange|{[1.5,2)}
tsmultirange|{[2024-01-01,2024-01-02)}
tstzmultirange|{[2024-01-01 00:00+00,)}
datemultirange|{[2024-01-01,2024-02-01)}
oid|4294967295
tid|(7,3)
xid|100
xid8|10000000000
cid|3
pg_lsn|16/B374D848
pg_snapshot|10:20:10,14,15
txid_snapshot|10:20:10,14,15
regclass|pg_class
regtype|integer
regproc|now
regprocedure|abs(integer)
regoper|#-
regoperator|+(integer,integer)
regrole|pg_monitor
regnamespace|pg_catalog
regcollation|"C"
regconfig|simple
regdictionary|simple
refcursor|c
aclitem|pg_monitor=r/pg_monitor
int2vector|1 2 3
oidvector|1 2 3
gtsvector|
int4[]|{1,NULL,3}
int4[]|{}
int4[]|[0:1]={7,8}
text[]|{{"a,b",NULL},{"c\\"d",""}}
float8[]|{{{1,NaN},{0.1,2}}}
timestamptz[]|{2024-02-29 12:00:00+02,infinity}
jsonb[]|{"{\\"a\\": 1}",null}
bpchar(3)[]|{a,b}
numrange[]|{"[1,2)"}
\.
DELETE FROM sample WHERE input = '' AND type = 'gtsvector'::regtype; -- has no input

-- equally: whether text and JSON of a value are what PostgreSQL makes of it
CREATE FUNCTION equally(expression text, OUT texts boolean, OUT jsons boolean) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT aidataops._text(v) IS NOT DISTINCT FROM v::text, '
                   'aidataops._json(v)::text IS NOT DISTINCT FROM to_jsonb(v)::text FROM (SELECT %s) AS s (v)', expression)
       INTO texts, jsons;
END $$;

CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN flag AS boolean;
CREATE DOMAIN padded AS char(5);
CREATE DOMAIN moods AS mood[];
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nested AS (p pair, ps pair[], m mood, f flag, t timestamptz, j json);
CREATE DOMAIN checked AS nested CHECK ((VALUE).m <> 'sad');
CREATE TYPE moodrange AS RANGE (SUBTYPE = mood);
CREATE TABLE dropped (a int, gone int, b text);
ALTER TABLE dropped DROP COLUMN gone;
ALTER TABLE dropped ADD COLUMN c int DEFAULT 5;

CREATE VIEW expression (expression) AS
    SELECT format('%L::%s', s.input, s.type) FROM sample AS s
    UNION ALL SELECT format('ARRAY[%L, NULL]::%s[]', s.input, s.type) FROM sample AS s WHERE s.type::text NOT LIKE '%[]'
    UNION ALL SELECT format('ROW(%L::%s, NULL::%2$s)', s.input, s.type) FROM sample AS s
    UNION ALL VALUES ('''glad''::mood'), ('true::flag'), ('''ab''::padded'), ('''{glad,sad}''::moods'), ('NULL::mood'),
        ('ROW(1, ''x'')::pair'), ('ROW(NULL, NULL)::pair'), ('NULL::pair'), ('ARRAY[ROW(1, ''x'')::pair, NULL]'),
        ('ROW(ROW(1, ''x''), ARRAY[ROW(2, NULL)::pair], ''glad'', false, ''2024-01-01 00:00+00'', ''[1,  2]'')::nested'),
        ('ROW(ROW(1, ''x''), NULL, ''glad'', false, NULL, NULL)::checked'), ('''[glad,sad)''::moodrange'),
        ('ARRAY[ROW(1, ''x''), ROW(2, ''y'')]'), ('ROW()'), ('ROW(ROW(ROW(1)))'), ('(ROW(1, ''x'', 2)::dropped)'),
        ('(SELECT q FROM (SELECT 1 AS a, 2 AS a, ''x''::text AS b) AS q)'), ('(SELECT c FROM pg_class AS c WHERE oid = ''pg_class''::regclass)'),
        ('(SELECT most_common_vals FROM pg_stats WHERE tablename = ''pg_type'' AND attname = ''typlen'')'),
        ('ARRAY(SELECT x FROM pg_index AS x ORDER BY indexrelid LIMIT 3)');

SELECT e.expression, q.* FROM expression AS e, equally(e.expression) AS q WHERE NOT (q.texts AND q.jsons);
SELECT count(*) > 300 AS many FROM expression;
-- under other settings as well
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'America/St_Johns';
SET extra_float_digits = -3;
SET bytea_output = 'escape';
SELECT e.expression, q.* FROM expression AS e, equally(e.expression) AS q WHERE NOT (q.texts AND q.jsons);
RESET DateStyle;
RESET IntervalStyle;
RESET TimeZone;
RESET extra_float_digits;
RESET bytea_output;
-- every type with an input function that takes values is among them
SELECT t.typname FROM pg_type AS t
 WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND t.typelem = 0
   AND NOT EXISTS (SELECT FROM sample AS s WHERE s.type = t.oid) ORDER BY 1;
-- and every cast to text that PostgreSQL brings along
SELECT c.castsource::regtype FROM pg_cast AS c
 WHERE c.casttarget = 'text'::regtype AND c.oid < 16384 AND NOT EXISTS (SELECT FROM sample AS s WHERE s.type = c.castsource) ORDER BY 1;

-- whole rows of tables, a column that their tuples lack included
INSERT INTO dropped VALUES (1, 'x'), (2, NULL);
ALTER TABLE dropped ADD COLUMN d mood DEFAULT 'sad';
SELECT aidataops._json(d.*), aidataops._json(d.*) = to_jsonb(d.*) AS equal FROM dropped AS d ORDER BY a;
SELECT count(*) FILTER (WHERE aidataops._json(t.*) = to_jsonb(t.*)) = count(*) AS equal FROM pg_type AS t;
SELECT aidataops._json(r.*) FROM (SELECT a, b FROM dropped UNION ALL SELECT 3, 'z') AS r ORDER BY 1;

-- casts that users made are passed over, wherever they hide
CREATE FUNCTION told(mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast to text'; END $$;
CREATE FUNCTION told_json(mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast to json'; END $$;
CREATE FUNCTION told_pair(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast of a pair'; END $$;
CREATE FUNCTION told_pair_json(pair) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast of a pair to json'; END $$;
CREATE CAST (mood AS text) WITH FUNCTION told(mood) AS IMPLICIT;
CREATE CAST (mood AS json) WITH FUNCTION told_json(mood) AS IMPLICIT;
CREATE CAST (pair AS text) WITH FUNCTION told_pair(pair) AS ASSIGNMENT;
CREATE CAST (pair AS json) WITH FUNCTION told_pair_json(pair);
SELECT 'glad'::mood::text;
SELECT to_jsonb('glad'::mood);
SELECT aidataops._text('glad'::mood), aidataops._text(ROW(1, 'x')::pair), aidataops._text(ARRAY['sad']::mood[]), aidataops._text('{sad}'::moods);
SELECT aidataops._json('glad'::mood), aidataops._json(ROW(1, 'x')::pair), aidataops._json(ARRAY['sad']::mood[]), aidataops._json('{sad}'::moods),
       aidataops._json(ROW(ARRAY[ROW('glad'::mood)]));
SELECT aidataops._text('a literal'), aidataops._json('a literal'), aidataops._text(NULL), aidataops._json(NULL);

DROP SCHEMA plain CASCADE;
