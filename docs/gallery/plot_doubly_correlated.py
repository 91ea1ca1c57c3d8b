"""
Correlated in rows and in columns
=================================

Sample covariance of data with a population in space and another in time.
"""

import resolvent as rv

law = rv.doubly_correlated_wishart(rv.atoms([1, 3]), rv.atoms([1, 2]), "1/2")
print("degree in m:", law.equation.degree)
law.plot()
