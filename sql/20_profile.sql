-- profile: a summary of the distribution of one column (docs/profile.md, src/profile)

CREATE TYPE aidataops.profile;

CREATE FUNCTION aidataops.profile_in(cstring) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_out(aidataops.profile) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_recv(internal) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_send(aidataops.profile) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.profile_in(cstring) IS 'Text input of profile.';
COMMENT ON FUNCTION aidataops.profile_out(aidataops.profile) IS 'Text output of profile.';
COMMENT ON FUNCTION aidataops.profile_recv(internal) IS 'Binary input of profile.';
COMMENT ON FUNCTION aidataops.profile_send(aidataops.profile) IS 'Binary output of profile.';

-- the alignment is for the working states of aggregates, which are of this type
CREATE TYPE aidataops.profile (
    INPUT = aidataops.profile_in,
    OUTPUT = aidataops.profile_out,
    RECEIVE = aidataops.profile_recv,
    SEND = aidataops.profile_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.profile IS
'Distribution of one column: counts of rows, NULLs and special values, exact minimum, maximum, mean and variance, and a histogram that is exact up to 4096 distinct values and of at most 4096 buckets with exact counts beyond. The same values give the same profile, bit for bit, in whatever order, partition or plan, on any machine; profiles of parts merge to the profile of the whole. Made by profile_agg(); written profile1:<kind>:<base64>. Layout: docs/profile.md.';

-- merging

CREATE FUNCTION aidataops.profile_add(aidataops.profile, aidataops.profile) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.profile_add(aidataops.profile, aidataops.profile) IS
'Profile of the values of both arguments together; implements operator +. NULL if either is NULL. Errors: profiles of different kinds, embeddings of different dimensions, a row count beyond bigint.';

CREATE OPERATOR aidataops.+ (
    LEFTARG = aidataops.profile, RIGHTARG = aidataops.profile,
    FUNCTION = aidataops.profile_add, COMMUTATOR = OPERATOR(aidataops.+)
);
COMMENT ON OPERATOR aidataops.+ (aidataops.profile, aidataops.profile) IS 'Profile of the values of both.';

CREATE FUNCTION aidataops._profile_final(aidataops.profile) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_final';
COMMENT ON FUNCTION aidataops._profile_final(aidataops.profile) IS
'Internal: the stored form of the working state of an aggregate.';

CREATE AGGREGATE aidataops.rollup(profile aidataops.profile) (
    SFUNC = aidataops.profile_add, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.rollup(aidataops.profile) IS
'Profile of the whole from profiles of its parts: exactly what profile_agg() gives of all values. NULLs are skipped; NULL of no rows. Errors: as operator +.';

-- comparison

CREATE FUNCTION aidataops.profile_eq(aidataops.profile, aidataops.profile) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_ne(aidataops.profile, aidataops.profile) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_hash(aidataops.profile) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.profile_hash_extended(aidataops.profile, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.profile_eq(aidataops.profile, aidataops.profile) IS 'Whether two profiles are equal; implements operator =.';
COMMENT ON FUNCTION aidataops.profile_ne(aidataops.profile, aidataops.profile) IS 'Whether two profiles differ; implements operator <>.';
COMMENT ON FUNCTION aidataops.profile_hash(aidataops.profile) IS 'Hash support of profile.';
COMMENT ON FUNCTION aidataops.profile_hash_extended(aidataops.profile, bigint) IS 'Seeded hash support of profile.';

CREATE OPERATOR aidataops.= (
    LEFTARG = aidataops.profile, RIGHTARG = aidataops.profile,
    FUNCTION = aidataops.profile_eq, COMMUTATOR = OPERATOR(aidataops.=), NEGATOR = OPERATOR(aidataops.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR aidataops.<> (
    LEFTARG = aidataops.profile, RIGHTARG = aidataops.profile,
    FUNCTION = aidataops.profile_ne, COMMUTATOR = OPERATOR(aidataops.<>), NEGATOR = OPERATOR(aidataops.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR aidataops.= (aidataops.profile, aidataops.profile) IS 'Equal: the same kind, the same counts, the same bytes.';
COMMENT ON OPERATOR aidataops.<> (aidataops.profile, aidataops.profile) IS 'Not equal: certainly of different values.';

CREATE OPERATOR CLASS aidataops.profile_hash_ops DEFAULT FOR TYPE aidataops.profile USING hash AS
    OPERATOR 1 aidataops.=,
    FUNCTION 1 aidataops.profile_hash(aidataops.profile),
    FUNCTION 2 aidataops.profile_hash_extended(aidataops.profile, bigint);
COMMENT ON OPERATOR FAMILY aidataops.profile_hash_ops USING hash IS 'Hashing of profiles, for grouping and hash joins.';
COMMENT ON OPERATOR CLASS aidataops.profile_hash_ops USING hash IS 'Hashing of profiles, for grouping and hash joins.';

-- building: concrete types, because a distributed aggregate cannot be polymorphic

CREATE FUNCTION aidataops._profile_accum(aidataops.profile, smallint) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_int2';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, integer) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_int4';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, bigint) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_int8';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, real) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_float4';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, double precision) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_float8';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, numeric) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_numeric';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, date) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_date';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, time) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_time';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, timestamp) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_timestamp';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, timestamptz) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_timestamptz';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, text) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_text';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, boolean) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_bool';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, uuid) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_uuid';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, bytea) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_bytea';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, jsonb) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_jsonb';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, real[]) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_float4s';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, double precision[]) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_float8s';
CREATE FUNCTION aidataops._profile_accum(aidataops.profile, anyelement) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_any';

COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, smallint) IS 'Internal: transition of profile_agg(smallint).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, integer) IS 'Internal: transition of profile_agg(integer).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, bigint) IS 'Internal: transition of profile_agg(bigint).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, real) IS 'Internal: transition of profile_agg(real).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, double precision) IS 'Internal: transition of profile_agg(double precision).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, numeric) IS 'Internal: transition of profile_agg(numeric).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, date) IS 'Internal: transition of profile_agg(date).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, time) IS 'Internal: transition of profile_agg(time).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, timestamp) IS 'Internal: transition of profile_agg(timestamp).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, timestamptz) IS 'Internal: transition of profile_agg(timestamptz).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, text) IS 'Internal: transition of profile_agg(text).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, boolean) IS 'Internal: transition of profile_agg(boolean).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, uuid) IS 'Internal: transition of profile_agg(uuid).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, bytea) IS 'Internal: transition of profile_agg(bytea).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, jsonb) IS 'Internal: transition of profile_agg(jsonb).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, real[]) IS 'Internal: transition of profile_agg(real[]).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, double precision[]) IS 'Internal: transition of profile_agg(double precision[]).';
COMMENT ON FUNCTION aidataops._profile_accum(aidataops.profile, anyelement) IS 'Internal: transition of profile_agg(anyelement), which raises.';

CREATE AGGREGATE aidataops.profile_agg(value smallint) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:integer:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(smallint) IS
'Profile of integers: SELECT profile_agg(x) FROM t. smallint, integer and bigint give the same profile; beyond 2^53 an integer is counted as the nearest double precision, and the profile says so. A code that only looks like a number is a category: profile_agg(code::text). Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value integer) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:integer:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(integer) IS
'Profile of integers: SELECT profile_agg(x) FROM t. smallint, integer and bigint give the same profile; beyond 2^53 an integer is counted as the nearest double precision, and the profile says so. A code that only looks like a number is a category: profile_agg(code::text). Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value bigint) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:integer:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(bigint) IS
'Profile of integers: SELECT profile_agg(x) FROM t. smallint, integer and bigint give the same profile; beyond 2^53 an integer is counted as the nearest double precision, and the profile says so. A code that only looks like a number is a category: profile_agg(code::text). Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value real) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:float4:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(real) IS
'Profile of numbers: SELECT profile_agg(x) FROM t. NULL, NaN and the infinities are counted apart; -0 is 0. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value double precision) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:float8:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(double precision) IS
'Profile of numbers: SELECT profile_agg(x) FROM t. NULL, NaN and the infinities are counted apart; -0 is 0. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value numeric) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:numeric:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(numeric) IS
'Profile of exact decimals. A value is counted as the nearest double precision (beyond its range, as infinite); the least and the greatest are kept with up to 112 digits. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value date) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:date:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(date) IS
'Profile of dates. As numbers they are seconds since 1970-01-01; the infinities are counted apart. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value time) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:time:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(time) IS
'Profile of times of day. As numbers they are seconds since midnight. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value timestamp) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:timestamp:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(timestamp) IS
'Profile of timestamps. As numbers they are seconds since 1970-01-01; the infinities are counted apart. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value timestamptz) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:timestamptz:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(timestamptz) IS
'Profile of points in time. As numbers they are seconds since 1970-01-01 UTC, so to_timestamp(quantile(p, 0.5)) is the median; the infinities are counted apart. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value text) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:text:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(text) IS
'Profile of categories: SELECT profile_agg(x) FROM t; enums, JSON and everything else as x::text. Up to 4096 distinct values are counted each, with labels of up to 64 bytes (cut to 32 or 16 where all together exceed 64 kB); of more, values are counted by 4096 or fewer ranges of their hashes, and there are no labels. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value boolean) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:bool:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(boolean) IS
'Profile of true and false. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value uuid) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:uuid:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(uuid) IS
'Profile of UUIDs as categories; as for text. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value bytea) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:bytea:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(bytea) IS
'Profile of byte strings as categories; as for text, labels in hexadecimal. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value jsonb) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:jsonb:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(jsonb) IS
'Profile of JSON values as categories; as for text. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value real[]) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:embedding:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(real[]) IS
'Profile of embeddings: how many, their dimension, mean and variance of each dimension, and the distribution of their Euclidean norms, which is what mean(), quantile() and the like read. Components are rounded to multiples of 2^-32; a vector that is empty or has a component that is NULL, NaN or beyond 65536 is counted as NaN. An error for vectors of different dimensions, of more than 16384, and for more than 2147483647 vectors. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value double precision[]) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:embedding:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(double precision[]) IS
'Profile of embeddings: how many, their dimension, mean and variance of each dimension, and the distribution of their Euclidean norms, which is what mean(), quantile() and the like read. Components are rounded to multiples of 2^-32; a vector that is empty or has a component that is NULL, NaN or beyond 65536 is counted as NaN. An error for vectors of different dimensions, of more than 16384, and for more than 2147483647 vectors. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value anyelement) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(anyelement) IS
'Raises an error for types that have no profile of their own. Write profile_agg(x::text) to take values as categories, or cast them to a number or a timestamp.';
