-- Who may do what: everybody may call what is public, row-level security and the functions' own checks decide.

-- Internal functions are not for everybody, but for those that somebody calls without knowing:
-- what a function with the rights of its caller calls, or a view, a policy or a constraint; the parts of an aggregate,
-- which Citus asks for as the caller; and what a statement calls that C makes, or that is run as the owner of data.
-- Those are named here. Nobody may call what is told on whose behalf to act.
CREATE FUNCTION aidataops._executable_by_all() RETURNS SETOF oid
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH RECURSIVE own AS (
            SELECT p.oid, p.proname, p.prosrc, p.prorettype, l.lanname,
                   p.proargtypes[0] = 'oid'::regtype
                       AND p.proargnames[1] = ANY ('{caller,role,evaluator}') AS acts_for_another,
                   p.proname ~ '^_' OR p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
                       AS is_internal,
                   p.prosrc IN ('as_catalog_owner', 'rows_as_catalog_owner') AS runs_as_owner
              FROM pg_proc AS p
              JOIN pg_language AS l ON l.oid = p.prolang
              JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                 AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
              JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'aidataops'),
        calls AS ( -- what a body in text names; of a body that was parsed, PostgreSQL knows
            SELECT f.oid AS caller, g.oid AS callee
              FROM own AS f
             CROSS JOIN LATERAL regexp_matches(f.prosrc, 'aidataops\.(_\w+)', 'g') AS m (name)
              JOIN own AS g ON g.proname = m.name[1]
             WHERE f.lanname = 'plpgsql'
            UNION
            SELECT d.objid, d.refobjid FROM pg_depend AS d
             WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass),
        reached (oid) AS (
            SELECT f.oid FROM own AS f WHERE NOT f.is_internal OR f.proname = ANY ('{
                _check_not_overtaken,_check_sees_all_rows,_columns_hash,_columns_written,
                _complete_roles,_dataset,_diff_rows_query,_expected_columns,_is_visible,
                _json,_lineage_flush,_measure_monitor,_num_changed_columns,_profile_calls,
                _read,_reader_allowed,_reads_all,_reads_all_of,_rows,_schema_changes,
                _text,_version_queries,_version_query,_what_to_check,_what_to_gate,
                enforce_batch,enforce_row,note_broken_rule}'::name[])
            UNION
            SELECT d.refobjid FROM pg_depend AS d
             WHERE d.refclassid = 'pg_proc'::regclass
               AND d.classid IN ('pg_policy'::regclass, 'pg_rewrite'::regclass,
                                 'pg_constraint'::regclass, 'pg_attrdef'::regclass)
            UNION
            SELECT c.callee FROM reached AS r
              JOIN own AS f ON f.oid = r.oid AND NOT f.runs_as_owner
              JOIN calls AS c ON c.caller = f.oid)
        SELECT f.oid FROM reached AS r JOIN own AS f USING (oid)
         WHERE f.prorettype <> 'event_trigger'::regtype AND f.acts_for_another IS NOT TRUE
        UNION
        SELECT f.oid FROM own AS f JOIN pg_aggregate AS a
            ON f.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn,
                         a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn);
    END;
COMMENT ON FUNCTION aidataops._executable_by_all() IS
'Internal: the functions of the extension that everybody may execute.';

-- Privileges by default of who installs are for that role's own work: what they gave is taken away here.
DO $$
DECLARE
    it record;
BEGIN
    FOR it IN
        SELECT CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
               c.oid::regclass::text AS name, a.grantee::regrole::text AS role
          FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
         WHERE c.relnamespace = 'aidataops'::regnamespace AND c.relkind IN ('r', 'v', 'S')
           AND a.grantee <> c.relowner
        UNION
        SELECT 'ROUTINE', p.oid::regprocedure::text, a.grantee::regrole::text
          FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
         WHERE p.pronamespace = 'aidataops'::regnamespace AND a.grantee <> p.proowner
        UNION
        SELECT 'SCHEMA', n.nspname, a.grantee::regrole::text
          FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
         WHERE n.nspname = 'aidataops' AND a.grantee <> n.nspowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', it.kind, it.name,
                       CASE it.role WHEN '-' THEN 'PUBLIC' ELSE it.role END);
    END LOOP;
    FOR it IN
        SELECT p.name, p.for_all
          FROM (SELECT f.oid::regprocedure AS name,
                       f.oid IN (SELECT aidataops._executable_by_all()) AS for_all,
                       EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner)))
                                   AS a WHERE a.grantee = 0) AS is_for_all
                  FROM pg_proc AS f WHERE f.pronamespace = 'aidataops'::regnamespace) AS p
         WHERE p.for_all <> p.is_for_all
    LOOP
        EXECUTE format(CASE WHEN it.for_all THEN 'GRANT EXECUTE ON ROUTINE %s TO PUBLIC'
                            ELSE 'REVOKE ALL ON ROUTINE %s FROM PUBLIC' END, it.name);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA aidataops TO PUBLIC;
GRANT SELECT ON aidataops.dataset, aidataops.schema_epoch, aidataops.version, aidataops.tag, aidataops.version_column,
    aidataops.dropped_dataset TO PUBLIC;
GRANT SELECT ON aidataops.contract, aidataops.contract_table, aidataops.rule, aidataops.contract_event TO PUBLIC;
GRANT SELECT ON aidataops.lineage_node_state, aidataops.lineage_node, aidataops.lineage_edge_state, aidataops.lineage_edge, aidataops.lineage_column_edge,
    aidataops.lineage_use, aidataops.lineage_run, aidataops.lineage_version TO PUBLIC;
GRANT SELECT ON aidataops.model, aidataops.training, aidataops.model_dataset TO PUBLIC;
GRANT SELECT ON aidataops.openlineage_event TO PUBLIC;
GRANT SELECT ON aidataops.enforcement, aidataops.quarantine, aidataops.warning TO PUBLIC;
GRANT SELECT ON aidataops.check_run, aidataops.check_result, aidataops.seen_schema TO PUBLIC;
GRANT SELECT ON aidataops.monitor, aidataops.monitor_run, aidataops.monitor_result, aidataops.alert, aidataops.alert_event TO PUBLIC;
