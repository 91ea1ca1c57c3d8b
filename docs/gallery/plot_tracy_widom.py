"""
Tracy and Widom
===============

The fluctuation of the largest eigenvalue for real, complex and quaternion matrices.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

x = np.linspace(-6, 4, 200)
for beta in (1, 2, 4):
    plt.plot(x, rv.tracy_widom(beta).pdf(x), label=rf"$\beta = {beta}$")
plt.xlabel("$s$")
plt.ylabel("density")
plt.legend()
