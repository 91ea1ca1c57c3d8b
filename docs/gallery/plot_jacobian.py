"""
Jacobians of deep networks
==========================

Squared singular values from input to output: Gaussian weights spread them, orthogonal ones keep them below 1.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

x = np.linspace(0.005, 4, 800)
for weights in ("gaussian", "orthogonal"):
    for depth in (2, 8):
        rho = rv.Spectrum(rv.catalog.jacobian, depth=depth, weights=weights, sigma_w=1, p="9/10")
        plt.plot(x, rho.pdf(x), label=f"{weights}, depth {depth}")
plt.ylim(0, 1.5)
plt.xlabel("squared singular value")
plt.ylabel("density")
plt.legend()
