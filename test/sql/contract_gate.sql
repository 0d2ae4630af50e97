-- Gates: gate(), commit(gate => true), create_gated_view()
SET search_path = public, aidataops;
\set SHOW_CONTEXT never

CREATE TABLE reviews (id int PRIMARY KEY, stars int, body text);
INSERT INTO reviews SELECT i, 1 + i % 5, 'text ' || i FROM generate_series(1, 100) AS i;
SELECT create_dataset('reviews', 'reviews');

-- no contract, no gate
SELECT commit('reviews', 'first', gate => true);
SELECT count(*) FROM log('reviews');
SELECT create_gated_view('served', 'reviews');
SELECT commit('reviews', 'first');
SELECT gate('reviews@1');

SELECT contract, status FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "reviews", "version": "1.0.0", "status": "active",
    "schema": [{"name": "reviews", "physicalName": "public.reviews", "properties": [
        {"name": "id", "logicalType": "integer", "required": true},
        {"name": "stars", "logicalType": "integer", "logicalTypeOptions": {"minimum": 1, "maximum": 5}, "quality": [
            {"name": "mean of stars", "type": "sql", "query": "SELECT avg(stars) FROM {object}", "mustBeBetween": [2, 4], "severity": "warning"}]},
        {"name": "body", "logicalType": "string", "quality": [{"name": "body is there", "metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"}]}]}]}');
SELECT rule, level, kind, severity FROM aidataops.rule WHERE contract = 'reviews' ORDER BY rule;
-- a version that was not checked does not pass; one that was does, by whatever name it goes, and so does the table while it is alike
SELECT gate('reviews@1');
SELECT count(*) FROM check_contract('reviews', 'reviews@1');
SELECT tag('reviews@1', 'gold');
SELECT gate('reviews@1'), gate('reviews@gold'), gate('reviews@HEAD', 'inference'), gate('reviews@WORKING');

-- what is committed with a gate was checked; what fails is not committed, and the reasons are listed
INSERT INTO reviews VALUES (101, 5, 'good');
SELECT commit('reviews', 'second', gate => true);
SELECT gate('reviews@2');
UPDATE reviews SET stars = 9 WHERE id <= 3;
UPDATE reviews SET body = NULL WHERE id BETWEEN 2 AND 10;
SELECT commit('reviews', 'third', gate => true);
SELECT head, changed FROM status('reviews');
SELECT count(*) FROM aidataops.check_run WHERE number = 3;
SELECT commit('reviews', 'third');
SELECT gate('reviews@3');
SELECT rule, outcome FROM check_contract('reviews', 'reviews@3');
SELECT gate('reviews@3');
-- the head did not change: it is checked all the same
SELECT commit('reviews', 'again', gate => true);

-- rules for some stages only; warnings pass
UPDATE aidataops.rule SET parameters = parameters || '{"stages": ["training"]}' WHERE contract = 'reviews' AND kind IN ('range', 'invalid', 'missing');
UPDATE aidataops.rule SET bounds = '[3, 4]' WHERE contract = 'reviews' AND kind = 'sql';
SELECT rule, outcome FROM check_contract('reviews', 'reviews@3') WHERE outcome <> 'pass';
SELECT gate('reviews@3');
SELECT gate('reviews@3', 'inference');
UPDATE aidataops.rule SET parameters = parameters - 'stages' WHERE contract = 'reviews';

-- another document: checks of the old one do not count
UPDATE aidataops.contract SET document_hash = '\x00' WHERE contract = 'reviews';
SELECT gate('reviews@1');
UPDATE aidataops.contract SET document_hash = (SELECT document_hash FROM aidataops.check_run WHERE contract = 'reviews' LIMIT 1) WHERE contract = 'reviews';

-- served is the last version that passed: not the third
SELECT create_gated_view('served', 'reviews');
SELECT count(*), max(stars), count(body) FROM served;
UPDATE served SET stars = 1;
-- the view means what it says, whatever the search_path of who creates it
DROP VIEW served;
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.yes(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR hostile.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = hostile.yes);
CREATE OPERATOR hostile.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = hostile.yes);
CREATE OPERATOR hostile.<= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = hostile.yes);
CREATE DOMAIN hostile.interval AS pg_catalog.interval CHECK (false);
CREATE DOMAIN hostile.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN hostile.name AS pg_catalog.name CHECK (false);
CREATE DOMAIN hostile.regclass AS pg_catalog.regclass CHECK (false);
CREATE FUNCTION hostile.format(pg_catalog.text, VARIADIC "any") RETURNS pg_catalog.text LANGUAGE internal IMMUTABLE AS 'text_format_nv';
SET search_path = hostile, pg_catalog, public;
SELECT aidataops.create_gated_view('public.served', 'reviews', max_age => '100 years');
SELECT aidataops.create_gated_view('public.served_live', 'reviews@WORKING', 'inference', '1 hour');
SET search_path = public, aidataops;
SELECT pg_get_viewdef('served') LIKE '%hostile%' OR pg_get_viewdef('served_live') LIKE '%hostile%' AS deceived;
SELECT count(*), max(stars) FROM served;
SET client_min_messages = warning;
DROP VIEW served, served_live;
DROP SCHEMA hostile CASCADE;
RESET client_min_messages;
SELECT create_gated_view('served', 'reviews');
-- the table is served while its last check passed
SELECT create_gated_view('"Served now"', 'reviews@WORKING', 'inference', '1 hour');
SELECT count(*) FROM "Served now";
UPDATE reviews SET stars = 5, body = 'x';
SELECT count(*) FROM "Served now";
SELECT rule, outcome FROM check_contract('reviews', 'reviews@WORKING') WHERE outcome <> 'pass';
SELECT count(*), max(stars) FROM "Served now";
SELECT commit('reviews', 'all the best', gate => true);
SELECT count(*), max(stars), min(stars) FROM served;
-- a column more does not matter, another type does
DROP VIEW "Served now";
ALTER TABLE reviews ADD COLUMN lang text DEFAULT 'en';
SELECT commit('reviews', 'language', gate => true);
SELECT count(*) FROM served;
ALTER TABLE reviews ALTER stars TYPE numeric;
SELECT commit('reviews', 'numeric', gate => true);
SELECT count(*) FROM served;
DROP VIEW served;
-- stale
SELECT create_gated_view('stale', 'reviews', max_age => '1 microsecond');
\set VERBOSITY terse
SELECT * FROM stale;
\set VERBOSITY default
DROP VIEW stale;
-- even of no rows the gate is asked first
CREATE TABLE nothing (id int PRIMARY KEY);
SELECT create_dataset('nothing', 'nothing');
SELECT create_gated_view('served', 'nothing@WORKING');
SELECT count(*) FROM served;
SELECT * FROM served;
DROP VIEW served;

-- only fingerprints are kept: the table is checked, while it is what was committed
CREATE TABLE large (id int PRIMARY KEY, stars int);
INSERT INTO large SELECT i, 3 FROM generate_series(1, 10) AS i;
SELECT create_dataset('large', 'large', storage => 'fingerprint');
SELECT contract FROM create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "large", "version": "1.0.0", "status": "active",
    "schema": [{"name": "large", "physicalName": "public.large", "properties": [{"name": "stars", "logicalType": "integer", "logicalTypeOptions": {"maximum": 5}}]}]}');
SELECT commit('large', 'first', gate => true);
SELECT gate('large@1');
SELECT create_gated_view('served', 'large');
SELECT count(*) FROM check_contract('large', 'large@WORKING');
SELECT count(*) FROM served;
UPDATE large SET stars = 6 WHERE id = 1;
\set VERBOSITY terse
SELECT check_contract('large', 'large@1');
\set VERBOSITY default
SELECT commit('large', 'second', gate => true);
DROP VIEW served;

-- bad input
SELECT gate(NULL);
SELECT gate('nobody@1');
SELECT gate('reviews@77');
SELECT gate('reviews@1', NULL);
SELECT gate('reviews@1', '');
SELECT create_gated_view('served', 'nobody');
SELECT create_gated_view('served', 'reviews@1');
SELECT create_gated_view('served', 'reviews', max_age => '-1 day');
SELECT create_gated_view('reviews', 'reviews');
SELECT create_gated_view('served', 'reviews', NULL);
SELECT create_gated_view(NULL, 'reviews');
SELECT gated_version(0, 'inference', NULL, NULL);
SELECT gated_version(NULL, 'inference', NULL, NULL);

SELECT drop_dataset(name) FROM unnest(ARRAY['reviews', 'nothing', 'large']) AS name;
DELETE FROM aidataops.check_result WHERE run_id IN (SELECT run_id FROM aidataops.check_run WHERE contract IN ('reviews', 'large'));
DELETE FROM aidataops.check_run WHERE contract IN ('reviews', 'large');
DELETE FROM aidataops.contract_event WHERE contract IN ('reviews', 'large');
DELETE FROM aidataops.rule WHERE contract IN ('reviews', 'large');
DELETE FROM aidataops.contract_table WHERE contract IN ('reviews', 'large');
DELETE FROM aidataops.contract WHERE contract IN ('reviews', 'large');
DROP TABLE reviews, nothing, large;
RESET search_path;
