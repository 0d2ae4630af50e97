-- Values as text and as JSON, without any code that the owner of their types can define
-- (docs/security.md, src/core/plain.c)

CREATE FUNCTION aidataops._text(value "any") RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_as_text';
COMMENT ON FUNCTION aidataops._text("any") IS
'Internal: value::text without casts that users made: by a cast that PostgreSQL brings along, '
'or else by the output function of its type. NULL for NULL.';

CREATE FUNCTION aidataops._json(value "any") RETURNS jsonb
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_as_json';
COMMENT ON FUNCTION aidataops._json("any") IS
'Internal: to_jsonb(value) without casts to json that users made, also within arrays and rows: '
'what has no form of its own in JSON is its text. NULL for NULL.';

CREATE FUNCTION aidataops._input_runs_code(type oid) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'type_input_runs_code';
COMMENT ON FUNCTION aidataops._input_runs_code(oid) IS
'Internal: whether to make a value of a type from text or JSON may run code of its owner: '
'it is a domain, or a range with a canonical function, or has one within.';
