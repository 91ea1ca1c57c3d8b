"""
The logarithmic potential
=========================

U(x) = ∫log|x − y|ρ(dy): constant slope outside, and what complexities are made of.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

x = np.linspace(-4, 4, 400)
plt.plot(x, rv.Spectrum(rv.semicircle()).log_potential(x))
plt.xlabel("$x$")
plt.ylabel("$U(x)$")
