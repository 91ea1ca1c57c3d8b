"""Transforms against textbook closed forms, and laws defined by a transform against partitions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
)
from resolvent.derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from resolvent.derive.laws.transforms import TransformRelation, relation, transform
from tests import oracles
from tests.derive.laws.compositions import Composed, compositions, exact, fractions, q

F = Fraction
C = sympy.Symbol("c", positive=True)
V = sympy.Symbol("v", positive=True)
g, u, w, z, m, G = sympy.symbols("g u w z m G")
r, s, psi, eta = sympy.symbols("r s psi eta")


# -- closed forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (semicircle(V), V * g),
        (marchenko_pastur(C), 1 / (1 - C * g)),
        (marchenko_pastur(C, 2), 4 / (1 - 4 * C * g)),
        (free_poisson(V, -2), -2 * V / (1 + 2 * g)),
        (semicircle(V) + 3, V * g + 3),
        (atoms([C]), C),
        (atoms([0]), sympy.Integer(0)),
        (arcsine(2), (sympy.sqrt(1 + 4 * g**2) - 1) / g),
        (kesten_mckay(5), 5 * (sympy.sqrt(1 + 4 * g**2) - 1) / (2 * g)),
        # a projection of rank p: R(g) = (g - 1 + sqrt((1 - g)^2 + 4 p g))/(2 g)
        (atoms([0, 1], [1 - C, C]), (g - 1 + sympy.sqrt((1 - g) ** 2 + 4 * C * g)) / (2 * g)),
    ],
)
def test_r_transforms_are_those_of_textbooks(law: AlgebraicLaw, expected: sympy.Expr) -> None:
    assert sympy.simplify(law.r_transform() - expected) == 0


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (marchenko_pastur(C), 1 / (1 + C * u)),
        (marchenko_pastur(C, 3), 1 / (9 * (1 + C * u))),
        (fuss_catalan(2), (1 + u) ** -2),
        (atoms([C]), 1 / C),
        (atoms([0, 1], [1 - C, C]), (1 + u) / (C + u)),
        (marchenko_pastur(1) @ marchenko_pastur(C), 1 / ((1 + u) * (1 + C * u))),
        (marchenko_pastur("1/2").inverse(), (1 - u) / 2),  # S of A^-1 is 1/S_A(-1-u): 1 + c(-1-u)
    ],
)
def test_s_transforms_are_those_of_textbooks(law: AlgebraicLaw, expected: sympy.Expr) -> None:
    found = law.s_transform()
    assert sympy.simplify(found - expected) == 0


def test_the_s_transform_of_a_shifted_semicircle_is_a_square_root() -> None:
    # u S(u) solves R(u S) S = 1 in the form S (b + v u S) = 1
    law = semicircle(V) + 2
    found = law.s_transform()
    assert sympy.simplify(found * (2 + V * u * found) - 1) == 0
    assert found.subs(V, 1).limit(u, 0) == sympy.Rational(1, 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m", m**2 + z * m + 1),
        ("G", G**2 - z * G + 1),
        ("R", r - g),
        ("psi", (psi + 1) ** 2 * w**2 - psi),
        ("eta", eta * (1 - eta) - w**2),
        ("S", u * s**2 - 1),
    ],
)
def test_relations_of_the_semicircle(name: str, expected: sympy.Expr) -> None:
    found = semicircle().relation(name).expr
    assert sympy.expand(found - expected) == 0 or sympy.expand(found + expected) == 0


@pytest.mark.parametrize("name", ["R", "psi", "eta"])
def test_the_relations_of_zero_say_that_the_transform_vanishes(name: str) -> None:
    found = atoms([0]).relation(name)
    assert found.expr in (found.value, -found.value)


def test_relations_name_their_variables() -> None:
    found = relation(marchenko_pastur(C), "psi")
    assert (found.argument, found.value) == (w, psi)


def test_long_relations_stay_relations() -> None:
    # three atoms: R has degree 3
    found = atoms([0, 1, 3]).r_transform()
    assert isinstance(found, TransformRelation)
    assert found.expr.has(g, r)


def test_the_r_relation_of_three_atoms_vanishes_on_the_series() -> None:
    found = atoms([0, 1, 3]).relation("R")
    cumulants = oracles.cumulants_from_moments(oracles.atom_moments([F(0), F(1), F(3)], [F(1, 3)] * 3, 8))
    series = sum(q(k) * g**n for n, k in enumerate(cumulants))
    residual = sympy.Poly(sympy.expand(found.expr.subs(r, series)), g)
    assert all(residual.coeff_monomial(g**k) == 0 for k in range(8))


# -- series --------------------------------------------------------------------------------------------------


@settings(exact, max_examples=20)
@given(compositions())
def test_series_of_relations_by_recursions(a: Composed) -> None:
    moments = a.moments(6)
    known = [F(0), *moments]
    assert fractions(a.law.relation("psi").series(7)) == known
    inverse = oracles.series_inverse([F(1), *moments], 7)
    assert fractions(a.law.relation("eta").series(7)) == oracles.series_product(known, inverse, 7)
    assert fractions(a.law.relation("R").series(6)) == oracles.cumulants_from_moments(moments)


@settings(exact, max_examples=20)
@given(compositions().filter(lambda a: a.moments(1)[0] != 0))
def test_series_of_s_by_reversion(a: Composed) -> None:
    assert fractions(a.law.relation("S").series(6)) == oracles.s_transform(a.moments(6))


def test_series_with_parameters_are_expressions() -> None:
    found = marchenko_pastur(C).relation("S").series(4)
    assert [sympy.expand(x) for x in found] == [1, -C, C**2, -(C**3)]


@pytest.mark.parametrize("name", ["m", "G"])
def test_series_at_infinity_are_refused(name: str) -> None:
    with pytest.raises(DerivationError, match=f"{name}\\(z\\) expands at infinity; use moments"):
        semicircle().relation(name).series(3)


def test_centred_laws_have_no_s_series() -> None:
    with pytest.raises(DerivationError, match="a centred law has no S-transform"):
        semicircle().relation("S").series(3)


def test_the_s_transform_of_a_centred_law_stays_a_relation() -> None:
    assert isinstance(semicircle().s_transform(), TransformRelation)


def test_unknown_transforms_are_refused() -> None:
    with pytest.raises(ParameterError, match="unknown transform 'T'; known: m, G, R, S, psi, eta"):
        semicircle().relation("T")


@pytest.mark.parametrize(
    ("name", "symbol"), [("R", "g"), ("R", "r"), ("S", "u"), ("S", "s"), ("psi", "w"), ("eta", "eta")]
)
def test_parameters_named_like_the_variables_are_refused(name: str, symbol: str) -> None:
    law = atoms([1, sympy.Symbol(symbol)])
    with pytest.raises(ParameterError, match=f"the parameter '{symbol}' has the name of a variable of {name}"):
        law.relation(name)


def test_transforms_of_irrational_laws_stay_relations_or_have_the_right_series() -> None:
    # S is rational although the moments of (W+1)^-1 are not: R has an algebraic number in its series
    law = (marchenko_pastur(1) + 1).inverse()
    found = transform(law, "S")
    mean = (sympy.sqrt(5) - 1) / 2
    if isinstance(found, TransformRelation):
        assert sympy.simplify(found.series(1)[0] - 1 / mean) == 0
    else:
        assert sympy.simplify(found.subs(u, 0) - 1 / mean) == 0


# -- laws by their transform ---------------------------------------------------------------------------------


@settings(exact, max_examples=15)
@given(
    st.fractions(-2, 2, max_denominator=3),
    st.fractions(min_value="1/4", max_value=3, max_denominator=4),
    st.fractions(-2, 2, max_denominator=3),
)
def test_laws_by_a_rational_r_transform_have_its_taylor_coefficients_as_cumulants(
    mean: Fraction, variance: Fraction, ratio: Fraction
) -> None:
    # mean + variance g/(1 - ratio g): a shifted free Poisson law, or a semicircle for ratio 0
    law = law_of_r_transform(q(mean) + q(variance) * g / (1 - q(ratio) * g), g)
    cumulants = [mean, *(variance * ratio**k for k in range(7))]
    assert fractions(law.free_cumulants(8)) == cumulants
    assert fractions(law.moments(8)) == oracles.moments_by_partitions(cumulants)


def test_polynomial_r_transforms_of_degree_three() -> None:
    # kappa_2 = 1, kappa_4 = -1/16: still a law; the moments by partitions
    cumulants = [F(0), F(1), F(0), F(-1, 16), F(0), F(0), F(0), F(0)]
    law = law_of_r_transform(g - g**3 / 16, g)
    assert fractions(law.moments(8)) == oracles.moments_by_partitions(cumulants)


def test_laws_by_an_s_transform_have_the_recursion_s_moments() -> None:
    # S = 1/((1 + u/2)(1 + 2u)): MP(1/2) @ MP(2)
    law = law_of_s_transform(1 / ((1 + u / 2) * (1 + 2 * u)), u)
    expected = oracles.product_moments(
        oracles.marchenko_pastur_moments(F(1, 2), 10), oracles.marchenko_pastur_moments(F(2), 10)
    )
    assert fractions(law.moments(10)) == expected


def test_the_variable_may_have_any_name() -> None:
    x = sympy.Symbol("x")
    assert law_of_r_transform(V * x, x).equation == semicircle(V).equation
    assert law_of_s_transform(1 / (1 + C * x), x).equation == marchenko_pastur(C).equation


def test_the_variable_of_a_transform_is_no_parameter() -> None:
    assert law_of_r_transform(g / (1 - g**2), g).parameters == ()
    assert law_of_r_transform(V * g, g).parameters == (V,)
    assert law_of_s_transform(1 / (1 + C * u), u).parameters == (C,)


def test_laws_by_a_transform_specialise() -> None:
    law = law_of_r_transform(V * g / (1 - C * g), g)
    assert law.at(v=2, c="1/3").equation == law_of_r_transform(2 * g / (1 - g / 3), g).equation


def test_a_typed_in_transform_leaves_the_evidence_assumed() -> None:
    law = law_of_r_transform(V * g, g)
    assert law.evidence is Evidence.ASSUMED
    assert (law + marchenko_pastur(C)).evidence is Evidence.ASSUMED
    assert semicircle(V).evidence is Evidence.PROVED


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: law_of_r_transform(1 / g, g), ParameterError, "has a pole at g = 0"),
        (lambda: law_of_r_transform(sympy.sqrt(1 + g), g), ParameterError, "is not a rational function of parameters"),
        (lambda: law_of_s_transform(1 / u, u), ParameterError, "has a pole at u = 0"),
        (lambda: law_of_s_transform(u, u), DerivationError, r"S\(0\) = 0: no law has this S-transform"),
        (
            lambda: law_of_r_transform(-g, g),
            DerivationError,
            "is not a law: the Hankel determinant up to the moment m_2",
        ),
        (lambda: law_of_r_transform(g - g**3, g), DerivationError, "is not a law"),
        (lambda: law_of_r_transform(1 / (1 - g) - 2 * g, g), DerivationError, "is not a law"),
        (lambda: law_of_s_transform(1 + u, u), DerivationError, "is not a law"),
    ],
)
def test_transforms_of_no_law_are_refused(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_the_s_transform_of_a_fractional_power_is_a_root() -> None:
    # S of MP(c) is 1/(1 + c u), and the 4/3 power of a law has the 4/3 power of its S-transform
    s = marchenko_pastur("1/2").free_multiplicative_power("4/3").s_transform()
    u = sympy.Symbol("u")
    assert all(abs(s.subs(u, x) - (1 + x / 2) ** (-4 / 3)) < 1e-12 for x in (-0.3, 0.1, 0.7))
