"""Equilibrium measures against the closed density, quadrature of it, and the variational condition they solve."""

from __future__ import annotations

from fractions import Fraction
from math import comb, pi, sqrt
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy
from scipy.integrate import quad

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import semicircle
from resolvent.derive.laws.equilibrium import equilibrium_measure

T = sympy.Symbol("t", positive=True)
CASES = [(half, t) for half in (1, 2, 3, 4) for t in (Fraction(1), Fraction(1, 12), Fraction(7, 3))]


def edge(half: int, t: Fraction) -> Any:
    """b with M t binom(2M, M) (b/2)^(2M) = 1, to mpmath's precision."""
    return 2 * mp.root(mp.mpf(t.denominator) / (half * t.numerator * comb(2 * half, half)), 2 * half)


def density(x: Any, half: int, t: Fraction) -> Any:
    """(1/pi) h(x) sqrt(b^2 - x^2), h the polynomial part of V'(x)/(2 sqrt(x^2 - b^2))."""
    b, scale = edge(half, t), mp.mpf(t.numerator) / t.denominator
    terms = [mp.mpf(comb(2 * j, j)) / 4**j * b ** (2 * j) * x ** (2 * (half - 1 - j)) for j in range(half)]
    return half * scale * mp.fsum(terms) * mp.sqrt(b * b - x * x) / mp.pi


def quadrature(power: int, half: int, t: Fraction) -> Any:
    """A moment of the closed density, by the Gauss-Chebyshev rule of 40 nodes (exact up to degree 79)."""
    b, total = edge(half, t), mp.mpf(0)
    for k in range(1, 41):
        angle = k * mp.pi / 41
        x = b * mp.cos(angle)
        total += x**power * density(x, half, t) * b * mp.sin(angle)
    return total * mp.pi / 41


@pytest.mark.parametrize(("half", "t"), CASES)
def test_moments_are_those_of_the_closed_density(half: int, t: Fraction) -> None:
    with mp.workdps(30):
        found = [mp.mpf(sympy.N(m, 30)) for m in equilibrium_measure(half, t).moments(8)]
        expected = [quadrature(k, half, t) for k in range(1, 9)]
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) < mp.mpf(10) ** -22


@pytest.mark.parametrize(("half", "t"), CASES)
def test_the_closed_density_solves_the_equation(half: int, t: Fraction) -> None:
    polynomial = sympy.Poly(equilibrium_measure(half, t).equation.expr, *sympy.symbols("z m"))
    with mp.workdps(40):
        b = edge(half, t)
        for share in ("0.1", "-0.77"):
            x = mp.mpf(share) * b
            m = mp.mpc(-mp.mpf(half * t.numerator) / t.denominator * x ** (2 * half - 1), mp.pi * density(x, half, t))
            terms = [int(c) * x**i * m**j for (i, j), c in polynomial.terms()]
            assert abs(mp.fsum(terms)) < mp.mpf(10) ** -25 * max(abs(term) for term in terms)


@pytest.mark.parametrize(("half", "t"), [(2, Fraction(1)), (3, Fraction(1, 2))])
def test_the_energy_is_stationary_inside_the_support(half: int, t: Fraction) -> None:
    # V(x) - 2 int log|x - y| mu(dy) is constant on the support: quadrature of the closed density at two points
    b = float(edge(half, t))

    def effective(x: float) -> float:
        parts = [
            quad(lambda y: float(density(y, half, t)) * np.log(abs(x - y)), *ends, epsabs=1e-9, limit=200)[0]
            for ends in ((-b, x), (x, b))
        ]
        return float(t) * x ** (2 * half) - 2 * sum(parts)

    assert effective(0.1 * b) == pytest.approx(effective(0.8 * b), abs=1e-6)


@pytest.mark.parametrize("half", [2, 3, 4, 5])
def test_highest_moment_of_the_potential_from_the_loop_equation(half: int) -> None:
    # The first loop equation int x V'(x) d mu = 1 says 2M t m_{2M} = 1.
    assert sympy.simplify(2 * half * 3 * equilibrium_measure(half, 3).moments(2 * half)[-1]) == 1


@pytest.mark.parametrize("half", [1, 2, 3])
def test_loop_equation_at_symbolic_strength(half: int) -> None:
    assert sympy.simplify(2 * half * T * equilibrium_measure(half, T).moments(2 * half)[-1]) == 1


@pytest.mark.parametrize("half", [1, 2, 3])
def test_symbolic_strength_specialises_to_numeric(half: int) -> None:
    whole, special = equilibrium_measure(half, T).at(t="5/7"), equilibrium_measure(half, "5/7")
    assert whole.equation.expr == special.equation.expr
    assert whole.moments(6) == special.moments(6)


@pytest.mark.parametrize("half", [2, 3])
def test_symbolic_moments_scale_with_the_strength(half: int) -> None:
    # x -> x t^(1/2M) turns V = t x^(2M) into x^(2M), so m_2k = t^(-k/M) m_2k(t = 1)
    symbolic, unit = equilibrium_measure(half, T).moments(4), equilibrium_measure(half).moments(4)
    for k, (a, b) in enumerate(zip(symbolic, unit, strict=True), start=1):
        expected = sympy.N(b, 30) * sympy.Rational(2, 3) ** sympy.Rational(-k, 2 * half)
        assert abs(sympy.N(a.subs(T, sympy.Rational(2, 3)) - expected, 20)) < 1e-18


def test_symbolic_quartic_equation_holds_for_the_closed_density() -> None:
    expr = equilibrium_measure(2, T).equation.expr
    z, m = sympy.symbols("z m")
    t, x = Fraction(2, 5), 0.3
    value = complex(float(-2 * t) * x**3, pi * float(density(mp.mpf(x), 2, t)))
    assert abs(complex(expr.subs({T: sympy.Rational(2, 5)}).subs({z: x, m: value}))) < 1e-12


@pytest.mark.parametrize("t", [1, "1/2", "3/7", 0.25])
def test_a_quadratic_potential_gives_a_semicircle(t: Any) -> None:
    strength = sympy.Rational(str(t))
    assert equilibrium_measure(1, t).equation.expr == semicircle(1 / (2 * strength)).equation.expr


def test_a_quadratic_potential_of_symbolic_strength_gives_a_semicircle() -> None:
    assert sympy.expand(equilibrium_measure(1, T).equation.expr - semicircle(1 / (2 * T)).equation.expr) == 0


def test_quartic_edge_and_moments_of_the_classical_normalisation() -> None:
    # 2 t binom(4, 2) (b/2)^4 = 1 gives b = 2 at t = 1/12: all moments are rational
    assert float(edge(2, Fraction(1, 12))) == pytest.approx(2, abs=1e-14)
    assert equilibrium_measure(2, "1/12").moments(4) == [0, sympy.Rational(4, 3), 0, 3]


@pytest.mark.parametrize("half", [1, 2, 3, 4])
def test_derivation_is_verified_again(half: int) -> None:
    equilibrium_measure(half, "2/3").derivation.check()


def test_symbolic_derivation_is_verified_again() -> None:
    equilibrium_measure(3, T).derivation.check()


@pytest.mark.parametrize("half", [0, -1, 13, 1.5, 2.0, "2", True, None, sympy.Rational(3, 2), T])
def test_orders_other_than_small_positive_integers_are_refused(half: Any) -> None:
    with pytest.raises(ParameterError, match="integer from 1 to 12"):
        equilibrium_measure(half)


@pytest.mark.parametrize("t", [0, -1, "-1/2", -0.5])
def test_strengths_that_confine_nothing_are_refused(t: Any) -> None:
    with pytest.raises(ParameterError, match="must be positive"):
        equilibrium_measure(2, t)


@pytest.mark.parametrize("t", ["abc", None, float("nan"), float("inf"), sympy.sqrt(2), [1]])
def test_strengths_that_are_no_rational_numbers_are_refused(t: Any) -> None:
    with pytest.raises(ParameterError):
        equilibrium_measure(2, t)


def test_a_negative_value_for_a_positive_symbol_is_refused() -> None:
    with pytest.raises(ParameterError, match="t must be positive"):
        equilibrium_measure(2, T).at(t=-1)


def test_a_negative_value_for_a_symbol_without_assumptions_is_refused() -> None:
    with pytest.raises(ParameterError, match="must be positive"):
        equilibrium_measure(2, sympy.Symbol("t")).at(t=-1)


@pytest.mark.slow
def test_the_largest_order_has_its_second_moment() -> None:
    law = equilibrium_measure(12)
    assert float(sympy.N(law.moments(2)[-1])) == pytest.approx(float(quadrature(2, 12, Fraction(1))), rel=1e-12)


def test_half_the_edge_squared_over_two_is_the_variance_of_the_quadratic_case() -> None:
    b = float(edge(1, Fraction(1)))
    assert (b, float(equilibrium_measure(1).moments(2)[-1])) == pytest.approx((sqrt(2), b * b / 4), abs=1e-14)
