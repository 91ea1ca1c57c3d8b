"""
Clean a covariance matrix
=========================

Sample eigenvalues and what they are shrunk to, for a population of two clusters.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

rng = np.random.default_rng(0)
scales = np.sqrt(np.repeat([1.0, 4.0], 150))
X = scales[:, None] * rng.normal(size=(300, 600))
values = np.linalg.eigvalsh(X @ X.T / 600)
plt.plot(values, rv.shrink(values, "1/2"), ".", markersize=3)
plt.plot(values, values, linewidth=0.8, color="grey")
plt.xlabel("sample eigenvalue")
plt.ylabel("cleaned eigenvalue")
