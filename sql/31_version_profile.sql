-- Profiles of the columns of versions, made by commits (docs/drift.md, src/version/profiles.c)

CREATE TABLE aidataops.version_column (
    dataset_id      integer NOT NULL,
    number          integer NOT NULL,
    column_name     name NOT NULL,
    role            text NOT NULL,
    profile         aidataops.profile NOT NULL,
    profile_added   aidataops.profile,
    profile_removed aidataops.profile,
    PRIMARY KEY (dataset_id, number, column_name)
);
COMMENT ON TABLE aidataops.version_column IS 'Distributions of the columns of versions, written by commit(). For those who may read all rows of the versions.';
COMMENT ON COLUMN aidataops.version_column.dataset_id IS 'The dataset.';
COMMENT ON COLUMN aidataops.version_column.number IS 'Number of the version.';
COMMENT ON COLUMN aidataops.version_column.column_name IS 'The column.';
COMMENT ON COLUMN aidataops.version_column.role IS 'What the column was, of which depends how it was profiled.';
COMMENT ON COLUMN aidataops.version_column.profile IS 'Distribution over all rows of the version.';
COMMENT ON COLUMN aidataops.version_column.profile_added IS 'Distribution over the rows that came since the parent, modified ones as they are now. NULL in the first version, and if only fingerprints are kept, as the next.';
COMMENT ON COLUMN aidataops.version_column.profile_removed IS 'Distribution over the rows that went since the parent, modified ones as they were.';

SELECT pg_catalog.pg_extension_config_dump('aidataops.version_column', '');

-- What a profile tells is what rows tell: the same rights, and no policy in between.
CREATE FUNCTION aidataops._reads_all(dataset_id integer) RETURNS boolean
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset;
    source oid;
    history oid;
BEGIN
    SELECT * INTO ds FROM aidataops.dataset AS d WHERE d.dataset_id = _reads_all.dataset_id;
    IF ds.dataset_id IS NULL THEN -- not one that the caller may know of
        RETURN false;
    END IF;
    source := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
    IF ds.history_table IS NOT NULL THEN
        history := to_regclass(format('aidataops_history.%I', ds.history_table));
    END IF;
    IF pg_has_role((SELECT c.relowner FROM pg_class AS c WHERE c.oid = coalesce(history, source)), 'USAGE') THEN
        RETURN true;
    END IF;
    RETURN coalesce(has_table_privilege(source, 'SELECT') AND NOT row_security_active(source)
       AND (ds.history_table IS NULL OR has_table_privilege(history, 'SELECT'))
       AND NOT EXISTS (SELECT FROM pg_class AS s, pg_class AS h WHERE s.oid = source AND h.oid = history AND s.relowner <> h.relowner), false);
END $$;
COMMENT ON FUNCTION aidataops._reads_all(integer) IS 'Internal: whether the caller may read every row of every version of a dataset.';

ALTER TABLE aidataops.version_column ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON aidataops.version_column FOR SELECT USING (aidataops._reads_all(dataset_id));

CREATE FUNCTION aidataops._role_call(role text, column_name name, type oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE
            WHEN role IN ('identifier', 'ignore') THEN NULL
            WHEN role = 'text' THEN
                pg_catalog.format('aidataops.profile_agg(pg_catalog.length(aidataops._text(%I)))',
                                  column_name)
            WHEN role IN ('number', 'time', 'embedding')
              OR aidataops._base_type(type) = 'boolean'::pg_catalog.regtype
              OR role IN ('label', 'prediction') AND aidataops._base_type(type) IN ('real'::pg_catalog.regtype, 'double precision'::pg_catalog.regtype, 'numeric'::pg_catalog.regtype)
                THEN aidataops._profile_expression(column_name, type)
            ELSE pg_catalog.format('aidataops.profile_agg(aidataops._text(%I))', column_name) END;
    END;
COMMENT ON FUNCTION aidataops._role_call(text, name, oid) IS
'Internal: how a column is profiled: numbers, times and embeddings as they are, codes and labels as categories, prose by its length, identifiers not at all.';

CREATE FUNCTION aidataops._profile_calls(relation oid, roles jsonb, OUT names name[], OUT column_roles text[], OUT calls text) RETURNS record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT pg_catalog.array_agg(c.name ORDER BY c.name), pg_catalog.array_agg(c.role ORDER BY c.name), pg_catalog.string_agg(c.call, ', ' ORDER BY c.name)
          FROM (SELECT a.attname AS name, roles ->> a.attname::text AS role, aidataops._role_call(roles ->> a.attname::text, a.attname, a.atttypid) AS call
                  FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped) AS c
         WHERE c.call IS NOT NULL;
    END;
COMMENT ON FUNCTION aidataops._profile_calls(oid, jsonb) IS 'Internal: the columns of a relation that are profiled, and the calls of profile_agg() that do it.';
