-- A contract proposed from a table as it is (docs/contracts.md)

-- Of a sample: how often each column is NULL, its extremes if it is a number, and its values if they are few.
CREATE FUNCTION aidataops._observation(column_name name, type oid) RETURNS text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.format(
               $f$pg_catalog.jsonb_build_object('nulls', count(*) - count(%I)%s)$f$, column_name,
               pg_catalog.format(CASE
                   WHEN aidataops._logical_type(type) IN ('number', 'integer') THEN
                       $f$, 'min', min(%1$I)::numeric, 'max', max(%1$I)::numeric$f$
                   WHEN aidataops._logical_type(type) = 'string' THEN $f$,
        'values', (SELECT CASE WHEN count(DISTINCT v) <= %2$s AND max(length(v)) < 200
                               THEN jsonb_agg(DISTINCT v) FILTER (WHERE v IS NOT NULL) END
                     FROM unnest((array_agg(DISTINCT left(aidataops._text(%1$I), 200)))[1:%2$s + 1])
                          AS v),
        'uuid', bool_and(aidataops._text(%1$I) ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
        'email', bool_and(aidataops._text(%1$I) ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$')$f$
                   ELSE '' END, column_name, 20));
END;
COMMENT ON FUNCTION aidataops._observation(name, oid) IS
'Internal: the call that says of a column what infer_contract() asks.';

CREATE FUNCTION aidataops._sample_columns(relation regclass, sample bigint) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    total real := (SELECT greatest(c.reltuples, 1) FROM pg_class AS c WHERE c.oid = relation AND c.relkind IN ('r', 'm', 'p'));
    part text;
    columns text;
    list text;
    names text[];
    result jsonb;
BEGIN
    -- a function has at most 100 arguments, and a table more columns
    SELECT string_agg(aidataops._observation(a.attname, a.atttypid), ', ' ORDER BY a.attnum),
           string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
           array_agg(a.attname::text ORDER BY a.attnum)
      INTO columns, list, names
      FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
       AND has_column_privilege(relation, a.attnum, 'SELECT');
    IF total > sample THEN
        part := format('TABLESAMPLE SYSTEM (%s) REPEATABLE (0)',
                       least(100, 110.0 * sample / total));
    END IF;
    SELECT jsonb_object_agg(c.name, c.observed || jsonb_build_object('rows', o.n)) INTO result
      FROM aidataops._read(ARRAY[relation], format(
               'SELECT count(*), ARRAY[%s]::jsonb[] FROM (SELECT %s FROM %s %s LIMIT %s) AS s',
               columns, list, relation, part, sample)) AS o (n bigint, observed jsonb[]),
           unnest(names, o.observed) AS c (name, observed);
    RETURN result;
END $$;
COMMENT ON FUNCTION aidataops._sample_columns(regclass, bigint) IS 'Internal: what a sample of a table shows of each column, as the caller sees it.';

-- Of all rows of the last version, if the table is a dataset whose every row the caller may read: the same, out of its profiles.
CREATE FUNCTION aidataops._profiled_columns(relation regclass) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    few constant integer := 20;
    ds aidataops.dataset;
BEGIN
    SELECT d.* INTO ds FROM aidataops.dataset AS d
     WHERE aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name) = relation AND d.head > 0 AND aidataops._reads_all(d.dataset_id)
     ORDER BY d.dataset_id LIMIT 1;
    RETURN (SELECT jsonb_object_agg(c.column_name, jsonb_strip_nulls(jsonb_build_object('version', ds.name || '@' || ds.head, 'rows', aidataops.num_rows(c.profile), 'nulls', aidataops.num_nulls(c.profile),
                       'min', CASE WHEN k.is_number THEN aidataops.quantile(c.profile, 0) END,
                       'max', CASE WHEN k.is_number AND aidataops.num_nans(c.profile) > 0 THEN 'NaN' WHEN k.is_number THEN aidataops.quantile(c.profile, 1) END,
                       'values', (SELECT CASE WHEN count(*) <= few AND bool_and(t.exact AND octet_length(t.value) < 60) THEN jsonb_agg(t.value ORDER BY t.value) END
                                    FROM aidataops.top_values(c.profile, few + 1) AS t WHERE k.is_list))))
              FROM aidataops.version_column AS c JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = c.column_name AND NOT a.attisdropped
              CROSS JOIN LATERAL (SELECT aidataops._logical_type(a.atttypid) IN ('number', 'integer') AND aidataops.profile_kind(c.profile) IN ('integer', 'float4', 'float8', 'numeric') AS is_number,
                                         aidataops._logical_type(a.atttypid) = 'string' AND aidataops.profile_kind(c.profile) = 'text' AS is_list) AS k
             WHERE c.dataset_id = ds.dataset_id AND c.number = ds.head);
END $$;
COMMENT ON FUNCTION aidataops._profiled_columns(regclass) IS 'Internal: what the profiles of the last version of a table show of each column.';

-- The table may have changed since the version, and a sample misses what is rare: what either shows may be.
CREATE FUNCTION aidataops._all_observed(sampled jsonb, profiled jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT CASE WHEN sampled IS NULL OR profiled IS NULL THEN coalesce(profiled, sampled)
        ELSE b.more || jsonb_build_object(
            'nulls', greatest((b.more ->> 'nulls')::bigint, ceil((b.fewer ->> 'nulls')::numeric * (b.more ->> 'rows')::numeric / greatest((b.fewer ->> 'rows')::numeric, 1))),
            'min', least((profiled ->> 'min')::numeric, (sampled ->> 'min')::numeric), 'max', greatest((profiled ->> 'max')::numeric, (sampled ->> 'max')::numeric),
            'values', CASE WHEN jsonb_typeof(sampled -> 'values') = 'array' AND jsonb_typeof(profiled -> 'values') = 'array'
                           THEN (SELECT jsonb_agg(DISTINCT v) FROM jsonb_array_elements((sampled -> 'values') || (profiled -> 'values')) AS v) END,
            -- what profiles do not tell is known of the sample alone
            'uuid', sampled -> 'uuid', 'email', sampled -> 'email', 'sample', sampled -> 'rows') END
      FROM (SELECT CASE WHEN s.is_more THEN sampled ELSE profiled END AS more, CASE WHEN s.is_more THEN profiled ELSE sampled END AS fewer
              FROM (SELECT coalesce((sampled ->> 'rows')::bigint > (profiled ->> 'rows')::bigint, false) AS is_more) AS s) AS b;
END;
COMMENT ON FUNCTION aidataops._all_observed(jsonb, jsonb) IS 'Internal: what a sample and the profiles of the last version show of a column, together.';

CREATE FUNCTION aidataops._observed_checks(logical_type text, physical_type text, observed jsonb, required boolean) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    num_rows bigint := (observed ->> 'rows')::bigint;
    nulls bigint := (observed ->> 'nulls')::bigint;
    known bigint := num_rows - nulls;
    seen text := format('observed in %s rows%s', num_rows, ' of version ' || (observed ->> 'version'));
    seen_each text := CASE WHEN observed ? 'sample' THEN format('observed in %s rows', observed ->> 'sample') ELSE seen END;
    listed jsonb := CASE jsonb_typeof(observed -> 'values') WHEN 'array' THEN observed -> 'values' ELSE '[]' END;
    checks jsonb := '[]';
BEGIN
    IF known < 100 THEN
        RETURN checks; -- too few to tell
    END IF;
    IF nulls = 0 AND NOT required THEN
        checks := checks || jsonb_build_object('metric', 'nullValues', 'mustBe', 0, 'severity', 'warning', 'dimension', 'completeness', 'description', seen);
    ELSIF nulls > 0 THEN
        checks := checks || jsonb_build_object('metric', 'nullValues', 'mustBeLessOrEqualTo', least(100, ceil(200.0 * nulls / num_rows)), 'unit', 'percent', 'severity', 'warning',
                                               'dimension', 'completeness', 'description', format('%s: %s %% are NULL, twice as many are let through', seen, CASE WHEN nulls < 0.001 * num_rows THEN 'less than 0.1' ELSE round(100.0 * nulls / num_rows, 1)::text END));
    END IF;
    IF observed ->> 'email' = 'true' AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(listed) AS v WHERE v !~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$') THEN
        checks := checks || jsonb_build_object('type', 'custom', 'engine', 'aidataops', 'severity', 'warning', 'description', seen_each, 'implementation', '{"kind": "format", "format": "email"}'::jsonb);
    ELSIF observed ->> 'uuid' = 'true' AND physical_type <> 'uuid' AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(listed) AS v WHERE v !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$') THEN
        checks := checks || jsonb_build_object('type', 'custom', 'engine', 'aidataops', 'severity', 'warning', 'description', seen_each, 'implementation', '{"kind": "format", "format": "uuid"}'::jsonb);
    ELSIF jsonb_array_length(listed) BETWEEN 1 AND known / 20 THEN
        checks := checks || jsonb_build_object('metric', 'invalidValues', 'arguments', jsonb_build_object('validValues', observed -> 'values'), 'mustBe', 0, 'severity', 'warning',
                                               'dimension', 'conformity', 'description', seen);
    END IF;
    -- bounds that mean something: of shares, and of what is counted; NaN is within none
    IF (observed ->> 'max')::numeric = 'NaN' THEN
        RETURN checks;
    ELSIF logical_type = 'number' AND (observed ->> 'min')::numeric BETWEEN 0 AND 1 AND (observed ->> 'max')::numeric BETWEEN 0 AND 1 THEN
        checks := checks || jsonb_build_object('type', 'custom', 'engine', 'aidataops', 'severity', 'warning', 'description', seen, 'implementation', '{"kind": "range", "min": 0, "max": 1}'::jsonb);
    ELSIF logical_type IN ('number', 'integer') AND (observed ->> 'min')::numeric >= 0 THEN
        checks := checks || jsonb_build_object('type', 'custom', 'engine', 'aidataops', 'severity', 'warning', 'description', seen, 'implementation', '{"kind": "range", "min": 0}'::jsonb);
    END IF;
    RETURN checks;
END $$;
COMMENT ON FUNCTION aidataops._observed_checks(text, text, jsonb, boolean) IS 'Internal: checks of a column that its values suggest. They are warnings.';

CREATE FUNCTION aidataops._inferred_property(relation regclass, attribute pg_attribute, observed jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    physical_type text := format_type(attribute.atttypid, attribute.atttypmod);
    logical_type text := aidataops._logical_type(attribute.atttypid);
    required boolean := attribute.attnotnull;
    key_position integer := (SELECT array_position(i.indkey::smallint[], attribute.attnum) + 1 FROM pg_index AS i WHERE i.indrelid = relation AND i.indisprimary);
    labels jsonb := (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = attribute.atttypid);
    checks jsonb := CASE WHEN observed IS NULL THEN '[]'
        -- of enums the type tells; the numbers of keys are none to bound
        ELSE aidataops._observed_checks(logical_type, physical_type, observed - CASE WHEN labels IS NOT NULL THEN '{values}' WHEN key_position IS NOT NULL THEN '{min,max}' ELSE '{}' END::text[], required) END;
BEGIN
    IF labels IS NOT NULL THEN
        checks := jsonb_build_array(jsonb_build_object('metric', 'invalidValues', 'arguments', jsonb_build_object('validValues', labels), 'mustBe', 0)) || checks;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'name', attribute.attname, 'description', col_description(relation, attribute.attnum), 'logicalType', logical_type, 'physicalType', physical_type,
        'required', CASE WHEN required THEN true END, 'primaryKey', CASE WHEN key_position IS NOT NULL THEN true END, 'primaryKeyPosition', key_position,
        'unique', (SELECT true FROM pg_index AS i WHERE i.indrelid = relation AND i.indisunique AND i.indisvalid AND NOT i.indisprimary AND i.indpred IS NULL
                                                    AND i.indnkeyatts = 1 AND i.indkey[0] = attribute.attnum LIMIT 1),
        'logicalTypeOptions', CASE WHEN attribute.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND attribute.atttypmod > 4 THEN jsonb_build_object('maxLength', attribute.atttypmod - 4) END,
        'quality', nullif(checks, '[]')));
END $$;
COMMENT ON FUNCTION aidataops._inferred_property(regclass, pg_attribute, jsonb) IS 'Internal: the property of a contract that a column suggests.';

CREATE FUNCTION aidataops._inferred_constraints(relation regclass) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_agg(CASE c.contype
                WHEN 'c' THEN jsonb_build_object('name', c.conname, 'type', 'custom', 'engine', 'aidataops', 'description', 'CHECK constraint of the table',
                                  'implementation', jsonb_build_object('kind', 'expression', 'columns', k.columns, 'sql', pg_get_expr(c.conbin, c.conrelid)))
                WHEN 'f' THEN jsonb_build_object('name', c.conname, 'type', 'custom', 'engine', 'aidataops', 'description', 'foreign key of the table', 'mustBe', 0,
                                  'implementation', jsonb_build_object('kind', 'reference', 'columns', k.columns, 'relation', c.confrelid::regclass::text, 'to', f.columns))
                ELSE jsonb_build_object('name', c.conname, 'metric', 'duplicateValues', 'mustBe', 0, 'description', 'unique constraint of the table',
                                  'arguments', jsonb_build_object('properties', k.columns)) END ORDER BY c.conname)
              FROM pg_constraint AS c
              CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(a.attname ORDER BY u.n), '[]') AS columns FROM unnest(c.conkey) WITH ORDINALITY AS u (attnum, n) JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = u.attnum) AS k
              CROSS JOIN LATERAL (SELECT jsonb_agg(a.attname ORDER BY u.n) AS columns FROM unnest(c.confkey) WITH ORDINALITY AS u (attnum, n) JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = u.attnum) AS f
             WHERE c.conrelid = relation AND c.conparentid = 0
               AND (c.contype = 'f' OR (c.contype = 'c' AND c.conname NOT LIKE 'aidataops%') OR (c.contype = 'u' AND cardinality(c.conkey) > 1)));
END $$;
COMMENT ON FUNCTION aidataops._inferred_constraints(regclass) IS 'Internal: the checks of a contract that constraints of a table suggest.';

CREATE FUNCTION aidataops.infer_contract(relation regclass, sample bigint DEFAULT 100000) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    class pg_class%ROWTYPE;
    schema_name name;
    sampled jsonb;
    profiled jsonb;
BEGIN
    SELECT c.* INTO class FROM pg_class AS c WHERE c.oid = relation;
    IF relation IS NULL THEN
        RETURN NULL;
    ELSIF class.relkind IS NULL OR class.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
        RAISE EXCEPTION '% has no rows to make a contract of', relation USING ERRCODE = 'wrong_object_type', HINT = 'Tables, views, materialized views and foreign tables have.';
    ELSIF sample IS NULL OR sample < 0 THEN
        RAISE EXCEPTION 'sample of % rows', coalesce(sample::text, 'NULL') USING ERRCODE = 'invalid_parameter_value', HINT = 'It is 0, not to read the table, or more.';
    END IF;
    SELECT n.nspname INTO schema_name FROM pg_namespace AS n WHERE n.oid = class.relnamespace;
    IF sample > 0 THEN
        sampled := aidataops._sample_columns(relation, sample);
    END IF;
    profiled := aidataops._profiled_columns(relation);
    RETURN jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', class.relname, 'name', class.relname, 'version', '1.0.0', 'status', 'draft', 'schema', jsonb_build_array(
        jsonb_strip_nulls(jsonb_build_object('name', class.relname, 'physicalName', schema_name || '.' || class.relname,
            'physicalType', CASE class.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END, 'description', obj_description(relation, 'pg_class'),
            'properties', (SELECT jsonb_agg(aidataops._inferred_property(relation, a, aidataops._all_observed(sampled -> a.attname::text, profiled -> a.attname::text)) ORDER BY a.attnum)
                             FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped),
            'quality', aidataops._inferred_constraints(relation)))));
END $$;
COMMENT ON FUNCTION aidataops.infer_contract(regclass, bigint) IS
'A contract proposed from a table: its columns and types, its constraints as errors, and as warnings what a sample of so many rows shows, and the profiles of the last version, if it is a dataset whose every row you may read: columns without NULL, or with few of them, with few values, of shares, of mail addresses. A draft for you to read, correct and give to create_contract(); only what was asked for is read, as you see it, and with sample 0 no row. Less than 100 known values suggest nothing. NULL for NULL; an error for what has no rows.';
