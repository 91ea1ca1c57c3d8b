"""
A population with two clusters
==============================

Sample eigenvalues when the population has eigenvalues 1 and 4: the gap closes at a ratio that is known exactly.
"""

import resolvent as rv

c = rv.parameter("c", positive=True)
law = rv.atoms([1, 4]).sample_covariance(c)
(critical,) = rv.merging_values(law, "c")
print("the gap closes at c =", critical.digits(20))
ax = law.plot(c="1/5", label="c = 1/5")
law.plot(ax, c="4/5", label="c = 4/5")
ax.legend()
