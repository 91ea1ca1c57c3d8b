"""
A chiral block matrix
=====================

[[0, X], [Xᵀ, 0]]: symmetric, with an atom where X is not square.
"""

import resolvent as rv

p, n = rv.dimension("p"), rv.dimension("n")
X = rv.gaussian("X", p, n)
model = rv.block([[0, X], [X.T, 0]])
print(model.latex())
rv.marchenko_pastur("1/2").symmetric_root().plot()
