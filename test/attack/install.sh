# Whoever owns the database, and is no superuser, plants what fits the install script better than PostgreSQL's own: operators and
# functions of every name that the script uses, in public, in schemas that somebody might name, and in the search_path of
# who installs. Nothing of it may become part of the extension, and none may run.
sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
fail() { echo "$1"; failed=1; }
failed=0
trap 'dropdb --if-exists --force attack_owned; psql -XqAtd postgres -c "ALTER ROLE postgres RESET search_path"' EXIT

sql -c 'CREATE ROLE attack_dbo LOGIN' -c 'CREATE DATABASE attack_owned OWNER attack_dbo'
export PGDATABASE=attack_owned
names=$(sed 's/--.*//' ../../sql/*.sql ../../sql/*/*.sql 2>/dev/null | grep -oE '\b[a-z_]+\(' | tr -d '(' | sort -u | paste -sd,)
sql -v names="{$names}" <<'SQL' || { echo 'it could not be planted'; exit 1; }
SET SESSION AUTHORIZATION attack_dbo;
CREATE SCHEMA trap;
CREATE SCHEMA z;
SELECT set_config('attack.names', :'names', false) \g /dev/null
DO $$
DECLARE
    types CONSTANT text[] := ARRAY['text', 'int', 'bigint', 'numeric', 'float8', 'boolean', 'name', 'oid', 'jsonb', 'text[]', 'name[]', '"char"'];
    place text;
    l text;
    r text;
    it record;
BEGIN
    FOREACH place IN ARRAY '{public,trap}'::text[] LOOP
        FOREACH l IN ARRAY types LOOP
            FOREACH r IN ARRAY types LOOP
                EXECUTE format('CREATE FUNCTION %1$I.planted(%2$s, %3$s) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''planted: runs as %%'', current_user; END $f$', place, l, r);
                EXECUTE format('CREATE FUNCTION %1$I.planted_left(%2$s, %3$s) RETURNS %2$s LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''planted: runs as %%'', current_user; END $f$', place, l, r);
                -- only where PostgreSQL has no exact match, which would be found first
                FOR it IN SELECT DISTINCT o.oprname, o.oprresult = 'boolean'::regtype AS tests FROM pg_operator AS o
                           WHERE o.oprnamespace = 'pg_catalog'::regnamespace
                             AND o.oprname IN ('||', '=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '->', '->>', '#>', '#>>', '?', '@>', '<@', '&&', '~', '!~', '~~', '!~~')
                             AND NOT EXISTS (SELECT FROM pg_operator AS x WHERE x.oprnamespace = 'pg_catalog'::regnamespace AND x.oprname = o.oprname
                                                AND x.oprleft = l::regtype AND x.oprright = r::regtype)
                           ORDER BY 1, 2 LOOP
                    CONTINUE WHEN to_regoperator(format('%I.%s(%s,%s)', place, it.oprname, l, r)) IS NOT NULL;
                    EXECUTE format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %I.%I)', place, it.oprname, l, r, place,
                                   CASE WHEN it.tests THEN 'planted' ELSE 'planted_left' END);
                END LOOP;
            END LOOP;
            FOR it IN SELECT DISTINCT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
                         AND p.proname = ANY (current_setting('attack.names')::name[])
                         AND NOT EXISTS (SELECT FROM pg_proc AS x WHERE x.pronamespace = 'pg_catalog'::regnamespace AND x.proname = p.proname AND x.proargtypes = ARRAY[l::regtype::oid]::oidvector) LOOP
                EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''planted: runs as %%'', current_user; END $f$', place, it.proname, l);
                EXECUTE format('CREATE FUNCTION %I.%I(%s, bigint) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''planted: runs as %%'', current_user; END $f$', place, it.proname, l);
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
CREATE DOMAIN public.text AS pg_catalog.text;
CREATE DOMAIN public.jsonb AS pg_catalog.jsonb;
CREATE DOMAIN public.oid AS pg_catalog.oid;
CREATE TABLE public.pg_class (oid pg_catalog.oid);
CREATE VIEW public.pg_proc AS SELECT 1 AS oid;
SQL
sql -c 'ALTER ROLE postgres SET search_path = trap, public, "$user"'
sql -c 'CREATE EXTENSION aidataops' || { echo 'it does not install there'; exit 1; }

strange=$(sql <<'SQL'
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
  FROM pg_depend AS e JOIN pg_depend AS d ON d.classid = e.classid AND d.objid = e.objid
 CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) AS o
 WHERE e.refclassid = 'pg_extension'::regclass AND e.refobjid = (SELECT x.oid FROM pg_catalog.pg_extension AS x WHERE x.extname = 'aidataops') AND e.deptype = 'e'
   AND o.schema NOT IN ('pg_catalog', 'aidataops', 'pg_toast');
SQL
)
[ -z "$strange" ] || fail "$strange"

# a body that is read as text must not be read in the caller's search_path
unpinned=$(sql <<'SQL'
SELECT p.oid::regprocedure FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
 WHERE p.pronamespace = 'aidataops'::regnamespace AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
   AND NOT coalesce(p.proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp'];
SQL
)
for function in $unpinned; do
	case $function in
		# these make views where the caller's own CREATE VIEW would, and write every name with its schema
		'aidataops.create_version_view('*|'aidataops.create_gated_view('*) ;;
		*) fail "the search_path of $function is the caller's" ;;
	esac
done

sql <<'SQL' >/dev/null || fail 'the main job met what was planted'
\c - attack_dbo
SET search_path = trap, public;
CREATE TABLE public.t (id int PRIMARY KEY, v pg_catalog.text);
INSERT INTO public.t VALUES (1, 'a'), (2, 'b');
SELECT aidataops.create_dataset('d', 'public.t'), aidataops.commit('d', 'one');
UPDATE public.t SET v = 'c' WHERE id OPERATOR(pg_catalog.=) 2;
SELECT aidataops.commit('d', 'two');
SELECT count(*) FROM aidataops.diff('d@1', 'd@2');
SELECT count(*) FROM aidataops.drift('d@1', 'd@2');
SELECT count(*) FROM aidataops.describe_columns('public.t');
SELECT contract FROM aidataops.create_contract(aidataops.infer_contract('public.t'));
SELECT contract FROM aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "e", "version": "1.0.0", "status": "active",
    "schema": [{"name": "t", "physicalName": "public.t", "properties": [{"name": "id", "logicalType": "integer", "required": true}]}]}');
SELECT contract FROM aidataops.create_contract('{"apiVersion": "v3.0.2", "kind": "DataContract", "id": "e", "version": "1.1.0", "status": "active",
    "schema": [{"name": "t", "physicalName": "public.t", "properties": [{"name": "id", "logicalType": "integer", "required": true}, {"name": "v", "logicalType": "string"}]}]}');
SELECT count(*) FROM aidataops.check_contract('e', 'd@2');
SELECT count(*) FROM aidataops.enforce_contract('e', 'public.t', 'reject');
INSERT INTO public.t VALUES (3, 'd');
SELECT aidataops.create_monitor('m', 'd');
SELECT status FROM aidataops.run_monitor('m');
SELECT count(*) FROM aidataops.restore('d@1');
SELECT count(*) FROM aidataops.verify('d@1');
SQL
[ "$(sql -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'attack_dbo'")" = f ] || fail 'the owner of the database is superuser'

# where a schema of our name is, nothing is installed; nor into a schema that somebody else made
refusal() { psql -XqAt -c "$1" 2>&1 | sed -n 's/^ERROR: *//p'; }
sql -c 'SET client_min_messages = warning; DROP EXTENSION aidataops CASCADE'
got=$(refusal 'CREATE EXTENSION aidataops SCHEMA z')
[ "$got" = 'extension "aidataops" must be installed in schema "pg_catalog"' ] || fail "SCHEMA z: '$got'"
sql -c 'CREATE SCHEMA aidataops AUTHORIZATION attack_dbo'
got=$(refusal 'CREATE EXTENSION aidataops')
[ "$got" = 'schema "aidataops" already exists' ] || fail "schema aidataops of another: '$got'"
exit "$failed"
