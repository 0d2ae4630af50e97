-- What was set aside, and whether enforcement is what it should be (docs/enforcement.md)

CREATE FUNCTION aidataops._check_may_close(caller oid, relation oid) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    existing record;
BEGIN
    SELECT c.relowner, c.relname INTO existing FROM pg_class AS c WHERE c.oid = relation;
    IF existing IS NULL THEN
        PERFORM aidataops._check_may_act_for(caller, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'aidataops.quarantine'::regclass), 'close rows of a table that was dropped');
    ELSE
        PERFORM aidataops._check_may_act_for(caller, existing.relowner, format('close quarantined rows of table "%s"', existing.relname));
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_may_close(oid, oid) IS 'Internal: an error unless a caller may close rows of the quarantine of a table.';

CREATE FUNCTION aidataops.__mark_released(caller oid, quarantine_id bigint, repair jsonb) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    existing record;
BEGIN
    SELECT c.oid AS relation, c.relowner AS owner INTO existing
      FROM aidataops.quarantine AS q
      LEFT JOIN pg_class AS c
             ON c.oid = aidataops._source_oid(q.relation_oid, q.relation_origin,
                                              q.relation_schema, q.relation_name)
     WHERE q.quarantine_id = __mark_released.quarantine_id;
    IF NOT aidataops._may_know_of(caller, existing.owner,
                                  'quarantine', '{quarantine_id}', ARRAY[quarantine_id::text]) THEN
        RETURN false;
    END IF;
    PERFORM aidataops._check_may_close(caller, existing.relation);
    -- whoever else closes the same row is waited for
    PERFORM FROM aidataops.quarantine AS q
      WHERE q.quarantine_id = __mark_released.quarantine_id AND q.status = 'open' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE aidataops.quarantine AS q
       SET status = 'released', repair = __mark_released.repair, closed_at = clock_timestamp(), closed_by = session_user
     WHERE q.quarantine_id = __mark_released.quarantine_id;
    RETURN true;
END $$;
COMMENT ON FUNCTION aidataops.__mark_released(oid, bigint, jsonb) IS 'Internal: marks a row of the quarantine as released; false if it is not open.';
CREATE FUNCTION aidataops._mark_released(quarantine_id bigint, repair jsonb) RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._mark_released(bigint, jsonb) IS 'Internal: the same with the caller''s rights checked.';

-- What follows runs as the owner of the table, whose triggers and types take part in writing.
CREATE FUNCTION aidataops._columns_written(relation regclass, operation text, names text[]) RETURNS text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_catalog.string_agg(pg_catalog.format('%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname = ANY (names) AND (operation = 'INSERT' OR a.attidentity <> 'a');
END;
COMMENT ON FUNCTION aidataops._columns_written(regclass, text, text[]) IS 'Internal: those of the columns that can be written, as a list in SQL.';

-- Both sides as the table's types write them in this session, so that its settings do not matter.
CREATE FUNCTION aidataops._check_not_overtaken(target text, condition text, key jsonb, former jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present jsonb;
    past jsonb;
    overtaken text;
BEGIN
    EXECUTE format('SELECT aidataops._json(t.*), aidataops._json(f.*) FROM %1$s AS t, '
                   'jsonb_populate_record(NULL::%1$s, $1) AS f, jsonb_populate_record(NULL::%1$s, $2) AS k '
                   'WHERE %2$s FOR UPDATE OF t',
                   target, condition)
       INTO present, past USING former, key;
    IF present IS NULL THEN
        RAISE EXCEPTION 'the row that was updated is gone' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT string_agg(quote_ident(f), ', ' ORDER BY f) INTO overtaken FROM jsonb_object_keys(former) AS f WHERE present -> f IS DISTINCT FROM past -> f;
    IF overtaken IS NOT NULL THEN
        RAISE EXCEPTION 'the row has been updated since: releasing would overwrite %', overtaken
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Say by repair what they shall be, or discard the row.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_not_overtaken(text, text, jsonb, jsonb) IS 'Internal: locks the row of an update that was set aside; an error if columns that the update replaces are not what they were.';

CREATE FUNCTION aidataops.__write_quarantined(
    caller oid,
    relation regclass,
    operation text,
    key jsonb,
    content jsonb,
    former jsonb,
    repair jsonb
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target text;
    columns text;
    condition text;
    written bigint;
BEGIN
    SELECT format('%I.%I', n.nspname, c.relname) INTO target FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation;
    content := content || repair;
    IF operation = 'INSERT' THEN
        columns := aidataops._columns_written(relation, operation, ARRAY(SELECT jsonb_object_keys(content)));
        EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)', target, columns) USING content;
    ELSIF key IS NULL OR former IS NULL THEN
        RAISE EXCEPTION 'table "%" had no primary key when the row was set aside', relation
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'So it is not known which row was updated.', HINT = 'Update the row by hand, and discard this one.';
    ELSE
        -- other columns may have been updated meanwhile
        columns := aidataops._columns_written(relation, operation, ARRAY(SELECT jsonb_object_keys(former || repair)));
        IF columns IS NULL THEN
            RAISE EXCEPTION 'the update changes nothing' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Say by repair what it shall change, or discard it.';
        END IF;
        SELECT string_agg(format('t.%I = k.%1$I', k), ' AND ') INTO condition FROM jsonb_object_keys(key) AS k;
        PERFORM aidataops._check_not_overtaken(target, condition, key, former - ARRAY(SELECT jsonb_object_keys(repair)));
        EXECUTE format('UPDATE %s AS t SET (%s) = (SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)) FROM jsonb_populate_record(NULL::%1$s, $2) AS k WHERE %3$s', target, columns, condition)
          USING content, key;
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
COMMENT ON FUNCTION
    aidataops.__write_quarantined(oid, regclass, text, jsonb, jsonb, jsonb, jsonb) IS
'Internal: inserts a row that was set aside, or does its update; the number of rows written.';
CREATE FUNCTION aidataops._write_quarantined(
    relation regclass,
    operation text,
    key jsonb,
    content jsonb,
    former jsonb,
    repair jsonb
) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_table_owner';
COMMENT ON FUNCTION aidataops._write_quarantined(regclass, text, jsonb, jsonb, jsonb, jsonb) IS
'Internal: the same as the owner of the table, for those who have the rights of that role.';

CREATE FUNCTION aidataops.release_quarantine(relation regclass, quarantine_ids bigint[] DEFAULT NULL, repair jsonb DEFAULT NULL,
    OUT quarantine_id bigint, OUT outcome text, OUT problem text) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    r record;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'relation must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF jsonb_typeof(repair) <> 'object' THEN
        RAISE EXCEPTION 'repair must be a JSON object of columns and values' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR r IN SELECT q.* FROM aidataops.quarantine AS q
              WHERE q.status = 'open' AND q.content IS NOT NULL AND (quarantine_ids IS NULL OR q.quarantine_id = ANY (quarantine_ids))
                -- rows of other tables are told from those of this one before their policy is asked
                AND (q.relation_oid = relation OR NOT aidataops._is_here(q.relation_origin))
                AND aidataops._source_oid(q.relation_oid, q.relation_origin, q.relation_schema, q.relation_name) = relation
              ORDER BY q.quarantine_id
    LOOP
        quarantine_id := r.quarantine_id;
        outcome := 'kept';
        problem := NULL;
        BEGIN
            CONTINUE WHEN NOT aidataops._mark_released(r.quarantine_id, repair);
            IF aidataops._write_quarantined(relation, r.operation, r.key, r.content, r.former, coalesce(repair, '{}')) = 0 THEN
                SELECT array_to_string(q.problems, ' ') INTO problem FROM aidataops.quarantine AS q
                 WHERE q.quarantine_id > r.quarantine_id AND q.quarantined_at = now() AND q.relation_oid = relation ORDER BY q.quarantine_id DESC LIMIT 1;
                RAISE EXCEPTION '%', coalesce(problem, 'no row was written') USING ERRCODE = 'check_violation';
            END IF;
            outcome := 'released';
        EXCEPTION
            WHEN insufficient_privilege THEN RAISE;
            WHEN OTHERS THEN problem := SQLERRM; -- what the attempt did is undone, the row stays
        END;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops.release_quarantine(regclass, bigint[], jsonb) IS
'Writes rows that were set aside to their table after all: of the given numbers, or all that '
'are open, with the columns in repair replaced by its values. Each row is tried by itself: '
'released, or kept with the problem if it still breaks a rule or cannot be written. An UPDATE '
'is done to the row that had the key then, and only to the columns that it changed or that '
'repair names; it is kept if one of the former has been updated since. Needs the rights of the '
'table''s owner, as whom it is written: who is not the owner lends no rights to triggers and '
'types.';

-- A table that is gone has no owner any more: what was set aside is its contract's. Of rows that were restored from another
-- database nobody knows whether their table is gone or has another name.
CREATE FUNCTION aidataops._may_close_orphans(caller oid, contract text, origin text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_has_role(caller, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'aidataops.quarantine'::regclass), 'USAGE')
        OR aidataops._is_here(origin)
           AND EXISTS (SELECT FROM aidataops.contract AS c JOIN pg_roles AS r ON r.rolname = c.owner WHERE c.contract = _may_close_orphans.contract AND pg_has_role(caller, r.oid, 'USAGE'));
END $$;
COMMENT ON FUNCTION aidataops._may_close_orphans(oid, text, text) IS 'Internal: whether a caller may close rows of the quarantine whose table was dropped.';

CREATE FUNCTION aidataops._discard_quarantine(caller oid, relation regclass, reason text, quarantine_ids bigint[], purge boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    discarded bigint;
BEGIN
    IF coalesce(btrim(reason), '') = '' OR purge IS NULL THEN
        RAISE EXCEPTION 'a reason must be given, and purge be true or false' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF relation IS NOT NULL THEN
        PERFORM aidataops._check_may_close(caller, relation);
    END IF;
    UPDATE aidataops.quarantine AS q
       SET status = 'discarded', reason = _discard_quarantine.reason, closed_at = clock_timestamp(), closed_by = session_user,
           content = CASE WHEN purge THEN NULL ELSE q.content END, key = CASE WHEN purge THEN NULL ELSE q.key END,
           former = CASE WHEN purge THEN NULL ELSE q.former END, problems = CASE WHEN purge THEN '{}' ELSE q.problems END
     WHERE q.status = 'open' AND (quarantine_ids IS NULL OR q.quarantine_id = ANY (quarantine_ids))
       AND CASE WHEN relation IS NULL THEN aidataops._may_close_orphans(caller, q.contract, q.relation_origin)
                ELSE q.relation_oid = relation OR NOT aidataops._is_here(q.relation_origin) END
       AND aidataops._source_oid(q.relation_oid, q.relation_origin, q.relation_schema, q.relation_name) IS NOT DISTINCT FROM relation;
    GET DIAGNOSTICS discarded = ROW_COUNT;
    RETURN discarded;
END $$;
COMMENT ON FUNCTION aidataops._discard_quarantine(oid, regclass, text, bigint[], boolean) IS 'Internal: discard_quarantine().';
CREATE FUNCTION aidataops.discard_quarantine(relation regclass, reason text, quarantine_ids bigint[] DEFAULT NULL, purge boolean DEFAULT false) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.discard_quarantine(regclass, text, bigint[], boolean) IS
'Closes rows that were set aside without writing them, of the given numbers or all that are open of a table, and records who, when and why. relation: NULL for tables that were dropped since. purge: their content is erased, too, and only that they were there is kept. Returns their number. Needs the rights of the table''s owner; of tables that were dropped, those rows are closed for whose contract the caller has the rights of its owner.';

-- status

CREATE FUNCTION aidataops._below(relation oid) RETURNS TABLE (relid oid, is_partition boolean, relkind "char")
    LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE below AS (
        SELECT i.inhrelid AS relid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = relation
        UNION SELECT i.inhrelid FROM below AS b JOIN pg_catalog.pg_inherits AS i ON i.inhparent = b.relid)
    SELECT c.oid, c.relispartition, c.relkind FROM below AS b JOIN pg_catalog.pg_class AS c ON c.oid = b.relid;
END;
COMMENT ON FUNCTION aidataops._below(oid) IS 'Internal: partitions and inheriting tables of a table, on all levels.';

CREATE FUNCTION aidataops._enforcement_findings(enforcement aidataops.enforcement, relation oid) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    active text;
    expected integer;
BEGIN
    SELECT c.version INTO active FROM aidataops.contract AS c WHERE c.contract = enforcement.contract AND c.status = 'active' ORDER BY c.activated_at DESC NULLS LAST LIMIT 1;
    IF NOT EXISTS (SELECT FROM aidataops.contract AS c WHERE c.contract = enforcement.contract) THEN
        RETURN NEXT format('contract "%s" is gone', enforcement.contract);
    ELSIF active IS NULL THEN
        RETURN NEXT format('no version of contract "%s" is active', enforcement.contract);
    ELSIF active <> enforcement.version THEN
        RETURN NEXT format('version %s of contract "%s" is active, %s is enforced', active, enforcement.contract, enforcement.version);
    END IF;
    IF enforcement.suspended_until <= now() AND cardinality(enforcement.triggers) > 0 THEN
        RETURN NEXT format('suspension ended at %s: triggers enforce, resume_enforcement() puts constraints back', enforcement.suspended_until);
    END IF;

    RETURN QUERY SELECT format('constraint %I is missing', e.name) FROM unnest(enforcement.constraints) AS e (name)
                  WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = relation AND c.conname = e.name AND c.contype = 'c')
                  ORDER BY e.name;
    RETURN QUERY SELECT format('%s %I is another than enforce_contract() made', d.kind, d.name)
                   FROM (SELECT 'constraint' AS kind, c.conname AS name FROM pg_constraint AS c
                          WHERE c.conrelid = relation AND c.conname = ANY (enforcement.constraints) AND c.contype = 'c'
                            AND c.conname ~ '^aidataops_.*_[0-9]+$' AND pg_get_constraintdef(c.oid) !~ '^CHECK \(+aidataops\.check_row\('
                         UNION ALL
                         SELECT 'trigger', t.tgname FROM pg_trigger AS t JOIN pg_proc AS f ON f.oid = t.tgfoid JOIN pg_namespace AS n ON n.oid = f.pronamespace
                          WHERE t.tgrelid = relation AND t.tgname = ANY (enforcement.triggers)
                            AND (n.nspname <> 'aidataops' OR t.tgattr <> ''
                                 OR f.proname <> CASE WHEN t.tgname ~ '_batch_(insert|update)$' THEN 'enforce_batch' WHEN t.tgname ~ '_row$' THEN 'enforce_row' ELSE 'note_broken_rule' END
                                 OR t.tgqual IS NOT NULL AND f.proname <> 'note_broken_rule')) AS d
                  ORDER BY d.kind, d.name;
    RETURN QUERY SELECT format('constraint %I is not validated', c.conname) FROM pg_constraint AS c
                  WHERE c.conrelid = relation AND c.conname = ANY (enforcement.constraints) AND NOT c.convalidated ORDER BY c.conname;
    RETURN QUERY SELECT format('constraint %I is missing on %s', e.name, b.relid::regclass) FROM unnest(enforcement.constraints) AS e (name), aidataops._below(relation) AS b
                  WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = b.relid AND c.conname = e.name AND c.contype = 'c')
                  ORDER BY b.relid::regclass::text, e.name;
    RETURN QUERY SELECT format('%s is a foreign table, whose constraints are not checked', b.relid::regclass) FROM aidataops._below(relation) AS b
                  WHERE b.relkind = 'f' AND cardinality(enforcement.constraints) > 0 ORDER BY 1;

    RETURN QUERY SELECT format('trigger %I is missing', e.name) FROM unnest(enforcement.triggers) AS e (name)
                  WHERE NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = e.name) ORDER BY e.name;
    RETURN QUERY SELECT format('trigger %I is %s%s', t.tgname, CASE t.tgenabled WHEN 'D' THEN 'disabled' ELSE 'enabled for replication only' END,
                               CASE WHEN t.tgrelid <> relation THEN format(' on %s', t.tgrelid::regclass) ELSE '' END)
                   FROM pg_trigger AS t
                  WHERE (t.tgrelid = relation OR t.tgrelid IN (SELECT b.relid FROM aidataops._below(relation) AS b)) AND t.tgname = ANY (enforcement.triggers) AND t.tgenabled IN ('D', 'R')
                  ORDER BY 1;
    RETURN QUERY SELECT format('trigger %I does not fire for rows that subscription "%s" writes', t.tgname, u.subname)
                   FROM pg_subscription_rel AS s JOIN pg_subscription AS u ON u.oid = s.srsubid JOIN pg_trigger AS t ON t.tgrelid = s.srrelid
                  WHERE (t.tgrelid = relation OR t.tgrelid IN (SELECT b.relid FROM aidataops._below(relation) AS b)) AND t.tgname = ANY (enforcement.triggers) AND t.tgenabled = 'O'
                    AND t.tgtype & 1 = 1
                  ORDER BY 1;
    -- statement triggers are not for partitions, and no triggers are for tables that inherit
    RETURN QUERY SELECT format('trigger %I is missing on %s, where rows are written without it', e.name, b.relid::regclass)
                   FROM unnest(enforcement.triggers) AS e (name), aidataops._below(relation) AS b
                  WHERE NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = b.relid AND t.tgname = e.name)
                    AND (NOT b.is_partition OR e.name !~ '_batch_(insert|update)$') ORDER BY b.relid::regclass::text, e.name;
    RETURN QUERY SELECT format('trigger %I fires after the contract''s, and may change rows that were judged', t.tgname)
                   FROM pg_trigger AS t
                  WHERE t.tgrelid = relation AND NOT t.tgisinternal AND t.tgtype & 3 = 3 AND t.tgtype & 20 <> 0 AND t.tgenabled <> 'D'
                    AND t.tgname !~ '^zz_aidataops_' AND EXISTS (SELECT FROM unnest(enforcement.triggers) AS e (name) WHERE e.name LIKE '%\_row' AND t.tgname::text COLLATE "C" > e.name::text COLLATE "C")
                  ORDER BY t.tgname;
    RETURN QUERY SELECT format('column %I, which a rule is about, is missing', r.column_name)
                   FROM (SELECT DISTINCT unnest(r.columns) AS column_name FROM aidataops.rule AS r
                          WHERE r.contract = enforcement.contract AND r.version = enforcement.version AND r.object = enforcement.object AND r.level = 'row' AND r.kind <> 'expression') AS r
                  WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = r.column_name AND a.attnum > 0 AND NOT a.attisdropped)
                  ORDER BY 1;
    RETURN QUERY SELECT format('rule "%s" cannot be enforced here: check_contract() judges it', u.rule) FROM unnest(enforcement.not_enforced) AS u (rule) ORDER BY 1;
END $$;
COMMENT ON FUNCTION aidataops._enforcement_findings(aidataops.enforcement, oid) IS 'Internal: what is not as it should be where a contract is enforced.';

CREATE FUNCTION aidataops.enforcement_status(OUT contract text, OUT version text, OUT relation text, OUT mode text, OUT status text, OUT findings text[],
    OUT suspended_until timestamptz, OUT quarantined bigint, OUT warned bigint) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT e.contract, e.version, coalesce(o.relid::pg_catalog.regclass::text, pg_catalog.format('%I.%I', e.relation_schema, e.relation_name)), e.mode,
           CASE WHEN o.relid IS NULL THEN 'table is gone' WHEN e.suspended_until > pg_catalog.now() THEN 'suspended'
                WHEN f.findings = '{}' THEN 'enforced'
                WHEN NOT EXISTS (SELECT FROM pg_catalog.unnest(f.findings) AS u (finding) WHERE u.finding NOT LIKE '%is not validated') THEN 'not validated'
                ELSE 'incomplete' END,
           f.findings, e.suspended_until,
           (SELECT count(*) FROM aidataops.quarantine AS q
             WHERE (q.relation_oid = o.relid OR NOT aidataops._is_here(q.relation_origin))
               AND aidataops._source_oid(q.relation_oid, q.relation_origin, q.relation_schema,
                                         q.relation_name) = o.relid
               AND q.contract = e.contract AND q.status = 'open'),
           (SELECT coalesce(pg_catalog.sum(w.num_rows), 0)::bigint FROM aidataops.warning AS w
             WHERE (w.relation_oid = o.relid OR NOT aidataops._is_here(w.relation_origin))
               AND aidataops._source_oid(w.relation_oid, w.relation_origin, w.relation_schema,
                                         w.relation_name) = o.relid
               AND w.contract = e.contract AND w.warned_at >= e.enforced_at)
      FROM aidataops.enforcement AS e
     CROSS JOIN LATERAL (SELECT aidataops._source_oid(coalesce(e.relation_oid, 0::oid), e.relation_origin, e.relation_schema, e.relation_name) AS relid) AS o
     CROSS JOIN LATERAL (SELECT ARRAY(SELECT u FROM aidataops._enforcement_findings(e, o.relid) AS u WHERE o.relid IS NOT NULL) AS findings) AS f
     ORDER BY e.contract, 3;
END;
COMMENT ON FUNCTION aidataops.enforcement_status() IS
'Where contracts are enforced, and whether it is as it was made: status is enforced, not validated, suspended, incomplete (findings say why: a constraint or trigger dropped, disabled or missing on a partition, a version that is not the active one, a column that is gone, a later trigger), or table is gone. quarantined: rows that are open in aidataops.quarantine; warned: violations counted since it was made, a row once for each rule that it breaks. Shows tables of which the caller may read a column; rows of others are not counted.';
