-- What a new version of a contract changes, for producers and for consumers (docs/contracts.md)

CREATE FUNCTION aidataops._document_elements(document jsonb) RETURNS TABLE (element text, object text, property text, pointer text, body jsonb)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT o.value ->> 'name', o.value ->> 'name', NULL::text, '/schema/' || (o.n - 1), o.value
      FROM pg_catalog.jsonb_path_query(document, '$.schema[*]') WITH ORDINALITY AS o (value, n)
    UNION ALL
    SELECT (o.value ->> 'name') || '.' || (p.value ->> 'name'), o.value ->> 'name', p.value ->> 'name', '/schema/' || (o.n - 1) || '/properties/' || (p.n - 1), p.value
      FROM pg_catalog.jsonb_path_query(document, '$.schema[*]') WITH ORDINALITY AS o (value, n),
           pg_catalog.jsonb_path_query(o.value, '$.properties[*]') WITH ORDINALITY AS p (value, n);
END;
COMMENT ON FUNCTION aidataops._document_elements(jsonb) IS 'Internal: the objects of a document and their properties.';

CREATE FUNCTION aidataops._type_change(before jsonb, after jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- each holds all that those before it hold; double precision does not hold all of bigint or numeric
    families constant text[] := ARRAY['|smallint|integer|bigint|numeric|', '|real|double precision|', '|integer|double precision|', '|smallint|real|', '|varchar|text|', '|char|varchar|text|', '|date|timestamp|'];
    synonyms constant jsonb := '{"int2": "smallint", "int": "integer", "int4": "integer", "int8": "bigint", "decimal": "numeric", "float4": "real", "float8": "double precision", "double": "double precision", "float": "double precision",
        "character varying": "varchar", "character": "char", "bpchar": "char", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz", "bool": "boolean", "string": "text"}';
    old_type text := lower(coalesce(before ->> 'physicalType', ''));
    new_type text := lower(coalesce(after ->> 'physicalType', ''));
    old_name text := btrim(regexp_replace(old_type, '\s*\(.*\)\s*|\s+', ' ', 'g'));
    new_name text := btrim(regexp_replace(new_type, '\s*\(.*\)\s*|\s+', ' ', 'g'));
    old_logical text := coalesce(before ->> 'logicalType', '');
    new_logical text := coalesce(after ->> 'logicalType', '');
    old_sizes int[] := string_to_array(substring(old_type FROM '\(\s*(\d{1,9}(?:\s*,\s*\d{1,9})?)\s*\)'), ',')::int[];
    new_sizes int[] := string_to_array(substring(new_type FROM '\(\s*(\d{1,9}(?:\s*,\s*\d{1,9})?)\s*\)'), ',')::int[];
    family text;
BEGIN
    IF old_logical <> new_logical AND old_logical <> '' AND new_logical <> ''
       AND NOT (ARRAY[old_logical, new_logical] <@ ARRAY['integer', 'number']) THEN
        RETURN 'changed';
    END IF;
    old_name := coalesce(synonyms ->> old_name, old_name);
    new_name := coalesce(synonyms ->> new_name, new_name);
    IF old_name = new_name THEN
        IF coalesce(old_sizes, new_sizes) IS NULL AND substring(old_type FROM '\(.*\)') IS DISTINCT FROM substring(new_type FROM '\(.*\)') THEN
            RETURN 'changed';
        ELSIF old_sizes IS NOT DISTINCT FROM new_sizes THEN
            RETURN CASE WHEN old_logical = new_logical OR '' IN (old_logical, new_logical) THEN NULL
                        WHEN new_logical = 'number' THEN 'widened' ELSE 'narrowed' END;
        ELSIF new_sizes IS NULL THEN
            RETURN 'widened';
        ELSIF old_sizes IS NULL THEN
            RETURN 'narrowed';
        ELSIF new_sizes[1] - coalesce(new_sizes[2], 0) >= old_sizes[1] - coalesce(old_sizes[2], 0) AND coalesce(new_sizes[2], 0) >= coalesce(old_sizes[2], 0) THEN
            RETURN 'widened';
        ELSIF new_sizes[1] - coalesce(new_sizes[2], 0) <= old_sizes[1] - coalesce(old_sizes[2], 0) AND coalesce(new_sizes[2], 0) <= coalesce(old_sizes[2], 0) THEN
            RETURN 'narrowed';
        END IF;
        RETURN 'changed';
    ELSIF '' IN (old_name, new_name) THEN
        RETURN NULL; -- it is said now, or no longer; what the column is has not changed
    END IF;
    FOREACH family IN ARRAY families LOOP
        IF strpos(family, '|' || old_name || '|') > 0 AND strpos(family, '|' || new_name || '|') > 0 THEN
            RETURN CASE WHEN strpos(family, '|' || old_name || '|') > strpos(family, '|' || new_name || '|') THEN 'narrowed'
                        WHEN new_sizes IS NULL OR new_name IN ('text', 'double precision') THEN 'widened' ELSE 'changed' END;
        END IF;
    END LOOP;
    RETURN 'changed';
END $$;
COMMENT ON FUNCTION aidataops._type_change(jsonb, jsonb) IS 'Internal: how the type of a property changed: widened, narrowed, changed; NULL: not at all.';

CREATE FUNCTION aidataops._interval_of(operator text, bounds jsonb) RETURNS numrange
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE operator WHEN '=' THEN pg_catalog.numrange((bounds ->> 0)::numeric, (bounds ->> 0)::numeric, '[]')
                         WHEN '<' THEN pg_catalog.numrange(NULL, (bounds ->> 0)::numeric, '()')
                         WHEN '<=' THEN pg_catalog.numrange(NULL, (bounds ->> 0)::numeric, '(]')
                         WHEN '>' THEN pg_catalog.numrange((bounds ->> 0)::numeric, NULL, '()')
                         WHEN '>=' THEN pg_catalog.numrange((bounds ->> 0)::numeric, NULL, '[)')
                         WHEN 'between' THEN pg_catalog.numrange((bounds ->> 0)::numeric, (bounds ->> 1)::numeric, '[]') END;
END;
COMMENT ON FUNCTION aidataops._interval_of(text, jsonb) IS 'Internal: the numbers that an operator lets through; NULL if they are no interval.';

CREATE FUNCTION aidataops._within(inner_interval numrange, outer_interval numrange) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN inner_interval = outer_interval THEN NULL
                WHEN inner_interval OPERATOR(pg_catalog.<@) outer_interval THEN 'tightened'
                WHEN outer_interval OPERATOR(pg_catalog.<@) inner_interval THEN 'loosened'
                ELSE 'changed' END;
END;
COMMENT ON FUNCTION aidataops._within(numrange, numrange) IS 'Internal: tightened, loosened or changed: what became of the second interval, which is the first now; NULL: nothing.';

CREATE FUNCTION aidataops._limits(parameters jsonb) RETURNS numrange
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- times, which are strings, count as seconds
    limits jsonb := (SELECT jsonb_object_agg(l.key, CASE jsonb_typeof(l.value) WHEN 'string' THEN to_jsonb(aidataops._time_as_number(l.value #>> '{}')) ELSE l.value END)
                       FROM jsonb_each(parameters) AS l WHERE l.key IN ('min', 'max', 'min_exclusive', 'max_exclusive'));
    low numeric := coalesce((limits ->> 'min_exclusive')::numeric, (limits ->> 'min')::numeric);
    high numeric := coalesce((limits ->> 'max_exclusive')::numeric, (limits ->> 'max')::numeric);
BEGIN
    RETURN CASE WHEN low > high THEN 'empty' ELSE numrange(low, high,
                    CASE WHEN limits ? 'min_exclusive' THEN '(' ELSE '[' END || CASE WHEN limits ? 'max_exclusive' THEN ')' ELSE ']' END) END;
END $$;
COMMENT ON FUNCTION aidataops._limits(jsonb) IS 'Internal: the interval of a rule with min and max.';

CREATE FUNCTION aidataops._time_as_number(value text) RETURNS numeric
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
AS $$
BEGIN
    RETURN CASE WHEN value ~ '^\d\d:' THEN extract(epoch FROM value::time) ELSE extract(epoch FROM value::timestamptz) END;
END $$;
COMMENT ON FUNCTION aidataops._time_as_number(text) IS 'Internal: a date, a timestamp or a time of day in seconds.';

-- Of two lists of values: what one allows, and the other does not.
CREATE FUNCTION aidataops._values_change(before jsonb, after jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN before OPERATOR(pg_catalog.@>) after AND after OPERATOR(pg_catalog.@>) before THEN NULL
                WHEN before OPERATOR(pg_catalog.@>) after THEN 'fewer'
                WHEN after OPERATOR(pg_catalog.@>) before THEN 'more'
                ELSE 'changed' END;
END;
COMMENT ON FUNCTION aidataops._values_change(jsonb, jsonb) IS 'Internal: whether a list of values became fewer, more, or others; NULL: it did not change.';

CREATE FUNCTION aidataops._rule_change(kind text, before jsonb, after jsonb) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parameters_changed boolean := before -> 'parameters' IS DISTINCT FROM after -> 'parameters';
    rest_before jsonb := (before -> 'parameters') - '{min,max,min_exclusive,max_exclusive,values,sensitive}'::text[];
    rest_after jsonb := (after -> 'parameters') - '{min,max,min_exclusive,max_exclusive,values,sensitive}'::text[];
    changes text[] := '{}';
    change text;
BEGIN
    IF before ->> 'unit' IS DISTINCT FROM after ->> 'unit' OR rest_before IS DISTINCT FROM rest_after THEN
        RETURN 'changed';
    END IF;
    IF parameters_changed THEN
        change := aidataops._within(aidataops._limits(after -> 'parameters'), aidataops._limits(before -> 'parameters'));
        changes := changes || change;
        change := aidataops._values_change(coalesce(before #> '{parameters,values}', '[]'), coalesce(after #> '{parameters,values}', '[]'));
        changes := changes || CASE WHEN change IS NULL THEN NULL
                                   WHEN change = 'changed' THEN 'values changed'
                                   -- the values of these are forbidden
                                   WHEN kind IN ('not_values', 'missing') THEN CASE change WHEN 'more' THEN 'tightened' ELSE 'loosened' END
                                   WHEN change = 'more' THEN 'values added' ELSE 'tightened' END;
    END IF;
    IF before -> 'bounds' IS DISTINCT FROM after -> 'bounds' OR before ->> 'operator' IS DISTINCT FROM after ->> 'operator' THEN
        changes := changes || coalesce(aidataops._within(aidataops._interval_of(after ->> 'operator', after -> 'bounds'),
                                                         aidataops._interval_of(before ->> 'operator', before -> 'bounds')), 'changed');
    END IF;
    IF before ->> 'severity' <> after ->> 'severity' THEN
        changes := changes || CASE after ->> 'severity' WHEN 'error' THEN 'tightened' ELSE 'loosened' END;
    END IF;
    changes := array_remove(changes, NULL);
    RETURN CASE WHEN changes = '{}' THEN NULL
                WHEN changes[1] = ALL (changes) THEN changes[1]
                WHEN changes <@ '{tightened,values added,values changed}' THEN 'values changed'
                ELSE 'changed' END;
END $$;
COMMENT ON FUNCTION aidataops._rule_change(text, jsonb, jsonb) IS
'Internal: what became of a rule: tightened, loosened, values added, values changed (some added, some removed), changed; NULL: nothing.';

CREATE FUNCTION aidataops._rule_meaning(body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT body - '{rule,pointer,dimension,description}'::text[];
END;
COMMENT ON FUNCTION aidataops._rule_meaning(jsonb) IS 'Internal: what a rule demands, whatever it is called and wherever it stands.';

CREATE FUNCTION aidataops._effect(change text, OUT producers text, OUT consumers text, OUT bump text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT e.producers, e.consumers, e.bump
      FROM (VALUES ('table added', 'ok', 'ok', 'minor'),
                   ('table removed', 'break', 'break', 'major'),
                   ('table renamed', 'break', 'break', 'major'),
                   ('optional column added', 'ok', 'ok', 'minor'),
                   ('required column added', 'break', 'ok', 'major'),
                   ('column removed', 'break', 'break', 'major'),
                   ('column renamed', 'break', 'break', 'major'),
                   ('type narrowed', 'break', 'ok', 'major'),
                   ('type widened', 'ok', 'risk', 'minor'),
                   ('type changed', 'break', 'break', 'major'),
                   ('vector changed', 'break', 'break', 'major'),
                   ('rule added', 'break', 'ok', 'major'),
                   ('rule removed', 'ok', 'break', 'major'),
                   ('rule tightened', 'break', 'ok', 'major'),
                   ('rule loosened', 'ok', 'break', 'major'),
                   ('rule changed', 'break', 'break', 'major'),
                   ('rule values added', 'ok', 'risk', 'minor'),
                   ('rule values changed', 'break', 'risk', 'major'),
                   ('warning added', 'ok', 'ok', 'minor'),
                   ('warning removed', 'ok', 'risk', 'minor'),
                   ('warning changed', 'ok', 'risk', 'minor'),
                   ('service level added', 'ok', 'ok', 'minor'),
                   ('service level removed', 'ok', 'break', 'major'),
                   ('service level tightened', 'break', 'ok', 'major'),
                   ('service level loosened', 'ok', 'break', 'major'),
                   ('service level changed', 'risk', 'risk', 'minor'),
                   ('classification changed', 'risk', 'risk', 'minor'),
                   ('enforcement changed', 'risk', 'ok', 'minor'),
                   ('servers changed', 'risk', 'risk', 'minor'),
                   ('documentation changed', 'ok', 'ok', 'patch')) AS e (change, producers, consumers, bump)
     WHERE e.change = _effect.change;
END;
COMMENT ON FUNCTION aidataops._effect(text) IS 'Internal: what a change means to those who write a table, to those who read it, and for the number of the version.';

CREATE FUNCTION aidataops._custom_property(body jsonb, property text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_path_query_array(body, '$.customProperties[*] ? (@.property == $property).value', pg_catalog.jsonb_build_object('property', property));
END;
COMMENT ON FUNCTION aidataops._custom_property(jsonb, text) IS 'Internal: values of a custom property of an element of a document.';

-- Whatever is no type, name or rule; of what rules are made of, what changed without changing a rule.
CREATE FUNCTION aidataops._text_changes(old_body jsonb, new_body jsonb, of_property boolean, changed_rules text[], OUT before jsonb, OUT after jsonb) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.jsonb_object_agg(k.key, old_body OPERATOR(pg_catalog.->) k.key) FILTER (WHERE old_body OPERATOR(pg_catalog.?) k.key),
           pg_catalog.jsonb_object_agg(k.key, new_body OPERATOR(pg_catalog.->) k.key) FILTER (WHERE new_body OPERATOR(pg_catalog.?) k.key)
      FROM (SELECT pg_catalog.jsonb_object_keys(old_body) UNION SELECT pg_catalog.jsonb_object_keys(new_body)) AS k (key)
     WHERE old_body OPERATOR(pg_catalog.->) k.key IS DISTINCT FROM new_body OPERATOR(pg_catalog.->) k.key
       AND k.key <> ALL (CASE WHEN of_property THEN '{name,physicalName,physicalType,logicalType,classification,vector,properties,items,map}' ELSE '{name,physicalName,properties}' END::text[])
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(changed_rules) AS r (pointer) WHERE r.pointer = k.key OR pg_catalog.starts_with(r.pointer, k.key || '/'));
END;
COMMENT ON FUNCTION aidataops._text_changes(jsonb, jsonb, boolean, text[]) IS 'Internal: what changed of an element of a document besides types, names and rules. changed_rules: where the changed rules of the element stand in it.';

CREATE FUNCTION aidataops.compare_contracts(old_document jsonb, new_document jsonb)
    RETURNS TABLE (change text, element text, before jsonb, after jsonb, producers text, consumers text, bump text, pointer text)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    texts constant text[] := '{id,description,driver,scheduler,schedule,customProperties}'; -- of a service level
BEGIN
    IF NOT ARRAY[jsonb_typeof(old_document), jsonb_typeof(new_document)] <@ ARRAY['object'] THEN
        RAISE EXCEPTION 'documents to compare are % and %', jsonb_typeof(old_document), jsonb_typeof(new_document)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'A contract document is a JSON object.';
    END IF;
    RETURN QUERY
    WITH old_element AS MATERIALIZED (SELECT * FROM aidataops._document_elements(old_document)),
    new_element AS MATERIALIZED (SELECT * FROM aidataops._document_elements(new_document)),
    pair AS MATERIALIZED (
        SELECT coalesce(n.element, o.element) AS element, coalesce(n.object, o.object) AS object, coalesce(n.property, o.property) AS property,
               coalesce(n.pointer, o.pointer) AS pointer, o.body AS old_body, n.body AS new_body
          FROM old_element AS o FULL JOIN new_element AS n ON n.object = o.object AND n.property IS NOT DISTINCT FROM o.property
    ), old_rule AS MATERIALIZED (SELECT r.*, to_jsonb(r) AS body, aidataops._rule_meaning(to_jsonb(r)) AS meaning FROM aidataops._rules(old_document) AS r WHERE r.kind <> 'type'),
    new_rule AS MATERIALIZED (SELECT r.*, to_jsonb(r) AS body, aidataops._rule_meaning(to_jsonb(r)) AS meaning FROM aidataops._rules(new_document) AS r WHERE r.kind <> 'type'),
    -- a rule that is there under another name, or in another place that gives it another name, is the same
    kept AS MATERIALIZED (
        SELECT o.rule AS old_name, n.rule AS new_name
          FROM (SELECT r.rule, r.meaning, row_number() OVER (PARTITION BY r.meaning ORDER BY r.pointer) AS nth FROM old_rule AS r) AS o
          JOIN (SELECT r.rule, r.meaning, row_number() OVER (PARTITION BY r.meaning ORDER BY r.pointer) AS nth FROM new_rule AS r) AS n USING (meaning, nth)
    ), other_table AS MATERIALIZED (
        SELECT p.object FROM pair AS p WHERE p.property IS NULL AND (p.old_body IS NULL OR p.new_body IS NULL)
    ), change_of_element AS (
        SELECT CASE WHEN p.property IS NULL THEN CASE WHEN p.old_body IS NULL THEN 'table added' WHEN p.new_body IS NULL THEN 'table removed' END
                    WHEN p.old_body IS NULL THEN CASE WHEN EXISTS (SELECT FROM new_rule AS r WHERE r.kind = 'required' AND r.severity = 'error' AND r.object = p.object AND r.columns[1] = coalesce(p.new_body ->> 'physicalName', p.property)::name)
                                                        THEN 'required column added' ELSE 'optional column added' END
                    WHEN p.new_body IS NULL THEN 'column removed' END AS change,
               p.element, p.old_body - 'properties' AS before, p.new_body - 'properties' AS after, p.pointer
          FROM pair AS p
         WHERE (p.old_body IS NULL OR p.new_body IS NULL)
           -- of a table that came or went, the columns are no news
           AND (p.property IS NULL OR p.object NOT IN (SELECT t.object FROM other_table AS t))
        UNION ALL
        SELECT CASE WHEN p.property IS NULL THEN 'table renamed' ELSE 'column renamed' END, p.element,
               to_jsonb(coalesce(p.old_body ->> 'physicalName', p.old_body ->> 'name')), to_jsonb(coalesce(p.new_body ->> 'physicalName', p.new_body ->> 'name')), p.pointer
          FROM pair AS p
         WHERE coalesce(p.old_body ->> 'physicalName', p.old_body ->> 'name') <> coalesce(p.new_body ->> 'physicalName', p.new_body ->> 'name')
        UNION ALL
        -- that the type is said now, or no longer, does not change what the column is
        SELECT coalesce('type ' || aidataops._type_change(p.old_body, p.new_body), 'documentation changed'), p.element,
               jsonb_strip_nulls(jsonb_build_object('logicalType', p.old_body -> 'logicalType', 'physicalType', p.old_body -> 'physicalType')),
               jsonb_strip_nulls(jsonb_build_object('logicalType', p.new_body -> 'logicalType', 'physicalType', p.new_body -> 'physicalType')), p.pointer
          FROM pair AS p
         WHERE p.property IS NOT NULL AND p.old_body IS NOT NULL AND p.new_body IS NOT NULL
           AND (p.old_body -> 'physicalType', p.old_body -> 'logicalType') IS DISTINCT FROM (p.new_body -> 'physicalType', p.new_body -> 'logicalType')
        UNION ALL
        SELECT f.change, p.element, p.old_body -> f.field, p.new_body -> f.field, p.pointer || '/' || f.field
          FROM pair AS p, (VALUES ('classification', 'classification changed'), ('vector', 'vector changed'), ('properties', 'type changed'), ('items', 'type changed'), ('map', 'type changed')) AS f (field, change)
         WHERE p.old_body IS NOT NULL AND p.new_body IS NOT NULL AND p.property IS NOT NULL
           AND CASE f.field WHEN 'vector' THEN (p.old_body -> f.field) - 'dimensions' IS DISTINCT FROM (p.new_body -> f.field) - 'dimensions'
                            ELSE p.old_body -> f.field IS DISTINCT FROM p.new_body -> f.field END
    ),
    other_column AS MATERIALIZED (
        SELECT p.object, p.old_body IS NULL AS is_new, coalesce(p.new_body ->> 'physicalName', p.old_body ->> 'physicalName', p.property) AS column_name
          FROM pair AS p WHERE p.property IS NOT NULL AND (p.old_body IS NULL OR p.new_body IS NULL)
    ), change_of_rule AS (
        SELECT CASE coalesce(n.severity, o.severity)
                 WHEN 'warn' THEN CASE WHEN o.rule IS NULL THEN 'warning added' WHEN n.rule IS NULL THEN 'warning removed'
                                       WHEN o.severity = 'error' THEN 'rule loosened'
                                       WHEN aidataops._rule_change(n.kind, o.body, n.body) IS NOT NULL THEN 'warning changed' END
                 ELSE CASE WHEN o.rule IS NULL THEN 'rule added' WHEN n.rule IS NULL THEN 'rule removed'
                           ELSE 'rule ' || aidataops._rule_change(n.kind, o.body, n.body) END END AS change,
               coalesce(n.rule, o.rule) AS element, coalesce(n.object, o.object) AS object, coalesce(n.columns, o.columns) AS columns,
               coalesce(n.level, o.level) = 'row' OR coalesce(n.kind, o.kind) IN ('unique', 'duplicates', 'reference', 'invalid', 'model_share') AS lets_null_pass,
               jsonb_strip_nulls(jsonb_build_object('kind', o.kind, 'parameters', o.parameters, 'operator', o.operator, 'bounds', o.bounds, 'unit', o.unit, 'severity', o.severity)) AS before,
               jsonb_strip_nulls(jsonb_build_object('kind', n.kind, 'parameters', n.parameters, 'operator', n.operator, 'bounds', n.bounds, 'unit', n.unit, 'severity', n.severity)) AS after,
               coalesce(n.pointer, o.pointer) AS pointer
          FROM (SELECT r.* FROM old_rule AS r WHERE r.rule NOT IN (SELECT k.old_name FROM kept AS k)) AS o
          FULL JOIN (SELECT r.* FROM new_rule AS r WHERE r.rule NOT IN (SELECT k.new_name FROM kept AS k)) AS n ON n.object = o.object AND n.rule = o.rule AND n.kind = o.kind AND cardinality(n.columns) = cardinality(o.columns)
    ), change_of_level AS (
        SELECT CASE WHEN o.value - texts = n.value - texts THEN 'documentation changed'
                    WHEN o.value IS NULL THEN 'service level added' WHEN n.value IS NULL THEN 'service level removed'
                    WHEN o.value -> 'unit' IS DISTINCT FROM n.value -> 'unit' OR jsonb_typeof(o.value -> 'value') <> 'number' OR jsonb_typeof(n.value -> 'value') <> 'number' THEN 'service level changed'
                    WHEN lower(n.property) = ANY (ARRAY['availability', 'av', 'throughput', 'th', 'retention', 're', 'generalavailability', 'ga']) THEN
                        CASE WHEN (n.value ->> 'value')::numeric < (o.value ->> 'value')::numeric THEN 'service level loosened' ELSE 'service level tightened' END
                    WHEN lower(n.property) = ANY (ARRAY['errorrate', 'er', 'frequency', 'fy', 'timetodetect', 'td', 'timetonotify', 'tn', 'timetorepair', 'tr']) THEN
                        CASE WHEN (n.value ->> 'value')::numeric > (o.value ->> 'value')::numeric THEN 'service level loosened' ELSE 'service level tightened' END
                    ELSE 'service level changed' END AS change,
               coalesce(n.property, o.property) AS element, o.value AS before, n.value AS after, '/slaProperties'::text AS pointer
          FROM (SELECT l.value ->> 'property' AS property, l.value ->> 'element' AS element, l.value FROM jsonb_path_query(old_document, '$.slaProperties[*]') AS l (value)) AS o
          FULL JOIN (SELECT l.value ->> 'property' AS property, l.value ->> 'element' AS element, l.value FROM jsonb_path_query(new_document, '$.slaProperties[*]') AS l (value)) AS n
            ON lower(n.property) = lower(o.property) AND n.element IS NOT DISTINCT FROM o.element
         WHERE o.value IS DISTINCT FROM n.value
           -- how fresh data are is a rule
           AND (lower(coalesce(n.property, o.property)) <> ALL (ARRAY['latency', 'ly', 'freshness']) OR o.value - texts = n.value - texts)
    ), change_of_field AS (
        SELECT CASE WHEN f.key = 'servers' THEN 'servers changed'
                    WHEN f.key = 'customProperties' AND (aidataops._custom_property(old_document, 'aidataops.enforcement') IS DISTINCT FROM aidataops._custom_property(new_document, 'aidataops.enforcement')
                                                         OR aidataops._custom_property(old_document, 'aidataops.schemaWatch') IS DISTINCT FROM aidataops._custom_property(new_document, 'aidataops.schemaWatch')) THEN 'enforcement changed'
                    ELSE 'documentation changed' END AS change, f.key AS element, old_document -> f.key AS before, new_document -> f.key AS after, '/' || f.key AS pointer
          FROM (SELECT jsonb_object_keys(old_document) UNION SELECT jsonb_object_keys(new_document)) AS f (key)
         WHERE f.key <> ALL (ARRAY['version', 'status', 'schema', 'slaProperties']) AND old_document -> f.key IS DISTINCT FROM new_document -> f.key
    ), change_of_text AS (
        SELECT CASE WHEN aidataops._custom_property(p.old_body, 'aidataops.enforcement') IS DISTINCT FROM aidataops._custom_property(p.new_body, 'aidataops.enforcement')
                      OR aidataops._custom_property(p.old_body, 'aidataops.schemaWatch') IS DISTINCT FROM aidataops._custom_property(p.new_body, 'aidataops.schemaWatch')
                    THEN 'enforcement changed' ELSE 'documentation changed' END AS change, p.element, t.before, t.after, p.pointer
          FROM pair AS p, aidataops._text_changes(p.old_body, p.new_body, p.property IS NOT NULL, ARRAY(SELECT substr(r.pointer, length(p.pointer) + 2) FROM change_of_rule AS r WHERE r.change IS NOT NULL AND starts_with(r.pointer, p.pointer || '/'))) AS t
         WHERE p.old_body <> p.new_body AND (t.before IS NOT NULL OR t.after IS NOT NULL)
    ), all_changes AS (
        SELECT c.change, c.element, c.before, c.after, c.pointer FROM change_of_element AS c
        UNION ALL
        SELECT c.change, c.element, c.before, c.after, c.pointer FROM change_of_text AS c
        UNION ALL
        SELECT c.change, c.element, c.before, c.after, c.pointer FROM change_of_rule AS c
         WHERE c.change IS NOT NULL
           -- of a column that went, a rule is no news, and neither is it of a new one if those keep it who do not know the column
           AND NOT EXISTS (SELECT FROM unnest(c.columns) AS u (name) WHERE (c.object, u.name::text) IN (SELECT o.object, o.column_name FROM other_column AS o WHERE NOT o.is_new))
           AND NOT (c.lets_null_pass AND EXISTS (SELECT FROM unnest(c.columns) AS u (name) WHERE (c.object, u.name::text) IN (SELECT o.object, o.column_name FROM other_column AS o WHERE o.is_new)))
           AND c.object NOT IN (SELECT t.object FROM other_table AS t)
        UNION ALL
        SELECT c.change, c.element, c.before, c.after, c.pointer FROM change_of_level AS c
        UNION ALL
        SELECT c.change, c.element, c.before, c.after, c.pointer FROM change_of_field AS c
    )
    SELECT c.change, c.element, c.before, c.after, e.producers, e.consumers, e.bump, c.pointer
      FROM all_changes AS c, aidataops._effect(c.change) AS e
     ORDER BY array_position(ARRAY['major', 'minor', 'patch'], e.bump), c.element, c.change;
END $$;
COMMENT ON FUNCTION aidataops.compare_contracts(jsonb, jsonb) IS
'What a new document of a contract changes. For each change: what it means to producers, who write the tables, and to consumers, who read them (ok: nothing; risk: look; break: what worked may fail), and how much the version must grow for it: major, minor or patch. No rows: nothing changed. NULL for NULL documents: no rows.';

CREATE FUNCTION aidataops.compare_contracts(contract text, old_version text, new_version text)
    RETURNS TABLE (change text, element text, before jsonb, after jsonb, producers text, consumers text, bump text, pointer text)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY SELECT c.* FROM aidataops.compare_contracts(aidataops.export_contract(contract, old_version), aidataops.export_contract(contract, new_version)) AS c;
END $$;
COMMENT ON FUNCTION aidataops.compare_contracts(text, text, text) IS
'What changed between two stored versions of a contract, as compare_contracts(jsonb, jsonb). An error if there is no such version, or none that you may see.';
