"""
A uniform density and a semicircle
==================================

Laws that are no polynomials add, too.
"""

from scipy import stats

import resolvent as rv

law = rv.law_of_distribution(stats.uniform(-2, 4))
ax = law.plot(label="uniform")
(law + rv.semicircle("1/10")).plot(ax, label="plus a semicircle")
ax.legend()
