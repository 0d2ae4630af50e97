-- Who may do what: everybody may call, row-level security and the functions' own checks decide.

GRANT USAGE ON SCHEMA aidataops TO PUBLIC;
GRANT SELECT ON aidataops.dataset, aidataops.schema_epoch, aidataops.version, aidataops.tag, aidataops.version_column TO PUBLIC;
GRANT SELECT ON aidataops.contract, aidataops.contract_table, aidataops.rule, aidataops.contract_event TO PUBLIC;
