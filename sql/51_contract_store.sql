-- Contracts from their creation to their end (docs/contracts.md)
--
-- What reads documents runs without JIT: queries over a few rows of JSON are estimated at thousands, and compiling one takes
-- a second, for milliseconds of work.

-- what is wrong, all of it

CREATE FUNCTION aidataops._raise_findings(what text, findings text[], hint text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    shown constant integer := 200; -- of thousands, which are logged too, nobody reads all
    more integer := cardinality(findings) - shown;
BEGIN
    RAISE EXCEPTION '%: % %', what, cardinality(findings), CASE cardinality(findings) WHEN 1 THEN 'error' ELSE 'errors' END
        USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(findings[:shown] || CASE WHEN more > 0 THEN format('... and %s more', more) END, E'\n'), HINT = coalesce(hint, '');
END $$;
COMMENT ON FUNCTION aidataops._raise_findings(text, text[], text) IS 'Internal: one error for many findings.';

CREATE FUNCTION aidataops._finding_lines(findings jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.array_agg(pg_catalog.concat(CASE f.pointer WHEN '' THEN '(document)' ELSE f.pointer END, ': ', f.message) ORDER BY f.pointer, f.message)
      FROM pg_catalog.jsonb_to_recordset(findings) AS f (pointer text, message text);
END;
COMMENT ON FUNCTION aidataops._finding_lines(jsonb) IS 'Internal: findings as lines of text; NULL if there are none.';

CREATE FUNCTION aidataops._check_document(document jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lines text[] := aidataops._finding_lines((SELECT jsonb_agg(f) FROM aidataops._findings(document) AS f WHERE f.severity = 'error'));
BEGIN
    IF lines IS NOT NULL THEN
        PERFORM aidataops._raise_findings('contract document is not valid', lines, 'lint_contract() gives a hint for each.');
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_document(jsonb) IS 'Internal: one error with all that is wrong with a document, if anything is.';

CREATE FUNCTION aidataops._database_findings(document jsonb, search_path name[]) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH element AS MATERIALIZED (SELECT * FROM aidataops._document_elements(document)),
    table_meant AS MATERIALIZED (
        SELECT t.*, e.pointer FROM aidataops._document_tables(document, search_path) AS t JOIN element AS e ON e.object = t.object AND e.property IS NULL
    ), property_meant AS (
        SELECT t.object, t.relation_oid, e.property, e.pointer, e.body, a.attnum, a.atttypid, a.atttypmod, coalesce(e.body ->> 'physicalName', e.property) AS column_name
          FROM table_meant AS t JOIN element AS e ON e.object = t.object AND e.property IS NOT NULL
          LEFT JOIN pg_attribute AS a ON a.attrelid = t.relation_oid AND a.attname = coalesce(e.body ->> 'physicalName', e.property)::name AND a.attnum > 0 AND NOT a.attisdropped
         WHERE t.relation_oid IS NOT NULL
    )
    SELECT 'warning', t.pointer, 'missing_table', format('there is no table %I.%I', t.relation_schema, t.relation_name),
           'It must be there when the contract is activated. Name its schema in physicalName, or as the schema of a PostgreSQL server.'
      FROM table_meant AS t WHERE t.relation_oid IS NULL
    UNION ALL
    SELECT 'error', max(t.pointer), 'duplicate_table', format('objects %s are the same table %s', string_agg(format('"%s"', t.object), ' and ' ORDER BY t.pointer), t.relation_oid::regclass), 'A table is one object of a contract.'
      FROM table_meant AS t WHERE t.relation_oid IS NOT NULL GROUP BY t.relation_oid HAVING count(*) > 1
    UNION ALL
    SELECT 'warning', p.pointer, 'missing_column', format('table %s has no column "%s"', p.relation_oid::regclass, p.column_name), 'It must be there when the contract is activated. physicalName is its name in the table.'
      FROM property_meant AS p WHERE p.attnum IS NULL
    UNION ALL
    SELECT 'warning', p.pointer, 'other_type', format('column "%s" is of type %s, and %s here', p.column_name, format_type(p.atttypid, p.atttypmod), concat_ws(', ', p.body ->> 'physicalType', p.body ->> 'logicalType')),
           'check_contract() fails as long as they differ.'
      FROM property_meant AS p
     WHERE p.attnum IS NOT NULL AND NOT aidataops._type_fits(p.body, p.atttypid, format_type(p.atttypid, p.atttypmod))
    UNION ALL
    SELECT 'note', t.pointer, 'column_not_mentioned', format('the contract says nothing of column "%s" of table %s', a.attname, t.relation_oid::regclass), NULL
      FROM table_meant AS t JOIN pg_attribute AS a ON a.attrelid = t.relation_oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE NOT EXISTS (SELECT FROM property_meant AS p WHERE p.object = t.object AND p.attnum = a.attnum);
END $$;
COMMENT ON FUNCTION aidataops._database_findings(jsonb, name[]) IS 'Internal: where a document does not fit the tables that it is about.';

CREATE FUNCTION aidataops._lint_contract(document jsonb, search_path name[]) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    has_form boolean := true;
    fits boolean := true;
    it record;
BEGIN
    FOR it IN SELECT * FROM aidataops._findings(document) LOOP
        -- what has not the form cannot be looked up
        has_form := has_form AND it.finding NOT IN ('wrong_type', 'missing_field', 'duplicate_name');
        fits := fits AND it.severity <> 'error'; -- what is no rule at all need not fit
        RETURN QUERY SELECT it.severity, it.pointer, it.finding, it.message, it.hint;
    END LOOP;
    IF has_form THEN
        RETURN QUERY SELECT f.* FROM aidataops._database_findings(document, search_path) AS f;
        IF fits THEN
            RETURN QUERY SELECT f.* FROM aidataops._misfit_findings(document, search_path) AS f;
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._lint_contract(jsonb, name[]) IS 'Internal: lint_contract() with a search path.';

CREATE FUNCTION aidataops.lint_contract(document jsonb) RETURNS TABLE (severity text, pointer text, finding text, message text, hint text)
    LANGUAGE sql STABLE STRICT ROWS 10
BEGIN ATOMIC
    SELECT f.severity, f.pointer, f.finding, f.message, f.hint FROM aidataops._lint_contract(document, pg_catalog.current_schemas(false)) AS f
     ORDER BY pg_catalog.array_position(ARRAY['error', 'warning', 'note'], f.severity), f.pointer, f.finding, f.message;
END;
COMMENT ON FUNCTION aidataops.lint_contract(jsonb) IS
'All that is wrong with a contract''s document, one row a finding: severity (error: create_contract() refuses the document; warning: probably not what is meant; note: kept, but not enforced), where (JSON pointer, RFC 6901), which kind of finding, what, and what to do. Stricter than the JSON Schema of the Open Data Contract Standard (v3.0 to v3.2), which lets empty checks, reversed bounds and patterns pass that cannot be enforced. Looks at the tables that it names, too. Stores nothing. No rows: nothing to find, or NULL.';

-- versions

CREATE FUNCTION aidataops._version_numbers(version text) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.string_to_array(version, '.')::integer[];
COMMENT ON FUNCTION aidataops._version_numbers(text) IS 'Internal: major.minor.patch as numbers, which compare.';

CREATE FUNCTION aidataops._next_version(version text, bump text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbers integer[] := aidataops._version_numbers(version);
BEGIN
    RETURN array_to_string(CASE bump WHEN 'major' THEN ARRAY[numbers[1] + 1, 0, 0] WHEN 'minor' THEN ARRAY[numbers[1], numbers[2] + 1, 0]
                                     ELSE ARRAY[numbers[1], numbers[2], numbers[3] + 1] END, '.');
END $$;
COMMENT ON FUNCTION aidataops._next_version(text, text) IS 'Internal: the version that comes after one.';

-- the catalog

CREATE FUNCTION aidataops._contract_owner(contract text) RETURNS name
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.owner FROM aidataops.contract AS c WHERE c.contract = _contract_owner.contract LIMIT 1;
END;
COMMENT ON FUNCTION aidataops._contract_owner(text) IS
'Internal: who owns a contract; NULL if there is none.';

CREATE FUNCTION aidataops._no_contract(contract text, version text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%', CASE WHEN version IS NULL THEN format('contract "%s" has no active version', contract) ELSE format('contract "%s" has no version "%s"', contract, version) END
        USING ERRCODE = 'undefined_object', HINT = 'The table aidataops.contract lists the contracts that you may see, and their versions.';
END $$;
COMMENT ON FUNCTION aidataops._no_contract(text, text) IS 'Internal: the error that there is none.';

CREATE FUNCTION aidataops._may_know_of_contract(caller oid, contract text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN aidataops._may_know_of(caller, aidataops._role_oid(aidataops._contract_owner(contract)),
                                  'contract', '{contract}', ARRAY[contract]);
END $$;
COMMENT ON FUNCTION aidataops._may_know_of_contract(oid, text) IS
'Internal: whether a caller sees a contract.';

-- Rights are asked before, so that nobody waits for what is not theirs, nor lets its owner wait.
CREATE FUNCTION aidataops._lock_contract(caller oid, contract text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM aidataops._check_may_act_for(
        caller, aidataops._role_oid(aidataops._contract_owner(contract)),
        format('change contract "%s"', contract));
    PERFORM FROM aidataops.contract AS c WHERE c.contract = _lock_contract.contract
      ORDER BY c.version COLLATE "C" FOR UPDATE;
    IF aidataops._contract_owner(contract) IS NULL THEN
        RAISE EXCEPTION 'contract "%" was dropped meanwhile', contract
            USING ERRCODE = 'serialization_failure', HINT = 'Try again in a new transaction.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._lock_contract(oid, text) IS
'Internal: one transaction at a time changes a contract; an error unless the caller has the rights '
'of its owner.';

-- The version that a change is about: locked, there, and the caller's.
CREATE FUNCTION aidataops._own_contract(caller oid, contract text, version text) RETURNS aidataops.contract
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract;
BEGIN
    IF NOT aidataops._may_know_of_contract(caller, contract) THEN
        PERFORM aidataops._no_contract(contract, coalesce(version, '(null)'));
    END IF;
    PERFORM aidataops._lock_contract(caller, contract);
    SELECT c.* INTO it FROM aidataops.contract AS c
     WHERE c.contract = _own_contract.contract AND c.version = _own_contract.version;
    IF it.contract IS NULL THEN
        PERFORM aidataops._no_contract(contract, coalesce(version, '(null)'));
    END IF;
    RETURN it;
END $$;
COMMENT ON FUNCTION aidataops._own_contract(oid, text, text) IS
'Internal: a version of a contract, for its owner to change.';

CREATE FUNCTION aidataops._set_status(contract text, version text, status text, in_force boolean, event text, detail jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE aidataops.contract AS c
       SET status = _set_status.status,
           activated_at = CASE WHEN _set_status.status = 'active' THEN coalesce(c.activated_at, now()) ELSE c.activated_at END,
           activated_by = CASE WHEN _set_status.status = 'active' THEN coalesce(c.activated_by, session_user) ELSE c.activated_by END
     WHERE c.contract = _set_status.contract AND c.version = _set_status.version;
    UPDATE aidataops.contract_table AS t SET in_force = _set_status.in_force
     WHERE t.contract = _set_status.contract AND t.version = _set_status.version AND t.in_force <> _set_status.in_force;
    PERFORM aidataops._announce(contract, version, event, detail);
    IF in_force THEN
        PERFORM aidataops._see_tables(contract);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._set_status(text, text, text, boolean, text, jsonb) IS 'Internal: moves a version of a contract along, and announces it.';

CREATE FUNCTION aidataops._changes_since(predecessor aidataops.contract, document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('since', predecessor.version, 'bump', coalesce((array_agg(c.bump ORDER BY array_position(ARRAY['major', 'minor', 'patch'], c.bump)))[1], 'patch'),
                                      'changes', coalesce(jsonb_agg(jsonb_build_object('change', c.change, 'element', c.element, 'producers', c.producers, 'consumers', c.consumers, 'bump', c.bump)), '[]'))
              FROM aidataops.compare_contracts(predecessor.document, document) AS c);
END $$;
COMMENT ON FUNCTION aidataops._changes_since(aidataops.contract, jsonb) IS 'Internal: what a document changes, for announcements.';

-- The version that another one follows: the active one, or else the one that was last.
CREATE FUNCTION aidataops._predecessor(contract text) RETURNS aidataops.contract
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c FROM aidataops.contract AS c WHERE c.contract = _predecessor.contract AND c.activated_at IS NOT NULL
     ORDER BY c.status = 'active' DESC, aidataops._version_numbers(c.version) DESC LIMIT 1;
END;
COMMENT ON FUNCTION aidataops._predecessor(text) IS 'Internal: the version of a contract that the next one follows; NULL if none was ever active.';

CREATE FUNCTION aidataops._check_version_grows(predecessor aidataops.contract, version text, changes jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_numbers integer[] := aidataops._version_numbers(predecessor.version);
    new_numbers integer[] := aidataops._version_numbers(version);
    bump text := changes ->> 'bump';
BEGIN
    IF new_numbers <= old_numbers THEN
        RAISE EXCEPTION 'version % of contract "%" does not follow version %', version, predecessor.contract, predecessor.version
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Its changes ask for version %s at least.', aidataops._next_version(predecessor.version, bump));
    ELSIF (bump = 'major' AND new_numbers[1] = old_numbers[1]) OR (bump = 'minor' AND new_numbers[1:2] = old_numbers[1:2]) THEN
        RAISE EXCEPTION 'version % of contract "%" is too small a step from version %: it takes a % version', version, predecessor.contract, predecessor.version, bump
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = (SELECT string_agg(format('%s: %s (producers: %s, consumers: %s)', c ->> 'element', c ->> 'change', c ->> 'producers', c ->> 'consumers'), E'\n')
                              FROM jsonb_array_elements(changes -> 'changes') AS c WHERE c ->> 'bump' = bump),
                  HINT = format('Name it version %s, or take these changes back.', aidataops._next_version(predecessor.version, bump));
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_version_grows(aidataops.contract, text, jsonb) IS 'Internal: an error unless a version is as much greater than its predecessor as its changes demand.';

CREATE FUNCTION aidataops._check_tables(caller oid, it aidataops.contract) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    owned record;
    lines text[];
BEGIN
    -- where they were found when the document was stored, wherever they were renamed to
    SELECT array_agg(format('%s: there is no table %I.%I', t.object, t.relation_schema, t.relation_name) ORDER BY t.object) INTO lines
      FROM aidataops.contract_table AS t
     WHERE t.contract = it.contract AND t.version = it.version AND aidataops._source_oid(t.relation_oid, t.relation_origin, t.relation_schema, t.relation_name) IS NULL;
    lines := lines || (SELECT array_agg(format('%s: table %s has no column "%s"', e.element, r.relation::regclass, coalesce(e.body ->> 'physicalName', e.property)) ORDER BY e.pointer)
      FROM (SELECT t.object, aidataops._source_oid(t.relation_oid, t.relation_origin, t.relation_schema, t.relation_name) AS relation
              FROM aidataops.contract_table AS t WHERE t.contract = it.contract AND t.version = it.version) AS r
      JOIN aidataops._document_elements(it.document) AS e ON e.object = r.object AND e.property IS NOT NULL
     WHERE r.relation IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = r.relation AND a.attname = coalesce(e.body ->> 'physicalName', e.property)::name AND a.attnum > 0 AND NOT a.attisdropped));
    lines := lines || (SELECT array_agg(format('objects %s are the same table %s', s.objects, s.relation::regclass) ORDER BY s.objects)
      FROM (SELECT o.relation, string_agg(format('"%s"', t.object), ' and ' ORDER BY t.object) AS objects
              FROM aidataops.contract_table AS t, LATERAL aidataops._source_oid(t.relation_oid, t.relation_origin, t.relation_schema, t.relation_name) AS o (relation)
             WHERE t.contract = it.contract AND t.version = it.version AND o.relation IS NOT NULL GROUP BY o.relation HAVING count(*) > 1) AS s);
    IF lines <> '{}' THEN
        PERFORM aidataops._raise_findings(format('contract "%s" cannot be activated', it.contract), lines, 'Create what is missing, or correct the document.');
    END IF;
    FOR owned IN SELECT c.oid::regclass AS relation, c.relowner FROM aidataops.contract_table AS t
               JOIN pg_class AS c ON c.oid = aidataops._source_oid(t.relation_oid, t.relation_origin, t.relation_schema, t.relation_name)
              WHERE t.contract = it.contract AND t.version = it.version ORDER BY t.object LOOP
        PERFORM aidataops._check_may_act_for(caller, owned.relowner, format('activate a contract for table %s', owned.relation));
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._check_tables(oid, aidataops.contract) IS 'Internal: an error unless the tables of a contract are there with their columns, and belong to the caller.';

CREATE FUNCTION aidataops._check_one_contract(it aidataops.contract) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    other record;
BEGIN
    SELECT t.contract, t.version, mine.relation_oid::regclass AS relation INTO other
      FROM aidataops.contract_table AS mine
      JOIN aidataops.contract_table AS t ON t.in_force AND t.contract <> mine.contract
           AND aidataops._source_oid(t.relation_oid, t.relation_origin, t.relation_schema,
                                     t.relation_name) = mine.relation_oid
     WHERE mine.contract = it.contract AND mine.version = it.version LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'table % is under contract "%" already, version %', other.relation, other.contract, other.version
            USING ERRCODE = 'object_in_use', HINT = 'A table is under one active contract. Retire the other one, or make this its next version.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_one_contract(aidataops.contract) IS 'Internal: an error if a table of a contract is under another one.';

-- changes of status

CREATE FUNCTION aidataops._activate_contract(caller oid, contract text, version text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    it aidataops.contract := aidataops._own_contract(caller, contract, version);
    predecessor aidataops.contract;
    changes jsonb;
    new_major boolean;
BEGIN
    IF it.status = 'active' THEN
        RETURN;
    ELSIF it.status NOT IN ('draft', 'proposed') THEN
        RAISE EXCEPTION 'version % of contract "%" is %', version, contract, it.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What is over does not come back: create a version after it.';
    END IF;
    PERFORM aidataops._check_tables(caller, it);
    UPDATE aidataops.contract_table AS t
       SET relation_oid = r.relation, relation_origin = aidataops._relation_origin(r.relation)
      FROM (SELECT f.object, aidataops._source_oid(f.relation_oid, f.relation_origin,
                                                   f.relation_schema, f.relation_name) AS relation
              FROM aidataops.contract_table AS f
             WHERE f.contract = it.contract AND f.version = it.version) AS r
     WHERE t.object = r.object AND t.contract = it.contract AND t.version = it.version;
    PERFORM aidataops._check_one_contract(it);
    predecessor := aidataops._predecessor(contract);
    IF predecessor.contract IS NOT NULL THEN
        changes := aidataops._changes_since(predecessor, it.document);
        PERFORM aidataops._check_version_grows(predecessor, version, changes);
        new_major := (aidataops._version_numbers(version))[1] > (aidataops._version_numbers(predecessor.version))[1];
        IF predecessor.status IN ('active', 'deprecated') THEN
            PERFORM aidataops._set_status(contract, predecessor.version, CASE WHEN new_major THEN 'deprecated' ELSE 'retired' END, false, 'superseded', jsonb_build_object('by', version));
        END IF;
    END IF;
    BEGIN
        PERFORM aidataops._set_status(contract, version, 'active', true, 'activated', changes);
    EXCEPTION WHEN unique_violation THEN
        PERFORM aidataops._check_one_contract(it);
        -- by a transaction that this one's snapshot does not show
        RAISE EXCEPTION 'a table of contract "%" was put under another contract meanwhile', contract
            USING ERRCODE = 'serialization_failure', HINT = 'Try again in a new transaction.';
    END;
END $$;
COMMENT ON FUNCTION aidataops._activate_contract(oid, text, text) IS 'Internal: activate_contract().';

CREATE FUNCTION aidataops._propose_contract(caller oid, contract text, version text, note text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    it aidataops.contract := aidataops._own_contract(caller, contract, version);
    predecessor aidataops.contract := aidataops._predecessor(contract);
    other text;
BEGIN
    IF it.status NOT IN ('draft', 'proposed') THEN
        RAISE EXCEPTION 'version % of contract "%" is %', version, contract, it.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Drafts are proposed.';
    END IF;
    SELECT c.version INTO other FROM aidataops.contract AS c WHERE c.contract = it.contract AND c.version <> it.version AND c.status = 'proposed';
    IF FOUND THEN
        RAISE EXCEPTION 'contract "%" has a successor already, version %', contract, other
            USING ERRCODE = 'object_in_use', HINT = 'One successor is announced at a time. Activate that one first, or drop it.';
    ELSIF predecessor.contract IS NOT NULL THEN
        PERFORM aidataops._check_version_grows(predecessor, version, aidataops._changes_since(predecessor, it.document));
    END IF;
    PERFORM aidataops._set_status(contract, version, 'proposed', false, 'proposed',
        jsonb_strip_nulls(jsonb_build_object('note', note)) || CASE WHEN predecessor.contract IS NULL THEN '{}' ELSE aidataops._changes_since(predecessor, it.document) END);
END $$;
COMMENT ON FUNCTION aidataops._propose_contract(oid, text, text, text) IS 'Internal: propose_contract().';

CREATE FUNCTION aidataops._deprecate_contract(caller oid, contract text, version text, end_of_support timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract := aidataops._own_contract(caller, contract, version);
BEGIN
    IF it.status NOT IN ('active', 'deprecated') THEN
        RAISE EXCEPTION 'version % of contract "%" is %', version, contract, it.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Active versions are deprecated; drop_contract() removes drafts.';
    END IF;
    PERFORM aidataops._set_status(contract, version, 'deprecated', EXISTS (SELECT FROM aidataops.contract_table AS t WHERE t.contract = it.contract AND t.version = it.version AND t.in_force),
        'deprecated', jsonb_strip_nulls(jsonb_build_object('endOfSupport', end_of_support)));
END $$;
COMMENT ON FUNCTION aidataops._deprecate_contract(oid, text, text, timestamptz) IS 'Internal: deprecate_contract().';

CREATE FUNCTION aidataops._retire_contract(caller oid, contract text, version text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract := aidataops._own_contract(caller, contract, version);
BEGIN
    IF it.status NOT IN ('active', 'deprecated') THEN
        RAISE EXCEPTION 'version % of contract "%" is %', version, contract, it.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Active and deprecated versions are retired; drop_contract() removes drafts.';
    END IF;
    PERFORM aidataops._set_status(contract, version, 'retired', false, 'retired');
END $$;
COMMENT ON FUNCTION aidataops._retire_contract(oid, text, text) IS 'Internal: retire_contract().';

CREATE FUNCTION aidataops._forget_rules(contract text, version text) RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM aidataops.rule AS r WHERE r.contract = _forget_rules.contract AND r.version = _forget_rules.version;
    DELETE FROM aidataops.contract_table AS t WHERE t.contract = _forget_rules.contract AND t.version = _forget_rules.version;
END;
COMMENT ON FUNCTION aidataops._forget_rules(text, text) IS 'Internal: removes what a document was compiled to.';

CREATE FUNCTION aidataops._drop_contract(caller oid, contract text, version text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract := aidataops._own_contract(caller, contract, version);
BEGIN
    IF it.activated_at IS NOT NULL THEN
        RAISE EXCEPTION 'version % of contract "%" was active and is kept', version, contract
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Drafts and proposals can be dropped; retire_contract() ends what was active.';
    END IF;
    PERFORM aidataops._forget_rules(contract, version);
    DELETE FROM aidataops.contract AS c WHERE c.contract = it.contract AND c.version = it.version;
    PERFORM aidataops._announce(contract, version, 'dropped');
END $$;
COMMENT ON FUNCTION aidataops._drop_contract(oid, text, text) IS 'Internal: drop_contract().';

CREATE FUNCTION aidataops.activate_contract(contract text, version text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.activate_contract(text, text) IS
'Puts the tables of a contract under one of its versions, which is frozen from then on. It must be greater than the version before, by as much as the changes demand (compare_contracts()), and the tables must be there with all columns. The version before is retired, or deprecated if this is a new major version. Needs the rights of the owners of the contract and of its tables. Announced. Enforces nothing by itself: see enforce_contract(). Does nothing to the active version; an error for a version that is over, and for a table that is under another contract.';

CREATE FUNCTION aidataops.propose_contract(contract text, version text, note text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.propose_contract(text, text, text) IS
'Announces a draft as the successor of the active version, with what it changes and a note, so that producers and consumers can prepare. A contract has one successor at a time. Needs the rights of the owner of the contract.';

CREATE FUNCTION aidataops.deprecate_contract(contract text, version text, end_of_support timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.deprecate_contract(text, text, timestamptz) IS
'Announces that a version of a contract will end. Until a successor is activated, or it is retired, its tables stay under it. Needs the rights of the owner of the contract.';

CREATE FUNCTION aidataops.retire_contract(contract text, version text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.retire_contract(text, text) IS
'Ends an active or deprecated version of a contract: its tables are no longer under it. What enforces it is suspended apart. Announced. Needs the rights of the owner of the contract.';

CREATE FUNCTION aidataops.drop_contract(contract text, version text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.drop_contract(text, text) IS
'Removes a draft or a proposal. What was ever active is kept, because runs and versions refer to it. Announced. Needs the rights of the owner of the contract.';

-- creation

CREATE FUNCTION aidataops._store_document(caller oid, owner name, document jsonb, search_path name[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    contract constant text := document ->> 'id';
    version constant text := document ->> 'version';
    tables jsonb;
BEGIN
    INSERT INTO aidataops.contract (contract, version, status, document, document_hash, owner, created_by)
    VALUES (contract, version, 'draft', document, aidataops._document_hash(document), owner, session_user);
    INSERT INTO aidataops.contract_table (contract, version, object, relation_schema, relation_name, relation_oid, relation_origin, enforcement, schema_watch, owner)
    SELECT contract, version, t.object, t.relation_schema, t.relation_name, t.relation_oid,
           aidataops._relation_origin(t.relation_oid), t.enforcement, t.schema_watch, _store_document.owner
      FROM aidataops._document_tables(document, search_path) AS t;
    SELECT jsonb_object_agg(t.object, t.relation_schema) INTO tables
      FROM aidataops.contract_table AS t WHERE t.contract = document ->> 'id' AND t.version = document ->> 'version';
    INSERT INTO aidataops.rule (contract, version, rule, object, level, kind, columns, parameters, operator, bounds, unit, severity, dimension, pointer, description)
    SELECT contract, version, r.* FROM aidataops._rules(document, tables) AS r;
END $$;
COMMENT ON FUNCTION aidataops._store_document(oid, name, jsonb, name[]) IS 'Internal: stores a document and what it compiles to.';

CREATE FUNCTION aidataops._document_hash(document jsonb) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.sha256(pg_catalog.convert_to((document OPERATOR(pg_catalog.-) 'status')::text, 'UTF8'));
COMMENT ON FUNCTION aidataops._document_hash(jsonb) IS 'Internal: the digest by which two documents are the same.';

-- A name belongs to whoever used it first.
CREATE FUNCTION aidataops._take_contract(caller oid, contract text) RETURNS name
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF aidataops._contract_owner(contract) IS NULL THEN
        IF aidataops._take_name('contract', 'contract', contract) THEN
            RETURN pg_get_userbyid(caller);
        ELSIF aidataops._contract_owner(contract) IS NULL THEN
            -- this transaction's snapshot does not show it
            RAISE EXCEPTION 'contract "%" was created or dropped meanwhile', contract
                USING ERRCODE = 'serialization_failure', HINT = 'Try again in a new transaction.';
        END IF;
    END IF;
    IF NOT aidataops._may_know_of_contract(caller, contract) THEN
        RAISE EXCEPTION 'contract "%" already exists', contract
            USING ERRCODE = 'duplicate_object', DETAIL = 'It is not yours to see.',
                  HINT = 'Choose another id.';
    END IF;
    PERFORM aidataops._lock_contract(caller, contract);
    RETURN aidataops._contract_owner(contract);
END $$;
COMMENT ON FUNCTION aidataops._take_contract(oid, text) IS
'Internal: the owner of a contract that is about to get a version, the caller if it is new.';

CREATE FUNCTION aidataops.__create_contract(caller oid, document jsonb, search_path name[],
    OUT contract text, OUT version text, OUT status text, OUT rules integer) RETURNS record
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    it aidataops.contract;
    owner name;
BEGIN
    PERFORM aidataops._check_document(document);
    __create_contract.contract := document ->> 'id';
    __create_contract.version := document ->> 'version';
    owner := aidataops._take_contract(caller, __create_contract.contract);
    SELECT c.* INTO it FROM aidataops.contract AS c WHERE c.contract = __create_contract.contract AND c.version = __create_contract.version;
    IF it.activated_at IS NOT NULL AND it.document_hash <> aidataops._document_hash(document) THEN
        RAISE EXCEPTION 'version % of contract "%" is frozen: it is %', it.version, it.contract, it.status
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = (SELECT string_agg(format('%s: %s', c.element, c.change), E'\n') FROM aidataops.compare_contracts(it.document, document) AS c),
                  HINT = format('Give the changed document version %s.', aidataops._next_version(it.version, aidataops._changes_since(it, document) ->> 'bump'));
    ELSIF it.activated_at IS NULL THEN
        PERFORM aidataops._forget_rules(it.contract, it.version);
        DELETE FROM aidataops.contract AS c WHERE c.contract = it.contract AND c.version = it.version;
        PERFORM aidataops._store_document(caller, owner, document, search_path);
        PERFORM aidataops._announce(__create_contract.contract, __create_contract.version, CASE WHEN it.contract IS NULL THEN 'created' ELSE 'replaced' END);
        IF document ->> 'status' = 'active' THEN
            PERFORM aidataops._activate_contract(caller, __create_contract.contract, __create_contract.version);
        ELSIF document ->> 'status' = 'proposed' THEN
            PERFORM aidataops._propose_contract(caller, __create_contract.contract, __create_contract.version, NULL);
        END IF;
    END IF;
    SELECT c.status, (SELECT count(*) FROM aidataops.rule AS r WHERE r.contract = c.contract AND r.version = c.version) INTO __create_contract.status, __create_contract.rules
      FROM aidataops.contract AS c WHERE c.contract = __create_contract.contract AND c.version = __create_contract.version;
END $$;
COMMENT ON FUNCTION aidataops.__create_contract(oid, jsonb, name[]) IS 'Internal: create_contract().';

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
'Stores a version of a contract, from a document of the Open Data Contract Standard (v3.0 to v3.2), and compiles it to rules. Its id and version name it; what the document says and is not enforced is kept. A document with status active is activated at once, as by activate_contract(), one with proposed is proposed; others are drafts, which storing them again replaces. What was ever active is frozen: the same document again changes nothing, another one is an error. The first version makes the caller the owner of the contract. An error with all that is wrong, if anything is, and nothing is stored; NULL for NULL.';

-- reading

CREATE FUNCTION aidataops._find_contract(contract text, version text) RETURNS aidataops.contract
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract;
BEGIN
    SELECT c.* INTO it FROM aidataops.contract AS c
     WHERE c.contract = _find_contract.contract AND CASE WHEN _find_contract.version IS NULL THEN c.status = 'active' ELSE c.version = _find_contract.version END;
    IF it.contract IS NULL THEN
        PERFORM aidataops._no_contract(contract, version);
    END IF;
    RETURN it;
END $$;
COMMENT ON FUNCTION aidataops._find_contract(text, text) IS 'Internal: a version of a contract that the caller may see; the active one if version is NULL.';

CREATE FUNCTION aidataops.export_contract(contract text, version text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it aidataops.contract := aidataops._find_contract(contract, version);
BEGIN
    RETURN CASE WHEN it.document ? 'status' THEN jsonb_set(it.document, '{status}', to_jsonb(it.status)) ELSE it.document END;
END $$;
COMMENT ON FUNCTION aidataops.export_contract(text, text) IS
'The document of a version of a contract, the active one by default, as it was given: all that is not enforced is in it. Its status is what it is now. An error if there is no such version, or none that you may see.';

CREATE FUNCTION aidataops._promise(kind text, columns name[], parameters jsonb, operator text, bounds jsonb, unit text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET intervalstyle = 'postgres'
AS $$
DECLARE
    what text := array_to_string(columns, ', ');
    range text := concat_ws(' and ', 'at least ' || (parameters ->> 'min'), 'more than ' || (parameters ->> 'min_exclusive'), 'at most ' || (parameters ->> 'max'), 'less than ' || (parameters ->> 'max_exclusive'));
    list text := (SELECT string_agg(v #>> '{}', ', ') FROM jsonb_array_elements(CASE jsonb_typeof(parameters -> 'values') WHEN 'array' THEN parameters -> 'values' ELSE '[]' END) AS v);
    bound text := CASE WHEN operator LIKE '%between' THEN format('%s %s and %s', operator, bounds ->> 0, bounds ->> 1) ELSE format('%s %s', operator, bounds ->> 0) END
                  || CASE unit WHEN 'none' THEN '' ELSE ' ' || unit END;
BEGIN
    RETURN CASE kind
        WHEN 'required' THEN format('%s is not NULL', what)
        WHEN 'range' THEN format('%s is %s', what, range)
        WHEN 'length' THEN format('%s has %s characters', what, range)
        WHEN 'pattern' THEN format('%s matches %s', what, parameters ->> 'regex')
        WHEN 'values' THEN format('%s is one of %s', what, list)
        WHEN 'not_values' THEN format('%s is none of %s', what, list)
        WHEN 'multiple_of' THEN format('%s is a multiple of %s', what, parameters ->> 'divisor')
        WHEN 'format' THEN format('%s is written as %s', what, parameters ->> 'format')
        WHEN 'items' THEN format('%s has %s elements', what, concat_ws(', ', nullif(range, ''), CASE WHEN parameters ? 'unique' THEN 'different' END))
        WHEN 'properties' THEN format('%s has members: %s', what, concat_ws(', ', nullif(range, ''), parameters ->> 'required'))
        WHEN 'dimensions' THEN format('%s has %s dimensions', what, parameters ->> 'dimensions')
        WHEN 'compare' THEN format('%s %s %s', columns[1], parameters ->> 'operator', columns[2])
        WHEN 'expression' THEN parameters ->> 'sql'
        WHEN 'type' THEN format('columns %s exist, of their types', what)
        WHEN 'unique' THEN format('%s is unique', what)
        WHEN 'duplicates' THEN format('duplicates of %s %s', what, bound)
        WHEN 'row_count' THEN format('rows %s', bound)
        WHEN 'missing' THEN format('missing values of %s %s', what, bound)
        WHEN 'invalid' THEN format('values of %s that break %s %s', what, concat_ws(' ', parameters ->> 'check', coalesce(list, parameters ->> 'regex', nullif(range, ''))), bound)
        WHEN 'reference' THEN format('%s refers to %s (%s)', what, parameters ->> 'relation', (SELECT string_agg(v, ', ') FROM jsonb_array_elements_text(parameters -> 'columns') AS v))
        WHEN 'freshness' THEN format('latest %s is %s %s old', what, CASE operator WHEN '<' THEN 'less than' ELSE 'at most' END, CASE WHEN (bounds ->> 0)::numeric BETWEEN 0 AND 1e11 THEN make_interval(secs => (bounds ->> 0)::double precision)::text ELSE (bounds ->> 0) || ' seconds' END)
        WHEN 'sql' THEN format('result of %s %s', parameters ->> 'query', bound)
        WHEN 'statistic' THEN format('%s of %s %s', parameters ->> 'function', what, bound)
        ELSE concat_ws(' ', replace(kind, '_', ' '), nullif(what, ''), parameters - 'sensitive', bound) END;
END $$;
COMMENT ON FUNCTION aidataops._promise(text, name[], jsonb, text, jsonb, text) IS 'Internal: a rule in words.';

CREATE FUNCTION aidataops.describe_contract(contract text, version text DEFAULT NULL)
    RETURNS TABLE (table_name text, promise text, judged text, severity text, rule text, description text)
    LANGUAGE plpgsql STABLE ROWS 30 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    it aidataops.contract := aidataops._find_contract(contract, version);
BEGIN
    RETURN QUERY
    SELECT format('%I.%I', t.relation_schema, t.relation_name), aidataops._promise(r.kind, r.columns, r.parameters, r.operator, r.bounds, r.unit),
           CASE r.level WHEN 'row' THEN 'each row' ELSE 'table' END, r.severity, r.rule, r.description
      FROM aidataops.rule AS r JOIN aidataops.contract_table AS t ON t.contract = r.contract AND t.version = r.version AND t.object = r.object
     WHERE r.contract = it.contract AND r.version = it.version
     ORDER BY t.object, r.level, r.pointer, r.rule;
END $$;
COMMENT ON FUNCTION aidataops.describe_contract(text, text) IS
'What a version of a contract, the active one by default, promises, one row a rule: of which table, what, whether each row is judged by itself (when it is written, if the contract is enforced) or the table as a whole (by check_contract()), and whether a violation is an error or a warning; rule is its name. An error if there is no such version, or none that you may see.';
