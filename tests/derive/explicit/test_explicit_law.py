"""Laws with explicit inverses against polynomial equations, series and each other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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
from resolvent.derive.explicit.inverse import FactoredInverse, U
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur

L = sympy.Symbol("L", positive=True, integer=True)
p = sympy.Symbol("p", positive=True)
c = sympy.Symbol("c", positive=True)
HALF = sympy.Rational(1, 2)


def gaussian_product(share: Any = p, count: Any = L) -> ExplicitLaw:
    return (wishart_factor(1) @ projection_factor(share)).free_multiplicative_power(count)


def rotated_product(share: Any = p, count: Any = L) -> ExplicitLaw:
    return (point_factor(1) @ projection_factor(share)).free_multiplicative_power(count)


@pytest.mark.parametrize("ratio", [1, HALF, 3])
def test_wishart_factor_is_the_law_of_marchenko_and_pastur(ratio: Any) -> None:
    assert wishart_factor(ratio).algebraic().equation == marchenko_pastur(ratio).equation
    assert wishart_factor(ratio, 2).moments(5) == (2 * marchenko_pastur(ratio)).moments(5)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("share", [HALF, sympy.Rational(2, 3), 1])
def test_products_are_the_products_of_algebraic_laws(share: Any, depth: int) -> None:
    factor = marchenko_pastur(1) @ (atoms([0, 1], [1 - share, share]) if share != 1 else atoms([1]))
    expected = factor
    for _ in range(depth - 1):
        expected = expected @ factor
    found = gaussian_product(share, depth)
    assert found.algebraic().equation == expected.equation
    assert found.moments(8) == expected.moments(8)
    assert found.free_cumulants(8) == expected.free_cumulants(8)


def test_depth_may_be_a_symbol() -> None:
    """The symbolic moments at L = 1, 2, 3, 7 are those of Fuss and Catalan, which are known for every L."""
    moments = gaussian_product(1).moments(6)
    assert moments[1] == L + 1
    for depth in (1, 2, 3, 7):
        assert [m.subs(L, depth) for m in moments] == fuss_catalan(depth).moments(6)


@pytest.mark.parametrize("law", [gaussian_product(), rotated_product(), wishart_factor(c).turned(2 * c)])
def test_derivation_holds_and_a_wrong_one_does_not(law: ExplicitLaw, monkeypatch: pytest.MonkeyPatch) -> None:
    assert law.derivation.check()
    moments = FactoredInverse.scaled_moments
    monkeypatch.setattr(FactoredInverse, "scaled_moments", lambda self, n: [m + m for m in moments(self, n)])
    with pytest.raises(DerivationError, match="does not hold"):
        law.derivation.check()


def test_turning_is_what_companions_do() -> None:
    found = wishart_factor(HALF).turned(HALF)
    assert found.algebraic().equation == marchenko_pastur(HALF).companion(HALF).equation
    assert found.turned(2).same_as(wishart_factor(HALF))
    assert wishart_factor(HALF).turned(1).same_as(wishart_factor(HALF))


# -- closed forms --------------------------------------------------------------------------------------------


def test_right_edge_for_every_depth() -> None:
    """(L+1)^(L+1)/L^L for the product of L Gaussian matrices; FORMULAS J'."""
    edge = gaussian_product(1).right_edge()
    assert sympy.simplify(edge - (L + 1) ** (L + 1) / L**L) == 0
    u = (1 - L + sympy.sqrt((L - 1) ** 2 + 4 * L * p)) / (2 * L)
    stated = (1 + u) * (p + u) ** L / u
    ratio = gaussian_product().right_edge() / stated
    for depth in (1, 2, 5):
        assert sympy.simplify(ratio.subs(L, depth)) == 1


@pytest.mark.parametrize(
    ("depth", "share"), [(3, HALF), (5, sympy.Rational(3, 10)), (2, HALF), (3, sympy.Rational(9, 10))]
)
def test_right_edge_of_rotated_products_is_a_branch_point_or_the_atom(depth: int, share: Any) -> None:
    law = rotated_product(share, depth)
    edge = law.right_edge()
    symbolic = rotated_product().right_edge().subs({L: depth, p: share})
    assert sympy.simplify(edge - symbolic) == 0
    if depth * (1 - share) < 1:
        assert edge == 1
    else:
        discriminant = sympy.discriminant(law.algebraic().equation.expr, sympy.Symbol("m"))
        assert discriminant.subs(sympy.Symbol("z"), edge) == 0


def test_atoms_with_symbols_and_with_numbers() -> None:
    assert gaussian_product().atoms() == [(0, sympy.Max(0, 1 - p))]
    assert rotated_product().atoms() == [(0, sympy.Max(0, 1 - p)), (1, sympy.Max(0, 1 - L * (1 - p)).expand())]
    assert rotated_product(sympy.Rational(9, 10), 3).atoms() == [(0, sympy.Rational(1, 10)), (1, sympy.Rational(7, 10))]
    assert rotated_product(HALF, 3).atoms() == [(0, HALF)]
    assert gaussian_product(1, 2).atoms() == []
    assert point_factor(3).atoms() == [(3, 1)]


def test_right_edge_that_has_no_closed_form() -> None:
    law = wishart_factor(c) @ wishart_factor(p) @ projection_factor(p)
    with pytest.raises(DerivationError, match="no closed form"):
        law.right_edge()
    assert point_factor(3).right_edge() == 3


# -- what is printed -----------------------------------------------------------------------------------------


def test_statement_is_the_equation_of_the_source() -> None:
    """zG - 1 = G (zG + p - 1)^L and z (zG - 1)(zG)^(L-1) = (zG + p - 1)^L; FORMULAS J."""
    assert gaussian_product().statement("cauchy").formula.text() == ["G*z - 1 = G*(G*z + p - 1)**L"]
    assert rotated_product().statement("cauchy").formula.text() == ["z*(G*z)**(L - 1)*(G*z - 1) = (G*z + p - 1)**L"]
    assert gaussian_product().statement().formula.text() == ["m*z + 1 = m*(p - m*z - 1)**L"]
    assert set(gaussian_product().statement().data()["equation"]) == {"formula", "inverse"}
    with pytest.raises(ParameterError, match="convention"):
        gaussian_product().statement("physics")


@pytest.mark.parametrize("law", [gaussian_product(HALF, 3), rotated_product(HALF, 3)])
@pytest.mark.parametrize("convention", ["stieltjes", "cauchy"])
def test_statement_holds_on_the_branch(law: ExplicitLaw, convention: str) -> None:
    """Put m(z) of the polynomial's physical branch into the printed formula."""
    z, m = sympy.symbols("z m")
    place = sympy.Integer(-1)
    roots = sympy.Poly(law.algebraic().equation.expr.subs(z, place), m).nroots(n=30)
    values = [abs(sympy.N((law.claim.lhs - law.claim.rhs).subs({z: place, m: root}), 25)) for root in roots]
    assert min(values) < 1e-20


def test_at_replaces_parameters_and_keeps_domains() -> None:
    assert gaussian_product().at(L=3).at(p="1/2").moments(4) == gaussian_product(HALF, 3).moments(4)
    assert gaussian_product().at() == gaussian_product()
    with pytest.raises(ParameterError, match="positive"):
        gaussian_product().at(p=-1)
    with pytest.raises(ParameterError, match="no parameter 'q'"):
        gaussian_product().at(q=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaussian_product(1).free_multiplicative_power(0), "positive integer"),
        (lambda: gaussian_product(1).free_multiplicative_power(p), "positive integer"),
        (lambda: gaussian_product(1) @ marchenko_pastur(1), "explicit inverses"),
        (lambda: gaussian_product(1).turned(-1), "positive"),
        (lambda: gaussian_product(1).moments(10**6), "10"),
        (lambda: gaussian_product(1).free_cumulants(10**6), "10"),
    ],
)
def test_bad_arguments(call: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


def test_no_polynomial_without_whole_exponents() -> None:
    with pytest.raises(DerivationError, match="no polynomial"):
        gaussian_product().algebraic()


def test_moments_of_a_broken_exponent_are_those_of_the_series() -> None:
    """z = (1 + u)^(5/2)/u: Raney numbers with exponent 5/2, m_k = binomial(5k/2, k)/(3k/2 + 1)."""
    law = explicit_law(FactoredInverse.of(sympy.Integer(1), [(sympy.Integer(1), sympy.Rational(5, 2))]), "Raney")
    expected = [sympy.binomial(sympy.Rational(5 * k, 2), k) / (sympy.Rational(3 * k, 2) + 1) for k in range(1, 7)]
    assert [sympy.simplify(a - b) for a, b in zip(law.moments(6), expected, strict=True)] == [0] * 6
    assert U in law.inverse.expression.free_symbols
    assert Fraction(int(law.moments(2)[1].p), int(law.moments(2)[1].q)) == Fraction(5, 2)
