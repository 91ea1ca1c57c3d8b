"""
A matrix, its law and its sample
================================

One statement gives the law and the numpy matrix.
"""

import numpy as np

import resolvent as rv

p, n = rv.dimension("p"), rv.dimension("n")
X, S = rv.gaussian("X", p, n), rv.wigner("S", p)
model = X @ X.T / n + S
rho = rv.Spectrum(rv.law_of(model, ratios={(p, n): "1/2"}))
matrix = model.sample({p: 800, n: 1600}, rng=0)
rv.compare(np.linalg.eigvalsh(matrix), rho).plot()
