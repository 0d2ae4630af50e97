-- aidataops: data governance for AI as SQL, beside the data.
-- Generated from sql/*.sql by make; edit those.
\echo Use "CREATE EXTENSION aidataops" to load this file. \quit

-- Whoever installs brings a search_path, and whoever owns a schema in it, what they planted there: an operator that fits
-- better than PostgreSQL's own would be kept in our functions for ever, and run with our rights.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Created here and not by the control file: if somebody owns a schema of this name already, the
-- installation fails instead of adopting what they may have planted in it.
CREATE SCHEMA aidataops;

COMMENT ON SCHEMA aidataops IS
'Versions, drift, label agreement, contracts, monitors and lineage: types, functions and catalog of the extension aidataops.';
