-- Contracts from their creation to their end (docs/contracts.md)

CREATE FUNCTION aidataops._database_origin() RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'dataset_origin';
COMMENT ON FUNCTION aidataops._database_origin() IS 'Internal: what relation_origin says of tables of this database.';

CREATE FUNCTION aidataops._check_document(document jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    errors bigint;
    listed text;
BEGIN
    SELECT count(*), string_agg(format('%s: %s', CASE f.pointer WHEN '' THEN '(document)' ELSE f.pointer END, f.message), E'\n' ORDER BY f.pointer, f.message)
      INTO errors, listed FROM aidataops._document_findings(document) AS f WHERE f.severity = 'error';
    IF errors > 0 THEN
        RAISE EXCEPTION 'contract document has % %', errors, CASE errors WHEN 1 THEN 'error' ELSE 'errors' END
            USING ERRCODE = 'invalid_parameter_value', DETAIL = listed, HINT = 'lint_contract() gives a hint for each.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_document(jsonb) IS 'Internal: one error with all that is wrong with a document, if anything is.';

CREATE FUNCTION aidataops.__create_contract(caller oid, document jsonb, search_path name[],
    OUT contract text, OUT version text, OUT status text, OUT rules integer) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tables jsonb;
BEGIN
    contract := document ->> 'id';
    version := document ->> 'version';
    status := CASE document ->> 'status' WHEN 'active' THEN 'active' ELSE 'draft' END;
    PERFORM aidataops._check_document(document);
    INSERT INTO aidataops.contract (contract, version, status, document, document_hash, owner, created_by)
    VALUES (__create_contract.contract, __create_contract.version, __create_contract.status, document,
            sha256(convert_to((document - 'status')::text, 'UTF8')), pg_get_userbyid(caller), session_user);
    INSERT INTO aidataops.contract_table (contract, version, object, relation_schema, relation_name, relation_oid, relation_origin, enforcement, schema_watch, owner, in_force)
    SELECT __create_contract.contract, __create_contract.version, t.object, t.relation_schema, t.relation_name, t.relation_oid,
           aidataops._database_origin(), t.enforcement, t.schema_watch, pg_get_userbyid(caller), __create_contract.status = 'active'
      FROM aidataops._document_tables(document, search_path) AS t;
    SELECT jsonb_object_agg(t.object, t.relation_schema) INTO tables
      FROM aidataops.contract_table AS t WHERE t.contract = __create_contract.contract AND t.version = __create_contract.version;
    INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, operator, bounds, unit, severity, dimension, pointer, description)
    SELECT __create_contract.contract, __create_contract.version, r.* FROM aidataops._rules(document, tables) AS r;
    GET DIAGNOSTICS rules = ROW_COUNT;
    PERFORM aidataops._see_tables(contract);
    PERFORM aidataops._announce(contract, version, 'created', NULL);
END $$;
COMMENT ON FUNCTION aidataops.__create_contract(oid, jsonb, name[]) IS 'Internal: create_contract().';
REVOKE ALL ON FUNCTION aidataops.__create_contract(oid, jsonb, name[]) FROM PUBLIC;

CREATE FUNCTION aidataops._create_contract(document jsonb, search_path name[],
    OUT contract text, OUT version text, OUT status text, OUT rules integer) RETURNS record
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._create_contract(jsonb, name[]) IS 'Internal: create_contract() with the caller''s search path.';

CREATE FUNCTION aidataops.create_contract(document jsonb,
    OUT contract text, OUT version text, OUT status text, OUT rules integer) RETURNS record
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT c.contract, c.version, c.status, c.rules FROM aidataops._create_contract(document, pg_catalog.current_schemas(false)) AS c;
END;
COMMENT ON FUNCTION aidataops.create_contract(jsonb) IS
'Stores a contract.';
