/*
 * hex_text.h: input and output of types whose text form is a prefix and the hexadecimal digits of
 * their bytes, and whose binary form is the bytes.
 *
 * For summaries that nobody reads as text: names in them stay UTF-8 in a dump, and numbers exact.
 */
#ifndef AIDATAOPS_CORE_HEX_TEXT_H
#define AIDATAOPS_CORE_HEX_TEXT_H

#include "fmgr.h"

/* Raises unless the bytes are a value of the type. */
typedef void (*ValueCheck)(const struct varlena *value);

extern Datum hex_text_in(FunctionCallInfo fcinfo, const char *type, const char *prefix,
						 ValueCheck check);
extern Datum hex_text_out(FunctionCallInfo fcinfo, const char *prefix);
extern Datum hex_text_recv(FunctionCallInfo fcinfo, ValueCheck check);
extern Datum hex_text_send(FunctionCallInfo fcinfo);

#define HEX_TEXT_TYPE(type, prefix, check)                                                         \
	PG_FUNCTION_INFO_V1(type##_in);                                                                \
	Datum type##_in(PG_FUNCTION_ARGS)                                                              \
	{                                                                                              \
		return hex_text_in(fcinfo, #type, prefix, check);                                          \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(type##_out);                                                               \
	Datum type##_out(PG_FUNCTION_ARGS)                                                             \
	{                                                                                              \
		return hex_text_out(fcinfo, prefix);                                                       \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(type##_recv);                                                              \
	Datum type##_recv(PG_FUNCTION_ARGS)                                                            \
	{                                                                                              \
		return hex_text_recv(fcinfo, check);                                                       \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(type##_send);                                                              \
	Datum type##_send(PG_FUNCTION_ARGS)                                                            \
	{                                                                                              \
		return hex_text_send(fcinfo);                                                              \
	}                                                                                              \
	extern int no_such_variable

#endif
