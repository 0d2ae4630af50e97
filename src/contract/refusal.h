/*
 * refusal.h: which values a rule refuses, asked before there is a column that could have them.
 */
#ifndef AIDATAOPS_CONTRACT_REFUSAL_H
#define AIDATAOPS_CONTRACT_REFUSAL_H

typedef struct Trial
{
	const char *kind;
	const char *parameters; /* as the rule has them */
	bool numbers;
	const char **values; /* texts, or the digits of numbers */
	int n;
	bool *refused; /* found */
} Trial;

/* false: the rule is none that can be asked, which is told elsewhere */
extern bool find_refused(Trial *trial);

#endif
