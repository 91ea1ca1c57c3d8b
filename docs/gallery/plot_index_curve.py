"""
How many directions lead down
=============================

The share of negative eigenvalues of the Hessian against the energy.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

energies = np.linspace(0.02, 1, 25)
law = rv.catalog.hessian.law(sigma=1)
index = [float(rv.Spectrum(law, phi="1/2", eps=float(e)).cdf(0.0)) for e in energies.round(4)]
plt.plot(energies, index)
plt.xlabel(r"energy $\varepsilon$")
plt.ylabel("share of negative eigenvalues")
