"""
Ridge regression in high dimension
==================================

The risk against the number of parameters over that of samples, with almost no ridge and with the best one.
"""

import matplotlib.pyplot as plt
import numpy as np

import resolvent as rv

ratio = np.geomspace(0.1, 10, 200)
data = rv.RidgeRegression(1, ratio, signal=1, noise=0.25)
plt.semilogx(ratio, data.risk(1e-3), label="ridge 0.001")
best = [rv.RidgeRegression(1, g, signal=1, noise=0.25).best().risk for g in ratio[::10]]
plt.semilogx(ratio[::10], best, label="best ridge")
plt.xlabel("$p/n$")
plt.ylabel("risk")
plt.ylim(0, 3)
plt.legend()
