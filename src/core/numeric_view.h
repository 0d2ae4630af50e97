/*
 * numeric_view.h: read a numeric where it lies.
 *
 * PostgreSQL keeps the layout of numeric private, but it is an on-disk format, fixed since 9.1
 * (infinities since 14), documented at the top of utils/adt/numeric.c; reading it directly
 * saves a call, an allocation and a copy for each value. Stored numerics carry no leading or trailing zero digits.
 */
#ifndef AIDATAOPS_CORE_NUMERIC_VIEW_H
#define AIDATAOPS_CORE_NUMERIC_VIEW_H

#include "compat.h"

typedef enum NumericSign
{
	NUMERIC_SIGN_PLUS = 0,
	NUMERIC_SIGN_MINUS = 1,
	NUMERIC_SIGN_NAN = 2,
	NUMERIC_SIGN_PINF = 3,
	NUMERIC_SIGN_NINF = 4
} NumericSign;

/* The value is +- 0.d1d2d3... * 10000^(weight + 1), its digits in base 10000. */
typedef struct NumericView
{
	NumericSign sign;
	int weight;
	int dscale; /* decimal digits shown after the point */
	int ndigits;
	const char *digits; /* int16 each, native byte order, unaligned */
} NumericView;

/* datum: a detoasted numeric, possibly with a short header. */
static inline NumericView
numeric_view(const struct varlena *datum)
{
	const char *data = VARDATA_ANY(datum);
	int size = VARSIZE_ANY_EXHDR(datum);
	uint16 header;
	NumericView view = {0};

	memcpy(&header, data, sizeof(uint16));
	if ((header & 0xC000) == 0xC000)
	{
		view.sign = (header & 0xF000) == 0xD000   ? NUMERIC_SIGN_PINF
					: (header & 0xF000) == 0xF000 ? NUMERIC_SIGN_NINF
												  : NUMERIC_SIGN_NAN;
		return view;
	}
	if (header & 0x8000) /* short form: everything in one word */
	{
		view.sign = (header & 0x2000) ? NUMERIC_SIGN_MINUS : NUMERIC_SIGN_PLUS;
		view.dscale = (header & 0x1F80) >> 7;
		view.weight = (header & 0x003F) | ((header & 0x0040) ? ~0x003F : 0);
		view.digits = data + sizeof(uint16);
		view.ndigits = (size - sizeof(uint16)) / sizeof(int16);
	}
	else
	{
		int16 weight;

		memcpy(&weight, data + sizeof(uint16), sizeof(int16));
		view.sign = (header & 0x4000) ? NUMERIC_SIGN_MINUS : NUMERIC_SIGN_PLUS;
		view.dscale = header & 0x3FFF;
		view.weight = weight;
		view.digits = data + 2 * sizeof(uint16);
		view.ndigits = (size - 2 * sizeof(uint16)) / sizeof(int16);
	}
	if (view.ndigits == 0) /* zero: its sign and weight mean nothing */
	{
		view.sign = NUMERIC_SIGN_PLUS;
		view.weight = 0;
	}
	return view;
}

#endif
