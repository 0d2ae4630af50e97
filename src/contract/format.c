/*
 * format.c: named forms of text, as JSON Schema (2020-12, section 7.3) calls them.
 *
 * The grammars are those of the standards, ASCII only: RFC 3339 dates and times, RFC 1123 host names, RFC 4291 and
 * 2673 addresses, RFC 4122 UUIDs, RFC 3986 URIs. Of an e-mail address (RFC 5321) it is the unquoted form.
 */
#include "postgres.h"

#include "contract/format.h"

/* Text that is read from left to right. */
typedef struct Scanner
{
	const char *at;
	const char *end;
} Scanner;

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
scan_char(Scanner *scanner, char c)
{
	if (scanner->at == scanner->end || *scanner->at != c)
		return false;
	scanner->at++;
	return true;
}

/* Exactly so many digits; the number, or -1. */
static int
scan_digits(Scanner *scanner, int count)
{
	int number = 0;

	for (; count > 0; count--)
	{
		if (scanner->at == scanner->end || !is_digit(*scanner->at))
			return -1;
		number = number * 10 + (*scanner->at++ - '0');
	}
	return number;
}

/* ------------------------------------------------------------------ dates and times ---- */

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool
scan_date(Scanner *scanner)
{
	int year = scan_digits(scanner, 4);
	int month = year >= 0 && scan_char(scanner, '-') ? scan_digits(scanner, 2) : -1;
	int day = month >= 1 && month <= 12 && scan_char(scanner, '-') ? scan_digits(scanner, 2) : -1;

	return day >= 1 && day <= days_in_month(year, month);
}

static bool
scan_offset(Scanner *scanner)
{
	int hour, minute;

	if (scan_char(scanner, 'Z') || scan_char(scanner, 'z'))
		return true;
	if (!scan_char(scanner, '+') && !scan_char(scanner, '-'))
		return false;
	hour = scan_digits(scanner, 2);
	minute = hour >= 0 && scan_char(scanner, ':') ? scan_digits(scanner, 2) : -1;
	return hour <= 23 && minute >= 0 && minute <= 59;
}

static bool
scan_time(Scanner *scanner)
{
	int hour = scan_digits(scanner, 2);
	int minute = hour >= 0 && hour <= 23 && scan_char(scanner, ':') ? scan_digits(scanner, 2) : -1;
	int second =
		minute >= 0 && minute <= 59 && scan_char(scanner, ':') ? scan_digits(scanner, 2) : -1;

	if (second < 0 || second > 60) /* 60: a leap second */
		return false;
	if (scan_char(scanner, '.'))
	{
		if (scan_digits(scanner, 1) < 0)
			return false;
		while (scanner->at < scanner->end && is_digit(*scanner->at))
			scanner->at++;
	}
	return scan_offset(scanner);
}

static bool
is_date(const char *text, int length)
{
	Scanner scanner = {text, text + length};

	return scan_date(&scanner) && scanner.at == scanner.end;
}

static bool
is_time(const char *text, int length)
{
	Scanner scanner = {text, text + length};

	return scan_time(&scanner) && scanner.at == scanner.end;
}

static bool
is_date_time(const char *text, int length)
{
	Scanner scanner = {text, text + length};

	return scan_date(&scanner) &&
		   (scan_char(&scanner, 'T') || scan_char(&scanner, 't') || scan_char(&scanner, ' ')) &&
		   scan_time(&scanner) && scanner.at == scanner.end;
}

/* ----------------------------------------------------------------------- addresses ---- */

static bool
is_ipv4(const char *text, int length)
{
	Scanner scanner = {text, text + length};

	for (int part = 0; part < 4; part++)
	{
		const char *start = scanner.at;
		int number = 0;

		if (part > 0 && !scan_char(&scanner, '.'))
			return false;
		start = scanner.at;
		while (scanner.at < scanner.end && is_digit(*scanner.at) && scanner.at - start < 3)
			number = number * 10 + (*scanner.at++ - '0');
		if (scanner.at == start || number > 255 || (*start == '0' && scanner.at - start > 1))
			return false;
	}
	return scanner.at == scanner.end;
}

static bool
is_ipv6(const char *text, int length)
{
	const char *at = text, *end = text + length;
	int groups = 0;
	bool gap = false;

	if (length >= 2 && at[0] == ':' && at[1] == ':')
	{
		gap = true;
		at += 2;
	}
	else if (length > 0 && at[0] == ':')
		return false;
	while (at < end)
	{
		const char *start = at;

		while (at < end && is_hex(*at))
			at++;
		if (at < end && *at == '.') /* the last 32 bits as an IPv4 address */
			return is_ipv4(start, end - start) && (gap ? groups + 2 < 8 : groups + 2 == 8);
		if (at == start || at - start > 4)
			return false;
		groups++;
		if (at == end)
			break;
		if (*at++ != ':')
			return false;
		if (at < end && *at == ':')
		{
			if (gap)
				return false;
			gap = true;
			at++;
		}
		else if (at == end)
			return false;
	}
	return gap ? groups < 8 : groups == 8;
}

static bool
is_hostname(const char *text, int length)
{
	const char *at = text, *end = text + length;

	if (length == 0 || length > 253)
		return false;
	while (true)
	{
		const char *start = at;

		while (at < end && (is_letter(*at) || is_digit(*at) || *at == '-'))
			at++;
		if (at == start || at - start > 63 || *start == '-' || at[-1] == '-')
			return false;
		if (at == end)
			return true;
		if (*at++ != '.')
			return false;
	}
}

static bool
is_email(const char *text, int length)
{
	const char *at = memchr(text, '@', length);
	const char *start = text;

	if (at == NULL || at == text || at - text > 64 || text[0] == '.' || at[-1] == '.')
		return false;
	for (; start < at; start++)
		if (!(is_letter(*start) || is_digit(*start) ||
			  (*start != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", *start)) ||
			  (*start == '.' && start[1] != '.')))
			return false;
	return is_hostname(at + 1, text + length - at - 1);
}

/* ------------------------------------------------------------------ identifiers ---- */

static bool
is_uuid(const char *text, int length)
{
	if (length != 36)
		return false;
	for (int i = 0; i < length; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !is_hex(text[i]))
			return false;
	return true;
}

/* A scheme, a colon, and characters that a URI may have. */
static bool
is_uri(const char *text, int length)
{
	int i = 0;

	if (length == 0 || !is_letter(text[0]))
		return false;
	while (i < length && (is_letter(text[i]) || is_digit(text[i]) || text[i] == '+' ||
						  text[i] == '-' || text[i] == '.'))
		i++;
	if (i == length || text[i] != ':' || i + 1 == length)
		return false;
	for (i++; i < length; i++)
	{
		if (text[i] == '%')
		{
			if (i + 2 >= length || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
				return false;
		}
		else if (!is_letter(text[i]) && !is_digit(text[i]) &&
				 (text[i] == '\0' || !strchr("-._~:/?#[]@!$&'()*+,;=", text[i])))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------- by name ---- */

static const struct
{
	const char *name;
	FormatTest test;
} formats[] = {
	{"date", is_date}, {"date-time", is_date_time}, {"email", is_email}, {"hostname", is_hostname},
	{"ipv4", is_ipv4}, {"ipv6", is_ipv6},           {"time", is_time},   {"uri", is_uri},
	{"uuid", is_uuid}};

FormatTest
format_by_name(const char *name)
{
	for (size_t i = 0; i < lengthof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].test;
	return NULL;
}

const char *
format_names(void)
{
	return "date, date-time, email, hostname, ipv4, ipv6, time, uri, uuid";
}
