#!/usr/bin/python3
"""Writes reference.tsv, the values that src/math is tested against:  test/math/reference.py > test/math/reference.tsv

Needs python3-mpmath and python3-scipy; the test itself needs the table only.  A line is

    function <tab> arguments <tab> expected <tab> relative tolerance

Where a function has an exact definition, the expected value is computed from that definition, in rational numbers or
with 50 digits, by another way than the C code takes: integrals and hypergeometric functions for distributions, counted
orders for permutation laws.  Where the definition is an approximation with a name (Scholz and Stephens' table, Pelz and
Good's expansion), scipy's number is taken.
"""
import itertools
import random
from collections import Counter
from fractions import Fraction
from math import comb

import mpmath as mp
import scipy
from scipy import stats

mp.mp.dps = 50
SMOOTH, OTHER = 1e-12, 1e-10


def write(function, arguments, expected, tolerance=SMOOTH):
    words = [a if isinstance(a, str) else repr(float(a)) if isinstance(a, float) else str(a) for a in arguments]
    if isinstance(expected, Fraction):
        expected = mp.mpf(expected.numerator) / expected.denominator
    print(function, " ".join(words), mp.nstr(mp.mpf(expected), 20), f"{tolerance:g}", sep="\t")


def section(title):
    print(f"# {title}")


# ---------------------------------------------------------------------------------------------- special functions

def special():
    section("special functions: mpmath")
    for n, k in [(5, 2), (40, 20), (1000, 3), (1000000, 400000), (10.5, 2.25), (3, 0), (7, 7)]:
        write("log_binomial", [n, k], mp.log(mp.binomial(n, k)))
    for n in [1, 2, 10, 63, 64, 1000, 1e6]:
        write("harmonic_number", [n], mp.harmonic(n), 1e-14)
        write("harmonic_number_of_squares", [n], mp.zeta(2) - mp.polygamma(1, mp.mpf(n) + 1), 1e-14)
    for x in [1e-3, 0.01, 0.3, 1.0, 4.0, 8.0, 60.0, 1000.0]:
        write("bessel_k_scaled", [0.25, x], mp.besselk(0.25, x) * mp.exp(mp.mpf(x)), 1e-13)


# ---------------------------------------------------------------------------------------------- distributions

def positive_series(first, ratio):
    """The sum of a series of positive terms, the last of which fall geometrically."""
    term, total, k = first, first, 0
    while True:
        factor = ratio(k)
        term *= factor
        total += term
        k += 1
        if factor < 0.9999 and term < total * mp.eps:
            return total


def gamma_lower(a, x):
    """DLMF 8.7.1, with mpmath's own Gamma; gammainc() gives up where a is large."""
    a, x = mp.mpf(a), mp.mpf(x)
    return positive_series(mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)), lambda k: x / (a + k + 1))


def gamma_upper(a, x):
    with mp.workdps(360):  # what is left of 1 has 50 digits down to 1e-300
        return 1 - gamma_lower(a, x)


def beta_lower(a, b, x, y=None):
    """DLMF 8.17.8"""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    y = 1 - x if y is None else y
    first = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)) / a
    if x > 0.5:
        with mp.workdps(360):
            return 1 - beta_lower(b, a, y, x)
    return positive_series(first, lambda k: (a + b + k) / (a + 1 + k) * x)


def beta_upper(a, b, y):
    return beta_lower(b, a, y)


def normal():
    section("normal: mpmath")
    for x in [-38.0, -10.0, -3.0, -1.0, -1e-3, 0.0, 0.5, 1.6448536269514722, 5.0, 20.0, 37.5]:
        write("normal_cdf", [x], mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2)
        write("normal_sf", [x], mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2)
    for p in [1e-300, 1e-100, 1e-20, 1e-5, 0.001, 0.025, 0.3, 0.49]:
        q = mp.findroot(lambda x: mp.log(mp.erfc(x / mp.sqrt(2)) / 2) - mp.log(mp.mpf(p)), stats.norm.isf(p))
        write("normal_upper_quantile", [p], q)
        write("normal_quantile", [p], -q)
    write("normal_quantile", [0.975], mp.sqrt(2) * mp.erfinv(2 * mp.mpf(0.975) - 1))


def chi2():
    section("chi-square: mpmath; the quantiles of df 1, 9 and 100 are those of every printed table")
    for df in [1, 2, 3, 9, 30, 100, 1000, 100000]:
        for x in [df * f for f in (1e-6, 0.1, 0.7, 1.0, 1.3, 2.0, 5.0)] + [1300.0 + df]:
            x = float(x)
            if stats.chi2.cdf(x, df) > 1e-300:
                write("chi2_cdf", [x, df], gamma_lower(mp.mpf(df) / 2, mp.mpf(x) / 2))
            if stats.chi2.sf(x, df) > 1e-300:
                write("chi2_sf", [x, df], gamma_upper(mp.mpf(df) / 2, mp.mpf(x) / 2))
    for df in [1, 9, 100, 5000]:
        for p in [1e-250, 1e-10, 0.05, 0.4, 0.7, 0.999]:
            def upper(x):
                return mp.log(gamma_upper(mp.mpf(df) / 2, x / 2)) - mp.log(mp.mpf(p))
            write("chi2_upper_quantile", [p, df], mp.findroot(upper, stats.chi2.isf(p, df)))
        write("chi2_quantile", [0.025, df], mp.findroot(
            lambda x: gamma_lower(mp.mpf(df) / 2, x / 2) - mp.mpf(0.025), stats.chi2.ppf(0.025, df)))


def student():
    section("Student's t: mpmath")

    def upper(t, df):
        t, df = mp.mpf(t), mp.mpf(df)
        tail = beta_lower(df / 2, mp.mpf(1) / 2, df / (df + t * t)) / 2
        return tail if t > 0 else 1 - tail
    for df in [1, 2, 4.5, 29, 1000, 1000000]:
        for t in [-30.0, -2.0, -0.01, 0.3, 1.0, 2.5, 12.0, 35.0]:
            write("student_t_sf", [t, df], upper(t, df))
            write("student_t_cdf", [-t, df], upper(t, df))
        for p in [1e-120, 1e-8, 0.005, 0.025, 0.3]:
            q = mp.findroot(lambda u: mp.log(upper(mp.exp(u), df)) - mp.log(mp.mpf(p)), mp.log(stats.t.isf(p, df)))
            write("student_t_upper_quantile", [p, df], mp.exp(q))
            write("student_t_quantile", [p, df], -mp.exp(q))


def f_and_beta():
    section("F, beta, binomial: mpmath")
    for df1, df2 in [(1, 1), (5, 15), (2.5, 40), (3, 100000), (1000, 800)]:
        for f in [0.001, 0.3, 1.0, 1.9, 8.0, 400.0]:
            a, b, f = mp.mpf(df1) / 2, mp.mpf(df2) / 2, mp.mpf(f)
            x, y = a * f / (a * f + b), b / (a * f + b)
            for function, value in [("f_cdf", beta_lower(a, b, x)), ("f_sf", beta_upper(a, b, y))]:
                if value > 1e-300:
                    write(function, [float(f), df1, df2], value)
        for p in [1e-12, 0.025, 0.5, 0.8]:
            q = mp.findroot(lambda u: mp.log(beta_upper(a, b, b / (a * mp.exp(u) + b))) - mp.log(mp.mpf(p)),
                            mp.log(stats.f.isf(p, df1, df2)))
            write("f_upper_quantile", [p, df1, df2], mp.exp(q), OTHER if p > 0.4 else SMOOTH)
    for a, b in [(0.5, 0.5), (3, 12), (200, 4), (5000.5, 7000)]:
        for x in [1e-5, 0.01, 0.2, 0.5, 0.93]:
            x = x if a < 1000 else 0.3 + x / 3
            for function, value in [("beta_cdf", beta_lower(a, b, mp.mpf(x))), ("beta_sf", beta_upper(a, b, 1 - mp.mpf(x)))]:
                if value > 1e-300:
                    write(function, [x, a, b], value)
        for p in [0.025, 0.6]:
            q = mp.findroot(lambda x: beta_lower(a, b, x) - mp.mpf(p), [stats.beta.ppf(p, a, b) * f for f in (1 - 1e-7, 1 + 1e-7)], solver="anderson", tol=1e-60)
            write("beta_quantile", [p, a, b], q)
    for n, p in [(1, 0.3), (20, 0.05), (1000, 0.4)]:
        for k in sorted({0, n // 3, int(n * p) + 1, n - 1}):
            terms = [comb(n, i) * Fraction(p) ** i * (1 - Fraction(p)) ** (n - i) for i in range(n + 1)]
            write("binomial_cdf", [k, n, p], sum(terms[:k + 1]))
            if sum(terms[k + 1:]) > Fraction(10) ** -300:
                write("binomial_sf", [k, n, p], sum(terms[k + 1:]))


# ---------------------------------------------------------------------------------------------- Kolmogorov-Smirnov

def one_sided(n, d):
    """Birnbaum and Tingey in rational numbers."""
    d = Fraction(d)
    return sum(comb(n, j) * (1 - d - Fraction(j, n)) ** (n - j) * d * (d + Fraction(j, n)) ** (j - 1)
               for j in range(int(n * (1 - d)) + 1))


def one_sample(n, d):
    """P(D >= d) by the determinant of Steck (1971), in rational numbers."""
    d = Fraction(d)
    lower = [max(Fraction(0), Fraction(i + 1, n) - d) for i in range(n)]
    upper = [min(Fraction(1), Fraction(i, n) + d) for i in range(n)]
    size = n
    matrix = [[Fraction(0)] * size for _ in range(size)]
    factorial = [1]
    for i in range(1, n + 2):
        factorial.append(factorial[-1] * i)
    for i in range(size):
        for j in range(size):
            k = j - i + 1
            if k >= 0:
                matrix[i][j] = max(Fraction(0), upper[i] - lower[j]) ** k / factorial[k]
    determinant = Fraction(1)
    for c in range(size):
        pivot = next(r for r in range(c, size) if matrix[r][c] != 0)
        if pivot != c:
            matrix[c], matrix[pivot] = matrix[pivot], matrix[c]
            determinant = -determinant
        determinant *= matrix[c][c]
        for r in range(c + 1, size):
            if matrix[r][c] != 0:
                factor = matrix[r][c] / matrix[c][c]
                for k in range(c, size):
                    matrix[r][k] -= factor * matrix[c][k]
    return 1 - factorial[n] * determinant


def kolmogorov():
    section("Kolmogorov's limit: mpmath; the one-sample law: Steck's determinant in rational numbers")
    for x in [0.1, 0.2, 0.5, 0.79, 0.81, 1.0, 1.3581, 3.0, 15.0, 18.0]:
        x = mp.mpf(x)
        write("kolmogorov_sf", [float(x)], 2 * mp.nsum(lambda k: (-1) ** (int(k) - 1) * mp.exp(-2 * k * k * x * x), [1, mp.inf])
              if x > 0.5 else 1 - mp.sqrt(2 * mp.pi) / x * mp.nsum(lambda k: mp.exp(-(2 * k - 1) ** 2 * mp.pi ** 2 / (8 * x * x)), [1, mp.inf]))
    for n, d in [(1, 0.3), (5, 0.2), (10, 0.1), (10, 0.35), (100, 0.02), (100, 0.3), (1000, 0.1), (500, 0.9)]:
        write("ks_one_sided_sf", [d, n], one_sided(n, d))
    for n, d in [(1, 0.75), (2, 0.4), (5, 0.15), (10, 0.1), (10, 0.274), (20, 0.15), (30, 0.29)]:
        write("ks_one_sample_sf", [d, n], one_sample(n, d), OTHER)
    section("the one-sample law of many values: scipy")
    for n, d in [(100, 0.08), (140, 0.1), (141, 0.1), (200, 0.05), (1000, 0.02), (1000, 0.04), (1000, 0.055), (50000, 0.004), (500000, 0.0018)]:
        write("ks_one_sample_sf", [d, n], stats.kstwo.sf(d, n), 1e-9)
    section("the one-sided law of very many values: 30 digits, all terms")
    mp.mp.dps = 30
    for n, d in [(20000, 0.06), (100000, 0.01), (100000, 0.03)]:
        x = mp.mpf(d)
        write("ks_one_sided_sf", [d, n], mp.fsum(
            mp.exp(mp.loggamma(n + 1) - mp.loggamma(j + 1) - mp.loggamma(n - j + 1) +
                   (n - j) * mp.log1p(-x - mp.mpf(j) / n) + (j - 1) * mp.log(x + mp.mpf(j) / n)) * x
            for j in range(int(n * (1 - x)) + 1)), 1e-10)
    mp.mp.dps = 50


def orders_leaving_band(n, m, numerator, groups):
    """How many of the orders have D >= numerator / (n m), looked at behind each group of equal values: counted."""
    inside = {0: 1}
    k = 0
    for t in groups:
        k += t
        after = Counter()
        for i, count in inside.items():
            for a in range(max(0, k - m - i), min(t, n - i) + 1):
                after[i + a] += count * comb(t, a)
        inside = {i: c for i, c in after.items() if abs(i * m - (k - i) * n) < numerator}
    return 1 - Fraction(inside.get(n, 0), comb(n + m, n))


def tie_words(groups):
    words, start = [], 0
    for t in groups:
        if t > 1:
            words += [start, t]
        start += t
    return words


def random_groups(total, rng):
    groups = []
    while sum(groups) < total:
        groups.append(min(rng.choice([1, 1, 2, 3, 7, 20]), total - sum(groups)))
    return groups


def ks_two_sample():
    section("two-sample Kolmogorov-Smirnov: orders counted in integers")
    for n, h in [(1, 1), (5, 3), (10, 4), (50, 13), (200, 20), (1000, 3), (1000, 100), (1000, 900)]:
        write("ks_equal_sizes_sf", [n, h], orders_leaving_band(n, n, h * n, [1] * (2 * n)), OTHER)
    for n, m, numerator in [(1, 1, 1), (2, 3, 4), (2, 4, 4), (3, 1, 2), (7, 12, 40), (50, 50, 650), (60, 101, 1000), (100, 110, 2320),
                            (300, 217, 9000), (300, 217, 45000), (500, 3, 700), (1000, 999, 30000), (800, 300, 200000)]:
        write("ks_two_sample_sf", [n, m, numerator], orders_leaving_band(n, m, numerator, [1] * (n + m)), OTHER)
    rng = random.Random(4)
    cases = [(14, 14, [2, 5, 8, 9, 4]), (14, 14, [28]), (5, 3, [2, 5, 1])]
    cases += [(n, m, random_groups(n + m, rng)) for n, m in [(6, 9), (40, 40), (101, 77), (300, 120), (30, 500)]]
    for n, m, groups in cases:
        for share in (0.05, 0.2, 0.5, 0.9):
            numerator = max(1, int(n * m * share))
            write("ks_two_sample_sf", [n, m, numerator] + tie_words(groups), orders_leaving_band(n, m, numerator, groups), OTHER)


# ---------------------------------------------------------------------------------------------- rank tests

def anderson_u(n, m, order):
    """U of Anderson (1962), eq. 10, by ranks, from the numbers (i, j) of each sample in each group: no ties."""
    u, i, j = 0, 0, 0
    for a, b in order:
        u += n * a * j * j + m * b * i * i  # rank in both minus rank in one is how many came from the other
        i, j = i + a, j + b
    return u


def cvm_statistic(n, m, order):
    """n m / N times the integral of (F - G)^2, plus 1 / (6 N): F and G linear across a group of equal values."""
    total, integral, i, j = n + m, Fraction(0), 0, 0
    for a, b in order:
        d0, t = Fraction(i, n) - Fraction(j, m), a + b
        slope = Fraction(a, n) - Fraction(b, m)
        # Simpson's rule is exact for a parabola
        integral += Fraction(t, total) * (d0 ** 2 + 4 * (d0 + slope / 2) ** 2 + (d0 + slope) ** 2) / 6
        i, j = i + a, j + b
    return Fraction(n * m, total) * integral + Fraction(1, 6 * total)


def cvm_v(n, m, statistic):
    """V of the C code, from T"""
    total = n + m
    return (statistic * total ** 2 * n * m - Fraction(n * m * total, 6)) * 3


def cvm_law(n, m, groups):
    """Every order of the values, one by one."""
    law = Counter()
    ends = list(itertools.accumulate(groups))
    for chosen in itertools.combinations(range(n + m), n):
        counts = [sum(e - t <= c < e for c in chosen) for t, e in zip(groups, ends)]
        law[cvm_statistic(n, m, [(a, t - a) for a, t in zip(counts, groups)])] += 1
    return law


def cvm_limit(x):
    """P(W2 >= x)"""
    with mp.workdps(30):
        pieces = [0] + [mp.sqrt(mp.pi) * mp.mpf(2) ** -i for i in range(8, 0, -1)] + [mp.sqrt(mp.pi) * f for f in (0.9, 0.999, 1)]
        total, j, x = mp.mpf(0), 1, mp.mpf(x)
        while True:
            low = (2 * j - 1) * mp.pi
            part = mp.exp(-x * low ** 2 / 2) * mp.quad(  # theta = s^2
                lambda s: 2 * s * mp.exp(-x * s * s * (2 * low + s * s) / 2) / mp.sqrt((low + s * s) * mp.sin(s * s)), pieces)
            total += part if j % 2 else -part
            if part < total * mp.mpf(10) ** -20:
                return 2 / mp.pi * total
            j += 1


def cvm_asymptotic(t, n, m):
    """The limit, after T was given its mean and variance (Anderson 1962, eq. 11, 14 and 15)."""
    total, k, t = n + m, n * m, mp.mpf(t)
    variance = Fraction((total + 1) * (4 * k * total - 3 * (n ** 2 + m ** 2) - 2 * k), 45 * total ** 2 * 4 * k)
    mean = Fraction(total + 1, 6 * total)
    x = mp.mpf(1) / 6 + (t - mp.mpf(mean.numerator) / mean.denominator) / mp.sqrt(45 * mp.mpf(variance.numerator) / variance.denominator)
    return cvm_limit(x) if x > 0.003 else mp.mpf(1)


def cramer_von_mises():
    section("Cramer-von Mises, the limit: Smirnov's integrals by tanh-sinh quadrature; .05 and .01 are Anderson and Darling's (1952) points")
    for x in [0.03, 0.1, 0.2, 0.39, 0.41, 0.46136, 0.74346, 1.5, 10.0, 60.0, 135.0]:
        write("cvm_limit_sf", [x], cvm_limit(x))
    section("Cramer-von Mises, two samples: Anderson's limit, and every order of the values one by one")
    for t, n, m in [(0.05, 30, 40), (0.2, 30, 40), (0.5, 1000, 21), (0.3, 10 ** 6, 10 ** 6)]:
        write("cvm_two_sample_sf", [t, n, m], cvm_asymptotic(t, n, m))
    for n, m, groups in [(1, 1, [1, 1]), (3, 4, [1] * 7), (6, 6, [1] * 12), (7, 5, [1] * 12), (6, 7, [2, 1, 4, 3, 1, 1, 1]), (5, 5, [10]),
                         (8, 6, [3, 3, 3, 5])]:
        law = cvm_law(n, m, groups)
        values = sorted(law)
        for t in sorted({values[0], values[len(values) // 2], values[-1]}):
            v = cvm_v(n, m, t)
            assert v.denominator == 1
            p = Fraction(sum(c for value, c in law.items() if value >= t), comb(n + m, n))
            write("cvm_two_sample_exact_sf", [n, m, v] + groups, p, OTHER)
            write("cvm_two_sample_statistic", [v, n, m], t)
    section("Anderson's rank formula, without ties")
    for n, m, order in [(3, 4, "xyyxyxy"), (5, 2, "yxxxxyx"), (6, 6, "xxxxxxyyyyyy")]:
        order = [(c == "x", c == "y") for c in order]
        t = Fraction(anderson_u(n, m, order), n * m * (n + m)) - Fraction(4 * n * m - 1, 6 * (n + m))
        write("cvm_two_sample_statistic", [cvm_v(n, m, cvm_statistic(n, m, order)), n, m], t)
    section("the same for larger samples: scipy's exact law")
    for n, m in [(20, 20), (19, 20), (13, 20)]:
        for t in [0.05, 0.2, 0.7]:
            u = round((t + (4 * n * m - 1) / (6 * (n + m))) * n * m * (n + m))
            exact = Fraction(u, n * m * (n + m)) - Fraction(4 * n * m - 1, 6 * (n + m))
            write("cvm_two_sample_exact_sf", [n, m, float(cvm_v(n, m, exact))] + [1] * (n + m),
                  scipy.stats._hypotests._pval_cvm_2samp_exact(u, n, m), OTHER)


def anderson_darling():
    section("Anderson-Darling: the defining double sum in rational numbers; scipy's interpolation")
    for sizes in [[4, 4], [2, 2], [10, 30], [8, 8, 8, 8], [100, 17, 300], [1000, 500]]:
        k, n = len(sizes), sum(sizes)
        h = sum(Fraction(1, i) for i in range(1, n))
        g = sum(Fraction(1, n - i) * sum(Fraction(1, j) for j in range(i + 1, n)) for i in range(1, n - 1)) if n <= 40 else None
        if g is None:
            suffix, total = mp.mpf(0), mp.mpf(0)
            for i in range(n - 2, 0, -1):
                suffix += mp.mpf(1) / (i + 1)
                total += suffix / (n - i)
            g, h = total, mp.harmonic(n - 1)
        big_h = sum(Fraction(1, s) for s in sizes)
        if n > 40:
            big_h = mp.mpf(big_h.numerator) / big_h.denominator
        a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * big_h
        b = (2 * g - 4) * k ** 2 + 8 * h * k + (2 * g - 14 * h - 4) * big_h - 8 * h + 4 * g - 6
        c = (6 * h + 2 * g - 2) * k ** 2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * big_h + 4 * h
        d = (2 * h + 6) * k ** 2 - 4 * h * k
        variance = (a * n ** 3 + b * n ** 2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
        if isinstance(variance, Fraction):
            variance = mp.mpf(variance.numerator) / variance.denominator
        write("anderson_darling_scale", sizes, mp.sqrt(variance), OTHER)
    b0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085]
    b1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615]
    b2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154]
    for k in (2, 3, 4):
        points = [x + y / (k - 1) ** 0.5 + z / (k - 1) for x, y, z in zip(b0, b1, b2)]
        import numpy
        fit = numpy.polyfit(points, numpy.log([0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001]), 2)
        for t in [-1.0, 0.5, 1.3, 2.0, 4.5, 5.6, 7.5]:
            p = 0.25 if t < points[0] else 0.001 if t > points[-1] else numpy.exp(numpy.polyval(fit, t))
            write("anderson_darling_p", [t, k], float(p), OTHER)


def mann_whitney():
    section("Mann-Whitney: the law by q-Pascal in integers; the normal law in 50 digits")
    for n, m in [(1, 1), (3, 2), (4, 5), (8, 8), (8, 120), (5, 400), (1, 1000), (20, 20)]:
        # coefficients of the Gaussian binomial by  [n, m] = [n - 1, m] + q^n [n, m - 1]
        row = [[1] for _ in range(m + 1)]
        for i in range(1, n + 1):
            new = [[1]]
            for j in range(1, m + 1):
                size = i * j + 1
                total = [0] * size
                for s, c in enumerate(row[j]):
                    total[s] += c
                for s, c in enumerate(new[j - 1]):
                    total[s + i] += c
                new.append(total)
            row = new
        counts = row[m]
        assert sum(counts) == comb(n + m, n)
        for u in sorted({0, n * m // 5, n * m // 2, n * m - 1}):
            tail = min(u, n * m - u)
            write("mann_whitney_exact_p", [n, m, u], min(Fraction(1), Fraction(2 * sum(counts[:tail + 1]), comb(n + m, n))))
    for n, m, u, ties in [(5, 4, 17, 0), (30, 40, 400, 0), (30, 40, 600, 0), (100, 50, 3300.5, 1000), (1e6, 1e6, 5.02e11, 3e12),
                          (1000, 1000, 900000, 0)]:
        n, m, u = mp.mpf(n), mp.mpf(m), mp.mpf(u)
        variance = n * m / 12 * (n + m + 1 - mp.mpf(ties) / ((n + m) * (n + m - 1)))
        z = (abs(u - n * m / 2) - mp.mpf(1) / 2) / mp.sqrt(variance)
        write("mann_whitney_normal_p", [float(n), float(m), float(u), float(ties)], min(mp.mpf(1), mp.erfc(z / mp.sqrt(2))))


def published():
    section("as printed: Abramowitz and Stegun (1964) tables 26.1, 26.8, 26.9, 26.10; Smirnov (1948); Anderson and Darling (1952);")
    section("Scholz and Stephens (1987) for four laboratories; Mann and Whitney (1947), table I")
    for function, arguments, expected, digits in [
            ("normal_sf", [1.96], 0.0249979, 1e-7), ("chi2_upper_quantile", [0.05, 10], 18.3070, 1e-4),
            ("chi2_upper_quantile", [0.005, 100], 140.169, 1e-3), ("student_t_quantile", [0.975, 10], 2.228, 5e-4),
            ("student_t_quantile", [0.995, 2], 9.925, 5e-4), ("f_upper_quantile", [0.05, 5, 15], 2.90, 5e-3),
            ("f_upper_quantile", [0.01, 2, 30], 5.39, 5e-3), ("kolmogorov_sf", [1.36], 0.0494, 1e-4),
            ("kolmogorov_sf", [1.63], 0.0098, 1e-4), ("cvm_limit_sf", [0.46136], 0.05, 1e-6), ("cvm_limit_sf", [1.16786], 0.001, 1e-8),
            ("anderson_darling_p", [4.480, 4], 0.0020, 2.5e-4), ("anderson_darling_p", [4.449, 4], 0.0021, 2.5e-4),
            ("mann_whitney_exact_p", [3, 3, 0], 0.100, 1e-3), ("mann_whitney_exact_p", [4, 4, 2], 0.114, 1e-3),
            ("mann_whitney_exact_p", [7, 8, 12], 0.072, 1e-3), ("mann_whitney_exact_p", [8, 8, 15], 0.082, 1e-3)]:
        write(function, arguments, expected, digits / expected)


if __name__ == "__main__":
    print("# written by reference.py")
    published()
    special()
    normal()
    chi2()
    student()
    f_and_beta()
    kolmogorov()
    ks_two_sample()
    cramer_von_mises()
    anderson_darling()
    mann_whitney()
