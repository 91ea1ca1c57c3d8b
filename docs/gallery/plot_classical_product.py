"""
A classical product
===================

Independent eigenvalues of two matrices, multiplied: no free product.
"""

import resolvent as rv

ax = rv.Spectrum(rv.tensor_product(rv.marchenko_pastur("1/2"), rv.marchenko_pastur("1/2"))).plot(label="classical")
(rv.marchenko_pastur("1/2") @ rv.marchenko_pastur("1/2")).plot(ax, label="free")
ax.set_ylim(0, 1.2)
ax.legend()
