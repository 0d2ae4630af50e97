-- aidataops: data governance for AI as SQL, beside the data.
-- Generated from sql/*.sql by make; edit those.
\echo Use "CREATE EXTENSION aidataops" to load this file. \quit

-- Created here and not by the control file: if somebody owns a schema of this name already, the
-- installation fails instead of adopting what they may have planted in it.
CREATE SCHEMA aidataops;

COMMENT ON SCHEMA aidataops IS
'Versions, drift, label agreement, contracts, monitors and lineage: types, functions and catalog of the extension aidataops.';
