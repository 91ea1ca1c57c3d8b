"""
Information plus noise
======================

A signal of rank half the size, seen through Gaussian noise of growing strength.
"""

import resolvent as rv

ax = None
for noise in ("1/20", "1/5", "1"):
    ax = rv.atoms([0, 2]).information_plus_noise(noise, "1/2").plot(ax, label=f"noise {noise}")
ax.set_ylim(0, 1.6)
ax.legend()
