"""
A Gaussian and a semicircle
===========================

The law of a diagonal Gaussian matrix plus a Wigner matrix; no compact support.
"""

from scipy import stats

import resolvent as rv

(rv.law_of_distribution(stats.norm()) + rv.semicircle()).plot()
