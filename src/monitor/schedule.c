/*
 * schedule.c: when is a schedule due next?
 *
 * A schedule is five fields as in crontab(5) (minute, hour, day of month, month, day of week; *, ranges, steps, lists,
 * names of months and days), one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually, or an
 * interval such as '15 minutes'. Fields are of UTC, which is what pg_cron takes by default. As in cron, a day matches
 * either of its two fields if both are restricted.
 */
#include "postgres.h"

#include "aidataops.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(next_scheduled);

typedef struct Field
{
	const char *name;
	int least;
	int greatest;
	const char *names; /* three letters each, of least, least + 1, ... */
} Field;

enum
{
	AT_MINUTE,
	AT_HOUR,
	AT_DAY,
	AT_MONTH,
	AT_WEEKDAY,
	FIELDS
};

static const Field fields[FIELDS] = {
	{"minute", 0, 59, NULL},
	{"hour", 0, 23, NULL},
	{"day of month", 1, 31, NULL},
	{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
	{"day of week", 0, 7, "sunmontuewedthufrisat"}, /* 7 is Sunday, too */
};

typedef struct Schedule
{
	uint64 allowed[FIELDS]; /* bit i: value i */
	bool any[FIELDS];       /* the field begins with * */
} Schedule;

static const struct
{
	const char *name;
	const char *meaning;
} nicknames[] = {
	{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
	{"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"},
};

/* No date of the calendar is rarer than 29 February, of which there may be none in eight years. */
#define DAYS_TO_SEARCH (9 * 366)

static void
fail(const char *schedule, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid schedule: \"%s\"", schedule), errdetail("%s", detail),
					errhint("Write five fields as for cron (minute, hour, day of month, month, day "
							"of week, in UTC), "
							"'*/15 * * * *' say, or @hourly, @daily, @weekly, @monthly, @yearly, "
							"or an interval such as '15 minutes'.")));
}

/* A number or a name; -1 if there is none. */
static int
read_value(const char **text, const Field *field)
{
	int value = 0;

	if (isdigit((unsigned char) **text))
	{
		while (isdigit((unsigned char) **text) && value < 1000)
			value = value * 10 + *(*text)++ - '0';
		return value;
	}
	for (int i = 0; field->names && field->names[3 * i]; i++)
		if (pg_strncasecmp(*text, field->names + 3 * i, 3) == 0)
		{
			*text += 3;
			return field->least + i;
		}
	return -1;
}

/* One element of a list: *, a, a-b, each with /step. */
static void
read_element(const char *schedule, const char **text, const Field *field, uint64 *allowed)
{
	int first = field->least;
	int last = field->greatest;
	int step = 1;

	if (**text == '*')
		(*text)++;
	else
	{
		first = last = read_value(text, field);
		if (**text == '-')
		{
			(*text)++;
			last = read_value(text, field);
		}
		else if (**text == '/')
			last = field->greatest;
	}
	if (**text == '/')
	{
		(*text)++;
		step = read_value(text, field);
	}
	if (first < field->least || last > field->greatest || first > last || step < 1)
		fail(schedule, psprintf("The field for %s is not understood; values are %d to %d.",
								field->name, field->least, field->greatest));
	for (int i = first; i <= last; i += step)
		*allowed |= UINT64CONST(1) << i;
}

static void
read_field(const char *schedule, const char **text, int which, Schedule *result)
{
	while (isspace((unsigned char) **text))
		(*text)++;
	result->any[which] = **text == '*';
	result->allowed[which] = 0;
	read_element(schedule, text, &fields[which], &result->allowed[which]);
	while (**text == ',')
	{
		(*text)++;
		read_element(schedule, text, &fields[which], &result->allowed[which]);
	}
	if (**text && !isspace((unsigned char) **text))
		fail(schedule, psprintf("The field for %s is not understood.", fields[which].name));
}

static Schedule
read_schedule(const char *schedule, const char *text)
{
	Schedule result;

	for (int i = 0; i < FIELDS; i++)
		read_field(schedule, &text, i, &result);
	while (isspace((unsigned char) *text))
		text++;
	if (*text)
		fail(schedule, "There are more than five fields.");
	if (result.allowed[AT_WEEKDAY] & (1 << 7))
		result.allowed[AT_WEEKDAY] |= 1;
	return result;
}

static bool
allows(const Schedule *schedule, int field, int value)
{
	return schedule->allowed[field] >> value & 1;
}

static bool
allows_day(const Schedule *schedule, int julian)
{
	int year;
	int month;
	int day;
	bool by_month;
	bool by_week;

	j2date(julian, &year, &month, &day);
	if (!allows(schedule, AT_MONTH, month))
		return false;
	by_month = allows(schedule, AT_DAY, day);
	by_week = allows(schedule, AT_WEEKDAY, j2day(julian));
	if (schedule->any[AT_DAY] || schedule->any[AT_WEEKDAY])
		return by_month && by_week;
	return by_month || by_week;
}

/* The first minute of the day, from a given one on, that is allowed; -1 if there is none. */
static int
next_minute(const Schedule *schedule, int from)
{
	for (int i = from; i < 24 * 60; i++)
		if (allows(schedule, AT_HOUR, i / 60) && allows(schedule, AT_MINUTE, i % 60))
			return i;
	return -1;
}

/* The first allowed minute after a time; false if there is none in years. */
static bool
next_of_fields(const Schedule *schedule, TimestampTz after, TimestampTz *result)
{
	int64 minutes = after / USECS_PER_MINUTE - (after % USECS_PER_MINUTE < 0) + 1;
	int64 day = minutes / (24 * 60) - (minutes % (24 * 60) < 0);
	int from = (int) (minutes - day * 24 * 60);

	for (int i = 0; i < DAYS_TO_SEARCH; i++, day++, from = 0)
	{
		int minute = allows_day(schedule, (int) day + POSTGRES_EPOCH_JDATE)
						 ? next_minute(schedule, from)
						 : -1;

		if (minute >= 0)
		{
			*result = (day * 24 * 60 + minute) * USECS_PER_MINUTE;
			return true;
		}
	}
	return false;
}

static TimestampTz
next_of_interval(const char *schedule, TimestampTz after)
{
	Interval *interval = DatumGetIntervalP(DirectFunctionCall3(
		interval_in, CStringGetDatum(schedule), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	TimestampTz result;

	if (interval->time < 0 || interval->day < 0 || interval->month < 0 ||
		(interval->month == 0 && interval->day == 0 && interval->time < USECS_PER_SEC))
		fail(schedule, "An interval must be a second at least.");
	result = DatumGetTimestampTz(DirectFunctionCall2(
		timestamptz_pl_interval, TimestampTzGetDatum(after), IntervalPGetDatum(interval)));
	return result;
}

/* '15 minutes' is a number and a word; no field is a number that a word follows. */
static bool
is_interval(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && isalpha((unsigned char) text[digits + strspn(text + digits, " ")]);
}

/* next_scheduled(schedule, after): NULL if never. */
Datum
next_scheduled(PG_FUNCTION_ARGS)
{
	char *schedule = text_to_cstring(PG_GETARG_TEXT_PP(0));
	TimestampTz after = PG_GETARG_TIMESTAMPTZ(1);
	const char *text = schedule;
	Schedule parsed;
	TimestampTz result;

	/* nor at the end of time as PostgreSQL has it, beyond which nothing can be searched */
	if (TIMESTAMP_NOT_FINITE(after) || after > END_TIMESTAMP - DAYS_TO_SEARCH * USECS_PER_DAY)
		PG_RETURN_NULL();
	for (int i = 0; i < (int) lengthof(nicknames); i++)
		if (pg_strcasecmp(schedule, nicknames[i].name) == 0)
			text = nicknames[i].meaning;
	if (strpbrk(text, "0123456789*") == NULL)
		fail(schedule, "It has neither fields nor an interval.");
	if (is_interval(text))
		PG_RETURN_TIMESTAMPTZ(next_of_interval(schedule, after));
	parsed = read_schedule(schedule, text);
	if (!next_of_fields(&parsed, after, &result))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(result);
}
