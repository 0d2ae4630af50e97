-- Going back and proof: restore, is a version still what was recorded, what happened to one row (docs/versions.md)

CREATE FUNCTION aidataops.verify(version aidataops.dataset_version)
    RETURNS TABLE (check_name text, recorded text, found text, ok boolean)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 4 COST 2000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
    v aidataops.version;
    shape record;
    found_fingerprint aidataops.fingerprint;
    wrong_hashes bigint;
    double_keys bigint;
BEGIN
    SELECT * INTO r FROM aidataops._rows(version);
    SELECT * INTO v FROM aidataops.version AS w
     WHERE w.dataset_id = (r.dataset).dataset_id AND w.number = coalesce(r.number, (r.dataset).head);
    IF v.version IS NULL THEN
        RAISE EXCEPTION 'dataset "%" has no version yet', (r.dataset).name
            USING ERRCODE = 'undefined_object', HINT = 'Use commit() to make the first.';
    END IF;

    -- each row is hashed once: without OFFSET 0 the planner would write the call in both places
    SELECT f.* INTO found_fingerprint, wrong_hashes
      FROM aidataops._read(ARRAY[r.relation], format($query$
        SELECT aidataops.fingerprint_agg(h.found), count(*) FILTER (WHERE h.found IS DISTINCT FROM h.recorded)
          FROM (SELECT %5$s AS found, %1$s AS recorded
                  FROM %2$s AS r CROSS JOIN LATERAL (SELECT %4$s) AS c WHERE %3$s OFFSET 0) AS h
        $query$, CASE WHEN r.number IS NULL THEN 'NULL::uuid' ELSE r.row_hash END, r.from_item, r.condition,
        aidataops._columns(r.column_names, 'r'), aidataops._hash_expression(r.column_names, 'c')))
        AS f (fingerprint aidataops.fingerprint, wrong bigint);

    SELECT e.column_names, e.column_types INTO shape FROM aidataops.schema_epoch AS e
     WHERE e.dataset_id = v.dataset_id AND e.epoch = v.epoch;

    RETURN QUERY VALUES
        ('row_count', v.num_rows::text, aidataops.row_count(found_fingerprint)::text, v.num_rows = aidataops.row_count(found_fingerprint)),
        ('fingerprint', v.fingerprint::text, found_fingerprint::text, aidataops.fingerprint_eq(v.fingerprint, found_fingerprint));
    IF r.number IS NULL THEN
        RETURN QUERY SELECT 'schema'::text, 'as in ' || v.version::text,
            coalesce(nullif(array_to_string(s.changes, ', '), ''), 'as in ' || v.version::text), s.changes = '{}'
          FROM (SELECT aidataops._schema_changes(shape.column_names, shape.column_types, r.column_names, r.column_types) AS changes) AS s;
        RETURN;
    END IF;
    IF cardinality((r.dataset).key) = 0 THEN
        RETURN QUERY VALUES ('row_hashes', '0 differ', wrong_hashes || ' differ', wrong_hashes = 0);
        RETURN;
    END IF;
    double_keys := aidataops._count_rows(
        r.relation,
        format('SELECT FROM %s AS r WHERE %s GROUP BY %s HAVING count(*) > 1',
               r.from_item, r.condition, aidataops._columns((r.dataset).key, 'r')));
    RETURN QUERY VALUES
        ('row_hashes', '0 differ', wrong_hashes || ' differ', wrong_hashes = 0),
        ('keys', '0 occur twice', double_keys || ' occur twice', double_keys = 0);
END $$;
COMMENT ON FUNCTION aidataops.verify(aidataops.dataset_version) IS
'Whether a version still holds what was recorded of it, recomputed from its rows, one row a check: row_count, fingerprint, row_hashes (stored with each row) and keys (each once; not without a key). For name@WORKING, whether the table still is what the latest version recorded: row_count, fingerprint and schema. ok is false for what does not fit. Detects accidental and clumsy change, not forgery by who may write history and catalog. Reads every row of the version. Errors: no such version, storage is fingerprint (except for WORKING), no SELECT on the history.';

-- The key is found by the index on it. But to make a value of JSON may run code of who owns its
-- type, and then texts are compared.
CREATE FUNCTION aidataops._row_states(rows record, key name[]) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    compared name[] := ARRAY(SELECT a.attname FROM pg_attribute AS a
                              WHERE a.attrelid = rows.relation AND a.attname = ANY (key)
                                AND aidataops._input_runs_code(a.atttypid));
    made name[] := ARRAY(SELECT k.name FROM unnest(key) AS k (name) WHERE k.name <> ALL (compared));
    condition text := aidataops._key_condition(rows.relation, rows.relation, made, 'r', 'k');
BEGIN
    condition := concat_ws(' AND ', nullif(condition, ''),
        (SELECT string_agg(format('aidataops._json(r.%1$I) = $1 -> %1$L', c.name), ' AND ')
           FROM unnest(compared) AS c (name)));
    RETURN format('SELECT r.%1$I, r.%2$I, aidataops._json(c.*) '
                  'FROM jsonb_populate_record(NULL::%3$s, $1 - %4$L::text[]) AS k '
                  'JOIN %3$s AS r ON %5$s CROSS JOIN LATERAL (SELECT %6$s) AS c',
                  rows.prefix || 'added', rows.prefix || 'removed', rows.from_item, compared,
                  condition, aidataops._columns(rows.column_names, 'r'));
END $$;
COMMENT ON FUNCTION aidataops._row_states(record, name[]) IS
'Internal: the query of the states that a row had in a history table.';

CREATE FUNCTION aidataops.repair_dataset(
    dataset text,
    message text DEFAULT 'repair: history did not hold what was recorded')
    RETURNS aidataops.dataset_version
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000
    SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.repair_dataset(text, text) IS
'Goes on with a dataset whose history is damaged, and returns its head. '
'Recomputes every version from its rows, as verify() does, and marks those that are not what was '
'recorded, or are gone with their history table: log() gives them the status broken, and no gate '
'passes them; a version that fits again is ok again. If the head is broken, the table as it is '
'becomes the next version, with message, in a new history table; what changed since is not known '
'(rows_added and its like are NULL). Old versions and what was recorded of them stay as they are. '
'A notice says what was done, also that nothing is broken, or that fingerprints only are kept. '
'Called again it does nothing more. Reads all history and the table. NULL for NULL, and before the '
'first version. Needs the rights of the dataset''s owner. Errors as commit().';

CREATE FUNCTION aidataops.row_history(dataset text, key jsonb)
    RETURNS TABLE (version aidataops.dataset_version, change text, columns text[], after jsonb,
        committed_at timestamptz, committed_by name, actor text, message text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10 COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    part record;
    relations oid[] := '{}';
    states text;
BEGIN
    IF ds.storage <> 'rows' THEN
        RAISE EXCEPTION 'dataset "%" keeps fingerprints only, so the history of its rows is not known', ds.name USING ERRCODE = 'feature_not_supported';
    ELSIF cardinality(ds.key) = 0 THEN
        RAISE EXCEPTION 'dataset "%" has no key, so its rows have no history of their own', ds.name USING ERRCODE = 'feature_not_supported';
    ELSIF key IS NULL OR jsonb_typeof(key) <> 'object' OR NOT key ?& ds.key::text[] OR (SELECT count(*) FROM jsonb_object_keys(key)) <> cardinality(ds.key) THEN
        RAISE EXCEPTION 'key must be a JSON object with the key columns of dataset "%": %', ds.name, array_to_string(ds.key, ', ')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'As in the column "key" of diff().';
    END IF;
    IF ds.head = 0 THEN
        RETURN;
    END IF;

    -- the table of each shape, with the columns of its last epoch; _rows() checks what the caller may read
    FOR part IN
        SELECT r.*, e.history_table
          FROM (SELECT DISTINCT ON (e.history_table) e.history_table, v.number
                  FROM (SELECT v.epoch, max(v.number) AS number FROM aidataops.version AS v
                         WHERE v.dataset_id = ds.dataset_id GROUP BY v.epoch) AS v
                  JOIN aidataops.schema_epoch AS e ON e.dataset_id = ds.dataset_id AND e.epoch = v.epoch
                 WHERE e.epoch = ds.epoch OR to_regclass(format('aidataops_history.%I', e.history_table)) IS NOT NULL
                 ORDER BY e.history_table, v.number DESC) AS e
         CROSS JOIN LATERAL aidataops._rows(aidataops.to_dataset_version(ds.name || '@' || e.number)) AS r
    LOOP
        relations := relations || part.relation;
        states := concat_ws(' UNION ALL ', states, aidataops._row_states(part, ds.key));
    END LOOP;

    -- a state that begins where another ends is a modification; one that ends and none begins, a removal
    RETURN QUERY
        WITH states AS (
            SELECT * FROM aidataops._read(relations, states, key)
                       AS s (added integer, removed integer, after jsonb)),
        events AS (
            SELECT n.added AS number, n.after, p.after AS before, p.added IS NOT NULL AS had_one
              FROM states AS n LEFT JOIN states AS p ON p.removed = n.added
            UNION ALL
            SELECT p.removed, NULL, p.after, true FROM states AS p
             WHERE p.removed < 2147483647 AND NOT EXISTS (SELECT FROM states AS n WHERE n.added = p.removed))
        SELECT v.version,
               CASE WHEN NOT e.had_one THEN 'added' WHEN e.after IS NULL THEN 'removed' ELSE 'modified' END,
               CASE WHEN e.had_one AND e.after IS NOT NULL THEN
                   ARRAY(SELECT c.name FROM (SELECT jsonb_object_keys(e.before) UNION SELECT jsonb_object_keys(e.after)) AS c (name)
                          WHERE coalesce((e.before -> c.name)::text, 'null') <> coalesce((e.after -> c.name)::text, 'null') ORDER BY c.name COLLATE "C") END,
               e.after, v.committed_at, v.committed_by, v.actor, v.message
          FROM events AS e
          JOIN aidataops.version AS v ON v.dataset_id = ds.dataset_id AND v.number = e.number
         WHERE NOT e.had_one OR e.after IS NULL OR e.before::text <> e.after::text
         ORDER BY e.number DESC;
END $$;
COMMENT ON FUNCTION aidataops.row_history(text, jsonb) IS
'What happened to one row of a dataset, the latest first: row_history(''reviews'', ''{"id": 3}''). The version, change (added, modified, removed), for a modification the columns that changed, the row after it (NULL when it was removed), and who committed when and why. Found by the index on the key. Of versions whose history table is gone (see repair_dataset()) nothing is told. No rows if no version had the key. Errors: no such dataset, a key that does not name the key columns, storage is fingerprint, no SELECT on the history.';

-- ------------------------------------------------------------------------ going back

-- No SET search_path: triggers fire with the settings of the owner who restores, as if written by hand.
CREATE FUNCTION aidataops.restore(version aidataops.dataset_version, fire_triggers boolean DEFAULT true, cascade boolean DEFAULT false)
    RETURNS TABLE (rows_added bigint, rows_removed bigint, rows_modified bigint, rows_unmodified bigint,
        cells_added bigint, cells_removed bigint, cells_modified bigint, cells_unmodified bigint, from_rows bigint, to_rows bigint)
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1 COST 10000 AS 'MODULE_PATHNAME', 'dataset_restore';
COMMENT ON FUNCTION aidataops.restore(aidataops.dataset_version, boolean, boolean) IS
'Makes the table of a dataset equal to one of its versions again, and reports what changed as diff_stat() does. Deletes, updates and inserts just the rows that differ, in one statement, while writers of the table wait; it does not commit a version. fire_triggers: whether the table''s own triggers fire (foreign keys are checked in any case); if one makes another row of a row, that is an error. cascade: whether rows of other tables may be deleted or changed by foreign keys that act on a deletion; where two rows exchange values of a unique index, and in few other cases, a modified row is deleted and inserted anew, which counts. Generated columns are computed; numbers of identity columns come back, and their sequences are moved on. NULL for any argument does nothing. Needs the rights of the dataset''s owner; anybody but the owner fires triggers without their own rights and settings. Errors, all before anything remains: the columns changed since, a foreign key or another constraint is violated, row-level security hides rows, under REPEATABLE READ (40001) others changed the table since the snapshot, the source is a view or a foreign table or has rules or inheritance children, storage is fingerprint.';
