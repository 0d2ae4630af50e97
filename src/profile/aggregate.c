/*
 * aggregate.c: profile_agg() for each type, rollup() and the operator +.
 *
 * What a value of each type is counted as, and how a category is shown.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "catalog/pg_type.h"
#include "core/hash.h"
#include "core/value.h"
#include "mb/pg_wchar.h"
#include "parser/parse_coerce.h"
#include "profile/profile.h"
#include "profile/state.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define EXACT_INTEGERS (INT64CONST(1) << 53) /* doubles hold all integers up to this */

/* ---------------------------------------------------------------------- categories ---- */

static ProfileLabel
label_of_cstring(const char *text)
{
	int size = strlen(text);
	const char *utf8 = text_to_utf8(text, &size);

	return profile_label_cut(utf8, size, false, LABEL_MAX);
}

/* -- how each type is hashed, and how it is shown -- */

static ProfileLabel
text_label(Datum value, const char *bytes, int size)
{
	return profile_label_cut(bytes, size, false, LABEL_MAX);
}

static ProfileLabel
bool_label(Datum value, const char *bytes, int size)
{
	return label_of_cstring(DatumGetBool(value) ? "true" : "false");
}

static ProfileLabel
uuid_label(Datum value, const char *bytes, int size)
{
	return label_of_cstring(DatumGetCString(DirectFunctionCall1(uuid_out, value)));
}

static ProfileLabel
bytea_label(Datum value, const char *bytes, int size)
{
	char text[2 + LABEL_MAX + 1] = "\\x";
	int shown = Min(size, LABEL_MAX / 2); /* more than fit, so that the cut is seen */

	text[2 + hex_encode(bytes, shown, text + 2)] = '\0';
	return label_of_cstring(pstrdup(text));
}

static ProfileLabel
jsonb_label(Datum value, const char *bytes, int size)
{
	Jsonb *json = DatumGetJsonbP(value);

	return label_of_cstring(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

typedef ProfileLabel (*LabelFunction)(Datum value, const char *bytes, int size);

/* bytes: the payload of the value in the encoding aido1, docs/fingerprint.md */
static inline ProfileState *
count_category(ProfileState *state, Datum value, const char *bytes, int size,
			   LabelFunction label_function)
{
	uint64 hash = XXH3_64bits(bytes, size);

	if (state->shift == 0)
	{
		ProfileLabel label;

		if (state_count_known(state, hash, 1))
			return state;
		if (state->nbuckets < RADIX_MAX_BUCKETS)
		{
			label = label_function(value, bytes, size);
			return state_insert_category(state, hash, 1, &label);
		}
	}
	return state_append(state, hash);
}

/* ---------------------------------------------------------------------- embeddings ---- */

/* In fixed point; false if some component cannot be. */
static bool
quantise(const char *data, bool is_float4, int n, int64 *fixed)
{
	bool usable = true;

	for (int i = 0; i < n; i++)
	{
		double x = is_float4 ? ((const float4 *) data)[i] : ((const float8 *) data)[i];

		usable &= fabs(x) <= EMBEDDING_LIMIT; /* not NaN */
		fixed[i] = usable ? (int64) rint(x * EMBEDDING_SCALE) : 0;
	}
	return usable;
}

/* To the state, if it keeps components; returns the square of the norm. */
static uint128
add_components(ProfileState *state, const int64 *fixed, int n)
{
	Component *components = state->dimension > 0 ? state_components(state) : NULL;
	uint128 squares = 0;

	for (int i = 0; i < n; i++)
	{
		int128 square = (int128) fixed[i] * fixed[i];

		squares += square;
		if (components == NULL)
			continue;
		components[i].sum += fixed[i];
		components[i].squares += square;
	}
	return squares;
}

static ProfileState *
count_embedding(ProfileState *state, ArrayType *array, bool is_float4)
{
	int dimension = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int64 *fixed;
	bool usable;
	uint128 squares = 0;

	if (dimension == 0 || array_contains_nulls(array))
	{
		state->nans++;
		return state;
	}
	fixed = MemoryContextAllocHuge(CurrentMemoryContext, dimension * sizeof(int64));
	usable = quantise(ARR_DATA_PTR(array), is_float4, dimension, fixed);
	if (usable)
	{
		state_check_vectors(state->counted + state->npending + 1);
		state = state_set_dimension(state, dimension);
		squares = add_components(state, fixed, dimension);
	}
	pfree(fixed);
	if (!usable)
	{
		state->nans++;
		return state;
	}
	/* a root is correctly rounded by every machine, unlike a logarithm */
	return append_number(state, sqrt((double) squares) / EMBEDDING_SCALE);
}

/* ---------------------------------------------------------------------- aggregates ---- */

/* Argument 0 as a state that may be changed: the aggregate's own, or a copy. */
static ProfileState *
writable_state(FunctionCallInfo fcinfo)
{
	struct varlena *value = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	Profile *profile;

	if (profile_is_state(value))
	{
		state_check((ProfileState *) value);
		if (AggCheckCallContext(fcinfo, NULL))
			return (ProfileState *) value;
		return memcpy(palloc(VARSIZE(value)), value, VARSIZE(value));
	}
	profile = profile_of_datum(PointerGetDatum(value));
	return state_merge(state_empty(profile->kind), profile);
}

/* Of a transition function, whose first argument begins as INITCOND. */
static inline ProfileState *
transition_state(FunctionCallInfo fcinfo, ProfileKind kind)
{
	ProfileState *state;

	if (PG_ARGISNULL(0) || !AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("transition function of profile_agg() called outside of it")));
	state = (ProfileState *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (unlikely(VARATT_IS_EXTENDED(state) || !profile_is_state((struct varlena *) state)))
		state = writable_state(fcinfo);
	if (unlikely(state->kind != kind))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("state of a profile of %s got a value of kind %s",
							   profile_kind_name(state->kind), profile_kind_name(kind))));
	return state;
}

static ProfileState *
count_integer(ProfileState *state, int64 value)
{
	if (unlikely(!state->has_extremes || value < state->min.integer || value > state->max.integer))
	{
		ProfileExtreme extreme = {.number = profile_number_of_integer(state->kind, value),
								  .integer = value};

		state_widen_extremes(state, &extreme, &extreme);
	}
	if (unlikely(value > EXACT_INTEGERS || value < -EXACT_INTEGERS))
		state->flags |= PROFILE_ROUNDED;
	return append_number(state, profile_number_of_integer(state->kind, value));
}

static ProfileState *
count_infinity(ProfileState *state, bool negative)
{
	if (negative)
		state->negative_infinities++;
	else
		state->positive_infinities++;
	return state;
}

static ProfileState *
count_timestamp(ProfileState *state, Timestamp value)
{
	if (TIMESTAMP_NOT_FINITE(value))
		return count_infinity(state, TIMESTAMP_IS_NOBEGIN(value));
	return count_integer(state, value);
}

static ProfileState *
count_date(ProfileState *state, DateADT value)
{
	if (DATE_NOT_FINITE(value))
		return count_infinity(state, DATE_IS_NOBEGIN(value));
	return count_integer(state, value);
}

static ProfileState *
count_numeric(ProfileState *state, Numeric value)
{
	NumericView view = numeric_view((struct varlena *) value);
	double number = numeric_nearest_double(&view);

	if (isfinite(number) &&
		(!state->has_extremes || number <= state->min.number || number >= state->max.number))
	{
		ProfileExtreme extreme = {.number = number};

		kept_numeric_set(&extreme.numeric, &view);
		state_widen_extremes(state, &extreme, &extreme);
	}
	return append_number(state, number);
}

#define PROFILE_TRANSITION(name, kind, count)                                                      \
	PG_FUNCTION_INFO_V1(name);                                                                     \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		ProfileState *state = transition_state(fcinfo, kind);                                      \
                                                                                                   \
		if (PG_ARGISNULL(1))                                                                       \
			state->nulls++;                                                                        \
		else                                                                                       \
			state = count;                                                                         \
		PG_RETURN_POINTER(state);                                                                  \
	}                                                                                              \
	extern int no_such_variable

PROFILE_TRANSITION(profile_accum_int2, PROFILE_INTEGER, count_integer(state, PG_GETARG_INT16(1)));
PROFILE_TRANSITION(profile_accum_int4, PROFILE_INTEGER, count_integer(state, PG_GETARG_INT32(1)));
PROFILE_TRANSITION(profile_accum_int8, PROFILE_INTEGER, count_integer(state, PG_GETARG_INT64(1)));
PROFILE_TRANSITION(profile_accum_float4, PROFILE_FLOAT4, append_number(state, PG_GETARG_FLOAT4(1)));
PROFILE_TRANSITION(profile_accum_float8, PROFILE_FLOAT8, append_number(state, PG_GETARG_FLOAT8(1)));
PROFILE_TRANSITION(profile_accum_numeric, PROFILE_NUMERIC,
				   count_numeric(state, (Numeric) PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1))));
PROFILE_TRANSITION(profile_accum_date, PROFILE_DATE, count_date(state, PG_GETARG_DATEADT(1)));
PROFILE_TRANSITION(profile_accum_time, PROFILE_TIME, count_integer(state, PG_GETARG_TIMEADT(1)));
PROFILE_TRANSITION(profile_accum_timestamp, PROFILE_TIMESTAMP,
				   count_timestamp(state, PG_GETARG_TIMESTAMP(1)));
PROFILE_TRANSITION(profile_accum_timestamptz, PROFILE_TIMESTAMPTZ,
				   count_timestamp(state, PG_GETARG_TIMESTAMPTZ(1)));

static inline ProfileState *
count_text(ProfileState *state, Datum datum)
{
	text *value = DatumGetTextPP(datum);
	int size = VARSIZE_ANY_EXHDR(value);
	const char *utf8 = text_to_utf8(VARDATA_ANY(value), &size);

	return count_category(state, datum, utf8, size, text_label);
}

static ProfileState *
count_bool(ProfileState *state, Datum datum)
{
	char byte = DatumGetBool(datum) ? 1 : 0;

	return count_category(state, datum, &byte, 1, bool_label);
}

static ProfileState *
count_uuid(ProfileState *state, Datum datum)
{
	return count_category(state, datum, (char *) DatumGetUUIDP(datum)->data, UUID_LEN, uuid_label);
}

static ProfileState *
count_bytea(ProfileState *state, Datum datum)
{
	bytea *value = DatumGetByteaPP(datum);

	return count_category(state, datum, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), bytea_label);
}

static ProfileState *
count_jsonb(ProfileState *state, Datum datum, FmgrInfo *function)
{
	ValueEncoder *encoder = function->fn_extra;
	StringInfoData buf;

	if (encoder == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(function->fn_mcxt);

		encoder = function->fn_extra = palloc(sizeof(ValueEncoder));
		value_encoder_init(encoder, JSONBOID, "value", TAGS_HASHED);
		MemoryContextSwitchTo(old);
	}
	initStringInfo(&buf);
	value_encode(encoder, &buf, datum);
	return count_category(state, datum, buf.data + sizeof(uint32), buf.len - sizeof(uint32),
						  jsonb_label);
}

PROFILE_TRANSITION(profile_accum_text, PROFILE_TEXT, count_text(state, PG_GETARG_DATUM(1)));
PROFILE_TRANSITION(profile_accum_bool, PROFILE_BOOL, count_bool(state, PG_GETARG_DATUM(1)));
PROFILE_TRANSITION(profile_accum_uuid, PROFILE_UUID, count_uuid(state, PG_GETARG_DATUM(1)));
PROFILE_TRANSITION(profile_accum_bytea, PROFILE_BYTEA, count_bytea(state, PG_GETARG_DATUM(1)));
PROFILE_TRANSITION(profile_accum_jsonb, PROFILE_JSONB,
				   count_jsonb(state, PG_GETARG_DATUM(1), fcinfo->flinfo));
PROFILE_TRANSITION(profile_accum_float4s, PROFILE_EMBEDDING,
				   count_embedding(state, PG_GETARG_ARRAYTYPE_P(1), true));
PROFILE_TRANSITION(profile_accum_float8s, PROFILE_EMBEDDING,
				   count_embedding(state, PG_GETARG_ARRAYTYPE_P(1), false));

/* As the cast to real[] that the type has. */
static ArrayType *
cast_to_array(FunctionCallInfo fcinfo)
{
	FmgrInfo *cast = fcinfo->flinfo->fn_extra;
	LOCAL_FCINFO(call, 3);
	Datum array;

	if (cast == NULL)
	{
		Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);
		Oid function;

		if (find_coercion_pathway(FLOAT4ARRAYOID, getBaseType(type), COERCION_EXPLICIT,
								  &function) != COERCION_PATH_FUNC)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("type %s has no cast to real[]", format_type_be(type))));
		cast = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(function, cast, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = cast;
	}
	/* such a function may take the type modifier, and whether the cast is explicit */
	InitFunctionCallInfoData(*call, cast, cast->fn_nargs, InvalidOid, NULL, NULL);
	call->args[0].value = PG_GETARG_DATUM(1);
	call->args[1].value = Int32GetDatum(-1);
	call->args[2].value = BoolGetDatum(true);
	call->args[0].isnull = call->args[1].isnull = call->args[2].isnull = false;
	array = FunctionCallInvoke(call);
	if (call->isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("the cast of a value to real[] is NULL")));
	return DatumGetArrayTypeP(array);
}

PROFILE_TRANSITION(profile_accum_castable, PROFILE_EMBEDDING,
				   count_embedding(state, cast_to_array(fcinfo), true));

/* For types that nobody has said how to profile. */
PG_FUNCTION_INFO_V1(profile_accum_any);
Datum
profile_accum_any(PG_FUNCTION_ARGS)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("profile_agg() does not know type %s",
						   OidIsValid(type) ? format_type_be(type) : "of this column"),
					errhint("Write profile_agg(x::text) to profile values as categories, or cast "
							"them to a number, a timestamp or float8[].")));
	PG_RETURN_NULL();
}

/* Operator +, and as aggregate support: combine function, and transition of rollup(). */
PG_FUNCTION_INFO_V1(profile_add);
Datum
profile_add(PG_FUNCTION_ARGS)
{
	ProfileState *state = state_merge(writable_state(fcinfo), PG_GETARG_PROFILE_P(1));

	if (AggCheckCallContext(fcinfo, NULL))
		PG_RETURN_POINTER(state);
	PG_RETURN_PROFILE_P(profile_of_state(state));
}

PG_FUNCTION_INFO_V1(profile_final);
Datum
profile_final(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));

	if (profile_is_state(value) && ((ProfileState *) value)->flags & PROFILE_NORMS_ONLY)
		ereport(WARNING, (errmsg("embeddings of different dimensions, or of more than %d, are "
								 "profiled by their norms only",
								 EMBEDDING_MAX_DIMENSION),
						  errhint("Profile them apart: GROUP BY cardinality(embedding).")));
	PG_RETURN_POINTER(profile_stored(PointerGetDatum(value)));
}
