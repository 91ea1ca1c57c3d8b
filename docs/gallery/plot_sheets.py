"""
The sheets of an equation
=========================

All roots m(x) on the real axis; the physical one is drawn strongly.
"""

import resolvent as rv

rho = rv.Spectrum(rv.semicircle() + rv.marchenko_pastur("1/2"))
rv.sheet_plot(rho)
