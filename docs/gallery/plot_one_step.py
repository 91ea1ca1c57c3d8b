"""
One gradient step on the first layer
====================================

Singular values of a first layer after a large step: the bulk of before, and the direction that it has learnt.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv
from resolvent.catalog.networks.gradient_step import gradient_step

entry = rv.catalog.get("one-step")
matrix = entry.sample(800, 0, c=2, samples=4, rate=8, noise="1/5")
values = np.sqrt(np.linalg.eigvalsh(matrix).clip(0))
bulk = rv.Spectrum(entry.law(c=2))
s = np.linspace(*np.sqrt(bulk.support()), 300)
step = gradient_step("tanh", "relu", rate=8, units=2, samples=4, noise=0.2)

plt.hist(values[values > 1e-6], bins=60, density=True, alpha=0.3, label="real step, 800 inputs")
plt.plot(s, 4 * s * bulk.pdf(s**2), label="the layer before")
plt.axvline(step.singular_value, linestyle="--", label="predicted")
plt.xlabel("singular value")
plt.legend()
