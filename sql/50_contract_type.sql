-- Types of columns, and what contracts say of them: one answer for lint, checks and the watch of schemas (docs/contracts.md)

CREATE FUNCTION aidataops._logical_type(type oid) RETURNS text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN t.typname IN ('int2', 'int4', 'int8') THEN 'integer'
                -- of this category are names of objects too, which are no numbers
                WHEN t.typcategory = 'N' AND t.typname <> 'oid' AND t.typname !~ '^reg' THEN 'number'
                WHEN t.typcategory = 'B' THEN 'boolean'
                WHEN t.typname = 'date' THEN 'date'
                WHEN t.typname IN ('timestamp', 'timestamptz') THEN 'timestamp'
                WHEN t.typname IN ('time', 'timetz') THEN 'time'
                WHEN t.typcategory = 'A' OR t.typname IN ('vector', 'halfvec', 'sparsevec') THEN 'array'
                WHEN t.typname IN ('json', 'jsonb', 'hstore') OR t.typtype = 'c' THEN 'object'
                ELSE 'string' END
      FROM pg_catalog.pg_type AS t WHERE t.oid = aidataops._base_type(type);
END;
COMMENT ON FUNCTION aidataops._logical_type(oid) IS 'Internal: the standard''s type of values of a type.';

CREATE FUNCTION aidataops._is_logical(type oid, logical_type text) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE pg_catalog.lower(logical_type)
             WHEN 'string' THEN l.name = 'string' OR t.typname IN ('json', 'jsonb', 'hstore') -- which are kept as text elsewhere
             WHEN 'integer' THEN l.name = 'integer' OR t.typname = 'numeric'
             WHEN 'number' THEN l.name IN ('integer', 'number')
             WHEN 'date' THEN l.name IN ('date', 'timestamp')
             WHEN 'array' THEN l.name = 'array' OR t.typname IN ('json', 'jsonb')
             WHEN 'vector' THEN l.name = 'array'
             WHEN 'object' THEN l.name = 'object' OR t.typname = 'xml'
             WHEN 'map' THEN t.typname IN ('json', 'jsonb', 'hstore')
             WHEN 'boolean' THEN l.name = 'boolean'
             WHEN 'timestamp' THEN l.name = 'timestamp'
             WHEN 'time' THEN l.name = 'time'
             ELSE true END
      FROM pg_catalog.pg_type AS t CROSS JOIN LATERAL aidataops._logical_type(type) AS l (name)
     WHERE t.oid = aidataops._base_type(type);
END;
COMMENT ON FUNCTION aidataops._is_logical(oid, text) IS 'Internal: whether a type goes with a logical type of the standard.';

-- Names of types are the documents', so whatever they say must not raise.
CREATE FUNCTION aidataops._type_named(name text, temporary boolean DEFAULT false) RETURNS oid
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- who looks may have temporary types
    RETURN (SELECT t.oid FROM pg_type AS t WHERE t.oid = to_regtype(name) AND (temporary OR t.typnamespace <> pg_my_temp_schema()));
EXCEPTION WHEN OTHERS THEN -- no cancel: that goes through
    RETURN NULL;
END $$;
COMMENT ON FUNCTION aidataops._type_named(text, boolean) IS 'Internal: the type of that name, temporary ones only if they are asked for; NULL if there is none.';

CREATE FUNCTION aidataops._type_modifiers(type_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN type_name ~* '^\s*(pg_catalog\.)?(numeric|decimal|dec)\s*\(\s*\d+\s*\)' THEN pg_catalog.format('(%s,0)', substring(type_name FROM '\(\s*(\d+)'))
                ELSE pg_catalog.regexp_replace(substring(type_name FROM '\(.*\)'), '\s', '', 'g') END;
END;
COMMENT ON FUNCTION aidataops._type_modifiers(text) IS 'Internal: the modifiers in the name of a type, as PostgreSQL writes them; NULL if there are none.';

-- A physical type is meant as it is written, modifiers where they are written; one that PostgreSQL does not know is another
-- system's, and what the logical type says counts, which is a family. A domain is its base type too, and not the other way round.
CREATE FUNCTION aidataops._type_fits(expected jsonb, type oid, type_name text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    physical text := CASE jsonb_typeof(expected) WHEN 'object' THEN expected ->> 'physicalType' ELSE expected #>> '{}' END;
    logical text := CASE jsonb_typeof(expected) WHEN 'object' THEN expected ->> 'logicalType' END;
    plain text := lower(replace(btrim(regexp_replace(physical, '\s*\(.*\)', '')), '"', ''));
    modifiers text := aidataops._type_modifiers(physical);
    named oid := aidataops._type_named(physical);
    actual pg_type%ROWTYPE;
BEGIN
    SELECT t.* INTO actual FROM pg_type AS t WHERE t.oid = type;
    IF physical IS NULL THEN
        RETURN coalesce(aidataops._is_logical(actual.oid, logical), false);
    END IF;
    -- a name without a schema may be that of the column's own type, wherever it is, and who asks may have no right to look there
    IF named IS NULL AND coalesce(modifiers ~ '^\([-0-9,]+\)$', true)
       AND plain IN (lower(actual.typname), (SELECT lower(e.typname) || '[]' FROM pg_type AS e WHERE e.oid = actual.typelem AND actual.typcategory = 'A'),
                     lower(replace(regexp_replace(type_name, '\s*\(.*\)', ''), '"', ''))) THEN
        named := actual.oid;
    END IF;
    IF actual.typtype = 'd' AND named IS DISTINCT FROM actual.oid THEN
        RETURN aidataops._type_fits(expected, actual.typbasetype, format_type(actual.typbasetype, actual.typtypmod));
    ELSIF named IS NULL THEN
        -- with a schema it is a type that is gone, or out of reach
        RETURN coalesce(aidataops._is_logical(actual.oid, logical), false) AND logical IS NOT NULL AND plain !~ '\.';
    END IF;
    RETURN coalesce(named = actual.oid AND (modifiers IS NULL OR actual.typmodin = 0 OR modifiers = aidataops._type_modifiers(type_name)), false);
END $$;
COMMENT ON FUNCTION aidataops._type_fits(jsonb, oid, text) IS 'Internal: whether a column''s type, named as by format_type(), is what is expected of it: {"physicalType", "logicalType"}, or a name.';
