-- annotations: sets of labels, boxes, polygons, spans and paths in a taxonomy (docs/annotations.md, src/annotations)

-- similarity of two

CREATE FUNCTION aidataops.jaccard(a text[], b text[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.jaccard(text[], text[]) IS
'Similarity of two sets of labels: elements of both over elements of either (Jaccard 1901). 0 is disjoint, 1 the same; two empty sets are the same. Repeated elements count once. NULL if either is NULL; an error if one contains NULL.';
CREATE FUNCTION aidataops.masi(a text[], b text[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.masi(text[], text[]) IS
'Similarity of two sets of labels by MASI (Passonneau 2006): jaccard() times 1 if they are the same, 0.67 if one is part of the other, 0.33 if they overlap, 0 if not. NULL and errors as jaccard().';
CREATE FUNCTION aidataops.iou(a box, b box) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a polygon, b polygon) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a int4range, b int4range) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a int8range, b int8range) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a numrange, b numrange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a daterange, b daterange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a tsrange, b tsrange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a tstzrange, b tstzrange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a int4multirange, b int4multirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a int8multirange, b int8multirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a nummultirange, b nummultirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a datemultirange, b datemultirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a tsmultirange, b tsmultirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.iou(a tstzmultirange, b tstzmultirange) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.iou(box, box) IS
'Intersection over union of two boxes. 0 is apart, 1 the same. NULL if either is NULL; an error for infinite coordinates.';
COMMENT ON FUNCTION aidataops.iou(polygon, polygon) IS
'Intersection over union of two polygons, bent or not, whose sides do not cross. 0 is apart, 1 the same. NULL if either is NULL; an error for infinite coordinates.';
COMMENT ON FUNCTION aidataops.iou(int4range, int4range) IS
'Intersection over union of two spans, as of characters in a text. 0 is apart, 1 the same; two empty spans are the same. NULL if either is NULL; an error for a span without a bound.';
COMMENT ON FUNCTION aidataops.iou(int8range, int8range) IS
'Intersection over union of two spans, as of positions in a recording. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(numrange, numrange) IS
'Intersection over union of two spans, as of seconds in a recording. Whether a bound belongs to the span makes no difference. As of int4range; an error for a bound that is infinity or NaN.';
COMMENT ON FUNCTION aidataops.iou(daterange, daterange) IS
'Intersection over union of two spans, as of days. Whether a bound belongs to the span makes no difference. As of int4range; an error for a bound that is infinity or NaN.';
COMMENT ON FUNCTION aidataops.iou(tsrange, tsrange) IS
'Intersection over union of two spans, as of times. Whether a bound belongs to the span makes no difference. As of int4range; an error for a bound that is infinity or NaN.';
COMMENT ON FUNCTION aidataops.iou(tstzrange, tstzrange) IS
'Intersection over union of two spans, as of times. Whether a bound belongs to the span makes no difference. As of int4range; an error for a bound that is infinity or NaN.';
COMMENT ON FUNCTION aidataops.iou(int4multirange, int4multirange) IS
'Intersection over union of two spans of several pieces, as of characters in a text: what is between the pieces does not count. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(int8multirange, int8multirange) IS
'Intersection over union of two spans of several pieces, as of positions in a recording: what is between the pieces does not count. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(nummultirange, nummultirange) IS
'Intersection over union of two spans of several pieces, as of seconds in a recording: what is between the pieces does not count. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(datemultirange, datemultirange) IS
'Intersection over union of two spans of several pieces, as of days: what is between the pieces does not count. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(tsmultirange, tsmultirange) IS
'Intersection over union of two spans of several pieces, as of times: what is between the pieces does not count. As of int4range.';
COMMENT ON FUNCTION aidataops.iou(tstzmultirange, tstzmultirange) IS
'Intersection over union of two spans of several pieces, as of times: what is between the pieces does not count. As of int4range.';
CREATE FUNCTION aidataops.wu_palmer(a text, b text) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.path_similarity(a text, b text) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'taxonomy_path_similarity';
COMMENT ON FUNCTION aidataops.wu_palmer(text, text) IS
'Similarity of two paths in a taxonomy, written as ltree writes them, animal.dog.poodle (cast an ltree to text): twice the depth of what they have in common over the sum of their depths (Wu and Palmer 1994). The first element has depth 1. 0 is nothing in common, 1 the same; two empty paths are the same. NULL if either is NULL; an error for an empty element.';
COMMENT ON FUNCTION aidataops.path_similarity(text, text) IS
'Similarity of two paths in a taxonomy: 1 over one more than the number of steps from one to the other (as WordNet::Similarity and NLTK have it, after Rada et al. 1989), by way of their first elements'' parent where these differ. 1 is the same. Paths, NULL and errors as wu_palmer().';

-- agreement of many

CREATE TYPE aidataops.annotations;

CREATE FUNCTION aidataops.annotations_in(cstring) RETURNS aidataops.annotations
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.annotations_out(aidataops.annotations) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.annotations_recv(internal) RETURNS aidataops.annotations
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION aidataops.annotations_send(aidataops.annotations) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION aidataops.annotations_in(cstring) IS 'Text input of annotations.';
COMMENT ON FUNCTION aidataops.annotations_out(aidataops.annotations) IS 'Text output of annotations.';
COMMENT ON FUNCTION aidataops.annotations_recv(internal) IS 'Binary input of annotations.';
COMMENT ON FUNCTION aidataops.annotations_send(aidataops.annotations) IS 'Binary output of annotations.';

CREATE TYPE aidataops.annotations (
    INPUT = aidataops.annotations_in,
    OUTPUT = aidataops.annotations_out,
    RECEIVE = aidataops.annotations_recv,
    SEND = aidataops.annotations_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE aidataops.annotations IS
'Annotations of units by several raters that are sets of labels, boxes, polygons, spans or paths. Written annotations1: and hexadecimal digits; read it by annotation_alpha(), annotation_agreement() and unit_similarity().';

CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value text[]) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, text[]) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value box) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, box) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value polygon) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, polygon) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value int4range) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, int4range) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value int8range) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, int8range) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value numrange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, numrange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value daterange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, daterange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value tsrange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, tsrange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value tstzrange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, tstzrange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value int4multirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, int4multirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value int8multirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, int8multirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value nummultirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, nummultirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value datemultirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, datemultirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value tsmultirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, tsmultirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, value tstzmultirange) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, tstzmultirange) IS 'Internal: keeps an annotation.';
CREATE FUNCTION aidataops._annotations_accum(internal, unit text, path text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'annotations_accum';
COMMENT ON FUNCTION aidataops._annotations_accum(internal, text, text) IS 'Internal: keeps a path.';
CREATE FUNCTION aidataops._annotations_final(internal) RETURNS aidataops.annotations
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'annotations_final';
COMMENT ON FUNCTION aidataops._annotations_final(internal) IS 'Internal: final of annotations_agg().';

CREATE AGGREGATE aidataops.annotations_agg(unit text, value text[]) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, text[]) IS
'Annotations that are sets of labels, one row a unit and rater: SELECT annotation_alpha(annotations_agg(document, topics)) FROM annotation. An empty set is an annotation, NULL is none. Rows with a NULL are skipped; NULL of no rows. An error for a set that contains NULL. Does not depend on the order of rows. Kept in memory: an error beyond aidataops.max_state_memory.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value box) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, box) IS
'Annotations that are boxes, one row a unit and rater: the unit is the object that was to be marked. NULL, order and memory as of sets; an error for infinite coordinates.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value polygon) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, polygon) IS
'Annotations that are polygons, one row a unit and rater. As of boxes.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value int4range) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, int4range) IS
'Annotations that are spans, as of characters in a text, one row a unit and rater. NULL, order and memory as of sets; an error for a span without a bound.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value int8range) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, int8range) IS
'Annotations that are spans, as of positions in a recording, one row a unit and rater. As of int4range.';

CREATE AGGREGATE aidataops.annotations_agg(unit text, value numrange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, numrange) IS
'Annotations that are spans, as of seconds in a recording, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value daterange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, daterange) IS
'Annotations that are spans, as of days, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value tsrange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, tsrange) IS
'Annotations that are spans, as of times, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value tstzrange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, tstzrange) IS
'Annotations that are spans, as of times, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value int4multirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, int4multirange) IS
'Annotations that are spans of several pieces, as of characters in a text, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value int8multirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, int8multirange) IS
'Annotations that are spans of several pieces, as of positions in a recording, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value nummultirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, nummultirange) IS
'Annotations that are spans of several pieces, as of seconds in a recording, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value datemultirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, datemultirange) IS
'Annotations that are spans of several pieces, as of days, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value tsmultirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, tsmultirange) IS
'Annotations that are spans of several pieces, as of times, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.annotations_agg(unit text, value tstzmultirange) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.annotations_agg(text, tstzmultirange) IS
'Annotations that are spans of several pieces, as of times, one row a unit and rater. As of int4range.';
CREATE AGGREGATE aidataops.path_annotations_agg(unit text, path text) (
    SFUNC = aidataops._annotations_accum, STYPE = internal, SSPACE = 8192,
    FINALFUNC = aidataops._annotations_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE
);
COMMENT ON AGGREGATE aidataops.path_annotations_agg(text, text) IS
'Annotations that are paths in a taxonomy, written as ltree writes them, animal.dog.poodle, one row a unit and rater: cast an ltree to text. The empty path is the root. NULL, order and memory as of sets; an error for an empty element.';

CREATE FUNCTION aidataops.annotation_alpha(annotations aidataops.annotations, similarity text DEFAULT NULL) RETURNS double precision
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.annotation_alpha(aidataops.annotations, text) IS
'Krippendorff''s alpha with the distance 1 - similarity (Krippendorff 2004): 1 is agreement, 0 what chance gives. similarity: jaccard (the default), masi or identity of sets; iou (the default) or identity of boxes, polygons and spans; wu_palmer (the default), path or identity of paths. Units with one annotation are left out. NULL if no unit has two, if all annotations are the same, or for NULL. An error for another similarity, and for more than 10,000 distinct annotations.';
CREATE FUNCTION aidataops.annotation_agreement(annotations aidataops.annotations, similarity text DEFAULT NULL, OUT alpha double precision, OUT mean_similarity double precision,
                                               OUT observed_disagreement double precision, OUT expected_disagreement double precision, OUT n_units bigint,
                                               OUT n_units_pairable bigint, OUT n_annotations bigint, OUT n_distinct bigint, OUT status text)
    RETURNS record
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.annotation_agreement(aidataops.annotations, text) IS
'Agreement on annotations, in one row: Krippendorff''s alpha as annotation_alpha(), what it is made of, and the mean over units of the mean similarity of their pairs. n_units_pairable: with two annotations or more; n_annotations: in these. status: ok, no_pairable_units, single_category (all annotations are the same). NULL and errors as annotation_alpha().';
CREATE FUNCTION aidataops.unit_similarity(annotations aidataops.annotations, similarity text DEFAULT NULL, OUT unit text, OUT n bigint, OUT mean_similarity double precision)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.unit_similarity(aidataops.annotations, text) IS
'Mean similarity of the pairs of annotations of each unit, one row a unit, in byte order: ORDER BY it to see what is disputed. NULL for a unit with one annotation. similarity as annotation_alpha(). No rows for NULL.';
