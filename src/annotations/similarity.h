/*
 * similarity.h: annotations that are no plain labels, and how alike two of them are.
 */
#ifndef AIDATAOPS_ANNOTATIONS_SIMILARITY_H
#define AIDATAOPS_ANNOTATIONS_SIMILARITY_H

#include "core/reader.h"

/* Written into values: numbers never change. */
typedef enum AnnotationKind
{
	KIND_SET = 1,
	KIND_BOX = 2,
	KIND_POLYGON = 3,
	KIND_SPAN = 4,
	KIND_PATH = 5
} AnnotationKind;

typedef struct Vertex
{
	double x;
	double y;
} Vertex;

/*
 * A set: its elements, sorted by their bytes. A box: upper right and lower left corner. A polygon: its
 * vertices. A span: its pieces in order, each from x to y of a vertex; none if it is empty. A path: its
 * elements, from the root down.
 */
typedef struct Annotation
{
	AnnotationKind kind;
	uint32 n;
	Utf8 *elements;
	Vertex *vertices;
} Annotation;

/* Between 0 and 1, or NaN where it does not exist; symmetric. */
typedef double (*Similarity)(const Annotation *a, const Annotation *b);

extern double identity_similarity(const Annotation *a, const Annotation *b);
extern double jaccard_similarity(const Annotation *a, const Annotation *b);
extern double masi_similarity(const Annotation *a, const Annotation *b);
extern double iou_similarity(const Annotation *a, const Annotation *b);
extern double wu_palmer_similarity(const Annotation *a, const Annotation *b);
extern double path_similarity(const Annotation *a, const Annotation *b);

/* From a value of SQL to bytes, one form for each annotation, and from there to what is compared. */
extern AnnotationKind annotation_kind_of_type(Oid type);
extern bool annotation_kind_has_elements(AnnotationKind kind);
extern void annotation_encode(StringInfo buf, AnnotationKind kind, Datum value, Oid type);
extern Annotation annotation_decode(AnnotationKind kind, ByteReader *reader);

#endif
