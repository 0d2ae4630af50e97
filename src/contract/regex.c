/*
 * regex.c: regular expressions of the standard (ECMA-262) as PostgreSQL writes them.
 *
 * The two agree on most, and differ where it hurts silently: \b is a boundary in one and a backspace in the
 * other, \B a backslash; \d, \w and \s depend on the locale in PostgreSQL; . excludes line ends in ECMA-262 only. So all
 * is parsed and written anew. Only whether a text matches is of interest: groups do not capture, nothing is lazy. Without
 * back-references, which are refused, PostgreSQL's matcher is a deterministic automaton, and what is left to bound is
 * its size.
 */
#include "postgres.h"

#include "aidataops.h"
#include "catalog/pg_collation.h"
#include "contract/regex.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"

#define MAX_PATTERN_LENGTH 4000
#define MAX_DEPTH          50
#define MAX_REPEAT         255 /* PostgreSQL's RE_DUP_MAX */
#define MAX_STATES         2500
#define MAX_LOOSE          200 /* makes an automaton in 0.2 s at worst, and 1000 in a minute */
#define LOOSE_BOUNDARY     10  /* two alternatives, of two conditions each */
#define UNBOUNDED          -1
#define LAST_CODE_POINT    0x10FFFF

typedef struct Range
{
	pg_wchar first;
	pg_wchar last;
} Range;

static const Range digits[] = {{'0', '9'}};
static const Range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const Range space[] = {
	{'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
	{0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
static const Range line_end[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

/* Characters that mean more than themselves, in brackets or outside. */
static const char SPECIAL[] = "*+?{}()[]|^$.\\-";

static const char WORD[] = "[0-9A-Z_a-z]";

typedef struct Translation
{
	const char *at;
	StringInfoData out;
	int depth;
	char *problem; /* the first one; NULL: none */
	char *hint;
} Translation;

static void
fail(Translation *t, char *problem, const char *hint)
{
	if (t->problem)
		return;
	t->problem = problem;
	t->hint = hint ? pstrdup(hint) : NULL;
}

/* ------------------------------------------------------------------------- characters ---- */

/* Beyond ASCII, numbers of characters mean the same in PostgreSQL only if it speaks Unicode. */
static bool
knows_unicode(void)
{
	return GetDatabaseEncoding() == PG_UTF8;
}

static void
put_code_point(Translation *t, pg_wchar c)
{
	if (c >= ' ' && c < 0x7F)
		appendStringInfo(&t->out, strchr(SPECIAL, (char) c) ? "\\%c" : "%c", (char) c);
	else if (c <= 0xFFFF)
		appendStringInfo(&t->out, "\\u%04X", c);
	else
		appendStringInfo(&t->out, "\\U%08X", c);
}

static void
put_range(Translation *t, pg_wchar first, pg_wchar last)
{
	put_code_point(t, first);
	if (last == first)
		return;
	appendStringInfoChar(&t->out, '-');
	put_code_point(t, last);
}

static int
ranges_in_encoding(const Range *ranges, int count)
{
	while (!knows_unicode() && ranges[count - 1].first >= 0x80)
		count--;
	return count;
}

/* As the inside of a bracket expression. */
static void
put_set(Translation *t, const Range *ranges, int count, bool complement)
{
	pg_wchar next = 1;

	count = ranges_in_encoding(ranges, count);
	for (int i = 0; i < count; i++)
	{
		if (!complement)
			put_range(t, ranges[i].first, ranges[i].last);
		else if (ranges[i].first > next)
			put_range(t, next, ranges[i].first - 1);
		next = ranges[i].last + 1;
	}
	if (complement)
		put_range(t, next, LAST_CODE_POINT);
}

static bool
named_set(char letter, const Range **ranges, int *count)
{
	switch (letter)
	{
		case 'd':
		case 'D':
			*ranges = digits;
			*count = lengthof(digits);
			return true;
		case 'w':
		case 'W':
			*ranges = word;
			*count = lengthof(word);
			return true;
		case 's':
		case 'S':
			*ranges = space;
			*count = lengthof(space);
			return true;
		default:
			return false;
	}
}

/* One character of the pattern itself; what it is in *c, as PostgreSQL's matcher counts characters. */
static void
read_plain(Translation *t, pg_wchar *c)
{
	pg_wchar wide[2];
	int len = pg_mblen(t->at);

	pg_mb2wchar_with_len(t->at, wide, len);
	*c = wide[0];
	t->at += len;
}

static int
read_hex(Translation *t, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++)
	{
		if (!isxdigit((unsigned char) t->at[i]))
		{
			fail(t,
				 psprintf("an escape of a character lacks %s",
						  n == 2 ? "two hexadecimal digits" : "four hexadecimal digits"),
				 NULL);
			return 0;
		}
		value = value * 16 +
				(isdigit((unsigned char) t->at[i]) ? t->at[i] - '0' : (t->at[i] | 0x20) - 'a' + 10);
	}
	t->at += n;
	return value;
}

/* \u{...}, \uHHHH, or two of these that make one character */
static pg_wchar
read_unicode(Translation *t)
{
	pg_wchar c = 0;

	if (*t->at == '{')
	{
		char *end;

		c = strtoul(t->at + 1, &end, 16);
		if (!isxdigit((unsigned char) t->at[1]) || *end != '}' || end - t->at > 8)
			fail(t, pstrdup("\\u{...} is not closed, or no number"), NULL);
		else
			t->at = end + 1;
		return c;
	}
	c = read_hex(t, 4);
	if (is_utf16_surrogate_first(c) && t->at[0] == '\\' && t->at[1] == 'u' && t->at[2] != '{')
	{
		pg_wchar second;

		t->at += 2;
		second = read_hex(t, 4);
		c = is_utf16_surrogate_second(second) ? surrogate_pair_to_codepoint(c, second) : 0xD800;
	}
	return c;
}

static void
check_code_point(Translation *t, pg_wchar c)
{
	if (c == 0)
		fail(t, pstrdup("it names the character zero, which no text contains"), NULL);
	else if ((c >= 0xD800 && c <= 0xDFFF) || c > LAST_CODE_POINT)
		fail(t, psprintf("U+%04X is no character", c), NULL);
	else if (c >= 0x80 && !knows_unicode())
		fail(t, psprintf("U+%04X cannot be named in a database whose encoding is not UTF8", c),
			 "Write the character itself.");
}

/* After the backslash: a character; false if it stands for something else, or for nothing. */
static bool
read_escaped_character(Translation *t, pg_wchar *c)
{
	static const char letters[] = "tnvfr";
	static const char meanings[] = "\t\n\v\f\r";
	char letter = *t->at;
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (found)
		*c = meanings[found - letters];
	else if (letter == 'c' && isalpha((unsigned char) t->at[1]))
		*c = *++t->at & 0x1F;
	else if (letter == 'x' || letter == 'u')
	{
		t->at++;
		*c = letter == 'x' ? (pg_wchar) read_hex(t, 2) : read_unicode(t);
		check_code_point(t, *c);
		return true;
	}
	else if (letter && !isalnum((unsigned char) letter) && !IS_HIGHBIT_SET(letter))
		*c = letter;
	else
		return false;
	t->at++;
	return true;
}

static void
refuse_escape(Translation *t)
{
	char letter = *t->at;

	if (letter == '\0')
		fail(t, pstrdup("it ends in a backslash"), NULL);
	else if (letter == 'p' || letter == 'P')
		fail(t, psprintf("\\%c{...}, a property of Unicode, is unknown to PostgreSQL", letter),
			 "List the ranges of characters that are meant: [A-Za-z\\u00C0-\\u024F].");
	else if (letter == 'k' || (letter >= '1' && letter <= '9'))
		fail(t, psprintf("back-reference \\%c: its matching can take for ever", letter), NULL);
	else if (letter == '0')
		fail(t, pstrdup("it names the character zero, which no text contains"), NULL);
	else
		fail(t, psprintf("\\%.*s means nothing", pg_mblen(t->at), t->at), NULL);
}

/* --------------------------------------------------------------------------- brackets ---- */

/* One element of a bracket expression; a set, which is written at once, has no range: false. */
static bool
read_class_atom(Translation *t, pg_wchar *c)
{
	const Range *ranges;
	int count;

	if (*t->at != '\\')
	{
		read_plain(t, c);
		return true;
	}
	t->at++;
	if (named_set(*t->at, &ranges, &count))
	{
		bool complement = isupper((unsigned char) *t->at);

		if (complement && !knows_unicode())
			fail(t, psprintf("\\%c in brackets takes a database with encoding UTF8", *t->at), NULL);
		put_set(t, ranges, count, complement);
		t->at++;
		return false;
	}
	if (*t->at == 'b')
	{
		*c = '\b';
		t->at++;
		return true;
	}
	if (read_escaped_character(t, c))
		return true;
	refuse_escape(t);
	return false;
}

/* Characters beyond ASCII are written as they are, for their numbers depend on the encoding. */
static void
put_wide(Translation *t, pg_wchar c)
{
	unsigned char bytes[MAX_MULTIBYTE_CHAR_LEN + 1];

	if (c < 0x80)
	{
		put_code_point(t, c);
		return;
	}
	pg_wchar2mb_with_len(&c, (char *) bytes, 1);
	appendStringInfoString(&t->out, (char *) bytes);
}

static void
class_range(Translation *t)
{
	pg_wchar first;
	pg_wchar last;

	if (!read_class_atom(t, &first))
		return;
	if (t->at[0] != '-' || t->at[1] == ']' || t->at[1] == '\0')
	{
		put_wide(t, first);
		return;
	}
	t->at++;
	if (t->at[0] == '\\' && strchr("dDwWsS", t->at[1]) && t->at[1])
	{
		put_wide(t, first);
		put_code_point(t, '-');
		read_class_atom(t, &last);
		return;
	}
	if (!read_class_atom(t, &last))
		return;
	if (last < first)
		fail(t, pstrdup("a range in brackets is reversed"), NULL);
	put_wide(t, first);
	appendStringInfoChar(&t->out, '-');
	put_wide(t, last);
}

static void class(Translation *t)
{
	bool complement = t->at[1] == '^';

	t->at += complement ? 2 : 1;
	if (*t->at == ']')
	{
		t->at++;
		if (!complement)
			fail(t, pstrdup("[] matches nothing"), NULL);
		appendStringInfoChar(&t->out, '.'); /* any, line ends too */
		return;
	}
	appendStringInfoString(&t->out, complement ? "[^" : "[");
	while (*t->at != ']' && !t->problem)
	{
		if (*t->at == '\0')
			fail(t, pstrdup("a bracket is not closed"), NULL);
		else
			class_range(t);
	}
	t->at++;
	appendStringInfoChar(&t->out, ']');
}

/* ------------------------------------------------------------------------------ terms ---- */

/* What a part of the pattern costs: states of the automaton, roughly. */
typedef struct Part
{
	double size;
	double
		loose; /* parts of it that may be empty or repeat, which connect all around them with each other */
	bool nullable; /* matches the empty text too */
} Part;

static Part disjunction(Translation *t);

static bool
starts(const Translation *t, const char *prefix)
{
	return strncmp(t->at, prefix, strlen(prefix)) == 0;
}

/* The beginning of a group, as PostgreSQL writes it; NULL, and a problem, if it cannot. */
static const char *
group_opening(Translation *t)
{
	static const char *const openings[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};

	if (t->at[1] != '?')
	{
		t->at++;
		return "(?:";
	}
	for (size_t i = 0; i < lengthof(openings); i++)
		if (starts(t, openings[i]))
		{
			t->at += strlen(openings[i]);
			return openings[i];
		}
	if (starts(t, "(?<"))
		fail(t, pstrdup("named group: PostgreSQL has none"),
			 "Write (?:...) instead of (?<name>...).");
	else
		fail(t, psprintf("group %.3s... is unknown to PostgreSQL", t->at), NULL);
	return NULL;
}

static Part
group(Translation *t, bool *repeatable)
{
	const char *opening = group_opening(t);
	Part part = {0};

	if (opening == NULL)
		return part;
	if (++t->depth > MAX_DEPTH)
		fail(t, psprintf("more than %d groups inside of each other", MAX_DEPTH), NULL);
	*repeatable = strcmp(opening, "(?:") == 0;
	appendStringInfoString(&t->out, opening);
	if (!t->problem)
		part = disjunction(t);
	part.nullable |= !*repeatable;
	if (*t->at != ')')
		fail(t, pstrdup("a group is not closed"), NULL);
	else
		t->at++;
	appendStringInfoChar(&t->out, ')');
	t->depth--;
	return part;
}

/* Spelled out, because PostgreSQL's own knows letters of the locale. */
static void
word_boundary(Translation *t, bool is)
{
	appendStringInfo(&t->out, "(?:(?<=%s)%s%s)|(?<!%s)%s%s))", WORD, is ? "(?!" : "(?=", WORD, WORD,
					 is ? "(?=" : "(?!", WORD);
}

static void
escape(Translation *t, Part *part, bool *repeatable)
{
	const Range *ranges;
	int count;
	pg_wchar c;

	t->at++;
	if (*t->at == 'b' || *t->at == 'B')
	{
		word_boundary(t, *t->at == 'b');
		part->loose = LOOSE_BOUNDARY;
		*repeatable = false;
		t->at++;
	}
	else if (named_set(*t->at, &ranges, &count))
	{
		appendStringInfoString(&t->out, isupper((unsigned char) *t->at) ? "[^" : "[");
		put_set(t, ranges, count, false);
		appendStringInfoChar(&t->out, ']');
		t->at++;
	}
	else if (read_escaped_character(t, &c))
		put_code_point(t, c);
	else
		refuse_escape(t);
}

static void
any_character(Translation *t)
{
	appendStringInfoString(&t->out, "[^");
	put_set(t, line_end, lengthof(line_end), false);
	appendStringInfoChar(&t->out, ']');
	t->at++;
}

/* {m}, {m,} or {m,n}: false if it is none, and then a brace is a brace */
static bool
read_braces(const char *at, const char **end, int *min, int *max)
{
	char *stop;

	if (at[0] != '{' || !isdigit((unsigned char) at[1]))
		return false;
	*min = *max = (int) Min(strtoul(at + 1, &stop, 10), MAX_REPEAT + 1);
	if (*stop == ',')
	{
		at = stop + 1;
		*max = isdigit((unsigned char) *at) ? (int) Min(strtoul(at, &stop, 10), MAX_REPEAT + 1)
											: UNBOUNDED;
		if (*max == UNBOUNDED)
			stop = unconstify(char *, at);
	}
	*end = stop + 1;
	return *stop == '}';
}

static void
check_braces(Translation *t, int min, int max, const char *end)
{
	if (min > MAX_REPEAT || max > MAX_REPEAT)
		fail(t, psprintf("%.*s repeats more than %d times", (int) (end - t->at), t->at, MAX_REPEAT),
			 "Say so by minLength and maxLength.");
	else if (max != UNBOUNDED && max < min)
		fail(t, psprintf("%.*s is reversed", (int) (end - t->at), t->at), NULL);
}

/* Copies of what may be empty are all connected with each other, which costs their square. */
static double
cost_of_copies(const Part *part, double copies)
{
	return part->size * (part->nullable ? copies * copies : copies);
}

/* A repetition without end is a loop; one with an end has as many exits as it may be shorter. */
static double
looseness(int min, int max)
{
	return max == UNBOUNDED ? 1 : (max - min) / 10.0;
}

static void
quantifier(Translation *t, Part *part, bool repeatable)
{
	const char *end = t->at + 1;
	int min = *t->at == '+' ? 1 : 0;
	int max = UNBOUNDED;
	double copies;

	if (*t->at != '*' && *t->at != '+' && *t->at != '?')
	{
		if (!read_braces(t->at, &end, &min, &max))
			return;
		check_braces(t, min, max, end);
	}
	if (!repeatable)
		fail(t, pstrdup("a condition is repeated, which changes nothing"), NULL);
	appendBinaryStringInfo(&t->out, t->at, end - t->at);
	copies = Max(Max(min, max), 1);
	part->size = cost_of_copies(part, copies);
	part->loose = part->loose * copies + looseness(min, max);
	part->nullable |= min == 0;
	t->at = *end == '?' ? end + 1 : end;
}

static bool
is_quantifier(const char *at)
{
	const char *end;
	int min;
	int max;

	return strchr("*+?", *at) || read_braces(at, &end, &min, &max);
}

static Part
term(Translation *t)
{
	bool repeatable = true;
	Part part = {.size = 1};
	pg_wchar c;

	if (*t->at == '(')
		part = group(t, &repeatable);
	else if (*t->at == '[')
		class(t);
	else if (*t->at == '\\')
		escape(t, &part, &repeatable);
	else if (*t->at == '.')
		any_character(t);
	else if (*t->at == '^' || *t->at == '$')
	{
		repeatable = false;
		appendStringInfoChar(&t->out, *t->at++);
	}
	else if (is_quantifier(t->at))
		fail(t, psprintf("there is nothing that %c could repeat", *t->at), NULL);
	else
	{
		read_plain(t, &c);
		put_wide(t, c);
	}
	if (!repeatable)
	{
		part.nullable = true;
		part.loose += 1;
	}
	if (!t->problem)
		quantifier(t, &part, repeatable);
	return part;
}

/* Alternatives, up to the end or the parenthesis that closes them. */
static Part
disjunction(Translation *t)
{
	Part whole = {0};
	bool nullable = true; /* the alternative so far */

	CHECK_FOR_INTERRUPTS();
	while (*t->at && *t->at != ')' && !t->problem)
	{
		if (*t->at == '|')
		{
			whole.nullable |= nullable;
			whole.loose += nullable;
			nullable = true;
			appendStringInfoChar(&t->out, *t->at++);
		}
		else
		{
			Part part = term(t);

			whole.size += part.size;
			whole.loose += part.loose;
			nullable &= part.nullable;
		}
	}
	whole.nullable |= nullable;
	return whole;
}

/* -------------------------------------------------------------------------------- all ---- */

static void
check_compiles(Translation *t)
{
	pg_wchar *wide = palloc(sizeof(pg_wchar) * (t->out.len + 1));
	int len = pg_mb2wchar_with_len(t->out.data, wide, t->out.len);
	regex_t regex;
	char message[100];
	int status = pg_regcomp(&regex, wide, len, REG_ADVANCED | REG_NOSUB, C_COLLATION_OID);

	if (status == REG_OKAY)
	{
		pg_regfree(&regex);
		return;
	}
	CHECK_FOR_INTERRUPTS();
	pg_regerror(status, &regex, message, sizeof(message));
	fail(t, psprintf("PostgreSQL says: %s", message), NULL);
}

static void
check_size(Translation *t, const Part *whole)
{
	if (whole->size > MAX_STATES)
		fail(t,
			 psprintf("with its repetitions it has %.0f parts, and no more than %d are allowed",
					  whole->size, MAX_STATES),
			 "Bound the length by maxLength, and repeat by + or *.");
	if (whole->loose > MAX_LOOSE)
		fail(t,
			 psprintf("%.0f of its parts may be empty or repeat, and no more than %d are allowed",
					  whole->loose, MAX_LOOSE),
			 "Repeat sets of characters instead: [ab]* for (a*b*)*.");
}

static void
translate(Translation *t, const char *pattern)
{
	Part whole;

	t->at = pattern;
	initStringInfo(&t->out);
	if (strlen(pattern) > MAX_PATTERN_LENGTH)
	{
		fail(t, psprintf("it is longer than %d bytes", MAX_PATTERN_LENGTH), NULL);
		return;
	}
	whole = disjunction(t);
	if (*t->at == ')')
		fail(t, pstrdup("a parenthesis closes what is not open"), NULL);
	check_size(t, &whole);
	if (!t->problem)
		check_compiles(t);
}

char *
compile_regex(Compiler *compiler, const Json *pattern)
{
	Translation t = {0};

	if (json_string(pattern) == NULL)
		return NULL;
	translate(&t, pattern->text);
	if (t.problem == NULL)
		return t.out.data;
	finding(compiler, FINDING_ERROR, pattern, "untranslatable_pattern",
			psprintf("pattern %s: %s", json_printed(pattern), t.problem), t.hint);
	return NULL;
}
