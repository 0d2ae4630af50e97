-- How functions write the catalog and run what users wrote: see src/core/bookkeeping.c and src/core/supervised.c

CREATE FUNCTION aidataops._run_supervised(role oid, statement text, argument jsonb, read_only boolean, timeout_ms integer,
    OUT result jsonb, OUT sqlstate text, OUT error text) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'run_supervised';
COMMENT ON FUNCTION aidataops._run_supervised(oid, text, jsonb, boolean, integer) IS
'Internal: runs a query of a user as a role, in a security-restricted operation, in a subtransaction, with argument as $1, and for at most timeout_ms milliseconds (0: without limit). result is an array of its rows as objects, NULL if there are none; of a statement that failed, sqlstate and error say why, and what it wrote is gone. A read-only one may write nothing.';

CREATE FUNCTION aidataops._check_may_act_for(caller oid, role oid, what text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR NOT pg_has_role(caller, role, 'USAGE') THEN
        RAISE EXCEPTION 'permission denied to %', what
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = CASE WHEN role IS NULL THEN 'The role that it belongs to is gone.' ELSE format('It takes the rights of role "%s".', pg_get_userbyid(role)) END;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_may_act_for(oid, oid, text) IS 'Internal: an error unless a caller has the rights of a role.';

CREATE FUNCTION aidataops._role_oid(role name) RETURNS oid
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = role;
END;
COMMENT ON FUNCTION aidataops._role_oid(name) IS 'Internal: the OID of a role; NULL if it is gone.';

-- What somebody may not know of does not exist for them: they get the error of a name that nobody
-- has given. The policies are asked in either case, so that time tells nothing.
CREATE FUNCTION aidataops._may_know_of(
    caller oid,
    owner oid,
    catalog_table name,
    columns name[],
    key text[]) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    condition text := (SELECT string_agg(format('t.%I = %L', k.name, k.value), ' AND ')
                         FROM unnest(columns, key) AS k (name, value));
BEGIN
    RETURN coalesce(pg_has_role(caller, owner, 'USAGE'), false)
        OR (aidataops._run_supervised(caller,
                format('SELECT 1 AS one FROM aidataops.%I AS t WHERE %s', catalog_table, condition),
                NULL, true, 0)).result IS NOT NULL;
END $$;
COMMENT ON FUNCTION aidataops._may_know_of(oid, oid, name, name[], text[]) IS
'Internal: whether a caller has the rights of an owner, or sees the row of the catalog with a key.';

-- Until the end of the transaction: see src/core/catalog_lock.h
CREATE FUNCTION aidataops._lock_object(catalog_table text, object oid) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lock_object';
COMMENT ON FUNCTION aidataops._lock_object(text, oid) IS
'Internal: waits, until lock_timeout, for who else changes what a table of the catalog says of an '
'object.';

CREATE FUNCTION aidataops._take_name(catalog_table text, column_name text, name text)
    RETURNS boolean
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'take_name';
COMMENT ON FUNCTION aidataops._take_name(text, text, text) IS
'Internal: waits for who else gives a name, until lock_timeout; false if somebody has.';
