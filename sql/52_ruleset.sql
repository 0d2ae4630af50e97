-- ruleset: rules about single rows (docs/enforcement.md, src/contract)

CREATE TYPE aidataops.ruleset;

CREATE FUNCTION aidataops.ruleset_in(cstring) RETURNS aidataops.ruleset
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ruleset_out(aidataops.ruleset) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ruleset_recv(internal) RETURNS aidataops.ruleset
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.ruleset_send(aidataops.ruleset) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.ruleset_in(cstring) IS 'Text input of ruleset.';
COMMENT ON FUNCTION aidataops.ruleset_out(aidataops.ruleset) IS 'Text output of ruleset.';
COMMENT ON FUNCTION aidataops.ruleset_recv(internal) IS 'Binary input of ruleset.';
COMMENT ON FUNCTION aidataops.ruleset_send(aidataops.ruleset) IS 'Binary output of ruleset.';

CREATE TYPE aidataops.ruleset (
    INPUT = aidataops.ruleset_in,
    OUTPUT = aidataops.ruleset_out,
    RECEIVE = aidataops.ruleset_recv,
    SEND = aidataops.ruleset_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE aidataops.ruleset IS
'Rules that each row is judged by, of one table of one version of a contract. Written as a JSON object: contract, version, table, columns (the names of the columns that check_row() is given, in order) and rules, each with rule, kind, columns, parameters and severity. Input is strict: an unknown kind or parameter is an error. Made by row_rules(); read by check_row(), conforms() and violations().';

CREATE FUNCTION aidataops.ruleset(rules jsonb) RETURNS aidataops.ruleset
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ruleset_from_json';
COMMENT ON FUNCTION aidataops.ruleset(jsonb) IS 'The ruleset that a JSON object describes; an error if it is none.';
CREATE CAST (jsonb AS aidataops.ruleset) WITH FUNCTION aidataops.ruleset(jsonb);
COMMENT ON CAST (jsonb AS aidataops.ruleset) IS 'The ruleset that a JSON object describes.';

CREATE FUNCTION aidataops.check_row(rules aidataops.ruleset, VARIADIC "columns" "any") RETURNS boolean
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.check_row(aidataops.ruleset, VARIADIC "any") IS
'True if a row keeps all rules; else an error (SQLSTATE 23514, check_violation) that names '
'contract, rule and column and says what is wrong, without values of columns that the contract '
'classifies as sensitive. Given one value for each of the ruleset''s columns, in their order, '
'of any types that the rules fit. NULL passes every rule but required; NaN is in no range. NULL '
'if the ruleset is NULL.';

CREATE FUNCTION aidataops.check_row(relation oid, rules aidataops.ruleset, VARIADIC "columns" "any")
    RETURNS boolean
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'check_row_of';
COMMENT ON FUNCTION aidataops.check_row(oid, aidataops.ruleset, VARIADIC "any") IS
'As check_row(rules, columns), of a row that is written to a table: the error shows values only of '
'columns that the writer may read there, and none where row-level security applies to the writer. '
'relation: tableoid, as in the CHECK constraints that enforce_contract() makes.';

CREATE FUNCTION aidataops.conforms(rules aidataops.ruleset, VARIADIC "columns" "any") RETURNS boolean
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.conforms(aidataops.ruleset, VARIADIC "any") IS
'Whether a row keeps all rules, as check_row(), without an error.';

CREATE FUNCTION aidataops.violations(rules aidataops.ruleset, "row" record,
    OUT rule text, OUT kind text, OUT columns name[], OUT severity text, OUT problem text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 1 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.violations(aidataops.ruleset, record) IS
'Which rules a row breaks, in the order of the ruleset, and what is wrong in words; no row if it keeps them all. The row''s columns are found by name: it is a row of the table, or of a query with its columns. Values of columns that the contract classifies as sensitive are not shown.';
