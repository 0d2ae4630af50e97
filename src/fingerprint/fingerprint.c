/*
 * fingerprint.c: what a multiset of rows is, in 128 bits and a count.
 *
 * Row hashes (core/record.c) are added modulo 2^128. Addition keeps duplicates apart (exclusive or
 * would cancel them), does not depend on order, and has an inverse: parts are merged and removed
 * rows subtracted exactly. The construction is AdHash of Bellare and Micciancio (1997), with a hash
 * that is fast and not cryptographic: for identity, not for evidence. See docs/fingerprint.md.
 */
#include "postgres.h"

#include <inttypes.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "compat.h"
#include "core/bytes.h"
#include "fingerprint/fingerprint.h"
#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#define TEXT_PREFIX "aido1:"
#define SUM_DIGITS  32

/* ------------------------------------------------------------------ arithmetic ---- */

static void
count_out_of_range(void)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("row count of fingerprint out of range")));
}

static void
fingerprint_accumulate(Fingerprint *state, RowHash hash, int64 nrows)
{
	if (pg_add_s64_overflow(state->nrows, nrows, &state->nrows))
		count_out_of_range();
	row_hash_add(&state->sum, hash);
}

static void
fingerprint_discount(Fingerprint *state, RowHash hash, int64 nrows)
{
	if (pg_sub_s64_overflow(state->nrows, nrows, &state->nrows))
		count_out_of_range();
	row_hash_subtract(&state->sum, hash);
}

static Fingerprint *
fingerprint_make(int64 nrows, RowHash sum)
{
	Fingerprint *result = palloc0(sizeof(Fingerprint));

	result->version = FINGERPRINT_VERSION;
	result->nrows = nrows;
	result->sum = sum;
	return result;
}

/* Argument 0, to be changed: in place when it is an aggregate's own state, else a copy. */
static Fingerprint *
writable_state(FunctionCallInfo fcinfo)
{
	Fingerprint *state = PG_GETARG_FINGERPRINT_P(0);

	if (AggCheckCallContext(fcinfo, NULL))
		return state;
	return fingerprint_make(state->nrows, state->sum);
}

/* ---------------------------------------------------------------- input, output ---- */

static bool
parse_count(const char **at, int64 *count)
{
	const char *start = *at;
	char *end;

	errno = 0;
	if (*start != '-' && !isdigit((unsigned char) *start))
		return false;
	*count = strtoi64(start, &end, 10);
	if (errno != 0 || end == start || *end != ':')
		return false;
	*at = end + 1;
	return true;
}

static bool
parse_sum(const char *at, RowHash *sum)
{
	char bytes[16];

	if (strspn(at, "0123456789abcdefABCDEF") != SUM_DIGITS || at[SUM_DIGITS] != '\0')
		return false;
	hex_decode(at, SUM_DIGITS, bytes);
	sum->high = bytes_get_u64(bytes);
	sum->low = bytes_get_u64(bytes + 8);
	return true;
}

PG_FUNCTION_INFO_V1(fingerprint_in);
Datum
fingerprint_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	const char *at = text + strlen(TEXT_PREFIX);
	int64 nrows;
	RowHash sum;

	if (strncmp(text, TEXT_PREFIX, strlen(TEXT_PREFIX)) != 0 || !parse_count(&at, &nrows) ||
		!parse_sum(at, &sum))
		ereturn(SOFT_ERROR_CONTEXT(fcinfo), (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "fingerprint", text),
				 errdetail("A fingerprint is written aido1:<number of rows>:<32 hexadecimal "
						   "digits>.")));
	PG_RETURN_FINGERPRINT_P(fingerprint_make(nrows, sum));
}

PG_FUNCTION_INFO_V1(fingerprint_out);
Datum
fingerprint_out(PG_FUNCTION_ARGS)
{
	Fingerprint *f = PG_GETARG_FINGERPRINT_P(0);

	PG_RETURN_CSTRING(psprintf(TEXT_PREFIX INT64_FORMAT ":%016" PRIx64 "%016" PRIx64, f->nrows,
							   f->sum.high, f->sum.low));
}

PG_FUNCTION_INFO_V1(fingerprint_recv);
Datum
fingerprint_recv(PG_FUNCTION_ARGS)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int version = pq_getmsgbyte(buf);
	int64 nrows;
	RowHash sum;

	if (version != FINGERPRINT_VERSION)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("unknown version %d of binary fingerprint", version),
						errdetail("This release reads version %d.", FINGERPRINT_VERSION)));
	nrows = pq_getmsgint64(buf);
	sum.high = pq_getmsgint64(buf);
	sum.low = pq_getmsgint64(buf);
	PG_RETURN_FINGERPRINT_P(fingerprint_make(nrows, sum));
}

PG_FUNCTION_INFO_V1(fingerprint_send);
Datum
fingerprint_send(PG_FUNCTION_ARGS)
{
	Fingerprint *f = PG_GETARG_FINGERPRINT_P(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, f->version);
	pq_sendint64(&buf, f->nrows);
	pq_sendint64(&buf, f->sum.high);
	pq_sendint64(&buf, f->sum.low);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* -------------------------------------------------------------------- row hash ---- */

static RowHash
hash_of_argument(FunctionCallInfo fcinfo, int argument)
{
	return record_hash((RecordEncoder **) &fcinfo->flinfo->fn_extra, fcinfo->flinfo->fn_mcxt,
					   PG_GETARG_HEAPTUPLEHEADER(argument));
}

static RowHash
uuid_to_hash(const pg_uuid_t *uuid)
{
	return (RowHash){.high = bytes_get_u64((const char *) uuid->data),
					 .low = bytes_get_u64((const char *) uuid->data + 8)};
}

static Datum
hash_to_uuid(RowHash hash)
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

	bytes_set_u64((char *) uuid->data, hash.high);
	bytes_set_u64((char *) uuid->data + 8, hash.low);
	return UUIDPGetDatum(uuid);
}

PG_FUNCTION_INFO_V1(row_hash);
Datum
row_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(hash_to_uuid(hash_of_argument(fcinfo, 0)));
}

/* row_hash() of columns given one by one, which saves making a row of them: for commits. */
typedef struct ColumnsHash
{
	RowEncoder *encoder;
	int ncolumns;
	Datum values[FUNC_MAX_ARGS];
	bool nulls[FUNC_MAX_ARGS];
} ColumnsHash;

static ColumnsHash *
columns_hash_make(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	ColumnsHash *columns = palloc0(sizeof(ColumnsHash));
	ArrayType *array = PG_ARGISNULL(0) ? construct_empty_array(NAMEOID) : PG_GETARG_ARRAYTYPE_P(0);
	TupleDesc tupdesc;
	Datum *names;
	bool *nulls;

	deconstruct_array(array, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &names, &nulls,
					  &columns->ncolumns);
	if (columns->ncolumns != PG_NARGS() - 1 || get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of names and number of columns differ")));
	tupdesc = CreateTemplateTupleDesc(columns->ncolumns);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("array of column names must not contain NULL")));
		TupleDescInitEntry(tupdesc, i + 1, NameStr(*DatumGetName(names[i])),
						   get_fn_expr_argtype(fcinfo->flinfo, i + 1), -1, 0);
	}
	columns->encoder = row_encoder_create(tupdesc, fcinfo->flinfo->fn_mcxt);
	MemoryContextSwitchTo(old);
	return columns;
}

PG_FUNCTION_INFO_V1(columns_hash);
Datum
columns_hash(PG_FUNCTION_ARGS)
{
	ColumnsHash *columns = fcinfo->flinfo->fn_extra;

	if (columns == NULL)
		columns = fcinfo->flinfo->fn_extra = columns_hash_make(fcinfo);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		columns->values[i] = fcinfo->args[i + 1].value;
		columns->nulls[i] = fcinfo->args[i + 1].isnull;
	}
	PG_RETURN_DATUM(
		hash_to_uuid(row_encoder_hash(columns->encoder, columns->values, columns->nulls)));
}

/* ------------------------------------------------------------------- aggregates ---- */

PG_FUNCTION_INFO_V1(fingerprint_accum);
Datum
fingerprint_accum(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);

	fingerprint_accumulate(state, hash_of_argument(fcinfo, 1), 1);
	PG_RETURN_FINGERPRINT_P(state);
}

PG_FUNCTION_INFO_V1(fingerprint_accum_inv);
Datum
fingerprint_accum_inv(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);

	fingerprint_discount(state, hash_of_argument(fcinfo, 1), 1);
	PG_RETURN_FINGERPRINT_P(state);
}

PG_FUNCTION_INFO_V1(fingerprint_hash_accum);
Datum
fingerprint_hash_accum(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);

	fingerprint_accumulate(state, uuid_to_hash(PG_GETARG_UUID_P(1)), 1);
	PG_RETURN_FINGERPRINT_P(state);
}

PG_FUNCTION_INFO_V1(fingerprint_hash_accum_inv);
Datum
fingerprint_hash_accum_inv(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);

	fingerprint_discount(state, uuid_to_hash(PG_GETARG_UUID_P(1)), 1);
	PG_RETURN_FINGERPRINT_P(state);
}

/* The operators + and -, and as aggregate support: combine, and rollup() with its inverse. */
PG_FUNCTION_INFO_V1(fingerprint_add);
Datum
fingerprint_add(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);
	Fingerprint *other = PG_GETARG_FINGERPRINT_P(1);

	fingerprint_accumulate(state, other->sum, other->nrows);
	PG_RETURN_FINGERPRINT_P(state);
}

PG_FUNCTION_INFO_V1(fingerprint_subtract);
Datum
fingerprint_subtract(PG_FUNCTION_ARGS)
{
	Fingerprint *state = writable_state(fcinfo);
	Fingerprint *other = PG_GETARG_FINGERPRINT_P(1);

	fingerprint_discount(state, other->sum, other->nrows);
	PG_RETURN_FINGERPRINT_P(state);
}

/* -------------------------------------------------------------------- accessors ---- */

PG_FUNCTION_INFO_V1(fingerprint_row_count);
Datum
fingerprint_row_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_FINGERPRINT_P(0)->nrows);
}

/* ------------------------------------------------------------------- comparison ---- */

/* By row count, then by sum: an order for sorting and merging, without a meaning of its own. */
static int
fingerprint_compare(const Fingerprint *a, const Fingerprint *b)
{
	if (a->nrows != b->nrows)
		return a->nrows < b->nrows ? -1 : 1;
	if (a->sum.high != b->sum.high)
		return a->sum.high < b->sum.high ? -1 : 1;
	if (a->sum.low != b->sum.low)
		return a->sum.low < b->sum.low ? -1 : 1;
	return 0;
}

#define FINGERPRINT_COMPARISON(name, op)                                                           \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		PG_RETURN_BOOL(fingerprint_compare(PG_GETARG_FINGERPRINT_P(0), PG_GETARG_FINGERPRINT_P(1)) \
						   op 0);                                                                  \
	}                                                                                              \
	extern int no_such_variable

FINGERPRINT_COMPARISON(fingerprint_eq, ==);
FINGERPRINT_COMPARISON(fingerprint_ne, !=);
FINGERPRINT_COMPARISON(fingerprint_lt, <);
FINGERPRINT_COMPARISON(fingerprint_le, <=);
FINGERPRINT_COMPARISON(fingerprint_gt, >);
FINGERPRINT_COMPARISON(fingerprint_ge, >=);

PG_FUNCTION_INFO_V1(fingerprint_cmp);
Datum
fingerprint_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(fingerprint_compare(PG_GETARG_FINGERPRINT_P(0), PG_GETARG_FINGERPRINT_P(1)));
}

PG_FUNCTION_INFO_V1(fingerprint_hash);
Datum
fingerprint_hash(PG_FUNCTION_ARGS)
{
	Fingerprint *f = PG_GETARG_FINGERPRINT_P(0);

	return hash_any((unsigned char *) f, sizeof(*f));
}

PG_FUNCTION_INFO_V1(fingerprint_hash_extended);
Datum
fingerprint_hash_extended(PG_FUNCTION_ARGS)
{
	Fingerprint *f = PG_GETARG_FINGERPRINT_P(0);

	return hash_any_extended((unsigned char *) f, sizeof(*f), PG_GETARG_INT64(1));
}
