"""What scipy takes for the tests of two_sample_agg(), each alone, on the same two samples in memory.

usage: two_sample.py REFERENCE CURRENT ROUNDS, files of one number a line.  Prints name, tab, the minimum in ms of ROUNDS
rounds after one to warm up; then "six", their sum; and "D", the Kolmogorov-Smirnov distance.
"""
import sys
import time
import warnings

import numpy
from scipy import stats

warnings.simplefilter("ignore")  # anderson_ksamp() says that its p-value is capped
reference, current = (numpy.fromfile(name, sep="\n") for name in sys.argv[1:3])
calls = {
    "ks_2samp": lambda: stats.ks_2samp(reference, current),
    "wasserstein_distance": lambda: stats.wasserstein_distance(reference, current),
    "energy_distance": lambda: stats.energy_distance(reference, current),
    "cramervonmises_2samp": lambda: stats.cramervonmises_2samp(reference, current),
    "anderson_ksamp": lambda: stats.anderson_ksamp([reference, current]),
    "mannwhitneyu": lambda: stats.mannwhitneyu(reference, current),
}
least = dict.fromkeys(calls, float("inf"))
for round_ in range(int(sys.argv[3]) + 1):
    for name, call in calls.items():
        begin = time.perf_counter()
        call()
        if round_ > 0:
            least[name] = min(least[name], 1000 * (time.perf_counter() - begin))
for name, milliseconds in least.items():
    print(f"{name}\t{milliseconds:.3f}")
print(f"six\t{sum(least.values()):.3f}")
print(f"D\t{calls['ks_2samp']().statistic!r}")
