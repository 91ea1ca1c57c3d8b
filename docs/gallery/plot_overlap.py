"""
How much an outlier knows
=========================

The squared overlap of the outlier's eigenvector with the planted direction.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

theta = np.linspace(0.5, 4, 71)
found = rv.Spectrum(rv.semicircle()).outliers(list(theta))
plt.plot(theta, [result.overlap or 0 for result in found])
plt.xlabel(r"strength $\theta$")
plt.ylabel("overlap with the direction")
