"""
Kernels of a deep network
=========================

The conjugate kernel of three layers, and one of real features.
"""

import numpy as np

import resolvent as rv

layers = {"b2": "4/5", "gamma": "1/2", "c": 3}
entry = rv.catalog.get("conjugate-kernel")
ax = entry.plot(depth=1, label="depth 1", **layers)
entry.plot(ax, depth=3, label="depth 3", **layers)
values = np.linalg.eigvalsh(entry.sample(600, 0, depth=3, **layers))
ax.hist(values, bins=60, density=True, alpha=0.4, label="network, depth 3")
ax.set(xlim=(-0.1, 4), ylim=(0, 2.5))
ax.legend()
