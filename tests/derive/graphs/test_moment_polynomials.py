"""Moment polynomials: graphs against the functional equation, and both against textbook moments and recursions."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import polynomial_to_sympy
from resolvent.derive.graphs.admissible_graphs import admissible_graphs
from resolvent.derive.graphs.moment_polynomials import (
    PHI,
    PSI,
    cycle_weight,
    moment_polynomials,
    polynomial_of_graphs,
    ratio_symbols,
)
from tests.oracles import moments_from_cumulants

ETA, ZETA = sympy.symbols("eta zeta", positive=True)
GRAM = [ETA, *(ZETA**j for j in range(2, 21))]


def by_graphs(k: int, colours: int = 2) -> sympy.Expr:
    """The enumeration's polynomial in the library's symbols."""
    ratios = {str(r): r for r in ratio_symbols(colours)}
    table = {**ratios, **{f"w{j}": cycle_weight(j) for j in range(1, k + 1)}}
    return polynomial_to_sympy(polynomial_of_graphs(k, colours), table)


@pytest.mark.parametrize(("colours", "highest"), [(1, 8), (2, 8), (3, 5), (4, 4)])
def test_graphs_give_the_functional_equations_polynomials(colours: int, highest: int) -> None:
    solved = moment_polynomials(highest, ratios=ratio_symbols(colours))
    for k in range(1, highest + 1):
        assert sympy.expand(by_graphs(k, colours) - solved[k - 1]) == 0


def test_weights_of_single_graphs() -> None:
    """Written down here from each graph's networkx form, one by one."""
    total = sympy.Integer(0)
    for graph in admissible_graphs(4):
        drawn = graph.to_networkx()
        rows = sum(colour == 0 for _, colour in drawn.nodes(data="colour"))
        sizes: dict[int, int] = {}
        for _, _, block in drawn.edges(data="block"):
            sizes[block] = sizes.get(block, 0) + 1
        columns = drawn.number_of_nodes() - rows
        total += PHI ** (4 - columns) * PSI ** (4 - rows) * sympy.Mul(*(cycle_weight(s // 2) for s in sizes.values()))
    assert sympy.expand(total - by_graphs(4)) == 0


def test_polynomials_satisfy_the_functional_equation() -> None:
    """P = 1 + sum w_j (t P_phi P_psi)^j at random rational weights and ratios, multiplied out in SymPy."""
    t, highest, rng = sympy.Symbol("t"), 8, random.Random(20170058)
    symbols = [PHI, PSI, *(cycle_weight(j) for j in range(1, highest + 1))]
    at = {s: sympy.Rational(rng.randrange(-20, 20), rng.randrange(1, 9)) for s in symbols}
    p = sympy.Poly(1 + sum(v.xreplace(at) * t**k for k, v in enumerate(moment_polynomials(highest), start=1)), t)
    h = sympy.Poly(t, t) * (1 + at[PHI] * (p - 1)) * (1 + at[PSI] * (p - 1))
    right = 1 + sum((at[cycle_weight(j)] * h**j for j in range(1, highest + 1)), start=sympy.Poly(0, t))
    residual = p - right
    assert all(residual.coeff_monomial(t**k) == 0 for k in range(highest + 1))


def test_gram_polynomials_by_the_source_equation_to_order_twenty() -> None:
    """The equation with eta and zeta, iterated from P = 1 in fractions at a point: no series machinery."""
    eta, zeta, phi, psi = Fraction(3, 2), Fraction(2, 3), Fraction(5, 4), Fraction(1, 3)
    n = 20

    def times(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
        return [sum((a[i] * b[k - i] for i in range(k + 1)), Fraction(0)) for k in range(n + 1)]

    p = [Fraction(1)] + [Fraction(0)] * n
    for _ in range(n):
        hung = times([p[0], *(phi * c for c in p[1:])], [p[0], *(psi * c for c in p[1:])])
        h = [Fraction(0), *hung[:n]]
        geometric, power = [Fraction(0)] * (n + 1), h
        for j in range(1, n + 1):
            geometric = [g + zeta**j * c for g, c in zip(geometric, power, strict=True)]
            power = times(power, h)
        p = [Fraction(1), *((eta - zeta) * h[k] + geometric[k] for k in range(1, n + 1))]
    values = {
        ETA: sympy.Rational(3, 2),
        ZETA: sympy.Rational(2, 3),
        PHI: sympy.Rational(5, 4),
        PSI: sympy.Rational(1, 3),
    }
    found = [Fraction(int(v.p), int(v.q)) for v in (e.xreplace(values) for e in moment_polynomials(n, GRAM))]
    assert found == p[1:]


def test_one_colour_is_the_free_moment_cumulant_relation() -> None:
    cumulants = [Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(3), Fraction(1, 5), Fraction(7), Fraction(-2)]
    weights = [sympy.Rational(c.numerator, c.denominator) for c in cumulants]
    found = moment_polynomials(7, weights, ratios=[1])
    expected = moments_from_cumulants(cumulants)
    assert found == [sympy.Rational(e.numerator, e.denominator) for e in expected]


@pytest.mark.parametrize("colours", [2, 3, 4, 5])
def test_a_single_weight_counts_trees(colours: int) -> None:
    """P = 1 + t P^L: Fuss-Catalan numbers of order L - 1."""
    found = moment_polynomials(6, [1], ratios=[1] * colours)
    assert found == [sympy.binomial(colours * k, k) / ((colours - 1) * k + 1) for k in range(1, 7)]


def test_colours_may_be_renamed() -> None:
    a, b = moment_polynomials(6, ratios=(PSI, PHI)), moment_polynomials(6, ratios=(PHI, PSI))
    assert a == b


def test_weights_end_with_the_list_and_may_have_denominators() -> None:
    x = sympy.Symbol("x", positive=True)
    assert moment_polynomials(3, [1 / x], ratios=[1, x]) == [1 / x, sympy.expand((1 + x) / x**2),
                                                            sympy.expand((1 + 3 * x + x**2) / x**3)]  # fmt: skip
    assert moment_polynomials(0) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "non-negative integer; got -1"),
        ((True,), "non-negative integer"),
        ((2.5,), "non-negative integer"),
        ((2, [1], []), "at least one ratio"),
        ((2, [sympy.sqrt(ETA)]), "not a rational function"),
        ((2, ["x"]), "not a rational number"),
    ],
)
def test_bad_arguments(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        moment_polynomials(*arguments)  # type: ignore[arg-type]


def test_too_many_graphs_are_refused() -> None:
    with pytest.raises(ParameterError, match="pass a larger limit"):
        polynomial_of_graphs(11)
