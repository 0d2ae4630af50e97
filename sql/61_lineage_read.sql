-- Questions about lineage (docs/lineage.md).
--
-- Paths lead through objects that the reader may not see, so the walks run with the rights of the catalog's owner
-- (src/lineage/read.c), and what the reader may not see is named restricted. They go level by level, by index, and visit
-- each node once: paths are never enumerated.

CREATE FUNCTION aidataops._lineage_find_relation(relation oid) RETURNS bigint
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    origin text;
    found_node bigint;
BEGIN
    relation := coalesce(pg_partition_root(relation), relation);
    origin := aidataops._relation_origin(relation);
    SELECT l.node_id INTO found_node
      FROM (SELECT DISTINCT s.node_id FROM aidataops.lineage_node_state AS s WHERE s.relation_oid = relation) AS s,
           LATERAL (SELECT x.* FROM aidataops.lineage_node_state AS x WHERE x.node_id = s.node_id ORDER BY x.entry DESC LIMIT 1) AS l
     WHERE l.relation_oid = relation AND l.relation_origin = origin AND NOT l.is_dropped LIMIT 1;
    IF found_node IS NULL THEN -- restored
        SELECT l.node_id INTO found_node
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          JOIN aidataops.lineage_node_state AS s ON s.relation_name = c.relname AND s.relation_schema = n.nspname,
               LATERAL (SELECT x.* FROM aidataops.lineage_node_state AS x WHERE x.node_id = s.node_id ORDER BY x.entry DESC LIMIT 1) AS l
         WHERE c.oid = relation AND l.relation_name = c.relname AND l.relation_schema = n.nspname
           AND NOT aidataops._is_here(l.relation_origin) AND NOT l.is_dropped
         ORDER BY l.recorded_at DESC LIMIT 1;
    END IF;
    RETURN found_node;
END $$;
COMMENT ON FUNCTION aidataops._lineage_find_relation(oid) IS 'Internal: the node of a relation; NULL if it has none.';

-- As the policies of aidataops.model and what it hangs on: they ask for current_user, who is somebody else here.
CREATE FUNCTION aidataops._model_visible_to(caller oid, model text, model_version text) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM aidataops.model AS m JOIN pg_roles AS r ON r.rolname = m.owner
                    WHERE m.model = _model_visible_to.model AND m.model_version = _model_visible_to.model_version AND pg_has_role(caller, r.oid, 'USAGE'))
        OR EXISTS (SELECT FROM aidataops.training AS t JOIN pg_roles AS r ON r.rolname = t.recorded_as
                    WHERE t.model = _model_visible_to.model AND t.model_version = _model_visible_to.model_version AND pg_has_role(caller, r.oid, 'USAGE'))
        OR EXISTS (SELECT FROM aidataops.training AS t JOIN aidataops.model_dataset AS u ON u.training_id = t.training_id JOIN aidataops.dataset AS d ON d.dataset_id = u.dataset_id
                    WHERE t.model = _model_visible_to.model AND t.model_version = _model_visible_to.model_version
                      AND aidataops._lineage_visible_to(caller, 'relation', NULL, NULL, d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name, NULL));
END $$;
COMMENT ON FUNCTION aidataops._model_visible_to(oid, text, text) IS 'Internal: whether a role may know of a model: with the rights of its owner or of who recorded that it was trained, or if it may read a dataset that it used.';

CREATE FUNCTION aidataops._lineage_visible_to(caller oid, kind text, namespace text, name text, relation_oid oid, relation_origin text, relation_schema name, relation_name name, owner name)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation oid;
    role oid;
BEGIN
    IF kind = 'relation' THEN
        relation := aidataops._source_oid(relation_oid, relation_origin, relation_schema, relation_name);
        IF relation IS NOT NULL THEN
            RETURN has_table_privilege(caller, relation, 'SELECT') OR has_any_column_privilege(caller, relation, 'SELECT');
        END IF;
    ELSIF kind = 'model' THEN
        RETURN aidataops._model_visible_to(caller, namespace, substr(name, length(namespace) + 2));
    END IF;
    role := (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = owner);
    RETURN role IS NOT NULL AND pg_has_role(caller, role, 'USAGE');
END $$;
COMMENT ON FUNCTION aidataops._lineage_visible_to(oid, text, text, text, oid, text, name, name, name) IS 'Internal: whether a role may know of a node of lineage: with SELECT on a relation or a column of it; of a model that it may know; or with the rights of who owned it.';

CREATE FUNCTION aidataops._lineage_touches_visible(caller oid, node bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM (SELECT e.target_node AS next FROM aidataops.lineage_edge_state AS e WHERE e.source_node = node
                                UNION SELECT e.source_node FROM aidataops.lineage_edge_state AS e WHERE e.target_node = node) AS n,
                   LATERAL (SELECT s.* FROM aidataops.lineage_node_state AS s WHERE s.node_id = n.next ORDER BY s.entry DESC LIMIT 1) AS l
                   WHERE l.kind = 'relation' AND aidataops._lineage_visible_to(caller, l.kind, l.namespace, l.name, l.relation_oid, l.relation_origin, l.relation_schema, l.relation_name, l.owner));
END $$;
COMMENT ON FUNCTION aidataops._lineage_touches_visible(oid, bigint) IS 'Internal: whether a role may know of a relation that data went to or came from: then it sees the file, too.';

-- Without it no rows could mean that nothing feeds an object, or that nobody looked.
CREATE FUNCTION aidataops._lineage_tell_unknown(object text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE NOTICE 'no lineage of % is recorded', object
        USING HINT = CASE WHEN (SELECT s.is_preloaded AND s.is_enabled FROM aidataops._lineage_session() AS s) THEN 'What a transaction does is recorded when it commits; record_views() takes in the views that were there before the library was preloaded.'
                          ELSE 'Statements of this session are not captured: lineage_status() says what to do.' END;
END $$;
COMMENT ON FUNCTION aidataops._lineage_tell_unknown(text) IS 'Internal: says that no rows do not mean that there is no lineage.';

-- What one asks about: a relation, a dataset or a version of it, or the name of anything else that has lineage.
CREATE FUNCTION aidataops._lineage_start(caller oid, relation oid, object text, OUT nodes bigint[], OUT source oid, OUT as_of timestamptz, OUT version aidataops.dataset_version)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    committed_at timestamptz;
    found_version aidataops.dataset_version;
    uri text[] := regexp_match(object, '^([[:alnum:]+.-]+://[^/]*)/(.*)$');
BEGIN
    source := nullif(relation, 0::oid);
    IF source IS NULL AND object ~ '^[^@]+@[^@]+$' THEN
        SELECT v.committed_at, v.version, aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name) INTO committed_at, found_version, source
          FROM aidataops.version AS v JOIN aidataops.dataset AS d ON d.dataset_id = v.dataset_id WHERE v.version::text = object;
    END IF;
    IF source IS NULL THEN
        SELECT aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name) INTO source FROM aidataops.dataset AS d WHERE d.name = object;
    END IF;
    -- that there is a dataset of that name is not for everybody, other than that there is a relation
    IF nullif(relation, 0::oid) IS NULL AND NOT (has_table_privilege(caller, source, 'SELECT') OR has_any_column_privilege(caller, source, 'SELECT')) THEN
        source := NULL;
    ELSE
        as_of := committed_at;
        version := found_version;
    END IF;
    IF source IS NOT NULL THEN
        IF has_table_privilege(caller, source, 'SELECT') OR has_any_column_privilege(caller, source, 'SELECT') THEN
            nodes := array_remove(ARRAY[aidataops._lineage_find_relation(source)], NULL);
            PERFORM aidataops._lineage_tell_unknown(object) WHERE cardinality(nodes) = 0;
            RETURN;
        END IF;
        RAISE EXCEPTION 'permission denied for %', object USING ERRCODE = 'insufficient_privilege', DETAIL = 'It takes SELECT on the relation, or on a column of it.';
    END IF;
    SELECT array_agg(DISTINCT n.node_id) INTO nodes
      FROM aidataops.lineage_node_state AS s,
           LATERAL (SELECT x.* FROM aidataops.lineage_node_state AS x WHERE x.node_id = s.node_id ORDER BY x.entry DESC LIMIT 1) AS n
     WHERE s.name = ANY (ARRAY[object, uri[2], '/' || uri[2]]) AND (s.name = object OR s.namespace = uri[1] OR uri[1] = 'file://' AND s.namespace = 'file')
       AND (aidataops._lineage_visible_to(caller, n.kind, n.namespace, n.name, n.relation_oid, n.relation_origin, n.relation_schema, n.relation_name, n.owner)
            OR n.kind <> 'relation' AND aidataops._lineage_touches_visible(caller, n.node_id));
    IF nodes IS NULL THEN
        RAISE EXCEPTION '"%" is neither a relation, nor a dataset, nor anything else that has lineage', coalesce(left(object, 200), 'NULL')
            USING ERRCODE = 'undefined_object', HINT = 'Write a relation as schema.name, a version as dataset@3, a model as model@version, a file by its path or URI.';
    END IF;
END $$;
COMMENT ON FUNCTION aidataops._lineage_start(oid, oid, text) IS 'Internal: the nodes that a name means, or an error; and when, if it is a version.';

CREATE FUNCTION aidataops._lineage_check(direction text, max_depth integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF direction IS NULL OR direction NOT IN ('upstream', 'downstream') THEN
        RAISE EXCEPTION 'direction "%" is not known', coalesce(direction, 'NULL')
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is upstream, to where data came from, or downstream, to where it went.';
    ELSIF max_depth < 1 THEN
        RAISE EXCEPTION 'max_depth % is out of range', max_depth USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It must be at least 1; NULL is without limit.';
    END IF;
    RETURN direction = 'upstream';
END $$;
COMMENT ON FUNCTION aidataops._lineage_check(text, integer) IS 'Internal: whether the direction is upstream, or an error.';

-- Confidence as a number, the best first, and back.
CREATE FUNCTION aidataops._lineage_doubt(confidence text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE confidence WHEN 'exact' THEN 0 WHEN 'declared' THEN 1 ELSE 2 END;
END;
COMMENT ON FUNCTION aidataops._lineage_doubt(text) IS 'Internal: how little a confidence proves.';

-- The nodes that are reached, each by the shortest way, and among those by the most certain.
CREATE FUNCTION aidataops._lineage_walk(start bigint[], upstream boolean, max_depth integer, as_of timestamptz)
    RETURNS TABLE (depth integer, node bigint, via bigint, edge_id bigint, doubt integer)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    visited bigint[] := start;
    frontier bigint[] := start;
    doubts integer[] := array_fill(0, ARRAY[cardinality(start)]);
    vias bigint[];
    edges bigint[];
    level integer := 0;
BEGIN
    WHILE cardinality(frontier) > 0 AND level < coalesce(max_depth, 2147483647) LOOP
        level := level + 1;
        IF upstream THEN
            SELECT array_agg(n.next), array_agg(n.via), array_agg(n.edge), array_agg(n.doubt) INTO frontier, vias, edges, doubts FROM (
                SELECT DISTINCT ON (e.next) e.next, e.via, e.edge, e.doubt FROM (
                    SELECT DISTINCT ON (s.edge_id) s.source_node AS next, f.node AS via, s.edge_id AS edge, greatest(f.doubt, aidataops._lineage_doubt(s.confidence)) AS doubt, s.is_ended
                      FROM unnest(frontier, doubts) AS f (node, doubt) JOIN aidataops.lineage_edge_state AS s ON s.target_node = f.node
                     WHERE as_of IS NULL OR s.recorded_at <= as_of
                     ORDER BY s.edge_id, s.entry DESC) AS e
                 WHERE NOT e.is_ended AND e.next <> ALL (visited)
                 ORDER BY e.next, e.doubt, e.edge) AS n;
        ELSE
            SELECT array_agg(n.next), array_agg(n.via), array_agg(n.edge), array_agg(n.doubt) INTO frontier, vias, edges, doubts FROM (
                SELECT DISTINCT ON (e.next) e.next, e.via, e.edge, e.doubt FROM (
                    SELECT DISTINCT ON (s.edge_id) s.target_node AS next, f.node AS via, s.edge_id AS edge, greatest(f.doubt, aidataops._lineage_doubt(s.confidence)) AS doubt, s.is_ended
                      FROM unnest(frontier, doubts) AS f (node, doubt) JOIN aidataops.lineage_edge_state AS s ON s.source_node = f.node
                     WHERE as_of IS NULL OR s.recorded_at <= as_of
                     ORDER BY s.edge_id, s.entry DESC) AS e
                 WHERE NOT e.is_ended AND e.next <> ALL (visited)
                 ORDER BY e.next, e.doubt, e.edge) AS n;
        END IF;
        visited := visited || frontier;
        RETURN QUERY SELECT level, u.next, u.via, u.edge, u.doubt FROM unnest(frontier, vias, edges, doubts) AS u (next, via, edge, doubt);
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._lineage_walk(bigint[], boolean, integer, timestamptz) IS 'Internal: the nodes that are reached from others, nearest first, with the edge of the way and what it leads from.';

-- How nodes are called: a relation as it is called now, or as it was at a time.
CREATE FUNCTION aidataops._lineage_names(caller oid, nodes bigint[], as_of timestamptz)
    RETURNS TABLE (node bigint, label text, kind text, relation oid, is_visible boolean, is_dropped boolean)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT u.node, CASE WHEN c.oid IS NOT NULL AND as_of IS NULL THEN format('%I.%I', n.nspname, c.relname)
                            WHEN s.kind IN ('file', 'external') AND s.namespace <> '' THEN CASE s.namespace WHEN 'file' THEN 'file://' ELSE s.namespace END || CASE WHEN s.name LIKE '/%' THEN '' ELSE '/' END || s.name
                            ELSE s.name END, s.kind, r.relation,
               coalesce(CASE WHEN r.relation IS NOT NULL THEN has_table_privilege(caller, r.relation, 'SELECT') OR has_any_column_privilege(caller, r.relation, 'SELECT')
                             WHEN s.kind = 'model' THEN aidataops._model_visible_to(caller, s.namespace, substr(s.name, length(s.namespace) + 2))
                             ELSE pg_has_role(caller, o.oid, 'USAGE') END, false),
               s.is_dropped OR s.kind = 'relation' AND r.relation IS NULL
          FROM unnest(nodes) AS u (node)
          CROSS JOIN LATERAL (SELECT x.* FROM aidataops.lineage_node_state AS x WHERE x.node_id = u.node
                         -- before it was first recorded it had the name that it had then
                         ORDER BY as_of IS NOT NULL AND x.recorded_at > as_of, CASE WHEN as_of IS NOT NULL AND x.recorded_at > as_of THEN -x.entry ELSE x.entry END DESC LIMIT 1) AS s
          CROSS JOIN LATERAL (SELECT CASE WHEN s.kind = 'relation' THEN aidataops._source_oid(s.relation_oid, s.relation_origin, s.relation_schema, s.relation_name) END AS relation OFFSET 0) AS r
          LEFT JOIN pg_class AS c ON c.oid = r.relation LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
          LEFT JOIN pg_roles AS o ON o.rolname = s.owner;
END $$;
COMMENT ON FUNCTION aidataops._lineage_names(oid, bigint[], timestamptz) IS 'Internal: how nodes are called, and whether a role may know.';

CREATE FUNCTION aidataops._lineage(caller oid, relation oid, object text, direction text, max_depth integer, as_of timestamptz)
    RETURNS TABLE (depth integer, object_name text, kind text, object_relation regclass, via text, operation text, is_direct boolean, confidence text, first_seen timestamptz, last_seen timestamptz, is_dropped boolean)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    upstream boolean := aidataops._lineage_check(direction, max_depth);
    start record;
    at timestamptz;
BEGIN
    start := aidataops._lineage_start(caller, relation, object);
    at := coalesce(as_of, start.as_of);
    RETURN QUERY
        WITH walked AS MATERIALIZED (SELECT w.* FROM aidataops._lineage_walk(start.nodes, upstream, max_depth, at) AS w),
             named AS MATERIALIZED (SELECT n.* FROM aidataops._lineage_names(caller, ARRAY(SELECT w.node FROM walked AS w) || start.nodes, at) AS n),
             shown AS (SELECT w.*, n.label, n.kind, n.relation, n.is_dropped, v.label AS via_label, v.is_visible AS via_visible,
                              n.is_visible OR n.kind <> 'relation' AND v.is_visible AS shown
                         FROM walked AS w JOIN named AS n ON n.node = w.node JOIN named AS v ON v.node = w.via)
        SELECT s.depth, CASE WHEN s.shown THEN s.label ELSE 'restricted' END, s.kind, CASE WHEN s.shown THEN s.relation::regclass END,
               CASE WHEN s.via_visible THEN s.via_label ELSE 'restricted' END, e.operation, e.is_direct,
               (ARRAY['exact', 'declared', 'cooccurrence'])[s.doubt + 1],
               (SELECT min(f.recorded_at) FROM aidataops.lineage_edge_state AS f WHERE f.edge_id = s.edge_id), greatest((SELECT max(l.recorded_at) FROM aidataops.lineage_edge_state AS l WHERE l.edge_id = s.edge_id), (SELECT max(l.seen_at) FROM aidataops.lineage_use AS l WHERE l.edge_id = s.edge_id)),
               CASE WHEN s.shown THEN s.is_dropped END
          FROM shown AS s, LATERAL (SELECT x.operation, x.is_direct FROM aidataops.lineage_edge_state AS x WHERE x.edge_id = s.edge_id LIMIT 1) AS e
         ORDER BY s.depth, 2, s.node;
END $$;
COMMENT ON FUNCTION aidataops._lineage(oid, oid, text, text, integer, timestamptz) IS 'Internal: what lineage() does.';

CREATE FUNCTION aidataops.lineage(object text, direction text DEFAULT 'upstream', max_depth integer DEFAULT NULL, as_of timestamptz DEFAULT NULL)
    RETURNS TABLE (depth integer, object_name text, kind text, relation regclass, via text, operation text, is_direct boolean, confidence text, first_seen timestamptz, last_seen timestamptz, is_dropped boolean)
    LANGUAGE C STABLE ROWS 1000 AS 'MODULE_PATHNAME', 'lineage_of_object';
COMMENT ON FUNCTION aidataops.lineage(text, text, integer, timestamptz) IS
'Where the data of an object came from (upstream) or went (downstream): each object that is reached, once, nearest first, up to max_depth steps away (NULL: all). object is a relation, a dataset, a version of one (dataset@3: as of its commit), a model@version, or the path of a file. via is the object it was reached from, operation what took the data there, confidence the weakest on the way: exact, declared or cooccurrence. With as_of, what was known at that time, under the names of that time. What you may not see is named restricted: relations without SELECT on them or on a column, models of which you may read no dataset.';

-- A column is known by its name: that of now, wherever the number of the column still means something.
CREATE FUNCTION aidataops._lineage_column_name(node bigint, attnum smallint, stored name, recorded_at timestamptz) RETURNS name
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_name name;
BEGIN
    IF attnum IS NULL THEN
        RETURN stored;
    END IF;
    SELECT a.attname INTO found_name
      FROM (SELECT x.* FROM aidataops.lineage_node_state AS x WHERE x.node_id = node ORDER BY x.entry DESC LIMIT 1) AS n
      JOIN pg_attribute AS a ON a.attrelid = n.relation_oid AND a.attnum = _lineage_column_name.attnum AND NOT a.attisdropped
     WHERE n.relation_origin = aidataops._relation_origin(n.relation_oid)
       AND _lineage_column_name.recorded_at >= (SELECT min(s.recorded_at) FROM aidataops.lineage_node_state AS s
                                                 WHERE s.node_id = node AND s.relation_origin = n.relation_origin);
    RETURN coalesce(found_name, stored);
END $$;
COMMENT ON FUNCTION aidataops._lineage_column_name(bigint, smallint, name, timestamptz) IS 'Internal: the present name of a column; the one that was recorded, if it is gone or was recorded elsewhere.';

-- As _lineage_walk(), of columns. An empty name stands for all rows: where a column decides about which there are, all columns follow.
CREATE FUNCTION aidataops._lineage_walk_columns(start bigint[], start_columns text[], upstream boolean, max_depth integer, with_unknown boolean)
    RETURNS TABLE (depth integer, node bigint, column_name text, via bigint, via_column text, kind text, doubt integer, edge_id bigint)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ranks constant text[] := ARRAY['identity', 'transformation', 'aggregation', 'join', 'filter', 'group_by', 'sort', 'window', 'conditional', 'unknown'];
    visited text[] := ARRAY(SELECT s.node || '.' || s.name FROM unnest(start, start_columns) AS s (node, name));
    nodes bigint[] := start;
    names text[] := start_columns;
    kinds integer[] := array_fill(0, ARRAY[cardinality(start)]);
    doubts integer[] := array_fill(0, ARRAY[cardinality(start)]);
    vias bigint[];
    via_names text[];
    edges bigint[];
    level integer := 0;
BEGIN
    WHILE cardinality(nodes) > 0 AND level < coalesce(max_depth, 2147483647) LOOP
        level := level + 1;
        SELECT array_agg(n.next), array_agg(n.next_name), array_agg(n.via), array_agg(n.via_name), array_agg(n.kind), array_agg(n.doubt), array_agg(n.edge_id)
          INTO nodes, names, vias, via_names, kinds, doubts, edges FROM (
            SELECT DISTINCT ON (c.next, c.next_name) c.next, c.next_name, c.via, c.via_name, c.edge_id,
                   -- what is nearer to the target decides, if it decides indirectly
                   CASE WHEN c.outer_kind >= 4 THEN c.outer_kind ELSE greatest(c.outer_kind, c.inner_kind) END AS kind,
                   greatest(c.before_doubt, aidataops._lineage_doubt(e.confidence)) AS doubt
              FROM (SELECT CASE WHEN upstream THEN x.source_node ELSE x.target_node END AS next,
                           CASE WHEN upstream THEN CASE WHEN x.source_attnum IS NULL THEN x.source_column ELSE aidataops._lineage_column_name(x.source_node, x.source_attnum, x.source_column, x.recorded_at) END::text
                                ELSE coalesce(CASE WHEN x.target_attnum IS NULL THEN x.target_column ELSE aidataops._lineage_column_name(x.target_node, x.target_attnum, x.target_column, x.recorded_at) END::text, '') END AS next_name,
                           f.node AS via, f.name AS via_name, f.doubt AS before_doubt, x.edge_id,
                           CASE WHEN upstream THEN f.kind ELSE array_position(ranks, x.kind) END AS outer_kind,
                           CASE WHEN upstream THEN array_position(ranks, x.kind) ELSE f.kind END AS inner_kind
                      FROM unnest(nodes, names, kinds, doubts) AS f (node, name, kind, doubt),
                           LATERAL (SELECT k.* FROM aidataops.lineage_column_edge AS k WHERE upstream AND k.target_node = f.node
                                       AND (k.target_column IS NULL OR f.name = ''
                                            OR CASE WHEN k.target_attnum IS NULL THEN k.target_column ELSE aidataops._lineage_column_name(k.target_node, k.target_attnum, k.target_column, k.recorded_at) END = f.name)
                                    UNION ALL
                                    SELECT k.* FROM aidataops.lineage_column_edge AS k WHERE NOT upstream AND k.source_node = f.node
                                       AND (f.name = '' OR CASE WHEN k.source_attnum IS NULL THEN k.source_column ELSE aidataops._lineage_column_name(k.source_node, k.source_attnum, k.source_column, k.recorded_at) END = f.name)
                                    UNION ALL -- of which no columns are known
                                    SELECT s.entry, s.edge_id, s.source_node, NULL, '', s.target_node, NULL, NULL, 'unknown', s.recorded_at
                                      FROM aidataops.lineage_edge_state AS s WHERE with_unknown AND s.source_node = f.node
                                       AND NOT EXISTS (SELECT FROM aidataops.lineage_column_edge AS k WHERE k.edge_id = s.edge_id)) AS x) AS c
              JOIN LATERAL (SELECT s.confidence, s.is_ended FROM aidataops.lineage_edge_state AS s WHERE s.edge_id = c.edge_id ORDER BY s.entry DESC LIMIT 1) AS e ON NOT e.is_ended
             WHERE c.next || '.' || c.next_name <> ALL (visited)
             ORDER BY c.next, c.next_name, doubt, kind, c.edge_id) AS n;
        visited := visited || ARRAY(SELECT u.node || '.' || u.name FROM unnest(nodes, names) AS u (node, name));
        RETURN QUERY SELECT level, u.node, u.name, u.via, u.via_name, ranks[u.kind], u.doubt, u.edge
                       FROM unnest(nodes, names, vias, via_names, kinds, doubts, edges) AS u (node, name, via, via_name, kind, doubt, edge);
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops._lineage_walk_columns(bigint[], text[], boolean, integer, boolean) IS 'Internal: the columns that are reached from others, nearest first; downstream, if wanted, also through edges of which no columns are known.';

CREATE FUNCTION aidataops._column_lineage(caller oid, relation regclass, "column" name, direction text, max_depth integer)
    RETURNS TABLE (target_relation regclass, target_column name, source_relation regclass, source_column name, kind text, depth integer, confidence text, last_seen timestamptz, source_name text)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    upstream boolean := aidataops._lineage_check(direction, max_depth);
    start bigint;
BEGIN
    IF relation IS NULL OR "column" IS NULL THEN
        RETURN;
    ELSIF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation) THEN
        RAISE EXCEPTION 'relation % does not exist', relation USING ERRCODE = 'undefined_table';
    ELSIF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = "column" AND a.attnum > 0 AND NOT a.attisdropped) THEN
        RAISE EXCEPTION 'column "%" of relation "%" does not exist', "column", relation USING ERRCODE = 'undefined_column';
    ELSIF NOT has_column_privilege(caller, relation, "column", 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for column "%" of relation "%"', "column", relation USING ERRCODE = 'insufficient_privilege';
    END IF;
    start := aidataops._lineage_find_relation(relation);
    PERFORM aidataops._lineage_tell_unknown(relation::regclass::text) WHERE start IS NULL;
    RETURN QUERY
        WITH walked AS MATERIALIZED (SELECT w.* FROM aidataops._lineage_walk_columns(array_remove(ARRAY[start], NULL), ARRAY["column"::text], upstream, max_depth, false) AS w),
             named AS MATERIALIZED (SELECT n.* FROM aidataops._lineage_names(caller, ARRAY(SELECT DISTINCT w.node FROM walked AS w), NULL) AS n)
        SELECT CASE WHEN upstream THEN _column_lineage.relation WHEN n.is_visible THEN n.relation::regclass END,
               CASE WHEN upstream THEN "column" WHEN n.is_visible OR n.kind <> 'relation' THEN nullif(w.column_name, '')::name END,
               CASE WHEN NOT upstream THEN _column_lineage.relation WHEN n.is_visible THEN n.relation::regclass END,
               CASE WHEN NOT upstream THEN "column" WHEN n.is_visible OR n.kind <> 'relation' THEN w.column_name::name END,
               w.kind, w.depth, (ARRAY['exact', 'declared', 'cooccurrence'])[w.doubt + 1], greatest((SELECT max(l.recorded_at) FROM aidataops.lineage_edge_state AS l WHERE l.edge_id = w.edge_id), (SELECT max(l.seen_at) FROM aidataops.lineage_use AS l WHERE l.edge_id = w.edge_id)),
               CASE WHEN n.is_visible OR n.kind <> 'relation' THEN n.label ELSE 'restricted' END
          FROM walked AS w JOIN named AS n ON n.node = w.node
         ORDER BY w.depth, 9, w.column_name, w.node;
END $$;
COMMENT ON FUNCTION aidataops._column_lineage(oid, regclass, name, text, integer) IS 'Internal: what column_lineage() does.';

CREATE FUNCTION aidataops.column_lineage(relation regclass, "column" name, direction text DEFAULT 'upstream', max_depth integer DEFAULT NULL)
    RETURNS TABLE (target_relation regclass, target_column name, source_relation regclass, source_column name, kind text, depth integer, confidence text, last_seen timestamptz, object_name text)
    LANGUAGE C STABLE ROWS 1000 AS 'MODULE_PATHNAME', 'rows_as_catalog_owner';
COMMENT ON FUNCTION aidataops.column_lineage(regclass, name, text, integer) IS
'Which columns decide about a column (upstream), or which it decides about (downstream), nearest first, up to max_depth steps away. kind says how, over the whole way: identity, transformation and aggregation give the value; join, filter, group_by, sort, window and conditional decide which value or row. A NULL target_column means all: the column decides which rows there are. object_name names what was reached, also a file or something that is gone; what you may not see is restricted, and has NULL for relation and column.';

-- What a change of an object, or of one column, would touch.
CREATE FUNCTION aidataops._impact(caller oid, relation oid, "column" text, object text, max_depth integer)
    RETURNS TABLE (depth integer, kind text, object_name text, column_name name, path_kind text, confidence text, last_seen timestamptz)
    LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start record;
    checked boolean := aidataops._lineage_check('downstream', max_depth);
    monitors text := CASE WHEN to_regclass('aidataops.monitor') IS NULL THEN 'SELECT NULL::oid, NULL::text WHERE false'
        ELSE 'SELECT aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name), m.name FROM aidataops.monitor AS m JOIN aidataops.dataset AS d ON d.dataset_id = m.dataset_id' END;
    monitored oid[];
    monitor_names text[];
    versions text[];
    models bigint[];
BEGIN
    start := aidataops._lineage_start(caller, relation, object);
    IF "column" IS NOT NULL AND NOT has_column_privilege(caller, relation, "column", 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for column "%" of relation "%"', "column", relation::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF start.version IS NOT NULL THEN -- what was made of another version, or trained on one, is not touched
        WITH RECURSIVE made (version) AS (
            SELECT start.version::text
            UNION SELECT l.version::text FROM made AS m JOIN aidataops.lineage_version AS l ON l.source_version OPERATOR(aidataops.=) m.version::aidataops.dataset_version)
        SELECT array_agg(m.version) INTO versions FROM made AS m;
        models := ARRAY(SELECT DISTINCT aidataops._lineage_id('model', t.model, t.model || '@' || t.model_version)
                          FROM aidataops.model_dataset AS u JOIN aidataops.training AS t ON t.training_id = u.training_id
                         WHERE u.version::text = ANY (versions));
    END IF;
    EXECUTE format('SELECT array_agg(m.relation), array_agg(m.name) FROM (%s) AS m (relation, name)', monitors) INTO monitored, monitor_names;
    RETURN QUERY
        WITH walked AS MATERIALIZED (
                 SELECT w.* FROM aidataops._lineage_walk_columns(start.nodes, array_fill(coalesce("column", ''), ARRAY[cardinality(start.nodes)]), false, max_depth, true) AS w),
             nodes AS MATERIALIZED (
                 SELECT DISTINCT ON (w.node) w.depth, w.node, w.via, w.doubt, w.edge_id FROM walked AS w
                  WHERE w.node <> ALL (start.nodes) ORDER BY w.node, w.depth, w.doubt, w.edge_id),
             touched AS MATERIALIZED (SELECT n.depth, n.node, n.doubt FROM nodes AS n UNION ALL SELECT 0, u.node, 0 FROM unnest(start.nodes) AS u (node)),
             named AS MATERIALIZED (SELECT t.depth, t.doubt, n.* FROM touched AS t JOIN aidataops._lineage_names(caller, ARRAY(SELECT t.node FROM touched AS t), NULL) AS n ON n.node = t.node),
             relations AS MATERIALIZED (SELECT n.relation, min(n.depth) AS depth, min(n.doubt) AS doubt, bool_or(n.is_visible) AS is_visible FROM named AS n WHERE n.relation IS NOT NULL GROUP BY n.relation
                 UNION ALL SELECT start.source, 0, 0, true WHERE start.nodes = '{}' AND start.source IS NOT NULL),
             found_objects AS (
        SELECT n.depth, m.kind, CASE WHEN m.is_visible OR m.kind <> 'relation' AND v.is_visible THEN m.label ELSE 'restricted' END AS object_name, NULL::name AS column_name,
               (SELECT e.operation FROM aidataops.lineage_edge_state AS e WHERE e.edge_id = n.edge_id LIMIT 1) AS path_kind, n.doubt, greatest((SELECT max(l.recorded_at) FROM aidataops.lineage_edge_state AS l WHERE l.edge_id = n.edge_id), (SELECT max(l.seen_at) FROM aidataops.lineage_use AS l WHERE l.edge_id = n.edge_id)) AS last_seen
          FROM nodes AS n JOIN named AS m ON m.node = n.node JOIN named AS v ON v.node = n.via
         WHERE models IS NULL OR m.kind <> 'model' OR m.node = ANY (models)
        UNION ALL
        SELECT w.depth, 'column', CASE WHEN m.is_visible THEN m.label ELSE 'restricted' END, CASE WHEN m.is_visible THEN w.column_name::name END,
               w.kind, w.doubt, greatest((SELECT max(l.recorded_at) FROM aidataops.lineage_edge_state AS l WHERE l.edge_id = w.edge_id), (SELECT max(l.seen_at) FROM aidataops.lineage_use AS l WHERE l.edge_id = w.edge_id))
          FROM walked AS w JOIN named AS m ON m.node = w.node WHERE w.column_name <> '' AND m.kind = 'relation'
        UNION ALL
        SELECT v.depth, 'version', CASE WHEN aidataops._lineage_visible_to(caller, 'relation', NULL, NULL, d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name, NULL) THEN v.version::text ELSE 'restricted' END,
               NULL, 'made of ' || v.made_of, v.doubt, v.last_used
          FROM (SELECT DISTINCT ON (l.version::text) l.version, t.depth + 1 AS depth, t.doubt, l.last_used,
                       coalesce(CASE WHEN t.is_visible THEN coalesce(l.source_version::text, t.label) END, 'restricted') AS made_of
                  FROM named AS t JOIN aidataops.lineage_version AS l ON l.source_node = t.node
                 WHERE versions IS NULL OR l.version::text = ANY (versions)
                 ORDER BY l.version::text, t.depth, t.doubt, l.source_version IS NULL, l.last_used DESC, l.edge_id) AS v
          JOIN aidataops.version AS r ON r.version OPERATOR(aidataops.=) v.version JOIN aidataops.dataset AS d ON d.dataset_id = r.dataset_id
        UNION ALL
        SELECT r.depth, 'contract', CASE WHEN r.is_visible THEN c.contract || '@' || c.version ELSE 'restricted' END, NULL, k.status, r.doubt, NULL
          FROM relations AS r
          JOIN aidataops.contract_table AS c
               ON aidataops._source_oid(c.relation_oid, c.relation_origin, c.relation_schema,
                                        c.relation_name) = r.relation
          JOIN aidataops.contract AS k ON k.contract = c.contract AND k.version = c.version WHERE k.status NOT IN ('draft', 'retired')
        UNION ALL
        SELECT r.depth, 'monitor', CASE WHEN r.is_visible THEN m.name ELSE 'restricted' END, NULL, NULL, r.doubt, NULL
          FROM relations AS r JOIN unnest(monitored, monitor_names) AS m (relation, name) ON m.relation = r.relation)
        SELECT f.depth, f.kind, f.object_name, f.column_name, f.path_kind, (ARRAY['exact', 'declared', 'cooccurrence'])[f.doubt + 1], f.last_seen
          FROM found_objects AS f ORDER BY f.depth, array_position(ARRAY['relation', 'column', 'version', 'model', 'contract', 'monitor'], f.kind), f.object_name, f.column_name;
END $$;
COMMENT ON FUNCTION aidataops._impact(oid, oid, text, text, integer) IS 'Internal: what impact() does.';

CREATE FUNCTION aidataops.impact(object text, max_depth integer DEFAULT NULL)
    RETURNS TABLE (depth integer, kind text, object_name text, column_name name, path_kind text, confidence text, last_seen timestamptz)
    LANGUAGE C STABLE ROWS 1000 AS 'MODULE_PATHNAME', 'lineage_of_object_or_column';
COMMENT ON FUNCTION aidataops.impact(text, integer) IS
'What a change of an object would touch, nearest first: relations and their columns, versions of datasets, models, files, contracts and monitors, up to max_depth steps away (NULL: all). object is as for lineage(), or a column: schema.table.column. Of a version (dataset@3) it names, beside the relations that its dataset feeds, the versions that were made of that one, and the models that used it or one of those; of a dataset, all. depth 0 is the object itself. path_kind says how: the operation that filled a relation, the kind of a column as column_lineage() has it, what a version was made of, the status of a contract. What you may not see is named restricted.';

CREATE FUNCTION aidataops._lineage_dot(caller oid, relation oid, object text, direction text, max_depth integer) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    upstream boolean := direction = 'both' OR direction = 'upstream';
    downstream boolean := direction = 'both' OR direction = 'downstream';
    dot text;
BEGIN
    IF coalesce(direction, '') <> 'both' THEN
        PERFORM aidataops._lineage_check(direction, max_depth);
    END IF;
    -- nodes are named by their labels, but for restricted ones, which are no one object
    WITH steps AS (
        SELECT l.via AS target, l.object_name AS source, l.kind, l.operation, l.confidence, l.object_name AS found_name
          FROM aidataops._lineage(caller, relation, object, 'upstream', max_depth, NULL) AS l WHERE upstream
        UNION ALL
        SELECT l.object_name, l.via, l.kind, l.operation, l.confidence, l.object_name
          FROM aidataops._lineage(caller, relation, object, 'downstream', max_depth, NULL) AS l WHERE downstream),
    lines AS (
        SELECT DISTINCT 1 AS part, format('  "%s" [shape=%s];', aidataops._dot_text(s.found_name), CASE s.kind WHEN 'relation' THEN 'box' WHEN 'model' THEN 'ellipse' ELSE 'note' END) AS line FROM steps AS s
        UNION
        SELECT 2, format('  "%s" -> "%s" [label="%s"%s];', aidataops._dot_text(s.source), aidataops._dot_text(s.target), aidataops._dot_text(s.operation),
                         CASE s.confidence WHEN 'exact' THEN '' ELSE ', style=dashed' END) FROM steps AS s)
    SELECT string_agg(l.line, E'\n' ORDER BY l.part, l.line COLLATE "C") INTO dot FROM lines AS l;
    RETURN format(E'digraph lineage {\n  rankdir=LR;\n%s}', coalesce(dot || E'\n', ''));
END $$;
COMMENT ON FUNCTION aidataops._lineage_dot(oid, oid, text, text, integer) IS 'Internal: what lineage_dot() does.';

CREATE FUNCTION aidataops.lineage_dot(object text, direction text DEFAULT 'both', max_depth integer DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'lineage_text_of_object';
COMMENT ON FUNCTION aidataops.lineage_dot(text, text, integer) IS
'The lineage of an object as text for Graphviz: direction is upstream, downstream or both. Boxes are relations, ellipses models, notes everything else; dashed is what was declared or only read beside. What you may not see is one node, named restricted.';

CREATE FUNCTION aidataops._dot_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.translate(pg_catalog.replace(pg_catalog.replace(value, '\', '\\'), '"', '\"'), E'\n\r\t', '   ');
END;
COMMENT ON FUNCTION aidataops._dot_text(text) IS 'Internal: a text within double quotes, as Graphviz reads it.';

CREATE FUNCTION aidataops._lineage_counts(caller oid) RETURNS TABLE (nodes bigint, edges bigint, columns bigint, uses bigint, unseen_views bigint)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT (SELECT count(*) FROM aidataops.lineage_node), (SELECT count(*) FROM aidataops.lineage_edge AS e WHERE NOT e.is_ended),
                        (SELECT count(*) FROM aidataops.lineage_column_edge), (SELECT count(*) FROM aidataops.lineage_use),
                        (SELECT count(*) FROM aidataops._unseen_views(NULL));
END $$;
COMMENT ON FUNCTION aidataops._lineage_counts(oid) IS 'Internal: how much lineage there is.';

CREATE FUNCTION aidataops.lineage_counts() RETURNS TABLE (nodes bigint, edges bigint, columns bigint, uses bigint, unseen_views bigint)
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'rows_as_catalog_owner';
COMMENT ON FUNCTION aidataops.lineage_counts() IS
'How much lineage there is: nodes, edges that have not ended, edges between columns, counters of uses (which lineage_fold() sums up), and views that nothing is known of, because they were made before lineage was captured (unseen_views(), record_views()).';

CREATE FUNCTION aidataops.lineage_status() RETURNS TABLE (item text, value text, hint text)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    session record;
    counts record;
BEGIN
    session := aidataops._lineage_session();
    SELECT * INTO counts FROM aidataops.lineage_counts();
    RETURN QUERY VALUES
        ('captured in this session', CASE WHEN session.is_preloaded AND session.is_enabled THEN 'yes' ELSE 'no' END,
         CASE WHEN NOT session.is_preloaded THEN 'Add aidataops to shared_preload_libraries and restart the server, or to session_preload_libraries for new sessions. record_lineage() and ingest_openlineage() need neither.'
              WHEN NOT session.is_enabled THEN 'aidataops.lineage is off.' END),
        ('library preloaded', CASE WHEN session.is_preloaded THEN 'yes' ELSE 'no' END, NULL),
        ('aidataops.lineage', current_setting('aidataops.lineage'), NULL),
        ('aidataops.lineage_on_error', current_setting('aidataops.lineage_on_error'), NULL),
        ('aidataops.lineage_query_text', current_setting('aidataops.lineage_query_text'), NULL),
        ('excluded schemas', concat_ws(', ', 'pg_catalog, information_schema, aidataops, aidataops_history', nullif(current_setting('aidataops.lineage_exclude_schemas'), '')), NULL),
        ('missed in this session', session.missed::text, session.last_error),
        ('statements without columns in this session', session.columns_left_out::text, CASE WHEN session.columns_left_out > 0 THEN 'They have more than 50000 column edges; their relations are known.' END),
        ('nodes', counts.nodes::text, NULL),
        ('edges', counts.edges::text, NULL),
        ('column edges', counts.columns::text, NULL),
        ('counters', counts.uses::text, CASE WHEN counts.uses > 1000000 THEN 'lineage_fold() sums them up.' END),
        ('views of which nothing is known', counts.unseen_views::text, CASE WHEN counts.unseen_views > 0 THEN 'They were made before lineage was captured: SELECT aidataops.record_views() by their owners, or a superuser for all, makes them known.' END),
        ('never seen', 'statements of sessions without the library, logical replication, dynamic values in functions', 'See docs/lineage.md: values that travel in variables are recorded as cooccurrence.');
END $$;
COMMENT ON FUNCTION aidataops.lineage_status() IS 'What is captured and what is not: the settings in force, whether the library is preloaded, what this session missed and why, and how much is known.';

CREATE FUNCTION aidataops._lineage_fold(caller oid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed bigint := 0;
    n bigint;
BEGIN
    PERFORM aidataops._check_may_act_for(caller, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'aidataops.lineage_use'::regclass), 'fold lineage');
    PERFORM aidataops._lock_object('lineage_use', 0); -- one at a time
    -- whether an edge was used since a version was committed is asked by hours at the finest
    WITH hours AS (SELECT u.edge_id, u.run_id, date_trunc('hour', u.seen_at) AS hour FROM aidataops.lineage_use AS u GROUP BY 1, 2, 3 HAVING count(*) > 1),
         gone AS (DELETE FROM aidataops.lineage_use AS u USING hours AS h
                   WHERE u.edge_id = h.edge_id AND u.run_id IS NOT DISTINCT FROM h.run_id AND date_trunc('hour', u.seen_at) = h.hour RETURNING u.*),
         kept AS (INSERT INTO aidataops.lineage_use (edge_id, seen_at, times, num_rows, run_id)
                  SELECT g.edge_id, max(g.seen_at), sum(g.times), sum(g.num_rows), g.run_id FROM gone AS g GROUP BY g.edge_id, g.run_id, date_trunc('hour', g.seen_at) RETURNING 1)
    SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept) INTO n;
    removed := removed + n;
    DELETE FROM aidataops.lineage_edge_state AS e USING (
        SELECT s.entry, lag(s.is_ended) OVER (PARTITION BY s.edge_id ORDER BY s.entry) IS NOT DISTINCT FROM s.is_ended AS same FROM aidataops.lineage_edge_state AS s) AS d
     WHERE d.same AND e.entry = d.entry;
    GET DIAGNOSTICS n = ROW_COUNT;
    removed := removed + n;
    DELETE FROM aidataops.lineage_node_state AS e USING (
        SELECT s.entry, lag(ROW(s.name, s.relation_oid, s.relation_origin, s.is_dropped, s.owner, s.properties)) OVER (PARTITION BY s.node_id ORDER BY s.entry)
                        IS NOT DISTINCT FROM ROW(s.name, s.relation_oid, s.relation_origin, s.is_dropped, s.owner, s.properties) AS same FROM aidataops.lineage_node_state AS s) AS d
     WHERE d.same AND e.entry = d.entry;
    GET DIAGNOSTICS n = ROW_COUNT;
    removed := removed + n;
    DELETE FROM aidataops.lineage_column_edge AS e USING (
        SELECT c.entry, row_number() OVER (PARTITION BY c.edge_id, c.source_attnum, c.source_column, c.target_attnum, c.target_column, c.kind ORDER BY c.entry) AS number
          FROM aidataops.lineage_column_edge AS c) AS d
     WHERE d.number > 1 AND e.entry = d.entry;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN removed + n;
END $$;
COMMENT ON FUNCTION aidataops._lineage_fold(oid) IS 'Internal: what lineage_fold() does.';

CREATE FUNCTION aidataops.lineage_fold() RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops.lineage_fold() IS
'Sums up the counters of uses by the hour, and removes what several sessions recorded at the same time; returns how many rows went. For a scheduler, once a day, say: capture only appends. Needs the rights of the owner of the extension.';

-- Versions: what went into a dataset since its last one.
CREATE FUNCTION aidataops._lineage_announce() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'lineage_announce';
COMMENT ON FUNCTION aidataops._lineage_announce() IS 'Internal: makes every session write the next use of each edge at once, and not after a while.';

-- Views of versions: what they read is no table that anybody knows, so their making says what they show.
CREATE FUNCTION aidataops._lineage_shown_version(view_node bigint) RETURNS TABLE (version aidataops.dataset_version)
    LANGUAGE plpgsql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT v.version
          FROM (SELECT s.properties FROM aidataops.lineage_node_state AS s WHERE s.node_id = view_node ORDER BY s.entry DESC LIMIT 1) AS n
          JOIN aidataops.version AS v ON v.dataset_id = (n.properties ->> 'dataset_id')::integer AND v.number = (n.properties ->> 'version')::integer
         WHERE EXISTS (SELECT FROM (SELECT DISTINCT ON (e.edge_id) e.is_ended, e.operation FROM aidataops.lineage_edge_state AS e
                                     WHERE e.target_node = view_node ORDER BY e.edge_id, e.entry DESC) AS l
                        WHERE l.operation = 'version_view' AND NOT l.is_ended);
END $$;
COMMENT ON FUNCTION aidataops._lineage_shown_version(bigint) IS 'Internal: the version that a view shows; no row for anything else.';

CREATE FUNCTION aidataops.__lineage_view_of_versions(caller oid, view regclass, dataset text, version aidataops.dataset_version) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ds aidataops.dataset;
    source oid;
    node bigint;
    edge bigint;
BEGIN
    PERFORM aidataops._check_may_act_for(caller, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = view), 'say what a view shows');
    SELECT d.* INTO ds FROM aidataops.dataset AS d WHERE d.name = coalesce(__lineage_view_of_versions.dataset, aidataops.dataset_name(version));
    source := aidataops._source_oid(ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name);
    IF source IS NULL OR NOT aidataops._lineage_visible_to(caller, 'relation', NULL, NULL, ds.relation_oid, ds.relation_origin, ds.relation_schema, ds.relation_name, NULL) THEN
        RETURN;
    END IF;
    node := aidataops._lineage_relation_node(view);
    edge := aidataops._lineage_add_edge(aidataops._lineage_relation_node(source), node, CASE WHEN version IS NULL THEN 'gated_view' ELSE 'version_view' END, 'exact');
    PERFORM aidataops._lineage_add_column_edge(edge, a.attname, a.attname, 'identity')
       FROM pg_attribute AS a JOIN pg_attribute AS b ON b.attrelid = source AND b.attname = a.attname AND b.attnum > 0 AND NOT b.attisdropped
      WHERE a.attrelid = view AND a.attnum > 0 AND NOT a.attisdropped;
    INSERT INTO aidataops.lineage_node_state (node_id, kind, namespace, name, relation_schema, relation_name, relation_oid, relation_origin, owner, properties)
    SELECT n.node_id, n.kind, n.namespace, n.name, n.relation_schema, n.relation_name, n.relation_oid, n.relation_origin, n.owner,
           jsonb_strip_nulls(jsonb_build_object('dataset_id', ds.dataset_id, 'version', v.number))
      FROM aidataops.lineage_node AS n
      LEFT JOIN aidataops.version AS v ON v.version OPERATOR(aidataops.=) __lineage_view_of_versions.version WHERE n.node_id = node;
END $$;
COMMENT ON FUNCTION aidataops.__lineage_view_of_versions(oid, regclass, text, aidataops.dataset_version) IS 'Internal: that a view shows a version, by number, or versions of a dataset.';

CREATE FUNCTION aidataops._lineage_view_of_versions(view regclass, dataset text, version aidataops.dataset_version) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'as_catalog_owner';
COMMENT ON FUNCTION aidataops._lineage_view_of_versions(regclass, text, aidataops.dataset_version) IS 'Internal: what create_version_view() and create_gated_view() say of the view that they made, which takes its owner''s rights.';

CREATE FUNCTION aidataops._lineage_bind(version aidataops.dataset_version, relation oid) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target bigint := aidataops._lineage_find_relation(relation);
    since timestamptz;
BEGIN
    PERFORM aidataops._lineage_announce();
    IF target IS NULL THEN
        RETURN;
    END IF;
    SELECT p.committed_at INTO since FROM aidataops.version AS v JOIN aidataops.version AS p ON p.dataset_id = v.dataset_id AND p.number = v.parent
     WHERE v.version OPERATOR(aidataops.=) _lineage_bind.version;
    INSERT INTO aidataops.lineage_version (version, edge_id, source_node, source_version, last_used)
    SELECT _lineage_bind.version, e.edge_id, e.source_node, source.version, used.at
      FROM (SELECT DISTINCT ON (s.edge_id) s.* FROM aidataops.lineage_edge_state AS s WHERE s.target_node = target ORDER BY s.edge_id, s.entry DESC) AS e,
           -- a view is read anew by each commit
           LATERAL (SELECT CASE WHEN e.operation IN ('view', 'version_view', 'gated_view') THEN clock_timestamp() ELSE greatest((SELECT max(l.recorded_at) FROM aidataops.lineage_edge_state AS l WHERE l.edge_id = e.edge_id), (SELECT max(l.seen_at) FROM aidataops.lineage_use AS l WHERE l.edge_id = e.edge_id)) END AS at) AS used
      LEFT JOIN LATERAL (
            SELECT v.version FROM aidataops._lineage_shown_version(e.source_node) AS v WHERE v.version IS NOT NULL
            UNION ALL
            (SELECT v.version FROM aidataops.lineage_node AS n
              JOIN aidataops.dataset AS d ON aidataops._source_oid(d.relation_oid, d.relation_origin, d.relation_schema, d.relation_name)
                                             = aidataops._source_oid(n.relation_oid, n.relation_origin, n.relation_schema, n.relation_name)
              JOIN aidataops.version AS v ON v.dataset_id = d.dataset_id
             WHERE n.node_id = e.source_node AND v.version OPERATOR(aidataops.<>) _lineage_bind.version
             ORDER BY v.committed_at > used.at, abs(extract(epoch FROM v.committed_at - used.at)) LIMIT 1) LIMIT 1) AS source ON true
     WHERE NOT e.is_ended AND e.source_node <> target AND used.at > coalesce(since, '-infinity');
END $$;
COMMENT ON FUNCTION aidataops._lineage_bind(aidataops.dataset_version, oid) IS 'Internal: records which edges went into a version that was just committed, and which versions of their sources.';

-- A dataset that takes the name of another must not find the other's lineage under it.
CREATE FUNCTION aidataops._rename_in_lineage(old_name text, new_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE aidataops.lineage_version AS l
       SET version = aidataops.to_dataset_version(new_name || '@' || aidataops.version_number(l.version))
     WHERE aidataops.dataset_name(l.version) = old_name;
    UPDATE aidataops.lineage_version AS l
       SET source_version = aidataops.to_dataset_version(new_name || '@' || aidataops.version_number(l.source_version))
     WHERE aidataops.dataset_name(l.source_version) = old_name;
END $$;
COMMENT ON FUNCTION aidataops._rename_in_lineage(text, text) IS
'Internal: the new name of a dataset where lineage names its versions.';

CREATE FUNCTION aidataops._drop_in_lineage(dataset text) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM aidataops.lineage_version AS l WHERE aidataops.dataset_name(l.version) = dataset;
    UPDATE aidataops.lineage_version AS l SET source_version = NULL
     WHERE aidataops.dataset_name(l.source_version) = dataset;
END $$;
COMMENT ON FUNCTION aidataops._drop_in_lineage(text) IS
'Internal: lineage no longer names the versions of a dataset that is dropped.';
