/*
 * iso_time.c: dates and times as documents write them, ISO 8601.
 *
 * PostgreSQL's own input reads a lot more, by settings of the session: a document means one thing everywhere.
 */
#include "postgres.h"

#include "contract/iso_time.h"
#include "datatype/timestamp.h"
#include "utils/datetime.h"

/* What is left to read; NULL as soon as something was wrong. */
typedef const char *Rest;

/* A number of n digits, from min to max. */
static Rest
number(Rest text, int n, int min, int max, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++)
	{
		if (text == NULL || text[i] < '0' || text[i] > '9')
			return NULL;
		*value = *value * 10 + text[i] - '0';
	}
	return *value >= min && *value <= max ? text + n : NULL;
}

static Rest
expect(Rest text, const char *one_of)
{
	return text && *text && strchr(one_of, *text) ? text + 1 : NULL;
}

static Rest
scan_date(Rest text, int64 *microseconds)
{
	int year;
	int month;
	int day;

	text = expect(number(text, 4, 1, 9999, &year), "-");
	text = expect(number(text, 2, 1, 12, &month), "-");
	if (text == NULL)
		return NULL;
	text = number(text, 2, 1, day_tab[isleap(year)][month - 1], &day);
	*microseconds = (date2j(year, month, day) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	return text;
}

static Rest
scan_fraction(Rest text, int64 *microseconds)
{
	int64 digit = USECS_PER_SEC;
	int any;

	if (number(text, 1, 0, 9, &any) == NULL)
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++)
	{
		digit /= 10;
		*microseconds += (*text - '0') * digit;
	}
	return text;
}

/* Z, +hh, +hhmm, +hh:mm, or nothing */
static Rest
scan_zone(Rest text, int64 *microseconds)
{
	int hours;
	int minutes = 0;
	int64 offset;
	bool east = text && *text == '+';

	if (text == NULL || *text == '\0')
		return text;
	if (*text == 'Z')
		return text + 1;
	text = number(expect(text, "+-"), 2, 0, 15, &hours);
	if (text && *text == ':')
		text++;
	if (text && *text)
		text = number(text, 2, 0, 59, &minutes);
	offset = hours * USECS_PER_HOUR + minutes * USECS_PER_MINUTE;
	*microseconds += east ? -offset : offset;
	return text;
}

static Rest
scan_time(Rest text, int64 *microseconds)
{
	int hour;
	int minute;
	int second = 0;

	text = number(expect(number(text, 2, 0, 23, &hour), ":"), 2, 0, 59, &minute);
	if (text && *text == ':')
		text = number(text + 1, 2, 0, 60, &second);
	if (text && *text == '.')
		text = scan_fraction(text + 1, microseconds);
	*microseconds += hour * USECS_PER_HOUR + minute * USECS_PER_MINUTE + second * USECS_PER_SEC;
	return scan_zone(text, microseconds);
}

bool
iso_time(const char *text, const char *type, int64 *microseconds)
{
	Rest rest;

	*microseconds = 0;
	if (strcmp(type, "time") == 0)
		rest = scan_time(text, microseconds);
	else
	{
		rest = scan_date(text, microseconds);
		if (rest && *rest && strcmp(type, "timestamp") == 0)
			rest = scan_time(expect(rest, "T "), microseconds);
	}
	return rest && *rest == '\0';
}
