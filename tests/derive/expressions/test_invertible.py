"""Inverses of matrices that are singular in the limit are refused, and others are not; against ranks of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions.expression import identity
from resolvent.derive.expressions.invertible import require_inverses
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import (
    block,
    commuting,
    dimension,
    gaussian,
    given,
    haar,
    inv,
    projection,
    wigner,
)
from resolvent.derive.expressions.quadratic_form import quadratic_form
from resolvent.derive.expressions.trace import trace_ball, trace_of
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.expressions.law import law_of as numeric_law_of

p, n, q = map(dimension, "pnq")
X, Y, Z = gaussian("X", p, n), gaussian("Y", q, n), gaussian("Z", p, n, complex=True)
S, U = wigner("S", p), haar("U", p)
P, Q = projection("P", p, "1/2"), projection("Q", p, "1/3")
A, B = commuting(["A", "B"], p, [(0, 1), (1, 0), (2, 0)])
T, K = given("T", p, marchenko_pastur(2) + 1), given("K", p, atoms([sympy.sqrt(2), 0]))
c = sympy.Symbol("c", positive=True)
CONTINUED = inv(1 + inv(X @ X.T / n))
WIDE, TALL = {p: 60, n: 120, q: 30}, {p: 120, n: 60, q: 30}

REGULAR = [
    (X @ X.T, WIDE), (X.T @ X, TALL), (X.T @ X + Y.T @ Y, TALL), (Z @ Z.H, WIDE), (S, WIDE), (S @ S @ U, WIDE),
    (U - U.T, WIDE), (U - 1, WIDE), (S @ P - P @ S, WIDE), (P + Q + S, WIDE), (P @ S @ P + S, WIDE), (A + B, WIDE),
    (A + 2 * Q, WIDE), (T, WIDE), (T - 2, WIDE), (block([[S, P], [P, S]]), WIDE), (sympy.I * (S @ P - P @ S) + 3, WIDE),
    (K + 2 ** sympy.Rational(1, 3), WIDE), (X @ X.T - Z @ Z.H, WIDE),
]  # fmt: skip
SINGULAR = [
    (X @ X.T, TALL), (X.T @ X, WIDE), (X.T @ X + Y.T @ Y, WIDE), (Z @ Z.H, TALL), (P, WIDE), (P + Q, WIDE),
    (P @ S @ P, WIDE), (S @ Q - Q @ S, WIDE), (A, WIDE), (A @ B + B, WIDE), (T - 1, WIDE), (K - sympy.sqrt(2), WIDE),
    (block([[S, P], [P, 0]]), WIDE), (U @ P @ U.T + Q, WIDE), (Q + (Q - 1) @ S @ (Q - 1) @ P, WIDE),
]  # fmt: skip


def ratios(sizes: dict[Any, int]) -> dict[Any, Any]:
    return {(p, n): sympy.Rational(sizes[p], sizes[n]), (q, n): sympy.Rational(sizes[q], sizes[n])}


@pytest.mark.parametrize(("model", "sizes"), REGULAR, ids=str)
def test_inverses_of_regular_matrices_are_not_refused(model: Any, sizes: Any) -> None:
    drawn = model.sample(sizes, 0)
    assert np.linalg.matrix_rank(drawn) == len(drawn)
    require_inverses(inv(model) + 1, ratios(sizes))


@pytest.mark.parametrize(("model", "sizes"), SINGULAR, ids=str)
def test_inverses_of_singular_matrices_are_refused(model: Any, sizes: Any) -> None:
    drawn, one = model.sample(sizes, 0), identity(model.rows)
    assert np.linalg.matrix_rank(drawn) < 0.9 * len(drawn)
    with pytest.raises(DerivationError, match=r"inv\(.*\) does not exist in the limit: .* is singular") as told:
        require_inverses(inv(model) + 1, ratios(sizes))
    assert str(told.value).splitlines()[1:] == [f"  {inv(model)} + {one}", "  " + "^" * len(str(inv(model)))]


@pytest.mark.parametrize(
    "use",
    [
        lambda: law_of(CONTINUED, {(p, n): 2}),
        lambda: law_of(CONTINUED, {(p, n): sympy.sqrt(5)}),
        lambda: (2 * law_of(CONTINUED, {(p, n): c})).at(c="3/2"),
        pytest.param(lambda: law_of(CONTINUED, {(p, n): c}).at(c=sympy.sqrt(5)), marks=pytest.mark.slow),
        lambda: law_of(inv(2 + inv(P - c))).at(c=1),
        lambda: law_of(given("R", p) + inv(1 + inv(X @ X.T / n)), {(p, n): 2}),
        lambda: numeric_law_of(CONTINUED, {(p, n): c}, numeric=True, c=2),
        lambda: DysonSolver.of(inv(1 + inv(P)) + S),
        lambda: trace_of(CONTINUED, {(p, n): 2}),
        lambda: trace_of(CONTINUED, {(p, n): c}).at(c=1.01),
        lambda: trace_of(inv(c + inv(X @ X.T / n)), {(p, n): 2}).derivative(c).at(c=1),
        lambda: trace_ball(CONTINUED, {(p, n): c}, c=2),
        lambda: quadratic_form(CONTINUED, {(p, n): 2}, column_of=X),
        lambda: quadratic_form(inv(1 + inv(given("D", p, atoms([0, 3])))), along={"D": ["1/4", "3/4"]}),
    ],
)
def test_every_use_refuses_what_no_matrix_has(use: Callable[[], Any]) -> None:
    with pytest.raises(DerivationError, match=r"^inv\(.*\) does not exist in the limit"):
        use()


def test_a_law_with_a_ratio_holds_where_the_inverse_exists() -> None:
    """inv(1 + inv(M)) = M inv(1 + M) for p < n, and for p = n, where inv(M) is not bounded."""
    law = law_of(CONTINUED, {(p, n): c})
    assert any("inv(X @ X.T / n) stays bounded" in text for text in map(str, law.derivation.assumptions))
    for ratio in ("1/2", 1):
        assert law.at(c=ratio).equation == law_of(X @ X.T @ inv(X @ X.T / n + 1) / n, {(p, n): ratio}).equation


def test_nothing_is_said_of_weights_and_ratios_that_are_parameters_or_nearly_whole() -> None:
    require_inverses(inv(1 + inv(projection("P", p, c))), {})
    require_inverses(CONTINUED, {(p, n): c})
    require_inverses(CONTINUED, {(p, n): "1.000001"})
    require_inverses(inv(1 + inv(X @ X.T / n)), {(p, n): 10**6})
