"""
Random regular graphs
=====================

Kesten's and McKay's law for degree 3, 4 and 10.
"""

import resolvent as rv

ax = None
for d in (3, 4, 10):
    ax = rv.kesten_mckay(d).plot(ax, label=f"degree {d}")
ax.legend()
