-- Sets, boxes, polygons and spans. Golden values are of nltk 3.8 (jaccard_distance, masi_distance, AnnotationTask.alpha) and of plain geometry.
CREATE SCHEMA annotations_test;
SET search_path = annotations_test, aidataops, public;
SET extra_float_digits = 0;

-- nltk: alpha .4 with equality, .54257426 with masi_distance, .62068966 with jaccard_distance
CREATE TABLE topic AS
SELECT unit::text, rater, topics FROM (VALUES (1, 'a', '{x}'::text[]), (1, 'b', '{x}'), (1, 'c', '{x,y}'), (2, 'a', '{x,y}'), (2, 'b', '{y,x}'), (2, 'c', '{y}'),
    (3, 'a', '{z}'), (3, 'b', '{z}'), (3, 'c', '{z,z}'), (4, 'a', '{y,z}'), (4, 'b', '{z}'), (4, 'c', '{y,z}')) AS v (unit, rater, topics);
CREATE TABLE a AS SELECT annotations_agg(unit, topics) AS a FROM topic;
SELECT annotation_alpha(a, 'identity') AS identity, annotation_alpha(a, 'masi')::numeric(9, 8) AS masi, annotation_alpha(a, 'jaccard')::numeric(9, 8) AS jaccard, annotation_alpha(a)::numeric(9, 8) AS default FROM a;
SELECT g.* FROM a, annotation_agreement(a, 'masi') AS g;
SELECT u.* FROM a, unit_similarity(a) AS u;
-- nltk's masi_distance({1,2}, {1,2,3,4}) is .665
SELECT 1 - masi('{1,2}', '{1,2,3,4}') AS masi, jaccard('{1,2}', '{4,3,2,1,1}') AS jaccard, masi('{a,b}', '{b,c}') AS overlapping, masi('{a}', '{b}') AS disjoint,
       jaccard('{}', '{}') AS both_empty, masi('{}', '{}') AS masi_of_empty, jaccard('{}', '{a}') AS one_empty, jaccard(NULL, '{a}') IS NULL AS of_null;
-- alpha from all pairs, in plain SQL
SELECT abs(annotation_alpha(a, 'masi') - slow) < 1e-12 AS as_all_pairs
  FROM a, (SELECT 1 - (SELECT sum(d / 2) / 12 FROM (SELECT 1 - masi(p.topics, q.topics) AS d FROM topic AS p JOIN topic AS q ON p.unit = q.unit AND p.rater <> q.rater) AS o)
                    / (SELECT sum(1 - masi(p.topics, q.topics)) / (12 * 11) FROM topic AS p JOIN topic AS q ON (p.unit, p.rater) <> (q.unit, q.rater)) AS slow) AS s;

-- boxes
SELECT iou(box '(2,2),(0,0)', box '(3,3),(1,1)') AS seventh, iou(box '(1,1),(0,0)', box '(2,2),(1,1)') AS touching, iou(box '(1,1),(0,0)', box '(0,0),(1,1)') AS same, iou(box '(1,1),(1,1)', box '(1,1),(1,1)') AS same_point,
       iou(box '(1,1),(1,1)', box '(2,2),(2,2)') AS other_point, iou(box '(4,4),(0,0)', box '(2,2),(1,1)') AS inside;
-- polygons: bent ones too, in either direction, wherever they begin
SELECT iou(l, s) AS three_quarters, iou(l, n) AS none, round(iou(l, m)::numeric, 12) AS bite, iou(m, l) = iou(l, m) AS symmetric, iou(l, r) AS reversed_and_turned, iou(l, l) AS same
  FROM (SELECT polygon '((0,0),(2,0),(2,1),(1,1),(1,2),(0,2))' AS l, polygon '((0,0),(0,2),(2,2),(2,0))' AS s, polygon '((1,1),(2,1),(2,2),(1,2))' AS n,
               polygon '((.5,.5),(1.5,.5),(1.5,1.5),(.5,1.5))' AS m, polygon '((1,1),(2,1),(2,0),(0,0),(0,2),(1,2))' AS r) AS p;
SELECT .75 / 3.25 AS bite;
-- rectangles as polygons are rectangles as boxes
SELECT bool_and(abs(iou(a, b) - iou(polygon(a), polygon(b))) < 1e-12) AS as_boxes, count(*) FILTER (WHERE iou(a, b) BETWEEN .01 AND .99) > 50 AS some_overlap
  FROM generate_series(1, 200) AS i, LATERAL (SELECT box(point(i * 7 % 13, i * 11 % 17), point(i * 5 % 19, i * 3 % 23)) AS a, box(point(i * 17 % 13, i * 13 % 17), point(i * 23 % 19, i * 29 % 23)) AS b) AS r;
-- circles of 64 corners, apart by their radius: (2 pi/3 - sqrt 3/2) / (4 pi/3 + sqrt 3/2) = .2434 in the limit
SELECT round(iou(polygon(64, circle '<(0,0),1>'), polygon(64, circle '<(1,0),1>'))::numeric, 2) AS lens;
-- spans
SELECT iou(int4range(0, 10), int4range(5, 15)) AS third, iou(int4range(0, 10), int4range(10, 20)) AS touching, iou(int4range(3, 3), 'empty') AS both_empty, iou('empty'::int4range, int4range(1, 2)) AS one_empty,
       iou(int8range(0, 10000000000), int8range(0, 20000000000)) AS half, iou('[1,3]'::int4range, '[1,4)') AS same;
SELECT iou(int4range(0, NULL), int4range(0, 1));
SELECT iou(box '(Infinity,1),(0,0)', box '(1,1),(0,0)');
SELECT jaccard('{a,NULL}', '{a}');
SELECT annotation_alpha(a, 'iou') FROM a;

-- ranges of any type: seconds, days, times; whether a bound belongs to them makes no difference
SELECT iou(numrange(0, 1.5), numrange(.5, 2)) AS half, iou(numrange(0, 1, '[]'), numrange(0, 1)) AS bounds, iou(daterange('2026-01-01', '2026-01-11'), daterange('2026-01-06', '2026-01-16')) AS third,
       iou(tsrange('2026-01-01 00:00', '2026-01-01 01:00'), tsrange('2026-01-01 00:30', '2026-01-01 01:00')) AS half_an_hour,
       iou(tstzrange('2026-01-01 00:00+00', '2026-01-01 01:00+00'), tstzrange('2026-01-01 02:00+01', '2026-01-01 03:00+01')) AS apart, iou(numrange(1, 1, '[]'), numrange(1, 2)) AS point;
-- of several pieces: of 4 + 8 and 4 + 5 they have 2 + 3 in common
SELECT iou('{[0,4),[10,18)}'::int4multirange, '{[2,6),[15,20)}') AS five_of_sixteen, iou('{[0,4),[10,18)}'::int4multirange, '{[0,18)}') AS twelve_of_eighteen, iou('{}'::int4multirange, '{}') AS both_empty,
       iou('{[0,1),[2,3)}'::nummultirange, '{[1,2)}') AS between, iou('{[1,5)}'::int8multirange, '{[1,3),[4,5)}') AS three_of_four,
       iou('{[2026-01-01,2026-01-03),[2026-01-05,2026-01-07)}'::datemultirange, '{[2026-01-01,2026-01-07)}') AS four_of_six;
SELECT iou('{[2026-01-01 00:00,2026-01-01 03:00)}'::tsmultirange, '{[2026-01-01 01:00,2026-01-01 02:00)}') AS third, iou('{[2026-01-01 00:00Z,2026-01-01 03:00Z)}'::tstzmultirange, '{[2026-01-01 01:00Z,2026-01-01 02:00Z)}') AS third;
-- numbers that doubles cannot tell apart are spans without extent, and are read again
SELECT iou(int8range(9223372036854775805, 9223372036854775806), int8range(9223372036854775804, 9223372036854775805)) AS not_told_apart,
       status, alpha FROM annotation_agreement((SELECT annotations_agg('u', int8range(9223372036854775800 + i, 9223372036854775801 + i)) FROM generate_series(1, 3) AS i));
SELECT iou(numrange(0, 'NaN'), numrange(0, 1));
SELECT iou(numrange(0, 1e400), numrange(0, 1));
SELECT iou(daterange('2026-01-01', 'infinity'), daterange('2026-01-01', '2026-01-02'));
SELECT iou(tsrange('-infinity', '2026-01-01'), tsrange('2026-01-01', '2026-01-02'));
SELECT iou('{(,1)}'::int4multirange, '{(,1)}');

-- areas that overflow or vanish on the way; the same in another unit
SELECT iou(box '(1e308,1e308),(-1e308,-1e308)', box '(1e308,1e308),(0,0)') AS quarter, iou(box '(1e-200,1e-200),(0,0)', box '(1e-200,2e-200),(0,0)')::numeric(9, 8) AS half,
       iou(polygon '((0,0),(1e200,0),(1e200,1e200))', polygon '((0,0),(1e200,0),(1e200,2e200))')::numeric(9, 8) AS half, iou(numrange(-1e308, 1e308), numrange(0, 1e308)) AS half,
       iou(box '(1,1),(1,1)', box '(1,2),(1,1)') AS without_area;

-- paths. WordNet's of dog and cat: NLTK's howto has .857142857142857 and .2
CREATE TABLE animal AS SELECT trunk || '.canine.dog' AS dog, trunk || '.feline.cat' AS cat
  FROM (VALUES ('entity.physical_entity.object.whole.living_thing.organism.animal.chordate.vertebrate.mammal.placental.carnivore')) AS v (trunk);
SELECT wu_palmer(dog, cat), path_similarity(dog, cat), wu_palmer(dog, dog) AS same, path_similarity(cat, cat) AS path_of_same FROM animal;
SELECT wu_palmer('a', 'a.b') AS two_thirds, wu_palmer('a', 'b') AS nothing, path_similarity('a', 'b') AS third, wu_palmer('', '') AS both_empty, wu_palmer('', 'a') AS one_empty, wu_palmer('a.bc', 'a.b') AS no_prefix,
       wu_palmer(NULL, 'a') IS NULL AS of_null;
SELECT wu_palmer('a..b', 'a');
SELECT wu_palmer('a.', 'a');
SELECT path_similarity('.', 'a');
-- nltk's AnnotationTask(distance=...).alpha() with these distances, written in Python
CREATE TABLE class AS SELECT * FROM (VALUES ('1', 'a', 'animal.dog.poodle'), ('1', 'b', 'animal.dog'), ('1', 'c', 'animal.dog.poodle'), ('2', 'a', 'animal.cat'), ('2', 'b', 'animal.cat.siamese'),
    ('2', 'c', 'animal.dog'), ('3', 'a', 'plant.tree.oak'), ('3', 'b', 'plant.tree.elm'), ('3', 'c', 'plant.tree.oak'), ('4', 'a', 'plant'), ('4', 'b', 'animal.cat'), ('5', 'a', 'animal.dog.beagle'),
    ('5', 'c', 'animal.dog.poodle')) AS v (unit, rater, path);
SELECT abs(annotation_alpha(p) - 0.4173633440514469) < 1e-12 AS wu_palmer, abs(annotation_alpha(p, 'path') - 0.20645505468124803) < 1e-12 AS path, abs(annotation_alpha(p, 'identity') - 0.08333333333333337) < 1e-12 AS identity
  FROM (SELECT path_annotations_agg(unit, path) AS p FROM class) AS s;
SELECT unit, n, mean_similarity::numeric(9, 8) FROM unit_similarity((SELECT path_annotations_agg(unit, path) FROM class));
SELECT annotation_alpha(path_annotations_agg(unit, path), 'masi') FROM class;
SELECT annotation_alpha(path_annotations_agg(unit, path)) FROM (VALUES ('1', 'a.'), ('1', 'a')) AS v (unit, path);
SELECT annotations_agg('u', s)::text = annotations_agg('u', int4multirange(s))::text AS one_piece FROM (VALUES (int4range(1, 5)), ('empty')) AS v (s);

-- agreement on boxes and spans
SELECT alpha::numeric(8, 7), mean_similarity::numeric(8, 7), n_units, n_units_pairable, n_annotations, n_distinct, status
  FROM annotation_agreement((SELECT annotations_agg(u, s) FROM (VALUES ('1', int4range(0, 10)), ('1', int4range(0, 8)), ('2', int4range(20, 30)), ('2', int4range(21, 30)), ('3', int4range(1, 2))) AS v (u, s)));
SELECT unit, n, mean_similarity FROM unit_similarity((SELECT annotations_agg(u, b) FROM (VALUES ('1', box '(2,2),(0,0)'), ('1', box '(2,1),(0,0)'), ('1', box '(2,2),(0,0)'), ('2', box '(1,1),(0,0)')) AS v (u, b)));
SELECT status, alpha FROM annotation_agreement((SELECT annotations_agg('1', polygon(b)) FROM (VALUES (box '(2,2),(0,0)'), (box '(2,2),(0,0)')) AS v (b)));
SELECT status, alpha, mean_similarity FROM annotation_agreement((SELECT annotations_agg(i::text, ARRAY['x']) FROM generate_series(1, 3) AS i));
SELECT annotations_agg(u, s) IS NULL AS nothing FROM (VALUES ('1', NULL::text[]), (NULL, '{}')) AS v (u, s);
SELECT annotation_alpha(NULL) IS NULL AS of_null, (SELECT count(*) FROM unit_similarity(NULL)) AS units;
SELECT annotation_alpha(annotations_agg((i / 2)::text, int4range(i, i + 10))) FROM generate_series(1, 10001) AS i;

-- what is kept is bounded, however few rows it is
SET aidataops.max_state_memory = '1MB';
SELECT annotations_agg('u', ARRAY[repeat(i::text, 100000)]) FROM generate_series(1, 20) AS i;
RESET aidataops.max_state_memory;

-- order does not matter
SELECT (SELECT annotations_agg(unit, topics ORDER BY rater DESC, unit DESC)::text FROM topic) = a::text AS any_order FROM a;
-- stored and sent; what is no such value is refused
CREATE TABLE received (LIKE a);
\copy a TO 'results/annotations.copy' (FORMAT binary)
\copy received FROM 'results/annotations.copy' (FORMAT binary)
SELECT s.a::text = r.a::text AS binary_round_trip, s.a::text::annotations::text = s.a::text AS text_round_trip FROM a AS s, received AS r;
CREATE FUNCTION read_all(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a aidataops.annotations;
BEGIN
    a := 'annotations1:' || encode(bytes, 'hex');
    PERFORM aidataops.annotation_agreement(a), aidataops.unit_similarity(a);
    RETURN 'read';
EXCEPTION WHEN invalid_binary_representation THEN
    RETURN 'refused';
END $$;
CREATE TABLE bytes AS SELECT decode(substr(a::text, 14), 'hex') AS bytes FROM a
UNION ALL SELECT decode(substr(annotations_agg('u', b)::text, 14), 'hex') FROM (VALUES (box '(2,2),(0,0)'), (box '(2,1),(0,0)')) AS v (b)
UNION ALL SELECT decode(substr(annotations_agg('u', s)::text, 14), 'hex') FROM (VALUES (int4range(1, 5)), (int4range(2, 2))) AS v (s)
UNION ALL SELECT decode(substr(path_annotations_agg(unit, path)::text, 14), 'hex') FROM class WHERE unit < '3';
SELECT read_all(bytes), read_all(bytes || '\x00') FROM bytes;
SELECT read_all(substr(bytes, 1, n)) AS prefixes FROM bytes, generate_series(0, length(bytes) - 1) AS n GROUP BY 1;
SELECT count(*) FILTER (WHERE outcome = 'refused') > 500 AS many_refused, count(*) FILTER (WHERE outcome NOT IN ('refused', 'read')) AS otherwise
  FROM (SELECT read_all(set_byte(bytes, n, v)) AS outcome FROM bytes, generate_series(0, length(bytes) - 1) AS n, unnest('{0,1,2,3,4,127,128,255}'::int[]) AS v) AS o;

SET client_min_messages = warning;
DROP SCHEMA annotations_test CASCADE;
