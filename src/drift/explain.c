/*
 * explain.c: explain_shift(), hypotheses on what lies between two profiles, the best one first.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "drift/explain.h"
#include "funcapi.h"
#include "utils/builtins.h"

static const char *const hypothesis_names[] = {
	[RESPELLED] = "respelled",
	[NULL_DEFAULT] = "null_default",
	[MISSING] = "missing",
	[FILLED] = "filled",
	[NEGATED] = "negated",
	[SCALED] = "scaled",
	[SHIFTED] = "shifted",
	[NEW_SPIKE] = "new_spike",
	[VANISHED_SPIKE] = "vanished_spike",
	[CLIPPED] = "clipped",
	[TRUNCATED] = "truncated",
	[ROUNDED] = "rounded",
	[NEW_CATEGORY] = "new_category",
	[VANISHED_CATEGORY] = "vanished_category",
	[RECODED] = "recoded",
	[AFFINE] = "affine",
	[MOVED] = "moved",
	[UNCHANGED] = "unchanged",
	[NOTHING_KNOWN] = "unknown",
};

static const char *const verdict_names[] = {
	[EXPLAINED] = "explained",
	[AMBIGUOUS] = "ambiguous",
	[UNEXPLAINED] = "unexplained",
	[SAME] = "unchanged",
	[INSUFFICIENT_DATA] = "insufficient_data",
	[KIND_CHANGED] = "kind_changed",
	[NOT_APPLICABLE] = "not_applicable",
};

/* ------------------------------------------------------------------------ explanations ---- */

Explanation *
explanations_add(Explanations *found, Hypothesis hypothesis, Verdict verdict, double fit,
				 char *detail)
{
	Explanation *added = &found->list[found->n++];

	Assert(found->n <= MAX_EXPLANATIONS);
	*added = (Explanation){hypothesis, verdict, NAN, NAN, fit, detail};
	return added;
}

bool
explanations_have(const Explanations *found, Hypothesis hypothesis)
{
	for (int i = 0; i < found->n; i++)
		if (found->list[i].hypothesis == hypothesis)
			return true;
	return false;
}

static bool
is_about_nulls(const Explanation *explanation)
{
	return explanation->hypothesis == MISSING || explanation->hypothesis == FILLED;
}

/* NULLs are explained apart from values. */
bool
explanations_claim(const Explanations *found)
{
	for (int i = 0; i < found->n; i++)
		if (found->list[i].verdict == EXPLAINED && !is_about_nulls(&found->list[i]))
			return true;
	return false;
}

double
fit_of(double before, double after, double noise)
{
	/* NULLs can be significant where the distance alone is not */
	if (before <= noise)
		noise = 0;
	if (before <= noise)
		return 0;
	return Min(Max(1 - Max(after - noise, 0) / (before - noise), 0), 1);
}

double
share_z(double p, double n, double q, double m)
{
	double pooled = (p * n + q * m) / (n + m);

	if (pooled <= 0 || pooled >= 1)
		return 0;
	return (q - p) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
}

/* "5 %", "0.25 %", "99.6 %" */
char *
percent_text(double share)
{
	double percent = 100 * share;
	double from_end = Min(percent, 100 - percent);

	if (from_end == 0 || from_end >= 10)
		return psprintf("%.0f %%", percent);
	if (from_end < 0.01)
		return pstrdup(percent < 50 ? "under 0.01 %" : "over 99.99 %");
	return psprintf("%.*f %%", from_end >= 1 ? 1 : 2, percent);
}

/* ------------------------------------------------------------------------ which to give ---- */

static bool
claims_simpler(const Explanations *found)
{
	for (int i = 0; i < found->n; i++)
		if (found->list[i].verdict == EXPLAINED &&
			(found->list[i].hypothesis == SCALED || found->list[i].hypothesis == SHIFTED))
			return true;
	return false;
}

/*
 * What may be a change of meaning is nothing beside one that is, except that new names for old
 * categories are worth a thought. A line is not needed where a factor or a shift alone will do.
 */
static bool
is_superfluous(const Explanations *found, const Explanation *explanation)
{
	bool simpler = explanations_have(found, SCALED) || explanations_have(found, SHIFTED);

	if (explanation->verdict == AMBIGUOUS && explanations_claim(found))
		return explanation->hypothesis != RECODED;
	if (explanation->hypothesis != AFFINE)
		return false;
	return explanation->verdict == AMBIGUOUS ? simpler : claims_simpler(found);
}

static int
compare_explanations(const void *a, const void *b)
{
	const Explanation *x = a;
	const Explanation *y = b;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (rint(x->fit * 1000) != rint(y->fit * 1000))
		return x->fit > y->fit ? -1 : 1;
	return (x->hypothesis > y->hypothesis) - (x->hypothesis < y->hypothesis);
}

static void
choose(Explanations *found)
{
	Explanations all = *found;

	found->n = 0;
	for (int i = 0; i < all.n; i++)
		if (!is_superfluous(&all, &all.list[i]))
			found->list[found->n++] = all.list[i];
	qsort(found->list, found->n, sizeof(Explanation), compare_explanations);
}

/* ----------------------------------------------------------------------------------- SQL ---- */

static void
add_nothing_known(Explanations *found, Verdict verdict, char *detail)
{
	explanations_add(found, NOTHING_KNOWN, verdict, NAN, detail);
}

static void
explain(const Profile *reference, const Profile *current, Explanations *found)
{
	int64 rows = Min(profile_num_rows(reference), profile_num_rows(current));

	if (!profiles_match(reference, current))
		add_nothing_known(found, KIND_CHANGED,
						  psprintf("%s became %s", profile_kind_name(reference->kind),
								   profile_kind_name(current->kind)));
	else if (rows < LEAST_ROWS)
		add_nothing_known(found, INSUFFICIENT_DATA,
						  psprintf("%d rows at least are needed in both", LEAST_ROWS));
	else if (reference->kind == PROFILE_EMBEDDING)
		add_nothing_known(found, NOT_APPLICABLE, pstrdup("embeddings are not explained"));
	else if (profile_is_category(reference))
		explain_categories(reference, current, found);
	else
		explain_numbers(reference, current, found);
	if (found->n == 0)
		explanations_add(found, UNCHANGED, SAME, NAN,
						 pstrdup("no more apart than samples of one distribution"));
	choose(found);
}

static void
put_number(Datum *value, bool *isnull, double number)
{
	*isnull = !isfinite(number);
	*value = Float8GetDatum(number);
}

PG_FUNCTION_INFO_V1(explain_shift);
Datum
explain_shift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	Explanations found = {0};

	explain(PG_GETARG_PROFILE_P(0), PG_GETARG_PROFILE_P(1), &found);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < found.n; i++)
	{
		const Explanation *e = &found.list[i];
		Datum values[6] = {0};
		bool nulls[6] = {0};

		values[0] = CStringGetTextDatum(hypothesis_names[e->hypothesis]);
		put_number(&values[1], &nulls[1], e->factor);
		put_number(&values[2], &nulls[2], e->shift);
		put_number(&values[3], &nulls[3], e->fit);
		values[4] = CStringGetTextDatum(e->detail);
		values[5] = CStringGetTextDatum(verdict_names[e->verdict]);
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	}
	return (Datum) 0;
}
