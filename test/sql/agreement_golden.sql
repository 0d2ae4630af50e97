-- Agreement against the R package irrCAC 1.4 (Gwet), to ten digits: values, standard errors and intervals of the
-- coefficients on Krippendorff's example with missing labels (irrCAC's raw4raters) and on Fleiss' table of 1971.
CREATE SCHEMA agreement_golden;
SET search_path = agreement_golden, aidataops, public;

CREATE TABLE rating (dataset text, unit int, rater int, label int);
INSERT INTO rating SELECT 'raw4raters', unit, rater, label
  FROM (VALUES
    (1, ARRAY[1, 2, 3, 3, 2, 1, 4, 1, 2, NULL, NULL, NULL]),
    (2, ARRAY[1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NULL, NULL]),
    (3, ARRAY[NULL, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3]),
    (4, ARRAY[1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NULL])
  ) AS raters (rater, labels), unnest(labels) WITH ORDINALITY AS given (label, unit);
-- a string for each patient, a digit for each psychiatrist
INSERT INTO rating SELECT 'fleiss1971', unit, rater, label::int
  FROM unnest(string_to_array('444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555', ' ')) WITH ORDINALITY AS units (labels, unit),
       regexp_split_to_table(labels, '') WITH ORDINALITY AS digits (label, rater);

CREATE TABLE expected (dataset text, coefficient text, weights text, pa float8, pe float8, value float8, se float8, ci_lower float8, ci_upper float8);
COPY expected FROM stdin (FORMAT csv);
raw4raters,pa.coeff,unweighted,0.8181818182,0.0000000000,0.8181818182,0.1256089599,0.5417183614,1.0000000000
raw4raters,pa.coeff,linear,0.9393939394,0.0000000000,0.9393939394,0.0936791026,0.7332076247,1.0000000000
raw4raters,pa.coeff,quadratic,0.9753787879,0.0000000000,0.9753787879,0.0906162783,0.7759337040,1.0000000000
raw4raters,pa.coeff,ordinal,0.9681818182,0.0000000000,0.9681818182,0.0908574233,0.7682059777,1.0000000000
raw4raters,pa.coeff,radical,0.8972691066,0.0000000000,0.8972691066,0.1015519414,0.6737547906,1.0000000000
raw4raters,pa.coeff,ratio,0.9541148732,0.0000000000,0.9541148732,0.0921084106,0.7513856284,1.0000000000
raw4raters,pa.coeff,circular,0.9024591803,0.0000000000,0.9024591803,0.1036804341,0.6742600834,1.0000000000
raw4raters,pa.coeff,bipolar,0.9683621934,0.0000000000,0.9683621934,0.0907746152,0.7685686124,1.0000000000
raw4raters,gwet.ac1,unweighted,0.8181818182,0.1903211806,0.7754440681,0.1429499506,0.4608133481,1.0000000000
raw4raters,gwet.ac1,linear,0.9393939394,0.5709635417,0.8587391364,0.1173290219,0.6004997004,1.0000000000
raw4raters,gwet.ac1,quadratic,0.9753787879,0.7137044271,0.9140007236,0.1039622446,0.6851813659,1.0000000000
raw4raters,gwet.ac1,ordinal,0.9681818182,0.6851562500,0.8989397699,0.1069035238,0.6636467004,1.0000000000
raw4raters,gwet.ac1,radical,0.8972691066,0.4298692275,0.8198117022,0.1283555246,0.5373030973,1.0000000000
raw4raters,gwet.ac1,ratio,0.9541148732,0.6782981061,0.8573675578,0.1220713301,0.5886903717,1.0000000000
raw4raters,gwet.ac1,circular,0.9024591803,0.4255710973,0.8301951395,0.1326513773,0.5382314267,1.0000000000
raw4raters,gwet.ac1,bipolar,0.9683621934,0.6824373760,0.9003730154,0.1058157060,0.6674742168,1.0000000000
raw4raters,fleiss.kappa,unweighted,0.8181818182,0.2387152778,0.7611692754,0.1530192035,0.4243762794,1.0000000000
raw4raters,fleiss.kappa,linear,0.9393939394,0.6671006944,0.8179447671,0.1485043555,0.4910888844,1.0000000000
raw4raters,fleiss.kappa,quadratic,0.9753787879,0.8177083333,0.8649350649,0.1460336108,0.5435172548,1.0000000000
raw4raters,fleiss.kappa,ordinal,0.9681818182,0.7875868056,0.8502061894,0.1470356939,0.5265828092,1.0000000000
raw4raters,fleiss.kappa,radical,0.8972691066,0.5109820269,0.7899240947,0.1500364583,0.4596960765,1.0000000000
raw4raters,fleiss.kappa,ratio,0.9541148732,0.7431730580,0.8213383439,0.1523860406,0.4859389301,1.0000000000
raw4raters,fleiss.kappa,circular,0.9024591803,0.4940834884,0.8071997702,0.1489440596,0.4793761052,1.0000000000
raw4raters,fleiss.kappa,bipolar,0.9683621934,0.7846705522,0.8530725501,0.1446321876,0.5347392515,1.0000000000
raw4raters,krippen.alpha,unweighted,0.8050000000,0.2400000000,0.7434210526,0.1454787172,0.4232245549,1.0000000000
raw4raters,krippen.alpha,linear,0.9350000000,0.6743750000,0.8003838772,0.1353836089,0.5024065630,1.0000000000
raw4raters,krippen.alpha,quadratic,0.9735937500,0.8250000000,0.8491071429,0.1290511999,0.5650673669,1.0000000000
raw4raters,krippen.alpha,ordinal,0.9658750000,0.7948750000,0.8336380256,0.1309875963,0.5453362701,1.0000000000
raw4raters,krippen.alpha,radical,0.8898211168,0.5167988895,0.7719813121,0.1395147278,0.4649114666,1.0000000000
raw4raters,krippen.alpha,ratio,0.9507882015,0.7570953975,0.7974027747,0.1403603851,0.4884716501,1.0000000000
raw4raters,krippen.alpha,circular,0.8953874709,0.5018919027,0.7899802679,0.1409364042,0.4797813337,1.0000000000
raw4raters,krippen.alpha,bipolar,0.9660684524,0.7943660714,0.8349905200,0.1280402820,0.5531757595,1.0000000000
raw4raters,conger.kappa,unweighted,0.8181818182,0.2334251607,0.7628174413,0.1491681525,0.4345005513,1.0000000000
raw4raters,conger.kappa,linear,0.9393939394,0.6745523416,0.8137763200,0.1450854025,0.4944455021,1.0000000000
raw4raters,conger.kappa,quadratic,0.9753787879,0.8269637665,0.8577106562,0.1436706638,0.5414936572,1.0000000000
raw4raters,conger.kappa,ordinal,0.9681818182,0.7964814815,0.8436595252,0.1440999591,0.5264976536,1.0000000000
raw4raters,conger.kappa,radical,0.8972691066,0.5146418922,0.7883400076,0.1463652075,0.4661923579,1.0000000000
raw4raters,conger.kappa,ratio,0.9541148732,0.7559753785,0.8119651759,0.1486007018,0.4848972365,1.0000000000
raw4raters,conger.kappa,circular,0.9024591803,0.4988941220,0.8053488814,0.1474783171,0.4807512939,1.0000000000
raw4raters,conger.kappa,bipolar,0.9683621934,0.7960538648,0.8448717520,0.1421388346,0.5320262863,1.0000000000
raw4raters,bp.coeff,unweighted,0.8181818182,0.2000000000,0.7727272727,0.1447166199,0.4542081399,1.0000000000
raw4raters,bp.coeff,linear,0.9393939394,0.6000000000,0.8484848485,0.1233561245,0.5769798491,1.0000000000
raw4raters,bp.coeff,quadratic,0.9753787879,0.7500000000,0.9015151515,0.1108943750,0.6574382779,1.0000000000
raw4raters,bp.coeff,ordinal,0.9681818182,0.7200000000,0.8863636364,0.1139059040,0.6356584321,1.0000000000
raw4raters,bp.coeff,radical,0.8972691066,0.4517303079,0.8126270795,0.1327793750,0.5203816456,1.0000000000
raw4raters,bp.coeff,ratio,0.9541148732,0.7127930839,0.8402366928,0.1322088316,0.5492470163,1.0000000000
raw4raters,bp.coeff,circular,0.9024591803,0.4472135955,0.8235469995,0.1369556407,0.5221096667,1.0000000000
raw4raters,bp.coeff,bipolar,0.9683621934,0.7171428571,0.8881491685,0.1124561660,0.6406348159,1.0000000000
fleiss1971,pa.coeff,unweighted,0.5555555556,0.0000000000,0.5555555556,0.0440982687,0.4653644693,0.6457466418
fleiss1971,pa.coeff,linear,0.7450000000,0.0000000000,0.7450000000,0.0297300541,0.6841952121,0.8058047879
fleiss1971,pa.coeff,quadratic,0.8334722222,0.0000000000,0.8334722222,0.0259043667,0.7804918437,0.8864526008
fleiss1971,pa.coeff,ordinal,0.8157777778,0.0000000000,0.8157777778,0.0264270525,0.7617283867,0.8698271688
fleiss1971,pa.coeff,radical,0.6695329664,0.0000000000,0.6695329664,0.0343542505,0.5992706350,0.7397952979
fleiss1971,pa.coeff,ratio,0.8067405801,0.0000000000,0.8067405801,0.0294645779,0.7464787519,0.8670024083
fleiss1971,pa.coeff,circular,0.6269728165,0.0000000000,0.6269728165,0.0391873470,0.5468256927,0.7071199402
fleiss1971,pa.coeff,bipolar,0.8172116402,0.0000000000,0.8172116402,0.0268439674,0.7623095624,0.8721137181
fleiss1971,gwet.ac1,unweighted,0.5555555556,0.1950154321,0.4478845158,0.0556621417,0.3340426537,0.5617263780
fleiss1971,gwet.ac1,linear,0.7450000000,0.5850462963,0.3854736137,0.0760875201,0.2298571623,0.5410900652
fleiss1971,gwet.ac1,quadratic,0.8334722222,0.7313078704,0.3802283007,0.1046568366,0.1661810362,0.5942755652
fleiss1971,gwet.ac1,ordinal,0.8157777778,0.7020555556,0.3816893530,0.0959537474,0.1854419046,0.5779368014
fleiss1971,gwet.ac1,radical,0.6695329664,0.4404719059,0.4093825903,0.0640460770,0.2783936551,0.5403715255
fleiss1971,gwet.ac1,ratio,0.8067405801,0.6950282563,0.3663038499,0.1025331224,0.1566000687,0.5760076312
fleiss1971,gwet.ac1,circular,0.6269728165,0.4360677628,0.3385248104,0.0714428176,0.1924078422,0.4846417786
fleiss1971,gwet.ac1,bipolar,0.8172116402,0.6992696208,0.3921852515,0.0968661331,0.1940717648,0.5902987382
fleiss1971,fleiss.kappa,unweighted,0.5555555556,0.2199382716,0.4302445201,0.0541989355,0.3193952506,0.5410937895
fleiss1971,fleiss.kappa,linear,0.7450000000,0.6205709877,0.3279375280,0.0804755156,0.1633466180,0.4925284379
fleiss1971,fleiss.kappa,quadratic,0.8334722222,0.7673958333,0.2840722496,0.1111794085,0.0566848277,0.5114596715
fleiss1971,fleiss.kappa,ordinal,0.8157777778,0.7380308642,0.2967789062,0.1016825538,0.0888147332,0.5047430792
fleiss1971,fleiss.kappa,radical,0.6695329664,0.4731477492,0.3727519754,0.0654370190,0.2389182445,0.5065857063
fleiss1971,fleiss.kappa,ratio,0.8067405801,0.7471205795,0.2357645416,0.1016542678,0.0278582199,0.4436708633
fleiss1971,fleiss.kappa,circular,0.6269728165,0.4713102439,0.2944308467,0.0718539611,0.1474729956,0.4413886979
fleiss1971,fleiss.kappa,bipolar,0.8172116402,0.7351402116,0.3098674551,0.1029925569,0.0992240248,0.5205108854
fleiss1971,krippen.alpha,unweighted,0.5580246914,0.2199382716,0.4334098283,0.0541989355,0.3225605588,0.5442590978
fleiss1971,krippen.alpha,linear,0.7464166667,0.6205709877,0.3316712084,0.0804755156,0.1670802984,0.4962621183
fleiss1971,krippen.alpha,quadratic,0.8343973765,0.7673958333,0.2880496260,0.1111794085,0.0606622041,0.5154370479
fleiss1971,krippen.alpha,ordinal,0.8168012346,0.7380308642,0.3006856900,0.1016825538,0.0927215170,0.5086498631
fleiss1971,krippen.alpha,radical,0.6713688944,0.4731477492,0.3762366867,0.0654370190,0.2424029558,0.5100704175
fleiss1971,krippen.alpha,ratio,0.8078142436,0.7471205795,0.2400102941,0.1016542678,0.0321039725,0.4479166158
fleiss1971,krippen.alpha,circular,0.6290451897,0.4713102439,0.2983506754,0.0718539611,0.1513928242,0.4453085265
fleiss1971,krippen.alpha,bipolar,0.8182271311,0.7351402116,0.3137015248,0.1029925569,0.1030580945,0.5243449551
fleiss1971,conger.kappa,unweighted,0.5555555556,0.2037777778,0.4418085403,0.0507944060,0.3379223155,0.5456947652
fleiss1971,conger.kappa,linear,0.7450000000,0.6034814815,0.3569026714,0.0707717401,0.2121582108,0.5016471320
fleiss1971,conger.kappa,quadratic,0.8334722222,0.7529814815,0.3258490142,0.0955776502,0.1303707709,0.5213272575
fleiss1971,conger.kappa,ordinal,0.8157777778,0.7230814815,0.3347421357,0.0879465064,0.1548713338,0.5146129376
fleiss1971,conger.kappa,radical,0.6695329664,0.4555304226,0.3930477527,0.0590191894,0.2723399572,0.5137555482
fleiss1971,conger.kappa,ratio,0.8067405801,0.7317823605,0.2794678969,0.0870251938,0.1014813910,0.4574544029
fleiss1971,conger.kappa,circular,0.6269728165,0.4507624718,0.3208272116,0.0637463447,0.1904512979,0.4512031253
fleiss1971,conger.kappa,bipolar,0.8172116402,0.7209146384,0.3450449756,0.0898641307,0.1612521917,0.5288377594
fleiss1971,bp.coeff,unweighted,0.5555555556,0.2000000000,0.4444444444,0.0551228359,0.3317055866,0.5571833023
fleiss1971,bp.coeff,linear,0.7450000000,0.6000000000,0.3625000000,0.0743251353,0.2104880302,0.5145119698
fleiss1971,bp.coeff,quadratic,0.8334722222,0.7500000000,0.3338888889,0.1036174667,0.1219673746,0.5458104031
fleiss1971,bp.coeff,ordinal,0.8157777778,0.7200000000,0.3420634921,0.0943823302,0.1490299526,0.5350970315
fleiss1971,bp.coeff,radical,0.6695329664,0.4517303079,0.3972546024,0.0626594010,0.2691017380,0.5254074667
fleiss1971,bp.coeff,ratio,0.8067405801,0.7127930839,0.3271073604,0.1025900711,0.1172871061,0.5369276148
fleiss1971,bp.coeff,circular,0.6269728165,0.4472135955,0.3251874856,0.0708905767,0.1801999768,0.4701749945
fleiss1971,bp.coeff,bipolar,0.8172116402,0.7171428571,0.3537785260,0.0949029151,0.1596802709,0.5478767811
\.
UPDATE expected SET weights = 'identity' WHERE weights = 'unweighted';
UPDATE expected SET coefficient = CASE coefficient WHEN 'pa.coeff' THEN 'percent_agreement' WHEN 'gwet.ac1' THEN 'gwet_ac' WHEN 'fleiss.kappa' THEN 'fleiss_kappa'
    WHEN 'krippen.alpha' THEN 'krippendorff_alpha' WHEN 'bp.coeff' THEN 'brennan_prediger' WHEN 'conger.kappa' THEN 'conger_kappa' END;

CREATE TABLE summary AS
SELECT dataset, agreement_agg(labels) AS agreement
  FROM (SELECT dataset, unit, label_counts_agg(label) AS labels FROM rating GROUP BY dataset, unit) AS units GROUP BY dataset;

-- all of them, none of them different
SELECT count(*) AS compared,
       count(*) FILTER (WHERE NOT greatest(abs(e.value - c.value), abs(e.se - c.se), abs(e.pa - c.pa), abs(e.pe - c.pe),
                                           abs(e.ci_lower - c.ci_lower), abs(e.ci_upper - c.ci_upper)) < 1e-8) AS different
  FROM expected AS e JOIN summary USING (dataset), coefficient(agreement, e.coefficient, e.weights) AS c
 WHERE e.coefficient <> 'conger_kappa';
SELECT e.dataset, e.coefficient, e.weights, e.value, c.value, e.se, c.se
  FROM expected AS e JOIN summary USING (dataset), coefficient(agreement, e.coefficient, e.weights) AS c
 WHERE e.coefficient <> 'conger_kappa' AND (abs(e.value - c.value) < 1e-8 AND abs(e.se - c.se) < 1e-8) IS NOT TRUE;

-- the scalars and the rows are of one mind
SELECT bool_and(c.value = CASE c.name WHEN 'percent_agreement' THEN percent_agreement(agreement, w) WHEN 'fleiss_kappa' THEN fleiss_kappa(agreement, w)
                         WHEN 'gwet_ac' THEN gwet_ac(agreement, w) WHEN 'brennan_prediger' THEN brennan_prediger(agreement, w)
                         ELSE krippendorff_alpha(agreement, weights => w) END) AS same, count(*)
  FROM summary, unnest(ARRAY['identity', 'linear', 'quadratic', 'ordinal', 'radical', 'ratio', 'circular', 'bipolar']) AS w, coefficients(agreement, w) AS c;

-- Krippendorff's own levels (Krippendorff 2011, Computing alpha-reliability: .743, .815, .849, .797); ordinal is not Gwet's ordinal
SELECT level, round(krippendorff_alpha(agreement, level)::numeric, 8) AS alpha
  FROM summary, unnest(ARRAY['nominal', 'ordinal', 'interval', 'ratio']) AS level WHERE dataset = 'raw4raters';
SELECT round(krippendorff_alpha(agreement, weights => 'ordinal')::numeric, 6) AS with_gwets_ordinal_weights FROM summary WHERE dataset = 'raw4raters';

-- Fleiss (1971), table 3: kappa .245 .245 .520 .471 .566
SELECT category, n_labels, round(share::numeric, 4) AS share, round(kappa::numeric, 3) AS kappa, round(se::numeric, 4) AS se, status
  FROM summary, agreement_by_category(agreement) WHERE dataset = 'fleiss1971';
-- of a category against the rest, which are two categories: the same numbers by another way
SELECT bool_and(abs(b.kappa - c.value) < 1e-12 AND abs(b.se - c.se) < 1e-12 AND abs(b.ci_lower - c.ci_lower) < 1e-12) AS same, count(*)
  FROM summary AS s, agreement_by_category(agreement) AS b,
       LATERAL (SELECT agreement_agg(labels) AS binary FROM (SELECT label_counts_agg(label::text = b.category) AS labels
                  FROM rating AS r WHERE r.dataset = s.dataset GROUP BY unit) AS units) AS two,
       coefficient(two.binary, 'fleiss_kappa') AS c;

-- one-sided p, as irrCAC gives it: 1 - pt(value / se, n - 1); z of Fleiss' null hypothesis is another thing
SELECT c.name, c.p_value < 1e-8 AS significant, c.n_units, c.n_units_pairable, c.n_raters, c.n_labels, c.n_categories, c.status
  FROM summary, coefficients(agreement) AS c WHERE dataset = 'fleiss1971';

-- Conger's kappa needs to know the raters
CREATE TABLE known AS SELECT dataset, rater_agreement_agg(unit, rater, label) AS labels FROM rating GROUP BY dataset;
SELECT count(*) AS compared,
       count(*) FILTER (WHERE NOT greatest(abs(e.value - c.value), abs(e.se - c.se), abs(e.pa - c.pa), abs(e.pe - c.pe),
                                           abs(e.ci_lower - c.ci_lower), abs(e.ci_upper - c.ci_upper)) < 1e-8) AS different,
       count(*) FILTER (WHERE c.name = 'conger_kappa' AND c.value = conger_kappa(labels, e.weights)) AS scalars
  FROM expected AS e JOIN known USING (dataset), coefficients(labels, e.weights) AS c WHERE c.name = e.coefficient;

\set VERBOSITY terse
DROP SCHEMA agreement_golden CASCADE;
