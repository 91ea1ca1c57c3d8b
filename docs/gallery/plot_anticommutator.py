"""
The anticommutator of two Wigner matrices
=========================================

Stated as a matrix: no free operation gives this law.
"""

import resolvent as rv

n = rv.dimension("n")
S, T = rv.wigner("S", n), rv.wigner("T", n)
law = rv.law_of(S @ T + T @ S)
print(law.equation)
law.plot()
