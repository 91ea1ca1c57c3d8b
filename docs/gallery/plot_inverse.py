"""
The inverse of a covariance matrix
==================================

Inverse Wishart: mean 1/(1 − c).
"""

import resolvent as rv

ax = None
for c in ("1/10", "1/4", "1/2"):
    ax = (rv.marchenko_pastur(c) ** -1).plot(ax, label=f"c = {c}")
ax.set_xlim(0, 8)
ax.legend()
