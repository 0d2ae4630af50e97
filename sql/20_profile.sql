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
'Profile of the values of both arguments together; implements operator +. NULL if either is NULL. Of embeddings of different dimensions it is the profile of their norms. Errors: profiles of different kinds, a row count beyond bigint.';

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
'Profile of embeddings: how many, their dimension, mean and variance of each dimension, and the distribution of their Euclidean norms, which is what mean(), quantile() and the like read. Components are rounded to multiples of 2^-32; a vector that is empty or has a component that is NULL, NaN or beyond 65536 is counted as NaN. Vectors of different dimensions, or of more than 16384, are profiled by their norms only, with a WARNING: dimension(), mean_vector() and variance_vector() are NULL. An error for more than 2147483647 vectors. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value double precision[]) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    INITCOND = 'profile1:embedding:', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(double precision[]) IS
'Profile of embeddings: how many, their dimension, mean and variance of each dimension, and the distribution of their Euclidean norms, which is what mean(), quantile() and the like read. Components are rounded to multiples of 2^-32; a vector that is empty or has a component that is NULL, NaN or beyond 65536 is counted as NaN. Vectors of different dimensions, or of more than 16384, are profiled by their norms only, with a WARNING: dimension(), mean_vector() and variance_vector() are NULL. An error for more than 2147483647 vectors. Of no rows it is the empty profile, not NULL.';

CREATE AGGREGATE aidataops.profile_agg(value anyelement) (
    SFUNC = aidataops._profile_accum, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.profile_agg(anyelement) IS
'Raises an error for types that have no profile of their own. Write profile_agg(x::text) to take values as categories, or cast them to a number or a timestamp.';

-- reading

CREATE FUNCTION aidataops.profile_kind(profile aidataops.profile) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_kind';
COMMENT ON FUNCTION aidataops.profile_kind(aidataops.profile) IS
'What was profiled: integer, float4, float8, numeric, date, time, timestamp, timestamptz, text, bool, uuid, bytea, jsonb or embedding. NULL for NULL.';

CREATE FUNCTION aidataops.num_rows(profile aidataops.profile) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_num_rows';
COMMENT ON FUNCTION aidataops.num_rows(aidataops.profile) IS
'Number of rows, NULLs included. NULL for NULL.';

CREATE FUNCTION aidataops.num_nulls(profile aidataops.profile) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_num_nulls';
COMMENT ON FUNCTION aidataops.num_nulls(aidataops.profile) IS
'Number of rows that were NULL. NULL for NULL.';

CREATE FUNCTION aidataops.num_values(profile aidataops.profile) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_num_values';
COMMENT ON FUNCTION aidataops.num_values(aidataops.profile) IS
'Number of rows that were not NULL; NaN and infinities are values. NULL for NULL.';

CREATE FUNCTION aidataops.num_nans(profile aidataops.profile) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_num_nans';
COMMENT ON FUNCTION aidataops.num_nans(aidataops.profile) IS
'Number of values that were NaN; of embeddings, that could not be used. NULL for NULL.';

CREATE FUNCTION aidataops.null_fraction(profile aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_null_fraction';
COMMENT ON FUNCTION aidataops.null_fraction(aidataops.profile) IS
'Share of rows that were NULL, 0 to 1. NULL for a profile of no rows and for NULL.';

CREATE FUNCTION aidataops.approx_distinct(profile aidataops.profile) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_approx_distinct';
COMMENT ON FUNCTION aidataops.approx_distinct(aidataops.profile) IS
'Number of distinct values other than NULL: exact up to 4096 (see is_exact()), estimated with a standard error of 1.6 % beyond (HyperLogLog with 4096 registers; estimator of Ertl 2017). NULL for embeddings and for NULL.';

CREATE FUNCTION aidataops.is_exact(profile aidataops.profile) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_is_exact';
COMMENT ON FUNCTION aidataops.is_exact(aidataops.profile) IS
'Whether the profile is the distribution itself, each distinct value with its count, which it is up to 4096 of them. If not, counts are those of ranges of values (of hashes, for categories), still exact. NULL for NULL.';

CREATE FUNCTION aidataops.min_value(profile aidataops.profile) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_min_value';
COMMENT ON FUNCTION aidataops.min_value(aidataops.profile) IS
'Least finite value, exact, as its type prints it. Of embeddings, the least norm. NULL for categories, without finite values, and for NULL.';

CREATE FUNCTION aidataops.max_value(profile aidataops.profile) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_max_value';
COMMENT ON FUNCTION aidataops.max_value(aidataops.profile) IS
'Greatest finite value, exact, as its type prints it. Of embeddings, the greatest norm. NULL for categories, without finite values, and for NULL.';

CREATE FUNCTION aidataops.mean(profile aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_mean';
COMMENT ON FUNCTION aidataops.mean(aidataops.profile) IS
'Mean of the finite values, correctly rounded from an exact sum. Dates and timestamps are read as seconds since 1970 (to_timestamp() shows them), times as seconds since midnight. Of embeddings, the mean norm. NULL for categories, without finite values, and for NULL.';

CREATE FUNCTION aidataops.stddev(profile aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_stddev';
COMMENT ON FUNCTION aidataops.stddev(aidataops.profile) IS
'Standard deviation of the finite values as of a sample (divided by n - 1), rounded once from exact sums; of times and dates, in seconds. NULL for categories, fewer than two finite values, and NULL.';

CREATE FUNCTION aidataops.skewness(profile aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_skewness';
COMMENT ON FUNCTION aidataops.skewness(aidataops.profile) IS
'Skewness of the finite values, m3 / m2^1.5 of the population: exact while is_exact(), else from the middles of buckets. NULL for categories, without spread, and for NULL.';

CREATE FUNCTION aidataops.kurtosis(profile aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_kurtosis';
COMMENT ON FUNCTION aidataops.kurtosis(aidataops.profile) IS
'Excess kurtosis of the finite values, m4 / m2^2 - 3 of the population: exact while is_exact(), else from the middles of buckets. NULL for categories, without spread, and for NULL.';

CREATE FUNCTION aidataops.quantile(profile aidataops.profile, p double precision) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_quantile';
COMMENT ON FUNCTION aidataops.quantile(aidataops.profile, double precision) IS
'Value at or below which a share p of the values lies: that of percentile_disc() while is_exact(), else within the bucket that holds it. Infinities take part, NaN and NULL do not. Dates and timestamps are read as seconds since 1970 (to_timestamp() shows them), times as seconds since midnight. NULL for categories, without values, and for NULL; an error for p outside 0 to 1.';

CREATE FUNCTION aidataops.cdf(profile aidataops.profile, x double precision) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_cdf';
COMMENT ON FUNCTION aidataops.cdf(aidataops.profile, double precision) IS
'Share of the values that are at most x, 0 to 1: exact while is_exact() and where x falls between buckets, else interpolated. Infinities take part, NaN and NULL do not. Dates and timestamps are read as seconds since 1970 (to_timestamp() shows them), times as seconds since midnight. NULL for categories, without values, for NaN and for NULL.';

CREATE FUNCTION aidataops.dimension(profile aidataops.profile) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_dimension';
COMMENT ON FUNCTION aidataops.dimension(aidataops.profile) IS
'Number of dimensions of the embeddings. NULL for other profiles, while there was none, for embeddings of different dimensions, and for NULL.';

CREATE FUNCTION aidataops.mean_vector(profile aidataops.profile) RETURNS double precision[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_mean_vector';
COMMENT ON FUNCTION aidataops.mean_vector(aidataops.profile) IS
'Mean of the embeddings in each dimension. NULL for other profiles, without embeddings, for embeddings of different dimensions, and for NULL.';

CREATE FUNCTION aidataops.variance_vector(profile aidataops.profile) RETURNS double precision[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_read_variance_vector';
COMMENT ON FUNCTION aidataops.variance_vector(aidataops.profile) IS
'Variance of the embeddings in each dimension, as of a sample (divided by n - 1). NULL for other profiles, with fewer than two embeddings, for embeddings of different dimensions, and for NULL.';

CREATE FUNCTION aidataops.sparkline(profile aidataops.profile, width integer DEFAULT 24) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_sparkline';
COMMENT ON FUNCTION aidataops.sparkline(aidataops.profile, integer) IS
'The shape of a distribution in one line: bars of equal bins from the 1st to the 99th percentile, or of the most frequent categories. width: number of bars, 1 to 1000 (an error otherwise). NULL without values and for NULL.';

CREATE FUNCTION aidataops.top_values(profile aidataops.profile, n integer DEFAULT 10)
    RETURNS TABLE (value text, count bigint, share double precision, exact boolean)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 10 AS 'MODULE_PATHNAME', 'profile_top_values';
COMMENT ON FUNCTION aidataops.top_values(aidataops.profile, integer) IS
'The most frequent values, NULL left out: value, its count, its share of the values, and whether that is the count of this value alone. While is_exact() it is; beyond, a row is a range of numbers, or a number of categories without a name. Labels are cut after 64 bytes or fewer, shown by three dots. n: how many, an error if negative. No rows for embeddings and NULL.';

CREATE FUNCTION aidataops.histogram(profile aidataops.profile, bins integer DEFAULT 10)
    RETURNS TABLE (bin integer, lower double precision, upper double precision, band text, count bigint, share double precision, exact boolean)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 10 AS 'MODULE_PATHNAME', 'profile_histogram';
COMMENT ON FUNCTION aidataops.histogram(aidataops.profile, integer) IS
'Bins of equal width from the least to the greatest finite value: lower <= x < upper (the last includes upper), as text too, the count, its share of the values, and whether the count is exact or both ends cut a bucket of the profile. Dates and timestamps are read as seconds since 1970 (to_timestamp() shows them), times as seconds since midnight. bins: 1 to 1000, an error otherwise. No rows for categories, without finite values, and for NULL.';

CREATE FUNCTION aidataops.describe(profile aidataops.profile)
    RETURNS TABLE (kind text, num_rows bigint, null_fraction double precision, approx_distinct bigint, min_value text, p25 text, median text, p75 text, max_value text, mean text, stddev double precision, top text, shape text)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 1 AS 'MODULE_PATHNAME', 'profile_describe';
COMMENT ON FUNCTION aidataops.describe(aidataops.profile) IS
'A profile in one row for people to read: what was profiled, rows, NULLs, distinct values, five-number summary as the type prints it, mean, standard deviation (of times in seconds), the most frequent values and the shape. Columns that a kind does not have are NULL. No row for NULL.';

CREATE FUNCTION aidataops.to_jsonb(profile aidataops.profile) RETURNS jsonb
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'profile_to_jsonb';
COMMENT ON FUNCTION aidataops.to_jsonb(aidataops.profile) IS
'A profile as JSON for other programs: counts, extremes, mean, standard deviation, quantiles, and up to ten most frequent values while is_exact(); the cast to jsonb. It cannot be read back: a profile is kept as it is, or as text. NULL for NULL.';

CREATE CAST (aidataops.profile AS jsonb) WITH FUNCTION aidataops.to_jsonb(aidataops.profile);
COMMENT ON CAST (aidataops.profile AS jsonb) IS 'What a profile says, for other programs.';

-- all columns of a relation

CREATE FUNCTION aidataops._profile_expression(column_name name, type oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE base (typid) AS (
        SELECT type
        UNION ALL
        SELECT t.typbasetype FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.typid WHERE t.typtype = 'd'
    )
    SELECT pg_catalog.format(CASE
               WHEN t.oid = ANY (ARRAY['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'date', 'time', 'timestamp', 'timestamptz',
                                       'text', 'varchar', 'bpchar', 'name', 'bool', 'uuid', 'bytea', 'jsonb', 'float4[]', 'float8[]']::pg_catalog.regtype[])
               THEN 'aidataops.profile_agg(%I)'
               WHEN t.oid = 'interval'::pg_catalog.regtype THEN 'aidataops.profile_agg(EXTRACT(epoch FROM %I)::pg_catalog.float8)'
               WHEN t.oid = 'money'::pg_catalog.regtype THEN 'aidataops.profile_agg(%I::pg_catalog.numeric)'
               WHEN t.oid = 'timetz'::pg_catalog.regtype THEN 'aidataops.profile_agg((%I AT TIME ZONE ''UTC'')::pg_catalog.time)'
               -- a cast that only superusers can make, since they own both types
               WHEN t.oid IN (SELECT c.castsource FROM pg_catalog.pg_cast AS c
                               WHERE c.casttarget = 'float4[]'::pg_catalog.regtype AND c.castmethod = 'f')
                AND t.typowner IN (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolsuper)
               THEN 'aidataops.profile_agg(%I::pg_catalog.float4[])'
               ELSE 'aidataops.profile_agg(aidataops._text(%I))'
           END, column_name)
      FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.typid WHERE t.typtype <> 'd';
END;
COMMENT ON FUNCTION aidataops._profile_expression(name, oid) IS
'Internal: the call of profile_agg() for a column of this type: as it is, intervals in seconds, '
'money as numeric, times with a zone as those of UTC, as an embedding if the type is a '
'superuser''s and has a cast to float4[] (as those of pgvector), or as text.';

CREATE FUNCTION aidataops._read_profiles(
    relations oid[],
    names name[],
    calls text,
    from_item text
) RETURNS TABLE (column_name name, profile aidataops.profile)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT u.*
      FROM aidataops._read(
               relations,
               pg_catalog.format('SELECT ARRAY[%s]::aidataops.profile[] FROM %s', calls, from_item))
           AS r (profiles aidataops.profile[]),
           unnest(names, r.profiles) AS u;
END;
COMMENT ON FUNCTION aidataops._read_profiles(oid[], name[], text, text) IS
'Internal: profiles of columns, from one scan, by calls of profile_agg() in the order of names.';

CREATE FUNCTION aidataops.profile_columns(relation regclass)
    RETURNS TABLE (column_name name, data_type text, profile aidataops.profile)
    LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE COST 100000 ROWS 20
    SET search_path = pg_catalog, pg_temp
    -- what goes by way of text gets the same text in every session
    SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET TimeZone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET lc_monetary = 'C'
AS $$
DECLARE
    columns name[];
    types text[];
    calls text;
BEGIN
    SELECT array_agg(a.attname ORDER BY a.attnum), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum),
           string_agg(aidataops._profile_expression(a.attname, a.atttypid), ', ' ORDER BY a.attnum)
      INTO columns, types, calls
      FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
    IF columns IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT t.name, t.type, p.profile
          FROM unnest(columns, types) WITH ORDINALITY AS t (name, type, place)
          JOIN aidataops._read_profiles(ARRAY[relation], columns, calls, relation::text) AS p
               ON p.column_name = t.name
         ORDER BY t.place;
END
$$;
COMMENT ON FUNCTION aidataops.profile_columns(regclass) IS
'Profile of every column of a table or view, a row a column, from one scan: SELECT column_name, d.* FROM profile_columns(''t''), describe(profile) AS d. Intervals are profiled in seconds, money as numeric, times with a zone as they are in UTC. Other types that profile_agg() does not know are profiled as text (under settings that do not depend on the session), types with a cast to real[] (as those of pgvector) as embeddings. Needs SELECT on the relation; row-level security applies as in any query. No rows for NULL.';

CREATE FUNCTION aidataops.describe_columns(relation regclass)
    RETURNS TABLE (column_name name, kind text, num_rows bigint, null_fraction double precision, approx_distinct bigint, min_value text,
                   p25 text, median text, p75 text, max_value text, mean text, stddev double precision, top text, shape text)
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 100000 ROWS 20
BEGIN ATOMIC
    SELECT c.column_name, d.* FROM aidataops.profile_columns(relation) AS c, aidataops.describe(c.profile) AS d;
END;
COMMENT ON FUNCTION aidataops.describe_columns(regclass) IS
'What is in a table or view, a readable row a column, from one scan: SELECT * FROM describe_columns(''t''). Columns: as describe(). Needs SELECT on the relation; row-level security applies. No rows for NULL.';

-- pgvector

CREATE FUNCTION aidataops._profile_accum_castable(aidataops.profile, anyelement) RETURNS aidataops.profile
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'profile_accum_castable';
COMMENT ON FUNCTION aidataops._profile_accum_castable(aidataops.profile, anyelement) IS 'Internal: transition of profile_agg() of types that have a cast to real[].';

CREATE FUNCTION aidataops.enable_vector() RETURNS SETOF regtype
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'vector') THEN
        RAISE EXCEPTION 'extension "vector" is not installed in this database' USING ERRCODE = 'undefined_object',
            HINT = 'Use CREATE EXTENSION vector first. Columns of real[] and double precision[] are profiled as embeddings without it.';
    END IF;
    FOR found IN
        SELECT t.oid::regtype AS type
          FROM pg_extension AS e JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_type'::regclass
          JOIN pg_type AS t ON t.oid = d.objid JOIN pg_cast AS c ON c.castsource = t.oid AND c.casttarget = 'real[]'::regtype
         WHERE e.extname = 'vector' ORDER BY t.typname
    LOOP
        IF to_regprocedure(format('aidataops.profile_agg(%s)', found.type)) IS NULL THEN
            EXECUTE format('CREATE AGGREGATE aidataops.profile_agg(%s) (SFUNC = aidataops._profile_accum_castable, STYPE = aidataops.profile, FINALFUNC = aidataops._profile_final, '
                           'INITCOND = ''profile1:embedding:'', COMBINEFUNC = aidataops.profile_add, PARALLEL = SAFE)', found.type);
        END IF;
        RETURN NEXT found.type;
    END LOOP;
END $$;
COMMENT ON FUNCTION aidataops.enable_vector() IS
'Lets profile_agg() take the types of the extension vector (pgvector) as embeddings: vector, halfvec and what else it casts to real[]. Returns the types. Without it profile_columns(), commits and drift() profile such columns as well, by a cast. Once a database; needs the rights of the owner of the extension aidataops. An error if the extension vector is not installed.';
