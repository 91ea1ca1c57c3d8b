"""Symbolic atoms: textbook weights, and certified skeletons at random parameters of random compositions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvent.derive.errors import ResolventError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, free_poisson, marchenko_pastur, semicircle
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.rectangular import doubly_correlated_wishart
from resolvent.derive.phases.symbolic_atoms import symbolic_atoms
from resolvent.derive.support.support import skeleton
from tests.derive.laws.compositions import exact

P, Q, C, T, Z, M = sympy.symbols("p q c t z m", positive=True)
PLAIN_Z, PLAIN_M = sympy.symbols("z m")


def coin(p: sympy.Expr, at: Any = 1) -> AlgebraicLaw:
    """0 with probability 1 - p, otherwise ``at``."""
    return atoms([0, at], [1 - p, p])


Weights = dict[sympy.Expr, sympy.Expr]
TEXTBOOK: list[tuple[Callable[[], AlgebraicLaw], Weights]] = [
    (lambda: coin(P).wishart(C), {0: sympy.Max(1 - P, 1 - 1 / C)}),
    (lambda: atoms([0, 1, 2], [1 - P - Q, P, Q]).wishart(C), {0: sympy.Max(1 - P - Q, 1 - 1 / C)}),
    (lambda: coin(P) @ marchenko_pastur(C) @ coin(Q), {0: sympy.Max(1 - P, 1 - Q, 1 - 1 / C)}),
    (lambda: coin(P).free_power(C), {0: sympy.Max(0, 1 - C * P), C: sympy.Max(0, 1 - C * (1 - P))}),
    (lambda: coin(P).compress(C), {0: sympy.Max(0, 1 - P / C), 1: sympy.Max(0, 1 - (1 - P) / C)}),
    (lambda: coin(P) @ coin(Q), {0: sympy.Max(1 - P, 1 - Q), 1: sympy.Max(0, P + Q - 1)}),
    (
        lambda: coin(P) + coin(Q),
        {0: sympy.Max(0, 1 - P - Q), 1: sympy.Max(P - Q, Q - P), 2: sympy.Max(0, P + Q - 1)},
    ),
    (lambda: coin(P).direct_sum(semicircle(), C), {0: C * (1 - P), 1: C * P}),
    (lambda: atoms([-1, 1], [1 - P, P]) ** 2, {1: 1}),
    (lambda: marchenko_pastur(C).free_power(T), {0: sympy.Max(0, 1 - T / C)}),
    (lambda: (2 * free_poisson(C) + 3 + semicircle()).free_power(T), {}),
    (lambda: (2 * free_poisson(C) + 3).free_power(T), {3 * T: sympy.Max(0, 1 - T * C)}),
    (lambda: doubly_correlated_wishart(coin(P), coin(Q), C), {0: sympy.Max(1 - P, 1 - Q / C)}),
    (lambda: (coin(P) @ marchenko_pastur(C)).companion(C), {0: sympy.Max(0, 1 - C, 1 - C * P)}),
    (lambda: coin(P, 4).free_multiplicative_power(2), {0: 1 - P, 16: sympy.Max(0, 2 * P - 1)}),
]


@pytest.mark.parametrize(("law", "expected"), TEXTBOOK)
@pytest.mark.parametrize("names", ["pqct", "xyab", "tcqp"])
def test_textbook_weights_whatever_the_parameters_are_called(
    law: Callable[[], AlgebraicLaw], expected: Weights, names: str
) -> None:
    new = [sympy.Symbol(n, positive=True) for n in names]
    middle = [sympy.Symbol(f"{n}_0", positive=True) for n in names]
    present = [s for s in (P, Q, C, T) if s in law().parameters]
    renamed = law().at(**{s.name: m for s, m in zip((P, Q, C, T), middle, strict=True) if s in present})
    renamed = renamed.at(**{m.name: n for m, n in zip(middle, new, strict=True) if m in renamed.parameters})
    images = dict(zip((P, Q, C, T), new, strict=True))
    found = {atom.point: atom.weight for atom in symbolic_atoms(renamed)}
    assert found.keys() == {sympy.sympify(place).xreplace(images) for place in expected}
    values = {new[0]: sympy.Rational(2, 7), new[1]: sympy.Rational(3, 8)}
    for c, t in ((1, 2), (3, 5), (7, 2), (9, 4)):
        point = {**values, new[2]: sympy.Rational(c, 2), new[3]: sympy.Rational(t, 3)}
        for place, weight in expected.items():
            here = sympy.sympify(place).xreplace(images)
            assert found[here] is not None
            assert found[here].subs(point) == sympy.sympify(weight).xreplace(images).subs(point)


@pytest.mark.parametrize(
    "law",
    [
        lambda: marchenko_pastur(C) @ marchenko_pastur(3),
        lambda: coin(P).wishart("3/2"),
        lambda: coin(P).wishart(C),
        lambda: atoms([0, 1, 2], [1 - P, P / 2, P / 2]).wishart("3/2"),
        lambda: marchenko_pastur(C) + marchenko_pastur("1/2"),
    ],
)
def test_rules_and_cells_agree(law: Callable[[], AlgebraicLaw], monkeypatch: pytest.MonkeyPatch) -> None:
    by_rules = symbolic_atoms(law())
    monkeypatch.setattr(sys.modules[symbolic_atoms.__module__], "known_atoms", lambda _: None)
    assert symbolic_atoms(law()) == by_rules


def test_a_law_of_an_equation_is_decided_cell_by_cell() -> None:
    equation = C * PLAIN_Z * PLAIN_M**2 + (PLAIN_Z - 1 + C) * PLAIN_M + 1
    (atom,) = symbolic_atoms(law_of_equation(equation, [1, 1]))
    assert (atom.point, atom.weight) == (0, sympy.Max(0, 1 - 1 / C))


def test_cells_without_a_law_do_not_hide_those_with_one() -> None:
    equation = (1 - P) * (PLAIN_Z - 1) + P * PLAIN_Z + PLAIN_M * PLAIN_Z * (PLAIN_Z - 1)  # a law for p < 1 alone
    found = {atom.point: atom.weight for atom in symbolic_atoms(law_of_equation(equation, [1, P]))}
    assert found == {0: 1 - P, 1: P}


def test_what_is_not_decided_has_no_weight() -> None:
    law = coin(P).wishart(C).rectangular_sum(coin(Q), C)
    assert [atom.weight for atom in symbolic_atoms(law) if atom.point == 0] == [None]


# -- random compositions -----------------------------------------------------------------------------------------

LEAVES = [
    lambda: coin(P),
    lambda: coin(Q, 2),
    lambda: atoms([-1, 0, 1], ["1/4", Q / 2, sympy.Rational(3, 4) - Q / 2]),
    lambda: atoms([1, 3], [P, 1 - P]),
    lambda: marchenko_pastur(C),
    lambda: semicircle(C),
    lambda: free_poisson(C, 2),
]
STEPS: list[Callable[[AlgebraicLaw, AlgebraicLaw], AlgebraicLaw]] = [
    lambda a, b: a + b,
    lambda a, b: a @ b,
    lambda a, b: a.wishart(C),
    lambda a, b: a.free_power(1 + C),
    lambda a, b: a.compress(P),
    lambda a, b: a.direct_sum(b, Q),
    lambda a, b: a**2,
    lambda a, b: 2 * a - 1,
    lambda a, b: (a + 2).inverse(),
    lambda a, b: a.free_multiplicative_power(2),
]
FRACTIONS = st.fractions(min_value=Fraction(1, 12), max_value=Fraction(11, 12), max_denominator=12)


@exact
@given(
    st.tuples(st.sampled_from(LEAVES), st.sampled_from(LEAVES), st.sampled_from(LEAVES)),
    st.tuples(st.sampled_from(STEPS), st.sampled_from(STEPS)),
    st.tuples(FRACTIONS, FRACTIONS, st.fractions(min_value=Fraction(1, 8), max_value=5, max_denominator=8)),
)
def test_weights_are_those_of_skeletons_at_random_parameters(
    leaves: tuple[Callable[[], AlgebraicLaw], ...],
    steps: tuple[Callable[[AlgebraicLaw, AlgebraicLaw], AlgebraicLaw], ...],
    values: tuple[Fraction, Fraction, Fraction],
) -> None:
    first, second, third = (leaf() for leaf in leaves)
    images = dict(zip((P, Q, C), map(sympy.Rational, values), strict=True))
    try:
        law = steps[0](first, second)
        if law.equation.degree <= 3:
            law = steps[1](law, third)
        assume(law.equation.degree <= 4 and law.parameters)
        there = law.at(**{s.name: images[s] for s in law.parameters})
    except ResolventError:
        assume(False)
    found = symbolic_atoms(law)
    if any(atom.weight is None or any(b.subs(images) == 0 for b in atom.borders) for atom in found):
        assume(False)
    expected = {a.point.to_sympy(): a.weight.to_sympy() for a in skeleton(there.equation).atoms}
    weights = {atom.point.subs(images): sympy.Rational(atom.weight.subs(images)) for atom in found}
    assert {place: weight for place, weight in weights.items() if weight} == expected
