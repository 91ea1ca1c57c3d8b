"""
Errors over time
================

Two classes of Gaussian points and gradient descent: the test error has a best moment, the training error none.
"""

import numpy as np

import resolvent as rv

flow = rv.GradientFlow(1, 2, initial=0.5)
flow.plot(np.geomspace(0.05, 60, 200))
