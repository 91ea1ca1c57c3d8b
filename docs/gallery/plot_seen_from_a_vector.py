"""
Seen from the planted direction
===============================

The spectral measure of the spiked matrix seen from its spike: what gradient flow is made of.
"""

import resolvent as rv

rv.seen_from(rv.semicircle(), 2).plot()
