/*
 * value.c: the canonical encoding of one value, aido1.
 *
 * The specification is docs/fingerprint.md; this file follows its table of families. Nothing in
 * here may change the bytes of a value: stored fingerprints are compared with new ones for years.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/tupmacs.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "core/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/inet.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/varbit.h"

#define NULL_ELEMENT ((uint32) 0xFFFFFFFF)

/* Built-in types whose layout needs nothing but this line. */
typedef struct FamilyEntry
{
	Oid typid;
	const char *family;
	ValueLayout layout;
	int size;
} FamilyEntry;

static const FamilyEntry families[] = {
	{INT2OID, "int", LAYOUT_INT16, 0},
	{INT4OID, "int", LAYOUT_INT32, 0},
	{INT8OID, "int", LAYOUT_INT64, 0},
	{FLOAT4OID, "float4", LAYOUT_FLOAT4, 0},
	{FLOAT8OID, "float8", LAYOUT_FLOAT8, 0},
	{NUMERICOID, "numeric", LAYOUT_NUMERIC, 0},
	{BOOLOID, "bool", LAYOUT_BYTE, 0},
	{TEXTOID, "text", LAYOUT_TEXT, 0},
	{VARCHAROID, "text", LAYOUT_TEXT, 0},
	{BPCHAROID, "text", LAYOUT_TEXT, 0},
	{NAMEOID, "text", LAYOUT_NAME, 0},
	{REFCURSOROID, "text", LAYOUT_TEXT, 0},
	{UNKNOWNOID, "text", LAYOUT_OUTPUT, 0}, /* an untyped literal in ROW() */
	{CHAROID, "char", LAYOUT_BYTE, 0},
	{BYTEAOID, "bytea", LAYOUT_BYTES, 0},
	{DATEOID, "date", LAYOUT_DATE, 0},
	{TIMEOID, "time", LAYOUT_INT64, 0},
	{TIMETZOID, "timetz", LAYOUT_TIMETZ, 0},
	{TIMESTAMPOID, "timestamp", LAYOUT_INT64, 0},
	{TIMESTAMPTZOID, "timestamptz", LAYOUT_INT64, 0},
	{INTERVALOID, "interval", LAYOUT_INTERVAL, 0},
	{UUIDOID, "uuid", LAYOUT_FIXED, 16},
	{INETOID, "inet", LAYOUT_INET, 0},
	{CIDROID, "cidr", LAYOUT_INET, 0},
	{MACADDROID, "macaddr", LAYOUT_FIXED, 6},
	{MACADDR8OID, "macaddr8", LAYOUT_FIXED, 8},
	{BITOID, "bit", LAYOUT_BIT, 0},
	{VARBITOID, "bit", LAYOUT_BIT, 0},
	{MONEYOID, "money", LAYOUT_INT64, 0},
	{JSONOID, "json", LAYOUT_TEXT, 0},
	{JSONBOID, "jsonb", LAYOUT_JSONB, 0},
	{POINTOID, "point", LAYOUT_GEOMETRIC, 0},
	{LINEOID, "line", LAYOUT_GEOMETRIC, 0},
	{LSEGOID, "lseg", LAYOUT_GEOMETRIC, 0},
	{BOXOID, "box", LAYOUT_GEOMETRIC, 0},
	{CIRCLEOID, "circle", LAYOUT_GEOMETRIC, 0},
	{PATHOID, "path", LAYOUT_GEOMETRIC, 5},
	{POLYGONOID, "polygon", LAYOUT_GEOMETRIC, 4},
	{RECORDOID, "row", LAYOUT_ROW, 0},
	{XMLOID, "xml", LAYOUT_OUTPUT, 0},
	{TSVECTOROID, "tsvector", LAYOUT_OUTPUT, 0},
	{TSQUERYOID, "tsquery", LAYOUT_OUTPUT, 0},
	{JSONPATHOID, "jsonpath", LAYOUT_OUTPUT, 0},
	{PG_LSNOID, "pg_lsn", LAYOUT_OUTPUT, 0},
	{PG_SNAPSHOTOID, "pg_snapshot", LAYOUT_OUTPUT, 0},
	/* txid_snapshot has no OID macro; found by its name, in builtin_by_name() */
	{OIDOID, "oid", LAYOUT_OUTPUT, 0},
	{XIDOID, "xid", LAYOUT_OUTPUT, 0},
	{XID8OID, "xid8", LAYOUT_OUTPUT, 0},
	{CIDOID, "cid", LAYOUT_OUTPUT, 0},
	{TIDOID, "tid", LAYOUT_OUTPUT, 0},
	{INT2VECTOROID, "int2vector", LAYOUT_OUTPUT, 0},
	{OIDVECTOROID, "oidvector", LAYOUT_OUTPUT, 0},
};

#define TXID_SNAPSHOT_OID 2970 /* pg_type.dat; stable as every pinned OID */

/* Types that print names looked up in the catalog, under the search path: one value, many texts. */
static const Oid refused_types[] = {
	REGPROCOID, REGPROCEDUREOID, REGOPEROID,   REGOPERATOROID,   REGCLASSOID,     REGTYPEOID,
	REGROLEOID, REGNAMESPACEOID, REGCONFIGOID, REGDICTIONARYOID, REGCOLLATIONOID, ACLITEMOID};

static void encode_payload(ValueEncoder *encoder, StringInfo buf, Datum value);

/* ---------------------------------------------------------------- construction ---- */

static void
check_not_refused(Oid typid, const char *column)
{
	for (int i = 0; i < lengthof(refused_types); i++)
	{
		if (typid == refused_types[i])
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("column \"%s\" of type %s cannot be fingerprinted", column,
								   format_type_be(typid)),
							errdetail("Such a value is printed by looking names up in the "
									  "catalog, so it has no text that is the same everywhere."),
							errhint("Cast the column to text or oid.")));
	}
}

/* A type we have no layout for: say once in a session that its bytes are its own affair. */
static void
notice_foreign_layout(Oid typid)
{
	static List *told = NIL;
	MemoryContext old;

	/* the leader of a parallel query makes an encoder too, and one notice is enough */
	if (IsParallelWorker() || list_member_oid(told, typid))
		return;
	old = MemoryContextSwitchTo(TopMemoryContext);
	told = lappend_oid(told, typid);
	MemoryContextSwitchTo(old);
	ereport(
		NOTICE,
		(errmsg("fingerprints of type %s are not guaranteed to be portable", format_type_be(typid)),
		 errdetail("The encoding does not know this type and uses its own binary or text "
				   "form, which may differ between versions of the type.")));
}

static char *
type_name(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return name;
}

static void
init_output(ValueEncoder *encoder)
{
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(encoder->typid, &function, &is_varlena);
	fmgr_info(function, &encoder->function);
}

static void
init_send(ValueEncoder *encoder)
{
	Oid function;
	bool is_varlena;

	getTypeBinaryOutputInfo(encoder->typid, &function, &is_varlena);
	fmgr_info(function, &encoder->function);
}

static void
init_element(ValueEncoder *encoder, Oid element, const char *constructor, const char *column)
{
	encoder->element = palloc0(sizeof(ValueEncoder));
	value_encoder_init(encoder->element, element, column, encoder->tags);
	encoder->family = psprintf("%s(%s)", constructor, encoder->element->family);
}

static void
init_foreign(ValueEncoder *encoder)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(encoder->typid));
	bool has_send;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", encoder->typid);
	has_send = OidIsValid(((Form_pg_type) GETSTRUCT(tuple))->typsend);
	ReleaseSysCache(tuple);

	notice_foreign_layout(encoder->typid);
	encoder->layout = has_send ? LAYOUT_SEND : LAYOUT_OUTPUT;
	encoder->family = psprintf("%s:%s", has_send ? "send" : "output", type_name(encoder->typid));
	if (has_send)
		init_send(encoder);
	else
		init_output(encoder);
}

static bool
init_builtin(ValueEncoder *encoder)
{
	for (int i = 0; i < lengthof(families); i++)
	{
		if (families[i].typid != encoder->typid)
			continue;
		encoder->family = families[i].family;
		encoder->layout = families[i].layout;
		encoder->size = families[i].size;
		if (encoder->layout == LAYOUT_TEXT && GetDatabaseEncoding() == PG_UTF8)
			encoder->layout = LAYOUT_BYTES;
		if (encoder->layout == LAYOUT_OUTPUT)
			init_output(encoder);
		else if (encoder->layout == LAYOUT_GEOMETRIC)
			init_send(encoder);
		return true;
	}
	if (encoder->typid == TXID_SNAPSHOT_OID)
	{
		encoder->family = "txid_snapshot";
		encoder->layout = LAYOUT_OUTPUT;
		init_output(encoder);
		return true;
	}
	return false;
}

void
value_encoder_init(ValueEncoder *encoder, Oid typid, const char *column, ColumnTags tags)
{
	Oid element;

	check_stack_depth();
	memset(encoder, 0, sizeof(*encoder));
	encoder->context = CurrentMemoryContext;
	encoder->tags = tags;
	encoder->typid = typid = getBaseType(typid);
	check_not_refused(typid, column);

	if (init_builtin(encoder))
		return;

	element = get_element_type(typid);
	if (OidIsValid(element))
	{
		encoder->layout = LAYOUT_ARRAY;
		get_typlenbyvalalign(element, &encoder->typlen, &encoder->typbyval, &encoder->typalign);
		init_element(encoder, element, "array", column);
		return;
	}

	switch (get_typtype(typid))
	{
		case TYPTYPE_ENUM:
			encoder->layout = LAYOUT_ENUM;
			encoder->family = "text";
			break;
		case TYPTYPE_COMPOSITE:
			encoder->layout = LAYOUT_ROW;
			encoder->family = "row";
			break;
		case TYPTYPE_RANGE:
			encoder->layout = LAYOUT_RANGE;
			encoder->typcache = lookup_type_cache(typid, TYPECACHE_RANGE_INFO);
			init_element(encoder, encoder->typcache->rngelemtype->type_id, "range", column);
			break;
		case TYPTYPE_MULTIRANGE:
			encoder->layout = LAYOUT_MULTIRANGE;
			encoder->typcache = lookup_type_cache(typid, TYPECACHE_MULTIRANGE_INFO);
			encoder->element = palloc0(sizeof(ValueEncoder));
			value_encoder_init(encoder->element, encoder->typcache->rngtype->type_id, column, tags);
			encoder->family = psprintf("multirange(%s)", encoder->element->element->family);
			break;
		case TYPTYPE_BASE:
			init_foreign(encoder);
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("column \"%s\" of pseudo-type %s cannot be fingerprinted",
								   column, format_type_be(typid))));
	}
}

/* ---------------------------------------------------------------------- values ---- */

const char *
text_to_utf8(const char *text, int *len)
{
	const char *utf8;

	if (GetDatabaseEncoding() == PG_UTF8)
		return text;
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
	{
		for (int i = 0; i < *len; i++)
		{
			if (IS_HIGHBIT_SET(text[i]))
				ereport(ERROR,
						(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
						 errmsg("cannot fingerprint text that is not ASCII in a database with "
								"encoding SQL_ASCII"),
						 errdetail("The encoding of byte 0x%02x is unknown there.",
								   (unsigned char) text[i]),
						 errhint("Store such values as bytea, or use a database with encoding "
								 "UTF8.")));
		}
		return text;
	}
	utf8 = (const char *) pg_do_encoding_conversion((unsigned char *) unconstify(char *, text),
													*len, GetDatabaseEncoding(), PG_UTF8);
	if (utf8 != text)
		*len = strlen(utf8);
	return utf8;
}

static void
put_text(StringInfo buf, const char *text, int len)
{
	text = text_to_utf8(text, &len);
	bytes_put(buf, text, len);
}

static void
put_numeric(StringInfo buf, const struct varlena *datum)
{
	NumericView view = numeric_view(datum);
	char *at = bytes_reserve(buf, NUMERIC_PAYLOAD(view.ndigits));

	buf->len += value_store_numeric(at, &view);
}

static void
put_enum(StringInfo buf, Oid value)
{
	HeapTuple tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	const char *label;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid internal value for enum: %u", value)));
	label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);
	put_text(buf, label, strlen(label));
	ReleaseSysCache(tuple);
}

static void
put_timetz(StringInfo buf, const TimeTzADT *value)
{
	bytes_put_u64(buf, (uint64) value->time);
	bytes_put_u32(buf, (uint32) value->zone);
}

static void
put_interval(StringInfo buf, const Interval *value)
{
	bytes_put_u32(buf, (uint32) value->month);
	bytes_put_u32(buf, (uint32) value->day);
	bytes_put_u64(buf, (uint64) value->time);
}

static void
put_inet(StringInfo buf, inet *value)
{
	bytes_put_u8(buf, ip_family(value) == PGSQL_AF_INET ? 4 : 6);
	bytes_put_u8(buf, ip_bits(value));
	bytes_put(buf, ip_addr(value), ip_addrsize(value));
}

static void
put_bits(StringInfo buf, VarBit *value)
{
	bytes_put_u32(buf, (uint32) VARBITLEN(value));
	bytes_put(buf, VARBITS(value), VARBITBYTES(value));
}

/* The geometric types send float8 coordinates, after a few bytes in two cases. */
static void
put_geometric(ValueEncoder *encoder, StringInfo buf, Datum value)
{
	bytea *sent = SendFunctionCall(&encoder->function, value);
	char *data = VARDATA(sent);
	int size = VARSIZE(sent) - VARHDRSZ;

	for (int i = encoder->size; i + 8 <= size; i += 8)
	{
		uint64 bits = bytes_get_u64(data + i);
		float8 coordinate;

		memcpy(&coordinate, &bits, sizeof(bits));
		bytes_set_u64(data + i, float8_image(coordinate));
	}
	bytes_put(buf, data, size);
}

static void
put_output(ValueEncoder *encoder, StringInfo buf, Datum value)
{
	char *text = OutputFunctionCall(&encoder->function, value);

	put_text(buf, text, strlen(text));
	pfree(text);
}

/* A send function converts text to the client's encoding, which must not matter here. */
static bytea *
send_in_server_encoding(FmgrInfo *function, Datum value)
{
	int client = pg_get_client_encoding();
	bytea *sent;

	if (client == GetDatabaseEncoding())
		return SendFunctionCall(function, value);
	SetClientEncoding(GetDatabaseEncoding());
	PG_TRY();
	{
		sent = SendFunctionCall(function, value);
	}
	PG_FINALLY();
	{
		SetClientEncoding(client);
	}
	PG_END_TRY();
	return sent;
}

static void
put_send(ValueEncoder *encoder, StringInfo buf, Datum value)
{
	bytea *sent = send_in_server_encoding(&encoder->function, value);

	bytes_put(buf, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
	pfree(sent);
}

/* ----------------------------------------------------------------------- jsonb ---- */

typedef struct JsonbMember
{
	const char *key;
	int keylen;
	JsonbValue value;
} JsonbMember;

static void put_jsonb_container(StringInfo buf, JsonbContainer *container);

static void
put_counted_text(StringInfo buf, const char *text, int len)
{
	text = text_to_utf8(text, &len);
	bytes_put_u32(buf, len);
	bytes_put(buf, text, len);
}

static void
put_jsonb_value(StringInfo buf, const JsonbValue *value)
{
	int start;

	switch (value->type)
	{
		case jbvNull:
			bytes_put_u8(buf, 'n');
			break;
		case jbvBool:
			bytes_put_u8(buf, value->val.boolean ? 't' : 'f');
			break;
		case jbvNumeric:
			bytes_put_u8(buf, '#');
			start = buf->len;
			bytes_claim(buf, 4);
			put_numeric(buf, (const struct varlena *) value->val.numeric);
			bytes_set_u32(buf->data + start, buf->len - start - 4);
			break;
		case jbvString:
			bytes_put_u8(buf, '"');
			put_counted_text(buf, value->val.string.val, value->val.string.len);
			break;
		case jbvBinary:
			put_jsonb_container(buf, value->val.binary.data);
			break;
		default:
			elog(ERROR, "unexpected jsonb value type %d", (int) value->type);
	}
}

static int
compare_members(const void *a, const void *b)
{
	const JsonbMember *x = a;
	const JsonbMember *y = b;

	if (x->keylen != y->keylen)
		return x->keylen < y->keylen ? -1 : 1;
	return memcmp(x->key, y->key, x->keylen);
}

static void
put_jsonb_object(StringInfo buf, JsonbIterator *it, uint32 count)
{
	JsonbMember *members = palloc(Max(count, 1) * sizeof(JsonbMember));
	JsonbValue key;

	for (uint32 i = 0; i < count; i++)
	{
		if (JsonbIteratorNext(&it, &key, true) != WJB_KEY ||
			JsonbIteratorNext(&it, &members[i].value, true) != WJB_VALUE)
			elog(ERROR, "malformed jsonb object");
		members[i].keylen = key.val.string.len;
		members[i].key = text_to_utf8(key.val.string.val, &members[i].keylen);
	}
	/* jsonb keeps keys in this order already, by their bytes in the database's encoding */
	if (GetDatabaseEncoding() != PG_UTF8)
		qsort(members, count, sizeof(JsonbMember), compare_members);

	bytes_put_u8(buf, '{');
	bytes_put_u32(buf, count);
	for (uint32 i = 0; i < count; i++)
	{
		bytes_put_u32(buf, members[i].keylen);
		bytes_put(buf, members[i].key, members[i].keylen);
		put_jsonb_value(buf, &members[i].value);
	}
	pfree(members);
}

static void
put_jsonb_container(StringInfo buf, JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbValue value;
	JsonbIteratorToken token;

	check_stack_depth();
	token = JsonbIteratorNext(&it, &value, true);
	if (token == WJB_BEGIN_OBJECT)
	{
		put_jsonb_object(buf, it, JsonContainerSize(container));
		return;
	}
	if (token != WJB_BEGIN_ARRAY)
		elog(ERROR, "malformed jsonb container");
	if (!JsonContainerIsScalar(container))
	{
		bytes_put_u8(buf, '[');
		bytes_put_u32(buf, JsonContainerSize(container));
	}
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
		put_jsonb_value(buf, &value);
}

/* ------------------------------------------------------------------ containers ---- */

static void
put_array(ValueEncoder *encoder, StringInfo buf, ArrayType *array)
{
	int ndim = ARR_NDIM(array);
	int count = ArrayGetNItems(ndim, ARR_DIMS(array));
	const char *data = ARR_DATA_PTR(array);
	const bits8 *bitmap = ARR_NULLBITMAP(array);

	bytes_put_u32(buf, ndim);
	for (int i = 0; i < ndim; i++)
	{
		bytes_put_u32(buf, ARR_DIMS(array)[i]);
		bytes_put_u32(buf, (uint32) ARR_LBOUND(array)[i]);
	}
	for (int i = 0; i < count; i++)
	{
		if (bitmap && att_isnull(i, bitmap))
		{
			bytes_put_u32(buf, NULL_ELEMENT);
			continue;
		}
		value_encode(encoder->element, buf, fetch_att(data, encoder->typbyval, encoder->typlen));
		data = att_addlength_pointer(data, encoder->typlen, data);
		data = (const char *) att_align_nominal(data, encoder->typalign);
	}
}

static void
put_range(ValueEncoder *encoder, StringInfo buf, RangeType *range)
{
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(encoder->typcache, range, &lower, &upper, &empty);
	if (empty)
	{
		bytes_put_u8(buf, 1);
		return;
	}
	bytes_put_u8(buf, (lower.inclusive ? 2 : 0) | (upper.inclusive ? 4 : 0) |
						  (lower.infinite ? 8 : 0) | (upper.infinite ? 16 : 0));
	if (!lower.infinite)
		value_encode(encoder->element, buf, lower.val);
	if (!upper.infinite)
		value_encode(encoder->element, buf, upper.val);
}

static void
put_multirange(ValueEncoder *encoder, StringInfo buf, MultirangeType *multirange)
{
	RangeType **ranges;
	int32 count;

	multirange_deserialize(encoder->typcache->rngtype, multirange, &count, &ranges);
	bytes_put_u32(buf, count);
	for (int i = 0; i < count; i++)
		value_encode(encoder->element, buf, RangeTypePGetDatum(ranges[i]));
}

static void
put_record(ValueEncoder *encoder, StringInfo buf, HeapTupleHeader record)
{
	StringInfo encoding;

	check_stack_depth(); /* composites nest */
	encoding = record_encoding(&encoder->record, encoder->context, record, encoder->tags);
	bytes_put(buf, encoding->data, encoding->len);
}

/* -------------------------------------------------------------------- dispatch ---- */

static void
encode_payload(ValueEncoder *encoder, StringInfo buf, Datum value)
{
	struct varlena *varlena;

	switch (encoder->layout)
	{
		case LAYOUT_BYTE:
		case LAYOUT_INT16:
		case LAYOUT_INT32:
		case LAYOUT_INT64:
		case LAYOUT_DATE:
		case LAYOUT_FLOAT4:
		case LAYOUT_FLOAT8:
			buf->len +=
				value_store_small(encoder->layout, bytes_reserve(buf, SMALL_PAYLOAD), value);
			break;
		case LAYOUT_FIXED:
			bytes_put(buf, DatumGetPointer(value), encoder->size);
			break;
		case LAYOUT_NUMERIC:
			varlena = PG_DETOAST_DATUM_PACKED(value);
			put_numeric(buf, varlena);
			break;
		case LAYOUT_TEXT:
			varlena = PG_DETOAST_DATUM_PACKED(value);
			put_text(buf, VARDATA_ANY(varlena), VARSIZE_ANY_EXHDR(varlena));
			break;
		case LAYOUT_BYTES:
			varlena = PG_DETOAST_DATUM_PACKED(value);
			bytes_put(buf, VARDATA_ANY(varlena), VARSIZE_ANY_EXHDR(varlena));
			break;
		case LAYOUT_NAME:
			put_text(buf, NameStr(*DatumGetName(value)), strlen(NameStr(*DatumGetName(value))));
			break;
		case LAYOUT_ENUM:
			put_enum(buf, DatumGetObjectId(value));
			break;
		case LAYOUT_TIMETZ:
			put_timetz(buf, DatumGetTimeTzADTP(value));
			break;
		case LAYOUT_INTERVAL:
			put_interval(buf, DatumGetIntervalP(value));
			break;
		case LAYOUT_INET:
			put_inet(buf, DatumGetInetPP(value));
			break;
		case LAYOUT_BIT:
			put_bits(buf, DatumGetVarBitP(value));
			break;
		case LAYOUT_JSONB:
			put_jsonb_container(buf, &DatumGetJsonbP(value)->root);
			break;
		case LAYOUT_GEOMETRIC:
			put_geometric(encoder, buf, value);
			break;
		case LAYOUT_ARRAY:
			put_array(encoder, buf, DatumGetArrayTypeP(value));
			break;
		case LAYOUT_RANGE:
			put_range(encoder, buf, DatumGetRangeTypeP(value));
			break;
		case LAYOUT_MULTIRANGE:
			put_multirange(encoder, buf, DatumGetMultirangeTypeP(value));
			break;
		case LAYOUT_ROW:
			put_record(encoder, buf, DatumGetHeapTupleHeader(value));
			break;
		case LAYOUT_SEND:
			put_send(encoder, buf, value);
			break;
		case LAYOUT_OUTPUT:
			put_output(encoder, buf, value);
			break;
	}
}

void
value_encode(ValueEncoder *encoder, StringInfo buf, Datum value)
{
	int start = buf->len;

	bytes_claim(buf, 4);
	encode_payload(encoder, buf, value);
	bytes_set_u32(buf->data + start, buf->len - start - 4);
}
