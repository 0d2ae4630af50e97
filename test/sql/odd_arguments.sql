-- Every public function with NULL, empty, odd and extreme arguments, of a superuser and of a role that may do nothing, with a
-- search_path of its own: it answers or says what is wrong, and never in words that are meant for whoever wrote it.
SET client_min_messages = error;
CREATE SCHEMA odd;
GRANT USAGE ON SCHEMA odd TO PUBLIC;
CREATE ROLE odd_nobody;
CREATE SCHEMA odd_nobody AUTHORIZATION odd_nobody;
CREATE TABLE odd.t (id int PRIMARY KEY, "odd ""name x" text, score float8);
INSERT INTO odd.t VALUES (1, 'a', 'NaN'), (2, NULL, 'infinity');
SELECT aidataops.create_dataset('odd', 'odd.t'), aidataops.commit('odd', 'one') \g /dev/null

CREATE FUNCTION odd.argument(type text, variant text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN variant = 'null' THEN format('NULL::%s', concrete)
        WHEN type LIKE '%[]' THEN CASE variant WHEN 'empty' THEN format('''{}''::%s', type) ELSE format('ARRAY[NULL]::%s', type) END
        WHEN type IN ('text', 'name') THEN format('%L::%s', CASE variant WHEN 'empty' THEN '' WHEN 'odd' THEN 'o "d'' d; x@1' ELSE repeat('x', 3000) END, type)
        WHEN type IN ('double precision', 'real') THEN format('%L::%s', CASE variant WHEN 'empty' THEN 'NaN' WHEN 'odd' THEN '-infinity' ELSE '1e30' END, type)
        WHEN type IN ('integer', 'bigint', 'smallint') THEN
            CASE variant WHEN 'empty' THEN '0::' || type WHEN 'odd' THEN '(-1)::' || type
                ELSE CASE type WHEN 'integer' THEN '2147483647' WHEN 'bigint' THEN '9223372036854775807' ELSE '32767::smallint' END END
        WHEN type = 'jsonb' THEN format('%L::jsonb', CASE variant WHEN 'empty' THEN '{}' WHEN 'odd' THEN '[null, 1, "a"]' ELSE '{"a": {"b": [1e1000, null]}}' END)
        WHEN type = 'boolean' THEN 'true'
        WHEN type = 'interval' THEN CASE variant WHEN 'extreme' THEN '''-178000000 years''::interval' ELSE '''0''::interval' END
        WHEN type LIKE 'timestamp%' OR type = 'date' THEN format('%L::%s', CASE variant WHEN 'extreme' THEN 'infinity' ELSE '-infinity' END, type)
        WHEN type = 'numeric' THEN format('%L::numeric', CASE variant WHEN 'empty' THEN 'NaN' ELSE 'infinity' END)
        WHEN type = 'regclass' THEN '''odd.t''::regclass'
        WHEN type = 'oid' THEN '0::oid'
        WHEN type = 'aidataops.dataset_version' THEN format('%L::aidataops.dataset_version', CASE variant WHEN 'odd' THEN 'odd@WORKING' ELSE 'odd@1' END)
        WHEN concrete = 'int' THEN '1'
        ELSE format('NULL::%s', concrete) END
      FROM (SELECT CASE WHEN type IN ('anyelement', '"any"', 'anynonarray', 'anyenum') THEN 'int' WHEN type = 'anyarray' THEN 'int[]'
                   WHEN type = 'anyrange' THEN 'int4range' WHEN type = 'anymultirange' THEN 'int4multirange' ELSE type END AS concrete) AS c
$$;

CREATE FUNCTION odd.public_functions() RETURNS TABLE (function regprocedure, name name, kind "char", types text[]) LANGUAGE sql STABLE AS $$
    SELECT p.oid, p.proname, p.prokind, ARRAY(SELECT format_type(u.t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS u (t, n) ORDER BY u.n)
      FROM pg_proc AS p
     WHERE p.pronamespace = 'aidataops'::regnamespace AND (p.proname NOT LIKE '\_%' OR current_user = 'odd_nobody') AND p.prokind IN ('f', 'a') AND has_function_privilege(p.oid, 'EXECUTE')
       AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
       AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
     ORDER BY p.proname, p.oid
$$;

CREATE FUNCTION odd.attack() RETURNS TABLE (function text, variant text, state text, message text) LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT * FROM odd.public_functions() LOOP
        FOREACH variant IN ARRAY '{"null",empty,odd,extreme}'::text[] LOOP
            BEGIN
                EXECUTE format('SELECT count(*) FROM (SELECT aidataops.%I(%s)) AS x', f.name,
                               coalesce((SELECT string_agg(odd.argument(u.t, variant), ', ' ORDER BY u.n) FROM unnest(f.types) WITH ORDINALITY AS u (t, n)),
                                        CASE f.kind WHEN 'a' THEN '*' ELSE '' END));
            EXCEPTION WHEN OTHERS THEN
                IF SQLSTATE LIKE 'XX%' OR SQLERRM ~* 'cache lookup|unrecognized|invalid memory|null value in column|violates|field name must not be null|cannot cast|query string argument|out of memory|unexpected' THEN
                    function := f.function; state := SQLSTATE; message := left(SQLERRM, 160);
                    RETURN NEXT;
                END IF;
            END;
        END LOOP;
    END LOOP;
END $$;

SELECT count(*) > 300 AS many FROM odd.public_functions();
BEGIN;
SELECT * FROM odd.attack();
ROLLBACK;
BEGIN;
SET LOCAL ROLE odd_nobody;
SET LOCAL search_path = odd_nobody, odd;
SELECT * FROM odd.attack();
ROLLBACK;
SELECT version, message FROM aidataops.log('odd');

SELECT aidataops.drop_dataset('odd', force => true) \g /dev/null
DROP SCHEMA odd, odd_nobody CASCADE;
DROP ROLE odd_nobody;
