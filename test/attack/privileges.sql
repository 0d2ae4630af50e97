-- What is internal is nobody's to call, whatever the privileges by default of who installed were.
BEGIN;
SELECT plan(9);
CREATE ROLE attack_outsider;

CREATE FUNCTION pg_temp.executable(pattern text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT p.oid::regprocedure::text FROM pg_proc AS p
     WHERE p.pronamespace = 'aidataops'::regnamespace AND p.oid::regprocedure::text ~ pattern
       AND has_function_privilege('attack_outsider', p.oid, 'EXECUTE') ORDER BY 1 $$;
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p
     WHERE p.pronamespace = 'aidataops'::regnamespace AND p.proname ~ '^_' AND p.proargnames[1] IN ('caller', 'role', 'evaluator')
       AND p.proargtypes[0] = 'oid'::regtype AND has_function_privilege('attack_outsider', p.oid, 'EXECUTE')$$,
    'nobody says on whose behalf a function acts');
SELECT is_empty($$SELECT * FROM pg_temp.executable('\._run_supervised|\._supervised|_run_as_owner|_watch_schema_event|_record_check')$$,
    'nor runs statements as somebody else');
SELECT isnt_empty($$SELECT * FROM pg_temp.executable('_profile_accum')$$, 'parts of aggregates are for all');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_aggregate AS a ON p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn)
     WHERE p.pronamespace = 'aidataops'::regnamespace AND NOT has_function_privilege('attack_outsider', p.oid, 'EXECUTE')$$, 'all of them');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.pronamespace = 'aidataops'::regnamespace AND p.proname !~ '^_' AND p.prokind IN ('f', 'a')
       AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND NOT has_function_privilege('attack_outsider', p.oid, 'EXECUTE')$$,
    'and what is public');
SELECT is_empty($$SELECT c.oid::regclass, a.privilege_type FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
     WHERE c.relnamespace = 'aidataops'::regnamespace AND c.relkind IN ('r', 'v', 'S') AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT'$$,
    'nobody writes the catalog');
SET ROLE attack_outsider;
SELECT throws_ok($$SELECT aidataops._run_supervised(10::oid, 'SELECT 1', NULL, false, 0)$$, '42501', NULL, 'an outsider runs nothing as the superuser');
RESET ROLE;
-- whoever installs may have let others into what it makes
DROP EXTENSION aidataops CASCADE;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO attack_outsider;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO attack_outsider;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO attack_outsider;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO attack_outsider;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE EXTENSION aidataops;
SELECT is_empty($$SELECT c.relname::text FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE c.relnamespace = 'aidataops'::regnamespace AND a.grantee = 'attack_outsider'::regrole
    UNION ALL SELECT p.proname FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a WHERE p.pronamespace = 'aidataops'::regnamespace AND a.grantee = 'attack_outsider'::regrole
    UNION ALL SELECT n.nspname FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS a WHERE n.nspname = 'aidataops' AND a.grantee = 'attack_outsider'::regrole$$,
    'privileges by default give nobody the catalog');
SELECT ok(has_function_privilege('public', 'aidataops.row_hash(record)', 'EXECUTE'), 'nor take the public functions from anybody');
SELECT * FROM finish();
ROLLBACK;
