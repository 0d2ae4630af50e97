-- How what a rule is about is measured: by a query of its own, or with all others in one scan.

-- ------------------------------------------------------------------- rules that take a query of their own

-- Each gives measured, failing, examples and problem, which says why it could not be measured. Values become text and JSON
-- without casts of users (_text(), _json()): types belong to whoever made them.
CREATE TYPE aidataops._rule_query AS (
    query text,
    relation oid,
    parts aidataops._part[],
    relations oid[],
    own_text boolean
);
COMMENT ON TYPE aidataops._rule_query IS
'Internal: the query of a rule, the relation as whose owner it runs (NULL: what it calls reads by '
'itself), what is read apart, other relations that it tells of, and whether the rule''s owner wrote it.';

-- Who owns a relation reads others of the same role, and those of superusers, whose code is no danger to anybody.
CREATE FUNCTION aidataops._reads_as_well(relation oid, other oid) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner record;
    others record;
BEGIN
    SELECT r.oid, r.rolsuper INTO owner FROM pg_roles AS r WHERE r.oid = aidataops._owner_of(relation);
    SELECT r.oid, r.rolsuper INTO others FROM pg_roles AS r WHERE r.oid = aidataops._owner_of(other);
    RETURN owner.oid = others.oid
        OR others.rolsuper
           AND (owner.rolsuper OR has_table_privilege(owner.oid, other, 'SELECT')
                AND has_schema_privilege(owner.oid, (SELECT c.relnamespace FROM pg_class AS c
                                                      WHERE c.oid = other), 'USAGE'));
END $$;
COMMENT ON FUNCTION aidataops._reads_as_well(oid, oid) IS
'Internal: whether one query may read a relation and another one, as the owner of the first.';

CREATE FUNCTION aidataops._from_other(
    INOUT q aidataops._rule_query,
    name text,
    other oid,
    query text,
    OUT from_item text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF aidataops._reads_as_well(q.relation, other) THEN
        from_item := format('(%s)', query);
    ELSE
        from_item := name;
        q.parts := ARRAY[ROW(name, other, query)::aidataops._part];
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._from_other(aidataops._rule_query, text, oid, text) IS
'Internal: how rows of another relation than the one that is checked come into the query of a rule: '
'as they are, or read apart.';

CREATE FUNCTION aidataops._duplicates_query(columns name[], rows text, relation oid, is_live boolean, key name[]) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    list text := aidataops._columns(columns, 'r');
BEGIN
    IF cardinality(columns) = 0 THEN
        RAISE EXCEPTION 'rule about duplicates names no columns' USING ERRCODE = 'invalid_parameter_value';
    ELSIF is_live AND aidataops._is_unique(relation, columns) THEN
        RETURN 'SELECT 0 AS measured, 0 AS failing, NULL::jsonb AS examples';
    END IF;
    RETURN format($query$
        WITH duplicate AS MATERIALIZED (
            SELECT count(*) AS n, (SELECT aidataops._json(v.*) FROM (SELECT %1$s) AS v) AS example
              FROM (%2$s) AS r WHERE %3$s GROUP BY %1$s HAVING count(*) > 1)
        SELECT count(*) AS measured, coalesce(sum(d.n) - count(*), 0) AS failing,
               (SELECT jsonb_agg(e.example ORDER BY e.example) FROM (SELECT f.example || jsonb_build_object('rows', f.n) AS example FROM duplicate AS f LIMIT 5) AS e) AS examples FROM duplicate AS d
        $query$, list, rows, (SELECT string_agg(format('r.%I IS NOT NULL', c.name), ' AND ') FROM unnest(columns) AS c (name)));
END $$;
COMMENT ON FUNCTION aidataops._duplicates_query(name[], text, oid, boolean, name[]) IS 'Internal: how many groups of rows have the same values, and how many rows are too many.';

-- By the operator of the type itself, as a foreign key does: of a type in another schema the name = may mean that of text.
CREATE FUNCTION aidataops._equality(relation oid, column_name name, other_relation oid, other_column text) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT coalesce((
            SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
              FROM pg_catalog.pg_attribute AS a
              JOIN pg_catalog.pg_attribute AS b ON b.attrelid = other_relation AND b.attname = other_column AND aidataops._base_type(b.atttypid) = aidataops._base_type(a.atttypid)
              JOIN pg_catalog.pg_opclass AS c ON c.opcintype = aidataops._base_type(a.atttypid) AND c.opcdefault
              JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
              JOIN pg_catalog.pg_amop AS e ON e.amopfamily = c.opcfamily AND e.amopstrategy = 3 AND e.amoplefttype = c.opcintype AND e.amoprighttype = c.opcintype
              JOIN pg_catalog.pg_operator AS o ON o.oid = e.amopopr JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
             WHERE a.attrelid = relation AND a.attname = column_name AND n.nspname <> 'pg_catalog'), '=');
    END;
COMMENT ON FUNCTION aidataops._equality(oid, name, oid, text) IS 'Internal: the operator by which two columns are equal.';

CREATE FUNCTION aidataops._relation_meant(name text, near oid) RETURNS oid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts text[] := parse_ident(name);
    schema text := (SELECT n.nspname FROM pg_class AS c
                      JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = near);
    found oid;
BEGIN
    IF cardinality(parts) = 1 THEN
        parts := schema || parts;
    END IF;
    found := to_regclass(format('%I.%I', parts[cardinality(parts) - 1], parts[cardinality(parts)]));
    IF found IS NULL THEN
        RAISE EXCEPTION 'table % that is referred to does not exist', name
            USING ERRCODE = 'undefined_table';
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION aidataops._relation_meant(text, oid) IS
'Internal: the relation of a name, in the schema of another one if none is named.';

CREATE FUNCTION aidataops._reference_query(
    columns name[],
    parameters jsonb,
    target record,
    source oid) RETURNS aidataops._rule_query
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    referred oid := aidataops._relation_meant(parameters ->> 'relation', source);
    keys text[] := ARRAY(SELECT jsonb_array_elements_text(parameters -> 'columns'));
    other record;
BEGIN
    IF cardinality(keys) = 0 OR cardinality(keys) <> cardinality(columns) THEN
        RAISE EXCEPTION 'reference has % columns here and % there', cardinality(columns), cardinality(keys) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    q.relation := target.relation;
    other := aidataops._from_other(q, 'aidataops_reference', referred,
        format('SELECT %s FROM %s AS f', aidataops._columns(keys::name[], 'f'), referred::regclass));
    q := other.q;
    q.query := format($query$
        WITH orphan AS MATERIALIZED (
            SELECT count(*) AS n, (SELECT aidataops._json(v.*) FROM (SELECT %1$s) AS v) AS example
              FROM (%2$s) AS r
             WHERE %3$s AND NOT EXISTS (SELECT FROM %4$s AS f WHERE %5$s) GROUP BY %1$s)
        SELECT coalesce(sum(o.n), 0) AS measured, coalesce(sum(o.n), 0) AS failing,
               (SELECT jsonb_agg(e.example ORDER BY e.example) FROM (SELECT f.example || jsonb_build_object('rows', f.n) AS example FROM orphan AS f LIMIT 5) AS e) AS examples FROM orphan AS o
        $query$, aidataops._columns(columns, 'r'), target.rows,
        (SELECT string_agg(format('r.%I IS NOT NULL', c.name), ' AND ') FROM unnest(columns) AS c (name)),
        other.from_item,
        (SELECT string_agg(format('f.%I %s r.%I', k.there,
                                  aidataops._equality(source, k.here, referred, k.there), k.here), ' AND ')
           FROM unnest(columns, keys) AS k (here, there)));
    RETURN q;
END $$;
COMMENT ON FUNCTION aidataops._reference_query(name[], jsonb, record, oid) IS
'Internal: rows whose values are not found where they refer to.';

-- The rows under the table's own name, so that a query means the version that is checked, and not the table.
CREATE FUNCTION aidataops._sql_text(parameters jsonb, columns name[], source oid, by_name_alone boolean) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    query text := rtrim(parameters ->> 'query', E' \t\r\n;');
    place record;
BEGIN
    SELECT n.nspname AS schema, c.relname AS name INTO place FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = source;
    IF query IS NULL THEN
        RAISE EXCEPTION 'rule has no query' USING ERRCODE = 'invalid_parameter_value';
    ELSIF by_name_alone THEN
        query := regexp_replace(query, format('(?<![a-z0-9_"$])("%1$s"|%1$s)\s*\.\s*("%2$s"|%2$s)(?![a-z0-9_"$])', regexp_replace(place.schema, '\W', '\\\&', 'g'),
                                              regexp_replace(place.name, '\W', '\\\&', 'g')), replace(quote_ident(place.name), '\', '\\'), 'gi');
    END IF;
    query := regexp_replace(query, '\$?\{(object|table|model)\}', replace(quote_ident(place.name), '\', '\\'), 'g');
    query := regexp_replace(query, '\$?\{(property|column|field)\}', replace(coalesce(quote_ident(columns[1]), ''), '\', '\\'), 'g');
    PERFORM aidataops._check_not_temporary(query, place.name);
    RETURN (query);
END $$;
COMMENT ON FUNCTION aidataops._sql_text(jsonb, name[], oid, boolean) IS
'Internal: the query of a rule of kind sql as it stands there; by_name_alone: it means the rows that '
'are checked also where it says the schema of the table.';

-- With no table of somebody else it runs as the owner of the one that is checked; else the rows are read as that role, and
-- the query runs as the owner of the others.
CREATE FUNCTION aidataops._sql_query(parameters jsonb, columns name[], target record, source oid) RETURNS aidataops._rule_query
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = source);
    query text := aidataops._sql_text(parameters, columns, source, NOT target.live);
    others oid[] := ARRAY(
        SELECT o FROM unnest(aidataops._relations_named(query)) AS o
         WHERE o NOT IN (source, target.relation) AND NOT aidataops._reads_as_well(target.relation, o));
BEGIN
    q.own_text := true;
    IF others = '{}' THEN
        q.relation := target.relation;
        q.query := format(E'WITH %I AS NOT MATERIALIZED (%s)\n', name, target.rows);
    ELSE
        query := aidataops._sql_text(parameters, columns, source, true);
        q.relation := others[1];
        q.parts := ARRAY[ROW(name, target.relation, target.rows)::aidataops._part];
        q.query := '';
    END IF;
    q.query := q.query || format(E'SELECT * FROM (%s\n) AS answer (value) LIMIT 2', query);
    RETURN q;
END $$;
COMMENT ON FUNCTION aidataops._sql_query(jsonb, name[], record, oid) IS
'Internal: the query of a rule of kind sql, over the rows that are checked.';

CREATE FUNCTION aidataops._agreement_query(parameters jsonb, columns name[], rows text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    coefficient text := lower(coalesce(parameters ->> 'coefficient', 'krippendorff_alpha'));
    label text := format('aidataops._text(r.%I)', coalesce(parameters ->> 'label', columns[1]::text));
    unit text := 'r.' || quote_ident(parameters ->> 'unit');
    options text := CASE WHEN coefficient = 'krippendorff_alpha' AND parameters ->> 'level' IS NOT NULL THEN format(', level => %L', parameters ->> 'level')
                         WHEN parameters ->> 'weights' IS NOT NULL THEN format(', weights => %L::text', parameters ->> 'weights') ELSE '' END;
BEGIN
    IF unit IS NULL OR label IS NULL THEN
        RAISE EXCEPTION 'rule about agreement needs the columns of the unit and of the label' USING ERRCODE = 'invalid_parameter_value';
    ELSIF coefficient IN ('conger_kappa', 'light_kappa') THEN
        RETURN format('SELECT aidataops.%s(aidataops.rater_agreement_agg(aidataops._text(%s), '
                      'aidataops._text(r.%I), %s)%s) AS measured FROM (%s) AS r',
                      coefficient, unit, parameters ->> 'rater', label, options, rows);
    ELSIF coefficient NOT IN ('krippendorff_alpha', 'fleiss_kappa', 'gwet_ac', 'brennan_prediger', 'percent_agreement') THEN
        RAISE EXCEPTION 'coefficient "%" is not known', coefficient USING ERRCODE = 'invalid_parameter_value',
            HINT = 'There are krippendorff_alpha, fleiss_kappa, gwet_ac, brennan_prediger, percent_agreement, conger_kappa and light_kappa.';
    END IF;
    RETURN format('SELECT aidataops.%s(aidataops.agreement_agg(u.labels)%s) AS measured FROM (SELECT aidataops.label_counts_agg(%s) AS labels FROM (%s) AS r GROUP BY %s) AS u',
                  coefficient, options, label, rows, unit);
END $$;
COMMENT ON FUNCTION aidataops._agreement_query(jsonb, name[], text) IS 'Internal: the query of a rule about the agreement of labels.';

CREATE FUNCTION aidataops._keys_as_text(keys text[], alias text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT string_agg(format('aidataops._text(%s.%I) AS k%s', alias, k.key, k.ordinal), ', ' ORDER BY k.ordinal)
          FROM unnest(keys) WITH ORDINALITY AS k (key, ordinal);
    END;
COMMENT ON FUNCTION aidataops._keys_as_text(text[], text) IS
'Internal: columns as texts that are called k1, k2 and so on.';

-- The labels that are known to be right: a table, or a version of a dataset.
CREATE FUNCTION aidataops._gold(gold text, source oid, reader oid, OUT relation oid, OUT query text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place jsonb;
BEGIN
    IF gold LIKE '%@%' THEN
        place := aidataops._supervised(reader,
            'SELECT r.relation::bigint, aidataops._version_query(v.version) AS query '
            'FROM (SELECT ($1 ->> 0)::aidataops.dataset_version AS version) AS v, aidataops._rows(v.version) AS r',
            jsonb_build_array(gold)) -> 0;
        relation := (place ->> 'relation')::bigint::oid;
        query := place ->> 'query';
    ELSE
        relation := aidataops._relation_meant(gold, source);
        query := format('SELECT * FROM %s', relation::regclass);
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._gold(text, oid, oid) IS
'Internal: the relation and the rows of labels that are known to be right, as far as a reader knows.';

CREATE FUNCTION aidataops._accuracy_query(parameters jsonb, columns name[], target record, source oid, reader oid)
    RETURNS aidataops._rule_query
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    label text := coalesce(parameters ->> 'label', columns[1]::text);
    keys text[] := CASE jsonb_typeof(parameters -> 'key') WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(parameters -> 'key'))
                                                          WHEN 'string' THEN ARRAY[parameters ->> 'key'] ELSE target.key::text[] END;
    gold record;
    other record;
BEGIN
    IF parameters ->> 'gold' IS NULL OR label IS NULL OR coalesce(cardinality(keys), 0) = 0 THEN
        RAISE EXCEPTION 'rule about accuracy needs gold, key and label' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    gold := aidataops._gold(parameters ->> 'gold', source, reader);
    q.relation := target.relation;
    other := aidataops._from_other(q, 'aidataops_gold', gold.relation, format(
        'SELECT %s, aidataops._text(g.%I) AS label, aidataops._json(g.%2$I) AS shown FROM (%3$s) AS g',
        aidataops._keys_as_text(keys, 'g'), coalesce(parameters ->> 'gold_label', label), gold.query));
    q := other.q;
    q.query := format($query$
        SELECT aidataops.accuracy(aidataops.confusion_agg(g.label, r.label)) AS measured,
               count(*) FILTER (WHERE g.label <> r.label) AS failing,
               (array_agg(r.shown || jsonb_build_object('gold', g.shown)) FILTER (WHERE g.label <> r.label))[1:5] AS examples
          FROM (SELECT %1$s, aidataops._text(r.%2$I) AS label, jsonb_build_object(%3$s) AS shown FROM (%4$s) AS r) AS r
          JOIN %5$s AS g ON %6$s
        $query$,
        aidataops._keys_as_text(keys, 'r'), label,
        (SELECT string_agg(format('%L, aidataops._json(r.%I)', k.key, k.key), ', ' ORDER BY k.ordinal)
           FROM unnest(keys || label) WITH ORDINALITY AS k (key, ordinal)),
        target.rows, other.from_item,
        (SELECT string_agg(format('g.k%s = r.k%1$s', k), ' AND ') FROM generate_subscripts(keys, 1) AS k));
    RETURN q;
END $$;
COMMENT ON FUNCTION aidataops._accuracy_query(jsonb, name[], record, oid, oid) IS
'Internal: the query of a rule about labels against those that are known to be right.';

CREATE FUNCTION aidataops._coverage_query(rule aidataops.rule, rows text, num_rows bigint) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    slices jsonb := nullif(rule.parameters -> 'slices', 'null');
    low text := CASE WHEN rule.parameters ->> 'share' IS NOT NULL THEN format('s.n < %s * %s', (rule.parameters ->> 'share')::numeric, num_rows)
                     ELSE format('s.n < %s', coalesce((rule.parameters ->> 'min_rows')::numeric, 1)) END;
    list text := (SELECT string_agg(format('aidataops._text(r.%I)', c.name), ', ' ORDER BY c.ordinal) FROM unnest(rule.columns) WITH ORDINALITY AS c (name, ordinal));
    wanted text := '';
BEGIN
    IF list IS NULL THEN
        RAISE EXCEPTION 'rule about coverage names no columns' USING ERRCODE = 'invalid_parameter_value';
    ELSIF slices IS NOT NULL THEN
        SELECT string_agg(format('(%L::text[])', CASE jsonb_typeof(s) WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(s)) ELSE ARRAY[s #>> '{}'] END), ', ')
          INTO wanted FROM jsonb_array_elements(slices) AS s;
        wanted := format('(VALUES %s) AS w (slice) LEFT JOIN', wanted);
    END IF;
    RETURN format($query$
        SELECT count(*) FILTER (WHERE %1$s) AS measured, count(*) FILTER (WHERE %1$s) AS failing,
               (array_agg(jsonb_build_object('slice', s.slice, 'rows', s.n) ORDER BY s.n, s.slice) FILTER (WHERE %1$s))[1:5] AS examples
          FROM (SELECT %2$s AS slice, coalesce(c.n, 0) AS n FROM %3$s (SELECT ARRAY[%4$s] AS slice, count(*) AS n FROM (%5$s) AS r GROUP BY 1) AS c %6$s) AS s
        $query$, low,
        CASE WHEN slices IS NULL THEN 'c.slice' ELSE 'w.slice' END, wanted, list, rows, CASE WHEN slices IS NOT NULL THEN 'ON c.slice = w.slice' END);
END $$;
COMMENT ON FUNCTION aidataops._coverage_query(aidataops.rule, text, bigint) IS 'Internal: the query of a rule about the rows of each slice: those that have too few. Without a list of slices those there are.';

-- drift() and compare() read each side as its owner by themselves, and stored profiles run nobody's code.
CREATE FUNCTION aidataops._drift_call(rule aidataops.rule, source oid, version aidataops.dataset_version,
    OUT call text, OUT relations oid[], OUT live oid[]) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reference text := rule.parameters ->> 'reference';
    method text := coalesce(rule.parameters ->> 'method', 'auto');
    current text := version::text;
BEGIN
    IF reference IS NULL THEN
        RAISE EXCEPTION 'rule about drift names no reference' USING ERRCODE = 'invalid_parameter_value';
    ELSIF reference LIKE '%@%' THEN
        current := coalesce(current, (SELECT min(d.name) || '@WORKING' FROM aidataops.dataset AS d
                                       WHERE aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name) = _drift_call.source));
        IF current IS NULL THEN
            RAISE EXCEPTION 'table % is of no dataset, so it cannot be compared with %', source::regclass, reference USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Declare it by create_dataset(), or name a table as the reference.';
        END IF;
        call := format('aidataops.drift(%L::aidataops.dataset_version, %L::aidataops.dataset_version, rows => %L, method => %L)',
                       reference, current, coalesce(rule.parameters ->> 'rows', 'all'), method);
        relations := ARRAY(SELECT aidataops._main_relation(d) FROM aidataops.dataset AS d WHERE d.name = split_part(reference, '@', 1));
        live := CASE WHEN current LIKE '%@WORKING' THEN ARRAY[source] END;
    ELSE
        IF version IS NOT NULL AND (aidataops._parts(version)).kind <> 'working' THEN
            RAISE EXCEPTION 'version % cannot be compared with table %', version, reference USING ERRCODE = 'feature_not_supported',
                HINT = 'Name a dataset version as the reference.';
        END IF;
        relations := ARRAY[aidataops._relation_meant(reference, source)];
        call := format('aidataops.compare(%L::regclass, %L::regclass, method => %L)',
                       relations[1]::regclass, source::regclass, method);
        live := relations || source;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._drift_call(aidataops.rule, oid, aidataops.dataset_version) IS
'Internal: what a rule about drift asks, of which relations of the reference it tells, and which are read.';

CREATE FUNCTION aidataops._drift_query(
    rule aidataops.rule,
    source oid,
    version aidataops.dataset_version,
    asking aidataops._asking) RETURNS aidataops._rule_query
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    columns text[] := coalesce(nullif(rule.columns::text[], '{}'), ARRAY(SELECT jsonb_array_elements_text(rule.parameters -> 'columns')));
    what record;
BEGIN
    what := aidataops._drift_call(rule, source, version);
    PERFORM aidataops._check_asker(asking, what.live);
    q.relations := what.relations;
    q.query := format($query$
        SELECT max(d.statistic) AS measured, count(*) FILTER (WHERE NOT %1$s) AS failing,
               (array_agg(jsonb_build_object('column', d.column_name, 'method', d.method, 'statistic', d.statistic) ORDER BY d.statistic DESC NULLS LAST) FILTER (WHERE NOT %1$s))[1:5] AS examples,
               coalesce(string_agg(format('%%s: %%s', d.column_name, d.status), ', ')
                            FILTER (WHERE d.status IN ('kind_changed', 'column_gone') OR d.statistic IS NULL AND (d.status = 'insufficient_data' OR %2$L)),
                        CASE WHEN count(*) < %3$s THEN 'some columns have no profile' END) AS problem
          FROM %4$s AS d WHERE %5$s
        $query$, aidataops._comparison('d.statistic', rule.operator, rule.bounds), cardinality(columns) > 0, greatest(cardinality(columns), 1), what.call,
        CASE WHEN cardinality(columns) > 0 THEN format('d.column_name = ANY (%L::name[])', columns) ELSE 'true' END);
    RETURN q;
END $$;
COMMENT ON FUNCTION aidataops._drift_query(aidataops.rule, oid, aidataops.dataset_version, aidataops._asking) IS
'Internal: the query of a rule about drift: the largest statistic of a column.';

-- No query of rows at all: what the columns are. Any type of PostgreSQL whose values the logical type can hold will do.
CREATE FUNCTION aidataops._type_differences(expected jsonb, relation oid) RETURNS text[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF jsonb_typeof(expected) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'rule about types expects none' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN ARRAY(
        SELECT CASE WHEN a.attnum IS NULL THEN format('column %I does not exist', e.key)
                    ELSE format('column %I is of type %s, not %s', e.key, n.name,
                                CASE jsonb_typeof(e.value) WHEN 'object' THEN coalesce(e.value ->> 'physicalType', e.value ->> 'logicalType') ELSE e.value #>> '{}' END) END
          FROM jsonb_each(expected) AS e LEFT JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = e.key AND a.attnum > 0 AND NOT a.attisdropped
          CROSS JOIN LATERAL format_type(a.atttypid, a.atttypmod) AS n (name)
         WHERE a.attnum IS NULL OR NOT aidataops._type_fits(e.value, a.atttypid, n.name) ORDER BY e.key);
END $$;
COMMENT ON FUNCTION aidataops._type_differences(jsonb, oid) IS 'Internal: how the columns of a table differ from what a rule expects.';

-- ------------------------------------------------------------------- measuring

-- Seconds since the latest: dates are the midnights at which they begin, and what has no zone is UTC. So the answer does not
-- depend on who asks, where, and when clocks change. Infinity is later than everything, and says nothing of how fresh data are.
CREATE FUNCTION aidataops._age(column_reference text, type oid, now timestamptz) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF type <> ALL (ARRAY['date', 'timestamp', 'timestamptz']::regtype[]) THEN
        RAISE EXCEPTION 'freshness is measured by a date or a timestamp, and column % is of type %', substr(column_reference, 3), type::regtype USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN format('%s - extract(epoch FROM max(%s) FILTER (WHERE isfinite(%2$s)))', extract(epoch FROM now), column_reference);
END $$;
COMMENT ON FUNCTION aidataops._age(text, oid, timestamptz) IS 'Internal: the aggregate of a rule about freshness.';

-- How a rule is measured: aggregates in the scan of all rules, or a query of its own.
CREATE FUNCTION aidataops._plan_rule(rule aidataops.rule, names name[], types oid[], now timestamptz,
    OUT violation text, OUT counted text, OUT measure text, OUT has_query boolean, OUT own_text boolean, OUT problem text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    column_types oid[] := aidataops._types_of(rule.columns, names, types);
    missing name := (SELECT c.name FROM unnest(rule.columns, column_types) AS c (name, type) WHERE c.type IS NULL LIMIT 1);
    col text := 'r.' || quote_ident(rule.columns[1]);
    detail text;
BEGIN
    own_text := rule.kind IN ('expression', 'sql') OR rule.kind = 'invalid' AND rule.parameters ->> 'check' = 'expression';
    has_query := rule.kind IN ('duplicates', 'unique', 'reference', 'sql', 'agreement', 'accuracy', 'coverage', 'drift', 'type');
    IF rule.operator IS NOT NULL OR rule.level = 'table' THEN
        PERFORM aidataops._comparison('', rule.operator, rule.bounds);
    END IF;
    IF missing IS NOT NULL AND rule.kind <> 'type' THEN
        RAISE EXCEPTION 'column "%" does not exist', missing USING ERRCODE = 'undefined_column';
    ELSIF has_query THEN
        RETURN;
    ELSIF rule.level = 'row' THEN
        violation := aidataops._violation(rule.rule, rule.kind, rule.columns, rule.parameters);
    ELSE
        CASE rule.kind
            WHEN 'row_count' THEN measure := 'count(*)';
            WHEN 'missing' THEN violation := aidataops._violation(rule.rule, 'required', rule.columns, rule.parameters);
            WHEN 'invalid' THEN violation := aidataops._violation(rule.rule, rule.parameters ->> 'check', rule.columns, rule.parameters);
            WHEN 'model_share' THEN
                IF column_types[1] IS NULL THEN
                    RAISE EXCEPTION 'rule about the share of models names no column' USING ERRCODE = 'invalid_parameter_value';
                END IF;
                violation := aidataops._violation(rule.rule, 'not_values', rule.columns, rule.parameters);
            WHEN 'freshness' THEN
                measure := aidataops._age(col, column_types[1], now);
            WHEN 'statistic' THEN measure := aidataops._statistic(rule.parameters ->> 'function', rule.columns[1], rule.parameters);
            ELSE RAISE EXCEPTION 'kind "%" of rule is not known', rule.kind USING ERRCODE = 'feature_not_supported';
        END CASE;
    END IF;
    IF violation IS NOT NULL THEN
        counted := format('count(*) FILTER (WHERE %s)', violation);
    END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    problem := concat_ws(': ', SQLERRM, nullif(detail, ''));
END $$;
COMMENT ON FUNCTION aidataops._plan_rule(aidataops.rule, name[], oid[], timestamptz) IS 'Internal: the aggregates that measure a rule in the scan of all rules, whether it takes a query of its own, and why it cannot be measured.';

CREATE FUNCTION aidataops._rule_query(
    rule aidataops.rule,
    target record,
    source oid,
    version aidataops.dataset_version,
    num_rows bigint,
    asking aidataops._asking) RETURNS aidataops._rule_query
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    differences text[];
BEGIN
    q.relation := target.relation;
    CASE rule.kind
        WHEN 'duplicates', 'unique' THEN q.query := aidataops._duplicates_query(rule.columns, target.rows, target.relation, target.live, target.key);
        WHEN 'reference' THEN q := aidataops._reference_query(rule.columns, rule.parameters, target, source);
        WHEN 'sql' THEN q := aidataops._sql_query(rule.parameters, rule.columns, target, source);
        WHEN 'agreement' THEN q.query := aidataops._agreement_query(rule.parameters, rule.columns, target.rows);
        WHEN 'accuracy' THEN q := aidataops._accuracy_query(rule.parameters, rule.columns, target, source, (asking).reader);
        WHEN 'coverage' THEN q.query := aidataops._coverage_query(rule, target.rows, num_rows);
        WHEN 'drift' THEN q := aidataops._drift_query(rule, source, version, asking);
        WHEN 'type' THEN
            differences := aidataops._type_differences(rule.parameters -> 'expected', target.relation);
            q.query := format('SELECT %s AS measured, %1$s AS failing, %L::jsonb AS examples', cardinality(differences), nullif(to_jsonb(differences), '[]'));
    END CASE;
    RETURN q;
END $$;
COMMENT ON FUNCTION
    aidataops._rule_query(aidataops.rule, record, oid, aidataops.dataset_version, bigint, aidataops._asking) IS
'Internal: the query of a rule that cannot be measured in the scan of all rules.';

-- One row a failing rule: number and examples. Rules that many rows break find five at once, the others share a scan.
CREATE FUNCTION aidataops._examples_query(numbers integer[], violations text[], samples text[], failing bigint[], rows text) RETURNS text
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
        SELECT string_agg(part, ' UNION ALL ') FROM (
            SELECT format('(SELECT %s AS number, jsonb_agg(e.example) AS examples FROM (SELECT %s AS example FROM (%s) AS r WHERE %s LIMIT 5) AS e)', f.number, f.sample, rows, f.violation) AS part
              FROM unnest(numbers, violations, samples, failing) AS f (number, violation, sample, failing) WHERE f.failing > 1000
            UNION ALL
            -- aggregates and not VALUES for each row, whose expressions are compiled anew for each row
            SELECT format('(SELECT n.number, jsonb_path_query_array(n.examples, ''$[0 to 4]'') AS examples FROM (SELECT ARRAY[%s] AS list FROM (%s) AS r) AS s, unnest(%L::integer[], s.list) AS n (number, examples))',
                          string_agg(format('jsonb_agg(%1$s ORDER BY %1$s) FILTER (WHERE %2$s)', f.sample, f.violation), ', ' ORDER BY f.number), rows, array_agg(f.number ORDER BY f.number))
              FROM unnest(numbers, violations, samples, failing) AS f (number, violation, sample, failing) WHERE f.failing BETWEEN 1 AND 1000
            HAVING count(*) > 0) AS parts;
    END;
COMMENT ON FUNCTION aidataops._examples_query(integer[], text[], text[], bigint[], text) IS 'Internal: the query of examples of rows that break rules.';

CREATE FUNCTION aidataops._sample(columns name[], names name[], types oid[]) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT coalesce(format('jsonb_build_object(%s)', string_agg(format('%L, %s', c.name,
                   CASE WHEN t.typcategory IN ('N', 'B') THEN format('aidataops._json(r.%I)', c.name)
                        ELSE format('left(aidataops._text(r.%I), 100)', c.name) END), ', ' ORDER BY c.ordinal)), '''{}''::jsonb')
          FROM (SELECT u.name, min(u.ordinal) AS ordinal FROM unnest(columns) WITH ORDINALITY AS u (name, ordinal) GROUP BY u.name) AS c
          JOIN pg_catalog.pg_type AS t ON t.oid = types[array_position(names, c.name)];
    END;
COMMENT ON FUNCTION aidataops._sample(name[], name[], oid[]) IS 'Internal: the expression of an example of a row: some columns, long ones cut.';

CREATE FUNCTION aidataops._describe_result(rule aidataops.rule, measured numeric, failing bigint, num_rows bigint, examples jsonb) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT CASE
            WHEN rule.kind = 'type' THEN (SELECT string_agg(e, '; ') FROM jsonb_array_elements_text(examples) AS e)
            WHEN rule.kind = 'freshness' THEN format('column %s is %s behind', array_to_string(rule.columns, ', '), make_interval(secs => round(measured)::float8))
            WHEN rule.kind IN ('duplicates', 'unique') THEN format('%s rows repeat the %s of another', failing, array_to_string(rule.columns, ', '))
            WHEN rule.kind = 'reference' THEN format('%s of %s rows have values of %s that %s does not have', failing, num_rows, array_to_string(rule.columns, ', '), rule.parameters ->> 'relation')
            WHEN rule.kind = 'coverage' THEN format('%s slices of %s have too few rows', failing, array_to_string(rule.columns, ', '))
            WHEN rule.kind = 'drift' THEN format('%s columns moved from %s', failing, rule.parameters ->> 'reference')
            WHEN rule.kind = 'accuracy' THEN format('%s labels are not those of %s', failing, rule.parameters ->> 'gold')
            WHEN rule.kind = 'model_share' THEN format('%s of %s rows were labelled by models', failing, num_rows)
            WHEN rule.kind = 'missing' THEN format('%s of %s rows have no %s', failing, num_rows, array_to_string(rule.columns, ', '))
            WHEN failing IS NOT NULL THEN format('%s of %s rows break %s%s', failing, num_rows, coalesce(rule.parameters ->> 'check', rule.kind),
                                                 coalesce(' of ' || nullif(array_to_string(rule.columns, ', '), ''), ''))
            WHEN rule.kind = 'statistic' THEN format('%s of %s', rule.parameters ->> 'function', array_to_string(rule.columns, ', '))
            WHEN rule.kind = 'agreement' THEN coalesce(rule.parameters ->> 'coefficient', 'krippendorff_alpha')
            WHEN rule.kind = 'sql' THEN 'what its query gives'
            WHEN rule.kind = 'row_count' THEN 'rows'
            ELSE rule.kind END;
    END;
COMMENT ON FUNCTION aidataops._describe_result(aidataops.rule, numeric, bigint, bigint, jsonb) IS 'Internal: what is wrong, in words.';

-- What is known of a rule while it is measured.
CREATE TYPE aidataops._measurement AS (
    violation text,
    selection text,
    has_query boolean,
    own_text boolean,
    problem text,
    measured numeric,
    failing bigint,
    examples jsonb,
    broken boolean,
    refused boolean,
    relations oid[]
);
COMMENT ON TYPE aidataops._measurement IS
'Internal: how a rule is measured (the condition of rows that break it, its aggregates in the scan of '
'all rules, or a query of its own, written by the owner of the rule or not), why it cannot be, what '
'was found, and in which relations beside the one that is checked; refused: nothing was read.';

CREATE FUNCTION aidataops._plan_measurements(rules aidataops.rule[], target record, now timestamptz) RETURNS aidataops._measurement[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m aidataops._measurement[] := array_fill(NULL::aidataops._measurement, ARRAY[cardinality(rules)]);
    plan record;
BEGIN
    FOR i IN 1 .. cardinality(rules) LOOP
        SELECT * INTO plan FROM aidataops._plan_rule(rules[i], target.names, target.types, now);
        m[i].violation := CASE WHEN rules[i].kind <> 'model_share' THEN plan.violation END;
        m[i].selection := nullif(concat_ws(', ', plan.counted || ' AS f' || i, plan.measure || ' AS m' || i), '');
        m[i].has_query := plan.has_query;
        m[i].own_text := plan.own_text;
        m[i].problem := plan.problem;
    END LOOP;
    RETURN m;
END $$;
COMMENT ON FUNCTION aidataops._plan_measurements(aidataops.rule[], record, timestamptz) IS 'Internal: how rules are measured.';

CREATE FUNCTION aidataops._number(value text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE value WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE value::numeric END;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'what it gives is not a number: %', left(value, 60) USING ERRCODE = 'invalid_text_representation';
END $$;
COMMENT ON FUNCTION aidataops._number(text) IS 'Internal: the number that a query gave; a boolean is 1 or 0.';

CREATE FUNCTION aidataops._scan(
    selections text[],
    target record,
    own_text boolean,
    asking aidataops._asking,
    OUT numbers jsonb,
    OUT sqlstate text,
    OUT error text,
    OUT role oid) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT coalesce(m.result -> 0, '{}'), m.sqlstate, m.error, m.role INTO numbers, sqlstate, error, role
      FROM aidataops._measure(asking, target.relation,
               format('SELECT %s FROM (%s) AS r',
                      coalesce(nullif(array_to_string(selections, ', '), ''), '1 AS nothing'), target.rows),
               own_text) AS m;
END $$;
COMMENT ON FUNCTION aidataops._scan(text[], record, boolean, aidataops._asking) IS
'Internal: aggregates over the rows to check, as a JSON object, or why they cannot be had.';

-- One that fails spoils the scan of all: each is measured alone then. A scan that took too long stands for all of its rules.
CREATE FUNCTION aidataops._scan_together(
    m aidataops._measurement[],
    low integer,
    high integer,
    totals text,
    target record,
    asking aidataops._asking,
    OUT numbers jsonb,
    OUT problems text[],
    OUT refused boolean[],
    OUT role oid) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    answer record;
    alone record;
BEGIN
    SELECT * INTO answer
      FROM aidataops._scan(array_remove(ARRAY[totals] || ARRAY(SELECT u.selection FROM unnest(m[low:high]) AS u), NULL),
                           target, false, asking);
    numbers := answer.numbers;
    IF answer.error IS NOT NULL AND answer.sqlstate <> '57014' THEN
        SELECT * INTO answer FROM aidataops._scan(array_remove(ARRAY[totals], NULL), target, false, asking);
        numbers := answer.numbers;
        FOR i IN low .. high LOOP
            CONTINUE WHEN m[i].selection IS NULL OR answer.error IS NOT NULL;
            SELECT * INTO alone FROM aidataops._scan(ARRAY[m[i].selection], target, m[i].own_text, asking);
            numbers := numbers || alone.numbers;
            problems[i] := alone.error;
            refused[i] := alone.sqlstate = '42501';
        END LOOP;
    END IF;
    role := answer.role;
    IF answer.error IS NOT NULL THEN
        problems[low:high] := array_fill(answer.error, ARRAY[high - low + 1]);
        refused[low:high] := array_fill(answer.sqlstate = '42501', ARRAY[high - low + 1]);
    END IF;
END $$;
COMMENT ON FUNCTION
    aidataops._scan_together(aidataops._measurement[], integer, integer, text, record, aidataops._asking) IS
'Internal: what the aggregates of some rules give, and which of them give nothing, and why.';

CREATE FUNCTION aidataops._scan_rules(
    INOUT m aidataops._measurement[],
    target record,
    with_fingerprint boolean,
    asking aidataops._asking,
    OUT num_rows bigint,
    OUT fingerprint aidataops.fingerprint,
    OUT role oid) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    totals text := 'count(*) AS n' || CASE WHEN with_fingerprint
        THEN format(', aidataops.fingerprint_agg(%s)::text AS fingerprint', aidataops._hash_expression(target.names, 'r')) ELSE '' END;
    n constant integer := cardinality(m);
    part record;
BEGIN
    -- a query has at most 1664 columns
    FOR low IN 1 .. n BY 500 LOOP
        SELECT * INTO part
          FROM aidataops._scan_together(m, low, least(low + 499, n), CASE low WHEN 1 THEN totals END, target, asking);
        IF low = 1 THEN
            num_rows := (part.numbers ->> 'n')::bigint;
            fingerprint := (part.numbers ->> 'fingerprint')::aidataops.fingerprint;
            role := part.role;
        END IF;
        FOR i IN low .. least(low + 499, n) LOOP
            CONTINUE WHEN m[i].selection IS NULL OR m[i].problem IS NOT NULL;
            m[i] := aidataops._take_scanned(m[i], part.numbers ->> ('f' || i), part.numbers ->> ('m' || i), part.problems[i]);
            m[i].refused := part.refused[i];
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._scan_rules(aidataops._measurement[], record, boolean, aidataops._asking) IS
'Internal: measures the rules that aggregates can, in one scan for five hundred of them.';

CREATE FUNCTION aidataops._take_scanned(m aidataops._measurement, failing text, measured text, problem text) RETURNS aidataops._measurement
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    m.problem := problem;
    m.failing := failing::bigint;
    m.measured := coalesce(aidataops._number(measured), m.failing);
    RETURN m;
EXCEPTION WHEN data_exception THEN
    m.problem := SQLERRM;
    RETURN m;
END $$;
COMMENT ON FUNCTION aidataops._take_scanned(aidataops._measurement, text, text, text) IS 'Internal: what the scan gave of a rule.';

CREATE FUNCTION aidataops._only_number(answer jsonb) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF jsonb_array_length(answer) IS DISTINCT FROM 1 OR (SELECT count(*) FROM jsonb_object_keys(answer -> 0)) <> 1 THEN
        RAISE EXCEPTION 'query does not give one number' USING ERRCODE = 'cardinality_violation';
    END IF;
    RETURN (SELECT aidataops._number(v.value) FROM jsonb_each_text(answer -> 0) AS v);
END $$;
COMMENT ON FUNCTION aidataops._only_number(jsonb) IS 'Internal: the number that a rule of kind sql is about.';

CREATE FUNCTION aidataops._run_rule_query(
    m aidataops._measurement,
    rule aidataops.rule,
    target record,
    source oid,
    version aidataops.dataset_version,
    num_rows bigint,
    asking aidataops._asking) RETURNS aidataops._measurement
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    q aidataops._rule_query;
    answer record;
BEGIN
    m.refused := true; -- as long as there is no query
    q := aidataops._rule_query(rule, target, source, version, num_rows, asking);
    m.relations := q.relations; -- also if it fails
    m.relations := m.relations || ARRAY(SELECT p.relation FROM unnest(q.parts) AS p);
    m.refused := false;
    SELECT * INTO answer
      FROM aidataops._measure(asking, q.relation, q.query, coalesce(q.own_text, false), coalesce(q.parts, '{}'));
    m.relations := m.relations || answer.relations_read;
    IF answer.error IS NOT NULL THEN
        m.problem := answer.error;
        m.refused := answer.sqlstate = '42501';
    ELSIF rule.kind = 'sql' THEN
        m.measured := aidataops._only_number(answer.result);
    ELSE
        m.measured := (answer.result -> 0 ->> 'measured')::numeric;
        m.failing := (answer.result -> 0 ->> 'failing')::bigint;
        m.examples := nullif(answer.result -> 0 -> 'examples', 'null');
        m.problem := answer.result -> 0 ->> 'problem';
    END IF;
    RETURN m;
EXCEPTION WHEN OTHERS THEN
    m.problem := SQLERRM;
    RETURN m;
END $$;
COMMENT ON FUNCTION
    aidataops._run_rule_query(aidataops._measurement, aidataops.rule, record, oid, aidataops.dataset_version, bigint, aidataops._asking) IS
'Internal: measures a rule that takes a query of its own.';

CREATE FUNCTION aidataops._judge(m aidataops._measurement, rule aidataops.rule, num_rows bigint) RETURNS aidataops._measurement
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.problem IS NOT NULL THEN
        RETURN m;
    END IF;
    IF rule.unit = 'percent' AND rule.kind IN ('accuracy', 'agreement') THEN
        m.measured := 100 * m.measured;
    ELSIF rule.unit = 'percent' AND m.failing IS NOT NULL AND rule.kind NOT IN ('coverage', 'drift') THEN
        m.measured := CASE WHEN num_rows > 0 THEN 100 * m.failing::numeric / num_rows ELSE 0 END;
    END IF;
    -- of no rows the latest is not fresh; everything else that gives no number cannot be measured
    IF m.measured IS NULL AND rule.kind = 'freshness' THEN
        m.broken := true;
    ELSIF m.measured IS NULL OR m.measured = 'NaN' THEN
        m.problem := CASE WHEN num_rows = 0 THEN 'there are no rows to measure it by' ELSE 'there is nothing to measure it by' END;
    ELSE
        m.broken := aidataops._is_within(m.measured, rule.operator, rule.bounds) IS NOT TRUE;
    END IF;
    RETURN m;
END $$;
COMMENT ON FUNCTION aidataops._judge(aidataops._measurement, aidataops.rule, bigint) IS 'Internal: what was measured in the unit of the rule, and whether that breaks it.';

-- Columns of an example: the key and those of the rule, without what is sensitive.
CREATE FUNCTION aidataops._shown_columns(rule aidataops.rule, key name[], sensitive name[]) RETURNS name[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ARRAY(SELECT c.name FROM unnest(key || CASE WHEN rule.parameters -> 'sensitive' = 'true' THEN '{}' ELSE rule.columns END) WITH ORDINALITY AS c (name, ordinal)
                      WHERE c.name <> ALL (sensitive) ORDER BY c.ordinal);
    END;
COMMENT ON FUNCTION aidataops._shown_columns(aidataops.rule, name[], name[]) IS 'Internal: the columns that examples of a rule show.';

CREATE FUNCTION aidataops._show_examples(
    m aidataops._measurement[],
    rules aidataops.rule[],
    target record,
    sensitive name[],
    asking aidataops._asking) RETURNS aidataops._measurement[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    query text := (SELECT aidataops._examples_query(array_agg(i), array_agg(m[i].violation), array_agg(aidataops._sample(aidataops._shown_columns(rules[i], target.key, sensitive), target.names, target.types)),
                                                    array_agg(m[i].failing), target.rows)
                     FROM generate_subscripts(m, 1) AS i WHERE m[i].broken AND m[i].violation IS NOT NULL);
    own_text boolean := (SELECT bool_or(i.own_text) FROM unnest(m) AS i WHERE i.broken AND i.violation IS NOT NULL);
    example record;
BEGIN
    FOR example IN SELECT (e.value ->> 'number')::integer AS number, e.value -> 'examples' AS examples
                     FROM aidataops._measure(asking, target.relation, query, own_text) AS a,
                          jsonb_array_elements(a.result) AS e
                    WHERE query IS NOT NULL LOOP
        m[example.number].examples := example.examples;
    END LOOP;
    RETURN m;
END $$;
COMMENT ON FUNCTION
    aidataops._show_examples(aidataops._measurement[], aidataops.rule[], record, name[], aidataops._asking) IS
'Internal: adds examples of rows that break rules.';

CREATE FUNCTION aidataops._message(m aidataops._measurement, rule aidataops.rule, threshold text, num_rows bigint) RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT CASE
            WHEN m.problem IS NOT NULL THEN 'cannot be measured: ' || m.problem
            WHEN NOT m.broken THEN NULL
            WHEN m.measured IS NULL THEN format('no row has a value in %s', array_to_string(rule.columns, ', '))
            ELSE aidataops._describe_result(rule, m.measured, m.failing, num_rows, m.examples)
                 || CASE WHEN rule.level = 'row' OR rule.kind IN ('type', 'unique') THEN ''
                         ELSE format(': %s, allowed %s', concat_ws(' ', round(m.measured, 6)::float8, CASE WHEN rule.kind = 'duplicates' AND rule.unit = 'rows' THEN 'groups' ELSE nullif(rule.unit, 'none') END), threshold) END END;
    END;
COMMENT ON FUNCTION aidataops._message(aidataops._measurement, aidataops.rule, text, bigint) IS 'Internal: what is wrong with a rule, in words; NULL if nothing is.';

-- What tells values of sensitive columns is left out.
CREATE FUNCTION aidataops._without_sensitive(INOUT measured numeric, INOUT examples jsonb, INOUT message text, m aidataops._measurement, rule aidataops.rule, threshold text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    examples := CASE WHEN m.violation IS NOT NULL THEN examples END;
    IF m.problem IS NOT NULL THEN
        message := 'cannot be measured; why is not shown, because a column is sensitive';
    ELSIF rule.kind = 'statistic' AND lower(rule.parameters ->> 'function') IN ('min', 'max', 'median', 'quantile', 'sum') THEN
        measured := NULL;
        message := CASE WHEN m.broken THEN format('%s of a sensitive column is not %s', rule.parameters ->> 'function', threshold) END;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._without_sensitive(numeric, jsonb, text, aidataops._measurement, aidataops.rule, text) IS 'Internal: the result of a rule about sensitive columns, without what tells their values.';

CREATE FUNCTION aidataops._check_result(m aidataops._measurement, r aidataops.rule, sensitive name[], num_rows bigint,
    OUT rule text, OUT object text, OUT severity text, OUT outcome text, OUT measured numeric, OUT threshold text, OUT failing bigint, OUT examples jsonb, OUT message text) RETURNS record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    rule := r.rule;
    object := r.object;
    severity := r.severity;
    outcome := CASE WHEN m.problem IS NOT NULL THEN 'error' WHEN NOT m.broken THEN 'pass' WHEN r.severity = 'warn' THEN 'warn' ELSE 'fail' END;
    threshold := CASE WHEN r.operator IS NOT NULL AND r.bounds IS NOT NULL
                      THEN concat_ws(' ', r.operator, (SELECT string_agg(b, ' and ') FROM jsonb_array_elements_text(r.bounds) AS b), nullif(r.unit, 'none')) END;
    IF m.problem IS NULL THEN
        failing := m.failing;
        measured := trim_scale(m.measured);
        examples := CASE WHEN m.broken THEN m.examples END;
    END IF;
    message := aidataops._message(m, r, threshold, num_rows);
    IF r.parameters -> 'sensitive' = 'true' OR r.columns && sensitive THEN
        SELECT s.measured, s.examples, s.message INTO measured, examples, message FROM aidataops._without_sensitive(measured, examples, message, m, r, threshold) AS s;
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._check_result(aidataops._measurement, aidataops.rule, name[], bigint) IS 'Internal: the row of a rule in the answer of a check.';

-- In the order of the rules.
CREATE FUNCTION aidataops._evaluate(
    rules aidataops.rule[],
    sensitive name[],
    source oid,
    version aidataops.dataset_version,
    asking aidataops._asking,
    with_fingerprint boolean)
    RETURNS TABLE (rule text, object text, severity text, outcome text, measured numeric, threshold text, failing bigint, examples jsonb, message text,
        num_rows bigint, fingerprint aidataops.fingerprint, role oid, relations oid[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    now constant timestamptz := clock_timestamp();
    target record;
    checked oid := source;
    m aidataops._measurement[];
    problem text;
BEGIN
    rules := ARRAY(SELECT aidataops._with_threshold(rules[i]) FROM generate_subscripts(rules, 1) AS i ORDER BY i);
    BEGIN
        target := aidataops._check_target(aidataops._reading_role((asking).reader, ARRAY[source]), source, version);
    EXCEPTION WHEN OTHERS THEN
        problem := SQLERRM;
    END;
    IF problem IS NULL THEN
        checked := target.relation;
        m := aidataops._plan_measurements(rules, target, now);
        SELECT s.m, s.num_rows, s.fingerprint, s.role INTO m, num_rows, fingerprint, role
          FROM aidataops._scan_rules(m, target, with_fingerprint, asking) AS s;
        FOR i IN 1 .. cardinality(rules) LOOP
            IF m[i].has_query AND m[i].problem IS NULL THEN
                m[i] := aidataops._run_rule_query(m[i], rules[i], target, source, version, num_rows, asking);
            END IF;
            m[i] := aidataops._judge(m[i], rules[i], num_rows);
        END LOOP;
        m := aidataops._show_examples(m, rules, target, sensitive, asking);
    END IF;
    FOR i IN 1 .. cardinality(rules) LOOP
        m[i].refused := problem IS NOT NULL OR m[i].refused;
        m[i].problem := coalesce(problem, m[i].problem);
        RETURN QUERY
            SELECT c.*, num_rows, fingerprint, role, CASE WHEN m[i].refused THEN '{}' ELSE checked || m[i].relations END
              FROM aidataops._check_result(m[i], rules[i], sensitive, num_rows) AS c;
    END LOOP;
END $$;
COMMENT ON FUNCTION
    aidataops._evaluate(aidataops.rule[], name[], oid, aidataops.dataset_version, aidataops._asking, boolean) IS
'Internal: measures rules of one table, under the snapshot of the calling statement. All that reads '
'rows runs by _measure(); role: as whom those that are checked were read.';
