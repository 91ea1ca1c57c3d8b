"""
Double descent
==============

The risk of random-feature regression against the width: its peak is where features are as many as samples.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

width = np.geomspace(0.2, 30, 160)
for ridge in (1e-3, 1e-2, 1e-1):
    plt.loglog(width, rv.random_feature_errors("relu", width, 3, ridge, noise=0.1).risk, label=f"ridge {ridge:g}")
plt.xlabel("features over inputs")
plt.ylabel("risk")
plt.legend()
