/*
 * model.c: the type consensus_model: layout, input and output.
 *
 * A model keeps what was concluded from labels, not the labels, and the fingerprint of the rows it was
 * concluded from. Whoever reads one checks it on the way, so a model from a hostile client does no
 * more than one that was stored.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "aidataops.h"
#include "consensus/model.h"
#include "core/hex_text.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define CELL_SIZE      16
#define POSTERIOR_SIZE 12
#define CATEGORY_SIZE  12 /* at least */
#define RATER_SIZE     28
#define UNIT_SIZE      16

const char *
consensus_method_name(ConsensusMethod method)
{
	switch (method)
	{
		case METHOD_MAJORITY_VOTE:
			return "majority_vote";
		case METHOD_WAWA:
			return "wawa";
		case METHOD_DAWID_SKENE:
			return "dawid_skene";
		case METHOD_ONE_COIN:
			return "one_coin";
		case METHOD_CROWDLAB:
			return "crowdlab";
	}
	return NULL;
}

const char *
consensus_status_name(ConsensusStatus status)
{
	switch (status)
	{
		case CONSENSUS_OK:
			return "ok";
		case CONSENSUS_SINGLE_CATEGORY:
			return "single_category";
		case CONSENSUS_ONE_RATER:
			return "one_rater";
		case CONSENSUS_NO_OVERLAP:
			return "no_overlap";
		case CONSENSUS_DISCONNECTED:
			return "disconnected";
		case CONSENSUS_NOT_CONVERGED:
			return "not_converged";
	}
	return NULL;
}

/* Is a category better than the best so far? Ties go to the more frequent one, then to the first. */
bool
better_category(double p, double prior, double best_p, double best_prior)
{
	if (fabs(p - best_p) > TIE_TOLERANCE)
		return p > best_p;
	return prior > best_prior + TIE_TOLERANCE;
}

/* ------------------------------------------------------------------------ write ---- */

void
model_begin(StringInfo buf, const ModelHeader *header, uint32 ncategories, const Utf8 *categories,
			const double *priors)
{
	initStringInfo(buf);
	bytes_claim(buf, VARHDRSZ);
	bytes_put_u8(buf, CONSENSUS_MODEL_LAYOUT);
	bytes_put_u8(buf, header->method);
	bytes_put_u8(buf, header->status);
	bytes_put_u8(buf, (header->converged ? MODEL_CONVERGED : 0) |
						  (header->has_likelihood ? MODEL_HAS_LIKELIHOOD : 0));
	bytes_put_u32(buf, header->iterations);
	bytes_put_u32(buf, header->components);
	bytes_put_u64(buf, header->nlabels);
	bytes_put_u32(buf, header->ngold);
	bytes_put_f64(buf, header->log_likelihood);
	bytes_put_f64(buf, header->classifier_weight);
	bytes_put_u64(buf, header->hash_sum.high);
	bytes_put_u64(buf, header->hash_sum.low);
	bytes_put_u32(buf, ncategories);
	for (uint32 i = 0; i < ncategories; i++)
	{
		bytes_put_utf8(buf, categories[i]);
		bytes_put_f64(buf, priors[i]);
	}
}

/* Twice as many hexadecimal digits must fit into a text, else it could not be dumped. */
static void
check_room(StringInfo buf, Size more)
{
	if (buf->len + more >= MaxAllocSize / 2 - 1024)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("consensus model is larger than 512 MB"),
						errdetail("It holds a probability for each unit and category."),
						errhint("Aggregate fewer units at a time (GROUP BY batch).")));
}

/* Cells follow, each by model_put_cell(). */
void
model_put_rater(StringInfo buf, const ModelRater *rater)
{
	check_room(buf, RATER_SIZE + (Size) rater->name.len + (Size) rater->ncells * CELL_SIZE);
	bytes_put_utf8(buf, rater->name);
	bytes_put_u32(buf, rater->nlabels);
	bytes_put_u32(buf, rater->ngold);
	bytes_put_u32(buf, rater->ngold_right);
	bytes_put_f64(buf, rater->skill);
	bytes_put_u32(buf, rater->ncells);
}

void
model_put_cell(StringInfo buf, ModelCell cell)
{
	bytes_put_u32(buf, cell.truth);
	bytes_put_u32(buf, cell.given);
	bytes_put_f64(buf, cell.expected);
}

/* Posteriors follow, each by model_put_posterior(). */
void
model_put_unit(StringInfo buf, const ModelUnit *unit)
{
	check_room(buf, UNIT_SIZE + (Size) unit->name.len + (Size) unit->nposteriors * POSTERIOR_SIZE);
	bytes_put_utf8(buf, unit->name);
	bytes_put_u32(buf, unit->nlabels);
	bytes_put_u32(buf, unit->gold);
	bytes_put_u32(buf, unit->nposteriors);
}

void
model_put_posterior(StringInfo buf, ModelPosterior posterior)
{
	bytes_put_u32(buf, posterior.category);
	bytes_put_f64(buf, posterior.probability);
}

struct varlena *
model_end(StringInfo buf)
{
	SET_VARSIZE(buf->data, buf->len);
	return (struct varlena *) buf->data;
}

/* ------------------------------------------------------------------------- read ---- */

static double
finite_from(ByteReader *bytes, double least, double most)
{
	double value = reader_f64(bytes);

	if (!(value >= least && value <= most))
		reader_fail(bytes, "A number in it is out of range.");
	return value;
}

static void
read_header(ModelReader *reader)
{
	ByteReader *bytes = &reader->bytes;
	ModelHeader *header = &reader->header;
	uint8 flags;

	if (reader_u8(bytes) != CONSENSUS_MODEL_LAYOUT)
		reader_fail(bytes, "Its layout is none that this release reads.");
	header->method = (ConsensusMethod) reader_u8(bytes);
	header->status = (ConsensusStatus) reader_u8(bytes);
	flags = reader_u8(bytes);
	if (consensus_method_name(header->method) == NULL ||
		consensus_status_name(header->status) == NULL ||
		(flags & ~(MODEL_CONVERGED | MODEL_HAS_LIKELIHOOD)) != 0)
		reader_fail(bytes, "Its method, status or flags are unknown.");
	header->converged = (flags & MODEL_CONVERGED) != 0;
	header->has_likelihood = (flags & MODEL_HAS_LIKELIHOOD) != 0;
	header->iterations = reader_u32(bytes);
	header->components = reader_u32(bytes);
	header->nlabels = reader_u64(bytes);
	header->ngold = reader_u32(bytes);
	header->log_likelihood = finite_from(bytes, -DBL_MAX, DBL_MAX);
	header->classifier_weight = finite_from(bytes, 0, DBL_MAX);
	header->hash_sum.high = reader_u64(bytes);
	header->hash_sum.low = reader_u64(bytes);
	if (header->nlabels > PG_INT64_MAX || header->iterations > PG_INT32_MAX ||
		header->components > PG_INT32_MAX || header->ngold > PG_INT32_MAX)
		reader_fail(bytes, "A number in it is out of range.");
}

static Utf8
next_name(ModelReader *reader)
{
	Utf8 name = reader_utf8(&reader->bytes);

	if (reader->last.data != NULL && utf8_compare(reader->last, name) >= 0)
		reader_fail(&reader->bytes, "Names in it are not in order.");
	reader->last = name;
	return name;
}

ModelReader *
model_open(const struct varlena *model)
{
	ModelReader *reader = palloc0(sizeof(ModelReader));
	ByteReader *bytes = &reader->bytes;

	bytes->type = "consensus_model";
	bytes->at = VARDATA_ANY(model);
	bytes->end = bytes->at + VARSIZE_ANY_EXHDR(model);
	read_header(reader);

	reader->ncategories = reader_count(bytes, CATEGORY_SIZE);
	reader->categories = palloc(((Size) reader->ncategories + 1) * sizeof(Utf8));
	reader->priors = palloc(((Size) reader->ncategories + 1) * sizeof(double));
	for (uint32 i = 0; i < reader->ncategories; i++)
	{
		reader->categories[i] = next_name(reader);
		reader->priors[i] = finite_from(bytes, 0, 1);
	}
	reader->nraters = reader->left = reader_count(bytes, RATER_SIZE);
	reader->last.data = NULL;
	return reader;
}

static uint32
next_category(ModelReader *reader)
{
	uint32 category = reader_u32(&reader->bytes);

	if (category >= reader->ncategories)
		reader_fail(&reader->bytes, "A category in it does not exist.");
	return category;
}

bool
model_next_rater(ModelReader *reader, ModelRater *rater)
{
	ByteReader *bytes = &reader->bytes;
	int64 last = -1;

	if (reader->left == 0)
		return false;
	reader->left--;
	rater->name = next_name(reader);
	rater->nlabels = reader_u32(bytes);
	rater->ngold = reader_u32(bytes);
	rater->ngold_right = reader_u32(bytes);
	rater->skill = finite_from(bytes, 0, 1);
	if (rater->ngold > rater->nlabels || rater->ngold_right > rater->ngold)
		reader_fail(bytes, "Numbers of labels in it contradict each other.");
	rater->ncells = reader_count(bytes, CELL_SIZE);
	rater->cells = bytes->at;
	for (uint32 i = 0; i < rater->ncells; i++)
	{
		int64 cell = (int64) next_category(reader) * reader->ncategories;

		cell += next_category(reader);
		if (cell <= last)
			reader_fail(bytes, "Cells in it are not in order.");
		last = cell;
		finite_from(bytes, 0, DBL_MAX);
	}
	return true;
}

void
model_open_units(ModelReader *reader)
{
	ModelRater rater;

	while (model_next_rater(reader, &rater))
		CHECK_FOR_INTERRUPTS();
	reader->nunits = reader->left = reader_count(&reader->bytes, UNIT_SIZE);
	reader->last.data = NULL;
}

bool
model_next_unit(ModelReader *reader, ModelUnit *unit)
{
	ByteReader *bytes = &reader->bytes;
	int64 last = -1;

	if (reader->left == 0)
	{
		reader_finish(bytes);
		return false;
	}
	reader->left--;
	unit->name = next_name(reader);
	unit->nlabels = reader_u32(bytes);
	unit->gold = reader_u32(bytes);
	if (unit->gold > reader->ncategories)
		reader_fail(bytes, "A category in it does not exist.");
	unit->nposteriors = reader_count(bytes, POSTERIOR_SIZE);
	unit->posteriors = bytes->at;
	if (unit->nposteriors == 0)
		reader_fail(bytes, "A unit in it has no probabilities.");
	for (uint32 i = 0; i < unit->nposteriors; i++)
	{
		uint32 category = next_category(reader);

		if ((int64) category <= last)
			reader_fail(bytes, "Probabilities in it are not in order.");
		last = category;
		finite_from(bytes, DBL_MIN, 1);
	}
	return true;
}

ModelCell
model_cell(const ModelRater *rater, uint32 i)
{
	ByteReader bytes = {.at = rater->cells + (Size) i * CELL_SIZE,
						.end = rater->cells + ((Size) i + 1) * CELL_SIZE};
	ModelCell cell;

	cell.truth = reader_u32(&bytes);
	cell.given = reader_u32(&bytes);
	cell.expected = reader_f64(&bytes);
	return cell;
}

ModelPosterior
model_posterior(const ModelUnit *unit, uint32 i)
{
	ByteReader bytes = {.at = unit->posteriors + (Size) i * POSTERIOR_SIZE,
						.end = unit->posteriors + ((Size) i + 1) * POSTERIOR_SIZE};
	ModelPosterior posterior;

	posterior.category = reader_u32(&bytes);
	posterior.probability = reader_f64(&bytes);
	return posterior;
}

/* ---------------------------------------------------------------- input, output ---- */

static void
check_model(const struct varlena *model)
{
	ModelReader *reader = model_open(model);
	ModelUnit unit;

	model_open_units(reader);
	while (model_next_unit(reader, &unit))
		CHECK_FOR_INTERRUPTS();
}

HEX_TEXT_TYPE(consensus_model, "consensus1:", check_model);
