/*
 * hex_text.c: input and output of types whose text form is hexadecimal.
 */
#include "postgres.h"

#include "compat.h"
#include "core/hex_text.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

static Datum
hex_text_refuse(FunctionCallInfo fcinfo, const char *type, const char *prefix)
{
	ereturn(SOFT_ERROR_CONTEXT(fcinfo), (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s", type),
			 errdetail("A value is written %s and hexadecimal digits.", prefix)));
}

Datum
hex_text_in(FunctionCallInfo fcinfo, const char *type, const char *prefix, ValueCheck check)
{
	const char *text = PG_GETARG_CSTRING(0);
	Size length = strlen(text);
	Size skip = strlen(prefix);
	Size digits = length - Min(skip, length);
	struct varlena *value;

	if (strncmp(text, prefix, skip) != 0 || digits % 2 != 0 ||
		strspn(text + skip, "0123456789abcdef") != digits)
		return hex_text_refuse(fcinfo, type, prefix);
	value = palloc(VARHDRSZ + digits / 2);
	SET_VARSIZE(value, VARHDRSZ + digits / 2);
	hex_decode(text + skip, digits, VARDATA(value));
	check(value);
	PG_RETURN_POINTER(value);
}

Datum
hex_text_out(FunctionCallInfo fcinfo, const char *prefix)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Size size = VARSIZE_ANY_EXHDR(value);
	Size skip = strlen(prefix);
	char *text = palloc(skip + 2 * size + 1);

	memcpy(text, prefix, skip);
	hex_encode(VARDATA_ANY(value), size, text + skip);
	text[skip + 2 * size] = '\0';
	PG_RETURN_CSTRING(text);
}

Datum
hex_text_recv(FunctionCallInfo fcinfo, ValueCheck check)
{
	StringInfo buf = (StringInfo) PG_GETARG_POINTER(0);
	Size size = buf->len - buf->cursor;
	struct varlena *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	pq_copymsgbytes(buf, VARDATA(value), size);
	check(value);
	PG_RETURN_POINTER(value);
}

Datum
hex_text_send(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}
