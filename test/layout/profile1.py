#!/usr/bin/python3
"""The stored layout of profiles, a second implementation, and its golden vectors.

Written from docs/profile.md alone: what a profile of given values must be, byte by byte. Prints a TSV
file of name, kind of profile, SQL of the values (one column, x) and the MD5 of the profile's text.

    /usr/bin/python3 profile1.py > profile1.tsv             write the vectors
    /usr/bin/python3 profile1.py --check profile1.tsv       exit 1 if the file differs

Every expected value is computed here from Python values, never by PostgreSQL: buckets by sorting, sums by
rational arithmetic. Needs Debian's python3-xxhash.
"""

import base64
import hashlib
import math
import struct
import sys
from collections import Counter
from fractions import Fraction

import xxhash

KINDS = {"integer": 1, "float4": 2, "float8": 3, "numeric": 4, "date": 5, "time": 6, "timestamp": 7,
         "timestamptz": 8, "text": 16, "bool": 17, "uuid": 18, "bytea": 19, "jsonb": 20, "embedding": 32}
CATEGORIES = {"text", "bool", "uuid", "bytea", "jsonb"}
INTEGRAL = {"integer", "date", "time", "timestamp", "timestamptz"}
MASK = 2 ** 64 - 1


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def golomb(v, k):
    high = bin((v >> k) + 1)[2:]
    low = bin(v & ((1 << k) - 1))[2:].zfill(k) if k else ""
    return "0" * (len(high) - 1) + high + low


def order(numbers):
    for k in range(64):
        if 2 * sum(n.bit_length() > k for n in numbers) <= len(numbers):
            return k
    return 63


def image(x):
    bits = struct.unpack(">Q", struct.pack(">d", x + 0.0))[0]
    return bits ^ MASK if bits >> 63 else bits ^ (1 << 63)


def mix(h):
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    h = (h ^ (h >> 27)) * 0x94D049BB133111EB & MASK
    return h ^ (h >> 31)


def histogram(images):
    """Drop as few bits as leave 4096 distinct keys."""
    for shift in range(53):
        counts = Counter(i >> shift for i in images)
        if len(counts) <= 4096:
            return shift, sorted(counts.items())


def put_buckets(buckets):
    out = varint(len(buckets))
    if not buckets:
        return out
    unit = 0
    while any(k for k, _ in buckets) and all(k >> unit & 1 == 0 for k, _ in buckets):
        unit += 1
    steps, after = [], 0
    for key, _ in buckets:
        steps.append((key >> unit) - after)
        after = (key >> unit) + 1
    less = [count - 1 for _, count in buckets]
    a, b = order(steps), order(less)
    bits = "".join(golomb(s, a) + golomb(c, b) for s, c in zip(steps, less))
    bits += "0" * (-len(bits) % 8)
    return out + bytes([unit, a, b]) + int(bits, 2).to_bytes(len(bits) // 8, "big")


def put_sum(total, exponent):
    units = total * Fraction(2) ** exponent
    assert units.denominator == 1
    n = abs(units.numerator)
    limbs = []
    while n:
        limbs.append(n & 0xFFFFFFFF)
        n >>= 32
    first = next((i for i, limb in enumerate(limbs) if limb), 0)
    out = bytes([units < 0, len(limbs) - first])
    if limbs:
        out += bytes([first])
    return out + b"".join(struct.pack(">I", limb) for limb in limbs[first:])


def put_numeric(x):
    sign, weight, digits = int(x < 0), 0, []
    x = abs(x)
    while x >= Fraction(10000) ** (weight + 1):
        weight += 1
    while 0 < x < Fraction(10000) ** weight:
        weight -= 1
    place = weight
    while x:
        digit = x // Fraction(10000) ** place
        digits.append(int(digit))
        x -= digit * Fraction(10000) ** place
        place -= 1
    return bytes([sign, len(digits)]) + struct.pack(">h", weight if digits else 0) + b"".join(struct.pack(">h", d) for d in digits)


def put_registers(hashes):
    registers = [0] * 4096
    for h in hashes:
        rest = h & (2 ** 52 - 1)
        rank = 53 - rest.bit_length() if rest else 53
        registers[h >> 52] = max(registers[h >> 52], rank)
    least = min(registers)
    nibbles = [min(r - least, 15) for r in registers]
    out = bytes([least]) + bytes(a << 4 | b for a, b in zip(nibbles[::2], nibbles[1::2]))
    return out + bytes(r - least - 15 for r in registers if r - least >= 15)


def cut(label, size):
    if len(label) <= size:
        return label, 0
    while label[size] & 0xC0 == 0x80:
        size -= 1
    return label[:size], 128


def put_labels(labels):
    for size in (64, 32, 16):
        kept = [cut(label, size) for label in labels]
        if sum(len(text) for text, _ in kept) <= 65536:
            return bytes([size]) + b"".join(bytes([len(text) | flag]) + text for text, flag in kept)


def zigzag(n):
    return 2 * n if n >= 0 else -2 * n - 1


def profile(kind, values, number=float, extreme=None, payload=None, label=None):
    """values: of Python; number: what one is counted as, a double; extreme: bytes of the least or greatest."""
    present = [v for v in values if v is not None]
    specials = [v for v in present if isinstance(v, float) and not math.isfinite(v)]
    finite = [v for v in present if not (isinstance(v, float) and not math.isfinite(v))]
    nans = sum(math.isnan(v) for v in specials)
    low, high = sum(v == -math.inf for v in specials), sum(v == math.inf for v in specials)
    category = kind in CATEGORIES
    vectors = []
    if kind == "embedding":
        usable = [v for v in finite if v and all(c is not None and abs(c) <= 65536 for c in v)]
        nans += len(finite) - len(usable)
        # halves go to the even neighbour, in Python as in IEEE 754
        vectors = [[round(Fraction(c) * 2 ** 32) for c in v] for v in usable]
        finite = [math.sqrt(float(sum(c * c for c in v))) / 2 ** 32 for v in vectors]
    numbers = None if category else [number(v) for v in finite]
    images = [xxhash.xxh3_64_intdigest(payload(v)) for v in finite] if category else [image(x) for x in numbers]
    shift, buckets = histogram(images)
    zeroes = 0 if category else sum(x == 0 for x in numbers)
    rounded = kind in INTEGRAL and any(abs(v) > 2 ** 53 for v in finite)
    out = bytes([1, KINDS[kind], rounded, 0, shift])
    for count in (values.count(None), nans, low, high, zeroes):
        out += varint(count)
    out += put_buckets(buckets)
    if finite and not category:
        out += extreme(min(finite)) + extreme(max(finite))
        out += put_sum(sum(map(Fraction, numbers)), 1074) + put_sum(sum(Fraction(x) ** 2 for x in numbers), 2148)
    if finite and category and shift == 0:
        by_hash = {xxhash.xxh3_64_intdigest(payload(v)): label(v) for v in finite}
        out += put_labels([by_hash[key] for key, _ in buckets])
    if shift:
        out += put_registers(images if category else [mix(i) for i in images])
    if kind == "embedding":
        dimension = len(vectors[0]) if vectors else 0
        out += varint(dimension)
        for i in range(dimension):
            out += varint(zigzag(sum(v[i] for v in vectors))) + varint(sum(v[i] ** 2 for v in vectors))
    return f"profile1:{kind}:{base64.b64encode(out[2:]).decode()}"


# ------------------------------------------------------------------------------ vectors

def f64(x):
    return struct.pack(">d", x + 0.0)


def i64(n):
    return struct.pack(">q", n)


def floats(values):
    return profile("float8", values, extreme=f64)


def integers(values, kind="integer", number=float):
    return profile(kind, values, number=number, extreme=i64)


def decimals(values):
    return profile("numeric", values, extreme=put_numeric)


def texts(values):
    return profile("text", values, payload=str.encode, label=str.encode)


def vectors():
    def series(n, expression, type_):
        return f"SELECT ({expression})::{type_} AS x FROM generate_series(1, {n}) AS n"

    nan, inf = math.nan, math.inf
    yield "specials", "float8", "SELECT unnest('{1.5,1.5,-0,0,NaN,Infinity,-Infinity,-Infinity,NULL,1e300,-5e-324}'::float8[]) AS x", \
        floats([1.5, 1.5, -0.0, 0.0, nan, inf, -inf, -inf, None, 1e300, -5e-324])
    yield "only_null", "float8", "SELECT NULL::float8 AS x", floats([None])
    yield "exact", "float8", series(10000, "n * 7919 % 4001 / 8.0::float8 - 100", "float8"), floats([n * 7919 % 4001 / 8 - 100 for n in range(1, 10001)])
    yield "full", "float8", series(4096, "n / 7.0::float8", "float8"), floats([n / 7 for n in range(1, 4097)])
    yield "one_too_many", "float8", series(4097, "n / 7.0::float8", "float8"), floats([n / 7 for n in range(1, 4098)])
    yield "coarse", "float8", series(50000, "(n * 7919 % 1000003 - 300000) / 7.0::float8", "float8"), \
        floats([(n * 7919 % 1000003 - 300000) / 7 for n in range(1, 50001)])
    yield "powers", "float8", series(60000, "(n % 5000 + 1.0::float8) * '1e-290'::float8 * (n % 7 - 3) / (n % 11 + 1)", "float8"), \
        floats([(n % 5000 + 1.0) * 1e-290 * (n % 7 - 3) / (n % 11 + 1) for n in range(1, 60001)])
    yield "single", "float4", series(3000, "n / 8.0 + 0.5", "float4"), profile("float4", [n / 8 + 0.5 for n in range(1, 3001)], extreme=f64)
    yield "integers", "integer", series(1000, "n * n - 5000", "int8"), integers([n * n - 5000 for n in range(1, 1001)])
    yield "large_integers", "integer", "SELECT unnest('{9007199254740993,9007199254740992,-9223372036854775808,NULL}'::int8[]) AS x", \
        integers([9007199254740993, 9007199254740992, -9223372036854775808, None])
    yield "coarse_integers", "integer", series(30000, "n::bigint * n * 17", "int8"), integers([n * n * 17 for n in range(1, 30001)])
    yield "numerics", "numeric", "SELECT unnest('{0.00,-12345.60,0.00001,NaN,1e400,123456789012345678901234567890.5}'::numeric[]) AS x", \
        decimals([Fraction(0), Fraction("-12345.6"), Fraction("0.00001"), nan, inf, Fraction("123456789012345678901234567890.5")])
    yield "cents", "numeric", series(20000, "n * 31 % 9973 / 100.0", "numeric"), decimals([Fraction(n * 31 % 9973, 100) for n in range(1, 20001)])
    days = [n % 700 for n in range(1, 2001)]
    yield "dates", "date", "SELECT date '2000-01-01' + n % 700 AS x FROM generate_series(1, 2000) AS n UNION ALL SELECT 'infinity'", \
        integers(days + [inf], "date", lambda d: float(d) * 86400000000)
    yield "times", "time", series(100, "time '00:00' + n * interval '1.5 second'", "time"), integers([n * 1500000 for n in range(1, 101)], "time")
    yield "timestamps", "timestamptz", series(9000, "timestamptz '2000-01-01 00:00+00' + n * interval '1.000001 second'", "timestamptz"), \
        integers([n * 1000001 for n in range(1, 9001)], "timestamptz")
    yield "texts", "text", series(2000, "'label ' || n % 77", "text"), texts([f"label {n % 77}" for n in range(1, 2001)])
    yield "long_texts", "text", series(300, "repeat('ä', n)", "text"), texts(["ä" * n for n in range(1, 301)])
    yield "cut_texts", "text", series(2500, "repeat('é', 20) || n", "text"), texts(["é" * 20 + str(n) for n in range(1, 2501)])
    yield "many_texts", "text", series(20000, "'x' || n % 9000", "text"), texts([f"x{n % 9000}" for n in range(1, 20001)])
    yield "booleans", "bool", "SELECT unnest('{t,t,f,NULL}'::bool[]) AS x", \
        profile("bool", [True, True, False, None], payload=lambda b: bytes([b]), label=lambda b: b"true" if b else b"false")
    yield "bytes", "bytea", series(100, "decode(repeat('a1', n % 40), 'hex')", "bytea"), \
        profile("bytea", [b"\xa1" * (n % 40) for n in range(1, 101)], payload=bytes, label=lambda b: b"\\x" + b.hex().encode())
    yield "embeddings", "embedding", series(6000, "ARRAY[n / 7.0, -0.125, n % 3, 0.1]", "float8[]"), profile("embedding", [[n / 7, -0.125, n % 3, 0.1] for n in range(1, 6001)], extreme=f64)
    yield "odd_embeddings", "embedding", "SELECT unnest(ARRAY['{3,4}', '{}', '{1,NULL}', '{NaN,1}', '{70000,1}', NULL]::text[])::float8[] AS x", \
        profile("embedding", [[3.0, 4.0], [], [1.0, None], [nan, 1.0], [70000.0, 1.0], None], extreme=f64)


def golden_file():
    lines = ["name\tkind\tsql\tmd5"]
    for name, kind, sql, text in vectors():
        lines.append("\t".join((name, kind, sql.replace("\\", "\\\\"), hashlib.md5(text.encode()).hexdigest())))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        sys.exit(open(sys.argv[2]).read() != golden_file())
    sys.stdout.write(golden_file())
