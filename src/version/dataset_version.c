/*
 * dataset_version.c: the type dataset_version.
 *
 * A value names a version; the type parses, prints and orders such names and looks nothing up.
 * What a name means is found by resolve() when it is used.
 *
 * Stored, after the varlena header, which may be short, so nothing is aligned:
 *
 *	u8 layout, u8 kind, u8 length of the dataset's name, name, then
 *	i64 number (big-endian; NUMBER, HEAD, TIME) or the tag (TAG) or nothing (WORKING)
 *
 * The binary wire format is the same bytes. One name has one representation.
 */
#include "postgres.h"

#include "aidataops.h"
#include "common/hashfn.h"
#include "access/htup_details.h"
#include "core/bytes.h"
#include "datatype/timestamp.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"
#include "version/dataset_version.h"

#define FIXED_PART      3 /* layout, kind, length of the name */
#define NAME_MAX_LENGTH (NAMEDATALEN - 1)

#define FORMS                                                                                      \
	"A dataset version is written name@3, name@tag, name@HEAD, name@HEAD~2, "                      \
	"name@{2026-06-30 12:00+00} or name@WORKING."

/* ------------------------------------------------------------ stored and in parts ---- */

static bool
kind_has_number(ReferenceKind kind)
{
	return kind == REFERENCE_NUMBER || kind == REFERENCE_HEAD || kind == REFERENCE_TIME;
}

Reference
dataset_version_parts(const struct varlena *version)
{
	const char *data = VARDATA_ANY(version);
	int size = VARSIZE_ANY_EXHDR(version);
	Reference reference = {0};
	const char *rest;

	reference.kind = (ReferenceKind) data[1];
	reference.name = data + FIXED_PART;
	reference.namelen = (unsigned char) data[2];
	rest = reference.name + reference.namelen;
	if (kind_has_number(reference.kind))
		reference.number = (int64) bytes_get_u64(rest);
	else
	{
		reference.tag = rest;
		reference.taglen = data + size - rest;
	}
	return reference;
}

struct varlena *
dataset_version_make(const Reference *reference)
{
	int rest = kind_has_number(reference->kind)   ? sizeof(int64)
			   : reference->kind == REFERENCE_TAG ? reference->taglen
												  : 0;
	int size = VARHDRSZ + FIXED_PART + reference->namelen + rest;
	struct varlena *result = palloc(size);
	char *data = VARDATA(result);

	SET_VARSIZE(result, size);
	data[0] = DATASET_VERSION_LAYOUT;
	data[1] = (char) reference->kind;
	data[2] = (char) reference->namelen;
	memcpy(data + FIXED_PART, reference->name, reference->namelen);
	data += FIXED_PART + reference->namelen;
	if (kind_has_number(reference->kind))
		bytes_set_u64(data, (uint64) reference->number);
	else if (rest > 0)
		memcpy(data, reference->tag, rest);
	return result;
}

/* ---------------------------------------------------------------------- checks ---- */

/* The problem with a part, or NULL. Shared by text and binary input. */
const char *
dataset_name_problem(const char *name, int len)
{
	if (len == 0)
		return "The name of the dataset, before the @, is empty.";
	if (len > NAME_MAX_LENGTH)
		return "The name of the dataset is longer than an identifier may be.";
	if (memchr(name, '@', len) != NULL)
		return "The name of a dataset cannot contain @.";
	return NULL;
}

static bool
is_word(const char *text, int len, const char *word)
{
	return len == (int) strlen(word) && pg_strncasecmp(text, word, len) == 0;
}

static bool
is_digits(const char *text, int len)
{
	for (int i = 0; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return len > 0;
}

const char *
tag_problem(const char *tag, int len)
{
	if (len == 0)
		return "What comes after the @ is empty.";
	if (len > NAME_MAX_LENGTH)
		return "The tag is longer than an identifier may be.";
	for (int i = 0; i < len; i++)
	{
		if (strchr("@~{}", tag[i]) != NULL)
			return "A tag cannot contain @, ~, { or }.";
		if ((unsigned char) tag[i] < ' ' || tag[i] == 0x7f)
			return "A tag cannot contain control characters.";
	}
	if (tag[0] == ' ' || tag[len - 1] == ' ')
		return "A tag cannot begin or end with a space.";
	if (is_word(tag, len, "HEAD") || is_word(tag, len, "WORKING"))
		return "HEAD and WORKING are not tags.";
	if (is_digits(tag, len))
		return "A tag cannot consist of digits only: that is a version number.";
	return NULL;
}

static const char *
number_problem(const Reference *reference)
{
	switch (reference->kind)
	{
		case REFERENCE_NUMBER:
			if (reference->number < 1 || reference->number > PG_INT32_MAX)
				return "A version number is between 1 and 2147483647.";
			return NULL;
		case REFERENCE_HEAD:
			if (reference->number < 0 || reference->number > PG_INT32_MAX)
				return "The number after HEAD~ is between 0 and 2147483647.";
			return NULL;
		case REFERENCE_TIME:
			if (!IS_VALID_TIMESTAMP(reference->number) && !TIMESTAMP_NOT_FINITE(reference->number))
				return "The time is out of range.";
			return NULL;
		default:
			return NULL;
	}
}

static const char *
reference_problem(const Reference *reference)
{
	const char *problem = dataset_name_problem(reference->name, reference->namelen);

	if (!problem)
		problem = number_problem(reference);
	if (!problem && reference->kind == REFERENCE_TAG)
		problem = tag_problem(reference->tag, reference->taglen);
	return problem;
}

/* ------------------------------------------------------------------------ text ---- */

/* Digits only; anything that does not fit becomes -1, which is out of every range. */
static int64
parse_digits(const char *digits)
{
	int64 number = 0;

	for (; *digits; digits++)
	{
		if (number > PG_INT32_MAX)
			return -1;
		number = number * 10 + (*digits - '0');
	}
	return number;
}

#define SOFT_ERROR_NOTED ""

static const char *
parse_time(char *text, Node *escontext, int64 *time)
{
	Datum value;

	if (!DirectInputFunctionCallSafe(timestamptz_in, text, InvalidOid, -1, escontext, &value))
		return SOFT_ERROR_NOTED;
	*time = DatumGetTimestampTz(value);
	return NULL;
}

/* Take apart what comes after the @; the problem with it, or NULL. */
static const char *
parse_reference(const char *text, Node *escontext, Reference *reference)
{
	int len = strlen(text);

	if (is_digits(text, len))
	{
		reference->kind = REFERENCE_NUMBER;
		reference->number = parse_digits(text);
	}
	else if (is_word(text, len, "HEAD"))
		reference->kind = REFERENCE_HEAD;
	else if (pg_strncasecmp(text, "HEAD~", 5) == 0)
	{
		if (!is_digits(text + 5, len - 5))
			return "After HEAD~ comes a number of generations.";
		reference->kind = REFERENCE_HEAD;
		reference->number = parse_digits(text + 5);
	}
	else if (is_word(text, len, "WORKING"))
		reference->kind = REFERENCE_WORKING;
	else if (text[0] == '{')
	{
		if (text[len - 1] != '}')
			return "The time after @{ is not closed by }.";
		reference->kind = REFERENCE_TIME;
		return parse_time(pnstrdup(text + 1, len - 2), escontext, &reference->number);
	}
	else
	{
		reference->kind = REFERENCE_TAG;
		reference->tag = text;
		reference->taglen = len;
	}
	return NULL;
}

static struct varlena *
dataset_version_parse(const char *text, Node *escontext)
{
	const char *at = strchr(text, '@');
	Reference reference = {0};
	const char *problem;

	if (at == NULL)
		problem = "There is no @ in it.";
	else
	{
		reference.name = text;
		reference.namelen = at - text;
		problem = parse_reference(at + 1, escontext, &reference);
		if (!problem)
			problem = reference_problem(&reference);
	}
	if (problem && strcmp(problem, SOFT_ERROR_NOTED) == 0)
		return NULL;
	if (problem)
		ereturn(escontext, NULL,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "dataset_version", text),
				 errdetail("%s", problem), errhint(FORMS)));
	return dataset_version_make(&reference);
}

PG_FUNCTION_INFO_V1(dataset_version_in);
Datum
dataset_version_in(PG_FUNCTION_ARGS)
{
	struct varlena *result =
		dataset_version_parse(PG_GETARG_CSTRING(0), SOFT_ERROR_CONTEXT(fcinfo));

	if (!result)
		PG_RETURN_NULL(); /* a soft error was noted */
	PG_RETURN_DATASET_VERSION_P(result);
}

/* The cast from text. */
PG_FUNCTION_INFO_V1(dataset_version_from_text);
Datum
dataset_version_from_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATASET_VERSION_P(dataset_version_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL));
}

/* A time prints in UTC and ISO order, whatever the session's settings, so that it reads back alike. */
static void
append_time(StringInfo buf, TimestampTz time)
{
	struct pg_tm tm;
	fsec_t fsec;
	char text[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(time))
		EncodeSpecialTimestamp(time, text);
	else
	{
		if (timestamp2tm(time, NULL, &tm, &fsec, NULL, NULL) != 0)
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("timestamp out of range")));
		tm.tm_isdst = 0; /* or the zone would be left out */
		EncodeDateTime(&tm, fsec, true, 0, NULL, USE_ISO_DATES, text);
	}
	appendStringInfo(buf, "{%s}", text);
}

static char *
dataset_version_print(const struct varlena *version)
{
	Reference reference = dataset_version_parts(version);
	StringInfoData buf;

	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, reference.name, reference.namelen);
	appendStringInfoChar(&buf, '@');
	switch (reference.kind)
	{
		case REFERENCE_NUMBER:
			appendStringInfo(&buf, INT64_FORMAT, reference.number);
			break;
		case REFERENCE_HEAD:
			appendStringInfoString(&buf, "HEAD");
			if (reference.number > 0)
				appendStringInfo(&buf, "~" INT64_FORMAT, reference.number);
			break;
		case REFERENCE_TIME:
			append_time(&buf, reference.number);
			break;
		case REFERENCE_TAG:
			appendBinaryStringInfo(&buf, reference.tag, reference.taglen);
			break;
		case REFERENCE_WORKING:
			appendStringInfoString(&buf, "WORKING");
			break;
	}
	return buf.data;
}

PG_FUNCTION_INFO_V1(dataset_version_out);
Datum
dataset_version_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(dataset_version_print(PG_GETARG_DATASET_VERSION_PP(0)));
}

PG_FUNCTION_INFO_V1(dataset_version_to_text);
Datum
dataset_version_to_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(dataset_version_print(PG_GETARG_DATASET_VERSION_PP(0))));
}

/* ---------------------------------------------------------------------- binary ---- */

/* The parts of what a client sent, or the problem with them; nothing is read past the end. */
static const char *
parts_of_message(char *data, int size, Reference *reference)
{
	int rest;

	if (size < FIXED_PART)
		return "It is too short.";
	if (data[0] != DATASET_VERSION_LAYOUT)
		return "Its layout is of another version.";
	if ((unsigned char) data[1] > REFERENCE_WORKING)
		return "It is of an unknown kind.";
	reference->kind = (ReferenceKind) data[1];
	reference->name = data + FIXED_PART;
	reference->namelen = (unsigned char) data[2];
	rest = size - FIXED_PART - reference->namelen;
	if (rest < 0)
		return "It is too short.";
	if (kind_has_number(reference->kind) ? rest != sizeof(int64)
										 : reference->kind == REFERENCE_WORKING && rest != 0)
		return "Its length is wrong.";
	if (kind_has_number(reference->kind))
		reference->number = (int64) bytes_get_u64(reference->name + reference->namelen);
	else
	{
		reference->tag = reference->name + reference->namelen;
		reference->taglen = rest;
	}
	return NULL;
}

/* Text in a message is in the client's encoding. */
static void
convert_to_server(const char **text, int *len)
{
	char *converted = pg_client_to_server(*text, *len);

	if (converted != *text)
	{
		*text = converted;
		*len = strlen(converted);
	}
}

PG_FUNCTION_INFO_V1(dataset_version_recv);
Datum
dataset_version_recv(PG_FUNCTION_ARGS)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	int size = buf->len - buf->cursor;
	char *data = (char *) pq_getmsgbytes(buf, size);
	Reference reference = {0};
	const char *problem = parts_of_message(data, size, &reference);

	if (!problem)
	{
		convert_to_server(&reference.name, &reference.namelen);
		if (reference.kind == REFERENCE_TAG)
			convert_to_server(&reference.tag, &reference.taglen);
		problem = reference_problem(&reference);
	}
	if (problem)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary representation of type %s", "dataset_version"),
						errdetail("%s", problem)));
	PG_RETURN_DATASET_VERSION_P(dataset_version_make(&reference));
}

static void
convert_to_client(const char **text, int *len)
{
	char *converted = pg_server_to_client(*text, *len);

	if (converted != *text)
	{
		*text = converted;
		*len = strlen(converted);
	}
}

PG_FUNCTION_INFO_V1(dataset_version_send);
Datum
dataset_version_send(PG_FUNCTION_ARGS)
{
	Reference reference = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(0));

	convert_to_client(&reference.name, &reference.namelen);
	if (reference.kind == REFERENCE_TAG)
		convert_to_client(&reference.tag, &reference.taglen);
	if (reference.namelen > PG_UINT8_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("name of dataset is too long in the client's encoding")));
	PG_RETURN_BYTEA_P(dataset_version_make(&reference));
}

/* ------------------------------------------------------------------- comparison ---- */

static int
compare_bytes(const char *a, int alen, const char *b, int blen)
{
	int common = Min(alen, blen);
	int order = common > 0 ? memcmp(a, b, common) : 0; /* of nothing, a may be NULL */

	return order != 0 ? order : alen - blen;
}

/* By dataset, then kind, then number: reviews@9 comes before reviews@10. */
static int
dataset_version_compare(FunctionCallInfo fcinfo)
{
	Reference a = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(0));
	Reference b = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(1));
	int order = compare_bytes(a.name, a.namelen, b.name, b.namelen);

	if (order == 0)
		order = (int) a.kind - (int) b.kind;
	if (order == 0 && a.number != b.number)
		order = a.number < b.number ? -1 : 1;
	if (order == 0)
		order = compare_bytes(a.tag, a.taglen, b.tag, b.taglen);
	return order;
}

#define DATASET_VERSION_COMPARISON(name, op)                                                       \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		PG_RETURN_BOOL(dataset_version_compare(fcinfo) op 0);                                      \
	}                                                                                              \
	extern int no_such_variable

DATASET_VERSION_COMPARISON(dataset_version_eq, ==);
DATASET_VERSION_COMPARISON(dataset_version_ne, !=);
DATASET_VERSION_COMPARISON(dataset_version_lt, <);
DATASET_VERSION_COMPARISON(dataset_version_le, <=);
DATASET_VERSION_COMPARISON(dataset_version_gt, >);
DATASET_VERSION_COMPARISON(dataset_version_ge, >=);

PG_FUNCTION_INFO_V1(dataset_version_cmp);
Datum
dataset_version_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(dataset_version_compare(fcinfo));
}

PG_FUNCTION_INFO_V1(dataset_version_hash);
Datum
dataset_version_hash(PG_FUNCTION_ARGS)
{
	struct varlena *version = PG_GETARG_DATASET_VERSION_PP(0);

	return hash_any((unsigned char *) VARDATA_ANY(version), VARSIZE_ANY_EXHDR(version));
}

PG_FUNCTION_INFO_V1(dataset_version_hash_extended);
Datum
dataset_version_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *version = PG_GETARG_DATASET_VERSION_PP(0);

	return hash_any_extended((unsigned char *) VARDATA_ANY(version), VARSIZE_ANY_EXHDR(version),
							 PG_GETARG_INT64(1));
}

/* -------------------------------------------------------------------- accessors ---- */

PG_FUNCTION_INFO_V1(dataset_name);
Datum
dataset_name(PG_FUNCTION_ARGS)
{
	Reference reference = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(0));

	PG_RETURN_TEXT_P(cstring_to_text_with_len(reference.name, reference.namelen));
}

/* The parts as a row, for resolve(): dataset, kind, number, tag, as_of. */
PG_FUNCTION_INFO_V1(dataset_version_row);
Datum
dataset_version_row(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {"number", "head", "time", "tag", "working"};
	Reference reference = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(0));
	TupleDesc tupdesc;
	Datum values[5] = {0};
	bool nulls[5] = {false, false, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = PointerGetDatum(cstring_to_text_with_len(reference.name, reference.namelen));
	values[1] = CStringGetTextDatum(kinds[reference.kind]);
	if (reference.kind == REFERENCE_NUMBER || reference.kind == REFERENCE_HEAD)
	{
		values[2] = Int32GetDatum((int32) reference.number);
		nulls[2] = false;
	}
	else if (reference.kind == REFERENCE_TAG)
	{
		values[3] = PointerGetDatum(cstring_to_text_with_len(reference.tag, reference.taglen));
		nulls[3] = false;
	}
	else if (reference.kind == REFERENCE_TIME)
	{
		values[4] = TimestampTzGetDatum(reference.number);
		nulls[4] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

PG_FUNCTION_INFO_V1(version_number);
Datum
version_number(PG_FUNCTION_ARGS)
{
	Reference reference = dataset_version_parts(PG_GETARG_DATASET_VERSION_PP(0));

	if (reference.kind != REFERENCE_NUMBER)
		PG_RETURN_NULL();
	PG_RETURN_INT32((int32) reference.number);
}
