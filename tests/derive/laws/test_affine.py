"""Affine and Moebius maps against closed forms of moments, change of variables in integrals, and exact measures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from flint import acb
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.affine import inverse, mobius, scale, shift
from resolvent.derive.laws.elementary import arcsine, atoms, free_poisson, marchenko_pastur, semicircle
from tests import oracles
from tests.derive.laws.compositions import (
    RATIONALS,
    SIGNED,
    Composed,
    compositions,
    exact,
    fractions,
    leaves,
    q,
    scaled,
    shifted,
)

F = Fraction
C = sympy.Symbol("c", positive=True)
A, B = sympy.symbols("a b")
Z, M = sympy.symbols("z m")


# -- affine maps ---------------------------------------------------------------------------------------------


@exact
@given(compositions(), st.sampled_from(SIGNED), st.sampled_from([x for x in SIGNED if x]))
def test_affine_maps_transform_moments_by_the_binomial_theorem(a: Composed, b: Fraction, s: Fraction) -> None:
    expected = shifted(scaled(a.moments, s), b)(8)
    assert fractions((q(s) * a.law + q(b)).moments(8)) == expected


def test_symbolic_affine_maps_substitute_in_the_equation() -> None:
    # a m_{aA+b}(z) = m_A((z - b)/a)
    law = A * semicircle() + B
    expected = (M * A) ** 2 + (Z - B) / A * (A * M) + 1
    assert sympy.expand(law.equation.expr - expected) == 0


def test_affine_maps_undo_each_other() -> None:
    law = marchenko_pastur(C)
    assert ((A * law + B - B) / A).moments(4) == law.moments(4)
    mirrored = -law
    assert (-mirrored).equation == law.equation


def test_scaling_by_minus_one_mirrors() -> None:
    assert (-atoms([1, 4], ["1/3", "2/3"])).equation == atoms([-4, -1], ["2/3", "1/3"]).equation


def test_symmetric_laws_are_their_own_mirror_images() -> None:
    assert (-arcsine(3)).equation == arcsine(3).equation


def test_trivial_maps_return_the_law() -> None:
    law = semicircle()
    assert scale(law, 1) is law
    assert shift(law, 0) is law


def test_nonnegativity_follows_the_signs() -> None:
    p = sympy.Symbol("p", positive=True)
    law = marchenko_pastur(C)
    assert (p * law + p).nonnegative is True
    assert (-p * law).nonnegative is not True
    assert (law - p).nonnegative is not True
    assert (A * law).nonnegative is not True
    assert (-semicircle()).nonnegative is not True


def test_scaling_by_zero_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"scaling by zero leaves the point mass at 0; use atoms\(\[0\]\)"):
        0 * semicircle()


# -- inverses ------------------------------------------------------------------------------------------------


def test_the_inverse_of_atoms_inverts_points() -> None:
    law = atoms([-2, "1/3", 5], ["1/6", "1/3", "1/2"])
    assert law.inverse().equation == atoms(["-1/2", 3, "1/5"], ["1/6", "1/3", "1/2"]).equation


def test_inverse_moments_of_marchenko_pastur_are_integrals() -> None:
    density, low, high = oracles.marchenko_pastur_density(0.25)
    for k, moment in enumerate(marchenko_pastur("1/4").inverse().moments(5), start=1):
        assert float(moment) == pytest.approx(
            oracles.integral(lambda x, k=k: x**-k, density, low, high).real, rel=1e-10
        )


def test_inverse_moments_of_marchenko_pastur_are_textbook_formulas() -> None:
    # the inverse Wishart: 1/(1-c), 1/(1-c)^3, (1+c)/(1-c)^5
    first, second, third = marchenko_pastur(C).inverse().moments(3)
    assert sympy.cancel(first - 1 / (1 - C)) == 0
    assert sympy.cancel(second - 1 / (1 - C) ** 3) == 0
    assert sympy.cancel(third - (1 + C) / (1 - C) ** 5) == 0


def test_the_symbolic_inverse_states_that_zero_is_outside_the_support() -> None:
    law = marchenko_pastur(C).inverse()
    assert any("the pole of the map lies outside the support" in s.text for s in law.derivation.assumptions)


def test_the_symbolic_inverse_specialises_inside_its_domain() -> None:
    law = marchenko_pastur(C).inverse()
    assert law.at(c="1/3").equation == marchenko_pastur("1/3").inverse().equation


@pytest.mark.parametrize("value", [1, 2])
def test_the_symbolic_inverse_is_refused_outside_its_domain(value: int) -> None:
    with pytest.raises(DerivationError, match=r"no finite Stieltjes transform|lies in the support"):
        marchenko_pastur(C).inverse().at(c=value)


def test_the_inverse_of_a_negative_definite_law() -> None:
    law = (semicircle() - 3).inverse()
    density, low, high = oracles.semicircle_density(1.0)
    for k, moment in enumerate(law.moments(3), start=1):
        expected = oracles.integral(lambda x, k=k: (x - 3) ** -k, density, low, high).real
        assert float(sympy.N(moment, 20)) == pytest.approx(expected, rel=1e-10)


def test_inverses_in_a_gap_between_two_intervals() -> None:
    # 0 lies in the gap of the inverted law: the branch is real there, on neither ray
    law = (semicircle("1/4") + 3).direct_sum(semicircle("1/4") - 2, "1/3")
    density, low, high = oracles.semicircle_density(0.25)
    up = oracles.integral(lambda x: 1 / (x + 3), density, low, high).real
    down = oracles.integral(lambda x: 1 / (x - 2), density, low, high).real
    assert float(sympy.N(law.inverse().moments(1)[0], 20)) == pytest.approx(up / 3 + 2 * down / 3, rel=1e-10)


# -- Moebius maps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coefficients", [(1, 0, 1, 1), (2, -1, 1, 3), (0, 1, 1, "1/2"), ("-1/3", 2, 4, 5)])
def test_the_branch_of_a_moebius_map_is_an_integral(coefficients: tuple[Any, ...]) -> None:
    a, b, c, d = (float(F(x)) for x in coefficients)
    density, low, high = oracles.marchenko_pastur_density(0.5)
    law = marchenko_pastur("1/2").mobius(*coefficients)
    branch = Branch(law.equation)
    for z in (0.3 + 0.5j, -0.7 + 0.2j):
        expected = oracles.integral(lambda x, z=z: 1 / ((a * x + b) / (c * x + d) - z), density, low, high)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)
    for k, moment in enumerate(law.moments(3), start=1):
        expected = oracles.integral(lambda x, k=k: ((a * x + b) / (c * x + d)) ** k, density, low, high)
        assert float(sympy.N(moment, 20)) == pytest.approx(expected.real, rel=1e-9)


def test_moebius_maps_of_atoms_move_the_points() -> None:
    law = atoms([0, 1, 3]).mobius(A, B, 1, 2)
    assert law.equation.expr.subs({A: 3, B: 1}) != 0
    points = [sympy.Rational(3 * x + 1, x + 2) for x in (0, 1, 3)]
    assert law.at(a=3, b=1).equation == atoms(points).equation


def test_irrational_moments_with_a_symbol_are_radicals() -> None:
    # m(-k) of MP(1), tr (W + k)^-1: (-1 + sqrt(1 + 4/k))/2
    k = sympy.Symbol("k", positive=True)
    law = marchenko_pastur(1).mobius(0, 1, 1, k)
    assert sympy.simplify(law.moments(1)[0] - (sympy.sqrt(1 + 4 / k) - 1) / 2) == 0


@exact
@given(leaves(), st.sampled_from(RATIONALS), st.sampled_from(SIGNED))
def test_constant_denominators_make_affine_maps(a: Composed, d: Fraction, b: Fraction) -> None:
    law = a.law.mobius(2, q(b), 0, q(d))
    assert law.equation == (q(2 / d) * a.law + q(b / d)).equation


def test_moebius_maps_compose_like_matrices() -> None:
    # x -> x/(x+1) -> y/(1-y) = x, through rational moments of atoms
    law = atoms(["1/2", 2, 5], ["1/2", "1/4", "1/4"])
    assert law.mobius(1, 0, 1, 1).mobius(1, 0, -1, 1).equation == law.equation


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: mobius(semicircle(), 1, 2, 2, 4), ParameterError, "the Moebius map is constant: ad - bc = 0"),
        (lambda: mobius(semicircle(), A, A * B, 1, B), ParameterError, "the Moebius map is constant"),
        (lambda: inverse(semicircle()), DerivationError, "lies in the support of semicircle\\(1\\)"),
        (lambda: inverse(atoms([0, 1])), DerivationError, "no finite Stieltjes transform at the pole"),
        (lambda: inverse(marchenko_pastur(2)), DerivationError, "no finite Stieltjes transform|lies in the support"),
        (lambda: (semicircle() - 2).inverse(), DerivationError, "lies in the support|two sheets meet"),
        (lambda: (marchenko_pastur(1) + 1).inverse().mobius(0, 1, 1, 1), DerivationError, "irrational already"),
        (
            lambda: (semicircle() + marchenko_pastur(C) + 10).inverse(),
            DerivationError,
            "the value at the pole is algebraic of degree 3 over the parameters",
        ),
    ],
)
def test_maps_without_a_law_are_refused(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_the_inverse_free_poisson_of_negative_jumps() -> None:
    # the law of -2 W, W Marchenko-Pastur at rate 3 (c = 1/3)
    law = free_poisson(3, -2).inverse()
    density, low, high = oracles.marchenko_pastur_density(1 / 3)
    # free Poisson of rate r and jump a is a r MP(1/r)
    expected = oracles.integral(lambda x: 1 / (-6 * x), density, low, high).real
    assert float(law.moments(1)[0]) == pytest.approx(expected, rel=1e-10)
