#!/usr/bin/python3
"""The row encoding aido1, a second implementation, and its golden vectors.

Written from docs/fingerprint.md alone. Prints a TSV file (no tab, newline or
backslash within a field, so COPY in its text format reads it as it is):

    kind      row, secure_row: sql gives one row;  set, secure_set: sql gives any number of rows
    name      of the case
    sql       a query, to be used as a subquery; types.sql has the named types
    encoded   hex of the encoded row; "-" for a set
    expected  row: row_hash as a uuid;  set: the fingerprint as text;
              secure_row, secure_set: the digest in hex

    /usr/bin/python3 aido1.py > aido1.tsv             write the vectors
    /usr/bin/python3 aido1.py --secure > secure.tsv   and those of secure digests, of the same rows
    /usr/bin/python3 aido1.py --check aido1.tsv       exit 1 if the file differs; also --secure --check

Every expected value is computed here from Python values, never by PostgreSQL.
Needs Debian's python3-xxhash.
"""

import argparse
import hashlib
import ipaddress
import math
import struct
import sys
import uuid
from collections import namedtuple
from datetime import date
from decimal import Decimal

import xxhash

# ---------------------------------------------------------------- the encoding

# A value of SQL: its family and its payload. NULL is None.
Value = namedtuple("Value", "family payload")


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def i16(n):
    return struct.pack(">h", n)


def i32(n):
    return struct.pack(">i", n)


def i64(n):
    return struct.pack(">q", n)


def sized(data):
    """len(data) ‖ data"""
    return u32(len(data)) + data


SPELLED_TAGS = False  # of secure digests


def tag(name, family):
    named = name + b"\0" + family.encode()
    return sized(named) if SPELLED_TAGS else xxhash.xxh3_64_digest(named)


def encode_row(columns):
    """columns: (name, Value or None) in the order of the row."""
    named = [(name.encode(), value) for name, value in columns if value is not None]
    named.sort(key=lambda column: column[0])  # stable: equal names keep their order
    return b"".join(
        tag(name, value.family) + sized(value.payload)
        for name, value in named
    )


def row_hash(columns):
    return xxhash.xxh3_128_digest(encode_row(columns))


def fingerprint(rows):
    rows = list(rows)
    total = sum(int.from_bytes(row_hash(row), "big") for row in rows) % 2**128
    return f"aido1:{len(rows)}:{total:032x}"


def secure_row_hash(columns):
    return hashlib.sha256(encode_row(columns)).digest()


def secure_fingerprint(rows):
    digests = sorted(secure_row_hash(row) for row in rows)
    return hashlib.sha256(
        b"aidataops secure fingerprint 1\n" + struct.pack(">Q", len(digests)) + b"".join(digests)
    ).hexdigest()


# ------------------------------------------------------------ families of types


def int_(n):
    return Value("int", i64(n))


def float_payload(x):
    return bytes.fromhex("7ff8000000000000") if math.isnan(x) else struct.pack(">d", x)


def float8(x):
    return Value("float8", float_payload(x))


def float4(x):
    return Value("float4", bytes.fromhex("7fc00000") if math.isnan(x) else struct.pack(">f", x))


def numeric_payload(number):
    number = Decimal(number)
    if number.is_nan():
        return u8(2)
    if number.is_infinite():
        return u8(4 if number < 0 else 3)
    sign, decimals, exponent = number.as_tuple()
    scale = max(0, -exponent)
    # number = ± absolute * 10000 ** weight, and weight counts up to the first digit
    absolute = int("".join(map(str, decimals))) * 10 ** (exponent % 4)
    weight = exponent // 4 - 1
    digits = []
    while absolute:
        absolute, digit = divmod(absolute, 10000)
        digits.insert(0, digit)
        weight += 1
    while digits and digits[-1] == 0:
        digits.pop()
    if not digits:
        sign = weight = 0
    return u8(sign) + u16(scale) + i16(weight) + b"".join(map(u16, digits))


def numeric(number):
    return Value("numeric", numeric_payload(number))


def bool_(truth):
    return Value("bool", u8(truth))


def text(string, family="text"):
    """Also for the families whose payload is their output text, and json."""
    return Value(family, string.encode())


def char(byte):
    return Value("char", byte)


def bytea(data):
    return Value("bytea", data)


def days_since_2000(year, month, day):
    """Years are astronomical: 0 is 1 BC. Gregorian cycles have 400 years, 146097 days."""
    cycle, year = divmod(year - 1, 400)
    return (date(year + 1, month, day) - date(2000, 1, 1)).days + cycle * 146097


def micros_of_day(hour=0, minute=0, second=0, micro=0):
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro


def micros_since_2000(year, month, day, *time, east=0):
    """east: of UTC, in seconds"""
    return (days_since_2000(year, month, day) * 86400 - east) * 1_000_000 + micros_of_day(*time)


FOREVER = {"-infinity": -1, "infinity": 1}


def date_(*ymd):
    """date_(year, month, day) or date_("infinity")"""
    if ymd[0] in FOREVER:
        return Value("date", i32(2**31 - 1 if ymd[0] == "infinity" else -(2**31)))
    return Value("date", i32(days_since_2000(*ymd)))


def timestamp(*when, family="timestamp", east=0):
    if when[0] in FOREVER:
        return Value(family, i64(2**63 - 1 if when[0] == "infinity" else -(2**63)))
    return Value(family, i64(micros_since_2000(*when, east=east)))


def timestamptz(*when, east=0):
    return timestamp(*when, family="timestamptz", east=east)


def time(*hms):
    return Value("time", i64(micros_of_day(*hms)))


def timetz(*hms, east):
    return Value("timetz", i64(micros_of_day(*hms)) + i32(-east))


def interval(months=0, days=0, micros=0):
    return Value("interval", i32(months) + i32(days) + i64(micros))


def uuid_(string):
    return Value("uuid", uuid.UUID(string).bytes)


def inet(string, family="inet"):
    interface = ipaddress.ip_interface(string)
    return Value(family, u8(interface.version) + u8(interface.network.prefixlen) + interface.ip.packed)


def cidr(string):
    return inet(string, "cidr")


def macaddr(string, family="macaddr"):
    return Value(family, bytes.fromhex(string.replace(":", "")))


def macaddr8(string):
    return macaddr(string, "macaddr8")


def bit(bits):
    """bits: a string of 0 and 1"""
    filled = bits + "0" * (-len(bits) % 8)
    return Value("bit", u32(len(bits)) + bytes(int(filled[i:i + 8], 2) for i in range(0, len(filled), 8)))


def money(cents):
    return Value("money", i64(cents))


def jsonb_payload(value):
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, (int, Decimal)):
        return b"#" + sized(numeric_payload(value))
    if isinstance(value, str):
        return b'"' + sized(value.encode())
    if isinstance(value, list):
        return b"[" + u32(len(value)) + b"".join(map(jsonb_payload, value))
    members = sorted(
        ((key.encode(), jsonb_payload(member)) for key, member in value.items()),
        key=lambda m: (len(m[0]), m[0]),
    )
    return b"{" + u32(len(members)) + b"".join(sized(key) + member for key, member in members)


def jsonb(value):
    return Value("jsonb", jsonb_payload(value))


def floats(numbers):
    return b"".join(map(float_payload, numbers))


def geometric(family, *numbers):
    """point, line, lseg, box, circle: the numbers in the order in which the type prints them"""
    return Value(family, floats(numbers))


def path(closed, *coordinates):
    return Value("path", u8(closed) + i32(len(coordinates) // 2) + floats(coordinates))


def polygon(*coordinates):
    return Value("polygon", i32(len(coordinates) // 2) + floats(coordinates))


def array(family, elements, lower=None):
    """elements: a list, nested for several dimensions, of Value or None; lower: the lower bounds"""
    lengths, part = [], elements
    while isinstance(part, list) and part:
        lengths.append(len(part))
        part = part[0]
    for _ in lengths[1:]:
        elements = [element for part in elements for element in part]
    assert len(elements) == (math.prod(lengths) if lengths else 0)
    shape = b"".join(u32(n) + i32(low) for n, low in zip(lengths, lower or [1] * len(lengths)))
    assert all(e is None or e.family == family for e in elements)
    return Value(
        f"array({family})",
        u32(len(lengths)) + shape
        + b"".join(b"\xff\xff\xff\xff" if e is None else sized(e.payload) for e in elements),
    )


EMPTY = "empty"


def range_payload(lower, upper=None, bounds="[)"):
    if lower == EMPTY:
        return u8(1)
    flags = (
        2 * (bounds[0] == "[" and lower is not None)
        + 4 * (bounds[1] == "]" and upper is not None)
        + 8 * (lower is None)
        + 16 * (upper is None)
    )
    return u8(flags) + b"".join(sized(bound.payload) for bound in (lower, upper) if bound is not None)


def range_(family, *args):
    """range_(family, EMPTY) or range_(family, lower, upper, bounds); a bound of None is none"""
    return Value(f"range({family})", range_payload(*args))


def multirange(family, *ranges):
    """ranges: the arguments of range_, as tuples"""
    payload = u32(len(ranges)) + b"".join(sized(range_payload(*r)) for r in ranges)
    return Value(f"multirange({family})", payload)


def record(*columns):
    return Value("row", encode_row(columns))


def other(family, payload):
    return Value("send:" + family, payload)


# ------------------------------------------------------------------- the vectors

VECTORS = []


def add(kind, name, sql, encoded, expected):
    line = (kind, name, sql, encoded, expected)
    assert name not in [vector[1] for vector in VECTORS], name
    assert not any(c in field for field in line for c in "\t\n\r\\"), name
    VECTORS.append(line)


def row(name, sql, *columns):
    """columns: (name, Value or None)"""
    encoded = encode_row(columns).hex()
    if SPELLED_TAGS:
        add("secure_row", name, sql, encoded, secure_row_hash(columns).hex())
    else:
        add("row", name, sql, encoded, str(uuid.UUID(bytes=row_hash(columns))))


def one(name, expression, value):
    """A row of one column, a."""
    row(name, f"SELECT {expression} AS a", ("a", value))


def set_(name, sql, rows):
    if SPELLED_TAGS:
        add("secure_set", name, sql, "-", secure_fingerprint(rows))
    else:
        add("set", name, sql, "-", fingerprint(rows))


def literal(string):
    return "'" + string.replace("'", "''") + "'"


NAN, INF = math.nan, math.inf


def integers():
    for type_, bits in ("int2", 16), ("int4", 32), ("int8", 64):
        least, greatest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        for name, n in ("min", least), ("minus_one", -1), ("zero", 0), ("max", greatest):
            one(f"{type_}_{name}", f"'{n}'::{type_}", int_(n))


def floating():
    for name, sql, x in (
        ("zero", "0", 0.0),
        ("minus_zero", "-0", -0.0),
        ("one_and_a_half", "1.5", 1.5),
        ("tenth", "0.1", 0.1),
        ("negative", "-123.456", -123.456),
        ("infinity", "Infinity", INF),
        ("minus_infinity", "-Infinity", -INF),
        ("nan", "NaN", NAN),
    ):
        one("float4_" + name, f"'{sql}'::float4", float4(x))
        one("float8_" + name, f"'{sql}'::float8", float8(x))
    for name, sql, x in (
        ("max", "3.4028235e38", 3.4028234663852886e38),
        ("least_normal", "1.17549435e-38", 2.0**-126),
        ("denormal", "1e-45", 2.0**-149),
        ("minus_denormal", "-1e-45", -(2.0**-149)),
        ("integer_limit", "16777217", 16777216.0),
    ):
        one("float4_" + name, f"'{sql}'::float4", float4(x))
    for name, sql, x in (
        ("max", "1.7976931348623157e308", sys.float_info.max),
        ("least_normal", "2.2250738585072014e-308", sys.float_info.min),
        ("denormal", "5e-324", 5e-324),
        ("minus_denormal", "-5e-324", -5e-324),
        ("third", "0.3333333333333333", 1 / 3),
        ("integer_limit", "9007199254740993", 2.0**53),
    ):
        one("float8_" + name, f"'{sql}'::float8", float8(x))
    one("float4_negated_nan", "-('NaN'::float4)", float4(NAN))
    one("float8_negated_nan", "-('NaN'::float8)", float8(NAN))
    one("float8_inf_minus_inf", "'Infinity'::float8 - 'Infinity'::float8", float8(NAN))
    one("float8_of_float4", "0.1::float4::float8", float8(struct.unpack(">f", struct.pack(">f", 0.1))[0]))


def numerics():
    for number in (
        "0", "0.0", "0.00", "-0.00", "0.0000000000", "1", "-1", "1.0", "1.00", "-12345.60",
        "9999", "10000", "10001", "100000000", "-100000000", "120000000", "99999999", "12345678.9",
        "0.1", "0.01", "0.001", "0.0001", "0.00001", "0.00010000", "0.00000001", "0.12345",
        "100.0000000", "10000.0000", "10000.00010", "-0.5", "1.10", "1.1000000000",
        "3.14159265358979323846264338327950288419716939937510", "1e-20", "-1e-21", "1e100", "1.5e100",
        "1.50e1", "1e-100", "1e1000", "9999999999999999999999999999999999999999", "NaN", "Infinity", "-Infinity",
    ):
        one("numeric_" + number, f"'{number}'::numeric", numeric(number))
    one("numeric_modifier", "2.5::numeric(10,4)", numeric("2.5000"))
    one("numeric_rounded", "2.005::numeric(10,2)", numeric("2.01"))
    one("numeric_of_int", "20000::int::numeric", numeric("20000"))
    one("numeric_sum", "0.10 + 0.900", numeric("1.000"))
    one("numeric_cancelled", "1.25 - 1.25", numeric("0.00"))
    one("numeric_greatest_scale", "('1e-16383')::numeric", numeric("1e-16383"))
    one("numeric_greatest_weight", "('1e131071')::numeric", numeric("1e131071"))
    one("numeric_zero_of_greatest_scale", "('0e-16383')::numeric", numeric("0e-16383"))


def texts():
    one("bool_true", "true", bool_(True))
    one("bool_false", "false", bool_(False))
    for name, string in (
        ("empty", ""),
        ("a", "a"),
        ("space", " "),
        ("trailing_spaces", "ab  "),
        ("quotes", 'it\'s "quoted"'),
        ("german", "Grüße"),
        ("composed", "\u00e9"),
        ("decomposed", "e\u0301"),
        ("emoji", "😀"),
        ("emoji_joined", "👩\u200d🚀"),
        ("mixed_scripts", "Ωмега 漢字 עברית"),
        ("last_code_point", "\U0010ffff"),
        ("word_null", "NULL"),
    ):
        one("text_" + name, f"{literal(string)}::text", text(string))
    one("text_control_characters", "chr(9) || chr(10) || chr(13) || chr(1) || chr(92)", text("\t\n\r\x01\\"))
    one("text_composed_by_chr", "chr(233)", text("\u00e9"))
    one("text_decomposed_by_chr", "'e' || chr(769)", text("e\u0301"))
    one("varchar", "'abc'::varchar", text("abc"))
    one("varchar_truncated", "'abcdef'::varchar(3)", text("abc"))
    one("char_padded", "'ab'::char(5)", text("ab   "))
    one("char_padded_unicode", "'é😀'::char(4)", text("é😀  "))
    one("char_full", "'abcde'::char(5)", text("abcde"))
    one("char_empty", "''::char(3)", text("   "))
    one("bpchar_unlimited", "'ab '::bpchar", text("ab "))
    one("name", "'a name'::name", text("a name"))
    one("name_empty", "''::name", text(""))
    one("name_truncated", "repeat('n', 70)::name", text("n" * 63))
    one("char1_a", "'a'::\"char\"", char(b"a"))
    one("char1_first_byte", "'abc'::\"char\"", char(b"a"))
    one("char1_empty", "''::\"char\"", char(b"\0"))
    one("char1_high_byte", "(-1)::int::\"char\"", char(b"\xff"))
    one("char1_space", "' '::\"char\"", char(b" "))
    for length in 1, 3, 4, 5, 52, 116, 117, 227, 228, 229, 240, 241, 500, 1012, 2001, 8200:
        one(f"text_of_{length}", f"repeat('x', {length})", text("x" * length))
    one("text_of_3000_bytes", "repeat('é', 1500)", text("é" * 1500))
    one("bytea_empty", "''::bytea", bytea(b""))
    one("bytea_zero", "decode('00', 'hex')", bytea(b"\0"))
    one("bytea_bytes", "decode('deadbeef00ff', 'hex')", bytea(bytes.fromhex("deadbeef00ff")))
    one("bytea_of_2500", "decode(repeat('00ff', 1250), 'hex')", bytea(b"\0\xff" * 1250))


def dates():
    for name, sql, value in (
        ("epoch", "2000-01-01", date_(2000, 1, 1)),
        ("before_epoch", "1999-12-31", date_(1999, 12, 31)),
        ("unix_epoch", "1970-01-01", date_(1970, 1, 1)),
        ("leap_day", "2024-02-29", date_(2024, 2, 29)),
        ("first_ad", "0001-01-01", date_(1, 1, 1)),
        ("last_bc", "0001-12-31 BC", date_(0, 12, 31)),
        ("caesar", "0044-03-15 BC", date_(-43, 3, 15)),
        ("least", "4714-11-24 BC", date_(-4713, 11, 24)),
        ("greatest", "5874897-12-31", date_(5874897, 12, 31)),
        ("infinity", "infinity", date_("infinity")),
        ("minus_infinity", "-infinity", date_("-infinity")),
    ):
        one("date_" + name, f"'{sql}'::date", value)
    for name, sql, value in (
        ("midnight", "00:00:00", time()),
        ("24", "24:00:00", time(24)),
        ("micro", "00:00:00.000001", time(0, 0, 0, 1)),
        ("last", "23:59:59.999999", time(23, 59, 59, 999999)),
        ("afternoon", "13:45", time(13, 45)),
    ):
        one("time_" + name, f"'{sql}'::time", value)
    one("time_rounded", "'12:00:00.9996'::time(3)", time(12, 0, 1))
    for name, sql, value in (
        ("utc", "04:05:06+00", timetz(4, 5, 6, east=0)),
        ("east", "04:05:06+02", timetz(4, 5, 6, east=7200)),
        ("west", "04:05:06.789-08", timetz(4, 5, 6, 789000, east=-8 * 3600)),
        ("half_hour", "12:00:00+05:30", timetz(12, east=19800)),
        ("seconds", "12:00:00-00:00:01", timetz(12, east=-1)),
        ("24", "24:00:00+15:59:59", timetz(24, east=57599)),
        ("far_west", "00:00:00-15:59", timetz(0, east=-57540)),
    ):
        one("timetz_" + name, f"'{sql}'::timetz", value)
    for name, sql, when in (
        ("epoch", "2000-01-01 00:00:00", (2000, 1, 1)),
        ("before_epoch", "1999-12-31 23:59:59.999999", (1999, 12, 31, 23, 59, 59, 999999)),
        ("usual", "2024-02-29 12:34:56.789", (2024, 2, 29, 12, 34, 56, 789000)),
        ("bc", "0044-03-15 12:00:00 BC", (-43, 3, 15, 12)),
        ("least", "4714-11-24 00:00:00 BC", (-4713, 11, 24)),
        ("greatest", "294276-12-31 23:59:59.999999", (294276, 12, 31, 23, 59, 59, 999999)),
        ("24", "2020-01-01 24:00:00", (2020, 1, 2)),
        ("infinity", "infinity", ("infinity",)),
        ("minus_infinity", "-infinity", ("-infinity",)),
    ):
        one("timestamp_" + name, f"'{sql}'::timestamp", timestamp(*when))
    for name, sql, value in (
        ("epoch", "2000-01-01 00:00:00+00", timestamptz(2000, 1, 1)),
        ("east", "2000-01-01 00:00:00+02", timestamptz(2000, 1, 1, east=7200)),
        ("west", "2024-02-29 23:59:59.5-09:30", timestamptz(2024, 2, 29, 23, 59, 59, 500000, east=-34200)),
        ("berlin_winter", "2020-01-01 00:00:00 Europe/Berlin", timestamptz(2020, 1, 1, east=3600)),
        ("new_york_summer", "2020-07-04 09:00:00 America/New_York", timestamptz(2020, 7, 4, 9, east=-14400)),
        ("bc", "0001-12-31 23:00:00-02 BC", timestamptz(0, 12, 31, 23, east=-7200)),
        ("least", "4714-11-24 00:00:00+00 BC", timestamptz(-4713, 11, 24)),
        ("greatest", "294276-12-31 23:59:59.999999+00", timestamptz(294276, 12, 31, 23, 59, 59, 999999)),
        ("infinity", "infinity", timestamptz("infinity")),
        ("minus_infinity", "-infinity", timestamptz("-infinity")),
    ):
        one("timestamptz_" + name, f"'{sql}'::timestamptz", value)
    for name, sql, value in (
        ("zero", "0", interval()),
        ("1_mon", "1 mon", interval(months=1)),
        ("30_days", "30 days", interval(days=30)),
        ("1_day", "1 day", interval(days=1)),
        ("24_hours", "24:00:00", interval(micros=86_400_000_000)),
        ("1_year", "1 year", interval(months=12)),
        ("micro", "-00:00:00.000001", interval(micros=-1)),
        ("mixed", "1 year 2 mons -3 days +04:05:06.789", interval(14, -3, 14_706_789_000)),
        ("mixed_negative", "-1 year -2 mons +3 days -04:05:06.789", interval(-14, 3, -14_706_789_000)),
        ("ago", "1 mon 1 day 1 hour ago", interval(-1, -1, -3_600_000_000)),
        ("iso", "P1Y2M3DT4H5M6S", interval(14, 3, 14_706_000_000)),
        ("many_hours", "1000000:00:00", interval(micros=3_600_000_000_000_000)),
        ("many_years", "178000000 years", interval(months=2_136_000_000)),
        ("many_days", "-2147483648 days", interval(days=-(2**31))),
    ):
        one("interval_" + name, f"'{sql}'::interval", value)


def addresses():
    for name, string in (
        ("nil", "00000000-0000-0000-0000-000000000000"),
        ("max", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("usual", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ):
        one("uuid_" + name, f"'{string}'::uuid", uuid_(string))
    one("uuid_upper", "'{A0EEBC999C0B4EF8BB6D6BB9BD380A11}'::uuid", uuid_("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))
    for string in (
        "192.168.0.1", "192.168.0.1/32", "192.168.0.1/24", "10.1.2.3/8", "0.0.0.0/0", "255.255.255.255/1",
        "::1", "::/0", "2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329/64", "::ffff:1.2.3.4/128", "fe80::1/10",
    ):
        one("inet_" + string, f"'{string}'::inet", inet(string))
    for string in "192.168.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "2001:db8::/32", "::/0", "::1/128":
        one("cidr_" + string, f"'{string}'::cidr", cidr(string))
    one("macaddr", "'08:00:2b:01:02:03'::macaddr", macaddr("08:00:2b:01:02:03"))
    one("macaddr_dashes", "'08-00-2B-01-02-FF'::macaddr", macaddr("08:00:2b:01:02:ff"))
    one("macaddr8", "'08:00:2b:01:02:03:04:05'::macaddr8", macaddr8("08:00:2b:01:02:03:04:05"))
    one("macaddr8_of_6", "'08:00:2b:01:02:03'::macaddr8", macaddr8("08:00:2b:ff:fe:01:02:03"))
    for bits in "0", "1", "101", "0000000", "10101010", "111111111", "1" * 64 + "0":
        one("bit_" + bits, f"'{bits}'::bit({len(bits)})", bit(bits))
        one("varbit_" + bits, f"'{bits}'::bit varying", bit(bits))
    one("varbit_empty", "''::bit varying", bit(""))
    one("bit_padded", "'101'::bit(10)", bit("1010000000"))
    one("bit_of_int", "(-2)::int::bit(32)", bit("1" * 31 + "0"))
    one("bit_cut", "'11111111'::bit(8)::bit(3)", bit("111"))
    for sql, cents in (
        ("0", 0), ("12.34", 1234), ("-12.34", -1234), ("0.01", 1),
        ("92233720368547758.07", 2**63 - 1), ("-92233720368547758.08", -(2**63)),
    ):
        one("money_" + sql, f"'{sql}'::numeric::money", money(cents))


def json_documents():
    for name, document in (
        ("number", "1.0"),
        ("padded", "  1  "),
        ("spaces", '{ "b" : 1,  "a":[ ] }'),
        ("compact", '{"b":1,"a":[]}'),
        ("duplicate_keys", '{"a":1,"a":2}'),
        ("unicode", '"é😀"'),
        ("null", "null"),
    ):
        one("json_" + name, f"{literal(document)}::json", text(document, "json"))
    one("json_lines", """('{"a":' || chr(10) || chr(9) || '1}')::json""", text('{"a":\n\t1}', "json"))
    one("json_escape", """('"' || chr(92) || 'u00e9"')::json""", text('"\\u00e9"', "json"))

    for name, document, value in (
        ("null", "null", None),
        ("true", "true", True),
        ("false", "false", False),
        ("0", "0", 0),
        ("-0.0", "-0.0", Decimal("0.0")),
        ("1", "1", 1),
        ("1.0", "1.0", Decimal("1.0")),
        ("1.00", "1.00", Decimal("1.00")),
        ("1e2", "1e2", Decimal("1e2")),
        ("1.50e1", "1.50E+1", Decimal("15.0")),
        ("1e-5", "1e-5", Decimal("0.00001")),
        ("-12345.60", "-12345.60", Decimal("-12345.60")),
        ("10000", "10000", 10000),
        ("big", "123456789012345678901234567890", 123456789012345678901234567890),
        ("string_empty", '""', ""),
        ("string", '"a"', "a"),
        ("string_unicode", '"é😀"', "é😀"),
        ("string_of_300", '"' + "s" * 300 + '"', "s" * 300),
        ("string_number", '"1"', "1"),
        ("array_empty", "[]", []),
        ("array_of_null", "[null]", [None]),
        ("array", '[1, "a", true, false, null, [], {}]', [1, "a", True, False, None, [], {}]),
        ("array_nested", "[[[]], [[1.0]]]", [[[]], [[Decimal("1.0")]]]),
        ("array_of_scalar", "[1]", [1]),
        ("object_empty", "{}", {}),
        ("object", '{"a": 1}', {"a": 1}),
        ("object_null", '{"a": null}', {"a": None}),
        ("object_duplicates", '{"a": 1, "b": 0, "a": 2}', {"a": 2, "b": 0}),
        ("object_empty_key", '{"a": 1, "": 2}', {"": 2, "a": 1}),
        ("object_order", '{"aa": 1, "b": 2, "a": 3, "Z": 4, "ab": 5, "aaa": 6}',
         {"Z": 4, "a": 3, "b": 2, "aa": 1, "ab": 5, "aaa": 6}),
        ("object_unicode_order", '{"zz": 1, "é": 2, "z": 3, "漢": 4, "zzz": 5, "😀": 6, "zzzz": 7}',
         {"z": 3, "zz": 1, "é": 2, "zzz": 5, "漢": 4, "zzzz": 7, "😀": 6}),
        ("nested", '{"k": {"list": [1, {"x": "y"}, [2.50]], "t": true}, "": {}}',
         {"k": {"list": [1, {"x": "y"}, [Decimal("2.50")]], "t": True}, "": {}}),
        ("spaces", ' [ 1 , 2 ] ', [1, 2]),
    ):
        one("jsonb_" + name, f"{literal(document)}::jsonb", jsonb(value))
    one("jsonb_escape", """('"' || chr(92) || 'u00e9' || chr(92) || 'n"')::jsonb""", jsonb("é\n"))
    one("jsonb_surrogates", """('"' || chr(92) || 'ud83d' || chr(92) || 'ude00"')::jsonb""", jsonb("😀"))
    one("jsonb_100_keys", "(SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 100) AS i)",
        jsonb({f"k{i}": i for i in range(1, 101)}))
    one("jsonb_200_numbers", "(SELECT jsonb_agg(i * 0.5 ORDER BY i) FROM generate_series(1, 200) AS i)",
        jsonb([Decimal(i) * Decimal("0.5") for i in range(1, 201)]))


def shapes():
    for name, sql, value in (
        ("point", "'(1.5,-2)'::point", geometric("point", 1.5, -2)),
        ("point_minus_zero", "'(-0,0)'::point", geometric("point", -0.0, 0.0)),
        ("point_nan", "'(NaN,Infinity)'::point", geometric("point", NAN, INF)),
        ("point_negated_nan", "point(-('NaN'::float8), 0)", geometric("point", NAN, 0)),
        ("line", "'{1,-1,0.5}'::line", geometric("line", 1, -1, 0.5)),
        ("line_minus_zero", "'{-0,1,-0}'::line", geometric("line", -0.0, 1, -0.0)),
        ("lseg", "'[(1,2),(3,4)]'::lseg", geometric("lseg", 1, 2, 3, 4)),
        ("lseg_backwards", "'[(3,4),(1,2)]'::lseg", geometric("lseg", 3, 4, 1, 2)),
        ("box", "'(3,4),(1,2)'::box", geometric("box", 3, 4, 1, 2)),
        ("box_reordered", "'(1,4),(3,2)'::box", geometric("box", 3, 4, 1, 2)),
        ("box_infinite", "'(-Infinity,-0),(Infinity,-1)'::box", geometric("box", INF, -0.0, -INF, -1)),
        ("circle", "'<(1,2),3.5>'::circle", geometric("circle", 1, 2, 3.5)),
        ("circle_nan", "'<(NaN,-0),0>'::circle", geometric("circle", NAN, -0.0, 0)),
        ("path_open", "'[(1,2),(3,4)]'::path", path(False, 1, 2, 3, 4)),
        ("path_closed", "'((1,2),(3,4))'::path", path(True, 1, 2, 3, 4)),
        ("path_one_point", "'[(-0,NaN)]'::path", path(False, -0.0, NAN)),
        ("polygon", "'((0,0),(1,0),(1,1))'::polygon", polygon(0, 0, 1, 0, 1, 1)),
        ("polygon_one_point", "'((-0,5e-324))'::polygon", polygon(-0.0, 5e-324)),
    ):
        one(name, sql, value)


def ints(*numbers):
    return [None if n is None else int_(n) for n in numbers]


def texts_of(*strings):
    return [None if s is None else text(s) for s in strings]


def arrays():
    for name, sql, value in (
        ("empty", "'{}'::int[]", array("int", [])),
        ("empty_text", "'{}'::text[]", array("text", [])),
        ("int2", "'{1,2}'::int2[]", array("int", ints(1, 2))),
        ("int4", "'{1,2}'::int4[]", array("int", ints(1, 2))),
        ("int8", "'{1,2}'::int8[]", array("int", ints(1, 2))),
        ("null", "'{NULL}'::int[]", array("int", [None])),
        ("with_nulls", "'{1,NULL,-3,NULL}'::int[]", array("int", ints(1, None, -3, None))),
        ("2d", "'{{1,2,3},{4,5,6}}'::int[]", array("int", [ints(1, 2, 3), ints(4, 5, 6)])),
        ("3d", "'{{{1},{2}},{{3},{NULL}}}'::int[]",
         array("int", [[ints(1), ints(2)], [ints(3), ints(None)]])),
        ("6d", "'{{{{{{7,8}}}}}}'::int[]", array("int", [[[[[ints(7, 8)]]]]])),
        ("lower_bound", "'[0:1]={1,2}'::int[]", array("int", ints(1, 2), lower=[0])),
        ("lower_bound_negative", "'[-5:-5]={1}'::int[]", array("int", ints(1), lower=[-5])),
        ("lower_bounds_2d", "'[2:3][-1:1]={{1,2,3},{4,5,6}}'::int[]",
         array("int", [ints(1, 2, 3), ints(4, 5, 6)], lower=[2, -1])),
        ("lower_bound_1", "'[1:2]={1,2}'::int[]", array("int", ints(1, 2))),
        ("slice", "(ARRAY[1,2,3,4])[2:3]", array("int", ints(2, 3))),
        ("slice_empty", "(ARRAY[1,2,3,4])[7:8]", array("int", [])),
        ("text", """'{a,"",NULL,"NULL","a b","{}",é}'::text[]""",
         array("text", texts_of("a", "", None, "NULL", "a b", "{}", "é"))),
        ("char", "ARRAY['a','bc']::char(3)[]", array("text", texts_of("a  ", "bc "))),
        ("varchar_2d", "'{{a,b},{c,NULL}}'::varchar[]", array("text", [texts_of("a", "b"), texts_of("c", None)])),
        ("name", "ARRAY['x','y']::name[]", array("text", texts_of("x", "y"))),
        ("char1", """ARRAY['x','']::"char"[]""", array("char", [char(b"x"), char(b"\0")])),
        ("bool", "'{t,f,NULL}'::bool[]", array("bool", [bool_(True), bool_(False), None])),
        ("float4", "'{0.1,NaN}'::float4[]", array("float4", [float4(0.1), float4(NAN)])),
        ("float8", "'{-0,NaN,Infinity}'::float8[]", array("float8", [float8(-0.0), float8(NAN), float8(INF)])),
        ("numeric", "'{1.0,1.00,NaN,NULL,0}'::numeric[]",
         array("numeric", [numeric("1.0"), numeric("1.00"), numeric("NaN"), None, numeric("0")])),
        ("bytea", "ARRAY[''::bytea, decode('00ff', 'hex')]", array("bytea", [bytea(b""), bytea(b"\0\xff")])),
        ("date", "'{2000-01-02,infinity}'::date[]", array("date", [date_(2000, 1, 2), date_("infinity")])),
        ("timestamptz", "'{2000-01-01 00:00:00+02,-infinity}'::timestamptz[]",
         array("timestamptz", [timestamptz(2000, 1, 1, east=7200), timestamptz("-infinity")])),
        ("interval", "'{1 mon,30 days}'::interval[]", array("interval", [interval(1), interval(0, 30)])),
        ("uuid", "ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]",
         array("uuid", [uuid_("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")])),
        ("inet", "'{10.0.0.1/8,::1}'::inet[]", array("inet", [inet("10.0.0.1/8"), inet("::1")])),
        ("bit", "'{101,000}'::bit(3)[]", array("bit", [bit("101"), bit("000")])),
        ("json", """ARRAY['{ "a":1}'::json]""", array("json", [text('{ "a":1}', "json")])),
        ("jsonb", """ARRAY['{"a": 1.0}'::jsonb, 'null', NULL]""",
         array("jsonb", [jsonb({"a": Decimal("1.0")}), jsonb(None), None])),
        ("point", "ARRAY['(1,2)'::point]", array("point", [geometric("point", 1, 2)])),
        ("box", "'{(1,1),(0,0);(2,2),(1,1)}'::box[]",
         array("box", [geometric("box", 1, 1, 0, 0), geometric("box", 2, 2, 1, 1)])),
        ("range", "ARRAY['[1,3]'::int4range, 'empty', NULL]",
         array("range(int)", [range_("int", int_(1), int_(4)), range_("int", EMPTY), None])),
        ("multirange", "ARRAY['{[1,3]}'::int8multirange, '{}']",
         array("multirange(int)", [multirange("int", (int_(1), int_(4))), multirange("int")])),
        ("record", "ARRAY[ROW(1::int, 'a'::text), ROW(2::int, NULL::text)]",
         array("row", [record(("f1", int_(1)), ("f2", text("a"))), record(("f1", int_(2)))])),
        ("oid", "'{1,4294967295}'::oid[]", array("oid", [text("1", "oid"), text("4294967295", "oid")])),
        ("int2vector", "ARRAY['1 2'::int2vector]", array("int2vector", [text("1 2", "int2vector")])),
        ("of_1000", "(SELECT array_agg(i) FROM generate_series(1, 1000) AS i)",
         array("int", ints(*range(1, 1001)))),
    ):
        one("array_" + name, sql, value)


def ranges():
    one_, two, three = numeric("1.0"), numeric("2.50"), numeric("3")
    day, month = (2020, 1, 1), (2020, 2, 1)
    for name, sql, value in (
        ("int4", "'[1,5)'::int4range", range_("int", int_(1), int_(5))),
        ("int8", "'[1,5)'::int8range", range_("int", int_(1), int_(5))),
        ("int4_canonical", "'(0,4]'::int4range", range_("int", int_(1), int_(5))),
        ("int4_empty", "'empty'::int4range", range_("int", EMPTY)),
        ("int4_canonically_empty", "'(1,2)'::int4range", range_("int", EMPTY)),
        ("int4_no_lower", "'[,5]'::int4range", range_("int", None, int_(6))),
        ("int4_no_upper", "'[5,)'::int4range", range_("int", int_(5), None)),
        ("int4_all", "'(,)'::int4range", range_("int", None, None)),
        ("int4_one", "'[7,7]'::int4range", range_("int", int_(7), int_(8))),
        ("num_closed", "'[1.0,2.50]'::numrange", range_("numeric", one_, two, "[]")),
        ("num_open", "'(1.0,2.50)'::numrange", range_("numeric", one_, two, "()")),
        ("num_half", "'(1.0,2.50]'::numrange", range_("numeric", one_, two, "(]")),
        ("num_point", "'[3,3]'::numrange", range_("numeric", three, three, "[]")),
        ("num_empty", "'[3,3)'::numrange", range_("numeric", EMPTY)),
        ("num_no_lower", "'(,3]'::numrange", range_("numeric", None, three, "(]")),
        ("num_no_upper", "'[3,]'::numrange", range_("numeric", three, None, "[)")),
        ("num_infinity", "'[-Infinity,NaN]'::numrange", range_("numeric", numeric("-Infinity"), numeric("NaN"), "[]")),
        ("num_made", "numrange(0.10, NULL, '()')", range_("numeric", numeric("0.10"), None, "()")),
        ("date", "'[2020-01-01,2020-01-31]'::daterange", range_("date", date_(*day), date_(*month))),
        ("date_infinite", "'[2020-01-01,infinity)'::daterange", range_("date", date_(*day), date_("infinity"))),
        ("timestamp", "'[2020-01-01 12:00:00,2020-02-01 00:00:00]'::tsrange",
         range_("timestamp", timestamp(*day, 12), timestamp(*month), "[]")),
        ("timestamptz", "'[2020-01-01 00:00:00+01,2020-02-01 00:00:00-05)'::tstzrange",
         range_("timestamptz", timestamptz(*day, east=3600), timestamptz(*month, east=-18000))),
        ("timestamptz_infinite", "'(-infinity,infinity]'::tstzrange",
         range_("timestamptz", timestamptz("-infinity"), timestamptz("infinity"), "(]")),
        ("timestamptz_unbounded", "'(,)'::tstzrange", range_("timestamptz", None, None)),
        ("float8", "'[-0,NaN)'::golden_floatrange", range_("float8", float8(-0.0), float8(NAN))),
        ("text", "'[a,é]'::golden_textrange", range_("text", text("a"), text("é"), "[]")),
        ("of_domain", "'[1,5)'::golden_smallrange", range_("int", int_(1), int_(5))),
        ("domain", "'[1,5)'::golden_span", range_("int", int_(1), int_(5))),
    ):
        one("range_" + name, sql, value)
    for name, sql, value in (
        ("empty", "'{}'::int4multirange", multirange("int")),
        ("of_empty", "'{empty}'::int4multirange", multirange("int")),
        ("int4", "'{[1,3),[5,7]}'::int4multirange", multirange("int", (int_(1), int_(3)), (int_(5), int_(8)))),
        ("int8", "'{[1,3),[5,7]}'::int8multirange", multirange("int", (int_(1), int_(3)), (int_(5), int_(8)))),
        ("merged", "'{[5,7],[1,3),[3,6)}'::int4multirange", multirange("int", (int_(1), int_(8)))),
        ("unbounded", "'{(,1),[3,)}'::int4multirange", multirange("int", (None, int_(1)), (int_(3), None))),
        ("all", "'{(,)}'::nummultirange", multirange("numeric", (None, None))),
        ("num", "'{(1.0,2.50],[3,3]}'::nummultirange",
         multirange("numeric", (one_, two, "(]"), (three, three, "[]"))),
        ("timestamptz", "'{[2020-01-01 00:00:00+01,2020-02-01 00:00:00+00)}'::tstzmultirange",
         multirange("timestamptz", (timestamptz(*day, east=3600), timestamptz(*month)))),
        ("date", "'{[2020-01-01,2020-01-31]}'::datemultirange", multirange("date", (date_(*day), date_(*month)))),
        ("float8", "'{[0.5,1]}'::golden_floatmultirange", multirange("float8", (float8(0.5), float8(1), "[]"))),
    ):
        one("multirange_" + name, sql, value)


def pair(id_, label):
    return record(("id", id_), ("label", label))


def composites():
    for name, sql, value in (
        ("anonymous", "ROW(1::int, 'x'::text)", record(("f1", int_(1)), ("f2", text("x")))),
        ("anonymous_of_none", "ROW()", record()),
        ("anonymous_of_11", "ROW(1,2,3,4,5,6,7,8,9,10,11)", record(*((f"f{i}", int_(i)) for i in range(1, 12)))),
        ("anonymous_nulls", "ROW(NULL::int, 2::int, NULL::text)", record(("f2", int_(2)))),
        ("anonymous_all_null", "ROW(NULL::int, NULL::text)", record()),
        ("anonymous_nested", "ROW(1::int, ROW('y'::text, ROW(true)))",
         record(("f1", int_(1)), ("f2", record(("f1", text("y")), ("f2", record(("f1", bool_(True)))))))),
        ("anonymous_holding_empty", "ROW(ROW(NULL::int))", record(("f1", record()))),
        ("subquery", "(SELECT s FROM (SELECT 1::int AS y, 2::int AS x) AS s)",
         record(("y", int_(1)), ("x", int_(2)))),
        ("named", "ROW(1, 'x')::golden_pair", pair(int_(1), text("x"))),
        ("named_literal", "'(1,x)'::golden_pair", pair(int_(1), text("x"))),
        ("named_null_attribute", "ROW(1, NULL)::golden_pair", pair(int_(1), None)),
        ("named_empty_text", "ROW(NULL, '')::golden_pair", pair(None, text(""))),
        ("named_all_null", "ROW(NULL, NULL)::golden_pair", pair(None, None)),
        ("named_null", "NULL::golden_pair", None),
        ("domain", "ROW(1, 'x')::golden_pair_domain", pair(int_(1), text("x"))),
        ("with_enum", "ROW('Ann', 'ok', 33)::golden_person",
         record(("name", text("Ann")), ("mood", text("ok")), ("age", int_(33)))),
        ("quoted_names", "ROW('e', 1, 2, 3, 4)::golden_quoted",
         record(("é", text("e")), ("a b", int_(1)), ("Z", int_(2)), ("a", int_(3)), ("ab", int_(4)))),
        ("altered", "ROW(1, 'x', NULL)::golden_altered", pair(int_(1), text("x"))),
        ("altered_filled", "ROW(1, 'x', 2)::golden_altered",
         record(("id", int_(1)), ("label", text("x")), ("extra", int_(2)))),
        ("tree",
         "ROW(ROW(1, 'r'), ARRAY[ROW(2, 'l'), NULL, ROW(NULL, NULL)]::golden_pair[], '{sad,NULL}')::golden_tree",
         record(
             ("root", pair(int_(1), text("r"))),
             ("leaves", array("row", [pair(int_(2), text("l")), None, pair(None, None)])),
             ("moods", array("text", texts_of("sad", None))))),
        ("array", "ARRAY[ROW(1, 'x'), ROW(2, NULL)]::golden_pair[]",
         array("row", [pair(int_(1), text("x")), pair(int_(2), None)])),
        ("array_empty", "'{}'::golden_pair[]", array("row", [])),
        ("array_of_domain", "ARRAY[ROW(1, 'x')]::golden_pair_domain[]", array("row", [pair(int_(1), text("x"))])),
        ("array_person", "ARRAY[ROW('Ann', '😀', NULL)::golden_person]",
         array("row", [record(("name", text("Ann")), ("mood", text("😀")))])),
    ):
        one("composite_" + name, sql, value)


def named_types():
    for name, sql, value in (
        ("enum", "'ok'::golden_mood", text("ok")),
        ("enum_unicode", "'très content'::golden_mood", text("très content")),
        ("enum_emoji", "'😀'::golden_mood", text("😀")),
        ("enum_array", "'{ok,NULL,\"très content\"}'::golden_mood[]",
         array("text", texts_of("ok", None, "très content"))),
        ("domain", "42::golden_small", int_(42)),
        ("domain_of_domain", "42::golden_smaller", int_(42)),
        ("domain_varchar", "'abc'::golden_code", text("abc")),
        ("domain_enum", "'sad'::golden_feeling", text("sad")),
        ("domain_null", "NULL::golden_small", None),
        ("domain_of_array", "'{1,2,NULL}'::golden_ints", array("int", ints(1, 2, None))),
        ("array_of_domain", "'{1,2}'::golden_small[]", array("int", ints(1, 2))),
        ("array_of_domain_of_array", "'{\"{1,2}\",\"{}\",NULL}'::golden_ints[]",
         array("array(int)", [array("int", ints(1, 2)), array("int", []), None])),
    ):
        one(name, sql, value)


def output_texts():
    for name, sql, family, string in (
        ("xml", "xmlparse(content '<a b=\"1\">é</a> x')", "xml", '<a b="1">é</a> x'),
        ("xml_empty", "xmlparse(content '')", "xml", ""),
        ("xml_declared", "xmlparse(document '<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>')", "xml", "<a/>"),
        ("tsvector", "'b:3A a:2 a:1 c'::tsvector", "tsvector", "'a':1,2 'b':3A 'c'"),
        ("tsvector_empty", "''::tsvector", "tsvector", ""),
        ("tsquery", "'a & !(b | c:*)'::tsquery", "tsquery", "'a' & !( 'b' | 'c':* )"),
        ("tsquery_phrase", "'x <-> y <3> z'::tsquery", "tsquery", "'x' <-> 'y' <3> 'z'"),
        ("jsonpath", "'$.a[*] ? (@ > 1)'::jsonpath", "jsonpath", '$."a"[*]?(@ > 1)'),
        ("pg_lsn", "'16/b374d848'::pg_lsn", "pg_lsn", "16/B374D848"),
        ("pg_lsn_zero", "'0/0'::pg_lsn", "pg_lsn", "0/0"),
        ("pg_snapshot", "'10:20:10,14,15'::pg_snapshot", "pg_snapshot", "10:20:10,14,15"),
        ("txid_snapshot", "'10:20:'::txid_snapshot", "txid_snapshot", "10:20:"),
        ("oid", "1259::oid", "oid", "1259"),
        ("oid_max", "'4294967295'::oid", "oid", "4294967295"),
        ("xid", "'4294967295'::xid", "xid", "4294967295"),
        ("xid8", "'18446744073709551615'::xid8", "xid8", "18446744073709551615"),
        ("cid", "'7'::cid", "cid", "7"),
        ("tid", "'(4294967295,65535)'::tid", "tid", "(4294967295,65535)"),
        ("int2vector", "'1 -2 3'::int2vector", "int2vector", "1 -2 3"),
        ("int2vector_empty", "''::int2vector", "int2vector", ""),
        ("oidvector", "'1 4294967295'::oidvector", "oidvector", "1 4294967295"),
    ):
        one(name, sql, text(string, family))
    one("refcursor", "'a cursor'::refcursor", text("a cursor"))
    # a type of an extension falls to the row "any other type": this one's own will do
    one("send_fingerprint", "'aido1:3:000102030405060708090a0b0c0d0e0f'::aidataops.fingerprint",
        other("fingerprint", b"\x01" + (3).to_bytes(8, "big") + bytes(range(16))))


def rows():
    empty = ()
    row("row_of_no_columns", "SELECT", *empty)
    row("row_of_nulls", "SELECT NULL::int AS a, NULL::text AS b, NULL::int[] AS c", ("a", None), ("b", None))
    row("row_of_one_null", "SELECT NULL::text AS a", ("a", None))
    row("row_two_columns", "SELECT 1::int AS a, 'x'::text AS b", ("a", int_(1)), ("b", text("x")))
    row("row_columns_swapped", "SELECT 'x'::text AS b, 1::int AS a", ("a", int_(1)), ("b", text("x")))
    row("row_with_null", "SELECT NULL::date AS c, 'x'::text AS b, 1::int AS a", ("a", int_(1)), ("b", text("x")))
    row("row_values_exchanged", "SELECT 'x'::text AS a, 1::int AS b", ("a", text("x")), ("b", int_(1)))
    row("row_bigint", "SELECT 1::bigint AS a, 'x'::varchar AS b", ("a", int_(1)), ("b", text("x")))
    row("row_empty_texts", "SELECT ''::text AS a, ''::text AS b", ("a", text("")), ("b", text("")))
    row("row_empty_and_null", "SELECT ''::text AS a, NULL::text AS b", ("a", text("")))
    row("row_renamed", "SELECT 1::int AS c, 'x'::text AS b", ("c", int_(1)), ("b", text("x")))
    row("row_case_of_names", 'SELECT 1 AS a, 2 AS "Z", 3 AS "A", 4 AS z, 5 AS _',
        ("a", int_(1)), ("Z", int_(2)), ("A", int_(3)), ("z", int_(4)), ("_", int_(5)))
    row("row_prefix_names", 'SELECT 1 AS ab, 2 AS a, 3 AS abc, 4 AS "a ", 5 AS "a!", 6 AS b',
        ("ab", int_(1)), ("a", int_(2)), ("abc", int_(3)), ("a ", int_(4)), ("a!", int_(5)), ("b", int_(6)))
    row("row_unicode_names", 'SELECT 1 AS "é", 2 AS "z", 3 AS "😀", 4 AS "漢", 5 AS "e\u0301", 6 AS "~", 7 AS "Ω"',
        ("é", int_(1)), ("z", int_(2)), ("😀", int_(3)), ("漢", int_(4)), ("e\u0301", int_(5)), ("~", int_(6)),
        ("Ω", int_(7)))
    row("row_quoted_names", 'SELECT 1 AS "a name", 2 AS "it\'s", 3 AS "say ""hi""", 4 AS "1st", 5 AS "a,b"',
        ("a name", int_(1)), ("it's", int_(2)), ('say "hi"', int_(3)), ("1st", int_(4)), ("a,b", int_(5)))
    row("row_name_of_63", f"SELECT 1 AS {'n' * 63}, 2 AS {'n' * 62}", ("n" * 63, int_(1)), ("n" * 62, int_(2)))
    row("row_digits_in_names", "SELECT 1 AS c10, 2 AS c9, 3 AS c1", ("c10", int_(1)), ("c9", int_(2)), ("c1", int_(3)))
    row("row_unnamed_columns", "SELECT 1, 2, 'x'::text",
        ("?column?", int_(1)), ("?column?", int_(2)), ("text", text("x")))
    row("row_duplicate_names", "SELECT 2 AS a, 1 AS a, 'x'::text AS a",
        ("a", int_(2)), ("a", int_(1)), ("a", text("x")))
    row("row_duplicate_names_swapped", "SELECT 1 AS a, 2 AS a, 'x'::text AS a",
        ("a", int_(1)), ("a", int_(2)), ("a", text("x")))
    row("row_duplicate_names_around", "SELECT 9 AS b, 2 AS a, 8 AS b, NULL::int AS a, 1 AS a",
        ("b", int_(9)), ("a", int_(2)), ("b", int_(8)), ("a", None), ("a", int_(1)))
    row("row_families_of_one", "SELECT 1::int AS a, 1::numeric AS b, 1::float4 AS c, 1::float8 AS d, '1'::text AS e,"
        " '1'::\"char\" AS f, '1'::json AS g, '1'::jsonb AS h, '1'::bit AS i, 1::oid AS j, true AS k,"
        " '{1}'::int[] AS l",
        ("a", int_(1)), ("b", numeric(1)), ("c", float4(1)), ("d", float8(1)), ("e", text("1")), ("f", char(b"1")),
        ("g", text("1", "json")), ("h", jsonb(1)), ("i", bit("1")), ("j", text("1", "oid")), ("k", bool_(True)),
        ("l", array("int", ints(1))))
    wide = range(1, 301)
    row("row_of_300_columns", "SELECT " + ", ".join(f"{i} AS c{i}" for i in wide), *((f"c{i}", int_(i)) for i in wide))
    row("row_of_300_columns_backwards", "SELECT " + ", ".join(f"{i} AS c{i}" for i in reversed(wide)),
        *((f"c{i}", int_(i)) for i in wide))
    row("row_of_300_mostly_null", "SELECT " + ", ".join(f"NULL::int AS c{i}" for i in wide) + ", 'x'::text AS c0",
        ("c0", text("x")))
    row("row_of_all_kinds",
        "SELECT 7::int8 AS id, 'Zoë'::text AS name, 19.90::numeric(8,2) AS price, true AS active,"
        " '2024-05-06'::date AS born, '2024-05-06 07:08:09+02'::timestamptz AS seen, NULL::text AS note,"
        " '{x,y}'::text[] AS tags, '{\"k\": [1, 2.0]}'::jsonb AS doc, 0.5::float8 AS weight,"
        " '[1,3]'::int4range AS span, ROW(1, 'p')::golden_pair AS pair, 'ok'::golden_mood AS mood",
        ("id", int_(7)), ("name", text("Zoë")), ("price", numeric("19.90")), ("active", bool_(True)),
        ("born", date_(2024, 5, 6)), ("seen", timestamptz(2024, 5, 6, 7, 8, 9, east=7200)), ("note", None),
        ("tags", array("text", texts_of("x", "y"))), ("doc", jsonb({"k": [1, Decimal("2.0")]})),
        ("weight", float8(0.5)), ("span", range_("int", int_(1), int_(4))), ("pair", pair(int_(1), text("p"))),
        ("mood", text("ok")))


def thousand_sql(order=""):
    return (
        "SELECT i AS id, 'row ' || i AS label, i * 12.50 AS price, i % 2 = 0 AS even,"
        " CASE WHEN i % 3 <> 0 THEN -i END AS sparse, i / 8.0::float8 AS eighth, (i / 8.0)::float4 AS eighth4,"
        " '2000-01-01'::date + i AS day, '2020-01-01 00:00:00+00'::timestamptz + i * '01:00:01'::interval AS at,"
        " ARRAY[i, -i, i * i] AS list, int4range(i, 2 * i) AS span, md5(i::text)::uuid AS key,"
        " sha256(i::text::bytea) AS digest, jsonb_build_object('n', i, 'half', i * 0.5, 'odd', i % 2 = 1) AS doc,"
        " ROW(i, repeat('é', i % 7))::golden_pair AS pair"
        " FROM generate_series(1, 1000) AS i" + order
    )


def thousand_rows():
    for i in range(1, 1001):
        digits = str(i).encode()
        yield [
            ("id", int_(i)),
            ("label", text(f"row {i}")),
            ("price", numeric(i * Decimal("12.50"))),
            ("even", bool_(i % 2 == 0)),
            ("sparse", int_(-i) if i % 3 else None),
            ("eighth", float8(i / 8)),
            ("eighth4", float4(i / 8)),
            ("day", Value("date", i32(i))),
            ("at", Value("timestamptz", i64(micros_since_2000(2020, 1, 1) + i * 3601 * 1_000_000))),
            ("list", array("int", ints(i, -i, i * i))),
            ("span", range_("int", int_(i), int_(2 * i))),
            ("key", Value("uuid", hashlib.md5(digits).digest())),
            ("digest", bytea(hashlib.sha256(digits).digest())),
            ("doc", jsonb({"n": i, "half": i * Decimal("0.5"), "odd": i % 2 == 1})),
            ("pair", pair(int_(i), text("é" * (i % 7)))),
        ]


def sets():
    a, b = [("a", int_(1)), ("b", text("x"))], [("a", int_(2)), ("b", None)]
    sql_a, sql_b = "SELECT 1::int AS a, 'x'::text AS b", "SELECT 2, NULL"
    set_("set_empty", sql_a + " WHERE false", [])
    set_("set_of_one", sql_a, [a])
    set_("set_of_two", f"{sql_a} UNION ALL {sql_b}", [a, b])
    set_("set_of_two_backwards", f"SELECT 2::int AS a, NULL::text AS b UNION ALL {sql_a}", [b, a])
    set_("set_duplicates", f"{sql_a} UNION ALL {sql_b} UNION ALL {sql_a}", [a, a, b])
    set_("set_triplicate", sql_a + " FROM generate_series(1, 3)", [a] * 3)
    set_("set_no_columns", "SELECT FROM generate_series(1, 5)", [[]] * 5)
    set_("set_all_null", "SELECT NULL::int AS a FROM generate_series(1, 5)", [[]] * 5)
    set_("set_some_null", "SELECT nullif(i % 3, 0) AS a FROM generate_series(1, 9) AS i",
         [[("a", int_(i % 3) if i % 3 else None)] for i in range(1, 10)])
    set_("set_1000", thousand_sql(), thousand_rows())
    set_("set_1000_backwards", thousand_sql(" ORDER BY i DESC"), thousand_rows())
    set_("set_1000_shuffled", thousand_sql(" ORDER BY md5(i::text)"), thousand_rows())
    set_("set_1000_columns_reordered", "SELECT pair, span, id, day, at, doc, sparse, digest, label, eighth4, list, key,"
         f" NULL::text AS added, even, eighth, price FROM ({thousand_sql()}) AS s", thousand_rows())
    set_("set_bigints", "SELECT i::bigint AS i FROM generate_series(-500, 500) AS i",
         [[("i", int_(i))] for i in range(-500, 501)])
    set_("set_smallints", "SELECT i::smallint AS i FROM generate_series(-500, 500) AS i",
         [[("i", int_(i))] for i in range(-500, 501)])
    set_("set_equal_rows_10000", "SELECT 1 AS a FROM generate_series(1, 10000)", [[("a", int_(1))]] * 10000)
    set_("set_lengths", "SELECT repeat('x', i) AS a FROM generate_series(0, 2200) AS i",
         [[("a", text("x" * i))] for i in range(2201)])
    set_("set_powers_of_ten", "SELECT ('1e' || i)::numeric AS a FROM generate_series(-60, 60) AS i",
         [[("a", numeric(f"1e{i}"))] for i in range(-60, 61)])
    set_("set_scales", "SELECT round(5.5, i) AS a FROM generate_series(1, 40) AS i",
         [[("a", numeric("5.5" + "0" * (i - 1)))] for i in range(1, 41)])
    set_("set_days", "SELECT '1000-01-01 BC'::date + 1000 * i AS a FROM generate_series(0, 2000) AS i",
         [[("a", Value("date", i32(days_since_2000(-999, 1, 1) + 1000 * i)))] for i in range(2001)])
    set_("set_characters", "SELECT chr(i) AS a FROM generate_series(1, 55295) AS i",
         [[("a", text(chr(i)))] for i in range(1, 55296)])
    set_("set_one_megabyte", "SELECT repeat('0123456789', 100000) AS a", [[("a", text("0123456789" * 100000))]])
    set_("set_array_of_100000", "SELECT array_agg(i) AS a FROM generate_series(1, 100000) AS i",
         [[("a", array("int", ints(*range(1, 100001))))]])


def golden_file(secure):
    global SPELLED_TAGS
    SPELLED_TAGS = secure
    VECTORS.clear()
    for group in (
        integers, floating, numerics, texts, dates, addresses, json_documents, shapes, arrays, ranges,
        composites, named_types, output_texts, rows, sets,
    ):
        group()
    header = ("kind", "name", "sql", "encoded", "expected")
    return "".join("\t".join(line) + "\n" for line in [header, *VECTORS])


def self_check():
    """The facts that docs/fingerprint.md states."""
    assert str(uuid.UUID(bytes=row_hash([]))) == "99aa06d3-0147-98d8-6001-c324468d497f"
    assert numeric_payload("0.00").hex() == "0000020000"
    assert numeric_payload("-12345.60").hex() == "0100020001000109291770"
    assert fingerprint([]) == "aido1:0:" + "0" * 32
    assert secure_fingerprint([]) == "8ae993810cdc32407f2c894dc1d4b547e41d578b3ab4d7b6bd4dd6a03779a24a"


def main():
    parser = argparse.ArgumentParser(description="the golden vectors of aido1")
    parser.add_argument("--check", metavar="FILE", help="compare with FILE instead of printing")
    parser.add_argument("--secure", action="store_true", help="the vectors of secure digests")
    arguments = parser.parse_args()
    self_check()
    golden = golden_file(arguments.secure).encode()
    if arguments.check is None:
        sys.stdout.buffer.write(golden)
        return
    with open(arguments.check, "rb") as file:
        if file.read() != golden:
            sys.exit(f"{arguments.check} differs from what aido1.py computes")


if __name__ == "__main__":
    main()
