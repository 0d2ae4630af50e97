-- The extension, for all files after this one.
CREATE EXTENSION aidataops;
-- Installed once and for all databases of a server: nothing else is left behind in other schemas.
SELECT n.nspname, count(*) > 0 AS has_members
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
  LEFT JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
  LEFT JOIN pg_type t ON t.oid = d.objid AND d.classid = 'pg_type'::regclass
  JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, p.pronamespace, t.typnamespace)
 WHERE e.extname = 'aidataops' GROUP BY n.nspname;
-- The schema is the extension's own: a schema that somebody else made is not adopted.
\set SHOW_CONTEXT never
\set regression_database :DBNAME
CREATE DATABASE aidataops_planted;
\c aidataops_planted
CREATE SCHEMA aidataops;
CREATE EXTENSION aidataops;
\c :regression_database
DROP DATABASE aidataops_planted;
