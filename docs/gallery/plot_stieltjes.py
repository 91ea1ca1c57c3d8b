"""
The transform on the real axis
==============================

Real part and imaginary part of m(x + i0).
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

rho = rv.Spectrum(rv.marchenko_pastur("1/2"))
x = np.linspace(-0.5, 4, 600)
m = rho.stieltjes(x)
plt.plot(x, m.real, label="real part")
plt.plot(x, m.imag, label=r"imaginary part, $\pi\rho$")
plt.xlabel("$x$")
plt.ylabel("$m(x + i0)$")
plt.legend()
