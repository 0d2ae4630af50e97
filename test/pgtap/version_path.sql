-- A hostile search_path: look-alikes of everything the extension calls, earlier in the path than the real ones.  Each raises when
-- it is called, so whatever works below has not called one.
BEGIN;
SET client_min_messages = warning;
CREATE SCHEMA look_alike;
CREATE FUNCTION look_alike.caught() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a look-alike was called'; END $$;
-- operators, for the types of the catalog, with better matches than the real ones
DO $$
DECLARE t text; u text; op text;
BEGIN
    FOREACH t IN ARRAY '{integer,bigint,text,name,oid,boolean,uuid,jsonb,timestamptz,float8,regclass,aidataops.dataset_version,aidataops.fingerprint}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION look_alike.binary(%s, %1$s) RETURNS boolean LANGUAGE sql AS ''SELECT look_alike.caught() > 0''', t);
        FOREACH op IN ARRAY '{=,<>,<,<=,>,>=,+,-,*,/,||,~,~*,&&,@>,->,->>}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR look_alike.%s (LEFTARG = %s, RIGHTARG = %2$s, FUNCTION = look_alike.binary)', op, t);
        END LOOP;
    END LOOP;
    -- unlike types, where the real operator takes them so
    EXECUTE 'CREATE FUNCTION look_alike.concat(name, text) RETURNS text LANGUAGE sql AS ''SELECT look_alike.caught()::text''';
    EXECUTE 'CREATE OPERATOR look_alike.|| (LEFTARG = name, RIGHTARG = text, FUNCTION = look_alike.concat)';
    EXECUTE 'CREATE FUNCTION look_alike.field(jsonb, text) RETURNS text LANGUAGE sql AS ''SELECT look_alike.caught()::text''';
    EXECUTE 'CREATE OPERATOR look_alike.->> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = look_alike.field)';
    EXECUTE 'CREATE FUNCTION look_alike.mixed(name, text) RETURNS boolean LANGUAGE sql AS ''SELECT look_alike.caught() > 0''';
    EXECUTE 'CREATE OPERATOR look_alike.= (LEFTARG = name, RIGHTARG = text, FUNCTION = look_alike.mixed)';
END $$;
-- functions
CREATE FUNCTION look_alike.row_hash(record) RETURNS uuid LANGUAGE plpgsql AS 'BEGIN RETURN look_alike.caught()::text; END';
CREATE FUNCTION look_alike.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT look_alike.caught()::text';
CREATE FUNCTION look_alike.count() RETURNS bigint LANGUAGE sql AS 'SELECT look_alike.caught()::bigint';
CREATE FUNCTION look_alike.coalesce_text(text, text) RETURNS text LANGUAGE sql AS 'SELECT look_alike.caught()::text';
CREATE FUNCTION look_alike.to_jsonb(record) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RETURN look_alike.caught()::text; END';
CREATE FUNCTION look_alike.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT look_alike.caught()::text';
CREATE FUNCTION look_alike.parse_ident(text) RETURNS text[] LANGUAGE sql AS 'SELECT ARRAY[look_alike.caught()::text]';
CREATE FUNCTION look_alike.string_agg_state(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT look_alike.caught()::text';
CREATE AGGREGATE look_alike.string_agg(text, text) (SFUNC = look_alike.string_agg_state, STYPE = text, INITCOND = '');
CREATE FUNCTION look_alike.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''now''::timestamptz + look_alike.caught() * interval ''1 s''';
CREATE FUNCTION look_alike.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT look_alike.now()';
CREATE FUNCTION look_alike.pg_current_snapshot() RETURNS pg_snapshot LANGUAGE sql AS 'SELECT look_alike.caught()::text::pg_snapshot';
CREATE FUNCTION look_alike.resolve(aidataops.dataset_version) RETURNS aidataops.dataset_version LANGUAGE sql AS 'SELECT look_alike.caught()::text';
-- tables and types
CREATE TABLE look_alike.dataset (name text);
CREATE TABLE look_alike.version (version text);
CREATE TABLE look_alike.tag (tag text);
CREATE TABLE look_alike.pg_attribute (attname text);
CREATE TABLE look_alike.pg_type (oid oid);
CREATE DOMAIN look_alike.integer AS text CHECK (look_alike.caught() > 0);
CREATE DOMAIN look_alike.text AS pg_catalog.text CHECK (look_alike.caught() > 0);
CREATE TABLE public.t (id int PRIMARY KEY, v text, label text, x numeric, at timestamptz);
CREATE TEMP TABLE version (version int); -- pg_temp is searched first unless it is named
CREATE TEMP TABLE dataset (dataset int);

SET search_path = look_alike, pg_catalog, aidataops, public;
-- that the trap works: the real operator is not reached
DO $$ BEGIN PERFORM 1 OPERATOR(look_alike.=) 1; RAISE 'trap is open'; EXCEPTION WHEN raise_exception THEN IF sqlerrm !~ 'look-alike' THEN RAISE; END IF; END $$;
DO $$ BEGIN PERFORM 1 = 1; RAISE 'trap is open'; EXCEPTION WHEN raise_exception THEN IF sqlerrm !~ 'look-alike' THEN RAISE; END IF; END $$;

-- pgTAP itself cannot work under this path, so the path is set around each statement only
RESET search_path;
SET search_path = public;
CREATE FUNCTION public.under_path(statement pg_catalog.text) RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = look_alike, pg_catalog, aidataops, public AS $$
BEGIN
    EXECUTE statement;
    RETURN 'works';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
SELECT plan(33);
SELECT is(public.under_path(statement), 'works', statement)
  FROM (VALUES
    (1, $$SELECT aidataops.create_dataset('d', 'public.t', description => 'x', roles => '{"x": "number"}')$$),
    (2, $$SELECT aidataops.status('d')$$),
    (3, $$INSERT INTO public.t VALUES (1, 'a', 'b', 1.5, NULL)$$),
    (4, $$SELECT aidataops.commit('d', 'first')$$),
    (5, $$UPDATE public.t SET v = 'c'$$),
    (6, $$INSERT INTO public.t VALUES (2, 'a', 'b', 1.5, NULL)$$),
    (7, $$SELECT aidataops.status('d')$$),
    (8, $$SELECT aidataops.commit('d', 'second')$$),
    (9, $$ALTER TABLE public.t ADD COLUMN w pg_catalog.text DEFAULT 'w'$$),
    (10, $$SELECT aidataops.commit('d', 'third')$$),
    (11, $$ALTER TABLE public.t ALTER COLUMN v TYPE pg_catalog.varchar(10)$$),
    (12, $$SELECT aidataops.commit('d', 'fourth')$$),
    (13, $$SELECT aidataops.commit('d', 'nothing')$$),
    (14, $$SELECT aidataops.tag('d@1', 'gold', true)$$),
    (15, $$SELECT aidataops.tag('d@1', 'gold', false)$$),
    (16, $$SELECT aidataops.untag('d', 'gold')$$),
    (17, $$SELECT aidataops.resolve('d@HEAD~1')$$),
    (18, $$SELECT aidataops.resolve('d@{2100-01-01}')$$),
    (19, $$SELECT * FROM aidataops.log('d')$$),
    (20, $$SELECT * FROM aidataops.diff('d@1', 'd@4')$$),
    (21, $$SELECT * FROM aidataops.diff('d@1', 'd@WORKING')$$),
    (22, $$SELECT * FROM aidataops.diff_stat('d@1', 'd@4')$$),
    (23, $$SELECT * FROM aidataops.diff_stat('d@WORKING', 'd@WORKING')$$),
    (24, $$SELECT * FROM aidataops.as_of('d@1', NULL::public.t)$$),
    (25, $$SELECT * FROM aidataops.as_of_json('d@2')$$),
    (26, $$SELECT aidataops.create_version_view('d@2', 'public.d_2')$$),
    (27, $$SELECT * FROM public.d_2$$),
    (28, $$SELECT aidataops.set_column_roles('d', '{"v": "text"}')$$),
    (29, $$SELECT * FROM aidataops.dataset_columns('d')$$),
    (30, $$SELECT aidataops.attach_dataset('d', 'public.t')$$),
    (31, $$SELECT aidataops.table_fingerprint('public.t'), (SELECT aidataops.fingerprint_agg(t.*) FROM public.t AS t)$$),
    (32, $$SELECT aidataops.create_gated_view('public.d_served', 'd')$$)) AS s (n, statement)
 ORDER BY n;
-- and what came out is right
SELECT is((SELECT pg_catalog.string_agg(concat_ws(' ', l.version, l.num_rows, l.rows_added, l.rows_removed, l.rows_modified), ', ' ORDER BY l.version) FROM aidataops.log('d') AS l),
          'd@1 1 1 0 0, d@2 2 1 0 1, d@3 2 0 0 2, d@4 2 0 0 0', 'the versions are what they should be');
SELECT * FROM finish();
ROLLBACK;
