/*
 * explain_categories.c: what kind of change lies between two samples of categories.
 *
 * The distance is the total variation of the shares. Chance alone gives sum sqrt(p (1 - p)) times
 * sqrt((1/n + 1/m) / 2 pi) on average, as half the sum of the absolute values of normal deviates. One
 * sqrt(1/n + 1/m) more is exceeded by 1 in 200 pairs of samples of two equal categories, and by fewer of more,
 * whose deviations average out.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "drift/explain.h"
#include "miscadmin.h"
#include "utils/formatting.h"

/* How many changes of names a detail lists. */
#define LISTED 3

/* One category, or what a hypothesis takes as one. */
typedef struct Category
{
	const ProfileLabel *label; /* NULL for NULL */
	char *name;                /* as a person writes it */
	double reference;          /* shares */
	double current;
	double count_reference;
	double count_current;
	double undone; /* share in the reference, once the hypothesis is undone */
} Category;

typedef struct Categories
{
	int n;
	Category *list;
	double rows_reference;
	double rows_current;
	double chance; /* sqrt(1/n + 1/m) */
	double before;
	Explanations *found;
} Categories;

/* ------------------------------------------------------------------------------ distance ---- */

static double
variation(const Category *list, int n, bool undone)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += fabs(list[i].current - (undone ? list[i].undone : list[i].reference));
	return sum / 2;
}

static double
noise_of(const Category *list, int n, bool undone, double chance)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
	{
		double p = (list[i].current + (undone ? list[i].undone : list[i].reference)) / 2;

		sum += sqrt(p * Max(1 - p, 0));
	}
	return chance * (sum / sqrt(2 * M_PI) + 1);
}

/* Of a hypothesis that is undone in all categories. */
static double
fit_undone(const Categories *c)
{
	return fit_of(c->before, variation(c->list, c->n, true),
				  noise_of(c->list, c->n, true, c->chance));
}

/* ------------------------------------------------------------------------------- names ---- */

static char *
name_of(const ProfileLabel *label)
{
	char *text = label ? profile_label_text(label) : "NULL";

	return psprintf("\"%s\"", text);
}

static void
list_name(StringInfo text, int listed, int all, const char *name)
{
	if (listed < LISTED)
		appendStringInfo(text, "%s%s", listed == 0 ? "" : ", ", name);
	else if (listed == LISTED)
		appendStringInfo(text, " and %d more", all - LISTED);
}

/* In lower case, without white space at the ends, and with one space for more; NULL if it was cut. */
static char *
plain_spelling(const ProfileLabel *label)
{
	char *text;
	char *to;
	bool gap = false;

	if (!label || label->cut)
		return NULL;
	text = profile_label_text(label);
	text = str_tolower(text, strlen(text), DEFAULT_COLLATION_OID);
	to = text;
	for (char *from = text; *from; from++)
	{
		if (strchr(" \t\r\n\f\v", *from))
		{
			gap = to > text;
			continue;
		}
		if (gap)
			*to++ = ' ';
		gap = false;
		*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* -------------------------------------------------------------------------- respelled ---- */

typedef struct Spelling
{
	char *plain;
	const Category *category;
} Spelling;

static int
compare_spellings(const void *a, const void *b)
{
	const Spelling *x = a;
	const Spelling *y = b;
	int order = strcmp(x->plain, y->plain);

	/* then the one that was written before */
	if (order != 0)
		return order;
	return (x->category->reference < y->category->reference) -
		   (x->category->reference > y->category->reference);
}

/* Categories of one spelling are added up. */
static int
merge_spellings(const Spelling *spellings, int n, Category *merged, int *changed, StringInfo text)
{
	int count = 0;
	int listed = 0;

	for (int i = 0; i < n; i++)
	{
		const Category *category = spellings[i].category;

		if (i == 0 || strcmp(spellings[i].plain, spellings[i - 1].plain) != 0)
		{
			merged[count] = *category;
			merged[count++].undone = category->reference;
			continue;
		}
		merged[count - 1].undone += category->reference;
		merged[count - 1].current += category->current;
		if (category->reference < category->current)
			list_name(text, listed++, *changed,
					  psprintf("%s now %s", merged[count - 1].name, category->name));
	}
	*changed = listed;
	return count;
}

static void
explain_respelled(Categories *c)
{
	Spelling *spellings = palloc(c->n * sizeof(Spelling));
	Category *merged = palloc(c->n * sizeof(Category));
	StringInfoData text;
	int changed = 0;
	int n;
	double fit;

	for (int i = 0; i < c->n; i++)
	{
		char *plain = plain_spelling(c->list[i].label);

		/* of labels that were cut nobody knows whether they are equal: no label begins like this */
		spellings[i] = (Spelling){plain ? plain : psprintf(" %d", i), &c->list[i]};
	}
	qsort(spellings, c->n, sizeof(Spelling), compare_spellings);
	/* counted first, because the list says how many it leaves out */
	initStringInfo(&text);
	merge_spellings(spellings, c->n, merged, &changed, &text);
	resetStringInfo(&text);
	n = merge_spellings(spellings, c->n, merged, &changed, &text);
	if (changed == 0)
		return;
	fit = fit_of(c->before, variation(merged, n, true), noise_of(merged, n, true, c->chance));
	if (fit >= LEAST_FIT)
		explanations_add(c->found, RESPELLED, EXPLAINED, fit,
						 psprintf("equal but for case and white space: %s", text.data));
}

/* ---------------------------------------------------------------------------- recoded ---- */

static int
by_reference(const void *a, const void *b)
{
	const Category *x = *(Category *const *) a;
	const Category *y = *(Category *const *) b;

	if (x->count_reference != y->count_reference)
		return x->count_reference < y->count_reference ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int
by_current(const void *a, const void *b)
{
	const Category *x = *(Category *const *) a;
	const Category *y = *(Category *const *) b;

	if (x->count_current != y->count_current)
		return x->count_current < y->count_current ? 1 : -1;
	return strcmp(x->name, y->name);
}

typedef struct Relabelling
{
	int n; /* pairs */
	Category **from;
	Category **to;
	double fit;
	bool same_rows;
	bool matches; /* each pair is as near as samples are */
	double odds;
} Relabelling;

/* Standard deviations by which the shares of a pair may differ. */
#define MATCH 2.5

static double
deviation_of(const Categories *c, double share)
{
	return sqrt(share * Max(1 - share, 0)) * c->chance;
}

static bool
shares_match(const Categories *c, double p, double q)
{
	return fabs(p - q) <= MATCH * deviation_of(c, (p + q) / 2);
}

/*
 * Shares of so many categories that have nothing to do with each other lie anywhere among the descending
 * ones, a space of the volume w^(k - 1) / ((k - 1)! k!), where w is the share of all of them. How likely
 * is it that each comes to lie within what chance allows?
 */
static double
odds_of_match(const Categories *c, const Relabelling *r)
{
	double all = 0;
	double log_odds = lgamma(r->n) + lgamma(r->n + 1);

	for (int i = 0; i < r->n; i++)
		all += r->from[i]->reference;
	/* the last follows from the others */
	for (int i = 0; i < r->n - 1; i++)
		log_odds += log(Min(2 * MATCH * deviation_of(c, r->from[i]->reference) / all, 1));
	/* all of them together can be as many as they like */
	if (all < 1)
		log_odds += log(Min(2 * MATCH * deviation_of(c, all), 1));
	return exp(Min(log_odds, 0));
}

/*
 * The same rows, as all counts are the same: of three categories at least, and not of two pairs alike, for
 * then they do not say which became which.
 */
static bool
is_same_rows(const Categories *c, const Relabelling *r)
{
	int before = 0;

	for (int i = 0; i < c->n; i++)
		before += c->list[i].reference > 0;
	for (int i = 1; i < r->n; i++)
		if (r->from[i]->count_reference == r->from[i - 1]->count_reference)
			return false;
	return before >= 3 && c->rows_reference == c->rows_current &&
		   variation(c->list, c->n, true) == 0;
}

static void
measure_relabelling(Categories *c, Relabelling *r)
{
	r->matches = true;
	for (int i = 0; i < c->n; i++)
		c->list[i].undone = c->list[i].reference;
	for (int i = 0; i < r->n; i++)
		r->from[i]->undone = 0;
	for (int i = 0; i < r->n; i++)
	{
		r->to[i]->undone = r->from[i]->reference;
		r->matches = r->matches && shares_match(c, r->from[i]->reference, r->to[i]->current);
	}
	r->same_rows = is_same_rows(c, r);
	r->fit = fit_undone(c);
	r->odds = odds_of_match(c, r);
}

/* In the order of their frequencies, categories that one sample alone has, or all of them. */
static Relabelling
relabelling(Categories *c, bool only_unshared)
{
	Relabelling r = {.from = palloc(c->n * sizeof(Category *)),
					 .to = palloc(c->n * sizeof(Category *))};
	int to = 0;

	for (int i = 0; i < c->n; i++)
	{
		Category *category = &c->list[i];
		bool shared = category->reference > 0 && category->current > 0;

		if (shared && only_unshared)
			continue;
		if (category->reference > 0)
			r.from[r.n++] = category;
		if (category->current > 0)
			r.to[to++] = category;
	}
	qsort(r.from, r.n, sizeof(Category *), by_reference);
	qsort(r.to, to, sizeof(Category *), by_current);
	if (r.n != to || r.n == 0)
		r.n = 0;
	else
		measure_relabelling(c, &r);
	return r;
}

static char *
relabelling_text(const Relabelling *r)
{
	StringInfoData text;
	int changed = 0;
	int listed = 0;

	initStringInfo(&text);
	for (int i = 0; i < r->n; i++)
		changed += r->from[i] != r->to[i];
	for (int i = 0; i < r->n; i++)
		if (r->from[i] != r->to[i])
			list_name(&text, listed++, changed,
					  psprintf("%s now %s", r->from[i]->name, r->to[i]->name));
	return text.data;
}

static void
explain_recoded(Categories *c)
{
	Relabelling r = relabelling(c, true);
	bool claim;

	if (r.n == 0 || r.fit < LEAST_FIT)
		r = relabelling(c, false);
	if (r.n == 0 || r.fit < LEAST_FIT)
		return;
	claim = r.same_rows || (r.matches && r.odds <= COINCIDENCE);
	explanations_add(c->found, RECODED, claim ? EXPLAINED : AMBIGUOUS, r.fit,
					 psprintf("other names with %s counts: %s%s",
							  r.same_rows ? "the same" : "matching", relabelling_text(&r),
							  claim ? "" : "; or shares that moved"));
}

/* --------------------------------------------------------------- categories come and go ---- */

static double
share_only_in(const Categories *c, bool current)
{
	double sum = 0;

	for (int i = 0; i < c->n; i++)
		sum += current ? (c->list[i].reference == 0) * c->list[i].current
					   : (c->list[i].current == 0) * c->list[i].reference;
	return sum;
}

static char *
only_in_text(const Categories *c, bool current)
{
	StringInfoData text;
	Category **list = palloc(c->n * sizeof(Category *));
	int n = 0;

	initStringInfo(&text);
	for (int i = 0; i < c->n; i++)
		if (current ? c->list[i].reference == 0 : c->list[i].current == 0)
			list[n++] = &c->list[i];
	qsort(list, n, sizeof(Category *), current ? by_current : by_reference);
	for (int i = 0; i < n; i++)
		list_name(&text, i, n, list[i]->name);
	return text.data;
}

/* What is new has its share, what is gone has none, and the others share the rest as before. */
static void
undo_coming_and_going(Categories *c, double new_share, double gone_share)
{
	for (int i = 0; i < c->n; i++)
	{
		Category *category = &c->list[i];

		if (category->reference == 0)
			category->undone = category->current;
		else if (category->current == 0)
			category->undone = 0;
		else
			category->undone = category->reference / (1 - gone_share) * (1 - new_share);
	}
}

static void
explain_coming_and_going(Categories *c)
{
	double new_share = share_only_in(c, true);
	double gone_share = share_only_in(c, false);
	double fit;

	/* nothing is left to compare if nothing stayed */
	if (new_share > 0.95 || gone_share > 0.95)
		return;
	undo_coming_and_going(c, new_share, gone_share);
	fit = fit_undone(c);
	if (fit < LEAST_FIT)
		return;
	if (new_share >= LEAST_SHARE)
		explanations_add(
			c->found, NEW_CATEGORY, EXPLAINED, fit,
			psprintf("%s, with %s of the values", only_in_text(c, true), percent_text(new_share)));
	if (gone_share >= LEAST_SHARE)
		explanations_add(c->found, VANISHED_CATEGORY, EXPLAINED, fit,
						 psprintf("%s, which had %s of the values", only_in_text(c, false),
								  percent_text(gone_share)));
}

/* One category gained, the others lost alike, which happens honestly too. Of two, one always does. */
static void
explain_category_spike(Categories *c)
{
	Category *spike = &c->list[0];
	double gain;
	double fit;

	for (int i = 1; i < c->n; i++)
		if (c->list[i].current - c->list[i].reference > spike->current - spike->reference)
			spike = &c->list[i];
	gain = (spike->current - spike->reference) / (1 - spike->reference);
	/* one that was not there at all is a new category */
	if (c->n < 3 || gain < LEAST_SHARE || spike->reference == 0)
		return;
	for (int i = 0; i < c->n; i++)
		c->list[i].undone = c->list[i].reference * (1 - gain);
	spike->undone += gain;
	fit = fit_undone(c);
	if (fit >= LEAST_FIT)
		explanations_add(c->found, NEW_SPIKE, AMBIGUOUS, fit,
						 psprintf("%s has %s of the values, %s before: a default, or it grew",
								  spike->name, percent_text(spike->current),
								  percent_text(spike->reference)));
}

/* ------------------------------------------------------------------------------ NULLs ---- */

typedef struct Nulls
{
	double reference; /* shares of the rows */
	double current;
	double z;
} Nulls;

static Nulls
nulls_of(const Profile *reference, const Profile *current)
{
	double n = (double) profile_num_rows(reference);
	double m = (double) profile_num_rows(current);
	Nulls nulls = {(double) reference->nulls / n, (double) current->nulls / m, 0};

	nulls.z = share_z(nulls.reference, n, nulls.current, m);
	return nulls;
}

/* Shares are of rows here, with NULL as one more category, the last one. */
static bool
explain_null_default(Categories *c, const Nulls *nulls)
{
	double gain = nulls->current - nulls->reference;
	Category *best = &c->list[0];
	Category *null = &c->list[c->n - 1];
	double fit;

	for (int i = 1; i < c->n - 1; i++)
		if ((c->list[i].current - c->list[i].reference) * -gain >
			(best->current - best->reference) * -gain)
			best = &c->list[i];
	/* it must not have been there, or not be there now */
	if (c->n < 2 ||
		(gain < 0 ? best->reference > best->current / 2 : best->current > best->reference / 2))
		return false;
	for (int i = 0; i < c->n; i++)
		c->list[i].undone = c->list[i].reference;
	null->undone += gain;
	best->undone -= gain;
	fit = fit_undone(c);
	if (fit < LEAST_FIT)
		return false;
	explanations_add(c->found, NULL_DEFAULT, EXPLAINED, fit,
					 psprintf("%s became %s: NULL from %s to %s of the rows",
							  gain < 0 ? "NULL" : best->name, gain < 0 ? best->name : "NULL",
							  percent_text(nulls->reference), percent_text(nulls->current)));
	return true;
}

/* --------------------------------------------------------------------------------- all ---- */

/* Shares of rows, with NULL as the last category, or of values. */
static Categories
categories_of(const Pair *pair, bool with_nulls, Explanations *found)
{
	const Profile *r = pair->reference;
	const Profile *c = pair->current;
	Categories result = {.list = palloc0((pair->n + 1) * sizeof(Category)),
						 .rows_reference = (double) (with_nulls ? profile_num_rows(r) : r->counted),
						 .rows_current = (double) (with_nulls ? profile_num_rows(c) : c->counted),
						 .found = found};

	for (int i = 0; i <= pair->n; i++)
	{
		Category *category = &result.list[result.n];

		if (i == pair->n && !with_nulls)
			break;
		category->label = i < pair->n ? pair->buckets[i].label : NULL;
		category->name = i < pair->n ? name_of(category->label) : "NULL";
		category->count_reference = i < pair->n ? pair->buckets[i].reference : (double) r->nulls;
		category->count_current = i < pair->n ? pair->buckets[i].current : (double) c->nulls;
		category->reference = category->count_reference / result.rows_reference;
		category->current = category->count_current / result.rows_current;
		result.n++;
	}
	result.chance = sqrt(1 / result.rows_reference + 1 / result.rows_current);
	result.before = variation(result.list, result.n, false);
	return result;
}

static bool
has_shift(const Categories *c)
{
	return c->before > noise_of(c->list, c->n, false, c->chance);
}

/* True if the values need no explanation any more. */
static bool
explain_category_nulls(const Pair *pair, Explanations *found)
{
	Nulls nulls = nulls_of(pair->reference, pair->current);
	Categories all = categories_of(pair, true, found);
	double gain = nulls.current - nulls.reference;
	double without;

	if (fabs(gain) < LEAST_SHARE || fabs(nulls.z) < 4)
		return false;
	if (pair->shift == 0 && explain_null_default(&all, &nulls))
		return true;
	for (int i = 0; i < all.n; i++)
		all.list[i].undone = nulls.reference < 1 ? all.list[i].reference * (1 - nulls.current) /
													   (1 - nulls.reference)
												 : 0;
	all.list[all.n - 1].undone = nulls.current;
	without = fit_undone(&all);
	explanations_add(found, gain > 0 ? MISSING : FILLED, EXPLAINED, without,
					 psprintf("NULL from %s to %s of the rows", percent_text(nulls.reference),
							  percent_text(nulls.current)));
	return false;
}

static void
explain_shares(Categories *c)
{
	/* other names for the same explain all; what came and went is then only their other side */
	explain_respelled(c);
	if (!explanations_claim(c->found))
		explain_recoded(c);
	if (!explanations_claim(c->found))
		explain_coming_and_going(c);
	explain_category_spike(c);
}

static void
explain_moved_shares(Categories *c)
{
	Category *most = &c->list[0];

	for (int i = 1; i < c->n; i++)
		if (fabs(c->list[i].current - c->list[i].reference) > fabs(most->current - most->reference))
			most = &c->list[i];
	explanations_add(c->found, MOVED, UNEXPLAINED, NAN,
					 psprintf("%s from %s to %s of the values", most->name,
							  percent_text(most->reference), percent_text(most->current)));
}

void
explain_categories(const Profile *reference, const Profile *current, Explanations *found)
{
	Pair pair = pair_make(reference, current);
	Categories values;
	int nulls_explained;

	if (explain_category_nulls(&pair, found) || reference->counted == 0 || current->counted == 0)
		return;
	values = categories_of(&pair, false, found);
	if (!has_shift(&values))
		return;
	nulls_explained = found->n;
	if (pair.shift > 0)
		explanations_add(found, MOVED, UNEXPLAINED, NAN,
						 pstrdup("more than 4096 categories, which are not known one by one"));
	else
	{
		explain_shares(&values);
		if (found->n == nulls_explained)
			explain_moved_shares(&values);
	}
}
