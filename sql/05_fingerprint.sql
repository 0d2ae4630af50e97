-- fingerprint: the identity of a multiset of rows (docs/fingerprint.md, src/fingerprint)

CREATE TYPE aidataops.fingerprint;

CREATE FUNCTION aidataops.fingerprint_in(cstring) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_out(aidataops.fingerprint) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_recv(internal) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_send(aidataops.fingerprint) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.fingerprint_in(cstring) IS 'Text input of fingerprint.';
COMMENT ON FUNCTION aidataops.fingerprint_out(aidataops.fingerprint) IS 'Text output of fingerprint.';
COMMENT ON FUNCTION aidataops.fingerprint_recv(internal) IS 'Binary input of fingerprint.';
COMMENT ON FUNCTION aidataops.fingerprint_send(aidataops.fingerprint) IS 'Binary output of fingerprint.';

CREATE TYPE aidataops.fingerprint (
    INPUT = aidataops.fingerprint_in,
    OUTPUT = aidataops.fingerprint_out,
    RECEIVE = aidataops.fingerprint_recv,
    SEND = aidataops.fingerprint_send,
    INTERNALLENGTH = 32,
    ALIGNMENT = double
);

COMMENT ON TYPE aidataops.fingerprint IS
'Identity of a multiset of rows: a 128-bit sum of row hashes and the number of rows. Written aido1:<rows>:<32 hexadecimal digits>. Does not depend on the order of rows or columns, on NULL columns, on storage or on the machine. Detects accidental change; it is not a signature. Encoding: docs/fingerprint.md.';

-- arithmetic

CREATE FUNCTION aidataops.fingerprint_add(aidataops.fingerprint, aidataops.fingerprint) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_subtract(aidataops.fingerprint, aidataops.fingerprint) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.fingerprint_add(aidataops.fingerprint, aidataops.fingerprint) IS
'Fingerprint of the rows of both arguments together; implements operator +. NULL if either is NULL; an error if the row count leaves the range of bigint.';
COMMENT ON FUNCTION aidataops.fingerprint_subtract(aidataops.fingerprint, aidataops.fingerprint) IS
'Fingerprint of the rows of the first argument without those of the second; implements operator -. The row count may become negative. NULL if either is NULL.';

CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_add, COMMUTATOR = OPERATOR(aidataops.+)
);
CREATE OPERATOR aidataops.- (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_subtract
);

COMMENT ON OPERATOR aidataops.+ (aidataops.fingerprint, aidataops.fingerprint) IS 'Fingerprint of the rows of both.';
COMMENT ON OPERATOR aidataops.- (aidataops.fingerprint, aidataops.fingerprint) IS 'Fingerprint of the first without the rows of the second.';

-- comparison

CREATE FUNCTION aidataops.fingerprint_eq(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_ne(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_lt(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_le(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_gt(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_ge(aidataops.fingerprint, aidataops.fingerprint) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_cmp(aidataops.fingerprint, aidataops.fingerprint) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_hash(aidataops.fingerprint) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_hash_extended(aidataops.fingerprint, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.fingerprint_eq(aidataops.fingerprint, aidataops.fingerprint) IS 'Whether two fingerprints are equal; implements operator =.';
COMMENT ON FUNCTION aidataops.fingerprint_ne(aidataops.fingerprint, aidataops.fingerprint) IS 'Whether two fingerprints differ; implements operator <>.';
COMMENT ON FUNCTION aidataops.fingerprint_lt(aidataops.fingerprint, aidataops.fingerprint) IS 'Implements operator < of the sort order: row count, then sum.';
COMMENT ON FUNCTION aidataops.fingerprint_le(aidataops.fingerprint, aidataops.fingerprint) IS 'Implements operator <= of the sort order: row count, then sum.';
COMMENT ON FUNCTION aidataops.fingerprint_gt(aidataops.fingerprint, aidataops.fingerprint) IS 'Implements operator > of the sort order: row count, then sum.';
COMMENT ON FUNCTION aidataops.fingerprint_ge(aidataops.fingerprint, aidataops.fingerprint) IS 'Implements operator >= of the sort order: row count, then sum.';
COMMENT ON FUNCTION aidataops.fingerprint_cmp(aidataops.fingerprint, aidataops.fingerprint) IS 'Btree support of fingerprint.';
COMMENT ON FUNCTION aidataops.fingerprint_hash(aidataops.fingerprint) IS 'Hash support of fingerprint.';
COMMENT ON FUNCTION aidataops.fingerprint_hash_extended(aidataops.fingerprint, bigint) IS 'Seeded hash support of fingerprint.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_eq, COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_ne, COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR aidataops.< (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_lt, COMMUTATOR = OPERATOR(aidataops.>), NEGATOR = OPERATOR(aidataops.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR aidataops.<= (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_le, COMMUTATOR = OPERATOR(aidataops.>=), NEGATOR = OPERATOR(aidataops.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR aidataops.> (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_gt, COMMUTATOR = OPERATOR(aidataops.<), NEGATOR = OPERATOR(aidataops.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR aidataops.>= (
    LEFTARG = aidataops.fingerprint, RIGHTARG = aidataops.fingerprint,
    FUNCTION = aidataops.fingerprint_ge, COMMUTATOR = OPERATOR(aidataops.<=), NEGATOR = OPERATOR(aidataops.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

COMMENT ON OPERATOR aidataops.= (aidataops.fingerprint, aidataops.fingerprint) IS 'Equal: the same multiset of rows, with overwhelming probability.';
COMMENT ON OPERATOR aidataops.<> (aidataops.fingerprint, aidataops.fingerprint) IS 'Not equal: certainly different multisets of rows.';
COMMENT ON OPERATOR aidataops.< (aidataops.fingerprint, aidataops.fingerprint) IS 'Before, in an order made for sorting only.';
COMMENT ON OPERATOR aidataops.<= (aidataops.fingerprint, aidataops.fingerprint) IS 'Before or equal, in an order made for sorting only.';
COMMENT ON OPERATOR aidataops.> (aidataops.fingerprint, aidataops.fingerprint) IS 'After, in an order made for sorting only.';
COMMENT ON OPERATOR aidataops.>= (aidataops.fingerprint, aidataops.fingerprint) IS 'After or equal, in an order made for sorting only.';

CREATE OPERATOR CLASS aidataops.fingerprint_ops DEFAULT FOR TYPE aidataops.fingerprint USING btree AS
    OPERATOR 1 aidataops.<, OPERATOR 2 aidataops.<=, OPERATOR 3 aidataops.=, OPERATOR 4 aidataops.>=, OPERATOR 5 aidataops.>,
    FUNCTION 1 aidataops.fingerprint_cmp(aidataops.fingerprint, aidataops.fingerprint);
CREATE OPERATOR CLASS aidataops.fingerprint_hash_ops DEFAULT FOR TYPE aidataops.fingerprint USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.fingerprint_hash(aidataops.fingerprint),
    FUNCTION 2 aidataops.fingerprint_hash_extended(aidataops.fingerprint, bigint);

COMMENT ON OPERATOR FAMILY aidataops.fingerprint_ops USING btree IS 'Order of fingerprints, for sorting and merge joins.';
COMMENT ON OPERATOR CLASS aidataops.fingerprint_ops USING btree IS 'Order of fingerprints, for sorting and merge joins.';
COMMENT ON OPERATOR FAMILY aidataops.fingerprint_hash_ops USING hash IS 'Hashing of fingerprints, for hash joins and grouping.';
COMMENT ON OPERATOR CLASS aidataops.fingerprint_hash_ops USING hash IS 'Hashing of fingerprints, for hash joins and grouping.';

-- reading

CREATE FUNCTION aidataops.row_count(fingerprint aidataops.fingerprint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'fingerprint_row_count';
COMMENT ON FUNCTION aidataops.row_count(aidataops.fingerprint) IS
'Number of rows in a fingerprint. Negative in a difference that removed more than it had. NULL for NULL.';

-- building

CREATE FUNCTION aidataops.row_hash("row" record) RETURNS uuid
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.row_hash(record) IS
'Hash of a row: XXH3-128 of its canonical encoding aido1, as a uuid: SELECT row_hash(t) FROM t. The same for the same content on every machine; NULL columns and the order of columns do not matter, names do. NULL for a NULL row. An error for columns of type regclass and its like. Encoding: docs/fingerprint.md.';

CREATE FUNCTION aidataops._columns_hash(names name[], VARIADIC columns "any") RETURNS uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'columns_hash';
COMMENT ON FUNCTION aidataops._columns_hash(name[], "any") IS
'Internal: row_hash() of columns given one by one with their names, which saves making a row of them.';

CREATE FUNCTION aidataops.fingerprint_accum(aidataops.fingerprint, record) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_accum_inv(aidataops.fingerprint, record) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_hash_accum(aidataops.fingerprint, uuid) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.fingerprint_hash_accum_inv(aidataops.fingerprint, uuid) RETURNS aidataops.fingerprint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.fingerprint_accum(aidataops.fingerprint, record) IS 'Transition of fingerprint_agg(record): adds a row.';
COMMENT ON FUNCTION aidataops.fingerprint_accum_inv(aidataops.fingerprint, record) IS 'Inverse transition of fingerprint_agg(record): removes a row.';
COMMENT ON FUNCTION aidataops.fingerprint_hash_accum(aidataops.fingerprint, uuid) IS 'Transition of fingerprint_agg(uuid): adds a row by its hash.';
COMMENT ON FUNCTION aidataops.fingerprint_hash_accum_inv(aidataops.fingerprint, uuid) IS 'Inverse transition of fingerprint_agg(uuid): removes a row by its hash.';

CREATE AGGREGATE aidataops.fingerprint_agg("row" record) (
    SFUNC = aidataops.fingerprint_accum, STYPE = aidataops.fingerprint,
    INITCOND = 'aido1:0:00000000000000000000000000000000',
    COMBINEFUNC = aidataops.fingerprint_add, PARALLEL = SAFE,
    MSFUNC = aidataops.fingerprint_accum, MINVFUNC = aidataops.fingerprint_accum_inv, MSTYPE = aidataops.fingerprint,
    MINITCOND = 'aido1:0:00000000000000000000000000000000'
);
COMMENT ON AGGREGATE aidataops.fingerprint_agg(record) IS
'Fingerprint of rows: SELECT fingerprint_agg(t) FROM t. Order, plan and number of workers do not matter; duplicates count. Rows that are NULL as a whole are skipped; of no rows it is the fingerprint of the empty set, not NULL. Exact in moving windows. On a distributed table use fingerprint_agg(row_hash(t)), which is pushed down.';

CREATE AGGREGATE aidataops.fingerprint_agg(row_hash uuid) (
    SFUNC = aidataops.fingerprint_hash_accum, STYPE = aidataops.fingerprint,
    INITCOND = 'aido1:0:00000000000000000000000000000000',
    COMBINEFUNC = aidataops.fingerprint_add, PARALLEL = SAFE,
    MSFUNC = aidataops.fingerprint_hash_accum, MINVFUNC = aidataops.fingerprint_hash_accum_inv, MSTYPE = aidataops.fingerprint,
    MINITCOND = 'aido1:0:00000000000000000000000000000000'
);
COMMENT ON AGGREGATE aidataops.fingerprint_agg(uuid) IS
'Fingerprint of rows given by their hashes: SELECT fingerprint_agg(row_hash(t)) FROM t. The same value as fingerprint_agg(t). NULL hashes are skipped; of no rows it is the fingerprint of the empty set.';

CREATE AGGREGATE aidataops.rollup(fingerprint aidataops.fingerprint) (
    SFUNC = aidataops.fingerprint_add, STYPE = aidataops.fingerprint,
    INITCOND = 'aido1:0:00000000000000000000000000000000',
    COMBINEFUNC = aidataops.fingerprint_add, PARALLEL = SAFE,
    MSFUNC = aidataops.fingerprint_add, MINVFUNC = aidataops.fingerprint_subtract, MSTYPE = aidataops.fingerprint,
    MINITCOND = 'aido1:0:00000000000000000000000000000000'
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.fingerprint) IS
'Fingerprint of the union (with duplicates) of parts, from the fingerprints of the parts; exactly that of the whole. NULLs are skipped; of no rows it is the fingerprint of the empty set.';

CREATE FUNCTION aidataops.table_fingerprint(relation regclass) RETURNS aidataops.fingerprint
    LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 100000
    SET search_path = pg_catalog, pg_temp SET row_security = off
    AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.table_fingerprint(regclass) IS
'Fingerprint of a table, view, materialized, partitioned or foreign table: the value of fingerprint_agg(t), by the fastest way (a plain table is scanned directly). Needs SELECT on the relation; an error if a row-level security policy would hide rows from the caller. NULL for NULL.';

-- evidence against tampering

CREATE FUNCTION aidataops.secure_row_hash("row" record) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 80 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.secure_row_hash(record) IS
'SHA-256 of a row, 32 bytes: SELECT secure_row_hash(t) FROM t. What is hashed is the canonical encoding aido1 of the row with the names of its columns spelled out, so different rows have different hashes unless SHA-256 is broken. NULL columns and the order of columns do not matter, names do. NULL for a NULL row. An error for columns of type regclass and its like. Source: FIPS 180-4; bytes: docs/fingerprint.md.';

CREATE FUNCTION aidataops._secure_fingerprint_accum(internal, record) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80 AS 'MODULE_PATHNAME', 'secure_fingerprint_accum';
CREATE FUNCTION aidataops._secure_fingerprint_final(internal) RETURNS bytea
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'secure_fingerprint_final';
COMMENT ON FUNCTION aidataops._secure_fingerprint_accum(internal, record) IS 'Internal: transition of secure_fingerprint_agg(record): hashes a row and puts it to the rows to sort.';
COMMENT ON FUNCTION aidataops._secure_fingerprint_final(internal) IS 'Internal: final function of secure_fingerprint_agg(record): sorts the row hashes and hashes them.';

-- The final function uses the sort up, hence READ_WRITE. Every group sorts within a work_mem of its own: SSPACE is so large that
-- groups are made by sorting, one after the other, or that a hash table holds one of them at a time.
CREATE AGGREGATE aidataops.secure_fingerprint_agg("row" record) (
    SFUNC = aidataops._secure_fingerprint_accum, STYPE = internal, SSPACE = 1073741823,
    FINALFUNC = aidataops._secure_fingerprint_final, FINALFUNC_MODIFY = READ_WRITE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.secure_fingerprint_agg(record) IS
'SHA-256 of a multiset of rows, 32 bytes, as evidence against tampering: SELECT encode(secure_fingerprint_agg(t), ''hex'') FROM t. Keep the digest outside the database and compare later: nobody can make other rows with the same digest unless SHA-256 is broken. The order of rows does not matter, duplicates count. Rows that are NULL as a whole are skipped; of no rows it is a fixed value, not NULL. Sorts the row hashes, within work_mem and then on disk; cannot be merged, updated or used as a window function (an error). Construction: docs/fingerprint.md.';
