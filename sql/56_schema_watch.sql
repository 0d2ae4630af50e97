-- Silent schema drift: tables of contracts that change their shape (docs/schema-watch.md).
--
-- There is one way to tell what changed: the shape of a table now is compared with the shape that it had when it was last
-- seen. Event triggers (src/contract/watch.c) only say when to look, and reconcile_schema() looks without being told.

CREATE TABLE aidataops.seen_schema (
    contract        text NOT NULL,
    object          text NOT NULL,
    relation_schema name NOT NULL,
    relation_name   name NOT NULL,
    relation_oid    oid NOT NULL,
    relation_origin text NOT NULL,
    former_schema   name,
    former_name     name,
    shape           jsonb NOT NULL,
    seen_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (contract, object)
);
COMMENT ON TABLE aidataops.seen_schema IS 'What the tables of contracts were like when they were last seen: what schema changes are told from.';
COMMENT ON COLUMN aidataops.seen_schema.contract IS 'The contract.';
COMMENT ON COLUMN aidataops.seen_schema.object IS 'The table, as contract_table.object.';
COMMENT ON COLUMN aidataops.seen_schema.relation_schema IS 'Schema of the table.';
COMMENT ON COLUMN aidataops.seen_schema.relation_name IS 'Name of the table.';
COMMENT ON COLUMN aidataops.seen_schema.relation_oid IS 'OID of the table, in the database that relation_origin names; 0 while the table is gone.';
COMMENT ON COLUMN aidataops.seen_schema.relation_origin IS
'Where relation_oid means something, as in dataset.';
COMMENT ON COLUMN aidataops.seen_schema.former_schema IS 'Schema where the table was before it was last renamed or moved: when it is dropped, a table that took its place there is the table of the contract.';
COMMENT ON COLUMN aidataops.seen_schema.former_name IS 'Name that the table had there.';
COMMENT ON COLUMN aidataops.seen_schema.shape IS 'Columns, constraints, unique indexes and triggers that it had.';
COMMENT ON COLUMN aidataops.seen_schema.seen_at IS 'When it was last looked at and found changed, or first seen.';

-- Of tables under contract only: drafts can name every table, and as often as anybody likes.
CREATE INDEX contract_table_watched_idx ON aidataops.contract_table (relation_oid) WHERE in_force;
COMMENT ON INDEX aidataops.contract_table_watched_idx IS
'Tells which tables are under contract.';
CREATE INDEX contract_table_name_idx ON aidataops.contract_table (relation_name, relation_schema)
    WHERE in_force;
COMMENT ON INDEX aidataops.contract_table_name_idx IS
'Finds the contracts of a table that took the place of another.';

SELECT pg_catalog.pg_extension_config_dump('aidataops.seen_schema', '');
ALTER TABLE aidataops.seen_schema ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON aidataops.seen_schema FOR SELECT
    USING (EXISTS (SELECT FROM aidataops.contract AS c WHERE c.contract = seen_schema.contract));

-- ---------------------------------------------------------------------------------------------------- the shape of a table

CREATE FUNCTION aidataops._domain_shape(domain oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object(
                       'base', format_type(t.typbasetype, t.typtypmod),
                       'not_null', nullif(t.typnotnull, false), 'default', t.typdefault,
                       'checks', (SELECT jsonb_object_agg(c.conname, pg_get_constraintdef(c.oid))
                                    FROM pg_constraint AS c
                                   WHERE c.contypid = t.oid AND c.contype = 'c'))
              FROM pg_type AS t WHERE t.oid = domain);
END $$;
COMMENT ON FUNCTION aidataops._domain_shape(oid) IS 'Internal: what a domain demands.';

CREATE FUNCTION aidataops._type_parts(type oid) RETURNS TABLE (path text, part oid)
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'type_parts';
COMMENT ON FUNCTION aidataops._type_parts(oid) IS
'Internal: the type and those that it is made of, but for built-in ones, each once, under the path '
'that leads there first: / to the base of a domain, [] to elements, .. to the subtype of a range, '
'.name to an attribute. An error if they are more than 500, or have more than 10,000 attributes.';

-- What ALTER TYPE and ALTER DOMAIN change is not in the name of a column's type.
CREATE FUNCTION aidataops._type_shape(type oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF type < 16384 THEN -- built-in types stay as they are
        RETURN NULL;
    END IF;
    RETURN (
        WITH part AS (SELECT p.path COLLATE "C" AS path, t.* FROM aidataops._type_parts(type) AS p
                        JOIN pg_type AS t ON t.oid = p.part)
        SELECT jsonb_strip_nulls(jsonb_build_object(
            'values', (SELECT jsonb_agg(e.enumlabel ORDER BY p.path, e.enumsortorder)
                         FROM part AS p JOIN pg_enum AS e ON e.enumtypid = p.oid),
            'parts', (SELECT jsonb_object_agg(p.path, CASE p.typtype WHEN 'd'
                             THEN aidataops._domain_shape(p.oid)
                             ELSE (SELECT jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod))
                                     FROM pg_attribute AS a
                                    WHERE a.attrelid = p.typrelid AND a.attnum > 0
                                      AND NOT a.attisdropped) END)
                        FROM part AS p WHERE p.typtype IN ('c', 'd')))));
END $$;
COMMENT ON FUNCTION aidataops._type_shape(oid) IS
'Internal: labels of the enums, constraints of the domains and attributes of the composite types '
'that a type is made of.';

CREATE FUNCTION aidataops._column_shapes(relation oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(a.attname, jsonb_strip_nulls(jsonb_build_object(
                       'number', a.attnum,
                       'type', format_type(a.atttypid, a.atttypmod)
                               || CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format(' COLLATE %I', l.collname) FROM pg_collation AS l WHERE l.oid = a.attcollation) ELSE '' END,
                       'category', t.typcategory,
                       'not_null', nullif(a.attnotnull, false),
                       'default', pg_get_expr(d.adbin, d.adrelid),
                       'generated', nullif(a.attgenerated::text || a.attidentity::text, ''))
                       || coalesce(aidataops._type_shape(a.atttypid), '{}'))), '{}')
              FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped);
END $$;
COMMENT ON FUNCTION aidataops._column_shapes(oid) IS 'Internal: the columns of a table, by name.';

-- Rulesets in triggers and constraints can be long; whether they are the same is all that is asked.
CREATE FUNCTION aidataops._short_definition(definition text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN pg_catalog.length(definition) <= 200 THEN definition ELSE pg_catalog.left(definition, 160) || '… ' || pg_catalog.md5(definition) END;
END;
COMMENT ON FUNCTION aidataops._short_definition(text) IS 'Internal: a definition, or its beginning and its MD5.';

-- NOT NULL is with the columns, also where it is a constraint (PostgreSQL 18). Foreign keys are enforced by hidden triggers.
CREATE FUNCTION aidataops._constraint_shapes(relation oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(c.name, jsonb_strip_nulls(jsonb_build_object('kind', c.kind, 'definition', aidataops._short_definition(c.definition), 'columns', c.columns,
                                'disabled', nullif(c.disabled, false), 'ours', nullif(c.ours, false)))), '{}')
              FROM (SELECT k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition,
                           (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum = ANY (k.conkey)) AS columns,
                           EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgconstraint = k.oid AND g.tgenabled IN ('D', 'R')) AS disabled,
                           k.contype = 'c' AND k.conname LIKE '%aidataops\_%' AS ours
                      FROM pg_constraint AS k WHERE k.conrelid = relation AND k.contype IN ('c', 'p', 'u', 'x', 'f')
                    UNION ALL
                    SELECT r.relname, 'i', 'UNIQUE ' || substring(pg_get_indexdef(i.indexrelid) FROM ' (USING .*)'),
                           (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey)), NOT i.indisvalid, false
                      FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid
                     WHERE i.indrelid = relation AND i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.conrelid = relation)) AS c);
END $$;
COMMENT ON FUNCTION aidataops._constraint_shapes(oid) IS 'Internal: the constraints and the unique indexes of a table, by name.';

-- A trigger of a partitioned table has a copy on each partition, which can be disabled there.
CREATE FUNCTION aidataops._trigger_shapes(relation oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(g.tgname, jsonb_strip_nulls(jsonb_build_object(
                       'definition', aidataops._short_definition(substr(pg_get_triggerdef(g.oid), strpos(pg_get_triggerdef(g.oid), ' ' || quote_ident(g.tgname) || ' ') + length(quote_ident(g.tgname)) + 2)),
                       'disabled', nullif(g.tgenabled IN ('D', 'R'), false),
                       'disabled_on', (WITH RECURSIVE copy (oid, relation, enabled) AS (
                                           SELECT c.oid, c.tgrelid, c.tgenabled FROM pg_trigger AS c WHERE c.tgparentid = g.oid
                                           UNION ALL SELECT c.oid, c.tgrelid, c.tgenabled FROM pg_trigger AS c JOIN copy AS p ON c.tgparentid = p.oid)
                                       SELECT jsonb_agg(copy.relation::regclass::text ORDER BY copy.relation::regclass::text) FROM copy WHERE copy.enabled IN ('D', 'R')),
                       'ours', nullif(n.nspname = 'aidataops', false)))), '{}')
              FROM pg_trigger AS g JOIN pg_proc AS f ON f.oid = g.tgfoid JOIN pg_namespace AS n ON n.oid = f.pronamespace
             WHERE g.tgrelid = relation AND NOT g.tgisinternal);
END $$;
COMMENT ON FUNCTION aidataops._trigger_shapes(oid) IS 'Internal: the triggers of a table, by name.';

CREATE FUNCTION aidataops._table_shape(relation oid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('kind', c.relkind, 'row_security', c.relrowsecurity, 'columns', aidataops._column_shapes(relation),
                       'constraints', aidataops._constraint_shapes(relation), 'triggers', aidataops._trigger_shapes(relation))
              FROM pg_class AS c WHERE c.oid = relation);
END $$;
COMMENT ON FUNCTION aidataops._table_shape(oid) IS 'Internal: all of a table that a contract may rely on, in words and not in OIDs, so that it can be compared after a restore.';

-- --------------------------------------------------------------------------------------------------- what changed between two

CREATE TYPE aidataops._schema_change AS (
    change  text,
    name    name,
    before  text,
    after   text,
    columns name[],
    ours    boolean,
    same_family boolean
);
COMMENT ON TYPE aidataops._schema_change IS 'Internal: one difference between two shapes of a table: what, of which column, constraint or trigger, which columns it is about, whether a guard is one of this extension, whether types are of one category.';

CREATE FUNCTION aidataops._labels(labels jsonb, without jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.string_agg(l.label, ', ') FROM pg_catalog.jsonb_array_elements_text(labels) AS l (label)
     WHERE without IS NULL OR NOT pg_catalog.jsonb_exists(without, l.label);
END;
COMMENT ON FUNCTION aidataops._labels(jsonb, jsonb) IS 'Internal: the labels of one list that another has not, in one line.';

CREATE FUNCTION aidataops._parts_in_words(parts jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.string_agg(CASE e.key WHEN 'checks' THEN (SELECT pg_catalog.string_agg(c.value, ', ' ORDER BY c.key) FROM pg_catalog.jsonb_each_text(e.value) AS c)
                                            WHEN 'not_null' THEN 'NOT NULL' WHEN 'default' THEN 'DEFAULT ' || (e.value #>> '{}') WHEN 'base' THEN e.value #>> '{}'
                                            ELSE e.key || ' ' || (e.value #>> '{}') END, ', ' ORDER BY p.key, e.key)
      FROM pg_catalog.jsonb_each(parts) AS p, pg_catalog.jsonb_each(p.value) AS e;
END;
COMMENT ON FUNCTION aidataops._parts_in_words(jsonb) IS 'Internal: domains and composite types of a column, in a line.';

-- A column is followed by its number, which is exact; in another table or after a restore by its name.
CREATE FUNCTION aidataops._column_changes(before jsonb, after jsonb, same_table boolean) RETURNS SETOF aidataops._schema_change
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH b AS (SELECT e.key AS name, e.value AS c, CASE WHEN same_table THEN e.value ->> 'number' ELSE e.key END AS id FROM jsonb_each(before) AS e),
         a AS (SELECT e.key AS name, e.value AS c, CASE WHEN same_table THEN e.value ->> 'number' ELSE e.key END AS id FROM jsonb_each(after) AS e),
         pair AS (SELECT b.name AS b_name, b.c AS b, a.name AS a_name, a.c AS a FROM b FULL JOIN a USING (id)),
         gone AS (SELECT * FROM pair WHERE a IS NULL), new AS (SELECT * FROM pair WHERE b IS NULL),
         found (change, name, before, after, same_family) AS (
            SELECT 'column_replaced', g.b_name, g.b ->> 'type', n.a ->> 'type', g.b -> 'category' = n.a -> 'category' FROM gone AS g JOIN new AS n ON n.a_name = g.b_name
            UNION ALL
            SELECT 'column_dropped', g.b_name, g.b ->> 'type', NULL, NULL FROM gone AS g WHERE NOT EXISTS (SELECT FROM new AS n WHERE n.a_name = g.b_name)
            UNION ALL
            SELECT CASE WHEN (n.a ->> 'not_null')::boolean AND n.a -> 'default' IS NULL AND n.a -> 'generated' IS NULL THEN 'required_column_added' ELSE 'column_added' END,
                   n.a_name, NULL, n.a ->> 'type', NULL FROM new AS n WHERE NOT EXISTS (SELECT FROM gone AS g WHERE g.b_name = n.a_name)
            UNION ALL
            SELECT 'column_renamed', b_name, NULL, a_name, NULL FROM pair WHERE b_name <> a_name
            UNION ALL
            SELECT 'type_changed', b_name, b ->> 'type', a ->> 'type', b -> 'category' = a -> 'category' FROM pair WHERE b ->> 'type' <> a ->> 'type'
            UNION ALL
            SELECT CASE WHEN b -> 'not_null' IS NULL THEN 'not_null_added' ELSE 'not_null_dropped' END, b_name, NULL, NULL, NULL
              FROM pair WHERE b IS NOT NULL AND a IS NOT NULL AND b -> 'not_null' IS DISTINCT FROM a -> 'not_null'
            UNION ALL
            SELECT 'default_changed', b_name, b ->> 'default', a ->> 'default', NULL
              FROM pair WHERE b IS NOT NULL AND a IS NOT NULL AND b -> 'default' IS DISTINCT FROM a -> 'default'
            UNION ALL
            SELECT 'generation_changed', b_name, b ->> 'generated', a ->> 'generated', NULL
              FROM pair WHERE b IS NOT NULL AND a IS NOT NULL AND b -> 'generated' IS DISTINCT FROM a -> 'generated'
            UNION ALL
            SELECT 'values_added', b_name, NULL, aidataops._labels(a -> 'values', b -> 'values'), NULL FROM pair WHERE b -> 'values' IS NOT NULL
            UNION ALL
            SELECT 'values_dropped', b_name, aidataops._labels(b -> 'values', a -> 'values'), NULL, NULL FROM pair WHERE a -> 'values' IS NOT NULL
            UNION ALL
            SELECT 'type_redefined', b_name, aidataops._short_definition(aidataops._parts_in_words(b -> 'parts')), aidataops._short_definition(aidataops._parts_in_words(a -> 'parts')), NULL FROM pair WHERE b -> 'parts' <> a -> 'parts')
    SELECT f.change, f.name::name, f.before, f.after, ARRAY[f.name::name], NULL::boolean, f.same_family FROM found AS f
     WHERE f.change NOT IN ('values_added', 'values_dropped') OR num_nonnulls(f.before, f.after) > 0
     ORDER BY f.name, f.change;
END $$;
COMMENT ON FUNCTION aidataops._column_changes(jsonb, jsonb, boolean) IS 'Internal: differences between the columns of two shapes.';

-- Definitions are compared only when no name or type in them has changed, or each would be a change of its own.
CREATE FUNCTION aidataops._guard_changes(kind text, before jsonb, after jsonb, definitions boolean) RETURNS SETOF aidataops._schema_change
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH pair AS (SELECT coalesce(b.key, a.key) AS name, b.value AS b, a.value AS a FROM jsonb_each(before) AS b FULL JOIN jsonb_each(after) AS a USING (key)),
         renamed AS (SELECT g.name, g.b, n.name AS new_name FROM pair AS g JOIN pair AS n ON g.a IS NULL AND n.b IS NULL AND g.b - 'disabled' = n.a - 'disabled'),
         found (change, name, before, after, shape) AS (
            SELECT 'renamed', r.name, NULL, r.new_name, r.b FROM renamed AS r
            UNION ALL
            SELECT 'dropped', p.name, p.b ->> 'definition', NULL, p.b FROM pair AS p WHERE p.a IS NULL AND NOT EXISTS (SELECT FROM renamed AS r WHERE r.name = p.name)
            UNION ALL
            SELECT 'added', p.name, NULL, p.a ->> 'definition', p.a FROM pair AS p WHERE p.b IS NULL AND NOT EXISTS (SELECT FROM renamed AS r WHERE r.new_name = p.name)
            UNION ALL
            SELECT 'changed', p.name, p.b ->> 'definition', p.a ->> 'definition', p.b FROM pair AS p WHERE definitions AND p.b -> 'definition' <> p.a -> 'definition'
            UNION ALL
            SELECT CASE WHEN p.b -> 'disabled' IS NULL THEN 'disabled' ELSE 'enabled' END, p.name, NULL, NULL, p.a
              FROM pair AS p WHERE p.a IS NOT NULL AND p.b -> 'disabled' IS DISTINCT FROM p.a -> 'disabled'
            UNION ALL
            SELECT 'disabled', p.name, NULL, 'on ' || aidataops._labels(p.a -> 'disabled_on', p.b -> 'disabled_on'), p.b FROM pair AS p
             WHERE p.b IS NOT NULL AND aidataops._labels(p.a -> 'disabled_on', p.b -> 'disabled_on') IS NOT NULL
            UNION ALL
            SELECT 'enabled', p.name, NULL, 'on ' || aidataops._labels(p.b -> 'disabled_on', p.a -> 'disabled_on'), p.b FROM pair AS p
             WHERE p.a IS NOT NULL AND aidataops._labels(p.b -> 'disabled_on', p.a -> 'disabled_on') IS NOT NULL)
    SELECT kind || '_' || f.change, f.name::name, f.before, f.after, ARRAY(SELECT c::name FROM jsonb_array_elements_text(f.shape -> 'columns') AS c),
           coalesce((f.shape ->> 'ours')::boolean, false), NULL::boolean
      FROM found AS f ORDER BY f.name, f.change;
END $$;
COMMENT ON FUNCTION aidataops._guard_changes(text, jsonb, jsonb, boolean) IS 'Internal: differences between the constraints, or the triggers, of two shapes.';

CREATE FUNCTION aidataops._shape_changes(before jsonb, after jsonb, same_table boolean, moved boolean) RETURNS SETOF aidataops._schema_change
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns aidataops._schema_change[] := ARRAY(SELECT c FROM aidataops._column_changes(before -> 'columns', after -> 'columns', same_table) AS c);
    definitions boolean := NOT moved AND NOT EXISTS (SELECT FROM unnest(columns) AS c WHERE c.change IN ('column_renamed', 'column_replaced', 'type_changed'));
BEGIN
    RETURN QUERY SELECT * FROM unnest(columns) AS c WHERE c.change <> 'default_changed' OR definitions OR num_nulls(c.before, c.after) > 0;
    RETURN QUERY SELECT * FROM aidataops._guard_changes('constraint', before -> 'constraints', after -> 'constraints', definitions);
    RETURN QUERY SELECT * FROM aidataops._guard_changes('trigger', before -> 'triggers', after -> 'triggers', definitions);
    IF before -> 'kind' <> after -> 'kind' THEN
        RETURN NEXT ('kind_changed', NULL, before ->> 'kind', after ->> 'kind', NULL, NULL, NULL)::aidataops._schema_change;
    END IF;
    IF before -> 'row_security' <> after -> 'row_security' THEN
        RETURN NEXT (CASE WHEN (after ->> 'row_security')::boolean THEN 'row_security_enabled' ELSE 'row_security_disabled' END, NULL, NULL, NULL, NULL, NULL, NULL)::aidataops._schema_change;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._shape_changes(jsonb, jsonb, boolean, boolean) IS 'Internal: all differences between two shapes.';

-- ----------------------------------------------------------------------------------------- what a contract says about a change

CREATE FUNCTION aidataops._shape_fits(expected jsonb, shape jsonb, column_name name) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type_name text := regexp_replace(shape -> 'columns' -> column_name::text ->> 'type', ' COLLATE .*', '');
BEGIN
    RETURN aidataops._type_fits(expected, aidataops._type_named(type_name, true), type_name);
END $$;
COMMENT ON FUNCTION aidataops._shape_fits(jsonb, jsonb, name) IS 'Internal: whether a column of a shape is of the type that is expected.';

CREATE FUNCTION aidataops._expected_type(r aidataops.rule, column_name name) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN r.kind <> 'type' THEN NULL
                WHEN pg_catalog.jsonb_typeof(r.parameters -> 'expected') = 'object' THEN r.parameters -> 'expected' -> column_name::text
                WHEN column_name = ANY (r.columns) THEN r.parameters -> 'expected' END;
END;
COMMENT ON FUNCTION aidataops._expected_type(aidataops.rule, name) IS 'Internal: the type that a rule expects of a column; NULL if it expects none.';

CREATE FUNCTION aidataops._has_expected_type(r aidataops.rule, column_name name, shape jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM aidataops.rule AS o, aidataops._expected_type(o, column_name) AS expected
                    WHERE o.contract = r.contract AND o.version = r.version AND o.object = r.object AND expected NOT IN ('null', '{}')
                      AND aidataops._shape_fits(expected, shape, column_name));
END $$;
COMMENT ON FUNCTION aidataops._has_expected_type(aidataops.rule, name, jsonb) IS 'Internal: whether the contract of a rule says of which type a column is, and it is.';

CREATE FUNCTION aidataops._breaks_rule(c aidataops._schema_change, r aidataops.rule, shape jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    expected jsonb := aidataops._expected_type(r, c.name);
    concerned boolean := c.name = ANY (r.columns) OR expected IS NOT NULL;
BEGIN
    RETURN CASE
        WHEN c.change IN ('column_dropped', 'column_renamed') THEN concerned
        WHEN c.change IN ('type_changed', 'column_replaced') AND r.kind = 'type' THEN
            expected IS NOT NULL AND NOT aidataops._shape_fits(expected, shape, c.name)
        -- other rules can be asked of a type of the same family
        WHEN c.change IN ('type_changed', 'column_replaced') THEN
            concerned AND NOT c.same_family AND NOT aidataops._has_expected_type(r, c.name, shape)
        WHEN c.change = 'not_null_dropped' THEN concerned AND r.kind = 'required'
        WHEN c.change = 'values_dropped' THEN concerned AND r.kind = 'values' AND NOT shape -> 'columns' -> c.name::text -> 'values' @> (r.parameters -> 'values')
        WHEN c.change IN ('constraint_dropped', 'constraint_disabled') AND NOT c.ours THEN
            r.kind IN ('unique', 'duplicates') AND cardinality(c.columns) > 0 AND r.columns @> c.columns AND c.columns @> r.columns
        WHEN c.change IN ('constraint_dropped', 'constraint_disabled', 'trigger_dropped', 'trigger_disabled') THEN c.ours AND r.level = 'row'
        ELSE false END;
END $$;
COMMENT ON FUNCTION aidataops._breaks_rule(aidataops._schema_change, aidataops.rule, jsonb) IS 'Internal: whether a change takes from a table what a rule needs or promises.';

-- Beside its rules a contract promises that the table is there under its name, and that rows which keep the rules can be inserted.
CREATE FUNCTION aidataops._broken_by(c aidataops._schema_change, contract text, version text, object text, shape jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    broken text[] := ARRAY(SELECT r.rule FROM aidataops.rule AS r WHERE r.contract = _broken_by.contract AND r.version = _broken_by.version AND r.object = _broken_by.object
                              AND aidataops._breaks_rule(c, r, shape) ORDER BY r.rule);
BEGIN
    IF c.change IN ('table_dropped', 'table_renamed')
       AND NOT EXISTS (SELECT FROM aidataops.contract_table AS t WHERE t.contract = _broken_by.contract AND t.version = _broken_by.version
                          AND t.object = _broken_by.object AND (quote_ident(t.relation_schema) || '.' || quote_ident(t.relation_name)) IS NOT DISTINCT FROM c.after) THEN
        broken := broken || '(the table)'::text;
    ELSIF c.change IN ('not_null_added', 'required_column_added')
       AND NOT EXISTS (SELECT FROM aidataops.rule AS r WHERE r.contract = _broken_by.contract AND r.version = _broken_by.version
                          AND r.object = _broken_by.object AND r.kind IN ('required', 'unique', 'duplicates') AND c.name = ANY (r.columns)) THEN
        broken := broken || '(required by the table alone)'::text;
    END IF;
    RETURN broken;
END $$;
COMMENT ON FUNCTION aidataops._broken_by(aidataops._schema_change, text, text, text, jsonb) IS 'Internal: the rules of a version of a contract that a change breaks, and in parentheses what it breaks besides.';

CREATE FUNCTION aidataops._version_that_allows(changes aidataops._schema_change[], contract text, object text, shape jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT c.version FROM aidataops.contract AS c
             WHERE c.contract = _version_that_allows.contract AND c.status IN ('proposed', 'active')
               AND EXISTS (SELECT FROM aidataops.contract_table AS t WHERE t.contract = c.contract AND t.version = c.version AND t.object = _version_that_allows.object)
               AND NOT EXISTS (SELECT FROM unnest(changes) AS h
                                WHERE cardinality(aidataops._broken_by(h, c.contract, c.version, _version_that_allows.object, shape)) > 0)
             ORDER BY c.created_at DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION aidataops._version_that_allows(aidataops._schema_change[], text, text, jsonb) IS 'Internal: an active or proposed version of a contract that all of some changes leave whole; NULL if there is none.';

-- What the rules say of a table that was never looked at: columns that are missing or of another type.
CREATE FUNCTION aidataops._unmet_types(contract text, version text, object text, shape jsonb) RETURNS SETOF aidataops._schema_change
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH expected (name, type) AS (
        SELECT e.key, e.value FROM aidataops.rule AS r, jsonb_each(CASE jsonb_typeof(r.parameters -> 'expected') WHEN 'object' THEN r.parameters -> 'expected' ELSE '{}' END) AS e
         WHERE r.contract = _unmet_types.contract AND r.version = _unmet_types.version AND r.object = _unmet_types.object AND r.kind = 'type'
        UNION ALL
        SELECT c.name, r.parameters -> 'expected' FROM aidataops.rule AS r, unnest(r.columns) AS c (name)
         WHERE r.contract = _unmet_types.contract AND r.version = _unmet_types.version AND r.object = _unmet_types.object AND r.kind = 'type'
           AND jsonb_typeof(r.parameters -> 'expected') <> 'object')
    SELECT CASE WHEN shape -> 'columns' -> e.name IS NULL THEN 'column_dropped' ELSE 'type_changed' END, e.name::name,
           CASE jsonb_typeof(e.type) WHEN 'object' THEN coalesce(e.type ->> 'physicalType', e.type ->> 'logicalType') ELSE e.type #>> '{}' END,
           shape -> 'columns' -> e.name ->> 'type', ARRAY[e.name::name], NULL::boolean, true
      FROM expected AS e
     WHERE shape -> 'columns' -> e.name IS NULL OR NOT aidataops._shape_fits(e.type, shape, e.name::name);
END $$;
COMMENT ON FUNCTION aidataops._unmet_types(text, text, text, jsonb) IS 'Internal: how a table differs from what a contract says of its columns.';

-- ------------------------------------------------------------------------------------------------------ looking at a table

-- A table that takes the place of another under its name is that of the contract only if the
-- contract's owner has the rights of its owner: a name that became free is free for everybody.
CREATE FUNCTION aidataops._table_named(t aidataops.contract_table, schema name, name name) RETURNS oid
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.oid FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = schema AND c.relname = name
       AND pg_catalog.pg_has_role(aidataops._role_oid((t).owner), c.relowner, 'USAGE');
END;
COMMENT ON FUNCTION aidataops._table_named(aidataops.contract_table, name, name) IS
'Internal: a relation that may stand for a table of a contract; NULL if there is none.';

CREATE FUNCTION aidataops._table_of(t aidataops.contract_table, s aidataops.seen_schema) RETURNS oid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- wherever it is; or what took its place under its name or, when it was just dropped, under the
    -- one that it had before
    RETURN coalesce((SELECT c.oid FROM pg_class AS c
                      WHERE c.oid = t.relation_oid
                        AND t.relation_origin = aidataops._relation_origin(c.oid)),
                    aidataops._table_named(t, t.relation_schema, t.relation_name),
                    CASE WHEN s.relation_oid <> 0
                         THEN aidataops._table_named(t, s.former_schema, s.former_name) END);
END $$;
COMMENT ON FUNCTION aidataops._table_of(aidataops.contract_table, aidataops.seen_schema) IS
'Internal: the OID of a table of a contract; NULL if it is gone.';

-- Rows that another session is writing are left to it: nobody's command waits for us.
CREATE FUNCTION aidataops._follow_table(t aidataops.contract_table, relation oid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE aidataops.contract_table AS u
       SET relation_schema = k.schema, relation_name = k.name, relation_oid = relation,
           relation_origin = aidataops._relation_origin(relation)
      FROM (SELECT o.version FROM aidataops.contract_table AS o WHERE o.contract = t.contract AND o.object = t.object FOR UPDATE SKIP LOCKED) AS free,
           (SELECT coalesce(n.nspname, t.relation_schema), coalesce(c.relname, t.relation_name)
              FROM (SELECT) AS one LEFT JOIN pg_class AS c ON c.oid = relation LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace) AS k (schema, name)
     WHERE u.contract = t.contract AND u.object = t.object AND u.version = free.version
       AND (u.relation_schema, u.relation_name) IN ((t.relation_schema, t.relation_name), (k.schema, k.name))
       AND (u.relation_schema, u.relation_name, coalesce(u.relation_oid, 0), u.relation_origin)
           <> (k.schema, k.name, coalesce(relation, 0), aidataops._relation_origin(relation));
END $$;
COMMENT ON FUNCTION aidataops._follow_table(aidataops.contract_table, oid) IS 'Internal: notes under which name and OID a table of a contract is found now.';

-- Nobody's command waits for us: a row that another session is writing is left to it.
CREATE FUNCTION aidataops._remember_shape(t aidataops.contract_table, relation oid, new_shape jsonb)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM aidataops.seen_schema AS s WHERE s.contract = t.contract AND s.object = t.object
        FOR UPDATE SKIP LOCKED;
    IF NOT FOUND AND EXISTS (SELECT FROM aidataops.seen_schema AS s
                              WHERE s.contract = t.contract AND s.object = t.object) THEN
        RETURN false;
    ELSIF relation IS NULL THEN
        UPDATE aidataops.seen_schema AS s
           SET relation_oid = 0, relation_origin = aidataops._database_origin(), seen_at = clock_timestamp()
         WHERE s.contract = t.contract AND s.object = t.object;
        RETURN true;
    END IF;
    INSERT INTO aidataops.seen_schema AS s
           (contract, object, relation_schema, relation_name, relation_oid, relation_origin, shape)
    SELECT t.contract, t.object, n.nspname, c.relname, relation, aidataops._relation_origin(relation), new_shape
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation
    ON CONFLICT ON CONSTRAINT seen_schema_pkey DO UPDATE
       SET relation_schema = excluded.relation_schema, relation_name = excluded.relation_name,
           relation_oid = excluded.relation_oid, relation_origin = excluded.relation_origin,
           shape = excluded.shape, seen_at = clock_timestamp(),
           (former_schema, former_name) =
               (SELECT s.relation_schema, s.relation_name
                 WHERE (s.relation_schema, s.relation_name)
                       <> (excluded.relation_schema, excluded.relation_name)
                UNION ALL SELECT s.former_schema, s.former_name LIMIT 1);
    RETURN true;
END $$;
COMMENT ON FUNCTION aidataops._remember_shape(aidataops.contract_table, oid, jsonb) IS
'Internal: keeps what a table is like, to compare with the next time; false if another session is '
'at it.';

CREATE FUNCTION aidataops._table_changes(t aidataops.contract_table, s aidataops.seen_schema, relation oid, shape jsonb) RETURNS SETOF aidataops._schema_change
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_name text := (quote_ident(s.relation_schema) || '.' || quote_ident(s.relation_name));
    new_name text := (SELECT (quote_ident(n.nspname) || '.' || quote_ident(c.relname)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation);
    here boolean := aidataops._is_here(s.relation_origin);
    same_table boolean := s.relation_oid = relation
                          AND s.relation_origin = aidataops._relation_origin(relation);
BEGIN
    IF s.contract IS NULL THEN
        RETURN QUERY SELECT * FROM aidataops._unmet_types(t.contract, t.version, t.object, shape) WHERE shape IS NOT NULL;
        RETURN; -- a table that is still to come breaks nothing yet
    ELSIF relation IS NULL THEN
        IF s.relation_oid <> 0 THEN
            RETURN NEXT ('table_dropped', NULL, old_name, NULL, NULL, NULL, NULL)::aidataops._schema_change;
        END IF;
        RETURN;
    END IF;
    IF here AND NOT same_table THEN
        RETURN NEXT ('table_replaced', NULL, NULL, new_name, NULL, NULL, NULL)::aidataops._schema_change;
    END IF;
    IF same_table AND old_name <> new_name THEN
        RETURN NEXT ('table_renamed', NULL, old_name, new_name, NULL, NULL, NULL)::aidataops._schema_change;
    END IF;
    RETURN QUERY SELECT * FROM aidataops._shape_changes(s.shape, shape, coalesce(same_table, false), old_name <> new_name);
END $$;
COMMENT ON FUNCTION aidataops._table_changes(aidataops.contract_table, aidataops.seen_schema, oid, jsonb) IS 'Internal: what is different about a table of a contract since it was last seen.';

CREATE FUNCTION aidataops._in_words(change jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN concat(replace(change ->> 'change', '_', ' '), ': ' || (change ->> 'name'),
                  CASE WHEN change ? 'before' AND change ? 'after' THEN format(' from %s to %s', change ->> 'before', change ->> 'after')
                       WHEN change ->> 'change' LIKE '%renamed' THEN ' to ' || (change ->> 'after')
                       ELSE ' (' || coalesce(change ->> 'before', change ->> 'after') || ')' END,
                  '; breaks ' || (SELECT string_agg(b, ', ') FROM jsonb_array_elements_text(change -> 'breaks') AS b));
END $$;
COMMENT ON FUNCTION aidataops._in_words(jsonb) IS 'Internal: one change of a table, in a line.';

CREATE FUNCTION aidataops._changes_as_json(changes aidataops._schema_change[], t aidataops.contract_table, shape jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('change', c.change, 'name', c.name, 'before', c.before, 'after', c.after))
                             || CASE WHEN cardinality(b.broken) > 0 THEN jsonb_build_object('breaks', b.broken) ELSE '{}' END)
              FROM unnest(changes) AS c, aidataops._broken_by(c, t.contract, t.version, t.object, shape) AS b (broken));
END $$;
COMMENT ON FUNCTION aidataops._changes_as_json(aidataops._schema_change[], aidataops.contract_table, jsonb) IS 'Internal: changes of a table with what each breaks, as they are recorded.';

-- What was seen is recorded once. If another session holds the picture, it is left as it is, and
-- reconcile_schema() compares again. Whose command it was not is not to notice more than a warning:
-- a transaction that notifies cannot be prepared for two-phase commit, where that is in use.
CREATE FUNCTION aidataops._record_changes(
    t aidataops.contract_table,
    relation oid,
    shape jsonb,
    detail jsonb,
    of_others boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF detail IS NOT NULL THEN
        PERFORM aidataops._announce(t.contract, t.version, 'schema_changed', detail,
                    NOT of_others OR current_setting('max_prepared_transactions')::integer = 0);
    END IF;
    IF aidataops._remember_shape(t, relation, shape) THEN
        PERFORM aidataops._follow_table(t, relation);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._record_changes(aidataops.contract_table, oid, jsonb, jsonb, boolean) IS
'Internal: records changes of a table, and what the table is like now.';

-- What enforce_contract() and its like did is announced by them. A guard is missed if it should be there, or fire, and does not.
CREATE FUNCTION aidataops._is_missed_guard(c aidataops._schema_change, t aidataops.contract_table) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN c.change ~ '_(dropped|renamed|disabled)$'
       AND EXISTS (SELECT FROM aidataops.enforcement AS e WHERE e.contract = t.contract AND e.object = t.object AND c.name = ANY (e.constraints || e.triggers));
END $$;
COMMENT ON FUNCTION aidataops._is_missed_guard(aidataops._schema_change, aidataops.contract_table) IS 'Internal: whether a constraint or trigger of this extension is gone that enforces a contract.';

-- Whether a command can be refused: the contract blocks, whoever owns it still has the rights of
-- the table's owner, and by the will of that owner it was.
CREATE FUNCTION aidataops._may_block(t aidataops.contract_table, table_owner oid) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT (t).schema_watch IS NOT DISTINCT FROM 'block' AND table_owner <> 0::oid
       AND coalesce(pg_catalog.pg_has_role(aidataops._role_oid((t).owner), table_owner, 'USAGE'), false);
END;
COMMENT ON FUNCTION aidataops._may_block(aidataops.contract_table, oid) IS
'Internal: whether a contract may refuse a command by the will of a table''s owner.';

-- Compares a table of a contract with what it was. command: the command that changed it; NULL:
-- somebody looked. will: the table's owner, if it was by the will of that owner, else 0.
CREATE FUNCTION aidataops._look_at_table(
    t aidataops.contract_table,
    command text,
    will oid,
    record boolean,
    on_purpose boolean,
    OUT relation oid,
    OUT relation_name text,
    OUT changes jsonb,
    OUT verdict text,
    OUT detail text) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    s aidataops.seen_schema;
    shape jsonb;
    found aidataops._schema_change[];
    allowed_by text;
BEGIN
    SELECT * INTO s FROM aidataops.seen_schema AS e WHERE e.contract = t.contract AND e.object = t.object;
    relation := aidataops._table_of(t, s);
    shape := aidataops._table_shape(relation);
    found := ARRAY(SELECT c FROM aidataops._table_changes(t, s, relation, shape) AS c
                    WHERE NOT (c.ours IS TRUE AND (on_purpose OR NOT aidataops._is_missed_guard(c, t))));
    changes := aidataops._changes_as_json(found, t, shape);
    relation_name := coalesce((SELECT format('%I.%I', n.nspname, c.relname)
                                 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                                WHERE c.oid = relation),
                              format('%I.%I', t.relation_schema, t.relation_name));
    IF changes @? '$[*].breaks' THEN
        allowed_by := aidataops._version_that_allows(found, t.contract, t.object, shape);
        verdict := CASE WHEN allowed_by IS NOT NULL OR command IS NULL THEN NULL
                        WHEN s.contract IS NOT NULL AND aidataops._may_block(t, will) THEN 'refused'
                        ELSE 'warned' END;
        detail := (SELECT string_agg(aidataops._in_words(c), E'\n') FROM jsonb_array_elements(changes) AS c
                    WHERE c -> 'breaks' IS NOT NULL);
    END IF;
    IF record AND verdict IS DISTINCT FROM 'refused'
       AND (changes IS NOT NULL OR relation IS NOT NULL AND
            (s.contract IS NULL OR s.shape <> shape OR s.relation_oid <> relation
             OR s.relation_origin <> aidataops._relation_origin(relation))) THEN
        PERFORM aidataops._record_changes(t, relation, shape, CASE WHEN changes IS NOT NULL THEN
            jsonb_strip_nulls(jsonb_build_object('object', t.object, 'relation', relation_name,
                'command', command, 'allowed_by', allowed_by, 'changes', changes)) END,
            command IS NOT NULL AND will = 0);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._look_at_table(aidataops.contract_table, text, oid, boolean, boolean) IS
'Internal: what changed about a table of a contract since it was last seen. on_purpose: '
'constraints and triggers of this extension are no change. Records it unless asked not to. '
'verdict: refused, warned, or NULL if the command breaks nothing; detail says what it breaks.';

-- One table that cannot be looked at, or not in time, is in the way of no other one.
CREATE FUNCTION aidataops._look_in_time(
    t aidataops.contract_table,
    command text,
    will oid,
    record boolean,
    on_purpose boolean,
    timeout_ms integer,
    OUT seen jsonb,
    OUT error text) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    answer record;
BEGIN
    answer := aidataops._run_supervised(aidataops._role_oid(current_user),
        'SELECT l.* FROM aidataops.contract_table AS t, aidataops._look_at_table(t, $1 ->> ''command'', '
        '($1 ->> ''will'')::oid, ($1 ->> ''record'')::boolean, ($1 ->> ''on_purpose'')::boolean) AS l '
        'WHERE t.contract = $1 ->> ''contract'' AND t.version = $1 ->> ''version'' '
        'AND t.object = $1 ->> ''object''',
        jsonb_build_object('contract', t.contract, 'version', t.version, 'object', t.object,
            'command', command, 'will', will, 'record', record, 'on_purpose', on_purpose),
        false, timeout_ms);
    seen := answer.result -> 0;
    error := answer.error;
END $$;
COMMENT ON FUNCTION aidataops._look_in_time(aidataops.contract_table, text, oid, boolean, boolean, integer) IS
'Internal: what _look_at_table() finds within a time, as JSON; or the error that kept it from '
'that.';

-- A table that is there when its contract comes into force is seen then, so that the first change is told from it.
CREATE FUNCTION aidataops._see_tables(contract text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t aidataops.contract_table;
    relation oid;
BEGIN
    FOR t IN
        SELECT k.* FROM aidataops.contract_table AS k WHERE k.contract = _see_tables.contract AND k.in_force
           AND NOT EXISTS (SELECT FROM aidataops.seen_schema AS s WHERE s.contract = k.contract AND s.object = k.object)
    LOOP
        relation := aidataops._table_of(t, NULL);
        PERFORM aidataops._remember_shape(t, relation, aidataops._table_shape(relation));
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._see_tables(text) IS 'Internal: keeps what the tables of a contract are like, of those that nobody has looked at yet.';

-- What is said of a contract to whom it is not to know of it.
CREATE FUNCTION aidataops._warn_of_table(
    role oid,
    t aidataops.contract_table,
    relation oid,
    will oid,
    message text,
    anonymous text,
    detail text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF will <> 0 OR pg_has_role(role, aidataops._role_oid(t.owner), 'USAGE')
       OR has_table_privilege(role, relation, 'SELECT')
       OR has_any_column_privilege(role, relation, 'SELECT') THEN
        RAISE WARNING '%', message USING DETAIL = detail;
    ELSE
        RAISE WARNING '%', anonymous USING DETAIL = 'Which one is not yours to see.',
            HINT = 'Its owner finds it by reconcile_schema() or schema_changes().';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._warn_of_table(oid, aidataops.contract_table, oid, oid, text, text, text) IS
'Internal: a warning about a table of a contract, without names for who may not see it.';

CREATE FUNCTION aidataops._contracts_of(relations oid[], wills oid[])
    RETURNS TABLE (t aidataops.contract_table, relation oid, will oid)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- those come first that can refuse the command
    RETURN QUERY
    SELECT DISTINCT ON (u.will <> 0, (u.t).contract, (u.t).object) u.t, u.relation, u.will
      FROM unnest(relations, wills) AS r (relation, will),
           LATERAL (SELECT k, r.relation, r.will FROM aidataops.contract_table AS k
                     WHERE k.in_force AND k.relation_oid = r.relation
                    UNION ALL
                    SELECT k, r.relation, r.will FROM pg_class AS c
                      JOIN pg_namespace AS n ON n.oid = c.relnamespace
                      JOIN aidataops.contract_table AS k
                        ON k.in_force AND k.relation_name = c.relname AND k.relation_schema = n.nspname
                     WHERE c.oid = r.relation) AS u (t, relation, will)
     ORDER BY u.will <> 0 DESC, (u.t).contract, (u.t).object;
END $$;
COMMENT ON FUNCTION aidataops._contracts_of(oid[], oid[]) IS
'Internal: tables of contracts in force that a command touched, and by whose will.';

-- relations: what a command of a role touched; wills: their owners, where it was by their will,
-- else 0. The tables of contracts among them are those with the OID, or, if theirs is gone, the
-- name. Whoever runs DDL waits for this: what takes too long is left to reconcile_schema().
CREATE FUNCTION aidataops._tables_touched(
    role oid,
    command text,
    relations oid[],
    wills oid[],
    record boolean,
    on_purpose boolean,
    OUT message text,
    OUT detail text,
    OUT hint text) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    time_is_up constant timestamptz := clock_timestamp() + interval '2 seconds';
    r record;
    looked record;
BEGIN
    FOR r IN SELECT * FROM aidataops._contracts_of(relations, wills) LOOP
        looked := aidataops._look_in_time(r.t, command, r.will, record, on_purpose,
            greatest(extract(epoch FROM time_is_up - clock_timestamp()) * 1000, 1)::integer);
        IF looked.error IS NOT NULL THEN
            RAISE LOG 'could not look at table "%" of contract "%": %', (r.t).object, (r.t).contract, looked.error;
            PERFORM aidataops._warn_of_table(role, r.t, r.relation, r.will,
                format('could not look at table "%s" of contract "%s", which is left to '
                    'reconcile_schema()', (r.t).object, (r.t).contract),
                'could not look at a table of a contract', looked.error);
        ELSIF looked.seen ->> 'verdict' = 'refused' THEN
            message := format('contract "%s" %s of table %I.%I does not allow this %s', (r.t).contract,
                (r.t).version, (r.t).relation_schema, (r.t).relation_name, command);
            detail := looked.seen ->> 'detail';
            hint := format('Propose a version of the contract that allows it, end this one with '
                'retire_contract(%L, %L), or have a superuser do it, who is only warned.',
                (r.t).contract, (r.t).version);
            RETURN;
        ELSIF looked.seen ->> 'verdict' = 'warned' AND record THEN
            PERFORM aidataops._warn_of_table(role, r.t, (looked.seen ->> 'relation')::oid, r.will,
                format('%s breaks contract "%s" %s of table %I.%I', command, (r.t).contract,
                    (r.t).version, (r.t).relation_schema, (r.t).relation_name),
                format('%s breaks a contract', command), looked.seen ->> 'detail');
        END IF;
        IF clock_timestamp() > time_is_up THEN
            RAISE WARNING 'not all tables of contracts that % may have changed were looked at', command
                USING HINT = 'reconcile_schema() looks at the others.';
            RETURN;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._tables_touched(oid, text, oid[], oid[], boolean, boolean) IS
'Internal: called by the event triggers when a command may have changed tables of contracts. '
'message, detail and hint say why it is refused; NULL if it is not.';

-- ------------------------------------------------------------------------------------------------------------- for users

CREATE FUNCTION aidataops._may_reconcile(caller oid, t aidataops.contract_table) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.pg_has_role(caller, r.oid, 'USAGE') FROM aidataops.contract AS c JOIN pg_catalog.pg_roles AS r ON r.rolname = c.owner
     WHERE c.contract = t.contract AND c.version = t.version
    UNION ALL
    SELECT pg_catalog.pg_has_role(caller, k.relowner, 'USAGE') FROM pg_catalog.pg_class AS k WHERE k.oid = aidataops._table_of(t, NULL)
     ORDER BY 1 DESC LIMIT 1;
END;
COMMENT ON FUNCTION aidataops._may_reconcile(oid, aidataops.contract_table) IS 'Internal: whether somebody has the rights of the owner of the contract, or of the table.';

CREATE FUNCTION aidataops._reconcile_schema(caller oid) RETURNS TABLE (contract text, version text, relation text, change text, name name, before text, after text, breaks text[])
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    t aidataops.contract_table;
    looked record;
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger AS e WHERE e.evtfoid = 'aidataops._watch_schema_event()'::regprocedure AND e.evtenabled IN ('D', 'R')) THEN
        RAISE WARNING 'event triggers of watch_schema() are disabled' USING HINT = 'watch_schema(true) enables them.';
    END IF;
    DELETE FROM aidataops.seen_schema AS s
     USING (SELECT o.contract, o.object FROM aidataops.seen_schema AS o
             WHERE NOT EXISTS (SELECT FROM aidataops.contract_table AS k
                                WHERE k.contract = o.contract AND k.object = o.object)
               FOR UPDATE SKIP LOCKED) AS free
     WHERE s.contract = free.contract AND s.object = free.object;
    FOR t IN SELECT k.* FROM aidataops.contract_table AS k
              WHERE k.in_force AND aidataops._may_reconcile(caller, k) ORDER BY k.contract, k.object LOOP
        looked := aidataops._look_in_time(t, NULL, 0, true, false, 60000);
        IF looked.error IS NOT NULL THEN
            RAISE WARNING 'could not look at table "%" of contract "%": %', t.object, t.contract, looked.error;
        END IF;
        RETURN QUERY
            SELECT t.contract, t.version, looked.seen ->> 'relation_name', c.change, c.name, c.before,
                   c.after, coalesce(c.breaks, '{}')
              FROM jsonb_to_recordset(nullif(looked.seen -> 'changes', 'null'))
                   AS c (change text, name name, before text, after text, breaks text[]);
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._reconcile_schema(oid) IS 'Internal: reconcile_schema() with the rights of the catalog''s owner.';

CREATE FUNCTION aidataops.reconcile_schema() RETURNS TABLE (contract text, version text, relation text, change text, name name, before text, after text, breaks text[])
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rows_as_catalog_owner';
COMMENT ON FUNCTION aidataops.reconcile_schema() IS
'Compares the tables of contracts in force with what they were when they were last seen, records what changed as an event schema_changed of the contract, and returns it: one row a change, columns as schema_changes(). Finds what event triggers cannot see: changes under session_replication_role replica, by event_triggers = off, by direct updates of the system catalogs, or while nobody watched; so it is meant to be run by a scheduler. A table that is looked at for the first time is compared with the types that its contract expects. Looks at the tables of contracts whose owner''s rights, or the table''s owner''s, the caller has. It takes no lock on them. No rows if nothing changed.';

CREATE FUNCTION aidataops.schema_changes(contract text DEFAULT NULL)
    RETURNS TABLE (happened_at timestamptz, happened_by name, contract text, version text, relation text, command text, change text, name name, before text, after text,
                   breaks text[], allowed_by text)
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT e.happened_at, e.happened_by, e.contract, e.version, e.detail ->> 'relation', e.detail ->> 'command', c.change, c.name, c.before, c.after,
           coalesce(c.breaks, '{}'), e.detail ->> 'allowed_by'
      FROM aidataops.contract_event AS e,
           pg_catalog.jsonb_to_recordset(e.detail -> 'changes') AS c (change text, name name, before text, after text, breaks text[])
     WHERE e.event = 'schema_changed' AND (schema_changes.contract IS NULL OR e.contract = schema_changes.contract)
     ORDER BY e.event_id;
END;
COMMENT ON FUNCTION aidataops.schema_changes(text) IS
'How the tables of a contract, NULL: of all, changed while they were watched, one row a change, the oldest first: when, who (session_user), contract and version that was in force, the table''s name, the command (NULL: found by reconcile_schema(), and happened_at and happened_by are of that), what changed (column_dropped, type_changed, trigger_disabled and so on, see docs/schema-watch.md), the column, constraint or trigger, what it was and is, the rules of the contract that this breaks (with what it breaks besides rules in parentheses), and the version that allows it, if any does.';

CREATE FUNCTION aidataops._watch_schema_event() RETURNS event_trigger LANGUAGE C AS 'MODULE_PATHNAME', 'watch_schema_event';
COMMENT ON FUNCTION aidataops._watch_schema_event() IS 'Internal: the event triggers of watch_schema().';

-- Not members of the extension, so that pg_dump keeps them.
CREATE FUNCTION aidataops._create_watch(trigger_name text, event text, condition text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger AS e WHERE e.evtname = trigger_name) THEN
        EXECUTE format('ALTER EVENT TRIGGER %I ENABLE', trigger_name);
        RETURN;
    END IF;
    EXECUTE format('CREATE EVENT TRIGGER %I ON %s %s EXECUTE FUNCTION aidataops._watch_schema_event()', trigger_name, event, condition);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'permission denied to watch schema changes' USING ERRCODE = 'insufficient_privilege',
        DETAIL = 'Event triggers are for superusers, or for whom the provider of the server lets create them.',
        HINT = 'reconcile_schema(), run by a scheduler, finds the changes without event triggers, though it cannot refuse them.';
END $$;
COMMENT ON FUNCTION aidataops._create_watch(text, text, text) IS 'Internal: one event trigger of watch_schema().';

CREATE FUNCTION aidataops.watch_schema(enable boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    trigger_name name;
BEGIN
    IF enable IS NULL THEN
        RAISE EXCEPTION 'enable must not be NULL' USING ERRCODE = 'null_value_not_allowed', HINT = 'true begins to watch, false ends it.';
    ELSIF enable THEN
        PERFORM aidataops._create_watch('aidataops_schema_drop', 'sql_drop', '');
        PERFORM aidataops._create_watch('aidataops_schema_rewrite', 'table_rewrite', '');
        PERFORM aidataops._create_watch('aidataops_schema_command', 'ddl_command_end',
            $tags$WHEN TAG IN ('ALTER TABLE', 'ALTER FOREIGN TABLE', 'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER INDEX', 'ALTER TYPE', 'ALTER DOMAIN', 'ALTER SCHEMA',
                'ALTER TRIGGER', 'CREATE TRIGGER', 'CREATE INDEX', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE VIEW', 'CREATE MATERIALIZED VIEW', 'CREATE FOREIGN TABLE')$tags$);
        PERFORM FROM aidataops.reconcile_schema();
    ELSE
        FOREACH trigger_name IN ARRAY ARRAY(SELECT e.evtname FROM pg_event_trigger AS e WHERE e.evtfoid = 'aidataops._watch_schema_event()'::regprocedure) LOOP
            EXECUTE format('DROP EVENT TRIGGER %I', trigger_name);
        END LOOP;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops.watch_schema(boolean) IS
'Begins (true) or ends (false) to watch changes of the schema in this database: event triggers '
'notice ALTER, DROP and RENAME of the tables of contracts in force, directly, by CASCADE, or by '
'their types, domains, schemas and parents. What they notice is an event schema_changed of the '
'contract, announced by NOTIFY aidataops and listed by schema_changes(). Where the contract says '
'aidataops.schemaWatch: block, a command that breaks it is refused unless an active or proposed '
'version of it allows the change; only what a role with the rights of the table''s owner, and no '
'superuser, does to the table or to something else of the same owner is, and never what comes by '
'CASCADE or DROP OWNED. Other DDL is not disturbed. Watching is remembered by pg_dump. For '
'superusers; without them, reconcile_schema() finds the changes later. Errors: enable is NULL, '
'permission denied.';
