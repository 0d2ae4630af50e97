/*
 * profile_io.c: the stored layout of a profile, its text and binary forms, equality.
 *
 * The layout is specified in docs/profile.md. It is canonical: a profile has one sequence of bytes,
 * so equal profiles are equal bytes. Input is checked by decoding it, without an allocation that is
 * sized from anything but counts already held against their limits, and by encoding it again.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "common/base64.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "core/bits.h"
#include "core/reader.h"
#include "core/varint.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "profile/profile.h"
#include "profile/state.h"
#include "utils/builtins.h"

#define TEXT_PREFIX "profile1:"

/* A nibble of a register: this much above the least one, or more and then listed. */
#define NIBBLE_MORE 15

static const struct
{
	ProfileKind kind;
	const char *name;
	ProfileFamily family;
} kinds[] = {
	{PROFILE_INTEGER, "integer", FAMILY_NUMBER},
	{PROFILE_FLOAT4, "float4", FAMILY_NUMBER},
	{PROFILE_FLOAT8, "float8", FAMILY_NUMBER},
	{PROFILE_NUMERIC, "numeric", FAMILY_NUMBER},
	{PROFILE_DATE, "date", FAMILY_INSTANT},
	{PROFILE_TIME, "time", FAMILY_TIME},
	{PROFILE_TIMESTAMP, "timestamp", FAMILY_INSTANT},
	{PROFILE_TIMESTAMPTZ, "timestamptz", FAMILY_INSTANT},
	{PROFILE_TEXT, "text", FAMILY_CATEGORY},
	{PROFILE_BOOL, "bool", FAMILY_CATEGORY},
	{PROFILE_UUID, "uuid", FAMILY_CATEGORY},
	{PROFILE_BYTEA, "bytea", FAMILY_CATEGORY},
	{PROFILE_JSONB, "jsonb", FAMILY_CATEGORY},
	{PROFILE_EMBEDDING, "embedding", FAMILY_EMBEDDING},
};

static int
kind_index(int kind)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if ((int) kinds[i].kind == kind)
			return i;
	return -1;
}

const char *
profile_kind_name(ProfileKind kind)
{
	return kinds[kind_index(kind)].name;
}

ProfileFamily
profile_family(ProfileKind kind)
{
	return kinds[kind_index(kind)].family;
}

/* -------------------------------------------------------------------------- encode ---- */

/* Sign and magnitude, without the zero limbs at either end. */
static void
put_sum(StringInfo buf, const int64 *chunk, int n)
{
	uint32 limb[SQUARES_CHUNKS];
	bool negative = chunk[n - 1] < 0;
	uint64 carry = negative;
	int first = 0;

	for (int i = 0; i < n; i++)
	{
		carry += negative ? ~(uint32) chunk[i] : (uint32) chunk[i];
		limb[i] = (uint32) carry;
		carry >>= 32;
	}
	while (n > 0 && limb[n - 1] == 0)
		n--;
	while (first < n && limb[first] == 0)
		first++;
	bytes_put_u8(buf, negative);
	bytes_put_u8(buf, n - first);
	if (first == n)
		return;
	bytes_put_u8(buf, first);
	for (int i = first; i < n; i++)
		bytes_put_u32(buf, limb[i]);
}

static void
put_u16(StringInfo buf, uint16 value)
{
	bytes_set_u16(bytes_claim(buf, sizeof(value)), value);
}

static void
put_extreme(StringInfo buf, ProfileKind kind, const ProfileExtreme *extreme)
{
	const KeptNumeric *numeric = &extreme->numeric;
	uint64 bits;

	switch (kind)
	{
		case PROFILE_INTEGER:
		case PROFILE_DATE:
		case PROFILE_TIME:
		case PROFILE_TIMESTAMP:
		case PROFILE_TIMESTAMPTZ:
			bytes_put_u64(buf, (uint64) extreme->integer);
			return;
		case PROFILE_NUMERIC:
			if (numeric->kept)
			{
				bytes_put_u8(buf, numeric->negative ? 1 : 0);
				bytes_put_u8(buf, numeric->ndigits);
				put_u16(buf, (uint16) numeric->weight);
				for (int i = 0; i < numeric->ndigits; i++)
					put_u16(buf, (uint16) numeric->digits[i]);
				return;
			}
			bytes_put_u8(buf, 2);
			break;
		default:
			break;
	}
	memcpy(&bits, &extreme->number, sizeof(bits));
	bytes_put_u64(buf, bits);
}

/* The steps from one key to the next, without the zero bits that all keys end in. */
static uint64 *
key_steps(const Profile *profile, int *unit)
{
	uint64 *steps = palloc(profile->nbuckets * sizeof(uint64));
	uint64 ones = 0;
	uint64 next = 0;

	for (int i = 0; i < profile->nbuckets; i++)
		ones |= profile->buckets[i].key;
	*unit = ones ? pg_rightmost_one_pos64(ones) : 0;
	for (int i = 0; i < profile->nbuckets; i++)
	{
		uint64 key = profile->buckets[i].key >> *unit;

		steps[i] = key - next;
		next = key + 1;
	}
	return steps;
}

static void
put_buckets(StringInfo buf, const Profile *profile)
{
	BitWriter writer = {.buf = buf};
	uint32 steps_with[65] = {0};
	uint32 counts_with[65] = {0};
	uint64 *steps;
	int unit;
	int step_order;
	int count_order;

	if (profile->nbuckets == 0)
		return;
	steps = key_steps(profile, &unit);
	for (int i = 0; i < profile->nbuckets; i++)
	{
		steps_with[bits_of(steps[i])]++;
		counts_with[bits_of(profile->buckets[i].count - 1)]++;
	}
	step_order = golomb_order(steps_with, profile->nbuckets);
	count_order = golomb_order(counts_with, profile->nbuckets);
	bytes_put_u8(buf, unit);
	bytes_put_u8(buf, step_order);
	bytes_put_u8(buf, count_order);
	for (int i = 0; i < profile->nbuckets; i++)
	{
		bits_put_golomb(&writer, steps[i], step_order);
		bits_put_golomb(&writer, profile->buckets[i].count - 1, count_order);
	}
	bits_flush(&writer);
	pfree(steps);
}

static void
put_labels(StringInfo buf, const Profile *profile)
{
	bytes_put_u8(buf, profile->label_size);
	for (int i = 0; i < profile->nbuckets; i++)
	{
		const ProfileLabel *label = &profile->labels[i];

		bytes_put_u8(buf, label->size | (label->cut ? 0x80 : 0));
		bytes_put(buf, label->text, label->size);
	}
}

static void
put_registers(StringInfo buf, const uint8 *registers)
{
	uint8 least = DISTINCT_MAX_RANK;
	char *nibbles;

	for (int i = 0; i < DISTINCT_REGISTERS; i++)
		least = Min(least, registers[i]);
	bytes_put_u8(buf, least);
	nibbles = bytes_claim(buf, DISTINCT_REGISTERS / 2);
	for (int i = 0; i < DISTINCT_REGISTERS / 2; i++)
		nibbles[i] = (char) (Min(registers[2 * i] - least, NIBBLE_MORE) << 4 |
							 Min(registers[2 * i + 1] - least, NIBBLE_MORE));
	/* the rest of those that a nibble cannot hold, in order */
	for (int i = 0; i < DISTINCT_REGISTERS; i++)
		if (registers[i] - least >= NIBBLE_MORE)
			bytes_put_u8(buf, registers[i] - least - NIBBLE_MORE);
}

static void
put_components(StringInfo buf, const Profile *profile)
{
	bytes_put_varint(buf, profile->dimension);
	for (int i = 0; i < profile->dimension; i++)
	{
		bytes_put_varint128(buf, zigzag128(profile->components[i].sum));
		bytes_put_varint128(buf, (uint128) profile->components[i].squares);
	}
}

struct varlena *
profile_pack(const Profile *profile)
{
	StringInfoData buf;
	bool category = profile_is_category(profile);

	initStringInfo(&buf);
	bytes_claim(&buf, VARHDRSZ);
	bytes_put_u8(&buf, PROFILE_VERSION);
	bytes_put_u8(&buf, profile->kind);
	bytes_put_u8(&buf, profile->flags);
	bytes_put_u8(&buf, 0);
	bytes_put_u8(&buf, profile->shift);
	bytes_put_varint(&buf, profile->nulls);
	bytes_put_varint(&buf, profile->nans);
	bytes_put_varint(&buf, profile->negative_infinities);
	bytes_put_varint(&buf, profile->positive_infinities);
	bytes_put_varint(&buf, profile->zeroes);
	bytes_put_varint(&buf, profile->nbuckets);
	put_buckets(&buf, profile);
	if (profile->nbuckets > 0 && !category)
	{
		put_extreme(&buf, profile->kind, &profile->min);
		put_extreme(&buf, profile->kind, &profile->max);
		put_sum(&buf, profile->moments.sum, SUM_CHUNKS);
		put_sum(&buf, profile->moments.squares, SQUARES_CHUNKS);
	}
	if (profile->nbuckets > 0 && profile->labels != NULL)
		put_labels(&buf, profile);
	if (profile->shift > 0)
		put_registers(&buf, profile->registers);
	if (profile->kind == PROFILE_EMBEDDING)
		put_components(&buf, profile);
	SET_VARSIZE(buf.data, buf.len);
	return (struct varlena *) buf.data;
}

/* -------------------------------------------------------------------------- decode ---- */

/* A count of rows; all of a profile together must be in the range of bigint. */
static int64
read_count(ByteReader *reader, int64 *total)
{
	int64 count = (int64) reader_varint_upto(reader, PG_INT64_MAX);

	if (pg_add_s64_overflow(*total, count, total))
		reader->failed = true;
	return count;
}

static void
read_sum(ByteReader *reader, int64 *chunk, int n)
{
	bool negative = reader_u8(reader) == 1;
	int limbs = reader_u8(reader);
	int first = limbs > 0 ? reader_u8(reader) : 0;
	int64 borrow = 0;

	memset(chunk, 0, n * sizeof(int64));
	if (first + limbs > n)
	{
		reader->failed = true;
		return;
	}
	for (int i = first; i < first + limbs; i++)
		chunk[i] = reader_u32(reader);
	if (!negative)
		return;
	for (int i = 0; i < n - 1; i++)
	{
		int64 value = -chunk[i] + borrow;

		chunk[i] = (uint32) value;
		borrow = value >> 32;
	}
	chunk[n - 1] = -chunk[n - 1] + borrow;
}

static void
read_numeric(ByteReader *reader, KeptNumeric *kept)
{
	kept->kept = true;
	kept->ndigits = (uint8) reader_u8(reader);
	kept->weight = (int16) reader_u16(reader);
	if (kept->ndigits > NUMERIC_KEPT_DIGITS || kept->weight > 77 ||
		kept->weight - kept->ndigits + 1 < -4096 || (kept->ndigits == 0 && kept->weight != 0))
	{
		reader->failed = true;
		kept->ndigits = 0;
		return;
	}
	for (int i = 0; i < kept->ndigits; i++)
	{
		kept->digits[i] = (int16) reader_u16(reader);
		if (kept->digits[i] < 0 || kept->digits[i] > 9999)
			reader->failed = true;
	}
	if (kept->ndigits > 0 && (kept->digits[0] == 0 || kept->digits[kept->ndigits - 1] == 0))
		reader->failed = true;
}

static void
read_extreme(ByteReader *reader, ProfileKind kind, ProfileExtreme *extreme)
{
	uint64 bits;

	memset(extreme, 0, sizeof(*extreme));
	switch (kind)
	{
		case PROFILE_INTEGER:
		case PROFILE_DATE:
		case PROFILE_TIME:
		case PROFILE_TIMESTAMP:
		case PROFILE_TIMESTAMPTZ:
			extreme->integer = (int64) reader_u64(reader);
			extreme->number = profile_number_of_integer(kind, extreme->integer);
			return;
		case PROFILE_NUMERIC:
		{
			int form = reader_u8(reader);

			if (form == 2)
				break;
			extreme->numeric.negative = form == 1;
			read_numeric(reader, &extreme->numeric);
			extreme->number = kept_numeric_double(&extreme->numeric);
			return;
		}
		default:
			break;
	}
	bits = reader_u64(reader);
	memcpy(&extreme->number, &bits, sizeof(bits));
}

static void
read_buckets(ByteReader *reader, Profile *profile, int64 *total)
{
	BitReader bits = {.bytes = reader};
	uint64 max_key = ~UINT64CONST(0) >> profile->shift;
	uint64 next = 0;
	int unit;
	int step_order;
	int count_order;

	profile->nbuckets = (int) reader_varint_upto(reader, RADIX_MAX_BUCKETS);
	profile->buckets = palloc(Max(profile->nbuckets, 1) * sizeof(RadixSlot));
	if (profile->nbuckets == 0)
		return;
	unit = (int) reader_varint_upto(reader, 63);
	step_order = (int) reader_varint_upto(reader, GOLOMB_MAX_ORDER);
	count_order = (int) reader_varint_upto(reader, GOLOMB_MAX_ORDER);
	max_key >>= unit;
	for (int i = 0; i < profile->nbuckets && !reader->failed; i++)
	{
		RadixSlot *bucket = &profile->buckets[i];
		uint64 step = bits_get_golomb(&bits, step_order);
		uint64 less = bits_get_golomb(&bits, count_order);

		if ((next == 0 && i > 0) || next > max_key || step > max_key - next ||
			less >= PG_INT64_MAX || pg_add_s64_overflow(*total, (int64) less + 1, total))
		{
			reader->failed = true;
			return;
		}
		bucket->count = (int64) less + 1;
		bucket->key = (next + step) << unit;
		next += step + 1;
		profile->counted += bucket->count;
	}
	bits_finish(&bits);
}

static void
read_labels(ByteReader *reader, Profile *profile)
{
	int64 size = 0;

	profile->label_size = reader_u8(reader);
	if (profile->label_size != LABEL_MAX && profile->label_size != LABEL_MAX / 2 &&
		profile->label_size != LABEL_MIN)
		reader->failed = true;
	profile->labels = palloc0(profile->nbuckets * sizeof(ProfileLabel));
	for (int i = 0; i < profile->nbuckets && !reader->failed; i++)
	{
		ProfileLabel *label = &profile->labels[i];
		uint8 head = reader_u8(reader);

		label->size = head & 0x7f;
		label->cut = (head & 0x80) != 0;
		label->text = (const char *) reader_bytes(reader, label->size);
		size += label->size;
		if (reader->failed || label->size > profile->label_size ||
			pg_encoding_verifymbstr(PG_UTF8, label->text, label->size) != label->size)
			reader->failed = true;
	}
	if (size > LABEL_BUDGET)
		reader->failed = true;
}

static void
read_registers(ByteReader *reader, Profile *profile)
{
	uint8 least = reader_u8(reader);
	const uint8 *nibbles = (const uint8 *) reader_bytes(reader, DISTINCT_REGISTERS / 2);
	uint8 *registers;

	if (reader->failed)
		return;
	profile->registers = registers = palloc(DISTINCT_REGISTERS);
	for (int i = 0; i < DISTINCT_REGISTERS; i++)
	{
		int rank = least + ((i & 1) ? nibbles[i / 2] & 15 : nibbles[i / 2] >> 4);

		if (rank - least == NIBBLE_MORE)
			rank += reader_u8(reader);
		if (rank > DISTINCT_MAX_RANK)
			reader->failed = true;
		registers[i] = (uint8) rank;
	}
}

static void
read_components(ByteReader *reader, Profile *profile)
{
	const uint128 sum_limit = (uint128) 1 << 81;      /* 2^31 times 2^(16 + 32), signed */
	const uint128 squares_limit = (uint128) 1 << 127; /* 2^31 times its square */

	profile->dimension = (int) reader_varint_upto(reader, EMBEDDING_MAX_DIMENSION);
	if (reader_left(reader) < 2 * (size_t) profile->dimension)
		reader->failed = true;
	if (reader->failed)
		profile->dimension = 0;
	profile->components = palloc(Max(profile->dimension, 1) * sizeof(Component));
	for (int i = 0; i < profile->dimension && !reader->failed; i++)
	{
		uint128 sum = reader_varint128(reader);
		uint128 squares = reader_varint128(reader);

		if (sum > sum_limit || squares >= squares_limit)
			reader->failed = true;
		profile->components[i].sum = unzigzag128(sum);
		profile->components[i].squares = (int128) squares;
	}
}

/* Within what so many vectors can reach, which keeps all arithmetic within 128 bits. */
static bool
components_in_range(const Profile *profile)
{
	int128 largest = (int128) (EMBEDDING_LIMIT * EMBEDDING_SCALE);

	if (profile->counted > EMBEDDING_MAX_VECTORS ||
		(profile->dimension == 0 && profile->counted > 0) !=
			((profile->flags & PROFILE_NORMS_ONLY) != 0))
		return false;
	for (int i = 0; i < profile->dimension; i++)
	{
		const Component *component = &profile->components[i];

		if (component->sum > largest * profile->counted ||
			component->sum < -largest * profile->counted ||
			component->squares > largest * largest * profile->counted)
			return false;
	}
	return true;
}

/* Are the parts such as some values can have? */
static bool
profile_check(const Profile *profile)
{
	if (!profile_is_category(profile) && profile->nbuckets > 0)
	{
		const RadixSlot *last = &profile->buckets[profile->nbuckets - 1];

		if (!isfinite(profile->min.number) || !isfinite(profile->max.number) ||
			radix_image(profile->min.number) >> profile->shift != profile->buckets[0].key ||
			radix_image(profile->max.number) >> profile->shift != last->key ||
			profile_extreme_compare(&profile->min, &profile->max) > 0 ||
			!exact_sum_in_range(&profile->moments))
			return false;
	}
	if (profile_is_category(profile) && (profile->nans | profile->negative_infinities |
										 profile->positive_infinities | profile->zeroes) != 0)
		return false;
	/* one bit fewer dropped, and they would not have fitted */
	if (profile->shift > 0 && profile->nbuckets <= RADIX_MAX_BUCKETS / 2)
		return false;
	if (profile->kind == PROFILE_EMBEDDING)
	{
		if (!components_in_range(profile) ||
			(profile->flags & ~(PROFILE_ROUNDED | PROFILE_NORMS_ONLY)) != 0)
			return false;
	}
	else if ((profile->flags & ~PROFILE_ROUNDED) != 0)
		return false;
	return profile->zeroes <= profile->counted;
}

/* NULL if the bytes are no profile. Labels point into the bytes. */
static Profile *
decode(const char *bytes, size_t size)
{
	ByteReader reader = {.at = bytes, .end = bytes + size};
	Profile *profile = palloc0(sizeof(Profile));
	int64 total = 0;

	if (reader_u8(&reader) != PROFILE_VERSION)
		return NULL;
	profile->kind = reader_u8(&reader);
	profile->flags = reader_u8(&reader);
	if (kind_index(profile->kind) < 0 || reader_u8(&reader) != 0)
		return NULL;
	profile->shift = reader_u8(&reader);
	if (reader.failed || profile->shift > RADIX_MAX_SHIFT)
		return NULL;
	profile->nulls = read_count(&reader, &total);
	profile->nans = read_count(&reader, &total);
	profile->negative_infinities = read_count(&reader, &total);
	profile->positive_infinities = read_count(&reader, &total);
	profile->zeroes = (int64) reader_varint_upto(&reader, PG_INT64_MAX);
	read_buckets(&reader, profile, &total);
	if (reader.failed)
		return NULL;
	if (profile->nbuckets > 0 && !profile_is_category(profile))
	{
		read_extreme(&reader, profile->kind, &profile->min);
		read_extreme(&reader, profile->kind, &profile->max);
		read_sum(&reader, profile->moments.sum, SUM_CHUNKS);
		read_sum(&reader, profile->moments.squares, SQUARES_CHUNKS);
	}
	if (profile->nbuckets > 0 && profile_is_category(profile) && profile->shift == 0)
		read_labels(&reader, profile);
	if (profile->shift > 0)
		read_registers(&reader, profile);
	if (profile->kind == PROFILE_EMBEDDING)
		read_components(&reader, profile);
	if (profile->counted == 0) /* vectors that could not be used had a dimension once */
		profile->dimension = 0;
	if (reader.failed || reader_left(&reader) != 0 || !profile_check(profile))
		return NULL;
	return profile;
}

/* The stored form of received bytes; NULL if they are none, or not the canonical ones. */
static struct varlena *
checked(const char *bytes, size_t size)
{
	Profile *profile = decode(bytes, size);
	struct varlena *stored;

	if (profile == NULL)
		return NULL;
	stored = profile_pack(profile);
	if (VARSIZE(stored) - VARHDRSZ != size || memcmp(VARDATA(stored), bytes, size) != 0)
		return NULL;
	return stored;
}

Profile *
profile_of_datum(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM(datum);
	Profile *profile;

	if (profile_is_state(value))
		return profile_of_state((ProfileState *) value);
	profile = decode(VARDATA(value), VARSIZE(value) - VARHDRSZ);
	if (profile == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored profile is damaged"),
						errdetail("Its %zu bytes are not a profile of version %d.",
								  (size_t) VARSIZE(value) - VARHDRSZ, PROFILE_VERSION)));
	return profile;
}

struct varlena *
profile_stored(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM(datum);

	if (profile_is_state(value))
		return profile_pack(profile_of_state((ProfileState *) value));
	return value;
}

/* ------------------------------------------------------------------- input, output ---- */

/* profile1:kind:base64 of everything after the kind's byte; without base64, of no rows. */
PG_FUNCTION_INFO_V1(profile_out);
Datum
profile_out(PG_FUNCTION_ARGS)
{
	struct varlena *stored = profile_stored(PG_GETARG_DATUM(0));
	const char *data = VARDATA(stored);
	int size = VARSIZE(stored) - VARHDRSZ;
	const char *kind = profile_kind_name((uint8) data[1]);
	struct varlena *empty = profile_empty((uint8) data[1]);
	StringInfoData text;
	int room = pg_b64_enc_len(size - 2);

	initStringInfo(&text);
	appendStringInfo(&text, "%s%s:", TEXT_PREFIX, kind);
	if (VARSIZE(empty) != VARSIZE(stored) || memcmp(empty, stored, VARSIZE(stored)) != 0)
	{
		enlargeStringInfo(&text, room);
		text.len += base64_encode(data + 2, size - 2, text.data + text.len, room);
		text.data[text.len] = '\0';
	}
	PG_RETURN_CSTRING(text.data);
}

static struct varlena *
parse(const char *text)
{
	const char *name = text + strlen(TEXT_PREFIX);
	const char *colon;
	char *bytes;
	int size;

	if (strncmp(text, TEXT_PREFIX, strlen(TEXT_PREFIX)) != 0 || (colon = strchr(name, ':')) == NULL)
		return NULL;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strlen(kinds[i].name) != (size_t) (colon - name) ||
			strncmp(kinds[i].name, name, colon - name) != 0)
			continue;
		if (colon[1] == '\0')
			return profile_empty(kinds[i].kind);
		size = pg_b64_dec_len(strlen(colon + 1));
		bytes = palloc(size + 2);
		bytes[0] = PROFILE_VERSION;
		bytes[1] = (char) kinds[i].kind;
		size = base64_decode(colon + 1, strlen(colon + 1), bytes + 2, size);
		return size < 0 ? NULL : checked(bytes, size + 2);
	}
	return NULL;
}

PG_FUNCTION_INFO_V1(profile_in);
Datum
profile_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	struct varlena *stored = parse(text);

	if (stored == NULL)
		ereturn(SOFT_ERROR_CONTEXT(fcinfo), (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.40s%s\"", "profile", text,
						strlen(text) > 40 ? "..." : ""),
				 errdetail("A profile is written profile1:<kind>:<base64>, as profile_agg() and "
						   "pg_dump print it.")));
	PG_RETURN_POINTER(stored);
}

PG_FUNCTION_INFO_V1(profile_recv);
Datum
profile_recv(PG_FUNCTION_ARGS)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int size = buf->len - buf->cursor;
	const char *bytes = pq_getmsgbytes(buf, size);
	struct varlena *stored;

	if (size > 0 && (uint8) bytes[0] != PROFILE_VERSION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("unknown version %d of binary profile", (uint8) bytes[0]),
						errdetail("This release reads version %d.", PROFILE_VERSION)));
	stored = checked(bytes, size);
	if (stored == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary profile"),
				 errdetail("The %d bytes are not what a profile of version %d is sent as.", size,
						   PROFILE_VERSION)));
	PG_RETURN_POINTER(stored);
}

PG_FUNCTION_INFO_V1(profile_send);
Datum
profile_send(PG_FUNCTION_ARGS)
{
	struct varlena *stored = profile_stored(PG_GETARG_DATUM(0));
	struct varlena *copy = palloc(VARSIZE(stored));

	/* the binary form is the stored one, but callers free what they are given */
	PG_RETURN_POINTER(memcpy(copy, stored, VARSIZE(stored)));
}

/* ------------------------------------------------------------------------ equality ---- */

static bool
same_bytes(FunctionCallInfo fcinfo)
{
	struct varlena *a = profile_stored(PG_GETARG_DATUM(0));
	struct varlena *b = profile_stored(PG_GETARG_DATUM(1));

	return VARSIZE(a) == VARSIZE(b) && memcmp(VARDATA(a), VARDATA(b), VARSIZE(a) - VARHDRSZ) == 0;
}

PG_FUNCTION_INFO_V1(profile_eq);
Datum
profile_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_bytes(fcinfo));
}

PG_FUNCTION_INFO_V1(profile_ne);
Datum
profile_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_bytes(fcinfo));
}

PG_FUNCTION_INFO_V1(profile_hash);
Datum
profile_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = profile_stored(PG_GETARG_DATUM(0));

	return hash_any((unsigned char *) VARDATA(value), VARSIZE(value) - VARHDRSZ);
}

PG_FUNCTION_INFO_V1(profile_hash_extended);
Datum
profile_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = profile_stored(PG_GETARG_DATUM(0));

	return hash_any_extended((unsigned char *) VARDATA(value), VARSIZE(value) - VARHDRSZ,
							 PG_GETARG_INT64(1));
}
