/*
 * checked_reader.c: the parts of checked_reader.h that are not in a hurry.
 */
#include "postgres.h"

#include "core/checked_reader.h"
#include "utils/builtins.h"

void
checked_invalid(const CheckedReader *reader, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid value of type %s", reader->type), errdetail("%s", detail)));
}

Utf8
checked_utf8(CheckedReader *reader)
{
	Utf8 value;

	value.len = checked_count(reader, 1);
	value.data = checked_bytes(reader, value.len);
	if (!pg_verify_mbstr(PG_UTF8, value.data, value.len, true))
		checked_invalid(reader, "A text in it is not valid UTF-8.");
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
