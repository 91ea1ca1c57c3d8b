"""Hard edges of any strength: products of Gaussian layers in closed form, and powers of laws around a point."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.numeric.spectrum import Spectrum


@pytest.mark.parametrize("s", [3, 8, 32, pytest.param(64, marks=pytest.mark.slow)])
def test_products_of_gaussian_layers(s: int) -> None:
    """The density on the curve x = sin((s+1)t)^(s+1)/(sin t sin(st)^s), 0 < t < pi/(s+1), and E log x = -s.

    Source: Forrester, Liu 2015, Raney distributions and random matrix theory (the parametrisation of the density).
    """
    rho = Spectrum(fuss_catalan(s))
    (interval,) = rho.intervals
    assert (interval.left_exponent, interval.right_exponent) == (Fraction(-s, s + 1), Fraction(1, 2))
    assert interval.right == pytest.approx((s + 1) ** (s + 1) / s**s, rel=1e-14)
    with mp.workdps(40):
        angles = [mp.pi / (s + 1) * mp.mpf(k) / 50 for k in range(1, 50)]
        x = [mp.sin((s + 1) * t) ** (s + 1) / (mp.sin(t) * mp.sin(s * t) ** s) for t in angles]
        density = [mp.sin(t) ** 2 * mp.sin(s * t) ** (s - 1) / (mp.pi * mp.sin((s + 1) * t) ** s) for t in angles]
    found = rho.pdf(np.array(x, dtype=float))
    assert found == pytest.approx(np.array(density, dtype=float), rel=1e-12, abs=0)
    if s < 20:  # beyond, too much mass lies at points below the least float
        assert rho.expect(np.log) == pytest.approx(-s, abs=1e-10)
    levels = np.array([1e-3, 0.1, 0.5, 0.999])
    assert rho.cdf(rho.ppf(levels)) == pytest.approx(levels, rel=1e-13, abs=0)


POWERS: dict[str, tuple[Callable[[], AlgebraicLaw], Fraction]] = {
    "semicircle^3 + 1": (lambda: semicircle() ** 3 + 1, Fraction(-2, 3)),
    "arcsine^3": (lambda: arcsine(2) ** 3, Fraction(-2, 3)),
    "mp(1)^4": (lambda: marchenko_pastur(1) ** 4, Fraction(-7, 8)),
    "mp(1)^(7/2), freely": (lambda: marchenko_pastur(1).free_multiplicative_power("7/2"), Fraction(-7, 9)),
    "thinned, to the 8th": (
        lambda: (2 * (marchenko_pastur(1) @ atoms([0, 1]))).free_multiplicative_power(8),
        Fraction(-7, 8),
    ),
    "fuss-catalan(3) + 1": (lambda: fuss_catalan(3) + 1, Fraction(-3, 4)),
}


@pytest.mark.parametrize("name", POWERS)
def test_powers_have_the_exponent_of_their_hard_edge(name: str) -> None:
    law, exponent = POWERS[name]
    rho = Spectrum(law())
    assert exponent in (rho.intervals[-1].left_exponent, rho.intervals[0].left_exponent)
    assert rho.certificate.worst < 1e-12


def test_the_third_power_has_the_density_of_a_third_root() -> None:
    """Powers move points: the density of y = x^3 is that of x over 3x^2."""
    rho, root = Spectrum(semicircle() ** 3), Spectrum(semicircle())
    x = np.array([1e-5, 0.03, 0.7, 1.3, 1.99])
    assert rho.pdf(x**3) == pytest.approx(root.pdf(x) / (3 * x**2), rel=1e-10)
    assert rho.cdf(x**3) == pytest.approx(root.cdf(x), abs=1e-13)
