"""
Is this noise?
==============

Eigenvalues of one matrix with two planted components, against the law of noise.
"""

import numpy as np

import resolvent as rv

rng = np.random.default_rng(1)
X = rng.normal(size=(300, 600))
X += np.outer(rng.normal(size=300), rng.normal(size=600)) * 0.12
X += np.outer(rng.normal(size=300), rng.normal(size=600)) * 0.08
comparison = rv.compare(X, rv.marchenko_pastur("1/2"), singular=True)
print(comparison)
comparison.plot()
