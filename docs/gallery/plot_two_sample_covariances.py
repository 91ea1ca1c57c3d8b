"""
Two samples compared
====================

The F-matrix: one sample covariance times the inverse of another (Wachter).
"""

import resolvent as rv

law = rv.marchenko_pastur("1/2") @ rv.marchenko_pastur("1/5") ** -1
print(law.equation)
law.plot()
