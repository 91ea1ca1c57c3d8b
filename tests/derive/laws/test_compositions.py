"""Random compositions of laws against recursions for their moments in fractions, and identities between operations."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from tests import oracles
from tests.derive.laws.compositions import (
    ORDER,
    RATIONALS,
    SHARES,
    SIGNED,
    Composed,
    compositions,
    exact,
    fractions,
    leaves,
    nonnegative_leaves,
    once_moved,
    positive_leaves,
    products,
    q,
    sums,
)


@exact
@given(compositions())
def test_moments_follow_the_recursion(composed: Composed) -> None:
    assert fractions(composed.law.moments(ORDER)) == composed.moments(ORDER)


@exact
@given(compositions())
def test_free_cumulants_invert_the_recursion(composed: Composed) -> None:
    expected = oracles.cumulants_from_moments(composed.moments(ORDER))
    assert fractions(composed.law.free_cumulants(ORDER)) == expected


@exact
@given(compositions())
def test_every_derivation_checks(composed: Composed) -> None:
    assert composed.law.derivation.check() is True


Z, M = sympy.symbols("z m")
SPECTRAL = {
    "m": {"z": Z, "m": M},
    "G": {"z": Z, "G": -M},
    "R": {"g": -M, "r": Z + 1 / M},
    "S": {"u": -(1 + Z * M), "s": M / (1 + Z * M)},
    "psi": {"w": 1 / Z, "psi": -(1 + Z * M)},
    "eta": {"w": 1 / Z, "eta": (1 + Z * M) / (Z * M)},
}


def leads_back(composed: Composed, name: str) -> bool:
    """Whether the relation, written in z and m, is the equation times a product of z, m, 1 + z m and a number."""
    relation = composed.law.relation(name)
    images = {sympy.Symbol(x): image for x, image in SPECTRAL[name].items()}
    numerator, _ = sympy.fraction(sympy.together(relation.expr.xreplace(images)))
    _, factors = sympy.factor_list(numerator, Z, M)
    own = sympy.Poly(composed.law.equation.expr, Z, M).monic()
    left = [f for f, _ in factors if f not in (Z, M, Z * M + 1)]
    return [sympy.Poly(f, Z, M).monic() for f in left] == [own]


@pytest.mark.parametrize("name", ["m", "G", "R", "psi", "eta"])
@settings(exact, max_examples=20)
@given(composed=compositions())
def test_relations_lead_back_to_the_equation(name: str, composed: Composed) -> None:
    assert leads_back(composed, name)


@settings(exact, max_examples=20)
@given(compositions().filter(lambda c: c.moments(1)[0] != 0))
def test_the_s_relation_leads_back_to_the_equation(composed: Composed) -> None:
    assert leads_back(composed, "S")


@exact
@given(compositions())
def test_the_equation_is_irreducible(composed: Composed) -> None:
    z, m = sympy.symbols("z m")
    _, factors = sympy.factor_list(composed.law.equation.expr, z, m)
    assert [k for _, k in factors] == [1]


@exact
@given(once_moved(), leaves())
def test_the_free_sum_commutes(a: Composed, b: Composed) -> None:
    assert (a.law + b.law).equation == (b.law + a.law).equation


@exact
@given(once_moved(), nonnegative_leaves())
def test_the_free_product_commutes(a: Composed, b: Composed) -> None:
    assert (a.law @ b.law).equation == (b.law @ a.law).equation


@settings(exact, max_examples=20)
@given(leaves(), leaves(), leaves())
def test_the_free_sum_is_associative(a: Composed, b: Composed, c: Composed) -> None:
    assert ((a.law + b.law) + c.law).equation == (a.law + (b.law + c.law)).equation


@exact
@given(sums(), st.sampled_from(SIGNED))
def test_a_shift_is_the_sum_with_a_point_mass(a: Composed, b: sympy.Rational) -> None:
    assert (a.law + q(b)).equation == (a.law + atoms([q(b)])).equation


@exact
@given(products(), st.sampled_from(RATIONALS))
def test_a_scale_is_the_product_with_a_point_mass(a: Composed, s: sympy.Rational) -> None:
    assert (q(s) * a.law).equation == (a.law @ atoms([q(s)])).equation


@exact
@given(once_moved(), st.sampled_from(SHARES))
def test_compression_is_a_scaled_free_power(a: Composed, t: sympy.Rational) -> None:
    assert a.law.compress(q(t)).equation == (q(t) * a.law.free_power(q(1 / t))).equation


@exact
@given(once_moved())
def test_the_free_square_is_the_sum_with_a_copy(a: Composed) -> None:
    assert a.law.free_power(2).equation == (a.law + a.law).equation


@exact
@given(once_moved(), st.sampled_from(SHARES))
def test_free_powers_multiply(a: Composed, t: sympy.Rational) -> None:
    assert a.law.free_power(q(1 / t)).free_power(3).equation == a.law.free_power(q(3 / t)).equation


@exact
@given(once_moved().filter(lambda x: x.nonnegative))
def test_the_square_of_the_symmetric_root_is_the_law(a: Composed) -> None:
    assert (a.law.symmetric_root() ** 2).equation == a.law.equation


@exact
@given(once_moved().filter(lambda x: x.nonnegative), st.sampled_from(SHARES))
def test_the_companion_of_the_companion_is_the_law(a: Composed, c: sympy.Rational) -> None:
    assert a.law.companion(q(c)).companion(q(1 / c)).equation == a.law.equation


@exact
@given(positive_leaves())
def test_the_inverse_of_the_inverse_is_the_law(a: Composed) -> None:
    assert a.law.inverse().inverse().equation == a.law.equation


@exact
@given(once_moved())
def test_the_fourth_power_is_the_square_of_the_square(a: Composed) -> None:
    if a.law.equation.degree <= 2:
        assert (a.law**4).equation == ((a.law**2) ** 2).equation


@exact
@given(nonnegative_leaves(), st.sampled_from(RATIONALS))
def test_rectangular_sum_with_noise_is_information_plus_noise(a: Composed, s: sympy.Rational) -> None:
    c = sympy.Rational(1, 2)
    noise = q(s) * marchenko_pastur(c)
    assert a.law.rectangular_sum(noise, c).equation == a.law.information_plus_noise(q(s), c).equation


@exact
@given(leaves(), st.sampled_from(RATIONALS))
def test_parameters_of_a_sum_specialise_to_the_numeric_sum(a: Composed, value: sympy.Rational) -> None:
    p = sympy.Symbol("p", positive=True)
    symbolic = (p * a.law + semicircle(p)).compress(p / (1 + p))
    x = q(value)
    assert symbolic.at(p=x).equation == (x * a.law + semicircle(x)).compress(x / (1 + x)).equation


@exact
@given(nonnegative_leaves(), st.sampled_from(RATIONALS))
def test_parameters_of_a_product_specialise_to_the_numeric_product(a: Composed, value: sympy.Rational) -> None:
    p = sympy.Symbol("p", positive=True)
    symbolic = (a.law + p) @ marchenko_pastur(p)
    assert symbolic.at(p=q(value)).equation == ((a.law + q(value)) @ marchenko_pastur(q(value))).equation
