-- The catalog of contracts (docs/contracts.md).
--
-- A contract is a document (Open Data Contract Standard, JSON) and what it says, taken apart: the tables that it is about,
-- and one row a rule. All that enforces, checks and compares reads the rules, nothing else reads documents.
--
-- Written by functions through as_catalog_owner (src/core/bookkeeping.c) only; there are no foreign keys, as in
-- 12_catalog.sql, and roles are kept by name, because a role's OID means nothing after a restore elsewhere.

CREATE TABLE aidataops.contract (
    contract      text NOT NULL,
    version       text NOT NULL,
    status        text NOT NULL CHECK (status IN ('draft', 'proposed', 'active', 'deprecated', 'retired')),
    document      jsonb NOT NULL,
    document_hash bytea NOT NULL,
    owner         name NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT pg_catalog.now(),
    created_by    name NOT NULL,
    activated_at  timestamptz,
    activated_by  name,
    PRIMARY KEY (contract, version)
);
COMMENT ON TABLE aidataops.contract IS 'Versions of contracts. Written by create_contract() and its like; a role sees those that it owns and those of tables that it may read.';
COMMENT ON COLUMN aidataops.contract.contract IS 'The id of the document.';
COMMENT ON COLUMN aidataops.contract.version IS 'Its version: major.minor.patch.';
COMMENT ON COLUMN aidataops.contract.status IS 'draft, proposed, active, deprecated or retired. A document that was ever active does not change any more.';
COMMENT ON COLUMN aidataops.contract.document IS 'The document as it was given, with all that is not enforced.';
COMMENT ON COLUMN aidataops.contract.document_hash IS 'SHA-256 of the document as text, without its status.';
COMMENT ON COLUMN aidataops.contract.owner IS 'The role whose rights it takes to change the contract, and with whose rights its sql rules run.';
COMMENT ON COLUMN aidataops.contract.created_at IS 'When the document was stored.';
COMMENT ON COLUMN aidataops.contract.created_by IS 'session_user who stored it.';
COMMENT ON COLUMN aidataops.contract.activated_at IS 'When it was first activated.';
COMMENT ON COLUMN aidataops.contract.activated_by IS 'session_user who activated it.';

CREATE TABLE aidataops.contract_table (
    contract        text NOT NULL,
    version         text NOT NULL,
    object          text NOT NULL,
    relation_schema name NOT NULL,
    relation_name   name NOT NULL,
    relation_oid    oid,
    relation_origin text NOT NULL,
    enforcement     text CHECK (enforcement IN ('reject', 'quarantine', 'warn')),
    schema_watch    text CHECK (schema_watch IN ('warn', 'block')),
    owner           name,
    in_force        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (contract, version, object)
);
COMMENT ON TABLE aidataops.contract_table IS 'Tables that contracts are about.';
COMMENT ON COLUMN aidataops.contract_table.contract IS 'The contract.';
COMMENT ON COLUMN aidataops.contract_table.version IS 'Its version.';
COMMENT ON COLUMN aidataops.contract_table.object IS 'Name of the element of schema in the document.';
COMMENT ON COLUMN aidataops.contract_table.relation_schema IS 'Schema of the table.';
COMMENT ON COLUMN aidataops.contract_table.relation_name IS 'Name of the table.';
COMMENT ON COLUMN aidataops.contract_table.relation_oid IS 'OID of the table, in the database that relation_origin names; NULL if there was none yet.';
COMMENT ON COLUMN aidataops.contract_table.relation_origin IS
'Where relation_oid means something, as in dataset; elsewhere the table is found by its name.';
COMMENT ON COLUMN aidataops.contract_table.enforcement IS 'How the document wants its rules enforced: aidataops.enforcement of the table, or else of the document; NULL if it does not say.';
COMMENT ON COLUMN aidataops.contract_table.schema_watch IS 'What the document wants done about changes of the table''s schema that break it: aidataops.schemaWatch of the table, or else of the document; NULL, as warn, if it does not say.';
COMMENT ON COLUMN aidataops.contract_table.owner IS 'Owner of the contract, here too, because the policies of contract ask this table.';
COMMENT ON COLUMN aidataops.contract_table.in_force IS 'Whether this version of the contract is the active one. A table is in force under one only.';

CREATE TABLE aidataops.rule (
    contract   text NOT NULL,
    version    text NOT NULL,
    rule       text NOT NULL,
    object     text NOT NULL,
    level      text NOT NULL CHECK (level IN ('row', 'table')),
    kind       text NOT NULL,
    columns    name[] NOT NULL,
    parameters jsonb NOT NULL,
    operator   text,
    bounds     jsonb,
    unit       text,
    severity   text NOT NULL CHECK (severity IN ('error', 'warn')),
    dimension  text,
    pointer    text NOT NULL,
    description text,
    PRIMARY KEY (contract, version, rule)
);
COMMENT ON TABLE aidataops.rule IS 'Rules of contracts, one row each, as compiled from their documents.';
COMMENT ON COLUMN aidataops.rule.contract IS 'The contract.';
COMMENT ON COLUMN aidataops.rule.version IS 'Its version.';
COMMENT ON COLUMN aidataops.rule.rule IS 'Name of the rule: as in the document, or made from table, column and kind.';
COMMENT ON COLUMN aidataops.rule.object IS 'The table it is about, as contract_table.object.';
COMMENT ON COLUMN aidataops.rule.level IS 'row: each row can be judged by itself, when it is written; table: it takes all rows.';
COMMENT ON COLUMN aidataops.rule.kind IS 'What is checked: see the list of kinds in docs/contracts.md.';
COMMENT ON COLUMN aidataops.rule.columns IS 'Columns of the table that it reads, as named in the table; empty if it is about the table.';
COMMENT ON COLUMN aidataops.rule.parameters IS 'What the kind needs: bounds, pattern, values, query and so on.';
COMMENT ON COLUMN aidataops.rule.operator IS 'How what was measured is compared: =, <>, <, <=, >, >=, between, not between. NULL for rules of rows.';
COMMENT ON COLUMN aidataops.rule.bounds IS 'With what it is compared: an array of one number, or of two. NULL for rules of rows.';
COMMENT ON COLUMN aidataops.rule.unit IS 'Of what is measured: rows, percent, seconds, or none.';
COMMENT ON COLUMN aidataops.rule.severity IS 'error or warn: what a violation means.';
COMMENT ON COLUMN aidataops.rule.dimension IS 'Dimension of data quality, as the document says.';
COMMENT ON COLUMN aidataops.rule.pointer IS 'Where in the document it stands, as a JSON pointer (RFC 6901).';
COMMENT ON COLUMN aidataops.rule.description IS 'What it is for, as the document says.';

CREATE TABLE aidataops.contract_event (
    event_id    bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    contract    text NOT NULL,
    version     text,
    event       text NOT NULL,
    detail      jsonb,
    happened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    happened_by name NOT NULL
);
COMMENT ON TABLE aidataops.contract_event IS 'What happened to contracts: announcements, activations, suspensions, changes of schema. Each is announced by NOTIFY aidataops too.';
COMMENT ON COLUMN aidataops.contract_event.event_id IS 'Number of the event.';
COMMENT ON COLUMN aidataops.contract_event.contract IS 'The contract.';
COMMENT ON COLUMN aidataops.contract_event.version IS 'Its version, if the event is about one.';
COMMENT ON COLUMN aidataops.contract_event.event IS 'What happened.';
COMMENT ON COLUMN aidataops.contract_event.detail IS 'What is to be known of it.';
COMMENT ON COLUMN aidataops.contract_event.happened_at IS 'When.';
COMMENT ON COLUMN aidataops.contract_event.happened_by IS 'session_user who did it.';

CREATE INDEX contract_table_oid_idx ON aidataops.contract_table (relation_oid);
COMMENT ON INDEX aidataops.contract_table_oid_idx IS 'Finds the contracts of a table.';
-- of two activations at once one fails, at any isolation level
CREATE UNIQUE INDEX contract_table_in_force_key ON aidataops.contract_table (relation_origin, relation_oid) WHERE in_force;
COMMENT ON INDEX aidataops.contract_table_in_force_key IS 'A table is under one active contract at most.';

SELECT pg_catalog.pg_extension_config_dump('aidataops.contract', '');
SELECT pg_catalog.pg_extension_config_dump('aidataops.contract_table', '');
SELECT pg_catalog.pg_extension_config_dump('aidataops.rule', '');
SELECT pg_catalog.pg_extension_config_dump('aidataops.contract_event', '');
SELECT pg_catalog.pg_extension_config_dump('aidataops.contract_event_event_id_seq', '');

-- The policies ask about the caller, so this is called with what the row says and reads nothing itself.
CREATE FUNCTION aidataops._table_is_readable(relation_oid oid, relation_origin text, relation_schema name, relation_name name) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation oid := aidataops._source_oid(coalesce(relation_oid, 0), relation_origin, relation_schema, relation_name);
BEGIN
    RETURN relation IS NOT NULL AND (has_table_privilege(relation, 'SELECT') OR has_any_column_privilege(relation, 'SELECT'));
END $$;
COMMENT ON FUNCTION aidataops._table_is_readable(oid, text, name, name) IS 'Internal: whether the caller may read a column of a table of a contract.';

CREATE FUNCTION aidataops._role_is_mine(role name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce((SELECT pg_catalog.pg_has_role(r.oid, 'USAGE') FROM pg_catalog.pg_roles AS r WHERE r.rolname = role), false);
END;
COMMENT ON FUNCTION aidataops._role_is_mine(name) IS 'Internal: whether the caller has the rights of a role; false if there is none.';

ALTER TABLE aidataops.contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE aidataops.contract_table ENABLE ROW LEVEL SECURITY;
ALTER TABLE aidataops.rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE aidataops.contract_event ENABLE ROW LEVEL SECURITY;

-- A contract is seen by its owner, and by readers of any of its tables. The policy of contract asks contract_table, so that one
-- must not ask contract: it knows the owner itself.
CREATE POLICY visible ON aidataops.contract_table FOR SELECT
    USING (aidataops._role_is_mine(owner)
           OR aidataops._table_is_readable(relation_oid, relation_origin, relation_schema, relation_name));
CREATE POLICY visible ON aidataops.contract FOR SELECT
    USING (aidataops._role_is_mine(owner)
           OR EXISTS (SELECT FROM aidataops.contract_table AS t WHERE t.contract = contract.contract AND t.version = contract.version));
CREATE POLICY visible ON aidataops.rule FOR SELECT
    USING (EXISTS (SELECT FROM aidataops.contract AS c WHERE c.contract = rule.contract AND c.version = rule.version));
-- whose command changed a schema may have no right on the table
CREATE POLICY visible ON aidataops.contract_event FOR SELECT
    USING (event <> 'schema_changed' AND aidataops._role_is_mine(happened_by)
           OR EXISTS (SELECT FROM aidataops.contract AS c WHERE c.contract = contract_event.contract));
