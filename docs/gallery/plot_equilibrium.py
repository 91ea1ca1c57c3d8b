"""
A matrix model with a quartic potential
=======================================

The equilibrium measure of the potential x⁴.
"""

import resolvent as rv

rv.equilibrium_measure(2).plot()
