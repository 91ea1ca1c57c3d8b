"""
Your own population
===================

The sample law of 2000 population eigenvalues, with all its gaps.
"""

import numpy as np

import resolvent as rv

values = np.concatenate([np.linspace(1, 1.2, 1000), np.linspace(4, 5, 1000)])
rv.empirical(values).sample_covariance("1/10").plot()
