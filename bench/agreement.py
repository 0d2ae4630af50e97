"""What peers take for agreement, on the same labels in memory: scikit-learn, statsmodels and NLTK, those that are installed.

usage: agreement.py LABELS PAIRS ROUNDS.  LABELS is a file of small integers, five a unit and line; PAIRS of two a line.
Prints name, tab, the minimum in ms of ROUNDS rounds after one to warm up, tab, the value that it found.
"""
import sys
import time

import numpy

units = numpy.loadtxt(sys.argv[1], dtype=numpy.int64)
pairs = numpy.loadtxt(sys.argv[2], dtype=numpy.int64)
calls = {}
try:
    import sklearn.metrics

    calls[f"scikit-learn {sklearn.__version__}: cohen_kappa_score"] = lambda: sklearn.metrics.cohen_kappa_score(pairs[:, 0], pairs[:, 1])
except ImportError:
    pass
try:
    import statsmodels
    from statsmodels.stats import inter_rater

    calls[f"statsmodels {statsmodels.__version__}: fleiss_kappa"] = lambda: inter_rater.fleiss_kappa(inter_rater.aggregate_raters(units)[0])
except ImportError:
    pass
try:
    import nltk
    from nltk.metrics.agreement import AnnotationTask

    # its time grows with the labels as ours does: a tenth of the units is enough
    triples = [(rater, unit, int(label)) for unit, labels in enumerate(units[: len(units) // 10]) for rater, label in enumerate(labels)]
    calls[f"NLTK {nltk.__version__}: alpha, 1/10"] = lambda: AnnotationTask(data=triples).alpha()
except ImportError:
    pass
for name, call in calls.items():
    least = float("inf")
    for round_ in range(int(sys.argv[3]) + 1):
        begin = time.perf_counter()
        value = call()
        if round_ > 0:
            least = min(least, 1000 * (time.perf_counter() - begin))
    print(f"{name}\t{least:.3f}\t{value!r}")
