-- Comparing versions further: shapes, columns, and what a change means for consumers (docs/versions.md)

CREATE FUNCTION aidataops._version_shape(version aidataops.dataset_version, OUT column_names name[], OUT column_types text[]) RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset;
    relation oid;
BEGIN
    IF (aidataops._parts(version)).kind = 'working' THEN
        ds := aidataops._dataset(aidataops.dataset_name(version));
        relation := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
        IF relation IS NULL THEN
            RAISE EXCEPTION 'source table "%.%" of dataset "%" does not exist', ds.relation_schema, ds.relation_name, ds.name
                USING ERRCODE = 'undefined_table', HINT = 'Its versions can still be compared.';
        END IF;
        SELECT s.column_names, s.column_types INTO column_names, column_types FROM aidataops._shape(relation) AS s;
        RETURN;
    END IF;
    SELECT e.column_names, e.column_types INTO column_names, column_types
      FROM aidataops.version AS v JOIN aidataops.schema_epoch AS e USING (dataset_id, epoch)
     WHERE v.version OPERATOR(aidataops.=) aidataops.resolve(_version_shape.version);
END $$;
COMMENT ON FUNCTION aidataops._version_shape(aidataops.dataset_version) IS 'Internal: names and types of the columns of a version.';

CREATE FUNCTION aidataops.schema_diff(from_version aidataops.dataset_version, to_version aidataops.dataset_version)
    RETURNS TABLE (change text, column_name name, from_type text, to_type text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
    t record;
BEGIN
    PERFORM aidataops._check_same_dataset(from_version, to_version);
    SELECT * INTO f FROM aidataops._version_shape(from_version);
    SELECT * INTO t FROM aidataops._version_shape(to_version);
    RETURN QUERY
        SELECT CASE WHEN a.name IS NULL THEN 'added' WHEN b.name IS NULL THEN 'removed' ELSE 'retyped' END,
               coalesce(b.name, a.name), a.type, b.type
          FROM ROWS FROM (unnest(f.column_names), unnest(f.column_types)) AS a (name, type)
          FULL JOIN ROWS FROM (unnest(t.column_names), unnest(t.column_types)) AS b (name, type) ON a.name = b.name
         WHERE a.type IS DISTINCT FROM b.type
         ORDER BY 2;
END $$;
COMMENT ON FUNCTION aidataops.schema_diff(aidataops.dataset_version, aidataops.dataset_version) IS
'How the columns changed between two versions of a dataset, one row a column: change (added, removed, retyped), its name and its types (NULL where it is absent). A renamed column is removed and added. No rows if the columns are the same; their order does not matter. Reads the catalog only, and for name@WORKING the definition of the table. Errors: different datasets, no such version.';

CREATE FUNCTION aidataops.diff_columns(from_version aidataops.dataset_version, to_version aidataops.dataset_version)
    RETURNS TABLE (column_name text, cells_modified bigint, share float8, examples jsonb)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10 COST 2000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stat record;
BEGIN
    PERFORM aidataops._check_same_dataset(from_version, to_version);
    SELECT * INTO stat FROM aidataops.diff_stat(from_version, to_version);
    RETURN QUERY
        SELECT c.name, count(*), count(*)::float8 / (stat.rows_modified + stat.rows_unmodified),
               jsonb_agg(jsonb_build_object('key', c.key, 'before', c.before -> c.name, 'after', c.after -> c.name) ORDER BY c.ordinal)
                   FILTER (WHERE c.nth <= 3)
          FROM (SELECT u.name, d.*, row_number() OVER (PARTITION BY u.name ORDER BY d.ordinal) AS nth
                  FROM aidataops.diff(from_version, to_version) WITH ORDINALITY AS d (change, key, before, after, columns, ordinal)
                 CROSS JOIN unnest(d.columns) AS u (name)
                 WHERE d.change = 'modified') AS c
         GROUP BY c.name
         ORDER BY count(*) DESC, c.name;
END $$;
COMMENT ON FUNCTION aidataops.diff_columns(aidataops.dataset_version, aidataops.dataset_version) IS
'Which columns changed between two versions of a dataset, the most changed first: cells modified, their share of the rows that both versions have (0 to 1), and the first three in the order of the key as [{"key", "before", "after"}]. A column that one version has not counts where it is not NULL. No rows if no row was modified. Errors as diff().';

CREATE FUNCTION aidataops.suggest_semver(from_version aidataops.dataset_version, to_version aidataops.dataset_version) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 2000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stat record;
BEGIN
    PERFORM aidataops._check_same_dataset(from_version, to_version);
    SELECT * INTO stat FROM aidataops.diff_stat(from_version, to_version);
    RETURN CASE
        WHEN stat.rows_removed + stat.rows_modified > 0
          OR EXISTS (SELECT FROM aidataops.schema_diff(from_version, to_version) AS s WHERE s.change <> 'added') THEN 'major'
        WHEN stat.rows_added > 0
          OR EXISTS (SELECT FROM aidataops.schema_diff(from_version, to_version)) THEN 'minor'
        ELSE 'patch' END;
END $$;
COMMENT ON FUNCTION aidataops.suggest_semver(aidataops.dataset_version, aidataops.dataset_version) IS
'Which part of a semantic version number the step from one version to another calls for, by the rule of Croissant 1.1: major if rows were modified or removed (so that consumers must look), or columns removed or retyped; minor if rows or columns were only added; patch if the data is the same. Errors as diff().';

CREATE FUNCTION aidataops._assign_row(row_value record, relation_type anyelement, partial boolean) RETURNS anyelement
    LANGUAGE C STABLE PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'assign_row';
COMMENT ON FUNCTION aidataops._assign_row(record, anyelement, boolean) IS 'Internal: a row in another row type, columns matched by name and converted as in an assignment.';

CREATE FUNCTION aidataops._diff_rows_query(
    from_version aidataops.dataset_version,
    to_version aidataops.dataset_version,
    row_type regtype,
    OUT relations oid[],
    OUT query text
) RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    SELECT * INTO d FROM aidataops._differences(from_version, to_version);
    relations := d.relations;
    query := format($query$
        SELECT CASE WHEN %1$s IS NULL THEN 'added' WHEN %2$s IS NULL THEN 'removed' ELSE 'modified' END,
               (CASE WHEN %1$s IS NOT NULL THEN aidataops._assign_row(fr.*, $1, $2) END)::%7$s,
               (CASE WHEN %2$s IS NOT NULL THEN aidataops._assign_row(tr.*, $1, $2) END)::%7$s,
               CASE WHEN %1$s IS NOT NULL AND %2$s IS NOT NULL
                    THEN aidataops._changed_columns(fr.*, tr.*) END
          FROM %3$s
         CROSS JOIN LATERAL (SELECT %4$s) AS fr CROSS JOIN LATERAL (SELECT %5$s) AS tr
         WHERE %1$s IS DISTINCT FROM %2$s
         ORDER BY %6$s
        $query$, d.f_hash, d.t_hash, d.from_clause, aidataops._columns(d.f_columns, 'f'),
        aidataops._columns(d.t_columns, 't'), d.order_by, row_type);
END $$;
COMMENT ON FUNCTION aidataops._diff_rows_query(aidataops.dataset_version, aidataops.dataset_version, regtype) IS
'Internal: the query that diff_rows() is, and what it reads.';

CREATE FUNCTION aidataops.diff_rows(
    from_version aidataops.dataset_version,
    to_version aidataops.dataset_version,
    relation_type anyelement,
    partial boolean DEFAULT false
) RETURNS TABLE (change text, before anyelement, after anyelement, columns text[])
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'dataset_diff_rows';
COMMENT ON FUNCTION aidataops.diff_rows(aidataops.dataset_version, aidataops.dataset_version, anyelement, boolean) IS
'What changed between two versions of a dataset, with rows in a row type instead of jsonb: SELECT change, (before).*, (after).* FROM diff_rows(''reviews@1'', ''reviews@2'', NULL::reviews). Columns are matched and converted as in as_of(), partial too; otherwise as diff(). Errors as diff() and as_of().';
