"""
When an eigenvalue leaves the bulk
==================================

The place of the outlier of A + θuuᵀ against θ, for three bulks.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

for name, law in (("semicircle", rv.semicircle()), ("MP(1/2)", rv.marchenko_pastur("1/2"))):
    rho = rv.Spectrum(law)
    theta = np.linspace(0.2, 4, 39)
    places = [result.location or np.nan for result in rho.outliers(list(theta))]
    plt.plot(theta, places, label=name)
plt.xlabel(r"strength $\theta$")
plt.ylabel("place of the outlier")
plt.legend()
