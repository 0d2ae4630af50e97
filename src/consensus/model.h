/*
 * model.h: the type consensus_model: how it is laid out, written and read.
 */
#ifndef AIDATAOPS_CONSENSUS_MODEL_H
#define AIDATAOPS_CONSENSUS_MODEL_H

#include "core/reader.h"
#include "core/record.h"
#include "fmgr.h"

#define CONSENSUS_MODEL_LAYOUT 1

/* Written into models: numbers never change. */
typedef enum ConsensusMethod
{
	METHOD_MAJORITY_VOTE = 1,
	METHOD_WAWA = 2,
	METHOD_DAWID_SKENE = 3,
	METHOD_ONE_COIN = 4,
	METHOD_CROWDLAB = 5
} ConsensusMethod;

typedef enum ConsensusStatus
{
	CONSENSUS_OK = 0,
	CONSENSUS_SINGLE_CATEGORY = 1,
	CONSENSUS_ONE_RATER = 2,
	CONSENSUS_NO_OVERLAP = 3,
	CONSENSUS_DISCONNECTED = 4,
	CONSENSUS_NOT_CONVERGED = 5
} ConsensusStatus;

/*
 * Stored, after the varlena header, big-endian and unaligned:
 *
 *	u8 layout, u8 method, u8 status, u8 flags,
 *	u32 iterations, u32 components, u64 labels, u32 units with gold,
 *	f64 log-likelihood (0 where there is none), f64 weight of the classifier (0 where there is none),
 *	16 bytes sum of the hashes of the input's rows,
 *	u32 categories, each: text, f64 prior
 *	u32 raters, each: text, u32 labels, u32 labels on gold, u32 of them right, f64 skill,
 *		u32 cells, each: u32 true category, u32 category given, f64 expected number
 *	u32 units, each: text, u32 labels, u32 gold category + 1 or 0,
 *		u32 posteriors, each: u32 category, f64 probability > 0
 *
 * A text is u32 length and UTF-8. Categories, raters and units are sorted by their bytes, cells and
 * posteriors by their categories. The binary wire format is the same bytes, the text form their
 * hexadecimal digits behind a prefix.
 */
#define MODEL_CONVERGED      1 /* flags */
#define MODEL_HAS_LIKELIHOOD 2

typedef struct ModelHeader
{
	ConsensusMethod method;
	ConsensusStatus status;
	bool converged;
	bool has_likelihood;
	uint32 iterations;
	uint32 components;
	uint64 nlabels;
	uint32 ngold;
	double log_likelihood;
	double classifier_weight;
	RowHash hash_sum;
} ModelHeader;

typedef struct ModelRater
{
	Utf8 name;
	uint32 nlabels;
	uint32 ngold;
	uint32 ngold_right;
	double skill;
	uint32 ncells;
	const char *cells;
} ModelRater;

typedef struct ModelUnit
{
	Utf8 name;
	uint32 nlabels;
	uint32 gold; /* category + 1, or 0 */
	uint32 nposteriors;
	const char *posteriors;
} ModelUnit;

/* A cell of a rater's confusion matrix. */
typedef struct ModelCell
{
	uint32 truth;
	uint32 given;
	double expected;
} ModelCell;

typedef struct ModelPosterior
{
	uint32 category;
	double probability;
} ModelPosterior;

/* A model being read: the header and categories, then raters and units one by one, each in order. */
typedef struct ModelReader
{
	ByteReader bytes;
	ModelHeader header;
	uint32 ncategories;
	Utf8 *categories;
	double *priors;
	uint32 nraters;
	uint32 nunits;
	uint32 left; /* raters, or units, still to come */
	Utf8 last;   /* the name before */
} ModelReader;

extern ModelReader *model_open(const struct varlena *model);
extern bool model_next_rater(ModelReader *reader, ModelRater *rater);
extern void model_open_units(ModelReader *reader);
extern bool model_next_unit(ModelReader *reader, ModelUnit *unit);
extern ModelCell model_cell(const ModelRater *rater, uint32 i);
extern ModelPosterior model_posterior(const ModelUnit *unit, uint32 i);

extern void model_begin(StringInfo buf, const ModelHeader *header, uint32 ncategories,
						const Utf8 *categories, const double *priors);
extern void model_put_rater(StringInfo buf, const ModelRater *rater);
extern void model_put_cell(StringInfo buf, ModelCell cell);
extern void model_put_unit(StringInfo buf, const ModelUnit *unit);
extern void model_put_posterior(StringInfo buf, ModelPosterior posterior);
extern struct varlena *model_end(StringInfo buf);

/* Probabilities closer than this are a tie: rounding must not decide a label. */
#define TIE_TOLERANCE 1e-9

extern bool better_category(double p, double prior, double best_p, double best_prior);

extern const char *consensus_method_name(ConsensusMethod method);
extern const char *consensus_status_name(ConsensusStatus status);

#define PG_GETARG_CONSENSUS_MODEL_P(n) PG_GETARG_VARLENA_PP(n)

#endif
