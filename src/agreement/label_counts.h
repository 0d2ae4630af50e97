/*
 * label_counts.h: the type label_counts, the labels that one unit was given.
 *
 * An entry is a count as a varint and the key of a label (label.h). Stored, entries are sorted by
 * label and fill the value, so that equal counts are equal bytes: the pattern of a unit. An
 * aggregate's state has the same layout with entries as they came and zeroes behind them, which
 * cannot be counts; flags say so.
 */
#ifndef AIDATAOPS_AGREEMENT_LABEL_COUNTS_H
#define AIDATAOPS_AGREEMENT_LABEL_COUNTS_H

#include "agreement/label.h"
#include "fmgr.h"

#define LABEL_COUNTS_VERSION 1
#define LABEL_COUNTS_STATE   1 /* a flag */

/* A unit with more labels than this is no unit. */
#define LABEL_COUNTS_MAX_BYTES (1 << 20)

typedef struct LabelCountsHeader
{
	uint8 version;
	uint8 kind;
	uint8 flags;
	uint8 reserved;
} LabelCountsHeader;

typedef struct LabelCountsView
{
	LabelKind kind;
	const char *entries; /* sorted, of distinct labels */
	uint32 size;
} LabelCountsView;

typedef struct LabelEntry
{
	uint64 count;
	Label label;
} LabelEntry;

static inline const char *
label_entry_load(const char *at, LabelEntry *entry)
{
	at = varint_load(at, &entry->count);
	return label_load(at, &entry->label);
}

extern LabelCountsView label_counts_view(Datum value);
extern void label_counts_out_entries(StringInfo buf, LabelKind kind, const char *entries,
									 uint32 size);
extern bool label_counts_parse(LabelParser *parser, StringInfo entries);

/* Sort entries, adding up those of the same label; false if a sum is no bigint. */
extern bool label_entries_sort(LabelKind kind, LabelEntry *entries, int *n);
extern void label_entries_put(StringInfo buf, const LabelEntry *entries, int n);

/* The value of these entries, which are sorted and of distinct labels. */
extern Datum label_counts_make(LabelKind kind, const char *entries, uint32 size);

#endif
