-- dataset_version: a name for a version of a dataset (docs/versions.md, src/version/dataset_version.c)

CREATE TYPE aidataops.dataset_version;

CREATE FUNCTION aidataops.dataset_version_in(cstring) RETURNS aidataops.dataset_version
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_out(aidataops.dataset_version) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_recv(internal) RETURNS aidataops.dataset_version
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_send(aidataops.dataset_version) RETURNS bytea
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.dataset_version_in(cstring) IS 'Text input of dataset_version. A time is read under the settings DateStyle and TimeZone.';
COMMENT ON FUNCTION aidataops.dataset_version_out(aidataops.dataset_version) IS 'Text output of dataset_version; a time is written in UTC and ISO order, whatever the settings.';
COMMENT ON FUNCTION aidataops.dataset_version_recv(internal) IS 'Binary input of dataset_version.';
COMMENT ON FUNCTION aidataops.dataset_version_send(aidataops.dataset_version) IS 'Binary output of dataset_version.';

CREATE TYPE aidataops.dataset_version (
    INPUT = aidataops.dataset_version_in,
    OUTPUT = aidataops.dataset_version_out,
    RECEIVE = aidataops.dataset_version_recv,
    SEND = aidataops.dataset_version_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = main
);

COMMENT ON TYPE aidataops.dataset_version IS
'A name for a version of a dataset: reviews@3, reviews@gold (a tag), reviews@HEAD (the latest), reviews@HEAD~2 (two before it), reviews@{2026-06-30 12:00+00} (the latest by then), reviews@WORKING (the table itself). Parsed only; resolve() finds what it names. Ordered by dataset and number; comes from text by an implicit cast.';

CREATE FUNCTION aidataops.to_dataset_version(text) RETURNS aidataops.dataset_version
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'dataset_version_from_text';
CREATE FUNCTION aidataops.to_text(aidataops.dataset_version) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'dataset_version_to_text';

COMMENT ON FUNCTION aidataops.to_dataset_version(text) IS 'The dataset_version that a text names; implements the implicit cast.';
COMMENT ON FUNCTION aidataops.to_text(aidataops.dataset_version) IS 'The text of a dataset_version; implements the assignment cast.';

CREATE CAST (text AS aidataops.dataset_version) WITH FUNCTION aidataops.to_dataset_version(text) AS IMPLICIT;
CREATE CAST (varchar AS aidataops.dataset_version) WITH FUNCTION aidataops.to_dataset_version(text) AS IMPLICIT;
CREATE CAST (aidataops.dataset_version AS text) WITH FUNCTION aidataops.to_text(aidataops.dataset_version) AS ASSIGNMENT;

COMMENT ON CAST (text AS aidataops.dataset_version) IS 'Lets ''reviews@'' || n be an argument.';
COMMENT ON CAST (varchar AS aidataops.dataset_version) IS 'Lets a column of type varchar be an argument.';
COMMENT ON CAST (aidataops.dataset_version AS text) IS 'Lets a version be stored in a text column.';

-- comparison

CREATE FUNCTION aidataops.dataset_version_eq(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_ne(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_lt(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_le(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_gt(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_ge(aidataops.dataset_version, aidataops.dataset_version) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_cmp(aidataops.dataset_version, aidataops.dataset_version) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_hash(aidataops.dataset_version) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.dataset_version_hash_extended(aidataops.dataset_version, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.dataset_version_eq(aidataops.dataset_version, aidataops.dataset_version) IS 'Whether two names are the same; implements operator =.';
COMMENT ON FUNCTION aidataops.dataset_version_ne(aidataops.dataset_version, aidataops.dataset_version) IS 'Whether two names differ; implements operator <>.';
COMMENT ON FUNCTION aidataops.dataset_version_lt(aidataops.dataset_version, aidataops.dataset_version) IS 'Implements operator <.';
COMMENT ON FUNCTION aidataops.dataset_version_le(aidataops.dataset_version, aidataops.dataset_version) IS 'Implements operator <=.';
COMMENT ON FUNCTION aidataops.dataset_version_gt(aidataops.dataset_version, aidataops.dataset_version) IS 'Implements operator >.';
COMMENT ON FUNCTION aidataops.dataset_version_ge(aidataops.dataset_version, aidataops.dataset_version) IS 'Implements operator >=.';
COMMENT ON FUNCTION aidataops.dataset_version_cmp(aidataops.dataset_version, aidataops.dataset_version) IS 'Btree support of dataset_version.';
COMMENT ON FUNCTION aidataops.dataset_version_hash(aidataops.dataset_version) IS 'Hash support of dataset_version.';
COMMENT ON FUNCTION aidataops.dataset_version_hash_extended(aidataops.dataset_version, bigint) IS 'Seeded hash support of dataset_version.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_eq, COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_ne, COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR aidataops.< (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_lt, COMMUTATOR = OPERATOR(aidataops.>), NEGATOR = OPERATOR(aidataops.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR aidataops.<= (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_le, COMMUTATOR = OPERATOR(aidataops.>=), NEGATOR = OPERATOR(aidataops.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR aidataops.> (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_gt, COMMUTATOR = OPERATOR(aidataops.<), NEGATOR = OPERATOR(aidataops.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR aidataops.>= (
    LEFTARG = aidataops.dataset_version, RIGHTARG = aidataops.dataset_version,
    FUNCTION = aidataops.dataset_version_ge, COMMUTATOR = OPERATOR(aidataops.<=), NEGATOR = OPERATOR(aidataops.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.dataset_version, aidataops.dataset_version) IS 'The same name.';
COMMENT ON OPERATOR aidataops.<> (aidataops.dataset_version, aidataops.dataset_version) IS 'Different names.';
COMMENT ON OPERATOR aidataops.< (aidataops.dataset_version, aidataops.dataset_version) IS 'Before: by dataset, then by number.';
COMMENT ON OPERATOR aidataops.<= (aidataops.dataset_version, aidataops.dataset_version) IS 'Before or the same: by dataset, then by number.';
COMMENT ON OPERATOR aidataops.> (aidataops.dataset_version, aidataops.dataset_version) IS 'After: by dataset, then by number.';
COMMENT ON OPERATOR aidataops.>= (aidataops.dataset_version, aidataops.dataset_version) IS 'After or the same: by dataset, then by number.';

CREATE OPERATOR CLASS aidataops.dataset_version_ops DEFAULT FOR TYPE aidataops.dataset_version USING btree AS
    OPERATOR 1 aidataops.<, OPERATOR 2 aidataops.<=, OPERATOR 3 aidataops.=, OPERATOR 4 aidataops.>=, OPERATOR 5 aidataops.>,
    FUNCTION 1 aidataops.dataset_version_cmp(aidataops.dataset_version, aidataops.dataset_version);
CREATE OPERATOR CLASS aidataops.dataset_version_hash_ops DEFAULT FOR TYPE aidataops.dataset_version USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.dataset_version_hash(aidataops.dataset_version),
    FUNCTION 2 aidataops.dataset_version_hash_extended(aidataops.dataset_version, bigint);

COMMENT ON OPERATOR FAMILY aidataops.dataset_version_ops USING btree IS 'Order of versions: by dataset, then by number.';
COMMENT ON OPERATOR CLASS aidataops.dataset_version_ops USING btree IS 'Order of versions: by dataset, then by number.';
COMMENT ON OPERATOR FAMILY aidataops.dataset_version_hash_ops USING hash IS 'Hashing of versions, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.dataset_version_hash_ops USING hash IS 'Hashing of versions, for hash joins and grouping.';

-- reading

CREATE FUNCTION aidataops.dataset_name(version aidataops.dataset_version) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.dataset_name(aidataops.dataset_version) IS
'Name of the dataset in a version''s name: reviews for reviews@3. NULL for NULL.';

CREATE FUNCTION aidataops.version_number(version aidataops.dataset_version) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.version_number(aidataops.dataset_version) IS
'Number in a version''s name: 3 for reviews@3; NULL for a tag, HEAD, a time or WORKING, which resolve() turns into a number.';

CREATE FUNCTION aidataops._parts(version aidataops.dataset_version,
    OUT dataset text, OUT kind text, OUT number integer, OUT tag text, OUT as_of timestamptz) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'dataset_version_row';
COMMENT ON FUNCTION aidataops._parts(aidataops.dataset_version) IS 'Internal: the parts of a version''s name.';
