"""
A phase diagram
===============

Where the loss-surface Hessian has negative eigenvalues, and where it has an atom.
"""

import resolvent as rv

law = rv.catalog.hessian.law()
rv.phase_diagram(law, "phi", "eps", (("1/20", 3), ("1/50", 1)), sigma=1)
