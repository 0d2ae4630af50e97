/*
 * format.h: named forms of text, as JSON Schema calls them.
 */
#ifndef AIDATAOPS_CONTRACT_FORMAT_H
#define AIDATAOPS_CONTRACT_FORMAT_H

#include "postgres.h"

typedef bool (*FormatTest)(const char *text, int length);

extern FormatTest format_by_name(const char *name); /* NULL: not known */
extern const char *format_names(void);

#endif
