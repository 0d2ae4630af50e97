#!/usr/bin/python3
"""Prints the cases of test/sql/two_sample.sql, with what scipy says of them:  test/math/two_sample.py

A sample is value(i) = (i i a + i b) % modulus * scale + base for i = 1..n, the current one with shift added, which SQL
computes alike to the last bit. Where scipy ignores ties, what is expected given the ties comes from reference.py, which
counts orders in integers.
"""
import itertools
from fractions import Fraction
from math import comb

import numpy
from mpmath import mp
from reference import cvm_asymptotic, cvm_law, cvm_statistic, orders_leaving_band
from scipy import stats

CASES = [
    # name, n, m, modulus, scale, base, shift
    ("smooth", 400, 300, 1000003, 0.0009765625, 0.0, 11.0),
    ("equal sizes", 500, 500, 1000003, 0.5, 0.0, 1000.0),
    ("far apart", 150, 170, 10007, 0.25, 0.0, 1500.0),
    ("one against many", 1, 90, 10007, 1.0, 0.0, 0.0),
    ("two against many", 2, 1500, 1000003, 1.0, 0.0, 40000.0),
    ("seven against nine", 7, 9, 10007, 0.125, 0.0, 64.0),
    ("fifteen against twenty", 15, 20, 10007, 0.125, 0.0, 100.0),
    ("negative", 60, 45, 10007, -2.0, 0.0, -3000.0),
    ("large offset", 80, 90, 10007, 0.0009765625, 1700000000.0, 1.0),
    ("tiny values", 80, 90, 10007, 2.0 ** -900, 0.0, 2.0 ** -890),
    ("huge values", 80, 90, 10007, 2.0 ** 900, 0.0, 2.0 ** 912),
    ("few ties", 200, 220, 1009, 1.0, 0.0, 30.0),
    ("many ties", 600, 350, 11, 1.0, 0.0, 1.0),
    ("three values", 300, 200, 3, 1.0, 0.0, 0.0),
    ("tiny with ties", 6, 5, 5, 1.0, 0.0, 1.0),
    ("unequal with ties", 4, 700, 13, 1.0, 0.0, 2.0),
    ("thousands", 9000, 11000, 1000003, 1.0, 0.0, 9000.0),
    ("same multiset", 30, 30, 0, 1.0, 0.0, 0.0),
]


def sample(n, a, b, modulus, scale, base):
    if modulus == 0:
        return [float(i) for i in range(1, n + 1)]
    return [(i * i * a + i * b) % modulus * scale + base for i in range(1, n + 1)]


def tie_groups(x, y):
    xs, ys = sorted(x), sorted(y)
    values = sorted(set(xs) | set(ys))
    counts = [(numpy.searchsorted(xs, v, "right") - numpy.searchsorted(xs, v, "left"),
               numpy.searchsorted(ys, v, "right") - numpy.searchsorted(ys, v, "left")) for v in values]
    return [(int(a), int(b)) for a, b in counts]


def expected(x, y):
    n, m = len(x), len(y)
    order = tie_groups(x, y)
    groups = [a + b for a, b in order]
    ties = max(groups) > 1
    ks = stats.ks_2samp(x, y, method="asymp" if ties else "exact")
    ks_p = ks.pvalue
    if ties:
        i = j = numerator = 0
        for a, b in order:
            i, j = i + a, j + b
            numerator = max(numerator, abs(i * m - j * n))
        ks_p = float(orders_leaving_band(n, m, numerator, groups)) if numerator else 1.0
    asymptotic = stats.kstwo.sf(ks.statistic, max(1, numpy.round(n * m / (n + m))))
    cvm = cvm_statistic(n, m, order)
    if not ties and min(n, m) > 1:
        assert abs(stats.cramervonmises_2samp(x, y).statistic / float(cvm) - 1) < 1e-9
    if max(n, m) <= 20 and ties:
        law = cvm_law(n, m, groups)
        cvm_p = float(Fraction(sum(c for v, c in law.items() if v >= cvm), comb(n + m, n)))
    elif max(n, m) <= 20:
        cvm_p = stats.cramervonmises_2samp(x, y, method="exact").pvalue
    else:
        cvm_p = float(cvm_asymptotic(mp.mpf(cvm.numerator) / cvm.denominator, n, m))
    cvm = float(cvm)
    try:
        ad = stats.anderson_ksamp([numpy.array(x), numpy.array(y)])
        ad = ad.statistic, ad.pvalue
    except ValueError:
        ad = float("nan"), float("nan")
    mwu = stats.mannwhitneyu(x, y, method="exact" if min(n, m) <= 8 and not ties else "asymptotic")
    return [float(ks.statistic), ks_p, asymptotic, cvm, cvm_p, *ad, mwu.statistic, mwu.pvalue,
            stats.wasserstein_distance(x, y), stats.energy_distance(x, y), 1 - mwu.statistic / (n * m)]


for name, n, m, modulus, scale, base, shift in CASES:
    x, y = sample(n, 31, 17, modulus, scale, base), sample(m, 57, 101, modulus, scale, base + shift)
    numbers = ["NULL" if v != v else repr(float(v)) for v in expected(x, y)]
    print(f"    ('{name}', {n}, {m}, {modulus}, {scale!r}, {base!r}, {shift!r},\n     ARRAY[{', '.join(numbers)}]),")
