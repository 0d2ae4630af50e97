-- Models and the versions that they used
SET search_path = public, aidataops;
SET client_min_messages = warning;
\set SHOW_CONTEXT never

CREATE TABLE model_reviews (id int PRIMARY KEY, label text);
INSERT INTO model_reviews VALUES (1, 'pos'), (2, 'neg');
SELECT create_dataset('model_reviews', 'model_reviews');
SELECT commit('model_reviews', 'first');
INSERT INTO model_reviews VALUES (3, 'pos');
SELECT commit('model_reviews', 'second');
SELECT tag('model_reviews@1', 'gold');

-- versions are kept by number, once each, with what they were
SELECT record_training('sentiment', '1.0', '{model_reviews@gold}', metrics => '{"auc": 0.91}', parameters => '{"epochs": 3}') AS first \gset
SELECT record_training('sentiment', '1.1', '{model_reviews@HEAD,model_reviews@2,model_reviews@1}') AS second \gset
SELECT record_training('sentiment', '1.1', '{model_reviews@1}', 'validation') > :second AS later;
SELECT model, model_version, role, used, metrics FROM models_using('model_reviews');
SELECT model, model_version, role FROM models_using('model_reviews@gold');
SELECT model_version, role, version, num_rows, fingerprint = (SELECT v.fingerprint FROM version AS v WHERE v.version = d.version) AS same, parameters
  FROM model_datasets('sentiment') AS d;
SELECT count(*) FROM model_datasets('sentiment', '1.0');
SELECT count(*) FROM model_datasets('unknown');

SELECT register_model('sentiment', '1.0', 'Positive or negative');
SELECT register_model('sentiment', '1.0'); -- changes nothing
SELECT register_model('sentiment', '2.0', 'Not trained yet');
SELECT model, model_version, description, owner = current_user AS mine FROM model ORDER BY 1, 2;

-- bad input
SELECT record_training('sentiment', '1.1', '{model_reviews@WORKING}');
SELECT record_training('sentiment', '1.1', '{model_reviews@9}');
SELECT record_training('sentiment', '1.1', '{nothing@1}');
SELECT record_training('sentiment', '1.1', '{}');
SELECT record_training('sentiment', '1.1', NULL);
SELECT record_training('sentiment', '1.1', '{model_reviews@1,NULL}');
SELECT record_training('sentiment', '1.1', '{model_reviews@1}', 'trainnig');
SELECT record_training('sentiment', '1.1', '{model_reviews@1}', NULL);
SELECT record_training('sentiment', '1.1', '{model_reviews@1}', metrics => '[1]');
SELECT record_training(NULL, '1.1', '{model_reviews@1}');
SELECT register_model('sentiment', ' ');
SELECT register_model('sentiment', '1.0', owner => 'regress_nobody');
SELECT * FROM models_using('nothing');
SELECT * FROM models_using('model_reviews@9');
SELECT count(*) FROM training WHERE model_version = '1.1'; -- what failed left nothing

-- who may know: the owner of the model, who recorded, and readers of the dataset
CREATE ROLE regress_model_analyst;
CREATE ROLE regress_model_outsider;
GRANT SELECT ON model_reviews TO regress_model_analyst;
\set VERBOSITY terse
SET ROLE regress_model_outsider;
SELECT (SELECT count(*) FROM model), (SELECT count(*) FROM training), (SELECT count(*) FROM model_dataset);
SELECT record_training('sentiment', '1.1', '{model_reviews@1}');
SELECT record_training('mine', '1', '{model_reviews@1}');
SELECT * FROM models_using('model_reviews');
INSERT INTO model VALUES ('a', 'b', NULL, 'regress_model_outsider', now(), 'x');
SELECT _record_training(10, 'a', 'b', '{}', 'training', NULL, NULL);
SET ROLE regress_model_analyst;
SELECT record_training('sentiment', '1.1', '{model_reviews@1}');
SELECT record_training('analysts', '1', '{model_reviews@1}') > :second AS recorded;
SELECT model, model_version, role FROM models_using('model_reviews@1');
SELECT register_model('analysts', '1', owner => 'regress_model_outsider');
RESET ROLE;
REVOKE SELECT ON model_reviews FROM regress_model_analyst;
SET ROLE regress_model_analyst;
SELECT model, version, num_rows FROM model_dataset JOIN training USING (training_id); -- what it recorded it still knows
RESET ROLE;

-- evidence outlives the dataset
SELECT drop_dataset('model_reviews', force => true);
SELECT model_version, version, num_rows FROM model_datasets('sentiment', '1.0');

DROP TABLE model_reviews;
DROP ROLE regress_model_analyst, regress_model_outsider;
TRUNCATE aidataops.lineage_node_state, aidataops.lineage_edge_state, aidataops.lineage_use, aidataops.model, aidataops.training, aidataops.model_dataset, aidataops.tag, aidataops.version_column, aidataops.version, aidataops.schema_epoch, aidataops.dataset RESTART IDENTITY;
DROP SCHEMA aidataops_history CASCADE;
