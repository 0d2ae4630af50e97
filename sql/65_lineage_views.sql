-- Views that were made before lineage was captured.

CREATE FUNCTION aidataops._lineage_excludes(schema oid) RETURNS boolean
    LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'lineage_excludes';
COMMENT ON FUNCTION aidataops._lineage_excludes(oid) IS 'Internal: whether relations in a schema have no lineage.';

-- What reads nothing but the system's tables has no lineage.
CREATE FUNCTION aidataops._unseen_views(caller oid) RETURNS TABLE (view regclass)
    LANGUAGE sql STABLE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid FROM pg_class AS c
     WHERE c.relkind IN ('v', 'm') AND c.relispopulated AND NOT aidataops._lineage_excludes(c.relnamespace)
       AND (caller IS NULL OR pg_has_role(caller, c.relowner, 'USAGE'))
       AND EXISTS (SELECT FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                     JOIN pg_class AS r ON d.refclassid = 'pg_class'::regclass AND r.oid = d.refobjid
                    WHERE w.ev_class = c.oid AND r.oid <> c.oid AND r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT aidataops._lineage_excludes(r.relnamespace))
       AND NOT EXISTS (SELECT FROM aidataops.lineage_edge_state AS e
                        WHERE e.target_node = aidataops._lineage_find_relation(c.oid)
                          AND e.operation IN ('view', 'refresh'))
     ORDER BY c.oid
$$;
COMMENT ON FUNCTION aidataops._unseen_views(oid) IS 'Internal: unseen_views(); those of all owners if there is no caller.';

CREATE FUNCTION aidataops.unseen_views() RETURNS TABLE (view regclass)
    LANGUAGE C STABLE ROWS 100 AS 'MODULE_PATHNAME', 'rows_as_catalog_owner';
COMMENT ON FUNCTION aidataops.unseen_views() IS
'Views, and materialized views that are filled, which you own and of which it is not known where their columns come from, because they were made before lineage was captured. record_views() makes it known.';

CREATE FUNCTION aidataops._record_view(view oid) RETURNS boolean
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lineage_record_view';
COMMENT ON FUNCTION aidataops._record_view(oid) IS 'Internal: records what a view takes from where when this transaction commits; false if it takes nothing. Takes the rights of its owner.';

CREATE FUNCTION aidataops.record_views() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT count(*) FILTER (WHERE aidataops._record_view(v.view)) FROM aidataops.unseen_views() AS v (view);
END;
COMMENT ON FUNCTION aidataops.record_views() IS
'Records where the columns of views come from that were made before lineage was captured: of those that you own, of all for a superuser. Returns how many they were. It is written at commit, as all lineage, and views that are known stay as they are. For once after the library was preloaded. Errors: lineage is not captured in this session (55000; see lineage_status()).';
