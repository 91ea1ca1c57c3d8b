"""Guessed relations carried over to the Stieltjes transform, against equations that elimination gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sympy

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.series import terms_of
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.laws.from_guess import guessed_law, shape_of_equation, stieltjes_form, stieltjes_polynomial
from resolvent.derive.sequences.guessing import guess_algebraic, guess_ode

LAWS: list[Callable[[], AlgebraicLaw]] = [
    semicircle,
    lambda: marchenko_pastur("1/2"),
    lambda: fuss_catalan(3),
    lambda: semicircle() + marchenko_pastur(2),
    lambda: atoms([1, 2, -3]),
    lambda: 2 * semicircle() + 5,
]


def terms(law: AlgebraicLaw, n: int = 90) -> list[Any]:
    return terms_of(law.moment_series(n), n)


@pytest.mark.parametrize("make", LAWS)
def test_the_guessed_polynomial_is_the_derived_one(make: Callable[[], AlgebraicLaw]) -> None:
    law = make()
    found = stieltjes_polynomial(guess_algebraic(terms(law)).relation)
    assert sympy.expand(found - law.equation.expr) == 0 or sympy.expand(found + law.equation.expr) == 0


@pytest.mark.parametrize("make", LAWS[:4])
def test_the_guessed_differential_equation_is_the_eliminated_one(make: Callable[[], AlgebraicLaw]) -> None:
    law = make()
    assert stieltjes_form(guess_ode(terms(law)).relation) == algebraic_ode(law.equation)


@pytest.mark.parametrize("make", LAWS)
def test_shape_of_the_derived_equation_holds_a_guess(make: Callable[[], AlgebraicLaw]) -> None:
    law = make()
    relation = sympy.Poly(guess_algebraic(terms(law)).relation, *sympy.symbols("m z"))
    assert shape_of_equation(law.equation) == (relation.degree(0), relation.degree(1))


@pytest.mark.parametrize("make", LAWS)
def test_the_law_goes_on_as_the_derived_one(make: Callable[[], AlgebraicLaw]) -> None:
    law = make()
    known = terms(law)
    found = guessed_law(known, guess_algebraic(known))
    assert (found.moments(120), found.evidence.value) == (law.moments(120), "guessed")
    assert found.derivation.check()


def test_a_mass_is_divided_out() -> None:
    known = [3 * u for u in terms(semicircle())]
    assert guessed_law(known, guess_algebraic(known)).equation == semicircle().equation


def test_the_text_reads_back() -> None:
    from resolvent.language.expressions import parse

    known = terms(marchenko_pastur("1/2"))
    found = guessed_law(known, guess_algebraic(known))
    assert parse(found.text).equation == found.equation


@pytest.mark.parametrize("mass", [0, -1])
def test_no_positive_mass(mass: int) -> None:
    known = [mass * u for u in terms(semicircle())]
    with pytest.raises(DerivationError, match="m_0 is not positive"):
        guessed_law(known, guess_algebraic(known))
