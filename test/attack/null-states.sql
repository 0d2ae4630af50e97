-- Functions behind aggregates are called by anybody, in aggregates of their own too: with no state, and with states of others.
BEGIN;
SELECT plan(14);
CREATE ROLE attack_outsider;
GRANT CREATE ON SCHEMA public TO attack_outsider;
SET ROLE attack_outsider;
SET search_path = public, aidataops;

SELECT is(_label_counts_accum_inv(NULL::label_counts, 1), NULL, 'no state to take a number from');
SELECT is(_label_counts_accum_inv(NULL::label_counts, 'a'::text), NULL, 'nor a text');
SELECT is(_label_counts_accum_inv(NULL::label_counts, 1.5::float8), NULL, 'nor a fraction');
SELECT is(_label_counts_accum_inv(NULL::label_counts, true), NULL, 'nor a boolean');
SELECT is(_label_counts_accum_inv(NULL::label_counts, NULL::int), NULL, 'nor nothing');
SELECT is(_label_counts_combine_inv(NULL, NULL), NULL, 'nothing from nothing');
SELECT is(_label_counts_combine_inv(NULL, (SELECT label_counts_agg('a'::text))), NULL, 'nor labels from nothing');
SELECT is(_rater_agreement_accum(NULL::rater_agreement, 1, 2, 3), NULL, 'no state to add a label to');
SELECT is(_rater_agreement_accum(NULL::rater_agreement, 1, 2, NULL::int), NULL, 'nor a missing one');
SELECT is(_rater_agreement_accum(NULL::rater_agreement, 'u'::tsvector, now(), ROW(1)), NULL, 'whatever the types');

-- aggregates that begin without a state
CREATE AGGREGATE public.stateless (int, int, int) (SFUNC = aidataops._rater_agreement_accum, STYPE = aidataops.rater_agreement);
CREATE AGGREGATE public.backwards (int) (SFUNC = aidataops._label_counts_accum_inv, STYPE = aidataops.label_counts);
CREATE AGGREGATE public.forth_and_back (int) (SFUNC = aidataops._label_counts_accum, STYPE = aidataops.label_counts,
    MSFUNC = aidataops._label_counts_accum, MINVFUNC = aidataops._label_counts_accum_inv, MSTYPE = aidataops.label_counts);
SELECT is(public.stateless(i, i % 2, i % 3), NULL, 'an aggregate without a state') FROM generate_series(1, 5) AS i;
SELECT is(public.backwards(i), NULL, 'one that only takes away') FROM generate_series(1, 5) AS i;
SELECT lives_ok($$SELECT public.forth_and_back(i) OVER (ORDER BY i ROWS 1 PRECEDING) FROM generate_series(1, 5) AS i$$, 'one that moves');
SELECT throws_ok($$SELECT aidataops.enforce_row()$$, '39P01', NULL, 'a trigger function is no function');
SELECT * FROM finish();
ROLLBACK;
