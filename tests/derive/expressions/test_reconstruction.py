"""Equations reconstructed from series: those of the elimination, certified; and what the route does not reach."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions import elimination
from resolvent.derive.expressions.dyson import DysonSystem, dyson_system
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import dimension, gaussian, given, wigner
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.reconstruction import is_certified, reconstructed
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.laws.elementary import atoms, semicircle
from tests.derive.expressions import words

p, n = dimension("p"), dimension("n")
X, Y = wigner("X", p), wigner("Y", p)
A = gaussian("A", p, n)
D = given("D", p, law=atoms([1, -1]))
HEAVY = Y @ (D @ X @ X).T + (Y @ (D @ X @ X).T).T


def system(model: Any, ratios: Any = None) -> DysonSystem:
    return dyson_system(pencil_of(model, scales_of(model.dimensions(), ratios or {})), average=True)


@pytest.mark.parametrize(
    ("model", "ratios"),
    [
        (X @ Y + Y @ X, {}),
        (X @ Y @ X + Y, {}),
        (A @ A.T / n, {(p, n): "1/2"}),
        (D @ X @ D + X @ X, {}),
        (X @ A @ A.T @ X / n, {(p, n): 2}),
    ],
    ids=str,
)
def test_the_equation_is_that_of_the_elimination(model: Any, ratios: Any) -> None:
    found = reconstructed(system(model, ratios))
    assert found.to_dict() == law_of(model, ratios).equation.polynomial.project_to_context(found.context()).to_dict()


def test_a_heavy_elimination_is_replaced() -> None:
    """Moments of Y X^2 D + D X^2 Y, an even law: tr E^2 = 2 tr X^4 = 4, since tr D = 0."""
    law = law_of(HEAVY)
    assert law.moments(3) == [0, 4, 0]
    assert law.derivation.check()


def test_any_heavy_elimination_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elimination, "_MANY_TERMS", 3)
    law = law_of(X @ Y @ X + Y)
    assert law.conclusion.rule.name == "reconstruction from series"
    assert law.moments(8) == words.moments({"XYX": 1, "Y": 1}, 8)
    assert law.derivation.check()


@pytest.mark.parametrize("change", ["z", "m", "one"])
def test_wrong_polynomials_are_not_certified(change: str) -> None:
    """Where the unknowns generate more than m: theirs is another curve, on which the polynomial must vanish too."""
    own = system(D @ X @ D + X @ X)
    right = reconstructed(own)
    ring = right.context()
    assert is_certified(right, own)
    wrong = right + {"z": ring.gen(0), "m": ring.gen(1), "one": ring.constant(1)}[change]
    assert not is_certified(wrong, own)


@pytest.mark.parametrize(
    ("model", "ratios", "message"),
    [
        (A @ A.T / n, {(p, n): sympy.Symbol("c", positive=True)}, "without parameters"),
        (X + given("P", p, law=semicircle()), {}, "quadratic"),
    ],
)
def test_what_the_route_does_not_reach(model: Any, ratios: Any, message: str) -> None:
    with pytest.raises(DerivationError, match=message):
        reconstructed(system(model, ratios))
