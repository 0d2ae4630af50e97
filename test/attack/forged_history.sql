-- The owner of a dataset may write its history. What he writes there must not make a commit record what the table is not, nor
-- let a version through a gate of somebody else's contract.
BEGIN;
SELECT plan(20);
SET client_min_messages = warning;
SET search_path = public, aidataops;
CREATE ROLE attack_owner;
CREATE ROLE attack_steward;
GRANT attack_owner TO attack_steward;
CREATE SCHEMA trap AUTHORIZATION attack_owner;
-- hashes are numbers of 128 bits, which fingerprints add up
CREATE FUNCTION pg_temp.number(u uuid) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE n numeric := 0;
BEGIN
    FOR i IN 0..15 LOOP n := n * 256 + get_byte(uuid_send(u), i); END LOOP;
    RETURN n;
END $$;
CREATE FUNCTION pg_temp.plus(u uuid, d numeric) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    n numeric := mod(mod(pg_temp.number(u) + d, power(2::numeric, 128)) + power(2::numeric, 128), power(2::numeric, 128));
    r text := '';
BEGIN
    FOR i IN 1..16 LOOP r := lpad(to_hex(mod(n, 256)::int), 2, '0') || r; n := div(n, 256); END LOOP;
    RETURN r::uuid;
END $$;
CREATE FUNCTION pg_temp.forge(dataset text, command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(command, (SELECT 'aidataops_history.' || d.history_table FROM aidataops.dataset AS d WHERE d.name = dataset));
END $$;
CREATE FUNCTION pg_temp.dataset(name text, key name[] DEFAULT '{id}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE trap.%I AS SELECT i AS id, ''v'' || i AS v FROM generate_series(1, 10) AS i', name);
    PERFORM create_dataset(name, ('trap.' || name)::regclass, key => dataset.key), commit(name, 'good');
END $$;
SET ROLE attack_owner;

-- the fingerprint that passed, for rows that do not: what went would take away what came
SELECT pg_temp.dataset('sums');
SET ROLE attack_steward;
SELECT create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "sums", "version": "1.0.0", "status": "active",
    "schema": [{"name": "sums", "physicalName": "trap.sums", "properties": [{"name": "v", "logicalType": "string", "required": true}]}]}');
SELECT count(*) FROM check_contract('sums', 'sums@1');
SELECT lives_ok($$SELECT gate('sums@1')$$, 'the first version passes the gate');
SET ROLE attack_owner;
UPDATE trap.sums SET v = NULL WHERE id = 1;
SELECT pg_temp.forge('sums', 'UPDATE %s AS h SET _hash = pg_temp.plus(_columns_hash(''{id,v}'', t.id, t.v), CASE t.id WHEN 1 THEN 1 ELSE -1 END) FROM trap.sums AS t WHERE t.id = h.id AND t.id <= 2');
SELECT throws_ok($$SELECT commit('sums', 'bad')$$, '55000', NULL, 'a head whose hashes do not add up is not built upon');
SELECT throws_ok($$SELECT commit('sums', 'bad', gate => true)$$, '55000', NULL, 'nor through the gate');
SELECT is((SELECT count(*) FROM log('sums')), 1::bigint, 'no version was made');
SELECT throws_matching($$SELECT commit('sums', 'bad')$$, 'does not hold what was recorded of sums@1', 'it says of which');
SELECT throws_ok($$SELECT gate('sums@WORKING')$$, '55000', NULL, 'and the table does not pass');

-- the sum stays: one row has the hash of what the table holds now, another makes up for it
SELECT pg_temp.dataset('kept');
UPDATE trap.kept SET v = 'bad' WHERE id = 1;
SELECT pg_temp.forge('kept', $$UPDATE %1$s AS h SET _hash = CASE h.id WHEN 1 THEN n.hash ELSE pg_temp.plus(h._hash, o.number - pg_temp.number(n.hash)) END
    FROM (SELECT _columns_hash('{id,v}', id, v) AS hash FROM trap.kept WHERE id = 1) AS n, (SELECT pg_temp.number(_hash) AS number FROM %1$s WHERE id = 1) AS o WHERE h.id <= 2$$);
SELECT throws_ok($$SELECT commit('kept', 'hidden')$$, '55000', NULL, 'a change that is hidden, and made up for, is found');
SELECT throws_ok($$SELECT commit_all('{kept}', 'hidden')$$, '55000', NULL, 'by commit_all() as well');
-- shifted, which hides nothing but is not what was left there
SELECT pg_temp.dataset('shifted');
SELECT pg_temp.forge('shifted', 'UPDATE %s SET _hash = pg_temp.plus(_hash, CASE id WHEN 1 THEN 1 ELSE -1 END) WHERE id <= 2');
SELECT throws_ok($$SELECT commit('shifted', 'shifted')$$, '55000', NULL, 'hashes that were shifted are found');

-- without a key: two rows exchange their hashes, and the wrong one would go
SELECT pg_temp.dataset('exchanged', '{}');
SELECT pg_temp.forge('exchanged', 'UPDATE %1$s AS h SET _hash = o._hash FROM %1$s AS o WHERE h.id + o.id = 3');
DELETE FROM trap.exchanged WHERE id = 1;
SELECT throws_ok($$SELECT commit('exchanged', 'one went')$$, '55000', NULL, 'hashes that were exchanged are found');

-- rows that were added, removed, ended
SELECT pg_temp.dataset('more');
SELECT pg_temp.forge('more', 'INSERT INTO %s SELECT 100, 1, 2147483647, gen_random_uuid(), 100, ''x''');
SELECT throws_ok($$SELECT commit('more', 'x')$$, '55000', NULL, 'a row that was put in is found');
SELECT pg_temp.dataset('fewer');
SELECT pg_temp.forge('fewer', 'DELETE FROM %s WHERE id = 3');
SELECT throws_ok($$SELECT commit('fewer', 'x')$$, '55000', NULL, 'one that was taken out');
SELECT pg_temp.dataset('ended');
SELECT pg_temp.forge('ended', 'UPDATE %s SET _removed = 1 WHERE id = 3');
SELECT throws_ok($$SELECT commit('ended', 'x')$$, '55000', NULL, 'one that was ended');
SELECT pg_temp.dataset('null');
SELECT pg_temp.forge('null', 'ALTER TABLE %s ALTER _hash DROP NOT NULL');
SELECT pg_temp.forge('null', 'UPDATE %s SET _hash = NULL WHERE id = 3');
SELECT throws_ok($$SELECT commit('null', 'x')$$, '55000', NULL, 'a hash that was taken away');
-- and the same when the shape changes, so that all rows go on in another table
ALTER TABLE trap.more ALTER v TYPE varchar(20);
SELECT throws_ok($$SELECT commit('more', 'x')$$, '55000', NULL, 'a change of shape covers up nothing');
-- what is restored is what was recorded
SELECT throws_ok($$SELECT * FROM restore('sums@1')$$, '55000', NULL, 'such a version is not restored');
SELECT throws_ok($$SELECT * FROM restore('kept@1')$$, '09000', NULL, 'nor one of which the rows are not those of its hashes');

-- a trigger on the history writes something else
SELECT pg_temp.dataset('written');
CREATE FUNCTION trap.other_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.v := 'good'; RETURN new; END $$;
SELECT pg_temp.forge('written', 'CREATE TRIGGER o BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION trap.other_row()');
UPDATE trap.written SET v = 'bad' WHERE id = 1;
SELECT throws_ok($$SELECT commit('written', 'x')$$, '09000', NULL, 'a trigger that writes other rows is found');
CREATE FUNCTION trap.no_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SELECT pg_temp.forge('written', 'CREATE TRIGGER n BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION trap.no_row()');
SELECT throws_ok($$SELECT commit('written', 'x')$$, '40001', NULL, 'and one that keeps rows from being written');

-- the seal is nobody's to read
SELECT throws_ok($$SELECT * FROM aidataops.seal$$, '42501', NULL, 'the key of the seal is not for the owner of the data');

SELECT * FROM finish();
ROLLBACK;
