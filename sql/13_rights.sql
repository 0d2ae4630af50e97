-- Who may read the rows of versions: the rights that readers have on the table now (docs/versions.md, src/version/rights.c)

CREATE FUNCTION aidataops._policies(relation oid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT md5(concat(c.relrowsecurity, string_agg(concat_ws('|', E'\n' || quote_ident(p.polname), p.polpermissive,
                       ARRAY(SELECT CASE r.oid WHEN 0 THEN '' ELSE pg_get_userbyid(r.oid) END FROM unnest(p.polroles) AS r (oid) ORDER BY 1),
                       pg_get_expr(p.polqual, p.polrelid)), '' ORDER BY p.polname)))::uuid
              FROM pg_class AS c LEFT JOIN pg_policy AS p ON c.relrowsecurity AND p.polrelid = c.oid AND p.polcmd IN ('r', '*')
             WHERE c.oid = relation GROUP BY c.relrowsecurity);
END $$;
COMMENT ON FUNCTION aidataops._policies(oid) IS 'Internal: a digest of the policies that decide which rows of a relation are read.';

CREATE FUNCTION aidataops._reader_allowed(dataset_id integer, history_table name, policies uuid, applicable boolean) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'reader_allowed';
COMMENT ON FUNCTION aidataops._reader_allowed(integer, name, uuid, boolean) IS
'Internal: the policy of history tables. True if the reader may read the dataset''s table as they may read this; an error that says why if not.';

CREATE FUNCTION aidataops.sync_rights(dataset text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.sync_rights(text) IS
'Carries the row-level security policies of a dataset''s table over to its history, as each commit does. Readers of versions to whom policies apply are refused after these were changed, until then. Needs the rights of the dataset''s owner.';

-- Whether all of it is read, and not only what policies let through.
CREATE FUNCTION aidataops._check_sees_all_rows(relation oid) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(relation) THEN
        RAISE EXCEPTION 'row-level security may hide rows of table "%" from you', relation::regclass
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'What is hidden would look as if it had been removed.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_sees_all_rows(oid) IS 'Internal: an error if row-level security applies to the caller, for whom rows could be missing.';

CREATE FUNCTION aidataops._check_sees_all_history(history oid, source oid) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT row_security_active(history) THEN
        RETURN;
    ELSIF source IS NOT NULL THEN -- if the table is gone, the policy of history says so
        PERFORM aidataops._check_sees_all_rows(source);
    END IF;
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = history AND c.relforcerowsecurity)
       OR EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = history AND p.polname NOT LIKE 'aidataops\_%') THEN
        PERFORM aidataops._check_sees_all_rows(history);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_sees_all_history(oid, oid) IS 'Internal: the same for a history table, whose own policies hide nothing that those of the source do not.';
