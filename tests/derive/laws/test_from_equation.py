"""Laws typed in as equations: the branch by its moments, and refusals of what is no law."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given, settings

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.from_equation import law_of_equation
from tests import oracles
from tests.derive.laws.compositions import Composed, compositions, exact, fractions, q

C = sympy.Symbol("c", positive=True)
Z, M = sympy.symbols("z m")
SEMICIRCLE = M**2 + Z * M + 1


@settings(exact, max_examples=8)
@given(compositions().filter(lambda a: a.law.equation.degree <= 4))
def test_a_law_is_recovered_from_its_equation_and_moments(a: Composed) -> None:
    moments = [1, *(q(m) for m in a.moments(12))]
    assert law_of_equation(a.law.equation.expr, moments).equation == a.law.equation


def test_the_default_germ_is_the_total_mass() -> None:
    assert fractions(law_of_equation(SEMICIRCLE).moments(10)) == oracles.semicircle_moments(Fraction(1), 10)


def test_with_parameters() -> None:
    law = law_of_equation(C * Z * M**2 + (Z - 1 + C) * M + 1)
    assert law.equation == marchenko_pastur(C).equation


def test_rational_coefficients_and_contents_are_cleared() -> None:
    assert law_of_equation(6 * Z * SEMICIRCLE / (5 * C)).equation == semicircle().equation


def test_the_moments_choose_among_factors() -> None:
    product = SEMICIRCLE * (M * (Z - 3) + 1)
    assert law_of_equation(product, [1, 0]).equation == semicircle().equation
    assert law_of_equation(product, [1, 3]).equation == atoms([3]).equation


def test_the_evidence_is_the_users_word() -> None:
    law = law_of_equation(SEMICIRCLE)
    assert law.evidence is Evidence.ASSUMED
    assert (law + marchenko_pastur(C)).evidence is Evidence.ASSUMED
    assert [s.types_in for s in law.derivation.assumptions] == [True]
    assert law.derivation.check() is True


def test_the_spectral_variables_are_no_parameters() -> None:
    assert law_of_equation(SEMICIRCLE).parameters == ()
    assert law_of_equation(C * Z * M**2 + (Z - 1 + C) * M + 1).parameters == (C,)


def test_typed_in_laws_specialise() -> None:
    law = law_of_equation(C * Z * M**2 + (Z - 1 + C) * M + 1, [1, 1, 1 + C])
    assert law.at(c="1/3").equation == marchenko_pastur("1/3").equation


def test_typed_in_laws_take_part_in_operations() -> None:
    law = law_of_equation(SEMICIRCLE) + marchenko_pastur("1/2")
    assert law.equation == (semicircle() + marchenko_pastur("1/2")).equation


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (
            lambda: law_of_equation("m**2 + z*m + 1"),
            ParameterError,
            r"polynomial in rv.z and rv.m; rv.parse\(.law_of_equation\(m\*\*2 \+ z\*m \+ 1\).\) reads a text",
        ),
        (lambda: law_of_equation(Z + 1), ParameterError, "the equation must be a polynomial"),
        (lambda: law_of_equation(Z + 1 / M), ParameterError, "multiply its denominator out"),
        (lambda: law_of_equation(M + 1 / (Z - 1)), ParameterError, "multiply its denominator out"),
        (lambda: law_of_equation(sympy.sqrt(M) + Z), ParameterError, "is not a rational function"),
        (lambda: law_of_equation(SEMICIRCLE, []), ParameterError, "the total mass, and must be 1"),
        (lambda: law_of_equation(SEMICIRCLE, [2, 0]), ParameterError, "the total mass, and must be 1"),
        (lambda: law_of_equation(SEMICIRCLE, [1, 1]), DerivationError, "no branch of the polynomial begins"),
        (lambda: law_of_equation(M * Z + 2), DerivationError, "no branch of the polynomial begins"),
        (
            lambda: law_of_equation(SEMICIRCLE * (M * Z + 1), [1, 0]),
            DerivationError,
            "2 factors of the polynomial have branches that begin with these moments; give more",
        ),
        (
            # m = 1/(1-z) and m = 1/(2-z) exchanged by a square root of a parameter: irreducible, split at infinity
            lambda: law_of_equation(sympy.expand((M * (Z - 1) + 1) ** 2 - C * M**2), [1]),
            DerivationError,
            "1 moments do not decide which branch is meant; give at least 2",
        ),
        (lambda: law_of_equation(-(M**2) + Z * M + 1), DerivationError, "is not a law: the Hankel determinant"),
        (lambda: law_of_equation(M * C * Z + C * Z * sympy.Symbol("G")), ParameterError, "reserved"),
    ],
)
def test_what_is_no_law_is_refused(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_a_small_negative_mass_is_refused() -> None:
    # 51/50 semicircles minus delta_0/50: the first 17 moments pass every Hankel test
    s = sympy.Symbol("s")
    share = sympy.Rational(1, 50)
    polynomial = sympy.expand(sympy.resultant(s**2 + Z * s + 1, Z * M - (1 + share) * Z * s - share, s))
    with pytest.raises(DerivationError, match="negative mass at x = 0"):
        law_of_equation(polynomial, [1, 0])
