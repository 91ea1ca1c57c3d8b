"""
Marchenko and Pastur at three ratios
====================================

Below ratio 1 there is a gap at 0, above it an atom.
"""

import resolvent as rv

ax = None
for c in ("1/4", "1", "3"):
    ax = rv.marchenko_pastur(c).plot(ax, label=f"c = {c}")
ax.set_ylim(0, 1.2)
ax.legend()
