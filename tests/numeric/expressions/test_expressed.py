"""The matrix of a law that was derived from an expression: the matrix itself, its sizes from the number of rows."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.expressions import block, dimension, gaussian, given, wigner
from resolvent.numeric.matrices.matrix_model import MatrixModel, balanced_rows, matrix_of

p, n = dimension("p"), dimension("n")
X, S, T = gaussian("X", p, n), wigner("S", p), wigner("T", p)


@pytest.mark.parametrize(
    "law",
    [
        law_of(X @ X.T / n, {(p, n): "1/2"}),
        law_of(S @ T + T @ S),
        law_of(sympy.I * (S @ T - T @ S)),
        law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), {(p, n): "1/3"}),
        law_of(given("A", p, atoms([1, 3], ["1/4", "3/4"])) + S),
        law_of(X @ X.T / n, {(p, n): "1/2"}) + semicircle(2),
    ],
    ids=str,
)
def test_the_moments_of_the_matrices_are_those_of_the_law(law: object) -> None:
    rng = np.random.default_rng(1)
    drawn = [matrix_of(law, 301, rng) for _ in range(12)]  # type: ignore[arg-type]
    for k, moment in enumerate(law.moments(4), 1):  # type: ignore[attr-defined]
        seen = np.mean([np.trace(np.linalg.matrix_power(a, k)) / 301 for a in drawn])
        scale = float(law.moments(2 * k)[-1]) ** 0.5  # type: ignore[attr-defined]
        assert abs(seen - float(moment)) < 0.05 * scale


def test_blocks_fill_the_rows() -> None:
    law = law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), {(p, n): "1/3"})
    assert MatrixModel.of(law).step == balanced_rows(law, 7) == 4
    with pytest.raises(ParameterError, match="multiples of 2001 rows"):
        matrix_of(law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), {(p, n): "1000/1001"}), 100, 0)


def test_models_are_equal_when_they_are_the_same_matrix() -> None:
    one, other = (MatrixModel.of(law_of(X @ X.T / n, {(p, n): c})) for c in ("1/2", "1/3"))
    assert one == MatrixModel.of(law_of(X @ X.T / n, {(p, n): "1/2"})) != other
    assert len({one.part, other.part}) <= 2
