"""
Singular values of a sum
========================

Two rectangular matrices with given singular values, in generic position.
"""

import resolvent as rv

law = rv.rectangular_sum(rv.atoms([1]), rv.atoms([4]), "1/2")
law.plot()
