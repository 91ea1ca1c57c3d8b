"""
The Fisher information of a linear network
==========================================

A density in elliptic integrals, from its moments.
"""

import resolvent as rv

rv.catalog.fisher_linear.plot()
