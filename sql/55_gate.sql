-- Gates: what did not pass its contract is not committed, not trained on and not served (docs/gates.md)
--
-- A gate asks what the catalog knows of a fingerprint and reads no data, so it can stand before every use.

-- Contracts that hold for a table now: active ones, and a deprecated one until its successor is active.
CREATE FUNCTION aidataops._contracts_in_force(dataset aidataops.dataset) RETURNS SETOF aidataops.contract
    LANGUAGE sql STABLE ROWS 2
    BEGIN ATOMIC
        SELECT c.* FROM aidataops.contract AS c
         WHERE (c.status = 'active'
                OR c.status = 'deprecated' AND NOT EXISTS (SELECT FROM aidataops.contract AS a WHERE a.contract = c.contract AND a.status = 'active'))
           AND EXISTS (SELECT FROM aidataops.contract_table AS t
                        WHERE t.contract = c.contract AND t.version = c.version
                          AND coalesce(aidataops._source_of(t) = aidataops._source_of(dataset),
                                       t.relation_schema = (dataset).relation_schema AND t.relation_name = (dataset).relation_name))
         ORDER BY c.contract, aidataops._semver_order(c.version);
    END;
COMMENT ON FUNCTION aidataops._contracts_in_force(aidataops.dataset) IS 'Internal: the versions of contracts that hold for the table of a dataset.';

CREATE INDEX check_run_fingerprint_idx ON aidataops.check_run (dataset_id, fingerprint, run_id);
COMMENT ON INDEX aidataops.check_run_fingerprint_idx IS 'Finds the last check of rows with a fingerprint.';

-- Rules may be meant for some stages only: {"stages": ["training"]} in their parameters. Inlined into the queries that ask for them.
CREATE FUNCTION aidataops._broken_rules(run bigint, stage text) RETURNS SETOF aidataops.check_result
    LANGUAGE sql STABLE ROWS 3
    BEGIN ATOMIC
        SELECT r.* FROM aidataops.check_run AS w JOIN aidataops.check_result AS r USING (run_id)
          LEFT JOIN aidataops.rule AS u ON u.contract = w.contract AND u.version = w.contract_version AND u.rule = r.rule
         WHERE w.run_id = run AND r.outcome IN ('fail', 'error')
           AND (stage IS NULL OR u.parameters -> 'stages' IS NULL OR u.parameters -> 'stages' ? stage);
    END;
COMMENT ON FUNCTION aidataops._broken_rules(bigint, text) IS 'Internal: what a check found broken or could not measure, of the rules that count at a stage (NULL: all).';

CREATE FUNCTION aidataops._last_check(contract aidataops.contract, dataset_id integer, fingerprint aidataops.fingerprint) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT max(w.run_id) FROM aidataops.check_run AS w
         WHERE w.contract = (_last_check.contract).contract AND w.contract_version = (_last_check.contract).version AND w.document_hash = (_last_check.contract).document_hash
           AND w.dataset_id = _last_check.dataset_id AND w.fingerprint OPERATOR(aidataops.=) _last_check.fingerprint
           AND NOT EXISTS (SELECT FROM aidataops.version AS v -- its rows were others than its fingerprint says
                            WHERE v.dataset_id = w.dataset_id AND v.number = w.number AND v.status = 'broken');
    END;
COMMENT ON FUNCTION aidataops._last_check(aidataops.contract, integer, aidataops.fingerprint) IS 'Internal: the last check of a fingerprint by the document as it is; NULL if there is none.';

-- What was measured is told to those only who may read it in check_result; others learn which rules they are.
CREATE FUNCTION aidataops._gate_findings(caller oid, run bigint, stage text) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    shown jsonb := aidataops._supervised(caller,
        'SELECT r.rule, r.message FROM aidataops.check_result AS r WHERE r.run_id = ($1 ->> 0)::bigint',
        jsonb_build_array(run));
    broken record;
    findings text[] := '{}';
BEGIN
    FOR broken IN
        SELECT w.contract, r.rule, r.outcome, s.message
          FROM aidataops._broken_rules(run, stage) AS r
          JOIN aidataops.check_run AS w USING (run_id)
          LEFT JOIN jsonb_to_recordset(shown) AS s (rule text, message text) ON s.rule = r.rule
         ORDER BY r.outcome, r.rule
    LOOP
        findings := findings || format('%s: rule "%s" %s', broken.contract, broken.rule,
            CASE WHEN broken.message IS NULL THEN CASE broken.outcome WHEN 'error' THEN 'cannot be measured' ELSE 'fails' END
                 WHEN broken.outcome = 'error' THEN broken.message ELSE 'fails: ' || broken.message END);
    END LOOP;
    RETURN findings;
END $$;
COMMENT ON FUNCTION aidataops._gate_findings(oid, bigint, text) IS 'Internal: the rules that a check found broken or could not measure, of those that count at a stage, in words for those who may read what was measured.';

-- The last check of each contract in force decides, if it was of this fingerprint, and of the document as it is.
CREATE FUNCTION aidataops._obstacles(caller oid, dataset aidataops.dataset, fingerprint aidataops.fingerprint, stage text) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c aidataops.contract;
    run bigint;
    obstacles text[] := '{}';
    any_contract boolean := false;
BEGIN
    FOR c IN SELECT * FROM aidataops._contracts_in_force(dataset) LOOP
        any_contract := true;
        run := aidataops._last_check(c, (dataset).dataset_id, fingerprint);
        obstacles := obstacles || CASE WHEN run IS NULL THEN ARRAY[format('%s: version %s of the contract was not checked on these rows', c.contract, c.version)]
                                       ELSE aidataops._gate_findings(caller, run, stage) END;
    END LOOP;
    RETURN CASE WHEN any_contract THEN obstacles ELSE ARRAY['no contract is in force for its table'] END;
END $$;
COMMENT ON FUNCTION aidataops._obstacles(oid, aidataops.dataset, aidataops.fingerprint, text) IS 'Internal: why rows with a fingerprint do not pass the contracts of a dataset; empty if they do.';

CREATE FUNCTION aidataops._check_stage(stage text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(stage, '') = '' THEN
        RAISE EXCEPTION 'stage must not be %', CASE WHEN stage IS NULL THEN 'NULL' ELSE 'empty' END USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example training, evaluation or inference; rules without stages count at each.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_stage(text) IS 'Internal: an error unless a stage is named.';

CREATE FUNCTION aidataops._refuse(what text, obstacles text[], hint text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%', what
        USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = array_to_string(obstacles, E'\n'), HINT = hint;
END $$;
COMMENT ON FUNCTION aidataops._refuse(text, text[], text) IS 'Internal: the error of all gates.';

-- As the caller: which version is meant, and of the table itself the fingerprint that it has now.
CREATE FUNCTION aidataops._what_to_gate(version aidataops.dataset_version, OUT numbered text, OUT fingerprint text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    r record;
BEGIN
    IF (aidataops._parts(version)).kind = 'working' THEN
        SELECT * INTO r FROM aidataops._rows(version);
        numbered := (r.dataset).name || '@WORKING';
        fingerprint := aidataops.table_fingerprint(r.relation)::text;
    ELSE
        numbered := aidataops.resolve(version)::text;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._what_to_gate(aidataops.dataset_version) IS 'Internal: the numbered form of a version; for WORKING the fingerprint of the table.';

CREATE FUNCTION aidataops._damage(version aidataops.version) RETURNS text[]
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT CASE (version).status WHEN 'broken'
               THEN ARRAY[format('%s is broken: its rows are not what was recorded', (version).version::text)]
               ELSE '{}' END;
    END;
COMMENT ON FUNCTION aidataops._damage(aidataops.version) IS
'Internal: why no gate passes a version, whatever was checked of it; empty if nothing is known.';

CREATE FUNCTION aidataops.__gate(caller oid, version aidataops.dataset_version, stage text) RETURNS aidataops.dataset_version
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    meant jsonb;
    numbered aidataops.dataset_version;
    ds aidataops.dataset;
    committed aidataops.version;
    obstacles text[];
BEGIN
    PERFORM aidataops._check_stage(stage);
    meant := aidataops._supervised(caller, 'SELECT * FROM aidataops._what_to_gate(($1 ->> 0)::aidataops.dataset_version)', jsonb_build_array(version::text)) -> 0;
    numbered := meant ->> 'numbered';
    ds := aidataops._dataset(aidataops.dataset_name(numbered));
    SELECT v.* INTO committed FROM aidataops.version AS v WHERE v.version OPERATOR(aidataops.=) numbered;
    obstacles := aidataops._damage(committed) || aidataops._obstacles(
        caller, ds, coalesce((meant ->> 'fingerprint')::aidataops.fingerprint, committed.fingerprint), stage);
    IF obstacles <> '{}' THEN
        PERFORM aidataops._refuse(format('version %s does not pass the gate for %s', numbered, stage), obstacles, format('Use check_contract(contract, %L) to check it, and see check_results(contract, %1$L).', numbered));
    END IF;
    RETURN numbered;
END $$;
COMMENT ON FUNCTION aidataops.__gate(oid, aidataops.dataset_version, text) IS 'Internal: _gate() with the rights of the catalog''s owner.';

CREATE FUNCTION aidataops._gate(version aidataops.dataset_version, stage text) RETURNS aidataops.dataset_version
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._gate(aidataops.dataset_version, text) IS 'Internal: asks the gate.';

CREATE FUNCTION aidataops.gate(version aidataops.dataset_version, stage text DEFAULT 'training') RETURNS aidataops.dataset_version
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    IF version IS NULL THEN
        RAISE EXCEPTION 'version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF (aidataops._parts(version)).kind <> 'working' THEN
        version := aidataops.resolve(version); -- whose errors say what there is
    END IF;
    RETURN aidataops._gate(version, stage);
END $$;
COMMENT ON FUNCTION aidataops.gate(aidataops.dataset_version, text) IS
'Raises (55000) unless every contract in force for the table of a dataset was checked on exactly the fingerprint of a version, and passed; the rules that fail stand in DETAIL, line by line, with what was measured for those who may read all rows. Returns the numbered version, so that a pipeline can go on with it. The last check of that fingerprint decides, of whatever version it was; warnings pass, and rules that could not be measured do not. stage: what the version is about to be used for; rules whose parameters name stages count at these only. Reads no data, except for name@WORKING, whose fingerprint it computes. Errors too: no contract is in force, no such version, one that the caller may not know of.';

-- ------------------------------------------------------------------- commits

-- Called by commit() on the version that it has just made. The error undoes the commit.
CREATE FUNCTION aidataops._gate_commit(caller oid, dataset_id integer, number integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    ds aidataops.dataset := (SELECT d FROM aidataops.dataset AS d WHERE d.dataset_id = _gate_commit.dataset_id);
    version aidataops.dataset_version := ds.name || '@' || number;
    c aidataops.contract;
    run bigint;
    obstacles text[] := '{}';
    any_contract boolean := false;
BEGIN
    FOR c IN SELECT * FROM aidataops._contracts_in_force(ds) LOOP
        any_contract := true;
        run := aidataops._record_check(caller, c, ds, version, aidataops._timeout_ms(NULL)); -- a statement of its own, for the next to see it
        obstacles := obstacles || aidataops._gate_findings(caller, run, NULL);
    END LOOP;
    IF NOT any_contract THEN
        obstacles := ARRAY['no contract is in force for its table'];
    END IF;
    IF obstacles <> '{}' THEN
        PERFORM aidataops._refuse(format('commit to dataset "%s" does not pass the gate', ds.name), obstacles,
            CASE WHEN any_contract THEN 'Nothing was committed. Repair the rows, or commit without gate => true: gate() will still refuse the version.'
                 ELSE 'Nothing was committed. Use create_contract() to say what the table promises, and activate_contract().' END);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._gate_commit(oid, integer, integer) IS 'Internal: checks a version that is being committed, and refuses it if it fails.';

-- ------------------------------------------------------------------- gated views

-- Who may know why a gate is closed: who may know of the dataset, and readers of a view that its owner made.
CREATE FUNCTION aidataops._may_know_why(caller oid, dataset aidataops.dataset) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((aidataops._supervised(caller, 'SELECT aidataops._is_visible(($1 ->> 0)::integer) AS visible', jsonb_build_array((dataset).dataset_id)) -> 0 ->> 'visible')::boolean, false)
        OR EXISTS (
            SELECT FROM pg_depend AS d JOIN pg_rewrite AS w ON w.oid = d.objid JOIN pg_class AS v ON v.oid = w.ev_class
             WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass
               AND d.refobjid = 'aidataops.gated_version(integer, text, interval, name)'::regprocedure
               AND has_table_privilege(caller, v.oid, 'SELECT')
               AND pg_has_role(v.relowner, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = aidataops._source_of(dataset)), 'USAGE')
               AND pg_get_viewdef(v.oid) LIKE format('%%gated_version(%s,%%', (dataset).dataset_id));
END $$;
COMMENT ON FUNCTION aidataops._may_know_why(oid, aidataops.dataset) IS 'Internal: whether a caller may be told why a gate is closed.';

CREATE FUNCTION aidataops._live_obstacles(caller oid, dataset aidataops.dataset, stage text, max_age interval) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c aidataops.contract;
    last record;
    obstacles text[] := '{}';
    any_contract boolean := false;
BEGIN
    FOR c IN SELECT * FROM aidataops._contracts_in_force(dataset) LOOP
        any_contract := true;
        SELECT w.run_id, w.finished_at INTO last FROM aidataops.check_run AS w
         WHERE w.contract = c.contract AND w.contract_version = c.version AND w.dataset_id = (dataset).dataset_id
           AND w.document_hash = c.document_hash AND w.number IS NULL
         ORDER BY w.run_id DESC LIMIT 1;
        IF last.run_id IS NULL THEN
            obstacles := obstacles || format('%s: version %s of the contract was not checked on the table', c.contract, c.version);
        ELSIF last.finished_at < clock_timestamp() - max_age THEN
            obstacles := obstacles || format('%s: the last check is of %s, which is longer ago than %s', c.contract, last.finished_at, max_age);
        ELSE
            obstacles := obstacles || aidataops._gate_findings(caller, last.run_id, stage);
        END IF;
    END LOOP;
    RETURN CASE WHEN any_contract THEN obstacles ELSE ARRAY['no contract is in force for its table'] END;
END $$;
COMMENT ON FUNCTION aidataops._live_obstacles(oid, aidataops.dataset, text, interval) IS 'Internal: why the table of a dataset may not be served as it is.';

-- Without words, because many versions may have failed since the last that passed.
CREATE FUNCTION aidataops._last_that_passes(dataset aidataops.dataset, stage text, oldest timestamptz) RETURNS aidataops.version
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    contracts aidataops.contract[] := ARRAY(SELECT c FROM aidataops._contracts_in_force(dataset) AS c);
    found aidataops.version;
BEGIN
    SELECT v.* INTO found FROM aidataops.version AS v
     WHERE v.dataset_id = (dataset).dataset_id AND (oldest IS NULL OR v.committed_at >= oldest) AND contracts <> '{}'
       AND v.status = 'ok'
       AND NOT EXISTS (SELECT FROM unnest(contracts) AS c, aidataops._last_check(c, v.dataset_id, v.fingerprint) AS run
                        WHERE run IS NULL OR EXISTS (SELECT FROM aidataops._broken_rules(run, stage)))
     ORDER BY v.number DESC LIMIT 1;
    RETURN found;
END $$;
COMMENT ON FUNCTION aidataops._last_that_passes(aidataops.dataset, text, timestamptz) IS 'Internal: the last version of a dataset that passes the contracts in force for its table, of those that are not too old; NULL if there is none.';

CREATE FUNCTION aidataops._version_obstacles(caller oid, dataset aidataops.dataset, stage text, max_age interval) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last aidataops.version;
BEGIN
    SELECT v.* INTO last FROM aidataops.version AS v WHERE v.dataset_id = (dataset).dataset_id ORDER BY v.number DESC LIMIT 1;
    RETURN CASE WHEN last.version IS NULL THEN '{"There is no version yet."}'
                WHEN last.committed_at < clock_timestamp() - max_age THEN ARRAY[format('version %s is of %s, which is longer ago than %s', last.version, last.committed_at, max_age)]
                ELSE aidataops._damage(last) || aidataops._obstacles(caller, dataset, last.fingerprint, stage) END;
END $$;
COMMENT ON FUNCTION aidataops._version_obstacles(oid, aidataops.dataset, text, interval) IS 'Internal: why the last version of a dataset is not served.';

CREATE FUNCTION aidataops._gated_version(caller oid, dataset_id integer, stage text, max_age interval, history_table name) RETURNS integer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    ds aidataops.dataset := (SELECT d FROM aidataops.dataset AS d WHERE d.dataset_id = _gated_version.dataset_id);
    live boolean := history_table IS NULL;
    served aidataops.version;
    obstacles text[] := '{}';
BEGIN
    PERFORM aidataops._check_stage(stage);
    IF ds.dataset_id IS NULL THEN
        RAISE EXCEPTION 'dataset of the gated view is gone' USING ERRCODE = 'undefined_object';
    ELSIF live THEN
        obstacles := aidataops._live_obstacles(caller, ds, stage, max_age);
    ELSE
        served := aidataops._last_that_passes(ds, stage, clock_timestamp() - max_age);
        IF served.number IS NULL THEN
            obstacles := aidataops._version_obstacles(caller, ds, stage, max_age);
        ELSIF NOT EXISTS (SELECT FROM aidataops.schema_epoch AS e WHERE e.dataset_id = ds.dataset_id AND e.epoch = served.epoch AND e.history_table = _gated_version.history_table) THEN
            RAISE EXCEPTION 'the table of dataset "%" has changed its shape since the gated view was made', ds.name USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Drop the view and call create_gated_view() again.';
        END IF;
    END IF;
    IF obstacles <> '{}' THEN
        IF NOT aidataops._may_know_why(caller, ds) THEN
            obstacles := '{"The owner of the dataset can see why."}';
        END IF;
        PERFORM aidataops._refuse(format(CASE WHEN live THEN 'table of dataset "%s" does not pass the gate for %s' ELSE 'no version of dataset "%s" passes the gate for %s' END,
                                  ds.name, stage), obstacles, 'The view serves rows again as soon as a check passes.');
    END IF;
    RETURN CASE WHEN live THEN 0 ELSE served.number END;
END $$;
COMMENT ON FUNCTION aidataops._gated_version(oid, integer, text, interval, name) IS 'Internal: gated_version() with the rights of the catalog''s owner.';

CREATE FUNCTION aidataops.gated_version(dataset_id integer, stage text, max_age interval, history_table name) RETURNS integer
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.gated_version(integer, text, interval, name) IS
'What gated views ask, once a query: the number of the last version of a dataset that passes the gate for a stage and is not older than max_age (NULL: of any age). history_table: where the view finds its rows; NULL asks about the table itself, and the answer is 0. An error (55000) if there is none, with the failing rules for those who may know of the dataset and those who may read such a view of its owner''s, and what was measured for those who may read all rows.';

-- The caller's own CREATE VIEW, so no SET search_path, and all is qualified.
CREATE FUNCTION aidataops.create_gated_view(view text, dataset text, stage text DEFAULT 'inference', max_age interval DEFAULT NULL) RETURNS regclass
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    target pg_catalog.text := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p.part), '.' ORDER BY p.ordinal)
                      FROM pg_catalog.unnest(pg_catalog.parse_ident(view)) WITH ORDINALITY AS p (part, ordinal));
    definition pg_catalog.text := aidataops._gated_query(dataset, stage, max_age);
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'name of view must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    EXECUTE pg_catalog.format('CREATE VIEW %s WITH (security_barrier = true) AS %s', target, definition);
    EXECUTE pg_catalog.format('COMMENT ON VIEW %s IS %L', target, pg_catalog.format('Dataset %s, gated for %s', dataset, stage));
    PERFORM aidataops._lineage_view_of_versions(target::pg_catalog.regclass, pg_catalog.split_part(dataset, '@', 1), NULL);
    RETURN target::pg_catalog.regclass;
END $$;
COMMENT ON FUNCTION aidataops.create_gated_view(text, text, text, interval) IS
'Creates a view for consumers and returns it: it serves the last version of a dataset that passed the contracts in force and raises (55000, with the failing rules) if there is none. dataset: its name; name@WORKING, or a dataset that keeps fingerprints only, serves the table as it is, as long as its last check passed. max_age: of the version, since it was committed; of the table, since its last check; NULL for any. Readers need SELECT on the view and nothing else; policies of the table do not apply to them. Each query asks the gate once, before it reads a row, and of a version it also passes over the rows of others. Needs the rights of the dataset''s owner. Errors: the name is taken, no such dataset, no version yet.';

CREATE FUNCTION aidataops._gated_query(dataset text, stage text, max_age interval) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(split_part(dataset, '@', 1));
    source oid := aidataops._source_of(ds);
    owner oid;
    e aidataops.schema_epoch;
    live boolean := ds.storage <> 'rows' OR dataset = ds.name || '@WORKING';
    gate text;
BEGIN
    PERFORM aidataops._check_stage(stage);
    IF dataset <> ds.name AND NOT live OR dataset NOT IN (ds.name, ds.name || '@WORKING') THEN
        RAISE EXCEPTION 'a gated view is of a dataset or of its table, not of "%"', dataset USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Use %L for its last version that passes, or %L for the table as it is.', ds.name, ds.name || '@WORKING');
    ELSIF max_age <= interval '0' THEN
        RAISE EXCEPTION 'max_age must be positive, not %', max_age USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO e FROM aidataops.schema_epoch AS s WHERE s.dataset_id = ds.dataset_id AND s.epoch = ds.epoch;
    IF live AND source IS NULL OR NOT live AND e.history_table IS NULL THEN
        RAISE EXCEPTION 'dataset "%" %', ds.name, CASE WHEN live THEN 'has no table any more' ELSE 'has no version yet' END
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = CASE WHEN NOT live THEN 'Use commit() to make the first.' END;
    END IF;
    owner := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = CASE WHEN live THEN source ELSE to_regclass(format('aidataops_history.%I', e.history_table)) END);
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'permission denied to create a gated view of dataset "%"', ds.name USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('It takes the rights of role "%s", who owns it.', pg_get_userbyid(owner));
    END IF;
    -- The gate is asked once, in a filter that comes before the scan. WITH keeps the view from being one that can be updated.
    -- What the view says is read with the caller's search_path, so it says where each operator and type is.
    gate := format('WITH gate AS MATERIALIZED (SELECT aidataops.gated_version(%s, %L::pg_catalog.text, %L::pg_catalog.interval, %L::pg_catalog.name) AS number) ',
                   ds.dataset_id, stage, max_age, CASE WHEN NOT live THEN e.history_table END);
    RETURN gate || CASE WHEN live THEN
        format('SELECT %s FROM %s AS r WHERE (SELECT g.number FROM gate AS g) OPERATOR(pg_catalog.=) 0', aidataops._columns((SELECT s.column_names FROM aidataops._shape(source) AS s), 'r'), source::regclass)
    ELSE
        format('SELECT %s FROM aidataops_history.%I AS r WHERE (SELECT g.number FROM gate AS g) OPERATOR(pg_catalog.>) 0 '
               'AND r.%I OPERATOR(pg_catalog.<=) (SELECT g.number FROM gate AS g) AND r.%I OPERATOR(pg_catalog.>) (SELECT g.number FROM gate AS g)',
               aidataops._columns(e.column_names, 'r'), e.history_table, e.prefix || 'added', e.prefix || 'removed')
    END;
END $$;
COMMENT ON FUNCTION aidataops._gated_query(text, text, interval) IS 'Internal: the query of a gated view.';
