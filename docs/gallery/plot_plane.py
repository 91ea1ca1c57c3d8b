"""
A transform in the complex plane
================================

The phase of m(z): zeros, poles and the cut.
"""

import resolvent as rv

rho = rv.Spectrum(rv.semicircle("1/10") + rv.marchenko_pastur(3))
rv.plane_portrait(rho)
