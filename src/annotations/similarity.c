/*
 * similarity.c: similarities of sets, boxes, polygons, spans and paths in a taxonomy.
 */
#include "postgres.h"

#include <math.h>

#include "aidataops.h"
#include "annotations/similarity.h"
#include "catalog/pg_type_d.h"
#include "core/dictionary.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/geo_decls.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"

/* ----------------------------------------------------------------------------- sets ---- */

static uint32
common_elements(const Annotation *a, const Annotation *b)
{
	uint32 common = 0;
	uint32 i = 0;
	uint32 j = 0;

	while (i < a->n && j < b->n)
	{
		int order = utf8_compare(a->elements[i], b->elements[j]);

		common += order == 0;
		i += order <= 0;
		j += order >= 0;
	}
	return common;
}

/* Jaccard (1901): elements of both over elements of either; two empty sets are alike. */
double
jaccard_similarity(const Annotation *a, const Annotation *b)
{
	double common = common_elements(a, b);

	return a->n + b->n == 0 ? 1 : common / (a->n + b->n - common);
}

/* Passonneau (2006): Jaccard, times less the less one set is part of the other. */
double
masi_similarity(const Annotation *a, const Annotation *b)
{
	uint32 common = common_elements(a, b);
	double monotonicity = 0.33;

	if (common == a->n && common == b->n)
		monotonicity = 1;
	else if (common == a->n || common == b->n)
		monotonicity = 0.67;
	else if (common == 0)
		monotonicity = 0;
	return jaccard_similarity(a, b) * monotonicity;
}

/* ---------------------------------------------------------------------------- paths ---- */

static uint32
common_depth(const Annotation *a, const Annotation *b)
{
	uint32 depth = 0;

	while (depth < a->n && depth < b->n &&
		   utf8_compare(a->elements[depth], b->elements[depth]) == 0)
		depth++;
	return depth;
}

/* Wu and Palmer (1994): how deep the two have one path, against how deep they are. */
double
wu_palmer_similarity(const Annotation *a, const Annotation *b)
{
	double depths = (double) a->n + b->n;

	return depths == 0 ? 1 : 2.0 * common_depth(a, b) / depths;
}

/* One over one more than the steps from one to the other (Rada et al. 1989 count these). */
double
path_similarity(const Annotation *a, const Annotation *b)
{
	return 1 / (1 + ((double) a->n + b->n - 2.0 * common_depth(a, b)));
}

/* ------------------------------------------------------------------------- polygons ---- */

/* Twice the area of a triangle, positive when it turns left. */
static double
turn(Vertex a, Vertex b, Vertex c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static double
signed_area(const Vertex *v, uint32 n)
{
	double sum = 0;

	for (uint32 i = 1; i + 1 < n; i++)
		sum += turn(v[0], v[i], v[i + 1]);
	return sum / 2;
}

#define CLIPPED_MAX 9 /* a triangle cut by three lines, with room */

static Vertex
crossing(Vertex a, Vertex b, double side_a, double side_b)
{
	double t = side_a / (side_a - side_b);

	return (Vertex){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
}

/* What of a convex shape is to the left of a line (Sutherland and Hodgman 1974). */
static uint32
clip(const Vertex *shape, uint32 n, Vertex from, Vertex to, Vertex *result)
{
	uint32 count = 0;

	for (uint32 i = 0; i < n; i++)
	{
		Vertex here = shape[i];
		Vertex next = shape[(i + 1) % n];
		double side_here = turn(from, to, here);
		double side_next = turn(from, to, next);

		if (side_here >= 0)
			result[count++] = here;
		if ((side_here > 0 && side_next < 0) || (side_here < 0 && side_next > 0))
			result[count++] = crossing(here, next, side_here, side_next);
	}
	return count;
}

/* The area that two triangles share, both turning left. */
static double
triangle_overlap(const Vertex *a, const Vertex *b)
{
	Vertex one[CLIPPED_MAX];
	Vertex two[CLIPPED_MAX];
	uint32 n = clip(a, 3, b[0], b[1], one);

	n = clip(one, n, b[1], b[2], two);
	n = clip(two, n, b[2], b[0], one);
	return n < 3 ? 0 : signed_area(one, n);
}

/* The triangle of a fan, turned left; returns 1, or -1 where it had to be turned, or 0 for none. */
static int
fan_triangle(const Annotation *shape, uint32 i, Vertex *triangle)
{
	double area = turn(shape->vertices[0], shape->vertices[i], shape->vertices[i + 1]);

	triangle[0] = shape->vertices[0];
	triangle[1] = shape->vertices[area > 0 ? i : i + 1];
	triangle[2] = shape->vertices[area > 0 ? i + 1 : i];
	return (area > 0) - (area < 0);
}

/*
 * A simple polygon is the sum of the triangles of a fan, each counted with its sign, however it is
 * bent; so what two polygons share is the sum over all pairs of triangles.
 */
static double
polygon_overlap(const Annotation *a, const Annotation *b)
{
	double sum = 0;
	Vertex one[3];
	Vertex two[3];

	for (uint32 i = 1; i + 1 < a->n; i++)
	{
		int sign_one = fan_triangle(a, i, one);

		for (uint32 j = 1; sign_one != 0 && j + 1 < b->n; j++)
		{
			int sign_two = fan_triangle(b, j, two);

			if (sign_two != 0)
				sum += sign_one * sign_two * triangle_overlap(one, two);
		}
	}
	return fabs(sum);
}

/* ------------------------------------------------------------- intersection over union ---- */

static double
span_length(const Annotation *a)
{
	double sum = 0;

	for (uint32 i = 0; i < a->n; i++)
		sum += a->vertices[i].y - a->vertices[i].x;
	return sum;
}

/* Pieces are in order and apart, so that each step leaves the one behind that ends first. */
static double
span_overlap(const Annotation *a, const Annotation *b)
{
	double sum = 0;
	uint32 i = 0;
	uint32 j = 0;

	while (i < a->n && j < b->n)
	{
		Vertex one = a->vertices[i];
		Vertex two = b->vertices[j];

		sum += Max(0, Min(one.y, two.y) - Max(one.x, two.x));
		if (one.y < two.y)
			i++;
		else
			j++;
	}
	return sum;
}

static double
extent(const Annotation *a)
{
	switch (a->kind)
	{
		case KIND_BOX:
			return (a->vertices[0].x - a->vertices[1].x) * (a->vertices[0].y - a->vertices[1].y);
		case KIND_POLYGON:
			return fabs(signed_area(a->vertices, a->n));
		default:
			return span_length(a);
	}
}

static double
overlap(const Annotation *a, const Annotation *b)
{
	double width;
	double height;

	if (a->kind == KIND_POLYGON)
		return polygon_overlap(a, b);
	if (a->kind == KIND_SPAN)
		return span_overlap(a, b);
	width = Min(a->vertices[0].x, b->vertices[0].x) - Max(a->vertices[1].x, b->vertices[1].x);
	height = Min(a->vertices[0].y, b->vertices[0].y) - Max(a->vertices[1].y, b->vertices[1].y);
	return Max(0, width) * Max(0, height);
}

double
identity_similarity(const Annotation *a, const Annotation *b)
{
	if (a->n != b->n)
		return 0;
	for (uint32 i = 0; i < a->n; i++)
	{
		if (annotation_kind_has_elements(a->kind)
				? utf8_compare(a->elements[i], b->elements[i]) != 0
				: a->vertices[i].x != b->vertices[i].x || a->vertices[i].y != b->vertices[i].y)
			return 0;
	}
	return 1;
}

/* Areas beyond have overflowed on the way, or have lost their digits. */
#define SMALLEST_AREA 1e-280
#define LARGEST_AREA  1e280

static void
largest_coordinates(const Annotation *a, double *x, double *y)
{
	for (uint32 i = 0; i < a->n; i++)
	{
		*x = fmax(*x, fabs(a->vertices[i].x));
		*y = fmax(*y, fabs(a->vertices[i].y));
	}
}

static Annotation
scaled(const Annotation *a, int exponent_x, int exponent_y)
{
	Annotation copy = *a;

	copy.vertices = palloc(((Size) a->n + 1) * sizeof(Vertex));
	for (uint32 i = 0; i < a->n; i++)
		copy.vertices[i] =
			(Vertex){ldexp(a->vertices[i].x, -exponent_x), ldexp(a->vertices[i].y, -exponent_y)};
	return copy;
}

static double
ratio_of_areas(const Annotation *a, const Annotation *b, double *either)
{
	double common = overlap(a, b);

	*either = extent(a) + extent(b) - common;
	return common / *either;
}

/* The same with coordinates brought to about one, by powers of two: it depends on no unit. */
static double
scaled_iou(const Annotation *a, const Annotation *b)
{
	double x = 0;
	double y = 0;
	double either;
	double ratio;
	int exponent_x;
	int exponent_y;
	Annotation one;
	Annotation two;

	largest_coordinates(a, &x, &y);
	largest_coordinates(b, &x, &y);
	if (a->kind == KIND_SPAN) /* both are along one line */
		x = y = fmax(x, y);
	frexp(x, &exponent_x);
	frexp(y, &exponent_y);
	one = scaled(a, exponent_x, exponent_y);
	two = scaled(b, exponent_x, exponent_y);
	ratio = ratio_of_areas(&one, &two, &either);
	pfree(one.vertices);
	pfree(two.vertices);
	return either > 0 ? ratio : 0;
}

/* What is the same is alike even without any extent, as two empty spans or two points. */
double
iou_similarity(const Annotation *a, const Annotation *b)
{
	double either;
	double ratio;

	if (identity_similarity(a, b) == 1)
		return 1;
	ratio = ratio_of_areas(a, b, &either);
	if (unlikely(!(either >= SMALLEST_AREA && either <= LARGEST_AREA)))
		ratio = scaled_iou(a, b);
	return Min(1, ratio);
}

/* ------------------------------------------------------------------- values as bytes ---- */

AnnotationKind
annotation_kind_of_type(Oid type)
{
	switch (type)
	{
		case BOXOID:
			return KIND_BOX;
		case POLYGONOID:
			return KIND_POLYGON;
		case TEXTARRAYOID:
			return KIND_SET;
		case TEXTOID:
			return KIND_PATH;
		default:
			return KIND_SPAN;
	}
}

bool
annotation_kind_has_elements(AnnotationKind kind)
{
	return kind == KIND_SET || kind == KIND_PATH;
}

static void
put_coordinate(StringInfo buf, double value)
{
	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("coordinate %g of an annotation is not finite", value)));
	bytes_put_f64(buf, value + 0.0); /* minus zero is zero */
}

static void
put_point(StringInfo buf, const Point *point)
{
	put_coordinate(buf, point->x);
	put_coordinate(buf, point->y);
}

static int
compare_elements(const void *a, const void *b)
{
	return utf8_compare(*(const Utf8 *) a, *(const Utf8 *) b);
}

static void
encode_set(StringInfo buf, ArrayType *array)
{
	Datum *values;
	bool *nulls;
	int count;
	Utf8 *elements;
	uint32 kept = 0;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	elements = palloc((count + 1) * sizeof(Utf8));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("a set of labels must not contain NULL")));
		elements[i] = utf8_from_text(values[i]);
	}
	qsort(elements, count, sizeof(Utf8), compare_elements);
	for (int i = 0; i < count; i++)
	{
		if (kept == 0 || utf8_compare(elements[kept - 1], elements[i]) != 0)
			elements[kept++] = elements[i];
	}
	bytes_put_u32(buf, kept);
	for (uint32 i = 0; i < kept; i++)
		bytes_put_utf8(buf, elements[i]);
}

/* The elements between dots, as ltree writes a path; none of an empty text, which is the root. */
static void
encode_path(StringInfo buf, Utf8 path)
{
	const char *end = path.data + path.len;
	uint32 count = path.len > 0;

	for (const char *at = path.data; at < end; at++)
		count += *at == '.';
	bytes_put_u32(buf, count);
	for (const char *start = path.data; count > 0; count--)
	{
		const char *dot = memchr(start, '.', end - start);
		Utf8 element = {start, (dot ? dot : end) - start};

		if (element.len == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("path \"%s\" has an empty element", utf8_to_cstring(path)),
							errhint("Separate elements by one dot each: animal.dog.poodle.")));
		bytes_put_utf8(buf, element);
		start = dot + 1;
	}
}

static double
bound_value(const RangeBound *bound, Oid type)
{
	switch (type)
	{
		case INT4OID:
			return DatumGetInt32(bound->val);
		case DATEOID:
			return DATE_NOT_FINITE(DatumGetDateADT(bound->val)) ? INFINITY
																: DatumGetDateADT(bound->val);
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return TIMESTAMP_NOT_FINITE(DatumGetTimestamp(bound->val))
					   ? INFINITY
					   : (double) DatumGetTimestamp(bound->val);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, bound->val));
		default:
			return (double) DatumGetInt64(bound->val);
	}
}

static void
put_piece(StringInfo buf, TypeCacheEntry *range_type, const RangeBound *lower,
		  const RangeBound *upper)
{
	if (lower->infinite || upper->infinite)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a span must have both bounds")));
	put_coordinate(buf, bound_value(lower, range_type->rngelemtype->type_id));
	put_coordinate(buf, bound_value(upper, range_type->rngelemtype->type_id));
}

static void
encode_range(StringInfo buf, RangeType *range)
{
	TypeCacheEntry *type = lookup_type_cache(RangeTypeGetOid(range), TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	bytes_put_u32(buf, empty ? 0 : 1);
	if (!empty)
		put_piece(buf, type, &lower, &upper);
}

/* A range as its only piece, a multirange as its pieces: with what is between them left out. */
static void
encode_span(StringInfo buf, Datum value, Oid type)
{
	TypeCacheEntry *multirange_type;
	MultirangeType *multirange;

	if (type_is_range(type))
	{
		encode_range(buf, DatumGetRangeTypeP(value));
		return;
	}
	multirange = DatumGetMultirangeTypeP(value);
	multirange_type =
		lookup_type_cache(MultirangeTypeGetOid(multirange), TYPECACHE_MULTIRANGE_INFO);
	bytes_put_u32(buf, multirange->rangeCount);
	for (uint32 i = 0; i < multirange->rangeCount; i++)
	{
		RangeBound lower;
		RangeBound upper;

		multirange_get_bounds(multirange_type->rngtype, multirange, i, &lower, &upper);
		put_piece(buf, multirange_type->rngtype, &lower, &upper);
	}
}

void
annotation_encode(StringInfo buf, AnnotationKind kind, Datum value, Oid type)
{
	POLYGON *polygon;
	BOX *box;

	switch (kind)
	{
		case KIND_SET:
			encode_set(buf, DatumGetArrayTypeP(value));
			break;
		case KIND_BOX:
			box = DatumGetBoxP(value);
			bytes_put_u32(buf, 2);
			put_point(buf, &box->high);
			put_point(buf, &box->low);
			break;
		case KIND_POLYGON:
			polygon = DatumGetPolygonP(value);
			bytes_put_u32(buf, polygon->npts);
			for (int i = 0; i < polygon->npts; i++)
				put_point(buf, &polygon->p[i]);
			break;
		case KIND_SPAN:
			encode_span(buf, value, type);
			break;
		case KIND_PATH:
			encode_path(buf, utf8_from_text(value));
			break;
	}
}

static void
check_vertices(const Annotation *annotation, ByteReader *reader)
{
	const Vertex *v = annotation->vertices;
	bool wrong =
		annotation->kind == KIND_BOX && (annotation->n != 2 || v[0].x < v[1].x || v[0].y < v[1].y);

	/* pieces may touch, and have no extent, where doubles cannot tell their bounds apart */
	for (uint32 i = 0; annotation->kind == KIND_SPAN && i < annotation->n; i++)
		wrong |= v[i].y < v[i].x || (i > 0 && v[i].x < v[i - 1].y);
	for (uint32 i = 0; i < annotation->n; i++)
		wrong |= !isfinite(v[i].x) || !isfinite(v[i].y);
	if (wrong)
		reader_fail(reader, "Coordinates in it are out of range.");
}

Annotation
annotation_decode(AnnotationKind kind, ByteReader *reader)
{
	Annotation annotation = {.kind = kind};

	annotation.n =
		reader_count(reader, annotation_kind_has_elements(kind) ? sizeof(uint32) : sizeof(Vertex));
	if (annotation_kind_has_elements(kind))
	{
		annotation.elements = palloc(((Size) annotation.n + 1) * sizeof(Utf8));
		for (uint32 i = 0; i < annotation.n; i++)
		{
			annotation.elements[i] = reader_utf8(reader);
			if (kind == KIND_SET && i > 0 &&
				utf8_compare(annotation.elements[i - 1], annotation.elements[i]) >= 0)
				reader_fail(reader, "Elements in it are not in order.");
		}
		return annotation;
	}
	annotation.vertices = palloc(((Size) annotation.n + 1) * sizeof(Vertex));
	for (uint32 i = 0; i < annotation.n; i++)
	{
		annotation.vertices[i].x = reader_f64(reader);
		annotation.vertices[i].y = reader_f64(reader);
	}
	check_vertices(&annotation, reader);
	return annotation;
}
