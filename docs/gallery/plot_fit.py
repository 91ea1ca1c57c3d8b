"""
Fit the ratio and the scale
===========================

Parameters with errors from the eigenvalues of one matrix.
"""

import numpy as np

import resolvent as rv

c, s = rv.parameter("c", positive=True), rv.parameter("s", positive=True)
X = 1.5 * np.random.default_rng(0).normal(size=(300, 900))
found = rv.fit(X, rv.marchenko_pastur(c, s), singular=True)
print(found)
found.plot()
