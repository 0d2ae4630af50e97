-- comparisons: which of two was preferred (docs/reliability.md, src/comparisons)

CREATE TYPE aidataops.comparisons;

CREATE FUNCTION aidataops.comparisons_in(cstring) RETURNS aidataops.comparisons
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.comparisons_out(aidataops.comparisons) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.comparisons_recv(internal) RETURNS aidataops.comparisons
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.comparisons_send(aidataops.comparisons) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.comparisons_in(cstring) IS 'Text input of comparisons.';
COMMENT ON FUNCTION aidataops.comparisons_out(aidataops.comparisons) IS 'Text output of comparisons.';
COMMENT ON FUNCTION aidataops.comparisons_recv(internal) IS 'Binary input of comparisons.';
COMMENT ON FUNCTION aidataops.comparisons_send(aidataops.comparisons) IS 'Binary output of comparisons.';

CREATE TYPE aidataops.comparisons (
    INPUT = aidataops.comparisons_in,
    OUTPUT = aidataops.comparisons_out,
    RECEIVE = aidataops.comparisons_recv,
    SEND = aidataops.comparisons_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.comparisons IS
'Preferences between two items at a time: how often each was preferred to each. Written comparisons1: and hexadecimal digits; read it by bradley_terry().';

CREATE FUNCTION aidataops._comparisons_accum(internal, winner text, loser text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'comparisons_accum';
CREATE FUNCTION aidataops._comparisons_final(internal) RETURNS aidataops.comparisons
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'comparisons_final';
COMMENT ON FUNCTION aidataops._comparisons_accum(internal, text, text) IS 'Internal: keeps a comparison.';
COMMENT ON FUNCTION aidataops._comparisons_final(internal) IS 'Internal: final of comparisons_agg().';

CREATE AGGREGATE aidataops.comparisons_agg(winner text, loser text) (
    SFUNC = aidataops._comparisons_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._comparisons_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.comparisons_agg(text, text) IS
'Preferences, one row a comparison: SELECT * FROM bradley_terry((SELECT comparisons_agg(chosen, rejected) FROM preference)). Rows with a NULL are skipped, as ties should be; NULL of no rows. An error if an item is compared with itself. Does not depend on the order of rows, as Elo ratings do. Two items that were compared take 24 bytes of memory: an error beyond aidataops.max_state_memory.';

CREATE FUNCTION aidataops.bradley_terry(comparisons aidataops.comparisons, reference text DEFAULT NULL, confidence double precision DEFAULT 0.95, OUT item text,
                                        OUT n_wins bigint, OUT n_losses bigint, OUT ability double precision, OUT se double precision,
                                        OUT ci_lower double precision, OUT ci_upper double precision, OUT status text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 ROWS 20 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.bradley_terry(aidataops.comparisons, text, double precision) IS
'Abilities of items by the model of Bradley and Terry (1952), one row an item, in byte order: i beats j with probability 1 / (1 + exp(ability j - ability i)). Greatest likelihood; ability is relative to the mean of all items, or to the item reference, with its standard error (inverse Fisher information) and normal interval. status: ok; not_connected: some items never won, or never lost, against the others, so no finite abilities exist (Ford 1957), they are NULL; not_converged. An error for an unknown reference, for more than 2000 items, or if confidence is not between 0 and 1. No rows if comparisons or confidence is NULL.';
