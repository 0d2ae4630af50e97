-- Prints what is not as it was recorded: versions, recomputed from their rows, and tables that nobody changed.
SET search_path = public, aidataops;
SELECT v.version, c.* FROM aidataops.version AS v, verify(v.version) AS c WHERE dataset_name(v.version) <> 'sealed' AND NOT c.ok;
SELECT d.name, c.* FROM aidataops.dataset AS d, verify((d.name || '@WORKING')::dataset_version) AS c WHERE d.name <> 'renamed' AND NOT c.ok;
