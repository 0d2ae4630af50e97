/*
 * numeric.c: numeric to the nearest double, without a detour over text, and the digits of extremes.
 */
#include "postgres.h"

#include <math.h>

#include "core/numeric_view.h"
#include "lib/stringinfo.h"
#include "profile/profile.h"

/* Beyond these powers of 10000 every numeric is beyond the doubles, or rounds to 0. */
#define MAX_WEIGHT 77
#define MIN_WEIGHT (-83)

static const double exact_powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
											 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
											 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline int16
view_digit(const NumericView *view, int i)
{
	int16 digit;

	memcpy(&digit, view->digits + i * sizeof(int16), sizeof(digit));
	return digit;
}

/* integer / 10^power to the nearest double, ties to even; integer > 0, power in 0 .. 19. */
static double
divide_by_power_of_ten(uint64 integer, int power)
{
	uint64 divisor = 1;
	uint128 dividend;
	uint64 quotient;
	uint64 rest;
	int zeroes = __builtin_clzll(integer);
	int shift;

	for (int i = 0; i < power; i++)
		divisor *= 10;
	/* a quotient of 63 or 64 bits */
	shift = 63 + zeroes - __builtin_clzll(divisor) + 1;
	dividend = (uint128) integer << shift;
	while (dividend >> 64 >= divisor)
	{
		dividend = (uint128) integer << --shift;
	}
	quotient = (uint64) (dividend / divisor);
	rest = (uint64) (dividend % divisor);
	/* the conversion of an integer rounds correctly once the remainder is a bit of it */
	quotient |= rest != 0;
	return ldexp((double) quotient, -shift);
}

/* What numeric_out and strtod would do. */
static double
slow_double(const NumericView *view)
{
	StringInfoData text;
	double value;

	initStringInfo(&text);
	if (view->sign == NUMERIC_SIGN_MINUS)
		appendStringInfoChar(&text, '-');
	/* more digits than these cannot matter, except that they are not zero */
	for (int i = 0; i < view->ndigits; i++)
		appendStringInfo(&text, "%04d", view_digit(view, i));
	appendStringInfo(&text, "e%d", 4 * (view->weight - view->ndigits + 1));
	value = strtod(text.data, NULL);
	pfree(text.data);
	return value;
}

double
numeric_nearest_double(const NumericView *view)
{
	uint64 integer = 0;
	int exponent = 4 * (view->weight - view->ndigits + 1);
	double value;

	switch (view->sign)
	{
		case NUMERIC_SIGN_NAN:
			return NAN;
		case NUMERIC_SIGN_PINF:
			return INFINITY;
		case NUMERIC_SIGN_NINF:
			return -INFINITY;
		default:
			break;
	}
	if (view->ndigits == 0)
		return 0;
	if (view->weight > MAX_WEIGHT)
		return view->sign == NUMERIC_SIGN_MINUS ? -INFINITY : INFINITY;
	if (view->weight < MIN_WEIGHT)
		return 0;
	if (view->ndigits > 5 || (view->ndigits == 5 && view_digit(view, 0) > 1843))
		return slow_double(view); /* may exceed 2^64 */

	for (int i = 0; i < view->ndigits; i++)
		integer = integer * 10000 + view_digit(view, i);
	if (integer < (UINT64CONST(1) << 53) && exponent >= -22 && exponent <= 22)
	{
		/* both operands are exact, so the one operation rounds correctly (Clinger 1990) */
		value = exponent < 0 ? (double) integer / exact_powers_of_ten[-exponent]
							 : (double) integer * exact_powers_of_ten[exponent];
	}
	else if (exponent == 0)
		value = (double) integer;
	else if (exponent < 0 && exponent >= -19)
		value = divide_by_power_of_ten(integer, -exponent);
	else
		return slow_double(view);
	return view->sign == NUMERIC_SIGN_MINUS ? -value : value;
}

/* ------------------------------------------------------------------- kept digits ---- */

void
kept_numeric_set(KeptNumeric *kept, const NumericView *view)
{
	memset(kept, 0, sizeof(*kept));
	if (view->ndigits > NUMERIC_KEPT_DIGITS)
		return;
	kept->kept = true;
	kept->negative = view->sign == NUMERIC_SIGN_MINUS;
	kept->weight = (int16) view->weight;
	kept->ndigits = (uint8) view->ndigits;
	for (int i = 0; i < view->ndigits; i++)
		kept->digits[i] = view_digit(view, i);
}

static NumericView
kept_numeric_view(const KeptNumeric *kept)
{
	return (NumericView){.sign = kept->negative ? NUMERIC_SIGN_MINUS : NUMERIC_SIGN_PLUS,
						 .weight = kept->weight,
						 .ndigits = kept->ndigits,
						 .digits = (const char *) kept->digits};
}

double
kept_numeric_double(const KeptNumeric *kept)
{
	NumericView view = kept_numeric_view(kept);

	return numeric_nearest_double(&view);
}

/* Of magnitudes without leading zero digits. */
static int
compare_magnitudes(const KeptNumeric *a, const KeptNumeric *b)
{
	if (a->ndigits == 0 || b->ndigits == 0)
		return (a->ndigits > 0) - (b->ndigits > 0);
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	for (int i = 0; i < Min(a->ndigits, b->ndigits); i++)
		if (a->digits[i] != b->digits[i])
			return a->digits[i] < b->digits[i] ? -1 : 1;
	return (a->ndigits > b->ndigits) - (a->ndigits < b->ndigits);
}

int
kept_numeric_compare(const KeptNumeric *a, const KeptNumeric *b)
{
	if (a->kept != b->kept)
		return a->kept ? -1 : 1;
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	return a->negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

/* Digits before the point, then as many after it as are needed. */
char *
kept_numeric_text(const KeptNumeric *kept)
{
	StringInfoData text;
	int last = kept->weight - kept->ndigits + 1; /* power of the last digit */

	initStringInfo(&text);
	if (kept->negative)
		appendStringInfoChar(&text, '-');
	if (kept->ndigits == 0 || kept->weight < 0)
		appendStringInfoChar(&text, '0');
	for (int power = kept->weight; kept->ndigits > 0 && power >= 0; power--)
	{
		int i = kept->weight - power;

		appendStringInfo(&text, i == 0 ? "%d" : "%04d", i < kept->ndigits ? kept->digits[i] : 0);
	}
	if (kept->ndigits == 0 || last >= 0)
		return text.data;
	appendStringInfoChar(&text, '.');
	for (int power = -1; power >= last; power--)
	{
		int i = kept->weight - power;

		appendStringInfo(&text, "%04d", i >= 0 && i < kept->ndigits ? kept->digits[i] : 0);
	}
	while (text.data[text.len - 1] == '0')
		text.data[--text.len] = '\0';
	return text.data;
}
