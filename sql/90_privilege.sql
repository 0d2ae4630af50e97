-- Who may do what: everybody may call, row-level security and the functions' own checks decide.

GRANT USAGE ON SCHEMA aidataops TO PUBLIC;
GRANT SELECT ON aidataops.dataset, aidataops.schema_epoch, aidataops.version, aidataops.tag, aidataops.version_column TO PUBLIC;
GRANT SELECT ON aidataops.contract, aidataops.contract_table, aidataops.rule, aidataops.contract_event TO PUBLIC;
GRANT SELECT ON aidataops.lineage_node_state, aidataops.lineage_node, aidataops.lineage_edge_state, aidataops.lineage_edge, aidataops.lineage_column_edge,
    aidataops.lineage_use, aidataops.lineage_run, aidataops.lineage_version TO PUBLIC;
GRANT SELECT ON aidataops.model, aidataops.training, aidataops.model_dataset TO PUBLIC;
GRANT SELECT ON aidataops.openlineage_event TO PUBLIC;
GRANT SELECT ON aidataops.enforcement, aidataops.quarantine, aidataops.warning TO PUBLIC;
GRANT SELECT ON aidataops.check_run, aidataops.check_result TO PUBLIC;
GRANT SELECT ON aidataops.monitor, aidataops.monitor_run, aidataops.monitor_result, aidataops.alert, aidataops.alert_event TO PUBLIC;
