-- Relations of others, read on behalf of a caller, and in whose name
-- (docs/security.md, src/core/reading.c)

CREATE FUNCTION aidataops._reading_role(
    reader oid,
    relations oid[],
    query text DEFAULT NULL
) RETURNS oid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'role_that_reads';
COMMENT ON FUNCTION aidataops._reading_role(oid, oid[], text) IS
'Internal: the role that suffices for a reader to read relations: the first of their owners, in '
'this order, whose rights the reader has, who is no superuser and may read all of them; else the '
'reader. An error if that is a superuser, and one of the relations, of those that the query names, '
'or of those beneath them belongs to somebody who is none.';

CREATE FUNCTION aidataops._read(relations oid[], query text) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 AS 'MODULE_PATHNAME', 'read_relations';
COMMENT ON FUNCTION aidataops._read(oid[], text) IS
'Internal: the rows of a query over relations, parsed, planned and run as _reading_role() of the '
'caller: if that is another role, in a restricted operation, in which row-level security that '
'would hide rows is an error. The query writes nothing, sees what the statement around it sees, '
'and calls no functions of others.';

CREATE FUNCTION aidataops._read(
    relations oid[],
    query text,
    VARIADIC parameters "any"
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 AS 'MODULE_PATHNAME', 'read_relations';
COMMENT ON FUNCTION aidataops._read(oid[], text, "any") IS
'Internal: the same of a query with parameters, $1 and so on.';

CREATE FUNCTION aidataops._count_rows(relation oid, query text) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    BEGIN ATOMIC
        SELECT r.n
          FROM aidataops._read(
                   ARRAY[relation],
                   pg_catalog.format('SELECT count(*) FROM (%s) AS q', query)) AS r (n bigint);
    END;
COMMENT ON FUNCTION aidataops._count_rows(oid, text) IS
'Internal: the number of rows of a query that reads a relation.';
