-- What test/calls/calls.py makes arguments of: stored values of every type of the extension, a dataset, a contract, a monitor.
CREATE SCHEMA calls;
CREATE ROLE calls_outsider;
CREATE TABLE calls.t (id int PRIMARY KEY, label text, score float8, at timestamptz);
INSERT INTO calls.t SELECT i, chr(97 + i % 3), i / 3.0, '2026-01-01 00:00Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 60) AS i;
SELECT aidataops.create_dataset('calls', 'calls.t'), aidataops.commit('calls', 'one');
UPDATE calls.t SET score = score + 1 WHERE id > 50;
SELECT aidataops.commit('calls', 'two'), aidataops.tag('calls@1', 'first');
SELECT contract FROM aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "calls", "version": "1.0.0", "status": "active",
    "schema": [{"name": "t", "physicalName": "calls.t", "properties": [{"name": "id", "logicalType": "integer", "required": true}]}]}');
SELECT aidataops.create_monitor('calls', 'calls');
CREATE TYPE calls.mood AS ENUM ('sad', 'glad');
CREATE DOMAIN calls.positive AS int CHECK (VALUE > 0);
CREATE TYPE calls.pair AS (a int, b calls.mood);

CREATE TABLE calls.label_counts AS SELECT aidataops.label_counts_agg(x) AS v FROM unnest('{a,b,a}'::text[]) AS x
    UNION ALL SELECT aidataops.label_counts_agg(x) FROM unnest('{1,2,2,5}'::int[]) AS x UNION ALL SELECT aidataops.label_counts_agg(x) FROM unnest('{1.5,NaN,infinity}'::float8[]) AS x;
CREATE TABLE calls.agreement AS SELECT aidataops.agreement_agg(c) AS v
  FROM (SELECT i % 2 AS half, i / 4 AS unit, aidataops.label_counts_agg(chr(97 + i % 3)) AS c FROM generate_series(1, 24) AS i GROUP BY 1, 2) AS s GROUP BY half;
CREATE TABLE calls.confusion AS SELECT aidataops.confusion_agg(a, b) AS v FROM (VALUES ('x', 'y'), ('x', 'x'), ('y', NULL)) AS s (a, b) UNION ALL SELECT aidataops.confusion_agg(i, i % 3) FROM generate_series(1, 9) AS i;
CREATE TABLE calls.rater_agreement AS SELECT aidataops.rater_agreement_agg(i % 4, 'r' || i % 3, chr(97 + i % 2)) AS v FROM generate_series(1, 12) AS i;
CREATE TABLE calls.fingerprint AS SELECT aidataops.fingerprint_agg(t.*) AS v FROM calls.t AS t UNION ALL SELECT aidataops.fingerprint_agg(t.*) FROM calls.t AS t WHERE false;
CREATE TABLE calls.secure_fingerprint AS SELECT aidataops.secure_fingerprint_agg(t.*) AS v FROM calls.t AS t;
CREATE TABLE calls.profile AS SELECT aidataops.profile_agg(id) AS v FROM calls.t UNION ALL SELECT aidataops.profile_agg(label) FROM calls.t UNION ALL SELECT aidataops.profile_agg(at) FROM calls.t
    UNION ALL SELECT aidataops.profile_agg(x) FROM unnest('{1,NaN,infinity,-infinity,1e308,5e-324,-0}'::float8[]) AS x UNION ALL SELECT aidataops.profile_agg(ARRAY[i, 1]::real[]) FROM generate_series(1, 3) AS i
    UNION ALL SELECT aidataops.profile_agg(i * 1e10 % 7919) FROM generate_series(1, 6000) AS i UNION ALL SELECT aidataops.profile_agg(md5(i::text)) FROM generate_series(1, 5000) AS i
    UNION ALL SELECT aidataops.profile_agg(id) FROM calls.t WHERE false UNION ALL SELECT aidataops.profile_agg(id > 9) FROM calls.t;
