"""
Spacings of neighbours
======================

Unfolded eigenvalues of a Wigner matrix against the GOE and independent points.
"""

import numpy as np

import resolvent as rv

rng = np.random.default_rng(0)
g = rng.normal(size=(600, 600))
values = np.linalg.eigvalsh((g + g.T) / np.sqrt(1200))
rv.compare_spacings(rv.semicircle(), values).plot()
