-- What kind of change: did the data change its meaning, or did the world move? (docs/drift.md, src/drift/explain*.c)

CREATE FUNCTION aidataops.explain_shift(reference aidataops.profile, current aidataops.profile)
    RETURNS TABLE (hypothesis text, factor float8, shift float8, fit float8, detail text, status text)
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 2 COST 20000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.explain_shift(aidataops.profile, aidataops.profile) IS
'What kind of change lies between two samples, a row a hypothesis, the best first: whether the data changed their meaning or the world moved. hypothesis, of numbers and times: scaled, shifted, affine, negated (current = factor * reference + shift; of times, seconds), new_spike, vanished_spike, clipped, truncated, rounded; of categories: respelled (case and white space), recoded, new_category, vanished_category, new_spike; of both: null_default, missing, filled; moved if none fits, unchanged if there is nothing to explain. fit: the share of the shift that is gone once the hypothesis is undone, 1 - (after - noise) / (before - noise), from 0.9 to 1, in the distance of Kolmogorov with NULL as the least value (of categories, total variation), where noise is what chance alone may give (1.358 sqrt(1/n + 1/m); missing and filled are given with any fit). status: explained (an honest move would hardly look like this: a known factor that it would be a coincidence to hit, the same rows changed, a value or a NULL that was not there), ambiguous (it fits, but values that moved can look the same), unexplained (moved), unchanged, insufficient_data (fewer than 50 rows), kind_changed, not_applicable (embeddings). No rows for NULL.';

CREATE FUNCTION aidataops.explain_shift(reference aidataops.dataset_version, current aidataops.dataset_version, rows text DEFAULT 'auto')
    RETURNS TABLE (column_name name, hypothesis text, factor float8, shift float8, fit float8, detail text, status text)
    LANGUAGE sql STABLE ROWS 20 COST 10000
    BEGIN ATOMIC
        SELECT d.column_name, e.hypothesis, e.factor, e.shift, e.fit, e.detail, e.status
          FROM aidataops._paired_profiles(reference, current, rows) AS p
         CROSS JOIN LATERAL aidataops._drift_rows(p.names, p.old, p.new, '{auto}', 'bh', 0.05, 50, 10, p.overlapping) WITH ORDINALITY
                 AS d (column_name, kind, method, statistic, threshold, p_value, q_value, effect, drifted, null_change, new_categories,
                       vanished_categories, out_of_range, n_reference, n_current, status, place)
         CROSS JOIN LATERAL aidataops.explain_shift(p.old[pg_catalog.array_position(p.names, d.column_name)],
                                                    p.new[pg_catalog.array_position(p.names, d.column_name)]) WITH ORDINALITY
                 AS e (hypothesis, factor, shift, fit, detail, status, place)
         WHERE d.drifted
         ORDER BY d.place, e.place;
    END;
COMMENT ON FUNCTION aidataops.explain_shift(aidataops.dataset_version, aidataops.dataset_version, text) IS
'What kind of change each column underwent that drift() calls drifted between two versions: what explain_shift() says of its profiles, the most drifted column first. Reads no data, except with name@WORKING. rows: all of both, those added since the reference against all of the reference, or auto, as for drift(). No rows if nothing drifted. For those who may read every row of the versions. Errors: as drift().';

-- Without it PostgreSQL could not tell which function explain_shift('a@1', 'a@2') means.
CREATE FUNCTION aidataops.explain_shift(reference text, current text, rows text DEFAULT 'auto')
    RETURNS TABLE (column_name name, hypothesis text, factor float8, shift float8, fit float8, detail text, status text)
    LANGUAGE sql STABLE ROWS 20 COST 10000
    BEGIN ATOMIC
        SELECT * FROM aidataops.explain_shift(reference::aidataops.dataset_version, current::aidataops.dataset_version, rows);
    END;
COMMENT ON FUNCTION aidataops.explain_shift(text, text, text) IS
'What kind of change each drifted column underwent between two versions that are written as text, explain_shift(''reviews@1'', ''reviews@2''). As for versions of type dataset_version.';
