-- Every public object, so that a change of the API is a visible difference, and rules that all keep.
-- Names that begin with _ are internal and may change; they are checked but not listed.
\pset format unaligned
\pset tuples_only on
\pset fieldsep ' | '

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid
  FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
 WHERE e.extname = 'aidataops' AND d.deptype = 'e';

-- functions and aggregates: arguments, result, volatility, strictness, parallel safety
SELECT p.proname || '(' || pg_get_function_arguments(p.oid) || ')', pg_get_function_result(p.oid),
       CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
       CASE WHEN p.proisstrict THEN 'strict' ELSE '' END, 'parallel ' || p.proparallel::text
  FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
 WHERE p.proname !~ '^_'
 ORDER BY p.proname COLLATE "C", pg_get_function_arguments(p.oid) COLLATE "C";

-- types that are no row types of tables
SELECT t.typname, t.typlen, t.typalign, t.typstorage
  FROM member AS m JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
 WHERE t.typrelid = 0 AND t.typelem = 0 ORDER BY t.typname COLLATE "C";

-- operators
SELECT format_type(o.oprleft, NULL) || ' ' || o.oprname || ' ' || format_type(o.oprright, NULL), format_type(o.oprresult, NULL),
       CASE WHEN o.oprcanhash THEN 'hashes' END, CASE WHEN o.oprcanmerge THEN 'merges' END
  FROM member AS m JOIN pg_operator AS o ON m.classid = 'pg_operator'::regclass AND o.oid = m.objid
 ORDER BY format_type(o.oprleft, NULL) COLLATE "C", o.oprname COLLATE "C";

-- casts
SELECT format_type(c.castsource, NULL) || ' -> ' || format_type(c.casttarget, NULL), c.castcontext
  FROM member AS m JOIN pg_cast AS c ON m.classid = 'pg_cast'::regclass AND c.oid = m.objid
 ORDER BY format_type(c.castsource, NULL) COLLATE "C";

-- operator classes
SELECT c.opcname, a.amname, CASE WHEN c.opcdefault THEN 'default' END
  FROM member AS m JOIN pg_opclass AS c ON m.classid = 'pg_opclass'::regclass AND c.oid = m.objid
  JOIN pg_am AS a ON a.oid = c.opcmethod ORDER BY c.opcname COLLATE "C";

-- tables with their columns, and whether pg_dump keeps their rows
SELECT r.relname, r.relkind, CASE WHEN r.oid = ANY (e.extconfig) THEN 'dumped' END,
       (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                          ', ' ORDER BY a.attnum)
          FROM pg_attribute AS a WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND r.relkind = 'r')
  FROM member AS m JOIN pg_class AS r ON m.classid = 'pg_class'::regclass AND r.oid = m.objid
  JOIN pg_extension AS e ON e.extname = 'aidataops'
 ORDER BY r.relname COLLATE "C";

-- The rest must be empty.

-- members without a comment; PostgreSQL itself makes row and array types and the sequence of an identity column
SELECT 'no comment:', pg_describe_object(m.classid, m.objid, 0)
  FROM member AS m
 WHERE obj_description(m.objid, (SELECT relname FROM pg_class WHERE oid = m.classid)) IS NULL
   AND NOT EXISTS (SELECT FROM pg_type AS t WHERE m.classid = 'pg_type'::regclass AND t.oid = m.objid AND (t.typrelid <> 0 OR t.typcategory = 'A'))
   AND NOT EXISTS (SELECT FROM pg_class AS r WHERE m.classid = 'pg_class'::regclass AND r.oid = m.objid AND r.relkind = 'S')
 ORDER BY pg_describe_object(m.classid, m.objid, 0) COLLATE "C";
SELECT 'no comment:', a.attrelid::regclass, a.attname
  FROM member AS m JOIN pg_class AS r ON m.classid = 'pg_class'::regclass AND r.oid = m.objid AND r.relkind IN ('r', 'v')
  JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE col_description(a.attrelid, a.attnum) IS NULL;

-- comments whose first sentence does not stand alone, that is, does not end
SELECT 'no sentence:', pg_describe_object(m.classid, m.objid, 0)
  FROM member AS m
 WHERE obj_description(m.objid, (SELECT relname FROM pg_class WHERE oid = m.classid)) !~ '^[A-Z].*\.$';

-- Functions whose names would be looked up in the caller's search_path.  create_version_view() and create_gated_view() create in the caller's path,
-- qualify everything inside, and version_path.sql runs them under a hostile one.
SELECT 'search_path not pinned:', p.oid::regprocedure
  FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
  JOIN pg_language AS l ON l.oid = p.prolang
 WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c (setting) WHERE c.setting = 'search_path=pg_catalog, pg_temp')
   AND p.proname NOT IN ('create_version_view', 'create_gated_view');

-- The catalog is written by C code that switches identity, so nothing needs SECURITY DEFINER
SELECT 'security definer:', p.oid::regprocedure
  FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid WHERE p.prosecdef;

-- tables: row-level security on all, and no right for PUBLIC but SELECT
SELECT 'no row security:', r.oid::regclass
  FROM member AS m JOIN pg_class AS r ON m.classid = 'pg_class'::regclass AND r.oid = m.objid
 WHERE r.relkind = 'r' AND NOT r.relrowsecurity;
SELECT 'right of PUBLIC:', r.oid::regclass, a.privilege_type
  FROM member AS m JOIN pg_class AS r ON m.classid = 'pg_class'::regclass AND r.oid = m.objid, aclexplode(r.relacl) AS a
 WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT';

-- an aggregate is as parallel as its support functions are
SELECT 'not parallel safe:', p.oid::regprocedure
  FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
 WHERE p.prokind = 'a' AND p.proparallel <> 's';
