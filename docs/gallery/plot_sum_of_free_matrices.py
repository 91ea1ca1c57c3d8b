"""
A free sum
==========

A Wigner matrix plus a covariance matrix: two bulks, and the equation that says when.
"""

import resolvent as rv

law = rv.semicircle("1/10") + rv.marchenko_pastur(3)
print(law.equation)
law.plot()
