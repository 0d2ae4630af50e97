-- check_contract(): what was measured against what was promised, kept and shown.

-- ------------------------------------------------------------------- checking

CREATE FUNCTION aidataops._semver_order(version text) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT array_agg(m.part[1]::numeric ORDER BY m.ordinal) FROM regexp_matches(version, '\d+', 'g') WITH ORDINALITY AS m (part, ordinal);
    END;
COMMENT ON FUNCTION aidataops._semver_order(text) IS 'Internal: what versions of contracts are sorted by.';

CREATE FUNCTION aidataops._contract_to_check(contract text, contract_version text) RETURNS aidataops.contract
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen aidataops.contract;
    known text;
BEGIN
    SELECT * INTO chosen FROM aidataops.contract AS c
     WHERE c.contract = _contract_to_check.contract
       AND CASE WHEN contract_version IS NULL THEN c.status IN ('active', 'deprecated') ELSE c.version = contract_version END
     ORDER BY c.status, aidataops._semver_order(c.version) DESC LIMIT 1;
    IF chosen.contract IS NULL THEN
        SELECT string_agg(format('%s (%s)', c.version, c.status), ', ' ORDER BY aidataops._semver_order(c.version)) INTO known
          FROM aidataops.contract AS c WHERE c.contract = _contract_to_check.contract;
        RAISE EXCEPTION '%', CASE WHEN known IS NULL THEN format('contract "%s" does not exist', contract)
                                  WHEN contract_version IS NULL THEN format('no version of contract "%s" is active', contract)
                                  ELSE format('contract "%s" has no version %s', contract, contract_version) END
            USING ERRCODE = 'undefined_object', HINT = coalesce('There are: ' || known || '. Name one to check it before it is activated.', 'See the table aidataops.contract.');
    END IF;
    RETURN chosen;
END $$;
COMMENT ON FUNCTION aidataops._contract_to_check(text, text) IS 'Internal: a version of a contract, the active one if none is named, or an error that names those there are.';

CREATE FUNCTION aidataops._timeout_ms(timeout interval) RETURNS integer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ms float8 := extract(epoch FROM coalesce(timeout, current_setting('aidataops.check_timeout')::interval)) * 1000;
BEGIN
    IF ms < 0 OR ms > 2147483647 THEN
        RAISE EXCEPTION 'timeout must be between 0 and 24 days, not %', timeout USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN ceil(ms)::integer;
END $$;
COMMENT ON FUNCTION aidataops._timeout_ms(interval) IS 'Internal: how long a statement of a check may take, in milliseconds; 0 is without limit.';

CREATE FUNCTION aidataops._source_of(dataset aidataops.dataset) RETURNS oid
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT aidataops._source_oid((dataset).relation_oid, (dataset).relation_origin, (dataset).relation_schema, (dataset).relation_name);
    END;
COMMENT ON FUNCTION aidataops._source_of(aidataops.dataset) IS 'Internal: OID of a dataset''s table; NULL if it is gone.';

CREATE FUNCTION aidataops._main_relation(dataset aidataops.dataset) RETURNS oid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce(CASE WHEN dataset.history_table IS NOT NULL
                         THEN to_regclass(format('aidataops_history.%I', dataset.history_table)) END,
                    aidataops._source_of(dataset));
END $$;
COMMENT ON FUNCTION aidataops._main_relation(aidataops.dataset) IS
'Internal: OID of the table with the rows of a dataset''s versions, or of its own table before there are any.';

CREATE FUNCTION aidataops._source_of(contract_table aidataops.contract_table) RETURNS oid
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT aidataops._source_oid(coalesce((contract_table).relation_oid, 0), (contract_table).relation_origin, (contract_table).relation_schema, (contract_table).relation_name);
    END;
COMMENT ON FUNCTION aidataops._source_of(aidataops.contract_table) IS 'Internal: OID of a table of a contract; NULL if there is none.';

-- Batches are judged when they are written, and leave nothing to measure.
CREATE FUNCTION aidataops._rules_to_check(contract text, version text, object text) RETURNS aidataops.rule[]
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT array_agg(r ORDER BY r.pointer, r.rule) FROM aidataops.rule AS r
         WHERE r.contract = _rules_to_check.contract AND r.version = _rules_to_check.version AND r.object = _rules_to_check.object AND r.kind <> 'batch_volume';
    END;
COMMENT ON FUNCTION aidataops._rules_to_check(text, text, text) IS 'Internal: the rules of a table that a check measures.';

-- At most with the rights of its owner.
CREATE FUNCTION aidataops._asking_of(c aidataops.contract, asker oid, timeout_ms integer) RETURNS aidataops._asking
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner oid := aidataops._role_oid((c).owner);
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'role "%", the owner of contract "%", is gone', (c).owner, (c).contract
            USING ERRCODE = 'undefined_object';
    END IF;
    RETURN ROW(owner, asker, timeout_ms);
END $$;
COMMENT ON FUNCTION aidataops._asking_of(aidataops.contract, oid, integer) IS
'Internal: on whose behalf the rules of a contract are measured.';

CREATE FUNCTION aidataops._check_objects(
    c aidataops.contract,
    dataset aidataops.dataset,
    version aidataops.dataset_version,
    asking aidataops._asking)
    RETURNS TABLE (rule text, object text, severity text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text,
        num_rows bigint, fingerprint aidataops.fingerprint, role oid, relations oid[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    t aidataops.contract_table;
    source oid;
    rules aidataops.rule[];
    sensitive name[];
BEGIN
    FOR t IN SELECT * FROM aidataops.contract_table AS ct WHERE ct.contract = (c).contract AND ct.version = (c).version
              AND ((dataset).dataset_id IS NULL OR aidataops._source_of(ct) = aidataops._source_of(dataset)
                   OR aidataops._source_of(dataset) IS NULL AND (ct.relation_schema, ct.relation_name) = ((dataset).relation_schema, (dataset).relation_name))
              ORDER BY ct.object LOOP
        rules := aidataops._rules_to_check((c).contract, (c).version, t.object);
        CONTINUE WHEN rules IS NULL;
        -- a rule of several columns does not say which is sensitive: those are not that a rule without the mark is about
        sensitive := ARRAY(SELECT u.name FROM unnest(rules) AS r CROSS JOIN LATERAL unnest(r.columns) AS u (name)
                            GROUP BY u.name HAVING bool_and(coalesce(r.parameters -> 'sensitive' = 'true', false)));
        source := coalesce(aidataops._source_of(t), CASE WHEN (dataset).dataset_id IS NOT NULL THEN aidataops._main_relation(dataset) END);
        IF source IS NULL THEN
            RAISE EXCEPTION 'table "%.%" of contract "%" does not exist', t.relation_schema, t.relation_name, (c).contract USING ERRCODE = 'undefined_table';
        END IF;
        PERFORM aidataops._lock_to_read(source); -- it is the same table from the first query to the last
        RETURN QUERY SELECT e.* FROM aidataops._evaluate(rules, sensitive, source, version, asking, version IS NOT NULL) AS e;
    END LOOP;
END $$;
COMMENT ON FUNCTION
    aidataops._check_objects(aidataops.contract, aidataops.dataset, aidataops.dataset_version, aidataops._asking) IS
'Internal: measures the rules of all tables of a contract, or of that of a dataset.';

-- The rows of a version that cannot be read are taken from the table, if it still is that version.
CREATE FUNCTION aidataops._readable_version(
    dataset aidataops.dataset,
    version aidataops.dataset_version,
    asking aidataops._asking) RETURNS aidataops.dataset_version
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source oid := aidataops._source_of(dataset);
    answer record;
BEGIN
    IF source IS NOT NULL AND (aidataops._parts(version)).kind <> 'working' AND aidataops.version_number(version) = (dataset).head THEN
        SELECT * INTO answer FROM aidataops._run_supervised(aidataops._reading_role((asking).reader, ARRAY[source]),
            'SELECT r.number FROM aidataops._rows(($1 ->> 0)::aidataops.dataset_version) AS r', jsonb_build_array(version::text), true, 0);
        IF answer.error IS NOT NULL THEN
            RETURN aidataops.to_dataset_version((dataset).name || '@WORKING');
        END IF;
    END IF;
    RETURN version;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN version; -- each rule says so
END $$;
COMMENT ON FUNCTION
    aidataops._readable_version(aidataops.dataset, aidataops.dataset_version, aidataops._asking) IS
'Internal: the version, or the table itself, by which a version is checked.';

-- Measures and records; the caller's rights were checked before. version is numbered, WORKING or NULL.
CREATE FUNCTION aidataops._record_check(caller oid, c aidataops.contract, dataset aidataops.dataset, version aidataops.dataset_version, timeout_ms integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    run bigint := nextval('aidataops.check_run_run_id_seq');
    started timestamptz := clock_timestamp();
    asking aidataops._asking := aidataops._asking_of(c, caller, timeout_ms);
    wanted aidataops.fingerprint;
    numbered integer := CASE WHEN (aidataops._parts(version)).kind = 'number' THEN aidataops.version_number(version) END;
    results jsonb;
    summary record;
BEGIN
    IF numbered IS NOT NULL THEN
        wanted := (SELECT v.fingerprint FROM aidataops.version AS v WHERE v.dataset_id = (dataset).dataset_id AND v.number = numbered);
    END IF;
    SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object('fingerprint', o.fingerprint::text)) INTO results
      FROM aidataops._check_objects(c, dataset, aidataops._readable_version(dataset, version, asking), asking) AS o;
    IF results IS NULL THEN
        RAISE EXCEPTION 'contract "%" %', (c).contract, CASE WHEN (dataset).name IS NULL THEN 'has no rule to check'
                        ELSE format('has no rule about the table of dataset "%s"', (dataset).name) END
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'No rules would mean that anything passes.';
    END IF;
    SELECT min(r ->> 'fingerprint')::aidataops.fingerprint AS fingerprint, (SELECT sum(o.num_rows) FROM (SELECT DISTINCT o ->> 'object', (o ->> 'num_rows')::bigint AS num_rows FROM jsonb_array_elements(results) AS o) AS o)::bigint AS num_rows,
           min((r ->> 'role')::bigint)::oid AS role,
           CASE WHEN bool_or(r ->> 'outcome' = 'error') THEN 'error' WHEN bool_or(r ->> 'outcome' = 'fail') THEN 'fail'
                WHEN bool_or(r ->> 'outcome' = 'warn') THEN 'warn' ELSE 'pass' END AS outcome
      INTO summary FROM jsonb_array_elements(results) AS r;
    IF wanted IS NOT NULL AND aidataops.fingerprint_ne(summary.fingerprint, wanted) THEN
        RAISE EXCEPTION 'rows that were read are not those of version %', version
            USING ERRCODE = CASE WHEN (SELECT d.head FROM aidataops.dataset AS d WHERE d.dataset_id = (dataset).dataset_id) = numbered THEN 'serialization_failure' ELSE 'data_corrupted' END,
                  DETAIL = format('Their fingerprint is %s, and that of the version is %s.', summary.fingerprint, wanted),
                  HINT = format('Either history was changed, see verify(%L), or the owner of the contract may not read it, and the table has changed since.', version);
    END IF;
    INSERT INTO aidataops.check_run (run_id, contract, contract_version, document_hash, dataset_id, number, version, fingerprint, outcome, num_rows,
                                     started_at, finished_at, checked_by, checked_as, evaluated_as)
    VALUES (run, (c).contract, (c).version, (c).document_hash, (dataset).dataset_id, numbered, version, summary.fingerprint, summary.outcome, summary.num_rows,
            started, clock_timestamp(), session_user, pg_get_userbyid(caller), (SELECT r.rolname FROM pg_roles AS r WHERE r.oid = summary.role));
    INSERT INTO aidataops.check_result (run_id, rule, object, severity, outcome, measured, threshold, failing, examples, message, relations)
    SELECT run, r.rule, r.object, r.severity, r.outcome, r.measured, r.threshold, r.failing, nullif(r.examples, 'null'), r.message,
           aidataops._relations(r.relations)
      FROM jsonb_to_recordset(results) AS r (rule text, object text, severity text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text, relations oid[]);
    RETURN run;
END $$;
COMMENT ON FUNCTION aidataops._record_check(oid, aidataops.contract, aidataops.dataset, aidataops.dataset_version, integer) IS 'Internal: checks a contract and keeps what was found.';

-- What the caller may know of decides which contract and which version are meant, so that is asked as the caller.
CREATE FUNCTION aidataops._what_to_check(contract text, version aidataops.dataset_version, contract_version text,
    OUT chosen_version text, OUT numbered text, OUT allowed boolean) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    chosen_version := (aidataops._contract_to_check(contract, contract_version)).version;
    allowed := aidataops._reads_all_of(contract, chosen_version);
    IF (aidataops._parts(version)).kind = 'working' THEN
        numbered := (aidataops._dataset(aidataops.dataset_name(version))).name || '@WORKING';
    ELSE
        numbered := aidataops.resolve(version)::text;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._what_to_check(text, aidataops.dataset_version, text) IS 'Internal: which version of a contract and of a dataset the caller means, and whether he may check it.';

CREATE FUNCTION aidataops.__run_check(caller oid, contract text, version aidataops.dataset_version, contract_version text, timeout interval) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    c aidataops.contract;
    ds aidataops.dataset;
    meant jsonb;
BEGIN
    IF contract IS NULL THEN
        RAISE EXCEPTION 'name of contract must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    meant := aidataops._supervised(caller, 'SELECT * FROM aidataops._what_to_check($1 ->> 0, ($1 ->> 1)::aidataops.dataset_version, $1 ->> 2)',
                                   jsonb_build_array(contract, version::text, contract_version)) -> 0;
    c := aidataops._contract_to_check(contract, meant ->> 'chosen_version');
    IF NOT (meant ->> 'allowed')::boolean THEN
        RAISE EXCEPTION 'permission denied to check contract "%"', contract USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('It takes the rights of role "%s", who owns it, or SELECT on all of its tables.', c.owner);
    END IF;
    IF meant ->> 'numbered' IS NOT NULL THEN
        ds := aidataops._dataset(aidataops.dataset_name(meant ->> 'numbered'));
    END IF;
    RETURN aidataops._record_check(caller, c, ds, meant ->> 'numbered', aidataops._timeout_ms(timeout));
END $$;
COMMENT ON FUNCTION aidataops.__run_check(oid, text, aidataops.dataset_version, text, interval) IS 'Internal: _run_check() with the rights of the catalog''s owner.';

CREATE FUNCTION aidataops._run_check(contract text, version aidataops.dataset_version, contract_version text, timeout interval) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._run_check(text, aidataops.dataset_version, text, interval) IS 'Internal: checks a contract, keeps what was found and returns the number of the check.';

-- How each rule came out is for who may know of the contract, and what was found for those who may read what was read.
CREATE FUNCTION aidataops.__outcomes(caller oid, run_id bigint)
    RETURNS TABLE (rule text, object text, severity text, outcome text, threshold text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF aidataops._supervised(caller, 'SELECT FROM aidataops.check_run AS r WHERE r.run_id = ($1 ->> 0)::bigint',
                             jsonb_build_array(run_id)) IS NOT NULL THEN
        RETURN QUERY SELECT r.rule, r.object, r.severity, r.outcome, r.threshold
                       FROM aidataops.check_result AS r WHERE r.run_id = __outcomes.run_id;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops.__outcomes(oid, bigint) IS 'Internal: _outcomes() with the rights of the catalog''s owner.';

CREATE FUNCTION aidataops._outcomes(
    run_id bigint,
    OUT rule text,
    OUT object text,
    OUT severity text,
    OUT outcome text,
    OUT threshold text) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 20 AS 'MODULE_PATHNAME', 'rows_as_catalog_owner';
COMMENT ON FUNCTION aidataops._outcomes(bigint) IS
'Internal: how the rules of a check came out, without what was found; no rows if the caller does not see the check.';

CREATE FUNCTION aidataops._shown_results(run_id bigint)
    RETURNS TABLE (rule text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text, severity text)
    LANGUAGE sql STABLE ROWS 20
    BEGIN ATOMIC
        SELECT o.rule, o.outcome, r.measured, o.threshold, r.failing, r.examples,
               CASE WHEN r.rule IS NOT NULL THEN r.message
                    ELSE 'what was found is for those who may read all rows of every relation that was read' END,
               o.severity
          FROM aidataops._outcomes(_shown_results.run_id) AS o
          LEFT JOIN aidataops.check_result AS r ON r.run_id = _shown_results.run_id AND r.rule = o.rule
         ORDER BY array_position('{error,fail,warn,pass}', o.outcome), o.object, o.rule;
    END;
COMMENT ON FUNCTION aidataops._shown_results(bigint) IS
'Internal: the results of a check, what is wrong first, with what was found as far as the caller may read it now.';

CREATE FUNCTION aidataops.check_contract(contract text, version aidataops.dataset_version DEFAULT NULL, contract_version text DEFAULT NULL, timeout interval DEFAULT NULL)
    RETURNS TABLE (rule text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    run bigint;
BEGIN
    IF contract IS NOT NULL THEN
        PERFORM aidataops._what_to_check(contract, version, contract_version); -- whose errors say what there is
    END IF;
    run := aidataops._run_check(contract, version, contract_version, timeout);
    RETURN QUERY SELECT r.rule, r.outcome, r.measured, r.threshold, r.failing, r.examples, r.message
                   FROM aidataops._shown_results(run) AS r;
END $$;
COMMENT ON FUNCTION aidataops.check_contract(text, aidataops.dataset_version, text, interval) IS
'Measures all rules of a contract, keeps what was found (check_run, check_result) and returns it, one row a rule, what '
'is wrong first. '
'version: the version of a dataset over a table of the contract to which the check is bound, name@WORKING for the table '
'as it is; its fingerprint is computed from the rows that are read. NULL checks the tables of the contract as they are, '
'for the record only. contract_version: the active one if NULL. timeout: for each statement, 0 for none; NULL takes the '
'setting aidataops.check_timeout. '
'outcome: pass, warn or fail by the severity of the rule, or error if it could not be measured. measured: in the unit of '
'threshold; of a rule about rows those that break it. failing: rows that break it, or groups, slices, columns. examples: '
'up to 5, key and columns of the rule, without sensitive ones. Of these and of message only the outcome is told to '
'whoever may not read all rows of a relation that the rule refers to, such as one of gold labels. '
'Without rows a share is 0, a statistic an error, and freshness fails. Rules about batches are not measured here. '
'Aggregate and row rules take one scan; duplicates, references, sql, agreement, accuracy, coverage and drift one each; '
'showing examples one more. '
'Each relation is read as its owner where the contract''s owner has the rights of that role, else as the contract''s '
'owner and only if the caller has those rights; never as a superuser if it belongs to somebody else. '
'For the owner of the contract and those who may read all rows of its tables. '
'Errors: no such contract or version, no rules, rows of a version that are not those that were recorded.';

-- ------------------------------------------------------------------- reading

CREATE FUNCTION aidataops.check_results(contract text, version aidataops.dataset_version DEFAULT NULL)
    RETURNS TABLE (rule text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text,
        severity text, run_id bigint, contract_version text, checked_version aidataops.dataset_version, checked_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT r.rule, r.outcome, r.measured, r.threshold, r.failing, r.examples, r.message, r.severity, c.run_id, c.contract_version, c.version, c.finished_at
          FROM (SELECT * FROM aidataops.check_run AS w
                 WHERE w.contract = check_results.contract
                   AND ($2 IS NULL OR w.dataset_id = (aidataops._dataset(aidataops.dataset_name($2))).dataset_id
                        AND w.number IS NOT DISTINCT FROM CASE WHEN (aidataops._parts($2)).kind <> 'working' THEN aidataops.version_number(aidataops.resolve($2)) END)
                 ORDER BY w.run_id DESC LIMIT 1) AS c
         CROSS JOIN LATERAL aidataops._shown_results(c.run_id) AS r;
END $$;
COMMENT ON FUNCTION aidataops.check_results(text, aidataops.dataset_version) IS
'What the last check of a contract found, of a version of a dataset if one is named; columns as check_contract(), and by which check, of which version of the contract and of the data, when. What was found is for those who may now read all rows of every relation that was read for a rule. No rows if there was no check, or the caller does not see the contract.';

CREATE FUNCTION aidataops.check_history(contract text, rule text DEFAULT NULL, since interval DEFAULT NULL)
    RETURNS TABLE (run_id bigint, checked_at timestamptz, contract_version text, version aidataops.dataset_version, outcome text, measured numeric,
        threshold text, failing bigint, message text, num_rows bigint, duration interval, checked_by name)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT w.run_id, w.finished_at, w.contract_version, w.version, coalesce(r.outcome, w.outcome), r.measured, r.threshold, r.failing, r.message,
               w.num_rows, w.finished_at - w.started_at, w.checked_by
          FROM aidataops.check_run AS w
          LEFT JOIN aidataops.check_result AS r ON r.run_id = w.run_id AND r.rule = $2
         WHERE w.contract = $1 AND ($2 IS NULL OR r.rule IS NOT NULL) AND ($3 IS NULL OR w.finished_at >= now() - $3)
         ORDER BY w.run_id DESC;
END $$;
COMMENT ON FUNCTION aidataops.check_history(text, text, interval) IS
'Checks of a contract, the latest first: their outcome, or that of one rule with what was measured. since: how far back, NULL for all. checked_by is session_user. duration is of the whole check.';
