-- Documents of contracts: what they say and what is wrong with them (docs/contracts.md, src/contract)

CREATE FUNCTION aidataops._rules(document jsonb, schemas jsonb DEFAULT NULL)
    RETURNS TABLE (rule text, object text, level text, kind text, columns name[], parameters jsonb, operator text, bounds jsonb, unit text,
                   severity text, dimension text, pointer text, description text)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 50 AS 'MODULE_PATHNAME', 'contract_rules';
COMMENT ON FUNCTION aidataops._rules(jsonb, jsonb) IS
'Internal: the rules of a document, as the table rule keeps them. schemas: the schema of each object''s table, as an object, where physicalName and servers do not tell.';

CREATE FUNCTION aidataops._document_findings(document jsonb) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE C IMMUTABLE COST 100 ROWS 10 AS 'MODULE_PATHNAME', 'contract_findings'; -- tries rules in subtransactions
COMMENT ON FUNCTION aidataops._document_findings(jsonb) IS 'Internal: what is wrong with a document, as far as it tells without the database.';

-- Rules of rows are given to what will judge rows by them, those of a table at once, and one by one if one of them is refused.
CREATE FUNCTION aidataops._judged_rules(document jsonb) RETURNS TABLE (object text, rule jsonb, pointer text)
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT r.object, aidataops._rule_json(r.rule, k.kind, r.columns, r.parameters, 'error'), r.pointer
      FROM aidataops._rules(document) AS r
     CROSS JOIN LATERAL (SELECT CASE r.kind WHEN 'missing' THEN 'required' WHEN 'model_share' THEN 'not_values' WHEN 'invalid' THEN r.parameters ->> 'check' ELSE r.kind END AS kind) AS k
     WHERE (r.level = 'row' OR r.kind IN ('missing', 'model_share', 'invalid')) AND k.kind <> 'expression';
END $$;
COMMENT ON FUNCTION aidataops._judged_rules(jsonb) IS 'Internal: the rules of a document by which rows are judged one by one, as elements of rulesets.';

CREATE FUNCTION aidataops._ruleset_findings(document jsonb) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_table record;
    detail text;
BEGIN
    FOR of_table IN SELECT array_agg(r.rule) AS rules, array_agg(r.pointer) AS pointers FROM aidataops._judged_rules(document) AS r GROUP BY r.object LOOP
        BEGIN
            PERFORM aidataops._ruleset('contract', 'version', 'table', to_jsonb(of_table.rules));
            CONTINUE;
        EXCEPTION WHEN OTHERS THEN
            NULL; -- which of them is it?
        END;
        FOR i IN 1 .. cardinality(of_table.rules) LOOP
            BEGIN
                PERFORM aidataops._ruleset('contract', 'version', 'table', jsonb_build_array(of_table.rules[i]));
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
                RETURN QUERY SELECT 'error', of_table.pointers[i], 'invalid_rule', format('%s: %s', of_table.rules[i] ->> 'kind', coalesce(nullif(detail, ''), SQLERRM)), NULL;
            END;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._ruleset_findings(jsonb) IS 'Internal: rules of rows of a document that cannot be enforced, whatever the table.';

-- A row of NULL tells whether rules fit the types of columns, and runs nobody's code: domains are left aside.
CREATE FUNCTION aidataops._misfit_findings(document jsonb, search_path name[]) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    it record;
    how text;
BEGIN
    FOR it IN
        SELECT r.rule, r.pointer, (SELECT string_agg(format('NULL::%s', format_type(aidataops._base_type(a.atttypid), NULL)), ', ' ORDER BY c.ordinality)
                                     FROM jsonb_array_elements_text(r.rule -> 'columns') WITH ORDINALITY AS c (name, ordinality)
                                     JOIN pg_attribute AS a ON a.attrelid = t.relation_oid AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
                                   HAVING count(*) = jsonb_array_length(r.rule -> 'columns')) AS nulls
          FROM aidataops._document_tables(document, search_path) AS t JOIN aidataops._judged_rules(document) AS r ON r.object = t.object WHERE t.relation_oid IS NOT NULL
    LOOP
        CONTINUE WHEN it.nulls IS NULL;
        BEGIN
            EXECUTE format('SELECT aidataops.conforms(%L::aidataops.ruleset, %s)', aidataops._ruleset('contract', 'version', 'table', jsonb_build_array(it.rule)), it.nulls);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS how = PG_EXCEPTION_HINT;
            RETURN QUERY SELECT 'warning', it.pointer, 'misfit', SQLERRM, coalesce(nullif(how, ''), 'As long as it does not fit, it cannot be enforced, and check_contract() cannot measure it.');
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._misfit_findings(jsonb, name[]) IS 'Internal: rules of rows that do not fit the types of the columns that they are about.';

CREATE FUNCTION aidataops._findings(document jsonb) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    has_form boolean := true;
    it record;
BEGIN
    FOR it IN SELECT * FROM aidataops._document_findings(document) LOOP
        has_form := has_form AND it.finding NOT IN ('wrong_type', 'too_many_columns');
        RETURN QUERY SELECT it.severity, it.pointer, it.finding, it.message, it.hint;
    END LOOP;
    IF has_form THEN
        RETURN QUERY SELECT f.* FROM aidataops._ruleset_findings(document) AS f;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._findings(jsonb) IS 'Internal: what is wrong with a document, without looking at its tables.';

CREATE FUNCTION aidataops._document_tables(document jsonb, search_path name[])
    RETURNS TABLE (object text, relation_schema name, relation_name name, relation_oid oid, enforcement text, schema_watch text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH server AS (
        SELECT s.value ->> 'schema' AS schema
          FROM jsonb_path_query(document, '$.servers[*] ? (@.type == "postgres" || @.type == "postgresql")') WITH ORDINALITY AS s (value, position)
         WHERE s.value ->> 'schema' NOT LIKE '${%'
         ORDER BY s.value ->> 'database' IS DISTINCT FROM current_database(), s.position LIMIT 1
    ), element AS (
        SELECT e.value ->> 'name' AS object, coalesce(e.value ->> 'physicalName', e.value ->> 'name') AS full_name,
               coalesce(jsonb_path_query_first(e.value, '$.customProperties[*] ? (@.property == "aidataops.enforcement").value'),
                        jsonb_path_query_first(document, '$.customProperties[*] ? (@.property == "aidataops.enforcement").value')) #>> '{}' AS enforcement,
               coalesce(jsonb_path_query_first(e.value, '$.customProperties[*] ? (@.property == "aidataops.schemaWatch").value'),
                        jsonb_path_query_first(document, '$.customProperties[*] ? (@.property == "aidataops.schemaWatch").value')) #>> '{}' AS schema_watch
          FROM jsonb_path_query(document, '$.schema[*] ? (@.type() == "object")') AS e (value)
    ), split AS (
        SELECT e.object, e.enforcement, e.schema_watch,
               CASE WHEN e.full_name LIKE '_%._%' THEN split_part(e.full_name, '.', 1) ELSE (SELECT s.schema FROM server AS s) END AS schema,
               CASE WHEN e.full_name LIKE '_%._%' THEN substr(e.full_name, strpos(e.full_name, '.') + 1) ELSE e.full_name END AS name
          FROM element AS e
    ), found AS (
        SELECT s.object, s.enforcement, s.schema_watch, s.schema, s.name,
               (SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relname = s.name::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                   AND n.nspname = ANY (CASE WHEN s.schema IS NULL THEN search_path ELSE ARRAY[s.schema::name] END)
                 ORDER BY array_position(search_path, n.nspname) LIMIT 1) AS oid
          FROM split AS s
    )
    SELECT f.object, coalesce(n.nspname, f.schema::name, search_path[1], 'public'), f.name::name, f.oid, f.enforcement, f.schema_watch
      FROM found AS f LEFT JOIN pg_class AS c ON c.oid = f.oid LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE f.object IS NOT NULL;
END $$;
COMMENT ON FUNCTION aidataops._document_tables(jsonb, name[]) IS
'Internal: the tables that a document is about: by the schema that physicalName names, or the first PostgreSQL server of the document, this database''s before others, or else by the search path.';

CREATE FUNCTION aidataops._announce(
    contract text,
    version text,
    event text,
    detail jsonb DEFAULT NULL,
    notify boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO aidataops.contract_event (contract, version, event, detail, happened_by)
    VALUES (_announce.contract, _announce.version, _announce.event, _announce.detail, session_user)
    RETURNING event_id INTO number;
    IF notify THEN -- anybody may listen, so names of contracts stay where policies guard them
        PERFORM pg_notify('aidataops', json_build_object('event', event, 'event_id', number)::text);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._announce(text, text, text, jsonb, boolean) IS
'Internal: records what happened to a contract and tells listeners of the channel aidataops: '
'{"event": ..., "event_id": ...}. Called with the rights of the catalog''s owner.';
