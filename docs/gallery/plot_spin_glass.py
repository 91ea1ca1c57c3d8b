"""
Critical points of a spin glass
===============================

How many critical points of each index the loss of a spin glass has at an energy, on the scale of exponents.
"""

import resolvent as rv

rv.SpinGlass(3).plot(3)
