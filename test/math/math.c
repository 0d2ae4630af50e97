/*
 * math.c: src/math against the reference values of a table, as plain C:  math reference.tsv
 *
 * Prints what differs by more than the tolerance, and the number of values.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/distribution.h"
#include "math/kolmogorov.h"
#include "math/rank_tests.h"
#include "math/special.h"

#define MAX_ARGUMENTS 1024

typedef struct Arguments
{
	int count;
	double value[MAX_ARGUMENTS];
} Arguments;

typedef struct Function
{
	const char *name;
	double (*call)(const Arguments *arguments);
} Function;

#define FUNCTION_1(name)                                                                           \
	static double call_##name(const Arguments *a)                                                  \
	{                                                                                              \
		return name(a->value[0]);                                                                  \
	}
#define FUNCTION_2(name)                                                                           \
	static double call_##name(const Arguments *a)                                                  \
	{                                                                                              \
		return name(a->value[0], a->value[1]);                                                     \
	}
#define FUNCTION_3(name)                                                                           \
	static double call_##name(const Arguments *a)                                                  \
	{                                                                                              \
		return name(a->value[0], a->value[1], a->value[2]);                                        \
	}
#define FUNCTION_4(name)                                                                           \
	static double call_##name(const Arguments *a)                                                  \
	{                                                                                              \
		return name(a->value[0], a->value[1], a->value[2], a->value[3]);                           \
	}

FUNCTION_2(log_binomial)
FUNCTION_1(harmonic_number)
FUNCTION_1(harmonic_number_of_squares)
FUNCTION_2(bessel_k_scaled)
FUNCTION_1(normal_cdf)
FUNCTION_1(normal_sf)
FUNCTION_1(normal_quantile)
FUNCTION_1(normal_upper_quantile)
FUNCTION_2(chi2_cdf)
FUNCTION_2(chi2_sf)
FUNCTION_2(chi2_quantile)
FUNCTION_2(chi2_upper_quantile)
FUNCTION_2(student_t_cdf)
FUNCTION_2(student_t_sf)
FUNCTION_2(student_t_quantile)
FUNCTION_2(student_t_upper_quantile)
FUNCTION_3(f_cdf)
FUNCTION_3(f_sf)
FUNCTION_3(f_quantile)
FUNCTION_3(f_upper_quantile)
FUNCTION_3(beta_cdf)
FUNCTION_3(beta_sf)
FUNCTION_3(beta_quantile)
FUNCTION_3(beta_upper_quantile)
FUNCTION_3(binomial_cdf)
FUNCTION_3(binomial_sf)
FUNCTION_1(kolmogorov_sf)
FUNCTION_2(ks_one_sample_sf)
FUNCTION_2(ks_one_sided_sf)
FUNCTION_2(ks_equal_sizes_sf)
FUNCTION_1(cvm_limit_sf)
FUNCTION_3(cvm_two_sample_statistic)
FUNCTION_3(cvm_two_sample_sf)
FUNCTION_3(mann_whitney_exact_p)
FUNCTION_4(mann_whitney_normal_p)

/* n, m, numerator, then start and length of each group of equal values */
static double
call_ks_two_sample_sf(const Arguments *a)
{
	TieGroup ties[MAX_ARGUMENTS];
	int nties = (a->count - 3) / 2;

	for (int i = 0; i < nties; i++)
		ties[i] = (TieGroup){(int64_t) a->value[3 + 2 * i], (int64_t) a->value[4 + 2 * i]};
	return ks_two_sample_sf((int64_t) a->value[0], (int64_t) a->value[1], (int64_t) a->value[2],
							ties, nties);
}

/* n, m, V, then the sizes of the groups of equal values */
static double
call_cvm_two_sample_exact_sf(const Arguments *a)
{
	int groups[MAX_ARGUMENTS];

	for (int i = 3; i < a->count; i++)
		groups[i - 3] = (int) a->value[i];
	return cvm_two_sample_exact_sf((int) a->value[0], (int) a->value[1], (int64_t) a->value[2],
								   groups, a->count - 3);
}

static double
call_anderson_darling_scale(const Arguments *a)
{
	return anderson_darling_scale(a->value, a->count);
}

static double
call_anderson_darling_p(const Arguments *a)
{
	PRange range;

	return anderson_darling_p(a->value[0], (int) a->value[1], &range);
}

#define ENTRY(name)                                                                                \
	{                                                                                              \
#name, call_##name                                                                         \
	}

static const Function FUNCTIONS[] = {
	ENTRY(log_binomial),
	ENTRY(harmonic_number),
	ENTRY(harmonic_number_of_squares),
	ENTRY(bessel_k_scaled),
	ENTRY(normal_cdf),
	ENTRY(normal_sf),
	ENTRY(normal_quantile),
	ENTRY(normal_upper_quantile),
	ENTRY(chi2_cdf),
	ENTRY(chi2_sf),
	ENTRY(chi2_quantile),
	ENTRY(chi2_upper_quantile),
	ENTRY(student_t_cdf),
	ENTRY(student_t_sf),
	ENTRY(student_t_quantile),
	ENTRY(student_t_upper_quantile),
	ENTRY(f_cdf),
	ENTRY(f_sf),
	ENTRY(f_quantile),
	ENTRY(f_upper_quantile),
	ENTRY(beta_cdf),
	ENTRY(beta_sf),
	ENTRY(beta_quantile),
	ENTRY(beta_upper_quantile),
	ENTRY(binomial_cdf),
	ENTRY(binomial_sf),
	ENTRY(kolmogorov_sf),
	ENTRY(ks_one_sample_sf),
	ENTRY(ks_one_sided_sf),
	ENTRY(ks_equal_sizes_sf),
	ENTRY(ks_two_sample_sf),
	ENTRY(cvm_limit_sf),
	ENTRY(cvm_two_sample_statistic),
	ENTRY(cvm_two_sample_sf),
	ENTRY(cvm_two_sample_exact_sf),
	ENTRY(anderson_darling_scale),
	ENTRY(anderson_darling_p),
	ENTRY(mann_whitney_exact_p),
	ENTRY(mann_whitney_normal_p),
};

static Arguments
read_arguments(char *text)
{
	Arguments arguments = {0};

	for (char *word = strtok(text, " "); word && arguments.count < MAX_ARGUMENTS;
		 word = strtok(NULL, " "))
		arguments.value[arguments.count++] = strtod(word, NULL);
	return arguments;
}

static const Function *
find_function(const char *name)
{
	for (size_t i = 0; i < sizeof(FUNCTIONS) / sizeof(FUNCTIONS[0]); i++)
		if (strcmp(FUNCTIONS[i].name, name) == 0)
			return &FUNCTIONS[i];
	return NULL;
}

/* Returns whether the line's value is as expected; prints if not. */
static int
check_line(char *line)
{
	char *name = strtok(line, "\t");
	char *text = strtok(NULL, "\t");
	char *expected_text = strtok(NULL, "\t");
	char *tolerance_text = strtok(NULL, "\t\n");
	const Function *function = name ? find_function(name) : NULL;
	char shown[200];
	Arguments arguments;
	double expected;
	double got;

	if (function == NULL || tolerance_text == NULL)
	{
		printf("no such function, or not four fields: %s\n", name ? name : "");
		return 0;
	}
	snprintf(shown, sizeof(shown), "%s", text);
	arguments = read_arguments(text);
	expected = strtod(expected_text, NULL);
	got = function->call(&arguments);
	/* not a single comparison that a NaN would pass */
	if (fabs(got - expected) <= strtod(tolerance_text, NULL) * fabs(expected))
		return 1;
	printf("%s(%s): expected %.17g, got %.17g, relative error %.1e\n", name, shown, expected, got,
		   fabs(got / expected - 1));
	return 0;
}

/* What does not exist is NaN, whatever function it went through. */
static int
check_nan(void)
{
	PRange range;
	const double impossible[] = {
		normal_quantile(-0.1),
		normal_quantile(NAN),
		chi2_sf(1, 0),
		chi2_sf(1, -1),
		chi2_sf(NAN, 3),
		chi2_quantile(1.5, 3),
		student_t_sf(1, 0),
		student_t_sf(NAN, 5),
		student_t_quantile(NAN, 5),
		student_t_quantile(0.3, -2),
		f_sf(NAN, 1, 2),
		f_sf(1, 0, 2),
		f_quantile(0.2, -1, 2),
		beta_quantile(2, 1, 1),
		beta_cdf(NAN, 1, 1),
		binomial_cdf(1, 3, 1.5),
		kolmogorov_sf(NAN),
		ks_one_sample_sf(NAN, 5),
		ks_one_sample_sf(0.5, 0),
		ks_equal_sizes_sf(0, 0),
		ks_two_sample_sf(0, 5, 1, NULL, 0),
		cvm_limit_sf(NAN),
		cvm_two_sample_sf(0.1, 0, 5),
		cvm_two_sample_exact_sf(21, 3, 0, NULL, 0),
		anderson_darling_scale((double[]){1, 2}, 2),
		anderson_darling_p(NAN, 2, &range),
		mann_whitney_exact_p(0, 5, 0),
		mann_whitney_exact_p(2, 3, 7),
		mann_whitney_exact_p(1000, 1000, 3),
		mann_whitney_normal_p(3, 2, 3, 120),
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		if (!isnan(impossible[i]))
		{
			printf("impossible value %zu is %g\n", i, impossible[i]);
			bad++;
		}
	return bad;
}

/* Ends of the ranges, where no formula is used */
static int
check_ends(void)
{
	PRange range;
	const double pairs[][2] = {
		{normal_quantile(0), -INFINITY},
		{normal_quantile(1), INFINITY},
		{normal_cdf(-INFINITY), 0},
		{chi2_sf(0, 3), 1},
		{chi2_sf(-5, 3), 1},
		{chi2_cdf(INFINITY, 3), 1},
		{chi2_quantile(0, 3), 0},
		{chi2_quantile(1, 3), INFINITY},
		{student_t_cdf(0, 7), 0.5},
		{student_t_cdf(-INFINITY, 7), 0},
		{student_t_sf(1.5, INFINITY), normal_sf(1.5)},
		{student_t_quantile(0.5, 7), 0},
		{student_t_quantile(0, 7), -INFINITY},
		{f_cdf(0, 2, 3), 0},
		{f_sf(INFINITY, 2, 3), 0},
		{beta_cdf(-1, 2, 3), 0},
		{beta_sf(2, 2, 3), 0},
		{beta_quantile(1, 2, 3), 1},
		{binomial_cdf(-1, 3, 0.5), 0},
		{binomial_cdf(3, 3, 0.5), 1},
		{binomial_sf(0, 3, 0), 0},
		{kolmogorov_sf(0), 1},
		{ks_one_sample_sf(0, 5), 1},
		{ks_one_sample_sf(1, 5), 0},
		{ks_two_sample_sf(3, 5, 0, NULL, 0), 1},
		{ks_two_sample_sf(1000000, 999999, 1, NULL, 0), 1},
		{cvm_limit_sf(0), 1},
		{anderson_darling_p(-2, 2, &range), 0.25},
		{log_factorial(0), 0},
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] != pairs[i][1])
		{
			printf("end %zu is %g, not %g\n", i, pairs[i][0], pairs[i][1]);
			bad++;
		}
	return bad;
}

int
main(int argc, char **argv)
{
	FILE *table = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[8192];
	int values = 0;
	int bad = check_nan() + check_ends();

	if (table == NULL)
	{
		fprintf(stderr, "usage: math reference.tsv\n");
		return 2;
	}
	while (fgets(line, sizeof(line), table))
	{
		if (line[0] == '#')
			continue;
		values++;
		bad += !check_line(line);
	}
	fclose(table);
	printf("%d reference values, %d failures\n", values, bad);
	return bad > 0 || values < 500; /* a table that was not read would look like success */
}
