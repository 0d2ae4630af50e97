"""Writes calls of every function of the extension: with all combinations of NULL, and with hostile values.

    calls.py SEED COUNT <functions.tsv >calls.sql

functions.tsv has a line a function: kind, name, set-returning, argument types, separated by tabs and blanks; and a line a
value of a stored type: "value", type, text. COUNT is how many hostile calls each function gets.
"""
import itertools
import random
import sys

HUGE = "repeat('x', 70000)"
VALUES = {
    "text": ["''", "'a'", "'calls'", "'calls@1'", "'calls@WORKING'", "'o\"d''d; x@1'", HUGE, "chr(1114111)", "E'\\n\\t'",
             "'-1'", "'NaN'", "'$.a'", "'^(a+)+$'", "repeat('(', 2000)", "'first'", "'auto'", "'rows'", "'P1D'", "'* * * * *'"],
    "name": ["''", "'id'", "'label'", "'o\"d'", "repeat('n', 63)"],
    "smallint": ["0", "-1", "32767", "-32768"],
    "integer": ["0", "1", "-1", "2", "10", "2147483647", "-2147483648"],
    "bigint": ["0", "1", "-1", "9223372036854775807", "-9223372036854775808"],
    "real": ["0", "'NaN'", "'infinity'", "1e38", "-1e-38"],
    "double precision": ["0", "0.5", "1", "-1", "'NaN'", "'infinity'", "'-infinity'", "1e308", "5e-324", "-0.0"],
    "numeric": ["0", "'NaN'", "'infinity'", "1e1000", "-1e-1000", "0.1"],
    "boolean": ["true", "false"],
    "date": ["'infinity'", "'4713-01-01 BC'", "'5874897-12-31'"],
    "time without time zone": ["'00:00'", "'24:00'"],
    "interval": ["'0'", "'-178000000 years'", "'1 day'", "'178000000 years'"],
    "timestamp without time zone": ["'infinity'", "'4713-01-01 BC'", "'294276-12-31'"],
    "timestamp with time zone": ["'infinity'", "'-infinity'", "'2026-01-01'", "now()"],
    "jsonb": ["'{}'", "'[]'", "'null'", "'\"x\"'", "'1e1000'", "'[null, 1, \"a\"]'", "'{\"id\": 1}'",
              "('[' || repeat('[', 3000) || repeat(']', 3000) || ']')",
              "'{\"apiVersion\": \"v3.0.2\", \"kind\": \"DataContract\", \"id\": \"x\", \"schema\": [{}, null, 1]}'",
              "'{\"kind\": \"range\", \"columns\": [1], \"rules\": {\"a\": []}}'"],
    "json": ["'{}'", "'[1, null]'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "bytea": ["''", "'\\x00'", "'\\xff'", "decode(repeat('ff', 5000), 'hex')"],
    "oid": ["0", "1259", "4294967295", "'calls.t'::regclass::oid"],
    "regclass": ["0", "'calls.t'", "'pg_class'", "4294967295"],
    "regtype": ["'int'", "0"],
    "regprocedure": ["0", "'pg_catalog.now()'"],
    "bit": ["B''"], "character": ["'x'"], "inet": ["'::1'"], "money": ["'1'"],
    "aidataops.dataset_version": ["'calls@1'", "'calls@2'", "'calls@HEAD~1'", "'calls@WORKING'", "'calls@first'", "'no@7'",
                                  "'calls@{2026-01-01}'", "'o\"d@1'"],
    "aidataops.ruleset": ["aidataops.row_rules('calls')"],
}
ANY = ["1", "'x'::text", "NULL::int", "'NaN'::float8", "ARRAY[1,NULL]", "'{}'::text[]", "'glad'::calls.mood", "3::calls.positive",
       "ROW(1,'sad')::calls.pair", "NULL::calls.pair", "ROW()", "ROW(1,NULL)", "'[1,2)'::int4range", "'{}'::jsonb", "now()",
       "'\\x00'::bytea", "'<a/>'::xml", "B'101'", "point(1,'NaN')", "'a'::tsvector", "'pg_class'::regclass", HUGE]
ARRAYS = ["'{}'", "ARRAY[NULL]", "ARRAY[ARRAY[%s],ARRAY[%s]]", "array_fill(%s, ARRAY[3], ARRAY[-2147483647])", "ARRAY[%s,NULL,%s]",
          "array_fill(%s, ARRAY[2000])"]
KINDS = {"anyelement": ANY, "\"any\"": ANY, "anynonarray": ANY, "record": ["ROW(1,'x'::text)", "ROW()", "NULL::calls.t", "ROW(1,2)::calls.pair"],
         "anyarray": ["ARRAY[1,NULL]", "'{}'::text[]", "ARRAY[ARRAY[1],ARRAY[2]]", "NULL::int[]"], "anyenum": ["'sad'::calls.mood", "NULL::calls.mood"],
         "anyrange": ["'empty'::int4range", "'(,)'::int4range"], "anymultirange": ["'{}'::int4multirange"]}


def literals(kind, stored):
    if kind in KINDS:
        return KINDS[kind]
    if kind.endswith("[]"):
        base = kind[:-2]
        inner = ["%s::%s" % (v, base) for v in VALUES.get(base, [])] or ["NULL::%s" % base]
        return ["(%s)::%s" % (a.replace("%s", v), kind) for a, v in itertools.product(ARRAYS, inner[:4])]
    found = ["%s::%s" % (v, kind) for v in VALUES.get(kind, [])] + ["'%s'::%s" % (t.replace("'", "''"), kind) for t in stored.get(kind, [])]
    return found or ["NULL::%s" % kind]


def null_of(kind):
    return "NULL" if kind in ("\"any\"", "record") else "NULL::%s" % {"anyelement": "int", "anynonarray": "int", "anyarray": "int[]",
        "anyenum": "calls.mood", "anyrange": "int4range", "anymultirange": "int4multirange"}.get(kind, kind)


def null_masks(n):
    """All of them for up to six arguments, all pairs beyond."""
    if n <= 6:
        return list(itertools.product((False, True), repeat=n))
    masks = {tuple(full if i not in pair else not full for i in range(n)) for full in (False, True) for pair in itertools.combinations(range(n), 2)}
    return sorted(masks | {(False,) * n, (True,) * n})


def calls_of(kind, name, returns_set, args):
    call = "%s(%s)" % (name, ", ".join(args))
    if kind == "a":
        call = call if args else "%s(*)" % name
        return ["SELECT %s FROM generate_series(1, 3)" % call, "SELECT %s OVER (ORDER BY g ROWS 1 PRECEDING) FROM generate_series(1, 4) AS g" % call]
    if kind == "p":
        return ["CALL " + call]
    return ["SELECT count(*) FROM %s AS x" % call, "SELECT %s" % call] if returns_set else ["SELECT " + call]


def main():
    chance = random.Random(int(sys.argv[1]))
    count = int(sys.argv[2])
    functions, stored = [], {}
    for line in sys.stdin:
        fields = line.rstrip("\n").split("\t")
        if fields[0] == "value":
            stored.setdefault(fields[1], []).append(fields[2])
        else:
            functions.append((fields[0], fields[1], fields[2] == "t", [a for a in fields[3].split("|") if a]))
    for kind, name, returns_set, types in functions:
        choices = [literals(t, stored) for t in types]
        made = []
        for mask in null_masks(len(types)):
            made += calls_of(kind, name, returns_set, [null_of(t) if null else chance.choice(c) for t, null, c in zip(types, mask, choices)])
        for _ in range(count if types else 0):
            made += calls_of(kind, name, returns_set, [null_of(t) if chance.random() < 0.1 else chance.choice(c) for t, c in zip(types, choices)])
        for call in dict.fromkeys(made):
            print("%s;" % call)


main()
