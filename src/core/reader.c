/*
 * reader.c: the parts of reader.h that are not in a hurry.
 */
#include "postgres.h"

#include "core/reader.h"
#include "utils/builtins.h"

void
reader_fail(ByteReader *reader, const char *detail)
{
	reader->failed = true;
	reader->at = reader->end;
	if (reader->type != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid value of type %s", reader->type), errdetail("%s", detail)));
}

Utf8
reader_utf8(ByteReader *reader)
{
	Utf8 value;

	value.len = reader_count(reader, 1);
	value.data = reader_bytes(reader, value.len);
	if (value.data == NULL || !pg_verify_mbstr(PG_UTF8, value.data, value.len, true))
	{
		reader_fail(reader, "A text in it is not valid UTF-8.");
		value = (Utf8){"", 0};
	}
	return value;
}

char *
utf8_to_cstring(Utf8 value)
{
	char *copy = pnstrdup(value.data, value.len);

	return pg_any_to_server(copy, value.len, PG_UTF8);
}

Datum
utf8_to_text(Utf8 value)
{
	if (GetDatabaseEncoding() == PG_UTF8)
		return PointerGetDatum(cstring_to_text_with_len(value.data, value.len));
	return CStringGetTextDatum(utf8_to_cstring(value));
}
