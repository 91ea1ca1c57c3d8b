"""The matrix of a law that was derived from an expression: the matrix itself, its sizes from the number of rows."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.expressions import block, commuting, dimension, gaussian, given, haar, wigner
from resolvent.numeric.expressions.sampling import sample, sample_in_some_basis
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


def test_one_rotation_of_every_size_is_left_out_and_the_law_stays() -> None:
    A, B, D = given("A", p, atoms([1, 3])), given("B", p, atoms([0, 2])), given("D", n, atoms([1, 5]))
    assert np.count_nonzero(sample_in_some_basis(A, {"p": 4}, np.random.default_rng(0))) == 4
    model = A @ B @ A + B + X @ D @ X.T / n + haar("U", p) @ A @ haar("U", p).T
    rng, sizes = np.random.default_rng(2), {p: 100, n: 200}
    for k in range(1, 5):
        mean, rotated = (
            np.mean([np.trace(np.linalg.matrix_power(draw(model, sizes, rng), k)) for _ in range(12)]) / 100
            for draw in (sample_in_some_basis, sample)
        )
        assert mean == pytest.approx(rotated, rel=0.01)
    C, E = commuting(["C", "E"], p, [(1, 0), (1, 3)])
    assert np.count_nonzero(sample_in_some_basis(C @ E + E, {"p": 4}, rng)) == 2  # those of one group stay together


def test_blocks_fill_the_rows() -> None:
    law = law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), {(p, n): "1/3"})
    assert MatrixModel.of(law).step == balanced_rows(law, 7) == 4
    with pytest.raises(ParameterError, match="multiples of 2001 rows"):
        matrix_of(law_of(block([[0, X], [X.T, 0]]) / sympy.sqrt(n), {(p, n): "1000/1001"}), 100, 0)


def test_models_are_equal_when_they_are_the_same_matrix() -> None:
    one, other = (MatrixModel.of(law_of(X @ X.T / n, {(p, n): c})) for c in ("1/2", "1/3"))
    assert one == MatrixModel.of(law_of(X @ X.T / n, {(p, n): "1/2"})) != other
    assert len({one.part, other.part}) <= 2
