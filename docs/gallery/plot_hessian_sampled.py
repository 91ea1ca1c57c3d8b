"""
The Hessian's model, sampled
============================

Matrices of the model under the density that was derived.
"""

import resolvent as rv

verdict = rv.verify(rv.catalog.hessian, params={"phi": "1/2", "eps": 1, "sigma": 1}, size=400)
print(verdict.verdict)
verdict.plot()
