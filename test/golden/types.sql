-- The named types that the vectors of aido1.tsv need. All names are unqualified.

CREATE TYPE golden_mood AS ENUM ('sad', 'ok', 'très content', '😀');

CREATE DOMAIN golden_small AS int CHECK (VALUE < 1000000);
CREATE DOMAIN golden_smaller AS golden_small CHECK (VALUE < 1000);
CREATE DOMAIN golden_code AS varchar(10);
CREATE DOMAIN golden_feeling AS golden_mood;
CREATE DOMAIN golden_ints AS int[];

CREATE TYPE golden_pair AS (id int, label text);
CREATE DOMAIN golden_pair_domain AS golden_pair;
CREATE TYPE golden_person AS (name text, mood golden_mood, age golden_small);
CREATE TYPE golden_quoted AS ("é" text, "a b" int, "Z" int, "a" int, "ab" int);
CREATE TYPE golden_tree AS (root golden_pair, leaves golden_pair[], moods golden_mood[]);

-- an attribute dropped, and one added
CREATE TYPE golden_altered AS (id int, gone text, label text);
ALTER TYPE golden_altered DROP ATTRIBUTE gone;
ALTER TYPE golden_altered ADD ATTRIBUTE extra int;

CREATE TYPE golden_floatrange AS RANGE (subtype = float8, multirange_type_name = golden_floatmultirange);
CREATE TYPE golden_textrange AS RANGE (subtype = text, collation = "C", multirange_type_name = golden_textmultirange);
CREATE TYPE golden_smallrange AS RANGE (subtype = golden_small, multirange_type_name = golden_smallmultirange);
CREATE DOMAIN golden_span AS int4range;
