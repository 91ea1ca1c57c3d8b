"""
Wigner's semicircle
===================

The law of a symmetric matrix with independent entries.
"""

import resolvent as rv

rv.semicircle().plot()
