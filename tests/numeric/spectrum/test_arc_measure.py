"""Spectra of laws with explicit inverses, against polynomial equations, closed forms and high precision."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.explicit.explicit_law import (
    ExplicitLaw,
    explicit_law,
    point_factor,
    projection_factor,
    wishart_factor,
)
from resolvent.derive.explicit.inverse import FactoredInverse
from resolvent.numeric.spectrum.spectrum import Spectrum

HALF = sympy.Rational(1, 2)


def gaussian(share: Any, depth: int, variance: Any = 1) -> ExplicitLaw:
    return (wishart_factor(1, variance) @ projection_factor(share)).free_multiplicative_power(depth)


def rotated(share: Any, depth: int, variance: Any = 1) -> ExplicitLaw:
    return (point_factor(variance) @ projection_factor(share)).free_multiplicative_power(depth)


LAWS = {
    "marchenko-pastur 1": wishart_factor(1),
    "marchenko-pastur 1/4": wishart_factor("1/4"),
    "marchenko-pastur 3": wishart_factor(3, 2),
    "gaussian, linear": gaussian(1, 3),
    "gaussian, half": gaussian(HALF, 3, 2),
    "rotated, half": rotated(HALF, 3, 2),
    "rotated, an atom at the end": rotated(sympy.Rational(9, 10), 3, 2),
    "rotated, at the threshold": rotated(HALF, 2),
    "widths": wishart_factor("1/2") @ wishart_factor("2/3").turned("2/3") @ projection_factor("3/4"),
    "narrow": wishart_factor("1/3") @ projection_factor("1/2"),
}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())


@each_law
def test_functions_are_those_of_the_polynomial(law: ExplicitLaw) -> None:
    found, expected = Spectrum(law), Spectrum(law.algebraic())
    assert found.support() == pytest.approx(expected.support(), rel=1e-12, abs=1e-14)
    assert len(found.intervals) == len(expected.intervals)
    for own, other in zip(found.intervals, expected.intervals, strict=True):
        assert (own.left, own.right) == pytest.approx((other.left, other.right), rel=1e-12, abs=1e-14)
        assert (own.left_exponent, own.right_exponent) == (other.left_exponent, other.right_exponent)
    for name in ("point", "weight"):
        own, other = ([float(getattr(a, name)) for a in rho.atoms] for rho in (found, expected))
        assert own == pytest.approx(other, rel=1e-14)
    for interval in expected.intervals:
        x = interval.points(40)
        assert found.pdf(x) == pytest.approx(expected.pdf(x), rel=1e-10, abs=0)
        assert found.cdf(x) == pytest.approx(expected.cdf(x), abs=1e-12)
        assert found.sf(x) == pytest.approx(expected.sf(x), abs=1e-12)
        assert found.cdf(x) + found.sf(x) == pytest.approx(1.0, abs=1e-12)


@each_law
def test_transform_is_that_of_the_polynomial(law: ExplicitLaw) -> None:
    found, expected = Spectrum(law), Spectrum(law.algebraic())
    low, high = expected.intervals[0].left, expected.intervals[-1].right
    x = np.linspace(low + 0.02 * (high - low), high - 0.02 * (high - low), 9)
    for height in (1.0, 0.1, 1e-2, 1e-4):
        for z in (x + 1j * height, x - 1j * height):
            for derivative in (0, 1):
                values = expected.stieltjes(z, derivative, certified=True)
                assert found.stieltjes(z, derivative) == pytest.approx(values, rel=1e-8, abs=1e-9)
    outside = np.array([-3.0, -0.1, 1.3 * high, 40 * high])
    assert found.stieltjes(outside) == pytest.approx(expected.stieltjes(outside), rel=1e-11, abs=0)
    assert found.stieltjes(x) == pytest.approx(expected.stieltjes(x), rel=1e-9)
    assert np.isnan(found.stieltjes(found.intervals[-1].right))


@each_law
def test_quantiles_invert_the_distribution(law: ExplicitLaw) -> None:
    rho = Spectrum(law)
    zero = sum(float(a.weight) for a in rho.atoms if a.point == 0)
    q = zero + (1 - zero) * np.array([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999])
    x = rho.ppf(q)
    top = sum(float(a.weight) for a in rho.atoms if a.point != 0)
    inside = q < 1 - top
    assert rho.cdf(x)[inside] == pytest.approx(q[inside], abs=1e-12)
    assert np.all(x[~inside] == rho.support()[1])
    assert np.all(np.diff(x) >= 0)


def test_integrals() -> None:
    rho, expected = Spectrum(LAWS["gaussian, half"]), Spectrum(LAWS["gaussian, half"].algebraic())
    for function in (np.sqrt, np.cos, lambda x: 1 / (1 + x)):
        assert rho.expect(function) == pytest.approx(expected.expect(function), abs=1e-10)
    assert rho.expect(lambda x: x > 1.5, points=[1.5]) == pytest.approx(float(rho.sf(1.5)), abs=1e-11)
    assert rho.moment(3) == pytest.approx(expected.moment(3), rel=1e-12)


# -- depth -----------------------------------------------------------------------------------------------------


def density_of_fuss_catalan(depth: int, angle: float) -> tuple[float, float]:
    """(x, density) of the product of L Gaussian matrices, in Biane's angle 0 < phi < pi/(L + 1), to 40 digits."""
    with mpmath.workdps(40):
        phi, n = mpmath.mpf(angle), depth
        x = mpmath.sin((n + 1) * phi) ** (n + 1) / (mpmath.sin(phi) * mpmath.sin(n * phi) ** n)
        rho = mpmath.sin(phi) ** 2 * mpmath.sin(n * phi) ** (n - 1) / (mpmath.pi * mpmath.sin((n + 1) * phi) ** n)
        return float(x), float(rho)


@pytest.mark.parametrize("depth", [1, 2, 5, 30, 100])
def test_density_of_gaussian_products_in_closed_form(depth: int) -> None:
    """Source of the closed form: Forrester, Liu 2015, Raney distributions and random matrix theory."""
    rho = Spectrum(gaussian(1, depth))
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        x, density = density_of_fuss_catalan(depth, share * math.pi / (depth + 1))
        assert float(rho.pdf(x)) == pytest.approx(density, rel=1e-9, abs=0)


@pytest.mark.parametrize("depth", [100, 400])
@pytest.mark.parametrize("make", [gaussian, rotated])
def test_a_hundred_layers(make: Any, depth: int) -> None:
    law = make(HALF, depth, 2)
    rho = Spectrum(law)
    assert rho.certificate.worst < 1e-10
    assert [(a.point, a.weight) for a in rho.atoms] == [(0, HALF)]
    assert rho.support()[1] == pytest.approx(float(sympy.N(law.right_edge(), 30)), rel=1e-10)
    assert rho.intervals[0].left_exponent == Fraction(1 - depth, depth)
    q = np.array([0.6, 0.75, 0.9])
    assert rho.cdf(rho.ppf(q)) == pytest.approx(q, abs=1e-10)


def test_values_of_the_sources() -> None:
    """FORMULAS J: G(-1) = -m(-1) and the right edges at L = 3, sigma_w^2 = 2, p = 1/2."""
    first, second = Spectrum(gaussian(HALF, 3, 2)), Spectrum(rotated(HALF, 3, 2))
    assert -first.stieltjes(-1).real == pytest.approx(-0.809016994374947, abs=1e-14)
    assert -second.stieltjes(-1).real == pytest.approx(-0.758914093281423, abs=1e-14)
    assert first.support()[1] == pytest.approx(16.45775690, abs=5e-9)
    assert second.support()[1] == pytest.approx(6.75, abs=1e-12)
    assert Spectrum(gaussian(1, 3)).support()[1] == pytest.approx(256 / 27, abs=1e-12)


# -- what is refused --------------------------------------------------------------------------------------------


def test_parameters_that_are_left_and_formulas_that_are_no_law() -> None:
    p = sympy.Symbol("p", positive=True)
    with pytest.raises(ParameterError, match="missing: p"):
        Spectrum(gaussian(p, 3))
    no_zero = explicit_law(FactoredInverse.of(sympy.Integer(1), [(sympy.Integer(1), sympy.Integer(-2))]), "no law")
    with pytest.raises(DerivationError, match="inverse of no law"):
        Spectrum(no_zero)
    with pytest.raises(ParameterError, match="certified"):
        Spectrum(gaussian(1, 2)).stieltjes(1j, certified=True)
