"""
Products of Gaussian matrices
=============================

Squared singular values of a product of s square Gaussian matrices: Fuss and Catalan.
"""

import resolvent as rv

ax = None
for s in (1, 2, 3):
    ax = rv.fuss_catalan(s).plot(ax, label=f"s = {s}")
ax.set_xlim(0, 6)
ax.set_ylim(0, 1)
ax.legend()
