/*
 * quarantine.h: rows set aside.
 */
#ifndef AIDATAOPS_CONTRACT_QUARANTINE_H
#define AIDATAOPS_CONTRACT_QUARANTINE_H

#include "contract/warning.h"
#include "utils/jsonb.h"

/* Where rows go: what does not change from one to the next. */
typedef struct Quarantine Quarantine;

/* In the current context. The subject must live as long. */
extern Quarantine *quarantine_prepare(const WarningSubject *subject);

/* A row that breaks rules. */
typedef struct QuarantinedRow
{
	bool is_update;
	Jsonb *key;     /* NULL: there is none */
	Jsonb *content; /* the whole row */
	Jsonb *former;  /* of an update, what it would have replaced; NULL: none */
	int count;      /* of rules that it breaks */
	Datum *rules;   /* text */
	Datum *problems;
} QuarantinedRow;

extern void quarantine_add(const Quarantine *quarantine, const QuarantinedRow *row);

#endif
