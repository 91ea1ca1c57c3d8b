"""
A corner of a matrix
====================

The upper left corner of a matrix with eigenvalues -1 and 1, at three sizes.
"""

import resolvent as rv

ax = None
for t in ("3/10", "1/2", "7/10"):
    ax = rv.atoms([-1, 1]).compress(t).plot(ax, label=f"share {t}")
ax.set_ylim(0, 1.5)
ax.legend()
