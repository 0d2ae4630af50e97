-- Drift of datasets: which columns moved, between versions and between relations (docs/drift.md)

CREATE FUNCTION aidataops._drift_measure(reference aidataops.profile, current aidataops.profile, method text, bins integer,
    OUT kind text, OUT method text, OUT statistic float8, OUT threshold float8, OUT p_value float8, OUT effect float8, OUT null_change float8,
    OUT new_categories bigint, OUT vanished_categories bigint, OUT out_of_range float8, OUT n_reference bigint, OUT n_current bigint,
    OUT status text) RETURNS record
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500 AS 'MODULE_PATHNAME', 'drift_measure';
COMMENT ON FUNCTION aidataops._drift_measure(aidataops.profile, aidataops.profile, text, integer) IS
'Internal: all that drift() says about one column, in one call because it is the decoding of the profiles that costs. A profile that is NULL is a column that there is not. Errors: method or bins is NULL, or is none.';

-- Profiles of the table as it is, of all rows or of those that came since a version.
CREATE FUNCTION aidataops._working_profiles(version aidataops.dataset_version, since aidataops.dataset_version DEFAULT NULL)
    RETURNS TABLE (column_name name, role text, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- categories are counted by their text, which is to be the same in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    r record;
    c record;
    d record;
    rows text;
    relations oid[];
BEGIN
    SELECT * INTO r FROM aidataops._rows(version);
    SELECT * INTO c FROM aidataops._profile_calls(r.relation, (r.dataset).roles);
    IF c.calls IS NULL THEN
        RETURN;
    END IF;
    rows := r.from_item || ' AS r';
    relations := ARRAY[r.relation];
    IF since IS NOT NULL THEN
        SELECT * INTO d FROM aidataops._differences(since, version);
        relations := d.relations;
        rows := format('(SELECT %s FROM %s WHERE %s IS DISTINCT FROM %s AND %3$s IS NOT NULL) AS r',
                       aidataops._columns(d.t_columns, 't'), d.from_clause, d.t_hash, d.f_hash);
    END IF;
    RETURN QUERY
        SELECT u.name, u.role, p.profile
          FROM unnest(c.names, c.column_roles) AS u (name, role)
          JOIN aidataops._read_profiles(relations, c.names, c.calls, rows) AS p
               ON p.column_name = u.name;
END $$;
COMMENT ON FUNCTION aidataops._working_profiles(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: profiles of a dataset''s table as it is.';

CREATE FUNCTION aidataops._version_profiles(version aidataops.dataset_version)
    RETURNS TABLE (column_name name, role text, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    numbered aidataops.dataset_version;
BEGIN
    IF version IS NULL THEN
        RAISE EXCEPTION 'version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF (aidataops._parts(version)).kind = 'working' THEN
        RETURN QUERY SELECT * FROM aidataops._working_profiles(version);
        RETURN;
    END IF;
    numbered := aidataops.resolve(version);
    IF NOT aidataops._reads_all((SELECT v.dataset_id FROM aidataops.version AS v WHERE v.version OPERATOR(aidataops.=) numbered)) THEN
        RAISE EXCEPTION 'permission denied for the profiles of dataset "%"', aidataops.dataset_name(version)
            USING ERRCODE = 'insufficient_privilege', DETAIL = 'They are for those who may read every row of its versions.';
    END IF;
    RETURN QUERY SELECT c.column_name, c.role, c.profile
                   FROM aidataops.version AS v JOIN aidataops.version_column AS c USING (dataset_id, number)
                  WHERE v.version OPERATOR(aidataops.=) numbered;
END $$;
COMMENT ON FUNCTION aidataops._version_profiles(aidataops.dataset_version) IS 'Internal: profiles of the columns of a version, stored or of the table as it is.';

-- Rows that came between two versions of a dataset.
CREATE FUNCTION aidataops._added_profiles(reference aidataops.dataset_version, current aidataops.dataset_version)
    RETURNS TABLE (column_name name, role text, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (aidataops._parts(current)).kind = 'working' THEN
        RETURN QUERY SELECT * FROM aidataops._working_profiles(current, reference);
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.column_name, (array_agg(c.role ORDER BY c.number DESC))[1], aidataops.rollup(c.profile_added)
          FROM aidataops.version_column AS c
          JOIN aidataops.version AS r ON r.version OPERATOR(aidataops.=) aidataops.resolve(reference)
          JOIN aidataops.version AS t ON t.version OPERATOR(aidataops.=) aidataops.resolve(current)
         WHERE c.dataset_id = r.dataset_id AND c.number > r.number AND c.number <= t.number
         GROUP BY c.column_name;
END $$;
COMMENT ON FUNCTION aidataops._added_profiles(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: profiles of the rows that came between two versions.';

CREATE FUNCTION aidataops._is_later(version aidataops.dataset_version, other aidataops.dataset_version) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN (aidataops._parts(other)).kind = 'working' THEN false WHEN (aidataops._parts(version)).kind = 'working' THEN true
                    ELSE aidataops.version_number(aidataops.resolve(version)) > aidataops.version_number(aidataops.resolve(other)) END;
    END;
COMMENT ON FUNCTION aidataops._is_later(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: whether one version of a dataset came after the other.';

-- Do the versions share rows? Certainly not if as many went since as there were.
CREATE FUNCTION aidataops._overlap(reference aidataops.dataset_version, current aidataops.dataset_version) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first integer;
    last integer;
    ds aidataops.dataset;
    working boolean := (aidataops._parts(current)).kind = 'working';
BEGIN
    IF aidataops.dataset_name(reference) <> aidataops.dataset_name(current) THEN
        RETURN false;
    END IF;
    ds := aidataops._dataset(aidataops.dataset_name(reference));
    first := CASE WHEN (aidataops._parts(reference)).kind = 'working' THEN ds.head ELSE aidataops.version_number(aidataops.resolve(reference)) END;
    last := CASE WHEN working THEN ds.head ELSE aidataops.version_number(aidataops.resolve(current)) END;
    RETURN (SELECT v.num_rows FROM aidataops.version AS v WHERE v.dataset_id = ds.dataset_id AND v.number = least(first, last))
         > coalesce((SELECT sum(v.rows_removed + v.rows_modified) FROM aidataops.version AS v
                      WHERE v.dataset_id = ds.dataset_id AND v.number > least(first, last) AND v.number <= greatest(first, last)), 0);
END $$;
COMMENT ON FUNCTION aidataops._overlap(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: whether two versions have rows in common, as far as counts tell.';

CREATE FUNCTION aidataops._compares_added(reference aidataops.dataset_version, current aidataops.dataset_version, rows text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF rows IS NULL OR rows NOT IN ('auto', 'all', 'added') THEN
        RAISE EXCEPTION 'rows of a comparison cannot be "%"', coalesce(rows, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'They are ''all'' of both versions, those ''added'' since the reference against all of the reference, or ''auto'': added if the versions share rows.';
    ELSIF rows = 'added' AND aidataops.dataset_name(reference) <> aidataops.dataset_name(current) THEN
        RAISE EXCEPTION 'rows added since the reference are those of one dataset' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use rows => ''all'' to compare versions of different datasets.';
    ELSIF rows = 'added' AND NOT aidataops._is_later(current, reference) THEN
        RAISE EXCEPTION '% did not come after %', current, reference USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use rows => ''all'' to compare in this direction.';
    ELSIF rows = 'added' AND (aidataops._dataset(aidataops.dataset_name(reference))).storage <> 'rows' THEN
        RAISE EXCEPTION 'dataset "%" keeps fingerprints only, so the rows that were added are not known', aidataops.dataset_name(reference)
            USING ERRCODE = 'feature_not_supported', HINT = 'Use rows => ''all''.';
    END IF;
    RETURN rows = 'added' OR rows = 'auto' AND aidataops._overlap(reference, current) AND aidataops._is_later(current, reference)
        AND (aidataops._dataset(aidataops.dataset_name(reference))).storage = 'rows';
END $$;
COMMENT ON FUNCTION aidataops._compares_added(aidataops.dataset_version, aidataops.dataset_version, text) IS 'Internal: whether the rows added since the reference are compared, and not all.';

-- From pairs of profiles to what people read: measured, corrected for many columns, most drifted first. wanted: a method for
-- all, or one a column.
CREATE FUNCTION aidataops._drift_rows(columns name[], reference aidataops.profile[], current aidataops.profile[],
    wanted text[], correction text, alpha float8, min_rows bigint, bins integer, overlapping boolean)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF correction IS NULL OR correction NOT IN ('bh', 'holm', 'bonferroni', 'none') THEN
        RAISE EXCEPTION 'unknown correction "%"', correction USING ERRCODE = 'invalid_parameter_value',
            HINT = 'There are bh (Benjamini and Hochberg), holm, bonferroni and none.';
    ELSIF alpha IS NULL OR NOT alpha > 0 OR NOT alpha < 1 THEN
        RAISE EXCEPTION 'alpha must be between 0 and 1, not %', coalesce(alpha::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    ELSIF min_rows IS NULL OR min_rows < 1 THEN
        RAISE EXCEPTION 'min_rows must be at least 1, not %', coalesce(min_rows::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        WITH measured AS (
            SELECT p.name, m.*,
                   CASE WHEN m.status IN ('new_column', 'column_gone', 'kind_changed') THEN m.status
                        WHEN least(m.n_reference, m.n_current) < min_rows THEN 'insufficient_data' END AS problem
              FROM unnest(columns, reference, current) WITH ORDINALITY AS p (name, old, new, ordinal)
             CROSS JOIN LATERAL aidataops._drift_measure(p.old, p.new, wanted[CASE WHEN cardinality(wanted) = 1 THEN 1 ELSE p.ordinal END], bins) AS m
        ), valid AS (
            SELECT m.*, coalesce(m.problem, CASE WHEN overlapping AND m.status = 'ok' THEN 'overlapping_samples' ELSE m.status END) AS verdict,
                   CASE WHEN m.problem IS NULL AND NOT overlapping THEN m.p_value END AS p
              FROM measured AS m
        ), ranked AS (
            SELECT v.*, rank() OVER (ORDER BY v.p) AS r, count(v.p) OVER (ORDER BY v.p) AS up_to, count(v.p) OVER () AS n FROM valid AS v
        ), corrected AS (
            SELECT r.*, CASE correction
                WHEN 'bh' THEN least(1, min(r.p * r.n / nullif(r.up_to, 0)) OVER (ORDER BY r.p DESC NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
                WHEN 'holm' THEN least(1, max(r.p * (r.n - r.r + 1)) OVER (ORDER BY r.p RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
                WHEN 'bonferroni' THEN least(1, r.p * r.n) ELSE r.p END AS q
              FROM ranked AS r
        )
        SELECT c.name, c.kind, c.method, c.statistic, c.threshold, c.p, CASE WHEN c.p IS NOT NULL THEN c.q END, c.effect,
               CASE WHEN c.problem = 'kind_changed' THEN true
                    WHEN c.problem IS NOT NULL OR c.statistic IS NULL THEN NULL
                    WHEN c.threshold IS NULL THEN c.q <= alpha
                    ELSE c.statistic > c.threshold AND (c.p IS NULL OR c.q <= alpha) END,
               c.null_change, c.new_categories, c.vanished_categories, c.out_of_range, c.n_reference, c.n_current, c.verdict
          FROM corrected AS c
         ORDER BY CASE WHEN c.problem IN ('kind_changed', 'new_column', 'column_gone') THEN 0 ELSE 1 END,
                  coalesce(c.statistic / c.threshold, CASE WHEN c.p IS NOT NULL THEN -log(greatest(c.p, 1e-300)) END) DESC NULLS LAST, c.name;
END $$;
COMMENT ON FUNCTION aidataops._drift_rows(name[], aidataops.profile[], aidataops.profile[], text[], text, float8, bigint, integer, boolean) IS 'Internal: what drift() and compare() report, from pairs of profiles.';


-- Which profiles of two versions are compared, column by column.
CREATE FUNCTION aidataops._paired_profiles(reference aidataops.dataset_version, current aidataops.dataset_version, rows text,
    OUT names name[], OUT old aidataops.profile[], OUT new aidataops.profile[], OUT overlapping boolean) RETURNS record
    LANGUAGE plpgsql STABLE COST 10000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    overlapping := aidataops._overlap(reference, current);
    IF aidataops._compares_added(reference, current, rows) THEN
        overlapping := false;
        SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
          FROM aidataops._version_profiles(reference) AS r FULL JOIN aidataops._added_profiles(reference, current) AS c USING (column_name);
    ELSE
        SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
          FROM aidataops._version_profiles(reference) AS r FULL JOIN aidataops._version_profiles(current) AS c USING (column_name);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._paired_profiles(aidataops.dataset_version, aidataops.dataset_version, text) IS 'Internal: the profiles that drift() compares, and whether they are of samples that share rows.';

CREATE FUNCTION aidataops._drift(reference aidataops.dataset_version, current aidataops.dataset_version, rows text,
    wanted text, correction text, alpha float8, min_rows bigint, bins integer)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE sql STABLE ROWS 20 COST 10000
    BEGIN ATOMIC
        SELECT d.* FROM aidataops._paired_profiles(reference, current, rows) AS p,
                        aidataops._drift_rows(p.names, p.old, p.new, ARRAY[wanted], correction, alpha, min_rows, bins, p.overlapping) AS d;
    END;
COMMENT ON FUNCTION aidataops._drift(aidataops.dataset_version, aidataops.dataset_version, text, text, text, float8, bigint, integer) IS 'Internal: drift(), whose argument "method" has the name of a column of its result.';

CREATE FUNCTION aidataops.drift(reference aidataops.dataset_version, current aidataops.dataset_version, rows text DEFAULT 'auto',
    method text DEFAULT 'auto', correction text DEFAULT 'bh', alpha float8 DEFAULT 0.05, min_rows bigint DEFAULT 50, bins integer DEFAULT 10)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE sql STABLE ROWS 20 COST 10000
    BEGIN ATOMIC
        SELECT * FROM aidataops._drift(reference, current, rows, method, correction, alpha, min_rows, bins);
    END;
COMMENT ON FUNCTION aidataops.drift(aidataops.dataset_version, aidataops.dataset_version, text, text, text, float8, bigint, integer) IS
'Which columns moved between two versions, one row a column, the most drifted first; from the profiles that commits store, so it reads no data, except with name@WORKING. rows: all of both, those added since the reference against all of the reference, or auto: added if the versions share rows, which would dilute any distance and void any p-value. method: auto (psi; frechet_distance for embeddings), or one of psi, js_distance, hellinger_distance, total_variation_distance, linf_distance, kl_divergence, cramers_v, chi2_test, g_test, ks_distance, wasserstein_distance (in standard deviations), cohens_d, t_test, cosine_distance. drifted: the statistic is above its threshold, which grows as samples shrink, and the q-value, the p-value corrected for the number of columns (bh, holm, bonferroni, none), is at most alpha. effect: Cohen''s d of numbers and times, Cramer''s V of categories, cosine distance of embeddings. null_change: of the share of NULLs. out_of_range: share of current values outside the range of the reference. status: ok, lower_bound (more than 4096 categories), overlapping_samples (no p-value), insufficient_data (fewer than min_rows), kind_changed, new_column, column_gone, not_applicable, degenerate. Identifiers and ignored columns are left out; other columns are treated by their roles. For those who may read every row of the versions. Errors: no such version, an unknown method, rows or correction, rows => added of a dataset that keeps fingerprints only.';

-- Profiles of the columns of a relation that are worth comparing: by the roles given, or else by their types.
CREATE FUNCTION aidataops._relation_profiles(relation regclass, roles jsonb)
    RETURNS TABLE (column_name name, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- categories are counted by their text, which is to be the same in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    names name[];
    calls text;
BEGIN
    SELECT array_agg(c.name ORDER BY c.name), string_agg(c.call, ', ' ORDER BY c.name) INTO names, calls
      FROM (SELECT a.attname AS name,
                   CASE WHEN roles ? a.attname::text THEN aidataops._role_call(roles ->> a.attname::text, a.attname, a.atttypid)
                        WHEN aidataops._base_type(a.atttypid) <> 'uuid'::regtype AND a.attnum <> ALL (coalesce(i.indkey::smallint[], '{}'))
                        THEN aidataops._profile_expression(a.attname, a.atttypid) END AS call
              FROM pg_attribute AS a LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
             WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped) AS c
     WHERE c.call IS NOT NULL;
    IF names IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT * FROM aidataops._read_profiles(ARRAY[relation], names, calls, relation::text);
END $$;
COMMENT ON FUNCTION aidataops._relation_profiles(regclass, jsonb) IS 'Internal: profiles of the columns of a relation but for identifiers, from one scan.';

CREATE FUNCTION aidataops._compare(reference regclass, current regclass, wanted text, correction text, alpha float8, min_rows bigint, bins integer, roles jsonb)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE plpgsql STABLE ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names name[];
    old aidataops.profile[];
    new aidataops.profile[];
BEGIN
    IF reference IS NULL OR current IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN reference IS NULL THEN 'reference' ELSE 'current' END USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- only checks: no column is left to guess
    PERFORM aidataops._complete_roles(reference, '{}', roles, (SELECT jsonb_object_agg(a.attname, 'ignore') FROM pg_attribute AS a WHERE a.attrelid = reference));
    SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
      FROM aidataops._relation_profiles(reference, roles) AS r FULL JOIN aidataops._relation_profiles(current, roles) AS c USING (column_name)
        -- what one relation knows to be an identifier is one in the other, which may be a view
     WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE NOT a.attisdropped AND a.attname = coalesce(r.column_name, c.column_name)
                          AND a.attrelid = CASE WHEN r.column_name IS NULL THEN reference WHEN c.column_name IS NULL THEN current END);
    RETURN QUERY SELECT * FROM aidataops._drift_rows(names, old, new, ARRAY[wanted], correction, alpha, min_rows, bins, reference = current);
END $$;
COMMENT ON FUNCTION aidataops._compare(regclass, regclass, text, text, float8, bigint, integer, jsonb) IS 'Internal: compare(), for the reason of _drift().';

CREATE FUNCTION aidataops.compare(reference regclass, current regclass, method text DEFAULT 'auto', correction text DEFAULT 'bh', alpha float8 DEFAULT 0.05,
    min_rows bigint DEFAULT 50, bins integer DEFAULT 10, roles jsonb DEFAULT NULL)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE sql STABLE ROWS 20 COST 100000
    BEGIN ATOMIC
        SELECT * FROM aidataops._compare(reference, current, method, correction, alpha, min_rows, bins, roles);
    END;
COMMENT ON FUNCTION aidataops.compare(regclass, regclass, text, text, float8, bigint, integer, jsonb) IS
'Which columns differ between two tables or views, columns as drift(): a training table against today''s, two views of one table. Reads both, each once. Columns are matched by name and profiled by their types, unless roles says what they are, {"column": "role"} as in create_dataset(): a code that is a number is treated as one without {"code": "category"}, and {"id": "ignore"} leaves a column out. The columns of a primary key and those of type uuid are taken as identifiers and left out. p-values hold if the two share no rows. Needs SELECT on both; row-level security applies. Errors: an unknown method or correction, an unknown role, a role for a column that the reference does not have, NULL for a relation.';

-- ---------------------------------------------------------------------- drilling down

-- The rows to look at: all of a version, or those that came since another.
CREATE FUNCTION aidataops._rows_to_compare(version aidataops.dataset_version, since aidataops.dataset_version, alias text,
    OUT from_item text, OUT relation oid, OUT column_names name[], OUT roles jsonb,
    OUT relations oid[]) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    -- the table may have columns that came, or went, after the version
    SELECT r.relation, r.column_names, (SELECT coalesce(jsonb_object_agg(c.key, c.value), '{}') FROM jsonb_each((r.dataset).roles) AS c WHERE c.key = ANY (r.column_names))
      INTO relation, column_names, roles FROM aidataops._rows(version) AS r;
    relations := ARRAY[relation];
    IF since IS NULL THEN
        from_item := format('(%s) AS %I', aidataops._version_query(version), alias);
        RETURN;
    END IF;
    SELECT * INTO d FROM aidataops._differences(since, version);
    relations := d.relations;
    from_item := format('(SELECT %s FROM %s WHERE %s IS DISTINCT FROM %s AND %3$s IS NOT NULL) AS %5$I',
                        aidataops._columns(d.t_columns, 't'), d.from_clause, d.t_hash, d.f_hash, alias);
END $$;
COMMENT ON FUNCTION aidataops._rows_to_compare(aidataops.dataset_version, aidataops.dataset_version, text) IS 'Internal: a subquery of the rows of a version, or of those that came since another.';

CREATE FUNCTION aidataops._segment_profiles(version aidataops.dataset_version, since aidataops.dataset_version, segment_by name)
    RETURNS TABLE (segment text, column_name name, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- categories are counted by their text, which is to be the same in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    r record;
    c record;
BEGIN
    SELECT * INTO r FROM aidataops._rows_to_compare(version, since, 'r');
    IF segment_by <> ALL (r.column_names) THEN
        RAISE EXCEPTION 'column "%" to segment by does not exist in %', segment_by, version USING ERRCODE = 'undefined_column';
    END IF;
    SELECT * INTO c FROM aidataops._profile_calls(r.relation, r.roles - segment_by::text);
    IF c.calls IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT s.segment, u.name, u.profile
          FROM aidataops._read(r.relations, format(
                   'SELECT aidataops._text(%I), ARRAY[%s]::aidataops.profile[] FROM %s GROUP BY 1',
                   segment_by, c.calls, r.from_item))
               AS s (segment text, profiles aidataops.profile[]),
               unnest(c.names, s.profiles) AS u (name, profile);
END $$;
COMMENT ON FUNCTION aidataops._segment_profiles(aidataops.dataset_version, aidataops.dataset_version, name) IS 'Internal: profiles of the columns by segment, from one scan.';

CREATE FUNCTION aidataops._drift_by(reference aidataops.dataset_version, current aidataops.dataset_version, segment_by name, rows text,
    wanted text, correction text, alpha float8, min_rows bigint, bins integer)
    RETURNS TABLE (segment text, column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, contribution float8, n_reference bigint, n_current bigint, status text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    overlapping boolean := aidataops._overlap(reference, current);
    added boolean := aidataops._compares_added(reference, current, rows);
    segments text[];
    names name[];
    old aidataops.profile[];
    new aidataops.profile[];
BEGIN
    SELECT array_agg(coalesce(r.segment, c.segment)), array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile)
      INTO segments, names, old, new
      FROM aidataops._segment_profiles(reference, NULL, segment_by) AS r
      FULL JOIN aidataops._segment_profiles(current, CASE WHEN added THEN reference END, segment_by) AS c
        ON r.column_name = c.column_name AND coalesce('=' || r.segment, '') = coalesce('=' || c.segment, ''); -- NULL is a segment, too
    RETURN QUERY
        SELECT segments[d.place], names[d.place], d.kind, d.method, d.statistic, d.threshold, d.p_value, d.q_value, d.effect,
               CASE WHEN d.status IN ('new_column', 'column_gone') THEN NULL ELSE d.drifted END, d.part,
               coalesce(d.n_reference, 0), coalesce(d.n_current, 0),
               CASE d.status WHEN 'new_column' THEN 'new_segment' WHEN 'column_gone' THEN 'segment_gone' ELSE d.status END
          FROM (SELECT m.*, m.beyond / nullif(sum(m.beyond) OVER (PARTITION BY names[m.place]), 0) AS part
                  FROM (SELECT r.*, r.column_name::text::integer AS place,
                               -- a threshold is 0.1 and what chance gives, which many small segments would add up
                               CASE WHEN r.statistic IS NOT NULL THEN greatest(r.statistic - coalesce(r.threshold - 0.1, 0), 0) END * r.n_current AS beyond
                          FROM aidataops._drift_rows(ARRAY(SELECT generate_subscripts(names, 1)::text::name), old, new, ARRAY[wanted], correction, alpha, min_rows, bins,
                                                     overlapping AND NOT added) AS r) AS m) AS d
         ORDER BY CASE WHEN d.drifted THEN 0 ELSE 1 END, d.part DESC NULLS LAST, 1, 2;
END $$;
COMMENT ON FUNCTION aidataops._drift_by(aidataops.dataset_version, aidataops.dataset_version, name, text, text, text, float8, bigint, integer) IS 'Internal: drift_by(), for the reason of _drift().';

CREATE FUNCTION aidataops.drift_by(reference aidataops.dataset_version, current aidataops.dataset_version, segment_by name, rows text DEFAULT 'auto',
    method text DEFAULT 'auto', correction text DEFAULT 'bh', alpha float8 DEFAULT 0.05, min_rows bigint DEFAULT 50, bins integer DEFAULT 10)
    RETURNS TABLE (segment text, column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, contribution float8, n_reference bigint, n_current bigint, status text)
    LANGUAGE sql STABLE ROWS 100 COST 100000
    BEGIN ATOMIC
        SELECT * FROM aidataops._drift_by(reference, current, segment_by, rows, method, correction, alpha, min_rows, bins);
    END;
COMMENT ON FUNCTION aidataops.drift_by(aidataops.dataset_version, aidataops.dataset_version, name, text, text, text, float8, bigint, integer) IS
'Where it drifted: drift() within each value of a column, one row a segment and column. contribution: the segment''s part of what moved in the column, its statistic beyond what chance gives, weighted by its current rows (they add up to 1 over the segments of a column; NULL if all is chance); the drifted with the largest come first. p-values are corrected for columns and segments together. status as drift(), and new_segment, segment_gone. Reads the rows of both versions, each once. Other arguments as drift(). Errors: as drift(), no such column.';

CREATE FUNCTION aidataops._band_condition(family text, value text, band text, lower float8, upper float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE
            WHEN band = 'NULL' THEN pg_catalog.format('%s IS NULL', value)
            WHEN family = 'category' AND pg_catalog.right(band, 3) = '...' THEN
                pg_catalog.format('pg_catalog.starts_with(aidataops._text(%s), %L)',
                                  value, pg_catalog.left(band, -3))
            WHEN family = 'category'
              OR band IN ('NaN', 'Infinity', '-Infinity') AND lower IS NULL AND upper IS NULL THEN
                pg_catalog.format('aidataops._text(%s) = %L', value, band)
            ELSE pg_catalog.format(CASE family WHEN 'time' THEN '(EXTRACT(epoch FROM %1$s)::float8 >= %2$L AND EXTRACT(epoch FROM %1$s)::float8 %4$s %3$L)'
                                               ELSE '((%1$s)::float8 >= %2$L AND (%1$s)::float8 %4$s %3$L)' END,
                                   value, COALESCE(lower, '-Infinity'), COALESCE(upper, 'Infinity'), CASE WHEN lower = upper OR upper IS NULL THEN '<=' ELSE '<' END)
        END;
    END;
COMMENT ON FUNCTION aidataops._band_condition(text, text, text, float8, float8) IS 'Internal: the condition that a value is in a bin of psi_bins().';

CREATE FUNCTION aidataops.drift_rows(reference aidataops.dataset_version, current aidataops.dataset_version, column_name name, n integer DEFAULT 5,
    bands integer DEFAULT 3, rows text DEFAULT 'auto')
    RETURNS TABLE (band text, reference_share float8, current_share float8, contribution float8, example jsonb)
    LANGUAGE plpgsql STABLE ROWS 15 COST 100000 SET search_path = pg_catalog, pg_temp
    -- categories are counted by their text, which is to be the same in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    added boolean := aidataops._compares_added(reference, current, rows);
    wanted name := column_name;
    r record;
    old aidataops.profile;
    new aidataops.profile;
    column_role text;
    value text;
    family text;
    b record;
BEGIN
    SELECT * INTO r FROM aidataops._rows_to_compare(current, CASE WHEN added THEN reference END, 'r');
    SELECT p.profile INTO old FROM aidataops._version_profiles(reference) AS p WHERE p.column_name = wanted;
    IF added THEN
        SELECT p.profile, p.role INTO new, column_role FROM aidataops._added_profiles(reference, current) AS p WHERE p.column_name = wanted;
    ELSE
        SELECT p.profile, p.role INTO new, column_role FROM aidataops._version_profiles(current) AS p WHERE p.column_name = wanted;
    END IF;
    IF n IS NULL OR n < 1 THEN
        RAISE EXCEPTION 'n must be at least 1, not %', coalesce(n::text, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is how many rows of each bin are shown.';
    ELSIF bands IS NULL OR bands < 1 THEN
        RAISE EXCEPTION 'bands must be at least 1, not %', coalesce(bands::text, 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is of how many bins rows are shown.';
    ELSIF old IS NULL OR new IS NULL THEN
        RAISE EXCEPTION 'column "%" is not profiled in both % and %', wanted, reference, current USING ERRCODE = 'undefined_column',
            HINT = 'Identifiers and ignored columns are not; set_column_roles() says what a column is, from the next commit on.';
    ELSIF aidataops.profile_kind(new) = 'embedding' THEN
        RAISE EXCEPTION 'column "%" has embeddings, which have no bands', wanted USING ERRCODE = 'feature_not_supported';
    END IF;
    -- as it was profiled then: by now it may have another role, or be gone
    SELECT regexp_replace(aidataops._role_call(column_role, a.attname, a.atttypid), '^aidataops\.profile_agg\((.*)\)$', '\1') INTO value
      FROM pg_attribute AS a WHERE a.attrelid = r.relation AND a.attname = wanted;
    family := CASE WHEN aidataops.profile_kind(new) IN ('text', 'bool', 'uuid', 'bytea', 'jsonb') THEN 'category'
                   WHEN aidataops.profile_kind(new) IN ('date', 'time', 'timestamp', 'timestamptz') THEN 'time' ELSE 'number' END;
    FOR b IN SELECT * FROM aidataops.psi_bins(old, new) AS p WHERE p.current_share > p.reference_share ORDER BY p.contribution DESC, p.bin LIMIT bands LOOP
        RETURN QUERY
            SELECT b.band, b.reference_share, b.current_share, b.contribution, e.example
              FROM aidataops._read(r.relations, format(
                       'SELECT aidataops._json(r.*) FROM %s WHERE %s '
                       'ORDER BY aidataops.row_hash(r.*) LIMIT $1',
                       r.from_item,
                       aidataops._band_condition(family, value, b.band, b.lower, b.upper)), n)
                   AS e (example jsonb);
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops.drift_rows(aidataops.dataset_version, aidataops.dataset_version, name, integer, integer, text) IS
'Which rows make a column drift: examples from the bins of psi_bins() that grew most, n of each of up to bands bins, the same each time. rows: as in drift(). Reads the rows of the current version. Errors: as drift(), a column that is not profiled, embeddings, n or bands below 1.';
