-- A team trains a spam filter through 2002 and keeps its training data as an ordinary table.
\pset footer off
\pset null ''
SET client_min_messages = warning;
SET TimeZone = 'UTC';

\echo
\echo '=== The data of a spam filter: real mails of 2002, as the numbers a model is trained on'
\echo

CREATE EXTENSION aidataops;
SET search_path = public, aidataops;

CREATE TABLE archive (
    mail_id integer PRIMARY KEY, sent_at timestamptz, label text, sender_tld text, chars integer, words integer,
    links integer, share_capitals numeric(5,4), share_punctuation numeric(5,4), is_html boolean,
    has_attachment boolean, replies boolean, words_subject integer, exclamations integer);
\copy archive FROM 'mails.csv' WITH (FORMAT csv, HEADER)

CREATE TABLE mails (LIKE archive INCLUDING ALL);

SELECT mail_id, sent_at::date, label, sender_tld, chars, links, share_capitals, is_html
  FROM archive WHERE mail_id IN (150, 1500, 3161, 5000) ORDER BY mail_id;

\echo '--- Declare the table as a dataset. The table itself is not changed: no column, no trigger.'
\echo
SELECT create_dataset('mails', 'mails',
    source  => 'SpamAssassin public corpus, see demo/SOURCE.md',
    purpose => 'train and test a spam filter') AS dataset;

\echo '--- What the columns are was guessed from key, types, names and data; set_column_roles() changes it.'
\echo
SELECT role, string_agg(column_name, ', ') AS columns FROM dataset_columns('mails') GROUP BY role ORDER BY role;

\echo '=== Month by month: new mails arrive, the table is committed, a model is trained'
\echo
SET aidataops.actor = 'dana';
INSERT INTO mails SELECT * FROM archive WHERE sent_at < '2002-07-01';
SELECT commit('mails', 'everything to June 2002') AS committed;
INSERT INTO mails SELECT * FROM archive WHERE sent_at >= '2002-07-01' AND sent_at < '2002-08-01';
SELECT commit('mails', 'July 2002') AS committed;
INSERT INTO mails SELECT * FROM archive WHERE sent_at >= '2002-08-01' AND sent_at < '2002-09-01';
SELECT commit('mails', 'August 2002') AS committed;
INSERT INTO mails SELECT * FROM archive WHERE sent_at >= '2002-09-01';
SELECT commit('mails', 'September 2002 and later') AS committed;

\echo '--- Model 7 was trained on this. A protected tag says so, and cannot be removed by accident.'
\echo
SELECT tag('mails@HEAD', 'model-7', protected => true) AS tagged;

\echo '=== Corrections: an annotator looks again'
\echo
SET aidataops.actor = 'kim';
\echo '--- Three mails labelled ham are newsletters like others labelled hard_ham; feed items came twice;'
\echo '--- three dates were the arrival after a month in a queue.'
\echo
UPDATE mails SET label = 'hard_ham' WHERE mail_id IN (3161, 3631, 5777);
DELETE FROM mails WHERE mail_id IN (4790, 4791, 5101, 5103, 5107, 5108);
UPDATE mails SET sent_at = c.sent_at
  FROM (VALUES (2143, timestamptz '2002-06-26 10:24:51Z'), (2144, '2002-06-21 11:34:08Z'), (2918, '2002-07-15 20:02:24Z'))
       AS c (mail_id, sent_at)
 WHERE mails.mail_id = c.mail_id;

\echo '--- What would a commit record?'
\echo
SELECT head, changed, rows_added AS added, rows_removed AS removed, rows_modified AS modified, rows_unmodified AS unmodified
  FROM status('mails');
SELECT commit('mails', 'labels, dates, repeats corrected') AS committed;
SELECT tag('mails@HEAD', 'model-8', protected => true) AS tagged;

\echo '--- The history of the data: who did what and why.'
\echo
SELECT version, actor, message, num_rows AS rows, rows_added AS added, rows_removed AS removed, rows_modified AS modified, tags
  FROM log('mails');

\echo '=== What changed between the data of model 7 and the data of model 8?'
\echo
SELECT rows_added, rows_removed, rows_modified, rows_unmodified, cells_modified, from_rows, to_rows
  FROM diff_stat('mails@model-7', 'mails@model-8');

\echo '--- Row by row, and for a modified row cell by cell; found by index, without reading the table.'
\echo
SELECT change, key, columns, before ->> columns[1] AS before, after ->> columns[1] AS after
  FROM diff('mails@model-7', 'mails@model-8');

\echo '=== Looking back: any version is a view, which the planner sees through'
\echo
SELECT create_version_view('mails@model-7', 'mails_model_7') AS view;
SELECT label, v.n AS model_7, m.n AS model_8
  FROM (SELECT label, count(*) AS n FROM mails_model_7 GROUP BY label) AS v
  FULL JOIN (SELECT label, count(*) AS n FROM as_of('mails@model-8', NULL::mails) GROUP BY label) AS m USING (label)
 ORDER BY label;

\echo '=== Is it the same data? A fingerprint says so on every machine, in any row order'
\echo
SELECT (SELECT fingerprint_agg(m) FROM mails_model_7 AS m) AS model_7,
       (SELECT fingerprint_agg(a ORDER BY random()) FROM archive AS a) = (SELECT fingerprint_agg(m) FROM mails_model_7 AS m) AS is_the_csv;

\echo '=== Does today''s mail still look like what model 7 learned from? Which columns moved?'
\echo
\echo '--- Every commit kept the distribution of each column, so this reads no mail.'
\echo
SELECT d.column_name, string_agg(CASE WHEN d.drifted THEN to_char(d.statistic, '90.99') || ' *' ELSE to_char(d.statistic, '90.99') || '  ' END, '  ' ORDER BY v.number) AS "PSI against June: July, to August, to September (* drifted)"
  FROM version AS v, drift('mails@1', v.version, rows => 'added') AS d
 WHERE v.number BETWEEN 2 AND 4 AND d.column_name <> 'sent_at'
 GROUP BY d.column_name ORDER BY max(d.statistic) DESC;
\echo '--- Where: the top of it, in bins of June.'
\echo
SELECT b.band, round(b.reference_share::numeric, 3) AS june, round(b.current_share::numeric, 3) AS september, round(b.contribution::numeric, 3) AS contribution
  FROM version_column AS r JOIN version_column AS c USING (dataset_id, column_name), psi_bins(r.profile, c.profile_added) AS b
 WHERE r.number = 1 AND c.number = 4 AND column_name = 'label';
\echo '--- In which part of the mail, and which mails?'
\echo
SELECT segment AS label, column_name, round(statistic::numeric, 2) AS psi, drifted, round(contribution::numeric, 2) AS contribution
  FROM drift_by('mails@1', 'mails@4', 'label', rows => 'added') WHERE drifted AND column_name <> 'sent_at' LIMIT 6;
SELECT band, example ->> 'mail_id' AS mail_id, example ->> 'label' AS label, left(example ->> 'sent_at', 10) AS sent
  FROM drift_rows('mails@1', 'mails@4', 'links', n => 2, bands => 2, rows => 'added');

\echo '=== Nobody watches a dashboard at night: a monitor of the mails that the filter sees'
\echo
\echo '--- They arrive without labels and are committed each week. They should look like what model 8 learned from.'
\echo
CREATE TABLE inbox (LIKE archive INCLUDING ALL);
ALTER TABLE inbox DROP COLUMN label, ALTER COLUMN share_capitals TYPE float8;
CREATE PROCEDURE receive_week(first_day date, new_parser boolean DEFAULT false) LANGUAGE sql AS $$
    INSERT INTO inbox (mail_id, sent_at, sender_tld, chars, words, links, share_capitals, share_punctuation, is_html, has_attachment, replies, words_subject, exclamations)
    SELECT mail_id, sent_at, sender_tld, CASE WHEN new_parser AND is_html THEN NULL ELSE chars END, words, links, share_capitals * CASE WHEN new_parser THEN 100 ELSE 1 END, share_punctuation,
           is_html, has_attachment, replies, words_subject, exclamations
      FROM archive WHERE sent_at >= first_day AND sent_at < first_day + 7;
    SELECT commit('inbox', 'mails of the week of ' || first_day || CASE WHEN new_parser THEN ', new parser' ELSE '' END) $$;
SELECT create_dataset('inbox', 'inbox', roles => '{"sent_at": "ignore", "sender_tld": "ignore"}') AS dataset;
CREATE TABLE work_order (task text);
CREATE FUNCTION order_labels(alert jsonb) RETURNS text LANGUAGE sql AS $$
    INSERT INTO public.work_order VALUES (format('label 200 mails of %s (%s)', alert ->> 'version', alert ->> 'message')) RETURNING task $$;
SELECT create_monitor('inbox', 'inbox', reference => 'mails@model-8', thresholds => '{"upper": 0.25}', on_alert => 'public.order_labels') AS monitor;
CALL receive_week('2002-08-05');
SELECT version, reference, status, measured, breached FROM run_monitor('inbox');
\echo '--- A week later it fires. Labels are ordered at once; the explanation: hardly any HTML, twice as many replies. The mailing lists talk.'
\echo
CALL receive_week('2002-08-12');
SELECT version, status, measured, breached FROM run_monitor('inbox');
SELECT task FROM work_order;
SELECT rank, side, cause, column_name, detail FROM explain_alert((SELECT alert_id FROM alerts())) WHERE cause NOT IN ('commit', 'values') ORDER BY rank LIMIT 6;
SELECT acknowledge_alert(alert_id, 'mailing lists talk, the filter holds') FROM alerts() \g /dev/null
\echo '--- A week later they are quiet again, and so is the alert.'
\echo
CALL receive_week('2002-08-19');
SELECT version, status, breached FROM run_monitor('inbox');
SELECT event, detail FROM alert_event ORDER BY event_id;
\echo '--- Then somebody changes the parser. That is not the world: it is the data.'
\echo
CALL receive_week('2002-08-26', new_parser => true);
SELECT version, status, breached FROM run_monitor('inbox');
SELECT rank, side, area, cause, column_name, detail, version FROM explain_alert((SELECT alert_id FROM alerts())) WHERE cause <> 'values' ORDER BY rank LIMIT 6;
UPDATE inbox SET chars = a.chars, share_capitals = a.share_capitals FROM archive AS a WHERE a.mail_id = inbox.mail_id AND inbox.sent_at >= '2002-08-26';
SELECT commit('inbox', 'the week again, with the old parser') AS committed;
SELECT version, status, breached FROM run_monitor('inbox');
SELECT status, message FROM alerts(include_resolved => true);
\echo '--- One row a version.'
\echo
SELECT version, num_rows, round(missing::numeric, 3) AS missing, columns, drifted, drifted_columns, alerts FROM scorecard('inbox');

\echo '=== Friday evening: a script meant for one sender was run without its WHERE'
\echo
SET aidataops.actor = 'lee';
UPDATE mails SET label = 'spam', is_html = true;
DELETE FROM mails WHERE words < 40;
\echo '--- What happened, by column:'
\echo
SELECT rows_removed, rows_modified, rows_unmodified FROM diff_stat('mails@model-8', 'mails@WORKING');
SELECT column_name, cells_modified, round(share::numeric, 3) AS share FROM diff_columns('mails@model-8', 'mails@WORKING');

\echo '--- Back to the known good version: only the rows that differ are written, in one transaction.'
\echo
SELECT rows_added, rows_removed, rows_modified, rows_unmodified FROM restore('mails@model-8');
\echo '--- Proof: the table is what was recorded of the version, and the version is what it was.'
\echo
SELECT 'mails@WORKING' AS version, check_name, ok FROM verify('mails@WORKING')
UNION ALL SELECT 'mails@model-8', check_name, ok FROM verify('mails@model-8');
\echo '--- One mail through its versions:'
\echo
SELECT version, change, columns, after ->> 'label' AS label, actor, message FROM row_history('mails', '{"mail_id": 3161}');
\echo '--- What all of that takes:'
\echo
SELECT part, num_rows, pg_size_pretty(table_bytes) AS data, pg_size_pretty(index_bytes) AS indexes FROM size_report('mails');

\echo '=== Before anybody trains on labels: do the people who gave them agree? Five observers, 45 patients (Dawid and Skene 1979)'
\echo
CREATE TABLE judgement AS
SELECT p AS patient, 'observer 1' AS observer, grade
  FROM string_to_table('111 333 112 222 222 222 122 333 222 232 444 222 111 222 121 111 111 111 222 222 222 222 222 221 111 111 232 111 111 112 111 333 111 222 222 433 221 232 333 111 111 121 232 121 222', ' ')
       WITH ORDINALITY AS notes (grades, p), string_to_table(grades, NULL) AS grade
UNION ALL
SELECT p, observer, grade
  FROM (VALUES ('observer 2', '142333232243131211212232112111131234233112212'), ('observer 3', '131123142243121111232222112111121223224111212'),
               ('observer 4', '132222132244111111222222112112131234333111212'), ('observer 5', '142122133343121111122122112111131223232111212')) AS notes (observer, grades),
       string_to_table(grades, NULL) WITH ORDINALITY AS g (grade, p);
SELECT name, round(value::numeric, 3) AS value, round(ci_lower::numeric, 3) AS ci_lower, round(ci_upper::numeric, 3) AS ci_upper, n_units, status
  FROM coefficients((SELECT agreement_agg(labels) FROM (SELECT label_counts_agg(grade) AS labels FROM judgement GROUP BY patient) AS units));
\echo '--- The best grade of each patient, and whose word it rests on: those still uncertain, and the skill of the observers.'
\echo
CREATE TABLE consensus AS SELECT dawid_skene_agg(patient::text, observer, grade) AS model FROM judgement;
SELECT unit AS patient, label AS grade, round(probability::numeric, 2) AS probability FROM consensus, consensus_labels(model) WHERE probability < 0.99 ORDER BY probability LIMIT 5;
SELECT s.rater, round(s.skill::numeric, 2) AS skill FROM consensus, rater_skills(model) AS s ORDER BY s.skill DESC;
\echo '--- The consensus is a dataset like any other: committed, tagged, and what it was made from is a fingerprint in it.'
\echo
CREATE TABLE gold AS SELECT l.unit::int AS patient, l.label AS grade FROM consensus, consensus_labels(model) AS l;
ALTER TABLE gold ADD PRIMARY KEY (patient);
SELECT create_dataset('gold', 'gold', source => 'Dawid and Skene 1979, by dawid_skene_agg') AS dataset, commit('gold', 'consensus of five observers') AS committed;
SELECT c.status, c.iterations, round(c.log_likelihood::numeric, 4) AS log_likelihood, input_fingerprint(model) AS made_from FROM consensus, convergence(model) AS c;

\echo '=== A feed changes under the table: what the model relies on is a contract'
\echo
\echo '--- A document of the Open Data Contract Standard says it; infer_contract() would propose one from the table.'
\echo
CREATE TABLE agreed AS SELECT jsonb '{
  "apiVersion": "v3.1.0", "kind": "DataContract", "id": "mails", "version": "1.0.0", "status": "active",
  "customProperties": [{"property": "aidataops.enforcement", "value": "quarantine"}, {"property": "aidataops.schemaWatch", "value": "block"}],
  "schema": [{"name": "mails", "properties": [
    {"name": "mail_id", "logicalType": "integer", "required": true, "unique": true},
    {"name": "sent_at", "logicalType": "timestamp", "required": true},
    {"name": "label", "logicalType": "string", "required": true,
     "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["ham", "hard_ham", "spam"]}, "mustBe": 0}]},
    {"name": "links", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}},
    {"name": "share_capitals", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 1}}],
    "quality": [{"name": "enough to train on", "metric": "rowCount", "mustBeGreaterThan": 5000}]}]}' AS document;
SELECT contract, version, status, rules FROM agreed, create_contract(document);
\echo '--- Enforced: what breaks a rule is set aside whole, the rest is written. Watched: the table cannot be changed against the contract.'
\echo
SELECT substring(statement FROM '^[A-Z ]+[A-Z]') AS statement, lock, status FROM enforce_contract('mails', 'mails', NULL);
DO $$ BEGIN PERFORM watch_schema(); END $$;
SELECT contract, version, relation, mode, status FROM enforcement_status();

\echo '--- October brings a new release of the feed: it knows a new category, and loses the date of mails from .net.'
\echo
INSERT INTO mails
SELECT mail_id + 10000, CASE WHEN sender_tld <> 'net' THEN sent_at END, CASE WHEN label = 'spam' AND links > 5 THEN 'phishing' ELSE label END, sender_tld, chars, words,
       links, share_capitals, share_punctuation, is_html, has_attachment, replies, words_subject, exclamations
  FROM archive WHERE sent_at >= '2002-11-15';
SELECT count(*) AS written FROM mails WHERE mail_id > 10000;
SELECT rules, count(*) AS set_aside, min((content ->> 'mail_id')::int) AS for_example FROM quarantine WHERE contract = 'mails' GROUP BY rules ORDER BY rules;

\echo '--- Its author also wants numbers as text. The table is watched: that is refused before a row is rewritten, new columns are welcome.'
\echo
\set ON_ERROR_STOP off
ALTER TABLE mails ALTER COLUMN links TYPE text;
\set ON_ERROR_STOP on
ALTER TABLE mails ADD COLUMN feed_release text;
SELECT happened_by, command, change, name, after, breaks FROM schema_changes('mails');

\echo '--- Phishing is worth learning: the contract gets a version that allows it. What does that change, and for whom?'
\echo
CREATE TABLE proposed AS
SELECT jsonb_set(jsonb_set(document, '{version}', '"1.1.0"'), '{schema,0,properties,2,quality,0,arguments,validValues}', '["ham", "hard_ham", "spam", "phishing"]') AS document FROM agreed;
SELECT c.change, c.element, c.producers, c.consumers, c.bump FROM agreed, proposed, compare_contracts(agreed.document, proposed.document) AS c;
SELECT c.version, c.status FROM proposed, create_contract(document) AS c;
SELECT count(*) AS statements FROM enforce_contract('mails', 'mails', NULL);
SELECT outcome, count(*), min(problem) AS problem FROM release_quarantine('mails') GROUP BY outcome ORDER BY outcome;
SELECT discard_quarantine('mails', 'no date: cannot be told from a mail of last year') AS discarded;

\echo '--- Committed is what keeps the contract, with the evidence; training asks the gate.'
\echo
SELECT commit('mails', 'October, with phishing', gate => true) AS committed;
SELECT rule, outcome, measured, threshold FROM check_results('mails', 'mails@HEAD') ORDER BY rule;
SELECT gate('mails@HEAD', 'training') AS trained_on;

\echo '=== From a raw table to a model: the server itself writes down where data came from'
\echo
\echo '--- From now on this database captures lineage, to the column, as statements commit; a new connection is all it takes.'
\echo
SELECT format('ALTER DATABASE %I SET session_preload_libraries = %L', current_database(), 'aidataops') \gexec
\c
SET search_path = public, aidataops;
\pset footer off
SET client_min_messages = warning;
CREATE VIEW dated AS SELECT * FROM mails WHERE sent_at >= '2002-09-01';
CREATE TABLE features AS
SELECT mail_id, links::float8 / greatest(words, 1) AS links_a_word, share_capitals > 0.3 AS shouts, label <> 'ham' AS is_spam FROM dated;
ALTER TABLE features ADD PRIMARY KEY (mail_id);
SELECT create_dataset('features', 'features', source => 'mails, by CREATE TABLE AS') AS dataset, commit('features', 'links a word, capitals') AS committed;
DO $$ BEGIN PERFORM record_training('spam filter', '2002.10', ARRAY['features@1']::dataset_version[], metrics => '{"auc": 0.97}'); END $$;
SELECT depth, object_name, operation, is_direct, confidence FROM lineage('features');
SELECT source_relation, source_column, kind, depth FROM column_lineage('features', 'links_a_word') ORDER BY depth, source_relation::text, source_column, kind;
\echo '--- The links are counted wrongly, it turns out. What does that touch?'
\echo
SELECT depth, kind, object_name, column_name, path_kind FROM impact('mails.links') ORDER BY depth, kind, object_name, column_name;
SELECT model, model_version, used, metrics FROM models_using('features');
