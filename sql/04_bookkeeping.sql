-- How functions write the catalog and run what users wrote: see src/core/bookkeeping.c and src/core/supervised.c

CREATE FUNCTION aidataops._run_supervised(role oid, statement text, argument jsonb, read_only boolean, timeout_ms integer,
    OUT result jsonb, OUT sqlstate text, OUT error text) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'run_supervised';
COMMENT ON FUNCTION aidataops._run_supervised(oid, text, jsonb, boolean, integer) IS
'Internal: runs a query of a user as a role, in a security-restricted operation, in a subtransaction, with argument as $1, and for at most timeout_ms milliseconds (0: without limit). result is an array of its rows as objects, NULL if there are none; of a statement that failed, sqlstate and error say why, and what it wrote is gone. A read-only one may write nothing.';
REVOKE ALL ON FUNCTION aidataops._run_supervised(oid, text, jsonb, boolean, integer) FROM PUBLIC;

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
