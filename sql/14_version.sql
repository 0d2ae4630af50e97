-- Versions of tables: declare, commit, compare, look back (docs/versions.md, src/version)
--
-- What reads the catalog runs as the caller, whom row-level security shows what may be known. What
-- writes it is C. Names beginning with _ are internal.

-- ------------------------------------------------------------------ finding a version

CREATE FUNCTION aidataops._dataset(name text) RETURNS aidataops.dataset
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_dataset aidataops.dataset;
    known text;
BEGIN
    SELECT * INTO found_dataset FROM aidataops.dataset AS d WHERE d.name = _dataset.name;
    IF found_dataset.dataset_id IS NULL THEN
        SELECT string_agg(quote_ident(d.name), ', ' ORDER BY d.name) INTO known
          FROM (SELECT d.name FROM aidataops.dataset AS d ORDER BY d.name LIMIT 20) AS d;
        RAISE EXCEPTION 'dataset "%" does not exist', coalesce(_dataset.name, 'NULL')
            USING ERRCODE = 'undefined_object',
                  HINT = coalesce('There are: ' || known || '.', 'There are none yet: declare one with create_dataset(name, relation).');
    END IF;
    RETURN found_dataset;
END $$;
COMMENT ON FUNCTION aidataops._dataset(text) IS 'Internal: the dataset of a name, or an error that names those there are.';

CREATE FUNCTION aidataops.resolve(version aidataops.dataset_version) RETURNS aidataops.dataset_version
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts record;
    ds aidataops.dataset;
    wanted integer;
    problem text;
    known text;
BEGIN
    SELECT * INTO parts FROM aidataops._parts(version);
    ds := aidataops._dataset(parts.dataset);

    IF parts.kind = 'working' THEN
        RAISE EXCEPTION '% has no number: it is the table itself', version
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use commit() to make it a version.';
    ELSIF ds.head = 0 THEN
        RAISE EXCEPTION 'dataset "%" has no version yet', ds.name
            USING ERRCODE = 'undefined_object', HINT = 'Use commit() to make the first.';
    END IF;

    CASE parts.kind
        WHEN 'number' THEN
            wanted := parts.number;
            problem := format('version %s of dataset "%s" does not exist', wanted, ds.name);
        WHEN 'head' THEN
            wanted := ds.head - parts.number;
            problem := format('version %s does not exist: the dataset has %s version(s)', version, ds.head);
        WHEN 'tag' THEN
            SELECT t.number INTO wanted FROM aidataops.tag AS t WHERE t.dataset_id = ds.dataset_id AND t.tag = parts.tag;
            problem := format('tag "%s" of dataset "%s" does not exist', parts.tag, ds.name);
        WHEN 'time' THEN
            SELECT v.number INTO wanted FROM aidataops.version AS v
             WHERE v.dataset_id = ds.dataset_id AND v.committed_at <= parts.as_of
             ORDER BY v.committed_at DESC LIMIT 1;
            problem := format('dataset "%s" had no version by %s', ds.name, parts.as_of);
    END CASE;

    IF wanted IS NULL OR wanted < 1 OR wanted > ds.head THEN
        SELECT string_agg(format('%s (%s@%s)', t.tag, ds.name, t.number), ', ' ORDER BY t.number, t.tag) INTO known
          FROM (SELECT * FROM aidataops.tag AS t WHERE t.dataset_id = ds.dataset_id ORDER BY t.number DESC LIMIT 20) AS t;
        RAISE EXCEPTION '%', problem
            USING ERRCODE = 'undefined_object',
                  HINT = format('There are %s@1%s to %s@%s; %s.', ds.name,
                      CASE parts.kind WHEN 'time' THEN (SELECT format(' (%s)', v.committed_at) FROM aidataops.version AS v
                                                         WHERE v.dataset_id = ds.dataset_id AND v.number = 1) END,
                      ds.name, ds.head, coalesce('tags: ' || known, 'no tags'));
    END IF;
    RETURN aidataops.to_dataset_version(ds.name || '@' || wanted);
END $$;
COMMENT ON FUNCTION aidataops.resolve(aidataops.dataset_version) IS
'The numbered form of a version: resolve(''reviews@HEAD'') is reviews@7. An error that names what exists if there is no such version, and for name@WORKING, which has no number. NULL for NULL.';

CREATE FUNCTION aidataops._shape(relation oid, OUT column_names name[], OUT column_types text[]) RETURNS record
    LANGUAGE C STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'history_shape';
COMMENT ON FUNCTION aidataops._shape(oid) IS 'Internal: names and types of the columns of a relation, as schema_epoch keeps them.';

CREATE FUNCTION aidataops._columns(column_names name[], alias text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce(string_agg(format('%s.%I', alias, c.name), ', ' ORDER BY c.ordinal), '')
          FROM unnest(column_names) WITH ORDINALITY AS c (name, ordinal);
    END;
COMMENT ON FUNCTION aidataops._columns(name[], text) IS 'Internal: a select list of columns.';

-- Columns given one by one are hashed without making a row of them, which takes half the time.
CREATE FUNCTION aidataops._hash_expression(column_names name[], alias text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN cardinality(column_names) BETWEEN 1 AND current_setting('max_function_args')::integer - 1
                    THEN format('aidataops._columns_hash(%L, %s)', column_names, aidataops._columns(column_names, alias))
                    ELSE format('aidataops.row_hash(%s.*)', alias) END; -- the alias alone could be a column
    END;
COMMENT ON FUNCTION aidataops._hash_expression(name[], text) IS 'Internal: the hash of a row that has just these columns.';

-- Where the rows of a version are: what to select from and which rows of it.
CREATE FUNCTION aidataops._rows(version aidataops.dataset_version, every_row boolean DEFAULT true,
    OUT dataset aidataops.dataset, OUT number integer, OUT relation oid, OUT from_item text,
    OUT column_names name[], OUT column_types text[], OUT prefix text, OUT row_hash text, OUT condition text)
    RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    e record;
    source oid;
BEGIN
    IF version IS NULL THEN
        RAISE EXCEPTION 'version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    dataset := aidataops._dataset(aidataops.dataset_name(version));
    source := aidataops._source_oid(dataset.relation_oid, dataset.relation_origin, dataset.relation_schema, dataset.relation_name);

    IF (aidataops._parts(version)).kind = 'working' THEN
        relation := source;
        IF relation IS NULL THEN
            RAISE EXCEPTION 'source table "%.%" of dataset "%" does not exist', dataset.relation_schema, dataset.relation_name, dataset.name
                USING ERRCODE = 'undefined_table',
                      HINT = format('Its versions can still be read. To go on with another table, use attach_dataset(%L, relation).', dataset.name);
        END IF;
        IF every_row THEN
            PERFORM aidataops._check_sees_all_rows(relation);
        END IF;
        from_item := relation::regclass::text;
        SELECT s.column_names, s.column_types INTO column_names, column_types FROM aidataops._shape(relation) AS s;
        IF column_names = '{}' THEN
            RAISE EXCEPTION 'table % of dataset "%" has no columns left', from_item, dataset.name USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        prefix := '_';
        WHILE column_names && ARRAY[prefix || 'hash', prefix || 'nth']::name[] LOOP
            prefix := prefix || '_';
        END LOOP;
        row_hash := aidataops._hash_expression(column_names, 'r');
        condition := 'true';
        RETURN;
    END IF;

    IF dataset.storage <> 'rows' THEN
        RAISE EXCEPTION 'dataset "%" keeps fingerprints only, so the rows of its versions cannot be read', dataset.name
            USING ERRCODE = 'feature_not_supported', HINT = 'Create a dataset with storage => ''rows'' to look back and compare.';
    END IF;
    number := aidataops.version_number(aidataops.resolve(version));
    SELECT s.* INTO e FROM aidataops.version AS v JOIN aidataops.schema_epoch AS s USING (dataset_id, epoch)
     WHERE v.dataset_id = dataset.dataset_id AND v.number = _rows.number;
    from_item := format('aidataops_history.%I', e.history_table);
    relation := to_regclass(from_item);
    IF relation IS NULL THEN
        RAISE EXCEPTION 'history of dataset "%" is missing: there is no table %', dataset.name, from_item
            USING ERRCODE = 'undefined_table';
    ELSIF (SELECT c.relkind FROM pg_class AS c WHERE c.oid = relation) <> 'r' THEN -- before 16 its owner could make a view of it
        RAISE EXCEPTION 'history of dataset "%" is damaged: % is no table', dataset.name, from_item
            USING ERRCODE = 'wrong_object_type';
    ELSIF (SELECT count(*) FROM pg_attribute AS a
            WHERE a.attrelid = relation
              AND a.attname IN (e.prefix || 'added', e.prefix || 'removed')
              AND a.atttypid = 'integer'::regtype) <> 2 THEN -- a cast would be its owner's code
        RAISE EXCEPTION 'history of dataset "%" is damaged: % has columns of other types',
            dataset.name, from_item
            USING ERRCODE = 'datatype_mismatch';
    ELSIF NOT has_table_privilege(relation, 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for the history of dataset "%"', dataset.name
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('The owner of the dataset can allow it: GRANT SELECT ON %s TO %I.', from_item, current_user);
    END IF;
    IF every_row THEN
        PERFORM aidataops._check_sees_all_history(relation, source);
    END IF;
    column_names := e.column_names;
    column_types := e.column_types;
    prefix := e.prefix;
    row_hash := format('r.%I', prefix || 'hash');
    condition := format('r.%I OPERATOR(pg_catalog.<=) %s AND r.%I OPERATOR(pg_catalog.>) %s', prefix || 'added', number, prefix || 'removed', number);
END $$;
COMMENT ON FUNCTION aidataops._rows(aidataops.dataset_version, boolean) IS 'Internal: where the rows of a version are, and the shape they have. every_row: an error if policies may hide some.';

-- The whole tuples of history, if they are the four own columns and then just the version's,
-- are read faster.
CREATE FUNCTION aidataops._version_queries(
    version aidataops.dataset_version,
    OUT relation oid,
    OUT query text,
    OUT stored text
) RETURNS record
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT r.relation,
               format('SELECT %s FROM %s AS r WHERE %s',
                      aidataops._columns(r.column_names, 'r'), r.from_item, r.condition),
               CASE WHEN r.number IS NOT NULL
                     AND ARRAY(SELECT CASE WHEN a.attisdropped THEN '' ELSE a.attname END::name
                                 FROM pg_attribute AS a
                                WHERE a.attrelid = r.relation AND a.attnum > 0
                                ORDER BY a.attnum)
                       = ARRAY[r.prefix || 'rid', r.prefix || 'added',
                               r.prefix || 'removed', r.prefix || 'hash']::name[] || r.column_names
                    THEN format('SELECT * FROM %s AS r WHERE %s', r.from_item, r.condition) END
          FROM aidataops._rows(version, false) AS r;
    END;
COMMENT ON FUNCTION aidataops._version_queries(aidataops.dataset_version) IS
'Internal: what the rows of a version are read from, the query that gives them in their own shape, '
'and the one that gives them as history stores them, NULL if they have another shape there.';

CREATE FUNCTION aidataops._version_query(version aidataops.dataset_version) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT q.query FROM aidataops._version_queries(version) AS q;
    END;
COMMENT ON FUNCTION aidataops._version_query(aidataops.dataset_version) IS
'Internal: the query that gives the rows of a version in its own shape.';

-- ------------------------------------------------------------------------- declaring

CREATE FUNCTION aidataops._guess_role(relation regclass, column_name name, is_key boolean, typid oid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base oid := typid;
    category "char";
    kind "char";
    n bigint;
    n_distinct bigint;
    mean_length float8;
BEGIN
    SELECT t.typcategory, t.typtype INTO category, kind FROM pg_type AS t WHERE t.oid = base;
    IF is_key THEN RETURN 'identifier'; END IF;
    IF column_name::text ~* '^(label|labels|target|class|ground_truth|gold|y)$' OR column_name::text ~* '_label$' THEN RETURN 'label'; END IF;
    IF column_name::text ~* '^(prediction|predicted|y_pred|y_hat|pred)$' OR column_name::text ~* '_(prediction|predicted|pred)$' THEN RETURN 'prediction'; END IF;
    IF base = 'uuid'::regtype OR base = 'bytea'::regtype THEN RETURN CASE WHEN base = 'uuid'::regtype THEN 'identifier' ELSE 'ignore' END; END IF;
    IF base IN ('json'::regtype, 'jsonb'::regtype, 'xml'::regtype) THEN RETURN 'ignore'; END IF;
    IF base IN ('float4[]'::regtype, 'float8[]'::regtype) THEN
        -- series and boxes are arrays too, but not all of one length
        SELECT r.n INTO n_distinct
          FROM aidataops._read(ARRAY[relation], format(
               'SELECT count(DISTINCT cardinality(c)) '
               'FROM (SELECT %I AS c FROM %s LIMIT 10000) AS s WHERE cardinality(c) > 0',
               column_name, relation)) AS r (n bigint);
        RETURN CASE WHEN n_distinct > 1 THEN 'ignore' ELSE 'embedding' END;
    END IF;
    IF EXISTS (SELECT FROM pg_type AS t WHERE t.oid = base AND t.typname IN ('vector', 'halfvec', 'sparsevec')) THEN RETURN 'embedding'; END IF;
    IF category = 'B' OR kind = 'e' THEN RETURN 'category'; END IF;
    IF category = 'D' THEN RETURN 'time'; END IF;
    IF category = 'T' THEN RETURN 'number'; END IF;
    IF category IN ('N', 'S') AND column_name::text ~* '(^|_)(group|fold|split)(_id)?$|_id$' THEN RETURN 'group'; END IF;
    IF category = 'N' THEN RETURN 'number'; END IF;
    IF category = 'I' THEN RETURN 'category'; END IF;
    IF category <> 'S' THEN RETURN 'ignore'; END IF;

    -- text: a few values that come again are a category, many of them prose or names
    SELECT r.n, r.n_distinct, r.mean_length INTO n, n_distinct, mean_length
      FROM aidataops._read(ARRAY[relation], format(
           'SELECT count(*), count(DISTINCT c), avg(length(c))::float8 '
           'FROM (SELECT aidataops._text(%I) AS c FROM %s LIMIT 10000) AS s WHERE c IS NOT NULL',
           column_name, relation)) AS r (n bigint, n_distinct bigint, mean_length float8);
    IF n = 0 THEN RETURN 'category'; END IF;
    IF mean_length <= 64 AND (n_distinct <= 20 OR n_distinct <= n / 10) THEN RETURN 'category'; END IF;
    RETURN 'text';
END $$;
COMMENT ON FUNCTION aidataops._guess_role(regclass, name, boolean, oid) IS 'Internal: what a column probably is, from its type, its name and its first 10,000 values.';

CREATE FUNCTION aidataops._base_type(typid oid) RETURNS oid
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        WITH RECURSIVE base AS (
            SELECT t.oid, t.typtype, t.typbasetype FROM pg_type AS t WHERE t.oid = typid
            UNION ALL
            SELECT t.oid, t.typtype, t.typbasetype FROM base AS b JOIN pg_type AS t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
        )
        SELECT b.oid FROM base AS b WHERE b.typtype <> 'd';
    END;
COMMENT ON FUNCTION aidataops._base_type(oid) IS 'Internal: the type that a domain rests on; any other type itself.';

CREATE FUNCTION aidataops._complete_roles(relation regclass, key name[], roles jsonb, known jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    allowed CONSTANT text[] := '{identifier,number,category,time,text,embedding,label,prediction,group,ignore}';
    given record;
    complete jsonb;
BEGIN
    IF jsonb_typeof(coalesce(roles, '{}')) <> 'object' THEN
        RAISE EXCEPTION 'roles must be a JSON object from column to role' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example {"label": "label", "user_id": "group"}.';
    END IF;
    FOR given IN SELECT r.key AS name, r.value AS role FROM jsonb_each_text(coalesce(roles, '{}')) AS r LOOP
        IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = given.name AND a.attnum > 0 AND NOT a.attisdropped) THEN
            RAISE EXCEPTION 'role given for column "%", which table "%" does not have', given.name, relation USING ERRCODE = 'undefined_column';
        ELSIF given.role IS NULL OR given.role <> ALL (allowed) THEN
            RAISE EXCEPTION 'role of column "%" cannot be "%"', given.name, given.role USING ERRCODE = 'invalid_parameter_value',
                DETAIL = 'A role is one of ' || array_to_string(allowed, ', ') || '.';
        END IF;
    END LOOP;
    SELECT coalesce(jsonb_object_agg(a.attname,
               coalesce(roles ->> a.attname::text, known ->> a.attname::text, aidataops._guess_role(relation, a.attname, a.attname = ANY (key), aidataops._base_type(a.atttypid)))), '{}')
      INTO complete
      FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
    RETURN complete;
END $$;
COMMENT ON FUNCTION aidataops._complete_roles(regclass, name[], jsonb, jsonb) IS 'Internal: the roles given, checked, those known before, and guesses for the other columns.';

CREATE FUNCTION aidataops.create_dataset(
    name text, relation regclass, key name[] DEFAULT NULL, storage text DEFAULT 'rows', capture text DEFAULT 'none',
    description text DEFAULT NULL, source text DEFAULT NULL, licence text DEFAULT NULL, purpose text DEFAULT NULL,
    legal_basis text DEFAULT NULL, roles jsonb DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.create_dataset(text, regclass, name[], text, text, text, text, text, text, text, jsonb) IS
'Declares a table as a dataset that can have versions, and returns its name: a table, partitioned or not, a view, a materialized view or a foreign table. It is not touched. key: columns that identify a row, the primary key by default; ''{}'' for none: rows then are compared as a whole, a multiset, in which nothing is modified but only added and removed. storage: rows, or fingerprint to keep only what a version was. capture: reserved, none. description, source, licence, purpose, legal_basis: recorded as given. roles: what columns are, {"column": "role"}, guessed for columns not given (see set_column_roles). Needs the rights of the table''s owner. Errors: the name is taken or contains @; no key; a temporary table, a system catalog or a table of aidataops itself; a table without columns; a key type without a btree order.';

CREATE FUNCTION aidataops.set_column_roles(dataset text, roles jsonb) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.set_column_roles(text, jsonb) IS
'Says what columns of a dataset are: {"column": "role"} with roles identifier, number, category, time, text, embedding, label, prediction, group, ignore. Columns not named keep their roles; new ones get a guess. Needs the rights of the dataset''s owner. Errors: an unknown column or role.';

CREATE FUNCTION aidataops.attach_dataset(dataset text, relation regclass) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.attach_dataset(text, regclass) IS
'Goes on with a dataset on another table, after its own was dropped and created again, say. The versions stay; the next commit compares with the head as ever. The table must have the key columns. Needs the rights of the dataset''s owner and of the table''s.';

CREATE FUNCTION aidataops.rename_dataset(dataset text, new_name text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.rename_dataset(text, text) IS
'Gives a dataset another name; its versions, tags and history stay. Foreign keys on aidataops.version follow if they say ON UPDATE CASCADE, otherwise a version that is referred to makes it an error. Needs the rights of the dataset''s owner. Errors: the name is taken, empty, too long or contains @.';

CREATE FUNCTION aidataops.drop_dataset(dataset text, force boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.drop_dataset(text, boolean) IS
'Drops a dataset with its versions and their rows; its table is not touched. Refuses while a version is protected or a view reads its rows, unless force is true, which drops such views as well. Rows of your own tables that refer to a version by foreign key are never passed over: their constraint decides (ON DELETE). NULL for any argument does nothing. That there was such a dataset stays known: aidataops.dropped_dataset. Needs the rights of the dataset''s owner. Errors: no such dataset, and the reasons above.';

CREATE FUNCTION aidataops.dataset_columns(dataset text)
    RETURNS TABLE (column_name name, data_type text, role text, is_key boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    relation oid := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
BEGIN
    RETURN QUERY
        SELECT a.attname, format_type(a.atttypid, a.atttypmod), ds.roles ->> a.attname::text, a.attname = ANY (ds.key)
          FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attnum;
END $$;
COMMENT ON FUNCTION aidataops.dataset_columns(text) IS
'Columns of a dataset''s table: name, type, role (NULL for a column added since roles were last set) and whether it is part of the key. No rows if the table is gone. An error if there is no such dataset.';

-- ------------------------------------------------------------------------ committing

CREATE FUNCTION aidataops.commit(dataset text, message text, gate boolean DEFAULT false) RETURNS aidataops.dataset_version
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'dataset_commit';
COMMENT ON FUNCTION aidataops.commit(text, text, boolean) IS
'Records the rows of a dataset''s table, as of one snapshot, as its next version, and returns its name. message: what changed and why. gate: whether the version must pass the contracts in force for its table (docs/gates.md): if it fails, or there is none, the commit is undone and the error (55000) lists the rules. If nothing changed it says so and returns the head. Writers of the table are not blocked; another commit of the dataset waits, and under REPEATABLE READ fails with 40001. Needs the rights of the dataset''s owner. Errors: a key that is NULL or not unique (naming rows), the table is gone, row-level security hides rows, a key longer than an index takes (some 2,700 bytes), more than 1,596 columns.';

CREATE FUNCTION aidataops._commit_all(datasets text[], message text) RETURNS SETOF aidataops.dataset_version
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'dataset_commit_all';
COMMENT ON FUNCTION aidataops._commit_all(text[], text) IS 'Internal: commits under one snapshot, in the order given.';

CREATE FUNCTION aidataops.commit_all(datasets text[], message text, tag text DEFAULT NULL) RETURNS SETOF aidataops.dataset_version
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    committed aidataops.dataset_version;
BEGIN
    FOR committed IN SELECT c FROM aidataops._commit_all(datasets, message) AS c LOOP
        IF tag IS NOT NULL THEN
            PERFORM aidataops.tag(committed, tag);
        END IF;
        RETURN NEXT committed;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops.commit_all(text[], text, text) IS
'Commits several datasets, images and their labels, say, as of one and the same snapshot, and returns their versions in the order given. message: of each. tag: makes them a named set: images@tag and labels@tag belong together (NULL: none). A dataset that did not change keeps its head, which is then what it was in that snapshot. Needs the rights of the owner of each. Errors: as commit() and tag(), a dataset named twice; then none is committed.';

CREATE FUNCTION aidataops.tag(version aidataops.dataset_version, tag text, protected boolean DEFAULT false) RETURNS aidataops.dataset_version
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'dataset_tag';
COMMENT ON FUNCTION aidataops.tag(aidataops.dataset_version, text, boolean) IS
'Gives a version a name: tag(''reviews@7'', ''gold'') makes reviews@gold. Returns the numbered form. protected: somebody relies on it, and untag() refuses; tagging again changes that. A tag contains no @ ~ { } and is not HEAD, WORKING or digits only. An error if the tag is on another version already. Needs the rights of the dataset''s owner. NULL for NULL.';

CREATE FUNCTION aidataops.untag(dataset text, tag text) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'dataset_untag';
COMMENT ON FUNCTION aidataops.untag(text, text) IS
'Removes a tag; the version stays. An error if there is no such tag or it is protected. Needs the rights of the dataset''s owner.';

CREATE FUNCTION aidataops.log(dataset text)
    RETURNS TABLE (version aidataops.dataset_version, committed_at timestamptz, committed_by name, actor text, message text,
        num_rows bigint, rows_added bigint, rows_removed bigint, rows_modified bigint, tags text[], fingerprint aidataops.fingerprint,
        status text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
BEGIN
    RETURN QUERY
        SELECT v.version, v.committed_at, v.committed_by, v.actor, v.message,
               v.num_rows, v.rows_added, v.rows_removed, v.rows_modified,
               coalesce(t.tags, '{}'),
               v.fingerprint, v.status
          FROM aidataops.version AS v
          LEFT JOIN (SELECT t.number, array_agg(t.tag ORDER BY t.tag) AS tags
                       FROM aidataops.tag AS t WHERE t.dataset_id = ds.dataset_id GROUP BY t.number) AS t USING (number)
         WHERE v.dataset_id = ds.dataset_id ORDER BY v.number DESC;
END $$;
COMMENT ON FUNCTION aidataops.log(text) IS
'Versions of a dataset, the latest first: who committed what, when and why, how many rows it has '
'and how many were added, removed and modified since its parent (NULL if only fingerprints are kept), '
'its tags and its fingerprint. status is broken of a version of which repair_dataset() found that '
'its rows are not what was recorded, else ok. An error if there is no such dataset.';

-- ------------------------------------------------------------------------- comparing

CREATE FUNCTION aidataops._key_condition(left_relation oid, right_relation oid, key name[], left_alias text, right_alias text) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'history_key_condition';
COMMENT ON FUNCTION aidataops._key_condition(oid, oid, name[], text, text) IS 'Internal: the join condition of two relations on a key.';

CREATE FUNCTION aidataops._changed_columns(before record, after record) RETURNS text[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'changed_columns';
COMMENT ON FUNCTION aidataops._changed_columns(record, record) IS 'Internal: names of the columns of two rows that differ, by the encoding that row hashes use.';

CREATE FUNCTION aidataops._num_changed_columns(before record, after record) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'num_changed_columns';
COMMENT ON FUNCTION aidataops._num_changed_columns(record, record) IS 'Internal: number of columns of two rows that differ.';

-- The rows of one version that are not, as they are, in the other. For two numbers this is a range of
-- the index on added or removed, so it takes no longer in a large table; else it is all rows.
CREATE FUNCTION aidataops._side(version aidataops.dataset_version, other aidataops.dataset_version, alias text,
    OUT query text, OUT dataset aidataops.dataset, OUT relation oid, OUT column_names name[], OUT hash text, OUT nth text, OUT number integer)
    RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
    other_number integer;
    condition text;
BEGIN
    SELECT * INTO r FROM aidataops._rows(version);
    dataset := r.dataset;
    relation := r.relation;
    column_names := r.column_names;
    number := r.number;
    hash := format('%s.%I', alias, r.prefix || 'hash');
    condition := r.condition;
    IF r.number IS NOT NULL AND (aidataops._parts(other)).kind <> 'working' THEN
        other_number := aidataops.version_number(aidataops.resolve(other));
        IF r.number <= other_number THEN
            condition := format('r.%1$I <= %3$s AND r.%2$I > %3$s AND r.%2$I <= %4$s AND r.%2$I < 2147483647',
                                r.prefix || 'added', r.prefix || 'removed', r.number, other_number);
        ELSE
            condition := format('r.%1$I > %4$s AND r.%1$I <= %3$s AND r.%2$I > %3$s',
                                r.prefix || 'added', r.prefix || 'removed', r.number, other_number);
        END IF;
    END IF;
    query := format('SELECT %s, %s AS %I FROM %s AS r WHERE %s',
                    aidataops._columns(r.column_names, 'r'), r.row_hash, r.prefix || 'hash', r.from_item, condition);
    IF cardinality((r.dataset).key) = 0 THEN -- rows alike are numbered
        query := format('SELECT n.*, row_number() OVER (PARTITION BY n.%I) AS %I FROM (%s OFFSET 0) AS n',
                        r.prefix || 'hash', r.prefix || 'nth', query);
        nth := format('%s.%I', alias, r.prefix || 'nth');
    END IF;
    query := format('(%s) AS %s', query, alias);
END $$;
COMMENT ON FUNCTION aidataops._side(aidataops.dataset_version, aidataops.dataset_version, text) IS 'Internal: a subquery with the rows of one version that may differ from the other''s.';

CREATE FUNCTION aidataops._check_same_dataset(from_version aidataops.dataset_version, to_version aidataops.dataset_version) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF from_version IS NULL OR to_version IS NULL THEN
        RAISE EXCEPTION 'version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF aidataops.dataset_name(from_version) <> aidataops.dataset_name(to_version) THEN
        RAISE EXCEPTION 'cannot compare versions of different datasets: "%" and "%"',
            aidataops.dataset_name(from_version), aidataops.dataset_name(to_version) USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_same_dataset(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: an error unless both are versions of one dataset.';

-- One row for each row that differs: f and t are its two sides, f_hash and t_hash NULL where it is absent.
CREATE FUNCTION aidataops._differences(from_version aidataops.dataset_version, to_version aidataops.dataset_version,
    OUT from_clause text, OUT f_hash text, OUT t_hash text, OUT f_columns name[], OUT t_columns name[], OUT key name[],
    OUT order_by text, OUT from_number integer, OUT to_number integer, OUT dataset_id integer,
    OUT relations oid[])
    RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
    t record;
    condition text;
BEGIN
    PERFORM aidataops._check_same_dataset(from_version, to_version);
    SELECT * INTO f FROM aidataops._side(from_version, to_version, 'f');
    SELECT * INTO t FROM aidataops._side(to_version, from_version, 't');
    key := (f.dataset).key;
    dataset_id := (f.dataset).dataset_id;
    relations := ARRAY[f.relation, t.relation];
    from_number := f.number;
    to_number := t.number;
    f_columns := f.column_names;
    t_columns := t.column_names;
    f_hash := f.hash;
    t_hash := t.hash;
    condition := CASE WHEN key = '{}' THEN format('%s = %s AND %s = %s', f.hash, t.hash, f.nth, t.nth)
                      ELSE aidataops._key_condition(f.relation, t.relation, key, 'f', 't') END;
    from_clause := format('%s FULL JOIN %s ON %s', f.query, t.query, condition);
    -- a key whose type or collation changed is compared by its hash, and sorted by its text
    SELECT string_agg(format(CASE WHEN condition NOT LIKE 'aidataops.row_hash(%'
                                  THEN 'coalesce(f.%1$I, t.%1$I)'
                                  ELSE 'coalesce(aidataops._text(f.%1$I), aidataops._text(t.%1$I)) '
                                       'COLLATE "C"' END, k.name), ', ' ORDER BY k.ordinal)
      INTO order_by FROM unnest(key) WITH ORDINALITY AS k (name, ordinal);
    order_by := coalesce(order_by, format('coalesce(%s, %s), coalesce(%s, %s)', f.hash, t.hash, f.nth, t.nth));
END $$;
COMMENT ON FUNCTION aidataops._differences(aidataops.dataset_version, aidataops.dataset_version) IS 'Internal: the join that pairs the rows of two versions that differ.';

CREATE FUNCTION aidataops._diff_query(
    from_version aidataops.dataset_version,
    to_version aidataops.dataset_version,
    OUT relations oid[],
    OUT query text
) RETURNS record
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    SELECT * INTO d FROM aidataops._differences(from_version, to_version);
    relations := d.relations;
    query := format($query$
        SELECT CASE WHEN %1$s IS NULL THEN 'added' WHEN %2$s IS NULL THEN 'removed' ELSE 'modified' END,
               nullif(CASE WHEN %1$s IS NULL THEN aidataops._json(tk.*)
                           ELSE aidataops._json(fk.*) END, '{}'),
               CASE WHEN %1$s IS NOT NULL THEN aidataops._json(fr.*) END,
               CASE WHEN %2$s IS NOT NULL THEN aidataops._json(tr.*) END,
               CASE WHEN %1$s IS NOT NULL AND %2$s IS NOT NULL
                    THEN aidataops._changed_columns(fr.*, tr.*) END
          FROM %3$s
         CROSS JOIN LATERAL (SELECT %4$s) AS fr CROSS JOIN LATERAL (SELECT %5$s) AS tr
         CROSS JOIN LATERAL (SELECT %6$s) AS fk CROSS JOIN LATERAL (SELECT %7$s) AS tk
         WHERE %1$s IS DISTINCT FROM %2$s
         ORDER BY %8$s
        $query$, d.f_hash, d.t_hash, d.from_clause,
        aidataops._columns(d.f_columns, 'f'), aidataops._columns(d.t_columns, 't'),
        aidataops._columns(d.key, 'f'), aidataops._columns(d.key, 't'), d.order_by);
END $$;
COMMENT ON FUNCTION aidataops._diff_query(aidataops.dataset_version, aidataops.dataset_version) IS
'Internal: the query that diff() is, and what it reads.';

CREATE FUNCTION aidataops.diff(from_version aidataops.dataset_version, to_version aidataops.dataset_version)
    RETURNS TABLE (change text, key jsonb, before jsonb, after jsonb, columns text[])
    LANGUAGE sql STABLE PARALLEL RESTRICTED COST 1000
    BEGIN ATOMIC
        SELECT r.*
          FROM aidataops._diff_query(from_version, to_version) AS q,
               aidataops._read(q.relations, q.query)
               AS r (change text, key jsonb, before jsonb, after jsonb, columns text[]);
    END;
COMMENT ON FUNCTION aidataops.diff(aidataops.dataset_version, aidataops.dataset_version) IS
'What changed between any two versions of a dataset, one row for each row that differs, in the order of the key: change (added, removed, modified), key, the row before and after (NULL where it is absent) and for a modified row the columns that differ. Takes time by the number of changes, not by the size of the table; with name@WORKING it reads the table. Two values differ exactly when their text does (docs/fingerprint.md). Errors: different datasets, no such version, storage is fingerprint, no SELECT on the history.';

CREATE FUNCTION aidataops.diff_stat(from_version aidataops.dataset_version, to_version aidataops.dataset_version)
    RETURNS TABLE (rows_added bigint, rows_removed bigint, rows_modified bigint, rows_unmodified bigint,
        cells_added bigint, cells_removed bigint, cells_modified bigint, cells_unmodified bigint, from_rows bigint, to_rows bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
    common name[];
    kept bigint;
BEGIN
    SELECT * INTO d FROM aidataops._differences(from_version, to_version);
    common := ARRAY(SELECT c.name FROM unnest(d.f_columns) WITH ORDINALITY AS c (name, ordinal) WHERE c.name = ANY (d.t_columns) ORDER BY c.ordinal);
    -- counted outside, since a join of two tables of 900 columns could not give the columns of both
    SELECT r.* INTO rows_added, rows_removed, rows_modified, cells_modified
      FROM aidataops._read(d.relations, format($query$
        SELECT count(*) FILTER (WHERE NOT d.had), count(*) FILTER (WHERE NOT d.has), count(d.cells), coalesce(sum(d.cells), 0)
          FROM (SELECT %1$s IS NOT NULL AS had, %2$s IS NOT NULL AS has,
                       CASE WHEN %1$s IS NOT NULL AND %2$s IS NOT NULL THEN aidataops._num_changed_columns(fr.*, tr.*) END AS cells
                  FROM %3$s
                 CROSS JOIN LATERAL (SELECT %4$s) AS fr CROSS JOIN LATERAL (SELECT %5$s) AS tr
                 WHERE %1$s IS DISTINCT FROM %2$s OFFSET 0) AS d
        $query$, d.f_hash, d.t_hash, d.from_clause,
        aidataops._columns(common, 'f'), aidataops._columns(common, 't')))
        AS r (added bigint, removed bigint, modified bigint, cells bigint);

    from_rows := (SELECT v.num_rows FROM aidataops.version AS v WHERE v.dataset_id = d.dataset_id AND v.number = d.from_number);
    to_rows := (SELECT v.num_rows FROM aidataops.version AS v WHERE v.dataset_id = d.dataset_id AND v.number = d.to_number);
    IF from_rows IS NULL AND to_rows IS NULL THEN -- WORKING with itself
        from_rows := aidataops._count_rows(d.relations[1], aidataops._version_query(from_version));
    END IF;
    from_rows := coalesce(from_rows, to_rows - rows_added + rows_removed);
    to_rows := coalesce(to_rows, from_rows + rows_added - rows_removed);

    kept := from_rows - rows_removed;
    rows_unmodified := kept - rows_modified;
    cells_added := rows_added * cardinality(d.t_columns) + kept * (cardinality(d.t_columns) - cardinality(common));
    cells_removed := rows_removed * cardinality(d.f_columns) + kept * (cardinality(d.f_columns) - cardinality(common));
    cells_unmodified := kept * cardinality(common) - cells_modified;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION aidataops.diff_stat(aidataops.dataset_version, aidataops.dataset_version) IS
'How much changed between any two versions of a dataset, in one row: rows and cells added, removed, modified and unmodified, and the rows of both. A cell is one column of one row, NULL or not; a column that only one of the versions has counts its cells as added or removed. Takes time by the number of changes; with name@WORKING it reads the table. Errors as diff().';

CREATE FUNCTION aidataops._schema_changes(from_names name[], from_types text[], to_names name[], to_types text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce(array_agg(
                   CASE WHEN f.name IS NULL THEN format('+ %s %s', t.name, t.type)
                        WHEN t.name IS NULL THEN format('- %s %s', f.name, f.type)
                        ELSE format('%s %s -> %s', t.name, f.type, t.type) END
                   ORDER BY coalesce(t.name, f.name)), '{}')
          FROM ROWS FROM (unnest(from_names), unnest(from_types)) AS f (name, type)
          FULL JOIN ROWS FROM (unnest(to_names), unnest(to_types)) AS t (name, type) ON f.name = t.name
         WHERE f.type IS DISTINCT FROM t.type;
    END;
COMMENT ON FUNCTION aidataops._schema_changes(name[], text[], name[], text[]) IS 'Internal: how two shapes differ, a line a column.';

CREATE FUNCTION aidataops.status(dataset text)
    RETURNS TABLE (head aidataops.dataset_version, relation text, changed boolean,
        rows_added bigint, rows_removed bigint, rows_modified bigint, rows_unmodified bigint, schema_changes text[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    working record;
    version record;
BEGIN
    SELECT * INTO working FROM aidataops._rows(aidataops.to_dataset_version(ds.name || '@WORKING'));
    relation := working.from_item;
    schema_changes := '{}';
    IF ds.head = 0 THEN
        changed := true;
        rows_added := aidataops._count_rows(working.relation, 'SELECT FROM ' || working.from_item);
        rows_removed := 0; rows_modified := 0; rows_unmodified := 0;
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT v.version AS name, v.fingerprint, s.column_names, s.column_types INTO version
      FROM aidataops.version AS v JOIN aidataops.schema_epoch AS s USING (dataset_id, epoch)
     WHERE v.dataset_id = ds.dataset_id AND v.number = ds.head;
    head := version.name;
    schema_changes := aidataops._schema_changes(version.column_names, version.column_types, working.column_names, working.column_types);
    IF ds.storage = 'rows' THEN
        SELECT s.rows_added, s.rows_removed, s.rows_modified, s.rows_unmodified
          INTO rows_added, rows_removed, rows_modified, rows_unmodified
          FROM aidataops.diff_stat(head, aidataops.to_dataset_version(ds.name || '@WORKING')) AS s;
        changed := rows_added + rows_removed + rows_modified > 0 OR schema_changes <> '{}';
    ELSE
        changed := aidataops.fingerprint_ne(aidataops.table_fingerprint(working.relation), version.fingerprint) OR schema_changes <> '{}';
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION aidataops.status(text) IS
'What a commit would record now: the head (NULL before the first version), the table, whether anything changed, rows added, removed, modified and unmodified since (NULL if only fingerprints are kept), and changes of columns. Reads the whole table. Errors: no such dataset, the table is gone, row-level security may hide rows from the caller.';

CREATE FUNCTION aidataops._history_goes_on(dataset text) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'history_goes_on';
COMMENT ON FUNCTION aidataops._history_goes_on(text) IS 'Internal: whether the next commit would go on with the history table that there is.';

CREATE FUNCTION aidataops.size_report(dataset text)
    RETURNS TABLE (part text, relation text, num_rows bigint, table_bytes bigint, index_bytes bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 4 COST 2000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset := aidataops._dataset(dataset);
    source oid := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
    history record;
    stat record;
    source_rows bigint;
    source_bytes bigint;
    row_bytes float8; -- of the history table that the next commit would go on with
    entry_bytes float8;
BEGIN
    SELECT * INTO stat FROM aidataops.status(dataset);
    source_rows := stat.rows_added + stat.rows_modified + stat.rows_unmodified;
    source_bytes := (SELECT sum(pg_table_size(p.relid)) FROM pg_partition_tree(source) AS p);
    source_bytes := coalesce(source_bytes, pg_table_size(source));
    RETURN QUERY SELECT 'table'::text, stat.relation, source_rows, source_bytes,
                        coalesce((SELECT sum(pg_indexes_size(p.relid)) FROM pg_partition_tree(source) AS p)::bigint, pg_indexes_size(source));
    IF ds.storage <> 'rows' THEN
        RETURN;
    END IF;

    FOR history IN
        SELECT h.name, format('aidataops_history.%I', h.name) AS qualified
          FROM (SELECT e.history_table AS name, min(e.epoch) AS epoch FROM aidataops.schema_epoch AS e
                 WHERE e.dataset_id = ds.dataset_id GROUP BY e.history_table) AS h
         WHERE h.name = ds.history_table OR to_regclass(format('aidataops_history.%I', h.name)) IS NOT NULL
         ORDER BY h.epoch
    LOOP
        part := 'history';
        relation := history.qualified;
        num_rows := aidataops._count_rows(history.qualified::regclass,
                                          'SELECT FROM ' || history.qualified);
        table_bytes := pg_table_size(history.qualified::regclass);
        index_bytes := pg_indexes_size(history.qualified::regclass);
        IF history.name = ds.history_table THEN
            row_bytes := table_bytes::float8 / nullif(num_rows, 0);
            entry_bytes := index_bytes::float8 / nullif(num_rows, 0);
        END IF;
        RETURN NEXT;
    END LOOP;

    part := 'next commit';
    IF aidataops._history_goes_on(dataset) THEN
        relation := format('aidataops_history.%I', ds.history_table);
        num_rows := stat.rows_added + stat.rows_modified;
    ELSE
        relation := NULL;
        num_rows := source_rows;
        row_bytes := NULL;
    END IF;
    -- the history's own columns take 32 bytes, an entry of its two full indexes about 25 each
    table_bytes := num_rows * coalesce(row_bytes, source_bytes::float8 / nullif(source_rows, 0) + 32, 0);
    index_bytes := num_rows * CASE WHEN row_bytes IS NULL THEN 50 ELSE entry_bytes END;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION aidataops.size_report(text) IS
'How much room a dataset takes, one row a part: the table, each history table that there is, and what the next commit would add (relation is NULL if it would begin a new history table, with every row, because the table changed its shape). num_rows is counted; table_bytes (with TOAST) and index_bytes are measured, except for the next commit, where they are estimated from the mean row. Only the table if fingerprints alone are kept, then without num_rows. Reads the table and its history. Errors as status().';

-- ---------------------------------------------------------------------- looking back

-- No SET search_path here: the view is created where the caller's own CREATE VIEW would. Everything
-- below is qualified instead.
CREATE FUNCTION aidataops.create_version_view(version aidataops.dataset_version, view_name text) RETURNS regclass
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
AS $$
DECLARE
    target pg_catalog.text := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p.part), '.' ORDER BY p.ordinal)
                      FROM pg_catalog.unnest(pg_catalog.parse_ident(view_name)) WITH ORDINALITY AS p (part, ordinal));
    working boolean := pg_catalog.texteq((aidataops._parts(version)).kind, 'working');
BEGIN
    IF working THEN
        RAISE EXCEPTION '% is the table itself and needs no view', aidataops.to_text(version) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE pg_catalog.format('CREATE VIEW %s WITH (security_invoker = true) AS %s', target, aidataops._version_query(version));
    EXECUTE pg_catalog.format('COMMENT ON VIEW %s IS %L', target,
        pg_catalog.format('Dataset version %s', aidataops.to_text(aidataops.resolve(version))));
    PERFORM aidataops._lineage_view_of_versions(target::pg_catalog.regclass, NULL, aidataops.resolve(version));
    RETURN target::pg_catalog.regclass;
END $$;
COMMENT ON FUNCTION aidataops.create_version_view(aidataops.dataset_version, text) IS
'Creates a view of the rows of a version, in the shape that the table had, domains as their base types, and returns it. The view stays on that version, is read with the rights of who reads it (security_invoker), and the planner sees through it. view_name: as in CREATE VIEW, with a schema or not, quoted where needed. Errors: the name is taken, no such version, storage is fingerprint, no SELECT on the history.';

CREATE FUNCTION aidataops.as_of(version aidataops.dataset_version, relation_type anyelement, partial boolean DEFAULT false) RETURNS SETOF anyelement
    LANGUAGE C STABLE PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'dataset_as_of';
COMMENT ON FUNCTION aidataops.as_of(aidataops.dataset_version, anyelement, boolean) IS
'Rows of a version in the row type of today''s table: SELECT * FROM as_of(''reviews@3'', NULL::reviews). Columns are matched by name and converted as in an assignment; a column that the version had not is NULL. A column of the version that the type has not is an error, unless partial is true. Errors: as create_version_view(), and a value that does not fit.';

CREATE FUNCTION aidataops.as_of_json(version aidataops.dataset_version) RETURNS SETOF jsonb
    LANGUAGE sql STABLE PARALLEL RESTRICTED COST 1000
    BEGIN ATOMIC
        SELECT j.json
          FROM aidataops._version_queries(version) AS q,
               aidataops._read(
                   ARRAY[q.relation],
                   pg_catalog.format('SELECT aidataops._json(r.*) FROM (%s) AS r', q.query))
               AS j (json jsonb);
    END;
COMMENT ON FUNCTION aidataops.as_of_json(aidataops.dataset_version) IS
'Rows of a version as jsonb, whatever shape it had. Errors: as create_version_view().';
