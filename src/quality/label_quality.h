/*
 * label_quality.h: the type label_quality, what confident learning finds about given labels.
 */
#ifndef AIDATAOPS_QUALITY_LABEL_QUALITY_H
#define AIDATAOPS_QUALITY_LABEL_QUALITY_H

#include "core/reader.h"
#include "core/record.h"
#include "fmgr.h"

#define LABEL_QUALITY_LAYOUT 1

/* How well a given label fits the probabilities of its unit; 1 is best. */
typedef struct LabelScores
{
	double self_confidence;
	double normalized_margin;
	double confidence_weighted_entropy;
} LabelScores;

extern LabelScores label_scores_of(const double *probabilities, uint32 k, uint32 given);

/*
 * Stored, after the varlena header, big-endian and unaligned:
 *
 *	u8 layout, 16 bytes sum of the hashes of the input's rows,
 *	u32 classes, in the order of their array, each: text, u32 units given it, f64 threshold or 0
 *	u32 cells of the confident joint, each: u32 class given, u32 class found, u32 units
 *	u32 units, sorted by their bytes, each: text, u32 class given, u32 class found + 1 or 0,
 *		f64 self-confidence, f64 normalized margin, f64 confidence-weighted entropy
 */
typedef struct QualityClass
{
	Utf8 name;
	uint32 given;
	double threshold;
} QualityClass;

typedef struct QualityCell
{
	uint32 given;
	uint32 found;
	uint32 units;
} QualityCell;

typedef struct QualityUnit
{
	Utf8 name;
	uint32 given;
	uint32 found; /* class + 1, or 0 where no class is probable enough */
	LabelScores scores;
} QualityUnit;

typedef struct QualityReader
{
	ByteReader bytes;
	RowHash hash_sum;
	uint32 nclasses;
	QualityClass *classes;
	uint32 ncells;
	QualityCell *cells;
	uint32 nunits;
	uint32 left;
	Utf8 last;
} QualityReader;

extern QualityReader *quality_open(const struct varlena *quality);
extern bool quality_next_unit(QualityReader *reader, QualityUnit *unit);

extern void quality_put_unit(StringInfo buf, const QualityUnit *unit);

#define PG_GETARG_LABEL_QUALITY_P(n) PG_GETARG_VARLENA_PP(n)

#endif
