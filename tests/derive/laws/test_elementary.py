"""Elementary laws against textbook moments, closed-form densities under quadrature, and the measure's definition."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import comb, sqrt
from typing import Any

import numpy as np
import pytest
import sympy
from flint import acb

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import require_positive
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from tests import oracles
from tests.derive.laws.compositions import fractions

C = sympy.Symbol("c", positive=True)
V = sympy.Symbol("v", positive=True)
Z, M = sympy.symbols("z m")
F = Fraction


# -- moments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("v", [F(1), F(1, 4), F(9)])
def test_semicircle_moments_are_catalan_numbers(v: Fraction) -> None:
    assert fractions(semicircle(v).moments(24)) == oracles.semicircle_moments(v, 24)


@pytest.mark.parametrize("c", [F(1, 3), F(1), F(5, 2)])
def test_marchenko_pastur_moments_are_narayana_polynomials(c: Fraction) -> None:
    assert fractions(marchenko_pastur(c).moments(24)) == oracles.marchenko_pastur_moments(c, 24)


def test_marchenko_pastur_moments_are_narayana_polynomials_for_every_ratio() -> None:
    expected = [
        sum(sympy.Rational(comb(k, j) * comb(k, j - 1), k) * C ** (j - 1) for j in range(1, k + 1)) for k in range(1, 9)
    ]
    assert [sympy.expand(m) for m in marchenko_pastur(C).moments(8)] == expected


def test_sigma_scales_the_moments_of_marchenko_pastur() -> None:
    expected = [F(9, 4) ** k * m for k, m in enumerate(oracles.marchenko_pastur_moments(F(3), 8), start=1)]
    assert fractions(marchenko_pastur(3, "3/2").moments(8)) == expected


def test_the_marchenko_pastur_equation_is_that_of_the_conventions() -> None:
    s = sympy.Symbol("sigma", positive=True)
    stated = C * s**2 * Z * M**2 + (Z - s**2 * (1 - C)) * M + 1
    assert sympy.expand(marchenko_pastur(C, s).equation.expr - stated) == 0


def test_free_poisson_cumulants_are_rate_times_powers_of_the_jump() -> None:
    rate, a = sympy.symbols("rate a", positive=True)
    cumulants = free_poisson(rate, -a).free_cumulants(6)
    assert all(sympy.expand(k - rate * (-a) ** n) == 0 for n, k in enumerate(cumulants, start=1))


def test_free_poisson_with_a_negative_jump_by_partitions() -> None:
    cumulants = [F(3, 2) * F(-2) ** k for k in range(1, 9)]
    assert fractions(free_poisson("3/2", -2).moments(8)) == oracles.moments_by_partitions(cumulants)


def test_marchenko_pastur_is_a_free_poisson_law() -> None:
    assert marchenko_pastur("2/3", 2).equation == free_poisson("3/2", "8/3").equation


@pytest.mark.parametrize("s", [1, 2, 3, 5])
def test_fuss_catalan_moments_are_ternary_and_higher_binomials(s: int) -> None:
    assert fractions(fuss_catalan(s).moments(16)) == oracles.fuss_catalan_moments(s, 16)


@pytest.mark.parametrize("r", [F(2), F(1, 3)])
def test_arcsine_moments_are_central_binomials(r: Fraction) -> None:
    assert fractions(arcsine(r).moments(16)) == oracles.arcsine_moments(r, 16)


@pytest.mark.parametrize("d", [2, 3, 7])
def test_kesten_mckay_moments_count_walks_on_the_tree(d: int) -> None:
    assert fractions(kesten_mckay(d).moments(16)) == oracles.tree_walks(d, 16)


def test_kesten_mckay_of_symbolic_degree_counts_walks() -> None:
    d = sympy.Symbol("d", positive=True)
    moments = kesten_mckay(d).moments(8)
    for value in (2, 3, 5):
        assert [F(int(m.subs(d, value))) for m in moments] == oracles.tree_walks(value, 8)


def test_atoms_have_the_moments_of_a_finite_sum() -> None:
    points, weights = [F(-3), F(0), F(1, 2), F(7)], [F(1, 10), F(2, 5), F(3, 10), F(1, 5)]
    law = atoms([str(p) for p in points], [str(w) for w in weights])
    assert fractions(law.moments(12)) == oracles.atom_moments(points, weights, 12)


def test_symbolic_atoms_have_the_moments_of_a_finite_sum() -> None:
    a, w = sympy.symbols("a w", positive=True)
    moments = atoms([a, 1 / a, 0], [w, w / 2, 1 - 3 * w / 2]).moments(5)
    assert all(sympy.cancel(m - (w * a**k + w / (2 * a**k))) == 0 for k, m in enumerate(moments, start=1))


def test_equal_points_become_one_atom() -> None:
    assert atoms([1, 2, 1]) == atoms([1, 2], ["2/3", "1/3"])
    assert atoms([(C**2 - 1) / (C - 1), 0, C + 1], ["1/4", "1/2", "1/4"]) == atoms([C + 1, 0])
    assert atoms([C, 1], ["1/3", "2/3"]).at(c=1) == atoms([1])


@pytest.mark.parametrize("count", [3, 6, 7, 49])
def test_floats_may_miss_the_sum_of_one_by_rounding(count: int) -> None:
    law = atoms(range(count), [1 / count] * count)
    assert law == atoms(range(count))


def test_equal_weights_are_the_default() -> None:
    assert atoms([1, 2, 5]).equation == atoms([1, 2, 5], ["1/3"] * 3).equation


@pytest.mark.parametrize("place", [0, -2, "7/3"])
def test_one_atom_is_a_constant(place: Any) -> None:
    x = sympy.Rational(place)
    assert atoms([place]).moments(5) == [x**k for k in range(1, 6)]
    assert sympy.expand(atoms([place]).equation.expr / sympy.fraction(x)[1] - (M * (Z - x) + 1)) == 0


def test_the_order_of_atoms_does_not_matter() -> None:
    assert atoms([1, 4, 9], ["1/2", "1/3", "1/6"]).equation == atoms([9, 1, 4], ["1/6", "1/2", "1/3"]).equation


# -- densities -----------------------------------------------------------------------------------------------

DENSITIES: dict[str, tuple[Callable[[], AlgebraicLaw], tuple[Any, float, float], list[tuple[float, float]]]] = {
    "semicircle": (lambda: semicircle("9/4"), oracles.semicircle_density(2.25), []),
    "marchenko-pastur c < 1": (lambda: marchenko_pastur("1/2"), oracles.marchenko_pastur_density(0.5), []),
    "marchenko-pastur c = 1": (lambda: marchenko_pastur(1), oracles.marchenko_pastur_density(1.0), []),
    "marchenko-pastur c > 1": (
        lambda: marchenko_pastur(4, "1/2"),
        oracles.marchenko_pastur_density(4.0, 0.5),
        [(0.0, 0.75)],
    ),
    "arcsine": (lambda: arcsine(3), oracles.arcsine_density(3.0), []),
    "kesten-mckay": (lambda: kesten_mckay("7/2"), oracles.kesten_mckay_density(3.5), []),
    "wachter": (lambda: wachter("1/2", "2/3"), oracles.wachter_density(1 / 2, 2 / 3), []),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_moments_are_integrals_of_the_textbook_density(name: str) -> None:
    build, (density, low, high), points = DENSITIES[name]
    for k, moment in enumerate(build().moments(6), start=1):
        expected = oracles.integral(lambda x, k=k: x**k, density, low, high).real + sum(w * a**k for a, w in points)
        assert float(moment) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", DENSITIES)
def test_the_continued_branch_is_the_integral_of_the_textbook_density(name: str) -> None:
    build, (density, low, high), points = DENSITIES[name]
    rng = np.random.default_rng(7)
    branch = Branch(build().equation)
    for _ in range(4):
        z = complex(rng.uniform(low - 1, high + 1), rng.uniform(0.05, 2))
        expected = oracles.stieltjes(z, density, low, high, points)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)


def test_wachter_mean_is_the_share_of_degrees_of_freedom() -> None:
    a, b = sympy.symbols("a b", positive=True)
    assert sympy.cancel(wachter(a, b).moments(1)[0] - b / (a + b)) == 0


def test_wachter_with_few_samples_has_atoms_at_both_ends() -> None:
    # n1 = p/2 and n2 = 2p/3 samples: W1 (W1+W2)^-1 has p - n1 zeros and p - n2 ones
    from resolvent.derive.support.support import skeleton

    found = {float(a.point): float(a.weight) for a in skeleton(wachter(2, "3/2").equation).atoms}
    assert found == pytest.approx({0.0: 1 / 2, 1.0: 1 / 3})


def test_wachter_is_the_law_of_the_matrices() -> None:
    rng = np.random.default_rng(20)
    p, n1, n2 = 400, 800, 600
    x, y = rng.standard_normal((p, n1)), rng.standard_normal((p, n2))
    root = np.linalg.inv(np.linalg.cholesky(x @ x.T + y @ y.T))
    seen = oracles.trace_moments(root @ (x @ x.T) @ root.T, 4)
    expected = [float(m) for m in wachter("1/2", "2/3").moments(4)]
    # linear statistics fluctuate on the scale 1/p, and the mean is off by O(1/p)
    assert seen == pytest.approx(expected, abs=8 / p)


# -- degenerate and refused input ----------------------------------------------------------------------------


def test_a_parameter_called_like_the_transform_variable_is_an_ordinary_parameter() -> None:
    g, u = sympy.symbols("g u")
    assert semicircle(g).moments(2) == [0, g]
    assert marchenko_pastur(u).moments(2) == [1, 1 + u]
    assert [sympy.expand(m) for m in marchenko_pastur(g).moments(2)] == [1, 1 + g]
    assert free_poisson(g, 1).moments(1) == [g]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: semicircle(0), "variance must be positive; got 0"),
        (lambda: semicircle(-C), "variance must be positive; got -c"),
        (lambda: marchenko_pastur(0), "c must be positive"),
        (lambda: marchenko_pastur("-1/2"), "c must be positive; got -1/2"),
        (lambda: marchenko_pastur(1, 0), "sigma must be positive"),
        (lambda: free_poisson(0), "rate must be positive"),
        (lambda: free_poisson(1, 0), "the jump of a free Poisson law must not be zero"),
        (lambda: atoms([]), "a measure needs at least one atom"),
        (lambda: atoms([1, 2], [1]), "2 points but 1 weights"),
        (lambda: atoms([0, 1], [0.5, 0.500001]), "the weights must sum to 1"),
        (lambda: atoms([0, 1], ["3/2", "-1/2"]), "weights must be positive; got -1/2"),
        (lambda: atoms([0, 1], [1, 0]), "weights must be positive; got 0"),
        (lambda: atoms([0, 1], ["1/2", "1/3"]), "the weights must sum to 1; they sum to 5/6"),
        (lambda: atoms([0, 1], [C, C]), "the weights must sum to 1"),
        (lambda: arcsine(0), "radius must be positive"),
        (lambda: kesten_mckay("3/2"), "the degree d of the Kesten-McKay law must be at least 2; got 3/2"),
        (lambda: wachter(0, 1), "c1 must be positive"),
        (lambda: wachter(1, -1), "c2 must be positive"),
        (lambda: wachter(3, 3), "1/c1 + 1/c2 must be at least 1"),
        (lambda: fuss_catalan("-1/3"), "the order of the Fuss-Catalan law must be a rational number >= 0; got -1/3"),
        (lambda: fuss_catalan(C), "must be a rational number >= 0; got c"),
        (lambda: fuss_catalan("1/257"), "must be at most 256, and so must its denominator"),
        (lambda: require_positive("t", sympy.Symbol("n", negative=True)), "t must be positive; got n"),
    ],
)
def test_input_outside_the_domain_is_refused(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        build()


@pytest.mark.parametrize(
    ("law", "values", "message"),
    [
        (marchenko_pastur(C), {"d": 1}, "the law has no parameter 'd'; its parameters: c"),
        (semicircle(), {"c": 1}, "the law has no parameter 'c'; its parameters: none"),
        (marchenko_pastur(C), {"c": 0}, "the parameter c must be positive; got 0"),
        (marchenko_pastur(C), {"c": "-1/3"}, "the parameter c must be positive; got -1/3"),
        (marchenko_pastur(C), {"c": "one"}, "'one' is not a rational number"),
        (semicircle(-sympy.Symbol("n", negative=True)), {"n": 2}, "the parameter n must be negative; got 2"),
        (kesten_mckay(sympy.Symbol("d", integer=True, positive=True)), {"d": "5/2"}, "must be integer; got 5/2"),
        (semicircle() + sympy.Symbol("x", nonnegative=True), {"x": -1}, "must be nonnegative; got -1"),
        (semicircle() + sympy.Symbol("x", nonpositive=True), {"x": 1}, "must be nonpositive; got 1"),
        (semicircle() * sympy.Symbol("x", nonzero=True), {"x": 0}, "must be nonzero; got 0"),
        (kesten_mckay(sympy.Symbol("d")), {"d": 1}, "must be at least 2; got 1"),
        (marchenko_pastur(C), {"c": sympy.sqrt(C)}, "is not a rational function of parameters"),
    ],
)
def test_values_outside_a_parameters_domain_are_refused(
    law: AlgebraicLaw, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        law.at(**values)


# -- parameters and values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1/3", 0.25, F(5, 2), sympy.Integer(1), 4])
def test_specialising_is_building_at_the_number(value: Any) -> None:
    assert marchenko_pastur(C).at(c=value).equation == marchenko_pastur(value).equation


def test_specialising_some_parameters_leaves_the_others() -> None:
    law = marchenko_pastur(C) + semicircle(V)
    assert law.parameters == (C, V)
    partial = law.at(v=2)
    assert partial.parameters == (C,)
    assert partial.equation == (marchenko_pastur(C) + semicircle(2)).equation


def test_specialising_to_expressions_is_simultaneous() -> None:
    a, b = sympy.symbols("a b")
    weights = ["1/3", "2/3"]
    assert atoms([a, b], weights).at(a=b, b=a).equation == atoms([b, a], weights).equation


def test_specialising_where_a_factor_splits_off_chooses_it_anew() -> None:
    # at w = 1/2 the free sum of two coins is the arcsine law, elsewhere it has an atom
    w = sympy.Symbol("w", positive=True)
    coin = atoms([-1, 1], [w, 1 - w])
    assert (coin + coin).at(w="1/2").equation == arcsine(2).equation


def test_specialising_nothing_returns_the_law() -> None:
    law = marchenko_pastur(C)
    assert law.at() is law


def test_a_parameter_that_drops_out_stays_a_parameter() -> None:
    law = (atoms([0, C]) / C) * 2
    assert law.equation == atoms([0, 2]).equation
    assert law.parameters == (C,)


def test_the_edges_of_named_laws_survive_specialisation() -> None:
    d = sympy.Symbol("d", positive=True)
    assert kesten_mckay(d).at(d=4).moments(4) == [0, 4, 0, 28]
    assert float(sqrt(4 * 3)) == pytest.approx(oracles.kesten_mckay_density(4)[2])


# -- scalars and operators -----------------------------------------------------------------------------------


def test_division_scales_by_the_inverse() -> None:
    assert (semicircle() / "1/2").moments(2) == [0, 4]
    assert (marchenko_pastur(1) / C).moments(2) == [1 / C, 2 / C**2]


def test_subtraction_negates() -> None:
    assert (3 - marchenko_pastur(1)).moments(2) == [2, 5]
    assert (marchenko_pastur(1) - marchenko_pastur(1)).free_cumulants(4) == [0, 2, 0, 2]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: semicircle() * semicircle(), "A \\* B is ambiguous for laws; write A @ B"),
        (lambda: semicircle() / semicircle(), "A / B is ambiguous for laws"),
        (lambda: semicircle() / 0, "a law cannot be divided by zero"),
        (lambda: semicircle() / [1], "is not a number or an expression in parameters"),
        (lambda: semicircle() @ 3, "A @ B needs two laws"),
        (lambda: semicircle().moments(-1), "the number of terms must be a non-negative integer; got -1"),
        (lambda: semicircle().moments(2.0), "must be a non-negative integer; got 2.0"),
        (lambda: semicircle().free_cumulants(True), "must be a non-negative integer; got True"),
        (lambda: semicircle() + "x", "'x' is not a rational number"),
    ],
)
def test_operators_refuse_what_they_do_not_mean(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build()


def test_no_terms_is_an_empty_list() -> None:
    assert semicircle().moments(0) == []
    assert semicircle().free_cumulants(0) == []


def test_one_cumulant_is_the_mean() -> None:
    assert marchenko_pastur("1/2", 3).free_cumulants(1) == [9]


@pytest.mark.parametrize("s", ["0", "1/10", "1/3", "1", "3/2", "10/3", "7"])
def test_fuss_catalan_of_any_order_has_raney_numbers_as_moments(s: str) -> None:
    order = sympy.Rational(s)
    moments = [sympy.binomial((order + 1) * k, k).expand(func=True) / (order * k + 1) for k in range(1, 8)]
    assert fuss_catalan(s).moments(7) == moments
