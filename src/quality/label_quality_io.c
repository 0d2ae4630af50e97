/*
 * label_quality_io.c: the type label_quality: layout, input and output.
 */
#include "postgres.h"

#include "aidataops.h"
#include "core/hex_text.h"
#include "miscadmin.h"
#include "quality/label_quality.h"

#define CLASS_SIZE 16
#define CELL_SIZE  12
#define UNIT_SIZE  36

void
quality_put_unit(StringInfo buf, const QualityUnit *unit)
{
	bytes_put_utf8(buf, unit->name);
	bytes_put_u32(buf, unit->given);
	bytes_put_u32(buf, unit->found);
	bytes_put_f64(buf, unit->scores.self_confidence);
	bytes_put_f64(buf, unit->scores.normalized_margin);
	bytes_put_f64(buf, unit->scores.confidence_weighted_entropy);
}

static double
fraction(ByteReader *bytes)
{
	double value = reader_f64(bytes);

	if (!(value >= 0 && value <= 1))
		reader_fail(bytes, "A number in it is out of range.");
	return value;
}

static uint32
class_of(QualityReader *reader, uint32 limit)
{
	uint32 value = reader_u32(&reader->bytes);

	if (value >= limit)
		reader_fail(&reader->bytes, "A class in it does not exist.");
	return value;
}

static void
read_classes(QualityReader *reader)
{
	ByteReader *bytes = &reader->bytes;

	reader->nclasses = reader_count(bytes, CLASS_SIZE);
	reader->classes = palloc(((Size) reader->nclasses + 1) * sizeof(QualityClass));
	for (uint32 i = 0; i < reader->nclasses; i++)
	{
		reader->classes[i].name = reader_utf8(bytes);
		reader->classes[i].given = reader_u32(bytes);
		reader->classes[i].threshold = fraction(bytes);
	}
}

static void
read_cells(QualityReader *reader)
{
	ByteReader *bytes = &reader->bytes;
	int64 last = -1;

	reader->ncells = reader_count(bytes, CELL_SIZE);
	reader->cells = palloc(((Size) reader->ncells + 1) * sizeof(QualityCell));
	for (uint32 i = 0; i < reader->ncells; i++)
	{
		QualityCell *cell = &reader->cells[i];
		int64 place;

		cell->given = class_of(reader, reader->nclasses);
		cell->found = class_of(reader, reader->nclasses);
		cell->units = reader_u32(bytes);
		place = (int64) cell->given * reader->nclasses + cell->found;
		if (place <= last || cell->units == 0)
			reader_fail(bytes, "Cells in it are not in order.");
		last = place;
	}
}

QualityReader *
quality_open(const struct varlena *quality)
{
	QualityReader *reader = palloc0(sizeof(QualityReader));
	ByteReader *bytes = &reader->bytes;

	bytes->type = "label_quality";
	bytes->at = VARDATA_ANY(quality);
	bytes->end = bytes->at + VARSIZE_ANY_EXHDR(quality);
	if (reader_u8(bytes) != LABEL_QUALITY_LAYOUT)
		reader_fail(bytes, "Its layout is none that this release reads.");
	reader->hash_sum.high = reader_u64(bytes);
	reader->hash_sum.low = reader_u64(bytes);
	read_classes(reader);
	read_cells(reader);
	reader->nunits = reader->left = reader_count(bytes, UNIT_SIZE);
	return reader;
}

bool
quality_next_unit(QualityReader *reader, QualityUnit *unit)
{
	ByteReader *bytes = &reader->bytes;

	if (reader->left == 0)
	{
		reader_finish(bytes);
		return false;
	}
	reader->left--;
	unit->name = reader_utf8(bytes);
	if (reader->last.data != NULL && utf8_compare(reader->last, unit->name) >= 0)
		reader_fail(bytes, "Names in it are not in order.");
	reader->last = unit->name;
	unit->given = class_of(reader, reader->nclasses);
	unit->found = class_of(reader, reader->nclasses + 1);
	unit->scores.self_confidence = fraction(bytes);
	unit->scores.normalized_margin = fraction(bytes);
	unit->scores.confidence_weighted_entropy = fraction(bytes);
	return true;
}

static void
check_quality(const struct varlena *quality)
{
	QualityReader *reader = quality_open(quality);
	QualityUnit unit;

	while (quality_next_unit(reader, &unit))
		CHECK_FOR_INTERRUPTS();
}

HEX_TEXT_TYPE(label_quality, "label_quality1:", check_quality);
