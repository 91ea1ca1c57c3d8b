"""
Random features of a layer
==========================

The Gram matrix of a layer for a linear unit and for one with zero mean slope.
"""

import resolvent as rv

ax = None
for zeta in ("0", "1/2", "1"):
    ax = rv.catalog.nonlinear_gram.plot(ax, phi="1/2", psi="1/2", eta=1, zeta=zeta, label=rf"$\zeta = {zeta}$")
ax.set_ylim(0, 1.5)
ax.legend()
