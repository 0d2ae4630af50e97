-- Drift of datasets: which columns moved, between versions and between relations (docs/drift.md)

CREATE FUNCTION aidataops._drift_measure(reference aidataops.profile, current aidataops.profile, method text, bins integer,
    OUT method text, OUT statistic float8, OUT threshold float8, OUT p_value float8, OUT effect float8,
    OUT new_categories bigint, OUT vanished_categories bigint, OUT out_of_range float8, OUT status text) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 AS 'MODULE_PATHNAME', 'drift_measure';
COMMENT ON FUNCTION aidataops._drift_measure(aidataops.profile, aidataops.profile, text, integer) IS 'Internal: all that drift() says about one column.';

-- Profiles of the table as it is, of all rows or of those that came since a version.
CREATE FUNCTION aidataops._working_profiles(version aidataops.dataset_version, since aidataops.dataset_version DEFAULT NULL)
    RETURNS TABLE (column_name name, role text, profile aidataops.profile)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
    c record;
    d record;
    rows text;
    profiles aidataops.profile[];
BEGIN
    SELECT * INTO r FROM aidataops._rows(version);
    SELECT * INTO c FROM aidataops._profile_calls(r.relation, (r.dataset).roles);
    IF c.calls IS NULL THEN
        RETURN;
    END IF;
    rows := r.from_item || ' AS r';
    IF since IS NOT NULL THEN
        SELECT * INTO d FROM aidataops._differences(since, version);
        rows := format('(SELECT %s FROM %s WHERE %s IS DISTINCT FROM %s AND %3$s IS NOT NULL) AS r',
                       aidataops._columns(d.t_columns, 't'), d.from_clause, d.t_hash, d.f_hash);
    END IF;
    EXECUTE format('SELECT ARRAY[%s]::aidataops.profile[] FROM %s', c.calls, rows) INTO profiles;
    RETURN QUERY SELECT * FROM unnest(c.names, c.column_roles, profiles);
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

-- From pairs of profiles to what people read: measured, corrected for many columns, most drifted first.
CREATE FUNCTION aidataops._drift_rows(columns name[], reference aidataops.profile[], current aidataops.profile[],
    wanted text, correction text, alpha float8, min_rows bigint, bins integer, overlapping boolean)
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
            SELECT p.name, p.old, p.new, m.*,
                   CASE WHEN p.old IS NULL THEN 'new_column' WHEN p.new IS NULL THEN 'column_gone' WHEN m.status = 'kind_changed' THEN m.status
                        WHEN least(aidataops.num_rows(p.old), aidataops.num_rows(p.new)) < min_rows THEN 'insufficient_data' END AS problem
              FROM unnest(columns, reference, current) AS p (name, old, new)
              LEFT JOIN LATERAL aidataops._drift_measure(p.old, p.new, wanted, bins) AS m ON true
        ), valid AS (
            SELECT m.*, coalesce(m.problem, CASE WHEN overlapping AND m.status = 'ok' THEN 'overlapping_samples' ELSE m.status END) AS verdict,
                   CASE WHEN m.problem IS NULL AND NOT overlapping THEN m.p_value END AS p
              FROM measured AS m
        ), ranked AS (
            SELECT v.*, rank() OVER (ORDER BY v.p) AS r, count(v.p) OVER () AS n FROM valid AS v
        ), corrected AS (
            SELECT r.*, CASE correction
                WHEN 'bh' THEN least(1, min(r.p * r.n / nullif(r.r, 0)) OVER (ORDER BY r.p DESC NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
                WHEN 'holm' THEN least(1, max(r.p * (r.n - r.r + 1)) OVER (ORDER BY r.p RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
                WHEN 'bonferroni' THEN least(1, r.p * r.n) ELSE r.p END AS q
              FROM ranked AS r
        )
        SELECT c.name, aidataops.profile_kind(coalesce(c.new, c.old)), c.method, c.statistic, c.threshold, c.p, CASE WHEN c.p IS NOT NULL THEN c.q END, c.effect,
               CASE WHEN c.problem = 'kind_changed' THEN true
                    WHEN c.problem IS NOT NULL OR c.statistic IS NULL THEN NULL
                    WHEN c.threshold IS NULL THEN c.q <= alpha
                    ELSE c.statistic > c.threshold AND (c.p IS NULL OR c.q <= alpha) END,
               aidataops.null_fraction(c.new) - aidataops.null_fraction(c.old), c.new_categories, c.vanished_categories, c.out_of_range,
               aidataops.num_rows(c.old), aidataops.num_rows(c.new), c.verdict
          FROM corrected AS c
         ORDER BY CASE WHEN c.problem IN ('kind_changed', 'new_column', 'column_gone') THEN 0 ELSE 1 END,
                  coalesce(c.statistic / c.threshold, CASE WHEN c.p IS NOT NULL THEN -log(greatest(c.p, 1e-300)) END) DESC NULLS LAST, c.name;
END $$;
COMMENT ON FUNCTION aidataops._drift_rows(name[], aidataops.profile[], aidataops.profile[], text, text, float8, bigint, integer, boolean) IS 'Internal: what drift() and compare() report, from pairs of profiles.';


CREATE FUNCTION aidataops._drift(reference aidataops.dataset_version, current aidataops.dataset_version, rows text,
    wanted text, correction text, alpha float8, min_rows bigint, bins integer)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE plpgsql STABLE ROWS 20 COST 10000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    overlapping boolean := aidataops._overlap(reference, current);
    added boolean;
    names name[];
    old aidataops.profile[];
    new aidataops.profile[];
BEGIN
    IF rows IS NULL OR rows NOT IN ('auto', 'all', 'added') THEN
        RAISE EXCEPTION 'rows of a comparison cannot be "%"', rows USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'They are ''all'' of both versions, those ''added'' since the reference against all of the reference, or ''auto'': added if the versions share rows.';
    ELSIF rows = 'added' AND aidataops.dataset_name(reference) <> aidataops.dataset_name(current) THEN
        RAISE EXCEPTION 'rows added since the reference are those of one dataset' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use rows => ''all'' to compare versions of different datasets.';
    END IF;
    added := rows = 'added' OR rows = 'auto' AND overlapping AND aidataops._is_later(current, reference);
    overlapping := overlapping AND NOT added;
    IF added THEN
        SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
          FROM aidataops._version_profiles(reference) AS r FULL JOIN aidataops._added_profiles(reference, current) AS c USING (column_name);
    ELSE
        SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
          FROM aidataops._version_profiles(reference) AS r FULL JOIN aidataops._version_profiles(current) AS c USING (column_name);
    END IF;
    RETURN QUERY SELECT * FROM aidataops._drift_rows(names, old, new, wanted, correction, alpha, min_rows, bins, overlapping);
END $$;
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
'Which columns moved between two versions, one row a column, the most drifted first; from the profiles that commits store, so it reads no data, except with name@WORKING. rows: all of both, those added since the reference against all of the reference, or auto: added if the versions share rows, which would dilute any distance and void any p-value. method: auto (psi; frechet_distance for embeddings), or one of psi, js_distance, hellinger_distance, total_variation_distance, linf_distance, kl_divergence, cramers_v, chi2_test, g_test, ks_distance, wasserstein_distance (in standard deviations), cohens_d, t_test, cosine_distance. drifted: the statistic is above its threshold, which grows as samples shrink, and the q-value, the p-value corrected for the number of columns (bh, holm, bonferroni, none), is at most alpha. effect: Cohen''s d of numbers and times, Cramer''s V of categories, cosine distance of embeddings. null_change: of the share of NULLs. out_of_range: share of current values outside the range of the reference. status: ok, lower_bound (more than 4096 categories), overlapping_samples (no p-value), insufficient_data (fewer than min_rows), kind_changed, new_column, column_gone, not_applicable, degenerate. Identifiers and ignored columns are left out; other columns are treated by their roles. For those who may read every row of the versions. Errors: no such version, an unknown method, rows or correction.';

CREATE FUNCTION aidataops._compare(reference regclass, current regclass, wanted text, correction text, alpha float8, min_rows bigint, bins integer)
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
    SELECT array_agg(coalesce(r.column_name, c.column_name)), array_agg(r.profile), array_agg(c.profile) INTO names, old, new
      FROM aidataops.profile_columns(reference) AS r FULL JOIN aidataops.profile_columns(current) AS c USING (column_name);
    RETURN QUERY SELECT * FROM aidataops._drift_rows(names, old, new, wanted, correction, alpha, min_rows, bins, reference = current);
END $$;
COMMENT ON FUNCTION aidataops._compare(regclass, regclass, text, text, float8, bigint, integer) IS 'Internal: compare(), for the reason of _drift().';

CREATE FUNCTION aidataops.compare(reference regclass, current regclass, method text DEFAULT 'auto', correction text DEFAULT 'bh', alpha float8 DEFAULT 0.05,
    min_rows bigint DEFAULT 50, bins integer DEFAULT 10)
    RETURNS TABLE (column_name name, kind text, method text, statistic float8, threshold float8, p_value float8, q_value float8, effect float8,
        drifted boolean, null_change float8, new_categories bigint, vanished_categories bigint, out_of_range float8,
        n_reference bigint, n_current bigint, status text)
    LANGUAGE sql STABLE ROWS 20 COST 100000
    BEGIN ATOMIC
        SELECT * FROM aidataops._compare(reference, current, method, correction, alpha, min_rows, bins);
    END;
COMMENT ON FUNCTION aidataops.compare(regclass, regclass, text, text, float8, bigint, integer) IS
'Which columns differ between two tables or views, columns as drift(): a training table against today''s, two views of one table. Reads both, each once. Columns are matched by name and profiled by their types: a code that is a number is treated as one. p-values hold if the two share no rows. Needs SELECT on both; row-level security applies. Errors: an unknown method or correction.';
