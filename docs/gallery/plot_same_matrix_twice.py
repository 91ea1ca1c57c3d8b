"""
The same matrix twice
=====================

X + X² is not the sum of a semicircle and its square: both are functions of one matrix.
"""

import resolvent as rv

n = rv.dimension("n")
S = rv.wigner("S", n)
ax = rv.law_of(S + S @ S).plot(label="$S + S^2$")
(rv.semicircle() + rv.semicircle() ** 2).plot(ax, label="of free matrices")
ax.set_ylim(0, 0.6)
ax.legend()
