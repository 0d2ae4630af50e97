-- drift: distances between two profiles (docs/profile.md, src/drift)

CREATE FUNCTION aidataops.psi(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.psi(aidataops.profile, aidataops.profile, integer, text) IS
'Population stability index of two profiles, sum (q - p) ln(q / p) over bins: 0 without drift, by custom 0.1 worth a look and 0.25 a change. Numbers are grouped into bins of the reference alone, open at both ends: binning => quantile (of equal mass, snapped to values or buckets of the profile; a value as frequent as a bin is one) or equal_width over its range; -infinity, infinity, NaN and NULL are bins of their own, categories each one. evidently and nannyml take those tools bins (Sturges rule over both samples, Doanes over the reference) and leave NULL, NaN and infinities out as they do. A bin that is empty in one sample counts as half an observation (evidently: as 0.0001). Beyond 4096 categories hashes are grouped, and the result is a lower bound. bins: 2 to 1000. NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared. Cut-offs depend on sample size: without drift expect about (bins - 1)(1/n + 1/m).';

CREATE FUNCTION aidataops.psi(reference aidataops.profile, current aidataops.profile, edges double precision[]) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'psi_edges';
COMMENT ON FUNCTION aidataops.psi(aidataops.profile, aidataops.profile, double precision[]) IS
'Population stability index over fixed bands, psi(p, q, ARRAY[300, 500, 580, 650]): below 300, from 300 to below 500, ..., from 650; -infinity, infinity, NaN and NULL are bins of their own. A bucket that an edge cuts is split evenly (psi_bins() shows which). For categories edges mean nothing. Otherwise as psi(). Errors: edges that are not finite and ascending, or more than 999.';

CREATE FUNCTION aidataops.psi_bins(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile')
    RETURNS TABLE (bin integer, band text, lower double precision, upper double precision, reference_share double precision, current_share double precision, contribution double precision, exact boolean)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 200 ROWS 10 AS 'MODULE_PATHNAME', 'psi_bins';
COMMENT ON FUNCTION aidataops.psi_bins(aidataops.profile, aidataops.profile, integer, text) IS
'Where psi() comes from, a row a bin: its band (lower <= x < upper), the share of each sample in it, what it contributes, and whether the shares are exact or an edge cuts a bucket of the profile; a range of hashes of categories is not exact either. Arguments and errors as psi(). No rows for profiles of no rows and for NULL.';

CREATE FUNCTION aidataops.psi_bins(reference aidataops.profile, current aidataops.profile, edges double precision[])
    RETURNS TABLE (bin integer, band text, lower double precision, upper double precision, reference_share double precision, current_share double precision, contribution double precision, exact boolean)
    LANGUAGE C STABLE STRICT PARALLEL SAFE COST 200 ROWS 10 AS 'MODULE_PATHNAME', 'psi_bins_edges';
COMMENT ON FUNCTION aidataops.psi_bins(aidataops.profile, aidataops.profile, double precision[]) IS
'Where psi() over fixed bands comes from, a row a band; columns as psi_bins(), arguments and errors as psi() with edges.';

CREATE FUNCTION aidataops.kl_divergence(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.kl_divergence(aidataops.profile, aidataops.profile, integer, text) IS
'Kullback-Leibler divergence of the reference from the current sample, sum p ln(p / q) over bins, in nats; a bin empty in one sample as in psi(), shares then normalised. bins and binning: how numbers are grouped, see psi(). NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.js_distance(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.js_distance(aidataops.profile, aidataops.profile, integer, text) IS
'Jensen-Shannon distance, the root of the divergence to base 2 (Lin 1991): 0 to 1. With binning => evidently to base e, as that tool has it. bins and binning: how numbers are grouped, see psi(). NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.hellinger_distance(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.hellinger_distance(aidataops.profile, aidataops.profile, integer, text) IS
'Hellinger distance, sqrt(1 - sum sqrt(p q)) over bins: 0 to 1. bins and binning: how numbers are grouped, see psi(). NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.total_variation_distance(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.total_variation_distance(aidataops.profile, aidataops.profile, integer, text) IS
'Total variation distance, half the sum of |p - q| over bins: the share of rows that would have to move, 0 to 1. bins and binning: how numbers are grouped, see psi(). NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.linf_distance(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.linf_distance(aidataops.profile, aidataops.profile, integer, text) IS
'Greatest difference of shares, max |p - q| over bins: 0 to 1, what TensorFlow Data Validation calls L-infinity. bins and binning: how numbers are grouped, see psi(). NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.cramers_v(reference aidataops.profile, current aidataops.profile, bins integer DEFAULT 10, binning text DEFAULT 'quantile') RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.cramers_v(aidataops.profile, aidataops.profile, integer, text) IS
'Cramer''s V between being of the current sample and the bin, 0 to 1, with the bias correction of Bergsma (2013); the larger sample is scaled to the smaller, so that the proportion of the two does not matter. bins and binning: how numbers are grouped, see psi(). NULL for fewer than two bins too. NULL for a profile of no rows and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.ks_distance(reference aidataops.profile, current aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.ks_distance(aidataops.profile, aidataops.profile) IS
'Kolmogorov-Smirnov distance, the greatest difference of the two distribution functions: exact for profiles that are, else at the boundaries of buckets, which is the lower of ks_bounds(). Infinities are values, NULL and NaN are left out. NULL for categories, for profiles without values and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.ks_bounds(reference aidataops.profile, current aidataops.profile, OUT lower double precision, OUT upper double precision) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.ks_bounds(aidataops.profile, aidataops.profile) IS
'Interval that certainly contains the Kolmogorov-Smirnov distance of the data: SELECT * FROM ks_bounds(p, q). Its ends are equal when both profiles are exact. NULLs as ks_distance().';

CREATE FUNCTION aidataops.wasserstein_distance(reference aidataops.profile, current aidataops.profile, normalized boolean DEFAULT false) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.wasserstein_distance(aidataops.profile, aidataops.profile, boolean) IS
'Wasserstein-1 (earth mover''s) distance of the finite values, the integral of |F - G|, in units of the column: how far a value moved in the mean. normalized: in standard deviations (of the population) of the reference. Exact for profiles that are, else as if values were spread evenly in their bucket. Dates, times and timestamps count in seconds. NULL for categories, without finite values, normalized without spread, and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.energy_distance(reference aidataops.profile, current aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.energy_distance(aidataops.profile, aidataops.profile) IS
'Energy distance of the finite values, sqrt(2 * integral of (F - G)^2) (Szekely), as scipy has it. Exact for profiles that are, else as if values were spread evenly in their bucket. Dates, times and timestamps count in seconds. NULL for categories, without finite values, and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.cohens_d(reference aidataops.profile, current aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.cohens_d(aidataops.profile, aidataops.profile) IS
'Difference of means in pooled standard deviations (Cohen 1988), current minus reference: 0.2 is called small, 0.8 large. From exact sums. NULL for categories, without spread, for fewer than three values together, and for NULL; an error for profiles that cannot be compared.';

CREATE FUNCTION aidataops.cosine_distance(reference aidataops.profile, current aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.cosine_distance(aidataops.profile, aidataops.profile) IS
'Cosine distance between the mean vectors of two profiles of embeddings, 0 to 2. NULL for other profiles, without embeddings, for a mean of zero, for profiles of norms only (of several dimensions each), and for NULL; an error for profiles of different dimensions.';

CREATE FUNCTION aidataops.frechet_distance(reference aidataops.profile, current aidataops.profile) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION aidataops.frechet_distance(aidataops.profile, aidataops.profile) IS
'Frechet distance between embeddings as normal distributions with independent dimensions, |m1 - m2|^2 + sum (s1 - s2)^2 (Dowson and Landau 1982; the FID with diagonal covariances): a square, as the FID is. NULL for other profiles, for fewer than two embeddings, for profiles of norms only (of several dimensions each), and for NULL; an error for profiles of different dimensions.';
